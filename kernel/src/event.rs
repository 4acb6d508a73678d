//! What goes into [`crate::Kernel::step`] and what comes out: the whole
//! interface between the kernel and a host.

use tawaki_abi::wire::{Call, Reply, Slot};

/// Both clocks at the moment of an event; the kernel has none of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Nanoseconds since 1970-01-01 UTC.
    pub realtime_ns: u64,
    /// Nanoseconds since some fixed moment; never goes back.
    pub monotonic_ns: u64,
}

/// A program started through the API; chosen by the host, unique while it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// A terminal of the host; chosen by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TerminalId(pub u32);

/// What a machine has and may do.
#[derive(Clone, Debug)]
pub struct Config {
    /// Host name; `None` takes `/etc/hostname`, else `tawaki`.
    pub hostname: Option<String>,
    /// Most processes and threads at once, the kernel's own init not counted; one
    /// more is `EAGAIN`.
    pub max_processes: u32,
    /// Seed of the random generator. The host's real entropy, or fixed in tests.
    pub entropy: [u8; 32],
    /// Processors to show.
    pub cpus: u32,
    /// Memory to show, bytes.
    pub memory: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config { hostname: None, max_processes: 100, entropy: [0; 32], cpus: 2, memory: 4 << 30 }
    }
}

/// Standard input, output and error of a program started through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// All three are this terminal, which becomes the controlling terminal of a
    /// new session. It is created with this size when it does not exist yet.
    Terminal {
        /// Which.
        terminal: TerminalId,
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Three byte streams, pipes as the program sees them.
    Streams,
}

/// A program to start through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpawnRequest {
    /// Name of this request in later events and effects.
    pub request: RequestId,
    /// The program. Without a slash it is searched along `PATH` of `env` (or
    /// Debian's default path).
    pub path: Vec<u8>,
    /// Arguments, the program's name first.
    pub argv: Vec<Vec<u8>>,
    /// Environment, `NAME=value` each.
    pub env: Vec<Vec<u8>>,
    /// Working directory.
    pub cwd: Vec<u8>,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Where its descriptors 0, 1 and 2 lead.
    pub stdio: Stdio,
}

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A worker's system call. A slot has at most one call under way.
    Call {
        /// Who calls.
        slot: Slot,
        /// What.
        call: Call,
    },
    /// Start a program. Answered by [`Effect::Started`] or
    /// [`Effect::SpawnRefused`], and in the end by [`Effect::Exited`].
    Spawn(SpawnRequest),
    /// Keys from a terminal.
    TerminalInput {
        /// Which.
        terminal: TerminalId,
        /// What was typed, UTF-8 or whatever the user's terminal sends.
        bytes: Vec<u8>,
    },
    /// A terminal has a new size: SIGWINCH.
    TerminalResize {
        /// Which.
        terminal: TerminalId,
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// A terminal has shown this many bytes of [`Effect::TerminalOutput`]. The host
    /// must say so, or writers wait once [`OUTPUT_WINDOW`] bytes are under way.
    TerminalDrained {
        /// Which.
        terminal: TerminalId,
        /// How many.
        bytes: u64,
    },
    /// A terminal is gone: SIGHUP to its session.
    TerminalHangup {
        /// Which.
        terminal: TerminalId,
    },
    /// Bytes for the standard input of a program with [`Stdio::Streams`]; at most
    /// as many as [`Effect::StreamWant`] has asked for (more are kept all the
    /// same).
    StreamInput {
        /// Which program.
        request: RequestId,
        /// Data.
        bytes: Vec<u8>,
    },
    /// Its standard input has ended.
    StreamEof {
        /// Which program.
        request: RequestId,
    },
    /// The host has taken this many bytes of [`Effect::StreamOutput`]; see
    /// [`Event::TerminalDrained`].
    StreamDrained {
        /// Which program.
        request: RequestId,
        /// 1 output, 2 error.
        stream: u8,
        /// How many.
        bytes: u64,
    },
    /// The host reads this output stream no longer: writers get SIGPIPE.
    StreamClosed {
        /// Which program.
        request: RequestId,
        /// 1 output, 2 error.
        stream: u8,
    },
    /// Send a signal as the superuser; `pid` as in kill(2).
    Signal {
        /// Process, or negative process group.
        pid: i32,
        /// Signal.
        signo: u32,
    },
    /// The host cannot make the worker of an [`Effect::Spawn`] (no memory): EAGAIN
    /// to the parent. The slot is free again.
    SpawnFailed {
        /// The slot of the effect.
        slot: Slot,
    },
    /// A worker has the work of an [`Effect::Spawn`]: nothing but a crash keeps it from beginning, so the
    /// creator of a thread need not wait until it does.
    SpawnStarted {
        /// The slot of the effect.
        slot: Slot,
    },
    /// A worker ended by itself: our bug or the engine's. Its process dies by
    /// SIGKILL, the other workers of it are released.
    WorkerCrashed {
        /// Which.
        slot: Slot,
        /// For the log.
        message: String,
    },
    /// Blocks that file systems waited for may be there.
    BlocksArrived,
    /// Nothing but time has passed: [`crate::Kernel::next_timer`] is reached.
    Tick,
}

/// How a new worker begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnKind {
    /// A fresh memory; the payload is an encoded [`tawaki_abi::wire::ExecRequest`]
    /// when the program was started by [`Event::Spawn`], else what the process
    /// crate gave with `ExecSpawn`.
    Exec,
    /// A fresh memory; the worker copies that of the worker at this slot, which is
    /// parked in `Call::Fork` until the new one sends `ChildReady`.
    Fork {
        /// Slot of the parent.
        parent: Slot,
    },
    /// A thread on the memory of the worker at this slot.
    Thread {
        /// A slot of the same process.
        leader: Slot,
    },
}

/// Something for the host to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Answer the call under way at this slot.
    Reply {
        /// To whom.
        slot: Slot,
        /// What.
        reply: Reply,
    },
    /// Set the attention word of this slot.
    Attention {
        /// Whose.
        slot: Slot,
    },
    /// Make a worker bound to this slot.
    Spawn {
        /// Its slot.
        slot: Slot,
        /// How it begins.
        kind: SpawnKind,
        /// Handed to it.
        payload: Vec<u8>,
    },
    /// The worker at this slot is gone or must go: after a reply with
    /// `Body::Die` it ends by itself; without one the host terminates it. From
    /// now on no event may come from the slot until it appears in a new
    /// [`Effect::Spawn`].
    Release {
        /// Which.
        slot: Slot,
        /// Whether the worker was told (`Body::Die`); otherwise it hangs.
        told: bool,
    },
    /// Bytes to show on a terminal.
    TerminalOutput {
        /// Which.
        terminal: TerminalId,
        /// Output after line discipline (`\n` is `\r\n`).
        bytes: Vec<u8>,
    },
    /// Output of a program with [`Stdio::Streams`].
    StreamOutput {
        /// Which program.
        request: RequestId,
        /// 1 output, 2 error.
        stream: u8,
        /// Data.
        bytes: Vec<u8>,
    },
    /// Nobody can write to this output stream any more: end of file.
    StreamEnded {
        /// Which program.
        request: RequestId,
        /// 1 output, 2 error.
        stream: u8,
    },
    /// There is room for this many more bytes of standard input.
    StreamWant {
        /// Which program.
        request: RequestId,
        /// How many more.
        bytes: u64,
    },
    /// A program of [`Event::Spawn`] runs.
    Started {
        /// Which.
        request: RequestId,
        /// Its process id.
        pid: i32,
    },
    /// A program of [`Event::Spawn`] cannot be started; nothing else follows.
    SpawnRefused {
        /// Which.
        request: RequestId,
        /// Why.
        errno: tawaki_abi::Errno,
    },
    /// A program of [`Event::Spawn`] has ended. Output that the window held back
    /// (and that of its children) may still follow, up to [`Effect::StreamEnded`].
    Exited {
        /// Which.
        request: RequestId,
        /// Status word as in wait(2): `code << 8`, or the signal's number.
        status: i32,
    },
    /// A line for the machine's log.
    Log(String),
    /// A file system waits for blocks: see to it that the devices' requests are
    /// under way, and send [`Event::BlocksArrived`] when some have come.
    FetchBlocks,
}

/// Bytes of terminal or stream output that may be under way to the host before
/// a writer waits.
pub const OUTPUT_WINDOW: u64 = 64 * 1024;
