//! Native emission of x87 operations: the common case of each is a call of one of the
//! functions of [`library`], which are part of the module; whatever else goes to the
//! interpreter's own function.
//!
//! Registers, tags and status stay in locals: see [`cache`], and [`meet`](mod@meet) for where ways meet.

mod cache;
mod inline;
pub(in crate::emit) mod library;
mod meet;

use tawaki_cpu::CpuState;
use tawaki_cpu::flags::kind;
use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::{Segment, slot};
use wasm_encoder::ValType;

use self::cache::Pair;
pub(in crate::emit) use self::cache::{X87, begin, enter, finish, flush, here, restore, save, unsaved};
use self::inline::Operand;
use self::library::{MARK, field};
pub(in crate::emit) use self::meet::{Record, Way, arrive, meet, met};
use super::memory::Access;
use super::vector::{is_x87, operand};
use super::{Emitter, STATE, at};
use crate::region::Region;

/// Whether a region needs the library.
pub(crate) fn needed(region: &Region) -> bool {
    region.nodes.iter().any(|n| among(&n.block.ops))
}

/// Whether some of the operations are the x87's.
pub(super) fn among(ops: &[Op]) -> bool {
    ops.iter().any(|op| op.code == OpCode::Vector && is_x87(VecOp::from_e(op.e)))
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
        FstM64 => store(e, op, 8, None),
        FstM32 => store(e, op, 4, None),
        FistM16 => store(e, op, 2, Some((i64::from(i16::MAX), false))),
        FistM32 => store(e, op, 4, Some((i64::from(i32::MAX), false))),
        FistM64 => store(e, op, 8, Some((i64::MAX, false))),
        FisttpM16 => store(e, op, 2, Some((i64::from(i16::MAX), true))),
        FisttpM32 => store(e, op, 4, Some((i64::from(i32::MAX), true))),
        FisttpM64 => store(e, op, 8, Some((i64::MAX, true))),
        Fxch => exchange(e, op),
        FstSt => copy(e, op),
        Fchs => sign(e, op, 0xffff | MARK, 0x8000),
        Fabs => sign(e, op, 0x7fff | MARK, 0),
        Fsqrt => root(e, op),
        FnstswAx => {
            cache::status_word(e);
            e.i().i64_extend_i32_u();
            e.set(op.d);
        }
        Fwait => cache::open(e),
        Fldcw => load_control(e, op),
        Fnstcw => {
            let to = e.address(&operand(op, e.layout), 2, Access::Write);
            e.i().local_get(STATE).i32_load16_u(at(field!(cw), 1)).i32_store16(to);
        }
        FpuCode | FpuData => pointers(e, op, code),
        _ => fallback(e, op),
    }
}

/// By the interpreter's function, on the state in memory.
fn fallback(e: &mut Emitter, op: &Op) {
    cache::flush(e);
    e.fallback(op);
}

fn call(e: &mut Emitter, number: u32) {
    let function = e.x87_function(number);
    e.i().call(function);
}

/// Pops a value into a pair.
fn take(e: &mut Emitter, pair: Pair) {
    e.i().local_set(pair.se).local_set(pair.m);
}

/// The second operand, which is ST(n) or comes from memory.
fn source(e: &mut Emitter, op: &Op, source: &Source) -> Operand {
    let bytes = match source {
        Source::St(n) => {
            let place = e.x87.cache.place(*n);
            return Operand::Pair(cache::value(e, place));
        }
        Source::Constant(m, se) => {
            let pair = cache::new_pair(e);
            e.i().i64_const(*m).i32_const(*se);
            take(e, pair);
            return Operand::Pair(pair);
        }
        Source::I16 => 2,
        Source::F32 | Source::I32 => 4,
        Source::F64 | Source::I64 => 8,
    };
    let from = e.address(&operand(op, e.layout), bytes, Access::Read);
    match source {
        Source::F32 => {
            let bits = e.scratch(ValType::I32);
            e.i().i32_load(from).local_set(bits);
            return Operand::Single(bits);
        }
        Source::F64 => {
            let bits = e.scratch(ValType::I64);
            e.i().i64_load(from).local_set(bits);
            return Operand::Double(bits);
        }
        Source::I16 => e.i().i64_load16_s(from),
        Source::I32 => e.i().i64_load32_s(from),
        _ => e.i().i64_load(from),
    };
    let pair = cache::new_pair(e);
    inline::integer(e, pair);
    Operand::Pair(pair)
}

fn push(e: &mut Emitter, op: &Op, from: Source) {
    cache::open(e);
    if !cache::unused(e, 7) || !in_use(e, &from) {
        return fallback(e, op);
    }
    let new = cache::new_pair(e);
    let mut after = e.x87.cache;
    let from = source(e, op, &from);
    // What was loaded to be copied stays known.
    after.regs = e.x87.cache.regs;
    after.push(new);
    after.exact();
    match from {
        Operand::Pair(pair) => {
            e.i().local_get(pair.m).local_get(pair.se);
            take(e, new);
        }
        bits => {
            let rare = |e: &mut Emitter| {
                bits.value(e, new);
                cache::uncommon(e, new.se);
                cache::slowly_if(e, op, &after, |_| ());
            };
            inline::either(e, |e| inline::load(e, bits, new), rare);
        }
    }
    cache::end(e, after);
}

/// Leaves if an operand that is a register is empty; `false` if it surely is.
fn in_use(e: &mut Emitter, from: &Source) -> bool {
    if let Source::St(n) = from { cache::used(e, *n) } else { true }
}

/// `d`: the operation, bit 3 the result goes to ST(c), bit 4 pop; only the operation
/// when the operand is in memory.
fn arithmetic(e: &mut Emitter, op: &Op, from: Source) {
    let registers = matches!(from, Source::St(_));
    let kind = op.d & 7;
    if kind & 6 == 2 {
        return compare(e, op, from, kind & 1);
    }
    let to = if registers && op.d & 8 != 0 { op.c } else { 0 };
    let pop = if registers { op.d >> 4 & 1 } else { 0 };
    cache::open(e);
    if !cache::used(e, to) || !in_use(e, &from) {
        return fallback(e, op);
    }
    let b = source(e, op, &from);
    let place = e.x87.cache.place(to);
    let a = cache::value(e, place);
    let (result, usual) = (cache::new_pair(e), cache::usual(e));
    let mut after = e.x87.cache;
    after.write(place, result);
    after.inexact();
    after.pop(pop);
    // Subtraction and division from the right when bit 0 is set.
    let a = Operand::Pair(a);
    let operands = if matches!(kind, 5 | 7) { [b, a] } else { [a, b] };
    let inline = |e: &mut Emitter| {
        let work = inline::work(e);
        let numbers = inline::numbers(e, operands, usual);
        match kind {
            0 => inline::sum(e, &work, numbers, result, false),
            4 | 5 => inline::sum(e, &work, numbers, result, true),
            1 => inline::product(e, &work, numbers, result),
            _ => inline::quotient(e, &work, numbers, result),
        }
        cache::note(e, work.up, work.lo);
    };
    let rare = |e: &mut Emitter| {
        let [x, y] = operands.map(|o| o.pair(e));
        e.i().local_get(x.m).local_get(x.se).local_get(y.m).local_get(y.se);
        match kind {
            0 => call(e, library::ADD),
            4 | 5 => {
                e.i().i32_const(0x8000).i32_xor();
                call(e, library::ADD);
            }
            1 => call(e, library::MUL),
            _ => call(e, library::DIV),
        }
        take(e, result);
        cache::unusual(e, result.se, usual);
        cache::slowly_if(e, op, &after, |e| cache::note_flags(e, result.se));
    };
    inline::either(e, inline, rare);
    cache::end(e, after);
}

/// FSQRT.
fn root(e: &mut Emitter, op: &Op) {
    cache::open(e);
    if !cache::used(e, 0) {
        return fallback(e, op);
    }
    let place = e.x87.cache.place(0);
    let a = cache::value(e, place);
    let result = cache::new_pair(e);
    e.i().local_get(a.m).local_get(a.se);
    call(e, library::SQRT);
    take(e, result);
    let usual = cache::usual(e);
    let mut after = e.x87.cache;
    after.write(place, result);
    after.inexact();
    cache::unusual(e, result.se, usual);
    cache::unless(e, op, after, |e| cache::note_flags(e, result.se));
}

/// What a comparison is between, ST(0) first; pushes whether one is neither a normal number nor zero.
fn compared(e: &mut Emitter, op: &Op, from: &Source) -> (Pair, Pair) {
    let b = source(e, op, from).pair(e);
    let place = e.x87.cache.place(0);
    let a = cache::value(e, place);
    e.i().local_get(a.se).local_get(b.se).i32_or().i32_const(0).i32_lt_s();
    (a, b)
}

fn compare(e: &mut Emitter, op: &Op, from: Source, pops: u8) {
    cache::open(e);
    if !cache::used(e, 0) || !in_use(e, &from) {
        return fallback(e, op);
    }
    let (a, b) = compared(e, op, &from);
    let mut after = e.x87.cache;
    after.compared();
    after.pop(pops);
    cache::unless(e, op, after, |e| {
        let relation = e.scratch(ValType::I32);
        inline::relation(e, a, b, relation);
        // 1 gives C0 (bit 8), 2 gives C3 (bit 14).
        e.i().local_get(relation).i32_const(1).i32_and().i32_const(8).i32_shl();
        e.i().local_get(relation).i32_const(2).i32_and().i32_const(13).i32_shl().i32_or();
        cache::note_codes(e);
    });
}

/// FCOMI: into EFLAGS.
fn compare_flags(e: &mut Emitter, op: &Op) {
    cache::open(e);
    if !cache::used(e, 0) || !cache::used(e, op.c) {
        return fallback(e, op);
    }
    let (a, b) = compared(e, op, &Source::St(op.c));
    let mut after = e.x87.cache;
    after.pop(op.d & 3);
    cache::unless(e, op, after, |e| {
        let relation = e.scratch(ValType::I32);
        inline::relation(e, a, b, relation);
        // CF is bit 0, ZF bit 6.
        e.i().local_get(relation).i32_const(1).i32_and();
        e.i().local_get(relation).i32_const(2).i32_and().i32_const(5).i32_shl().i32_or();
        e.set32(slot::FLAG_R);
        e.i().i64_const(kind::BITS as i64);
        e.set(slot::FLAG_KIND);
    });
}

/// FST, FIST, FISTTP; `integer`: largest magnitude, truncate. `d` pops.
fn store(e: &mut Emitter, op: &Op, bytes: u32, integer: Option<(i64, bool)>) {
    cache::open(e);
    if !cache::used(e, 0) {
        return fallback(e, op);
    }
    let (address, bits, flags) = (e.scratch(ValType::I32), e.scratch(ValType::I64), e.scratch(ValType::I32));
    let to = e.address(&operand(op, e.layout), bytes, Access::Write);
    e.i().local_set(address);
    let place = e.x87.cache.place(0);
    let a = cache::value(e, place);
    let put = |e: &mut Emitter| {
        e.i().local_get(address).local_get(bits);
        match bytes {
            2 => e.i().i64_store16(to),
            4 => e.i().i64_store32(to),
            _ => e.i().i64_store(to),
        };
    };
    if let Some((largest, truncate)) = integer {
        e.i().local_get(a.m).local_get(a.se).i64_const(largest);
        if truncate {
            e.i().i32_const(3);
        } else {
            e.i().local_get(STATE).i32_load16_u(at(field!(cw), 1)).i32_const(10).i32_shr_u();
            e.i().i32_const(3).i32_and();
        }
        call(e, library::STORE_INT);
        e.i().local_set(flags).local_set(bits);
        cache::uncommon(e, flags);
        let after = stored(e, op);
        return cache::unless(e, op, after, |e| {
            put(e);
            cache::note_flags(e, flags);
        });
    }
    let (wide, usual) = (bytes == 8, cache::usual(e));
    let after = stored(e, op);
    let inline = |e: &mut Emitter| {
        let (up, rest) = (e.scratch(ValType::I32), e.scratch(ValType::I64));
        inline::narrowed(e, a, wide, usual, bits, [up, rest]);
        put(e);
        cache::note(e, up, rest);
    };
    let rare = |e: &mut Emitter| {
        e.i().local_get(a.m).local_get(a.se);
        call(e, if wide { library::STORE64 } else { library::STORE32 });
        e.i().local_set(flags).local_set(bits);
        cache::unusual(e, flags, usual);
        cache::slowly_if(e, op, &after, |e| {
            put(e);
            cache::note_flags(e, flags);
        });
    };
    inline::either(e, inline, rare);
    cache::end(e, after);
}

/// What is known behind a store.
fn stored(e: &Emitter, op: &Op) -> cache::Cache {
    let mut after = e.x87.cache;
    after.inexact();
    // FISTP m64 and FISTTP are lifted with their pop in `d` too.
    after.pop(op.d & 1);
    after
}

fn exchange(e: &mut Emitter, op: &Op) {
    cache::open(e);
    if !cache::used(e, 0) || !cache::used(e, op.c) {
        return fallback(e, op);
    }
    let (p, q) = (e.x87.cache.place(0), e.x87.cache.place(op.c));
    let (a, b) = (cache::value(e, p), cache::value(e, q));
    let mut after = e.x87.cache;
    after.write(p, b);
    after.write(q, a);
    after.exact();
    cache::end(e, after);
}

/// FST and FSTP to a register.
fn copy(e: &mut Emitter, op: &Op) {
    cache::open(e);
    if !cache::used(e, 0) {
        return fallback(e, op);
    }
    let (p, q) = (e.x87.cache.place(0), e.x87.cache.place(op.c));
    let mut after = e.x87.cache;
    if p != q {
        let pair = cache::value(e, p);
        let new = cache::new_pair(e);
        e.i().local_get(pair.m).local_get(pair.se);
        take(e, new);
        after = e.x87.cache;
        after.write(q, new);
    }
    after.exact();
    after.pop(op.d & 1);
    cache::end(e, after);
}

/// FABS and FCHS: sign and exponent are and'ed and xor'ed.
fn sign(e: &mut Emitter, op: &Op, and: i32, xor: i32) {
    cache::open(e);
    if !cache::used(e, 0) {
        return fallback(e, op);
    }
    let place = e.x87.cache.place(0);
    let a = cache::value(e, place);
    let new = cache::new_pair(e);
    e.i().local_get(a.m).local_get(a.se).i32_const(and).i32_and().i32_const(xor).i32_xor();
    take(e, new);
    let mut after = e.x87.cache;
    after.write(place, new);
    after.exact();
    cache::end(e, after);
}

/// FLDCW that masks everything.
fn load_control(e: &mut Emitter, op: &Op) {
    cache::open(e);
    let word = e.scratch(ValType::I32);
    let from = e.address(&operand(op, e.layout), 2, Access::Read);
    e.i().i32_load16_u(from).local_tee(word).i32_const(cache::ALL_MASKED).i32_and();
    e.i().i32_const(cache::ALL_MASKED).i32_ne();
    e.side_exit_if();
    e.i().local_get(STATE).local_get(word).i32_const(0x1f3f).i32_and().i32_const(0x40).i32_or();
    e.i().i32_store16(at(field!(cw), 1));
    cache::control_changed(e);
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
