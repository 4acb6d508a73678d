//! Operations executed by `cpu` through an imported function.

use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Op, OpCode};
use wasm_encoder::ValType;

use super::{CTX, Emitter, Leave, STATE};
use crate::analysis::{Set, effects};
use crate::layout::{ExitKind, helper, op_result};

/// The 16 bytes of an operation as two words. Written out: the fields have padding
/// between them, whose bytes must be zero for equal operations to give equal modules.
pub fn words(op: &Op) -> (i64, i64) {
    let low = op.code as u64
        | u64::from(op.d) << 16
        | u64::from(op.a) << 24
        | u64::from(op.b) << 32
        | u64::from(op.c) << 40
        | u64::from(op.e) << 48;
    (low as i64, op.imm)
}

/// The operation with these words; `None` if there is none.
pub fn from_words(low: i64, high: i64) -> Option<Op> {
    let low = low as u64;
    let code = *tawaki_cpu::ir::OpCode::ALL.get(low as u16 as usize)?;
    let op = Op::new(code).d((low >> 16) as u8).a((low >> 24) as u8).b((low >> 32) as u8);
    Some(op.c((low >> 40) as u8).e((low >> 48) as u16).imm(high))
}

impl Emitter<'_> {
    /// Emits a call of the helper that executes `op`. The locals it reads are stored
    /// before, those it writes loaded after; traps and changed code
    /// leave. The bookkeeping of `dirty` is the caller's ([`crate::analysis::dirty_after`]).
    pub fn fallback(&mut self, op: &Op) {
        let e = effects(op, self.options);
        self.mmx.forget();
        let (before, after) =
            if e.sync { (self.dirty, self.live_after) } else { (self.dirty & e.reads, e.writes) };
        self.store_set(before);
        let (low, high) = words(op);
        let result = self.scratch(ValType::I32);
        self.i().local_get(STATE).local_get(CTX).i64_const(low).i64_const(high);
        self.i().call(helper::OP).local_set(result);
        let u = op.code.info().uses;
        let dirty = self.dirty;
        if e.sync {
            self.dirty = Set::EMPTY;
            self.lows = Default::default();
        }
        let string = op.code == OpCode::String;
        if string {
            // It may have done a part, whatever comes.
            self.load_set(after);
        }
        if u & (uses::FAULT | uses::ANY) != 0 {
            self.i().local_get(result).i32_const(op_result::TRAP).i32_eq();
            self.side_exit_if();
        }
        if string {
            self.i().local_get(result).i32_const(op_result::AGAIN).i32_eq();
            self.exit_if(self.rip, Leave::Return);
        } else {
            self.load_set(after);
        }
        if u & uses::STORE != 0 {
            self.i().local_get(result).i32_const(op_result::CODE_CHANGED).i32_eq();
            match self.changed {
                Some(changed) => {
                    self.i().local_get(changed).i32_or().local_set(changed);
                }
                None => {
                    let changed = self.changed_local();
                    self.i().local_set(changed);
                    self.changed = Some(changed);
                }
            }
        }
        self.dirty = dirty;
        if u & (uses::SF | uses::PF | uses::ANY) != 0 {
            self.kind = None;
        }
    }

    /// For a [`Self::fallback`] that not every way through the operation passes: code has
    /// not been changed so far.
    pub(super) fn expect_change(&mut self) {
        if self.changed.is_none() {
            let changed = self.changed_local();
            self.i().i32_const(0).local_set(changed);
            self.changed = Some(changed);
        }
    }

    fn changed_local(&mut self) -> u32 {
        if self.changed_at == u32::MAX {
            self.changed_at = self.local(ValType::I32);
        }
        self.changed_at
    }

    /// At the end of an instruction: leaves if a helper of it changed code.
    pub(super) fn leave_if_changed(&mut self) {
        if let Some(changed) = self.changed.take() {
            self.i().local_get(changed);
            // What the dispatch table leads to may be outdated.
            self.exit_if(self.next_rip, ExitKind::Poll);
        }
    }
}
