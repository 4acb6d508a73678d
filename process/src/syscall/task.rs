//! Processes: their beginning, their end, waiting for them (clone(2), execve(2), exit(2), wait4(2), waitid(2)).

use crate::fork::{CloneArgs, clone_flags};
use crate::loader::Request;
use crate::signal::siginfo;
use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::fs::AT_FDCWD;
use tawaki_abi::signal::{CLD_CONTINUED, CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SIGCHLD, SigInfo};
use tawaki_abi::wire::{Body, Call, Rusage, WaitWhich, Waited, trace_event};
use tawaki_abi::{Errno, layout32, layout64};

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
    t.trace_event(trace_event::EXIT, ((status & 0xff) << 8) as u64);
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

/// Stores a `struct rusage` unless the pointer is null.
pub fn put_rusage(t: &Thread<'_>, at: u64, usage: &Rusage) -> Result<(), Errno> {
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
        (3, fd @ 0..) => WaitWhich::Pidfd(fd),
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
