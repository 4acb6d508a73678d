//! Contents of regular files and symbolic links.

use super::inode::{Inode, Time};
use super::layout::{DIRECT, RO_COMPAT_LARGE_FILE, Superblock};
use super::volume::{Volume, corrupt};
use crate::cache::Block;
use crate::error::{CorruptKind, FsError, FsResult, fail};
use crate::types::PATH_MAX;
use core::mem::offset_of;
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;

/// Files of this size and more need the large_file feature, bytes.
const LARGE_FILE: u64 = 1 << 31;

/// Most bytes that [`Volume::will_read`] asks for.
const MOST_AHEAD: u64 = 64 << 20;
/// In pieces of so many blocks, which a device takes.
const AHEAD_BLOCKS: usize = 128;
/// A read of so many whole blocks does not go through the block cache: programs are read in long
/// runs, by process after process, and would drive everything else out.
const PAST_CACHE: usize = 4;

impl Volume {
    /// Reads at `offset`; short at the end of the file.
    pub fn read_file(&mut self, ino: u32, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let inode = self.inode(ino)?;
        let len = inode.size().saturating_sub(offset).min(buf.len() as u64) as usize;
        let block_size = self.geo.block_size;
        let mut rest = &mut buf[..len];
        let mut at = offset;
        let mut pending = false;
        while !rest.is_empty() {
            let within = (at % block_size as u64) as usize;
            let wanted = (within + rest.len()).div_ceil(block_size);
            let (start, run) = self.map_run(&inode, at / block_size as u64, wanted)?;
            let bytes = (run * block_size - within).min(rest.len());
            let (head, tail) = rest.split_at_mut(bytes);
            match start {
                None => head.fill(0),
                // After a pending block the rest is only asked for.
                Some(start) if pending => self.cache.prefetch(start, run),
                Some(start) => match self.copy_run(start, run, within, head) {
                    Err(FsError::Pending) => pending = true,
                    result => result?,
                },
            }
            rest = tail;
            at += bytes as u64;
        }
        self.read_ahead(&inode, offset, at);
        if pending {
            return Err(FsError::Pending);
        }
        Ok(len)
    }

    /// Asks for what a sequential reader of `offset..end` will read next. Only a hint: what
    /// cannot be found out without waiting is left.
    fn read_ahead(&mut self, inode: &Inode, offset: u64, end: u64) {
        if let Some((from, to)) = self.ahead.step(inode.ino, offset, end, inode.size()) {
            self.ask_for(inode, from, to);
        }
    }

    /// Asks for a part of a file, at most [`MOST_AHEAD`], that will be read. Only a hint, too.
    pub fn will_read(&mut self, ino: u32, offset: u64, len: u64) {
        if let Ok(inode) = self.inode(ino) {
            let to = offset.saturating_add(len.min(MOST_AHEAD)).min(inode.size());
            self.ask_for(&inode, offset, to);
        }
    }

    fn ask_for(&mut self, inode: &Inode, from: u64, to: u64) {
        let block_size = self.geo.block_size as u64;
        let (mut at, last) = (from / block_size, to.div_ceil(block_size));
        while at < last {
            match self.map_run(inode, at, ((last - at) as usize).min(AHEAD_BLOCKS)) {
                Ok((start, run)) => {
                    if let Some(start) = start {
                        self.cache.prefetch(start, run);
                    }
                    at += run as u64;
                }
                Err(FsError::Pending) => return self.ask_unmapped(inode, at, last),
                Err(_) => return,
            }
        }
    }

    /// The same for blocks whose places are not known yet because a part of the map is on its way. Whoever
    /// made the image wrote most files in one piece, each part of the map before what it maps:
    /// waiting for one part after the other would cost a round trip each.
    fn ask_unmapped(&mut self, inode: &Inode, from: u64, to: u64) {
        let direct = &inode.raw.block[..DIRECT];
        let in_one_piece = direct.windows(2).all(|pair| pair[0] != 0 && pair[1] == pair[0].wrapping_add(1));
        if !in_one_piece {
            return;
        }
        let first = u64::from(direct[0]);
        let place = |at: u64| first + at + self.map_blocks_before(at);
        let (mut at, end) = (place(from), place(to).min(self.cache.block_count()));
        while at < end {
            let count = (end - at).min(AHEAD_BLOCKS as u64);
            let Ok(block) = u32::try_from(at) else { return };
            self.cache.prefetch(Block(block), count as usize);
            at += count;
        }
    }

    fn copy_run(&mut self, start: Block, run: usize, mut within: usize, out: &mut [u8]) -> FsResult<()> {
        let block_size = self.geo.block_size;
        let mut rest = out;
        let mut done = 0;
        if within == 0 && rest.len() >= PAST_CACHE * block_size {
            done = rest.len() / block_size;
            let (head, tail) = rest.split_at_mut(done * block_size);
            self.cache.read_run(start, head)?;
            rest = tail;
        }
        for i in done..run {
            let n = (block_size - within).min(rest.len());
            let (head, tail) = rest.split_at_mut(n);
            let block = Block(start.0 + i as u32);
            match self.cache.cached(block) {
                Some(data) => head.copy_from_slice(&data[within..within + n]),
                None => {
                    self.cache.load_run(block, run - i)?;
                    head.copy_from_slice(&self.cache.read(block)?[within..within + n]);
                }
            }
            rest = tail;
            within = 0;
        }
        Ok(())
    }

    /// Writes at `offset` inside a transaction; all or nothing.
    pub fn write_file(
        &mut self,
        ino: u32,
        offset: u64,
        data: &[u8],
        privileged: bool,
        now: Timespec,
    ) -> FsResult<()> {
        let mut inode = self.inode(ino)?;
        let block_size = self.geo.block_size;
        let end = offset.saturating_add(data.len() as u64);
        if end > self.geo.max_size {
            return fail(Errno::EFBIG);
        }
        let old_size = inode.size();
        let mut at = offset;
        let mut rest = data;
        let mut goal = self.goal_at(&inode, offset / block_size as u64)?;
        while !rest.is_empty() {
            let within = (at % block_size as u64) as usize;
            let n = (block_size - within).min(rest.len());
            let (block, fresh) = self.map_or_alloc(&mut inode, at / block_size as u64, goal, privileged)?;
            let target = if n == block_size {
                self.cache.overwrite(block)
            } else if fresh {
                self.cache.zeroed(block)
            } else {
                self.cache.modify(block)?
            };
            target[within..within + n].copy_from_slice(&rest[..n]);
            goal = Block(block.0 + 1);
            at += n as u64;
            rest = &rest[n..];
        }
        if end > old_size {
            inode.set_size(end);
            self.mark_large(end)?;
        }
        inode.modified(now);
        self.put_inode(&inode)
    }

    /// After the file's previous block, or in the inode's group.
    fn goal_at(&mut self, inode: &Inode, at: u64) -> FsResult<Block> {
        let before = match at.checked_sub(1) {
            Some(before) => self.map(inode, before)?,
            None => None,
        };
        Ok(before.map_or_else(|| self.goal(inode.ino), |block| Block(block.0 + 1)))
    }

    fn mark_large(&mut self, size: u64) -> FsResult<()> {
        if size < LARGE_FILE || !self.geo.dynamic {
            return Ok(());
        }
        if self.superblock()?.feature_ro_compat & RO_COMPAT_LARGE_FILE != 0 {
            return Ok(());
        }
        let field = offset_of!(Superblock, feature_ro_compat);
        self.edit_super(field, |bits| Some(bits | RO_COMPAT_LARGE_FILE))
    }

    /// Sets a regular file's size; the changed inode is not stored yet.
    pub fn set_file_size(&mut self, inode: &mut Inode, size: u64, now: Timespec) -> FsResult<()> {
        if size > self.geo.max_size {
            return fail(Errno::EFBIG);
        }
        let block_size = self.geo.block_size as u64;
        if size < inode.size() {
            self.free_from(inode, size.div_ceil(block_size))?;
            let within = (size % block_size) as usize;
            // What lies behind the end must read as zeros if the file grows again.
            if within != 0
                && let Some(block) = self.map(inode, size / block_size)?
            {
                self.cache.modify(block)?[within..].fill(0);
            }
        }
        inode.set_size(size);
        self.mark_large(size)?;
        inode.modified(now);
        Ok(())
    }

    /// Text of a symbolic link.
    pub fn read_symlink(&mut self, inode: &Inode) -> FsResult<Vec<u8>> {
        let size = inode.raw.size as usize;
        let bad = corrupt(CorruptKind::Symlink, inode.ino);
        if size == 0 || size > self.geo.block_size || size >= PATH_MAX {
            return bad;
        }
        if inode.is_fast_symlink(self.geo.block_size) {
            return Ok(bytemuck::bytes_of(&inode.raw.block)[..size].to_vec());
        }
        match self.map(inode, 0)? {
            Some(block) => Ok(self.cache.read(block)?[..size].to_vec()),
            None => bad,
        }
    }

    /// Stores the text of a new symbolic link; the inode is not stored yet.
    pub fn write_symlink(&mut self, inode: &mut Inode, target: &[u8], privileged: bool) -> FsResult<()> {
        if target.len() >= self.geo.block_size || target.len() >= PATH_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        let room: &mut [u8] = bytemuck::bytes_of_mut(&mut inode.raw.block);
        if target.len() < room.len() {
            room[..target.len()].copy_from_slice(target);
        } else {
            let goal = self.goal(inode.ino);
            let (block, _) = self.map_or_alloc(inode, 0, goal, privileged)?;
            self.cache.zeroed(block)[..target.len()].copy_from_slice(target);
        }
        inode.set_size(target.len() as u64);
        Ok(())
    }

    /// Frees an inode without names: contents, attributes, number.
    pub fn free_whole_inode(&mut self, inode: &mut Inode, now: Timespec) -> FsResult<()> {
        let block_size = self.geo.block_size;
        let has_blocks = match inode.kind() {
            Some(crate::types::FileKind::Regular | crate::types::FileKind::Directory) => true,
            Some(crate::types::FileKind::Symlink) => !inode.is_fast_symlink(block_size),
            _ => false,
        };
        if has_blocks {
            self.free_from(inode, 0)?;
        }
        if inode.raw.file_acl != 0 {
            self.drop_xattr_block(inode.raw.file_acl, inode.ino)?;
            inode.raw.file_acl = 0;
        }
        inode.raw.blocks = 0;
        inode.set_size(0);
        inode.set_time(Time::Change, now);
        inode.raw.dtime = (now.sec as u32).max(1);
        self.put_inode(inode)?;
        self.free_inode(inode.ino, inode.is_dir())
    }
}
