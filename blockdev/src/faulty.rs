//! A device that fails on command, for tests: read and write errors, pending
//! reads, and power loss with a torn last write.

use crate::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress};
use std::collections::HashSet;

/// What goes wrong, and when. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Blocks whose reads fail.
    pub bad_reads: HashSet<u64>,
    /// Blocks whose writes fail.
    pub bad_writes: HashSet<u64>,
    /// The first read of every block answers `Pending` (each block once).
    pub pending_first: bool,
    /// Blocks that may still be written; then the power is gone. A write that
    /// crosses the limit is torn: only its first blocks are stored.
    pub power_loss_after: Option<u64>,
}

/// Wraps a device and injects [`Faults`].
pub struct FaultyDevice<D> {
    inner: D,
    /// May be changed between operations.
    pub faults: Faults,
    asked: HashSet<u64>,
    lost: bool,
}

impl<D: BlockDevice> FaultyDevice<D> {
    /// `inner` with `faults`.
    pub fn new(inner: D, faults: Faults) -> Self {
        FaultyDevice { inner, faults, asked: HashSet::new(), lost: false }
    }

    /// The device below: what survives a power loss.
    pub fn into_inner(self) -> D {
        self.inner
    }
}

fn blocks(block: BlockNo, len: usize) -> impl Iterator<Item = u64> {
    (0..(len / BLOCK_SIZE) as u64).map(move |i| block.0.saturating_add(i))
}

impl<D: BlockDevice> BlockDevice for FaultyDevice<D> {
    fn block_count(&self) -> u64 {
        self.inner.block_count()
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        if self.lost {
            return Err(IoError::PowerLost);
        }
        if blocks(block, buf.len()).any(|b| self.faults.bad_reads.contains(&b)) {
            return Err(IoError::Host(format!("read error at block {}", block.0)));
        }
        if self.faults.pending_first {
            let before = self.asked.len();
            self.asked.extend(blocks(block, buf.len()));
            if self.asked.len() != before {
                return Ok(Progress::Pending);
            }
        }
        self.inner.read(block, buf)
    }

    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        if self.lost {
            return Err(IoError::PowerLost);
        }
        if blocks(block, data.len()).any(|b| self.faults.bad_writes.contains(&b)) {
            return Err(IoError::Host(format!("write error at block {}", block.0)));
        }
        if let Some(left) = &mut self.faults.power_loss_after {
            let count = (data.len() / BLOCK_SIZE) as u64;
            if *left < count {
                let torn = *left as usize * BLOCK_SIZE;
                self.lost = true;
                let _ = self.inner.write(block, &data[..torn])?;
                return Err(IoError::PowerLost);
            }
            *left -= count;
        }
        self.inner.write(block, data)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        if self.lost {
            return Err(IoError::PowerLost);
        }
        self.inner.flush()
    }

    fn discard(&mut self, block: BlockNo, count: u64) {
        if !self.lost {
            self.inner.discard(block, count);
        }
    }

    fn prefetch(&mut self, block: BlockNo, count: u64) {
        self.inner.prefetch(block, count);
    }

    fn writable(&self) -> bool {
        self.inner.writable()
    }

    fn counters(&self) -> Counters {
        self.inner.counters()
    }
}
