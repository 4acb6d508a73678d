//! ioctl(2) of loop devices (loop(4)) and block devices: which requests carry a
//! structure, and how wide what they answer is.

use crate::thread::{SysResult, Thread};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call};

const LOOP_SET_STATUS64: u32 = 0x4c04;
const LOOP_GET_STATUS64: u32 = 0x4c05;
const LOOP_CONFIGURE: u32 = 0x4c0a;
/// Bytes of a `struct loop_info64` and a `struct loop_config`, the same on both widths.
const LOOP_INFO: u64 = 232;
const LOOP_CONFIG: u64 = 304;

/// What a request of a block device writes to where its argument points.
enum Answer {
    Nothing,
    Short,
    Int,
    /// A `long` or `size_t`.
    Word,
    Wide,
}

/// The request without the size that newer ones carry.
fn plain(cmd: u32) -> u32 {
    if cmd >> 16 & 0x3fff == 8 || cmd >> 16 & 0x3fff == 4 { cmd & 0xffff } else { cmd }
}

fn answer(cmd: u32) -> Answer {
    match plain(cmd) {
        0x1260 | 0x1263 => Answer::Word,
        0x1272 => Answer::Wide,
        0x125e | 0x1268 | 0x1270 | 0x1278..=0x127b => Answer::Int,
        0x1267 | 0x127e => Answer::Short,
        _ => Answer::Nothing,
    }
}

/// Whether a request is one of these: type `L` or 0x12.
pub fn handles(cmd: u32) -> bool {
    matches!(plain(cmd), 0x4c00..=0x4cff | 0x1200..=0x12ff)
}

/// A request that [`handles`] accepts.
pub fn ioctl(t: &mut Thread<'_>, fd: i32, cmd: u32, arg: u64) -> SysResult {
    let given = match cmd {
        LOOP_SET_STATUS64 => LOOP_INFO,
        LOOP_CONFIGURE => LOOP_CONFIG,
        _ => 0,
    };
    let data = ByteBuf::from(if given > 0 { t.read_vec(arg, given)? } else { Vec::new() });
    let (value, body) = t.request(&Call::BlockIoctl { fd, cmd: plain(cmd), arg, data })?;
    if let Body::Bytes(bytes) = &body {
        if cmd != LOOP_GET_STATUS64 || bytes.len() as u64 != LOOP_INFO {
            return Err(Errno::EIO);
        }
        t.write_mem(arg, bytes)?;
        return Ok(0);
    }
    match answer(cmd) {
        Answer::Nothing => return Ok(value),
        Answer::Short => t.store(arg, &(value as u16))?,
        Answer::Int => t.store(arg, &(value as i32))?,
        Answer::Word => t.store_word(arg, value as u64)?,
        Answer::Wide => t.store(arg, &value)?,
    }
    Ok(0)
}
