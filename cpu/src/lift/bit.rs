//! Bit tests, scans and counts.

use iced_x86::{Instruction, Mnemonic};

use super::alu::atomic;
use super::operand::{Address, LOADS, STORES};
use super::{Lift, LiftResult, Row, Unsupported};
use crate::helper::Helper;
use crate::ir::{AtomicOp, Op, OpCode, OpCode::*};
use crate::rows;
use crate::state::{Slot, slot};

/// The table.
pub static ROWS: &[Row] = rows![
    test: Bt, Bts, Btr, Btc;
    scan: Bsf, Bsr, Tzcnt, Lzcnt, Popcnt;
    crc32: Crc32;
];

fn codes(m: Mnemonic) -> [OpCode; 4] {
    match m {
        Mnemonic::Bt => [BtF16, BtF16, BtF32, BtF64],
        Mnemonic::Bts => [BtsF16, BtsF16, BtsF32, BtsF64],
        Mnemonic::Btr => [BtrF16, BtrF16, BtrF32, BtrF64],
        _ => [BtcF16, BtcF16, BtcF32, BtcF64],
    }
}

fn test(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)?;
    let m = i.mnemonic();
    let code = codes(m)[w as usize];
    let (index, imm) = if l.is_immediate(i, 1) {
        (slot::ZERO, l.immediate(i, 1, 0) & ((8 << w) - 1))
    } else {
        (l.read_register(i.op1_register())?, 0)
    };
    let op = |d: Slot, a: Slot| Op::new(code).d(d).a(a).b(index).imm(imm);
    if !l.is_memory(i, 0) {
        let r = i.op0_register();
        let a = l.read_register(r)?;
        let d = l.destination(r)?;
        l.emit(op(d, a));
        return if m == Mnemonic::Bt { Ok(()) } else { l.settle(r, d) };
    }
    let at = bit_address(l, i, w, index)?;
    if m == Mnemonic::Bt {
        let value = l.temp();
        l.emit(Address::of(at).op(LOADS[w as usize], value));
        l.emit(op(slot::SINK, value));
        return Ok(());
    }
    if i.has_lock_prefix() {
        // mask = 1 << (index mod width), made by setting that bit of zero without
        // looking at flags: the flags are set from the old value below.
        let mask = l.temp();
        let shift = l.temp();
        let bits = (8i64 << w) - 1;
        l.opi(AddI64, shift, index, imm);
        l.opi(AndI32, shift, shift, bits);
        let one = l.constant(1);
        l.op3(Shl64, mask, one, shift);
        let function = match m {
            Mnemonic::Bts => AtomicOp::Or,
            Mnemonic::Btr => {
                l.op3(Not64, mask, mask, 0);
                AtomicOp::And
            }
            _ => AtomicOp::Xor,
        };
        let old = atomic(l, w, at, function, mask);
        l.emit(Op::new(codes(Mnemonic::Bt)[w as usize]).a(old).b(index).imm(imm));
        return Ok(());
    }
    let value = l.temp();
    l.opi([LdRmw16, LdRmw16, LdRmw32, LdRmw64][w as usize], value, at, 0);
    let out = l.temp();
    l.emit(op(out, value));
    l.emit(Address::of(at).op(STORES[w as usize], out));
    Ok(())
}

/// The operand's address moved by a register bit offset, which may be negative
/// and reach anywhere: whole operands of `8 << w` bits.
fn bit_address(l: &mut Lift, i: &Instruction, w: u8, index: Slot) -> Result<Slot, Unsupported> {
    let at = l.linear(i)?;
    if index == slot::ZERO {
        return Ok(at);
    }
    let offset = l.temp();
    match w {
        1 => l.op3(Sx16To64, offset, index, 0),
        2 => l.op3(Sx32To64, offset, index, 0),
        _ => l.op3(Mov64, offset, index, 0),
    }
    // Arithmetic shift by log2(bits), then times the operand size.
    l.opi(SarI64, offset, offset, i64::from(3 + w));
    let sum = l.temp();
    let short = i.memory_base().size() == 4 || i.memory_index().size() == 4;
    let lea = if l.long() && !short { Lea64 } else { Lea32 };
    l.emit(Op::new(lea).d(sum).a(at).b(offset).c(w));
    Ok(sum)
}

fn scan(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 0)? as usize;
    let r = i.op0_register();
    let a = l.read(i, 1, w as u8)?;
    let old = l.read_register(r)?;
    let d = l.destination(r)?;
    let code = match i.mnemonic() {
        Mnemonic::Bsf => [BsfF16, BsfF16, BsfF32, BsfF64],
        Mnemonic::Bsr => [BsrF16, BsrF16, BsrF32, BsrF64],
        Mnemonic::Tzcnt => [TzcntF16, TzcntF16, TzcntF32, TzcntF64],
        Mnemonic::Lzcnt => [LzcntF16, LzcntF16, LzcntF32, LzcntF64],
        _ => [PopcntF16, PopcntF16, PopcntF32, PopcntF64],
    }[w];
    l.op3(code, d, a, old);
    l.settle(r, d)
}

fn crc32(l: &mut Lift, i: &Instruction) -> LiftResult {
    let w = l.width(i, 1)?;
    let b = l.read(i, 1, w)?;
    let (d, _) = super::operand::gpr(i.op0_register())?;
    l.emit(Lift::helper(Helper::Crc32).d(d).a(d).b(b).c(w));
    Ok(())
}
