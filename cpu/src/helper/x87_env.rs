//! FNSTENV, FLDENV, FNSAVE and FRSTOR, and the images signal frames hold.
//!
//! The instruction and operand pointers are brought up to date by [`note_code`] and
//! [`note_data`], which lifting places once a block (`lift::pointers`).

use super::x87::{address, wait};
use crate::ir::Op;
use crate::mem::Access;
use crate::softfloat::{F80, flag};
use crate::state::Segment;
use crate::x87::X87State;
use crate::{CpuState, Fault, FaultKind, GuestMemory, Mode, Trap};

/// Size of the 32-bit FNSTENV image.
pub const ENV32: usize = 28;
/// Size of the 32-bit FNSAVE image, the start of i386's signal frame FP state.
pub const SAVE32: usize = ENV32 + 80;

/// Layout by operand size: words or doublewords.
fn width(op: &Op) -> usize {
    if op.d != 0 { 2 } else { 4 }
}

/// The environment: CW, SW, TW, IP, CS and opcode, operand pointer, DS.
fn environment(x87: &X87State, width: usize) -> Vec<u8> {
    let opcode = if width == 4 { u32::from(x87.last_opcode) << 16 } else { 0 };
    let fields: [u32; 7] = [
        u32::from(x87.cw),
        u32::from(x87.sw),
        u32::from(x87.full_tags()),
        x87.last_ip as u32,
        u32::from(x87.last_cs) | opcode,
        x87.last_dp as u32,
        u32::from(x87.last_ds),
    ];
    let mut out = Vec::with_capacity(ENV32);
    for (i, field) in fields.into_iter().enumerate() {
        // The unused upper halves read as ones.
        let padding = if i < 3 || i == 6 { 0xffff_0000 } else { 0 };
        out.extend_from_slice(&(field | padding).to_le_bytes()[..width]);
    }
    out
}

fn set_environment(x87: &mut X87State, bytes: &[u8], width: usize) {
    let word = |i: usize| u16::from_le_bytes([bytes[i * width], bytes[i * width + 1]]);
    let long = |i: usize| {
        let high = if width == 4 { u16::from_le_bytes([bytes[i * 4 + 2], bytes[i * 4 + 3]]) } else { 0 };
        u32::from(word(i)) | u32::from(high) << 16
    };
    x87.sw = word(1);
    x87.tw = normalised_tags(word(2));
    x87.last_ip = u64::from(long(3));
    x87.last_cs = word(4);
    x87.last_opcode = (long(4) >> 16) as u16 & 0x7ff;
    x87.last_dp = u64::from(long(5));
    x87.last_ds = word(6);
    x87.set_control(word(0));
}

/// Tags as the state keeps them: empty or 0.
fn normalised_tags(tags: u16) -> u16 {
    (0..8).fold(0, |tw, r| tw | if tags >> (r * 2) & 3 == 3 { 3 << (r * 2) } else { 0 })
}

/// The 108-byte image of FNSAVE in 32-bit form. The state is not changed.
pub fn fsave_image(x87: &X87State) -> [u8; SAVE32] {
    let mut out = [0; SAVE32];
    out[..ENV32].copy_from_slice(&environment(x87, 4));
    write_registers(x87, &mut out[ENV32..]);
    out
}

/// Loads what [`fsave_image`] made.
pub fn load_fsave_image(x87: &mut X87State, image: &[u8; SAVE32]) {
    set_environment(x87, &image[..ENV32], 4);
    read_registers(x87, &image[ENV32..]);
}

/// ST(0) to ST(7), ten bytes each.
fn write_registers(x87: &X87State, out: &mut [u8]) {
    for (i, chunk) in out.chunks_exact_mut(10).take(8).enumerate() {
        let physical = (x87.top() as usize + i) & 7;
        chunk.copy_from_slice(&x87.regs[physical].to_bytes());
    }
}

fn read_registers(x87: &mut X87State, bytes: &[u8]) {
    for (i, chunk) in bytes.chunks_exact(10).take(8).enumerate() {
        let physical = (x87.top() as usize + i) & 7;
        let mut ten = [0; 10];
        ten.copy_from_slice(chunk);
        x87.regs[physical] = F80::from_bytes(ten);
    }
}

/// Writes all of it or faults before the first byte. Images are probed at their last
/// byte first, as `size` says: that is the address of the fault.
pub(super) fn write(memory: &GuestMemory, at: u64, bytes: &[u8], size: u64) -> Result<(), Trap> {
    memory.check(at.wrapping_add(size - 1), 1, Access::Write)?;
    memory.check(at, size, Access::Write)?;
    memory.write_bytes(at, bytes).map_err(|partial| partial.fault.into())
}

/// Reads all of it, probing as [`write`] does.
pub(super) fn read(memory: &GuestMemory, at: u64, out: &mut [u8]) -> Result<(), Trap> {
    memory.check(at.wrapping_add(out.len() as u64 - 1), 1, Access::Read)?;
    memory.read_bytes(at, out).map_err(|partial| partial.fault.into())
}

/// The address of an image of `size` bytes. One that is none, or over the limit of a 32-bit segment, faults before
/// anything else, alignment included.
pub(super) fn possible(state: &CpuState, op: &Op, size: usize) -> Result<u64, Trap> {
    let at = address(state, op);
    let (addr, possible) = match state.mode {
        Mode::Bits32 => {
            let last = at.wrapping_add(size as u64 - 1);
            (last, last <= u64::from(u32::MAX))
        }
        Mode::Bits64 => (at, (at as i64) << 16 >> 16 == at as i64),
    };
    let fault = Fault { addr, kind: FaultKind::Unmapped, access: Access::Read };
    if possible { Ok(at) } else { Err(fault.into()) }
}

/// The same of an environment, with its registers or not, which is probed at its first word before its last byte.
fn probed(state: &CpuState, memory: &GuestMemory, op: &Op, size: usize, access: Access) -> Result<u64, Trap> {
    let at = possible(state, op, size)?;
    memory.check(at, width(op) as u64, access)?;
    Ok(at)
}

/// The last x87 instruction: its address in `imm` bits 47..0, its opcode above.
pub(crate) fn note_code(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    state.x87.last_ip = op.imm as u64 & 0xffff_ffff_ffff;
    state.x87.last_opcode = (op.imm as u64 >> 48) as u16;
    state.x87.last_cs = state.segment[Segment::Cs as usize];
    Ok(())
}

/// The last memory operand of an x87 instruction; `d` is its segment.
pub(crate) fn note_data(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    state.x87.last_dp = address(state, op);
    let selector = state.segment.get(usize::from(op.d)).copied().unwrap_or(0);
    state.x87.last_ds = selector;
    Ok(())
}

/// FNSTENV (`d` = 1: 16-bit form). All exceptions are masked afterwards.
pub(crate) fn fnstenv(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let image = environment(&state.x87, width(op));
    let at = probed(state, memory, op, image.len(), Access::Write)?;
    write(memory, at, &image, image.len() as u64)?;
    state.x87.set_control(state.x87.cw | u16::from(flag::ALL));
    Ok(())
}

/// FLDENV.
pub(crate) fn fldenv(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let mut bytes = [0; ENV32];
    let bytes = &mut bytes[..7 * width(op)];
    let at = probed(state, memory, op, bytes.len(), Access::Read)?;
    read(memory, at, bytes)?;
    set_environment(&mut state.x87, bytes, width(op));
    Ok(())
}

/// FNSAVE: stores everything and resets.
pub(crate) fn fnsave(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let mut bytes = environment(&state.x87, width(op));
    let at = bytes.len();
    bytes.resize(at + 80, 0);
    write_registers(&state.x87, &mut bytes[at..]);
    let at = probed(state, memory, op, bytes.len(), Access::Write)?;
    write(memory, at, &bytes, bytes.len() as u64)?;
    super::x87_memory::fninit(state, memory, op)
}

/// FRSTOR.
pub(crate) fn frstor(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let mut bytes = [0; SAVE32];
    let bytes = &mut bytes[..7 * width(op) + 80];
    let at = probed(state, memory, op, bytes.len(), Access::Read)?;
    read(memory, at, bytes)?;
    let (environment, registers) = bytes.split_at(7 * width(op));
    set_environment(&mut state.x87, environment, width(op));
    read_registers(&mut state.x87, registers);
    Ok(())
}
