//! The 80-bit double-extended format: encodings and classes.

use super::arith::Parts;
use super::{Env, flag};
pub use crate::x87::F80;

/// What an encoding stands for (SDM vol. 1, table 8-3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Plus or minus zero.
    Zero,
    /// Denormal or pseudo-denormal.
    Denormal,
    /// Normal finite number.
    Normal,
    /// Plus or minus infinity.
    Infinity,
    /// Quiet NaN.
    Quiet,
    /// Signalling NaN.
    Signalling,
    /// Unnormal, pseudo-infinity or pseudo-NaN: an invalid operand.
    Unsupported,
}

pub(crate) const BIAS: i32 = 16383;
pub(crate) const EXP_MAX: i32 = 0x7fff;
pub(crate) const INTEGER_BIT: u64 = 1 << 63;
const QUIET_BIT: u64 = 1 << 62;

impl F80 {
    /// Plus zero.
    pub const ZERO: F80 = F80::new(false, 0, 0);
    /// One.
    pub const ONE: F80 = F80::new(false, 0x3fff, INTEGER_BIT);
    /// Plus infinity.
    pub const INFINITY: F80 = F80::new(false, 0x7fff, INTEGER_BIT);
    /// The real indefinite, which masked invalid operations return.
    pub const INDEFINITE: F80 = F80::new(true, 0x7fff, INTEGER_BIT | QUIET_BIT);

    /// From sign, biased exponent (15 bits) and significand.
    pub const fn new(sign: bool, exponent: u16, mant: u64) -> F80 {
        F80 { mantissa: mant, sign_exponent: (exponent & 0x7fff) | (sign as u16) << 15 }
    }

    /// From the ten bytes in memory order.
    pub fn from_bytes(bytes: [u8; 10]) -> F80 {
        let [a, b, c, d, e, f, g, h, i, j] = bytes;
        F80 {
            mantissa: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            sign_exponent: u16::from_le_bytes([i, j]),
        }
    }

    /// The ten bytes in memory order.
    pub fn to_bytes(self) -> [u8; 10] {
        let mut out = [0; 10];
        out[..8].copy_from_slice(&self.mantissa.to_le_bytes());
        out[8..].copy_from_slice(&self.sign_exponent.to_le_bytes());
        out
    }

    /// The sign bit.
    #[inline]
    pub const fn sign(self) -> bool {
        self.sign_exponent >> 15 != 0
    }

    /// The biased exponent.
    #[inline]
    pub const fn exponent(self) -> u16 {
        self.sign_exponent & 0x7fff
    }

    /// With the sign bit inverted (FCHS).
    #[inline]
    pub const fn negated(self) -> F80 {
        F80 { mantissa: self.mantissa, sign_exponent: self.sign_exponent ^ 0x8000 }
    }

    /// With the sign bit cleared (FABS).
    #[inline]
    pub const fn magnitude(self) -> F80 {
        F80 { mantissa: self.mantissa, sign_exponent: self.sign_exponent & 0x7fff }
    }

    pub(crate) const fn with_sign(self, sign: bool) -> F80 {
        F80 { mantissa: self.mantissa, sign_exponent: (self.sign_exponent & 0x7fff) | (sign as u16) << 15 }
    }

    pub(crate) const fn zero(sign: bool) -> F80 {
        F80::new(sign, 0, 0)
    }

    pub(crate) const fn infinity(sign: bool) -> F80 {
        F80::new(sign, 0x7fff, INTEGER_BIT)
    }

    /// Finite, with the integer bit and a non-zero exponent: the case every
    /// operation tests first.
    #[inline]
    pub(crate) const fn is_normal(self) -> bool {
        self.mantissa >> 63 != 0 && (self.exponent().wrapping_sub(1)) < 0x7ffe
    }

    /// The class of this encoding.
    pub const fn class(self) -> Class {
        match (self.exponent(), self.mantissa) {
            (0, 0) => Class::Zero,
            (0, _) => Class::Denormal,
            (_, m) if m >> 63 == 0 => Class::Unsupported,
            (0x7fff, INTEGER_BIT) => Class::Infinity,
            (0x7fff, m) if m & QUIET_BIT != 0 => Class::Quiet,
            (0x7fff, _) => Class::Signalling,
            _ => Class::Normal,
        }
    }

    /// Any NaN, quiet or signalling.
    pub const fn is_nan(self) -> bool {
        matches!(self.class(), Class::Quiet | Class::Signalling)
    }

    pub(crate) const fn quieted(self) -> F80 {
        F80 { mantissa: self.mantissa | QUIET_BIT, sign_exponent: self.sign_exponent }
    }

    /// The same as [`F80::parts`] for a normal number.
    #[inline]
    pub(crate) const fn normal_parts(self) -> Parts {
        Parts { sign: self.sign(), exp: self.exponent() as i32 - BIAS, mant: self.mantissa }
    }

    /// Sign, exponent and normalised significand of a finite non-zero number.
    #[inline]
    pub(crate) const fn parts(self) -> Parts {
        let shift = self.mantissa.leading_zeros();
        // A denormal's exponent field of 0 means the same power as 1.
        let exponent = if self.exponent() == 0 { 1 } else { self.exponent() };
        Parts {
            sign: self.sign(),
            exp: exponent as i32 - BIAS - shift as i32,
            mant: if shift == 64 { 0 } else { self.mantissa << shift },
        }
    }
}

/// The result when an operand of a two-operand instruction is a NaN or
/// unsupported; `None` when neither is (SDM vol. 1, table 4-7).
pub(crate) fn nan_result(env: &mut Env, a: F80, b: F80) -> Option<F80> {
    use Class::*;
    let (ca, cb) = (a.class(), b.class());
    if ca == Unsupported || cb == Unsupported {
        env.raise(flag::IE);
        return Some(F80::INDEFINITE);
    }
    if ca == Signalling || cb == Signalling {
        env.raise(flag::IE);
    }
    let chosen = match (ca, cb) {
        // A quiet NaN wins over a signalling one whatever their payloads.
        (Quiet, Signalling) => a,
        (Signalling, Quiet) => b,
        (Quiet | Signalling, Quiet | Signalling) => larger_nan(a, b),
        (Quiet | Signalling, _) => a,
        (_, Quiet | Signalling) => b,
        _ => return None,
    };
    Some(chosen.quieted())
}

/// The NaN with the larger significand; between equal ones the positive.
fn larger_nan(a: F80, b: F80) -> F80 {
    if a.mantissa > b.mantissa || (a.mantissa == b.mantissa && !a.sign()) { a } else { b }
}

/// The same for a one-operand instruction.
pub(crate) fn nan_result_1(env: &mut Env, a: F80) -> Option<F80> {
    match a.class() {
        Class::Unsupported => {
            env.raise(flag::IE);
            Some(F80::INDEFINITE)
        }
        Class::Signalling => {
            env.raise(flag::IE);
            Some(a.quieted())
        }
        Class::Quiet => Some(a),
        _ => None,
    }
}
