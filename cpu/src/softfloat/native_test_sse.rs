//! The exact SSE operations against the processor the tests run on.
#![allow(unsafe_code)] // Inline assembly is the point: it asks the real SSE unit.

use core::arch::asm;

use super::native_test::Random;
use super::sse::{self, Binary, Format};
use super::{Env, Relation, Rounding, flag};

/// Runs one instruction with XMM0 = a, XMM1 = b, RAX = a and gives the low half
/// of XMM0, RAX, the status flags (ZF, PF, CF) and MXCSR's exception flags.
macro_rules! sse {
    ($text:literal) => {
        |mxcsr: u32, a: u64, b: u64| -> (u64, u64, u8, u8) {
            let mut control = [mxcsr, 0x1f80];
            let (x, rax, flags): (u64, u64, u64);
            // SAFETY: MXCSR is restored before the block ends; all else is declared.
            unsafe {
                asm!(
                    "ldmxcsr [{control}]", "movq xmm0, {x}", "movq xmm1, {b}",
                    $text,
                    "pushfq", "pop {flags}",
                    "movq {x}, xmm0", "stmxcsr [{control}]", "ldmxcsr [{control} + 4]",
                    control = in(reg) &mut control, x = inout(reg) a => x, b = in(reg) b,
                    flags = out(reg) flags, inout("rax") a => rax, out("xmm0") _, out("xmm1") _,
                );
            }
            (x, rax, (flags & 0x45) as u8, control[0] as u8 & flag::ALL)
        }
    };
}

type Hard = fn(u32, u64, u64) -> (u64, u64, u8, u8);

fn controls() -> impl Iterator<Item = u32> {
    (0..4u32).flat_map(|rc| [0, 0x40, 0x8000, 0x8040].map(|z| 0x1f80 | rc << 13 | z))
}

fn number(random: &mut Random, format: Format) -> u64 {
    let max = format.exp_max() as u64;
    let bias = format.bias as u64;
    let exp = match random.next() % 8 {
        0 => 0,
        1 => max,
        2 => random.next() % 30,
        3 => max - 1 - random.next() % 30,
        4 => random.next() % (max + 1),
        _ => bias - 30 + random.next() % 100,
    };
    let fraction = match random.next() % 6 {
        0 => 0,
        1 => 1 << (random.next() % u64::from(format.fraction)),
        2 => u64::MAX << (random.next() % u64::from(format.fraction)),
        3 => 1,
        _ => random.next(),
    } & ((1 << format.fraction) - 1);
    format.sign_bit(random.next().is_multiple_of(2)) | exp << format.fraction | fraction
}

fn each(format: Format, count: usize, mut visit: impl FnMut(u32, u64, u64)) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for mxcsr in controls() {
        for round in 0..count {
            let a = number(&mut random, format);
            let b = match round % 8 {
                0 => a,
                1 => a ^ format.sign_bit(true),
                _ => number(&mut random, format),
            };
            visit(mxcsr, a, b);
        }
    }
}

#[test]
fn arithmetic() {
    use Binary::*;
    let table: &[(&str, Binary, Hard, Hard)] = &[
        ("add", Add, sse!("addss xmm0, xmm1"), sse!("addsd xmm0, xmm1")),
        ("sub", Sub, sse!("subss xmm0, xmm1"), sse!("subsd xmm0, xmm1")),
        ("mul", Mul, sse!("mulss xmm0, xmm1"), sse!("mulsd xmm0, xmm1")),
        ("div", Div, sse!("divss xmm0, xmm1"), sse!("divsd xmm0, xmm1")),
        ("min", Min, sse!("minss xmm0, xmm1"), sse!("minsd xmm0, xmm1")),
        ("max", Max, sse!("maxss xmm0, xmm1"), sse!("maxsd xmm0, xmm1")),
    ];
    for &(name, op, single, double) in table {
        for (format, hard) in [(Format::F32, single), (Format::F64, double)] {
            each(format, 3000, |mxcsr, a, b| {
                let (real, _, _, flags) = hard(mxcsr, a, b);
                let mut env = Env::from_mxcsr(mxcsr);
                let soft = sse::binary(&mut env, format, op, a, b);
                let what = format!("{name} {format:?} {mxcsr:x} {a:x} {b:x}");
                assert_eq!((real, flags), (soft, env.flags), "{what}: {real:x} {soft:x}");
            });
        }
    }
}

#[test]
fn square_roots_and_conversions() {
    type Soft = fn(&mut Env, u64) -> u64;
    use Format as F;
    let table: &[(&str, Format, Hard, Soft)] = &[
        ("sqrtss", F::F32, sse!("sqrtss xmm0, xmm0"), |e, a| sse::sqrt(e, F::F32, a)),
        ("sqrtsd", F::F64, sse!("sqrtsd xmm0, xmm0"), |e, a| sse::sqrt(e, F::F64, a)),
        ("cvtss2sd", F::F32, sse!("cvtss2sd xmm0, xmm0"), |e, a| sse::convert(e, F::F32, F::F64, a)),
        ("cvtsd2ss", F::F64, sse!("xorps xmm1, xmm1; cvtsd2ss xmm1, xmm0; movaps xmm0, xmm1"), |e, a| {
            sse::convert(e, F::F64, F::F32, a)
        }),
        ("roundss 0", F::F32, sse!("roundss xmm0, xmm0, 4"), |e, a| {
            sse::round_in_place(e, F::F32, e.rounding, false, a)
        }),
        ("roundsd 0", F::F64, sse!("roundsd xmm0, xmm0, 4"), |e, a| {
            sse::round_in_place(e, F::F64, e.rounding, false, a)
        }),
        ("roundsd 10", F::F64, sse!("roundsd xmm0, xmm0, 10"), |e, a| {
            sse::round_in_place(e, F::F64, Rounding::Up, true, a)
        }),
    ];
    for &(name, format, hard, soft) in table {
        each(format, 3000, |mxcsr, a, b| {
            let (real, _, _, flags) = hard(mxcsr, a, b);
            let mut env = Env::from_mxcsr(mxcsr);
            let result = soft(&mut env, a);
            let what = format!("{name} {mxcsr:x} {a:x}");
            assert_eq!((real, flags), (result, env.flags), "{what}: {real:x} {result:x}");
        });
    }
}

#[test]
fn integers() {
    type Soft = fn(&mut Env, u64) -> i64;
    use Format as F;
    use Rounding::Zero;
    let table: &[(&str, Format, Hard, Soft)] = &[
        ("cvtsd2si 64", F::F64, sse!("cvtsd2si rax, xmm0"), |e, a| {
            sse::to_integer(e, F::F64, e.rounding, 64, a)
        }),
        ("cvtsd2si 32", F::F64, sse!("cvtsd2si eax, xmm0; movsxd rax, eax"), |e, a| {
            sse::to_integer(e, F::F64, e.rounding, 32, a)
        }),
        ("cvttsd2si 64", F::F64, sse!("cvttsd2si rax, xmm0"), |e, a| sse::to_integer(e, F::F64, Zero, 64, a)),
        ("cvttss2si 32", F::F32, sse!("cvttss2si eax, xmm0; movsxd rax, eax"), |e, a| {
            sse::to_integer(e, F::F32, Zero, 32, a)
        }),
        ("cvtss2si 64", F::F32, sse!("cvtss2si rax, xmm0"), |e, a| {
            sse::to_integer(e, F::F32, e.rounding, 64, a)
        }),
        ("cvtsi2sd 64", F::F64, sse!("cvtsi2sd xmm0, rax; movq rax, xmm0"), |e, a| {
            sse::from_integer(e, F::F64, a as i64) as i64
        }),
        ("cvtsi2ss 64", F::F64, sse!("pxor xmm0, xmm0; cvtsi2ss xmm0, rax; movq rax, xmm0"), |e, a| {
            sse::from_integer(e, F::F32, a as i64) as i64
        }),
        ("cvtsi2ss 32", F::F32, sse!("pxor xmm0, xmm0; cvtsi2ss xmm0, eax; movq rax, xmm0"), |e, a| {
            sse::from_integer(e, F::F32, i64::from(a as i32)) as i64
        }),
    ];
    for &(name, format, hard, soft) in table {
        each(format, 3000, |mxcsr, a, b| {
            let (_, real, _, flags) = hard(mxcsr, a, b);
            let mut env = Env::from_mxcsr(mxcsr);
            let result = soft(&mut env, a) as u64;
            let what = format!("{name} {mxcsr:x} {a:x}");
            assert_eq!((real, flags), (result, env.flags), "{what}: {real:x} {result:x}");
        });
    }
}

#[test]
fn comparisons() {
    let table: &[(&str, Format, bool, Hard)] = &[
        ("comiss", Format::F32, true, sse!("comiss xmm0, xmm1")),
        ("comisd", Format::F64, true, sse!("comisd xmm0, xmm1")),
        ("ucomiss", Format::F32, false, sse!("ucomiss xmm0, xmm1")),
        ("ucomisd", Format::F64, false, sse!("ucomisd xmm0, xmm1")),
    ];
    for &(name, format, signal_quiet, hard) in table {
        each(format, 3000, |mxcsr, a, b| {
            let (_, _, real, flags) = hard(mxcsr, a, b);
            let mut env = Env::from_mxcsr(mxcsr);
            let soft = match sse::compare(&mut env, format, a, b, signal_quiet) {
                Relation::Greater => 0,
                Relation::Less => 1,
                Relation::Equal => 0x40,
                Relation::Unordered => 0x45,
            };
            assert_eq!((real, flags), (soft, env.flags), "{name} {mxcsr:x} {a:x} {b:x}");
        });
    }
}
