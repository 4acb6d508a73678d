//! How a handler waits: it returns a [`Wait`], its call is kept, and it is run
//! again from the start when a key fires, the time comes or a signal interrupts.

use crate::file::{FileId, pipe::PipeId};
use crate::socket::SocketId;
use crate::system::System;
use crate::task::{ProcId, TaskId, TaskState};
use crate::tty::TtyId;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Call, Reply};
use tawaki_vfs::{FsError, InodeRef};

/// What can happen that a call may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Blocks of some device have arrived.
    Blocks,
    /// A pipe has something to read, or no writers.
    PipeIn(PipeId),
    /// A pipe has room, or no readers.
    PipeOut(PipeId),
    /// A FIFO was opened at one end.
    PipeOpen(PipeId),
    /// A terminal has input, or was hung up.
    TtyIn(TtyId),
    /// A terminal has room for output.
    TtyOut(TtyId),
    /// The master of a pseudo-terminal has something to read.
    MasterIn(TtyId),
    /// An eventfd, timerfd or epoll changed.
    File(FileId),
    /// A socket has something to read, a connection, or its peer is gone.
    SocketIn(SocketId),
    /// A socket has room.
    SocketOut(SocketId),
    /// A child of this process changed its state.
    Child(ProcId),
    /// The process with this id has ended (for its pidfds).
    Exit(i32),
    /// This process was continued.
    Continue(ProcId),
    /// A thread of this process has ended.
    Thread(ProcId),
    /// A signal came for this task that a signalfd or sigtimedwait may take.
    Signal(ProcId),
    /// This System V message queue changed.
    Messages(i32),
    /// This set of semaphores changed.
    Semaphores(i32),
    /// This POSIX message queue has a message.
    MqueueIn(crate::mqueue::QueueId),
    /// It has room.
    MqueueOut(crate::mqueue::QueueId),
    /// A lock on this file was released.
    Lock(InodeRef),
}

/// Why a call is not answered now.
#[derive(Debug)]
pub struct Wait {
    pub keys: Vec<Key>,
    /// Monotonic nanoseconds; the handler is run again then.
    pub until: Option<u64>,
    /// What a signal makes of it; `None`: signals do not interrupt it.
    pub restart: Option<Errno>,
}

/// What a handler ends with instead of a reply.
#[derive(Debug)]
pub enum Stop {
    Errno(Errno),
    Wait(Wait),
    /// The reply comes from elsewhere, or never.
    Parked,
    /// The caller's task has to end.
    Dead,
}

pub type SysResult<T = Reply> = Result<T, Stop>;

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Errno(errno)
    }
}

impl From<FsError> for Stop {
    fn from(error: FsError) -> Stop {
        match error.errno() {
            Some(errno) => Stop::Errno(errno),
            None => Stop::Wait(Wait { keys: vec![Key::Blocks], until: None, restart: None }),
        }
    }
}

/// Waits for one key, restarted after a signal without handler or with SA_RESTART.
pub fn wait_on<T>(key: Key) -> SysResult<T> {
    Err(Stop::Wait(Wait { keys: vec![key], until: None, restart: Some(Errno::ERESTARTSYS) }))
}

/// What a waiting call has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes moved.
    pub done: u64,
    /// Whatever the handler needs to remember between runs.
    pub mark: u64,
    /// A file to drop when the call ends early (a FIFO that waits for its other end).
    pub held: Option<FileId>,
    /// The handler ran before.
    pub again: bool,
}

/// A call kept while it waits.
pub struct Waiting {
    pub call: Call,
    pub progress: Progress,
    pub wait: Wait,
}

impl System {
    /// Wakes all calls that wait for `key`.
    pub fn fire(&mut self, key: Key) {
        if !self.notified.is_empty() {
            self.tell_owners(key);
        }
        self.wake(key);
    }

    /// The same without a word to owners of files.
    pub fn wake(&mut self, key: Key) {
        if self.waiters.is_empty() {
            return;
        }
        if let Some(tasks) = self.waiters.get(&key) {
            for &task in tasks {
                if !self.tasks[task].queued {
                    self.tasks[task].queued = true;
                    self.ready.push_back(task);
                }
            }
        }
    }

    pub fn begin_wait(&mut self, task: TaskId, waiting: Waiting) {
        self.rests(task);
        for &key in &waiting.wait.keys {
            self.waiters.entry(key).or_default().push(task);
        }
        if let Some(until) = waiting.wait.until {
            self.timers.insert((until, crate::timer::Timer::Wait(task)));
        }
        let t = &mut self.tasks[task];
        t.state = TaskState::Waiting;
        t.waiting = Some(Box::new(waiting));
    }

    /// A task is about to wait: what it wrote is all there is for now.
    pub fn rests(&mut self, task: TaskId) {
        if let Some((pipe, _)) = self.tasks[task].wrote.take()
            && self.pipes.get(pipe).is_some_and(|pipe| pipe.gathers_until != 0)
        {
            self.stop_gathering(pipe);
        }
    }

    /// Takes a task out of its wait.
    pub fn end_wait(&mut self, task: TaskId) -> Option<Box<Waiting>> {
        let waiting = self.tasks[task].waiting.take()?;
        for key in &waiting.wait.keys {
            if let Some(tasks) = self.waiters.get_mut(key) {
                tasks.retain(|t| *t != task);
                if tasks.is_empty() {
                    self.waiters.remove(key);
                }
            }
        }
        if let Some(until) = waiting.wait.until {
            self.timers.remove(&(until, crate::timer::Timer::Wait(task)));
        }
        self.tasks[task].state = TaskState::Calling;
        Some(waiting)
    }
}
