//! The kernel: processes, descriptors, pipes, terminals, signals, timers, and the
//! handlers of system calls.
//!
//! It is a function: [`Kernel::step`] takes one closed [`Event`] and the time, and
//! appends [`Effect`]s. It performs no input or output, has no clock, and never
//! waits. It never sees a guest pointer, and it believes nothing that a process
//! worker says.
//!
//! Order of the source: `event` (the interface), `kernel` (the step), `system`
//! (the state), `task`, `spawn`, `exit`, `signal`, `wait` and `timer` (processes
//! and how they wait), `file`, `tty`, `socket` and `net` (what descriptors lead to), `fs`
//! (procfs and its kin), `syscall` (the table and the handlers), `boot`.

mod audit;
mod boot;
mod capability;
mod event;
mod exit;
mod file;
mod fs;
mod ipc;
mod kernel;
mod mqueue;
mod net;
mod probe;
mod random;
mod signal;
mod slab;
mod socket;
mod spawn;
mod syscall;
mod system;
mod task;
mod timer;
mod trace;
mod tty;
mod wait;

pub use event::*;
pub use kernel::Kernel;
pub use syscall::{Row, Support, TABLE, syscall_page};
