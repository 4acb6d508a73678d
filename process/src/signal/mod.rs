//! Signal delivery: frames on the guest's stack, the way back, and faults.

pub mod fpu;
pub mod frame32;
pub mod frame64;
pub mod siginfo;

use crate::thread::{AltStack, Thread};
use tawaki_abi::Errno;
use tawaki_abi::mm::PROT_WRITE;
use tawaki_abi::signal::{self as sig, SA_ONSTACK, SIGSEGV, SigInfo, SigSet};
use tawaki_abi::wire::{Call, Deliver, TraceEvent, trace_mode};
use tawaki_cpu::{Access, CpuState, FaultKind, Mode, Trap, flags};

/// `SS_ONSTACK`.
pub const SS_ONSTACK: u32 = 1;
/// `SS_DISABLE`.
pub const SS_DISABLE: u32 = 2;
/// `SS_AUTODISARM`.
pub const SS_AUTODISARM: u32 = 1 << 31;

/// The last processor exception, as signal frames tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trapped {
    /// Vector.
    pub number: u64,
    /// Error code.
    pub err: u64,
    /// CR2.
    pub addr: u64,
}

/// Where a frame goes.
#[derive(Clone, Copy, Debug)]
pub struct SignalStack {
    /// The frame lies below.
    pub top: u64,
    /// `ss_flags` to save.
    pub saved_flags: u32,
    /// Bounds when this is the alternate stack.
    pub bounds: Option<(u64, u64)>,
    /// The alternate stack is to be disarmed while the handler runs.
    disarm: bool,
}

/// What sigreturn found besides registers.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Signal mask to restore.
    pub mask: SigSet,
    /// Alternate stack to restore (not in old i386 frames).
    pub altstack: Option<AltStack>,
}

/// What every handler starts with: flags and FPU as in a new program.
fn enter_handler(cpu: &mut CpuState) {
    let eflags = cpu.eflags() & !(flags::DF | flags::TF);
    cpu.set_eflags(eflags);
    fpu::reset(cpu);
}

/// The flags that sigreturn may change (`FIX_EFLAGS`).
fn restore_eflags(cpu: &mut CpuState, eflags: u32) {
    cpu.set_eflags(eflags & !flags::ID | cpu.eflags() & flags::ID);
}

impl Thread<'_> {
    /// Whether the stack pointer is on the alternate stack now.
    pub fn on_altstack(&self) -> bool {
        let sp = self.cpu.gpr(4);
        let AltStack { base, size, flags } = self.altstack;
        flags & (SS_DISABLE | SS_AUTODISARM) == 0 && sp > base && sp - base <= size
    }

    /// Chooses the stack for a frame; `red` bytes below the present one stay untouched.
    fn signal_stack(&self, action_flags: u32, red: u64) -> SignalStack {
        let sp = self.cpu.gpr(4);
        let AltStack { base, size, flags } = self.altstack;
        let on = self.on_altstack();
        let enabled = flags & SS_DISABLE == 0 && size != 0;
        let saved_flags = flags | if on { SS_ONSTACK } else { 0 };
        if action_flags & SA_ONSTACK != 0 && enabled && !on {
            let disarm = flags & SS_AUTODISARM != 0;
            let top = base.saturating_add(size);
            return SignalStack { top, saved_flags, bounds: Some((base, top)), disarm };
        }
        let bounds = on.then(|| (base, base.saturating_add(size)));
        SignalStack { top: sp.wrapping_sub(red), saved_flags, bounds, disarm: false }
    }

    /// A frame must not leave the alternate stack at its low end.
    fn check_stack(&self, stack: &SignalStack, at: u64) -> Result<(), Errno> {
        match stack.bounds {
            Some((base, top)) if at < base || at > top => Err(Errno::EFAULT),
            _ => Ok(()),
        }
    }

    fn after_push(&mut self, stack: &SignalStack) {
        if stack.disarm {
            self.altstack = AltStack::NONE;
        }
    }

    /// Makes the handler run next. Without a stack for the frame the process dies
    /// by SIGSEGV.
    pub fn deliver(&mut self, deliver: &Deliver) {
        // What steps is the tracer's: neither the frame nor the handler has it.
        self.unforce();
        let trapped = self.trapped;
        let pushed = match self.cpu.mode {
            Mode::Bits64 => frame64::push(self, deliver, &trapped),
            Mode::Bits32 => frame32::push(self, deliver, &trapped),
        };
        if self.options.strace {
            let name = sig::signal_name(deliver.info.signo).unwrap_or("SIGRT");
            let line = format!("--- {name} code {} ---", deliver.info.code);
            self.trace(&line);
        }
        if pushed.is_err() {
            self.kill_self(SIGSEGV);
        } else if self.traced(trace_mode::STEP) && !self.gone() {
            self.trace_stop(TraceEvent::Handler);
        }
    }

    /// sigreturn(2), rt_sigreturn(2). The result is the accumulator as restored.
    pub fn sigreturn(&mut self, rt: bool) -> i64 {
        let popped = match self.cpu.mode {
            Mode::Bits64 => frame64::pop(self),
            Mode::Bits32 => frame32::pop(self, rt),
        };
        match popped {
            Ok(frame) => {
                if let Some(altstack) = frame.altstack {
                    self.altstack = AltStack { flags: altstack.flags & !SS_ONSTACK, ..altstack };
                }
                self.call(&Call::Sigprocmask { how: 2, set: Some(frame.mask) });
            }
            Err(_) => {
                self.raise(SigInfo { signo: SIGSEGV, code: sig::SI_KERNEL, ..SigInfo::default() });
            }
        }
        self.cpu.gpr(0) as i64
    }

    /// The signal of a processor exception, and what frames tell of it.
    pub fn exception(&mut self, trap: &Trap) {
        if *trap == Trap::SingleStep {
            self.stepped();
            self.note_step();
        }
        let rip = self.cpu.rip;
        let (signo, code, addr, trapped) = match *trap {
            Trap::Fault(fault) => {
                let mut err = 4;
                err |= match fault.access {
                    Access::Read => 0,
                    Access::Write => 2,
                    Access::Exec => 0x10,
                };
                // Inaccessible pages that need not exist look unmapped to the processor.
                let page = u32::try_from(fault.addr >> 12).unwrap_or(u32::MAX);
                let prot = self.mm().vmas().find(page).map(|(_, vma)| vma.prot);
                let reserved = prot.is_some();
                // Past the end of a file the area's protection still comes first.
                let refused = fault.access == Access::Write && prot.is_some_and(|p| p & PROT_WRITE == 0);
                let (signo, code) = match fault.kind {
                    FaultKind::Unmapped if !reserved => (SIGSEGV, sig::SEGV_MAPERR),
                    FaultKind::Bus if !refused => (sig::SIGBUS, sig::BUS_ADRERR),
                    FaultKind::Protection | FaultKind::Unmapped | FaultKind::Bus => {
                        err |= 1;
                        (SIGSEGV, sig::SEGV_ACCERR)
                    }
                };
                // A non-canonical address is #GP on the processor: no address then.
                if self.cpu.mode == Mode::Bits64 && (fault.addr as i64) << 16 >> 16 != fault.addr as i64 {
                    (SIGSEGV, sig::SI_KERNEL, 0, (13, 0, 0))
                } else {
                    (signo, code, fault.addr, (14, err, fault.addr))
                }
            }
            Trap::GeneralProtection => (SIGSEGV, sig::SI_KERNEL, 0, (13, 0, 0)),
            Trap::StackFault => (sig::SIGBUS, sig::SI_KERNEL, 0, (12, 0, 0)),
            Trap::Bound => (SIGSEGV, sig::SI_KERNEL, 0, (5, 0, 0)),
            Trap::Overflow => (SIGSEGV, sig::SI_KERNEL, 0, (4, 0, 0)),
            Trap::DivideError => (sig::SIGFPE, sig::FPE_INTDIV, rip, (0, 0, 0)),
            Trap::InvalidOpcode { bytes, len } => {
                let shown = &bytes[..usize::from(len).min(bytes.len())];
                let hex: Vec<String> = shown.iter().map(|b| format!("{b:02x}")).collect();
                self.log_once(&format!("invalid instruction {} at {rip:#x}", hex.join(" ")));
                (sig::SIGILL, sig::ILL_ILLOPN, rip, (6, 0, 0))
            }
            Trap::Breakpoint => (sig::SIGTRAP, sig::SI_KERNEL, 0, (3, 0, 0)),
            Trap::Debug => (sig::SIGTRAP, sig::TRAP_BRKPT, rip, (1, 0, 0)),
            Trap::SingleStep => (sig::SIGTRAP, sig::TRAP_TRACE, rip, (1, 0, 0)),
            Trap::Alignment => (sig::SIGBUS, sig::BUS_ADRALN, 0, (17, 0, 0)),
            Trap::X87Exception => (sig::SIGFPE, self.x87_code(), rip, (16, 0, 0)),
            Trap::SimdException => (sig::SIGFPE, self.simd_code(), rip, (19, 0, 0)),
            Trap::Syscall | Trap::Int80 | Trap::Sysenter | Trap::Watched | Trap::Attention | Trap::Budget => {
                return;
            }
        };
        self.trapped = Trapped { number: trapped.0, err: trapped.1, addr: trapped.2 };
        self.raise(SigInfo { signo, code, addr, ..SigInfo::default() });
    }

    fn x87_code(&self) -> i32 {
        fpe_code(u32::from(self.cpu.x87.sw & !self.cpu.x87.cw))
    }

    fn simd_code(&self) -> i32 {
        fpe_code(self.cpu.mxcsr & !(self.cpu.mxcsr >> 7))
    }
}

/// `si_code` of unmasked exception flags (`fpu__exception_code`).
fn fpe_code(raised: u32) -> i32 {
    match raised {
        r if r & 1 != 0 => 7,
        r if r & 4 != 0 => 3,
        r if r & 8 != 0 => 4,
        r if r & (2 | 16) != 0 => 5,
        r if r & 32 != 0 => 6,
        _ => 0,
    }
}
