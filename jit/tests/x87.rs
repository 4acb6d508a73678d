//! Every x87 instruction with a register or memory operand, compiled and interpreted
//! from random states of the FPU: stack, tags, control word, pending exceptions.

mod harness;

use harness::{CODE, DATA, Machine, start, xorshift};
use tawaki_cpu::x87::F80;
use tawaki_cpu::{CpuState, Mode};
use tawaki_jit::Options;

/// Where the memory operand lies in the data window, and where the state is stored.
const OPERAND: u64 = 0x200;
const IMAGE: u64 = 0x400;

/// Trusting the layout.
fn unchecked() -> Options {
    Options { checked: false, ..Options::default() }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        xorshift(&mut self.0).wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 20) % n
    }

    /// Numbers that meet: near each other, of few bits, at the edges of formats.
    fn f80(&mut self) -> F80 {
        let mantissa = match self.below(8) {
            0 => 0,
            1 => 1 << 63,
            2 => u64::MAX << self.below(64),
            3 => self.next() << 11 | 1 << 63,
            4 => self.next() << 40 | 1 << 63,
            5 => u64::MAX - self.below(3),
            6 => 1 << 63 | self.below(3),
            _ => self.next() | 1 << 63,
        };
        let exponent = match self.below(12) {
            _ if mantissa == 0 && self.below(8) != 0 => 0,
            0 => self.below(0x8000),
            1 => self.below(3),
            2 => 0x7ffd + self.below(3),
            3 => 0x3fff + 60 + self.below(70),
            4 => 0x3fff + 1020 + self.below(8),
            5 => 0x3fff - 1026 + self.below(8),
            6 => 0x3fff - 130 + self.below(260),
            _ => 0x3fff - 4 + self.below(8),
        };
        F80 { mantissa, sign_exponent: exponent as u16 | (self.below(2) << 15) as u16 }
    }

    fn fpu(&mut self, state: &mut CpuState) {
        let x87 = &mut state.x87;
        x87.regs.fill_with(|| self.f80());
        if self.below(3) == 0 {
            // Equal magnitudes cancel and compare equal.
            let one = x87.regs[self.below(8) as usize];
            let other = &mut x87.regs[self.below(8) as usize];
            *other = F80 { sign_exponent: one.sign_exponent ^ (self.below(2) << 15) as u16, ..one };
        }
        x87.cw = match self.below(10) {
            0 => 0x340 | self.below(0x40) as u16,
            1 => 0x27f,
            2 => 0x07f,
            3 | 4 => 0x37f | (self.below(4) << 10) as u16,
            _ => 0x37f,
        };
        x87.sw = (self.next() & 0x7f3f) as u16;
        if self.below(4) != 0 {
            x87.sw &= !0x3f;
        }
        if x87.sw & !x87.cw & 0x3f != 0 {
            x87.sw |= 0x8080;
        }
        x87.tw = match self.below(4) {
            0 => 0xffff,
            1 => (0..8).fold(0, |tw, r| tw | if self.below(2) == 0 { 3 << (2 * r) } else { 0 }),
            // What a push fills is empty.
            2 => 3 << (2 * ((x87.sw >> 11 & 7).wrapping_sub(1) & 7)),
            _ => 0,
        };
    }

    /// Ten bytes that are some number in every format.
    fn operand(&mut self) -> [u8; 10] {
        let low = match self.below(6) {
            0 => 0,
            1 => (self.next() as i64 >> self.below(64)) as u64,
            2 => self.f80().mantissa,
            3 => ((self.next() as i32 >> self.below(32)) as f64 / 8.0).to_bits(),
            4 => {
                let single =
                    |r: &mut Random| u64::from(((r.next() as i32 >> r.below(32)) as f32 / 8.0).to_bits());
                single(self) | single(self) << 32
            }
            _ => self.next(),
        };
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&low.to_le_bytes());
        bytes[8..].copy_from_slice(&self.f80().sign_exponent.to_le_bytes());
        bytes
    }
}

/// `escape modrm [disp32]`, then FXSAVE and INT3.
fn code(escape: u8, modrm: u8) -> Vec<u8> {
    let mut code = vec![escape, modrm];
    if modrm < 0xc0 {
        code.extend(((DATA + OPERAND) as u32).to_le_bytes());
    }
    code.extend([0x0f, 0xae, 0x05]);
    code.extend(((DATA + IMAGE) as u32).to_le_bytes());
    code.push(0xcc);
    code
}

fn check(options: Options, runs: usize) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut machine = Machine::new(Mode::Bits32, options);
    let mut at = CODE;
    let filter = std::env::var("JIT_CASE").unwrap_or_default();
    for escape in 0xd8..=0xdf {
        let forms = (0..8).map(|reg| reg << 3 | 5).chain(0xc0..=0xff);
        for modrm in forms {
            // FNSAVE, FRSTOR and their kin go through the helper whole.
            let code = code(escape, modrm);
            at += 0x40;
            if !format!("{escape:02x}{modrm:02x}").contains(&filter) {
                continue;
            }
            machine.poke(at, &code);
            for _ in 0..runs {
                let mut state = start(Mode::Bits32);
                state.rip = at;
                random.fpu(&mut state);
                let mut data = vec![0; 0x800];
                data[OPERAND as usize..OPERAND as usize + 10].copy_from_slice(&random.operand());
                let expected = machine.interpret(&state, &data);
                let found = machine.run(&state, &data);
                let image = |o: &harness::Outcome| o.data[OPERAND as usize..IMAGE as usize + 0xa0].to_vec();
                assert!(
                    expected == found,
                    "{escape:02x} {modrm:02x} of {:x?}, operand {:02x?}: {:x?} {:?}\n{:02x?}\nnot {:x?} {:?}\n{:02x?}",
                    state.x87,
                    &data[OPERAND as usize..OPERAND as usize + 10],
                    expected.slots[0],
                    expected.trap,
                    image(&expected),
                    found.slots[0],
                    found.trap,
                    image(&found),
                );
            }
        }
    }
}

/// Runs of instructions in one block: TOP is followed through them.
fn check_runs(options: Options, count: u64) {
    let mut random = Random(0x1357_9bdf_0246_8ace);
    let mut machine = Machine::new(Mode::Bits32, options);
    for number in 0..count {
        let mut code = Vec::new();
        for _ in 0..8 {
            let i = random.below(8) as u8;
            let reg = random.below(8) as u8;
            let register: [[u8; 2]; 16] = [
                [0xd9, 0xc0 + i], // FLD
                [0xd9, 0xc0 + i],
                [0xd9, 0xc8 + i], // FXCH
                [0xdd, 0xd0 + i], // FST
                [0xdd, 0xd8 + i], // FSTP
                [0xd8, 0xc0 + 8 * reg + i],
                [0xdc, 0xc0 + 8 * reg + i],
                [0xde, 0xc0 + 8 * (reg & 1) + i], // FADDP, FMULP
                [0xde, 0xe0 + i],
                [0xd9, 0xe0],               // FCHS
                [0xd9, 0xee - 6 * (i & 1)], // FLDZ, FLD1
                [0xdf, 0xf0 + i],           // FCOMIP
                [0xd9, 0xfa],               // FSQRT
                [0xd9, 0xf6 + (i & 1)],     // FDECSTP, FINCSTP
                [0xeb, 0],                  // Another block.
                [0x74, 0],
            ];
            let memory: [[u8; 2]; 5] =
                [[0xdd, 5], [0xdd, 0x1d], [0xdc, 5 + 8 * reg], [0xdb, 5], [0xd9, 0x1d]];
            if random.below(3) == 0 {
                code.extend(memory[random.below(5) as usize]);
                code.extend(((DATA + OPERAND) as u32).to_le_bytes());
            } else {
                code.extend(register[random.below(16) as usize]);
            }
        }
        code.extend([0x0f, 0xae, 0x05]);
        code.extend(((DATA + IMAGE) as u32).to_le_bytes());
        code.push(0xcc);
        let at = CODE + 0x80 * number;
        machine.poke(at, &code);
        for _ in 0..12 {
            let mut state = start(Mode::Bits32);
            state.rip = at;
            random.fpu(&mut state);
            if random.below(2) == 0 {
                // An ordinary program's: numbers near 1, half the stack in use.
                state.x87.cw = 0x37f;
                state.x87.sw &= 0x3800;
                let top = state.x87.sw >> 11;
                state.x87.tw = (0..4).fold(0xffff, |tw, i| tw & !(3 << (2 * ((top + i) & 7))));
                state.x87.regs.fill_with(|| F80 {
                    mantissa: random.next() | 1 << 63,
                    sign_exponent: 0x3ffe + random.below(3) as u16,
                });
            }
            let mut data = vec![0; 0x800];
            data[OPERAND as usize..OPERAND as usize + 10].copy_from_slice(&random.operand());
            let expected = machine.interpret(&state, &data);
            let found = machine.run(&state, &data);
            assert!(expected == found, "{code:02x?} of {:x?}: {expected:x?} not {found:x?}", state.x87);
        }
    }
}

/// Loops of several blocks, in loops, about a stack that is mostly as high at the end as at the
/// start: what is known of registers is carried round.
fn check_loops(options: Options, count: u64) {
    let mut random = Random(0x0bad_cafe_1234_5678);
    let mut machine = Machine::new(Mode::Bits32, options);
    let operation = |random: &mut Random, code: &mut Vec<u8>| {
        let (i, reg) = (random.below(4) as u8, random.below(8) as u8);
        let memory = |code: &mut Vec<u8>, bytes: [u8; 2], at: u64| {
            code.extend(bytes);
            code.extend(((DATA + at) as u32).to_le_bytes());
        };
        match random.below(16) {
            // FLD, an operation, a pop.
            0 => code.extend([0xd9, 0xc0 + i, 0xd8, 0xc0 + 8 * reg + i, 0xde, 0xc1 + 8 * (reg & 1)]),
            1 => {
                memory(code, [0xdd, 5], OPERAND + 8 * u64::from(i));
                code.extend([0xd8, 0xc1 + 8 * (reg & 1), 0xdd, 0xd8 + i]);
            }
            2 => {
                code.extend([0xd9, 0xc0 + i]);
                memory(code, [0xdd, 0x1d], OPERAND + 8 * u64::from(i));
            }
            3 => memory(code, [0xdc, 5 + 8 * reg], OPERAND + 8 * u64::from(i)),
            4 => code.extend([0xd9, 0xc8 + i]),
            5 => code.extend([0xd9, 0xe8 + 6 * (i & 1), 0xde, 0xc1]),
            6 => code.extend([0xd9, 0xe0 + (i & 1)]),
            7 => code.extend([0xd9, 0xc0, 0xdf, 0xf1 + i]),
            // FNSTSW AX; FRNDINT; FLD80, FSTP80.
            8 if reg == 0 => code.extend([0xdf, 0xe0]),
            8 if reg == 1 => code.extend([0xd9, 0xfc]),
            8 if reg == 2 => {
                memory(code, [0xdb, 0x3d], OPERAND + 64);
                memory(code, [0xdb, 0x2d], OPERAND + 64);
            }
            // One more, one less.
            9 if reg == 0 => code.extend([0xd9, 0xc0 + i]),
            9 if reg == 1 => code.extend([0xdd, 0xd8 + i]),
            10 => code.extend([0xd9, 0xfa]),
            11 => memory(code, [0xdb, 0x15], OPERAND + 48),
            12 => memory(code, [0xda, 5 + 8 * reg], OPERAND + 32),
            _ => code.extend([[0xd8, 0xdc][usize::from(i & 1)], 0xc0 + 8 * reg + i]),
        }
    };
    for number in 0..count {
        let mut code = Vec::new();
        let run = |random: &mut Random, code: &mut Vec<u8>, most: u64| {
            (0..random.below(most)).for_each(|_| operation(random, code));
        };
        run(&mut random, &mut code, 3);
        // MOV ECX, 3
        code.extend([0xb9, 3, 0, 0, 0]);
        let outer = code.len();
        run(&mut random, &mut code, 4);
        // MOV EDX, 3
        code.extend([0xba, 3, 0, 0, 0]);
        let inner = code.len();
        run(&mut random, &mut code, 5);
        // TEST DL, 1; JZ
        let mut skipped = Vec::new();
        run(&mut random, &mut skipped, 3);
        code.extend([0xf6, 0xc2, 1, 0x74, skipped.len() as u8]);
        code.extend(&skipped);
        run(&mut random, &mut code, 4);
        // DEC EDX; JNZ
        code.extend([0x4a, 0x0f, 0x85]);
        code.extend((inner as i32 - code.len() as i32 - 4).to_le_bytes());
        run(&mut random, &mut code, 3);
        // DEC ECX; JNZ
        code.extend([0x49, 0x0f, 0x85]);
        code.extend((outer as i32 - code.len() as i32 - 4).to_le_bytes());
        code.extend([0x0f, 0xae, 0x05]);
        code.extend(((DATA + IMAGE) as u32).to_le_bytes());
        code.push(0xcc);
        let at = CODE + 0x200 * number;
        machine.poke(at, &code);
        for _ in 0..6 {
            let mut state = start(Mode::Bits32);
            state.rip = at;
            random.fpu(&mut state);
            if random.below(4) != 0 {
                state.x87.cw = 0x37f;
                state.x87.sw &= 0x7a00;
                let top = state.x87.sw >> 11 & 7;
                state.x87.tw = (0..5).fold(0xffff, |tw, i| tw & !(3 << (2 * ((top + i) & 7))));
                state.x87.regs.fill_with(|| F80 {
                    mantissa: random.next() << [0, 11, 40][random.below(3) as usize] | 1 << 63,
                    sign_exponent: 0x3ffe + random.below(3) as u16,
                });
            }
            let mut data = vec![0; 0x800];
            for k in 0..6 {
                let at = OPERAND as usize + 8 * k;
                let value = (random.next() as i32 >> random.below(24)) as f64 / 1048576.0;
                data[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            let expected = machine.interpret(&state, &data);
            let found = machine.run(&state, &data);
            assert!(expected == found, "{code:02x?} of {:x?}: {expected:x?} not {found:x?}", state.x87);
        }
    }
}

#[test]
fn x87_loops() {
    check_loops(unchecked(), 80);
    check_loops(Options { checked: true, ..Options::default() }, 30);
}

/// Runs of MMX instructions, alone (registers are locals) and with an x87 instruction in the
/// region (they are in memory).
fn check_mmx(options: Options, count: u64) {
    let mut random = Random(0x1122_3344_5566_7788);
    let mut machine = Machine::new(Mode::Bits32, options);
    // Opcodes of `0f XX /r` with an MMX register and an MMX register or memory.
    const BINARY: &[u8] = &[
        0x6f, 0xd4, 0xef, 0xdb, 0xdf, 0xeb, 0xf3, 0xd3, 0x60, 0x61, 0x62, 0x68, 0x69, 0x6a, 0x63, 0x67, 0x6b,
        0xf5, 0xf6, 0x74, 0x64, 0xfc, 0xe4, 0xe5, 0xf4, 0xda, 0xe1,
    ];
    let binary = |random: &mut Random| BINARY[random.below(BINARY.len() as u64) as usize];
    for number in 0..count {
        let mut code = Vec::new();
        let mixed = random.below(3) == 0;
        for _ in 0..10 {
            let both = 0xc0 | random.below(64) as u8;
            let reg = random.below(8) as u8;
            match random.below(12) {
                0 => {
                    code.extend([0x0f, binary(&mut random), 5 | reg << 3]);
                    code.extend(((DATA + OPERAND) as u32).to_le_bytes());
                }
                1 => {
                    // MOVQ to memory.
                    code.extend([0x0f, 0x7f, 5 | reg << 3]);
                    code.extend(((DATA + OPERAND) as u32).to_le_bytes());
                }
                // Shifts by an immediate; PSHUFW; PALIGNR; PSHUFB.
                2 => {
                    code.extend([0x0f, 0x73, 0xd0 | (0x20 * (reg & 1)) | (both & 7), random.below(70) as u8])
                }
                3 => code.extend([0x0f, 0x70, both, random.next() as u8]),
                4 => code.extend([0x0f, 0x3a, 0x0f, both, random.below(20) as u8]),
                5 => code.extend([0x0f, 0x38, 0x00, both]),
                // To and from general registers (EAX) and XMM registers.
                6 => code.extend([0x0f, [0x7e, 0x6e][usize::from(reg & 1)], 0xc0 | reg << 3]),
                7 => code.extend([0x0f, 0xd7, 0xc0 | reg]),
                8 => code.extend([[0xf2, 0xf3][usize::from(reg & 1)], 0x0f, 0xd6, both]),
                9 if reg == 0 => code.extend([0x0f, 0x77]),
                9 if mixed && reg < 4 => code.extend([0xd9, 0xc0 + reg]),
                9 => code.extend([0xeb, 0, 0x74, 0]),
                _ => code.extend([0x0f, binary(&mut random), both]),
            }
        }
        code.extend([0x0f, 0xae, 0x05]);
        code.extend(((DATA + IMAGE) as u32).to_le_bytes());
        code.push(0xcc);
        let at = CODE + 0x80 * number;
        machine.poke(at, &code);
        for _ in 0..12 {
            let mut state = start(Mode::Bits32);
            state.rip = at;
            random.fpu(&mut state);
            state.xmm[..8].fill_with(|| u128::from(random.next()) << 64 | u128::from(random.next()));
            let mut data = vec![0; 0x800];
            data[OPERAND as usize..OPERAND as usize + 10].copy_from_slice(&random.operand());
            let expected = machine.interpret(&state, &data);
            let found = machine.run(&state, &data);
            assert!(expected == found, "{code:02x?} of {:x?}: {expected:x?} not {found:x?}", state.x87);
        }
    }
}

#[test]
fn mmx_runs() {
    check_mmx(Options { checked: false, ..Options::default() }, 200);
    check_mmx(Options { checked: true, ..Options::default() }, 60);
}

/// Square roots of numbers of every shape: about squares, of few and of all bits.
#[test]
fn x87_roots() {
    let mut random = Random(0x0246_8ace_1357_9bdf);
    let mut machine = Machine::new(Mode::Bits32, unchecked());
    machine.poke(CODE, &code(0xd9, 0xfa));
    for number in 0..6000 {
        let mut state = start(Mode::Bits32);
        state.rip = CODE;
        (state.x87.cw, state.x87.sw, state.x87.tw) = (0x37f, 0, 0);
        let root = u128::from(random.next() | 1 << 63) & u128::MAX << random.below(64);
        let square = (root * root) as u64 >> 1;
        let mantissa = match number % 4 {
            0 => random.f80().mantissa,
            1 => (((root * root) >> 64) as u64).wrapping_add(random.below(3)).wrapping_sub(1),
            2 => square | 1 << 63,
            _ => random.next() | 1 << 63,
        };
        let exponent = 0x3fff - 3 + random.below(6) as u16;
        state.x87.regs[0] = F80 { mantissa: mantissa | 1 << 63, sign_exponent: exponent };
        let expected = machine.interpret(&state, &[]);
        let found = machine.run(&state, &[]);
        assert!(expected == found, "{:x?}: {expected:x?} not {found:x?}", state.x87.regs[0]);
    }
}

/// Arithmetic on values at edges: beyond the 53 bits of a double nothing, a last bit, about
/// half and all of it; significands about powers of two; distances at which parts are lost;
/// exponents near and far.
fn check_edges(options: Options, count: u64) {
    let mut random = Random(0x7777_1234_5555_4321);
    let mut machine = Machine::new(Mode::Bits32, options);
    let number = |random: &mut Random, about: i64| {
        let low = [0, 1, 2, 0x3ff, 0x400, 0x401, 0x7fe, 0x7ff][random.below(8) as usize];
        let high = match random.below(6) {
            0 => 1 << 63,
            1 => !0x7ff,
            2 => 1 << 63 | 1 << (11 + random.below(52)),
            3 => !0x7ff << random.below(52),
            4 => (random.next() | 1 << 63) & !0u64 << random.below(63),
            _ => random.next() | 1 << 63,
        };
        let apart = [0, 0, 1, 2, 10, 11, 12, 39, 40, 41, 52, 53, 54, 63, 64, 65][random.below(16) as usize];
        let mantissa = if random.below(16) == 0 { 0 } else { high & !0x7ff | low };
        let exponent = if mantissa == 0 { 0 } else { 0x3fff + about + apart };
        F80 { mantissa, sign_exponent: exponent as u16 | (random.below(2) << 15) as u16 }
    };
    // FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR, FSQRT, FST m64, FST m32, FCOMI.
    let all: [[u8; 2]; 10] = [
        [0xd8, 0xc1],
        [0xd8, 0xc9],
        [0xd8, 0xe1],
        [0xd8, 0xe9],
        [0xd8, 0xf1],
        [0xd8, 0xf9],
        [0xd9, 0xfa],
        [0xdd, 0x15],
        [0xd9, 0x15],
        [0xdb, 0xf1],
    ];
    for (k, [escape, modrm]) in all.into_iter().enumerate() {
        let at = CODE + 0x40 * k as u64;
        machine.poke(at, &code(escape, modrm));
        for _ in 0..count {
            let mut state = start(Mode::Bits32);
            state.rip = at;
            (state.x87.cw, state.x87.sw, state.x87.tw) = (0x37f, 0, 0);
            let about = [0, 0, 0, 0, -400, 398, 800, -800][random.below(8) as usize];
            state.x87.regs[0] = number(&mut random, about);
            let about = if random.below(4) == 0 { -about } else { about };
            state.x87.regs[1] = number(&mut random, about);
            let expected = machine.interpret(&state, &[0; 0x800]);
            let found = machine.run(&state, &[0; 0x800]);
            assert!(
                expected == found,
                "{escape:02x} {modrm:02x} of {:x?} {:x?}: {expected:x?} not {found:x?}",
                state.x87.regs[0],
                state.x87.regs[1]
            );
        }
    }
}

#[test]
fn x87_edges() {
    check_edges(unchecked(), 2000);
}

#[test]
fn x87_runs() {
    check_runs(unchecked(), 200);
}

#[test]
fn x87_checked() {
    check(Options { checked: true, ..Options::default() }, 60);
}

#[test]
fn x87_unchecked() {
    check(unchecked(), 20);
}
