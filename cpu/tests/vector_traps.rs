//! Faults and exceptions of vector and x87 instructions, in both word sizes:
//! the trap, and that nothing else changed.

use std::sync::atomic::AtomicU32;

use tawaki_cpu::state::{Segment, USER_DS};
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap};

const CODE: u64 = 0x40_0000;
/// Two pages; the one after them is not mapped.
const DATA: u64 = 0x50_0000;
/// End of a page that only one test writes; tests run side by side.
const END2: u64 = 0x70_1000;
const END: u64 = DATA + 0x2000;
/// Read-only page.
const CONST: u64 = 0x60_0000;

fn memory() -> &'static GuestMemory {
    static MEMORY: std::sync::OnceLock<GuestMemory> = std::sync::OnceLock::new();
    MEMORY.get_or_init(|| {
        let memory = GuestMemory::for_tests();
        let map = |at: u64, count: u32, perms: Perms| {
            let page = (at >> 12) as u32;
            memory.set_perms(page..page + count, perms | Perms::MAPPED);
        };
        map(CODE, 16, Perms::READ | Perms::WRITE | Perms::EXEC);
        map(DATA, 2, Perms::READ | Perms::WRITE);
        map(CONST, 1, Perms::READ);
        map(END2 - 0x1000, 1, Perms::READ | Perms::WRITE);
        memory
    })
}

/// Runs `code` (at a place of its own) until it traps; INT3 is appended.
fn run(slot: u64, state: &mut CpuState, code: &[u8]) -> Trap {
    let at = CODE + slot * 64;
    memory().write_bytes(at, &[code, &[0xcc]].concat()).expect("code page");
    state.rip = at;
    Interpreter::new().run(state, memory(), &AtomicU32::new(0), 100)
}

fn state(mode: Mode) -> CpuState {
    let mut state = CpuState::new(mode);
    state.set_gpr(6, DATA);
    state.set_gpr(7, END - 8);
    state.set_gpr(3, CONST);
    for i in 0..8 {
        state.xmm[i] = 0x0101_0101_0101_0101_0101_0101_0101_0101 * (i as u128 + 1);
    }
    state
}

/// Instructions that must raise #GP or a page fault and change nothing.
#[test]
fn faults_change_nothing() {
    #[derive(Debug, PartialEq)]
    enum Want {
        Protection,
        Page(u64),
    }
    use Want::*;
    let table: &[(&str, &[u8], Want)] = &[
        ("movaps xmm0, [rsi+8]", &[0x0f, 0x28, 0x46, 8], Protection),
        ("movaps [rsi+4], xmm0", &[0x0f, 0x29, 0x46, 4], Protection),
        ("movntdq [rsi+4], xmm0", &[0x66, 0x0f, 0xe7, 0x46, 4], Protection),
        ("paddb xmm0, [rsi+1]", &[0x66, 0x0f, 0xfc, 0x46, 1], Protection),
        ("addps xmm0, [rsi+4]", &[0x0f, 0x58, 0x46, 4], Protection),
        ("fxsave [rsi+8]", &[0x0f, 0xae, 0x46, 8], Protection),
        ("ldmxcsr [rsi+0x10]", &[0x0f, 0xae, 0x56, 0x10], Protection),
        ("movups xmm0, [rdi]", &[0x0f, 0x10, 0x07], Page(END)),
        ("movups [rdi], xmm0", &[0x0f, 0x11, 0x07], Page(END)),
        ("movdqu [rbx], xmm0", &[0xf3, 0x0f, 0x7f, 0x03], Page(CONST)),
        ("movsd xmm0, [rdi+4]", &[0xf2, 0x0f, 0x10, 0x47, 4], Page(END)),
        ("movhps [rdi+4], xmm0", &[0x0f, 0x17, 0x47, 4], Page(END)),
        ("addsd xmm0, [rdi+4]", &[0xf2, 0x0f, 0x58, 0x47, 4], Page(END)),
        ("pextrw [rbx], xmm0, 1", &[0x66, 0x0f, 0x3a, 0x15, 0x03, 1], Page(CONST)),
        ("paddb mm0, [rdi+4]", &[0x0f, 0xfc, 0x47, 4], Page(END)),
        ("movq [rdi+4], mm0", &[0x0f, 0x7f, 0x47, 4], Page(END)),
        ("movq mm0, [rdi+4]", &[0x0f, 0x6f, 0x47, 4], Page(END)),
        ("fld m64 [rdi+4]", &[0xdd, 0x47, 4], Page(END)),
        ("fld m80 [rdi]", &[0xdb, 0x2f], Page(END)),
        ("fstp m80 [rdi]", &[0xdb, 0x3f], Page(END)),
        ("fstp m64 [rdi+4]", &[0xdd, 0x5f, 4], Page(END)),
        ("fistp m32 [rbx]", &[0xdb, 0x1b], Page(CONST)),
        ("fbstp [rdi]", &[0xdf, 0x37], Page(END)),
        ("fadd m32 [rdi+6]", &[0xd8, 0x47, 6], Page(END)),
        ("fnstcw [rbx]", &[0xd9, 0x3b], Page(CONST)),
        // Images are probed at their last byte.
        ("fnsave [rdi]", &[0xdd, 0x37], Page(END + 99)),
        ("fnstenv [rdi]", &[0xd9, 0x37], Page(END + 19)),
        ("frstor [rdi]", &[0xdd, 0x27], Page(END + 99)),
    ];
    memory().write_bytes(DATA, &[0xff; 0x40]).expect("data page");
    memory().write_bytes(END - 8, &[0x55; 8]).expect("data page");
    for (i, (name, code, want)) in table.iter().enumerate() {
        for (m, mode) in [Mode::Bits64, Mode::Bits32].into_iter().enumerate() {
            let mut state = state(mode);
            state.x87.tw = 0;
            state.x87.sw = 3 << 11;
            let before = state.clone();
            let trap = run((i * 2 + m) as u64, &mut state, code);
            let got = match trap {
                Trap::GeneralProtection => Protection,
                Trap::Fault(fault) => Page(fault.addr),
                other => panic!("{name} {mode:?}: {other:?}"),
            };
            assert_eq!(got, *want, "{name} {mode:?}");
            assert_eq!(state.x87, before.x87, "{name} {mode:?} changed the x87");
            assert_eq!(state.xmm[..16], before.xmm[..16], "{name} {mode:?} changed a vector");
            assert_eq!(state.slots[..16], before.slots[..16], "{name} {mode:?} changed a register");
            assert_eq!(memory().load64(END - 8).unwrap(), 0x5555_5555_5555_5555, "{name} wrote");
        }
    }
}

/// An unmasked SSE exception traps at once, sets its flag and writes nothing.
#[test]
fn unmasked_sse_exceptions() {
    let one = 1.0f64.to_bits();
    let table: &[(&str, &[u8], u64, u64, u32)] = &[
        ("divsd by zero", &[0xf2, 0x0f, 0x5e, 0xc1], one, 0, 4),
        ("divsd 0/0", &[0xf2, 0x0f, 0x5e, 0xc1], 0, 0, 1),
        ("divsd inexact", &[0xf2, 0x0f, 0x5e, 0xc1], one, 3.0f64.to_bits(), 0x20),
        ("mulsd overflow", &[0xf2, 0x0f, 0x59, 0xc1], 1e300f64.to_bits(), 1e300f64.to_bits(), 8),
        ("addsd denormal", &[0xf2, 0x0f, 0x58, 0xc1], one, 5, 2),
        ("comisd quiet NaN", &[0x66, 0x0f, 0x2f, 0xc1], one, 0x7ff8 << 48, 1),
        ("cvttsd2si too large", &[0xf2, 0x0f, 0x2c, 0xc0], 1e20f64.to_bits(), 0, 1),
        ("sqrtsd of -1", &[0xf2, 0x0f, 0x51, 0xc0], (-1.0f64).to_bits(), 0, 1),
        ("addpd denormal", &[0x66, 0x0f, 0x58, 0xc1], one, 5, 2),
    ];
    for (i, &(name, code, a, b, flag)) in table.iter().enumerate() {
        let mut state = state(Mode::Bits64);
        (state.xmm[0], state.xmm[1]) = (a.into(), b.into());
        state.mxcsr = 0x1f80 & !(flag << 7);
        let trap = run(200 + i as u64, &mut state, code);
        assert_eq!(trap, Trap::SimdException, "{name}");
        assert_eq!(state.mxcsr & flag, flag, "{name}");
        assert_eq!(state.xmm[0], a.into(), "{name}");
        assert_eq!(state.rip, CODE + (200 + i as u64) * 64, "{name}");
    }
}

/// An unmasked x87 exception stays pending until the next waiting instruction.
#[test]
fn pending_x87_exception() {
    // FLD1; FLDZ; FDIVP; NOP; then the waiting instruction.
    let divide = [0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x90];
    let table: &[(&str, &[u8], bool)] = &[
        ("fwait", &[0x9b], true),
        ("fadd", &[0xd8, 0xc1], true),
        ("fld m64", &[0xdd, 0x06], true),
        ("paddb mm", &[0x0f, 0xfc, 0xc1], true),
        ("emms", &[0x0f, 0x77], true),
        ("fnstsw ax", &[0xdf, 0xe0], false),
        ("fnclex; fwait", &[0xdb, 0xe2, 0x9b], false),
        ("fninit; fwait", &[0xdb, 0xe3, 0x9b], false),
        ("fnstenv; fnclex", &[0xd9, 0x36, 0xdb, 0xe2], false),
    ];
    for (i, &(name, code, traps)) in table.iter().enumerate() {
        let mut state = state(Mode::Bits32);
        state.x87.cw = 0x37b;
        let slot = 300 + i as u64;
        let trap = run(slot, &mut state, &[&divide[..], code].concat());
        let want = if traps { Trap::X87Exception } else { Trap::Breakpoint };
        assert_eq!(trap, want, "{name}");
        if traps {
            assert_eq!(state.rip, CODE + slot * 64 + divide.len() as u64, "{name}");
            assert_eq!(state.x87.sw & 0x8084, 0x8084, "{name}");
        }
    }
}

/// 32-bit addresses wrap, segments add their base, the address size prefix works.
#[test]
fn addresses() {
    let table: &[(&str, Mode, &[u8])] = &[
        ("movq xmm0, [esi-0x20000000*8+...]", Mode::Bits32, &[0xf3, 0x0f, 0x7e, 0x04, 0xce]),
        ("movq xmm0, gs:[ecx]", Mode::Bits32, &[0x65, 0xf3, 0x0f, 0x7e, 0x01]),
        ("movq xmm0, fs:[rcx]", Mode::Bits64, &[0x64, 0xf3, 0x0f, 0x7e, 0x01]),
        ("movq xmm0, [ecx+esi]", Mode::Bits64, &[0x67, 0xf3, 0x0f, 0x7e, 0x04, 0x31]),
        ("movq xmm0, [bx+si]", Mode::Bits32, &[0x67, 0xf3, 0x0f, 0x7e, 0x00]),
    ];
    memory().store64(DATA + 0x100, 0x1122_3344_5566_7788).expect("data page");
    memory().set_perms(8..9, Perms::READ | Perms::WRITE | Perms::MAPPED);
    memory().store64(0x8010, 0x1122_3344_5566_7788).expect("low page");
    for (i, &(name, mode, code)) in table.iter().enumerate() {
        let mut state = state(mode);
        // Index 0xffff_ffe0 * 8 = -0x100 modulo 2^32, from DATA + 0x200.
        match i {
            0 => {
                state.set_gpr(6, DATA + 0x200);
                state.set_gpr(1, 0xffff_ffe0);
            }
            1 => {
                assert!(state.load_segment(Segment::Gs, USER_DS));
                state.set_gs_base(DATA);
                state.set_gpr(1, 0x100);
            }
            2 => {
                state.set_fs_base(DATA);
                state.set_gpr(1, 0x100);
            }
            3 => {
                state.set_gpr(1, 0xffff_ffff_ffff_f100);
                state.set_gpr(6, DATA + 0x1000);
            }
            _ => {
                state.set_gpr(3, 0x1234_8000);
                state.set_gpr(6, 0x4321_0010);
            }
        }
        assert_eq!(run(400 + i as u64, &mut state, code), Trap::Breakpoint, "{name}");
        assert_eq!(state.xmm[0], 0x1122_3344_5566_7788, "{name}");
    }
}

/// MASKMOVDQU touches only the chosen bytes, but all of them must be writable.
#[test]
fn masked_store() {
    let mut state = state(Mode::Bits64);
    state.set_gpr(7, END2 - 16);
    state.xmm[1] = 0x8080_8080 << 96;
    for at in [END2 - 16, END2 - 12, END2 - 8, END2 - 4] {
        memory().store32(at, 0).expect("data page");
    }
    assert_eq!(run(500, &mut state, &[0x66, 0x0f, 0xf7, 0xc1]), Trap::Breakpoint);
    assert_eq!(memory().load32(END2 - 4).unwrap(), 0x0101_0101);
    assert_eq!(memory().load32(END2 - 8).unwrap(), 0);
    memory().store32(END2 - 4, 0).expect("data page");
    state.set_gpr(7, END2 - 4);
    state.xmm[1] = 0x8080_8080;
    assert!(matches!(run(501, &mut state, &[0x66, 0x0f, 0xf7, 0xc1]), Trap::Fault(f) if f.addr == END2));
    assert_eq!(memory().load32(END2 - 4).unwrap(), 0);
}

/// The approximations are within the promised 1.5 * 2^-12.
#[test]
fn reciprocals() {
    for (code, exact) in
        [([0x0f, 0x53, 0xc1], (|x| 1.0 / x) as fn(f64) -> f64), ([0x0f, 0x52, 0xc1], |x| 1.0 / x.sqrt())]
    {
        for x in [1.0f32, 3.0, 0.1, 1e10, 7e-20] {
            let mut state = state(Mode::Bits64);
            state.xmm[1] = x.to_bits().into();
            assert_eq!(run(510, &mut state, &code), Trap::Breakpoint);
            let got = f64::from(f32::from_bits(state.xmm[0] as u32));
            let want = exact(f64::from(x));
            assert!(((got - want) / want).abs() < 1.5 / 4096.0, "{x}: {got} {want}");
        }
    }
}
