//! Clocks, sleeping and interval timers (clock_gettime(2), nanosleep(2), setitimer(2), timer_create(2) …).

use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use bytemuck::{Pod, Zeroable};
use tawaki_abi::Errno;
use tawaki_abi::layout32::Time32;
use tawaki_abi::layout64::Time64;
use tawaki_abi::wire::{Body, Call};

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// `TIMER_ABSTIME`.
const ABSTIME: u32 = 1;

/// How a time structure lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// Two `long`s of the ABI.
    Native,
    /// Two 64-bit numbers (the `_time64` calls of i386, and 64-bit code).
    Wide,
}

fn wide(t: &Thread<'_>, kind: TimeKind) -> bool {
    t.width == Width::W64 || kind == TimeKind::Wide
}

/// Bytes of a `timespec` or `timeval`.
pub fn size(t: &Thread<'_>, kind: TimeKind) -> u64 {
    if wide(t, kind) { 16 } else { 8 }
}

/// Seconds and the smaller part, unchecked.
pub fn load_raw(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<(i64, i64), Errno> {
    if wide(t, kind) {
        let time: Time64 = t.load(addr)?;
        // 32-bit programs leave garbage in the upper half of tv_nsec.
        let sub = if t.width == Width::W32 { i64::from(time.sub as i32) } else { time.sub };
        Ok((time.sec, sub))
    } else {
        let time: Time32 = t.load(addr)?;
        Ok((time.sec.into(), time.sub.into()))
    }
}

/// A `timespec` as nanoseconds (saturating); EINVAL when it is not one.
pub fn load_timespec(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<u64, Errno> {
    match load_raw(t, addr, kind)? {
        (sec @ 0.., nsec @ 0..=999_999_999) => {
            Ok((sec as u64).saturating_mul(SECOND).saturating_add(nsec as u64))
        }
        _ => Err(Errno::EINVAL),
    }
}

/// A `timeval` as nanoseconds; EINVAL when it is not one.
pub fn load_timeval(t: &Thread<'_>, addr: u64) -> Result<u64, Errno> {
    match load_raw(t, addr, TimeKind::Native)? {
        (sec @ 0.., usec @ 0..=999_999) => {
            Ok((sec as u64).saturating_mul(SECOND).saturating_add(usec as u64 * 1000))
        }
        _ => Err(Errno::EINVAL),
    }
}

fn store_raw(t: &Thread<'_>, addr: u64, sec: i64, sub: i64, kind: TimeKind) -> Result<(), Errno> {
    if wide(t, kind) {
        t.store(addr, &Time64 { sec, sub })
    } else {
        t.store(addr, &Time32 { sec: sec as i32, sub: sub as i32 })
    }
}

/// Stores nanoseconds as a `timespec`.
pub fn store_timespec(t: &Thread<'_>, addr: u64, nanos: u64, kind: TimeKind) -> Result<(), Errno> {
    store_raw(t, addr, (nanos / SECOND) as i64, (nanos % SECOND) as i64, kind)
}

/// Stores nanoseconds as a `timeval`.
pub fn store_timeval(t: &Thread<'_>, addr: u64, nanos: u64) -> Result<(), Errno> {
    store_raw(t, addr, (nanos / SECOND) as i64, (nanos % SECOND / 1000) as i64, TimeKind::Native)
}

/// The monotonic time `nanos` from now.
pub fn deadline_in(t: &Thread<'_>, nanos: u64) -> u64 {
    t.host.monotonic_ns().saturating_add(nanos)
}

/// RUSAGE_SELF and RUSAGE_THREAD for a clock of processor time: the fixed numbers, and those that
/// clock_getcpuclockid(3) and pthread_getcpuclockid(3) make for the caller.
fn cpu_clock(t: &Thread<'_>, id: i32) -> Option<i32> {
    let of = |own: Option<i32>| matches!(!(id >> 3), pid if pid == 0 || Some(pid) == own);
    match id {
        2 => Some(0),
        3 => Some(1),
        ..0 if id & 4 == 0 && of(t.ids.pid) => Some(0),
        ..0 if id & 4 != 0 && of(t.ids.tid) => Some(1),
        _ => None,
    }
}

/// A clock's time in nanoseconds.
fn any_clock(t: &mut Thread<'_>, id: i32) -> Result<u64, Errno> {
    let Some(who) = cpu_clock(t, id) else { return clock(t, id) };
    match t.request(&Call::Getrusage { who })?.1 {
        Body::Rusage(usage) => Ok(usage.utime.saturating_add(usage.stime)),
        _ => Err(Errno::EIO),
    }
}

/// A clock that is no processor's time, in nanoseconds.
fn clock(t: &Thread<'_>, id: i32) -> Result<u64, Errno> {
    match id {
        // REALTIME, REALTIME_COARSE, REALTIME_ALARM, TAI (offset 0 until somebody sets it).
        0 | 5 | 8 | 11 => Ok(t.host.realtime_ns()),
        // MONOTONIC, its RAW and COARSE, BOOTTIME (and its alarm form).
        1 | 4 | 6 | 7 | 9 => Ok(t.host.monotonic_ns()),
        // Another process's processor clock is not known here.
        _ => Err(Errno::EINVAL),
    }
}

fn gettime(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let now = any_clock(t, a[0] as i32)?;
    store_timespec(t, a[1], now, kind)?;
    Ok(0)
}

/// clock_gettime(2).
pub fn clock_gettime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    gettime(t, a, TimeKind::Native)
}

/// clock_gettime64 of i386.
pub fn clock_gettime64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    gettime(t, a, TimeKind::Wide)
}

fn getres(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    any_clock(t, a[0] as i32)?;
    // The coarse clocks tick at 250 Hz on Linux; ours are all fine.
    if a[1] != 0 {
        store_timespec(t, a[1], 1, kind)?;
    }
    Ok(0)
}

/// clock_getres(2).
pub fn clock_getres(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, TimeKind::Native)
}

/// clock_getres_time64 of i386.
pub fn clock_getres64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, TimeKind::Wide)
}

/// clock_settime(2), settimeofday(2), stime(2), adjtimex(2): the host's clock is not the guest's to set.
pub fn not_settable(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::EPERM)
}

/// gettimeofday(2).
pub fn gettimeofday(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] != 0 {
        store_timeval(t, a[0], t.host.realtime_ns())?;
    }
    t.store_if(a[1], &[0u32; 2])?;
    Ok(0)
}

/// time(2).
pub fn time(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let now = t.host.realtime_ns() / SECOND;
    if a[0] != 0 {
        t.store_word(a[0], now)?;
    }
    Ok(now as i64)
}

/// Sleeps until `deadline` of clock 0 or 1; after a signal the rest goes to `rest` unless that is 0.
fn sleep(
    t: &mut Thread<'_>,
    clock_id: u32,
    deadline: u64,
    rest: u64,
    kind: TimeKind,
    absolute: bool,
) -> SysResult {
    match t.value(&Call::Sleep { clock: clock_id, deadline: Some(deadline) }) {
        Ok(_) => Ok(0),
        Err(errno) if errno.0 >= 512 || errno == Errno::EINTR => {
            if absolute {
                return Err(Errno::ERESTARTNOHAND);
            }
            if rest != 0 {
                let left = deadline.saturating_sub(clock(t, clock_id as i32)?);
                store_timespec(t, rest, left, kind)?;
            }
            // A relative sleep is never started again after a handler.
            Err(Errno::EINTR)
        }
        Err(errno) => Err(errno),
    }
}

/// nanosleep(2).
pub fn nanosleep(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let nanos = load_timespec(t, a[0], TimeKind::Native)?;
    let deadline = deadline_in(t, nanos);
    sleep(t, 1, deadline, a[1], TimeKind::Native, false)
}

fn clock_sleep(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let id = a[0] as i32;
    let realtime = match id {
        0 | 11 => true,
        1 | 7 | 8 | 9 => false,
        2 => {
            t.log_once("sleeping on the processor time clock is not supported");
            return Err(Errno::EOPNOTSUPP);
        }
        3 => return Err(Errno::EINVAL),
        _ => return Err(Errno::EINVAL),
    };
    let nanos = load_timespec(t, a[2], kind)?;
    if a[1] as u32 & ABSTIME != 0 {
        return sleep(t, if realtime { 0 } else { 1 }, nanos, 0, kind, true);
    }
    // A relative sleep does not follow the setting of a clock.
    let deadline = deadline_in(t, nanos);
    sleep(t, 1, deadline, a[3], kind, false)
}

/// clock_nanosleep(2).
pub fn clock_nanosleep(t: &mut Thread<'_>, a: &Args) -> SysResult {
    clock_sleep(t, a, TimeKind::Native)
}

/// clock_nanosleep_time64 of i386.
pub fn clock_nanosleep64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    clock_sleep(t, a, TimeKind::Wide)
}

/// alarm(2): seconds left of the previous one, rounded as Linux does.
pub fn alarm(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let value = u64::from(a[0] as u32) * SECOND;
    let Body::Itimer(_, left) = t.request(&Call::Setitimer { which: 0, interval: 0, value })?.1 else {
        return Ok(0);
    };
    let seconds = (left + SECOND / 2) / SECOND;
    Ok(if left > 0 { seconds.max(1) as i64 } else { 0 })
}

/// Reads `itimerval` (microseconds): interval, value.
fn load_itimerval(t: &Thread<'_>, addr: u64) -> Result<(u64, u64), Errno> {
    let second = addr.wrapping_add(size(t, TimeKind::Native));
    Ok((load_timeval(t, addr)?, load_timeval(t, second)?))
}

fn store_itimerval(t: &Thread<'_>, addr: u64, body: &Body) -> Result<(), Errno> {
    let (addr, &Body::Itimer(interval, value)) = (addr, body) else { return Err(Errno::EIO) };
    if addr == 0 {
        return Ok(());
    }
    store_timeval(t, addr, interval)?;
    store_timeval(t, addr.wrapping_add(size(t, TimeKind::Native)), value)
}

/// setitimer(2).
pub fn setitimer(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // A null pointer disarms (an old mistake that Linux keeps).
    let (interval, value) = if a[1] == 0 { (0, 0) } else { load_itimerval(t, a[1])? };
    let body = t.request(&Call::Setitimer { which: a[0] as u32, interval, value })?.1;
    store_itimerval(t, a[2], &body)?;
    Ok(0)
}

/// getitimer(2).
pub fn getitimer(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let body = t.request(&Call::Getitimer { which: a[0] as u32 })?.1;
    store_itimerval(t, a[1], &body)?;
    Ok(0)
}

/// `itimerspec`: interval, value.
fn load_itimerspec(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<(u64, u64), Errno> {
    let second = addr.wrapping_add(size(t, kind));
    Ok((load_timespec(t, addr, kind)?, load_timespec(t, second, kind)?))
}

fn store_itimerspec(t: &Thread<'_>, addr: u64, body: &Body, kind: TimeKind) -> Result<(), Errno> {
    let &Body::Itimer(interval, value) = body else { return Err(Errno::EIO) };
    if addr == 0 {
        return Ok(());
    }
    store_timespec(t, addr, interval, kind)?;
    store_timespec(t, addr.wrapping_add(size(t, kind)), value, kind)
}

/// `struct sigevent`, as far as it matters.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct SigEvent64 {
    value: u64,
    signo: i32,
    notify: i32,
    tid: i32,
    pad: i32,
}

#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
struct SigEvent32 {
    value: u32,
    signo: i32,
    notify: i32,
    tid: i32,
}

/// timer_create(2).
pub fn timer_create(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // What the C library makes of CLOCK_PROCESS_CPUTIME_ID and CLOCK_THREAD_CPUTIME_ID.
    let clock = match a[0] as i32 {
        -6 => 2,
        -2 => 3,
        clock => clock as u32,
    };
    let (value, signo, notify, tid) = match (a[1], t.width) {
        // Without an event: SIGALRM with the timer's number, which the kernel fills in.
        (0, _) => (u64::MAX, 14, 0, 0),
        (at, Width::W64) => {
            let e: SigEvent64 = t.load(at)?;
            (e.value, e.signo, e.notify, e.tid)
        }
        (at, Width::W32) => {
            let e: SigEvent32 = t.load(at)?;
            (e.value.into(), e.signo, e.notify, e.tid)
        }
    };
    t.check_writable(a[2], 4)?;
    // SIGEV_THREAD_ID is a bit beside SIGEV_SIGNAL, NONE, THREAD.
    let tid = (notify & 4 != 0).then_some(tid);
    let call = Call::TimerCreate { clock, signo: signo as u32, value, tid, notify: notify as u32 };
    let id = t.value(&call)?;
    t.store(a[2], &(id as i32))?;
    Ok(0)
}

fn timer_set_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let (interval, value) = load_itimerspec(t, a[2], kind)?;
    let call = Call::TimerSet { id: a[0] as i32, flags: a[1] as u32, interval, value };
    let body = t.request(&call)?.1;
    if a[3] != 0 {
        store_itimerspec(t, a[3], &body, kind)?;
    }
    Ok(0)
}

/// timer_settime(2).
pub fn timer_settime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timer_set_of(t, a, TimeKind::Native)
}

/// timer_settime64 of i386.
pub fn timer_settime64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timer_set_of(t, a, TimeKind::Wide)
}

/// timer_gettime(2).
pub fn timer_gettime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let body = t.request(&Call::TimerGet { id: a[0] as i32 })?.1;
    store_itimerspec(t, a[1], &body, TimeKind::Native)?;
    Ok(0)
}

/// timer_gettime64 of i386.
pub fn timer_gettime64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let body = t.request(&Call::TimerGet { id: a[0] as i32 })?.1;
    store_itimerspec(t, a[1], &body, TimeKind::Wide)?;
    Ok(0)
}

/// timer_delete(2).
pub fn timer_delete(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::TimerDelete { id: a[0] as i32 })
}

/// timer_getoverrun(2).
pub fn timer_getoverrun(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::TimerOverrun { id: a[0] as i32 })
}

/// timerfd_create(2).
pub fn timerfd_create(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::TimerfdCreate { clock: a[0] as u32, flags: a[1] as u32 })
}

fn timerfd_set_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let (interval, value) = load_itimerspec(t, a[2], kind)?;
    let call = Call::TimerfdSet { fd: a[0] as i32, flags: a[1] as u32, interval, value };
    let body = t.request(&call)?.1;
    if a[3] != 0 {
        store_itimerspec(t, a[3], &body, kind)?;
    }
    Ok(0)
}

/// timerfd_settime(2).
pub fn timerfd_settime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timerfd_set_of(t, a, TimeKind::Native)
}

/// timerfd_settime64 of i386.
pub fn timerfd_settime64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timerfd_set_of(t, a, TimeKind::Wide)
}

/// timerfd_gettime(2).
pub fn timerfd_gettime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let body = t.request(&Call::TimerfdGet { fd: a[0] as i32 })?.1;
    store_itimerspec(t, a[1], &body, TimeKind::Native)?;
    Ok(0)
}

/// timerfd_gettime64 of i386.
pub fn timerfd_gettime64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let body = t.request(&Call::TimerfdGet { fd: a[0] as i32 })?.1;
    store_itimerspec(t, a[1], &body, TimeKind::Wide)?;
    Ok(0)
}
