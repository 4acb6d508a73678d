//! Inodes: finding, checking, changing, and what `stat` says of them.

use super::layout::*;
use super::volume::{Volume, corrupt, load, store};
use crate::cache::Block;
use crate::error::{CorruptKind, FsResult};
use crate::types::FileKind;
use core::mem::offset_of;
use tawaki_abi::fs::{S_IFMT, Stat, Timespec};

/// A copy of an inode; store it back with [`Volume::put_inode`].
#[derive(Clone, Copy, Debug)]
pub struct Inode {
    pub ino: u32,
    pub raw: RawInode,
    /// Zeros when the inode has no room for it.
    pub extra: ExtraInode,
    /// Bytes of `extra` that exist.
    pub extra_len: usize,
}

/// Nanoseconds and the two bits that extend 32-bit seconds past 2038.
fn unpack_time(sec: u32, extra: u32) -> Timespec {
    Timespec {
        sec: i64::from(sec as i32) + (i64::from(extra & 3) << 32),
        nsec: (extra >> 2).min(999_999_999),
    }
}

/// Seconds of a time as far as 32 + 2 bits reach (1901 to 2446).
fn pack_time(time: Timespec, wide: bool) -> (u32, u32) {
    let min = i64::from(i32::MIN);
    let max = i64::from(i32::MAX) + if wide { 3 << 32 } else { 0 };
    let sec = time.sec.clamp(min, max);
    let low = sec as i32;
    let epoch = ((sec - i64::from(low)) >> 32) as u32 & 3;
    (low as u32, epoch | time.nsec.min(999_999_999) << 2)
}

/// Which of an inode's times.
#[derive(Clone, Copy)]
pub enum Time {
    Access,
    Modify,
    Change,
}

impl Inode {
    pub fn kind(&self) -> Option<FileKind> {
        FileKind::from_mode(u32::from(self.raw.mode))
    }

    pub fn is_dir(&self) -> bool {
        self.kind() == Some(FileKind::Directory)
    }

    /// Size in bytes; the high half belongs to regular files only.
    pub fn size(&self) -> u64 {
        let high =
            if self.kind() == Some(FileKind::Regular) { u64::from(self.raw.size_high) << 32 } else { 0 };
        high | u64::from(self.raw.size)
    }

    pub fn set_size(&mut self, size: u64) {
        self.raw.size = size as u32;
        if self.kind() == Some(FileKind::Regular) {
            self.raw.size_high = (size >> 32) as u32;
        }
    }

    pub fn uid(&self) -> u32 {
        u32::from(self.raw.uid) | u32::from(self.raw.uid_high) << 16
    }

    pub fn gid(&self) -> u32 {
        u32::from(self.raw.gid) | u32::from(self.raw.gid_high) << 16
    }

    pub fn set_owner(&mut self, uid: u32, gid: u32) {
        self.raw.uid = uid as u16;
        self.raw.uid_high = (uid >> 16) as u16;
        self.raw.gid = gid as u16;
        self.raw.gid_high = (gid >> 16) as u16;
    }

    fn has(&self, field_end: usize) -> bool {
        self.extra_len >= field_end
    }

    pub fn time(&self, which: Time) -> Timespec {
        match which {
            Time::Access => unpack_time(self.raw.atime, self.extra.atime_extra),
            Time::Modify => unpack_time(self.raw.mtime, self.extra.mtime_extra),
            Time::Change => unpack_time(self.raw.ctime, self.extra.ctime_extra),
        }
    }

    pub fn set_time(&mut self, which: Time, time: Timespec) {
        let end = match which {
            Time::Access => offset_of!(ExtraInode, atime_extra) + 4,
            Time::Modify => offset_of!(ExtraInode, mtime_extra) + 4,
            Time::Change => offset_of!(ExtraInode, ctime_extra) + 4,
        };
        let wide = self.has(end);
        let (sec, extra) = pack_time(time, wide);
        let extra = if wide { extra } else { 0 };
        match which {
            Time::Access => (self.raw.atime, self.extra.atime_extra) = (sec, extra),
            Time::Modify => (self.raw.mtime, self.extra.mtime_extra) = (sec, extra),
            Time::Change => (self.raw.ctime, self.extra.ctime_extra) = (sec, extra),
        }
    }

    /// Data was changed: modification and change time.
    pub fn modified(&mut self, now: Timespec) {
        self.set_time(Time::Modify, now);
        self.set_time(Time::Change, now);
    }

    /// Device number: old encoding in the first pointer, new in the second.
    pub fn rdev(&self) -> u64 {
        match self.kind() {
            Some(FileKind::CharDevice | FileKind::BlockDevice) => {}
            _ => return 0,
        }
        if self.raw.block[0] != 0 {
            u64::from(self.raw.block[0] & 0xffff)
        } else {
            u64::from(self.raw.block[1])
        }
    }

    pub fn set_rdev(&mut self, rdev: u64) {
        let rdev = rdev as u32;
        let (slot, value) = if rdev <= 0xffff { (0, rdev) } else { (1, rdev) };
        self.raw.block[slot] = value;
    }

    /// Whether the block pointers hold a symbolic link's text instead.
    pub fn is_fast_symlink(&self, block_size: usize) -> bool {
        let attributes = if self.raw.file_acl != 0 { block_size as u32 / 512 } else { 0 };
        self.kind() == Some(FileKind::Symlink)
            && self.raw.blocks <= attributes
            && (self.raw.size as usize) < POINTERS * 4
    }

    pub fn stat(&self, block_size: usize) -> Stat {
        Stat {
            dev: 0,
            ino: u64::from(self.ino),
            mode: u32::from(self.raw.mode),
            nlink: u32::from(self.raw.links),
            uid: self.uid(),
            gid: self.gid(),
            rdev: self.rdev(),
            size: self.size(),
            blksize: block_size as u32,
            blocks: u64::from(self.raw.blocks),
            atime: self.time(Time::Access),
            mtime: self.time(Time::Modify),
            ctime: self.time(Time::Change),
        }
    }
}

impl Volume {
    /// Block and byte offset of an inode.
    pub fn inode_place(&self, ino: u32) -> FsResult<(Block, usize)> {
        if ino == 0 || ino > self.geo.inodes_count {
            return corrupt(CorruptKind::InodeNumber, ino);
        }
        let group = (ino - 1) / self.geo.inodes_per_group;
        let index = (ino - 1) % self.geo.inodes_per_group;
        let at = index as usize * self.geo.inode_size;
        let table = self.groups[group as usize].inode_table;
        let block = Block(table.0 + (at / self.geo.block_size) as u32);
        Ok((block, at % self.geo.block_size))
    }

    /// Reads an inode without judging it.
    pub fn raw_inode(&mut self, ino: u32) -> FsResult<Inode> {
        let (block, at) = self.inode_place(ino)?;
        let room = self.geo.inode_size - RAW_INODE_SIZE;
        let data = self.cache.read(block)?;
        let raw: RawInode = load(data, at);
        let mut extra = bytemuck::Zeroable::zeroed();
        let mut extra_len = 0;
        if room >= EXTRA_INODE_SIZE {
            extra = load::<ExtraInode>(data, at + RAW_INODE_SIZE);
            extra_len = usize::from(extra.extra_size).min(room);
            if extra_len < EXTRA_INODE_SIZE {
                let mut bytes = [0; EXTRA_INODE_SIZE];
                bytes[..extra_len].copy_from_slice(&bytemuck::bytes_of(&extra)[..extra_len]);
                extra = load(&bytes, 0);
            }
        }
        Ok(Inode { ino, raw, extra, extra_len })
    }

    /// Reads an inode that is in use (perhaps only by open files) and checks what
    /// the rest relies on: a known type and a size its pointers can reach.
    pub fn inode(&mut self, ino: u32) -> FsResult<Inode> {
        let inode = self.raw_inode(ino)?;
        if inode.raw.mode == 0 {
            return corrupt(CorruptKind::InodeFree, ino);
        }
        let limit = match inode.kind() {
            None => return corrupt(CorruptKind::InodeMode, ino),
            Some(FileKind::Directory) => {
                if !u64::from(inode.raw.size).is_multiple_of(self.geo.block_size as u64) {
                    return corrupt(CorruptKind::InodeSize, ino);
                }
                i32::MAX as u64
            }
            Some(_) => self.geo.max_size,
        };
        if inode.size() > limit {
            return corrupt(CorruptKind::InodeSize, ino);
        }
        Ok(inode)
    }

    /// Stores an inode back.
    pub fn put_inode(&mut self, inode: &Inode) -> FsResult<()> {
        let (block, at) = self.inode_place(inode.ino)?;
        let data = self.cache.modify(block)?;
        store(data, at, &inode.raw);
        let extra = at + RAW_INODE_SIZE;
        let len = inode.extra_len.min(EXTRA_INODE_SIZE);
        data[extra..extra + len].copy_from_slice(&bytemuck::bytes_of(&inode.extra)[..len]);
        Ok(())
    }

    /// Reads, changes and stores an inode.
    pub fn edit_inode(&mut self, ino: u32, change: impl FnOnce(&mut Inode)) -> FsResult<Inode> {
        let mut inode = self.inode(ino)?;
        change(&mut inode);
        self.put_inode(&inode)?;
        Ok(inode)
    }

    /// A blank inode in the place of `ino`, all its bytes cleared.
    pub fn new_inode(&mut self, ino: u32, mode: u32, now: Timespec) -> FsResult<Inode> {
        let (block, at) = self.inode_place(ino)?;
        let size = self.geo.inode_size;
        let data = self.cache.modify(block)?;
        let generation: u32 = load(data, at + offset_of!(RawInode, generation));
        data[at..at + size].fill(0);
        let mut inode = Inode {
            ino,
            raw: bytemuck::Zeroable::zeroed(),
            extra: bytemuck::Zeroable::zeroed(),
            extra_len: 0,
        };
        if size >= RAW_INODE_SIZE + EXTRA_INODE_SIZE {
            inode.extra_len = EXTRA_INODE_SIZE;
            inode.extra.extra_size = EXTRA_INODE_SIZE as u16;
            (inode.extra.crtime, inode.extra.crtime_extra) = pack_time(now, true);
        }
        inode.raw.mode = (mode & (S_IFMT | 0o7777)) as u16;
        inode.raw.generation = generation.wrapping_add(1);
        inode.set_time(Time::Access, now);
        inode.modified(now);
        Ok(inode)
    }

    /// Puts an inode without names on the list of orphans, which a later mount
    /// (or e2fsck) frees if we do not get to it. The link is in `dtime`.
    pub fn add_orphan(&mut self, inode: &mut Inode) -> FsResult<()> {
        let field = offset_of!(Superblock, last_orphan);
        inode.raw.dtime = self.superblock()?.last_orphan;
        self.edit_super(field, |_| Some(inode.ino))
    }

    /// Takes an inode off the list of orphans.
    pub fn remove_orphan(&mut self, inode: &mut Inode) -> FsResult<()> {
        let next = core::mem::take(&mut inode.raw.dtime);
        let field = offset_of!(Superblock, last_orphan);
        let mut at = self.superblock()?.last_orphan;
        if at == inode.ino {
            return self.edit_super(field, |_| Some(next));
        }
        for _ in 0..self.geo.inodes_count {
            if at == 0 {
                break;
            }
            let mut before = self.raw_inode(at)?;
            if before.raw.dtime == inode.ino {
                before.raw.dtime = next;
                return self.put_inode(&before);
            }
            at = before.raw.dtime;
        }
        corrupt(CorruptKind::OrphanList, inode.ino)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_packing() {
        for (sec, nsec) in [
            (0, 0),
            (1_700_000_000, 999_999_999),
            (-1, 5),
            (i64::from(i32::MIN), 0),
            (i64::from(i32::MAX) + 1, 7),
            (15_032_385_535, 1),
        ] {
            let time = Timespec { sec, nsec };
            let (low, extra) = pack_time(time, true);
            assert_eq!(unpack_time(low, extra), time);
        }
        let (low, _) = pack_time(Timespec { sec: 1 << 40, nsec: 0 }, false);
        assert_eq!(low, i32::MAX as u32);
    }
}
