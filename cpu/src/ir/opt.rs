//! Block-local clean-up: dead flags and fused compare-and-branch.

use super::ops::uses;
use super::{Op, OpCode};
use crate::flags::{CF, OF, STATUS};
use crate::state::slot;
use OpCode::*;

/// The operation that does the same without setting flags. For 8 and 16 bits the
/// 32-bit form serves only where the result is used through its low bits alone;
/// lifting guarantees that (`Ins8`, `Ins16`, `St8`, `St16` follow).
pub fn without_flags(op: Op) -> Option<Op> {
    let code = match op.code {
        AddF8 | AddF16 | AddF32 => Add32,
        AddF64 => Add64,
        AddFI8 | AddFI16 | AddFI32 => AddI32,
        AddFI64 => AddI64,
        SubF8 | SubF16 | SubF32 => Sub32,
        SubF64 => Sub64,
        SubFI8 | SubFI16 | SubFI32 => return Some(Op { code: AddI32, imm: op.imm.wrapping_neg(), ..op }),
        SubFI64 => return Some(Op { code: AddI64, imm: op.imm.wrapping_neg(), ..op }),
        AndF8 | AndF16 | AndF32 => And32,
        AndF64 => And64,
        AndFI8 | AndFI16 | AndFI32 => AndI32,
        AndFI64 => AndI64,
        OrF8 | OrF16 | OrF32 => Or32,
        OrF64 => Or64,
        OrFI8 | OrFI16 | OrFI32 => OrI32,
        OrFI64 => OrI64,
        XorF8 | XorF16 | XorF32 => Xor32,
        XorF64 => Xor64,
        XorFI8 | XorFI16 | XorFI32 => XorI32,
        XorFI64 => XorI64,
        IncF8 | IncF16 | IncF32 => return Some(Op { code: AddI32, imm: 1, ..op }),
        IncF64 => return Some(Op { code: AddI64, imm: 1, ..op }),
        DecF8 | DecF16 | DecF32 => return Some(Op { code: AddI32, imm: -1, ..op }),
        DecF64 => return Some(Op { code: AddI64, imm: -1, ..op }),
        ImulF16 | ImulF32 => Imul32,
        ImulF64 => Imul64,
        ShlF32 if op.b == slot::ZERO => ShlI32,
        ShlF64 if op.b == slot::ZERO => ShlI64,
        ShrF32 if op.b == slot::ZERO => ShrI32,
        ShrF64 if op.b == slot::ZERO => ShrI64,
        SarF32 if op.b == slot::ZERO => SarI32,
        SarF64 if op.b == slot::ZERO => SarI64,
        ShlF8 | ShlF16 if op.b == slot::ZERO && op.imm & 31 != 0 => ShlI32,
        ShlF32 if op.imm == 0 => Shl32,
        ShlF64 if op.imm == 0 => Shl64,
        ShrF32 if op.imm == 0 => Shr32,
        ShrF64 if op.imm == 0 => Shr64,
        SarF32 if op.imm == 0 => Sar32,
        SarF64 if op.imm == 0 => Sar64,
        RolF32 => Rol32,
        RolF64 => Rol64,
        RorF32 => Ror32,
        RorF64 => Ror64,
        BtF16 | BtF32 | BtF64 => Nop,
        _ => return None,
    };
    Some(Op { code, ..op })
}

/// Flags that `op` surely overwrites.
pub fn kills(op: &Op) -> u32 {
    let u = op.code.info().uses;
    if u & uses::SF != 0 {
        return STATUS;
    }
    let fixed = op.b == slot::ZERO;
    match op.code {
        IncF8 | IncF16 | IncF32 | IncF64 | DecF8 | DecF16 | DecF32 | DecF64 => STATUS & !CF,
        ShlF8 | ShlF16 | ShlF32 | ShrF8 | ShrF16 | ShrF32 | SarF8 | SarF16 | SarF32
            if fixed && op.imm & 31 != 0 =>
        {
            STATUS
        }
        ShlF64 | ShrF64 | SarF64 if fixed && op.imm & 63 != 0 => STATUS,
        RolF8 | RolF16 | RolF32 | RorF8 | RorF16 | RorF32 if fixed && op.imm & 31 != 0 => CF | OF,
        RolF64 | RorF64 if fixed && op.imm & 63 != 0 => CF | OF,
        BtF16 | BtF32 | BtF64 | BtsF16 | BtsF32 | BtsF64 | BtrF16 | BtrF32 | BtrF64 | BtcF16 | BtcF32
        | BtcF64 => CF,
        SetCarry if op.imm != 2 => CF,
        _ => 0,
    }
}

/// Flags that `op` may write at all.
pub fn writes(op: &Op) -> u32 {
    let u = op.code.info().uses;
    match op.code {
        RolF8 | RolF16 | RolF32 | RolF64 | RorF8 | RorF16 | RorF32 | RorF64 => CF | OF,
        BtF16 | BtF32 | BtF64 => CF,
        IncF8 | IncF16 | IncF32 | IncF64 | DecF8 | DecF16 | DecF32 | DecF64 => STATUS & !CF,
        _ if u & (uses::SF | uses::PF) != 0 => STATUS,
        _ => 0,
    }
}

/// Flags that `op` reads for its result (not merely to keep them).
pub fn reads(op: &Op) -> u32 {
    let u = op.code.info().uses;
    if u & uses::ANY != 0 {
        return STATUS;
    }
    if u & uses::COND != 0 && u & uses::SF == 0 {
        return condition_flags(op.c);
    }
    match op.code {
        AdcF8 | AdcF16 | AdcF32 | AdcF64 | SbbF8 | SbbF16 | SbbF32 | SbbF64 | RclF8 | RclF16 | RclF32
        | RclF64 | RcrF8 | RcrF16 | RcrF32 | RcrF64 => CF,
        SetCarry if op.imm == 2 => CF,
        GetFlags => STATUS,
        _ => 0,
    }
}

/// Flags condition `cc` looks at.
pub fn condition_flags(cc: u8) -> u32 {
    use crate::flags::{PF, SF, ZF};
    match cc >> 1 {
        0 => OF,
        1 => CF,
        2 => ZF,
        3 => CF | ZF,
        4 => SF,
        5 => PF,
        6 => SF | OF,
        _ => ZF | SF | OF,
    }
}

/// Replaces flag-setting operations whose flags nobody can see by plain ones.
/// Anything that can fault or leave the block sees all flags.
pub fn dead_flags(ops: &mut [Op]) {
    let mut live = STATUS;
    for op in ops.iter_mut().rev() {
        let u = op.code.info().uses;
        if writes(op) != 0
            && writes(op) & live == 0
            && let Some(plain) = without_flags(*op)
        {
            *op = plain;
            continue;
        }
        live &= !kills(op);
        live |= reads(op);
        if u & (uses::FAULT | uses::END | uses::ANY) != 0 {
            live = STATUS;
        }
    }
}

/// Fuses a final compare or test with the branch on it. Returns how many
/// operations were removed at the end (0 or 1).
pub fn fuse_branch(ops: &mut Vec<Op>) {
    let [.., first, last] = ops.as_slice() else { return };
    if last.code != Jcc {
        return;
    }
    let (code, immediate) = match first.code {
        SubF8 => (JSub8, false),
        SubF16 => (JSub16, false),
        SubF32 => (JSub32, false),
        SubF64 => (JSub64, false),
        SubFI8 => (JSubI8, true),
        SubFI16 => (JSubI16, true),
        SubFI32 => (JSubI32, true),
        SubFI64 => (JSubI64, true),
        AndF8 => (JAnd8, false),
        AndF16 => (JAnd16, false),
        AndF32 => (JAnd32, false),
        AndF64 => (JAnd64, false),
        AndFI8 => (JAndI8, true),
        AndFI16 => (JAndI16, true),
        AndFI32 => (JAndI32, true),
        AndFI64 => (JAndI64, true),
        _ => return,
    };
    if first.d != slot::SINK {
        return;
    }
    let target = last.imm;
    let imm = if immediate {
        if i64::from(first.imm as i32) != first.imm || target as u64 > u64::from(u32::MAX) {
            return;
        }
        (first.imm << 32) | target
    } else {
        target
    };
    let fused = Op { code, d: 0, a: first.a, b: first.b, c: last.c, e: 0, imm };
    ops.pop();
    if let Some(slot) = ops.last_mut() {
        *slot = fused;
    }
}
