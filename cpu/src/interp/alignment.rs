//! Code that runs with the AC flag set, or with a null data segment: every access to memory is looked at first, and a
//! misaligned one raises #AC (SDM vol. 3, 6.15, table 7-7). Programs hardly ever ask for
//! it, so it is done apart, one instruction at a time.
//!
//! As the processors do it: the alignment is looked at before the page; 80-bit and 256-bit
//! operands need that of 8 and 16 bytes; masked moves and gathers need none; operands that
//! must be aligned anyway raise #GP.

use iced_x86::Mnemonic;

use super::cache::Entry;
use super::class::{classify, decode, through_null};
use super::exec::Exit;
use super::{Done, OneOp, run_one};
use crate::flags::{AC, NULL_SEGMENTS};
use crate::helper::Helper as H;
use crate::helper::string::rep;
use crate::helper::x87::{address, sw};
use crate::ir::{Block, Op, OpCode, StringOp, VecOp};
use crate::lift::segment::waits;
use crate::state::slot::{RCX, RDI, RSI, RSP};
use crate::{CpuState, GuestMemory, Mode, Trap};

/// First operation of each group of four address forms, and the size of its operand.
const ACCESSES: [(OpCode, u64); 13] = [
    (OpCode::Ld8, 1),
    (OpCode::Ld16, 2),
    (OpCode::Ld32, 4),
    (OpCode::Ld64, 8),
    (OpCode::LdS8To32, 1),
    (OpCode::LdS8To64, 1),
    (OpCode::LdS16To32, 2),
    (OpCode::LdS16To64, 2),
    (OpCode::LdS32To64, 4),
    (OpCode::St8, 1),
    (OpCode::St16, 2),
    (OpCode::St32, 4),
    (OpCode::St64, 8),
];

/// The address of a load or store in one of the four forms.
fn plain(state: &CpuState, op: &Op) -> Option<(u64, u64)> {
    let number = op.code as u16;
    let (first, size) =
        ACCESSES.into_iter().find(|(code, _)| (0..4).contains(&(number as i32 - *code as i32)))?;
    let form = number - first as u16;
    let index = if form & 1 != 0 { state.slots[usize::from(op.b)] << (op.c & 3) } else { 0 };
    let full = state.slots[usize::from(op.a)].wrapping_add(index).wrapping_add(op.imm as u64);
    Some((if form & 2 != 0 { full & 0xffff_ffff } else { full }, size))
}

/// The alignment that a vector or x87 operation asks of its memory operand.
fn vector(op: &Op) -> u64 {
    use VecOp::*;
    match VecOp::from_e(op.e) {
        FildM16 | FarithI16 | FistM16 | FisttpM16 | Fldcw | Fnstcw | Fnstsw => 2,
        Load32 | Store32 | FldM32 | FildM32 | FarithM32 | FarithI32 | FstM32 | FistM32 | FisttpM32
        | Ldmxcsr | Stmxcsr | Fxsave | Fxrstor => 4,
        Fnstenv | Fldenv | Fnsave | Frstor => {
            if op.d != 0 {
                2
            } else {
                4
            }
        }
        Load64 | Store64 | StoreHigh64 | FldM64 | FldM80 | FildM64 | Fbld | FarithM64 | FstM64 | FstM80
        | FistM64 | FisttpM64 | Fbstp => 8,
        Load128 | Store128 | Store256 => 16,
        _ => 1,
    }
}

fn string(state: &CpuState, op: &Op) -> bool {
    let slot = |s: u8| state.slots[usize::from(s)] & op.imm as u64;
    if op.d != rep::NONE && slot(RCX) == 0 {
        return false;
    }
    let source = slot(RSI).wrapping_add(state.slots[usize::from(op.a)]);
    let low = (1u64 << (op.c & 3)) - 1;
    let (from, to) = match op.e {
        e if e == StringOp::Stos as u16 || e == StringOp::Scas as u16 => (0, slot(RDI)),
        e if e == StringOp::Lods as u16 => (source, 0),
        _ => (source, slot(RDI)),
    };
    (from | to) & low != 0
}

/// Whether `op` would make a misaligned access.
fn misaligned(state: &CpuState, op: &Op) -> bool {
    use OpCode::*;
    let off = |address: u64, size: u64| {
        // An address that is none, or over the limit, faults for that.
        let possible = match state.mode {
            Mode::Bits32 => address.wrapping_add(size) <= 1 << 32,
            Mode::Bits64 => (address as i64) << 16 >> 16 == address as i64,
        };
        address & (size - 1) != 0 && possible
    };
    let slot = |s: u8| state.slots[usize::from(s)];
    if let Some((address, size)) = plain(state, op) {
        return off(address, size);
    }
    match op.code {
        LdRmw16 => off(slot(op.a).wrapping_add(op.imm as u64), 2),
        LdRmw32 => off(slot(op.a).wrapping_add(op.imm as u64), 4),
        LdRmw64 => off(slot(op.a).wrapping_add(op.imm as u64), 8),
        Push64 | Pop64 | Call64 | CallInd64 | Ret64 => off(slot(RSP), 8),
        Push32 | Pop32 | Call32 | CallInd32 | Ret32 => off(slot(RSP), 4),
        Atomic | AtomicCmpxchg => off(slot(op.a), 1 << (op.c & 3)),
        String => string(state, op),
        Vector => {
            let size = vector(op);
            size > 1 && off(address(state, op), size)
        }
        Helper => match op.e {
            e if e == H::Cmpxchg8b as u16 => off(slot(op.a), 8),
            e if e == H::Bound as u16 => off(slot(op.b), 1 << (op.c & 3)),
            e if [H::Pusha, H::Popa, H::Enter, H::FarPush, H::FarReturn]
                .map(|helper| helper as u16)
                .contains(&e) =>
            {
                off(slot(RSP), 1 << (op.c & 3))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Executes one instruction with AC set or a null segment. Returns its trap if it raised one.
#[cold]
pub(super) fn step(state: &mut CpuState, memory: &GuestMemory) -> Option<Trap> {
    let block = match crate::lift::lift_block(memory, state.mode, state.rip, 1) {
        Ok(lifted) => lifted.block,
        Err(trap) => return Some(classify(trap, state, memory)),
    };
    let instruction = decode(state, memory);
    if state.x87.sw & sw::ES != 0 && waits(&instruction) {
        return Some(Trap::X87Exception);
    }
    if state.other_flags & NULL_SEGMENTS != 0 && through_null(state, &instruction) {
        if instruction.mnemonic() == Mnemonic::Maskmovq {
            state.x87.enter_mmx();
        }
        return Some(Trap::GeneralProtection);
    }
    let misaligned = |state: &CpuState, op: &Op| state.other_flags & AC != 0 && misaligned(state, op);
    let (last, body) = block.ops.split_last()?;
    let mut one = OneOp::default();
    for op in body {
        if misaligned(state, op) {
            return Some(Trap::Alignment);
        }
        match one.run(state, memory, op) {
            Done::Ran | Done::CodeChanged => {}
            Done::Again => return None,
            Done::Trap(trap) => return Some(classify(trap, state, memory)),
        }
    }
    if misaligned(state, last) {
        return Some(Trap::Alignment);
    }
    let end = Block { rip: block.rip, end: block.end, ops: [*last].into(), starts: Box::new([(0, 0)]) };
    match run_one(state, memory, &Entry::alone(end)).1 {
        Exit::Trap(_, trap) => Some(classify(trap, state, memory)),
        Exit::TrapEnd(trap) => Some(trap),
        _ => None,
    }
}
