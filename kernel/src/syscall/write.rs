//! Writing: write(2), truncate(2), fallocate(2), fsync(2).

use super::done;
use super::read::seekable;
use crate::file::event::EVENTFD_MAX;
use crate::file::pipe::{HostEnd, PIPE_BUF, PipeId};
use crate::file::{FileId, Object};
use crate::kernel::{Caller, Kernel};
use crate::task::{RLIM_INFINITY, RLIMIT_FSIZE};
use crate::tty::{TOSTOP, TtyId};
use crate::wait::{Key, Progress, SysResult, wait_on};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::{SI_KERNEL, SIGPIPE, SIGTTOU, SIGXFSZ, SigInfo};
use tawaki_abi::wire::{Fd, TraceOp};
use tawaki_vfs::Access;

impl Kernel {
    pub(super) fn sys_write(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &mut ByteBuf,
        offset: Option<u64>,
        progress: &mut Progress,
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        if !f.flags.writable() {
            return Err(Errno::EBADF.into());
        }
        if offset.is_some() && !seekable(&f.object) {
            return Err(Errno::ESPIPE.into());
        }
        let wait = !f.nonblocking();
        match f.object {
            Object::Regular => done(self.write_regular(c, file, data, offset)?),
            Object::Loop(n) => self.write_loop(c, file, n, data, offset),
            Object::Memory { pid, execs } => {
                let op = TraceOp::Write { addr: offset.unwrap_or(f.offset), data: data.clone(), force: true };
                self.memory_file(c, file, (pid, execs), op, offset.is_none())
            }
            Object::Null | Object::Zero | Object::Random => done(data.len()),
            Object::Full => Err(Errno::ENOSPC.into()),
            Object::Pipe { id, .. } => {
                let packets = f.flags.contains(OpenFlags::DIRECT);
                self.write_pipe(c, id, data, (wait, packets), progress)
            }
            Object::Tty(tty) => self.write_tty(c, tty, data, wait, progress),
            Object::HungUp(_) => Err(Errno::EIO.into()),
            Object::Master(tty) => {
                let room = self.sys.ttys[tty].input_room();
                if room < data.len() {
                    let tells = self.sys.tells(|object| matches!(object, Object::Master(id) if *id == tty));
                    self.sys.ttys[tty].master_starved |= tells;
                }
                if room == 0 && !data.is_empty() {
                    return if wait { wait_on(Key::TtyIn(tty)) } else { Err(Errno::EAGAIN.into()) };
                }
                let n = room.min(data.len());
                self.sys.tty_input(tty, &data[..n]);
                done(n)
            }
            Object::Event(_) => {
                let value = data.get(..8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
                let value = value.filter(|v| *v != u64::MAX).ok_or(Errno::EINVAL)?;
                let Object::Event(e) = &mut self.sys.files[file].object else { return done(0) };
                if value > EVENTFD_MAX - e.count {
                    return if wait { wait_on(Key::File(file)) } else { Err(Errno::EAGAIN.into()) };
                }
                e.count += value;
                e.edges.input += 1;
                self.sys.fire(Key::File(file));
                done(8)
            }
            Object::Socket(socket) => {
                let message =
                    super::message::Message { data, flags: 0, addr: None, fds: &[], creds: None, wait };
                self.send_to(c, socket, message, progress)
            }
            Object::Text(_) => {
                let loc = f.loc.ok_or(Errno::EBADF)?;
                crate::fs::proc::write(&mut self.sys, c.proc, loc.ino, data)?;
                done(data.len())
            }
            Object::Directory | Object::Path => Err(Errno::EBADF.into()),
            Object::Inotify(_) => Err(Errno::EBADF.into()),
            Object::Timer(_)
            | Object::Signal(_)
            | Object::Epoll(_)
            | Object::Pidfd { .. }
            | Object::Mqueue(_)
            | Object::LoopControl => Err(Errno::EINVAL.into()),
        }
    }

    pub(super) fn sys_append(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &mut ByteBuf,
        stays: bool,
        progress: &mut Progress,
    ) -> SysResult {
        let offset = stays.then_some(0);
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        if matches!(f.object, Object::Regular) && f.flags.writable() {
            return done(self.write_at(c, file, data, offset, true)?);
        }
        self.sys_write(c, fd, data, offset, progress)
    }

    /// Writes to a regular file at `offset`, its end (`O_APPEND`) or its position.
    pub(super) fn write_regular(
        &mut self,
        c: Caller,
        file: FileId,
        data: &[u8],
        offset: Option<u64>,
    ) -> SysResult<usize> {
        let append = self.sys.files[file].flags.contains(OpenFlags::APPEND);
        self.write_at(c, file, data, offset, append)
    }

    fn write_at(
        &mut self,
        c: Caller,
        file: FileId,
        data: &[u8],
        offset: Option<u64>,
        append: bool,
    ) -> SysResult<usize> {
        let f = &self.sys.files[file];
        let loc = f.loc.ok_or(Errno::EBADF)?;
        let mut from = offset.unwrap_or(f.offset);
        let limit = self.sys.procs[c.proc].limits[RLIMIT_FSIZE].0;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if append {
            from = vfs.stat(&cx, loc)?.size;
        }
        let mut data = data;
        if limit != RLIM_INFINITY && from.saturating_add(data.len() as u64) > limit {
            if from >= limit {
                self.sys.send_task(c.task, kernel_signal(SIGXFSZ));
                return Err(Errno::EFBIG.into());
            }
            data = &data[..(limit - from) as usize];
        }
        if loc.mount == sys.mounts.memory {
            sys.check_seals(loc, SEAL_WRITE | SEAL_FUTURE_WRITE)?;
            if from.saturating_add(data.len() as u64) > vfs.stat(&cx, loc)?.size {
                sys.check_seals(loc, SEAL_GROW)?;
            }
        }
        let n = vfs.write(&cx, loc, from, data)?;
        if offset.is_none() {
            self.sys.files[file].offset = from + n as u64;
        }
        if n > 0 && self.vfs.watches() {
            self.vfs.note_change(loc, tawaki_vfs::mask::MODIFY);
        }
        Ok(n)
    }

    /// SIGPIPE and EPIPE.
    pub(super) fn broken_pipe<T>(&mut self, c: Caller) -> SysResult<T> {
        self.sys.send_task(c.task, SigInfo { pid: self.sys.procs[c.proc].pid, ..kernel_signal(SIGPIPE) });
        Err(Errno::EPIPE.into())
    }

    fn write_pipe(
        &mut self,
        c: Caller,
        id: PipeId,
        data: &mut ByteBuf,
        (wait, packets): (bool, bool),
        progress: &mut Progress,
    ) -> SysResult {
        if data.is_empty() {
            return done(0);
        }
        let total = data.len();
        loop {
            let pipe = &mut self.sys.pipes[id];
            if pipe.readers == 0 && !matches!(pipe.host, HostEnd::Output { closed: false, .. }) {
                return if progress.done > 0 { done(progress.done) } else { self.broken_pipe(c) };
            }
            let room = pipe.room();
            let rest = total - progress.done as usize;
            if packets && room >= PIPE_BUF {
                let from = progress.done as usize;
                let piece = rest.min(PIPE_BUF);
                pipe.push_packet(&data[from..from + piece]);
                progress.done += piece as u64;
                self.sys.pipe_written(id, c.task);
                if piece == rest {
                    return done(total);
                }
                continue;
            }
            if rest <= room && !packets {
                if progress.done == 0 {
                    pipe.push_vec(core::mem::take(data).into_vec());
                } else {
                    pipe.push(&data[progress.done as usize..]);
                }
                self.sys.pipe_written(id, c.task);
                return done(total);
            }
            // Small writes are atomic; others go in pieces.
            if !packets && total > PIPE_BUF && room >= PIPE_BUF.min(rest) {
                let from = progress.done as usize;
                pipe.push(&data[from..from + room]);
                progress.done += room as u64;
                self.sys.pipe_written(id, c.task);
                if self.sys.pipes[id].room() > 0 {
                    continue;
                }
            }
            if !wait {
                return if progress.done > 0 { done(progress.done) } else { Err(Errno::EAGAIN.into()) };
            }
            return wait_on(Key::PipeOut(id));
        }
    }

    fn write_tty(
        &mut self,
        c: Caller,
        tty: TtyId,
        data: &[u8],
        wait: bool,
        progress: &mut Progress,
    ) -> SysResult {
        if self.sys.ttys[tty].hung_up {
            return Err(Errno::EIO.into());
        }
        if self.sys.ttys[tty].has(TOSTOP) {
            self.sys.check_foreground(c.task, tty, SIGTTOU)?;
        }
        let n = self.sys.ttys[tty].write(&data[progress.done as usize..]);
        progress.done += n as u64;
        self.sys.tty_dirty(tty);
        if progress.done as usize == data.len() {
            return done(data.len());
        }
        if !wait {
            let tells = self.sys.tells(|object| matches!(object, Object::Tty(id) if *id == tty));
            self.sys.ttys[tty].starved |= tells;
            return if progress.done > 0 { done(progress.done) } else { Err(Errno::EAGAIN.into()) };
        }
        wait_on(Key::TtyOut(tty))
    }

    pub(super) fn sys_truncate(&mut self, c: Caller, path: &[u8], len: u64) -> SysResult {
        let at = self.at(c, tawaki_abi::fs::AT_FDCWD, path)?;
        self.check_size(c, len)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let loc = vfs.lookup(&cx, &at, path, true)?;
        if !sys.leases.is_empty() {
            vfs.access(&cx, loc, Access::WRITE)?;
            self.break_leases(loc, true, true)?;
        }
        let Kernel { vfs, sys, .. } = self;
        vfs.truncate(&sys.context(c.proc), loc, len, true)?;
        done(0)
    }

    pub(super) fn sys_ftruncate(&mut self, c: Caller, fd: Fd, len: u64) -> SysResult {
        let (file, loc) = self.regular(c, fd)?;
        if !self.sys.files[file].flags.writable() {
            return Err(Errno::EINVAL.into());
        }
        self.check_size(c, len)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        if loc.mount == sys.mounts.memory {
            let size = vfs.stat(&cx, loc)?.size;
            let seal = if len < size { SEAL_SHRINK } else { SEAL_GROW };
            sys.check_seals(loc, if len == size { 0 } else { seal })?;
        }
        vfs.truncate(&cx, loc, len, false)?;
        done(0)
    }

    fn check_size(&mut self, c: Caller, len: u64) -> Result<(), Errno> {
        if len > i64::MAX as u64 {
            return Err(Errno::EINVAL);
        }
        if len > self.sys.procs[c.proc].limits[RLIMIT_FSIZE].0 {
            self.sys.send_task(c.task, kernel_signal(SIGXFSZ));
            return Err(Errno::EFBIG);
        }
        Ok(())
    }

    /// A descriptor of a regular file; `EINVAL` for others.
    pub(super) fn regular(&self, c: Caller, fd: Fd) -> Result<(FileId, tawaki_vfs::Location), Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        match (&self.sys.files[file].object, self.sys.files[file].loc) {
            (Object::Regular, Some(loc)) => Ok((file, loc)),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn sys_fallocate(
        &mut self,
        c: Caller,
        fd: Fd,
        mode: u32,
        (offset, len): (u64, u64),
        progress: &mut Progress,
    ) -> SysResult {
        // In Linux's order (`vfs_fallocate`).
        let file = self.sys.io_fd(c.proc, fd)?;
        if len == 0 || len > i64::MAX as u64 || offset > i64::MAX as u64 {
            return Err(Errno::EINVAL.into());
        }
        let (keep, punch, zero) = (mode & KEEP_SIZE != 0, mode & PUNCH_HOLE != 0, mode & ZERO_RANGE != 0);
        let alone = matches!(mode, COLLAPSE_RANGE | INSERT_RANGE);
        let known = mode & !(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE | UNSHARE_RANGE) == 0;
        if !alone && !known || punch && (zero || !keep) {
            return Err(Errno::EOPNOTSUPP.into());
        }
        if !self.sys.files[file].flags.writable() {
            return Err(Errno::EBADF.into());
        }
        if matches!(self.sys.files[file].object, Object::Pipe { .. }) {
            return Err(Errno::ESPIPE.into());
        }
        let (_, loc) = self.regular(c, fd).map_err(|_| Errno::ENODEV)?;
        if mode & !(KEEP_SIZE | PUNCH_HOLE) != 0 {
            // Neither tmpfs nor ext2 can.
            return Err(Errno::EOPNOTSUPP.into());
        }
        let end = offset.checked_add(len).filter(|end| *end <= i64::MAX as u64).ok_or(Errno::EFBIG)?;
        self.check_size(c, end)?;
        let Kernel { vfs, sys, .. } = self;
        if loc.mount == sys.mounts.memory && end > vfs.stat(&sys.context(c.proc), loc)?.size {
            sys.check_seals(loc, SEAL_GROW)?;
        }
        let cx = sys.context(c.proc);
        if loc.mount == sys.mounts.memory && punch {
            sys.check_seals(loc, SEAL_WRITE | SEAL_FUTURE_WRITE)?;
        }
        if !punch {
            vfs.fallocate(&cx, loc, offset, len, keep)?;
        }
        if punch {
            return self.zero_range(c, loc, offset, end, progress);
        }
        done(0)
    }

    /// Overwrites a range with zeros as far as the file goes: what a hole reads as,
    /// though its blocks stay. In pieces, so that nothing large is repeated when a
    /// block has to be waited for.
    pub(super) fn zero_range(
        &mut self,
        c: Caller,
        loc: tawaki_vfs::Location,
        offset: u64,
        end: u64,
        progress: &mut Progress,
    ) -> SysResult {
        const PIECE: u64 = 1 << 20;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let end = end.min(vfs.stat(&cx, loc)?.size);
        let mut at = offset.saturating_add(progress.mark);
        while at < end {
            let data = vec![0; (end - at).min(PIECE) as usize];
            let n = vfs.write(&cx, loc, at, &data)? as u64;
            if n == 0 {
                return Err(Errno::ENOSPC.into());
            }
            at += n;
            progress.mark = at - offset;
        }
        done(0)
    }

    pub(super) fn sys_fsync(&mut self, c: Caller, fd: Fd) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        if let Object::Loop(n) = f.object {
            let Kernel { vfs, sys, .. } = self;
            if vfs.loop_status(n).is_ok() {
                vfs.loop_sync(&sys.context(c.proc), n)?;
            }
            return done(0);
        }
        let (Object::Regular | Object::Directory, Some(loc)) = (&f.object, f.loc) else {
            return Err(Errno::EINVAL.into());
        };
        let Kernel { vfs, sys, .. } = self;
        vfs.sync_at(&sys.context(c.proc), loc)?;
        done(0)
    }

    pub(super) fn sys_sync(&mut self, c: Caller) -> SysResult {
        let Kernel { vfs, sys, .. } = self;
        vfs.sync(&sys.context(c.proc))?;
        done(0)
    }
}

/// Modes of fallocate(2).
const KEEP_SIZE: u32 = 1;
const PUNCH_HOLE: u32 = 2;
const COLLAPSE_RANGE: u32 = 8;
const ZERO_RANGE: u32 = 0x10;
const INSERT_RANGE: u32 = 0x20;
const UNSHARE_RANGE: u32 = 0x40;

/// Seals of a memfd (fcntl(2), F_ADD_SEALS).
pub(super) const SEAL_SEAL: u32 = 1;
pub(super) const SEAL_SHRINK: u32 = 2;
pub(super) const SEAL_GROW: u32 = 4;
pub(super) const SEAL_WRITE: u32 = 8;
pub(super) const SEAL_FUTURE_WRITE: u32 = 16;
pub(super) const SEAL_EXEC: u32 = 32;
pub(super) const ALL_SEALS: u32 =
    SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE | SEAL_EXEC;

impl crate::system::System {
    /// `EPERM` when a memfd has one of these seals.
    pub fn check_seals(&self, loc: tawaki_vfs::Location, seals: u32) -> Result<(), Errno> {
        let set = self.memory_seals.get(&loc.ino.0).copied().unwrap_or(0);
        if set & seals != 0 { Err(Errno::EPERM) } else { Ok(()) }
    }
}

fn kernel_signal(signo: u32) -> SigInfo {
    SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() }
}
