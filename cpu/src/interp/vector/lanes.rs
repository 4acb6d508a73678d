//! Vectors as lanes, by the portable vector types of the standard library.

use std::simd::Simd;

use bytemuck::Pod;

/// The lanes of a vector as an array, lane 0 in the low bits, for operations
/// that choose lanes at run time. `A` must be 16 bytes.
#[inline(always)]
pub(crate) fn split<A: Pod>(v: u128) -> A {
    bytemuck::cast(v.to_le())
}

/// The vector of these lanes.
#[inline(always)]
pub(crate) fn join<A: Pod>(lanes: A) -> u128 {
    u128::from_le(bytemuck::cast(lanes))
}

macro_rules! lane_types {
    ($($simd:ident $zip:ident $(=> $map:ident)?, $lane:ty, $count:literal;)*) => {$(
        #[inline(always)]
        pub(crate) fn $simd(v: u128) -> Simd<$lane, $count> {
            Simd::from_array(split(v))
        }

        $(#[inline(always)]
        pub(crate) fn $map(
            v: u128,
            f: impl Fn(Simd<$lane, $count>) -> Simd<$lane, $count>,
        ) -> u128 {
            join(f($simd(v)).to_array())
        })?

        #[inline(always)]
        pub(crate) fn $zip(
            a: u128,
            b: u128,
            f: impl Fn(Simd<$lane, $count>, Simd<$lane, $count>) -> Simd<$lane, $count>,
        ) -> u128 {
            join(f($simd(a), $simd(b)).to_array())
        }
    )*};
}

lane_types! {
    simd_u8 zip_u8, u8, 16;
    simd_i8 zip_i8 => map_i8, i8, 16;
    simd_u16 zip_u16 => map_u16, u16, 8;
    simd_i16 zip_i16 => map_i16, i16, 8;
    simd_u32 zip_u32 => map_u32, u32, 4;
    simd_i32 zip_i32 => map_i32, i32, 4;
    simd_u64 zip_u64 => map_u64, u64, 2;
    simd_i64 zip_i64 => map_i64, i64, 2;
}
