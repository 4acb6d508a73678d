//! The protocol between a process worker and the kernel worker.
//!
//! A [`Call`] goes out, one [`Reply`] comes back; both are encoded by postcard
//! into a mailbox that the host provides. Calls carry bytes, never guest
//! pointers, and have no word size: `process` copies arguments out of guest
//! memory before, and results in after.

mod call;
mod exec;
mod reply;
mod trace;

pub use call::*;
pub use exec::ExecRequest;
pub use reply::*;
pub use trace::*;

/// Most bytes that one [`Call::Read`] or [`Call::Write`] moves; `process` splits
/// larger transfers. A mailbox holds at least this plus 4 KiB; longer messages
/// (a command line) are fragmented by the host.
pub const MAX_TRANSFER: usize = 128 * 1024;

/// The longest message of any kind: a 2 MiB command line and its frame.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// One call in so many is a [`Call::Timed`], on average.
pub const TIMED_EVERY: u64 = 16;

/// A kernel-allocated number of a process worker's mailbox. Replies and effects
/// name slots, not tasks: after `vfork` the child speaks through its parent's
/// slot until it execs or exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Slot(pub u32);

/// Decodes a message; an error means the sender is broken or hostile.
pub fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}

/// Encodes a message, appending to `out`.
pub fn encode<T: serde::Serialize>(message: &T, out: Vec<u8>) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(message, out)
}
