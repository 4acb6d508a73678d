//! The kernel worker: the kernel, its disk, and the loop that feeds it.

use crate::fetch::{Arrivals, WorkerFetch};
use crate::host::{self, Page, Spawned};
use crate::mailboxes::{Mailboxes, Request};
use crate::shared::SHARED;
use crate::wait::{self, Spinner};
use core::sync::atomic::Ordering;
use serde::Deserialize;
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;
use tawaki_blockdev::{BLOCK_SIZE, ChunkIndex, ChunkedDevice, Delivery, OverlayDevice, SharedDevice};
use tawaki_kernel::{
    Config, Effect, Event, Kernel, Now, RequestId, SpawnKind, SpawnRequest, Stdio, TerminalId,
};
use tawaki_vfs::{At, Context, Creds, Ext2, FsError, FsResult, MountFlags, Vfs};

/// Bytes of the image kept in the kernel's memory.
const IMAGE_CACHE: u64 = 256 << 20;
/// Bytes of decoded file-system blocks kept.
const BLOCK_CACHE: usize = 32 << 20;

/// Most bytes of changed blocks in one message to the page.
const CHANGES_AT_ONCE: usize = 1 << 20;

/// The root file system's device.
type Root = SharedDevice<OverlayDevice<ChunkedDevice<WorkerFetch>>>;

/// What the page asks for at boot.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Boot {
    image_size: u64,
    /// Further images, mounted read-only.
    disks: Vec<Disk>,
    overlay_limit: u64,
    hostname: Option<String>,
    max_processes: u32,
    cores: u32,
    memory: u64,
    entropy: [u8; 32],
    /// The machine's start, milliseconds since 1970: zero of its monotonic clock.
    epoch: f64,
}

#[derive(Deserialize)]
struct Disk {
    size: u64,
    path: String,
}

/// A program to run, as the page writes it.
#[derive(Deserialize)]
struct Run {
    request: u32,
    path: String,
    argv: Vec<String>,
    env: Vec<String>,
    cwd: String,
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
    terminal: Option<Terminal>,
}

#[derive(Deserialize)]
struct Terminal {
    id: u32,
    cols: u16,
    rows: u16,
}

enum State {
    Mounting(Box<Mounting>),
    Running(Box<Kernel>),
    Failed,
}

/// What is left to mount before the kernel starts.
struct Mounting {
    config: Config,
    vfs: Vfs,
    root: Option<Box<Ext2>>,
    disks: Vec<(Box<Ext2>, String)>,
}

/// Why [`Machine::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Messages wait in the event loop.
    Messages = 0,
}

/// Everything the kernel worker has.
pub struct Machine {
    state: State,
    /// One per image.
    arrivals: Vec<Arrivals>,
    root: Root,
    /// Requests of the page for the changes of the root device.
    change_requests: Vec<u32>,
    mailboxes: Mailboxes,
    /// What came through the event loop, in order.
    inbox: Vec<Event>,
    effects: Vec<Effect>,
    epoch: f64,
    pending: Vec<u32>,
    spinner: Spinner,
    /// Messages the event loop has handed over so far.
    received: u32,
}

impl Mounting {
    /// Does what the blocks at hand allow; `Pending` while some is left to do.
    fn advance(&mut self) -> FsResult<()> {
        let creds = Creds::root();
        let cx = Context::new(&creds, Timespec { sec: (host::now() / 1e3) as i64, nsec: 0 });
        if let Some(root) = &mut self.root {
            root.mount(&cx)?;
            if let Some(root) = self.root.take() {
                self.vfs.mount_root(root, MountFlags::default(), "/dev/vda")?;
            }
        }
        while let Some((disk, path)) = self.disks.first_mut() {
            disk.mount(&cx)?;
            let root = self.vfs.root()?;
            let at = At { root, base: root };
            let ends = path.match_indices('/').map(|(i, _)| i).chain([path.len()]);
            for directory in ends.map(|end| &path.as_bytes()[..end]).filter(|d| !d.is_empty()) {
                match self.vfs.mkdir(&cx, &at, directory, 0o755) {
                    Err(error) if !error.is(Errno::EEXIST) => return Err(error),
                    _ => {}
                }
            }
            let over = self.vfs.lookup(&cx, &at, path.as_bytes(), true)?;
            let (disk, path) = self.disks.remove(0);
            self.vfs.mount(&cx, over, disk, MountFlags::RDONLY, &path)?;
        }
        Ok(())
    }
}

impl Machine {
    /// A machine that has not read its disk yet.
    pub fn new(boot: Boot) -> Machine {
        let arrivals: Vec<_> = (0..=boot.disks.len()).map(|_| Arrivals::default()).collect();
        let device = |disk: usize, size| {
            let fetch = WorkerFetch { disk: disk as u32, arrivals: arrivals[disk].clone() };
            ChunkedDevice::new(fetch, size, IMAGE_CACHE)
        };
        let device_of_root = OverlayDevice::new(device(0, boot.image_size), boot.overlay_limit);
        let shared_root = SharedDevice::new(device_of_root);
        let disks = boot.disks.into_iter().enumerate().map(|(i, disk)| {
            (Box::new(Ext2::new(Box::new(device(i + 1, disk.size)), BLOCK_CACHE, true)), disk.path)
        });
        let config = Config {
            hostname: boot.hostname,
            max_processes: boot.max_processes,
            entropy: boot.entropy,
            cpus: boot.cores,
            memory: boot.memory,
        };
        SHARED.cores.store(boot.cores as i32, Ordering::Relaxed);
        let root = Some(Box::new(Ext2::new(Box::new(shared_root.clone()), BLOCK_CACHE, false)));
        let disks = disks.collect();
        Machine {
            state: State::Mounting(Box::new(Mounting { config, vfs: Vfs::new(), root, disks })),
            arrivals,
            root: shared_root,
            change_requests: Vec::new(),
            mailboxes: Mailboxes::default(),
            inbox: Vec::new(),
            effects: Vec::new(),
            epoch: boot.epoch,
            pending: Vec::new(),
            spinner: Spinner::default(),
            received: 0,
        }
    }

    fn now(&self) -> Now {
        let now = host::now();
        Now { realtime_ns: (now * 1e6) as u64, monotonic_ns: ((now - self.epoch).max(0.0) * 1e6) as u64 }
    }

    /// A new process worker with a mailbox of its own.
    pub fn worker_added(&mut self, mailbox: u32) {
        self.mailboxes.add(mailbox);
    }

    /// The event loop has taken one posted message.
    pub fn message_received(&mut self) {
        self.received = self.received.wrapping_add(1);
    }

    /// A range of the image is here.
    pub fn fetched(&mut self, disk: u32, chunk: u64, data: Result<Vec<u8>, String>) {
        let Some(arrivals) = self.arrivals.get(disk as usize) else { return };
        arrivals.push(Delivery { chunk: ChunkIndex(chunk), data });
        if matches!(self.state, State::Running(_)) && self.inbox.last() != Some(&Event::BlocksArrived) {
            self.inbox.push(Event::BlocksArrived);
        }
    }

    /// The page wants all changes of the root device since boot.
    pub fn send_changes(&mut self, request: u32) {
        self.change_requests.push(request);
    }

    /// Answers such requests once every changed block has reached the device.
    fn answer_change_requests(&mut self) {
        let synced = match &mut self.state {
            State::Running(kernel) => kernel.sync(),
            State::Mounting(_) => false,
            State::Failed => true,
        };
        if !synced {
            return;
        }
        let whole = matches!(self.state, State::Running(_));
        for request in std::mem::take(&mut self.change_requests) {
            self.root.get().for_each_change(CHANGES_AT_ONCE / BLOCK_SIZE, |block, bytes| {
                host::page(Page::Changed, request, block.0 as u32, bytes);
            });
            host::page(Page::ChangesEnd, request, whole.into(), &[]);
        }
    }

    /// An event for the kernel at the next run.
    pub fn post(&mut self, event: Event) {
        self.inbox.push(event);
    }

    /// A program to start, as JSON; false when that cannot be read.
    pub fn spawn(&mut self, json: &[u8]) -> bool {
        let Ok(run) = serde_json::from_slice::<Run>(json) else { return false };
        let bytes = |list: Vec<String>| list.into_iter().map(String::into_bytes).collect();
        self.post(Event::Spawn(SpawnRequest {
            request: RequestId(run.request),
            path: run.path.into_bytes(),
            argv: bytes(run.argv),
            env: bytes(run.env),
            cwd: run.cwd.into_bytes(),
            uid: run.uid,
            gid: run.gid,
            groups: run.groups,
            stdio: match run.terminal {
                Some(t) => Stdio::Terminal { terminal: TerminalId(t.id), cols: t.cols, rows: t.rows },
                None => Stdio::Streams,
            },
        }));
        true
    }

    /// Mounts as far as the blocks are there, and then starts the kernel.
    fn mount(&mut self) {
        let State::Mounting(mounting) = &mut self.state else { return };
        match mounting.advance() {
            Err(FsError::Pending) => return,
            Err(error) => {
                host::page(
                    Page::BootFailed,
                    0,
                    0,
                    format!("The image cannot be mounted: {error}.").as_bytes(),
                );
                self.state = State::Failed;
                return;
            }
            Ok(()) => {}
        }
        let State::Mounting(mounting) = std::mem::replace(&mut self.state, State::Failed) else { return };
        self.state = State::Running(Box::new(Kernel::new(mounting.config, mounting.vfs)));
        host::page(Page::Booted, 0, 0, &[]);
    }

    fn step(&mut self, event: Event) {
        let now = self.now();
        let State::Running(kernel) = &mut self.state else { return };
        kernel.step(now, event, &mut self.effects);
        self.apply();
    }

    fn apply(&mut self) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply { slot, reply } => self.mailboxes.answer(slot, &reply),
                Effect::Attention { slot } => host::attention(slot.0),
                Effect::Spawn { slot, kind, payload } => {
                    let (kind, other) = match kind {
                        SpawnKind::Exec => (0, slot),
                        SpawnKind::Fork { parent } => (1, parent),
                        SpawnKind::Thread { leader } => (2, leader),
                    };
                    match host::spawn(slot.0, kind, other.0, &payload) {
                        Spawned::Refused => self.inbox.push(Event::SpawnFailed { slot }),
                        Spawned::Waits => {}
                        Spawned::Started => self.inbox.push(Event::SpawnStarted { slot }),
                    }
                }
                Effect::Release { slot, told } => {
                    let in_call = self.mailboxes.close(slot);
                    host::release(slot.0, told, in_call);
                }
                Effect::TerminalOutput { terminal, bytes } => {
                    host::page(Page::TerminalOutput, terminal.0, 0, &bytes);
                }
                Effect::StreamOutput { request, stream, bytes } => {
                    host::page(Page::StreamOutput, request.0, u32::from(stream), &bytes);
                }
                Effect::StreamEnded { request, stream } => {
                    host::page(Page::StreamEnded, request.0, u32::from(stream), &[]);
                }
                Effect::StreamWant { request, bytes } => {
                    host::page(Page::StreamWant, request.0, bytes.min(u64::from(u32::MAX)) as u32, &[]);
                }
                Effect::Started { request, pid } => host::page(Page::Started, request.0, pid as u32, &[]),
                Effect::SpawnRefused { request, errno } => {
                    let message = errno.to_string();
                    host::page(Page::SpawnRefused, request.0, u32::from(errno.0), message.as_bytes());
                }
                Effect::Exited { request, status } => {
                    host::page(Page::Exited, request.0, status as u32, &[]);
                }
                Effect::Log(line) => host::log(&line),
                // The device's own requests went to the I/O worker when it made them.
                Effect::FetchBlocks => {}
            }
        }
        self.effects = effects;
    }

    /// Works until the event loop has something to hand over.
    pub fn run(&mut self) -> Pause {
        loop {
            let bell = SHARED.doorbell.load(Ordering::SeqCst);
            let mut worked = false;
            if matches!(self.state, State::Mounting(_)) {
                self.mount();
            }
            if matches!(self.state, State::Running(_)) {
                while !self.inbox.is_empty() {
                    worked = true;
                    for event in std::mem::take(&mut self.inbox) {
                        self.step(event);
                    }
                }
            }
            if !self.change_requests.is_empty() {
                self.answer_change_requests();
            }
            let mut pending = std::mem::take(&mut self.pending);
            self.mailboxes.take_pending(&mut pending);
            for mailbox in pending.drain(..) {
                worked = true;
                match self.mailboxes.request(mailbox) {
                    Request::Call(slot, call) => self.step(Event::Call { slot, call }),
                    Request::Bad(slot, message) => self.step(Event::WorkerCrashed { slot, message }),
                    Request::Handled => {}
                }
            }
            self.pending = pending;
            host::end_of_turn();
            // Callers that come one after the other are found before the clock is asked for timers, which every call runs, too.
            if !worked
                && SHARED.may_spin()
                && wait::changes(&SHARED.doorbell, bell)
                && SHARED.posted.load(Ordering::SeqCst) == self.received
            {
                continue;
            }
            let mut timeout = -1;
            // Timers that are due run with every event, too.
            if !worked
                && let State::Running(kernel) = &self.state
                && let Some(at) = kernel.next_timer()
            {
                let now = self.now().monotonic_ns;
                if at <= now {
                    self.step(Event::Tick);
                    worked = true;
                } else {
                    timeout = (at - now).min(i64::MAX as u64) as i64;
                }
            }
            if SHARED.posted.load(Ordering::SeqCst) != self.received {
                return Pause::Messages;
            }
            if worked || !self.inbox.is_empty() {
                continue;
            }
            let (root, mailboxes) = (&self.root, &self.mailboxes);
            self.spinner.wait(SHARED.may_spin(), &SHARED.doorbell, bell, || {
                if root.get().take_refused() {
                    host::page(Page::DiskFull, 0, 0, &[]);
                }
                SHARED.sleeping.store(1, Ordering::SeqCst);
                if !mailboxes.any_pending() {
                    wait::sleep(&SHARED.doorbell, bell, timeout);
                }
                SHARED.sleeping.store(0, Ordering::SeqCst);
            });
        }
    }
}
