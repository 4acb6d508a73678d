//! The machine inside a browser: one kernel worker, one worker per process thread.
//!
//! This crate compiles to one wasm module, `tawaki.wasm`, of which every worker
//! has its own instance: the kernel worker over the kernel's memory, each
//! process worker over its process's memory. The JavaScript in `js/` makes the
//! workers and connects them; only integers cross between it and this crate,
//! so there is no generated glue (`docs/decisions/0002-browser-workers.md`).
//!
//! Invariants: the kernel worker never touches a process's memory except two
//! words per thread (its reply word and its attention word), and a process
//! worker writes only into its own mailbox of the kernel's memory.
#![cfg(target_arch = "wasm32")]
#![feature(stdarch_wasm_atomic_wait)]

pub mod echo;
pub mod exports;
pub mod fetch;
pub mod heap;
pub mod host;
pub mod jit;
pub mod machine;
pub mod mailboxes;
pub mod process;
pub mod shared;
pub mod thread;
pub mod wait;
