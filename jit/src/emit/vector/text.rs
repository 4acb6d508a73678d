//! PCMPISTRI that compares two strings character by character ("equal each"), as `strcmp`
//! does (SDM vol. 2, 4.1). The other aggregations are the interpreter's.

use tawaki_cpu::flags::kind;
use tawaki_cpu::ir::{Op, VecOp};
use tawaki_cpu::state::slot;
use wasm_encoder::ValType::I32;

use super::Emitter;

/// Whether `op` has a sequence here.
pub fn is_native(op: &Op) -> bool {
    VecOp::from_e(op.e) == VecOp::Pcmpistri && op.imm >> 2 & 3 == 2
}

/// Emits an operation for which [`is_native`] holds.
pub fn emit(e: &mut Emitter, op: &Op) {
    let words = op.imm & 1 != 0;
    let n = if words { 8 } else { 16 };
    let [ends_a, ends_b, valid_a, valid_b, result] = [(); 5].map(|()| e.scratch(I32));
    let equal = |e: &mut Emitter| {
        if words {
            e.i().i16x8_eq().i16x8_bitmask();
        } else {
            e.i().i8x16_eq().i8x16_bitmask();
        }
    };
    for (vector, ends, valid) in [(op.a, ends_a, valid_a), (op.b, ends_b, valid_b)] {
        e.get_xmm(vector);
        e.i().v128_const(0);
        equal(e);
        // Ones for what is before the first zero.
        e.i().local_tee(ends).i32_const(1).i32_sub().local_get(ends).i32_const(-1).i32_xor();
        e.i().i32_and().local_set(valid);
    }
    // Equal, or both past their ends.
    e.get_xmm(op.a);
    e.get_xmm(op.b);
    equal(e);
    e.i().local_get(valid_a).i32_and().local_get(valid_b).i32_and();
    e.i().local_get(valid_a).local_get(valid_b).i32_or().i32_const(-1).i32_xor().i32_or();
    match op.imm >> 4 & 3 {
        1 => _ = e.i().i32_const(-1).i32_xor(),
        3 => _ = e.i().local_get(valid_b).i32_xor(),
        _ => {}
    }
    e.i().i32_const((1 << n) - 1).i32_and().local_set(result);
    if e.flag_wanted(slot::FLAG_R) {
        let mut i = e.i();
        i.local_get(result).i32_const(0).i32_ne();
        i.local_get(ends_b).i32_const(0).i32_ne().i32_const(6).i32_shl().i32_or();
        i.local_get(ends_a).i32_const(0).i32_ne().i32_const(7).i32_shl().i32_or();
        i.local_get(result).i32_const(1).i32_and().i32_const(11).i32_shl().i32_or();
        e.set32(slot::FLAG_R);
    }
    e.set_kind(kind::BITS);
    if op.imm & 0x40 != 0 {
        e.i().i32_const(31).local_get(result).i32_clz().i32_sub();
        e.i().i32_const(n).local_get(result).select();
    } else {
        e.i().local_get(result).i32_const(1 << n).i32_or().i32_ctz();
    }
    e.set32(slot::RCX);
}
