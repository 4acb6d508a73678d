//! Comparisons of the x87 library.

use wasm_encoder::{BlockType, Function, InstructionSink};

use super::*;

pub(super) fn relate(_: u32) -> Function {
    let (p, bm, bse, sw, ase, ea, eb, greater, am) = (1, 2, 3, 4, 5, 6, 7, 8, 9);
    let mut f = start(&[(5, I32), (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let no = |i: &mut InstructionSink| {
        i.if_(BlockType::Empty).i32_const(-1).return_().end();
    };
    status(i, sw, no);
    empty(i, p);
    no(i);
    register(i, p);
    i.local_set(p);
    load(i, p, am, ase);
    for (m, se) in [(am, ase), (bm, bse)] {
        normal(i, m, se);
        zero(i, m, se);
        i.i32_or().i32_eqz();
        no(i);
    }
    i.local_get(am).local_get(bm).i64_or().i64_eqz().if_(BlockType::Empty).i32_const(2).return_().end();
    i.local_get(ase).local_get(bse).i32_xor().i32_const(0x8000).i32_and().if_(BlockType::Empty);
    i.local_get(ase).i32_const(15).i32_shr_u().return_().end();
    exponent(i, ase);
    i.local_set(ea);
    exponent(i, bse);
    i.local_set(eb);
    i.local_get(ea).local_get(eb).i32_eq().local_get(am).local_get(bm).i64_eq().i32_and();
    i.if_(BlockType::Empty).i32_const(2).return_().end();
    i.local_get(ea).local_get(eb).i32_gt_u();
    i.local_get(ea).local_get(eb).i32_eq().local_get(am).local_get(bm).i64_gt_u().i32_and().i32_or();
    i.local_set(greater);
    // Less: smaller in magnitude and positive, or larger and negative.
    i.local_get(greater).local_get(ase).i32_const(15).i32_shr_u().i32_eq().end();
    f
}

pub(super) fn com(first: u32) -> Function {
    let (p, m, se, pops, sw, r) = (1, 2, 3, 4, 5, 6);
    let mut f = start(&[(2, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    i.local_get(STATE).local_get(p).local_get(m).local_get(se).call(first + RELATE).local_tee(r);
    i.i32_const(0).i32_lt_s();
    refuse(i);
    i.local_get(STATE).i32_load16_u(at(field!(sw))).i32_const(!CODES).i32_and();
    // 1 gives C0 (bit 8), 2 gives C3 (bit 14).
    i.local_get(r).i32_const(1).i32_and().i32_const(8).i32_shl().i32_or();
    i.local_get(r).i32_const(2).i32_and().i32_const(13).i32_shl().i32_or().local_set(sw);
    pops_and_end(i, sw, pops);
    i.i32_const(0).end();
    f
}

fn pops_and_end(i: &mut InstructionSink, sw: u32, pops: u32) {
    i.local_get(pops).if_(BlockType::Empty);
    pop_one(i, sw);
    i.local_get(pops).i32_const(2).i32_eq().if_(BlockType::Empty);
    pop_one(i, sw);
    i.end().end();
    put_status(i, sw);
}

pub(super) fn comi(first: u32) -> Function {
    let (p, m, se, pops, sw, r) = (1, 2, 3, 4, 5, 6);
    let mut f = start(&[(2, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    i.local_get(STATE).local_get(p).local_get(m).local_get(se).call(first + RELATE).local_tee(r);
    i.i32_const(0).i32_lt_s().if_(BlockType::Empty).i32_const(-1).return_().end();
    i.local_get(STATE).i32_load16_u(at(field!(sw))).local_set(sw);
    pops_and_end(i, sw, pops);
    // CF is bit 0, ZF bit 6.
    i.local_get(r).i32_const(1).i32_and();
    i.local_get(r).i32_const(2).i32_and().i32_const(5).i32_shl().i32_or().end();
    f
}
