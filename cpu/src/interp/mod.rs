//! The interpreter: runs decoded blocks, and is the first tier of every engine.

pub mod cache;
pub mod exec;
pub mod vector;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::flags::TF;
use crate::{CpuState, Engine, GuestMemory, Trap};
use cache::{Cache, NONE};
use exec::{Exit, run_ops};

/// An engine that executes IR blocks one operation at a time.
#[derive(Default)]
pub struct Interpreter {
    cache: Cache,
}

impl Interpreter {
    /// An interpreter that has seen no code yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of blocks decoded and kept.
    pub fn cached_blocks(&self) -> usize {
        self.cache.len()
    }

    /// Executes one instruction with TF set and reports it.
    #[cold]
    fn single_step(&mut self, state: &mut CpuState, memory: &GuestMemory) -> Trap {
        let block = match crate::lift::lift_block(memory, state.mode, state.rip, 1) {
            Ok(lifted) => lifted.block,
            Err(trap) => return canonical(trap),
        };
        match run_ops(state, memory, &block.ops, 0) {
            Exit::Fall => state.rip = block.end,
            Exit::Taken | Exit::Indirect => {}
            Exit::Trap(_, trap) => return canonical(trap),
            // INT3 and system calls are reported as themselves; the step comes
            // with the next instruction, as on Linux after SYSCALL.
            Exit::TrapEnd(trap) => {
                state.icount += 1;
                return trap;
            }
            Exit::Again(_) => return Trap::SingleStep,
            Exit::CodeChanged(at) => match run_ops(state, memory, &block.ops[at as usize + 1..], at + 1) {
                Exit::Taken | Exit::Indirect => {}
                Exit::Trap(_, trap) => return canonical(trap),
                _ => state.rip = block.end,
            },
        }
        state.icount += 1;
        Trap::SingleStep
    }

    /// Finishes the instruction whose operation `at` changed code, so that what
    /// follows is decoded anew. Returns a trap if the rest of it raised one.
    #[cold]
    fn finish_instruction(
        &self,
        number: u32,
        at: u32,
        state: &mut CpuState,
        memory: &GuestMemory,
    ) -> Option<Trap> {
        let block = &self.cache.entry(number).block;
        let mut at = at as usize;
        loop {
            let instruction = block.instruction_of(at);
            let (stop, next_rip) = match block.rips.get(instruction + 1) {
                Some(&(stop, rip)) => (stop as usize, rip),
                None => (block.ops.len(), block.end),
            };
            let exit = run_ops(state, memory, &block.ops[at + 1..stop], at as u32 + 1);
            match exit {
                Exit::Fall => state.rip = next_rip,
                Exit::Taken | Exit::Indirect => {}
                Exit::Trap(_, trap) => {
                    let (_, rip) = block.rips[instruction];
                    state.rip = rip;
                    state.icount += instruction as u64;
                    return Some(canonical(trap));
                }
                Exit::TrapEnd(trap) => {
                    state.icount += instruction as u64 + 1;
                    return Some(trap);
                }
                Exit::CodeChanged(again) | Exit::Again(again) => {
                    at = again as usize;
                    continue;
                }
            }
            state.icount += instruction as u64 + 1;
            return None;
        }
    }
}

/// A fault at an address that is not canonical is #GP (SDM vol. 1, 3.3.7.1).
#[cold]
fn canonical(trap: Trap) -> Trap {
    match trap {
        Trap::Fault(fault) if (fault.addr as i64) << 16 >> 16 != fault.addr as i64 => Trap::GeneralProtection,
        trap => trap,
    }
}

impl Engine for Interpreter {
    fn run(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        budget: u64,
    ) -> Trap {
        let stop = state.icount.saturating_add(budget);
        let mode = state.mode;
        let mut at = NONE;
        loop {
            if state.other_flags & TF != 0 {
                return self.single_step(state, memory);
            }
            if at == NONE {
                at = match self.cache.lookup(memory, mode, state.rip) {
                    Ok(number) => number,
                    Err(trap) => return canonical(trap),
                };
            } else if self.cache.entry(at).epoch != memory.code_epoch()
                && let Err(trap) = self.cache.refresh(memory, mode, at)
            {
                return canonical(trap);
            }
            let entry = self.cache.entry(at);
            let next = match run_ops(state, memory, &entry.block.ops, 0) {
                Exit::Taken => {
                    state.icount += u64::from(entry.instructions);
                    let link = entry.taken;
                    if link == NONE { self.link(memory, state, at, true) } else { link }
                }
                Exit::Fall => {
                    state.icount += u64::from(entry.instructions);
                    state.rip = entry.block.end;
                    let link = entry.fall;
                    if link == NONE { self.link(memory, state, at, false) } else { link }
                }
                Exit::Indirect => {
                    state.icount += u64::from(entry.instructions);
                    NONE
                }
                Exit::Trap(op, trap) => {
                    let trap = canonical(trap);
                    let instruction = entry.block.instruction_of(op as usize);
                    state.rip = entry.block.rips[instruction].1;
                    state.icount += instruction as u64;
                    return trap;
                }
                Exit::TrapEnd(trap) => {
                    state.icount += u64::from(entry.instructions);
                    return trap;
                }
                Exit::Again(op) => {
                    let instruction = entry.block.instruction_of(op as usize);
                    state.rip = entry.block.rips[instruction].1;
                    state.icount += instruction as u64;
                    NONE
                }
                Exit::CodeChanged(op) => match self.finish_instruction(at, op, state, memory) {
                    Some(trap) => return trap,
                    None => NONE,
                },
            };
            at = next;
            if attention.load(Relaxed) != 0 {
                return Trap::Attention;
            }
            if state.icount >= stop {
                return Trap::Budget;
            }
        }
    }

    fn invalidate(&mut self, range: Range<u64>) {
        // Permission changes and writes are noticed by generation; only a new
        // program image needs this.
        if range.start == 0 {
            self.cache.clear();
        }
    }
}

impl Interpreter {
    /// Remembers which entry follows entry `from`. A target that cannot be
    /// decoded is left to the next round, which raises the fault.
    #[inline(never)]
    fn link(&mut self, memory: &GuestMemory, state: &CpuState, from: u32, taken: bool) -> u32 {
        let blocks = self.cache.len();
        let Ok(target) = self.cache.lookup(memory, state.mode, state.rip) else { return NONE };
        // A full cache was emptied on the way: `from` is gone.
        if self.cache.len() < blocks {
            return target;
        }
        let entry = self.cache.entry_mut(from);
        if taken {
            entry.taken = target;
        } else {
            entry.fall = target;
        }
        target
    }
}
