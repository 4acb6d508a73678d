//! Packed decimal: FBLD and FBSTP (18 digits and a sign byte).

use super::f80::{Class, F80};
use super::round::round_to_integer;
use super::x87::from_magnitude;
use super::{Env, flag};

/// The packed decimal indefinite.
const INDEFINITE: [u8; 10] = [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff];
const LIMIT: u64 = 1_000_000_000_000_000_000;

impl F80 {
    /// From packed decimal. Digits above 9 are undefined in the manual; they
    /// count here with their value.
    pub fn from_bcd(bytes: [u8; 10]) -> F80 {
        let digits = bytes[..9].iter().rev();
        let value = digits
            .fold(0u64, |sum, byte| sum.wrapping_mul(100) + u64::from(byte >> 4) * 10 + u64::from(byte & 15));
        from_magnitude(bytes[9] >> 7 != 0, value)
    }

    /// To packed decimal, rounded by the rounding control; out of range or NaN
    /// raises IE and gives the packed decimal indefinite.
    pub fn to_bcd(self, env: &mut Env) -> [u8; 10] {
        let rounded = match self.class() {
            Class::Zero => Some((0, false)),
            Class::Normal | Class::Denormal => round_to_integer(env, env.rounding, &self.parts().into()),
            _ => None,
        };
        let Some((mut value, inexact)) = rounded.filter(|r| r.0 < LIMIT) else {
            env.raise(flag::IE);
            env.rounded_up = false;
            return INDEFINITE;
        };
        if inexact {
            env.raise(flag::PE);
        }
        let mut out = [0; 10];
        for byte in &mut out[..9] {
            let pair = (value % 100) as u8;
            *byte = ((pair / 10) << 4) | (pair % 10);
            value /= 100;
        }
        out[9] = u8::from(self.sign()) << 7;
        out
    }
}
