//! Sockets (socket(2), sendmsg(2) …) and i386's `socketcall`.

use crate::syscall::Args;
use crate::syscall::time::{TimeKind, deadline_in, load_timespec, store_timespec};
use crate::thread::{SysResult, Thread};
use crate::user::{IoVec, RW_MAX};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, Extra, MAX_TRANSFER, Received};
use tawaki_cpu::Access;

/// Longest socket address (`sizeof(struct sockaddr_storage)`).
const ADDR_MAX: u64 = 128;
/// Longest ancillary data.
const CONTROL_MAX: u64 = 16 * 1024;
/// Most descriptors in one message (`SCM_MAX_FD`).
const MAX_FDS: usize = 253;
/// `MSG_CTRUNC`, `MSG_TRUNC`, `MSG_CMSG_CLOEXEC`, `MSG_WAITFORONE`, `MSG_DONTWAIT`.
const MSG_CTRUNC: u32 = 8;
const MSG_WAITFORONE: u32 = 0x10000;
const MSG_DONTWAIT: u32 = 0x40;

fn address(t: &Thread<'_>, at: u64, len: u64) -> Result<ByteBuf, Errno> {
    let len = len as u32 as i32;
    if len < 0 || len as u64 > ADDR_MAX {
        return Err(Errno::EINVAL);
    }
    t.read_vec(at, len as u64).map(ByteBuf::from)
}

/// Writes an address to `at` and its full length to `len_at`, as much as there was room for.
fn put_address(t: &Thread<'_>, at: u64, len_at: u64, addr: &[u8]) -> Result<(), Errno> {
    if at == 0 {
        return Ok(());
    }
    let room = t.load::<i32>(len_at)?;
    if room < 0 {
        return Err(Errno::EINVAL);
    }
    t.write_mem(at, &addr[..addr.len().min(room as usize)])?;
    t.store(len_at, &(addr.len() as u32))
}

/// socket(2).
pub fn socket(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Socket { domain: a[0] as u32, kind: a[1] as u32, protocol: a[2] as u32 })
}

/// socketpair(2).
pub fn socketpair(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.check_writable(a[3], 8)?;
    let call = Call::Socketpair { domain: a[0] as u32, kind: a[1] as u32, protocol: a[2] as u32 };
    let Body::Fds(one, other) = t.request(&call)?.1 else { return Err(Errno::EIO) };
    t.store(a[3], &[one, other])?;
    Ok(0)
}

/// bind(2).
pub fn bind(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let addr = address(t, a[1], a[2])?;
    t.value(&Call::Bind { fd: a[0] as i32, addr })
}

/// connect(2).
pub fn connect(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let addr = address(t, a[1], a[2])?;
    t.value(&Call::Connect { fd: a[0] as i32, addr })
}

/// listen(2).
pub fn listen(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Listen { fd: a[0] as i32, backlog: a[1] as i32 })
}

/// accept(2).
pub fn accept(t: &mut Thread<'_>, a: &Args) -> SysResult {
    accept4(t, &[a[0], a[1], a[2], 0, 0, 0])
}

/// accept4(2).
pub fn accept4(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (fd, body) = t.request(&Call::Accept { fd: a[0] as i32, flags: a[3] as u32 })?;
    if let Body::Bytes(addr) = body {
        put_address(t, a[1], a[2], &addr)?;
    }
    Ok(fd)
}

fn gather(t: &Thread<'_>, vecs: &[IoVec]) -> Result<Vec<u8>, Errno> {
    let mut data = Vec::new();
    for vec in vecs {
        let room = (MAX_TRANSFER - data.len()) as u64;
        data.extend(t.read_vec(vec.base, vec.len.min(room))?);
    }
    Ok(data)
}

fn scatter(t: &Thread<'_>, vecs: &[IoVec], mut data: &[u8]) -> Result<(), Errno> {
    for vec in vecs {
        let (now, rest) = data.split_at(data.len().min(vec.len as usize));
        t.write_mem(vec.base, now)?;
        data = rest;
    }
    Ok(())
}

/// sendto(2).
pub fn sendto(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let addr = if a[4] == 0 { None } else { Some(address(t, a[4], a[5])?) };
    let data = gather(t, &[IoVec { base: a[1], len: a[2].min(RW_MAX) }])?.into();
    let call = Call::Send { fd: a[0] as i32, data, flags: a[3] as u32, addr, fds: Vec::new(), creds: None };
    t.value(&call)
}

/// send(2) of socketcall.
fn send(t: &mut Thread<'_>, a: &Args) -> SysResult {
    sendto(t, &[a[0], a[1], a[2], a[3], 0, 0])
}

fn recv_call(t: &mut Thread<'_>, fd: u64, len: u64, flags: u32) -> Result<(i64, Received), Errno> {
    let len = len.min(MAX_TRANSFER as u64) as u32;
    match t.request(&Call::Recv { fd: fd as i32, len, flags })? {
        (count, Body::Received(received)) => Ok((count, received)),
        _ => Err(Errno::EIO),
    }
}

/// recvfrom(2).
pub fn recvfrom(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let room = t.reach(a[1], a[2].min(RW_MAX), Access::Write);
    if room == 0 && a[2] != 0 {
        return Err(Errno::EFAULT);
    }
    let (count, received) = recv_call(t, a[0], room, a[3] as u32)?;
    t.write_mem(a[1], &received.data[..received.data.len().min(room as usize)])?;
    put_address(t, a[4], a[5], &received.addr)?;
    Ok(count)
}

/// recv(2) of socketcall.
fn recv(t: &mut Thread<'_>, a: &Args) -> SysResult {
    recvfrom(t, &[a[0], a[1], a[2], a[3], 0, 0])
}

/// `struct msghdr`, width-independent, and where it lies.
#[derive(Clone, Copy)]
struct MsgHdr {
    name: u64,
    namelen: u64,
    iov: u64,
    iovlen: u64,
    control: u64,
    controllen: u64,
    at: u64,
}

impl MsgHdr {
    fn load(t: &Thread<'_>, at: u64) -> Result<Self, Errno> {
        let word = t.word_size();
        let field = |i: u64| t.load_word(at.wrapping_add(i * word));
        Ok(MsgHdr {
            name: field(0)?,
            namelen: field(1)? & 0xffff_ffff,
            iov: field(2)?,
            iovlen: field(3)?,
            control: field(4)?,
            controllen: field(5)?,
            at,
        })
    }

    /// Stores the lengths and flags that recvmsg gives back.
    fn finish(&self, t: &Thread<'_>, namelen: usize, controllen: usize, flags: u32) -> Result<(), Errno> {
        let word = t.word_size();
        t.store(self.at.wrapping_add(word), &(namelen as u32))?;
        t.store_word(self.at.wrapping_add(5 * word), controllen as u64)?;
        t.store(self.at.wrapping_add(6 * word), &flags)
    }
}

/// Descriptors (SCM_RIGHTS), and process, user and group (SCM_CREDENTIALS).
type Ancillary = (Vec<i32>, Option<(i32, u32, u32)>);

/// Takes SCM_RIGHTS and SCM_CREDENTIALS out of ancillary data.
fn parse_control(t: &Thread<'_>, control: &[u8]) -> Result<Ancillary, Errno> {
    let word = t.word_size() as usize;
    let header = word + 8;
    let (mut fds, mut creds, mut at) = (Vec::new(), None, 0);
    while at + header <= control.len() {
        let mut len = [0; 8];
        len[..word].copy_from_slice(&control[at..at + word]);
        let len = u64::from_le_bytes(len);
        let left = control.len() - at;
        if len < header as u64 || len > left as u64 {
            return Err(Errno::EINVAL);
        }
        let int = |i: usize| bytemuck::pod_read_unaligned::<i32>(&control[i..i + 4]);
        let (level, kind) = (int(at + word), int(at + word + 4));
        let data = &control[at + header..at + len as usize];
        match (level, kind) {
            (1, 1) => fds.extend(data.chunks_exact(4).map(bytemuck::pod_read_unaligned::<i32>)),
            (1, 2) => {
                let [pid, uid, gid]: [i32; 3] =
                    bytemuck::try_pod_read_unaligned(data).map_err(|_| Errno::EINVAL)?;
                creds = Some((pid, uid as u32, gid as u32));
            }
            (1, _) => return Err(Errno::EINVAL),
            // Packet options of the Internet protocols: the loopback has one way.
            _ => {}
        }
        at += (len as usize).next_multiple_of(word);
    }
    if fds.len() > MAX_FDS { Err(Errno::EINVAL) } else { Ok((fds, creds)) }
}

fn sendmsg_at(t: &mut Thread<'_>, fd: u64, at: u64, flags: u32) -> SysResult {
    let msg = MsgHdr::load(t, at)?;
    let addr = if msg.name == 0 { None } else { Some(address(t, msg.name, msg.namelen)?) };
    let vecs =
        t.iovecs(msg.iov, msg.iovlen).map_err(|e| if e == Errno::EINVAL { Errno::EMSGSIZE } else { e })?;
    let data = gather(t, &vecs)?.into();
    let (fds, creds) = if msg.control == 0 || msg.controllen == 0 {
        (Vec::new(), None)
    } else if msg.controllen > CONTROL_MAX {
        return Err(Errno::ENOBUFS);
    } else {
        parse_control(t, &t.read_vec(msg.control, msg.controllen)?)?
    };
    t.value(&Call::Send { fd: fd as i32, data, flags, addr, fds, creds })
}

/// sendmsg(2).
pub fn sendmsg(t: &mut Thread<'_>, a: &Args) -> SysResult {
    sendmsg_at(t, a[0], a[1], a[2] as u32)
}

/// One control message of SOL_SOCKET.
fn control_message(word: usize, kind: u32, data: &[u8]) -> Vec<u8> {
    control_of(word, 1, kind, data)
}

/// When a datagram came, as SO_TIMESTAMP (29), SO_TIMESTAMPNS (35) and the wide forms of both (63, 64) tell it.
fn stamp(word: usize, kind: u32, nanos: u64) -> Vec<u8> {
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let rest = if matches!(kind, 29 | 63) { rest / 1000 } else { rest };
    if word == 8 || kind >= 63 {
        [seconds.to_le_bytes(), rest.to_le_bytes()].concat()
    } else {
        [(seconds as u32).to_le_bytes(), (rest as u32).to_le_bytes()].concat()
    }
}

/// One control message.
fn control_of(word: usize, level: u32, kind: u32, data: &[u8]) -> Vec<u8> {
    let len = word + 8 + data.len();
    let mut out = Vec::with_capacity(len.next_multiple_of(word));
    out.extend_from_slice(&(len as u64).to_le_bytes()[..word]);
    out.extend_from_slice(&level.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(data);
    out.resize(len.next_multiple_of(word), 0);
    out
}

fn recvmsg_at(t: &mut Thread<'_>, fd: u64, at: u64, flags: u32) -> SysResult {
    let msg = MsgHdr::load(t, at)?;
    let mut vecs =
        t.iovecs(msg.iov, msg.iovlen).map_err(|e| if e == Errno::EINVAL { Errno::EMSGSIZE } else { e })?;
    for vec in &mut vecs {
        let room = t.reach(vec.base, vec.len, Access::Write);
        if room < vec.len {
            return Err(Errno::EFAULT);
        }
    }
    let room = vecs.iter().map(|v| v.len).sum();
    let (count, received) = recv_call(t, fd, room, flags)?;
    scatter(t, &vecs, &received.data)?;
    if msg.name != 0 {
        let len = received.addr.len().min(msg.namelen as usize);
        t.write_mem(msg.name, &received.addr[..len])?;
    }
    let word = t.word_size() as usize;
    let mut control = Vec::new();
    if let Some((pid, uid, gid)) = received.creds {
        let data: Vec<u8> = [pid as u32, uid, gid].iter().flat_map(|n| n.to_le_bytes()).collect();
        control.extend(control_message(word, 2, &data));
    }
    let mut out_flags = received.flags;
    if !received.fds.is_empty() {
        // As many as fit; the others are closed again.
        let left = (msg.controllen as usize).saturating_sub(control.len() + word + 8);
        let fit = (left / 4).min(received.fds.len());
        for &fd in &received.fds[fit..] {
            t.call(&Call::Close { fd });
            out_flags |= MSG_CTRUNC;
        }
        if fit > 0 {
            let data: Vec<u8> = received.fds[..fit].iter().flat_map(|n| n.to_le_bytes()).collect();
            control.extend(control_message(word, 1, &data));
        }
    }
    for extra in received.extras {
        control.extend(match extra {
            Extra::Time(kind, nanos) => control_message(word, kind, &stamp(word, kind, nanos)),
            Extra::Bytes(level, kind, data) => control_of(word, level, kind, &data),
        });
    }
    if control.len() as u64 > msg.controllen {
        let exact = msg.controllen as usize;
        // The padding of the last message need not fit.
        if control.len() - exact >= word {
            out_flags |= MSG_CTRUNC;
        }
        control.truncate(exact);
    }
    if msg.control != 0 {
        t.write_mem(msg.control, &control)?;
    }
    msg.finish(t, received.addr.len(), control.len(), out_flags)?;
    Ok(count)
}

/// recvmsg(2).
pub fn recvmsg(t: &mut Thread<'_>, a: &Args) -> SysResult {
    recvmsg_at(t, a[0], a[1], a[2] as u32)
}

/// Bytes from one `mmsghdr` to the next.
fn mmsg_size(t: &Thread<'_>) -> u64 {
    if t.word_size() == 8 { 64 } else { 32 }
}

/// Runs `one` over an array of `mmsghdr`; the count done, or the first error.
fn each(
    t: &mut Thread<'_>,
    a: &Args,
    mut one: impl FnMut(&mut Thread<'_>, u64, u64) -> SysResult,
) -> SysResult {
    let count = (a[2] as u32 as u64).min(1024);
    let (size, header) = (mmsg_size(t), 7 * t.word_size());
    for i in 0..count {
        let at = a[1].wrapping_add(i * size);
        match one(t, at, i) {
            Ok(len) => t.store(at.wrapping_add(header), &(len as u32))?,
            Err(errno) if i == 0 => return Err(errno),
            Err(_) => return Ok(i as i64),
        }
    }
    Ok(count as i64)
}

/// sendmmsg(2).
pub fn sendmmsg(t: &mut Thread<'_>, a: &Args) -> SysResult {
    each(t, a, |t, at, _| sendmsg_at(t, a[0], at, a[3] as u32))
}

/// recvmmsg(2). Its timeout is looked at after each message only, as on Linux: it ends no waiting.
fn recvmmsg_of(t: &mut Thread<'_>, a: &Args, kind: TimeKind) -> SysResult {
    let deadline = match a[4] {
        0 => None,
        at => Some(deadline_in(t, load_timespec(t, at, kind)?)),
    };
    let mut left = 0;
    let count = each(t, a, |t, at, i| {
        if i > 0 && deadline.is_some() && left == 0 {
            return Err(Errno::EAGAIN);
        }
        let flags = a[3] as u32;
        let later = if i > 0 && flags & MSG_WAITFORONE != 0 { MSG_DONTWAIT } else { 0 };
        let result = recvmsg_at(t, a[0], at, flags & !MSG_WAITFORONE | later);
        if let Some(deadline) = deadline {
            left = deadline.saturating_sub(t.host.monotonic_ns());
        }
        result
    })?;
    if deadline.is_some() && count > 0 {
        store_timespec(t, a[4], left, kind)?;
    }
    Ok(count)
}

/// recvmmsg(2).
pub fn recvmmsg(t: &mut Thread<'_>, a: &Args) -> SysResult {
    recvmmsg_of(t, a, TimeKind::Native)
}

/// recvmmsg_time64 of i386.
pub fn recvmmsg_time64(t: &mut Thread<'_>, a: &Args) -> SysResult {
    recvmmsg_of(t, a, TimeKind::Wide)
}

/// shutdown(2).
pub fn shutdown(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::Shutdown { fd: a[0] as i32, how: a[1] as u32 })
}

fn sockname(t: &mut Thread<'_>, a: &Args, peer: bool) -> SysResult {
    let Body::Bytes(addr) = t.request(&Call::Sockname { fd: a[0] as i32, peer })?.1 else {
        return Err(Errno::EIO);
    };
    if a[1] == 0 {
        return Err(Errno::EFAULT);
    }
    put_address(t, a[1], a[2], &addr)?;
    Ok(0)
}

/// getsockname(2).
pub fn getsockname(t: &mut Thread<'_>, a: &Args) -> SysResult {
    sockname(t, a, false)
}

/// getpeername(2).
pub fn getpeername(t: &mut Thread<'_>, a: &Args) -> SysResult {
    sockname(t, a, true)
}

/// setsockopt(2).
pub fn setsockopt(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let len = a[4] as i32;
    if !(0..=4096).contains(&len) {
        return Err(Errno::EINVAL);
    }
    let value = t.read_vec(a[3], len as u64)?.into();
    t.value(&Call::Setsockopt { fd: a[0] as i32, level: a[1] as u32, name: a[2] as u32, value })
}

/// getsockopt(2).
pub fn getsockopt(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let len = t.load::<i32>(a[4])?;
    if len < 0 {
        return Err(Errno::EINVAL);
    }
    let call = Call::Getsockopt { fd: a[0] as i32, level: a[1] as u32, name: a[2] as u32, len: len as u32 };
    let Body::Bytes(value) = t.request(&call)?.1 else { return Err(Errno::EIO) };
    let count = value.len().min(len as usize);
    t.write_mem(a[3], &value[..count])?;
    t.store(a[4], &(count as u32))?;
    Ok(0)
}

/// socketcall(2) of i386: a number and the arguments in memory.
pub fn socketcall(t: &mut Thread<'_>, a: &Args) -> SysResult {
    type Handler = fn(&mut Thread<'_>, &Args) -> SysResult;
    const CALLS: [(usize, Handler); 20] = [
        (3, socket),
        (3, bind),
        (3, connect),
        (2, listen),
        (3, accept),
        (3, getsockname),
        (3, getpeername),
        (4, socketpair),
        (4, send),
        (4, recv),
        (6, sendto),
        (6, recvfrom),
        (2, shutdown),
        (5, setsockopt),
        (5, getsockopt),
        (3, sendmsg),
        (3, recvmsg),
        (4, accept4),
        (5, recvmmsg),
        (4, sendmmsg),
    ];
    let index = (a[0] as u32 as usize).wrapping_sub(1);
    let &(count, handler) = CALLS.get(index).ok_or(Errno::EINVAL)?;
    let mut args = [0; 6];
    for (i, arg) in args.iter_mut().take(count).enumerate() {
        *arg = t.load::<u32>(a[1].wrapping_add(4 * i as u64))?.into();
    }
    handler(t, &args)
}
