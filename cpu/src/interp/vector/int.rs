//! The integer vector operations that are more than one expression: functions
//! the rows of the operation table (`crate::ir::vector`) call.
//!
//! Source: Intel SDM vol. 2, the instruction of the same name.

use std::simd::prelude::*;

use super::lanes::*;

pub(super) const LOW: u128 = u64::MAX as u128;

/// The low halves of `a` (low) and `b` (high).
#[inline(always)]
pub(super) const fn low_pair(a: u128, b: u128) -> u128 {
    a & LOW | b << 64
}

/// Applies a shift by the vector count `b`, unless it shifts everything out.
#[inline(always)]
pub(super) fn shift(b: u128, width: u64, f: impl Fn(u32) -> u128) -> Option<u128> {
    let count = b as u64;
    (count < width).then(|| f(count as u32))
}

/// Two signed word products added. 0x8000 * 0x8000 twice wraps, as on the processor.
#[inline(always)]
pub(super) fn multiply_add_words(x: i32x4, y: i32x4) -> i32x4 {
    (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16)
}

/// Two products of an unsigned byte of `x` and a signed byte of `y`, added with
/// saturation. One product fits 16 bits.
#[inline(always)]
pub(super) fn multiply_add_bytes(x: i16x8, y: i16x8) -> i16x8 {
    let low = (x & Simd::splat(0xff)) * (y << 8 >> 8);
    let high = (x >> 8 & Simd::splat(0xff)) * (y >> 8);
    low.saturating_add(high)
}

/// PMOVSX and PMOVZX: the low lanes of `b`, converted.
macro_rules! widen {
    ($from:ty, $count:literal, $to:ty, $b:expr) => {{
        let all: [$from; 16 / size_of::<$from>()] = split($b);
        let low: [$from; $count] = core::array::from_fn(|i| all[i]);
        join(Simd::from_array(low).cast::<$to>().to_array())
    }};
}
pub(super) use widen;

pub(super) fn sum_of_differences(a: u128, b: u128) -> u128 {
    let (a, b): ([u8; 16], [u8; 16]) = (split(a), split(b));
    let sum = |at: usize| (at..at + 8).map(|i| u64::from(a[i].abs_diff(b[i]))).sum::<u64>();
    join([sum(0), sum(8)])
}

pub(super) fn sliding_differences(a: u128, b: u128, imm: u8) -> u128 {
    let (a, b): ([u8; 16], [u8; 16]) = (split(a), split(b));
    let (from, with) = (usize::from(imm >> 2 & 1) * 4, usize::from(imm & 3) * 4);
    join::<[u16; 8]>(core::array::from_fn(|i| {
        (0..4).map(|k| u16::from(a[from + i + k].abs_diff(b[with + k]))).sum()
    }))
}

pub(super) fn minimum_position(b: u128) -> u128 {
    let lanes: [u16; 8] = split(b);
    let (mut at, mut least) = (0, lanes[0]);
    for (i, &lane) in lanes.iter().enumerate() {
        if lane < least {
            (at, least) = (i, lane);
        }
    }
    u128::from(least) | (at as u128) << 16
}

/// Combines the even and the odd lanes of `a:b`.
#[inline(always)]
pub(super) fn horizontal_i16(a: u128, b: u128, f: impl Fn(i16x8, i16x8) -> i16x8) -> u128 {
    let (even, odd) = simd_i16(a).deinterleave(simd_i16(b));
    join(f(even, odd).to_array())
}

#[inline(always)]
pub(super) fn horizontal_i32(a: u128, b: u128, f: impl Fn(i32x4, i32x4) -> i32x4) -> u128 {
    let (even, odd) = simd_i32(a).deinterleave(simd_i32(b));
    join(f(even, odd).to_array())
}

/// The top bits of the sixteen bytes.
#[inline(always)]
pub(crate) fn sign_mask_u8(b: u128) -> u16 {
    simd_i8(b).is_negative().to_bitmask() as u16
}

pub(super) fn sign_mask(b: u128, width: u32) -> u128 {
    (0..128 / width).fold(0, |mask, i| mask | (b >> (width * i + width - 1) & 1) << i)
}
