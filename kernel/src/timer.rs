//! Everything that happens at a time: one ordered set of deadlines.

use crate::file::pipe::PipeId;
use crate::file::{FileId, Object};
use crate::kernel::Kernel;
use crate::system::System;
use crate::task::{ProcId, TaskId, TaskState};
use crate::wait::Key;
use tawaki_abi::Errno;
use tawaki_abi::signal::{SI_KERNEL, SI_TIMER, SIGALRM, SIGPROF, SIGVTALRM, SigInfo};

/// Least time between two looks at a process's processor time.
const CPU_TICK: u64 = 10_000_000;

/// What to do when a deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Run a waiting call again.
    Wait(TaskId),
    /// setitimer(2), by `which`.
    Interval(ProcId, u8),
    /// timer_create(2), by id.
    Posix(ProcId, i32),
    /// timerfd.
    Descriptor(FileId),
    /// Time to look at a process's processor time (RLIMIT_CPU).
    Cpu(ProcId),
    /// A task that was told to end and did not.
    Hang(TaskId),
    /// The readers of a pipe that gathers data have waited long enough.
    Gather(PipeId),
}

/// An armed or idle timer: monotonic nanoseconds of the next expiry (0 idle) and
/// the interval.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clockwork {
    pub at: u64,
    pub interval: u64,
}

/// Clock numbers of clock_gettime(2) that a timer may use.
pub const CLOCK_REALTIME: u32 = 0;
pub const CLOCK_MONOTONIC: u32 = 1;
pub const CLOCK_BOOTTIME: u32 = 7;
pub const CLOCK_PROCESS_CPUTIME: u32 = 2;
pub const CLOCK_THREAD_CPUTIME: u32 = 3;

impl Clockwork {
    /// Time left until expiry, never 0 while armed.
    pub fn left(&self, now: u64) -> u64 {
        if self.at == 0 { 0 } else { self.at.saturating_sub(now).max(1) }
    }

    /// Moves past `now`; returns how often it has expired.
    pub fn expire(&mut self, now: u64) -> u64 {
        if self.at == 0 || self.at > now {
            return 0;
        }
        if self.interval == 0 {
            self.at = 0;
            return 1;
        }
        let times = (now - self.at) / self.interval + 1;
        self.at = self.at.saturating_add(times.saturating_mul(self.interval));
        times
    }
}

/// A POSIX timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct PosixTimer {
    pub clock: u32,
    pub signo: u32,
    pub value: u64,
    pub tid: Option<i32>,
    /// `SIGEV_NONE` is 1.
    pub silent: bool,
    pub work: Clockwork,
    pub overrun: u64,
    /// Of a timer of processor time: at which it expires, and whose it is (a thread for
    /// CLOCK_THREAD_CPUTIME_ID).
    pub target: u64,
    pub thread: Option<TaskId>,
}

impl PosixTimer {
    /// Whether it counts processor time.
    pub fn of_cpu(&self) -> bool {
        matches!(self.clock, CLOCK_PROCESS_CPUTIME | CLOCK_THREAD_CPUTIME)
    }
}

impl System {
    /// A time of a clock as monotonic nanoseconds; `None` for a clock that has no
    /// timers.
    pub fn to_monotonic(&self, clock: u32, time: u64) -> Option<u64> {
        match clock {
            CLOCK_REALTIME | 8 => {
                let offset = self.now.realtime_ns as i128 - self.now.monotonic_ns as i128;
                Some((time as i128 - offset).clamp(1, i64::MAX as i128) as u64)
            }
            CLOCK_MONOTONIC | CLOCK_BOOTTIME | 9 => Some(time),
            _ => None,
        }
    }

    /// Sets a timer's deadline in the ordered set.
    pub fn rearm(&mut self, timer: Timer, old: u64, new: u64) {
        if old != 0 {
            self.timers.remove(&(old, timer));
        }
        if new != 0 {
            self.timers.insert((new, timer));
        }
    }
}

impl Kernel {
    /// Fires all timers that are due.
    pub(crate) fn run_timers(&mut self) {
        let now = self.sys.now.monotonic_ns;
        while let Some(&(at, timer)) = self.sys.timers.first() {
            if at > now {
                break;
            }
            self.sys.timers.pop_first();
            match timer {
                Timer::Wait(task) => {
                    if let Some(t) = self.sys.tasks.get_mut(task)
                        && !t.queued
                    {
                        t.queued = true;
                        self.sys.ready.push_back(task);
                    }
                }
                Timer::Interval(proc, which) => self.sys.interval_expired(proc, which),
                Timer::Posix(proc, id) => self.sys.posix_expired(proc, id),
                Timer::Descriptor(file) => self.sys.descriptor_expired(file),
                Timer::Cpu(proc) => self.sys.check_cpu(proc),
                Timer::Hang(task) => self.terminate(task),
                Timer::Gather(id) => self.sys.stop_gathering(id),
            }
        }
    }

    /// Ends a task whose worker did not come when told to.
    fn terminate(&mut self, task: TaskId) {
        let Some(t) = self.sys.tasks.get(task) else { return };
        if !t.dying || t.state == TaskState::Waiting {
            return;
        }
        let name = self.sys.procs[t.proc].comm_text();
        self.sys.log(format!("{name}[{}]: did not end when killed; worker terminated", t.tid));
        self.end_task(task, false);
    }
}

impl System {
    /// Processor time of a process up to this moment, nanoseconds.
    fn cpu_time(&self, p: &crate::task::Process) -> u64 {
        let open: u64 = p.tasks.iter().map(|t| self.tasks[*t].open_ns(self.now.monotonic_ns)).sum();
        crate::exit::live_usage(self, p).cpu() + open
    }

    /// RLIMIT_CPU (setrlimit(2)): SIGXCPU at the soft limit and each second after,
    /// SIGKILL at the hard one. Arms the next look.
    pub fn check_cpu(&mut self, proc: ProcId) {
        let Some(p) = self.procs.get(proc).filter(|p| !p.zombie && p.exiting.is_none()) else { return };
        let (soft, hard) = p.limits[crate::task::RLIMIT_CPU];
        let threads = p.tasks.len().max(1) as u64;
        let old = p.cpu_check;
        if soft == crate::task::RLIM_INFINITY && hard == crate::task::RLIM_INFINITY {
            self.rearm(Timer::Cpu(proc), old, 0);
            self.procs[proc].cpu_check = 0;
            return;
        }
        let used = self.cpu_time(p);
        let limit = |seconds: u64| seconds.saturating_mul(1_000_000_000);
        let told = p.cpu_told;
        if used >= limit(hard) {
            return self.doom_process(proc, tawaki_abi::signal::SIGKILL as i32);
        }
        let mut next = if told == 0 { limit(soft) } else { told.saturating_add(1_000_000_000) };
        if used >= next {
            let signo = tawaki_abi::signal::SIGXCPU;
            self.send_proc(proc, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
            if let Some(p) = self.procs.get_mut(proc) {
                p.cpu_told = used;
            }
            next = used.saturating_add(1_000_000_000);
        }
        // At the earliest when all threads run all the time.
        let rest = next.min(limit(hard)).saturating_sub(used) / threads;
        let at = self.now.monotonic_ns.saturating_add(rest.max(5_000_000));
        self.rearm(Timer::Cpu(proc), old, at);
        if let Some(p) = self.procs.get_mut(proc) {
            p.cpu_check = at;
        }
    }

    fn interval_expired(&mut self, proc: ProcId, which: u8) {
        let now = self.now.monotonic_ns;
        let Some(p) = self.procs.get_mut(proc) else { return };
        if which > 0 {
            let used = self.interval_used(proc, which);
            let p = &mut self.procs[proc];
            let i = which as usize % 3;
            let target = p.cpu_targets[i];
            if used < target {
                // It was not running all the time.
                let at = self.cpu_deadline(proc, target - used);
                self.procs[proc].itimers[i].at = at;
                self.rearm(Timer::Interval(proc, which), 0, at);
                return;
            }
            let interval = p.itimers[i].interval;
            let at = if interval == 0 { 0 } else { self.cpu_deadline(proc, interval) };
            let p = &mut self.procs[proc];
            p.cpu_targets[i] = used.saturating_add(interval);
            p.itimers[i].at = at;
            self.rearm(Timer::Interval(proc, which), 0, at);
            let signo = [SIGALRM, SIGVTALRM, SIGPROF][i];
            self.send_proc(proc, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
            return;
        }
        let work = &mut p.itimers[which as usize % 3];
        work.expire(now.max(work.at));
        let next = work.at;
        self.rearm(Timer::Interval(proc, which), 0, next);
        let signo = [SIGALRM, SIGVTALRM, SIGPROF][which as usize % 3];
        self.send_proc(proc, SigInfo { signo, code: SI_KERNEL, ..SigInfo::default() });
    }

    /// Processor time of a process so far, nanoseconds.
    pub fn cpu_used(&self, proc: ProcId) -> u64 {
        self.procs.get(proc).map_or(0, |p| self.cpu_time(p))
    }

    /// What an interval timer other than ITIMER_REAL counts so far: ITIMER_VIRTUAL (1) does not
    /// count the system's time.
    pub fn interval_used(&self, proc: ProcId, which: u8) -> u64 {
        let Some(p) = self.procs.get(proc).filter(|_| which == 1) else { return self.cpu_used(proc) };
        self.cpu_time(p).saturating_sub(crate::exit::live_usage(self, p).stime)
    }

    /// The processor time that a timer counts, nanoseconds.
    pub fn timer_used(&self, proc: ProcId, timer: &PosixTimer) -> u64 {
        let Some(thread) = timer.thread else { return self.cpu_used(proc) };
        let Some(t) = self.tasks.get(thread).filter(|t| t.proc == proc) else { return 0 };
        t.utime + t.stime + t.open_ns(self.now.monotonic_ns)
    }

    /// When a process may have used `left` more processor time at the earliest; not too often.
    pub fn cpu_deadline(&self, proc: ProcId, left: u64) -> u64 {
        let threads = self.procs.get(proc).map_or(1, |p| p.tasks.len().clamp(1, 8)) as u64;
        deadline_after(self.now.monotonic_ns, (left / threads).max(CPU_TICK))
    }

    fn posix_expired(&mut self, proc: ProcId, id: i32) {
        let now = self.now.monotonic_ns;
        let Some(timer) = self.procs.get(proc).and_then(|p| p.timers.get(&id)).copied() else { return };
        let (used, of_cpu) = (self.timer_used(proc, &timer), timer.of_cpu());
        // How long it has at least to go: it was not running all the time, or comes again.
        let left = match timer.target.saturating_sub(used) {
            0 => timer.work.interval,
            left => left,
        };
        let at = if left == 0 { 0 } else { self.cpu_deadline(proc, left) };
        let early = of_cpu && used < timer.target;
        let Some(timer) = self.procs.get_mut(proc).and_then(|p| p.timers.get_mut(&id)) else { return };
        let times = match of_cpu {
            true => {
                timer.work.at = at;
                if !early {
                    timer.target = used.saturating_add(timer.work.interval);
                }
                1
            }
            false => timer.work.expire(now.max(timer.work.at)),
        };
        if early {
            return self.rearm(Timer::Posix(proc, id), 0, at);
        }
        timer.overrun = times.saturating_sub(1);
        let timer = *timer;
        self.rearm(Timer::Posix(proc, id), 0, timer.work.at);
        if timer.silent {
            return;
        }
        let info = SigInfo {
            signo: timer.signo,
            code: SI_TIMER,
            pid: id,
            uid: timer.overrun.min(i32::MAX as u64) as u32,
            value: timer.value,
            ..SigInfo::default()
        };
        match timer.tid.and_then(|tid| self.task_by_tid(tid)) {
            Some(task) => self.send_task(task, info),
            None => self.send_proc(proc, info),
        };
    }

    fn descriptor_expired(&mut self, file: FileId) {
        let now = self.now.monotonic_ns;
        let Some(f) = self.files.get_mut(file) else { return };
        let Object::Timer(timer) = &mut f.object else { return };
        timer.expirations += timer.work.expire(now.max(timer.work.at));
        timer.activity += 1;
        let next = timer.work.at;
        self.rearm(Timer::Descriptor(file), 0, next);
        self.fire(Key::File(file));
    }
}

/// Nanoseconds beyond which a deadline counts as never.
pub fn deadline_after(now: u64, delay: u64) -> u64 {
    now.saturating_add(delay).max(1)
}

/// Checks a clock number for timers.
pub fn check_clock(clock: u32) -> Result<(), Errno> {
    if matches!(clock, 0 | 1 | 7 | 8 | 9) { Ok(()) } else { Err(Errno::EINVAL) }
}
