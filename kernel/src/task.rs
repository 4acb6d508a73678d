//! Processes and their threads.

use crate::capability::Caps;
use crate::event::RequestId;
use crate::file::table::FdTable;
use crate::slab::Id;
use crate::timer::{Clockwork, PosixTimer};
use crate::wait::Waiting;
use std::collections::BTreeMap;
use tawaki_abi::signal::{SIG_DFL, SIG_IGN, SigAction, SigInfo, SigSet, sigbit};
use tawaki_abi::wire::TIMED_EVERY;
use tawaki_abi::wire::{DumpThread, Rusage, Slot, Waited};
use tawaki_vfs::{Creds, Location};

pub type TaskId = Id<Task>;
pub type ProcId = Id<Process>;

/// Pending signals of a task or a process.
#[derive(Clone, Debug, Default)]
pub struct SigQueue {
    pub set: SigSet,
    /// In order of arrival; a standard signal at most once.
    pub infos: Vec<SigInfo>,
}

/// Queued signals of one queue; beyond, real-time signals are refused (EAGAIN).
pub const MAX_QUEUED: usize = 1024;

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Its worker is being made and has not called yet.
    Starting,
    /// Its worker runs guest code.
    Running,
    /// Its call is being handled.
    Calling,
    /// Its call waits for keys.
    Waiting,
    /// A forking parent until the child has copied its memory.
    ForkParent,
    /// A vfork parent until the child execs or exits; its slot is the child's.
    VforkParent,
    /// Stopped for its tracer, in a call that is not answered.
    Traced,
    /// A tracer whose request its tracee is serving.
    Asking,
}

/// A thread.
pub struct Task {
    pub tid: i32,
    pub proc: ProcId,
    pub slot: Slot,
    pub state: TaskState,
    /// Has to end: every call is answered by `Die`.
    pub dying: bool,
    /// Has been asked what the core file is to show of it.
    pub dumped: bool,
    /// In the queue of tasks to run again.
    pub queued: bool,
    /// The attention word is set.
    pub attention: bool,
    pub mask: SigSet,
    /// Mask to restore after a call that swapped it.
    pub saved_mask: Option<SigSet>,
    pub pending: SigQueue,
    pub waiting: Option<Box<Waiting>>,
    /// In a vfork child, the task whose slot it speaks through.
    pub vfork_parent: Option<TaskId>,
    /// The parent to answer at `ChildReady`.
    pub fork_parent: Option<TaskId>,
    pub comm: Vec<u8>,
    /// Where it differs from its process.
    pub own_cred: Option<Box<Cred>>,
    /// When it last got a reply.
    pub resumed_at: u64,
    /// Processor time of the program and of its calls, nanoseconds.
    pub utime: u64,
    pub stime: u64,
    /// What its calls took that `stime` does not have yet, nanoseconds.
    pub owed: u64,
    /// Sleeps within its process (`Call::Rest`): the kernel has answered it, but no
    /// processor time passes.
    pub resting: bool,
    /// Its last call was `Call::Maps`: what its process has told is as of now.
    pub told_maps: bool,
    pub switches: u64,
    pub schedule: crate::syscall::Schedule,
    /// Deadline of `Timer::Hang`, 0 when there is none.
    pub hang_at: u64,
    /// Told to write its shared mappings back (`NEED_SYNC`).
    pub synced: bool,
    /// Its tracer.
    pub trace: Option<Box<crate::trace::Trace>>,
    /// The pipe that it wrote to last, and how often before that without waiting.
    pub wrote: Option<(crate::file::pipe::PipeId, u32)>,
    /// What it is doing for somebody else.
    pub probe: Option<Box<crate::probe::Probe>>,
}

impl Task {
    /// Counts the time from its last reply to a call that comes `now`. At some calls its worker tells how much
    /// of that the program itself ran: the rest is the system's, and as much of the calls that are not measured.
    pub fn book(&mut self, now: u64, user: Option<u64>) {
        let open = self.open_ns(now);
        if let Some(user) = user {
            let system = open.saturating_sub(user).min(LONGEST);
            self.owed = self.owed.saturating_add(system * TIMED_EVERY);
        }
        let system = self.owed.min(open);
        self.owed = self.owed.saturating_sub(system);
        self.stime = self.stime.saturating_add(system);
        self.utime = self.utime.saturating_add(open - system);
    }

    /// Processor time since its last reply that `utime` and `stime` do not have yet, nanoseconds.
    pub fn open_ns(&self, now: u64) -> u64 {
        let counts = self.state == TaskState::Running && !self.resting;
        if counts { now.saturating_sub(self.resumed_at) } else { 0 }
    }

    /// Whether it uses a processor or wants to.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, TaskState::Running | TaskState::Calling) && !self.resting
    }
}

/// What takes longer is not the call, it is that the worker or the kernel did not run; nanoseconds.
const LONGEST: u64 = 10_000_000;

/// Real, effective, saved and file-system identity.
#[derive(Clone, Debug, Default)]
pub struct Cred {
    pub ruid: u32,
    pub euid: u32,
    pub suid: u32,
    pub rgid: u32,
    pub egid: u32,
    pub sgid: u32,
    /// File-system ids, groups and privilege, as `vfs` wants them.
    pub fs: Creds,
    pub caps: Caps,
    /// PR_SET_KEEPCAPS, 0 or 1.
    pub keep_caps: u64,
}

impl Cred {
    pub fn new(uid: u32, gid: u32, groups: Vec<u32>) -> Cred {
        let caps = Caps::new(uid == 0);
        let fs = Creds { uid, gid, groups, powers: caps.powers() };
        Cred { ruid: uid, euid: uid, suid: uid, rgid: gid, egid: gid, sgid: gid, fs, caps, keep_caps: 0 }
    }
    /// Whether it may administer the machine.
    pub fn capable(&self) -> bool {
        self.has(crate::capability::SYS_ADMIN)
    }
    /// After a change of the effective ids.
    pub fn sync_fs(&mut self) {
        self.fs.uid = self.euid;
        self.fs.gid = self.egid;
        self.sync_powers();
    }
    /// After a change of the effective capabilities.
    pub fn sync_powers(&mut self) {
        self.fs.powers = self.caps.powers();
    }
}

/// How many resource limits there are (getrlimit(2)).
pub const RLIMITS: usize = 16;
pub const RLIMIT_CPU: usize = 0;
pub const RLIMIT_FSIZE: usize = 1;
pub const RLIMIT_DATA: usize = 2;
pub const RLIMIT_STACK: usize = 3;
pub const RLIMIT_CORE: usize = 4;
pub const RLIMIT_NPROC: usize = 6;
pub const RLIMIT_NOFILE: usize = 7;
pub const RLIMIT_AS: usize = 9;
pub const RLIMIT_NICE: usize = 13;
pub const RLIMIT_RTPRIO: usize = 14;
/// No limit.
pub const RLIM_INFINITY: u64 = u64::MAX;
/// Most descriptors a process may ever have.
pub const NR_OPEN: u64 = 1 << 20;

/// Debian's defaults, soft and hard.
pub fn default_limits(max_processes: u32) -> [(u64, u64); RLIMITS] {
    let mut limits = [(RLIM_INFINITY, RLIM_INFINITY); RLIMITS];
    limits[RLIMIT_STACK] = (8 << 20, RLIM_INFINITY);
    limits[RLIMIT_CORE] = (0, RLIM_INFINITY);
    limits[RLIMIT_NPROC] = (max_processes as u64, max_processes as u64);
    limits[RLIMIT_NOFILE] = (1024, NR_OPEN);
    limits[8] = (8 << 20, 8 << 20); // memlock
    limits[11] = (MAX_QUEUED as u64, MAX_QUEUED as u64); // sigpending
    limits[12] = (819_200, 819_200); // msgqueue
    limits[RLIMIT_NICE] = (0, 0);
    limits[RLIMIT_RTPRIO] = (0, 0);
    limits
}

/// A core file that a process writes.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Why.
    pub signo: u32,
    /// Threads that have ended for it.
    pub threads: Vec<DumpThread>,
    /// Until when the others are waited for, nanoseconds.
    pub until: u64,
}

/// A file kept for a mapping or a program about to run.
#[derive(Clone, Debug)]
pub struct Held {
    pub loc: Location,
    /// `None` for `MapHold`; else the number of execs before `ExecOpen`.
    pub exec: Option<u32>,
}

/// What a process tells about its address space.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    pub text: Vec<u8>,
    pub vsize: u64,
    pub rss: u64,
    /// When it was told or asked last, monotonic nanoseconds, and how long that is
    /// good for.
    pub asked: u64,
    pub wait: u64,
}

/// A process that lives shorter is never asked about its address space; others
/// are, when they are about to wait, at most this often (nanoseconds).
pub const MAPS_SOON: u64 = 100_000_000;
pub const MAPS_LATER: u64 = 2_000_000_000;

/// A process: a thread group.
pub struct Process {
    pub pid: i32,
    pub parent: ProcId,
    pub children: Vec<ProcId>,
    /// `/proc/PID/auxv`, told together with `maps`.
    pub auxv: Vec<u8>,
    /// Ends of tracees that are not children.
    pub traced_ends: Vec<Waited>,
    pub tasks: Vec<TaskId>,
    pub pgid: i32,
    pub sid: i32,
    pub cred: Cred,
    pub fds: Id<FdTable>,
    pub cwd: Location,
    pub root: Location,
    pub umask: u32,
    pub limits: [(u64, u64); RLIMITS],
    pub actions: Box<[SigAction; 64]>,
    pub shared: SigQueue,
    /// Stopped by this signal.
    pub stopped: Option<u32>,
    /// A stop or continue that `wait` has not told yet: status word.
    pub report: Option<i32>,
    /// Status word of the end that has begun.
    pub exiting: Option<i32>,
    /// All threads have ended; waits for its parent.
    pub zombie: bool,
    pub exit_signal: u32,
    pub comm: Vec<u8>,
    pub exe: Option<Location>,
    pub cmdline: Vec<u8>,
    pub environ: Vec<u8>,
    pub maps: Maps,
    pub handles: BTreeMap<u32, Held>,
    /// Files of private mappings, which can be read anew when they have no name any more.
    pub kept: BTreeMap<u32, Location>,
    pub execs: u32,
    /// Executed a program since it was forked (setpgid(2): EACCES).
    pub did_exec: bool,
    pub itimers: [Clockwork; 3],
    /// Processor time at which ITIMER_VIRTUAL (1) and ITIMER_PROF (2) expire.
    pub cpu_targets: [u64; 3],
    pub timers: BTreeMap<i32, PosixTimer>,
    pub next_timer_id: i32,
    pub nice: i32,
    pub dumpable: u64,
    /// It writes a core file.
    pub dump: Option<Dump>,
    pub death_signal: u32,
    pub subreaper: bool,
    pub no_new_privs: bool,
    pub start_ns: u64,
    pub utime: u64,
    pub stime: u64,
    pub child_usage: Rusage,
    /// Started through the API by this request.
    pub request: Option<RequestId>,
    /// Task that waits in `ExecCommit` for the other threads to end.
    pub exec_task: Option<TaskId>,
    pub oom_adj: i32,
    /// When RLIMIT_CPU is looked at next (0: it is infinite), and the processor time
    /// at the last SIGXCPU.
    pub cpu_check: u64,
    pub cpu_told: u64,
}

impl Process {
    pub fn comm_text(&self) -> String {
        String::from_utf8_lossy(&self.comm).into_owned()
    }
    /// What a signal does here now.
    pub fn action(&self, signo: u32) -> SigAction {
        self.actions[(signo as usize - 1) & 63]
    }
    /// Signals that are thrown away when sent.
    pub fn ignores(&self, signo: u32) -> bool {
        let action = self.action(signo);
        action.handler == SIG_IGN
            || action.handler == SIG_DFL && default_action(signo) == DefaultAction::Ignore
    }
    pub fn usage(&self) -> Rusage {
        Rusage { utime: self.utime, stime: self.stime, maxrss: self.maps.rss / 1024, ..Rusage::default() }
    }
}

/// Adds up usage; `maxrss` is the largest.
pub fn add_usage(sum: &mut Rusage, more: &Rusage) {
    sum.utime += more.utime;
    sum.stime += more.stime;
    sum.maxrss = sum.maxrss.max(more.maxrss);
    sum.minflt += more.minflt;
    sum.majflt += more.majflt;
    sum.nvcsw += more.nvcsw;
    sum.nivcsw += more.nivcsw;
}

/// What a signal does without handler (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    Terminate,
    Core,
    Stop,
    Continue,
    Ignore,
}

pub fn default_action(signo: u32) -> DefaultAction {
    use tawaki_abi::signal::*;
    match signo {
        SIGCHLD | SIGURG | SIGWINCH => DefaultAction::Ignore,
        SIGCONT => DefaultAction::Continue,
        SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU => DefaultAction::Stop,
        SIGQUIT | SIGILL | SIGTRAP | SIGABRT | SIGBUS | SIGFPE | SIGSEGV | SIGXCPU | SIGXFSZ | SIGSYS => {
            DefaultAction::Core
        }
        _ => DefaultAction::Terminate,
    }
}

/// Signals that can be neither caught, blocked nor ignored.
pub const UNBLOCKABLE: SigSet = sigbit(tawaki_abi::signal::SIGKILL) | sigbit(tawaki_abi::signal::SIGSTOP);

/// A session (setsid(2)).
#[derive(Clone, Debug)]
pub struct Session {
    pub tty: Option<crate::tty::TtyId>,
    /// Foreground group when the terminal was hung up: it gets SIGHUP when the
    /// leader ends.
    pub old_pgrp: i32,
    pub leader: ProcId,
    pub members: u32,
}
