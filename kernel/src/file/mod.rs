//! Open file descriptions: what descriptors refer to (open(2)).

pub mod dnotify;
pub mod epoll;
pub mod event;
pub mod inotify;
pub mod lease;
pub mod lock;
pub mod notify;
pub mod pipe;
pub mod poll;
pub mod table;

use crate::kernel::Kernel;
use crate::slab::Id;
use crate::socket::SocketId;
use crate::system::{MAX_FILES, System};
use crate::task::ProcId;
use crate::timer::Timer;
use crate::tty::TtyId;
use crate::wait::Key;
use pipe::PipeId;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::SigSet;
use tawaki_vfs::{Location, mask};

pub type FileId = Id<OpenFile>;

/// An open file description: shared by `dup` and `fork`.
pub struct OpenFile {
    pub refs: u32,
    /// Access mode and status flags.
    pub flags: OpenFlags,
    pub offset: u64,
    pub object: Object,
    /// Place in the tree, counted in the vfs.
    pub loc: Option<Location>,
    /// Epolls that watch this file.
    pub watchers: Vec<FileId>,
    /// F_SETOWN, F_SETSIG.
    pub notify: notify::Notify,
}

/// What kind of file.
pub enum Object {
    /// Regular file of some file system.
    Regular,
    /// Directory.
    Directory,
    /// `O_PATH`: a place only.
    Path,
    /// `/dev/null`.
    Null,
    /// `/dev/zero`.
    Zero,
    /// `/dev/full`.
    Full,
    /// `/dev/random` and `/dev/urandom`.
    Random,
    /// One end of a pipe or FIFO (or both).
    Pipe { id: PipeId, reads: bool, writes: bool },
    /// A terminal.
    Tty(TtyId),
    /// What was a terminal until vhangup(2).
    HungUp(TtyId),
    /// The master of a pseudo-terminal.
    Master(TtyId),
    /// eventfd(2).
    Event(event::Eventfd),
    /// timerfd_create(2).
    Timer(event::Timerfd),
    /// signalfd(2).
    Signal(SigSet),
    /// epoll(7).
    Epoll(epoll::Epoll),
    /// inotify(7).
    Inotify(Box<inotify::Inotify>),
    /// pidfd_open(2): the process's id and when it began.
    Pidfd { pid: i32, started: u64 },
    /// A socket.
    Socket(SocketId),
    /// `/proc/PID/mem`, of the program that ran when it was opened.
    Memory { pid: i32, execs: u32 },
    /// A POSIX message queue.
    Mqueue(crate::mqueue::QueueId),
    /// A loop device, by its number.
    Loop(usize),
    /// `/dev/loop-control`.
    LoopControl,
    /// A generated text of procfs, made again at every read from its start.
    Text(Vec<u8>),
}

impl OpenFile {
    pub fn new(object: Object, flags: OpenFlags, loc: Option<Location>) -> OpenFile {
        OpenFile { refs: 1, flags, offset: 0, object, loc, watchers: Vec::new(), notify: Default::default() }
    }
    pub fn nonblocking(&self) -> bool {
        self.flags.contains(OpenFlags::NONBLOCK)
    }
}

impl System {
    /// Adds an open file description. `ENFILE` when there are too many.
    pub fn add_file(&mut self, file: OpenFile) -> Result<FileId, Errno> {
        if self.files.len() >= MAX_FILES {
            return Err(Errno::ENFILE);
        }
        Ok(self.files.insert(file))
    }

    /// What `/proc/self/fd` and maps show for a memfd.
    pub fn memory_name(&self, loc: Location) -> Vec<u8> {
        let name = self.memory_names.get(&loc.ino.0).map_or(&[][..], Vec::as_slice);
        [b"/memfd:", name, b" (deleted)"].concat()
    }

    /// The place of a file without a name, for fstat and `/proc/self/fd`.
    pub fn anonymous_location(&self, kind: AnonymousKind, number: u64) -> Location {
        let ino = tawaki_vfs::Ino(number << 4 | kind as u64);
        Location { mount: self.mounts.anonymous, ino }
    }
}

/// Kinds of files without a name, in the low bits of their inode numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousKind {
    Pipe = 1,
    Socket = 2,
    Eventfd = 3,
    Timerfd = 4,
    Signalfd = 5,
    Epoll = 6,
    Inotify = 8,
    Pidfd = 9,
    Mqueue = 10,
    Other = 7,
}

/// The kind and number of an inode of the anonymous file system.
pub fn anonymous_parts(ino: tawaki_vfs::Ino) -> (AnonymousKind, u64) {
    use AnonymousKind::*;
    let kind = match ino.0 & 15 {
        1 => Pipe,
        2 => Socket,
        3 => Eventfd,
        4 => Timerfd,
        5 => Signalfd,
        6 => Epoll,
        8 => Inotify,
        9 => Pidfd,
        10 => Mqueue,
        _ => Other,
    };
    (kind, ino.0 >> 4)
}

impl Kernel {
    /// Ends one reference to an open file description.
    pub(crate) fn drop_file(&mut self, file: FileId, proc: ProcId) {
        let Some(f) = self.sys.files.get_mut(file) else { return };
        if let Object::Mqueue(id) = f.object
            && let Some(queue) = self.sys.mqueues.all.get_mut(id)
        {
            // Whoever closes one of its descriptors hears no more of it.
            let pid = self.sys.procs.get(proc).map(|p| p.pid);
            queue.notify.take_if(|notify| Some(notify.pid) == pid);
        }
        f.refs -= 1;
        if f.refs > 0 {
            return;
        }
        let Some(f) = self.sys.files.remove(file) else { return };
        if let (Some(loc), true) = (f.loc, self.vfs.watches()) {
            let directory = matches!(f.object, Object::Directory);
            let what = if f.flags.writable() && !directory { mask::CLOSE_WRITE } else { mask::CLOSE_NOWRITE };
            self.vfs.note_change(loc, what | if directory { mask::ISDIR } else { 0 });
        }
        for epoll in f.watchers {
            self.sys.unwatch(epoll, file);
        }
        self.sys.notified.retain(|notified| *notified != file);
        match f.object {
            Object::Pipe { id, reads, writes } => self.close_pipe(id, reads, writes),
            Object::Tty(tty) | Object::HungUp(tty) => self.sys.close_tty(tty),
            Object::Master(tty) => self.sys.close_master(tty),
            Object::Socket(socket) => self.close_socket(socket, proc),
            Object::Mqueue(id) => {
                self.sys.mqueues.all[id].opens -= 1;
                self.sys.mqueues.settle(id);
            }
            Object::Loop(n) => {
                let Kernel { vfs, sys, .. } = self;
                vfs.loop_close(&sys.kernel_context(), n);
                self.refresh_loops();
            }
            Object::Inotify(inotify) => {
                for watch in inotify.watches.into_values() {
                    self.forget_watch(file, watch.inode);
                }
            }
            Object::Timer(timer) => {
                self.sys.timers.remove(&(timer.work.at, Timer::Descriptor(file)));
            }
            Object::Epoll(epoll) => {
                for item in epoll.items {
                    if let Some(watched) = self.sys.files.get_mut(item.file) {
                        watched.watchers.retain(|w| *w != file);
                    }
                }
            }
            _ => {}
        }
        if let Some(loc) = f.loc {
            let Kernel { vfs, sys, .. } = self;
            if let Ok(inode) = vfs.inode(loc)
                && sys.locks.drop_owner_on(inode, lock::Owner::File(file))
            {
                sys.fire(Key::Lock(inode));
            }
            if !sys.leases.is_empty()
                && let Ok(inode) = vfs.inode(loc)
                && sys.leases.drop_file(inode, file)
            {
                sys.fire(Key::Lock(inode));
            }
            if loc.mount != sys.mounts.anonymous {
                self.close_place(proc, loc);
            }
        }
    }

    /// Gives up what an open file or a mapping held; a memory file without any is gone.
    pub(crate) fn close_place(&mut self, proc: ProcId, loc: Location) {
        let Kernel { vfs, sys, .. } = self;
        vfs.close_ref(&sys.context(proc), loc);
        if loc.mount == sys.mounts.memory && vfs.inode(loc).is_ok_and(|inode| vfs.open_count(inode) == 0) {
            sys.memory_names.remove(&loc.ino.0);
            sys.memory_seals.remove(&loc.ino.0);
        }
    }
}
