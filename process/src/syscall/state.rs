//! State of a thread that this crate keeps: thread pointers, robust list, personality; and prctl(2).

use crate::syscall::Args;
use crate::syscall::ids::gettid;
use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call};
use tawaki_cpu::CpuState;
use tawaki_cpu::state::TlsDescriptor;

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
        // Another thread's list is that thread's own.
        t.value(&Call::Priority { which: 0, who: pid, set: None })?;
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

/// Which of the three entries a number means.
fn tls_index(number: u32) -> Result<usize, Errno> {
    let index = number.checked_sub(TLS_ENTRY).filter(|&i| i < 3).ok_or(Errno::EINVAL)?;
    Ok(index as usize)
}

/// `struct user_desc` into `cpu`; returns its entry number.
pub fn install_tls(t: &mut Thread<'_>, cpu: &mut CpuState, at: u64) -> Result<u32, Errno> {
    set_tls_entry(cpu, t.load(at)?)
}

/// A `struct user_desc` into `cpu`; returns its entry number.
pub fn set_tls_entry(cpu: &mut CpuState, info: [u32; 4]) -> Result<u32, Errno> {
    const WIDE: u32 = 1;
    const NO_DATA: u32 = 4;
    const ABSENT: u32 = 0x20;
    let [number, base, limit, flags] = info;
    // Empty descriptors (read-execute-only and not present, or all zero) clear the entry.
    let empty = base == 0 && limit == 0 && matches!(flags & 0x7f, 0x28 | 0);
    if !empty && flags & (WIDE | NO_DATA | ABSENT) != WIDE {
        return Err(Errno::EINVAL);
    }
    let index = if number == u32::MAX {
        cpu.tls.iter().position(|entry| !entry.present).ok_or(Errno::ESRCH)?
    } else {
        tls_index(number)?
    };
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
    t.store(a[0], &tls_entry(&t.cpu, number)?)?;
    Ok(0)
}

/// An entry as a `struct user_desc`.
pub fn tls_entry(cpu: &CpuState, number: u32) -> Result<[u32; 4], Errno> {
    let entry = cpu.tls[tls_index(number)?];
    // 32-bit, limit in pages, useable; or empty.
    let flags = if entry.present { 0x51 } else { 0x28 };
    Ok([number, entry.base, entry.limit, flags])
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
        // PR_SET_VMA, PR_TASK_PERF_EVENTS_DISABLE and _ENABLE: without effect here.
        0x5356_4d41 | 31 | 32 => Ok(0),
        // PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE: remembered.
        29 => {
            t.inherited.timer_slack = t.signed(a[1]).max(0) as u64;
            Ok(0)
        }
        30 => Ok(match t.inherited.timer_slack {
            0 => 50_000,
            slack => slack as i64,
        }),
        41 | 42 if a[2] | a[3] | a[4] != 0 => Err(Errno::EINVAL),
        41 => {
            t.inherited.no_huge_pages = a[1] != 0;
            Ok(0)
        }
        42 => Ok(t.inherited.no_huge_pages.into()),
        // PR_GET_TIMING, PR_SET_TIMING: statistical, as ever.
        13 => Ok(0),
        14 => {
            if a[1] == 0 {
                Ok(0)
            } else {
                Err(Errno::EINVAL)
            }
        }
        // PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS: what is unused must be 0.
        38 | 39 if a[2] | a[3] | a[4] != 0 || op == 39 && a[1] != 0 => Err(Errno::EINVAL),
        // PR_GET_SECCOMP, PR_SET_SECCOMP
        21 => crate::seccomp::prctl_get(t),
        22 => crate::seccomp::prctl_set(t, a[1], a[2]),
        // PR_CAP_AMBIENT: operation and capability
        47 if a[3] | a[4] != 0 || a[2] >> 32 != 0 => Err(Errno::EINVAL),
        47 => t.value(&call(a[1] & 0xffff_ffff | a[2] << 32, Vec::new())),
        // PR_SET_PTRACER
        0x5961_6d61 => Ok(0),
        // PR_GET_TSC: enabled
        25 => t.store(a[1], &1u32).map(|()| 0),
        _ => t.value(&call(a[1], Vec::new())),
    }
}

/// personality(2): PER_LINUX, and flags that mean nothing here.
pub fn personality(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let old = i64::from(t.inherited.personality);
    match a[0] as u32 {
        0xffff_ffff => {}
        // ADDR_NO_RANDOMIZE (which is how it is), PER_LINUX32; READ_IMPLIES_EXEC not.
        new @ (0 | 0x0004_0000 | 0x0008 | 0x0004_0008) => t.inherited.personality = new,
        _ => return Err(Errno::EINVAL),
    }
    Ok(old)
}

/// restart_syscall(2): nothing is left to restart, see `ERESTART*` in the trap loop.
pub fn restart_syscall(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::EINTR)
}
