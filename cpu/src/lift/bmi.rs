//! BMI1, BMI2 and ADX.

use iced_x86::{Instruction, Mnemonic};

use super::operand::gpr;
use super::{Lift, LiftResult, Row};
use crate::flags;
use crate::helper::Helper;
use crate::ir::{Op, OpCode::*};
use crate::rows;
use crate::state::slot;

/// The table.
pub static ROWS: &[Row] = rows![
    andn: Andn;
    lowest: Blsr, Blsi, Blsmsk;
    by_register: Bextr, Bzhi;
    by_mask: Pdep, Pext;
    shift: Sarx, Shlx, Shrx;
    rotate: Rorx;
    mulx: Mulx;
    add: Adcx, Adox;
];

fn andn(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let b = l.read(i, 2, w)?;
    let t = l.temp();
    l.op3(Not64, t, a, 0);
    l.op3(if w == 3 { AndF64 } else { AndF32 }, gpr(i.op0_register())?.0, t, b);
    Ok(())
}

fn lowest(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let helper = match i.mnemonic() {
        Mnemonic::Blsr => Helper::Blsr,
        Mnemonic::Blsi => Helper::Blsi,
        _ => Helper::Blsmsk,
    };
    l.emit(Lift::helper(helper).d(gpr(i.op0_register())?.0).a(a).c(w));
    Ok(())
}

/// Source, then a register that says which bits.
fn by_register(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let b = l.read(i, 2, w)?;
    let helper = if i.mnemonic() == Mnemonic::Bextr { Helper::Bextr } else { Helper::Bzhi };
    l.emit(Lift::helper(helper).d(gpr(i.op0_register())?.0).a(a).b(b).c(w));
    Ok(())
}

fn by_mask(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let b = l.read(i, 2, w)?;
    let helper = if i.mnemonic() == Mnemonic::Pdep { Helper::Pdep } else { Helper::Pext };
    l.emit(Lift::helper(helper).d(gpr(i.op0_register())?.0).a(a).b(b).c(w));
    Ok(())
}

fn shift(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let b = l.read(i, 2, w)?;
    let codes = match i.mnemonic() {
        Mnemonic::Sarx => [Sar32, Sar64],
        Mnemonic::Shlx => [Shl32, Shl64],
        _ => [Shr32, Shr64],
    };
    l.op3(codes[usize::from(w == 3)], gpr(i.op0_register())?.0, a, b);
    Ok(())
}

fn rotate(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 1, w)?;
    let code = if w == 3 { Ror64 } else { Ror32 };
    let count = i64::from(i.immediate8());
    l.emit(Op::new(code).d(gpr(i.op0_register())?.0).a(a).b(slot::ZERO).imm(count));
    Ok(())
}

fn mulx(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let a = l.read(i, 2, w)?;
    let (high, low) = (gpr(i.op0_register())?.0, gpr(i.op1_register())?.0);
    l.emit(Lift::helper(Helper::Mulx).d(high).a(a).c(w).imm(low.into()));
    Ok(())
}

fn add(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let b = l.read(i, 1, w)?;
    let flag = if i.mnemonic() == Mnemonic::Adcx { flags::CF } else { flags::OF };
    let d = gpr(i.op0_register())?.0;
    l.emit(Lift::helper(Helper::Adx).d(d).a(d).b(b).c(w).imm(flag.into()));
    Ok(())
}
