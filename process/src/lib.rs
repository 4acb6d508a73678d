//! Tawaki `process`: what a process worker runs.
//!
//! [`run()`] loads a program (or becomes the child of a fork) and drives an
//! [`tawaki_cpu::Engine`]: every [`tawaki_cpu::Trap`] is answered here, system
//! calls by copying their arguments out of guest memory into a
//! [`tawaki_abi::wire::Call`] and the results back in. Address space, private
//! futexes, clocks and signal frames never leave this crate.
//!
//! It must not know: the kernel's insides, the JIT, any host type.

pub mod coredump;
pub mod debug;
pub mod exec;
pub mod fork;
pub mod futex;
pub mod host;
pub mod loader;
pub mod mm;
pub mod run;
pub mod seccomp;
pub mod signal;
pub mod strace;
pub mod syscall;
pub mod thread;
pub mod timing;
pub mod trace;
pub mod user;

pub use host::{Ended, Host, Options, OutOfMemory, Port, Start, Unpark};
pub use run::run;
