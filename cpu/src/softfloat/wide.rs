//! Floating point with a 128-bit significand, for the transcendental
//! instructions: their results are computed to about 100 bits here and rounded
//! once to 64, so they are within half an ulp and a hair of the true value.

use super::arith::{Exact, Parts, shift_right_jam};

/// `mant * 2^(exp - 127)`; the top bit of `mant` is set unless the value is 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    pub sign: bool,
    pub exp: i32,
    pub mant: u128,
}

/// High half of the 256-bit product.
#[inline]
pub(crate) fn mul_high(a: u128, b: u128) -> u128 {
    let (a1, a0) = (a >> 64, a & u128::from(u64::MAX));
    let (b1, b0) = (b >> 64, b & u128::from(u64::MAX));
    let low = (a0 * b0) >> 64;
    let (mid, carry) = (a1 * b0).overflowing_add(a0 * b1);
    let (mid, more) = mid.overflowing_add(low);
    (a1 * b1) + (mid >> 64) + ((u128::from(carry) + u128::from(more)) << 64)
}

impl Wide {
    pub const ONE: Wide = Wide { sign: false, exp: 0, mant: 1 << 127 };
    pub const PI: Wide = Wide { sign: false, exp: 1, mant: 0xc90fdaa22168c234c4c6628b80dc1cd1 };
    pub const LN_2: Wide = Wide { sign: false, exp: -1, mant: 0xb17217f7d1cf79abc9e3b39803f2f6af };
    /// 2 / ln 2.
    pub const TWO_LOG2_E: Wide = Wide { sign: false, exp: 1, mant: 0xb8aa3b295c17f0bbbe87fed0691d3e89 };

    /// `mant * 2^(exp - 127)` for a `mant` that need not be normalised.
    pub fn new(sign: bool, exp: i32, mant: u128) -> Wide {
        if mant == 0 {
            return Wide { sign, exp: 0, mant: 0 };
        }
        let shift = mant.leading_zeros();
        Wide { sign, exp: exp - shift as i32, mant: mant << shift }
    }

    pub fn from_int(value: i32) -> Wide {
        Wide::new(value < 0, 127, u128::from(value.unsigned_abs()))
    }

    pub fn is_zero(&self) -> bool {
        self.mant == 0
    }

    pub fn negated(self) -> Wide {
        Wide { sign: !self.sign, ..self }
    }

    pub fn with_sign(self, sign: bool) -> Wide {
        Wide { sign, ..self }
    }

    /// Times 2^count.
    pub fn scaled(self, count: i32) -> Wide {
        Wide { exp: self.exp + count, ..self }
    }

    pub fn mul(self, other: Wide) -> Wide {
        Wide::new(self.sign != other.sign, self.exp + other.exp + 1, mul_high(self.mant, other.mant))
    }

    pub fn add(self, other: Wide) -> Wide {
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        let larger = (self.exp, self.mant) >= (other.exp, other.mant);
        let (a, b) = if larger { (self, other) } else { (other, self) };
        let shifted = shift_right_jam(b.mant >> 1, (a.exp - b.exp) as u32);
        let sum = if a.sign == b.sign { (a.mant >> 1) + shifted } else { (a.mant >> 1) - shifted };
        Wide::new(a.sign, a.exp + 1, sum)
    }

    pub fn sub(self, other: Wide) -> Wide {
        self.add(other.negated())
    }

    /// `self / other`, to about 100 bits: two Newton steps on the reciprocal
    /// from a double.
    pub fn div(self, other: Wide) -> Wide {
        // 1/d for d in [1, 2), as a fixed-point fraction in (1/2, 1].
        let d = (other.mant >> 64) as u64 as f64 / 9223372036854775808.0;
        let estimate = (1.0 / d).min(1.0 - f64::EPSILON);
        let mut r = ((estimate * 18446744073709551616.0) as u64 as u128) << 64;
        for _ in 0..2 {
            // d * r is near 1: `error` is its distance as a fraction of 2^128.
            // mul_high gives d * r / 2, for d has one integer bit.
            let product = mul_high(other.mant, r);
            let error = (1u128 << 127).wrapping_sub(product) as i128;
            let change = mul_high(r, error.unsigned_abs() << 1);
            r = if error < 0 { r - change } else { r.saturating_add(change) };
        }
        let quotient = mul_high(self.mant, r);
        Wide::new(self.sign != other.sign, self.exp - other.exp, quotient)
    }

    /// The value as a fixed-point fraction of 2^128; it must be below 1.
    pub fn fraction(&self) -> u128 {
        debug_assert!(self.is_zero() || self.exp < 0);
        match (-1 - self.exp) as u32 {
            shift @ 0..128 => self.mant >> shift,
            _ => 0,
        }
    }

    /// As an exact result for rounding, made inexact: every non-trivial
    /// transcendental value is irrational.
    pub fn inexact(self) -> Exact {
        Exact { sign: self.sign, exp: self.exp, hi: (self.mant >> 64) as u64, lo: self.mant as u64 | 1 }
    }
}

impl From<Parts> for Wide {
    fn from(p: Parts) -> Wide {
        Wide { sign: p.sign, exp: p.exp, mant: u128::from(p.mant) << 64 }
    }
}

/// Horner's rule on `c0 + c1 x + c2 x^2 ...`, or `c0 - c1 x + ...` when
/// `alternating`. `x` is a fraction of 2^128, coefficients and result have one
/// integer bit (fractions of 2^127). Every partial sum must stay in [0, 2).
pub(crate) fn polynomial(coefficients: &[u128], x: u128, alternating: bool) -> u128 {
    coefficients.iter().rev().fold(0, |sum, &c| {
        let term = mul_high(sum, x);
        if alternating { c - term.min(c) } else { c.saturating_add(term) }
    })
}

/// The fixed-point result of [`polynomial`] as a number.
pub(crate) fn from_polynomial(value: u128) -> Wide {
    Wide::new(false, 0, value)
}
