//! The lazy flags: which kind is known where, and conditions computed from it.

use tawaki_cpu::flags::{AF, CF, OF, PF, SF, STATUS, ZF, kind};
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::slot::{self, FLAG_A, FLAG_B, FLAG_KIND, FLAG_R};
use wasm_encoder::BlockType;
use wasm_encoder::ValType::{F32, F64, I32};

use super::{Emitter, Kind, new_local};
use crate::analysis::Effects;
use crate::layout::helper;

/// Bit of a static kind (not of the slot): there was a carry in, so that the operands
/// alone do not give the conditions.
pub const CARRY_IN: u64 = 0x100;

/// Static kinds (in the slot it is `BITS`): the bits are those of comparing the singles
/// or the doubles in [`Emitter::compared`].
pub const SINGLES: u64 = kind::BITS | 1;
/// As [`SINGLES`].
pub const DOUBLES: u64 = kind::BITS | 2;

/// What computes flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Class {
    Add,
    Sub,
    Logic,
    Adc,
    Sbb,
    Inc,
    Dec,
    Shl,
    Shr,
    Sar,
    Rol,
    Ror,
    /// Through the carry flag.
    Rotate,
    Shld,
    Shrd,
    Imul,
    Mul,
    Bt,
    Scan,
    Count,
    /// Fused compare and branch.
    BranchSub,
    BranchAnd,
}

/// First operation of a run of widths in the table, its class, log2 of the first width's
/// bytes, and how many widths there are.
const RUNS: &[(OpCode, Class, u64, usize)] = &[
    (OpCode::AddF8, Class::Add, 0, 4),
    (OpCode::AddFI8, Class::Add, 0, 4),
    (OpCode::SubF8, Class::Sub, 0, 4),
    (OpCode::SubFI8, Class::Sub, 0, 4),
    (OpCode::AdcF8, Class::Adc, 0, 4),
    (OpCode::SbbF8, Class::Sbb, 0, 4),
    (OpCode::AndF8, Class::Logic, 0, 4),
    (OpCode::AndFI8, Class::Logic, 0, 4),
    (OpCode::OrF8, Class::Logic, 0, 4),
    (OpCode::OrFI8, Class::Logic, 0, 4),
    (OpCode::XorF8, Class::Logic, 0, 4),
    (OpCode::XorFI8, Class::Logic, 0, 4),
    (OpCode::IncF8, Class::Inc, 0, 4),
    (OpCode::DecF8, Class::Dec, 0, 4),
    (OpCode::ImulF16, Class::Imul, 1, 3),
    (OpCode::MulF8, Class::Mul, 0, 4),
    (OpCode::ImulWF8, Class::Mul, 0, 4),
    (OpCode::ShlF8, Class::Shl, 0, 4),
    (OpCode::ShrF8, Class::Shr, 0, 4),
    (OpCode::SarF8, Class::Sar, 0, 4),
    (OpCode::RolF8, Class::Rol, 0, 4),
    (OpCode::RorF8, Class::Ror, 0, 4),
    (OpCode::RclF8, Class::Rotate, 0, 4),
    (OpCode::RcrF8, Class::Rotate, 0, 4),
    (OpCode::ShldF16, Class::Shld, 1, 3),
    (OpCode::ShrdF16, Class::Shrd, 1, 3),
    (OpCode::BtF16, Class::Bt, 1, 3),
    (OpCode::BtsF16, Class::Bt, 1, 3),
    (OpCode::BtrF16, Class::Bt, 1, 3),
    (OpCode::BtcF16, Class::Bt, 1, 3),
    (OpCode::BsfF16, Class::Scan, 1, 3),
    (OpCode::BsrF16, Class::Scan, 1, 3),
    (OpCode::TzcntF16, Class::Count, 1, 3),
    (OpCode::LzcntF16, Class::Count, 1, 3),
    (OpCode::PopcntF16, Class::Count, 1, 3),
    (OpCode::JSub8, Class::BranchSub, 0, 4),
    (OpCode::JSubI8, Class::BranchSub, 0, 4),
    (OpCode::JAnd8, Class::BranchAnd, 0, 4),
    (OpCode::JAndI8, Class::BranchAnd, 0, 4),
];

/// Class and log2 of the operand's bytes of a flag-setting operation.
pub fn classify(code: OpCode) -> Option<(Class, u64)> {
    RUNS.iter().find_map(|&(first, class, log2, count)| {
        let n = super::int::offset(code, first);
        (n < count).then_some((class, log2 + n as u64))
    })
}

/// Whether the right operand is the immediate alone.
pub fn is_immediate(code: OpCode) -> bool {
    let u = code.info().uses;
    u & uses::I != 0 && u & uses::B == 0
}

/// Kind of the flags after `op`, whose effects are `e`, when it was `before`.
pub fn kind_after(op: &Op, e: &Effects, before: Kind) -> Kind {
    if e.sync {
        return None;
    }
    if !e.writes.has(FLAG_KIND) {
        return before;
    }
    if op.code == OpCode::Vector {
        return Some(match VecOp::from_e(op.e) {
            VecOp::Comiss | VecOp::Ucomiss => SINGLES,
            VecOp::Comisd | VecOp::Ucomisd => DOUBLES,
            _ => kind::BITS,
        });
    }
    if op.code == OpCode::String {
        // A comparison, perhaps of nothing.
        let once = op.d == tawaki_cpu::helper::string::rep::NONE;
        return once.then_some(kind::SUB | u64::from(op.c & 3));
    }
    let bits = if before == Some(kind::BITS) { before } else { None };
    let Some((class, log2)) = classify(op.code) else { return Some(kind::BITS) };
    let fixed = op.b == slot::ZERO;
    let count = op.imm & if log2 == 3 { 63 } else { 31 };
    let family = match class {
        Class::Add => kind::ADD,
        Class::Sub | Class::BranchSub => kind::SUB,
        Class::Logic | Class::BranchAnd => kind::LOGIC,
        Class::Adc => kind::ADD | CARRY_IN,
        Class::Sbb => kind::SUB | CARRY_IN,
        Class::Inc => kind::INC,
        Class::Dec => kind::DEC,
        Class::Shl | Class::Shr | Class::Sar => match (class, fixed, count) {
            (_, true, 0) => return before,
            (_, false, _) => return None,
            (Class::Shl, ..) => kind::SHL,
            (Class::Shr, ..) => kind::SHR,
            _ => kind::SAR,
        },
        Class::Rol | Class::Ror | Class::Rotate => match (fixed, count) {
            (true, 0) => return before,
            (true, _) => return Some(kind::BITS),
            (false, _) => return bits,
        },
        Class::Shld | Class::Shrd => match (op.c == slot::ZERO, count) {
            (true, 0) => return before,
            (true, _) => return Some(kind::BITS),
            (false, _) => return bits,
        },
        Class::Imul | Class::Mul | Class::Bt | Class::Scan | Class::Count => return Some(kind::BITS),
    };
    Some(family | log2)
}

/// What the imported function `status` computes: the six flags of a lazy state.
pub fn status(a: u64, b: u64, r: u64, kind: u64) -> u32 {
    tawaki_cpu::flags::bits_of(kind, a, b, r)
}

/// How the operands of a known kind are seen: i64 for 64 bits, else i32, extended. What is a
/// few bits of a register is not moved up: processors test those in place, and a load extends.
impl Emitter<'_> {
    /// Where an operand is to be looked for, or what it is.
    fn operand(&self, s: u8) -> Result<u8, i64> {
        match (s, self.comparing) {
            (FLAG_A, Some((a, _))) => Ok(a),
            (FLAG_B, Some((_, b))) if b != slot::ZERO => Ok(b),
            (FLAG_B, _) => self.flag_b.map_or(Ok(s), Err),
            _ => Ok(s),
        }
    }

    /// Pushes a constant for a comparison of this width.
    fn constant_operand(&mut self, value: i64, log2: u64) {
        let mut i = self.i();
        _ = if log2 == 3 { i.i64_const(value) } else { i.i32_const(value as i32) };
    }

    /// Pushes an operand, extended by zeros.
    fn unsigned(&mut self, s: u8, log2: u64) {
        let s = match self.operand(s) {
            Ok(s) => s,
            Err(value) => {
                let value = if log2 < 2 { value & ((1 << (8 << log2)) - 1) } else { value };
                return self.constant_operand(value, log2);
            }
        };
        match log2 {
            3 => return self.get(s),
            2 => return self.get32(s),
            _ => self.get32(s),
        }
        if self.width(s) > log2 {
            self.i().i32_const(if log2 == 1 { 0xffff } else { 0xff }).i32_and();
        }
    }

    /// Pushes an operand, extended by its sign.
    fn signed(&mut self, s: u8, log2: u64) {
        let s = match self.operand(s) {
            Ok(s) => s,
            Err(value) => {
                let value = match log2 {
                    0 => i64::from(value as i8),
                    1 => i64::from(value as i16),
                    _ => value,
                };
                return self.constant_operand(value, log2);
            }
        };
        match log2 {
            3 => self.get(s),
            2 => self.get32(s),
            1 => {
                self.get32(s);
                self.i().i32_extend16_s();
            }
            _ => {
                self.get32(s);
                self.i().i32_extend8_s();
            }
        }
    }

    /// Pushes whether an operand is negative.
    fn negative(&mut self, s: u8, log2: u64) {
        match log2 {
            3 => {
                self.get(s);
                self.i().i64_const(0).i64_lt_s();
            }
            2 => {
                self.get32(s);
                self.i().i32_const(0).i32_lt_s();
            }
            _ => {
                self.get32(s);
                self.i().i32_const(if log2 == 1 { 0x8000 } else { 0x80 }).i32_and();
                self.i().i32_const(0).i32_ne();
            }
        }
    }

    /// Pushes the sign of an i64 expression over the flag slots (garbage above the width).
    fn sign_of(&mut self, log2: u64, expression: impl FnOnce(&mut Self)) {
        expression(self);
        match log2 {
            3 => drop_it(self.i().i64_const(0).i64_lt_s()),
            2 => drop_it(self.i().i32_wrap_i64().i32_const(0).i32_lt_s()),
            _ => {
                let shift = if log2 == 1 { 16 } else { 24 };
                self.i().i32_wrap_i64().i32_const(shift).i32_shl().i32_const(0).i32_lt_s();
            }
        }
    }

    fn r_bit(&mut self, flag: u32) {
        self.get32(FLAG_R);
        let shift = flag.trailing_zeros();
        if shift != 0 {
            self.i().i32_const(shift as i32).i32_shr_u();
        }
        self.i().i32_const(1).i32_and();
    }

    /// Pushes CF as 0 or 1, for a known kind.
    fn cf(&mut self, k: u64) {
        let log2 = k & 3;
        let bits = 8 << log2;
        match k & !3 {
            kind::ADD => self.ordered(FLAG_R, FLAG_A, log2, false),
            kind::SUB => self.ordered(FLAG_A, FLAG_B, log2, false),
            kind::LOGIC => drop_it(self.i().i32_const(0)),
            kind::INC | kind::DEC => {
                self.get32(FLAG_A);
                self.i().i32_const(1).i32_and();
            }
            kind::SHL if log2 == 3 => {
                // Bit 64 - count.
                self.get(FLAG_A);
                self.i().i64_const(64);
                self.get(FLAG_B);
                self.i().i64_sub().i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
            }
            kind::SHL => {
                self.get(FLAG_A);
                self.cut(log2);
                self.get(FLAG_B);
                self.i().i64_shl().i64_const(bits).i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
            }
            kind::SHR => {
                self.get(FLAG_A);
                self.cut(log2);
                self.get(FLAG_B);
                self.i().i64_const(1).i64_sub().i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
            }
            kind::SAR => {
                self.get(FLAG_A);
                match log2 {
                    0 => drop_it(self.i().i64_extend8_s()),
                    1 => drop_it(self.i().i64_extend16_s()),
                    2 => drop_it(self.i().i64_extend32_s()),
                    _ => {}
                }
                self.get(FLAG_B);
                self.i().i64_const(1).i64_sub().i64_shr_s().i32_wrap_i64().i32_const(1).i32_and();
            }
            family if family == kind::ADD | CARRY_IN => self.sign_of(log2, |e| {
                // (a & b) | ((a | b) & !r)
                e.get(FLAG_A);
                e.get(FLAG_B);
                e.i().i64_and();
                e.get(FLAG_A);
                e.get(FLAG_B);
                e.i().i64_or();
                e.get(FLAG_R);
                e.i().i64_const(-1).i64_xor().i64_and().i64_or();
            }),
            family if family == kind::SUB | CARRY_IN => self.sign_of(log2, |e| {
                // (!a & b) | ((!a | b) & r)
                for or in [false, true] {
                    e.get(FLAG_A);
                    e.i().i64_const(-1).i64_xor();
                    e.get(FLAG_B);
                    if or {
                        e.i().i64_or();
                    } else {
                        e.i().i64_and();
                    }
                }
                e.get(FLAG_R);
                e.i().i64_and().i64_or();
            }),
            _ => self.r_bit(CF),
        }
    }

    /// Pushes `x < y` (or `x <= y` for `or_equal`) unsigned.
    fn ordered(&mut self, x: u8, y: u8, log2: u64, or_equal: bool) {
        self.unsigned(x, log2);
        self.unsigned(y, log2);
        let mut i = self.i();
        match (log2 == 3, or_equal) {
            (true, false) => i.i64_lt_u(),
            (true, true) => i.i64_le_u(),
            (false, false) => i.i32_lt_u(),
            (false, true) => i.i32_le_u(),
        };
    }

    fn ordered_signed(&mut self, x: u8, y: u8, log2: u64, or_equal: bool) {
        self.signed(x, log2);
        self.signed(y, log2);
        let mut i = self.i();
        match (log2 == 3, or_equal) {
            (true, false) => i.i64_lt_s(),
            (true, true) => i.i64_le_s(),
            (false, false) => i.i32_lt_s(),
            (false, true) => i.i32_le_s(),
        };
    }

    fn zf(&mut self, k: u64) {
        let log2 = k & 3;
        match k & !3 {
            kind::BITS => self.r_bit(ZF),
            kind::SUB => {
                self.unsigned(FLAG_A, log2);
                let zero = self.operand(FLAG_B).is_err_and(|value| value << (64 - (8 << log2)) == 0);
                if !zero {
                    self.unsigned(FLAG_B, log2);
                }
                let mut i = self.i();
                match (log2 == 3, zero) {
                    (true, true) => i.i64_eqz(),
                    (true, false) => i.i64_eq(),
                    (false, true) => i.i32_eqz(),
                    (false, false) => i.i32_eq(),
                };
            }
            _ => {
                self.unsigned(FLAG_R, log2);
                if log2 == 3 {
                    self.i().i64_eqz();
                } else {
                    self.i().i32_eqz();
                }
            }
        }
    }

    fn sf(&mut self, k: u64) {
        if k & !3 == kind::BITS {
            return self.r_bit(SF);
        }
        self.negative(FLAG_R, k & 3);
    }

    fn pf(&mut self, k: u64) {
        if k & !3 == kind::BITS {
            return self.r_bit(PF);
        }
        self.get32(FLAG_R);
        self.parity();
    }

    /// Replaces the i32 on the stack by 1 if its low byte has an even number of bits set, else 0.
    pub fn parity(&mut self) {
        self.i().i32_const(0xff).i32_and().i32_popcnt().i32_const(1).i32_and().i32_eqz();
    }

    fn of(&mut self, k: u64) {
        let log2 = k & 3;
        let bits = 8u32 << log2;
        match k & !(3 | CARRY_IN) {
            kind::ADD => self.sign_of(log2, |e| e.overflow_add()),
            kind::SUB => self.sign_of(log2, |e| e.overflow_sub()),
            kind::LOGIC | kind::SAR => drop_it(self.i().i32_const(0)),
            kind::INC | kind::DEC => {
                let at = if k & !3 == kind::INC { 1u64 << (bits - 1) } else { (1u64 << (bits - 1)) - 1 };
                self.get(FLAG_R);
                self.cut(log2);
                self.i().i64_const(at as i64).i64_eq();
            }
            kind::SHL => {
                self.sf(k);
                self.cf(k);
                self.i().i32_xor();
            }
            kind::SHR => {
                self.negative(FLAG_A, log2);
                self.get(FLAG_B);
                self.i().i64_const(1).i64_eq().i32_and();
            }
            _ => self.r_bit(OF),
        }
    }

    /// (a ^ r) & (b ^ r)
    fn overflow_add(&mut self) {
        self.get(FLAG_A);
        self.get(FLAG_R);
        self.i().i64_xor();
        self.get(FLAG_B);
        self.get(FLAG_R);
        self.i().i64_xor().i64_and();
    }

    /// (a ^ b) & (a ^ r)
    fn overflow_sub(&mut self) {
        self.get(FLAG_A);
        self.get(FLAG_B);
        self.i().i64_xor();
        self.get(FLAG_A);
        self.get(FLAG_R);
        self.i().i64_xor().i64_and();
    }

    /// SF != OF.
    fn less(&mut self, k: u64) {
        let log2 = k & 3;
        match k & !3 {
            kind::SUB => self.ordered_signed(FLAG_A, FLAG_B, log2, false),
            kind::LOGIC | kind::SAR => self.sf(k),
            family if matches!(family & !CARRY_IN, kind::ADD | kind::SUB) => self.sign_of(log2, |e| {
                if family & !CARRY_IN == kind::ADD {
                    e.overflow_add()
                } else {
                    e.overflow_sub()
                }
                e.get(FLAG_R);
                e.i().i64_xor();
            }),
            _ => {
                self.sf(k);
                self.of(k);
                self.i().i32_xor();
            }
        }
    }

    fn af(&mut self, k: u64) {
        match k & !(3 | CARRY_IN) {
            kind::ADD | kind::SUB => {
                self.get(FLAG_A);
                self.get(FLAG_B);
                self.i().i64_xor();
                self.get(FLAG_R);
                self.i().i64_xor().i64_const(4).i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
            }
            kind::INC | kind::DEC => {
                self.get32(FLAG_R);
                self.i().i32_const(15).i32_and();
                if k & !3 == kind::DEC {
                    self.i().i32_const(15).i32_eq();
                } else {
                    self.i().i32_eqz();
                }
            }
            kind::BITS => self.r_bit(AF),
            _ => drop_it(self.i().i32_const(0)),
        }
    }

    /// Pushes an i32 with the status flags in `mask` (others may be set too).
    pub fn status(&mut self, mask: u32) {
        match self.kind {
            Some(k) if k & !3 == kind::BITS => self.get32(FLAG_R),
            Some(k) => {
                self.i().i32_const(0);
                for flag in [CF, PF, AF, ZF, SF, OF] {
                    if mask & flag == 0 {
                        continue;
                    }
                    match flag {
                        CF => self.cf(k),
                        PF => self.pf(k),
                        AF => self.af(k),
                        ZF => self.zf(k),
                        SF => self.sf(k),
                        _ => self.of(k),
                    }
                    self.i().i32_const(flag.trailing_zeros() as i32).i32_shl().i32_or();
                }
            }
            None => {
                for s in [FLAG_A, FLAG_B, FLAG_R] {
                    self.get(s);
                }
                self.get32(FLAG_KIND);
                self.i().call(helper::STATUS);
            }
        }
    }

    /// Pops an i32 with the flags in `mask`, which become the new ones; those of the
    /// rest that are live are kept. The kind becomes BITS.
    pub fn update_status(&mut self, mask: u32) {
        let keep = self.flags_live & !mask & STATUS;
        if keep != 0 {
            self.status(keep);
            self.i().i32_const(keep as i32).i32_and().i32_or();
        }
        if self.flag_wanted(FLAG_R) {
            self.set32(FLAG_R);
        } else {
            self.i().drop();
        }
        self.set_kind(kind::BITS);
    }

    /// Pushes the carry flag, 0 or 1.
    pub fn carry(&mut self) {
        match self.kind {
            Some(k) => self.cf(k),
            None => {
                // A loop that counts by INC or DEC carries CF along.
                self.get32(FLAG_KIND);
                self.i().i32_const(kind::INC as i32).i32_sub().i32_const(8).i32_lt_u();
                self.i().if_(BlockType::Result(I32));
                self.opened();
                self.get32(FLAG_A);
                self.else_();
                self.status(CF);
                self.close();
                self.i().i32_const(1).i32_and();
            }
        }
    }

    /// Pushes 1 if condition `cc` holds, else 0.
    pub fn condition(&mut self, cc: u8) {
        match self.kind {
            Some(k @ (SINGLES | DOUBLES)) => self.float_condition(cc, k == SINGLES),
            Some(k) => match cc >> 1 {
                0 => self.of(k),
                1 => self.cf(k),
                2 => self.zf(k),
                3 => match k & !3 {
                    kind::SUB => self.ordered(FLAG_A, FLAG_B, k & 3, true),
                    kind::LOGIC => self.zf(k),
                    _ => {
                        self.cf(k);
                        self.zf(k);
                        self.i().i32_or();
                    }
                },
                4 => self.sf(k),
                5 => self.pf(k),
                6 => self.less(k),
                _ => match k & !3 {
                    kind::SUB => self.ordered_signed(FLAG_A, FLAG_B, k & 3, true),
                    _ => {
                        self.less(k);
                        self.zf(k);
                        self.i().i32_or();
                    }
                },
            },
            None => self.condition_unknown(cc),
        }
        if cc & 1 != 0 {
            self.not();
        }
    }

    /// The locals of the last comparison's operands.
    pub fn compared(&mut self, single: bool) -> [u32; 2] {
        if single {
            *self.singles.get_or_insert_with(|| [(); 2].map(|()| new_local(&mut self.locals, F32)))
        } else {
            *self.doubles.get_or_insert_with(|| [(); 2].map(|()| new_local(&mut self.locals, F64)))
        }
    }

    /// Conditions (of even code) from the operands of a comparison: CF unless a >= b,
    /// ZF unless a < b or a > b, PF when unordered, the others clear.
    fn float_condition(&mut self, cc: u8, single: bool) {
        let [a, b] = self.compared(single);
        let mut i = self.i();
        match cc >> 1 {
            1 => {
                i.local_get(a).local_get(b);
                if single {
                    i.f32_ge()
                } else {
                    i.f64_ge()
                };
                i.i32_eqz();
            }
            2 | 7 => {
                i.local_get(a).local_get(b);
                if single {
                    i.f32_lt()
                } else {
                    i.f64_lt()
                };
                i.local_get(a).local_get(b);
                if single {
                    i.f32_gt()
                } else {
                    i.f64_gt()
                };
                i.i32_or().i32_eqz();
            }
            3 => {
                i.local_get(a).local_get(b);
                if single {
                    i.f32_gt()
                } else {
                    i.f64_gt()
                };
                i.i32_eqz();
            }
            5 => {
                i.local_get(a).local_get(a);
                if single {
                    i.f32_ne()
                } else {
                    i.f64_ne()
                };
                i.local_get(b).local_get(b);
                if single {
                    i.f32_ne()
                } else {
                    i.f64_ne()
                };
                i.i32_or();
            }
            _ => {
                i.i32_const(0);
            }
        }
    }

    fn condition_unknown(&mut self, cc: u8) {
        if cc >> 1 == 1 {
            return self.carry();
        }
        let status = self.scratch(I32);
        self.status(STATUS);
        self.i().local_set(status);
        let test = |e: &mut Self, mask: u32| {
            e.i().local_get(status).i32_const(mask as i32).i32_and().i32_const(0).i32_ne();
        };
        match cc >> 1 {
            0 => test(self, OF),
            2 => test(self, ZF),
            3 => test(self, CF | ZF),
            4 => test(self, SF),
            5 => test(self, PF),
            n => {
                test(self, SF);
                test(self, OF);
                self.i().i32_xor();
                if n == 7 {
                    test(self, ZF);
                    self.i().i32_or();
                }
            }
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
            self.branch_not();
        }
    }

    fn compare_branch(&mut self, op: &Op) {
        let (class, log2) = classify(op.code).unwrap_or((Class::BranchSub, 3));
        let (b, imm) = if is_immediate(op.code) { (slot::ZERO, op.imm >> 32) } else { (op.b, 0) };
        // Only O and the signs look at the result, and in another way at the operands.
        let looks = class == Class::BranchAnd || !matches!(op.c >> 1, 1 | 2 | 3 | 6 | 7);
        if class == Class::BranchSub {
            if looks || self.flag_wanted(FLAG_A) {
                self.copy(FLAG_A, op.a, 0);
            }
            if looks || self.flag_wanted(FLAG_B) {
                self.copy(FLAG_B, b, imm);
            } else {
                self.flag_b = (b == slot::ZERO).then_some(imm);
            }
        }
        if looks || self.flag_wanted(FLAG_R) {
            if log2 == 3 {
                self.get(op.a);
                self.right64(b, imm);
                if class == Class::BranchSub {
                    self.i().i64_sub();
                } else {
                    self.i().i64_and();
                }
                self.set(FLAG_R);
            } else {
                let width = self.width(op.a).min(self.right_width(b, imm));
                self.get32(op.a);
                if class == Class::BranchSub {
                    self.right32(b, imm);
                    self.i().i32_sub();
                } else if op.a != b || imm != 0 {
                    self.right32(b, imm);
                    self.i().i32_and();
                }
                self.set32(FLAG_R);
                if class == Class::BranchAnd {
                    self.set_width(FLAG_R, width);
                }
            }
        }
        let family = if class == Class::BranchSub { kind::SUB } else { kind::LOGIC };
        self.set_kind(family | log2);
        self.kind = Some(family | log2);
        self.comparing = (class == Class::BranchSub && !looks).then_some((op.a, b));
        self.condition(op.c);
        self.comparing = None;
    }
}

fn drop_it<T>(_: T) {}
