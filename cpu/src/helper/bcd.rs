//! Decimal adjustment (32-bit mode only). Intel SDM vol. 2, the pseudo-code of each.

use crate::flags::{self, AF, CF, PF, SF, STATUS, ZF};
use crate::ir::Op;
use crate::state::slot::RAX;
use crate::{CpuState, GuestMemory, Trap};

/// SF, ZF and PF of an 8-bit result.
fn result_flags(al: u8) -> u32 {
    (if al == 0 { ZF } else { 0 })
        | (if al & 0x80 != 0 { SF } else { 0 })
        | (if al.count_ones() & 1 == 0 { PF } else { 0 })
}

fn ax(state: &CpuState) -> u16 {
    state.slots[RAX as usize] as u16
}

fn set_ax(state: &mut CpuState, value: u16) {
    let rax = &mut state.slots[RAX as usize];
    *rax = (*rax & !0xffff) | u64::from(value);
}

fn decimal(state: &mut CpuState, subtract: bool) {
    let old = ax(state) as u8;
    let bits = flags::status_bits(state);
    let (old_cf, old_af) = (bits & CF != 0, bits & AF != 0);
    let step = |al: u8, by: u8| if subtract { al.wrapping_sub(by) } else { al.wrapping_add(by) };
    let mut al = old;
    let (mut cf, mut af) = (false, false);
    if old & 0xf > 9 || old_af {
        al = step(al, 6);
        af = true;
        // The borrow or carry of this step counts for DAS and DAA alike.
        cf = old_cf || if subtract { old < 6 } else { old > 0xf9 };
    }
    if old > 0x99 || old_cf {
        al = step(al, 0x60);
        cf = true;
    } else if !subtract {
        cf = false;
    }
    set_ax(state, (ax(state) & 0xff00) | u16::from(al));
    let bits = result_flags(al) | (if cf { CF } else { 0 }) | (if af { AF } else { 0 });
    flags::set_status(state, bits);
}

/// DAA.
pub fn daa(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    decimal(state, false);
    Ok(())
}

/// DAS.
pub fn das(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    decimal(state, true);
    Ok(())
}

fn ascii(state: &mut CpuState, subtract: bool) {
    let old = ax(state);
    let adjust = old & 0xf > 9 || flags::status_bits(state) & AF != 0;
    let value = match (adjust, subtract) {
        (false, _) => old,
        (true, false) => old.wrapping_add(0x106),
        (true, true) => old.wrapping_sub(0x106),
    };
    set_ax(state, value & 0xff0f);
    flags::update(state, STATUS, if adjust { AF | CF } else { 0 });
}

/// AAA.
pub fn aaa(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    ascii(state, false);
    Ok(())
}

/// AAS.
pub fn aas(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    ascii(state, true);
    Ok(())
}

/// AAM with its base in `imm`.
pub fn aam(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let base = op.imm as u8;
    if base == 0 {
        return Err(Trap::DivideError);
    }
    let al = ax(state) as u8;
    set_ax(state, u16::from(al / base) << 8 | u16::from(al % base));
    flags::set_status(state, result_flags(al % base));
    Ok(())
}

/// AAD with its base in `imm`.
pub fn aad(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let [al, ah] = ax(state).to_le_bytes();
    let result = al.wrapping_add(ah.wrapping_mul(op.imm as u8));
    set_ax(state, u16::from(result));
    flags::set_status(state, result_flags(result));
    Ok(())
}
