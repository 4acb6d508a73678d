//! A mounted volume: superblock, geometry, group descriptors, and the cache that
//! everything else reads and changes blocks through.
//!
//! What never changes (sizes, places of bitmaps and inode tables) is checked at
//! mount and kept in memory; a damaged file that overwrites metadata can then
//! spoil counts and bitmaps, but not send us outside the device. What changes
//! (free counts, orphans) lives in cached blocks, so that transactions cover it.

use super::layout::*;
use super::read_ahead::ReadAhead;
use crate::cache::{Block, BlockCache};
use crate::error::{Corrupt, CorruptKind, FsError, FsResult};
use bytemuck::{AnyBitPattern, NoUninit};
use core::mem::offset_of;

/// Reads a value at a byte offset; the caller has checked the bounds.
pub fn load<T: AnyBitPattern>(data: &[u8], at: usize) -> T {
    bytemuck::pod_read_unaligned(&data[at..at + size_of::<T>()])
}

/// Stores a value at a byte offset.
pub fn store<T: NoUninit>(data: &mut [u8], at: usize, value: &T) {
    data[at..at + size_of::<T>()].copy_from_slice(bytemuck::bytes_of(value));
}

/// Shorthand for a corruption error.
pub fn corrupt<T>(kind: CorruptKind, place: impl Into<u64>) -> FsResult<T> {
    Err(FsError::Corrupt(Corrupt { kind, place: place.into() }))
}

/// Where a group keeps its metadata; checked at mount.
#[derive(Clone, Copy, Debug)]
pub struct GroupPlace {
    pub block_bitmap: Block,
    pub inode_bitmap: Block,
    pub inode_table: Block,
    /// Blocks at the group's start taken by superblock and descriptor copies.
    pub copies: u32,
}

/// Sizes fixed at mke2fs time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Geometry {
    pub block_size: usize,
    pub blocks_count: u32,
    pub inodes_count: u32,
    pub first_data_block: u32,
    pub blocks_per_group: u32,
    pub inodes_per_group: u32,
    pub inode_size: usize,
    pub first_ino: u32,
    pub table_blocks: u32,
    pub gdt: u32,
    pub filetype: bool,
    pub dynamic: bool,
    pub reserved_uid: u32,
    /// Blocks that metadata takes (statfs does not count them).
    pub overhead: u32,
    /// Largest file size that the block map reaches.
    pub max_size: u64,
    /// Free counts in the superblock are in this block at this offset.
    pub super_block: u32,
    pub super_offset: usize,
}

impl Geometry {
    fn from_superblock(sb: &Superblock, read_only: bool) -> FsResult<Geometry> {
        if sb.magic != MAGIC {
            return corrupt(CorruptKind::Magic, 0u32);
        }
        let bad = || corrupt(CorruptKind::Superblock, 0u32);
        let dynamic = sb.revision >= 1;
        if dynamic && sb.feature_incompat & !SUPPORTED_INCOMPAT != 0 {
            let bits = sb.feature_incompat & !SUPPORTED_INCOMPAT;
            return corrupt(CorruptKind::UnsupportedIncompat, bits);
        }
        if dynamic && !read_only && sb.feature_ro_compat & !SUPPORTED_RO_COMPAT != 0 {
            let bits = sb.feature_ro_compat & !SUPPORTED_RO_COMPAT;
            return corrupt(CorruptKind::UnsupportedRoCompat, bits);
        }
        if sb.log_block_size > 2 {
            return bad();
        }
        let block_size = 1024usize << sb.log_block_size;
        let inode_size = if dynamic { usize::from(sb.inode_size) } else { RAW_INODE_SIZE };
        let bits = block_size as u32 * 8;
        let sane = inode_size.is_power_of_two()
            && (RAW_INODE_SIZE..=block_size).contains(&inode_size)
            && (1..=bits).contains(&sb.blocks_per_group)
            && sb.blocks_per_group.is_multiple_of(8)
            && (1..=bits).contains(&sb.inodes_per_group)
            && sb.inodes_per_group.is_multiple_of(8)
            && sb.first_data_block == u32::from(block_size == 1024)
            && sb.blocks_count > sb.first_data_block
            && sb.reserved_blocks <= sb.blocks_count;
        if !sane {
            return bad();
        }
        let first_ino = if dynamic { sb.first_ino } else { FIRST_INO_REV0 };
        let groups = (sb.blocks_count - sb.first_data_block).div_ceil(sb.blocks_per_group);
        let inodes = u64::from(groups) * u64::from(sb.inodes_per_group);
        if inodes != u64::from(sb.inodes_count) || first_ino < 3 || first_ino > sb.inodes_count {
            return bad();
        }
        let table_bytes = sb.inodes_per_group as usize * inode_size;
        let pointers = block_size as u64 / 4;
        let mapped = DIRECT as u64 + pointers + pointers * pointers + pointers * pointers * pointers;
        // i_blocks counts 512-byte units in 32 bits, indirect blocks included.
        let counted = (u64::from(u32::MAX) * 512) / (block_size as u64) * 1000 / 1005;
        Ok(Geometry {
            block_size,
            blocks_count: sb.blocks_count,
            inodes_count: sb.inodes_count,
            first_data_block: sb.first_data_block,
            blocks_per_group: sb.blocks_per_group,
            inodes_per_group: sb.inodes_per_group,
            inode_size,
            first_ino,
            table_blocks: table_bytes.div_ceil(block_size) as u32,
            gdt: sb.first_data_block + 1,
            filetype: dynamic && sb.feature_incompat & INCOMPAT_FILETYPE != 0,
            dynamic,
            reserved_uid: u32::from(sb.reserved_uid),
            overhead: 0,
            max_size: mapped.min(counted) * block_size as u64,
            super_block: (SUPERBLOCK_OFFSET / block_size) as u32,
            super_offset: SUPERBLOCK_OFFSET % block_size,
        })
    }

    pub fn groups(&self) -> u32 {
        (self.blocks_count - self.first_data_block).div_ceil(self.blocks_per_group)
    }

    /// Blocks of the group; the last may be short.
    pub fn group_blocks(&self, group: u32) -> u32 {
        let start = group * self.blocks_per_group;
        (self.blocks_count - self.first_data_block - start).min(self.blocks_per_group)
    }

    pub fn group_start(&self, group: u32) -> u32 {
        self.first_data_block + group * self.blocks_per_group
    }

    pub fn group_of(&self, block: Block) -> (u32, u32) {
        let at = block.0.saturating_sub(self.first_data_block);
        (at / self.blocks_per_group, at % self.blocks_per_group)
    }
}

/// How much is asked for at once when a volume is opened: of inodes, and of what follows them, bytes.
const FIRST_BYTES: usize = 128 << 10;

/// A volume whose metadata has been checked.
pub struct Volume {
    pub cache: BlockCache,
    pub geo: Geometry,
    pub groups: Vec<GroupPlace>,
    pub ahead: ReadAhead,
}

fn is_power_of(mut n: u32, base: u32) -> bool {
    while n > 1 && n.is_multiple_of(base) {
        n /= base;
    }
    n == 1
}

/// Whether a group holds copies of superblock and descriptors.
fn has_copies(sparse: bool, group: u32) -> bool {
    !sparse || group <= 1 || [3, 5, 7].into_iter().any(|base| is_power_of(group, base))
}

impl Volume {
    pub fn new(cache: BlockCache) -> Volume {
        Volume { cache, geo: Geometry::default(), groups: Vec::new(), ahead: ReadAhead::default() }
    }

    /// Reads and checks superblock and group descriptors. May be `Pending`.
    pub fn open(&mut self, read_only: bool) -> FsResult<()> {
        if self.cache.block_size() != 1024 {
            self.cache.set_block_size(1024);
        }
        if self.cache.block_count() < 2 {
            return corrupt(CorruptKind::Magic, 0u32);
        }
        let sb: Superblock = load(self.cache.read(Block(1))?, 0);
        let mut geo = Geometry::from_superblock(&sb, read_only)?;
        self.cache.set_block_size(geo.block_size);
        if self.cache.block_count() < u64::from(geo.blocks_count) {
            return corrupt(CorruptKind::Truncated, geo.blocks_count);
        }
        let per_block = geo.block_size / size_of::<GroupDescriptor>();
        let count = geo.groups();
        let gdt_blocks = count.div_ceil(per_block as u32);
        if u64::from(geo.gdt) + u64::from(gdt_blocks) > u64::from(geo.blocks_count) {
            return corrupt(CorruptKind::Superblock, geo.super_block);
        }
        self.cache.load_run(Block(geo.gdt), gdt_blocks as usize)?;
        let sparse = geo.dynamic && sb.feature_ro_compat & RO_COMPAT_SPARSE_SUPER != 0;
        let reserved = if geo.dynamic { u32::from(sb.reserved_gdt_blocks) } else { 0 };
        let mut groups = Vec::with_capacity(count as usize);
        let mut overhead = geo.first_data_block;
        for group in 0..count {
            let block = Block(geo.gdt + group / per_block as u32);
            let at = group as usize % per_block * size_of::<GroupDescriptor>();
            let desc: GroupDescriptor = load(self.cache.read(block)?, at);
            let copies = if has_copies(sparse, group) {
                (1 + gdt_blocks + reserved).min(geo.group_blocks(group))
            } else {
                0
            };
            let first = geo.group_start(group) + copies;
            let end = geo.group_start(group) + geo.group_blocks(group);
            let inside = |block: u32, len: u32| {
                block >= first && block.checked_add(len).is_some_and(|last| last <= end)
            };
            let table = desc.inode_table..desc.inode_table.saturating_add(geo.table_blocks);
            let sane = inside(desc.block_bitmap, 1)
                && inside(desc.inode_bitmap, 1)
                && inside(desc.inode_table, geo.table_blocks)
                && desc.block_bitmap != desc.inode_bitmap
                && !table.contains(&desc.block_bitmap)
                && !table.contains(&desc.inode_bitmap);
            if !sane {
                return corrupt(CorruptKind::GroupDescriptor, group);
            }
            overhead += copies + 2 + geo.table_blocks;
            groups.push(GroupPlace {
                block_bitmap: Block(desc.block_bitmap),
                inode_bitmap: Block(desc.inode_bitmap),
                inode_table: Block(desc.inode_table),
                copies,
            });
        }
        geo.overhead = overhead;
        // The root directory's inode comes from here, and in most images the root and what
        // is read first lie right behind: a few round trips at the start become one.
        if let Some(GroupPlace { inode_table: Block(table), .. }) = groups.first() {
            let count = (FIRST_BYTES / geo.block_size) as u32;
            self.cache.prefetch(Block(*table), count.min(geo.table_blocks) as usize);
            let behind = table + geo.table_blocks;
            let left = geo.blocks_count.saturating_sub(behind);
            self.cache.prefetch(Block(behind), count.min(left) as usize);
        }
        self.geo = geo;
        self.groups = groups;
        Ok(())
    }

    /// Checks a block pointer found in inode `ino`: inside the device and not
    /// metadata.
    pub fn check_data_block(&self, block: u32, ino: u32) -> FsResult<Block> {
        if block <= self.geo.first_data_block || block >= self.geo.blocks_count {
            return corrupt(CorruptKind::BlockPointer, ino);
        }
        let (group, within) = self.geo.group_of(Block(block));
        let place = &self.groups[group as usize];
        let table = place.inode_table.0;
        let metadata = within < place.copies
            || block == place.block_bitmap.0
            || block == place.inode_bitmap.0
            || (table..table + self.geo.table_blocks).contains(&block);
        if metadata {
            return corrupt(CorruptKind::BlockPointer, ino);
        }
        Ok(Block(block))
    }

    pub fn superblock(&mut self) -> FsResult<Superblock> {
        let at = self.geo.super_offset;
        Ok(load(self.cache.read(Block(self.geo.super_block))?, at))
    }

    /// Changes one 32-bit field of the superblock.
    pub fn edit_super(&mut self, field: usize, change: impl FnOnce(u32) -> Option<u32>) -> FsResult<()> {
        let at = self.geo.super_offset + field;
        let block = self.geo.super_block;
        let data = self.cache.modify(Block(block))?;
        match change(load(data, at)) {
            Some(value) => {
                store(data, at, &value);
                Ok(())
            }
            None => corrupt(CorruptKind::Superblock, block),
        }
    }

    /// Adds to a count in the superblock.
    pub fn count_super(&mut self, field: usize, change: i32) -> FsResult<()> {
        self.edit_super(field, |count| count.checked_add_signed(change))
    }

    /// The running mark: not cleanly unmounted, or clean again.
    pub fn set_state(&mut self, clean: bool, now: u32) -> FsResult<()> {
        let at = self.geo.super_offset;
        let data = self.cache.modify(Block(self.geo.super_block))?;
        let mut sb: Superblock = load(data, at);
        sb.state = if clean { sb.state | STATE_VALID } else { sb.state & !STATE_VALID };
        sb.write_time = now;
        if !clean {
            sb.mount_time = now;
            sb.mount_count = sb.mount_count.saturating_add(1);
        }
        store(data, at, &sb);
        Ok(())
    }

    fn group_at(&self, group: u32) -> (Block, usize) {
        let per_block = (self.geo.block_size / size_of::<GroupDescriptor>()) as u32;
        let block = Block(self.geo.gdt + group / per_block);
        let at = (group % per_block) as usize * size_of::<GroupDescriptor>();
        (block, at)
    }

    pub fn group(&mut self, group: u32) -> FsResult<GroupDescriptor> {
        let (block, at) = self.group_at(group);
        Ok(load(self.cache.read(block)?, at))
    }

    /// Adds to one of a group's 16-bit counts, given by its field offset.
    pub fn count_group(&mut self, group: u32, field: usize, change: i16) -> FsResult<()> {
        let (block, at) = self.group_at(group);
        let data = self.cache.modify(block)?;
        let count: u16 = load(data, at + field);
        match count.checked_add_signed(change) {
            Some(count) => {
                store(data, at + field, &count);
                Ok(())
            }
            None => corrupt(CorruptKind::FreeCount, group),
        }
    }

    /// Free blocks and the part of them reserved for the superuser.
    pub fn free_blocks(&mut self) -> FsResult<(u32, u32)> {
        let at = self.geo.super_offset;
        let data = self.cache.read(Block(self.geo.super_block))?;
        Ok((
            load(data, at + offset_of!(Superblock, free_blocks)),
            load(data, at + offset_of!(Superblock, reserved_blocks)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_with_copies() {
        let with: Vec<u32> = (0..82).filter(|&g| has_copies(true, g)).collect();
        assert_eq!(with, [0, 1, 3, 5, 7, 9, 25, 27, 49, 81]);
        assert!(has_copies(false, 2));
    }
}
