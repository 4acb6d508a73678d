//! Limits, usage, names of the system, prctl, random numbers.

use super::{done, with};
use crate::capability::{KEEP_CAPS, LAST, SYS_NICE, SYS_RESOURCE};
use crate::exit::live_usage;
use crate::kernel::{Caller, Kernel};
use crate::task::*;
use crate::wait::SysResult;
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, MAX_TRANSFER, Reply, Rusage, Sysinfo, Uname};

/// What uname(2) tells.
pub const RELEASE: &str = "6.1.0-tawaki";
pub const VERSION: &str = "#1 SMP Tawaki";

const RUSAGE_CHILDREN: i32 = -1;
const RUSAGE_SELF: i32 = 0;
const RUSAGE_THREAD: i32 = 1;

impl Kernel {
    pub(super) fn sys_prlimit(
        &mut self,
        c: Caller,
        pid: i32,
        resource: u32,
        new: Option<(u64, u64)>,
    ) -> SysResult {
        let resource = resource as usize;
        if resource >= RLIMITS || pid < 0 {
            return Err(Errno::EINVAL.into());
        }
        let target = if pid == 0 { c.proc } else { self.sys.proc_by_pid(pid).ok_or(Errno::ESRCH)? };
        let me = &self.sys.procs[c.proc].cred;
        let capable = me.has(SYS_RESOURCE);
        let other = &self.sys.procs[target].cred;
        let same = [other.ruid, other.euid, other.suid].iter().all(|id| *id == me.ruid)
            && [other.rgid, other.egid, other.sgid].iter().all(|id| *id == me.rgid);
        if target != c.proc && !capable && !same {
            return Err(Errno::EPERM.into());
        }
        let limit = &mut self.sys.procs[target].limits[resource];
        let old = *limit;
        if let Some((soft, hard)) = new {
            if soft > hard {
                return Err(Errno::EINVAL.into());
            }
            if hard > old.1 && !capable || resource == RLIMIT_NOFILE && hard > NR_OPEN {
                return Err(Errno::EPERM.into());
            }
            *limit = (soft, hard);
            if resource == RLIMIT_CPU {
                self.sys.procs[target].cpu_told = 0;
                self.sys.check_cpu(target);
            }
        }
        with(Body::Rlimit(old.0, old.1))
    }

    pub(super) fn sys_getrusage(&mut self, c: Caller, who: i32) -> SysResult {
        let p = &self.sys.procs[c.proc];
        let usage = match who {
            RUSAGE_SELF => live_usage(&self.sys, p),
            RUSAGE_CHILDREN => p.child_usage,
            RUSAGE_THREAD => {
                let t = &self.sys.tasks[c.task];
                Rusage { utime: t.utime, stime: t.stime, nvcsw: t.switches, ..p.usage() }
            }
            _ => return Err(Errno::EINVAL.into()),
        };
        with(Body::Rusage(usage))
    }

    pub(super) fn sys_sysinfo(&mut self, _: Caller) -> SysResult {
        let sys = &self.sys;
        with(Body::Sysinfo(Sysinfo {
            uptime: sys.uptime() / 1_000_000_000,
            loads: sys.loads,
            totalram: sys.config.memory,
            freeram: sys.free_memory(),
            procs: sys.tasks.len().min(u16::MAX as usize) as u16,
        }))
    }

    pub(super) fn sys_uname(&mut self, _: Caller) -> SysResult {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        with(Body::Uname(Uname {
            sysname: "Linux".into(),
            nodename: text(&self.sys.hostname),
            release: RELEASE.into(),
            version: VERSION.into(),
            domainname: text(&self.sys.domainname),
        }))
    }

    pub(super) fn sys_set_name(&mut self, c: Caller, domain: bool, name: &mut Option<ByteBuf>) -> SysResult {
        if !self.sys.procs[c.proc].cred.capable() {
            return Err(Errno::EPERM.into());
        }
        let Some(name) = name else { return done(0) };
        if name.len() > 64 {
            return Err(Errno::EINVAL.into());
        }
        let place = if domain { &mut self.sys.domainname } else { &mut self.sys.hostname };
        *place = core::mem::take(name).into_vec();
        done(0)
    }

    pub(super) fn sys_vhangup(&mut self, c: Caller) -> SysResult {
        if !self.sys.procs[c.proc].cred.has(crate::capability::SYS_TTY_CONFIG) {
            return Err(Errno::EPERM.into());
        }
        if let Some(tty) = self.sys.controlling_tty(c.proc) {
            self.sys.virtual_hangup(tty);
        }
        done(0)
    }

    pub(super) fn sys_prctl(&mut self, c: Caller, op: u32, arg: u64, name: &[u8]) -> SysResult {
        let sys = &mut self.sys;
        let p = &mut sys.procs[c.proc];
        match op {
            1 if arg <= 64 => p.death_signal = arg as u32, // PR_SET_PDEATHSIG
            2 => return done(p.death_signal),
            3 => return done(p.dumpable),
            4 if arg <= 1 => p.dumpable = arg,
            7 => return done(p.cred.keep_caps),
            8 if arg <= 1 => p.cred.keep_caps = arg,
            15 => {
                // PR_SET_NAME
                let name: Vec<u8> = name.iter().copied().take_while(|b| *b != 0).take(15).collect();
                let t = &mut sys.tasks[c.task];
                if t.tid == p.pid {
                    p.comm = name.clone();
                }
                t.comm = name;
            }
            16 => {
                let name = ByteBuf::from(sys.tasks[c.task].comm.clone());
                return with(Body::Bytes(name));
            }
            23 if arg <= LAST.into() => return done(p.cred.caps.bounding >> arg & 1), // PR_CAPBSET_READ
            24 => p.cred.caps.drop_bounding(arg)?,
            // PR_GET_SECUREBITS, PR_SET_SECUREBITS
            27 => return done(p.cred.caps.securebits | if p.cred.keep_caps != 0 { KEEP_CAPS } else { 0 }),
            28 => {
                p.cred.caps.set_securebits(arg, p.cred.keep_caps != 0)?;
                p.cred.keep_caps = u64::from(arg as u32 & KEEP_CAPS != 0);
            }
            // PR_CAP_AMBIENT: what to do, and in the upper half to which
            47 => return done(p.cred.caps.ambient(arg as u32, (arg >> 32) as u32)?),
            36 => p.subreaper = arg != 0,
            37 => return done(p.subreaper as i64),
            38 if arg == 1 => p.no_new_privs = true,
            39 => return done(p.no_new_privs as i64),
            1 | 4 | 8 | 23 | 38 => return Err(Errno::EINVAL.into()),
            _ => {
                sys.unsupported(c.task, format_args!("prctl operation {op}"));
                return Err(Errno::EINVAL.into());
            }
        }
        done(0)
    }

    pub(super) fn sys_priority(&mut self, c: Caller, which: u32, who: i32, set: Option<i32>) -> SysResult {
        let me = &self.sys.procs[c.proc];
        let targets: Vec<ProcId> = match which {
            0 if who == 0 => vec![c.proc],
            0 => {
                let thread = self.sys.task_by_tid(who).map(|task| self.sys.tasks[task].proc);
                self.sys.proc_by_pid(who).or(thread).into_iter().collect()
            }
            1 => {
                let pgid = if who == 0 { me.pgid } else { who };
                self.sys.groups.get(&pgid).cloned().unwrap_or_default()
            }
            2 => {
                let uid = if who == 0 { me.cred.ruid } else { who as u32 };
                self.sys.procs.iter().filter(|(_, p)| p.cred.ruid == uid).map(|(id, _)| id).collect()
            }
            _ => return Err(Errno::EINVAL.into()),
        };
        let lowest = targets.iter().map(|t| self.sys.procs[*t].nice).min().ok_or(Errno::ESRCH)?;
        let Some(nice) = set else {
            // As the system call gives it: 1 to 40, larger is more favourable.
            return done(20 - lowest);
        };
        let nice = nice.clamp(-20, 19);
        let (capable, euid) = (me.cred.has(SYS_NICE), me.cred.euid);
        for target in targets {
            let p = &mut self.sys.procs[target];
            if !capable && ![p.cred.ruid, p.cred.euid].contains(&euid) {
                return Err(Errno::EPERM.into());
            }
            // RLIMIT_NICE counts from 1 (19) to 40 (-20).
            if !capable && nice < p.nice && (20 - nice) as u64 > p.limits[RLIMIT_NICE].0 {
                return Err(Errno::EACCES.into());
            }
            p.nice = nice;
        }
        done(0)
    }

    pub(super) fn sys_getrandom(&mut self, len: u32) -> SysResult {
        let mut data = vec![0; (len as usize).min(MAX_TRANSFER)];
        self.sys.random.fill(&mut data);
        Ok(Reply::with(data.len() as i64, Body::Bytes(ByteBuf::from(data))))
    }
}

impl crate::system::System {
    /// Memory not in use by processes, as far as they have told.
    pub fn free_memory(&self) -> u64 {
        let used: u64 = self.procs.iter().map(|(_, p)| p.maps.rss.max(1 << 20)).sum();
        self.config.memory.saturating_sub(used)
    }
}
