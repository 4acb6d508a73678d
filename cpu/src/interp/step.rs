//! Single step: one instruction with TF set, and the trap after it (SDM vol. 3, 18.3.1.4). The same where debug
//! registers watch, without the trap.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::cache::Entry;
use super::class::{classify, decode};
use super::exec::Exit;
use super::{alignment, finish_instruction, run_one};
use crate::flags::{APART, TF, WATCHED, ZF, status_bits};
use crate::state::slot::RCX;
use crate::{CpuState, GuestMemory, Trap};

/// Executes one instruction with TF set. Nothing is reported of one that loads SS: that
/// holds back the trap, so that the stack pointer can be loaded too (SDM vol. 3, 6.8.3).
/// A repeated string instruction is trapped after every repetition. A watched instruction is
/// always the last of a run.
#[cold]
pub(super) fn single_step(state: &mut CpuState, memory: &GuestMemory) -> Option<Trap> {
    let flags = state.other_flags;
    let instruction = decode(state, memory);
    let repetition = Repetition::start(state, &instruction);
    let trap = single(state, memory);
    if let Some(repetition) = repetition {
        repetition.finish(state, &instruction, trap);
    }
    if trap != Trap::SingleStep || flags & TF != 0 && !loads_stack_segment(&instruction) {
        return Some(trap);
    }
    (flags & WATCHED != 0).then_some(Trap::Watched)
}

fn single(state: &mut CpuState, memory: &GuestMemory) -> Trap {
    if state.other_flags & (APART & !(TF | WATCHED)) != 0 {
        return alignment::step(state, memory).unwrap_or(Trap::SingleStep);
    }
    let block = match crate::lift::lift_block(memory, state.mode, state.rip, 1) {
        Ok(lifted) => lifted.block,
        Err(trap) => return classify(trap, state, memory),
    };
    let entry = Entry::alone(block);
    match run_one(state, memory, &entry).1 {
        Exit::Trap(_, trap) => return classify(trap, state, memory),
        // INT3 and system calls are reported as themselves; the step comes
        // with the next instruction, as on Linux after SYSCALL.
        Exit::TrapEnd(trap) => return trap,
        Exit::CodeChanged(at) => {
            if let Some(trap) = finish_instruction(&entry.block, at, state, memory) {
                return trap;
            }
        }
        _ => {}
    }
    Trap::SingleStep
}

/// Whether the instruction is MOV or POP to SS. (LSS holds nothing back.)
fn loads_stack_segment(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Mov | Mnemonic::Pop)
        && instruction.op0_kind() == OpKind::Register
        && instruction.op0_register() == Register::SS
}

/// One of the repetitions of a string instruction: RCX says that it is the last.
struct Repetition {
    /// What RCX was.
    count: u64,
    /// As far as the instruction looks at it.
    mask: u64,
}

impl Repetition {
    /// Prepares `state` for one, if there are several.
    fn start(state: &mut CpuState, instruction: &Instruction) -> Option<Self> {
        if !instruction.is_string_instruction()
            || !instruction.has_rep_prefix() && !instruction.has_repne_prefix()
        {
            return None;
        }
        let mask = instruction.op_kinds().find_map(|kind| match kind {
            OpKind::MemorySegSI | OpKind::MemoryESDI => Some(0xffff),
            OpKind::MemorySegESI | OpKind::MemoryESEDI => Some(0xffff_ffff),
            OpKind::MemorySegRSI | OpKind::MemoryESRDI => Some(u64::MAX),
            _ => None,
        })?;
        let count = state.slots[usize::from(RCX)];
        if count & mask < 2 {
            return None;
        }
        state.slots[usize::from(RCX)] = count & !mask | 1;
        Some(Self { count, mask })
    }

    /// After one that ended with `trap`: counts it, and goes back for the next.
    fn finish(self, state: &mut CpuState, instruction: &Instruction, trap: Trap) {
        let Self { count, mask } = self;
        let register = &mut state.slots[usize::from(RCX)];
        if trap != Trap::SingleStep {
            *register = count;
            return;
        }
        // A 32-bit register is written as a whole.
        let kept = if mask == 0xffff { count & !mask } else { 0 };
        *register = kept | ((count & mask) - 1);
        let compares = matches!(
            instruction.mnemonic(),
            Mnemonic::Cmpsb
                | Mnemonic::Cmpsw
                | Mnemonic::Cmpsd
                | Mnemonic::Cmpsq
                | Mnemonic::Scasb
                | Mnemonic::Scasw
                | Mnemonic::Scasd
                | Mnemonic::Scasq
        );
        let equal = status_bits(state) & ZF != 0;
        if !compares || equal != instruction.has_repne_prefix() {
            state.rip = instruction.ip();
        }
    }
}
