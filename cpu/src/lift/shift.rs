//! Shifts and rotates.

use iced_x86::{Instruction, Mnemonic, OpKind};

use super::{Lift, LiftResult, Row};
use crate::ir::{Op, OpCode::*};
use crate::rows;
use crate::state::{Slot, slot};

/// The table.
pub static ROWS: &[Row] = rows![
    shift: Shl, Shr, Sar, Sal, Rol, Ror, Rcl, Rcr;
    double: Shld, Shrd;
];

/// Count operand `n`: a slot, plus an immediate.
fn count(l: &mut Lift, i: &Instruction, n: u32) -> Result<(Slot, i64), super::Unsupported> {
    if i.op_kind(n) == OpKind::Register {
        Ok((l.read_register(i.op_register(n))?, 0))
    } else {
        Ok((slot::ZERO, l.immediate(i, n, 3) & 0xff))
    }
}

fn shift(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let code = match i.mnemonic() {
        Mnemonic::Shr => [ShrF8, ShrF16, ShrF32, ShrF64],
        Mnemonic::Sar => [SarF8, SarF16, SarF32, SarF64],
        Mnemonic::Rol => [RolF8, RolF16, RolF32, RolF64],
        Mnemonic::Ror => [RorF8, RorF16, RorF32, RorF64],
        Mnemonic::Rcl => [RclF8, RclF16, RclF32, RclF64],
        Mnemonic::Rcr => [RcrF8, RcrF16, RcrF32, RcrF64],
        _ => [ShlF8, ShlF16, ShlF32, ShlF64],
    }[w as usize];
    let (b, imm) = count(l, i, 1)?;
    let (a, out, target) = l.modify(i, 0, w)?;
    l.emit(Op::new(code).d(out).a(a).b(b).imm(imm));
    l.complete(target, w, out)
}

fn double(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let code = match (i.mnemonic(), w) {
        (Mnemonic::Shld, 1) => ShldF16,
        (Mnemonic::Shld, 2) => ShldF32,
        (Mnemonic::Shld, _) => ShldF64,
        (_, 1) => ShrdF16,
        (_, 2) => ShrdF32,
        (_, _) => ShrdF64,
    };
    let fill = l.read(i, 1, w)?;
    let (c, imm) = count(l, i, 2)?;
    let (a, out, target) = l.modify(i, 0, w)?;
    l.emit(Op::new(code).d(out).a(a).b(fill).c(c).imm(imm));
    l.complete(target, w, out)
}
