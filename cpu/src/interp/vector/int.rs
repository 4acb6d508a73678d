//! The integer vector operations that are more than one expression: functions
//! the rows of the operation table (`crate::ir::vector`) call.
//!
//! Source: Intel SDM vol. 2, the instruction of the same name.

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
pub(super) fn multiply_add_words(x: u32, y: u32) -> u32 {
    let low = i32::from(x as i16) * i32::from(y as i16);
    let high = i32::from((x >> 16) as i16) * i32::from((y >> 16) as i16);
    low.wrapping_add(high) as u32
}

/// Two products of an unsigned byte of `x` and a signed byte of `y`, added with saturation.
#[inline(always)]
pub(super) fn multiply_add_bytes(x: u16, y: u16) -> u16 {
    let low = i32::from(x as u8) * i32::from(y as i8);
    let high = i32::from(x >> 8) * i32::from((y >> 8) as i8);
    (low + high).clamp(-0x8000, 0x7fff) as u16
}

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

#[inline(always)]
pub(super) fn horizontal_i16(a: u128, b: u128, f: impl Fn(i16, i16) -> i16) -> u128 {
    let (a, b): ([i16; 8], [i16; 8]) = (split(a), split(b));
    join::<[i16; 8]>(core::array::from_fn(|i| {
        let (from, at) = if i < 4 { (&a, i * 2) } else { (&b, i * 2 - 8) };
        f(from[at], from[at + 1])
    }))
}

#[inline(always)]
pub(super) fn horizontal_i32(a: u128, b: u128, f: impl Fn(i32, i32) -> i32) -> u128 {
    let (a, b): ([i32; 4], [i32; 4]) = (split(a), split(b));
    join([f(a[0], a[1]), f(a[2], a[3]), f(b[0], b[1]), f(b[2], b[3])])
}

/// The top bits of the sixteen bytes.
#[inline(always)]
pub(crate) fn sign_mask_u8(b: u128) -> u16 {
    // Gathers the eight top bits of a word into its top byte by one multiplication.
    let gather =
        |half: u64| ((half >> 7 & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u16;
    gather(b as u64) | gather((b >> 64) as u64) << 8
}

pub(super) fn sign_mask(b: u128, width: u32) -> u128 {
    (0..128 / width).fold(0, |mask, i| mask | (b >> (width * i + width - 1) & 1) << i)
}
