//! SSE moves: whole registers, halves, scalars, to and from general registers
//! and memory; MXCSR and FXSAVE.

use iced_x86::{Code, Mnemonic};

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::VecOp;

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Movaps, Movapd, Movdqa, Movntps, Movntpd, Movntdq, Movntdqa, Movups, Movupd, Movdqu,
        Lddqu, Movss, Movsd, Movq, Movd, Movlps, Movlpd, Movhps, Movhpd, Movhlps, Movlhps,
        Movddup, Movshdup, Movsldup, Movmskps, Movmskpd, Pmovmskb, Maskmovdqu, Ldmxcsr,
        Stmxcsr, Fxsave, Fxsave64, Fxrstor, Fxrstor64;
];

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    lift_with(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    match l.instruction.mnemonic() {
        Mnemonic::Movaps | Mnemonic::Movapd | Mnemonic::Movdqa => whole(l, true),
        Mnemonic::Movntps | Mnemonic::Movntpd | Mnemonic::Movntdq | Mnemonic::Movntdqa => whole(l, true),
        Mnemonic::Movups | Mnemonic::Movupd | Mnemonic::Movdqu | Mnemonic::Lddqu => whole(l, false),
        Mnemonic::Movss => scalar(l, VecOp::Movss, VecOp::Load32, VecOp::Store32),
        // The string instruction of the same name is not ours.
        Mnemonic::Movsd => match l.instruction.code() {
            Code::Movsd_xmm_xmmm64 | Code::Movsd_xmmm64_xmm => {
                scalar(l, VecOp::Movsd, VecOp::Load64, VecOp::Store64);
            }
            _ => return false,
        },
        Mnemonic::Movq | Mnemonic::Movd if l.is_mm(0) || l.is_mm(1) => return super::mmx::family(l),
        Mnemonic::Pmovmskb if l.is_mm(1) => return super::mmx::family(l),
        Mnemonic::Movq if !l.is_gpr(0) && !l.is_gpr(1) => {
            scalar(l, VecOp::Movq, VecOp::Load64, VecOp::Store64);
        }
        Mnemonic::Movq | Mnemonic::Movd => general(l),
        Mnemonic::Movlps | Mnemonic::Movlpd => half(l, VecOp::Movsd, VecOp::Store64),
        Mnemonic::Movhps | Mnemonic::Movhpd => half(l, VecOp::Movlhps, VecOp::StoreHigh64),
        Mnemonic::Movhlps => l.binary(VecOp::Movhlps, false),
        Mnemonic::Movlhps => l.binary(VecOp::Movlhps, false),
        Mnemonic::Movddup => l.binary(VecOp::Movddup, false),
        Mnemonic::Movshdup => l.binary(VecOp::Movshdup, false),
        Mnemonic::Movsldup => l.binary(VecOp::Movsldup, false),
        Mnemonic::Movmskps => mask(l, VecOp::Movmskps),
        Mnemonic::Movmskpd => mask(l, VecOp::Movmskpd),
        Mnemonic::Pmovmskb => {
            let (d, a) = (l.gpr(0), l.number(1));
            l.vector(VecOp::PmovmskbGpr, |op| op.d(d).a(a));
        }
        Mnemonic::Maskmovdqu => {
            let (a, b, at) = (l.number(1), l.number(2), l.rdi_address());
            l.vector(VecOp::MaskedStore128, |op| op.a(a).b(b).c(at).imm(16));
        }
        Mnemonic::Ldmxcsr => l.access(VecOp::Ldmxcsr, 0),
        Mnemonic::Stmxcsr => l.access(VecOp::Stmxcsr, 0),
        Mnemonic::Fxsave => l.image(VecOp::Fxsave, 0),
        Mnemonic::Fxsave64 => l.image(VecOp::Fxsave, 1),
        Mnemonic::Fxrstor => l.image(VecOp::Fxrstor, 0),
        Mnemonic::Fxrstor64 => l.image(VecOp::Fxrstor, 1),
        _ => return false,
    }
    true
}

/// Sixteen bytes, either way.
fn whole(l: &mut VectorLift, aligned: bool) {
    let (load, store) =
        if aligned { (VecOp::Load128A, VecOp::Store128A) } else { (VecOp::Load128, VecOp::Store128) };
    scalar(l, VecOp::Mov, load, store);
}

/// A move whose register form is `code` and whose load replaces the register.
fn scalar(l: &mut VectorLift, code: VecOp, load: VecOp, store: VecOp) {
    if l.is_memory(1) {
        let d = l.number(0);
        l.access(load, d);
    } else if l.is_memory(0) {
        let d = l.number(1);
        l.access(store, d);
    } else {
        l.binary(code, false);
    }
}

/// MOVLPS, MOVHPS and their kin: a load keeps the other half.
fn half(l: &mut VectorLift, merge: VecOp, store: VecOp) {
    if l.is_memory(0) {
        let d = l.number(1);
        l.access(store, d);
    } else {
        l.binary(merge, false);
    }
}

/// MOVD and MOVQ with a general register or memory.
fn general(l: &mut VectorLift) {
    let wide = l.instruction.mnemonic() == Mnemonic::Movq;
    if l.is_xmm(0) {
        let d = l.number(0);
        if l.is_memory(1) {
            return l.access(if wide { VecOp::Load64 } else { VecOp::Load32 }, d);
        }
        let a = l.gpr(1);
        l.vector(if wide { VecOp::FromGpr64 } else { VecOp::FromGpr32 }, |op| op.d(d).a(a));
    } else {
        let a = l.number(1);
        if l.is_memory(0) {
            return l.access(if wide { VecOp::Store64 } else { VecOp::Store32 }, a);
        }
        let d = l.gpr(0);
        l.vector(if wide { VecOp::ToGpr64 } else { VecOp::ToGpr32 }, |op| op.d(d).a(a));
    }
}

/// A lane operation whose result goes to a general register.
fn mask(l: &mut VectorLift, code: VecOp) {
    let (d, b, t) = (l.gpr(0), l.number(1), l.temp());
    l.apply(code, t, t, b, 0);
    l.vector(VecOp::ToGpr32, |op| op.d(d).a(t));
}
