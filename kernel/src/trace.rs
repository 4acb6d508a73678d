//! ptrace(2): who traces whom, stops, and requests that a tracee's worker serves.
//!
//! A stopped tracee's worker waits for the answer of its call. A request about its
//! registers or memory is that answer; it does it and calls again, and what it
//! says goes to the tracer, which waits meanwhile.

use crate::kernel::{Caller, Kernel};
use crate::system::System;
use crate::task::{ProcId, TaskId, TaskState, UNBLOCKABLE};
use crate::wait::{Key, Stop, SysResult};
use tawaki_abi::Errno;
use tawaki_abi::signal::*;
use tawaki_abi::wire::{
    Body, Reply, Rusage, TraceAnswer, TraceEvent, TraceOp, TraceRequest, Waited, call_stop, trace_event,
    trace_mode,
};

/// PTRACE_O_TRACESYSGOOD; the options of events are `1 << event`.
const SYSGOOD: u32 = 1;
/// PTRACE_O_EXITKILL.
const EXITKILL: u32 = 1 << 20;
/// Options that are known: SYSGOOD, fork, vfork, clone, exec, vfork done, exit, seccomp, EXITKILL.
const OPTIONS: u32 = 0xff | EXITKILL;
/// Status and `si_code` of a stop at a system call under PTRACE_O_TRACESYSGOOD.
const CALL_STOP: i32 = SIGTRAP as i32 | 0x80;
/// `si_code` of SIGCHLD for a tracee's stop.
const CLD_TRAPPED: i32 = 4;
/// Ends of tracees that are not the tracer's children, kept for its wait.
const MAX_ENDS: usize = 256;

/// What a traced thread has to do with its tracer.
#[derive(Debug)]
pub struct Trace {
    pub tracer: ProcId,
    pub options: u32,
    /// How it runs when it is not stopped.
    pub mode: u32,
    /// PTRACE_GETEVENTMSG: of an event, or [`call_stop`].
    pub message: u64,
    /// What it stopped for.
    pub stop: Option<TraceStop>,
    /// A stop that `wait` has not told yet: status word.
    pub report: Option<i32>,
    /// A signal that the tracer lets through.
    pub inject: Option<SigInfo>,
    /// The tracer's thread that waits for an answer.
    pub asking: Option<TaskId>,
    /// PTRACE_SEIZE: stops are told as PTRACE_EVENT_STOP.
    pub seized: bool,
    /// PTRACE_INTERRUPT, or the first stop of a child: to stop when it can.
    pub interrupt: bool,
    /// SIGCONT has come: to tell that it goes on.
    pub notify: bool,
    /// Its worker does not know yet that it is traced.
    pub fresh: bool,
    /// The stop of its group has been told.
    pub told: bool,
    /// PTRACE_LISTEN: stopped, and to tell what happens to the group.
    pub listening: bool,
}

/// A stop.
#[derive(Debug)]
pub struct TraceStop {
    pub info: SigInfo,
    /// Before the delivery of that signal: the tracer decides about it.
    pub delivery: bool,
    /// Told of a stop of the group that has no information about a signal.
    pub group: bool,
}

impl TraceStop {
    /// PTRACE_EVENT_STOP.
    fn is_event_stop(&self) -> bool {
        !self.delivery && self.info.code >> 8 == trace_event::STOP as i32
    }
}

impl Trace {
    fn new(tracer: ProcId) -> Box<Trace> {
        Box::new(Trace {
            tracer,
            options: 0,
            mode: trace_mode::TRACED,
            message: 0,
            stop: None,
            report: None,
            inject: None,
            asking: None,
            seized: false,
            interrupt: false,
            notify: false,
            fresh: false,
            told: false,
            listening: false,
        })
    }

    /// Whether it has to stop without a signal; `stopped`: its group is.
    pub fn traps(&self, stopped: bool) -> bool {
        self.interrupt || self.notify || stopped && !self.told
    }

    /// The mode as the tracee is told it.
    pub fn told_mode(&self) -> u32 {
        let vforks = self.options & (1 << trace_event::VFORK) != 0;
        let seccomp = self.options & (1 << trace_event::SECCOMP) != 0;
        let wants = |yes: bool, mode: u32| if yes { mode } else { 0 };
        self.mode | wants(vforks, trace_mode::VFORKS) | wants(seccomp, trace_mode::SECCOMP)
    }
}

impl System {
    /// Stops a traced task, whose call is not answered until the tracer says so.
    pub fn trace_stop(&mut self, task: TaskId, status: i32, info: SigInfo, delivery: bool) {
        self.trace_stop_with(task, status, info, delivery, 0);
    }

    /// The same with a message for the tracer.
    fn trace_stop_with(&mut self, task: TaskId, status: i32, info: SigInfo, delivery: bool, message: u64) {
        let t = &mut self.tasks[task];
        let (tid, proc) = (t.tid, t.proc);
        let Some(trace) = &mut t.trace else { return };
        trace.fresh = false;
        trace.message = message;
        let stop = TraceStop { info, delivery, group: false };
        // Any stop does for an interruption, only one that says so for the rest.
        trace.interrupt = false;
        trace.notify &= !stop.is_event_stop();
        trace.stop = Some(stop);
        trace.report = Some(status << 8 | 0x7f);
        let tracer = trace.tracer;
        t.state = TaskState::Traced;
        let uid = self.procs[proc].cred.ruid;
        let status = info.signo as i32;
        let news = SigInfo { signo: SIGCHLD, code: CLD_TRAPPED, pid: tid, uid, status, ..SigInfo::default() };
        if self.procs.get(tracer).is_some_and(|p| p.action(SIGCHLD).flags & SA_NOCLDSTOP == 0) {
            self.send_proc(tracer, news);
        }
        self.fire(Key::Child(tracer));
    }

    /// A new task of a traced one: traced as well if the options say so.
    pub fn trace_child(&mut self, parent: TaskId, child: TaskId, event: u32) {
        let Some(trace) = &self.tasks[parent].trace else { return };
        let seized = trace.seized;
        if trace.options & (1 << event) == 0 {
            return;
        }
        let (tracer, options) = (trace.tracer, trace.options);
        let t = &mut self.tasks[child];
        t.trace = Some(Trace::new(tracer));
        if let Some(trace) = &mut t.trace {
            trace.options = options;
            (trace.seized, trace.interrupt) = (seized, seized);
        }
        if !seized {
            t.pending.push(SigInfo { signo: SIGSTOP, ..SigInfo::default() });
        }
    }

    /// Stops a traced task without a signal: its group is stopped, or its tracer
    /// interrupts it.
    pub fn trace_trap(&mut self, task: TaskId) {
        let t = &mut self.tasks[task];
        let (tid, stopped) = (t.tid, self.procs[t.proc].stopped);
        let uid = self.procs[t.proc].cred.ruid;
        let Some(trace) = &mut t.trace else { return };
        let (seized, group) = (trace.seized, stopped.is_some());
        (trace.told, trace.listening) = (group, false);
        let signo = stopped.unwrap_or(SIGTRAP);
        let status = signo as i32 | if seized { (trace_event::STOP as i32) << 8 } else { 0 };
        let code = if seized { status } else { 0 };
        self.trace_stop(task, status, SigInfo { signo, code, pid: tid, uid, ..SigInfo::default() }, false);
        if let Some(stop) = self.tasks[task].trace.as_mut().and_then(|trace| trace.stop.as_mut()) {
            stop.group = !seized;
        }
    }

    /// SIGCONT was sent: seized threads tell of it, those that listen at once.
    pub fn trace_continued(&mut self, proc: ProcId) {
        for task in self.procs[proc].tasks.clone() {
            let Some(trace) = &mut self.tasks[task].trace else { continue };
            trace.told = false;
            trace.notify |= trace.seized;
            if trace.listening {
                self.trace_trap(task);
            } else if trace.seized {
                self.notice(task);
            }
        }
    }

    /// Whether `tracer` traces a thread of `proc`.
    pub fn traces(&self, tracer: ProcId, proc: ProcId) -> bool {
        let traced = |task: &TaskId| self.tasks[*task].trace.as_ref().is_some_and(|t| t.tracer == tracer);
        self.procs[proc].tasks.iter().any(traced)
    }

    /// Lets a stopped task go on; it asks for its signals next.
    fn trace_go(&mut self, task: TaskId, mode: u32) {
        if self.tasks[task].state == TaskState::Traced {
            self.tasks[task].state = TaskState::Calling;
            self.reply(task, Reply::with(0, Body::TraceGo(mode)));
        }
    }

    /// The tracee answers, or will not any more.
    fn trace_answer(&mut self, tracee: TaskId, reply: Reply) {
        let Some(trace) = self.tasks.get_mut(tracee).and_then(|t| t.trace.as_mut()) else { return };
        let Some(asking) = trace.asking.take() else { return };
        self.answer_asker(asking, reply);
    }

    /// A task ends: its tracer's request fails.
    pub fn trace_task_ends(&mut self, task: TaskId) {
        self.trace_answer(task, Reply::err(Errno::ESRCH));
        if let Some(trace) = self.tasks.get(task).and_then(|t| t.trace.as_ref())
            && self.procs.get(trace.tracer).is_some()
        {
            let (tracer, t) = (trace.tracer, &self.tasks[task]);
            let p = &self.procs[t.proc];
            // A parent hears of it anyway.
            if p.parent != tracer && p.tasks.len() == 1 {
                let status = p.exiting.unwrap_or(0);
                let waited = Waited { pid: p.pid, status, uid: p.cred.ruid, rusage: Rusage::default() };
                let (code, status) = crate::exit::exit_code(status);
                let info = SigInfo {
                    signo: SIGCHLD,
                    code,
                    pid: p.pid,
                    uid: p.cred.ruid,
                    status,
                    ..SigInfo::default()
                };
                let ends = &mut self.procs[tracer].traced_ends;
                if ends.len() < MAX_ENDS {
                    ends.push(waited);
                }
                self.send_proc(tracer, info);
                self.fire(Key::Child(tracer));
            }
        }
    }

    /// A process ends: what it traced goes on untraced.
    pub fn tracer_ends(&mut self, proc: ProcId) {
        for task in self.tasks.ids() {
            let Some(trace) = self.tasks[task].trace.take_if(|trace| trace.tracer == proc) else { continue };
            if trace.options & EXITKILL != 0 {
                let target = self.tasks[task].proc;
                self.doom_process(target, SIGKILL as i32);
            }
            self.trace_go(task, 0);
        }
    }

    /// A stop of a tracee for wait(2): thread, status word, user.
    pub fn traced_report(&mut self, tracer: ProcId, meant: impl Fn(i32, i32) -> bool, keep: bool) -> Tracees {
        let mut any = false;
        for task in self.tasks.ids() {
            let t = &mut self.tasks[task];
            let (tid, proc) = (t.tid, t.proc);
            let Some(trace) = t.trace.as_mut().filter(|trace| trace.tracer == tracer) else { continue };
            let p = &self.procs[proc];
            if !meant(tid, p.pgid) {
                continue;
            }
            any = true;
            let report = if keep { trace.report } else { trace.report.take() };
            if let Some(status) = report {
                let rusage = p.usage();
                return Tracees::Stopped(Waited { pid: tid, status, uid: p.cred.ruid, rusage });
            }
        }
        let ends = &mut self.procs[tracer].traced_ends;
        if let Some(i) = ends.iter().position(|end| meant(end.pid, 0)) {
            return Tracees::Stopped(if keep { ends[i] } else { ends.remove(i) });
        }
        if any { Tracees::Running } else { Tracees::None }
    }
}

/// What wait(2) finds among tracees.
pub enum Tracees {
    /// This has happened.
    Stopped(Waited),
    /// There are some.
    Running,
    /// There are none.
    None,
}

impl Kernel {
    /// ptrace(2).
    pub(crate) fn sys_ptrace(&mut self, c: Caller, tid: i32, request: &mut TraceRequest) -> SysResult {
        match request {
            TraceRequest::TraceMe => {
                let parent = self.sys.procs[c.proc].parent;
                let t = &mut self.sys.tasks[c.task];
                if t.trace.is_some() {
                    return Err(Errno::EPERM.into());
                }
                t.trace = Some(Trace::new(parent));
                return Ok(Reply::ok(0));
            }
            TraceRequest::Attach => return self.trace_attach(c, tid, None),
            TraceRequest::Seize(options) => return self.trace_attach(c, tid, Some(*options)),
            _ => {}
        }
        let task = self.sys.task_by_tid(tid).ok_or(Errno::ESRCH)?;
        let t = &mut self.sys.tasks[task];
        let proc = t.proc;
        let dying = t.dying;
        let Some(trace) = t.trace.as_mut().filter(|trace| trace.tracer == c.proc) else {
            return Err(Errno::ESRCH.into());
        };
        if *request == TraceRequest::Kill {
            self.sys.send_proc(proc, SigInfo { signo: SIGKILL, ..SigInfo::default() });
            return Ok(Reply::ok(0));
        }
        if *request == TraceRequest::Interrupt {
            if !trace.seized {
                return Err(Errno::EIO.into());
            }
            trace.interrupt = true;
            if trace.listening {
                self.sys.trace_trap(task);
            } else {
                self.sys.notice(task);
            }
            return Ok(Reply::ok(0));
        }
        let ready = !dying && trace.asking.is_none() && !trace.listening;
        let Some(stop) = trace.stop.as_mut().filter(|_| ready) else {
            return Err(Errno::ESRCH.into());
        };
        match request {
            TraceRequest::SetOptions(options) => {
                if *options & !OPTIONS != 0 {
                    return Err(Errno::EINVAL.into());
                }
                trace.options = *options;
            }
            TraceRequest::EventMessage => return Ok(Reply::ok(trace.message as i64)),
            TraceRequest::CallStop => {
                let what = match stop.info.code {
                    _ if stop.delivery || stop.group => call_stop::NONE,
                    CALL_STOP => trace.message as u8,
                    code if code >> 8 == trace_event::SECCOMP as i32 => call_stop::SECCOMP,
                    _ => call_stop::NONE,
                };
                return Ok(Reply::ok(what.into()));
            }
            TraceRequest::Listen => {
                if !trace.seized || !stop.is_event_stop() {
                    return Err(Errno::EIO.into());
                }
                trace.listening = true;
                trace.report = None;
                if trace.notify {
                    self.sys.trace_trap(task);
                }
            }
            TraceRequest::PeekSigInfo(from, count, shared) => {
                let queue = if *shared { &self.sys.procs[proc].shared } else { &t.pending };
                let from = usize::try_from(*from).unwrap_or(usize::MAX);
                let infos = queue.infos().skip(from).take(*count as usize).copied().collect();
                return Ok(Reply::with(0, Body::Infos(infos)));
            }
            TraceRequest::GetSigInfo if stop.group => return Err(Errno::EINVAL.into()),
            TraceRequest::GetSigInfo => return Ok(Reply::with(0, Body::Info(stop.info))),
            TraceRequest::SetSigInfo(info) => stop.info = *info,
            TraceRequest::GetMask => return Ok(Reply::with(0, Body::Mask(t.mask))),
            TraceRequest::SetMask(mask) => t.mask = *mask & !UNBLOCKABLE,
            TraceRequest::Resume(signo, mode) => return self.trace_resume(task, *signo, Some(*mode)),
            TraceRequest::Detach(signo) => return self.trace_resume(task, *signo, None),
            TraceRequest::Op(op) => {
                let op = core::mem::replace(op, TraceOp::GetRegs);
                trace.asking = Some(c.task);
                self.sys.tasks[c.task].state = TaskState::Asking;
                self.sys.tasks[task].state = TaskState::Calling;
                self.sys.reply(task, Reply::with(0, Body::TraceOp(op)));
                return Err(Stop::Parked);
            }
            TraceRequest::TraceMe
            | TraceRequest::Attach
            | TraceRequest::Seize(_)
            | TraceRequest::Interrupt
            | TraceRequest::Kill => {}
        }
        Ok(Reply::ok(0))
    }

    /// With options: PTRACE_SEIZE, which stops nothing.
    fn trace_attach(&mut self, c: Caller, tid: i32, seize: Option<u32>) -> SysResult {
        if seize.is_some_and(|options| options & !OPTIONS != 0) {
            return Err(Errno::EIO.into());
        }
        let task = self.sys.task_by_tid(tid).ok_or(Errno::ESRCH)?;
        let proc = self.sys.tasks[task].proc;
        let may = self.may_trace(c, proc);
        let t = &mut self.sys.tasks[task];
        if proc == c.proc || proc == self.sys.init || t.trace.is_some() || t.dying || !may {
            return Err(Errno::EPERM.into());
        }
        let mut trace = Trace::new(c.proc);
        (trace.seized, trace.options) = (seize.is_some(), seize.unwrap_or(0));
        trace.fresh = seize.is_some();
        t.trace = Some(trace);
        if seize.is_none() {
            self.sys.send_task(task, SigInfo { signo: SIGSTOP, code: SI_KERNEL, ..SigInfo::default() });
        }
        // One that is stopped already tells so.
        self.sys.notice(task);
        self.sys.attention(task);
        Ok(Reply::ok(0))
    }

    /// Lets a tracee go on; without a mode it is no longer traced.
    fn trace_resume(&mut self, task: TaskId, signo: u32, mode: Option<u32>) -> SysResult {
        if signo > NSIG {
            return Err(Errno::EIO.into());
        }
        let t = &mut self.sys.tasks[task];
        let Some(trace) = &mut t.trace else { return Err(Errno::ESRCH.into()) };
        let stop = trace.stop.take();
        trace.report = None;
        trace.listening = false;
        if signo != 0 && !stop.as_ref().is_some_and(|stop| stop.group || stop.is_event_stop()) {
            match stop {
                Some(TraceStop { info, delivery: true, .. }) => {
                    let same = info.signo == signo;
                    trace.inject = Some(if same { info } else { SigInfo { signo, ..SigInfo::default() } });
                }
                // After other stops it is an ordinary signal.
                _ => {
                    t.pending.push(SigInfo { signo, ..SigInfo::default() });
                }
            }
        }
        let mode = match mode {
            Some(mode) => {
                trace.mode = trace_mode::TRACED
                    | mode & (trace_mode::SYSCALLS | trace_mode::STEP | trace_mode::EMULATE);
                trace.told_mode()
            }
            None => {
                let inject = trace.inject.take();
                t.trace = None;
                if let Some(info) = inject {
                    t.pending.push(info);
                }
                0
            }
        };
        self.sys.trace_go(task, mode);
        Ok(Reply::ok(0))
    }

    /// A traced thread stops by itself.
    pub(crate) fn sys_traced(&mut self, c: Caller, event: TraceEvent) -> SysResult {
        let pid = self.sys.procs[c.proc].pid;
        let t = &mut self.sys.tasks[c.task];
        let Some(trace) = &mut t.trace else { return Ok(Reply::with(0, Body::TraceGo(0))) };
        let info = |code: i32| SigInfo { signo: SIGTRAP, code, pid, ..SigInfo::default() };
        let trap = SIGTRAP as i32;
        match event {
            TraceEvent::Syscall(what) => {
                let status = if trace.options & SYSGOOD != 0 { CALL_STOP } else { trap };
                self.sys.trace_stop_with(c.task, status, info(status), false, what.into());
            }
            TraceEvent::Handler => self.sys.trace_stop(c.task, trap, info(trap), false),
            TraceEvent::Event(event, message) => {
                if event > trace_event::SECCOMP || trace.options & (1 << event) == 0 {
                    let mode = trace.told_mode();
                    if event == trace_event::EXEC && !trace.seized {
                        t.pending.push(SigInfo { code: SI_USER, ..info(0) });
                    }
                    return Ok(Reply::with(0, Body::TraceGo(mode)));
                }
                let status = trap | (event as i32) << 8;
                self.sys.trace_stop_with(c.task, status, info(status), false, message);
            }
        }
        Err(Stop::Parked)
    }

    /// A stopped thread has done what its tracer asked.
    pub(crate) fn sys_trace_result(&mut self, c: Caller, answer: &mut TraceAnswer) -> SysResult {
        let t = &mut self.sys.tasks[c.task];
        if t.trace.as_ref().is_none_or(|trace| trace.stop.is_none()) {
            return Ok(Reply::with(0, Body::TraceGo(0)));
        }
        t.state = TaskState::Traced;
        let reply = match answer {
            Ok(bytes) => Reply::with(0, Body::Bytes(core::mem::take(bytes))),
            Err(errno) => Reply::err(*errno),
        };
        self.sys.trace_answer(c.task, reply);
        Err(Stop::Parked)
    }
}
