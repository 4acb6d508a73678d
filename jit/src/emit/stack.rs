//! The guest's stack pointer, which pushes and pops in a row change only once.
//!
//! [`Emitter::stack`] is how far RSP's local is behind. Accesses relative to RSP add it to their
//! displacement; whatever else looks at RSP, or can leave the function, comes after [`settle`].
//! A function that saves six registers so does one addition instead of six, each of which waited
//! for the one before.

use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::ValType::{I32, I64};

use super::int::offset;
use super::memory::{Access, Address};
use super::{Emitter, STATE, at};
use crate::analysis::{Effects, Set};
use crate::layout::Layout;

/// Adds to RSP, when it is settled.
pub(super) fn advance(e: &mut Emitter, bytes: i64) {
    e.stack = e.stack.wrapping_add(bytes);
}

/// Makes RSP's local right.
pub(super) fn settle(e: &mut Emitter) {
    let bytes = std::mem::take(&mut e.stack);
    if bytes == 0 {
        return;
    }
    if e.is_narrow(slot::RSP) {
        e.get_local(slot::RSP);
        e.i().i32_const(bytes as i32).i32_add();
        e.set_local(slot::RSP);
    } else {
        e.get_local(slot::RSP);
        e.i().i64_const(bytes).i64_add();
        e.set_local(slot::RSP);
    }
}

/// Stores RSP, and what its local lacks, to the state.
pub(super) fn store(e: &mut Emitter, lacks: i64) {
    let all = lacks + i64::from(e.lead(slot::RSP));
    e.i().local_get(STATE);
    e.get_local(slot::RSP);
    if e.is_narrow(slot::RSP) {
        e.i().i32_const(all as i32).i32_add().i64_extend_i32_u();
    } else {
        e.i().i64_const(all).i64_add();
    }
    e.i().i64_store(at(Layout::slot(slot::RSP), 3));
}

/// Makes RSP's local right where it is that of the state unless something unusual happened.
pub(super) fn verify(e: &mut Emitter) {
    e.i().local_get(STATE);
    if e.is_narrow(slot::RSP) {
        e.i().i32_load(at(Layout::slot(slot::RSP), 2));
        e.get32(slot::RSP);
        e.i().i32_ne();
    } else {
        e.i().i64_load(at(Layout::slot(slot::RSP), 3));
        e.get(slot::RSP);
        e.i().i64_ne();
    }
    e.unlikely();
    e.if_();
    e.load_set(Set::slot(slot::RSP));
    e.close();
}

/// Before an operation with these effects: makes RSP's local right unless the operation has no
/// use for that.
pub(super) fn settle_for(e: &mut Emitter, op: &Op, effects: &Effects) {
    let looks = (effects.reads | effects.writes).has(slot::RSP) && !folds(e, op);
    // Vector operations are seldom between pushes, and some of them leave.
    if effects.sync || effects.exits || looks || op.code == OpCode::Vector {
        settle(e);
    }
}

/// Whether an operation is a constant added to RSP.
pub(super) fn moves(e: &Emitter, op: &Op) -> bool {
    let code = if e.layout.bits64 { OpCode::AddI64 } else { OpCode::AddI32 };
    op.code == code && op.a == slot::RSP && op.d == slot::RSP
}

/// Whether an operation uses RSP only as the base of an address, or moves it.
fn folds(e: &Emitter, op: &Op) -> bool {
    use OpCode::*;
    let loads = offset(op.code, Ld8) < 9 * 4 || offset(op.code, LdRmw8) < 4;
    let stores = offset(op.code, St8) < 16;
    match op.code {
        Push64 | Push32 => op.a != slot::RSP,
        Pop64 | Pop32 => op.d != slot::RSP,
        Lea32 | Lea64 | Prefetch => op.d != slot::RSP && op.b != slot::RSP,
        _ if loads || stores => op.d != slot::RSP && op.b != slot::RSP,
        _ => moves(e, op),
    }
}

/// Pushes on the guest's stack: `value` is called to push the value, an i64 if `wide`, else an
/// i32. It is not RSP's while that is not right.
pub(super) fn push(e: &mut Emitter, wide: bool, value: impl FnOnce(&mut Emitter)) {
    let bytes = if wide { 8 } else { 4 };
    let a = Address::slot(slot::RSP, -bytes, !e.layout.bits64);
    let at = e.address(&a, bytes as u32, Access::Write);
    value(e);
    if wide {
        e.i().i64_store(at);
    } else {
        e.i().i32_store(at);
    }
    advance(e, -bytes);
}

pub(super) fn pop(e: &mut Emitter, op: &Op) {
    let wide = op.code == OpCode::Pop64;
    let (bytes, ty) = if wide { (8, I64) } else { (4, I32) };
    let a = Address::slot(slot::RSP, 0, !e.layout.bits64);
    let at = e.address(&a, bytes as u32, Access::Read);
    if wide {
        e.i().i64_load(at);
    } else {
        e.i().i32_load(at);
    }
    advance(e, bytes);
    if op.d == slot::RSP {
        let value = e.scratch(ty);
        e.i().local_set(value);
        settle(e);
        e.i().local_get(value);
    }
    if wide {
        e.set(op.d);
    } else {
        e.set32(op.d);
    }
}
