//! rtnetlink(7): what `ip addr`, getifaddrs(3) and getaddrinfo(3) ask about a
//! machine with one interface, answered as soon as it is asked.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tawaki_abi::Errno;

/// A netlink socket's own part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Netlink {
    /// Protocol of socket(2).
    pub protocol: u32,
    /// Port id, 0 before bind.
    pub port: u32,
    pub groups: u32,
}

/// NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT.
pub const ROUTE: u32 = 0;
pub const UEVENT: u32 = 15;
/// Bytes of a `nlmsghdr` and of a `sockaddr_nl`.
const HEADER: usize = 16;
pub const ADDRESS: usize = 12;
/// Requests in one message that are answered.
const MAX_REQUESTS: usize = 64;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_MULTI: u16 = 2;
const NLM_F_ACK: u16 = 4;
const NLM_F_DUMP: u16 = 0x300;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
const RTM_GETNEIGH: u16 = 30;
const RTM_GETRULE: u16 = 34;
const RTM_GETQDISC: u16 = 38;
/// Interface flags: UP, LOOPBACK, RUNNING, LOWER_UP.
pub const LO_FLAGS: u32 = 0x1_0049;
pub const LO_MTU: u32 = 65536;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const ARPHRD_LOOPBACK: u16 = 772;

/// A `sockaddr_nl`.
pub fn address(port: u32, groups: u32) -> Vec<u8> {
    let mut out = vec![super::AF_NETLINK as u8, 0, 0, 0];
    out.extend(port.to_le_bytes());
    out.extend(groups.to_le_bytes());
    out
}

/// Port and groups of a `sockaddr_nl`.
pub fn parse(addr: &[u8]) -> Result<(u32, u32), Errno> {
    if addr.len() < ADDRESS || super::address::family(addr)? != super::AF_NETLINK {
        return Err(Errno::EINVAL);
    }
    Ok((word(addr, 4), word(addr, 8)))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

/// A message under construction.
struct Message(Vec<u8>);

impl Message {
    fn new(kind: u16, flags: u16, sequence: u32, port: u32) -> Message {
        let mut out = vec![0; 4];
        out.extend(kind.to_le_bytes());
        out.extend(flags.to_le_bytes());
        out.extend(sequence.to_le_bytes());
        out.extend(port.to_le_bytes());
        Message(out)
    }
    fn raw(mut self, bytes: &[u8]) -> Message {
        self.0.extend_from_slice(bytes);
        self
    }
    /// A `rtattr`, padded.
    fn attr(mut self, kind: u16, value: &[u8]) -> Message {
        self.0.extend(((4 + value.len()) as u16).to_le_bytes());
        self.0.extend(kind.to_le_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }
    fn word(self, kind: u16, value: u32) -> Message {
        self.attr(kind, &value.to_le_bytes())
    }
    fn finish(mut self) -> Vec<u8> {
        let len = self.0.len() as u32;
        self.0[..4].copy_from_slice(&len.to_le_bytes());
        self.0
    }
}

/// RTM_NEWLINK of `lo`.
fn link(flags: u16, sequence: u32, port: u32) -> Vec<u8> {
    let mut info = vec![0, 0];
    info.extend(ARPHRD_LOOPBACK.to_le_bytes());
    info.extend(1u32.to_le_bytes());
    info.extend(LO_FLAGS.to_le_bytes());
    info.extend(0u32.to_le_bytes());
    Message::new(RTM_NEWLINK, flags, sequence, port)
        .raw(&info)
        .attr(3, b"lo\0")
        .word(13, 1000) // IFLA_TXQLEN
        .attr(16, &[0]) // IFLA_OPERSTATE: unknown
        .attr(17, &[0]) // IFLA_LINKMODE
        .word(4, LO_MTU)
        .word(27, 0) // IFLA_GROUP
        .word(30, 0) // IFLA_PROMISCUITY
        .word(31, 1) // queues
        .word(32, 1)
        .attr(33, &[1]) // IFLA_CARRIER
        .attr(6, b"noqueue\0")
        .attr(1, &[0; 6])
        .attr(2, &[0; 6])
        .attr(23, &[0; 24 * 8]) // IFLA_STATS64
        .attr(7, &[0; 24 * 4])
        .finish()
}

/// RTM_NEWADDR of one of the two addresses.
fn addr(ip: IpAddr, flags: u16, sequence: u32, port: u32) -> Vec<u8> {
    const PERMANENT: u8 = 0x80;
    const HOST: u8 = 254;
    let (family, prefix, bytes) = match ip {
        IpAddr::V4(ip) => (AF_INET, 8, ip.octets().to_vec()),
        IpAddr::V6(ip) => (AF_INET6, 128, ip.octets().to_vec()),
    };
    let mut info = vec![family, prefix, PERMANENT, HOST];
    info.extend(1u32.to_le_bytes());
    let message = Message::new(RTM_NEWADDR, flags, sequence, port).raw(&info).attr(1, &bytes);
    let message = if ip.is_ipv4() { message.attr(2, &bytes).attr(3, b"lo\0") } else { message };
    let lifetimes = [[0xff; 8], [0; 8]].concat();
    message.word(8, PERMANENT.into()).attr(6, &lifetimes).finish()
}

/// An error (or with 0 an acknowledgement) with the header it is about.
fn error(request: &[u8], errno: u16, port: u32) -> Vec<u8> {
    let sequence = word(request, 8);
    Message::new(NLMSG_ERROR, 0, sequence, port)
        .raw(&(-i32::from(errno)).to_le_bytes())
        .raw(&request[..HEADER])
        .finish()
}

/// Whether a GETLINK names `lo`, by index or by IFLA_IFNAME (or asks for any).
fn names_lo(request: &[u8]) -> bool {
    let index = word(request, HEADER + 4);
    let mut attrs = request.get(HEADER + 16..).unwrap_or(&[]);
    while attrs.len() >= 4 {
        let len = half(attrs, 0) as usize;
        if len < 4 || len > attrs.len() {
            break;
        }
        if half(attrs, 2) == 3 {
            return attrs[4..len].strip_suffix(b"\0").unwrap_or(&attrs[4..len]) == b"lo";
        }
        attrs = attrs.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    }
    index == 1
}

/// Answers the requests of one message: the messages to put into the inbox, each
/// one datagram.
pub fn answer(mut data: &[u8], port: u32) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for _ in 0..MAX_REQUESTS {
        let len = word(data, 0) as usize;
        if data.len() < HEADER || len < HEADER || len > data.len() {
            break;
        }
        let request = &data[..len];
        let (kind, flags, sequence) = (half(request, 4), half(request, 6), word(request, 8));
        let family = request.get(HEADER).copied().unwrap_or(0);
        let dump = flags & NLM_F_DUMP != 0;
        let multi = if dump { NLM_F_MULTI } else { 0 };
        let mut parts = Vec::new();
        let mut failed = None;
        match kind {
            RTM_GETLINK if dump || names_lo(request) => parts.extend(link(multi, sequence, port)),
            RTM_GETLINK => failed = Some(Errno::ENODEV),
            RTM_GETADDR if dump => {
                let all: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                for ip in all {
                    if family == 0 || (family == AF_INET) == ip.is_ipv4() {
                        parts.extend(addr(ip, multi, sequence, port));
                    }
                }
            }
            // The main table of routes, the neighbours, rules and queues: none.
            RTM_GETROUTE | RTM_GETNEIGH | RTM_GETRULE | RTM_GETQDISC if dump => {}
            RTM_GETROUTE => failed = Some(Errno::ENETUNREACH),
            // Requests to get something are multiples of four plus two (rtnetlink(7)).
            16.. if kind & 3 != 2 => failed = Some(Errno::EPERM),
            16.. => failed = Some(Errno::EOPNOTSUPP),
            _ => {}
        }
        match failed {
            Some(errno) => out.push(error(request, errno.0, port)),
            None => {
                if !parts.is_empty() {
                    out.push(parts);
                }
                if dump {
                    let end = Message::new(NLMSG_DONE, NLM_F_MULTI, sequence, port).raw(&[0; 4]);
                    out.push(end.finish());
                } else if flags & NLM_F_ACK != 0 {
                    out.push(error(request, 0, port));
                }
            }
        }
        data = data.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: u16, flags: u16) -> Vec<u8> {
        Message::new(kind, flags, 7, 0).raw(&[0; 16]).finish()
    }

    #[test]
    fn dumps_end_and_errors_name_their_request() {
        let links = answer(&request(RTM_GETLINK, 1 | NLM_F_DUMP), 42);
        assert_eq!(links.len(), 2);
        assert_eq!((half(&links[0], 4), word(&links[0], 8), word(&links[0], 12)), (RTM_NEWLINK, 7, 42));
        assert_eq!(half(&links[1], 4), NLMSG_DONE);
        assert_eq!(word(&answer(&request(16, 5), 42)[0], 16) as i32, -i32::from(Errno::EPERM.0));
        assert!(answer(&[0xff; 15], 1).is_empty());
        assert!(answer(&[0xff; 64], 1).is_empty());
    }
}
