//! Control transfer.

use iced_x86::{Code, Instruction, Mnemonic, OpKind};

use super::mov::condition;
use super::operand::{Address, LOADS};
use super::stack::push_slot;
use super::{Lift, LiftResult, Row, Unsupported};
use crate::flags::cc;
use crate::ir::{Op, OpCode, OpCode::*};
use crate::rows;
use crate::state::slot::{RCX, RSP};

/// The table.
pub static ROWS: &[Row] = rows![
    jump: Jmp;
    conditional: Jo, Jno, Jb, Jae, Je, Jne, Jbe, Ja, Js, Jns, Jp, Jnp, Jl, Jge, Jle, Jg;
    call: Call;
    ret: Ret;
    count: Jcxz, Jecxz, Jrcxz, Loop, Loope, Loopne;
];

fn is_near(i: &Instruction) -> bool {
    matches!(i.op_kind(0), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

/// Whether the target is a far pointer, in the instruction or in memory.
fn is_far(i: &Instruction) -> bool {
    i.is_jmp_far() || i.is_call_far() || i.is_jmp_far_indirect() || i.is_call_far_indirect()
}

/// An indirect target, zero-extended to the width of the branch.
fn indirect(l: &mut Lift, i: &Instruction) -> Result<u8, Unsupported> {
    let w = l.width(i, 0)?;
    match (i.op_kind(0), w) {
        // A load extends by itself, and full registers are ready.
        (OpKind::Register, 1) => l.read_zx(i, 0, 1),
        _ => l.read(i, 0, w),
    }
}

fn jump(l: &mut Lift, i: &Instruction) -> LiftResult {
    if is_far(i) {
        return super::far::jump(l, i);
    }
    if is_near(i) {
        l.emit(Op::new(OpCode::Jmp).imm(i.near_branch_target() as i64));
    } else {
        let a = indirect(l, i)?;
        l.emit(Op::new(JmpInd).a(a));
    }
    Ok(())
}

fn conditional(l: &mut Lift, i: &Instruction) -> LiftResult {
    l.emit(Op::new(Jcc).c(condition(i)).imm(i.near_branch_target() as i64));
    Ok(())
}

fn call(l: &mut Lift, i: &Instruction) -> LiftResult {
    if is_far(i) {
        return super::far::call(l, i);
    }
    let next = i.next_ip();
    let word = matches!(i.code(), Code::Call_rel16 | Code::Call_rm16);
    if is_near(i) {
        let target = i.near_branch_target();
        if word || target >> 32 != 0 || next >> 32 != 0 {
            let t = l.constant(next as i64);
            push_slot(l, if word { 1 } else { 3 }, t);
            l.emit(Op::new(OpCode::Jmp).imm(target as i64));
        } else {
            let code = if l.long() { Call64 } else { Call32 };
            l.emit(Op::new(code).imm((next << 32 | target) as i64));
        }
        return Ok(());
    }
    let a = indirect(l, i)?;
    if word {
        let t = l.constant(next as i64);
        push_slot(l, 1, t);
        l.emit(Op::new(JmpInd).a(a));
    } else {
        let code = if l.long() { CallInd64 } else { CallInd32 };
        l.emit(Op::new(code).a(a).imm(next as i64));
    }
    Ok(())
}

fn ret(l: &mut Lift, i: &Instruction) -> LiftResult {
    let extra = if i.op_count() > 0 { i64::from(i.immediate16()) } else { 0 };
    match i.code() {
        Code::Retnq | Code::Retnq_imm16 => l.emit(Op::new(Ret64).imm(extra)),
        Code::Retnd | Code::Retnd_imm16 => l.emit(Op::new(Ret32).imm(extra)),
        // Truncates EIP.
        _ => {
            let t = l.temp();
            l.emit(Address::of(RSP).op(LOADS[1], t));
            l.opi(if l.long() { AddI64 } else { AddI32 }, RSP, RSP, 2 + extra);
            l.emit(Op::new(JmpInd).a(t));
        }
    }
    Ok(())
}

/// LOOPcc and JCXZ: by count register size.
fn count(l: &mut Lift, i: &Instruction) -> LiftResult {
    use Code::*;
    let w: usize = match i.code() {
        Jcxz_rel8_16 | Jcxz_rel8_32 | Loop_rel8_16_CX | Loop_rel8_32_CX | Loope_rel8_16_CX
        | Loope_rel8_32_CX | Loopne_rel8_16_CX | Loopne_rel8_32_CX => 0,
        Jecxz_rel8_16 | Jecxz_rel8_32 | Jecxz_rel8_64 | Loop_rel8_16_ECX | Loop_rel8_32_ECX
        | Loop_rel8_64_ECX | Loope_rel8_16_ECX | Loope_rel8_32_ECX | Loope_rel8_64_ECX
        | Loopne_rel8_16_ECX | Loopne_rel8_32_ECX | Loopne_rel8_64_ECX => 1,
        _ => 2,
    };
    let target = i.near_branch_target() as i64;
    if matches!(i.mnemonic(), Mnemonic::Jcxz | Mnemonic::Jecxz | Mnemonic::Jrcxz) {
        l.emit(Op::new([Jz16, Jz32, Jz64][w]).a(RCX).imm(target));
        return Ok(());
    }
    if w == 0 {
        let t = l.temp();
        l.opi(AddI32, t, RCX, -1);
        l.op3(Ins16, RCX, t, 0);
    } else {
        l.opi([AddI32, AddI32, AddI64][w], RCX, RCX, -1);
    }
    let mut tested = RCX;
    if i.mnemonic() != Mnemonic::Loop {
        // Taken if the count is not zero and ZF is as asked: keep the count or make it 0.
        tested = l.temp();
        let c = if i.mnemonic() == Mnemonic::Loope { cc::E } else { cc::NE };
        let code = if w == 2 { Cmov64 } else { Cmov32 };
        l.emit(Op::new(code).d(tested).a(RCX).b(crate::state::slot::ZERO).c(c));
    }
    l.emit(Op::new([Jnz16, Jnz32, Jnz64][w]).a(tested).imm(target));
    Ok(())
}
