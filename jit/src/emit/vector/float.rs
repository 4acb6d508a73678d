//! Float arithmetic at round to nearest with every exception masked.
//!
//! wasm leaves sign and payload of a NaN open. Unless the host makes x86's own (it is
//! one), every result is therefore compared with itself, and a NaN is replaced by the
//! one x86 gives: the first operand
//! that is one, made quiet, else the default NaN, whose sign is set. Minimum,
//! maximum and comparisons need no such care: `pmin` and `pmax` choose an
//! operand, exactly as x86 does with the operands swapped.

use tawaki_cpu::ir::VecOp;
use wasm_encoder::BlockType;

use super::Code;
use super::shuffle::{even, odd};

/// The arithmetic with two operands, and the square root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Sqrt,
    /// ROUNDSD and its kin by the low two bits of the immediate.
    Round,
}

/// Lane type: single or double.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Real {
    F32,
    F64,
}

use Arithmetic::*;
use Real::*;

macro_rules! arithmetic {
    ($($kind:ident $ss:ident $sd:ident $ps:ident $pd:ident;)*) => {
        fn arithmetic(op: VecOp) -> Option<(Arithmetic, Real, bool)> {
            Some(match op {
                $(
                    VecOp::$ss => ($kind, F32, false),
                    VecOp::$sd => ($kind, F64, false),
                    VecOp::$ps => ($kind, F32, true),
                    VecOp::$pd => ($kind, F64, true),
                )*
                _ => return None,
            })
        }
    };
}

arithmetic! {
    Add Addss Addsd Addps Addpd;
    Sub Subss Subsd Subps Subpd;
    Mul Mulss Mulsd Mulps Mulpd;
    Div Divss Divsd Divps Divpd;
    Sqrt Sqrtss Sqrtsd Sqrtps Sqrtpd;
    Round Roundss Roundsd Roundps Roundpd;
}

/// Emits a float operation.
pub(super) fn emit(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    if let Some((kind, real, packed)) = arithmetic(op) {
        // An operation with one operand reads the second.
        let (x, y) = if matches!(kind, Sqrt | Round) { (c.b, c.b) } else { (c.a, c.b) };
        if packed {
            self::packed(c, kind, real, x, y);
        } else {
            scalar(c, kind, real, x, y);
        }
        return true;
    }
    match op {
        Minps | Maxps | Minpd | Maxpd | Minss | Maxss | Minsd | Maxsd => minimum(c, op),
        Cmpps => predicate(c, F32),
        Cmppd => predicate(c, F64),
        Cmpss => {
            predicate(c, F32);
            merge_low(c, F32);
        }
        Cmpsd => {
            predicate(c, F64);
            merge_low(c, F64);
        }
        Addsubps => add_sub(c, F32),
        Addsubpd => add_sub(c, F64),
        Haddps | Hsubps => horizontal(c, F32, op == Haddps),
        Haddpd | Hsubpd => horizontal(c, F64, op == Haddpd),
        _ => return false,
    }
    true
}

/// The low lane of the vector on the stack, the others from the first operand.
fn merge_low(c: &mut Code<'_>, real: Real) {
    let t = c.scratch.v128[0];
    let bytes: u8 = if real == F32 { 4 } else { 8 };
    c.sink.local_set(t);
    let a = c.a;
    c.get(t)
        .local_get(a)
        .i8x16_shuffle(core::array::from_fn(|i| if (i as u8) < bytes { i as u8 } else { i as u8 + 16 }));
}

/// The low lane of the result on the stack of lanes, the rest of `a`.
fn scalar(c: &mut Code<'_>, kind: Arithmetic, real: Real, x: u32, y: u32) {
    let binary = !matches!(kind, Sqrt | Round);
    let imm = c.imm;
    if real == F64 {
        let r = c.scratch.f64;
        c.get(x).f64x2_extract_lane(0);
        if binary {
            c.get(y).f64x2_extract_lane(0);
        }
        match kind {
            Add => c.sink.f64_add(),
            Sub => c.sink.f64_sub(),
            Mul => c.sink.f64_mul(),
            Div => c.sink.f64_div(),
            Sqrt => c.sink.f64_sqrt(),
            Round => match imm & 7 {
                1 => c.sink.f64_floor(),
                2 => c.sink.f64_ceil(),
                3 => c.sink.f64_trunc(),
                _ => c.sink.f64_nearest(),
            },
        };
        c.sink.local_set(r);
        if c.mend_nans {
            c.get(r).local_get(r).f64_ne().if_(BlockType::Empty);
            nan(c, F64, x, y);
            c.sink.f64x2_extract_lane(0).local_set(r).end();
        }
        c.a().local_get(r).f64x2_replace_lane(0);
    } else {
        let r = c.scratch.f32;
        c.get(x).f32x4_extract_lane(0);
        if binary {
            c.get(y).f32x4_extract_lane(0);
        }
        match kind {
            Add => c.sink.f32_add(),
            Sub => c.sink.f32_sub(),
            Mul => c.sink.f32_mul(),
            Div => c.sink.f32_div(),
            Sqrt => c.sink.f32_sqrt(),
            Round => match imm & 7 {
                1 => c.sink.f32_floor(),
                2 => c.sink.f32_ceil(),
                3 => c.sink.f32_trunc(),
                _ => c.sink.f32_nearest(),
            },
        };
        c.sink.local_set(r);
        if c.mend_nans {
            c.get(r).local_get(r).f32_ne().if_(BlockType::Empty);
            nan(c, F32, x, y);
            c.sink.f32x4_extract_lane(0).local_set(r).end();
        }
        c.a().local_get(r).f32x4_replace_lane(0);
    }
}

fn packed(c: &mut Code<'_>, kind: Arithmetic, real: Real, x: u32, y: u32) {
    c.get(x);
    if !matches!(kind, Sqrt | Round) {
        c.get(y);
    }
    let imm = c.imm;
    let s = &mut c.sink;
    match (kind, real) {
        (Add, F32) => s.f32x4_add(),
        (Add, F64) => s.f64x2_add(),
        (Sub, F32) => s.f32x4_sub(),
        (Sub, F64) => s.f64x2_sub(),
        (Mul, F32) => s.f32x4_mul(),
        (Mul, F64) => s.f64x2_mul(),
        (Div, F32) => s.f32x4_div(),
        (Div, F64) => s.f64x2_div(),
        (Sqrt, F32) => s.f32x4_sqrt(),
        (Sqrt, F64) => s.f64x2_sqrt(),
        (Round, F32) => match imm & 7 {
            1 => s.f32x4_floor(),
            2 => s.f32x4_ceil(),
            3 => s.f32x4_trunc(),
            _ => s.f32x4_nearest(),
        },
        (Round, F64) => match imm & 7 {
            1 => s.f64x2_floor(),
            2 => s.f64x2_ceil(),
            3 => s.f64x2_trunc(),
            _ => s.f64x2_nearest(),
        },
    };
    settle(c, real, x, y);
}

/// Replaces lanes of the result on the stack that are NaNs.
fn settle(c: &mut Code<'_>, real: Real, x: u32, y: u32) {
    if !c.mend_nans {
        return;
    }
    let r = c.scratch.v128[0];
    c.sink.local_tee(r).local_get(r);
    differs(c, real);
    c.sink.v128_any_true().if_(BlockType::Empty);
    nan(c, real, x, y);
    c.sink.local_get(r).local_get(r).local_get(r);
    differs(c, real);
    c.sink.v128_bitselect().local_set(r).end().local_get(r);
}

fn differs(c: &mut Code<'_>, real: Real) {
    if real == F32 {
        c.sink.f32x4_ne()
    } else {
        c.sink.f64x2_ne()
    };
}

/// Pushes, lane by lane, the NaN that an operation on `x` and `y` gives if it gives one.
fn nan(c: &mut Code<'_>, real: Real, x: u32, y: u32) {
    c.get(x);
    if x == y {
        push_default(c, real);
    } else {
        c.get(y);
        push_default(c, real);
        c.get(y).local_get(y);
        differs(c, real);
        c.sink.v128_bitselect();
    }
    c.get(x).local_get(x);
    differs(c, real);
    c.sink.v128_bitselect();
    match real {
        F32 => c.splat32(0x0040_0000),
        F64 => c.splat64(0x0008_0000_0000_0000),
    }
    .v128_or();
}

fn push_default(c: &mut Code<'_>, real: Real) {
    match real {
        F32 => c.splat32(0xffc0_0000),
        F64 => c.splat64(0xfff8_0000_0000_0000),
    };
}

/// x86: the second operand unless the first is truly less (greater).
fn minimum(c: &mut Code<'_>, op: VecOp) {
    use VecOp::*;
    let (a, b) = (c.a, c.b);
    let s = c.get(b).local_get(a);
    match op {
        Minps | Minss => s.f32x4_pmin(),
        Maxps | Maxss => s.f32x4_pmax(),
        Minpd | Minsd => s.f64x2_pmin(),
        _ => s.f64x2_pmax(),
    };
    match op {
        Minss | Maxss => merge_low(c, F32),
        Minsd | Maxsd => merge_low(c, F64),
        _ => {}
    }
}

/// CMPPS and CMPPD: the low three bits of the immediate.
fn predicate(c: &mut Code<'_>, real: Real) {
    let (a, b, imm) = (c.a, c.b, c.imm);
    if imm & 3 == 3 {
        // Unordered: one of them differs from itself.
        c.get(a).local_get(a);
        differs(c, real);
        c.get(b).local_get(b);
        differs(c, real);
        c.sink.v128_or();
        if imm & 4 != 0 {
            c.sink.v128_not();
        }
        return;
    }
    let s = c.ab();
    match (imm & 3, real) {
        (0, F32) if imm & 4 != 0 => s.f32x4_ne(),
        (0, F64) if imm & 4 != 0 => s.f64x2_ne(),
        (0, F32) => s.f32x4_eq(),
        (0, F64) => s.f64x2_eq(),
        (1, F32) => s.f32x4_lt(),
        (1, F64) => s.f64x2_lt(),
        (_, F32) => s.f32x4_le(),
        (_, F64) => s.f64x2_le(),
    };
    // NLT is not GE: a NaN satisfies it.
    if imm & 4 != 0 && imm & 3 != 0 {
        c.sink.v128_not();
    }
}

/// Even lanes subtract, odd ones add.
fn add_sub(c: &mut Code<'_>, real: Real) {
    let width = if real == F32 { 4 } else { 8 };
    // Not by changing signs: that of a NaN would show.
    c.ab();
    if real == F32 {
        c.sink.f32x4_sub()
    } else {
        c.sink.f64x2_sub()
    };
    c.ab();
    if real == F32 {
        c.sink.f32x4_add()
    } else {
        c.sink.f64x2_add()
    };
    c.sink.i8x16_shuffle(core::array::from_fn(|i| {
        let odd = (i as u8 / width) & 1;
        i as u8 + 16 * odd
    }));
    let (a, b) = (c.a, c.b);
    settle(c, real, a, b);
}

fn horizontal(c: &mut Code<'_>, real: Real, add: bool) {
    let [_, x, y] = c.scratch.v128;
    let width = if real == F32 { 4 } else { 8 };
    c.ab().i8x16_shuffle(even(width)).local_set(x);
    c.ab().i8x16_shuffle(odd(width)).local_set(y);
    packed(c, if add { Add } else { Sub }, real, x, y);
}
