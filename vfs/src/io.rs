//! Operations on places already resolved: data, directories' contents,
//! attributes.

use crate::access::{self, is_dir};
use crate::error::{FsError, FsResult, fail};
use crate::loopback::Served;
use crate::types::{Access, Context, DirSink, FileKind, Location, MountFlags, Powers, SetAttr};
use crate::vfs::Vfs;
use crate::watch::mask;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_ISGID, S_ISUID, Stat, Statfs};

/// Bytes moved in one transaction; longer calls are split. Bounds how many
/// blocks a transaction holds and how much one re-run repeats.
const MAX_TRANSFER: usize = 1 << 20;
/// relatime: an access time older than this is updated anyway, seconds.
const RELATIME: i64 = 24 * 3600;

impl Vfs {
    /// Reads at `offset` (pread(2)); short only at the end of the file. The
    /// caller has checked that the file was opened for reading. Devices, FIFOs
    /// and sockets are the caller's; here they are `EINVAL`.
    pub fn read(&mut self, cx: &Context, at: Location, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        if offset.checked_add(buf.len() as u64).is_none_or(|end| end > i64::MAX as u64) {
            return fail(Errno::EINVAL);
        }
        let mut done = 0;
        while done < buf.len() {
            let end = buf.len().min(done + MAX_TRANSFER);
            let fs = self.fs_at(at)?;
            match fs.read(cx, at.ino, offset + done as u64, &mut buf[done..end]) {
                Ok(n) => {
                    done += n;
                    if done < end {
                        break;
                    }
                }
                // What is there is handed out; the caller comes back for the rest.
                Err(FsError::Pending) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        self.touch_atime(cx, at);
        Ok(done)
    }

    /// Says that `len` bytes from `offset` on will be read soon: a file system on a slow device may ask for them now.
    pub fn will_read(&mut self, at: Location, offset: u64, len: u64) {
        if let Ok(fs) = self.fs_at(at) {
            fs.will_read(at.ino, offset, len);
        }
    }

    /// Writes at `offset` (pwrite(2)), extending the file. Set-ID bits go when the
    /// writer may not keep them. May be short when the device is full or a block
    /// is pending after the first megabyte.
    pub fn write(&mut self, cx: &Context, at: Location, offset: u64, data: &[u8]) -> FsResult<usize> {
        if offset.checked_add(data.len() as u64).is_none_or(|end| end > i64::MAX as u64) {
            return fail(Errno::EFBIG);
        }
        self.check_writable(at)?;
        self.maintain(cx);
        if !cx.creds.may(Powers::FSETID) {
            let mode = self.stat(cx, at)?.mode & 0o7777;
            if mode & (S_ISUID | S_ISGID) != 0 && access::without_set_id(mode) != mode {
                let set = SetAttr { mode: Some(access::without_set_id(mode)), ..SetAttr::default() };
                self.fs_at(at)?.setattr(cx, at.ino, &set)?;
            }
        }
        self.fs_at(at)?.drop_capabilities(cx, at.ino)?;
        let mut done = 0;
        while done < data.len() {
            let end = data.len().min(done + MAX_TRANSFER);
            let fs = self.fs_at(at)?;
            match fs.write(cx, at.ino, offset + done as u64, &data[done..end]) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Writes at the end of the file (`O_APPEND`); returns the offset written at
    /// and the bytes written.
    pub fn append(&mut self, cx: &Context, at: Location, data: &[u8]) -> FsResult<(u64, usize)> {
        let offset = self.stat(cx, at)?.size;
        Ok((offset, self.write(cx, at, offset, data)?))
    }

    /// Sets a file's size (truncate(2), ftruncate(2)). `check` asks for write
    /// permission, which an open descriptor already has.
    pub fn truncate(&mut self, cx: &Context, at: Location, size: u64, check: bool) -> FsResult<()> {
        let stat = self.stat(cx, at)?;
        match FileKind::from_mode(stat.mode) {
            Some(FileKind::Regular) => {}
            Some(FileKind::Directory) => return fail(Errno::EISDIR),
            _ => return fail(Errno::EINVAL),
        }
        if check {
            self.check(cx, at, &stat, Access::WRITE)?;
        }
        self.check_writable(at)?;
        if size > i64::MAX as u64 {
            return fail(Errno::EFBIG);
        }
        self.truncate_unchecked(cx, at, &stat, size)
    }

    /// Allocates room (fallocate(2) without further modes than keep-size).
    pub fn fallocate(
        &mut self,
        cx: &Context,
        at: Location,
        offset: u64,
        len: u64,
        keep_size: bool,
    ) -> FsResult<()> {
        if len == 0 {
            return fail(Errno::EINVAL);
        }
        if offset.checked_add(len).is_none_or(|end| end > i64::MAX as u64) {
            return fail(Errno::EFBIG);
        }
        self.check_writable(at)?;
        match self.kind_of(cx, at)? {
            FileKind::Regular => {}
            FileKind::Fifo => return fail(Errno::ESPIPE),
            _ => return fail(Errno::ENODEV),
        }
        self.maintain(cx);
        self.fs_at(at)?.fallocate(cx, at.ino, offset, len, keep_size)
    }

    /// Hands out directory entries from `cookie` on (getdents(2)); 0 is the start.
    pub fn readdir(
        &mut self,
        cx: &Context,
        at: Location,
        cookie: u64,
        sink: &mut DirSink<'_>,
    ) -> FsResult<()> {
        let stat = self.stat(cx, at)?;
        if !is_dir(&stat) {
            return fail(Errno::ENOTDIR);
        }
        if stat.nlink == 0 {
            // A removed directory that is still open has no entries, not even dots.
            return fail(Errno::ENOENT);
        }
        self.fs_at(at)?.readdir(cx, at.ino, cookie, sink)?;
        self.touch_atime(cx, at);
        Ok(())
    }

    /// Text of a symbolic link (readlink(2)); `EINVAL` for anything else.
    pub fn readlink(&mut self, cx: &Context, at: Location) -> FsResult<Vec<u8>> {
        match self.kind_of(cx, at)? {
            FileKind::Symlink => self.fs_at(at)?.readlink(cx, at.ino),
            _ => fail(Errno::EINVAL),
        }
    }

    /// Changes mode, owner, group or times after checking who may (chmod(2),
    /// chown(2), utimensat(2)). Not for the size: see [`Vfs::truncate`].
    pub fn setattr(&mut self, cx: &Context, at: Location, set: &SetAttr) -> FsResult<()> {
        let stat = self.stat(cx, at)?;
        let set = SetAttr { size: None, ..*set };
        self.check_writable(at)?;
        let writer = set.atime.is_some() || set.mtime.is_some();
        let may_write = writer && self.may(cx, at, &stat, Access::WRITE)?;
        let set = access::check_setattr(cx.creds, &stat, &set, may_write)?;
        self.maintain(cx);
        if let Some(mode) = set.mode {
            self.chmod_acl(cx, at, mode)?;
        }
        let fs = self.fs_at(at)?;
        if (set.uid.is_some() || set.gid.is_some()) && !is_dir(&stat) {
            fs.drop_capabilities(cx, at.ino)?;
        }
        fs.setattr(cx, at.ino, &set)?;
        let what = match (set.atime.is_some(), set.mtime.is_some()) {
            _ if set.mode.is_some() || set.uid.is_some() || set.gid.is_some() => mask::ATTRIB,
            (true, false) => mask::ACCESS,
            (false, true) => mask::MODIFY,
            _ => mask::ATTRIB,
        };
        self.note_change(at, what | if is_dir(&stat) { mask::ISDIR } else { 0 });
        Ok(())
    }

    /// Whether the caller may (access(2)); give a context with the real IDs for
    /// plain access(). `EROFS` for writing on a read-only mount.
    pub fn access(&mut self, cx: &Context, at: Location, want: Access) -> FsResult<()> {
        let stat = self.stat(cx, at)?;
        self.check(cx, at, &stat, want)?;
        let special = !matches!(
            FileKind::from_mode(stat.mode),
            Some(FileKind::Regular | FileKind::Directory | FileKind::Symlink)
        );
        if want.contains(Access::WRITE) && !special {
            self.check_writable(at)?;
        }
        let noexec = self.mount_flags(at)?.contains(MountFlags::NOEXEC);
        if want.contains(Access::EXEC) && noexec && !is_dir(&stat) {
            return fail(Errno::EACCES);
        }
        Ok(())
    }

    /// Figures of the file system (statfs(2)).
    pub fn statfs(&mut self, cx: &Context, at: Location) -> FsResult<Statfs> {
        let mount = self.mount_ref(at.mount)?;
        let (fs, flags) = (mount.fs, mount.flags);
        let mut statfs = self.fs(fs)?.statfs(cx)?;
        statfs.flags = flags.bits() & 0xf;
        if flags.contains(MountFlags::NOATIME) {
            statfs.flags |= 1024;
        }
        Ok(statfs)
    }

    /// Brings one file system to its device (fsync(2), syncfs(2)).
    pub fn sync_at(&mut self, cx: &Context, at: Location) -> FsResult<()> {
        let fs = self.mount_ref(at.mount)?.fs;
        let result = self.fs(fs)?.sync(cx);
        self.collect_messages(fs);
        match self.loop_file(fs) {
            Some(file) if result.is_ok() => self.sync_at(cx, file),
            _ => result,
        }
    }

    /// Brings everything to the devices (sync(2)); errors are logged.
    pub fn sync(&mut self, cx: &Context) -> FsResult<()> {
        self.maintain(cx);
        let mut pending = false;
        for i in (0..self.slots.len()).rev() {
            let Some(slot) = &mut self.slots[i] else {
                continue;
            };
            match slot.fs.sync(cx) {
                Ok(()) => {}
                Err(FsError::Pending) => pending = true,
                Err(error) => self.log(format!("sync: {error}")),
            }
        }
        if pending { Err(FsError::Pending) } else { Ok(()) }
    }

    /// Ends the machine cleanly: frees unlinked open files and syncs every file
    /// system.
    pub fn shutdown(&mut self, cx: &Context) -> FsResult<()> {
        self.maintain(cx);
        let mut result = Ok(());
        // What was mounted later may lie in a file of what was mounted before.
        for i in (0..self.slots.len()).rev() {
            while let Some(slot) = &mut self.slots[i] {
                match slot.fs.unmount(cx) {
                    Ok(()) => {}
                    Err(FsError::Pending) if self.serve_loops(cx) == Served::Progress => continue,
                    Err(error) => result = Err(error),
                }
                break;
            }
        }
        result
    }

    /// relatime (mount(8)): the access time follows only when it would otherwise
    /// be older than the last change, or a day old. Failure is of no interest.
    fn touch_atime(&mut self, cx: &Context, at: Location) {
        let Ok(mount) = self.mount_ref(at.mount) else {
            return;
        };
        let skip = MountFlags::NOATIME | MountFlags::RDONLY;
        if mount.flags.intersects(skip) {
            return;
        }
        let fs = mount.fs;
        let Ok(slot) = self.slot(fs) else { return };
        if !slot.fs.keeps_atime() {
            return;
        }
        let Ok(stat) = slot.fs.getattr(cx, at.ino) else {
            return;
        };
        if stale(&stat, cx) {
            let _ = slot.fs.touch(cx, at.ino);
        }
    }
}

fn stale(stat: &Stat, cx: &Context) -> bool {
    stat.atime <= stat.mtime
        || stat.atime <= stat.ctime
        || cx.now.sec.saturating_sub(stat.atime.sec) >= RELATIME
}
