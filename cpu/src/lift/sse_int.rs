//! Integer vector instructions, XMM and MMX: one row per mnemonic.

use iced_x86::{Mnemonic, OpKind};

use super::vector::{VectorLift, lift_with};
use super::{Lift, LiftResult, Row};
use crate::ir::VecOp;

macro_rules! rows {
    ($($name:ident $(=> $xmm:ident)? $(/ $mmx:ident)?;)*) => {
        /// The rows whose operation is all there is to say.
        pub static LANES: &[Row] = &[$(Row { mnemonic: Mnemonic::$name, lift, note: "" },)*];

        /// The operation of a mnemonic, for XMM and for MMX registers.
        fn row(mnemonic: Mnemonic) -> Option<(VecOp, VecOp)> {
            Some(match mnemonic {
                $(Mnemonic::$name => rows!(@ $name $($xmm)?, $($mmx)?),)*
                _ => return None,
            })
        }
    };
    (@ $name:ident, ) => { (VecOp::$name, VecOp::$name) };
    (@ $name:ident, $mmx:ident) => { (VecOp::$name, VecOp::$mmx) };
    (@ $name:ident $xmm:ident, ) => { (VecOp::$xmm, VecOp::$xmm) };
}

rows! {
    Pand; Pandn; Por; Pxor;
    Andps => Pand; Andpd => Pand; Andnps => Pandn; Andnpd => Pandn;
    Orps => Por; Orpd => Por; Xorps => Pxor; Xorpd => Pxor;
    Paddb; Paddw; Paddd; Paddq; Psubb; Psubw; Psubd; Psubq;
    Paddsb; Paddsw; Paddusb; Paddusw; Psubsb; Psubsw; Psubusb; Psubusw;
    Pmullw; Pmulld; Pmulhw; Pmulhuw; Pmulhrsw; Pmuludq; Pmuldq; Pmaddwd; Pmaddubsw;
    Psadbw; Pavgb; Pavgw;
    Pminub; Pmaxub; Pminsb; Pmaxsb; Pminuw; Pmaxuw; Pminsw; Pmaxsw;
    Pminud; Pmaxud; Pminsd; Pmaxsd; Phminposuw;
    Pcmpeqb; Pcmpeqw; Pcmpeqd; Pcmpeqq; Pcmpgtb; Pcmpgtw; Pcmpgtd; Pcmpgtq;
    Psllw; Pslld; Psllq; Psrlw; Psrld; Psrlq; Psraw; Psrad; Pslldq; Psrldq;
    Pabsb; Pabsw; Pabsd; Psignb; Psignw; Psignd;
    Phaddw / MmxPhaddw; Phaddsw / MmxPhaddsw; Phsubw / MmxPhsubw; Phsubsw / MmxPhsubsw;
    Phaddd / MmxPhaddd; Phsubd / MmxPhsubd; Mpsadbw;
    Packsswb / MmxPacksswb; Packuswb / MmxPackuswb; Packssdw / MmxPackssdw; Packusdw;
    Punpcklbw; Punpcklwd; Punpckldq; Punpcklqdq;
    Punpckhbw / MmxPunpckhbw; Punpckhwd / MmxPunpckhwd; Punpckhdq / MmxPunpckhdq; Punpckhqdq;
    Unpcklps => Punpckldq; Unpckhps => Punpckhdq; Unpcklpd => Punpcklqdq; Unpckhpd => Punpckhqdq;
    Pshufd; Pshuflw; Pshufhw; Pshufw => Pshuflw; Shufps; Shufpd;
    Pshufb / MmxPshufb; Palignr / MmxPalignr; Pblendw; Blendps; Blendpd; Insertps;
    Pmovsxbw; Pmovsxbd; Pmovsxbq; Pmovsxwd; Pmovsxwq; Pmovsxdq;
    Pmovzxbw; Pmovzxbd; Pmovzxbq; Pmovzxwd; Pmovzxwq; Pmovzxdq;
    Aesenc; Aesenclast; Aesdec; Aesdeclast; Aesimc; Aeskeygenassist; Pclmulqdq;
    Sha1nexte; Sha1msg1; Sha1msg2; Sha1rnds4; Sha256msg1; Sha256msg2;
}

/// The form with an immediate count.
pub(super) fn immediate_shift(code: VecOp) -> VecOp {
    match code {
        VecOp::Psllw => VecOp::PsllwI,
        VecOp::Pslld => VecOp::PslldI,
        VecOp::Psllq => VecOp::PsllqI,
        VecOp::Psrlw => VecOp::PsrlwI,
        VecOp::Psrld => VecOp::PsrldI,
        VecOp::Psrlq => VecOp::PsrlqI,
        VecOp::Psraw => VecOp::PsrawI,
        VecOp::Psrad => VecOp::PsradI,
        other => other,
    }
}

/// The table.
pub static ROWS: &[Row] = crate::rows![
    lift:
        Blendvpd, Blendvps, Extractps, Pblendvb, Pcmpestri, Pcmpestri64, Pcmpestrm, Pcmpestrm64,
        Pcmpistri, Pcmpistrm, Pextrb, Pextrd, Pextrq, Pextrw, Pinsrb, Pinsrd, Pinsrq, Pinsrw,
        Ptest, Sha256rnds2;
];

fn lift(l: &mut Lift, instruction: &iced_x86::Instruction) -> LiftResult {
    lift_with(l, instruction, family)
}

fn family(l: &mut VectorLift) -> bool {
    let mnemonic = l.instruction.mnemonic();
    if let Some((xmm, mmx)) = row(mnemonic) {
        let code = if l.is_xmm(0) { xmm } else { mmx };
        if l.instruction.op_count() == 2 && l.instruction.op_kind(1) == OpKind::Immediate8 {
            shift(l, immediate_shift(code));
        } else if mnemonic == Mnemonic::Insertps && l.is_memory(1) {
            // A memory source is lane 0 whatever the immediate says.
            let (d, b, imm) = (l.number(0), l.source(1, true), l.immediate());
            l.apply(code, d, d, b, imm & 0x3f);
        } else {
            l.binary(code, is_sha(mnemonic));
        }
        return true;
    }
    match mnemonic {
        Mnemonic::Pinsrb => insert(l, VecOp::Pinsrb, VecOp::Pinsrb),
        Mnemonic::Pinsrw => insert(l, VecOp::Pinsrw, VecOp::MmxPinsrw),
        Mnemonic::Pinsrd => insert(l, VecOp::Pinsrd, VecOp::Pinsrd),
        Mnemonic::Pinsrq => insert(l, VecOp::Pinsrq, VecOp::Pinsrq),
        Mnemonic::Pextrb => extract(l, VecOp::Pextrb, 1),
        Mnemonic::Pextrw if l.is_mm(1) => extract(l, VecOp::MmxPextrw, 2),
        Mnemonic::Pextrw => extract(l, VecOp::Pextrw, 2),
        Mnemonic::Pextrd | Mnemonic::Extractps => extract(l, VecOp::Pextrd, 4),
        Mnemonic::Pextrq => extract(l, VecOp::Pextrq, 8),
        Mnemonic::Pblendvb => blend(l, VecOp::Pblendvb),
        Mnemonic::Blendvps => blend(l, VecOp::Blendvps),
        Mnemonic::Blendvpd => blend(l, VecOp::Blendvpd),
        Mnemonic::Sha256rnds2 => blend(l, VecOp::Sha256rnds2),
        Mnemonic::Ptest => {
            let (a, b) = (l.number(0), l.source(1, false));
            l.vector(VecOp::Ptest, |op| op.a(a).b(b));
        }
        Mnemonic::Pcmpestri => strings(l, VecOp::Pcmpestri, 0),
        Mnemonic::Pcmpestri64 => strings(l, VecOp::Pcmpestri, 1),
        Mnemonic::Pcmpestrm => strings(l, VecOp::Pcmpestrm, 0),
        Mnemonic::Pcmpestrm64 => strings(l, VecOp::Pcmpestrm, 1),
        Mnemonic::Pcmpistri => strings(l, VecOp::Pcmpistri, 0),
        Mnemonic::Pcmpistrm => strings(l, VecOp::Pcmpistrm, 0),
        _ => return false,
    }
    true
}

/// The SHA instructions take operands at any address (AMD; Intel documents #GP).
fn is_sha(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(mnemonic, Sha1nexte | Sha1msg1 | Sha1msg2 | Sha1rnds4 | Sha256msg1 | Sha256msg2 | Sha256rnds2)
}

/// A shift by the immediate.
fn shift(l: &mut VectorLift, code: VecOp) {
    let imm = l.immediate();
    let a = l.source(0, false);
    l.apply(code, a, a, a, imm);
    if l.is_mm(0) {
        l.write_mmx(a);
    }
}

fn insert(l: &mut VectorLift, xmm: VecOp, mmx: VecOp) {
    let imm = l.immediate();
    let value = l.gpr_source(1);
    let t = l.temp();
    l.vector(VecOp::FromGpr64, |op| op.d(t).a(value));
    let a = l.source(0, false);
    if l.is_mm(0) {
        l.apply(mmx, a, a, t, imm);
        l.write_mmx(a);
    } else {
        l.apply(xmm, a, a, t, imm);
    }
}

pub(super) fn extract(l: &mut VectorLift, code: VecOp, bytes: usize) {
    let (imm, b, t) = (l.immediate(), l.source(1, false), l.temp());
    l.apply(code, t, t, b, imm);
    let memory = l.is_memory(0);
    let d = if memory { l.slot() } else { l.gpr(0) };
    l.vector(VecOp::ToGpr64, |op| op.d(d).a(t));
    if memory {
        l.store_gpr(bytes, d);
    }
    if l.is_mm(1) {
        l.enter_mmx();
    }
}

/// The third operand is always XMM0.
fn blend(l: &mut VectorLift, code: VecOp) {
    let unaligned = is_sha(l.instruction.mnemonic());
    let (d, b) = (l.number(0), l.source(1, unaligned));
    l.vector(code, |op| op.d(d).a(d).b(b).c(0));
}

/// `wide`: lengths in the 64-bit registers.
fn strings(l: &mut VectorLift, code: VecOp, wide: u8) {
    let (a, imm, b) = (l.number(0), l.immediate(), l.source(1, true));
    l.vector(code, |op| op.d(wide).a(a).b(b).imm(imm.into()));
}
