//! How tasks and processes end, and how their parents learn of it.

use crate::event::Effect;
use crate::kernel::{Caller, Kernel};
use crate::system::{System, die};
use crate::task::{ProcId, Process, TaskId, TaskState, add_usage};
use crate::timer::Timer;
use crate::wait::{Key, Stop, SysResult, Wait};
use tawaki_abi::Errno;
use tawaki_abi::signal::*;
use tawaki_abi::wire::{Body, Call, DumpThread, Reply, Rusage, TraceOp};

/// Longest answer to `TraceOp::GetState` that is kept.
const MAX_STATE: usize = 4096;

impl Kernel {
    /// Ends a task. `told`: its worker waits for an answer and gets `Die`;
    /// otherwise the host has to terminate it.
    pub(crate) fn end_task(&mut self, task: TaskId, told: bool) {
        self.end_task_with(task, told, false);
    }

    /// `exits`: the call is one of exit's, whose answer in a vfork child has no
    /// `Die`.
    pub(crate) fn end_task_with(&mut self, task: TaskId, told: bool, exits: bool) {
        if told && !exits && self.ask_for_dump(task) {
            return;
        }
        self.wait_no_more(task);
        self.fork_done(task, false);
        self.sys.trace_task_ends(task);
        self.sys.probe_task_ends(task);
        if self.sys.tasks.get(task).is_some() {
            let uid = self.sys.cred_of(task).ruid;
            self.sys.count_user(uid, false);
        }
        let Some(t) = self.sys.tasks.remove(task) else { return };
        let status = self.sys.procs[t.proc].exiting.unwrap_or(0);
        if t.hang_at != 0 {
            self.sys.timers.remove(&(t.hang_at, Timer::Hang(task)));
        }
        match t.vfork_parent {
            Some(parent) if told => {
                let pid = self.sys.procs[t.proc].pid;
                let body = if exits { Body::None } else { Body::Die(status) };
                self.vfork_done(parent, Reply::with(pid as i64, body));
            }
            Some(parent) => {
                // The worker that both speak through is lost.
                self.sys.slots[t.slot.0 as usize] = Some(parent);
                self.sys.tasks[parent].state = TaskState::Calling;
                let parent_proc = self.sys.tasks[parent].proc;
                self.sys.doom_process(parent_proc, SIGKILL as i32);
                self.end_task(parent, false);
            }
            None => {
                if told && t.state != TaskState::Starting {
                    self.sys.out.push(Effect::Reply { slot: t.slot, reply: die(status) });
                }
                self.sys.release_slot(t.slot, told);
            }
        }
        let proc = t.proc;
        let sys = &mut self.sys;
        let p = &mut sys.procs[proc];
        p.tasks.retain(|other| *other != task);
        p.utime += t.utime;
        p.stime += t.stime;
        if let Some(entry) = sys.pids.get_mut(&t.tid) {
            entry.task = None;
            if entry.proc.is_none() {
                sys.pids.remove(&t.tid);
            }
        }
        if sys.procs[proc].tasks.is_empty() {
            self.end_process(proc);
        } else {
            self.sys.fire(Key::Thread(proc));
        }
    }

    /// Ends the call that a task waits in, if any.
    fn wait_no_more(&mut self, task: TaskId) {
        if let Some(waiting) = self.sys.end_wait(task)
            && let Some(file) = waiting.progress.held
        {
            let proc = self.sys.tasks[task].proc;
            self.drop_file(file, proc);
        }
    }

    /// Whether a thread that is to end has something to say first: what the core file of
    /// its process is to show of it.
    fn ask_for_dump(&mut self, task: TaskId) -> bool {
        let Some(t) = self.sys.tasks.get(task) else { return false };
        let p = &self.sys.procs[t.proc];
        if p.dump.is_none() || p.exiting.is_some() || !t.dying || t.dumped || t.vfork_parent.is_some() {
            return false;
        }
        self.wait_no_more(task);
        self.sys.probe_task_ends(task);
        self.sys.tasks[task].dumped = true;
        self.sys.await_end(task);
        self.sys.reply(task, Reply::with(0, Body::Probe(TraceOp::GetState)));
        true
    }

    /// What it says; it ends next.
    pub(crate) fn dump_thread(&mut self, task: TaskId, call: &mut Call) {
        let t = &self.sys.tasks[task];
        let (tid, mask) = (t.tid, t.saved_mask.unwrap_or(t.mask));
        if let Call::ProbeResult { answer: Ok(state) } = call
            && t.dumped
            && state.len() <= MAX_STATE
            && let Some(dump) = &mut self.sys.procs[t.proc].dump
        {
            dump.threads.push(DumpThread { tid, mask, state: core::mem::take(state) });
        }
    }

    /// The other threads of a process that dumps, when they have ended.
    pub(crate) fn sys_dump_threads(&mut self, c: Caller) -> SysResult {
        let now = self.sys.now.monotonic_ns;
        let p = &mut self.sys.procs[c.proc];
        let others = p.tasks.len() > 1;
        let dump = p.dump.as_mut().ok_or(Errno::EINVAL)?;
        if others && now < dump.until {
            let until = Some(dump.until);
            return Err(Stop::Wait(Wait { keys: vec![Key::Thread(c.proc)], until, restart: None }));
        }
        let mut threads = core::mem::take(&mut dump.threads);
        threads.sort_by_key(|thread| thread.tid);
        Ok(Reply::with(0, Body::DumpThreads(threads)))
    }

    /// Answers a parent whose vfork child has gone its own way.
    pub(crate) fn vfork_done(&mut self, parent: TaskId, reply: Reply) {
        let slot = self.sys.tasks[parent].slot;
        self.sys.slots[slot.0 as usize] = Some(parent);
        self.sys.tasks[parent].state = TaskState::Calling;
        self.sys.tasks[parent].attention = false;
        self.sys.reply(parent, reply);
    }

    /// Answers the parent of a forked child: its copy is made (or the child is
    /// gone before that).
    pub(crate) fn fork_done(&mut self, child: TaskId, made: bool) {
        let Some(parent) = self.sys.tasks[child].fork_parent.take() else { return };
        if self.sys.tasks.get(parent).is_none_or(|t| t.state != TaskState::ForkParent) {
            return;
        }
        self.sys.tasks[parent].state = TaskState::Calling;
        if self.sys.tasks[parent].dying {
            return self.end_task(parent, true);
        }
        let tid = self.sys.tasks[child].tid;
        let reply = if made { Reply::ok(tid as i64) } else { Reply::err(Errno::EAGAIN) };
        self.sys.reply(parent, reply);
    }

    /// The last thread has ended.
    fn end_process(&mut self, proc: ProcId) {
        let p = &mut self.sys.procs[proc];
        p.zombie = true;
        let status = *p.exiting.get_or_insert(0);
        let (fds, pid) = (p.fds, p.pid);
        let timers = core::mem::take(&mut p.timers);
        let itimers = core::mem::take(&mut p.itimers);
        for (id, timer) in timers {
            self.sys.timers.remove(&(timer.work.at, Timer::Posix(proc, id)));
        }
        for (which, work) in itimers.iter().enumerate() {
            self.sys.timers.remove(&(work.at, Timer::Interval(proc, which as u8)));
        }
        let cpu_check = core::mem::take(&mut self.sys.procs[proc].cpu_check);
        self.sys.timers.remove(&(cpu_check, Timer::Cpu(proc)));
        self.drop_table(fds, proc);
        // Nothing is there any more to look at.
        self.sys.procs[proc].fds = crate::slab::Id::new(u32::MAX);
        let p = &mut self.sys.procs[proc];
        let mut places = vec![p.cwd, p.root];
        places.extend(p.exe.take());
        places.extend(core::mem::take(&mut p.handles).into_values().map(|held| held.loc));
        places.extend(core::mem::take(&mut p.kept).into_values());
        p.maps = Default::default();
        for place in places {
            self.close_place(proc, place);
        }
        for inode in self.sys.locks.drop_process(pid) {
            self.sys.fire(Key::Lock(inode));
        }
        for set in self.sys.ipc.process_ends(pid) {
            self.sys.fire(Key::Semaphores(set));
        }
        self.sys.fire(Key::Exit(pid));
        self.leave_session(proc);
        self.adopt_children(proc);
        self.sys.tracer_ends(proc);
        let p = &self.sys.procs[proc];
        let request = p.request;
        self.sys.check_orphaned(proc, p.parent);
        if let Some(request) = request {
            self.sys.out.push(Effect::Exited { request, status });
        }
        self.tell_death(proc);
    }

    /// Tells the parent; without one that cares the zombie goes at once.
    fn tell_death(&mut self, proc: ProcId) {
        let sys = &mut self.sys;
        let p = &sys.procs[proc];
        let (parent, signo) = (p.parent, p.exit_signal);
        if parent == sys.init {
            return self.reap(proc);
        }
        let action = sys.procs[parent].action(SIGCHLD);
        let careless = signo == SIGCHLD && (action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT != 0);
        let (code, status) = exit_code(sys.procs[proc].exiting.unwrap_or(0));
        let info = SigInfo {
            signo,
            code,
            pid: sys.procs[proc].pid,
            uid: sys.procs[proc].cred.ruid,
            status,
            utime: (sys.procs[proc].utime / 10_000_000) as i64,
            stime: (sys.procs[proc].stime / 10_000_000) as i64,
            ..SigInfo::default()
        };
        if signo != 0 {
            sys.send_proc(parent, info);
        }
        if careless {
            self.reap(proc);
        }
        self.sys.fire(Key::Child(parent));
    }

    /// Removes a zombie.
    pub(crate) fn reap(&mut self, proc: ProcId) {
        let sys = &mut self.sys;
        let Some(p) = sys.procs.remove(proc) else { return };
        let mut usage: Rusage = p.usage();
        add_usage(&mut usage, &p.child_usage);
        if let Some(parent) = sys.procs.get_mut(p.parent) {
            parent.children.retain(|child| *child != proc);
            add_usage(&mut parent.child_usage, &usage);
        }
        sys.leave_group(proc, p.pgid);
        sys.leave_sid(p.sid);
        if let Some(entry) = sys.pids.get_mut(&p.pid) {
            entry.proc = None;
            if entry.task.is_none() {
                sys.pids.remove(&p.pid);
            }
        }
    }

    /// Gives the children of an ended process to a subreaper or init.
    fn adopt_children(&mut self, proc: ProcId) {
        let children = core::mem::take(&mut self.sys.procs[proc].children);
        if children.is_empty() {
            return;
        }
        let mut heir = self.sys.procs[proc].parent;
        while heir != self.sys.init && (!self.sys.procs[heir].subreaper || self.sys.procs[heir].zombie) {
            heir = self.sys.procs[heir].parent;
        }
        for child in children {
            let c = &mut self.sys.procs[child];
            c.parent = heir;
            let (signo, zombie) = (c.death_signal, c.zombie);
            self.sys.procs[heir].children.push(child);
            if signo != 0 {
                self.sys.send_proc(child, SigInfo { signo, ..SigInfo::default() });
            }
            if zombie {
                self.tell_death(child);
            } else {
                self.sys.check_orphaned(child, proc);
            }
        }
    }

    /// A session leader that ends takes its terminal away from everybody.
    fn leave_session(&mut self, proc: ProcId) {
        let p = &self.sys.procs[proc];
        if p.sid != p.pid {
            return;
        }
        let sid = p.sid;
        let Some(session) = self.sys.sessions.get_mut(&sid) else { return };
        let mut pgrp = core::mem::take(&mut session.old_pgrp);
        if let Some(tty) = session.tty.take() {
            pgrp = core::mem::take(&mut self.sys.ttys[tty].pgrp);
            self.sys.ttys[tty].session = 0;
        }
        if pgrp != 0 {
            for signo in [SIGHUP, SIGCONT] {
                self.sys.send_group(pgrp, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
            }
        }
    }
}

impl System {
    /// Counts a task for its user's RLIMIT_NPROC.
    pub fn count_user(&mut self, uid: u32, more: bool) {
        let count = self.per_user.entry(uid).or_default();
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }

    pub fn leave_group(&mut self, proc: ProcId, pgid: i32) {
        if let Some(members) = self.groups.get_mut(&pgid) {
            members.retain(|member| *member != proc);
            if members.is_empty() {
                self.groups.remove(&pgid);
            }
        }
    }

    pub fn leave_sid(&mut self, sid: i32) {
        if let Some(session) = self.sessions.get_mut(&sid) {
            session.members = session.members.saturating_sub(1);
            if session.members == 0 {
                self.sessions.remove(&sid);
            }
        }
    }

    /// The end of `proc`, or of its `parent`, may have orphaned its group, if the two were
    /// what bound it to its session: with stopped members it gets SIGHUP and SIGCONT
    /// (_exit(2)). A group that was orphaned before is left alone.
    pub fn check_orphaned(&mut self, proc: ProcId, parent: ProcId) {
        let (p, parent) = (&self.procs[proc], &self.procs[parent]);
        let pgid = p.pgid;
        if parent.pgid == pgid || parent.sid != p.sid {
            return;
        }
        let Some(members) = self.groups.get(&pgid) else { return };
        let stopped = members.iter().any(|m| self.procs[*m].stopped.is_some());
        if stopped && self.is_orphaned(pgid) {
            for signo in [SIGHUP, SIGCONT] {
                self.send_group(pgid, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
            }
        }
    }
}

/// `si_code` and `si_status` of a status word.
pub fn exit_code(status: i32) -> (i32, i32) {
    match status & 0x7f {
        0 => (CLD_EXITED, status >> 8 & 0xff),
        signo if status & 0x80 != 0 => (CLD_DUMPED, signo),
        signo => (CLD_KILLED, signo),
    }
}

/// Total usage of a process with its living threads.
pub fn live_usage(sys: &System, p: &Process) -> Rusage {
    let mut usage = p.usage();
    for task in &p.tasks {
        let t = &sys.tasks[*task];
        usage.utime += t.utime;
        usage.stime += t.stime;
        usage.nvcsw += t.switches;
    }
    usage
}
