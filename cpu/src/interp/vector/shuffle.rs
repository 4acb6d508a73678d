//! Packs, interleaves, shuffles and blends.

use super::lanes::*;

pub(super) fn pack_words(a: u128, b: u128, f: impl Fn(i16) -> u8) -> u128 {
    let (a, b): ([i16; 8], [i16; 8]) = (split(a), split(b));
    join::<[u8; 16]>(core::array::from_fn(|i| f(if i < 8 { a[i] } else { b[i - 8] })))
}

pub(super) fn pack_dwords(a: u128, b: u128, f: impl Fn(i32) -> u16) -> u128 {
    let (a, b): ([i32; 4], [i32; 4]) = (split(a), split(b));
    join::<[u16; 8]>(core::array::from_fn(|i| f(if i < 4 { a[i] } else { b[i - 4] })))
}

macro_rules! interleaves {
    ($($name:ident $lane:ty, $count:literal;)*) => {$(
        /// Alternates the lanes of `a` and `b` from `first` on.
        #[inline(always)]
        pub(super) fn $name(a: u128, b: u128, first: usize) -> u128 {
            let (a, b): ([$lane; $count], [$lane; $count]) = (split(a), split(b));
            join::<[$lane; $count]>(core::array::from_fn(|i| {
                if i & 1 == 0 { a[first + i / 2] } else { b[first + i / 2] }
            }))
        }
    )*};
}

interleaves! {
    interleave_u8 u8, 16;
    interleave_u16 u16, 8;
    interleave_u32 u32, 4;
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
pub(super) fn bytes(a: u128, b: u128, last: u8) -> u128 {
    let a: [u8; 16] = split(a);
    map_u8(b, |i| if i & 0x80 != 0 { 0 } else { a[usize::from(i & last & 15)] })
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
