//! Far branches, IRET, and the instructions that ask about selectors.

use iced_x86::{Code, Instruction, Mnemonic, OpKind};

use super::operand::{Address, LOADS, STORES, gpr};
use super::{Lift, LiftResult, Row, Unsupported};
use crate::helper::Helper;
use crate::ir::{Op, OpCode::*, TrapCode};
use crate::rows;
use crate::state::Slot;

/// The table.
pub static ROWS: &[Row] = rows![
    back: Retf;
    interrupt_return: Iret, Iretd, Iretq;
    query: Lar, Lsl, Verr, Verw;
    adjust: Arpl;
    dummy: Smsw "a constant (UMIP)", Sldt "a constant (UMIP)", Str "a constant (UMIP)";
    table: Sgdt "a constant (UMIP)", Sidt "a constant (UMIP)";
];

/// Offset and selector of a far pointer, and log2 of the operand size.
fn pointer(l: &mut Lift, i: &Instruction) -> Result<(Slot, Slot, u8), Unsupported> {
    let (offset, selector, w) = match i.op_kind(0) {
        OpKind::FarBranch16 => (i.far_branch16().into(), i.far_branch_selector(), 1),
        OpKind::FarBranch32 => (i.far_branch32().into(), i.far_branch_selector(), 2),
        OpKind::Memory => {
            let w = match i.memory_size().size() {
                4 => 1,
                6 => 2,
                10 => 3,
                _ => return Err(Unsupported),
            };
            let at = l.linear(i)?;
            let (offset, selector) = (l.temp(), l.temp());
            l.emit(Address::of(at).op(LOADS[usize::from(w)], offset));
            let after = Address { base: at, index: None, disp: 1 << w, wrap: !l.long() };
            l.emit(after.op(LOADS[1], selector));
            return Ok((offset, selector, w));
        }
        _ => return Err(Unsupported),
    };
    Ok((l.constant(offset), l.constant(selector.into()), w))
}

/// Far JMP.
pub(super) fn jump(l: &mut Lift, i: &Instruction) -> LiftResult {
    let (offset, selector, _) = pointer(l, i)?;
    let t = l.temp();
    l.emit(Lift::helper(Helper::FarJump).d(t).a(offset).b(selector));
    l.emit(Lift::helper(Helper::FarEnter).b(selector));
    leave(l, t);
    Ok(())
}

/// Goes to the address in a slot, where the code may be of the other word size.
fn leave(l: &mut Lift, to: Slot) {
    l.emit(Op::new(Trap).e(TrapCode::ResumeAt as u16).a(to));
}

/// Far CALL.
pub(super) fn call(l: &mut Lift, i: &Instruction) -> LiftResult {
    let (offset, selector, w) = pointer(l, i)?;
    let t = l.temp();
    l.emit(Lift::helper(Helper::FarJump).d(t).a(offset).b(selector));
    l.emit(Lift::helper(Helper::FarPush).c(w).imm(i.next_ip() as i64));
    l.emit(Lift::helper(Helper::FarEnter).b(selector));
    leave(l, t);
    Ok(())
}

fn back(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = match i.code() {
        Code::Retfw | Code::Retfw_imm16 => 1,
        Code::Retfd | Code::Retfd_imm16 => 2,
        _ => 3,
    };
    let extra = if i.op_count() > 0 { i.immediate16() } else { 0 };
    let t = l.temp();
    l.emit(Lift::helper(Helper::FarReturn).d(t).c(w).imm(extra.into()));
    leave(l, t);
    Ok(())
}

fn interrupt_return(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = match i.mnemonic() {
        Mnemonic::Iret => 1,
        Mnemonic::Iretd => 2,
        _ => 3,
    };
    let t = l.temp();
    l.emit(Lift::helper(Helper::InterruptReturn).d(t).c(w));
    leave(l, t);
    Ok(())
}

fn query(l: &mut Lift, i: &Instruction) -> LiftResult {
    let (which, source) = match i.mnemonic() {
        Mnemonic::Lar => (0, 1),
        Mnemonic::Lsl => (1, 1),
        Mnemonic::Verr => (2, 0),
        _ => (3, 0),
    };
    let a = l.read(i, source, 1)?;
    let op = Lift::helper(Helper::Selector).a(a).imm(which);
    l.emit(if source == 1 {
        let r = i.op0_register();
        op.d(gpr(r)?.0).c(if r.size() == 2 { 1 } else { 2 })
    } else {
        op.d(crate::state::slot::SINK)
    });
    Ok(())
}

fn adjust(l: &mut Lift, i: &Instruction) -> LiftResult {
    let b = l.read_register(i.op1_register())?;
    let memory = l.is_memory(i, 0);
    let a = if memory { l.linear(i)? } else { gpr(i.op0_register())?.0 };
    l.emit(Lift::helper(Helper::Arpl).a(a).b(b).c(u8::from(memory)));
    Ok(())
}

/// What Linux gives user code instead of the system's registers (`arch/x86/kernel/umip.c`).
fn dummy(l: &mut Lift, i: &Instruction) -> LiftResult {
    const CR0: i64 = 0x8005_0033;
    const TASK: i64 = 0x40;
    let value = match i.mnemonic() {
        Mnemonic::Smsw => CR0,
        Mnemonic::Str => TASK,
        _ => 0,
    };
    let t = l.constant(value);
    if l.is_memory(i, 0) {
        return l.write(i, 0, 1, t);
    }
    l.write_register(i.op0_register(), t)
}

/// SGDT and SIDT: limit 0 and an address of the kernel's half.
fn table(l: &mut Lift, i: &Instruction) -> LiftResult {
    let base = if i.mnemonic() == Mnemonic::Sgdt { 0xfffe_0000u32 } else { 0xffff_0000 };
    let at = l.linear(i)?;
    let w = if l.long() { 3 } else { 2 };
    let after = l.temp();
    l.opi(if l.long() { AddI64 } else { AddI32 }, after, at, 2);
    let (value, limit) = (l.constant(i64::from(base as i32)), l.constant(0));
    // Both parts are tried before one is written.
    let t = l.temp();
    l.opi(LdRmw16, t, at, 0);
    l.opi(if w == 3 { LdRmw64 } else { LdRmw32 }, t, after, 0);
    l.emit(Address::of(at).op(STORES[1], limit));
    l.emit(Address::of(after).op(STORES[w], value));
    Ok(())
}
