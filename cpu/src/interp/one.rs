//! One operation at a time, for compiled code that has no translation of it.

use std::sync::atomic::AtomicU32;

use super::cache::{Blocks, Entry};
use super::exec::{Exit, Limits, run_blocks};
use super::vector::exec_vector;
use crate::helper::{self, string::Progress};
use crate::ir::{Block, Op, OpCode};
use crate::{CpuState, GuestMemory, Trap};

/// How a single operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It ran.
    Ran,
    /// It raised this trap and changed nothing visible.
    Trap(Trap),
    /// It ran and changed code, or how floating point is to be compiled: what follows
    /// its instruction must be looked at anew.
    CodeChanged,
    /// A repeated string instruction that wants to be started again after a look
    /// at the attention word.
    Again,
}

/// Executes single operations.
#[derive(Debug)]
pub struct OneOp {
    entry: Entry,
}

impl Default for OneOp {
    fn default() -> Self {
        let ops = Box::new([Op::new(OpCode::Nop)]);
        OneOp { entry: Entry::alone(Block { rip: 0, end: 0, ops, starts: Box::default() }) }
    }
}

impl OneOp {
    /// Executes `op`, which must not end a block. `rip` and `icount` stay as they are.
    pub fn run(&mut self, state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
        let before = (memory.code_epoch(), memory.facts(), state.mxcsr >> 6);
        let result = match op.code {
            OpCode::Vector => exec_vector(state, memory, op),
            OpCode::Helper => helper::FUNCTIONS[op.e as usize % helper::FUNCTIONS.len()](state, memory, op),
            OpCode::String => match helper::string::exec(state, memory, op) {
                Ok(Progress::Again) => return Done::Again,
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            },
            _ => {
                let rip = state.rip;
                self.entry.block.ops[0] = *op;
                let attention = AtomicU32::new(0);
                let limits = Limits { attention: &attention, stop: u64::MAX };
                let (_, exit) = run_blocks(state, memory, Blocks::one(&self.entry), 0, limits);
                state.rip = rip;
                match exit {
                    Exit::Trap(_, trap) => Err(trap),
                    _ => Ok(()),
                }
            }
        };
        match result {
            Err(trap) => Done::Trap(trap),
            Ok(()) if (memory.code_epoch(), memory.facts(), state.mxcsr >> 6) != before => Done::CodeChanged,
            Ok(()) => Done::Ran,
        }
    }
}
