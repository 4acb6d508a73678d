//! Socket calls (unix(7)).

use super::{done, with};
use crate::file::{AnonymousKind, FileId, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::socket::{Kind, MAX_PASSED, Packet, Socket, SocketId};
use crate::wait::{Key, Progress, Stop, SysResult, wait_on};
use serde_bytes::ByteBuf;
use std::collections::VecDeque;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_FDCWD, OpenFlags, S_IFMT, S_IFSOCK};
use tawaki_abi::wire::{Body, Fd, MAX_TRANSFER, Received, Reply};
use tawaki_vfs::Access;

const AF_UNIX: u32 = 1;
/// The highest family number Linux knows.
const AF_MAX: u32 = 46;
/// The highest socket type.
const SOCK_PACKET: u32 = 10;
const SOCK_NONBLOCK: u32 = OpenFlags::NONBLOCK.bits();
const SOCK_CLOEXEC: u32 = OpenFlags::CLOEXEC.bits();
const MSG_PEEK: u32 = 2;
const MSG_CTRUNC: u32 = 8;
const MSG_TRUNC: u32 = 0x20;
const MSG_DONTWAIT: u32 = 0x40;
const MSG_EOR: u32 = 0x80;
const MSG_NOSIGNAL: u32 = 0x4000;
const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;
const SOL_SOCKET: u32 = 1;
const SO_PASSCRED: u32 = 16;
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

impl Kernel {
    fn socket(&self, c: Caller, fd: Fd) -> Result<(FileId, SocketId), Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        match self.sys.files[file].object {
            Object::Socket(socket) => Ok((file, socket)),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    fn owner(&self, c: Caller) -> (i32, u32, u32) {
        let p = &self.sys.procs[c.proc];
        (p.pid, p.cred.euid, p.cred.egid)
    }

    fn new_socket(&mut self, c: Caller, kind: Kind) -> SocketId {
        let (owner, number) = (self.owner(c), self.sys.anonymous_ino());
        self.sys.sockets.all.insert(Socket::new(kind, owner, number))
    }

    fn socket_file(&self, socket: SocketId, flags: u32) -> OpenFile {
        let number = self.sys.sockets.get(socket).number;
        let loc = self.sys.anonymous_location(AnonymousKind::Socket, number);
        let status = OpenFlags::RDWR | OpenFlags::from_bits_truncate(flags & SOCK_NONBLOCK);
        OpenFile::new(Object::Socket(socket), status, Some(loc))
    }

    fn check_kind(&mut self, c: Caller, domain: u32, kind: u32, protocol: u32) -> Result<Kind, Errno> {
        if domain != AF_UNIX {
            if domain < AF_MAX {
                self.sys.unsupported(c.task, format_args!("socket family {domain}"));
            }
            return Err(Errno::EAFNOSUPPORT);
        }
        if kind & !(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC) != 0 || kind & 0xf > SOCK_PACKET {
            return Err(Errno::EINVAL);
        }
        if protocol != 0 && protocol != AF_UNIX {
            return Err(Errno::EPROTONOSUPPORT);
        }
        match kind & !(SOCK_NONBLOCK | SOCK_CLOEXEC) {
            1 => Ok(Kind::Stream),
            2 | 3 => Ok(Kind::Datagram),
            5 => Ok(Kind::Seqpacket),
            _ => Err(Errno::ESOCKTNOSUPPORT),
        }
    }

    pub(super) fn sys_socket(&mut self, c: Caller, domain: u32, kind: u32, protocol: u32) -> SysResult {
        let which = self.check_kind(c, domain, kind, protocol)?;
        self.sys.fds_fit(c.proc, 1)?;
        let socket = self.new_socket(c, which);
        let file = self.socket_file(socket, kind);
        done(self.open_fd(c.proc, file, kind & SOCK_CLOEXEC != 0)?)
    }

    pub(super) fn sys_socketpair(&mut self, c: Caller, domain: u32, kind: u32, protocol: u32) -> SysResult {
        let which = self.check_kind(c, domain, kind, protocol)?;
        self.sys.fds_fit(c.proc, 2)?;
        let (a, b) = (self.new_socket(c, which), self.new_socket(c, which));
        self.join(a, b);
        let (first, second) = (self.socket_file(a, kind), self.socket_file(b, kind));
        let (x, y) = self.open_two(c, first, second, kind & SOCK_CLOEXEC != 0)?;
        with(Body::Fds(x, y))
    }

    fn join(&mut self, a: SocketId, b: SocketId) {
        for (one, other) in [(a, b), (b, a)] {
            let o = self.sys.sockets.get(other);
            let (owner, name) = (o.owner, o.name.clone());
            let s = self.sys.sockets.get_mut(one);
            s.peer = Some(other);
            s.connected = true;
            s.peer_owner = owner;
            s.peer_name = name;
            s.activity += 1;
        }
    }

    pub(super) fn sys_bind(&mut self, c: Caller, fd: Fd, addr: &[u8]) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
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

    pub(super) fn sys_connect(&mut self, c: Caller, fd: Fd, addr: &[u8]) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
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
            return wait_on(Key::SocketOut(listener));
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
        l.activity += 1;
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
        if s.name.is_empty() || s.connected {
            return Err(Errno::EINVAL.into());
        }
        let backlog = backlog.clamp(0, 4096) as usize;
        s.owner = owner;
        match &mut s.listening {
            Some((_, limit)) => *limit = backlog,
            None => s.listening = Some((VecDeque::new(), backlog)),
        }
        done(0)
    }

    pub(super) fn sys_accept(&mut self, c: Caller, fd: Fd, flags: u32) -> SysResult {
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
        let Some((queue, _)) = &mut s.listening else { return Err(Errno::EINVAL.into()) };
        let Some(accepted) = queue.pop_front() else {
            return if wait { wait_on(Key::SocketIn(socket)) } else { Err(Errno::EAGAIN.into()) };
        };
        self.sys.fire(Key::SocketOut(socket));
        let addr = address(&self.sys.sockets.get(accepted).peer_name);
        let file = self.socket_file(accepted, flags);
        let fd = self.open_fd(c.proc, file, flags & SOCK_CLOEXEC != 0)?;
        Ok(Reply::with(fd as i64, Body::Bytes(addr)))
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
        let Message { data, flags, addr, fds, wait } = message;
        let s = self.sys.sockets.get(socket);
        let kind = s.kind;
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
            return wait_on(Key::SocketOut(if kind == Kind::Datagram { peer } else { socket }));
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
        self.sys.sockets.total += piece.len();
        let p = self.sys.sockets.get_mut(peer);
        p.bytes += piece.len();
        p.activity += 1;
        match p.inbox.back_mut() {
            // A stream joins small pieces of one sender.
            Some(last)
                if kind == Kind::Stream
                    && passed.is_empty()
                    && last.fds.is_empty()
                    && last.creds == creds
                    && last.data.len() + piece.len() <= 4096 =>
            {
                last.data.extend_from_slice(&piece);
            }
            _ => p.inbox.push_back(Packet { data: piece, pos: 0, fds: passed, addr, creds }),
        }
        progress.done = (from + n) as u64;
        self.sys.fire(Key::SocketIn(peer));
        if from + n < total && kind == Kind::Stream {
            return if wait { wait_on(Key::SocketOut(socket)) } else { done(from + n) };
        }
        done(total)
    }

    fn broken(&mut self, c: Caller, flags: u32) -> SysResult {
        if flags & MSG_NOSIGNAL != 0 { Err(Errno::EPIPE.into()) } else { self.broken_pipe(c) }
    }

    pub(super) fn sys_recv(&mut self, c: Caller, fd: Fd, len: u32, flags: u32) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        let wait = !self.sys.files[file].nonblocking() && flags & MSG_DONTWAIT == 0;
        let received = self.receive(c, socket, len as usize, flags, wait)?;
        let n = received.data.len() as i64;
        Ok(Reply::with(n, Body::Received(received)))
    }

    /// Takes a message or a piece of a stream.
    pub(super) fn receive(
        &mut self,
        c: Caller,
        socket: SocketId,
        len: usize,
        flags: u32,
        wait: bool,
    ) -> SysResult<Received> {
        let len = len.min(MAX_TRANSFER);
        let peek = flags & MSG_PEEK != 0;
        let s = self.sys.sockets.get(socket);
        if s.inbox.is_empty() && s.reset {
            self.sys.sockets.get_mut(socket).reset = false;
            return Err(Errno::ECONNRESET.into());
        }
        let s = self.sys.sockets.get(socket);
        if s.inbox.is_empty() {
            let peer = s.peer.and_then(|peer| self.sys.sockets.all.get(peer));
            let ended = match (s.kind, peer) {
                (Kind::Datagram, _) => false,
                (_, Some(peer)) => peer.no_writes,
                (_, None) if s.connected => true,
                _ => return Err(Errno::ENOTCONN.into()),
            };
            if ended || s.no_reads {
                return Ok(Received::default());
            }
            return if wait { wait_on(Key::SocketIn(socket)) } else { Err(Errno::EAGAIN.into()) };
        }
        let before = s.bytes;
        let s = self.sys.sockets.get_mut(socket);
        let (stream, passes) = (s.kind == Kind::Stream, s.passes_creds);
        let mut data = Vec::new();
        let mut fds = Vec::new();
        let (mut addr, mut creds, mut out_flags) = (Vec::new(), (0, 0, 0), 0);
        let mut taken = 0;
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
            s.activity += 1;
            let read = before - s.bytes;
            self.sys.sockets.total -= read;
            if let Some(writer) = writer {
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
        Ok(Received {
            data: ByteBuf::from(data),
            addr: ByteBuf::from(addr),
            fds: installed,
            creds: passes.then_some(creds),
            flags: out_flags,
        })
    }

    pub(super) fn sys_shutdown(&mut self, c: Caller, fd: Fd, how: u32) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        if how > 2 {
            return Err(Errno::EINVAL.into());
        }
        let s = self.sys.sockets.get_mut(socket);
        if !s.connected {
            return Err(Errno::ENOTCONN.into());
        }
        s.no_reads |= how != 1;
        s.no_writes |= how != 0;
        let peer = s.peer;
        for id in [Some(socket), peer].into_iter().flatten() {
            if let Some(s) = self.sys.sockets.all.get_mut(id) {
                s.activity += 1;
            }
            self.sys.fire(Key::SocketIn(id));
            self.sys.fire(Key::SocketOut(id));
        }
        done(0)
    }

    pub(super) fn sys_sockname(&mut self, c: Caller, fd: Fd, peer: bool) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        let s = self.sys.sockets.get(socket);
        if peer && (!s.connected || s.peer.is_none()) {
            return Err(Errno::ENOTCONN.into());
        }
        with(Body::Bytes(address(if peer { &s.peer_name } else { &s.name })))
    }

    pub(super) fn sys_setsockopt(
        &mut self,
        c: Caller,
        fd: Fd,
        level: u32,
        name: u32,
        value: &[u8],
    ) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        if level != SOL_SOCKET {
            return Err(Errno::EOPNOTSUPP.into());
        }
        match name {
            SO_PASSCRED => {
                let on = value.iter().any(|b| *b != 0);
                self.sys.sockets.get_mut(socket).passes_creds = on;
                done(0)
            }
            // Reuse, buffer sizes, keep-alive, linger, timeouts: no effect here.
            2 | 5..=10 | 13 | 15 | 18 | 20 | 21 | 29 | 32 | 33 | 66 | 67 => done(0),
            _ => Err(Errno::ENOPROTOOPT.into()),
        }
    }

    pub(super) fn sys_getsockopt(&mut self, c: Caller, fd: Fd, level: u32, name: u32, len: u32) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        if level != SOL_SOCKET {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let s = self.sys.sockets.get(socket);
        let word = |n: u32| n.to_le_bytes().to_vec();
        let mut value = match name {
            3 => word(s.kind as u32),
            4 | 38 => word(0), // SO_ERROR, SO_PROTOCOL
            7 | 8 => word(crate::socket::BUFFER as u32),
            SO_PASSCRED => word(s.passes_creds as u32),
            17 => {
                let (pid, uid, gid) = s.peer_owner;
                [word(pid as u32), word(uid), word(gid)].concat()
            }
            30 => word(s.listening.is_some() as u32),
            39 => word(AF_UNIX),
            2 | 5 | 6 | 9 | 10 | 15 => word(0),
            13 | 20 | 21 | 66 | 67 => vec![0; 16],
            _ => return Err(Errno::ENOPROTOOPT.into()),
        };
        value.truncate(len as usize);
        with(Body::Bytes(ByteBuf::from(value)))
    }
}

/// A `sockaddr` to give out: an unbound socket has only its family.
fn address(name: &[u8]) -> ByteBuf {
    ByteBuf::from(if name.is_empty() { vec![AF_UNIX as u8, 0] } else { name.to_vec() })
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
