//! A file system in memory with a size limit (tmpfs(5)).
//!
//! Inode numbers are never reused, directory cookies are insertion numbers, file
//! contents are sparse pages. Every operation checks first and changes after, so
//! there is nothing to undo.

use crate::acl::{ACL_ACCESS, ACL_DEFAULT};
use crate::error::{FsResult, fail};
use crate::fs::{FileSystem, Rename};
use crate::types::{
    Context, DirEntry, DirSink, Ino, NAME_MAX, NewNode, RenameFlags, SetAttr, TimeSet, XattrFlags,
};
use crate::xattr::CAPABILITY;
use std::collections::{BTreeMap, HashMap};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, Stat, Statfs, Timespec};

/// Bytes of a page of contents.
const PAGE: usize = 4096;
/// tmpfs's magic (statfs(2)).
const MAGIC: u32 = 0x0102_1994;
/// Cookies: `.` ends at 1, `..` at 2, then insertion numbers.
const FIRST_SEQ: u64 = 3;

#[derive(Default)]
struct Dir {
    parent: u64,
    next_seq: u64,
    by_seq: BTreeMap<u64, (Box<[u8]>, u64)>,
    by_name: HashMap<Box<[u8]>, u64>,
}

impl Dir {
    fn new(parent: u64) -> Self {
        Dir { parent, next_seq: FIRST_SEQ, ..Dir::default() }
    }

    fn get(&self, name: &[u8]) -> Option<u64> {
        let seq = self.by_name.get(name)?;
        self.by_seq.get(seq).map(|entry| entry.1)
    }

    fn insert(&mut self, name: &[u8], ino: u64) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.by_name.insert(name.into(), seq);
        self.by_seq.insert(seq, (name.into(), ino));
    }

    fn remove(&mut self, name: &[u8]) {
        if let Some(seq) = self.by_name.remove(name) {
            self.by_seq.remove(&seq);
        }
    }

    /// Lets an existing name mean another inode, keeping its cookie.
    fn replace(&mut self, name: &[u8], ino: u64) {
        if let Some(entry) = self.by_name.get(name).and_then(|seq| self.by_seq.get_mut(seq)) {
            entry.1 = ino;
        }
    }
}

enum Body {
    File { size: u64, pages: BTreeMap<u64, Box<[u8; PAGE]>> },
    Dir(Dir),
    Symlink(Vec<u8>),
    Special,
}

struct Node {
    mode: u32,
    uid: u32,
    gid: u32,
    nlink: u32,
    rdev: u64,
    atime: Timespec,
    mtime: Timespec,
    ctime: Timespec,
    body: Body,
    /// Extended attributes by full name.
    attributes: BTreeMap<Box<[u8]>, Box<[u8]>>,
}

/// A file system in memory.
pub struct Tmpfs {
    nodes: HashMap<u64, Node>,
    next: u64,
    max_pages: u64,
    used_pages: u64,
    max_inodes: u64,
    /// Names in all directories; bounded like inodes.
    names: u64,
    /// What extended attributes take, bytes; at most a quarter of the size.
    attribute_bytes: usize,
}

const ROOT: u64 = 1;

impl Tmpfs {
    /// An empty file system for `size` bytes of contents whose root has `mode`
    /// (1777 for `/tmp`) and belongs to the superuser.
    pub fn new(size: u64, mode: u32, now: Timespec) -> Self {
        let root = Node {
            mode: S_IFDIR | mode & 0o7777,
            uid: 0,
            gid: 0,
            nlink: 2,
            rdev: 0,
            atime: now,
            mtime: now,
            ctime: now,
            body: Body::Dir(Dir::new(ROOT)),
            attributes: BTreeMap::new(),
        };
        let max_pages = size.div_ceil(PAGE as u64);
        Tmpfs {
            nodes: HashMap::from([(ROOT, root)]),
            next: ROOT + 1,
            max_pages,
            used_pages: 0,
            max_inodes: max_pages.clamp(1024, 1 << 20),
            names: 0,
            attribute_bytes: 0,
        }
    }

    fn node(&self, ino: Ino) -> FsResult<&Node> {
        self.nodes.get(&ino.0).ok_or(Errno::ESTALE.into())
    }

    fn node_mut(&mut self, ino: Ino) -> FsResult<&mut Node> {
        self.nodes.get_mut(&ino.0).ok_or(Errno::ESTALE.into())
    }

    fn dir(&self, ino: Ino) -> FsResult<&Dir> {
        match &self.node(ino)?.body {
            Body::Dir(dir) => Ok(dir),
            _ => fail(Errno::ENOTDIR),
        }
    }

    /// The directory for changing its names; stamps its times.
    fn dir_mut(&mut self, ino: Ino, now: Timespec) -> FsResult<&mut Dir> {
        let node = self.node_mut(ino)?;
        node.mtime = now;
        node.ctime = now;
        match &mut node.body {
            Body::Dir(dir) => Ok(dir),
            _ => fail(Errno::ENOTDIR),
        }
    }

    fn links(&mut self, ino: u64, change: i32, now: Timespec) {
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.nlink = node.nlink.saturating_add_signed(change);
            node.ctime = now;
        }
    }

    /// Frees a node whose last name is gone, unless it is kept for its users.
    fn drop_if_unused(&mut self, ino: u64, keep: bool) {
        if keep || self.nodes.get(&ino).is_none_or(|node| node.nlink > 0) {
            return;
        }
        if let Some(node) = self.nodes.remove(&ino) {
            let bytes: usize = node.attributes.iter().map(|(name, value)| attribute_cost(name, value)).sum();
            self.attribute_bytes -= bytes;
            match node.body {
                Body::File { pages, .. } => self.used_pages -= pages.len() as u64,
                Body::Symlink(_) | Body::Dir(_) | Body::Special => {}
            }
        }
    }

    fn insert_node(&mut self, cx: &Context, new: &NewNode<'_>, parent: u64) -> FsResult<u64> {
        if self.nodes.len() as u64 >= self.max_inodes {
            return fail(Errno::ENOSPC);
        }
        let body = match new.mode & S_IFMT {
            S_IFREG => Body::File { size: 0, pages: BTreeMap::new() },
            S_IFDIR => Body::Dir(Dir::new(parent)),
            S_IFLNK => Body::Symlink(new.target.to_vec()),
            _ => Body::Special,
        };
        let cost: usize = new.attributes.iter().map(|(name, value)| attribute_cost(name, value)).sum();
        if cost > 0 && self.attribute_bytes + cost > (self.max_pages as usize).saturating_mul(PAGE / 4) {
            return fail(Errno::ENOSPC);
        }
        self.attribute_bytes += cost;
        let ino = self.next;
        self.next += 1;
        self.nodes.insert(
            ino,
            Node {
                mode: new.mode,
                uid: new.uid,
                gid: new.gid,
                nlink: 0,
                rdev: new.rdev,
                atime: cx.now,
                mtime: cx.now,
                ctime: cx.now,
                body,
                attributes: new
                    .attributes
                    .iter()
                    .map(|(name, value)| ((*name).into(), value[..].into()))
                    .collect(),
            },
        );
        Ok(ino)
    }

    fn check_name(&self, name: &[u8]) -> FsResult<()> {
        if name.len() > NAME_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        if self.names >= self.max_inodes * 2 {
            return fail(Errno::ENOSPC);
        }
        Ok(())
    }

    fn is_empty_dir(&self, ino: Ino) -> FsResult<()> {
        if self.dir(ino)?.by_seq.is_empty() { Ok(()) } else { fail(Errno::ENOTEMPTY) }
    }

    fn set_size(&mut self, ino: Ino, new_size: u64) -> FsResult<()> {
        let node = self.node_mut(ino)?;
        let Body::File { size, pages } = &mut node.body else {
            return fail(Errno::EINVAL);
        };
        let mut freed = 0;
        if new_size < *size {
            let first_gone = new_size.div_ceil(PAGE as u64);
            let gone = pages.split_off(&first_gone);
            freed = gone.len() as u64;
            // What lies behind the end must read as zeros if the file grows again.
            let within = (new_size % PAGE as u64) as usize;
            if within != 0
                && let Some(page) = pages.get_mut(&(new_size / PAGE as u64))
            {
                page[within..].fill(0);
            }
        }
        *size = new_size;
        self.used_pages -= freed;
        Ok(())
    }
}

/// What an attribute takes, bytes: with what the map adds, so that many small ones are bounded too.
fn attribute_cost(name: &[u8], value: &[u8]) -> usize {
    name.len() + value.len() + 128
}

/// The name spaces that tmpfs keeps.
fn check_xattr_name(name: &[u8]) -> FsResult<()> {
    if name == ACL_ACCESS || name == ACL_DEFAULT {
        return Ok(());
    }
    for prefix in [&b"user."[..], b"trusted.", b"security."] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return if rest.is_empty() { fail(Errno::EINVAL) } else { Ok(()) };
        }
    }
    fail(Errno::EOPNOTSUPP)
}

impl FileSystem for Tmpfs {
    fn kind(&self) -> &'static str {
        "tmpfs"
    }

    fn root(&self) -> Ino {
        Ino(ROOT)
    }

    fn writable(&self) -> bool {
        true
    }

    fn keeps_atime(&self) -> bool {
        true
    }

    fn touch(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        self.node_mut(ino)?.atime = cx.now;
        Ok(())
    }

    fn options(&self) -> String {
        format!(",size={}k", self.max_pages * (PAGE as u64 / 1024))
    }

    fn statfs(&mut self, _cx: &Context) -> FsResult<Statfs> {
        let free = self.max_pages.saturating_sub(self.used_pages);
        Ok(Statfs {
            kind: MAGIC,
            bsize: PAGE as u32,
            blocks: self.max_pages,
            bfree: free,
            bavail: free,
            files: self.max_inodes,
            ffree: self.max_inodes.saturating_sub(self.nodes.len() as u64),
            fsid: 0,
            namelen: NAME_MAX as u32,
            flags: 0,
        })
    }

    fn getattr(&mut self, _cx: &Context, ino: Ino) -> FsResult<Stat> {
        let node = self.node(ino)?;
        let (size, pages) = match &node.body {
            Body::File { size, pages } => (*size, pages.len() as u64),
            Body::Dir(dir) => (dir.by_seq.len() as u64 * 20 + 40, 0),
            Body::Symlink(target) => (target.len() as u64, 0),
            Body::Special => (0, 0),
        };
        Ok(Stat {
            dev: 0,
            ino: ino.0,
            mode: node.mode,
            nlink: node.nlink,
            uid: node.uid,
            gid: node.gid,
            rdev: node.rdev,
            size,
            blksize: PAGE as u32,
            blocks: pages * (PAGE as u64 / 512),
            atime: node.atime,
            mtime: node.mtime,
            ctime: node.ctime,
        })
    }

    fn lookup(&mut self, _cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        let dir = self.dir(dir)?;
        if name == b".." {
            return Ok(Ino(dir.parent));
        }
        dir.get(name).map(Ino).ok_or(Errno::ENOENT.into())
    }

    fn readdir(&mut self, _cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let entries = self.dir(dir)?;
        let dots: [(&[u8], u64); 2] = [(b".", dir.0), (b"..", entries.parent)];
        for (at, (name, ino)) in dots.into_iter().enumerate() {
            let next = at as u64 + 1;
            let entry = DirEntry { ino: Ino(ino), next, kind: (S_IFDIR >> 12) as u8, name };
            if cookie < next && !sink(&entry) {
                return Ok(());
            }
        }
        for (&seq, (name, ino)) in entries.by_seq.range(cookie..) {
            let mode = self.nodes.get(ino).map_or(0, |node| node.mode);
            let entry = DirEntry { ino: Ino(*ino), next: seq + 1, kind: (mode >> 12) as u8, name };
            if !sink(&entry) {
                break;
            }
        }
        Ok(())
    }

    fn readlink(&mut self, _cx: &Context, ino: Ino) -> FsResult<Vec<u8>> {
        match &self.node(ino)?.body {
            Body::Symlink(target) => Ok(target.clone()),
            _ => fail(Errno::EINVAL),
        }
    }

    fn read(&mut self, _cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let Body::File { size, pages } = &self.node(ino)?.body else {
            return fail(Errno::EINVAL);
        };
        let len = size.saturating_sub(offset).min(buf.len() as u64) as usize;
        let mut at = offset;
        let mut rest = &mut buf[..len];
        while !rest.is_empty() {
            let within = (at % PAGE as u64) as usize;
            let n = rest.len().min(PAGE - within);
            let (head, tail) = rest.split_at_mut(n);
            match pages.get(&(at / PAGE as u64)) {
                Some(page) => head.copy_from_slice(&page[within..within + n]),
                None => head.fill(0),
            }
            rest = tail;
            at += n as u64;
        }
        Ok(len)
    }

    fn write(&mut self, cx: &Context, ino: Ino, offset: u64, data: &[u8]) -> FsResult<usize> {
        let free = self.max_pages.saturating_sub(self.used_pages);
        let node = self.node_mut(ino)?;
        let Body::File { size, pages } = &mut node.body else {
            return fail(Errno::EINVAL);
        };
        let mut at = offset;
        let mut rest = data;
        let mut fresh = 0;
        while !rest.is_empty() {
            let within = (at % PAGE as u64) as usize;
            let n = rest.len().min(PAGE - within);
            let index = at / PAGE as u64;
            let page = match pages.entry(index) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    if fresh == free {
                        break;
                    }
                    fresh += 1;
                    entry.insert(Box::new([0; PAGE]))
                }
            };
            page[within..within + n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            at += n as u64;
        }
        let done = data.len() - rest.len();
        if done > 0 {
            *size = (*size).max(at);
            node.mtime = cx.now;
            node.ctime = cx.now;
        }
        self.used_pages += fresh;
        if done == 0 && !data.is_empty() {
            return fail(Errno::ENOSPC);
        }
        Ok(done)
    }

    fn create(&mut self, cx: &Context, dir: Ino, name: &[u8], new: &NewNode<'_>) -> FsResult<Ino> {
        self.check_name(name)?;
        if self.dir(dir)?.get(name).is_some() {
            return fail(Errno::EEXIST);
        }
        let ino = self.insert_node(cx, new, dir.0)?;
        self.dir_mut(dir, cx.now)?.insert(name, ino);
        self.names += 1;
        if new.mode & S_IFMT == S_IFDIR {
            self.links(ino, 2, cx.now);
            self.links(dir.0, 1, cx.now);
        } else {
            self.links(ino, 1, cx.now);
        }
        Ok(Ino(ino))
    }

    fn create_unnamed(&mut self, cx: &Context, new: &NewNode<'_>) -> FsResult<Ino> {
        Ok(Ino(self.insert_node(cx, new, ROOT)?))
    }

    fn link(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino) -> FsResult<()> {
        self.check_name(name)?;
        if self.dir(dir)?.get(name).is_some() {
            return fail(Errno::EEXIST);
        }
        if self.node(ino)?.nlink >= u32::MAX / 2 {
            return fail(Errno::EMLINK);
        }
        self.dir_mut(dir, cx.now)?.insert(name, ino.0);
        self.names += 1;
        self.links(ino.0, 1, cx.now);
        Ok(())
    }

    fn unlink(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        self.dir_mut(dir, cx.now)?.remove(name);
        self.names -= 1;
        self.links(ino.0, -1, cx.now);
        self.drop_if_unused(ino.0, keep);
        Ok(())
    }

    fn rmdir(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        self.is_empty_dir(ino)?;
        self.dir_mut(dir, cx.now)?.remove(name);
        self.names -= 1;
        self.links(ino.0, -2, cx.now);
        self.links(dir.0, -1, cx.now);
        self.drop_if_unused(ino.0, keep);
        Ok(())
    }

    fn rename(&mut self, cx: &Context, r: &Rename<'_>) -> FsResult<()> {
        let exchange = r.flags.contains(RenameFlags::EXCHANGE);
        if r.new_name.len() > NAME_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        if let Some(target) = r.target
            && r.target_is_dir
            && !exchange
        {
            self.is_empty_dir(target)?;
        }
        let moved = r.old_dir != r.new_dir;
        let old_dir = self.dir_mut(r.old_dir, cx.now)?;
        match r.target {
            Some(target) if exchange => old_dir.replace(r.old_name, target.0),
            _ => old_dir.remove(r.old_name),
        }
        let new_dir = self.dir_mut(r.new_dir, cx.now)?;
        match r.target {
            Some(_) => new_dir.replace(r.new_name, r.node.0),
            None => new_dir.insert(r.new_name, r.node.0),
        }
        self.links(r.node.0, 0, cx.now);
        let reparent = |fs: &mut Self, ino: Ino, from: Ino, to: Ino| -> FsResult<()> {
            if let Body::Dir(dir) = &mut fs.node_mut(ino)?.body {
                dir.parent = to.0;
            }
            fs.links(from.0, -1, cx.now);
            fs.links(to.0, 1, cx.now);
            Ok(())
        };
        if r.node_is_dir && moved {
            reparent(self, r.node, r.old_dir, r.new_dir)?;
        }
        let Some(target) = r.target else {
            return Ok(());
        };
        if exchange {
            self.links(target.0, 0, cx.now);
            if r.target_is_dir && moved {
                reparent(self, target, r.new_dir, r.old_dir)?;
            }
            return Ok(());
        }
        self.names -= 1;
        if r.target_is_dir {
            self.links(target.0, -2, cx.now);
            self.links(r.new_dir.0, -1, cx.now);
        } else {
            self.links(target.0, -1, cx.now);
        }
        self.drop_if_unused(target.0, r.keep_target);
        Ok(())
    }

    fn xattr(&mut self, _cx: &Context, ino: Ino, name: &[u8]) -> FsResult<Vec<u8>> {
        check_xattr_name(name)?;
        let value = self.node(ino)?.attributes.get(name).ok_or(Errno::ENODATA)?;
        Ok(value.to_vec())
    }

    fn xattr_names(&mut self, _cx: &Context, ino: Ino) -> FsResult<Vec<Vec<u8>>> {
        Ok(self.node(ino)?.attributes.keys().map(|name| name.to_vec()).collect())
    }

    fn set_xattr(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &[u8],
        value: Option<&[u8]>,
        flags: XattrFlags,
    ) -> FsResult<()> {
        check_xattr_name(name)?;
        let limit = (self.max_pages as usize).saturating_mul(PAGE / 4);
        let used = self.attribute_bytes;
        let node = self.node_mut(ino)?;
        let before = node.attributes.get(name).map(|old| attribute_cost(name, old));
        if before.is_some() && flags.contains(XattrFlags::CREATE) {
            return fail(Errno::EEXIST);
        }
        if before.is_none() && (flags.contains(XattrFlags::REPLACE) || value.is_none()) {
            return fail(Errno::ENODATA);
        }
        let after = value.map_or(0, |value| attribute_cost(name, value));
        let used = used - before.unwrap_or(0) + after;
        if used > limit && value.is_some() {
            return fail(Errno::ENOSPC);
        }
        match value {
            Some(value) => drop(node.attributes.insert(name.into(), value.into())),
            None => drop(node.attributes.remove(name)),
        }
        node.ctime = cx.now;
        self.attribute_bytes = used;
        Ok(())
    }

    fn set_acl(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &'static [u8],
        value: Option<&[u8]>,
        mode: Option<u32>,
    ) -> FsResult<()> {
        if value.is_some() || self.node(ino)?.attributes.contains_key(name) {
            self.set_xattr(cx, ino, name, value, XattrFlags::empty())?;
        }
        let node = self.node_mut(ino)?;
        if let Some(mode) = mode {
            node.mode = node.mode & S_IFMT | mode & 0o7777;
        }
        node.ctime = cx.now;
        Ok(())
    }

    fn drop_capabilities(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        if !self.node(ino)?.attributes.contains_key(CAPABILITY) {
            return Ok(());
        }
        self.set_xattr(cx, ino, CAPABILITY, None, XattrFlags::empty())
    }

    fn setattr(&mut self, cx: &Context, ino: Ino, set: &SetAttr) -> FsResult<()> {
        if let Some(size) = set.size {
            self.set_size(ino, size)?;
        }
        let node = self.node_mut(ino)?;
        if set.size.is_some() {
            node.mtime = cx.now;
        }
        if let Some(mode) = set.mode {
            node.mode = node.mode & S_IFMT | mode & 0o7777;
        }
        node.uid = set.uid.unwrap_or(node.uid);
        node.gid = set.gid.unwrap_or(node.gid);
        let time = |set: Option<TimeSet>, old| match set {
            None => old,
            Some(TimeSet::Now) => cx.now,
            Some(TimeSet::At(time)) => time,
        };
        node.atime = time(set.atime, node.atime);
        node.mtime = time(set.mtime, node.mtime);
        node.ctime = cx.now;
        Ok(())
    }

    fn fallocate(&mut self, cx: &Context, ino: Ino, offset: u64, len: u64, keep_size: bool) -> FsResult<()> {
        let free = self.max_pages.saturating_sub(self.used_pages);
        let node = self.node_mut(ino)?;
        let Body::File { size, pages } = &mut node.body else {
            return fail(Errno::EINVAL);
        };
        let end = offset.saturating_add(len);
        let range = offset / PAGE as u64..end.div_ceil(PAGE as u64);
        let missing = (range.end - range.start) - pages.range(range.clone()).count() as u64;
        if missing > free {
            return fail(Errno::ENOSPC);
        }
        for index in range {
            pages.entry(index).or_insert_with(|| Box::new([0; PAGE]));
        }
        if !keep_size {
            *size = (*size).max(end);
        }
        node.ctime = cx.now;
        self.used_pages += missing;
        Ok(())
    }

    fn release(&mut self, _cx: &Context, ino: Ino) -> FsResult<()> {
        self.drop_if_unused(ino.0, false);
        Ok(())
    }
}
