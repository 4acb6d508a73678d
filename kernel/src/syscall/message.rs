//! Sending and receiving (send(2), recv(2)), for all kinds of sockets.

use super::done;
use crate::capability::{SETGID, SETUID, SYS_ADMIN};
use crate::kernel::{Caller, Kernel};
use crate::net::Family;
use crate::socket::{Kind, MAX_PASSED, Packet, SocketId};
use crate::wait::{Key, Progress, Stop, SysResult};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Fd, MAX_TRANSFER, Received, Reply};

const MSG_OOB: u32 = 1;
const MSG_PEEK: u32 = 2;
const MSG_CTRUNC: u32 = 8;
const MSG_TRUNC: u32 = 0x20;
const MSG_DONTWAIT: u32 = 0x40;
const MSG_WAITALL: u32 = 0x100;
const MSG_ERRQUEUE: u32 = 0x2000;
const MSG_NOSIGNAL: u32 = 0x4000;
const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;

/// A message to send.
pub(super) struct Message<'a> {
    pub data: &'a mut ByteBuf,
    pub flags: u32,
    pub addr: Option<&'a [u8]>,
    pub fds: &'a [Fd],
    /// Whom the sender says it is.
    pub creds: Option<(i32, u32, u32)>,
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
    #[allow(clippy::too_many_arguments)]
    pub(super) fn sys_send(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &mut ByteBuf,
        (flags, creds): (u32, Option<(i32, u32, u32)>),
        addr: Option<&[u8]>,
        fds: &[Fd],
        progress: &mut Progress,
    ) -> SysResult {
        let (file, socket) = self.socket(c, fd)?;
        let wait = !self.sys.files[file].nonblocking() && flags & MSG_DONTWAIT == 0;
        self.send_to(c, socket, Message { data, flags, addr, fds, creds, wait }, progress)
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
        let Message { data, flags, addr, fds, creds, wait } = message;
        let creds = self.sender(c, creds)?;
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
            // Who waits hears of it by that.
            self.sys.sockets.get_mut(socket).starved = !wait;
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
        let addr = self.sys.sockets.get(socket).name.clone();
        self.deliver(peer, Packet { data: piece, fds: passed, addr, creds, ..Packet::default() });
        progress.done = (from + n) as u64;
        if from + n < total && kind == Kind::Stream {
            self.sys.sockets.get_mut(socket).starved = !wait;
            if !wait {
                return done(from + n);
            }
            return self.socket_wait(Key::SocketOut(socket), timeout, progress);
        }
        done(total)
    }

    /// Who sends: the caller, or whom it may say it is (unix(7), SCM_CREDENTIALS).
    fn sender(&self, c: Caller, claimed: Option<(i32, u32, u32)>) -> Result<(i32, u32, u32), Errno> {
        let p = &self.sys.procs[c.proc];
        let cred = &p.cred;
        let Some((pid, uid, gid)) = claimed else { return Ok((p.pid, cred.ruid, cred.rgid)) };
        if uid == u32::MAX || gid == u32::MAX {
            return Err(Errno::EINVAL);
        }
        let may = (pid == p.pid || cred.has(SYS_ADMIN))
            && ([cred.ruid, cred.euid, cred.suid].contains(&uid) || cred.has(SETUID))
            && ([cred.rgid, cred.egid, cred.sgid].contains(&gid) || cred.has(SETGID));
        match self.sys.proc_by_pid(pid) {
            _ if !may => Err(Errno::EPERM),
            None => Err(Errno::ESRCH),
            Some(_) => Ok((pid, uid, gid)),
        }
    }

    /// Puts data into a socket's inbox.
    pub(super) fn deliver(&mut self, to: SocketId, mut packet: Packet) {
        packet.at = self.sys.now.realtime_ns;
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
        let extras = match (s.kind, s.inbox.front()) {
            (Kind::Datagram, Some(packet)) => s.extras(packet),
            _ => Vec::new(),
        };
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
            extras,
        };
        Ok((received, n))
    }
}
