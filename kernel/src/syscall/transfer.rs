//! sendfile(2), copy_file_range(2), splice(2), tee(2).

use super::done;
use super::message::{Message, Receive};
use crate::file::{FileId, Object};
use crate::kernel::{Caller, Kernel};
use crate::socket::SocketId;
use crate::wait::{Key, Progress, Stop, SysResult, wait_on};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::{Body, Fd, Reply, TransferKind};

/// Most bytes of one call; callers go on with the rest.
const MAX: u64 = 1 << 20;
const SPLICE_F_NONBLOCK: u32 = 2;

impl Kernel {
    pub(super) fn sys_transfer(
        &mut self,
        c: Caller,
        (from, from_offset): (Fd, Option<u64>),
        (to, to_offset): (Fd, Option<u64>),
        len: u64,
        kind: TransferKind,
        progress: &mut Progress,
    ) -> SysResult {
        let source = self.sys.io_fd(c.proc, from)?;
        let sink = self.sys.io_fd(c.proc, to)?;
        let (f, t) = (&self.sys.files[source], &self.sys.files[sink]);
        if !f.flags.readable() || !t.flags.writable() {
            return Err(Errno::EBADF.into());
        }
        let is_pipe = |object: &Object| matches!(object, Object::Pipe { .. });
        let regular = |object: &Object| matches!(object, Object::Regular);
        let fits = match kind {
            TransferKind::Sendfile => regular(&f.object),
            TransferKind::CopyFileRange => regular(&f.object) && regular(&t.object),
            TransferKind::Splice(_) => is_pipe(&f.object) || is_pipe(&t.object),
            TransferKind::Tee(_) => is_pipe(&f.object) && is_pipe(&t.object),
        };
        if !fits {
            return Err(Errno::EINVAL.into());
        }
        if from_offset.is_some() && is_pipe(&f.object) || to_offset.is_some() && is_pipe(&t.object) {
            return Err(Errno::ESPIPE.into());
        }
        let wait = match kind {
            TransferKind::Splice(flags) | TransferKind::Tee(flags) => flags & SPLICE_F_NONBLOCK == 0,
            _ => !t.nonblocking(),
        };
        if kind == TransferKind::CopyFileRange && t.flags.contains(OpenFlags::APPEND) {
            return Err(Errno::EBADF.into());
        }
        let len = len.min(MAX) as usize;
        if len == 0 {
            return self.moved(source, from_offset, sink, to_offset, 0);
        }
        match (&f.object, &t.object) {
            (Object::Regular, Object::Regular) => {
                if source == sink && from_offset.is_none() && to_offset.is_none() {
                    return Err(Errno::EINVAL.into());
                }
                let data = self.peek_file(c, source, from_offset, len)?;
                let n = self.write_regular(c, sink, &data, to_offset)?;
                self.moved(source, from_offset, sink, to_offset, n)
            }
            (Object::Regular, Object::Pipe { id, .. }) => {
                let id = *id;
                if self.pipe_broken(id) {
                    return self.broken_pipe(c);
                }
                let room = self.sys.pipes[id].room();
                if room == 0 {
                    return if wait { wait_on(Key::PipeOut(id)) } else { Err(Errno::EAGAIN.into()) };
                }
                let data = self.peek_file(c, source, from_offset, len.min(room))?;
                let n = data.len();
                self.sys.pipes[id].push_vec(data);
                self.sys.pipe_filled(id);
                self.moved(source, from_offset, sink, None, n)
            }
            (Object::Pipe { id, .. }, to) => {
                let id = *id;
                let pipe = &self.sys.pipes[id];
                let room = match to {
                    Object::Regular | Object::Null | Object::Socket(_) => len,
                    Object::Pipe { id: other, .. } if *other != id => {
                        let other = *other;
                        if self.pipe_broken(other) {
                            return self.broken_pipe(c);
                        }
                        let room = self.sys.pipes[other].room();
                        if room == 0 {
                            return if wait {
                                wait_on(Key::PipeOut(other))
                            } else {
                                Err(Errno::EAGAIN.into())
                            };
                        }
                        room.min(len)
                    }
                    _ => return Err(Errno::EINVAL.into()),
                };
                if pipe.is_empty() {
                    use crate::file::pipe::HostEnd;
                    if pipe.writers == 0 && !matches!(pipe.host, HostEnd::Input { eof: false, .. }) {
                        return done(0);
                    }
                    return if wait { wait_on(Key::PipeIn(id)) } else { Err(Errno::EAGAIN.into()) };
                }
                let data = self.sys.pipes[id].peek(room);
                let n = match self.sys.files[sink].object {
                    Object::Pipe { id: other, .. } => {
                        self.sys.pipes[other].push(&data);
                        self.sys.pipe_filled(other);
                        data.len()
                    }
                    Object::Regular => self.write_regular(c, sink, &data, to_offset)?,
                    Object::Socket(socket) => self.send_piece(c, socket, data, wait)?,
                    _ => data.len(),
                };
                if !matches!(kind, TransferKind::Tee(_)) {
                    self.sys.pipes[id].drain(n);
                    self.sys.pipe_drained(id);
                }
                self.moved(source, None, sink, to_offset, n)
            }
            (Object::Regular, Object::Null) => {
                let n = self.peek_file(c, source, from_offset, len)?.len();
                self.moved(source, from_offset, sink, None, n)
            }
            (Object::Regular, Object::Tty(tty)) => {
                let tty = *tty;
                let room = self.sys.ttys[tty].output_room() / 2;
                if room == 0 {
                    return if wait { wait_on(Key::TtyOut(tty)) } else { Err(Errno::EAGAIN.into()) };
                }
                let data = self.peek_file(c, source, from_offset, len.min(room))?;
                let n = self.sys.ttys[tty].write(&data);
                self.sys.tty_dirty(tty);
                let _ = progress;
                self.moved(source, from_offset, sink, None, n)
            }
            (Object::Regular, Object::Socket(socket)) => {
                let socket = *socket;
                let data = self.peek_file(c, source, from_offset, len)?;
                if data.is_empty() {
                    return self.moved(source, from_offset, sink, None, 0);
                }
                let n = self.send_piece(c, socket, data, wait)?;
                self.moved(source, from_offset, sink, None, n)
            }
            (Object::Socket(socket), Object::Pipe { id, .. }) => {
                let (socket, id) = (*socket, *id);
                if self.pipe_broken(id) {
                    return self.broken_pipe(c);
                }
                let room = self.sys.pipes[id].room().min(len);
                if room == 0 {
                    return if wait { wait_on(Key::PipeOut(id)) } else { Err(Errno::EAGAIN.into()) };
                }
                let want = Receive { len: room, flags: 0, wait };
                let (received, n) = self.receive(c, socket, want, progress)?;
                self.sys.pipes[id].push_vec(received.data.into_vec());
                self.sys.pipe_filled(id);
                done(n)
            }
            _ => Err(Errno::EINVAL.into()),
        }
    }

    pub(super) fn sys_vmsplice(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &mut Option<ByteBuf>,
        len: u32,
        wait: bool,
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[file];
        let Object::Pipe { id, .. } = f.object else { return Err(Errno::EBADF.into()) };
        let writes = f.flags.writable();
        match data {
            None if len == 0 => done(writes),
            None if writes => Err(Errno::EBADF.into()),
            None => self.read_pipe(id, len as usize, wait),
            Some(_) if !writes => Err(Errno::EBADF.into()),
            Some(_) if self.pipe_broken(id) => self.broken_pipe(c),
            Some(data) => {
                let room = self.sys.pipes[id].room();
                if room == 0 {
                    return if wait { wait_on(Key::PipeOut(id)) } else { Err(Errno::EAGAIN.into()) };
                }
                let mut data = core::mem::take(data).into_vec();
                data.truncate(room);
                let n = data.len();
                self.sys.pipes[id].push_vec(data);
                self.sys.pipe_filled(id);
                done(n)
            }
        }
    }

    /// Sends what fits to a socket; waits while nothing does.
    fn send_piece(&mut self, c: Caller, socket: SocketId, data: Vec<u8>, wait: bool) -> SysResult<usize> {
        let mut data = ByteBuf::from(data);
        let message = Message { data: &mut data, flags: 0, addr: None, fds: &[], creds: None, wait: false };
        match self.send_to(c, socket, message, &mut Progress::default()) {
            Ok(reply) => Ok(reply.result.unwrap_or(0) as usize),
            Err(Stop::Errno(Errno::EAGAIN)) if wait => wait_on(Key::SocketOut(socket)),
            Err(stop) => Err(stop),
        }
    }

    fn pipe_broken(&self, id: crate::file::pipe::PipeId) -> bool {
        use crate::file::pipe::HostEnd;
        let pipe = &self.sys.pipes[id];
        pipe.readers == 0 && !matches!(pipe.host, HostEnd::Output { closed: false, .. })
    }

    fn peek_file(&mut self, c: Caller, file: FileId, offset: Option<u64>, len: usize) -> SysResult<Vec<u8>> {
        let f = &self.sys.files[file];
        let (loc, from) = (f.loc.ok_or(Errno::EBADF)?, offset.unwrap_or(f.offset));
        let mut data = vec![0; len];
        let Kernel { vfs, sys, .. } = self;
        let n = vfs.read(&sys.context(c.proc), loc, from, &mut data)?;
        data.truncate(n);
        Ok(data)
    }

    /// Moves the source's position (the sink's was moved by its write).
    fn moved(
        &mut self,
        source: FileId,
        from_offset: Option<u64>,
        _sink: FileId,
        to_offset: Option<u64>,
        n: usize,
    ) -> SysResult {
        let n = n as u64;
        let f = &mut self.sys.files[source];
        if from_offset.is_none() && matches!(f.object, Object::Regular) {
            f.offset += n;
        }
        let body = match (from_offset, to_offset) {
            (None, None) => Body::None,
            (from, to) => Body::Offsets(from.map(|o| o + n), to.map(|o| o + n)),
        };
        Ok(Reply::with(n as i64, body))
    }
}
