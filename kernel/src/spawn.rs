//! Starting programs: through the API, by fork, and the parts of exec that are
//! the kernel's.

use crate::event::{Effect, RequestId, SpawnKind, SpawnRequest, Stdio};
use crate::file::pipe::{HostEnd, Pipe};
use crate::file::table::FdTable;
use crate::file::{AnonymousKind, Object, OpenFile};
use crate::kernel::Kernel;
use crate::system::{PidEntry, Streams};
use crate::task::*;
use crate::timer::Clockwork;
use crate::tty::{MAX_TTYS, Side, Tty};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::{SIGCHLD, SigAction};
use tawaki_abi::tty::WinSize;
use tawaki_abi::wire::{self, ExecRequest, Rusage, Slot};
use tawaki_vfs::{Access, At, Context, FileKind, FsError, Location};

/// Debian's search path for programs when the environment has none.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Kernel {
    /// Starts what can be started; keeps what waits for a block.
    pub(crate) fn start_requests(&mut self) {
        for _ in 0..self.requests.len() {
            let Some(request) = self.requests.pop_front() else { break };
            match self.start_request(&request) {
                Ok(()) => {}
                Err(FsError::Pending) => {
                    self.sys.out.push(Effect::FetchBlocks);
                    self.requests.push_back(request);
                }
                Err(error) => {
                    let errno = error.errno().unwrap_or(Errno::EIO);
                    let path = String::from_utf8_lossy(&request.path).into_owned();
                    self.sys.log(format!("cannot start {path}: {error}"));
                    self.sys.out.push(Effect::SpawnRefused { request: request.request, errno });
                }
            }
        }
    }

    fn start_request(&mut self, r: &SpawnRequest) -> Result<(), FsError> {
        if self.sys.tasks.len() >= self.sys.config.max_processes as usize {
            return Err(Errno::EAGAIN.into());
        }
        let root = self.vfs.root()?;
        let cred = Cred::new(r.uid, r.gid, r.groups.clone());
        let cx = Context { creds: &cred.fs, ..self.sys.kernel_context() };
        let at = At { root, base: root };
        let cwd = self.vfs.lookup(&cx, &at, if r.cwd.is_empty() { b"/" } else { &r.cwd }, true)?;
        self.vfs.access(&cx, cwd, Access::EXEC)?;
        if self.vfs.stat(&cx, cwd)?.mode & tawaki_abi::fs::S_IFMT != tawaki_abi::fs::S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        let at = At { root, base: cwd };
        let path = find_program(&mut self.vfs, &cx, &at, &r.path, &r.env)?;
        // The terminal's node, so that ttyname(3) finds it.
        let tty = self.request_terminal(r)?;
        let tty_loc = match (tty, self.sys.mounts.devpts) {
            (Some(tty), Some(mount)) => Some(Location { mount, ino: crate::fs::devpts::tty_ino(tty) }),
            _ => None,
        };
        let pid = self.sys.new_pid().ok_or(FsError::Errno(Errno::EAGAIN))?;
        self.vfs.open_ref(cwd)?;
        self.vfs.open_ref(root)?;
        let fds = self.sys.fdtables.insert(FdTable::new());
        let init = self.sys.init;
        let max = self.sys.config.max_processes;
        let comm = path.rsplit(|c| *c == b'/').next().unwrap_or(b"").to_vec();
        let proc = self.sys.add_process(Process {
            pid,
            parent: init,
            pgid: pid,
            sid: pid,
            cred,
            fds,
            cwd,
            root,
            limits: default_limits(max),
            request: Some(r.request),
            comm: comm.into_iter().take(15).collect(),
            ..blank_process(init, root)
        });
        self.sys.sessions.insert(pid, Session { tty: None, old_pgrp: 0, leader: proc, members: 1 });
        match (r.stdio, tty) {
            (Stdio::Terminal { .. }, Some(tty)) => {
                let _ = self.sys.set_controlling(proc, tty, true);
                let file = OpenFile::new(Object::Tty(tty), OpenFlags::RDWR, tty_loc);
                self.sys.ttys[tty].opens += 1;
                self.sys.ttys[tty].uid = r.uid;
                if let Some(loc) = tty_loc {
                    self.vfs.open_ref(loc)?;
                }
                let fd = self.open_fd(proc, file, false)?;
                let file = self.sys.fd(proc, fd)?;
                for _ in 0..2 {
                    self.sys.files[file].refs += 1;
                    self.sys.install(proc, file, 0, false)?;
                }
            }
            _ => self.open_streams(proc, r.request)?,
        }
        let task = self.sys.add_task(proc, pid);
        let bytes = |list: &[Vec<u8>]| list.iter().map(|s| ByteBuf::from(s.clone())).collect();
        let exec = ExecRequest {
            path: ByteBuf::from(path),
            argv: bytes(&r.argv),
            envp: bytes(&r.env),
            handle: None,
            inherited: ByteBuf::new(),
        };
        let payload = wire::encode(&exec, Vec::new()).map_err(|_| FsError::Errno(Errno::E2BIG))?;
        self.sys.out.push(Effect::Started { request: r.request, pid });
        self.sys.spawn_worker(task, SpawnKind::Exec, payload);
        Ok(())
    }

    fn request_terminal(&mut self, r: &SpawnRequest) -> Result<Option<crate::tty::TtyId>, FsError> {
        let Stdio::Terminal { terminal, cols, rows } = r.stdio else { return Ok(None) };
        if let Some(tty) = self.sys.terminals.get(&terminal) {
            return Ok(Some(*tty));
        }
        if self.sys.ttys.len() >= MAX_TTYS {
            return Err(Errno::ENFILE.into());
        }
        let size = WinSize { rows, cols, ..WinSize::default() };
        let tty = self.sys.ttys.insert(Tty::new(Side::Host { terminal, under_way: 0 }, size));
        self.sys.terminals.insert(terminal, tty);
        Ok(Some(tty))
    }

    /// Three pipes whose other ends the host holds.
    fn open_streams(&mut self, proc: ProcId, request: RequestId) -> Result<(), Errno> {
        let mut streams = Streams::default();
        for n in 0..3u8 {
            let reads = n == 0;
            let mut pipe = Pipe::new();
            pipe.readers = reads as u32;
            pipe.writers = !reads as u32;
            pipe.writer_opens = 1;
            pipe.reader_opens = 1;
            pipe.host = if reads {
                HostEnd::Input { request, asked: 0, eof: false }
            } else {
                HostEnd::Output { request, stream: n, under_way: 0, closed: false }
            };
            let id = self.sys.add_pipe(pipe);
            if reads {
                streams.stdin = Some(id);
            } else {
                streams.out[n as usize - 1] = Some(id);
            }
            let flags = if reads { OpenFlags::empty() } else { OpenFlags::WRONLY };
            let loc = self.sys.anonymous_location(AnonymousKind::Pipe, id.0 as u64);
            let file = OpenFile::new(Object::Pipe { id, reads, writes: !reads }, flags, Some(loc));
            self.open_fd(proc, file, false)?;
        }
        self.sys.streams.insert(request, streams);
        if let Some(stdin) = streams.stdin {
            self.sys.want(stdin);
        }
        Ok(())
    }
}

/// Searches a program as execvp(3) does.
fn find_program(
    vfs: &mut tawaki_vfs::Vfs,
    cx: &Context,
    at: &At,
    name: &[u8],
    env: &[Vec<u8>],
) -> Result<Vec<u8>, FsError> {
    if name.contains(&b'/') {
        return Ok(name.to_vec());
    }
    if name.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let path = env.iter().find_map(|v| v.strip_prefix(b"PATH=")).unwrap_or(DEFAULT_PATH);
    let mut denied = false;
    for dir in path.split(|c| *c == b':') {
        let dir = if dir.is_empty() { b".".as_slice() } else { dir };
        let full = [dir, b"/", name].concat();
        let found = match vfs.lookup(cx, at, &full, true) {
            Ok(found) => found,
            Err(FsError::Pending) => return Err(FsError::Pending),
            Err(_) => continue,
        };
        let stat = vfs.stat(cx, found)?;
        if FileKind::from_mode(stat.mode) != Some(FileKind::Regular) {
            continue;
        }
        match vfs.access(cx, found, Access::EXEC) {
            Ok(()) => return Ok(full),
            Err(FsError::Pending) => return Err(FsError::Pending),
            Err(_) => denied = true,
        }
    }
    Err(if denied { Errno::EACCES } else { Errno::ENOENT }.into())
}

/// A process with nothing in it.
pub(crate) fn blank_process(init: ProcId, root: Location) -> Process {
    Process {
        pid: 0,
        parent: init,
        children: Vec::new(),
        auxv: Vec::new(),
        traced_ends: Vec::new(),
        tasks: Vec::new(),
        pgid: 0,
        sid: 0,
        cred: Cred::new(0, 0, Vec::new()),
        fds: crate::slab::Id::new(0),
        cwd: root,
        root,
        umask: 0o022,
        limits: default_limits(0),
        actions: Box::new([SigAction::default(); 64]),
        shared: SigQueue::default(),
        stopped: None,
        report: None,
        exiting: None,
        zombie: false,
        exit_signal: SIGCHLD,
        comm: Vec::new(),
        exe: None,
        cmdline: Vec::new(),
        environ: Vec::new(),
        maps: Maps::default(),
        handles: Default::default(),
        kept: Default::default(),
        execs: 0,
        did_exec: false,
        itimers: [Clockwork::default(); 3],
        cpu_targets: [0; 3],
        timers: Default::default(),
        next_timer_id: 0,
        nice: 0,
        dumpable: 1,
        dump: None,
        death_signal: 0,
        subreaper: false,
        no_new_privs: false,
        start_ns: 0,
        utime: 0,
        stime: 0,
        child_usage: Rusage::default(),
        request: None,
        exec_task: None,
        oom_adj: 0,
        cpu_check: 0,
        cpu_told: 0,
    }
}

impl crate::system::System {
    /// Enters a process into the tables: parent's children, group, session. The
    /// session itself exists or is made by the caller.
    pub(crate) fn add_process(&mut self, mut process: Process) -> ProcId {
        process.start_ns = self.uptime();
        process.maps.asked = self.now.monotonic_ns;
        let (pid, parent, pgid, sid) = (process.pid, process.parent, process.pgid, process.sid);
        let proc = self.procs.insert(process);
        self.pids.entry(pid).or_default().proc = Some(proc);
        self.groups.entry(pgid).or_default().push(proc);
        if let Some(session) = self.sessions.get_mut(&sid) {
            session.members += 1;
        }
        if parent != proc
            && let Some(p) = self.procs.get_mut(parent)
        {
            p.children.push(proc);
        }
        self.forks += 1;
        self.check_cpu(proc);
        proc
    }

    /// Adds a thread to a process.
    pub(crate) fn add_task(&mut self, proc: ProcId, tid: i32) -> TaskId {
        let comm = self.procs[proc].comm.clone();
        let task = self.tasks.insert(Task {
            tid,
            proc,
            slot: Slot(u32::MAX),
            state: TaskState::Starting,
            dying: false,
            dumped: false,
            queued: false,
            attention: false,
            mask: 0,
            saved_mask: None,
            pending: SigQueue::default(),
            waiting: None,
            vfork_parent: None,
            fork_parent: None,
            comm,
            own_cred: None,
            resumed_at: self.now.monotonic_ns,
            utime: 0,
            stime: 0,
            owed: 0,
            resting: false,
            told_maps: false,
            switches: 0,
            schedule: crate::syscall::Schedule::new(self.config.cpus),
            hang_at: 0,
            synced: false,
            trace: None,
            wrote: None,
            probe: None,
        });
        self.procs[proc].tasks.push(task);
        let entry: &mut PidEntry = self.pids.entry(tid).or_default();
        entry.task = Some(task);
        let uid = self.procs[proc].cred.ruid;
        self.count_user(uid, true);
        task
    }
}
