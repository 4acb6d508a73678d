//! Native emission of x87 operations.

use tawaki_cpu::ir::Op;

use super::Emitter;

/// Emits an x87 operation.
pub fn emit(e: &mut Emitter, op: &Op) {
    e.fallback(op);
}
