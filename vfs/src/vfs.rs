//! The facade: the mount table, the open counts, and single steps through the
//! tree. Path resolution and the operations build on it in modules of their own.

use crate::access;
use crate::error::{FsError, FsResult, fail};
use crate::fs::FileSystem;
use crate::loopback::{LOOPS, Loop};
use crate::names::{Hint, Known, NameCache};
use crate::types::{Access, Context, FileKind, FsId, Ino, InodeRef, Location, MountFlags, MountId};
use std::collections::HashMap;
use tawaki_abi::{Errno, fs::Stat};

/// Log lines kept until somebody takes them.
const MAX_MESSAGES: usize = 256;

pub(crate) struct FsSlot {
    pub fs: Box<dyn FileSystem>,
    pub dev: u64,
    pub cacheable: bool,
}

pub(crate) struct Mount {
    pub fs: FsId,
    pub root: Ino,
    /// The directory it covers; `None` for the root and for detached mounts.
    pub over: Option<Location>,
    pub flags: MountFlags,
    pub source: String,
    /// Out of the tree (`MNT_DETACH`), there for who still uses it.
    pub detached: bool,
}

/// One line of `/proc/mounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// Identifier.
    pub id: MountId,
    /// File system.
    pub fs: FsId,
    /// What is mounted, as given to `mount`.
    pub source: String,
    /// File-system type.
    pub kind: &'static str,
    /// Flags.
    pub flags: MountFlags,
    /// Further options, comma-led or empty.
    pub options: String,
    /// The place it covers; `None` for the root.
    pub over: Option<Location>,
    /// Its own root.
    pub root: Location,
    /// Device number as `stat` shows it.
    pub dev: u64,
}

#[derive(Default)]
pub(crate) struct OpenNode {
    pub count: u32,
    /// Its last name is gone; free it at the last close.
    pub unlinked: bool,
    pub hint: Option<Hint>,
}

/// All mounted file systems, seen as one tree.
///
/// Every operation either happens whole or has no effect; [`FsError::Pending`]
/// means "run it again when a device has delivered".
pub struct Vfs {
    pub(crate) slots: Vec<Option<FsSlot>>,
    pub(crate) mounts: Vec<Option<Mount>>,
    pub(crate) covered: HashMap<Location, MountId>,
    pub(crate) names: NameCache,
    pub(crate) open: HashMap<InodeRef, OpenNode>,
    /// Inodes whose release met a pending block; retried by `maintain`.
    pub(crate) unreleased: Vec<InodeRef>,
    pub(crate) watched: crate::watch::Watched,
    pub(crate) loops: Vec<Loop>,
    /// Some mount is detached and still used.
    detached: bool,
    messages: Vec<String>,
    root: Option<MountId>,
}

impl Default for Vfs {
    fn default() -> Self {
        Self::new()
    }
}

impl Vfs {
    /// An empty tree; mount a root next.
    pub fn new() -> Self {
        Vfs {
            slots: Vec::new(),
            mounts: Vec::new(),
            covered: HashMap::new(),
            names: NameCache::new(),
            open: HashMap::new(),
            unreleased: Vec::new(),
            watched: Default::default(),
            loops: (0..LOOPS).map(|_| Loop::default()).collect(),
            detached: false,
            messages: Vec::new(),
            root: None,
        }
    }

    /// Inodes that something holds (open files, directories, mappings).
    pub fn in_use(&self) -> usize {
        self.open.len()
    }

    fn add(
        &mut self,
        fs: Box<dyn FileSystem>,
        over: Option<Location>,
        mut flags: MountFlags,
        source: &str,
    ) -> MountId {
        if !fs.writable() {
            flags |= MountFlags::RDONLY;
        }
        let fs_id = FsId(self.slots.len() as u32);
        let root = fs.root();
        // Anonymous devices have major 0; the first disk is a virtio disk.
        let dev = if fs.device_counters().is_some() {
            0xfe00 + u64::from(fs_id.0)
        } else {
            0x10 + u64::from(fs_id.0)
        };
        self.slots.push(Some(FsSlot { cacheable: fs.cacheable(), fs, dev }));
        self.add_mount(Mount { fs: fs_id, root, over, flags, source: source.to_owned(), detached: false })
    }

    /// Enters a mount and covers what it is over.
    pub(crate) fn add_mount(&mut self, mount: Mount) -> MountId {
        let id = MountId(self.mounts.len() as u32);
        if let Some(over) = mount.over {
            self.covered.insert(over, id);
        }
        self.mounts.push(Some(mount));
        id
    }

    /// Mounts the root file system. `EBUSY` when there is one.
    pub fn mount_root(
        &mut self,
        fs: Box<dyn FileSystem>,
        flags: MountFlags,
        source: &str,
    ) -> FsResult<Location> {
        if self.root.is_some() {
            return fail(Errno::EBUSY);
        }
        let id = self.add(fs, None, flags, source);
        self.root = Some(id);
        self.root()
    }

    /// Mounts `fs` over the directory `at` (mount(2)). `ENOTDIR` when it is none;
    /// a mount over a mount covers it.
    pub fn mount(
        &mut self,
        cx: &Context,
        at: Location,
        fs: Box<dyn FileSystem>,
        flags: MountFlags,
        source: &str,
    ) -> FsResult<MountId> {
        let at = self.cross(at);
        if !access::is_dir(&self.stat(cx, at)?) {
            return fail(Errno::ENOTDIR);
        }
        Ok(self.add(fs, Some(at), flags, source))
    }

    /// Shows the tree at `from` also at `at` (mount(2), MS_BIND): another mount of
    /// the same file system. A file is bound over a file only.
    pub fn bind(
        &mut self,
        cx: &Context,
        from: Location,
        at: Location,
        flags: MountFlags,
    ) -> FsResult<MountId> {
        let at = self.cross(at);
        if access::is_dir(&self.stat(cx, from)?) != access::is_dir(&self.stat(cx, at)?) {
            return fail(Errno::ENOTDIR);
        }
        let old = self.mount_ref(from.mount)?;
        let mount = Mount {
            fs: old.fs,
            root: from.ino,
            over: Some(at),
            flags: old.flags | flags,
            source: old.source.clone(),
            detached: false,
        };
        Ok(self.add_mount(mount))
    }

    /// Mounts `fs` nowhere: for the kernel's own inodes (pipes, sockets), which
    /// then have locations without being in the tree.
    pub fn mount_detached(&mut self, fs: Box<dyn FileSystem>, source: &str) -> MountId {
        self.add(fs, None, MountFlags::empty(), source)
    }

    /// Moves the mount whose root is at `from`, with what is mounted in it, to `to` (mount(2), MS_MOVE): `EINVAL` when
    /// `from` is not the root of a mount, or one is a directory and the other is not; `ELOOP` into itself.
    pub fn move_mount(&mut self, cx: &Context, from: Location, to: Location) -> FsResult<()> {
        let (from, to) = (self.cross(from), self.cross(to));
        let moved = self.mount_ref(from.mount)?;
        let Some(over) = moved.over.filter(|_| moved.root == from.ino) else {
            return fail(Errno::EINVAL);
        };
        if access::is_dir(&self.stat(cx, from)?) != access::is_dir(&self.stat(cx, to)?) {
            return fail(Errno::EINVAL);
        }
        let mut above = Some(to);
        while let Some(at) = above {
            if at.mount == from.mount {
                return fail(Errno::ELOOP);
            }
            above = self.mount_ref(at.mount)?.over;
        }
        self.covered.remove(&over);
        self.covered.insert(to, from.mount);
        if let Some(Some(mount)) = self.mounts.get_mut(from.mount.0 as usize) {
            mount.over = Some(to);
        }
        Ok(())
    }

    /// Unmounts what is mounted at `at` (umount(2)): `EINVAL` when `at` is not the
    /// root of a mount, `EBUSY` when files are open or something is mounted
    /// below.
    pub fn unmount(&mut self, cx: &Context, at: Location) -> FsResult<()> {
        let at = self.cross(at);
        let mount = self.mount_ref(at.mount)?;
        let (fs, over) = (mount.fs, mount.over);
        let Some(over) = over.filter(|_| mount.root == at.ino) else {
            return fail(Errno::EINVAL);
        };
        let below = self.covered.keys().any(|covered| covered.mount == at.mount);
        if below {
            return fail(Errno::EBUSY);
        }
        // Another mount of the file system keeps it.
        let id = at.mount;
        if self.is_mounted_elsewhere(id, fs) {
            self.covered.remove(&over);
            self.mounts[id.0 as usize] = None;
            return Ok(());
        }
        if self.open.keys().any(|inode| inode.fs == fs) {
            return fail(Errno::EBUSY);
        }
        self.end_mount(cx, id, fs)?;
        self.covered.remove(&over);
        Ok(())
    }

    fn is_mounted_elsewhere(&self, id: MountId, fs: FsId) -> bool {
        let mut others = self.mounts.iter().enumerate();
        others.any(|(n, m)| n != id.0 as usize && m.as_ref().is_some_and(|m| m.fs == fs))
    }

    /// Ends the only mount of a file system that nobody uses, and the file system.
    fn end_mount(&mut self, cx: &Context, id: MountId, fs: FsId) -> FsResult<()> {
        match self.fs(fs)?.unmount(cx) {
            Ok(()) => {}
            // A file that cannot be written does not keep its mount for ever.
            Err(error @ (FsError::Io(_) | FsError::Corrupt(_))) if self.loop_of(fs).is_some() => {
                self.log(format!("unmount: {error}"));
            }
            Err(error) => return Err(error),
        }
        self.note_unmount(fs);
        self.collect_messages(fs);
        self.mounts[id.0 as usize] = None;
        self.slots[fs.0 as usize] = None;
        self.names.forget_fs(fs);
        self.unreleased.retain(|inode| inode.fs != fs);
        self.loop_unmounted(cx, fs);
        Ok(())
    }

    /// Takes the mount at `at`, and what is mounted in it, out of the tree; each ends when
    /// nobody uses its file system any more (umount2(2), `MNT_DETACH`).
    pub fn detach(&mut self, cx: &Context, at: Location) -> FsResult<()> {
        let at = self.cross(at);
        let mount = self.mount_ref(at.mount)?;
        if mount.over.is_none() || mount.root != at.ino {
            return fail(Errno::EINVAL);
        }
        let mut gone = vec![at.mount];
        let mut next = 0;
        while let Some(&id) = gone.get(next) {
            next += 1;
            gone.extend(self.covered.iter().filter(|(over, _)| over.mount == id).map(|(_, mount)| *mount));
        }
        for id in gone {
            if let Some(Some(mount)) = self.mounts.get_mut(id.0 as usize) {
                mount.detached = true;
                if let Some(over) = mount.over.take() {
                    self.covered.remove(&over);
                }
            }
        }
        self.detached = true;
        self.end_detached(cx);
        Ok(())
    }

    /// Ends the detached mounts that nobody uses. What a device is not ready for is tried
    /// again later.
    fn end_detached(&mut self, cx: &Context) {
        let detached = |m: &Option<Mount>| m.as_ref().filter(|m| m.detached).map(|m| m.fs);
        let all: Vec<_> = self.mounts.iter().map(detached).enumerate().collect();
        self.detached = false;
        for (n, fs) in all {
            let Some(fs) = fs else { continue };
            let id = MountId(n as u32);
            let used = self.open.keys().any(|inode| inode.fs == fs);
            let ended = !used
                && if self.is_mounted_elsewhere(id, fs) {
                    self.mounts[n] = None;
                    true
                } else {
                    self.end_mount(cx, id, fs).is_ok()
                };
            self.detached |= !ended;
        }
    }

    /// Changes the flags of the mount that `at` is in (`MS_REMOUNT`).
    pub fn remount(&mut self, at: Location, mut flags: MountFlags) -> FsResult<()> {
        let at = self.cross(at);
        let fs = self.mount_ref(at.mount)?.fs;
        if !self.fs(fs)?.writable() {
            flags |= MountFlags::RDONLY;
        }
        if let Some(Some(mount)) = self.mounts.get_mut(at.mount.0 as usize) {
            mount.flags = flags;
        }
        Ok(())
    }

    /// All mounts in the tree, the root first.
    pub fn mounts(&self) -> Vec<MountInfo> {
        let mounts = self.mounts.iter().enumerate();
        mounts
            .filter_map(|(i, mount)| {
                let (id, mount) = (MountId(i as u32), mount.as_ref()?);
                if mount.over.is_none() && self.root != Some(id) {
                    return None;
                }
                let slot = self.slots[mount.fs.0 as usize].as_ref()?;
                Some(MountInfo {
                    id,
                    fs: mount.fs,
                    source: mount.source.clone(),
                    kind: slot.fs.kind(),
                    flags: mount.flags,
                    options: slot.fs.options(),
                    over: mount.over,
                    root: Location { mount: id, ino: mount.root },
                    dev: slot.dev,
                })
            })
            .collect()
    }

    /// The root of the tree. `ENOENT` before one is mounted.
    pub fn root(&self) -> FsResult<Location> {
        let mount = self.root.ok_or(FsError::Errno(Errno::ENOENT))?;
        let ino = self.mount_ref(mount)?.root;
        Ok(self.cross(Location { mount, ino }))
    }

    /// The file system behind a mount, for its owner.
    pub fn file_system(&mut self, mount: MountId) -> FsResult<&mut dyn FileSystem> {
        let fs = self.mount_ref(mount)?.fs;
        self.fs(fs)
    }

    /// The inode that a location names.
    pub fn inode(&self, at: Location) -> FsResult<InodeRef> {
        Ok(InodeRef { fs: self.mount_ref(at.mount)?.fs, ino: at.ino })
    }

    /// Flags of the mount that `at` is in.
    pub fn mount_flags(&self, at: Location) -> FsResult<MountFlags> {
        Ok(self.mount_ref(at.mount)?.flags)
    }

    /// Attributes (stat(2)). No permission is needed on the file itself.
    pub fn stat(&mut self, cx: &Context, at: Location) -> FsResult<Stat> {
        let fs = self.mount_ref(at.mount)?.fs;
        let slot = self.slot(fs)?;
        let mut stat = slot.fs.getattr(cx, at.ino)?;
        stat.dev = slot.dev;
        Ok(stat)
    }

    /// Counts one more use of an inode: an open file, a working directory, a
    /// mapping. While counted, its number stays valid even without a name.
    pub fn open_ref(&mut self, at: Location) -> FsResult<()> {
        let inode = self.inode(at)?;
        let hint = self.names.hint(inode.fs, inode.ino);
        let node = self.open.entry(inode).or_default();
        node.count = node.count.saturating_add(1);
        if let Some(hint) = hint {
            node.hint = Some(hint.clone());
        }
        Ok(())
    }

    /// Ends one use; the last frees an inode without a name. A block that is
    /// pending delays that, not the caller.
    pub fn close_ref(&mut self, cx: &Context, at: Location) {
        let Ok(inode) = self.inode(at) else { return };
        let Some(node) = self.open.get_mut(&inode) else {
            return;
        };
        node.count -= 1;
        if node.count > 0 {
            return;
        }
        if self.open.remove(&inode).is_some_and(|node| node.unlinked) {
            self.unreleased.push(inode);
            self.note(inode, crate::watch::mask::DELETE_SELF, 0, b"");
        }
        self.maintain(cx);
        if self.detached {
            self.end_detached(cx);
        }
    }

    /// Finishes what earlier closes could not because a block was pending. Cheap
    /// when there is nothing; called before every change as well.
    pub fn maintain(&mut self, cx: &Context) {
        if self.unreleased.is_empty() {
            return;
        }
        for inode in core::mem::take(&mut self.unreleased) {
            let Ok(fs) = self.fs(inode.fs) else { continue };
            match fs.release(cx, inode.ino) {
                Ok(()) => {}
                Err(FsError::Pending) => self.unreleased.push(inode),
                Err(error) => self.log(format!("inode {}: {error}", inode.ino.0)),
            }
            self.collect_messages(inode.fs);
        }
    }

    /// How often an inode is counted as used.
    pub fn open_count(&self, inode: InodeRef) -> u32 {
        self.open.get(&inode).map_or(0, |node| node.count)
    }

    /// Log lines since the last call: damage found in images, device failures.
    pub fn take_messages(&mut self) -> Vec<String> {
        for i in 0..self.slots.len() {
            self.collect_messages(FsId(i as u32));
        }
        core::mem::take(&mut self.messages)
    }

    /// Figures of the devices below, summed.
    pub fn device_counters(&self) -> tawaki_blockdev::Counters {
        let mut sum = tawaki_blockdev::Counters::default();
        for slot in self.slots.iter().flatten() {
            if let Some(counters) = slot.fs.device_counters() {
                sum.blocks_read += counters.blocks_read;
                sum.blocks_written += counters.blocks_written;
                sum.requests += counters.requests;
                sum.bytes_fetched += counters.bytes_fetched;
            }
        }
        sum
    }

    pub(crate) fn log(&mut self, line: String) {
        if self.messages.len() < MAX_MESSAGES {
            self.messages.push(line);
        }
    }

    pub(crate) fn collect_messages(&mut self, fs: FsId) {
        let Ok(fs) = self.fs(fs) else { return };
        for line in fs.take_messages() {
            self.log(line);
        }
    }

    pub(crate) fn mount_ref(&self, id: MountId) -> FsResult<&Mount> {
        match self.mounts.get(id.0 as usize) {
            Some(Some(mount)) => Ok(mount),
            _ => fail(Errno::ESTALE),
        }
    }

    pub(crate) fn slot(&mut self, fs: FsId) -> FsResult<&mut FsSlot> {
        match self.slots.get_mut(fs.0 as usize) {
            Some(Some(slot)) => Ok(slot),
            _ => fail(Errno::ESTALE),
        }
    }

    pub(crate) fn fs(&mut self, fs: FsId) -> FsResult<&mut dyn FileSystem> {
        Ok(&mut *self.slot(fs)?.fs)
    }

    /// The file system at a location.
    pub(crate) fn fs_at(&mut self, at: Location) -> FsResult<&mut dyn FileSystem> {
        let fs = self.mount_ref(at.mount)?.fs;
        self.fs(fs)
    }

    /// `EROFS` when the mount is read-only.
    pub(crate) fn check_writable(&self, at: Location) -> FsResult<()> {
        if self.mount_ref(at.mount)?.flags.contains(MountFlags::RDONLY) {
            return fail(Errno::EROFS);
        }
        Ok(())
    }

    /// Goes from a covered directory to what covers it.
    pub(crate) fn cross(&self, mut at: Location) -> Location {
        // Usually there are a handful of mounts and this is one failed look-up.
        while let Some(&mount) = self.covered.get(&at) {
            match self.mount_ref(mount) {
                Ok(m) => at = Location { mount, ino: m.root },
                Err(_) => break,
            }
        }
        at
    }

    pub(crate) fn is_mountpoint(&self, at: Location) -> bool {
        self.covered.contains_key(&at)
    }

    /// `..`: stops at `root`, climbs out of mounts.
    pub(crate) fn parent(&mut self, cx: &Context, root: Location, mut at: Location) -> FsResult<Location> {
        loop {
            if at == root {
                return Ok(at);
            }
            let mount = self.mount_ref(at.mount)?;
            if at.ino != mount.root {
                break;
            }
            match mount.over {
                Some(over) => at = over,
                None => return Ok(at),
            }
        }
        let ino = match self.find(cx, at, b"..")? {
            Known::Node(ino, _) => ino,
            Known::Missing => return fail(Errno::ENOENT),
        };
        Ok(self.cross(Location { ino, ..at }))
    }

    /// What `name` means in directory `dir`, through the name cache; mounts are
    /// not crossed.
    pub(crate) fn find(&mut self, cx: &Context, dir: Location, name: &[u8]) -> FsResult<Known> {
        let fs_id = self.mount_ref(dir.mount)?.fs;
        if let Some(known) = self.names.get(fs_id, dir.ino, name) {
            return Ok(known);
        }
        let slot = self.slot(fs_id)?;
        let cacheable = slot.cacheable;
        let known = match slot.fs.lookup(cx, dir.ino, name) {
            Ok(ino) => {
                let mode = slot.fs.getattr(cx, ino)?.mode;
                match FileKind::from_mode(mode) {
                    Some(kind) => Known::Node(ino, kind),
                    None => return fail(Errno::EIO),
                }
            }
            Err(error) if error.is(Errno::ENOENT) => Known::Missing,
            Err(error) => return Err(error),
        };
        if cacheable {
            self.names.put(fs_id, dir.ino, name, known);
        }
        Ok(known)
    }

    /// Search permission on `dir`, which must be a directory.
    pub(crate) fn check_search(&mut self, cx: &Context, dir: Location) -> FsResult<()> {
        let stat = self.stat(cx, dir)?;
        if !access::is_dir(&stat) {
            return fail(Errno::ENOTDIR);
        }
        self.check(cx, dir, &stat, Access::EXEC)
    }
}
