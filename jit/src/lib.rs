//! Tawaki `jit`: guest code to WebAssembly.
//!
//! The tree is the pipeline: [`region`] collects IR blocks into a graph,
//! [`structure`] finds its wasm blocks and loops, [`analysis`] what is live and dirty
//! where, and [`emit`] writes a module of one function per region. [`layout`] is what
//! that code shares with the engine. Semantics come from `cpu`'s IR alone: an operation
//! without native emission is executed by `cpu` itself through a helper call.
//!
//! Rule of all emitted code: whatever is unusual (a trap, a page that may not be
//! accessed, an address not compiled) leaves the function at the start of that guest
//! instruction, with the state as before it; the interpreter does it again.

pub mod analysis;
mod batch;
pub mod cache;
mod checks;
pub mod emit;
pub mod engine;
pub mod extents;
pub mod heat;
mod inline;
pub mod layout;
pub mod library;
pub mod outline;
pub mod placement;
pub mod profile;
pub mod region;
pub mod store;
pub mod structure;

pub use emit::{Error, FunctionInfo, Module, compile};
pub use engine::{CodeHost, JitEngine, Settings, Stats, Trapped};
pub use layout::{ENV, ExitKind, HELPERS, JitContext, Layout, Limits, Options};
pub use profile::Profile;
pub use region::{BlockSource, Region, form_region};
