//! PUSH, POP and their relatives.

use iced_x86::{Code, Instruction, Mnemonic, OpKind};

use super::mov::{segment_number, settle_segment};
use super::operand::{Address, LOADS, STORES, gpr};
use super::{Lift, LiftResult, Row};
use crate::helper::Helper;
use crate::ir::{Op, OpCode::*, TrapCode};
use crate::rows;
use crate::state::Slot;
use crate::state::slot::{RBP, RSP};

/// The table.
pub static ROWS: &[Row] = rows![
    push: Push;
    pop: Pop;
    pushf: Pushf, Pushfd, Pushfq;
    popf: Popf, Popfd, Popfq;
    all: Pusha, Pushad, Popa, Popad;
    enter: Enter;
    leave: Leave;
];

/// Bytes by which the stack pointer moves, with log2.
fn operand_width(i: &Instruction) -> u8 {
    match i.stack_pointer_increment().unsigned_abs() {
        2 => 1,
        4 => 2,
        _ => 3,
    }
}

/// Pushes slot `value` of width `w`.
pub fn push_slot(l: &mut Lift, w: u8, value: Slot) {
    match w {
        3 => l.emit(Op::new(Push64).a(value)),
        2 => l.emit(Op::new(Push32).a(value)),
        _ => {
            let t = l.temp();
            l.opi(if l.long() { AddI64 } else { AddI32 }, t, RSP, -2);
            l.emit(Address::of(t).op(STORES[1], value));
            l.op3(Mov64, RSP, t, 0);
        }
    }
}

/// Loads the top of the stack into a temporary without moving the pointer.
fn peek(l: &mut Lift, w: u8) -> Slot {
    let t = l.temp();
    l.emit(Address::of(RSP).op(LOADS[w as usize], t));
    t
}

fn adjust(l: &mut Lift, by: i64) {
    l.opi(if l.long() { AddI64 } else { AddI32 }, RSP, RSP, by);
}

fn push(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = operand_width(i);
    let value = if i.op_kind(0) == OpKind::Register
        && let Some(segment) = segment_number(i.op0_register())
    {
        let t = l.temp();
        l.emit(Lift::helper(Helper::ReadSegment).d(t).imm(segment));
        t
    } else if l.is_immediate(i, 0) {
        let value = l.immediate(i, 0, 3);
        l.constant(value)
    } else {
        l.read(i, 0, w)?
    };
    push_slot(l, w, value);
    Ok(())
}

fn pop(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = operand_width(i);
    let size = 1i64 << w;
    if i.op_kind(0) == OpKind::Register {
        let r = i.op0_register();
        if let Some(segment) = segment_number(r) {
            let value = peek(l, w);
            l.emit(Lift::helper(Helper::LoadSegment).a(value).imm(segment));
            adjust(l, size);
            settle_segment(l, i, segment);
            return Ok(());
        }
        if w >= 2 {
            let code = if w == 3 { Pop64 } else { Pop32 };
            l.emit(Op::new(code).d(gpr(r)?.0));
            return Ok(());
        }
        let value = peek(l, w);
        adjust(l, size);
        return l.write_register(r, value);
    }
    // The address is computed with the stack pointer already moved.
    let value = peek(l, w);
    let moved = l.temp();
    l.opi(if l.long() { AddI64 } else { AddI32 }, moved, RSP, size);
    l.stack_base = Some(moved);
    let address = l.memory(i);
    l.stack_base = None;
    let address = address?;
    l.emit(address.op(STORES[w as usize], value));
    l.op3(Mov64, RSP, moved, 0);
    Ok(())
}

fn pushf(l: &mut Lift, i: &Instruction) -> LiftResult {
    let t = l.temp();
    l.emit(Op::new(GetFlags).d(t));
    push_slot(l, operand_width(i), t);
    Ok(())
}

fn popf(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = operand_width(i);
    let value = peek(l, w);
    adjust(l, 1 << w);
    l.emit(Op::new(if w == 1 { SetFlags16 } else { SetFlags }).a(value));
    // TF may be set now: the run loop must see it.
    l.trap(TrapCode::Resume, i.next_ip());
    Ok(())
}

fn all(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = if matches!(i.code(), Code::Pushaw | Code::Popaw) { 1 } else { 2 };
    let helper = match i.mnemonic() {
        Mnemonic::Pusha | Mnemonic::Pushad => Helper::Pusha,
        _ => Helper::Popa,
    };
    l.emit(Lift::helper(helper).c(w));
    Ok(())
}

fn enter(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = match i.code() {
        Code::Enterw_imm16_imm8 => 1,
        Code::Enterd_imm16_imm8 => 2,
        _ => 3,
    };
    let imm = i64::from(i.immediate16()) | i64::from(i.immediate8_2nd() & 31) << 16;
    l.emit(Lift::helper(Helper::Enter).c(w).imm(imm));
    Ok(())
}

fn leave(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w: u8 = match i.code() {
        Code::Leavew => 1,
        Code::Leaved => 2,
        _ => 3,
    };
    let t = l.temp();
    l.emit(Address::of(RBP).op(LOADS[w as usize], t));
    l.opi(if l.long() { AddI64 } else { AddI32 }, RSP, RBP, 1 << w);
    match w {
        1 => l.op3(Ins16, RBP, t, 0),
        _ => l.op3(Mov64, RBP, t, 0),
    }
    Ok(())
}
