//! Vectors to and from memory and general registers, and the MMX registers.

use super::{set_vector, vector};
use crate::helper::x87::{address, wait};
use crate::ir::Op;
use crate::softfloat::F80;
use crate::{CpuState, GuestMemory, Trap};

type Done = Result<(), Trap>;

macro_rules! transfers {
    ($($load:ident $store:ident $ty:ty;)*) => {$(
        #[inline(always)]
        pub(super) fn $load(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
            let value = memory.$load(address(state, op))?;
            set_vector(state, op.d, value.into());
            Ok(())
        }

        #[inline(always)]
        pub(super) fn $store(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
            Ok(memory.$store(address(state, op), vector(state, op.d) as $ty)?)
        }
    )*};
}

transfers! {
    load32 store32 u32;
    load64 store64 u64;
    load128 store128 u128;
}

#[inline(always)]
fn aligned(state: &CpuState, op: &Op) -> Result<u64, Trap> {
    let at = address(state, op);
    if at & 15 == 0 { Ok(at) } else { Err(Trap::GeneralProtection) }
}

#[inline(always)]
pub(super) fn load128_aligned(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let value = memory.load128(aligned(state, op)?)?;
    set_vector(state, op.d, value);
    Ok(())
}

#[inline(always)]
pub(super) fn store128_aligned(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    Ok(memory.store128(aligned(state, op)?, vector(state, op.d))?)
}

#[inline(always)]
pub(super) fn store_high64(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    Ok(memory.store64(address(state, op), (vector(state, op.d) >> 64) as u64)?)
}

/// MASKMOVDQU and MASKMOVQ of `imm` bytes: the address is slot `c`, already complete. Bytes whose mask bit is clear are
/// not touched, but all of them must be writable, as recorded from the processor (the manual leaves it open).
pub(super) fn masked_store128(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let at = state.slots[op.c as usize];
    let (bytes, mask) = (vector(state, op.a).to_le_bytes(), super::int::sign_mask_u8(vector(state, op.b)));
    memory.check(at, op.imm as u64 & 31, crate::Access::Write)?;
    for i in (0..16u64).filter(|i| mask >> i & 1 != 0) {
        memory.store8(at.wrapping_add(i), bytes[i as usize])?;
    }
    Ok(())
}

#[inline(always)]
pub(super) fn from_gpr32(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let value = state.slots[op.a as usize] as u32;
    set_vector(state, op.d, value.into());
    Ok(())
}

#[inline(always)]
pub(super) fn from_gpr64(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let value = state.slots[op.a as usize];
    set_vector(state, op.d, value.into());
    Ok(())
}

#[inline(always)]
pub(super) fn to_gpr32(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    state.slots[op.d as usize] = u64::from(vector(state, op.a) as u32);
    Ok(())
}

#[inline(always)]
pub(super) fn to_gpr64(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    state.slots[op.d as usize] = vector(state, op.a) as u64;
    Ok(())
}

#[inline(always)]
pub(super) fn pmovmskb(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    state.slots[op.d as usize] = u64::from(super::int::sign_mask_u8(vector(state, op.a)));
    Ok(())
}

/// The pending exception is delivered here; entering MMX state is left to the
/// write, so that a fault in between changes nothing.
pub(super) fn mmx_read(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    wait(state)?;
    let value = state.x87.regs[usize::from(op.c & 7)].mantissa;
    set_vector(state, op.d, value.into());
    Ok(())
}

pub(super) fn mmx_write(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    mmx_enter(state, memory, op)?;
    let mantissa = vector(state, op.a) as u64;
    state.x87.regs[usize::from(op.c & 7)] = F80 { mantissa, sign_exponent: 0xffff };
    Ok(())
}

pub(super) fn mmx_enter(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Done {
    wait(state)?;
    state.x87.enter_mmx();
    Ok(())
}

/// Empties every register. TOP becomes 0 as after any MMX instruction.
pub(super) fn emms(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Done {
    wait(state)?;
    state.x87.set_top(0);
    state.x87.tw = 0xffff;
    Ok(())
}
