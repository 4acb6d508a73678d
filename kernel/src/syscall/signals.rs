//! Calls about signals.

use super::{done, with};
use crate::kernel::{Caller, Kernel};
use crate::signal::Taken;
use crate::task::{ProcId, UNBLOCKABLE};
use crate::wait::{Key, Progress, Stop, SysResult, Wait};
use tawaki_abi::Errno;
use tawaki_abi::signal::*;
use tawaki_abi::wire::{Body, Reply};

impl Kernel {
    pub(super) fn sys_sigaction(&mut self, c: Caller, signo: u32, action: Option<SigAction>) -> SysResult {
        let bit = sigbit(signo);
        if bit == 0 || action.is_some() && bit & UNBLOCKABLE != 0 {
            return Err(Errno::EINVAL.into());
        }
        let p = &mut self.sys.procs[c.proc];
        let old = p.action(signo);
        if let Some(mut action) = action {
            action.mask &= !UNBLOCKABLE;
            p.actions[signo as usize - 1] = action;
            if p.ignores(signo) {
                p.shared.drop_set(bit);
                for task in p.tasks.clone() {
                    self.sys.tasks[task].pending.drop_set(bit);
                }
            }
        }
        with(Body::Action(old))
    }

    pub(super) fn sys_sigprocmask(&mut self, c: Caller, how: u32, set: Option<SigSet>) -> SysResult {
        let old = self.sys.tasks[c.task].mask;
        if let Some(set) = set {
            let new = match how {
                0 => old | set,
                1 => old & !set,
                2 => set,
                _ => return Err(Errno::EINVAL.into()),
            };
            self.sys.set_mask(c.task, new);
        }
        with(Body::Mask(old))
    }

    pub(super) fn sys_sigpending(&mut self, c: Caller) -> SysResult {
        let t = &self.sys.tasks[c.task];
        with(Body::Mask((t.pending.set | self.sys.procs[c.proc].shared.set) & t.mask))
    }

    /// Swaps the mask for the duration of a call; `finish` or `TakeSignal`
    /// restores it.
    pub(super) fn swap_mask(&mut self, c: Caller, mask: Option<SigSet>, progress: &Progress) {
        if let Some(mask) = mask
            && !progress.again
        {
            let t = &mut self.sys.tasks[c.task];
            t.saved_mask.get_or_insert(t.mask);
            self.sys.set_mask(c.task, mask);
        }
    }

    pub(super) fn sys_sigsuspend(&mut self, c: Caller, mask: SigSet, progress: &mut Progress) -> SysResult {
        self.swap_mask(c, Some(mask), progress);
        Err(Stop::Wait(Wait { keys: Vec::new(), until: None, restart: Some(Errno::ERESTARTNOHAND) }))
    }

    pub(super) fn sys_sigtimedwait(&mut self, c: Caller, set: SigSet, deadline: Option<u64>) -> SysResult {
        let set = set & !UNBLOCKABLE;
        let t = &mut self.sys.tasks[c.task];
        if let Some(info) = t.pending.take(set).or_else(|| self.sys.procs[c.proc].shared.take(set)) {
            return Ok(Reply::with(info.signo as i64, Body::Info(info)));
        }
        if deadline.is_some_and(|deadline| deadline <= self.sys.now.monotonic_ns) {
            return Err(Errno::EAGAIN.into());
        }
        Err(Stop::Wait(Wait {
            keys: vec![Key::Signal(c.proc)],
            until: deadline,
            restart: Some(Errno::EINTR),
        }))
    }

    pub(crate) fn take_signal_call(&mut self, c: Caller) -> SysResult {
        self.sys.tasks[c.task].attention = false;
        if let Some(reply) = self.take_probe(c.task, crate::task::TaskState::Running) {
            return Ok(reply);
        }
        if let Some(trace) = self.sys.tasks[c.task].trace.as_mut().filter(|trace| trace.fresh) {
            trace.fresh = false;
            return Ok(Reply::with(0, Body::TraceGo(trace.told_mode())));
        }
        match self.sys.take_signal(c.task) {
            Taken::None => done(0),
            Taken::Deliver(deliver) => Ok(Reply::with(deliver.info.signo as i64, Body::Deliver(deliver))),
            Taken::Stop => {
                Err(Stop::Wait(Wait { keys: vec![Key::Continue(c.proc)], until: None, restart: None }))
            }
            Taken::Dead => Err(Stop::Dead),
            Taken::Traced => Err(Stop::Parked),
            Taken::Dump(dump) => Ok(Reply::with(0, Body::Dump(dump))),
        }
    }

    /// Whether the caller may signal a process (kill(2)).
    fn may_signal(&self, c: Caller, target: ProcId, signo: u32) -> bool {
        let me = &self.sys.procs[c.proc];
        let other = &self.sys.procs[target];
        me.cred.has(crate::capability::KILL)
            || [me.cred.ruid, me.cred.euid].iter().any(|id| [other.cred.ruid, other.cred.suid].contains(id))
            || signo == SIGCONT && me.sid == other.sid
    }

    pub(super) fn sys_kill(
        &mut self,
        c: Caller,
        pid: i32,
        tid: Option<i32>,
        signo: u32,
        info: Option<SigInfo>,
    ) -> SysResult {
        if signo > NSIG {
            return Err(Errno::EINVAL.into());
        }
        let me = &self.sys.procs[c.proc];
        let own = me.pid;
        let code = if tid.is_some() { SI_TKILL } else { SI_USER };
        let sent = SigInfo { signo, code, pid: own, uid: me.cred.ruid, ..SigInfo::default() };
        if let Some(info) = info
            && (info.code >= 0 || info.code == SI_TKILL)
            && pid != own
        {
            return Err(Errno::EPERM.into());
        }
        let queued = info.is_some();
        let info = info.map_or(sent, |info| SigInfo { signo, ..info });
        if let Some(tid) = tid {
            let task = self.sys.task_by_tid(tid).ok_or(Errno::ESRCH)?;
            let proc = self.sys.tasks[task].proc;
            if pid > 0 && self.sys.procs[proc].pid != pid {
                return Err(Errno::ESRCH.into());
            }
            if !self.may_signal(c, proc, signo) {
                return Err(Errno::EPERM.into());
            }
            if signo != 0 && !self.sys.send_task(task, info) && queued {
                return Err(Errno::EAGAIN.into());
            }
            return done(0);
        }
        let targets: Vec<ProcId> = match pid {
            1.. => vec![self.sys.proc_by_pid(pid).ok_or(Errno::ESRCH)?],
            0 => self.sys.groups.get(&self.sys.procs[c.proc].pgid).cloned().unwrap_or_default(),
            -1 => {
                let init = self.sys.init;
                self.sys.procs.ids().into_iter().filter(|p| *p != init && *p != c.proc).collect()
            }
            _ => self.sys.groups.get(&pid.wrapping_neg()).cloned().unwrap_or_default(),
        };
        if targets.is_empty() {
            return Err(Errno::ESRCH.into());
        }
        let mut sent_any = false;
        let mut refused = Errno::EPERM;
        for target in targets {
            if !self.may_signal(c, target, signo) {
                continue;
            }
            if signo == 0 || self.sys.send_proc(target, info) || !queued {
                sent_any = true;
            } else {
                refused = Errno::EAGAIN;
            }
        }
        if sent_any { done(0) } else { Err(refused.into()) }
    }
}
