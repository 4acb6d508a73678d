//! Conversions between the 80-bit format and integers, singles and doubles.

use super::arith::Exact;
use super::f80::{BIAS, Class, F80, INTEGER_BIT};
use super::round::{Format, round_ieee, round_to_integer};
use super::x87::from_magnitude;
use super::{Env, Rounding, flag};

impl F80 {
    /// From an integer; exact, zero is positive (FILD).
    #[inline]
    pub fn from_i64(value: i64) -> F80 {
        from_magnitude(value < 0, value.unsigned_abs())
    }

    /// To a signed integer of `bits` (16, 32 or 64), sign-extended; out of range
    /// or NaN raises IE and gives the integer indefinite (FIST, FISTP, FISTTP).
    pub fn to_integer(self, bits: u32, mode: Rounding, env: &mut Env) -> i64 {
        let limit = 1u64 << (bits - 1);
        let class = self.class();
        let rounded = match class {
            Class::Zero => return 0,
            Class::Normal | Class::Denormal => round_to_integer(env, mode, &self.parts().into()),
            _ => None,
        };
        match rounded {
            Some((value, inexact)) if value < limit || (value == limit && self.sign()) => {
                if inexact {
                    env.raise(flag::PE);
                }
                if self.sign() { (value as i64).wrapping_neg() } else { value as i64 }
            }
            _ => {
                env.raise(flag::IE);
                env.rounded_up = false;
                (limit as i64).wrapping_neg()
            }
        }
    }

    /// From the bits of a double (FLD m64): quiets a signalling NaN with IE,
    /// raises DE for a denormal.
    #[inline]
    pub fn from_f64(bits: u64, env: &mut Env) -> F80 {
        loaded(expand(Format::F64, bits, env), env)
    }

    /// The operand of FADD m64: as [`F80::from_f64`], but a signalling NaN stays
    /// one, for the operation to find.
    #[inline]
    pub fn operand_f64(bits: u64, env: &mut Env) -> F80 {
        expand(Format::F64, bits, env)
    }

    /// The operand of FADD m32.
    #[inline]
    pub fn operand_f32(bits: u32, env: &mut Env) -> F80 {
        expand(Format::F32, u64::from(bits), env)
    }

    /// From the bits of a single (FLD m32).
    #[inline]
    pub fn from_f32(bits: u32, env: &mut Env) -> F80 {
        loaded(expand(Format::F32, u64::from(bits), env), env)
    }

    /// To the bits of a double, by the rounding control (FST m64).
    #[inline]
    pub fn to_f64(self, env: &mut Env) -> u64 {
        to_ieee(Format::F64, self, env)
    }

    /// To the bits of a single (FST m32).
    #[inline]
    pub fn to_f32(self, env: &mut Env) -> u32 {
        to_ieee(Format::F32, self, env) as u32
    }
}

#[inline]
fn loaded(value: F80, env: &mut Env) -> F80 {
    if value.exponent() == 0x7fff && value.class() == Class::Signalling {
        env.raise(flag::IE);
        return value.quieted();
    }
    value
}

#[inline]
fn expand(format: Format, bits: u64, env: &mut Env) -> F80 {
    let sign = bits >> format.sign_shift() & 1 != 0;
    let exp = (bits >> format.fraction) as i32 & format.exp_max();
    let mant = bits << (63 - format.fraction) & !INTEGER_BIT;
    if exp == format.exp_max() {
        return F80::new(sign, 0x7fff, mant | INTEGER_BIT);
    }
    if exp == 0 {
        if mant == 0 {
            return F80::zero(sign);
        }
        env.raise(flag::DE);
        let shift = mant.leading_zeros();
        let exponent = 1 - format.bias + BIAS - shift as i32;
        return F80::new(sign, exponent as u16, mant << shift);
    }
    F80::new(sign, (exp - format.bias + BIAS) as u16, mant | INTEGER_BIT)
}

#[inline]
fn to_ieee(format: Format, value: F80, env: &mut Env) -> u64 {
    if value.is_normal() {
        return round_ieee(env, format, value.normal_parts().into());
    }
    let sign = format.sign_bit(value.sign());
    match value.class() {
        Class::Zero => sign,
        Class::Infinity => sign | format.infinity(),
        Class::Normal | Class::Denormal => round_ieee(env, format, Exact::from(value.parts())),
        Class::Unsupported => {
            env.raise(flag::IE);
            format.indefinite()
        }
        class => {
            if class == Class::Signalling {
                env.raise(flag::IE);
            }
            let payload = (value.mantissa & !INTEGER_BIT) >> (63 - format.fraction);
            sign | format.infinity() | format.quiet_bit() | payload
        }
    }
}
