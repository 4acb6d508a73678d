//! The comparison of the x87 library.

use wasm_encoder::{BlockType, Function, InstructionSink};

use super::*;

pub(super) fn relate(_: u32) -> Function {
    let (am, ase, bm, bse, ea, eb, greater) = (0, 1, 2, 3, 4, 5, 6);
    let mut f = start(&[(3, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    let no = |i: &mut InstructionSink| {
        i.if_(BlockType::Empty).i32_const(-1).return_().end();
    };
    for (m, se) in [(am, ase), (bm, bse)] {
        normal(i, m, se);
        zero(i, m, se);
        i.i32_or().i32_eqz();
        no(i);
    }
    i.local_get(am).local_get(bm).i64_or().i64_eqz().if_(BlockType::Empty).i32_const(2).return_().end();
    i.local_get(ase).local_get(bse).i32_xor().i32_const(0x8000).i32_and().if_(BlockType::Empty);
    i.local_get(ase).i32_const(15).i32_shr_u().i32_const(1).i32_and().return_().end();
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
    i.local_get(greater).local_get(ase).i32_const(15).i32_shr_u().i32_const(1).i32_and().i32_eq().end();
    f
}
