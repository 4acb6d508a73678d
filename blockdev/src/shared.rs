//! A device with a second handle: the file system uses it, somebody else looks at it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{BlockDevice, BlockNo, Counters, IoError, Progress};

/// A device that several owners hold. Calls take a lock for their duration.
pub struct SharedDevice<D>(Arc<Mutex<D>>);

impl<D> SharedDevice<D> {
    /// The first handle.
    pub fn new(device: D) -> Self {
        SharedDevice(Arc::new(Mutex::new(device)))
    }

    /// The device itself. A second call while the result lives waits for ever.
    pub fn get(&self) -> MutexGuard<'_, D> {
        // A device is consistent between its calls, and they do not panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D> Clone for SharedDevice<D> {
    fn clone(&self) -> Self {
        SharedDevice(self.0.clone())
    }
}

impl<D: BlockDevice> BlockDevice for SharedDevice<D> {
    fn block_count(&self) -> u64 {
        self.get().block_count()
    }
    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        self.get().read(block, buf)
    }
    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        self.get().write(block, data)
    }
    fn flush(&mut self) -> Result<Progress, IoError> {
        self.get().flush()
    }
    fn prefetch(&mut self, block: BlockNo, count: u64) {
        self.get().prefetch(block, count);
    }
    fn discard(&mut self, block: BlockNo, count: u64) {
        self.get().discard(block, count);
    }
    fn counters(&self) -> Counters {
        self.get().counters()
    }
}
