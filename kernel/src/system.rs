//! All state of the kernel but the file systems, so that a file system of the
//! kernel's own (procfs, devpts) can look at it during an operation.

use crate::event::{Config, Effect, Now, RequestId, SpawnKind, TerminalId};
use crate::file::pipe::{Pipe, PipeId};
use crate::file::table::FdTable;
use crate::file::{OpenFile, lock::Locks};
use crate::random::Random;
use crate::slab::Slab;
use crate::socket::Sockets;
use crate::task::{ProcId, Process, Session, Task, TaskId, TaskState};
use crate::timer::Timer;
use crate::tty::{Tty, TtyId};
use crate::wait::Key;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use tawaki_abi::fs::Timespec;
use tawaki_abi::wire::{Reply, Slot};
use tawaki_abi::{Errno, wire::Body};
use tawaki_vfs::{Context, MountId, Scope};

/// Highest process id plus one (`/proc/sys/kernel/pid_max`).
pub const PID_MAX: i32 = 32768;
/// Open file descriptions in the system; one more is ENFILE.
pub const MAX_FILES: usize = 262_144;
/// Different log lines about unsupported things.
const MAX_LOGGED: usize = 1000;
/// Nanoseconds after which a killed worker that does not come is terminated.
const HANG: u64 = 3_000_000_000;

/// Who a process number belongs to: a thread, a process (while it or a zombie of
/// it exists), or both.
#[derive(Clone, Copy, Default)]
pub struct PidEntry {
    pub task: Option<TaskId>,
    pub proc: Option<ProcId>,
}

/// The streams of a program started through the API.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams {
    pub stdin: Option<PipeId>,
    /// Standard output and error.
    pub out: [Option<PipeId>; 2],
}

/// See the module's description.
pub struct System {
    pub config: Config,
    pub now: Now,
    pub boot_ns: u64,
    pub out: Vec<Effect>,
    pub hostname: Vec<u8>,
    pub domainname: Vec<u8>,
    pub procs: Slab<Process>,
    pub tasks: Slab<Task>,
    /// By slot number: the task that speaks through it.
    pub slots: Vec<Option<TaskId>>,
    pub free_slots: VecDeque<u32>,
    pub pids: HashMap<i32, PidEntry>,
    pub last_pid: i32,
    pub init: ProcId,
    pub groups: HashMap<i32, Vec<ProcId>>,
    pub sessions: HashMap<i32, Session>,
    /// Processes and threads per real user.
    pub per_user: HashMap<u32, u64>,
    /// The task whose own credentials are in its process's place, and what belongs there.
    pub swapped: Option<(TaskId, Box<crate::task::Cred>)>,
    pub files: Slab<OpenFile>,
    pub fdtables: Slab<FdTable>,
    pub pipes: Slab<Pipe>,
    /// Sum of their capacities.
    pub pipe_capacity: usize,
    pub fifos: HashMap<tawaki_vfs::InodeRef, PipeId>,
    pub ttys: Slab<Tty>,
    pub dirty_ttys: Vec<TtyId>,
    pub terminals: HashMap<TerminalId, TtyId>,
    pub streams: HashMap<RequestId, Streams>,
    pub sockets: Sockets,
    pub locks: Locks,
    pub leases: crate::file::lease::Leases,
    pub notes: crate::file::dnotify::Notes,
    pub waiters: HashMap<Key, Vec<TaskId>>,
    /// Files with `O_ASYNC`.
    pub notified: Vec<crate::file::FileId>,
    pub ready: VecDeque<TaskId>,
    /// Waiting tasks that have to end.
    pub doomed: Vec<TaskId>,
    pub timers: BTreeSet<(u64, Timer)>,
    pub random: Random,
    logged: HashSet<String>,
    pub mounts: KernelMounts,
    /// `/proc/mounts` and `/proc/self/mountinfo`.
    /// POSIX message queues.
    pub mqueues: crate::mqueue::Queues,
    /// Tasks that others want something of.
    pub probes: Vec<TaskId>,
    /// Loop devices with a file, for `/sys`.
    pub loops: Vec<LoopState>,
    pub mounts_text: (String, String),
    pub forks: u64,
    pub calls: u64,
    /// Load averages over 1, 5 and 15 minutes, 16.16 fixed point, and when they were
    /// last brought up to date.
    pub loads: [u64; 3],
    pub loads_at: u64,
    /// Signals queued, for edge-triggered signalfds.
    pub signals_sent: u64,
    pub next_ino: u64,
    /// Names of memfd_create(2), by inode.
    pub memory_names: HashMap<u64, Vec<u8>>,
    /// Seals of memfd_create(2)'s files, by inode.
    pub memory_seals: HashMap<u64, u32>,
    /// inotify instances that watch an inode.
    pub watched: HashMap<tawaki_vfs::InodeRef, Vec<crate::file::FileId>>,
    pub handles: u32,
    pub ipc: crate::ipc::Ipc,
}

/// The kernel's own file systems.
#[derive(Clone, Copy)]
pub struct KernelMounts {
    /// Pipes, sockets and other files without a name.
    pub anonymous: MountId,
    pub proc: Option<MountId>,
    pub devpts: Option<MountId>,
    /// Detached tmpfs for memfd_create(2).
    pub memory: MountId,
}

impl System {
    pub fn new(config: Config, mounts: KernelMounts) -> System {
        let random = Random::new(config.entropy);
        System {
            now: Now::default(),
            boot_ns: u64::MAX,
            out: Vec::new(),
            hostname: config.hostname.clone().unwrap_or_else(|| "tawaki".into()).into_bytes(),
            domainname: b"(none)".to_vec(),
            procs: Slab::new(),
            tasks: Slab::new(),
            slots: Vec::new(),
            free_slots: VecDeque::new(),
            pids: HashMap::new(),
            last_pid: 1,
            init: ProcId::new(0),
            groups: HashMap::new(),
            sessions: HashMap::new(),
            per_user: HashMap::new(),
            swapped: None,
            files: Slab::new(),
            fdtables: Slab::new(),
            pipes: Slab::new(),
            pipe_capacity: 0,
            fifos: HashMap::new(),
            ttys: Slab::new(),
            dirty_ttys: Vec::new(),
            terminals: HashMap::new(),
            streams: HashMap::new(),
            sockets: Sockets::default(),
            locks: Locks::default(),
            leases: crate::file::lease::Leases::default(),
            notes: crate::file::dnotify::Notes::default(),
            waiters: HashMap::new(),
            notified: Vec::new(),
            ready: VecDeque::new(),
            doomed: Vec::new(),
            timers: BTreeSet::new(),
            random,
            logged: HashSet::new(),
            mounts,
            mqueues: Default::default(),
            probes: Vec::new(),
            loops: Vec::new(),
            mounts_text: Default::default(),
            forks: 0,
            calls: 0,
            loads: [0; 3],
            loads_at: 0,
            signals_sent: 0,
            next_ino: 1,
            memory_names: HashMap::new(),
            memory_seals: HashMap::new(),
            watched: HashMap::new(),
            handles: 0,
            ipc: Default::default(),
            config,
        }
    }

    /// A context for file-system operations on behalf of a process.
    pub fn context(&self, proc: ProcId) -> Context<'_> {
        let p = &self.procs[proc];
        Context {
            creds: &p.cred.fs,
            now: self.time(),
            umask: p.umask,
            caller: p.pid as u32,
            extension: self,
            scope: Scope::empty(),
        }
    }

    /// The kernel's own context: init's, the superuser; what the kernel makes has the mode it says.
    pub fn kernel_context(&self) -> Context<'_> {
        Context { umask: 0, ..self.context(self.init) }
    }

    pub fn time(&self) -> Timespec {
        Timespec::from_nanos(self.now.realtime_ns.min(i64::MAX as u64) as i64)
    }

    pub fn log(&mut self, line: String) {
        self.out.push(Effect::Log(line));
    }

    /// Logs a line about something unsupported, each different one once.
    pub fn log_once(&mut self, line: String) {
        if self.logged.len() < MAX_LOGGED && !self.logged.contains(&line) {
            self.logged.insert(line.clone());
            self.log(line);
        }
    }

    pub fn unsupported(&mut self, task: TaskId, what: core::fmt::Arguments<'_>) -> Errno {
        let name = self.procs[self.tasks[task].proc].comm_text();
        self.log_once(format!("{name}: {what} is not supported"));
        Errno::ENOSYS
    }

    pub fn task_by_tid(&self, tid: i32) -> Option<TaskId> {
        self.pids.get(&tid)?.task
    }

    /// A process by its id, zombies too.
    pub fn proc_by_pid(&self, pid: i32) -> Option<ProcId> {
        self.pids.get(&pid)?.proc
    }

    /// A process id that nothing uses.
    pub fn new_pid(&mut self) -> Option<i32> {
        for _ in 0..PID_MAX {
            self.last_pid = if self.last_pid + 1 >= PID_MAX { 300 } else { self.last_pid + 1 };
            let pid = self.last_pid;
            if !self.pids.contains_key(&pid)
                && !self.groups.contains_key(&pid)
                && !self.sessions.contains_key(&pid)
            {
                return Some(pid);
            }
        }
        None
    }

    /// A mailbox for a new worker.
    pub fn new_slot(&mut self) -> Slot {
        // First in, first out, so that a number rests before it is used again.
        match self.free_slots.pop_front() {
            Some(n) => Slot(n),
            None => {
                self.slots.push(None);
                Slot(self.slots.len() as u32 - 1)
            }
        }
    }

    /// Asks the host for a worker for `task`.
    pub fn spawn_worker(&mut self, task: TaskId, kind: SpawnKind, payload: Vec<u8>) {
        let slot = self.new_slot();
        self.slots[slot.0 as usize] = Some(task);
        let t = &mut self.tasks[task];
        t.slot = slot;
        t.state = TaskState::Starting;
        self.out.push(Effect::Spawn { slot, kind, payload });
    }

    /// Gives a worker up.
    pub fn release_slot(&mut self, slot: Slot, told: bool) {
        self.slots[slot.0 as usize] = None;
        self.free_slots.push_back(slot.0);
        self.out.push(Effect::Release { slot, told });
    }

    /// Makes a running task come to the kernel.
    pub fn attention(&mut self, task: TaskId) {
        let t = &mut self.tasks[task];
        if t.state == TaskState::Running && !t.attention {
            t.attention = true;
            let slot = t.slot;
            self.out.push(Effect::Attention { slot });
        }
    }

    /// Answers a task's call and lets it run.
    pub fn reply(&mut self, task: TaskId, reply: Reply) {
        let t = &mut self.tasks[task];
        t.state = TaskState::Running;
        t.resumed_at = self.now.monotonic_ns;
        let slot = t.slot;
        let interrupted = matches!(reply.result, Err(e) if is_restart(e));
        let fresh = t.trace.as_ref().is_some_and(|trace| trace.fresh);
        if !t.attention && (t.dying || fresh || !interrupted && self.has_signal(task)) {
            self.tasks[task].attention = true;
            self.out.push(Effect::Attention { slot });
        }
        self.out.push(Effect::Reply { slot, reply });
    }

    /// Marks a task as ending and sees to it that it comes.
    pub fn doom(&mut self, task: TaskId) {
        let t = &mut self.tasks[task];
        if t.dying {
            return;
        }
        t.dying = true;
        match t.state {
            TaskState::Waiting | TaskState::Traced | TaskState::Asking => self.doomed.push(task),
            TaskState::Running => {
                self.attention(task);
                self.await_end(task);
            }
            _ => {}
        }
    }

    /// A worker that does not come in time is terminated.
    pub fn await_end(&mut self, task: TaskId) {
        if self.tasks[task].hang_at == 0 {
            let at = self.now.monotonic_ns.saturating_add(HANG);
            self.tasks[task].hang_at = at;
            self.timers.insert((at, Timer::Hang(task)));
        }
    }

    /// Begins the end of a whole process with this status word.
    pub fn doom_process(&mut self, proc: ProcId, status: i32) {
        let p = &mut self.procs[proc];
        if p.exiting.is_some() || p.zombie || proc == self.init {
            return;
        }
        p.exiting = Some(status);
        p.stopped = None;
        for task in p.tasks.clone() {
            self.doom(task);
        }
    }

    /// Nanoseconds since boot.
    pub fn uptime(&self) -> u64 {
        self.now.monotonic_ns.saturating_sub(self.boot_ns)
    }

    /// Brings the load averages up to date; they move every five seconds, as on
    /// Linux (kernel/sched/loadavg.c), by whoever runs when that is noticed.
    pub fn update_loads(&mut self) {
        const PERIOD: u64 = 5_000_000_000;
        /// exp(-5 s / 1, 5 and 15 minutes), 16.16.
        const DECAY: [u64; 3] = [60_296, 64_453, 65_173];
        let periods = self.now.monotonic_ns.saturating_sub(self.loads_at) / PERIOD;
        if periods == 0 {
            return;
        }
        self.loads_at += periods * PERIOD;
        let now = (crate::fs::proc::running(self) as u64) << 16;
        for _ in 0..periods.min(1000) {
            for (load, decay) in self.loads.iter_mut().zip(DECAY) {
                *load = (*load * decay + now * (65_536 - decay)) >> 16;
            }
        }
    }

    /// An inode number for a file without a name.
    pub fn anonymous_ino(&mut self) -> u64 {
        self.next_ino += 1;
        self.next_ino
    }
}

/// Internal errors that make the process ask for signals.
pub fn is_restart(errno: Errno) -> bool {
    matches!(errno, Errno::ERESTARTSYS | Errno::ERESTARTNOINTR | Errno::ERESTARTNOHAND)
}

/// What `/sys/block/loopN` tells.
pub struct LoopState {
    pub number: u32,
    /// The file's place, as the root directory sees it.
    pub path: Vec<u8>,
    /// Bytes.
    pub size: u64,
    pub config: tawaki_vfs::LoopConfig,
}

/// The answer that ends a worker.
pub fn die(status: i32) -> Reply {
    Reply::with(0, Body::Die(status))
}
