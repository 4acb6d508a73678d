//! Signal-driven input: `O_ASYNC`, `F_SETOWN`, `F_SETSIG` (fcntl(2)).
//!
//! Of input, errors and hang-ups, of every read from a pipe to its writers, and of room elsewhere once a write has found
//! too little (`SOCKWQ_ASYNC_NOSPACE` of Linux's sockets, `TTY_DO_WRITE_WAKEUP` of its terminals).

use super::pipe::PipeId;
use super::{FileId, Object};
use crate::socket::SocketId;
use crate::system::System;
use crate::task::ProcId;
use crate::tty::{Tty, TtyId};
use crate::wait::Key;
use tawaki_abi::Errno;
use tawaki_abi::signal::*;

/// Signals whose `si_code` has meanings of their own.
const OWN_CODES: [u32; 7] = [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGCHLD, SIGSYS];
/// What an owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Input,
    Room,
    Error,
    HangUp,
    /// An open conflicts with a lease.
    Message,
}

impl News {
    /// `si_code` (POLL_IN, POLL_OUT, POLL_MSG, POLL_ERR, POLL_HUP) and `si_band`.
    fn told(self) -> (i32, u64) {
        match self {
            News::Input => (1, 0x41),
            News::Room => (2, 0x304),
            News::Message => (3, 0x441),
            News::Error => (4, 0x8),
            News::HangUp => (6, 0x18),
        }
    }
}

/// Who is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    #[default]
    Nobody,
    Thread(i32),
    Process(i32),
    Group(i32),
}

impl Owner {
    /// The types of `struct f_owner_ex`.
    pub fn from_type(kind: u32, id: i32) -> Result<Owner, Errno> {
        match (kind, id) {
            (0..=2, 0) => Ok(Owner::Nobody),
            (0, _) => Ok(Owner::Thread(id)),
            (1, _) => Ok(Owner::Process(id)),
            (2, _) => Ok(Owner::Group(id)),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// What an open file knows of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notify {
    pub owner: Owner,
    /// Effective and real user of who set the owner: it must be allowed to send signals.
    pub euid: u32,
    pub ruid: u32,
    /// F_SETSIG; 0 is SIGIO without further information.
    pub signal: u32,
    /// The descriptor by which `O_ASYNC` was set.
    pub fd: i32,
}

impl System {
    /// `O_ASYNC` of a file is set or not. False where the file cannot tell.
    pub fn set_async(&mut self, file: FileId, fd: i32, on: bool) -> bool {
        let tells = matches!(
            self.files[file].object,
            Object::Pipe { .. } | Object::Tty(_) | Object::Master(_) | Object::Socket(_) | Object::Inotify(_)
        );
        self.notified.retain(|f| *f != file);
        if on && tells {
            self.files[file].notify.fd = fd;
            self.notified.push(file);
        }
        tells
    }

    /// Sets the owner of a file; ESRCH if there is none such.
    pub fn set_owner(&mut self, proc: ProcId, file: FileId, owner: Owner) -> Result<(), Errno> {
        let there = match owner {
            Owner::Nobody => true,
            Owner::Thread(tid) => self.task_by_tid(tid).is_some(),
            Owner::Process(pid) => self.proc_by_pid(pid).is_some(),
            Owner::Group(pgid) => self.groups.contains_key(&pgid),
        };
        if !there {
            return Err(Errno::ESRCH);
        }
        let cred = &self.procs[proc].cred;
        let (euid, ruid) = (cred.euid, cred.ruid);
        let notify = &mut self.files[file].notify;
        *notify = Notify { owner, euid, ruid, ..*notify };
        Ok(())
    }

    /// `key` fires: owners of files with input hear of it.
    pub(crate) fn tell_owners(&mut self, key: Key) {
        for i in 0..self.notified.len() {
            let file = self.notified[i];
            let Some(f) = self.files.get(file) else { continue };
            let notify = f.notify;
            let news = match (&f.object, key) {
                (Object::Pipe { id, reads: true, .. }, Key::PipeIn(pipe)) if *id == pipe => News::Input,
                (Object::Tty(tty), Key::TtyIn(key)) if *tty == key => News::Input,
                (Object::Tty(tty), Key::TtyOut(key)) if *tty == key && self.ttys[key].room_came() => {
                    News::Room
                }
                (Object::Master(tty), Key::MasterIn(key)) if *tty == key => News::Input,
                (Object::Socket(socket), Key::SocketIn(key)) if *socket == key => News::Input,
                (Object::Socket(socket), Key::SocketOut(key)) if self.sockets.room_came(*socket, key) => {
                    News::Room
                }
                (Object::Inotify(_), Key::File(key)) if file == key => News::Input,
                _ => continue,
            };
            self.tell_owner(notify, news);
        }
        // All that wait for this have heard of it.
        match key {
            Key::TtyOut(tty) if self.ttys.get(tty).is_some_and(Tty::room_came) => {
                self.ttys[tty].starved = false
            }
            Key::SocketOut(socket) => self.sockets.heard_of_room(socket),
            _ => {}
        }
    }

    /// Owners of a socket hear of this.
    pub(crate) fn tell_socket(&mut self, socket: SocketId, news: News) {
        self.tell_those(news, |object| matches!(object, Object::Socket(id) if *id == socket));
    }

    /// The master of a terminal wrote more than there was room for, and now there is room.
    pub(crate) fn tell_master(&mut self, tty: TtyId) {
        if core::mem::take(&mut self.ttys[tty].master_starved) {
            self.tell_those(News::Room, |object| matches!(object, Object::Master(id) if *id == tty));
        }
    }

    fn tell_those(&mut self, news: News, meant: impl Fn(&Object) -> bool) {
        for i in 0..self.notified.len() {
            if let Some(f) = self.files.get(self.notified[i]).filter(|f| meant(&f.object)) {
                let notify = f.notify;
                self.tell_owner(notify, news);
            }
        }
    }

    /// Whether an owner of one of these files is told anything.
    pub(crate) fn tells(&self, meant: impl Fn(&Object) -> bool) -> bool {
        self.notified.iter().any(|file| self.files.get(*file).is_some_and(|f| meant(&f.object)))
    }

    /// Somebody has read from a pipe, or tried to, or there is one less who might: its writers hear of it.
    pub(crate) fn tell_writers(&mut self, pipe: PipeId) {
        self.tell_those(
            News::Room,
            |object| matches!(object, Object::Pipe { id, writes: true, .. } if *id == pipe),
        );
    }

    pub(crate) fn tell_owner(&mut self, notify: Notify, news: News) {
        let (code, band) = news.told();
        let plain = SigInfo { signo: SIGIO, code: SI_KERNEL, ..SigInfo::default() };
        let info = match notify.signal {
            0 => plain,
            signo => {
                let code = if OWN_CODES.contains(&signo) { SI_SIGIO } else { code };
                SigInfo { signo, code, value: band, status: notify.fd, ..SigInfo::default() }
            }
        };
        let may = |system: &System, proc: ProcId| {
            let cred = &system.procs[proc].cred;
            let same = |uid: u32| uid == cred.ruid || uid == cred.suid;
            notify.euid == 0 || same(notify.euid) || same(notify.ruid)
        };
        match notify.owner {
            Owner::Nobody => {}
            Owner::Thread(tid) => {
                if let Some(task) = self.task_by_tid(tid)
                    && may(self, self.tasks[task].proc)
                    && !self.send_task(task, info)
                {
                    self.send_task(task, plain);
                }
            }
            Owner::Process(pid) => {
                if let Some(proc) = self.proc_by_pid(pid) {
                    self.tell_process(proc, info, plain, may(self, proc));
                }
            }
            Owner::Group(pgid) => {
                for proc in self.groups.get(&pgid).cloned().unwrap_or_default() {
                    self.tell_process(proc, info, plain, may(self, proc));
                }
            }
        }
    }

    /// A queue that is full still gets the signal that needs no room.
    fn tell_process(&mut self, proc: ProcId, info: SigInfo, plain: SigInfo, may: bool) {
        if may && !self.send_proc(proc, info) {
            self.send_proc(proc, plain);
        }
    }
}

/// Whether a number is a signal's, or 0.
pub fn is_signal(number: u64) -> bool {
    number == 0 || u32::try_from(number).is_ok_and(|n| sigbit(n) != 0)
}
