//! ptrace(2) across workers: the tracer's requests, what the kernel asks of a stopped tracee's worker, and what
//! that tells the kernel.

use crate::Errno;
use crate::signal::{SigInfo, SigSet};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// How a traced thread runs, in [`crate::wire::Body::TraceGo`] and [`TraceRequest::Resume`].
pub mod trace_mode {
    /// It is traced at all.
    pub const TRACED: u32 = 1;
    /// It stops before and after system calls (`PTRACE_SYSCALL`).
    pub const SYSCALLS: u32 = 2;
    /// It stops after one instruction (`PTRACE_SINGLESTEP`).
    pub const STEP: u32 = 4;
    /// Its vfork children are traced, too: they get a memory of their own.
    pub const VFORKS: u32 = 8;
    /// Its seccomp filter's wish to have a call traced is its tracer's, too (`PTRACE_O_TRACESECCOMP`).
    pub const SECCOMP: u32 = 16;
    /// It stops before system calls, which are not made (`PTRACE_SYSEMU`).
    pub const EMULATE: u32 = 32;
}

/// `PTRACE_EVENT_*` numbers.
#[allow(missing_docs)]
pub mod trace_event {
    pub const FORK: u32 = 1;
    pub const VFORK: u32 = 2;
    pub const CLONE: u32 = 3;
    pub const EXEC: u32 = 4;
    pub const VFORK_DONE: u32 = 5;
    pub const EXIT: u32 = 6;
    pub const SECCOMP: u32 = 7;
    pub const STOP: u32 = 128;
}

/// `PTRACE_SYSCALL_INFO_*`: what a stop has to do with a system call.
#[allow(missing_docs)]
pub mod call_stop {
    pub const NONE: u8 = 0;
    pub const ENTRY: u8 = 1;
    pub const EXIT: u8 = 2;
    pub const SECCOMP: u8 = 3;
}

/// General registers as `struct user_regs_struct` of x86-64 has them, for either width.
pub const TRACE_REGS: usize = 27;

/// What a tracer asks. Requests about a thread need it stopped (ESRCH otherwise).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TraceRequest {
    /// PTRACE_TRACEME: the caller's parent traces the caller.
    TraceMe,
    /// PTRACE_ATTACH.
    Attach,
    /// PTRACE_SEIZE, with options.
    Seize(u32),
    /// PTRACE_INTERRUPT: of a seized thread, stopped or not.
    Interrupt,
    /// PTRACE_LISTEN.
    Listen,
    /// PTRACE_PEEKSIGINFO: from which, how many, of the process's queue. Body: `Infos`.
    PeekSigInfo(u64, u32, bool),
    /// PTRACE_DETACH, with a signal.
    Detach(u32),
    /// PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_SYSEMU: signal and [`trace_mode`].
    Resume(u32, u32),
    /// PTRACE_KILL.
    Kill,
    /// PTRACE_SETOPTIONS.
    SetOptions(u32),
    /// PTRACE_GETEVENTMSG: result is the message.
    EventMessage,
    /// PTRACE_GET_SYSCALL_INFO: result is what the stop is ([`call_stop`]).
    CallStop,
    /// PTRACE_GETSIGINFO. Body: `Info`.
    GetSigInfo,
    /// PTRACE_SETSIGINFO.
    SetSigInfo(SigInfo),
    /// PTRACE_GETSIGMASK. Body: `Mask`.
    GetMask,
    /// PTRACE_SETSIGMASK.
    SetMask(SigSet),
    /// Done by the tracee's worker. Body: `Bytes`.
    Op(TraceOp),
}

/// What a stopped tracee's worker does for its tracer. It answers with [`crate::wire::Call::TraceResult`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceOp {
    /// Bytes of its memory; fewer where it ends.
    Read {
        /// Where.
        addr: u64,
        /// How many.
        len: u32,
        /// Whatever their protection; otherwise EFAULT, not EIO.
        force: bool,
    },
    /// Changes its memory; answers how many bytes, 8 of them, little endian.
    Write {
        /// Where.
        addr: u64,
        /// What.
        data: ByteBuf,
        /// As for `Read`.
        force: bool,
    },
    /// A limit of its memory is another now.
    Limit {
        /// Which, as for prlimit(2).
        resource: u32,
        /// How much, bytes.
        soft: u64,
        /// Its bound.
        hard: u64,
    },
    /// [`TRACE_REGS`] numbers, little endian; before them one byte: 1 for a 64-bit program, 2 more when its last
    /// system call was one of i386.
    GetRegs,
    /// The same without the byte.
    SetRegs(ByteBuf),
    /// What a core file shows of a thread: as `GetRegs`, the FXSAVE image, the FSAVE header,
    /// and the XSAVE image where the processor has registers that FXSAVE does not know.
    GetState,
    /// The FXSAVE image.
    GetFpu,
    /// The same.
    SetFpu(ByteBuf),
    /// The XSAVE image; ENODEV where the processor has none.
    GetExtended,
    /// The same.
    SetExtended(ByteBuf),
    /// An entry of its segment descriptors for thread-local storage: a `struct user_desc`, of 16 bytes.
    GetArea(u32),
    /// The same; the first number says which entry.
    SetArea([u32; 4]),
    /// A debug register: 8 bytes, little endian.
    GetDebug(u32),
    /// The same: which, and its value.
    SetDebug(u32, u64),
}

/// Why a traced thread stops by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceEvent {
    /// Before or after a system call, as [`call_stop`] has it.
    Syscall(u8),
    /// One of [`trace_event`], with its message. Without the option for it nothing happens (exec: SIGTRAP).
    Event(u32, u64),
    /// It was to run one instruction; its handler of a signal is to run instead.
    Handler,
}

/// The answer to a [`TraceOp`].
pub type TraceAnswer = Result<ByteBuf, Errno>;
