//! Singles and doubles as SSE computes them, with flags: the exact slow path
//! that the native fast paths fall back to (see `crate::interp::vector`).
//!
//! Values are bit patterns in a `u64`. SSE's NaN rules differ from the x87's:
//! the first operand wins whenever it is a NaN (SDM vol. 1, table 4-7), and
//! DAZ and FTZ apply.

use super::arith::{self, Exact, Parts};
pub(crate) use super::round::Format;
use super::round::{round_ieee, round_to_integer};
use super::wide::Wide;
use super::x87::zero_sum_sign;
use super::{Env, Relation, Rounding, flag};

/// The arithmetic with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Zero,
    Finite,
    Infinity,
    Quiet,
    Signalling,
}

#[derive(Clone, Copy)]
struct Operand {
    kind: Kind,
    denormal: bool,
    parts: Parts,
}

impl Operand {
    fn decode(env: &Env, format: Format, bits: u64) -> Operand {
        let sign = bits >> format.sign_shift() & 1 != 0;
        let exp = (bits >> format.fraction) as i32 & format.exp_max();
        let fraction = bits & ((1 << format.fraction) - 1);
        let mut parts = Parts { sign, exp: 0, mant: 0 };
        let of = |kind, denormal, parts| Operand { kind, denormal, parts };
        if exp == format.exp_max() {
            let kind = match fraction {
                0 => Kind::Infinity,
                f if f & format.quiet_bit() != 0 => Kind::Quiet,
                _ => Kind::Signalling,
            };
            return of(kind, false, parts);
        }
        let top = 63 - format.fraction;
        if exp != 0 {
            parts.exp = exp - format.bias;
            parts.mant = fraction << top | 1 << 63;
            return of(Kind::Finite, false, parts);
        }
        if fraction == 0 || env.daz {
            return of(Kind::Zero, false, parts);
        }
        let shift = (fraction << top).leading_zeros();
        parts.exp = 1 - format.bias - shift as i32;
        parts.mant = fraction << top << shift;
        of(Kind::Finite, true, parts)
    }

    fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::Quiet | Kind::Signalling)
    }
}

fn invalid(env: &mut Env, format: Format) -> u64 {
    env.raise(flag::IE);
    format.indefinite()
}

fn zero_or_round(env: &mut Env, format: Format, zero_sign: bool, x: Exact) -> u64 {
    if x.is_zero() { format.sign_bit(zero_sign) } else { round_ieee(env, format, x) }
}

/// `a op b`.
pub(crate) fn binary(env: &mut Env, format: Format, op: Binary, a: u64, b: u64) -> u64 {
    if matches!(op, Binary::Min | Binary::Max) {
        return min_max(env, format, op, a, b);
    }
    let (x, y) = (Operand::decode(env, format, a), Operand::decode(env, format, b));
    if x.is_nan() || y.is_nan() {
        if x.kind == Kind::Signalling || y.kind == Kind::Signalling {
            env.raise(flag::IE);
        }
        return if x.is_nan() { a } else { b } | format.quiet_bit();
    }
    let flip = op == Binary::Sub;
    let (sx, sy) = (x.parts.sign, y.parts.sign != flip);
    let product_sign = sx != y.parts.sign;
    use Kind::{Infinity, Zero};
    match (op, x.kind, y.kind) {
        (Binary::Add | Binary::Sub, Infinity, Infinity) if sx != sy => return invalid(env, format),
        (Binary::Mul, Infinity, Zero) | (Binary::Mul, Zero, Infinity) => return invalid(env, format),
        (Binary::Div, Infinity, Infinity) | (Binary::Div, Zero, Zero) => return invalid(env, format),
        (Binary::Div, Kind::Finite, Zero) => {
            env.raise(flag::ZE);
            return format.sign_bit(product_sign) | format.infinity();
        }
        _ => {}
    }
    if x.denormal || y.denormal {
        env.raise(flag::DE);
    }
    if env.stopped() {
        return a;
    }
    let y_parts = Parts { sign: sy, ..y.parts };
    match op {
        Binary::Add | Binary::Sub => match (x.kind, y.kind) {
            (Infinity, _) => a,
            (_, Infinity) => format.sign_bit(sy) | format.infinity(),
            (Zero, Zero) => format.sign_bit(zero_sum_sign(env.rounding, sx, sy)),
            (Zero, _) => round_ieee(env, format, y_parts.into()),
            (_, Zero) => round_ieee(env, format, x.parts.into()),
            _ => {
                let sum = arith::add(x.parts, y_parts);
                zero_or_round(env, format, zero_sum_sign(env.rounding, sx, sy), sum)
            }
        },
        Binary::Mul => match (x.kind, y.kind) {
            (Infinity, _) | (_, Infinity) => format.sign_bit(product_sign) | format.infinity(),
            (Zero, _) | (_, Zero) => format.sign_bit(product_sign),
            _ => round_ieee(env, format, arith::mul(x.parts, y.parts)),
        },
        _ => match (x.kind, y.kind) {
            (Infinity, _) => format.sign_bit(product_sign) | format.infinity(),
            (Zero, _) | (_, Infinity) => format.sign_bit(product_sign),
            _ => round_ieee(env, format, arith::div(x.parts, y.parts)),
        },
    }
}

/// MINSS and its kin: the second operand unless the first is truly less (or
/// greater), so also when either is a NaN or both are zeros.
fn min_max(env: &mut Env, format: Format, op: Binary, a: u64, b: u64) -> u64 {
    let wanted = if op == Binary::Min { Relation::Less } else { Relation::Greater };
    let chosen = if compare(env, format, a, b, true) == wanted { a } else { b };
    // With DAZ a denormal operand is a zero, also when it is what comes out.
    let exponent = format.infinity();
    if env.daz && chosen & exponent == 0 { chosen & format.sign_bit(true) } else { chosen }
}

/// `a * b + c` rounded once, with the signs of product and addend flipped if asked
/// (SDM vol. 1, 14.5; a NaN among the operands keeps its own sign).
pub(crate) fn multiply_add(
    env: &mut Env,
    format: Format,
    [a, b, c]: [u64; 3],
    negate_product: bool,
    negate_addend: bool,
) -> u64 {
    use Kind::{Infinity, Signalling, Zero};
    let [x, y, z] = [a, b, c].map(|bits| Operand::decode(env, format, bits));
    let undefined = matches!((x.kind, y.kind), (Infinity, Zero) | (Zero, Infinity));
    if x.is_nan() || y.is_nan() || z.is_nan() {
        if [x, y, z].iter().any(|operand| operand.kind == Signalling) {
            env.raise(flag::IE);
        }
        // An infinity times 0 is no error beside a quiet NaN.
        return [(x, a), (y, b), (z, c)].iter().find(|o| o.0.is_nan()).map_or(c, |o| o.1)
            | format.quiet_bit();
    }
    let product_sign = (x.parts.sign != y.parts.sign) != negate_product;
    let addend_sign = z.parts.sign != negate_addend;
    let infinite = x.kind == Infinity || y.kind == Infinity;
    if undefined || (infinite && z.kind == Infinity && product_sign != addend_sign) {
        return invalid(env, format);
    }
    if x.denormal || y.denormal || z.denormal {
        env.raise(flag::DE);
    }
    if env.stopped() {
        return a;
    }
    if infinite {
        return format.sign_bit(product_sign) | format.infinity();
    }
    if z.kind == Infinity {
        return format.sign_bit(addend_sign) | format.infinity();
    }
    let addend = Parts { sign: addend_sign, ..z.parts };
    let zero_sign = zero_sum_sign(env.rounding, product_sign, addend_sign);
    if x.kind == Zero || y.kind == Zero {
        return match z.kind {
            Zero => format.sign_bit(zero_sign),
            _ => round_ieee(env, format, addend.into()),
        };
    }
    let product = arith::mul(x.parts, y.parts);
    let product = Exact { sign: product_sign, ..product };
    if z.kind == Zero {
        return round_ieee(env, format, product);
    }
    // At most 106 significant bits: halving them for the carry loses nothing.
    let mant = u128::from(product.hi) << 64 | u128::from(product.lo);
    let sum = Wide { sign: product_sign, exp: product.exp, mant }.add(addend.into());
    zero_or_round(env, format, zero_sign, Exact::normalised(sum.sign, sum.exp, sum.mant))
}

/// A half (16 bits) as a single: exact, and DAZ does not count (VCVTPH2PS).
pub(crate) fn widen_half(env: &mut Env, a: u64) -> u64 {
    // Denormal operands are not reported.
    let mut own = Env { daz: false, masks: env.masks | flag::DE, flags: 0, ..*env };
    let result = convert(&mut own, Format::F16, Format::F32, a);
    env.flags |= own.flags & flag::IE;
    result
}

/// A single as a half (VCVTPS2PH); FTZ does not count.
pub(crate) fn narrow_half(env: &mut Env, mode: Rounding, a: u64) -> u64 {
    let (rounding, ftz) = (env.rounding, env.ftz);
    (env.rounding, env.ftz) = (mode, false);
    let result = convert(env, Format::F32, Format::F16, a);
    (env.rounding, env.ftz) = (rounding, ftz);
    result
}

/// Compares; a quiet NaN raises IE only when `signal_quiet`.
pub(crate) fn compare(env: &mut Env, format: Format, a: u64, b: u64, signal_quiet: bool) -> Relation {
    let (x, y) = (Operand::decode(env, format, a), Operand::decode(env, format, b));
    if x.is_nan() || y.is_nan() {
        if signal_quiet || x.kind == Kind::Signalling || y.kind == Kind::Signalling {
            env.raise(flag::IE);
        }
        return Relation::Unordered;
    }
    if x.denormal || y.denormal {
        env.raise(flag::DE);
    }
    // As sign and magnitude; operands that count as zero have magnitude 0.
    let key = |operand: &Operand, bits: u64| {
        let magnitude = if operand.kind == Kind::Zero { 0 } else { bits & !format.sign_bit(true) };
        if operand.parts.sign { -(magnitude as i64) } else { magnitude as i64 }
    };
    match key(&x, a).cmp(&key(&y, b)) {
        core::cmp::Ordering::Less => Relation::Less,
        core::cmp::Ordering::Equal => Relation::Equal,
        core::cmp::Ordering::Greater => Relation::Greater,
    }
}

/// The square root.
pub(crate) fn sqrt(env: &mut Env, format: Format, a: u64) -> u64 {
    let x = Operand::decode(env, format, a);
    match x.kind {
        Kind::Quiet => a,
        Kind::Signalling => {
            env.raise(flag::IE);
            a | format.quiet_bit()
        }
        // The sign of the operand stays, DAZ or not.
        Kind::Zero => a & format.sign_bit(true),
        _ if x.parts.sign => invalid(env, format),
        Kind::Infinity => a,
        Kind::Finite => {
            if x.denormal {
                env.raise(flag::DE);
            }
            if env.stopped() { a } else { round_ieee(env, format, arith::sqrt(x.parts)) }
        }
    }
}

/// Between the two formats (CVTSS2SD, CVTSD2SS).
pub(crate) fn convert(env: &mut Env, from: Format, to: Format, a: u64) -> u64 {
    let x = Operand::decode(env, from, a);
    let sign = to.sign_bit(x.parts.sign);
    match x.kind {
        Kind::Zero => sign,
        Kind::Infinity => sign | to.infinity(),
        Kind::Quiet | Kind::Signalling => {
            if x.kind == Kind::Signalling {
                env.raise(flag::IE);
            }
            let payload = a & ((1 << from.fraction) - 1);
            let payload = payload << (63 - from.fraction) >> (63 - to.fraction);
            sign | to.infinity() | to.quiet_bit() | payload
        }
        Kind::Finite => {
            if x.denormal {
                env.raise(flag::DE);
            }
            if env.stopped() { 0 } else { round_ieee(env, to, x.parts.into()) }
        }
    }
}

/// From a signed integer (CVTSI2SD, CVTDQ2PS).
pub(crate) fn from_integer(env: &mut Env, to: Format, value: i64) -> u64 {
    if value == 0 {
        return 0;
    }
    let mant = value.unsigned_abs();
    let shift = mant.leading_zeros();
    let parts = Parts { sign: value < 0, exp: 63 - shift as i32, mant: mant << shift };
    round_ieee(env, to, parts.into())
}

/// To a signed integer of `bits` (32 or 64), sign-extended; the integer
/// indefinite with IE when out of range or a NaN.
pub(crate) fn to_integer(env: &mut Env, from: Format, mode: Rounding, bits: u32, a: u64) -> i64 {
    let limit = 1u64 << (bits - 1);
    let x = Operand::decode(env, from, a);
    let rounded = match x.kind {
        Kind::Zero => return 0,
        Kind::Finite => round_to_integer(env, mode, &x.parts.into()),
        _ => None,
    };
    match rounded {
        Some((value, inexact)) if value < limit || (value == limit && x.parts.sign) => {
            if inexact {
                env.raise(flag::PE);
            }
            if x.parts.sign { (value as i64).wrapping_neg() } else { value as i64 }
        }
        _ => {
            env.raise(flag::IE);
            (limit as i64).wrapping_neg()
        }
    }
}

/// To an integer in the same format (ROUNDSD). Raises IE for a signalling NaN,
/// and PE unless `quiet_inexact`.
pub(crate) fn round_in_place(
    env: &mut Env,
    format: Format,
    mode: Rounding,
    quiet_inexact: bool,
    a: u64,
) -> u64 {
    let x = Operand::decode(env, format, a);
    let sign = format.sign_bit(x.parts.sign);
    match x.kind {
        Kind::Quiet | Kind::Infinity => a,
        Kind::Signalling => {
            env.raise(flag::IE);
            a | format.quiet_bit()
        }
        Kind::Zero => sign,
        Kind::Finite if x.parts.exp >= format.fraction as i32 => a,
        Kind::Finite => {
            let exact: Exact = x.parts.into();
            let (value, inexact) = round_to_integer(env, mode, &exact).unwrap_or((0, false));
            if inexact && !quiet_inexact {
                env.raise(flag::PE);
            }
            // At most 2^53, so this conversion rounds nothing.
            sign | from_integer(env, format, value as i64)
        }
    }
}
