//! Which status flags the manual leaves undefined at the end of a snippet.
//!
//! An instruction makes flags undefined or defined (the flag columns of `iced-x86`; Intel
//! SDM vol. 1, appendix A). Where the way that was taken is known, it is followed
//! ([`undefined_after`]); else a flow analysis joins what a branch's ways bring
//! ([`undefined_at`]), which does not see where a wild return goes.

use std::collections::BTreeMap;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, RflagsBits};
use tawaki_cpu::Mode;

use crate::machine::CODE;

/// `iced-x86` flag bits and their EFLAGS positions.
const BITS: [(u32, u32); 6] = [
    (RflagsBits::CF, 1),
    (RflagsBits::PF, 4),
    (RflagsBits::AF, 0x10),
    (RflagsBits::ZF, 0x40),
    (RflagsBits::SF, 0x80),
    (RflagsBits::OF, 0x800),
];

fn eflags(iced: u32) -> u32 {
    BITS.iter().filter(|(bit, _)| iced & bit != 0).map(|(_, flag)| flag).sum()
}

/// Status flags an instruction reads, leaves undefined, and certainly defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagUse {
    /// Read.
    pub reads: u32,
    /// Undefined afterwards.
    pub undefines: u32,
    /// Defined afterwards whatever the operands.
    pub defines: u32,
}

/// The flag behaviour of one instruction.
pub fn flag_use(instruction: &Instruction) -> FlagUse {
    use Mnemonic::*;
    let mut use_ = FlagUse {
        reads: eflags(instruction.rflags_read()),
        undefines: eflags(instruction.rflags_undefined()),
        defines: eflags(
            instruction.rflags_written() | instruction.rflags_cleared() | instruction.rflags_set(),
        ),
    };
    let shift = matches!(instruction.mnemonic(), Rol | Ror | Rcl | Rcr | Shl | Shr | Sal | Sar | Shld | Shrd);
    let last = instruction.op_count().saturating_sub(1);
    let by_register = shift && instruction.op_kind(last) == OpKind::Register;
    // A count of 0 and a repeat count of 0 leave the flags as they were.
    if by_register || instruction.has_rep_prefix() || instruction.has_repne_prefix() {
        use_.defines = 0;
    }
    if shift && !by_register && (instruction.immediate(last) & 0x1f) > 1 {
        // RCL/RCR by a multiple of width + 1 still undefine OF.
        use_.undefines |= 0x800;
        use_.defines &= !0x800;
    }
    use_
}

/// Undefined flags behind instructions that were executed one after the other, or the address of one
/// that read an undefined flag.
pub fn undefined_after(path: &[Instruction]) -> Result<u32, u64> {
    path.iter().try_fold(0, |undefined, instruction| {
        let flags = flag_use(instruction);
        if flags.reads & undefined != 0 {
            return Err(instruction.ip());
        }
        Ok((undefined & !flags.defines) | flags.undefines)
    })
}

/// Undefined flags at `stop`, or the address of an instruction that reads an
/// undefined flag: then nothing after it can be compared.
pub fn undefined_at(code: &[u8], mode: Mode, stop: u64) -> Result<u32, u64> {
    let bits = if mode == Mode::Bits64 { 64 } else { 32 };
    let mut incoming: BTreeMap<u64, u32> = BTreeMap::from([(CODE.base, 0)]);
    let mut work = vec![CODE.base];
    // A return may go behind any call.
    let (mut after_calls, mut returns): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
    // Every address is visited at most once per change of its six-bit set.
    while let Some(at) = work.pop() {
        let undefined = incoming[&at];
        let Some(bytes) = code.get((at.wrapping_sub(CODE.base)) as usize..) else { continue };
        if bytes.is_empty() {
            continue;
        }
        let instruction = Decoder::with_ip(bits, bytes, at, DecoderOptions::NONE).decode();
        if instruction.is_invalid() {
            continue;
        }
        let flags = flag_use(&instruction);
        if flags.reads & undefined != 0 {
            return Err(at);
        }
        let out = (undefined & !flags.defines) | flags.undefines;
        let next = instruction.next_ip();
        let target = instruction.near_branch_target();
        let targets: Vec<u64> = match instruction.flow_control() {
            FlowControl::UnconditionalBranch => vec![target],
            FlowControl::ConditionalBranch => vec![next, target],
            FlowControl::Call | FlowControl::IndirectCall => {
                if !after_calls.contains(&next) {
                    after_calls.push(next);
                    work.extend(&returns);
                }
                vec![if instruction.flow_control() == FlowControl::Call { target } else { next }]
            }
            FlowControl::IndirectBranch => vec![next],
            FlowControl::Return => {
                if !returns.contains(&at) {
                    returns.push(at);
                }
                after_calls.iter().copied().chain([next]).collect()
            }
            _ => vec![next],
        };
        for target in targets {
            let old = incoming.get(&target).copied();
            let new = old.unwrap_or(0) | out;
            if old != Some(new) {
                incoming.insert(target, new);
                work.push(target);
            }
        }
    }
    // A wild branch left the snippet: any of its ways may have led there.
    let anywhere = incoming.values().fold(0, |all, one| all | one);
    Ok(incoming.get(&stop).copied().unwrap_or(anywhere))
}
