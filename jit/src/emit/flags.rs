//! The lazy flags: which kind is known where, and conditions computed from it.

use tawaki_cpu::flags::{CF, OF, PF, SF, ZF, kind};
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;

use super::{Emitter, Kind};
use crate::analysis::effects;
use crate::layout::{Options, helper};

/// Kind of the flags after `op`, when it was `before`.
pub fn kind_after(op: &Op, before: Kind, options: &Options) -> Kind {
    let e = effects(op, options);
    if e.sync {
        return None;
    }
    if !e.writes.has(slot::FLAG_KIND) {
        return before;
    }
    None
}

impl Emitter<'_> {
    /// Pushes an i32 with the six status flags.
    pub fn status(&mut self) {
        for s in [slot::FLAG_A, slot::FLAG_B, slot::FLAG_R] {
            self.get(s);
        }
        self.get32(slot::FLAG_KIND);
        self.i().call(helper::STATUS);
    }

    /// Pushes 1 if condition `cc` holds, else 0.
    pub fn condition(&mut self, cc: u8) {
        let status = self.scratch(wasm_encoder::ValType::I32);
        self.status();
        self.i().local_set(status);
        let bit = |e: &mut Self, mask: u32| {
            e.i()
                .local_get(status)
                .i32_const(mask.trailing_zeros() as i32)
                .i32_shr_u()
                .i32_const(1)
                .i32_and();
        };
        match cc >> 1 {
            0 => bit(self, OF),
            1 => bit(self, CF),
            2 => bit(self, ZF),
            3 => {
                bit(self, CF);
                bit(self, ZF);
                self.i().i32_or();
            }
            4 => bit(self, SF),
            5 => bit(self, PF),
            6 => {
                bit(self, SF);
                bit(self, OF);
                self.i().i32_xor();
            }
            _ => {
                bit(self, SF);
                bit(self, OF);
                self.i().i32_xor();
                bit(self, ZF);
                self.i().i32_or();
            }
        }
        if cc & 1 != 0 {
            self.i().i32_eqz();
        }
    }

    /// Pushes the condition of the branch that ends a block, after setting its flags.
    pub fn branch_condition(&mut self, op: &Op) {
        use OpCode::*;
        match op.code {
            Jz16 | Jnz16 => {
                self.get32(op.a);
                self.i().i32_const(0xffff).i32_and().i32_eqz();
            }
            Jz32 | Jnz32 => {
                self.get32(op.a);
                self.i().i32_eqz();
            }
            Jz64 | Jnz64 => {
                self.get(op.a);
                self.i().i64_eqz();
            }
            Jcc => return self.condition(op.c),
            _ => return self.compare_branch(op),
        }
        if matches!(op.code, Jnz16 | Jnz32 | Jnz64) {
            self.i().i32_eqz();
        }
    }

    fn compare_branch(&mut self, op: &Op) {
        use OpCode::*;
        let (width, and, immediate) = match op.code {
            JSub8 => (0, false, false),
            JSub16 => (1, false, false),
            JSub32 => (2, false, false),
            JSub64 => (3, false, false),
            JSubI8 => (0, false, true),
            JSubI16 => (1, false, true),
            JSubI32 => (2, false, true),
            JSubI64 => (3, false, true),
            JAnd8 => (0, true, false),
            JAnd16 => (1, true, false),
            JAnd32 => (2, true, false),
            JAnd64 => (3, true, false),
            JAndI8 => (0, true, true),
            JAndI16 => (1, true, true),
            JAndI32 => (2, true, true),
            _ => (3, true, true),
        };
        debug_assert!(op.code.info().uses & uses::END != 0);
        self.get(op.a);
        self.set(slot::FLAG_A);
        if immediate {
            self.i().i64_const(op.imm >> 32);
        } else {
            self.get(op.b);
        }
        self.set(slot::FLAG_B);
        self.get(slot::FLAG_A);
        self.get(slot::FLAG_B);
        let family = if and {
            self.i().i64_and();
            kind::LOGIC
        } else {
            self.i().i64_sub();
            kind::SUB
        };
        self.set(slot::FLAG_R);
        self.i().i64_const((family | width) as i64);
        self.set(slot::FLAG_KIND);
        self.condition(op.c);
    }
}
