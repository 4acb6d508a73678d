//! Operations on names: creating, linking, removing, renaming.

use crate::access::{check_sticky, is_dir};
use crate::error::{Corrupt, CorruptKind, FsResult, fail};
use crate::fs::Rename;
use crate::names::Known;
use crate::resolve::{Last, Resolved};
use crate::types::{
    Access, At, Context, FileKind, Ino, InodeRef, Location, NewNode, PATH_MAX, Powers, RenameFlags,
    ResolveFlags,
};
use crate::vfs::Vfs;
use crate::watch::mask;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_ISGID};

fn dir_bit(is_dir: bool) -> u32 {
    if is_dir { mask::ISDIR } else { 0 }
}

/// More levels than any path can name: a loop in the image.
const MAX_DEPTH: usize = 100_000;

impl Vfs {
    /// Creates a directory (mkdir(2)).
    pub fn mkdir(&mut self, cx: &Context, at: &At, path: &[u8], mode: u32) -> FsResult<Location> {
        self.create(cx, at, path, S_IFDIR | mode & 0o1777, 0, &[])
    }

    /// Creates a regular file, FIFO, socket or device node (mknod(2)). Device
    /// nodes need privilege (`EPERM`).
    pub fn mknod(&mut self, cx: &Context, at: &At, path: &[u8], mode: u32, rdev: u64) -> FsResult<Location> {
        let mode = if mode & S_IFMT == 0 { mode | S_IFREG } else { mode };
        match FileKind::from_mode(mode) {
            None | Some(FileKind::Symlink) => return fail(Errno::EINVAL),
            Some(FileKind::Directory) => return fail(Errno::EPERM),
            Some(_) => {}
        }
        let device = matches!(mode & S_IFMT, S_IFCHR | S_IFBLK);
        if device && !cx.creds.may(Powers::MKNOD) {
            return fail(Errno::EPERM);
        }
        let rdev = if device { rdev } else { 0 };
        self.create(cx, at, path, mode & (S_IFMT | 0o7777), rdev, &[])
    }

    /// Creates a symbolic link with the text `target` (symlink(2)).
    pub fn symlink(&mut self, cx: &Context, target: &[u8], at: &At, path: &[u8]) -> FsResult<Location> {
        if target.is_empty() {
            return fail(Errno::ENOENT);
        }
        if target.len() >= PATH_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        self.create(cx, at, path, S_IFLNK | 0o777, 0, target)
    }

    fn create(
        &mut self,
        cx: &Context,
        at: &At,
        path: &[u8],
        mode: u32,
        rdev: u64,
        target: &[u8],
    ) -> FsResult<Location> {
        let found = self.resolve(cx, at, path, ResolveFlags::PARENT)?;
        if found.last != Last::Name || found.node.is_some() {
            return fail(Errno::EEXIST);
        }
        if found.trailing_slash && mode & S_IFMT != S_IFDIR {
            return fail(Errno::ENOENT);
        }
        let node = NewNode { mode, uid: cx.creds.uid, gid: cx.creds.gid, rdev, target, ..NewNode::default() };
        self.create_node(cx, &found, &node)
    }

    /// Creates under a resolved, free name: permission, set-group-ID directories.
    pub(crate) fn create_node(
        &mut self,
        cx: &Context,
        found: &Resolved,
        node: &NewNode<'_>,
    ) -> FsResult<Location> {
        let dir = found.parent;
        self.check_writable(dir)?;
        let stat = self.stat(cx, dir)?;
        self.check_add(cx, dir, &stat)?;
        let mut node = *node;
        let (attributes, mode) = self.inherited(cx, dir, node.mode)?;
        node.mode = mode;
        node.attributes = &attributes;
        if stat.mode & S_ISGID != 0 {
            node.gid = stat.gid;
            if node.mode & S_IFMT == S_IFDIR {
                node.mode |= S_ISGID;
            }
        }
        if node.mode & S_ISGID != 0
            && node.mode & S_IFMT != S_IFDIR
            && !cx.creds.may(Powers::FSETID)
            && !cx.creds.in_group(node.gid)
        {
            node.mode &= !S_ISGID;
        }
        self.maintain(cx);
        let inode = self.inode(dir)?;
        let slot = self.slot(inode.fs)?;
        let cacheable = slot.cacheable;
        let ino = slot.fs.create(cx, dir.ino, &found.name, &node)?;
        if cacheable && let Some(kind) = FileKind::from_mode(node.mode) {
            self.names.put(inode.fs, dir.ino, &found.name, Known::Node(ino, kind));
        }
        self.note(inode, mask::CREATE | dir_bit(node.mode & S_IFMT == S_IFDIR), 0, &found.name);
        Ok(Location { ino, ..dir })
    }

    /// Adding a name to a directory: permission, and that it still has a name.
    fn check_add(&mut self, cx: &Context, dir: Location, stat: &tawaki_abi::fs::Stat) -> FsResult<()> {
        if stat.nlink == 0 {
            return fail(Errno::ENOENT);
        }
        self.check(cx, dir, stat, Access::WRITE | Access::EXEC)
    }

    /// Adds the name `path` for `old` (link(2)). The caller resolved `old`,
    /// following links or not. Directories are `EPERM`.
    pub fn link(&mut self, cx: &Context, old: Location, at: &At, path: &[u8]) -> FsResult<()> {
        let found = self.resolve(cx, at, path, ResolveFlags::PARENT)?;
        if found.last != Last::Name || found.node.is_some() {
            return fail(Errno::EEXIST);
        }
        if found.trailing_slash {
            return fail(Errno::ENOENT);
        }
        let dir = found.parent;
        if old.mount != dir.mount {
            return fail(Errno::EXDEV);
        }
        self.check_writable(dir)?;
        let dir_stat = self.stat(cx, dir)?;
        self.check_add(cx, dir, &dir_stat)?;
        let stat = self.stat(cx, old)?;
        if is_dir(&stat) {
            return fail(Errno::EPERM);
        }
        let inode = self.inode(old)?;
        let unnamed = stat.nlink == 0;
        if unnamed && !self.open.contains_key(&inode) {
            return fail(Errno::ENOENT);
        }
        self.maintain(cx);
        self.fs(inode.fs)?.link(cx, dir.ino, &found.name, old.ino)?;
        if let Some(open) = self.open.get_mut(&inode) {
            open.unlinked = false;
        }
        if let Some(kind) = FileKind::from_mode(stat.mode) {
            self.remember(inode.fs, dir.ino, &found.name, Known::Node(old.ino, kind));
        }
        self.note(inode, mask::ATTRIB, 0, b"");
        self.note(InodeRef { ino: dir.ino, ..inode }, mask::CREATE, 0, &found.name);
        Ok(())
    }

    /// Removes a name that is not a directory's (unlink(2)).
    pub fn unlink(&mut self, cx: &Context, at: &At, path: &[u8]) -> FsResult<()> {
        let found = self.resolve(cx, at, path, ResolveFlags::PARENT)?;
        if found.last != Last::Name {
            return fail(Errno::EISDIR);
        }
        self.check_writable(found.parent)?;
        let (victim, kind) = found.node.ok_or(Errno::ENOENT)?;
        if found.trailing_slash && kind != FileKind::Directory {
            return fail(Errno::ENOTDIR);
        }
        let nlink = self.check_victim(cx, found.parent, victim)?;
        if kind == FileKind::Directory {
            return fail(Errno::EISDIR);
        }
        if self.is_mountpoint(victim) {
            return fail(Errno::EBUSY);
        }
        self.maintain(cx);
        let inode = self.inode(victim)?;
        let keep = self.open.contains_key(&inode);
        self.fs(inode.fs)?.unlink(cx, found.parent.ino, &found.name, victim.ino, keep)?;
        self.forgotten(inode, found.parent.ino, &found.name, nlink <= 1);
        self.note_removal(inode, found.parent.ino, &found.name, false, nlink <= 1);
        Ok(())
    }

    /// Removes an empty directory (rmdir(2)).
    pub fn rmdir(&mut self, cx: &Context, at: &At, path: &[u8]) -> FsResult<()> {
        let found = self.resolve(cx, at, path, ResolveFlags::PARENT)?;
        match found.last {
            Last::Name => {}
            Last::Dot => return fail(Errno::EINVAL),
            Last::DotDot => return fail(Errno::ENOTEMPTY),
            Last::Root => return fail(Errno::EBUSY),
        }
        self.check_writable(found.parent)?;
        let (victim, kind) = found.node.ok_or(Errno::ENOENT)?;
        self.check_victim(cx, found.parent, victim)?;
        if kind != FileKind::Directory {
            return fail(Errno::ENOTDIR);
        }
        if self.is_mountpoint(victim) || victim == at.root {
            return fail(Errno::EBUSY);
        }
        self.maintain(cx);
        let inode = self.inode(victim)?;
        let keep = self.open.contains_key(&inode);
        self.fs(inode.fs)?.rmdir(cx, found.parent.ino, &found.name, victim.ino, keep)?;
        self.names.directory_removed(inode.fs, victim.ino);
        self.forgotten(inode, found.parent.ino, &found.name, true);
        self.note_removal(inode, found.parent.ino, &found.name, true, true);
        Ok(())
    }

    /// Permission to remove a name; returns the victim's link count.
    fn check_victim(&mut self, cx: &Context, dir: Location, victim: Location) -> FsResult<u32> {
        let stat = self.stat(cx, dir)?;
        self.check(cx, dir, &stat, Access::WRITE | Access::EXEC)?;
        let victim = self.stat(cx, victim)?;
        check_sticky(cx.creds, &stat, &victim)?;
        Ok(victim.nlink)
    }

    fn remember(&mut self, fs: crate::types::FsId, dir: Ino, name: &[u8], known: Known) {
        if self.slot(fs).is_ok_and(|slot| slot.cacheable) {
            self.names.put(fs, dir, name, known);
        } else {
            self.names.forget(fs, dir, name);
        }
    }

    /// Book-keeping after a name of `inode` is gone, `last` if it was its last.
    fn forgotten(&mut self, inode: InodeRef, dir: Ino, name: &[u8], last: bool) {
        self.remember(inode.fs, dir, name, Known::Missing);
        self.dropped(inode, last);
    }

    /// Notes that a name is gone, and the inode with it unless it is open.
    fn note_removal(&mut self, inode: InodeRef, dir: Ino, name: &[u8], is_dir: bool, last: bool) {
        if !self.watches() {
            return;
        }
        if !is_dir {
            self.note(inode, mask::ATTRIB, 0, b"");
        }
        self.note(InodeRef { ino: dir, ..inode }, mask::DELETE | dir_bit(is_dir), 0, name);
        if last && !self.open.contains_key(&inode) {
            self.note(inode, mask::DELETE_SELF, 0, b"");
        }
    }

    fn dropped(&mut self, inode: InodeRef, last: bool) {
        if last && let Some(open) = self.open.get_mut(&inode) {
            open.unlinked = true;
        }
    }

    /// Renames (renameat2(2)).
    pub fn rename(
        &mut self,
        cx: &Context,
        old_at: &At,
        old_path: &[u8],
        new_at: &At,
        new_path: &[u8],
        flags: RenameFlags,
    ) -> FsResult<()> {
        if flags.contains(RenameFlags::NOREPLACE | RenameFlags::EXCHANGE) {
            return fail(Errno::EINVAL);
        }
        let exchange = flags.contains(RenameFlags::EXCHANGE);
        let old = self.resolve(cx, old_at, old_path, ResolveFlags::PARENT)?;
        let new = self.resolve(cx, new_at, new_path, ResolveFlags::PARENT)?;
        if old.parent.mount != new.parent.mount {
            return fail(Errno::EXDEV);
        }
        if old.last != Last::Name {
            return fail(Errno::EBUSY);
        }
        if new.last != Last::Name {
            let noreplace = flags.contains(RenameFlags::NOREPLACE);
            return fail(if noreplace { Errno::EEXIST } else { Errno::EBUSY });
        }
        self.check_writable(old.parent)?;
        let (node, kind) = old.node.ok_or(Errno::ENOENT)?;
        let node_is_dir = kind == FileKind::Directory;
        if flags.contains(RenameFlags::NOREPLACE) && new.node.is_some() {
            return fail(Errno::EEXIST);
        }
        if exchange && new.node.is_none() {
            return fail(Errno::ENOENT);
        }
        let target_is_dir = matches!(new.node, Some((_, FileKind::Directory)));
        let slashes = old.trailing_slash || (new.trailing_slash && !exchange);
        if slashes && !node_is_dir || exchange && new.trailing_slash && !target_is_dir {
            return fail(Errno::ENOTDIR);
        }
        let moved = old.parent.ino != new.parent.ino;
        if node_is_dir && moved && self.is_below(cx, new.parent, node.ino)? {
            return fail(Errno::EINVAL);
        }
        if target_is_dir
            && moved
            && let Some((target, _)) = new.node
            && self.is_below(cx, old.parent, target.ino)?
        {
            return fail(if exchange { Errno::EINVAL } else { Errno::ENOTEMPTY });
        }
        if new.node.is_some_and(|(target, _)| target == node) {
            return Ok(());
        }
        let target_links = self.check_rename(cx, &old, &new, node, node_is_dir, target_is_dir, exchange)?;
        self.maintain(cx);
        let inode = self.inode(node)?;
        let target = new.node.map(|(target, _)| target.ino);
        let target_ref = target.map(|ino| InodeRef { ino, ..inode });
        let keep_target = target_ref.is_some_and(|inode| self.open.contains_key(&inode));
        self.fs(inode.fs)?.rename(
            cx,
            &Rename {
                old_dir: old.parent.ino,
                old_name: &old.name,
                node: node.ino,
                node_is_dir,
                new_dir: new.parent.ino,
                new_name: &new.name,
                target,
                target_is_dir,
                keep_target,
                flags,
            },
        )?;
        let (fs, old_dir, new_dir) = (inode.fs, old.parent.ino, new.parent.ino);
        self.remember(fs, new_dir, &new.name, Known::Node(node.ino, kind));
        self.names.forget(fs, node.ino, b"..");
        match (exchange, new.node) {
            (true, Some((target, kind))) => {
                self.remember(fs, old_dir, &old.name, Known::Node(target.ino, kind));
                self.names.forget(fs, target.ino, b"..");
            }
            _ => {
                self.remember(fs, old_dir, &old.name, Known::Missing);
                if let Some(target) = target_ref {
                    if target_is_dir {
                        self.names.directory_removed(fs, target.ino);
                    }
                    self.dropped(target, target_is_dir || target_links <= 1);
                }
            }
        }
        if self.watches() {
            let cookie = self.rename_cookie();
            let (from, to) = (InodeRef { ino: old_dir, ..inode }, InodeRef { ino: new_dir, ..inode });
            self.note(from, mask::MOVED_FROM | dir_bit(node_is_dir), cookie, &old.name);
            self.note(to, mask::MOVED_TO | dir_bit(node_is_dir), cookie, &new.name);
            let replaced = target_ref.filter(|_| !exchange);
            if let Some(target) = replaced {
                self.note(target, mask::ATTRIB, 0, b"");
            }
            self.note(inode, mask::MOVE_SELF, 0, b"");
            if let Some(target) = target_ref.filter(|_| exchange) {
                // The other way is a rename of its own.
                let cookie = self.rename_cookie();
                self.note(to, mask::MOVED_FROM | dir_bit(target_is_dir), cookie, &new.name);
                self.note(from, mask::MOVED_TO | dir_bit(target_is_dir), cookie, &old.name);
                self.note(target, mask::MOVE_SELF, 0, b"");
            }
            if let Some(target) = replaced
                && (target_is_dir || target_links <= 1)
                && !keep_target
            {
                self.note(target, mask::DELETE_SELF, 0, b"");
            }
        }
        Ok(())
    }

    /// Permissions and types of a rename; returns the target's link count.
    #[allow(clippy::too_many_arguments)] // all of them are results of the two resolutions
    fn check_rename(
        &mut self,
        cx: &Context,
        old: &Resolved,
        new: &Resolved,
        node: Location,
        node_is_dir: bool,
        target_is_dir: bool,
        exchange: bool,
    ) -> FsResult<u32> {
        self.check_victim(cx, old.parent, node)?;
        let mut links = 0;
        match new.node {
            None => {
                let dir = self.stat(cx, new.parent)?;
                self.check_add(cx, new.parent, &dir)?;
            }
            Some((target, _)) => {
                links = self.check_victim(cx, new.parent, target)?;
                if !exchange && node_is_dir && !target_is_dir {
                    return fail(Errno::ENOTDIR);
                }
                if !exchange && !node_is_dir && target_is_dir {
                    return fail(Errno::EISDIR);
                }
                if self.is_mountpoint(target) {
                    return fail(Errno::EBUSY);
                }
            }
        }
        if self.is_mountpoint(node) {
            return fail(Errno::EBUSY);
        }
        if old.parent.ino != new.parent.ino {
            // A moved directory's `..` is rewritten, which is a write to it.
            let moved_target = new.node.filter(|_| exchange && target_is_dir);
            let moved = [node_is_dir.then_some(node), moved_target.map(|t| t.0)];
            for dir in moved.into_iter().flatten() {
                let stat = self.stat(cx, dir)?;
                self.check(cx, dir, &stat, Access::WRITE)?;
            }
        }
        Ok(links)
    }

    /// Whether `dir` is `above` or below it, within one file system.
    fn is_below(&mut self, cx: &Context, dir: Location, above: Ino) -> FsResult<bool> {
        let root = self.mount_ref(dir.mount)?.root;
        let mut at = dir;
        for _ in 0..MAX_DEPTH {
            if at.ino == above {
                return Ok(true);
            }
            if at.ino == root {
                return Ok(false);
            }
            match self.find(cx, at, b"..")? {
                Known::Node(ino, _) => at.ino = ino,
                Known::Missing => return Ok(false),
            }
        }
        Err(Corrupt { kind: CorruptKind::ParentLoop, place: dir.ino.0 }.into())
    }
}
