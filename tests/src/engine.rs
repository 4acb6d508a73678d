//! Runs snippets in Tawaki's CPU, with the same windows as the hardware child.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use tawaki_cpu::ir::vector::UPPER;
use tawaki_cpu::level::{Level, set_level};
use tawaki_cpu::x87::{F80, X87State};
use tawaki_cpu::{CpuState, Engine, FaultKind, GuestMemory, Interpreter, Mode, Perms, Trap};

use crate::machine::{CODE, Fpu, Outcome, READ_ONLY, State, Stop, WRITABLE, Window, read_only_byte, signal};

/// The upper halves of YMM0..15 in `CpuState::xmm`.
const UPPERS: Range<usize> = UPPER as usize..UPPER as usize + 16;

/// Guest instructions a snippet may take.
const BUDGET: u64 = 2_000_000;

/// How a compiling engine is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// How often a block begins before it is hot.
    pub threshold: u32,
    /// Most blocks of a region.
    pub blocks: usize,
    /// All operations but moves and branches by calls.
    pub helpers_only: bool,
    /// Floating point with the exception flags of MXCSR.
    pub exact_float: bool,
}

impl Tier {
    /// Regions of at most so many blocks, with exact floating point.
    pub fn exact(threshold: u32, blocks: usize) -> Self {
        Tier { threshold, blocks, helpers_only: false, exact_float: true }
    }
}

/// An engine with its guest memory. One serves all snippets, so that code left by
/// an earlier one must be noticed as changed.
pub struct Emulated {
    engine: Box<dyn Engine>,
    memory: Arc<GuestMemory>,
}

impl Default for Emulated {
    fn default() -> Self {
        Self::with(Box::new(Interpreter::default()), Arc::new(GuestMemory::for_tests()))
    }
}

impl Emulated {
    /// Compiles for wasmtime.
    #[cfg(feature = "jit")]
    pub fn compiled(tier: Tier) -> Self {
        use tawaki_native_host::{jit::WasmtimeHost, memory::HostMemory};
        let memory = Arc::new(HostMemory::new().expect("address space"));
        let host =
            WasmtimeHost::new(&memory, Arc::default(), |line| eprintln!("{line}")).expect("the first thread");
        let mut settings = tawaki_jit::Settings::default();
        settings.thresholds.hot = tier.threshold;
        (settings.thresholds.wait, settings.thresholds.full) = (0, 1);
        settings.region.blocks = tier.blocks;
        settings.options.helpers_only = tier.helpers_only;
        settings.options.exact_float = tier.exact_float;
        Self::with(Box::new(tawaki_jit::JitEngine::new(host, settings)), memory.guest().clone())
    }

    fn with(engine: Box<dyn Engine>, memory: Arc<GuestMemory>) -> Self {
        // The cases are of every instruction there is.
        set_level(Level::Avx2);
        for window in WRITABLE {
            set_perms(&memory, window, Perms::READ | Perms::WRITE);
        }
        set_perms(&memory, CODE, Perms::READ | Perms::WRITE | Perms::EXEC);
        set_perms(&memory, READ_ONLY, Perms::READ);
        let contents: Vec<u8> = (0..READ_ONLY.size).map(read_only_byte).collect();
        memory.copy_in(READ_ONLY.base, &contents).expect("the window is mapped");
        Self { engine, memory }
    }
}

fn set_perms(memory: &GuestMemory, window: Window, perms: Perms) {
    let pages = (window.base >> 12) as u32..((window.base + window.size as u64) >> 12) as u32;
    memory.set_perms(pages, perms | Perms::MAPPED);
}

fn fill(memory: &GuestMemory, window: Window, bytes: &[u8]) {
    memory.write_bytes(window.base, bytes).expect("a test window is writable");
}

impl Emulated {
    /// Runs from `initial` to a breakpoint, system call or fault. With `step` the
    /// engine is left after every block, as signals and time slices make it.
    pub fn run(&mut self, initial: &State, step: bool) -> Outcome {
        for (window, bytes) in WRITABLE.iter().zip(&initial.memory.windows) {
            fill(&self.memory, *window, bytes);
        }
        let mut cpu = load(initial);
        let attention = AtomicU32::new(0);
        let trap = loop {
            let budget = if step { 1 } else { BUDGET };
            let trap = self.engine.run(&mut cpu, &self.memory, &attention, budget);
            if trap != Trap::Budget || cpu.icount > BUDGET {
                break trap;
            }
        };
        let mut state = store(&cpu, initial);
        for (window, bytes) in WRITABLE.iter().zip(&mut state.memory.windows) {
            self.memory.read_bytes(window.base, bytes).expect("a test window is readable");
        }
        Outcome { stop: stop_of(trap, &cpu), state }
    }
}

fn load(state: &State) -> CpuState {
    let mut cpu = CpuState::new(state.mode);
    for (i, value) in state.gpr.iter().enumerate() {
        cpu.set_gpr(i, *value);
    }
    cpu.rip = state.rip;
    cpu.set_eflags(state.flags);
    cpu.xmm[..16].copy_from_slice(&state.xmm);
    cpu.xmm[UPPERS].copy_from_slice(&state.upper);
    cpu.mxcsr = state.mxcsr;
    let fpu = &state.fpu;
    let top = usize::from(fpu.sw >> 11 & 7);
    let mut x87 = X87State { cw: fpu.cw, sw: fpu.sw, ..X87State::default() };
    for (i, st) in fpu.st.iter().enumerate() {
        x87.regs[(top + i) & 7] = *st;
    }
    x87.tw = (0..8).map(|i| full_tag(x87.regs[i], fpu.used >> i & 1 != 0) << (2 * i)).sum();
    cpu.x87 = x87;
    cpu
}

/// The two-bit tag the processor derives when it loads an abridged tag word
/// (Intel SDM vol. 1, table 10-2).
fn full_tag(register: F80, used: bool) -> u16 {
    let exponent = register.sign_exponent & 0x7fff;
    if !used {
        3
    } else if exponent == 0 && register.mantissa == 0 {
        1
    } else if exponent == 0 || exponent == 0x7fff || register.mantissa >> 63 == 0 {
        2
    } else {
        0
    }
}

fn store(cpu: &CpuState, initial: &State) -> State {
    let mut state = initial.clone();
    state.gpr = std::array::from_fn(|i| cpu.gpr(i));
    state.rip = cpu.rip;
    state.flags = cpu.eflags();
    state.xmm.copy_from_slice(&cpu.xmm[..16]);
    state.upper.copy_from_slice(&cpu.xmm[UPPERS]);
    state.mxcsr = cpu.mxcsr;
    let x87 = &cpu.x87;
    let top = usize::from(x87.sw >> 11 & 7);
    state.fpu = Fpu {
        cw: x87.cw,
        sw: x87.sw,
        used: (0..8).filter(|i| x87.tw >> (2 * i) & 3 != 3).map(|i| 1 << i).sum(),
        st: std::array::from_fn(|i| x87.regs[(top + i) & 7]),
    };
    state
}

/// The signal Linux sends for a trap (arch/x86/kernel/traps.c).
fn stop_of(trap: Trap, cpu: &CpuState) -> Stop {
    let signal = |number, code, address| Stop::Signal { number, code, address };
    let address = if cpu.mode == Mode::Bits64 { cpu.rip } else { cpu.rip & 0xffff_ffff };
    match trap {
        Trap::Syscall | Trap::Int80 | Trap::Sysenter => Stop::Syscall,
        Trap::Breakpoint => Stop::Breakpoint,
        Trap::Fault(fault) if fault.kind == FaultKind::Unmapped => {
            signal(signal::SIGSEGV, signal::SEGV_MAPERR, fault.addr)
        }
        Trap::Fault(fault) => signal(signal::SIGSEGV, signal::SEGV_ACCERR, fault.addr),
        Trap::GeneralProtection | Trap::Overflow | Trap::Bound => {
            signal(signal::SIGSEGV, signal::SI_KERNEL, 0)
        }
        Trap::StackFault => signal(signal::SIGBUS, signal::SI_KERNEL, 0),
        Trap::DivideError => signal(signal::SIGFPE, signal::FPE_INTDIV, address),
        Trap::InvalidOpcode { .. } => signal(signal::SIGILL, signal::ILL_ILLOPN, address),
        Trap::Debug => signal(signal::SIGTRAP, signal::TRAP_BRKPT, 0),
        Trap::SingleStep => signal(signal::SIGTRAP, signal::TRAP_TRACE, 0),
        Trap::Alignment => signal(signal::SIGBUS, signal::BUS_ADRALN, 0),
        Trap::X87Exception => {
            let raised = u32::from(cpu.x87.sw & !cpu.x87.cw & 0x3f);
            signal(signal::SIGFPE, float_code(raised), address)
        }
        Trap::SimdException => {
            let raised = cpu.mxcsr & !(cpu.mxcsr >> 7) & 0x3f;
            signal(signal::SIGFPE, float_code(raised), address)
        }
        Trap::Attention | Trap::Budget | Trap::Watched => Stop::Endless,
    }
}

/// `si_code` of a floating-point exception (`fpu__exception_code` in Linux).
fn float_code(raised: u32) -> i32 {
    match raised {
        r if r & 1 != 0 => signal::FPE_FLTINV,
        r if r & 4 != 0 => signal::FPE_FLTDIV,
        r if r & 8 != 0 => signal::FPE_FLTOVF,
        // Denormal and underflow alike.
        r if r & 0x12 != 0 => signal::FPE_FLTUND,
        r if r & 0x20 != 0 => signal::FPE_FLTRES,
        _ => 0,
    }
}
