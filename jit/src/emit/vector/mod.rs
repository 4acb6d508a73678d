//! Native emission of vector operations.

use tawaki_cpu::ir::Op;

use super::Emitter;
use crate::analysis::Effects;
use crate::layout::Options;

/// What `op` does to the locals if it is emitted natively under these options; `None`
/// sends it to the helper.
pub fn effects(_op: &Op, _options: &Options) -> Option<Effects> {
    None
}

/// Emits an operation for which [`effects`] returned something.
pub fn emit(_e: &mut Emitter, _op: &Op) {}
