//! Native emission of integer operations.

use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::ValType::I32;

use super::memory::{Access, Address, GUEST};
use super::{Emitter, STATE, alu, at, bits, muldiv, stack};
use crate::checks::Check;
use crate::layout::Layout;

/// Emits `op` if it has a native form.
pub fn emit(e: &mut Emitter, op: &Op) -> bool {
    use OpCode::*;
    match op.code {
        Nop => {}
        Prefetch => prefetch(e, op),
        NeedSegment if op.e == 0 => {
            e.i().local_get(STATE).i32_load(at(Layout::other_flags(), 2));
            e.i().i32_const(op.imm as i32).i32_and();
            e.side_exit_if();
        }
        Mov64 if e.is_narrow(op.a) || e.is_narrow(op.d) => {
            e.get32(op.a);
            e.set32(op.d);
        }
        Mov64 => {
            e.get(op.a);
            e.set(op.d);
        }
        Mov32 => {
            e.get32(op.a);
            e.set32(op.d);
        }
        MovI if e.is_narrow(op.d) => {
            e.i().i32_const(op.imm as i32);
            e.set32(op.d);
        }
        MovI => {
            e.i().i64_const(op.imm);
            e.set(op.d);
        }
        Ins8 => insert(e, op, 0xff, 0),
        Ins8h => insert(e, op, 0xff, 8),
        Ins16 => insert(e, op, 0xffff, 0),
        Zx8 => zero_extend(e, op, 0, 0xff),
        Zx8h => zero_extend(e, op, 8, 0xff),
        Zx16 => zero_extend(e, op, 0, 0xffff),
        Sx8To32 => {
            e.get32(op.a);
            e.i().i32_extend8_s();
            e.set32(op.d);
        }
        Sx16To32 => {
            e.get32(op.a);
            e.i().i32_extend16_s();
            e.set32(op.d);
        }
        Sx8To64 => {
            e.get(op.a);
            e.i().i64_extend8_s();
            e.set(op.d);
        }
        Sx16To64 => {
            e.get(op.a);
            e.i().i64_extend16_s();
            e.set(op.d);
        }
        Sx32To64 => {
            e.get32(op.a);
            e.i().i64_extend_i32_s();
            e.set(op.d);
        }
        Bswap32 => bits::swap32(e, op),
        Bswap64 => bits::swap64(e, op),
        Not32 => {
            e.get32(op.a);
            e.i().i32_const(-1).i32_xor();
            e.set32(op.d);
        }
        Not64 => {
            e.get(op.a);
            e.i().i64_const(-1).i64_xor();
            e.set(op.d);
        }
        Lea32 => {
            e.sum32(&Address::of(op, true, true), 0);
            e.set32(op.d);
        }
        Lea64 => {
            e.sum64(&Address::of(op, true, false));
            e.set(op.d);
        }
        Cmov32 => {
            e.get32(op.a);
            e.get32(op.b);
            e.condition(op.c);
            e.i().select();
            e.set32(op.d);
        }
        Cmov64 => {
            e.get(op.a);
            e.get(op.b);
            e.condition(op.c);
            e.i().select();
            e.set(op.d);
        }
        Setcc => {
            e.condition(op.c);
            e.set32(op.d);
            e.set_width(op.d, 0);
        }
        Push64 => stack::push(e, true, |e| e.get(op.a)),
        Push32 => stack::push(e, false, |e| e.get32(op.a)),
        Pop64 | Pop32 => stack::pop(e, op),
        SetDf => {
            e.i().local_get(STATE).i32_const(i32::from(op.imm != 0)).i32_store8(at(Layout::df(), 0));
        }
        Atomic | AtomicCmpxchg => return atomic(e, op),
        _ => {
            return plain(e, op)
                || memory(e, op)
                || alu::emit(e, op)
                || bits::emit(e, op)
                || muldiv::emit(e, op);
        }
    }
    true
}

/// Two operands to one result, without flags.
fn plain(e: &mut Emitter, op: &Op) -> bool {
    use OpCode::*;
    if stack::moves(e, op) {
        stack::advance(e, op.imm);
        return true;
    }
    // The right operand: a slot, an immediate, or b + imm where one of the two is zero.
    let wide = match op.code {
        Add32 | AddI32 | Sub32 | And32 | AndI32 | Or32 | OrI32 | Xor32 | XorI32 | Imul32 | Shl32 | ShlI32
        | Shr32 | ShrI32 | Sar32 | SarI32 | Rol32 | Ror32 => false,
        Add64 | AddI64 | Sub64 | And64 | AndI64 | Or64 | OrI64 | Xor64 | XorI64 | Imul64 | Shl64 | ShlI64
        | Shr64 | ShrI64 | Sar64 | SarI64 | Rol64 | Ror64 => true,
        _ => return false,
    };
    let immediate = matches!(
        op.code,
        AddI32
            | AndI32
            | OrI32
            | XorI32
            | ShlI32
            | ShrI32
            | SarI32
            | AddI64
            | AndI64
            | OrI64
            | XorI64
            | ShlI64
            | ShrI64
            | SarI64
    );
    let both = matches!(op.code, Imul32 | Imul64 | Rol32 | Rol64 | Ror32 | Ror64);
    let b = if immediate { slot::ZERO } else { op.b };
    let imm = if immediate || both { op.imm } else { 0 };
    if wide {
        e.get(op.a);
        e.right64(b, imm);
        let mut i = e.i();
        match op.code {
            Add64 | AddI64 => i.i64_add(),
            Sub64 => i.i64_sub(),
            And64 | AndI64 => i.i64_and(),
            Or64 | OrI64 => i.i64_or(),
            Xor64 | XorI64 => i.i64_xor(),
            Imul64 => i.i64_mul(),
            Shl64 | ShlI64 => i.i64_shl(),
            Shr64 | ShrI64 => i.i64_shr_u(),
            Sar64 | SarI64 => i.i64_shr_s(),
            Rol64 => i.i64_rotl(),
            _ => i.i64_rotr(),
        };
        e.set(op.d);
    } else {
        e.get32(op.a);
        e.right32(b, imm);
        let mut i = e.i();
        match op.code {
            Add32 | AddI32 => i.i32_add(),
            Sub32 => i.i32_sub(),
            And32 | AndI32 => i.i32_and(),
            Or32 | OrI32 => i.i32_or(),
            Xor32 | XorI32 => i.i32_xor(),
            Imul32 => i.i32_mul(),
            Shl32 | ShlI32 => i.i32_shl(),
            Shr32 | ShrI32 => i.i32_shr_u(),
            Sar32 | SarI32 => i.i32_shr_s(),
            Rol32 => i.i32_rotl(),
            _ => i.i32_rotr(),
        };
        e.set32(op.d);
    }
    true
}

impl Emitter<'_> {
    /// Pushes slot b + imm as i64.
    pub fn right64(&mut self, b: u8, imm: i64) {
        if b == slot::ZERO {
            self.i().i64_const(imm);
            return;
        }
        self.get(b);
        if imm != 0 {
            self.i().i64_const(imm).i64_add();
        }
    }

    /// Pushes the low half of slot b + imm.
    pub fn right32(&mut self, b: u8, imm: i64) {
        if b == slot::ZERO {
            self.i().i32_const(imm as i32);
            return;
        }
        self.get32(b);
        if imm != 0 {
            self.i().i32_const(imm as i32).i32_add();
        }
    }
}

fn insert(e: &mut Emitter, op: &Op, mask: i64, shift: i64) {
    let within = e.width(op.a) <= u64::from(mask != 0xff);
    if e.is_narrow(op.d) {
        e.get32(op.d);
        e.i().i32_const(!(mask << shift) as i32).i32_and();
        e.get32(op.a);
        if !within {
            e.i().i32_const(mask as i32).i32_and();
        }
        if shift != 0 {
            e.i().i32_const(shift as i32).i32_shl();
        }
        e.i().i32_or();
        return e.set32(op.d);
    }
    e.get(op.d);
    e.i().i64_const(!(mask << shift)).i64_and();
    e.get(op.a);
    if !within {
        e.i().i64_const(mask).i64_and();
    }
    if shift != 0 {
        e.i().i64_const(shift).i64_shl();
    }
    e.i().i64_or();
    e.set(op.d);
}

fn zero_extend(e: &mut Emitter, op: &Op, shift: i64, mask: i64) {
    let log2 = u64::from(mask != 0xff);
    let within = shift == 0 && e.width(op.a) <= log2;
    if e.is_narrow(op.d) || e.is_narrow(op.a) {
        e.get32(op.a);
        if shift != 0 {
            e.i().i32_const(shift as i32).i32_shr_u();
        }
        if !within {
            e.i().i32_const(mask as i32).i32_and();
        }
        e.set32(op.d);
    } else {
        e.get(op.a);
        if shift != 0 {
            e.i().i64_const(shift).i64_shr_u();
        }
        if !within {
            e.i().i64_const(mask).i64_and();
        }
        e.set(op.d);
    }
    e.set_width(op.d, log2);
}

/// Position of `code` in a run of the table that begins with `first`.
pub(super) fn offset(code: OpCode, first: OpCode) -> usize {
    (code as usize).wrapping_sub(first as usize)
}

/// Loads and stores.
fn memory(e: &mut Emitter, op: &Op) -> bool {
    let load = offset(op.code, OpCode::Ld8);
    let rmw = offset(op.code, OpCode::LdRmw8);
    let store = offset(op.code, OpCode::St8);
    let form = |n: usize| Address::of(op, n & 1 != 0, n & 2 != 0 || !e.layout.bits64);
    if load < 9 * 4 {
        let a = form(load % 4);
        let bytes = [1, 2, 4, 8, 1, 1, 2, 2, 4][load / 4];
        let at = e.address(&a, bytes, Access::Read);
        if e.is_narrow(op.d) && op.d != slot::SINK && load / 4 < 3 {
            match load / 4 {
                0 => e.i().i32_load8_u(at),
                1 => e.i().i32_load16_u(at),
                _ => e.i().i32_load(at),
            };
            e.set32(op.d);
            e.set_width(op.d, if load / 4 < 2 { load as u64 / 4 } else { 3 });
            return true;
        }
        let mut i = e.i();
        match load / 4 {
            0 => i.i64_load8_u(at),
            1 => i.i64_load16_u(at),
            2 => i.i64_load32_u(at),
            3 => i.i64_load(at),
            4 => i.i32_load8_s(at).i64_extend_i32_u(),
            5 => i.i64_load8_s(at),
            6 => i.i32_load16_s(at).i64_extend_i32_u(),
            7 => i.i64_load16_s(at),
            _ => i.i64_load32_s(at),
        };
        e.set(op.d);
        e.set_width(op.d, if load / 4 < 2 { load as u64 / 4 } else { 3 });
        return true;
    }
    if rmw < 4 {
        let a = form(0);
        let at = e.address(&a, 1 << rmw, Access::Write);
        let mut i = e.i();
        match rmw {
            0 => i.i64_load8_u(at),
            1 => i.i64_load16_u(at),
            2 => i.i64_load32_u(at),
            _ => i.i64_load(at),
        };
        e.set(op.d);
        e.set_width(op.d, if rmw < 2 { rmw as u64 } else { 3 });
        e.checked_store = Some((op.a, op.imm));
        return true;
    }
    if store < 16 {
        let a = form(store % 4);
        let checked = e.check == Check::Own && e.checked_store == Some((op.a, op.imm));
        let at = if store.is_multiple_of(4) && checked {
            e.address_again(&a)
        } else {
            e.address(&a, 1 << (store / 4), Access::Write)
        };
        if e.is_narrow(op.d) && store / 4 < 3 {
            e.get32(op.d);
            match store / 4 {
                0 => e.i().i32_store8(at),
                1 => e.i().i32_store16(at),
                _ => e.i().i32_store(at),
            };
            return true;
        }
        e.get(op.d);
        let mut i = e.i();
        match store / 4 {
            0 => i.i64_store8(at),
            1 => i.i64_store16(at),
            2 => i.i64_store32(at),
            _ => i.i64_store(at),
        };
        return true;
    }
    false
}

/// A load that nobody uses. Wasm has no other way to ask for a line; engines keep the load because it
/// could trap. Where memory has holes it would, so only over the emulator's own memory, and inside it.
fn prefetch(e: &mut Emitter, op: &Op) {
    if e.options.checked || !e.layout.shared {
        return;
    }
    let address = e.scratch(I32);
    e.sum32(&Address::of(op, true, true), Layout::BIAS);
    e.i().local_tee(address).i32_const(16).i32_shr_u().memory_size(0).i32_lt_u();
    e.likely();
    e.if_();
    e.i().local_get(address).i32_load8_u(GUEST).drop();
    e.close();
}

/// LOCK forms by wasm atomics; a misaligned operand leaves.
fn atomic(e: &mut Emitter, op: &Op) -> bool {
    let log2 = u32::from(op.c & 3);
    let width = 8 << log2;
    let mask = i64::MAX as u64 >> (63 - width.min(63)) | 1 << (width - 1);
    // Neg has no wasm form.
    if op.code == OpCode::Atomic && op.e > 4 {
        return false;
    }
    let a = Address::slot(op.a, 0, !e.layout.bits64);
    let address = e.scratch(I32);
    e.linear_address(&a, 1 << log2, Access::Write);
    e.i().local_set(address);
    if log2 > 0 {
        e.i().local_get(address).i32_const((1 << log2) - 1).i32_and();
        e.side_exit_if();
    }
    let m = at(0, log2);
    e.i().local_get(address);
    if op.code == OpCode::AtomicCmpxchg {
        e.get(op.imm as u8);
        if log2 < 3 {
            e.i().i64_const(mask as i64).i64_and();
        }
    }
    e.get(op.b);
    let mut i = e.i();
    if op.code == OpCode::AtomicCmpxchg {
        match log2 {
            0 => i.i64_atomic_rmw8_cmpxchg_u(m),
            1 => i.i64_atomic_rmw16_cmpxchg_u(m),
            2 => i.i64_atomic_rmw32_cmpxchg_u(m),
            _ => i.i64_atomic_rmw_cmpxchg(m),
        };
    } else {
        match (op.e, log2) {
            (0, 0) => i.i64_atomic_rmw8_add_u(m),
            (0, 1) => i.i64_atomic_rmw16_add_u(m),
            (0, 2) => i.i64_atomic_rmw32_add_u(m),
            (0, _) => i.i64_atomic_rmw_add(m),
            (1, 0) => i.i64_atomic_rmw8_and_u(m),
            (1, 1) => i.i64_atomic_rmw16_and_u(m),
            (1, 2) => i.i64_atomic_rmw32_and_u(m),
            (1, _) => i.i64_atomic_rmw_and(m),
            (2, 0) => i.i64_atomic_rmw8_or_u(m),
            (2, 1) => i.i64_atomic_rmw16_or_u(m),
            (2, 2) => i.i64_atomic_rmw32_or_u(m),
            (2, _) => i.i64_atomic_rmw_or(m),
            (3, 0) => i.i64_atomic_rmw8_xor_u(m),
            (3, 1) => i.i64_atomic_rmw16_xor_u(m),
            (3, 2) => i.i64_atomic_rmw32_xor_u(m),
            (3, _) => i.i64_atomic_rmw_xor(m),
            (_, 0) => i.i64_atomic_rmw8_xchg_u(m),
            (_, 1) => i.i64_atomic_rmw16_xchg_u(m),
            (_, 2) => i.i64_atomic_rmw32_xchg_u(m),
            _ => i.i64_atomic_rmw_xchg(m),
        };
    }
    e.set(op.d);
    true
}
