//! Calls that name files by path.

use super::{done, with};
use crate::kernel::{Caller, Kernel};
use crate::wait::SysResult;
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::*;
use tawaki_abi::wire::{Body, Fd, Reply, SetTime};
use tawaki_vfs::{Access, Creds, FileSystem, Location, MountFlags, RenameFlags, SetAttr, TimeSet, Tmpfs};

/// mount(2) flags that are ignored (`MS_SILENT`, `MS_REC`, propagation, times).
const MS_REMOUNT: u64 = 32;
/// umount2(2): out of the tree at once, ended when nobody uses it.
const MNT_DETACH: u32 = 2;
const MS_BIND: u64 = 4096;
const MS_MOVE: u64 = 8192;
/// MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED.
const MS_PROPAGATION: u64 = 0xf << 17;

impl Kernel {
    /// The place a path (or, empty with `AT_EMPTY_PATH`, a descriptor) names.
    pub(super) fn find(&mut self, c: Caller, dirfd: Fd, path: &[u8], flags: u32) -> SysResult<Location> {
        if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            return Ok(self.at(c, dirfd, path)?.base);
        }
        let at = self.at(c, dirfd, path)?;
        let Kernel { vfs, sys, .. } = self;
        Ok(vfs.lookup(&sys.context(c.proc), &at, path, flags & AT_SYMLINK_NOFOLLOW == 0)?)
    }

    pub(super) fn sys_stat(&mut self, c: Caller, dirfd: Fd, path: &[u8], flags: u32) -> SysResult {
        let loc = self.find(c, dirfd, path, flags)?;
        let Kernel { vfs, sys, .. } = self;
        with(Body::Stat(vfs.stat(&sys.context(c.proc), loc)?))
    }

    pub(super) fn sys_access(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        mode: u32,
        flags: u32,
    ) -> SysResult {
        let want = Access::from_bits(mode).ok_or(Errno::EINVAL)?;
        let cred = &self.sys.procs[c.proc].cred;
        let real = Creds {
            uid: cred.ruid,
            gid: cred.rgid,
            groups: cred.fs.groups.clone(),
            powers: cred.caps.real(cred.ruid).powers(),
        };
        let effective = flags & AT_EACCESS != 0;
        let at = if path.is_empty() && flags & AT_EMPTY_PATH == 0 {
            return Err(Errno::ENOENT.into());
        } else {
            self.at(c, dirfd, path)?
        };
        let Kernel { vfs, sys, .. } = self;
        let mut cx = sys.context(c.proc);
        if !effective {
            cx.creds = &real;
        }
        let loc = if path.is_empty() {
            at.base
        } else {
            vfs.lookup(&cx, &at, path, flags & AT_SYMLINK_NOFOLLOW == 0)?
        };
        vfs.access(&cx, loc, want)?;
        done(0)
    }

    pub(super) fn sys_readlink(&mut self, c: Caller, dirfd: Fd, path: &[u8]) -> SysResult {
        let loc = self.find(c, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)?;
        let text = self.link_text(c, loc)?;
        Ok(Reply::with(text.len() as i64, Body::Bytes(ByteBuf::from(text))))
    }

    /// Text of a link; that of a magic one is where it leads.
    fn link_text(&mut self, c: Caller, loc: Location) -> SysResult<Vec<u8>> {
        let root = self.sys.procs[c.proc].root;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if Some(loc.mount) == sys.mounts.proc
            && let Some(target) = crate::fs::proc::link_target(sys, &cx, loc.ino)?
            && target.mount != sys.mounts.anonymous
        {
            if target.mount == sys.mounts.memory {
                return Ok(sys.memory_name(target));
            }
            if Some(target.mount) == sys.mounts.devpts
                && let Some(tty) = crate::fs::devpts::tty_of(target.ino)
            {
                return Ok(format!("/dev/pts/{}", tty.0).into_bytes());
            }
            return Ok(vfs.path_of(&cx, root, target)?);
        }
        Ok(vfs.readlink(&cx, loc)?)
    }

    pub(super) fn sys_symlink(&mut self, c: Caller, target: &[u8], dirfd: Fd, path: &[u8]) -> SysResult {
        let at = self.at(c, dirfd, path)?;
        let Kernel { vfs, sys, .. } = self;
        vfs.symlink(&sys.context(c.proc), target, &at, path)?;
        done(0)
    }

    pub(super) fn sys_link(
        &mut self,
        c: Caller,
        olddir: Fd,
        old: &[u8],
        newdir: Fd,
        new: &[u8],
        flags: u32,
    ) -> SysResult {
        if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let follow = if flags & AT_SYMLINK_FOLLOW != 0 { 0 } else { AT_SYMLINK_NOFOLLOW };
        let old = self.find(c, olddir, old, follow | flags & AT_EMPTY_PATH)?;
        let at = self.at(c, newdir, new)?;
        let Kernel { vfs, sys, .. } = self;
        vfs.link(&sys.context(c.proc), old, &at, new)?;
        done(0)
    }

    pub(super) fn sys_unlink(&mut self, c: Caller, dirfd: Fd, path: &[u8], flags: u32) -> SysResult {
        if flags & !AT_REMOVEDIR != 0 {
            return Err(Errno::EINVAL.into());
        }
        let at = self.at(c, dirfd, path)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if flags & AT_REMOVEDIR != 0 {
            vfs.rmdir(&cx, &at, path)?;
        } else {
            vfs.unlink(&cx, &at, path)?;
        }
        done(0)
    }

    pub(super) fn sys_rename(
        &mut self,
        c: Caller,
        olddir: Fd,
        old: &[u8],
        newdir: Fd,
        new: &[u8],
        flags: u32,
    ) -> SysResult {
        let flags = RenameFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
        let old_at = self.at(c, olddir, old)?;
        let new_at = self.at(c, newdir, new)?;
        let Kernel { vfs, sys, .. } = self;
        vfs.rename(&sys.context(c.proc), &old_at, old, &new_at, new, flags)?;
        done(0)
    }

    pub(super) fn sys_mkdir(&mut self, c: Caller, dirfd: Fd, path: &[u8], mode: u32) -> SysResult {
        let at = self.at(c, dirfd, path)?;
        let mode = mode & 0o1777;
        let Kernel { vfs, sys, .. } = self;
        vfs.mkdir(&sys.context(c.proc), &at, path, mode)?;
        done(0)
    }

    pub(super) fn sys_mknod(&mut self, c: Caller, dirfd: Fd, path: &[u8], mode: u32, dev: u64) -> SysResult {
        let at = self.at(c, dirfd, path)?;
        let mode = mode & (S_IFMT | 0o7777);
        let Kernel { vfs, sys, .. } = self;
        vfs.mknod(&sys.context(c.proc), &at, path, mode, dev)?;
        done(0)
    }

    fn set_attr(&mut self, c: Caller, loc: Location, set: SetAttr) -> SysResult {
        // Terminals keep their owner and mode themselves.
        if Some(loc.mount) == self.sys.mounts.devpts
            && let Some(tty) = crate::fs::devpts::tty_of(loc.ino)
            && let Some(t) = self.sys.ttys.get(tty)
        {
            let (mode, uid, gid) = (S_IFCHR | t.mode, t.uid, t.gid);
            let stat = Stat { mode, uid, gid, ..Stat::default() };
            let set = tawaki_vfs::access::check_setattr(&self.sys.procs[c.proc].cred.fs, &stat, &set, false)?;
            let t = &mut self.sys.ttys[tty];
            t.uid = set.uid.unwrap_or(t.uid);
            t.gid = set.gid.unwrap_or(t.gid);
            t.mode = set.mode.unwrap_or(t.mode) & 0o7777;
            return done(0);
        }
        if loc.mount == self.sys.mounts.anonymous {
            return done(0);
        }
        let Kernel { vfs, sys, .. } = self;
        vfs.setattr(&sys.context(c.proc), loc, &set)?;
        done(0)
    }

    pub(super) fn sys_chmod(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        mode: u32,
        flags: u32,
    ) -> SysResult {
        let loc = self.find(c, dirfd, path, flags)?;
        if flags & AT_SYMLINK_NOFOLLOW != 0 {
            let Kernel { vfs, sys, .. } = self;
            if vfs.stat(&sys.context(c.proc), loc)?.mode & S_IFMT == S_IFLNK {
                return Err(Errno::EOPNOTSUPP.into());
            }
        }
        if loc.mount == self.sys.mounts.memory {
            let Kernel { vfs, sys, .. } = self;
            let now = vfs.stat(&sys.context(c.proc), loc)?.mode;
            sys.check_seals(loc, if (now ^ mode) & 0o111 != 0 { super::write::SEAL_EXEC } else { 0 })?;
        }
        self.set_attr(c, loc, SetAttr { mode: Some(mode & 0o7777), ..SetAttr::default() })
    }

    pub(super) fn sys_chown(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        uid: u32,
        gid: u32,
        flags: u32,
    ) -> SysResult {
        let loc = self.find(c, dirfd, path, flags)?;
        let set = SetAttr {
            uid: Some(uid).filter(|id| *id != u32::MAX),
            gid: Some(gid).filter(|id| *id != u32::MAX),
            ..SetAttr::default()
        };
        self.set_attr(c, loc, set)
    }

    pub(super) fn sys_utimens(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        atime: SetTime,
        mtime: SetTime,
        flags: u32,
    ) -> SysResult {
        let time = |time| match time {
            SetTime::Omit => Ok(None),
            SetTime::Now => Ok(Some(TimeSet::Now)),
            SetTime::At(at) if at.nsec < 1_000_000_000 => Ok(Some(TimeSet::At(at))),
            SetTime::At(_) => Err(Errno::EINVAL),
        };
        let set = SetAttr { atime: time(atime)?, mtime: time(mtime)?, ..SetAttr::default() };
        let loc = self.find(c, dirfd, path, flags)?;
        if set.atime.is_none() && set.mtime.is_none() {
            return done(0);
        }
        self.set_attr(c, loc, set)
    }

    pub(super) fn sys_statfs(&mut self, c: Caller, path: &[u8]) -> SysResult {
        let loc = self.find(c, AT_FDCWD, path, 0)?;
        let Kernel { vfs, sys, .. } = self;
        with(Body::Statfs(vfs.statfs(&sys.context(c.proc), loc)?))
    }

    pub(super) fn sys_fstatfs(&mut self, c: Caller, fd: Fd) -> SysResult {
        let file = self.sys.fd(c.proc, fd)?;
        let loc = self.sys.files[file].loc.ok_or(Errno::EBADF)?;
        let Kernel { vfs, sys, .. } = self;
        with(Body::Statfs(vfs.statfs(&sys.context(c.proc), loc)?))
    }

    /// A directory that the caller may search.
    fn directory(&mut self, c: Caller, loc: Location) -> SysResult<()> {
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if vfs.stat(&cx, loc)?.mode & S_IFMT != S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        Ok(vfs.access(&cx, loc, Access::EXEC)?)
    }

    fn set_cwd(&mut self, c: Caller, loc: Location) -> SysResult {
        self.directory(c, loc)?;
        self.vfs.open_ref(loc)?;
        let old = core::mem::replace(&mut self.sys.procs[c.proc].cwd, loc);
        self.vfs.close_ref(&self.sys.context(c.proc), old);
        done(0)
    }

    pub(super) fn sys_chdir(&mut self, c: Caller, path: &[u8]) -> SysResult {
        let loc = self.find(c, AT_FDCWD, path, 0)?;
        self.set_cwd(c, loc)
    }

    pub(super) fn sys_fchdir(&mut self, c: Caller, fd: Fd) -> SysResult {
        let file = self.sys.fd(c.proc, fd)?;
        let loc = self.sys.files[file].loc.ok_or(Errno::ENOTDIR)?;
        self.set_cwd(c, loc)
    }

    pub(super) fn sys_getcwd(&mut self, c: Caller) -> SysResult {
        let p = &self.sys.procs[c.proc];
        let (root, cwd) = (p.root, p.cwd);
        let Kernel { vfs, sys, .. } = self;
        let path = vfs.path_of(&sys.context(c.proc), root, cwd)?;
        if path.ends_with(b" (deleted)") {
            return Err(Errno::ENOENT.into());
        }
        Ok(Reply::with(path.len() as i64, Body::Bytes(ByteBuf::from(path))))
    }

    pub(super) fn sys_chroot(&mut self, c: Caller, path: &[u8]) -> SysResult {
        let loc = self.find(c, AT_FDCWD, path, 0)?;
        self.directory(c, loc)?;
        if !self.sys.procs[c.proc].cred.has(crate::capability::SYS_CHROOT) {
            return Err(Errno::EPERM.into());
        }
        self.vfs.open_ref(loc)?;
        let old = core::mem::replace(&mut self.sys.procs[c.proc].root, loc);
        self.vfs.close_ref(&self.sys.context(c.proc), old);
        done(0)
    }

    pub(super) fn sys_umask(&mut self, c: Caller, mask: u32) -> SysResult {
        done(core::mem::replace(&mut self.sys.procs[c.proc].umask, mask & 0o777))
    }

    pub(super) fn sys_mount(
        &mut self,
        c: Caller,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        flags: u64,
        data: &[u8],
    ) -> SysResult {
        if !self.sys.procs[c.proc].cred.capable() {
            return Err(Errno::EPERM.into());
        }
        let over = self.find(c, AT_FDCWD, target, 0)?;
        let mount_flags = MountFlags::from_bits_truncate(flags as u32);
        if flags & MS_REMOUNT != 0 {
            self.vfs.remount(over, mount_flags)?;
            self.refresh_mounts();
            return done(0);
        }
        if flags & MS_PROPAGATION != 0 {
            // One name space: nothing propagates.
            return done(0);
        }
        if flags & MS_BIND != 0 {
            let from = self.find(c, AT_FDCWD, source, 0)?;
            let Kernel { vfs, sys, .. } = self;
            vfs.bind(&sys.context(c.proc), from, over, MountFlags::empty())?;
            self.refresh_mounts();
            return done(0);
        }
        if flags & MS_MOVE != 0 {
            let from = self.find(c, AT_FDCWD, source, 0)?;
            let Kernel { vfs, sys, .. } = self;
            vfs.move_mount(&sys.context(c.proc), from, over)?;
            self.refresh_mounts();
            return done(0);
        }
        let fs: Box<dyn FileSystem> = match fstype {
            b"tmpfs" | b"ramfs" => {
                let (size, mode) = tmpfs_options(data, self.sys.config.memory / 2)?;
                Box::new(Tmpfs::new(size, mode, self.sys.time()))
            }
            b"proc" => Box::new(crate::fs::proc::ProcFs),
            b"sysfs" => Box::new(crate::fs::sysfs::SysFs),
            b"devpts" => Box::new(crate::fs::devpts::DevPts),
            // Linux's ext4 takes ext2 images, too.
            b"ext2" | b"ext4" => return self.mount_device(c, source, over, mount_flags, data),
            _ => {
                let kind = String::from_utf8_lossy(fstype).into_owned();
                self.sys.unsupported(c.task, format_args!("mount of file system type {kind:?}"));
                return Err(Errno::ENODEV.into());
            }
        };
        let source = String::from_utf8_lossy(source).into_owned();
        let Kernel { vfs, sys, .. } = self;
        vfs.mount(&sys.context(c.proc), over, fs, mount_flags, &source)?;
        self.refresh_mounts();
        done(0)
    }

    pub(super) fn sys_umount(&mut self, c: Caller, target: &[u8], flags: u32) -> SysResult {
        if !self.sys.procs[c.proc].cred.capable() {
            return Err(Errno::EPERM.into());
        }
        let at = self.find(c, AT_FDCWD, target, if flags & 8 != 0 { AT_SYMLINK_NOFOLLOW } else { 0 })?;
        if [self.sys.mounts.proc, self.sys.mounts.devpts].contains(&Some(at.mount)) {
            return Err(Errno::EBUSY.into());
        }
        let Kernel { vfs, sys, .. } = self;
        if flags & MNT_DETACH != 0 {
            vfs.detach(&sys.context(c.proc), at)?;
        } else {
            vfs.unmount(&sys.context(c.proc), at)?;
        }
        self.refresh_mounts();
        self.refresh_loops();
        done(0)
    }
}

/// `size=` and `mode=` of a tmpfs (tmpfs(5)).
fn tmpfs_options(data: &[u8], default: u64) -> Result<(u64, u32), Errno> {
    let (mut size, mut mode) = (default, 0o1777);
    let text = core::str::from_utf8(data).map_err(|_| Errno::EINVAL)?;
    for option in text.split(',').filter(|o| !o.is_empty()) {
        match option.split_once('=') {
            Some(("size", value)) => {
                let digits = value.trim_end_matches(|c: char| !c.is_ascii_digit());
                let number: u64 = digits.parse().map_err(|_| Errno::EINVAL)?;
                let scale = match &value[digits.len()..] {
                    "" => 1,
                    "k" | "K" => 1 << 10,
                    "m" | "M" => 1 << 20,
                    "g" | "G" => 1 << 30,
                    "%" => default / 50,
                    _ => return Err(Errno::EINVAL),
                };
                size = number.saturating_mul(scale).min(default.saturating_mul(2));
            }
            Some(("mode", value)) => mode = u32::from_str_radix(value, 8).map_err(|_| Errno::EINVAL)?,
            _ => {}
        }
    }
    Ok((size, mode & 0o7777))
}
