//! Signal system calls (rt_sigaction(2), rt_sigprocmask(2), kill(2), sigaltstack(2) …).

use crate::signal::{SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, siginfo};
use crate::syscall::Args;
use crate::syscall::poll::load_mask;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{AltStack, SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::signal::{
    SA_NODEFER, SA_RESETHAND, SA_SIGINFO, SIG_IGN, SIGBUS, SIGSEGV, SigAction, SigInfo, SigSet,
};
use tawaki_abi::wire::{Body, Call};

/// Smallest alternate stack (`MINSIGSTKSZ`).
const MINSIGSTKSZ: u64 = 2048;

fn action_call(t: &mut Thread<'_>, signo: u64, action: Option<SigAction>) -> Result<SigAction, Errno> {
    let old = match t.request(&Call::Sigaction { signo: signo as u32, action })?.1 {
        Body::Action(old) => old,
        _ => return Err(Errno::EIO),
    };
    // Who asks for the address of a fault relies on it.
    let faults = [SIGSEGV, SIGBUS].contains(&(signo as u32));
    if faults && action.is_some_and(|a| a.handler > SIG_IGN && a.flags & SA_SIGINFO != 0) {
        t.memory.require_precise_faults();
    }
    Ok(old)
}

/// `struct sigaction` of the kernel: handler, flags, restorer, mask.
fn load_action(t: &Thread<'_>, at: u64) -> Result<SigAction, Errno> {
    let word = t.word_size();
    Ok(SigAction {
        handler: t.load_word(at)?,
        flags: t.load_word(at.wrapping_add(word))? as u32,
        restorer: t.load_word(at.wrapping_add(2 * word))?,
        mask: t.load(at.wrapping_add(3 * word))?,
    })
}

fn store_action(t: &Thread<'_>, at: u64, action: &SigAction) -> Result<(), Errno> {
    let word = t.word_size();
    t.store_word(at, action.handler)?;
    t.store_word(at.wrapping_add(word), action.flags.into())?;
    t.store_word(at.wrapping_add(2 * word), action.restorer)?;
    t.store(at.wrapping_add(3 * word), &action.mask)
}

/// rt_sigaction(2).
pub fn rt_sigaction(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[3] != 8 {
        return Err(Errno::EINVAL);
    }
    let action = if a[1] == 0 { None } else { Some(load_action(t, a[1])?) };
    let old = action_call(t, a[0], action)?;
    if a[2] != 0 {
        store_action(t, a[2], &old)?;
    }
    Ok(0)
}

/// sigaction(2) of i386 (67): handler, a 32-bit mask, flags, restorer.
pub fn old_sigaction(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let action = if a[1] == 0 {
        None
    } else {
        let [handler, mask, flags, restorer]: [u32; 4] = t.load(a[1])?;
        Some(SigAction { handler: handler.into(), flags, restorer: restorer.into(), mask: mask.into() })
    };
    let old = action_call(t, a[0], action)?;
    t.store_if(a[2], &[old.handler as u32, old.mask as u32, old.flags, old.restorer as u32])?;
    Ok(0)
}

/// signal(2) of i386: System V semantics.
pub fn old_signal(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = SA_RESETHAND | SA_NODEFER;
    let old = action_call(t, a[0], Some(SigAction { handler: a[1], flags, restorer: 0, mask: 0 }))?;
    Ok(old.handler as i64)
}

fn mask_call(t: &mut Thread<'_>, call: &Call) -> Result<SigSet, Errno> {
    match t.request(call)?.1 {
        Body::Mask(mask) => Ok(mask),
        _ => Err(Errno::EIO),
    }
}

/// rt_sigprocmask(2).
pub fn rt_sigprocmask(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[3] != 8 {
        return Err(Errno::EINVAL);
    }
    let set = load_mask(t, a[1], 8)?;
    if set.is_some() && a[0] as u32 > 2 {
        return Err(Errno::EINVAL);
    }
    let old = mask_call(t, &Call::Sigprocmask { how: a[0] as u32, set })?;
    t.store_if(a[2], &old)?;
    Ok(0)
}

/// sigprocmask(2) of i386: 32 signals.
pub fn old_sigprocmask(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let set = if a[1] == 0 { None } else { Some(u64::from(t.load::<u32>(a[1])?)) };
    let (how, set) = match (a[0] as u32, set) {
        (2, Some(low)) => {
            // The upper half stays.
            let now = mask_call(t, &Call::Sigprocmask { how: 0, set: None })?;
            (2, Some(now & !0xffff_ffff | low))
        }
        (how @ 0..=2, set) => (how, set),
        (_, None) => (0, None),
        _ => return Err(Errno::EINVAL),
    };
    let old = mask_call(t, &Call::Sigprocmask { how, set })?;
    t.store_if(a[2], &(old as u32))?;
    Ok(0)
}

/// rt_sigpending(2).
pub fn rt_sigpending(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let pending = mask_call(t, &Call::Sigpending)?;
    match a[1] {
        size @ 0..=8 => t.write_mem(a[0], &pending.to_le_bytes()[..size as usize])?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}

/// sigpending(2) of i386.
pub fn old_sigpending(t: &mut Thread<'_>, a: &Args) -> SysResult {
    rt_sigpending(t, &[a[0], 4, 0, 0, 0, 0])
}

/// rt_sigsuspend(2).
pub fn rt_sigsuspend(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let mask = load_mask(t, a[0], a[1])?.ok_or(Errno::EFAULT)?;
    t.value(&Call::Sigsuspend { mask })
}

/// sigsuspend(2) of i386: the mask is the third argument.
pub fn old_sigsuspend(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Sigsuspend { mask: a[2] & 0xffff_ffff })
}

/// pause(2).
pub fn pause(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Sleep { clock: 1, deadline: None })
}

fn timedwait(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let set = load_mask(t, a[0], a[3])?.ok_or(Errno::EFAULT)?;
    let deadline = match a[2] {
        0 => None,
        at => match time::load_timespec(t, at, kind)? {
            0 => Some(0),
            nanos => Some(time::deadline_in(t, nanos)),
        },
    };
    let (_, body) = match t.request(&Call::Sigtimedwait { set, deadline }) {
        // Never started again.
        Err(errno) if errno.0 >= 512 => return Err(Errno::EINTR),
        other => other?,
    };
    let Body::Info(info) = body else { return Err(Errno::EIO) };
    if a[1] != 0 {
        t.write_mem(a[1], &siginfo::encode(&info, t.width))?;
    }
    Ok(info.signo.into())
}

/// rt_sigtimedwait(2).
pub fn rt_sigtimedwait(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timedwait(t, a, TimeKind::Native)
}

/// rt_sigtimedwait_time64 of i386.
pub fn rt_sigtimedwait_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    timedwait(t, a, TimeKind::Wide)
}

/// kill(2).
pub fn kill(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Kill { pid: a[0] as i32, tid: None, signo: a[1] as u32, info: None })
}

/// tgkill(2).
pub fn tgkill(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (pid, tid) = (a[0] as i32, a[1] as i32);
    if pid <= 0 || tid <= 0 {
        return Err(Errno::EINVAL);
    }
    t.value(&Call::Kill { pid, tid: Some(tid), signo: a[2] as u32, info: None })
}

/// tkill(2): the process is not named, which the kernel takes as 0.
pub fn tkill(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let tid = a[0] as i32;
    if tid <= 0 {
        return Err(Errno::EINVAL);
    }
    t.value(&Call::Kill { pid: 0, tid: Some(tid), signo: a[1] as u32, info: None })
}

pub(super) fn load_info(t: &Thread<'_>, at: u64, signo: u64) -> Result<SigInfo, Errno> {
    let mut bytes = [0; siginfo::SIZE];
    t.read_mem(at, &mut bytes)?;
    Ok(SigInfo { signo: signo as u32, ..siginfo::decode(&bytes, t.width) })
}

/// rt_sigqueueinfo(2).
pub fn rt_sigqueueinfo(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let info = load_info(t, a[2], a[1])?;
    t.value(&Call::Kill { pid: a[0] as i32, tid: None, signo: a[1] as u32, info: Some(info) })
}

/// rt_tgsigqueueinfo(2).
pub fn rt_tgsigqueueinfo(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let info = load_info(t, a[3], a[2])?;
    let (pid, tid) = (a[0] as i32, Some(a[1] as i32));
    t.value(&Call::Kill { pid, tid, signo: a[2] as u32, info: Some(info) })
}

/// sigreturn(2) of i386.
pub fn sigreturn(t: &mut Thread<'_>, _: &Args) -> SysResult {
    Ok(t.sigreturn(false))
}

/// rt_sigreturn(2).
pub fn rt_sigreturn(t: &mut Thread<'_>, _: &Args) -> SysResult {
    Ok(t.sigreturn(true))
}

/// sigaltstack(2).
pub fn sigaltstack(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let word = t.word_size();
    let on = t.on_altstack();
    let old = t.altstack;
    let new = match a[0] {
        0 => None,
        at => Some(AltStack {
            base: t.load_word(at)?,
            flags: t.load::<u32>(at.wrapping_add(word))?,
            size: t.load_word(at.wrapping_add(2 * word))?,
        }),
    };
    if let Some(new) = new {
        if on {
            return Err(Errno::EPERM);
        }
        match new.flags & !SS_AUTODISARM {
            SS_DISABLE => t.altstack = AltStack { base: 0, size: 0, flags: new.flags },
            0 | SS_ONSTACK if new.size < MINSIGSTKSZ => return Err(Errno::ENOMEM),
            0 | SS_ONSTACK => t.altstack = AltStack { flags: new.flags & SS_AUTODISARM, ..new },
            _ => return Err(Errno::EINVAL),
        }
    }
    if a[1] != 0 {
        let flags = if on { old.flags | SS_ONSTACK } else { old.flags };
        t.store_word(a[1], old.base)?;
        // The hole after the flags of the 64-bit structure is written, too.
        t.store_word(a[1].wrapping_add(word), flags.into())?;
        t.store_word(a[1].wrapping_add(2 * word), old.size)?;
    }
    Ok(0)
}

/// Whether a system call restarts after a handler with these action flags.
pub fn restarts(errno: Errno, action_flags: u32) -> bool {
    match errno {
        Errno::ERESTARTNOINTR => true,
        Errno::ERESTARTSYS => action_flags & tawaki_abi::signal::SA_RESTART != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_abi::signal::SA_RESTART;

    #[test]
    fn restart_rules() {
        assert!(restarts(Errno::ERESTARTSYS, SA_RESTART));
        assert!(!restarts(Errno::ERESTARTSYS, 0));
        assert!(restarts(Errno::ERESTARTNOINTR, 0));
        assert!(!restarts(Errno::ERESTARTNOHAND, SA_RESTART));
        assert!(!restarts(Errno::EINTR, SA_RESTART));
    }
}
