//! Rounding to doubles, singles and integers for the x87's stores.

use wasm_encoder::{BlockType, Function};

use super::*;

pub(super) fn store64(_: u32) -> Function {
    store(52, 1023)
}

pub(super) fn store32(_: u32) -> Function {
    store(23, 127)
}

fn store(fraction: i64, bias: i32) -> Function {
    let (m, se, e, up, bits, rest) = (0, 1, 2, 3, 4, 5);
    let mut f = start(&[(2, I32), (2, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let dropped = 63 - fraction;
    normal(i, m, se);
    i.if_(BlockType::Empty);
    exponent(i, se);
    i.i32_const(BIAS - bias).i32_sub().local_tee(e).i32_const(1).i32_sub();
    i.i32_const(2 * bias - 1).i32_ge_u();
    refuse(i);
    i.local_get(m).i64_const(dropped).i64_shr_u().local_set(bits);
    i.local_get(m).i64_const(64 - dropped).i64_shl().local_set(rest);
    rounds_up(i, bits, rest);
    i.local_set(up);
    // The hidden bit adds one to the exponent field, and so does a carry.
    i.local_get(bits).local_get(up).i64_extend_i32_u().i64_add();
    i.local_get(e).i32_const(1).i32_sub().i64_extend_i32_u().i64_const(fraction).i64_shl().i64_add();
    i.local_set(bits);
    i.else_();
    zero(i, m, se);
    i.i32_eqz();
    refuse(i);
    i.end();
    let sign_shift = if fraction == 52 { 48 } else { 16 };
    i.local_get(bits).local_get(se).i32_const(0x8000).i32_and().i64_extend_i32_u();
    i.i64_const(sign_shift).i64_shl().i64_or();
    flags(i, up, rest);
    i.end();
    f
}

pub(super) fn store_int(_: u32) -> Function {
    let (m, se, largest, mode, e, up, value, rest) = (0, 1, 2, 3, 4, 5, 6, 7);
    let mut f = start(&[(2, I32), (2, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    normal(i, m, se);
    i.if_(BlockType::Empty);
    exponent(i, se);
    i.i32_const(BIAS).i32_sub().local_tee(e).i32_const(63).i32_ge_s();
    refuse(i);
    i.local_get(e).i32_const(-1).i32_gt_s().if_(BlockType::Empty);
    i.local_get(m).i32_const(63).local_get(e).i32_sub().i64_extend_i32_u().i64_shr_u().local_set(value);
    i.local_get(m).local_get(e).i32_const(1).i32_add().i64_extend_i32_u().i64_shl().local_set(rest);
    i.else_();
    // Half and more keep their fraction; less is only a sticky bit.
    i.local_get(m).i64_const(1).local_get(e).i32_const(-1).i32_eq().select().local_set(rest);
    i.end();
    i.local_get(mode).i32_eqz();
    i.if_(BlockType::Empty);
    rounds_up(i, value, rest);
    i.local_set(up);
    i.else_();
    // Down (1) rounds a negative magnitude up, up (2) a positive one.
    i.local_get(mode)
        .i32_const(2)
        .local_get(se)
        .i32_const(15)
        .i32_shr_u()
        .i32_const(1)
        .i32_and()
        .i32_sub()
        .i32_eq();
    i.local_get(rest).i64_const(0).i64_ne().i32_and().local_set(up);
    i.end();
    i.local_get(value).local_get(up).i64_extend_i32_u().i64_add().local_tee(value);
    i.local_get(largest).i64_gt_u();
    refuse(i);
    i.else_();
    zero(i, m, se);
    i.i32_eqz();
    refuse(i);
    i.end();
    i.i64_const(0).local_get(value).i64_sub().local_get(value);
    i.local_get(se).i32_const(0x8000).i32_and().select();
    flags(i, up, rest);
    i.end();
    f
}
