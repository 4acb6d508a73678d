//! Which socket has which port.

use super::address::accepts;
use super::{Family, Inet};
use crate::socket::{Kind, Socket, SocketId, Sockets};
use core::net::{IpAddr, SocketAddr};
use std::collections::HashMap;
use tawaki_abi::Errno;

/// Ports given to sockets that ask for none (`ip_local_port_range`).
pub const EPHEMERAL: core::ops::RangeInclusive<u16> = 32768..=60999;

/// Sockets by kind and port, in the order they were bound.
#[derive(Default)]
pub struct Ports {
    by_port: HashMap<(bool, u16), Vec<SocketId>>,
    next: u16,
}

fn stream(kind: Kind) -> bool {
    kind == Kind::Stream
}

/// The Internet state of a socket.
pub fn inet(socket: &Socket) -> Option<&Inet> {
    match &socket.family {
        Family::Inet(inet) => Some(inet),
        _ => None,
    }
}

/// Whether two bound addresses exclude each other.
fn overlap(a: &Inet, b: &Inet) -> bool {
    let (x, y) = (a.local.ip(), b.local.ip());
    accepts(x, a.v6_only, y)
        || accepts(y, b.v6_only, x)
        || x.is_unspecified() && y.is_unspecified() && {
            // Two wildcards: of one family, or IPv6's that takes IPv4 too.
            x.is_ipv4() == y.is_ipv4() || !(x.is_ipv6() && a.v6_only || y.is_ipv6() && b.v6_only)
        }
}

impl Sockets {
    pub fn inet(&self, id: SocketId) -> Option<&Inet> {
        inet(self.get(id))
    }
    pub fn inet_mut(&mut self, id: SocketId) -> Option<&mut Inet> {
        match &mut self.get_mut(id).family {
            Family::Inet(inet) => Some(inet),
            _ => None,
        }
    }

    /// Sockets that have a port.
    pub fn on_port(&self, kind: Kind, port: u16) -> &[SocketId] {
        self.ports.by_port.get(&(stream(kind), port)).map_or(&[], Vec::as_slice)
    }

    /// Whether binding `id` to `want` is excluded by another socket (bind(2),
    /// SO_REUSEADDR and SO_REUSEPORT of socket(7)).
    fn taken(&self, id: SocketId, want: SocketAddr) -> bool {
        let s = self.get(id);
        let Some(mine) = inet(s) else { return true };
        let mine = Inet { local: want, ..mine.clone() };
        self.on_port(s.kind, want.port()).iter().any(|&other| {
            let o = self.get(other);
            let Some(theirs) = inet(o) else { return false };
            if other == id || !overlap(&mine, theirs) {
                return false;
            }
            let both_addr = mine.reuse_addr && theirs.reuse_addr;
            let both_port = mine.reuse_port && theirs.reuse_port && s.owner.1 == o.owner.1;
            let shared = both_port || both_addr && (s.kind == Kind::Datagram || o.listening.is_none());
            !shared
        })
    }

    /// Binds a socket; port 0 takes a free one. `EADDRINUSE`.
    pub fn bind_port(&mut self, id: SocketId, mut want: SocketAddr) -> Result<(), Errno> {
        if want.port() == 0 {
            let count = EPHEMERAL.end() - EPHEMERAL.start() + 1;
            let from = self.ports.next;
            let free = (0..count).find_map(|n| {
                let offset = (u32::from(from) + u32::from(n)) % u32::from(count);
                let port = EPHEMERAL.start() + offset as u16;
                // Without SO_REUSEADDR's sharing: a port of its own.
                self.on_port(self.get(id).kind, port).is_empty().then_some((port, offset as u16))
            });
            let (port, offset) = free.ok_or(Errno::EADDRINUSE)?;
            self.ports.next = (offset + 1) % count;
            want.set_port(port);
        } else if self.taken(id, want) {
            return Err(Errno::EADDRINUSE);
        }
        self.enter_port(id, want);
        Ok(())
    }

    /// Puts a socket into the table under an address that was checked.
    pub fn enter_port(&mut self, id: SocketId, local: SocketAddr) {
        let kind = self.get(id).kind;
        if let Some(inet) = self.inet_mut(id) {
            inet.local = local;
            self.ports.by_port.entry((stream(kind), local.port())).or_default().push(id);
        }
    }

    /// Whether a listener may begin: another on the same address stands in the way
    /// unless both share the port.
    pub fn may_listen(&self, id: SocketId) -> bool {
        let s = self.get(id);
        let Some(mine) = inet(s) else { return false };
        !self.on_port(s.kind, mine.local.port()).iter().any(|&other| {
            let o = self.get(other);
            other != id
                && o.listening.is_some()
                && inet(o)
                    .is_some_and(|theirs| overlap(mine, theirs) && !(mine.reuse_port && theirs.reuse_port))
        })
    }

    /// Takes a socket out of the table.
    pub fn leave_port(&mut self, kind: Kind, port: u16, id: SocketId) {
        let key = (stream(kind), port);
        if let Some(list) = self.ports.by_port.get_mut(&key) {
            list.retain(|other| *other != id);
            if list.is_empty() {
                self.ports.by_port.remove(&key);
            }
        }
    }

    /// The listener for a connection to `to`: the one with the closest address.
    pub fn listener(&self, to: SocketAddr) -> Option<SocketId> {
        let fits = |id: &&SocketId| {
            let s = self.get(**id);
            s.listening.is_some() && inet(s).is_some_and(|i| accepts(i.local.ip(), i.v6_only, to.ip()))
        };
        let found = self.on_port(Kind::Stream, to.port()).iter().filter(fits);
        found.copied().min_by_key(|id| self.inet(*id).map_or(2, |i| distance(i.local.ip(), to.ip())))
    }

    /// The socket that a datagram from `from` to `to` reaches: a connected one
    /// first, then the closest address, then the last bound.
    pub fn receiver(&self, from: SocketAddr, to: SocketAddr) -> Option<SocketId> {
        let mut best = None;
        for &id in self.on_port(Kind::Datagram, to.port()) {
            let Some(i) = self.inet(id) else { continue };
            if !accepts(i.local.ip(), i.v6_only, to.ip()) || i.remote.is_some_and(|r| r != from) {
                continue;
            }
            let rank = (i.remote.is_none(), distance(i.local.ip(), to.ip()));
            if best.is_none_or(|(_, other)| rank <= other) {
                best = Some((id, rank));
            }
        }
        best.map(|(id, _)| id)
    }
}

/// How far a bound address is from an exact match.
fn distance(own: IpAddr, to: IpAddr) -> u8 {
    match own {
        ip if ip == to => 0,
        ip if ip.is_ipv4() == to.is_ipv4() => 1,
        _ => 2,
    }
}
