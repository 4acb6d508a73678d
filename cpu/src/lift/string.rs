//! String instructions; dispatched by [`Instruction::is_string_instruction`], since
//! two of their mnemonics are SSE ones too.

use iced_x86::{Code, Instruction, OpKind, Register};

use super::{Lift, LiftResult, Row, Unsupported};
use crate::helper::string::rep;
use crate::ir::{Op, OpCode, StringOp, TrapCode};
use crate::rows;
use crate::state::slot;

/// The table (MOVSD and CMPSD are listed with SSE).
pub static ROWS: &[Row] = rows![
    lift: Movsb, Movsw, Movsq, Stosb, Stosw, Stosd, Stosq, Lodsb, Lodsw, Lodsd, Lodsq,
        Cmpsb, Cmpsw, Cmpsq, Scasb, Scasw, Scasd, Scasq,
        Insb "#GP", Insw "#GP", Insd "#GP", Outsb "#GP", Outsw "#GP", Outsd "#GP";
];

/// Lifts any string instruction.
pub fn lift(l: &mut Lift, i: &Instruction) -> LiftResult {
    use StringOp::*;
    let (op, w) = match i.code() {
        Code::Movsb_m8_m8 => (Movs, 0),
        Code::Movsw_m16_m16 => (Movs, 1),
        Code::Movsd_m32_m32 => (Movs, 2),
        Code::Movsq_m64_m64 => (Movs, 3),
        Code::Stosb_m8_AL => (Stos, 0),
        Code::Stosw_m16_AX => (Stos, 1),
        Code::Stosd_m32_EAX => (Stos, 2),
        Code::Stosq_m64_RAX => (Stos, 3),
        Code::Lodsb_AL_m8 => (Lods, 0),
        Code::Lodsw_AX_m16 => (Lods, 1),
        Code::Lodsd_EAX_m32 => (Lods, 2),
        Code::Lodsq_RAX_m64 => (Lods, 3),
        Code::Cmpsb_m8_m8 => (Cmps, 0),
        Code::Cmpsw_m16_m16 => (Cmps, 1),
        Code::Cmpsd_m32_m32 => (Cmps, 2),
        Code::Cmpsq_m64_m64 => (Cmps, 3),
        Code::Scasb_AL_m8 => (Scas, 0),
        Code::Scasw_AX_m16 => (Scas, 1),
        Code::Scasd_EAX_m32 => (Scas, 2),
        Code::Scasq_RAX_m64 => (Scas, 3),
        // Port input and output.
        _ => {
            l.trap(TrapCode::GeneralProtection, i.ip());
            return Ok(());
        }
    };
    let mask = (0..i.op_count())
        .find_map(|n| match i.op_kind(n) {
            OpKind::MemorySegSI | OpKind::MemorySegDI | OpKind::MemoryESDI => Some(0xffff),
            OpKind::MemorySegESI | OpKind::MemorySegEDI | OpKind::MemoryESEDI => Some(0xffff_ffff_i64),
            OpKind::MemorySegRSI | OpKind::MemorySegRDI | OpKind::MemoryESRDI => Some(-1),
            _ => None,
        })
        .ok_or(Unsupported)?;
    let segment = match i.memory_segment() {
        Register::FS => slot::FS_BASE,
        Register::GS => slot::GS_BASE,
        _ => slot::ZERO,
    };
    let repeat = if i.has_repne_prefix() {
        rep::NE
    } else if i.has_rep_prefix() {
        rep::E
    } else {
        rep::NONE
    };
    l.emit(Op::new(OpCode::String).e(op as u16).a(segment).c(w).d(repeat).imm(mask));
    Ok(())
}
