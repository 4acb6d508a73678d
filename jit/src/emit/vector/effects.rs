//! What a vector or x87 operation does to the locals.

use tawaki_cpu::ir::{Op, VecOp};
use tawaki_cpu::state::slot;

use super::{is_float, is_native, is_x87, mmx, text};
use crate::analysis::{Effects, Set};
use crate::layout::Options;

/// What `op` does to the locals if it is emitted by [`super::emit`] under these
/// options; `None` sends it to the helper with everything stored.
pub fn effects(op: &Op, options: &Options) -> Option<Effects> {
    let code = VecOp::from_e(op.e);
    if options.exact_float && is_float(code) {
        return None;
    }
    if is_x87(code) {
        return x87(code, op);
    }
    if !is_native(code) {
        return mmx::effects(code, op, options.mmx_locals).or_else(|| fallback(code, op));
    }
    Some(native(code, op, options))
}

fn of(reads: Set, writes: Set) -> Effects {
    Effects { reads, writes, kills: writes, ..Effects::default() }
}

/// The base and index slot of a memory operand.
fn address(op: &Op) -> Set {
    Set::slot(op.a) | Set::slot(op.b)
}

fn native(code: VecOp, op: &Op, options: &Options) -> Effects {
    use VecOp::*;
    let (d, a, b) = (Set::xmm(op.d), Set::xmm(op.a), Set::xmm(op.b));
    match code {
        Load32 | Load64 | Load128 | Load128A => {
            Effects { exits: options.checked || code == Load128A, ..of(address(op), d) }
        }
        Store32 | Store64 | Store128 | Store128A | StoreHigh64 => {
            Effects { exits: options.checked || code == Store128A, ..of(address(op) | d, Set::EMPTY) }
        }
        FromGpr32 | FromGpr64 => of(Set::slot(op.a), d),
        ToGpr32 | ToGpr64 | PmovmskbGpr | Cvtss2si32 | Cvtss2si64 | Cvttss2si32 | Cvttss2si64
        | Cvtsd2si32 | Cvtsd2si64 | Cvttsd2si32 | Cvttsd2si64 => of(a, Set::slot(op.d)),
        Cvtsi2ss32 | Cvtsi2ss64 | Cvtsi2sd32 | Cvtsi2sd64 => of(a | Set::slot(op.b), d),
        // FLAG_A and FLAG_B mean nothing for this kind of flags.
        Ptest | Comiss | Comisd | Ucomiss | Ucomisd => {
            let flags = Set::slot(slot::FLAG_R) | Set::slot(slot::FLAG_KIND);
            Effects { kills: Set::FLAGS, ..of(a | b, flags) }
        }
        Pblendvb | Blendvps | Blendvpd => of(a | b | Set::xmm(op.c), d),
        // Of the second operand alone.
        Pabsb | Pabsw | Pabsd | Pmovsxbw | Pmovsxbd | Pmovsxbq | Pmovsxwd | Pmovsxwq | Pmovsxdq
        | Pmovzxbw | Pmovzxbd | Pmovzxbq | Pmovzxwd | Pmovzxwq | Pmovzxdq | Pmovmskb | Movmskps
        | Movmskpd | Pshufd | Pshuflw | Pshufhw | Movddup | Movshdup | Movsldup | Mov | Movq | Movd
        | Pextrb | Pextrw | MmxPextrw | Pextrd | Pextrq | Sqrtps | Sqrtpd | Roundps | Roundpd | Cvtdq2ps
        | Cvtdq2pd | Cvtps2dq | Cvttps2dq | Cvtpd2dq | Cvttpd2dq | Cvtps2pi | Cvttps2pi | Cvtps2pd
        | Cvtpd2ps => of(b, d),
        // Of the first alone.
        PsllwI | PslldI | PsllqI | PsrlwI | PsrldI | PsrlqI | PsrawI | PsradI | Pslldq | Psrldq => of(a, d),
        // The idioms for zero and all ones.
        Pxor | Psubb | Psubw | Psubd | Psubq | Pandn | Pcmpgtb | Pcmpgtw | Pcmpgtd | Pcmpgtq | Pcmpeqb
        | Pcmpeqw | Pcmpeqd | Pcmpeqq
            if op.a == op.b =>
        {
            of(Set::EMPTY, d)
        }
        _ => of(a | b, d),
    }
}

/// Operations of the helper that touch little.
fn fallback(code: VecOp, op: &Op) -> Option<Effects> {
    use VecOp::*;
    let (d, a, b) = (Set::xmm(op.d), Set::xmm(op.a), Set::xmm(op.b));
    let flags = Set::slot(slot::FLAG_R) | Set::slot(slot::FLAG_KIND);
    let effects = match code {
        Pcmpistri | Pcmpistrm | Pcmpestri | Pcmpestrm => {
            let lengths = Set::slot(slot::RAX) | Set::slot(slot::RDX);
            let explicit = if matches!(code, Pcmpestri | Pcmpestrm) { lengths } else { Set::EMPTY };
            let index = matches!(code, Pcmpistri | Pcmpestri);
            let result = if index { Set::slot(slot::RCX) } else { Set::xmm(0) };
            let kills = result | Set::FLAGS;
            let effects = Effects { kills, ..of(a | b | explicit, result | flags) };
            if text::is_native(op) {
                return Some(effects);
            }
            effects
        }
        Phminposuw | Rcpps | Rsqrtps | Aesimc | Aeskeygenassist => of(b, d),
        Mpsadbw | Rcpss | Rsqrtss | Aesenc | Aesenclast | Aesdec | Aesdeclast | Pclmulqdq | Sha1nexte
        | Sha1msg1 | Sha1msg2 | Sha1rnds4 | Sha256msg1 | Sha256msg2 => of(a | b, d),
        Vpermilps | Vpermilpd | Psllvd | Psllvq | Psrlvd | Psrlvq | Psravd => of(a | b, d),
        // Nothing is emitted for it.
        BothHalves => return Some(of(Set::EMPTY, Set::EMPTY)),
        Align32 => of(address(op), Set::EMPTY),
        Sha256rnds2 => of(a | b | Set::xmm(op.c), d),
        Stmxcsr => of(address(op), Set::EMPTY),
        // These leave the function.
        Ldmxcsr | Fxrstor => of(Set::EMPTY, Set::EMPTY),
        _ => return None,
    };
    Some(Effects { exits: true, ..effects })
}

/// x87 operations read their address and leave the registers alone, but for a few.
fn x87(code: VecOp, op: &Op) -> Option<Effects> {
    use VecOp::*;
    let number = code as u16;
    let effects = match code {
        Fldenv | Fnsave | Frstor | Fnstenv => return None,
        _ if (FldM32 as u16..=Fnstsw as u16).contains(&number) => of(address(op), Set::EMPTY),
        FnstswAx => of(Set::EMPTY, Set::slot(op.d)),
        FpuData => of(address(op), Set::EMPTY),
        FcomiSt => {
            let flags = Set::slot(slot::FLAG_R) | Set::slot(slot::FLAG_KIND);
            Effects { kills: Set::FLAGS, ..of(Set::EMPTY, flags) }
        }
        Fcmov => of(Set::slot(op.a), Set::EMPTY),
        _ => of(Set::EMPTY, Set::EMPTY),
    };
    Some(Effects { exits: true, ..effects })
}
