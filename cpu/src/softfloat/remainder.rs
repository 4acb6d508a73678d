//! FPREM and FPREM1: the exact remainder, at most 63 bits of quotient at a time.

use super::f80::{Class, F80, nan_result};
use super::round::round_f80;
use super::{Env, Precision, flag};

/// What FPREM and FPREM1 leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remainder {
    /// The remainder, or the partly reduced dividend.
    pub value: F80,
    /// Low three bits of the quotient, `None` when there is none: NaNs, invalid
    /// operands and incomplete steps.
    pub quotient: Option<u8>,
    /// The reduction must go on (C2).
    pub incomplete: bool,
}

/// Bits by which an incomplete step reduces an exponent difference of 64 or more.
/// The manual allows 32 to 63; this is what processors do.
fn partial(difference: i32) -> i32 {
    32 + (difference & 31)
}

impl F80 {
    /// Remainder of `self / by`, the quotient rounded toward zero (FPREM) or,
    /// when `nearest`, to the nearest even integer (FPREM1).
    pub fn remainder(self, by: F80, nearest: bool, env: &mut Env) -> Remainder {
        let special = |value| Remainder { value, quotient: None, incomplete: false };
        let done = |value| Remainder { value, quotient: Some(0), incomplete: false };
        if let Some(nan) = nan_result(env, self, by) {
            return special(nan);
        }
        let (ca, cb) = (self.class(), by.class());
        if ca == Class::Infinity || cb == Class::Zero {
            env.raise(flag::IE);
            return special(F80::INDEFINITE);
        }
        if ca == Class::Denormal || cb == Class::Denormal {
            env.raise(flag::DE);
        }
        if env.stopped() {
            return special(self);
        }
        if ca == Class::Zero {
            return done(self);
        }
        if cb == Class::Infinity {
            // A denormal comes back normalised where its exponent allows: unchanged.
            return done(exactly(env, self.sign(), self.parts().exp, u128::from(self.parts().mant)));
        }
        let (a, b) = (self.parts(), by.parts());
        let difference = a.exp - b.exp;
        if difference < -1 {
            return done(exactly(env, a.sign, a.exp, u128::from(a.mant)));
        }
        if difference > 63 {
            // Subtract the largest multiple of by * 2^(difference - partial).
            let step = difference - partial(difference);
            let (_, rest) = long_division(a.mant, b.mant, partial(difference));
            let value = exactly(env, a.sign, b.exp + step, u128::from(rest));
            return Remainder { value, quotient: None, incomplete: true };
        }
        let (mut quotient, mut rest, exp) = if difference < 0 {
            // Here |self| < |by|; keep the dividend's own scale.
            (0, u128::from(a.mant), a.exp)
        } else {
            let (q, r) = long_division(a.mant, b.mant, difference);
            (q, u128::from(r), b.exp)
        };
        let mut sign = a.sign;
        if nearest {
            let divisor = u128::from(b.mant) << (b.exp - exp);
            let twice = rest << 1;
            if twice > divisor || (twice == divisor && quotient & 1 != 0) {
                rest = divisor - rest;
                quotient = quotient.wrapping_add(1);
                sign = !sign;
            }
        }
        let value = if rest == 0 { F80::zero(a.sign) } else { exactly(env, sign, exp, rest) };
        Remainder { value, quotient: Some((quotient & 7) as u8), incomplete: false }
    }
}

/// Divides `a * 2^shift` by `b` (`shift` up to 63): quotient and remainder.
fn long_division(a: u64, b: u64, shift: i32) -> (u64, u64) {
    let (first, rest) = if a >= b { (1u64, a - b) } else { (0, a) };
    if shift == 0 {
        return (first, rest);
    }
    // rest < b, so (rest << shift) / b is below 2^shift.
    let wide = u128::from(rest) << shift;
    let (q, r) = super::arith::div_128_64((wide >> 64) as u64, wide as u64, b);
    (first.wrapping_shl(shift as u32).wrapping_add(q), r)
}

/// `mant * 2^(exp - 63)`, which the format holds exactly.
fn exactly(env: &mut Env, sign: bool, exp: i32, mant: u128) -> F80 {
    if mant == 0 {
        return F80::zero(sign);
    }
    let precision = core::mem::replace(&mut env.precision, Precision::Extended);
    let result = round_f80(env, super::arith::Exact::normalised(sign, exp + 64, mant));
    env.precision = precision;
    result
}
