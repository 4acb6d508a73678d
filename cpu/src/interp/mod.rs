//! The interpreter: runs decoded blocks, and is the first tier of every engine.

mod alignment;
mod arith;
pub mod cache;
mod class;
pub mod exec;
mod one;
mod step;
pub mod vector;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::flags::{APART, TF, WATCHED};
use crate::ir::Block;
use crate::{CpuState, Engine, GuestMemory, Mode, Trap};
use cache::{Blocks, COLD, Cache, Entry};
use class::classify;
use exec::{Exit, Limits, run_blocks};

pub(crate) use class::decode as decode_next;
pub use one::{Done, OneOp};

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

    /// Executes one instruction with AC set or a null segment. What [`Engine::run`] has to report, if anything.
    #[cold]
    fn step_aligned(&mut self, state: &mut CpuState, memory: &GuestMemory, limits: Limits) -> Option<Trap> {
        if let Some(trap) = alignment::step(state, memory) {
            return Some(trap);
        }
        if limits.attention.load(Relaxed) != 0 {
            return Some(Trap::Attention);
        }
        (state.icount >= limits.stop).then_some(Trap::Budget)
    }
}

/// Runs one entry that is not in the cache.
fn run_one(state: &mut CpuState, memory: &GuestMemory, entry: &Entry) -> (u32, Exit) {
    let attention = AtomicU32::new(0);
    let limits = Limits { attention: &attention, stop: u64::MAX };
    run_blocks(state, memory, Blocks::one(entry), 0, limits)
}

/// Finishes the instruction whose operation `at` changed code, so that what
/// follows is decoded anew. Returns a trap if the rest of it raised one.
#[cold]
fn finish_instruction(block: &Block, at: u32, state: &mut CpuState, memory: &GuestMemory) -> Option<Trap> {
    let instruction = block.instruction_of(at as usize);
    let before = instruction as u64;
    let (stop, next_rip) = block.start_of(instruction + 1).unwrap_or((block.ops.len(), block.end));
    let mut at = at as usize;
    state.icount += before;
    loop {
        let rest = Block {
            rip: next_rip,
            end: next_rip,
            ops: block.ops[at + 1..stop].into(),
            starts: Box::new([(0, 0)]),
        };
        match run_one(state, memory, &Entry::alone(rest)).1 {
            Exit::Trap(_, trap) => {
                state.rip = block.start_of(instruction).map_or(block.rip, |(_, rip)| rip);
                return Some(classify(trap, state, memory));
            }
            Exit::TrapEnd(trap) => return Some(trap),
            Exit::CodeChanged(again) | Exit::Again(again) => at += again as usize + 1,
            _ => return None,
        }
    }
}

/// Why [`Interpreter::run_until`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// As [`Engine::run`] reports it.
    Trap(Trap),
    /// The countdown of this entry has ended; its block is the next to run.
    Hot(u32),
}

impl Engine for Interpreter {
    fn run(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        budget: u64,
    ) -> Trap {
        let limits = Limits { attention, stop: state.icount.saturating_add(budget) };
        loop {
            match self.run_until(state, memory, limits) {
                Stopped::Trap(trap) => return trap,
                Stopped::Hot(number) => self.cache.entry(number).countdown.set(COLD),
            }
        }
    }

    fn invalidate(&mut self, range: Range<u64>) {
        // Permission changes and writes are noticed by generation; only a new
        // program image needs this. Its libraries are often the same ones.
        if range.start == 0 {
            self.cache.distrust();
        }
    }
}

impl Interpreter {
    /// Runs until a trap, or until a block's countdown ends (a second tier then
    /// takes over at `state.rip`, or resets the countdown and calls again).
    pub fn run_until(&mut self, state: &mut CpuState, memory: &GuestMemory, limits: Limits) -> Stopped {
        let Limits { attention, stop } = limits;
        let mut mode = state.mode;
        self.cache.set_mode(mode);
        loop {
            if state.other_flags & APART != 0 {
                if state.other_flags & (TF | WATCHED) != 0 {
                    if let Some(trap) = step::single_step(state, memory) {
                        return Stopped::Trap(trap);
                    }
                } else if let Some(trap) = self.step_aligned(state, memory, limits) {
                    return Stopped::Trap(trap);
                }
                self.follow_mode(state, &mut mode);
                continue;
            }
            let first = match self.cache.lookup(memory, mode, state.rip) {
                Ok(number) => number,
                Err(trap) => return Stopped::Trap(classify(trap, state, memory)),
            };
            let (at, exit) = run_blocks(state, memory, self.cache.blocks(), first, limits);
            match exit {
                Exit::Taken => self.link(memory, state, at, true),
                Exit::Fall => self.link(memory, state, at, false),
                Exit::Hot => return Stopped::Hot(at),
                // The next lookup checks or finds the entry.
                Exit::Indirect | Exit::Stale => {}
                Exit::Poll => self.follow_mode(state, &mut mode),
                Exit::Trap(op, trap) => {
                    self.rewind(state, at, op);
                    if trap == Trap::X87Exception {
                        let block = &self.cache.entry(at).block;
                        crate::lift::recover_pointers(state, memory, block.rip);
                    }
                    return Stopped::Trap(classify(trap, state, memory));
                }
                Exit::TrapEnd(trap) => return Stopped::Trap(trap),
                Exit::Again(op) => self.rewind(state, at, op),
                Exit::CodeChanged(op) => {
                    let block = &self.cache.entry(at).block;
                    if let Some(trap) = finish_instruction(block, op, state, memory) {
                        return Stopped::Trap(trap);
                    }
                    self.follow_mode(state, &mut mode);
                }
            }
            if attention.load(Relaxed) != 0 {
                return Stopped::Trap(Trap::Attention);
            }
            if state.icount >= stop {
                return Stopped::Trap(Trap::Budget);
            }
        }
    }

    /// A far branch may have changed the word size.
    #[inline]
    fn follow_mode(&mut self, state: &CpuState, mode: &mut Mode) {
        if state.mode != *mode {
            *mode = state.mode;
            self.cache.set_mode(*mode);
        }
    }

    /// The decoded blocks, for a second tier.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The decoded blocks, for a second tier.
    pub fn cache_mut(&mut self) -> &mut Cache {
        &mut self.cache
    }

    /// Goes back to the instruction of operation `op` in entry `at`.
    #[cold]
    fn rewind(&self, state: &mut CpuState, at: u32, op: u32) {
        let block = &self.cache.entry(at).block;
        let instruction = block.instruction_of(op as usize);
        state.rip = block.start_of(instruction).map_or(block.rip, |(_, rip)| rip);
        state.icount += instruction as u64;
    }

    /// Remembers which entry follows entry `from`. A target that cannot be
    /// decoded is left to the next round, which raises the fault.
    #[inline(never)]
    fn link(&mut self, memory: &GuestMemory, state: &CpuState, from: u32, taken: bool) {
        let blocks = self.cache.len();
        let Ok(target) = self.cache.lookup(memory, state.mode, state.rip) else { return };
        // A full cache was emptied on the way: `from` is gone.
        if self.cache.len() < blocks {
            return;
        }
        let entry = self.cache.entry_mut(from);
        if taken {
            entry.taken = target;
        } else {
            entry.fall = target;
        }
    }
}
