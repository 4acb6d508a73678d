//! Conversions, where source and result differ in size; comparisons into the flags.

use iced_x86::{Instruction, Mnemonic};

use super::{both_halves, lift_avx, packed};
use crate::ir::VecOp;
use crate::ir::vector::UPPER;
use crate::lift::vector::VectorLift;
use crate::lift::{Lift, LiftResult, Row};

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Vcvtps2pd, Vcvtdq2pd, Vcvtpd2ps, Vcvtpd2dq, Vcvttpd2dq, Vcvtph2ps, Vcvtps2ph,
        Vcvtss2si, Vcvttss2si, Vcvtsd2si, Vcvttsd2si, Vcvtsi2ss, Vcvtsi2sd,
        Vpmovsxbw, Vpmovsxbd, Vpmovsxbq, Vpmovsxwd, Vpmovsxwq, Vpmovsxdq,
        Vpmovzxbw, Vpmovzxbd, Vpmovzxbq, Vpmovzxwd, Vpmovzxwq, Vpmovzxdq,
        Vcomiss, Vcomisd, Vucomiss, Vucomisd;
];

fn lift(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    use Mnemonic::*;
    match l.instruction.mnemonic() {
        Vcvtps2pd => widen(l, VecOp::Cvtps2pd, 8, true),
        Vcvtdq2pd => widen(l, VecOp::Cvtdq2pd, 8, false),
        Vcvtph2ps => widen(l, VecOp::Cvtph2ps, 8, true),
        Vpmovsxbw => widen(l, VecOp::Pmovsxbw, 8, false),
        Vpmovsxbd => widen(l, VecOp::Pmovsxbd, 4, false),
        Vpmovsxbq => widen(l, VecOp::Pmovsxbq, 2, false),
        Vpmovsxwd => widen(l, VecOp::Pmovsxwd, 8, false),
        Vpmovsxwq => widen(l, VecOp::Pmovsxwq, 4, false),
        Vpmovsxdq => widen(l, VecOp::Pmovsxdq, 8, false),
        Vpmovzxbw => widen(l, VecOp::Pmovzxbw, 8, false),
        Vpmovzxbd => widen(l, VecOp::Pmovzxbd, 4, false),
        Vpmovzxbq => widen(l, VecOp::Pmovzxbq, 2, false),
        Vpmovzxwd => widen(l, VecOp::Pmovzxwd, 8, false),
        Vpmovzxwq => widen(l, VecOp::Pmovzxwq, 4, false),
        Vpmovzxdq => widen(l, VecOp::Pmovzxdq, 8, false),
        Vcvtpd2ps => narrow(l, VecOp::Cvtpd2ps),
        Vcvtpd2dq => narrow(l, VecOp::Cvtpd2dq),
        Vcvttpd2dq => narrow(l, VecOp::Cvttpd2dq),
        Vcvtps2ph => halves(l),
        Vcvtss2si => to_gpr(l, VecOp::Cvtss2si32, VecOp::Cvtss2si64),
        Vcvttss2si => to_gpr(l, VecOp::Cvttss2si32, VecOp::Cvttss2si64),
        Vcvtsd2si => to_gpr(l, VecOp::Cvtsd2si32, VecOp::Cvtsd2si64),
        Vcvttsd2si => to_gpr(l, VecOp::Cvttsd2si32, VecOp::Cvttsd2si64),
        Vcvtsi2ss => from_gpr(l, VecOp::Cvtsi2ss32, VecOp::Cvtsi2ss64),
        Vcvtsi2sd => from_gpr(l, VecOp::Cvtsi2sd32, VecOp::Cvtsi2sd64),
        Vcomiss => flags(l, VecOp::Comiss),
        Vcomisd => flags(l, VecOp::Comisd),
        Vucomiss => flags(l, VecOp::Ucomiss),
        Vucomisd => flags(l, VecOp::Ucomisd),
        _ => return false,
    }
    true
}

/// Lanes get wider: the upper half comes from the bytes `from` on of the source.
fn widen(l: &mut VectorLift, code: VecOp, from: u8, float: bool) {
    if !l.is_ymm(0) {
        return packed(l, code, float);
    }
    let b = l.source(1, true);
    let (d, t) = (l.number(0), l.temp());
    l.apply(VecOp::Mov, t, b, b, 0);
    l.apply(VecOp::Psrldq, t | UPPER, b, b, from);
    if float {
        both_halves(l, code, t, t, 0, (0, 0));
    }
    l.apply(code, d | UPPER, t | UPPER, t | UPPER, 0);
    l.apply(code, d, t, t, 0);
}

/// Lanes get half as wide: each half of the source gives 64 bits.
fn narrow(l: &mut VectorLift, code: VecOp) {
    let (b, upper) = l.operand(1);
    let d = l.number(0);
    match upper {
        None => l.apply(code, d, b, b, 0),
        Some(upper) => {
            let t = l.temp();
            both_halves(l, code, b, b, 0, (0, 0));
            l.apply(code, t | UPPER, upper, upper, 0);
            l.apply(code, t, b, b, 0);
            l.apply(VecOp::Movlhps, d, t, t | UPPER, 0);
        }
    }
    l.clear_upper(d);
}

/// VCVTPS2PH, whose destination may be memory.
fn halves(l: &mut VectorLift) {
    let (imm, b, t) = (l.immediate(), l.number(1), l.temp());
    let wide = l.is_ymm(1);
    if l.is_memory(0) {
        // A fault of the page comes before the exception.
        let slot = l.slot();
        let linear = l.linear();
        l.probe(slot, linear, if wide { 16 } else { 8 });
    }
    if wide {
        both_halves(l, VecOp::Cvtps2ph, b, b, 0, (imm, imm));
        l.apply(VecOp::Cvtps2ph, t | UPPER, b | UPPER, b | UPPER, imm);
    }
    l.apply(VecOp::Cvtps2ph, t, b, b, imm);
    if wide {
        l.apply(VecOp::Movlhps, t, t, t | UPPER, 0);
    }
    if l.is_memory(0) {
        return l.access(if wide { VecOp::Store128 } else { VecOp::Store64 }, t);
    }
    let d = l.number(0);
    l.apply(VecOp::Mov, d, t, t, 0);
    l.clear_upper(d);
}

fn to_gpr(l: &mut VectorLift, narrow: VecOp, wide: VecOp) {
    let code = if l.register(0).is_gpr64() { wide } else { narrow };
    let (d, a) = (l.gpr(0), l.source(1, true));
    l.vector(code, |op| op.d(d).a(a));
}

fn from_gpr(l: &mut VectorLift, narrow: VecOp, wide: VecOp) {
    let is_wide = if l.is_memory(2) { l.memory_bytes() == 8 } else { l.register(2).is_gpr64() };
    let code = if is_wide { wide } else { narrow };
    let (d, a, b) = (l.number(0), l.number(1), l.gpr_source(2));
    l.vector(code, |op| op.d(d).a(a).b(b));
    l.clear_upper(d);
}

fn flags(l: &mut VectorLift, code: VecOp) {
    let (a, b) = (l.number(0), l.source(1, true));
    l.vector(code, |op| op.a(a).b(b));
}
