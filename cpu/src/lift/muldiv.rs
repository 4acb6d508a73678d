//! Multiplication, division and decimal adjustment.

use iced_x86::{Instruction, Mnemonic};

use super::{Lift, LiftResult, Row};
use crate::helper::Helper;
use crate::ir::{Op, OpCode::*};
use crate::rows;
use crate::state::slot;

/// The table.
pub static ROWS: &[Row] = rows![
    wide: Mul, Div, Idiv;
    imul: Imul;
    decimal: Daa, Das, Aaa, Aas, Aam, Aad;
];

fn wide(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 0, w)?;
    let code = match i.mnemonic() {
        Mnemonic::Mul => [MulF8, MulF16, MulF32, MulF64],
        Mnemonic::Imul => [ImulWF8, ImulWF16, ImulWF32, ImulWF64],
        Mnemonic::Div => [Div8, Div16, Div32, Div64],
        _ => [Idiv8, Idiv16, Idiv32, Idiv64],
    }[w as usize];
    l.emit(Op::new(code).a(a));
    Ok(())
}

fn imul(l: &mut Lift, i: &Instruction) -> LiftResult {
    if i.op_count() == 1 {
        return wide(l, i);
    }
    let w = l.width(i, 0)?;
    let r = i.op0_register();
    let (a, b, imm) = if i.op_count() == 3 {
        (l.read(i, 1, w)?, slot::ZERO, l.immediate(i, 2, w))
    } else {
        let b = l.read(i, 1, w)?;
        (l.read_register(r)?, b, 0)
    };
    let d = l.destination(r)?;
    let code = [ImulF16, ImulF16, ImulF32, ImulF64][w as usize];
    l.emit(Op::new(code).d(d).a(a).b(b).imm(imm));
    l.settle(r, d)
}

fn decimal(l: &mut Lift, i: &Instruction) -> LiftResult {
    let helper = match i.mnemonic() {
        Mnemonic::Daa => Helper::Daa,
        Mnemonic::Das => Helper::Das,
        Mnemonic::Aaa => Helper::Aaa,
        Mnemonic::Aas => Helper::Aas,
        Mnemonic::Aam => Helper::Aam,
        _ => Helper::Aad,
    };
    let base = if i.op_count() > 0 { i64::from(i.immediate8()) } else { 0 };
    l.emit(Lift::helper(helper).imm(base));
    Ok(())
}
