//! Waiting for descriptors (poll(2), select(2), epoll(7), signalfd(2)).

use crate::syscall::Args;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread};
use bytemuck::{Pod, Zeroable};
use tawaki_abi::Errno;
use tawaki_abi::signal::SigSet;
use tawaki_abi::wire::{Body, Call, Fd, PollFd};
use tawaki_cpu::Access;

/// `struct pollfd`.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct RawPollFd {
    fd: i32,
    events: u16,
    revents: u16,
}

/// Most entries of one poll (RLIMIT_NOFILE's usual ceiling).
const MAX_FDS: u64 = 65536;

/// Most descriptors in an `fd_set` that select looks at.
const SELECT_MAX: u64 = 65536;

const POLLIN: u16 = 1;
const POLLPRI: u16 = 2;
const POLLOUT: u16 = 4;
const POLLERR: u16 = 8;
const POLLHUP: u16 = 0x10;
const POLLNVAL: u16 = 0x20;
/// POLLRDNORM, POLLRDBAND; POLLWRNORM, POLLWRBAND.
const POLLIN_SET: u16 = 0x40 | 0x80 | POLLIN | POLLHUP | POLLERR;
const POLLOUT_SET: u16 = 0x100 | 0x200 | POLLOUT | POLLERR;

fn poll_call(
    t: &mut Thread<'_>,
    fds: Vec<PollFd>,
    deadline: Option<u64>,
    mask: Option<SigSet>,
) -> Result<Vec<u16>, Errno> {
    let count = fds.len();
    match t.request(&Call::Poll { fds, deadline, mask })?.1 {
        Body::Poll(revents) if revents.len() == count => Ok(revents),
        // A timeout may come without a body.
        Body::None => Ok(vec![0; count]),
        _ => Err(Errno::EIO),
    }
}

fn poll_of(t: &mut Thread<'_>, a: &Args, deadline: Option<u64>, mask: Option<SigSet>) -> SysResult {
    let count = u64::from(a[1] as u32);
    if count > MAX_FDS {
        return Err(Errno::EINVAL);
    }
    if t.reach(a[0], count * 8, Access::Write) < count * 8 {
        return Err(Errno::EFAULT);
    }
    let mut raw = vec![RawPollFd::zeroed(); count as usize];
    t.read_mem(a[0], bytemuck::cast_slice_mut(&mut raw))?;
    let fds = raw.iter().map(|r| PollFd { fd: r.fd, events: r.events }).collect();
    let revents = poll_call(t, fds, deadline, mask)?;
    for (entry, &revents) in raw.iter_mut().zip(&revents) {
        entry.revents = revents;
    }
    t.write_mem(a[0], bytemuck::cast_slice(&raw))?;
    Ok(revents.iter().filter(|&&r| r != 0).count() as i64)
}

/// poll(2).
pub fn poll(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let timeout = a[2] as i32;
    let deadline = match timeout {
        0 => Some(0),
        1.. => Some(time::deadline_in(t, timeout as u64 * 1_000_000)),
        _ => None,
    };
    poll_of(t, a, deadline, None)
}

/// A relative `timespec` timeout as a deadline: null waits for ever, zero not at all.
fn deadline(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<Option<u64>, Errno> {
    if addr == 0 {
        return Ok(None);
    }
    Ok(Some(match time::load_timespec(t, addr, kind)? {
        0 => 0,
        nanos => time::deadline_in(t, nanos),
    }))
}

/// Writes the time left back, as Linux does for ppoll, select and pselect6.
fn store_left(t: &Thread<'_>, addr: u64, deadline: Option<u64>, kind: TimeKind, timeval: bool) {
    let Some(deadline) = deadline.filter(|_| addr != 0) else { return };
    let left = deadline.saturating_sub(t.host.monotonic_ns());
    // Not being able to write it is not an error.
    let _ =
        if timeval { time::store_timeval(t, addr, left) } else { time::store_timespec(t, addr, left, kind) };
}

/// A signal set of `size` bytes, `None` for a null pointer.
pub fn load_mask(t: &Thread<'_>, addr: u64, size: u64) -> Result<Option<SigSet>, Errno> {
    match (addr, size) {
        (0, _) => Ok(None),
        (_, 8) => t.load(addr).map(Some),
        _ => Err(Errno::EINVAL),
    }
}

fn ppoll_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let until = deadline(t, a[2], kind)?;
    let mask = load_mask(t, a[3], a[4])?;
    let result = poll_of(t, a, until, mask);
    store_left(t, a[2], until, kind, false);
    result
}

/// ppoll(2).
pub fn ppoll(t: &mut Thread<'_>, a: &Args) -> SysResult {
    ppoll_of(t, a, TimeKind::Native)
}

/// ppoll_time64 of i386.
pub fn ppoll_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    ppoll_of(t, a, TimeKind::Wide)
}

/// select over three sets at `sets`; the results replace them.
fn select_of(
    t: &mut Thread<'_>,
    n: u64,
    sets: [u64; 3],
    deadline: Option<u64>,
    mask: Option<SigSet>,
) -> SysResult {
    if (n as i32) < 0 {
        return Err(Errno::EINVAL);
    }
    let n = u64::from(n as u32).min(SELECT_MAX);
    let word = t.word_size();
    let bytes = n.div_ceil(word * 8) * word;
    let mut bits: [Vec<u8>; 3] = Default::default();
    for (set, addr) in bits.iter_mut().zip(sets) {
        *set = if addr == 0 { vec![0; bytes as usize] } else { t.read_vec(addr, bytes)? };
    }
    let wants = [POLLIN_SET, POLLOUT_SET, POLLPRI];
    let mut fds = Vec::new();
    for fd in 0..n as usize {
        let events =
            (0..3).fold(
                0,
                |events, s| {
                    if bits[s][fd / 8] >> (fd % 8) & 1 != 0 { events | wants[s] } else { events }
                },
            );
        if events != 0 {
            fds.push(PollFd { fd: fd as Fd, events });
        }
    }
    let revents = poll_call(t, fds.clone(), deadline, mask)?;
    if revents.iter().any(|r| r & POLLNVAL != 0) {
        return Err(Errno::EBADF);
    }
    let mut count = 0;
    let mut out: [Vec<u8>; 3] = std::array::from_fn(|_| vec![0; bytes as usize]);
    for (entry, &revents) in fds.iter().zip(&revents) {
        let fd = entry.fd as usize;
        for s in 0..3 {
            if bits[s][fd / 8] >> (fd % 8) & 1 != 0 && revents & wants[s] != 0 {
                out[s][fd / 8] |= 1 << (fd % 8);
                count += 1;
            }
        }
    }
    for (set, addr) in out.iter().zip(sets) {
        if addr != 0 {
            t.write_mem(addr, set)?;
        }
    }
    Ok(count)
}

/// select(2).
pub fn select(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let until = match a[4] {
        0 => None,
        at => {
            // Like Linux, microseconds past a second are carried, negative ones refused.
            let (sec, usec) = time::load_raw(t, at, TimeKind::Native)?;
            let (Ok(sec), Ok(usec)) = (u64::try_from(sec), u64::try_from(usec)) else {
                return Err(Errno::EINVAL);
            };
            let nanos = sec.saturating_mul(time::SECOND).saturating_add(usec.saturating_mul(1000));
            Some(if nanos == 0 { 0 } else { time::deadline_in(t, nanos) })
        }
    };
    let result = select_of(t, a[0], [a[1], a[2], a[3]], until, None);
    store_left(t, a[4], until, TimeKind::Native, true);
    result
}

/// The first select of i386: its arguments lie in memory.
pub fn old_select(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [n, r, w, e, time]: [u32; 5] = t.load(a[0])?;
    select(t, &[n.into(), r.into(), w.into(), e.into(), time.into(), 0])
}

fn pselect_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let until = deadline(t, a[4], kind)?;
    let mask = match a[5] {
        0 => None,
        at => {
            let set = t.load_word(at)?;
            let size = t.load_word(at.wrapping_add(t.word_size()))?;
            load_mask(t, set, size)?
        }
    };
    let result = select_of(t, a[0], [a[1], a[2], a[3]], until, mask);
    store_left(t, a[4], until, kind, false);
    result
}

/// pselect6(2).
pub fn pselect6(t: &mut Thread<'_>, a: &Args) -> SysResult {
    pselect_of(t, a, TimeKind::Native)
}

/// pselect6_time64 of i386.
pub fn pselect6_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    pselect_of(t, a, TimeKind::Wide)
}

/// epoll_create(2): the size only has to be positive.
pub fn epoll_create(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] as i32 <= 0 {
        return Err(Errno::EINVAL);
    }
    t.value(&Call::EpollCreate { flags: 0 })
}

/// epoll_create1(2).
pub fn epoll_create1(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::EpollCreate { flags: a[0] as u32 })
}

/// epoll_ctl(2). `struct epoll_event` is packed on both widths: 12 bytes.
pub fn epoll_ctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [epfd, op, fd, event, ..] = *a;
    let (events, data) = if op as u32 == 2 {
        (0, 0)
    } else {
        let [events, low, high]: [u32; 3] = t.load(event)?;
        (events, u64::from(low) | u64::from(high) << 32)
    };
    t.value(&Call::EpollCtl { epfd: epfd as i32, op: op as u32, fd: fd as i32, events, data })
}

fn epoll_wait_of(t: &mut Thread<'_>, a: &Args, deadline: Option<u64>, mask: Option<SigSet>) -> SysResult {
    let max = a[2] as i32;
    if max <= 0 || max > (i32::MAX / 12) {
        return Err(Errno::EINVAL);
    }
    // Only as many as the buffer has room for, so that none is lost.
    let room = t.reach(a[1], max as u64 * 12, Access::Write) / 12;
    if room == 0 {
        return Err(Errno::EFAULT);
    }
    let max = room.min(4096) as u32;
    let body = t.request(&Call::EpollWait { epfd: a[0] as i32, max, deadline, mask })?.1;
    let events = match body {
        Body::Epoll(events) => events,
        _ => Vec::new(),
    };
    for (i, (events, data)) in events.iter().take(max as usize).enumerate() {
        let raw = [*events, *data as u32, (*data >> 32) as u32];
        t.store(a[1] + 12 * i as u64, &raw)?;
    }
    Ok(events.len().min(max as usize) as i64)
}

fn millis(t: &Thread<'_>, timeout: u64) -> Option<u64> {
    match timeout as i32 {
        0 => Some(0),
        ms @ 1.. => Some(time::deadline_in(t, ms as u64 * 1_000_000)),
        _ => None,
    }
}

/// epoll_wait(2).
pub fn epoll_wait(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let deadline = millis(t, a[3]);
    epoll_wait_of(t, a, deadline, None)
}

/// epoll_pwait(2).
pub fn epoll_pwait(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let mask = load_mask(t, a[4], a[5])?;
    let deadline = millis(t, a[3]);
    epoll_wait_of(t, a, deadline, mask)
}

/// epoll_pwait2(2): a 64-bit `timespec` on both widths.
pub fn epoll_pwait2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let until = deadline(t, a[3], TimeKind::Wide)?;
    let mask = load_mask(t, a[4], a[5])?;
    epoll_wait_of(t, a, until, mask)
}

fn signalfd_of(t: &mut Thread<'_>, a: &Args, flags: u64) -> SysResult {
    let mask = load_mask(t, a[1], a[2])?.ok_or(Errno::EFAULT)?;
    t.value(&Call::Signalfd { fd: a[0] as i32, mask, flags: flags as u32 })
}

/// signalfd(2).
pub fn signalfd(t: &mut Thread<'_>, a: &Args) -> SysResult {
    signalfd_of(t, a, 0)
}

/// signalfd4(2).
pub fn signalfd4(t: &mut Thread<'_>, a: &Args) -> SysResult {
    signalfd_of(t, a, a[3])
}
