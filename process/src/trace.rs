//! The traced side of ptrace(2): stops, and what a tracer does to registers and memory.
//!
//! A stop is a call whose answer says what the tracer wants done, until it says
//! how to go on. The kernel decides what stops; this side knows only its mode.

use crate::debug::DebugRegisters;
use crate::signal::fpu;
use crate::syscall::state;
use crate::thread::{Thread, Width};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::mm::PAGE;
use tawaki_abi::wire::{Body, Call, TRACE_REGS, TraceAnswer, TraceEvent, TraceOp, trace_mode};
use tawaki_cpu::state::Segment;
use tawaki_cpu::{Access, Mode, flags};

/// Longest piece of memory in one request.
pub const MAX_PIECE: u32 = 64 << 10;

/// State of a traced thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracee {
    /// [`trace_mode`]; 0 when nobody traces it.
    pub mode: u32,
    /// Number of the system call being served, all ones outside of one (`orig_rax`).
    pub call: u64,
    /// It was traced when the system call began: one that is seized in the middle does not stop at its end.
    pub inside: bool,
    /// It was to stop after one instruction when the system call being served was made, past the stop before it.
    pub stepping: bool,
    /// Its trap flag is the tracer's doing, who does not see it.
    pub forced: bool,
    /// Its debug registers, which stay when a tracer goes.
    pub debug: DebugRegisters,
}

impl Tracee {
    /// Not traced.
    pub const NONE: Tracee = Tracee {
        mode: 0,
        call: u64::MAX,
        inside: false,
        stepping: false,
        forced: false,
        debug: DebugRegisters::NONE,
    };
}

/// Encoding numbers of r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi.
const ORDER: [usize; 15] = [15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7];

/// What is not mapped, to a tracer and to others.
fn unreachable(force: bool) -> Errno {
    if force { Errno::EIO } else { Errno::EFAULT }
}

impl Thread<'_> {
    /// Whether a tracer has asked for `mode`.
    pub fn traced(&self, mode: u32) -> bool {
        self.tracee.mode & mode != 0
    }

    /// Sends a call that may stop, and serves the tracer until it is answered. A
    /// thread that has been let go asks for its signals.
    pub fn ask_signal(&mut self, call: &Call) -> Body {
        self.ask_signal_of(call).0
    }

    /// The same, and whether a tracer has had it stopped.
    pub fn ask_signal_of(&mut self, call: &Call) -> (Body, bool) {
        let mut body = self.call(call).body;
        let mut stopped = false;
        loop {
            body = match body {
                Body::TraceOp(op) => self.serve_tracer(op),
                Body::TraceGo(mode) => {
                    stopped = true;
                    self.trace_mode(mode);
                    self.call(&Call::TakeSignal).body
                }
                Body::Dump(dump) => {
                    let written = crate::coredump::dump(self, &dump);
                    self.end_by(dump.info.signo, written);
                    return (Body::None, stopped);
                }
                body => return (body, stopped),
            };
        }
    }

    /// Whether the tracer steps over instructions, of which a system call is one unless it is emulated
    /// (`report_single_step` in `kernel/entry/common.c`).
    pub fn steps_calls(&self) -> bool {
        self.traced(trace_mode::STEP) && !self.traced(trace_mode::EMULATE)
    }

    /// A stop that is no signal's.
    pub fn trace_stop(&mut self, event: TraceEvent) {
        let mut body = self.call(&Call::Traced { event }).body;
        loop {
            body = match body {
                Body::TraceOp(op) => self.serve_tracer(op),
                Body::TraceGo(mode) => return self.trace_mode(mode),
                _ => return,
            };
        }
    }

    /// A stop for one of the events, if the thread is traced.
    pub fn trace_event(&mut self, event: u32, message: u64) {
        if self.tracee.mode != 0 && !self.gone() {
            self.trace_stop(TraceEvent::Event(event, message));
        }
    }

    fn trace_mode(&mut self, mode: u32) {
        self.tracee.mode = mode;
        if mode & trace_mode::STEP == 0 {
            self.unforce();
        } else if self.cpu.eflags() & flags::TF == 0 {
            let eflags = self.cpu.eflags() | flags::TF;
            self.cpu.set_eflags(eflags);
            self.tracee.forced = true;
        }
    }

    /// Takes the tracer's trap flag away, not the program's own.
    pub(crate) fn unforce(&mut self) {
        if core::mem::take(&mut self.tracee.forced) {
            let eflags = self.cpu.eflags() & !flags::TF;
            self.cpu.set_eflags(eflags);
        }
    }

    /// One instruction has run with TF set: not the program's own when the tracer steps.
    pub fn stepped(&mut self) {
        if self.traced(trace_mode::STEP) {
            self.unforce();
        }
    }

    fn serve_tracer(&mut self, op: TraceOp) -> Body {
        if self.tracee.mode == 0 {
            // The first stop: what `/proc` shows of the address space is fresh.
            self.tracee.mode = trace_mode::TRACED;
            let _ = self.tell_maps();
        }
        let answer = self.trace_op(op);
        self.call(&Call::TraceResult { answer }).body
    }

    pub(crate) fn trace_op(&mut self, op: TraceOp) -> TraceAnswer {
        match op {
            TraceOp::Read { addr, len, force } => {
                let len = u64::from(len.min(MAX_PIECE));
                let len = if force { len } else { self.reach_now(addr, len, Access::Read) };
                let end = addr.saturating_add(len);
                let mut bytes = Vec::new();
                let mut at = addr;
                while at < end {
                    let next = end.min((at / PAGE + 1) * PAGE);
                    let mut piece = vec![0; (next - at) as usize];
                    if !self.mapped(at) || !self.mm().peek(at, &mut piece) {
                        break;
                    }
                    bytes.extend(piece);
                    at = next;
                }
                if bytes.is_empty() { Err(unreachable(force)) } else { Ok(bytes.into()) }
            }
            TraceOp::Write { addr, data, force } => {
                let len = data.len().min(MAX_PIECE as usize) as u64;
                let len = if force { len } else { self.reach_now(addr, len, Access::Write) };
                // A word is changed whole or not at all.
                if len == 0 || len <= 8 && !self.mapped(addr.saturating_add(len - 1)) {
                    return Err(unreachable(force));
                }
                let (end, mut at) = (addr.saturating_add(len), addr);
                while at < end {
                    let next = end.min((at / PAGE + 1) * PAGE);
                    let piece = &data[(at - addr) as usize..(next - addr) as usize];
                    if !self.mapped(at) || !self.mm().load(at, piece) {
                        break;
                    }
                    self.engine.invalidate(at..next);
                    at = next;
                }
                if at == addr {
                    return Err(unreachable(force));
                }
                Ok((at - addr).to_le_bytes().to_vec().into())
            }
            TraceOp::Limit { resource, soft, hard } => {
                self.limit_memory(resource, soft, hard);
                Ok(ByteBuf::new())
            }
            TraceOp::GetRegs => Ok(self.registers_told().into()),
            TraceOp::GetState => {
                let mut bytes = self.registers_told();
                bytes.extend(fpu::fxsave(&self.cpu));
                bytes.extend(fpu::fsave(&self.cpu));
                bytes.extend(fpu::xstate(&self.cpu));
                Ok(bytes.into())
            }
            TraceOp::SetRegs(bytes) => self.set_trace_registers(&bytes).map(|()| ByteBuf::new()),
            TraceOp::GetFpu => Ok(fpu::fxsave(&self.cpu).to_vec().into()),
            TraceOp::SetFpu(bytes) => {
                let image = bytes.as_slice().try_into().map_err(|_| Errno::EINVAL)?;
                fpu::fxrstor(&mut self.cpu, image);
                Ok(ByteBuf::new())
            }
            TraceOp::GetExtended | TraceOp::SetExtended(_) if !fpu::extended() => Err(Errno::ENODEV),
            TraceOp::GetExtended => Ok(fpu::xstate(&self.cpu).into()),
            TraceOp::SetExtended(bytes) => {
                if fpu::load_xstate(&mut self.cpu, &bytes) {
                    Ok(ByteBuf::new())
                } else {
                    Err(Errno::EINVAL)
                }
            }
            TraceOp::GetArea(number) => {
                Ok(state::tls_entry(&self.cpu, number)?.map(u32::to_le_bytes).concat().into())
            }
            TraceOp::SetArea(info) => state::set_tls_entry(&mut self.cpu, info).map(|_| ByteBuf::new()),
            TraceOp::GetDebug(number) => Ok(self.tracee.debug.get(number).to_le_bytes().to_vec().into()),
            TraceOp::SetDebug(number, value) => {
                self.tracee.debug.set(number, value)?;
                self.watch_or_not();
                Ok(ByteBuf::new())
            }
        }
    }

    /// The widths, and the registers.
    fn registers_told(&mut self) -> Vec<u8> {
        let wide = u8::from(self.cpu.mode == Mode::Bits64);
        let mut bytes = vec![wide | u8::from(self.width == Width::W32) << 1];
        bytes.extend(self.trace_registers().iter().flat_map(|r| r.to_le_bytes()));
        bytes
    }

    /// How much of a range the process itself may read or write.
    fn reach_now(&mut self, addr: u64, len: u64, access: Access) -> u64 {
        let mut at = addr;
        let end = addr.saturating_add(len);
        while at < end && self.mapped(at) {
            at = (at / PAGE + 1) * PAGE;
        }
        self.reach(addr, len.min(at.saturating_sub(addr)), access)
    }

    /// Whether a page has an area; pages that wait for their first touch are made.
    fn mapped(&mut self, addr: u64) -> bool {
        let Ok(page) = u32::try_from(addr / PAGE) else { return false };
        if self.mm().vmas().find(page).is_none() {
            return false;
        }
        self.mm().fault_in(addr);
        true
    }

    fn trace_registers(&self) -> [u64; TRACE_REGS] {
        let cpu = &self.cpu;
        let mut out = [0; TRACE_REGS];
        for (value, index) in out.iter_mut().zip(ORDER) {
            *value = cpu.gpr(index);
        }
        let selector = |segment: Segment| u64::from(cpu.segment[segment as usize]);
        out[15] = self.tracee.call;
        out[16] = cpu.rip;
        out[17] = selector(Segment::Cs);
        out[18] = self.traced_flags();
        out[19] = cpu.gpr(4);
        out[20] = selector(Segment::Ss);
        (out[21], out[22]) = (cpu.fs_base(), cpu.gs_base());
        let rest = [Segment::Ds, Segment::Es, Segment::Fs, Segment::Gs];
        for (value, segment) in out[23..].iter_mut().zip(rest) {
            *value = selector(segment);
        }
        out
    }

    fn set_trace_registers(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.len() != TRACE_REGS * 8 {
            return Err(Errno::EINVAL);
        }
        let mut values = bytes.chunks_exact(8).map(|b| {
            let mut word = [0; 8];
            word.copy_from_slice(b);
            u64::from_le_bytes(word)
        });
        let mut regs = [0; TRACE_REGS];
        for value in &mut regs {
            *value = values.next().unwrap_or(0);
        }
        self.set_traced_flags(regs[18]);
        let cpu = &mut self.cpu;
        for (value, index) in regs.iter().zip(ORDER) {
            cpu.set_gpr(index, *value);
        }
        self.tracee.call = regs[15];
        cpu.rip = regs[16];
        cpu.set_gpr(4, regs[19]);
        if cpu.mode == Mode::Bits64 {
            cpu.set_fs_base(regs[21]);
            cpu.set_gs_base(regs[22]);
        }
        Ok(())
    }
}
