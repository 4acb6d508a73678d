//! Copy-on-write: a read-only base with the changed blocks in memory.

use crate::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress, check_range};
use std::collections::HashMap;

/// Blocks kept together in one allocation, each valid or not by itself, so that
/// a write never has to read the base first.
const GROUP: u64 = 4;

struct Group {
    valid: u8,
    data: Box<[u8]>,
}

/// Copy-on-write over a base device that is never written.
pub struct OverlayDevice<D> {
    base: D,
    groups: HashMap<u64, Group>,
    /// Most bytes of changed blocks to hold; past it writes fail with `NoSpace`.
    limit: u64,
    /// Whether a write was refused since somebody asked.
    refused: bool,
    counters: Counters,
}

impl<D: BlockDevice> OverlayDevice<D> {
    /// An overlay over `base` that holds at most `limit` bytes of changes.
    pub fn new(base: D, limit: u64) -> Self {
        OverlayDevice { base, groups: HashMap::new(), limit, refused: false, counters: Counters::default() }
    }

    /// Bytes of memory that changed blocks take.
    pub fn changed_bytes(&self) -> u64 {
        self.groups.len() as u64 * GROUP * BLOCK_SIZE as u64
    }

    /// Whether the limit has refused a write since the last call.
    pub fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    /// The changed blocks, in order of their place: runs of neighbours of at most
    /// `most` blocks. Written over the base they make it what this device is.
    pub fn for_each_change(&self, most: usize, mut each: impl FnMut(BlockNo, &[u8])) {
        let mut blocks: Vec<u64> = self
            .groups
            .iter()
            .flat_map(|(&group, g)| {
                (0..GROUP).filter(|i| g.valid & 1 << i != 0).map(move |i| group * GROUP + i)
            })
            .collect();
        blocks.sort_unstable();
        let mut run = Vec::new();
        for (i, &block) in blocks.iter().enumerate() {
            run.extend_from_slice(self.changed(block).unwrap_or(&[]));
            let length = run.len() / BLOCK_SIZE;
            if length >= most || blocks.get(i + 1) != Some(&(block + 1)) {
                each(BlockNo(block + 1 - length as u64), &run);
                run.clear();
            }
        }
    }

    /// The base, for its counters.
    pub fn base(&self) -> &D {
        &self.base
    }

    fn changed(&self, block: u64) -> Option<&[u8]> {
        let group = self.groups.get(&(block / GROUP))?;
        let within = (block % GROUP) as usize;
        (group.valid & 1 << within != 0).then(|| &group.data[within * BLOCK_SIZE..(within + 1) * BLOCK_SIZE])
    }
}

impl<D: BlockDevice> BlockDevice for OverlayDevice<D> {
    fn block_count(&self) -> u64 {
        self.base.block_count()
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        check_range(self.block_count(), block, buf.len())?;
        let blocks = (buf.len() / BLOCK_SIZE) as u64;
        self.counters.blocks_read += blocks;
        if self.groups.is_empty() {
            return self.base.read(block, buf);
        }
        // Runs of unchanged blocks go to the base in one call each. All of them
        // are asked for even when one is pending, so that the fetches overlap.
        let mut progress = Progress::Done;
        let mut run_start = None;
        for i in 0..=blocks {
            let changed = if i < blocks { self.changed(block.0 + i) } else { Some(&[][..]) };
            match (changed, run_start) {
                (None, None) => run_start = Some(i),
                (None, Some(_)) => {}
                (Some(data), run) => {
                    if i < blocks {
                        let at = i as usize * BLOCK_SIZE;
                        buf[at..at + BLOCK_SIZE].copy_from_slice(data);
                    }
                    if let Some(start) = run {
                        let range = start as usize * BLOCK_SIZE..i as usize * BLOCK_SIZE;
                        let first = BlockNo(block.0 + start);
                        if self.base.read(first, &mut buf[range])? == Progress::Pending {
                            progress = Progress::Pending;
                        }
                        run_start = None;
                    }
                }
            }
        }
        Ok(progress)
    }

    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        check_range(self.block_count(), block, data.len())?;
        let last = block.0 + (data.len() / BLOCK_SIZE) as u64;
        let fresh = (block.0 / GROUP..last.div_ceil(GROUP))
            .filter(|group| !self.groups.contains_key(group))
            .count() as u64;
        if self.changed_bytes() + fresh * GROUP * BLOCK_SIZE as u64 > self.limit {
            self.refused = true;
            return Err(IoError::NoSpace);
        }
        for (i, chunk) in data.chunks_exact(BLOCK_SIZE).enumerate() {
            let block = block.0 + i as u64;
            let group = self.groups.entry(block / GROUP).or_insert_with(|| Group {
                valid: 0,
                data: vec![0; GROUP as usize * BLOCK_SIZE].into_boxed_slice(),
            });
            let within = (block % GROUP) as usize;
            group.valid |= 1 << within;
            group.data[within * BLOCK_SIZE..(within + 1) * BLOCK_SIZE].copy_from_slice(chunk);
        }
        self.counters.blocks_written += (data.len() / BLOCK_SIZE) as u64;
        Ok(Progress::Done)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        Ok(Progress::Done)
    }

    fn discard(&mut self, block: BlockNo, count: u64) {
        let end = block.0.saturating_add(count).min(self.block_count());
        for block in block.0..end {
            if let Some(group) = self.groups.get_mut(&(block / GROUP)) {
                group.valid &= !(1 << (block % GROUP));
                if group.valid == 0 {
                    self.groups.remove(&(block / GROUP));
                }
            }
        }
    }

    fn prefetch(&mut self, block: BlockNo, count: u64) {
        self.base.prefetch(block, count);
    }

    fn counters(&self) -> Counters {
        let base = self.base.counters();
        Counters { requests: base.requests, bytes_fetched: base.bytes_fetched, ..self.counters }
    }
}
