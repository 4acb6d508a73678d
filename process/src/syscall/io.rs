//! Reading, writing, descriptors (read(2), readv(2), pipe(2), dup(2) …).

use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use crate::user::{IoVec, RW_MAX};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::{Body, Call, MAX_TRANSFER, TransferKind};
use tawaki_cpu::Access;

/// Open flags from a guest; unknown bits are ignored as open(2) does.
pub fn open_flags(bits: u64) -> OpenFlags {
    OpenFlags::from_bits_truncate(bits as u32)
}

/// Reads into a list of buffers, in pieces. A fault after the first byte gives the count so far.
fn read_into(t: &mut Thread<'_>, fd: i32, vecs: &[IoVec], offset: Option<u64>) -> SysResult {
    let total: u64 = vecs.iter().map(|v| v.len).sum();
    if total == 0 {
        return t.value(&Call::Read { fd, len: 0, offset, more: false });
    }
    if vecs.len() > 1 && total <= MAX_TRANSFER as u64 {
        return read_scattered(t, fd, vecs, offset);
    }
    let mut done = 0u64;
    for vec in vecs {
        let mut at = 0;
        while at < vec.len {
            // Piece by piece: a large buffer is not populated for a small file.
            let want = (vec.len - at).min(MAX_TRANSFER as u64);
            let piece = t.reach(vec.base.wrapping_add(at), want, Access::Write) as u32;
            if piece == 0 {
                if done > 0 {
                    return Ok(done as i64);
                }
                // An error of the descriptor comes before EFAULT.
                t.value(&Call::Read { fd, len: 0, offset, more: false })?;
                return Err(Errno::EFAULT);
            }
            let position = offset.map(|o| o + done);
            let call = Call::Read { fd, len: piece, offset: position, more: done > 0 };
            let bytes = match t.request(&call) {
                Ok((_, Body::Bytes(bytes))) => bytes,
                Ok(_) if done == 0 => return Err(Errno::EIO),
                Err(errno) if done == 0 => return Err(errno),
                _ => return Ok(done as i64),
            };
            let count = bytes.len().min(piece as usize);
            t.write_mem(vec.base + at, &bytes[..count])?;
            at += count as u64;
            done += count as u64;
            if count < piece as usize {
                return Ok(done as i64);
            }
        }
    }
    Ok(done as i64)
}

/// Reads once for several buffers: a datagram or a packet that is longer than the first goes on in the next.
fn read_scattered(t: &mut Thread<'_>, fd: i32, vecs: &[IoVec], offset: Option<u64>) -> SysResult {
    let mut room = 0;
    for vec in vecs {
        let reached = t.reach(vec.base, vec.len, Access::Write);
        room += reached;
        if reached < vec.len {
            break;
        }
    }
    if room == 0 {
        // An error of the descriptor comes before EFAULT.
        t.value(&Call::Read { fd, len: 0, offset, more: false })?;
        return Err(Errno::EFAULT);
    }
    let call = Call::Read { fd, len: room as u32, offset, more: false };
    let (_, Body::Bytes(bytes)) = t.request(&call)? else { return Err(Errno::EIO) };
    let mut rest = &bytes[..bytes.len().min(room as usize)];
    let count = rest.len();
    for vec in vecs {
        let piece = rest.split_off(..rest.len().min(vec.len as usize)).unwrap_or_default();
        t.write_mem(vec.base, piece)?;
    }
    Ok(count as i64)
}

/// Writes from a list of buffers, in pieces. Small buffers are joined, so that a
/// `writev` of less than a piece is one write, as atomic as Linux makes it.
fn write_from(t: &mut Thread<'_>, fd: i32, vecs: &[IoVec], offset: Option<u64>) -> SysResult {
    let mut done = 0u64;
    let mut piece: Vec<u8> = Vec::new();
    let mut fault = false;
    let mut vecs = vecs.iter().copied().filter(|v| v.len > 0).peekable();
    let mut at = 0;
    loop {
        // Fill a piece.
        while !fault && piece.len() < MAX_TRANSFER {
            let Some(&vec) = vecs.peek() else { break };
            let want = (vec.len - at).min((MAX_TRANSFER - piece.len()) as u64);
            let got = t.reach(vec.base.wrapping_add(at), want, Access::Read);
            let from = piece.len();
            piece.resize(from + got as usize, 0);
            t.read_mem(vec.base.wrapping_add(at), &mut piece[from..])?;
            at += got;
            fault = got < want;
            if at == vec.len {
                vecs.next();
                at = 0;
            }
        }
        if piece.is_empty() && (done > 0 || fault) {
            break;
        }
        let count = piece.len();
        let data = std::mem::take(&mut piece).into();
        match t.value(&Call::Write { fd, data, offset: offset.map(|o| o + done) }) {
            Ok(written) => {
                done += (written.max(0) as u64).min(count as u64);
                if (written as usize) < count || vecs.peek().is_none() {
                    break;
                }
            }
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    if done == 0 && fault {
        t.value(&Call::Write { fd, data: Vec::new().into(), offset })?;
        return Err(Errno::EFAULT);
    }
    Ok(done as i64)
}

fn one(addr: u64, len: u64) -> [IoVec; 1] {
    [IoVec { base: addr, len: len.min(RW_MAX) }]
}

fn checked_offset(offset: u64) -> Result<Option<u64>, Errno> {
    if (offset as i64) < 0 { Err(Errno::EINVAL) } else { Ok(Some(offset)) }
}

/// read(2).
pub fn read(t: &mut Thread<'_>, a: &Args) -> SysResult {
    read_into(t, a[0] as i32, &one(a[1], a[2]), None)
}

/// write(2).
pub fn write(t: &mut Thread<'_>, a: &Args) -> SysResult {
    write_from(t, a[0] as i32, &one(a[1], a[2]), None)
}

/// pread64(2).
pub fn pread(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = checked_offset(t.pair(a, 3))?;
    read_into(t, a[0] as i32, &one(a[1], a[2]), offset)
}

/// pwrite64(2).
pub fn pwrite(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = checked_offset(t.pair(a, 3))?;
    write_from(t, a[0] as i32, &one(a[1], a[2]), offset)
}

/// readv(2).
pub fn readv(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let vecs = t.iovecs(a[1], a[2])?;
    read_into(t, a[0] as i32, &vecs, None)
}

/// writev(2).
pub fn writev(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let vecs = t.iovecs(a[1], a[2])?;
    write_from(t, a[0] as i32, &vecs, None)
}

/// preadv(2): the offset comes in two `unsigned long`, of which 64-bit code uses the first.
pub fn preadv(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = checked_offset(t.pair(a, 3))?;
    let vecs = t.iovecs(a[1], a[2])?;
    read_into(t, a[0] as i32, &vecs, offset)
}

/// pwritev(2).
pub fn pwritev(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = checked_offset(t.pair(a, 3))?;
    let vecs = t.iovecs(a[1], a[2])?;
    write_from(t, a[0] as i32, &vecs, offset)
}

/// Flags of preadv2 and pwritev2 that only promise or hint: HIPRI, DSYNC, SYNC.
fn rwf(t: &Thread<'_>, a: &Args) -> Result<bool, Errno> {
    // Both widths pass the offset as two words before the flags.
    if a[5] & !7 != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(t.pair(a, 3) == u64::MAX || t.width == Width::W64 && a[3] == u64::MAX)
}

/// preadv2(2).
pub fn preadv2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if rwf(t, a)? { readv(t, a) } else { preadv(t, a) }
}

/// pwritev2(2).
pub fn pwritev2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if rwf(t, a)? { writev(t, a) } else { pwritev(t, a) }
}

/// lseek(2).
pub fn lseek(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = t.signed(a[1]);
    let result = t.value(&Call::Lseek { fd: a[0] as i32, offset, whence: a[2] as u32 })?;
    if t.width == Width::W32 && i32::try_from(result).is_err() {
        return Err(Errno::EOVERFLOW);
    }
    Ok(result)
}

/// _llseek of i386: (fd, high, low, result, whence).
pub fn llseek(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let offset = ((a[1] << 32) | (a[2] & 0xffff_ffff)) as i64;
    let result = t.value(&Call::Lseek { fd: a[0] as i32, offset, whence: a[4] as u32 })?;
    t.store(a[3], &result)?;
    Ok(0)
}

/// close(2).
pub fn close(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Close { fd: a[0] as i32 })
}

/// close_range(2).
pub fn close_range(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::CloseRange { first: a[0] as u32, last: a[1] as u32, flags: a[2] as u32 })
}

/// dup(2).
pub fn dup(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Dup { fd: a[0] as i32 })
}

/// dup2(2).
pub fn dup2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Dup3 { old: a[0] as i32, new: a[1] as i32, flags: None })
}

/// dup3(2).
pub fn dup3(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[2] as u32 & !OpenFlags::CLOEXEC.bits() != 0 {
        return Err(Errno::EINVAL);
    }
    t.value(&Call::Dup3 { old: a[0] as i32, new: a[1] as i32, flags: Some(open_flags(a[2])) })
}

fn make_pipe(t: &mut Thread<'_>, addr: u64, flags: u64) -> SysResult {
    let allowed = OpenFlags::CLOEXEC | OpenFlags::NONBLOCK | OpenFlags::DIRECT;
    if flags as u32 & !allowed.bits() != 0 {
        return Err(Errno::EINVAL);
    }
    t.check_writable(addr, 8)?;
    let Body::Fds(read, write) = t.request(&Call::Pipe { flags: open_flags(flags) })?.1 else {
        return Err(Errno::EIO);
    };
    t.store(addr, &[read, write])?;
    Ok(0)
}

/// pipe(2).
pub fn pipe(t: &mut Thread<'_>, a: &Args) -> SysResult {
    make_pipe(t, a[0], 0)
}

/// pipe2(2).
pub fn pipe2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    make_pipe(t, a[0], a[1])
}

/// Sends a `Transfer`; the offsets at these addresses (of `size` bytes, 0 for none) are read and updated.
fn transfer(
    t: &mut Thread<'_>,
    kind: TransferKind,
    (from, from_at): (u64, u64),
    (to, to_at): (u64, u64),
    len: u64,
    size: u64,
) -> SysResult {
    let read = |t: &Thread<'_>, at: u64| -> Result<Option<u64>, Errno> {
        match (at, size) {
            (0, _) => Ok(None),
            (_, 4) => t.load::<i32>(at).map(|o| Some(i64::from(o) as u64)),
            _ => t.load::<u64>(at).map(Some),
        }
    };
    let call = Call::Transfer {
        from: from as i32,
        from_offset: read(t, from_at)?,
        to: to as i32,
        to_offset: read(t, to_at)?,
        len: len.min(RW_MAX),
        kind,
    };
    let (count, body) = t.request(&call)?;
    if let Body::Offsets(from, to) = body {
        for (at, offset) in [(from_at, from), (to_at, to)] {
            match (offset, at, size) {
                (None, _, _) | (_, 0, _) => {}
                (Some(offset), _, 4) => t.store(at, &(offset as u32))?,
                (Some(offset), _, _) => t.store(at, &offset)?,
            }
        }
    }
    Ok(count)
}

/// sendfile(2) with a `long` offset.
pub fn sendfile(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let size = t.word_size();
    transfer(t, TransferKind::Sendfile, (a[1], a[2]), (a[0], 0), a[3], size)
}

/// sendfile64 of i386.
pub fn sendfile64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    transfer(t, TransferKind::Sendfile, (a[1], a[2]), (a[0], 0), a[3], 8)
}

/// copy_file_range(2).
pub fn copy_file_range(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[5] as u32 != 0 {
        return Err(Errno::EINVAL);
    }
    transfer(t, TransferKind::CopyFileRange, (a[0], a[1]), (a[2], a[3]), a[4], 8)
}

/// splice(2).
pub fn splice(t: &mut Thread<'_>, a: &Args) -> SysResult {
    transfer(t, TransferKind::Splice(a[5] as u32), (a[0], a[1]), (a[2], a[3]), a[4], 8)
}

/// tee(2).
pub fn tee(t: &mut Thread<'_>, a: &Args) -> SysResult {
    transfer(t, TransferKind::Tee(a[3] as u32), (a[0], 0), (a[1], 0), a[2], 8)
}

/// vmsplice(2): as writev or readv, without the sharing of pages.
pub fn vmsplice(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let vecs = t.iovecs(a[1], a[2])?;
    write_from(t, a[0] as i32, &vecs, None)
}

/// eventfd(2).
pub fn eventfd(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Eventfd { count: a[0] as u32, flags: 0 })
}

/// eventfd2(2).
pub fn eventfd2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Eventfd { count: a[0] as u32, flags: a[1] as u32 })
}

/// memfd_create(2).
pub fn memfd_create(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let name = t.cstr(a[0], 250, Errno::EINVAL)?;
    t.value(&Call::Memfd { name: name.into(), flags: a[1] as u32 })
}
