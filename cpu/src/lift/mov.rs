//! Data movement.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::operand::{Address, LOADS, gpr};
use super::{Lift, LiftResult, Row, Unsupported};
use crate::helper::Helper;
use crate::ir::{Op, OpCode, OpCode::*, TrapCode};
use crate::rows;
use crate::state::slot::{RAX, RBX, RDX};

/// The table.
pub static ROWS: &[Row] = rows![
    mov: Mov, Movnti;
    movzx: Movzx;
    movsx: Movsx, Movsxd;
    lea: Lea;
    xchg: Xchg;
    cmov: Cmovo, Cmovno, Cmovb, Cmovae, Cmove, Cmovne, Cmovbe, Cmova,
        Cmovs, Cmovns, Cmovp, Cmovnp, Cmovl, Cmovge, Cmovle, Cmovg;
    set: Seto, Setno, Setb, Setae, Sete, Setne, Setbe, Seta,
        Sets, Setns, Setp, Setnp, Setl, Setge, Setle, Setg;
    convert: Cbw, Cwde, Cdqe, Cwd, Cdq, Cqo;
    bswap: Bswap;
    movbe: Movbe;
    xlat: Xlatb;
    far_load: Les "i386 only", Lds "i386 only", Lss, Lfs, Lgs;
];

/// Number of a segment register in encoding order.
pub fn segment_number(r: Register) -> Option<i64> {
    Some(match r {
        Register::ES => 0,
        Register::CS => 1,
        Register::SS => 2,
        Register::DS => 3,
        Register::FS => 4,
        Register::GS => 5,
        _ => return None,
    })
}

/// The condition code of a Jcc, SETcc or CMOVcc in encoding order.
pub fn condition(i: &Instruction) -> u8 {
    (i.condition_code() as u8).saturating_sub(1)
}

/// The last operation of what loads a segment register: the run loop must see that it may
/// be null now. SS cannot be, and 64-bit code does not mind.
pub(super) fn settle_segment(l: &mut Lift, i: &Instruction, segment: i64) {
    const SS: i64 = 2;
    if !l.long() && segment != SS {
        l.trap(TrapCode::Resume, i.next_ip());
    }
}

fn mov(l: &mut Lift, i: &Instruction) -> LiftResult {
    if i.op_kind(0) == OpKind::Register && i.op_kind(1) == OpKind::Register {
        return mov_registers(l, i);
    }
    if i.op_kind(0) == OpKind::Register {
        let r = i.op0_register();
        if let Some(segment) = segment_number(r) {
            let value = l.read(i, 1, 1)?;
            l.emit(Lift::helper(Helper::LoadSegment).a(value).imm(segment));
            settle_segment(l, i, segment);
            return Ok(());
        }
        let w = l.width(i, 0)?;
        let d = l.destination(r)?;
        if l.is_immediate(i, 1) {
            let value = l.immediate(i, 1, w);
            let value = if w == 2 { i64::from(value as u32) } else { value };
            l.emit(Op::new(MovI).d(d).imm(value));
        } else {
            let address = l.memory(i)?;
            l.emit(address.op(LOADS[w as usize], d));
        }
        return l.settle(r, d);
    }
    if let Some(segment) = segment_number(i.op1_register())
        && i.op_kind(1) == OpKind::Register
    {
        let t = l.temp();
        l.emit(Lift::helper(Helper::ReadSegment).d(t).imm(segment));
        return l.write(i, 0, 1, t);
    }
    let w = l.width(i, 0)?;
    let value = l.read(i, 1, w)?;
    l.write(i, 0, w, value)
}

fn mov_registers(l: &mut Lift, i: &Instruction) -> LiftResult {
    let (to, from) = (i.op0_register(), i.op1_register());
    if to.is_cr() || from.is_cr() || to.is_dr() || from.is_dr() || to.is_tr() || from.is_tr() {
        l.trap(TrapCode::GeneralProtection, i.ip());
        return Ok(());
    }
    if let Some(segment) = segment_number(to) {
        if segment == 1 {
            return Err(Unsupported);
        }
        let value = l.read_register(from)?;
        l.emit(Lift::helper(Helper::LoadSegment).a(value).imm(segment));
        settle_segment(l, i, segment);
        return Ok(());
    }
    let value = if let Some(segment) = segment_number(from) {
        let t = l.temp();
        l.emit(Lift::helper(Helper::ReadSegment).d(t).imm(segment));
        t
    } else {
        l.read_register(from)?
    };
    l.write_register(to, value)
}

fn movzx(l: &mut Lift, i: &Instruction) -> LiftResult {
    let from = l.width(i, 1)?;
    let r = i.op0_register();
    if l.is_memory(i, 1) {
        let d = l.destination(r)?;
        let address = l.memory(i)?;
        l.emit(address.op(LOADS[from as usize], d));
        return l.settle(r, d);
    }
    let value = l.read(i, 1, from)?;
    let d = l.destination(r)?;
    l.op3([Zx8, Zx16, Mov32, Mov64][from as usize], d, value, 0);
    l.settle(r, d)
}

/// Sign-extending loads: from width, then to 32 or 64 bits.
const SIGNED_LOADS: [[[OpCode; 4]; 2]; 3] = [
    [[LdS8To32, LdS8To32X, LdS8To32W, LdS8To32XW], [LdS8To64, LdS8To64X, LdS8To64W, LdS8To64XW]],
    [[LdS16To32, LdS16To32X, LdS16To32W, LdS16To32XW], [LdS16To64, LdS16To64X, LdS16To64W, LdS16To64XW]],
    [[Ld32, Ld32X, Ld32W, Ld32XW], [LdS32To64, LdS32To64X, LdS32To64W, LdS32To64XW]],
];

fn movsx(l: &mut Lift, i: &Instruction) -> LiftResult {
    // MOVSXD reads 32 bits even where a 16-bit operand size makes it a plain move.
    let from = if i.mnemonic() == Mnemonic::Movsxd { 2 } else { l.width(i, 1)? as usize };
    let r = i.op0_register();
    let wide = usize::from(r.size() == 8);
    if from > 2 {
        return Err(Unsupported);
    }
    if l.is_memory(i, 1) {
        let d = l.destination(r)?;
        let address = l.memory(i)?;
        l.emit(address.op(SIGNED_LOADS[from][wide], d));
        return l.settle(r, d);
    }
    let value = l.read(i, 1, from as u8)?;
    let d = l.destination(r)?;
    let code = [[Sx8To32, Sx8To64], [Sx16To32, Sx16To64], [Mov32, Sx32To64]][from][wide];
    l.op3(code, d, value, 0);
    l.settle(r, d)
}

fn lea(l: &mut Lift, i: &Instruction) -> LiftResult {
    let r = i.op0_register();
    let address = l.address_of(i, false)?;
    let d = l.destination(r)?;
    let code = if r.size() == 8 { Lea64 } else { Lea32 };
    l.lea_into(address, code, d);
    l.settle(r, d)
}

fn xchg(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    // Memory may be either operand.
    let (memory, register) = if l.is_memory(i, 1) { (1, 0) } else { (0, 1) };
    let r = i.op_register(register);
    if l.is_memory(i, memory) {
        let at = l.linear(i)?;
        let value = l.read_register(r)?;
        let old = l.temp();
        let e = crate::ir::AtomicOp::Xchg as u16;
        l.emit(Op::new(Atomic).d(old).a(at).b(value).c(w).e(e));
        return l.write_register(r, old);
    }
    let (first, second) = (i.op0_register(), i.op1_register());
    let a = l.read_zx(i, 0, w)?;
    let b = l.read_register(second)?;
    l.write_register(first, b)?;
    l.write_register(second, a)
}

fn cmov(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let r = i.op0_register();
    let new = l.read(i, 1, w)?;
    let old = l.read_register(r)?;
    let d = l.destination(r)?;
    let code = if w == 3 { Cmov64 } else { Cmov32 };
    l.emit(Op::new(code).d(d).a(new).b(old).c(condition(i)));
    l.settle(r, d)
}

fn set(l: &mut Lift, i: &Instruction) -> LiftResult {
    let t = l.temp();
    l.emit(Op::new(Setcc).d(t).c(condition(i)));
    l.write(i, 0, 0, t)
}

fn convert(l: &mut Lift, i: &Instruction) -> LiftResult {
    let t = l.temp();
    match i.mnemonic() {
        Mnemonic::Cbw => {
            l.op3(Sx8To32, t, RAX, 0);
            l.op3(Ins16, RAX, t, 0);
        }
        Mnemonic::Cwde => l.op3(Sx16To32, RAX, RAX, 0),
        Mnemonic::Cdqe => l.op3(Sx32To64, RAX, RAX, 0),
        Mnemonic::Cwd => {
            l.op3(Sx16To32, t, RAX, 0);
            l.opi(SarI32, t, t, 31);
            l.op3(Ins16, RDX, t, 0);
        }
        Mnemonic::Cdq => l.opi(SarI32, RDX, RAX, 31),
        _ => l.opi(SarI64, RDX, RAX, 63),
    }
    Ok(())
}

fn bswap(l: &mut Lift, i: &Instruction) -> LiftResult {
    let (r, _) = gpr(i.op0_register())?;
    match i.op0_register().size() {
        8 => l.op3(Bswap64, r, r, 0),
        4 => l.op3(Bswap32, r, r, 0),
        // Undefined by the manual; processors clear the word.
        _ => {
            let zero = l.constant(0);
            l.op3(Ins16, r, zero, 0);
        }
    }
    Ok(())
}

fn movbe(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let value = l.read(i, 1, w)?;
    let t = l.temp();
    match w {
        3 => l.op3(Bswap64, t, value, 0),
        _ => l.op3(Bswap32, t, value, 0),
    }
    if w == 1 {
        l.opi(ShrI32, t, t, 16);
    }
    l.write(i, 0, w, t)
}

fn xlat(l: &mut Lift, i: &Instruction) -> LiftResult {
    // iced names the base register; the index is AL, zero-extended.
    let al = l.temp();
    l.op3(Zx8, al, RAX, 0);
    let at = l.temp();
    let wide = i.memory_base() == Register::RBX;
    l.op3(if wide { Add64 } else { Add32 }, at, RBX, al);
    if i.memory_base() == Register::BX {
        l.opi(AndI32, at, at, 0xffff);
    }
    let segment = match i.memory_segment() {
        Register::FS => Some((crate::state::slot::FS_BASE, 0)),
        Register::GS => Some((crate::state::slot::GS_BASE, 0)),
        _ => None,
    };
    let address = Address { base: at, index: segment, disp: 0, wrap: !l.long() };
    let t = l.temp();
    l.emit(address.op(LOADS[0], t));
    l.op3(Ins8, RAX, t, 0);
    Ok(())
}

fn far_load(l: &mut Lift, i: &Instruction) -> LiftResult {
    let r = i.op0_register();
    let w = super::operand::log2(r.size())?;
    let at = l.linear(i)?;
    let offset = l.temp();
    l.emit(Address::of(at).op(LOADS[w as usize], offset));
    let selector = l.temp();
    let after = Address { base: at, index: None, disp: 1 << w, wrap: !l.long() };
    l.emit(after.op(LOADS[1], selector));
    let segment = match i.mnemonic() {
        Mnemonic::Les => 0,
        Mnemonic::Lss => 2,
        Mnemonic::Lds => 3,
        Mnemonic::Lfs => 4,
        _ => 5,
    };
    l.emit(Lift::helper(Helper::LoadSegment).a(selector).imm(segment));
    l.write_register(r, offset)?;
    settle_segment(l, i, segment);
    Ok(())
}
