//! System V message queues and semaphores (sysvipc(7)).

use crate::syscall::Args;
use crate::syscall::time::{self, TimeKind};
use crate::thread::{SysResult, Thread, Width};
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, IpcOp, IpcStat, SemOp};

/// Commands of msgctl(2) and semctl(2).
const RMID: u32 = 0;
const SET: u32 = 1;
const STAT: u32 = 2;
const GETPID: u32 = 11;
const GETVAL: u32 = 12;
const GETALL: u32 = 13;
const GETNCNT: u32 = 14;
const GETZCNT: u32 = 15;
const SETVAL: u32 = 16;
const SETALL: u32 = 17;
/// The i386 C library asks for the newer structures, the only ones here.
const IPC_64: u32 = 0x100;
/// Longest message text (`msgmax`).
const MAX_TEXT: u64 = 8192;

/// msgget(2).
pub fn msgget(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Msgget { key: a[0] as i32, flags: a[1] as u32 })
}

/// msgsnd(2).
pub fn msgsnd(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let word = t.word_size();
    let kind = t.signed(t.load_word(a[1])?);
    if a[2] > MAX_TEXT {
        return Err(Errno::EINVAL);
    }
    let data = t.read_vec(a[1].wrapping_add(word), a[2])?;
    t.value(&Call::Msgsnd { id: a[0] as i32, kind, data: data.into(), flags: a[3] as u32 })
}

/// msgrcv(2).
pub fn msgrcv(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (word, room) = (t.word_size(), t.signed(a[2]));
    let size = u64::try_from(room).map_err(|_| Errno::EINVAL)?;
    let call = Call::Msgrcv { id: a[0] as i32, size, kind: t.signed(a[3]), flags: a[4] as u32 };
    let (count, Body::Message(kind, data)) = t.request(&call)? else { return Err(Errno::EIO) };
    t.store_word(a[1], kind as u64)?;
    t.write_mem(a[1].wrapping_add(word), &data)?;
    Ok(count)
}

/// `struct ipc64_perm`, then words of the ABI's size or pairs of them.
fn put_stat(t: &mut Thread<'_>, at: u64, stat: &IpcStat, queue: bool) -> SysResult {
    let p = &stat.perm;
    let wide = t.width == Width::W64;
    let mut out: Vec<u8> = Vec::with_capacity(120);
    for word in [p.key as u32, p.uid, p.gid, p.cuid, p.cgid, p.mode, u32::from(p.seq)] {
        out.extend(word.to_le_bytes());
    }
    out.resize(if wide { 48 } else { 36 }, 0);
    let long = |out: &mut Vec<u8>, value: u64| match wide {
        true => out.extend(value.to_le_bytes()),
        false => out.extend((value as u32).to_le_bytes()),
    };
    for time in &stat.times[..if queue { 3 } else { 2 }] {
        long(&mut out, *time as u64);
        // i386 has the upper half here, the semaphores of x86-64 a hole.
        if !wide {
            long(&mut out, *time as u64 >> 32);
        } else if !queue {
            long(&mut out, 0);
        }
    }
    if queue {
        long(&mut out, stat.bytes);
    }
    long(&mut out, stat.count);
    if queue {
        long(&mut out, stat.limit);
        for pid in stat.pids {
            out.extend(pid.to_le_bytes());
        }
    }
    long(&mut out, 0);
    long(&mut out, 0);
    t.write_mem(at, &out)?;
    Ok(0)
}

/// Owner, mode and (of queues) size out of the structure of IPC_SET.
fn load_set(t: &mut Thread<'_>, at: u64, queue: bool) -> Result<IpcOp, Errno> {
    let [_, uid, gid, _, _, mode]: [u32; 6] = t.load(at)?;
    let offset = if t.width == Width::W64 { 48 + 5 * 8 } else { 36 + 8 * 4 };
    let limit = if queue { t.load_word(at.wrapping_add(offset))? } else { 0 };
    Ok(IpcOp::Set { uid, gid, mode, limit })
}

/// msgctl(2).
pub fn msgctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let id = a[0] as i32;
    let op = match a[1] as u32 & !IPC_64 {
        RMID => IpcOp::Remove,
        SET => load_set(t, a[2], true)?,
        STAT => IpcOp::Stat,
        _ => return Err(Errno::EINVAL),
    };
    match t.request(&Call::Msgctl { id, op })? {
        (_, Body::IpcStat(stat)) => put_stat(t, a[2], &stat, true),
        (value, _) => Ok(value),
    }
}

/// semget(2).
pub fn semget(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Semget { key: a[0] as i32, count: a[1] as i32, flags: a[2] as u32 })
}

fn operate(t: &mut Thread<'_>, a: &Args, timeout: u64, kind: TimeKind) -> SysResult {
    if a[2] as u32 == 0 {
        return Err(Errno::EINVAL);
    }
    let count = u64::from(a[2] as u32);
    if count > 500 {
        return Err(Errno::E2BIG);
    }
    let bytes = t.read_vec(a[1], count * 6)?;
    let half = |c: &[u8], i: usize| u16::from_le_bytes([c[2 * i], c[2 * i + 1]]);
    let ops = bytes.chunks_exact(6);
    let ops =
        ops.map(|c| SemOp { index: half(c, 0), change: half(c, 1) as i16, flags: half(c, 2) }).collect();
    let deadline = match timeout {
        0 => None,
        at => {
            let nanos = time::load_timespec(t, at, kind)?;
            Some(time::deadline_in(t, nanos))
        }
    };
    t.value(&Call::Semop { id: a[0] as i32, ops, deadline })
}

/// semop(2).
pub fn semop(t: &mut Thread<'_>, a: &Args) -> SysResult {
    operate(t, a, 0, TimeKind::Native)
}

/// semtimedop(2).
pub fn semtimedop(t: &mut Thread<'_>, a: &Args) -> SysResult {
    operate(t, a, a[3], TimeKind::Native)
}

/// semtimedop_time64 of i386.
pub fn semtimedop64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    operate(t, a, a[3], TimeKind::Wide)
}

/// semctl(2).
pub fn semctl(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (id, index, arg) = (a[0] as i32, a[1] as i32, a[3]);
    let op = match a[2] as u32 & !IPC_64 {
        RMID => IpcOp::Remove,
        SET => load_set(t, arg, false)?,
        STAT => IpcOp::Stat,
        GETPID => IpcOp::GetPid,
        GETVAL => IpcOp::GetValue,
        GETALL => IpcOp::GetAll,
        GETNCNT => IpcOp::GetWaiting { zero: false },
        GETZCNT => IpcOp::GetWaiting { zero: true },
        SETVAL => IpcOp::SetValue(arg as i32),
        SETALL => {
            let Body::IpcStat(stat) = t.request(&Call::Semctl { id, index: 0, op: IpcOp::Stat })?.1 else {
                return Err(Errno::EIO);
            };
            let bytes = t.read_vec(arg, stat.count.min(65_536) * 2)?;
            IpcOp::SetAll(bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect())
        }
        _ => return Err(Errno::EINVAL),
    };
    match t.request(&Call::Semctl { id, index, op })? {
        (_, Body::IpcStat(stat)) => put_stat(t, arg, &stat, false),
        (_, Body::Groups(values)) => {
            let bytes: Vec<u8> = values.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect();
            t.write_mem(arg, &bytes)?;
            Ok(0)
        }
        (value, _) => Ok(value),
    }
}

/// ipc(2) of i386: all of them through one call.
pub fn ipc(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [call, first, second, third, ptr, fifth] = *a;
    match call as u32 & 0xffff {
        1 => semop(t, &[first, ptr, second, 0, 0, 0]),
        2 => semget(t, &[first, second, third, 0, 0, 0]),
        3 => {
            let fourth = t.load_word(ptr)?;
            semctl(t, &[first, second, third, fourth, 0, 0])
        }
        4 => semtimedop(t, &[first, ptr, second, fifth, 0, 0]),
        11 => msgsnd(t, &[first, ptr, second, third, 0, 0]),
        12 if call >> 16 == 0 => {
            let [text, kind]: [u32; 2] = t.load(ptr)?;
            msgrcv(t, &[first, text.into(), second, kind.into(), third, 0])
        }
        12 => msgrcv(t, &[first, ptr, second, fifth, third, 0]),
        13 => msgget(t, &[first, second, 0, 0, 0, 0]),
        14 => msgctl(t, &[first, second, ptr, 0, 0, 0]),
        21..=24 => {
            t.log_once("System V shared memory is not supported");
            Err(Errno::ENOSYS)
        }
        _ => Err(Errno::ENOSYS),
    }
}
