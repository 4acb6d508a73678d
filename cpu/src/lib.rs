//! Tawaki `cpu`: guest state, decoding, lifting to IR, the interpreter and its helpers.
//!
//! The tree is the pipeline: [`decode`] reads guest bytes, [`lift`] turns each
//! instruction into [`ir`] operations over slots, [`interp`] executes blocks of
//! them (and the `jit` crate compiles the same IR). Guest memory is reached only
//! through [`mem`]. Nothing here knows a host or an operating system: what the
//! guest asks of one comes out as a [`Trap`].

// Vector semantics: the same source becomes the host's and wasm's own vector
// instructions. Plain array loops were measured several times slower, taken
// apart into single lanes by the compiler.
#![feature(portable_simd)]

pub mod decode;
pub mod engine;
pub mod flags;
pub mod helper;
pub mod interp;
pub mod ir;
pub mod level;
pub mod lift;
pub mod mem;
pub mod softfloat;
pub mod state;
pub mod trap;
pub mod watch;
pub mod x87;

pub use engine::Engine;
pub use interp::Interpreter;
pub use mem::{Access, Fault, FaultKind, GuestMemory, Perms};
pub use state::{CpuState, Mode};
pub use trap::Trap;
