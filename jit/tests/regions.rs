//! Guest code compiled and interpreted: the recorded instruction cases, each from a few
//! random states, in both memory modes.

mod harness;

use harness::{CODE, DATA, Machine, STACK, UPPERS, WINDOW, start, xorshift};
use tawaki_cpu::{CpuState, Mode, Trap, flags};
use tawaki_jit::Options;
use tawaki_jit::outline::Outline;

/// A generator of random numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        xorshift(&mut self.0)
    }

    /// A value that is interesting more often than not.
    fn value(&mut self) -> u64 {
        let edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 1 << 63, u64::MAX, 33];
        let x = self.next();
        match x % 4 {
            0 => edges[(x >> 8) as usize % edges.len()],
            1 => x >> 60,
            2 => DATA + 0x1000 + (x >> 50),
            _ => x,
        }
    }
}

fn random_state(random: &mut Random, mode: Mode) -> CpuState {
    let mut state = start(mode);
    for register in (0..16).filter(|&r| r != 4 && (r < 8 || mode == Mode::Bits64)) {
        state.slots[register] = random.value();
        if mode == Mode::Bits32 {
            state.slots[register] &= 0xffff_ffff;
        }
    }
    for x in (0..16).chain(UPPERS) {
        state.xmm[x] = u128::from(random.value()) << 64 | u128::from(random.value());
    }
    state.set_eflags(random.next() as u32 & flags::STATUS);
    state
}

/// Every recorded case: its name, word size and code.
fn cases() -> Vec<(String, Mode, Vec<u8>)> {
    let mut all = Vec::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/asm");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("cases").flatten().map(|e| e.path()).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let mut name = String::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let mode = match words.next() {
                Some("#case") => {
                    name = words.next().unwrap_or_default().to_owned();
                    continue;
                }
                Some("#code32") => Mode::Bits32,
                Some("#code64") => Mode::Bits64,
                _ => continue,
            };
            let hex = words.next().unwrap_or_default();
            let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
            all.push((name.clone(), mode, (0..hex.len()).step_by(2).map(byte).collect()));
        }
    }
    assert!(all.len() > 300);
    all
}

fn check_cases(options: Options, runs: usize) {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut wrong = Vec::new();
    let mut machines = [Mode::Bits32, Mode::Bits64].map(|mode| Machine::new(mode, options));
    let filter = std::env::var("JIT_CASE").unwrap_or_default();
    for (number, (name, mode, code)) in cases().into_iter().enumerate() {
        let machine = &mut machines[usize::from(mode == Mode::Bits64)];
        if !name.contains(&filter) {
            continue;
        }
        if !filter.is_empty() {
            eprintln!("{name} {mode:?}");
        }
        // Each case at an address of its own: code once compiled stays.
        let at = CODE + 0x200 * number as u64;
        machine.poke(at, &code);
        // INT3 ends it.
        machine.poke(at + code.len() as u64, &[0xcc]);
        for _ in 0..runs {
            let mut state = random_state(&mut random, mode);
            state.rip = at;
            let data: Vec<u8> = (0..0x4000).map(|_| random.next() as u8).collect();
            if !options.checked {
                // Nothing may fault then: all registers point into the data window.
                for r in (0..16).filter(|&r| r != 4) {
                    if state.slots[r] >> 16 == 0 {
                        continue;
                    }
                    state.slots[r] = DATA + 0x1000 + (state.slots[r] & 0xfff);
                }
            }
            let expected = machine.interpret(&state, &data);
            if expected.trap == Trap::Budget {
                continue;
            }
            if !options.checked && !matches!(expected.trap, Trap::Breakpoint) {
                continue;
            }
            let found = machine.run(&state, &data);
            if found != expected {
                wrong
                    .push(format!("{name} {mode:?} {code:02x?}: {}", differences(&state, &expected, &found)));
                break;
            }
        }
    }
    eprintln!("{:?}", machines.each_ref().map(|m| m.counts));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

fn differences(start: &CpuState, a: &harness::Outcome, b: &harness::Outcome) -> String {
    let mut text = String::new();
    for (i, (x, y)) in a.slots.iter().zip(&b.slots).enumerate().filter(|(_, (x, y))| x != y) {
        text += &format!(" slot {i} {x:#x} not {y:#x};");
    }
    for (i, (x, y)) in a.xmm.iter().zip(&b.xmm).enumerate().filter(|(_, (x, y))| x != y) {
        text += &format!(" xmm{i} {x:#x} not {y:#x};");
    }
    if (a.rip, a.eflags, &a.trap) != (b.rip, b.eflags, &b.trap) {
        text += &format!(
            " rip {:#x} not {:#x}, flags {:#x} not {:#x}, {:?} not {:?};",
            a.rip, b.rip, a.eflags, b.eflags, a.trap, b.trap
        );
    }
    if a.data != b.data {
        text += " data;";
    }
    if a.stack != b.stack {
        text += " stack;";
    }
    format!("{text} from {:x?} {:#x}", &start.slots[..16], start.eflags())
}

#[test]
fn cases_checked() {
    check_cases(Options { checked: true, ..Options::default() }, 12);
}

#[test]
fn cases_unchecked() {
    check_cases(Options { checked: false, ..Options::default() }, 12);
}

#[test]
fn cases_by_helpers() {
    check_cases(Options { checked: true, helpers_only: true, ..Options::default() }, 3);
}

const _: () = assert!(CODE + WINDOW <= DATA && DATA + WINDOW <= STACK, "windows do not overlap");

/// A flat binary for [`CODE`] that ends in INT3, named by the environment: for looking at
/// code quality. `JIT_BIN=file [JIT_BITS=32] [JIT_UNCHECKED=1] cargo test -p tawaki-jit binary -- --nocapture`
#[test]
fn binary() {
    let Some(path) = std::env::var_os("JIT_BIN") else { return };
    let mode = if std::env::var_os("JIT_BITS").is_some() { Mode::Bits32 } else { Mode::Bits64 };
    let checked = std::env::var_os("JIT_UNCHECKED").is_none();
    let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
    machine.poke(CODE, &std::fs::read(path).expect("the file"));
    let mut state = start(mode);
    state.slots[4] -= 8;
    let clock = std::time::Instant::now();
    let found = machine.run(&state, &[]);
    eprintln!("compiled {:?}", clock.elapsed());
    let clock = std::time::Instant::now();
    let again = machine.run(&state, &[]);
    eprintln!("again {:?} {:x?}", clock.elapsed(), machine.counts);
    assert_eq!(found.slots, again.slots);
    if std::env::var_os("JIT_FAST").is_none() {
        machine.budget = u64::MAX / 2;
        let expected = machine.interpret(&state, &[]);
        assert!(found == expected, "{}", differences(&state, &expected, &found));
    }
}

/// Machine code of random control flow: blocks of 64 bytes that change RAX, count ECX
/// down, and end in a branch, a call, a return or an indirect jump, by what RAX is.
/// Returns the code and where each indirect jump may go, by the address of its block.
///
/// `doubles`: before that they compute with scalar doubles, and with whole vectors now and then.
fn random_flow(random: &mut Random, at: u64, blocks: u64, doubles: bool) -> (Vec<u8>, Vec<(u64, Vec<u64>)>) {
    let place = |n: u64| at + 64 * n;
    let end = place(blocks);
    // Behind the end a stub for each block, as in a procedure linkage table:
    // jmp [rip]; its address.
    let stub = |n: u64| end + 16 * (n + 1);
    let mut code = vec![0xcc; (80 * blocks + 32) as usize];
    for n in 0..blocks {
        let at = (stub(n) - at) as usize;
        code[at..at + 6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
        code[at + 6..at + 14].copy_from_slice(&place(n).to_le_bytes());
    }
    let mut jumps = Vec::new();
    for n in 0..blocks {
        let mut block: Vec<u8> = Vec::new();
        let pick = |random: &mut Random| place(random.next() % blocks);
        if doubles {
            (0..random.next() % 6).for_each(|_| block.extend(double_operation(random)));
        }
        // imul eax, eax, odd; add eax, n; dec ecx; js end
        block.extend([0x69, 0xc0]);
        block.extend((random.next() as u32 | 1).to_le_bytes());
        block.extend([0x05]);
        block.extend((random.next() as u32).to_le_bytes());
        block.extend([0xff, 0xc9]);
        let relative = |block: &[u8], length: u64, to: u64| {
            (to.wrapping_sub(place(n) + block.len() as u64 + length) as u32).to_le_bytes()
        };
        block.extend([0x0f, 0x88]);
        let to = relative(&block, 4, end);
        block.extend(to);
        let after_count = place(n) + block.len() as u64;
        let kind = random.next() % 8;
        if kind == 0 {
            // ret
            block.push(0xc3);
        } else if kind == 1 {
            // mov edx, t; mov ebx, u; test al, 4; cmovnz edx, ebx; jmp rdx
            let (t, u) = (pick(random), pick(random));
            block.push(0xba);
            block.extend((t as u32).to_le_bytes());
            block.push(0xbb);
            block.extend((u as u32).to_le_bytes());
            block.extend([0xa8, 4, 0x0f, 0x45, 0xd3, 0xff, 0xe2]);
            let mut known: Vec<u64> = (0..random.next() % 7).map(|_| pick(random)).collect();
            known.push(t);
            known.sort_unstable();
            known.dedup();
            jumps.push((after_count, known));
        } else {
            if kind == 2 {
                block.push(0xe8);
                let callee = pick(random);
                let through = random.next().is_multiple_of(3);
                let callee = if through { stub((callee - at) / 64) } else { callee };
                let to = relative(&block, 4, callee);
                block.extend(to);
            }
            // test eax, 1 << k; jcc; jmp
            block.push(0xa9);
            block.extend((1u32 << (random.next() % 32)).to_le_bytes());
            block.extend([0x0f, [0x84, 0x85, 0x88, 0x8e, 0x87][random.next() as usize % 5]]);
            let to = relative(&block, 4, pick(random));
            block.extend(to);
            block.push(0xe9);
            let to = relative(&block, 4, pick(random));
            block.extend(to);
        }
        assert!(block.len() <= 64);
        code[64 * n as usize..][..block.len()].copy_from_slice(&block);
    }
    (code, jumps)
}

/// Random graphs, most of them irreducible, with every size limit of regions.
#[test]
fn random_control_flow() {
    check_random_flow(0xfeed_beef_1357_9bdf, false, None);
}

/// The same with doubles, whose low lanes are in locals of their own.
#[test]
fn random_control_flow_with_doubles() {
    check_random_flow(0x0dd_ba11_cafe_f00d, true, None);
}

/// What seldom runs in functions of its own, and as much as can be.
#[test]
fn random_control_flow_outlined() {
    for (seed, seldom) in [(0x5eed_0f0f_1234_4321, 2), (0x1bad_b002_dead_10cc, 0)] {
        for doubles in [false, true] {
            check_random_flow(seed, doubles, Some(Outline { seldom, least: 4 }));
        }
    }
}

/// An operation on four vector registers, of 4 bytes at most.
fn double_operation(random: &mut Random) -> Vec<u8> {
    let operations: [&[u8]; 19] = [
        &[0xf2, 0x0f, 0x58], // addsd
        &[0xf2, 0x0f, 0x59], // mulsd
        &[0xf2, 0x0f, 0x5c], // subsd
        &[0xf2, 0x0f, 0x5e], // divsd
        &[0xf2, 0x0f, 0x51], // sqrtsd
        &[0xf2, 0x0f, 0x5f], // maxsd
        &[0xf2, 0x0f, 0x10], // movsd
        &[0xf2, 0x0f, 0x10], // movsd
        &[0xf2, 0x0f, 0x2a], // cvtsi2sd from eax to ebx
        &[0xf2, 0x0f, 0x5a], // cvtsd2ss
        &[0xf3, 0x0f, 0x5a], // cvtss2sd
        &[0x66, 0x0f, 0x28], // movapd
        &[0x66, 0x0f, 0x28], // movapd
        &[0x66, 0x0f, 0x2e], // ucomisd
        &[0x66, 0x0f, 0x58], // addpd
        &[0x66, 0x0f, 0x14], // unpcklpd
        &[0x66, 0x0f, 0xef], // pxor with itself
        &[0xf2, 0x0f, 0x2c], // cvttsd2si to ebx
        &[0xf3, 0x0f, 0x7e], // movq
    ];
    let operation = operations[random.next() as usize % operations.len()];
    let (to, from) = ((random.next() % 4) as u8, (random.next() % 4) as u8);
    let (to, from) = match operation[2] {
        0xef => (to, to),
        0x2c => (3, from),
        _ => (to, from),
    };
    let mut code = operation.to_vec();
    code.push(0xc0 | to << 3 | from);
    code
}

fn check_random_flow(seed: u64, doubles: bool, outline: Option<Outline>) {
    let mut random = Random(seed);
    for limit in [256, 8, 1] {
        let mut machine = Machine::new(Mode::Bits64, Options { checked: false, ..Options::default() });
        machine.limits.blocks = limit;
        machine.outline = outline;
        let mut at = CODE;
        for _ in 0..if limit == 256 { 60 } else { 10 } {
            let blocks = 1 + random.next() % 14;
            let (code, jumps) = random_flow(&mut random, at, blocks, doubles);
            machine.poke(at, &code);
            machine.targets.extend(jumps);
            for _ in 0..3 {
                let mut state = start(Mode::Bits64);
                state.rip = at;
                (state.slots[0], state.slots[1]) = (random.next() & 0xffff_ffff, 2000);
                for x in &mut state.xmm[..4] {
                    let [low, high] = [(); 2].map(|()| (random.next() as i32 as f64 / 1e6).to_bits());
                    *x = u128::from(high) << 64 | u128::from(low);
                }
                // Returns beyond what was called end the run: the stack holds zeros.
                let expected = machine.interpret(&state, &[]);
                let found = machine.run(&state, &[]);
                assert!(found == expected, "at {at:#x} {}", differences(&state, &expected, &found));
            }
            at += 80 * (blocks + 1);
        }
        assert!(machine.counts[0] > 10);
        // Of one block nothing is left over.
        assert!(outline.is_none() || limit == 1 || machine.asides > 10, "{}", machine.asides);
    }
}

/// Small functions, called directly and through a pointer, that sometimes return elsewhere and
/// whose flags the caller looks at: they become part of the caller.
#[test]
fn small_callees() {
    for (mode, checked) in
        [(Mode::Bits32, true), (Mode::Bits32, false), (Mode::Bits64, true), (Mode::Bits64, false)]
    {
        let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
        let (function, other) = (CODE + 0x40, CODE + 0x80);
        // again: call function; add edx, 1; call rbx; adc esi, 0; dec ecx; jnz again; int3
        machine.poke(
            CODE,
            &[0xe8, 0x3b, 0, 0, 0, 0x83, 0xc2, 1, 0xff, 0xd3, 0x83, 0xd6, 0, 0xff, 0xc9, 0x75, 0xef, 0xcc],
        );
        // add eax, ecx; test al, 7; jnz over; add [rsp], 3 (to the second instruction behind the
        // call); over: add eax, eax; ret
        let add: &[u8] =
            if mode == Mode::Bits64 { &[0x48, 0x83, 4, 0x24, 3] } else { &[0x83, 4, 0x24, 3, 0x90] };
        machine.poke(function, &[&[0x01, 0xc8, 0xa8, 7, 0x75, 5], add, &[0x01, 0xc0, 0xc3]].concat());
        // sub eax, 5; ret
        machine.poke(other, &[0x83, 0xe8, 5, 0xc3]);
        for at in [CODE + 5, CODE + 8] {
            machine.targets.insert(at, vec![function]);
        }
        for callee in [function, other] {
            for eax in 0..40 {
                let mut state = start(mode);
                state.rip = CODE;
                (state.slots[0], state.slots[1], state.slots[3]) =
                    ((eax * 0x1234_5677) & 0xffff_ffff, 20, callee);
                let expected = machine.interpret(&state, &[]);
                let found = machine.run(&state, &[]);
                assert!(
                    found == expected,
                    "{mode:?} {checked} {eax} {}",
                    differences(&state, &expected, &found)
                );
            }
        }
        assert!(machine.counts[0] > 0);
    }
}

/// Callees that sometimes take what was pushed for them off the stack: the caller, whose local of RSP
/// stays over the call, goes on with what they left.
#[test]
fn callees_that_move_the_stack() {
    for (mode, checked) in
        [(Mode::Bits32, true), (Mode::Bits32, false), (Mode::Bits64, true), (Mode::Bits64, false)]
    {
        let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
        // again: push rax; push rcx; call callee; add eax, [rsp]; mov [rsp+4], ecx; dec ecx; jnz again; int3
        let caller = [
            &[0x50, 0x51, 0xe8, 0x39, 0, 0, 0, 3, 4, 0x24][..],
            &[0x89, 0x4c, 0x24, 4, 0xff, 0xc9, 0x75, 0xee, 0xcc],
        ];
        machine.poke(CODE, &caller.concat());
        // callee: call other; test al, 7; jz plain; ret 2 * size; plain: ret. other: add eax, 3; ret
        let size = if mode == Mode::Bits64 { 8 } else { 4 };
        let callee = [0xe8, 0x1b, 0, 0, 0, 0xa8, 7, 0x74, 3, 0xc2, 2 * size, 0, 0xc3];
        machine.poke(CODE + 0x40, &callee);
        machine.poke(CODE + 0x60, &[0x83, 0xc0, 3, 0xc3]);
        for eax in 0..40 {
            let mut state = start(mode);
            state.rip = CODE;
            (state.slots[0], state.slots[1]) = ((eax * 0x1234_5677) & 0xffff_ffff, 20);
            let expected = machine.interpret(&state, &[]);
            let found = machine.run(&state, &[]);
            assert!(found == expected, "{mode:?} {checked} {eax} {}", differences(&state, &expected, &found));
        }
        assert!(machine.counts[0] > 0);
    }
}

/// Instructions that move RSP or look at it, in random order: compiled code changes it once for
/// several of them, and leaves (here where CL is zero, by a division) as if after each.
#[test]
fn stack_instructions() {
    let mut random = Random(0x57ac_57ac_1357_9bdf);
    let mut left = 0;
    for (mode, checked) in
        [(Mode::Bits32, true), (Mode::Bits32, false), (Mode::Bits64, true), (Mode::Bits64, false)]
    {
        let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
        // push eax; push ecx; pop eax; pop edx; push 5; push esp; push esp, pop esp;
        // mov eax, [esp+4]; mov [esp+8], ecx; add eax, [esp]; push [esp+4]; pop [esp+8]; call behind;
        // div cl
        let mut choices: Vec<Vec<u8>> = [
            &[0x50][..],
            &[0x51],
            &[0x58],
            &[0x5a],
            &[0x6a, 5],
            &[0x54],
            &[0x54, 0x5c],
            &[0x8b, 0x44, 0x24, 4],
            &[0x89, 0x4c, 0x24, 8],
            &[3, 4, 0x24],
            &[0xff, 0x74, 0x24, 4],
            &[0x8f, 0x44, 0x24, 8],
            &[0xe8, 0, 0, 0, 0],
            &[0x66, 0xb8, 1, 0, 0xf6, 0xf1],
        ]
        .map(<[u8]>::to_vec)
        .to_vec();
        // add esp, 8; sub esp, 16; lea esp, [esp+8]; mov eax, esp; push ebp, mov ebp, esp, push eax, leave;
        // lea edx, [esp+eax*2+4]
        let wide: [&[u8]; 6] = [
            &[0x83, 0xc4, 8],
            &[0x83, 0xec, 16],
            &[0x8d, 0x64, 0x24, 8],
            &[0x89, 0xe0],
            &[0x89, 0xe5, 0x50, 0xc9],
            &[0x8d, 0x54, 0x44, 4],
        ];
        for (n, code) in wide.into_iter().enumerate() {
            let mut bytes = if n == 4 { vec![0x55] } else { Vec::new() };
            bytes.extend((mode == Mode::Bits64).then_some(0x48));
            bytes.extend(code);
            choices.push(bytes);
        }
        for number in 0..200 {
            let pick = |random: &mut Random| choices[random.next() as usize % choices.len()].clone();
            let mut code: Vec<u8> = (0..3 + number % 10).flat_map(|_| pick(&mut random)).collect();
            code.push(0xcc);
            let at = CODE + 0x80 * number;
            machine.poke(at, &code);
            for count in [0, 3] {
                let mut state = random_state(&mut random, mode);
                (state.rip, state.slots[1]) = (at, count);
                let expected = machine.interpret(&state, &[]);
                let found = machine.run(&state, &[]);
                left += u64::from(expected.trap != Trap::Breakpoint);
                let what = differences(&state, &expected, &found);
                assert!(found == expected, "{mode:?} {checked} {code:02x?} {what}");
            }
        }
        assert!(machine.counts[0] > 10);
    }
    assert!(left > 10);
}

/// A comparison of strings that faults leaves the flags of the instruction before it, also where the
/// interpreter's function makes it.
#[test]
fn string_comparisons_that_fault() {
    for mode in [Mode::Bits32, Mode::Bits64] {
        let mut machine = Machine::new(mode, Options { checked: true, ..Options::default() });
        let mut at = CODE;
        for instruction in
            [&[0xae][..], &[0xa6], &[0x67, 0xae], &[0x67, 0xa7], &[0xf2, 0xae], &[0xf3, 0xa6], &[0x64, 0xa6]]
        {
            if mode == Mode::Bits32 && instruction[0] == 0x67 {
                continue;
            }
            // xor al, 0x20; the instruction; int3
            let code = [&[0x34, 0x20][..], instruction, &[0xcc]].concat();
            machine.poke(at, &code);
            for (rax, count) in [(0xa0, 3), (0x20, 3), (0x61, 0)] {
                let mut state = start(mode);
                state.rip = at;
                (state.slots[0], state.slots[1]) = (rax, count);
                (state.slots[6], state.slots[7]) = (0, 0);
                let expected = machine.interpret(&state, &[]);
                let found = machine.run(&state, &[]);
                assert!(found == expected, "{code:02x?} {}", differences(&state, &expected, &found));
            }
            at += 0x80;
        }
    }
}

/// String instructions of every width, repetition and direction, overlapping and not.
#[test]
fn string_instructions() {
    let mut random = Random(0x0bad_cafe_2468_ace1);
    let mut wrong = Vec::new();
    for (mode, checked) in
        [(Mode::Bits32, true), (Mode::Bits32, false), (Mode::Bits64, true), (Mode::Bits64, false)]
    {
        let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
        let mut at = CODE;
        for opcode in [0xa4u8, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf] {
            for (number, prefixes) in
                [&[][..], &[0xf3], &[0xf2], &[0x66], &[0xf3, 0x66], &[0x67], &[0xf3, 0x48], &[0x48]]
                    .into_iter()
                    .enumerate()
            {
                if mode == Mode::Bits32 && number >= 5 {
                    continue;
                }
                // sub ebx, 1; the instruction; int3
                let code = [&[0x83, 0xeb, 1][..], prefixes, &[opcode, 0xcc]].concat();
                machine.poke(at, &code);
                for _ in 0..24 {
                    let mut state = random_state(&mut random, mode);
                    state.rip = at;
                    state.df = random.next().is_multiple_of(4);
                    let count = random.next();
                    state.slots[1] = if count.is_multiple_of(5) { 0 } else { count >> 8 & 0x3f };
                    // Around a page boundary, often near each other.
                    state.slots[6] = DATA + 0x2000 - 64 + (random.next() >> 57);
                    state.slots[7] = state.slots[6].wrapping_add(random.next() >> 58).wrapping_sub(32);
                    if random.next().is_multiple_of(3) {
                        state.slots[0] = [0, 0x4141_4141, 0x1234_5678][count as usize % 3];
                    }
                    // Few different bytes, so that comparisons go on for a while.
                    let data: Vec<u8> =
                        (0..0x4000).map(|_| (random.next() >> 40 & 0x101 == 0) as u8).collect();
                    let expected = machine.interpret(&state, &data);
                    let found = machine.run(&state, &data);
                    if found != expected {
                        let text = differences(&state, &expected, &found);
                        wrong.push(format!("{mode:?} {checked} {code:02x?}: {text}"));
                    }
                }
                at += 16;
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// PCMPISTRI and its kin with every immediate.
#[test]
fn string_comparisons() {
    let mut random = Random(0x1357_9bdf_0246_8ace);
    let mut machine = Machine::new(Mode::Bits64, Options::default());
    let mut wrong = Vec::new();
    for opcode in 0x60..0x64u8 {
        for imm in 0..0x80u8 {
            let at = CODE + 16 * (u64::from(imm) + 128 * u64::from(opcode & 3));
            let code = [0x66, 0x0f, 0x3a, opcode, 0xca, imm, 0xcc];
            machine.poke(at, &code);
            for _ in 0..6 {
                let mut state = random_state(&mut random, Mode::Bits64);
                state.rip = at;
                let mut text = |n: usize| {
                    let mut bytes = [0u8; 16];
                    bytes.iter_mut().for_each(|b| *b = (random.next() >> 33) as u8 % 3);
                    if n & 1 != 0 {
                        bytes.iter_mut().for_each(|b| *b |= 0x40);
                    }
                    u128::from_le_bytes(bytes)
                };
                let a = text(usize::from(imm & 1));
                state.xmm[1] = a;
                state.xmm[2] = if a & 4 != 0 { a ^ text(0) << 56 } else { text(imm as usize >> 1 & 1) };
                (state.slots[0], state.slots[2]) = (random.next() >> 59, random.next() >> 59);
                let expected = machine.interpret(&state, &[]);
                let found = machine.run(&state, &[]);
                if found != expected {
                    wrong.push(format!("{code:02x?}: {}", differences(&state, &expected, &found)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
