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
#[cfg(feature = "jit")]
mod precompile;
pub mod run;
pub mod terminal;
mod worker;

/// The package's version, and the name of the build whose stored code it writes.
#[cfg(feature = "jit")]
pub const CODE_VERSION: &str = tawaki_jit::store::VERSION;

pub use machine::{Machine, MachineConfig, MachineEvent, Stats};
