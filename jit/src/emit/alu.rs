//! Arithmetic, logic and shifts that set the flags lazily.

use tawaki_cpu::flags::{CF, kind};
use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::ValType::I64;

use super::Emitter;
use super::flags::{Class, classify};

/// Emits `op` if it is of these.
pub fn emit(e: &mut Emitter, op: &Op) -> bool {
    let Some((class, log2)) = classify(op.code) else { return false };
    let bits = 8u32 << log2;
    match class {
        Class::Add | Class::Sub | Class::Logic => arithmetic(e, op, log2),
        Class::Adc | Class::Sbb => with_carry(e, op, class, log2),
        Class::Inc | Class::Dec => step(e, op, class, log2),
        Class::Shl | Class::Shr | Class::Sar => shift(e, op, class, log2, bits),
        _ => return false,
    }
    true
}

impl Emitter<'_> {
    /// Whether anything behind this operation may use this flag slot's local.
    pub fn flag_wanted(&self, s: u8) -> bool {
        self.live_after.has(s)
    }

    /// Sets the static kind's local.
    pub fn set_kind(&mut self, kind: u64) {
        if self.flag_wanted(slot::FLAG_KIND) {
            if self.is_narrow(slot::FLAG_KIND) {
                self.i().i32_const(kind as i32);
            } else {
                self.i().i64_const(kind as i64);
            }
            self.set_local(slot::FLAG_KIND);
        }
    }

    /// Copies a slot to a flag operand, if that is wanted.
    fn keep(&mut self, flag: u8, from: u8, imm: i64) {
        if self.flag_wanted(flag) {
            self.copy(flag, from, imm);
        }
    }

    /// Copies a slot to a flag operand.
    pub fn copy(&mut self, flag: u8, from: u8, imm: i64) {
        let width = self.right_width(from, imm);
        if self.is_narrow(flag) {
            self.right32(from, imm);
            self.set32(flag);
        } else {
            self.right64(from, imm);
            self.set(flag);
        }
        self.set_width(flag, width);
        if flag == slot::FLAG_B && from == slot::ZERO {
            self.flag_b = Some(imm);
        }
    }

    /// Cuts the i32 on the stack to a width.
    fn cut32(&mut self, log2: u64) {
        match log2 {
            0 => _ = self.i().i32_const(0xff).i32_and(),
            1 => _ = self.i().i32_const(0xffff).i32_and(),
            _ => {}
        }
    }

    /// Cuts the i64 on the stack to a width.
    pub fn cut(&mut self, log2: u64) {
        match log2 {
            0 => self.i().i64_const(0xff).i64_and(),
            1 => self.i().i64_const(0xffff).i64_and(),
            2 => self.i().i64_const(0xffff_ffff).i64_and(),
            _ => return,
        };
    }

    /// Takes the result, an i64 already cut: to `d`, and to the flags.
    fn finish_flags(&mut self, d: u8, kind: u64) {
        if self.flag_wanted(slot::FLAG_R) {
            let r = self.slot_local(slot::FLAG_R);
            if self.is_narrow(slot::FLAG_R) {
                self.i().i32_wrap_i64().local_tee(r);
                self.set32(d);
            } else {
                self.i().local_tee(r);
                self.set(d);
            }
        } else {
            self.set(d);
        }
        self.cut_to(d, kind);
        self.set_kind(kind);
    }

    /// The result in `d` and in the flags has the width of this kind.
    fn cut_to(&mut self, d: u8, kind: u64) {
        self.set_width(d, kind & 3);
        self.set_width(slot::FLAG_R, if self.flag_wanted(slot::FLAG_R) { kind & 3 } else { 3 });
    }

    /// As [`Self::finish_flags`], of an i32.
    fn finish_flags32(&mut self, d: u8, kind: u64) {
        if self.flag_wanted(slot::FLAG_R) && self.is_narrow(slot::FLAG_R) {
            let r = self.slot_local(slot::FLAG_R);
            self.i().local_tee(r);
            self.set32(d);
            self.cut_to(d, kind);
            self.set_kind(kind);
        } else {
            self.i().i64_extend_i32_u();
            self.finish_flags(d, kind);
        }
    }
}

fn operands(op: &Op) -> (u8, i64) {
    use super::flags::is_immediate;
    if is_immediate(op.code) { (slot::ZERO, op.imm) } else { (op.b, 0) }
}

fn arithmetic(e: &mut Emitter, op: &Op, log2: u64) {
    use OpCode::*;
    let (b, imm) = operands(op);
    let (family, logic) = match op.code {
        AddF8 | AddF16 | AddF32 | AddF64 | AddFI8 | AddFI16 | AddFI32 | AddFI64 => (kind::ADD, false),
        SubF8 | SubF16 | SubF32 | SubF64 | SubFI8 | SubFI16 | SubFI32 | SubFI64 => (kind::SUB, false),
        _ => (kind::LOGIC, true),
    };
    if !logic {
        e.keep(slot::FLAG_A, op.a, 0);
        e.keep(slot::FLAG_B, b, imm);
    }
    if log2 == 3 {
        e.get(op.a);
        e.right64(b, imm);
        let mut i = e.i();
        match op.code {
            AddF64 | AddFI64 => i.i64_add(),
            SubF64 | SubFI64 => i.i64_sub(),
            AndF64 | AndFI64 => i.i64_and(),
            OrF64 | OrFI64 => i.i64_or(),
            _ => i.i64_xor(),
        };
        return e.finish_flags(op.d, family | log2);
    }
    let (left, right) = (e.width(op.a), e.right_width(b, imm));
    e.get32(op.a);
    e.right32(b, imm);
    let mut i = e.i();
    let within = match op.code {
        AddF8 | AddF16 | AddFI8 | AddFI16 | AddF32 | AddFI32 => {
            i.i32_add();
            false
        }
        SubF8 | SubF16 | SubFI8 | SubFI16 | SubF32 | SubFI32 => {
            i.i32_sub();
            false
        }
        AndF8 | AndF16 | AndFI8 | AndFI16 | AndF32 | AndFI32 => {
            i.i32_and();
            left.min(right) <= log2
        }
        OrF8 | OrF16 | OrFI8 | OrFI16 | OrF32 | OrFI32 => {
            i.i32_or();
            left.max(right) <= log2
        }
        _ => {
            i.i32_xor();
            left.max(right) <= log2
        }
    };
    if !within {
        e.cut32(log2);
    }
    e.finish_flags32(op.d, family | log2);
}

fn with_carry(e: &mut Emitter, op: &Op, class: Class, log2: u64) {
    let carry = e.scratch(I64);
    e.carry();
    e.i().i64_extend_i32_u().local_set(carry);
    e.keep(slot::FLAG_A, op.a, 0);
    e.keep(slot::FLAG_B, op.b, op.imm);
    e.get(op.a);
    e.right64(op.b, op.imm);
    if class == Class::Adc {
        e.i().i64_add().local_get(carry).i64_add();
    } else {
        e.i().i64_sub().local_get(carry).i64_sub();
    }
    e.cut(log2);
    let family = if class == Class::Adc { kind::ADD } else { kind::SUB };
    e.finish_flags(op.d, family | log2);
}

fn step(e: &mut Emitter, op: &Op, class: Class, log2: u64) {
    if e.flag_wanted(slot::FLAG_A) && e.flags_live & CF != 0 {
        e.carry();
        e.set32(slot::FLAG_A);
    }
    let family = if class == Class::Inc { kind::INC } else { kind::DEC };
    if log2 < 3 {
        e.get32(op.a);
        e.i().i32_const(if class == Class::Inc { 1 } else { -1 }).i32_add();
        e.cut32(log2);
        return e.finish_flags32(op.d, family | log2);
    }
    e.get(op.a);
    e.i().i64_const(if class == Class::Inc { 1 } else { -1 }).i64_add();
    e.finish_flags(op.d, family | log2);
}

fn shift(e: &mut Emitter, op: &Op, class: Class, log2: u64, bits: u32) {
    let count_mask = if bits == 64 { 63 } else { 31 };
    let family = match class {
        Class::Shl => kind::SHL,
        Class::Shr => kind::SHR,
        _ => kind::SAR,
    };
    // The value shifted, extended as the shift needs it, and by how much.
    let value = |e: &mut Emitter| {
        e.get(op.a);
        match (class, log2) {
            (Class::Sar, 0) => drop_sink(e.i().i64_extend8_s()),
            (Class::Sar, 1) => drop_sink(e.i().i64_extend16_s()),
            (Class::Sar, 2) => drop_sink(e.i().i64_extend32_s()),
            _ => e.cut(log2),
        }
    };
    let apply = |e: &mut Emitter| {
        match class {
            Class::Shl => e.i().i64_shl(),
            Class::Shr => e.i().i64_shr_u(),
            _ => e.i().i64_shr_s(),
        };
        e.cut(log2);
    };
    if op.b == slot::ZERO {
        let count = op.imm & count_mask;
        if count == 0 {
            e.get(op.a);
            e.cut(log2);
            e.set(op.d);
            return;
        }
        e.keep(slot::FLAG_A, op.a, 0);
        e.keep(slot::FLAG_B, slot::ZERO, count);
        if log2 == 2 {
            e.get32(op.a);
            e.i().i32_const(count as i32);
            match class {
                Class::Shl => e.i().i32_shl(),
                Class::Shr => e.i().i32_shr_u(),
                _ => e.i().i32_shr_s(),
            };
            return e.finish_flags32(op.d, family | log2);
        }
        value(e);
        e.i().i64_const(count);
        apply(e);
        e.finish_flags(op.d, family | log2);
        return;
    }
    let (count, result, source) = (e.scratch(I64), e.scratch(I64), e.scratch(I64));
    e.right64(op.b, op.imm);
    e.i().i64_const(count_mask).i64_and().local_set(count);
    e.get(op.a);
    e.i().local_set(source);
    value(e);
    e.i().local_get(count);
    apply(e);
    e.i().local_set(result);
    if e.flag_wanted(slot::FLAG_R) && e.flags_live != 0 {
        // A count of zero leaves all flags alone.
        e.i().local_get(count).i64_eqz().i32_eqz();
        e.if_();
        for (flag, from) in [(slot::FLAG_A, source), (slot::FLAG_B, count), (slot::FLAG_R, result)] {
            e.i().local_get(from);
            e.set(flag);
        }
        e.i().i64_const((family | log2) as i64);
        e.set(slot::FLAG_KIND);
        e.close();
    }
    e.i().local_get(result);
    e.set(op.d);
}

fn drop_sink<T>(_: T) {}
