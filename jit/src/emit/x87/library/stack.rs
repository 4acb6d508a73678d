//! Moves between registers of the x87, and signs.

use wasm_encoder::{Function, InstructionSink};

use super::*;

/// Checks that ST(0) is there, and the other register unless it is to be filled.
fn two(i: &mut InstructionSink, sw: u32, p: u32, q: u32, filled: bool) {
    status(i, sw, refuse);
    empty(i, p);
    refuse(i);
    if !filled {
        empty(i, q);
        refuse(i);
    }
}

pub(super) fn exchange(_: u32) -> Function {
    let (p, q, sw, se, m) = (1, 2, 3, 4, 5);
    let mut f = start(&[(2, I32), (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    two(i, sw, p, q, false);
    register(i, p);
    i.local_set(p);
    register(i, q);
    i.local_set(q);
    load(i, p, m, se);
    i.local_get(p).local_get(q).i64_load(at(field!(regs))).i64_store(at(field!(regs)));
    i.local_get(p).local_get(q).i32_load16_u(at(field!(regs) + 8)).i32_store16(at(field!(regs) + 8));
    i.local_get(q).local_get(m).i64_store(at(field!(regs)));
    i.local_get(q).local_get(se).i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}

pub(super) fn copy(_: u32) -> Function {
    let (p, q, pop, sw) = (1, 2, 3, 4);
    let mut f = start(&[(1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    two(i, sw, p, q, true);
    i.local_get(STATE).local_get(STATE).i32_load16_u(at(field!(tw)));
    i.i32_const(3).local_get(q).i32_const(1).i32_shl().i32_shl().i32_const(-1).i32_xor().i32_and();
    i.i32_store16(at(field!(tw)));
    register(i, p);
    i.local_set(p);
    register(i, q);
    i.local_tee(q).local_get(p).i64_load(at(field!(regs))).i64_store(at(field!(regs)));
    i.local_get(q).local_get(p).i32_load16_u(at(field!(regs) + 8)).i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    pop_if(i, sw, pop);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}

pub(super) fn sign(_: u32) -> Function {
    let (p, and, xor, sw) = (1, 2, 3, 4);
    let mut f = start(&[(1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    status(i, sw, refuse);
    empty(i, p);
    refuse(i);
    register(i, p);
    i.local_tee(p).local_get(p).i32_load16_u(at(field!(regs) + 8));
    i.local_get(and).i32_and().local_get(xor).i32_xor().i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}
