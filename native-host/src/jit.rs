#![allow(unsafe_code)] // The fence: compiled code works on the guest's memory and on state copied into it.
//! Compiled guest code, run by wasmtime over the guest's own memory.
//!
//! A guest's mapping is its wasm memory, from guest address 0x10000 on. What compiled
//! code sees besides lies in the memory's low region: the table of permissions, and for
//! each thread an [`Area`] with the state (copied in and out around a run), the context
//! words and the dispatch table. wasmtime has no shared memory of foreign make, so
//! each thread has a store and a memory of its own over the same bytes.

use std::cell::RefCell;
use std::mem::{align_of, size_of};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tawaki_cpu::interp::{Done, OneOp};
use tawaki_cpu::{CpuState, GuestMemory, Mode, flags};
use tawaki_jit::cache::Limits;
use tawaki_jit::engine::{CodeHost, Trapped};
use tawaki_jit::layout::{DISPATCH_ENTRIES, DispatchEntry, JitContext, Layout, op_result};
use tawaki_jit::library::{Form, Id, Library, Recipe};
use wasmtime::{
    Caller, Config, Engine, Extern, Func, Global, GlobalType, Instance, LinearMemory, Memory, MemoryCreator,
    MemoryType, Module, Mutability, Ref, RefType, Store, Table, TableType, TypedFunc, Val, ValType,
};

use crate::clock;
use crate::memory::{AREA, Area, HostMemory, WASM_GUARD};

/// Pages of 64 KiB that exist for compiled code: all but guest page zero.
const PAGES: u32 = 0xffff;
const RESERVATION: u64 = 1 << 32;

/// `(module (memory (export "m") 65535 65535))`.
const MEMORY_MODULE: &[u8] = b"\0asm\x01\0\0\0\
    \x05\x08\x01\x01\xff\xff\x03\xff\xff\x03\
    \x07\x05\x01\x01m\x02\0";

/// Host stack for compiled code, bytes.
const WASM_STACK: usize = 1 << 20;

/// Table entries at first; more are added as needed.
const FIRST_TABLE: u64 = 4096;

/// Places in an area.
const CONTEXT_AT: usize = 0x2000;
const DISPATCH_AT: usize = 0x4000;

const _: () = assert!(size_of::<CpuState>() <= CONTEXT_AT && align_of::<CpuState>() <= 16);
const _: () = assert!(DISPATCH_AT + DISPATCH_ENTRIES as usize * size_of::<DispatchEntry>() <= AREA);

/// The words of a thread that compiled code sees.
#[repr(C)]
struct Words {
    context: JitContext,
    /// In place of the real attention word, which lies outside of the guest's memory:
    /// runs are short enough to look at that in between.
    attention: AtomicU32,
}

thread_local! {
    /// The memory that the next `Memory::new` of this thread is about.
    static NEXT: RefCell<Option<Arc<HostMemory>>> = const { RefCell::new(None) };
}

struct Creator;

struct Linear(Arc<HostMemory>);

// SAFETY: the mapping behind the memory is as large as said, stays where it is while
// the `Arc` lives, and is inaccessible where it has to be.
unsafe impl LinearMemory for Linear {
    fn byte_size(&self) -> usize {
        (PAGES as usize) << 16
    }
    fn byte_capacity(&self) -> usize {
        self.byte_size()
    }
    fn grow_to(&mut self, _: usize) -> wasmtime::Result<()> {
        Err(wasmtime::Error::msg("this memory has its full size"))
    }
    fn as_ptr(&self) -> *mut u8 {
        self.0.linear_base()
    }
}

// SAFETY: as for `Linear`. The memory is also written from outside of wasm, which wasm
// code cannot rule out for itself; the races are the guest's own.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let memory = NEXT.with(|next| next.borrow_mut().take()).ok_or("no memory was announced")?;
        if minimum > (PAGES as usize) << 16
            || reserved.unwrap_or(0) as u64 > RESERVATION
            || guard > WASM_GUARD
        {
            return Err("the memory is smaller than asked for".to_owned());
        }
        Ok(Box::new(Linear(memory)))
    }
}

fn engine() -> Result<&'static Engine, String> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config
            .with_host_memory(Arc::new(Creator))
            .memory_reservation(RESERVATION)
            .memory_guard_size(WASM_GUARD as u64)
            .memory_init_cow(false)
            .max_wasm_stack(WASM_STACK)
            .wasm_threads(true)
            .wasm_backtrace_max_frames(None);
        Engine::new(&config).map_err(|e| e.to_string())
    });
    engine.as_ref().map_err(Clone::clone)
}

struct HelperState {
    guest: Arc<GuestMemory>,
    base: *mut u8,
    one: OneOp,
}

type Region = TypedFunc<(u32, u32, u32), u32>;

/// What the engines of a machine compiled, for each other.
pub struct CodeLibrary {
    modules: Library<(Module, Arc<Recipe>)>,
    next: AtomicU32,
}

/// Of a [`CodeLibrary`]: machine code takes several times the wasm's size.
const LIBRARY: Limits = Limits { modules: 4000, bytes: 64 << 20 };

impl Default for CodeLibrary {
    fn default() -> Self {
        CodeLibrary { modules: Library::new(LIBRARY), next: AtomicU32::new(0) }
    }
}

/// What exists once there is code.
struct Machine {
    store: Store<HelperState>,
    memory: Memory,
    table: Table,
    op: Func,
    status: Func,
    /// Functions by table index, as they are first called.
    functions: Vec<Option<Region>>,
    used: u32,
    free: Vec<(u32, u32)>,
}

/// Compiled code of one guest thread.
pub struct WasmtimeHost {
    area: Area,
    machine: Option<Machine>,
    library: Arc<CodeLibrary>,
    /// How far the library's news are known.
    seen: u64,
    /// The module compiled last.
    last: Option<Module>,
    log: Box<dyn FnMut(&str)>,
}

impl WasmtimeHost {
    /// For the calling thread. `None` when the process has too many threads.
    pub fn new(
        memory: &Arc<HostMemory>,
        library: Arc<CodeLibrary>,
        log: impl FnMut(&str) + 'static,
    ) -> Option<Self> {
        let area = memory.take_area()?;
        let mut host = WasmtimeHost { area, machine: None, library, seen: 0, last: None, log: Box::new(log) };
        let linear = host.area.linear();
        let attention = linear + (CONTEXT_AT + std::mem::offset_of!(Words, attention)) as u32;
        *host.context() =
            JitContext { attention, dispatch: linear + DISPATCH_AT as u32, ..JitContext::default() };
        Some(host)
    }

    fn machine(&mut self) -> Result<&mut Machine, String> {
        Ok(match &mut self.machine {
            Some(machine) => machine,
            none => none.insert(Machine::new(self.area.memory())?),
        })
    }

    fn state_ptr(&self) -> *mut CpuState {
        self.area.as_ptr().cast()
    }
}

/// Executes one operation for compiled code.
fn op(mut caller: Caller<'_, HelperState>, state: u32, _: u32, low: i64, high: i64) -> i32 {
    let HelperState { guest, base, one } = caller.data_mut();
    let Some(op) = tawaki_jit::emit::helper::from_words(low, high) else { return op_result::TRAP };
    // SAFETY: compiled code passes the address it was called with: that of the state in
    // its thread's area, initialised by `enter`, which nothing else uses now.
    let state = unsafe { &mut *base.wrapping_add(state as usize).cast::<CpuState>() };
    match one.run(state, guest, &op) {
        Done::Ran => op_result::DONE,
        Done::Trap(_) => op_result::TRAP,
        Done::Again => op_result::AGAIN,
        Done::CodeChanged => op_result::CODE_CHANGED,
    }
}

impl Machine {
    fn new(memory: &Arc<HostMemory>) -> Result<Self, String> {
        let engine = engine()?;
        let explain = |e: wasmtime::Error| e.to_string();
        let data =
            HelperState { guest: memory.guest().clone(), base: memory.linear_base(), one: OneOp::default() };
        let mut store = Store::new(engine, data);
        NEXT.with(|next| *next.borrow_mut() = Some(memory.clone()));
        // Only a memory that a module defines comes from the `MemoryCreator`.
        let module = Module::new(engine, MEMORY_MODULE).map_err(explain)?;
        let instance = Instance::new(&mut store, &module, &[]).map_err(explain)?;
        let wasm_memory = instance.get_memory(&mut store, "m").ok_or("the memory is missing")?;
        if wasm_memory.data_ptr(&store) != memory.linear_base() {
            return Err("wasmtime made a memory of its own".to_owned());
        }
        let table = Table::new(
            &mut store,
            TableType::new(RefType::FUNCREF, FIRST_TABLE as u32, None),
            Ref::Func(None),
        )
        .map_err(explain)?;
        let op = Func::wrap(&mut store, op);
        let status = Func::wrap(&mut store, |a: i64, b: i64, r: i64, kind: i32| {
            flags::status_of(a as u64, b as u64, r as u64, kind as u32 as u64) as i32
        });
        let functions = Vec::new();
        Ok(Machine { store, memory: wasm_memory, table, op, status, functions, used: 1, free: Vec::new() })
    }

    /// Room for so many functions in the table.
    fn place(&mut self, count: u32) -> Result<u32, String> {
        if let Some(at) = self.free.iter().position(|&(_, room)| room >= count) {
            let (first, room) = self.free.swap_remove(at);
            if room > count {
                self.free.push((first + count, room - count));
            }
            return Ok(first);
        }
        let (first, end) = (self.used, u64::from(self.used) + u64::from(count));
        let size = self.table.size(&self.store);
        if end > size {
            let more = (end - size).max(size);
            self.table.grow(&mut self.store, more, Ref::Func(None)).map_err(|e| e.to_string())?;
        }
        self.used += count;
        Ok(first)
    }

    fn install(&mut self, module: &Module, count: u32) -> Result<u32, String> {
        let explain = |e: wasmtime::Error| format!("{e:#}");
        let first = self.place(count)?;
        let constant = GlobalType::new(ValType::I32, Mutability::Const);
        let base = Global::new(&mut self.store, constant, Val::I32(first as i32)).map_err(explain)?;
        let imports: Result<Vec<Extern>, String> = module
            .imports()
            .map(|import| match (import.module(), import.name()) {
                ("env", "memory") => Ok(self.memory.into()),
                ("env", "table") => Ok(self.table.into()),
                ("env", "base") => Ok(base.into()),
                ("helper", "op") => Ok(self.op.into()),
                ("helper", "status") => Ok(self.status.into()),
                (module, name) => Err(format!("nothing is called {module}.{name}")),
            })
            .collect();
        Instance::new(&mut self.store, module, &imports?).map_err(explain)?;
        Ok(first)
    }

    fn function(&mut self, index: u32) -> Option<Region> {
        let at = index as usize;
        if self.functions.len() <= at {
            self.functions.resize(at + 1, None);
        }
        if self.functions[at].is_none() {
            let Some(Ref::Func(Some(function))) = self.table.get(&mut self.store, u64::from(index)) else {
                return None;
            };
            self.functions[at] = function.typed(&self.store).ok();
        }
        self.functions[at].clone()
    }
}

impl CodeHost for WasmtimeHost {
    fn layout(&self, _: &GuestMemory, mode: Mode) -> Layout {
        Layout {
            bits64: mode == Mode::Bits64,
            shared: false,
            memory_min: 1,
            memory_max: PAGES,
            // The first thing behind guest page zero.
            perms: 0,
        }
    }

    fn install(&mut self, wasm: &[u8], functions: u32) -> Result<u32, String> {
        let module = Module::new(engine()?, wasm).map_err(|e| format!("{e:#}"))?;
        let first = self.machine()?.install(&module, functions)?;
        self.last = Some(module);
        Ok(first)
    }

    fn publish(&mut self, recipe: &Recipe, form: &Form) -> Option<Id> {
        let CodeLibrary { modules, next } = &*self.library;
        let id = next.fetch_add(1, Ordering::Relaxed);
        let handle = (self.last.take()?, Arc::new(recipe.clone()));
        modules.add(id, recipe.offer(form), handle).then_some(id)
    }

    fn news(&mut self) -> Vec<u32> {
        let (entries, seen) = self.library.modules.news(self.seen);
        self.seen = seen;
        entries
    }

    fn offers(&mut self, memory: &GuestMemory, rip: u32, form: &Form) -> Vec<Id> {
        self.library.modules.find(memory, rip, form)
    }

    fn recipe(&mut self, id: Id) -> Option<Recipe> {
        self.library.modules.take(id).map(|(_, recipe)| (*recipe).clone())
    }

    fn install_shared(&mut self, id: Id, functions: u32) -> Result<u32, String> {
        let (module, _) = self.library.modules.take(id).ok_or("it was dropped just now")?;
        self.machine()?.install(&module, functions)
    }

    fn used(&mut self, id: Id) {
        self.library.modules.take(id);
    }

    fn drop_functions(&mut self, first: u32, functions: u32) {
        let Some(machine) = &mut self.machine else { return };
        for index in first..first + functions {
            // The slot exists: it was installed to.
            let _ = machine.table.set(&mut machine.store, u64::from(index), Ref::Func(None));
            if let Some(function) = machine.functions.get_mut(index as usize) {
                *function = None;
            }
        }
        machine.free.push((first, functions));
        // A store keeps its instances: when nothing is left of them, begin a new one.
        if machine.free.iter().map(|(_, room)| room).sum::<u32>() + 1 == machine.used {
            self.machine = None;
        }
    }

    fn context(&mut self) -> &mut JitContext {
        // SAFETY: inside the area, which is ours alone; any bits are valid, and zero to begin with.
        unsafe { &mut (*self.area.as_ptr().add(CONTEXT_AT).cast::<Words>()).context }
    }

    fn dispatch(&mut self) -> &mut [DispatchEntry] {
        // SAFETY: as for `context`; the size was checked above.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.area.as_ptr().add(DISPATCH_AT).cast(),
                DISPATCH_ENTRIES as usize,
            )
        }
    }

    fn enter(&mut self, state: &mut CpuState, _: &AtomicU32) {
        // SAFETY: the area holds a state, checked above, and nothing else uses it. The
        // state has no destructor; for a while there are two of it.
        unsafe { self.state_ptr().copy_from_nonoverlapping(state, 1) };
    }

    fn call(&mut self, index: u32, _: &GuestMemory, depth: u32) -> Result<u32, Trapped> {
        let (state, context) = (self.area.linear(), self.area.linear() + CONTEXT_AT as u32);
        let machine = self.machine.as_mut().ok_or(Trapped)?;
        let function = machine.function(index).ok_or(Trapped)?;
        function.call(&mut machine.store, (state, context, depth)).map_err(|_| Trapped)
    }

    fn leave(&mut self, state: &mut CpuState) {
        // SAFETY: as for `enter`; compiled code leaves every field valid.
        unsafe { self.state_ptr().copy_to_nonoverlapping(state, 1) };
    }

    fn clock_us(&self) -> u64 {
        clock::monotonic_ns() / 1000
    }

    fn log(&mut self, line: &str) {
        (self.log)(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_cpu::{Engine as _, Perms, Trap};
    use tawaki_jit::{JitEngine, Settings, Stats};

    /// `mov ecx, 1000000; again: add eax, ecx; dec ecx; jnz again; int3`.
    const CODE: [u8; 12] = [0xb9, 0x40, 0x42, 0x0f, 0, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, 0xcc];
    const AT: u64 = 0x40_0000;

    /// What a new process does that runs `code`: its sum and the engine's figures.
    fn run(library: &Arc<CodeLibrary>, code: &[u8]) -> (u64, Stats) {
        let memory = Arc::new(HostMemory::new().expect("address space"));
        memory.guest().set_perms((AT >> 12) as u32..(AT >> 12) as u32 + 1, Perms::READ | Perms::WRITE);
        memory.guest().write_bytes(AT, code).expect("mapped");
        memory.guest().set_perms((AT >> 12) as u32..(AT >> 12) as u32 + 1, Perms::READ | Perms::EXEC);
        let host = WasmtimeHost::new(&memory, library.clone(), |line| panic!("{line}")).expect("an area");
        let mut engine = JitEngine::new(host, Settings::default());
        let mut state = CpuState::new(Mode::Bits64);
        state.rip = AT;
        let attention = AtomicU32::new(0);
        // Short slices, so that a hot block is compiled before the loop has ended.
        while match engine.run(&mut state, memory.guest(), &attention, 1000) {
            Trap::Budget => true,
            trap => {
                assert_eq!(trap, Trap::Breakpoint);
                false
            }
        } {}
        (state.gpr(0), engine.stats())
    }

    #[test]
    fn the_next_process_takes_over_what_was_compiled_from_the_same_bytes() {
        let library = Arc::new(CodeLibrary::default());
        let sum = (1..=1_000_000u32).fold(0, u32::wrapping_add).into();
        let (first, stats) = run(&library, &CODE);
        assert_eq!((first, stats.adopted), (sum, 0));
        assert!(stats.regions > 0, "{stats:?}");
        let (second, stats) = run(&library, &CODE);
        assert_eq!((second, stats.regions, stats.adopted), (sum, 0, 1));
        // `sub eax, ecx`: other code at the same address, and behind the bytes first looked at.
        let mut other = CODE;
        other[5] = 0x29;
        let (third, stats) = run(&library, &other);
        assert_eq!((third, stats.adopted), (u64::from(0u32.wrapping_sub(sum as u32)), 0));
        assert!(stats.regions > 0, "{stats:?}");
    }
}
