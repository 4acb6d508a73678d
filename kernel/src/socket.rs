//! Sockets of all families (unix(7), socket(7)): state and data. What only
//! Internet and netlink sockets have is in [`crate::net`].

use crate::file::FileId;
use crate::file::epoll::Edges;
use crate::file::notify::News;
use crate::file::poll::{POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM};
use crate::kernel::Kernel;
use crate::net::ports::Ports;
use crate::net::{Family, Inet};
use crate::slab::{Id, Slab};
use crate::task::ProcId;
use crate::wait::Key;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tawaki_abi::Errno;
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
    /// When a datagram came, nanoseconds since 1970.
    pub at: u64,
    /// How an Internet datagram was sent.
    pub route: Option<Route>,
}

/// What a datagram's header says besides its sender.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub to: core::net::IpAddr,
    /// Time to live (hop limit), and type of service (traffic class).
    pub ttl: u32,
    pub tos: u32,
}

/// A socket.
pub struct Socket {
    pub kind: Kind,
    pub family: Family,
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
    /// A write found too little room: owners of its file are to hear when there is some.
    pub starved: bool,
    pub passes_creds: bool,
    /// Who connected or listened: pid, uid, gid.
    pub owner: (i32, u32, u32),
    pub peer_owner: (i32, u32, u32),
    pub edges: Edges,
    pub number: u64,
    /// SO_RCVTIMEO and SO_SNDTIMEO, nanoseconds.
    pub receive_timeout: Option<u64>,
    pub send_timeout: Option<u64>,
    /// Options that are only remembered, by level and name.
    pub options: BTreeMap<(u32, u32), u32>,
    /// Connections that wait for room in `listening`.
    pub pending: VecDeque<SocketId>,
}

impl Socket {
    pub fn new(kind: Kind, owner: (i32, u32, u32), number: u64) -> Socket {
        Socket {
            kind,
            family: Family::Unix,
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
            starved: false,
            passes_creds: false,
            owner,
            peer_owner: (0, u32::MAX, u32::MAX),
            edges: Edges::default(),
            number,
            receive_timeout: None,
            send_timeout: None,
            options: BTreeMap::new(),
            pending: VecDeque::new(),
        }
    }

    fn own_room(&self) -> usize {
        if self.inbox.len() >= MAX_PACKETS { 0 } else { BUFFER.saturating_sub(self.bytes) }
    }

    /// Whether poll says that this socket takes more: room for a good part.
    pub fn takes(&self) -> bool {
        self.own_room() * 4 >= BUFFER
    }

    pub fn inet(&self) -> Option<&Inet> {
        match &self.family {
            Family::Inet(inet) => Some(inet),
            _ => None,
        }
    }

    /// Takes the error that waits for the next call (SO_ERROR).
    pub fn take_error(&mut self) -> Option<Errno> {
        match &mut self.family {
            Family::Inet(inet) => inet.error.take(),
            _ => None,
        }
    }

    /// The connection is gone for good, for this reason.
    pub fn abort(&mut self, errno: Errno) {
        self.peer = None;
        (self.no_reads, self.no_writes) = (true, true);
        self.edges.both();
        if let Family::Inet(inet) = &mut self.family {
            (inet.error, inet.dead, inet.waiting) = (Some(errno), true, false);
        }
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
    pub ports: Ports,
}

impl Default for Sockets {
    fn default() -> Self {
        Sockets {
            all: Slab::new(),
            total: 0,
            by_inode: HashMap::new(),
            by_name: HashMap::new(),
            ports: Ports::default(),
        }
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
        match &s.family {
            Family::Unix => {}
            Family::Inet(inet) if s.kind == Kind::Stream => return tcp_readiness(s, inet, peer),
            // A datagram that does not fit is lost: there is always room.
            Family::Inet(_) | Family::Netlink(_) => {
                let error = s.inet().is_some_and(|i| i.error.is_some());
                let input = !s.inbox.is_empty() || s.no_reads;
                return POLLOUT
                    | POLLWRNORM
                    | if error { POLLERR } else { 0 }
                    | if input { POLLIN | POLLRDNORM } else { 0 };
            }
        }
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
        if peer.is_none_or(Socket::takes) {
            bits |= POLLOUT | POLLWRNORM;
        }
        bits
    }

    /// Whether room where `room` says so is what a write of this socket has found missing.
    pub fn room_came(&self, id: SocketId, room: SocketId) -> bool {
        let Some(s) = self.all.get(id) else { return false };
        // Room for a datagram is its receiver's.
        let whose = if s.kind == Kind::Datagram { s.peer } else { Some(id) };
        s.starved && whose == Some(room) && self.readiness(id) & POLLOUT != 0
    }

    /// Owners have been told of it.
    pub fn heard_of_room(&mut self, room: SocketId) {
        let heard: Vec<SocketId> = self
            .all
            .iter()
            .filter(|(id, s)| s.starved && self.room_came(*id, room))
            .map(|(id, _)| id)
            .collect();
        for id in heard {
            self.get_mut(id).starved = false;
        }
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

/// tcp_poll of Linux.
fn tcp_readiness(s: &Socket, inet: &Inet, peer: Option<&Socket>) -> u16 {
    const IN: u16 = POLLIN | POLLRDNORM;
    const OUT: u16 = POLLOUT | POLLWRNORM;
    if inet.waiting {
        return 0;
    }
    let mut bits = if inet.error.is_some() { POLLERR } else { 0 };
    if inet.dead {
        return bits | IN | OUT | POLLRDHUP | POLLHUP;
    }
    if !s.connected {
        return bits | OUT | POLLHUP;
    }
    let ended = s.no_reads || peer.is_none_or(|p| p.no_writes);
    if !s.inbox.is_empty() || ended {
        bits |= IN;
    }
    if ended {
        bits |= POLLRDHUP;
    }
    if ended && s.no_writes {
        bits |= POLLHUP;
    }
    if s.no_writes || peer.is_none_or(Socket::takes) {
        bits |= OUT;
    }
    bits
}

impl Kernel {
    /// Wakes everybody who waits for a socket, and tells its owners.
    pub(crate) fn fire_socket(&mut self, id: SocketId, news: Option<News>) {
        self.sys.wake(Key::SocketIn(id));
        self.sys.wake(Key::SocketOut(id));
        if let Some(news) = news {
            self.sys.tell_socket(id, news);
        }
    }

    /// Ends a connection from the other side.
    pub(crate) fn abort_socket(&mut self, id: SocketId, errno: Errno) {
        if let Some(s) = self.sys.sockets.all.get_mut(id) {
            s.abort(errno);
            self.fire_socket(id, Some(News::Error));
        }
    }

    /// The other end of a closed TCP socket: a FIN, or a reset when data was lost.
    fn tcp_peer_closed(&mut self, s: &Socket, abortive: bool) {
        let Some(peer) = s.peer else { return };
        let Some(p) = self.sys.sockets.all.get_mut(peer) else { return };
        if abortive || !s.inbox.is_empty() {
            // Whoever has seen the end already only learns it when writing.
            return self.abort_socket(peer, if s.no_writes { Errno::EPIPE } else { Errno::ECONNRESET });
        }
        p.peer = None;
        p.edges.both();
        // One that has heard of the end before is told no more.
        let (heard, over) = (s.no_writes, p.no_writes);
        if over && !heard {
            self.sys.tell_socket(peer, News::HangUp);
        }
        self.fire_socket(peer, (!heard).then_some(News::Input));
    }

    /// The last descriptor of a socket is closed.
    pub(crate) fn close_socket(&mut self, id: SocketId, proc: ProcId) {
        let Some(mut s) = self.sys.sockets.all.remove(id) else { return };
        self.sys.sockets.total -= s.bytes;
        for waiting in core::mem::take(&mut s.pending) {
            self.abort_socket(waiting, Errno::ECONNREFUSED);
        }
        if let Family::Inet(inet) = &s.family {
            if inet.local.port() != 0 {
                self.sys.sockets.leave_port(s.kind, inet.local.port(), id);
            }
            if inet.waiting
                && let Some(listener) = inet.remote.and_then(|to| self.sys.sockets.listener(to))
            {
                self.sys.sockets.get_mut(listener).pending.retain(|p| *p != id);
            }
            self.tcp_peer_closed(&s, inet.abortive);
            for waiting in s.listening.into_iter().flat_map(|(queue, _)| queue) {
                if let Some(peer) = self.sys.sockets.all.get(waiting).and_then(|w| w.peer) {
                    self.abort_socket(peer, Errno::ECONNRESET);
                }
                self.close_socket(waiting, proc);
            }
            return;
        }
        if let Some(place) = s.place {
            if let Ok(inode) = self.vfs.inode(place) {
                self.sys.sockets.by_inode.remove(&inode);
            }
            self.vfs.close_ref(&self.sys.context(proc), place);
        } else if !s.name.is_empty() {
            // Accepted ones have their listener's name.
            if self.sys.sockets.by_name.get(&s.name) == Some(&id) {
                self.sys.sockets.by_name.remove(&s.name);
            }
        }
        // Also datagram sockets connected to this one have nobody to write to.
        let orphans: Vec<SocketId> =
            self.sys.sockets.all.iter().filter(|(_, s)| s.peer == Some(id)).map(|(i, _)| i).collect();
        for orphan in orphans {
            let o = self.sys.sockets.get_mut(orphan);
            o.peer = None;
            o.reset |= s.kind == Kind::Stream && !s.inbox.is_empty();
            o.edges.both();
            self.fire_socket(orphan, (s.kind != Kind::Datagram).then_some(News::HangUp));
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
