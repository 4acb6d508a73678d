//! The whole machine on OS threads: one for the kernel, one for each guest task.
//!
//! It is the twin of the browser host, for tests, debugging and people with a
//! shell. [`Machine::boot`] opens a disk image, [`Machine::spawn`] starts a
//! program; what a program does comes back as [`MachineEvent`]s.

pub mod clock;
pub mod disk;
#[cfg(feature = "jit")]
pub mod jit;
mod kernel_loop;
pub mod machine;
mod mailbox;
pub mod memory;
pub mod mounts;
pub mod run;
pub mod terminal;
mod worker;

pub use machine::{Machine, MachineConfig, MachineEvent, Stats};
