//! The processor levels. In a file of its own, for the level is one for the whole program.

use std::sync::atomic::AtomicU32;

use tawaki_cpu::level::{Level, set_level};
use tawaki_cpu::state::slot::{RAX, RBX, RCX};
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap};

const CODE: u64 = 0x1_0000;

/// Runs `code` and then INT3 with these registers.
fn run(code: &[u8], rax: u64, rcx: u64) -> (Trap, CpuState) {
    let memory = GuestMemory::for_tests();
    memory.set_perms(16..17, Perms::READ | Perms::WRITE | Perms::EXEC);
    memory.copy_in(CODE, &[code, &[0xcc]].concat()).unwrap();
    let mut state = CpuState::new(Mode::Bits64);
    state.rip = CODE;
    state.slots[usize::from(RAX)] = rax;
    state.slots[usize::from(RCX)] = rcx;
    let trap = Interpreter::new().run(&mut state, &memory, &AtomicU32::new(0), 1000);
    (trap, state)
}

const CPUID: [u8; 2] = [0x0f, 0xa2];
const XGETBV: [u8; 3] = [0x0f, 0x01, 0xd0];
/// `vaddps ymm0, ymm0, ymm0`.
const VADDPS: [u8; 4] = [0xc5, 0xfc, 0x58, 0xc0];
/// `andn eax, eax, eax`: in the same encoding, of both levels.
const ANDN: [u8; 5] = [0xc4, 0xe2, 0x78, 0xf2, 0xc0];

#[test]
fn avx_is_there_only_at_its_level() {
    const FMA_AVX_F16C: u64 = 1 << 12 | 1 << 28 | 1 << 29;
    for (level, bits, leaf7, xcr0, size) in
        [(Level::Base, 0, 0, 3, 576), (Level::Avx2, FMA_AVX_F16C, 1 << 5, 7, 832)]
    {
        set_level(level);
        let register = |state: CpuState, slot: u8| state.slots[usize::from(slot)];
        assert_eq!(register(run(&CPUID, 1, 0).1, RCX) & FMA_AVX_F16C, bits, "{level:?}");
        assert_eq!(register(run(&CPUID, 7, 0).1, RBX) & 1 << 5, leaf7, "{level:?}");
        assert_eq!(register(run(&CPUID, 0xd, 0).1, RAX), xcr0, "{level:?}");
        assert_eq!(register(run(&CPUID, 0xd, 0).1, RBX), size, "{level:?}");
        assert_eq!(register(run(&XGETBV, 0, 0).1, RAX), xcr0, "{level:?}");
        let runs = run(&VADDPS, 0, 0).0 == Trap::Breakpoint;
        assert_eq!(runs, level == Level::Avx2, "{level:?}");
        assert_eq!(run(&ANDN, 0, 0).0, Trap::Breakpoint, "{level:?}");
    }
}
