//! The oracle itself: what the host processor answers to a few snippets that cannot be argued with.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use tawaki_cpu::Mode;
use tawaki_tests::hardware::Hardware;
use tawaki_tests::machine::{CODE, DATA, READ_ONLY, State, Stop, signal};

#[test]
fn answers_in_both_modes() {
    let mut hardware = Hardware::new().unwrap();
    for mode in [Mode::Bits32, Mode::Bits64] {
        // 0x48 is DEC EAX in 32-bit code and a REX prefix in 64-bit code.
        let mut state = State::new(mode, &[0x48, 0xff, 0xc0]);
        state.gpr[0] = 0xffff_ffff;
        state.flags |= 1;
        let end = hardware.run(&state).unwrap();
        assert_eq!(end.stop, Stop::Breakpoint);
        let expected = if mode == Mode::Bits64 { 0x1_0000_0000 } else { 0xffff_ffff };
        assert_eq!(end.state.gpr[0], expected);
        assert_eq!(end.state.rip, CODE.base + 4);
        assert_eq!(end.state.flags & 1, 1, "INC and DEC keep CF");
        assert_eq!(end.state.fpu, state.fpu);
        assert_eq!(end.state.gpr[4], state.gpr[4]);
        assert_eq!(end.state.memory, state.memory);
    }
}

#[test]
fn carries_fpu_and_memory() {
    let mut hardware = Hardware::new().unwrap();
    // fld1; movups [data], xmm1 (by edi); paddq mm would disturb the tags.
    let mut state = State::new(Mode::Bits32, &[0xd9, 0xe8, 0x0f, 0x11, 0x0f]);
    state.gpr[7] = DATA.base + DATA.size as u64 - 16;
    state.xmm[1] = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff;
    let end = hardware.run(&state).unwrap();
    assert_eq!(end.stop, Stop::Breakpoint);
    assert_eq!(end.state.fpu.st[0].sign_exponent, 0x3fff);
    assert_eq!(end.state.fpu.used, 0x80);
    assert_eq!(end.state.memory.windows[1][DATA.size - 16..], state.xmm[1].to_le_bytes());
}

#[test]
fn reports_faults() {
    let mut hardware = Hardware::new().unwrap();
    let segv = |code, address| Stop::Signal { number: signal::SIGSEGV, code, address };
    let cases: [(&[u8], u64, Stop); 5] = [
        (&[0x88, 0x07], 0, segv(signal::SEGV_MAPERR, 0)),
        (&[0x88, 0x07], READ_ONLY.base, segv(signal::SEGV_ACCERR, READ_ONLY.base)),
        (
            &[0xf7, 0xf1],
            0,
            Stop::Signal { number: signal::SIGFPE, code: signal::FPE_INTDIV, address: CODE.base },
        ),
        (
            &[0x0f, 0x0b],
            0,
            Stop::Signal { number: signal::SIGILL, code: signal::ILL_ILLOPN, address: CODE.base },
        ),
        (&[0xcd, 0x80], 0, Stop::Syscall),
    ];
    for mode in [Mode::Bits32, Mode::Bits64] {
        for (code, rdi, stop) in cases {
            let mut state = State::new(mode, code);
            state.gpr[7] = rdi;
            state.gpr[0] = 0x1234;
            let end = hardware.run(&state).unwrap();
            assert_eq!(end.stop, stop, "{code:x?}");
            assert_eq!(end.state.gpr[0], 0x1234);
            let length = if stop == Stop::Syscall { 2 } else { 0 };
            assert_eq!(end.state.rip, CODE.base + length);
        }
    }
}
