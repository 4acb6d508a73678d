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
    Body, Reply, Rusage, TraceAnswer, TraceEvent, TraceOp, TraceRequest, Waited, trace_event, trace_mode,
};

/// PTRACE_O_TRACESYSGOOD; the options of events are `1 << event`.
const SYSGOOD: u32 = 1;
/// PTRACE_O_EXITKILL.
const EXITKILL: u32 = 1 << 20;
/// Options that are known: SYSGOOD, fork, vfork, clone, exec, vfork done, exit, EXITKILL.
const OPTIONS: u32 = 0x7f | EXITKILL;
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
    /// PTRACE_GETEVENTMSG.
    pub message: u64,
    /// What it stopped for.
    pub stop: Option<TraceStop>,
    /// A stop that `wait` has not told yet: status word.
    pub report: Option<i32>,
    /// A signal that the tracer lets through.
    pub inject: Option<SigInfo>,
    /// The tracer's thread that waits for an answer.
    pub asking: Option<TaskId>,
}

/// A stop.
#[derive(Debug)]
pub struct TraceStop {
    pub info: SigInfo,
    /// Before the delivery of that signal: the tracer decides about it.
    pub delivery: bool,
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
        })
    }

    /// The mode as the tracee is told it.
    fn told_mode(&self) -> u32 {
        let vforks = self.options & (1 << trace_event::VFORK) != 0;
        self.mode | if vforks { trace_mode::VFORKS } else { 0 }
    }
}

impl System {
    /// Stops a traced task, whose call is not answered until the tracer says so.
    pub fn trace_stop(&mut self, task: TaskId, status: i32, info: SigInfo, delivery: bool) {
        let t = &mut self.tasks[task];
        let (tid, proc) = (t.tid, t.proc);
        let Some(trace) = &mut t.trace else { return };
        trace.stop = Some(TraceStop { info, delivery });
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
        if trace.options & (1 << event) == 0 {
            return;
        }
        let (tracer, options) = (trace.tracer, trace.options);
        let t = &mut self.tasks[child];
        t.trace = Some(Trace::new(tracer));
        if let Some(trace) = &mut t.trace {
            trace.options = options;
        }
        t.pending.push(SigInfo { signo: SIGSTOP, ..SigInfo::default() });
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
        if self.tasks.get(asking).is_some_and(|t| t.state == TaskState::Asking && !t.dying) {
            self.tasks[asking].state = TaskState::Calling;
            self.reply(asking, reply);
        }
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
            TraceRequest::Attach => return self.trace_attach(c, tid),
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
        let Some(stop) = trace.stop.as_mut().filter(|_| !dying && trace.asking.is_none()) else {
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
            TraceRequest::TraceMe | TraceRequest::Attach | TraceRequest::Kill => {}
        }
        Ok(Reply::ok(0))
    }

    fn trace_attach(&mut self, c: Caller, tid: i32) -> SysResult {
        let task = self.sys.task_by_tid(tid).ok_or(Errno::ESRCH)?;
        let proc = self.sys.tasks[task].proc;
        let (me, other) = (&self.sys.procs[c.proc].cred, &self.sys.procs[proc].cred);
        let same = [other.ruid, other.euid, other.suid].iter().all(|id| *id == me.ruid)
            && [other.rgid, other.egid, other.sgid].iter().all(|id| *id == me.rgid);
        let t = &mut self.sys.tasks[task];
        if proc == c.proc
            || proc == self.sys.init
            || t.trace.is_some()
            || t.dying
            || !same && !me.has(crate::capability::SYS_PTRACE)
        {
            return Err(Errno::EPERM.into());
        }
        t.trace = Some(Trace::new(c.proc));
        self.sys.send_task(task, SigInfo { signo: SIGSTOP, ..SigInfo::default() });
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
        if signo != 0 {
            match stop {
                Some(TraceStop { info, delivery: true }) => {
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
                trace.mode = trace_mode::TRACED | mode & (trace_mode::SYSCALLS | trace_mode::STEP);
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
            TraceEvent::Syscall => {
                let status = trap | if trace.options & SYSGOOD != 0 { 0x80 } else { 0 };
                self.sys.trace_stop(c.task, status, info(status), false);
            }
            TraceEvent::Event(event, message) => {
                if event > trace_event::EXIT || trace.options & (1 << event) == 0 {
                    let mode = trace.told_mode();
                    if event == trace_event::EXEC {
                        t.pending.push(SigInfo { code: SI_USER, ..info(0) });
                    }
                    return Ok(Reply::with(0, Body::TraceGo(mode)));
                }
                trace.message = message;
                let status = trap | (event as i32) << 8;
                self.sys.trace_stop(c.task, status, info(status), false);
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
