//! ioctl(2): arguments of terminal and generic requests (ioctl_tty(2)).

use crate::syscall::Args;
use crate::thread::{SysResult, Thread};
use bytemuck::{Pod, Zeroable};
use tawaki_abi::Errno;
use tawaki_abi::tty::{NCCS, Termios, WinSize};
use tawaki_abi::wire::{Body, Call, IoctlOp};

/// `struct termios` of the kernel, followed by the speeds in `termios2`.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct RawTermios {
    iflag: u32,
    oflag: u32,
    cflag: u32,
    lflag: u32,
    line: u8,
    cc: [u8; NCCS],
}

/// `struct termios2`.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct RawTermios2 {
    base: RawTermios,
    ispeed: u32,
    ospeed: u32,
}

/// `struct winsize`.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct RawWinSize {
    sizes: [u16; 4],
}

const _: () = assert!(size_of::<RawTermios>() == 36 && size_of::<RawTermios2>() == 44);

/// Speeds of the `CBAUD` codes 0 to 15.
const SPEEDS: [u32; 16] =
    [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
/// And from `B57600` (0o10001) on.
const FAST: [u32; 15] = [
    57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
    3000000, 3500000, 4000000,
];

/// The speed that the `CBAUD` bits of `cflag` say; `otherwise` for `BOTHER`.
fn speed(cflag: u32, otherwise: u32) -> u32 {
    let code = (cflag & 0o17) as usize;
    match (cflag & 0o10000 != 0, code) {
        (false, code) => SPEEDS[code],
        (true, 0) => otherwise,
        (true, code) => FAST[code - 1],
    }
}

fn raw(t: &Termios) -> RawTermios2 {
    let base =
        RawTermios { iflag: t.iflag, oflag: t.oflag, cflag: t.cflag, lflag: t.lflag, line: t.line, cc: t.cc };
    RawTermios2 { base, ispeed: t.ispeed, ospeed: t.ospeed }
}

fn termios(raw: &RawTermios, ispeed: u32, ospeed: u32) -> Termios {
    Termios {
        iflag: raw.iflag,
        oflag: raw.oflag,
        cflag: raw.cflag,
        lflag: raw.lflag,
        line: raw.line,
        cc: raw.cc,
        ispeed: speed(raw.cflag, ispeed),
        ospeed: speed(raw.cflag, ospeed),
    }
}

/// ioctl(2).
pub fn ioctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (fd, cmd, arg) = (a[0] as i32, a[1] as u32, a[2]);
    let int = |t: &Thread<'_>| t.load::<i32>(arg);
    if super::netif::RANGE.contains(&cmd) {
        return super::netif::ioctl(t, fd, cmd, arg);
    }
    if super::blockdev::handles(cmd) {
        return super::blockdev::ioctl(t, fd, cmd, arg);
    }
    let op = match cmd {
        0x5401 | 0x802c_542a => IoctlOp::GetTermios,
        0x5402..=0x5404 => {
            let raw: RawTermios = t.load(arg)?;
            IoctlOp::SetTermios { when: cmd - 0x5402, termios: termios(&raw, 38400, 38400) }
        }
        0x402c_542b..=0x402c_542d => {
            let raw: RawTermios2 = t.load(arg)?;
            let termios = termios(&raw.base, raw.ispeed, raw.ospeed);
            IoctlOp::SetTermios { when: cmd - 0x402c_542b, termios }
        }
        0x5413 => IoctlOp::GetWinSize,
        0x5414 => {
            let [rows, cols, xpixel, ypixel] = t.load::<RawWinSize>(arg)?.sizes;
            IoctlOp::SetWinSize(WinSize { rows, cols, xpixel, ypixel })
        }
        0x540f => IoctlOp::GetPgrp,
        0x5410 => IoctlOp::SetPgrp(int(t)?),
        0x5429 => IoctlOp::GetSid,
        0x540e => IoctlOp::SetCtty(arg as u32),
        0x5422 => IoctlOp::NoTty,
        0x540b => IoctlOp::Flush(arg as u32),
        0x5409 | 0x5425 => IoctlOp::SendBreak(arg as u32),
        0x540a => IoctlOp::Flow(arg as u32),
        0x541b => IoctlOp::ReadableBytes,
        0x5411 => IoctlOp::OutputQueue,
        0x5421 => IoctlOp::NonBlock(int(t)? != 0),
        0x5452 => IoctlOp::Async(int(t)? != 0),
        0x5451 => IoctlOp::CloseOnExec(true),
        0x5450 => IoctlOp::CloseOnExec(false),
        0x8004_5430 => IoctlOp::PtyNumber,
        0x4004_5431 => IoctlOp::PtyLock(int(t)? != 0),
        0x5441 => IoctlOp::PtyPeer(arg as u32),
        0x5420 => IoctlOp::PacketMode(int(t)? != 0),
        0x8004_5438 => IoctlOp::GetPacketMode,
        0x8004_5439 => IoctlOp::GetPtyLock,
        0x540c => IoctlOp::Exclusive(true),
        0x540d => IoctlOp::Exclusive(false),
        0x8004_5440 => IoctlOp::GetExclusive,
        0x4004_5436 => IoctlOp::PtySignal(arg as u32),
        _ => IoctlOp::Other { cmd, arg },
    };
    let (value, body) = t.request(&Call::Ioctl { fd, op })?;
    match (op, body) {
        (IoctlOp::GetTermios, Body::Termios(termios)) if cmd == 0x5401 => {
            t.store(arg, &raw(&termios).base)?
        }
        (IoctlOp::GetTermios, Body::Termios(termios)) => t.store(arg, &raw(&termios))?,
        (IoctlOp::GetWinSize, Body::WinSize(w)) => {
            t.store(arg, &RawWinSize { sizes: [w.rows, w.cols, w.xpixel, w.ypixel] })?;
        }
        (IoctlOp::GetTermios | IoctlOp::GetWinSize, _) => return Err(Errno::EIO),
        (
            IoctlOp::GetPgrp
            | IoctlOp::GetSid
            | IoctlOp::ReadableBytes
            | IoctlOp::OutputQueue
            | IoctlOp::GetPacketMode
            | IoctlOp::GetPtyLock
            | IoctlOp::GetExclusive
            | IoctlOp::PtyNumber,
            _,
        ) => t.store(arg, &(value as i32))?,
        (IoctlOp::PtyPeer(_), _) => return Ok(value),
        (IoctlOp::Other { .. }, _) => return Ok(value),
        _ => {}
    }
    Ok(0)
}
