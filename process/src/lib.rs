//! Tawaki `process`: what a process worker runs.
//!
//! [`run`] loads a program (or becomes the child of a fork) and drives an
//! [`tawaki_cpu::Engine`]: every [`tawaki_cpu::Trap`] is answered here, system
//! calls by copying their arguments out of guest memory into a
//! [`tawaki_abi::wire::Call`] and the results back in. Address space, private
//! futexes, clocks and signal frames never leave this crate.
//!
//! It must not know: the kernel's insides, the JIT, any host type.

pub mod host;

pub use host::{Ended, Host, Options, OutOfMemory, Port, Start};

use tawaki_cpu::Engine;

/// Runs one task until it is gone. Never unwinds on anything a guest does.
pub fn run(
    start: Start,
    port: &mut dyn Port,
    host: &mut dyn Host,
    engine: &mut dyn Engine,
    options: Options,
) -> Ended {
    let _ = (start, port, host, engine, options);
    Ended::default()
}
