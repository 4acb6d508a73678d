//! Socket calls (socket(7), unix(7)) but sending and receiving (`message`). What
//! Internet and netlink sockets do differently is in `inet`, options are in
//! `sockopt`.

use super::{done, with};
use crate::file::notify::News;
use crate::file::{AnonymousKind, FileId, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::net::netlink::{self, Netlink};
use crate::net::{AF_INET, AF_INET6, AF_NETLINK, Family, Inet};
use crate::socket::{Kind, Socket, SocketId};
use crate::wait::{Key, Progress, Stop, SysResult, Wait, wait_on};
use serde_bytes::ByteBuf;
use std::collections::VecDeque;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_FDCWD, OpenFlags, S_IFMT, S_IFSOCK};
use tawaki_abi::wire::{Body, Fd, Reply};
use tawaki_vfs::Access;

pub(super) const AF_UNIX: u32 = 1;
/// The highest family number Linux knows.
const AF_MAX: u32 = 46;
/// The highest socket type.
const SOCK_PACKET: u32 = 10;
const SOCK_NONBLOCK: u32 = OpenFlags::NONBLOCK.bits();
const SOCK_CLOEXEC: u32 = OpenFlags::CLOEXEC.bits();
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const SOCK_RAW: u32 = 3;
/// Longest `sockaddr_un`.
const MAX_ADDRESS: usize = 110;

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
            let mode = S_IFSOCK | 0o777;
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
    pub(super) fn named(&mut self, c: Caller, addr: &[u8]) -> SysResult<SocketId> {
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
        // It has the listener's name, but does not hold it.
        let accepted = Socket { passes_creds, name: name.clone(), ..Socket::new(kind, owner, number) };
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
        let (peer, datagrams, inet) = (s.peer, s.kind == Kind::Datagram, s.inet().is_some());
        s.edges.both();
        self.fire_socket(socket, None);
        if let Some(id) = peer {
            let Some(p) = self.sys.sockets.all.get_mut(id) else { return done(0) };
            p.edges.both();
            let news = match how {
                _ if datagrams => None,
                0 => None,
                1 if inet && p.no_writes => Some(News::HangUp),
                2 if !inet => Some(News::HangUp),
                _ => Some(News::Input),
            };
            self.fire_socket(id, news);
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
