//! XGETBV, XSAVE and XRSTOR with two components, x87 and SSE (SDM vol. 1, chapter 13):
//! the FXSAVE image, then a header of 64 bytes. The form without compaction.

use super::fxsave::{FXSAVE_SIZE, MXCSR_MASK, fxsave_image, load_fxsave_image};
use super::x87_env::{read, write};
use crate::ir::Op;
use crate::state::slot::{RAX, RCX, RDX};
use crate::x87::X87State;
use crate::{Access, CpuState, GuestMemory, Mode, Trap};

/// XCR0: the components that are enabled.
pub(crate) const XCR0: u64 = X87 | SSE;
const X87: u64 = 1;
const SSE: u64 = 2;
const HEADER: usize = 64;
const SIZE: usize = FXSAVE_SIZE + HEADER;
const MXCSR: core::ops::Range<usize> = 24..32;

/// XGETBV: XCR0 only; #GP for any other register.
pub(crate) fn xgetbv(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    if state.slots[usize::from(RCX)] as u32 != 0 {
        return Err(Trap::GeneralProtection);
    }
    state.slots[usize::from(RAX)] = XCR0;
    state.slots[usize::from(RDX)] = 0;
    Ok(())
}

/// The components asked for: EDX:EAX, as far as they are enabled.
fn requested(state: &CpuState) -> u64 {
    state.slots[usize::from(RAX)] & XCR0
}

fn registers(state: &CpuState) -> usize {
    if state.mode == Mode::Bits64 { 16 } else { 8 }
}

fn aligned(state: &CpuState, op: &Op) -> Result<u64, Trap> {
    let at = state.slots[usize::from(op.a)];
    if at & 63 == 0 { Ok(at) } else { Err(Trap::GeneralProtection) }
}

/// XSAVE at the address in slot `a`; `c`: the form with 64-bit pointers.
pub(crate) fn xsave(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = aligned(state, op)?;
    memory.check(at.wrapping_add(SIZE as u64 - 1), 1, Access::Write)?;
    memory.check(at, SIZE as u64, Access::Write)?;
    let mut out = [0; SIZE];
    read(memory, at, &mut out)?;
    let asked = requested(state);
    let image = fxsave_image(state, op.c != 0);
    let vectors = 160..160 + 16 * registers(state);
    if asked & X87 != 0 {
        out[..24].copy_from_slice(&image[..24]);
        out[32..160].copy_from_slice(&image[32..160]);
    }
    if asked & SSE != 0 {
        out[MXCSR].copy_from_slice(&image[MXCSR]);
        out[vectors.clone()].copy_from_slice(&image[vectors]);
    }
    // A component in its initial state is said to be so.
    let mut in_use = [0; 8];
    in_use.copy_from_slice(&out[FXSAVE_SIZE..FXSAVE_SIZE + 8]);
    let in_use = u64::from_le_bytes(in_use) & !asked | components_in_use(state) & asked;
    out[FXSAVE_SIZE..FXSAVE_SIZE + 8].copy_from_slice(&in_use.to_le_bytes());
    // Only what belongs to the components is written.
    let end = if asked & SSE != 0 { 160 + 16 * registers(state) } else { 160 };
    write(memory, at, &out[..end], SIZE as u64)?;
    write(memory, at.wrapping_add(FXSAVE_SIZE as u64), &out[FXSAVE_SIZE..FXSAVE_SIZE + 8], 8)
}

fn components_in_use(state: &CpuState) -> u64 {
    let x87 = if state.x87 == X87State::default() { 0 } else { X87 };
    let sse = if state.xmm[..16].iter().all(|v| *v == 0) && state.mxcsr == 0x1f80 { 0 } else { SSE };
    x87 | sse
}

/// XRSTOR from the address in slot `a`; `c`: the form with 64-bit pointers. #GP for a
/// header or MXCSR that is not allowed, with nothing changed.
pub(crate) fn xrstor(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = aligned(state, op)?;
    let mut bytes = [0; SIZE];
    read(memory, at, &mut bytes)?;
    let mut image = [0; FXSAVE_SIZE];
    image.copy_from_slice(&bytes[..FXSAVE_SIZE]);
    let header = &bytes[FXSAVE_SIZE..];
    let mut in_use = [0; 8];
    in_use.copy_from_slice(&header[..8]);
    let in_use = u64::from_le_bytes(in_use);
    if in_use & !XCR0 != 0 || header[8..24].iter().any(|byte| *byte != 0) {
        return Err(Trap::GeneralProtection);
    }
    let asked = requested(state);
    let mxcsr = u32::from_le_bytes([image[24], image[25], image[26], image[27]]);
    if asked & SSE != 0 && mxcsr & !MXCSR_MASK != 0 {
        return Err(Trap::GeneralProtection);
    }
    let mut loaded = state.clone();
    load_fxsave_image(&mut loaded, &with_mxcsr(image, mxcsr & MXCSR_MASK), op.c != 0);
    if asked & X87 != 0 {
        state.x87 = if in_use & X87 != 0 { loaded.x87 } else { X87State::default() };
    }
    if asked & SSE != 0 {
        state.mxcsr = mxcsr;
        let count = registers(state);
        let zero = in_use & SSE == 0;
        for (to, from) in state.xmm[..count].iter_mut().zip(&loaded.xmm) {
            *to = if zero { 0 } else { *from };
        }
    }
    Ok(())
}

fn with_mxcsr(mut image: [u8; FXSAVE_SIZE], mxcsr: u32) -> [u8; FXSAVE_SIZE] {
    image[24..28].copy_from_slice(&mxcsr.to_le_bytes());
    image
}
