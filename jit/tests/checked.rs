//! Checked code does what the interpreter does where memory ends: random runs of accesses,
//! pushes and address arithmetic, in loops, with registers near the edges of what is allowed.

mod harness;

use harness::{CODE, DATA, Machine, STACK, WINDOW, start, xorshift};
use tawaki_cpu::{CpuState, Mode, Perms, Trap};
use tawaki_jit::Options;

/// A generator of random numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        xorshift(&mut self.0) >> 3
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A register that is not RSP.
    fn register(&mut self) -> u8 {
        [0, 1, 2, 3, 5, 6, 7][self.below(7) as usize]
    }

    /// An address at which something begins or ends, or near it.
    fn address(&mut self, wide: bool) -> u64 {
        let edges = [DATA, DATA + WINDOW, CODE, CODE + WINDOW, STACK, 0, 1 << 32, (1 << 32) + DATA + 0x1000];
        let edge = match self.below(4) {
            0 => edges[self.below(edges.len() as u64) as usize],
            _ => DATA + 0x1000 * self.below(13),
        };
        let near = edge.wrapping_add(self.below(48)).wrapping_sub(24);
        if wide { near } else { near & 0xffff_ffff }
    }
}

/// Pages of the data window with less than the others, so that there are pages of every kind
/// beside each other, and alone.
fn restrict(machine: &Machine) {
    let page = |n: u64| ((DATA >> 12) + n) as u32;
    for (n, perms) in
        [(3, Perms::READ), (5, Perms::NONE), (7, Perms::NONE), (9, Perms::READ), (10, Perms::MAPPED)]
    {
        machine.guest.set_perms(page(n)..page(n) + 1, perms);
    }
}

/// One instruction; `wide`: with 64-bit addresses.
fn instruction(random: &mut Random, wide: bool) -> Vec<u8> {
    let (r, b) = (random.register(), random.register());
    let disp = (random.below(96) as u8).wrapping_sub(48);
    let rex = |operand64: bool| -> Vec<u8> { if wide && operand64 { vec![0x48] } else { Vec::new() } };
    // With a displacement of a byte.
    let near = |reg: u8, base: u8| vec![0x40 | reg << 3 | base, disp];
    let on_stack = |reg: u8| vec![0x44 | reg << 3, 0x24, disp];
    let indexed =
        |reg: u8, base: u8, index: u8, scale: u8| vec![0x44 | reg << 3, scale << 6 | index << 3 | base, disp];
    let full = random.below(3) > 0;
    let op = |code: &[u8], rest: Vec<u8>| [rex(full), code.to_vec(), rest].concat();
    match random.below(24) {
        0..4 => op(&[0x8b], near(r, b)),
        4..7 => op(&[0x89], near(r, b)),
        7 => vec![0x8a, 0x40 | (r & 3) << 3 | b, disp],
        8 => vec![0x88, 0x40 | (r & 3) << 3 | b, disp],
        9..11 => vec![0x50 + r],
        11..13 => vec![0x58 + r],
        13 => op(&[0x8b], on_stack(r)),
        14 => op(&[0x89], on_stack(r)),
        15 => [rex(true), vec![0x83, [0xc0, 0xe8][random.below(2) as usize] | r, disp]].concat(),
        16 => [rex(true), vec![0x8d], near(r, b)].concat(),
        17 => [rex(random.below(4) > 0), vec![0x89, 0xc0 | b << 3 | r]].concat(),
        18 => vec![0x0f, 0xb6, 0x40 | r << 3 | b, disp],
        19 => op(&[0x8b], indexed(r, b, random.register(), random.below(4) as u8)),
        20 => op(&[0x01], near(r, b)),
        21 => [rex(true), vec![0xff, [0xc0, 0xc8][random.below(2) as usize] | r]].concat(),
        22 => vec![0x0f, [0x10, 0x11][random.below(2) as usize], 0x40 | b, disp],
        _ => [rex(random.below(2) > 0), vec![0x01, 0xc0 | b << 3 | r]].concat(),
    }
}

/// A loop over two runs of instructions, one of which is left out now and then; INT3 ends it.
fn program(random: &mut Random, wide: bool) -> Vec<u8> {
    let mut run =
        |most: u64| -> Vec<u8> { (0..random.below(most)).flat_map(|_| instruction(random, wide)).collect() };
    let (before, first, second) = (run(4), run(7), run(7));
    let mut code = before;
    let again = code.len();
    code.extend(first);
    // test al, 4; jz past the second
    code.extend([0xa8, 4, 0x74, second.len() as u8]);
    code.extend(second);
    // dec ecx; jg again
    code.extend([0xff, 0xc9, 0x0f, 0x8f]);
    code.extend((again as i32 - code.len() as i32 - 4).to_le_bytes());
    code.push(0xcc);
    code
}

fn state(random: &mut Random, mode: Mode) -> CpuState {
    let wide = mode == Mode::Bits64;
    let mut state = start(mode);
    for register in [0, 2, 3, 5, 6, 7] {
        state.slots[register] = if random.below(5) == 0 { random.below(300) } else { random.address(wide) };
    }
    state.slots[1] = if random.below(3) == 0 { random.address(wide) } else { 1 + random.below(20) };
    match random.below(4) {
        0 => state.slots[4] = random.address(wide),
        1 => state.slots[4] = STACK + WINDOW - 8 * random.below(8),
        2 => state.slots[4] = STACK + 8 * random.below(8),
        _ => {}
    }
    state
}

fn check(mode: Mode, alone: bool, seed: u64) {
    let mut random = Random(seed);
    let wide = mode == Mode::Bits64;
    let (mut faults, mut ends) = (0, 0);
    // From the second on there is less before the first page that lacks something.
    let marks = [DATA as u32, DATA as u32 + 0x1000, (STACK + WINDOW) as u32];
    for _ in 0..2 {
        let mut machine = Machine::new(mode, Options { checked: true, alone, marks, ..Options::default() });
        machine.budget = 20_000;
        restrict(&machine);
        for number in 0..400 {
            let code = program(&mut random, wide);
            let at = CODE + 0x200 * number;
            machine.poke(at, &code);
            for _ in 0..8 {
                let mut state = state(&mut random, mode);
                state.rip = at;
                let data: Vec<u8> = (0..0x1000).map(|_| random.next() as u8).collect();
                machine.poke(STACK, &[0; 0x1000]);
                let expected = machine.interpret(&state, &data);
                match expected.trap {
                    Trap::Budget => continue,
                    Trap::Breakpoint => ends += 1,
                    _ => faults += 1,
                }
                machine.poke(STACK, &[0; 0x1000]);
                let found = machine.run(&state, &data);
                assert!(
                    found == expected,
                    "{mode:?} {code:02x?} from {:x?}:\n{:x?} {:?} at {:#x}, not\n{:x?} {:?} at {:#x}; data {} stack {}",
                    &state.slots[..8],
                    &found.slots[..8],
                    found.trap,
                    found.rip,
                    &expected.slots[..8],
                    expected.trap,
                    expected.rip,
                    found.data == expected.data,
                    found.stack == expected.stack,
                );
            }
        }
    }
    // Both happen often, or this says little.
    assert!(faults > 500 && ends > 500, "{faults} faults, {ends} ends");
}

#[test]
fn edges_of_memory_64() {
    check(Mode::Bits64, false, 0x1122_3344_5566_7788);
}

#[test]
fn edges_of_memory_alone_64() {
    check(Mode::Bits64, true, 0x1828_3848_5868_7888);
}

#[test]
fn edges_of_memory_32() {
    check(Mode::Bits32, false, 0x8877_6655_4433_2211);
}

#[test]
fn edges_of_memory_alone_32() {
    check(Mode::Bits32, true, 0x8172_6354_4536_2718);
}
