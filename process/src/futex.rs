//! futex(2) on this process's own memory.
//!
//! A process has one thread for now: nobody can be waiting when a wake comes,
//! and a wait that does not fail at once lasts until its timeout or a signal.

use crate::syscall::Args;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread};
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
const WAIT_BITSET: u32 = 9;
const WAKE_BITSET: u32 = 10;
const CLOCK_REALTIME: u32 = 256;
const COMMANDS: u32 = 127;

fn word(t: &Thread<'_>, addr: u64) -> Result<u32, Errno> {
    if !addr.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    t.load(addr)
}

fn wait(t: &mut Thread<'_>, a: &Args, kind: TimeKind, absolute: bool, realtime: bool) -> SysResult {
    let deadline = match a[3] {
        0 => None,
        at => {
            let nanos = time::load_timespec(t, at, kind)?;
            Some(if absolute { nanos } else { time::deadline_in(t, nanos) })
        }
    };
    if word(t, a[0])? != a[2] as u32 {
        return Err(Errno::EAGAIN);
    }
    let clock = if realtime && absolute { 0 } else { 1 };
    match t.value(&Call::Sleep { clock, deadline }) {
        Ok(_) => Err(Errno::ETIMEDOUT),
        // Without a timeout it may restart; with one it must not begin anew.
        Err(errno) if errno.0 >= 512 => {
            Err(if deadline.is_none() || absolute { Errno::ERESTARTSYS } else { Errno::EINTR })
        }
        Err(errno) => Err(errno),
    }
}

fn wake_op(t: &mut Thread<'_>, a: &Args) -> SysResult {
    word(t, a[0])?;
    let (addr, encoded) = (a[4], a[5] as u32);
    let old = word(t, addr)?;
    let mut operand = ((encoded as i32) << 8 >> 20) as u32;
    if encoded >> 31 != 0 {
        operand = 1u32.wrapping_shl(operand);
    }
    let new = match encoded >> 28 & 7 {
        0 => operand,
        1 => old.wrapping_add(operand),
        2 => old | operand,
        3 => old & !operand,
        4 => old ^ operand,
        _ => return Err(Errno::ENOSYS),
    };
    t.store(addr, &new)?;
    Ok(0)
}

fn futex_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let op = a[1] as u32;
    let realtime = op & CLOCK_REALTIME != 0;
    match op & COMMANDS {
        WAIT => wait(t, a, kind, false, realtime),
        WAIT_BITSET if a[5] as u32 == 0 => Err(Errno::EINVAL),
        WAIT_BITSET => wait(t, a, kind, true, realtime),
        WAKE_BITSET if a[5] as u32 == 0 => Err(Errno::EINVAL),
        WAKE | WAKE_BITSET => word(t, a[0]).map(|_| 0),
        REQUEUE => word(t, a[0]).and(word(t, a[4])).map(|_| 0),
        CMP_REQUEUE => {
            word(t, a[4])?;
            if word(t, a[0])? == a[5] as u32 { Ok(0) } else { Err(Errno::EAGAIN) }
        }
        WAKE_OP => wake_op(t, a),
        LOCK_PI | TRYLOCK_PI | UNLOCK_PI => {
            t.log_once("priority inheritance futexes are not supported");
            Err(Errno::ENOSYS)
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
