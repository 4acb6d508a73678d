//! Calls that mostly say how things are: I/O priorities, name
//! spaces, file handles, another process's memory.

use crate::syscall::Args;
use crate::thread::{SysResult, Thread};
use crate::user::IoVec;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, IdKind, TraceOp};
use tawaki_cpu::Access;

/// Whether ioprio_get(2) and ioprio_set(2) are about the calling thread, whose priority is kept here.
fn is_own_priority(t: &mut Thread<'_>, a: &Args) -> Result<bool, Errno> {
    match (a[0] as u32, a[1] as i32) {
        (1, 0) => Ok(true),
        (1, who) => Ok(i64::from(who) == crate::syscall::ids::gettid(t, &[0; 6])?),
        (2 | 3, _) => Ok(false),
        _ => Err(Errno::EINVAL),
    }
}

/// ioprio_get(2) of the caller.
pub fn ioprio_get(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if is_own_priority(t, a)? { Ok(t.inherited.io_priority.into()) } else { others_priority(t) }
}

/// ioprio_set(2) of the caller.
pub fn ioprio_set(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let own = is_own_priority(t, a)?;
    let (class, level) = (a[2] as u32 >> 13, a[2] as u32 & 7);
    match class {
        1 if t.value(&Call::GetId { which: IdKind::Euid })? != 0 => Err(Errno::EPERM),
        0 if level != 0 => Err(Errno::EINVAL),
        0..=3 if own => {
            t.inherited.io_priority = a[2] as u16;
            Ok(0)
        }
        0..=3 => others_priority(t),
        _ => Err(Errno::EINVAL),
    }
}

fn others_priority(t: &mut Thread<'_>) -> SysResult {
    t.log_once("the I/O priority of other processes (ioprio_get, ioprio_set) is not supported");
    Err(Errno::ENOSYS)
}

/// Name spaces: mount, cgroup, uts, ipc, user, pid, net, time.
const NAMESPACES: u64 = 0x2_0000 | 0x7e00_0000 | 0x80;

/// unshare(2) of what a process has for itself anyway.
pub fn unshare(t: &mut Thread<'_>, a: &Args) -> SysResult {
    const VM: u64 = 0x100;
    const FS: u64 = 0x200;
    const FILES: u64 = 0x400;
    const SIGHAND: u64 = 0x800;
    const THREAD: u64 = 0x1_0000;
    const SYSVSEM: u64 = 0x4_0000;
    let flags = a[0];
    if flags & !(VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | NAMESPACES) != 0 {
        return Err(Errno::EINVAL);
    }
    let alone = t.shared.threads.load(std::sync::atomic::Ordering::SeqCst) <= 1;
    if flags & NAMESPACES != 0 {
        if t.value(&Call::GetId { which: IdKind::Euid })? != 0 && flags & 0x1000_0000 == 0 {
            return Err(Errno::EPERM);
        }
        // As a kernel that was built without them.
        t.log_once(&format!("unshare of name spaces ({flags:#x}) is not supported"));
        return Err(Errno::EINVAL);
    }
    if alone {
        return Ok(0);
    }
    if flags & (FS | FILES) != 0 {
        t.log_once(&format!("unshare in one of several threads ({flags:#x}) is not supported"));
    }
    if flags & !SYSVSEM != 0 { Err(Errno::EINVAL) } else { Ok(0) }
}

/// setns(2): no descriptor is of a name space.
pub fn setns(t: &mut Thread<'_>, a: &Args) -> SysResult {
    // F_GETFD: EBADF where there is none.
    t.value(&Call::Fcntl { fd: a[0] as i32, cmd: 1, arg: 0 })?;
    Err(Errno::EINVAL)
}

/// name_to_handle_at(2): no file system here has handles.
pub fn name_to_handle_at(t: &mut Thread<'_>, a: &Args) -> SysResult {
    const AT_EMPTY_PATH: u32 = 0x1000;
    const AT_SYMLINK_FOLLOW: u32 = 0x400;
    let flags = a[4] as u32;
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_FOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.path(a[1])?;
    let nofollow = if flags & AT_SYMLINK_FOLLOW == 0 { 0x100 } else { 0 };
    t.value(&Call::Stat { dirfd: a[0] as i32, path, flags: flags & AT_EMPTY_PATH | nofollow })?;
    Err(Errno::EOPNOTSUPP)
}

/// open_by_handle_at(2): there are no handles; only the superuser may try.
pub fn open_by_handle_at(t: &mut Thread<'_>, _: &Args) -> SysResult {
    if t.value(&Call::GetId { which: IdKind::Euid })? == 0 { Err(Errno::ESTALE) } else { Err(Errno::EPERM) }
}

/// process_vm_readv(2).
pub fn process_vm_readv(t: &mut Thread<'_>, a: &Args) -> SysResult {
    process_vm(t, a, false)
}

/// process_vm_writev(2).
pub fn process_vm_writev(t: &mut Thread<'_>, a: &Args) -> SysResult {
    process_vm(t, a, true)
}

/// Of another process, whose worker does it piece by piece. Stops at the first piece that
/// is not there.
fn other_vm(t: &mut Thread<'_>, pid: i32, local: &[IoVec], remote: &[IoVec], write: bool) -> SysResult {
    let mut done = 0u64;
    let mut near = local.iter().copied().filter(|v| v.len > 0);
    let mut far = remote.iter().copied().filter(|v| v.len > 0);
    let (mut here, mut there) = (near.next(), far.next());
    while let (Some(mine), Some(other)) = (&mut here, &mut there) {
        let want = mine.len.min(other.len).min(crate::trace::MAX_PIECE.into());
        let access = if write { Access::Read } else { Access::Write };
        let reach = t.reach(mine.base, want, access);
        let op = if write {
            let data = t.read_vec(mine.base, reach)?.into();
            TraceOp::Write { addr: other.base, data, force: false }
        } else {
            TraceOp::Read { addr: other.base, len: reach as u32, force: false }
        };
        let moved = match t.request(&Call::Memory { pid, op }) {
            Ok((_, Body::Bytes(bytes))) if write => {
                bytes.as_slice().try_into().map_or(0, u64::from_le_bytes).min(reach)
            }
            Ok((_, Body::Bytes(bytes))) if bytes.len() as u64 <= reach => {
                t.write_mem(mine.base, &bytes)?;
                bytes.len() as u64
            }
            Ok(_) => return Err(Errno::EIO),
            Err(_) if done > 0 => return Ok(done as i64),
            Err(errno) => return Err(errno),
        };
        done += moved;
        if moved < want {
            break;
        }
        for side in [mine, other] {
            side.base = side.base.wrapping_add(moved);
            side.len -= moved;
        }
        if here.is_some_and(|v| v.len == 0) {
            here = near.next();
        }
        if there.is_some_and(|v| v.len == 0) {
            there = far.next();
        }
    }
    if done == 0 && here.is_some() && there.is_some() { Err(Errno::EFAULT) } else { Ok(done as i64) }
}

/// Of the caller itself or another.
fn process_vm(t: &mut Thread<'_>, a: &Args, write: bool) -> SysResult {
    if a[5] != 0 {
        return Err(Errno::EINVAL);
    }
    let local = t.iovecs(a[1], a[2])?;
    let remote = t.iovecs(a[3], a[4])?;
    let pid = a[0] as i32;
    if i64::from(pid) != crate::syscall::ids::getpid(t, &[0; 6])? {
        return other_vm(t, pid, &local, &remote, write);
    }
    let (from, to) = if write { (local, remote) } else { (remote, local) };
    let mut done = 0u64;
    let mut targets = to.into_iter().filter(|v| v.len > 0);
    let mut target = targets.next();
    for mut source in from {
        while source.len > 0 {
            let Some(room) = target.as_mut() else { return Ok(done as i64) };
            let want = source.len.min(room.len).min(64 * 1024);
            let reach = t.reach(source.base, want, Access::Read).min(t.reach(room.base, want, Access::Write));
            if reach > 0 {
                let bytes = t.read_vec(source.base, reach)?;
                t.write_mem(room.base, &bytes)?;
            }
            done += reach;
            if reach < want {
                return if done > 0 { Ok(done as i64) } else { Err(Errno::EFAULT) };
            }
            source.base = source.base.wrapping_add(want);
            source.len -= want;
            room.base = room.base.wrapping_add(want);
            room.len -= want;
            if room.len == 0 {
                target = targets.next();
            }
        }
    }
    Ok(done as i64)
}
