//! The kernel's answers.

use super::call::{Fd, Flock};
use super::trace::TraceOp;
use crate::Errno;
use crate::fs::{Dirent, Stat, Statfs, Timespec};
use crate::signal::{SigAction, SigInfo, SigSet};
use crate::tty::{Termios, WinSize};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Internal error: the kernel wants [`crate::wire::Call::Maps`] first, then the same call again.
pub const NEED_MAPS: Errno = Errno(530);

/// Internal error: the process has the file mapped shared and writable, and is to write its
/// changes back first. Then the same call again, after which it reads the file anew if the
/// call changes it.
pub const NEED_SYNC: Errno = Errno(531);

/// An answer: the system call's return value or error, and what came with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Return value, or the error (`ERESTART*` when a signal interrupted: the
    /// process then sends `TakeSignal` and decides between EINTR and a restart).
    pub result: Result<i64, Errno>,
    /// Data; mostly `None`.
    pub body: Body,
}

impl Reply {
    /// Success without data.
    pub fn ok(value: i64) -> Self {
        Reply { result: Ok(value), body: Body::None }
    }
    /// Failure.
    pub fn err(errno: Errno) -> Self {
        Reply { result: Err(errno), body: Body::None }
    }
    /// Success with data.
    pub fn with(value: i64, body: Body) -> Self {
        Reply { result: Ok(value), body }
    }
}

/// Owner and mode of a System V object (`struct ipc64_perm`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct IpcPerm {
    pub key: i32,
    pub uid: u32,
    pub gid: u32,
    pub cuid: u32,
    pub cgid: u32,
    pub mode: u32,
    pub seq: u16,
}

/// What IPC_STAT tells of a message queue or a semaphore set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpcStat {
    /// Owner and mode.
    pub perm: IpcPerm,
    /// Seconds: a queue's last send, receive and change; a set's last operation and change.
    pub times: [i64; 3],
    /// Bytes in the queue.
    pub bytes: u64,
    /// Messages in the queue, or semaphores in the set.
    pub count: u64,
    /// Most bytes in the queue.
    pub limit: u64,
    /// Who sent and received last.
    pub pids: [i32; 2],
}

/// What comes with an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// Bytes read.
    Bytes(ByteBuf),
    /// stat.
    Stat(Stat),
    /// statfs.
    Statfs(Statfs),
    /// Directory entries.
    Dirents(Vec<Dirent>),
    /// Two descriptors (pipe, socketpair).
    Fds(Fd, Fd),
    /// `revents` per entry asked.
    Poll(Vec<u16>),
    /// Ready events: (events, data).
    Epoll(Vec<(u32, u64)>),
    /// Type and text of a System V message.
    Message(i64, ByteBuf),
    /// State of a message queue or semaphore set.
    IpcStat(IpcStat),
    /// A file's lock state.
    Lock(Flock),
    /// Offsets after a `Transfer`.
    Offsets(Option<u64>, Option<u64>),
    /// Terminal settings.
    Termios(Termios),
    /// Window size.
    WinSize(WinSize),
    /// A mapped file.
    Mapped(FileId),
    /// A program opened for execution.
    Exec(FileId, ExecAttr),
    /// The new program may start.
    ExecStarted(ExecStarted),
    /// A child's change of state.
    Waited(Waited),
    /// Real, effective and saved id.
    Ids(u32, u32, u32),
    /// Supplementary groups.
    Groups(Vec<u32>),
    /// Soft and hard limit.
    Rlimit(u64, u64),
    /// Resource usage.
    Rusage(Rusage),
    /// System information.
    Sysinfo(Sysinfo),
    /// Names of the system.
    Uname(Uname),
    /// Effective, permitted, inheritable capabilities.
    Caps(u64, u64, u64),
    /// A signal action.
    Action(SigAction),
    /// A signal mask or set.
    Mask(SigSet),
    /// A signal taken by sigtimedwait.
    Info(SigInfo),
    /// Run a handler; the kernel has already changed mask and action.
    Deliver(Deliver),
    /// Interval and remaining time in nanoseconds.
    Itimer(u64, u64),
    /// A message received.
    Received(Received),
    /// A stopped tracee is to do this for its tracer.
    TraceOp(TraceOp),
    /// The same for whoever looks into the process from outside; answered by
    /// [`crate::wire::Call::ProbeResult`], whose answer is that of the call.
    Probe(TraceOp),
    /// Queued signals.
    Infos(Vec<SigInfo>),
    /// A stopped tracee goes on, in this [`super::trace_mode`]; it asks for its signals next.
    TraceGo(u32),
    /// A signal ends the process with a core file: write it, then `KillSelf`.
    Dump(Box<CoreDump>),
    /// The other threads of a process that dumps.
    DumpThreads(Vec<DumpThread>),
    /// This worker's task is gone: end without another call. The status is for
    /// the log only. To a vfork child that dies in another call than `Exit`,
    /// `ExitGroup` or `KillSelf` (by SIGKILL, say) the result is its pid: the slot
    /// is the parent's again, the worker restores it and goes on.
    Die(i32),
}

/// What a core file (core(5)) says that the process does not know itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CoreDump {
    /// The signal.
    pub info: SigInfo,
    /// Largest size in bytes (RLIMIT_CORE).
    pub limit: u64,
    /// Blocked signals.
    pub mask: SigSet,
    pub tid: i32,
    pub pid: i32,
    pub ppid: i32,
    pub pgrp: i32,
    pub sid: i32,
    pub uid: u32,
    pub gid: u32,
    pub comm: ByteBuf,
    /// Arguments, each with its NUL.
    pub cmdline: ByteBuf,
}

/// Another thread of it, as it was when it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpThread {
    /// Its number.
    pub tid: i32,
    /// Blocked signals.
    pub mask: SigSet,
    /// The answer to [`TraceOp::GetState`].
    pub state: ByteBuf,
}

/// Identity of a file, for mappings and code sharing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileId {
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Size in bytes at this moment.
    pub size: u64,
    /// Last change of data (a changed file is another file).
    pub mtime: Timespec,
    /// Path for `/proc/self/maps`.
    pub path: ByteBuf,
}

/// What matters about a program file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecAttr {
    /// Mode bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// For the auxiliary vector (getauxval(3)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecStarted {
    /// Real user.
    pub uid: u32,
    /// Effective user.
    pub euid: u32,
    /// Real group.
    pub gid: u32,
    /// Effective group.
    pub egid: u32,
    /// `AT_SECURE`.
    pub secure: bool,
    /// `AT_RANDOM` bytes.
    pub random: [u8; 16],
    /// Soft limit of the stack, bytes.
    pub stack_limit: u64,
    /// Soft limit of the address space, bytes.
    pub space_limit: u64,
    /// Soft and hard limit of data, bytes.
    pub data_limit: (u64, u64),
    /// Process id.
    pub pid: i32,
    /// How it is traced ([`super::trace_mode`]).
    pub trace: u32,
}

/// A child's change of state (wait4(2), waitid(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// The child, 0 when WNOHANG found none.
    pub pid: i32,
    /// Status word as wait4 gives it.
    pub status: i32,
    /// Real user of the child.
    pub uid: u32,
    /// Usage of the child.
    pub rusage: Rusage,
}

/// getrusage(2), the fields Linux fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rusage {
    /// User time, nanoseconds.
    pub utime: u64,
    /// System time, nanoseconds.
    pub stime: u64,
    /// Largest resident set, KiB.
    pub maxrss: u64,
    /// Minor faults.
    pub minflt: u64,
    /// Major faults.
    pub majflt: u64,
    /// Voluntary context switches.
    pub nvcsw: u64,
    /// Involuntary context switches.
    pub nivcsw: u64,
}

impl Rusage {
    /// Processor time, the program's and the system's, nanoseconds.
    pub fn cpu(&self) -> u64 {
        self.utime.saturating_add(self.stime)
    }
}

/// sysinfo(2), in bytes and seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sysinfo {
    /// Seconds since boot.
    pub uptime: u64,
    /// Load averages, 16.16 fixed point.
    pub loads: [u64; 3],
    /// Memory, bytes.
    pub totalram: u64,
    /// Free memory, bytes.
    pub freeram: u64,
    /// Processes.
    pub procs: u16,
}

/// uname(2). The process crate sets `machine` by its own word size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uname {
    /// Operating system.
    pub sysname: String,
    /// Host name.
    pub nodename: String,
    /// Release.
    pub release: String,
    /// Version.
    pub version: String,
    /// Domain name.
    pub domainname: String,
}

/// A handler to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// The signal.
    pub info: SigInfo,
    /// What to call.
    pub action: SigAction,
    /// Mask to restore at sigreturn.
    pub old_mask: SigSet,
}

/// A received message (recvmsg(2)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Data.
    pub data: ByteBuf,
    /// Sender's address.
    pub addr: ByteBuf,
    /// Descriptors that came along, already installed.
    pub fds: Vec<Fd>,
    /// Sender's pid, uid, gid when SO_PASSCRED.
    pub creds: Option<(i32, u32, u32)>,
    /// `msg_flags`.
    pub flags: u32,
    /// What options of the socket ask to be told of a datagram.
    pub extras: Vec<Extra>,
}

/// Ancillary data beyond descriptors and credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extra {
    /// Of SOL_SOCKET: which option, and when the datagram came, nanoseconds since 1970.
    Time(u32, u64),
    /// Level, type, content.
    Bytes(u32, u32, ByteBuf),
}
