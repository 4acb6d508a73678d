//! Native emission of integer operations.

use tawaki_cpu::ir::Op;

use super::Emitter;

/// Emits `op` if it has a native form.
pub fn emit(_e: &mut Emitter, _op: &Op) -> bool {
    false
}
