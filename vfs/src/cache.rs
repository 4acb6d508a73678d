//! The block cache and its transactions.
//!
//! A changing operation runs between [`BlockCache::begin`] and `commit` or
//! `abort`: the first change of a block in a transaction keeps its old contents,
//! `abort` puts them back. So an operation that meets a pending block, a full
//! device or damage leaves nothing behind. Committed blocks stay dirty here and go
//! to the device in batches, ascending, ended by one device flush: a batch holds
//! whole transactions only, which is what a journaling device needs.
//!
//! Invariants: dirty blocks and blocks of the running transaction are never
//! evicted; the cache exceeds its capacity only by those, and a transaction does
//! not start while more than `DIRTY_SHARE` of it is dirty.

use crate::error::{FsError, FsResult};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use tawaki_blockdev::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, Progress};

/// Fewest blocks a cache holds, so that any single operation fits.
const MIN_BLOCKS: usize = 512;
/// Dirty blocks are written back when they are more than 1/4 of the capacity.
const DIRTY_SHARE: usize = 4;
/// Most blocks moved by one device call.
const RUN: usize = 32;
/// Buffers kept for the next transaction's old contents.
const SPARE: usize = 64;

/// Number of a file-system block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Block(pub u32);

/// Block numbers are well spread by one multiplication.
#[derive(Default)]
pub(crate) struct BlockHasher(u64);

impl Hasher for BlockHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        let h = (self.0 ^ u64::from(value)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = h ^ (h >> 32);
    }
}

struct Slot {
    block: Block,
    data: Box<[u8]>,
    dirty: bool,
    /// Used since the clock hand last passed.
    used: bool,
    /// Changed (and kept in `undo`) by the running transaction.
    changed: bool,
    valid: bool,
}

enum Old {
    /// The block was not cached: drop it.
    Absent,
    /// It was cached with these contents; `None` when only the dirty mark went.
    Cached { data: Option<Box<[u8]>>, dirty: bool },
}

struct Undo {
    slot: u32,
    old: Old,
}

pub(crate) struct BlockCache {
    device: Box<dyn BlockDevice>,
    block_size: usize,
    slots: Vec<Slot>,
    map: HashMap<Block, u32, BuildHasherDefault<BlockHasher>>,
    free: Vec<u32>,
    hand: usize,
    capacity: usize,
    cache_bytes: usize,
    dirty: usize,
    running: bool,
    undo: Vec<Undo>,
    /// Blocks freed since the last flush, the running transaction's last ones
    /// from `freed_before` on. The device hears of them after the flush that makes
    /// their freeing permanent.
    freed: Vec<Block>,
    freed_before: usize,
    spare: Vec<Box<[u8]>>,
    bounce: Vec<u8>,
}

impl BlockCache {
    /// A cache of about `cache_bytes` over `device`; blocks are 1 KiB until
    /// [`set_block_size`](Self::set_block_size).
    pub fn new(device: Box<dyn BlockDevice>, cache_bytes: usize) -> Self {
        BlockCache {
            device,
            block_size: BLOCK_SIZE,
            slots: Vec::new(),
            map: HashMap::default(),
            free: Vec::new(),
            hand: 0,
            capacity: (cache_bytes / BLOCK_SIZE).max(MIN_BLOCKS),
            cache_bytes,
            dirty: 0,
            running: false,
            undo: Vec::new(),
            freed: Vec::new(),
            freed_before: 0,
            spare: Vec::new(),
            bounce: Vec::new(),
        }
    }

    /// Changes the block size (a multiple of 1 KiB) and empties the cache.
    pub fn set_block_size(&mut self, block_size: usize) {
        self.block_size = block_size;
        self.capacity = (self.cache_bytes / block_size).max(MIN_BLOCKS);
        self.slots.clear();
        self.map.clear();
        self.free.clear();
        self.spare.clear();
        self.hand = 0;
    }

    pub fn block_size(&self) -> usize {
        self.block_size
    }

    /// Whole blocks on the device.
    pub fn block_count(&self) -> u64 {
        self.device.block_count() / self.per_block()
    }

    pub fn writable(&self) -> bool {
        self.device.writable()
    }

    pub fn counters(&self) -> Counters {
        self.device.counters()
    }

    /// Device blocks in one block.
    fn per_block(&self) -> u64 {
        (self.block_size / BLOCK_SIZE) as u64
    }

    fn device_block(&self, block: Block) -> BlockNo {
        BlockNo(u64::from(block.0) * self.per_block())
    }

    /// Contents of a block.
    pub fn read(&mut self, block: Block) -> FsResult<&[u8]> {
        let slot = match self.map.get(&block) {
            Some(&slot) => slot,
            None => self.load(block)?,
        };
        let slot = &mut self.slots[slot as usize];
        slot.used = true;
        Ok(&slot.data)
    }

    /// The contents of a block if they are here.
    pub fn cached(&mut self, block: Block) -> Option<&[u8]> {
        let slot = &mut self.slots[*self.map.get(&block)? as usize];
        slot.used = true;
        Some(&slot.data)
    }

    fn load(&mut self, block: Block) -> FsResult<u32> {
        let index = self.take_slot();
        let at = self.device_block(block);
        let slot = &mut self.slots[index as usize];
        match self.device.read(at, &mut slot.data) {
            Ok(Progress::Done) => {}
            Ok(Progress::Pending) => {
                self.free.push(index);
                return Err(FsError::Pending);
            }
            Err(error) => {
                self.free.push(index);
                return Err(error.into());
            }
        }
        self.install(index, block);
        Ok(index)
    }

    fn install(&mut self, index: u32, block: Block) {
        let slot = &mut self.slots[index as usize];
        slot.block = block;
        slot.valid = true;
        slot.used = true;
        self.map.insert(block, index);
    }

    /// Brings `count` consecutive blocks in with few device calls. Everything
    /// missing is asked for before `Pending` is returned.
    pub fn load_run(&mut self, first: Block, count: usize) -> FsResult<()> {
        let mut pending = false;
        let mut i = 0;
        while i < count {
            let at = Block(first.0.saturating_add(i as u32));
            if self.map.contains_key(&at) {
                i += 1;
                continue;
            }
            let missing = (i..count.min(i + RUN))
                .take_while(|&j| !self.map.contains_key(&Block(first.0.saturating_add(j as u32))))
                .count();
            let mut bounce = core::mem::take(&mut self.bounce);
            bounce.resize(missing * self.block_size, 0);
            let result = self.device.read(self.device_block(at), &mut bounce);
            match result {
                Ok(Progress::Done) => {
                    for j in 0..missing {
                        let index = self.take_slot();
                        let range = j * self.block_size..(j + 1) * self.block_size;
                        self.slots[index as usize].data.copy_from_slice(&bounce[range]);
                        self.install(index, Block(at.0 + j as u32));
                    }
                }
                Ok(Progress::Pending) => pending = true,
                Err(error) => return Err(error.into()),
            }
            self.bounce = bounce;
            i += missing;
        }
        if pending { Err(FsError::Pending) } else { Ok(()) }
    }

    /// Reads consecutive whole blocks into `out`, without keeping those that are not cached. Everything
    /// missing is asked for before `Pending` is returned.
    pub fn read_run(&mut self, first: Block, out: &mut [u8]) -> FsResult<()> {
        let block_size = self.block_size;
        let count = out.len() / block_size;
        let (mut pending, mut i) = (false, 0);
        while i < count {
            let at = |i: usize| Block(first.0.saturating_add(i as u32));
            if let Some(data) = self.cached(at(i)) {
                out[i * block_size..(i + 1) * block_size].copy_from_slice(data);
                i += 1;
                continue;
            }
            let missing = (i..count).take_while(|&j| !self.map.contains_key(&at(j))).count();
            let place = &mut out[i * block_size..(i + missing) * block_size];
            if self.device.read(self.device_block(at(i)), place)? == Progress::Pending {
                pending = true;
            }
            i += missing;
        }
        if pending { Err(FsError::Pending) } else { Ok(()) }
    }

    /// Hints that blocks will be needed.
    pub fn prefetch(&mut self, first: Block, count: usize) {
        let per = self.per_block();
        self.device.prefetch(self.device_block(first), count as u64 * per);
    }

    /// A slot to fill: a free one, a new one, or the clock's next clean one.
    fn take_slot(&mut self) -> u32 {
        if let Some(index) = self.free.pop() {
            return index;
        }
        if self.slots.len() >= self.capacity {
            // Two rounds: the first may only clear the `used` marks.
            for _ in 0..2 * self.slots.len() {
                let index = self.hand;
                self.hand = (self.hand + 1) % self.slots.len();
                let slot = &mut self.slots[index];
                if !slot.valid || slot.dirty || slot.changed {
                    continue;
                }
                if core::mem::take(&mut slot.used) {
                    continue;
                }
                slot.valid = false;
                self.map.remove(&slot.block);
                return index as u32;
            }
        }
        self.slots.push(Slot {
            block: Block(0),
            data: vec![0; self.block_size].into_boxed_slice(),
            dirty: false,
            used: false,
            changed: false,
            valid: false,
        });
        (self.slots.len() - 1) as u32
    }

    /// Starts a transaction. Writes back first when too much is dirty; a device
    /// that cannot take it fails the operation here, unless that `frees` more than
    /// it dirties: removing files is how a full device becomes usable again.
    pub fn begin(&mut self, frees: bool) -> FsResult<()> {
        debug_assert!(!self.running, "transactions do not nest");
        if self.dirty > self.capacity / DIRTY_SHARE || self.freed.len() > self.capacity {
            match self.flush() {
                Err(FsError::Io(_)) if frees => {}
                result => result?,
            }
        }
        self.freed_before = self.freed.len();
        self.running = true;
        Ok(())
    }

    /// Keeps the changes.
    pub fn commit(&mut self) {
        self.running = false;
        while let Some(undo) = self.undo.pop() {
            self.slots[undo.slot as usize].changed = false;
            if let Old::Cached { data: Some(data), .. } = undo.old
                && self.spare.len() < SPARE
            {
                self.spare.push(data);
            }
        }
    }

    /// Takes the changes back.
    pub fn abort(&mut self) {
        self.running = false;
        self.freed.truncate(self.freed_before);
        while let Some(undo) = self.undo.pop() {
            let slot = &mut self.slots[undo.slot as usize];
            slot.changed = false;
            let dirty = match undo.old {
                Old::Absent => {
                    slot.valid = false;
                    self.map.remove(&slot.block);
                    self.free.push(undo.slot);
                    false
                }
                Old::Cached { data, dirty } => {
                    if let Some(data) = data {
                        slot.data = data;
                    }
                    dirty
                }
            };
            let slot = &mut self.slots[undo.slot as usize];
            self.dirty = self.dirty + usize::from(dirty) - usize::from(slot.dirty);
            slot.dirty = dirty;
        }
    }

    /// Marks a cached slot as changed by the transaction, keeping its contents.
    fn keep_old(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.used = true;
        if !slot.changed {
            slot.changed = true;
            let mut copy = self.spare.pop().unwrap_or_else(|| slot.data.clone());
            copy.copy_from_slice(&slot.data);
            self.undo.push(Undo { slot: index, old: Old::Cached { data: Some(copy), dirty: slot.dirty } });
        } else {
            self.complete_undo(index);
        }
        let slot = &mut self.slots[index as usize];
        self.dirty += usize::from(!slot.dirty);
        slot.dirty = true;
    }

    /// A block that was only forgotten so far is now overwritten: its old contents
    /// are needed after all. Rare, so the record is searched for.
    fn complete_undo(&mut self, index: u32) {
        let slot = &self.slots[index as usize];
        if slot.dirty {
            return;
        }
        let undo = self.undo.iter_mut().find(|undo| undo.slot == index);
        if let Some(Undo { old: Old::Cached { data, .. }, .. }) = undo
            && data.is_none()
        {
            *data = Some(slot.data.clone());
        }
    }

    /// Contents of a block, to be changed in the running transaction.
    pub fn modify(&mut self, block: Block) -> FsResult<&mut [u8]> {
        debug_assert!(self.running, "changes need a transaction");
        let index = match self.map.get(&block) {
            Some(&index) => index,
            None => self.load(block)?,
        };
        self.keep_old(index);
        Ok(&mut self.slots[index as usize].data)
    }

    /// A block that will be overwritten whole: contents are unspecified, nothing
    /// is read.
    pub fn overwrite(&mut self, block: Block) -> &mut [u8] {
        debug_assert!(self.running, "changes need a transaction");
        let index = match self.map.get(&block) {
            Some(&index) => {
                self.keep_old(index);
                index
            }
            None => {
                let index = self.take_slot();
                self.install(index, block);
                let slot = &mut self.slots[index as usize];
                slot.changed = true;
                slot.dirty = true;
                self.dirty += 1;
                self.undo.push(Undo { slot: index, old: Old::Absent });
                index
            }
        };
        &mut self.slots[index as usize].data
    }

    /// A block of zeros, for a block just allocated.
    pub fn zeroed(&mut self, block: Block) -> &mut [u8] {
        let data = self.overwrite(block);
        data.fill(0);
        data
    }

    /// The block is free now: its contents need not reach the device.
    pub fn forget(&mut self, block: Block) {
        self.freed.push(block);
        let Some(&index) = self.map.get(&block) else {
            return;
        };
        let slot = &mut self.slots[index as usize];
        if !slot.dirty {
            return;
        }
        if !slot.changed {
            slot.changed = true;
            self.undo.push(Undo { slot: index, old: Old::Cached { data: None, dirty: true } });
        }
        slot.dirty = false;
        self.dirty -= 1;
    }

    /// Writes everything dirty to the device as one batch.
    pub fn flush(&mut self) -> FsResult<()> {
        if self.dirty > 0 {
            let mut dirty: Vec<(Block, u32)> = self
                .slots
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.valid && slot.dirty)
                .map(|(index, slot)| (slot.block, index as u32))
                .collect();
            dirty.sort_unstable();
            let mut rest = &dirty[..];
            while let Some(&(first, _)) = rest.first() {
                let run = rest
                    .iter()
                    .take(RUN)
                    .enumerate()
                    .take_while(|(i, (block, _))| block.0 - first.0 == *i as u32)
                    .count();
                self.bounce.clear();
                for &(_, index) in &rest[..run] {
                    self.bounce.extend_from_slice(&self.slots[index as usize].data);
                }
                let at = self.device_block(first);
                if self.device.write(at, &self.bounce)? == Progress::Pending {
                    return Err(FsError::Pending);
                }
                rest = &rest[run..];
            }
            // Only a whole batch counts: after a failure all of it is written again.
            for &(_, index) in &dirty {
                self.slots[index as usize].dirty = false;
            }
            self.dirty = 0;
            // Freed blocks that are in use again were among the dirty ones.
            let per_block = self.per_block();
            for block in core::mem::take(&mut self.freed) {
                if dirty.binary_search_by_key(&block, |&(block, _)| block).is_err() {
                    self.device.discard(self.device_block(block), per_block);
                }
            }
        }
        match self.device.flush()? {
            Progress::Done => Ok(()),
            Progress::Pending => Err(FsError::Pending),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_blockdev::{Faults, FaultyDevice, MemoryDevice};

    fn cache() -> BlockCache {
        BlockCache::new(Box::new(MemoryDevice::new(4096)), 0)
    }

    #[test]
    fn abort_restores_and_commit_keeps() {
        let mut cache = cache();
        cache.begin(false).unwrap();
        cache.zeroed(Block(5))[0] = 1;
        cache.commit();
        cache.begin(false).unwrap();
        cache.modify(Block(5)).unwrap()[0] = 2;
        cache.overwrite(Block(6))[0] = 3;
        cache.abort();
        assert_eq!(cache.read(Block(5)).unwrap()[0], 1);
        assert_eq!(cache.read(Block(6)).unwrap()[0], 0);
        assert_eq!(cache.dirty, 1);
    }

    #[test]
    fn a_run_past_the_cache_sees_what_is_only_there() {
        let mut cache = cache();
        cache.begin(false).unwrap();
        cache.zeroed(Block(5))[0] = 7;
        cache.commit();
        let mut run = vec![1; 4 * BLOCK_SIZE];
        cache.read_run(Block(3), &mut run).unwrap();
        assert_eq!([0, 1, 2, 3].map(|i| run[i * BLOCK_SIZE]), [0, 0, 7, 0]);
        assert!(cache.cached(Block(5)).is_some() && cache.cached(Block(4)).is_none());
    }

    #[test]
    fn forgotten_blocks_come_back_on_abort() {
        let mut cache = cache();
        cache.begin(false).unwrap();
        cache.zeroed(Block(5))[0] = 1;
        cache.commit();
        cache.begin(false).unwrap();
        cache.forget(Block(5));
        cache.zeroed(Block(5))[0] = 9;
        cache.abort();
        assert_eq!((cache.read(Block(5)).unwrap()[0], cache.dirty), (1, 1));
        cache.begin(false).unwrap();
        cache.forget(Block(5));
        cache.commit();
        assert_eq!(cache.dirty, 0);
    }

    #[test]
    fn bounded_under_load_and_written_back() {
        let mut cache = cache();
        for i in 0..4000u32 {
            cache.begin(false).unwrap();
            cache.zeroed(Block(i))[0] = i as u8;
            cache.commit();
        }
        assert!(cache.slots.len() <= MIN_BLOCKS + 1);
        for i in 0..4000u32 {
            assert_eq!(cache.read(Block(i)).unwrap()[0], i as u8);
        }
    }

    #[test]
    fn pending_run_asks_for_everything_at_once() {
        let faults = Faults { pending_first: true, ..Faults::default() };
        let device = FaultyDevice::new(MemoryDevice::new(4096), faults);
        let mut cache = BlockCache::new(Box::new(device), 0);
        assert_eq!(cache.load_run(Block(0), 100), Err(FsError::Pending));
        assert_eq!(cache.load_run(Block(0), 100), Ok(()));
    }
}
