//! What a vector operation reads and writes, for liveness.

use tawaki_cpu::ir::{Op, VecOp};

use super::is_native;

/// Sets of vectors (by number) and slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Vectors whose old value matters.
    pub vectors_read: u32,
    /// Vectors overwritten whole.
    pub vectors_written: u32,
    /// Slots read.
    pub slots_read: u128,
    /// Slots written.
    pub slots_written: u128,
    /// Overwrites all status flags.
    pub flags_written: bool,
    /// Can leave the region before it changes anything.
    pub faults: bool,
}

/// The effects of an operation that [`super::emit`] knows; `None` for any other.
pub fn effects(op: &Op) -> Option<Effects> {
    use VecOp::*;
    let code = VecOp::from_e(op.e);
    if !is_native(code) {
        return None;
    }
    let vector = |n: u8| 1u32 << (n & 31);
    let slot = |n: u8| 1u128 << (n & 127);
    let (d, a, b) = (vector(op.d), vector(op.a), vector(op.b));
    let none = Effects::default();
    let unary = |from| Effects { vectors_read: from, vectors_written: d, ..none };
    Some(match code {
        Load32 | Load64 | Load128 | Load128A => {
            Effects { vectors_written: d, slots_read: slot(op.a) | slot(op.b), faults: true, ..none }
        }
        Store32 | Store64 | Store128 | Store128A | StoreHigh64 => {
            Effects { vectors_read: d, slots_read: slot(op.a) | slot(op.b), faults: true, ..none }
        }
        FromGpr32 | FromGpr64 => Effects { vectors_written: d, slots_read: slot(op.a), ..none },
        ToGpr32 | ToGpr64 | PmovmskbGpr | Cvtss2si32 | Cvtss2si64 | Cvttss2si32 | Cvttss2si64
        | Cvtsd2si32 | Cvtsd2si64 | Cvttsd2si32 | Cvttsd2si64 => {
            Effects { vectors_read: a, slots_written: slot(op.d), ..none }
        }
        Cvtsi2ss32 | Cvtsi2ss64 | Cvtsi2sd32 | Cvtsi2sd64 => {
            Effects { vectors_read: a, vectors_written: d, slots_read: slot(op.b), ..none }
        }
        Ptest | Comiss | Comisd | Ucomiss | Ucomisd => {
            Effects { vectors_read: a | b, flags_written: true, ..none }
        }
        Pblendvb | Blendvps | Blendvpd => unary(a | b | vector(op.c)),
        // Of the second operand alone.
        Pabsb | Pabsw | Pabsd | Pmovsxbw | Pmovsxbd | Pmovsxbq | Pmovsxwd | Pmovsxwq | Pmovsxdq
        | Pmovzxbw | Pmovzxbd | Pmovzxbq | Pmovzxwd | Pmovzxwq | Pmovzxdq | Pmovmskb | Movmskps
        | Movmskpd | Pshufd | Pshuflw | Pshufhw | Movddup | Movshdup | Movsldup | Mov | Movq | Movd
        | Pextrb | Pextrw | MmxPextrw | Pextrd | Pextrq | Sqrtps | Sqrtpd | Roundps | Roundpd | Cvtdq2ps
        | Cvtdq2pd | Cvtps2dq | Cvttps2dq | Cvtpd2dq | Cvttpd2dq | Cvtps2pi | Cvttps2pi | Cvtps2pd
        | Cvtpd2ps => unary(b),
        PsllwI | PslldI | PsllqI | PsrlwI | PsrldI | PsrlqI | PsrawI | PsradI | Pslldq | Psrldq => unary(a),
        // The idioms for zero and all ones.
        Pxor | Psubb | Psubw | Psubd | Psubq | Pandn | Pcmpgtb | Pcmpgtw | Pcmpgtd | Pcmpgtq | Pcmpeqb
        | Pcmpeqw | Pcmpeqd | Pcmpeqq
            if op.a == op.b =>
        {
            unary(0)
        }
        _ => unary(a | b),
    })
}
