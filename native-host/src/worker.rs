//! A worker thread: one guest task.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tawaki_abi::wire::{Body, Call, Reply, Slot};
use tawaki_cpu::{Engine, GuestMemory, Interpreter};
use tawaki_kernel::Event;
use tawaki_process::{Host, Options, OutOfMemory, Port, Start, Unpark};

use crate::clock;
use crate::machine::JitConfig;
use crate::mailbox::{Caller, Doorbell, Mailbox, Message};
use crate::memory::{HostMemory, LOWEST};

/// Figures summed over all workers, and the code that they share.
#[derive(Default)]
pub struct Totals {
    /// Guest instructions.
    pub instructions: AtomicU64,
    /// System calls.
    pub syscalls: AtomicU64,
    /// Guest instructions that the interpreter ran, where that is not all of them.
    pub interpreted: AtomicU64,
    /// Regions compiled.
    pub regions: AtomicU64,
    /// Modules they came in.
    pub modules: AtomicU64,
    /// Bytes of these.
    pub wasm_bytes: AtomicU64,
    /// Time that took, microseconds.
    pub compile_us: AtomicU64,
    /// Entries into compiled code.
    pub entries: AtomicU64,
    /// Modules installed that another worker had compiled.
    pub adopted: AtomicU64,
    /// Workers that run.
    pub live: AtomicU32,
    /// Compiled code.
    #[cfg(feature = "jit")]
    pub code: Arc<crate::jit::CodeLibrary>,
    /// What ran, if it is counted.
    #[cfg(feature = "jit")]
    pub profile: std::sync::Mutex<tawaki_jit::Profile>,
}

/// What a worker thread is given.
pub struct Job {
    /// Its slot.
    pub slot: Slot,
    /// How it begins.
    pub start: Start,
    /// Its memory, empty.
    pub memory: Arc<HostMemory>,
    /// The parent's, for a fork.
    pub parent: Option<Arc<HostMemory>>,
    /// Its mailbox.
    pub mailbox: Arc<Mailbox>,
    /// The way to the kernel.
    pub bell: Arc<Doorbell>,
    /// Switches.
    pub options: Options,
    /// The second tier.
    pub jit: JitConfig,
    /// Where figures go.
    pub totals: Arc<Totals>,
    /// Where log lines go.
    pub log: crossbeam_channel::Sender<String>,
}

struct WorkerPort {
    caller: Caller,
    dead: bool,
}

impl Port for WorkerPort {
    fn call(&mut self, call: &Call) -> Reply {
        if !self.dead
            && let Ok(reply) = self.caller.call(call)
        {
            return reply;
        }
        // The kernel let go of this worker: whatever it asks, it is to end.
        self.dead = true;
        Reply::with(0, Body::Die(0))
    }
    fn attention(&self) -> &AtomicU32 {
        self.caller.attention()
    }
    fn park(&mut self, timeout: Option<Duration>) {
        if !self.dead {
            self.caller.park(timeout);
        }
    }
    fn unparker(&self) -> Arc<dyn Unpark> {
        self.caller.unparker()
    }
}

struct WorkerHost {
    memory: Arc<HostMemory>,
    parent: Option<Arc<HostMemory>>,
    processors: u32,
    trusts_layout: bool,
    log: crossbeam_channel::Sender<String>,
}

impl Host for WorkerHost {
    fn memory(&self) -> Arc<GuestMemory> {
        self.memory.guest().clone()
    }
    fn memory_end(&self) -> u64 {
        self.memory.end()
    }
    fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory> {
        self.memory.grow_to(end).ok_or(OutOfMemory)
    }
    fn lowest_address(&self) -> u64 {
        LOWEST
    }
    fn monotonic_ns(&self) -> u64 {
        clock::monotonic_ns()
    }
    fn realtime_ns(&self) -> u64 {
        clock::realtime_ns()
    }
    fn cpu_ns(&self) -> u64 {
        clock::thread_cpu_ns()
    }
    fn processors(&self) -> u32 {
        self.processors
    }
    fn trusts_layout(&self) -> bool {
        self.trusts_layout
    }
    fn copy_from_parent(&mut self, ranges: &[Range<u64>]) -> Result<(), OutOfMemory> {
        let parent = self.parent.take().ok_or(OutOfMemory)?;
        if self.memory.copy_from(&parent, ranges) { Ok(()) } else { Err(OutOfMemory) }
    }
    fn log(&mut self, line: &str) {
        let _ = self.log.send(line.to_owned());
    }
}

/// Calls `run` with the engine that the switches ask for.
fn with_engine<R>(
    config: &JitConfig,
    memory: &Arc<HostMemory>,
    totals: &Totals,
    log: crossbeam_channel::Sender<String>,
    run: impl FnOnce(&mut dyn Engine) -> R,
) -> R {
    #[cfg(feature = "jit")]
    if config.enabled {
        let host = crate::jit::WasmtimeHost::new(memory, totals.code.clone(), move |line| {
            let _ = log.send(line.to_owned());
        });
        // A process with too many threads interprets the last ones.
        if let Some(host) = host {
            let mut engine = tawaki_jit::JitEngine::new(host, config.settings());
            if config.profile {
                engine.start_profile();
            }
            let result = run(&mut engine);
            if let (Some(profile), Ok(mut all)) = (engine.take_profile(), totals.profile.lock()) {
                all.merge(profile);
            }
            let stats = engine.stats();
            for (total, value) in [
                (&totals.interpreted, stats.interpreted),
                (&totals.regions, stats.regions),
                (&totals.modules, stats.modules),
                (&totals.wasm_bytes, stats.bytes),
                (&totals.compile_us, stats.compile_us),
                (&totals.entries, stats.entries),
                (&totals.adopted, stats.adopted),
            ] {
                total.fetch_add(value, Ordering::Relaxed);
            }
            return result;
        }
    }
    #[cfg(not(feature = "jit"))]
    let _ = (config, memory, totals, log);
    run(&mut Interpreter::new())
}

/// Runs a task to its end on this thread.
pub fn work(job: Job) {
    let Job { slot, start, memory, parent, mailbox, bell, options, jit, totals, log } = job;
    let mut port = WorkerPort { caller: Caller::new(slot, mailbox, bell.clone()), dead: false };
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    let trusts_layout = cfg!(feature = "jit") && jit.enabled && !jit.checked;
    let mut host = WorkerHost { memory: memory.clone(), parent, processors, trusts_layout, log: log.clone() };
    bell.load.enter();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        with_engine(&jit, &memory, &totals, log, |engine| {
            tawaki_process::run(start, &mut port, &mut host, engine, options)
        })
    }));
    bell.load.leave();
    totals.live.fetch_sub(1, Ordering::SeqCst);
    match ended {
        Ok(ended) => {
            totals.instructions.fetch_add(ended.instructions, Ordering::Relaxed);
            totals.syscalls.fetch_add(ended.syscalls, Ordering::Relaxed);
        }
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()))
                .unwrap_or_default();
            if !port.dead {
                bell.send(Message::Event(Event::WorkerCrashed { slot, message }));
            }
            resume_unwind(panic);
        }
    }
}
