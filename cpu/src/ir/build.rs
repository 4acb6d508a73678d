//! Building a block of IR, one guest instruction after another.

use super::{Op, OpCode};
use crate::state::{Slot, slot};

/// Most operations one instruction may lift to; the builder's blocks stay below
/// `u16` indices by far.
pub const MAX_INSTRUCTIONS: usize = 64;

/// A finished block: straight-line operations, the last one a block end.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Address of the first instruction.
    pub rip: u64,
    /// Address after the last instruction.
    pub end: u64,
    /// The operations.
    pub ops: Box<[Op]>,
    /// Where each guest instruction starts: (index into `ops`, bytes from `rip`).
    /// Small, because a large program has a hundred thousand blocks.
    pub starts: Box<[(u16, u16)]>,
}

impl Block {
    /// Number of guest instructions.
    pub fn instructions(&self) -> usize {
        self.starts.len()
    }

    /// Where instruction number `n` starts: index into `ops` and address.
    pub fn start_of(&self, n: usize) -> Option<(usize, u64)> {
        let &(op, offset) = self.starts.get(n)?;
        Some((op as usize, self.rip + u64::from(offset)))
    }

    /// Number of the instruction that operation `op` belongs to.
    pub fn instruction_of(&self, op: usize) -> usize {
        self.starts.partition_point(|&(at, _)| at as usize <= op).saturating_sub(1)
    }
}

/// Collects operations.
#[derive(Debug, Default)]
pub struct Builder {
    /// Operations so far.
    pub ops: Vec<Op>,
    /// Instruction starts so far.
    pub rips: Vec<(u16, u64)>,
    next_temp: u8,
}

impl Builder {
    /// Starts the guest instruction at `rip`; temporaries are free again.
    pub fn start_instruction(&mut self, rip: u64) {
        self.rips.push((self.ops.len() as u16, rip));
        self.next_temp = 0;
    }

    /// A fresh temporary slot. There are more than any instruction needs; past
    /// the last they wrap around.
    pub fn temp(&mut self) -> Slot {
        let t = slot::TEMP + self.next_temp % slot::TEMPS;
        self.next_temp = self.next_temp.wrapping_add(1);
        t
    }

    /// Appends an operation.
    pub fn emit(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// Inserts an operation before number `at`, as part of the instruction before it.
    pub fn insert(&mut self, at: usize, op: Op) {
        self.ops.insert(at.min(self.ops.len()), op);
        for (start, _) in self.rips.iter_mut().filter(|(start, _)| usize::from(*start) >= at) {
            *start += 1;
        }
    }

    /// Whether the last operation ends the block.
    pub fn ended(&self) -> bool {
        self.ops.last().is_some_and(|op| op.code.info().uses & super::ops::uses::END != 0)
    }

    /// Drops the instruction being lifted (it turned out not to be supported).
    pub fn rewind_instruction(&mut self) {
        if let Some(&(at, _)) = self.rips.last() {
            self.ops.truncate(at as usize);
        }
    }

    /// The block, given an end if it has none. The builder is empty again, and
    /// keeps its buffers.
    pub fn finish(&mut self, rip: u64, end: u64) -> Block {
        if !self.ended() {
            self.emit(Op::new(OpCode::Jmp).imm(end as i64));
        }
        let offset = |&(op, at): &(u16, u64)| (op, at.wrapping_sub(rip) as u16);
        let starts = self.rips.iter().map(offset).collect();
        let block = Block { rip, end, ops: self.ops.as_slice().into(), starts };
        self.clear();
        block
    }

    /// Drops everything but the buffers.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.rips.clear();
    }
}
