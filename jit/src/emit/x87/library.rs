//! Functions that a module with x87 operations contains: the common
//! cases of loads, stores, arithmetic and comparisons on the 80-bit format, exact in
//! result, C1 and the precision flag.
//!
//! Common means: normal numbers and zeros, no exception but "inexact", round to nearest
//! at full precision. Whatever is not common the caller has the interpreter's function do.
//!
//! A value is two wasm values, the significand (i64) and sign with exponent (i32), whose
//! upper half these functions ignore: in results it is their flags, and [`MARK`] is in it. What
//! has no common representation is passed as [`UNCOMMON`], which every taker refuses by
//! returning it.

use std::mem::offset_of;

mod arithmetic;
mod store;

use tawaki_cpu::x87::F80;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use ValType::{I32, I64};

use self::arithmetic::{add, div, divide_step, mul, sqrt};
use self::store::{store_int, store32, store64};

/// Sign and exponent of what is not common.
pub(super) const UNCOMMON: i32 = 0x7fff;
/// Set in sign and exponent of what is neither a normal number nor zero.
pub(super) const MARK: i32 = i32::MIN;
pub(super) const TOP_BIT: i64 = i64::MIN;
/// Status word.
pub(in crate::emit) const PENDING: i32 = 0x80;
pub(super) const INEXACT_SHIFT: i32 = 5;
pub(super) const C1: i32 = 0x200;
pub(super) const C1_SHIFT: i32 = 9;
pub(super) const CODES: i32 = 0x4700;
pub(super) const TOP: i32 = 0x3800;
/// Bits of a result's flags, which are above its sign and exponent: rounded up, inexact.
pub(super) const UP_FLAG: i32 = 16;
pub(super) const INEXACT_FLAG: i32 = 17;
/// Control word: all exceptions masked, full precision, round to nearest.
pub(super) const USUAL_MASK: i32 = 0xf3f;
pub(super) const USUAL: i32 = 0x33f;
pub(super) const BIAS: i32 = 16383;

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
    0 GET get (I32, I32) -> (I64, I32) "(state, register modulo 8): what is in it, marked.";
    1 PUT put (I32, I32, I64, I32) -> () "(state, register modulo 8, value): puts it there.";
    2 PUT_STATUS put_status (I32, I32, I32, I32, I32) -> ()
        "(state, keep, set, top, tags): the status word; the tags from those from that register on.";
    3 ADD add (I64, I32, I64, I32) -> (I64, I32) "The sum of two values, with flags.";
    4 MUL mul (I64, I32, I64, I32) -> (I64, I32) "The product of two values, with flags.";
    5 DIV div (I64, I32, I64, I32) -> (I64, I32) "The first value by the second, with flags.";
    6 DIVIDE_STEP divide_step (I64, I64, I64) -> (I64, I64)
        "(rest, digit, divisor): 32 bits of a quotient, and what is left.";
    7 STORE64 store64 (I64, I32) -> (I64, I32) "A value as a double, and flags.";
    8 STORE32 store32 (I64, I32) -> (I64, I32) "A value as a single, and flags.";
    9 STORE_INT store_int (I64, I32, I64, I32) -> (I64, I32)
        "(value, largest, rounding control): as an integer of at most this magnitude, and flags.";
    10 SQRT sqrt (I64, I32) -> (I64, I32) "The square root, with flags.";
}

/// `locals` after parameters; the body is written by the caller.
fn start(locals: &[(u32, ValType)]) -> Function {
    Function::new(locals.iter().copied())
}

const STATE: u32 = 0;

/// Returns that there is no common result if the i32 on the stack is not zero.
fn refuse(i: &mut InstructionSink) {
    i.if_(BlockType::Empty).i64_const(0).i32_const(UNCOMMON).return_().end();
}

/// Pushes whether the control word differs.
pub(super) fn control(i: &mut InstructionSink, mask: i32, value: i32) {
    i.local_get(STATE).i32_load16_u(at(field!(cw))).i32_const(mask).i32_and().i32_const(value).i32_ne();
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

/// Pushes sign and exponent of a value as it is in memory, marked.
pub(super) fn mark(i: &mut InstructionSink, m: u32, se: u32) {
    normal(i, m, se);
    zero(i, m, se);
    i.i32_or().i32_eqz().i32_const(31).i32_shl().local_get(se).i32_or();
}

/// Pushes whether a value is a zero.
fn zero(i: &mut InstructionSink, m: u32, se: u32) {
    i.local_get(m).i64_eqz().local_get(se).i32_const(0x7fff).i32_and().i32_eqz().i32_and();
}

/// Pushes the flags of a result: C1 is `up`, inexact if `rest` is not zero.
fn flags(i: &mut InstructionSink, up: u32, rest: u32) {
    i.local_get(up).i32_const(UP_FLAG).i32_shl();
    i.local_get(rest).i64_const(0).i64_ne().i32_const(INEXACT_FLAG).i32_shl().i32_or();
}

/// Pushes whether `rest` (a fraction of 2^64) rounds `kept` up, to nearest even.
fn rounds_up(i: &mut InstructionSink, kept: u32, rest: u32) {
    i.local_get(rest).i64_const(TOP_BIT).local_get(kept).i64_const(1).i64_and().i64_sub().i64_gt_u();
}

/// `to` = the address whose field `regs` is register number `p` (modulo 8).
fn register(i: &mut InstructionSink, p: u32) {
    i.local_get(p).i32_const(7).i32_and().i32_const(4).i32_shl().local_get(STATE).i32_add().local_set(p);
}

fn get(_: u32) -> Function {
    let (p, m) = (1, 2);
    let mut f = start(&[(1, I64)]);
    let mut i = f.instructions();
    register(&mut i, p);
    i.local_get(p).i64_load(at(field!(regs))).local_tee(m);
    i.local_get(p).i32_load16_u(at(field!(regs) + 8)).local_set(p);
    mark(&mut i, m, p);
    i.end();
    f
}

fn put(_: u32) -> Function {
    let (p, m, se) = (1, 2, 3);
    let mut f = start(&[]);
    let mut i = f.instructions();
    register(&mut i, p);
    i.local_get(p).local_get(m).i64_store(at(field!(regs)));
    i.local_get(p).local_get(se).i32_store16(at(field!(regs) + 8)).end();
    f
}

fn put_status(_: u32) -> Function {
    let (keep, set, top, tags) = (1, 2, 3, 4);
    let mut f = start(&[]);
    let mut i = f.instructions();
    i.local_get(STATE).local_get(STATE).i32_load16_u(at(field!(sw))).local_get(keep).i32_and();
    i.local_get(set).i32_or().i32_store16(at(field!(sw)));
    i.local_get(STATE).local_get(tags).i32_const(0xffff).i32_and().local_tee(tags);
    i.local_get(tags).i32_const(16).i32_shl().i32_or();
    i.i32_const(16).local_get(top).i32_const(1).i32_shl().i32_sub().i32_shr_u();
    i.i32_store16(at(field!(tw))).end();
    f
}
