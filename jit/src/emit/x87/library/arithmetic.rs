//! Addition, multiplication and division of the x87 library.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::*;
use crate::emit::module::Batch;

/// 2^64.
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Locals of an arithmetic function.
struct Arithmetic {
    e: u32,
    sign: u32,
    up: u32,
    hi: u32,
    lo: u32,
    t: u32,
}

const AM: u32 = 0;
const ASE: u32 = 1;
const BM: u32 = 2;
const BSE: u32 = 3;

impl Arithmetic {
    const LOCALS: [(u32, ValType); 2] = [(3, I32), (3, I64)];

    /// Behind this many parameters.
    fn new(params: u32) -> Self {
        let n = |k| params + k;
        Arithmetic { e: n(0), sign: n(1), up: n(2), hi: n(3), lo: n(4), t: n(5) }
    }

    /// The sign of a product or quotient.
    fn product_sign(&self, i: &mut InstructionSink) {
        i.local_get(ASE).local_get(BSE).i32_xor().i32_const(0x8000).i32_and().local_set(self.sign);
    }

    /// Rounds `hi.lo`, whose top bit is set unless it is zero, and ends the function with it.
    fn tail(&self, i: &mut InstructionSink) {
        rounds_up(i, self.hi, self.lo);
        i.local_tee(self.up).if_(BlockType::Empty);
        i.local_get(self.hi).i64_const(1).i64_add().local_tee(self.hi).i64_eqz().if_(BlockType::Empty);
        i.i64_const(TOP_BIT).local_set(self.hi);
        i.local_get(self.e).i32_const(1).i32_add().local_set(self.e);
        i.end().end();
        i.local_get(self.hi).i64_const(0).i64_ne();
        i.local_get(self.e).i32_const(1).i32_sub().i32_const(0x7ffe).i32_ge_u().i32_and();
        refuse(i);
        i.local_get(self.hi);
        i.local_get(self.e).local_get(self.sign).i32_or();
        flags(i, self.up, self.lo);
        i.i32_or().end();
    }

    /// Pushes whether both are normal numbers.
    fn both_normal(&self, i: &mut InstructionSink) {
        normal(i, AM, ASE);
        normal(i, BM, BSE);
        i.i32_and();
    }

    /// The result is this value, exactly.
    fn is(&self, i: &mut InstructionSink, m: u32, se: u32) {
        i.local_get(m).local_set(self.hi);
        exponent(i, se);
        i.local_set(self.e);
        i.local_get(se).i32_const(0x8000).i32_and().local_set(self.sign);
    }
}

pub(super) fn add(_: u32) -> Function {
    let d = 10;
    let x = Arithmetic::new(4);
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        // The larger first.
        exponent(i, ASE);
        exponent(i, BSE);
        i.i32_sub().local_tee(d).i32_const(0).i32_lt_s();
        i.local_get(d).i32_eqz().local_get(AM).local_get(BM).i64_lt_u().i32_and().i32_or();
        i.if_(BlockType::Empty);
        i.local_get(AM).local_get(BM).local_set(AM).local_set(BM);
        i.local_get(ASE).local_get(BSE).local_set(ASE).local_set(BSE);
        i.i32_const(0).local_get(d).i32_sub().local_set(d);
        i.end();
        exponent(i, ASE);
        i.local_set(x.e);
        i.local_get(ASE).i32_const(0x8000).i32_and().local_set(x.sign);
        // The smaller one, moved right: t and lo, whose last bit stands for all below it.
        i.local_get(d).i32_const(63).i32_gt_u().if_(BlockType::Empty);
        i.local_get(BM).local_get(d).i64_extend_i32_u().i64_shr_u();
        i.local_get(BM).i64_const(0).local_get(d).i64_extend_i32_u().i64_sub().i64_shl();
        i.i64_const(0).i64_ne().local_get(d).i32_const(64).i32_ne().i32_and();
        i.i64_extend_i32_u().i64_or().i64_const(1);
        i.local_get(d).i32_const(128).i32_lt_u().select().local_set(x.lo);
        i.else_();
        i.local_get(BM).i64_const(0).local_get(d).i64_extend_i32_u().i64_sub().i64_shl();
        i.i64_const(0).local_get(d).select().local_set(x.lo);
        i.local_get(BM).local_get(d).i64_extend_i32_u().i64_shr_u().local_set(x.t);
        i.end();
        i.local_get(ASE).local_get(BSE).i32_xor().i32_const(0x8000).i32_and().i32_eqz();
        i.if_(BlockType::Empty);
        i.local_get(AM).local_get(x.t).i64_add().local_tee(x.hi).local_get(AM).i64_lt_u();
        i.if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(63).i64_shl().local_get(x.lo).i64_const(1).i64_shr_u().i64_or();
        i.local_get(x.lo).i64_const(1).i64_and().i64_or().local_set(x.lo);
        i.local_get(x.hi).i64_const(1).i64_shr_u().i64_const(TOP_BIT).i64_or().local_set(x.hi);
        i.local_get(x.e).i32_const(1).i32_add().local_set(x.e);
        i.end();
        i.else_();
        i.local_get(AM).local_get(x.t).i64_sub();
        i.local_get(x.lo).i64_const(0).i64_ne().i64_extend_i32_u().i64_sub().local_set(x.hi);
        i.i64_const(0).local_get(x.lo).i64_sub().local_set(x.lo);
        i.local_get(x.hi).i64_eqz().if_(BlockType::Empty);
        // Nothing left: plus zero. A last bit below the word is left to others.
        i.local_get(x.lo).i64_const(0).i64_ne();
        refuse(i);
        i.i32_const(0).local_set(x.e).i32_const(0).local_set(x.sign);
        i.else_();
        i.local_get(x.hi).i64_clz().local_tee(x.t).i64_eqz().i32_eqz().if_(BlockType::Empty);
        i.local_get(x.hi).local_get(x.t).i64_shl();
        i.local_get(x.lo).i64_const(0).local_get(x.t).i64_sub().i64_shr_u().i64_or().local_set(x.hi);
        i.local_get(x.lo).local_get(x.t).i64_shl().local_set(x.lo);
        i.local_get(x.e).local_get(x.t).i32_wrap_i64().i32_sub().local_set(x.e);
        i.end().end().end();
    }
    i.else_();
    normal(i, AM, ASE);
    zero(i, BM, BSE);
    i.i32_and().if_(BlockType::Empty);
    x.is(i, AM, ASE);
    i.else_();
    zero(i, AM, ASE);
    normal(i, BM, BSE);
    zero(i, BM, BSE);
    i.i32_or().i32_and().i32_eqz();
    refuse(i);
    x.is(i, BM, BSE);
    // Zeros of different signs give plus zero.
    i.local_get(BM).i64_eqz().if_(BlockType::Empty);
    i.local_get(x.sign).local_get(ASE).i32_and().local_set(x.sign);
    i.end().end().end();
    x.tail(i);
    f
}

pub(super) fn mul(_: u32) -> Function {
    let x = Arithmetic::new(4);
    let (a1, b1) = (10, 11);
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (2, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let low = 0xffff_ffff;
    x.product_sign(i);
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        exponent(i, ASE);
        exponent(i, BSE);
        i.i32_add().i32_const(BIAS - 1).i32_sub().local_set(x.e);
        // hi.lo = a * b by halves: a0 in am, b0 in BM.
        i.local_get(AM).i64_const(32).i64_shr_u().local_set(a1);
        i.local_get(BM).i64_const(32).i64_shr_u().local_set(b1);
        i.local_get(AM).i64_const(low).i64_and().local_set(AM);
        i.local_get(BM).i64_const(low).i64_and().local_set(BM);
        i.local_get(AM).local_get(BM).i64_mul().local_set(x.lo);
        i.local_get(a1).local_get(BM).i64_mul();
        i.local_get(x.lo).i64_const(32).i64_shr_u().i64_add().local_set(x.t);
        i.local_get(AM).local_get(b1).i64_mul();
        i.local_get(x.t).i64_const(low).i64_and().i64_add().local_set(x.hi);
        i.local_get(x.hi).i64_const(32).i64_shl();
        i.local_get(x.lo).i64_const(low).i64_and().i64_or().local_set(x.lo);
        i.local_get(a1).local_get(b1).i64_mul();
        i.local_get(x.t).i64_const(32).i64_shr_u().i64_add();
        i.local_get(x.hi).i64_const(32).i64_shr_u().i64_add().local_tee(x.hi);
        i.i64_const(0).i64_ge_s().if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(1).i64_shl();
        i.local_get(x.lo).i64_const(63).i64_shr_u().i64_or().local_set(x.hi);
        i.local_get(x.lo).i64_const(1).i64_shl().local_set(x.lo);
        i.local_get(x.e).i32_const(1).i32_sub().local_set(x.e);
        i.end();
    }
    i.else_();
    // A zero and a number: zero.
    zero(i, AM, ASE);
    normal(i, BM, BSE);
    zero(i, BM, BSE);
    i.i32_or().i32_and();
    zero(i, BM, BSE);
    normal(i, AM, ASE);
    i.i32_and().i32_or().i32_eqz();
    refuse(i);
    i.end();
    x.tail(i);
    f
}

pub(super) fn div(first: u32) -> Function {
    let x = Arithmetic::new(4);
    let quotient = 10;
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let low = 0xffff_ffff;
    x.product_sign(i);
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        exponent(i, ASE);
        exponent(i, BSE);
        i.i32_sub().i32_const(BIAS).i32_add().local_set(x.e);
        // The quotient has its top bit set when the dividend is below the divisor.
        i.local_get(AM).local_get(BM).i64_lt_u().if_(BlockType::Empty);
        i.local_get(AM).local_set(x.hi);
        i.local_get(x.e).i32_const(1).i32_sub().local_set(x.e);
        i.else_();
        i.local_get(AM).i64_const(1).i64_shr_u().local_set(x.hi);
        i.local_get(AM).i64_const(63).i64_shl().local_set(x.lo);
        i.end();
        i.local_get(x.hi).local_get(x.lo).i64_const(32).i64_shr_u().local_get(BM);
        i.call(first + DIVIDE_STEP).local_set(x.t).local_set(quotient);
        i.local_get(x.t).local_get(x.lo).i64_const(low).i64_and().local_get(BM);
        i.call(first + DIVIDE_STEP).local_set(x.t);
        i.local_get(quotient).i64_const(32).i64_shl().i64_or().local_set(x.hi);
        // Twice the rest against the divisor gives half and sticky bit.
        i.local_get(x.t).local_get(BM).local_get(x.t).i64_sub().i64_ge_u();
        i.i64_extend_i32_u().i64_const(63).i64_shl();
        i.local_get(x.t).i64_const(0).i64_ne();
        i.local_get(x.t).local_get(BM).local_get(x.t).i64_sub().i64_ne().i32_and();
        i.i64_extend_i32_u().i64_or().local_set(x.lo);
    }
    i.else_();
    zero(i, AM, ASE);
    normal(i, BM, BSE);
    i.i32_and().i32_eqz();
    refuse(i);
    i.end();
    x.tail(i);
    f
}

/// The root from that of a double: its error of some thousands is divided out once, and
/// what is left is at most a few units, which are stepped over exactly.
pub(super) fn sqrt(_: u32) -> Function {
    let x = Arithmetic::new(2);
    // The radicand less the square of the root, `hi` so far: t and lo.
    let rest = x.t;
    let (double, high) = (8, 9);
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (1, ValType::F64), (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    // Without the flags of a result.
    i.local_get(ASE).i32_const(0xffff).i32_and().local_set(ASE);
    zero(i, AM, ASE);
    i.if_(BlockType::Empty);
    x.is(i, AM, ASE);
    i.else_();
    {
        normal(i, AM, ASE);
        i.local_get(ASE).i32_const(0x8000).i32_and().i32_eqz().i32_and().i32_eqz();
        refuse(i);
        i.local_get(ASE).i32_const(BIAS).i32_sub().i32_const(1).i32_shr_s();
        i.i32_const(BIAS).i32_add().local_set(x.e);
        // The radicand: the significand times 2^63 for an even exponent, else 2^64.
        i.local_get(ASE).i32_const(1).i32_and().if_(BlockType::Empty);
        i.local_get(AM).i64_const(63).i64_shl().local_set(x.lo);
        i.local_get(AM).i64_const(1).i64_shr_u().local_set(AM);
        i.end();
        i.local_get(AM).f64_convert_i64_u().f64_const(TWO_64.into()).f64_mul();
        i.f64_sqrt().local_tee(double).i64_trunc_sat_f64_u().local_set(x.hi);
        // rest = radicand - hi * hi
        let remainder = |i: &mut InstructionSink| {
            i.local_get(x.hi).local_get(x.hi).call(Batch::MULHI).local_set(high);
            i.local_get(AM).local_get(high).i64_sub();
            i.local_get(x.lo).local_get(x.hi).local_get(x.hi).i64_mul().i64_lt_u().i64_extend_i32_u();
            i.i64_sub().local_set(rest);
        };
        let low = |i: &mut InstructionSink| {
            i.local_get(x.lo).local_get(x.hi).local_get(x.hi).i64_mul().i64_sub();
        };
        remainder(i);
        i.local_get(x.hi);
        i.local_get(rest).f64_convert_i64_s().f64_const(TWO_64.into()).f64_mul();
        low(i);
        i.f64_convert_i64_u().f64_add();
        // Downwards: the root is not below it then.
        i.local_get(double).local_get(double).f64_add().f64_div().f64_floor().i64_trunc_sat_f64_s();
        i.i64_add().local_set(x.hi);
        // Too large by one: the rest is negative; too small: it is more than twice the root.
        remainder(i);
        i.loop_(BlockType::Empty);
        i.local_get(rest).i64_const(0).i64_lt_s().if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(1).i64_sub().local_set(x.hi);
        remainder(i);
        i.br(1).end();
        i.end();
        i.loop_(BlockType::Empty);
        // rest.low > 2 * hi
        low(i);
        i.local_get(x.hi).i64_const(1).i64_shl().i64_gt_u();
        i.local_get(rest).local_get(x.hi).i64_const(63).i64_shr_u().i64_eq().i32_and();
        i.local_get(rest).local_get(x.hi).i64_const(63).i64_shr_u().i64_gt_u().i32_or();
        i.if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(1).i64_add().local_set(x.hi);
        remainder(i);
        i.br(1).end();
        i.end();
        // More than half: the rest is above the root. There is no tie.
        i.i64_const(TOP_BIT + 1);
        low(i);
        i.local_get(rest).i64_or().i64_const(0).i64_ne().i64_extend_i32_u();
        low(i);
        i.local_get(x.hi).i64_gt_u().local_get(rest).i64_const(0).i64_ne().i32_or();
        i.select().local_set(x.lo);
    }
    i.end();
    x.tail(i);
    f
}

/// Knuth's algorithm D with digits of 32 bits, for `rest` below a divisor with its top
/// bit set. Without branches: whether the estimate is too large, by one or two, is as good as
/// random.
pub(super) fn divide_step(_: u32) -> Function {
    let (rest, digit, divisor, d1, q, r, over, two) = (0, 1, 2, 3, 4, 5, 6, 7);
    let mut f = start(&[(3, I64), (2, I32)]);
    let mut i = f.instructions();
    let low = 0xffff_ffff;
    i.local_get(rest).local_get(divisor).i64_const(32).i64_shr_u().local_tee(d1);
    i.i64_div_u().local_tee(q).i64_const(low).local_get(q).i64_const(low).i64_lt_u().select().local_set(q);
    i.local_get(rest).local_get(q).local_get(d1).i64_mul().i64_sub().local_set(r);
    // q * d0 against the rest before it; a rest with more than two digits is larger.
    i.local_get(q).local_get(divisor).i64_const(low).i64_and().i64_mul().local_set(d1);
    i.local_get(r).i64_const(32).i64_shl().local_get(digit).i64_or().local_set(rest);
    i.local_get(d1).local_get(rest).i64_gt_u();
    i.local_get(r).i64_const(low).i64_le_u().i32_and().local_set(over);
    i.local_get(d1).local_get(rest).i64_sub().local_tee(r);
    i.local_get(divisor).i64_gt_u().local_get(over).i32_and().local_get(over).i32_add().local_set(two);
    i.local_get(q).local_get(two).i64_extend_i32_u().i64_sub();
    i.local_get(two).i64_extend_i32_u().local_get(divisor).i64_mul().local_get(r).i64_sub().end();
    f
}
