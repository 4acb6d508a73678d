//! Internet and netlink sockets: where bind, connect, listen and sending differ
//! from local sockets (tcp(7), udp(7), netlink(7)).

use super::done;
use super::message::Message;
use crate::file::FileId;
use crate::file::notify::News;
use crate::kernel::{Caller, Kernel};
use crate::net::address::{any, destination, encode, family, is_local, parse, source};
use crate::net::{AF_INET, Family, netlink};
use crate::socket::{Kind, MAX_PACKETS, Packet, Socket, SocketId};
use crate::wait::{Key, Progress, SysResult};
use core::net::{IpAddr, SocketAddr};
use tawaki_abi::Errno;

const AF_UNSPEC: u32 = 0;
/// Ports below are the superuser's.
const PRIVILEGED: u16 = 1024;
/// Longest datagram.
const MAX_DATAGRAM: usize = 65_507;
/// Connections that wait beyond a listener's queue.
const MAX_PENDING: usize = 4096;

impl Kernel {
    /// The state of a socket that is known to be an Internet one.
    fn inet(&self, socket: SocketId) -> Result<&crate::net::Inet, Errno> {
        self.sys.sockets.inet(socket).ok_or(Errno::EINVAL)
    }

    fn inet_mut(&mut self, socket: SocketId) -> Result<&mut crate::net::Inet, Errno> {
        self.sys.sockets.inet_mut(socket).ok_or(Errno::EINVAL)
    }

    pub(super) fn inet_bind(&mut self, c: Caller, socket: SocketId, addr: &[u8]) -> SysResult {
        let inet = self.inet(socket)?;
        let (v6, v6_only, bound) = (inet.v6, inet.v6_only, inet.local.port() != 0);
        let want = match parse(addr, v6) {
            // Old programs leave the family out (ip(7)).
            Err(Errno::EAFNOSUPPORT) if !v6 && family(addr)? == AF_UNSPEC => {
                let mut fixed = addr.to_vec();
                fixed[0] = AF_INET as u8;
                let want = parse(&fixed, false)?;
                if !want.ip().is_unspecified() {
                    return Err(Errno::EAFNOSUPPORT.into());
                }
                want
            }
            want => want?,
        };
        if v6 && v6_only && want.ip().is_ipv4() {
            return Err(Errno::EINVAL.into());
        }
        if !is_local(want.ip()) {
            return Err(Errno::EADDRNOTAVAIL.into());
        }
        if (1..PRIVILEGED).contains(&want.port())
            && !self.sys.procs[c.proc].cred.has(crate::capability::NET_BIND_SERVICE)
        {
            return Err(Errno::EACCES.into());
        }
        if bound {
            return Err(Errno::EINVAL.into());
        }
        self.sys.sockets.bind_port(socket, want)?;
        self.inet_mut(socket)?.pinned = true;
        done(0)
    }

    /// Gives a socket without address a port of its own.
    fn autobind(&mut self, socket: SocketId) -> Result<(), Errno> {
        let local = self.inet(socket)?.local;
        if local.port() != 0 {
            return Ok(());
        }
        // All ports in use is EAGAIN here (connect(2), udp(7)).
        self.sys.sockets.bind_port(socket, local).map_err(|_| Errno::EAGAIN)
    }

    /// Parses the address to send or connect to. `ENETUNREACH` beyond the machine.
    fn destination(&self, socket: SocketId, addr: &[u8]) -> Result<SocketAddr, Errno> {
        let inet = self.inet(socket)?;
        // An AF_INET6 socket takes IPv4 addresses only in their mapped form.
        let to = parse(addr, inet.v6)?;
        if let IpAddr::V4(ip) = to.ip()
            && ip.is_broadcast()
            && !inet.broadcast
        {
            return Err(Errno::EACCES);
        }
        if !is_local(to.ip()) || inet.v6 && inet.v6_only && to.ip().is_ipv4() {
            return Err(Errno::ENETUNREACH);
        }
        let ip = destination(to.ip());
        // Bound to an address of the other family.
        let own = inet.local.ip();
        if !own.is_unspecified() && own.is_ipv4() != ip.is_ipv4() {
            return Err(Errno::EINVAL);
        }
        Ok(SocketAddr::new(ip, to.port()))
    }

    pub(super) fn inet_connect(
        &mut self,
        c: Caller,
        file: FileId,
        socket: SocketId,
        addr: &[u8],
        progress: &mut Progress,
    ) -> SysResult {
        let wait = !self.sys.files[file].nonblocking();
        let s = self.sys.sockets.get(socket);
        let stream = s.kind == Kind::Stream;
        if family(addr)? == AF_UNSPEC {
            return self.disconnect(socket);
        }
        if !stream {
            let to = self.destination(socket, addr)?;
            self.autobind(socket)?;
            let inet = self.inet_mut(socket)?;
            inet.remote = Some(to);
            let own = source(inet.local.ip(), to.ip());
            inet.local.set_ip(own);
            self.sys.sockets.get_mut(socket).connected = true;
            return done(0);
        }
        if s.listening.is_some() {
            return Err(Errno::EISCONN.into());
        }
        let timeout = s.send_timeout;
        let connected = s.connected;
        let inet = self.inet_mut(socket)?;
        if inet.attempt && !inet.waiting {
            // What became of an attempt that did not wait.
            inet.attempt = false;
            if connected && !inet.dead {
                return done(0);
            }
            let errno = inet.error.take().unwrap_or(Errno::ECONNABORTED);
            self.reopen(socket);
            return Err(errno.into());
        }
        if inet.waiting {
            if !wait {
                return Err(Errno::EALREADY.into());
            }
            return self.socket_wait(Key::SocketOut(socket), timeout, progress);
        }
        if connected {
            return Err(Errno::EISCONN.into());
        }
        let to = self.destination(socket, addr)?;
        self.autobind(socket)?;
        let own = source(self.inet(socket)?.local.ip(), to.ip());
        let found = self.sys.sockets.listener(to);
        let inet = self.inet_mut(socket)?;
        inet.local.set_ip(own);
        inet.remote = Some(to);
        let Some(listener) = found else {
            if wait {
                self.reopen(socket);
                return Err(Errno::ECONNREFUSED.into());
            }
            inet.attempt = true;
            self.abort_socket(socket, Errno::ECONNREFUSED);
            return Err(Errno::EINPROGRESS.into());
        };
        let owner = self.owner(c);
        self.sys.sockets.get_mut(socket).owner = owner;
        let l = self.sys.sockets.get_mut(listener);
        let full = l.listening.as_ref().is_some_and(|(queue, backlog)| queue.len() > *backlog);
        if full {
            if l.pending.len() >= MAX_PENDING {
                return Err(Errno::ETIMEDOUT.into());
            }
            l.pending.push_back(socket);
            let inet = self.inet_mut(socket)?;
            (inet.waiting, inet.attempt) = (true, true);
        } else {
            self.establish(socket, listener);
            self.inet_mut(socket)?.attempt = !wait;
        }
        match (wait, full) {
            (true, true) => self.socket_wait(Key::SocketOut(socket), timeout, progress),
            (true, false) => done(0),
            // The handshake is over by now, but as on Linux the caller hears of it
            // by polling.
            (false, _) => Err(Errno::EINPROGRESS.into()),
        }
    }

    /// connect(2) with AF_UNSPEC: dissolves an association.
    fn disconnect(&mut self, socket: SocketId) -> SysResult {
        let s = self.sys.sockets.get_mut(socket);
        if s.kind == Kind::Stream {
            if let Some(peer) = s.peer.take() {
                self.abort_socket(peer, Errno::ECONNRESET);
            }
            self.reopen(socket);
        } else {
            s.connected = false;
            self.inet_mut(socket)?.remote = None;
        }
        done(0)
    }

    /// A connection that failed leaves a socket that can try again, from another port.
    fn reopen(&mut self, socket: SocketId) {
        let s = self.sys.sockets.get_mut(socket);
        (s.connected, s.peer, s.no_reads, s.no_writes) = (false, None, false, false);
        let kind = s.kind;
        let Family::Inet(inet) = &mut s.family else { return };
        (inet.dead, inet.error, inet.remote, inet.attempt) = (false, None, None, false);
        if !inet.pinned {
            let port = core::mem::replace(&mut inet.local, any(inet.v6)).port();
            self.sys.sockets.leave_port(kind, port, socket);
        }
    }

    /// The handshake: a socket for the listener's queue, connected to the client.
    fn establish(&mut self, client: SocketId, listener: SocketId) {
        let number = self.sys.anonymous_ino();
        let (Some(theirs), Some(ours)) = (self.sys.sockets.inet(client), self.sys.sockets.inet(listener))
        else {
            return;
        };
        let Some(to) = theirs.remote else { return };
        let inet = ours.accepted(to, theirs.local);
        let l = self.sys.sockets.get(listener);
        let accepted = Socket {
            family: Family::Inet(inet),
            options: l.options.clone(),
            receive_timeout: l.receive_timeout,
            send_timeout: l.send_timeout,
            ..Socket::new(Kind::Stream, l.owner, number)
        };
        let accepted = self.sys.sockets.all.insert(accepted);
        self.sys.sockets.enter_port(accepted, to);
        self.join(client, accepted);
        if let Some(inet) = self.sys.sockets.inet_mut(client) {
            inet.waiting = false;
        }
        let l = self.sys.sockets.get_mut(listener);
        l.edges.input += 1;
        if let Some((queue, _)) = &mut l.listening {
            queue.push_back(accepted);
        }
        self.sys.fire(Key::SocketIn(listener));
        self.fire_socket(client, Some(News::Room));
    }

    /// Room has come in a listener's queue: takes in who waits for it.
    pub(super) fn admit_pending(&mut self, listener: SocketId) {
        loop {
            let l = self.sys.sockets.get_mut(listener);
            let room = l.listening.as_ref().is_some_and(|(queue, backlog)| queue.len() <= *backlog);
            let Some(client) = l.pending.pop_front().filter(|_| room) else { return };
            self.establish(client, listener);
            if let Some(inet) = self.sys.sockets.inet_mut(client) {
                // A blocking connect is answered when it runs again.
                inet.attempt = true;
            }
        }
    }

    /// Checks before a TCP socket listens.
    pub(super) fn inet_listen(&mut self, socket: SocketId) -> Result<(), Errno> {
        if self.sys.sockets.inet(socket).is_none() {
            return Err(Errno::EOPNOTSUPP);
        }
        self.autobind(socket).map_err(|_| Errno::EADDRINUSE)?;
        if self.sys.sockets.may_listen(socket) { Ok(()) } else { Err(Errno::EADDRINUSE) }
    }

    /// shutdown(2) for reading on a listening TCP socket: it listens no more.
    pub(super) fn stop_listening(&mut self, c: Caller, socket: SocketId, how: u32) -> SysResult {
        if how == 1 {
            return done(0);
        }
        let s = self.sys.sockets.get_mut(socket);
        let queue = s.listening.take();
        for waiting in core::mem::take(&mut s.pending) {
            self.abort_socket(waiting, Errno::ECONNREFUSED);
        }
        for waiting in queue.into_iter().flat_map(|(queue, _)| queue) {
            if let Some(peer) = self.sys.sockets.get(waiting).peer {
                self.abort_socket(peer, Errno::ECONNRESET);
            }
            self.close_socket(waiting, c.proc);
        }
        self.sys.sockets.get_mut(socket).edges.both();
        self.fire_socket(socket, Some(News::Error));
        done(0)
    }

    pub(super) fn tcp_send(
        &mut self,
        c: Caller,
        socket: SocketId,
        message: Message<'_>,
        progress: &mut Progress,
    ) -> SysResult {
        let Message { data, flags, wait, .. } = message;
        let total = data.len();
        let from = (progress.done as usize).min(total);
        let s = self.sys.sockets.get_mut(socket);
        let timeout = s.send_timeout;
        if let Some(errno) = s.take_error() {
            return if errno == Errno::EPIPE { self.broken(c, flags) } else { Err(errno.into()) };
        }
        if s.no_writes || !s.connected && !s.inet().is_some_and(|i| i.waiting) {
            return if from > 0 { done(from) } else { self.broken(c, flags) };
        }
        let Some(peer) = s.peer else {
            if !s.connected {
                // Still connecting.
                if !wait {
                    return Err(Errno::EAGAIN.into());
                }
                return self.socket_wait(Key::SocketOut(socket), timeout, progress);
            }
            // The other side has closed: this goes out and a reset comes back.
            if total > 0 {
                self.abort_socket(socket, Errno::EPIPE);
            }
            return done(total);
        };
        if total == 0 {
            return done(0);
        }
        let n = (total - from).min(self.sys.sockets.room(peer));
        if n > 0 {
            let piece =
                if n == total { core::mem::take(data).into_vec() } else { data[from..from + n].to_vec() };
            self.deliver(peer, Packet { data: piece, ..Packet::default() });
            progress.done = (from + n) as u64;
        }
        // Who waits hears of room by that.
        if from + n < total {
            self.sys.sockets.get_mut(socket).starved = !wait;
        }
        match from + n {
            sent if sent == total => done(total),
            0 if !wait => Err(Errno::EAGAIN.into()),
            sent if !wait => done(sent),
            sent => match self.socket_wait(Key::SocketOut(socket), timeout, progress) {
                Err(crate::wait::Stop::Errno(Errno::EAGAIN)) if sent > 0 => done(sent),
                other => other,
            },
        }
    }

    pub(super) fn udp_send(&mut self, c: Caller, socket: SocketId, message: &Message<'_>) -> SysResult {
        let s = self.sys.sockets.get_mut(socket);
        if let Some(errno) = s.take_error() {
            return Err(errno.into());
        }
        if s.no_writes {
            return self.broken(c, message.flags);
        }
        let to = match message.addr.filter(|a| !a.is_empty()) {
            // An IPv6 socket may be told an IPv4 destination with AF_INET's address.
            Some(addr) => self.destination(socket, addr)?,
            None => self.inet(socket)?.remote.ok_or(Errno::EDESTADDRREQ)?,
        };
        if to.port() == 0 {
            return Err(Errno::EINVAL.into());
        }
        if message.data.len() > MAX_DATAGRAM {
            return Err(Errno::EMSGSIZE.into());
        }
        self.autobind(socket)?;
        let inet = self.inet(socket)?;
        let (remote, own) = (inet.remote, inet.local);
        let from = SocketAddr::new(source(own.ip(), to.ip()), own.port());
        let total = message.data.len();
        let Some(receiver) = self.sys.sockets.receiver(from, to) else {
            // "Port unreachable" reaches only who is connected.
            if remote == Some(to) {
                self.inet_mut(socket)?.error = Some(Errno::ECONNREFUSED);
                self.sys.sockets.get_mut(socket).edges.both();
                self.fire_socket(socket, Some(News::Error));
            }
            return done(total);
        };
        let r = self.sys.sockets.get(receiver);
        let fits = r.inbox.len() < MAX_PACKETS && self.sys.sockets.room(receiver) >= total;
        if fits && !r.no_reads {
            let v6 = self.inet(receiver)?.v6;
            let route = Some(self.route(socket, to.ip()));
            let packet =
                Packet { data: message.data.to_vec(), addr: encode(from, v6), route, ..Packet::default() };
            self.deliver(receiver, packet);
        }
        done(total)
    }

    /// Gives a netlink socket a port id: the process's, or another free number.
    pub(super) fn netlink_autobind(&mut self, c: Caller, socket: SocketId) {
        let pid = self.sys.procs[c.proc].pid as u32;
        let taken = |port: u32| {
            self.sys
                .sockets
                .all
                .iter()
                .any(|(_, s)| matches!(&s.family, Family::Netlink(n) if n.port == port))
        };
        let port = if taken(pid) { self.sys.next_ino as u32 | 0x8000_0000 } else { pid };
        self.sys.next_ino += 1;
        if let Family::Netlink(n) = &mut self.sys.sockets.get_mut(socket).family
            && n.port == 0
        {
            n.port = port;
        }
    }

    pub(super) fn netlink_bind(&mut self, c: Caller, socket: SocketId, addr: &[u8]) -> SysResult {
        let (port, groups) = netlink::parse(addr)?;
        let taken = self.sys.sockets.all.iter().any(|(id, s)| {
            id != socket && port != 0 && matches!(&s.family, Family::Netlink(n) if n.port == port)
        });
        let Family::Netlink(n) = &mut self.sys.sockets.get_mut(socket).family else {
            return Err(Errno::EINVAL.into());
        };
        if n.port != 0 && port != n.port {
            return Err(Errno::EINVAL.into());
        }
        if taken {
            return Err(Errno::EADDRINUSE.into());
        }
        (n.port, n.groups) = (port, groups);
        if port == 0 {
            self.netlink_autobind(c, socket);
        }
        done(0)
    }

    pub(super) fn netlink_send(&mut self, c: Caller, socket: SocketId, message: &Message<'_>) -> SysResult {
        if let Some(addr) = message.addr.filter(|a| !a.is_empty())
            && netlink::parse(addr)?.0 != 0
        {
            // Only the kernel listens.
            return Err(Errno::ECONNREFUSED.into());
        }
        self.netlink_autobind(c, socket);
        let Family::Netlink(n) = self.sys.sockets.get(socket).family else {
            return Err(Errno::EINVAL.into());
        };
        if n.protocol == netlink::ROUTE {
            for data in netlink::answer(message.data, n.port) {
                if self.sys.sockets.room(socket) < data.len() {
                    return Err(Errno::ENOBUFS.into());
                }
                self.deliver(socket, Packet { data, addr: netlink::address(0, 0), ..Packet::default() });
            }
        }
        done(message.data.len())
    }
}
