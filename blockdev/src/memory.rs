//! A device in memory, sparse: pages that were never written take no room.

use crate::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress, check_range};

/// Bytes of one allocation unit.
const PAGE: usize = 64 * 1024;

/// A device in memory. Unwritten blocks read as zeros.
#[derive(Clone, Default)]
pub struct MemoryDevice {
    pages: Vec<Option<Box<[u8]>>>,
    blocks: u64,
    counters: Counters,
}

impl MemoryDevice {
    /// An all-zero device of `blocks` blocks.
    pub fn new(blocks: u64) -> Self {
        let pages = blocks.div_ceil((PAGE / BLOCK_SIZE) as u64);
        MemoryDevice { pages: vec![None; pages as usize], blocks, counters: Counters::default() }
    }

    /// A device holding `image`; a tail shorter than a block is dropped.
    pub fn from_image(image: &[u8]) -> Self {
        let mut device = Self::new((image.len() / BLOCK_SIZE) as u64);
        let len = device.blocks as usize * BLOCK_SIZE;
        for (slot, page) in device.pages.iter_mut().zip(image[..len].chunks(PAGE)) {
            if page.iter().any(|&byte| byte != 0) {
                let mut data = vec![0; PAGE];
                data[..page.len()].copy_from_slice(page);
                *slot = Some(data.into_boxed_slice());
            }
        }
        device
    }

    /// The whole contents.
    pub fn to_image(&self) -> Vec<u8> {
        let mut image = vec![0; self.blocks as usize * BLOCK_SIZE];
        for (page, out) in self.pages.iter().zip(image.chunks_mut(PAGE)) {
            if let Some(page) = page {
                out.copy_from_slice(&page[..out.len()]);
            }
        }
        image
    }
}

impl BlockDevice for MemoryDevice {
    fn block_count(&self) -> u64 {
        self.blocks
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        let mut at = check_range(self.blocks, block, buf.len())?;
        self.counters.blocks_read += (buf.len() / BLOCK_SIZE) as u64;
        let mut rest = buf;
        while !rest.is_empty() {
            let within = (at % PAGE as u64) as usize;
            let n = rest.len().min(PAGE - within);
            let (head, tail) = rest.split_at_mut(n);
            match &self.pages[(at / PAGE as u64) as usize] {
                Some(page) => head.copy_from_slice(&page[within..within + n]),
                None => head.fill(0),
            }
            rest = tail;
            at += n as u64;
        }
        Ok(Progress::Done)
    }

    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        let mut at = check_range(self.blocks, block, data.len())?;
        self.counters.blocks_written += (data.len() / BLOCK_SIZE) as u64;
        let mut rest = data;
        while !rest.is_empty() {
            let within = (at % PAGE as u64) as usize;
            let n = rest.len().min(PAGE - within);
            let page = self.pages[(at / PAGE as u64) as usize]
                .get_or_insert_with(|| vec![0; PAGE].into_boxed_slice());
            page[within..within + n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            at += n as u64;
        }
        Ok(Progress::Done)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        Ok(Progress::Done)
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
