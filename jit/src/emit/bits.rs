//! Rotates, double shifts, bit tests, scans and counts, and byte swaps.

use tawaki_cpu::flags::{CF, OF, PF, SF, STATUS, ZF, kind};
use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot::{self, FLAG_KIND, FLAG_R};
use wasm_encoder::ValType::{I32, I64};

use super::Emitter;
use super::flags::{Class, classify};

/// Emits `op` if it is of these and has a native form.
pub fn emit(e: &mut Emitter, op: &Op) -> bool {
    use OpCode::*;
    match op.code {
        SetCarry => {
            if op.imm == 2 {
                e.carry();
                e.i().i32_eqz();
            } else {
                e.i().i32_const(op.imm as i32 & 1);
            }
            e.update_status(CF);
            return true;
        }
        SetFlags8 => {
            e.get32(op.a);
            e.i().i32_const((STATUS & !OF) as i32).i32_and();
            e.update_status(STATUS & !OF);
            return true;
        }
        _ => {}
    }
    let Some((class, log2)) = classify(op.code) else { return false };
    match class {
        Class::Rol | Class::Ror => rotate(e, op, class, log2),
        Class::Shld | Class::Shrd => double_shift(e, op, class, log2),
        Class::Bt => bit_test(e, op, log2),
        Class::Scan => scan(e, op, log2),
        Class::Count => count(e, op, log2),
        _ => false,
    }
}

/// Rotates by a fixed count; others go by the helper unless their flags are dead
/// (which makes them another operation).
fn rotate(e: &mut Emitter, op: &Op, class: Class, log2: u64) -> bool {
    if op.b != slot::ZERO {
        return false;
    }
    let bits = 8i64 << log2;
    let count = op.imm & if log2 == 3 { 63 } else { 31 };
    let x = e.scratch(I64);
    e.get(op.a);
    e.cut(log2);
    if count == 0 {
        e.set(op.d);
        return true;
    }
    let left = if class == Class::Rol { count % bits } else { (bits - count % bits) % bits };
    if left != 0 {
        e.i().local_tee(x).i64_const(left).i64_shl();
        e.i().local_get(x).i64_const(bits - left).i64_shr_u().i64_or();
        e.cut(log2);
    }
    e.i().local_tee(x);
    e.set(op.d);
    if e.flag_wanted(FLAG_R) && e.flags_live != 0 {
        // Left: CF is the lowest bit, OF the highest xor CF. Right: CF is the highest bit,
        // OF the highest two's xor.
        let (carry, other) = if class == Class::Rol { (0, bits - 1) } else { (bits - 1, bits - 2) };
        let bit = |e: &mut Emitter, n: i64| {
            e.i().local_get(x).i64_const(n).i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
        };
        bit(e, carry);
        bit(e, carry);
        bit(e, other);
        e.i().i32_xor().i32_const(OF.trailing_zeros() as i32).i32_shl().i32_or();
        e.update_status(CF | OF);
    }
    true
}

fn double_shift(e: &mut Emitter, op: &Op, class: Class, log2: u64) -> bool {
    if log2 == 1 {
        return false;
    }
    let bits = 8i64 << log2;
    let left = class == Class::Shld;
    let (n, x, y, r) = (e.scratch(I64), e.scratch(I64), e.scratch(I64), e.scratch(I64));
    e.right64(op.c, op.imm);
    e.i().i64_const(bits - 1).i64_and().local_set(n);
    e.get(op.a);
    e.cut(log2);
    e.i().local_set(x);
    e.get(op.b);
    e.cut(log2);
    e.i().local_set(y);
    let mut i = e.i();
    if log2 == 2 {
        // The pair as one number.
        if left {
            i.local_get(x).i64_const(32).i64_shl().local_get(y).i64_or();
            i.local_get(n).i64_shl().i64_const(32).i64_shr_u();
        } else {
            i.local_get(y).i64_const(32).i64_shl().local_get(x).i64_or();
            i.local_get(n).i64_shr_u().i64_const(0xffff_ffff).i64_and();
        }
    } else {
        // y moves by 64 - n in two steps, so that n = 0 brings nothing in.
        if left {
            i.local_get(x).local_get(n).i64_shl();
            i.local_get(y).i64_const(1).i64_shr_u();
            i.i64_const(63).local_get(n).i64_sub().i64_shr_u().i64_or();
        } else {
            i.local_get(x).local_get(n).i64_shr_u();
            i.local_get(y).i64_const(1).i64_shl();
            i.i64_const(63).local_get(n).i64_sub().i64_shl().i64_or();
        }
    }
    i.local_set(r);
    let live = e.flag_wanted(FLAG_R) && e.flags_live != 0;
    if live {
        let fixed = op.c == slot::ZERO;
        if !fixed {
            e.i().local_get(n).i64_eqz().i32_eqz();
            e.if_();
        } else if op.imm & (bits - 1) == 0 {
            e.i().local_get(r);
            e.set(op.d);
            return true;
        }
        // The last bit shifted out.
        e.i().local_get(x);
        if left {
            e.i().i64_const(bits).local_get(n).i64_sub();
        } else {
            e.i().local_get(n).i64_const(1).i64_sub();
        }
        e.i().i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
        // OF: the sign changed.
        e.i().local_get(r).local_get(x).i64_xor().i64_const(bits - 1).i64_shr_u();
        e.i().i32_wrap_i64().i32_const(1).i32_and();
        e.i().i32_const(OF.trailing_zeros() as i32).i32_shl().i32_or();
        sign_zero_parity(e, r, log2);
        e.i().i32_or();
        e.set32(FLAG_R);
        e.i().i64_const(kind::BITS as i64);
        e.set(FLAG_KIND);
        if !fixed {
            e.close();
        }
    }
    e.i().local_get(r);
    e.set(op.d);
    true
}

/// Pushes SF, ZF and PF of the value (cut to its width) in a local.
pub(super) fn sign_zero_parity(e: &mut Emitter, r: u32, log2: u64) {
    let bits = 8i64 << log2;
    e.i().local_get(r).i64_eqz().i32_const(ZF.trailing_zeros() as i32).i32_shl();
    e.i().local_get(r).i64_const(bits - 1).i64_shr_u().i32_wrap_i64();
    e.i().i32_const(SF.trailing_zeros() as i32).i32_shl().i32_or();
    e.i().local_get(r).i32_wrap_i64();
    e.parity();
    e.i().i32_const(PF.trailing_zeros() as i32).i32_shl().i32_or();
}

fn bit_test(e: &mut Emitter, op: &Op, log2: u64) -> bool {
    let bits = 8i64 << log2;
    let (x, n) = (e.scratch(I64), e.scratch(I64));
    e.get(op.a);
    e.cut(log2);
    e.i().local_set(x);
    e.right64(op.b, op.imm);
    e.i().i64_const(bits - 1).i64_and().local_set(n);
    if e.flag_wanted(FLAG_R) && e.flags_live != 0 {
        e.i().local_get(x).local_get(n).i64_shr_u().i32_wrap_i64().i32_const(1).i32_and();
        e.update_status(CF);
    }
    let group = super::int::offset(op.code, OpCode::BtF16) / 3;
    if group > 0 {
        e.i().local_get(x).i64_const(1).local_get(n).i64_shl();
        match group {
            1 => e.i().i64_or(),
            2 => e.i().i64_const(-1).i64_xor().i64_and(),
            _ => e.i().i64_xor(),
        };
        e.set(op.d);
    }
    true
}

fn scan(e: &mut Emitter, op: &Op, log2: u64) -> bool {
    let (x, r, old) = (e.scratch(I64), e.scratch(I64), e.scratch(I64));
    e.get(op.a);
    e.cut(log2);
    e.i().local_set(x);
    e.get(op.b);
    e.i().local_set(old);
    if super::int::offset(op.code, OpCode::BsfF16) < 3 {
        e.i().local_get(x).i64_ctz().local_set(r);
    } else {
        e.i().i64_const(63).local_get(x).i64_clz().i64_sub().local_set(r);
    }
    if e.flag_wanted(FLAG_R) {
        e.i().i32_const((ZF | PF) as i32);
        e.i().local_get(r).i32_wrap_i64();
        e.parity();
        e.i().i32_const(PF.trailing_zeros() as i32).i32_shl();
        e.i().local_get(x).i64_eqz().select();
        e.set32(FLAG_R);
    }
    e.set_kind(kind::BITS);
    e.i().local_get(old).local_get(r).local_get(x).i64_eqz().select();
    e.set(op.d);
    true
}

fn count(e: &mut Emitter, op: &Op, log2: u64) -> bool {
    let bits = 8i64 << log2;
    let (x, r) = (e.scratch(I64), e.scratch(I64));
    e.get(op.a);
    e.cut(log2);
    e.i().local_set(x);
    let popcnt = super::int::offset(op.code, OpCode::PopcntF16) < 3;
    if popcnt {
        e.i().local_get(x).i64_popcnt().local_set(r);
    } else if super::int::offset(op.code, OpCode::TzcntF16) < 3 {
        e.i().local_get(x);
        if bits < 64 {
            e.i().i64_const(1 << bits).i64_or();
        }
        e.i().i64_ctz().local_set(r);
    } else {
        e.i().local_get(x).i64_clz().i64_const(64 - bits).i64_sub().local_set(r);
    }
    if e.flag_wanted(FLAG_R) {
        e.i().local_get(r).i64_eqz().i32_const(ZF.trailing_zeros() as i32).i32_shl();
        if !popcnt {
            e.i().local_get(x).i64_eqz().i32_or();
        }
        e.set32(FLAG_R);
    }
    e.set_kind(kind::BITS);
    e.i().local_get(r);
    e.set(op.d);
    true
}

/// BSWAP of 32 bits: wasm has none; two rotates do.
pub(super) fn swap32(e: &mut Emitter, op: &Op) {
    let x = e.scratch(I32);
    e.get32(op.a);
    e.i().local_tee(x).i32_const(8).i32_rotl().i32_const(0x00ff_00ff).i32_and();
    e.i().local_get(x).i32_const(8).i32_rotr().i32_const(0xff00_ff00u32 as i32).i32_and().i32_or();
    e.set32(op.d);
}

/// BSWAP of 64 bits: bytes, words, then halves.
pub(super) fn swap64(e: &mut Emitter, op: &Op) {
    let x = e.scratch(I64);
    e.get(op.a);
    for (mask, shift) in [(0x00ff_00ff_00ff_00ff, 8), (0x0000_ffff_0000_ffff, 16)] {
        e.i().local_tee(x).i64_const(mask).i64_and().i64_const(shift).i64_shl();
        e.i().local_get(x).i64_const(shift).i64_shr_u().i64_const(mask).i64_and().i64_or();
    }
    e.i().i64_const(32).i64_rotl();
    e.set(op.d);
}
