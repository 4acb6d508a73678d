//! Addition, subtraction and logic.

use iced_x86::{Instruction, Mnemonic, OpKind};

use super::{Lift, LiftResult, Row};
use crate::ir::{AtomicOp, Op, OpCode, OpCode::*};
use crate::rows;
use crate::state::{Slot, slot};

/// The table.
pub static ROWS: &[Row] = rows![
    binary: Add, Sub, And, Or, Xor, Cmp, Test;
    carry: Adc, Sbb;
    unary: Inc, Dec, Neg, Not;
];

/// Register and immediate forms by width.
fn codes(m: Mnemonic) -> ([OpCode; 4], [OpCode; 4]) {
    match m {
        Mnemonic::Add => ([AddF8, AddF16, AddF32, AddF64], [AddFI8, AddFI16, AddFI32, AddFI64]),
        Mnemonic::And | Mnemonic::Test => {
            ([AndF8, AndF16, AndF32, AndF64], [AndFI8, AndFI16, AndFI32, AndFI64])
        }
        Mnemonic::Or => ([OrF8, OrF16, OrF32, OrF64], [OrFI8, OrFI16, OrFI32, OrFI64]),
        Mnemonic::Xor => ([XorF8, XorF16, XorF32, XorF64], [XorFI8, XorFI16, XorFI32, XorFI64]),
        _ => ([SubF8, SubF16, SubF32, SubF64], [SubFI8, SubFI16, SubFI32, SubFI64]),
    }
}

fn binary(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let m = i.mnemonic();
    let (plain, immediate) = codes(m);
    let (plain, immediate) = (plain[w as usize], immediate[w as usize]);
    let same_register = i.op_kind(1) == OpKind::Register
        && i.op_kind(0) == OpKind::Register
        && i.op0_register() == i.op1_register();
    if m == Mnemonic::Cmp || m == Mnemonic::Test {
        let a = l.read(i, 0, w)?;
        if l.is_immediate(i, 1) {
            let value = l.immediate(i, 1, w);
            l.opi(immediate, slot::SINK, a, value);
        } else {
            let b = if same_register { a } else { l.read(i, 1, w)? };
            l.op3(plain, slot::SINK, a, b);
        }
        return Ok(());
    }
    if i.has_lock_prefix() {
        return locked(l, i, w, plain);
    }
    let source = if l.is_immediate(i, 1) { None } else { Some(l.read(i, 1, w)?) };
    let (a, out, target) = l.modify(i, 0, w)?;
    match source {
        None => {
            let value = l.immediate(i, 1, w);
            l.opi(immediate, out, a, value);
        }
        Some(b) => l.op3(plain, out, a, b),
    }
    l.complete(target, w, out)
}

/// LOCK ADD/SUB/AND/OR/XOR to memory: the flags come from the value exchanged.
fn locked(l: &mut Lift, i: &Instruction, w: u8, code: OpCode) -> LiftResult {
    let at = l.linear(i)?;
    let value = l.read(i, 1, w)?;
    let (function, operand) = match i.mnemonic() {
        Mnemonic::Add => (AtomicOp::Add, value),
        Mnemonic::Sub => {
            let t = l.temp();
            l.op3(Sub64, t, slot::ZERO, value);
            (AtomicOp::Add, t)
        }
        Mnemonic::And => (AtomicOp::And, value),
        Mnemonic::Or => (AtomicOp::Or, value),
        _ => (AtomicOp::Xor, value),
    };
    let old = atomic(l, w, at, function, operand);
    l.op3(code, slot::SINK, old, value);
    Ok(())
}

/// Emits an atomic read-modify-write; returns the slot of the old value.
pub fn atomic(l: &mut Lift, w: u8, at: Slot, function: AtomicOp, operand: Slot) -> Slot {
    let old = l.temp();
    l.emit(Op::new(Atomic).d(old).a(at).b(operand).c(w).e(function as u16));
    old
}

fn carry(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let add = i.mnemonic() == Mnemonic::Adc;
    let code =
        if add { [AdcF8, AdcF16, AdcF32, AdcF64] } else { [SbbF8, SbbF16, SbbF32, SbbF64] }[w as usize];
    let (b, imm) =
        if l.is_immediate(i, 1) { (slot::ZERO, l.immediate(i, 1, w)) } else { (l.read(i, 1, w)?, 0) };
    if i.has_lock_prefix() {
        let at = l.linear(i)?;
        let sum = l.temp();
        l.emit(Op::new(Setcc).d(sum).c(crate::flags::cc::B));
        l.op3(Add64, sum, sum, b);
        l.opi(AddI64, sum, sum, imm);
        if !add {
            l.op3(Sub64, sum, slot::ZERO, sum);
        }
        let old = atomic(l, w, at, AtomicOp::Add, sum);
        l.emit(Op::new(code).d(slot::SINK).a(old).b(b).imm(imm));
        return Ok(());
    }
    let (a, out, target) = l.modify(i, 0, w)?;
    l.emit(Op::new(code).d(out).a(a).b(b).imm(imm));
    l.complete(target, w, out)
}

fn unary(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let m = i.mnemonic();
    let compute = |l: &mut Lift, out: Slot, a: Slot| match m {
        Mnemonic::Inc => l.op3([IncF8, IncF16, IncF32, IncF64][w as usize], out, a, 0),
        Mnemonic::Dec => l.op3([DecF8, DecF16, DecF32, DecF64][w as usize], out, a, 0),
        Mnemonic::Neg => {
            l.op3([SubF8, SubF16, SubF32, SubF64][w as usize], out, slot::ZERO, a);
        }
        _ => l.op3(if w == 3 { Not64 } else { Not32 }, out, a, 0),
    };
    if i.has_lock_prefix() {
        let at = l.linear(i)?;
        let (function, operand) = match m {
            Mnemonic::Inc => (AtomicOp::Add, 1),
            Mnemonic::Dec | Mnemonic::Not => {
                (if m == Mnemonic::Not { AtomicOp::Xor } else { AtomicOp::Add }, -1)
            }
            _ => (AtomicOp::Neg, 0),
        };
        let operand = l.constant(operand);
        let old = atomic(l, w, at, function, operand);
        if m != Mnemonic::Not {
            compute(l, slot::SINK, old);
        }
        return Ok(());
    }
    let (a, out, target) = l.modify(i, 0, w)?;
    compute(l, out, a);
    l.complete(target, w, out)
}
