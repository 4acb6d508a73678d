//! `sockaddr_in` and `sockaddr_in6`, and which addresses exist here.

use super::{AF_INET, AF_INET6};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tawaki_abi::Errno;

/// Length of a `sockaddr_in`, and the least of a `sockaddr_in6` (RFC 2133's has
/// no scope).
const IN_LEN: usize = 16;
const IN6_LEN: usize = 28;
const IN6_LEAST: usize = 24;

/// The unspecified address of a family, port 0.
pub fn any(v6: bool) -> SocketAddr {
    let ip = if v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    SocketAddr::new(ip, 0)
}

/// The family of a `sockaddr`.
pub fn family(addr: &[u8]) -> Result<u32, Errno> {
    let bytes: [u8; 2] = addr.get(..2).and_then(|b| b.try_into().ok()).ok_or(Errno::EINVAL)?;
    Ok(u16::from_le_bytes(bytes).into())
}

/// Reads the address of a socket of family `v6`. `EINVAL` when it is too short,
/// `EAFNOSUPPORT` when it is another family's.
pub fn parse(addr: &[u8], v6: bool) -> Result<SocketAddr, Errno> {
    let least = if v6 { IN6_LEAST } else { IN_LEN };
    if addr.len() < least {
        return Err(Errno::EINVAL);
    }
    let port = u16::from_be_bytes([addr[2], addr[3]]);
    match family(addr)? {
        AF_INET if !v6 => {
            let octets: [u8; 4] = addr[4..8].try_into().map_err(|_| Errno::EINVAL)?;
            Ok(SocketAddr::new(Ipv4Addr::from(octets).into(), port))
        }
        AF_INET6 if v6 => {
            let octets: [u8; 16] = addr[8..24].try_into().map_err(|_| Errno::EINVAL)?;
            Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(octets)).to_canonical(), port))
        }
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// Writes an address as a socket of family `v6` shows it.
pub fn encode(addr: SocketAddr, v6: bool) -> Vec<u8> {
    let port = addr.port().to_be_bytes();
    if v6 {
        let ip = match addr.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let mut out = vec![AF_INET6 as u8, 0, port[0], port[1], 0, 0, 0, 0];
        out.extend(ip.octets());
        out.resize(IN6_LEN, 0);
        out
    } else {
        let mut out = vec![AF_INET as u8, 0, port[0], port[1]];
        if let IpAddr::V4(ip) = addr.ip() {
            out.extend(ip.octets());
        }
        out.resize(IN_LEN, 0);
        out
    }
}

/// Whether packets to an address stay on this machine; the unspecified address
/// is the machine itself.
pub fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

/// The address that stands for `ip` as a destination.
pub fn destination(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// The source address for packets to `to` of a socket bound to `own`.
pub fn source(own: IpAddr, to: IpAddr) -> IpAddr {
    if !own.is_unspecified() {
        return own;
    }
    if to.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

/// Whether packets for `to` reach a socket bound to `own`.
pub fn accepts(own: IpAddr, v6_only: bool, to: IpAddr) -> bool {
    match own {
        IpAddr::V4(ip) if ip.is_unspecified() => to.is_ipv4(),
        IpAddr::V6(ip) if ip.is_unspecified() => to.is_ipv6() || !v6_only,
        ip => ip == to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_travel_through_their_bytes() {
        let v4: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let v6: SocketAddr = "[::1]:8080".parse().unwrap();
        assert_eq!(parse(&encode(v4, false), false), Ok(v4));
        assert_eq!(parse(&encode(v6, true), true), Ok(v6));
        // A mapped address is the IPv4 one.
        assert_eq!(parse(&encode(v4, true), true), Ok(v4));
        assert_eq!(parse(&encode(v4, false)[..15], false), Err(Errno::EINVAL));
        assert_eq!(parse(&encode(v6, true), false), Err(Errno::EAFNOSUPPORT));
        assert!(accepts(any(true).ip(), false, v4.ip()));
        assert!(!accepts(any(true).ip(), true, v4.ip()));
        assert!(!accepts(any(false).ip(), false, v6.ip()));
    }
}
