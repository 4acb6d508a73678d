//! Linux vocabulary and Tawaki's own wire protocol: numbers, structures, messages.
//!
//! Nothing here behaves; the crates on both sides of a mailbox share these names.

pub mod auxv;
pub mod errno;
pub mod fs;
pub mod layout32;
pub mod layout64;
pub mod mm;
pub mod signal;
pub mod tty;
pub mod wire;

pub use errno::Errno;
