#![allow(unsafe_code)] // Guest memory and state live in the linear memory of a wasm module.
#![allow(dead_code)] // Each test uses its part.
#![allow(clippy::mut_from_ref)] // The state and the context lie in linear memory, not in the machine.
//! Runs guest code compiled, on wasmtime, and interpreted, and compares.
//!
//! The linear memory of the compiled code holds everything: the words shared with it
//! below the guest's pages, then the guest. The interpreter runs on the same pages,
//! one after the other, from the same start.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32};

use tawaki_cpu::interp::{Done, OneOp};
use tawaki_cpu::ir::Block;
use tawaki_cpu::ir::vector::UPPER;
use tawaki_cpu::level::{Level, set_level};
use tawaki_cpu::lift::lift_block;
use tawaki_cpu::mem::{PAGES, WASM_BIAS};
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap, flags};
use tawaki_jit::emit::helper::from_words;
use tawaki_jit::layout::{DISPATCH_ENTRIES, DispatchEntry, SLICE, clear_dispatch, op_result, reach};
use tawaki_jit::outline::{Outline, outline};
use tawaki_jit::{BlockSource, ExitKind, JitContext, Layout, Limits, Options, Region, compile, form_region};
use wasmtime::{
    Caller, Config, Engine as Wasmtime, Extern, Func, Global, GlobalType, Instance, Memory, MemoryType,
    Module, Mutability, Ref, Store, Table, TableType, Val, ValType,
};

const STATE: u32 = 0x1000;
const CONTEXT: u32 = 0x8000;
const ATTENTION: u32 = 0x9000;
const DISPATCH: u32 = 0x2_0000;
const PERMS: u32 = 0x10_0000;
/// Linear memory, 64 KiB pages.
const MEMORY: u32 = 1024;

/// Guest code goes here.
pub const CODE: u64 = 0x40_0000;
/// A writable window.
pub const DATA: u64 = 0x60_0000;
/// The stack window and where the pointer starts.
pub const STACK: u64 = 0x80_0000;
/// Bytes of each window.
pub const WINDOW: u64 = 0x10_0000;

/// Blocks lifted straight from memory, and the indirect targets a test names.
pub struct Source<'a> {
    pub memory: &'a GuestMemory,
    pub mode: Mode,
    pub targets: HashMap<u64, Vec<u64>>,
}

impl BlockSource for Source<'_> {
    fn block(&mut self, rip: u64) -> Option<Block> {
        lift_block(self.memory, self.mode, rip, 64).ok().map(|l| l.block)
    }
    fn targets(&mut self, rip: u64) -> Vec<u64> {
        self.targets.get(&rip).cloned().unwrap_or_default()
    }
    fn heat(&mut self, rip: u64) -> u64 {
        // Anything: what is loaded and stored where depends on it.
        rip.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57
    }
}

struct Host {
    memory: *const GuestMemory,
    one: RefCell<OneOp>,
}

pub struct Machine {
    store: Store<Host>,
    memory: Memory,
    table: Table,
    pub guest: &'static GuestMemory,
    wasmtime: Wasmtime,
    compiled: HashMap<u64, Option<u32>>,
    pub mode: Mode,
    pub options: Options,
    pub limits: Limits,
    pub targets: HashMap<u64, Vec<u64>>,
    /// Regions compiled, calls into them, instructions left to the interpreter.
    pub counts: [usize; 3],
    pub batch: bool,
    /// What seldom runs becomes functions of its own, if it does.
    pub outline: Option<Outline>,
    /// Such functions compiled.
    pub asides: usize,
    /// Instructions the interpreter may take.
    pub budget: u64,
    /// Instructions after which compiled code looks whether to leave, and those after which it does.
    pub slice: [i32; 2],
}

/// The upper halves of YMM0..15.
pub const UPPERS: std::ops::Range<usize> = UPPER as usize..UPPER as usize + 16;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub slots: Vec<u64>,
    pub rip: u64,
    pub eflags: u32,
    pub xmm: Vec<u128>,
    pub trap: Trap,
    pub data: Vec<u8>,
    pub stack: Vec<u8>,
}

impl Machine {
    pub fn new(mode: Mode, options: Options) -> Machine {
        // The cases are of every instruction there is.
        set_level(Level::Avx2);
        let mut config = Config::new();
        config.wasm_simd(true).wasm_threads(true).wasm_tail_call(true);
        let wasmtime = Wasmtime::new(&config).expect("an engine");
        let host = Host { memory: std::ptr::null(), one: RefCell::default() };
        let mut store = Store::new(&wasmtime, host);
        let memory = Memory::new(&mut store, MemoryType::new(MEMORY, Some(MEMORY))).expect("memory");
        let base = memory.data_ptr(&store);
        // SAFETY: the memory never grows or moves, is leaked below, and holds the table at PERMS.
        let perms: &'static [AtomicU8; PAGES] = unsafe { &*base.add(PERMS as usize).cast() };
        // SAFETY: wasmtime reserves 4 GiB and more for a memory; the pages given permissions
        // are inside it and apart from the words below.
        let guest = unsafe { GuestMemory::with_perms(base.wrapping_sub(WASM_BIAS as usize), perms) };
        let guest: &'static GuestMemory = Box::leak(Box::new(guest));
        store.data_mut().memory = guest;
        let rwx = Perms::READ | Perms::WRITE;
        let pages = |at: u64| (at >> 12) as u32..((at + WINDOW) >> 12) as u32;
        guest.set_perms(pages(CODE), Perms::READ | Perms::EXEC);
        guest.set_perms(pages(DATA), rwx);
        guest.set_perms(pages(STACK), rwx);
        let table =
            Table::new(&mut store, TableType::new(wasmtime::RefType::FUNCREF, 4096, None), Ref::Func(None))
                .expect("a table");
        Machine {
            store,
            memory,
            table,
            guest,
            wasmtime,
            compiled: HashMap::new(),
            mode,
            options,
            limits: Limits::default(),
            targets: HashMap::new(),
            counts: [0; 3],
            batch: true,
            outline: None,
            asides: 0,
            budget: 1_000_000,
            slice: [SLICE, i32::MAX],
        }
    }

    fn ptr(&self, at: u32) -> *mut u8 {
        self.memory.data_ptr(&self.store).wrapping_add(at as usize)
    }

    /// Puts bytes into guest memory, whatever its permissions.
    pub fn poke(&mut self, at: u64, bytes: &[u8]) {
        let to = (at - u64::from(WASM_BIAS)) as usize;
        self.memory.data_mut(&mut self.store)[to..to + bytes.len()].copy_from_slice(bytes);
    }

    pub fn peek(&self, at: u64, len: usize) -> Vec<u8> {
        let from = (at - u64::from(WASM_BIAS)) as usize;
        self.memory.data(&self.store)[from..from + len].to_vec()
    }

    pub fn layout(&self) -> Layout {
        Layout {
            bits64: self.mode == Mode::Bits64,
            shared: false,
            memory_min: MEMORY,
            memory_max: MEMORY,
            perms: PERMS,
        }
    }

    pub fn region(&self, rip: u64) -> Option<Region> {
        let mut source = Source { memory: self.guest, mode: self.mode, targets: self.targets.clone() };
        form_region(&mut source, rip, &self.limits)
    }

    fn context(&self) -> &mut JitContext {
        // SAFETY: aligned, inside the memory, and only used between calls.
        unsafe { &mut *self.ptr(CONTEXT).cast() }
    }

    /// Table index of the code for `rip`, compiling it and its callees.
    fn code(&mut self, rip: u64) -> Option<u32> {
        if let Some(known) = self.compiled.get(&rip) {
            return *known;
        }
        let mut regions: Vec<Region> = Vec::new();
        let mut wanted = vec![rip];
        while let Some(rip) = wanted.pop() {
            if regions.len() >= 64 || regions.iter().any(|r| r.entry == rip) {
                continue;
            }
            if let Some(region) = self.region(rip) {
                if self.batch {
                    wanted.extend(region.callees().into_iter().filter(|r| !self.compiled.contains_key(r)));
                }
                regions.push(region);
            }
        }
        if regions.is_empty() {
            self.compiled.insert(rip, None);
            return None;
        }
        if let Some(how) = &self.outline {
            regions = regions.into_iter().flat_map(|region| outline(region, how)).collect();
            self.asides += regions.iter().filter(|region| region.aside.is_some()).count();
        }
        let module = compile(&regions, &self.layout(), &self.options).expect("compiles");
        if let Err(error) = wasmparser::Validator::new().validate_all(&module.wasm) {
            let text = wasmprinter::print_bytes(&module.wasm).unwrap_or_default();
            panic!("{error}\n{text}\n{}", regions.iter().map(show).collect::<String>());
        }
        if std::env::var_os("JIT_DUMP").is_some() {
            for region in &regions {
                eprintln!("{}", show(region));
            }
            eprintln!("{}", wasmprinter::print_bytes(&module.wasm).unwrap_or_default());
        }
        let first = self.install(&module.wasm, module.functions.len() as u32);
        self.counts[0] += regions.len();
        for (i, f) in module.functions.iter().enumerate() {
            self.compiled.insert(f.entry, Some(first + i as u32));
            // SAFETY: the table lies inside the memory.
            let line = unsafe {
                let at = tawaki_jit::layout::dispatch_index(f.entry as u32) as usize;
                &mut *self.ptr(DISPATCH).cast::<DispatchEntry>().add(at)
            };
            *line = DispatchEntry { rip: f.entry as u32, index: first + i as u32 };
        }
        self.compiled.get(&rip).copied().flatten()
    }

    fn install(&mut self, wasm: &[u8], count: u32) -> u32 {
        let module = Module::new(&self.wasmtime, wasm).expect("a module");
        let first = self.compiled.values().flatten().map(|i| i + 1).max().unwrap_or(1);
        let store = &mut self.store;
        if self.table.size(&*store) < u64::from(first + count) {
            self.table.grow(&mut *store, u64::from(count) + 1024, Ref::Func(None)).expect("grows");
        }
        let base = Global::new(
            &mut *store,
            GlobalType::new(ValType::I32, Mutability::Const),
            Val::I32(first as i32),
        )
        .expect("a global");
        let op =
            Func::wrap(&mut *store, |caller: Caller<Host>, state: i32, _ctx: i32, low: i64, high: i64| {
                let host = caller.data();
                let op = from_words(low, high).expect("an operation");
                // SAFETY: the state lies in the memory, whose base is known from the guest memory.
                let (state, memory) = unsafe {
                    let memory = &*host.memory;
                    let base = memory.perms_table().cast_mut().cast::<u8>().sub(PERMS as usize);
                    (&mut *base.add(state as usize).cast::<CpuState>(), memory)
                };
                match host.one.borrow_mut().run(state, memory, &op) {
                    Done::Ran => op_result::DONE,
                    Done::Trap(_) => op_result::TRAP,
                    Done::Again => op_result::AGAIN,
                    Done::CodeChanged => op_result::CODE_CHANGED,
                }
            });
        let status = Func::wrap(&mut *store, |a: i64, b: i64, r: i64, kind: i32| -> i32 {
            tawaki_jit::emit::flags::status(a as u64, b as u64, r as u64, kind as u64) as i32
        });
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match import.name() {
                "memory" => self.memory.into(),
                "table" => self.table.into(),
                "base" => base.into(),
                "op" => op.into(),
                "status" => status.into(),
                other => panic!("import {other}"),
            })
            .collect();
        Instance::new(&mut *store, &module, &imports).expect("an instance");
        first
    }

    fn state(&self) -> &mut CpuState {
        // SAFETY: written by `run` before any use; only used between calls.
        unsafe { &mut *self.ptr(STATE).cast() }
    }

    fn clear_windows(&mut self, data: &[u8]) {
        self.poke(DATA, data);
        self.poke(DATA + data.len() as u64, &vec![0; WINDOW as usize - data.len()]);
        let stack = vec![0; WINDOW as usize / 16];
        self.poke(STACK + WINDOW - stack.len() as u64, &stack);
    }

    fn outcome(&self, state: &CpuState, trap: Trap) -> Outcome {
        Outcome {
            slots: [&state.slots[..16], &state.slots[17..19]].concat(),
            rip: state.rip,
            eflags: state.eflags(),
            xmm: [&state.xmm[..16], &state.xmm[UPPERS]].concat(),
            trap,
            data: self.peek(DATA, WINDOW as usize / 16),
            stack: self.peek(STACK + WINDOW - WINDOW / 16, WINDOW as usize / 16),
        }
    }

    /// Interprets from `start` until a trap.
    pub fn interpret(&mut self, start: &CpuState, data: &[u8]) -> Outcome {
        self.clear_windows(data);
        let mut state = start.clone();
        let trap = Interpreter::new().run(&mut state, self.guest, &AtomicU32::new(0), self.budget);
        self.outcome(&state, trap)
    }

    /// Runs compiled from `start` until a trap; what has no code is interpreted block by block.
    pub fn run(&mut self, start: &CpuState, data: &[u8]) -> Outcome {
        self.clear_windows(data);
        // SAFETY: the place is inside the memory, aligned, and large enough.
        unsafe { self.ptr(STATE).cast::<CpuState>().write(start.clone()) };
        if self.compiled.is_empty() {
            // SAFETY: inside the memory, and nothing else looks at it now.
            clear_dispatch(unsafe {
                std::slice::from_raw_parts_mut(self.ptr(DISPATCH).cast(), DISPATCH_ENTRIES as usize)
            });
        }
        let mut interpreter = Interpreter::new();
        let mut steps = 0;
        let mut interpret = false;
        loop {
            steps += 1;
            if steps > 2_000_000 {
                return self.outcome(self.state(), Trap::Budget);
            }
            // As the engine: TF, AC and null segments are the interpreter's.
            let apart = self.state().other_flags & tawaki_cpu::flags::APART != 0;
            let code = if interpret || apart { None } else { self.code(self.state().rip) };
            interpret = false;
            let Some(index) = code else {
                self.counts[2] += 1;
                let trap = interpreter.run(self.state(), self.guest, &AtomicU32::new(0), 1);
                if trap != Trap::Budget {
                    return self.outcome(self.state(), trap);
                }
                continue;
            };
            self.counts[1] += 1;
            *self.context() = JitContext {
                attention: ATTENTION,
                fuel: self.slice[0],
                budget: self.slice[1],
                exit: ExitKind::Next as u32,
                dispatch: DISPATCH,
                reach: self.guest.reach(self.options.marks.map(|mark| mark >> 12)).map(reach),
                ..JitContext::default()
            };
            let function = self.table.get(&mut self.store, u64::from(index));
            let Some(Ref::Func(Some(function))) = function else { panic!("no function at {index}") };
            let function = function.typed::<(u32, u32, u32), u32>(&self.store).expect("its type");
            let next = function.call(&mut self.store, (STATE, CONTEXT, 200)).expect("no wasm trap");
            self.state().rip = u64::from(next);
            interpret = self.context().exit == ExitKind::Interpret as u32;
        }
    }
}

/// A region as text.
pub fn show(region: &Region) -> String {
    let mut text = format!("region {:#x}\n", region.entry);
    for (n, node) in region.nodes.iter().enumerate() {
        text += &format!("node {n}\n{}    => {:x?}\n", node.block, node.end);
    }
    text
}

/// A state at the start of [`CODE`].
pub fn start(mode: Mode) -> CpuState {
    let mut state = CpuState::new(mode);
    state.rip = CODE;
    state.slots[4] = STACK + WINDOW - 0x800;
    state.set_eflags(flags::IF);
    state
}

/// A step of a small generator of random numbers (xorshift).
pub fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
