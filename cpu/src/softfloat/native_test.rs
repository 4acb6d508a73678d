//! The soft floats against the processor the tests run on.
#![allow(unsafe_code)] // Inline assembly is the point: it asks the real x87.

use core::arch::asm;

use super::{Env, F80, Relation, Rounding, flag};

/// What one x87 instruction left: ST(0), ST(1) and the status word.
struct Real {
    st0: F80,
    st1: F80,
    status: u16,
}

/// Runs one instruction with ST(0) = a and ST(1) = b.
macro_rules! x87 {
    ($text:literal) => {
        |cw: u16, a: F80, b: F80| -> Real {
            let (a, b) = (padded(a), padded(b));
            let mut out = [0u8; 32];
            let mut status = 0u16;
            // SAFETY: the x87 registers are declared clobbered by their reset
            // and emptied again; memory operands are live locals.
            unsafe {
                asm!(
                    "fninit", "fldcw word ptr [{cw}]",
                    "fld tbyte ptr [{b}]", "fld tbyte ptr [{a}]",
                    $text,
                    "fnstsw word ptr [{status}]", "fnclex",
                    "fstp tbyte ptr [{out}]", "fstp tbyte ptr [{out} + 16]", "fninit",
                    cw = in(reg) &cw, a = in(reg) &a, b = in(reg) &b,
                    status = in(reg) &mut status, out = in(reg) &mut out,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                );
            }
            let take = |at: usize| F80::from_bytes(out[at..at + 10].try_into().unwrap());
            Real { st0: take(0), st1: take(16), status }
        }
    };
}

fn padded(value: F80) -> [u8; 16] {
    let mut out = [0; 16];
    out[..10].copy_from_slice(&value.to_bytes());
    out
}

pub(crate) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A number of any kind, with a taste for trouble.
    fn f80(&mut self) -> F80 {
        let exponent = match self.below(8) {
            0 => 0,
            1 => 0x7fff,
            2 => self.below(70) as u16,
            3 => 0x7ffe - self.below(70) as u16,
            4 => self.below(0x8000) as u16,
            5 => 0x3c01 + self.below(60) as u16,
            _ => 0x3fff - 70 + self.below(140) as u16,
        };
        let mant = match self.below(6) {
            0 => 1 << self.below(64),
            1 => u64::MAX << self.below(64),
            2 => u64::MAX >> self.below(64),
            3 => self.next() << self.below(64),
            _ => self.next(),
        };
        let integer_bit = if self.below(16) == 0 { 0 } else { 1 << 63 };
        F80::new(self.below(2) == 0, exponent, mant | if exponent == 0 { 0 } else { integer_bit })
    }
}

fn edges() -> Vec<F80> {
    let mut out = Vec::new();
    for exponent in [0, 1, 2, 0x3ffe, 0x3fff, 0x4000, 0x403e, 0x7ffd, 0x7ffe, 0x7fff] {
        for mant in [
            0,
            1,
            1 << 62,
            1 << 63,
            1 << 63 | 1,
            1 << 63 | 1 << 39,
            1 << 63 | 1 << 40,
            3 << 62,
            (3 << 62) | 5,
            u64::MAX,
            u64::MAX << 40,
            u64::MAX << 11,
            u64::MAX >> 1,
        ] {
            out.push(F80::new(false, exponent, mant));
            out.push(F80::new(true, exponent, mant));
        }
    }
    out
}

/// Every rounding and precision, all exceptions masked and none masked.
fn control_words() -> impl Iterator<Item = u16> {
    (0..4u16).flat_map(|rc| {
        [0u16, 2, 3].into_iter().flat_map(move |pc| {
            [0x3fu16, 0, 0x3d].into_iter().map(move |masks| rc << 10 | pc << 8 | masks | 0x40)
        })
    })
}

fn pairs(mut visit: impl FnMut(F80, F80)) {
    let edges = edges();
    let mut random = Random(0x1234_5678_9abc_def1);
    for (i, &a) in edges.iter().enumerate() {
        for k in 0..8 {
            visit(a, edges[(i * 7 + k * 37) % edges.len()]);
        }
    }
    for _ in 0..3000 {
        let (a, mut b) = (random.f80(), random.f80());
        if random.below(4) == 0 {
            b = F80::new(b.sign(), a.exponent().wrapping_add(random.below(3) as u16), b.mantissa);
        }
        visit(a, b);
    }
}

/// Flags, C1 where it means a rounding, and the result where there is one.
fn check(name: &str, cw: u16, a: F80, b: F80, real: &Real, soft: F80, env: &Env) {
    let flags = real.status as u8 & flag::ALL;
    let what = format!("{name} cw {cw:04x} {a:x?} {b:x?}");
    assert_eq!(flags, env.flags, "flags of {what}: real {:x?} soft {soft:x?}", real.st0);
    if env.stopped() {
        return;
    }
    assert_eq!(real.st0, soft, "{what}: real {:x?} soft {soft:x?}", real.st0);
    if flags & flag::PE != 0 {
        assert_eq!(real.status & 0x200 != 0, env.rounded_up, "C1 of {what}");
    }
}

type Soft = fn(F80, F80, &mut Env) -> F80;
type Hard = fn(u16, F80, F80) -> Real;

#[test]
fn arithmetic() {
    let table: &[(&str, Hard, Soft)] = &[
        ("fadd", x87!("fadd st, st(1)"), |a, b, e| a.add(b, e)),
        ("fsub", x87!("fsub st, st(1)"), |a, b, e| a.sub(b, e)),
        ("fsubr", x87!("fsubr st, st(1)"), |a, b, e| b.sub(a, e)),
        ("fmul", x87!("fmul st, st(1)"), |a, b, e| a.mul(b, e)),
        ("fdiv", x87!("fdiv st, st(1)"), |a, b, e| a.div(b, e)),
        ("fdivr", x87!("fdivr st, st(1)"), |a, b, e| b.div(a, e)),
        ("fsqrt", x87!("fsqrt"), |a, _, e| a.sqrt(e)),
        ("frndint", x87!("frndint"), |a, _, e| a.round_to_integer(e)),
        ("fscale", x87!("fscale"), |a, b, e| a.scale(b, e)),
    ];
    for &(name, hard, soft) in table {
        for cw in control_words() {
            pairs(|a, b| {
                let mut env = Env::from_control_word(cw);
                let result = soft(a, b, &mut env);
                check(name, cw, a, b, &hard(cw, a, b), result, &env);
            });
        }
    }
}

#[test]
fn remainders() {
    let table: &[(&str, Hard, bool)] = &[("fprem", x87!("fprem"), false), ("fprem1", x87!("fprem1"), true)];
    for &(name, hard, nearest) in table {
        pairs(|a, b| {
            let mut env = Env::from_control_word(0x37f);
            let soft = a.remainder(b, nearest, &mut env);
            let real = hard(0x37f, a, b);
            if soft.incomplete {
                assert!(real.status & 0x400 != 0, "{name} {a:x?} {b:x?} is complete");
                return;
            }
            check(name, 0x37f, a, b, &real, soft.value, &env);
            if let Some(expected) = soft.quotient {
                let bit = |n: u16| u8::from(real.status >> n & 1 != 0);
                let quotient = bit(8) << 2 | bit(14) << 1 | bit(9);
                assert_eq!(quotient, expected, "quotient of {name} {a:x?} {b:x?}");
            }
        });
    }
}

#[test]
fn comparisons() {
    let table: &[(&str, Hard, bool)] =
        &[("fcom", x87!("fcom st(1)"), true), ("fucom", x87!("fucom st(1)"), false)];
    for &(name, hard, signal_quiet) in table {
        pairs(|a, b| {
            let mut env = Env::from_control_word(0x37f);
            let relation = a.compare(b, signal_quiet, &mut env);
            let real = hard(0x37f, a, b);
            let codes = match relation {
                Relation::Greater => 0,
                Relation::Less => 0x100,
                Relation::Equal => 0x4000,
                Relation::Unordered => 0x4500,
            };
            assert_eq!(real.status & 0x4500, codes, "{name} {a:x?} {b:x?}");
            assert_eq!(real.status as u8 & flag::ALL, env.flags, "flags of {name} {a:x?} {b:x?}");
        });
    }
}

#[test]
fn extraction() {
    for cw in [0x37f, 0x340] {
        pairs(|a, b| {
            let mut env = Env::from_control_word(cw);
            let (significand, exponent) = a.extract(&mut env);
            // After FXTRACT the significand is ST(0) and the exponent ST(1).
            let real = x87!("fxtract")(cw, a, b);
            check("fxtract", cw, a, b, &real, significand, &env);
            if !env.stopped() {
                assert_eq!(real.st1, exponent, "fxtract exponent of {a:x?}");
            }
        });
    }
}

/// Stores ST(0) with one instruction and returns the bytes and status.
macro_rules! store {
    ($text:literal) => {
        |cw: u16, a: F80| -> ([u8; 16], u16) {
            let a = padded(a);
            let mut out = [0u8; 16];
            let mut status = 0u16;
            // SAFETY: as in `x87!`.
            unsafe {
                asm!(
                    "fninit", "fldcw word ptr [{cw}]", "fld tbyte ptr [{a}]",
                    $text,
                    "fnstsw word ptr [{status}]", "fnclex", "fninit",
                    cw = in(reg) &cw, a = in(reg) &a,
                    status = in(reg) &mut status, out = in(reg) &mut out,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                );
            }
            (out, status)
        }
    };
}

#[test]
fn stores() {
    type Store = fn(u16, F80) -> ([u8; 16], u16);
    type SoftStore = fn(F80, &mut Env) -> Vec<u8>;
    fn integer<const BITS: u32>(a: F80, e: &mut Env, mode: Rounding) -> Vec<u8> {
        a.to_integer(BITS, mode, e).to_le_bytes()[..BITS as usize / 8].to_vec()
    }
    let table: &[(&str, Store, SoftStore)] = &[
        ("fst m32", store!("fst dword ptr [{out}]"), |a, e| a.to_f32(e).to_le_bytes().to_vec()),
        ("fst m64", store!("fst qword ptr [{out}]"), |a, e| a.to_f64(e).to_le_bytes().to_vec()),
        ("fist m16", store!("fist word ptr [{out}]"), |a, e| integer::<16>(a, e, e.rounding)),
        ("fist m32", store!("fist dword ptr [{out}]"), |a, e| integer::<32>(a, e, e.rounding)),
        ("fistp m64", store!("fistp qword ptr [{out}]"), |a, e| integer::<64>(a, e, e.rounding)),
        ("fisttp m16", store!("fisttp word ptr [{out}]"), |a, e| integer::<16>(a, e, Rounding::Zero)),
        ("fisttp m64", store!("fisttp qword ptr [{out}]"), |a, e| integer::<64>(a, e, Rounding::Zero)),
        ("fbstp", store!("fbstp tbyte ptr [{out}]"), |a, e| a.to_bcd(e).to_vec()),
    ];
    for &(name, hard, soft) in table {
        for cw in control_words() {
            pairs(|a, _| {
                let mut env = Env::from_control_word(cw);
                let bytes = soft(a, &mut env);
                let (real, status) = hard(cw, a);
                let what = format!("{name} cw {cw:04x} {a:x?}");
                let blocked = flag::IE | flag::OE | flag::UE;
                if env.unmasked() & blocked == 0 {
                    assert_eq!(status as u8 & flag::ALL, env.flags, "flags of {what}");
                    assert_eq!(real[..bytes.len()], bytes[..], "{what}");
                } else {
                    let mask = !flag::PE;
                    assert_eq!(status as u8 & flag::ALL & mask, env.flags & mask, "flags of {what}");
                    assert_eq!(real, [0; 16], "{what} stored");
                }
                if status & 0x20 != 0 && env.unmasked() == 0 {
                    assert_eq!(status & 0x200 != 0, env.rounded_up, "C1 of {what}");
                }
            });
        }
    }
}

/// Loads from memory with one instruction.
macro_rules! load {
    ($text:literal) => {
        |bytes: [u8; 16]| -> (F80, u16) {
            let mut out = [0u8; 16];
            let mut status = 0u16;
            // SAFETY: as in `x87!`.
            unsafe {
                asm!(
                    "fninit", $text,
                    "fnstsw word ptr [{status}]", "fstp tbyte ptr [{out}]", "fninit",
                    a = in(reg) &bytes, status = in(reg) &mut status, out = in(reg) &mut out,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                );
            }
            (F80::from_bytes(out[..10].try_into().unwrap()), status)
        }
    };
}

#[test]
fn loads() {
    let mut random = Random(77);
    for round in 0..20_000 {
        let mut bytes = [0u8; 16];
        for byte in &mut bytes {
            *byte = random.next() as u8;
        }
        if round % 2 == 0 {
            // Denormals, infinities and NaNs of both formats.
            let exp = [0u64, 0x7ff, 1, 0x7fe][round / 2 % 4];
            let mant = random.next() >> (random.below(52) + 12);
            bytes[..8].copy_from_slice(&(exp << 52 | mant | random.next() << 63).to_le_bytes());
            if round % 16 < 8 {
                let exp = [0u32, 0xff, 1, 0xfe][round / 2 % 4];
                let single = exp << 23 | (random.next() as u32 >> (random.below(23) + 9));
                bytes[..4].copy_from_slice(&single.to_le_bytes());
            }
        }
        let word = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let mut env = Env::from_control_word(0x37f);
        let (real, status) = load!("fld qword ptr [{a}]")(bytes);
        assert_eq!((real, status as u8 & 0x3f), (F80::from_f64(word, &mut env), env.flags), "{word:x}");
        let mut env = Env::from_control_word(0x37f);
        let (real, status) = load!("fld dword ptr [{a}]")(bytes);
        let soft = F80::from_f32(word as u32, &mut env);
        assert_eq!((real, status as u8 & 0x3f), (soft, env.flags), "{word:x}");
        assert_eq!(load!("fild qword ptr [{a}]")(bytes).0, F80::from_i64(word as i64));
        for (i, byte) in bytes[..9].iter_mut().enumerate() {
            *byte = ((*byte % 100 / 10) << 4) | ((*byte % 10).wrapping_add(i as u8 & 1) % 10);
        }
        let bcd: [u8; 10] = bytes[..10].try_into().unwrap();
        assert_eq!(load!("fbld tbyte ptr [{a}]")(bytes).0, F80::from_bcd(bcd), "{bcd:x?}");
    }
}

/// Distance in units of the last place, for numbers of one sign.
fn ulps(a: F80, b: F80) -> u128 {
    let key = |v: F80| u128::from(v.exponent()) << 63 | u128::from(v.mantissa & !(1 << 63));
    if a.sign() == b.sign() { key(a).abs_diff(key(b)) } else { key(a) + key(b) }
}

#[test]
fn transcendentals() {
    let table: &[(&str, Hard, Soft)] = &[
        ("fsin", x87!("fsin"), |a, _, e| a.sin(e).unwrap_or(a)),
        ("fcos", x87!("fcos"), |a, _, e| a.cos(e).unwrap_or(a)),
        ("fptan", x87!("fptan; fstp st(0)"), |a, _, e| a.tan(e).map_or(a, |t| t.0)),
        ("fpatan", x87!("fpatan; fld st(0)"), |a, b, e| b.atan2(a, e)),
        ("f2xm1", x87!("f2xm1"), |a, _, e| a.exp2_minus_1(e)),
        ("fyl2x", x87!("fyl2x; fld st(0)"), |a, b, e| a.log2_times(b, e)),
        ("fyl2xp1", x87!("fyl2xp1; fld st(0)"), |a, b, e| a.log2_plus_1_times(b, e)),
    ];
    for &(name, hard, soft) in table {
        pairs(|a, b| {
            let size = a.exponent();
            let out_of_range = match name {
                "fptan" => size >= 0x403e,
                "f2xm1" => size >= 0x3fff && size != 0x7fff,
                "fyl2xp1" => size >= 0x3ffd,
                _ => false,
            };
            if out_of_range && a.class() == super::Class::Normal {
                return;
            }
            let mut env = Env::from_control_word(0x37f);
            let result = soft(a, b, &mut env);
            let real = hard(0x37f, a, b);
            let what = format!("{name} {a:x?} {b:x?}: real {:x?} soft {result:x?}", real.st0);
            // Underflow and inexact of tiny results differ between processors.
            let certain = flag::IE | flag::ZE | flag::OE;
            assert_eq!(real.status as u8 & certain, env.flags & certain, "flags of {what}");
            assert!(ulps(real.st0, result) <= 1, "{what}");
        });
    }
}
