//! PUSHA, POPA and ENTER: several memory accesses. The processor stores below the stack
//! pointer one by one, so a fault half-way leaves what was stored there, and the
//! registers as they were.

use crate::ir::Op;
use crate::state::slot::{RBP, RSP};
use crate::{CpuState, GuestMemory, Mode, Trap};

fn mask(state: &CpuState) -> u64 {
    if state.mode == Mode::Bits32 { 0xffff_ffff } else { u64::MAX }
}

fn store(memory: &GuestMemory, log2: u8, at: u64, value: u64) -> Result<(), Trap> {
    let _: () = match log2 {
        1 => memory.store16(at, value as u16)?,
        2 => memory.store32(at, value as u32)?,
        _ => memory.store64(at, value)?,
    };
    Ok(())
}

fn load(memory: &GuestMemory, log2: u8, at: u64) -> Result<u64, Trap> {
    Ok(match log2 {
        1 => u64::from(memory.load16(at)?),
        2 => u64::from(memory.load32(at)?),
        _ => memory.load64(at)?,
    })
}

/// PUSHA: AX, CX, DX, BX, the old SP, BP, SI, DI.
pub fn pusha(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let size = 1u64 << op.c;
    let mask = mask(state);
    let top = state.slots[RSP as usize];
    let bottom = top.wrapping_sub(8 * size) & mask;
    for n in 0..8 {
        let at = top.wrapping_sub((n + 1) * size) & mask;
        store(memory, op.c, at, state.slots[n as usize])?;
    }
    state.slots[RSP as usize] = bottom;
    Ok(())
}

/// POPA: the reverse; the saved SP is skipped.
pub fn popa(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let size = 1u64 << op.c;
    let mask = mask(state);
    let bottom = state.slots[RSP as usize];
    let mut values = [0; 8];
    for (n, value) in values.iter_mut().enumerate().rev() {
        *value = load(memory, op.c, bottom.wrapping_add((7 - n as u64) * size) & mask)?;
    }
    for (n, value) in values.into_iter().enumerate() {
        if n != RSP as usize {
            let r = &mut state.slots[n];
            *r = if op.c == 1 { (*r & !0xffff) | value } else { value };
        }
    }
    state.slots[RSP as usize] = bottom.wrapping_add(8 * size) & mask;
    Ok(())
}

/// ENTER with any nesting level.
pub fn enter(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let size = 1u64 << op.c;
    let mask = mask(state);
    let bytes = op.imm as u64 & 0xffff;
    let level = (op.imm as u64 >> 16) & 31;
    let old_bp = state.slots[RBP as usize];
    let frame = state.slots[RSP as usize].wrapping_sub(size) & mask;
    let bottom = state.slots[RSP as usize].wrapping_sub((1 + level) * size) & mask;
    store(memory, op.c, frame, old_bp)?;
    for n in 1..level {
        let link = load(memory, op.c, old_bp.wrapping_sub(n * size) & mask)?;
        store(memory, op.c, frame.wrapping_sub(n * size) & mask, link)?;
    }
    if level > 0 {
        store(memory, op.c, frame.wrapping_sub(level * size) & mask, frame)?;
    }
    let bp = &mut state.slots[RBP as usize];
    *bp = if op.c == 1 { (*bp & !0xffff) | (frame & 0xffff) } else { frame };
    state.slots[RSP as usize] = bottom.wrapping_sub(bytes) & mask;
    Ok(())
}
