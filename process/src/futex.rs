//! futex(2) on this process's own memory.
//!
//! Waiters queue in the process; no call goes to the kernel, except that the
//! only thread of a process sleeps there (nobody here could wake it).
//!
//! Invariant: a waiter's value check and its entry into the queue happen under
//! the queue's lock, and so does every wake: none is lost, and a waiter that has
//! taken the lock once more after it was woken may end: its waker is done with it.

mod pi;
mod rest;

use crate::host::Unpark;
use crate::syscall::Args;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread, lock};
use rest::Rest;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tawaki_abi::Errno;
use tawaki_abi::wire::Call;

const WAIT: u32 = 0;
const WAKE: u32 = 1;
const REQUEUE: u32 = 3;
const CMP_REQUEUE: u32 = 4;
const WAKE_OP: u32 = 5;
const LOCK_PI: u32 = 6;
const UNLOCK_PI: u32 = 7;
const TRYLOCK_PI: u32 = 8;
const LOCK_PI2: u32 = 13;
const WAIT_BITSET: u32 = 9;
const WAKE_BITSET: u32 = 10;
const CLOCK_REALTIME: u32 = 256;
const COMMANDS: u32 = 127;

/// `FUTEX_OWNER_DIED`.
const OWNER_DIED: u32 = 0x4000_0000;
/// `FUTEX_TID_MASK`.
const TID_MASK: u32 = 0x3fff_ffff;
/// Most entries of a robust list (`ROBUST_LIST_LIMIT`).
const ROBUST_LIMIT: usize = 2048;

/// How often a wait until a moment of the real-time clock looks at that clock.
const RECHECK: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Waiter {
    bitset: u32,
    woken: AtomicBool,
    thread: Arc<dyn Unpark>,
}

impl Waiter {
    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Threads that wait, by address.
#[derive(Debug, Default)]
pub struct FutexQueue {
    waiters: Mutex<BTreeMap<u64, VecDeque<Arc<Waiter>>>>,
}

impl FutexQueue {
    /// Wakes up to `count` waiters of `addr` whose bits meet `bitset`.
    pub fn wake(&self, addr: u64, count: u32, bitset: u32) -> u32 {
        Self::wake_in(&mut lock(&self.waiters), addr, count, bitset)
    }

    fn wake_in(
        waiters: &mut BTreeMap<u64, VecDeque<Arc<Waiter>>>,
        addr: u64,
        count: u32,
        bitset: u32,
    ) -> u32 {
        let Some(queue) = waiters.get_mut(&addr) else { return 0 };
        let mut woken = 0;
        queue.retain(|waiter| {
            let take = woken < count && waiter.bitset & bitset != 0;
            if take {
                waiter.wake();
                woken += 1;
            }
            !take
        });
        if queue.is_empty() {
            waiters.remove(&addr);
        }
        woken
    }

    /// Takes a waiter that gave up out of its queue; `false`: it had been woken.
    fn forget(&self, waiter: &Arc<Waiter>) -> bool {
        let mut waiters = lock(&self.waiters);
        if waiter.woken.load(Ordering::SeqCst) {
            return false;
        }
        // It may have been requeued: look everywhere.
        waiters.retain(|_, queue| {
            queue.retain(|other| !Arc::ptr_eq(other, waiter));
            !queue.is_empty()
        });
        true
    }
}

fn word(t: &Thread<'_>, addr: u64) -> Result<u32, Errno> {
    if !addr.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    t.load(addr)
}

/// The time of a clock of `Call::Sleep`.
fn now(t: &Thread<'_>, clock: u32) -> u64 {
    if clock == 0 { t.host.realtime_ns() } else { t.host.monotonic_ns() }
}

fn wait(t: &mut Thread<'_>, a: &Args, kind: TimeKind, absolute: bool, realtime: bool) -> SysResult {
    let (addr, value) = (a[0], a[2] as u32);
    let bitset = if absolute { a[5] as u32 } else { u32::MAX };
    let deadline = match a[3] {
        0 => None,
        at => {
            let nanos = time::load_timespec(t, at, kind)?;
            Some(if absolute { nanos } else { time::deadline_in(t, nanos) })
        }
    };
    let clock = if realtime && absolute { 0 } else { 1 };
    let waited = if t.shared.threads.load(Ordering::SeqCst) <= 1 {
        if word(t, addr)? != value {
            return Err(Errno::EAGAIN);
        }
        t.value(&Call::Sleep { clock, deadline }).and(Err(Errno::ETIMEDOUT))
    } else {
        wait_here(t, addr, value, bitset, clock, deadline)
    };
    match waited {
        // Without a timeout it may restart; with a relative one it must not begin anew.
        Err(errno) if errno.0 >= 512 => {
            Err(if deadline.is_none() || absolute { Errno::ERESTARTSYS } else { Errno::EINTR })
        }
        other => other,
    }
}

fn wait_here(
    t: &mut Thread<'_>,
    addr: u64,
    value: u32,
    bitset: u32,
    clock: u32,
    deadline: Option<u64>,
) -> SysResult {
    let shared = t.shared.clone();
    let waiter = Arc::new(Waiter { bitset, woken: AtomicBool::new(false), thread: t.port.unparker() });
    // A fault may let the stack grow, which takes another lock: before this one.
    word(t, addr)?;
    {
        let mut waiters = lock(&shared.futexes.waiters);
        match t.memory.load32(addr) {
            Ok(now) if now == value => waiters.entry(addr).or_default().push_back(waiter.clone()),
            Ok(_) => return Err(Errno::EAGAIN),
            Err(_) => return Err(Errno::EFAULT),
        }
    }
    let mut rest = Rest::new(t);
    let result = loop {
        if waiter.woken.load(Ordering::SeqCst) {
            drop(lock(&shared.futexes.waiters));
            break Ok(0);
        }
        if deadline.is_some_and(|deadline| now(t, clock) >= deadline) {
            break if shared.futexes.forget(&waiter) { Err(Errno::ETIMEDOUT) } else { Ok(0) };
        }
        if rest.interrupted(t) {
            let waiting = shared.futexes.forget(&waiter);
            // Woken and interrupted: the wake counts, the handler runs after it.
            break if waiting { Err(Errno::ERESTARTSYS) } else { Ok(0) };
        }
        // A real-time deadline moves with that clock: looked at again now and then.
        let left = deadline.map(|deadline| Duration::from_nanos(deadline.saturating_sub(now(t, clock))));
        rest.park(t, if clock == 0 { left.map(|left| left.min(RECHECK)) } else { left });
    };
    rest.end(t);
    result
}

/// FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second if its old value compares so.
fn wake_op(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (first, second, encoded) = (a[0], a[4], a[5] as u32);
    word(t, first)?;
    word(t, second)?;
    let field = |shift: u32| ((encoded << (20 - shift)) as i32 >> 20) as u32;
    let (mut operand, against) = (field(12), field(0));
    if encoded >> 31 != 0 {
        operand = 1u32.wrapping_shl(operand);
    }
    let change = |old: u32| {
        Ok(match encoded >> 28 & 7 {
            0 => operand,
            1 => old.wrapping_add(operand),
            2 => old | operand,
            3 => old & !operand,
            4 => old ^ operand,
            _ => return Err(Errno::ENOSYS),
        })
    };
    let old = loop {
        let old = word(t, second)?;
        let swapped = t.memory.atomic_cmpxchg(2, second, old.into(), change(old)?.into());
        if swapped.map_err(|_| Errno::EFAULT)? == u64::from(old) {
            break old;
        }
    };
    let (old, against) = (old as i32, against as i32);
    let also = match encoded >> 24 & 0xf {
        0 => old == against,
        1 => old != against,
        2 => old < against,
        3 => old <= against,
        4 => old > against,
        5 => old >= against,
        _ => return Err(Errno::ENOSYS),
    };
    let queue = &t.shared.futexes;
    let mut woken = queue.wake(first, a[2] as u32, u32::MAX);
    if also {
        woken += queue.wake(second, a[3] as u32, u32::MAX);
    }
    Ok(woken.into())
}

fn requeue(t: &mut Thread<'_>, a: &Args, expected: Option<u32>) -> SysResult {
    let (from, to, wake, most) = (a[0], a[4], a[2] as u32, a[3] as u32);
    if (wake | most) >> 31 != 0 {
        return Err(Errno::EINVAL);
    }
    word(t, from)?;
    word(t, to)?;
    let mut waiters = lock(&t.shared.futexes.waiters);
    if let Some(expected) = expected
        && t.memory.load32(from).map_err(|_| Errno::EFAULT)? != expected
    {
        return Err(Errno::EAGAIN);
    }
    let woken = FutexQueue::wake_in(&mut waiters, from, wake, u32::MAX);
    let mut moved = VecDeque::new();
    if from != to
        && let Some(queue) = waiters.get_mut(&from)
    {
        let count = queue.len().min(most as usize);
        moved = queue.drain(..count).collect();
        if queue.is_empty() {
            waiters.remove(&from);
        }
    }
    let count = moved.len() as i64;
    if count > 0 {
        waiters.entry(to).or_default().append(&mut moved);
    }
    Ok(i64::from(woken) + count)
}

fn futex_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let op = a[1] as u32;
    let realtime = op & CLOCK_REALTIME != 0;
    match op & COMMANDS {
        WAIT => wait(t, a, kind, false, realtime),
        WAIT_BITSET | WAKE_BITSET if a[5] as u32 == 0 => Err(Errno::EINVAL),
        WAIT_BITSET => wait(t, a, kind, true, realtime),
        WAKE | WAKE_BITSET => {
            if !a[0].is_multiple_of(4) {
                return Err(Errno::EINVAL);
            }
            let bitset = if op & COMMANDS == WAKE { u32::MAX } else { a[5] as u32 };
            Ok(t.shared.futexes.wake(a[0], a[2] as u32, bitset).into())
        }
        REQUEUE => requeue(t, a, None),
        CMP_REQUEUE => requeue(t, a, Some(a[5] as u32)),
        WAKE_OP => wake_op(t, a),
        UNLOCK_PI => pi::release(t, a[0]),
        TRYLOCK_PI => pi::acquire(t, a[0], false, 0, None),
        command @ (LOCK_PI | LOCK_PI2) => {
            let deadline = match a[3] {
                0 => None,
                at => Some(time::load_timespec(t, at, kind)?),
            };
            let real = command == LOCK_PI || op & CLOCK_REALTIME != 0;
            pi::acquire(t, a[0], true, if real { 0 } else { 1 }, deadline)
        }
        _ => Err(Errno::ENOSYS),
    }
}

/// futex(2).
pub fn futex(t: &mut Thread<'_>, a: &Args) -> SysResult {
    futex_of(t, a, TimeKind::Native)
}

/// futex_time64 of i386.
pub fn futex_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    futex_of(t, a, TimeKind::Wide)
}

/// What the end of a thread does to the others: robust locks it held are marked,
/// and its thread id is cleared (set_robust_list(2), set_tid_address(2)). Bad
/// pointers are the guest's own.
pub fn thread_ends(t: &mut Thread<'_>) {
    let _ = release_robust(t);
    let clear = std::mem::take(&mut t.clear_tid);
    if clear != 0 && t.store(clear, &0u32).is_ok() {
        t.shared.futexes.wake(clear, 1, u32::MAX);
    }
}

fn release_robust(t: &mut Thread<'_>) -> Result<(), Errno> {
    let (head, _) = std::mem::take(&mut t.robust);
    let Some(tid) = t.ids.tid.filter(|_| head != 0) else { return Ok(()) };
    let size = t.word_size();
    let offset = t.signed(t.load_word(head.wrapping_add(size))?);
    let pending = t.load_word(head.wrapping_add(2 * size))?;
    let mut entry = t.load_word(head)?;
    for _ in 0..ROBUST_LIMIT {
        if entry == head || entry == 0 {
            break;
        }
        // The low bit marks priority inheritance.
        let next = t.load_word(entry & !1)?;
        if entry != pending {
            release_one(t, (entry & !1).wrapping_add_signed(offset), tid)?;
        }
        entry = next;
    }
    if pending != 0 {
        release_one(t, (pending & !1).wrapping_add_signed(offset), tid)?;
    }
    Ok(())
}

fn release_one(t: &mut Thread<'_>, addr: u64, tid: i32) -> Result<(), Errno> {
    let old = word(t, addr)?;
    if old & TID_MASK == tid as u32 {
        let new = old & !TID_MASK | OWNER_DIED;
        if t.memory.atomic_cmpxchg(2, addr, old.into(), new.into()).is_ok() {
            t.shared.futexes.wake(addr, 1, u32::MAX);
        }
    }
    Ok(())
}
