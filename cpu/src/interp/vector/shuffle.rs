//! Packs, interleaves, shuffles and blends.

use std::simd::prelude::*;

use super::lanes::*;

macro_rules! packs {
    ($($name:ident $simd:ident $wide:ty, $narrow:ty, $count:literal;)*) => {$(
        /// The lanes of `a` and then of `b`, clamped and cut to half their width.
        #[inline(always)]
        pub(super) fn $name(a: u128, b: u128, low: $wide, high: $wide) -> u128 {
            let half = |v: u128| -> u64 {
                let clamped = $simd(v).simd_clamp(Simd::splat(low), Simd::splat(high));
                bytemuck::cast(clamped.cast::<$narrow>().to_array())
            };
            u128::from(half(a)) | u128::from(half(b)) << 64
        }
    )*};
}

packs! {
    pack_words simd_i16 i16, u8, 8;
    pack_dwords simd_i32 i32, u16, 4;
}

macro_rules! interleaves {
    ($($name:ident $simd:ident;)*) => {$(
        /// Alternates the lanes of `a` and `b`: of their low halves, or `high`.
        #[inline(always)]
        pub(super) fn $name(a: u128, b: u128, high: bool) -> u128 {
            let (low_half, high_half) = $simd(a).interleave($simd(b));
            join((if high { high_half } else { low_half }).to_array())
        }
    )*};
}

interleaves! {
    interleave_u8 simd_u8;
    interleave_u16 simd_u16;
    interleave_u32 simd_u32;
}

/// Two lanes of `a` and two of `b`, chosen by the four 2-bit fields of `imm`.
#[inline(always)]
pub(super) fn select_u32(a: u128, b: u128, imm: u8) -> u128 {
    let (a, b): ([u32; 4], [u32; 4]) = (split(a), split(b));
    let at = |i: u32| usize::from(imm >> (2 * i) & 3);
    join([a[at(0)], a[at(1)], b[at(2)], b[at(3)]])
}

/// One lane of each, chosen by the two low bits of `imm`.
pub(super) fn select_u64(a: u128, b: u128, imm: u8) -> u128 {
    let (a, b): ([u64; 2], [u64; 2]) = (split(a), split(b));
    join([a[usize::from(imm & 1)], b[usize::from(imm >> 1 & 1)]])
}

/// VPERMILPS by a vector: the lanes of `a` that the low bits of the lanes of `b` name.
pub(super) fn permute_u32(a: u128, b: u128) -> u128 {
    let (a, b): ([u32; 4], [u32; 4]) = (split(a), split(b));
    join(b.map(|i| a[(i & 3) as usize]))
}

/// VPERMILPD by a vector: bit 1 of each lane of `b` chooses.
pub(super) fn permute_u64(a: u128, b: u128) -> u128 {
    let (a, b): ([u64; 2], [u64; 2]) = (split(a), split(b));
    join(b.map(|i| a[(i >> 1 & 1) as usize]))
}

/// PSHUFLW; in its low 64 bits also MMX's PSHUFW.
pub(super) fn low_words(b: u128, imm: u8) -> u128 {
    let v: [u16; 8] = split(b);
    let at = |i: u32| v[usize::from(imm >> (2 * i) & 3)];
    join([at(0), at(1), at(2), at(3), v[4], v[5], v[6], v[7]])
}

pub(super) fn high_words(b: u128, imm: u8) -> u128 {
    low_words(b >> 64, imm) << 64 | b & u128::from(u64::MAX)
}

/// Bytes of `a` chosen by `b`: `last` masks the index, its top bit gives 0.
#[inline(always)]
pub(super) fn bytes(a: u128, b: u128, last: u8) -> u128 {
    // Indices past the vector give 0, so the top bit can stay where it is.
    zip_u8(a, b, |a, b| a.swizzle_dyn(b & Simd::splat(0x80 | last)))
}

/// The 32 bytes `a:b` shifted right by `imm` bytes.
pub(super) fn align(a: u128, b: u128, imm: u8) -> u128 {
    match u32::from(imm) * 8 {
        0 => b,
        n @ 1..128 => b >> n | a << (128 - n),
        n @ 128..256 => a >> (n - 128),
        _ => 0,
    }
}

/// One vector shifted right by `imm` bytes.
pub(super) fn shift_bytes(a: u128, imm: u8) -> u128 {
    if imm < 16 { a >> (u32::from(imm) * 8) } else { 0 }
}

/// Lanes of `b` where `mask` has a bit, of `a` elsewhere.
pub(super) fn blend(a: u128, b: u128, mask: u8, width: u32) -> u128 {
    let lane = u128::MAX >> (128 - width);
    let chosen =
        (0..128 / width).filter(|i| mask >> i & 1 != 0).fold(0, |bits, i| bits | lane << (i * width));
    a & !chosen | b & chosen
}

pub(super) fn insert(a: u128, b: u128, at: u8, width: u32) -> u128 {
    let mask = u128::MAX >> (128 - width);
    let place = u32::from(at) * width;
    a & !(mask << place) | (b & mask) << place
}

/// INSERTPS with a register source; a memory source counts as lane 0.
pub(super) fn insert_single(a: u128, b: u128, imm: u8) -> u128 {
    let mut v: [u32; 4] = split(a);
    let from: [u32; 4] = split(b);
    v[usize::from(imm >> 4 & 3)] = from[usize::from(imm >> 6)];
    for (i, lane) in v.iter_mut().enumerate() {
        if imm >> i & 1 != 0 {
            *lane = 0;
        }
    }
    join(v)
}

/// PBLENDVB, BLENDVPS and BLENDVPD: lanes of `b` where the top bit of the lane
/// of `mask` is set.
pub(crate) fn blend_by_sign(a: u128, b: u128, mask: u128, width: u32) -> u128 {
    let chosen = match width {
        8 => map_i8(mask, |m| m >> 7),
        32 => map_i32(mask, |m| m >> 31),
        _ => map_i64(mask, |m| m >> 63),
    };
    a & !chosen | b & chosen
}
