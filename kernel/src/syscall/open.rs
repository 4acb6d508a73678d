//! open(2) and what it leads to: devices, FIFOs, terminals.

use super::done;
use crate::file::pipe::{Pipe, PipeId};
use crate::file::{AnonymousKind, Object, OpenFile, anonymous_parts};
use crate::kernel::{Caller, Kernel};
use crate::tty::{MAX_TTYS, Side, Tty, TtyId};
use crate::wait::{Key, Progress, Stop, SysResult, wait_on};
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_FDCWD, OpenFlags};
use tawaki_abi::tty::WinSize;
use tawaki_abi::wire::Fd;
use tawaki_vfs::{Access, At, Context, FileKind, FsError, Location, Opened, Scope, mask};

/// Flags kept with the open file.
const STATUS: OpenFlags = OpenFlags::from_bits_truncate(
    3 | OpenFlags::APPEND.bits()
        | OpenFlags::NONBLOCK.bits()
        | OpenFlags::ASYNC.bits()
        | OpenFlags::DIRECT.bits()
        | OpenFlags::NOATIME.bits()
        | OpenFlags::SYNC.bits()
        | OpenFlags::DSYNC.bits()
        | OpenFlags::PATH.bits()
        | OpenFlags::LARGEFILE.bits()
        | OpenFlags::DIRECTORY.bits()
        | OpenFlags::NOFOLLOW.bits(),
);

impl Kernel {
    /// Where resolution of a path of the caller starts.
    pub(super) fn at(&self, c: Caller, dirfd: Fd, path: &[u8]) -> Result<At, Errno> {
        let p = &self.sys.procs[c.proc];
        let base = if path.first() == Some(&b'/') {
            p.root
        } else if dirfd == AT_FDCWD {
            p.cwd
        } else {
            let file = self.sys.fd(c.proc, dirfd)?;
            let f = &self.sys.files[file];
            let usable = matches!(f.object, Object::Directory | Object::Path) || path.is_empty();
            if !usable {
                return Err(Errno::ENOTDIR);
            }
            f.loc.ok_or(Errno::ENOTDIR)?
        };
        Ok(At { root: p.root, base })
    }

    pub(super) fn sys_open(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        (flags, mode, scope): (OpenFlags, u32, Scope),
        progress: &mut Progress,
    ) -> SysResult {
        let cloexec = flags.contains(OpenFlags::CLOEXEC);
        if let Some(file) = progress.held {
            // A FIFO that waited for its other end.
            let Object::Pipe { id, reads, .. } = self.sys.files[file].object else {
                return Err(Errno::EIO.into());
            };
            if !self.other_end(id, reads, progress.mark) {
                return wait_on(Key::PipeOpen(id));
            }
            progress.held = None;
            let fd = self.sys.install(c.proc, file, 0, cloexec);
            return done(fd.inspect_err(|_| self.drop_file(file, c.proc))?);
        }
        self.sys.fds_fit(c.proc, 1)?;
        // What a path starts from matters to one that is absolute, when that is its root.
        let scoped = scope.intersects(Scope::BENEATH | Scope::IN_ROOT);
        let mut at = self.at(c, dirfd, if scoped { b"." } else { path })?;
        if scoped {
            at.root = at.base;
        }
        let mode = mode & 0o7777;
        let Kernel { vfs, sys, .. } = self;
        let cx = Context { scope, ..sys.context(c.proc) };
        let writes = flags.writable() || flags.contains(OpenFlags::TRUNC);
        if writes
            && !flags.contains(OpenFlags::PATH)
            && let Ok(loc) = vfs.lookup(&cx, &at, path, true)
        {
            // A program that runs is not written to.
            let runs = |p: &crate::task::Process| p.exe.is_some_and(|exe| exe == loc);
            if sys.procs.iter().any(|(_, p)| runs(p)) && vfs.access(&cx, loc, Access::WRITE).is_ok() {
                return Err(Errno::ETXTBSY.into());
            }
        }
        if !sys.leases.is_empty() {
            self.open_breaks(c, &at, path, flags, scope)?;
        }
        let Kernel { vfs, sys, .. } = self;
        let cx = Context { scope, ..sys.context(c.proc) };
        let opened = match vfs.open(&cx, &at, path, flags, mode) {
            Err(FsError::Pending) if scope.contains(Scope::CACHED) => return Err(Errno::EAGAIN.into()),
            opened => opened?,
        };
        let loc = opened.location;
        let object = match self.object_of(c, &opened, flags) {
            Ok(object) => object,
            Err(errno) => {
                self.vfs.close_ref(&self.sys.context(c.proc), loc);
                return Err(errno.into());
            }
        };
        if loc.mount == self.sys.mounts.anonymous {
            self.vfs.close_ref(&self.sys.context(c.proc), loc);
        }
        self.vfs
            .note_change(loc, mask::OPEN | if opened.kind == FileKind::Directory { mask::ISDIR } else { 0 });
        let fifo = match object {
            Object::Pipe { id, reads, writes } if loc.mount != self.sys.mounts.anonymous => {
                Some((id, reads, writes))
            }
            _ => None,
        };
        // Every 64-bit open has it, and 32-bit programs ask for it.
        let status = flags & STATUS | OpenFlags::LARGEFILE;
        let file = OpenFile::new(object, status, Some(loc));
        let Some((id, reads, writes)) = fifo else { return done(self.open_fd(c.proc, file, cloexec)?) };
        let nonblocking = flags.contains(OpenFlags::NONBLOCK);
        let pipe = &self.sys.pipes[id];
        let mark = if reads { pipe.writer_opens } else { pipe.reader_opens } as u64;
        let must_wait = reads != writes && !nonblocking && !self.other_end(id, reads, mark);
        if !must_wait {
            return done(self.open_fd(c.proc, file, cloexec)?);
        }
        let file = self.sys.add_file(file)?;
        progress.held = Some(file);
        progress.mark = mark;
        wait_on(Key::PipeOpen(id))
    }

    /// What is about to be opened, if it may be: leases that conflict with that are given up first.
    fn open_breaks(
        &mut self,
        c: Caller,
        at: &At,
        path: &[u8],
        flags: OpenFlags,
        scope: Scope,
    ) -> Result<(), Stop> {
        let makes = flags.contains(OpenFlags::CREAT) && flags.contains(OpenFlags::EXCL);
        if flags.contains(OpenFlags::PATH) || makes {
            return Ok(());
        }
        let Kernel { vfs, sys, .. } = self;
        let cx = Context { scope, ..sys.context(c.proc) };
        // What cannot be found or is not allowed is the open's own to say.
        let Ok(loc) = vfs.lookup(&cx, at, path, !flags.contains(OpenFlags::NOFOLLOW)) else { return Ok(()) };
        let mut access = Access::empty();
        access.set(Access::READ, flags.readable());
        access.set(Access::WRITE, flags.writable() || flags.contains(OpenFlags::TRUNC));
        if vfs.access(&cx, loc, access).is_err() {
            return Ok(());
        }
        self.break_leases(loc, flags.writable(), !flags.contains(OpenFlags::NONBLOCK))
    }

    /// Whether the other end of a FIFO is open, or was since `mark`.
    fn other_end(&self, id: PipeId, reads: bool, mark: u64) -> bool {
        let pipe = &self.sys.pipes[id];
        if reads {
            pipe.writers > 0 || pipe.writer_opens as u64 > mark
        } else {
            pipe.readers > 0 || pipe.reader_opens as u64 > mark
        }
    }

    fn object_of(&mut self, c: Caller, opened: &Opened, flags: OpenFlags) -> Result<Object, Errno> {
        if flags.contains(OpenFlags::PATH) {
            return Ok(Object::Path);
        }
        let loc = opened.location;
        match opened.kind {
            FileKind::Directory => Ok(Object::Directory),
            FileKind::Regular if Some(loc.mount) == self.sys.mounts.proc => {
                match crate::fs::proc::memory_of(&self.sys, loc.ino) {
                    None => Ok(Object::Text(Vec::new())),
                    Some(proc) if !self.may_trace(c, proc) => Err(Errno::EACCES),
                    Some(proc) => {
                        let p = &self.sys.procs[proc];
                        Ok(Object::Memory { pid: p.pid, execs: p.execs })
                    }
                }
            }
            FileKind::Regular => Ok(Object::Regular),
            FileKind::Fifo => self.open_fifo(loc, flags),
            FileKind::CharDevice => self.open_device(c, opened.stat.rdev, flags),
            FileKind::BlockDevice => self.open_block(opened.stat.rdev, flags),
            FileKind::Socket => Err(Errno::ENXIO),
            FileKind::Symlink => Err(Errno::ELOOP),
        }
    }

    fn open_fifo(&mut self, loc: Location, flags: OpenFlags) -> Result<Object, Errno> {
        let (reads, writes) = (flags.readable(), flags.writable());
        let id = if loc.mount == self.sys.mounts.anonymous {
            let (kind, number) = anonymous_parts(loc.ino);
            let id = PipeId::new(number as u32);
            if kind != AnonymousKind::Pipe || self.sys.pipes.get(id).is_none() {
                return Err(Errno::ENXIO);
            }
            id
        } else {
            let inode = self.vfs.inode(loc).map_err(|_| Errno::ESTALE)?;
            let nonblocking = flags.contains(OpenFlags::NONBLOCK);
            match self.sys.fifos.get(&inode) {
                Some(id) if writes && !reads && nonblocking && self.sys.pipes[*id].readers == 0 => {
                    return Err(Errno::ENXIO);
                }
                Some(id) => *id,
                None if writes && !reads && nonblocking => return Err(Errno::ENXIO),
                None => {
                    let mut pipe = Pipe::new();
                    pipe.fifo = Some(inode);
                    let id = self.sys.add_pipe(pipe);
                    self.sys.fifos.insert(inode, id);
                    id
                }
            }
        };
        let pipe = &mut self.sys.pipes[id];
        if reads {
            pipe.open(true);
        }
        if writes {
            pipe.open(false);
        }
        self.sys.fire(Key::PipeOpen(id));
        Ok(Object::Pipe { id, reads, writes })
    }

    fn open_block(&mut self, rdev: u64, flags: OpenFlags) -> Result<Object, Errno> {
        if rdev >> 8 != super::block::LOOP_MAJOR {
            return Err(Errno::ENXIO);
        }
        let n = (rdev & 0xff) as usize;
        let read_only =
            |config: tawaki_vfs::LoopConfig| config.flags & tawaki_vfs::LoopConfig::READ_ONLY != 0;
        if flags.writable() && self.vfs.loop_status(n).is_ok_and(|(_, config)| read_only(config)) {
            return Err(Errno::EACCES);
        }
        self.vfs.loop_open(n).map_err(|_| Errno::ENXIO)?;
        Ok(Object::Loop(n))
    }

    fn open_device(&mut self, c: Caller, rdev: u64, flags: OpenFlags) -> Result<Object, Errno> {
        Ok(match (rdev >> 8, rdev & 0xff) {
            (1, 3) => Object::Null,
            super::block::LOOP_CONTROL => Object::LoopControl,
            (1, 5) => Object::Zero,
            (1, 7) => Object::Full,
            (1, 8 | 9) => Object::Random,
            (5, 0) => {
                let tty = self.sys.controlling_tty(c.proc).ok_or(Errno::ENXIO)?;
                self.open_tty(c, tty, flags | OpenFlags::NOCTTY)?
            }
            (5, 1) => {
                let first = self.sys.terminals.values().min().copied().ok_or(Errno::ENXIO)?;
                self.open_tty(c, first, flags)?
            }
            (5, 2) => self.open_ptmx(c)?,
            (136..=143, minor) => {
                let tty = TtyId::new(((rdev >> 8) as u32 - 136) << 8 | minor as u32);
                if self.sys.ttys.get(tty).is_none() {
                    return Err(Errno::ENXIO);
                }
                self.open_tty(c, tty, flags)?
            }
            _ => return Err(Errno::ENXIO),
        })
    }

    fn open_tty(&mut self, c: Caller, tty: TtyId, flags: OpenFlags) -> Result<Object, Errno> {
        let t = &mut self.sys.ttys[tty];
        if t.hung_up && !matches!(t.side, Side::Master { opens: 1.., .. })
            || matches!(t.side, Side::Master { locked: true, .. })
        {
            return Err(Errno::EIO);
        }
        if t.exclusive && t.opens > 0 && !self.sys.procs[c.proc].cred.capable() {
            return Err(Errno::EBUSY);
        }
        t.hung_up = false;
        t.opens += 1;
        if !flags.contains(OpenFlags::NOCTTY) && t.session == 0 {
            let _ = self.sys.set_controlling(c.proc, tty, false);
        }
        Ok(Object::Tty(tty))
    }

    fn open_ptmx(&mut self, c: Caller) -> Result<Object, Errno> {
        if self.sys.ttys.len() >= MAX_TTYS {
            return Err(Errno::ENOSPC);
        }
        let side = Side::Master { opens: 1, locked: true };
        let uid = self.sys.procs[c.proc].cred.fs.uid;
        let mut tty = Tty::new(side, WinSize::default());
        tty.uid = uid;
        Ok(Object::Master(self.sys.ttys.insert(tty)))
    }

    /// TIOCGPTPEER: the slave of a master.
    pub(super) fn open_peer(&mut self, c: Caller, tty: TtyId, flags: OpenFlags) -> Result<Fd, Stop> {
        let loc =
            self.sys.mounts.devpts.map(|mount| Location { mount, ino: crate::fs::devpts::tty_ino(tty) });
        let object = self.open_tty(c, tty, flags)?;
        if let Some(loc) = loc {
            self.vfs.open_ref(loc)?;
        }
        let file = OpenFile::new(object, flags & STATUS, loc);
        Ok(self.open_fd(c.proc, file, flags.contains(OpenFlags::CLOEXEC))?)
    }
}
