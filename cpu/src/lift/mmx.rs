//! MMX moves. The arithmetic is in [`super::sse_int`], with the XMM forms.

use iced_x86::Mnemonic;

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::VecOp;

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Emms, Movntq, Movq2dq, Movdq2q, Maskmovq;
];

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    lift_with(l, instruction, family)
}

pub(super) fn family(l: &mut VectorLift) -> bool {
    match l.instruction.mnemonic() {
        Mnemonic::Emms => l.vector(VecOp::Emms, |op| op),
        Mnemonic::Movd | Mnemonic::Movq if l.is_mm(0) => into(l),
        Mnemonic::Movd | Mnemonic::Movq if l.is_mm(1) => out(l),
        Mnemonic::Movntq => out(l),
        Mnemonic::Movq2dq => {
            let (d, b) = (l.number(0), l.source(1, false));
            l.apply(VecOp::Mov, d, d, b, 0);
            l.enter_mmx();
        }
        Mnemonic::Movdq2q => {
            let a = l.number(1);
            l.write_mmx(a);
        }
        Mnemonic::Pmovmskb => {
            let (d, a) = (l.gpr(0), l.source(1, false));
            l.vector(VecOp::PmovmskbGpr, |op| op.d(d).a(a));
            l.enter_mmx();
        }
        Mnemonic::Maskmovq => {
            let (a, b, at) = (l.source(1, false), l.source(2, false), l.rdi_address());
            // Recorded from the processor: MMX state is entered even if the store faults.
            l.enter_mmx();
            l.vector(VecOp::MaskedStore128, |op| op.a(a).b(b).c(at).imm(8));
        }
        _ => return false,
    }
    true
}

/// MOVD and MOVQ to an MMX register.
fn into(l: &mut VectorLift) {
    let b = if l.is_gpr(1) {
        let wide = l.instruction.mnemonic() == Mnemonic::Movq;
        let (t, a) = (l.temp(), l.gpr(1));
        l.vector(if wide { VecOp::FromGpr64 } else { VecOp::FromGpr32 }, |op| op.d(t).a(a));
        t
    } else {
        l.source(1, false)
    };
    l.write_mmx(b);
}

/// MOVD and MOVQ from an MMX register.
fn out(l: &mut VectorLift) {
    let wide = l.instruction.mnemonic() != Mnemonic::Movd;
    let a = l.source(1, false);
    if l.is_memory(0) {
        l.access(if wide { VecOp::Store64 } else { VecOp::Store32 }, a);
    } else {
        let d = l.gpr(0);
        l.vector(if wide { VecOp::ToGpr64 } else { VecOp::ToGpr32 }, |op| op.d(d).a(a));
    }
    l.enter_mmx();
}
