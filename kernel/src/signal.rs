//! Sending and taking signals (signal(7)).

use crate::system::System;
use crate::task::{
    DefaultAction, Dump, MAX_QUEUED, ProcId, RLIMIT_CORE, SigQueue, TaskId, TaskState, UNBLOCKABLE,
    default_action,
};
use crate::wait::Key;
use tawaki_abi::signal::*;
use tawaki_abi::wire::{CoreDump, Deliver};

/// Stop signals that job control sends.
const STOPS: SigSet = sigbit(SIGSTOP) | sigbit(SIGTSTP) | sigbit(SIGTTIN) | sigbit(SIGTTOU);
/// Taken before others, as they say what the thread itself has just done.
const SYNCHRONOUS: SigSet =
    sigbit(SIGSEGV) | sigbit(SIGBUS) | sigbit(SIGILL) | sigbit(SIGTRAP) | sigbit(SIGFPE) | sigbit(SIGSYS);

impl SigQueue {
    /// Adds a signal; false when the queue is full (real-time signals only).
    pub fn push(&mut self, info: SigInfo) -> bool {
        let bit = sigbit(info.signo);
        if info.signo < 32 && self.set & bit != 0 {
            return true;
        }
        if info.signo >= 32 && self.infos.len() >= MAX_QUEUED {
            return false;
        }
        self.set |= bit;
        self.infos.push(info);
        true
    }

    /// Takes the next signal out of `wanted`.
    pub fn take(&mut self, wanted: SigSet) -> Option<SigInfo> {
        let set = self.set & wanted;
        if set == 0 {
            return None;
        }
        let first = if set & SYNCHRONOUS != 0 { set & SYNCHRONOUS } else { set };
        let signo = first.trailing_zeros() + 1;
        let index = self.infos.iter().position(|info| info.signo == signo)?;
        let info = self.infos.remove(index);
        if !self.infos.iter().any(|info| info.signo == signo) {
            self.set &= !sigbit(signo);
        }
        Some(info)
    }

    /// What is queued, in order.
    pub fn infos(&self) -> impl Iterator<Item = &SigInfo> {
        self.infos.iter()
    }

    /// Drops all signals in `set`.
    pub fn drop_set(&mut self, set: SigSet) {
        if self.set & set != 0 {
            self.infos.retain(|info| sigbit(info.signo) & set == 0);
            self.set &= !set;
        }
    }
}

/// What a task finds when it asks for signals.
pub enum Taken {
    /// Nothing to do.
    None,
    /// A handler to run.
    Deliver(Deliver),
    /// The process stops.
    Stop,
    /// The process ends.
    Dead,
    /// Stopped for the tracer, which decides.
    Traced,
    /// The process ends after it has written a core file.
    Dump(Box<CoreDump>),
}

/// How long a core file waits for other threads (one whose vfork child runs does not come), nanoseconds.
const DUMP_WAIT: u64 = 5_000_000_000;
/// Nothing is dumped under a limit below this one (Linux's `min_coredump`).
const MIN_CORE: u64 = 4096;

impl System {
    /// Whether a task should ask for signals.
    pub fn has_signal(&self, task: TaskId) -> bool {
        let t = &self.tasks[task];
        let p = &self.procs[t.proc];
        let stops = match &t.trace {
            Some(trace) => trace.inject.is_some() || trace.traps(p.stopped.is_some()),
            None => p.stopped.is_some(),
        };
        (t.pending.set | p.shared.set) & !t.mask != 0 || stops || t.dying
    }

    /// Brings a task to look at its signals, whatever it does.
    pub fn notice(&mut self, task: TaskId) {
        let t = &mut self.tasks[task];
        match t.state {
            TaskState::Running => self.attention(task),
            TaskState::Waiting if !t.queued => {
                t.queued = true;
                self.ready.push_back(task);
            }
            _ => {}
        }
    }

    /// Sends a signal to a process; false when its queue is full.
    pub fn send_proc(&mut self, proc: ProcId, info: SigInfo) -> bool {
        self.send(proc, None, info)
    }

    /// Sends a signal to one thread.
    pub fn send_task(&mut self, task: TaskId, info: SigInfo) -> bool {
        self.send(self.tasks[task].proc, Some(task), info)
    }

    fn send(&mut self, proc: ProcId, only: Option<TaskId>, info: SigInfo) -> bool {
        let signo = info.signo;
        let bit = sigbit(signo);
        if bit == 0 || proc == self.init {
            return true;
        }
        let p = &self.procs[proc];
        if p.zombie || p.exiting.is_some() {
            return true;
        }
        if signo == SIGKILL {
            self.doom_process(proc, SIGKILL as i32);
            return true;
        }
        if signo == SIGCONT {
            self.drop_pending(proc, STOPS);
            self.resume_process(proc);
            self.trace_continued(proc);
        } else if bit & STOPS != 0 {
            self.drop_pending(proc, sigbit(SIGCONT));
        }
        let p = &self.procs[proc];
        let wants = |t: &TaskId| self.tasks[*t].mask & bit == 0 && !self.tasks[*t].dying;
        let blocked = match only {
            Some(task) => self.tasks[task].mask & bit != 0,
            None => p.tasks.first().is_some_and(|t| self.tasks[*t].mask & bit != 0),
        };
        // A tracer sees even what is ignored, and decides about what kills.
        let traced = match only {
            Some(task) => self.tasks[task].trace.is_some(),
            None => p.tasks.iter().any(|t| self.tasks[*t].trace.is_some()),
        };
        if p.ignores(signo) && !blocked && !traced {
            return true;
        }
        let action = p.action(signo);
        let target = match only {
            Some(task) => Some(task).filter(wants),
            None => p.tasks.iter().copied().find(wants),
        };
        // One that leaves a core file has to be taken by the task itself.
        let ends = |task| match default_action(signo) {
            DefaultAction::Terminate => true,
            DefaultAction::Core => !self.may_dump(task),
            _ => false,
        };
        if !traced && action.handler == SIG_DFL && target.is_some_and(ends) {
            self.doom_process(proc, signo as i32);
            return true;
        }
        let queue = match only {
            Some(task) => &mut self.tasks[task].pending,
            None => &mut self.procs[proc].shared,
        };
        if !queue.push(info) {
            return false;
        }
        self.signals_sent += 1;
        match target {
            Some(task) => self.notice(task),
            None => self.fire(Key::Signal(proc)),
        }
        true
    }

    fn drop_pending(&mut self, proc: ProcId, set: SigSet) {
        let p = &mut self.procs[proc];
        p.shared.drop_set(set);
        for i in 0..p.tasks.len() {
            let task = self.procs[proc].tasks[i];
            self.tasks[task].pending.drop_set(set);
        }
    }

    /// Lets a stopped process go on.
    fn resume_process(&mut self, proc: ProcId) {
        let p = &mut self.procs[proc];
        if p.stopped.take().is_none() {
            return;
        }
        p.report = Some(0xffff);
        self.fire(Key::Continue(proc));
        self.notify_parent(proc, CLD_CONTINUED, SIGCONT as i32);
    }

    /// Stops a process and tells its parent.
    fn stop_process(&mut self, proc: ProcId, signo: u32) {
        let p = &mut self.procs[proc];
        p.stopped = Some(signo);
        p.report = Some((signo as i32) << 8 | 0x7f);
        for task in p.tasks.clone() {
            self.notice(task);
        }
        self.notify_parent(proc, CLD_STOPPED, signo as i32);
    }

    /// SIGCHLD for a stop or continue.
    fn notify_parent(&mut self, proc: ProcId, code: i32, status: i32) {
        let p = &self.procs[proc];
        let (parent, pid, uid) = (p.parent, p.pid, p.cred.ruid);
        if self.procs[parent].action(SIGCHLD).flags & SA_NOCLDSTOP == 0 {
            let info = SigInfo { signo: SIGCHLD, code, pid, uid, status, ..SigInfo::default() };
            self.send_proc(parent, info);
        }
        self.fire(Key::Child(parent));
    }

    /// Sends to all processes of a group.
    pub fn send_group(&mut self, pgid: i32, info: SigInfo) {
        let Some(members) = self.groups.get(&pgid) else { return };
        for proc in members.clone() {
            self.send_proc(proc, info);
        }
    }

    /// Whether nobody outside a group, in its session, is a parent of a member
    /// (setpgid(2)).
    pub fn is_orphaned(&self, pgid: i32) -> bool {
        let Some(members) = self.groups.get(&pgid) else { return true };
        !members.iter().any(|&proc| {
            let p = &self.procs[proc];
            let parent = &self.procs[p.parent];
            !p.zombie && p.parent != self.init && parent.pgid != pgid && parent.sid == p.sid
        })
    }

    /// Takes the next signal for a task: acts on those with a default action.
    pub fn take_signal(&mut self, task: TaskId) -> Taken {
        loop {
            let t = &mut self.tasks[task];
            let proc = t.proc;
            if t.dying {
                return Taken::Dead;
            }
            let injected = t.trace.as_mut().and_then(|trace| trace.inject.take());
            if let Some(info) = injected {
                match self.act(task, info) {
                    // Its tracer hears of the group's stop, too.
                    Taken::None | Taken::Stop => continue,
                    taken => return taken,
                }
            }
            let t = &mut self.tasks[task];
            let p = &mut self.procs[proc];
            match &t.trace {
                Some(trace) if trace.traps(p.stopped.is_some()) => {
                    self.trace_trap(task);
                    return Taken::Traced;
                }
                None if p.stopped.is_some() => return Taken::Stop,
                // A tracer lets it run though its group is stopped.
                _ => {}
            }
            let wanted = !t.mask;
            let info = match t.pending.take(wanted) {
                Some(info) => info,
                None => match p.shared.take(wanted) {
                    Some(info) => info,
                    None => {
                        // A call that swapped the mask ended by a signal that is
                        // ignored by now.
                        let Some(mask) = t.saved_mask.take() else { return Taken::None };
                        t.mask = mask;
                        continue;
                    }
                },
            };
            if self.tasks[task].trace.is_some() {
                self.trace_stop(task, info.signo as i32, info, true);
                return Taken::Traced;
            }
            match self.act(task, info) {
                Taken::None => continue,
                taken => return taken,
            }
        }
    }

    /// Does what the action of a signal says; `None` when that is nothing.
    fn act(&mut self, task: TaskId, info: SigInfo) -> Taken {
        let signo = info.signo;
        let t = &mut self.tasks[task];
        let proc = t.proc;
        let p = &mut self.procs[proc];
        let action = p.action(signo);
        if action.handler == SIG_IGN {
            return Taken::None;
        }
        if action.handler != SIG_DFL {
            let old_mask = t.saved_mask.take().unwrap_or(t.mask);
            t.mask |= action.mask;
            if action.flags & SA_NODEFER == 0 {
                t.mask |= sigbit(signo);
            }
            t.mask &= !UNBLOCKABLE;
            if action.flags & SA_RESETHAND != 0 {
                p.actions[signo as usize - 1].handler = SIG_DFL;
            }
            return Taken::Deliver(Deliver { info, action, old_mask });
        }
        match default_action(signo) {
            DefaultAction::Ignore | DefaultAction::Continue => Taken::None,
            DefaultAction::Stop => {
                let pgid = p.pgid;
                if signo != SIGSTOP && self.is_orphaned(pgid) {
                    return Taken::None;
                }
                self.stop_process(proc, signo);
                Taken::Stop
            }
            DefaultAction::Core if self.may_dump(task) => self.dump(task, info),
            DefaultAction::Terminate | DefaultAction::Core => {
                self.doom_process(proc, signo as i32);
                Taken::Dead
            }
        }
    }

    /// Whether a task's process leaves a core file: not one that others may not look into,
    /// not a vfork child, whose memory is its parent's, and not twice.
    fn may_dump(&self, task: TaskId) -> bool {
        let t = &self.tasks[task];
        let p = &self.procs[t.proc];
        p.limits[RLIMIT_CORE].0 >= MIN_CORE
            && p.dumpable == 1
            && p.dump.is_none()
            && p.exiting.is_none()
            && t.vfork_parent.is_none()
            && t.proc != self.init
    }

    /// Offers the dump to the task; the other threads say what they were at, and end.
    fn dump(&mut self, task: TaskId, info: SigInfo) -> Taken {
        let proc = self.tasks[task].proc;
        let until = self.now.monotonic_ns.saturating_add(DUMP_WAIT);
        self.procs[proc].dump = Some(Dump { signo: info.signo, until, ..Dump::default() });
        for other in self.procs[proc].tasks.clone() {
            if other != task {
                self.doom(other);
            }
        }
        let (mask, tid) = (self.tasks[task].mask, self.tasks[task].tid);
        let p = &self.procs[proc];
        let ppid = self.procs.get(p.parent).filter(|_| p.pid != 1).map_or(0, |parent| parent.pid);
        Taken::Dump(Box::new(CoreDump {
            info,
            limit: p.limits[RLIMIT_CORE].0,
            mask,
            tid,
            pid: p.pid,
            ppid,
            pgrp: p.pgid,
            sid: p.sid,
            uid: p.cred.ruid,
            gid: p.cred.rgid,
            comm: p.comm.clone().into(),
            cmdline: p.cmdline.clone().into(),
        }))
    }

    /// A signal that cannot be put off: blocked or ignored, it kills.
    pub fn force_signal(&mut self, task: TaskId, info: SigInfo) -> Taken {
        let signo = info.signo;
        let bit = sigbit(signo);
        let t = &mut self.tasks[task];
        let p = &mut self.procs[t.proc];
        let action = &mut p.actions[(signo as usize - 1) & 63];
        if t.mask & bit != 0 || action.handler == SIG_IGN {
            action.handler = SIG_DFL;
            t.mask &= !bit;
        }
        if t.trace.is_some() {
            self.trace_stop(task, signo as i32, info, true);
            return Taken::Traced;
        }
        if matches!(
            default_action(signo),
            DefaultAction::Ignore | DefaultAction::Continue | DefaultAction::Stop
        ) && self.procs[self.tasks[task].proc].action(signo).handler == SIG_DFL
        {
            self.doom_process(self.tasks[task].proc, signo as i32);
            return Taken::Dead;
        }
        self.act(task, info)
    }

    /// Changes a task's mask and looks whether that lets signals through.
    pub fn set_mask(&mut self, task: TaskId, mask: SigSet) {
        self.tasks[task].mask = mask & !UNBLOCKABLE;
    }
}
