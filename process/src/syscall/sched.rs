//! Scheduling (sched(7)): policies, priorities and affinity, which the kernel remembers.

use crate::syscall::Args;
use crate::syscall::time::SECOND;
use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::wire::Call;

/// First and last size of `struct sched_attr`.
const ATTR_FIRST: u32 = 48;
const ATTR_LAST: u32 = 56;
/// `SCHED_RESET_ON_FORK`, and the flag of `struct sched_attr`.
const RESET_ON_FORK: u32 = 0x4000_0000;
const FLAG_RESET_ON_FORK: u64 = 1;
const FLAG_KEEP_POLICY: u64 = 8;
const FLAG_KEEP_PARAMS: u64 = 16;
/// Takes the place of a policy that stays.
const KEEP: u32 = u32::MAX;

/// sched_yield(2).
pub fn sched_yield(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Yield)
}

fn not_negative(pid: u64) -> Result<i32, Errno> {
    if (pid as i32) < 0 { Err(Errno::EINVAL) } else { Ok(pid as i32) }
}

/// A thread's policy with its flag, and its priority.
fn schedule(t: &mut Thread<'_>, pid: u64) -> Result<(u32, u32), Errno> {
    let both = t.value(&Call::Schedule { pid: not_negative(pid)?, set: None })?;
    Ok((both as u32, (both >> 32) as u32))
}

/// sched_getaffinity(2): the result is the size of the kernel's mask.
pub fn sched_getaffinity(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] < 8 || !a[1].is_multiple_of(t.word_size()) {
        return Err(Errno::EINVAL);
    }
    let mask = t.value(&Call::Affinity { pid: a[0] as i32, set: None })?;
    t.store(a[2], &(mask as u64))?;
    Ok(8)
}

/// sched_setaffinity(2).
pub fn sched_setaffinity(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let mut mask = [0; 8];
    let len = a[1].min(8) as usize;
    t.read_mem(a[2], &mut mask[..len])?;
    t.value(&Call::Affinity { pid: a[0] as i32, set: Some(u64::from_le_bytes(mask)) })
}

/// sched_getscheduler(2).
pub fn sched_getscheduler(t: &mut Thread<'_>, a: &Args) -> SysResult {
    Ok(schedule(t, a[0])?.0.into())
}

/// sched_setscheduler(2).
pub fn sched_setscheduler(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if (a[1] as i32) < 0 || a[2] == 0 {
        return Err(Errno::EINVAL);
    }
    let pid = not_negative(a[0])?;
    let priority = t.load::<u32>(a[2])?;
    t.value(&Call::Schedule { pid, set: Some((a[1] as u32, priority)) })
}

/// sched_getparam(2).
pub fn sched_getparam(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] == 0 {
        return Err(Errno::EINVAL);
    }
    let (_, priority) = schedule(t, a[0])?;
    t.store(a[1], &priority)?;
    Ok(0)
}

/// sched_setparam(2).
pub fn sched_setparam(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] == 0 {
        return Err(Errno::EINVAL);
    }
    let pid = not_negative(a[0])?;
    let priority = t.load::<u32>(a[1])?;
    t.value(&Call::Schedule { pid, set: Some((KEEP, priority)) })
}

/// sched_get_priority_min(2), sched_get_priority_max(2): the range of the policy.
pub fn sched_priority_min(_: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[0] as u32 {
        1 | 2 => Ok(1),
        0 | 3 | 5 | 6 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// sched_get_priority_max(2).
pub fn sched_priority_max(_: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[0] as u32 {
        1 | 2 => Ok(99),
        0 | 3 | 5 | 6 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// sched_getattr(2).
pub fn sched_getattr(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (pid, size) = (a[0] as i32, a[2] as u32);
    if pid < 0 || a[1] == 0 || !(ATTR_FIRST..=4096).contains(&size) || a[3] as u32 != 0 {
        return Err(Errno::EINVAL);
    }
    let (policy, priority) = schedule(t, a[0])?;
    let nice = 20 - t.value(&Call::Priority { which: 0, who: pid, set: None })? as i32;
    let flags = if policy & RESET_ON_FORK != 0 { FLAG_RESET_ON_FORK } else { 0 };
    let size = size.min(ATTR_LAST);
    let mut attr = [0u8; ATTR_LAST as usize];
    attr[..4].copy_from_slice(&size.to_le_bytes());
    attr[4..8].copy_from_slice(&(policy & !RESET_ON_FORK).to_le_bytes());
    attr[8..16].copy_from_slice(&flags.to_le_bytes());
    // Only ordinary policies have a nice value there.
    if priority == 0 {
        attr[16..20].copy_from_slice(&nice.to_le_bytes());
    }
    attr[20..24].copy_from_slice(&priority.to_le_bytes());
    t.write_mem(a[1], &attr[..size as usize])?;
    Ok(0)
}

/// sched_setattr(2): policy, priority and nice value; no deadlines.
pub fn sched_setattr(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let pid = a[0] as i32;
    if pid < 0 || a[1] == 0 || a[2] as u32 != 0 {
        return Err(Errno::EINVAL);
    }
    let size = t.load::<u32>(a[1])?;
    if size != 0 && !(ATTR_FIRST..=4096).contains(&size) {
        t.store(a[1], &ATTR_LAST)?;
        return Err(Errno::E2BIG);
    }
    let [_, policy, low, high, nice, priority]: [u32; 6] = t.load(a[1])?;
    let flags = u64::from(low) | u64::from(high) << 32;
    if (policy as i32) < 0 {
        return Err(Errno::EINVAL);
    }
    if policy == 6 {
        t.log_once("SCHED_DEADLINE (sched_setattr) is not supported");
        return Err(Errno::EPERM);
    }
    let (old, old_priority) = schedule(t, a[0])?;
    let keep = flags & FLAG_KEEP_PARAMS != 0;
    let reset = if flags & FLAG_RESET_ON_FORK != 0 { RESET_ON_FORK } else { 0 };
    let priority = if keep { old_priority } else { priority };
    let (asked, policy) = match flags & FLAG_KEEP_POLICY != 0 {
        true => (KEEP, old & !RESET_ON_FORK),
        false => (policy | reset, policy),
    };
    t.value(&Call::Schedule { pid, set: Some((asked, priority)) })?;
    if matches!(policy, 0 | 3) && !keep {
        let set = Some((nice as i32).clamp(-20, 19));
        return t.value(&Call::Priority { which: 0, who: pid, set }).map_err(|_| Errno::EPERM);
    }
    Ok(0)
}

/// sched_rr_get_interval(2): a slice of ordinary scheduling, or that of the policy.
fn slice(t: &mut Thread<'_>, pid: u64) -> Result<u64, Errno> {
    Ok(match schedule(t, pid)?.0 & !RESET_ON_FORK {
        1 => 0,
        2 => SECOND / 10,
        _ => SECOND / 250,
    })
}

/// sched_rr_get_interval(2).
pub fn sched_rr_get_interval(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let slice = slice(t, a[0])?;
    t.store_word(a[1], 0)?;
    t.store_word(a[1].wrapping_add(t.word_size()), slice)?;
    Ok(0)
}

/// The same with 64-bit times.
pub fn sched_rr_get_interval64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let slice = slice(t, a[0])?;
    t.store(a[1], &[0, slice])?;
    Ok(0)
}
