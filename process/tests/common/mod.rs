//! A host and a kernel for tests: files in memory, output collected, signals scripted.
#![allow(dead_code)]

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tawaki_abi::Errno;
use tawaki_abi::fs::Stat;
use tawaki_abi::signal::{SIG_DFL, SigAction, SigInfo};
use tawaki_abi::wire::{
    self, Body, Call, Deliver, ExecAttr, ExecRequest, ExecStarted, FileId, MapSource, Reply, Uname,
};
use tawaki_cpu::{GuestMemory, Interpreter};
use tawaki_process::{Ended, Host, Options, OutOfMemory, Port, Start};

/// A host over test memory.
pub struct FakeHost {
    pub memory: Arc<GuestMemory>,
    pub end: u64,
    /// Memory the host has in all.
    pub limit: u64,
    /// Taken by somebody else at the next growth.
    pub steal: u64,
    pub lines: Vec<String>,
    pub parent: Option<Arc<GuestMemory>>,
}

impl FakeHost {
    pub fn new() -> Self {
        FakeHost {
            memory: Arc::new(GuestMemory::for_tests()),
            end: 48 << 20,
            limit: 1 << 30,
            steal: 0,
            lines: Vec::new(),
            parent: None,
        }
    }
}

impl Host for FakeHost {
    fn memory(&self) -> Arc<GuestMemory> {
        self.memory.clone()
    }
    fn memory_end(&self) -> u64 {
        self.end
    }
    fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory> {
        if end > self.limit {
            return Err(OutOfMemory);
        }
        let before = self.end + std::mem::take(&mut self.steal);
        self.end = self.end.max(before).max(end);
        Ok(before)
    }
    fn lowest_address(&self) -> u64 {
        0x40_0000
    }
    fn monotonic_ns(&self) -> u64 {
        5_000_000_000
    }
    fn realtime_ns(&self) -> u64 {
        1_700_000_000_000_000_000
    }
    fn cpu_ns(&self) -> u64 {
        1_000_000
    }
    fn copy_from_parent(&mut self, ranges: &[Range<u64>]) -> Result<(), OutOfMemory> {
        // The child's pages have no permissions yet: give them some for the copy.
        let parent = self.parent.clone().ok_or(OutOfMemory)?;
        for range in ranges {
            let mut bytes = vec![0; (range.end - range.start) as usize];
            parent.copy_from(range.start, &mut bytes).map_err(|_| OutOfMemory)?;
            let pages = (range.start >> 12) as u32..(range.end >> 12) as u32;
            self.memory.set_perms(pages, tawaki_cpu::Perms::MAPPED);
            self.memory.copy_in(range.start, &bytes).map_err(|_| OutOfMemory)?;
        }
        Ok(())
    }
    fn log(&mut self, line: &str) {
        eprintln!("log: {line}");
        self.lines.push(line.to_string());
    }
}

/// A scripted kernel.
#[derive(Default)]
pub struct FakeKernel {
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Missing files are read from this machine.
    pub host_files: bool,
    pub output: Vec<u8>,
    pub input: VecDeque<u8>,
    pub calls: Vec<Call>,
    pub status: Option<i32>,
    pub attention: AtomicU32,
    pub actions: BTreeMap<u32, SigAction>,
    pub mask: u64,
    pub pending: VecDeque<SigInfo>,
    /// Replies of `Sleep` before it succeeds: interrupted by this signal.
    pub interrupt_sleep: Option<u32>,
    pub handles: BTreeMap<u32, Vec<u8>>,
    pub fds: BTreeMap<i32, (Vec<u8>, u64)>,
    pub next: u32,
    /// Image of the last fork, for tests that run the child.
    pub fork_image: Option<Vec<u8>>,
    pub vfork_depth: u32,
    pub spawned: Option<ExecRequest>,
    /// The task dies at its first system call.
    pub open_only: bool,
}

impl FakeKernel {
    fn id(&self, path: &[u8]) -> FileId {
        let size = self.files.get(path).map_or(0, |f| f.len() as u64);
        let ino = self.files.keys().position(|p| p == path).unwrap_or(0) as u64 + 2;
        FileId { dev: 8 << 8, ino, size, path: path.to_vec().into(), ..FileId::default() }
    }

    /// Takes a file of this machine in, where that is allowed.
    fn import(&mut self, path: &[u8]) {
        if self.host_files
            && !self.files.contains_key(path)
            && let Ok(data) = std::fs::read(String::from_utf8_lossy(path).as_ref())
        {
            self.files.insert(path.to_vec(), data);
        }
    }

    fn slice(data: &[u8], offset: u64, len: u32) -> Vec<u8> {
        let from = (offset as usize).min(data.len());
        data[from..(from + len as usize).min(data.len())].to_vec()
    }

    fn take_signal(&mut self) -> Body {
        while let Some(info) = self.pending.pop_front() {
            let action = self.actions.get(&info.signo).copied().unwrap_or_default();
            if action.handler == 1 {
                continue;
            }
            if action.handler == SIG_DFL {
                if info.signo == 17 {
                    continue;
                }
                self.status = Some(info.signo as i32);
                return Body::Die(info.signo as i32);
            }
            let old_mask = self.mask;
            self.mask |= action.mask | 1 << (info.signo - 1);
            return Body::Deliver(Deliver { info, action, old_mask });
        }
        Body::None
    }

    fn leave(&mut self, status: i32) -> Reply {
        if self.vfork_depth > 0 {
            self.vfork_depth -= 1;
            return Reply::ok(101);
        }
        self.status = Some(status);
        Reply::with(0, Body::Die(status))
    }

    fn answer(&mut self, call: &Call) -> Result<Reply, Errno> {
        if self.open_only
            && !matches!(
                call,
                Call::ExecOpen { .. } | Call::MapRead { .. } | Call::MapDrop { .. } | Call::ExecCommit { .. }
            )
        {
            return Ok(self.leave(0));
        }
        Ok(match call {
            Call::ExecOpen { path, .. } => {
                self.import(path);
                let data = self.files.get(path.as_slice()).ok_or(Errno::ENOENT)?.clone();
                self.next += 1;
                self.handles.insert(self.next, data);
                Reply::with(self.next.into(), Body::Exec(self.id(path), ExecAttr::default()))
            }
            Call::MapRead { source, offset, len, .. } => {
                let data = match source {
                    MapSource::Handle(h) => self.handles.get(h).ok_or(Errno::EBADF)?.clone(),
                    MapSource::Fd(fd) => {
                        let path = &self.fds.get(fd).ok_or(Errno::EBADF)?.0;
                        self.files[path].clone()
                    }
                };
                Reply::with(0, Body::Bytes(Self::slice(&data, *offset, *len).into()))
            }
            Call::MapDrop { handle } => {
                self.handles.remove(handle).ok_or(Errno::EBADF)?;
                Reply::ok(0)
            }
            Call::MapFile { fd, .. } => {
                let path = self.fds.get(fd).ok_or(Errno::EBADF)?.0.clone();
                Reply::with(0, Body::Mapped(self.id(&path)))
            }
            Call::MapHold { fd } => {
                let path = self.fds.get(fd).ok_or(Errno::EBADF)?.0.clone();
                self.next += 1;
                self.handles.insert(self.next, path);
                Reply::ok(self.next.into())
            }
            Call::MapWrite { handle, offset, data } => {
                let path = self.handles.get(handle).ok_or(Errno::EBADF)?.clone();
                let file = self.files.get_mut(&path).ok_or(Errno::EBADF)?;
                let at = *offset as usize;
                file[at..at + data.len()].copy_from_slice(data);
                Reply::ok(0)
            }
            Call::ExecCommit { .. } => {
                let started = ExecStarted {
                    pid: 100,
                    random: [7; 16],
                    stack_limit: 8 << 20,
                    space_limit: u64::MAX,
                    data_limit: (u64::MAX, u64::MAX),
                    ..Default::default()
                };
                Reply::with(0, Body::ExecStarted(started))
            }
            Call::ExecSpawn { request, .. } => {
                self.spawned = wire::decode(request).ok();
                self.vfork_depth -= 1;
                Reply::ok(101)
            }
            Call::Fork { flags, image, .. } => {
                if flags & 0x4100 == 0x4100 {
                    self.vfork_depth += 1;
                    return Ok(Reply::ok(0));
                }
                self.fork_image = Some(image.to_vec());
                Reply::ok(101)
            }
            Call::ChildReady => Reply::ok(101),
            Call::Open { path, flags, .. } => {
                self.import(path);
                if !self.files.contains_key(path.as_slice()) {
                    if !flags.contains(tawaki_abi::fs::OpenFlags::CREAT) {
                        return Err(Errno::ENOENT);
                    }
                    self.files.insert(path.to_vec(), Vec::new());
                }
                let fd = (3..).find(|fd| !self.fds.contains_key(fd)).unwrap_or(3);
                self.fds.insert(fd, (path.to_vec(), 0));
                Reply::ok(fd.into())
            }
            Call::Close { fd } => {
                self.fds.remove(fd).ok_or(Errno::EBADF)?;
                Reply::ok(0)
            }
            Call::Read { fd: 0, len, .. } => {
                let count = self.input.len().min(*len as usize);
                let bytes: Vec<u8> = self.input.drain(..count).collect();
                Reply::with(count as i64, Body::Bytes(bytes.into()))
            }
            Call::Read { fd, len, offset, .. } => {
                let (path, at) = self.fds.get(fd).ok_or(Errno::EBADF)?.clone();
                let bytes = Self::slice(&self.files[&path], offset.unwrap_or(at), *len);
                let count = bytes.len() as u64;
                if offset.is_none() {
                    self.fds.insert(*fd, (path, at + count));
                }
                Reply::with(count as i64, Body::Bytes(bytes.into()))
            }
            Call::Write { fd: 1 | 2, data, .. } => {
                self.output.extend_from_slice(data);
                Reply::ok(data.len() as i64)
            }
            Call::Stat { dirfd, path, .. } if path.is_empty() && self.fds.contains_key(dirfd) => {
                let path = self.fds[dirfd].0.clone();
                let id = self.id(&path);
                let stat =
                    Stat { dev: id.dev, ino: id.ino, mode: 0o100644, size: id.size, ..Stat::default() };
                Reply::with(0, Body::Stat(stat))
            }
            Call::Stat { .. } | Call::Access { .. } => return Err(Errno::ENOENT),
            Call::Readlink { .. } => return Err(Errno::EINVAL),
            Call::Ioctl { .. } => return Err(Errno::ENOTTY),
            Call::Getrandom { len } => Reply::with((*len).into(), Body::Bytes(vec![4; *len as usize].into())),
            Call::Prlimit { .. } => Reply::with(0, Body::Rlimit(8 << 20, u64::MAX)),
            Call::GetId { .. } => Reply::ok(100),
            Call::Uname => Reply::with(
                0,
                Body::Uname(Uname { sysname: "Linux".into(), release: "6.1.0".into(), ..Default::default() }),
            ),
            Call::Sigaction { signo, action } => {
                let old = self.actions.get(signo).copied().unwrap_or_default();
                if let Some(action) = action {
                    self.actions.insert(*signo, *action);
                }
                Reply::with(0, Body::Action(old))
            }
            Call::Sigprocmask { how, set } => {
                let old = self.mask;
                match (how, set) {
                    (0, Some(set)) => self.mask |= set,
                    (1, Some(set)) => self.mask &= !set,
                    (2, Some(set)) => self.mask = *set,
                    _ => {}
                }
                Reply::with(0, Body::Mask(old))
            }
            Call::Kill { signo, .. } => {
                self.pending.push_back(SigInfo { signo: *signo, pid: 100, ..SigInfo::default() });
                self.attention.store(1, Ordering::SeqCst);
                Reply::ok(0)
            }
            Call::Fault { info } => {
                self.pending.push_back(*info);
                Reply::with(0, self.take_signal())
            }
            Call::TakeSignal => Reply::with(0, self.take_signal()),
            Call::Sleep { .. } => match self.interrupt_sleep.take() {
                Some(signo) => {
                    self.pending.push_back(SigInfo { signo, ..SigInfo::default() });
                    return Err(Errno::ERESTARTSYS);
                }
                None => Reply::ok(0),
            },
            Call::Exit { status } | Call::ExitGroup { status } => self.leave((status & 0xff) << 8),
            Call::KillSelf { signo, .. } => self.leave(*signo as i32),
            _ => return Err(Errno::ENOSYS),
        })
    }
}

impl Port for FakeKernel {
    fn call(&mut self, call: &Call) -> Reply {
        // Through the wire format, as in a machine.
        let bytes = wire::encode(call, Vec::new()).expect("calls encode");
        let call = match wire::decode(&bytes).expect("calls decode") {
            Call::Timed { call, .. } => *call,
            call => call,
        };
        let reply = self.answer(&call).unwrap_or_else(Reply::err);
        self.calls.push(call);
        reply
    }
    fn attention(&self) -> &AtomicU32 {
        &self.attention
    }
    fn park(&mut self, _: Option<std::time::Duration>) {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    fn unparker(&self) -> std::sync::Arc<dyn tawaki_process::Unpark> {
        std::sync::Arc::new(NoWaker)
    }
}

/// Everything a run leaves behind.
pub struct Ran {
    pub kernel: FakeKernel,
    pub host: FakeHost,
    pub ended: Ended,
}

impl Ran {
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.kernel.output).into_owned()
    }
}

/// Runs `path` with arguments and environment.
pub fn run(kernel: FakeKernel, path: &str, argv: &[&str], envp: &[&str]) -> Ran {
    let bytes = |list: &[&str]| list.iter().map(|s| s.as_bytes().to_vec().into()).collect();
    let request = ExecRequest {
        path: path.as_bytes().to_vec().into(),
        argv: bytes(argv),
        envp: bytes(envp),
        ..ExecRequest::default()
    };
    let start = Start::Exec(wire::encode(&request, Vec::new()).expect("requests encode"));
    start_with(kernel, FakeHost::new(), start)
}

/// Runs from any start.
pub fn start_with(mut kernel: FakeKernel, mut host: FakeHost, start: Start) -> Ran {
    let mut engine = Interpreter::new();
    let strace = std::env::var_os("STRACE").is_some();
    let ended = tawaki_process::run(start, &mut kernel, &mut host, &mut engine, Options { strace });
    Ran { kernel, host, ended }
}

/// Builds C or assembly (`.S`) with the system's compiler; `None` where it cannot.
pub fn build(name: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let dir = std::env::temp_dir().join(format!("tawaki-process-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).ok()?;
    let (file, out) = (dir.join(name), dir.join("out"));
    std::fs::write(&file, source).ok()?;
    let status =
        Command::new("gcc").args(["-O1", "-w", "-o"]).arg(&out).args(flags).arg(&file).status().ok()?;
    let bytes = if status.success() { std::fs::read(&out).ok() } else { None };
    let _ = std::fs::remove_dir_all(&dir);
    bytes
}

/// Sleeps here are short.
#[derive(Debug)]
struct NoWaker;

impl tawaki_process::Unpark for NoWaker {
    fn unpark(&self) {}
}
