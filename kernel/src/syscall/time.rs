//! Sleeping, interval timers, POSIX timers.

use super::{done, with};
use crate::kernel::{Caller, Kernel};
use crate::task::ProcId;
use crate::timer::{
    CLOCK_PROCESS_CPUTIME, CLOCK_THREAD_CPUTIME, Clockwork, PosixTimer, Timer, check_clock, deadline_after,
};
use crate::wait::{Stop, SysResult, Wait};
use tawaki_abi::Errno;
use tawaki_abi::wire::Body;

/// POSIX timers of one process.
const MAX_TIMERS: usize = 1024;
/// The shortest interval that is kept, ns: shorter ones would only burn time.
const MIN_INTERVAL: u64 = 100_000;
pub(super) const TIMER_ABSTIME: u32 = 1;
const SIGEV_NONE: u32 = 1;

impl Kernel {
    pub(super) fn sys_sleep(&mut self, c: Caller, clock: u32, deadline: Option<u64>) -> SysResult {
        let _ = c;
        let until = match deadline {
            None => None,
            Some(deadline) => Some(self.sys.to_monotonic(clock, deadline).ok_or(Errno::EINVAL)?),
        };
        if until.is_some_and(|until| until <= self.sys.now.monotonic_ns) {
            return done(0);
        }
        Err(Stop::Wait(Wait { keys: Vec::new(), until, restart: Some(Errno::ERESTARTNOHAND) }))
    }

    pub(super) fn sys_rest(&mut self, c: Caller) -> SysResult {
        self.sys.tasks[c.task].resting = true;
        self.sys.rests(c.task);
        done(0)
    }

    pub(super) fn sys_setitimer(&mut self, c: Caller, which: u32, interval: u64, value: u64) -> SysResult {
        let now = self.sys.now.monotonic_ns;
        let p = &mut self.sys.procs[c.proc];
        let work = p.itimers.get_mut(which as usize).ok_or(Errno::EINVAL)?;
        let old = *work;
        let at = if value == 0 { 0 } else { deadline_after(now, value) };
        *work = Clockwork { at, interval: least(interval) };
        if which == 0 {
            self.sys.rearm(Timer::Interval(c.proc, which as u8), old.at, at);
            return with(Body::Itimer(old.interval, old.left(now)));
        }
        let used = self.sys.interval_used(c.proc, which as u8);
        let left = self.cpu_left(c.proc, which as usize, old.at, used);
        let at = if value == 0 { 0 } else { self.sys.cpu_deadline(c.proc, value) };
        let p = &mut self.sys.procs[c.proc];
        p.itimers[which as usize].at = at;
        p.cpu_targets[which as usize] = used.saturating_add(value);
        self.sys.rearm(Timer::Interval(c.proc, which as u8), old.at, at);
        with(Body::Itimer(old.interval, left))
    }

    /// Processor time left of an armed ITIMER_VIRTUAL or ITIMER_PROF.
    fn cpu_left(&self, proc: ProcId, which: usize, at: u64, used: u64) -> u64 {
        if at == 0 { 0 } else { self.sys.procs[proc].cpu_targets[which].saturating_sub(used).max(1) }
    }

    pub(super) fn sys_getitimer(&mut self, c: Caller, which: u32) -> SysResult {
        let work = *self.sys.procs[c.proc].itimers.get(which as usize).ok_or(Errno::EINVAL)?;
        let left = match which {
            0 => work.left(self.sys.now.monotonic_ns),
            _ => self.cpu_left(c.proc, which as usize, work.at, self.sys.interval_used(c.proc, which as u8)),
        };
        with(Body::Itimer(work.interval, left))
    }

    pub(super) fn sys_timer_create(
        &mut self,
        c: Caller,
        clock: u32,
        signo: u32,
        value: u64,
        tid: Option<i32>,
        notify: u32,
    ) -> SysResult {
        let of_cpu = matches!(clock, CLOCK_PROCESS_CPUTIME | CLOCK_THREAD_CPUTIME);
        if !of_cpu {
            check_clock(clock)?;
        }
        if notify != SIGEV_NONE && !(1..=64).contains(&signo) {
            return Err(Errno::EINVAL.into());
        }
        if let Some(tid) = tid {
            let task = self.sys.task_by_tid(tid).ok_or(Errno::EINVAL)?;
            if self.sys.tasks[task].proc != c.proc {
                return Err(Errno::EINVAL.into());
            }
        }
        let thread = (clock == CLOCK_THREAD_CPUTIME).then_some(c.task);
        let p = &mut self.sys.procs[c.proc];
        if p.timers.len() >= MAX_TIMERS {
            return Err(Errno::EAGAIN.into());
        }
        let id = p.next_timer_id;
        p.next_timer_id = (id + 1) & 0x3fff_ffff;
        let timer = PosixTimer {
            clock,
            signo,
            value,
            tid,
            silent: notify == SIGEV_NONE,
            thread,
            ..PosixTimer::default()
        };
        p.timers.insert(id, timer);
        done(id)
    }

    fn posix_timer(&mut self, proc: ProcId, id: i32) -> Result<&mut PosixTimer, Errno> {
        self.sys.procs[proc].timers.get_mut(&id).ok_or(Errno::EINVAL)
    }

    /// The deadline that a settime call means.
    pub(super) fn deadline(&self, clock: u32, absolute: bool, value: u64) -> Result<u64, Errno> {
        Ok(match value {
            0 => 0,
            value if absolute => self.sys.to_monotonic(clock, value).ok_or(Errno::EINVAL)?.max(1),
            value => deadline_after(self.sys.now.monotonic_ns, value),
        })
    }

    pub(super) fn sys_timer_set(
        &mut self,
        c: Caller,
        id: i32,
        flags: u32,
        interval: u64,
        value: u64,
    ) -> SysResult {
        let now = self.sys.now.monotonic_ns;
        let before = *self.posix_timer(c.proc, id)?;
        if before.of_cpu() {
            return self.cpu_timer_set(c.proc, id, flags, Clockwork { at: value, interval: least(interval) });
        }
        let clock = before.clock;
        let at = self.deadline(clock, flags & TIMER_ABSTIME != 0, value)?;
        let timer = self.posix_timer(c.proc, id)?;
        let old = timer.work;
        timer.work = Clockwork { at, interval: least(interval) };
        timer.overrun = 0;
        self.sys.rearm(Timer::Posix(c.proc, id), old.at, at);
        with(Body::Itimer(old.interval, old.left(now)))
    }

    /// timer_settime(2) of a timer of processor time; `new.at` is the value.
    fn cpu_timer_set(&mut self, proc: ProcId, id: i32, flags: u32, new: Clockwork) -> SysResult {
        let old = *self.posix_timer(proc, id)?;
        let used = self.sys.timer_used(proc, &old);
        let target = if flags & TIMER_ABSTIME != 0 { new.at } else { used.saturating_add(new.at) };
        let at = match new.at {
            0 => 0,
            _ => self.sys.cpu_deadline(proc, target.saturating_sub(used)),
        };
        let timer = self.posix_timer(proc, id)?;
        timer.work = Clockwork { at, interval: new.interval };
        (timer.target, timer.overrun) = (target, 0);
        self.sys.rearm(Timer::Posix(proc, id), old.work.at, at);
        let left = if old.work.at == 0 { 0 } else { old.target.saturating_sub(used).max(1) };
        with(Body::Itimer(old.work.interval, left))
    }

    pub(super) fn sys_timer_get(&mut self, c: Caller, id: i32) -> SysResult {
        let now = self.sys.now.monotonic_ns;
        let timer = *self.posix_timer(c.proc, id)?;
        if timer.of_cpu() {
            let used = self.sys.timer_used(c.proc, &timer);
            let left = if timer.work.at == 0 { 0 } else { timer.target.saturating_sub(used).max(1) };
            return with(Body::Itimer(timer.work.interval, left));
        }
        let work = timer.work;
        with(Body::Itimer(work.interval, work.left(now)))
    }

    pub(super) fn sys_timer_delete(&mut self, c: Caller, id: i32) -> SysResult {
        let timer = self.sys.procs[c.proc].timers.remove(&id).ok_or(Errno::EINVAL)?;
        self.sys.rearm(Timer::Posix(c.proc, id), timer.work.at, 0);
        done(0)
    }

    pub(super) fn sys_timer_overrun(&mut self, c: Caller, id: i32) -> SysResult {
        done(self.posix_timer(c.proc, id)?.overrun.min(i32::MAX as u64))
    }
}

/// An interval that is 0 or long enough.
pub(super) fn least(interval: u64) -> u64 {
    if interval == 0 { 0 } else { interval.max(MIN_INTERVAL) }
}
