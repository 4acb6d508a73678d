//! What runs guest code: the interpreter, or a JIT wrapped around it.

use std::ops::Range;
use std::sync::atomic::AtomicU32;

use crate::{CpuState, GuestMemory, Trap};

/// A guest code engine. One per thread; all share the `GuestMemory`.
pub trait Engine {
    /// Runs until something needs attention. `attention` is polled at block ends
    /// (non-zero returns [`Trap::Attention`]); `budget` is a number of guest
    /// instructions after which [`Trap::Budget`] is returned at the next block end.
    fn run(&mut self, state: &mut CpuState, memory: &GuestMemory, attention: &AtomicU32, budget: u64)
    -> Trap;

    /// Drops what is cached of the code in `range` (guest addresses). Writes
    /// through `GuestMemory` and permission changes do this by themselves; an
    /// empty process image (execve) calls it with the whole address space.
    fn invalidate(&mut self, range: Range<u64>);

    /// The program is over for the thread of this engine: that has ended, or its process is about to run another one.
    /// `memory` is still as it left it, where no other thread changes it.
    fn program_ended(&mut self, _memory: &GuestMemory) {}
}
