//! Functions on the x87 state that a module with x87 operations contains: the common
//! cases of loads, stores, arithmetic and comparisons on the 80-bit format, exact in
//! result, C1 and the precision flag.
//!
//! Common means: normal numbers and zeros, no exception but "inexact", round to nearest
//! at full precision (stores and comparisons do not care about the precision), no
//! register empty that should not be, no exception pending. Whatever is not common changes
//! nothing and says so, and the caller has the interpreter's function do it.
//!
//! Registers are named by their physical number, which the caller computes from a TOP
//! that it keeps in a local: the status word also holds what each operation raises, so that
//! with TOP taken from there every operation would wait for the one before to be rounded.
//!
//! A value is two wasm values, the significand (i64) and sign with exponent (i32). What
//! has no common representation is passed as [`UNCOMMON`], which every taker refuses.

use std::mem::offset_of;

mod arithmetic;
mod compare;
mod stack;
mod store;

use tawaki_cpu::x87::F80;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use ValType::{I32, I64};

use self::arithmetic::{add, div, divide_step, mul, sqrt};
use self::compare::{com, comi, relate};
use self::stack::{copy, exchange, sign};
use self::store::{store_int, store32, store64};

/// Sign and exponent of what is not common.
const UNCOMMON: i32 = 0x7fff;
const TOP_BIT: i64 = i64::MIN;
/// Status word.
pub(in crate::emit) const PENDING: i32 = 0x80;
const INEXACT_SHIFT: i32 = 5;
const C1: i32 = 0x200;
const C1_SHIFT: i32 = 9;
const CODES: i32 = 0x4700;
const TOP: i32 = 0x3800;
const TOP_SHIFT: i32 = 11;
/// Control word: all exceptions masked, full precision, round to nearest.
const USUAL_MASK: i32 = 0xf3f;
const USUAL: i32 = 0x33f;
/// The same whatever the precision.
const NEAREST_MASK: i32 = 0xc3f;
const NEAREST: i32 = 0x3f;
const BIAS: i32 = 16383;

/// Offset of a field of the x87 state.
macro_rules! field {
    ($name:ident) => {
        $crate::layout::Layout::x87() + std::mem::offset_of!(tawaki_cpu::x87::X87State, $name) as u32
    };
}
pub(in crate::emit) use field;

const _: () = assert!(size_of::<F80>() == 16 && offset_of!(F80, mantissa) == 0);
const _: () = assert!(offset_of!(F80, sign_exponent) == 8);

fn at(offset: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align: 0, memory_index: 0 }
}

macro_rules! functions {
    ($($number:literal $name:ident $builder:ident ($($param:ident),*) -> ($($result:ident),*) $doc:literal;)*) => {
        $(#[doc = $doc] pub(super) const $name: u32 = $number;)*

        /// Signatures, in order.
        pub(in crate::emit) const TYPES: &[(&[ValType], &[ValType])] =
            &[$((&[$($param),*], &[$($result),*])),*];

        /// The functions, in order; `first` is the function index of number 0.
        pub(in crate::emit) fn bodies(first: u32) -> Vec<Function> {
            vec![$($builder(first)),*]
        }
    };
}

functions! {
    0 EXPAND64 expand64 (I64) -> (I64, I32) "The value of a double.";
    1 EXPAND32 expand32 (I32) -> (I64, I32) "The value of a single.";
    2 FROM_INT from_int (I64) -> (I64, I32) "The value of an integer.";
    3 GET get (I32, I32) -> (I64, I32) "(state, register): its value.";
    4 PUSH push (I32, I32, I64, I32) -> (I32)
        "(state, register, value): pushes into the register; whether it must be done otherwise, here and below.";
    5 ADD add (I32, I32, I32, I64, I32, I32, I32) -> (I32)
        "(state, register, pop, value, x, y): the register, its sign flipped by x, plus the value, its sign flipped by y.";
    6 MUL mul (I32, I32, I32, I64, I32) -> (I32) "(state, register, pop, value): the register times the value.";
    7 DIV div (I32, I32, I32, I64, I32, I32) -> (I32)
        "(state, register, pop, value, reversed): the register by the value or the other way round.";
    8 DIVIDE_STEP divide_step (I64, I64, I64) -> (I64, I64)
        "(rest, digit, divisor): 32 bits of a quotient, and what is left.";
    9 RELATE relate (I32, I32, I64, I32) -> (I32)
        "(state, top, value): ST(0) against it: 0 greater, 1 less, 2 equal, -1 not common.";
    10 COM com (I32, I32, I64, I32, I32) -> (I32) "(state, top, value, pops): FCOM.";
    11 COMI comi (I32, I32, I64, I32, I32) -> (I32) "(state, top, value, pops): FCOMI: the flags, or -1.";
    12 STORE64 store64 (I32, I32, I32) -> (I64, I32) "(state, top, pop): ST(0) as a double.";
    13 STORE32 store32 (I32, I32, I32) -> (I64, I32) "(state, top, pop): ST(0) as a single.";
    14 STORE_INT store_int (I32, I32, I32, I64, I32) -> (I64, I32)
        "(state, top, pop, largest, truncate): ST(0) as an integer of at most this magnitude.";
    15 EXCHANGE exchange (I32, I32, I32) -> (I32) "(state, top, register): FXCH.";
    16 COPY copy (I32, I32, I32, I32) -> (I32) "(state, top, register, pop): register = ST(0).";
    17 SIGN sign (I32, I32, I32, I32) -> (I32) "(state, top, and, xor): changes the sign of ST(0).";
    18 SQRT sqrt (I32, I32, I32) -> (I32) "(state, top, 0): FSQRT.";
}

/// `locals` after parameters; the body is written by the caller.
fn start(locals: &[(u32, ValType)]) -> Function {
    Function::new(locals.iter().copied())
}

const STATE: u32 = 0;

/// Returns 1 if the i32 on the stack is not zero.
fn refuse(i: &mut InstructionSink) {
    i.if_(BlockType::Empty).i32_const(1).return_().end();
}

/// `sw` = the status word; refuses (with `no`) when an exception is pending.
fn status(i: &mut InstructionSink, sw: u32, no: impl Fn(&mut InstructionSink)) {
    i.local_get(STATE).i32_load16_u(at(field!(sw))).local_tee(sw).i32_const(PENDING).i32_and();
    no(i);
}

/// Pushes whether the control word differs.
fn control(i: &mut InstructionSink, mask: i32, value: i32) {
    i.local_get(STATE).i32_load16_u(at(field!(cw))).i32_const(mask).i32_and().i32_const(value).i32_ne();
}

/// Pushes whether the register is empty.
fn empty(i: &mut InstructionSink, physical: u32) {
    i.local_get(STATE).i32_load16_u(at(field!(tw))).local_get(physical).i32_const(1).i32_shl().i32_shr_u();
    i.i32_const(3).i32_and().i32_const(3).i32_eq();
}

/// Pushes the address whose field `regs` is the register.
fn register(i: &mut InstructionSink, physical: u32) {
    i.local_get(physical).i32_const(4).i32_shl().local_get(STATE).i32_add();
}

fn load(i: &mut InstructionSink, reg: u32, m: u32, se: u32) {
    i.local_get(reg).i64_load(at(field!(regs))).local_set(m);
    i.local_get(reg).i32_load16_u(at(field!(regs) + 8)).local_set(se);
}

/// Pushes whether a value is a normal number.
fn normal(i: &mut InstructionSink, m: u32, se: u32) {
    i.local_get(se).i32_const(0x7fff).i32_and().i32_const(1).i32_sub().i32_const(0x7ffe).i32_lt_u();
    i.local_get(m).i64_const(0).i64_lt_s().i32_and();
}

/// Pushes the exponent field of a value.
fn exponent(i: &mut InstructionSink, se: u32) {
    i.local_get(se).i32_const(0x7fff).i32_and();
}

/// Pushes whether a value is a zero.
fn zero(i: &mut InstructionSink, m: u32, se: u32) {
    i.local_get(m).i64_eqz().local_get(se).i32_const(0x7fff).i32_and().i32_eqz().i32_and();
}

/// Empties ST(0) and moves TOP in `sw`.
fn pop_one(i: &mut InstructionSink, sw: u32) {
    i.local_get(STATE).local_get(STATE).i32_load16_u(at(field!(tw)));
    i.i32_const(3).local_get(sw).i32_const(TOP_SHIFT - 1).i32_shr_u().i32_const(14).i32_and().i32_shl();
    i.i32_or().i32_store16(at(field!(tw)));
    i.local_get(sw).i32_const(!TOP).i32_and();
    i.local_get(sw).i32_const(1 << TOP_SHIFT).i32_add().i32_const(TOP).i32_and().i32_or().local_set(sw);
}

fn pop_if(i: &mut InstructionSink, sw: u32, pop: u32) {
    i.local_get(pop).if_(BlockType::Empty);
    pop_one(i, sw);
    i.end();
}

fn put_status(i: &mut InstructionSink, sw: u32) {
    i.local_get(STATE).local_get(sw).i32_store16(at(field!(sw)));
}

/// C1 = `up`, inexact if `rest` is not zero.
fn outcome(i: &mut InstructionSink, sw: u32, up: u32, rest: u32) {
    i.local_get(sw).i32_const(!C1).i32_and();
    i.local_get(up).i32_const(C1_SHIFT).i32_shl().i32_or();
    i.local_get(rest).i64_const(0).i64_ne().i32_const(INEXACT_SHIFT).i32_shl().i32_or().local_set(sw);
}

/// Pushes whether `rest` (a fraction of 2^64) rounds `kept` up, to nearest even.
fn rounds_up(i: &mut InstructionSink, kept: u32, rest: u32) {
    i.local_get(rest).i64_const(TOP_BIT).local_get(kept).i64_const(1).i64_and().i64_sub().i64_gt_u();
}

fn expand64(_: u32) -> Function {
    let (bits, e) = (0, 1);
    let mut f = start(&[(1, I32)]);
    let mut i = f.instructions();
    i.local_get(bits).i64_const(52).i64_shr_u().i32_wrap_i64().i32_const(0x7ff).i32_and().local_tee(e);
    i.i32_const(1).i32_sub().i32_const(0x7fe).i32_lt_u().if_(BlockType::Empty);
    i.local_get(bits).i64_const(11).i64_shl().i64_const(TOP_BIT).i64_or();
    i.local_get(bits).i64_const(48).i64_shr_u().i32_wrap_i64().i32_const(0x8000).i32_and();
    i.local_get(e).i32_const(BIAS - 1023).i32_add().i32_or().return_().end();
    // Zero; denormals, infinities and NaNs are not common.
    i.i64_const(0);
    i.local_get(bits).i64_const(48).i64_shr_u().i32_wrap_i64().i32_const(0x8000).i32_and();
    i.i32_const(UNCOMMON).local_get(bits).i64_const(1).i64_shl().i64_eqz().select().end();
    f
}

fn expand32(_: u32) -> Function {
    let (bits, e) = (0, 1);
    let mut f = start(&[(1, I32)]);
    let mut i = f.instructions();
    i.local_get(bits).i32_const(23).i32_shr_u().i32_const(0xff).i32_and().local_tee(e);
    i.i32_const(1).i32_sub().i32_const(0xfe).i32_lt_u().if_(BlockType::Empty);
    i.local_get(bits).i64_extend_i32_u().i64_const(40).i64_shl().i64_const(TOP_BIT).i64_or();
    i.local_get(bits).i32_const(16).i32_shr_u().i32_const(0x8000).i32_and();
    i.local_get(e).i32_const(BIAS - 127).i32_add().i32_or().return_().end();
    i.i64_const(0);
    i.local_get(bits).i32_const(16).i32_shr_u().i32_const(0x8000).i32_and();
    i.i32_const(UNCOMMON).local_get(bits).i32_const(1).i32_shl().i32_eqz().select().end();
    f
}

fn from_int(_: u32) -> Function {
    let (value, m, shift) = (0, 1, 2);
    let mut f = start(&[(2, I64)]);
    let mut i = f.instructions();
    i.local_get(value).i64_eqz().if_(BlockType::Empty).i64_const(0).i32_const(0).return_().end();
    i.i64_const(0).local_get(value).i64_sub().local_get(value);
    i.local_get(value).i64_const(0).i64_lt_s().select().local_tee(m).i64_clz().local_set(shift);
    i.local_get(m).local_get(shift).i64_shl();
    i.i32_const(BIAS + 63).local_get(shift).i32_wrap_i64().i32_sub();
    i.local_get(value).i64_const(48).i64_shr_u().i32_wrap_i64().i32_const(0x8000).i32_and().i32_or().end();
    f
}

fn get(_: u32) -> Function {
    let p = 1;
    let mut f = start(&[]);
    let mut i = f.instructions();
    empty(&mut i, p);
    i.if_(BlockType::Empty).i64_const(0).i32_const(UNCOMMON).return_().end();
    register(&mut i, p);
    i.local_tee(p).i64_load(at(field!(regs))).local_get(p).i32_load16_u(at(field!(regs) + 8)).end();
    f
}

fn push(_: u32) -> Function {
    let (p, m, se, sw) = (1, 2, 3, 4);
    let mut f = start(&[(1, I32)]);
    let mut i = f.instructions();
    status(&mut i, sw, refuse);
    i.local_get(se).i32_const(0x7fff).i32_and().i32_const(0x7fff).i32_eq();
    refuse(&mut i);
    empty(&mut i, p);
    i.i32_eqz();
    refuse(&mut i);
    i.local_get(STATE).local_get(STATE).i32_load16_u(at(field!(tw)));
    i.i32_const(3).local_get(p).i32_const(1).i32_shl().i32_shl().i32_const(-1).i32_xor().i32_and();
    i.i32_store16(at(field!(tw)));
    i.local_get(sw).i32_const(!(C1 | TOP)).i32_and();
    i.local_get(p).i32_const(TOP_SHIFT).i32_shl().i32_or().local_set(sw);
    put_status(&mut i, sw);
    register(&mut i, p);
    i.local_tee(p).local_get(m).i64_store(at(field!(regs)));
    i.local_get(p).local_get(se).i32_store16(at(field!(regs) + 8));
    i.i32_const(0).end();
    f
}
