//! A machine: kernel thread, workers, and the handle that its owner holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;
use tawaki_kernel::{Config, Event, Kernel, RequestId, SpawnRequest, TerminalId};
use tawaki_process::Options;
use tawaki_vfs::{At, Context, Creds, Ext2, MountFlags, Vfs};

use crate::clock;

use crate::disk::open_image;
use crate::kernel_loop::{KernelLoop, run};
use crate::mailbox::{Doorbell, Message, doorbell};
use crate::worker::Totals;

/// Blocks of the disk kept in memory.
const CACHE_BYTES: usize = 256 << 20;

/// The same for a further disk.
const DISK_CACHE_BYTES: usize = 32 << 20;

/// How long workers whose tasks have just ended may take to add their figures.
const PATIENCE: Duration = Duration::from_millis(300);

/// The same for what their programs have run. A program that never ends would be waited for as long.
#[cfg(feature = "jit")]
const PROFILE_PATIENCE: Duration = Duration::from_secs(20);

/// What to boot.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// Disk image, ext2.
    pub image: PathBuf,
    /// Write changes to the image; otherwise they last as long as the machine.
    pub write: bool,
    /// Further images, mounted read-only: (image, path in the guest).
    pub disks: Vec<(PathBuf, String)>,
    /// Trace system calls to the log.
    pub strace: bool,
    /// Most processes at once.
    pub max_processes: u32,
    /// The second tier.
    pub jit: JitConfig,
}

/// Switches of the second tier. Without the feature `jit` they do nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// Every access is checked as the interpreter does.
    pub checked: bool,
    /// All operations but moves and branches are calls into the interpreter.
    pub helpers_only: bool,
    /// How often a block begins before it is hot, if not the usual number.
    pub threshold: Option<u32>,
    /// Most blocks of a region, if not the usual number.
    pub region: Option<usize>,
    /// Nothing is compiled, but what runs is counted ([`Machine::take_profile`]).
    pub profile: bool,
}

impl JitConfig {
    /// From the environment, for tests: `TAWAKI_JIT` is `on` (as without it), `checked`,
    /// `helpers` or `off`, perhaps with a comma and a threshold: `checked,200`.
    pub fn from_env() -> Self {
        let value = std::env::var("TAWAKI_JIT").unwrap_or_default();
        let (kind, threshold) = value.split_once(',').unwrap_or((&value, ""));
        JitConfig {
            enabled: kind != "off",
            checked: !matches!(kind, "" | "on"),
            helpers_only: kind == "helpers",
            threshold: threshold.parse().ok(),
            region: None,
            profile: false,
        }
    }
}

#[cfg(feature = "jit")]
impl JitConfig {
    /// The same for the engine. A threshold of its own also ends the wait for more
    /// hot blocks.
    pub fn settings(&self) -> tawaki_jit::Settings {
        let mut settings = tawaki_jit::Settings::default();
        settings.options.checked = self.checked;
        settings.options.helpers_only = self.helpers_only;
        if let Some(threshold) = self.threshold {
            settings.thresholds.hot = threshold;
            if threshold < 100 {
                (settings.thresholds.wait, settings.thresholds.full) = (0, 1);
            }
        }
        if let Some(blocks) = self.region {
            settings.region.blocks = blocks.max(1);
            settings.pieces = true;
        }
        settings
    }
}

/// Something a machine reports.
#[derive(Clone, Debug, PartialEq)]
pub enum MachineEvent {
    /// A program runs.
    Started {
        /// Which request.
        request: RequestId,
        /// Process id.
        pid: i32,
    },
    /// A program could not be started.
    Refused {
        /// Which request.
        request: RequestId,
        /// Why.
        errno: Errno,
    },
    /// Output; acknowledge it with [`Machine::send`] and `Event::StreamDrained`.
    StreamOutput {
        /// Which request.
        request: RequestId,
        /// 1 or 2.
        stream: u8,
        /// Data.
        bytes: Vec<u8>,
    },
    /// End of an output stream.
    StreamEnded {
        /// Which request.
        request: RequestId,
        /// 1 or 2.
        stream: u8,
    },
    /// Room for standard input.
    StreamWant {
        /// Which request.
        request: RequestId,
        /// Bytes more.
        bytes: u64,
    },
    /// Terminal output; acknowledge it with `Event::TerminalDrained`.
    TerminalOutput {
        /// Which terminal.
        terminal: TerminalId,
        /// Data.
        bytes: Vec<u8>,
    },
    /// A program has ended.
    Exited {
        /// Which request.
        request: RequestId,
        /// Status word of wait(2).
        status: i32,
    },
}

/// Figures of a machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Guest instructions of tasks that have ended.
    pub instructions: u64,
    /// Those of them that the interpreter ran.
    pub interpreted: u64,
    /// System calls of tasks that have ended.
    pub syscalls: u64,
    /// Regions compiled for them.
    pub regions: u64,
    /// Modules these came in.
    pub modules: u64,
    /// Bytes of the modules.
    pub wasm_bytes: u64,
    /// Time that compiling took, microseconds.
    pub compile_us: u64,
    /// Entries from the dispatcher into compiled code.
    pub entries: u64,
    /// Modules installed that had been compiled for another task.
    pub adopted: u64,
}

/// A running machine. Dropping it ends every task.
pub struct Machine {
    bell: Arc<Doorbell>,
    events: Receiver<MachineEvent>,
    input: Sender<MachineEvent>,
    log: Receiver<String>,
    totals: Arc<Totals>,
    jit: JitConfig,
    kernel: Option<JoinHandle<()>>,
}

impl Machine {
    /// Opens the image and starts the kernel. The error is a sentence for the user.
    pub fn boot(config: &MachineConfig) -> Result<Machine, String> {
        let device = open_image(&config.image, config.write)?;
        let mut ext2 = Ext2::new(device, CACHE_BYTES, false);
        ext2.mount(&Context::new(&Creds::root(), Timespec::from_nanos(clock::realtime_ns() as i64)))
            .map_err(|e| format!("cannot use {} as a disk: {e}", config.image.display()))?;
        let mut vfs = Vfs::new();
        vfs.mount_root(Box::new(ext2), MountFlags::empty(), "/dev/vda")
            .map_err(|e| format!("cannot mount {}: {e}", config.image.display()))?;
        for (disk, path) in &config.disks {
            mount_disk(&mut vfs, disk, path)?;
        }
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(|e| format!("the system gives no random numbers: {e}"))?;
        let cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
        let kernel = Kernel::new(
            Config { hostname: None, max_processes: config.max_processes, entropy, cpus, memory: 4 << 30 },
            vfs,
        );
        let (bell, inbox) = doorbell(cpus);
        let (out, events) = unbounded();
        let (log_in, log) = unbounded();
        let totals = Arc::new(Totals::default());
        let machine = KernelLoop {
            kernel,
            inbox,
            bell: bell.clone(),
            out: out.clone(),
            options: Options { strace: config.strace },
            jit: config.jit,
            totals: totals.clone(),
            log: log_in,
        };
        let kernel = std::thread::Builder::new()
            .name("kernel".into())
            .stack_size(16 << 20)
            .spawn(move || run(machine))
            .map_err(|e| format!("cannot start the kernel thread: {e}"))?;
        Ok(Machine { bell, events, input: out, log, totals, jit: config.jit, kernel: Some(kernel) })
    }

    /// Starts a program.
    pub fn spawn(&self, request: SpawnRequest) {
        self.send(Event::Spawn(request));
    }

    /// Tells the kernel something.
    pub fn send(&self, event: Event) {
        self.bell.send(Message::Event(event));
    }

    /// A handle to tell the kernel something from another thread.
    pub fn sender(&self) -> impl Fn(Event) + Send + 'static {
        let bell = self.bell.clone();
        move |event| bell.send(Message::Event(event))
    }

    /// What the machine reports, in order.
    pub fn events(&self) -> &Receiver<MachineEvent> {
        &self.events
    }

    /// Puts a report of one's own into the same queue (a reader thread's news).
    pub fn reporter(&self) -> Sender<MachineEvent> {
        self.input.clone()
    }

    /// Log lines.
    pub fn log(&self) -> &Receiver<String> {
        &self.log
    }

    /// What programs that have ended have run, if it is counted ([`JitConfig::profile`]). Those that just end are waited
    /// for: on a busy machine, what a large one ran takes longer to add than its parent takes to go on.
    #[cfg(feature = "jit")]
    pub fn take_profile(&self) -> tawaki_jit::Profile {
        wait_for_none(&self.totals.live, PROFILE_PATIENCE);
        self.totals.profile.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default()
    }

    /// Figures so far. Workers whose tasks have just ended get a moment to add theirs.
    pub fn stats(&self) -> Stats {
        wait_for_none(&self.totals.live, PATIENCE);
        let total = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let instructions = total(&self.totals.instructions);
        Stats {
            instructions,
            interpreted: if self.jit.enabled && cfg!(feature = "jit") {
                total(&self.totals.interpreted)
            } else {
                instructions
            },
            syscalls: total(&self.totals.syscalls),
            regions: total(&self.totals.regions),
            modules: total(&self.totals.modules),
            wasm_bytes: total(&self.totals.wasm_bytes),
            compile_us: total(&self.totals.compile_us),
            entries: total(&self.totals.entries),
            adopted: total(&self.totals.adopted),
        }
    }

    /// Whether the kernel thread has ended (it never should).
    pub fn crashed(&self) -> bool {
        self.kernel.as_ref().is_none_or(|thread| thread.is_finished())
    }
}

/// Waits until no worker has a task. Returns whether that came to be.
fn wait_for_none(live: &AtomicU32, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    while live.load(Ordering::SeqCst) > 0 {
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Mounts an image read-only at `path`, whose directories are made where they are missing.
fn mount_disk(vfs: &mut Vfs, disk: &Path, path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("{path} is not an absolute path"));
    }
    let (creds, now) = (Creds::root(), Timespec::from_nanos(clock::realtime_ns() as i64));
    let cx = Context::new(&creds, now);
    let mut attempt = |device| {
        let mut ext2 = Ext2::new(device, DISK_CACHE_BYTES, true);
        ext2.mount(&cx)?;
        let root = vfs.root()?;
        let at = At { root, base: root };
        let ends = path.match_indices('/').map(|(i, _)| i).chain([path.len()]);
        for directory in ends.map(|end| &path.as_bytes()[..end]).filter(|d| !d.is_empty()) {
            match vfs.mkdir(&cx, &at, directory, 0o755) {
                Err(error) if !error.is(Errno::EEXIST) => return Err(error),
                _ => {}
            }
        }
        let over = vfs.lookup(&cx, &at, path.as_bytes(), true)?;
        vfs.mount(&cx, over, Box::new(ext2), MountFlags::RDONLY, path)
    };
    attempt(open_image(disk, false)?)
        .map(drop)
        .map_err(|e| format!("cannot mount {} at {path}: {e}", disk.display()))
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.bell.send(Message::Shutdown);
        if let Some(thread) = self.kernel.take() {
            // Its panic has been printed; there is nobody to hand it to.
            let _ = thread.join();
        }
    }
}

#[cfg(all(test, feature = "jit"))]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_ran_is_waited_for_longer_than_figures() {
        let live = Arc::new(AtomicU32::new(1));
        assert!(!wait_for_none(&live, Duration::from_millis(5)));
        let worker = live.clone();
        let late = std::thread::spawn(move || {
            std::thread::sleep(2 * PATIENCE);
            worker.fetch_sub(1, Ordering::SeqCst);
        });
        assert!(wait_for_none(&live, PROFILE_PATIENCE));
        late.join().expect("it ends");
    }
}
