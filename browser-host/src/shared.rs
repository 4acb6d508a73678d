//! The words that workers share: mailboxes in the kernel's memory, two words
//! per thread in the process's memory. `js/layout.js` names the same offsets.
//!
//! A call: the process side copies the request into its slot's buffer, stores
//! the length, sets its bit in `pending`, adds 1 to `doorbell` and notifies if
//! `sleeping`. An answer: the kernel writes the buffer and the length, then
//! exchanges the thread's reply word for [`REPLIED`], and notifies if the word
//! was [`ASLEEP`].

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// Most mailboxes, hence most workers; and most slots of the kernel.
pub const SLOTS: usize = 256;

/// Bytes of a mailbox's buffer at first; it grows for a longer message.
pub const BUFFER: usize = tawaki_abi::wire::MAX_TRANSFER + 4096;

/// One mailbox: 16 words. Its buffer is elsewhere in the kernel's memory.
///
/// A mailbox belongs to a worker for the worker's life, not to a slot: the kernel
/// gives a slot to the next task as soon as the last one has been told to end,
/// which may be before that one's worker has read so.
#[repr(C, align(64))]
pub struct Mailbox {
    /// Address of the buffer.
    pub buffer: AtomicU32,
    /// Its size in bytes.
    pub capacity: AtomicU32,
    /// Length of the request; [`GROW`] set when only a longer buffer is asked for.
    pub request: AtomicU32,
    /// Length of the answer.
    pub answer: AtomicU32,
    /// Slot whose task the worker runs, plus 1.
    pub slot: AtomicU32,
    /// Address of the [`ThreadWords`] of a thread on another worker's memory,
    /// written by that thread before its first call.
    pub words: AtomicU32,
    /// For a worker without a memory of its own, which runs threads only: 1 while it waits for one.
    pub idle: AtomicU32,
    /// Unused.
    pub spare: [AtomicU32; 9],
}

/// In [`Mailbox::request`]: not a request, but a wish for a buffer of this length.
pub const GROW: u32 = 1 << 31;

/// The kernel's side.
#[repr(C, align(64))]
pub struct Shared {
    /// Rung by whoever has something for the kernel.
    pub doorbell: AtomicI32,
    /// 1 while the kernel sleeps on the doorbell.
    pub sleeping: AtomicU32,
    /// The doorbell has a cache line of its own: the kernel spins on it.
    pub apart: [AtomicU32; 14],
    /// Messages posted to the kernel worker's event loop since the start. The
    /// kernel returns to the event loop while this differs from what it has had.
    pub posted: AtomicU32,
    /// Threads that are running guest code: outside a call. Counted by the kernel
    /// as it takes a request and answers it.
    pub running: AtomicI32,
    /// Processors of the host.
    pub cores: AtomicI32,
    /// Terminal output that the page has shown, in bytes (wrapping).
    pub shown: AtomicU32,
    /// Unused.
    pub spare: [AtomicU32; 12],
    /// One bit per mailbox with a request in it.
    pub pending: [AtomicU32; SLOTS / 32],
    /// Mailbox of the worker that runs a slot's task, plus 1.
    pub mailbox_of: [AtomicU32; SLOTS],
    /// The mailboxes.
    pub mailboxes: [Mailbox; SLOTS],
}

/// Reply word: the thread spins or has not asked.
pub const WAITING: i32 = 0;
/// Reply word: the answer is there.
pub const REPLIED: i32 = 1;
/// Reply word: the thread sleeps on it.
pub const ASLEEP: i32 = 2;

/// A thread's side, in the memory of its process.
#[repr(C, align(64))]
#[derive(Debug, Default)]
pub struct ThreadWords {
    /// [`WAITING`], [`REPLIED`] or [`ASLEEP`].
    pub reply: AtomicI32,
    /// Non-zero when the kernel wants the thread to ask for its signals.
    pub attention: AtomicU32,
    /// 1 while the worker waits for its next task.
    pub idle: AtomicU32,
    /// 1 when the thread is not to sleep in `park`, or to wake there.
    pub awake: AtomicI32,
    /// Unused.
    pub spare: [AtomicU32; 12],
}

#[allow(clippy::declare_interior_mutable_const)] // Array initialisers, not shared constants.
const ZERO: AtomicU32 = AtomicU32::new(0);
#[allow(clippy::declare_interior_mutable_const)]
const MAILBOX: Mailbox = Mailbox {
    buffer: ZERO,
    capacity: ZERO,
    request: ZERO,
    answer: ZERO,
    slot: ZERO,
    words: ZERO,
    idle: ZERO,
    spare: [ZERO; 9],
};

/// The instance's shared words; only those of the kernel's instance are used.
pub static SHARED: Shared = Shared {
    doorbell: AtomicI32::new(0),
    sleeping: ZERO,
    apart: [ZERO; 14],
    posted: ZERO,
    running: AtomicI32::new(0),
    cores: AtomicI32::new(1),
    shown: ZERO,
    spare: [ZERO; 12],
    pending: [ZERO; SLOTS / 32],
    mailbox_of: [ZERO; SLOTS],
    mailboxes: [MAILBOX; SLOTS],
};

impl Shared {
    /// Whether a waiting thread may spin: only when a core is free for it.
    pub fn may_spin(&self) -> bool {
        self.running.load(Ordering::Relaxed) < self.cores.load(Ordering::Relaxed)
    }
}
