//! How a thread asks to be scheduled (sched(7)): remembered and told, in its children too.
//! The host schedules; nothing here has an effect on it.

use super::done;
use crate::capability::SYS_NICE;
use crate::kernel::{Caller, Kernel};
use crate::task::{RLIMIT_RTPRIO, TaskId};
use crate::wait::SysResult;
use tawaki_abi::Errno;

/// `SCHED_RESET_ON_FORK`.
const RESET_ON_FORK: u32 = 0x4000_0000;
const OTHER: u32 = 0;
const FIFO: u32 = 1;
const RR: u32 = 2;
const BATCH: u32 = 3;
const IDLE: u32 = 5;
/// Highest priority of the real-time policies.
const HIGHEST: u32 = 99;

/// A thread's policy, its priority, and the processors it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `SCHED_OTHER`, `FIFO`, `RR`, `BATCH` or `IDLE`.
    pub policy: u32,
    /// 1 to 99 for `FIFO` and `RR`, else 0.
    pub priority: u32,
    /// Children begin with `SCHED_OTHER`.
    pub reset: bool,
    /// One bit for each processor.
    pub affinity: u64,
}

impl Schedule {
    /// An ordinary thread on a machine of so many processors.
    pub fn new(cpus: u32) -> Self {
        Self { policy: OTHER, priority: 0, reset: false, affinity: all(cpus) }
    }

    /// What a child of a thread with this begins with.
    pub fn inherited(self) -> Self {
        let real_time = is_real_time(self.policy);
        match self.reset {
            true if real_time => Self { policy: OTHER, priority: 0, reset: false, ..self },
            true => Self { reset: false, ..self },
            false => self,
        }
    }
}

fn is_real_time(policy: u32) -> bool {
    matches!(policy, FIFO | RR)
}

/// Every processor.
fn all(cpus: u32) -> u64 {
    u64::MAX >> (64 - cpus.clamp(1, 63))
}

impl Kernel {
    /// The thread; `None` for the first process, which has none.
    fn scheduled(&self, c: Caller, pid: i32) -> SysResult<Option<TaskId>> {
        let task = if pid == 0 { Some(c.task) } else { self.sys.task_by_tid(pid) };
        if task.is_none() && self.sys.proc_by_pid(pid).is_none() {
            return Err(Errno::ESRCH.into());
        }
        Ok(task)
    }

    fn schedule_of(&self, task: Option<TaskId>) -> Schedule {
        task.map_or(Schedule::new(self.sys.config.cpus), |task| self.sys.tasks[task].schedule)
    }

    /// Whether the caller may do as it likes with `task`; EPERM when not even what lowers it.
    fn may_schedule(&self, c: Caller, task: TaskId) -> SysResult<bool> {
        let me = &self.sys.procs[c.proc].cred;
        let target = &self.sys.procs[self.sys.tasks[task].proc].cred;
        if me.has(SYS_NICE) {
            return Ok(true);
        }
        if [target.euid, target.ruid].contains(&me.euid) { Ok(false) } else { Err(Errno::EPERM.into()) }
    }

    pub(super) fn sys_schedule(&mut self, c: Caller, pid: i32, set: Option<(u32, u32)>) -> SysResult {
        let task = self.scheduled(c, pid)?;
        let old = self.schedule_of(task);
        let Some((policy, priority)) = set else {
            let reset = if old.reset { RESET_ON_FORK } else { 0 };
            return done(i64::from(old.policy | reset) | i64::from(old.priority) << 32);
        };
        // sched_setparam(2): the policy stays.
        let (policy, reset) = match policy {
            u32::MAX => (old.policy, old.reset),
            _ => (policy & !RESET_ON_FORK, policy & RESET_ON_FORK != 0),
        };
        if !matches!(policy, OTHER | FIFO | RR | BATCH | IDLE)
            || priority > HIGHEST
            || is_real_time(policy) != (priority != 0)
        {
            return Err(Errno::EINVAL.into());
        }
        let task = task.ok_or(Errno::EPERM)?;
        if !self.may_schedule(c, task)? {
            let p = &self.sys.procs[self.sys.tasks[task].proc];
            let limit = p.limits[RLIMIT_RTPRIO].0;
            let raises = is_real_time(policy)
                && (policy != old.policy && limit == 0
                    || priority > old.priority && u64::from(priority) > limit);
            let wakes = old.policy == IDLE && policy != IDLE;
            if raises || wakes || old.reset && !reset {
                return Err(Errno::EPERM.into());
            }
        }
        self.sys.tasks[task].schedule = Schedule { policy, priority, reset, ..old };
        done(0)
    }

    pub(super) fn sys_affinity(&mut self, c: Caller, pid: i32, set: Option<u64>) -> SysResult {
        let task = self.scheduled(c, pid)?;
        let Some(mask) = set else { return done(self.schedule_of(task).affinity) };
        let task = task.ok_or(Errno::EPERM)?;
        self.may_schedule(c, task)?;
        let mask = mask & all(self.sys.config.cpus);
        if mask == 0 {
            return Err(Errno::EINVAL.into());
        }
        self.sys.tasks[task].schedule.affinity = mask;
        done(0)
    }
}
