//! The module around the functions: types, imports, the functions every module has,
//! and the element segment that puts the regions into the engine's table.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::mem::offset_of;

use ValType::I32;
use tawaki_cpu::Perms;
use tawaki_cpu::mem::PAGE_SIZE;
use tawaki_cpu::state::slot;
use wasm_encoder::{
    BlockType, BranchHints, CodeSection, ConstExpr, ElementSection, Elements, EntityType, Function,
    FunctionSection, GlobalType, ImportSection, InstructionSink, MemoryType, RefType, TableType, TypeSection,
    ValType,
};

use super::enter::{self, Ways};
use super::{CTX, DEPTH, Emitter, STATE, at, control, x87};
use crate::analysis;
use crate::layout::{
    DISPATCH_BITS, DISPATCH_ENTRIES, DispatchEntry, ENV, ExitKind, HELPERS, JitContext, Layout, Options,
    SLICE,
};
use crate::region::Region;

/// Why a batch could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No regions, or one without nodes.
    Empty,
    /// More than a module should have; try fewer regions.
    TooLarge,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Empty => "nothing to compile",
            Error::TooLarge => "the compiled code is too large",
        })
    }
}

impl std::error::Error for Error {}

/// A compiled batch.
#[derive(Clone, Debug)]
pub struct Module {
    /// The binary module.
    pub wasm: Vec<u8>,
    /// Its functions: number `i` is put at `table[base + i]`.
    pub functions: Vec<FunctionInfo>,
}

/// One compiled region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Guest address at which it may be entered.
    pub entry: u64,
    /// Guest instructions compiled; 0 for another entry of a function before it.
    pub instructions: usize,
}

/// Type numbers.
pub(super) const REGION_TYPE: u32 = 0;
const POLL_TYPE: u32 = 1;
const RESUME_TYPE: u32 = 2;
const MULHI_TYPE: u32 = 3;
const ONWARD_TYPE: u32 = 4;
const FIRST_HELPER_TYPE: u32 = 5;

/// What the functions of a module know of each other.
#[derive(Debug)]
pub struct Batch {
    /// Function index by entry address.
    siblings: HashMap<u64, u32>,
    /// Regions that overwrite all status flags before they look at them.
    flag_killers: HashSet<u64>,
    /// Asides by the entry of the region they are of and their own.
    asides: HashMap<(u64, u64), Aside>,
    /// Index of the first function of the x87 library, if the module has it.
    pub(super) x87: u32,
}

/// A function that was a part of another one.
#[derive(Debug)]
pub struct Aside {
    /// Its index.
    pub function: u32,
    /// It overwrites all status flags before anybody looks at them.
    pub kills_flags: bool,
}

impl Batch {
    /// `(ctx, instructions) -> leave?`: looks at the attention word and the budget.
    pub const POLL: u32 = HELPERS.len() as u32;
    /// `(state, ctx, depth, pc, back) -> pc`: goes on at `pc` by the dispatch table until
    /// `back` is reached or nothing is found.
    pub const RESUME: u32 = Self::POLL + 1;
    /// `(a, b) -> high half of the unsigned product`.
    pub const MULHI: u32 = Self::RESUME + 1;
    /// `(state, ctx, depth, pc) -> pc`: in the place of its caller goes on at `pc` by the dispatch table, if it leads
    /// anywhere.
    pub const ONWARD: u32 = Self::MULHI + 1;
    const FIRST: u32 = Self::ONWARD + 1;

    /// Whether the region at `rip` overwrites the flags before it looks at them.
    pub fn kills_flags(&self, rip: u64) -> bool {
        self.flag_killers.contains(&rip)
    }

    /// The aside at `entry` of the region at `of`.
    pub(crate) fn aside(&self, of: u64, entry: u64) -> Option<&Aside> {
        self.asides.get(&(of, entry))
    }

    /// The function of this module that is entered at `rip`.
    pub fn sibling(&self, rip: u64) -> Option<u32> {
        self.siblings.get(&rip).copied()
    }
}

/// Largest module made.
const MAX_BYTES: usize = 8 << 20;

/// Compiles a batch of regions into one module.
pub fn compile(regions: &[Region], layout: &Layout, options: &Options) -> Result<Module, Error> {
    if regions.is_empty() || regions.iter().any(|r| r.nodes.is_empty()) {
        return Err(Error::Empty);
    }
    let numbered = || (Batch::FIRST..).zip(regions);
    let whole = numbered().filter(|(_, r)| r.aside.is_none());
    let siblings = whole.map(|(i, r)| (r.entry, i)).collect();
    let killers = regions
        .iter()
        .filter(|r| r.aside.is_none() && analysis::kills_flags_first(r, options))
        .map(|r| r.entry);
    let with_x87 = regions.iter().any(x87::needed) && !options.helpers_only;
    let first_x87 = Batch::FIRST + regions.len() as u32;
    let flag_killers = killers.collect();
    let mut batch = Batch { siblings, flag_killers, asides: HashMap::new(), x87: first_x87 };
    for (function, region) in numbered() {
        if let Some(aside) = &region.aside {
            let kills_flags = analysis::ignores_flags(region, options, &batch);
            batch.asides.insert((aside.of, region.entry), Aside { function, kills_flags });
        }
    }

    let mut types = TypeSection::new();
    types.ty().function([I32; 3], [I32]);
    types.ty().function([I32; 2], [I32]);
    types.ty().function([I32; 5], [I32]);
    types.ty().function([ValType::I64; 2], [ValType::I64]);
    types.ty().function([I32; 4], [I32]);
    for row in HELPERS {
        types.ty().function(row.params.iter().copied(), row.results.iter().copied());
    }

    let first_x87_type = FIRST_HELPER_TYPE + HELPERS.len() as u32;
    let library: &[_] = if with_x87 { x87::library::TYPES } else { &[] };
    for (params, results) in library {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }

    let mut imports = ImportSection::new();
    let [memory, table, base] = ENV;
    imports.import(
        "env",
        memory,
        MemoryType {
            minimum: u64::from(layout.memory_min),
            maximum: Some(u64::from(layout.memory_max)),
            memory64: false,
            shared: layout.shared,
            page_size_log2: None,
        },
    );
    imports.import(
        "env",
        table,
        TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 0,
            maximum: None,
            shared: false,
        },
    );
    imports.import("env", base, GlobalType { val_type: I32, mutable: false, shared: false });
    for (i, row) in HELPERS.iter().enumerate() {
        imports.import("helper", row.name, EntityType::Function(FIRST_HELPER_TYPE + i as u32));
    }

    let mut bodies = Vec::new();
    let mut hints = BranchHints::new();
    let mut stubs = Vec::new();
    let mut size = 0;
    for (i, region) in regions.iter().enumerate() {
        let (body, branches, entries) = control::function(region, layout, options, &batch);
        if !branches.is_empty() {
            hints.function_hints(Batch::FIRST + i as u32, branches);
        }
        size += body.byte_len();
        if size > MAX_BYTES {
            return Err(Error::TooLarge);
        }
        bodies.push(body);
        stubs.extend(entries.iter().map(|entry| (entry.rip, enter::stub(Batch::FIRST + i as u32, entry))));
    }

    let mut functions = FunctionSection::new();
    functions.function(POLL_TYPE).function(RESUME_TYPE).function(MULHI_TYPE).function(ONWARD_TYPE);
    for _ in regions {
        functions.function(REGION_TYPE);
    }
    for i in 0..library.len() as u32 {
        functions.function(first_x87_type + i);
    }
    for _ in &stubs {
        functions.function(REGION_TYPE);
    }

    let mut code = CodeSection::new();
    code.function(&poll()).function(&resume()).function(&mulhi()).function(&onward());
    bodies.iter().for_each(|body| _ = code.function(body));
    if with_x87 {
        x87::library::bodies(first_x87).iter().for_each(|body| _ = code.function(body));
    }

    stubs.iter().for_each(|(_, stub)| _ = code.function(stub));

    let first_stub = first_x87 + library.len() as u32;
    let indices: Vec<u32> =
        (Batch::FIRST..first_x87).chain(first_stub..first_stub + stubs.len() as u32).collect();
    let mut elements = ElementSection::new();
    elements.active(Some(0), &ConstExpr::global_get(0), Elements::Functions(indices.into()));

    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&elements);
    if !hints.is_empty() {
        module.section(&hints);
    }
    module.section(&code);
    let whole = regions.iter().map(|r| FunctionInfo { entry: r.entry, instructions: r.instructions() });
    let others = stubs.iter().map(|&(entry, _)| FunctionInfo { entry, instructions: 0 });
    let functions = whole.chain(others).collect();
    Ok(Module { wasm: module.finish(), functions })
}

/// Offset of a word of the context.
pub(super) const ATTENTION: u32 = offset_of!(JitContext, attention) as u32;
pub(super) const FUEL: u32 = offset_of!(JitContext, fuel) as u32;
const STACK_CHECK: u32 = offset_of!(JitContext, stack_check) as u32;
const BUDGET: u32 = offset_of!(JitContext, budget) as u32;
pub(super) const EXIT: u32 = offset_of!(JitContext, exit) as u32;
pub(super) const WAY_IN: u32 = offset_of!(JitContext, way_in) as u32;
pub(super) const DISPATCH: u32 = offset_of!(JitContext, dispatch) as u32;

/// Log2 of the size of a line of the dispatch table.
pub(super) const DISPATCH_SHIFT: i32 = size_of::<DispatchEntry>().trailing_zeros() as i32;

fn poll() -> Function {
    let mut f = Function::new([]);
    let mut i = f.instructions();
    let (ctx, count) = (0, 1);
    i.local_get(ctx).local_get(ctx).i32_load(at(BUDGET, 2)).local_get(count).i32_sub();
    i.local_tee(count).i32_store(at(BUDGET, 2));
    i.local_get(ctx).i32_load(at(ATTENTION, 2)).i32_load(at(0, 2));
    i.local_get(count).i32_const(0).i32_lt_s().i32_or();
    i.end();
    f
}

fn resume() -> Function {
    let (pc, back, entry, fuel) = (3, 4, 5, 6);
    let mut f = Function::new([(2, I32)]);
    let mut i = f.instructions();
    i.loop_(BlockType::Empty);
    // Whoever came back wants the engine.
    i.local_get(CTX).i32_load(at(EXIT, 2));
    give_up(&mut i, pc);
    look_up(&mut i, pc, entry, fuel);
    i.call_indirect(0, REGION_TYPE).local_tee(pc);
    i.local_get(back).i32_ne().br_if(0);
    i.end();
    i.local_get(pc).end();
    f
}

fn onward() -> Function {
    let (pc, entry, fuel) = (3, 4, 5);
    let mut f = Function::new([(2, I32)]);
    let mut i = f.instructions();
    look_up(&mut i, pc, entry, fuel);
    i.return_call_indirect(0, REGION_TYPE).end();
    f
}

/// Pushes where in the dispatch table the line for the address in `pc` is, bytes ([`dispatch_index`]).
///
/// [`dispatch_index`]: crate::layout::dispatch_index
pub(super) fn dispatch_line(i: &mut InstructionSink, pc: u32) {
    i.local_get(pc).local_get(pc).i32_const(DISPATCH_BITS as i32).i32_shr_u().i32_xor();
    i.i32_const(DISPATCH_ENTRIES as i32 - 1).i32_and().i32_const(DISPATCH_SHIFT).i32_shl();
}

/// Pushes what calling the function takes that the dispatch table has for `pc`; returns `pc` if there is none.
fn look_up(i: &mut InstructionSink, pc: u32, entry: u32, fuel: u32) {
    dispatch_line(i, pc);
    i.local_get(CTX).i32_load(at(DISPATCH, 2)).i32_add().local_tee(entry);
    i.i32_load(at(offset_of!(DispatchEntry, rip) as u32, 2)).local_get(pc).i32_ne();
    give_up(i, pc);
    // Functions without calls may follow each other forever.
    take_fuel(i, CALL_COST, fuel);
    i.if_(BlockType::Empty);
    i.local_get(CTX).i32_const(ExitKind::Poll as i32).i32_store(at(EXIT, 2));
    i.local_get(pc).return_().end();
    i.local_get(STATE).local_get(CTX).local_get(DEPTH);
    i.local_get(entry).i32_load(at(offset_of!(DispatchEntry, index) as u32, 2));
}

/// Hacker's Delight, 8-2.
fn mulhi() -> Function {
    let (a, b, low, t, w) = (0, 1, 2, 3, 4);
    const HALF: i64 = 0xffff_ffff;
    let mut f = Function::new([(3, ValType::I64)]);
    let mut i = f.instructions();
    // t = a.high * b.low + (a.low * b.low >> 32)
    i.local_get(a).i64_const(HALF).i64_and().local_get(b).i64_const(HALF).i64_and().i64_mul();
    i.i64_const(32).i64_shr_u().local_set(low);
    i.local_get(a).i64_const(32).i64_shr_u().local_get(b).i64_const(HALF).i64_and().i64_mul();
    i.local_get(low).i64_add().local_set(t);
    // w = a.low * b.high + t.low
    i.local_get(a).i64_const(HALF).i64_and().local_get(b).i64_const(32).i64_shr_u().i64_mul();
    i.local_get(t).i64_const(HALF).i64_and().i64_add().local_set(w);
    i.local_get(a).i64_const(32).i64_shr_u().local_get(b).i64_const(32).i64_shr_u().i64_mul();
    i.local_get(t).i64_const(32).i64_shr_u().i64_add();
    i.local_get(w).i64_const(32).i64_shr_u().i64_add().end();
    f
}

fn give_up(i: &mut InstructionSink, pc: u32) {
    i.if_(BlockType::Empty).local_get(pc).return_().end();
}

/// Levels of nested calls between two looks at the guest's stack; a power of two.
const STACK_LEVELS: i32 = 16;

/// Levels of nested calls between two looks at the fuel; a power of two.
const FUEL_LEVELS: i32 = 4;

/// What the start of a region's function does.
pub(super) struct Prologue<'a> {
    /// Guest address of the region.
    pub entry: u64,
    /// The other entries.
    pub ways: &'a Ways,
    /// An i32 local to be used.
    pub local: u32,
    /// It calls other functions. One that calls none is not part of a recursion; its loops
    /// look up, and so do those who call it.
    pub nests: bool,
    /// It computes with floats as the default MXCSR wants it.
    pub floats: bool,
}

/// Guest instructions, about, that a call stands for.
const CALL_COST: i32 = 16;

/// The checks at the start of a region's function: too deep, time to look up, or not the
/// floating point it was compiled for.
pub(super) fn prologue(e: &mut Emitter, p: &Prologue) {
    if !p.nests && !p.floats {
        return;
    }
    let (fuel, why) = (p.local, p.local);
    let leave_if = |e: &mut Emitter, kind: ExitKind, label: u32| {
        e.i().i32_const(kind as i32).local_set(why);
        e.unlikely();
        e.i().br_if(label);
    };
    e.i().block(BlockType::Empty).block(BlockType::Empty);
    if p.floats {
        mxcsr_differs(&mut e.i());
        leave_if(e, ExitKind::Interpret, 0);
    }
    if p.nests {
        // Not at every level. Without a loop, which polls, only recursion goes on for long, and
        // that comes through all levels.
        e.i().local_get(DEPTH).i32_const(FUEL_LEVELS - 1).i32_and().i32_eqz();
        e.unlikely();
        e.i().if_(BlockType::Empty);
        e.i().local_get(DEPTH).i32_const(STACK_LEVELS - 1).i32_and().i32_eqz();
        e.unlikely();
        e.i().if_(BlockType::Empty).local_get(DEPTH).i32_const(0xffff).i32_and().i32_eqz();
        leave_if(e, ExitKind::Depth, 2);
        // The page of the next pushes; one less, for `stack_check` is one more.
        let mut i = e.i();
        i.local_get(CTX).i32_load(at(STACK_CHECK, 2)).local_tee(fuel).if_(BlockType::Empty);
        i.local_get(STATE).i64_load(at(Layout::slot(slot::RSP), 3)).i32_wrap_i64();
        i.i32_const(64 + PAGE_SIZE as i32).i32_sub().i32_const(12).i32_shr_u();
        i.local_get(fuel).i32_add().i32_load8_u(at(0, 0));
        i.i32_const(i32::from(Perms::WRITE.0)).i32_and().i32_eqz();
        leave_if(e, ExitKind::Interpret, 3);
        e.i().end().end();
        take_fuel(&mut e.i(), CALL_COST * FUEL_LEVELS, fuel);
        leave_if(e, ExitKind::Poll, 1);
        e.i().end();
    }
    let mut i = e.i();
    i.br(1).end();
    i.local_get(CTX).local_get(why).i32_store(at(EXIT, 2));
    // The address of the entry that was chosen.
    let mut hub = false;
    for entry in p.ways.entries.iter().filter(|entry| !entry.hub || !std::mem::replace(&mut hub, true)) {
        i.local_get(DEPTH).i32_const(16).i32_shr_u().i32_const(entry.number as i32).i32_eq();
        i.if_(BlockType::Empty);
        match entry.hub {
            true => _ = i.local_get(CTX).i32_load(at(WAY_IN, 2)),
            false => _ = i.i32_const(entry.rip as i32),
        }
        i.return_().end();
    }
    i.i32_const(p.entry as i32).return_().end();
}

/// Pushes whether MXCSR's control bits are not those compiled float code assumes: round
/// to nearest, all exceptions masked, denormals as they are.
pub(super) fn mxcsr_differs(i: &mut InstructionSink) {
    i.local_get(STATE).i32_load(at(Layout::mxcsr(), 2));
    i.i32_const(0xffc0).i32_and().i32_const(0x1f80).i32_ne();
}

/// Takes `cost` from the fuel and pushes whether to leave; `fuel` is an i32 local to be used.
fn take_fuel(i: &mut InstructionSink, cost: i32, fuel: u32) {
    i.local_get(CTX).local_get(CTX).i32_load(at(FUEL, 2)).i32_const(cost).i32_sub();
    i.local_tee(fuel).i32_store(at(FUEL, 2));
    i.local_get(fuel).i32_const(0).i32_lt_s().if_(BlockType::Result(I32));
    i.local_get(CTX).i32_const(SLICE).i32_store(at(FUEL, 2));
    i.local_get(CTX).i32_const(SLICE).call(Batch::POLL);
    i.else_().i32_const(0).end();
}
