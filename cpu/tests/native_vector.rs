//! Every x87, MMX and SSE to SSE4.2 instruction, in register and memory form,
//! with random and awkward operands, against the processor the tests run on.
//!
//! The instructions are enumerated from the decoder's own tables, so one that is
//! not lifted fails here rather than being forgotten; [`EXCLUDED`] says which
//! have their own tests or are not implemented, and why.
#![cfg(target_arch = "x86_64")]

mod native;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;

use iced_x86::{
    Code, CpuidFeature, Encoder, Instruction, MemoryOperand, Mnemonic, OpCodeOperandKind as Kind, Register,
};
use native::{CODE, DATA, DATA_SIZE, Machine, Native};
use tawaki_cpu::helper::fxsave::{FXSAVE_SIZE, fxsave_image, load_fxsave_image};
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap};

/// Instructions the enumeration leaves out.
const EXCLUDED: &[(Mnemonic, &str)] = &[
    (Mnemonic::Ldmxcsr, "random values are #GP; own test"),
    (Mnemonic::Fxsave, "pointer fields differ; own test"),
    (Mnemonic::Fxsave64, "pointer fields differ; own test"),
    (Mnemonic::Fxrstor, "random MXCSR is #GP; own test"),
    (Mnemonic::Fxrstor64, "random MXCSR is #GP; own test"),
    (Mnemonic::Fnstenv, "pointer fields differ; own test"),
    (Mnemonic::Fnsave, "pointer fields differ; own test"),
    (Mnemonic::Fldenv, "own test"),
    (Mnemonic::Frstor, "own test"),
    (Mnemonic::Fbld, "random digits are undefined; own test in softfloat"),
    (Mnemonic::Rcpps, "approximations differ between processors"),
    (Mnemonic::Rcpss, "approximations differ between processors"),
    (Mnemonic::Rsqrtps, "approximations differ between processors"),
    (Mnemonic::Rsqrtss, "approximations differ between processors"),
    (Mnemonic::Clflush, "no visible effect"),
    (Mnemonic::Monitor, "privileged"),
    (Mnemonic::Mwait, "privileged"),
    (Mnemonic::Fstpnce, "undocumented"),
    (Mnemonic::Fndisi, "8087 only"),
    (Mnemonic::Fneni, "8087 only"),
    (Mnemonic::Fnsetpm, "80287 only"),
    (Mnemonic::Frstpm, "80287 only"),
    (Mnemonic::Fstdw, "80387SL only"),
    (Mnemonic::Fstsg, "80387SL only"),
    (Mnemonic::Fstenv, "pseudo-instruction: FWAIT and FNSTENV"),
    (Mnemonic::Fsave, "pseudo-instruction"),
];

/// Instructions compared within one unit of the last place, C1 and the
/// underflow and inexact flags apart.
const APPROXIMATE: &[Mnemonic] = &[
    Mnemonic::Fsin,
    Mnemonic::Fcos,
    Mnemonic::Fsincos,
    Mnemonic::Fptan,
    Mnemonic::Fpatan,
    Mnemonic::F2xm1,
    Mnemonic::Fyl2x,
    Mnemonic::Fyl2xp1,
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A word that is likely to mean something to some instruction.
    fn word(&mut self) -> u64 {
        const DOUBLES: [u64; 14] = [
            0,
            1 << 63,
            0x3ff0_0000_0000_0000,
            0xbff8_0000_0000_0000,
            0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000,
            0x7ff8_0000_0000_1234,
            0xfff4_0000_0000_0001,
            1,
            0x8010_0000_0000_0000,
            0x7fef_ffff_ffff_ffff,
            0x41df_ffff_ffe0_0000,
            0xc1e0_0000_0010_0000,
            0x43e0_0000_0000_0000,
        ];
        const SINGLES: [u32; 13] = [
            0,
            1 << 31,
            0x3f80_0000,
            0xbfc0_0000,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_4321,
            0xffa0_0001,
            1,
            0x8080_0000,
            0x7f7f_ffff,
            0x4f00_0000,
            0xcf00_0001,
        ];
        let single = |r: &mut Random| match r.below(3) {
            0 => SINGLES[r.below(SINGLES.len() as u64) as usize],
            1 => (0x3f00_0000 + (r.next() as u32 >> 7)) | ((r.next() as u32) << 31),
            _ => r.next() as u32,
        };
        match self.below(8) {
            0 | 1 => DOUBLES[self.below(DOUBLES.len() as u64) as usize],
            2 | 3 => u64::from(single(self)) | u64::from(single(self)) << 32,
            4 => (0x3f00_0000_0000_0000 + (self.next() >> 8)) | (self.next() << 63),
            5 => (self.below(200) as i64 - 100) as u64,
            // Text for the string comparisons.
            6 => u64::from_le_bytes(std::array::from_fn(|_| b"\0abcABC \x80\xff"[self.below(10) as usize])),
            _ => self.next(),
        }
    }

    fn f80(&mut self) -> [u8; 16] {
        let exponent = match self.below(8) {
            0 => 0,
            1 => 0x7fff,
            2 => self.below(0x8000) as u16,
            3 => 0x4000 + self.below(64) as u16,
            _ => 0x3ff0 + self.below(32) as u16,
        };
        let mant = match self.below(5) {
            0 => 1 << 63,
            1 => 3 << 62,
            2 => (1 << 63) | self.next() << 40,
            _ => self.next() | 1 << 63,
        };
        let mant = if exponent == 0 && self.below(2) == 0 { 0 } else { mant };
        let mut out = [0; 16];
        out[..8].copy_from_slice(&mant.to_le_bytes());
        out[8..10].copy_from_slice(&(exponent | (self.below(2) as u16) << 15).to_le_bytes());
        out
    }

    fn machine(&mut self, x87: bool) -> Machine {
        let mut machine = Machine { gpr: [0; 16], flags: 0x202, fx: [0; 512], data: vec![0; DATA_SIZE] };
        machine.gpr.iter_mut().for_each(|r| *r = self.word());
        // Lengths of the explicit string comparisons are mostly small.
        machine.gpr[0] = if self.below(4) == 0 { self.word() } else { self.below(20) };
        machine.gpr[2] = if self.below(4) == 0 { self.word() } else { self.below(20) };
        machine.gpr[6] = DATA + 0x800;
        machine.gpr[7] = DATA + 0x800 + self.below(64);
        machine.flags |= self.next() & 0x8d5;
        for chunk in machine.data[0x7c0..0x900].chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes());
        }
        let mut put = |at: usize, bytes: &[u8]| machine.fx[at..at + bytes.len()].copy_from_slice(bytes);
        let masks = if x87 && self.below(4) == 0 { self.below(64) as u16 } else { 0x3f };
        let cw = masks | 0x40 | [0, 2, 3, 3][self.below(4) as usize] << 8 | (self.below(4) as u16) << 10;
        let flags = self.below(64) as u16 & if self.below(2) == 0 { cw } else { 0 } & 0x3f;
        let codes = self.next() as u16 & 0x4700;
        let sw = (self.below(8) as u16) << 11 | codes | flags;
        put(0, &cw.to_le_bytes());
        put(2, &sw.to_le_bytes());
        put(4, &[if x87 && self.below(3) == 0 { self.next() as u8 } else { 0xff << self.below(3) }]);
        let rounding = if self.below(2) == 0 { 0 } else { self.below(4) as u32 };
        let zeros = [0, 0, 0, 0x40, 0x8000, 0x8040][self.below(6) as usize];
        let sticky = [0x20, 0, self.below(64) as u32][self.below(3) as usize];
        put(24, &(0x1f80 | rounding << 13 | zeros | sticky).to_le_bytes());
        for i in 0..8 {
            put(32 + 16 * i, &self.f80());
        }
        for i in 0..32 {
            put(160 + 8 * i, &self.word().to_le_bytes());
        }
        machine
    }
}

/// Instances of an instruction: register and memory, several registers.
fn forms(code: Code, random: &mut Random) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for memory in [false, true] {
        for _ in 0..4 {
            let mut instruction = Instruction::default();
            instruction.set_code(code);
            let info = code.op_code();
            let mut has_memory = false;
            for i in 0..info.op_count() {
                let n = random.below(8) as u32;
                let kind = info.op_kind(i);
                let register = match kind {
                    Kind::xmm_reg => Register::XMM0 + random.below(16) as u32,
                    Kind::xmm_rm => Register::XMM0 + random.below(16) as u32,
                    Kind::xmm_or_mem if !memory => Register::XMM0 + random.below(16) as u32,
                    Kind::mm_reg | Kind::mm_rm => Register::MM0 + n,
                    Kind::mm_or_mem if !memory => Register::MM0 + n,
                    Kind::r16_reg => Register::R8W + n,
                    Kind::r32_reg | Kind::r32_rm => Register::R8D + n,
                    Kind::r64_reg | Kind::r64_rm => Register::R8 + n,
                    Kind::r32_or_mem | Kind::r32_reg_mem if !memory => Register::R8D + n,
                    Kind::r64_or_mem | Kind::r64_reg_mem if !memory => Register::R8 + n,
                    Kind::r8_or_mem if !memory => Register::R8L + n,
                    Kind::r16_or_mem if !memory => Register::R8W + n,
                    Kind::st0 => Register::ST0,
                    Kind::sti_opcode => Register::ST0 + n,
                    Kind::ax => Register::AX,
                    Kind::imm8 => {
                        instruction.set_op_kind(i, iced_x86::OpKind::Immediate8);
                        instruction.set_immediate8(random.next() as u8);
                        continue;
                    }
                    Kind::seg_rDI => {
                        instruction.set_op_kind(i, iced_x86::OpKind::MemorySegRDI);
                        continue;
                    }
                    _ => {
                        has_memory = true;
                        instruction.set_op_kind(i, iced_x86::OpKind::Memory);
                        let at = MemoryOperand::with_base_displ(Register::RSI, 0x10);
                        instruction.set_memory_base(at.base);
                        instruction.set_memory_displ_size(1);
                        instruction.set_memory_displacement64(at.displacement as u64);
                        continue;
                    }
                };
                instruction.set_op_kind(i, iced_x86::OpKind::Register);
                instruction.set_op_register(i, register);
            }
            if has_memory != memory {
                continue;
            }
            let mut encoder = Encoder::new(64);
            match encoder.encode(&instruction, CODE) {
                Ok(_) => out.push(encoder.take_buffer()),
                Err(error) => panic!("{code:?}: {error}"),
            }
        }
    }
    out
}

/// The engine's answer: the machine after one instruction, or a trap.
fn emulate(memory: &GuestMemory, machine: &Machine, code: &[u8]) -> Result<Machine, Trap> {
    let mut state = CpuState::new(Mode::Bits64);
    state.slots[..16].copy_from_slice(&machine.gpr);
    state.set_eflags(machine.flags as u32);
    let image: &[u8; FXSAVE_SIZE] = &machine.fx;
    assert!(load_fxsave_image(&mut state, image, true), "bad MXCSR in a test");
    state.rip = CODE;
    let whole = [code, &[0xcc]].concat();
    memory.write_bytes(CODE, &whole).expect("code page");
    memory.write_bytes(DATA, &machine.data).expect("data pages");
    let mut engine = Interpreter::new();
    match engine.run(&mut state, memory, &AtomicU32::new(0), 1000) {
        Trap::Breakpoint => {}
        trap => return Err(trap),
    }
    let mut out = machine.clone();
    out.gpr.copy_from_slice(&state.slots[..16]);
    out.flags = u64::from(state.eflags());
    out.fx = fxsave_image(&state, true);
    memory.read_bytes(DATA, &mut out.data).expect("data pages");
    Ok(out)
}

fn guest_memory() -> GuestMemory {
    let memory = GuestMemory::for_tests();
    let page = |at: u64| (at >> 12) as u32;
    let all = Perms::READ | Perms::WRITE | Perms::EXEC | Perms::MAPPED;
    memory.set_perms(page(DATA)..page(DATA + DATA_SIZE as u64), all);
    memory.set_perms(page(CODE)..page(CODE) + 1, all);
    memory
}

/// What differs, in words; empty when nothing does.
fn differences(real: &Machine, ours: &Machine, approximate: bool) -> String {
    let mut out = String::new();
    let mut note = |what: &str, real: &dyn std::fmt::Debug, ours: &dyn std::fmt::Debug| {
        out += &format!("\n    {what}: real {real:x?} ours {ours:x?}");
    };
    for i in (0..16).filter(|&i| i != 4 && real.gpr[i] != ours.gpr[i]) {
        note(&format!("gpr {i}"), &real.gpr[i], &ours.gpr[i]);
    }
    if (real.flags ^ ours.flags) & 0x8d5 != 0 {
        note("flags", &(real.flags & 0x8d5), &(ours.flags & 0x8d5));
    }
    let word = |m: &Machine, at: usize| u16::from_le_bytes([m.fx[at], m.fx[at + 1]]);
    let ignored = if approximate { 0x82b0 } else { 0 };
    for (name, at, mask) in [("cw", 0, 0xffff), ("sw", 2, !ignored), ("tags", 4, 0xff), ("mxcsr", 24, 0xffff)]
    {
        if (word(real, at) ^ word(ours, at)) & mask != 0 {
            note(name, &word(real, at), &word(ours, at));
        }
    }
    let register = |m: &Machine, at: usize| u128::from_le_bytes(m.fx[at..at + 16].try_into().unwrap());
    for i in 0..8 {
        let (a, b) = (register(real, 32 + 16 * i) << 48 >> 48, register(ours, 32 + 16 * i) << 48 >> 48);
        // Encodings without the integer bit order as the numbers do.
        let key = |v: u128| (v >> 64) << 63 | v & (u128::MAX >> 65);
        let close = approximate && key(a).abs_diff(key(b)) <= 1;
        if a != b && !close {
            note(&format!("st{i}"), &a, &b);
        }
    }
    for i in 0..16 {
        let (a, b) = (register(real, 160 + 16 * i), register(ours, 160 + 16 * i));
        if a != b {
            note(&format!("xmm{i}"), &a, &b);
        }
    }
    if real.data != ours.data {
        let at = (0..DATA_SIZE).find(|&i| real.data[i] != ours.data[i]).unwrap_or(0) & !7;
        note(&format!("data at {at:x}"), &&real.data[at..at + 16], &&ours.data[at..at + 16]);
    }
    out
}

/// Instructions that load or store state, with a valid image to load, and the
/// bytes of the data they write that no two processors agree on (pointers).
#[test]
fn state_images() {
    // At RSI + 0x10, which is 16-byte aligned.
    const AT: usize = 0x810;
    const POINTERS_32: std::ops::Range<usize> = AT + 12..AT + 28;
    const POINTERS_16: std::ops::Range<usize> = AT + 6..AT + 14;
    const NONE: std::ops::Range<usize> = 0..0;
    let table: &[(&str, &[u8], std::ops::Range<usize>)] = &[
        ("fnstenv", &[0xd9, 0x76, 0x10], POINTERS_32),
        ("fnstenv 16", &[0x66, 0xd9, 0x76, 0x10], POINTERS_16),
        ("fnsave", &[0xdd, 0x76, 0x10], POINTERS_32),
        ("fnsave 16", &[0x66, 0xdd, 0x76, 0x10], POINTERS_16),
        ("fldenv", &[0xd9, 0x66, 0x10], NONE),
        ("fldenv 16", &[0x66, 0xd9, 0x66, 0x10], NONE),
        ("frstor", &[0xdd, 0x66, 0x10], NONE),
        ("frstor 16", &[0x66, 0xdd, 0x66, 0x10], NONE),
        ("fnsave; frstor", &[0xdd, 0x76, 0x10, 0xdd, 0x66, 0x10], POINTERS_32),
        ("fxsave", &[0x0f, 0xae, 0x46, 0x10], AT + 6..AT + 24),
        ("fxsave64", &[0x48, 0x0f, 0xae, 0x46, 0x10], AT + 6..AT + 24),
        ("fxrstor", &[0x0f, 0xae, 0x4e, 0x10], NONE),
        ("fxrstor64", &[0x48, 0x0f, 0xae, 0x4e, 0x10], NONE),
        ("ldmxcsr", &[0x0f, 0xae, 0x56, 0x10], NONE),
    ];
    let memory = guest_memory();
    let mut random = Random(0x7777_1234_abcd_0001);
    let mut report = String::new();
    Native::with(|native| {
        for (name, code, pointers) in table {
            for _ in 0..300 {
                let mut before = random.machine(true);
                let image = random.machine(true).fx;
                let mut put =
                    |at: usize, bytes: &[u8]| before.data[at..at + bytes.len()].copy_from_slice(bytes);
                if name.starts_with("fxrstor") {
                    put(AT, &image);
                } else if *name == "ldmxcsr" {
                    put(AT, &(random.next() as u32 & 0x1ffff & !0x10000 | 0x1f80).to_le_bytes());
                } else {
                    let size = if name.ends_with("16") { 2 } else { 4 };
                    let tags =
                        (0..8).fold(0u16, |t, i| t | if image[4] >> i & 1 == 0 { 3 << (2 * i) } else { 0 });
                    put(AT, &image[0..2]);
                    put(AT + size, &image[2..4]);
                    put(AT + 2 * size, &tags.to_le_bytes());
                    for i in 0..8 {
                        put(AT + 7 * size + 10 * i, &image[32 + 16 * i..42 + 16 * i]);
                    }
                }
                let mut real = before.clone();
                native.run(&mut real, code);
                match emulate(&memory, &before, code) {
                    Ok(mut ours) => {
                        ours.data[pointers.clone()].copy_from_slice(&real.data[pointers.clone()]);
                        if name.starts_with("fxsave") {
                            // MXCSR_MASK says which bits exist: the processor may have more.
                            real.data[AT + 28..AT + 32].copy_from_slice(&ours.data[AT + 28..AT + 32]);
                        }
                        let difference = differences(&real, &ours, false);
                        if !difference.is_empty() && report.len() < 4000 {
                            report += &format!("\n{name}: {difference}");
                        }
                    }
                    Err(trap) => report += &format!("\n{name}: trap {trap:?}"),
                }
            }
        }
    });
    assert!(report.is_empty(), "{report}");
}

/// Runs every form of every instruction with one of `features`; reports per instruction.
fn check(features: &[CpuidFeature], x87: bool, rounds: usize) {
    let rounds = std::env::var("TAWAKI_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(rounds);
    let memory = guest_memory();
    let mut random = Random(0x0123_4567_89ab_cdef);
    let mut failures: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut seen = 0;
    Native::with(|native| {
        for code in Code::values() {
            let info = code.op_code();
            let ours = code.cpuid_features().iter().any(|f| features.contains(f));
            // FCMOV is listed under CMOV, with the integer instructions.
            let ours = ours && (!x87 || format!("{code:?}").starts_with('F') || code == Code::Wait);
            let named = EXCLUDED.iter().any(|(m, _)| *m == code.mnemonic());
            let legacy = info.encoding() == iced_x86::EncodingKind::Legacy;
            if !ours || named || !legacy || !info.mode64() || !info.is_instruction() || info.fwait() {
                continue;
            }
            seen += 1;
            let approximate = APPROXIMATE.contains(&code.mnemonic());
            for bytes in forms(code, &mut random) {
                for _ in 0..rounds {
                    let mut before = random.machine(x87);
                    if code.mnemonic() == Mnemonic::Fyl2xp1 {
                        // Defined for |ST(0)| below 1 - sqrt(1/2) only.
                        before.fx[41] = before.fx[41] & 0x80 | 0x3f;
                        before.fx[40] = before.fx[40].min(0xfc);
                    }
                    if matches!(code.mnemonic(), Mnemonic::Fprem | Mnemonic::Fprem1) {
                        // How far an incomplete step reduces is the processor's own affair.
                        let exponent = u16::from_le_bytes([before.fx[40], before.fx[41]]) & 0x7fff;
                        let other = exponent.saturating_sub(random.below(63) as u16);
                        before.fx[56..58].copy_from_slice(&other.to_le_bytes());
                    }
                    let mut real = before.clone();
                    native.run(&mut real, &bytes);
                    let report = match emulate(&memory, &before, &bytes) {
                        Ok(ours) => differences(&real, &ours, approximate),
                        Err(trap) => format!("\n    trap {trap:?}"),
                    };
                    if !report.is_empty() {
                        let fx = |at: usize| u16::from_le_bytes([before.fx[at], before.fx[at + 1]]);
                        let context = format!(
                            "{bytes:02x?} cw {:x} sw {:x} tags {:x} mxcsr {:x}{report}",
                            fx(0),
                            fx(2),
                            before.fx[4],
                            fx(24)
                        );
                        let entry = failures.entry(format!("{code:?}")).or_insert((0, context));
                        entry.0 += 1;
                    }
                }
            }
        }
    });
    assert!(seen > 10, "the decoder's table gave only {seen} instructions");
    let list: String =
        failures.iter().map(|(code, (count, first))| format!("\n{code} ({count} times): {first}")).collect();
    assert!(failures.is_empty(), "{} of {seen} instructions differ:{list}", failures.len());
}

#[test]
fn mmx() {
    check(&[CpuidFeature::MMX], false, 20);
}

#[test]
fn sse() {
    check(&[CpuidFeature::SSE], false, 40);
}

#[test]
fn sse2() {
    check(&[CpuidFeature::SSE2], false, 40);
}

#[test]
fn sse3_and_ssse3() {
    check(&[CpuidFeature::SSE3, CpuidFeature::SSSE3], false, 30);
}

#[test]
fn sse4() {
    check(&[CpuidFeature::SSE4_1, CpuidFeature::SSE4_2, CpuidFeature::POPCNT], false, 60);
}

#[test]
fn aes_clmul_and_sha() {
    check(&[CpuidFeature::AES, CpuidFeature::PCLMULQDQ, CpuidFeature::SHA], false, 60);
}

#[test]
fn x87() {
    check(&[CpuidFeature::FPU, CpuidFeature::FPU287, CpuidFeature::FPU387, CpuidFeature::CMOV], true, 60);
}
