//! Signals: numbers, actions, and `siginfo` independent of word size (signal(7), sigaction(2)).

use serde::{Deserialize, Serialize};

/// A set of signals: bit `n - 1` stands for signal `n` (64 signals).
pub type SigSet = u64;

/// Number of signals; the highest is `SIGRTMAX`.
pub const NSIG: u32 = 64;

macro_rules! signals {
    ($($name:ident $number:literal)*) => {
        $(#[doc = concat!("`", stringify!($name), "`.")] pub const $name: u32 = $number;)*
        /// The name of a standard signal, or `None` for real-time and invalid numbers.
        pub fn signal_name(signo: u32) -> Option<&'static str> {
            match signo { $($number => Some(stringify!($name)),)* _ => None }
        }
    };
}
signals! {
    SIGHUP 1 SIGINT 2 SIGQUIT 3 SIGILL 4 SIGTRAP 5 SIGABRT 6 SIGBUS 7 SIGFPE 8 SIGKILL 9 SIGUSR1 10
    SIGSEGV 11 SIGUSR2 12 SIGPIPE 13 SIGALRM 14 SIGTERM 15 SIGSTKFLT 16 SIGCHLD 17 SIGCONT 18
    SIGSTOP 19 SIGTSTP 20 SIGTTIN 21 SIGTTOU 22 SIGURG 23 SIGXCPU 24 SIGXFSZ 25 SIGVTALRM 26
    SIGPROF 27 SIGWINCH 28 SIGIO 29 SIGPWR 30 SIGSYS 31
}

/// The bit of `signo` in a [`SigSet`]; 0 for a number out of range.
pub const fn sigbit(signo: u32) -> SigSet {
    if signo >= 1 && signo <= NSIG { 1 << (signo - 1) } else { 0 }
}

/// `SIG_DFL` as a handler value.
pub const SIG_DFL: u64 = 0;
/// `SIG_IGN` as a handler value.
pub const SIG_IGN: u64 = 1;
/// `SA_NOCLDSTOP`.
pub const SA_NOCLDSTOP: u32 = 1;
/// `SA_NOCLDWAIT`.
pub const SA_NOCLDWAIT: u32 = 2;
/// `SA_SIGINFO`.
pub const SA_SIGINFO: u32 = 4;
/// `SA_RESTORER`: the restorer field is valid.
pub const SA_RESTORER: u32 = 0x0400_0000;
/// `SA_ONSTACK`.
pub const SA_ONSTACK: u32 = 0x0800_0000;
/// `SA_RESTART`.
pub const SA_RESTART: u32 = 0x1000_0000;
/// `SA_NODEFER`.
pub const SA_NODEFER: u32 = 0x4000_0000;
/// `SA_RESETHAND`.
pub const SA_RESETHAND: u32 = 0x8000_0000;

/// `SI_USER`: sent by kill(2).
pub const SI_USER: i32 = 0;
/// `SI_KERNEL`: sent by the kernel.
pub const SI_KERNEL: i32 = 0x80;
/// `SI_QUEUE`: sent by sigqueue(3).
pub const SI_QUEUE: i32 = -1;
/// `SI_MESGQ`: a message came to an empty queue.
pub const SI_MESGQ: i32 = -3;
/// `SI_TIMER`: a POSIX timer expired.
pub const SI_TIMER: i32 = -2;
/// `SI_SIGIO`: input is there, of a signal with codes of its own.
pub const SI_SIGIO: i32 = -5;
/// `SI_TKILL`: sent by tgkill(2).
pub const SI_TKILL: i32 = -6;
/// `SEGV_MAPERR`: address not mapped.
pub const SEGV_MAPERR: i32 = 1;
/// `SEGV_ACCERR`: mapped without the permission.
pub const SEGV_ACCERR: i32 = 2;
/// `FPE_INTDIV`.
pub const FPE_INTDIV: i32 = 1;
/// `FPE_INTOVF`.
pub const FPE_INTOVF: i32 = 2;
/// `ILL_ILLOPN`: illegal operand.
pub const ILL_ILLOPN: i32 = 2;
/// `BUS_ADRALN`.
pub const BUS_ADRALN: i32 = 1;
/// `BUS_ADRERR`.
pub const BUS_ADRERR: i32 = 2;
/// `TRAP_BRKPT`.
pub const TRAP_BRKPT: i32 = 1;
/// `TRAP_TRACE`.
pub const TRAP_TRACE: i32 = 2;
/// `TRAP_HWBKPT`.
pub const TRAP_HWBKPT: i32 = 4;
/// `CLD_EXITED`.
pub const CLD_EXITED: i32 = 1;
/// `CLD_KILLED`.
pub const CLD_KILLED: i32 = 2;
/// `CLD_DUMPED`.
pub const CLD_DUMPED: i32 = 3;
/// `CLD_STOPPED`.
pub const CLD_STOPPED: i32 = 5;
/// `CLD_CONTINUED`.
pub const CLD_CONTINUED: i32 = 6;

/// What a process does with a signal. `handler` and `restorer` are guest
/// addresses that the kernel only stores (0 and 1 are `SIG_DFL`, `SIG_IGN`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigAction {
    /// Handler address, `SIG_DFL` or `SIG_IGN`.
    pub handler: u64,
    /// `SA_*` flags.
    pub flags: u32,
    /// Return trampoline, when `SA_RESTORER` is set.
    pub restorer: u64,
    /// Signals blocked while the handler runs.
    pub mask: SigSet,
}

/// Why a signal was sent (sigaction(2), `siginfo_t`), without unions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigInfo {
    /// Signal number.
    pub signo: u32,
    /// `si_code`.
    pub code: i32,
    /// `si_errno`.
    pub errno: i32,
    /// Sender (kill, SIGCHLD) or timer id.
    pub pid: i32,
    /// Sender's real user, or timer overrun.
    pub uid: u32,
    /// SIGCHLD: exit status or signal.
    pub status: i32,
    /// Faulting address (SIGSEGV, SIGBUS, SIGILL, SIGFPE).
    pub addr: u64,
    /// `si_value` of queued signals and timers.
    pub value: u64,
    /// SIGCHLD: user time in clock ticks.
    pub utime: i64,
    /// SIGCHLD: system time in clock ticks.
    pub stime: i64,
}
