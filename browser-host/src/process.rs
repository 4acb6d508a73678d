//! A process worker: the mailbox as a [`Port`], the worker as a [`Host`].
#![allow(unsafe_code)] // Makes the process's guest memory, which is the rest of the linear memory.

use crate::shared::{ASLEEP, BUFFER, ThreadWords, WAITING};
use crate::wait::{self, Spinner};
use crate::{heap, host};
use core::arch::wasm32::{memory_grow, memory_size};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tawaki_abi::Errno;
use tawaki_abi::wire::{self, Call, MAX_MESSAGE, Reply};
use tawaki_cpu::GuestMemory;
use tawaki_cpu::mem::WASM_BIAS;
use tawaki_process::{Host, OutOfMemory, Port, Unpark};

/// JavaScript copies whole words.
const WORD: usize = 8;

/// Room for an answer at first.
const SMALL: usize = 512;

/// The process side of one mailbox.
pub struct MailboxPort {
    words: &'static ThreadWords,
    spinner: Spinner,
    /// The encoded request, kept for its capacity.
    buffer: Vec<u8>,
    /// The last answer and what longer ones left behind it.
    answer: Vec<u8>,
}

impl MailboxPort {
    /// A port whose answers are announced in `words`.
    pub fn new(words: &'static ThreadWords) -> Self {
        MailboxPort { words, spinner: Spinner::default(), buffer: Vec::new(), answer: vec![0; SMALL] }
    }

    fn wait(&mut self, spin: bool) {
        let reply = &self.words.reply;
        self.spinner.wait(spin, reply, WAITING, || {
            if reply.compare_exchange(WAITING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                while reply.load(Ordering::SeqCst) == ASLEEP {
                    wait::sleep(reply, ASLEEP, -1);
                }
            }
        });
    }
}

impl Port for MailboxPort {
    fn call(&mut self, call: &Call) -> Reply {
        self.buffer.clear();
        let Ok(request) = wire::encode(call, std::mem::take(&mut self.buffer)) else {
            return Reply::err(Errno::EINVAL);
        };
        self.buffer = request;
        if self.buffer.len() > BUFFER && self.buffer.len() > host::mailbox_capacity() {
            if self.buffer.len() > MAX_MESSAGE {
                return Reply::err(Errno::E2BIG);
            }
            self.words.reply.store(WAITING, Ordering::SeqCst);
            let spin = host::grow_mailbox(self.buffer.len());
            self.wait(spin);
        }
        self.words.reply.store(WAITING, Ordering::SeqCst);
        let spin = host::call(&self.buffer);
        self.wait(spin);
        // The kernel is ours: its lengths are believed.
        let length = host::reply(&mut self.answer);
        if length > self.answer.len() {
            self.answer.resize(length.next_multiple_of(WORD), 0);
            host::reply(&mut self.answer);
        }
        wire::decode(&self.answer[..length]).unwrap_or_else(|error| {
            host::log(&format!("answer of {length} bytes to {call:?} cannot be read: {error}"));
            Reply::err(Errno::EIO)
        })
    }

    fn attention(&self) -> &AtomicU32 {
        &self.words.attention
    }

    fn park(&mut self, timeout: Option<Duration>) {
        let awake = &self.words.awake;
        if self.words.attention.load(Ordering::SeqCst) == 0 && awake.load(Ordering::SeqCst) == 0 {
            let nanoseconds = timeout.map_or(-1, |t| i64::try_from(t.as_nanos()).unwrap_or(i64::MAX));
            host::parked(true);
            wait::sleep(awake, 0, nanoseconds);
            host::parked(false);
        }
        awake.store(0, Ordering::SeqCst);
    }

    fn unparker(&self) -> Arc<dyn Unpark> {
        Arc::new(Waker(self.words))
    }
}

/// Wakes the thread of these words, which lives at least as long: see [`Unpark`].
#[derive(Debug)]
struct Waker(&'static ThreadWords);

impl Unpark for Waker {
    fn unpark(&self) {
        self.0.awake.store(1, Ordering::SeqCst);
        wait::notify(&self.0.awake);
    }
}

/// The guest memory of this instance's linear memory, one for all its threads
/// and all processes that the worker runs one after the other.
pub fn guest_memory() -> Arc<GuestMemory> {
    static MEMORY: OnceLock<Arc<GuestMemory>> = OnceLock::new();
    // SAFETY: on wasm32 the base is ignored. `WorkerHost` lets the address space
    // use only what lies between the emulator's low region and the end, less what
    // the allocator has appended for itself.
    MEMORY.get_or_init(|| Arc::new(unsafe { GuestMemory::from_raw(core::ptr::null_mut()) })).clone()
}

/// End of what the current process has been told of, as a guest address. The
/// memory of the worker may reach further: from an earlier process, or because
/// pages come by 64 KiB.
static TOLD: AtomicU64 = AtomicU64::new(0);

/// Bytes of linear memory at the start; the emulator's heap lies above, in pieces.
static INITIAL: AtomicUsize = AtomicUsize::new(0);

/// Notes where the memory ends before the allocator appends to it.
pub fn remember_initial_memory() {
    INITIAL.store(memory_size(0) << 16, Ordering::SeqCst);
}

fn guest(linear: usize) -> u64 {
    linear as u64 + u64::from(WASM_BIAS)
}

/// The next task is a process of its own, not a thread: its memory starts small.
pub fn new_process() {
    TOLD.store(guest(INITIAL.load(Ordering::SeqCst)), Ordering::SeqCst);
}

/// The worker as the process crate sees it.
pub struct WorkerHost {
    epoch: f64,
    start: f64,
    processors: u32,
    trusts_layout: bool,
}

impl WorkerHost {
    /// `epoch`: zero of the machine's monotonic clock, milliseconds since 1970.
    pub fn new(epoch: f64, processors: u32, trusts_layout: bool) -> Self {
        WorkerHost { epoch, start: host::now(), processors, trusts_layout }
    }
}

impl Host for WorkerHost {
    fn memory(&self) -> Arc<GuestMemory> {
        guest_memory()
    }

    fn memory_end(&self) -> u64 {
        TOLD.load(Ordering::SeqCst)
    }

    /// Grows what the process knows of: over the emulator's pieces, which lie
    /// between what it owned and what it gets, and over memory that an earlier
    /// process left (all zero) before any new is appended.
    fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory> {
        heap::while_still(|pieces| {
            let told = TOLD.load(Ordering::SeqCst);
            if end <= told {
                return Ok(told);
            }
            let taken = pieces.filter(|piece| guest(piece.start) < end && guest(piece.end) > told);
            let before = taken.map(|piece| guest(piece.end)).max().unwrap_or(told);
            let real = guest(memory_size(0) << 16);
            if end > real && memory_grow(0, (end - real).div_ceil(1 << 16) as usize) == usize::MAX {
                return Err(OutOfMemory);
            }
            TOLD.store(end.max(before), Ordering::SeqCst);
            Ok(before)
        })
    }

    fn lowest_address(&self) -> u64 {
        guest(heap::LOW_END)
    }

    fn monotonic_ns(&self) -> u64 {
        ((host::now() - self.epoch).max(0.0) * 1e6) as u64
    }

    fn realtime_ns(&self) -> u64 {
        (host::now() * 1e6) as u64
    }

    fn cpu_ns(&self) -> u64 {
        ((host::now() - self.start).max(0.0) * 1e6) as u64
    }

    fn processors(&self) -> u32 {
        self.processors
    }

    fn trusts_layout(&self) -> bool {
        self.trusts_layout
    }

    fn copy_from_parent(&mut self, ranges: &[Range<u64>]) -> Result<(), OutOfMemory> {
        for range in ranges {
            let (start, end) = (range.start.max(self.lowest_address()), range.end);
            let length = end.saturating_sub(start);
            if length > 0 && !host::copy_from_parent((start - u64::from(WASM_BIAS)) as usize, length as usize)
            {
                return Err(OutOfMemory);
            }
        }
        Ok(())
    }

    fn log(&mut self, line: &str) {
        host::log(line);
    }
}
