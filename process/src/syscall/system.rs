//! Limits, usage and what the system says of itself (prlimit(2), getrusage(2), uname(2) …).

use crate::mm::space::TOP_PAGE;
use crate::syscall::Args;
use crate::syscall::time::SECOND;
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::mm::PAGE;
use tawaki_abi::wire::{Body, Call, Rusage};
use tawaki_abi::{Errno, layout32, layout64};
use tawaki_cpu::Mode;

/// Clock ticks per second as programs see them (`AT_CLKTCK`).
const TICK: u64 = SECOND / 100;

const RLIMIT_DATA: u32 = 2;
const RLIMIT_STACK: u32 = 3;
const RLIMIT_AS: u32 = 9;

impl Thread<'_> {
    /// What memory may be had is kept here, where mappings are made, and how far stacks may grow. A vfork child is in
    /// its parent's memory: its own begins when it executes a program.
    pub(crate) fn limit_memory(&mut self, resource: u32, soft: u64, hard: u64) {
        if !self.vfork.is_empty() {
            return;
        }
        let pages = |limit: u64| if limit == u64::MAX { limit } else { limit / PAGE };
        let (mut mm, host) = self.mm_and_host();
        match resource {
            RLIMIT_AS => mm.limits.space = pages(soft),
            RLIMIT_DATA => (mm.limits.data, mm.limits.data_most) = (pages(soft), pages(hard)),
            RLIMIT_STACK => mm.set_stack_limit(host, (soft / PAGE).min(TOP_PAGE.into()) as u32),
            _ => {}
        }
    }
}

fn prlimit_call(
    t: &mut Thread<'_>,
    pid: i32,
    resource: u32,
    new: Option<(u64, u64)>,
) -> Result<(u64, u64), Errno> {
    match t.request(&Call::Prlimit { pid, resource, new })?.1 {
        Body::Rlimit(soft, hard) => {
            if let (Some((soft, hard)), RLIMIT_AS | RLIMIT_DATA | RLIMIT_STACK) = (new, resource) {
                match pid {
                    0 => t.limit_memory(resource, soft, hard),
                    // It may have ended by now.
                    _ => drop(t.request(&Call::TellLimit { pid, resource })),
                }
            }
            Ok((soft, hard))
        }
        _ => Err(Errno::EIO),
    }
}

/// prlimit64(2): 64-bit limits on both widths.
pub fn prlimit64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let new = if a[2] == 0 { None } else { Some(t.load::<[u64; 2]>(a[2])?) };
    let mut pid = a[0] as i32;
    if Some(pid) == t.ids.pid {
        pid = 0;
    }
    let (soft, hard) = prlimit_call(t, pid, a[1] as u32, new.map(|[soft, hard]| (soft, hard)))?;
    t.store_if(a[3], &[soft, hard])?;
    Ok(0)
}

/// getrlimit(2), ugetrlimit of i386: what does not fit is infinite.
pub fn getrlimit(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (soft, hard) = prlimit_call(t, 0, a[0] as u32, None)?;
    match t.width {
        Width::W64 => t.store(a[1], &[soft, hard])?,
        Width::W32 => t.store(a[1], &[soft, hard].map(|l| u32::try_from(l).unwrap_or(u32::MAX)))?,
    }
    Ok(0)
}

/// The first getrlimit of i386, whose infinity is 2^31 - 1.
pub fn old_getrlimit(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (soft, hard) = prlimit_call(t, 0, a[0] as u32, None)?;
    t.store(a[1], &[soft, hard].map(|l| l.min(0x7fff_ffff) as u32))?;
    Ok(0)
}

/// setrlimit(2).
pub fn setrlimit(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (soft, hard) = match t.width {
        Width::W64 => {
            let [soft, hard]: [u64; 2] = t.load(a[1])?;
            (soft, hard)
        }
        Width::W32 => {
            let wide = |l: u32| if l == u32::MAX { u64::MAX } else { l.into() };
            let [soft, hard]: [u32; 2] = t.load(a[1])?;
            (wide(soft), wide(hard))
        }
    };
    prlimit_call(t, 0, a[0] as u32, Some((soft, hard)))?;
    Ok(0)
}

fn usage(t: &mut Thread<'_>, who: i32) -> Result<Rusage, Errno> {
    match t.request(&Call::Getrusage { who })?.1 {
        Body::Rusage(usage) => Ok(usage),
        _ => Err(Errno::EIO),
    }
}

/// getrusage(2).
pub fn getrusage(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let usage = usage(t, a[0] as i32)?;
    if a[1] == 0 {
        return Err(Errno::EFAULT);
    }
    super::task::put_rusage(t, a[1], &usage)?;
    Ok(0)
}

/// times(2).
pub fn times(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] != 0 {
        let (own, children) = (usage(t, 0)?, usage(t, -1)?);
        let ticks = [own.utime, own.stime, children.utime, children.stime].map(|nanos| nanos / TICK);
        for (i, ticks) in ticks.into_iter().enumerate() {
            t.store_word(a[0].wrapping_add(i as u64 * t.word_size()), ticks)?;
        }
    }
    let now = t.host.monotonic_ns() / TICK;
    Ok(if t.width == Width::W32 { i64::from(now as u32 & 0x7fff_ffff) } else { now as i64 })
}

/// sysinfo(2).
pub fn sysinfo(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let Body::Sysinfo(info) = t.request(&Call::Sysinfo)?.1 else { return Err(Errno::EIO) };
    match t.width {
        Width::W64 => t.store(a[0], &layout64::Sysinfo64::from(&info))?,
        Width::W32 => t.store(a[0], &layout32::Sysinfo32::from(&info))?,
    }
    Ok(0)
}

fn uname_of(t: &mut Thread<'_>, at: u64, field: usize, fields: usize) -> SysResult {
    let Body::Uname(names) = t.request(&Call::Uname)?.1 else { return Err(Errno::EIO) };
    let machine = if t.cpu.mode == Mode::Bits64 { "x86_64" } else { "i686" };
    let texts =
        [names.sysname.as_str(), &names.nodename, &names.release, &names.version, machine, &names.domainname];
    let mut out = vec![0; field * fields];
    for (i, text) in texts.iter().take(fields).enumerate() {
        let text = &text.as_bytes()[..text.len().min(field - 1)];
        out[i * field..i * field + text.len()].copy_from_slice(text);
    }
    t.write_mem(at, &out)?;
    Ok(0)
}

/// uname(2).
pub fn uname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    uname_of(t, a[0], 65, 6)
}

/// olduname of i386: five fields.
pub fn olduname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    uname_of(t, a[0], 65, 5)
}

fn set_name(t: &mut Thread<'_>, a: &Args, domain: bool) -> SysResult {
    let len = a[1] as i32;
    let name = match len {
        0..=64 => t.read_vec(a[0], len as u64),
        _ => Err(Errno::EINVAL),
    };
    match name {
        Ok(name) => t.value(&Call::SetName { domain, name: Some(name.into()) }),
        Err(errno) => {
            t.value(&Call::SetName { domain, name: None })?;
            Err(errno)
        }
    }
}

/// sethostname(2).
pub fn sethostname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    set_name(t, a, false)
}

/// setdomainname(2).
pub fn setdomainname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    set_name(t, a, true)
}

/// vhangup(2).
pub fn vhangup(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Vhangup)
}

/// getrandom(2).
pub fn getrandom(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE: the pool is never empty.
    if a[2] & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    let len = a[1].min(0x7fff_ffff);
    let mut done = 0;
    while done < len {
        let piece = (len - done).min(64 * 1024) as u32;
        let Body::Bytes(bytes) = t.request(&Call::Getrandom { len: piece })?.1 else {
            return Err(Errno::EIO);
        };
        let count = bytes.len().min(piece as usize);
        if count == 0 {
            break;
        }
        t.write_mem(a[0].wrapping_add(done), &bytes[..count])?;
        done += count as u64;
    }
    Ok(done as i64)
}

/// getpriority(2): the raw value, 20 minus nice.
pub fn getpriority(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Priority { which: a[0] as u32, who: a[1] as i32, set: None })
}

/// setpriority(2).
pub fn setpriority(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Priority { which: a[0] as u32, who: a[1] as i32, set: Some(a[2] as i32) })
}

/// nice(2) of i386.
pub fn nice(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let now = 20 - t.value(&Call::Priority { which: 0, who: 0, set: None })?;
    let nice = (now as i32).saturating_add(a[0] as i32).clamp(-20, 19);
    t.value(&Call::Priority { which: 0, who: 0, set: Some(nice) })
}

/// getcpu(2): processor 0 of node 0.
pub fn getcpu(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.store_if(a[0], &0u32)?;
    t.store_if(a[1], &0u32)?;
    Ok(0)
}

/// membarrier(2): engines order guest accesses no less than their host does; a
/// fence here is all that can be added.
pub fn membarrier(_: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[0] as u32 {
        // MEMBARRIER_CMD_QUERY: GLOBAL, PRIVATE_EXPEDITED and its registration.
        0 => Ok(1 | 8 | 16),
        1 | 8 | 16 => {
            std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// Calls that only the superuser of a real machine may make.
pub fn not_permitted(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::EPERM)
}
