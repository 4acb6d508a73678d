//! AF_UNIX sockets (unix(7)): state and data. Other families are refused.

use crate::file::FileId;
use crate::file::poll::{POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM};
use crate::kernel::Kernel;
use crate::slab::{Id, Slab};
use crate::task::ProcId;
use crate::wait::Key;
use std::collections::{HashMap, VecDeque};
use tawaki_vfs::{InodeRef, Location};

pub type SocketId = Id<Socket>;

/// Bytes a socket holds for its reader (Linux's default buffer).
pub const BUFFER: usize = 212_992;
/// Bytes in all sockets together; beyond, each holds a page.
const BUDGET: usize = 128 << 20;
const LEAST: usize = 4096;
/// Descriptors in one message (SCM_MAX_FD).
pub const MAX_PASSED: usize = 253;
/// Messages that wait in one socket.
pub const MAX_PACKETS: usize = 4096;

/// How data travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Stream = 1,
    Datagram = 2,
    Seqpacket = 5,
}

/// A message, or a piece of a stream.
#[derive(Debug, Default)]
pub struct Packet {
    pub data: Vec<u8>,
    pub pos: usize,
    pub fds: Vec<FileId>,
    pub addr: Vec<u8>,
    /// Sender: pid, uid, gid.
    pub creds: (i32, u32, u32),
}

/// A socket.
pub struct Socket {
    pub kind: Kind,
    /// The socket that gets what is sent here.
    pub peer: Option<SocketId>,
    /// It was connected once (its peer may be gone).
    pub connected: bool,
    /// Connections that wait for accept, and how many may.
    pub listening: Option<(VecDeque<SocketId>, usize)>,
    pub inbox: VecDeque<Packet>,
    pub bytes: usize,
    /// `sockaddr` it is bound to.
    pub name: Vec<u8>,
    pub peer_name: Vec<u8>,
    /// Place of its name in the tree, counted.
    pub place: Option<Location>,
    /// The peer was closed with unread data: the next read is ECONNRESET.
    pub reset: bool,
    pub no_reads: bool,
    pub no_writes: bool,
    pub passes_creds: bool,
    /// Who connected or listened: pid, uid, gid.
    pub owner: (i32, u32, u32),
    pub peer_owner: (i32, u32, u32),
    pub activity: u64,
    pub number: u64,
}

impl Socket {
    pub fn new(kind: Kind, owner: (i32, u32, u32), number: u64) -> Socket {
        Socket {
            kind,
            peer: None,
            connected: false,
            listening: None,
            inbox: VecDeque::new(),
            bytes: 0,
            name: Vec::new(),
            peer_name: Vec::new(),
            place: None,
            reset: false,
            no_reads: false,
            no_writes: false,
            passes_creds: false,
            owner,
            peer_owner: (0, u32::MAX, u32::MAX),
            activity: 0,
            number,
        }
    }

    fn own_room(&self) -> usize {
        if self.inbox.len() >= MAX_PACKETS { 0 } else { BUFFER.saturating_sub(self.bytes) }
    }
}

/// All sockets and their names.
pub struct Sockets {
    pub all: Slab<Socket>,
    /// Bytes in all inboxes.
    pub total: usize,
    pub by_inode: HashMap<InodeRef, SocketId>,
    /// Abstract names.
    pub by_name: HashMap<Vec<u8>, SocketId>,
}

impl Default for Sockets {
    fn default() -> Self {
        Sockets { all: Slab::new(), total: 0, by_inode: HashMap::new(), by_name: HashMap::new() }
    }
}

impl Sockets {
    pub fn get(&self, id: SocketId) -> &Socket {
        &self.all[id]
    }
    pub fn get_mut(&mut self, id: SocketId) -> &mut Socket {
        &mut self.all[id]
    }

    /// Bytes that may be sent to a socket now.
    pub fn room(&self, id: SocketId) -> usize {
        let s = self.get(id);
        let own = s.own_room();
        let shared = BUDGET.saturating_sub(self.total).max(LEAST.saturating_sub(s.bytes));
        own.min(shared)
    }

    pub fn readiness(&self, id: SocketId) -> u16 {
        let s = self.get(id);
        if let Some((queue, _)) = &s.listening {
            return if queue.is_empty() { 0 } else { POLLIN | POLLRDNORM };
        }
        let peer = s.peer.and_then(|peer| self.all.get(peer));
        let mut bits = 0;
        let gone = s.connected && s.kind != Kind::Datagram && peer.is_none();
        let no_more = gone || s.no_reads || s.kind != Kind::Datagram && peer.is_some_and(|p| p.no_writes);
        if !s.inbox.is_empty() || no_more {
            bits |= POLLIN | POLLRDNORM;
        }
        if no_more {
            bits |= POLLRDHUP;
        }
        if gone || s.no_reads && s.no_writes || s.kind != Kind::Datagram && !s.connected {
            bits |= POLLHUP;
        }
        // As Linux: writable while there is room for a good part.
        let room = peer.map_or(BUFFER, Socket::own_room);
        if room * 4 >= BUFFER {
            bits |= POLLOUT | POLLWRNORM;
        }
        bits
    }

    pub fn activity(&self, id: SocketId) -> u64 {
        self.get(id).activity
    }

    /// FIONREAD.
    pub fn readable(&self, id: SocketId) -> usize {
        let s = self.get(id);
        match s.kind {
            Kind::Stream => s.bytes,
            _ => s.inbox.front().map_or(0, |p| p.data.len() - p.pos),
        }
    }
}

impl Kernel {
    /// The last descriptor of a socket is closed.
    pub(crate) fn close_socket(&mut self, id: SocketId, proc: ProcId) {
        let Some(s) = self.sys.sockets.all.remove(id) else { return };
        self.sys.sockets.total -= s.bytes;
        if let Some(place) = s.place {
            if let Ok(inode) = self.vfs.inode(place) {
                self.sys.sockets.by_inode.remove(&inode);
            }
            self.vfs.close_ref(&self.sys.context(proc), place);
        } else if !s.name.is_empty() {
            self.sys.sockets.by_name.remove(&s.name);
        }
        // Also datagram sockets connected to this one have nobody to write to.
        let orphans: Vec<SocketId> =
            self.sys.sockets.all.iter().filter(|(_, s)| s.peer == Some(id)).map(|(i, _)| i).collect();
        for orphan in orphans {
            let o = self.sys.sockets.get_mut(orphan);
            o.peer = None;
            o.reset |= s.kind == Kind::Stream && !s.inbox.is_empty();
            o.activity += 1;
            self.sys.fire(Key::SocketIn(orphan));
            self.sys.fire(Key::SocketOut(orphan));
        }
        self.sys.fire(Key::SocketOut(id));
        for packet in s.inbox {
            for file in packet.fds {
                self.drop_file(file, proc);
            }
        }
        if let Some((queue, _)) = s.listening {
            for waiting in queue {
                self.close_socket(waiting, proc);
            }
        }
    }
}
