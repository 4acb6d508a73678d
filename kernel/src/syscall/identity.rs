//! Who a process is: ids, groups, sessions.

use super::{done, with};
use crate::capability::{SETGID, SETUID};
use crate::kernel::{Caller, Kernel};
use crate::task::{Cred, ProcId, Session};
use crate::wait::SysResult;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, IdKind, SetIds};

/// Most supplementary groups (NGROUPS_MAX).
const MAX_GROUPS: usize = 65_536;
/// "Leave this one as it is."
const SAME: u32 = u32::MAX;

impl Kernel {
    pub(super) fn sys_getid(&mut self, c: Caller, which: IdKind) -> SysResult {
        let p = &self.sys.procs[c.proc];
        match which {
            IdKind::Pid => done(p.pid),
            IdKind::Ppid => done(self.sys.procs[p.parent].pid),
            IdKind::Tid => done(self.sys.tasks[c.task].tid),
            IdKind::Uid => done(p.cred.ruid),
            IdKind::Euid => done(p.cred.euid),
            IdKind::Gid => done(p.cred.rgid),
            IdKind::Egid => done(p.cred.egid),
            IdKind::Pgrp => done(p.pgid),
        }
    }

    pub(super) fn sys_getids(&mut self, c: Caller, group: bool) -> SysResult {
        let cred = &self.sys.procs[c.proc].cred;
        with(match group {
            false => Body::Ids(cred.ruid, cred.euid, cred.suid),
            true => Body::Ids(cred.rgid, cred.egid, cred.sgid),
        })
    }

    pub(super) fn sys_getgroups(&mut self, c: Caller) -> SysResult {
        let groups = self.sys.procs[c.proc].cred.fs.groups.clone();
        Ok(tawaki_abi::wire::Reply::with(groups.len() as i64, Body::Groups(groups)))
    }

    pub(super) fn sys_setids(&mut self, c: Caller, op: &mut SetIds) -> SysResult {
        let mut cred = self.sys.procs[c.proc].cred.clone();
        let mut result = 0;
        match op {
            SetIds::Uid(uid) => {
                let uid = valid(*uid)?;
                if cred.has(SETUID) {
                    (cred.ruid, cred.euid, cred.suid) = (uid, uid, uid);
                } else if uid == cred.ruid || uid == cred.suid {
                    cred.euid = uid;
                } else {
                    return Err(Errno::EPERM.into());
                }
                cred.sync_fs();
            }
            SetIds::Gid(gid) => {
                let gid = valid(*gid)?;
                if cred.has(SETGID) {
                    (cred.rgid, cred.egid, cred.sgid) = (gid, gid, gid);
                } else if gid == cred.rgid || gid == cred.sgid {
                    cred.egid = gid;
                } else {
                    return Err(Errno::EPERM.into());
                }
                cred.sync_fs();
            }
            SetIds::Reuid(r, e) => {
                let old = [cred.ruid, cred.euid, cred.suid];
                allowed(&cred, SETUID, *r, &old[..2])?;
                allowed(&cred, SETUID, *e, &old)?;
                let (r, e) = (*r, *e);
                if r != SAME {
                    cred.ruid = r;
                }
                if e != SAME {
                    cred.euid = e;
                }
                if r != SAME || e != SAME && e != old[0] {
                    cred.suid = cred.euid;
                }
                cred.sync_fs();
            }
            SetIds::Regid(r, e) => {
                let old = [cred.rgid, cred.egid, cred.sgid];
                allowed(&cred, SETGID, *r, &old[..2])?;
                allowed(&cred, SETGID, *e, &old)?;
                let (r, e) = (*r, *e);
                if r != SAME {
                    cred.rgid = r;
                }
                if e != SAME {
                    cred.egid = e;
                }
                if r != SAME || e != SAME && e != old[0] {
                    cred.sgid = cred.egid;
                }
                cred.sync_fs();
            }
            SetIds::Resuid(r, e, s) => {
                let old = [cred.ruid, cred.euid, cred.suid];
                for id in [*r, *e, *s] {
                    allowed(&cred, SETUID, id, &old)?;
                }
                for (slot, id) in [(&mut cred.ruid, *r), (&mut cred.euid, *e), (&mut cred.suid, *s)] {
                    if id != SAME {
                        *slot = id;
                    }
                }
                cred.sync_fs();
            }
            SetIds::Resgid(r, e, s) => {
                let old = [cred.rgid, cred.egid, cred.sgid];
                for id in [*r, *e, *s] {
                    allowed(&cred, SETGID, id, &old)?;
                }
                for (slot, id) in [(&mut cred.rgid, *r), (&mut cred.egid, *e), (&mut cred.sgid, *s)] {
                    if id != SAME {
                        *slot = id;
                    }
                }
                cred.sync_fs();
            }
            SetIds::Groups(groups) => {
                if !cred.has(SETGID) {
                    return Err(Errno::EPERM.into());
                }
                if groups.len() > MAX_GROUPS {
                    return Err(Errno::EINVAL.into());
                }
                cred.fs.groups = core::mem::take(groups);
            }
            SetIds::Fsuid(uid) => {
                result = cred.fs.uid;
                let known = [cred.ruid, cred.euid, cred.suid, cred.fs.uid].contains(uid);
                if *uid != SAME && (known || cred.has(SETUID)) {
                    cred.caps.file_user_changes(cred.fs.uid, *uid);
                    cred.fs.uid = *uid;
                    cred.sync_powers();
                }
            }
            SetIds::Fsgid(gid) => {
                result = cred.fs.gid;
                let known = [cred.rgid, cred.egid, cred.sgid, cred.fs.gid].contains(gid);
                if *gid != SAME && (known || cred.has(SETGID)) {
                    cred.fs.gid = *gid;
                }
            }
        }
        let p = &self.sys.procs[c.proc];
        let users = |cred: &Cred| [cred.ruid, cred.euid, cred.suid];
        if users(&p.cred) != users(&cred) {
            cred.caps.user_changes(users(&p.cred), users(&cred), p.cred.keep_caps != 0);
            cred.sync_powers();
        }
        self.set_cred(c.proc, cred);
        done(result)
    }

    /// Changes the calling thread's identity, and whom it counts for.
    pub(crate) fn set_cred(&mut self, proc: ProcId, cred: Cred) {
        let p = &mut self.sys.procs[proc];
        let (old, new) = (p.cred.ruid, cred.ruid);
        if p.cred.euid != cred.euid || p.cred.egid != cred.egid {
            p.dumpable = 0;
            p.death_signal = 0;
        }
        p.cred = cred;
        if old != new {
            self.sys.count_user(old, false);
            self.sys.count_user(new, true);
        }
    }

    /// A process by pid, 0 for the caller's own; zombies do not count.
    fn target(&self, c: Caller, pid: i32) -> Result<ProcId, Errno> {
        match pid {
            0 => Ok(c.proc),
            pid if pid < 0 => Err(Errno::EINVAL),
            pid => self.sys.proc_by_pid(pid).ok_or(Errno::ESRCH),
        }
    }

    pub(super) fn sys_getpgid(&mut self, c: Caller, pid: i32) -> SysResult {
        let proc = self.target(c, pid).map_err(|_| Errno::ESRCH)?;
        done(self.sys.procs[proc].pgid)
    }

    pub(super) fn sys_getsid(&mut self, c: Caller, pid: i32) -> SysResult {
        let proc = self.target(c, pid).map_err(|_| Errno::ESRCH)?;
        done(self.sys.procs[proc].sid)
    }

    pub(super) fn sys_setpgid(&mut self, c: Caller, pid: i32, pgid: i32) -> SysResult {
        if pgid < 0 {
            return Err(Errno::EINVAL.into());
        }
        let proc = self.target(c, pid)?;
        let me = &self.sys.procs[c.proc];
        let p = &self.sys.procs[proc];
        if proc != c.proc && p.parent != c.proc {
            return Err(Errno::ESRCH.into());
        }
        if p.sid != me.sid || p.sid == p.pid {
            return Err(Errno::EPERM.into());
        }
        if proc != c.proc && p.did_exec {
            return Err(Errno::EACCES.into());
        }
        let pgid = if pgid == 0 { p.pid } else { pgid };
        let old = p.pgid;
        if pgid != p.pid {
            let sid = p.sid;
            let members = self.sys.groups.get(&pgid).ok_or(Errno::EPERM)?;
            if !members.iter().any(|m| self.sys.procs[*m].sid == sid) {
                return Err(Errno::EPERM.into());
            }
        }
        if pgid != old {
            self.sys.leave_group(proc, old);
            self.sys.groups.entry(pgid).or_default().push(proc);
            self.sys.procs[proc].pgid = pgid;
        }
        done(0)
    }

    pub(super) fn sys_setsid(&mut self, c: Caller) -> SysResult {
        let p = &self.sys.procs[c.proc];
        let (pid, pgid, sid) = (p.pid, p.pgid, p.sid);
        if pgid == pid || self.sys.groups.contains_key(&pid) {
            return Err(Errno::EPERM.into());
        }
        self.sys.leave_group(c.proc, pgid);
        self.sys.leave_sid(sid);
        self.sys.groups.entry(pid).or_default().push(c.proc);
        self.sys.sessions.insert(pid, Session { tty: None, old_pgrp: 0, leader: c.proc, members: 1 });
        let p = &mut self.sys.procs[c.proc];
        (p.sid, p.pgid) = (pid, pid);
        done(pid)
    }

    pub(super) fn sys_capget(&mut self, c: Caller, pid: i32) -> SysResult {
        let caps = match pid {
            0 => self.sys.procs[c.proc].cred.caps,
            pid => match self.sys.task_by_tid(pid) {
                Some(task) => self.sys.cred_of(task).caps,
                None => self.sys.procs[self.target(c, pid)?].cred.caps,
            },
        };
        with(Body::Caps(caps.effective, caps.permitted, caps.inheritable))
    }

    pub(super) fn sys_capset(
        &mut self,
        c: Caller,
        effective: u64,
        permitted: u64,
        inheritable: u64,
    ) -> SysResult {
        let cred = &mut self.sys.procs[c.proc].cred;
        cred.caps.set(effective, permitted, inheritable)?;
        cred.sync_powers();
        done(0)
    }
}

fn valid(id: u32) -> Result<u32, Errno> {
    if id == SAME { Err(Errno::EINVAL) } else { Ok(id) }
}

/// Whether an id may be set: one of the old ones, or any by the superuser.
fn allowed(cred: &Cred, cap: u32, id: u32, old: &[u32]) -> Result<(), Errno> {
    if id == SAME || cred.has(cap) || old.contains(&id) { Ok(()) } else { Err(Errno::EPERM) }
}
