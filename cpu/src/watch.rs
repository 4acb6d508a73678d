//! Which watched memory the next instruction accesses (debug registers, SDM vol. 3, 18.2).
//!
//! A thread whose debug registers watch data has [`crate::flags::WATCHED`] set: every engine then returns after each
//! of its instructions, and whoever runs it asks here before each. What is asked is the
//! instruction as decoded, not the operations it is lifted to: a processor reports accesses,
//! whether they change anything or not.

use iced_x86::{
    Instruction, InstructionInfoFactory, InstructionInfoOptions, MemorySize, Mnemonic, OpAccess, OpKind,
    Register, UsedMemory,
};

use crate::interp::decode_next;
use crate::state::slot::{FS_BASE, GS_BASE, RCX};
use crate::{CpuState, GuestMemory};

/// Watched data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// First byte.
    pub addr: u64,
    /// How many.
    pub len: u64,
    /// Reading counts, too.
    pub reads: bool,
}

/// Bits of `areas` that the instruction at `state.rip` accesses, if it does not fault.
/// Masked bytes of a vector count as accessed.
pub fn accessed(state: &CpuState, memory: &GuestMemory, areas: &[Option<Area>; 4]) -> u8 {
    let instruction = decode_next(state, memory);
    if instruction.is_invalid() || ends_at_once(state, &instruction) {
        return 0;
    }
    let mut factory = InstructionInfoFactory::new();
    let info = factory.info_options(&instruction, InstructionInfoOptions::NO_REGISTER_USAGE);
    let mut hits = 0;
    for used in info.used_memory() {
        let (reads, writes) = match used.access() {
            OpAccess::None | OpAccess::NoMemAccess => continue,
            OpAccess::Read | OpAccess::CondRead => (true, false),
            OpAccess::Write | OpAccess::CondWrite => (false, true),
            OpAccess::ReadWrite | OpAccess::ReadCondWrite => (true, true),
        };
        let len = size(used);
        for element in 0..elements(&instruction, used) {
            let value = |register, element, size| value(state, register, element, size);
            let Some(at) = used.try_virtual_address(element, value) else { continue };
            let at = at.wrapping_add(bit_offset(state, &instruction));
            for (i, area) in areas.iter().enumerate() {
                let Some(area) = area else { continue };
                let meets = at < area.addr.saturating_add(area.len) && area.addr < at.saturating_add(len);
                if meets && (writes || reads && area.reads) {
                    hits |= 1 << i;
                }
            }
        }
    }
    hits
}

/// A repeated string instruction whose count is 0 accesses nothing.
fn ends_at_once(state: &CpuState, instruction: &Instruction) -> bool {
    let count = state.slots[usize::from(RCX)];
    instruction.is_string_instruction()
        && (instruction.has_rep_prefix() || instruction.has_repne_prefix())
        && instruction.op_kinds().any(|kind| match kind {
            OpKind::MemorySegSI | OpKind::MemoryESDI => count & 0xffff == 0,
            OpKind::MemorySegESI | OpKind::MemoryESEDI => count & 0xffff_ffff == 0,
            OpKind::MemorySegRSI | OpKind::MemoryESRDI => count == 0,
            _ => false,
        })
}

fn size(used: &UsedMemory) -> u64 {
    match used.memory_size() {
        // The whole area of XSAVE and kin, as far as it is known: x87 and SSE, header, AVX.
        MemorySize::Xsave | MemorySize::Xsave64 => 832,
        size => size.size() as u64,
    }
}

/// How many elements of its index register a memory operand has: 1 but for gathers.
fn elements(instruction: &Instruction, used: &UsedMemory) -> usize {
    let Some(of) = used.index().size().checked_div(used.vsib_size() as usize) else { return 1 };
    let element = used.memory_size().size().max(1);
    of.min(instruction.op0_register().size() / element).max(1)
}

/// How far a bit test with a bit number in a register is from its operand.
fn bit_offset(state: &CpuState, instruction: &Instruction) -> u64 {
    let tests =
        matches!(instruction.mnemonic(), Mnemonic::Bt | Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc);
    if !tests || instruction.op1_kind() != OpKind::Register {
        return 0;
    }
    let register = instruction.op1_register();
    let number = general(state, register);
    let (bits, signed) = match register.size() {
        2 => (4, number as i16 as i64),
        4 => (5, number as i32 as i64),
        _ => (6, number as i64),
    };
    ((signed >> bits) << (bits - 3)) as u64
}

/// A general register's value, as wide as it is.
fn general(state: &CpuState, register: Register) -> u64 {
    let value = state.slots[register.full_register().number() & 15];
    match register.size() {
        1 => value & 0xff,
        2 => value & 0xffff,
        4 => value & 0xffff_ffff,
        _ => value,
    }
}

fn value(state: &CpuState, register: Register, element: usize, size: usize) -> Option<u64> {
    if register.is_gpr() {
        return Some(general(state, register));
    }
    if register.is_vector_register() {
        let (half, within) = (element * size / 16, element * size % 16);
        let number = register.number() & 15;
        let half = state.xmm[number + if half == 0 { 0 } else { crate::ir::vector::UPPER as usize }];
        let bits = (half >> (within * 8)) as u64;
        return Some(if size == 4 { bits & 0xffff_ffff } else { bits });
    }
    match register {
        Register::FS => Some(state.slots[usize::from(FS_BASE)]),
        Register::GS => Some(state.slots[usize::from(GS_BASE)]),
        Register::CS | Register::DS | Register::ES | Register::SS => Some(0),
        _ => None,
    }
}
