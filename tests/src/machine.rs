//! What a snippet starts from and ends in: registers, memory windows, and why it stopped.

use tawaki_cpu::Mode;
use tawaki_cpu::x87::F80;

/// One memory window, mapped at the same address on hardware and in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Name used by cases (`data+8`) and reports.
    pub name: &'static str,
    /// First guest address.
    pub base: u64,
    /// Size in bytes, whole pages; the pages around a window are unmapped.
    pub size: usize,
    /// Whether the snippet may write it.
    pub write: bool,
    /// Whether it may be executed.
    pub exec: bool,
}

/// Snippet code; writable, because code that changes itself is a case too.
pub const CODE: Window = Window { name: "code", base: 0x0100_0000, size: 0x1000, write: true, exec: true };
/// Ordinary data, two pages so that an access can straddle.
pub const DATA: Window = Window { name: "data", base: 0x0200_0000, size: 0x2000, write: true, exec: false };
/// Stack.
pub const STACK: Window = Window { name: "stack", base: 0x0300_0000, size: 0x1000, write: true, exec: false };
/// Read-only data with fixed contents, [`read_only_byte`].
pub const READ_ONLY: Window =
    Window { name: "ro", base: 0x0400_0000, size: 0x1000, write: false, exec: false };

/// The windows a snippet may change, in the order of [`Memory::windows`].
pub const WRITABLE: [Window; 3] = [CODE, DATA, STACK];

/// Byte `offset` of the read-only window.
pub fn read_only_byte(offset: usize) -> u8 {
    (offset as u8).wrapping_mul(29).wrapping_add(7)
}

/// The contents of the writable windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// One per [`WRITABLE`] entry.
    pub windows: [Vec<u8>; 3],
}

impl Default for Memory {
    fn default() -> Self {
        Self { windows: WRITABLE.map(|window| vec![0; window.size]) }
    }
}

impl Memory {
    /// Copies `bytes` to a guest address. `false` if they leave a window.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        for (window, contents) in WRITABLE.iter().zip(&mut self.windows) {
            let Some(offset) = address.checked_sub(window.base) else { continue };
            let end = offset as usize + bytes.len();
            if end <= window.size {
                contents[offset as usize..end].copy_from_slice(bytes);
                return true;
            }
        }
        false
    }
}

/// x87 and MMX registers as FXSAVE shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fpu {
    /// Control word.
    pub cw: u16,
    /// Status word with TOP.
    pub sw: u16,
    /// Abridged tags: bit i set when physical register i is in use.
    pub used: u8,
    /// ST(0)..ST(7).
    pub st: [F80; 8],
}

impl Default for Fpu {
    fn default() -> Self {
        Self { cw: 0x37f, sw: 0, used: 0, st: [F80::default(); 8] }
    }
}

/// Everything a snippet can read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Word size.
    pub mode: Mode,
    /// General registers in encoding order; 32-bit mode uses the first eight.
    pub gpr: [u64; 16],
    /// Instruction pointer.
    pub rip: u64,
    /// EFLAGS, the fixed bits 1 and 9 included.
    pub flags: u32,
    /// x87 and MMX.
    pub fpu: Fpu,
    /// XMM0..15; 32-bit mode uses the first eight.
    pub xmm: [u128; 16],
    /// Upper halves of YMM0..15.
    pub upper: [u128; 16],
    /// SSE control and status.
    pub mxcsr: u32,
    /// Memory.
    pub memory: Memory,
}

impl State {
    /// Registers zero but for the stack pointer, FPU and SSE as after reset, at the
    /// start of the code window with `code` and a final INT3 in it.
    pub fn new(mode: Mode, code: &[u8]) -> Self {
        let mut gpr = [0; 16];
        gpr[4] = STACK.base + 0x800;
        let mut state = Self {
            mode,
            gpr,
            rip: CODE.base,
            flags: 0x202,
            fpu: Fpu::default(),
            xmm: [0; 16],
            upper: [0; 16],
            mxcsr: 0x1f80,
            memory: Memory::default(),
        };
        state.set_code(code);
        state
    }

    /// Replaces the code: the snippet, then INT3 to the end of the window.
    pub fn set_code(&mut self, code: &[u8]) {
        let window = &mut self.memory.windows[0];
        window.fill(0xcc);
        window[..code.len()].copy_from_slice(code);
    }
}

/// Why a snippet stopped, in the terms of the signal a Linux process would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// INT3.
    Breakpoint,
    /// SYSCALL or INT 0x80 was executed.
    Syscall,
    /// A signal with its `si_code` and, where it means something, `si_addr`.
    Signal {
        /// Linux signal number.
        number: u8,
        /// `si_code`.
        code: i32,
        /// `si_addr`; 0 for signals without one.
        address: u64,
    },
    /// The snippet did not end in time.
    Endless,
}

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why it stopped.
    pub stop: Stop,
    /// What it left.
    pub state: State,
}

/// Signal numbers and `si_code` values of i386 and x86-64 Linux (asm-generic/siginfo.h).
pub mod signal {
    #![allow(missing_docs)]
    pub const SIGILL: u8 = 4;
    pub const SIGTRAP: u8 = 5;
    pub const SIGBUS: u8 = 7;
    pub const SIGFPE: u8 = 8;
    pub const SIGSEGV: u8 = 11;
    pub const SI_KERNEL: i32 = 0x80;
    pub const ILL_ILLOPN: i32 = 2;
    pub const FPE_INTDIV: i32 = 1;
    pub const FPE_FLTDIV: i32 = 3;
    pub const FPE_FLTOVF: i32 = 4;
    pub const FPE_FLTUND: i32 = 5;
    pub const FPE_FLTRES: i32 = 6;
    pub const FPE_FLTINV: i32 = 7;
    pub const SEGV_MAPERR: i32 = 1;
    pub const SEGV_ACCERR: i32 = 2;
    pub const BUS_ADRALN: i32 = 1;
    pub const TRAP_BRKPT: i32 = 1;
    pub const TRAP_TRACE: i32 = 2;
}
