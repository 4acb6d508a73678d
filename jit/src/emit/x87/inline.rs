//! The most frequent steps of the library in line: values of doubles, singles and integers,
//! and products and sums of normal numbers. What they do not do is left to the library.

use wasm_encoder::{BlockType, ValType};

use super::super::Emitter;
use super::cache::Pair;
use super::library::{self, BIAS, INEXACT_FLAG, TOP_BIT, UNCOMMON, UP_FLAG};

/// Pops the bits of a double: its value; denormals, infinities and NaNs are not common.
pub(super) fn double(e: &mut Emitter, to: Pair) {
    let (bits, exp) = (e.scratch(ValType::I64), e.scratch(ValType::I32));
    let mut i = e.i();
    i.local_tee(bits).i64_const(48).i64_shr_u().i32_wrap_i64().i32_const(0x8000).i32_and().local_set(to.se);
    i.local_get(bits).i64_const(52).i64_shr_u().i32_wrap_i64().i32_const(0x7ff).i32_and().local_tee(exp);
    i.i32_const(1).i32_sub().i32_const(0x7fe).i32_lt_u();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(bits).i64_const(11).i64_shl().i64_const(TOP_BIT).i64_or().local_set(to.m);
    i.local_get(to.se).local_get(exp).i32_const(BIAS - 1023).i32_add().i32_or().local_set(to.se);
    i.else_();
    // Zero; denormals, infinities and NaNs are not common.
    i.i64_const(0).local_set(to.m);
    i.local_get(bits).i64_const(1).i64_shl().i64_eqz().i32_eqz().if_(BlockType::Empty);
    i.i32_const(UNCOMMON).local_set(to.se).end().end();
}

/// Pops the bits of a single: its value.
pub(super) fn single(e: &mut Emitter, to: Pair) {
    let (bits, exp) = (e.scratch(ValType::I32), e.scratch(ValType::I32));
    let mut i = e.i();
    i.local_tee(bits).i32_const(16).i32_shr_u().i32_const(0x8000).i32_and().local_set(to.se);
    i.local_get(bits).i32_const(23).i32_shr_u().i32_const(0xff).i32_and().local_tee(exp);
    i.i32_const(1).i32_sub().i32_const(0xfe).i32_lt_u();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(bits).i64_extend_i32_u().i64_const(40).i64_shl().i64_const(TOP_BIT).i64_or();
    i.local_set(to.m);
    i.local_get(to.se).local_get(exp).i32_const(BIAS - 127).i32_add().i32_or().local_set(to.se);
    i.else_();
    i.i64_const(0).local_set(to.m);
    i.local_get(bits).i32_const(1).i32_shl().if_(BlockType::Empty);
    i.i32_const(UNCOMMON).local_set(to.se).end().end();
}

/// Pushes whether the value is a normal number, if the top bit of its significand is set; its
/// exponent is put into `exp`.
fn in_range(e: &mut Emitter, se: u32, exp: u32) {
    let mut i = e.i();
    i.local_get(se).i32_const(0x7fff).i32_and().local_tee(exp);
    i.i32_const(1).i32_sub().i32_const(0x7ffe).i32_lt_u();
}

/// Locals of one arithmetic operation.
struct Work {
    ea: u32,
    eb: u32,
    up: u32,
    hi: u32,
    lo: u32,
    t: u32,
}

fn work(e: &mut Emitter) -> Work {
    let [ea, eb, up] = [(); 3].map(|()| e.scratch(ValType::I32));
    let [hi, lo, t] = [(); 3].map(|()| e.scratch(ValType::I64));
    Work { ea, eb, up, hi, lo, t }
}

/// Otherwise: the library's function.
fn call(e: &mut Emitter, number: u32, [a, b]: [Pair; 2], to: Pair) {
    let function = e.x87_function(number);
    e.i().local_get(a.m).local_get(a.se).local_get(b.m).local_get(b.se).call(function);
    e.i().local_set(to.se).local_set(to.m);
}

/// Rounds `hi.lo` with the top bit set, exponent `ea`, and a sign on the stack.
fn round(e: &mut Emitter, w: &Work, to: Pair) {
    let mut i = e.i();
    i.local_get(w.lo).i64_const(TOP_BIT).local_get(w.hi).i64_const(1).i64_and().i64_sub().i64_gt_u();
    i.local_tee(w.up).i64_extend_i32_u().local_get(w.hi).i64_add().local_tee(to.m);
    i.i64_eqz();
    e.unlikely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.i64_const(TOP_BIT).local_set(to.m).local_get(w.ea).i32_const(1).i32_add().local_set(w.ea).end();
    i.local_get(w.ea).i32_or();
    i.local_get(w.up).i32_const(UP_FLAG).i32_shl().i32_or();
    i.local_get(w.lo).i64_const(0).i64_ne().i32_const(INEXACT_FLAG).i32_shl().i32_or();
    // Too large and too small are not common.
    i.i32_const(UNCOMMON);
    i.local_get(w.ea).i32_const(1).i32_sub().i32_const(0x7ffe).i32_lt_u().select().local_set(to.se);
}

/// The product of two values, as [`library::MUL`] makes it.
pub(super) fn product(e: &mut Emitter, a: Pair, b: Pair, to: Pair) {
    let w = work(e);
    let (low, high) = (0xffff_ffff, 32);
    in_range(e, a.se, w.ea);
    in_range(e, b.se, w.eb);
    e.i().i32_and().local_get(a.m).local_get(b.m).i64_and().i64_const(0).i64_lt_s().i32_and();
    e.likely();
    e.i().if_(BlockType::Empty);
    {
        let (a1, b1) = (e.scratch(ValType::I64), e.scratch(ValType::I64));
        let (a0, b0) = (e.scratch(ValType::I64), e.scratch(ValType::I64));
        let mut i = e.i();
        i.local_get(a.m).i64_const(high).i64_shr_u().local_set(a1);
        i.local_get(b.m).i64_const(high).i64_shr_u().local_set(b1);
        i.local_get(a.m).i64_const(low).i64_and().local_set(a0);
        i.local_get(b.m).i64_const(low).i64_and().local_set(b0);
        // The low half wraps; the high one by halves.
        i.local_get(a.m).local_get(b.m).i64_mul().local_set(w.lo);
        i.local_get(a1).local_get(b0).i64_mul();
        i.local_get(a0).local_get(b0).i64_mul().i64_const(high).i64_shr_u().i64_add().local_set(w.t);
        i.local_get(a1).local_get(b1).i64_mul().local_get(w.t).i64_const(high).i64_shr_u().i64_add();
        i.local_get(a0).local_get(b1).i64_mul().local_get(w.t).i64_const(low).i64_and().i64_add();
        i.i64_const(high).i64_shr_u().i64_add().local_tee(w.hi);
        // 1 if the top bit is not set.
        i.i64_const(-1).i64_xor().i64_const(63).i64_shr_u().local_set(w.t);
        i.local_get(w.hi).local_get(w.t).i64_shl();
        i.local_get(w.lo).i64_const(63).i64_shr_u().local_get(w.t).i64_and().i64_or().local_set(w.hi);
        i.local_get(w.lo).local_get(w.t).i64_shl().local_set(w.lo);
        i.local_get(w.ea).local_get(w.eb).i32_add().i32_const(BIAS - 1).i32_sub();
        i.local_get(w.t).i32_wrap_i64().i32_sub().local_set(w.ea);
        i.local_get(a.se).local_get(b.se).i32_xor().i32_const(0x8000).i32_and();
    }
    round(e, &w, to);
    e.i().else_();
    call(e, library::MUL, [a, b], to);
    e.i().end();
}

/// The quotient of two values, as [`library::DIV`] makes it.
pub(super) fn quotient(e: &mut Emitter, a: Pair, b: Pair, to: Pair) {
    let w = work(e);
    in_range(e, a.se, w.ea);
    in_range(e, b.se, w.eb);
    e.i().i32_and().local_get(a.m).local_get(b.m).i64_and().i64_const(0).i64_lt_s().i32_and();
    e.likely();
    e.i().if_(BlockType::Empty);
    {
        let first = e.scratch(ValType::I64);
        let mut i = e.i();
        // 1 if the dividend is not below the divisor: then half of it is divided, so that the
        // quotient has its top bit set and no more.
        i.local_get(a.m).local_get(b.m).i64_ge_u().local_tee(w.up).i64_extend_i32_u().local_set(w.t);
        i.local_get(w.ea).local_get(w.eb).i32_sub().i32_const(BIAS - 1).i32_add();
        i.local_get(w.up).i32_add().local_set(w.ea);
        // The last bit of the dividend is the top one of the first digit below it.
        i.local_get(a.m).local_get(w.t).i64_and().i64_const(31).i64_shl().local_set(w.lo);
        i.local_get(a.m).local_get(w.t).i64_shr_u().local_set(w.hi);
        digit(e, &w, b.m, first);
        e.i().i64_const(0).local_set(w.lo);
        let second = e.scratch(ValType::I64);
        digit(e, &w, b.m, second);
        let mut i = e.i();
        // The rest against half of the divisor gives the bit behind the last and a sticky one.
        i.local_get(b.m).local_get(w.hi).i64_sub().local_set(w.t);
        i.local_get(w.hi).local_get(w.t).i64_ge_u().i64_extend_i32_u().i64_const(63).i64_shl();
        i.local_get(w.hi).i64_eqz().local_get(w.hi).local_get(w.t).i64_eq().i32_or().i32_eqz();
        i.i64_extend_i32_u().i64_or().local_set(w.lo);
        i.local_get(first).i64_const(32).i64_shl().local_get(second).i64_or().local_set(w.hi);
        i.local_get(a.se).local_get(b.se).i32_xor().i32_const(0x8000).i32_and();
    }
    round(e, &w, to);
    e.i().else_();
    call(e, library::DIV, [a, b], to);
    e.i().end();
}

/// 32 bits of a quotient, as [`library::DIVIDE_STEP`] makes them: the rest in `hi`, which is
/// below the divisor, and the next digit of the dividend, in `lo`, become the next rest in `hi`.
fn digit(e: &mut Emitter, w: &Work, divisor: u32, quotient: u32) {
    let [half, rest] = [(); 2].map(|()| e.scratch(ValType::I64));
    let [over, count] = [(); 2].map(|()| e.scratch(ValType::I32));
    let low = 0xffff_ffff;
    let mut i = e.i();
    i.local_get(w.hi).local_get(divisor).i64_const(32).i64_shr_u().local_tee(half);
    i.i64_div_u().local_tee(quotient);
    i.i64_const(low).local_get(quotient).i64_const(low).i64_lt_u().select().local_set(quotient);
    i.local_get(w.hi).local_get(quotient).local_get(half).i64_mul().i64_sub().local_set(rest);
    // The estimate times the lower half of the divisor against the rest before it, which is
    // larger if it has more than two digits: one or two too many.
    i.local_get(quotient).local_get(divisor).i64_const(low).i64_and().i64_mul().local_set(half);
    i.local_get(rest).i64_const(32).i64_shl().local_get(w.lo).i64_or().local_set(w.hi);
    i.local_get(half).local_get(w.hi).i64_gt_u();
    i.local_get(rest).i64_const(low).i64_le_u().i32_and().local_set(over);
    i.local_get(half).local_get(w.hi).i64_sub().local_tee(rest);
    i.local_get(divisor).i64_gt_u().local_get(over).i32_and().local_get(over).i32_add().local_set(count);
    i.local_get(quotient).local_get(count).i64_extend_i32_u().i64_sub().local_set(quotient);
    i.local_get(count).i64_extend_i32_u().local_get(divisor).i64_mul().local_get(rest).i64_sub();
    i.local_set(w.hi);
}

/// The sum of two values, or their difference (`minus`), as [`library::ADD`] makes it.
pub(super) fn sum(e: &mut Emitter, a: Pair, b: Pair, to: Pair, minus: bool) {
    let w = work(e);
    let (xm, ym) = (e.scratch(ValType::I64), e.scratch(ValType::I64));
    let (d, swap, sign, differ) =
        (e.scratch(ValType::I32), e.scratch(ValType::I32), e.scratch(ValType::I32), e.scratch(ValType::I32));
    in_range(e, a.se, w.ea);
    in_range(e, b.se, w.eb);
    e.i().i32_and().local_get(a.m).local_get(b.m).i64_and().i64_const(0).i64_lt_s().i32_and();
    {
        let mut i = e.i();
        // The difference of the exponents is less than 64.
        i.local_get(w.ea).local_get(w.eb).i32_sub().local_tee(d).i32_const(63).i32_add();
        i.i32_const(127).i32_lt_u().i32_and();
        e.likely();
        let mut i = e.i();
        i.if_(BlockType::Empty);
        i.local_get(a.se).local_get(b.se).i32_xor();
        if minus {
            i.i32_const(0x8000).i32_xor();
        }
        i.i32_const(0x8000).i32_and().local_set(differ);
        // The larger first.
        i.local_get(d).i32_const(0).i32_lt_s();
        i.local_get(d).i32_eqz().local_get(a.m).local_get(b.m).i64_lt_u().i32_and().i32_or().local_set(swap);
        i.local_get(b.m).local_get(a.m).local_get(swap).select().local_set(xm);
        i.local_get(a.m).local_get(b.m).local_get(swap).select().local_set(ym);
        i.local_get(w.eb).local_get(w.ea).local_get(swap).select().local_set(w.ea);
        i.i32_const(0).local_get(d).i32_sub().local_get(d).local_get(swap).select().local_set(d);
        // The sign is that of the larger.
        i.local_get(a.se).local_get(differ).local_get(swap).i32_const(15).i32_shl().i32_and().i32_xor();
        i.i32_const(0x8000).i32_and().local_set(sign);
        // The smaller one, moved right.
        i.local_get(ym).local_get(d).i64_extend_i32_u().i64_shr_u().local_set(w.t);
        i.local_get(ym).i64_const(0).local_get(d).i64_extend_i32_u().i64_sub().i64_shl();
        i.i64_const(0).local_get(d).select().local_set(w.lo);
        i.local_get(differ).i32_eqz().if_(BlockType::Empty);
        i.local_get(xm).local_get(w.t).i64_add().local_tee(w.hi).local_get(xm).i64_lt_u();
        i.if_(BlockType::Empty);
        i.local_get(w.lo).i64_const(1).i64_and().local_get(w.lo).i64_const(1).i64_shr_u().i64_or();
        i.local_get(w.hi).i64_const(63).i64_shl().i64_or().local_set(w.lo);
        i.local_get(w.hi).i64_const(1).i64_shr_u().i64_const(TOP_BIT).i64_or().local_set(w.hi);
        i.local_get(w.ea).i32_const(1).i32_add().local_set(w.ea).end();
        i.else_();
        i.local_get(xm).local_get(w.t).i64_sub();
        i.local_get(w.lo).i64_const(0).i64_ne().i64_extend_i32_u().i64_sub().local_tee(w.hi);
        i.i64_clz().local_set(w.t);
        i.i64_const(0).local_get(w.lo).i64_sub().local_set(w.lo);
        // 64 only if nothing is left.
        i.local_get(w.hi).local_get(w.t).i64_shl();
        i.local_get(w.lo).i64_const(1).i64_shr_u().i64_const(63).local_get(w.t).i64_sub().i64_shr_u();
        i.i64_or().local_set(w.hi);
        i.local_get(w.lo).local_get(w.t).i64_shl().local_set(w.lo);
        i.local_get(w.ea).local_get(w.t).i32_wrap_i64().i32_sub().local_set(w.ea);
        i.end();
        // Cancelled: zero, or less than a last bit.
        i.local_get(w.hi).i64_const(0).i64_lt_s();
        e.likely();
        let mut i = e.i();
        i.if_(BlockType::Empty);
        i.local_get(sign);
    }
    round(e, &w, to);
    let mut i = e.i();
    i.else_();
    i.local_get(xm).local_get(ym).i64_eq().local_get(d).i32_eqz().i32_and().if_(BlockType::Empty);
    i.i64_const(0).local_set(to.m).i32_const(0).local_set(to.se);
    i.else_();
    i.i32_const(UNCOMMON).local_set(to.se).end().end();
    i.else_();
    library_sum(e, a, b, to, minus);
    e.i().end();
}

fn library_sum(e: &mut Emitter, a: Pair, b: Pair, to: Pair, minus: bool) {
    let function = e.x87_function(library::ADD);
    e.i().local_get(a.m).local_get(a.se).local_get(b.m).local_get(b.se);
    if minus {
        e.i().i32_const(0x8000).i32_xor();
    }
    e.i().call(function).local_set(to.se).local_set(to.m);
}

/// Pops an integer (i64): its value.
pub(super) fn integer(e: &mut Emitter, to: Pair) {
    let (value, sign, shift) = (e.scratch(ValType::I64), e.scratch(ValType::I64), e.scratch(ValType::I64));
    let mut i = e.i();
    i.local_tee(value).i64_const(63).i64_shr_s().local_set(sign);
    // The magnitude; a zero has 64 leading ones too few, and stays one.
    i.local_get(value).local_get(sign).i64_xor().local_get(sign).i64_sub().local_tee(value);
    i.local_get(value).i64_clz().local_tee(shift).i64_shl().local_tee(to.m);
    i.i64_eqz().if_(BlockType::Empty);
    i.i32_const(0).local_set(to.se);
    i.else_();
    i.local_get(sign).i32_wrap_i64().i32_const(0x8000).i32_and();
    i.i32_const(BIAS + 63).local_get(shift).i32_wrap_i64().i32_sub().i32_or().local_set(to.se);
    i.end();
}

/// A value as a double (`bits` of 64) or single, with flags, as [`library::STORE64`] and
/// [`library::STORE32`] make them.
pub(super) fn narrowed(e: &mut Emitter, a: Pair, wide: bool, bits: u32, flags: u32) {
    let (fraction, bias, number) =
        if wide { (52, 1023, library::STORE64) } else { (23, 127, library::STORE32) };
    let (exp, up, rest) = (e.scratch(ValType::I32), e.scratch(ValType::I32), e.scratch(ValType::I64));
    let dropped = 63 - fraction;
    let mut i = e.i();
    // A normal number, whose exponent stays in range even if rounding carries.
    i.local_get(a.se).i32_const(0x7fff).i32_and().i32_const(BIAS - bias + 1).i32_sub();
    i.local_tee(exp).i32_const(2 * bias - 1).i32_lt_u();
    i.local_get(a.m).i64_const(0).i64_lt_s().i32_and();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(a.m).i64_const(dropped).i64_shr_u().local_set(bits);
    i.local_get(a.m).i64_const(64 - dropped).i64_shl().local_tee(rest);
    i.i64_const(TOP_BIT).local_get(bits).i64_const(1).i64_and().i64_sub().i64_gt_u().local_set(up);
    // The hidden bit adds one to the exponent field, and so does a carry.
    i.local_get(bits).local_get(up).i64_extend_i32_u().i64_add();
    i.local_get(exp).i64_extend_i32_u().i64_const(fraction).i64_shl().i64_add();
    let sign_shift = if wide { 48 } else { 16 };
    i.local_get(a.se).i32_const(0x8000).i32_and().i64_extend_i32_u().i64_const(sign_shift).i64_shl();
    i.i64_or().local_set(bits);
    i.local_get(up).i32_const(UP_FLAG).i32_shl();
    i.local_get(rest).i64_const(0).i64_ne().i32_const(INEXACT_FLAG).i32_shl().i32_or().local_set(flags);
    i.else_();
    let function = e.x87_function(number);
    e.i().local_get(a.m).local_get(a.se).call(function).local_set(flags).local_set(bits).end();
}

/// Sets `to` to how two values relate, as [`library::RELATE`] says.
pub(super) fn relation(e: &mut Emitter, a: Pair, b: Pair, to: u32) {
    let [ea, eb, same, negative] = [(); 4].map(|()| e.scratch(ValType::I32));
    for (v, exp) in [(a, ea), (b, eb)] {
        in_range(e, v.se, exp);
        e.i().local_get(v.m).i64_const(0).i64_lt_s().i32_and();
        // Or zero.
        e.i().local_get(v.m).local_get(exp).i64_extend_i32_u().i64_or().i64_eqz().i32_or();
    }
    e.i().i32_and();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(a.se).local_get(b.se).i32_xor().i32_const(0x8000).i32_and().i32_eqz().local_set(same);
    i.local_get(a.se).i32_const(15).i32_shr_u().i32_const(1).i32_and().local_set(negative);
    // Equal: of equal magnitude and sign, or both zero.
    i.i32_const(2);
    // Less: of smaller magnitude, or of larger and negative; with different signs if negative.
    i.local_get(ea).local_get(eb).i32_lt_u();
    i.local_get(ea).local_get(eb).i32_eq().local_get(a.m).local_get(b.m).i64_lt_u().i32_and().i32_or();
    i.local_get(negative).i32_xor().local_get(negative).local_get(same).select();
    i.local_get(ea).local_get(eb).i32_eq().local_get(a.m).local_get(b.m).i64_eq().i32_and();
    i.local_get(same).local_get(a.m).i64_eqz().i32_or().i32_and();
    i.select().local_set(to);
    i.else_();
    let function = e.x87_function(library::RELATE);
    e.i().local_get(a.m).local_get(a.se).local_get(b.m).local_get(b.se).call(function).local_set(to).end();
}
