//! Tests of the whole machine.
//!
//! [`machine`] is the state a machine-code snippet starts from and ends in;
//! [`hardware`] runs one on the host's own processor and [`engine`] in Tawaki's
//! CPU. [`asm`] reads the recorded cases in `asm/*.s`; [`fuzz`] invents snippets
//! and shrinks those on which the two differ.

pub mod asm;
pub mod engine;
pub mod guest;
pub mod machine;
pub mod text;
pub mod undefined;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod fuzz;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod hardware;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod record;
