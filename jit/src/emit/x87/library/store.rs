//! Rounding to doubles, singles and integers for the x87's stores.

use wasm_encoder::{BlockType, Function, InstructionSink};

use super::*;

/// Returns nothing and 1 if the i32 on the stack is not zero.
fn refuse_store(i: &mut InstructionSink) {
    i.if_(BlockType::Empty).i64_const(0).i32_const(1).return_().end();
}

pub(super) fn store64(_: u32) -> Function {
    store(52, 1023)
}

pub(super) fn store32(_: u32) -> Function {
    store(23, 127)
}

fn store(fraction: i64, bias: i32) -> Function {
    let (p, pop, sw, se, e, up, m, bits, rest) = (1, 2, 3, 4, 5, 6, 7, 8, 9);
    let mut f = start(&[(4, I32), (3, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let dropped = 63 - fraction;
    status(i, sw, refuse_store);
    control(i, NEAREST_MASK, NEAREST);
    refuse_store(i);
    empty(i, p);
    refuse_store(i);
    register(i, p);
    i.local_set(p);
    load(i, p, m, se);
    normal(i, m, se);
    i.if_(BlockType::Empty);
    exponent(i, se);
    i.i32_const(BIAS - bias).i32_sub().local_tee(e).i32_const(1).i32_sub();
    i.i32_const(2 * bias - 1).i32_ge_u();
    refuse_store(i);
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
    refuse_store(i);
    i.end();
    outcome(i, sw, up, rest);
    pop_if(i, sw, pop);
    put_status(i, sw);
    let sign_shift = if fraction == 52 { 48 } else { 16 };
    i.local_get(bits).local_get(se).i32_const(0x8000).i32_and().i64_extend_i32_u();
    i.i64_const(sign_shift).i64_shl().i64_or().i32_const(0).end();
    f
}

pub(super) fn store_int(_: u32) -> Function {
    let (p, pop, largest, truncate, sw, se, e, up, mode, m, value, rest) =
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    let mut f = start(&[(5, I32), (3, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    status(i, sw, refuse_store);
    control(i, 0x3f, 0x3f);
    refuse_store(i);
    empty(i, p);
    refuse_store(i);
    register(i, p);
    i.local_set(p);
    load(i, p, m, se);
    normal(i, m, se);
    i.if_(BlockType::Empty);
    exponent(i, se);
    i.i32_const(BIAS).i32_sub().local_tee(e).i32_const(63).i32_ge_s();
    refuse_store(i);
    i.local_get(e).i32_const(-1).i32_gt_s().if_(BlockType::Empty);
    i.local_get(m).i32_const(63).local_get(e).i32_sub().i64_extend_i32_u().i64_shr_u().local_set(value);
    i.local_get(m).local_get(e).i32_const(1).i32_add().i64_extend_i32_u().i64_shl().local_set(rest);
    i.else_();
    // Half and more keep their fraction; less is only a sticky bit.
    i.local_get(m).i64_const(1).local_get(e).i32_const(-1).i32_eq().select().local_set(rest);
    i.end();
    i.i32_const(3).local_get(STATE).i32_load16_u(at(field!(cw))).i32_const(10).i32_shr_u();
    i.i32_const(3).i32_and().local_get(truncate).select().local_tee(mode).i32_eqz();
    i.if_(BlockType::Empty);
    rounds_up(i, value, rest);
    i.local_set(up);
    i.else_();
    // Down (1) rounds a negative magnitude up, up (2) a positive one.
    i.local_get(mode).i32_const(2).local_get(se).i32_const(15).i32_shr_u().i32_sub().i32_eq();
    i.local_get(rest).i64_const(0).i64_ne().i32_and().local_set(up);
    i.end();
    i.local_get(value).local_get(up).i64_extend_i32_u().i64_add().local_tee(value);
    i.local_get(largest).i64_gt_u();
    refuse_store(i);
    i.else_();
    zero(i, m, se);
    i.i32_eqz();
    refuse_store(i);
    i.end();
    outcome(i, sw, up, rest);
    pop_if(i, sw, pop);
    put_status(i, sw);
    i.i64_const(0).local_get(value).i64_sub().local_get(value);
    i.local_get(se).i32_const(0x8000).i32_and().select().i32_const(0).end();
    f
}
