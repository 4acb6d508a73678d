//! What files and file systems are like (stat(2), statx(2), statfs(2)).

use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::fs::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, Stat, Statfs};
use tawaki_abi::wire::{Body, Call, Fd, Path};
use tawaki_abi::{Errno, layout32, layout64};

fn stat_call(t: &mut Thread<'_>, dirfd: Fd, path: Path, flags: u32) -> Result<Stat, Errno> {
    match t.request(&Call::Stat { dirfd, path, flags })?.1 {
        Body::Stat(stat) => Ok(stat),
        _ => Err(Errno::EIO),
    }
}

/// Structures of the stat family.
#[derive(Clone, Copy)]
enum Form {
    /// The ABI's `struct stat`.
    Native,
    /// `struct stat64` of i386.
    Large,
}

fn put_stat(t: &mut Thread<'_>, addr: u64, stat: &Stat, form: Form) -> SysResult {
    match (t.width, form) {
        (Width::W64, _) => t.store(addr, &layout64::Stat64::from(stat))?,
        (Width::W32, Form::Native) => t.store(addr, &layout32::Stat32::try_from(stat)?)?,
        (Width::W32, Form::Large) => t.store(addr, &layout32::Stat64::from(stat))?,
    }
    Ok(0)
}

fn stat_path(t: &mut Thread<'_>, a: &Args, flags: u32, form: Form) -> SysResult {
    let path = t.path(a[0])?;
    let stat = stat_call(t, AT_FDCWD, path, flags)?;
    put_stat(t, a[1], &stat, form)
}

fn stat_fd(t: &mut Thread<'_>, a: &Args, form: Form) -> SysResult {
    let stat = stat_call(t, a[0] as i32, Path::new(), AT_EMPTY_PATH)?;
    put_stat(t, a[1], &stat, form)
}

/// stat(2).
pub fn stat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_path(t, a, 0, Form::Native)
}

/// lstat(2).
pub fn lstat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_path(t, a, AT_SYMLINK_NOFOLLOW, Form::Native)
}

/// fstat(2).
pub fn fstat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_fd(t, a, Form::Native)
}

/// stat64 of i386.
pub fn stat64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_path(t, a, 0, Form::Large)
}

/// lstat64 of i386.
pub fn lstat64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_path(t, a, AT_SYMLINK_NOFOLLOW, Form::Large)
}

/// fstat64 of i386.
pub fn fstat64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    stat_fd(t, a, Form::Large)
}

/// newfstatat, fstatat64.
pub fn fstatat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = a[3] as u32;
    // AT_NO_AUTOMOUNT changes nothing here.
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x800) != 0 {
        return Err(Errno::EINVAL);
    }
    // A null path with AT_EMPTY_PATH is an empty one (Linux 6.11).
    let path = if a[1] == 0 && flags & AT_EMPTY_PATH != 0 { Path::new() } else { t.path(a[1])? };
    let stat = stat_call(t, a[0] as i32, path, flags & !0x800)?;
    put_stat(t, a[2], &stat, Form::Large)
}

/// statx(2): the basic fields.
pub fn statx(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = a[2] as u32;
    // AT_NO_AUTOMOUNT and AT_STATX_* change nothing here.
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x800 | 0x6000) != 0 || a[3] >> 31 & 1 != 0 {
        return Err(Errno::EINVAL);
    }
    let path = if a[1] == 0 && flags & AT_EMPTY_PATH != 0 { Path::new() } else { t.path(a[1])? };
    let stat = stat_call(t, a[0] as i32, path, flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))?;
    t.store(a[4], &layout64::Statx::from(&stat))?;
    Ok(0)
}

fn statfs_body(body: Body) -> Result<Statfs, Errno> {
    match body {
        Body::Statfs(statfs) => Ok(statfs),
        _ => Err(Errno::EIO),
    }
}

fn put_statfs(t: &mut Thread<'_>, addr: u64, statfs: &Statfs) -> SysResult {
    match t.width {
        Width::W64 => t.store(addr, &layout64::Statfs64::from(statfs))?,
        Width::W32 => t.store(addr, &layout32::Statfs32::from(statfs))?,
    }
    Ok(0)
}

/// statfs(2).
pub fn statfs(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[0])?;
    let statfs = statfs_body(t.request(&Call::Statfs { path })?.1)?;
    put_statfs(t, a[1], &statfs)
}

/// fstatfs(2).
pub fn fstatfs(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let statfs = statfs_body(t.request(&Call::Fstatfs { fd: a[0] as i32 })?.1)?;
    put_statfs(t, a[1], &statfs)
}

fn put_statfs64(t: &mut Thread<'_>, size: u64, addr: u64, statfs: &Statfs) -> SysResult {
    // 88 is what programs compiled with other alignment pass; Linux takes both.
    if size != 84 && size != 88 {
        return Err(Errno::EINVAL);
    }
    t.store(addr, &layout32::Statfs64::from(statfs))?;
    Ok(0)
}

/// statfs64 of i386: (path, size, buffer).
pub fn statfs64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[0])?;
    let statfs = statfs_body(t.request(&Call::Statfs { path })?.1)?;
    put_statfs64(t, a[1], a[2], &statfs)
}

/// fstatfs64 of i386: (fd, size, buffer).
pub fn fstatfs64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let statfs = statfs_body(t.request(&Call::Fstatfs { fd: a[0] as i32 })?.1)?;
    put_statfs64(t, a[1], a[2], &statfs)
}
