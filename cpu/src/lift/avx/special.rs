//! Masked moves, gathers, tests, and the string comparisons.

use iced_x86::{Instruction, Mnemonic, Register};

use super::lift_avx;
use crate::ir::vector::avx_shape as shape;
use crate::ir::{Op, OpCode, VecOp};
use crate::lift::vector::VectorLift;
use crate::lift::{Lift, LiftResult, Row};
use crate::state::slot;

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Vmaskmovps, Vmaskmovpd, Vpmaskmovd, Vpmaskmovq, Vptest, Vtestps, Vtestpd,
        Vgatherdps, Vgatherdpd, Vgatherqps, Vgatherqpd,
        Vpgatherdd, Vpgatherdq, Vpgatherqd, Vpgatherqq,
        Vpcmpestri, Vpcmpestri64, Vpcmpestrm, Vpcmpestrm64, Vpcmpistri, Vpcmpistrm;
];

fn lift(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    use Mnemonic::*;
    match l.instruction.mnemonic() {
        Vmaskmovps | Vpmaskmovd => masked(l, 0),
        Vmaskmovpd | Vpmaskmovq => masked(l, shape::WIDE_LANES),
        Vptest => test(l, 0),
        Vtestps => test(l, 1),
        Vtestpd => test(l, 2),
        Vpgatherdd | Vgatherdps => return gather(l, 0, 4),
        Vpgatherqd | Vgatherqps => return gather(l, shape::WIDE_INDEX, 2),
        Vpgatherdq | Vgatherdpd => return gather(l, shape::WIDE_LANES, 2),
        Vpgatherqq | Vgatherqpd => return gather(l, shape::WIDE_INDEX | shape::WIDE_LANES, 2),
        Vpcmpestri => strings(l, VecOp::Pcmpestri, 0),
        Vpcmpestri64 => strings(l, VecOp::Pcmpestri, 1),
        Vpcmpestrm => strings(l, VecOp::Pcmpestrm, 0),
        Vpcmpestrm64 => strings(l, VecOp::Pcmpestrm, 1),
        Vpcmpistri => strings(l, VecOp::Pcmpistri, 0),
        Vpcmpistrm => strings(l, VecOp::Pcmpistrm, 0),
        _ => return false,
    }
    true
}

fn masked(l: &mut VectorLift, lanes: i64) {
    let load = l.is_memory(2);
    let (code, value) = if load { (VecOp::MaskLoad, 0) } else { (VecOp::MaskStore, 2) };
    let whole = if l.is_ymm(1) { shape::WHOLE } else { 0 };
    let (d, mask, at) = (l.number(value), l.number(1), l.linear());
    l.vector(code, |op| op.d(d).a(mask).c(at).imm(lanes | whole));
}

fn test(l: &mut VectorLift, signs: i64) {
    let (b, upper) = l.operand(1);
    let a = l.number(0);
    l.vector(VecOp::TestSigns, |op| op.a(a).b(b).c(u8::from(upper.is_some())).imm(signs));
}

/// `count` lanes in the form of 128 bits, twice as many in that of 256. The three
/// registers must differ.
fn gather(l: &mut VectorLift, lanes: i64, count: i64) -> bool {
    let (i, index) = (l.instruction, l.instruction.memory_index());
    let (d, mask, indices) = (l.number(0), l.number(2), index.number() as u8);
    if d == mask || d == indices || mask == indices {
        return false;
    }
    let wide = l.is_ymm(0) || index.is_ymm();
    let base = i.memory_base();
    // A displacement alone has the size that the address size prefix chose.
    let narrow = base.size() == 4 || base == Register::None && i.memory_displ_size() == 4 || !l.long();
    let at = l.slot();
    let from = if base == Register::None { slot::ZERO } else { base.full_register().number() as u8 };
    l.emit(Op::new(OpCode::AddI64).d(at).a(from).imm(i.memory_displacement64() as i64));
    let segment = match i.memory_segment() {
        Register::FS => slot::FS_BASE,
        Register::GS => slot::GS_BASE,
        _ => slot::ZERO,
    };
    let count = if wide { 2 * count } else { count };
    let imm = lanes
        | i64::from(i.memory_index_scale().trailing_zeros())
        | if narrow { shape::NARROW_ADDRESS } else { 0 }
        | count << shape::COUNT
        | i64::from(segment) << shape::SEGMENT;
    l.vector(VecOp::Gather, |op| op.d(d).a(mask).b(indices).c(at).imm(imm));
    true
}

/// `wide`: lengths in the 64-bit registers.
fn strings(l: &mut VectorLift, code: VecOp, wide: u8) {
    let (a, imm, b) = (l.number(0), l.immediate(), l.source(1, true));
    l.vector(code, |op| op.d(wide).a(a).b(b).imm(imm.into()));
    if matches!(code, VecOp::Pcmpestrm | VecOp::Pcmpistrm) {
        l.clear_upper(0);
    }
}
