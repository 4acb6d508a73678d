//! Allocation of blocks and inodes: bitmaps and the counts that go with them.

use super::layout::*;
use super::volume::{Volume, corrupt, load, store};
use crate::cache::Block;
use crate::error::{CorruptKind, FsResult, fail};
use core::mem::offset_of;
use tawaki_abi::Errno;

/// First clear bit at `from` or after it, before `end`.
fn find_clear(bitmap: &[u8], from: u32, end: u32) -> Option<u32> {
    let mut bit = from;
    while bit < end {
        let word_at = (bit / 64) as usize * 8;
        let word: u64 = load(bitmap, word_at);
        let clear = !word & (u64::MAX << (bit % 64));
        if clear != 0 {
            let found = (bit & !63) + clear.trailing_zeros();
            return (found < end).then_some(found);
        }
        bit = (bit & !63) + 64;
    }
    None
}

/// First byte of eight clear bits at `from` or after it: room for a file to grow.
fn find_clear_byte(bitmap: &[u8], from: u32, end: u32) -> Option<u32> {
    let bytes = &bitmap[..(end / 8) as usize];
    let start = (from as usize).div_ceil(8).min(bytes.len());
    let at = bytes[start..].iter().position(|&byte| byte == 0)?;
    Some((start + at) as u32 * 8)
}

const FREE_BLOCKS: usize = offset_of!(GroupDescriptor, free_blocks);
const FREE_INODES: usize = offset_of!(GroupDescriptor, free_inodes);
const USED_DIRS: usize = offset_of!(GroupDescriptor, used_dirs);

impl Volume {
    /// Allocates a block near `goal`. `ENOSPC` when there is none, or only the
    /// superuser's are left and `privileged` is not set. Contents are whatever
    /// they were.
    pub fn alloc_block(&mut self, goal: Block, privileged: bool) -> FsResult<Block> {
        let (free, reserved) = self.free_blocks()?;
        if free == 0 || (!privileged && free <= reserved) {
            return fail(Errno::ENOSPC);
        }
        let valid = goal.0 > self.geo.first_data_block && goal.0 < self.geo.blocks_count;
        let (first, within) = if valid { self.geo.group_of(goal) } else { (0, 0) };
        let groups = self.geo.groups();
        for i in 0..groups {
            let group = (first + i) % groups;
            let from = if i == 0 { within } else { 0 };
            if let Some(bit) = self.alloc_in_group(group, from)? {
                let block = self.geo.group_start(group) + bit;
                // A bitmap that calls metadata free is damaged.
                if self.check_data_block(block, 0).is_err() {
                    return corrupt(CorruptKind::BlockBitmap, block);
                }
                return Ok(Block(block));
            }
        }
        fail(Errno::ENOSPC)
    }

    fn alloc_in_group(&mut self, group: u32, from: u32) -> FsResult<Option<u32>> {
        if self.group(group)?.free_blocks == 0 {
            return Ok(None);
        }
        let end = self.geo.group_blocks(group);
        let bitmap_block = self.groups[group as usize].block_bitmap;
        let bitmap = self.cache.read(bitmap_block)?;
        let here = (from < end && bitmap[from as usize / 8] & 1 << (from % 8) == 0).then_some(from);
        let found = here
            .or_else(|| find_clear_byte(bitmap, from, end))
            .or_else(|| find_clear(bitmap, from, end))
            .or_else(|| find_clear_byte(bitmap, 0, end))
            .or_else(|| find_clear(bitmap, 0, end));
        let Some(bit) = found else {
            // The count promises what the bitmap has not; go on elsewhere.
            return Ok(None);
        };
        self.cache.modify(bitmap_block)?[bit as usize / 8] |= 1 << (bit % 8);
        self.count_group(group, FREE_BLOCKS, -1)?;
        self.count_super(offset_of!(Superblock, free_blocks), -1)?;
        Ok(Some(bit))
    }

    /// Frees a block of inode `ino`.
    pub fn free_block(&mut self, block: u32, ino: u32) -> FsResult<()> {
        let block = self.check_data_block(block, ino)?;
        let (group, bit) = self.geo.group_of(block);
        let bitmap_block = self.groups[group as usize].block_bitmap;
        let byte = &mut self.cache.modify(bitmap_block)?[bit as usize / 8];
        if *byte & 1 << (bit % 8) == 0 {
            return corrupt(CorruptKind::BlockBitmap, block.0);
        }
        *byte &= !(1 << (bit % 8));
        self.count_group(group, FREE_BLOCKS, 1)?;
        self.count_super(offset_of!(Superblock, free_blocks), 1)?;
        self.cache.forget(block);
        Ok(())
    }

    /// Allocates an inode number near directory `parent`; its contents are stale.
    pub fn alloc_inode(&mut self, parent: u32, directory: bool) -> FsResult<u32> {
        let sb = self.superblock()?;
        if sb.free_inodes == 0 {
            return fail(Errno::ENOSPC);
        }
        let groups = self.geo.groups();
        let home = (parent - 1) / self.geo.inodes_per_group % groups;
        // Directories in the root spread out, so that what belongs together has
        // room to stay together; everything else stays near its directory.
        let first = if directory && parent == ROOT_INO { self.roomiest_group(home)? } else { home };
        let mut fallback = None;
        for i in 0..groups {
            let group = (first + i) % groups;
            let desc = self.group(group)?;
            if desc.free_inodes == 0 {
                continue;
            }
            if desc.free_blocks > 0 {
                if let Some(ino) = self.alloc_inode_in(group, directory)? {
                    return Ok(ino);
                }
            } else if fallback.is_none() {
                fallback = Some(group);
            }
        }
        if let Some(group) = fallback
            && let Some(ino) = self.alloc_inode_in(group, directory)?
        {
            return Ok(ino);
        }
        fail(Errno::ENOSPC)
    }

    fn roomiest_group(&mut self, home: u32) -> FsResult<u32> {
        let mut best = (0, home);
        for group in 0..self.geo.groups() {
            let desc = self.group(group)?;
            if desc.free_inodes > 0 && desc.free_blocks > best.0 {
                best = (desc.free_blocks, group);
            }
        }
        Ok(best.1)
    }

    fn alloc_inode_in(&mut self, group: u32, directory: bool) -> FsResult<Option<u32>> {
        let per_group = self.geo.inodes_per_group;
        let first = group * per_group;
        // Bit i is inode first + i + 1; the reserved ones are never handed out.
        let from = (self.geo.first_ino - 1).saturating_sub(first);
        let bitmap_block = self.groups[group as usize].inode_bitmap;
        let bitmap = self.cache.read(bitmap_block)?;
        let Some(bit) = find_clear(bitmap, from, per_group) else {
            return Ok(None);
        };
        self.cache.modify(bitmap_block)?[bit as usize / 8] |= 1 << (bit % 8);
        self.count_group(group, FREE_INODES, -1)?;
        if directory {
            self.count_group(group, USED_DIRS, 1)?;
        }
        self.count_super(offset_of!(Superblock, free_inodes), -1)?;
        Ok(Some(first + bit + 1))
    }

    /// Frees an inode number.
    pub fn free_inode(&mut self, ino: u32, directory: bool) -> FsResult<()> {
        if ino < self.geo.first_ino || ino > self.geo.inodes_count {
            return corrupt(CorruptKind::InodeNumber, ino);
        }
        let group = (ino - 1) / self.geo.inodes_per_group;
        let bit = (ino - 1) % self.geo.inodes_per_group;
        let bitmap_block = self.groups[group as usize].inode_bitmap;
        let byte = &mut self.cache.modify(bitmap_block)?[bit as usize / 8];
        if *byte & 1 << (bit % 8) == 0 {
            return corrupt(CorruptKind::InodeBitmap, ino);
        }
        *byte &= !(1 << (bit % 8));
        self.count_group(group, FREE_INODES, 1)?;
        if directory {
            self.count_group(group, USED_DIRS, -1)?;
        }
        self.count_super(offset_of!(Superblock, free_inodes), 1)
    }

    /// Drops one use of a block of extended attributes; several inodes may share
    /// it.
    pub fn drop_xattr_block(&mut self, block: u32, ino: u32) -> FsResult<()> {
        let at = self.check_data_block(block, ino)?;
        let data = self.cache.read(at)?;
        let (magic, uses): (u32, u32) = (load(data, 0), load(data, 4));
        if magic != XATTR_MAGIC || uses == 0 {
            return corrupt(CorruptKind::BlockPointer, ino);
        }
        if uses == 1 {
            return self.free_block(block, ino);
        }
        store(self.cache.modify(at)?, 4, &(uses - 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_bitmaps() {
        let mut bitmap = vec![0xff; 1024];
        assert_eq!(find_clear(&bitmap, 0, 8192), None);
        bitmap[100] = 0b1101_1111;
        bitmap[200] = 0;
        assert_eq!(find_clear(&bitmap, 0, 8192), Some(805));
        assert_eq!(find_clear(&bitmap, 806, 8192), Some(1600));
        assert_eq!(find_clear(&bitmap, 0, 805), None);
        assert_eq!(find_clear_byte(&bitmap, 0, 8192), Some(1600));
        assert_eq!(find_clear_byte(&bitmap, 1601, 8192), None);
        assert_eq!(find_clear_byte(&bitmap, 0, 1604), None);
    }
}
