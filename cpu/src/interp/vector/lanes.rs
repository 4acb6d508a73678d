//! Vectors as arrays of lanes. Plain loops over fixed arrays, which LLVM turns
//! into the vector instructions of the host and of wasm simd128.

use bytemuck::Pod;

/// The lanes of a vector, lane 0 in the low bits. `[T; N]` must be 16 bytes.
#[inline(always)]
pub(crate) fn split<A: Pod>(v: u128) -> A {
    bytemuck::cast(v.to_le())
}

/// The vector of these lanes.
#[inline(always)]
pub(crate) fn join<A: Pod>(lanes: A) -> u128 {
    u128::from_le(bytemuck::cast(lanes))
}

macro_rules! lane_maps {
    ($($one:ident $two:ident $lane:ty, $count:literal;)*) => {$(
        #[inline(always)]
        pub(crate) fn $one(v: u128, f: impl Fn($lane) -> $lane) -> u128 {
            let v: [$lane; $count] = split(v);
            join::<[$lane; $count]>(v.map(f))
        }
        #[inline(always)]
        pub(crate) fn $two(a: u128, b: u128, f: impl Fn($lane, $lane) -> $lane) -> u128 {
            let (a, b): ([$lane; $count], [$lane; $count]) = (split(a), split(b));
            join::<[$lane; $count]>(core::array::from_fn(|i| f(a[i], b[i])))
        }
    )*};
}

lane_maps! {
    map_u8 zip_u8 u8, 16;
    map_i8 zip_i8 i8, 16;
    map_u16 zip_u16 u16, 8;
    map_i16 zip_i16 i16, 8;
    map_u32 zip_u32 u32, 4;
    map_i32 zip_i32 i32, 4;
    map_u64 zip_u64 u64, 2;
    map_i64 zip_i64 i64, 2;
}
