//! Permutations, blends, broadcasts, and moves between the halves.

use iced_x86::{Instruction, Mnemonic, OpKind};

use super::lift_avx;
use crate::ir::VecOp;
use crate::ir::vector::UPPER;
use crate::lift::vector::VectorLift;
use crate::lift::{Lift, LiftResult, Row};

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Vpermilps, Vpermilpd, Vperm2f128, Vperm2i128, Vpermd, Vpermps, Vpermq, Vpermpd,
        Vinsertf128, Vinserti128, Vextractf128, Vextracti128, Vbroadcastss, Vbroadcastsd,
        Vbroadcastf128, Vbroadcasti128, Vpbroadcastb, Vpbroadcastw, Vpbroadcastd, Vpbroadcastq,
        Vblendvps, Vblendvpd, Vpblendvb;
];

fn lift(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    use Mnemonic::*;
    match l.instruction.mnemonic() {
        Vpermilps if l.instruction.op_kind(2) == OpKind::Immediate8 => super::packed(l, VecOp::Pshufd, false),
        Vpermilpd if l.instruction.op_kind(2) == OpKind::Immediate8 => super::packed(l, VecOp::Shufpd, false),
        Vpermilps => super::packed(l, VecOp::Vpermilps, false),
        Vpermilpd => super::packed(l, VecOp::Vpermilpd, false),
        Vperm2f128 | Vperm2i128 => halves(l),
        Vpermd | Vpermps => {
            let (b, _) = l.operand(2);
            let (d, a) = (l.number(0), l.number(1));
            l.apply(VecOp::Permute8, d, a, b, 0);
        }
        Vpermq | Vpermpd => quads(l),
        Vinsertf128 | Vinserti128 => insert(l),
        Vextractf128 | Vextracti128 => extract(l),
        Vbroadcastss | Vpbroadcastd => broadcast(l, |l, t, b| l.apply(VecOp::Pshufd, t, b, b, 0)),
        Vbroadcastsd | Vpbroadcastq => broadcast(l, |l, t, b| l.apply(VecOp::Movddup, t, b, b, 0)),
        Vbroadcastf128 | Vbroadcasti128 => broadcast(l, |l, t, b| l.apply(VecOp::Mov, t, b, b, 0)),
        Vpbroadcastw => broadcast(l, |l, t, b| {
            l.apply(VecOp::Pshuflw, t, b, b, 0);
            l.apply(VecOp::Movddup, t, t, t, 0);
        }),
        Vpbroadcastb => broadcast(l, |l, t, b| {
            let zero = l.temp();
            l.apply(VecOp::Pxor, zero, zero, zero, 0);
            l.apply(VecOp::Pshufb, t, b, zero, 0);
        }),
        Vblendvps => blend(l, VecOp::Blendvps),
        Vblendvpd => blend(l, VecOp::Blendvpd),
        Vpblendvb => blend(l, VecOp::Pblendvb),
        _ => return false,
    }
    true
}

/// Both halves of operand 0 from vectors that may be its own.
fn set_both(l: &mut VectorLift, d: u8, low: Option<u8>, high: Option<u8>) {
    let t = l.temp();
    for (to, from) in [(t, low), (t | UPPER, high)] {
        match from {
            Some(from) => l.apply(VecOp::Mov, to, from, from, 0),
            None => l.apply(VecOp::Pxor, to, to, to, 0),
        }
    }
    l.apply(VecOp::Mov, d | UPPER, t | UPPER, t | UPPER, 0);
    l.apply(VecOp::Mov, d, t, t, 0);
}

/// VPERM2F128: each half is one of four, or 0.
fn halves(l: &mut VectorLift) {
    let imm = l.immediate();
    let (b, _) = l.operand(2);
    let (d, a) = (l.number(0), l.number(1));
    let one = |field: u8| (field & 8 == 0).then_some([a, a | UPPER, b, b | UPPER][usize::from(field & 3)]);
    set_both(l, d, one(imm), one(imm >> 4));
}

/// VPERMQ: each quadword is one of four.
fn quads(l: &mut VectorLift) {
    let imm = l.immediate();
    let (b, _) = l.operand(1);
    let (d, t) = (l.number(0), l.temp());
    let half = |i: u8| if i & 2 == 0 { b } else { b | UPPER };
    for (to, field) in [(t, imm), (t | UPPER, imm >> 4)] {
        let (x, y) = (field & 3, field >> 2 & 3);
        l.apply(VecOp::Shufpd, to, half(x), half(y), x & 1 | (y & 1) << 1);
    }
    set_both(l, d, Some(t), Some(t | UPPER));
}

fn insert(l: &mut VectorLift) {
    let imm = l.immediate();
    let b = l.source(2, true);
    let (d, a) = (l.number(0), l.number(1));
    if imm & 1 == 0 {
        set_both(l, d, Some(b), Some(a | UPPER));
    } else {
        set_both(l, d, Some(a), Some(b));
    }
}

fn extract(l: &mut VectorLift) {
    let from = l.number(1) | if l.immediate() & 1 != 0 { UPPER } else { 0 };
    if l.is_memory(0) {
        return l.access(VecOp::Store128, from);
    }
    let d = l.number(0);
    l.apply(VecOp::Mov, d, from, from, 0);
    l.clear_upper(d);
}

/// All lanes from the lowest of operand 1, which `fill` puts into a vector.
fn broadcast(l: &mut VectorLift, fill: impl Fn(&mut VectorLift, u8, u8)) {
    let b = l.source(1, true);
    let (d, t) = (l.number(0), l.temp());
    fill(l, t, b);
    if l.is_ymm(0) {
        l.apply(VecOp::Mov, d | UPPER, t, t, 0);
    } else {
        l.clear_upper(d);
    }
    l.apply(VecOp::Mov, d, t, t, 0);
}

/// The mask is operand 3.
fn blend(l: &mut VectorLift, code: VecOp) {
    let (b, b_upper) = l.operand(2);
    let (d, a, mask) = (l.number(0), l.number(1), l.number(3));
    if let Some(upper) = b_upper {
        l.vector(code, |op| op.d(d | UPPER).a(a | UPPER).b(upper).c(mask | UPPER));
    }
    l.vector(code, |op| op.d(d).a(a).b(b).c(mask));
    if b_upper.is_none() {
        l.clear_upper(d);
    }
}
