//! Readiness of files: what poll(2), select(2) and epoll(7) look at.

use super::epoll::{Edges, MAX_DEPTH};
use super::event::EVENTFD_MAX;
use super::pipe::HostEnd;
use super::{FileId, Object};
use crate::system::System;
use crate::task::TaskId;
use crate::wait::Key;

pub const POLLIN: u16 = 1;
pub const POLLPRI: u16 = 2;
pub const POLLOUT: u16 = 4;
pub const POLLERR: u16 = 8;
pub const POLLHUP: u16 = 0x10;
pub const POLLNVAL: u16 = 0x20;
pub const POLLRDNORM: u16 = 0x40;
pub const POLLWRNORM: u16 = 0x100;
pub const POLLRDHUP: u16 = 0x2000;
const IN: u16 = POLLIN | POLLRDNORM;
const OUT: u16 = POLLOUT | POLLWRNORM;

fn when(condition: bool, bits: u16) -> u16 {
    if condition { bits } else { 0 }
}

impl System {
    /// All conditions that hold for a file now.
    pub fn readiness(&self, file: FileId, task: TaskId, depth: u32) -> u16 {
        let f = &self.files[file];
        match &f.object {
            Object::Regular
            | Object::Directory
            | Object::Null
            | Object::Zero
            | Object::Full
            | Object::Random
            | Object::Loop(_)
            | Object::LoopControl
            | Object::Memory { .. }
            | Object::Text(_) => IN | OUT,
            Object::Mqueue(id) => {
                let queue = &self.mqueues.all[*id];
                when(!queue.messages.is_empty(), IN) | when((queue.messages.len() as u64) < queue.max, OUT)
            }
            Object::Path => POLLNVAL,
            Object::Pipe { id, reads, writes } => {
                let pipe = &self.pipes[*id];
                let host_writes = matches!(pipe.host, HostEnd::Input { eof: false, .. });
                let host_reads = matches!(pipe.host, HostEnd::Output { closed: false, .. });
                let no_writers = pipe.writers == 0 && !host_writes;
                when(*reads && !pipe.is_empty(), IN)
                    | when(*reads && no_writers && pipe.writer_opens > 0, POLLHUP)
                    | when(*writes && pipe.writable(), OUT)
                    | when(*writes && pipe.readers == 0 && !host_reads, POLLERR)
            }
            Object::Tty(tty) => self.ttys[*tty].readiness(),
            Object::HungUp(_) => IN | OUT | POLLERR | POLLHUP,
            Object::Master(tty) => self.ttys[*tty].master_readiness(),
            Object::Event(e) => when(e.count > 0, IN) | when(e.count < EVENTFD_MAX, OUT),
            Object::Timer(t) => when(t.expirations > 0, IN),
            Object::Signal(set) => {
                let t = &self.tasks[task];
                when((t.pending.set | self.procs[t.proc].shared.set) & set != 0, IN)
            }
            Object::Epoll(epoll) => {
                let ready =
                    depth < MAX_DEPTH && epoll.items.iter().any(|i| self.item_ready(i, task, depth + 1) != 0);
                when(ready, IN)
            }
            Object::Inotify(i) => when(!i.is_empty(), IN),
            Object::Pidfd { pid, started } => {
                let gone = self.by_pidfd(*pid, *started).is_none_or(|proc| self.procs[proc].zombie);
                when(gone, IN)
            }
            Object::Socket(socket) => self.sockets.readiness(*socket),
        }
    }

    /// Adds the keys that fire when the readiness of a file changes.
    pub fn ready_keys(&self, file: FileId, task: TaskId, depth: u32, keys: &mut Vec<Key>) {
        match &self.files[file].object {
            Object::Pipe { id, reads, writes } => {
                if *reads {
                    keys.push(Key::PipeIn(*id));
                }
                if *writes {
                    keys.push(Key::PipeOut(*id));
                }
            }
            Object::Tty(tty) => keys.extend([Key::TtyIn(*tty), Key::TtyOut(*tty)]),
            Object::Master(tty) => keys.extend([Key::MasterIn(*tty), Key::TtyIn(*tty)]),
            Object::Event(_) | Object::Timer(_) | Object::Inotify(_) => keys.push(Key::File(file)),
            Object::Pidfd { pid, .. } => keys.push(Key::Exit(*pid)),
            Object::Mqueue(id) => keys.extend([Key::MqueueIn(*id), Key::MqueueOut(*id)]),
            Object::Signal(_) => keys.push(Key::Signal(self.tasks[task].proc)),
            Object::Epoll(epoll) => {
                keys.push(Key::File(file));
                if depth < MAX_DEPTH {
                    for item in &epoll.items {
                        self.ready_keys(item.file, task, depth + 1, keys);
                    }
                }
            }
            Object::Socket(socket) => {
                keys.extend([Key::SocketIn(*socket), Key::SocketOut(*socket)]);
                // Room for a datagram is its receiver's.
                let s = self.sockets.get(*socket);
                if s.kind == crate::socket::Kind::Datagram {
                    keys.extend(s.peer.map(Key::SocketOut));
                }
            }
            _ => {}
        }
    }

    /// What has happened to a file so far.
    pub fn edges(&self, file: FileId, depth: u32) -> Edges {
        match &self.files[file].object {
            Object::Pipe { id, .. } => self.pipes[*id].edges,
            Object::Tty(tty) | Object::HungUp(tty) | Object::Master(tty) => {
                let n = self.ttys[*tty].activity;
                Edges { input: n, output: n }
            }
            Object::Event(e) => e.edges,
            Object::Mqueue(id) => self.mqueues.all[*id].edges,
            Object::Timer(t) => Edges { input: t.activity, output: 0 },
            Object::Signal(_) => Edges { input: self.signals_sent, output: 0 },
            Object::Inotify(i) => i.edges,
            Object::Socket(socket) => self.sockets.get(*socket).edges,
            Object::Epoll(epoll) if depth < MAX_DEPTH => {
                let inner = epoll.items.iter().map(|i| self.edges(i.file, depth + 1));
                let input = inner.fold(0u64, |sum, e| sum.wrapping_add(e.input).wrapping_add(e.output));
                Edges { input, output: 0 }
            }
            _ => Edges::default(),
        }
    }
}
