//! System calls, flags as data, hints, and what user code may not do.

use iced_x86::{Instruction, Mnemonic};

use super::{Lift, LiftResult, Row, Unsupported};
use crate::flags::cc;
use crate::helper::Helper;
use crate::ir::{Op, OpCode::*, TrapCode};
use crate::rows;
use crate::state::slot::{self, R11, RAX, RCX};

/// The table.
pub static ROWS: &[Row] = rows![
    syscall: Syscall "64-bit only";
    sysenter: Sysenter "i386 only";
    interrupt: Int "0x80 and 3, else #GP", Int3, Int1;
    into: Into;
    bound: Bound;
    flags: Clc, Stc, Cmc, Cld, Std, Lahf, Sahf, Salc;
    cpuid: Cpuid;
    rdtsc: Rdtsc, Rdtscp;
    xsave: Xgetbv "XCR0 = 3", Xsave, Xsave64, Xrstor, Xrstor64;
    nop: Nop, Pause, Endbr32, Endbr64;
    prefetch: Prefetch, Prefetchw, Prefetchnta, Prefetcht0, Prefetcht1, Prefetcht2, Prefetchwt1;
    nop: Lfence, Sfence, Reservednop,
        Rdsspd "no shadow stacks", Rdsspq "no shadow stacks";
    fence: Mfence;
    flush: Clflush, Clflushopt, Clwb;
    undefined: Ud0, Ud1, Ud2;
    privileged: Hlt "#GP", Cli "#GP", Sti "#GP", In "#GP", Out "#GP", Lgdt "#GP", Lidt "#GP",
        Lldt "#GP", Ltr "#GP", Lmsw "#GP", Clts "#GP", Invd "#GP", Wbinvd "#GP", Invlpg "#GP",
        Rdmsr "#GP", Wrmsr "#GP", Rdpmc "#GP", Swapgs "#GP", Sysret "#GP", Sysretq "#GP",
        Sysexit "#GP", Sysexitq "#GP", Xsetbv "#GP";
];

fn syscall(l: &mut Lift, i: &Instruction) -> LiftResult {
    if !l.long() {
        return Err(Unsupported);
    }
    l.emit(Op::new(MovI).d(RCX).imm(i.next_ip() as i64));
    l.emit(Op::new(GetFlags).d(R11));
    l.trap(TrapCode::Syscall, i.next_ip());
    Ok(())
}

fn sysenter(l: &mut Lift, i: &Instruction) -> LiftResult {
    if l.long() {
        return Err(Unsupported);
    }
    l.trap(TrapCode::Sysenter, i.next_ip());
    Ok(())
}

fn interrupt(l: &mut Lift, i: &Instruction) -> LiftResult {
    match (i.mnemonic(), i.immediate8()) {
        (Mnemonic::Int1, _) => l.trap(TrapCode::Debug, i.next_ip()),
        (Mnemonic::Int3, _) | (_, 3) => l.trap(TrapCode::Breakpoint, i.next_ip()),
        (_, 0x80) => l.trap(TrapCode::Int80, i.next_ip()),
        _ => l.trap(TrapCode::GeneralProtection, i.ip()),
    }
    Ok(())
}

fn into(l: &mut Lift, i: &Instruction) -> LiftResult {
    l.emit(Op::new(Jcc).c(cc::O + 1).imm(i.next_ip() as i64));
    l.trap(TrapCode::Overflow, i.next_ip());
    Ok(())
}

fn bound(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = super::operand::log2(i.op0_register().size())?;
    let a = l.read_register(i.op0_register())?;
    let b = l.linear(i)?;
    l.emit(Lift::helper(Helper::Bound).a(a).b(b).c(w));
    Ok(())
}

fn flags(l: &mut Lift, i: &Instruction) -> LiftResult {
    let t = l.temp();
    match i.mnemonic() {
        Mnemonic::Clc => l.emit(Op::new(SetCarry).imm(0)),
        Mnemonic::Stc => l.emit(Op::new(SetCarry).imm(1)),
        Mnemonic::Cmc => l.emit(Op::new(SetCarry).imm(2)),
        Mnemonic::Cld => l.emit(Op::new(SetDf).imm(0)),
        Mnemonic::Std => l.emit(Op::new(SetDf).imm(1)),
        Mnemonic::Lahf => {
            l.emit(Op::new(GetFlags).d(t));
            l.op3(Ins8h, RAX, t, 0);
        }
        Mnemonic::Sahf => {
            l.op3(Zx8h, t, RAX, 0);
            l.emit(Op::new(SetFlags8).a(t));
        }
        _ => {
            // SALC: AL = CF ? 0xff : 0.
            l.emit(Op::new(Setcc).d(t).c(cc::B));
            l.op3(Sub32, t, slot::ZERO, t);
            l.op3(Ins8, RAX, t, 0);
        }
    }
    Ok(())
}

fn cpuid(l: &mut Lift, _: &Instruction) -> LiftResult {
    l.emit(Lift::helper(Helper::Cpuid));
    Ok(())
}

fn rdtsc(l: &mut Lift, i: &Instruction) -> LiftResult {
    l.emit(Lift::helper(Helper::Rdtsc).imm(i64::from(i.mnemonic() == Mnemonic::Rdtscp)));
    Ok(())
}

fn xsave(l: &mut Lift, i: &Instruction) -> LiftResult {
    let helper = match i.mnemonic() {
        Mnemonic::Xgetbv => {
            l.emit(Lift::helper(Helper::Xgetbv));
            return Ok(());
        }
        Mnemonic::Xsave | Mnemonic::Xsave64 => Helper::Xsave,
        _ => Helper::Xrstor,
    };
    l.settle_pointers();
    let at = l.linear(i)?;
    let wide = matches!(i.mnemonic(), Mnemonic::Xsave64 | Mnemonic::Xrstor64);
    l.emit(Lift::helper(helper).a(at).c(u8::from(wide)));
    Ok(())
}

fn nop(l: &mut Lift, _: &Instruction) -> LiftResult {
    // One operation, so that every instruction has an index of its own.
    l.emit(Op::new(Nop));
    Ok(())
}

/// Never faults.
fn prefetch(l: &mut Lift, i: &Instruction) -> LiftResult {
    let address = l.memory(i)?;
    let (b, c) = address.index.unwrap_or((slot::ZERO, 0));
    l.emit(Op::new(Prefetch).a(address.base).b(b).c(c).imm(address.disp));
    Ok(())
}

/// Flushing a line faults like a byte read.
fn flush(l: &mut Lift, i: &Instruction) -> LiftResult {
    let address = l.memory(i)?;
    l.emit(address.op(super::operand::LOADS[0], slot::SINK));
    Ok(())
}

fn fence(l: &mut Lift, _: &Instruction) -> LiftResult {
    l.emit(Lift::helper(Helper::Fence));
    Ok(())
}

fn undefined(_: &mut Lift, _: &Instruction) -> LiftResult {
    Err(Unsupported)
}

fn privileged(l: &mut Lift, i: &Instruction) -> LiftResult {
    l.trap(TrapCode::GeneralProtection, i.ip());
    Ok(())
}
