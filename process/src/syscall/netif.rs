//! ioctl(2) about network interfaces (netdevice(7)). There is one, the loopback,
//! and nothing about it changes, so it is answered here.

use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::wire::{Call, IoctlOp};

/// SIOCGIFNAME to SIOCGIFMAP and SIOCSIFMAP.
pub const RANGE: std::ops::RangeInclusive<u32> = 0x8910..=0x8971;

const SIOCGIFNAME: u32 = 0x8910;
const SIOCGIFCONF: u32 = 0x8912;
const SIOCGIFFLAGS: u32 = 0x8913;
const SIOCGIFADDR: u32 = 0x8915;
const SIOCGIFDSTADDR: u32 = 0x8917;
const SIOCGIFBRDADDR: u32 = 0x8919;
const SIOCGIFNETMASK: u32 = 0x891b;
const SIOCGIFMETRIC: u32 = 0x891d;
const SIOCGIFMTU: u32 = 0x8921;
const SIOCGIFHWADDR: u32 = 0x8927;
const SIOCGIFINDEX: u32 = 0x8933;
const SIOCGIFTXQLEN: u32 = 0x8942;
const SIOCGIFMAP: u32 = 0x8970;
/// Bytes of an interface's name in a `struct ifreq`.
const NAME: usize = 16;
const LO: [u8; NAME] = *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// UP, LOOPBACK, RUNNING.
const FLAGS: u16 = 0x49;
const MTU: u32 = 65536;
const ARPHRD_LOOPBACK: u16 = 772;

/// `struct sockaddr_in` of an address, 16 bytes.
fn inet(ip: [u8; 4]) -> [u8; 16] {
    let mut out = [0; 16];
    out[0] = 2;
    out[4..8].copy_from_slice(&ip);
    out
}

/// A number in the union of a `struct ifreq`.
fn number(n: u32) -> [u8; 16] {
    let mut out = [0; 16];
    out[..4].copy_from_slice(&n.to_le_bytes());
    out
}

/// SIOCGIFCONF: the interfaces that have an address.
fn conf(t: &mut Thread<'_>, arg: u64) -> SysResult {
    let wide = t.word_size() == 8;
    let size: usize = if wide { 40 } else { 32 };
    let room = t.load::<i32>(arg)?;
    let buffer = t.load_word(arg.wrapping_add(if wide { 8 } else { 4 }))?;
    if buffer == 0 {
        t.store(arg, &(size as i32))?;
        return Ok(0);
    }
    let mut entry = LO.to_vec();
    entry.extend(inet([127, 0, 0, 1]));
    entry.resize(size, 0);
    let fits = room >= size as i32;
    if fits {
        t.write_mem(buffer, &entry)?;
    }
    t.store(arg, &(if fits { size as i32 } else { 0 }))?;
    Ok(0)
}

/// One of [`RANGE`].
pub fn ioctl(t: &mut Thread<'_>, fd: i32, cmd: u32, arg: u64) -> SysResult {
    // Only sockets take these; the kernel says EBADF or ENOTTY to the others.
    t.value(&Call::Ioctl { fd, op: IoctlOp::Interface })?;
    if cmd == SIOCGIFCONF {
        return conf(t, arg);
    }
    let name: [u8; NAME] = t.load(arg)?;
    let value = arg.wrapping_add(NAME as u64);
    if cmd == SIOCGIFNAME {
        if t.load::<i32>(value)? != 1 {
            return Err(Errno::ENODEV);
        }
        t.write_mem(arg, &LO)?;
        return Ok(0);
    }
    let length = name.iter().position(|b| *b == 0).unwrap_or(NAME);
    // "lo:0" is an alias of the interface (Linux looks at the part before the colon).
    let name = name[..length].split(|b| *b == b':').next().unwrap_or(&[]);
    if name != b"lo" {
        return Err(Errno::ENODEV);
    }
    let answer = match cmd {
        SIOCGIFFLAGS => number(FLAGS.into()),
        SIOCGIFADDR | SIOCGIFDSTADDR => inet([127, 0, 0, 1]),
        SIOCGIFBRDADDR => inet([0; 4]),
        SIOCGIFNETMASK => inet([255, 0, 0, 0]),
        SIOCGIFMETRIC => number(0),
        SIOCGIFMTU => number(MTU),
        SIOCGIFHWADDR => number(ARPHRD_LOOPBACK.into()),
        SIOCGIFINDEX => number(1),
        SIOCGIFTXQLEN => number(1000),
        SIOCGIFMAP => [0; 16],
        // Setting something, or what a loopback has not.
        _ if cmd & 1 == 0 => return Err(Errno::EPERM),
        _ => return Err(Errno::EOPNOTSUPP),
    };
    t.write_mem(value, &answer)?;
    Ok(0)
}
