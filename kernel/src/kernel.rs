//! The step function: takes an event, runs what it makes runnable, collects the
//! effects.

use crate::boot::Boot;
use crate::event::{Config, Effect, Event, Now, SpawnRequest, TerminalId};
use crate::file::pipe::HostEnd;
use crate::system::{KernelMounts, System, is_restart};
use crate::task::{TaskId, TaskState};
use crate::wait::{Key, Progress, Stop, SysResult, Waiting};
use std::collections::VecDeque;
use tawaki_abi::Errno;
use tawaki_abi::signal::{SI_KERNEL, SIGKILL, SigInfo};
use tawaki_abi::tty::WinSize;
use tawaki_abi::wire::{Call, Reply, Slot};
use tawaki_vfs::{Served, Tmpfs, Vfs};

/// Rounds of work for loop devices in one step: other events come between.
const LOOP_ROUNDS: u32 = 64;
/// How soon work that was left over, or waits for the host, is looked at again, nanoseconds.
const LOOP_PAUSE: u64 = 1_000_000;

/// The machine's kernel.
pub struct Kernel {
    pub(crate) vfs: Vfs,
    pub(crate) sys: System,
    pub(crate) boot: Boot,
    /// Programs to start once the machine is up, or when a block has come.
    pub(crate) requests: VecDeque<SpawnRequest>,
    /// Something has happened that may let them start.
    try_requests: bool,
}

/// The caller of a system call.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    pub task: TaskId,
    pub proc: crate::task::ProcId,
}

impl Kernel {
    /// A kernel over a tree whose root file system is mounted. The other mounts
    /// (`/proc`, `/dev` and so on) it makes itself, at the first steps.
    pub fn new(config: Config, mut vfs: Vfs) -> Kernel {
        let now = Default::default();
        let mounts = KernelMounts {
            anonymous: vfs.mount_detached(Box::new(crate::fs::anonymous::AnonymousFs), "anon"),
            proc: None,
            devpts: None,
            memory: vfs.mount_detached(Box::new(Tmpfs::new(config.memory / 2, 0o1777, now)), "memfd"),
        };
        Kernel {
            vfs,
            sys: System::new(config, mounts),
            boot: Boot::default(),
            requests: VecDeque::new(),
            try_requests: false,
        }
    }

    /// Handles one event; appends to `effects` what the host must do, in order.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        core::mem::swap(&mut self.sys.out, effects);
        // A host's clock that goes back must not make durations negative.
        let monotonic_ns = now.monotonic_ns.max(self.sys.now.monotonic_ns);
        self.sys.now = Now { monotonic_ns, ..now };
        self.sys.update_loads();
        if !self.boot.done {
            self.run_boot();
        }
        match event {
            Event::Call { slot, call } => self.handle_call(slot, call),
            Event::BlocksArrived => {
                self.try_requests = true;
                self.sys.fire(Key::Blocks);
            }
            Event::Tick => {}
            event => self.handle_host(event),
        }
        self.settle();
        core::mem::swap(&mut self.sys.out, effects);
    }

    /// When the next timer is due, monotonic nanoseconds: the host then sends
    /// [`Event::Tick`] unless something else happens before.
    pub fn next_timer(&self) -> Option<u64> {
        if self.vfs.loops_wait() {
            return Some(self.sys.now.monotonic_ns.saturating_add(LOOP_PAUSE));
        }
        self.sys.timers.first().map(|(at, _)| *at)
    }

    /// Writes everything to the devices, for the end of the machine. `false`: a
    /// block is pending, try again after [`Event::BlocksArrived`].
    pub fn sync(&mut self) -> bool {
        if !self.boot.done {
            return true;
        }
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.kernel_context();
        loop {
            match vfs.sync(&cx) {
                Err(tawaki_vfs::FsError::Pending) if vfs.serve_loops(&cx) == Served::Progress => {}
                result => return !matches!(result, Err(tawaki_vfs::FsError::Pending)),
            }
        }
    }

    /// The tree, for a host that looks at figures or files of its own.
    pub fn vfs(&mut self) -> &mut Vfs {
        &mut self.vfs
    }

    /// System calls handled so far.
    pub fn calls(&self) -> u64 {
        self.sys.calls
    }

    /// Processes and threads that exist now.
    pub fn tasks(&self) -> usize {
        self.sys.tasks.len()
    }

    /// Runs everything that can run.
    fn settle(&mut self) {
        let mut rounds = 0;
        loop {
            if self.vfs.watches() || !self.sys.watched.is_empty() {
                self.deliver_changes();
            }
            if self.sys.timers.first().is_some_and(|(at, _)| *at <= self.sys.now.monotonic_ns) {
                self.run_timers();
            }
            if !self.sys.probes.is_empty() {
                self.start_probes();
            }
            if let Some(task) = self.sys.doomed.pop() {
                if self.sys.tasks.get(task).is_some_and(|t| {
                    t.dying && matches!(t.state, TaskState::Waiting | TaskState::Traced | TaskState::Asking)
                }) {
                    self.end_task(task, true);
                }
            } else if let Some(task) = self.sys.ready.pop_front() {
                self.run_again(task);
            } else if self.vfs.loops_wait() && rounds < LOOP_ROUNDS {
                rounds += 1;
                if !self.serve_loops() {
                    break;
                }
                self.try_requests = true;
            } else {
                break;
            }
        }
        if self.try_requests && self.boot.done {
            self.try_requests = false;
            self.start_requests();
        }
        if !self.sys.dirty_ttys.is_empty() {
            self.sys.flush_ttys();
        }
    }

    fn handle_call(&mut self, slot: Slot, mut call: Call) {
        self.sys.calls += 1;
        let mut user = None;
        if let Call::Timed { user: told, call: timed } = call {
            (user, call) = (Some(told), *timed);
        }
        let Some(task) = self.sys.slots.get(slot.0 as usize).copied().flatten() else {
            return self.sys.log(format!("call from slot {} that has no task", slot.0));
        };
        let now = self.sys.now.monotonic_ns;
        let t = &mut self.sys.tasks[task];
        match t.state {
            TaskState::Running => t.book(now, user),
            TaskState::Starting => {}
            _ => return self.sys.log(format!("second call from slot {} before a reply", slot.0)),
        }
        t.state = TaskState::Calling;
        t.resting = false;
        // Not at just any first call: a thread asks for its number before.
        if call == Call::ChildReady {
            self.fork_done(task, true);
        }
        if self.sys.tasks[task].dying {
            self.dump_thread(task, &mut call);
            return self.end_task(task, true);
        }
        if self.wants_maps(task, &call) {
            return self.sys.reply(task, Reply::err(tawaki_abi::wire::NEED_MAPS));
        }
        if self.wants_sync(task, &call) {
            return self.sys.reply(task, Reply::err(tawaki_abi::wire::NEED_SYNC));
        }
        let tells = matches!(call, Call::Maps { .. });
        let mut progress = Progress::default();
        let result = self.dispatch(task, &mut call, &mut progress);
        // What it told is good for one call: whatever comes later may follow an mmap that needed none.
        if !tells && let Some(t) = self.sys.tasks.get_mut(task) {
            t.told_maps = false;
        }
        if !self.sys.notes.is_empty() {
            // A signal that the call causes for its own caller is there when it returns.
            self.deliver_changes();
        }
        self.finish(task, call, progress, result);
    }

    /// Whether a process that is about to wait should tell first what others see of
    /// its address space meanwhile (`ps`, `top`, `/proc/PID/maps`).
    fn wants_maps(&mut self, task: TaskId, call: &Call) -> bool {
        let waits = matches!(
            call,
            Call::Poll { .. }
                | Call::EpollWait { .. }
                | Call::Wait { .. }
                | Call::Sleep { .. }
                | Call::Rest
                | Call::Sigsuspend { .. }
                | Call::Recv { .. }
                | Call::Accept { .. }
                | Call::Read { offset: None, more: false, .. }
        );
        if !waits || self.sys.tasks[task].vfork_parent.is_some() {
            return false;
        }
        let now = self.sys.now.monotonic_ns;
        let maps = &mut self.sys.procs[self.sys.tasks[task].proc].maps;
        if now.saturating_sub(maps.asked) < maps.wait.max(crate::task::MAPS_SOON) {
            return false;
        }
        // Asked once; whoever does not tell is served all the same.
        (maps.asked, maps.wait) = (now, crate::task::MAPS_LATER);
        true
    }

    /// Runs a waiting call again.
    pub(crate) fn run_again(&mut self, task: TaskId) {
        let Some(t) = self.sys.tasks.get_mut(task) else { return };
        t.queued = false;
        if t.state != TaskState::Waiting {
            return;
        }
        if t.dying {
            return self.end_task(task, true);
        }
        let Some(waiting) = self.sys.end_wait(task) else { return };
        let Waiting { mut call, mut progress, .. } = *waiting;
        progress.again = true;
        let result = self.dispatch(task, &mut call, &mut progress);
        self.finish(task, call, progress, result);
    }

    fn finish(&mut self, task: TaskId, call: Call, progress: Progress, result: SysResult) {
        let reply = match result {
            Ok(reply) => reply,
            Err(Stop::Errno(errno)) if is_restart(errno) && progress.done > 0 => {
                Reply::ok(progress.done as i64)
            }
            Err(Stop::Errno(errno)) => {
                if errno == Errno::EIO {
                    self.report_messages();
                }
                Reply::err(errno)
            }
            Err(Stop::Wait(wait)) => {
                let interrupted = wait.restart.filter(|_| self.sys.has_signal(task));
                if let (Some(_), Some(file)) = (interrupted, progress.held) {
                    let proc = self.sys.tasks[task].proc;
                    self.drop_file(file, proc);
                }
                match interrupted {
                    Some(_) if self.sys.tasks[task].dying => return self.end_task(task, true),
                    Some(_) if progress.done > 0 => Reply::ok(progress.done as i64),
                    Some(errno) => Reply::err(errno),
                    None => {
                        if wait.keys.contains(&Key::Blocks) {
                            self.sys.out.push(Effect::FetchBlocks);
                            self.report_messages();
                        }
                        if self.sys.tasks[task].dying {
                            return self.end_task(task, true);
                        }
                        self.sys.tasks[task].switches += 1;
                        return self.sys.begin_wait(task, Waiting { call, progress, wait });
                    }
                }
            }
            Err(Stop::Parked) => return,
            Err(Stop::Dead) => return self.end_task(task, true),
        };
        if self.sys.tasks[task].dying {
            return self.end_task(task, true);
        }
        let interrupted = matches!(reply.result, Err(errno) if is_restart(errno));
        let t = &mut self.sys.tasks[task];
        if !interrupted
            && t.saved_mask.is_some()
            && !matches!(call, Call::TakeSignal | Call::Fault { .. } | Call::ProbeResult { .. })
        {
            t.mask = t.saved_mask.take().unwrap_or(t.mask);
        }
        self.sys.reply(task, reply);
    }

    /// Hands the file systems' messages to the log.
    pub(crate) fn report_messages(&mut self) {
        for line in self.vfs.take_messages() {
            self.sys.log(line);
        }
    }

    fn terminal(&self, terminal: TerminalId) -> Option<crate::tty::TtyId> {
        self.sys.terminals.get(&terminal).copied()
    }

    fn handle_host(&mut self, event: Event) {
        match event {
            Event::Spawn(request) => {
                self.requests.push_back(request);
                self.try_requests = true;
            }
            Event::TerminalInput { terminal, bytes } => {
                if let Some(tty) = self.terminal(terminal) {
                    self.sys.tty_input(tty, &bytes);
                }
            }
            Event::TerminalResize { terminal, cols, rows } => {
                if let Some(tty) = self.terminal(terminal) {
                    self.sys.tty_resize(tty, WinSize { rows, cols, ..WinSize::default() });
                }
            }
            Event::TerminalDrained { terminal, bytes } => {
                if let Some(tty) = self.terminal(terminal) {
                    self.sys.tty_drained(tty, bytes);
                }
            }
            Event::TerminalHangup { terminal } => {
                if let Some(tty) = self.terminal(terminal) {
                    self.sys.terminals.remove(&terminal);
                    self.sys.tty_hangup(tty);
                    if self.sys.ttys[tty].opens == 0 {
                        self.sys.ttys.remove(tty);
                    }
                }
            }
            Event::StreamInput { request, bytes } => {
                let Some(id) = self.sys.streams.get(&request).and_then(|s| s.stdin) else { return };
                let pipe = &mut self.sys.pipes[id];
                if let HostEnd::Input { asked, .. } = &mut pipe.host {
                    *asked = asked.saturating_sub(bytes.len() as u64);
                }
                pipe.push_vec(bytes);
                self.sys.pipe_filled(id);
            }
            Event::StreamEof { request } => {
                let Some(id) = self.sys.streams.get(&request).and_then(|s| s.stdin) else { return };
                if let HostEnd::Input { eof, .. } = &mut self.sys.pipes[id].host {
                    *eof = true;
                }
                self.sys.pipes[id].edges.both();
                self.sys.fire(Key::PipeIn(id));
            }
            Event::StreamDrained { request, stream, bytes } => {
                let Some(id) = self.output_stream(request, stream) else { return };
                if let HostEnd::Output { under_way, .. } = &mut self.sys.pipes[id].host {
                    *under_way = under_way.saturating_sub(bytes);
                }
                self.sys.pump(id);
                self.sys.settle_pipe(id);
            }
            Event::StreamClosed { request, stream } => {
                let Some(id) = self.output_stream(request, stream) else { return };
                let pipe = &mut self.sys.pipes[id];
                if let HostEnd::Output { closed, .. } = &mut pipe.host {
                    *closed = true;
                }
                pipe.edges.both();
                self.sys.fire(Key::PipeOut(id));
                self.sys.settle_pipe(id);
            }
            Event::Signal { pid, signo } => {
                let info = SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() };
                if pid > 0 {
                    if let Some(proc) = self.sys.proc_by_pid(pid) {
                        self.sys.send_proc(proc, info);
                    }
                } else {
                    self.sys.send_group(pid.saturating_neg(), info);
                }
            }
            Event::SpawnFailed { slot } => self.spawn_failed(slot),
            Event::SpawnStarted { slot } => self.spawn_started(slot),
            Event::WorkerCrashed { slot, message } => self.worker_crashed(slot, &message),
            Event::Call { .. } | Event::BlocksArrived | Event::Tick => {}
        }
    }

    fn output_stream(
        &self,
        request: crate::event::RequestId,
        stream: u8,
    ) -> Option<crate::file::pipe::PipeId> {
        let streams = self.sys.streams.get(&request)?;
        *streams.out.get(stream.checked_sub(1)? as usize)?
    }

    /// A worker has its work. A fork's parent still waits, for the child copies its memory.
    fn spawn_started(&mut self, slot: Slot) {
        let Some(task) = self.sys.slots.get(slot.0 as usize).copied().flatten() else { return };
        let t = &self.sys.tasks[task];
        let creator = t.fork_parent.and_then(|creator| self.sys.tasks.get(creator));
        if t.state == TaskState::Starting && creator.is_some_and(|creator| creator.proc == t.proc) {
            self.fork_done(task, true);
        }
    }

    /// The host could not make a worker.
    fn spawn_failed(&mut self, slot: Slot) {
        let Some(task) = self.sys.slots.get(slot.0 as usize).copied().flatten() else { return };
        if self.sys.tasks[task].state != TaskState::Starting {
            return;
        }
        self.sys.log(format!("no worker for slot {}", slot.0));
        self.fork_done(task, false);
        let proc = self.sys.tasks[task].proc;
        let p = &mut self.sys.procs[proc];
        if p.tasks.len() == 1 {
            // It never was: its parent does not hear of it, unless it execs.
            if !p.did_exec {
                p.exit_signal = 0;
            }
            // As a shell reports what it cannot execute.
            p.exiting = Some(126 << 8);
        }
        let never = !p.did_exec && p.request.is_none() && p.tasks.len() == 1;
        self.sys.tasks[task].dying = true;
        self.end_task(task, true);
        if never && self.sys.procs.get(proc).is_some_and(|p| p.zombie) {
            self.reap(proc);
        }
    }

    /// A worker ended by itself.
    fn worker_crashed(&mut self, slot: Slot, message: &str) {
        let Some(task) = self.sys.slots.get(slot.0 as usize).copied().flatten() else { return };
        let t = &self.sys.tasks[task];
        let (proc, tid) = (t.proc, t.tid);
        let name = self.sys.procs[proc].comm_text();
        self.sys.log(format!("{name}[{tid}]: worker crashed: {message}"));
        self.sys.doom_process(proc, SIGKILL as i32);
        self.sys.tasks[task].dying = true;
        self.end_task(task, false);
    }
}
