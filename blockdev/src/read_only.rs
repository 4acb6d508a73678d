//! Refuses writes to the device below.

use crate::{BlockDevice, BlockNo, Counters, IoError, Progress};

/// A device whose writes fail with [`IoError::ReadOnly`].
pub struct ReadOnlyDevice<D>(pub D);

impl<D: BlockDevice> BlockDevice for ReadOnlyDevice<D> {
    fn block_count(&self) -> u64 {
        self.0.block_count()
    }
    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        self.0.read(block, buf)
    }
    fn write(&mut self, _block: BlockNo, _data: &[u8]) -> Result<Progress, IoError> {
        Err(IoError::ReadOnly)
    }
    fn flush(&mut self) -> Result<Progress, IoError> {
        Ok(Progress::Done)
    }
    fn prefetch(&mut self, block: BlockNo, count: u64) {
        self.0.prefetch(block, count);
    }
    fn writable(&self) -> bool {
        false
    }
    fn counters(&self) -> Counters {
        self.0.counters()
    }
}
