//! Calls and returns.

use std::mem::offset_of;

use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::{BlockType, ValType};

use super::control::{Context, arguments, goto, holds_stack};
use super::memory::{Access, Address};
use super::module::{Batch, DISPATCH, DISPATCH_SHIFT, REGION_TYPE, dispatch_line, mxcsr_differs};
use super::stack::{self, push};
use super::{CTX, Emitter, Leave, at, x87};
use crate::analysis::{self, Set};
use crate::layout::{DispatchEntry, ExitKind, dispatch_index};
use crate::region::{End, Target};

/// Moves an indirect target into the `pc` local; what is not a 32-bit address leaves
/// before the instruction.
pub(super) fn target_to_pc(e: &mut Emitter, wide: bool, value: u32) {
    let pc = e.pc;
    if wide {
        leave_if_wide(e, value);
    }
    e.push_local(value);
    e.i().i32_wrap_i64().local_set(pc);
}

/// Leaves before the instruction if the target is not a 32-bit address.
fn leave_if_wide(e: &mut Emitter, value: u32) {
    e.push_local(value);
    e.i().i64_const(32).i64_shr_u().i32_wrap_i64();
    if e.stack == 0 {
        return e.side_exit_if();
    }
    let stack = e.stack;
    e.unlikely();
    e.if_();
    stack::settle(e);
    e.exit(e.rip, ExitKind::Interpret);
    e.close();
    e.stack = stack;
}

/// Calls the function that the dispatch table has for the address in `target`, or for the one
/// that is known, and pushes where it came back to; the address itself if there is none.
fn call_by_table(e: &mut Emitter, target: u32, known: Option<u32>) {
    let line = e.scratch(ValType::I32);
    e.i().local_get(CTX).i32_load(at(DISPATCH, 2));
    match known {
        Some(rip) => _ = e.i().i32_const((dispatch_index(rip) << DISPATCH_SHIFT) as i32),
        None => dispatch_line(&mut e.i(), target),
    }
    e.i().i32_add().local_tee(line).i32_load(at(offset_of!(DispatchEntry, rip) as u32, 2));
    let push = |e: &mut Emitter| match known {
        Some(rip) => _ = e.i().i32_const(rip as i32),
        None => _ = e.i().local_get(target),
    };
    push(e);
    e.i().i32_eq();
    e.likely();
    e.i().if_(BlockType::Result(ValType::I32));
    arguments(e);
    e.i().local_get(line).i32_load(at(offset_of!(DispatchEntry, index) as u32, 2));
    e.i().call_indirect(0, REGION_TYPE).else_();
    push(e);
    e.i().end();
}

pub(super) fn call(
    e: &mut Emitter,
    c: &mut Context,
    n: usize,
    op: &Op,
    to: (&[u64], u64, Target),
    end: &End,
) {
    let (callees, back, next) = to;
    let wide = matches!(op.code, OpCode::Call64 | OpCode::CallInd64);
    let direct = matches!(op.code, OpCode::Call64 | OpCode::Call32);
    let target = e.scratch(ValType::I32);
    let value = (!direct).then(|| e.scratch(ValType::I64));
    if let Some(value) = value {
        e.get(op.a);
        e.i().local_set(value);
    }
    stack::settle(e);
    // Before the look at the address, whose way out then has nothing else to store.
    // The local keeps what RSP is when the callee has returned. Loaded, each call would wait for
    // what its callee stored, and that for what the callee loaded.
    let stored = analysis::stored_at_end(end, e.dirty, e.batch).without(Set::slot(slot::RSP));
    let stored = e.meaningful(stored);
    e.store_set(stored);
    e.dirty = e.dirty.without(stored);
    if let Some(value) = value {
        target_to_pc(e, wide, value);
        e.push_local(e.pc);
        e.i().local_set(target);
    }
    push(e, wide, |e| {
        if wide {
            e.i().i64_const(back as i64);
        } else {
            e.i().i32_const(back as i32);
        }
    });
    let pushed = std::mem::take(&mut e.stack);
    stack::store(e, pushed);
    let holds = holds_stack(c, n, next);
    (e.dirty, e.held) = (Set::EMPTY, if holds { Set::slot(slot::RSP) } else { Set::EMPTY });
    e.lows = Default::default();
    e.kind = None;
    let pc = e.pc;
    let sibling = callees.iter().find_map(|&t| e.batch.sibling(t).map(|f| (t, f)));
    match sibling {
        Some((_, function)) if direct => {
            arguments(e);
            e.i().call(function).local_set(pc);
        }
        Some((guess, function)) => {
            e.i().local_get(target).i32_const(guess as i32).i32_eq();
            e.likely();
            e.i().if_(BlockType::Result(ValType::I32));
            arguments(e);
            e.i().call(function).else_();
            call_by_table(e, target, None);
            e.i().end().local_set(pc);
        }
        None => {
            let known = direct.then(|| callees.first().copied().unwrap_or_default() as u32);
            call_by_table(e, target, known);
            e.i().local_set(pc);
        }
    }
    e.push_local(pc);
    e.i().i32_const(back as i32).i32_ne();
    e.unlikely();
    e.if_();
    arguments(e);
    e.i().local_get(pc).i32_const(back as i32).call(Batch::RESUME).local_tee(pc);
    e.i().i32_const(back as i32).i32_ne();
    e.if_();
    e.i().local_get(pc).return_();
    e.close();
    e.close();
    if holds {
        stack::verify(e);
    }
    if c.floats {
        mxcsr_differs(&mut e.i());
        e.exit_if(back, ExitKind::Next);
    }
    if c.x87 {
        x87::enter(e);
        x87::begin(e);
    }
    goto(e, c, n, next);
}

/// Pops the return address into the `pc` local.
pub(super) fn return_address(e: &mut Emitter, op: &Op) {
    let value = load_return_address(e, op);
    target_to_pc(e, op.code == OpCode::Ret64, value);
    drop_return_address(e, op);
}

/// Pops the return address; leaves unless it is `back`.
pub(super) fn return_to(e: &mut Emitter, op: &Op, back: u64) {
    let value = load_return_address(e, op);
    e.push_local(value);
    e.i().i64_const(back as i64).i64_ne();
    e.unlikely();
    e.if_();
    let before = (e.dirty, e.stack);
    target_to_pc(e, op.code == OpCode::Ret64, value);
    ret_behind(e, op);
    e.close();
    (e.dirty, e.stack) = before;
    drop_return_address(e, op);
}

/// Loads the return address into a scratch local.
fn load_return_address(e: &mut Emitter, op: &Op) -> u32 {
    let wide = op.code == OpCode::Ret64;
    let value = e.scratch(ValType::I64);
    let a = Address::slot(slot::RSP, 0, !e.layout.bits64);
    let at = e.address(&a, if wide { 8 } else { 4 }, Access::Read);
    if wide {
        e.i().i64_load(at).local_set(value);
    } else {
        e.i().i64_load32_u(at).local_set(value);
    }
    value
}

/// Takes the return address, and what the instruction drops behind it, off the stack.
fn drop_return_address(e: &mut Emitter, op: &Op) {
    advance_past(e, op);
    stack::settle(e);
    e.dirty |= Set::slot(slot::RSP);
}

fn advance_past(e: &mut Emitter, op: &Op) {
    let bytes = if op.code == OpCode::Ret64 { 8 } else { 4 };
    stack::advance(e, bytes + op.imm);
}

fn ret_behind(e: &mut Emitter, op: &Op) {
    drop_return_address(e, op);
    e.leave_by(e.dirty, Leave::Return, false);
}

/// Chromium's baseline code counts at a return how far into the function that is, and what was counted is what
/// makes it optimise a function: so a return stands where it is, not behind everything.
pub(super) fn ret(e: &mut Emitter, op: &Op) {
    let value = load_return_address(e, op);
    // Before the look at the address, whose way out then has nothing else to store.
    let stored = e.meaningful(e.dirty & Set::MACHINE).without(Set::slot(slot::RSP));
    e.store_set(stored);
    e.dirty = e.dirty & Set::slot(slot::RSP);
    if op.code == OpCode::Ret64 {
        leave_if_wide(e, value);
    }
    advance_past(e, op);
    let lacks = std::mem::take(&mut e.stack);
    stack::store(e, lacks);
    e.push_local(value);
    e.i().i32_wrap_i64().return_();
}
