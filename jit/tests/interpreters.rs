//! Guest programs that are interpreters: a loop whose blocks end in jumps through one table.

mod harness;

use harness::{CODE, DATA, Machine, start, xorshift};
use tawaki_cpu::Mode;
use tawaki_jit::Options;

/// Bytes of code for an operation of the guest's interpreter.
const PLACE: u64 = 0x60;
/// What operations call.
const FUNCTION: u64 = CODE + 0x4000;
/// Before the loop: goes to its operation 5 or 9, by bit 0 of EAX.
const BEFORE: u64 = CODE + 0x5000;
/// Where the jump table is in the data window.
const TABLE: u64 = 0x2000;

/// An interpreter with so many operations. Each changes EAX and EBX in its own way, some in a loop, some through a
/// call, takes ECX down, and jumps by the next byte at ESI. Returns the blocks that end in jumps.
fn interpreter(machine: &mut Machine, operations: u64) -> Vec<u64> {
    let end = CODE + PLACE * operations;
    machine.poke(end, &[0xcc]);
    // lea eax, [eax + eax * 2 + 1]; ret
    machine.poke(FUNCTION, &[0x8d, 0x44, 0x40, 1, 0xc3]);
    // test al, 1; jnz 5; jmp 9
    let relative = |from: u64, n: u64| ((CODE + PLACE * n).wrapping_sub(BEFORE + from) as u32).to_le_bytes();
    machine.poke(BEFORE, &[&[0xa8, 1, 0x0f, 0x85][..], &relative(8, 5), &[0xe9], &relative(13, 9)].concat());
    let mut jumps = Vec::new();
    for n in 0..operations {
        let at = CODE + PLACE * n;
        let k = n as u8;
        // xor eax, k; add ebx, eax
        let mut code = vec![0x83, 0xf0, k, 0x01, 0xc3];
        match n % 4 {
            // mov edx, 3; again: add eax, ebx; dec edx; jnz again
            0 => code.extend([0xba, 3, 0, 0, 0, 0x01, 0xd8, 0xff, 0xca, 0x75, 0xfa]),
            // call; sub ebx, eax; adc edi, 0
            1 | 2 => {
                let to = FUNCTION.wrapping_sub(at + code.len() as u64 + 5) as u32;
                code.push(0xe8);
                code.extend(to.to_le_bytes());
                code.extend([0x29, 0xc3, 0x83, 0xd7, 0]);
            }
            // test al, 1; jz over; add edi, eax; over:
            _ => code.extend([0xa8, 1, 0x74, 2, 0x01, 0xc7]),
        }
        // movzx edx, byte [rsi]; inc esi; dec ecx; js end
        code.extend([0x0f, 0xb6, 0x16, 0xff, 0xc6, 0xff, 0xc9, 0x0f, 0x88]);
        let to = end.wrapping_sub(at + code.len() as u64 + 4) as u32;
        code.extend(to.to_le_bytes());
        jumps.push(at + code.len() as u64);
        // jmp [table + rdx * size of an address]
        let scale = if machine.mode == Mode::Bits64 { 0xd5 } else { 0x95 };
        code.extend([0xff, 0x24, scale]);
        code.extend(((DATA + TABLE) as u32).to_le_bytes());
        assert!(code.len() as u64 <= PLACE);
        machine.poke(at, &code);
    }
    jumps
}

/// Wherever it is begun, and wherever it is left, the loop is one region that goes on at any operation.
#[test]
fn are_one_region_entered_at_any_operation() {
    let operations = 24;
    for (mode, checked) in [(Mode::Bits32, false), (Mode::Bits64, false), (Mode::Bits64, true)] {
        for begin in [Some(0), Some(1), Some(23), None] {
            let mut random = 0x1234_5678_9abc_def1 ^ begin.unwrap_or(operations);
            let mut machine = Machine::new(mode, Options { checked, ..Options::default() });
            let all: Vec<u64> = (0..operations).map(|n| CODE + PLACE * n).collect();
            for jump in interpreter(&mut machine, operations) {
                machine.targets.insert(jump, all.clone());
            }
            let mut data: Vec<u8> = (0..TABLE).map(|_| (xorshift(&mut random) % operations) as u8).collect();
            for to in &all {
                let bytes = to.to_le_bytes();
                data.extend(&bytes[..if mode == Mode::Bits64 { 8 } else { 4 }]);
            }
            // Long slices, and such that end at every other look.
            for slice in [[1 << 16, i32::MAX], [20, 0]] {
                machine.slice = slice;
                let others = (0..operations).map(Some).chain([None, None, None, None]);
                for n in std::iter::once(begin).chain(others) {
                    let mut state = start(mode);
                    state.rip = n.map_or(BEFORE, |n| CODE + PLACE * n);
                    (state.slots[0], state.slots[1], state.slots[6]) =
                        (xorshift(&mut random) & 0xffff_ffff, 6000, DATA + 16 * n.unwrap_or(0));
                    let expected = machine.interpret(&state, &data);
                    let found = machine.run(&state, &data);
                    assert!(found == expected, "{mode:?} {checked} from {n:?}: {found:x?} not {expected:x?}");
                }
            }
            let [regions, entered, _] = machine.counts;
            // The loop, what it calls, what is before it, its end, and the loops of six operations, which may be left in
            // the middle.
            assert!(regions <= 10, "{regions} regions, {mode:?} from {begin:?}");
            assert!(entered > 200, "left and entered again: {entered}");
        }
    }
}
