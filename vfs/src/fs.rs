//! What a file system must do to be mounted.
//!
//! Invariants for implementers. An operation either happens whole or returns an
//! error (`Pending` included) with nothing changed. Permission checks, path
//! rules, mounts and read-only mounts are the facade's; structure (a directory
//! is empty, a name exists, there is room) is the file system's. Offsets and
//! sizes come from guests and may be any `u64`.

use crate::error::{FsResult, fail};
use crate::types::{Context, DirSink, Ino, Location, NewNode, RenameFlags, SetAttr, XattrFlags};
use tawaki_abi::{Errno, fs::Stat, fs::Statfs};

/// A file system. Only the first five methods have no default; a read-only
/// provider such as procfs overrides what it has.
pub trait FileSystem: Send {
    /// Type name as `/proc/mounts` shows it.
    fn kind(&self) -> &'static str;

    /// The root directory.
    fn root(&self) -> Ino;

    /// Attributes. `dev` is filled by the facade.
    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat>;

    /// Finds a name in a directory; `..` too, `.` never. `ENOENT` when missing.
    /// The facade has checked that `dir` is a directory.
    fn lookup(&mut self, cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino>;

    /// Hands out entries, `.` and `..` included, from `cookie` on (0 is the
    /// start). Entries present all the time are seen exactly once even when
    /// others come and go.
    fn readdir(&mut self, cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()>;

    /// Whether names may be remembered between calls. False for a file system
    /// whose entries appear and vanish by themselves (procfs).
    fn cacheable(&self) -> bool {
        true
    }

    /// Whether it can be written at all (otherwise it is mounted read-only).
    fn writable(&self) -> bool {
        false
    }

    /// Whether access times are kept ([`touch`](Self::touch)).
    fn keeps_atime(&self) -> bool {
        false
    }

    /// Sets the access time to now and nothing else.
    fn touch(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        let _ = (cx, ino);
        Ok(())
    }

    /// Options for `/proc/mounts` besides the generic ones, comma-led or empty.
    fn options(&self) -> String {
        String::new()
    }

    /// Figures for statfs(2).
    fn statfs(&mut self, cx: &Context) -> FsResult<Statfs> {
        let _ = cx;
        Ok(Statfs { bsize: 4096, namelen: crate::types::NAME_MAX as u32, ..Statfs::default() })
    }

    /// Text of a symbolic link.
    fn readlink(&mut self, cx: &Context, ino: Ino) -> FsResult<Vec<u8>> {
        let _ = (cx, ino);
        fail(Errno::EINVAL)
    }

    /// Where a *magic* link leads (`/proc/self/exe`, `/proc/self/fd/N`): the place
    /// itself instead of a text to resolve. `None` for an ordinary link.
    fn magic_link(&mut self, cx: &Context, ino: Ino) -> FsResult<Option<Location>> {
        let _ = (cx, ino);
        Ok(None)
    }

    /// Reads from a regular file; the number of bytes is short only at its end.
    fn read(&mut self, cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let _ = (cx, ino, offset, buf);
        fail(Errno::EINVAL)
    }

    /// A part of a regular file will be read soon. Only a hint.
    fn will_read(&mut self, ino: Ino, offset: u64, len: u64) {
        let _ = (ino, offset, len);
    }

    /// Writes to a regular file, extending it as needed.
    fn write(&mut self, cx: &Context, ino: Ino, offset: u64, data: &[u8]) -> FsResult<usize> {
        let _ = (cx, ino, offset, data);
        fail(Errno::EINVAL)
    }

    /// Creates a node; the facade has checked that the name is free.
    fn create(&mut self, cx: &Context, dir: Ino, name: &[u8], node: &NewNode<'_>) -> FsResult<Ino> {
        let _ = (cx, dir, name, node);
        fail(Errno::EROFS)
    }

    /// Creates an open file without a name (`O_TMPFILE`); freed by
    /// [`release`](Self::release) unless linked before.
    fn create_unnamed(&mut self, cx: &Context, node: &NewNode<'_>) -> FsResult<Ino> {
        let _ = (cx, node);
        fail(Errno::EOPNOTSUPP)
    }

    /// Adds a name for an existing non-directory.
    fn link(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino) -> FsResult<()> {
        let _ = (cx, dir, name, ino);
        fail(Errno::EPERM)
    }

    /// Removes the name of a non-directory. When that was its last and `keep` is
    /// set the inode stays until [`release`](Self::release).
    fn unlink(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        let _ = (cx, dir, name, ino, keep);
        fail(Errno::EPERM)
    }

    /// Removes an empty directory (`ENOTEMPTY` otherwise); `keep` as in `unlink`.
    fn rmdir(&mut self, cx: &Context, dir: Ino, name: &[u8], ino: Ino, keep: bool) -> FsResult<()> {
        let _ = (cx, dir, name, ino, keep);
        fail(Errno::EPERM)
    }

    /// Renames. The facade has resolved both ends and checked types, permissions
    /// and loops.
    fn rename(&mut self, cx: &Context, rename: &Rename<'_>) -> FsResult<()> {
        let _ = (cx, rename);
        fail(Errno::EPERM)
    }

    /// Changes attributes; the facade has checked who may.
    fn setattr(&mut self, cx: &Context, ino: Ino, set: &SetAttr) -> FsResult<()> {
        let _ = (cx, ino, set);
        fail(Errno::EPERM)
    }

    /// Value of an extended attribute by its full name (xattr(7)): `ENODATA` when there
    /// is none, `EOPNOTSUPP` when its name space is not kept.
    fn xattr(&mut self, cx: &Context, ino: Ino, name: &[u8]) -> FsResult<Vec<u8>> {
        let _ = (cx, ino, name);
        fail(Errno::EOPNOTSUPP)
    }

    /// Full names of the extended attributes.
    fn xattr_names(&mut self, cx: &Context, ino: Ino) -> FsResult<Vec<Vec<u8>>> {
        let _ = (cx, ino);
        Ok(Vec::new())
    }

    /// Sets an extended attribute, or removes it (`None`). `EEXIST` and `ENODATA` as the
    /// flags and the attribute have it, `ENOSPC` when there is no room.
    fn set_xattr(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &[u8],
        value: Option<&[u8]>,
        flags: XattrFlags,
    ) -> FsResult<()> {
        let _ = (cx, ino, name, value, flags);
        fail(Errno::EOPNOTSUPP)
    }

    /// An access control list ([`ACL_ACCESS`](crate::ACL_ACCESS), [`ACL_DEFAULT`](crate::ACL_DEFAULT)) in the form
    /// that programs see, if the file has it. Asked for at every check of permissions: cheap where there is none.
    fn acl(&mut self, cx: &Context, ino: Ino, name: &'static [u8]) -> FsResult<Option<Vec<u8>>> {
        match self.xattr(cx, ino, name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is(Errno::ENODATA) || error.is(Errno::EOPNOTSUPP) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets such a list or removes it (removing none is no error), and the permission bits with it.
    fn set_acl(
        &mut self,
        cx: &Context,
        ino: Ino,
        name: &'static [u8],
        value: Option<&[u8]>,
        mode: Option<u32>,
    ) -> FsResult<()> {
        let _ = (cx, ino, name, value, mode);
        fail(Errno::EOPNOTSUPP)
    }

    /// Contents or owner of the file change: the capabilities it gives as a program
    /// ([`CAPABILITY`](crate::CAPABILITY)) go. Called before every write.
    fn drop_capabilities(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        let _ = (cx, ino);
        Ok(())
    }

    /// Allocates room for `[offset, offset + len)`; grows the file unless
    /// `keep_size`.
    fn fallocate(&mut self, cx: &Context, ino: Ino, offset: u64, len: u64, keep_size: bool) -> FsResult<()> {
        let _ = (cx, ino, offset, len, keep_size);
        fail(Errno::EOPNOTSUPP)
    }

    /// The last reference to an inode without a name is gone: free it.
    fn release(&mut self, cx: &Context, ino: Ino) -> FsResult<()> {
        let _ = (cx, ino);
        Ok(())
    }

    /// Brings everything to the device.
    fn sync(&mut self, cx: &Context) -> FsResult<()> {
        let _ = cx;
        Ok(())
    }

    /// Last call before the file system is dropped: frees what is unlinked and
    /// open, and syncs.
    fn unmount(&mut self, cx: &Context) -> FsResult<()> {
        self.sync(cx)
    }

    /// Lines for the log that have come up (damage found, device failures).
    fn take_messages(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Figures of the device below, if there is one.
    fn device_counters(&self) -> Option<tawaki_blockdev::Counters> {
        None
    }
}

/// Arguments of [`FileSystem::rename`], all resolved.
#[derive(Clone, Copy, Debug)]
pub struct Rename<'a> {
    /// Directory of the old name.
    pub old_dir: Ino,
    /// Old name.
    pub old_name: &'a [u8],
    /// What the old name means.
    pub node: Ino,
    /// Whether `node` is a directory.
    pub node_is_dir: bool,
    /// Directory of the new name.
    pub new_dir: Ino,
    /// New name.
    pub new_name: &'a [u8],
    /// What the new name means now: replaced, or swapped under `EXCHANGE`.
    pub target: Option<Ino>,
    /// Whether `target` is a directory.
    pub target_is_dir: bool,
    /// Keep the replaced inode until `release`: it is open.
    pub keep_target: bool,
    /// Flags; `NOREPLACE` has been dealt with.
    pub flags: RenameFlags,
}
