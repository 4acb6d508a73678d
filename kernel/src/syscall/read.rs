//! Reading: read(2), lseek(2), getdents(2).

use super::{done, with};
use crate::file::pipe::{HostEnd, PipeId};
use crate::file::{FileId, Object};
use crate::kernel::{Caller, Kernel};
use crate::tty::{ICANON, TtyId, VMIN, VTIME};
use crate::wait::{Key, Progress, Stop, SysResult, Wait, wait_on};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::Dirent;
use tawaki_abi::signal::{SIGTTIN, SigInfo};
use tawaki_abi::wire::{Body, Fd, MAX_TRANSFER, NEED_MAPS, Reply, TraceOp};

/// Entries of one getdents reply.
const MAX_DIRENTS: usize = 4096;
/// Size of a `struct signalfd_siginfo`.
const SIGNALFD_INFO: usize = 128;

fn bytes(data: Vec<u8>) -> SysResult {
    Ok(Reply::with(data.len() as i64, Body::Bytes(ByteBuf::from(data))))
}

impl Kernel {
    pub(super) fn sys_read(
        &mut self,
        c: Caller,
        fd: Fd,
        len: u32,
        offset: Option<u64>,
        more: bool,
        progress: &mut Progress,
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        if !f.flags.readable() {
            return Err(Errno::EBADF.into());
        }
        let len = (len as usize).min(MAX_TRANSFER);
        let wait = !more && !f.nonblocking();
        if offset.is_some() && !seekable(&f.object) {
            return Err(Errno::ESPIPE.into());
        }
        match f.object {
            Object::Regular => self.read_regular(c, file, len, offset),
            Object::Loop(n) => self.read_loop(c, file, n, len, offset),
            Object::Memory { pid, execs } => {
                let from = offset.unwrap_or(f.offset);
                let op = TraceOp::Read { addr: from, len: len as u32, force: true };
                self.memory_file(c, file, (pid, execs), op, offset.is_none())
            }
            Object::Directory => Err(Errno::EISDIR.into()),
            Object::Path => Err(Errno::EBADF.into()),
            Object::Null => bytes(Vec::new()),
            Object::Zero | Object::Full => bytes(vec![0; len]),
            Object::Random => {
                let mut data = vec![0; len];
                self.sys.random.fill(&mut data);
                bytes(data)
            }
            Object::Text(_) => self.read_text(c, file, len, offset),
            Object::Pipe { id, .. } => self.read_pipe(id, len, wait),
            Object::Tty(tty) => self.read_tty(c, tty, len, wait, progress),
            Object::HungUp(_) => bytes(Vec::new()),
            Object::Master(tty) => {
                let t = &mut self.sys.ttys[tty];
                let data = t.take_output(len);
                if !data.is_empty() {
                    self.sys.fire(Key::TtyOut(tty));
                    return bytes(data);
                }
                if t.hung_up {
                    return Err(Errno::EIO.into());
                }
                if wait { wait_on(Key::MasterIn(tty)) } else { Err(Errno::EAGAIN.into()) }
            }
            Object::Event(_) => {
                if len < 8 {
                    return Err(Errno::EINVAL.into());
                }
                let Object::Event(e) = &mut self.sys.files[file].object else { return done(0) };
                match e.take() {
                    Some(value) => {
                        self.sys.fire(Key::File(file));
                        bytes(value.to_le_bytes().to_vec())
                    }
                    None if wait => wait_on(Key::File(file)),
                    None => Err(Errno::EAGAIN.into()),
                }
            }
            Object::Timer(_) => {
                if len < 8 {
                    return Err(Errno::EINVAL.into());
                }
                let Object::Timer(t) = &mut self.sys.files[file].object else { return done(0) };
                match core::mem::take(&mut t.expirations) {
                    0 if wait => wait_on(Key::File(file)),
                    0 => Err(Errno::EAGAIN.into()),
                    value => bytes(value.to_le_bytes().to_vec()),
                }
            }
            Object::Signal(set) => {
                let room = len / SIGNALFD_INFO;
                if room == 0 {
                    return Err(Errno::EINVAL.into());
                }
                let mut data = Vec::new();
                for _ in 0..room {
                    let t = &mut self.sys.tasks[c.task];
                    let info = t.pending.take(set).or_else(|| self.sys.procs[c.proc].shared.take(set));
                    let Some(info) = info else { break };
                    data.extend(signalfd_info(&info));
                }
                match data.is_empty() {
                    false => bytes(data),
                    true if wait => wait_on(Key::Signal(c.proc)),
                    true => Err(Errno::EAGAIN.into()),
                }
            }
            Object::Mqueue(id) => {
                let text = self.sys.mqueues.all[id].text();
                let from = usize::try_from(offset.unwrap_or(f.offset)).unwrap_or(usize::MAX).min(text.len());
                let data = text[from..from.saturating_add(len).min(text.len())].to_vec();
                if offset.is_none() {
                    self.sys.files[file].offset += data.len() as u64;
                }
                bytes(data)
            }
            Object::Epoll(_) | Object::Pidfd { .. } | Object::LoopControl => Err(Errno::EINVAL.into()),
            Object::Inotify(_) => {
                let Object::Inotify(i) = &mut self.sys.files[file].object else { return done(0) };
                match i.take(len) {
                    Some(data) => bytes(data),
                    None if !i.is_empty() => Err(Errno::EINVAL.into()),
                    None if wait => wait_on(Key::File(file)),
                    None => Err(Errno::EAGAIN.into()),
                }
            }
            Object::Socket(socket) => {
                let want = super::message::Receive { len, flags: 0, wait };
                let (received, _) = self.receive(c, socket, want, progress)?;
                bytes(received.data.into_vec())
            }
        }
    }

    fn read_regular(&mut self, c: Caller, file: FileId, len: usize, offset: Option<u64>) -> SysResult {
        let f = &self.sys.files[file];
        let loc = f.loc.ok_or(Errno::EBADF)?;
        let from = offset.unwrap_or(f.offset);
        let mut data = vec![0; len];
        let Kernel { vfs, sys, .. } = self;
        let n = vfs.read(&sys.context(c.proc), loc, from, &mut data)?;
        data.truncate(n);
        if offset.is_none() {
            self.sys.files[file].offset = from + n as u64;
        }
        if n > 0 && self.vfs.watches() {
            self.vfs.note_change(loc, tawaki_vfs::mask::ACCESS);
        }
        bytes(data)
    }

    /// A generated text is made when it is read from its start.
    fn read_text(&mut self, c: Caller, file: FileId, len: usize, offset: Option<u64>) -> SysResult {
        let f = &self.sys.files[file];
        let loc = f.loc.ok_or(Errno::EBADF)?;
        let from = offset.unwrap_or(f.offset);
        let made = matches!(&f.object, Object::Text(text) if !text.is_empty());
        if from == 0 || !made {
            let told = self.sys.tasks[c.task].told_maps;
            if from == 0 && crate::fs::proc::wants_maps(&self.sys, c.proc, loc.ino) && !told {
                return Err(NEED_MAPS.into());
            }
            let text = match crate::fs::proc::is_tables(loc.ino) && Some(loc.mount) == self.sys.mounts.proc {
                true => self.tables(c.task),
                false => crate::fs::proc::text(&self.sys, c.proc, loc.ino)?,
            };
            self.sys.files[file].object = Object::Text(text);
        }
        let Object::Text(text) = &self.sys.files[file].object else { return done(0) };
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(text.len());
        let end = start.saturating_add(len).min(text.len());
        let data = text[start..end].to_vec();
        if end == text.len() {
            // Read to its end: not kept any longer.
            self.sys.files[file].object = Object::Text(Vec::new());
        }
        if offset.is_none() {
            self.sys.files[file].offset = from + data.len() as u64;
        }
        bytes(data)
    }

    /// What is in a pipe, as much as there is.
    pub(super) fn read_pipe(&mut self, id: PipeId, len: usize, wait: bool) -> SysResult {
        if len == 0 {
            return bytes(Vec::new());
        }
        let pipe = &mut self.sys.pipes[id];
        if !pipe.is_empty() {
            let data = pipe.pull(len);
            self.sys.pipe_drained(id);
            self.sys.tell_writers(id);
            return bytes(data);
        }
        if pipe.writers == 0 && !matches!(pipe.host, HostEnd::Input { eof: false, .. }) {
            return bytes(Vec::new());
        }
        if !wait {
            self.sys.tell_writers(id);
            return Err(Errno::EAGAIN.into());
        }
        self.sys.want(id);
        wait_on(Key::PipeIn(id))
    }

    fn read_tty(
        &mut self,
        c: Caller,
        tty: TtyId,
        len: usize,
        wait: bool,
        progress: &mut Progress,
    ) -> SysResult {
        if self.sys.ttys[tty].hung_up {
            return bytes(Vec::new());
        }
        self.sys.check_foreground(c.task, tty, SIGTTIN)?;
        let now = self.sys.now.monotonic_ns;
        let t = &mut self.sys.ttys[tty];
        if t.has(ICANON) {
            if t.input_ready() {
                return bytes(t.take_input(len));
            }
            return if wait { wait_on(Key::TtyIn(tty)) } else { Err(Errno::EAGAIN.into()) };
        }
        let least = (t.termios.cc[VMIN] as usize).min(len);
        let time = t.termios.cc[VTIME] as u64 * 100_000_000;
        let ready = t.readable();
        let until = match (least, time) {
            _ if ready >= least.max(1) => None,
            (0, 0) => {
                return if wait || ready > 0 { bytes(t.take_input(len)) } else { Err(Errno::EAGAIN.into()) };
            }
            (0, time) => {
                if progress.mark == 0 {
                    progress.mark = crate::timer::deadline_after(now, time);
                }
                Some(progress.mark)
            }
            (_, 0) => Some(u64::MAX),
            (_, _) if ready == 0 => Some(u64::MAX),
            (_, time) => Some(crate::timer::deadline_after(t.input_at, time)),
        };
        match until {
            Some(until) if until > now => {
                if !wait {
                    return if ready > 0 { bytes(t.take_input(len)) } else { Err(Errno::EAGAIN.into()) };
                }
                Err(Stop::Wait(Wait {
                    keys: vec![Key::TtyIn(tty)],
                    until: Some(until).filter(|u| *u != u64::MAX),
                    restart: Some(Errno::ERESTARTSYS),
                }))
            }
            _ => {
                let data = t.take_input(len);
                let master = matches!(t.side, crate::tty::Side::Master { .. });
                let room = t.input_room() > 0;
                if master {
                    self.sys.wake(Key::TtyIn(tty));
                    if room {
                        self.sys.tell_master(tty);
                    }
                }
                bytes(data)
            }
        }
    }

    pub(super) fn sys_lseek(&mut self, c: Caller, fd: Fd, offset: i64, whence: u32) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let zero = match f.object {
            Object::Regular | Object::Directory | Object::Text(_) | Object::Loop(_) | Object::Mqueue(_) => {
                false
            }
            Object::Memory { .. } if whence <= 1 => false,
            Object::Memory { .. } => return Err(Errno::EINVAL.into()),
            Object::Null | Object::Zero | Object::Full | Object::Random => true,
            _ => return Err(Errno::ESPIPE.into()),
        };
        if zero {
            return done(0);
        }
        let loc = f.loc.ok_or(Errno::ESPIPE)?;
        let current = f.offset;
        let object = if let Object::Loop(n) = f.object { Some(n) } else { None };
        let Kernel { vfs, sys, .. } = self;
        let base = match whence {
            0 => 0,
            1 => current as i64,
            2..=4 => {
                let size = match object {
                    Some(n) => vfs.loop_size(&sys.context(c.proc), n).unwrap_or(0),
                    None => vfs.stat(&sys.context(c.proc), loc)?.size,
                };
                match whence {
                    2 => size as i64,
                    // A file without holes: data everywhere, the hole at its end.
                    _ if offset < 0 || offset as u64 >= size => return Err(Errno::ENXIO.into()),
                    3 => 0,
                    _ => size as i64 - offset,
                }
            }
            _ => return Err(Errno::EINVAL.into()),
        };
        let to = base.checked_add(offset).filter(|to| *to >= 0).ok_or(Errno::EINVAL)?;
        self.sys.files[file].offset = to as u64;
        done(to)
    }

    pub(super) fn sys_getdents(&mut self, c: Caller, fd: Fd, len: u32) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let (Object::Directory, Some(loc)) = (&f.object, f.loc) else { return Err(Errno::ENOTDIR.into()) };
        let cookie = f.offset;
        let room = (len as usize).min(MAX_TRANSFER);
        let mut used = 0;
        let mut entries = Vec::new();
        let mut full = false;
        let Kernel { vfs, sys, .. } = self;
        vfs.readdir(&sys.context(c.proc), loc, cookie, &mut |entry| {
            let size = (19 + entry.name.len() + 1).next_multiple_of(8);
            if used + size > room || entries.len() >= MAX_DIRENTS {
                full = true;
                return false;
            }
            used += size;
            entries.push(Dirent {
                ino: entry.ino.0,
                next: entry.next,
                kind: entry.kind,
                name: entry.name.to_vec(),
            });
            true
        })?;
        if full && entries.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        if let Some(last) = entries.last() {
            self.sys.files[file].offset = last.next;
        }
        self.vfs.note_change(loc, tawaki_vfs::mask::ACCESS | tawaki_vfs::mask::ISDIR);
        with(Body::Dirents(entries))
    }
}

/// Whether a file has positions (pread(2), pwrite(2)).
pub(super) fn seekable(object: &Object) -> bool {
    matches!(
        object,
        Object::Regular
            | Object::Loop(_)
            | Object::Memory { .. }
            | Object::Mqueue(_)
            | Object::Directory
            | Object::Text(_)
            | Object::Null
            | Object::Zero
            | Object::Full
            | Object::Random
    )
}

/// `struct signalfd_siginfo` (signalfd(2)); the same on both widths.
fn signalfd_info(info: &SigInfo) -> [u8; SIGNALFD_INFO] {
    let mut out = [0; SIGNALFD_INFO];
    let words: [(usize, u32); 8] = [
        (0, info.signo),
        (4, info.errno as u32),
        (8, info.code as u32),
        (12, info.pid as u32),
        (16, info.uid),
        (24, info.pid as u32),
        (40, info.status as u32),
        (44, info.value as u32),
    ];
    for (at, word) in words {
        out[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    out[48..56].copy_from_slice(&info.value.to_le_bytes());
    out[56..64].copy_from_slice(&(info.utime as u64).to_le_bytes());
    out[64..72].copy_from_slice(&(info.stime as u64).to_le_bytes());
    out[72..80].copy_from_slice(&info.addr.to_le_bytes());
    out
}
