//! Integer arithmetic on lanes.

use tawaki_cpu::ir::VecOp;
use wasm_encoder::InstructionSink;

use super::Code;
use super::shuffle::{even, odd};

macro_rules! one_instruction {
    ($($shape:ident $is:ident { $($op:ident $instruction:ident;)* })+) => {$(
        fn $is(op: VecOp) -> bool {
            matches!(op, $(VecOp::$op)|*)
        }

        /// Operations that are one wasm instruction on these operands.
        fn $shape(sink: &mut InstructionSink<'_>, op: VecOp) -> bool {
            match op {
                $(VecOp::$op => sink.$instruction(),)*
                _ => return false,
            };
            true
        }
    )+};
}

one_instruction! {
    binary is_binary {
        Pand v128_and; Por v128_or; Pxor v128_xor;
        Paddb i8x16_add; Paddw i16x8_add; Paddd i32x4_add; Paddq i64x2_add;
        Psubb i8x16_sub; Psubw i16x8_sub; Psubd i32x4_sub; Psubq i64x2_sub;
        Paddsb i8x16_add_sat_s; Paddsw i16x8_add_sat_s;
        Paddusb i8x16_add_sat_u; Paddusw i16x8_add_sat_u;
        Psubsb i8x16_sub_sat_s; Psubsw i16x8_sub_sat_s;
        Psubusb i8x16_sub_sat_u; Psubusw i16x8_sub_sat_u;
        Pmullw i16x8_mul; Pmulld i32x4_mul; Pmaddwd i32x4_dot_i16x8_s;
        Pavgb i8x16_avgr_u; Pavgw i16x8_avgr_u;
        Pminub i8x16_min_u; Pmaxub i8x16_max_u; Pminsb i8x16_min_s; Pmaxsb i8x16_max_s;
        Pminuw i16x8_min_u; Pmaxuw i16x8_max_u; Pminsw i16x8_min_s; Pmaxsw i16x8_max_s;
        Pminud i32x4_min_u; Pmaxud i32x4_max_u; Pminsd i32x4_min_s; Pmaxsd i32x4_max_s;
        Pcmpeqb i8x16_eq; Pcmpeqw i16x8_eq; Pcmpeqd i32x4_eq; Pcmpeqq i64x2_eq;
        Pcmpgtb i8x16_gt_s; Pcmpgtw i16x8_gt_s; Pcmpgtd i32x4_gt_s; Pcmpgtq i64x2_gt_s;
        Packsswb i8x16_narrow_i16x8_s; Packuswb i8x16_narrow_i16x8_u;
        Packssdw i16x8_narrow_i32x4_s; Packusdw i16x8_narrow_i32x4_u;
    }
    unary is_unary {
        Pabsb i8x16_abs; Pabsw i16x8_abs; Pabsd i32x4_abs;
        Pmovsxbw i16x8_extend_low_i8x16_s; Pmovzxbw i16x8_extend_low_i8x16_u;
        Pmovsxwd i32x4_extend_low_i16x8_s; Pmovzxwd i32x4_extend_low_i16x8_u;
        Pmovsxdq i64x2_extend_low_i32x4_s; Pmovzxdq i64x2_extend_low_i32x4_u;
    }
}

/// Emits an integer operation.
pub(super) fn emit(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    // The idioms for zero and for all ones do not depend on the register.
    if c.a == c.b {
        match op {
            Pxor | Psubb | Psubw | Psubd | Psubq | Pandn | Pcmpgtb | Pcmpgtw | Pcmpgtd | Pcmpgtq => {
                c.zero();
                return true;
            }
            Pcmpeqb | Pcmpeqw | Pcmpeqd | Pcmpeqq => {
                c.constant(u128::MAX);
                return true;
            }
            _ => {}
        }
    }
    if is_binary(op) {
        c.ab();
        return binary(&mut c.sink, op);
    }
    if is_unary(op) {
        c.b();
        return unary(&mut c.sink, op);
    }
    match op {
        Pandn => {
            let (a, b) = (c.a, c.b);
            c.get(b).local_get(a).v128_andnot();
        }
        Pmulhw => {
            c.ab().i32x4_extmul_low_i16x8_s();
            c.ab().i32x4_extmul_high_i16x8_s();
            c.sink.i8x16_shuffle(odd(2));
        }
        Pmulhuw => {
            c.ab().i32x4_extmul_low_i16x8_u();
            c.ab().i32x4_extmul_high_i16x8_u();
            c.sink.i8x16_shuffle(odd(2));
        }
        Pmulhrsw => {
            // Only the square of the least number saturates in wasm; x86 wraps it.
            c.ab().i16x8_q15mulr_sat_s();
            c.a();
            c.splat16(0x8000).i16x8_eq();
            c.b();
            c.splat16(0x8000).i16x8_eq().v128_and().v128_xor();
        }
        Pmuludq | Pmuldq => {
            for x in [c.a, c.b] {
                c.get(x).local_get(x).i8x16_shuffle(even(4));
            }
            if op == Pmuludq {
                c.sink.i64x2_extmul_low_i32x4_u();
            } else {
                c.sink.i64x2_extmul_low_i32x4_s();
            }
        }
        Pmaddubsw => {
            c.a();
            c.splat16(0xff).v128_and();
            c.b().i32_const(8).i16x8_shl().i32_const(8).i16x8_shr_s().i16x8_mul();
            c.a().i32_const(8).i16x8_shr_u();
            c.b().i32_const(8).i16x8_shr_s().i16x8_mul().i16x8_add_sat_s();
        }
        Psadbw => {
            let (a, b, t) = (c.a, c.b, c.scratch.v128[0]);
            c.get(a).local_get(b).i8x16_sub_sat_u();
            c.get(b).local_get(a).i8x16_sub_sat_u().v128_or();
            c.sink.i16x8_extadd_pairwise_i8x16_u().i32x4_extadd_pairwise_i16x8_u();
            c.sink.local_tee(t).local_get(t).i32_const(32).i64x2_shr_u().i64x2_add();
            c.splat64(0xffff_ffff).v128_and();
        }
        Psignb | Psignw | Psignd => sign(c, op),
        Psllw | Pslld | Psllq | Psrlw | Psrld | Psrlq | Psraw | Psrad => shift(c, op),
        PsllwI | PslldI | PsllqI | PsrlwI | PsrldI | PsrlqI | PsrawI | PsradI => shift_immediate(c, op),
        Phaddw | Phaddsw | Phsubw | Phsubsw | Phaddd | Phsubd => {
            let (a, b) = (c.a, c.b);
            horizontal(c, op, a, b);
        }
        MmxPhaddw => horizontal_low(c, Phaddw),
        MmxPhaddsw => horizontal_low(c, Phaddsw),
        MmxPhsubw => horizontal_low(c, Phsubw),
        MmxPhsubsw => horizontal_low(c, Phsubsw),
        MmxPhaddd => horizontal_low(c, Phaddd),
        MmxPhsubd => horizontal_low(c, Phsubd),
        Pmovsxbd => {
            c.b().i16x8_extend_low_i8x16_s().i32x4_extend_low_i16x8_s();
        }
        Pmovsxbq => {
            c.b().i16x8_extend_low_i8x16_s().i32x4_extend_low_i16x8_s().i64x2_extend_low_i32x4_s();
        }
        Pmovsxwq => {
            c.b().i32x4_extend_low_i16x8_s().i64x2_extend_low_i32x4_s();
        }
        Pmovzxbd => {
            c.b().i16x8_extend_low_i8x16_u().i32x4_extend_low_i16x8_u();
        }
        Pmovzxbq => {
            c.b().i16x8_extend_low_i8x16_u().i32x4_extend_low_i16x8_u().i64x2_extend_low_i32x4_u();
        }
        Pmovzxwq => {
            c.b().i32x4_extend_low_i16x8_u().i64x2_extend_low_i32x4_u();
        }
        Pmovmskb | Movmskps | Movmskpd => {
            c.zero();
            c.b();
            match op {
                Pmovmskb => c.sink.i8x16_bitmask(),
                Movmskps => c.sink.i32x4_bitmask(),
                _ => c.sink.i64x2_bitmask(),
            };
            c.sink.i32x4_replace_lane(0);
        }
        Pblendvb | Blendvps | Blendvpd => {
            let (a, b, mask) = (c.a, c.b, c.mask);
            c.get(b).local_get(a).local_get(mask);
            match op {
                Pblendvb => c.sink.i32_const(7).i8x16_shr_s(),
                Blendvps => c.sink.i32_const(31).i32x4_shr_s(),
                _ => c.sink.i32_const(63).i64x2_shr_s(),
            };
            c.sink.v128_bitselect();
        }
        _ => return false,
    }
    true
}

/// `x` where `y` is positive, `-x` where it is negative, 0 where it is 0.
fn sign(c: &mut Code<'_>, op: VecOp) {
    let (b, t) = (c.b, c.scratch.v128[0]);
    c.a();
    c.b();
    match op {
        VecOp::Psignb => {
            c.sink.i32_const(7).i8x16_shr_s().local_tee(t).v128_xor().local_get(t).i8x16_sub();
            c.get(b);
            c.zero().i8x16_eq().v128_andnot();
        }
        VecOp::Psignw => {
            c.sink.i32_const(15).i16x8_shr_s().local_tee(t).v128_xor().local_get(t).i16x8_sub();
            c.get(b);
            c.zero().i16x8_eq().v128_andnot();
        }
        _ => {
            c.sink.i32_const(31).i32x4_shr_s().local_tee(t).v128_xor().local_get(t).i32x4_sub();
            c.get(b);
            c.zero().i32x4_eq().v128_andnot();
        }
    }
}

/// Shifts by the low 64 bits of the second operand. wasm takes the count modulo
/// the lane's width; x86 shifts everything out.
fn shift(c: &mut Code<'_>, op: VecOp) {
    let count = c.scratch.i64;
    c.b().i64x2_extract_lane(0).local_set(count);
    c.a().local_get(count);
    if matches!(op, VecOp::Psraw | VecOp::Psrad) {
        let last = if op == VecOp::Psraw { 15 } else { 31 };
        c.sink.i64_const(last).local_get(count).i64_const(last).i64_lt_u().select().i32_wrap_i64();
        if op == VecOp::Psraw {
            c.sink.i16x8_shr_s()
        } else {
            c.sink.i32x4_shr_s()
        };
        return;
    }
    c.sink.i32_wrap_i64();
    let width = match op {
        VecOp::Psllw | VecOp::Psrlw => 16,
        VecOp::Pslld | VecOp::Psrld => 32,
        _ => 64,
    };
    match op {
        VecOp::Psllw => c.sink.i16x8_shl(),
        VecOp::Pslld => c.sink.i32x4_shl(),
        VecOp::Psllq => c.sink.i64x2_shl(),
        VecOp::Psrlw => c.sink.i16x8_shr_u(),
        VecOp::Psrld => c.sink.i32x4_shr_u(),
        _ => c.sink.i64x2_shr_u(),
    };
    c.zero().local_get(count).i64_const(width).i64_lt_u().select();
}

fn shift_immediate(c: &mut Code<'_>, op: VecOp) {
    let width = match op {
        VecOp::PsllwI | VecOp::PsrlwI | VecOp::PsrawI => 16,
        VecOp::PslldI | VecOp::PsrldI | VecOp::PsradI => 32,
        _ => 64,
    };
    let arithmetic = matches!(op, VecOp::PsrawI | VecOp::PsradI);
    let count = c.imm.min(if arithmetic { width - 1 } else { width });
    match count {
        0 => {
            c.a();
            return;
        }
        n if n == width => {
            c.zero();
            return;
        }
        n => c.a().i32_const(i32::from(n)),
    };
    match op {
        VecOp::PsllwI => c.sink.i16x8_shl(),
        VecOp::PslldI => c.sink.i32x4_shl(),
        VecOp::PsllqI => c.sink.i64x2_shl(),
        VecOp::PsrlwI => c.sink.i16x8_shr_u(),
        VecOp::PsrldI => c.sink.i32x4_shr_u(),
        VecOp::PsrlqI => c.sink.i64x2_shr_u(),
        VecOp::PsrawI => c.sink.i16x8_shr_s(),
        _ => c.sink.i32x4_shr_s(),
    };
}

/// Combines neighbours of `x` and then of `y`.
fn horizontal(c: &mut Code<'_>, op: VecOp, x: u32, y: u32) {
    let width = if matches!(op, VecOp::Phaddd | VecOp::Phsubd) { 4 } else { 2 };
    c.get(x).local_get(y).i8x16_shuffle(even(width));
    c.get(x).local_get(y).i8x16_shuffle(odd(width));
    match op {
        VecOp::Phaddw => c.sink.i16x8_add(),
        VecOp::Phaddsw => c.sink.i16x8_add_sat_s(),
        VecOp::Phsubw => c.sink.i16x8_sub(),
        VecOp::Phsubsw => c.sink.i16x8_sub_sat_s(),
        VecOp::Phaddd => c.sink.i32x4_add(),
        _ => c.sink.i32x4_sub(),
    };
}

/// The MMX form: both operands are halves.
fn horizontal_low(c: &mut Code<'_>, op: VecOp) {
    let [pair, zero, _] = c.scratch.v128;
    c.ab().i8x16_shuffle(super::shuffle::LOW_PAIR).local_set(pair);
    c.zero().local_set(zero);
    horizontal(c, op, pair, zero);
}
