//! F2XM1, FYL2X and FYL2XP1.

use super::f80::{Class, F80, nan_result, nan_result_1};
use super::trig::finish;
use super::wide::{Wide, from_polynomial, polynomial};
use super::{Env, flag};

const EXP_TERMS: usize = 30;
/// `1 / (k + 1)!` as fractions of 2^127.
const EXP: [u128; EXP_TERMS] = {
    let mut out = [1 << 127; EXP_TERMS];
    let mut k = 1;
    while k < EXP_TERMS {
        out[k] = out[k - 1] / (k as u128 + 1);
        k += 1;
    }
    out
};

const LOG_TERMS: usize = 22;
/// `1 / (2k + 1)` as fractions of 2^127.
const ODD: [u128; LOG_TERMS] = {
    let mut out = [0; LOG_TERMS];
    let mut k = 0;
    while k < LOG_TERMS {
        out[k] = (1 << 127) / (2 * k as u128 + 1);
        k += 1;
    }
    out
};

/// The square root of 2, as a significand of 128 bits.
const SQRT_2: u128 = 0xb504f333f9de6484597d89b3754abe9f;

/// `ln` of `(1 + s) / (1 - s)` over `ln 2`, for |s| up to 0.1716.
fn log2_ratio(s: Wide) -> Wide {
    let series = from_polynomial(polynomial(&ODD, s.mul(s).fraction(), false));
    s.mul(series).mul(Wide::TWO_LOG2_E)
}

/// The binary logarithm of a positive number; exactly 0 for 1.
fn log2(x: Wide) -> Wide {
    // x = 2^k * m with m between sqrt(1/2) and sqrt(2): no cancellation in k + log2 m.
    let high = i32::from(x.mant > SQRT_2);
    let k = x.exp + high;
    let m = Wide { sign: false, exp: -high, mant: x.mant };
    let below = m.sub(Wide::ONE);
    if below.is_zero() {
        return Wide::from_int(k);
    }
    Wide::from_int(k).add(log2_ratio(below.div(m.add(Wide::ONE))))
}

impl F80 {
    /// `2^self - 1` (F2XM1). Beyond [-1, 1] the manual leaves the result
    /// undefined; the operand comes back, infinities as their limits.
    pub fn exp2_minus_1(self, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result_1(env, self) {
            return nan;
        }
        match self.class() {
            Class::Zero => return self,
            Class::Infinity if self.sign() => return F80::ONE.negated(),
            Class::Infinity => return self,
            Class::Denormal => env.raise(flag::DE),
            _ => {}
        }
        let x: Wide = self.parts().into();
        if x.exp >= 0 || env.stopped() {
            // Exact, but processors say inexact.
            if x.exp >= 0 && !env.stopped() {
                env.raise(flag::PE);
            }
            let minus_half = F80::new(true, 0x3ffe, 1 << 63);
            return if self == F80::ONE.negated() { minus_half } else { self };
        }
        let y = x.mul(Wide::LN_2);
        let series = from_polynomial(polynomial(&EXP, y.fraction(), y.sign));
        finish(env, y.mul(series))
    }

    /// `y * log2(self)` (FYL2X with ST(1) = `y`).
    pub fn log2_times(self, y: F80, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result(env, self, y) {
            return nan;
        }
        let (cx, cy) = (self.class(), y.class());
        if cx != Class::Zero && self.sign() {
            return invalid(env);
        }
        match (cx, cy) {
            (Class::Zero | Class::Infinity, Class::Zero) => return invalid(env),
            (Class::Zero, _) => {
                if cy != Class::Infinity {
                    env.raise(flag::ZE);
                }
                return F80::infinity(!y.sign());
            }
            (Class::Infinity, _) => {
                note_denormal(env, cx, cy);
                return F80::infinity(y.sign());
            }
            _ => {}
        }
        if self == F80::ONE && cy == Class::Infinity {
            return invalid(env);
        }
        note_denormal(env, cx, cy);
        if env.stopped() {
            return self;
        }
        let log = log2(self.parts().into());
        product(env, log, y)
    }

    /// `y * log2(self + 1)` (FYL2XP1 with ST(1) = `y`).
    pub fn log2_plus_1_times(self, y: F80, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result(env, self, y) {
            return nan;
        }
        let (cx, cy) = (self.class(), y.class());
        match (cx, cy) {
            (Class::Zero, Class::Infinity) | (Class::Infinity, Class::Zero) => return invalid(env),
            (Class::Zero, _) => {
                note_denormal(env, cx, cy);
                return F80::zero(self.sign() != y.sign());
            }
            (Class::Infinity, _) if self.sign() => return invalid(env),
            (Class::Infinity, _) => return F80::infinity(y.sign()),
            _ => note_denormal(env, cx, cy),
        }
        if env.stopped() {
            return self;
        }
        let x: Wide = self.parts().into();
        let log = if x.exp < -2 {
            log2_ratio(x.div(x.add(Wide::from_int(2))))
        } else {
            let shifted = x.add(Wide::ONE);
            if shifted.sign || shifted.is_zero() {
                return invalid(env);
            }
            log2(shifted)
        };
        product(env, log, y)
    }
}

fn invalid(env: &mut Env) -> F80 {
    env.raise(flag::IE);
    F80::INDEFINITE
}

fn note_denormal(env: &mut Env, a: Class, b: Class) {
    if a == Class::Denormal || b == Class::Denormal {
        env.raise(flag::DE);
    }
}

/// `log * y`, where `log` is finite and `y` is not a NaN.
fn product(env: &mut Env, log: Wide, y: F80) -> F80 {
    let sign = log.sign != y.sign();
    if y.class() == Class::Infinity {
        return F80::infinity(sign);
    }
    if log.is_zero() || y.class() == Class::Zero {
        return F80::zero(sign);
    }
    finish(env, log.mul(y.parts().into()))
}
