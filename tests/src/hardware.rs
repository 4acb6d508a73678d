//! The processor under the tests: runs snippets in a traced child process.
//!
//! The child is a 200-byte static program. Its memory windows are mapped once (by
//! system calls made in its name) and every run only rewrites them and the
//! registers, so a run costs a few dozen microseconds. 32-bit snippets run in the
//! same child: a 64-bit process whose CS is the 32-bit user segment is in
//! compatibility mode, which executes exactly what an i386 process executes.
//!
//! System calls of a snippet are stopped, not made (`PTRACE_SYSEMU`).

mod trace;

use std::io;

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic};
use tawaki_cpu::Mode;
use tawaki_cpu::x87::F80;

use crate::machine::{Fpu, Outcome, READ_ONLY, State, Stop, WRITABLE, read_only_byte, signal};
use trace::{Registers, Stopped, Tracee, XSAVE, XSave};

/// Runs before the child is replaced: bounds what CPU time adds up to under its limit.
const RUNS_PER_CHILD: u32 = 50_000;

/// NT and ID: a program can change them, `PTRACE_SETREGS` cannot.
const STICKY: u32 = 0x20_4000;

const TF: u32 = 0x100;

/// User code segments of Linux (`__USER32_CS`, `__USER_CS`) and the data segment.
const USER32_CS: u64 = 0x23;
const USER_CS: u64 = 0x33;
const USER_DS: u64 = 0x2b;

/// The host processor as an oracle.
pub struct Hardware {
    child: Tracee,
    runs: u32,
}

impl Hardware {
    /// Starts the child. Errors where tracing is not allowed.
    pub fn new() -> io::Result<Self> {
        Ok(Self { child: start()?, runs: 0 })
    }

    /// Runs from `initial` to a breakpoint, system call or signal.
    pub fn run(&mut self, initial: &State) -> io::Result<Outcome> {
        let outcome = self.run_once(initial)?;
        if outcome.state.flags & STICKY != 0 {
            // push 0x202; popf
            let clear = State::new(Mode::Bits64, &[0x68, 2, 2, 0, 0, 0x9d]);
            self.run_once(&clear)?;
        }
        Ok(outcome)
    }

    /// The instructions that are executed from `initial` on, one by one, the one that stops included.
    /// `None` where they are more than `limit` or trap after each other by themselves (TF).
    pub fn path(&mut self, initial: &State, limit: usize) -> io::Result<Option<Vec<Instruction>>> {
        let path = self.walk(initial, limit);
        // NT and ID, or what else the path left.
        self.child = start()?;
        self.runs = 0;
        path
    }

    fn walk(&mut self, initial: &State, limit: usize) -> io::Result<Option<Vec<Instruction>>> {
        self.load(initial)?;
        let mut path = Vec::new();
        while path.len() < limit {
            let registers = self.child.registers()?;
            if registers.eflags as u32 & TF != 0 {
                return Ok(None);
            }
            let instruction = self.decode(&registers);
            path.push(instruction);
            let stopped = self.child.step()?;
            let Stopped::Signal { number: signal::SIGTRAP, code: signal::TRAP_TRACE, .. } = stopped else {
                return Ok((stopped != Stopped::OutOfTime).then_some(path));
            };
            if matches!(instruction.mnemonic(), Mnemonic::Pushf | Mnemonic::Pushfd | Mnemonic::Pushfq) {
                self.forget_step()?;
            }
        }
        Ok(None)
    }

    /// The instruction the child is at; an invalid one where there is none.
    fn decode(&mut self, registers: &Registers) -> Instruction {
        let mut bytes = [0; 15];
        let room = (registers.rip | 0xfff) - registers.rip + 1;
        let size = bytes.len().min(room as usize);
        let first = self.child.read(&mut [(registers.rip, &mut bytes[..size])]);
        let rest = registers.rip.wrapping_add(size as u64);
        let second = size == bytes.len() || self.child.read(&mut [(rest, &mut bytes[size..])]).is_ok();
        let bytes = match (first, second) {
            (Err(_), _) => &[][..],
            (Ok(()), false) => &bytes[..size],
            (Ok(()), true) => &bytes[..],
        };
        let bits = if registers.cs == USER_CS { 64 } else { 32 };
        Decoder::with_ip(bits, bytes, registers.rip, DecoderOptions::NONE).decode()
    }

    /// Takes the TF of stepping out of what PUSHF pushed.
    fn forget_step(&mut self) -> io::Result<()> {
        let at = self.child.registers()?.rsp.wrapping_add(1);
        let mut byte = [0];
        self.child.read(&mut [(at, &mut byte)])?;
        self.child.write(&[(at, &[byte[0] & !1])])
    }

    fn load(&mut self, initial: &State) -> io::Result<()> {
        let windows = &initial.memory.windows;
        let sources: Vec<(u64, &[u8])> =
            WRITABLE.iter().zip(windows).map(|(w, bytes)| (w.base, bytes.as_slice())).collect();
        self.child.write(&sources)?;
        self.child.set_registers(&registers_of(initial))?;
        self.child.set_fpu(&xsave_of(initial, self.child.has_upper()))
    }

    fn run_once(&mut self, initial: &State) -> io::Result<Outcome> {
        self.runs += 1;
        if self.runs > RUNS_PER_CHILD {
            self.child = start()?;
            self.runs = 0;
        }
        self.load(initial)?;
        let stopped = self.child.resume()?;
        let mut state = initial.clone();
        let registers = self.child.registers()?;
        state.gpr = gpr_of(&registers);
        state.rip = registers.rip;
        // RF is an artefact of how the kernel returns from faults.
        state.flags = registers.eflags as u32 & !0x1_0000;
        if stopped == Stopped::Syscall {
            state.gpr[0] = registers.orig_rax;
        }
        read_xsave(&self.child.fpu()?, &mut state);
        let mut targets: Vec<(u64, &mut [u8])> = WRITABLE
            .iter()
            .zip(&mut state.memory.windows)
            .map(|(w, bytes)| (w.base, bytes.as_mut_slice()))
            .collect();
        self.child.read(&mut targets)?;

        let stop = match stopped {
            Stopped::Syscall => Stop::Syscall,
            Stopped::OutOfTime => {
                self.child = start()?;
                self.runs = 0;
                Stop::Endless
            }
            Stopped::Signal { number, code, .. }
                if number == signal::SIGTRAP && code == signal::SI_KERNEL =>
            {
                Stop::Breakpoint
            }
            Stopped::Signal { number, code, address } => Stop::Signal { number, code, address },
        };
        Ok(Outcome { stop, state })
    }
}

/// Starts a child and maps its windows.
fn start() -> io::Result<Tracee> {
    let mut child = Tracee::spawn()?;
    for window in WRITABLE {
        child.map(window.base, window.size, window.exec)?;
    }
    child.map(READ_ONLY.base, READ_ONLY.size, false)?;
    let contents: Vec<u8> = (0..READ_ONLY.size).map(read_only_byte).collect();
    child.write(&[(READ_ONLY.base, &contents)])?;
    child.make_read_only(READ_ONLY.base, READ_ONLY.size)?;
    Ok(child)
}

fn registers_of(state: &State) -> Registers {
    let long = state.mode == Mode::Bits64;
    let g = &state.gpr;
    let data = if long { 0 } else { USER_DS };
    Registers {
        rax: g[0],
        rcx: g[1],
        rdx: g[2],
        rbx: g[3],
        rsp: g[4],
        rbp: g[5],
        rsi: g[6],
        rdi: g[7],
        r8: g[8],
        r9: g[9],
        r10: g[10],
        r11: g[11],
        r12: g[12],
        r13: g[13],
        r14: g[14],
        r15: g[15],
        rip: state.rip,
        eflags: u64::from(state.flags),
        cs: if long { USER_CS } else { USER32_CS },
        ss: USER_DS,
        ds: data,
        es: data,
        fs: 0,
        gs: 0,
        fs_base: 0,
        gs_base: 0,
        // Not inside a system call: nothing to restart.
        orig_rax: u64::MAX,
    }
}

fn gpr_of(r: &Registers) -> [u64; 16] {
    [
        r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
        r.r14, r.r15,
    ]
}

/// Components of the image: x87, SSE, and the upper halves if there are any.
const X87_SSE: u64 = 3;
const AVX: u64 = 4;
/// Where the header and the upper halves lie.
const HEADER: usize = 512;
const UPPERS: usize = 576;

/// XSAVE image (Intel SDM vol. 1, 10.5.1 and 13.4) of a state. The upper halves are in it if there are any,
/// zero ones too: one machine (an AMD EPYC, Linux 6.18) left those of the run before in place, once
/// in some ten thousand runs, when they were only said to be in their initial state.
fn xsave_of(state: &State, has_upper: bool) -> XSave {
    let mut image: XSave = [0; XSAVE];
    image[0..2].copy_from_slice(&state.fpu.cw.to_le_bytes());
    image[2..4].copy_from_slice(&state.fpu.sw.to_le_bytes());
    image[4] = state.fpu.used;
    image[24..28].copy_from_slice(&state.mxcsr.to_le_bytes());
    image[28..32].copy_from_slice(&0x2_ffffu32.to_le_bytes());
    for (i, st) in state.fpu.st.iter().enumerate() {
        image[32 + 16 * i..][..8].copy_from_slice(&st.mantissa.to_le_bytes());
        image[40 + 16 * i..][..2].copy_from_slice(&st.sign_exponent.to_le_bytes());
    }
    for (i, xmm) in state.xmm.iter().enumerate() {
        image[160 + 16 * i..][..16].copy_from_slice(&xmm.to_le_bytes());
    }
    let components = X87_SSE | if has_upper { AVX } else { 0 };
    image[HEADER..HEADER + 8].copy_from_slice(&components.to_le_bytes());
    for (i, half) in state.upper.iter().enumerate() {
        image[UPPERS + 16 * i..][..16].copy_from_slice(&half.to_le_bytes());
    }
    image
}

fn read_xsave(image: &XSave, state: &mut State) {
    let word = |at: usize| u16::from_le_bytes([image[at], image[at + 1]]);
    let bytes = |at: usize| -> [u8; 16] { image[at..at + 16].try_into().unwrap_or_default() };
    state.fpu = Fpu {
        cw: word(0),
        sw: word(2),
        used: image[4],
        st: std::array::from_fn(|i| {
            let value = u128::from_le_bytes(bytes(32 + 16 * i));
            F80 { mantissa: value as u64, sign_exponent: (value >> 64) as u16 }
        }),
    };
    state.mxcsr = u32::from(word(24)) | u32::from(word(26)) << 16;
    state.xmm = std::array::from_fn(|i| u128::from_le_bytes(bytes(160 + 16 * i)));
    // A component in its initial state may not have been written.
    let upper = image[HEADER] & AVX as u8 != 0;
    state.upper =
        std::array::from_fn(|i| if upper { u128::from_le_bytes(bytes(UPPERS + 16 * i)) } else { 0 });
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn starts_beside_more_guest_memory_than_the_machine_has() {
        if Hardware::new().is_err() {
            return; // Tracing is not allowed here.
        }
        let info = std::fs::read_to_string("/proc/meminfo").expect("proc");
        let total =
            info.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("MemTotal");
        for _ in 0..2 * (total / (4 << 20) + 2) {
            std::hint::black_box(tawaki_cpu::GuestMemory::for_tests());
        }
        for _ in 0..10 {
            Hardware::new().expect("it forks");
        }
    }
}
