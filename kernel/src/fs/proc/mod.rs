//! procfs (proc(5)). An inode number holds a process (0: none), a row of one of
//! two tables, and a descriptor number.

mod general;
mod net;
mod process;

use super::{list, made_up, system};
use crate::system::System;
use crate::task::{ProcId, Process, TaskId};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFLNK, S_IFREG, Stat, Statfs};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino, Location, Powers};

/// The file system.
pub struct ProcFs;

/// A decoded inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    /// Process or thread id, 0 for the general part.
    pid: u32,
    /// Below `/proc/PID/task`.
    thread: bool,
    /// Row of the table.
    row: u8,
    /// Descriptor plus one below `fd` and `fdinfo`.
    fd: u32,
}

impl Node {
    fn new(pid: u32, thread: bool, row: u8) -> Node {
        Node { pid, thread, row, fd: 0 }
    }
    fn ino(self) -> Ino {
        Ino((self.pid as u64) << 32 | (self.thread as u64) << 31 | (self.row as u64) << 24 | self.fd as u64)
    }
    fn from(ino: Ino) -> Node {
        let n = ino.0;
        Node {
            pid: (n >> 32) as u32,
            thread: n >> 31 & 1 != 0,
            row: (n >> 24 & 0x7f) as u8,
            fd: (n & 0xff_ffff) as u32,
        }
    }
}

/// A process (or thread) that a node is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    sys: &'a System,
    proc: ProcId,
    p: &'a Process,
    /// The thread, below `task`.
    task: Option<TaskId>,
}

fn subject(sys: &System, node: Node) -> Result<Subject<'_>, Errno> {
    let pid = node.pid as i32;
    let task = if node.thread { Some(sys.task_by_tid(pid).ok_or(Errno::ENOENT)?) } else { None };
    let proc = match task {
        Some(task) => sys.tasks[task].proc,
        // Threads are reached by name though not listed.
        None => match sys.proc_by_pid(pid) {
            Some(proc) => proc,
            None => sys.tasks[sys.task_by_tid(pid).ok_or(Errno::ENOENT)?].proc,
        },
    };
    Ok(Subject { sys, proc, p: &sys.procs[proc], task })
}

pub use general::running;

/// Whether the caller may look into a process (like ptrace(2)), whose own threads always may.
fn may_look(cx: &Context, s: &Subject) -> bool {
    let c = s.task.map_or(&s.p.cred, |task| s.sys.cred_of(task));
    cx.caller == s.p.pid as u32
        || cx.creds.may(Powers::SYS_PTRACE)
        || [c.ruid, c.euid, c.suid].iter().all(|id| *id == cx.creds.uid)
}

/// Where a magic link leads; `None` for an ordinary file or link.
pub fn link_target(sys: &System, cx: &Context, ino: Ino) -> Result<Option<Location>, Errno> {
    let node = Node::from(ino);
    if node.pid == 0 {
        return Ok(None);
    }
    let s = subject(sys, node)?;
    let row = process::ROWS.get(node.row as usize).ok_or(Errno::ENOENT)?;
    if !matches!(row.kind, process::Kind::Link) && node.fd == 0 {
        return Ok(None);
    }
    if !may_look(cx, &s) {
        return Err(Errno::EACCES);
    }
    match (row.name, node.fd) {
        ("exe", 0) => Ok(Some(s.p.exe.ok_or(Errno::ENOENT)?)),
        ("cwd", 0) => Ok(Some(s.p.cwd)),
        ("root", 0) => Ok(Some(s.p.root)),
        ("fd", fd) if fd > 0 => {
            let file = sys.fd(s.proc, fd as i32 - 1).map_err(|_| Errno::ENOENT)?;
            Ok(Some(sys.files[file].loc.ok_or(Errno::ENOENT)?))
        }
        _ => Ok(None),
    }
}

/// Whether the contents of a file need what only the caller knows: its maps.
pub fn wants_maps(sys: &System, caller: ProcId, ino: Ino) -> bool {
    let node = Node::from(ino);
    node.pid != 0
        && process::ROWS.get(node.row as usize).is_some_and(|row| row.needs_maps)
        && subject(sys, node).is_ok_and(|s| s.proc == caller)
}

/// Whether a file is `/proc/tawaki`, whose contents only the whole kernel knows.
pub fn is_tables(ino: Ino) -> bool {
    let node = Node::from(ino);
    node.pid == 0 && general::ROWS.get(node.row as usize).is_some_and(|row| row.name == "tawaki")
}

/// The process whose memory a file is.
pub fn memory_of(sys: &System, ino: Ino) -> Option<ProcId> {
    let node = Node::from(ino);
    let row = process::ROWS.get(node.row as usize).filter(|row| row.name == "mem");
    row.filter(|_| node.pid != 0 && node.fd == 0)?;
    subject(sys, node).ok().map(|s| s.proc)
}

/// Contents of a file.
pub fn text(sys: &System, _caller: ProcId, ino: Ino) -> Result<Vec<u8>, Errno> {
    let node = Node::from(ino);
    if node.pid == 0 {
        let row = general::ROWS.get(node.row as usize).ok_or(Errno::ENOENT)?;
        return match row.kind {
            general::Kind::Text(make) => Ok(make(sys)),
            _ => Err(Errno::EISDIR),
        };
    }
    let s = subject(sys, node)?;
    let row = process::ROWS.get(node.row as usize).ok_or(Errno::ENOENT)?;
    match row.kind {
        process::Kind::Text(make) => Ok(make(s)),
        process::Kind::Dir if node.fd > 0 => process::fdinfo(s, node.fd as i32 - 1),
        _ => Err(Errno::EISDIR),
    }
}

/// Writes to a file: the few that take it.
pub fn write(sys: &mut System, caller: ProcId, ino: Ino, data: &[u8]) -> Result<(), Errno> {
    let node = Node::from(ino);
    let line = data.strip_suffix(b"\n").unwrap_or(data);
    if node.pid == 0 {
        let name = general::ROWS.get(node.row as usize).map_or("", |row| row.name);
        match name {
            "hostname" => sys.hostname = line.iter().copied().take(64).collect(),
            "domainname" => sys.domainname = line.iter().copied().take(64).collect(),
            "lease-break-time" => {
                let text = core::str::from_utf8(line).map_err(|_| Errno::EINVAL)?;
                sys.leases.break_seconds = text.trim().parse().map_err(|_| Errno::EINVAL)?;
            }
            "dir-notify-enable" => sys.notes.enabled = line != b"0",
            // Tunables without effect take any value.
            _ => {}
        }
        return Ok(());
    }
    let s = subject(sys, node)?;
    let (proc, task) = (s.proc, s.task.or(s.p.tasks.first().copied()));
    let name = process::ROWS.get(node.row as usize).map_or("", |row| row.name);
    match name {
        "comm" if proc == caller => {
            let comm: Vec<u8> = line.iter().copied().take(15).collect();
            if let Some(task) = task {
                sys.tasks[task].comm = comm.clone();
            }
            sys.procs[proc].comm = comm;
            Ok(())
        }
        "oom_score_adj" => {
            let text = core::str::from_utf8(line).map_err(|_| Errno::EINVAL)?;
            let value: i32 = text.trim().parse().map_err(|_| Errno::EINVAL)?;
            if !(-1000..=1000).contains(&value) {
                return Err(Errno::EINVAL);
            }
            sys.procs[proc].oom_adj = value;
            Ok(())
        }
        _ => Err(Errno::EINVAL),
    }
}

impl ProcFs {
    fn is_row(node: Node, name: &str) -> bool {
        node.pid != 0 && process::ROWS.get(node.row as usize).is_some_and(|row| row.name == name)
    }
}

impl FileSystem for ProcFs {
    fn kind(&self) -> &'static str {
        "proc"
    }
    fn root(&self) -> Ino {
        Node::new(0, false, 0).ino()
    }
    fn cacheable(&self) -> bool {
        false
    }
    fn writable(&self) -> bool {
        true
    }

    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat> {
        let sys = system(cx)?;
        let node = Node::from(ino);
        if node.pid == 0 {
            let row = general::ROWS.get(node.row as usize).ok_or(Errno::ENOENT)?;
            return Ok(made_up(cx, ino, row.mode()));
        }
        let s = subject(sys, node)?;
        let row = process::ROWS.get(node.row as usize).ok_or(Errno::ENOENT)?;
        let mode = match (row.name, node.fd) {
            ("fd", 1..) => {
                let file = sys.fd(s.proc, node.fd as i32 - 1).map_err(|_| Errno::ENOENT)?;
                let flags = sys.files[file].flags;
                let (r, w) = (flags.readable(), flags.writable());
                S_IFLNK | if r { 0o500 } else { 0o100 } | if w { 0o300 } else { 0o100 }
            }
            ("fdinfo", 1..) => S_IFREG | 0o400,
            _ => row.mode,
        };
        let c = s.task.map_or(&s.p.cred, |task| sys.cred_of(task));
        let stat = made_up(cx, ino, mode);
        let start = tawaki_abi::fs::Timespec::from_nanos(
            (sys.now.realtime_ns as i64)
                .saturating_sub(sys.uptime() as i64)
                .saturating_add(s.p.start_ns as i64),
        );
        Ok(Stat { uid: c.euid, gid: c.egid, mtime: start, ctime: start, atime: start, ..stat })
    }

    fn lookup(&mut self, cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        let sys = system(cx)?;
        let node = Node::from(dir);
        let text = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        let number = || -> Result<u32, Errno> {
            let n: u32 = text.parse().map_err(|_| Errno::ENOENT)?;
            if n.to_string() == text { Ok(n) } else { Err(Errno::ENOENT) }
        };
        if node.pid == 0 {
            if text == ".." {
                let up = general::ROWS.get(node.row as usize).map_or(0, |row| row.parent);
                return Ok(Node::new(0, false, up).ino());
            }
            if let Some(row) = general::child(node.row, text) {
                return Ok(Node::new(0, false, row).ino());
            }
            if node.row != 0 {
                return Err(Errno::ENOENT.into());
            }
            let found = Node::new(number()?, false, 0);
            if found.pid == 0 {
                return Err(Errno::ENOENT.into());
            }
            subject(sys, found)?;
            return Ok(found.ino());
        }
        let s = subject(sys, node)?;
        if text == ".." {
            return Ok(match (node.row, node.thread) {
                (0, false) => self.root(),
                (0, true) => Node::new(s.p.pid as u32, false, process::row("task")).ino(),
                _ => Node::new(node.pid, node.thread, process::ROWS[node.row as usize].parent).ino(),
            });
        }
        if Self::is_row(node, "task") {
            let found = Node::new(number()?, true, 0);
            let other = subject(sys, found)?;
            return if other.proc == s.proc { Ok(found.ino()) } else { Err(Errno::ENOENT.into()) };
        }
        if Self::is_row(node, "fd") || Self::is_row(node, "fdinfo") {
            let fd = number()?;
            if fd >= 0xff_ffff || sys.fd(s.proc, fd as i32).is_err() {
                return Err(Errno::ENOENT.into());
            }
            return Ok(Node { fd: fd + 1, ..node }.ino());
        }
        let row = process::child(node.row, text, node.thread).ok_or(Errno::ENOENT)?;
        Ok(Node { row, ..node }.ino())
    }

    fn readdir(&mut self, cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let sys = system(cx)?;
        let node = Node::from(dir);
        let up = self.lookup(cx, dir, b"..")?;
        let mut entries: Vec<(String, Ino, u32)> =
            vec![(".".into(), dir, S_IFDIR), ("..".into(), up, S_IFDIR)];
        if node.pid == 0 {
            for (n, row) in general::ROWS.iter().enumerate().skip(1) {
                if row.parent == node.row {
                    entries.push((row.name.into(), Node::new(0, false, n as u8).ino(), row.mode()));
                }
            }
            if node.row == 0 {
                let fixed = entries.len() as u64;
                // Cookies of processes are made of their ids, so that none is
                // missed when others end.
                if cookie < fixed {
                    let mut stopped = false;
                    list(entries, cookie, &mut |entry| {
                        stopped = !sink(entry);
                        !stopped
                    });
                    if stopped {
                        return Ok(());
                    }
                }
                let after = cookie.saturating_sub(fixed) as i32;
                let mut pids: Vec<i32> =
                    sys.procs.iter().map(|(_, p)| p.pid).filter(|pid| *pid > after).collect();
                pids.sort_unstable();
                for pid in pids {
                    let name = pid.to_string();
                    let entry = tawaki_vfs::DirEntry {
                        ino: Node::new(pid as u32, false, 0).ino(),
                        next: fixed + pid as u64,
                        kind: 4,
                        name: name.as_bytes(),
                    };
                    if !sink(&entry) {
                        break;
                    }
                }
                return Ok(());
            }
            list(entries, cookie, sink);
            return Ok(());
        }
        let s = subject(sys, node)?;
        let fds = Self::is_row(node, "fd");
        if fds || Self::is_row(node, "fdinfo") {
            if !may_look(cx, &s) {
                return Err(Errno::EACCES.into());
            }
            let mode = if fds { S_IFLNK } else { S_IFREG };
            // Cookie of descriptor N is N + 3, whatever else is open.
            let table = sys.fdtables.get(s.p.fds);
            for (n, (name, ino, mode)) in entries.iter().enumerate() {
                let next = n as u64 + 1;
                let entry =
                    tawaki_vfs::DirEntry { ino: *ino, next, kind: (mode >> 12) as u8, name: name.as_bytes() };
                if next > cookie && !sink(&entry) {
                    return Ok(());
                }
            }
            for (fd, _) in table.into_iter().flat_map(|t| t.open()) {
                let (next, name) = (fd as u64 + 3, fd.to_string());
                let entry = tawaki_vfs::DirEntry {
                    ino: Node { fd: fd as u32 + 1, ..node }.ino(),
                    next,
                    kind: (mode >> 12) as u8,
                    name: name.as_bytes(),
                };
                if next > cookie && !sink(&entry) {
                    return Ok(());
                }
            }
            return Ok(());
        }
        if Self::is_row(node, "task") {
            for task in &s.p.tasks {
                let tid = sys.tasks[*task].tid;
                entries.push((tid.to_string(), Node::new(tid as u32, true, 0).ino(), S_IFDIR));
            }
        } else {
            for (n, row) in process::ROWS.iter().enumerate().skip(1) {
                if row.parent == node.row && !(node.thread && row.name == "task") {
                    entries.push((row.name.into(), Node { row: n as u8, ..node }.ino(), row.mode));
                }
            }
        }
        list(entries, cookie, sink);
        Ok(())
    }

    fn readlink(&mut self, cx: &Context, ino: Ino) -> FsResult<Vec<u8>> {
        let sys = system(cx)?;
        let node = Node::from(ino);
        if node.pid == 0 {
            return match general::ROWS.get(node.row as usize).map(|row| row.name) {
                Some("self") => Ok(cx.caller.to_string().into_bytes()),
                Some("thread-self") => Ok(format!("{0}/task/{0}", cx.caller).into_bytes()),
                Some("mounts") => Ok(b"self/mounts".to_vec()),
                Some("net") => Ok(b"self/net".to_vec()),
                _ => Err(Errno::EINVAL.into()),
            };
        }
        match link_target(sys, cx, ino)? {
            Some(place) if place.mount == sys.mounts.anonymous => {
                Ok(super::anonymous::text(place.ino).into_bytes())
            }
            // The kernel's readlink handler gives the path of the others.
            Some(_) | None => Err(Errno::EINVAL.into()),
        }
    }

    fn magic_link(&mut self, cx: &Context, ino: Ino) -> FsResult<Option<Location>> {
        Ok(link_target(system(cx)?, cx, ino)?)
    }

    fn read(&mut self, cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let sys = system(cx)?;
        let text = text(sys, sys.init, ino)?;
        let rest = text.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn setattr(&mut self, _: &Context, _: Ino, set: &tawaki_vfs::SetAttr) -> FsResult<()> {
        // O_TRUNC on a file that is then written.
        if set.size.is_some() { Ok(()) } else { Err(Errno::EPERM.into()) }
    }

    fn statfs(&mut self, _: &Context) -> FsResult<Statfs> {
        Ok(Statfs { kind: 0x9fa0, bsize: 4096, namelen: 255, ..Statfs::default() })
    }
}
