//! FXSAVE and FXRSTOR, LDMXCSR and STMXCSR (SDM vol. 1, 10.5).
//!
//! The 512-byte image is also what signal frames of both widths hold.

use super::x87::{address, sw};
use super::x87_env::{possible, read, write};
use crate::ir::Op;
use crate::softfloat::F80;
use crate::{CpuState, GuestMemory, Mode, Trap};

/// Size of the image.
pub const FXSAVE_SIZE: usize = 512;
/// MXCSR bits that may be set: what FXSAVE's MXCSR_MASK field says (DAZ included).
pub const MXCSR_MASK: u32 = 0xffff;

/// The image of the state. XMM8 and up are stored for 64-bit programs only. `wide`:
/// the form with 64-bit pointers and no selectors.
pub fn fxsave_image(state: &CpuState, wide: bool) -> [u8; FXSAVE_SIZE] {
    let mut out = [0; FXSAVE_SIZE];
    let x87 = &state.x87;
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &x87.cw.to_le_bytes());
    put(2, &x87.sw.to_le_bytes());
    put(4, &[x87.abridged_tags()]);
    // The pointers are stored while an exception is pending (AMD; on Intel always).
    if x87.sw & sw::ES != 0 {
        put(6, &x87.last_opcode.to_le_bytes());
        put(8, &x87.last_ip.to_le_bytes());
        put(16, &x87.last_dp.to_le_bytes());
        if !wide {
            put(12, &[x87.last_cs, 0].map(u16::to_le_bytes).concat());
            put(20, &[x87.last_ds, 0].map(u16::to_le_bytes).concat());
        }
    }
    put(24, &state.mxcsr.to_le_bytes());
    put(28, &MXCSR_MASK.to_le_bytes());
    for i in 0..8 {
        let physical = (usize::from(x87.top()) + i) & 7;
        put(32 + 16 * i, &x87.regs[physical].to_bytes());
    }
    let count = if state.mode == Mode::Bits64 { 16 } else { 8 };
    for (i, xmm) in state.xmm[..count].iter().enumerate() {
        put(160 + 16 * i, &xmm.to_le_bytes());
    }
    out
}

/// Loads an image of either form; `false` (#GP) when its MXCSR has reserved bits set,
/// and then nothing changed.
pub fn load_fxsave_image(state: &mut CpuState, image: &[u8; FXSAVE_SIZE], wide: bool) -> bool {
    let word = |at: usize| u16::from_le_bytes([image[at], image[at + 1]]);
    let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
    let quad = |at: usize| u64::from(long(at)) | u64::from(long(at + 4)) << 32;
    let mxcsr = long(24);
    if mxcsr & !MXCSR_MASK != 0 {
        return false;
    }
    state.mxcsr = mxcsr;
    let x87 = &mut state.x87;
    x87.sw = word(2);
    x87.set_abridged_tags(image[4]);
    x87.last_opcode = word(6) & 0x7ff;
    let pointer = |at: usize| if wide { quad(at) } else { u64::from(long(at)) };
    x87.last_ip = pointer(8);
    x87.last_dp = pointer(16);
    (x87.last_cs, x87.last_ds) = if wide { (0, 0) } else { (word(12), word(20)) };
    x87.set_control(word(0));
    for i in 0..8 {
        let physical = (usize::from(x87.top()) + i) & 7;
        let at = 32 + 16 * i;
        x87.regs[physical] = F80 { mantissa: quad(at), sign_exponent: word(at + 8) };
    }
    let count = if state.mode == Mode::Bits64 { 16 } else { 8 };
    for (i, xmm) in state.xmm[..count].iter_mut().enumerate() {
        let at = 160 + 16 * i;
        *xmm = u128::from(quad(at)) | u128::from(quad(at + 8)) << 64;
    }
    true
}

/// Where the image is: #GP unless 16-byte aligned.
fn image_address(state: &CpuState, op: &Op) -> Result<u64, Trap> {
    let at = possible(state, op, FXSAVE_SIZE)?;
    if at & 15 != 0 { Err(Trap::GeneralProtection) } else { Ok(at) }
}

/// FXSAVE, FXSAVE64 (`d` = 1): #GP unless 16-byte aligned. Bytes 464 to 511 are the
/// program's own and stay.
pub(crate) fn fxsave(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = image_address(state, op)?;
    let used = if state.mode == Mode::Bits64 { 416 } else { 288 };
    write(memory, at, &fxsave_image(state, op.d != 0)[..used], FXSAVE_SIZE as u64)
}

/// FXRSTOR, FXRSTOR64 (`d` = 1).
pub(crate) fn fxrstor(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = image_address(state, op)?;
    let mut image = [0; FXSAVE_SIZE];
    read(memory, at, &mut image)?;
    if load_fxsave_image(state, &image, op.d != 0) { Ok(()) } else { Err(Trap::GeneralProtection) }
}

/// LDMXCSR: #GP for reserved bits.
pub(crate) fn ldmxcsr(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let value = memory.load32(address(state, op))?;
    if value & !MXCSR_MASK != 0 {
        return Err(Trap::GeneralProtection);
    }
    state.mxcsr = value;
    memory.require_exact_floats();
    Ok(())
}

/// STMXCSR.
pub(crate) fn stmxcsr(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    Ok(memory.store32(address(state, op), state.mxcsr)?)
}
