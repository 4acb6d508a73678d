//! FSIN, FCOS, FPTAN and FPATAN.
//!
//! Arguments are reduced by the 66-bit pi the processors use (SDM vol. 1,
//! 8.3.8), exactly: near multiples of pi the result is the processor's, which
//! is not that of a true pi.

use super::arith::Parts;
use super::f80::{Class, F80, nan_result, nan_result_1};
use super::round::round_f80;
use super::wide::{Wide, from_polynomial, polynomial};
use super::{Env, Precision, flag};

/// Half of the 66-bit pi, in units of 2^-65.
const HALF_PI: u128 = 0x3_243f_6a88_85a3_08d3;
const TERMS: usize = 16;
const SIN: [u128; TERMS] = inverse_factorials(1);
const COS: [u128; TERMS] = inverse_factorials(0);
const ODD: [u128; TERMS] = {
    let mut out = [0; TERMS];
    let mut k = 0;
    while k < TERMS {
        out[k] = (1 << 127) / (2 * k as u128 + 1);
        k += 1;
    }
    out
};

/// `1 / (2k + odd)!` as fractions of 2^127.
const fn inverse_factorials(odd: u128) -> [u128; TERMS] {
    let mut out = [1 << 127; TERMS];
    let mut k = 1;
    while k < TERMS {
        let n = 2 * k as u128 + odd;
        out[k] = out[k - 1] / (n * (n - 1));
        k += 1;
    }
    out
}

/// The arctangents of k/16, as fractions of 2^128.
const ATAN: [u128; 17] = [
    0x00000000000000000000000000000000,
    0x0ffaaddb967ef4e36cb2792dc0e2e0d5,
    0x1fd5ba9aac2f6dc65912f313e7d111df,
    0x2f72f6979cb6044d1ec2d3e207271d22,
    0x3eb6ebf25901bac55b71e7bd7de885f9,
    0x4d89dcdc1faf2f34e2d5da4c693d7994,
    0x5bd86507937bc239c55190916e7f2242,
    0x6993bb0f308ff2db213e4af4800f389b,
    0x76b19c1586ed3da2b7f222f65e1d4682,
    0x832bf4a6d9867e2a4b6a09cb61a515c1,
    0x8f005d5ef7f59f9b5c835e1665c43748,
    0x9a2f80e671bdda204226f8e2204ff3bd,
    0xa4bc7d1934f7092419a87f2a457dac9f,
    0xaeac4c38b4d8c08014725e2f3e52070a,
    0xb8053e2bc2319e73cb2da55210a4443d,
    0xc0ce85b8ac52664089dd62c46e92fa25,
    0xc90fdaa22168c234c4c6628b80dc1cd1,
];

/// Rounds at extended precision: the transcendentals ignore precision control.
pub(super) fn finish(env: &mut Env, value: Wide) -> F80 {
    let precision = core::mem::replace(&mut env.precision, Precision::Extended);
    let result = round_f80(env, value.inexact());
    env.precision = precision;
    result
}

/// Operands FSIN and its kin compute on, or what they return otherwise.
enum Argument {
    /// A NaN, or the indefinite for an infinity.
    Special(F80),
    Zero,
    /// |x| is 2^63 or more: C2.
    OutOfRange,
    Number(Parts),
}

fn argument(env: &mut Env, x: F80) -> Argument {
    if let Some(nan) = nan_result_1(env, x) {
        return Argument::Special(nan);
    }
    match x.class() {
        Class::Infinity => {
            env.raise(flag::IE);
            Argument::Special(F80::INDEFINITE)
        }
        Class::Zero => Argument::Zero,
        class => {
            if class == Class::Denormal {
                env.raise(flag::DE);
            }
            let parts = x.parts();
            if parts.exp >= 63 { Argument::OutOfRange } else { Argument::Number(parts) }
        }
    }
}

/// `x` less the nearest multiple of pi/2, and that multiple modulo 4.
fn reduce(x: Parts) -> (Wide, u32) {
    if x.exp < -2 {
        return (x.into(), 0);
    }
    // In units of 2^-65 every such number is an integer of at most 128 bits.
    let units = u128::from(x.mant) << (x.exp + 2);
    let (mut quotient, mut rest) = (units / HALF_PI, units % HALF_PI);
    let mut sign = x.sign;
    if rest > HALF_PI / 2 {
        rest = HALF_PI - rest;
        quotient += 1;
        sign = !sign;
    }
    let quadrant = (quotient & 3) as u32;
    let quadrant = if x.sign { quadrant.wrapping_neg() & 3 } else { quadrant };
    (Wide::new(sign, 127 - 65, rest), quadrant)
}

/// Sine and cosine of a number within pi/4 of 0.
fn kernel(r: Wide) -> (Wide, Wide) {
    let square = r.mul(r).fraction();
    let sine = r.mul(from_polynomial(polynomial(&SIN, square, true)));
    (sine, from_polynomial(polynomial(&COS, square, true)))
}

fn sin_cos(x: Parts) -> (Wide, Wide) {
    let (r, quadrant) = reduce(x);
    let (s, c) = kernel(r);
    match quadrant {
        0 => (s, c),
        1 => (c, s.negated()),
        2 => (s.negated(), c.negated()),
        _ => (c.negated(), s),
    }
}

impl F80 {
    /// The sine, or `None` when out of range (C2).
    pub fn sin(self, env: &mut Env) -> Option<F80> {
        Some(match argument(env, self) {
            Argument::Special(value) => value,
            Argument::Zero => self,
            Argument::OutOfRange => return None,
            Argument::Number(_) if env.stopped() => self,
            Argument::Number(x) => finish(env, sin_cos(x).0),
        })
    }

    /// The cosine, or `None` when out of range (C2).
    pub fn cos(self, env: &mut Env) -> Option<F80> {
        Some(match argument(env, self) {
            Argument::Special(value) => value,
            Argument::Zero => F80::ONE,
            Argument::OutOfRange => return None,
            Argument::Number(_) if env.stopped() => self,
            Argument::Number(x) => finish(env, sin_cos(x).1),
        })
    }

    /// Sine and cosine (FSINCOS), or `None` when out of range (C2).
    pub fn sin_cos(self, env: &mut Env) -> Option<(F80, F80)> {
        Some(match argument(env, self) {
            Argument::Special(value) => (value, value),
            Argument::Zero => (self, F80::ONE),
            Argument::OutOfRange => return None,
            Argument::Number(_) if env.stopped() => (self, self),
            Argument::Number(x) => {
                let (s, c) = sin_cos(x);
                (finish(env, s), finish(env, c))
            }
        })
    }

    /// The tangent and the number FPTAN pushes after it (1, or the NaN again),
    /// or `None` when out of range (C2).
    pub fn tan(self, env: &mut Env) -> Option<(F80, F80)> {
        Some(match argument(env, self) {
            Argument::Special(value) => (value, value),
            Argument::Zero => (self, F80::ONE),
            Argument::OutOfRange => return None,
            Argument::Number(_) if env.stopped() => (self, F80::ONE),
            Argument::Number(x) => {
                let (s, c) = sin_cos(x);
                (finish(env, s.div(c)), F80::ONE)
            }
        })
    }

    /// The angle of the point (`x`, `self`) (FPATAN with ST(1) = `self`).
    pub fn atan2(self, x: F80, env: &mut Env) -> F80 {
        if let Some(nan) = nan_result(env, self, x) {
            return nan;
        }
        let (cy, cx) = (self.class(), x.class());
        if cy == Class::Denormal || cx == Class::Denormal {
            env.raise(flag::DE);
            if env.stopped() {
                return self;
            }
        }
        let angle = match (cy, cx) {
            (Class::Infinity, Class::Infinity) => {
                let quarter = Wide::PI.scaled(-2);
                if x.sign() { Wide::PI.sub(quarter) } else { quarter }
            }
            (Class::Infinity, _) => Wide::PI.scaled(-1),
            (Class::Zero, _) | (_, Class::Infinity) => {
                if !x.sign() {
                    return F80::zero(self.sign());
                }
                Wide::PI
            }
            (_, Class::Zero) => Wide::PI.scaled(-1),
            _ => arctangent(self.magnitude().parts().into(), x.parts().into()),
        };
        finish(env, angle.with_sign(self.sign()))
    }
}

/// The angle of (`x`, `y`) in [0, pi], for a positive `y`.
fn arctangent(y: Wide, x: Wide) -> Wide {
    let across = x.with_sign(false);
    let steep = (y.exp, y.mant) > (across.exp, across.mant);
    let t = if steep { across.div(y) } else { y.div(across) };
    let angle = arctangent_below_one(t);
    match (steep, x.sign) {
        (false, false) => angle,
        (false, true) => Wide::PI.sub(angle),
        (true, false) => Wide::PI.scaled(-1).sub(angle),
        (true, true) => Wide::PI.scaled(-1).add(angle),
    }
}

/// The arctangent of `t` in (0, 1].
fn arctangent_below_one(t: Wide) -> Wide {
    // The nearest sixteenth k/16; atan t = atan k/16 + atan((t - k/16) / (1 + t k/16)).
    let sixteenths = match t.exp {
        0.. => 16,
        -6..0 => ((t.fraction() >> 123) + 1) >> 1,
        _ => 0,
    };
    let k = Wide::from_int(sixteenths as i32).scaled(-4);
    let u = if sixteenths == 0 { t } else { t.sub(k).div(t.mul(k).add(Wide::ONE)) };
    if u.is_zero() {
        return Wide::new(false, -1, ATAN[sixteenths as usize]);
    }
    let series = from_polynomial(polynomial(&ODD, u.mul(u).fraction(), true));
    Wide::new(false, -1, ATAN[sixteenths as usize]).add(u.mul(series))
}
