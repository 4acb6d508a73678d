//! setsockopt(2) and getsockopt(2) (socket(7), ip(7), ipv6(7), tcp(7)).

use super::socket::AF_UNIX;
use super::{done, with};
use crate::kernel::{Caller, Kernel};
use crate::net::{AF_INET, AF_INET6, AF_NETLINK, Family};
use crate::socket::{BUFFER, Kind, Packet, Route, Socket, SocketId};
use crate::wait::SysResult;
use core::net::IpAddr;
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Extra, Fd};

const SOL_IP: u32 = 0;
const SOL_SOCKET: u32 = 1;
const SOL_TCP: u32 = 6;
const SOL_IPV6: u32 = 41;
const SOL_NETLINK: u32 = 270;
const IP_TOS: u32 = 1;
const IP_TTL: u32 = 2;
const IPV6_UNICAST_HOPS: u32 = 16;
const IPV6_TCLASS: u32 = 67;
/// Index of the one interface.
const LOOPBACK: u32 = 1;
const SO_REUSEADDR: u32 = 2;
const SO_TYPE: u32 = 3;
const SO_ERROR: u32 = 4;
const SO_BROADCAST: u32 = 6;
const SO_SNDBUF: u32 = 7;
const SO_RCVBUF: u32 = 8;
const SO_LINGER: u32 = 13;
const SO_REUSEPORT: u32 = 15;
const SO_PASSCRED: u32 = 16;
const SO_PEERCRED: u32 = 17;
const SO_RCVTIMEO: u32 = 20;
const SO_SNDTIMEO: u32 = 21;
const SO_ACCEPTCONN: u32 = 30;
const SO_SNDBUFFORCE: u32 = 32;
const SO_RCVBUFFORCE: u32 = 33;
const SO_PROTOCOL: u32 = 38;
const SO_DOMAIN: u32 = 39;
/// SO_TIMESTAMP, SO_TIMESTAMPNS, and the same with times of 64 bits on both widths: one of them at a time.
const STAMPS: [u32; 4] = [29, 35, 63, 64];
const SO_RCVTIMEO_NEW: u32 = 66;
const SO_SNDTIMEO_NEW: u32 = 67;
const IPV6_V6ONLY: u32 = 26;
const TCP_MAXSEG: u32 = 2;
const TCP_INFO: u32 = 11;
const TCP_CONGESTION: u32 = 13;
/// Bytes of a `struct tcp_info` that programs know.
const TCP_INFO_LEN: usize = 104;
/// Least buffer sizes (socket(7)), as getsockopt shows them.
const LEAST_SEND: u32 = 4608;
const LEAST_RECEIVE: u32 = 2304;

/// Options that are numbers and only remembered: level, name, what getsockopt
/// says before they are set.
const REMEMBERED: &[(u32, u32, u32)] = &[
    (SOL_SOCKET, 1, 0),  // SO_DEBUG
    (SOL_SOCKET, 5, 0),  // SO_DONTROUTE
    (SOL_SOCKET, 9, 0),  // SO_KEEPALIVE
    (SOL_SOCKET, 10, 0), // SO_OOBINLINE
    (SOL_SOCKET, 11, 0), // SO_NO_CHECK
    (SOL_SOCKET, 12, 0), // SO_PRIORITY
    (SOL_SOCKET, 18, 1), // SO_RCVLOWAT
    (SOL_SOCKET, 29, 0), // SO_TIMESTAMP
    (SOL_SOCKET, 34, 0), // SO_PASSSEC
    (SOL_SOCKET, 35, 0), // SO_TIMESTAMPNS
    (SOL_SOCKET, 36, 0), // SO_MARK
    (SOL_SOCKET, 63, 0), // SO_TIMESTAMP_NEW
    (SOL_SOCKET, 64, 0), // SO_TIMESTAMPNS_NEW
    (SOL_SOCKET, 40, 0), // SO_RXQ_OVFL
    (SOL_SOCKET, 46, 0), // SO_BUSY_POLL
    (SOL_IP, 1, 0),      // IP_TOS
    (SOL_IP, 2, 64),     // IP_TTL
    (SOL_IP, 6, 0),      // IP_RECVOPTS
    (SOL_IP, 8, 0),      // IP_PKTINFO
    (SOL_IP, 10, 1),     // IP_MTU_DISCOVER
    (SOL_IP, 11, 0),     // IP_RECVERR
    (SOL_IP, 12, 0),     // IP_RECVTTL
    (SOL_IP, 13, 0),     // IP_RECVTOS
    (SOL_IP, 15, 0),     // IP_FREEBIND
    (SOL_IP, 24, 0),     // IP_BIND_ADDRESS_NO_PORT
    (SOL_IP, 33, 1),     // IP_MULTICAST_TTL
    (SOL_IP, 34, 1),     // IP_MULTICAST_LOOP
    (SOL_TCP, 1, 0),     // TCP_NODELAY
    (SOL_TCP, 3, 0),     // TCP_CORK
    (SOL_TCP, 4, 7200),  // TCP_KEEPIDLE
    (SOL_TCP, 5, 75),    // TCP_KEEPINTVL
    (SOL_TCP, 6, 9),     // TCP_KEEPCNT
    (SOL_TCP, 7, 6),     // TCP_SYNCNT
    (SOL_TCP, 8, 60),    // TCP_LINGER2
    (SOL_TCP, 9, 0),     // TCP_DEFER_ACCEPT
    (SOL_TCP, 10, 0),    // TCP_WINDOW_CLAMP
    (SOL_TCP, 12, 1),    // TCP_QUICKACK
    (SOL_TCP, 18, 0),    // TCP_USER_TIMEOUT
    (SOL_TCP, 23, 0),    // TCP_FASTOPEN
    (SOL_TCP, 25, 0),    // TCP_NOTSENT_LOWAT
    (SOL_IPV6, 16, 64),  // IPV6_UNICAST_HOPS
    (SOL_IPV6, 18, 1),   // IPV6_MULTICAST_HOPS
    (SOL_IPV6, 19, 1),   // IPV6_MULTICAST_LOOP
    (SOL_IPV6, 23, 1),   // IPV6_MTU_DISCOVER
    (SOL_IPV6, 25, 0),   // IPV6_RECVERR
    (SOL_IPV6, 49, 0),   // IPV6_RECVPKTINFO
    (SOL_IPV6, 51, 0),   // IPV6_RECVHOPLIMIT
    (SOL_IPV6, 66, 0),   // IPV6_RECVTCLASS
    (SOL_IPV6, 67, 0),   // IPV6_TCLASS
    (SOL_IPV6, 70, 1),   // IPV6_AUTOFLOWLABEL
    (SOL_NETLINK, 1, 0), // NETLINK_ADD_MEMBERSHIP
    (SOL_NETLINK, 3, 0), // NETLINK_PKTINFO
    (SOL_NETLINK, 10, 0),
    (SOL_NETLINK, 11, 0), // NETLINK_EXT_ACK
    (SOL_NETLINK, 12, 0), // NETLINK_GET_STRICT_CHK
];

fn default(level: u32, name: u32) -> Option<u32> {
    REMEMBERED.iter().find(|(l, n, _)| (*l, *n) == (level, name)).map(|(_, _, value)| *value)
}

/// Whether sockets of a family have a level at all.
fn level_exists(family: &Family, kind: Kind, level: u32) -> bool {
    match (level, family) {
        (SOL_SOCKET, _) | (SOL_NETLINK, Family::Netlink(_)) => true,
        (SOL_IP, Family::Inet(_)) => true,
        (SOL_IPV6, Family::Inet(inet)) => inet.v6,
        (SOL_TCP, Family::Inet(_)) => kind == Kind::Stream,
        _ => false,
    }
}

/// The number an option is given: an `int`, or a byte where ip(7) allows one.
fn number(level: u32, value: &[u8]) -> Result<u32, Errno> {
    match value {
        [a, b, c, d, ..] => Ok(u32::from_le_bytes([*a, *b, *c, *d])),
        [a, ..] if level == SOL_IP => Ok((*a).into()),
        _ => Err(Errno::EINVAL),
    }
}

/// A `struct timeval` of either width as nanoseconds, `None` for zero.
fn interval(value: &[u8]) -> Result<Option<u64>, Errno> {
    let wide = |at: usize| value.get(at..at + 8).and_then(|b| b.try_into().ok()).map(i64::from_le_bytes);
    let narrow = |at: usize| value.get(at..at + 4).and_then(|b| b.try_into().ok()).map(i32::from_le_bytes);
    let (seconds, micros) = match value.len() {
        16.. => (wide(0).unwrap_or(0), wide(8).unwrap_or(0)),
        8..16 => (narrow(0).unwrap_or(0).into(), narrow(4).unwrap_or(0).into()),
        _ => return Err(Errno::EINVAL),
    };
    if !(0..1_000_000).contains(&micros) {
        return Err(Errno::EDOM);
    }
    if seconds < 0 {
        return Ok(Some(0));
    }
    let nanos = (seconds as u64).saturating_mul(1_000_000_000).saturating_add(micros as u64 * 1000);
    Ok((nanos != 0).then_some(nanos))
}

/// And back, as wide as there is room.
fn timeval(nanos: Option<u64>, room: u32) -> Vec<u8> {
    let nanos = nanos.unwrap_or(0);
    let (seconds, micros) = (nanos / 1_000_000_000, nanos / 1000 % 1_000_000);
    if room < 16 {
        [(seconds.min(i32::MAX as u64) as u32).to_le_bytes(), (micros as u32).to_le_bytes()].concat()
    } else {
        [seconds.to_le_bytes(), micros.to_le_bytes()].concat()
    }
}

impl Socket {
    fn option(&self, level: u32, name: u32) -> u32 {
        self.options.get(&(level, name)).copied().or(default(level, name)).unwrap_or(0)
    }

    /// What this socket's options ask to be told of a datagram, in Linux's order (ip(7), ipv6(7)).
    pub fn extras(&self, packet: &Packet) -> Vec<Extra> {
        let mut out = Vec::new();
        if self.options.is_empty() {
            return out;
        }
        let set = |level: u32, name: u32| self.options.get(&(level, name)).is_some_and(|&n| n != 0);
        for stamp in STAMPS.into_iter().filter(|&stamp| set(SOL_SOCKET, stamp)) {
            out.push(Extra::Time(stamp, packet.at));
        }
        let (Some(route), Some(inet)) = (packet.route, self.inet()) else { return out };
        let bytes = |level: u32, kind: u32, data: Vec<u8>| Extra::Bytes(level, kind, data.into());
        let word = |n: u32| n.to_le_bytes().to_vec();
        if inet.v6 && set(SOL_IPV6, 49) {
            let to = match route.to {
                IpAddr::V4(to) => to.to_ipv6_mapped(),
                IpAddr::V6(to) => to,
            };
            out.push(bytes(SOL_IPV6, 50, [to.octets().to_vec(), word(LOOPBACK)].concat()));
        }
        match route.to {
            IpAddr::V4(to) => {
                if set(SOL_IP, 8) {
                    let to = to.octets().to_vec();
                    out.push(bytes(SOL_IP, 8, [word(LOOPBACK), to.clone(), to].concat()));
                }
                if set(SOL_IP, 12) {
                    out.push(bytes(SOL_IP, IP_TTL, word(route.ttl)));
                }
                if set(SOL_IP, 13) {
                    out.push(bytes(SOL_IP, IP_TOS, vec![route.tos as u8]));
                }
            }
            IpAddr::V6(_) => {
                if set(SOL_IPV6, 51) {
                    out.push(bytes(SOL_IPV6, 52, word(route.ttl)));
                }
                if set(SOL_IPV6, 66) {
                    out.push(bytes(SOL_IPV6, IPV6_TCLASS, word(route.tos)));
                }
            }
        }
        out
    }
}

impl Kernel {
    /// The header of a datagram from `socket`.
    pub(super) fn route(&self, socket: SocketId, to: IpAddr) -> Route {
        let s = self.sys.sockets.get(socket);
        let (level, ttl, tos) = match to {
            IpAddr::V4(_) => (SOL_IP, IP_TTL, IP_TOS),
            IpAddr::V6(_) => (SOL_IPV6, IPV6_UNICAST_HOPS, IPV6_TCLASS),
        };
        // -1 is the default.
        let ttl = Some(s.option(level, ttl)).filter(|&ttl| ttl as i32 > 0).unwrap_or(64);
        Route { to, ttl, tos: s.option(level, tos) }
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
        let s = self.sys.sockets.get_mut(socket);
        if !level_exists(&s.family, s.kind, level) {
            return Err(if s.inet().is_some() { Errno::ENOPROTOOPT } else { Errno::EOPNOTSUPP }.into());
        }
        match (level, name) {
            (SOL_SOCKET, SO_RCVTIMEO | SO_RCVTIMEO_NEW) => s.receive_timeout = interval(value)?,
            (SOL_SOCKET, SO_SNDTIMEO | SO_SNDTIMEO_NEW) => s.send_timeout = interval(value)?,
            (SOL_TCP, TCP_CONGESTION) => {
                let name = value.strip_suffix(b"\0").unwrap_or(value);
                if !matches!(name, b"cubic" | b"reno") {
                    return Err(Errno::ENOENT.into());
                }
            }
            // Attached filters would drop packets: there are none to drop.
            (SOL_SOCKET, 26 | 27) | (SOL_TCP, TCP_MAXSEG) => {}
            _ => self.set_number(c, socket, level, name, number(level, value)?, value)?,
        }
        done(0)
    }

    fn set_number(
        &mut self,
        c: Caller,
        socket: SocketId,
        level: u32,
        name: u32,
        n: u32,
        value: &[u8],
    ) -> Result<(), Errno> {
        let capable = self.sys.procs[c.proc].cred.capable();
        let s = self.sys.sockets.get_mut(socket);
        let on = n != 0;
        match (level, name, &mut s.family) {
            (SOL_SOCKET, SO_PASSCRED, _) => s.passes_creds = on,
            (SOL_SOCKET, SO_REUSEADDR, Family::Inet(inet)) => inet.reuse_addr = on,
            (SOL_SOCKET, SO_REUSEPORT, Family::Inet(inet)) => inet.reuse_port = on,
            (SOL_SOCKET, SO_BROADCAST, Family::Inet(inet)) => inet.broadcast = on,
            (SOL_SOCKET, SO_LINGER, family) => {
                let seconds = number(SOL_SOCKET, value.get(4..).unwrap_or(&[]))?;
                if let Family::Inet(inet) = family {
                    inet.abortive = on && seconds == 0;
                }
                s.options.insert((level, name), if on { seconds | 1 << 31 } else { 0 });
            }
            (SOL_SOCKET, SO_SNDBUF | SO_SNDBUFFORCE | SO_RCVBUF | SO_RCVBUFFORCE, _) => {
                let force = matches!(name, SO_SNDBUFFORCE | SO_RCVBUFFORCE);
                if force && !capable {
                    return Err(Errno::EPERM);
                }
                let send = matches!(name, SO_SNDBUF | SO_SNDBUFFORCE);
                let (key, least) = if send { (SO_SNDBUF, LEAST_SEND) } else { (SO_RCVBUF, LEAST_RECEIVE) };
                let most = if force { i32::MAX as u32 / 2 } else { BUFFER as u32 };
                s.options.insert((level, key), (n.min(most) * 2).max(least));
            }
            (SOL_SOCKET, SO_REUSEADDR | SO_REUSEPORT | SO_BROADCAST, _) => {
                s.options.insert((level, name), on.into());
            }
            (SOL_SOCKET, stamp, _) if STAMPS.contains(&stamp) => {
                for other in STAMPS {
                    s.options.insert((level, other), (on && other == stamp).into());
                }
            }
            (SOL_IPV6, IPV6_V6ONLY, Family::Inet(inet)) => {
                if inet.local.port() != 0 {
                    return Err(Errno::EINVAL);
                }
                inet.v6_only = on;
            }
            _ => match default(level, name) {
                Some(_) => _ = s.options.insert((level, name), n),
                None => return Err(Errno::ENOPROTOOPT),
            },
        }
        Ok(())
    }

    pub(super) fn sys_getsockopt(&mut self, c: Caller, fd: Fd, level: u32, name: u32, len: u32) -> SysResult {
        let (_, socket) = self.socket(c, fd)?;
        let s = self.sys.sockets.get_mut(socket);
        if !level_exists(&s.family, s.kind, level) {
            return Err(if s.inet().is_some() { Errno::ENOPROTOOPT } else { Errno::EOPNOTSUPP }.into());
        }
        let word = |n: u32| n.to_le_bytes().to_vec();
        let remembered = s.options.get(&(level, name)).copied();
        let stream = s.kind == Kind::Stream;
        let mut value = match (level, name, &s.family) {
            (SOL_SOCKET, SO_TYPE, _) => word(s.kind as u32),
            (SOL_SOCKET, SO_ERROR, _) => {
                let errno = s.take_error();
                word(errno.map_or(0, |e| e.0.into()))
            }
            (SOL_SOCKET, SO_PROTOCOL, Family::Inet(_)) => word(if stream { 6 } else { 17 }),
            (SOL_SOCKET, SO_PROTOCOL, Family::Netlink(n)) => word(n.protocol),
            (SOL_SOCKET, SO_PROTOCOL, Family::Unix) => word(0),
            (SOL_SOCKET, SO_DOMAIN, family) => word(match family {
                Family::Unix => AF_UNIX,
                Family::Inet(inet) if inet.v6 => AF_INET6,
                Family::Inet(_) => AF_INET,
                Family::Netlink(_) => AF_NETLINK,
            }),
            (SOL_SOCKET, SO_SNDBUF, Family::Inet(_)) if stream => word(remembered.unwrap_or(87_040)),
            (SOL_SOCKET, SO_RCVBUF, Family::Inet(_)) if stream => word(remembered.unwrap_or(131_072)),
            (SOL_SOCKET, SO_SNDBUF | SO_RCVBUF, _) => word(remembered.unwrap_or(BUFFER as u32)),
            (SOL_SOCKET, SO_PASSCRED, _) => word(s.passes_creds.into()),
            (SOL_SOCKET, SO_PEERCRED, _) => {
                let (pid, uid, gid) = s.peer_owner;
                [word(pid as u32), word(uid), word(gid)].concat()
            }
            (SOL_SOCKET, SO_ACCEPTCONN, _) => word(s.listening.is_some().into()),
            (SOL_SOCKET, SO_REUSEADDR, Family::Inet(inet)) => word(inet.reuse_addr.into()),
            (SOL_SOCKET, SO_REUSEPORT, Family::Inet(inet)) => word(inet.reuse_port.into()),
            (SOL_SOCKET, SO_BROADCAST, Family::Inet(inet)) => word(inet.broadcast.into()),
            (SOL_SOCKET, SO_REUSEADDR | SO_REUSEPORT | SO_BROADCAST, _) => word(remembered.unwrap_or(0)),
            (SOL_SOCKET, SO_LINGER, _) => {
                let n = remembered.unwrap_or(0);
                [word(n >> 31), word(n & 0x7fff_ffff)].concat()
            }
            (SOL_SOCKET, SO_RCVTIMEO, _) => timeval(s.receive_timeout, len),
            (SOL_SOCKET, SO_SNDTIMEO, _) => timeval(s.send_timeout, len),
            (SOL_SOCKET, SO_RCVTIMEO_NEW, _) => timeval(s.receive_timeout, 16),
            (SOL_SOCKET, SO_SNDTIMEO_NEW, _) => timeval(s.send_timeout, 16),
            (SOL_IPV6, IPV6_V6ONLY, Family::Inet(inet)) => word(inet.v6_only.into()),
            (SOL_IP, 14, _) | (SOL_IPV6, 24, _) if s.connected => word(crate::net::netlink::LO_MTU),
            (SOL_TCP, TCP_MAXSEG, _) => word(if s.connected { 65_483 } else { 536 }),
            (SOL_TCP, TCP_CONGESTION, _) => b"cubic\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            (SOL_TCP, TCP_INFO, Family::Inet(inet)) => {
                // The state is what programs look at: ESTABLISHED, CLOSE, LISTEN, CLOSE_WAIT.
                let state = match (s.listening.is_some(), s.connected && !inet.dead, s.peer) {
                    (true, ..) => 10,
                    (_, true, Some(_)) => 1,
                    (_, true, None) => 8,
                    _ => 7,
                };
                let mut info = vec![0; TCP_INFO_LEN];
                info[0] = state;
                info
            }
            _ => word(remembered.or(default(level, name)).ok_or(Errno::ENOPROTOOPT)?),
        };
        value.truncate(len as usize);
        with(Body::Bytes(ByteBuf::from(value)))
    }
}
