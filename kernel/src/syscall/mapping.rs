//! The kernel's share of file mappings: rights, data, references.

use super::{done, with};
use crate::file::Object;
use crate::kernel::{Caller, Kernel};
use crate::task::{Held, ProcId, TaskId};
use crate::wait::{Progress, SysResult};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, Fd, FileId, MAX_MESSAGE, MapSource, Reply};
use tawaki_vfs::{FileKind, Location, MountFlags};

/// Files held for mappings by one process.
const MAX_HANDLES: usize = 65_536;
const PROT_WRITE: u32 = 2;
const PROT_EXEC: u32 = 4;
/// Longest text of `/proc/self/maps`.
const MAX_MAPS: usize = 1 << 20;
/// Longest `/proc/self/auxv`.
const MAX_AUXV: usize = 1024;

impl Kernel {
    /// Identity of a file for mappings.
    pub(super) fn file_id(&mut self, c: Caller, loc: Location) -> SysResult<FileId> {
        let root = self.sys.procs[c.proc].root;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let stat = vfs.stat(&cx, loc)?;
        let path =
            if loc.mount == sys.mounts.memory { sys.memory_name(loc) } else { vfs.path_of(&cx, root, loc)? };
        Ok(FileId { dev: stat.dev, ino: stat.ino, size: stat.size, mtime: stat.mtime, path: path.into() })
    }

    pub(super) fn sys_map_file(
        &mut self,
        c: Caller,
        fd: Fd,
        prot: u32,
        shared: bool,
        keep: bool,
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let (flags, loc) = (f.flags, f.loc.ok_or(Errno::ENODEV)?);
        if !flags.readable() || shared && prot & PROT_WRITE != 0 && !flags.writable() {
            return Err(Errno::EACCES.into());
        }
        if shared && prot & PROT_WRITE != 0 && loc.mount == self.sys.mounts.memory {
            self.sys.check_seals(loc, super::write::SEAL_WRITE | super::write::SEAL_FUTURE_WRITE)?;
        }
        let regular = match f.object {
            Object::Regular => true,
            // A mapping of /dev/zero is anonymous memory; the process sees its identity.
            Object::Zero => false,
            _ => return Err(Errno::ENODEV.into()),
        };
        if prot & PROT_EXEC != 0 && self.vfs.mount_flags(loc)?.contains(MountFlags::NOEXEC) {
            return Err(Errno::EPERM.into());
        }
        let id = self.file_id(c, loc)?;
        let handle = if keep && regular { self.keep(c.proc, loc)? } else { 0 };
        Ok(Reply::with(handle.into(), Body::Mapped(id)))
    }

    /// Keeps a place for private mappings, once; result: its handle.
    fn keep(&mut self, proc: ProcId, loc: Location) -> SysResult<u32> {
        let kept = &self.sys.procs[proc].kept;
        if let Some((handle, _)) = kept.iter().find(|(_, kept)| **kept == loc) {
            return Ok(*handle);
        }
        if kept.len() >= MAX_HANDLES {
            return Err(Errno::ENOMEM.into());
        }
        self.vfs.open_ref(loc)?;
        let handle = self.new_handle(proc);
        self.sys.procs[proc].kept.insert(handle, loc);
        Ok(handle)
    }

    /// A number that no handle of a process has; never 0.
    fn new_handle(&mut self, proc: ProcId) -> u32 {
        loop {
            self.sys.handles = (self.sys.handles.wrapping_add(1) & 0x7fff_ffff).max(1);
            let (handle, p) = (self.sys.handles, &self.sys.procs[proc]);
            if !p.handles.contains_key(&handle) && !p.kept.contains_key(&handle) {
                return handle;
            }
        }
    }

    fn held(&self, proc: ProcId, handle: u32) -> Result<Location, Errno> {
        let p = &self.sys.procs[proc];
        let held = p.handles.get(&handle).map(|held| held.loc);
        held.or_else(|| p.kept.get(&handle).copied()).ok_or(Errno::EBADF)
    }

    pub(super) fn sys_map_read(
        &mut self,
        c: Caller,
        source: MapSource,
        offset: u64,
        len: u32,
        ahead: u32,
    ) -> SysResult {
        let loc = match source {
            MapSource::Handle(handle) => self.held(c.proc, handle)?,
            MapSource::Fd(fd) => {
                let file = self.sys.io_fd(c.proc, fd)?;
                let f = &self.sys.files[file];
                if !matches!(f.object, Object::Regular) || !f.flags.readable() {
                    return Err(Errno::EACCES.into());
                }
                f.loc.ok_or(Errno::EBADF)?
            }
        };
        let mut data = vec![0; (len as usize).min(MAX_MESSAGE - 4096)];
        let Kernel { vfs, sys, .. } = self;
        if ahead > 0 {
            // With this piece, so that neighbours come in one request.
            vfs.will_read(loc, offset, u64::from(len) + u64::from(ahead));
        }
        let n = vfs.read(&sys.context(c.proc), loc, offset, &mut data)?;
        data.truncate(n);
        Ok(Reply::with(n as i64, Body::Bytes(ByteBuf::from(data))))
    }

    /// Keeps a place for a process; result: its handle.
    pub(super) fn hold(&mut self, proc: ProcId, loc: Location, exec: Option<u32>) -> SysResult<u32> {
        if self.sys.procs[proc].handles.len() >= MAX_HANDLES {
            return Err(Errno::ENOMEM.into());
        }
        self.vfs.open_ref(loc)?;
        let handle = self.new_handle(proc);
        self.sys.procs[proc].handles.insert(handle, Held { loc, exec });
        Ok(handle)
    }

    pub(super) fn sys_map_hold(&mut self, c: Caller, fd: Fd) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let loc = self.sys.files[file].loc.ok_or(Errno::ENODEV)?;
        // Two copies of the memory would not be shared: the second is refused.
        let held = |held: &Held| held.exec.is_none() && held.loc == loc;
        let other = self.sys.procs.iter().find(|(id, p)| *id != c.proc && p.handles.values().any(held));
        if let Some((_, other)) = other {
            let names = (self.sys.procs[c.proc].comm_text(), other.comm_text());
            self.sys
                .log_once(format!("{}: writable memory shared with {} is not supported", names.0, names.1));
            return Err(Errno::ENODEV.into());
        }
        done(self.hold(c.proc, loc, None)?)
    }

    pub(super) fn sys_map_stat(&mut self, c: Caller, handle: u32) -> SysResult {
        let loc = self.held(c.proc, handle)?;
        with(Body::Mapped(self.file_id(c, loc)?))
    }

    /// Whether a call reads or changes a file that its process has mapped shared and
    /// writable, so that memory and file have to be made one first.
    pub(crate) fn wants_sync(&mut self, task: TaskId, call: &Call) -> bool {
        let fds = match call {
            Call::Read { fd, .. } | Call::Write { fd, .. } | Call::Append { fd, .. } => [*fd, -1],
            Call::Ftruncate { fd, .. } | Call::Fsync { fd } => [*fd, -1],
            Call::Transfer { from, to, .. } => [*from, *to],
            _ => return false,
        };
        let proc = self.sys.tasks[task].proc;
        let p = &self.sys.procs[proc];
        if p.handles.is_empty() {
            return false;
        }
        let mapped = |fd: &Fd| {
            let file = self.sys.fd(proc, *fd).ok().and_then(|file| self.sys.files.get(file));
            file.and_then(|f| f.loc)
                .is_some_and(|loc| p.handles.values().any(|h| h.exec.is_none() && h.loc == loc))
        };
        if !fds.iter().any(mapped) {
            return false;
        }
        // Told once; the same call comes again when it is done.
        let t = &mut self.sys.tasks[task];
        t.synced = !t.synced;
        t.synced
    }

    pub(super) fn sys_map_drop(&mut self, c: Caller, handle: u32) -> SysResult {
        let p = &mut self.sys.procs[c.proc];
        let held = p.handles.remove(&handle).map(|held| held.loc);
        let loc = held.or_else(|| p.kept.remove(&handle)).ok_or(Errno::EBADF)?;
        self.close_place(c.proc, loc);
        done(0)
    }

    pub(super) fn sys_map_write(&mut self, c: Caller, handle: u32, offset: u64, data: &[u8]) -> SysResult {
        let held = self.sys.procs[c.proc].handles.get(&handle).ok_or(Errno::EBADF)?;
        if held.exec.is_some() {
            return Err(Errno::EACCES.into());
        }
        let loc = held.loc;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let stat = vfs.stat(&cx, loc)?;
        if FileKind::from_mode(stat.mode) != Some(FileKind::Regular) {
            return Err(Errno::EINVAL.into());
        }
        let room = stat.size.saturating_sub(offset).min(data.len() as u64) as usize;
        if room == 0 {
            return done(0);
        }
        done(vfs.write(&cx, loc, offset, &data[..room])?)
    }

    pub(super) fn sys_map_punch(
        &mut self,
        c: Caller,
        handle: u32,
        (offset, len): (u64, u64),
        progress: &mut Progress,
    ) -> SysResult {
        let held = self.sys.procs[c.proc].handles.get(&handle).filter(|held| held.exec.is_none());
        let loc = held.ok_or(Errno::EACCES)?.loc;
        if loc.mount == self.sys.mounts.memory {
            self.sys.check_seals(loc, super::write::SEAL_WRITE | super::write::SEAL_FUTURE_WRITE)?;
        }
        let end = offset.checked_add(len).ok_or(Errno::EINVAL)?;
        self.zero_range(c, loc, offset, end, progress)
    }

    pub(super) fn sys_maps(
        &mut self,
        c: Caller,
        text: &mut ByteBuf,
        vsize: u64,
        rss: u64,
        auxv: &mut ByteBuf,
    ) -> SysResult {
        self.sys.tasks[c.task].told_maps = true;
        let mut auxv = core::mem::take(auxv).into_vec();
        auxv.truncate(MAX_AUXV);
        self.sys.procs[c.proc].auxv = auxv;
        let mut text = core::mem::take(text).into_vec();
        text.truncate(MAX_MAPS);
        self.sys.procs[c.proc].maps = crate::task::Maps {
            text,
            vsize,
            rss,
            asked: self.sys.now.monotonic_ns,
            wait: crate::task::MAPS_LATER,
        };
        done(0)
    }
}
