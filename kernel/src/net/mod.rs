//! AF_INET, AF_INET6 and AF_NETLINK on a machine whose only interface is the
//! loopback (ip(7), ipv6(7), tcp(7), udp(7), netlink(7)).
//!
//! There are no packets: a connected TCP socket has a peer, as a local stream
//! socket does, and what is sent goes straight into its inbox. Addresses are kept
//! in one form ([`core::net::IpAddr`], IPv4-mapped ones as IPv4), so that both
//! families meet in one table of ports.

pub mod address;
pub mod netlink;
pub mod ports;

use core::net::SocketAddr;
use tawaki_abi::Errno;

/// `AF_INET`, `AF_INET6`, `AF_NETLINK`.
pub const AF_INET: u32 = 2;
pub const AF_INET6: u32 = 10;
pub const AF_NETLINK: u32 = 16;

/// What an Internet socket has besides the common state.
#[derive(Clone, Debug)]
pub struct Inet {
    /// Made as AF_INET6.
    pub v6: bool,
    /// IPV6_V6ONLY.
    pub v6_only: bool,
    /// Bound address; port 0 when there is none yet.
    pub local: SocketAddr,
    pub remote: Option<SocketAddr>,
    /// The port was chosen by bind(2), and outlasts a failed connection.
    pub pinned: bool,
    pub reuse_addr: bool,
    pub reuse_port: bool,
    /// SO_BROADCAST.
    pub broadcast: bool,
    /// SO_LINGER with no time: close resets the connection.
    pub abortive: bool,
    /// Error for SO_ERROR and the next call.
    pub error: Option<Errno>,
    /// A connect that waits for room in the listener's queue.
    pub waiting: bool,
    /// A non-blocking connect whose outcome no connect call has told yet.
    pub attempt: bool,
    /// The connection was reset or refused: nothing more can happen on it.
    pub dead: bool,
}

impl Inet {
    pub fn new(v6: bool) -> Inet {
        Inet {
            v6,
            v6_only: false,
            local: address::any(v6),
            remote: None,
            pinned: false,
            reuse_addr: false,
            reuse_port: false,
            broadcast: false,
            abortive: false,
            error: None,
            waiting: false,
            attempt: false,
            dead: false,
        }
    }

    /// The same settings for a connection accepted from this listener.
    pub fn accepted(&self, local: SocketAddr, remote: SocketAddr) -> Inet {
        Inet { local, remote: Some(remote), error: None, waiting: false, attempt: false, ..self.clone() }
    }
}

/// What kind of addresses a socket has, and the state that comes with it.
#[derive(Clone, Debug)]
pub enum Family {
    Unix,
    Inet(Inet),
    Netlink(netlink::Netlink),
}
