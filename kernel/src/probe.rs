//! Memory of other processes: process_vm_readv(2) and `/proc/PID/mem`.
//!
//! Only its own worker reaches a process's memory. It is asked in an answer
//! ([`Body::Probe`]): a worker that waits in a call gets that instead of the call's
//! answer, and the call goes on waiting when it has told; one that runs is brought to
//! ask for signals. The asker waits meanwhile, as a tracer does.

use crate::file::FileId;
use crate::kernel::{Caller, Kernel};
use crate::task::{ProcId, TaskId, TaskState};
use crate::wait::{Stop, SysResult, Wait};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Reply, TraceAnswer, TraceOp};

/// How soon is tried again what found every thread of a process busy, nanoseconds.
const AGAIN: u64 = 1_000_000;

/// What a thread does for somebody else's call.
#[derive(Debug)]
pub struct Probe {
    asker: TaskId,
    /// `None` once its worker has it.
    op: Option<TraceOp>,
    writes: bool,
    /// Asked through this file, whose position may move.
    file: Option<(FileId, bool)>,
    /// Where the thread goes back to.
    from: TaskState,
}

impl Kernel {
    /// Whether the caller may look into a process (ptrace(2), access mode checking).
    pub(crate) fn may_trace(&self, c: Caller, proc: ProcId) -> bool {
        let p = &self.sys.procs[proc];
        let (me, other) = (&self.sys.procs[c.proc].cred, &p.cred);
        let same = [other.ruid, other.euid, other.suid].iter().all(|id| *id == me.ruid)
            && [other.rgid, other.egid, other.sgid].iter().all(|id| *id == me.rgid);
        proc == c.proc
            || proc != self.sys.init && (same && p.dumpable == 1 || me.has(crate::capability::SYS_PTRACE))
    }

    /// process_vm_readv(2), process_vm_writev(2): a piece of them.
    pub(crate) fn sys_memory(&mut self, c: Caller, pid: i32, op: &TraceOp) -> SysResult {
        let proc = match self.sys.task_by_tid(pid) {
            Some(task) => self.sys.tasks[task].proc,
            None => return Err(Errno::ESRCH.into()),
        };
        if !self.may_trace(c, proc) {
            return Err(Errno::EPERM.into());
        }
        self.probe_for(c, proc, op.clone(), None)
    }

    /// Tells a process what a limit of its memory is now. One that waits in vfork(2) hears nothing: its memory is in
    /// its child's hands.
    pub(crate) fn sys_tell_limit(&mut self, c: Caller, pid: i32, resource: u32) -> SysResult {
        let proc = self.sys.proc_by_pid(pid).ok_or(Errno::ESRCH)?;
        let p = &self.sys.procs[proc];
        let (soft, hard) = *p.limits.get(resource as usize).ok_or(Errno::EINVAL)?;
        let lent = |task: &TaskId| self.sys.tasks[*task].state == TaskState::VforkParent;
        if p.tasks.iter().all(lent) {
            return Err(Errno::ESRCH.into());
        }
        self.probe_for(c, proc, TraceOp::Limit { resource, soft, hard }, None)
    }

    /// Has a process's worker do something for the caller. `ESRCH` when there is none.
    fn probe_for(&mut self, c: Caller, proc: ProcId, op: TraceOp, file: Option<(FileId, bool)>) -> SysResult {
        let writes = match op {
            TraceOp::Read { .. } | TraceOp::Limit { .. } => false,
            TraceOp::Write { .. } => true,
            _ => return Err(Errno::EINVAL.into()),
        };
        let asker = c.task;
        if proc == c.proc {
            let probe = Probe { asker, op: None, writes, file, from: TaskState::Calling };
            self.sys.tasks[c.task].probe = Some(Box::new(probe));
            return Ok(Reply::with(0, Body::Probe(op)));
        }
        let p = &self.sys.procs[proc];
        if p.zombie || p.exiting.is_some() || p.tasks.is_empty() {
            return Err(Errno::ESRCH.into());
        }
        let free = |states: &[TaskState]| {
            let free = |task: &&TaskId| {
                let t = &self.sys.tasks[**task];
                let asked = t.trace.as_ref().is_some_and(|trace| trace.asking.is_some());
                states.contains(&t.state) && t.probe.is_none() && !asked && !t.dying
            };
            p.tasks.iter().find(free).copied()
        };
        let waiting = free(&[TaskState::Waiting, TaskState::Traced]);
        let Some(task) = waiting.or_else(|| free(&[TaskState::Running])) else {
            let until = Some(self.sys.now.monotonic_ns.saturating_add(AGAIN));
            return Err(Stop::Wait(Wait { keys: Vec::new(), until, restart: Some(Errno::ERESTARTNOINTR) }));
        };
        self.sys.tasks[c.task].state = TaskState::Asking;
        let t = &mut self.sys.tasks[task];
        t.probe = Some(Box::new(Probe { asker, op: Some(op), writes, file, from: t.state }));
        if t.state == TaskState::Running {
            self.sys.attention(task);
        }
        self.sys.probes.push(task);
        Err(Stop::Parked)
    }

    /// Reads or writes `/proc/PID/mem`. `moves`: the file's position as well. Nothing is
    /// left of a program that has ended or made room for another.
    pub(crate) fn memory_file(
        &mut self,
        c: Caller,
        file: FileId,
        (pid, execs): (i32, u32),
        op: TraceOp,
        moves: bool,
    ) -> SysResult {
        let len = match &op {
            TraceOp::Read { len, .. } => *len as usize,
            TraceOp::Write { data, .. } => data.len(),
            _ => 0,
        };
        let gone = match &op {
            TraceOp::Read { .. } => Reply::with(0, Body::Bytes(ByteBuf::new())),
            _ => Reply::ok(0),
        };
        let proc = self.sys.proc_by_pid(pid).filter(|proc| self.sys.procs[*proc].execs == execs);
        let Some(proc) = proc.filter(|_| len > 0) else { return Ok(gone) };
        match self.probe_for(c, proc, op, Some((file, moves))) {
            Err(Stop::Errno(Errno::ESRCH)) => Ok(gone),
            asked => asked,
        }
    }

    /// Gives waiting workers what they are asked.
    pub(crate) fn start_probes(&mut self) {
        for task in core::mem::take(&mut self.sys.probes) {
            let Some(t) = self.sys.tasks.get_mut(task) else { continue };
            if t.probe.as_ref().is_none_or(|probe| probe.op.is_none()) {
                continue;
            }
            if !matches!(t.state, TaskState::Waiting | TaskState::Traced) {
                self.sys.probes.push(task);
                continue;
            }
            let from = t.state;
            if let Some(reply) = self.take_probe(task, from) {
                self.sys.tasks[task].state = TaskState::Calling;
                self.sys.reply(task, reply);
            }
        }
    }

    /// What a thread is asked to do, as its call's answer.
    pub(crate) fn take_probe(&mut self, task: TaskId, from: TaskState) -> Option<Reply> {
        let probe = self.sys.tasks[task].probe.as_mut()?;
        let op = probe.op.take()?;
        probe.from = from;
        Some(Reply::with(0, Body::Probe(op)))
    }

    /// A thread has done it: its own call goes on.
    pub(crate) fn sys_probe_result(&mut self, c: Caller, answer: &mut TraceAnswer) -> SysResult {
        let t = &mut self.sys.tasks[c.task];
        let Some(probe) = t.probe.take() else { return Ok(Reply::ok(0)) };
        let reply = match answer {
            Ok(bytes) => {
                let written = if probe.writes { bytes.as_slice().try_into().ok() } else { None };
                let count = written.map_or(bytes.len() as u64, u64::from_le_bytes);
                if let Some((file, true)) = probe.file
                    && let Some(file) = self.sys.files.get_mut(file)
                {
                    file.offset = file.offset.saturating_add(count);
                }
                let through_file = probe.writes && probe.file.is_some();
                let body = if through_file { Body::None } else { Body::Bytes(core::mem::take(bytes)) };
                Reply::with(count.min(i64::MAX as u64) as i64, body)
            }
            Err(errno) => Reply::err(*errno),
        };
        if probe.asker == c.task {
            return Ok(reply);
        }
        self.sys.answer_asker(probe.asker, reply);
        let t = &mut self.sys.tasks[c.task];
        match probe.from {
            TaskState::Waiting if t.waiting.is_some() => {
                t.state = TaskState::Waiting;
                self.run_again(c.task);
                Err(Stop::Parked)
            }
            TaskState::Traced if t.trace.as_ref().is_some_and(|trace| trace.stop.is_some()) => {
                t.state = TaskState::Traced;
                Err(Stop::Parked)
            }
            TaskState::Traced => Ok(Reply::with(0, Body::TraceGo(0))),
            _ => self.take_signal_call(c),
        }
    }
}

impl crate::system::System {
    /// Answers a task that waits for what another does.
    pub fn answer_asker(&mut self, asker: TaskId, reply: Reply) {
        if self.tasks.get(asker).is_some_and(|t| t.state == TaskState::Asking && !t.dying) {
            self.tasks[asker].state = TaskState::Calling;
            self.reply(asker, reply);
        }
    }

    /// A task ends: what it was asked stays undone.
    pub fn probe_task_ends(&mut self, task: TaskId) {
        if let Some(probe) = self.tasks.get_mut(task).and_then(|t| t.probe.take())
            && probe.asker != task
        {
            self.answer_asker(probe.asker, Reply::err(Errno::ESRCH));
        }
    }
}
