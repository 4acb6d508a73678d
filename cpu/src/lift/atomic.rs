//! Compare-and-exchange and exchange-and-add, locked or not.

use iced_x86::{Instruction, Mnemonic};

use super::alu::atomic;
use super::{Lift, LiftResult, Row};
use crate::flags::cc;
use crate::helper::Helper;
use crate::ir::{AtomicOp, Op, OpCode::*};
use crate::rows;
use crate::state::slot::{self, RAX};

/// The table.
pub static ROWS: &[Row] = rows![
    cmpxchg: Cmpxchg;
    xadd: Xadd;
    wide: Cmpxchg8b, Cmpxchg16b;
];

fn cmpxchg(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let source = l.read_register(i.op1_register())?;
    let compare = [SubF8, SubF16, SubF32, SubF64][w as usize];
    let old;
    if l.is_memory(i, 0) {
        // Without LOCK too: then it is at least as strong.
        let at = l.linear(i)?;
        old = l.temp();
        l.emit(Op::new(AtomicCmpxchg).d(old).a(at).b(source).c(w).imm(i64::from(RAX)));
        l.op3(compare, slot::SINK, RAX, old);
    } else {
        // On failure the destination keeps all 64 bits, as processors do.
        let r = i.op0_register();
        let (whole, high) = super::operand::gpr(r)?;
        old = l.read_zx(i, 0, w)?;
        l.op3(compare, slot::SINK, RAX, old);
        let kept = if high { old } else { whole };
        let new = l.temp();
        l.op3(if w == 3 { Mov64 } else { Mov32 }, new, source, 0);
        let out = l.temp();
        l.emit(Op::new(Cmov64).d(out).a(new).b(kept).c(cc::E));
        if w >= 2 {
            l.op3(Mov64, whole, out, 0);
        } else {
            l.write_register(r, out)?;
        }
    }
    // The accumulator changes only on failure; a 32-bit one then zero-extends.
    let t = l.temp();
    l.emit(Op::new(Cmov64).d(t).a(RAX).b(old).c(cc::E));
    match w {
        0 => l.op3(Ins8, RAX, t, 0),
        1 => l.op3(Ins16, RAX, t, 0),
        _ => l.op3(Mov64, RAX, t, 0),
    }
    Ok(())
}

fn xadd(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let add = [AddF8, AddF16, AddF32, AddF64][w as usize];
    let source = i.op1_register();
    if l.is_memory(i, 0) {
        let at = l.linear(i)?;
        let value = l.read_register(source)?;
        let old = atomic(l, w, at, AtomicOp::Add, value);
        l.op3(add, slot::SINK, old, value);
        return l.write_register(source, old);
    }
    let old = l.read_zx(i, 0, w)?;
    let value = l.read_register(source)?;
    let sum = l.temp();
    l.op3(add, sum, old, value);
    l.write_register(source, old)?;
    l.write_register(i.op0_register(), sum)
}

fn wide(l: &mut Lift, i: &Instruction) -> LiftResult {
    let at = l.linear(i)?;
    let helper = if i.mnemonic() == Mnemonic::Cmpxchg8b { Helper::Cmpxchg8b } else { Helper::Cmpxchg16b };
    l.emit(Lift::helper(helper).a(at));
    Ok(())
}
