//! Conversions between SSE and general or MMX registers.

use iced_x86::Mnemonic;

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::VecOp;

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Cvtss2si, Cvttss2si, Cvtsd2si, Cvttsd2si, Cvtsi2ss, Cvtsi2sd, Cvtps2pi, Cvttps2pi,
        Cvtpd2pi, Cvttpd2pi, Cvtpi2ps, Cvtpi2pd;
];

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    lift_with(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    match l.instruction.mnemonic() {
        Mnemonic::Cvtss2si => to_gpr(l, VecOp::Cvtss2si32, VecOp::Cvtss2si64),
        Mnemonic::Cvttss2si => to_gpr(l, VecOp::Cvttss2si32, VecOp::Cvttss2si64),
        Mnemonic::Cvtsd2si => to_gpr(l, VecOp::Cvtsd2si32, VecOp::Cvtsd2si64),
        Mnemonic::Cvttsd2si => to_gpr(l, VecOp::Cvttsd2si32, VecOp::Cvttsd2si64),
        Mnemonic::Cvtsi2ss => from_gpr(l, VecOp::Cvtsi2ss32, VecOp::Cvtsi2ss64),
        Mnemonic::Cvtsi2sd => from_gpr(l, VecOp::Cvtsi2sd32, VecOp::Cvtsi2sd64),
        Mnemonic::Cvtps2pi => to_mmx(l, VecOp::Cvtps2pi),
        Mnemonic::Cvttps2pi => to_mmx(l, VecOp::Cvttps2pi),
        Mnemonic::Cvtpd2pi => to_mmx(l, VecOp::Cvtpd2dq),
        Mnemonic::Cvttpd2pi => to_mmx(l, VecOp::Cvttpd2dq),
        Mnemonic::Cvtpi2ps => from_mmx(l, VecOp::Cvtpi2ps),
        Mnemonic::Cvtpi2pd => from_mmx(l, VecOp::Cvtdq2pd),
        _ => return false,
    }
    true
}

fn to_gpr(l: &mut VectorLift, narrow: VecOp, wide: VecOp) {
    let code = if l.register(0).is_gpr64() { wide } else { narrow };
    let (d, a) = (l.gpr(0), l.source(1, false));
    l.vector(code, |op| op.d(d).a(a));
}

fn from_gpr(l: &mut VectorLift, narrow: VecOp, wide: VecOp) {
    let is_wide = if l.is_memory(1) { l.memory_bytes() == 8 } else { l.register(1).is_gpr64() };
    let code = if is_wide { wide } else { narrow };
    let (d, b) = (l.number(0), l.gpr_source(1));
    l.vector(code, |op| op.d(d).a(d).b(b));
}

fn to_mmx(l: &mut VectorLift, code: VecOp) {
    let (b, t) = (l.source(1, false), l.temp());
    // The switch to MMX comes before a floating-point exception.
    l.enter_mmx();
    l.apply(code, t, t, b, 0);
    l.write_mmx(t);
}

fn from_mmx(l: &mut VectorLift, code: VecOp) {
    let (d, b) = (l.number(0), l.source(1, false));
    if l.is_mm(1) {
        l.enter_mmx();
    }
    l.apply(code, d, d, b, 0);
}
