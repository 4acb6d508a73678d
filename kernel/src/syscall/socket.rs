//! Socket calls (socket(7), unix(7)). What Internet and netlink sockets do
//! differently is in `inet`, options are in `sockopt`.

use super::{done, with};
use crate::file::{AnonymousKind, FileId, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::net::netlink::{self, Netlink};
use crate::net::{AF_INET, AF_INET6, AF_NETLINK, Family, Inet};
use crate::socket::{Kind, MAX_PASSED, Packet, Socket, SocketId};
use crate::wait::{Key, Progress, Stop, SysResult, Wait, wait_on};
use serde_bytes::ByteBuf;
use std::collections::VecDeque;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_FDCWD, OpenFlags, S_IFMT, S_IFSOCK};
use tawaki_abi::wire::{Body, Fd, MAX_TRANSFER, Received, Reply};
use tawaki_vfs::Access;

pub(super) const AF_UNIX: u32 = 1;
/// The highest family number Linux knows.
const AF_MAX: u32 = 46;
/// The highest socket type.
const SOCK_PACKET: u32 = 10;
const SOCK_NONBLOCK: u32 = OpenFlags::NONBLOCK.bits();
const SOCK_CLOEXEC: u32 = OpenFlags::CLOEXEC.bits();
const MSG_OOB: u32 = 1;
const MSG_PEEK: u32 = 2;
const MSG_CTRUNC: u32 = 8;
const MSG_TRUNC: u32 = 0x20;
const MSG_DONTWAIT: u32 = 0x40;
const MSG_EOR: u32 = 0x80;
const MSG_WAITALL: u32 = 0x100;
const MSG_ERRQUEUE: u32 = 0x2000;
const MSG_NOSIGNAL: u32 = 0x4000;
const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const SOCK_RAW: u32 = 3;
/// Longest `sockaddr_un`.
const MAX_ADDRESS: usize = 110;

/// A message to send.
pub(super) struct Message<'a> {
    pub data: &'a mut ByteBuf,
    pub flags: u32,
    pub addr: Option<&'a [u8]>,
    pub fds: &'a [Fd],
    pub wait: bool,
}

/// What to receive.
#[derive(Clone, Copy)]
pub(super) struct Receive {
    pub len: usize,
    pub flags: u32,
    pub wait: bool,
}

impl Kernel {
    pub(super) fn socket(&self, c: Caller, fd: Fd) -> Result<(FileId, SocketId), Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        match self.sys.files[file].object {
            Object::Socket(socket) => Ok((file, socket)),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    pub(super) fn owner(&self, c: Caller) -> (i32, u32, u32) {
        let p = &self.sys.procs[c.proc];
        (p.pid, p.cred.euid, p.cred.egid)
    }

    fn new_socket(&mut self, c: Caller, family: Family, kind: Kind) -> SocketId {
        let (owner, number) = (self.owner(c), self.sys.anonymous_ino());
        self.sys.sockets.all.insert(Socket { family, ..Socket::new(kind, owner, number) })
    }

    fn socket_file(&self, socket: SocketId, flags: u32) -> OpenFile {
        let number = self.sys.sockets.get(socket).number;
        let loc = self.sys.anonymous_location(AnonymousKind::Socket, number);
        let status = OpenFlags::RDWR | OpenFlags::from_bits_truncate(flags & SOCK_NONBLOCK);
        OpenFile::new(Object::Socket(socket), status, Some(loc))
    }

    /// Checks the arguments of socket(2).
    fn check_kind(
        &mut self,
        c: Caller,
        domain: u32,
        kind: u32,
        protocol: u32,
    ) -> Result<(Family, Kind), Errno> {
        if domain >= AF_MAX {
            return Err(Errno::EAFNOSUPPORT);
        }
        if kind & !(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC) != 0 || kind & 0xf > SOCK_PACKET {
            return Err(Errno::EINVAL);
        }
        let kind = kind & 0xf;
        match domain {
            AF_UNIX if protocol != 0 && protocol != AF_UNIX => Err(Errno::EPROTONOSUPPORT),
            AF_UNIX => match kind {
                1 => Ok((Family::Unix, Kind::Stream)),
                2 | SOCK_RAW => Ok((Family::Unix, Kind::Datagram)),
                5 => Ok((Family::Unix, Kind::Seqpacket)),
                _ => Err(Errno::ESOCKTNOSUPPORT),
            },
            AF_INET | AF_INET6 => {
                let inet = Family::Inet(Inet::new(domain == AF_INET6));
                match (kind, protocol) {
                    (1, 0 | IPPROTO_TCP) => Ok((inet, Kind::Stream)),
                    (2, 0 | IPPROTO_UDP) => Ok((inet, Kind::Datagram)),
                    (2, IPPROTO_ICMP | 58) => Err(Errno::EACCES),
                    (SOCK_RAW, _) => {
                        self.sys.unsupported(c.task, format_args!("raw socket of protocol {protocol}"));
                        let capable = self.sys.procs[c.proc].cred.capable();
                        Err(if capable { Errno::EPROTONOSUPPORT } else { Errno::EPERM })
                    }
                    (1 | 2, _) => Err(Errno::EPROTONOSUPPORT),
                    _ => Err(Errno::ESOCKTNOSUPPORT),
                }
            }
            AF_NETLINK if kind != 2 && kind != SOCK_RAW => Err(Errno::ESOCKTNOSUPPORT),
            AF_NETLINK if !matches!(protocol, netlink::ROUTE | netlink::UEVENT) => {
                Err(Errno::EPROTONOSUPPORT)
            }
            AF_NETLINK => Ok((Family::Netlink(Netlink { protocol, ..Netlink::default() }), Kind::Datagram)),
            _ => {
                self.sys.unsupported(c.task, format_args!("socket family {domain}"));
                Err(Errno::EAFNOSUPPORT)
            }
        }
    }

    pub(super) fn sys_socket(&mut self, c: Caller, domain: u32, kind: u32, protocol: u32) -> SysResult {
        let (family, which) = self.check_kind(c, domain, kind, protocol)?;
        self.sys.fds_fit(c.proc, 1)?;
        let socket = self.new_socket(c, family, which);
        let file = self.socket_file(socket, kind);
        done(self.open_fd(c.proc, file, kind & SOCK_CLOEXEC != 0)?)
    }

    pub(super) fn sys_socketpair(&mut self, c: Caller, domain: u32, kind: u32, protocol: u32) -> SysResult {
        let (family, which) = self.check_kind(c, domain, kind, protocol)?;
        if !matches!(family, Family::Unix) {
            return Err(Errno::EOPNOTSUPP.into());
        }
        self.sys.fds_fit(c.proc, 2)?;
        let (a, b) = (self.new_socket(c, Family::Unix, which), self.new_socket(c, Family::Unix, which));
        self.join(a, b);
        let (first, second) = (self.socket_file(a, kind), self.socket_file(b, kind));
        let (x, y) = self.open_two(c, first, second, kind & SOCK_CLOEXEC != 0)?;
        with(Body::Fds(x, y))
    }

    pub(super) fn join(&mut self, a: SocketId, b: SocketId) {
        for (one, other) in [(a, b), (b, a)] {
            let o = self.sys.sockets.get(other);
            let (owner, name) = (o.owner, o.name.clone());
            let s = self.sys.sockets.get_mut(one);
            s.peer = Some(other);
            s.connected = true;
            s.peer_owner = owner;
            s.peer_name = name;
            s.edges.both();
        }
    }

    /// Waits for a socket, at most as long as its timeout (SO_RCVTIMEO) says.
    pub(super) fn socket_wait<T>(
        &self,
        key: Key,
        timeout: Option<u64>,
        progress: &mut Progress,
    ) -> SysResult<T> {
        let Some(timeout) = timeout else { return wait_on(key) };
        let now = self.sys.now.monotonic_ns;
        if progress.mark == 0 {
            progress.mark = crate::timer::deadline_after(now, timeout);
        }
        if progress.mark <= now {
            return Err(Errno::EAGAIN.into());
        }
        Err(Stop::Wait(Wait { keys: vec![key], until: Some(progress.mark), restart: Some(Errno::EINTR) }))
    }

    pub(super) fn sys_bind(&mut self, c: Caller, fd: Fd, addr: &[u8]) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        match self.sys.sockets.get(socket).family {
            Family::Unix => {}
            Family::Inet(_) => return self.inet_bind(c, socket, addr),
            Family::Netlink(_) => return self.netlink_bind(c, socket, addr),
        }
        let name = unix_name(addr)?;
        if !self.sys.sockets.get(socket).name.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        let mut addr = addr.to_vec();
        if name.is_empty() {
            // Autobind: an abstract name of five digits.
            let number = self.sys.anonymous_ino() & 0xf_ffff;
            addr.push(0);
            addr.extend(format!("{number:05x}").bytes());
        }
        if name.first().is_none_or(|first| *first == 0) {
            if self.sys.sockets.by_name.contains_key(&addr) {
                return Err(Errno::EADDRINUSE.into());
            }
            self.sys.sockets.by_name.insert(addr.clone(), socket);
        } else {
            let path = path_of(name);
            let at = self.at(c, AT_FDCWD, path)?;
            let mode = S_IFSOCK | 0o777 & !self.sys.procs[c.proc].umask;
            let Kernel { vfs, sys, .. } = self;
            let made = vfs.mknod(&sys.context(c.proc), &at, path, mode, 0);
            let place = made.map_err(|error| match error.errno() {
                Some(Errno::EEXIST) => Stop::Errno(Errno::EADDRINUSE),
                _ => error.into(),
            })?;
            vfs.open_ref(place)?;
            let inode = vfs.inode(place)?;
            sys.sockets.by_inode.insert(inode, socket);
            sys.sockets.get_mut(socket).place = Some(place);
        }
        self.sys.sockets.get_mut(socket).name = addr;
        done(0)
    }

    /// The socket that an address names.
    fn named(&mut self, c: Caller, addr: &[u8]) -> SysResult<SocketId> {
        let name = unix_name(addr)?;
        match name.first() {
            None => return Err(Errno::EINVAL.into()),
            Some(0) => return Ok(*self.sys.sockets.by_name.get(addr).ok_or(Errno::ECONNREFUSED)?),
            Some(_) => {}
        }
        let path = path_of(name);
        let at = self.at(c, AT_FDCWD, path)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let place = vfs.lookup(&cx, &at, path, true)?;
        vfs.access(&cx, place, Access::WRITE)?;
        if vfs.stat(&cx, place)?.mode & S_IFMT != S_IFSOCK {
            return Err(Errno::ECONNREFUSED.into());
        }
        let inode = vfs.inode(place)?;
        Ok(*sys.sockets.by_inode.get(&inode).ok_or(Errno::ECONNREFUSED)?)
    }

    pub(super) fn sys_connect(
        &mut self,
        c: Caller,
        fd: Fd,
        addr: &[u8],
        progress: &mut Progress,
    ) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        match self.sys.sockets.get(socket).family {
            Family::Unix => {}
            Family::Inet(_) => return self.inet_connect(c, file, socket, addr, progress),
            Family::Netlink(_) => {
                netlink::parse(addr)?;
                self.netlink_autobind(c, socket);
                return done(0);
            }
        }
        let kind = self.sys.sockets.get(socket).kind;
        if kind == Kind::Datagram {
            if addr.get(..2) == Some(&[0, 0]) {
                self.sys.sockets.get_mut(socket).peer = None;
                return done(0);
            }
            let other = self.named(c, addr)?;
            if self.sys.sockets.get(other).kind != kind {
                return Err(Errno::EPROTOTYPE.into());
            }
            let s = self.sys.sockets.get_mut(socket);
            (s.peer, s.connected, s.peer_name) = (Some(other), true, addr.to_vec());
            return done(0);
        }
        if self.sys.sockets.get(socket).connected {
            return Err(Errno::EISCONN.into());
        }
        if self.sys.sockets.get(socket).listening.is_some() {
            return Err(Errno::EINVAL.into());
        }
        let listener = self.named(c, addr)?;
        let l = self.sys.sockets.get(listener);
        if l.kind != kind {
            return Err(Errno::EPROTOTYPE.into());
        }
        let Some((queue, backlog)) = &l.listening else { return Err(Errno::ECONNREFUSED.into()) };
        if queue.len() > *backlog {
            if self.sys.files[file].nonblocking() {
                return Err(Errno::EAGAIN.into());
            }
            let timeout = self.sys.sockets.get(socket).send_timeout;
            return self.socket_wait(Key::SocketOut(listener), timeout, progress);
        }
        let (name, owner, passes_creds) = (l.name.clone(), l.owner, l.passes_creds);
        let number = self.sys.anonymous_ino();
        let accepted = Socket { passes_creds, ..Socket::new(kind, owner, number) };
        let accepted = self.sys.sockets.all.insert(accepted);
        let me = self.owner(c);
        self.sys.sockets.get_mut(socket).owner = me;
        self.join(socket, accepted);
        self.sys.sockets.get_mut(socket).peer_name = name;
        let l = self.sys.sockets.get_mut(listener);
        l.edges.input += 1;
        if let Some((queue, _)) = &mut l.listening {
            queue.push_back(accepted);
        }
        self.sys.fire(Key::SocketIn(listener));
        done(0)
    }

    pub(super) fn sys_listen(&mut self, c: Caller, fd: Fd, backlog: i32) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        let owner = self.owner(c);
        let s = self.sys.sockets.get_mut(socket);
        if s.kind == Kind::Datagram {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let unix = matches!(s.family, Family::Unix);
        if unix && s.name.is_empty() || s.connected {
            return Err(Errno::EINVAL.into());
        }
        if !unix {
            self.inet_listen(socket)?;
        }
        let s = self.sys.sockets.get_mut(socket);
        // As Linux: negative is the most, which is `somaxconn`.
        let backlog = (backlog as u32).min(4096) as usize;
        s.owner = owner;
        match &mut s.listening {
            Some((_, limit)) => *limit = backlog,
            None => s.listening = Some((VecDeque::new(), backlog)),
        }
        done(0)
    }

    pub(super) fn sys_accept(&mut self, c: Caller, fd: Fd, flags: u32, progress: &mut Progress) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        if flags & !(SOCK_NONBLOCK | SOCK_CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let wait = !self.sys.files[file].nonblocking();
        self.sys.fds_fit(c.proc, 1)?;
        let s = self.sys.sockets.get_mut(socket);
        if s.kind == Kind::Datagram {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let timeout = s.receive_timeout;
        let Some((queue, _)) = &mut s.listening else { return Err(Errno::EINVAL.into()) };
        let Some(accepted) = queue.pop_front() else {
            if !wait {
                return Err(Errno::EAGAIN.into());
            }
            return self.socket_wait(Key::SocketIn(socket), timeout, progress);
        };
        self.sys.fire(Key::SocketOut(socket));
        self.admit_pending(socket);
        let addr = self.name_of(accepted, true);
        let file = self.socket_file(accepted, flags);
        let fd = self.open_fd(c.proc, file, flags & SOCK_CLOEXEC != 0)?;
        Ok(Reply::with(fd as i64, Body::Bytes(addr)))
    }

    /// The `sockaddr` of a socket or of its peer.
    pub(super) fn name_of(&self, socket: SocketId, peer: bool) -> ByteBuf {
        use crate::net::address::{any, encode};
        let s = self.sys.sockets.get(socket);
        ByteBuf::from(match &s.family {
            Family::Unix => {
                let name = if peer { &s.peer_name } else { &s.name };
                // An unbound socket has only its family.
                if name.is_empty() { vec![AF_UNIX as u8, 0] } else { name.clone() }
            }
            Family::Inet(inet) if peer => encode(inet.remote.unwrap_or(any(inet.v6)), inet.v6),
            Family::Inet(inet) => encode(inet.local, inet.v6),
            Family::Netlink(_) if peer => netlink::address(0, 0),
            Family::Netlink(n) => netlink::address(n.port, n.groups),
        })
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn sys_send(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &mut ByteBuf,
        flags: u32,
        addr: Option<&[u8]>,
        fds: &[Fd],
        progress: &mut Progress,
    ) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        let wait = !self.sys.files[file].nonblocking() && flags & MSG_DONTWAIT == 0;
        self.send_to(c, socket, Message { data, flags, addr, fds, wait }, progress)
    }

    /// Sends data and descriptors.
    pub(super) fn send_to(
        &mut self,
        c: Caller,
        socket: SocketId,
        message: Message<'_>,
        progress: &mut Progress,
    ) -> SysResult {
        let s = self.sys.sockets.get(socket);
        if message.flags & MSG_OOB != 0 {
            return Err(Errno::EOPNOTSUPP.into());
        }
        match s.family {
            Family::Unix => {}
            Family::Inet(_) if s.kind == Kind::Stream => return self.tcp_send(c, socket, message, progress),
            Family::Inet(_) => return self.udp_send(c, socket, &message),
            Family::Netlink(_) => return self.netlink_send(c, socket, &message),
        }
        let Message { data, flags, addr, fds, wait } = message;
        let (kind, timeout) = (s.kind, s.send_timeout);
        let peer = match addr.filter(|a| !a.is_empty()) {
            Some(addr) if kind == Kind::Datagram => self.named(c, addr)?,
            Some(_) if s.connected => return Err(Errno::EISCONN.into()),
            Some(_) => return Err(Errno::EOPNOTSUPP.into()),
            None if s.no_writes => return self.broken(c, flags),
            None => match s.peer {
                Some(peer) => peer,
                None if kind == Kind::Datagram && s.connected => return Err(Errno::ECONNREFUSED.into()),
                None if s.connected && progress.done > 0 => return done(progress.done),
                None if s.connected => return self.broken(c, flags),
                None => return Err(Errno::ENOTCONN.into()),
            },
        };
        if fds.len() > MAX_PASSED {
            return Err(Errno::EINVAL.into());
        }
        let p = self.sys.sockets.get(peer);
        if p.kind != kind {
            return Err(Errno::EPROTOTYPE.into());
        }
        if p.no_reads {
            return self.broken(c, flags);
        }
        let room = self.sys.sockets.room(peer);
        let empty = p.inbox.is_empty();
        let total = data.len();
        let from = (progress.done as usize).min(total);
        let rest = total - from;
        if kind == Kind::Stream && total == 0 {
            return done(0);
        }
        let fits = match kind {
            Kind::Stream => room > 0,
            _ if total > crate::socket::BUFFER => return Err(Errno::EMSGSIZE.into()),
            _ => room >= total && p.inbox.len() < crate::socket::MAX_PACKETS || empty,
        };
        if !fits {
            if !wait {
                return if from > 0 { done(from) } else { Err(Errno::EAGAIN.into()) };
            }
            let key = Key::SocketOut(if kind == Kind::Datagram { peer } else { socket });
            return self.socket_wait(key, timeout, progress);
        }
        let mut passed = Vec::new();
        if from == 0 {
            for fd in fds {
                passed.push(self.sys.fd(c.proc, *fd)?);
            }
            for file in &passed {
                self.sys.files[*file].refs += 1;
            }
        }
        let n = if kind == Kind::Stream { rest.min(room) } else { total };
        let piece = if n == total { core::mem::take(data).into_vec() } else { data[from..from + n].to_vec() };
        let creds = self.owner(c);
        let addr = self.sys.sockets.get(socket).name.clone();
        self.deliver(peer, Packet { data: piece, pos: 0, fds: passed, addr, creds });
        progress.done = (from + n) as u64;
        if from + n < total && kind == Kind::Stream {
            if !wait {
                return done(from + n);
            }
            return self.socket_wait(Key::SocketOut(socket), timeout, progress);
        }
        done(total)
    }

    /// Puts data into a socket's inbox.
    pub(super) fn deliver(&mut self, to: SocketId, packet: Packet) {
        self.sys.sockets.total += packet.data.len();
        let p = self.sys.sockets.get_mut(to);
        p.bytes += packet.data.len();
        p.edges.input += 1;
        match p.inbox.back_mut() {
            // A stream joins small pieces of one sender.
            Some(last)
                if p.kind == Kind::Stream
                    && packet.fds.is_empty()
                    && last.fds.is_empty()
                    && last.creds == packet.creds
                    && last.data.len() + packet.data.len() <= 4096 =>
            {
                last.data.extend_from_slice(&packet.data);
            }
            _ => p.inbox.push_back(packet),
        }
        self.sys.fire(Key::SocketIn(to));
    }

    pub(super) fn broken(&mut self, c: Caller, flags: u32) -> SysResult {
        if flags & MSG_NOSIGNAL != 0 { Err(Errno::EPIPE.into()) } else { self.broken_pipe(c) }
    }

    pub(super) fn sys_recv(
        &mut self,
        c: Caller,
        fd: Fd,
        len: u32,
        flags: u32,
        progress: &mut Progress,
    ) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        let wait = !self.sys.files[file].nonblocking() && flags & MSG_DONTWAIT == 0;
        let want = Receive { len: len as usize, flags, wait };
        let (received, n) = self.receive(c, socket, want, progress)?;
        Ok(Reply::with(n as i64, Body::Received(received)))
    }

    /// Takes a message or a piece of a stream. The number is what recv(2) returns:
    /// with MSG_TRUNC the length of the whole message.
    pub(super) fn receive(
        &mut self,
        c: Caller,
        socket: SocketId,
        want: Receive,
        progress: &mut Progress,
    ) -> SysResult<(Received, usize)> {
        let Receive { len, flags, wait } = want;
        let len = len.min(MAX_TRANSFER);
        let peek = flags & MSG_PEEK != 0;
        if flags & MSG_OOB != 0 {
            let unix = matches!(self.sys.sockets.get(socket).family, Family::Unix);
            return Err(if unix { Errno::EOPNOTSUPP } else { Errno::EINVAL }.into());
        }
        if flags & MSG_ERRQUEUE != 0 {
            return Err(Errno::EAGAIN.into());
        }
        let s = self.sys.sockets.get_mut(socket);
        if s.inbox.is_empty() && s.reset {
            s.reset = false;
            return Err(Errno::ECONNRESET.into());
        }
        if (s.inbox.is_empty() || s.kind == Kind::Datagram)
            && let Some(errno) = s.take_error()
        {
            return Err(errno.into());
        }
        let s = self.sys.sockets.get(socket);
        let all = flags & MSG_WAITALL != 0 && s.kind == Kind::Stream && !peek;
        if s.inbox.is_empty() || all && s.bytes < len {
            let peer = s.peer.and_then(|peer| self.sys.sockets.all.get(peer));
            let waiting = s.inet().is_some_and(|i| i.waiting);
            let ended = match (s.kind, peer) {
                (Kind::Datagram, _) => false,
                (_, Some(peer)) => peer.no_writes,
                (_, None) if s.connected => true,
                _ if waiting => false,
                _ if s.no_reads => true,
                _ => return Err(Errno::ENOTCONN.into()),
            };
            if (ended || s.no_reads) && s.inbox.is_empty() {
                return Ok((Received::default(), 0));
            }
            if !ended && !s.no_reads && (s.inbox.is_empty() || wait) {
                if !wait {
                    return Err(Errno::EAGAIN.into());
                }
                let timeout = s.receive_timeout;
                match self.socket_wait(Key::SocketIn(socket), timeout, progress) {
                    // The time for MSG_WAITALL is over: what there is.
                    Err(Stop::Errno(Errno::EAGAIN)) if !self.sys.sockets.get(socket).inbox.is_empty() => {}
                    other => return other,
                }
            }
        }
        let s = self.sys.sockets.get(socket);
        let before = s.bytes;
        let s = self.sys.sockets.get_mut(socket);
        let (stream, passes) = (s.kind == Kind::Stream, s.passes_creds);
        let mut data = Vec::new();
        let mut fds = Vec::new();
        let (mut addr, mut creds, mut out_flags) = (Vec::new(), (0, 0, 0), 0);
        let (mut taken, mut whole) = (0, 0);
        let took_before = s.takes();
        while let Some(packet) = s.inbox.get_mut(taken) {
            // Pieces with other credentials or descriptors are not mixed.
            if taken > 0 && (!packet.fds.is_empty() || packet.creds != creds || !fds.is_empty()) {
                break;
            }
            creds = packet.creds;
            addr.clone_from(&packet.addr);
            let left = packet.data.len() - packet.pos;
            let n = (len - data.len()).min(left);
            data.extend_from_slice(&packet.data[packet.pos..packet.pos + n]);
            if peek {
                fds.extend(&packet.fds);
            } else {
                fds.append(&mut packet.fds);
                packet.pos += n;
                s.bytes -= n;
            }
            if !stream {
                whole = left;
                if n < left {
                    out_flags |= MSG_TRUNC;
                }
                if s.kind == Kind::Seqpacket {
                    out_flags |= MSG_EOR;
                }
                if !peek {
                    s.bytes -= left - n;
                }
                taken += 1;
                break;
            }
            if n < left {
                break;
            }
            taken += 1;
            if data.len() == len {
                break;
            }
        }
        let writer = if s.kind == Kind::Datagram { Some(socket) } else { s.peer };
        if !peek {
            s.inbox.drain(..taken);
            let room_came = !took_before && s.takes();
            let read = before - s.bytes;
            self.sys.sockets.total -= read;
            if let Some(writer) = writer {
                if let Some(w) = self.sys.sockets.all.get_mut(writer).filter(|_| room_came) {
                    w.edges.output += 1;
                }
                self.sys.fire(Key::SocketOut(writer));
            }
        }
        let cloexec = flags & MSG_CMSG_CLOEXEC != 0;
        let mut installed = Vec::new();
        for file in fds {
            if peek {
                self.sys.files[file].refs += 1;
            }
            match self.sys.install(c.proc, file, 0, cloexec) {
                Ok(fd) => installed.push(fd),
                Err(_) => {
                    out_flags |= MSG_CTRUNC;
                    self.drop_file(file, c.proc);
                }
            }
        }
        let n = if flags & MSG_TRUNC != 0 && !stream { whole } else { data.len() };
        let received = Received {
            data: ByteBuf::from(data),
            addr: ByteBuf::from(addr),
            fds: installed,
            creds: passes.then_some(creds),
            flags: out_flags,
        };
        Ok((received, n))
    }

    pub(super) fn sys_shutdown(&mut self, c: Caller, fd: Fd, how: u32) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        if how > 2 {
            return Err(Errno::EINVAL.into());
        }
        let s = self.sys.sockets.get_mut(socket);
        if s.inet().is_some() && s.listening.is_some() {
            return self.stop_listening(c, socket, how);
        }
        if !s.connected || s.inet().is_some_and(|i| i.dead) {
            return Err(Errno::ENOTCONN.into());
        }
        s.no_reads |= how != 1;
        s.no_writes |= how != 0;
        let peer = s.peer;
        for id in [Some(socket), peer].into_iter().flatten() {
            if let Some(s) = self.sys.sockets.all.get_mut(id) {
                s.edges.both();
            }
            self.fire_socket(id);
        }
        done(0)
    }

    pub(super) fn sys_sockname(&mut self, c: Caller, fd: Fd, peer: bool) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        let s = self.sys.sockets.get(socket);
        let there = match &s.family {
            Family::Unix => s.connected && s.peer.is_some(),
            Family::Inet(inet) => inet.remote.is_some() && s.connected && !inet.dead,
            Family::Netlink(_) => true,
        };
        if peer && !there {
            return Err(Errno::ENOTCONN.into());
        }
        with(Body::Bytes(self.name_of(socket, peer)))
    }
}

/// The path (or abstract name, led by a zero byte) of a `sockaddr_un`.
fn unix_name(addr: &[u8]) -> Result<&[u8], Errno> {
    match addr {
        _ if addr.len() > MAX_ADDRESS => Err(Errno::EINVAL),
        [family, 0, name @ ..] if *family as u32 == AF_UNIX => Ok(name),
        _ => Err(Errno::EINVAL),
    }
}

/// The path without the zero bytes behind it.
fn path_of(name: &[u8]) -> &[u8] {
    name.split(|b| *b == 0).next().unwrap_or(name)
}
