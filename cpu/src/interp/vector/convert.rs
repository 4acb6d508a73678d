//! SSE conversions. The fast paths follow the rule of [`super::float`].

use super::float::Real;
use crate::softfloat::sse::{self, Format};
use crate::softfloat::{Env, Rounding, flag};

const RC: u32 = 0x6000;
const SETTLED: u32 = 0x1020;

/// Adds the raised flags to MXCSR; `None` if one of them is unmasked.
#[inline]
fn settle(mxcsr: &mut u32, env: Env) -> Option<()> {
    *mxcsr |= u32::from(env.flags);
    (env.unmasked() == 0).then_some(())
}

/// CVT(T)SS2SI, CVT(T)SD2SI: the low lane of `b` to an integer of `bits`,
/// zero-extended from that width.
#[inline(always)]
pub(crate) fn to_integer<R: Real + Into<f64>>(
    mxcsr: &mut u32,
    truncate: bool,
    bits: u32,
    b: u128,
) -> Option<u64> {
    let value = R::from_bits64(b as u64);
    let wide: f64 = value.into();
    let limit = (1u64 << (bits - 1)) as f64;
    let narrow = |v: i64| if bits == 32 { u64::from(v as u32) } else { v as u64 };
    if wide.abs() < limit && (truncate || *mxcsr & RC == 0) {
        let rounded = if truncate { wide.trunc() } else { wide.round_ties_even() };
        // Rounding can reach the limit; the exact path knows what that is.
        if (rounded == wide || *mxcsr & SETTLED == SETTLED) && rounded < limit {
            return Some(narrow(rounded as i64));
        }
    }
    let mut env = Env::from_mxcsr(*mxcsr);
    let mode = if truncate { Rounding::Zero } else { env.rounding };
    let bits_in = R::from_bits64(b as u64).bits();
    let result = sse::to_integer(&mut env, R::FORMAT, mode, bits, bits_in);
    settle(mxcsr, env)?;
    Some(narrow(result))
}

/// CVTSI2SS, CVTSI2SD.
#[inline(always)]
pub(crate) fn from_integer(mxcsr: &mut u32, to: Format, value: i64) -> Option<u64> {
    let exact = value.unsigned_abs() <= 1 << (to.fraction + 1);
    if exact || *mxcsr & (RC | SETTLED) == SETTLED {
        return Some(if to.fraction == 52 {
            (value as f64).to_bits()
        } else {
            u64::from((value as f32).to_bits())
        });
    }
    let mut env = Env::from_mxcsr(*mxcsr);
    let result = sse::from_integer(&mut env, to, value);
    settle(mxcsr, env)?;
    Some(result)
}

/// CVTSS2SD of the bits of a single.
#[inline(always)]
pub(crate) fn widen(mxcsr: &mut u32, bits: u32) -> Option<u64> {
    let value = f32::from_bits(bits);
    if value.is_normal() || value == 0.0 {
        return Some(f64::from(value).to_bits());
    }
    let mut env = Env::from_mxcsr(*mxcsr);
    let result = sse::convert(&mut env, Format::F32, Format::F64, u64::from(bits));
    settle(mxcsr, env)?;
    Some(result)
}

/// CVTSD2SS of the bits of a double.
#[inline(always)]
pub(crate) fn narrow(mxcsr: &mut u32, bits: u64) -> Option<u32> {
    let value = f64::from_bits(bits);
    let result = value as f32;
    if *mxcsr & RC == 0 {
        let safe = result.is_normal() && result.abs() > f32::MIN_POSITIVE;
        let silent = *mxcsr & SETTLED == SETTLED || f64::from(result) == value;
        if (safe && silent) || value == 0.0 {
            return Some(result.to_bits());
        }
    }
    let mut env = Env::from_mxcsr(*mxcsr);
    let result = sse::convert(&mut env, Format::F64, Format::F32, bits);
    settle(mxcsr, env)?;
    Some(result as u32)
}

/// VCVTPH2PS of the bits of a half.
pub(crate) fn widen_half(mxcsr: &mut u32, bits: u64) -> Option<u64> {
    let mut env = Env::from_mxcsr(*mxcsr);
    let result = sse::widen_half(&mut env, bits);
    settle(mxcsr, env)?;
    Some(result)
}

/// VCVTPS2PH of the bits of a single; `imm` as in the instruction.
pub(crate) fn narrow_half(mxcsr: &mut u32, bits: u64, imm: u8) -> Option<u64> {
    let mut env = Env::from_mxcsr(*mxcsr);
    let mode = if imm & 4 != 0 { env.rounding } else { Rounding::from_bits(imm.into()) };
    let result = sse::narrow_half(&mut env, mode, bits);
    settle(mxcsr, env)?;
    Some(result)
}

/// Applies a conversion to `count` lanes of `from` bits, packing results of `to`
/// bits. With an unmasked exception every lane's flags are still gathered, but an
/// invalid lane keeps the others from being computed, so from being inexact.
pub(crate) fn each(
    mxcsr: &mut u32,
    (from, to, count): (u32, u32, u32),
    b: u128,
    f: impl Fn(&mut u32, u64) -> Option<u64>,
) -> Option<u128> {
    let before = *mxcsr;
    let lanes = |mxcsr: &mut u32| {
        let (mut out, mut fine) = (0, true);
        for i in 0..count {
            let bits = (b >> (i * from)) as u64 & (u64::MAX >> (64 - from));
            match f(mxcsr, bits) {
                Some(bits) => out |= u128::from(bits) << (i * to),
                None => fine = false,
            }
        }
        fine.then_some(out)
    };
    let out = lanes(mxcsr);
    if out.is_none() {
        // Once more from clear flags, to know which are this instruction's.
        let mut raised = before & !0x3f;
        lanes(&mut raised);
        let early = raised & u32::from(flag::IE | flag::DE);
        let kept = if early & !(before >> 7) != 0 { early } else { raised & 0x3f };
        *mxcsr = before | kept;
    }
    out
}

/// RCPSS of one lane: the processor promises 12 bits, this has 24. No exceptions.
pub(crate) fn reciprocal(bits: u32) -> u32 {
    approximate(bits, |x| 1.0 / x)
}

/// RSQRTSS of one lane.
pub(crate) fn reciprocal_root(bits: u32) -> u32 {
    approximate(bits, |x| {
        if x < 0.0 {
            f32::NAN
        } else if x == 0.0 {
            1.0 / x
        } else {
            1.0 / x.sqrt()
        }
    })
}

/// Denormal operands count as zeros, tiny results become zeros.
fn approximate(bits: u32, f: impl Fn(f32) -> f32) -> u32 {
    let x = f32::from_bits(bits);
    if x.is_nan() {
        return bits | 0x0040_0000;
    }
    let sign = bits & 0x8000_0000;
    let r = f(if x.is_subnormal() { f32::from_bits(sign) } else { x });
    if r.is_nan() {
        0xffc0_0000
    } else if r.is_subnormal() {
        sign
    } else {
        r.to_bits()
    }
}
