//! The block map: which block holds the n-th block of a file. Twelve direct
//! pointers, then one tree each of one, two and three levels.

use super::inode::Inode;
use super::layout::{DIRECT, RawInode};
use super::volume::{Volume, corrupt, load, store};
use crate::cache::Block;
use crate::error::{CorruptKind, FsResult, fail};
use tawaki_abi::Errno;

/// The way to a file's block: levels of indirection, the pointer in the inode,
/// and the index at each level.
struct Route {
    depth: usize,
    top: usize,
    index: [usize; 3],
    /// File blocks from this one to the end of the tree below the level where a
    /// pointer is missing: `span[level]` blocks hang below one pointer there.
    relative: u64,
}

impl Volume {
    fn pointers(&self) -> u64 {
        self.geo.block_size as u64 / 4
    }

    /// How many blocks of the map lie before file block `at` in a file whose blocks were all
    /// allocated in order.
    pub fn map_blocks_before(&self, at: u64) -> u64 {
        let p = self.pointers();
        let Some(mut left) = at.checked_sub(DIRECT as u64) else { return 0 };
        let (mut blocks, mut span) = (0, p);
        for depth in 1..=3 {
            let whole = left >= span;
            let mut below = p;
            // One block for every `p` below it, on each level of this tree.
            for _ in 0..depth {
                blocks += if whole { span / below } else { left / below + 1 };
                below = below.saturating_mul(p);
            }
            if !whole {
                break;
            }
            left -= span;
            span = span.saturating_mul(p);
        }
        blocks
    }

    fn route(&self, at: u64) -> FsResult<Route> {
        let p = self.pointers();
        let mut relative = at;
        if relative < DIRECT as u64 {
            return Ok(Route { depth: 0, top: at as usize, index: [0; 3], relative });
        }
        relative -= DIRECT as u64;
        let mut span = p;
        for depth in 1..=3 {
            if relative < span {
                let mut index = [0; 3];
                let mut rest = relative;
                for slot in index[..depth].iter_mut().rev() {
                    *slot = (rest % p) as usize;
                    rest /= p;
                }
                return Ok(Route { depth, top: DIRECT + depth - 1, index, relative });
            }
            relative -= span;
            span *= p;
        }
        fail(Errno::EFBIG)
    }

    /// Where file block `at` is, and for how many blocks from there on (at most
    /// `max`) the file continues contiguously, or has a hole.
    pub fn map_run(&mut self, inode: &Inode, at: u64, max: usize) -> FsResult<(Option<Block>, usize)> {
        let route = self.route(at)?;
        if route.depth == 0 {
            let pointers = &inode.raw.block[route.top..DIRECT];
            return self.run_of(inode.ino, pointers.iter().copied(), max);
        }
        let p = self.pointers();
        let mut pointer = inode.raw.block[route.top];
        for level in 0..route.depth {
            if pointer == 0 {
                let below = p.pow((route.depth - level) as u32);
                let run = below - route.relative % below;
                return Ok((None, run.min(max as u64) as usize));
            }
            let block = self.check_data_block(pointer, inode.ino)?;
            if level + 1 == route.depth {
                let first = self.cache.read(block)?;
                let take = max.min(p as usize - route.index[level]);
                let from = route.index[level] * 4;
                // The run is decided on a copy of the few pointers wanted, because
                // checking them borrows the volume.
                let mut wanted = [0u32; 256];
                let take = take.min(wanted.len());
                bytemuck::cast_slice_mut(&mut wanted[..take]).copy_from_slice(&first[from..from + take * 4]);
                return self.run_of(inode.ino, wanted[..take].iter().copied(), max);
            }
            pointer = load(self.cache.read(block)?, route.index[level] * 4);
        }
        corrupt(CorruptKind::BlockPointer, inode.ino)
    }

    fn run_of(
        &self,
        ino: u32,
        mut pointers: impl Iterator<Item = u32>,
        max: usize,
    ) -> FsResult<(Option<Block>, usize)> {
        let first = pointers.next().unwrap_or(0);
        let mut run = 1;
        if first == 0 {
            run += pointers.take_while(|&p| p == 0).count();
            return Ok((None, run.min(max)));
        }
        let block = self.check_data_block(first, ino)?;
        for pointer in pointers {
            if u64::from(pointer) != u64::from(first) + run as u64
                || run >= max
                || self.check_data_block(pointer, ino).is_err()
            {
                break;
            }
            run += 1;
        }
        Ok((Some(block), run))
    }

    /// Where file block `at` is, if anywhere.
    pub fn map(&mut self, inode: &Inode, at: u64) -> FsResult<Option<Block>> {
        Ok(self.map_run(inode, at, 1)?.0)
    }

    fn count_blocks(&self, raw: &mut RawInode, ino: u32, change: i64) -> FsResult<()> {
        let units = change * (self.geo.block_size as i64 / 512);
        match i64::from(raw.blocks).checked_add(units) {
            Some(blocks) if (0..=i64::from(u32::MAX)).contains(&blocks) => {
                raw.blocks = blocks as u32;
                Ok(())
            }
            _ => corrupt(CorruptKind::InodeBlocks, ino),
        }
    }

    /// Allocates a block for an inode and counts it.
    fn alloc_for(&mut self, inode: &mut Inode, goal: Block, privileged: bool) -> FsResult<Block> {
        let block = self.alloc_block(goal, privileged)?;
        self.count_blocks(&mut inode.raw, inode.ino, 1)?;
        Ok(block)
    }

    /// Where file block `at` is, allocating it and the pointers to it near `goal`
    /// when missing. True when it is fresh: its contents are unspecified. The
    /// changed inode is not stored yet.
    pub fn map_or_alloc(
        &mut self,
        inode: &mut Inode,
        at: u64,
        goal: Block,
        privileged: bool,
    ) -> FsResult<(Block, bool)> {
        let route = self.route(at)?;
        let top = inode.raw.block[route.top];
        let mut goal = goal;
        let mut fresh = top == 0;
        let mut here = if fresh {
            let block = self.alloc_for(inode, goal, privileged)?;
            inode.raw.block[route.top] = block.0;
            goal = Block(block.0 + 1);
            block
        } else {
            self.check_data_block(top, inode.ino)?
        };
        for level in 0..route.depth {
            if fresh {
                self.cache.zeroed(here);
            }
            let slot = route.index[level] * 4;
            let pointer: u32 = load(self.cache.read(here)?, slot);
            fresh = pointer == 0;
            here = if fresh {
                let block = self.alloc_for(inode, goal, privileged)?;
                store(self.cache.modify(here)?, slot, &block.0);
                goal = Block(block.0 + 1);
                block
            } else {
                self.check_data_block(pointer, inode.ino)?
            };
        }
        Ok((here, fresh))
    }

    /// Frees all blocks of a file from file block `from` on. The changed inode is
    /// not stored yet.
    pub fn free_from(&mut self, inode: &mut Inode, from: u64) -> FsResult<()> {
        let p = self.pointers();
        let mut freed = 0;
        for slot in 0..DIRECT {
            if slot as u64 >= from && inode.raw.block[slot] != 0 {
                self.free_block(inode.raw.block[slot], inode.ino)?;
                inode.raw.block[slot] = 0;
                freed += 1;
            }
        }
        let mut base = DIRECT as u64;
        let mut span = p;
        for depth in 1..=3 {
            let top = DIRECT + depth - 1;
            if inode.raw.block[top] != 0 && from < base + span {
                let keep = from.saturating_sub(base);
                freed += self.free_tree(inode.raw.block[top], depth, keep, inode.ino)?;
                if keep == 0 {
                    inode.raw.block[top] = 0;
                }
            }
            base += span;
            span *= p;
        }
        self.count_blocks(&mut inode.raw, inode.ino, -freed)
    }

    /// Frees what hangs below a pointer block from its `keep`-th file block on,
    /// and the block itself when nothing is kept. Returns blocks freed.
    fn free_tree(&mut self, pointer: u32, depth: usize, keep: u64, ino: u32) -> FsResult<i64> {
        let block = self.check_data_block(pointer, ino)?;
        let span = self.pointers().pow(depth as u32 - 1);
        let mut table = vec![0u32; self.pointers() as usize];
        bytemuck::cast_slice_mut(&mut table).copy_from_slice(self.cache.read(block)?);
        let mut freed = 0;
        let first = (keep / span) as usize;
        for (i, slot) in table.iter_mut().enumerate().skip(first) {
            if *slot == 0 {
                continue;
            }
            let keep_below = if i == first { keep % span } else { 0 };
            if depth == 1 {
                self.free_block(*slot, ino)?;
                freed += 1;
            } else {
                freed += self.free_tree(*slot, depth - 1, keep_below, ino)?;
            }
            if keep_below == 0 {
                *slot = 0;
            }
        }
        if keep == 0 {
            self.free_block(pointer, ino)?;
            freed += 1;
        } else {
            self.cache.modify(block)?.copy_from_slice(bytemuck::cast_slice(&table));
        }
        Ok(freed)
    }

    /// Where a file's first block should go: its inode's group.
    pub fn goal(&self, ino: u32) -> Block {
        let group = (ino - 1) / self.geo.inodes_per_group;
        Block(self.geo.group_start(group) + 1)
    }
}
