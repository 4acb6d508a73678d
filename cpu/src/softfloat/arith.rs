//! Add, multiply, divide and square root of finite non-zero numbers, exact to
//! 128 bits with a sticky last bit: enough for any format to round correctly.

/// A finite non-zero number: `mant * 2^(exp - 63)`, the top bit of `mant` set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub sign: bool,
    pub exp: i32,
    pub mant: u64,
}

/// A result before rounding: `(hi + lo / 2^64) * 2^(exp - 63)`, where the last
/// bit of `lo` also stands for everything below it. The top bit of `hi` is set
/// unless the number is exactly zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact {
    pub sign: bool,
    pub exp: i32,
    pub hi: u64,
    pub lo: u64,
}

impl Exact {
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.hi == 0
    }

    /// From a 128-bit significand whose top bit stands for `2^exp`.
    #[inline]
    pub fn normalised(sign: bool, exp: i32, mant: u128) -> Exact {
        let shift = mant.leading_zeros();
        if shift == 128 {
            return Exact { sign, exp: 0, hi: 0, lo: 0 };
        }
        let mant = mant << shift;
        Exact { sign, exp: exp - shift as i32, hi: (mant >> 64) as u64, lo: mant as u64 }
    }
}

impl From<Parts> for Exact {
    #[inline]
    fn from(p: Parts) -> Exact {
        Exact { sign: p.sign, exp: p.exp, hi: p.mant, lo: 0 }
    }
}

/// Shifts right and ors every lost bit into the last one.
#[inline]
pub(crate) fn shift_right_jam(value: u128, count: u32) -> u128 {
    if count == 0 {
        value
    } else if count >= 128 {
        u128::from(value != 0)
    } else {
        (value >> count) | u128::from(value << (128 - count) != 0)
    }
}

/// `a + b`. An exact zero's sign is left to the caller. In halves of 64 bits:
/// wasm has no wider shifts, and the generic ones are function calls.
#[inline]
pub(crate) fn add(a: Parts, b: Parts) -> Exact {
    let (a, b) = if (a.exp, a.mant) >= (b.exp, b.mant) { (a, b) } else { (b, a) };
    let (high, low) = match (a.exp - b.exp) as u32 {
        0 => (b.mant, 0),
        d @ 1..64 => (b.mant >> d, b.mant << (64 - d)),
        64 => (0, b.mant),
        d @ 65..128 => (0, b.mant >> (d - 64) | u64::from(b.mant << (128 - d) != 0)),
        _ => (0, 1),
    };
    if a.sign == b.sign {
        let (hi, carry) = a.mant.overflowing_add(high);
        if carry {
            let lo = hi << 63 | low >> 1 | low & 1;
            return Exact { sign: a.sign, exp: a.exp + 1, hi: hi >> 1 | 1 << 63, lo };
        }
        return Exact { sign: a.sign, exp: a.exp, hi, lo: low };
    }
    let hi = a.mant - high - u64::from(low != 0);
    let lo = low.wrapping_neg();
    match hi.leading_zeros() {
        0 => Exact { sign: a.sign, exp: a.exp, hi, lo },
        64 => {
            // Whole words cancel only when no bit of the smaller one was lost.
            let shift = lo.leading_zeros();
            let hi = lo.checked_shl(shift).unwrap_or(0);
            Exact { sign: a.sign, exp: a.exp - 64 - shift as i32, hi, lo: 0 }
        }
        shift => {
            let hi = hi << shift | lo >> (64 - shift);
            Exact { sign: a.sign, exp: a.exp - shift as i32, hi, lo: lo << shift }
        }
    }
}

/// High and low half of the 128-bit product.
#[inline(always)]
fn mul_wide(a: u64, b: u64) -> (u64, u64) {
    // wasm multiplies 128 bits by a function that expects four words.
    if cfg!(target_arch = "wasm32") {
        const LOW: u64 = 0xffff_ffff;
        let (a1, a0, b1, b0) = (a >> 32, a & LOW, b >> 32, b & LOW);
        let low = a0 * b0;
        let middle = a1 * b0 + (low >> 32);
        let other = a0 * b1 + (middle & LOW);
        (a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | low & LOW)
    } else {
        let product = u128::from(a) * u128::from(b);
        ((product >> 64) as u64, product as u64)
    }
}

/// `a * b`.
#[inline]
pub(crate) fn mul(a: Parts, b: Parts) -> Exact {
    let (hi, lo) = mul_wide(a.mant, b.mant);
    let (sign, exp) = (a.sign != b.sign, a.exp + b.exp);
    if hi >> 63 != 0 {
        Exact { sign, exp: exp + 1, hi, lo }
    } else {
        Exact { sign, exp, hi: hi << 1 | lo >> 63, lo: lo << 1 }
    }
}

/// `a / b`.
pub(crate) fn div(a: Parts, b: Parts) -> Exact {
    // The quotient has its top bit set when the dividend is below the divisor.
    let below = a.mant < b.mant;
    let exp = a.exp - b.exp - i32::from(below);
    let (hi, lo) = if below { (a.mant, 0) } else { (a.mant >> 1, a.mant << 63) };
    let (quotient, rest) = div_128_64(hi, lo, b.mant);
    let twice = u128::from(rest) << 1;
    let half = twice >= u128::from(b.mant);
    let left = twice != 0 && twice != u128::from(b.mant);
    let lo = (u64::from(half) << 63) | u64::from(left);
    Exact { sign: a.sign != b.sign, exp, hi: quotient, lo }
}

/// Quotient and remainder of a 128-bit by a 64-bit number, for `hi < divisor`
/// and a divisor with its top bit set. Two 64-bit divisions: wasm has no wider
/// one, and the generic `u128` division is several times slower there.
pub(crate) fn div_128_64(hi: u64, lo: u64, divisor: u64) -> (u64, u64) {
    debug_assert!(divisor >> 63 == 1 && hi < divisor);
    const LOW: u64 = 0xffff_ffff;
    let (d1, d0) = (divisor >> 32, divisor & LOW);
    let step = |rest: u64, digit: u64| -> (u64, u64) {
        let mut q = rest / d1;
        let mut r = rest % d1;
        while q > LOW || q * d0 > (r << 32 | digit) {
            q -= 1;
            r += d1;
            if r > LOW {
                break;
            }
        }
        let next = (rest << 32 | digit).wrapping_sub(q.wrapping_mul(divisor));
        (q, next)
    };
    let (q1, r1) = step(hi, lo >> 32);
    let (q0, r0) = step(r1, lo & LOW);
    (q1 << 32 | q0, r0)
}

/// The square root of a positive number.
pub(crate) fn sqrt(a: Parts) -> Exact {
    // Scale to an even exponent so that the 128-bit radicand's root has 64 bits.
    let odd = a.exp & 1 != 0;
    let radicand = u128::from(a.mant) << if odd { 64 } else { 63 };
    let exp = a.exp >> 1;
    let root = isqrt(radicand);
    let rest = radicand - u128::from(root) * u128::from(root);
    // Above half an ulp exactly when rest > root; never equal to half.
    let lo = (u64::from(rest > u128::from(root)) << 63) | u64::from(rest != 0);
    Exact { sign: false, exp, hi: root, lo }
}

/// Integer square root of a number of at least 2^126.
fn isqrt(n: u128) -> u64 {
    let estimate = (n as f64).sqrt();
    let mut root = if estimate >= 18446744073709551615.0 { u64::MAX } else { estimate as u64 };
    // One Newton step takes the 52 good bits of the estimate past 64.
    let hi = (n >> 64) as u64;
    if hi < root {
        let (quotient, _) = div_128_64(hi, n as u64, root);
        root = ((u128::from(root) + u128::from(quotient)) >> 1) as u64;
    }
    while u128::from(root) * u128::from(root) > n {
        root -= 1;
    }
    while root != u64::MAX && u128::from(root + 1) * u128::from(root + 1) <= n {
        root += 1;
    }
    root
}
