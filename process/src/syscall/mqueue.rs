//! POSIX message queues: arguments and structures (mq_overview(7)).

use crate::syscall::Args;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::{Body, Call};

/// Longest message there can be.
const LONGEST: u64 = 1 << 20;
/// Words of a `struct mq_attr`.
const ATTR_WORDS: u64 = 8;

/// mq_open(2).
pub fn mq_open(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = OpenFlags::from_bits_truncate(a[1] as u32);
    let attr = match a[3] {
        at if at != 0 && flags.contains(OpenFlags::CREAT) => {
            let word = t.word_size();
            let max = t.load_word(at.wrapping_add(word))?;
            let size = t.load_word(at.wrapping_add(2 * word))?;
            Some((t.signed(max), t.signed(size)))
        }
        _ => None,
    };
    let name = t.path(a[0])?;
    t.value(&Call::MqOpen { name, flags, mode: a[2] as u32, attr })
}

/// mq_unlink(2).
pub fn mq_unlink(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let name = t.path(a[0])?;
    t.value(&Call::MqUnlink { name })
}

/// A moment of the clock of the day, as one of the monotonic clock.
fn deadline(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<Option<u64>, Errno> {
    if addr == 0 {
        return Ok(None);
    }
    let left = time::load_timespec(t, addr, kind)?.saturating_sub(t.host.realtime_ns());
    Ok(Some(time::deadline_in(t, left)))
}

fn send(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let deadline = deadline(t, a[4], kind)?;
    let (fd, prio) = (a[0] as i32, a[3] as u32);
    // What is too long for any queue is not copied; the kernel says whether there is one.
    let data = if a[2] > LONGEST { vec![0; LONGEST as usize + 1] } else { t.read_vec(a[1], a[2])? };
    t.value(&Call::MqSend { fd, data: data.into(), prio, deadline })
}

fn receive(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let deadline = deadline(t, a[4], kind)?;
    let call = Call::MqReceive { fd: a[0] as i32, len: a[2], deadline };
    let (count, Body::Message(prio, data)) = t.request(&call)? else { return Err(Errno::EIO) };
    t.write_mem(a[1], &data)?;
    t.store_if(a[3], &(prio as u32))?;
    Ok(count)
}

/// mq_timedsend(2).
pub fn mq_timedsend(t: &mut Thread<'_>, a: &Args) -> SysResult {
    send(t, a, TimeKind::Native)
}

/// The same of i386 with 64-bit times.
pub fn mq_timedsend_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    send(t, a, TimeKind::Wide)
}

/// mq_timedreceive(2).
pub fn mq_timedreceive(t: &mut Thread<'_>, a: &Args) -> SysResult {
    receive(t, a, TimeKind::Native)
}

/// The same of i386 with 64-bit times.
pub fn mq_timedreceive_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    receive(t, a, TimeKind::Wide)
}

/// mq_notify(2).
pub fn mq_notify(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let notify = match (a[1], t.width) {
        (0, _) => None,
        (at, Width::W64) => {
            let [low, high, signo, kind]: [u32; 4] = t.load(at)?;
            Some((kind, signo, u64::from(high) << 32 | u64::from(low)))
        }
        (at, Width::W32) => {
            let [value, signo, kind]: [u32; 3] = t.load(at)?;
            Some((kind, signo, value.into()))
        }
    };
    t.value(&Call::MqNotify { fd: a[0] as i32, notify })
}

/// mq_getsetattr(2).
pub fn mq_getsetattr(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let new = if a[1] == 0 { None } else { Some(t.load_word(a[1])?) };
    let Body::Bytes(bytes) = t.request(&Call::MqAttr { fd: a[0] as i32, new })?.1 else {
        return Err(Errno::EIO);
    };
    if a[2] != 0 {
        let word = t.word_size();
        let values = bytes.chunks_exact(8).filter_map(|b| b.try_into().ok()).map(u64::from_le_bytes);
        for (i, value) in (0..ATTR_WORDS).zip(values.chain(std::iter::repeat(0))) {
            t.store_word(a[2].wrapping_add(i * word), value)?;
        }
    }
    Ok(0)
}
