//! Files and directories (open(2), stat(2), getdents(2), fcntl(2) …).

use crate::syscall::Args;
use crate::syscall::io::open_flags;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::fs::{AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, Dirent, OpenFlags};
use tawaki_abi::mm::PAGE;
use tawaki_abi::wire::{Body, Call, Fd, Flock, Path, SetTime};
use tawaki_abi::{Errno, layout32, layout64};
use tawaki_cpu::Access;

fn open_call(t: &mut Thread<'_>, dirfd: Fd, path: u64, flags: u64, mode: u64) -> SysResult {
    let path = t.path(path)?;
    t.value(&Call::Open { dirfd, path, flags: open_flags(flags), mode: mode as u32 & 0o7777 })
}

/// open(2).
pub fn open(t: &mut Thread<'_>, a: &Args) -> SysResult {
    open_call(t, AT_FDCWD, a[0], a[1], a[2])
}

/// openat(2).
pub fn openat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    open_call(t, a[0] as i32, a[1], a[2], a[3])
}

/// creat(2).
pub fn creat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // O_CREAT | O_WRONLY | O_TRUNC
    open_call(t, AT_FDCWD, a[0], 0o1101, a[1])
}

/// openat2(2). It is told of what open(2) ignores.
///
/// Source: `build_open_flags` in Linux for the order of checks.
pub fn openat2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    /// `struct open_how`; longer ones must be zero behind it.
    const SIZE: u64 = 24;
    const KNOWN: u64 = 0o37_777_703;
    /// `RESOLVE_*`.
    const BENEATH_IN_ROOT: u64 = 0x18;
    const CACHED: u64 = 0x20;
    const ALL: u64 = 0x3f;
    if a[3] < SIZE {
        return Err(Errno::EINVAL);
    }
    if a[3] > PAGE {
        return Err(Errno::E2BIG);
    }
    let [bits, mode, resolve]: [u64; 3] = t.load(a[2])?;
    if t.read_vec(a[2].wrapping_add(SIZE), a[3] - SIZE)?.iter().any(|&byte| byte != 0) {
        return Err(Errno::E2BIG);
    }
    let flags = open_flags(bits);
    let makes = flags.intersects(OpenFlags::CREAT | OpenFlags::TMPFILE);
    let only = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW | OpenFlags::CLOEXEC;
    let wrong = bits & !KNOWN != 0
        || resolve & !ALL != 0
        || resolve & BENEATH_IN_ROOT == BENEATH_IN_ROOT
        || mode & !if makes { 0o7777 } else { 0 } != 0
        || flags.contains(OpenFlags::CREAT | OpenFlags::DIRECTORY)
        || flags.contains(OpenFlags::TMPFILE) && !(flags.contains(OpenFlags::DIRECTORY) && flags.writable())
        || flags.contains(OpenFlags::PATH) && !only.contains(flags);
    if wrong {
        return Err(Errno::EINVAL);
    }
    if resolve & CACHED != 0 && (makes || flags.contains(OpenFlags::TRUNC)) {
        return Err(Errno::EAGAIN);
    }
    let path = t.path(a[1])?;
    let (mode, resolve) = (mode as u32, resolve as u32);
    t.value(&Call::OpenWithin { dirfd: a[0] as i32, path, flags, mode, resolve })
}

fn access_call(t: &mut Thread<'_>, dirfd: u64, path: u64, mode: u64, flags: u64) -> SysResult {
    if mode as u32 & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.path(path)?;
    t.value(&Call::Access { dirfd: dirfd as i32, path, mode: mode as u32, flags: flags as u32 })
}

const CWD: u64 = AT_FDCWD as u32 as u64;

/// access(2).
pub fn access(t: &mut Thread<'_>, a: &Args) -> SysResult {
    access_call(t, CWD, a[0], a[1], 0)
}

/// faccessat(2), which has no flags.
pub fn faccessat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    access_call(t, a[0], a[1], a[2], 0)
}

/// faccessat2(2).
pub fn faccessat2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    access_call(t, a[0], a[1], a[2], a[3])
}

fn readlink_call(t: &mut Thread<'_>, dirfd: u64, path: u64, buffer: u64, size: u64) -> SysResult {
    if size as i32 <= 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.path(path)?;
    let Body::Bytes(target) = t.request(&Call::Readlink { dirfd: dirfd as i32, path })?.1 else {
        return Err(Errno::EIO);
    };
    let count = target.len().min(size as u32 as usize);
    t.write_mem(buffer, &target[..count])?;
    Ok(count as i64)
}

/// readlink(2).
pub fn readlink(t: &mut Thread<'_>, a: &Args) -> SysResult {
    readlink_call(t, CWD, a[0], a[1], a[2])
}

/// readlinkat(2).
pub fn readlinkat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    readlink_call(t, a[0], a[1], a[2], a[3])
}

/// symlink(2).
pub fn symlink(t: &mut Thread<'_>, a: &Args) -> SysResult {
    symlinkat(t, &[a[0], CWD, a[1], 0, 0, 0])
}

/// symlinkat(2).
pub fn symlinkat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (target, path) = (t.path(a[0])?, t.path(a[2])?);
    t.value(&Call::Symlink { target, dirfd: a[1] as i32, path })
}

/// link(2).
pub fn link(t: &mut Thread<'_>, a: &Args) -> SysResult {
    linkat(t, &[CWD, a[0], CWD, a[1], 0, 0])
}

/// linkat(2).
pub fn linkat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (old, new) = (t.path(a[1])?, t.path(a[3])?);
    t.value(&Call::Link { olddir: a[0] as i32, old, newdir: a[2] as i32, new, flags: a[4] as u32 })
}

/// unlink(2).
pub fn unlink(t: &mut Thread<'_>, a: &Args) -> SysResult {
    unlinkat(t, &[CWD, a[0], 0, 0, 0, 0])
}

/// rmdir(2).
pub fn rmdir(t: &mut Thread<'_>, a: &Args) -> SysResult {
    unlinkat(t, &[CWD, a[0], AT_REMOVEDIR.into(), 0, 0, 0])
}

/// unlinkat(2).
pub fn unlinkat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = a[2] as u32;
    if flags & !AT_REMOVEDIR != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.path(a[1])?;
    t.value(&Call::Unlink { dirfd: a[0] as i32, path, flags })
}

/// rename(2).
pub fn rename(t: &mut Thread<'_>, a: &Args) -> SysResult {
    renameat2(t, &[CWD, a[0], CWD, a[1], 0, 0])
}

/// renameat(2).
pub fn renameat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    renameat2(t, &[a[0], a[1], a[2], a[3], 0, 0])
}

/// renameat2(2).
pub fn renameat2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (old, new) = (t.path(a[1])?, t.path(a[3])?);
    t.value(&Call::Rename { olddir: a[0] as i32, old, newdir: a[2] as i32, new, flags: a[4] as u32 })
}

/// mkdir(2).
pub fn mkdir(t: &mut Thread<'_>, a: &Args) -> SysResult {
    mkdirat(t, &[CWD, a[0], a[1], 0, 0, 0])
}

/// mkdirat(2).
pub fn mkdirat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[1])?;
    t.value(&Call::Mkdir { dirfd: a[0] as i32, path, mode: a[2] as u32 })
}

/// mknod(2).
pub fn mknod(t: &mut Thread<'_>, a: &Args) -> SysResult {
    mknodat(t, &[CWD, a[0], a[1], a[2], 0, 0])
}

/// mknodat(2).
pub fn mknodat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[1])?;
    t.value(&Call::Mknod { dirfd: a[0] as i32, path, mode: a[2] as u32, dev: u64::from(a[3] as u32) })
}

/// chmod(2).
pub fn chmod(t: &mut Thread<'_>, a: &Args) -> SysResult {
    fchmodat2(t, &[CWD, a[0], a[1], 0, 0, 0])
}

/// fchmod(2).
pub fn fchmod(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let mode = a[1] as u32 & 0o7777;
    t.value(&Call::Chmod { dirfd: a[0] as i32, path: Path::new(), mode, flags: AT_EMPTY_PATH })
}

/// fchmodat(2), which has no flags.
pub fn fchmodat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    fchmodat2(t, &[a[0], a[1], a[2], 0, 0, 0])
}

/// fchmodat2(2).
pub fn fchmodat2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[1])?;
    t.value(&Call::Chmod { dirfd: a[0] as i32, path, mode: a[2] as u32 & 0o7777, flags: a[3] as u32 })
}

/// chown(2).
pub fn chown(t: &mut Thread<'_>, a: &Args) -> SysResult {
    fchownat(t, &[CWD, a[0], a[1], a[2], 0, 0])
}

/// lchown(2).
pub fn lchown(t: &mut Thread<'_>, a: &Args) -> SysResult {
    fchownat(t, &[CWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW.into(), 0])
}

/// fchown(2).
pub fn fchown(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (uid, gid) = (a[1] as u32, a[2] as u32);
    t.value(&Call::Chown { dirfd: a[0] as i32, path: Path::new(), uid, gid, flags: AT_EMPTY_PATH })
}

/// fchownat(2).
pub fn fchownat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
    if a[4] as u32 & !0x1100 != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.path(a[1])?;
    let (uid, gid) = (a[2] as u32, a[3] as u32);
    t.value(&Call::Chown { dirfd: a[0] as i32, path, uid, gid, flags: a[4] as u32 })
}

/// A 16-bit user or group number of i386's old calls: -1 stays -1.
pub fn wide_id(id: u64) -> u64 {
    if id as u16 == u16::MAX { u32::MAX.into() } else { u64::from(id as u16) }
}

/// chown16 of i386.
pub fn chown16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    chown(t, &[a[0], wide_id(a[1]), wide_id(a[2]), 0, 0, 0])
}

/// lchown16 of i386.
pub fn lchown16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    lchown(t, &[a[0], wide_id(a[1]), wide_id(a[2]), 0, 0, 0])
}

/// fchown16 of i386.
pub fn fchown16(t: &mut Thread<'_>, a: &Args) -> SysResult {
    fchown(t, &[a[0], wide_id(a[1]), wide_id(a[2]), 0, 0, 0])
}

/// A `timespec` for utimensat, with its special nanoseconds.
fn set_time(t: &Thread<'_>, addr: u64, kind: TimeKind) -> Result<SetTime, Errno> {
    let (sec, nsec) = time::load_raw(t, addr, kind)?;
    match nsec {
        0x3fff_ffff => Ok(SetTime::Now),
        0x3fff_fffe => Ok(SetTime::Omit),
        0..=999_999_999 => Ok(SetTime::At(tawaki_abi::fs::Timespec { sec, nsec: nsec as u32 })),
        _ => Err(Errno::EINVAL),
    }
}

fn utimens_call(
    t: &mut Thread<'_>,
    dirfd: u64,
    path: Path,
    times: (SetTime, SetTime),
    flags: u32,
) -> SysResult {
    let (atime, mtime) = times;
    t.value(&Call::Utimens { dirfd: dirfd as i32, path, atime, mtime, flags })
}

fn utimensat_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let times = match a[2] {
        0 => (SetTime::Now, SetTime::Now),
        at => (set_time(t, at, kind)?, set_time(t, at.wrapping_add(time::size(t, kind)), kind)?),
    };
    let mut flags = a[3] as u32;
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    // A null path is the descriptor itself (futimens).
    let path = if a[1] == 0 {
        flags |= AT_EMPTY_PATH;
        Path::new()
    } else {
        t.path(a[1])?
    };
    utimens_call(t, a[0], path, times, flags)
}

/// utimensat(2).
pub fn utimensat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    utimensat_of(t, a, TimeKind::Native)
}

/// utimensat_time64 of i386.
pub fn utimensat_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    utimensat_of(t, a, TimeKind::Wide)
}

/// futimesat(2): microseconds.
pub fn futimesat(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let times = match a[2] {
        0 => (SetTime::Now, SetTime::Now),
        at => {
            let one = |at: u64| -> Result<SetTime, Errno> {
                let (sec, usec) = time::load_raw(t, at, TimeKind::Native)?;
                if !(0..1_000_000).contains(&usec) {
                    return Err(Errno::EINVAL);
                }
                Ok(SetTime::At(tawaki_abi::fs::Timespec { sec, nsec: usec as u32 * 1000 }))
            };
            (one(at)?, one(at.wrapping_add(time::size(t, TimeKind::Native)))?)
        }
    };
    let path = if a[1] == 0 { Path::new() } else { t.path(a[1])? };
    let flags = if a[1] == 0 { AT_EMPTY_PATH } else { 0 };
    utimens_call(t, a[0], path, times, flags)
}

/// utimes(2).
pub fn utimes(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[0] == 0 {
        return Err(Errno::EFAULT);
    }
    futimesat(t, &[CWD, a[0], a[1], 0, 0, 0])
}

/// utime(2): seconds.
pub fn utime(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[0])?;
    let times = match a[1] {
        0 => (SetTime::Now, SetTime::Now),
        at => {
            let one = |at: u64| -> Result<SetTime, Errno> {
                let sec = t.signed(t.load_word(at)?);
                Ok(SetTime::At(tawaki_abi::fs::Timespec { sec, nsec: 0 }))
            };
            (one(at)?, one(at.wrapping_add(t.word_size()))?)
        }
    };
    utimens_call(t, CWD, path, times, 0)
}

fn truncate_call(t: &mut Thread<'_>, path: u64, len: i64) -> SysResult {
    let len = u64::try_from(len).map_err(|_| Errno::EINVAL)?;
    let path = t.path(path)?;
    t.value(&Call::Truncate { path, len })
}

/// truncate(2).
pub fn truncate(t: &mut Thread<'_>, a: &Args) -> SysResult {
    truncate_call(t, a[0], t.signed(a[1]))
}

/// truncate64 of i386.
pub fn truncate64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    truncate_call(t, a[0], t.pair(a, 1) as i64)
}

/// ftruncate(2).
pub fn ftruncate(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let len = u64::try_from(t.signed(a[1])).map_err(|_| Errno::EINVAL)?;
    t.value(&Call::Ftruncate { fd: a[0] as i32, len })
}

/// ftruncate64 of i386.
pub fn ftruncate64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let len = i64::try_from(t.pair(a, 1)).map_err(|_| Errno::EINVAL)? as u64;
    t.value(&Call::Ftruncate { fd: a[0] as i32, len })
}

/// fallocate(2).
pub fn fallocate(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (offset, len) = match t.width {
        Width::W64 => (a[2], a[3]),
        Width::W32 => (t.pair(a, 2), t.pair(a, 4)),
    };
    t.value(&Call::Fallocate { fd: a[0] as i32, mode: a[1] as u32, offset, len })
}

/// Calls about a descriptor that only hint (fadvise64, readahead, sync_file_range): the descriptor is checked.
pub fn hint(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // F_GETFD fails exactly for descriptors that are not open.
    t.value(&Call::Fcntl { fd: a[0] as i32, cmd: 1, arg: 0 })?;
    Ok(0)
}

/// chdir(2).
pub fn chdir(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[0])?;
    t.value(&Call::Chdir { path })
}

/// fchdir(2).
pub fn fchdir(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Fchdir { fd: a[0] as i32 })
}

/// getcwd(2): the count includes the NUL.
pub fn getcwd(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let Body::Bytes(path) = t.request(&Call::Getcwd)?.1 else { return Err(Errno::EIO) };
    let mut path = path.into_vec();
    path.push(0);
    if path.len() as u64 > a[1] {
        return Err(Errno::ERANGE);
    }
    t.write_mem(a[0], &path)?;
    Ok(path.len() as i64)
}

/// chroot(2).
pub fn chroot(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[0])?;
    t.value(&Call::Chroot { path })
}

/// umask(2).
pub fn umask(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Umask { mask: a[0] as u32 & 0o777 })
}

/// mount(2).
pub fn mount(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let text = |addr: u64| if addr == 0 { Ok(Path::new()) } else { t.path(addr) };
    let (source, target, fstype) = (text(a[0])?, text(a[1])?, text(a[2])?);
    let data = if a[4] == 0 { Path::new() } else { t.cstr(a[4], 4096, Errno::EINVAL)?.into() };
    t.value(&Call::Mount { source, target, fstype, flags: a[3], data })
}

/// umount(2) of i386, umount2(2).
pub fn umount2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let target = t.path(a[0])?;
    t.value(&Call::Umount { target, flags: a[1] as u32 })
}

/// umount(2) of i386.
pub fn umount(t: &mut Thread<'_>, a: &Args) -> SysResult {
    umount2(t, &[a[0], 0, 0, 0, 0, 0])
}

/// sync(2).
pub fn sync(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::Sync)
}

/// fsync(2), fdatasync(2), syncfs(2).
pub fn fsync(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Fsync { fd: a[0] as i32 })
}

/// flock(2).
pub fn flock(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Flock { fd: a[0] as i32, op: a[1] as u32 })
}

/// Reads directory entries; `record` encodes one.
fn getdents_of(
    t: &mut Thread<'_>,
    a: &Args,
    record: impl Fn(&Dirent) -> Result<Vec<u8>, Errno>,
) -> SysResult {
    // No more than there is room for: entries read and not delivered would be lost.
    let size = t.reach(a[1], u64::from(a[2] as u32).min(1 << 20), Access::Write);
    if size == 0 && a[2] as u32 != 0 {
        hint(t, a)?;
        return Err(Errno::EFAULT);
    }
    let call = Call::Getdents { fd: a[0] as i32, len: size as u32 };
    let Body::Dirents(entries) = t.request(&call)?.1 else { return Err(Errno::EIO) };
    let mut out: Vec<u8> = Vec::new();
    for entry in &entries {
        let bytes = record(entry)?;
        if (out.len() + bytes.len()) as u64 > size {
            // The kernel counts `linux_dirent64` records, which are never shorter than ours.
            break;
        }
        out.extend_from_slice(&bytes);
    }
    if out.is_empty() && !entries.is_empty() {
        return Err(Errno::EINVAL);
    }
    t.write_mem(a[1], &out)?;
    Ok(out.len() as i64)
}

/// getdents64(2).
pub fn getdents64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    getdents_of(t, a, |entry| {
        let len = (19 + entry.name.len() + 1).next_multiple_of(8);
        let mut out = Vec::with_capacity(len);
        out.extend_from_slice(&entry.ino.to_le_bytes());
        out.extend_from_slice(&entry.next.to_le_bytes());
        out.extend_from_slice(&(len as u16).to_le_bytes());
        out.push(entry.kind);
        out.extend_from_slice(&entry.name);
        out.resize(len, 0);
        Ok(out)
    })
}

/// getdents(2): `long` fields, the type in the last byte.
pub fn getdents(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let word = t.word_size() as usize;
    getdents_of(t, a, |entry| {
        let len = (2 * word + 2 + entry.name.len() + 2).next_multiple_of(word);
        let mut out = Vec::with_capacity(len);
        for value in [entry.ino, entry.next] {
            if word == 4 && value > u32::MAX.into() {
                return Err(Errno::EOVERFLOW);
            }
            out.extend_from_slice(&value.to_le_bytes()[..word]);
        }
        out.extend_from_slice(&(len as u16).to_le_bytes());
        out.extend_from_slice(&entry.name);
        out.resize(len, 0);
        out[len - 1] = entry.kind;
        Ok(out)
    })
}

/// How fcntl's lock structure lies in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LockForm {
    Native32,
    Large32,
    Native64,
}

fn fcntl_lock(t: &mut Thread<'_>, fd: Fd, cmd: u32, arg: u64, form: LockForm) -> SysResult {
    let lock: Flock = match form {
        LockForm::Native32 => t.load::<layout32::Flock32>(arg)?.into(),
        LockForm::Large32 => t.load::<layout32::Flock64>(arg)?.into(),
        LockForm::Native64 => t.load::<layout64::Flock64>(arg)?.into(),
    };
    let (value, body) = t.request(&Call::FcntlLock { fd, cmd, lock })?;
    if let Body::Lock(lock) = body {
        match form {
            LockForm::Native32 => t.store(arg, &layout32::Flock32::try_from(&lock)?)?,
            LockForm::Large32 => t.store(arg, &layout32::Flock64::from(&lock))?,
            LockForm::Native64 => t.store(arg, &layout64::Flock64::from(&lock))?,
        }
    }
    Ok(value)
}

/// fcntl(2), fcntl64 of i386. Lock commands go to the kernel with the numbers
/// F_GETLK 5, F_SETLK 6, F_SETLKW 7 and F_OFD_* 36 to 38 on both widths.
pub fn fcntl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (fd, cmd, arg) = (a[0] as i32, a[1] as u32, a[2]);
    let wide = t.width == Width::W64;
    match cmd {
        5..=7 if wide => fcntl_lock(t, fd, cmd, arg, LockForm::Native64),
        5..=7 => fcntl_lock(t, fd, cmd, arg, LockForm::Native32),
        12..=14 if !wide => fcntl_lock(t, fd, cmd - 7, arg, LockForm::Large32),
        36..=38 if wide => fcntl_lock(t, fd, cmd, arg, LockForm::Native64),
        36..=38 => fcntl_lock(t, fd, cmd, arg, LockForm::Large32),
        // F_SETOWN_EX, F_GETOWN_EX: type and number.
        15 => {
            let [kind, id]: [u32; 2] = t.load(arg)?;
            t.value(&Call::Fcntl { fd, cmd, arg: u64::from(kind) << 32 | u64::from(id) })
        }
        16 => {
            let packed = t.value(&Call::Fcntl { fd, cmd, arg: 0 })?;
            t.store(arg, &[(packed >> 32) as u32, packed as u32])?;
            Ok(0)
        }
        // A group is negative, which no other result may be.
        9 => match t.request(&Call::Fcntl { fd, cmd, arg })? {
            (_, Body::Bytes(group)) => {
                Ok(group.as_slice().try_into().map_or(0, |bytes| i32::from_le_bytes(bytes).into()))
            }
            (pid, _) => Ok(pid),
        },
        _ => t.value(&Call::Fcntl { fd, cmd, arg }),
    }
}
