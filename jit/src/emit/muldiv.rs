//! Multiplication and division.

use tawaki_cpu::flags::{CF, OF, kind};
use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot::{FLAG_R, RAX, RDX};
use wasm_encoder::ValType::{I32, I64};

use super::module::Batch;
use super::{Emitter, bits};

/// Emits `op` if it is of these and has a native form.
pub fn emit(e: &mut Emitter, op: &Op) -> bool {
    use OpCode::*;
    match op.code {
        ImulF16 => imul(e, op, 1),
        ImulF32 => imul(e, op, 2),
        ImulF64 => imul(e, op, 3),
        MulF8 => wide(e, op, 0, false),
        MulF16 => wide(e, op, 1, false),
        MulF32 => wide(e, op, 2, false),
        MulF64 => wide(e, op, 3, false),
        ImulWF8 => wide(e, op, 0, true),
        ImulWF16 => wide(e, op, 1, true),
        ImulWF32 => wide(e, op, 2, true),
        ImulWF64 => wide(e, op, 3, true),
        Div32 => divide32(e, op),
        Idiv32 => divide_signed32(e, op),
        Div64 => divide64(e, op, false),
        Idiv64 => divide64(e, op, true),
        _ => return false,
    }
    true
}

/// Pushes the slot's low part, sign- or zero-extended to i64.
fn extended(e: &mut Emitter, s: u8, imm: i64, log2: u64, signed: bool) {
    e.right64(s, imm);
    match (signed, log2) {
        (true, 0) => _ = e.i().i64_extend8_s(),
        (true, 1) => _ = e.i().i64_extend16_s(),
        (true, 2) => _ = e.i().i64_extend32_s(),
        (true, _) => {}
        (false, _) => e.cut(log2),
    }
}

/// High half of the product of two i64 locals, pushed. Signed from unsigned:
/// Hacker's Delight, 8-3.
fn high(e: &mut Emitter, a: u32, b: u32, signed: bool) {
    e.i().local_get(a).local_get(b).call(Batch::MULHI);
    if signed {
        for (x, y) in [(a, b), (b, a)] {
            e.i().local_get(x).i64_const(63).i64_shr_s().local_get(y).i64_and().i64_sub();
        }
    }
}

/// CF = OF = the i32 local `overflow`; SF and PF of the result in `low`; ZF and AF clear.
fn product_flags(e: &mut Emitter, overflow: u32, low: u32, log2: u64) {
    if e.flag_wanted(FLAG_R) {
        e.i().local_get(overflow).i32_const((CF | OF) as i32).i32_mul();
        bits::sign_zero_parity(e, low, log2);
        e.i().i32_const(!(tawaki_cpu::flags::ZF as i32)).i32_and().i32_or();
        e.set32(FLAG_R);
    }
    e.set_kind(kind::BITS);
}

fn imul(e: &mut Emitter, op: &Op, log2: u64) {
    let (a, b, low, overflow) = (e.scratch(I64), e.scratch(I64), e.scratch(I64), e.scratch(I32));
    extended(e, op.a, 0, log2, true);
    e.i().local_set(a);
    extended(e, op.b, op.imm, log2, true);
    e.i().local_tee(b).local_get(a).i64_mul().local_set(low);
    if e.flag_wanted(FLAG_R) {
        if log2 == 3 {
            high(e, a, b, true);
            e.i().local_get(low).i64_const(63).i64_shr_s().i64_ne().local_set(overflow);
        } else {
            e.i().local_get(low).local_get(low);
            match log2 {
                1 => e.i().i64_extend16_s(),
                _ => e.i().i64_extend32_s(),
            };
            e.i().i64_ne().local_set(overflow);
        }
    }
    e.i().local_get(low);
    e.cut(log2);
    e.i().local_set(low);
    product_flags(e, overflow, low, log2);
    e.i().local_get(low);
    e.set(op.d);
}

/// Writes the low 16 bits of the i64 on the stack to a register, keeping its rest.
fn set16(e: &mut Emitter, s: u8) {
    e.i().i64_const(0xffff).i64_and();
    e.get(s);
    e.i().i64_const(!0xffff).i64_and().i64_or();
    e.set(s);
}

fn wide(e: &mut Emitter, op: &Op, log2: u64, signed: bool) {
    let (a, b, low, upper, overflow) =
        (e.scratch(I64), e.scratch(I64), e.scratch(I64), e.scratch(I64), e.scratch(I32));
    extended(e, RAX, 0, log2, signed);
    e.i().local_set(a);
    extended(e, op.a, 0, log2, signed);
    e.i().local_tee(b).local_get(a).i64_mul().local_set(low);
    let width = 8i64 << log2;
    if log2 == 3 {
        high(e, a, b, signed);
        e.i().local_set(upper);
    } else {
        e.i().local_get(low).i64_const(width).i64_shr_s().local_set(upper);
    }
    // Overflow: the upper half is not the extension of the lower.
    if e.flag_wanted(FLAG_R) {
        if signed {
            e.i().local_get(upper).local_get(low).i64_const(64 - width).i64_shl().i64_const(63).i64_shr_s();
            e.i().i64_ne();
        } else {
            e.i().local_get(upper);
            e.cut(log2);
            e.i().i64_eqz().i32_eqz();
        }
        e.i().local_set(overflow);
    }
    match log2 {
        0 => {
            e.i().local_get(low);
            set16(e, RAX);
        }
        1 => {
            e.i().local_get(low);
            set16(e, RAX);
            e.i().local_get(upper);
            set16(e, RDX);
        }
        _ => {
            e.i().local_get(low);
            e.cut(log2);
            e.set(RAX);
            e.i().local_get(upper);
            e.cut(log2);
            e.set(RDX);
        }
    }
    e.i().local_get(low);
    e.cut(log2);
    e.i().local_set(low);
    product_flags(e, overflow, low, log2);
}

fn divide32(e: &mut Emitter, op: &Op) {
    let (n, d, q) = (e.scratch(I64), e.scratch(I64), e.scratch(I64));
    e.get(op.a);
    e.cut(2);
    e.i().local_tee(d).i64_eqz();
    e.side_exit_if();
    // The quotient fits if the upper half is below the divisor.
    e.get(RDX);
    e.cut(2);
    e.i().local_get(d).i64_ge_u();
    e.side_exit_if();
    e.get32(RDX);
    e.i().i32_eqz();
    e.if_();
    {
        let (n, d) = (e.scratch(I32), e.scratch(I32));
        e.get32(op.a);
        e.i().local_set(d);
        e.get32(RAX);
        e.i().local_tee(n).local_get(d).i32_div_u();
        e.set32(RAX);
        e.i().local_get(n).local_get(d).i32_rem_u();
        e.set32(RDX);
    }
    e.else_();
    e.get(RDX);
    e.i().i64_const(32).i64_shl();
    e.get(RAX);
    e.cut(2);
    e.i().i64_or().local_tee(n).local_get(d).i64_div_u().local_tee(q);
    e.set(RAX);
    e.i().local_get(n).local_get(q).local_get(d).i64_mul().i64_sub();
    e.set(RDX);
    e.close();
}

fn divide_signed32(e: &mut Emitter, op: &Op) {
    let (n, d, q) = (e.scratch(I64), e.scratch(I64), e.scratch(I64));
    e.get32(op.a);
    e.i().i64_extend_i32_s().local_tee(d).i64_eqz();
    e.side_exit_if();
    e.get(RDX);
    e.i().i64_const(32).i64_shl();
    e.get(RAX);
    e.cut(2);
    // The smallest dividend overflows with every divisor, and traps with -1.
    e.i().i64_or().local_tee(n).i64_const(i64::MIN).i64_eq();
    e.side_exit_if();
    let narrow = e.scratch(I32);
    // Nearly always the dividend is a sign-extended EAX.
    e.i().local_get(n).local_get(n).i64_extend32_s().i64_eq();
    e.i().local_get(d).i64_const(-1).i64_ne().i32_and();
    e.if_();
    e.i().local_get(n).i32_wrap_i64().local_get(d).i32_wrap_i64().i32_div_s().local_tee(narrow);
    e.i().i64_extend_i32_s().local_set(q);
    e.else_();
    e.i().local_get(n).local_get(d).i64_div_s().local_set(q);
    e.close();
    e.i().local_get(q).local_get(q).i64_extend32_s().i64_ne();
    e.side_exit_if();
    e.i().local_get(q);
    e.cut(2);
    e.set(RAX);
    e.i().local_get(n).local_get(q).local_get(d).i64_mul().i64_sub();
    e.cut(2);
    e.set(RDX);
}

/// A dividend that fits 64 bits; others by the helper.
fn divide64(e: &mut Emitter, op: &Op, signed: bool) {
    let (n, d) = (e.scratch(I64), e.scratch(I64));
    e.get(op.a);
    e.i().local_tee(d).i64_eqz();
    e.side_exit_if();
    e.get(RAX);
    e.i().local_set(n);
    e.get(RDX);
    if signed {
        e.i().local_get(n).i64_const(63).i64_shr_s().i64_ne();
        // MIN / -1.
        e.i().local_get(d).i64_const(-1).i64_eq().i32_or();
    } else {
        e.i().i64_eqz().i32_eqz();
    }
    e.if_();
    e.fallback(op);
    e.else_();
    if signed {
        e.i().local_get(n).local_get(d).i64_div_s();
        e.set(RAX);
        e.i().local_get(n).local_get(d).i64_rem_s();
    } else {
        e.i().local_get(n).local_get(d).i64_div_u();
        e.set(RAX);
        e.i().local_get(n).local_get(d).i64_rem_u();
    }
    e.set(RDX);
    e.close();
}
