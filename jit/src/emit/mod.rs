//! Emission: a batch of regions becomes one wasm module, a region one function
//! `(state, ctx, depth) -> guest address to go on at`.
//!
//! [`Emitter`] is the state of emitting one function; the submodules add operations by
//! family. Registers, flags and vector registers live in wasm locals while the function
//! runs; [`crate::analysis`] says where they are loaded and stored.

pub mod alu;
mod aside;
pub mod bits;
pub mod call;
pub mod control;
mod enter;
pub mod flags;
pub mod helper;
mod hub;
pub mod int;
mod leave;
pub mod memory;
pub mod module;
pub mod muldiv;
pub mod stack;
pub mod string;
pub mod switch;
mod tail;
pub mod vector;
pub mod x87;

use tawaki_cpu::ir::Op;
use tawaki_cpu::state::{Slot, slot};
use wasm_encoder::{InstructionSink, MemArg, ValType};

use crate::analysis::Set;
use crate::checks::Check;
use crate::layout::{ExitKind, Layout, Options};

pub use module::{Error, FunctionInfo, Module, compile};

/// Parameter 0 of every function: linear address of the state.
pub const STATE: u32 = 0;
/// Parameter 1: linear address of the context.
pub const CTX: u32 = 1;
/// Parameter 2: how many more calls may nest.
pub const DEPTH: u32 = 2;

const NO_LOCAL: u32 = u32::MAX;

/// Log2 of the bytes of a slot.
const WHOLE: u8 = 3;

/// Static knowledge of the lazy flags' kind (see `cpu::flags::kind`); `None` when it
/// differs by path.
pub type Kind = Option<u64>;

/// How a region's function is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// For the caller, who knows best what is at the address in `pc`: it returned there, or wants to look
    /// around first.
    Return,
    /// For whatever is compiled at the address in `pc`, which comes in the place of this function.
    Onward,
    /// For the engine.
    For(ExitKind),
}

impl From<ExitKind> for Leave {
    fn from(kind: ExitKind) -> Self {
        match kind {
            ExitKind::Next => Leave::Onward,
            kind => Leave::For(kind),
        }
    }
}

/// The state of emitting one function.
pub struct Emitter<'a> {
    /// Facts of the surroundings.
    pub layout: &'a Layout,
    /// How to compile.
    pub options: &'a Options,
    /// Guest address of the instruction being emitted, where side exits go.
    pub rip: u64,
    /// Guest address of the instruction after it.
    pub next_rip: u64,
    /// May differ from the state in memory at this point.
    pub dirty: Set,
    /// Locals that hold their slot at this point.
    pub held: Set,
    /// Live behind the operation being emitted.
    pub live_after: Set,
    /// Kind of the flags at this point.
    pub kind: Kind,
    code: Vec<u8>,
    /// Where in `code` one of the last instructions begins.
    known: usize,
    /// Branches one way of which is rare: where in `code`, and whether they are taken.
    hints: Vec<(usize, bool)>,
    /// Wasm blocks open around this point, inside the exit blocks.
    open: u32,
    locals: Vec<ValType>,
    slots: [u32; 256],
    /// Log2 of the bytes that hold each slot's value, the rest being zero; [`WHOLE`] if that is not known.
    widths: [u8; 256],
    /// The right operand of the flags, where that is a constant.
    flag_b: Option<i64>,
    /// The slots a comparison's operands come from, while its condition is computed.
    comparing: Option<(Slot, Slot)>,
    xmm: [u32; Set::VECTORS],
    /// The `f64` locals of low lanes, and where these are.
    low: [u32; Set::VECTORS],
    lows: vector::scalar::Lows,
    /// The vector that the operation being emitted writes is wanted as a double.
    wants_low: bool,
    scratch: Vec<(ValType, u32, bool)>,
    pc: u32,
    /// Calls other compiled functions.
    nests: bool,
    /// Ways out.
    exits: Vec<leave::Way>,
    /// Branches to them.
    branches: Vec<leave::Branch>,
    /// The write target of the last `LdRmw` of this instruction, which the store after
    /// it need not check again.
    checked_store: Option<(Slot, i64)>,
    /// How the next access of the operation being emitted is looked at in checked mode.
    check: Check,
    /// Locals with the reach of the marks, where this function asks for it.
    reach: [Option<u32>; 3],
    /// What is to be added to RSP's local: pushes and pops in a row change it once. 0 before
    /// whatever can leave.
    pub stack: i64,
    /// The instruction changed code by a helper: leave when it is finished.
    changed: Option<u32>,
    changed_at: u32,
    /// Status flags (bits of `cpu::flags`) somebody may look at behind this operation.
    pub flags_live: u32,
    batch: &'a module::Batch,
    /// Operands of the last float comparisons, see [`flags::SINGLES`].
    singles: Option<[u32; 2]>,
    doubles: Option<[u32; 2]>,
    /// The x87's registers, and what is known of them here.
    x87: x87::X87,
    /// What is known of the MMX registers here.
    mmx: vector::Mmx,
}

fn new_local(locals: &mut Vec<ValType>, ty: ValType) -> u32 {
    locals.push(ty);
    3 + locals.len() as u32 - 1
}

impl<'a> Emitter<'a> {
    fn new(layout: &'a Layout, options: &'a Options, batch: &'a module::Batch) -> Self {
        let mut e = Emitter {
            layout,
            options,
            rip: 0,
            next_rip: 0,
            dirty: Set::EMPTY,
            held: Set::EMPTY,
            live_after: Set::EMPTY,
            kind: None,
            code: Vec::new(),
            known: 0,
            hints: Vec::new(),
            open: 0,
            locals: Vec::new(),
            slots: [NO_LOCAL; 256],
            widths: [WHOLE; 256],
            flag_b: None,
            comparing: None,
            xmm: [NO_LOCAL; Set::VECTORS],
            low: [NO_LOCAL; Set::VECTORS],
            lows: vector::scalar::Lows::default(),
            wants_low: false,
            scratch: Vec::new(),
            pc: 0,
            nests: false,
            exits: Vec::new(),
            branches: Vec::new(),
            checked_store: None,
            check: Check::Own,
            reach: [None; 3],
            stack: 0,
            changed: None,
            changed_at: NO_LOCAL,
            flags_live: tawaki_cpu::flags::STATUS,
            batch,
            singles: None,
            doubles: None,
            x87: x87::X87::default(),
            mmx: vector::Mmx::default(),
        };
        e.pc = e.local(ValType::I32);
        e
    }

    /// Writes instructions.
    pub fn i(&mut self) -> InstructionSink<'_> {
        self.known = self.code.len();
        InstructionSink::new(&mut self.code)
    }

    // ---- locals ------------------------------------------------------------

    /// A new local that lives for the whole function.
    pub fn local(&mut self, ty: ValType) -> u32 {
        new_local(&mut self.locals, ty)
    }

    /// A local for use within one operation; all are free again at the next.
    pub fn scratch(&mut self, ty: ValType) -> u32 {
        if let Some(free) = self.scratch.iter_mut().find(|(t, _, used)| *t == ty && !used) {
            free.2 = true;
            return free.1;
        }
        let local = self.local(ty);
        self.scratch.push((ty, local, true));
        local
    }

    fn free_scratch(&mut self) {
        self.scratch.iter_mut().for_each(|s| s.2 = false);
    }

    /// Whether a slot is an i32 local: those of the machine in 32-bit code, whose upper
    /// halves are zero (or, of flag operands, do not matter).
    pub fn is_narrow(&self, s: Slot) -> bool {
        !self.layout.bits64 && s < slot::TEMP
    }

    /// The local of a slot, i64 or narrow.
    pub fn slot_local(&mut self, s: Slot) -> u32 {
        if self.slots[s as usize] == NO_LOCAL {
            let ty = if self.is_narrow(s) { ValType::I32 } else { ValType::I64 };
            self.slots[s as usize] = self.local(ty);
        }
        self.slots[s as usize]
    }

    /// The v128 local of a vector register or temporary, or of an MMX register.
    pub fn xmm_local(&mut self, register: u8) -> u32 {
        let register = usize::from(register) % Set::VECTORS;
        if self.xmm[register] == NO_LOCAL {
            self.xmm[register] = self.local(ValType::V128);
        }
        self.xmm[register]
    }

    /// Pushes the local of a slot as it is (see [`Emitter::lead`]).
    pub fn get_local(&mut self, s: Slot) {
        let local = self.slot_local(s);
        self.push_local(local);
    }

    /// Pops into the local of a slot, as it is.
    pub fn set_local(&mut self, s: Slot) {
        let local = self.slot_local(s);
        self.i().local_set(local);
        self.widths[s as usize] = WHOLE;
        if s == slot::FLAG_B {
            self.flag_b = None;
        }
    }

    /// Pushes the value of a slot of the machine in the type of its local.
    fn get_own(&mut self, s: Slot) {
        self.get_local(s);
        let (narrow, by) = (self.is_narrow(s), self.lead(s));
        lead(&mut self.i(), narrow, by);
    }

    /// Pops a value in the type of a slot's local into it.
    fn set_own(&mut self, s: Slot) {
        let (narrow, by) = (self.is_narrow(s), -self.lead(s));
        lead(&mut self.i(), narrow, by);
        self.set_local(s);
    }

    /// Log2 of the bytes that hold the value of a slot, the rest being zero.
    pub fn width(&self, s: Slot) -> u64 {
        self.widths[s as usize].into()
    }

    /// As [`Self::width`], of slot b + imm.
    pub fn right_width(&self, b: Slot, imm: i64) -> u64 {
        match (b, imm) {
            (slot::ZERO, 0..0x100) => 0,
            (slot::ZERO, 0..0x1_0000) => 1,
            (slot::ZERO, _) => WHOLE.into(),
            (b, 0) => self.width(b),
            _ => WHOLE.into(),
        }
    }

    /// From here to the end of the block, or until it is written: the rest of the slot is zero.
    pub fn set_width(&mut self, s: Slot, width: u64) {
        self.widths[s as usize] = width as u8;
    }

    /// Where a block begins.
    fn forget_widths(&mut self) {
        self.widths = [WHOLE; 256];
        self.flag_b = None;
    }

    /// Pushes the i64 value of a slot.
    pub fn get(&mut self, s: Slot) {
        if s == slot::ZERO {
            self.i().i64_const(0);
        } else {
            self.get_own(s);
            if self.is_narrow(s) {
                self.i().i64_extend_i32_u();
            }
        }
    }

    /// Pushes the low half of a slot as i32.
    pub fn get32(&mut self, s: Slot) {
        if s == slot::ZERO {
            self.i().i32_const(0);
        } else if self.is_narrow(s) {
            self.get_own(s);
        } else {
            self.get(s);
            self.i().i32_wrap_i64();
        }
    }

    /// Pops an i64 into a slot (into nothing for SINK).
    pub fn set(&mut self, s: Slot) {
        if s == slot::SINK || s == slot::ZERO {
            self.i().drop();
        } else {
            if self.is_narrow(s) {
                self.i().i32_wrap_i64();
            }
            self.set_own(s);
        }
    }

    /// Pops an i32 into a slot, zero-extended.
    pub fn set32(&mut self, s: Slot) {
        if self.is_narrow(s) && s != slot::SINK && s != slot::ZERO {
            self.set_own(s);
        } else {
            self.i().i64_extend_i32_u();
            self.set(s);
        }
    }

    /// Pushes the v128 value of a vector register or temporary.
    pub fn get_xmm(&mut self, register: u8) {
        vector::scalar::settle(self, 1 << register);
        let local = self.xmm_local(register);
        self.i().local_get(local);
    }

    /// Pops a v128 into a vector register or temporary.
    pub fn set_xmm(&mut self, register: u8) {
        let local = self.xmm_local(register);
        self.i().local_set(local);
        self.lows.forget(1 << register);
    }

    // ---- the state in memory -------------------------------------------------

    /// Stores the locals in `set` to the state.
    pub fn store_set(&mut self, set: Set) {
        for s in set.each_slot() {
            self.i().local_get(STATE);
            self.get(s);
            self.i().i64_store(at(Layout::slot(s), 3));
        }
        for x in set.each_xmm() {
            let local = self.xmm_local(x);
            self.i().local_get(STATE).local_get(local).v128_store(at(Layout::xmm(x), 3));
            if self.lows.stale >> x & 1 != 0 {
                let low = self.low[usize::from(x)];
                self.i().local_get(STATE).local_get(low).f64_store(at(Layout::xmm(x), 3));
            }
        }
    }

    /// Loads the locals in `set` from the state.
    pub fn load_set(&mut self, set: Set) {
        for s in set.each_slot() {
            self.i().local_get(STATE);
            if self.is_narrow(s) {
                self.i().i32_load(at(Layout::slot(s), 2));
            } else {
                self.i().i64_load(at(Layout::slot(s), 3));
            }
            self.set_own(s);
        }
        for x in set.each_xmm() {
            let local = self.xmm_local(x);
            self.i().local_get(STATE).v128_load(at(Layout::xmm(x), 3)).local_set(local);
        }
        self.lows.forget(set.xmm);
    }

    // ---- ways out --------------------------------------------------------------

    /// Without the flag operands that mean nothing in the present kind of flags.
    pub fn meaningful(&self, set: Set) -> Set {
        use tawaki_cpu::flags::kind;
        let none = match self.kind.map(|k| k & !3) {
            Some(kind::LOGIC | kind::BITS) => Set::slot(slot::FLAG_A) | Set::slot(slot::FLAG_B),
            Some(kind::INC | kind::DEC) => Set::slot(slot::FLAG_B),
            _ => Set::EMPTY,
        };
        set.without(none)
    }

    /// Leaves for the guest address `rip`; the code behind is unreachable.
    pub fn exit(&mut self, rip: u64, leave: impl Into<Leave>) {
        if x87::unsaved(self) {
            x87::save(self);
        }
        let pc = self.pc;
        self.i().i32_const(rip as i32).local_set(pc);
        self.leave_by(self.dirty, leave, false);
    }

    /// Pops an i32; if it is not zero leaves for `rip`.
    pub fn exit_if(&mut self, rip: u64, leave: impl Into<Leave>) {
        if x87::unsaved(self) {
            self.unlikely();
            self.if_();
            self.exit(rip, leave);
            return self.close();
        }
        self.set_below(self.pc, rip as i32);
        self.unlikely();
        self.leave_by(self.dirty, leave, true);
    }

    /// Pops an i32; if it is not zero leaves at the start of this instruction, to have it
    /// interpreted. The instruction must not have changed anything yet.
    pub fn side_exit_if(&mut self) {
        self.exit_if(self.rip, ExitKind::Interpret);
    }

    /// Index of a function of the x87 library.
    fn x87_function(&self, number: u32) -> u32 {
        self.batch.x87 + number
    }

    /// The next instruction, an `if` or `br_if`, is hardly ever taken. Engines that read hints
    /// do not spill or move anything on the usual way for the sake of the other.
    pub fn unlikely(&mut self) {
        self.hints.push((self.code.len(), false));
    }

    /// The next instruction, an `if` or `br_if`, is nearly always taken.
    pub fn likely(&mut self) {
        self.hints.push((self.code.len(), true));
    }

    /// Opens a wasm block of any sort (the caller emits it): branch labels count it.
    pub fn opened(&mut self) {
        self.open += 1;
    }

    /// Emits the `end` of the innermost block.
    pub fn close(&mut self) {
        self.open -= 1;
        self.i().end();
    }

    /// `if` without result, for a condition on the stack; ends with [`Self::close`].
    pub fn if_(&mut self) {
        self.i().if_(wasm_encoder::BlockType::Empty);
        self.opened();
    }

    /// `else` of the innermost `if`.
    pub fn else_(&mut self) {
        self.i().else_();
    }

    // ---- operations --------------------------------------------------------------

    /// Emits one operation that does not end a block.
    fn op(&mut self, op: &Op) {
        self.free_scratch();
        use tawaki_cpu::ir::OpCode;
        let native = !self.options.helpers_only
            && match op.code {
                OpCode::Vector => {
                    let native = vector::effects(op, self.options).is_some();
                    if native {
                        vector::emit(self, op);
                    }
                    native
                }
                OpCode::String => {
                    string::emit(self, op);
                    true
                }
                _ => int::emit(self, op),
            };
        if !native {
            vector::settle_all(self);
            x87::flush(self);
            self.fallback(op);
        }
    }
}

/// Adds a constant to the value on the stack, an i32 if `narrow`, else an i64.
fn lead(i: &mut InstructionSink, narrow: bool, by: i32) {
    match (by, narrow) {
        (0, _) => {}
        (_, true) => _ = i.i32_const(by).i32_add(),
        (_, false) => _ = i.i64_const(by.into()).i64_add(),
    }
}

/// A memory argument with this offset; `align` is log2 of the alignment that is known.
pub fn at(offset: u32, align: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align, memory_index: 0 }
}
