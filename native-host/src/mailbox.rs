//! Mailboxes between worker threads and the kernel thread.
//!
//! A round trip costs a fraction of a microsecond while both sides spin and tens
//! of microseconds when they sleep, so both spin for a short while first; not
//! when more threads want to run than there are processors, where spinning only
//! keeps the other side from answering.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_utils::sync::{Parker, Unparker};
use tawaki_abi::wire::{Call, Reply, Slot};
use tawaki_kernel::Event;

/// How long a side spins before it sleeps.
const SPIN: Duration = Duration::from_micros(20);

const IDLE: u32 = 0;
const ASKED: u32 = 1;
const ANSWERED: u32 = 2;
const DEAD: u32 = 3;

/// What reaches the kernel thread.
pub enum Message {
    /// The mailbox of this slot holds a request.
    Call(Slot),
    /// Something else happened.
    Event(Event),
    /// End the machine.
    Shutdown,
}

/// Threads that compute right now, to decide whether spinning pays.
#[derive(Default)]
pub struct Load {
    running: AtomicU32,
    processors: u32,
}

impl Load {
    /// For a machine with so many processors.
    pub fn new(processors: u32) -> Self {
        Load { running: AtomicU32::new(0), processors }
    }
    /// A worker begins or goes on to compute.
    pub fn enter(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }
    /// A worker waits or ends.
    pub fn leave(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
    fn may_spin(&self) -> bool {
        self.running.load(Ordering::Relaxed) < self.processors
    }
}

/// The way to the kernel thread.
pub struct Doorbell {
    queue: crossbeam_channel::Sender<Message>,
    sleeping: AtomicBool,
    unparker: Unparker,
    /// Who computes.
    pub load: Load,
}

impl Doorbell {
    /// Sends a message and wakes the kernel if it sleeps.
    pub fn send(&self, message: Message) {
        // The kernel thread is gone only when the machine is.
        let _ = self.queue.send(message);
        if self.sleeping.load(Ordering::SeqCst) {
            self.unparker.unpark();
        }
    }
}

/// The kernel thread's end.
pub struct Inbox {
    queue: crossbeam_channel::Receiver<Message>,
    parker: Parker,
    bell: Arc<Doorbell>,
}

/// Makes both ends.
pub fn doorbell(processors: u32) -> (Arc<Doorbell>, Inbox) {
    let (sender, queue) = crossbeam_channel::unbounded();
    let parker = Parker::new();
    let bell = Arc::new(Doorbell {
        queue: sender,
        sleeping: AtomicBool::new(false),
        unparker: parker.unparker().clone(),
        load: Load::new(processors),
    });
    (bell.clone(), Inbox { queue, parker, bell })
}

impl Inbox {
    /// The next message, or `None` when `timeout` has passed.
    pub fn receive(&self, timeout: Option<Duration>) -> Option<Message> {
        if let Ok(message) = self.queue.try_recv() {
            return Some(message);
        }
        let start = Instant::now();
        let spin = timeout.map_or(SPIN, |t| t.min(SPIN));
        while self.bell.load.may_spin() && start.elapsed() < spin {
            for _ in 0..32 {
                std::hint::spin_loop();
            }
            if let Ok(message) = self.queue.try_recv() {
                return Some(message);
            }
        }
        loop {
            self.bell.sleeping.store(true, Ordering::SeqCst);
            let got = self.queue.try_recv().ok();
            if got.is_some() {
                self.bell.sleeping.store(false, Ordering::SeqCst);
                return got;
            }
            match timeout {
                Some(timeout) => match timeout.checked_sub(start.elapsed()) {
                    Some(left) if !left.is_zero() => self.parker.park_timeout(left),
                    _ => {
                        self.bell.sleeping.store(false, Ordering::SeqCst);
                        return None;
                    }
                },
                None => self.parker.park(),
            }
        }
    }
}

/// One worker's mailbox. Messages cross in their wire form, as in the browser.
pub struct Mailbox {
    state: AtomicU32,
    buffer: Mutex<Vec<u8>>,
    unparker: Mutex<Option<Unparker>>,
    sleeping: AtomicBool,
    /// Set by the kernel, cleared by the process.
    pub attention: AtomicU32,
}

impl Default for Mailbox {
    fn default() -> Self {
        Mailbox {
            state: AtomicU32::new(IDLE),
            buffer: Mutex::new(Vec::new()),
            unparker: Mutex::new(None),
            sleeping: AtomicBool::new(false),
            attention: AtomicU32::new(0),
        }
    }
}

impl Mailbox {
    fn buffer(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.buffer.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Kernel side: the request, decoded. `None` when it is malformed.
    pub fn take_call(&self) -> Option<Call> {
        tawaki_abi::wire::decode(&self.buffer()).ok()
    }

    /// Kernel side: answers.
    pub fn answer(&self, reply: &Reply) {
        {
            let mut buffer = self.buffer();
            let bytes = std::mem::take(&mut *buffer);
            *buffer = refill(bytes, reply);
        }
        self.wake(ANSWERED);
    }

    /// Kernel side: the worker is to ask for its signals.
    pub fn attend(&self) {
        self.attention.store(1, Ordering::SeqCst);
        self.unpark();
    }

    /// Kernel side: the worker must end without an answer.
    pub fn hang_up(&self) {
        self.wake(DEAD);
        self.attend();
    }

    fn unpark(&self) {
        let unparker = self.unparker.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(unparker) = &*unparker {
            unparker.unpark();
        }
    }

    fn wake(&self, state: u32) {
        self.state.store(state, Ordering::SeqCst);
        if self.sleeping.load(Ordering::SeqCst) {
            self.unpark();
        }
    }
}

fn refill<T: serde::Serialize>(mut bytes: Vec<u8>, message: &T) -> Vec<u8> {
    bytes.clear();
    // Encoding into memory fails only when memory does.
    tawaki_abi::wire::encode(message, bytes).unwrap_or_default()
}

/// A worker's end of its mailbox.
pub struct Caller {
    slot: Slot,
    mailbox: Arc<Mailbox>,
    bell: Arc<Doorbell>,
    parker: Parker,
}

#[derive(Debug)]
struct Waker(Unparker);

impl tawaki_process::Unpark for Waker {
    fn unpark(&self) {
        self.0.unpark();
    }
}

/// The kernel hung up: the worker ends.
pub struct HungUp;

impl Caller {
    /// For the current thread.
    pub fn new(slot: Slot, mailbox: Arc<Mailbox>, bell: Arc<Doorbell>) -> Self {
        let parker = Parker::new();
        *mailbox.unparker.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) =
            Some(parker.unparker().clone());
        Caller { slot, mailbox, bell, parker }
    }

    /// The attention word.
    pub fn attention(&self) -> &AtomicU32 {
        &self.mailbox.attention
    }

    /// Sleeps as [`tawaki_process::Port::park`] says.
    pub fn park(&self, timeout: Option<Duration>) {
        if self.mailbox.attention.load(Ordering::SeqCst) != 0 {
            return;
        }
        self.bell.load.leave();
        match timeout {
            Some(timeout) => self.parker.park_timeout(timeout),
            None => self.parker.park(),
        }
        self.bell.load.enter();
    }

    /// Wakes this thread.
    pub fn unparker(&self) -> Arc<dyn tawaki_process::Unpark> {
        Arc::new(Waker(self.parker.unparker().clone()))
    }

    /// One round trip.
    pub fn call(&mut self, call: &Call) -> Result<Reply, HungUp> {
        if self.mailbox.state.load(Ordering::SeqCst) == DEAD {
            return Err(HungUp);
        }
        {
            let mut buffer = self.mailbox.buffer();
            let bytes = std::mem::take(&mut *buffer);
            *buffer = refill(bytes, call);
        }
        if self.mailbox.state.compare_exchange(IDLE, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return Err(HungUp);
        }
        self.bell.load.leave();
        self.bell.send(Message::Call(self.slot));
        self.wait();
        self.bell.load.enter();
        let state = self.mailbox.state.compare_exchange(ANSWERED, IDLE, Ordering::SeqCst, Ordering::SeqCst);
        match state {
            Ok(_) => tawaki_abi::wire::decode(&self.mailbox.buffer()).map_err(|_| HungUp),
            Err(_) => Err(HungUp),
        }
    }

    fn wait(&self) {
        let start = Instant::now();
        while self.bell.load.may_spin() {
            for _ in 0..32 {
                if self.mailbox.state.load(Ordering::SeqCst) != ASKED {
                    return;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > SPIN {
                break;
            }
        }
        self.mailbox.sleeping.store(true, Ordering::SeqCst);
        while self.mailbox.state.load(Ordering::SeqCst) == ASKED {
            self.parker.park();
        }
        self.mailbox.sleeping.store(false, Ordering::SeqCst);
    }
}
