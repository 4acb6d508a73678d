//! Processes, identity, limits, system information (clone(2), wait4(2), setuid(2), prlimit(2), uname(2) …).

use crate::fork::{CloneArgs, clone_flags};
use crate::loader::Request;
use crate::signal::siginfo;
use crate::syscall::Args;
use crate::syscall::fs::wide_id;
use crate::syscall::time::SECOND;
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::fs::AT_FDCWD;
use tawaki_abi::signal::{CLD_CONTINUED, CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SIGCHLD, SigInfo};
use tawaki_abi::wire::{Body, Call, IdKind, Rusage, SetIds, WaitWhich, Waited};
use tawaki_abi::{Errno, layout32, layout64};
use tawaki_cpu::state::TlsDescriptor;
use tawaki_cpu::{CpuState, Mode};

/// Clock ticks per second as programs see them (`AT_CLKTCK`).
const TICK: u64 = SECOND / 100;

// ---- new tasks

/// fork(2).
pub fn fork(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.clone_task(CloneArgs { exit_signal: SIGCHLD, ..CloneArgs::default() })
}

/// vfork(2).
pub fn vfork(t: &mut Thread<'_>, _: &Args) -> SysResult {
    let flags = clone_flags::VM | clone_flags::VFORK;
    t.clone_task(CloneArgs { flags, exit_signal: SIGCHLD, ..CloneArgs::default() })
}

/// clone(2): the two ABIs order the last arguments differently.
pub fn clone(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (child_tid, tls) = match t.width {
        Width::W64 => (a[3], a[4]),
        Width::W32 => (a[4], a[3]),
    };
    let args = CloneArgs {
        flags: a[0] & 0xffff_ff00,
        exit_signal: a[0] as u32 & 0xff,
        stack: a[1],
        parent_tid: a[2],
        child_tid,
        tls,
    };
    t.clone_task(args)
}

/// clone3(2): `struct clone_args`, at least its first version.
pub fn clone3(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] < 64 {
        return Err(Errno::EINVAL);
    }
    if a[1] > 4096 {
        return Err(Errno::E2BIG);
    }
    let [flags, _pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls]: [u64; 8] =
        t.load(a[0])?;
    let rest = t.read_vec(a[0].wrapping_add(64), a[1] - 64)?;
    if rest.iter().any(|&b| b != 0) {
        // set_tid, cgroup: not supported.
        return Err(Errno::EINVAL);
    }
    if flags & 0xff != 0 || exit_signal > 64 || (stack == 0) != (stack_size == 0) {
        return Err(Errno::EINVAL);
    }
    let args = CloneArgs {
        flags,
        exit_signal: exit_signal as u32,
        stack: stack.wrapping_add(stack_size),
        parent_tid,
        child_tid,
        tls,
    };
    t.clone_task(args)
}

fn exec_of(t: &mut Thread<'_>, dirfd: i32, path: u64, argv: u64, envp: u64, flags: u32) -> SysResult {
    let path = t.path(path)?;
    let (argv, envp) = (t.string_array(argv)?, t.string_array(envp)?);
    t.execve(Request { dirfd, flags, path, argv, envp, handle: None })
}

/// execve(2).
pub fn execve(t: &mut Thread<'_>, a: &Args) -> SysResult {
    exec_of(t, AT_FDCWD, a[0], a[1], a[2], 0)
}

/// execveat(2).
pub fn execveat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    exec_of(t, a[0] as i32, a[1], a[2], a[3], a[4] as u32)
}

/// exit(2).
pub fn exit(t: &mut Thread<'_>, a: &Args) -> SysResult {
    leave(t, a, |status| Call::Exit { status })
}

/// exit_group(2).
pub fn exit_group(t: &mut Thread<'_>, a: &Args) -> SysResult {
    leave(t, a, |status| Call::ExitGroup { status })
}

fn leave(t: &mut Thread<'_>, a: &Args, call: impl Fn(i32) -> Call) -> SysResult {
    let status = a[0] as i32;
    if t.vfork.is_empty() {
        t.write_back(0..crate::mm::vma::PAGES);
    }
    if t.shared.threads.load(std::sync::atomic::Ordering::SeqCst) > 1 {
        crate::futex::thread_ends(t);
    }
    let reply = t.call(&call(status));
    t.after_end(reply, (status & 0xff) << 8);
    // A vfork child's parent finds its own result where this one would go.
    Ok(t.cpu.gpr(0) as i64)
}

// ---- waiting

fn put_rusage(t: &Thread<'_>, at: u64, usage: &Rusage) -> Result<(), Errno> {
    if at == 0 {
        return Ok(());
    }
    match t.width {
        Width::W64 => t.store(at, &layout64::Rusage64::from(usage)),
        Width::W32 => t.store(at, &layout32::Rusage32::from(usage)),
    }
}

fn wait(t: &mut Thread<'_>, which: WaitWhich, options: u32) -> Result<Waited, Errno> {
    match t.request(&Call::Wait { which, options })?.1 {
        Body::Waited(waited) => Ok(waited),
        _ => Ok(Waited::default()),
    }
}

/// `WEXITED`, which waitid must ask for and wait4 implies.
const WEXITED: u32 = 4;

/// wait4(2).
pub fn wait4(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let options = a[2] as u32;
    // WNOHANG, WUNTRACED, WCONTINUED, __WNOTHREAD, __WALL, __WCLONE
    if options & !(1 | 2 | 8 | 0xe000_0000) != 0 {
        return Err(Errno::EINVAL);
    }
    let which = match a[0] as i32 {
        -1 => WaitWhich::Any,
        0 => WaitWhich::Group(0),
        i32::MIN => return Err(Errno::ESRCH),
        pid @ 1.. => WaitWhich::Pid(pid),
        group => WaitWhich::Group(-group),
    };
    let waited = wait(t, which, options | WEXITED)?;
    if waited.pid != 0 {
        t.store_if(a[1], &waited.status)?;
        put_rusage(t, a[3], &waited.rusage)?;
    }
    Ok(waited.pid.into())
}

/// waitpid(2) of i386.
pub fn waitpid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    wait4(t, &[a[0], a[1], a[2], 0, 0, 0])
}

/// `si_code` and `si_status` of a wait status.
fn child_code(status: i32) -> (i32, i32) {
    match (status & 0x7f, status >> 8 & 0xff) {
        _ if status == 0xffff => (CLD_CONTINUED, 18),
        (0, code) => (CLD_EXITED, code),
        (0x7f, signal) => (CLD_STOPPED, signal),
        (signal, _) if status & 0x80 != 0 => (CLD_DUMPED, signal),
        (signal, _) => (CLD_KILLED, signal),
    }
}

/// waitid(2).
pub fn waitid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let which = match (a[0] as u32, a[1] as i32) {
        (0, _) => WaitWhich::Any,
        (1, pid @ 1..) => WaitWhich::Pid(pid),
        (2, group @ 0..) => WaitWhich::Group(group),
        (3, _) => {
            t.log_once("waitid on a pidfd is not supported");
            return Err(Errno::EINVAL);
        }
        _ => return Err(Errno::EINVAL),
    };
    let options = a[3] as u32;
    // At least one of WEXITED, WSTOPPED, WCONTINUED; WNOHANG and WNOWAIT beside.
    if options & !(1 | 2 | 4 | 8 | 0x0100_0000 | 0xe000_0000) != 0 || options & 0xe == 0 {
        return Err(Errno::EINVAL);
    }
    let waited = wait(t, which, options)?;
    if a[2] != 0 {
        let info = if waited.pid == 0 {
            SigInfo::default()
        } else {
            let (code, status) = child_code(waited.status);
            SigInfo { signo: SIGCHLD, code, pid: waited.pid, uid: waited.uid, status, ..SigInfo::default() }
        };
        t.write_mem(a[2], &siginfo::encode(&info, t.width))?;
    }
    if waited.pid != 0 {
        put_rusage(t, a[4], &waited.rusage)?;
    }
    Ok(0)
}

// ---- numbers

fn id(t: &mut Thread<'_>, which: IdKind) -> SysResult {
    t.value(&Call::GetId { which })
}

/// getpid(2), answered here once known.
pub fn getpid(t: &mut Thread<'_>, _: &Args) -> SysResult {
    if let Some(pid) = t.ids.pid {
        return Ok(pid.into());
    }
    let pid = id(t, IdKind::Pid)?;
    t.ids.pid = Some(pid as i32);
    Ok(pid)
}

/// gettid(2), likewise.
pub fn gettid(t: &mut Thread<'_>, _: &Args) -> SysResult {
    if let Some(tid) = t.ids.tid {
        return Ok(tid.into());
    }
    let tid = id(t, IdKind::Tid)?;
    t.ids.tid = Some(tid as i32);
    Ok(tid)
}

macro_rules! get_ids {
    ($($name:ident $name16:ident $kind:ident)*) => {$(
        #[doc = concat!(stringify!($name), "(2).")]
        pub fn $name(t: &mut Thread<'_>, _: &Args) -> SysResult {
            id(t, IdKind::$kind)
        }
        #[doc = concat!("The 16-bit ", stringify!($name), " of i386: what does not fit is 65534.")]
        pub fn $name16(t: &mut Thread<'_>, _: &Args) -> SysResult {
            id(t, IdKind::$kind).map(narrow_id)
        }
    )*};
}
get_ids! {
    getuid getuid16 Uid
    geteuid geteuid16 Euid
    getgid getgid16 Gid
    getegid getegid16 Egid
}

fn narrow_id(id: i64) -> i64 {
    if id > 0xffff { 65534 } else { id }
}

/// getppid(2).
pub fn getppid(t: &mut Thread<'_>, _: &Args) -> SysResult {
    id(t, IdKind::Ppid)
}

/// getpgrp(2).
pub fn getpgrp(t: &mut Thread<'_>, _: &Args) -> SysResult {
    id(t, IdKind::Pgrp)
}

/// getpgid(2).
pub fn getpgid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Getpgid { pid: a[0] as i32 })
}

/// setpgid(2).
pub fn setpgid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Setpgid { pid: a[0] as i32, pgid: a[1] as i32 })
}

/// getsid(2).
pub fn getsid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Getsid { pid: a[0] as i32 })
}

/// setsid(2).
pub fn setsid(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Setsid)
}

macro_rules! set_ids {
    ($($name:ident $name16:ident $variant:ident $($index:literal)*;)*) => {$(
        #[doc = concat!(stringify!($name), "(2).")]
        pub fn $name(t: &mut Thread<'_>, a: &Args) -> SysResult {
            t.value(&Call::SetIds { op: SetIds::$variant($(a[$index] as u32),*) })
        }
        #[doc = concat!("The 16-bit ", stringify!($name), " of i386.")]
        pub fn $name16(t: &mut Thread<'_>, a: &Args) -> SysResult {
            t.value(&Call::SetIds { op: SetIds::$variant($(wide_id(a[$index]) as u32),*) })
        }
    )*};
}
set_ids! {
    setuid setuid16 Uid 0;
    setgid setgid16 Gid 0;
    setreuid setreuid16 Reuid 0 1;
    setregid setregid16 Regid 0 1;
    setresuid setresuid16 Resuid 0 1 2;
    setresgid setresgid16 Resgid 0 1 2;
    setfsuid setfsuid16 Fsuid 0;
    setfsgid setfsgid16 Fsgid 0;
}

fn getres(t: &mut Thread<'_>, a: &Args, group: bool, narrow: bool) -> SysResult {
    let Body::Ids(real, effective, saved) = t.request(&Call::GetIds { group })?.1 else {
        return Err(Errno::EIO);
    };
    for (at, id) in a.iter().zip([real, effective, saved]) {
        if narrow {
            t.store(*at, &(narrow_id(id.into()) as u16))?;
        } else {
            t.store(*at, &id)?;
        }
    }
    Ok(0)
}

/// getresuid(2).
pub fn getresuid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, false, false)
}

/// getresgid(2).
pub fn getresgid(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, true, false)
}

/// getresuid16 of i386.
pub fn getresuid16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, false, true)
}

/// getresgid16 of i386.
pub fn getresgid16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getres(t, a, true, true)
}

/// Most supplementary groups (`NGROUPS_MAX`).
const NGROUPS_MAX: u64 = 65536;

fn getgroups_of(t: &mut Thread<'_>, a: &Args, narrow: bool) -> SysResult {
    let size = a[0] as i32;
    if size < 0 {
        return Err(Errno::EINVAL);
    }
    let Body::Groups(groups) = t.request(&Call::Getgroups)?.1 else { return Err(Errno::EIO) };
    if size == 0 {
        return Ok(groups.len() as i64);
    }
    if groups.len() > size as usize {
        return Err(Errno::EINVAL);
    }
    if narrow {
        let groups: Vec<u16> = groups.iter().map(|&g| narrow_id(g.into()) as u16).collect();
        t.write_mem(a[1], bytemuck::cast_slice(&groups))?;
    } else {
        t.write_mem(a[1], bytemuck::cast_slice(&groups))?;
    }
    Ok(groups.len() as i64)
}

/// getgroups(2).
pub fn getgroups(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getgroups_of(t, a, false)
}

/// getgroups16 of i386.
pub fn getgroups16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getgroups_of(t, a, true)
}

/// setgroups(2).
pub fn setgroups(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] > NGROUPS_MAX {
        return Err(Errno::EINVAL);
    }
    let bytes = t.read_vec(a[1], a[0] * 4)?;
    let groups = bytes.chunks_exact(4).map(bytemuck::pod_read_unaligned).collect();
    t.value(&Call::SetIds { op: SetIds::Groups(groups) })
}

/// setgroups16 of i386.
pub fn setgroups16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] > NGROUPS_MAX {
        return Err(Errno::EINVAL);
    }
    let bytes = t.read_vec(a[1], a[0] * 2)?;
    let groups = bytes.chunks_exact(2).map(|c| u32::from(bytemuck::pod_read_unaligned::<u16>(c))).collect();
    t.value(&Call::SetIds { op: SetIds::Groups(groups) })
}

// ---- limits and usage

fn prlimit_call(
    t: &mut Thread<'_>,
    pid: i32,
    resource: u32,
    new: Option<(u64, u64)>,
) -> Result<(u64, u64), Errno> {
    match t.request(&Call::Prlimit { pid, resource, new })?.1 {
        Body::Rlimit(soft, hard) => {
            // RLIMIT_AS of this process is kept here, where mappings are made.
            if let (0, 9, Some((soft, _))) = (pid, resource, new) {
                t.mm().limit = if soft == u64::MAX { u64::MAX } else { soft / 4096 };
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
    put_rusage(t, a[1], &usage)?;
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

/// sethostname(2).
pub fn sethostname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let len = a[1] as i32;
    if !(0..=64).contains(&len) {
        return Err(Errno::EINVAL);
    }
    let name = t.read_vec(a[0], len as u64)?;
    t.value(&Call::Sethostname { name: name.into() })
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

// ---- scheduling

/// sched_yield(2).
pub fn sched_yield(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Yield)
}

/// The processors as a mask of 64 bits.
fn cpu_mask(t: &Thread<'_>) -> u64 {
    u64::MAX >> (64 - t.host.processors().clamp(1, 64))
}

/// sched_getaffinity(2): every processor; the result is the size of the kernel's mask.
pub fn sched_getaffinity(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] < 8 || !a[1].is_multiple_of(t.word_size()) {
        return Err(Errno::EINVAL);
    }
    t.store(a[2], &cpu_mask(t))?;
    Ok(8)
}

/// sched_setaffinity(2): accepted when at least one processor is there, without effect.
pub fn sched_setaffinity(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let mut mask = [0; 8];
    let len = a[1].min(8) as usize;
    t.read_mem(a[2], &mut mask[..len])?;
    if u64::from_le_bytes(mask) & cpu_mask(t) == 0 { Err(Errno::EINVAL) } else { Ok(0) }
}

/// sched_getscheduler(2): SCHED_OTHER.
pub fn sched_getscheduler(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Ok(0)
}

/// sched_setscheduler(2): only SCHED_OTHER, BATCH and IDLE are for everyone.
pub fn sched_setscheduler(_: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[1] as u32 & !0x4000_0000 {
        0 | 3 | 5 => Ok(0),
        1 | 2 => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

/// sched_getparam(2): priority 0.
pub fn sched_getparam(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.store(a[1], &0u32)?;
    Ok(0)
}

/// sched_setparam(2).
pub fn sched_setparam(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if t.load::<u32>(a[1])? == 0 { Ok(0) } else { Err(Errno::EINVAL) }
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

// ---- thread state kept here

/// set_tid_address(2).
pub fn set_tid_address(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.clear_tid = a[0];
    gettid(t, a)
}

/// set_robust_list(2).
pub fn set_robust_list(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[1] != 3 * t.word_size() {
        return Err(Errno::EINVAL);
    }
    t.robust = (a[0], a[1]);
    Ok(0)
}

/// get_robust_list(2) of the caller.
pub fn get_robust_list(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let pid = a[0] as i32;
    if pid != 0 && Some(pid) != t.ids.tid {
        return Err(Errno::EPERM);
    }
    t.store_word(a[1], t.robust.0)?;
    t.store_word(a[2], t.robust.1)?;
    Ok(0)
}

/// arch_prctl(2).
pub fn arch_prctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    const USER_END: u64 = 1 << 47;
    match a[0] as u32 {
        0x1001 | 0x1002 if a[1] >= USER_END => Err(Errno::EPERM),
        0x1001 => {
            t.cpu.set_gs_base(a[1]);
            Ok(0)
        }
        0x1002 => {
            t.cpu.set_fs_base(a[1]);
            Ok(0)
        }
        0x1003 => t.store(a[1], &t.cpu.fs_base()).map(|()| 0),
        0x1004 => t.store(a[1], &t.cpu.gs_base()).map(|()| 0),
        // CPUID faulting, shadow stacks, tagged addresses: not there.
        _ => Err(Errno::EINVAL),
    }
}

/// Number of the first TLS entry in the GDT.
const TLS_ENTRY: u32 = tawaki_cpu::state::TLS_FIRST as u32;

/// `struct user_desc` into `cpu`; returns its entry number.
pub fn install_tls(t: &mut Thread<'_>, cpu: &mut CpuState, at: u64) -> Result<u32, Errno> {
    let [number, base, limit, flags]: [u32; 4] = t.load(at)?;
    let index = if number == u32::MAX {
        cpu.tls.iter().position(|entry| !entry.present).ok_or(Errno::ESRCH)?
    } else {
        let index = number.checked_sub(TLS_ENTRY).filter(|&i| i < 3).ok_or(Errno::EINVAL)?;
        index as usize
    };
    // Empty descriptors (read-execute-only and not present, nothing else) clear the entry.
    let empty = base == 0 && limit == 0 && flags & 0x7f == 0x28;
    cpu.set_tls(index, TlsDescriptor { base, limit, present: !empty });
    Ok(TLS_ENTRY + index as u32)
}

/// set_thread_area(2) of i386.
pub fn set_thread_area(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let wants_number = t.load::<u32>(a[0])? == u32::MAX;
    let mut cpu = t.cpu.clone();
    let number = install_tls(t, &mut cpu, a[0])?;
    if wants_number {
        t.store(a[0], &number)?;
    }
    t.cpu = cpu;
    Ok(0)
}

/// get_thread_area(2) of i386.
pub fn get_thread_area(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let number: u32 = t.load(a[0])?;
    let index = number.checked_sub(TLS_ENTRY).filter(|&i| i < 3).ok_or(Errno::EINVAL)?;
    let entry = t.cpu.tls[index as usize];
    // 32-bit, limit in pages, useable; or empty.
    let flags = if entry.present { 0x51 } else { 0x28 };
    t.store(a[0], &[number, entry.base, entry.limit, flags])?;
    Ok(0)
}

/// prctl(2): what the kernel keeps goes there.
pub fn prctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    const SET_PDEATHSIG: u32 = 1;
    const GET_PDEATHSIG: u32 = 2;
    const SET_NAME: u32 = 15;
    const GET_NAME: u32 = 16;
    let op = a[0] as u32;
    let call = |arg: u64, name: Vec<u8>| Call::Prctl { op, arg, name: name.into() };
    match op {
        SET_NAME => {
            let mut name = Vec::new();
            while name.len() < 15 {
                match t.load::<u8>(a[1].wrapping_add(name.len() as u64))? {
                    0 => break,
                    byte => name.push(byte),
                }
            }
            t.value(&call(0, name))
        }
        GET_NAME => {
            let mut name = match t.request(&call(0, Vec::new()))?.1 {
                Body::Bytes(name) => name.into_vec(),
                _ => Vec::new(),
            };
            name.resize(16, 0);
            name[15] = 0;
            t.write_mem(a[1], &name)?;
            Ok(0)
        }
        GET_PDEATHSIG => {
            let signal = t.value(&call(0, Vec::new()))?;
            t.store(a[1], &(signal as i32))?;
            Ok(0)
        }
        SET_PDEATHSIG => t.value(&call(a[1], Vec::new())),
        // PR_SET_VMA, PR_SET_THP_DISABLE, PR_SET_TIMERSLACK, PR_SET_MM: without effect here.
        0x5356_4d41 | 41 | 29 => Ok(0),
        // PR_GET_THP_DISABLE, PR_GET_TIMERSLACK
        42 => Ok(0),
        30 => Ok(50_000),
        // PR_SET_PTRACER
        0x5961_6d61 => Ok(0),
        // PR_GET_TSC: enabled
        25 => t.store(a[1], &1u32).map(|()| 0),
        _ => t.value(&call(a[1], Vec::new())),
    }
}

/// personality(2): PER_LINUX, and flags that mean nothing here.
pub fn personality(_: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[0] as u32 {
        0xffff_ffff => Ok(0),
        // ADDR_NO_RANDOMIZE (which is how it is), READ_IMPLIES_EXEC not.
        0 | 0x0004_0000 | 0x0008 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// Version 3 of `struct __user_cap_header_struct`.
const CAP_V3: u32 = 0x2008_0522;

/// capget(2).
pub fn capget(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [version, pid]: [u32; 2] = t.load(a[0])?;
    let words = match version {
        0x1998_0330 => 1,
        0x2007_1026 | CAP_V3 => 2,
        _ => {
            t.store(a[0], &CAP_V3)?;
            return if a[1] == 0 { Ok(0) } else { Err(Errno::EINVAL) };
        }
    };
    let Body::Caps(effective, permitted, inheritable) = t.request(&Call::Capget { pid: pid as i32 })?.1
    else {
        return Err(Errno::EIO);
    };
    if a[1] != 0 {
        for i in 0..words {
            let word = |set: u64| (set >> (32 * i)) as u32;
            let at = a[1].wrapping_add(12 * i);
            t.store(at, &[word(effective), word(permitted), word(inheritable)])?;
        }
    }
    Ok(0)
}

/// capset(2): giving up what one has is accepted, asking for more is refused by the kernel's own rules elsewhere.
pub fn capset(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [version, pid]: [u32; 2] = t.load(a[0])?;
    if version != CAP_V3 && version != 0x2007_1026 {
        return Err(Errno::EINVAL);
    }
    let Body::Caps(_, permitted, _) = t.request(&Call::Capget { pid: pid as i32 })?.1 else {
        return Err(Errno::EIO);
    };
    let low: [u32; 3] = t.load(a[1])?;
    let high: [u32; 3] = t.load(a[1].wrapping_add(12))?;
    let wanted = u64::from(low[0] | low[1]) | u64::from(high[0] | high[1]) << 32;
    if wanted & !permitted != 0 { Err(Errno::EPERM) } else { Ok(0) }
}

/// Calls that only the superuser of a real machine may make.
pub fn not_permitted(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::EPERM)
}

/// restart_syscall(2): nothing is left to restart, see `ERESTART*` in the trap loop.
pub fn restart_syscall(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::EINTR)
}
