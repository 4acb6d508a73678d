//! SSE floating point: native arithmetic where it is provably what the
//! processor would do, flags included, and the soft floats otherwise.
//!
//! The scheme: a native operation rounds to nearest. With rounding control at
//! nearest, operands that are not denormal and a result that is a normal number
//! above the smallest, the only exception possible is "inexact". If that flag is
//! already set and masked, as it is in any program after its first few
//! operations, nothing is left to observe and the native result stands. If it is
//! not, a cheap sufficient test for exactness (error-free addition, or counting
//! significant bits) lets exact results through. Everything else (other
//! roundings, NaNs, infinities, denormals, over- and underflow, first inexact
//! result, unmasked inexact) goes to `softfloat::sse`, which is exact. DAZ and
//! FTZ matter only there, for the same reason.
//!
//! Every function returns `None` for an unmasked exception (#XM), its flag set
//! in MXCSR, and the destination is then not written.

use core::ops::{Add, Div, Mul, Sub};
use std::simd::prelude::*;

use super::lanes::{join, split};
use crate::softfloat::sse::{self, Binary, Format};
use crate::softfloat::{Env, Relation, Rounding, flag};

/// Rounding control of MXCSR.
const RC: u32 = 0x6000;
/// "Inexact" both masked and already set.
const SETTLED: u32 = 0x1020;

/// A native single or double.
pub(crate) trait Real:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + bytemuck::Pod
{
    const FORMAT: Format;
    const ZERO: Self;
    fn bits(self) -> u64;
    fn from_bits64(bits: u64) -> Self;
    fn root(self) -> Self;
    fn nearest_integer(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    /// `self * b + c`, rounded once.
    fn multiply_add(self, b: Self, c: Self) -> Self;
    /// All lanes at once, for a settled MXCSR at round to nearest: `None` if a
    /// lane is anything but ordinary.
    fn packed_quick(op: Binary, a: u128, b: u128) -> Option<u128>;
}

macro_rules! reals {
    ($($real:ident $bits:ident $lanes:ident $format:expr;)*) => {$(
        impl Real for $real {
            const FORMAT: Format = $format;
            const ZERO: Self = 0.0;
            #[inline(always)]
            fn bits(self) -> u64 { u64::from(self.to_bits()) }
            #[inline(always)]
            fn from_bits64(bits: u64) -> Self { $real::from_bits(bits as $bits) }
            #[inline(always)]
            fn root(self) -> Self { self.sqrt() }
            #[inline(always)]
            fn nearest_integer(self) -> Self { self.round_ties_even() }
            #[inline(always)]
            fn floor(self) -> Self { $real::floor(self) }
            #[inline(always)]
            fn ceil(self) -> Self { $real::ceil(self) }
            #[inline(always)]
            fn trunc(self) -> Self { $real::trunc(self) }
            #[inline(always)]
            fn multiply_add(self, b: Self, c: Self) -> Self { self.mul_add(b, c) }
            #[inline(always)]
            fn packed_quick(op: Binary, a: u128, b: u128) -> Option<u128> {
                let (x, y) = ($lanes::from_array(split(a)), $lanes::from_array(split(b)));
                let r = match op {
                    Binary::Add => x + y,
                    Binary::Sub => x - y,
                    Binary::Mul => x * y,
                    Binary::Div => x / y,
                    // An exact zero or a NaN is not ordinary below: minimum and
                    // maximum go lane by lane.
                    _ => return None,
                };
                let smallest = Simd::splat($real::MIN_POSITIVE);
                let normal = |v: $lanes| v.abs().simd_ge(smallest);
                let zero = |v: $lanes| v.simd_eq(Simd::splat(0.0));
                let fine = (normal(x) | zero(x))
                    & (normal(y) | zero(y))
                    & r.abs().simd_gt(smallest)
                    & r.is_finite();
                fine.all().then(|| join(r.to_array()))
            }
        }
    )*};
}

reals! {
    f32 u32 f32x4 Format::F32;
    f64 u64 f64x2 Format::F64;
}

#[inline(always)]
fn magnitude<R: Real>(x: R) -> u64 {
    x.bits() & !R::FORMAT.sign_bit(true)
}

#[inline(always)]
fn is_denormal<R: Real>(x: R) -> bool {
    magnitude(x).wrapping_sub(1) < (1 << R::FORMAT.fraction) - 1
}

/// Finite and larger than the smallest normal number, which a tiny result may
/// have been rounded up to.
#[inline(always)]
fn is_safely_normal<R: Real>(x: R) -> bool {
    let smallest = 1 << R::FORMAT.fraction;
    magnitude(x).wrapping_sub(smallest + 1) < R::FORMAT.infinity() - smallest - 1
}

/// Significant bits of a normal number.
#[inline(always)]
fn significant_bits<R: Real>(x: R) -> u32 {
    let fraction = x.bits() | 1 << R::FORMAT.fraction;
    R::FORMAT.fraction + 1 - fraction.trailing_zeros()
}

#[inline(always)]
fn native<R: Real>(op: Binary, a: R, b: R) -> R {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        Binary::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
    }
}

/// Is the normal number `r` exactly `a op b`? May say no when it is.
#[inline]
fn is_exact<R: Real>(op: Binary, a: R, b: R, r: R) -> bool {
    let product_fits = |x: R, y: R| significant_bits(x) + significant_bits(y) <= R::FORMAT.fraction + 1;
    match op {
        Binary::Add | Binary::Sub => {
            let b = if op == Binary::Sub { R::ZERO - b } else { b };
            let rest = r - a;
            (a - (r - rest)) + (b - rest) == R::ZERO
        }
        Binary::Mul => product_fits(a, b),
        Binary::Div => product_fits(r, b) && r * b == a,
        Binary::Min | Binary::Max => true,
    }
}

/// The native result, if it is certainly right and raises nothing new.
#[inline(always)]
fn quick<R: Real>(mxcsr: u32, op: Binary, a: R, b: R) -> Option<R> {
    if is_denormal(a) | is_denormal(b) {
        return None;
    }
    let r = native(op, a, b);
    if matches!(op, Binary::Min | Binary::Max) {
        return (a.partial_cmp(&b).is_some()).then_some(r);
    }
    if mxcsr & RC != 0 {
        return None;
    }
    if is_safely_normal(r) {
        return (mxcsr & SETTLED == SETTLED || is_exact(op, a, b, r)).then_some(r);
    }
    // A zero is exact if no non-zero operand was needed to make it.
    let exact_zero = match op {
        Binary::Add | Binary::Sub => true,
        Binary::Mul => a == R::ZERO || b == R::ZERO,
        _ => a == R::ZERO,
    };
    (r == R::ZERO && exact_zero).then_some(r)
}

/// Runs an exact operation on each of `count` lanes, gathers their flags and
/// decides about the exception.
#[cold]
fn slow(mxcsr: &mut u32, lanes: &mut [u64], mut f: impl FnMut(&mut Env, usize) -> u64) -> Option<()> {
    let mut env = Env::from_mxcsr(*mxcsr);
    for (i, lane) in lanes.iter_mut().enumerate() {
        let mut own = Env { flags: 0, ..env };
        *lane = f(&mut own, i);
        env.flags |= own.flags;
    }
    settle(mxcsr, env)
}

/// Adds the raised flags to MXCSR; `None` if one of them is unmasked.
fn settle(mxcsr: &mut u32, env: Env) -> Option<()> {
    // What is found before computing keeps the other lanes from computing.
    let before = flag::IE | flag::DE | flag::ZE;
    let flags = if env.unmasked() & before != 0 { env.flags & before } else { env.flags };
    *mxcsr |= u32::from(flags);
    (env.unmasked() == 0).then_some(())
}

#[inline(always)]
fn low<R: Real>(v: u128) -> R {
    R::from_bits64(v as u64)
}

/// `a` with its lowest lane replaced.
#[inline(always)]
fn with_low<R: Real>(a: u128, bits: u64) -> u128 {
    let width = R::FORMAT.sign_shift() + 1;
    a >> width << width | u128::from(bits)
}

fn lane_mask<R: Real>() -> u64 {
    u64::MAX >> (63 - R::FORMAT.sign_shift())
}

fn lane<R: Real>(v: u128, i: usize) -> u64 {
    (v >> (i as u32 * (R::FORMAT.sign_shift() + 1))) as u64 & lane_mask::<R>()
}

/// The vector of `lanes`, which are bits of `R`.
fn assemble<R: Real>(lanes: &[u64]) -> u128 {
    let width = R::FORMAT.sign_shift() + 1;
    lanes.iter().enumerate().fold(0, |v, (i, &bits)| v | u128::from(bits) << (i as u32 * width))
}

const fn lanes<R: Real>() -> usize {
    if R::FORMAT.fraction == 23 { 4 } else { 2 }
}

/// ADDSD and its kin: the low lane.
#[inline(always)]
pub(crate) fn scalar<R: Real>(mxcsr: &mut u32, op: Binary, a: u128, b: u128) -> Option<u128> {
    if let Some(r) = quick::<R>(*mxcsr, op, low(a), low(b)) {
        return Some(with_low::<R>(a, r.bits()));
    }
    let result = scalar_slow(mxcsr, R::FORMAT, op, lane::<R>(a, 0), lane::<R>(b, 0))?;
    Some(with_low::<R>(a, result))
}

#[cold]
#[inline(never)]
fn scalar_slow(mxcsr: &mut u32, format: Format, op: Binary, a: u64, b: u64) -> Option<u64> {
    let mut env = Env::from_mxcsr(*mxcsr);
    let result = sse::binary(&mut env, format, op, a, b);
    settle(mxcsr, env)?;
    Some(result)
}

/// ADDPD and its kin.
#[inline(always)]
pub(crate) fn packed<R: Real, const N: usize>(mxcsr: &mut u32, op: Binary, a: u128, b: u128) -> Option<u128>
where
    [R; N]: bytemuck::Pod,
{
    if *mxcsr & (RC | SETTLED) == SETTLED
        && let Some(r) = R::packed_quick(op, a, b)
    {
        return Some(r);
    }
    packed_by_lane::<R, N>(mxcsr, op, a, b)
}

#[inline(never)]
fn packed_by_lane<R: Real, const N: usize>(mxcsr: &mut u32, op: Binary, a: u128, b: u128) -> Option<u128>
where
    [R; N]: bytemuck::Pod,
{
    let (x, y): ([R; N], [R; N]) = (split(a), split(b));
    let mut r = [R::ZERO; N];
    let all = (0..N).all(|i| quick(*mxcsr, op, x[i], y[i]).map(|v| r[i] = v).is_some());
    if all {
        return Some(join(r));
    }
    let mut out = [0; N];
    slow(mxcsr, &mut out, |env, i| sse::binary(env, R::FORMAT, op, lane::<R>(a, i), lane::<R>(b, i)))?;
    Some(assemble::<R>(&out))
}

/// One lane of a square root.
fn quick_root<R: Real>(mxcsr: u32, a: R) -> Option<R> {
    let r = a.root();
    if mxcsr & RC != 0 || !is_safely_normal(a) || !is_safely_normal(r) {
        return None;
    }
    let exact = || significant_bits(r) * 2 <= R::FORMAT.fraction + 1 && r * r == a;
    (mxcsr & SETTLED == SETTLED || exact()).then_some(r)
}

/// SQRTSS, SQRTSD (`packed` false) and SQRTPS, SQRTPD.
#[inline(always)]
pub(crate) fn sqrt<R: Real>(mxcsr: &mut u32, packed: bool, a: u128, b: u128) -> Option<u128> {
    unary::<R>(mxcsr, packed, a, b, quick_root::<R>, |env, bits| sse::sqrt(env, R::FORMAT, bits))
}

#[inline(always)]
fn unary<R: Real>(
    mxcsr: &mut u32,
    packed: bool,
    a: u128,
    b: u128,
    fast: impl Fn(u32, R) -> Option<R>,
    exact: impl Fn(&mut Env, u64) -> u64,
) -> Option<u128> {
    let count = if packed { lanes::<R>() } else { 1 };
    let mut out = [0; 4];
    let out = &mut out[..count];
    let quick = (0..count)
        .all(|i| fast(*mxcsr, R::from_bits64(lane::<R>(b, i))).map(|r| out[i] = r.bits()).is_some());
    if !quick {
        slow(mxcsr, out, |env, i| exact(env, lane::<R>(b, i)))?;
    }
    Some(if packed { assemble::<R>(out) } else { with_low::<R>(a, out[0]) })
}

/// ROUNDSS and its kin; `imm` as in the instruction.
pub(crate) fn round<R: Real>(mxcsr: &mut u32, packed: bool, a: u128, b: u128, imm: u8) -> Option<u128> {
    let mode = Rounding::from_bits(if imm & 4 != 0 { *mxcsr >> 13 } else { u32::from(imm) });
    let quiet = imm & 8 != 0;
    let fast = |mxcsr: u32, x: R| {
        let r = match mode {
            Rounding::Nearest => x.nearest_integer(),
            Rounding::Down => x.floor(),
            Rounding::Up => x.ceil(),
            Rounding::Zero => x.trunc(),
        };
        let usual = magnitude(x) <= R::FORMAT.infinity() && !is_denormal(x);
        (usual && (quiet || r == x || mxcsr & SETTLED == SETTLED)).then_some(r)
    };
    unary::<R>(mxcsr, packed, a, b, fast, |env, bits| sse::round_in_place(env, R::FORMAT, mode, quiet, bits))
}

/// Compares two lanes.
#[inline(always)]
fn relation<R: Real>(env: &mut Env, a: u64, b: u64, signal_quiet: bool) -> Relation {
    let (x, y) = (R::from_bits64(a), R::from_bits64(b));
    if is_denormal(x) | is_denormal(y) {
        return sse::compare(env, R::FORMAT, a, b, signal_quiet);
    }
    match x.partial_cmp(&y) {
        Some(core::cmp::Ordering::Less) => Relation::Less,
        Some(core::cmp::Ordering::Equal) => Relation::Equal,
        Some(core::cmp::Ordering::Greater) => Relation::Greater,
        None => sse::compare(env, R::FORMAT, a, b, signal_quiet),
    }
}

/// For which relations each predicate of VCMPPS holds (less 1, equal 2, greater 4,
/// unordered 8), without its bit 4 (SDM vol. 2, table 3-1).
const PREDICATES: [u8; 16] = [2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15];
/// Predicates that signal quiet NaNs; bit 4 turns it round.
const SIGNALLING: u16 = 0b0110_0110_0110_0110;

/// CMPSS and its kin: all ones where predicate `imm` (five bits) holds.
pub(crate) fn compare<R: Real>(mxcsr: &mut u32, packed: bool, a: u128, b: u128, imm: u8) -> Option<u128> {
    let signal_quiet = (SIGNALLING >> (imm & 15) & 1 != 0) != (imm & 16 != 0);
    let holds = PREDICATES[usize::from(imm & 15)];
    let count = if packed { lanes::<R>() } else { 1 };
    let mut env = Env::from_mxcsr(*mxcsr);
    let mut out = [0; 4];
    for (i, out) in out[..count].iter_mut().enumerate() {
        let relation = relation::<R>(&mut env, lane::<R>(a, i), lane::<R>(b, i), signal_quiet);
        let bit = match relation {
            Relation::Less => 1,
            Relation::Equal => 2,
            Relation::Greater => 4,
            Relation::Unordered => 8,
        };
        *out = if holds & bit != 0 { lane_mask::<R>() } else { 0 };
    }
    settle(mxcsr, env)?;
    Some(if packed { assemble::<R>(&out[..count]) } else { with_low::<R>(a, out[0]) })
}

/// COMISD and UCOMISD (`signal_quiet` false): ZF, PF and CF at their EFLAGS places.
#[inline(always)]
pub(crate) fn compare_flags<R: Real>(mxcsr: &mut u32, a: u128, b: u128, signal_quiet: bool) -> Option<u32> {
    let mut env = Env::from_mxcsr(*mxcsr);
    let relation = relation::<R>(&mut env, lane::<R>(a, 0), lane::<R>(b, 0), signal_quiet);
    if env.flags != 0 {
        settle(mxcsr, env)?;
    }
    Some(match relation {
        Relation::Greater => 0,
        Relation::Less => 0x01,
        Relation::Equal => 0x40,
        Relation::Unordered => 0x45,
    })
}

/// ADDSUBPS and ADDSUBPD: even lanes subtract, odd ones add.
pub(crate) fn add_sub<R: Real>(mxcsr: &mut u32, a: u128, b: u128) -> Option<u128> {
    per_lane::<R>(mxcsr, |env, i| {
        let op = if i % 2 == 0 { Binary::Sub } else { Binary::Add };
        sse::binary(env, R::FORMAT, op, lane::<R>(a, i), lane::<R>(b, i))
    })
}

/// HADDPS, HADDPD, HSUBPS and HSUBPD.
pub(crate) fn horizontal<R: Real>(mxcsr: &mut u32, op: Binary, a: u128, b: u128) -> Option<u128> {
    let half = lanes::<R>() / 2;
    per_lane::<R>(mxcsr, |env, i| {
        let (from, at) = if i < half { (a, 2 * i) } else { (b, 2 * (i - half)) };
        sse::binary(env, R::FORMAT, op, lane::<R>(from, at), lane::<R>(from, at + 1))
    })
}

fn per_lane<R: Real>(mxcsr: &mut u32, f: impl FnMut(&mut Env, usize) -> u64) -> Option<u128> {
    let mut out = [0; 4];
    let out = &mut out[..lanes::<R>()];
    slow(mxcsr, out, f)?;
    Some(assemble::<R>(out))
}

/// DPPS and DPPD: products chosen by the high bits of `imm`, added pairwise,
/// stored where its low bits say.
pub(crate) fn dot_product<R: Real>(mxcsr: &mut u32, a: u128, b: u128, imm: u8) -> Option<u128> {
    dot_products::<R, 1>(mxcsr, [(a, b, imm)]).map(|[product]| product)
}

/// The same on several vectors at once, in the stages of one instruction.
pub(crate) fn dot_products<R: Real, const N: usize>(
    mxcsr: &mut u32,
    parts: [(u128, u128, u8); N],
) -> Option<[u128; N]> {
    let count = lanes::<R>();
    let mut env = Env::from_mxcsr(*mxcsr);
    let products = parts.map(|(a, b, imm)| {
        let mut products = [0; 4];
        for (i, product) in products[..count].iter_mut().enumerate() {
            if imm >> (4 + i) & 1 != 0 {
                *product = sse::binary(&mut env, R::FORMAT, Binary::Mul, lane::<R>(a, i), lane::<R>(b, i));
            }
        }
        products
    });
    // Each stage is an operation of its own: an exception that is not masked ends it there.
    settle(mxcsr, env)?;
    env.flags = 0;
    let pairs = products.map(|[a, b, c, d]| {
        let mut add = |x, y| sse::binary(&mut env, R::FORMAT, Binary::Add, x, y);
        (add(a, b), if count == 4 { add(c, d) } else { 0 })
    });
    settle(mxcsr, env)?;
    env.flags = 0;
    let sums = pairs.map(|(sum, rest)| match count {
        4 => sse::binary(&mut env, R::FORMAT, Binary::Add, sum, rest),
        _ => sum,
    });
    settle(mxcsr, env)?;
    let mut out = [0; N];
    for ((out, sum), (_, _, imm)) in out.iter_mut().zip(sums).zip(parts) {
        let chosen: [u64; 4] = core::array::from_fn(|i| if imm >> i & 1 != 0 { sum } else { 0 });
        *out = assemble::<R>(&chosen[..count]);
    }
    Some(out)
}

/// What FMA does besides multiplying and adding, from the operation's immediate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fused {
    /// Only the low lane; the rest comes from the destination.
    pub scalar: bool,
    /// The product's sign is flipped.
    pub negate_product: bool,
    /// The addend's sign is flipped in even lanes.
    pub subtract_even: bool,
    /// The addend's sign is flipped in odd lanes.
    pub subtract_odd: bool,
}

/// One lane of [`fused`], if the native result is certainly right and raises nothing new.
#[inline(always)]
fn quick_fused<R: Real>(mxcsr: u32, a: R, b: R, c: R) -> Option<R> {
    if mxcsr & (RC | SETTLED) != SETTLED || is_denormal(a) | is_denormal(b) | is_denormal(c) {
        return None;
    }
    let r = a.multiply_add(b, c);
    is_safely_normal(r).then_some(r)
}

/// FMA: `a * b + c` rounded once; `d` is the destination's old value.
pub(crate) fn fused<R: Real>(mxcsr: &mut u32, how: Fused, d: u128, [a, b, c]: [u128; 3]) -> Option<u128> {
    let sign = R::FORMAT.sign_bit(true);
    let count = if how.scalar { 1 } else { lanes::<R>() };
    // The sign of a NaN stays what it is: it is the operation that subtracts.
    let flips = |i: usize| {
        let subtract = if i & 1 == 0 { how.subtract_even } else { how.subtract_odd };
        (if how.negate_product { sign } else { 0 }, if subtract { sign } else { 0 })
    };
    let mut out = [0; 4];
    let out = &mut out[..count];
    let quick = (0..count).all(|i| {
        let (product, addend) = flips(i);
        let [x, y, z] = [lane::<R>(a, i) ^ product, lane::<R>(b, i), lane::<R>(c, i) ^ addend];
        let r = quick_fused(*mxcsr, R::from_bits64(x), R::from_bits64(y), R::from_bits64(z));
        r.map(|r| out[i] = r.bits()).is_some()
    });
    if !quick {
        slow(mxcsr, out, |env, i| {
            let lanes = [lane::<R>(a, i), lane::<R>(b, i), lane::<R>(c, i)];
            let (product, addend) = flips(i);
            sse::multiply_add(env, R::FORMAT, lanes, product != 0, addend != 0)
        })?;
    }
    Some(if how.scalar { with_low::<R>(d, out[0]) } else { assemble::<R>(out) })
}
