//! BMI1, BMI2 and ADX beyond what plain operations express.
//!
//! Conventions: result in slot `d`, sources in `a` and `b`, width log2 (2 or 3) in `c`.
//! Source: Intel SDM vol. 2, the instruction of the same name.

use crate::flags::{self, CF, OF, SF, ZF};
use crate::ir::Op;
use crate::{CpuState, GuestMemory, Trap};

type Done = Result<(), Trap>;

fn bits(op: &Op) -> u32 {
    8 << (op.c & 3)
}

fn mask(op: &Op) -> u64 {
    u64::MAX >> (64 - bits(op))
}

fn source(state: &CpuState, slot: u8, op: &Op) -> u64 {
    state.slots[usize::from(slot)] & mask(op)
}

/// Writes the result with SF and ZF from it; OF = 0. AF and PF are undefined.
fn settle(state: &mut CpuState, op: &Op, result: u64, carry: bool) -> Done {
    let result = result & mask(op);
    let sign = if result >> (bits(op) - 1) != 0 { SF } else { 0 };
    let zero = if result == 0 { ZF } else { 0 };
    flags::set_status(state, sign | zero | if carry { CF } else { 0 });
    state.slots[usize::from(op.d)] = result;
    Ok(())
}

/// BLSR: the lowest set bit cleared.
pub(crate) fn blsr(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let a = source(state, op.a, op);
    settle(state, op, a & a.wrapping_sub(1), a == 0)
}

/// BLSMSK: ones up to the lowest set bit.
pub(crate) fn blsmsk(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let a = source(state, op.a, op);
    settle(state, op, a ^ a.wrapping_sub(1), a == 0)
}

/// BLSI: the lowest set bit alone.
pub(crate) fn blsi(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let a = source(state, op.a, op);
    settle(state, op, a & a.wrapping_neg(), a != 0)
}

/// BEXTR: `b` gives the first bit (7..0) and their number (15..8). SF is undefined.
pub(crate) fn bextr(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (a, control) = (source(state, op.a, op), state.slots[usize::from(op.b)]);
    let (start, length) = (control as u8, (control >> 8) as u8);
    let from = a.checked_shr(start.into()).unwrap_or(0);
    let result = if length < 64 { from & !(u64::MAX << length) } else { from };
    flags::set_status(state, if result == 0 { ZF } else { 0 });
    state.slots[usize::from(op.d)] = result;
    Ok(())
}

/// BZHI: bits from number `b` (7..0) on cleared; CF if there are none.
pub(crate) fn bzhi(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (a, from) = (source(state, op.a, op), u32::from(state.slots[usize::from(op.b)] as u8));
    let kept = if from < bits(op) { a & !(u64::MAX << from) } else { a };
    settle(state, op, kept, from >= bits(op))
}

/// PDEP: the low bits of `a` to the places of the bits of `b`.
pub(crate) fn pdep(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (mut a, mut places, mut result) = (source(state, op.a, op), source(state, op.b, op), 0);
    while places != 0 {
        let place = places & places.wrapping_neg();
        if a & 1 != 0 {
            result |= place;
        }
        a >>= 1;
        places ^= place;
    }
    state.slots[usize::from(op.d)] = result;
    Ok(())
}

/// PEXT: the bits of `a` at the places of `b`, packed low.
pub(crate) fn pext(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (a, mut places, mut result) = (source(state, op.a, op), source(state, op.b, op), 0);
    let mut to = 0;
    while places != 0 {
        let place = places & places.wrapping_neg();
        result |= u64::from(a & place != 0) << to;
        to += 1;
        places ^= place;
    }
    state.slots[usize::from(op.d)] = result;
    Ok(())
}

/// MULX: high half to `d`, low half to slot `imm`, of RDX times `a`. The high half wins
/// where both are one register.
pub(crate) fn mulx(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let product =
        u128::from(source(state, crate::state::slot::RDX, op)) * u128::from(source(state, op.a, op));
    state.slots[usize::from(op.imm as u8)] = product as u64 & mask(op);
    state.slots[usize::from(op.d)] = (product >> bits(op)) as u64;
    Ok(())
}

/// ADCX and ADOX: d = a + b + the flag whose EFLAGS bit is `imm`, which gets the carry.
pub(crate) fn adx(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let flag = if op.imm as u32 == CF { CF } else { OF };
    let carry = flags::status_bits(state) & flag != 0;
    let (a, b) = (source(state, op.a, op), source(state, op.b, op));
    let sum = u128::from(a) + u128::from(b) + u128::from(carry);
    flags::update(state, flag, if sum >> bits(op) != 0 { flag } else { 0 });
    state.slots[usize::from(op.d)] = sum as u64 & mask(op);
    Ok(())
}
