//! A device on a host file, reached through a small trait so that this crate
//! names no host type.

use crate::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress, check_range};

/// A host file opened for random access.
pub trait FileAccess: Send {
    /// Length in bytes.
    fn len(&self) -> u64;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Fills `buf` from byte `offset` on; short files are an error.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), String>;
    /// Stores `data` from byte `offset` on.
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), String>;
    /// Makes what was written durable.
    fn sync(&mut self) -> Result<(), String>;
}

/// A device on a host file.
pub struct FileDevice<F> {
    file: F,
    blocks: u64,
    counters: Counters,
}

impl<F: FileAccess> FileDevice<F> {
    /// Uses the whole blocks of `file`.
    pub fn new(file: F) -> Self {
        let blocks = file.len() / BLOCK_SIZE as u64;
        FileDevice { file, blocks, counters: Counters::default() }
    }
}

impl<F: FileAccess> BlockDevice for FileDevice<F> {
    fn block_count(&self) -> u64 {
        self.blocks
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        let offset = check_range(self.blocks, block, buf.len())?;
        self.counters.requests += 1;
        self.file.read_at(offset, buf).map_err(IoError::Host)?;
        self.counters.blocks_read += (buf.len() / BLOCK_SIZE) as u64;
        self.counters.bytes_fetched += buf.len() as u64;
        Ok(Progress::Done)
    }

    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        let offset = check_range(self.blocks, block, data.len())?;
        self.counters.requests += 1;
        self.file.write_at(offset, data).map_err(IoError::Host)?;
        self.counters.blocks_written += (data.len() / BLOCK_SIZE) as u64;
        Ok(Progress::Done)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        self.file.sync().map_err(IoError::Host)?;
        Ok(Progress::Done)
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
