//! Rounding an exact result into a format, with overflow, underflow (tininess
//! found after rounding, as x86 does) and the inexact flag.

use super::arith::{Exact, shift_right_jam};
use super::f80::{BIAS, EXP_MAX, F80, INTEGER_BIT};
use super::{Env, Rounding, flag};

/// What unmasked overflow and underflow add to an x87 exponent (SDM vol. 1, 8.5.4).
const WRAP: i32 = 24576;

/// One of the two IEEE interchange formats SSE and FST use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Fraction bits stored.
    pub fraction: u32,
    /// Exponent bias.
    pub bias: i32,
}

impl Format {
    pub const F16: Format = Format { fraction: 10, bias: 15 };
    pub const F32: Format = Format { fraction: 23, bias: 127 };
    pub const F64: Format = Format { fraction: 52, bias: 1023 };

    /// The exponent field of infinities and NaNs.
    #[inline]
    pub const fn exp_max(self) -> i32 {
        self.bias * 2 + 1
    }

    #[inline]
    pub const fn sign_bit(self, sign: bool) -> u64 {
        (sign as u64) << self.sign_shift()
    }

    #[inline]
    pub const fn sign_shift(self) -> u32 {
        match self.fraction {
            52 => 63,
            23 => 31,
            _ => 15,
        }
    }

    #[inline]
    pub const fn infinity(self) -> u64 {
        (self.exp_max() as u64) << self.fraction
    }

    #[inline]
    pub const fn quiet_bit(self) -> u64 {
        1 << (self.fraction - 1)
    }

    #[inline]
    pub const fn indefinite(self) -> u64 {
        self.sign_bit(true) | self.infinity() | self.quiet_bit()
    }
}

/// A significand after rounding.
struct Rounded {
    mant: u64,
    carry: bool,
    inexact: bool,
    up: bool,
}

/// Rounds `hi.lo` to a multiple of `1 << dropped`.
#[inline]
fn round_significand(mode: Rounding, sign: bool, hi: u64, lo: u64, dropped: u32) -> Rounded {
    let (kept, rest) = if dropped == 0 {
        (hi, lo)
    } else {
        (hi >> dropped << dropped, hi << (64 - dropped) | u64::from(lo != 0))
    };
    if rest == 0 {
        return Rounded { mant: kept, carry: false, inexact: false, up: false };
    }
    let up = match mode {
        Rounding::Nearest => rest > INTEGER_BIT || (rest == INTEGER_BIT && kept >> dropped & 1 != 0),
        Rounding::Down => sign,
        Rounding::Up => !sign,
        Rounding::Zero => false,
    };
    let (mant, carry) = if up { kept.overflowing_add(1 << dropped) } else { (kept, false) };
    Rounded { mant, carry, inexact: true, up }
}

/// Denormalises by `count` places.
fn denormalised(x: &Exact, count: i32) -> (u64, u64) {
    let wide = u128::from(x.hi) << 64 | u128::from(x.lo);
    let shifted = shift_right_jam(wide, count.min(200) as u32);
    ((shifted >> 64) as u64, shifted as u64)
}

/// Does an overflow in this direction give infinity (or the largest finite)?
fn overflows_to_infinity(mode: Rounding, sign: bool) -> bool {
    match mode {
        Rounding::Nearest => true,
        Rounding::Down => sign,
        Rounding::Up => !sign,
        Rounding::Zero => false,
    }
}

/// Rounds to the 80-bit format at the environment's precision. `x` is not zero.
#[inline(always)]
pub(crate) fn round_f80(env: &mut Env, x: Exact) -> F80 {
    let exp = x.exp + BIAS;
    let common = env.rounding == Rounding::Nearest && env.precision.dropped() == 0;
    if !common || exp <= 0 || exp >= EXP_MAX - 1 {
        return round_f80_general(env, x);
    }
    let up = x.lo > INTEGER_BIT || (x.lo == INTEGER_BIT && x.hi & 1 != 0);
    let (mant, carry) = x.hi.overflowing_add(u64::from(up));
    env.rounded_up = up;
    if x.lo != 0 {
        env.raise(flag::PE);
    }
    F80::new(x.sign, (exp + i32::from(carry)) as u16, if carry { INTEGER_BIT } else { mant })
}

#[inline(never)]
fn round_f80_general(env: &mut Env, x: Exact) -> F80 {
    let dropped = env.precision.dropped();
    let mut exp = x.exp + BIAS;
    let mut r = round_significand(env.rounding, x.sign, x.hi, x.lo, dropped);
    if exp <= 0 {
        let tiny = exp < 0 || !r.carry;
        if tiny && env.masks & flag::UE == 0 {
            env.raise(flag::UE);
            exp += WRAP;
            if exp <= 0 {
                env.raise(flag::PE);
                return F80::zero(x.sign);
            }
        } else {
            let (hi, lo) = denormalised(&x, 1 - exp);
            r = round_significand(env.rounding, x.sign, hi, lo, dropped);
            if r.inexact {
                env.raise(if tiny { flag::UE | flag::PE } else { flag::PE });
            }
            env.rounded_up = r.up;
            return F80::new(x.sign, (r.mant >> 63) as u16, r.mant);
        }
    }
    if r.carry {
        r.mant = INTEGER_BIT;
        exp += 1;
    }
    if exp >= EXP_MAX {
        env.raise(flag::OE);
        // FSCALE can leave the range even after wrapping: infinity then, always.
        let beyond = env.masks & flag::OE == 0;
        if !beyond || exp - WRAP >= EXP_MAX {
            env.raise(flag::PE);
            env.rounded_up = beyond || overflows_to_infinity(env.rounding, x.sign);
            return if env.rounded_up {
                F80::infinity(x.sign)
            } else {
                F80::new(x.sign, 0x7ffe, u64::MAX << dropped)
            };
        }
        exp -= WRAP;
    }
    if r.inexact {
        env.raise(flag::PE);
    }
    env.rounded_up = r.up;
    F80::new(x.sign, exp as u16, r.mant)
}

/// Rounds to a single or double and returns its bits. `x` is not zero. When an
/// unmasked overflow or underflow is raised the bits mean nothing: neither an
/// x87 store nor an SSE instruction then writes its destination.
pub(crate) fn round_ieee(env: &mut Env, format: Format, x: Exact) -> u64 {
    let dropped = 63 - format.fraction;
    let sign = format.sign_bit(x.sign);
    let mut exp = x.exp + format.bias;
    let mut r = round_significand(env.rounding, x.sign, x.hi, x.lo, dropped);
    if exp <= 0 {
        let tiny = exp < 0 || !r.carry;
        if tiny && env.masks & flag::UE == 0 {
            env.raise(if r.inexact { flag::UE | flag::PE } else { flag::UE });
            env.rounded_up = r.up;
            return sign;
        }
        if tiny && env.ftz {
            env.raise(flag::UE | flag::PE);
            return sign;
        }
        let (hi, lo) = denormalised(&x, 1 - exp);
        r = round_significand(env.rounding, x.sign, hi, lo, dropped);
        if r.inexact {
            env.raise(if tiny { flag::UE | flag::PE } else { flag::PE });
        }
        env.rounded_up = r.up;
        // A carry out of the fraction lands in the exponent field: the smallest normal.
        return sign | r.mant >> dropped;
    }
    if r.carry {
        r.mant = INTEGER_BIT;
        exp += 1;
    }
    if exp >= format.exp_max() {
        let inexact = r.inexact || env.masks & flag::OE != 0;
        env.raise(if inexact { flag::OE | flag::PE } else { flag::OE });
        env.rounded_up = overflows_to_infinity(env.rounding, x.sign);
        return sign | (format.infinity() - u64::from(!env.rounded_up));
    }
    if r.inexact {
        env.raise(flag::PE);
    }
    env.rounded_up = r.up;
    // The hidden bit of the significand adds one to the exponent field.
    sign | ((((exp - 1) as u64) << format.fraction) + (r.mant >> dropped))
}

/// Rounds a magnitude to an integer: the integer, or `None` above 64 bits.
/// Raises nothing; says through the second value whether it was inexact.
pub(crate) fn round_to_integer(env: &mut Env, mode: Rounding, x: &Exact) -> Option<(u64, bool)> {
    if x.is_zero() {
        return Some((0, false));
    }
    if x.exp > 63 {
        return None;
    }
    let (hi, lo) = denormalised(x, 63 - x.exp);
    let r = round_significand(mode, x.sign, hi, lo, 0);
    env.rounded_up = r.up;
    (!r.carry).then_some((r.mant, r.inexact))
}
