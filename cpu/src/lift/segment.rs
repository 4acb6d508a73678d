//! Segments that may be null: which ones an instruction accesses memory through.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::Lift;
use crate::flags::NULL_SEGMENT;
use crate::ir::{Op, OpCode};
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
