//! Directories: blocks of records (inode, record length, name length, type, name)
//! that tile each block exactly.
//!
//! Hash indexes are read as what they look like, plain blocks; the first change of
//! such a directory drops its index flag.

use super::inode::Inode;
use super::layout::*;
use super::volume::{Volume, corrupt, load, store};
use crate::cache::Block;
use crate::error::{CorruptKind, FsResult, fail};
use crate::types::{DirEntry, DirSink, FileKind, Ino, NAME_MAX};
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;

/// A checked record within a block.
#[derive(Clone, Copy)]
struct Record {
    /// Byte offset of the record.
    at: usize,
    ino: u32,
    len: usize,
    name_len: usize,
    kind: u8,
}

impl Record {
    /// Reads the record at `at`; `None` when it is malformed.
    fn read(data: &[u8], at: usize, filetype: bool) -> Option<Record> {
        if at + DIRENT_HEADER > data.len() {
            return None;
        }
        let ino: u32 = load(data, at);
        let len = usize::from(load::<u16>(data, at + 4));
        let mut name_len = usize::from(load::<u16>(data, at + 6));
        let mut kind = 0;
        if filetype {
            kind = (name_len >> 8) as u8;
            name_len &= 0xff;
        }
        let sane = len >= dirent_size(name_len.max(1))
            && len.is_multiple_of(4)
            && at + len <= data.len()
            && (ino == 0 || (1..=NAME_MAX).contains(&name_len));
        // An unused record may be shorter than a name of one byte would need.
        let unused = ino == 0 && len >= DIRENT_HEADER && len.is_multiple_of(4);
        (sane || unused && at + len <= data.len()).then_some(Record { at, ino, len, name_len, kind })
    }

    fn name<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        &data[self.at + DIRENT_HEADER..][..self.name_len]
    }

    /// Bytes really needed; the rest of `len` is free.
    fn used(&self) -> usize {
        if self.ino == 0 { 0 } else { dirent_size(self.name_len) }
    }
}

/// The type byte of a directory entry.
fn type_byte(mode: u32) -> u8 {
    match FileKind::from_mode(mode) {
        Some(FileKind::Regular) => 1,
        Some(FileKind::Directory) => 2,
        Some(FileKind::CharDevice) => 3,
        Some(FileKind::BlockDevice) => 4,
        Some(FileKind::Fifo) => 5,
        Some(FileKind::Socket) => 6,
        Some(FileKind::Symlink) => 7,
        None => 0,
    }
}

/// `DT_*` for a type byte.
fn dt_of(kind: u8) -> u8 {
    [0, 8, 4, 2, 6, 1, 12, 10].get(usize::from(kind)).copied().unwrap_or(0)
}

fn write_record(data: &mut [u8], at: usize, ino: u32, len: usize, name: &[u8], kind: u8) {
    store(data, at, &ino);
    store(data, at + 4, &(len as u16));
    store(data, at + 6, &[name.len() as u8, kind]);
    data[at + DIRENT_HEADER..][..name.len()].copy_from_slice(name);
}

/// Where a name was found.
pub struct Found {
    pub ino: u32,
    block: Block,
    at: usize,
    /// Offset of the record before it in the same block.
    before: Option<usize>,
}

impl Volume {
    fn dir_blocks(&self, dir: &Inode) -> u64 {
        u64::from(dir.raw.size) / self.geo.block_size as u64
    }

    /// The `index`-th block of a directory.
    fn dir_block(&mut self, dir: &Inode, index: u64) -> FsResult<Block> {
        match self.map(dir, index)? {
            Some(block) => Ok(block),
            None => corrupt(CorruptKind::DirectoryHole, dir.ino),
        }
    }

    /// Asks for a whole small directory at once.
    fn warm_dir(&mut self, dir: &Inode) -> FsResult<()> {
        let blocks = self.dir_blocks(dir).min(64) as usize;
        if blocks > 1 {
            let (first, run) = self.map_run(dir, 0, blocks)?;
            if let Some(first) = first {
                self.cache.load_run(first, run)?;
            }
        }
        Ok(())
    }

    /// Finds a name, `.` and `..` included.
    pub fn dir_find(&mut self, dir: &Inode, name: &[u8]) -> FsResult<Option<Found>> {
        let filetype = self.geo.filetype;
        for index in 0..self.dir_blocks(dir) {
            let block = self.dir_block(dir, index)?;
            if index == 0 && self.cache.cached(block).is_none() {
                self.warm_dir(dir)?;
            }
            let data = self.cache.read(block)?;
            let (mut at, mut before) = (0, None);
            while at < data.len() {
                let Some(record) = Record::read(data, at, filetype) else {
                    return corrupt(CorruptKind::DirectoryEntry, dir.ino);
                };
                if record.ino != 0 && record.name_len == name.len() && record.name(data) == name {
                    return Ok(Some(Found { ino: record.ino, block, at, before }));
                }
                before = Some(at);
                at += record.len;
            }
        }
        Ok(None)
    }

    /// What a name means. `ENOENT` when missing.
    pub fn dir_lookup(&mut self, dir: &Inode, name: &[u8]) -> FsResult<u32> {
        match self.dir_find(dir, name)? {
            Some(found) => Ok(found.ino),
            None => fail(Errno::ENOENT),
        }
    }

    /// Hands out entries from byte offset `cookie` on. A cookie inside a record
    /// that was merged away continues at the next record.
    pub fn dir_read(&mut self, dir: &Inode, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let block_size = self.geo.block_size as u64;
        let filetype = self.geo.filetype;
        for index in cookie / block_size..self.dir_blocks(dir) {
            let block = self.dir_block(dir, index)?;
            if index == 0 && self.cache.cached(block).is_none() {
                self.warm_dir(dir)?;
            }
            let data = self.cache.read(block)?;
            let mut at = 0;
            while at < data.len() {
                let Some(record) = Record::read(data, at, filetype) else {
                    return corrupt(CorruptKind::DirectoryEntry, dir.ino);
                };
                let here = index * block_size + at as u64;
                let next = here + record.len as u64;
                if record.ino != 0 && here >= cookie {
                    let name = record.name(data);
                    if name.iter().any(|&b| b == b'/' || b == 0) {
                        return corrupt(CorruptKind::DirectoryEntry, dir.ino);
                    }
                    let entry =
                        DirEntry { ino: Ino(u64::from(record.ino)), next, kind: dt_of(record.kind), name };
                    if !sink(&entry) {
                        return Ok(());
                    }
                }
                at += record.len;
            }
        }
        Ok(())
    }

    /// `ENOTEMPTY` unless a directory has only `.` and `..`.
    pub fn dir_check_empty(&mut self, dir: &Inode) -> FsResult<()> {
        let mut empty = true;
        self.dir_read(dir, 0, &mut |entry| {
            empty &= entry.name == b"." || entry.name == b"..";
            empty
        })?;
        if empty { Ok(()) } else { fail(Errno::ENOTEMPTY) }
    }

    /// Adds a name. The caller has made sure it is free.
    pub fn dir_add(
        &mut self,
        dir_ino: u32,
        name: &[u8],
        ino: u32,
        mode: u32,
        privileged: bool,
        now: Timespec,
    ) -> FsResult<()> {
        if name.is_empty() || name.len() > NAME_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        let mut dir = self.inode(dir_ino)?;
        let filetype = self.geo.filetype;
        let kind = if filetype { type_byte(mode) } else { 0 };
        let need = dirent_size(name.len());
        dir.raw.flags &= !FLAG_INDEX;
        dir.modified(now);
        let blocks = self.dir_blocks(&dir);
        for index in 0..blocks {
            let block = self.dir_block(&dir, index)?;
            let data = self.cache.read(block)?;
            let mut at = 0;
            let mut room = None;
            while at < data.len() {
                let Some(record) = Record::read(data, at, filetype) else {
                    return corrupt(CorruptKind::DirectoryEntry, dir.ino);
                };
                if record.len - record.used() >= need {
                    room = Some(record);
                    break;
                }
                at += record.len;
            }
            let Some(record) = room else { continue };
            let data = self.cache.modify(block)?;
            let used = record.used();
            if used > 0 {
                store(data, record.at + 4, &(used as u16));
            }
            write_record(data, record.at + used, ino, record.len - used, name, kind);
            return self.put_inode(&dir);
        }
        let size = dir.size() + self.geo.block_size as u64;
        if size > i32::MAX as u64 {
            return fail(Errno::ENOSPC);
        }
        let goal = match blocks.checked_sub(1) {
            Some(last) => Block(self.dir_block(&dir, last)?.0 + 1),
            None => self.goal(dir_ino),
        };
        let (block, _) = self.map_or_alloc(&mut dir, blocks, goal, privileged)?;
        let block_size = self.geo.block_size;
        write_record(self.cache.zeroed(block), 0, ino, block_size, name, kind);
        dir.set_size(size);
        self.put_inode(&dir)
    }

    /// The first block of a new directory; its inode is not stored yet.
    pub fn dir_init(&mut self, dir: &mut Inode, parent: u32, privileged: bool) -> FsResult<()> {
        let goal = self.goal(dir.ino);
        let (block, _) = self.map_or_alloc(dir, 0, goal, privileged)?;
        let kind = if self.geo.filetype { 2 } else { 0 };
        let block_size = self.geo.block_size;
        let dot = dirent_size(1);
        let data = self.cache.zeroed(block);
        write_record(data, 0, dir.ino, dot, b".", kind);
        write_record(data, dot, parent, block_size - dot, b"..", kind);
        dir.set_size(block_size as u64);
        Ok(())
    }

    /// Removes a name by giving its room to the record before.
    pub fn dir_remove(&mut self, dir_ino: u32, name: &[u8], now: Timespec) -> FsResult<()> {
        let dir = self.inode(dir_ino)?;
        let filetype = self.geo.filetype;
        let Some(found) = self.dir_find(&dir, name)? else {
            return fail(Errno::ENOENT);
        };
        let data = self.cache.modify(found.block)?;
        let len: u16 = load(data, found.at + 4);
        match found.before {
            Some(before) => {
                let Some(record) = Record::read(data, before, filetype) else {
                    return corrupt(CorruptKind::DirectoryEntry, dir_ino);
                };
                store(data, before + 4, &(record.len as u16 + len));
                store(data, found.at, &0u32);
            }
            None => store(data, found.at, &0u32),
        }
        self.dir_touched(dir_ino, now)
    }

    /// Lets an existing name mean another inode.
    pub fn dir_set(&mut self, dir_ino: u32, name: &[u8], ino: u32, mode: u32, now: Timespec) -> FsResult<()> {
        let dir = self.inode(dir_ino)?;
        let Some(found) = self.dir_find(&dir, name)? else {
            return fail(Errno::ENOENT);
        };
        let filetype = self.geo.filetype;
        let data = self.cache.modify(found.block)?;
        store(data, found.at, &ino);
        if filetype {
            data[found.at + 7] = type_byte(mode);
        }
        self.dir_touched(dir_ino, now)
    }

    fn dir_touched(&mut self, dir_ino: u32, now: Timespec) -> FsResult<()> {
        self.edit_inode(dir_ino, |dir| {
            dir.raw.flags &= !FLAG_INDEX;
            dir.modified(now);
        })?;
        Ok(())
    }
}
