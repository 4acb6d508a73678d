//! A read-only image that lives elsewhere and is fetched in byte ranges.
//!
//! The image is cut into chunks of [`CHUNK_SIZE`]. A read of a missing chunk
//! requests it through [`Fetch`] and answers `Pending`; the device collects what
//! has arrived whenever it is used. What follows a sequential reader is asked for
//! ahead ([`ReadAhead`]), so that one round trip brings more.

use crate::ahead::{self, ReadAhead};
use crate::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress, check_range};
use std::collections::HashMap;

/// Bytes of one chunk. With 128 KiB a shell's prompt costs 13 MB instead of 7: most
/// of a file system's metadata is read a block here and a block there.
pub const CHUNK_SIZE: usize = 32 * 1024;
/// Most bytes of one [`BlockDevice::prefetch`].
const PREFETCH_MAX: u64 = 1024 * 1024;
/// How often a failed chunk is asked for again before its reader gets the error.
const RETRIES: u8 = 2;

/// Index of a chunk: its byte offset divided by [`CHUNK_SIZE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkIndex(pub u64);

/// One finished request.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// Its bytes, exactly as many as requested, or the host's message.
    pub data: Result<Vec<u8>, String>,
}

/// How the host fetches byte ranges. Neither method blocks.
pub trait Fetch: Send {
    /// Starts fetching `len` bytes at `offset`; asked once per chunk until it is
    /// delivered.
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize);
    /// The next finished request, or `None` when there is none just now.
    fn poll(&mut self) -> Option<Delivery>;
}

struct Chunk {
    data: Vec<u8>,
    used: u64,
    /// Asked for ahead and not read yet.
    ahead: bool,
}

enum Wanted {
    Requested { tries: u8, ahead: bool },
    Failed { message: String },
}

/// A read-only device over [`Fetch`] with a bounded chunk cache.
pub struct ChunkedDevice<F> {
    fetch: F,
    blocks: u64,
    /// Bytes of the image, a whole number of blocks.
    len: u64,
    chunks: HashMap<u64, Chunk>,
    wanted: HashMap<u64, Wanted>,
    capacity: usize,
    clock: u64,
    read_ahead: ReadAhead,
    counters: Counters,
}

impl<F: Fetch> ChunkedDevice<F> {
    /// An image of `len` bytes; at most `cache_bytes` of it are kept (at least
    /// two of the largest requests, so that a re-run finds what it waited for).
    pub fn new(fetch: F, len: u64, cache_bytes: u64) -> Self {
        let blocks = len / BLOCK_SIZE as u64;
        let least = 2 * (PREFETCH_MAX / CHUNK_SIZE as u64).max(ahead::MOST);
        ChunkedDevice {
            fetch,
            blocks,
            len: blocks * BLOCK_SIZE as u64,
            chunks: HashMap::new(),
            wanted: HashMap::new(),
            capacity: (cache_bytes / CHUNK_SIZE as u64).max(least) as usize,
            clock: 0,
            read_ahead: ReadAhead::default(),
            counters: Counters::default(),
        }
    }

    /// Chunks requested and not yet delivered.
    pub fn outstanding(&self) -> usize {
        self.wanted.values().filter(|state| matches!(state, Wanted::Requested { .. })).count()
    }

    fn chunk_len(&self, chunk: u64) -> usize {
        let start = chunk * CHUNK_SIZE as u64;
        (self.len - start).min(CHUNK_SIZE as u64) as usize
    }

    fn request(&mut self, chunk: u64, tries: u8, ahead: bool) {
        let len = self.chunk_len(chunk);
        self.wanted.insert(chunk, Wanted::Requested { tries, ahead });
        self.counters.requests += 1;
        self.fetch.request(ChunkIndex(chunk), chunk * CHUNK_SIZE as u64, len);
    }

    /// Asks for a chunk unless it is here or on its way; whether it did.
    fn want(&mut self, chunk: u64, ahead: bool) -> bool {
        let new = chunk < self.len.div_ceil(CHUNK_SIZE as u64)
            && !self.chunks.contains_key(&chunk)
            && !self.wanted.contains_key(&chunk);
        if new {
            self.request(chunk, 0, ahead);
        }
        new
    }

    fn collect(&mut self) {
        while let Some(delivery) = self.fetch.poll() {
            let chunk = delivery.chunk.0;
            // Whatever was not asked for is not believed.
            let Some(&Wanted::Requested { tries, ahead }) = self.wanted.get(&chunk) else {
                continue;
            };
            let expected = self.chunk_len(chunk);
            let message = match delivery.data {
                Ok(data) if data.len() == expected => {
                    self.counters.bytes_fetched += data.len() as u64;
                    self.wanted.remove(&chunk);
                    self.insert(chunk, data, ahead);
                    continue;
                }
                Ok(data) => {
                    format!("chunk {chunk} of the image came with {} bytes instead of {expected}", data.len())
                }
                Err(message) => message,
            };
            if tries < RETRIES {
                self.request(chunk, tries + 1, ahead);
            } else {
                self.wanted.insert(chunk, Wanted::Failed { message });
            }
        }
    }

    fn insert(&mut self, chunk: u64, data: Vec<u8>, ahead: bool) {
        while self.chunks.len() >= self.capacity {
            // A linear scan: it happens once per 128 KiB from the network.
            let oldest = self.chunks.iter().min_by_key(|(_, c)| c.used);
            let Some((&oldest, _)) = oldest else { break };
            self.chunks.remove(&oldest);
        }
        self.clock += 1;
        let used = self.clock;
        self.chunks.insert(chunk, Chunk { data, used, ahead });
    }
}

impl<F: Fetch> BlockDevice for ChunkedDevice<F> {
    fn block_count(&self) -> u64 {
        self.blocks
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        let offset = check_range(self.blocks, block, buf.len())?;
        if buf.is_empty() {
            return Ok(Progress::Done);
        }
        self.collect();
        let first = offset / CHUNK_SIZE as u64;
        let last = (offset + buf.len() as u64 - 1) / CHUNK_SIZE as u64;
        let mut missing = false;
        for chunk in first..=last {
            if self.chunks.contains_key(&chunk) {
                continue;
            }
            if let Some(Wanted::Failed { .. }) = self.wanted.get(&chunk) {
                // Report the failure once; a later read may try again.
                if let Some(Wanted::Failed { message }) = self.wanted.remove(&chunk) {
                    return Err(IoError::Host(message));
                }
            }
            self.want(chunk, false);
            missing = true;
        }
        for chunk in self.read_ahead.step(first, last + 1) {
            if self.want(chunk, true) {
                self.read_ahead.ask();
            }
        }
        if missing {
            // A fetcher that answers at once (tests, a local file) ends here.
            self.collect();
            if (first..=last).any(|chunk| !self.chunks.contains_key(&chunk)) {
                return Ok(Progress::Pending);
            }
        }
        self.clock += 1;
        let mut at = offset;
        let mut rest = buf;
        while !rest.is_empty() {
            let within = (at % CHUNK_SIZE as u64) as usize;
            let Some(chunk) = self.chunks.get_mut(&(at / CHUNK_SIZE as u64)) else {
                return Ok(Progress::Pending);
            };
            chunk.used = self.clock;
            if std::mem::take(&mut chunk.ahead) {
                self.read_ahead.used();
            }
            let n = rest.len().min(chunk.data.len() - within);
            let (head, tail) = rest.split_at_mut(n);
            head.copy_from_slice(&chunk.data[within..within + n]);
            rest = tail;
            at += n as u64;
        }
        self.counters.blocks_read += (at - offset) / BLOCK_SIZE as u64;
        Ok(Progress::Done)
    }

    fn write(&mut self, _block: BlockNo, _data: &[u8]) -> Result<Progress, IoError> {
        Err(IoError::ReadOnly)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        Ok(Progress::Done)
    }

    fn prefetch(&mut self, block: BlockNo, count: u64) {
        self.collect();
        let Some(offset) = block.offset() else { return };
        let end =
            count.saturating_mul(BLOCK_SIZE as u64).min(PREFETCH_MAX).saturating_add(offset).min(self.len);
        for chunk in offset / CHUNK_SIZE as u64..end.div_ceil(CHUNK_SIZE as u64) {
            self.want(chunk, false);
        }
    }

    fn writable(&self) -> bool {
        false
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
