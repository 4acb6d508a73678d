//! Futexes with an owner (futex(2), "Priority-inheritance futexes"): LOCK_PI, TRYLOCK_PI,
//! UNLOCK_PI. Nothing here has a priority; the rest is as Linux has it: the word holds the
//! owner's thread id, waiters queue, and the lock is handed over, never left to a race.

use super::{FutexQueue, OWNER_DIED, RECHECK, Rest, TID_MASK, Waiter, now, word};
use crate::syscall::ids::gettid;
use crate::thread::{SysResult, Thread, lock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tawaki_abi::Errno;

/// `FUTEX_WAITERS`.
const WAITERS: u32 = 0x8000_0000;

/// LOCK_PI, until `deadline` of `clock` (0 real time, 1 monotonic), or TRYLOCK_PI.
pub fn acquire(t: &mut Thread<'_>, addr: u64, wait: bool, clock: u32, deadline: Option<u64>) -> SysResult {
    let tid = gettid(t, &[0; 6])? as u32;
    let shared = t.shared.clone();
    loop {
        // A fault may let the stack grow, which takes another lock: before this one.
        word(t, addr)?;
        let waiter =
            Arc::new(Waiter { bitset: tid, woken: AtomicBool::new(false), thread: t.port.unparker() });
        {
            let mut waiters = lock(&shared.futexes.waiters);
            let old = t.memory.load32(addr).map_err(|_| Errno::EFAULT)?;
            if old & TID_MASK == tid {
                return Err(Errno::EDEADLK);
            }
            let free = old & TID_MASK == 0;
            if !free && !wait {
                return Err(Errno::EAGAIN);
            }
            let queued = waiters.contains_key(&addr);
            let new = match free {
                true => tid | old & OWNER_DIED | if queued { WAITERS } else { 0 },
                false => old | WAITERS,
            };
            let swapped = t.memory.atomic_cmpxchg(2, addr, old.into(), new.into());
            if swapped.map_err(|_| Errno::EFAULT)? != u64::from(old) {
                continue;
            }
            if free {
                return Ok(0);
            }
            waiters.entry(addr).or_default().push_back(waiter.clone());
        }
        let mut rest = Rest::new(t);
        let woken = loop {
            if waiter.woken.load(Ordering::SeqCst) {
                drop(lock(&shared.futexes.waiters));
                break Ok(());
            }
            if deadline.is_some_and(|deadline| now(t, clock) >= deadline) && shared.futexes.forget(&waiter) {
                break Err(Errno::ETIMEDOUT);
            }
            if rest.interrupted(t) && shared.futexes.forget(&waiter) {
                // Signals interrupt it, but never end it.
                break Err(Errno::ERESTARTNOINTR);
            }
            let left = deadline.map(|at| Duration::from_nanos(at.saturating_sub(now(t, clock))));
            rest.park(t, if clock == 0 { left.map(|left| left.min(RECHECK)) } else { left });
        };
        rest.end(t);
        woken?;
        // If its owner died the lock is free: for whoever comes first.
        if word(t, addr)? & TID_MASK == tid {
            return Ok(0);
        }
    }
}

/// UNLOCK_PI.
pub fn release(t: &mut Thread<'_>, addr: u64) -> SysResult {
    let tid = gettid(t, &[0; 6])? as u32;
    word(t, addr)?;
    let shared = t.shared.clone();
    let mut waiters = lock(&shared.futexes.waiters);
    loop {
        let old = t.memory.load32(addr).map_err(|_| Errno::EFAULT)?;
        if old & TID_MASK != tid {
            return Err(Errno::EPERM);
        }
        let queue = waiters.get(&addr);
        let next = queue.and_then(|queue| queue.front());
        let more = queue.is_some_and(|queue| queue.len() > 1);
        let new = next.map_or(0, |next| next.bitset | if more { WAITERS } else { 0 });
        let swapped = t.memory.atomic_cmpxchg(2, addr, old.into(), new.into());
        if swapped.map_err(|_| Errno::EFAULT)? == u64::from(old) {
            FutexQueue::wake_in(&mut waiters, addr, 1, u32::MAX);
            return Ok(0);
        }
    }
}
