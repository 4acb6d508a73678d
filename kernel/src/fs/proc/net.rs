//! `/proc/net`: sockets as `ss`, `netstat` and `lsof` read them.

use crate::net::Family;
use crate::socket::{Kind, Socket};
use crate::system::System;
use core::net::{IpAddr, SocketAddr};
use std::fmt::Write;

/// States of TCP sockets (`TCP_*` of the kernel's tcp_states.h).
const ESTABLISHED: u8 = 1;
const SYN_SENT: u8 = 2;
const CLOSE: u8 = 7;
const CLOSE_WAIT: u8 = 8;
const LISTEN: u8 = 10;

/// An address as these files show it: words in the processor's byte order.
fn address(addr: SocketAddr, v6: bool) -> String {
    let words = |bytes: &[u8]| {
        let word = |w: &[u8]| u32::from_le_bytes(w.try_into().unwrap_or_default());
        bytes.chunks(4).map(|w| format!("{:08X}", word(w))).collect::<String>()
    };
    let ip = match addr.ip() {
        IpAddr::V4(ip) if v6 => words(&ip.to_ipv6_mapped().octets()),
        IpAddr::V4(ip) => words(&ip.octets()),
        IpAddr::V6(ip) => words(&ip.octets()),
    };
    format!("{ip}:{:04X}", addr.port())
}

fn state(s: &Socket) -> u8 {
    let inet = s.inet();
    match () {
        () if s.kind == Kind::Datagram => {
            if s.connected {
                ESTABLISHED
            } else {
                CLOSE
            }
        }
        () if s.listening.is_some() => LISTEN,
        () if inet.is_some_and(|i| i.waiting) => SYN_SENT,
        () if !s.connected || inet.is_some_and(|i| i.dead) => CLOSE,
        () if s.peer.is_none() => CLOSE_WAIT,
        () => ESTABLISHED,
    }
}

/// `tcp`, `tcp6`, `udp` and `udp6`.
pub fn inet(sys: &System, kind: Kind, v6: bool) -> Vec<u8> {
    let pad = if v6 { 24 } else { 0 };
    let mut out = format!(
        "  sl  local_address {:pad$}rem_address   {:pad$}st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode{}\n",
        "",
        "",
        if kind == Kind::Stream { "" } else { " ref pointer drops" }
    );
    let sockets = sys.sockets.all.iter().filter(|(_, s)| s.kind == kind);
    let bound = sockets.filter_map(|(_, s)| {
        let inet = s.inet().filter(|i| i.v6 == v6 && i.local.port() != 0)?;
        Some((s, inet))
    });
    for (n, (s, inet)) in bound.enumerate() {
        let remote = inet.remote.unwrap_or(crate::net::address::any(v6));
        let queued = s.listening.as_ref().map_or(s.bytes, |(queue, _)| queue.len());
        let sending = s.peer.and_then(|peer| sys.sockets.all.get(peer)).map_or(0, |p| p.bytes);
        let _ = writeln!(
            out,
            "{n:4}: {} {} {:02X} {sending:08X}:{queued:08X} 00:00000000 00000000 {:5} 0 {} 1 0000000000000000 {}",
            address(inet.local, v6),
            address(remote, v6),
            state(s),
            s.owner.1,
            s.number,
            if kind == Kind::Stream { "100 0 0 10 0" } else { "0" }
        );
    }
    out.into_bytes()
}

/// `unix`.
pub fn unix(sys: &System) -> Vec<u8> {
    let mut out = b"Num       RefCount Protocol Flags    Type St Inode Path\n".to_vec();
    for (_, s) in sys.sockets.all.iter().filter(|(_, s)| matches!(s.family, Family::Unix)) {
        let (flags, state) = match (s.listening.is_some(), s.connected) {
            (true, _) => (0x10000, 1),
            (_, true) => (0, 3),
            _ => (0, 1),
        };
        out.extend(
            format!(
                "0000000000000000: 00000002 00000000 {flags:08X} {:04X} {state:02X} {:5}",
                s.kind as u32, s.number
            )
            .into_bytes(),
        );
        if let Some(name) = s.name.get(2..).filter(|n| !n.is_empty()) {
            out.push(b' ');
            let abstract_name = name[0] == 0;
            let end = if abstract_name {
                name.len()
            } else {
                name.iter().position(|b| *b == 0).unwrap_or(name.len())
            };
            out.extend(name[..end].iter().map(|b| if *b == 0 { b'@' } else { *b }));
        }
        out.push(b'\n');
    }
    out
}

/// `sockstat`.
pub fn sockstat(sys: &System) -> Vec<u8> {
    let count = |kind| sys.sockets.all.iter().filter(|(_, s)| s.kind == kind && s.inet().is_some()).count();
    format!(
        "sockets: used {}\nTCP: inuse {} orphan 0 tw 0 alloc {1} mem 0\nUDP: inuse {} mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
        sys.sockets.all.len(),
        count(Kind::Stream),
        count(Kind::Datagram)
    )
    .into_bytes()
}
