//! Arithmetic that is too long for the match of [`super::exec`]: wide products,
//! quotients, rotates and double shifts.

use crate::Trap;
use crate::flags;
use crate::state::{CpuState, slot};

/// Low `bits` bits of all ones.
pub(super) fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// CF = OF = overflow; SF and PF from the low half, ZF and AF clear (undefined
/// by the manual; this is what current processors do for SF and PF).
pub(super) fn set_mul_flags(state: &mut CpuState, overflow: bool, low: u64, bits: u32) {
    let mut value = if overflow { flags::CF | flags::OF } else { 0 };
    if low >> (bits - 1) & 1 != 0 {
        value |= flags::SF;
    }
    if (low as u8).count_ones() & 1 == 0 {
        value |= flags::PF;
    }
    flags::set_status(state, value);
}

/// Writes `value` to the low `bits` of a general register as an instruction does.
pub(super) fn write_gpr(state: &mut CpuState, register: u8, value: u64, bits: u32) {
    let old = state.slots[register as usize];
    state.slots[register as usize] = match bits {
        8 => old & !0xff | value & 0xff,
        16 => old & !0xffff | value & 0xffff,
        32 => value & 0xffff_ffff,
        _ => value,
    };
}

pub(super) fn multiply(state: &mut CpuState, operand: u64, bits: u32, signed: bool) {
    let rax = state.slots[slot::RAX as usize];
    let extend = |x: u64| {
        if signed { ((x << (64 - bits)) as i64 >> (64 - bits)) as i128 } else { i128::from(x & mask(bits)) }
    };
    // 64 x 64 unsigned wraps i128's sign, but its bits are right.
    let wide = extend(rax).wrapping_mul(extend(operand));
    let low = wide as u64 & mask(bits);
    let high = (wide >> bits) as u64 & mask(bits);
    let overflow = if signed { extend(low) != wide } else { high != 0 };
    if bits == 8 {
        write_gpr(state, slot::RAX, low | high << 8, 16);
    } else {
        write_gpr(state, slot::RAX, low, bits);
        write_gpr(state, slot::RDX, high, bits);
    }
    set_mul_flags(state, overflow, low, bits);
}

pub(super) fn dividend(state: &CpuState, bits: u32) -> u128 {
    let (rax, rdx) = (state.slots[slot::RAX as usize], state.slots[slot::RDX as usize]);
    if bits == 8 {
        u128::from(rax & 0xffff)
    } else {
        u128::from(rdx & mask(bits)) << bits | u128::from(rax & mask(bits))
    }
}

pub(super) fn store_quotient(state: &mut CpuState, quotient: u64, remainder: u64, bits: u32) {
    if bits == 8 {
        write_gpr(state, slot::RAX, quotient & 0xff | (remainder & 0xff) << 8, 16);
    } else {
        write_gpr(state, slot::RAX, quotient, bits);
        write_gpr(state, slot::RDX, remainder, bits);
    }
}

pub(super) fn divide(state: &mut CpuState, operand: u64, bits: u32) -> Result<(), Trap> {
    let n = dividend(state, bits);
    let d = u128::from(operand & mask(bits));
    if d == 0 {
        return Err(Trap::DivideError);
    }
    // A 128-bit division is a library call: avoid it where 64 bits do.
    let (q, r) = match (u64::try_from(n), d as u64) {
        (Ok(n), d) => (u128::from(n / d), u128::from(n % d)),
        _ => (n / d, n % d),
    };
    if q > u128::from(mask(bits)) {
        return Err(Trap::DivideError);
    }
    store_quotient(state, q as u64, r as u64, bits);
    Ok(())
}

pub(super) fn divide_signed(state: &mut CpuState, operand: u64, bits: u32) -> Result<(), Trap> {
    let unused = 128 - 2 * bits;
    let n = (dividend(state, bits) << unused) as i128 >> unused;
    let d = ((operand << (64 - bits)) as i64 >> (64 - bits)) as i128;
    if d == 0 {
        return Err(Trap::DivideError);
    }
    let (q, r) = match (i64::try_from(n), d as i64) {
        (Ok(n), d) if n != i64::MIN => (i128::from(n / d), i128::from(n % d)),
        // The one overflow of i128 itself is out of every quotient's range too.
        _ => match (n.checked_div(d), n.checked_rem(d)) {
            (Some(q), Some(r)) => (q, r),
            _ => return Err(Trap::DivideError),
        },
    };
    let limit = 1i128 << (bits - 1);
    if q >= limit || q < -limit {
        return Err(Trap::DivideError);
    }
    store_quotient(state, q as u64, r as u64, bits);
    Ok(())
}

/// The count of a shift or rotate: 5 bits, 6 for 64-bit operands (SDM, ROL/ROR).
pub(super) fn masked_count(count: u64, bits: u32) -> u32 {
    count as u32 & if bits == 64 { 63 } else { 31 }
}

pub(super) fn rotate_left(state: &mut CpuState, x: u64, count: u64, bits: u32) -> u64 {
    let x = x & mask(bits);
    let count = masked_count(count, bits);
    if count == 0 {
        return x;
    }
    let n = count % bits;
    let r = if n == 0 { x } else { (x << n | x >> (bits - n)) & mask(bits) };
    let cf = r & 1;
    let of = r >> (bits - 1) & 1 ^ cf;
    set_cf_of(state, cf != 0, of != 0);
    r
}

pub(super) fn rotate_right(state: &mut CpuState, x: u64, count: u64, bits: u32) -> u64 {
    let x = x & mask(bits);
    let count = masked_count(count, bits);
    if count == 0 {
        return x;
    }
    let n = count % bits;
    let r = if n == 0 { x } else { (x >> n | x << (bits - n)) & mask(bits) };
    let (top, next) = (r >> (bits - 1) & 1, r >> (bits - 2) & 1);
    set_cf_of(state, top != 0, top != next);
    r
}

pub(super) fn set_cf_of(state: &mut CpuState, cf: bool, of: bool) {
    let bits = if cf { flags::CF } else { 0 } | if of { flags::OF } else { 0 };
    flags::update(state, flags::CF | flags::OF, bits);
}

/// RCL: the operand and CF as one number of `bits + 1` bits.
pub(super) fn rotate_carry_left(state: &mut CpuState, x: u64, count: u64, bits: u32) -> u64 {
    let x = x & mask(bits);
    let n = masked_count(count, bits) % (bits + 1);
    if masked_count(count, bits) == 0 {
        return x;
    }
    let whole = u128::from(flags::carry(state)) << bits | u128::from(x);
    let all = (1u128 << (bits + 1)) - 1;
    let r = if n == 0 { whole } else { (whole << n | whole >> (bits + 1 - n)) & all };
    let cf = r >> bits & 1 != 0;
    let result = r as u64 & mask(bits);
    set_cf_of(state, cf, cf != (result >> (bits - 1) & 1 != 0));
    result
}

/// RCR: as [`rotate_carry_left`]; OF is defined from the value before.
pub(super) fn rotate_carry_right(state: &mut CpuState, x: u64, count: u64, bits: u32) -> u64 {
    let x = x & mask(bits);
    let n = masked_count(count, bits) % (bits + 1);
    if masked_count(count, bits) == 0 {
        return x;
    }
    let whole = u128::from(flags::carry(state)) << bits | u128::from(x);
    let all = (1u128 << (bits + 1)) - 1;
    let r = if n == 0 { whole } else { (whole >> n | whole << (bits + 1 - n)) & all };
    let result = r as u64 & mask(bits);
    let (top, next) = (result >> (bits - 1) & 1, result >> (bits - 2) & 1);
    set_cf_of(state, r >> bits & 1 != 0, top != next);
    result
}

/// SZP of a result, CF and OF as given; AF clear.
pub(super) fn set_shift_flags(state: &mut CpuState, r: u64, cf: bool, of: bool, bits: u32) {
    let mut value = 0;
    if cf {
        value |= flags::CF;
    }
    if of {
        value |= flags::OF;
    }
    if r == 0 {
        value |= flags::ZF;
    }
    if r >> (bits - 1) & 1 != 0 {
        value |= flags::SF;
    }
    if (r as u8).count_ones() & 1 == 0 {
        value |= flags::PF;
    }
    flags::set_status(state, value);
}

/// SHLD. A count above 16 on 16-bit operands is undefined; processors shift the
/// 48-bit number x:y:x, and so do we.
pub(super) fn shift_left_double(state: &mut CpuState, x: u64, y: u64, count: u64, bits: u32) -> u64 {
    let (x, y) = (x & mask(bits), y & mask(bits));
    let n = masked_count(count, bits);
    if n == 0 {
        return x;
    }
    let (r, cf) = if bits == 64 {
        ((x << n) | (y >> (64 - n)), x >> (64 - n) & 1 != 0)
    } else {
        let whole = u128::from(x) << (2 * bits) | u128::from(y) << bits | u128::from(x);
        let shifted = whole << n;
        ((shifted >> (2 * bits)) as u64 & mask(bits), shifted >> (3 * bits) & 1 != 0)
    };
    set_shift_flags(state, r, cf, (r ^ x) >> (bits - 1) & 1 != 0, bits);
    r
}

/// SHRD, as [`shift_left_double`].
pub(super) fn shift_right_double(state: &mut CpuState, x: u64, y: u64, count: u64, bits: u32) -> u64 {
    let (x, y) = (x & mask(bits), y & mask(bits));
    let n = masked_count(count, bits);
    if n == 0 {
        return x;
    }
    let (r, cf) = if bits == 64 {
        ((x >> n) | (y << (64 - n)), x >> (n - 1) & 1 != 0)
    } else {
        let whole = u128::from(x) << (2 * bits) | u128::from(y) << bits | u128::from(x);
        ((whole >> n) as u64 & mask(bits), whole >> (n - 1) & 1 != 0)
    };
    set_shift_flags(state, r, cf, (r ^ x) >> (bits - 1) & 1 != 0, bits);
    r
}
