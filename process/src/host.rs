//! What a process worker needs from its host, and what it gives back.
//!
//! A host (threads, web workers) implements [`Port`] and [`Host`], picks an
//! engine and calls [`crate::run`]. Nothing else of a host is known here.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tawaki_abi::wire::{Call, Reply};
use tawaki_cpu::GuestMemory;

/// One mailbox to the kernel.
pub trait Port {
    /// Sends a request and waits for its answer, however long that takes.
    fn call(&mut self, call: &Call) -> Reply;

    /// The word the kernel sets to non-zero (`Effect::Attention`) when the task
    /// of this slot should send `TakeSignal`. The process clears it.
    fn attention(&self) -> &AtomicU32;

    /// Sleeps until the attention word is not zero, until [`Unpark::unpark`] (one that came before counts too),
    /// or for `timeout`. May return early.
    fn park(&mut self, timeout: Option<Duration>);

    /// What wakes this thread from [`Port::park`].
    fn unparker(&self) -> Arc<dyn Unpark>;
}

/// Wakes a thread that sleeps in [`Port::park`]. Used only while that thread runs.
pub trait Unpark: Send + Sync + std::fmt::Debug {
    /// Ends its present sleep, or else its next.
    fn unpark(&self);
}

/// The host cannot give as much memory as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// Services of the worker's host.
pub trait Host {
    /// The guest memory of this process. All threads of a process see the same one.
    fn memory(&self) -> Arc<GuestMemory>;

    /// End of the memory that exists, as a guest address (exclusive): the first
    /// address that would need [`Host::grow_to`].
    fn memory_end(&self) -> u64;

    /// Makes memory exist up to guest address `end` (exclusive, at most 2^32);
    /// new memory is zero. Returns the end as it was just before this call grew
    /// it: where it differs from what [`Host::memory_end`] said last, somebody
    /// else (the emulator's allocator in the same wasm memory) took what lies between.
    /// Never shrinks.
    fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory>;

    /// Lowest guest address programs may use (the emulator may live below); a
    /// multiple of 64 KiB and at most 0x400000; for compiled code at least 0x20000.
    fn lowest_address(&self) -> u64 {
        0x1_0000
    }

    /// CLOCK_MONOTONIC, nanoseconds; the same clock as the kernel's `now`.
    fn monotonic_ns(&self) -> u64;

    /// CLOCK_REALTIME, nanoseconds since the epoch.
    fn realtime_ns(&self) -> u64;

    /// Processor time used by this worker's thread, nanoseconds (the wall time
    /// since its start is a fair stand-in).
    fn cpu_ns(&self) -> u64;

    /// Number of processors that programs are told of.
    fn processors(&self) -> u32 {
        2
    }

    /// Whether the engine runs code that does not check permissions on every access.
    /// Large anonymous mappings are then populated at once instead of at the first touch.
    fn trusts_layout(&self) -> bool {
        false
    }

    /// In a forked child, copies these ranges (page aligned, ascending, guest
    /// addresses, the same in parent and child) from the parent's memory. The
    /// child's memory has been grown to hold them. `Err` when the parent is gone.
    fn copy_from_parent(&mut self, ranges: &[Range<u64>]) -> Result<(), OutOfMemory>;

    /// Prints one line for the operator (unknown system call, SIGILL …).
    fn log(&mut self, line: &str);

    /// Prints one line of the system call trace ([`Options::strace`]).
    fn strace(&mut self, line: &str) {
        self.log(line);
    }
}

/// How a process worker starts. The bytes are the `payload` of the kernel's
/// `Effect::Spawn`, opaque to everybody but this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A program: an encoded [`tawaki_abi::wire::ExecRequest`].
    Exec(Vec<u8>),
    /// The child of a fork: the `image` of its parent's `Call::Fork`.
    Fork(Vec<u8>),
    /// A further thread of the process whose memory this worker was given: the
    /// `image` of its creator's `Call::Fork`. It must run in the same host process
    /// (on the web: in an instance over the same linear memory).
    Thread(Vec<u8>),
}

/// Switches of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Trace system calls through [`Host::strace`].
    pub strace: bool,
}

/// What is left when a worker's task is gone. Its memory is all zero and without
/// permissions again, so it can serve the next process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Status word of the task as far as known (for logs only).
    pub status: i32,
    /// Guest instructions executed.
    pub instructions: u64,
    /// System calls made by the guest.
    pub syscalls: u64,
}
