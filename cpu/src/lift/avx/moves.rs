//! Moves between registers, memory and general registers; MXCSR.

use iced_x86::{Instruction, Mnemonic};

use super::lift_avx;
use crate::ir::vector::UPPER;
use crate::ir::{Op, OpCode, VecOp};
use crate::lift::vector::VectorLift;
use crate::lift::{Lift, LiftResult, Row};
use crate::state::Slot;

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Vmovaps, Vmovapd, Vmovdqa, Vmovntps, Vmovntpd, Vmovntdq, Vmovntdqa, Vmovups, Vmovupd,
        Vmovdqu, Vlddqu, Vmovss, Vmovsd, Vmovq, Vmovd, Vmovlps, Vmovlpd, Vmovhps, Vmovhpd,
        Vmovmskps, Vmovmskpd, Vpmovmskb, Vmaskmovdqu, Vldmxcsr, Vstmxcsr, Vpinsrb, Vpinsrw,
        Vpinsrd, Vpinsrq, Vpextrb, Vpextrw, Vpextrd, Vpextrq, Vextractps, Vzeroupper, Vzeroall;
];

fn lift(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    use Mnemonic::*;
    match l.instruction.mnemonic() {
        Vmovaps | Vmovapd | Vmovdqa | Vmovntps | Vmovntpd | Vmovntdq | Vmovntdqa => whole(l, true),
        Vmovups | Vmovupd | Vmovdqu | Vlddqu => whole(l, false),
        Vmovss => scalar(l, VecOp::Movss, VecOp::Load32, VecOp::Store32),
        Vmovsd => scalar(l, VecOp::Movsd, VecOp::Load64, VecOp::Store64),
        Vmovq if !l.is_gpr(0) && !l.is_gpr(1) => scalar(l, VecOp::Movq, VecOp::Load64, VecOp::Store64),
        Vmovq | Vmovd => general(l),
        Vmovlps | Vmovlpd => half(l, VecOp::Movsd, VecOp::Store64),
        Vmovhps | Vmovhpd => half(l, VecOp::Movlhps, VecOp::StoreHigh64),
        Vmovmskps => mask(l, Some(VecOp::Movmskps), 4),
        Vmovmskpd => mask(l, Some(VecOp::Movmskpd), 2),
        Vpmovmskb => mask(l, None, 16),
        Vmaskmovdqu => {
            let (a, b, at) = (l.number(1), l.number(2), l.rdi_address());
            l.vector(VecOp::MaskedStore128, |op| op.a(a).b(b).c(at).imm(16));
        }
        Vldmxcsr => l.access(VecOp::Ldmxcsr, 0),
        Vstmxcsr => l.access(VecOp::Stmxcsr, 0),
        Vpinsrb => insert(l, VecOp::Pinsrb),
        Vpinsrw => insert(l, VecOp::Pinsrw),
        Vpinsrd => insert(l, VecOp::Pinsrd),
        Vpinsrq => insert(l, VecOp::Pinsrq),
        Vpextrb => crate::lift::sse_int::extract(l, VecOp::Pextrb, 1),
        Vpextrw => crate::lift::sse_int::extract(l, VecOp::Pextrw, 2),
        Vpextrd | Vextractps => crate::lift::sse_int::extract(l, VecOp::Pextrd, 4),
        Vpextrq => crate::lift::sse_int::extract(l, VecOp::Pextrq, 8),
        Vzeroupper => l.vector(VecOp::ZeroUpper, |op| op),
        Vzeroall => l.vector(VecOp::ZeroUpper, |op| op.d(1)),
        _ => return false,
    }
    true
}

/// A whole register, either way; `aligned` in memory to its own size.
fn whole(l: &mut VectorLift, aligned: bool) {
    let wide = l.is_ymm(0) || l.is_ymm(1);
    if wide && aligned && (l.is_memory(0) || l.is_memory(1)) {
        l.access(VecOp::Align32, 0);
    }
    if l.is_memory(0) {
        let d = l.number(1);
        return l.access(
            match (wide, aligned) {
                (true, _) => VecOp::Store256,
                (_, true) => VecOp::Store128A,
                _ => VecOp::Store128,
            },
            d,
        );
    }
    let d = l.number(0);
    if !wide && aligned && l.is_memory(1) {
        l.access(VecOp::Load128A, d);
        return l.clear_upper(d);
    }
    let (b, b_upper) = l.operand(1);
    match b_upper {
        Some(upper) => l.apply(VecOp::Mov, d | UPPER, upper, upper, 0),
        None => l.clear_upper(d),
    }
    l.apply(VecOp::Mov, d, b, b, 0);
}

/// A move whose register form with three operands is `code`.
fn scalar(l: &mut VectorLift, code: VecOp, load: VecOp, store: VecOp) {
    if l.is_memory(0) {
        let d = l.number(1);
        return l.access(store, d);
    }
    let d = l.number(0);
    if l.is_memory(1) {
        l.access(load, d);
    } else {
        let last = l.instruction.op_count() - 1;
        let (a, b) = (l.number(1), l.number(last));
        l.apply(code, d, a, b, 0);
    }
    l.clear_upper(d);
}

/// VMOVLPS, VMOVHPS and their kin: a load takes the other half from operand 1.
fn half(l: &mut VectorLift, merge: VecOp, store: VecOp) {
    if l.is_memory(0) {
        let d = l.number(1);
        return l.access(store, d);
    }
    let (d, a, b) = (l.number(0), l.number(1), l.source(2, true));
    l.apply(merge, d, a, b, 0);
    l.clear_upper(d);
}

/// VMOVD and VMOVQ with a general register or memory.
fn general(l: &mut VectorLift) {
    let wide = l.instruction.mnemonic() == Mnemonic::Vmovq;
    if l.is_xmm(0) {
        let d = l.number(0);
        if l.is_memory(1) {
            l.access(if wide { VecOp::Load64 } else { VecOp::Load32 }, d);
        } else {
            let a = l.gpr(1);
            l.vector(if wide { VecOp::FromGpr64 } else { VecOp::FromGpr32 }, |op| op.d(d).a(a));
        }
        return l.clear_upper(d);
    }
    let a = l.number(1);
    if l.is_memory(0) {
        return l.access(if wide { VecOp::Store64 } else { VecOp::Store32 }, a);
    }
    let d = l.gpr(0);
    l.vector(if wide { VecOp::ToGpr64 } else { VecOp::ToGpr32 }, |op| op.d(d).a(a));
}

fn insert(l: &mut VectorLift, code: VecOp) {
    let imm = l.immediate();
    let value = l.gpr_source(2);
    let (t, d, a) = (l.temp(), l.number(0), l.number(1));
    l.vector(VecOp::FromGpr64, |op| op.d(t).a(value));
    l.apply(code, d, a, t, imm);
    l.clear_upper(d);
}

/// The signs of the lanes of vector `from` into slot `to`; `None` is those of bytes.
fn signs(l: &mut VectorLift, code: Option<VecOp>, to: Slot, from: u8) {
    match code {
        None => l.vector(VecOp::PmovmskbGpr, |op| op.d(to).a(from)),
        Some(code) => {
            let t = l.temp();
            l.apply(code, t, t, from, 0);
            l.vector(VecOp::ToGpr32, |op| op.d(to).a(t));
        }
    }
}

/// The signs of the lanes, `count` of them in 128 bits.
fn mask(l: &mut VectorLift, code: Option<VecOp>, count: i64) {
    let (d, a) = (l.gpr(0), l.number(1));
    signs(l, code, d, a);
    if l.is_ymm(1) {
        let upper = l.slot();
        signs(l, code, upper, a | UPPER);
        l.emit(Op::new(OpCode::ShlI32).d(upper).a(upper).imm(count));
        l.emit(Op::new(OpCode::Or32).d(d).a(d).b(upper));
    }
}
