//! ext2, revisions 0 and 1: read and write.
//!
//! Layers, lowest first: `layout` (structures), `volume` (superblock, groups),
//! `alloc` (bitmaps), `inode`, `block_map`, `file`, `directory`; this file is the
//! [`FileSystem`] on top, where every change is one transaction.
//!
//! Source: the structures in Documentation/filesystems/ext2 of the Linux kernel
//! and in e2fsprogs' `ext2_fs.h`; e2fsck decides what is right.

mod alloc;
mod block_map;
mod directory;
mod file;
mod inode;
mod layout;
mod read_ahead;
mod volume;
mod xattr;

use crate::cache::BlockCache;
use crate::error::{CorruptKind, FsError, FsResult, fail};
use crate::fs::{FileSystem, Rename};
use crate::types::{
    Context, DirSink, FileKind, Ino, NAME_MAX, NewNode, Powers, RenameFlags, SetAttr, TimeSet, XattrFlags,
};
use crate::xattr::CAPABILITY;
use inode::{Inode, Time};
use layout::{FLAG_APPEND, FLAG_IMMUTABLE, LINK_MAX, ROOT_INO};
use std::collections::HashSet;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFMT, S_IFREG, Stat, Statfs};
use tawaki_blockdev::{BlockDevice, Counters};
use volume::{Volume, corrupt};

/// Different complaints logged about one volume; more are dropped.
const MAX_COMPLAINTS: usize = 64;

/// An ext2 file system on a block device.
pub struct Ext2 {
    volume: Volume,
    read_only: bool,
    /// Something was written since mount: the superblock says "not clean".
    touched: bool,
    complaints: HashSet<String>,
    messages: Vec<String>,
}

impl Ext2 {
    /// A file system on `device` with a block cache of about `cache_bytes`. Call
    /// [`mount`](Self::mount) before use. A device that cannot be written makes
    /// it read-only.
    pub fn new(device: Box<dyn BlockDevice>, cache_bytes: usize, read_only: bool) -> Ext2 {
        let cache = BlockCache::new(device, cache_bytes);
        Ext2 {
            read_only: read_only || !cache.writable(),
            volume: Volume::new(cache),
            touched: false,
            complaints: HashSet::new(),
            messages: Vec::new(),
        }
    }

    /// Checks superblock, descriptors and root, and frees orphans of an earlier
    /// crash. After `Pending`, call again. Unknown features are `Corrupt` with
    /// `UnsupportedIncompat`, or `UnsupportedRoCompat` when not read-only.
    pub fn mount(&mut self, cx: &Context) -> FsResult<()> {
        self.volume.open(self.read_only)?;
        if !self.volume.inode(ROOT_INO)?.is_dir() {
            return corrupt(CorruptKind::RootNotDirectory, ROOT_INO);
        }
        if !self.read_only && self.volume.superblock()?.last_orphan != 0 {
            match self.free_orphans(cx) {
                // Logged; what is left on a damaged list stays for e2fsck.
                Ok(()) | Err(FsError::Corrupt(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Runs a change as one transaction.
    fn change<T>(&mut self, cx: &Context, operation: impl FnOnce(&mut Volume) -> FsResult<T>) -> FsResult<T> {
        self.transaction(cx, false, operation)
    }

    /// The same for a change that makes room: tried even when the device is full.
    fn free<T>(&mut self, cx: &Context, operation: impl FnOnce(&mut Volume) -> FsResult<T>) -> FsResult<T> {
        self.transaction(cx, true, operation)
    }

    fn transaction<T>(
        &mut self,
        cx: &Context,
        frees: bool,
        operation: impl FnOnce(&mut Volume) -> FsResult<T>,
    ) -> FsResult<T> {
        if self.read_only {
            return fail(Errno::EROFS);
        }
        let result = self.volume.cache.begin(frees);
        let result = result.and_then(|()| {
            if !self.touched {
                self.volume.set_state(false, cx.now.sec as u32)?;
            }
            operation(&mut self.volume)
        });
        match &result {
            Ok(_) => {
                self.volume.cache.commit();
                self.touched = true;
            }
            Err(_) => self.volume.cache.abort(),
        }
        self.noted(result)
    }

    /// Logs damage and device failures, each once.
    fn noted<T>(&mut self, result: FsResult<T>) -> FsResult<T> {
        if let Err(error @ (FsError::Corrupt(_) | FsError::Io(_))) = &result {
            let line = format!("ext2: {error}");
            if self.complaints.len() < MAX_COMPLAINTS && self.complaints.insert(line.clone()) {
                self.messages.push(line);
            }
        }
        result
    }

    fn read_inode(&mut self, ino: Ino) -> FsResult<Inode> {
        let result = number(ino).and_then(|ino| self.volume.inode(ino));
        self.noted(result)
    }

    /// Frees what is on the orphan list, one transaction each.
    fn free_orphans(&mut self, cx: &Context) -> FsResult<()> {
        let limit = self.volume.geo.inodes_count;
        for _ in 0..=limit {
            let ino = self.volume.superblock()?.last_orphan;
            if ino == 0 {
                return Ok(());
            }
            self.release_inode(cx, ino)?;
        }
        corrupt(CorruptKind::OrphanList, 0u32)
    }

    fn release_inode(&mut self, cx: &Context, ino: u32) -> FsResult<()> {
        self.free(cx, |volume| {
            let mut inode = volume.inode(ino)?;
            volume.remove_orphan(&mut inode)?;
            if inode.raw.links > 0 {
                return volume.put_inode(&inode);
            }
            volume.free_whole_inode(&mut inode, cx.now)
        })
    }
}

/// Our inode numbers are 32 bits wide.
fn number(ino: Ino) -> FsResult<u32> {
    match u32::try_from(ino.0) {
        Ok(number) => Ok(number),
        Err(_) => corrupt(CorruptKind::InodeNumber, ino.0),
    }
}

/// May use the blocks reserved for the superuser.
fn privileged(volume: &Volume, cx: &Context) -> bool {
    cx.creds.may(Powers::SYS_RESOURCE)
        || cx.creds.uid == volume.geo.reserved_uid && volume.geo.reserved_uid != 0
}

/// Immutable and append-only files (chattr(1)) are not changed otherwise.
fn check_flags(inode: &Inode) -> FsResult<()> {
    if inode.raw.flags & (FLAG_IMMUTABLE | FLAG_APPEND) != 0 {
        return fail(Errno::EPERM);
    }
    Ok(())
}

/// A name of `inode` is gone: one link less; free it, or keep it as an orphan.
fn drop_link(volume: &mut Volume, ino: u32, links: u16, keep: bool, cx: &Context) -> FsResult<()> {
    let mut inode = volume.inode(ino)?;
    inode.raw.links = inode.raw.links.saturating_sub(links);
    inode.set_time(Time::Change, cx.now);
    if inode.raw.links > 0 {
        return volume.put_inode(&inode);
    }
    if keep {
        volume.add_orphan(&mut inode)?;
        return volume.put_inode(&inode);
    }
    volume.free_whole_inode(&mut inode, cx.now)
}

fn add_links(volume: &mut Volume, ino: u32, change: i16) -> FsResult<()> {
    let mut inode = volume.inode(ino)?;
    match inode.raw.links.checked_add_signed(change) {
        Some(links) if links <= LINK_MAX || change < 0 => inode.raw.links = links,
        Some(_) => return fail(Errno::EMLINK),
        None => return corrupt(CorruptKind::InodeBlocks, ino),
    }
    volume.put_inode(&inode)
}

fn remove(volume: &mut Volume, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
    let (dir, ino) = (number(dir)?, number(ino)?);
    let victim = volume.inode(ino)?;
    check_flags(&victim)?;
    check_flags(&volume.inode(dir)?)?;
    volume.dir_remove(dir, name, cx.now)?;
    if !victim.is_dir() {
        return drop_link(volume, ino, 1, keep, cx);
    }
    add_links(volume, dir, -1)?;
    drop_link(volume, ino, u16::MAX, keep, cx)
}

fn create(volume: &mut Volume, cx: &Context, dir: u32, name: &[u8], node: &NewNode<'_>) -> FsResult<u32> {
    let is_dir = node.mode & S_IFMT == S_IFDIR;
    let parent = volume.inode(dir)?;
    check_flags(&parent)?;
    if is_dir && parent.raw.links >= LINK_MAX {
        return fail(Errno::EMLINK);
    }
    let privileged = privileged(volume, cx);
    let ino = volume.alloc_inode(dir, is_dir)?;
    let mut inode = volume.new_inode(ino, node.mode, cx.now)?;
    inode.set_owner(node.uid, node.gid);
    inode.raw.links = if is_dir { 2 } else { 1 };
    match inode.kind() {
        Some(FileKind::Directory) => volume.dir_init(&mut inode, dir, privileged)?,
        Some(FileKind::Symlink) => volume.write_symlink(&mut inode, node.target, privileged)?,
        Some(FileKind::CharDevice | FileKind::BlockDevice) => inode.set_rdev(node.rdev),
        Some(_) => {}
        None => return fail(Errno::EINVAL),
    }
    for (name, value) in node.attributes {
        volume.set_xattr(&mut inode, name, Some(value), (false, false), privileged)?;
    }
    volume.put_inode(&inode)?;
    volume.dir_add(dir, name, ino, node.mode, privileged, cx.now)?;
    if is_dir {
        add_links(volume, dir, 1)?;
    }
    Ok(ino)
}

fn rename(volume: &mut Volume, cx: &Context, r: &Rename<'_>) -> FsResult<()> {
    let (old_dir, new_dir, ino) = (number(r.old_dir)?, number(r.new_dir)?, number(r.node)?);
    let exchange = r.flags.contains(RenameFlags::EXCHANGE);
    let now = cx.now;
    let inode = volume.edit_inode(ino, |inode| inode.set_time(Time::Change, now))?;
    check_flags(&inode)?;
    let mode = u32::from(inode.raw.mode);
    // Where directories hang changes `..` and the parents' link counts.
    let reparent = |volume: &mut Volume, ino: u32, from: u32, to: u32| {
        if from == to {
            return Ok(());
        }
        volume.dir_set(ino, b"..", to, S_IFDIR, now)?;
        add_links(volume, from, -1)?;
        add_links(volume, to, 1)
    };
    let Some(target) = r.target else {
        let privileged = privileged(volume, cx);
        volume.dir_add(new_dir, r.new_name, ino, mode, privileged, now)?;
        volume.dir_remove(old_dir, r.old_name, now)?;
        if r.node_is_dir {
            reparent(volume, ino, old_dir, new_dir)?;
        }
        return Ok(());
    };
    let target = number(target)?;
    let target_inode = volume.inode(target)?;
    check_flags(&target_inode)?;
    if !exchange && r.target_is_dir {
        volume.dir_check_empty(&target_inode)?;
    }
    volume.dir_set(new_dir, r.new_name, ino, mode, now)?;
    if exchange {
        let mode = u32::from(target_inode.raw.mode);
        volume.dir_set(old_dir, r.old_name, target, mode, now)?;
        volume.edit_inode(target, |inode| inode.set_time(Time::Change, now))?;
        if r.target_is_dir {
            reparent(volume, target, new_dir, old_dir)?;
        }
    } else {
        volume.dir_remove(old_dir, r.old_name, now)?;
        let links = if r.target_is_dir { u16::MAX } else { 1 };
        drop_link(volume, target, links, r.keep_target, cx)?;
        if r.target_is_dir {
            add_links(volume, new_dir, -1)?;
        }
    }
    if r.node_is_dir {
        reparent(volume, ino, old_dir, new_dir)?;
    }
    Ok(())
}

impl FileSystem for Ext2 {
    fn kind(&self) -> &'static str {
        "ext2"
    }

    fn root(&self) -> Ino {
        Ino(u64::from(ROOT_INO))
    }

    fn writable(&self) -> bool {
        !self.read_only
    }

    fn keeps_atime(&self) -> bool {
        !self.read_only
    }

    fn touch(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        let ino = number(ino)?;
        self.change(cx, |volume| {
            volume.edit_inode(ino, |inode| inode.set_time(Time::Access, cx.now))?;
            Ok(())
        })
    }

    fn statfs(&mut self, _cx: &Context) -> FsResult<Statfs> {
        let result = self.volume.superblock();
        let sb = self.noted(result)?;
        let geo = &self.volume.geo;
        let id = |half: usize| -> u64 { volume::load(&sb.uuid, half * 8) };
        Ok(Statfs {
            kind: u32::from(layout::MAGIC),
            bsize: geo.block_size as u32,
            blocks: u64::from(geo.blocks_count.saturating_sub(geo.overhead)),
            bfree: u64::from(sb.free_blocks),
            bavail: u64::from(sb.free_blocks.saturating_sub(sb.reserved_blocks)),
            files: u64::from(geo.inodes_count),
            ffree: u64::from(sb.free_inodes),
            fsid: id(0) ^ id(1),
            namelen: NAME_MAX as u32,
            flags: 0,
        })
    }

    fn getattr(&mut self, _cx: &Context, ino: Ino) -> FsResult<Stat> {
        let inode = self.read_inode(ino)?;
        Ok(inode.stat(self.volume.geo.block_size))
    }

    fn lookup(&mut self, _cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        let dir = self.read_inode(dir)?;
        let volume = &mut self.volume;
        let result = volume.dir_lookup(&dir, name).and_then(|ino| {
            if ino != ROOT_INO && ino < volume.geo.first_ino {
                return corrupt(CorruptKind::InodeNumber, ino);
            }
            let inode = volume.inode(ino)?;
            if inode.raw.links == 0 {
                return corrupt(CorruptKind::InodeFree, ino);
            }
            if name == b".." && !inode.is_dir() {
                return corrupt(CorruptKind::DirectoryEntry, dir.ino);
            }
            Ok(Ino(u64::from(ino)))
        });
        self.noted(result)
    }

    fn readdir(&mut self, _cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let dir = self.read_inode(dir)?;
        let result = self.volume.dir_read(&dir, cookie, sink);
        self.noted(result)
    }

    fn readlink(&mut self, _cx: &Context, ino: Ino) -> FsResult<Vec<u8>> {
        let inode = self.read_inode(ino)?;
        let result = self.volume.read_symlink(&inode);
        self.noted(result)
    }

    fn read(&mut self, _cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let result = number(ino).and_then(|ino| self.volume.read_file(ino, offset, buf));
        self.noted(result)
    }

    fn will_read(&mut self, ino: Ino, offset: u64, len: u64) {
        if let Ok(ino) = number(ino) {
            self.volume.will_read(ino, offset, len);
        }
    }

    fn write(&mut self, cx: &Context, ino: Ino, offset: u64, data: &[u8]) -> FsResult<usize> {
        let ino = number(ino)?;
        let privileged = privileged(&self.volume, cx);
        let mut len = data.len();
        loop {
            let part = &data[..len];
            let result = self.change(cx, |volume| {
                check_flags(&volume.inode(ino)?)
                    .or_else(|_| check_append(volume, ino, offset))
                    .and_then(|()| volume.write_file(ino, offset, part, privileged, cx.now))
            });
            match result {
                Ok(()) => return Ok(len),
                // What still fits is written: up to a block boundary, halving.
                Err(error) if error.is(Errno::ENOSPC) && len > 1 => len /= 2,
                Err(error) => return Err(error),
            }
        }
    }

    fn create(&mut self, cx: &Context, dir: Ino, name: &[u8], node: &NewNode<'_>) -> FsResult<Ino> {
        let dir = number(dir)?;
        let ino = self.change(cx, |volume| create(volume, cx, dir, name, node))?;
        Ok(Ino(u64::from(ino)))
    }

    fn create_unnamed(&mut self, cx: &Context, node: &NewNode<'_>) -> FsResult<Ino> {
        if node.mode & S_IFMT != S_IFREG {
            return fail(Errno::EINVAL);
        }
        let ino = self.change(cx, |volume| {
            let ino = volume.alloc_inode(ROOT_INO, false)?;
            let mut inode = volume.new_inode(ino, node.mode, cx.now)?;
            inode.set_owner(node.uid, node.gid);
            let privileged = privileged(volume, cx);
            for (name, value) in node.attributes {
                volume.set_xattr(&mut inode, name, Some(value), (false, false), privileged)?;
            }
            volume.add_orphan(&mut inode)?;
            volume.put_inode(&inode)?;
            Ok(ino)
        })?;
        Ok(Ino(u64::from(ino)))
    }

    fn link(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino) -> FsResult<()> {
        let (dir, ino) = (number(dir)?, number(ino)?);
        self.change(cx, |volume| {
            let mut inode = volume.inode(ino)?;
            check_flags(&inode)?;
            if inode.raw.links >= LINK_MAX {
                return fail(Errno::EMLINK);
            }
            if inode.raw.links == 0 {
                volume.remove_orphan(&mut inode)?;
            }
            inode.raw.links += 1;
            inode.set_time(Time::Change, cx.now);
            volume.put_inode(&inode)?;
            let privileged = privileged(volume, cx);
            let mode = u32::from(inode.raw.mode);
            volume.dir_add(dir, name, ino, mode, privileged, cx.now)
        })
    }

    fn unlink(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        self.free(cx, |volume| remove(volume, cx, dir, name, ino, keep))
    }

    fn rmdir(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        self.free(cx, |volume| {
            let victim = volume.inode(number(ino)?)?;
            volume.dir_check_empty(&victim)?;
            remove(volume, cx, dir, name, ino, keep)
        })
    }

    fn rename(&mut self, cx: &Context, r: &Rename<'_>) -> FsResult<()> {
        self.change(cx, |volume| rename(volume, cx, r))
    }

    fn setattr(&mut self, cx: &Context, ino: Ino, set: &SetAttr) -> FsResult<()> {
        let ino = number(ino)?;
        self.transaction(cx, set.size.is_some(), |volume| {
            let mut inode = volume.inode(ino)?;
            check_flags(&inode)?;
            if let Some(size) = set.size {
                if inode.kind() != Some(FileKind::Regular) {
                    return fail(Errno::EINVAL);
                }
                volume.set_file_size(&mut inode, size, cx.now)?;
            }
            if let Some(mode) = set.mode {
                let kind = u32::from(inode.raw.mode) & S_IFMT;
                inode.raw.mode = (kind | mode & 0o7777) as u16;
            }
            let uid = set.uid.unwrap_or(inode.uid());
            let gid = set.gid.unwrap_or(inode.gid());
            inode.set_owner(uid, gid);
            for (which, time) in [(Time::Access, set.atime), (Time::Modify, set.mtime)] {
                match time {
                    None => {}
                    Some(TimeSet::Now) => inode.set_time(which, cx.now),
                    Some(TimeSet::At(time)) => inode.set_time(which, time),
                }
            }
            inode.set_time(Time::Change, cx.now);
            volume.put_inode(&inode)
        })
    }

    fn xattr(&mut self, _cx: &Context, ino: Ino, name: &[u8]) -> FsResult<Vec<u8>> {
        let inode = self.read_inode(ino)?;
        let result = self.volume.xattr(&inode, name);
        self.noted(result)
    }

    fn xattr_names(&mut self, _cx: &Context, ino: Ino) -> FsResult<Vec<Vec<u8>>> {
        let inode = self.read_inode(ino)?;
        let result = self.volume.xattr_names(&inode);
        self.noted(result)
    }

    fn set_xattr(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &[u8],
        value: Option<&[u8]>,
        flags: XattrFlags,
    ) -> FsResult<()> {
        let ino = number(ino)?;
        self.transaction(cx, value.is_none(), |volume| {
            let mut inode = volume.inode(ino)?;
            check_flags(&inode)?;
            let how = (flags.contains(XattrFlags::CREATE), flags.contains(XattrFlags::REPLACE));
            let privileged = privileged(volume, cx);
            volume.set_xattr(&mut inode, name, value, how, privileged)?;
            inode.set_time(Time::Change, cx.now);
            volume.put_inode(&inode)
        })
    }

    fn acl(&mut self, _cx: &Context, ino: Ino, name: &'static [u8]) -> FsResult<Option<Vec<u8>>> {
        let inode = self.read_inode(ino)?;
        if !self.volume.has_attributes(&inode)? {
            return Ok(None);
        }
        match self.volume.xattr(&inode, name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is(Errno::ENODATA) => Ok(None),
            Err(error) => self.noted(Err(error)),
        }
    }

    fn set_acl(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &'static [u8],
        value: Option<&[u8]>,
        mode: Option<u32>,
    ) -> FsResult<()> {
        let ino = number(ino)?;
        self.transaction(cx, value.is_none(), |volume| {
            let mut inode = volume.inode(ino)?;
            check_flags(&inode)?;
            let privileged = privileged(volume, cx);
            match volume.set_xattr(&mut inode, name, value, (false, false), privileged) {
                Err(error) if value.is_none() && error.is(Errno::ENODATA) => {}
                other => other?,
            }
            if let Some(mode) = mode {
                inode.raw.mode = inode.raw.mode & !0o7777 | (mode & 0o7777) as u16;
            }
            inode.set_time(Time::Change, cx.now);
            volume.put_inode(&inode)
        })
    }

    fn drop_capabilities(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        let inode = self.read_inode(ino)?;
        if !self.volume.has_attributes(&inode)? {
            return Ok(());
        }
        match self.xattr(cx, ino, CAPABILITY) {
            Err(error) if error.is(Errno::ENODATA) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => self.set_xattr(cx, ino, CAPABILITY, None, XattrFlags::empty()),
        }
    }

    fn release(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        self.release_inode(cx, number(ino)?)
    }

    fn sync(&mut self, _cx: &Context) -> FsResult<()> {
        if self.read_only {
            return Ok(());
        }
        let result = self.volume.cache.flush();
        self.noted(result)
    }

    fn unmount(&mut self, cx: &Context) -> FsResult<()> {
        if self.read_only {
            return Ok(());
        }
        self.free_orphans(cx)?;
        if self.touched {
            self.change(cx, |volume| volume.set_state(true, cx.now.sec as u32))?;
            self.touched = false;
        }
        self.sync(cx)
    }

    fn take_messages(&mut self) -> Vec<String> {
        core::mem::take(&mut self.messages)
    }

    fn device_counters(&self) -> Option<Counters> {
        Some(self.volume.cache.counters())
    }
}

/// An append-only file takes writes at its end.
fn check_append(volume: &mut Volume, ino: u32, offset: u64) -> FsResult<()> {
    let inode = volume.inode(ino)?;
    if inode.raw.flags & FLAG_IMMUTABLE != 0 || offset != inode.size() {
        return fail(Errno::EPERM);
    }
    Ok(())
}
