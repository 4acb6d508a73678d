//! The x87's arithmetic on 80-bit operands.

use super::arith::{self, Exact};
use super::f80::{BIAS, Class, F80, nan_result, nan_result_1};
use super::round::{round_f80, round_to_integer};
use super::{Env, Precision, Rounding, flag};

/// How two numbers compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// The first is smaller.
    Less,
    /// They are equal (zeros of either sign are).
    Equal,
    /// The first is larger.
    Greater,
    /// At least one is a NaN or unsupported.
    Unordered,
}

fn invalid(env: &mut Env) -> F80 {
    env.raise(flag::IE);
    F80::INDEFINITE
}

/// Raises DE when one of the finite operands is denormal.
fn note_denormal(env: &mut Env, a: Class, b: Class) {
    if a == Class::Denormal || b == Class::Denormal {
        env.raise(flag::DE);
    }
}

/// The sign of a sum that is exactly zero.
pub(crate) fn zero_sum_sign(mode: Rounding, a: bool, b: bool) -> bool {
    if a == b { a } else { mode == Rounding::Down }
}

fn round_sum(env: &mut Env, a: bool, b: bool, sum: Exact) -> F80 {
    if sum.is_zero() { F80::zero(zero_sum_sign(env.rounding, a, b)) } else { round_f80(env, sum) }
}

impl F80 {
    /// `self + other`.
    #[inline]
    pub fn add(self, other: F80, env: &mut Env) -> F80 {
        if self.is_normal() && other.is_normal() {
            let sum = arith::add(self.normal_parts(), other.normal_parts());
            return round_sum(env, self.sign(), other.sign(), sum);
        }
        add_special(env, self, other, other.sign())
    }

    /// `self - other`.
    #[inline]
    pub fn sub(self, other: F80, env: &mut Env) -> F80 {
        if self.is_normal() && other.is_normal() {
            return self.add(other.negated(), env);
        }
        add_special(env, self, other, !other.sign())
    }

    /// `self * other`.
    #[inline]
    pub fn mul(self, other: F80, env: &mut Env) -> F80 {
        if self.is_normal() && other.is_normal() {
            return round_f80(env, arith::mul(self.normal_parts(), other.normal_parts()));
        }
        mul_special(env, self, other)
    }

    /// `self / other`.
    #[inline]
    pub fn div(self, other: F80, env: &mut Env) -> F80 {
        if self.is_normal() && other.is_normal() {
            return round_f80(env, arith::div(self.normal_parts(), other.normal_parts()));
        }
        div_special(env, self, other)
    }

    /// The square root.
    pub fn sqrt(self, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result_1(env, self) {
            return nan;
        }
        match self.class() {
            Class::Zero => self,
            _ if self.sign() => invalid(env),
            Class::Infinity => self,
            class => {
                note_denormal(env, class, Class::Normal);
                if env.stopped() {
                    return self;
                }
                round_f80(env, arith::sqrt(self.parts()))
            }
        }
    }

    /// Rounded to an integer by the rounding control (FRNDINT).
    pub fn round_to_integer(self, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result_1(env, self) {
            return nan;
        }
        let class = self.class();
        if matches!(class, Class::Zero | Class::Infinity) {
            return self;
        }
        note_denormal(env, class, Class::Normal);
        let parts = self.parts();
        if env.stopped() || parts.exp >= 63 {
            return self;
        }
        let Some((integer, inexact)) = round_to_integer(env, env.rounding, &parts.into()) else {
            return self;
        };
        if inexact {
            env.raise(flag::PE);
        }
        from_magnitude(self.sign(), integer)
    }

    /// Compares. A quiet NaN raises IE only when `signal_quiet` (FCOM, FCOMI;
    /// not FUCOM, FUCOMI).
    pub fn compare(self, other: F80, signal_quiet: bool, env: &mut Env) -> Relation {
        let (ca, cb) = (self.class(), other.class());
        let quiet = ca == Class::Quiet || cb == Class::Quiet;
        let bad = |c| matches!(c, Class::Signalling | Class::Unsupported);
        if quiet || bad(ca) || bad(cb) {
            if bad(ca) || bad(cb) || signal_quiet {
                env.raise(flag::IE);
            }
            return Relation::Unordered;
        }
        note_denormal(env, ca, cb);
        if ca == Class::Zero && cb == Class::Zero {
            return Relation::Equal;
        }
        match self.order_key().cmp(&other.order_key()) {
            core::cmp::Ordering::Less => Relation::Less,
            core::cmp::Ordering::Equal => Relation::Equal,
            core::cmp::Ordering::Greater => Relation::Greater,
        }
    }

    /// An integer that orders numbers as their values do (zeros apart).
    fn order_key(self) -> i128 {
        // A pseudo-denormal has the value its exponent field of 1 would give.
        let pseudo = self.exponent() == 0 && self.mantissa >> 63 != 0;
        let exponent = if pseudo { 1 } else { self.exponent() };
        let key = i128::from(exponent) << 64 | i128::from(self.mantissa);
        if self.sign() { -key } else { key }
    }

    /// `self * 2^trunc(by)` (FSCALE).
    pub fn scale(self, by: F80, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result(env, self, by) {
            return nan;
        }
        let (ca, cb) = (self.class(), by.class());
        if cb == Class::Infinity {
            return match (ca, by.sign()) {
                (Class::Zero, false) | (Class::Infinity, true) => invalid(env),
                (Class::Zero | Class::Infinity, _) => self,
                (_, down) => {
                    note_denormal(env, ca, cb);
                    if down { F80::zero(self.sign()) } else { F80::infinity(self.sign()) }
                }
            };
        }
        note_denormal(env, ca, cb);
        if env.stopped() || matches!(ca, Class::Zero | Class::Infinity) {
            return self;
        }
        // Any count past twice the exponent range over- or underflows all the same.
        const LIMIT: i32 = 0x10000;
        let count = if cb == Class::Zero || by.exponent() < BIAS as u16 {
            0
        } else {
            let parts = by.parts();
            let size = if parts.exp > 16 { LIMIT } else { (parts.mant >> (63 - parts.exp)) as i32 };
            if by.sign() { -size.min(LIMIT) } else { size.min(LIMIT) }
        };
        let mut parts = self.parts();
        parts.exp += count;
        // FSCALE ignores precision control.
        let precision = core::mem::replace(&mut env.precision, Precision::Extended);
        let result = round_f80(env, parts.into());
        env.precision = precision;
        result
    }

    /// Significand (first) and unbiased exponent (second) as numbers (FXTRACT).
    pub fn extract(self, env: &mut Env) -> (F80, F80) {
        if let Some(nan) = nan_result_1(env, self) {
            return (nan, nan);
        }
        match self.class() {
            Class::Infinity => (self, F80::INFINITY),
            Class::Zero => {
                env.raise(flag::ZE);
                (self, F80::infinity(true))
            }
            class => {
                note_denormal(env, class, Class::Normal);
                let parts = self.parts();
                let significand = F80::new(self.sign(), BIAS as u16, parts.mant);
                (significand, from_magnitude(parts.exp < 0, u64::from(parts.exp.unsigned_abs())))
            }
        }
    }
}

/// An integer as an 80-bit number; always exact. Zero keeps the sign.
pub(crate) fn from_magnitude(sign: bool, value: u64) -> F80 {
    if value == 0 {
        return F80::zero(sign);
    }
    let shift = value.leading_zeros();
    F80::new(sign, (BIAS + 63) as u16 - shift as u16, value << shift)
}

/// Addition of `a` and `b` (whose sign for the purpose is `sb`) when one of
/// them is not a normal number.
#[cold]
fn add_special(env: &mut Env, a: F80, b: F80, sb: bool) -> F80 {
    if let Some(nan) = nan_result(env, a, b) {
        return nan;
    }
    let (ca, cb) = (a.class(), b.class());
    let b = b.with_sign(sb);
    if ca == Class::Infinity && cb == Class::Infinity {
        return if a.sign() == sb { a } else { invalid(env) };
    }
    note_denormal(env, ca, cb);
    if env.stopped() || ca == Class::Infinity {
        return a;
    }
    if cb == Class::Infinity {
        return b;
    }
    match (ca, cb) {
        (Class::Zero, Class::Zero) => F80::zero(zero_sum_sign(env.rounding, a.sign(), sb)),
        // Not returned as it is: precision control rounds it.
        (Class::Zero, _) => round_f80(env, b.parts().into()),
        (_, Class::Zero) => round_f80(env, a.parts().into()),
        _ => {
            let sum = arith::add(a.parts(), b.parts());
            round_sum(env, a.sign(), sb, sum)
        }
    }
}

#[cold]
fn mul_special(env: &mut Env, a: F80, b: F80) -> F80 {
    if let Some(nan) = nan_result(env, a, b) {
        return nan;
    }
    let sign = a.sign() != b.sign();
    let (ca, cb) = (a.class(), b.class());
    match (ca, cb) {
        (Class::Infinity, Class::Zero) | (Class::Zero, Class::Infinity) => return invalid(env),
        _ => note_denormal(env, ca, cb),
    }
    if env.stopped() {
        return a;
    }
    match (ca, cb) {
        (Class::Infinity, _) | (_, Class::Infinity) => F80::infinity(sign),
        (Class::Zero, _) | (_, Class::Zero) => F80::zero(sign),
        _ => round_f80(env, arith::mul(a.parts(), b.parts())),
    }
}

#[cold]
fn div_special(env: &mut Env, a: F80, b: F80) -> F80 {
    if let Some(nan) = nan_result(env, a, b) {
        return nan;
    }
    let sign = a.sign() != b.sign();
    let (ca, cb) = (a.class(), b.class());
    match (ca, cb) {
        (Class::Infinity, Class::Infinity) | (Class::Zero, Class::Zero) => return invalid(env),
        (Class::Normal | Class::Denormal, Class::Zero) => {
            // The division by zero hides a denormal dividend.
            env.raise(flag::ZE);
            return F80::infinity(sign);
        }
        _ => note_denormal(env, ca, cb),
    }
    if env.stopped() {
        return a;
    }
    match (ca, cb) {
        (Class::Infinity, _) => F80::infinity(sign),
        (_, Class::Infinity) | (Class::Zero, _) => F80::zero(sign),
        _ => round_f80(env, arith::div(a.parts(), b.parts())),
    }
}
