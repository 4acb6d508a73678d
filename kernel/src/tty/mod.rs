//! Terminals (termios(3), tty_ioctl(4), pty(7)): the host's terminals and the
//! slaves of pseudo-terminals, with one line discipline.

mod flags;
mod input;
mod output;

pub use flags::*;

use crate::event::{Effect, OUTPUT_WINDOW, TerminalId};
use crate::file::Object;
use crate::file::poll::{POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM};
use crate::slab::Id;
use crate::system::System;
use crate::task::TaskId;
use crate::wait::Key;
use std::collections::VecDeque;
use tawaki_abi::Errno;
use tawaki_abi::signal::{SI_KERNEL, SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH, SigInfo, sigbit};
use tawaki_abi::tty::{Termios, WinSize};

pub type TtyId = Id<Tty>;

/// Longest line being edited, as Linux (N_TTY_BUF_SIZE).
pub const MAX_LINE: usize = 4096;
/// Input kept for readers; beyond, keys are dropped with a bell.
pub const MAX_INPUT: usize = 64 * 1024;
/// Echo may exceed the output window by this much before it is dropped.
const ECHO_SLACK: usize = 64 * 1024;
/// Most terminals (`/dev/pts/N`).
pub const MAX_TTYS: usize = 256;

/// Status bytes of packet mode (TIOCPKT, tty_ioctl(4)).
pub const PKT_FLUSHREAD: u8 = 1;
pub const PKT_FLUSHWRITE: u8 = 2;
pub const PKT_STOP: u8 = 4;
pub const PKT_START: u8 = 8;
pub const PKT_NOSTOP: u8 = 16;
pub const PKT_DOSTOP: u8 = 32;

/// What is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// A terminal of the host; `under_way` bytes were sent and not drained.
    Host { terminal: TerminalId, under_way: u64 },
    /// A pseudo-terminal's master: open descriptions, and the lock of TIOCSPTLCK.
    Master { opens: u32, locked: bool },
}

/// Input ready to be read: in canonical mode a line each.
#[derive(Clone, Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    pos: usize,
}

/// A terminal.
pub struct Tty {
    pub side: Side,
    pub termios: Termios,
    pub winsize: WinSize,
    /// Session it controls, 0 when none.
    pub session: i32,
    /// Foreground process group, 0 when none.
    pub pgrp: i32,
    /// Open descriptions.
    pub opens: u32,
    pub hung_up: bool,
    /// A program's write found too little room, and the owner of its file is to hear when there is some.
    pub starved: bool,
    /// The same for the master's writes.
    pub master_starved: bool,
    lines: VecDeque<Line>,
    ready: usize,
    edit: Vec<u8>,
    /// Column where the line being edited begins.
    edit_column: u32,
    /// The next character is taken literally.
    literal: bool,
    column: u32,
    /// Output not yet handed on: to the host at the end of a step, or for the
    /// master to read.
    output: VecDeque<u8>,
    /// Output is stopped by ^S or TCOOFF.
    pub stopped: bool,
    dirty: bool,
    /// The master reads packets, and status bits it has not read.
    pub packet: bool,
    pub control: u8,
    /// TIOCEXCL: only the superuser opens it again.
    pub exclusive: bool,
    /// When the last input came, for VTIME.
    pub input_at: u64,
    pub activity: u64,
    pub uid: u32,
    pub gid: u32,
    pub mode: u32,
}

impl Tty {
    pub fn new(side: Side, winsize: WinSize) -> Tty {
        let mut termios = sane();
        if let Side::Host { .. } = side {
            // Terminals of today speak UTF-8; a pty's owner says so itself.
            termios.iflag |= IUTF8;
        }
        Tty {
            side,
            termios,
            winsize,
            session: 0,
            pgrp: 0,
            opens: 0,
            hung_up: false,
            starved: false,
            master_starved: false,
            lines: VecDeque::new(),
            ready: 0,
            edit: Vec::new(),
            edit_column: 0,
            literal: false,
            column: 0,
            output: VecDeque::new(),
            stopped: false,
            dirty: false,
            packet: false,
            control: 0,
            exclusive: false,
            input_at: 0,
            activity: 0,
            uid: 0,
            gid: 5,
            mode: 0o620,
        }
    }

    pub fn has(&self, lflag: u32) -> bool {
        self.termios.lflag & lflag != 0
    }

    /// Bytes that FIONREAD counts.
    pub fn readable(&self) -> usize {
        if self.has(ICANON) { self.lines.front().map_or(0, |l| l.bytes.len() - l.pos) } else { self.ready }
    }

    /// Bytes of output that have not reached the other end.
    pub fn queued_output(&self) -> usize {
        self.output.len()
    }

    fn under_way(&self) -> u64 {
        match self.side {
            Side::Host { under_way, .. } => under_way,
            Side::Master { .. } => 0,
        }
    }

    /// Room for output of programs.
    pub fn output_room(&self) -> usize {
        (OUTPUT_WINDOW as usize)
            .saturating_sub(self.output.len())
            .saturating_sub(self.under_way().min(u32::MAX as u64) as usize)
    }

    /// Whether what a write has found missing is there now.
    pub fn room_came(&self) -> bool {
        self.starved && self.output_room() > 0 && !self.stopped
    }

    /// Whether a read would give something at once.
    pub fn input_ready(&self) -> bool {
        if self.has(ICANON) {
            !self.lines.is_empty()
        } else {
            let min = self.termios.cc[VMIN] as usize;
            let least = if self.termios.cc[VTIME] == 0 { min.max(1) } else { 1 };
            self.ready >= least
        }
    }

    pub fn readiness(&self) -> u16 {
        if self.hung_up {
            return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLHUP | POLLERR;
        }
        let mut bits = 0;
        if self.input_ready() {
            bits |= POLLIN | POLLRDNORM;
        }
        if self.output_room() > 0 && !self.stopped {
            bits |= POLLOUT | POLLWRNORM;
        }
        bits
    }

    pub fn master_readiness(&self) -> u16 {
        let mut bits = 0;
        if !self.output.is_empty() && !self.stopped || self.control != 0 {
            bits |= POLLIN | POLLRDNORM;
        }
        if self.control != 0 {
            bits |= POLLPRI;
        }
        if self.opens == 0 && self.hung_up {
            bits |= POLLHUP;
        }
        if self.input_room() > 0 {
            bits |= POLLOUT | POLLWRNORM;
        }
        bits
    }

    pub fn input_room(&self) -> usize {
        MAX_INPUT.saturating_sub(self.ready + self.edit.len())
    }

    /// Takes input for a reader: one line in canonical mode, else what is there.
    pub fn take_input(&mut self, max: usize) -> Vec<u8> {
        let canonical = self.has(ICANON);
        let mut out = Vec::new();
        while let Some(line) = self.lines.front_mut() {
            let n = (line.bytes.len() - line.pos).min(max - out.len());
            out.extend_from_slice(&line.bytes[line.pos..line.pos + n]);
            line.pos += n;
            self.ready -= n;
            if line.pos == line.bytes.len() {
                self.lines.pop_front();
            }
            if canonical || out.len() == max {
                break;
            }
        }
        self.activity += 1;
        out
    }

    /// Takes output for a reader of the master; in packet mode a status, or data
    /// behind a zero byte.
    pub fn take_output(&mut self, max: usize) -> Vec<u8> {
        if self.packet && self.control != 0 && max > 0 {
            return vec![core::mem::take(&mut self.control)];
        }
        let n = max.saturating_sub(self.packet as usize).min(self.output.len());
        if n == 0 || self.stopped && self.opens > 0 {
            return Vec::new();
        }
        self.activity += 1;
        let zero = self.packet.then_some(0);
        zero.into_iter().chain(self.output.drain(..n)).collect()
    }

    /// Tells the master of a change, in packet mode.
    pub fn tell(&mut self, status: u8) {
        if self.packet {
            self.control |= status;
            self.activity += 1;
        }
    }

    /// Stops or restarts output (^S and ^Q, TCXONC).
    pub fn stop(&mut self, stop: bool) {
        if self.stopped != stop {
            self.stopped = stop;
            let (on, off) = if stop { (PKT_STOP, PKT_START) } else { (PKT_START, PKT_STOP) };
            self.control &= !off;
            self.tell(on);
        }
    }

    /// TCIFLUSH.
    pub fn flush_input(&mut self) {
        self.lines.clear();
        self.ready = 0;
        self.edit.clear();
        self.literal = false;
    }

    /// TCOFLUSH.
    pub fn flush_output(&mut self) {
        self.output.clear();
    }

    /// Sets termios; a change of ICANON makes the unfinished line readable.
    pub fn set_termios(&mut self, termios: Termios) {
        let was = self.has(ICANON);
        let flow = |t: &Termios| t.iflag & IXON != 0 && t.cc[VSTART] == 0x11 && t.cc[VSTOP] == 0x13;
        let (before, after) = (flow(&self.termios), flow(&termios));
        self.termios = termios;
        if before != after {
            self.control &= !(PKT_DOSTOP | PKT_NOSTOP);
            self.tell(if after { PKT_DOSTOP } else { PKT_NOSTOP });
        }
        if was && !self.has(ICANON) {
            let edit = core::mem::take(&mut self.edit);
            self.lines.retain(|line| !line.bytes.is_empty());
            self.add_raw(&edit);
        }
        if self.termios.iflag & IXON == 0 {
            self.stop(false);
        }
        self.activity += 1;
    }
}

/// What a terminal's input asks for besides readable bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Send this signal to the foreground group.
    Signal(u32),
}

impl System {
    /// Handles bytes from the keyboard (or from a pty's master).
    pub fn tty_input(&mut self, tty: TtyId, bytes: &[u8]) {
        let mut asked = Vec::new();
        let t = &mut self.ttys[tty];
        t.input_at = self.now.monotonic_ns;
        t.receive(bytes, &mut asked);
        t.activity += 1;
        let pgrp = t.pgrp;
        let flowing = !t.stopped;
        self.tty_dirty(tty);
        self.fire(Key::TtyIn(tty));
        if flowing {
            self.fire(Key::TtyOut(tty));
        }
        for Asked::Signal(signo) in asked {
            if pgrp != 0 {
                self.send_group(pgrp, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
            }
        }
    }

    /// A terminal has output to hand on.
    pub fn tty_dirty(&mut self, tty: TtyId) {
        let t = &mut self.ttys[tty];
        if t.output.is_empty() && t.control == 0 {
            return;
        }
        match t.side {
            Side::Master { .. } => self.fire(Key::MasterIn(tty)),
            Side::Host { .. } if !t.dirty => {
                t.dirty = true;
                self.dirty_ttys.push(tty);
            }
            Side::Host { .. } => {}
        }
    }

    /// Hands collected output to the host; at the end of each step.
    pub fn flush_ttys(&mut self) {
        for tty in core::mem::take(&mut self.dirty_ttys) {
            let Some(t) = self.ttys.get_mut(tty) else { continue };
            t.dirty = false;
            if t.stopped || t.output.is_empty() {
                continue;
            }
            let bytes: Vec<u8> = core::mem::take(&mut t.output).into();
            if let Side::Host { terminal, under_way } = &mut t.side {
                *under_way += bytes.len() as u64;
                let terminal = *terminal;
                self.out.push(Effect::TerminalOutput { terminal, bytes });
            }
        }
    }

    pub fn tty_drained(&mut self, tty: TtyId, bytes: u64) {
        if let Side::Host { under_way, .. } = &mut self.ttys[tty].side {
            *under_way = under_way.saturating_sub(bytes);
        }
        if self.ttys[tty].output_room() > 0 {
            self.fire(Key::TtyOut(tty));
        }
    }

    pub fn tty_resize(&mut self, tty: TtyId, size: WinSize) {
        let t = &mut self.ttys[tty];
        if t.winsize == size {
            return;
        }
        t.winsize = size;
        let pgrp = t.pgrp;
        if pgrp != 0 {
            self.send_group(pgrp, SigInfo { signo: SIGWINCH, code: SI_KERNEL, ..SigInfo::default() });
        }
    }

    /// The other end is gone.
    pub fn tty_hangup(&mut self, tty: TtyId) {
        let t = &mut self.ttys[tty];
        if t.hung_up {
            return;
        }
        t.hung_up = true;
        t.flush_output();
        self.end_session(tty);
        // Its files tell no more.
        for key in [Key::TtyIn(tty), Key::TtyOut(tty), Key::MasterIn(tty)] {
            self.wake(key);
        }
    }

    /// vhangup(2): whoever has the terminal open finds it ended; it can be opened again.
    pub fn virtual_hangup(&mut self, tty: TtyId) {
        let slave = |object: &Object| matches!(object, Object::Tty(id) if *id == tty);
        let open: Vec<_> = self.files.iter().filter(|(_, f)| slave(&f.object)).map(|(id, _)| id).collect();
        for file in open {
            self.files[file].object = Object::HungUp(tty);
        }
        self.end_session(tty);
        let t = &mut self.ttys[tty];
        t.stopped = false;
        let utf8 = t.termios.iflag & IUTF8;
        t.termios = sane();
        if let Side::Host { .. } = t.side {
            t.termios.iflag |= utf8;
        }
        for key in [Key::TtyIn(tty), Key::TtyOut(tty), Key::MasterIn(tty)] {
            self.wake(key);
        }
    }

    /// A terminal is no session's any more, and what was typed is gone.
    fn end_session(&mut self, tty: TtyId) {
        let t = &mut self.ttys[tty];
        t.flush_input();
        t.activity += 1;
        let session = core::mem::take(&mut t.session);
        let pgrp = core::mem::take(&mut t.pgrp);
        if let Some(s) = self.sessions.get_mut(&session) {
            // Its group hears of it when the leader ends.
            s.tty = None;
            s.old_pgrp = pgrp;
            let leader = s.leader;
            for signo in [SIGHUP, SIGCONT] {
                let info = SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() };
                if self.procs.get(leader).is_some_and(|p| p.pid == session) {
                    self.send_proc(leader, info);
                }
            }
        }
    }

    /// A description of the slave (or host terminal) is closed.
    pub fn close_tty(&mut self, tty: TtyId) {
        let t = &mut self.ttys[tty];
        t.opens = t.opens.saturating_sub(1);
        if t.opens > 0 {
            return;
        }
        match t.side {
            Side::Master { opens: 0, .. } => drop(self.ttys.remove(tty)),
            Side::Master { .. } => {
                // A master whose slave was open and is no more reads EIO.
                t.hung_up = true;
                self.wake(Key::MasterIn(tty));
            }
            Side::Host { terminal, .. } => {
                if t.hung_up {
                    self.terminals.remove(&terminal);
                    self.flush_ttys();
                    self.ttys.remove(tty);
                }
            }
        }
    }

    pub fn close_master(&mut self, tty: TtyId) {
        let Side::Master { opens, .. } = &mut self.ttys[tty].side else { return };
        *opens = opens.saturating_sub(1);
        if *opens > 0 {
            return;
        }
        self.tty_hangup(tty);
        if self.ttys[tty].opens == 0 {
            self.ttys.remove(tty);
        }
    }

    /// Job control for a caller that reads (SIGTTIN) or writes and changes
    /// (SIGTTOU) a terminal from the background.
    pub fn check_foreground(&mut self, task: TaskId, tty: TtyId, signo: u32) -> Result<(), Errno> {
        let proc = self.tasks[task].proc;
        let p = &self.procs[proc];
        let t = &self.ttys[tty];
        if t.session != p.sid || t.pgrp == 0 || t.pgrp == p.pgid {
            return Ok(());
        }
        let deaf = self.tasks[task].mask & sigbit(signo) != 0 || p.action(signo).handler == SIG_IGN;
        let pgid = p.pgid;
        if deaf {
            return if signo == SIGTTIN { Err(Errno::EIO) } else { Ok(()) };
        }
        if self.is_orphaned(pgid) {
            return Err(Errno::EIO);
        }
        debug_assert!(signo == SIGTTIN || signo == SIGTTOU);
        self.send_group(pgid, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
        Err(Errno::ERESTARTSYS)
    }

    /// The controlling terminal of a process's session.
    pub fn controlling_tty(&self, proc: crate::task::ProcId) -> Option<TtyId> {
        self.sessions.get(&self.procs[proc].sid)?.tty
    }

    /// Makes a terminal the controlling one of the caller's session, when the
    /// caller leads one without terminal and the terminal is free (or `steal`).
    pub fn set_controlling(
        &mut self,
        proc: crate::task::ProcId,
        tty: TtyId,
        steal: bool,
    ) -> Result<(), Errno> {
        let p = &self.procs[proc];
        let (sid, pgid) = (p.sid, p.pgid);
        if p.pid != sid {
            return Err(Errno::EPERM);
        }
        let session = self.sessions.get_mut(&sid).ok_or(Errno::EPERM)?;
        match session.tty {
            Some(t) if t == tty => return Ok(()),
            Some(_) => return Err(Errno::EPERM),
            None => {}
        }
        let other = self.ttys[tty].session;
        if other != 0 && other != sid {
            if !steal {
                return Err(Errno::EPERM);
            }
            if let Some(s) = self.sessions.get_mut(&other) {
                s.tty = None;
            }
        }
        if let Some(s) = self.sessions.get_mut(&sid) {
            s.tty = Some(tty);
        }
        let t = &mut self.ttys[tty];
        t.session = sid;
        t.pgrp = pgid;
        Ok(())
    }
}
