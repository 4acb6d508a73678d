//! Pipes and FIFOs (pipe(7)), also behind the byte streams of programs started
//! through the API.
//!
//! Data is kept in the chunks it came in, so that a large write becomes the
//! reply to a large read without a copy.

use super::epoll::Edges;
use crate::event::{Effect, OUTPUT_WINDOW, RequestId};
use crate::kernel::Kernel;
use crate::slab::Id;
use crate::system::System;
use crate::task::TaskId;
use crate::timer::Timer;
use crate::wait::Key;
use std::collections::VecDeque;
use tawaki_vfs::InodeRef;

pub type PipeId = Id<Pipe>;

/// Default capacity, bytes.
pub const CAPACITY: usize = 64 * 1024;
/// Largest capacity by F_SETPIPE_SZ (`/proc/sys/fs/pipe-max-size`).
pub const MAX_CAPACITY: usize = 1 << 20;
/// Capacities of all pipes together; beyond, a new pipe gets one page (as Linux
/// does by `pipe-user-pages-soft`).
pub const BUDGET: usize = 64 << 20;
/// Writes up to this size are atomic.
pub const PIPE_BUF: usize = 4096;
/// Chunks up to this size are filled up by later small writes.
const COALESCE: usize = 4096;

/// From so many writes on between which the writer did not wait, a reader that waits is left
/// alone until there is more for it.
const RUN: u32 = 4;
/// How long at most, nanoseconds.
const GATHER: u64 = 1_000_000;

/// Which end of a program's streams the host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostEnd {
    None,
    /// The host writes: `asked` bytes were asked for and have not come.
    Input {
        request: RequestId,
        asked: u64,
        eof: bool,
    },
    /// The host reads: `under_way` bytes were sent and not drained.
    Output {
        request: RequestId,
        stream: u8,
        under_way: u64,
        closed: bool,
    },
}

/// What was written at once, or grew together.
struct Chunk {
    data: Vec<u8>,
    /// Written in packet mode (O_DIRECT): a read takes no more than this, and leaves nothing of it.
    packet: bool,
}

impl Chunk {
    /// What it takes of the capacity besides its bytes: a packet has a page of its own.
    fn slack(&self) -> usize {
        if self.packet { PIPE_BUF.saturating_sub(self.data.len()) } else { 0 }
    }
}

/// A pipe.
pub struct Pipe {
    chunks: VecDeque<Chunk>,
    /// Bytes of the first chunk already read.
    head: usize,
    len: usize,
    /// What packets take of the capacity besides their bytes.
    slack: usize,
    pub capacity: usize,
    /// Open descriptions that read, and that write.
    pub readers: u32,
    pub writers: u32,
    /// How often each end was opened, for FIFOs that wait for the other.
    pub reader_opens: u32,
    pub writer_opens: u32,
    pub fifo: Option<InodeRef>,
    pub host: HostEnd,
    pub edges: Edges,
    /// When its readers are woken at the latest, 0 while nobody is kept waiting.
    pub gathers_until: u64,
}

impl Pipe {
    pub fn new() -> Pipe {
        Pipe {
            chunks: VecDeque::new(),
            head: 0,
            len: 0,
            slack: 0,
            capacity: CAPACITY,
            readers: 0,
            writers: 0,
            reader_opens: 0,
            writer_opens: 0,
            fifo: None,
            host: HostEnd::None,
            edges: Edges::default(),
            gathers_until: 0,
        }
    }

    /// Opens one end once more.
    pub fn open(&mut self, reads: bool) {
        let (users, opens) = match reads {
            true => (&mut self.readers, &mut self.reader_opens),
            false => (&mut self.writers, &mut self.writer_opens),
        };
        *users += 1;
        *opens = opens.wrapping_add(1);
    }

    /// Bytes to read.
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// What is taken of the capacity.
    pub fn used(&self) -> usize {
        self.len + self.slack
    }
    pub fn room(&self) -> usize {
        self.capacity.saturating_sub(self.used())
    }
    /// Whether a write that waits may go on.
    pub fn writable(&self) -> bool {
        self.room() >= PIPE_BUF.min(self.capacity)
    }

    /// Appends all of `data`; the caller has looked at the room.
    pub fn push(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        self.len += data.len();
        self.edges.input += 1;
        match self.chunks.back_mut() {
            Some(last) if !last.packet && last.data.len() + data.len() <= COALESCE => {
                last.data.extend_from_slice(data);
            }
            _ => {
                let mut chunk = Vec::with_capacity(data.len().max(if data.len() < 512 { 512 } else { 0 }));
                chunk.extend_from_slice(data);
                self.chunks.push_back(Chunk { data: chunk, packet: false });
            }
        }
    }

    /// Appends a packet, of [`PIPE_BUF`] bytes at most.
    pub fn push_packet(&mut self, data: &[u8]) {
        let chunk = Chunk { data: data.to_vec(), packet: true };
        self.len += data.len();
        self.slack += chunk.slack();
        self.edges.input += 1;
        self.chunks.push_back(chunk);
    }

    /// Appends a whole buffer without copying it, when it is large.
    pub fn push_vec(&mut self, data: Vec<u8>) {
        if data.len() <= COALESCE {
            return self.push(&data);
        }
        self.len += data.len();
        self.edges.input += 1;
        self.chunks.push_back(Chunk { data, packet: false });
    }

    /// Takes up to `max` bytes, as read(2) does: up to the end of the first packet, of which nothing stays.
    pub fn pull(&mut self, max: usize) -> Vec<u8> {
        self.take(max, true)
    }

    /// Takes up to `max` bytes, of however many packets.
    pub fn drain(&mut self, max: usize) -> Vec<u8> {
        self.take(max, false)
    }

    fn take(&mut self, max: usize, packets: bool) -> Vec<u8> {
        let want = max.min(self.len);
        if want == 0 {
            return Vec::new();
        }
        self.edges.output += 1;
        if self.head == 0
            && let Some(whole) = self.chunks.pop_front_if(|c| c.data.len() == want)
        {
            self.len -= want;
            self.slack -= whole.slack();
            return whole.data;
        }
        let mut out = Vec::with_capacity(want);
        while out.len() < want {
            let Some(front) = self.chunks.front() else { break };
            let rest = &front.data[self.head..];
            let n = rest.len().min(want - out.len());
            out.extend_from_slice(&rest[..n]);
            let ends = packets && front.packet;
            let gone = if ends { rest.len() } else { n };
            self.len -= gone;
            if gone == rest.len() {
                self.slack -= front.slack();
                self.chunks.pop_front();
                self.head = 0;
            } else {
                self.head += gone;
            }
            if ends {
                break;
            }
        }
        out
    }

    /// Copies up to `max` bytes and leaves them (tee(2)).
    pub fn peek(&self, max: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(max.min(self.len));
        let mut skip = self.head;
        for chunk in &self.chunks {
            let rest = &chunk.data[skip..];
            skip = 0;
            let n = rest.len().min(max - out.len());
            out.extend_from_slice(&rest[..n]);
            if out.len() == max {
                break;
            }
        }
        out
    }
}

impl System {
    /// Adds a pipe, small when there are many.
    pub fn add_pipe(&mut self, mut pipe: Pipe) -> PipeId {
        if self.pipe_capacity + pipe.capacity > BUDGET {
            pipe.capacity = PIPE_BUF;
        }
        self.pipe_capacity += pipe.capacity;
        self.pipes.insert(pipe)
    }

    /// After data came in: wakes readers, or hands it to the host.
    pub fn pipe_filled(&mut self, id: PipeId) {
        self.fire(Key::PipeIn(id));
        self.pump(id);
    }

    /// After a program wrote. Waking a reader costs more than a small write: one that writes
    /// such pieces one after the other (stdio does, 4 KiB each) would wake it for each. So data
    /// gathers until there is half a pipe of it, the writer itself waits, or a little later.
    pub fn pipe_written(&mut self, id: PipeId, writer: TaskId) {
        let t = &mut self.tasks[writer];
        let run = match t.wrote {
            Some((to, run)) if to == id => run.saturating_add(1),
            _ => 0,
        };
        t.wrote = Some((id, run));
        let pipe = &self.pipes[id];
        let gathers = run >= RUN && pipe.len < pipe.capacity / 2 && pipe.host == HostEnd::None;
        if !gathers || !self.waiters.contains_key(&Key::PipeIn(id)) {
            return self.stop_gathering(id);
        }
        let pipe = &mut self.pipes[id];
        if pipe.gathers_until == 0 {
            pipe.gathers_until = self.now.monotonic_ns.saturating_add(GATHER);
            let until = pipe.gathers_until;
            self.rearm(Timer::Gather(id), 0, until);
        }
    }

    /// Wakes the readers of a pipe that gathers.
    pub fn stop_gathering(&mut self, id: PipeId) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        let until = core::mem::take(&mut pipe.gathers_until);
        self.rearm(Timer::Gather(id), until, 0);
        self.pipe_filled(id);
    }

    /// After data went out: wakes writers, or asks the host for more.
    pub fn pipe_drained(&mut self, id: PipeId) {
        if self.pipes[id].writable() {
            self.fire(Key::PipeOut(id));
        }
        self.want(id);
    }

    /// Hands output to the host as far as its window allows.
    pub fn pump(&mut self, id: PipeId) {
        let pipe = &mut self.pipes[id];
        let HostEnd::Output { request, stream, under_way, closed: false } = &mut pipe.host else { return };
        let (request, stream) = (*request, *stream);
        let window = OUTPUT_WINDOW.saturating_sub(*under_way);
        let max = usize::try_from(window).unwrap_or(usize::MAX);
        if max == 0 || pipe.len == 0 {
            return;
        }
        let bytes = pipe.drain(max);
        if let HostEnd::Output { under_way, .. } = &mut pipe.host {
            *under_way += bytes.len() as u64;
        }
        self.out.push(Effect::StreamOutput { request, stream, bytes });
        if self.pipes[id].writable() {
            self.fire(Key::PipeOut(id));
        }
    }

    /// Asks the host for as much input as there is room.
    pub fn want(&mut self, id: PipeId) {
        let pipe = &mut self.pipes[id];
        let room = pipe.room() as u64;
        let HostEnd::Input { request, asked, eof: false } = &mut pipe.host else { return };
        // In large steps, or when everything has been read.
        let more = room.saturating_sub(*asked);
        if more >= CAPACITY as u64 / 2 {
            *asked += more;
            let request = *request;
            self.out.push(Effect::StreamWant { request, bytes: more });
        }
    }
}

impl Kernel {
    /// Closes an open description of a pipe.
    pub(crate) fn close_pipe(&mut self, id: PipeId, reads: bool, writes: bool) {
        let pipe = &mut self.sys.pipes[id];
        pipe.readers -= reads as u32;
        pipe.writers -= writes as u32;
        pipe.edges.both();
        if reads && pipe.readers == 0 {
            self.sys.fire(Key::PipeOut(id));
        }
        if reads {
            self.sys.tell_writers(id);
        }
        if writes && self.sys.pipes[id].writers == 0 {
            self.sys.fire(Key::PipeIn(id));
        }
        self.sys.settle_pipe(id);
    }
}

impl System {
    /// Frees a pipe that nobody uses, tells the host of an output's end.
    pub fn settle_pipe(&mut self, id: PipeId) {
        let pipe = &mut self.pipes[id];
        if pipe.readers + pipe.writers > 0 && !matches!(pipe.host, HostEnd::Output { .. }) {
            return;
        }
        match pipe.host {
            HostEnd::Output { closed: false, .. } if pipe.writers > 0 || pipe.len > 0 => return,
            HostEnd::Output { request, stream, closed: false, .. } => {
                if let Some(streams) = self.streams.get_mut(&request) {
                    streams.out[stream as usize - 1] = None;
                }
                self.out.push(Effect::StreamEnded { request, stream });
                self.drop_streams(request);
            }
            HostEnd::Output { request, stream, closed: true, .. } => {
                if pipe.writers > 0 {
                    return;
                }
                if let Some(streams) = self.streams.get_mut(&request) {
                    streams.out[stream as usize - 1] = None;
                }
                self.drop_streams(request);
            }
            HostEnd::Input { request, .. } => {
                if let Some(streams) = self.streams.get_mut(&request) {
                    streams.stdin = None;
                }
                self.drop_streams(request);
            }
            HostEnd::None => {}
        }
        if let Some(pipe) = self.pipes.remove(id) {
            self.rearm(Timer::Gather(id), pipe.gathers_until, 0);
            self.pipe_capacity -= pipe.capacity;
            if let Some(inode) = pipe.fifo {
                self.fifos.remove(&inode);
            }
        }
    }

    fn drop_streams(&mut self, request: RequestId) {
        let Some(s) = self.streams.get(&request) else { return };
        if s.stdin.is_none() && s.out == [None, None] {
            self.streams.remove(&request);
        }
    }
}
