//! System calls: dispatch, results, restarts.

pub mod advise;
pub mod blockdev;
pub mod fs;
pub mod ids;
pub mod io;
pub mod ipc;
pub mod misc;
pub mod mm;
pub mod mqueue;
pub mod net;
pub mod netif;
pub mod poll;
pub mod ptrace;
pub mod sched;
pub mod signal;
pub mod stat;
pub mod state;
pub mod system;
pub mod table;
pub mod task;
pub mod time;
pub mod tty;
pub mod watch;
pub mod xattr;

use crate::seccomp::Verdict;
use crate::thread::{SysResult, Thread, Width};
use std::sync::atomic::Ordering;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, Deliver, TraceEvent, call_stop, trace_event, trace_mode};
use tawaki_cpu::Mode;

/// The six argument registers.
pub type Args = [u64; 6];

/// Argument registers by encoding number: rdi, rsi, rdx, r10, r8, r9.
const ARGS_64: [usize; 6] = [7, 6, 2, 10, 8, 9];
/// ebx, ecx, edx, esi, edi, ebp.
const ARGS_32: [usize; 6] = [3, 1, 2, 6, 7, 5];

/// Bytes of `syscall` and `int 0x80`: what a restart goes back.
const INSTRUCTION: u64 = 2;

/// The number by which a tracer says that there is no call.
fn none(gate: Width) -> u64 {
    if gate == Width::W64 { u64::MAX } else { u32::MAX.into() }
}

/// A known system call that is not served.
pub fn refused(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::ENOSYS)
}

/// One that every program tries, so that no line is logged.
pub fn refused_quietly(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Err(Errno::ENOSYS)
}

impl Thread<'_> {
    /// Serves the system call that the registers ask for.
    pub fn syscall(&mut self, gate: Width) {
        let gate = if self.cpu.mode == Mode::Bits32 { Width::W32 } else { gate };
        self.width = gate;
        self.syscalls += 1;
        let mut number = self.cpu.gpr(0);
        // A tracer has seen the call before it is made.
        let mut seen = false;
        if self.tracee.mode != 0 {
            (self.tracee.call, self.tracee.inside) = (number, true);
            // Whether the tracer emulates the call was said before this stop.
            let emulated = self.traced(trace_mode::EMULATE);
            if emulated || self.traced(trace_mode::SYSCALLS) {
                self.set_result(-i64::from(Errno::ENOSYS.0));
                self.trace_stop(TraceEvent::Syscall(call_stop::ENTRY));
                self.tracee.stepping = self.steps_calls();
                // The tracer may have made it another call, or none.
                (number, seen) = (self.tracee.call, true);
                if self.gone() {
                    return;
                }
                if emulated {
                    return self.finish(Ok(self.cpu.gpr(0) as i64), number);
                }
            }
        }
        let (mut number, mut args) = self.asked(gate, number);
        let mut verdict = self.filtered(number, &args);
        if let Verdict::Trace(message) = verdict {
            if !self.traced(trace_mode::SECCOMP) {
                verdict = Verdict::Done(Err(Errno::ENOSYS));
            } else {
                self.set_result(-i64::from(Errno::ENOSYS.0));
                self.trace_event(trace_event::SECCOMP, message.into());
                if self.gone() {
                    return;
                }
                (number, args) = self.asked(gate, self.tracee.call);
                seen = true;
                // Filters look at it again, for it may be another; that they would ask again is no matter.
                verdict = match number {
                    number if number == none(gate) => Verdict::Pass,
                    number => self.filtered(number, &args),
                };
            }
        }
        let row = table::find(number, gate == Width::W64);
        let depth = self.vfork.len();
        let called = if self.options.strace { self.trace_call(row, number, &args) } else { String::new() };
        let result = match (verdict, row) {
            (Verdict::Done(result), _) => result,
            (_, Some(row)) => (row.handler)(self, &args),
            // No call, and the result is what the tracer made it.
            (_, None) if seen && number == none(gate) => Ok(self.cpu.gpr(0) as i64),
            (_, None) => Err(Errno::ENOSYS),
        };
        if result == Err(Errno::ENOSYS) {
            self.note_missing(row, number);
        }
        if self.options.strace {
            self.trace_result(called, result);
        }
        if self.gone() || result == Err(crate::seccomp::HANDLED) {
            return;
        }
        if self.vfork.len() < depth {
            // A vfork child left; its parent's registers already hold the result.
            return;
        }
        self.finish(result, number);
    }

    /// Number and arguments of a call as the registers have them.
    fn asked(&self, gate: Width, number: u64) -> (u64, Args) {
        match gate {
            Width::W64 => (number, ARGS_64.map(|i| self.cpu.gpr(i))),
            Width::W32 => (number & 0xffff_ffff, ARGS_32.map(|i| self.cpu.gpr(i) & 0xffff_ffff)),
        }
    }

    /// One log line for a system call that is not there.
    fn note_missing(&mut self, row: Option<&table::Row>, number: u64) {
        let abi = if self.width == Width::W64 { "x86-64" } else { "i386" };
        match row {
            Some(row) if row.note.starts_with("not logged") => {}
            Some(row) if row.support == table::Support::None => {
                self.log_once(&format!("system call {number} ({}, {abi}) is not supported", row.name));
            }
            Some(_) => {}
            None => self.log_once(&format!("unknown system call {number} ({abi})")),
        }
    }

    /// Stores the result, or goes back to the instruction if the call is to be
    /// made again after the handler that waits in `self.pending`; then builds
    /// that handler's frame (signal(7), "Interruption of system calls").
    fn finish(&mut self, result: SysResult, number: u64) {
        let pending = if self.tracee.mode == 0 {
            self.pending.take()
        } else {
            match self.finish_traced(result, number) {
                Some(pending) => pending,
                None => return,
            }
        };
        match result {
            Ok(value) => self.set_result(value),
            Err(errno) if errno.0 < 512 => self.set_result(-i64::from(errno.0)),
            Err(errno) => {
                let flags = pending.as_ref().map_or(0, |deliver| deliver.action.flags);
                if signal::restarts(errno, flags) {
                    self.cpu.set_gpr(0, number);
                    self.cpu.rip = self.cpu.rip.wrapping_sub(INSTRUCTION);
                } else {
                    self.set_result(-i64::from(Errno::EINTR.0));
                }
            }
        }
        if let Some(deliver) = pending {
            self.deliver(&deliver);
        }
    }

    /// The end of a traced thread's system call: the stop, and then the signal that interrupted the call.
    /// `None` when the registers are as they are to be.
    fn finish_traced(&mut self, result: SysResult, number: u64) -> Option<Option<Deliver>> {
        let value = result.unwrap_or_else(|errno| -i64::from(errno.0));
        self.set_result(value);
        if self.traced(trace_mode::SYSCALLS) && self.tracee.inside {
            self.trace_stop(TraceEvent::Syscall(call_stop::EXIT));
        }
        (self.tracee.call, self.tracee.inside) = (u64::MAX, false);
        if self.gone() || !matches!(result, Err(errno) if errno.0 >= 512) {
            return None;
        }
        self.port.attention().store(0, Ordering::SeqCst);
        match self.ask_signal(&Call::TakeSignal) {
            Body::Deliver(deliver) => {
                self.port.attention().store(1, Ordering::SeqCst);
                Some(Some(deliver))
            }
            _ if self.gone() => None,
            _ => {
                // Nothing to run: the call is made again.
                self.cpu.set_gpr(0, number);
                self.cpu.rip = self.cpu.rip.wrapping_sub(INSTRUCTION);
                None
            }
        }
    }
}
