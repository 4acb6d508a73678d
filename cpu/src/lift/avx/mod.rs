//! AVX, AVX2, FMA and F16C: VEX instructions on 128 and 256 bits.
//!
//! A YMM register is two vectors, its halves ([`UPPER`]), and an instruction on 256 bits
//! two operations, the upper half first: a shift's count may lie in the low half of the
//! destination. Three rules tell these from the SSE forms: the destination is an operand
//! of its own, memory may lie at any address, and a result of 128 bits clears what is
//! above it.
//!
//! They raise #UD unless [`crate::level`] says that the processor has them.

mod convert;
mod fused;
mod moves;
mod permute;
mod special;

use iced_x86::{Instruction, Mnemonic, OpKind};

pub use convert::ROWS as CONVERSIONS;
pub use fused::ROWS as FMA;
pub use moves::ROWS as MOVES;
pub use permute::ROWS as PERMUTATIONS;
pub use special::ROWS as SPECIAL;

use super::sse_int::immediate_shift;
use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row, Unsupported};
use crate::ir::VecOp;
use crate::ir::vector::UPPER;
use crate::level::{Level, level};

macro_rules! rows {
    ($rows:ident $row:ident $lift:ident; $($name:ident $code:ident;)*) => {
        /// Instructions that do the same to each half.
        pub static $rows: &[Row] = &[$(Row { mnemonic: Mnemonic::$name, lift: $lift, note: "" },)*];

        fn $row(mnemonic: Mnemonic) -> Option<VecOp> {
            Some(match mnemonic {
                $(Mnemonic::$name => VecOp::$code,)*
                _ => return None,
            })
        }
    };
}

rows! {
    LANES lane_row lift_lanes;
    Vpand Pand; Vpandn Pandn; Vpor Por; Vpxor Pxor; Vpaddb Paddb; Vpaddw Paddw; Vpaddd Paddd;
    Vpaddq Paddq; Vpsubb Psubb; Vpsubw Psubw; Vpsubd Psubd; Vpsubq Psubq; Vpaddsb Paddsb; Vpaddsw Paddsw;
    Vpaddusb Paddusb; Vpaddusw Paddusw; Vpsubsb Psubsb; Vpsubsw Psubsw; Vpsubusb Psubusb;
    Vpsubusw Psubusw; Vpmullw Pmullw; Vpmulld Pmulld; Vpmulhw Pmulhw; Vpmulhuw Pmulhuw;
    Vpmulhrsw Pmulhrsw; Vpmuludq Pmuludq; Vpmuldq Pmuldq; Vpmaddwd Pmaddwd; Vpmaddubsw Pmaddubsw;
    Vpsadbw Psadbw; Vpavgb Pavgb; Vpavgw Pavgw; Vpminub Pminub; Vpmaxub Pmaxub; Vpminsb Pminsb;
    Vpmaxsb Pmaxsb; Vpminuw Pminuw; Vpmaxuw Pmaxuw; Vpminsw Pminsw; Vpmaxsw Pmaxsw; Vpminud Pminud;
    Vpmaxud Pmaxud; Vpminsd Pminsd; Vpmaxsd Pmaxsd; Vphminposuw Phminposuw; Vpcmpeqb Pcmpeqb;
    Vpcmpeqw Pcmpeqw; Vpcmpeqd Pcmpeqd; Vpcmpeqq Pcmpeqq; Vpcmpgtb Pcmpgtb; Vpcmpgtw Pcmpgtw;
    Vpcmpgtd Pcmpgtd; Vpcmpgtq Pcmpgtq; Vpsllw Psllw; Vpslld Pslld; Vpsllq Psllq; Vpsrlw Psrlw;
    Vpsrld Psrld; Vpsrlq Psrlq; Vpsraw Psraw; Vpsrad Psrad; Vpslldq Pslldq; Vpsrldq Psrldq; Vpabsb Pabsb;
    Vpabsw Pabsw; Vpabsd Pabsd; Vpsignb Psignb; Vpsignw Psignw; Vpsignd Psignd; Vphaddw Phaddw;
    Vphaddsw Phaddsw; Vphsubw Phsubw; Vphsubsw Phsubsw; Vphaddd Phaddd; Vphsubd Phsubd; Vmpsadbw Mpsadbw;
    Vpacksswb Packsswb; Vpackuswb Packuswb; Vpackssdw Packssdw; Vpackusdw Packusdw; Vpunpcklbw Punpcklbw;
    Vpunpcklwd Punpcklwd; Vpunpckldq Punpckldq; Vpunpcklqdq Punpcklqdq; Vpunpckhbw Punpckhbw;
    Vpunpckhwd Punpckhwd; Vpunpckhdq Punpckhdq; Vpunpckhqdq Punpckhqdq; Vpshufd Pshufd; Vpshuflw Pshuflw;
    Vpshufhw Pshufhw; Vshufps Shufps; Vshufpd Shufpd; Vpshufb Pshufb; Vpalignr Palignr; Vpblendw Pblendw;
    Vblendps Blendps; Vblendpd Blendpd; Vinsertps Insertps; Vaesenc Aesenc; Vaesenclast Aesenclast;
    Vaesdec Aesdec; Vaesdeclast Aesdeclast; Vaesimc Aesimc; Vaeskeygenassist Aeskeygenassist;
    Vpclmulqdq Pclmulqdq; Vmovddup Movddup; Vmovshdup Movshdup; Vmovsldup Movsldup; Vmovhlps Movhlps;
    Vmovlhps Movlhps; Vandps Pand; Vandpd Pand; Vandnps Pandn; Vandnpd Pandn; Vorps Por; Vorpd Por;
    Vxorps Pxor; Vxorpd Pxor; Vunpcklps Punpckldq; Vunpckhps Punpckhdq; Vunpcklpd Punpcklqdq;
    Vunpckhpd Punpckhqdq; Vpblendd Blendps; Vpsllvd Psllvd; Vpsllvq Psllvq; Vpsrlvd Psrlvd;
    Vpsrlvq Psrlvq; Vpsravd Psravd;
}

rows! {
    ARITHMETIC float_row lift_arithmetic;
    Vaddss Addss; Vaddsd Addsd; Vaddps Addps; Vaddpd Addpd; Vsubss Subss; Vsubsd Subsd; Vsubps Subps;
    Vsubpd Subpd; Vmulss Mulss; Vmulsd Mulsd; Vmulps Mulps; Vmulpd Mulpd; Vdivss Divss; Vdivsd Divsd;
    Vdivps Divps; Vdivpd Divpd; Vminss Minss; Vminsd Minsd; Vminps Minps; Vminpd Minpd; Vmaxss Maxss;
    Vmaxsd Maxsd; Vmaxps Maxps; Vmaxpd Maxpd; Vsqrtss Sqrtss; Vsqrtsd Sqrtsd; Vsqrtps Sqrtps;
    Vsqrtpd Sqrtpd; Vroundss Roundss; Vroundsd Roundsd; Vroundps Roundps; Vroundpd Roundpd;
    Vaddsubps Addsubps; Vaddsubpd Addsubpd; Vhaddps Haddps; Vhaddpd Haddpd; Vhsubps Hsubps;
    Vhsubpd Hsubpd; Vdpps Dpps; Vdppd Dppd; Vrcpss Rcpss; Vrcpps Rcpps; Vrsqrtss Rsqrtss;
    Vrsqrtps Rsqrtps; Vcvtss2sd Cvtss2sd; Vcvtsd2ss Cvtsd2ss; Vcvtdq2ps Cvtdq2ps; Vcvtps2dq Cvtps2dq;
    Vcvttps2dq Cvttps2dq; Vcmpss Vcmpss; Vcmpsd Vcmpsd; Vcmpps Vcmpps; Vcmppd Vcmppd;
}

/// Runs a family's lifter if the processor has it.
fn lift_avx(l: &mut Lift, instruction: &Instruction, family: fn(&mut VectorLift) -> bool) -> LiftResult {
    if level() == Level::Avx2 { lift_with(l, instruction, family) } else { Err(Unsupported) }
}

fn lift_lanes(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, |l| {
        let mnemonic = l.instruction.mnemonic();
        // On 256 bits these are features of their own.
        let only_narrow = matches!(
            mnemonic,
            Mnemonic::Vaesenc
                | Mnemonic::Vaesenclast
                | Mnemonic::Vaesdec
                | Mnemonic::Vaesdeclast
                | Mnemonic::Vpclmulqdq
        );
        match lane_row(mnemonic) {
            Some(code) if !(only_narrow && l.is_ymm(0)) => {
                let by_immediate = l.instruction.op_kind(2) == OpKind::Immediate8;
                packed(l, if by_immediate { immediate_shift(code) } else { code }, false);
                true
            }
            _ => false,
        }
    })
}

fn lift_arithmetic(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, |l| match float_row(l.instruction.mnemonic()) {
        Some(code) => {
            packed(l, code, true);
            true
        }
        None => false,
    })
}

/// The immediates of the two halves.
fn immediates(l: &VectorLift) -> (u8, u8) {
    let imm = l.immediate();
    match l.instruction.mnemonic() {
        Mnemonic::Vmpsadbw => (imm & 7, imm >> 3 & 7),
        Mnemonic::Vblendps | Mnemonic::Vpblendd => (imm & 15, imm >> 4),
        Mnemonic::Vblendpd | Mnemonic::Vshufpd | Mnemonic::Vpermilpd => (imm & 3, imm >> 2 & 3),
        // A source in memory is one lane, whatever the immediate says.
        Mnemonic::Vinsertps if l.is_memory(2) => (imm & 0x3f, 0),
        _ => (imm, imm),
    }
}

/// `operand 0 = code(operand 1, operand 2)`, or of operand 1 alone where there are two.
fn packed(l: &mut VectorLift, code: VecOp, float: bool) {
    let (low, high) = immediates(l);
    let b_at =
        if l.instruction.op_count() > 2 && l.instruction.op_kind(2) != OpKind::Immediate8 { 2 } else { 1 };
    let (b, b_upper) = l.operand(b_at);
    // An operand of 128 bits beside a register of 256 is a shift's count, the same for both.
    let b_upper = b_upper.unwrap_or(b);
    let a = if b_at == 2 { l.number(1) } else { b };
    let a_upper = if b_at == 2 { a | UPPER } else { b_upper };
    let d = l.number(0);
    if !l.is_ymm(0) {
        l.apply(code, d, a, b, low);
        return l.clear_upper(d);
    }
    if float {
        both_halves(l, code, a, b, 0, (low, high));
    }
    l.apply(code, d | UPPER, a_upper, b_upper, high);
    l.apply(code, d, a, b, low);
}

/// Comes before an operation on two halves that may raise an exception.
fn both_halves(l: &mut VectorLift, code: VecOp, a: u8, b: u8, c: u8, (low, high): (u8, u8)) {
    let imm = i64::from(low) | i64::from(high) << 8 | i64::from(code as u16) << 16;
    l.vector(VecOp::BothHalves, |op| op.a(a).b(b).c(c).imm(imm));
}
