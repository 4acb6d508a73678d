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

use tawaki_cpu::x87::F80;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use ValType::{I32, I64};

/// Sign and exponent of what is not common.
const UNCOMMON: i32 = 0x7fff;
const TOP_BIT: i64 = i64::MIN;
/// Status word.
pub(super) const PENDING: i32 = 0x80;
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
pub(super) use field;

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

/// Locals of an arithmetic function, behind its parameters.
struct Arithmetic {
    sw: u32,
    reg: u32,
    ase: u32,
    e: u32,
    sign: u32,
    up: u32,
    am: u32,
    hi: u32,
    lo: u32,
    t: u32,
}

impl Arithmetic {
    const LOCALS: [(u32, ValType); 2] = [(6, I32), (4, I64)];
    const TO: u32 = 1;
    const POP: u32 = 2;
    const BM: u32 = 3;
    const BSE: u32 = 4;

    fn new(params: u32) -> Self {
        let n = |k| params + k;
        Arithmetic {
            sw: n(0),
            reg: n(1),
            ase: n(2),
            e: n(3),
            sign: n(4),
            up: n(5),
            am: n(6),
            hi: n(7),
            lo: n(8),
            t: n(9),
        }
    }

    /// Checks, and loads the register.
    fn head(&self, i: &mut InstructionSink) {
        status(i, self.sw, refuse);
        control(i, USUAL_MASK, USUAL);
        refuse(i);
        empty(i, Self::TO);
        refuse(i);
        register(i, Self::TO);
        i.local_set(self.reg);
        load(i, self.reg, self.am, self.ase);
    }

    /// Exponent field of a value.
    fn exponent(i: &mut InstructionSink, se: u32) {
        i.local_get(se).i32_const(0x7fff).i32_and();
    }

    /// The sign of a product or quotient.
    fn product_sign(&self, i: &mut InstructionSink) {
        i.local_get(self.ase).local_get(Self::BSE).i32_xor().i32_const(0x8000).i32_and().local_set(self.sign);
    }

    /// Rounds `hi.lo`, whose top bit is set unless it is zero, and writes the register.
    fn tail(&self, i: &mut InstructionSink) {
        rounds_up(i, self.hi, self.lo);
        i.local_tee(self.up).if_(BlockType::Empty);
        i.local_get(self.hi).i64_const(1).i64_add().local_tee(self.hi).i64_eqz().if_(BlockType::Empty);
        i.i64_const(TOP_BIT).local_set(self.hi);
        i.local_get(self.e).i32_const(1).i32_add().local_set(self.e);
        i.end().end();
        i.local_get(self.hi).i64_const(0).i64_ne();
        i.local_get(self.e).i32_const(1).i32_sub().i32_const(0x7ffe).i32_ge_u().i32_and();
        refuse(i);
        i.local_get(self.reg).local_get(self.hi).i64_store(at(field!(regs)));
        i.local_get(self.reg).local_get(self.e).local_get(self.sign).i32_or();
        i.i32_store16(at(field!(regs) + 8));
        outcome(i, self.sw, self.up, self.lo);
        pop_if(i, self.sw, Self::POP);
        put_status(i, self.sw);
        i.i32_const(0).end();
    }

    /// Pushes whether both are normal numbers.
    fn both_normal(&self, i: &mut InstructionSink) {
        normal(i, self.am, self.ase);
        normal(i, Self::BM, Self::BSE);
        i.i32_and();
    }

    /// The result is this value, exactly.
    fn is(&self, i: &mut InstructionSink, m: u32, se: u32) {
        i.local_get(m).local_set(self.hi);
        Self::exponent(i, se);
        i.local_set(self.e);
        i.local_get(se).i32_const(0x8000).i32_and().local_set(self.sign);
    }
}

fn add(_: u32) -> Function {
    let (xa, xb, d) = (5, 6, 17);
    let x = Arithmetic::new(7);
    let (bm, bse) = (Arithmetic::BM, Arithmetic::BSE);
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    x.head(i);
    i.local_get(x.ase).local_get(xa).i32_xor().local_set(x.ase);
    i.local_get(bse).local_get(xb).i32_xor().local_set(bse);
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        // The larger first.
        Arithmetic::exponent(i, x.ase);
        Arithmetic::exponent(i, bse);
        i.i32_sub().local_tee(d).i32_const(0).i32_lt_s();
        i.local_get(d).i32_eqz().local_get(x.am).local_get(bm).i64_lt_u().i32_and().i32_or();
        i.if_(BlockType::Empty);
        i.local_get(x.am).local_get(bm).local_set(x.am).local_set(bm);
        i.local_get(x.ase).local_get(bse).local_set(x.ase).local_set(bse);
        i.i32_const(0).local_get(d).i32_sub().local_set(d);
        i.end();
        i.local_get(d).i32_const(63).i32_gt_u();
        refuse(i);
        Arithmetic::exponent(i, x.ase);
        i.local_set(x.e);
        i.local_get(x.ase).i32_const(0x8000).i32_and().local_set(x.sign);
        // The smaller one, moved right: t and lo.
        i.local_get(bm).i64_const(0).local_get(d).i64_extend_i32_u().i64_sub().i64_shl();
        i.i64_const(0).local_get(d).select().local_set(x.lo);
        i.local_get(bm).local_get(d).i64_extend_i32_u().i64_shr_u().local_set(x.t);
        i.local_get(x.ase).local_get(bse).i32_xor().i32_const(0x8000).i32_and().i32_eqz();
        i.if_(BlockType::Empty);
        i.local_get(x.am).local_get(x.t).i64_add().local_tee(x.hi).local_get(x.am).i64_lt_u();
        i.if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(63).i64_shl().local_get(x.lo).i64_const(1).i64_shr_u().i64_or();
        i.local_get(x.lo).i64_const(1).i64_and().i64_or().local_set(x.lo);
        i.local_get(x.hi).i64_const(1).i64_shr_u().i64_const(TOP_BIT).i64_or().local_set(x.hi);
        i.local_get(x.e).i32_const(1).i32_add().local_set(x.e);
        i.end();
        i.else_();
        i.local_get(x.am).local_get(x.t).i64_sub();
        i.local_get(x.lo).i64_const(0).i64_ne().i64_extend_i32_u().i64_sub().local_set(x.hi);
        i.i64_const(0).local_get(x.lo).i64_sub().local_set(x.lo);
        i.local_get(x.hi).i64_eqz().if_(BlockType::Empty);
        // Nothing left: plus zero. A last bit below the word is left to others.
        i.local_get(x.lo).i64_const(0).i64_ne();
        refuse(i);
        i.i32_const(0).local_set(x.e).i32_const(0).local_set(x.sign);
        i.else_();
        i.local_get(x.hi).i64_clz().local_tee(x.t).i64_eqz().i32_eqz().if_(BlockType::Empty);
        i.local_get(x.hi).local_get(x.t).i64_shl();
        i.local_get(x.lo).i64_const(0).local_get(x.t).i64_sub().i64_shr_u().i64_or().local_set(x.hi);
        i.local_get(x.lo).local_get(x.t).i64_shl().local_set(x.lo);
        i.local_get(x.e).local_get(x.t).i32_wrap_i64().i32_sub().local_set(x.e);
        i.end().end().end();
    }
    i.else_();
    normal(i, x.am, x.ase);
    zero(i, bm, bse);
    i.i32_and().if_(BlockType::Empty);
    x.is(i, x.am, x.ase);
    i.else_();
    zero(i, x.am, x.ase);
    normal(i, bm, bse);
    i.i32_and().i32_eqz();
    refuse(i);
    x.is(i, bm, bse);
    i.end().end();
    x.tail(i);
    f
}

fn mul(_: u32) -> Function {
    let x = Arithmetic::new(5);
    let (bm, bse) = (Arithmetic::BM, Arithmetic::BSE);
    let (a1, b1) = (15, 16);
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (2, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let low = 0xffff_ffff;
    x.head(i);
    x.product_sign(i);
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        Arithmetic::exponent(i, x.ase);
        Arithmetic::exponent(i, bse);
        i.i32_add().i32_const(BIAS - 1).i32_sub().local_set(x.e);
        // hi.lo = a * b by halves: a0 in am, b0 in bm.
        i.local_get(x.am).i64_const(32).i64_shr_u().local_set(a1);
        i.local_get(bm).i64_const(32).i64_shr_u().local_set(b1);
        i.local_get(x.am).i64_const(low).i64_and().local_set(x.am);
        i.local_get(bm).i64_const(low).i64_and().local_set(bm);
        i.local_get(x.am).local_get(bm).i64_mul().local_set(x.lo);
        i.local_get(a1).local_get(bm).i64_mul();
        i.local_get(x.lo).i64_const(32).i64_shr_u().i64_add().local_set(x.t);
        i.local_get(x.am).local_get(b1).i64_mul();
        i.local_get(x.t).i64_const(low).i64_and().i64_add().local_set(x.hi);
        i.local_get(x.hi).i64_const(32).i64_shl();
        i.local_get(x.lo).i64_const(low).i64_and().i64_or().local_set(x.lo);
        i.local_get(a1).local_get(b1).i64_mul();
        i.local_get(x.t).i64_const(32).i64_shr_u().i64_add();
        i.local_get(x.hi).i64_const(32).i64_shr_u().i64_add().local_tee(x.hi);
        i.i64_const(0).i64_ge_s().if_(BlockType::Empty);
        i.local_get(x.hi).i64_const(1).i64_shl();
        i.local_get(x.lo).i64_const(63).i64_shr_u().i64_or().local_set(x.hi);
        i.local_get(x.lo).i64_const(1).i64_shl().local_set(x.lo);
        i.local_get(x.e).i32_const(1).i32_sub().local_set(x.e);
        i.end();
    }
    i.else_();
    // A zero and a number: zero.
    zero(i, x.am, x.ase);
    normal(i, bm, bse);
    zero(i, bm, bse);
    i.i32_or().i32_and();
    zero(i, bm, bse);
    normal(i, x.am, x.ase);
    i.i32_and().i32_or().i32_eqz();
    refuse(i);
    i.end();
    x.tail(i);
    f
}

fn div(first: u32) -> Function {
    let reversed = 5;
    let x = Arithmetic::new(6);
    let (bm, bse) = (Arithmetic::BM, Arithmetic::BSE);
    let quotient = 16;
    let mut f = start(&[Arithmetic::LOCALS[0], Arithmetic::LOCALS[1], (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let low = 0xffff_ffff;
    x.head(i);
    i.local_get(reversed).if_(BlockType::Empty);
    i.local_get(x.am).local_get(bm).local_set(x.am).local_set(bm);
    i.local_get(x.ase).local_get(bse).local_set(x.ase).local_set(bse);
    i.end();
    x.product_sign(i);
    x.both_normal(i);
    i.if_(BlockType::Empty);
    {
        Arithmetic::exponent(i, x.ase);
        Arithmetic::exponent(i, bse);
        i.i32_sub().i32_const(BIAS).i32_add().local_set(x.e);
        // The quotient has its top bit set when the dividend is below the divisor.
        i.local_get(x.am).local_get(bm).i64_lt_u().if_(BlockType::Empty);
        i.local_get(x.am).local_set(x.hi);
        i.local_get(x.e).i32_const(1).i32_sub().local_set(x.e);
        i.else_();
        i.local_get(x.am).i64_const(1).i64_shr_u().local_set(x.hi);
        i.local_get(x.am).i64_const(63).i64_shl().local_set(x.lo);
        i.end();
        i.local_get(x.hi).local_get(x.lo).i64_const(32).i64_shr_u().local_get(bm);
        i.call(first + DIVIDE_STEP).local_set(x.t).local_set(quotient);
        i.local_get(x.t).local_get(x.lo).i64_const(low).i64_and().local_get(bm);
        i.call(first + DIVIDE_STEP).local_set(x.t);
        i.local_get(quotient).i64_const(32).i64_shl().i64_or().local_set(x.hi);
        // Twice the rest against the divisor gives half and sticky bit.
        i.local_get(x.t).local_get(bm).local_get(x.t).i64_sub().i64_ge_u();
        i.i64_extend_i32_u().i64_const(63).i64_shl();
        i.local_get(x.t).i64_const(0).i64_ne();
        i.local_get(x.t).local_get(bm).local_get(x.t).i64_sub().i64_ne().i32_and();
        i.i64_extend_i32_u().i64_or().local_set(x.lo);
    }
    i.else_();
    zero(i, x.am, x.ase);
    normal(i, bm, bse);
    i.i32_and().i32_eqz();
    refuse(i);
    i.end();
    x.tail(i);
    f
}

/// Knuth's algorithm D with digits of 32 bits, for `rest` below a divisor with its top
/// bit set.
fn divide_step(_: u32) -> Function {
    let (rest, digit, divisor, d1, d0, q, r) = (0, 1, 2, 3, 4, 5, 6);
    let mut f = start(&[(4, I64)]);
    let mut i = f.instructions();
    let low = 0xffff_ffff;
    i.local_get(divisor).i64_const(32).i64_shr_u().local_set(d1);
    i.local_get(divisor).i64_const(low).i64_and().local_set(d0);
    i.local_get(rest).local_get(rest).local_get(d1).i64_div_u().local_tee(q);
    i.local_get(d1).i64_mul().i64_sub().local_set(r);
    // At most twice.
    i.block(BlockType::Empty).loop_(BlockType::Empty);
    i.local_get(q).i64_const(low).i64_gt_u();
    i.local_get(q).local_get(d0).i64_mul();
    i.local_get(r).i64_const(32).i64_shl().local_get(digit).i64_or().i64_gt_u();
    i.i32_or().i32_eqz().br_if(1);
    i.local_get(q).i64_const(1).i64_sub().local_set(q);
    i.local_get(r).local_get(d1).i64_add().local_tee(r).i64_const(low).i64_le_u().br_if(0);
    i.end().end();
    i.local_get(q);
    i.local_get(rest).i64_const(32).i64_shl().local_get(digit).i64_or();
    i.local_get(q).local_get(divisor).i64_mul().i64_sub().end();
    f
}

fn relate(_: u32) -> Function {
    let (p, bm, bse, sw, ase, ea, eb, greater, am) = (1, 2, 3, 4, 5, 6, 7, 8, 9);
    let mut f = start(&[(5, I32), (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let no = |i: &mut InstructionSink| {
        i.if_(BlockType::Empty).i32_const(-1).return_().end();
    };
    status(i, sw, no);
    empty(i, p);
    no(i);
    register(i, p);
    i.local_set(p);
    load(i, p, am, ase);
    for (m, se) in [(am, ase), (bm, bse)] {
        normal(i, m, se);
        zero(i, m, se);
        i.i32_or().i32_eqz();
        no(i);
    }
    i.local_get(am).local_get(bm).i64_or().i64_eqz().if_(BlockType::Empty).i32_const(2).return_().end();
    i.local_get(ase).local_get(bse).i32_xor().i32_const(0x8000).i32_and().if_(BlockType::Empty);
    i.local_get(ase).i32_const(15).i32_shr_u().return_().end();
    Arithmetic::exponent(i, ase);
    i.local_set(ea);
    Arithmetic::exponent(i, bse);
    i.local_set(eb);
    i.local_get(ea).local_get(eb).i32_eq().local_get(am).local_get(bm).i64_eq().i32_and();
    i.if_(BlockType::Empty).i32_const(2).return_().end();
    i.local_get(ea).local_get(eb).i32_gt_u();
    i.local_get(ea).local_get(eb).i32_eq().local_get(am).local_get(bm).i64_gt_u().i32_and().i32_or();
    i.local_set(greater);
    // Less: smaller in magnitude and positive, or larger and negative.
    i.local_get(greater).local_get(ase).i32_const(15).i32_shr_u().i32_eq().end();
    f
}

fn com(first: u32) -> Function {
    let (p, m, se, pops, sw, r) = (1, 2, 3, 4, 5, 6);
    let mut f = start(&[(2, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    i.local_get(STATE).local_get(p).local_get(m).local_get(se).call(first + RELATE).local_tee(r);
    i.i32_const(0).i32_lt_s();
    refuse(i);
    i.local_get(STATE).i32_load16_u(at(field!(sw))).i32_const(!CODES).i32_and();
    // 1 gives C0 (bit 8), 2 gives C3 (bit 14).
    i.local_get(r).i32_const(1).i32_and().i32_const(8).i32_shl().i32_or();
    i.local_get(r).i32_const(2).i32_and().i32_const(13).i32_shl().i32_or().local_set(sw);
    pops_and_end(i, sw, pops);
    i.i32_const(0).end();
    f
}

fn pops_and_end(i: &mut InstructionSink, sw: u32, pops: u32) {
    i.local_get(pops).if_(BlockType::Empty);
    pop_one(i, sw);
    i.local_get(pops).i32_const(2).i32_eq().if_(BlockType::Empty);
    pop_one(i, sw);
    i.end().end();
    put_status(i, sw);
}

fn comi(first: u32) -> Function {
    let (p, m, se, pops, sw, r) = (1, 2, 3, 4, 5, 6);
    let mut f = start(&[(2, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    i.local_get(STATE).local_get(p).local_get(m).local_get(se).call(first + RELATE).local_tee(r);
    i.i32_const(0).i32_lt_s().if_(BlockType::Empty).i32_const(-1).return_().end();
    i.local_get(STATE).i32_load16_u(at(field!(sw))).local_set(sw);
    pops_and_end(i, sw, pops);
    // CF is bit 0, ZF bit 6.
    i.local_get(r).i32_const(1).i32_and();
    i.local_get(r).i32_const(2).i32_and().i32_const(5).i32_shl().i32_or().end();
    f
}

/// Returns nothing and 1 if the i32 on the stack is not zero.
fn refuse_store(i: &mut InstructionSink) {
    i.if_(BlockType::Empty).i64_const(0).i32_const(1).return_().end();
}

fn store64(_: u32) -> Function {
    store(52, 1023)
}

fn store32(_: u32) -> Function {
    store(23, 127)
}

fn store(fraction: i64, bias: i32) -> Function {
    let (p, pop, sw, se, e, up, m, bits, rest) = (1, 2, 3, 4, 5, 6, 7, 8, 9);
    let mut f = start(&[(4, I32), (3, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    let dropped = 63 - fraction;
    status(i, sw, refuse_store);
    control(i, NEAREST_MASK, NEAREST);
    refuse_store(i);
    empty(i, p);
    refuse_store(i);
    register(i, p);
    i.local_set(p);
    load(i, p, m, se);
    normal(i, m, se);
    i.if_(BlockType::Empty);
    Arithmetic::exponent(i, se);
    i.i32_const(BIAS - bias).i32_sub().local_tee(e).i32_const(1).i32_sub();
    i.i32_const(2 * bias - 1).i32_ge_u();
    refuse_store(i);
    i.local_get(m).i64_const(dropped).i64_shr_u().local_set(bits);
    i.local_get(m).i64_const(64 - dropped).i64_shl().local_set(rest);
    rounds_up(i, bits, rest);
    i.local_set(up);
    // The hidden bit adds one to the exponent field, and so does a carry.
    i.local_get(bits).local_get(up).i64_extend_i32_u().i64_add();
    i.local_get(e).i32_const(1).i32_sub().i64_extend_i32_u().i64_const(fraction).i64_shl().i64_add();
    i.local_set(bits);
    i.else_();
    zero(i, m, se);
    i.i32_eqz();
    refuse_store(i);
    i.end();
    outcome(i, sw, up, rest);
    pop_if(i, sw, pop);
    put_status(i, sw);
    let sign_shift = if fraction == 52 { 48 } else { 16 };
    i.local_get(bits).local_get(se).i32_const(0x8000).i32_and().i64_extend_i32_u();
    i.i64_const(sign_shift).i64_shl().i64_or().i32_const(0).end();
    f
}

fn store_int(_: u32) -> Function {
    let (p, pop, largest, truncate, sw, se, e, up, mode, m, value, rest) =
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    let mut f = start(&[(5, I32), (3, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    status(i, sw, refuse_store);
    control(i, 0x3f, 0x3f);
    refuse_store(i);
    empty(i, p);
    refuse_store(i);
    register(i, p);
    i.local_set(p);
    load(i, p, m, se);
    normal(i, m, se);
    i.if_(BlockType::Empty);
    Arithmetic::exponent(i, se);
    i.i32_const(BIAS).i32_sub().local_tee(e).i32_const(63).i32_ge_s();
    refuse_store(i);
    i.local_get(e).i32_const(-1).i32_gt_s().if_(BlockType::Empty);
    i.local_get(m).i32_const(63).local_get(e).i32_sub().i64_extend_i32_u().i64_shr_u().local_set(value);
    i.local_get(m).local_get(e).i32_const(1).i32_add().i64_extend_i32_u().i64_shl().local_set(rest);
    i.else_();
    // Half and more keep their fraction; less is only a sticky bit.
    i.local_get(m).i64_const(1).local_get(e).i32_const(-1).i32_eq().select().local_set(rest);
    i.end();
    i.i32_const(3).local_get(STATE).i32_load16_u(at(field!(cw))).i32_const(10).i32_shr_u();
    i.i32_const(3).i32_and().local_get(truncate).select().local_tee(mode).i32_eqz();
    i.if_(BlockType::Empty);
    rounds_up(i, value, rest);
    i.local_set(up);
    i.else_();
    // Down (1) rounds a negative magnitude up, up (2) a positive one.
    i.local_get(mode).i32_const(2).local_get(se).i32_const(15).i32_shr_u().i32_sub().i32_eq();
    i.local_get(rest).i64_const(0).i64_ne().i32_and().local_set(up);
    i.end();
    i.local_get(value).local_get(up).i64_extend_i32_u().i64_add().local_tee(value);
    i.local_get(largest).i64_gt_u();
    refuse_store(i);
    i.else_();
    zero(i, m, se);
    i.i32_eqz();
    refuse_store(i);
    i.end();
    outcome(i, sw, up, rest);
    pop_if(i, sw, pop);
    put_status(i, sw);
    i.i64_const(0).local_get(value).i64_sub().local_get(value);
    i.local_get(se).i32_const(0x8000).i32_and().select().i32_const(0).end();
    f
}

/// Checks that ST(0) is there, and the other register unless it is to be filled.
fn two(i: &mut InstructionSink, sw: u32, p: u32, q: u32, filled: bool) {
    status(i, sw, refuse);
    empty(i, p);
    refuse(i);
    if !filled {
        empty(i, q);
        refuse(i);
    }
}

fn exchange(_: u32) -> Function {
    let (p, q, sw, se, m) = (1, 2, 3, 4, 5);
    let mut f = start(&[(2, I32), (1, I64)]);
    let mut s = f.instructions();
    let i = &mut s;
    two(i, sw, p, q, false);
    register(i, p);
    i.local_set(p);
    register(i, q);
    i.local_set(q);
    load(i, p, m, se);
    i.local_get(p).local_get(q).i64_load(at(field!(regs))).i64_store(at(field!(regs)));
    i.local_get(p).local_get(q).i32_load16_u(at(field!(regs) + 8)).i32_store16(at(field!(regs) + 8));
    i.local_get(q).local_get(m).i64_store(at(field!(regs)));
    i.local_get(q).local_get(se).i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}

fn copy(_: u32) -> Function {
    let (p, q, pop, sw) = (1, 2, 3, 4);
    let mut f = start(&[(1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    two(i, sw, p, q, true);
    i.local_get(STATE).local_get(STATE).i32_load16_u(at(field!(tw)));
    i.i32_const(3).local_get(q).i32_const(1).i32_shl().i32_shl().i32_const(-1).i32_xor().i32_and();
    i.i32_store16(at(field!(tw)));
    register(i, p);
    i.local_set(p);
    register(i, q);
    i.local_tee(q).local_get(p).i64_load(at(field!(regs))).i64_store(at(field!(regs)));
    i.local_get(q).local_get(p).i32_load16_u(at(field!(regs) + 8)).i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    pop_if(i, sw, pop);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}

fn sign(_: u32) -> Function {
    let (p, and, xor, sw) = (1, 2, 3, 4);
    let mut f = start(&[(1, I32)]);
    let mut s = f.instructions();
    let i = &mut s;
    status(i, sw, refuse);
    empty(i, p);
    refuse(i);
    register(i, p);
    i.local_tee(p).local_get(p).i32_load16_u(at(field!(regs) + 8));
    i.local_get(and).i32_and().local_get(xor).i32_xor().i32_store16(at(field!(regs) + 8));
    i.local_get(sw).i32_const(!C1).i32_and().local_set(sw);
    put_status(i, sw);
    i.i32_const(0).end();
    f
}
