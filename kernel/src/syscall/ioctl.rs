//! ioctl(2): terminals (tty_ioctl(4)) and a few for all files.

use super::{done, with};
use crate::file::Object;
use crate::kernel::{Caller, Kernel};
use crate::tty::{PKT_FLUSHREAD, PKT_FLUSHWRITE, Side, TtyId};
use crate::wait::{Key, SysResult, wait_on};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::{SI_KERNEL, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SigInfo};
use tawaki_abi::tty::Termios;
use tawaki_abi::wire::{Body, Fd, IoctlOp};

/// TCSETSW and TCSETSF wait for the output; TCSETSF drops the input too.
const DRAIN: u32 = 1;
const FLUSH: u32 = 2;
const TIOCSTI: u32 = 0x5412;

impl Kernel {
    pub(super) fn sys_ioctl(&mut self, c: Caller, fd: Fd, op: IoctlOp) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        match op {
            IoctlOp::NonBlock(on) => {
                self.sys.files[file].flags.set(OpenFlags::NONBLOCK, on);
                return done(0);
            }
            IoctlOp::Async(on) => {
                let flags = self.sys.files[file].flags;
                if flags.contains(OpenFlags::ASYNC) == on {
                    return done(0);
                }
                if !self.sys.set_async(file, fd, on) {
                    return Err(Errno::ENOTTY.into());
                }
                self.sys.files[file].flags.set(OpenFlags::ASYNC, on);
                return done(0);
            }
            IoctlOp::CloseOnExec(on) => {
                if let Some(entry) = self.sys.table_mut(c.proc).get_mut(fd) {
                    entry.cloexec = on;
                }
                return done(0);
            }
            IoctlOp::ReadableBytes => return self.readable_bytes(c, file),
            _ => {}
        }
        match self.sys.files[file].object {
            Object::Tty(tty) => self.tty_ioctl(c, tty, false, op),
            Object::Master(tty) => self.tty_ioctl(c, tty, true, op),
            Object::HungUp(_) if matches!(op, IoctlOp::SetPgrp(_)) => Err(Errno::ENOTTY.into()),
            Object::HungUp(_) => Err(Errno::EIO.into()),
            Object::Socket(socket) => self.socket_ioctl(socket, op),
            _ => Err(Errno::ENOTTY.into()),
        }
    }

    fn socket_ioctl(&mut self, socket: crate::socket::SocketId, op: IoctlOp) -> SysResult {
        match op {
            IoctlOp::Interface => done(0),
            // What the other side has not read yet.
            IoctlOp::OutputQueue => {
                let peer = self.sys.sockets.get(socket).peer.and_then(|peer| self.sys.sockets.all.get(peer));
                done(peer.map_or(0, |p| p.bytes))
            }
            _ => Err(Errno::ENOTTY.into()),
        }
    }

    fn readable_bytes(&mut self, c: Caller, file: crate::file::FileId) -> SysResult {
        let f = &self.sys.files[file];
        match f.object {
            Object::Pipe { id, .. } => done(self.sys.pipes[id].len()),
            Object::Tty(tty) => done(self.sys.ttys[tty].readable()),
            Object::HungUp(_) => Err(Errno::EIO.into()),
            Object::Master(tty) => done(self.sys.ttys[tty].queued_output()),
            Object::Socket(socket) => done(self.sys.sockets.readable(socket)),
            Object::Inotify(ref inotify) => done(inotify.readable()),
            Object::Regular => {
                let (loc, offset) = (f.loc.ok_or(Errno::EBADF)?, f.offset);
                let Kernel { vfs, sys, .. } = self;
                let size = vfs.stat(&sys.context(c.proc), loc)?.size;
                done(size.saturating_sub(offset).min(i32::MAX as u64))
            }
            _ => Err(Errno::ENOTTY.into()),
        }
    }

    fn tty_ioctl(&mut self, c: Caller, tty: TtyId, master: bool, op: IoctlOp) -> SysResult {
        let sys = &mut self.sys;
        if sys.ttys[tty].hung_up && !master {
            return Err(Errno::EIO.into());
        }
        let controls = sys.controlling_tty(c.proc) == Some(tty);
        match op {
            IoctlOp::GetTermios => with(Body::Termios(sys.ttys[tty].termios)),
            IoctlOp::SetTermios { when, termios } => self.set_termios(c, tty, master, when, termios),
            IoctlOp::GetWinSize => with(Body::WinSize(sys.ttys[tty].winsize)),
            IoctlOp::SetWinSize(size) => {
                sys.tty_resize(tty, size);
                done(0)
            }
            IoctlOp::GetPgrp if controls || master => done(sys.ttys[tty].pgrp),
            IoctlOp::SetPgrp(pgrp) => {
                if !controls {
                    return Err(Errno::ENOTTY.into());
                }
                sys.check_foreground(c.task, tty, SIGTTOU)?;
                let sid = sys.procs[c.proc].sid;
                if pgrp <= 0 {
                    return Err(Errno::EINVAL.into());
                }
                let members = sys.groups.get(&pgrp).ok_or(Errno::ESRCH)?;
                if !members.iter().any(|m| sys.procs[*m].sid == sid) {
                    return Err(Errno::EPERM.into());
                }
                sys.ttys[tty].pgrp = pgrp;
                done(0)
            }
            IoctlOp::GetSid if (controls || master) && sys.ttys[tty].session != 0 => {
                done(sys.ttys[tty].session)
            }
            IoctlOp::GetPgrp | IoctlOp::GetSid => Err(Errno::ENOTTY.into()),
            IoctlOp::SetCtty(force) => {
                let steal = force == 1 && sys.procs[c.proc].cred.capable();
                sys.set_controlling(c.proc, tty, steal)?;
                done(0)
            }
            IoctlOp::NoTty => {
                if !controls {
                    return Err(Errno::ENOTTY.into());
                }
                self.disown_tty(c, tty)
            }
            IoctlOp::Flush(queue) => {
                if !master {
                    sys.check_foreground(c.task, tty, SIGTTOU)?;
                }
                let t = &mut sys.ttys[tty];
                if queue > 2 {
                    return Err(Errno::EINVAL.into());
                }
                if queue != 1 {
                    t.flush_input();
                    t.tell(PKT_FLUSHREAD);
                }
                if queue != 0 {
                    t.flush_output();
                    t.tell(PKT_FLUSHWRITE);
                }
                sys.fire(Key::TtyOut(tty));
                sys.fire(Key::MasterIn(tty));
                done(0)
            }
            IoctlOp::SendBreak(_) => self.drained(tty),
            IoctlOp::Flow(action) => {
                let t = &mut sys.ttys[tty];
                match action {
                    0 => t.stop(true),
                    1 => t.stop(false),
                    2 | 3 => {}
                    _ => return Err(Errno::EINVAL.into()),
                }
                sys.tty_dirty(tty);
                sys.fire(Key::TtyOut(tty));
                done(0)
            }
            IoctlOp::OutputQueue => done(sys.ttys[tty].queued_output()),
            IoctlOp::PtyNumber if master => done(tty.0),
            IoctlOp::PtyLock(on) if master => {
                if let Side::Master { locked, .. } = &mut sys.ttys[tty].side {
                    *locked = on;
                }
                done(0)
            }
            IoctlOp::GetPtyLock if master => {
                done(matches!(sys.ttys[tty].side, Side::Master { locked: true, .. }) as u32)
            }
            IoctlOp::PacketMode(on) if master => {
                let t = &mut sys.ttys[tty];
                if on != t.packet {
                    (t.packet, t.control) = (on, 0);
                }
                done(0)
            }
            IoctlOp::GetPacketMode if master => done(sys.ttys[tty].packet as u32),
            IoctlOp::PtySignal(signo) if master => {
                if !matches!(signo, SIGINT | SIGQUIT | SIGTSTP) {
                    return Err(Errno::EINVAL.into());
                }
                let pgrp = sys.ttys[tty].pgrp;
                if pgrp != 0 {
                    sys.send_group(pgrp, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
                }
                done(0)
            }
            IoctlOp::Exclusive(on) => {
                sys.ttys[tty].exclusive = on;
                done(0)
            }
            IoctlOp::GetExclusive => done(sys.ttys[tty].exclusive as u32),
            IoctlOp::PtyPeer(flags) if master => {
                done(self.open_peer(c, tty, OpenFlags::from_bits_truncate(flags))?)
            }
            IoctlOp::PtyNumber
            | IoctlOp::PtyLock(_)
            | IoctlOp::GetPtyLock
            | IoctlOp::PacketMode(_)
            | IoctlOp::GetPacketMode
            | IoctlOp::PtySignal(_)
            | IoctlOp::Interface
            | IoctlOp::PtyPeer(_) => Err(Errno::ENOTTY.into()),
            // Input that a program makes up is how sandboxes were left: refused, as by
            // Linux since 6.2 (dev.tty.legacy_tiocsti).
            IoctlOp::Other { cmd: TIOCSTI, .. } => Err(Errno::EIO.into()),
            IoctlOp::Other { cmd, .. } => {
                self.sys.unsupported(c.task, format_args!("terminal ioctl {cmd:#x}"));
                Err(Errno::ENOTTY.into())
            }
            IoctlOp::NonBlock(_) | IoctlOp::Async(_) | IoctlOp::CloseOnExec(_) | IoctlOp::ReadableBytes => {
                done(0)
            }
        }
    }

    /// Waits until output has been handed on; only a stopped terminal keeps it.
    fn drained(&mut self, tty: TtyId) -> SysResult {
        let t = &self.sys.ttys[tty];
        if t.stopped && t.queued_output() > 0 && matches!(t.side, Side::Host { .. }) {
            return wait_on(Key::TtyOut(tty));
        }
        done(0)
    }

    fn set_termios(&mut self, c: Caller, tty: TtyId, master: bool, when: u32, termios: Termios) -> SysResult {
        if !master {
            self.sys.check_foreground(c.task, tty, SIGTTOU)?;
        }
        if when >= DRAIN {
            self.drained(tty)?;
        }
        let t = &mut self.sys.ttys[tty];
        if when == FLUSH {
            t.flush_input();
        }
        t.set_termios(termios);
        self.sys.tty_dirty(tty);
        self.sys.fire(Key::TtyIn(tty));
        self.sys.fire(Key::TtyOut(tty));
        self.sys.fire(Key::MasterIn(tty));
        done(0)
    }

    /// TIOCNOTTY.
    fn disown_tty(&mut self, c: Caller, tty: TtyId) -> SysResult {
        let sys = &mut self.sys;
        let p = &sys.procs[c.proc];
        if p.pid != p.sid {
            // Linux detaches one process; here a session has one terminal.
            return done(0);
        }
        let sid = p.sid;
        if let Some(session) = sys.sessions.get_mut(&sid) {
            session.tty = None;
        }
        let pgrp = core::mem::take(&mut sys.ttys[tty].pgrp);
        sys.ttys[tty].session = 0;
        for signo in [SIGHUP, SIGCONT] {
            sys.send_group(pgrp, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
        }
        done(0)
    }
}
