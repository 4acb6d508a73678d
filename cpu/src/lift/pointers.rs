//! The x87 instruction and operand pointers (FIP, FOP, FDP), which FNSTENV and its
//! kin store.
//!
//! Only the last x87 instruction of a block and its last x87 memory operand matter, so
//! the operations that note them are placed once a block, and before an instruction
//! that reads the pointers. A fault inside the block leaves them as the block before did.

use iced_x86::{Instruction, Register};

use super::Lift;
use crate::decode::{Fetcher, MAX_LENGTH};
use crate::helper::x87_env;
use crate::ir::build::MAX_INSTRUCTIONS;
use crate::ir::{Builder, Op, VecOp};
use crate::state::slot;
use crate::{CpuState, GuestMemory};

/// An operation and its place in the block.
type Placed = Option<(usize, Op)>;

/// The operations not placed yet.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    code: Placed,
    data: Placed,
    /// The opcode is still missing from `code`.
    incomplete: bool,
}

/// Number of the segment register of the memory operand.
fn segment(instruction: &Instruction) -> u8 {
    match instruction.memory_segment() {
        Register::ES => 0,
        Register::CS => 1,
        Register::SS => 2,
        Register::FS => 4,
        Register::GS => 5,
        _ => 3,
    }
}

/// Brings the pointers up to date in the middle of the block at `start`: `rip` is at the
/// instruction that found an exception pending. An operand address made in temporaries
/// is lost by then.
#[cold]
pub fn recover_pointers(state: &mut CpuState, memory: &GuestMemory, start: u64) {
    let mut lift = Lift {
        b: Builder::default(),
        mode: state.mode,
        stack_base: None,
        pointers: Pointers::default(),
        segments: 0,
    };
    let mut bytes = Vec::new();
    let mut fetcher = Fetcher::new(memory, state.mode, &mut bytes);
    let mut at = start;
    for _ in 0..MAX_INSTRUCTIONS {
        if at >= state.rip {
            break;
        }
        let Ok(instruction) = fetcher.decode(at) else { return };
        lift.instruction(&instruction);
        lift.complete_pointers(memory, &instruction);
        at = instruction.next_ip();
    }
    let temporary = |s: u8| s >= slot::TEMP;
    // Noting cannot fail.
    if let Some((_, op)) = lift.pointers.data.filter(|(_, op)| !temporary(op.a) && !temporary(op.b)) {
        let _ = x87_env::note_data(state, memory, &op);
    }
    if let Some((_, op)) = lift.pointers.code {
        let _ = x87_env::note_code(state, memory, &op);
    }
}

impl Lift {
    /// The instruction just lifted is the last of the x87 so far. Its last operation
    /// has the address of its memory operand if there is one.
    pub(super) fn note_pointers(&mut self, instruction: &Instruction, memory: bool) {
        let at = self.b.ops.len();
        if memory && let Some(access) = self.b.ops.last() {
            let op = Op { e: VecOp::FpuData as u16, d: segment(instruction), ..*access };
            self.pointers.data = Some((at, op));
        }
        let address = instruction.ip() & 0xffff_ffff_ffff;
        self.pointers.code = Some((at, Lift::vector(VecOp::FpuCode).imm(address as i64)));
        self.pointers.incomplete = true;
    }

    /// Adds the opcode: the low three bits of the first byte and the second.
    pub(super) fn complete_pointers(&mut self, memory: &GuestMemory, instruction: &Instruction) {
        if !std::mem::take(&mut self.pointers.incomplete) {
            return;
        }
        let mut bytes = [0; MAX_LENGTH];
        let bytes = &mut bytes[..instruction.len().min(MAX_LENGTH)];
        // What cannot be read any more has been changed, and is decoded again.
        if memory.fetch(instruction.ip(), bytes).is_err() {
            return;
        }
        let escape = bytes.iter().position(|byte| (0xd8..=0xdf).contains(byte));
        if let Some([first, second]) = escape.and_then(|at| bytes.get(at..at + 2))
            && let Some((_, op)) = &mut self.pointers.code
        {
            op.imm |= i64::from(first & 7) << 56 | i64::from(*second) << 48;
        }
    }

    /// Places what has been noted.
    pub(super) fn settle_pointers(&mut self) {
        // The later one first: places before it stay what they are.
        for (at, op) in [self.pointers.code.take(), self.pointers.data.take()].into_iter().flatten() {
            self.b.insert(at, op);
        }
    }
}
