//! What kind of fault an access to an impossible address is.

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, MemorySize as S, Mnemonic, OpKind, Register,
};

use crate::decode::{MAX_LENGTH, bitness};
use crate::lift::segment::accesses;
use crate::state::slot::{RBP, RCX, RSP};
use crate::{Access, CpuState, GuestMemory, Mode, Trap};

/// The last address of 32-bit code.
const LIMIT: u64 = 0xffff_ffff;

/// How far from its pointer a stack instruction reaches: ENTER with its largest frame.
const REACH: u64 = 0x1_0200;

/// A fault at an address that is not canonical is #GP, or #SS if the access went
/// through the stack (SDM vol. 1, 3.3.7.1); so is an access over the end of the 4 GiB of
/// 32-bit code (the segment limit). `rip` is at the instruction.
#[cold]
pub(super) fn classify(trap: Trap, state: &CpuState, memory: &GuestMemory) -> Trap {
    let Trap::Fault(fault) = trap else { return trap };
    let address = fault.addr;
    let impossible = if state.mode == Mode::Bits64 {
        (address as i64) << 16 >> 16 != address as i64
    } else {
        address > LIMIT - 32
    };
    if !impossible || fault.access == Access::Exec {
        return if impossible && state.mode == Mode::Bits64 { Trap::GeneralProtection } else { trap };
    }
    let instruction = decode(state, memory);
    let stack = by_stack(state, &instruction, address);
    if state.mode == Mode::Bits32 && address + size(&instruction, stack) <= LIMIT + 1 {
        return trap;
    }
    if stack { Trap::StackFault } else { Trap::GeneralProtection }
}

/// Whether an instruction accesses memory through a null segment.
pub(super) fn through_null(state: &CpuState, instruction: &Instruction) -> bool {
    accesses(instruction).any(|through| {
        let happens = through.count == 0 || state.slots[usize::from(RCX)] as u32 & through.count != 0;
        happens && state.segment[through.segment as usize] & !3 == 0
    })
}

/// The instruction at `rip`; an invalid one where there is none.
pub(crate) fn decode(state: &CpuState, memory: &GuestMemory) -> Instruction {
    let mut bytes = [0; MAX_LENGTH];
    let length = match memory.fetch(state.rip, &mut bytes) {
        Ok(()) => MAX_LENGTH,
        Err(partial) => partial.done as usize,
    };
    let bits = bitness(state.mode);
    Decoder::with_ip(bits, &bytes[..length], state.rip, DecoderOptions::NONE).decode()
}

/// Bytes of one access.
fn size(instruction: &Instruction, stack: bool) -> u64 {
    let moved = u64::from(instruction.stack_pointer_increment().unsigned_abs());
    if !stack || !moves_stack(instruction) {
        match instruction.memory_size() {
            // Their limit was looked at before; these are their pages'.
            S::FpuEnv14 | S::FpuEnv28 | S::FpuState94 | S::FpuState108 => 1,
            S::Fxsave_512Byte | S::Fxsave64_512Byte => 1,
            size => size.size() as u64,
        }
    } else if matches!(instruction.code(), Code::Enterw_imm16_imm8 | Code::Pushaw | Code::Popaw) {
        2
    } else if matches!(instruction.mnemonic(), Mnemonic::Enter | Mnemonic::Pushad | Mnemonic::Popad) {
        4
    } else {
        moved.min(4)
    }
}

fn by_stack(state: &CpuState, instruction: &Instruction, address: u64) -> bool {
    let width = if state.mode == Mode::Bits64 { u64::MAX } else { LIMIT };
    let near = |register: u8| {
        let pointer = state.slots[usize::from(register)];
        address.wrapping_sub(pointer).wrapping_add(REACH) & width < 2 * REACH
    };
    let frame = matches!(instruction.mnemonic(), Mnemonic::Leave | Mnemonic::Enter);
    if moves_stack(instruction)
        && (near(RSP) && instruction.mnemonic() != Mnemonic::Leave || frame && near(RBP))
    {
        return true;
    }
    let memory_operand = instruction.op_kinds().any(|kind| kind == OpKind::Memory);
    // The other segment prefixes mean nothing in 64-bit code.
    let prefixed = instruction.has_segment_prefix()
        && (state.mode == Mode::Bits32
            || matches!(instruction.memory_segment(), Register::FS | Register::GS));
    let base = instruction.memory_base();
    memory_operand
        && (instruction.segment_prefix() == Register::SS
            || !prefixed && matches!(base, Register::RSP | Register::RBP | Register::ESP | Register::EBP))
}

fn moves_stack(instruction: &Instruction) -> bool {
    instruction.is_stack_instruction()
        || matches!(
            instruction.flow_control(),
            FlowControl::Call | FlowControl::IndirectCall | FlowControl::Return
        )
}
