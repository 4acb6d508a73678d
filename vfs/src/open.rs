//! open(2), as far as it concerns the tree.

use crate::access::{self, is_dir};
use crate::error::{FsResult, fail};
use crate::resolve::{Last, Resolved};
use crate::types::{
    Access, At, Context, FileKind, Location, MountFlags, NewNode, Powers, ResolveFlags, SetAttr,
};
use crate::vfs::Vfs;
use tawaki_abi::Errno;
use tawaki_abi::fs::{OpenFlags, S_IFREG, S_ISGID, Stat};

/// An opened file. It is counted as used: end with [`Vfs::close_ref`].
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where it is.
    pub location: Location,
    /// Attributes after opening (created, truncated).
    pub stat: Stat,
    /// Type; FIFOs and devices are opened further by the caller.
    pub kind: FileKind,
    /// It did not exist before.
    pub created: bool,
}

impl Vfs {
    /// Opens a path by the rules of open(2): `CREAT`, `EXCL`, `TRUNC`,
    /// `NOFOLLOW`, `DIRECTORY`, `PATH`, `TMPFILE`, `NOATIME`, permissions,
    /// read-only mounts, `NODEV`. Sockets are
    /// `ENXIO`.
    pub fn open(
        &mut self,
        cx: &Context,
        at: &At,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
    ) -> FsResult<Opened> {
        let creating = flags.contains(OpenFlags::CREAT) && !flags.contains(OpenFlags::PATH);
        if flags.contains(OpenFlags::TMPFILE) && !flags.contains(OpenFlags::PATH) {
            return self.open_unnamed(cx, at, path, flags, mode);
        }
        if creating && flags.contains(OpenFlags::DIRECTORY) {
            return fail(Errno::EINVAL);
        }
        let mut how = ResolveFlags::empty();
        let exclusive = creating && flags.contains(OpenFlags::EXCL);
        if !flags.contains(OpenFlags::NOFOLLOW) && !exclusive {
            how |= ResolveFlags::FOLLOW;
        }
        if creating {
            how |= ResolveFlags::PARENT | ResolveFlags::NO_SLASH;
        } else if flags.contains(OpenFlags::DIRECTORY) {
            how |= ResolveFlags::DIRECTORY;
        }
        let found = self.resolve(cx, at, path, how)?;
        if creating && found.last == Last::Name {
            if found.node.is_none() {
                return self.open_new(cx, &found, mode);
            }
            if exclusive {
                return fail(Errno::EEXIST);
            }
        }
        let Some((mut location, mut kind)) = found.node else {
            return fail(Errno::ENOENT);
        };
        if creating && self.is_mountpoint(location) {
            location = self.cross(location);
            kind = self.kind_of(cx, location)?;
        }
        if creating && kind == FileKind::Directory {
            return fail(if exclusive { Errno::EEXIST } else { Errno::EISDIR });
        }
        if kind == FileKind::Symlink && !flags.contains(OpenFlags::PATH) {
            return fail(Errno::ELOOP);
        }
        let opened = self.open_at(cx, location, flags)?;
        if found.last == Last::Name && !found.name.is_empty() {
            self.note_open(location, &found);
        }
        Ok(opened)
    }

    /// Opens an existing place (what `open` does after resolution; also for
    /// re-opening through a magic link). `CREAT` and `EXCL` are ignored.
    pub fn open_at(&mut self, cx: &Context, location: Location, flags: OpenFlags) -> FsResult<Opened> {
        let mut stat = self.stat(cx, location)?;
        let kind = FileKind::from_mode(stat.mode).ok_or(Errno::EIO)?;
        if !flags.contains(OpenFlags::PATH) {
            self.check_open(cx, location, &stat, kind, flags)?;
            if flags.contains(OpenFlags::TRUNC) && kind == FileKind::Regular {
                self.truncate_unchecked(cx, location, &stat, 0)?;
                stat = self.stat(cx, location)?;
            }
        }
        self.open_ref(location)?;
        Ok(Opened { location, stat, kind, created: false })
    }

    fn check_open(
        &mut self,
        cx: &Context,
        location: Location,
        stat: &Stat,
        kind: FileKind,
        flags: OpenFlags,
    ) -> FsResult<()> {
        let truncate = flags.contains(OpenFlags::TRUNC);
        let writes = flags.writable() || flags.bits() & 3 == 3 || truncate;
        let mut want = Access::empty();
        want.set(Access::READ, flags.readable());
        want.set(Access::WRITE, writes);
        match kind {
            FileKind::Directory if writes => return fail(Errno::EISDIR),
            FileKind::Directory => {}
            _ if flags.contains(OpenFlags::DIRECTORY) => return fail(Errno::ENOTDIR),
            FileKind::Socket => return fail(Errno::ENXIO),
            FileKind::CharDevice | FileKind::BlockDevice => {
                if self.mount_flags(location)?.contains(MountFlags::NODEV) {
                    return fail(Errno::EACCES);
                }
            }
            FileKind::Symlink => return fail(Errno::ELOOP),
            FileKind::Regular | FileKind::Fifo => {}
        }
        if writes && kind == FileKind::Regular {
            self.check_writable(location)?;
        }
        self.check(cx, location, stat, want)?;
        let owner = cx.creds.owns(stat.uid);
        if flags.contains(OpenFlags::NOATIME) && !owner {
            return fail(Errno::EPERM);
        }
        Ok(())
    }

    fn open_new(&mut self, cx: &Context, found: &Resolved, mode: u32) -> FsResult<Opened> {
        let location = self.create_node(
            cx,
            found,
            &NewNode {
                mode: S_IFREG | mode & 0o7777,
                uid: cx.creds.uid,
                gid: cx.creds.gid,
                ..NewNode::default()
            },
        )?;
        self.open_ref(location)?;
        Ok(Opened { location, stat: self.stat(cx, location)?, kind: FileKind::Regular, created: true })
    }

    fn open_unnamed(
        &mut self,
        cx: &Context,
        at: &At,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
    ) -> FsResult<Opened> {
        if !flags.contains(OpenFlags::DIRECTORY) || !flags.writable() {
            return fail(Errno::EINVAL);
        }
        let dir = self.resolve(cx, at, path, ResolveFlags::FOLLOW | ResolveFlags::DIRECTORY)?;
        let Some((dir, _)) = dir.node else {
            return fail(Errno::ENOENT);
        };
        let stat = self.stat(cx, dir)?;
        self.check(cx, dir, &stat, Access::WRITE | Access::EXEC)?;
        self.check_writable(dir)?;
        let gid = if is_dir(&stat) && stat.mode & S_ISGID != 0 { stat.gid } else { cx.creds.gid };
        let (attributes, mode) = self.inherited(cx, dir, S_IFREG | mode & 0o7777)?;
        let node = NewNode { mode, uid: cx.creds.uid, gid, attributes: &attributes, ..NewNode::default() };
        let ino = self.fs_at(dir)?.create_unnamed(cx, &node)?;
        let location = Location { ino, ..dir };
        self.open_ref(location)?;
        let inode = self.inode(location)?;
        if let Some(open) = self.open.get_mut(&inode) {
            open.unlinked = true;
        }
        Ok(Opened { location, stat: self.stat(cx, location)?, kind: FileKind::Regular, created: true })
    }

    /// Remembers the name something was opened by, for [`Vfs::path_of`].
    fn note_open(&mut self, location: Location, found: &Resolved) {
        if found.parent.mount != location.mount {
            return;
        }
        if let Ok(inode) = self.inode(location) {
            self.names.note(inode.fs, inode.ino, found.parent.ino, &found.name);
            let hint = self.names.hint(inode.fs, inode.ino).cloned();
            if let Some(open) = self.open.get_mut(&inode) {
                open.hint = hint;
            }
        }
    }

    /// Truncation after all checks, set-ID bits included.
    pub(crate) fn truncate_unchecked(
        &mut self,
        cx: &Context,
        location: Location,
        stat: &Stat,
        size: u64,
    ) -> FsResult<()> {
        let mut set = SetAttr { size: Some(size), ..SetAttr::default() };
        if !cx.creds.may(Powers::FSETID) {
            let kept = access::without_set_id(stat.mode & 0o7777);
            if kept != stat.mode & 0o7777 {
                set.mode = Some(kept);
            }
        }
        self.maintain(cx);
        let fs = self.fs_at(location)?;
        fs.drop_capabilities(cx, location.ino)?;
        fs.setattr(cx, location.ino, &set)?;
        self.note_change(location, crate::watch::mask::MODIFY);
        Ok(())
    }
}
