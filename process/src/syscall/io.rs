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

/// How much of the buffers there is before the first fault, at most one transfer.
fn reached(t: &mut Thread<'_>, vecs: &[IoVec], access: Access) -> u64 {
    let mut room = 0;
    for vec in vecs {
        let want = vec.len.min(MAX_TRANSFER as u64 - room);
        let reached = t.reach(vec.base, want, access);
        room += reached;
        if reached < vec.len {
            break;
        }
    }
    room
}

/// Stores bytes into one buffer after the other.
fn scatter(t: &mut Thread<'_>, vecs: &[IoVec], bytes: &[u8]) -> SysResult {
    let mut rest = bytes;
    for vec in vecs {
        let piece = rest.split_off(..rest.len().min(vec.len as usize)).unwrap_or_default();
        t.write_mem(vec.base, piece)?;
    }
    Ok(bytes.len() as i64)
}

/// Reads once for several buffers: a datagram or a packet that is longer than the first goes on in the next.
fn read_scattered(t: &mut Thread<'_>, fd: i32, vecs: &[IoVec], offset: Option<u64>) -> SysResult {
    let room = reached(t, vecs, Access::Write);
    if room == 0 {
        // An error of the descriptor comes before EFAULT.
        t.value(&Call::Read { fd, len: 0, offset, more: false })?;
        return Err(Errno::EFAULT);
    }
    let call = Call::Read { fd, len: room as u32, offset, more: false };
    let (_, Body::Bytes(bytes)) = t.request(&call)? else { return Err(Errno::EIO) };
    scatter(t, vecs, &bytes[..bytes.len().min(room as usize)])
}

/// Writes from a list of buffers, in pieces. Small buffers are joined, so that a
/// `writev` of less than a piece is one write, as atomic as Linux makes it.
fn write_from(t: &mut Thread<'_>, fd: i32, vecs: &[IoVec], offset: Option<u64>) -> SysResult {
    write_or_append(t, fd, vecs, offset, false)
}

/// The same, or (RWF_APPEND) at the end of the file, whose position stays where an offset is given.
fn write_or_append(
    t: &mut Thread<'_>,
    fd: i32,
    vecs: &[IoVec],
    offset: Option<u64>,
    append: bool,
) -> SysResult {
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
        let call = match append {
            true => Call::Append { fd, data, stays: offset.is_some() },
            false => Call::Write { fd, data, offset: offset.map(|o| o + done) },
        };
        match t.value(&call) {
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

const F_GETFL: u32 = 3;
const SPLICE_F_NONBLOCK: u32 = 2;
/// Flags of preadv2 and pwritev2: high priority (a hint), the two of synchronous writing, and at the end.
const RWF_HIPRI: u64 = 1;
const RWF_DSYNC: u64 = 2;
const RWF_SYNC: u64 = 4;
const RWF_APPEND: u64 = 16;

/// Offset and buffers of preadv2 and pwritev2, whose offset is two words for both widths.
fn rwf(t: &mut Thread<'_>, a: &Args, writes: bool) -> Result<(Option<u64>, Vec<IoVec>), Errno> {
    let own = t.pair(a, 3) == u64::MAX || t.width == Width::W64 && a[3] == u64::MAX;
    let offset = if own { None } else { checked_offset(t.pair(a, 3))? };
    let flags = a[5] & 0xffff_ffff;
    if flags & !(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND) != 0 {
        // What else may be wrong comes first.
        let fd = a[0] as i32;
        let open = t.value(&Call::Fcntl { fd, cmd: F_GETFL, arg: 0 })? as u32;
        if offset.is_some() {
            t.value(&Call::Lseek { fd, offset: 0, whence: 1 })?;
        }
        let open = OpenFlags::from_bits_truncate(open);
        if !(if writes { open.writable() } else { open.readable() }) {
            return Err(Errno::EBADF);
        }
        if t.iovecs(a[1], a[2])?.iter().any(|vec| vec.len > 0) {
            return Err(Errno::EOPNOTSUPP);
        }
    }
    Ok((offset, t.iovecs(a[1], a[2])?))
}

/// preadv2(2).
pub fn preadv2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (offset, vecs) = rwf(t, a, false)?;
    read_into(t, a[0] as i32, &vecs, offset)
}

/// pwritev2(2).
pub fn pwritev2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (offset, vecs) = rwf(t, a, true)?;
    let fd = a[0] as i32;
    let done = write_or_append(t, fd, &vecs, offset, a[5] & RWF_APPEND != 0)?;
    if done > 0 && a[5] & (RWF_DSYNC | RWF_SYNC) != 0 {
        match t.value(&Call::Fsync { fd }) {
            // No file of a disk.
            Ok(_) | Err(Errno::EINVAL) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(done)
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

/// vmsplice(2): without the sharing of pages.
pub fn vmsplice(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (fd, flags) = (a[0] as i32, a[3] as u32);
    if flags & !15 != 0 {
        return Err(Errno::EINVAL);
    }
    let wait = flags & SPLICE_F_NONBLOCK == 0;
    let writes = t.value(&Call::Vmsplice { fd, data: None, len: 0, wait })? != 0;
    let vecs = t.iovecs(a[1], a[2])?;
    if vecs.iter().all(|vec| vec.len == 0) {
        return Ok(0);
    }
    let access = if writes { Access::Read } else { Access::Write };
    let room = reached(t, &vecs, access);
    if room == 0 {
        return Err(Errno::EFAULT);
    }
    if !writes {
        let (_, Body::Bytes(bytes)) =
            t.request(&Call::Vmsplice { fd, data: None, len: room as u32, wait })?
        else {
            return Err(Errno::EIO);
        };
        return scatter(t, &vecs, &bytes[..bytes.len().min(room as usize)]);
    }
    let mut data = Vec::new();
    for vec in &vecs {
        let from = data.len();
        data.resize(from + vec.len.min(room - from as u64) as usize, 0);
        t.read_mem(vec.base, &mut data[from..])?;
    }
    t.value(&Call::Vmsplice { fd, data: Some(data.into()), len: 0, wait })
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
