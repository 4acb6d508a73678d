//! XGETBV, XSAVE and XRSTOR (SDM vol. 1, chapter 13) with the components x87, SSE and, at
//! the level AVX2, the upper halves of the YMM registers: the FXSAVE image, a header of
//! 64 bytes, the upper halves. The form without compaction. Signal frames hold it, too.

use super::fxsave::{FXSAVE_SIZE, MXCSR_MASK, fxsave_image, load_fxsave_image};
use super::x87_env::{read, write};
use crate::ir::Op;
use crate::ir::vector::UPPER;
use crate::level::{Level, level};
use crate::state::slot::{RAX, RCX, RDX};
use crate::x87::X87State;
use crate::{Access, CpuState, GuestMemory, Mode, Trap};

const X87: u64 = 1;
const SSE: u64 = 2;
const AVX: u64 = 4;
const HEADER: usize = 64;
/// Size without the upper halves, and their place.
pub const XSAVE_BASE: usize = FXSAVE_SIZE + HEADER;
/// Size of the largest image.
pub const XSAVE_MAX: usize = XSAVE_BASE + 256;
const MXCSR: core::ops::Range<usize> = 24..32;

/// XCR0: the components that are enabled.
pub fn xcr0() -> u64 {
    if level() == Level::Avx2 { X87 | SSE | AVX } else { X87 | SSE }
}

/// Size of an image with all of them.
pub fn xsave_size() -> usize {
    if level() == Level::Avx2 { XSAVE_MAX } else { XSAVE_BASE }
}

/// Bytes an image with the components `asked` reaches to.
fn size_of(asked: u64) -> usize {
    if asked & AVX != 0 { XSAVE_MAX } else { XSAVE_BASE }
}

/// XGETBV: XCR0 only; #GP for any other register.
pub(crate) fn xgetbv(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    if state.slots[usize::from(RCX)] as u32 != 0 {
        return Err(Trap::GeneralProtection);
    }
    state.slots[usize::from(RAX)] = xcr0();
    state.slots[usize::from(RDX)] = 0;
    Ok(())
}

/// The components asked for: EDX:EAX, as far as they are enabled.
fn requested(state: &CpuState) -> u64 {
    state.slots[usize::from(RAX)] & xcr0()
}

fn registers(state: &CpuState) -> usize {
    if state.mode == Mode::Bits64 { 16 } else { 8 }
}

fn aligned(state: &CpuState, op: &Op) -> Result<u64, Trap> {
    let at = state.slots[usize::from(op.a)];
    if at & 63 == 0 { Ok(at) } else { Err(Trap::GeneralProtection) }
}

fn uppers(state: &CpuState) -> &[u128] {
    &state.xmm[usize::from(UPPER)..usize::from(UPPER) + registers(state)]
}

fn quad(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}

/// The image of all enabled components; `wide` as for FXSAVE.
pub fn xsave_image(state: &CpuState, wide: bool) -> Vec<u8> {
    let mut out = vec![0; xsave_size()];
    save(state, wide, xcr0(), &mut out);
    out
}

/// Puts the components `asked` into an image, over what is there.
fn save(state: &CpuState, wide: bool, asked: u64, out: &mut [u8]) {
    let image = fxsave_image(state, wide);
    let vectors = 160..160 + 16 * registers(state);
    if asked & X87 != 0 {
        out[..24].copy_from_slice(&image[..24]);
        out[32..160].copy_from_slice(&image[32..160]);
    }
    if asked & (SSE | AVX) != 0 {
        out[MXCSR].copy_from_slice(&image[MXCSR]);
    }
    if asked & SSE != 0 {
        out[vectors.clone()].copy_from_slice(&image[vectors]);
    }
    if asked & AVX != 0 {
        for (to, from) in out[XSAVE_BASE..].chunks_exact_mut(16).zip(uppers(state)) {
            to.copy_from_slice(&from.to_le_bytes());
        }
    }
    // A component in its initial state is said to be so.
    let in_use = quad(&out[FXSAVE_SIZE..]) & !asked | components_in_use(state) & asked;
    out[FXSAVE_SIZE..FXSAVE_SIZE + 8].copy_from_slice(&in_use.to_le_bytes());
}

/// XSAVE at the address in slot `a`; `c`: the form with 64-bit pointers.
pub(crate) fn xsave(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = aligned(state, op)?;
    let asked = requested(state);
    let size = size_of(asked);
    memory.check(at.wrapping_add(size as u64 - 1), 1, Access::Write)?;
    memory.check(at, size as u64, Access::Write)?;
    let mut out = [0; XSAVE_MAX];
    let out = &mut out[..size];
    read(memory, at, out)?;
    save(state, op.c != 0, asked, out);
    // Only what belongs to the components is written.
    let end = if asked & SSE != 0 { 160 + 16 * registers(state) } else { 160 };
    write(memory, at, &out[..end], size as u64)?;
    write(memory, at.wrapping_add(FXSAVE_SIZE as u64), &out[FXSAVE_SIZE..FXSAVE_SIZE + 8], 8)?;
    if asked & AVX != 0 {
        let end = XSAVE_BASE + 16 * registers(state);
        write(memory, at.wrapping_add(XSAVE_BASE as u64), &out[XSAVE_BASE..end], 256)?;
    }
    Ok(())
}

fn components_in_use(state: &CpuState) -> u64 {
    let x87 = if state.x87 == X87State::default() { 0 } else { X87 };
    let sse = if state.xmm[..16].iter().all(|v| *v == 0) && state.mxcsr == 0x1f80 { 0 } else { SSE };
    let avx = if uppers(state).iter().all(|v| *v == 0) { 0 } else { AVX };
    x87 | sse | avx
}

/// XRSTOR from the address in slot `a`; `c`: the form with 64-bit pointers. #GP for a
/// header or MXCSR that is not allowed, with nothing changed.
pub(crate) fn xrstor(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let at = aligned(state, op)?;
    let asked = requested(state);
    let mut bytes = [0; XSAVE_MAX];
    let bytes = &mut bytes[..size_of(asked)];
    read(memory, at, bytes)?;
    if load_xsave_image(state, bytes, asked, op.c != 0) { Ok(()) } else { Err(Trap::GeneralProtection) }
}

/// Loads the components `asked` from an image; `false` (#GP) for
/// a header or MXCSR that is not allowed, and then nothing changed.
pub fn load_xsave_image(state: &mut CpuState, bytes: &[u8], asked: u64, wide: bool) -> bool {
    let Some((legacy, rest)) = bytes.split_first_chunk::<FXSAVE_SIZE>() else { return false };
    let mut image = *legacy;
    let Some((header, upper)) = rest.split_at_checked(HEADER) else { return false };
    let in_use = quad(header);
    if in_use & !xcr0() != 0 || header[8..24].iter().any(|byte| *byte != 0) {
        return false;
    }
    let mxcsr = u32::from_le_bytes([image[24], image[25], image[26], image[27]]);
    if asked & (SSE | AVX) != 0 && mxcsr & !MXCSR_MASK != 0 {
        return false;
    }
    image[24..28].copy_from_slice(&(mxcsr & MXCSR_MASK).to_le_bytes());
    let mut loaded = state.clone();
    load_fxsave_image(&mut loaded, &image, wide);
    if asked & X87 != 0 {
        state.x87 = if in_use & X87 != 0 { loaded.x87 } else { X87State::default() };
    }
    if asked & (SSE | AVX) != 0 {
        state.mxcsr = mxcsr;
    }
    let count = registers(state);
    if asked & SSE != 0 {
        let zero = in_use & SSE == 0;
        for (to, from) in state.xmm[..count].iter_mut().zip(&loaded.xmm) {
            *to = if zero { 0 } else { *from };
        }
    }
    if asked & AVX != 0 {
        let first = usize::from(UPPER);
        state.xmm[first..first + count].fill(0);
        if in_use & AVX != 0 {
            for (to, from) in state.xmm[first..first + count].iter_mut().zip(upper.chunks_exact(16)) {
                let mut bytes = [0; 16];
                bytes.copy_from_slice(from);
                *to = u128::from_le_bytes(bytes);
            }
        }
    }
    true
}
