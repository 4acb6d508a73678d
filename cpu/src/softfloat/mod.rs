//! Exact floating point: the x87's 80-bit format and the IEEE singles and
//! doubles of SSE, with every rounding mode, every exception flag and Intel's
//! own NaN rules.
//!
//! Own code rather than `rustc_apfloat`: that crate has no precision control,
//! no denormal-operand flag, no "rounded up" bit, none of the x87's NaN rules
//! and works on generic limb slices, while an x87 add here is one `u128` add
//! and a rounding. The finite kernels ([`arith`]) know nothing of formats; the
//! two rounding functions ([`round`]) know nothing of operations; what is left
//! per instruction is its special values.
//!
//! Sources: Intel SDM vol. 1 chapters 4.8 and 8, vol. 2 per instruction.

mod arith;
mod bcd;
mod convert;
mod explog;
mod f80;
#[cfg(all(test, target_arch = "x86_64"))]
mod native_test;
#[cfg(all(test, target_arch = "x86_64"))]
mod native_test_sse;
mod remainder;
mod round;
pub mod sse;
mod trig;
mod wide;
mod x87;

pub use f80::{Class, F80};
pub use x87::Relation;

/// Exception flags, at the bit positions of the x87 status word, the x87
/// control word's masks and the low bits of MXCSR (SDM vol. 1, 4.9.1).
pub mod flag {
    /// Invalid operation.
    pub const IE: u8 = 0x01;
    /// Denormal operand.
    pub const DE: u8 = 0x02;
    /// Divide by zero.
    pub const ZE: u8 = 0x04;
    /// Overflow.
    pub const OE: u8 = 0x08;
    /// Underflow.
    pub const UE: u8 = 0x10;
    /// Inexact result (precision).
    pub const PE: u8 = 0x20;
    /// All six.
    pub const ALL: u8 = 0x3f;
}

/// Rounding control, in the encoding both the x87 control word and MXCSR use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To nearest, ties to even.
    Nearest = 0,
    /// Toward minus infinity.
    Down = 1,
    /// Toward plus infinity.
    Up = 2,
    /// Toward zero.
    Zero = 3,
}

impl Rounding {
    /// From the two-bit field; higher bits are ignored.
    pub const fn from_bits(bits: u32) -> Rounding {
        match bits & 3 {
            0 => Rounding::Nearest,
            1 => Rounding::Down,
            2 => Rounding::Up,
            _ => Rounding::Zero,
        }
    }
}

/// x87 precision control: significant bits kept by add, subtract, multiply,
/// divide and square root (SDM vol. 1, 8.1.5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// 24 bits.
    Single,
    /// 53 bits.
    Double,
    /// 64 bits.
    Extended,
}

impl Precision {
    /// From the two-bit field; the reserved value 1 acts as extended.
    pub const fn from_bits(bits: u32) -> Precision {
        match bits & 3 {
            0 => Precision::Single,
            2 => Precision::Double,
            _ => Precision::Extended,
        }
    }

    /// Low bits of the 64-bit significand that are not kept.
    const fn dropped(self) -> u32 {
        match self {
            Precision::Single => 40,
            Precision::Double => 11,
            Precision::Extended => 0,
        }
    }
}

/// Everything an operation depends on besides its operands, and what it says
/// besides its result.
#[derive(Clone, Copy, Debug)]
pub struct Env {
    /// How to round.
    pub rounding: Rounding,
    /// x87 precision control.
    pub precision: Precision,
    /// Masked exceptions ([`flag`] bits). An unmasked overflow or underflow
    /// gives an x87 result with its exponent wrapped by 24576.
    pub masks: u8,
    /// SSE: denormal operands count as zeros (MXCSR.DAZ).
    pub daz: bool,
    /// SSE: tiny results become zeros (MXCSR.FTZ).
    pub ftz: bool,
    /// Out: exceptions raised ([`flag`] bits), added to what was there.
    pub flags: u8,
    /// Out: the magnitude of the last result was rounded up (C1).
    pub rounded_up: bool,
}

impl Env {
    /// The environment an x87 control word describes.
    #[inline]
    pub const fn from_control_word(cw: u16) -> Env {
        Env {
            rounding: Rounding::from_bits(cw as u32 >> 10),
            precision: Precision::from_bits(cw as u32 >> 8),
            masks: cw as u8 & flag::ALL,
            daz: false,
            ftz: false,
            flags: 0,
            rounded_up: false,
        }
    }

    /// The environment MXCSR describes, with no flag raised yet.
    #[inline]
    pub const fn from_mxcsr(mxcsr: u32) -> Env {
        Env {
            rounding: Rounding::from_bits(mxcsr >> 13),
            precision: Precision::Extended,
            masks: (mxcsr >> 7) as u8 & flag::ALL,
            daz: mxcsr & 0x40 != 0,
            ftz: mxcsr & 0x8000 != 0,
            flags: 0,
            rounded_up: false,
        }
    }

    /// Exceptions raised and not masked.
    #[inline]
    pub const fn unmasked(&self) -> u8 {
        self.flags & !self.masks
    }

    #[inline]
    fn raise(&mut self, flags: u8) {
        self.flags |= flags;
    }

    /// An unmasked exception that is found before computing: the operation
    /// stops there and raises nothing more (SDM vol. 1, 4.9.2).
    fn stopped(&self) -> bool {
        self.unmasked() & (flag::IE | flag::DE | flag::ZE) != 0
    }
}
