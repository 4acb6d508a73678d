//! inotify(7) and pidfd_open(2).

use super::done;
use crate::file::inotify::{ALL_EVENTS, Inotify, MAX_WATCHES, Watch};
use crate::file::{AnonymousKind, FileId, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::task::ProcId;
use crate::wait::SysResult;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_FDCWD, AT_SYMLINK_NOFOLLOW, OpenFlags, S_IFDIR, S_IFMT};
use tawaki_abi::signal::SigInfo;
use tawaki_abi::wire::Fd;
use tawaki_vfs::Access;

const NONBLOCK: u32 = OpenFlags::NONBLOCK.bits();
const CLOEXEC: u32 = OpenFlags::CLOEXEC.bits();
const IN_ONLYDIR: u32 = 0x0100_0000;
const IN_DONT_FOLLOW: u32 = 0x0200_0000;
const IN_EXCL_UNLINK: u32 = 0x0400_0000;
const IN_MASK_CREATE: u32 = 0x1000_0000;
const IN_MASK_ADD: u32 = 0x2000_0000;
const IN_ONESHOT: u32 = 0x8000_0000;

impl Kernel {
    pub(super) fn sys_inotify_init(&mut self, c: Caller, flags: u32) -> SysResult {
        if flags & !(NONBLOCK | CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let number = self.sys.anonymous_ino();
        let loc = self.sys.anonymous_location(AnonymousKind::Inotify, number);
        let object = Object::Inotify(Box::<Inotify>::default());
        let file = OpenFile::new(object, OpenFlags::from_bits_truncate(flags & NONBLOCK), Some(loc));
        done(self.open_fd(c.proc, file, flags & CLOEXEC != 0)?)
    }

    fn inotify(&mut self, c: Caller, fd: Fd) -> Result<(FileId, &mut Inotify), Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        match &mut self.sys.files[file].object {
            Object::Inotify(inotify) => Ok((file, inotify)),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn sys_inotify_add(&mut self, c: Caller, fd: Fd, path: &[u8], mask: u32) -> SysResult {
        let options =
            IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT;
        if mask & (ALL_EVENTS | options) == 0 || mask & IN_MASK_CREATE != 0 && mask & IN_MASK_ADD != 0 {
            return Err(Errno::EINVAL.into());
        }
        self.inotify(c, fd)?;
        let follow = if mask & IN_DONT_FOLLOW != 0 { AT_SYMLINK_NOFOLLOW } else { 0 };
        let loc = self.find(c, AT_FDCWD, path, follow)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if mask & IN_ONLYDIR != 0 && vfs.stat(&cx, loc)?.mode & S_IFMT != S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        vfs.access(&cx, loc, Access::READ)?;
        let inode = vfs.inode(loc)?;
        let kept = mask & (ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
        let (file, inotify) = self.inotify(c, fd)?;
        if let Some((number, watch)) = inotify.watches.iter_mut().find(|(_, w)| w.inode == inode) {
            if mask & IN_MASK_CREATE != 0 {
                return Err(Errno::EEXIST.into());
            }
            watch.mask = if mask & IN_MASK_ADD != 0 { watch.mask | kept } else { kept };
            return done(*number);
        }
        if inotify.watches.len() >= MAX_WATCHES {
            return Err(Errno::ENOSPC.into());
        }
        let number = inotify.next();
        inotify.watches.insert(number, Watch { inode, mask: kept });
        self.sys.watched.entry(inode).or_default().push(file);
        self.vfs.watch(inode);
        done(number)
    }

    pub(super) fn sys_inotify_rm(&mut self, c: Caller, fd: Fd, watch: i32) -> SysResult {
        let (file, _) = self.inotify(c, fd)?;
        if self.remove_watch(file, watch) { done(0) } else { Err(Errno::EINVAL.into()) }
    }

    pub(super) fn sys_pidfd_open(&mut self, c: Caller, pid: i32, flags: u32) -> SysResult {
        if flags & !NONBLOCK != 0 || pid <= 0 {
            return Err(Errno::EINVAL.into());
        }
        let Some(proc) = self.sys.proc_by_pid(pid) else {
            // A thread that leads no group.
            let thread = self.sys.task_by_tid(pid).is_some();
            return Err(if thread { Errno::EINVAL } else { Errno::ESRCH }.into());
        };
        let started = self.sys.procs[proc].start_ns;
        let number = self.sys.anonymous_ino();
        let loc = self.sys.anonymous_location(AnonymousKind::Pidfd, number);
        let status = OpenFlags::RDWR | OpenFlags::from_bits_truncate(flags & NONBLOCK);
        let file = OpenFile::new(Object::Pidfd { pid, started }, status, Some(loc));
        done(self.open_fd(c.proc, file, true)?)
    }

    /// The process of a pidfd, zombies too; `EBADF` when the descriptor is none,
    /// `ESRCH` when it was waited for.
    pub(super) fn pidfd(&self, c: Caller, fd: Fd) -> Result<ProcId, Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        let Object::Pidfd { pid, started } = self.sys.files[file].object else { return Err(Errno::EBADF) };
        self.sys.by_pidfd(pid, started).ok_or(Errno::ESRCH)
    }

    pub(super) fn sys_pidfd_signal(
        &mut self,
        c: Caller,
        fd: Fd,
        signo: u32,
        info: Option<SigInfo>,
    ) -> SysResult {
        let proc = self.pidfd(c, fd)?;
        let pid = self.sys.procs[proc].pid;
        self.sys_kill(c, pid, None, signo, info)
    }

    pub(super) fn sys_pidfd_getfd(&mut self, c: Caller, fd: Fd, target: Fd) -> SysResult {
        let proc = self.pidfd(c, fd)?;
        let (me, other) = (&self.sys.procs[c.proc].cred, &self.sys.procs[proc].cred);
        let same = [other.ruid, other.euid, other.suid].iter().all(|id| *id == me.fs.uid);
        if !me.capable() && !same {
            return Err(Errno::EPERM.into());
        }
        let file = self.sys.fd(proc, target)?;
        self.sys.files[file].refs += 1;
        let fd = self.sys.install(c.proc, file, 0, true);
        done(fd.inspect_err(|_| self.drop_file(file, c.proc))?)
    }
}

impl crate::system::System {
    /// The process that a pidfd was made for, while it or its zombie exists.
    pub fn by_pidfd(&self, pid: i32, started: u64) -> Option<ProcId> {
        self.proc_by_pid(pid).filter(|proc| self.procs[*proc].start_ns == started)
    }
}
