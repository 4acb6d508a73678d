//! Native emission of x87 operations: the common case of each is a call of one of the
//! functions of [`library`], which are part of the module; whatever else goes to the
//! interpreter's own function.
//!
//! Everything stays in the state in memory, TOP and tags included: a store forwarded to
//! the next load costs less than the arithmetic between them, and every way out and every
//! helper finds the state as it must be. Only what TOP was at the first x87 operation of
//! a block is kept in a local; from there the register numbers are static.

pub(in crate::emit) mod library;

use tawaki_cpu::CpuState;
use tawaki_cpu::flags::kind;
use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::{Segment, slot};
use wasm_encoder::ValType;

use self::library::{PENDING, field};
use super::memory::{Access, GUEST};
use super::vector::{is_x87, operand};
use super::{Emitter, STATE, at, new_local};
use crate::region::Region;

/// Whether a region needs the library.
pub(super) fn needed(region: &Region) -> bool {
    let mut ops = region.nodes.iter().flat_map(|n| n.block.ops.iter());
    ops.any(|op| op.code == OpCode::Vector && is_x87(VecOp::from_e(op.e)))
}

/// What an operation takes as its second operand.
enum Source {
    St(u8),
    F32,
    F64,
    I16,
    I32,
    I64,
    Constant(i64, i32),
}

/// Emits an x87 operation.
pub fn emit(e: &mut Emitter, op: &Op) {
    use VecOp::*;
    let code = VecOp::from_e(op.e);
    match code {
        FldM32 => push(e, op, Source::F32),
        FldM64 => push(e, op, Source::F64),
        FildM16 => push(e, op, Source::I16),
        FildM32 => push(e, op, Source::I32),
        FildM64 => push(e, op, Source::I64),
        FldSt => push(e, op, Source::St(op.c)),
        // The others depend on the rounding control.
        Fconst if op.d == 0 => push(e, op, Source::Constant(i64::MIN, 0x3fff)),
        Fconst if op.d == 6 => push(e, op, Source::Constant(0, 0)),
        FarithM32 => arithmetic(e, op, Source::F32),
        FarithM64 => arithmetic(e, op, Source::F64),
        FarithI16 => arithmetic(e, op, Source::I16),
        FarithI32 => arithmetic(e, op, Source::I32),
        FarithSt => {
            let from = if op.d & 8 != 0 { 0 } else { op.c };
            arithmetic(e, op, Source::St(from));
        }
        FcomSt => compare(e, op, Source::St(op.c), op.d & 3),
        Ftst => compare(e, op, Source::Constant(0, 0), 0),
        FcomiSt => compare_flags(e, op),
        FstM64 => store(e, op, 8, library::STORE64, None),
        FstM32 => store(e, op, 4, library::STORE32, None),
        FistM16 => store(e, op, 2, library::STORE_INT, Some((i64::from(i16::MAX), false))),
        FistM32 => store(e, op, 4, library::STORE_INT, Some((i64::from(i32::MAX), false))),
        FistM64 => store(e, op, 8, library::STORE_INT, Some((i64::MAX, false))),
        FisttpM16 => store(e, op, 2, library::STORE_INT, Some((i64::from(i16::MAX), true))),
        FisttpM32 => store(e, op, 4, library::STORE_INT, Some((i64::from(i32::MAX), true))),
        FisttpM64 => store(e, op, 8, library::STORE_INT, Some((i64::MAX, true))),
        Fxch => simple(e, op, library::EXCHANGE, Some(op.c), &[], 0),
        FstSt => simple(e, op, library::COPY, Some(op.c), &[i32::from(op.d & 1)], op.d & 1),
        Fchs => simple(e, op, library::SIGN, None, &[0xffff, 0x8000], 0),
        Fabs => simple(e, op, library::SIGN, None, &[0x7fff, 0], 0),
        Fsqrt => simple(e, op, library::SQRT, None, &[0], 0),
        FnstswAx => {
            e.i().local_get(STATE).i64_load16_u(at(field!(sw), 1));
            e.set(op.d);
        }
        Fwait => {
            e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(PENDING).i32_and();
            e.side_exit_if();
        }
        Fldcw => load_control(e, op),
        Fnstcw => {
            e.address(&operand(op, e.layout), 2, Access::Write);
            e.i().local_get(STATE).i32_load16_u(at(field!(cw), 1)).i32_store16(GUEST);
        }
        FpuCode | FpuData => pointers(e, op, code),
        _ => e.fallback(op),
    }
}

/// What is known of TOP: the local holds it as it was when `depth` was 0, which is at the
/// start of every block; it is the local plus `depth` now (modulo 8).
#[derive(Clone, Copy, Debug)]
pub(super) struct Top {
    local: u32,
    depth: u8,
}

/// Loads TOP, or finds it known.
fn top(e: &mut Emitter) -> Top {
    if let Some(top) = e.x87_top {
        return top;
    }
    let local = local(e);
    let top = Top { local, depth: 0 };
    e.x87_top = Some(top);
    reload(e, top);
    top
}

/// The local that holds TOP.
fn local(e: &mut Emitter) -> u32 {
    match e.x87_local {
        Some(local) => local,
        None => *e.x87_local.insert(new_local(&mut e.locals, ValType::I32)),
    }
}

/// Where a region with x87 operations is entered, and where it goes on after a call: loads
/// TOP. From there it is followed, because in memory it lies with what operations raise:
/// each round of a loop would wait for the last rounding of the one before.
pub(super) fn enter(e: &mut Emitter) {
    let local = local(e);
    reload(e, Top { local, depth: 0 });
}

/// At the start of a block.
pub(super) fn begin(e: &mut Emitter) {
    let local = local(e);
    e.x87_top = Some(Top { local, depth: 0 });
}

/// At the end of a block: the local becomes what TOP is now.
pub(super) fn finish(e: &mut Emitter) {
    match e.x87_top {
        None => _ = top(e),
        Some(Top { depth: 0, .. }) => {}
        Some(Top { local, depth }) => {
            e.i().local_get(local).i32_const(i32::from(depth)).i32_add().i32_const(7).i32_and();
            e.i().local_set(local);
        }
    }
}

/// The local from TOP in memory.
fn reload(e: &mut Emitter, top: Top) {
    e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(11).i32_shr_u();
    if top.depth != 0 {
        e.i().i32_const(i32::from(top.depth)).i32_sub();
    }
    e.i().i32_const(7).i32_and().local_set(top.local);
}

/// Pushes the number of the register that is ST(n).
fn register(e: &mut Emitter, n: u8) {
    let top = top(e);
    e.i().local_get(top.local);
    let n = top.depth.wrapping_add(n) & 7;
    if n != 0 {
        e.i().i32_const(i32::from(n)).i32_add().i32_const(7).i32_and();
    }
}

/// After an operation in its common case: TOP has moved. `e.x87_top` is forgotten by a
/// fallback, so the knowledge from before is passed in.
fn moved(e: &mut Emitter, before: Top, by: u8) {
    e.x87_top = Some(Top { depth: before.depth.wrapping_add(by) & 7, ..before });
}

fn call(e: &mut Emitter, number: u32) {
    let function = e.x87_function(number);
    e.i().call(function);
}

/// Pops an i32: not zero means that the interpreter's function has to do it. Either way
/// TOP has moved by `by` then, or is looked up.
fn otherwise(e: &mut Emitter, op: &Op, by: u8) {
    e.if_();
    slowly(e, op, by);
    e.close();
}

/// By the interpreter's function; what follows relies on TOP having moved by `by`.
fn slowly(e: &mut Emitter, op: &Op, by: u8) {
    let before = top_known(e);
    e.fallback(op);
    // Not at the end of the instruction, where nobody knows which way was taken.
    e.leave_if_changed();
    moved(e, before, by);
    if let Some(after) = e.x87_top {
        reload(e, after);
    }
}

/// TOP as an operation that has used it knows it.
fn top_known(e: &mut Emitter) -> Top {
    e.x87_top.unwrap_or(Top { local: 0, depth: 0 })
}

/// Pushes a value of the library: two wasm values.
fn value(e: &mut Emitter, op: &Op, source: &Source) {
    let bytes = match source {
        Source::St(n) => {
            e.i().local_get(STATE);
            register(e, *n);
            return call(e, library::GET);
        }
        Source::Constant(m, se) => {
            e.i().i64_const(*m).i32_const(*se);
            return;
        }
        Source::I16 => 2,
        Source::F32 | Source::I32 => 4,
        Source::F64 | Source::I64 => 8,
    };
    e.address(&operand(op, e.layout), bytes, Access::Read);
    match source {
        Source::F32 => e.i().i32_load(GUEST),
        Source::I16 => e.i().i64_load16_s(GUEST),
        Source::I32 => e.i().i64_load32_s(GUEST),
        _ => e.i().i64_load(GUEST),
    };
    let convert = match source {
        Source::F32 => library::EXPAND32,
        Source::F64 => library::EXPAND64,
        _ => library::FROM_INT,
    };
    call(e, convert);
}

fn push(e: &mut Emitter, op: &Op, source: Source) {
    e.i().local_get(STATE);
    register(e, 7);
    value(e, op, &source);
    call(e, library::PUSH);
    otherwise(e, op, 7);
}

/// `d`: the operation, bit 3 the result goes to ST(c), bit 4 pop; only the operation
/// when the operand is in memory.
fn arithmetic(e: &mut Emitter, op: &Op, source: Source) {
    let registers = matches!(source, Source::St(_));
    let kind = op.d & 7;
    if kind & 6 == 2 {
        return compare(e, op, source, kind & 1);
    }
    let to = if registers && op.d & 8 != 0 { op.c } else { 0 };
    let pop = if registers { op.d >> 4 & 1 } else { 0 };
    e.i().local_get(STATE);
    register(e, to);
    e.i().i32_const(i32::from(pop));
    value(e, op, &source);
    const SIGN: i32 = 0x8000;
    let function = match kind {
        0 | 4 | 5 => {
            e.i().i32_const(if kind == 5 { SIGN } else { 0 }).i32_const(if kind == 4 { SIGN } else { 0 });
            library::ADD
        }
        1 => library::MUL,
        _ => {
            e.i().i32_const(i32::from(kind == 7));
            library::DIV
        }
    };
    call(e, function);
    otherwise(e, op, pop);
}

fn compare(e: &mut Emitter, op: &Op, source: Source, pops: u8) {
    e.i().local_get(STATE);
    register(e, 0);
    value(e, op, &source);
    e.i().i32_const(i32::from(pops));
    call(e, library::COM);
    otherwise(e, op, pops);
}

/// FCOMI: into EFLAGS.
fn compare_flags(e: &mut Emitter, op: &Op) {
    let bits = e.scratch(ValType::I32);
    e.i().local_get(STATE);
    register(e, 0);
    value(e, op, &Source::St(op.c));
    e.i().i32_const(i32::from(op.d & 3));
    call(e, library::COMI);
    e.i().local_tee(bits).i32_const(0).i32_lt_s();
    e.if_();
    slowly(e, op, op.d & 3);
    e.else_();
    e.i().local_get(bits);
    e.set32(slot::FLAG_R);
    e.i().i64_const(kind::BITS as i64);
    e.set(slot::FLAG_KIND);
    e.close();
}

/// FST, FIST, FISTTP; `integer`: largest magnitude, truncate. `d` pops.
fn store(e: &mut Emitter, op: &Op, bytes: u32, function: u32, integer: Option<(i64, bool)>) {
    let (address, bits, refused) =
        (e.scratch(ValType::I32), e.scratch(ValType::I64), e.scratch(ValType::I32));
    e.address(&operand(op, e.layout), bytes, Access::Write);
    // FISTP m64 and FISTTP are lifted with their pop in `d` too.
    let pop = op.d & 1;
    e.i().local_set(address).local_get(STATE);
    register(e, 0);
    e.i().i32_const(i32::from(pop));
    if let Some((largest, truncate)) = integer {
        e.i().i64_const(largest).i32_const(i32::from(truncate));
    }
    call(e, function);
    e.i().local_set(refused).local_set(bits).local_get(refused);
    e.if_();
    slowly(e, op, pop);
    e.else_();
    e.i().local_get(address).local_get(bits);
    match bytes {
        2 => e.i().i64_store16(GUEST),
        4 => e.i().i64_store32(GUEST),
        _ => e.i().i64_store(GUEST),
    };
    e.close();
}

/// A function of ST(0), of another register perhaps, and constants.
fn simple(e: &mut Emitter, op: &Op, function: u32, other: Option<u8>, arguments: &[i32], by: u8) {
    e.i().local_get(STATE);
    register(e, 0);
    if let Some(other) = other {
        register(e, other);
    }
    for &argument in arguments {
        e.i().i32_const(argument);
    }
    call(e, function);
    otherwise(e, op, by);
}

/// FLDCW: common when it masks everything and nothing is pending.
fn load_control(e: &mut Emitter, op: &Op) {
    let word = e.scratch(ValType::I32);
    e.address(&operand(op, e.layout), 2, Access::Read);
    e.i().i32_load16_u(GUEST).local_tee(word).i32_const(0x3f).i32_and().i32_const(0x3f).i32_ne();
    e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(PENDING).i32_and().i32_or();
    let known = e.x87_top;
    e.if_();
    e.fallback(op);
    e.leave_if_changed();
    // FLDCW does not move TOP.
    e.x87_top = known;
    e.else_();
    e.i().local_get(STATE).local_get(word).i32_const(0x1f3f).i32_and().i32_const(0x40).i32_or();
    e.i().i32_store16(at(field!(cw), 1));
    e.close();
}

/// The instruction and operand pointers.
fn pointers(e: &mut Emitter, op: &Op, code: VecOp) {
    let selector = |s: u8| std::mem::offset_of!(CpuState, segment) as u32 + 2 * u32::from(s);
    if code == VecOp::FpuCode {
        e.i().local_get(STATE).i64_const(op.imm & 0xffff_ffff_ffff).i64_store(at(field!(last_ip), 3));
        e.i()
            .local_get(STATE)
            .i32_const((op.imm as u64 >> 48) as i32)
            .i32_store16(at(field!(last_opcode), 1));
        e.i().local_get(STATE).local_get(STATE).i32_load16_u(at(selector(Segment::Cs as u8), 1));
        e.i().i32_store16(at(field!(last_cs), 1));
        return;
    }
    e.i().local_get(STATE);
    e.sum64(&operand(op, e.layout));
    if !e.layout.bits64 {
        e.i().i64_const(0xffff_ffff).i64_and();
    }
    e.i().i64_store(at(field!(last_dp), 3));
    e.i().local_get(STATE);
    if op.d < 6 {
        e.i().local_get(STATE).i32_load16_u(at(selector(op.d), 1));
    } else {
        e.i().i32_const(0);
    }
    e.i().i32_store16(at(field!(last_ds), 1));
}
