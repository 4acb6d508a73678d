//! fcntl(2) and flock(2).

use super::write::{ALL_SEALS, SEAL_EXEC, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE};
use super::{done, with};
use crate::file::Object;
use crate::file::lock::{Owner, Record};
use crate::file::notify::{Owner as Notified, is_signal};
use crate::file::pipe::{BUDGET, MAX_CAPACITY};
use crate::kernel::{Caller, Kernel};
use crate::task::Held;
use crate::wait::{Key, SysResult, wait_on};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::{Body, Fd, Flock};
use tawaki_vfs::Location;

const F_DUPFD: u32 = 0;
const F_GETFD: u32 = 1;
const F_SETFD: u32 = 2;
const F_GETFL: u32 = 3;
const F_SETFL: u32 = 4;
const F_GETLK: u32 = 5;
const F_SETLK: u32 = 6;
const F_SETLKW: u32 = 7;
const F_SETOWN: u32 = 8;
const F_GETOWN: u32 = 9;
const F_SETSIG: u32 = 10;
const F_GETSIG: u32 = 11;
const F_GETLK64: u32 = 12;
const F_SETLEASE: u32 = 1024;
const F_GETLEASE: u32 = 1025;
const F_NOTIFY: u32 = 1026;
const F_SETOWN_EX: u32 = 15;
const F_GETOWN_EX: u32 = 16;
const F_SETLK64: u32 = 13;
const F_SETLKW64: u32 = 14;
const F_OFD_GETLK: u32 = 36;
const F_OFD_SETLK: u32 = 37;
const F_OFD_SETLKW: u32 = 38;
const F_DUPFD_CLOEXEC: u32 = 1030;
const F_SETPIPE_SZ: u32 = 1031;
const F_GETPIPE_SZ: u32 = 1032;
const F_ADD_SEALS: u32 = 1033;
const F_GET_SEALS: u32 = 1034;
const F_GET_RW_HINT: u32 = 1035;
const FD_CLOEXEC: u64 = 1;
const F_UNLCK: u16 = 2;
const LOCK_SH: u32 = 1;
const LOCK_EX: u32 = 2;
const LOCK_NB: u32 = 4;
const LOCK_UN: u32 = 8;

/// Flags that F_SETFL may change.
const SETTABLE: OpenFlags = OpenFlags::from_bits_truncate(
    OpenFlags::APPEND.bits()
        | OpenFlags::ASYNC.bits()
        | OpenFlags::DIRECT.bits()
        | OpenFlags::NOATIME.bits()
        | OpenFlags::NONBLOCK.bits(),
);

impl Kernel {
    pub(super) fn sys_fcntl(&mut self, c: Caller, fd: Fd, cmd: u32, arg: u64) -> SysResult {
        let file = self.sys.fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let path_only = f.flags.contains(OpenFlags::PATH);
        if path_only && !matches!(cmd, F_DUPFD | F_DUPFD_CLOEXEC | F_GETFD | F_SETFD | F_GETFL) {
            return Err(Errno::EBADF.into());
        }
        match cmd {
            F_DUPFD | F_DUPFD_CLOEXEC => {
                if arg >= self.sys.procs[c.proc].limits[crate::task::RLIMIT_NOFILE].0 {
                    return Err(Errno::EINVAL.into());
                }
                done(self.duplicate(c, fd, arg as usize, cmd == F_DUPFD_CLOEXEC)?)
            }
            F_GETFD => done(self.sys.table(c.proc).get(fd).is_some_and(|e| e.cloexec) as i64),
            F_SETFD => {
                if let Some(entry) = self.sys.table_mut(c.proc).get_mut(fd) {
                    entry.cloexec = arg & FD_CLOEXEC != 0;
                }
                done(0)
            }
            F_GETFL => done(f.flags.bits()),
            F_SETFL => {
                let new = OpenFlags::from_bits_truncate(arg as u32) & SETTABLE;
                let f = &mut self.sys.files[file];
                let before = f.flags;
                f.flags = (f.flags - SETTABLE) | new;
                if (before ^ new).contains(OpenFlags::ASYNC)
                    && !self.sys.set_async(file, fd, new.contains(OpenFlags::ASYNC))
                {
                    self.sys.files[file].flags.remove(OpenFlags::ASYNC);
                }
                done(0)
            }
            F_SETOWN => {
                let owner = match arg as i32 {
                    i32::MIN => return Err(Errno::EINVAL.into()),
                    0 => Notified::Nobody,
                    pid @ 1.. => Notified::Process(pid),
                    group => Notified::Group(-group),
                };
                self.sys.set_owner(c.proc, file, owner)?;
                done(0)
            }
            // The process packs type and number into the argument, and unpacks them from the result.
            F_SETOWN_EX => {
                let owner = Notified::from_type((arg >> 32) as u32, arg as u32 as i32)?;
                self.sys.set_owner(c.proc, file, owner)?;
                done(0)
            }
            F_GETOWN | F_GETOWN_EX => {
                let (kind, id) = match f.notify.owner {
                    Notified::Thread(tid) => (0, if self.sys.task_by_tid(tid).is_some() { tid } else { 0 }),
                    Notified::Process(pid) => (1, if self.sys.proc_by_pid(pid).is_some() { pid } else { 0 }),
                    Notified::Group(pgid) => (2, if self.sys.groups.contains_key(&pgid) { pgid } else { 0 }),
                    Notified::Nobody => (1, 0),
                };
                match (cmd, kind) {
                    (F_GETOWN, 2) => with(Body::Bytes((-id).to_le_bytes().to_vec().into())),
                    (F_GETOWN, _) => done(id),
                    _ => done(i64::from(kind) << 32 | i64::from(id)),
                }
            }
            F_SETSIG if !is_signal(arg) => Err(Errno::EINVAL.into()),
            F_SETSIG => {
                self.sys.files[file].notify.signal = arg as u32;
                done(0)
            }
            F_GETSIG => done(f.notify.signal),
            F_GETLEASE => self.lease_of(file),
            F_SETLEASE => self.set_lease(c, fd, file, arg & 0xffff_ffff),
            F_NOTIFY => self.note_directory(c, fd, file, arg as u32),
            F_GET_RW_HINT => done(0),
            F_GETPIPE_SZ | F_SETPIPE_SZ => {
                let Object::Pipe { id, .. } = f.object else { return Err(Errno::EBADF.into()) };
                let pipe = &mut self.sys.pipes[id];
                if cmd == F_SETPIPE_SZ {
                    if arg > MAX_CAPACITY as u64 {
                        return Err(Errno::EPERM.into());
                    }
                    let size = (arg as usize).max(4096).next_power_of_two();
                    if pipe.used() > size {
                        return Err(Errno::EBUSY.into());
                    }
                    let before = pipe.capacity;
                    if size > before && self.sys.pipe_capacity + size > BUDGET {
                        return Err(Errno::EPERM.into());
                    }
                    pipe.capacity = size;
                    self.sys.pipe_capacity = self.sys.pipe_capacity - before + size;
                    self.sys.fire(Key::PipeOut(id));
                }
                done(self.sys.pipes[id].capacity)
            }
            F_ADD_SEALS | F_GET_SEALS => {
                let loc = f.loc.filter(|loc| loc.mount == self.sys.mounts.memory);
                if cmd == F_GET_SEALS {
                    let seals = loc.and_then(|loc| self.sys.memory_seals.get(&loc.ino.0));
                    return done(*seals.ok_or(Errno::EINVAL)?);
                }
                let writable = f.flags.writable();
                self.add_seals(loc, writable, arg)
            }
            _ => {
                self.sys.unsupported(c.task, format_args!("fcntl command {cmd}"));
                Err(Errno::EINVAL.into())
            }
        }
    }

    /// F_ADD_SEALS.
    fn add_seals(&mut self, loc: Option<Location>, writable: bool, seals: u64) -> SysResult {
        if !writable {
            return Err(Errno::EPERM.into());
        }
        if seals & !u64::from(ALL_SEALS) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let mut seals = seals as u32;
        let loc = loc.ok_or(Errno::EINVAL)?;
        let set = *self.sys.memory_seals.get(&loc.ino.0).ok_or(Errno::EINVAL)?;
        if set & SEAL_SEAL != 0 {
            return Err(Errno::EPERM.into());
        }
        let Kernel { vfs, sys, .. } = self;
        if seals & SEAL_EXEC != 0 && vfs.stat(&sys.kernel_context(), loc)?.mode & 0o111 != 0 {
            // What runs is not written any more.
            seals |= SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE;
        }
        let mapped = |held: &Held| held.exec.is_none() && held.loc == loc;
        if seals & !set & SEAL_WRITE != 0 && sys.procs.iter().any(|(_, p)| p.handles.values().any(mapped)) {
            return Err(Errno::EBUSY.into());
        }
        sys.memory_seals.insert(loc.ino.0, set | seals);
        done(0)
    }

    pub(super) fn sys_fcntl_lock(&mut self, c: Caller, fd: Fd, cmd: u32, lock: Flock) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let loc = f.loc.ok_or(Errno::EINVAL)?;
        let (flags, offset) = (f.flags, f.offset);
        let inode = self.vfs.inode(loc)?;
        let pid = self.sys.procs[c.proc].pid;
        let ofd = matches!(cmd, F_OFD_GETLK | F_OFD_SETLK | F_OFD_SETLKW);
        if ofd && lock.pid != 0 {
            return Err(Errno::EINVAL.into());
        }
        let owner = if ofd { Owner::File(file) } else { Owner::Process(pid) };
        let Kernel { vfs, sys, .. } = self;
        let base = match lock.whence {
            0 => 0,
            1 => offset as i64,
            2 => vfs.stat(&sys.context(c.proc), loc)?.size as i64,
            _ => return Err(Errno::EINVAL.into()),
        };
        let start = base.checked_add(lock.start).ok_or(Errno::EOVERFLOW)?;
        let (start, end) = match lock.len {
            0 => (start, None),
            len if len > 0 => (start, Some(start.checked_add(len).ok_or(Errno::EOVERFLOW)?)),
            len => (start.checked_add(len).ok_or(Errno::EINVAL)?, Some(start)),
        };
        if start < 0 || lock.kind > F_UNLCK {
            return Err(Errno::EINVAL.into());
        }
        let want = Record {
            owner,
            exclusive: lock.kind == 1,
            start: start as u64,
            end: end.map_or(u64::MAX, |end| end as u64),
        };
        let conflict = self.sys.locks.conflict(inode, &want);
        match cmd {
            F_GETLK | F_GETLK64 | F_OFD_GETLK => {
                let answer = match conflict {
                    None => Flock { kind: F_UNLCK, ..lock },
                    Some(r) => Flock {
                        kind: r.exclusive as u16,
                        whence: 0,
                        start: r.start as i64,
                        len: if r.end == u64::MAX { 0 } else { (r.end - r.start) as i64 },
                        pid: if let Owner::Process(pid) = r.owner { pid } else { -1 },
                    },
                };
                with(Body::Lock(answer))
            }
            F_SETLK | F_SETLKW | F_SETLK64 | F_SETLKW64 | F_OFD_SETLK | F_OFD_SETLKW => {
                self.sys.locks.waits_no_more(pid);
                let allowed = match lock.kind {
                    0 => flags.readable(),
                    1 => flags.writable(),
                    _ => true,
                };
                if !allowed {
                    return Err(Errno::EBADF.into());
                }
                let unlock = lock.kind == F_UNLCK;
                if let Some(other) = conflict.filter(|_| !unlock) {
                    if !matches!(cmd, F_SETLKW | F_SETLKW64 | F_OFD_SETLKW) {
                        return Err(Errno::EAGAIN.into());
                    }
                    if let (Owner::Process(holder), false) = (other.owner, ofd) {
                        self.sys.locks.wait_for(pid, holder)?;
                    }
                    return wait_on(Key::Lock(inode));
                }
                self.sys.locks.set(inode, want, unlock)?;
                // Also a change from exclusive to shared lets others in.
                self.sys.fire(Key::Lock(inode));
                done(0)
            }
            _ => Err(Errno::EINVAL.into()),
        }
    }

    pub(super) fn sys_flock(&mut self, c: Caller, fd: Fd, op: u32) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let loc = self.sys.files[file].loc.ok_or(Errno::EINVAL)?;
        let inode = self.vfs.inode(loc)?;
        let exclusive = match op & !LOCK_NB {
            LOCK_SH => Some(false),
            LOCK_EX => Some(true),
            LOCK_UN => None,
            _ => return Err(Errno::EINVAL.into()),
        };
        if !self.sys.locks.flock(inode, Owner::File(file), exclusive)? {
            if op & LOCK_NB != 0 {
                return Err(Errno::EAGAIN.into());
            }
            return wait_on(Key::Lock(inode));
        }
        self.sys.fire(Key::Lock(inode));
        done(0)
    }
}
