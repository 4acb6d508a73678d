//! x87 instructions. The stack is addressed relative to a dynamic TOP by the
//! operations themselves; the ST numbers and selectors here are constants, so a
//! compiler can resolve TOP statically.

use iced_x86::{MemorySize, Mnemonic, OpKind};

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::{Op, OpCode, VecOp};
use crate::state::slot;

/// Selector bits of [`VecOp::FarithSt`].
const TO_STI: u8 = 8;
const POP: u8 = 16;
/// Selector bit of compares: FUCOM.
const UNORDERED: u8 = 4;

/// What an arithmetic mnemonic does.
enum Arithmetic {
    /// FADD...: registers, or a float in memory.
    Float(u8),
    /// FADDP...
    Pop(u8),
    /// FIADD...
    Integer(u8),
}

fn arithmetic(mnemonic: Mnemonic) -> Option<Arithmetic> {
    use Arithmetic::*;
    Some(match mnemonic {
        Mnemonic::Fadd => Float(0),
        Mnemonic::Fmul => Float(1),
        Mnemonic::Fsub => Float(4),
        Mnemonic::Fsubr => Float(5),
        Mnemonic::Fdiv => Float(6),
        Mnemonic::Fdivr => Float(7),
        Mnemonic::Faddp => Pop(0),
        Mnemonic::Fmulp => Pop(1),
        Mnemonic::Fsubp => Pop(4),
        Mnemonic::Fsubrp => Pop(5),
        Mnemonic::Fdivp => Pop(6),
        Mnemonic::Fdivrp => Pop(7),
        Mnemonic::Fiadd => Integer(0),
        Mnemonic::Fimul => Integer(1),
        Mnemonic::Ficom => Integer(2),
        Mnemonic::Ficomp => Integer(3),
        Mnemonic::Fisub => Integer(4),
        Mnemonic::Fisubr => Integer(5),
        Mnemonic::Fidiv => Integer(6),
        Mnemonic::Fidivr => Integer(7),
        _ => return None,
    })
}

/// Instructions without operands: operation and selector.
fn plain(mnemonic: Mnemonic) -> Option<(VecOp, u8)> {
    Some(match mnemonic {
        Mnemonic::Fld1 => (VecOp::Fconst, 0),
        Mnemonic::Fldl2t => (VecOp::Fconst, 1),
        Mnemonic::Fldl2e => (VecOp::Fconst, 2),
        Mnemonic::Fldpi => (VecOp::Fconst, 3),
        Mnemonic::Fldlg2 => (VecOp::Fconst, 4),
        Mnemonic::Fldln2 => (VecOp::Fconst, 5),
        Mnemonic::Fldz => (VecOp::Fconst, 6),
        Mnemonic::Fchs => (VecOp::Fchs, 0),
        Mnemonic::Fabs => (VecOp::Fabs, 0),
        Mnemonic::Ftst => (VecOp::Ftst, 0),
        Mnemonic::Fxam => (VecOp::Fxam, 0),
        Mnemonic::Fsqrt => (VecOp::Fsqrt, 0),
        Mnemonic::Frndint => (VecOp::Frndint, 0),
        Mnemonic::F2xm1 => (VecOp::F2xm1, 0),
        Mnemonic::Fscale => (VecOp::Fscale, 0),
        Mnemonic::Fyl2x => (VecOp::Fyl2x, 0),
        Mnemonic::Fyl2xp1 => (VecOp::Fyl2xp1, 0),
        Mnemonic::Fpatan => (VecOp::Fpatan, 0),
        Mnemonic::Fprem => (VecOp::Fprem, 0),
        Mnemonic::Fprem1 => (VecOp::Fprem, 1),
        Mnemonic::Fsin => (VecOp::Fsin, 0),
        Mnemonic::Fcos => (VecOp::Fsin, 1),
        Mnemonic::Fsincos => (VecOp::Fsincos, 0),
        Mnemonic::Fptan => (VecOp::Fsincos, 1),
        Mnemonic::Fxtract => (VecOp::Fsincos, 2),
        Mnemonic::Fincstp => (VecOp::Fstack, 2),
        Mnemonic::Fdecstp => (VecOp::Fstack, 3),
        Mnemonic::Fnop => (VecOp::Fstack, 4),
        Mnemonic::Fnclex => (VecOp::Fnclex, 0),
        Mnemonic::Fninit => (VecOp::Fninit, 0),
        Mnemonic::Wait => (VecOp::Fwait, 0),
        _ => return None,
    })
}

/// Instructions with only a memory operand: operation and selector.
fn memory(mnemonic: Mnemonic, size: MemorySize) -> Option<(VecOp, u8)> {
    let narrow = u8::from(matches!(size, MemorySize::FpuEnv14 | MemorySize::FpuState94));
    Some(match (mnemonic, size) {
        (Mnemonic::Fld, MemorySize::Float32) => (VecOp::FldM32, 0),
        (Mnemonic::Fld, MemorySize::Float64) => (VecOp::FldM64, 0),
        (Mnemonic::Fld, MemorySize::Float80) => (VecOp::FldM80, 0),
        (Mnemonic::Fild, MemorySize::Int16) => (VecOp::FildM16, 0),
        (Mnemonic::Fild, MemorySize::Int32) => (VecOp::FildM32, 0),
        (Mnemonic::Fild, MemorySize::Int64) => (VecOp::FildM64, 0),
        (Mnemonic::Fbld, _) => (VecOp::Fbld, 0),
        (Mnemonic::Fst, MemorySize::Float32) => (VecOp::FstM32, 0),
        (Mnemonic::Fst, MemorySize::Float64) => (VecOp::FstM64, 0),
        (Mnemonic::Fstp, MemorySize::Float32) => (VecOp::FstM32, 1),
        (Mnemonic::Fstp, MemorySize::Float64) => (VecOp::FstM64, 1),
        (Mnemonic::Fstp, MemorySize::Float80) => (VecOp::FstM80, 1),
        (Mnemonic::Fist, MemorySize::Int16) => (VecOp::FistM16, 0),
        (Mnemonic::Fist, MemorySize::Int32) => (VecOp::FistM32, 0),
        (Mnemonic::Fistp, MemorySize::Int16) => (VecOp::FistM16, 1),
        (Mnemonic::Fistp, MemorySize::Int32) => (VecOp::FistM32, 1),
        (Mnemonic::Fistp, MemorySize::Int64) => (VecOp::FistM64, 1),
        (Mnemonic::Fisttp, MemorySize::Int16) => (VecOp::FisttpM16, 1),
        (Mnemonic::Fisttp, MemorySize::Int32) => (VecOp::FisttpM32, 1),
        (Mnemonic::Fisttp, MemorySize::Int64) => (VecOp::FisttpM64, 1),
        (Mnemonic::Fbstp, _) => (VecOp::Fbstp, 1),
        (Mnemonic::Fldcw, _) => (VecOp::Fldcw, 0),
        (Mnemonic::Fnstcw, _) => (VecOp::Fnstcw, 0),
        (Mnemonic::Fnstsw, _) => (VecOp::Fnstsw, 0),
        (Mnemonic::Fnstenv, _) => (VecOp::Fnstenv, narrow),
        (Mnemonic::Fldenv, _) => (VecOp::Fldenv, narrow),
        (Mnemonic::Fnsave, _) => (VecOp::Fnsave, narrow),
        (Mnemonic::Frstor, _) => (VecOp::Frstor, narrow),
        _ => return None,
    })
}

/// Compares of ST(0) with ST(i): operation and selector.
fn compare(mnemonic: Mnemonic) -> Option<(VecOp, u8)> {
    Some(match mnemonic {
        Mnemonic::Fcom => (VecOp::FcomSt, 0),
        Mnemonic::Fcomp => (VecOp::FcomSt, 1),
        Mnemonic::Fcompp => (VecOp::FcomSt, 2),
        Mnemonic::Fucom => (VecOp::FcomSt, UNORDERED),
        Mnemonic::Fucomp => (VecOp::FcomSt, UNORDERED | 1),
        Mnemonic::Fucompp => (VecOp::FcomSt, UNORDERED | 2),
        Mnemonic::Fcomi => (VecOp::FcomiSt, 0),
        Mnemonic::Fcomip => (VecOp::FcomiSt, 1),
        Mnemonic::Fucomi => (VecOp::FcomiSt, UNORDERED),
        Mnemonic::Fucomip => (VecOp::FcomiSt, UNORDERED | 1),
        _ => return None,
    })
}

/// The condition code of FCMOVcc.
fn condition(mnemonic: Mnemonic) -> Option<u8> {
    Some(match mnemonic {
        Mnemonic::Fcmovb => 2,
        Mnemonic::Fcmovnb => 3,
        Mnemonic::Fcmove => 4,
        Mnemonic::Fcmovne => 5,
        Mnemonic::Fcmovbe => 6,
        Mnemonic::Fcmovnbe => 7,
        Mnemonic::Fcmovu => 10,
        Mnemonic::Fcmovnu => 11,
        _ => return None,
    })
}

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Fadd, Fmul, Fsub, Fsubr, Fdiv, Fdivr, Faddp, Fmulp, Fsubp, Fsubrp, Fdivp, Fdivrp, Fiadd,
        Fimul, Ficom, Ficomp, Fisub, Fisubr, Fidiv, Fidivr, Fld1, Fldl2t, Fldl2e, Fldpi, Fldlg2,
        Fldln2, Fldz, Fchs, Fabs, Ftst, Fxam, Fsqrt, Frndint, F2xm1, Fscale, Fyl2x, Fyl2xp1,
        Fpatan, Fprem, Fprem1, Fsin, Fcos, Fsincos, Fptan, Fxtract, Fincstp, Fdecstp, Fnop,
        Fnclex, Fninit, Wait, Fld, Fild, Fbld, Fst, Fstp, Fist, Fistp, Fisttp, Fbstp, Fldcw,
        Fnstcw, Fnstsw, Fnstenv, Fldenv, Fnsave, Frstor, Fcom, Fcomp, Fcompp, Fucom, Fucomp,
        Fucompp, Fcomi, Fcomip, Fucomi, Fucomip, Fcmovb, Fcmovnb, Fcmove, Fcmovne, Fcmovbe,
        Fcmovnbe, Fcmovu, Fcmovnu, Fxch, Ffree, Ffreep,
        Fstpnce "FSTP of an empty register only pops";
    nothing: Fneni "nothing", Fndisi "nothing", Fnsetpm "nothing";
];

/// What the 8087 and the 80287 had, and no processor since.
fn nothing(_: &mut Lift, _: &iced_x86::Instruction) -> LiftResult {
    Ok(())
}

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    use Mnemonic::*;
    if matches!(instruction.mnemonic(), Fnstenv | Fldenv | Fnsave | Frstor | Fninit) {
        l.settle_pointers();
    }
    lift_with(l, instruction, family)?;
    let control = matches!(
        instruction.mnemonic(),
        Fnstenv | Fldenv | Fnsave | Frstor | Fninit | Fnclex | Fldcw | Fnstcw | Fnstsw | Wait
    );
    if !control {
        l.note_pointers(instruction, instruction.op_kinds().any(|kind| kind == OpKind::Memory));
    }
    Ok(())
}

fn family(l: &mut VectorLift) -> bool {
    let mnemonic = l.instruction.mnemonic();
    if let Some((code, d)) = plain(mnemonic) {
        l.vector(code, |op| op.d(d));
        return true;
    }
    if let Some(kind) = arithmetic(mnemonic) {
        lift_arithmetic(l, kind);
        return true;
    }
    if l.is_memory(0)
        && let Some((code, d)) = memory(mnemonic, l.instruction.memory_size())
    {
        l.access(code, d);
        return true;
    }
    if let Some((code, d)) = compare(mnemonic) {
        if l.is_memory(0) {
            let kind = 2 + (d & 1);
            let double = l.memory_is(MemorySize::Float64);
            l.access(if double { VecOp::FarithM64 } else { VecOp::FarithM32 }, kind);
        } else {
            let c = other_register(l);
            l.vector(code, |op| op.d(d).c(c));
        }
        return true;
    }
    if let Some(cc) = condition(mnemonic) {
        let (t, c) = (l.slot(), l.number(1));
        l.emit(Op::new(OpCode::Setcc).d(t).c(cc));
        l.vector(VecOp::Fcmov, |op| op.a(t).c(c));
        return true;
    }
    match mnemonic {
        Mnemonic::Fld => {
            let c = other_register(l);
            l.vector(VecOp::FldSt, |op| op.c(c));
        }
        Mnemonic::Fst | Mnemonic::Fstp => {
            let (c, d) = (l.number(0), u8::from(mnemonic == Mnemonic::Fstp));
            l.vector(VecOp::FstSt, |op| op.d(d).c(c));
        }
        Mnemonic::Fstpnce => {
            let c = l.number(0);
            l.vector(VecOp::Fstack, |op| op.d(5).c(c));
        }
        Mnemonic::Fxch => {
            let c = other_register(l);
            l.vector(VecOp::Fxch, |op| op.c(c));
        }
        Mnemonic::Ffree | Mnemonic::Ffreep => {
            let (c, d) = (l.number(0), u8::from(mnemonic == Mnemonic::Ffreep));
            l.vector(VecOp::Fstack, |op| op.d(d).c(c));
        }
        Mnemonic::Fnstsw => {
            let t = l.slot();
            l.vector(VecOp::FnstswAx, |op| op.d(t));
            l.emit(Op::new(OpCode::Ins16).d(slot::RAX).a(t));
        }
        _ => return false,
    }
    true
}

/// ST(i) of an instruction written `ST(0), ST(i)`, or ST(1) when it names none.
fn other_register(l: &VectorLift) -> u8 {
    match l.instruction.op_count() {
        0 => 1,
        count => l.number(count - 1),
    }
}

fn lift_arithmetic(l: &mut VectorLift, kind: Arithmetic) {
    match kind {
        Arithmetic::Integer(kind) => {
            let word = l.memory_is(MemorySize::Int16);
            l.access(if word { VecOp::FarithI16 } else { VecOp::FarithI32 }, kind);
        }
        Arithmetic::Float(kind) if l.is_memory(0) => {
            let double = l.memory_is(MemorySize::Float64);
            l.access(if double { VecOp::FarithM64 } else { VecOp::FarithM32 }, kind);
        }
        Arithmetic::Float(kind) => {
            let (first, second) = (l.number(0), l.number(1));
            let (c, d) = if first == 0 { (second, kind) } else { (first, kind | TO_STI) };
            l.vector(VecOp::FarithSt, |op| op.d(d).c(c));
        }
        Arithmetic::Pop(kind) => {
            let c = l.number(0);
            l.vector(VecOp::FarithSt, |op| op.d(kind | TO_STI | POP).c(c));
        }
    }
}
