//! Credentials of threads (credentials(7)): a process has one set, its first thread's. The C
//! library changes all threads together, but the system call changes only the one that calls
//! it; a thread that differs keeps its own set, and has it in the process's place during its
//! calls. So a handler looks at the process alone.

use crate::kernel::Kernel;
use crate::system::System;
use crate::task::{Cred, TaskId};
use crate::wait::{Progress, SysResult};
use tawaki_abi::wire::Call;

impl Kernel {
    /// Runs the handler of a call with the caller's own credentials.
    pub(crate) fn dispatch(&mut self, task: TaskId, call: &mut Call, progress: &mut Progress) -> SysResult {
        if matches!(call, Call::SetIds { .. } | Call::Capset { .. } | Call::Prctl { .. }) {
            self.sys.part_creds(task);
        }
        let t = &mut self.sys.tasks[task];
        let proc = t.proc;
        let Some(mut own) = t.own_cred.take() else { return self.handle(task, call, progress) };
        core::mem::swap(&mut *own, &mut self.sys.procs[proc].cred);
        self.sys.swapped = Some((task, own));
        let result = self.handle(task, call, progress);
        // After execve(2) the thread is the process; after exit(2) it is no more.
        if let Some((_, mut own)) = self.sys.swapped.take()
            && let Some(p) = self.sys.procs.get_mut(proc)
        {
            core::mem::swap(&mut *own, &mut p.cred);
            if let Some(t) = self.sys.tasks.get_mut(task) {
                t.own_cred = Some(own);
            }
        }
        result
    }
}

impl System {
    /// Before a thread changes its credentials: it has them for itself from now on.
    fn part_creds(&mut self, task: TaskId) {
        let t = &self.tasks[task];
        if t.own_cred.is_some() {
            return;
        }
        let Some(p) = self.procs.get(t.proc).filter(|p| p.tasks.len() > 1) else { return };
        let first = t.tid == p.pid;
        for other in &p.tasks {
            if let Some(t) = self.tasks.get_mut(*other)
                && t.own_cred.is_none()
                && (*other == task) != first
            {
                t.own_cred = Some(Box::new(p.cred.clone()));
            }
        }
    }

    /// The credentials of a thread.
    pub fn cred_of(&self, task: TaskId) -> &Cred {
        let t = &self.tasks[task];
        let shared = &self.procs[t.proc].cred;
        match &self.swapped {
            Some((swapped, _)) if *swapped == task => shared,
            Some((swapped, of_first)) if t.own_cred.is_none() => {
                if self.tasks.get(*swapped).is_some_and(|s| s.proc == t.proc) { of_first } else { shared }
            }
            _ => t.own_cred.as_deref().unwrap_or(shared),
        }
    }
}
