//! fork, exec, exit, wait.

use super::{done, with};
use crate::capability::SETUID;
use crate::event::SpawnKind;
use crate::file::Object;
use crate::kernel::{Caller, Kernel};
use crate::signal::Taken;
use crate::spawn::blank_process;
use crate::task::*;
use crate::timer::Timer;
use crate::trace::Tracees;
use crate::wait::{Key, Stop, SysResult, Wait, wait_on};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, S_ISGID, S_ISUID};
use tawaki_abi::signal::{SIG_DFL, SIG_IGN, SIGCHLD, SIGKILL, SigAction, SigInfo};
use tawaki_abi::wire::{Body, ExecAttr, ExecStarted, Fd, Reply, WaitWhich, Waited, trace_event};
use tawaki_vfs::{Access, FileKind, MountFlags};

const CLONE_VM: u64 = 0x100;
const CLONE_FS: u64 = 0x200;
const CLONE_FILES: u64 = 0x400;
/// Bit of a status word (`WCOREDUMP`).
const CORE_DUMPED: i32 = 0x80;
const CLONE_SIGHAND: u64 = 0x800;
const CLONE_VFORK: u64 = 0x4000;
const CLONE_PARENT: u64 = 0x8000;
const CLONE_THREAD: u64 = 0x10000;
/// Namespaces: mount, cgroup, uts, ipc, user, pid, net, time.
const CLONE_NAMESPACES: u64 = 0x20000 | 0x7e00_0000 | 0x80;
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;

const WNOHANG: u32 = 1;
const WSTOPPED: u32 = 2;
const WEXITED: u32 = 4;
const WCONTINUED: u32 = 8;
const WNOWAIT: u32 = 0x0100_0000;

/// Longest command line kept for `/proc/PID/cmdline`.
const MAX_CMDLINE: usize = 128 * 1024;

impl Kernel {
    pub(super) fn sys_fork(
        &mut self,
        c: Caller,
        flags: u64,
        exit_signal: u32,
        image: &mut ByteBuf,
    ) -> SysResult {
        if flags & CLONE_NAMESPACES != 0 {
            self.sys.unsupported(c.task, format_args!("clone with namespaces ({flags:#x})"));
            return Err(Errno::EPERM.into());
        }
        if exit_signal > 64 {
            return Err(Errno::EINVAL.into());
        }
        let sys = &self.sys;
        let p = &sys.procs[c.proc];
        let user_tasks = sys.per_user.get(&p.cred.ruid).copied().unwrap_or(0);
        if sys.tasks.len() >= sys.config.max_processes as usize
            || !p.cred.has(crate::capability::SYS_RESOURCE) && user_tasks >= p.limits[RLIMIT_NPROC].0
        {
            return Err(Errno::EAGAIN.into());
        }
        if p.exiting.is_some() || p.exec_task.is_some() {
            return Err(Errno::EAGAIN.into());
        }
        let vfork_child = sys.tasks[c.task].vfork_parent.is_some();
        if flags & CLONE_THREAD != 0 {
            if flags & (CLONE_SIGHAND | CLONE_VM) != CLONE_SIGHAND | CLONE_VM || vfork_child {
                return Err(Errno::EINVAL.into());
            }
            return self.new_thread(c, image);
        }
        if flags & CLONE_VM != 0 && flags & CLONE_VFORK == 0 {
            self.sys.unsupported(c.task, format_args!("clone with CLONE_VM alone ({flags:#x})"));
            return Err(Errno::EINVAL.into());
        }
        if flags & CLONE_SIGHAND != 0 && flags & CLONE_VM == 0 {
            return Err(Errno::EINVAL.into());
        }
        let pid = self.sys.new_pid().ok_or(Errno::EAGAIN)?;
        let child = self.copy_process(c, pid, flags, exit_signal)?;
        let task = self.sys.add_task(child, pid);
        let event = match (flags & CLONE_VFORK != 0, exit_signal == SIGCHLD) {
            (true, _) => trace_event::VFORK,
            (false, true) => trace_event::FORK,
            _ => trace_event::CLONE,
        };
        self.sys.trace_child(c.task, task, event);
        let mask = self.sys.tasks[c.task].mask;
        let comm = self.sys.tasks[c.task].comm.clone();
        let schedule = self.sys.tasks[c.task].schedule.inherited();
        let t = &mut self.sys.tasks[task];
        (t.mask, t.comm, t.schedule) = (mask, comm, schedule);
        if flags & CLONE_VM != 0 {
            let slot = self.sys.tasks[c.task].slot;
            let t = &mut self.sys.tasks[task];
            t.slot = slot;
            t.vfork_parent = Some(c.task);
            t.state = TaskState::Calling;
            self.sys.slots[slot.0 as usize] = Some(task);
            self.sys.tasks[c.task].state = TaskState::VforkParent;
            self.sys.reply(task, Reply::ok(0));
            return Err(Stop::Parked);
        }
        self.sys.tasks[task].fork_parent = Some(c.task);
        let parent = self.sys.tasks[c.task].slot;
        self.sys.tasks[c.task].state = TaskState::ForkParent;
        self.sys.spawn_worker(task, SpawnKind::Fork { parent }, core::mem::take(image).into_vec());
        Err(Stop::Parked)
    }

    fn new_thread(&mut self, c: Caller, image: &mut ByteBuf) -> SysResult {
        let tid = self.sys.new_pid().ok_or(Errno::EAGAIN)?;
        let task = self.sys.add_task(c.proc, tid);
        self.sys.trace_child(c.task, task, trace_event::CLONE);
        let leader = self.sys.tasks[c.task].slot;
        let (mask, comm) = (self.sys.tasks[c.task].mask, self.sys.tasks[c.task].comm.clone());
        let schedule = self.sys.tasks[c.task].schedule.inherited();
        let differs = self.sys.swapped.is_some();
        let t = &mut self.sys.tasks[task];
        (t.mask, t.comm, t.schedule) = (mask, comm, schedule);
        if differs {
            t.own_cred = Some(Box::new(self.sys.procs[c.proc].cred.clone()));
        }
        t.fork_parent = Some(c.task);
        self.sys.tasks[c.task].state = TaskState::ForkParent;
        self.sys.spawn_worker(task, SpawnKind::Thread { leader }, core::mem::take(image).into_vec());
        Err(Stop::Parked)
    }

    fn copy_process(&mut self, c: Caller, pid: i32, flags: u64, exit_signal: u32) -> SysResult<ProcId> {
        let sys = &mut self.sys;
        let fds = sys.procs[c.proc].fds;
        let fds = if flags & CLONE_FILES != 0 {
            sys.fdtables[fds].refs += 1;
            fds
        } else {
            sys.copy_table(fds)
        };
        let p = &sys.procs[c.proc];
        let mut actions = p.actions.clone();
        if flags & CLONE_CLEAR_SIGHAND != 0 {
            for action in actions.iter_mut().filter(|a| a.handler != SIG_IGN) {
                *action = SigAction::default();
            }
        }
        if flags & CLONE_FS != 0 {
            // Shared working directories are not kept: programs that use this
            // without threads set them once.
            let name = p.comm_text();
            sys.log_once(format!("{name}: CLONE_FS without CLONE_THREAD copies the directories"));
        }
        let p = &sys.procs[c.proc];
        let child = Process {
            pid,
            parent: if flags & CLONE_PARENT != 0 { p.parent } else { c.proc },
            pgid: p.pgid,
            sid: p.sid,
            cred: p.cred.clone(),
            fds,
            cwd: p.cwd,
            root: p.root,
            umask: p.umask,
            limits: p.limits,
            actions,
            exit_signal,
            comm: p.comm.clone(),
            exe: p.exe,
            cmdline: p.cmdline.clone(),
            environ: p.environ.clone(),
            maps: p.maps.clone(),
            handles: p.handles.clone(),
            kept: p.kept.clone(),
            nice: p.nice,
            dumpable: p.dumpable,
            no_new_privs: p.no_new_privs,
            oom_adj: p.oom_adj,
            ..blank_process(sys.init, p.root)
        };
        let mut places = vec![child.cwd, child.root];
        places.extend(child.exe);
        places.extend(child.handles.values().map(|held| held.loc));
        places.extend(child.kept.values());
        for place in places {
            self.vfs.open_ref(place)?;
        }
        Ok(self.sys.add_process(child))
    }

    pub(super) fn sys_child_ready(&mut self, c: Caller) -> SysResult {
        done(self.sys.tasks[c.task].tid)
    }

    pub(super) fn sys_exec_open(&mut self, c: Caller, dirfd: Fd, path: &[u8], flags: u32) -> SysResult {
        if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let loc = self.find(c, dirfd, path, flags)?;
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let stat = vfs.stat(&cx, loc)?;
        match FileKind::from_mode(stat.mode) {
            Some(FileKind::Regular) => {}
            Some(FileKind::Symlink) => return Err(Errno::ELOOP.into()),
            _ => return Err(Errno::EACCES.into()),
        }
        vfs.access(&cx, loc, Access::EXEC)?;
        let inode = vfs.inode(loc)?;
        // A program that somebody may be writing (execve(2)).
        let written = sys.files.iter().any(|(_, f)| {
            f.flags.writable()
                && matches!(f.object, Object::Regular)
                && f.loc.is_some_and(|l| l.ino == loc.ino && vfs.inode(l).is_ok_and(|i| i == inode))
        });
        if written {
            return Err(Errno::ETXTBSY.into());
        }
        let id = self.file_id(c, loc)?;
        let execs = self.sys.procs[c.proc].execs;
        let handle = self.hold(c.proc, loc, Some(execs))?;
        let attr = ExecAttr { mode: stat.mode, uid: stat.uid, gid: stat.gid };
        Ok(Reply::with(handle as i64, Body::Exec(id, attr)))
    }

    /// Drops the handles of the program before: those of its mappings, and those
    /// of programs opened for an earlier exec.
    fn drop_old_handles(&mut self, proc: ProcId, execs: u32) {
        let p = &mut self.sys.procs[proc];
        let mut old: Vec<_> = core::mem::take(&mut p.kept).into_values().collect();
        p.handles.retain(|_, held| {
            let keep = held.exec.is_some_and(|made| made >= execs);
            if !keep {
                old.push(held.loc);
            }
            keep
        });
        for loc in old {
            self.close_place(proc, loc);
        }
    }

    pub(super) fn sys_exec_commit(
        &mut self,
        c: Caller,
        handle: u32,
        path: &[u8],
        argv: &[ByteBuf],
        environ: &[u8],
        comm: &[u8],
    ) -> SysResult {
        if self.sys.tasks[c.task].vfork_parent.is_some() {
            return Err(Errno::EINVAL.into());
        }
        let loc = self.sys.procs[c.proc].handles.get(&handle).ok_or(Errno::EBADF)?.loc;
        let Kernel { vfs, sys, .. } = self;
        let stat = vfs.stat(&sys.context(c.proc), loc)?;
        let nosuid = vfs.mount_flags(loc)?.contains(MountFlags::NOSUID);
        // The other threads end first, if nothing refuses the program.
        let file = if nosuid { None } else { self.file_caps(c, loc)? };
        // Who is traced by an ordinary user gets nothing that the tracer could then use.
        let watched = self.sys.tasks[c.task].trace.as_ref().is_some_and(|trace| {
            self.sys.procs.get(trace.tracer).is_none_or(|p| !p.cred.has(crate::capability::SYS_PTRACE))
        });
        let mut trial = self.sys.procs[c.proc].cred.caps;
        let (ruid, euid) = {
            let p = &self.sys.procs[c.proc];
            let suid =
                !nosuid && !p.no_new_privs && (!watched || p.cred.has(SETUID)) && stat.mode & S_ISUID != 0;
            (p.cred.ruid, if suid { stat.uid } else { p.cred.euid })
        };
        trial.executes(ruid, euid, false, file, false)?;
        let p = &mut self.sys.procs[c.proc];
        if p.tasks.len() > 1 {
            if p.exec_task.is_some_and(|other| other != c.task) {
                return Err(Errno::EAGAIN.into());
            }
            p.exec_task = Some(c.task);
            for task in p.tasks.clone() {
                if task != c.task {
                    self.sys.doom(task);
                }
            }
            return Err(Stop::Wait(Wait { keys: vec![Key::Thread(c.proc)], until: None, restart: None }));
        }
        self.vfs.open_ref(loc)?;
        let p = &mut self.sys.procs[c.proc];
        p.exec_task = None;
        // From here on nothing fails.
        let (pid, tid) = (p.pid, self.sys.tasks[c.task].tid);
        if tid != pid {
            self.sys.pids.remove(&tid);
            self.sys.pids.entry(pid).or_default().task = Some(c.task);
            self.sys.tasks[c.task].tid = pid;
        }
        self.close_on_exec(c.proc);
        let now = self.sys.now.monotonic_ns;
        let p = &mut self.sys.procs[c.proc];
        for action in p.actions.iter_mut() {
            let handler = if action.handler == SIG_IGN { SIG_IGN } else { SIG_DFL };
            *action = SigAction { handler, ..SigAction::default() };
        }
        for (id, timer) in core::mem::take(&mut p.timers) {
            self.sys.timers.remove(&(timer.work.at, Timer::Posix(c.proc, id)));
        }
        let p = &mut self.sys.procs[c.proc];
        let execs = p.execs;
        p.execs += 1;
        p.did_exec = true;
        p.dumpable = 1;
        p.comm = comm.iter().copied().take(15).collect();
        p.maps = Maps { asked: now, wait: MAPS_SOON, ..Maps::default() };
        let mut cmdline = Vec::new();
        for arg in argv {
            if cmdline.len() + arg.len() > MAX_CMDLINE {
                break;
            }
            cmdline.extend_from_slice(arg);
            cmdline.push(0);
        }
        p.environ = environ[..environ.len().min(MAX_CMDLINE)].to_vec();
        p.cmdline = if argv.is_empty() { path.to_vec() } else { cmdline };
        let old_exe = p.exe.replace(loc);
        let mut cred = p.cred.clone();
        if !nosuid && !p.no_new_privs && (!watched || cred.has(SETUID)) {
            if stat.mode & S_ISUID != 0 {
                cred.euid = stat.uid;
            }
            if stat.mode & S_ISGID != 0 && stat.mode & 0o010 != 0 {
                cred.egid = stat.gid;
            }
        }
        let changed = (cred.euid, cred.egid) != (p.cred.euid, p.cred.egid);
        cred.suid = cred.euid;
        cred.sgid = cred.egid;
        let ambient = if changed || file.is_some() { 0 } else { cred.caps.ambient };
        // Tried above.
        let _ = cred.caps.executes(cred.ruid, cred.euid, changed, file, p.no_new_privs || watched);
        cred.keep_caps = 0;
        cred.sync_fs();
        let gained = cred.ruid != 0
            && (file.is_some_and(|file| file.effective) || cred.caps.permitted & !ambient != 0);
        let secure = cred.euid != cred.ruid || cred.egid != cred.rgid || gained;
        let t = &mut self.sys.tasks[c.task];
        t.comm = comm.iter().copied().take(15).collect();
        if let Some(loc) = old_exe {
            self.vfs.close_ref(&self.sys.context(c.proc), loc);
        }
        // The one thread left is the first one now.
        self.sys.swapped = None;
        self.set_cred(c.proc, cred);
        self.drop_old_handles(c.proc, execs);
        let random = self.sys.random.bytes();
        let p = &self.sys.procs[c.proc];
        with(Body::ExecStarted(ExecStarted {
            uid: p.cred.ruid,
            euid: p.cred.euid,
            gid: p.cred.rgid,
            egid: p.cred.egid,
            secure,
            random,
            stack_limit: p.limits[RLIMIT_STACK].0,
            space_limit: p.limits[RLIMIT_AS].0,
            data_limit: p.limits[RLIMIT_DATA],
            pid: p.pid,
            trace: self.sys.tasks[c.task].trace.as_ref().map_or(0, |trace| trace.mode),
        }))
    }

    pub(super) fn sys_exec_spawn(&mut self, c: Caller, handle: u32, request: &mut ByteBuf) -> SysResult {
        let Some(parent) = self.sys.tasks[c.task].vfork_parent else { return Err(Errno::EINVAL.into()) };
        if !self.sys.procs[c.proc].handles.contains_key(&handle) {
            return Err(Errno::EBADF.into());
        }
        let pid = self.sys.procs[c.proc].pid;
        self.sys.procs[c.proc].did_exec = true;
        let execs = self.sys.procs[c.proc].execs;
        self.drop_old_handles(c.proc, execs);
        self.sys.tasks[c.task].vfork_parent = None;
        self.sys.tasks[c.task].attention = false;
        self.sys.spawn_worker(c.task, SpawnKind::Exec, core::mem::take(request).into_vec());
        self.vfork_done(parent, Reply::ok(pid as i64));
        Err(Stop::Parked)
    }

    pub(super) fn sys_exit(&mut self, c: Caller, status: i32, group: bool) -> SysResult {
        let status = (status & 0xff) << 8;
        if group || self.sys.procs[c.proc].tasks.len() == 1 {
            self.sys.doom_process(c.proc, status);
        }
        self.end_task_with(c.task, true, true);
        Err(Stop::Parked)
    }

    pub(super) fn sys_kill_self(&mut self, c: Caller, signo: u32, core: bool) -> SysResult {
        let signo = if (1..=64).contains(&signo) { signo } else { SIGKILL };
        let dumped = core && self.sys.procs[c.proc].dump.as_ref().is_some_and(|dump| dump.signo == signo);
        self.sys.doom_process(c.proc, signo as i32 | if dumped { CORE_DUMPED } else { 0 });
        self.end_task_with(c.task, true, true);
        Err(Stop::Parked)
    }

    pub(super) fn sys_wait(&mut self, c: Caller, which: WaitWhich, options: u32) -> SysResult {
        let known = WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | 0xe000_0000;
        if options & !known != 0 {
            return Err(Errno::EINVAL.into());
        }
        let own = self.sys.procs[c.proc].pgid;
        let meant = |tid: i32, pgid: i32| {
            matches!(which, WaitWhich::Any)
                || which == WaitWhich::Pid(tid)
                || which == WaitWhich::Group(pgid)
                || which == WaitWhich::Group(0) && pgid == own
        };
        let traced = match self.sys.traced_report(c.proc, meant, options & WNOWAIT != 0) {
            Tracees::Stopped(waited) => return Ok(Reply::with(waited.pid as i64, Body::Waited(waited))),
            Tracees::Running => true,
            Tracees::None => false,
        };
        let exited = options & WEXITED != 0 || options & (WSTOPPED | WCONTINUED) == 0;
        let group = match which {
            WaitWhich::Group(0) => Some(self.sys.procs[c.proc].pgid),
            WaitWhich::Group(pgid) => Some(pgid),
            _ => None,
        };
        let by_fd = match which {
            WaitWhich::Pidfd(fd) => self.pidfd(c, fd).map(Some).or_else(|e| match e {
                Errno::ESRCH => Ok(None),
                e => Err(e),
            })?,
            _ => None,
        };
        let mut any = false;
        for n in 0..self.sys.procs[c.proc].children.len() {
            let child = self.sys.procs[c.proc].children[n];
            let p = &self.sys.procs[child];
            let meant = match which {
                WaitWhich::Any => true,
                WaitWhich::Pid(pid) => p.pid == pid,
                WaitWhich::Group(_) => Some(p.pgid) == group,
                WaitWhich::Pidfd(_) => Some(child) == by_fd,
            };
            if !meant {
                continue;
            }
            any = true;
            let keep = options & WNOWAIT != 0;
            let status = if p.zombie {
                if !exited {
                    continue;
                }
                p.exiting.unwrap_or(0)
            } else {
                let wanted = match p.report {
                    Some(0xffff) => options & WCONTINUED != 0,
                    // Its tracer is told in another way.
                    Some(_) if self.sys.traces(c.proc, child) => false,
                    Some(_) => options & WSTOPPED != 0,
                    None => false,
                };
                if !wanted {
                    continue;
                }
                let report = p.report;
                if !keep {
                    self.sys.procs[child].report = None;
                }
                report.unwrap_or(0)
            };
            let p = &self.sys.procs[child];
            let mut rusage = crate::exit::live_usage(&self.sys, p);
            add_usage(&mut rusage, &p.child_usage);
            let waited = Waited { pid: p.pid, status, uid: p.cred.ruid, rusage };
            if p.zombie && !keep {
                self.reap(child);
            }
            return Ok(Reply::with(waited.pid as i64, Body::Waited(waited)));
        }
        if !any && !traced {
            return Err(Errno::ECHILD.into());
        }
        if options & WNOHANG != 0 {
            return with(Body::Waited(Waited::default()));
        }
        if let WaitWhich::Pidfd(fd) = which
            && self.sys.files[self.sys.io_fd(c.proc, fd)?].nonblocking()
        {
            return Err(Errno::EAGAIN.into());
        }
        wait_on(Key::Child(c.proc))
    }

    pub(super) fn sys_fault(&mut self, c: Caller, info: SigInfo) -> SysResult {
        if !(1..=31).contains(&info.signo) || info.signo == SIGKILL || info.signo == SIGCHLD {
            return Err(Errno::EINVAL.into());
        }
        match self.sys.force_signal(c.task, info) {
            Taken::Deliver(deliver) => Ok(Reply::with(info.signo as i64, Body::Deliver(deliver))),
            Taken::Traced => Err(Stop::Parked),
            Taken::Dump(dump) => Ok(Reply::with(0, Body::Dump(dump))),
            _ => Err(Stop::Dead),
        }
    }
}
