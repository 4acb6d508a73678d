//! The intermediate representation: register-transfer operations over slots.
//!
//! One [`Op`] is 16 bytes. The interpreter executes blocks of them; a JIT turns
//! each slot into a local. All operations are declared in the table of
//! [`ops`], from which the enum, the printer and the verifier derive.

pub mod build;
pub mod ops;
pub mod opt;
pub mod print;
pub mod vector;
pub mod verify;

pub use build::{Block, Builder};
pub use ops::{AtomicOp, Op, OpCode, OpInfo, StringOp, TrapCode};
pub use vector::VecOp;
