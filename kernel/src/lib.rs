//! The kernel: processes, descriptors, pipes, terminals, signals, timers, and the
//! handlers of system calls.
//!
//! It is a function: [`Kernel::step`] takes one closed [`Event`] and the time, and
//! appends [`Effect`]s. It performs no input or output, has no clock, and never
//! waits. It never sees a guest pointer, and it believes nothing that a process
//! worker says.

mod event;
mod kernel;

pub use event::*;
pub use kernel::Kernel;
