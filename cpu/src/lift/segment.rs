//! Segments that may be null: which ones an instruction accesses memory through.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::{Lift, x87};
use crate::flags::NULL_SEGMENT;
use crate::ir::{Op, OpCode, VecOp};
use crate::state::{Segment, slot};

/// An access through ES, DS, FS or GS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// The segment.
    pub segment: Segment,
    /// The part of RCX that must not be 0 for the access to happen; 0 if it happens always.
    pub count: u32,
}

/// The segments but CS and SS that a 32-bit instruction accesses memory through.
pub fn accesses(instruction: &Instruction) -> impl Iterator<Item = Through> + '_ {
    use Mnemonic::*;
    // These name memory but do not access it.
    let names = matches!(
        instruction.mnemonic(),
        Lea | Nop | Prefetch | Prefetchw | Prefetchnta | Prefetcht0 | Prefetcht1 | Prefetcht2
    );
    let repeated = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    let count = move |mask: u32| if repeated { mask } else { 0 };
    instruction.op_kinds().filter(move |_| !names).filter_map(move |kind| {
        let (register, count) = match kind {
            OpKind::Memory | OpKind::MemorySegDI | OpKind::MemorySegEDI => (instruction.memory_segment(), 0),
            OpKind::MemorySegSI => (instruction.memory_segment(), count(0xffff)),
            OpKind::MemorySegESI => (instruction.memory_segment(), count(u32::MAX)),
            OpKind::MemoryESDI => (Register::ES, count(0xffff)),
            OpKind::MemoryESEDI => (Register::ES, count(u32::MAX)),
            _ => return None,
        };
        let segment = match register {
            Register::ES => Segment::Es,
            Register::DS => Segment::Ds,
            Register::FS => Segment::Fs,
            Register::GS => Segment::Gs,
            _ => return None,
        };
        Some(Through { segment, count })
    })
}

/// Whether an instruction first delivers a pending unmasked x87 exception. Recorded from the processor: that #MF comes
/// before whatever its memory operand may raise, a null segment's #GP and #AC included. (MASKMOVQ enters MMX state before
/// its own, too.)
pub fn waits(instruction: &Instruction) -> bool {
    use Mnemonic::*;
    let unwaiting = matches!(
        instruction.mnemonic(),
        Fnstenv | Fnsave | Fnstcw | Fnstsw | Fninit | Fnclex | Fneni | Fndisi | Fnsetpm
    );
    x87::ROWS.iter().any(|row| row.mnemonic == instruction.mnemonic()) && !unwaiting
        || (0..instruction.op_count())
            .any(|i| instruction.op_kind(i) == OpKind::Register && instruction.op_register(i).is_mm())
}

impl Lift {
    /// Before the first instruction of a block that accesses memory through FS or GS: looks whether that is null.
    /// No other instruction of the block can change it, for loading a segment ends a block. (A null DS or ES,
    /// with which no program starts, has the code executed apart.)
    pub(super) fn need_segments(&mut self, instruction: &Instruction) {
        if self.long() {
            return;
        }
        for Through { segment, count } in accesses(instruction) {
            let bit = NULL_SEGMENT[segment as usize];
            if !matches!(segment, Segment::Fs | Segment::Gs) || self.segments & bit != 0 {
                continue;
            }
            if waits(instruction) {
                let entered = instruction.mnemonic() == Mnemonic::Maskmovq;
                let code = if entered { VecOp::MmxEnter } else { VecOp::Fwait };
                self.emit(Op::new(OpCode::Vector).e(code as u16));
            }
            let (slot, e) = match count {
                0 => (slot::ZERO, 0),
                0xffff => (slot::RCX, 1),
                _ => (slot::RCX, 2),
            };
            if count == 0 {
                self.segments |= bit;
            }
            self.emit(Op::new(OpCode::NeedSegment).a(slot).e(e).imm(i64::from(bit)));
        }
    }
}
