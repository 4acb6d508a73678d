//! Identity: process numbers, users, groups, capabilities (credentials(7)).

use crate::syscall::Args;
use crate::syscall::fs::wide_id;
use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, IdKind, SetIds};

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

/// capset(2) of the caller.
pub fn capset(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [version, pid]: [u32; 2] = t.load(a[0])?;
    let words = match version {
        0x1998_0330 => 1,
        0x2007_1026 | CAP_V3 => 2,
        _ => {
            t.store(a[0], &CAP_V3)?;
            return Err(Errno::EINVAL);
        }
    };
    if pid != 0 && i64::from(pid) != gettid(t, a)? {
        return Err(Errno::EPERM);
    }
    let mut sets = [0u64; 3];
    for i in 0..words {
        let word: [u32; 3] = t.load(a[1].wrapping_add(12 * i))?;
        for (set, word) in sets.iter_mut().zip(word) {
            *set |= u64::from(word) << (32 * i);
        }
    }
    let [effective, permitted, inheritable] = sets;
    t.value(&Call::Capset { effective, permitted, inheritable })
}
