//! Block devices: one trait, and its backends.
//!
//! A device never blocks and never calls back. A read that needs something from
//! the host answers [`Progress::Pending`]; the device remembers what it wants,
//! the host delivers later, and the caller runs the same operation again. So a
//! device can sit under the kernel's `step` without threads or futures.
//!
//! Backends: [`MemoryDevice`], [`FileDevice`] (a host file behind [`FileAccess`]),
//! [`ChunkedDevice`] (a read-only image fetched by byte ranges through [`Fetch`]),
//! [`OverlayDevice`] (copy-on-write in memory), [`ReadOnlyDevice`], [`SharedDevice`],
//! [`FaultyDevice`] (errors, torn writes and power loss, for tests).
//!
//! Invariant: nothing here names a host type (no `std::fs`, no threads, no clock).

mod ahead;
mod chunked;
mod faulty;
mod file;
mod memory;
mod overlay;
mod read_only;
mod shared;

pub use chunked::{CHUNK_SIZE, ChunkIndex, ChunkedDevice, Delivery, Fetch};
pub use faulty::{Faults, FaultyDevice};
pub use file::{FileAccess, FileDevice};
pub use memory::MemoryDevice;
pub use overlay::OverlayDevice;
pub use read_only::ReadOnlyDevice;
pub use shared::SharedDevice;

/// Bytes in one device block, the unit of [`BlockNo`]: the smallest ext2 block.
pub const BLOCK_SIZE: usize = 1024;

/// Index of a device block of [`BLOCK_SIZE`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockNo(pub u64);

impl BlockNo {
    /// Byte offset of the block, or `None` past the end of 64 bits.
    pub fn offset(self) -> Option<u64> {
        self.0.checked_mul(BLOCK_SIZE as u64)
    }
}

/// Whether an operation is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Done.
    Done,
    /// Not yet: the host must deliver something; run the operation again then.
    Pending,
}

/// The host (or the test standing in for it) failed, or the caller asked for
/// blocks that do not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoError {
    /// The range is not inside the device.
    OutOfRange {
        /// First block asked for.
        block: BlockNo,
        /// Bytes asked for.
        len: usize,
    },
    /// The buffer's length is not a multiple of [`BLOCK_SIZE`].
    Unaligned {
        /// Bytes asked for.
        len: usize,
    },
    /// The device cannot be written.
    ReadOnly,
    /// The device is full (an overlay at its limit, a host quota).
    NoSpace,
    /// The host reported a failure; its message.
    Host(String),
    /// The (simulated) power is gone.
    PowerLost,
}

impl core::fmt::Display for IoError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            IoError::OutOfRange { block, len } => {
                write!(f, "block {} (+{len} bytes) is outside the device", block.0)
            }
            IoError::Unaligned { len } => write!(f, "length {len} is not whole blocks"),
            IoError::ReadOnly => f.write_str("the device is read-only"),
            IoError::NoSpace => f.write_str("no space left for changed blocks"),
            IoError::Host(message) => f.write_str(message),
            IoError::PowerLost => f.write_str("power lost"),
        }
    }
}

impl std::error::Error for IoError {}

/// What a device has done so far. A stacked device reports its own writes and
/// the fetches of the device below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Blocks handed to readers.
    pub blocks_read: u64,
    /// Blocks taken from writers.
    pub blocks_written: u64,
    /// Requests made to the host (HTTP ranges, file accesses).
    pub requests: u64,
    /// Bytes that came from the host.
    pub bytes_fetched: u64,
}

/// A random-access array of blocks.
///
/// Buffers are whole blocks ([`BLOCK_SIZE`]); more than one block is a run of
/// consecutive blocks. `Send` so that a machine can be built on one thread and
/// run on another.
pub trait BlockDevice: Send {
    /// Size in whole blocks.
    fn block_count(&self) -> u64;

    /// Fills `buf` from `block` on. On `Pending` the contents of `buf` are
    /// unspecified and the call has to be repeated once the host has delivered.
    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError>;

    /// Stores `data` from `block` on.
    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError>;

    /// Ends a batch: everything written since the previous flush belongs
    /// together, and a device that survives power cuts keeps all of it or none.
    fn flush(&mut self) -> Result<Progress, IoError>;

    /// Says that `count` blocks from `block` on will be read soon. Only a hint.
    fn prefetch(&mut self, block: BlockNo, count: u64) {
        let _ = (block, count);
    }

    /// Says that the contents of `count` blocks from `block` on no longer matter:
    /// until written again they may read as anything. Only a hint; lets an
    /// overlay give memory back.
    fn discard(&mut self, block: BlockNo, count: u64) {
        let _ = (block, count);
    }

    /// Whether [`write`](Self::write) can succeed at all.
    fn writable(&self) -> bool {
        true
    }

    /// What was done so far.
    fn counters(&self) -> Counters;
}

/// Checks a range and returns it as bytes `(offset, len)`.
pub(crate) fn check_range(count: u64, block: BlockNo, len: usize) -> Result<u64, IoError> {
    if !len.is_multiple_of(BLOCK_SIZE) {
        return Err(IoError::Unaligned { len });
    }
    let blocks = (len / BLOCK_SIZE) as u64;
    match block.0.checked_add(blocks) {
        Some(end) if end <= count => Ok(block.0 * BLOCK_SIZE as u64),
        _ => Err(IoError::OutOfRange { block, len }),
    }
}
