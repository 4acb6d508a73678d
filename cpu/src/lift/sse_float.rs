//! SSE arithmetic and comparisons: one row per mnemonic.

use iced_x86::{Code, Mnemonic};

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::VecOp;

macro_rules! rows {
    ($($name:ident)*) => {
        /// The rows whose operation is all there is to say.
        pub static ARITHMETIC: &[Row] = &[$(Row { mnemonic: Mnemonic::$name, lift, note: "" },)*];

        fn row(mnemonic: Mnemonic) -> Option<VecOp> {
            Some(match mnemonic {
                $(Mnemonic::$name => VecOp::$name,)*
                _ => return None,
            })
        }
    };
}

rows! {
    Addss Addsd Addps Addpd Subss Subsd Subps Subpd
    Mulss Mulsd Mulps Mulpd Divss Divsd Divps Divpd
    Minss Minsd Minps Minpd Maxss Maxsd Maxps Maxpd
    Sqrtss Sqrtsd Sqrtps Sqrtpd
    Cmpss Cmpps Cmppd
    Roundss Roundsd Roundps Roundpd
    Addsubps Addsubpd Haddps Haddpd Hsubps Hsubpd Dpps Dppd
    Rcpss Rcpps Rsqrtss Rsqrtps
    Cvtss2sd Cvtsd2ss Cvtps2pd Cvtpd2ps Cvtdq2ps Cvtdq2pd
    Cvtps2dq Cvttps2dq Cvtpd2dq Cvttpd2dq
}

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Cmpsd, Comisd, Comiss, Ucomisd, Ucomiss;
];

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    lift_with(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    let mnemonic = l.instruction.mnemonic();
    if let Some(code) = row(mnemonic) {
        l.binary(code, false);
        return true;
    }
    match mnemonic {
        // The string instruction of the same name is not ours.
        Mnemonic::Cmpsd if l.instruction.code() == Code::Cmpsd_xmm_xmmm64_imm8 => {
            l.binary(VecOp::Cmpsd, false);
        }
        Mnemonic::Comiss => flags(l, VecOp::Comiss),
        Mnemonic::Comisd => flags(l, VecOp::Comisd),
        Mnemonic::Ucomiss => flags(l, VecOp::Ucomiss),
        Mnemonic::Ucomisd => flags(l, VecOp::Ucomisd),
        _ => return false,
    }
    true
}

fn flags(l: &mut VectorLift, code: VecOp) {
    let (a, b) = (l.number(0), l.source(1, false));
    l.vector(code, |op| op.a(a).b(b));
}
