//! Conversions between lane types. Out of range and NaN give the integer
//! indefinite, where wasm saturates and gives 0.

use tawaki_cpu::ir::VecOp;
use wasm_encoder::BlockType;

use super::Code;

/// The low 32 bits of each half, then zeros of the second vector.
const NARROW: [u8; 16] = [0, 1, 2, 3, 8, 9, 10, 11, 16, 16, 16, 16, 16, 16, 16, 16];

/// Emits a conversion within vectors.
pub(super) fn emit(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    match op {
        Cvtdq2ps => {
            c.b().f32x4_convert_i32x4_s();
        }
        Cvtdq2pd => {
            c.b().f64x2_convert_low_i32x4_s();
        }
        Cvtpi2ps => {
            let a = c.a;
            c.b()
                .f32x4_convert_i32x4_s()
                .local_get(a)
                .i8x16_shuffle(core::array::from_fn(|i| if i < 8 { i as u8 } else { i as u8 + 16 }));
        }
        Cvtps2dq | Cvttps2dq | Cvtps2pi | Cvttps2pi => {
            let t = c.scratch.v128[0];
            c.b();
            if matches!(op, Cvtps2dq | Cvtps2pi) {
                c.sink.f32x4_nearest();
            }
            c.sink.local_tee(t).i32x4_trunc_sat_f32x4_s();
            c.splat32(0x8000_0000).local_get(t);
            c.splat32(2147483648f32.to_bits()).f32x4_lt().v128_bitselect();
            if matches!(op, Cvtps2pi | Cvttps2pi) {
                c.constant(u128::from(u64::MAX)).v128_and();
            }
        }
        Cvtpd2dq | Cvttpd2dq => {
            let t = c.scratch.v128[0];
            c.b();
            if op == Cvtpd2dq {
                c.sink.f64x2_nearest();
            }
            c.sink.local_tee(t).i32x4_trunc_sat_f64x2_s_zero();
            c.constant(0x8000_0000_8000_0000).local_get(t);
            c.splat64(2147483648f64.to_bits()).f64x2_lt();
            c.zero().i8x16_shuffle(NARROW).v128_bitselect();
        }
        Cvtps2pd => {
            c.b().f64x2_promote_low_f32x4();
            settle(c, true);
        }
        Cvtpd2ps => {
            c.b().f32x4_demote_f64x2_zero();
            settle(c, false);
        }
        Cvtss2sd => {
            let r = c.scratch.f64;
            c.b().f32x4_extract_lane(0).f64_promote_f32().local_set(r);
            if c.mend_nans {
                c.get(r).local_get(r).f64_ne().if_(BlockType::Empty);
                wide_nan(c);
                c.sink.f64x2_extract_lane(0).local_set(r).end();
            }
            c.a().local_get(r).f64x2_replace_lane(0);
        }
        Cvtsd2ss => {
            let r = c.scratch.f32;
            c.b().f64x2_extract_lane(0).f32_demote_f64().local_set(r);
            if c.mend_nans {
                c.get(r).local_get(r).f32_ne().if_(BlockType::Empty);
                narrow_nan(c);
                c.sink.f32x4_extract_lane(0).local_set(r).end();
            }
            c.a().local_get(r).f32x4_replace_lane(0);
        }
        _ => return false,
    }
    true
}

/// Replaces the NaNs of the result on the stack: they keep sign and the high
/// bits of the payload.
fn settle(c: &mut Code<'_>, wide: bool) {
    if !c.mend_nans {
        return;
    }
    let r = c.scratch.v128[0];
    let differs = |c: &mut Code<'_>| {
        c.sink.local_get(r).local_get(r);
        if wide {
            c.sink.f64x2_ne()
        } else {
            c.sink.f32x4_ne()
        };
    };
    c.sink.local_set(r);
    differs(c);
    c.sink.v128_any_true().if_(BlockType::Empty);
    if wide {
        wide_nan(c)
    } else {
        narrow_nan(c)
    };
    c.sink.local_get(r);
    differs(c);
    c.sink.v128_bitselect().local_set(r).end().local_get(r);
}

/// The low singles of the second operand, taken as NaNs, as doubles.
fn wide_nan(c: &mut Code<'_>) {
    let t = c.scratch.v128[1];
    c.b().i64x2_extend_low_i32x4_u().local_tee(t).i32_const(32).i64x2_shl();
    c.splat64(1 << 63).v128_and();
    c.sink.local_get(t);
    c.splat64(0x7f_ffff).v128_and().i32_const(29).i64x2_shl().v128_or();
    c.splat64(0x7ff8_0000_0000_0000).v128_or();
}

/// The doubles of the second operand, taken as NaNs, as singles.
fn narrow_nan(c: &mut Code<'_>) {
    let b = c.b;
    c.get(b).i32_const(32).i64x2_shr_u();
    c.splat64(0x8000_0000).v128_and().local_get(b).i32_const(29).i64x2_shr_u();
    c.splat64(0x3f_ffff).v128_and().v128_or();
    c.splat64(0x7fc0_0000).v128_or();
    c.zero().i8x16_shuffle(NARROW);
}
