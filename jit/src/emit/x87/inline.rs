//! The most frequent steps of the library in line: values of doubles, singles and integers,
//! and products, quotients and sums of normal numbers. What they do not do is left to the library.
//!
//! Arithmetic stands in a block whose label 0 leads to where the library does it: see [`either`].

use wasm_encoder::{BlockType, ValType};

use super::super::Emitter;
use super::cache::Pair;
use super::library::{BIAS, MARK, TOP_BIT, UNCOMMON};

/// Emits `usual`, which branches to label 0 where `rare` has to do it.
pub(super) fn either(e: &mut Emitter, usual: impl FnOnce(&mut Emitter), rare: impl FnOnce(&mut Emitter)) {
    e.i().block(BlockType::Empty).block(BlockType::Empty);
    e.opened();
    e.opened();
    usual(e);
    e.i().br(1);
    e.close();
    rare(e);
    e.close();
}

/// Pops an i32; if it is not zero what is rare has to do it.
fn rare_if(e: &mut Emitter) {
    e.unlikely();
    e.i().br_if(0);
}

/// A normal number: significand; sign in bit 15, other bits arbitrary; exponent.
#[derive(Clone, Copy)]
pub(super) struct Number {
    m: u32,
    se: u32,
    exp: u32,
}

/// What arithmetic is done with.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Pair(Pair),
    /// The bits of a single (i32) and of a double (i64).
    Single(u32),
    Double(u32),
}

impl Operand {
    /// As a value.
    pub fn pair(self, e: &mut Emitter) -> Pair {
        if let Operand::Pair(pair) = self {
            return pair;
        }
        let to = super::cache::new_pair(e);
        self.value(e, to);
        to
    }

    /// The value of bits.
    pub fn value(self, e: &mut Emitter, to: Pair) {
        match self {
            Operand::Single(bits) => {
                e.i().local_get(bits);
                single(e, to);
            }
            Operand::Double(bits) => {
                e.i().local_get(bits);
                double(e, to);
            }
            Operand::Pair(_) => {}
        }
    }

    /// Whatever is no normal number is rare; of pairs [`check`] tells.
    fn number(self, e: &mut Emitter) -> Number {
        let exp = e.scratch(ValType::I32);
        match self {
            Operand::Pair(Pair { m, se }) => {
                e.i().local_get(se).i32_const(0x7fff).i32_and().local_set(exp);
                Number { m, se, exp }
            }
            Operand::Single(bits) => {
                let (m, se) = (e.scratch(ValType::I64), e.scratch(ValType::I32));
                e.i().local_get(bits);
                single_parts(e, bits, se, exp);
                rare_if(e);
                let mut i = e.i();
                i.local_get(bits).i64_extend_i32_u().i64_const(40).i64_shl().i64_const(TOP_BIT).i64_or();
                i.local_set(m).local_get(exp).i32_const(BIAS - 127).i32_add().local_set(exp);
                Number { m, se, exp }
            }
            Operand::Double(bits) => {
                let (m, se) = (e.scratch(ValType::I64), e.scratch(ValType::I32));
                e.i().local_get(bits);
                double_parts(e, bits, se, exp);
                rare_if(e);
                let mut i = e.i();
                i.local_get(bits).i64_const(11).i64_shl().i64_const(TOP_BIT).i64_or().local_set(m);
                i.local_get(exp).i32_const(BIAS - 1023).i32_add().local_set(exp);
                Number { m, se, exp }
            }
        }
    }
}

/// Both operands as numbers, if they are normal ones and `usual` (an i64, all ones or zero) says that
/// rounding is the usual one.
pub(super) fn numbers(e: &mut Emitter, operands: [Operand; 2], usual: u32) -> [Number; 2] {
    let pair = |o| if let Operand::Pair(pair) = o { Some(pair) } else { None };
    let pairs = operands.map(pair);
    let mut i = e.i();
    i.local_get(usual);
    pairs.iter().flatten().for_each(|p| _ = i.local_get(p.m).i64_and());
    i.i64_const(0).i64_ge_s();
    rare_if(e);
    if let [Some(first), second] | [second, Some(first)] = pairs {
        e.i().local_get(first.se);
        if let Some(second) = second.filter(|&s| s != first) {
            e.i().local_get(second.se).i32_or();
        }
        e.i().i32_const(0).i32_lt_s();
        rare_if(e);
    }
    operands.map(|o| o.number(e))
}

/// The value of bits that are a normal number.
pub(super) fn load(e: &mut Emitter, bits: Operand, to: Pair) {
    let Number { m, se, exp } = bits.number(e);
    let mut i = e.i();
    i.local_get(m).local_set(to.m);
    i.local_get(se).i32_const(0x8000).i32_and().local_get(exp).i32_or().local_set(to.se);
}

/// Pops the bits of a double: sign and exponent field; pushes whether it is no normal number.
fn double_parts(e: &mut Emitter, bits: u32, se: u32, exp: u32) {
    let mut i = e.i();
    i.local_tee(bits).i64_const(48).i64_shr_u().i32_wrap_i64().local_tee(se);
    i.i32_const(4).i32_shr_u().i32_const(0x7ff).i32_and().local_tee(exp);
    i.i32_const(1).i32_sub().i32_const(0x7fe).i32_ge_u();
}

/// Pops the bits of a single: the same.
fn single_parts(e: &mut Emitter, bits: u32, se: u32, exp: u32) {
    let mut i = e.i();
    i.local_tee(bits).i32_const(16).i32_shr_u().local_set(se);
    i.local_get(bits).i32_const(23).i32_shr_u().i32_const(0xff).i32_and().local_tee(exp);
    i.i32_const(1).i32_sub().i32_const(0xfe).i32_ge_u();
}

/// Pops the bits of a double: its value; denormals, infinities and NaNs are not common.
pub(super) fn double(e: &mut Emitter, to: Pair) {
    let (bits, exp) = (e.scratch(ValType::I64), e.scratch(ValType::I32));
    double_parts(e, bits, to.se, exp);
    e.i().i32_eqz();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(bits).i64_const(11).i64_shl().i64_const(TOP_BIT).i64_or().local_set(to.m);
    i.local_get(to.se).i32_const(0x8000).i32_and();
    i.local_get(exp).i32_const(BIAS - 1023).i32_add().i32_or().local_set(to.se);
    i.else_();
    // Zero; denormals, infinities and NaNs are not common.
    i.i64_const(0).local_set(to.m);
    i.i32_const(UNCOMMON | MARK).local_get(to.se).i32_const(0x8000).i32_and();
    i.local_get(bits).i64_const(1).i64_shl().i64_const(0).i64_ne().select().local_set(to.se).end();
}

/// Pops the bits of a single: its value.
pub(super) fn single(e: &mut Emitter, to: Pair) {
    let (bits, exp) = (e.scratch(ValType::I32), e.scratch(ValType::I32));
    single_parts(e, bits, to.se, exp);
    e.i().i32_eqz();
    e.likely();
    let mut i = e.i();
    i.if_(BlockType::Empty);
    i.local_get(bits).i64_extend_i32_u().i64_const(40).i64_shl().i64_const(TOP_BIT).i64_or();
    i.local_set(to.m);
    i.local_get(to.se).i32_const(0x8000).i32_and();
    i.local_get(exp).i32_const(BIAS - 127).i32_add().i32_or().local_set(to.se);
    i.else_();
    i.i64_const(0).local_set(to.m);
    i.i32_const(UNCOMMON | MARK).local_get(to.se).i32_const(0x8000).i32_and();
    i.local_get(bits).i32_const(1).i32_shl().select().local_set(to.se).end();
}

/// Locals of one arithmetic operation.
pub(super) struct Work {
    /// The exponent.
    ea: u32,
    /// Rounded up.
    pub up: u32,
    hi: u32,
    /// What rounding takes away; not zero if the result is inexact.
    pub lo: u32,
    t: u32,
}

pub(super) fn work(e: &mut Emitter) -> Work {
    let [ea, up] = [(); 2].map(|()| e.scratch(ValType::I32));
    let [hi, lo, t] = [(); 3].map(|()| e.scratch(ValType::I64));
    Work { ea, up, hi, lo, t }
}

/// Rounds `hi.lo` with the top bit set, exponent `ea`, and a sign on the stack.
fn round(e: &mut Emitter, w: &Work, to: Pair) {
    let mut i = e.i();
    // More than half, or half of an odd number: its last bit counts as one behind the half.
    i.local_get(w.lo).local_get(w.hi).i64_const(1).i64_and().i64_or().i64_const(TOP_BIT).i64_gt_u();
    i.local_tee(w.up).i64_extend_i32_u().local_get(w.hi).i64_add().local_tee(to.m);
    i.i64_eqz();
    rare_if(e);
    e.i().local_get(w.ea).i32_or().local_set(to.se);
    // Too large and too small.
    e.i().local_get(w.ea).i32_const(1).i32_sub().i32_const(0x7ffe).i32_ge_u();
    rare_if(e);
}

/// Pushes the sign of a product or quotient.
fn product_sign(e: &mut Emitter, a: Number, b: Number) {
    e.i().local_get(a.se).local_get(b.se).i32_xor().i32_const(0x8000).i32_and();
}

/// The product of two numbers, as [`super::library::MUL`] makes it.
pub(super) fn product(e: &mut Emitter, w: &Work, [a, b]: [Number; 2], to: Pair) {
    let (low, high) = (0xffff_ffff, 32);
    let [a0, a1, b0, b1] = [(); 4].map(|()| e.scratch(ValType::I64));
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
    i.local_get(a.exp).local_get(b.exp).i32_add().i32_const(BIAS - 1).i32_sub();
    i.local_get(w.t).i32_wrap_i64().i32_sub().local_set(w.ea);
    product_sign(e, a, b);
    round(e, w, to);
}

/// The quotient of two numbers, as [`super::library::DIV`] makes it.
pub(super) fn quotient(e: &mut Emitter, w: &Work, [a, b]: [Number; 2], to: Pair) {
    let [first, second] = [(); 2].map(|()| e.scratch(ValType::I64));
    let mut i = e.i();
    // 1 if the dividend is not below the divisor: then half of it is divided, so that the
    // quotient has its top bit set and no more.
    i.local_get(a.m).local_get(b.m).i64_ge_u().local_tee(w.up).i64_extend_i32_u().local_set(w.t);
    i.local_get(a.exp).local_get(b.exp).i32_sub().i32_const(BIAS - 1).i32_add();
    i.local_get(w.up).i32_add().local_set(w.ea);
    // The last bit of the dividend is the top one of the first digit below it.
    i.local_get(a.m).local_get(w.t).i64_and().i64_const(31).i64_shl().local_set(w.lo);
    i.local_get(a.m).local_get(w.t).i64_shr_u().local_set(w.hi);
    digit(e, w, b.m, first);
    e.i().i64_const(0).local_set(w.lo);
    digit(e, w, b.m, second);
    let mut i = e.i();
    // The rest against half of the divisor gives the bit behind the last and a sticky one.
    i.local_get(b.m).local_get(w.hi).i64_sub().local_set(w.t);
    i.local_get(w.hi).local_get(w.t).i64_ge_u().i64_extend_i32_u().i64_const(63).i64_shl();
    i.local_get(w.hi).i64_eqz().local_get(w.hi).local_get(w.t).i64_eq().i32_or().i32_eqz();
    i.i64_extend_i32_u().i64_or().local_set(w.lo);
    i.local_get(first).i64_const(32).i64_shl().local_get(second).i64_or().local_set(w.hi);
    product_sign(e, a, b);
    round(e, w, to);
}

/// 32 bits of a quotient, as [`super::library::DIVIDE_STEP`] makes them: the rest in `hi`, which is
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

/// The sum of two numbers, or their difference (`minus`), as [`super::library::ADD`] makes it. Without branches on
/// the operands: signs and carries are as good as random.
pub(super) fn sum(e: &mut Emitter, w: &Work, [a, b]: [Number; 2], to: Pair, minus: bool) {
    let [x, y, rest] = [(); 3].map(|()| e.scratch(ValType::I64));
    let [d, swap, differ] = [(); 3].map(|()| e.scratch(ValType::I32));
    let mut i = e.i();
    // The difference of the exponents is less than 64.
    i.local_get(a.exp).local_get(b.exp).i32_sub().local_tee(d).i32_const(63).i32_add();
    i.i32_const(127).i32_ge_u();
    rare_if(e);
    let mut i = e.i();
    // All ones if the signs differ; all ones if the second is larger in magnitude.
    i.local_get(a.se).local_get(b.se).i32_xor();
    if minus {
        i.i32_const(0x8000).i32_xor();
    }
    i.i32_const(16).i32_shl().i32_const(31).i32_shr_s().local_set(differ);
    i.local_get(d).i32_const(1).i32_shl().local_get(a.m).local_get(b.m).i64_lt_u().i32_sub();
    i.i32_const(31).i32_shr_s().local_set(swap);
    // The larger first.
    i.local_get(a.m).local_get(b.m).i64_xor().local_get(swap).i64_extend_i32_s().i64_and().local_set(w.t);
    i.local_get(a.m).local_get(w.t).i64_xor().local_set(x);
    i.local_get(b.m).local_get(w.t).i64_xor().local_set(y);
    i.local_get(a.exp).local_get(d).local_get(swap).i32_and().i32_sub().local_set(w.ea);
    i.local_get(d).local_get(swap).i32_xor().local_get(swap).i32_sub().i64_extend_i32_u().local_set(w.t);
    // Both halved, so that the sum has its bits in a word and those behind it in another; the smaller one moved
    // right. Not (not x + y) is x - y.
    i.local_get(y).i64_const(63).local_get(w.t).i64_sub().i64_shl().local_set(rest);
    i.local_get(y).i64_const(1).i64_shr_u().local_get(w.t).i64_shr_u().local_set(y);
    i.local_get(differ).i64_extend_i32_s().local_set(w.t);
    i.local_get(x).i64_const(63).i64_shl().local_get(w.t).i64_xor().local_get(rest).i64_add().local_tee(w.lo);
    i.local_get(rest).i64_lt_u().i64_extend_i32_u();
    i.local_get(x).i64_const(1).i64_shr_u().local_get(w.t).i64_xor().local_get(y).i64_add();
    i.i64_add().local_get(w.t).i64_xor().local_tee(w.hi).i64_clz().local_set(y);
    i.local_get(w.lo).local_get(w.t).i64_xor().local_set(w.lo);
    // 64 if nothing is left in the upper word, whose top bit is not set then either.
    i.local_get(w.hi).local_get(y).i64_shl();
    i.local_get(w.lo).i64_const(1).i64_shr_u().i64_const(63).local_get(y).i64_sub().i64_shr_u();
    i.i64_or().local_tee(w.hi).i64_const(0).i64_ge_s();
    rare_if(e);
    let mut i = e.i();
    i.local_get(w.lo).local_get(y).i64_shl().local_set(w.lo);
    i.local_get(w.ea).local_get(y).i32_wrap_i64().i32_sub().i32_const(1).i32_add().local_set(w.ea);
    // The sign is that of the larger.
    i.local_get(a.se).local_get(differ).local_get(swap).i32_and().i32_xor().i32_const(0x8000).i32_and();
    round(e, w, to);
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

/// A value as a double (`bits` of 64) or single, as [`super::library::STORE64`] and [`super::library::STORE32`] make
/// them: whether it was rounded up, and what rounding took away.
pub(super) fn narrowed(e: &mut Emitter, a: Pair, wide: bool, usual: u32, bits: u32, [up, rest]: [u32; 2]) {
    let (fraction, bias) = if wide { (52, 1023) } else { (23, 127) };
    let exp = e.scratch(ValType::I32);
    let dropped = 63 - fraction;
    let mut i = e.i();
    // A normal number, whose exponent stays in range even if rounding carries.
    i.local_get(a.m).local_get(usual).i64_and().i64_const(0).i64_ge_s();
    rare_if(e);
    let mut i = e.i();
    i.local_get(a.se).i32_const(0x7fff).i32_and().i32_const(BIAS - bias + 1).i32_sub();
    i.local_tee(exp).i32_const(2 * bias - 1).i32_ge_u();
    rare_if(e);
    let mut i = e.i();
    i.local_get(a.m).i64_const(dropped).i64_shr_u().local_set(bits);
    i.local_get(a.m).i64_const(64 - dropped).i64_shl().local_tee(rest);
    i.local_get(bits).i64_const(1).i64_and().i64_or().i64_const(TOP_BIT).i64_gt_u().local_set(up);
    // The hidden bit adds one to the exponent field, and so does a carry.
    i.local_get(bits).local_get(up).i64_extend_i32_u().i64_add();
    i.local_get(exp).i64_extend_i32_u().i64_const(fraction).i64_shl().i64_add();
    let sign_shift = if wide { 48 } else { 16 };
    i.local_get(a.se).i32_const(0x8000).i32_and().i64_extend_i32_u().i64_const(sign_shift).i64_shl();
    i.i64_or().local_set(bits);
}

/// Sets `to` to how two values that are normal numbers or zeros relate: 0 if the first is greater, 1 less,
/// 2 equal.
pub(super) fn relation(e: &mut Emitter, a: Pair, b: Pair, to: u32) {
    let [ea, eb, same, negative] = [(); 4].map(|()| e.scratch(ValType::I32));
    let mut i = e.i();
    i.local_get(a.se).i32_const(0x7fff).i32_and().local_set(ea);
    i.local_get(b.se).i32_const(0x7fff).i32_and().local_set(eb);
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
}
