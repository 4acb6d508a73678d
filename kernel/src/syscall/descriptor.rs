//! Calls on descriptors as such: close, dup, pipe, memfd.

use super::{done, with};
use crate::file::pipe::Pipe;
use crate::file::table::Entry;
use crate::file::{AnonymousKind, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::wait::SysResult;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::{Body, Fd};
use tawaki_vfs::{At, Creds, Location, Powers};

const CLOSE_RANGE_UNSHARE: u32 = 2;
const CLOSE_RANGE_CLOEXEC: u32 = 4;
const MFD_CLOEXEC: u32 = 1;
const MFD_ALLOW_SEALING: u32 = 2;
const MFD_NOEXEC_SEAL: u32 = 8;
const MFD_EXEC: u32 = 16;

impl Kernel {
    pub(super) fn sys_close(&mut self, c: Caller, fd: Fd) -> SysResult {
        self.close_fd(c.proc, fd)?;
        done(0)
    }

    pub(super) fn sys_close_range(&mut self, c: Caller, first: u32, last: u32, flags: u32) -> SysResult {
        if first > last || flags & !(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let fds = self.sys.procs[c.proc].fds;
        if flags & CLOSE_RANGE_UNSHARE != 0 && self.sys.fdtables[fds].refs > 1 {
            let copy = self.sys.copy_table(fds);
            self.sys.fdtables[fds].refs -= 1;
            self.sys.procs[c.proc].fds = copy;
        }
        let range = first as u64..=last as u64;
        let fds: Vec<Fd> = self
            .sys
            .table(c.proc)
            .open()
            .map(|(fd, _)| fd)
            .filter(|fd| range.contains(&(*fd as u64)))
            .collect();
        for fd in fds {
            if flags & CLOSE_RANGE_CLOEXEC != 0 {
                if let Some(entry) = self.sys.table_mut(c.proc).get_mut(fd) {
                    entry.cloexec = true;
                }
            } else {
                let _ = self.close_fd(c.proc, fd);
            }
        }
        done(0)
    }

    /// A further descriptor for the file of `fd`, from `from` on.
    pub(super) fn duplicate(&mut self, c: Caller, fd: Fd, from: usize, cloexec: bool) -> Result<Fd, Errno> {
        let file = self.sys.fd(c.proc, fd)?;
        let new = self.sys.install(c.proc, file, from, cloexec)?;
        self.sys.files[file].refs += 1;
        Ok(new)
    }

    pub(super) fn sys_dup(&mut self, c: Caller, fd: Fd) -> SysResult {
        done(self.duplicate(c, fd, 0, false)?)
    }

    pub(super) fn sys_dup3(&mut self, c: Caller, old: Fd, new: Fd, flags: Option<OpenFlags>) -> SysResult {
        let file = self.sys.fd(c.proc, old)?;
        let limit = self.sys.procs[c.proc].limits[crate::task::RLIMIT_NOFILE].0;
        if new < 0 || new as u64 >= limit {
            return Err(Errno::EBADF.into());
        }
        if old == new {
            return if flags.is_none() { done(new) } else { Err(Errno::EINVAL.into()) };
        }
        if flags.is_some_and(|f| !(f - OpenFlags::CLOEXEC).is_empty()) {
            return Err(Errno::EINVAL.into());
        }
        self.sys.files[file].refs += 1;
        let cloexec = flags.is_some_and(|f| f.contains(OpenFlags::CLOEXEC));
        let before = self.sys.table_mut(c.proc).set(new as usize, Entry { file, cloexec });
        if let Some(before) = before {
            self.closed(c.proc, self.sys.procs[c.proc].fds, before.file);
        }
        done(new)
    }

    /// Two new descriptors, or none.
    pub(super) fn open_two(
        &mut self,
        c: Caller,
        first: OpenFile,
        second: OpenFile,
        cloexec: bool,
    ) -> Result<(Fd, Fd), Errno> {
        let a = self.open_fd(c.proc, first, cloexec);
        let b = self.open_fd(c.proc, second, cloexec);
        match (a, b) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Ok(fd), Err(errno)) | (Err(errno), Ok(fd)) => {
                let _ = self.close_fd(c.proc, fd);
                Err(errno)
            }
            (Err(errno), Err(_)) => Err(errno),
        }
    }

    pub(super) fn sys_pipe(&mut self, c: Caller, flags: OpenFlags) -> SysResult {
        if !(flags - (OpenFlags::CLOEXEC | OpenFlags::NONBLOCK | OpenFlags::DIRECT)).is_empty() {
            return Err(Errno::EINVAL.into());
        }
        self.sys.fds_fit(c.proc, 2)?;
        let mut pipe = Pipe::new();
        pipe.open(true);
        pipe.open(false);
        let id = self.sys.add_pipe(pipe);
        let loc = Some(self.sys.anonymous_location(AnonymousKind::Pipe, id.0 as u64));
        let status = flags & OpenFlags::NONBLOCK;
        let writes = OpenFlags::WRONLY | flags & OpenFlags::DIRECT;
        let read = OpenFile::new(Object::Pipe { id, reads: true, writes: false }, status, loc);
        let write = OpenFile::new(Object::Pipe { id, reads: false, writes: true }, status | writes, loc);
        let (a, b) = self.open_two(c, read, write, flags.contains(OpenFlags::CLOEXEC))?;
        with(Body::Fds(a, b))
    }

    pub(super) fn sys_memfd(&mut self, c: Caller, name: &[u8], flags: u32) -> SysResult {
        let both = MFD_NOEXEC_SEAL | MFD_EXEC;
        if name.len() > 249 || flags & !(MFD_CLOEXEC | MFD_ALLOW_SEALING | both) != 0 || flags & both == both
        {
            return Err(Errno::EINVAL.into());
        }
        let Kernel { vfs, sys, .. } = self;
        let mount = sys.mounts.memory;
        let root = Location { mount, ino: vfs.file_system(mount)?.root() };
        let creds = Creds { powers: Powers::all(), ..sys.procs[c.proc].cred.fs.clone() };
        let cx = tawaki_vfs::Context { creds: &creds, umask: 0, ..sys.context(c.proc) };
        let how = OpenFlags::TMPFILE | OpenFlags::DIRECTORY | OpenFlags::RDWR;
        let opened = vfs.open(
            &cx,
            &At { root, base: root },
            b".",
            how,
            if flags & MFD_NOEXEC_SEAL != 0 { 0o666 } else { 0o777 },
        )?;
        self.sys.memory_names.insert(opened.location.ino.0, name.to_vec());
        let seals = match flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) {
            0 => super::write::SEAL_SEAL,
            MFD_ALLOW_SEALING => 0,
            _ => super::write::SEAL_EXEC,
        };
        self.sys.memory_seals.insert(opened.location.ino.0, seals);
        let file = OpenFile::new(Object::Regular, OpenFlags::RDWR, Some(opened.location));
        done(self.open_fd(c.proc, file, flags & MFD_CLOEXEC != 0)?)
    }
}
