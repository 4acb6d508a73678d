//! A scripted fake process: issues calls on slots, checks the replies.

#![allow(dead_code)]

use std::collections::HashMap;
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;
use tawaki_abi::wire::{Body, Call, Reply, Slot};
use tawaki_kernel::*;
use tawaki_vfs::*;

pub use serde_bytes::ByteBuf;

/// A kernel on an empty tmpfs, its time, and what it has said.
pub struct Script {
    pub kernel: Kernel,
    pub now: u64,
    pub replies: HashMap<u32, Reply>,
    pub effects: Vec<Effect>,
    /// Drain terminals and streams at once.
    pub drain: bool,
    requests: u32,
}

/// When the machine starts, monotonic nanoseconds.
const START: u64 = 1_000_000_000;

pub fn path(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes().to_vec())
}

impl Default for Script {
    fn default() -> Self {
        Script::new()
    }
}

impl Script {
    pub fn new() -> Script {
        Script::with(Config::default())
    }

    pub fn with(config: Config) -> Script {
        Script::over(config, Box::new(Tmpfs::new(64 << 20, 0o755, Timespec::default())))
    }

    /// On a root whose operations wait for a block again and again.
    pub fn slow(config: Config, seed: u64) -> Script {
        let mut root = Tmpfs::new(64 << 20, 0o755, Timespec::default());
        let creds = Creds::root();
        let cx = Context::new(&creds, Timespec::default());
        // Without mount points of its own, /tmp stays on this file system.
        for name in [&b"tmp"[..], b"bin"] {
            let node = NewNode { mode: 0o040777, ..NewNode::default() };
            let ino = root.root();
            root.create(&cx, ino, name, &node).unwrap();
        }
        Script::over(config, Box::new(Slow { fs: root, seed: seed | 1 }))
    }

    fn over(config: Config, root: Box<dyn FileSystem>) -> Script {
        let mut vfs = Vfs::new();
        vfs.mount_root(root, MountFlags::empty(), "root").unwrap();
        Script {
            kernel: Kernel::new(config, vfs),
            now: START,
            replies: HashMap::new(),
            effects: Vec::new(),
            drain: true,
            requests: 0,
        }
    }

    /// Sends an event; keeps what comes of it. Returns the effects of this step.
    pub fn event(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = Now { realtime_ns: self.now + 1_700_000_000_000_000_000, monotonic_ns: self.now };
        self.kernel.step(now, event, &mut effects);
        let mut drained = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Reply { slot, reply } => {
                    let before = self.replies.insert(slot.0, reply.clone());
                    assert!(before.is_none(), "two replies for slot {}", slot.0);
                }
                Effect::TerminalOutput { terminal, bytes } if self.drain => {
                    drained.push(Event::TerminalDrained { terminal: *terminal, bytes: bytes.len() as u64 });
                }
                Effect::StreamOutput { request, stream, bytes } if self.drain => {
                    let bytes = bytes.len() as u64;
                    drained.push(Event::StreamDrained { request: *request, stream: *stream, bytes });
                }
                _ => {}
            }
        }
        if effects.contains(&Effect::FetchBlocks) {
            drained.push(Event::BlocksArrived);
        }
        self.effects.extend(effects.iter().cloned());
        for event in drained {
            effects.extend(self.event(event));
        }
        effects
    }

    /// Starts a program; its slot, after exec.
    pub fn spawn(&mut self, stdio: Stdio) -> Slot {
        self.spawn_as(stdio, 0)
    }

    pub fn spawn_as(&mut self, stdio: Stdio, uid: u32) -> Slot {
        self.requests += 1;
        let request = SpawnRequest {
            request: RequestId(self.requests),
            path: b"/bin/test".to_vec(),
            argv: vec![b"test".to_vec()],
            env: Vec::new(),
            cwd: b"/".to_vec(),
            uid,
            gid: uid,
            groups: Vec::new(),
            stdio,
        };
        let effects = self.event(Event::Spawn(request));
        let slot = effects.iter().find_map(|e| match e {
            Effect::Spawn { slot, kind: SpawnKind::Exec, .. } => Some(*slot),
            _ => None,
        });
        let slot = slot.unwrap_or_else(|| panic!("no worker: {effects:?}"));
        // The worker's first calls would open the program; any call will do.
        self.ok(slot, Call::Umask { mask: 0o022 });
        slot
    }

    pub fn terminal(&mut self) -> Slot {
        self.spawn(Stdio::Terminal { terminal: TerminalId(1), cols: 80, rows: 24 })
    }

    /// Issues a call; the reply when it came at once.
    pub fn call(&mut self, slot: Slot, call: Call) -> Option<Reply> {
        self.event(Event::Call { slot, call: call.clone() });
        let asked =
            matches!(&self.replies.get(&slot.0), Some(r) if r.result == Err(tawaki_abi::wire::NEED_MAPS));
        if asked && (self.now > START || !matches!(call, Call::Read { .. })) {
            // A process is asked about its address space when it is about to wait.
            self.replies.remove(&slot.0);
            self.event(Event::Call {
                slot,
                call: Call::Maps { text: path("maps"), vsize: 1, rss: 1, auxv: path("") },
            });
            self.replies.remove(&slot.0);
            self.event(Event::Call { slot, call });
        }
        self.replies.remove(&slot.0)
    }

    /// A call that succeeds at once.
    pub fn ok(&mut self, slot: Slot, call: Call) -> i64 {
        self.full(slot, call).0
    }

    pub fn full(&mut self, slot: Slot, call: Call) -> (i64, Body) {
        let text = format!("{call:?}");
        let reply = self.call(slot, call).unwrap_or_else(|| panic!("waits: {text}"));
        let value = reply.result.unwrap_or_else(|e| panic!("{e:?}: {text}"));
        (value, reply.body)
    }

    pub fn err(&mut self, slot: Slot, call: Call) -> Errno {
        let text = format!("{call:?}");
        let reply = self.call(slot, call).unwrap_or_else(|| panic!("waits: {text}"));
        reply.result.expect_err(&text)
    }

    /// A call that has to wait.
    pub fn waits(&mut self, slot: Slot, call: Call) {
        let text = format!("{call:?}");
        if let Some(reply) = self.call(slot, call) {
            panic!("does not wait: {text} gives {reply:?}");
        }
    }

    /// The reply that has come to a waiting call meanwhile.
    pub fn reply(&mut self, slot: Slot) -> Reply {
        self.replies.remove(&slot.0).unwrap_or_else(|| panic!("slot {} still waits", slot.0))
    }

    /// How many replies have come to a waiting call: one, or none yet.
    pub fn replies_to(&self, slot: Slot) -> usize {
        usize::from(self.replies.contains_key(&slot.0))
    }

    /// How many bytes a waiting read has got meanwhile.
    pub fn read_reply(&mut self, slot: Slot) -> usize {
        bytes(self.reply(slot).body).len()
    }

    /// Lets time pass.
    pub fn tick(&mut self, ns: u64) {
        self.now += ns;
        self.event(Event::Tick);
    }

    pub fn read(&mut self, slot: Slot, fd: i32, len: u32) -> Vec<u8> {
        bytes(self.full(slot, Call::Read { fd, len, offset: None, more: false }).1)
    }

    pub fn write(&mut self, slot: Slot, fd: i32, data: &[u8]) -> i64 {
        self.ok(slot, write(fd, data))
    }

    pub fn open(&mut self, slot: Slot, name: &str, flags: u32) -> i32 {
        self.ok(slot, open(name, flags)) as i32
    }

    pub fn pipe(&mut self, slot: Slot) -> (i32, i32) {
        let flags = tawaki_abi::fs::OpenFlags::empty();
        match self.full(slot, Call::Pipe { flags }).1 {
            Body::Fds(a, b) => (a, b),
            other => panic!("{other:?}"),
        }
    }

    /// Forks: slot and pid of the child.
    pub fn fork(&mut self, slot: Slot) -> (Slot, i32) {
        let effects = self.event(Event::Call {
            slot,
            call: Call::Fork { flags: 0, exit_signal: 17, image: ByteBuf::new() },
        });
        let child = effects
            .iter()
            .find_map(|e| match e {
                Effect::Spawn { slot, .. } => Some(*slot),
                _ => None,
            })
            .unwrap_or_else(|| panic!("no child: {effects:?}"));
        let pid = self.ok(child, Call::ChildReady);
        assert_eq!(self.reply(slot).result, Ok(pid));
        (child, pid as i32)
    }

    /// Ends a task; it must die.
    pub fn exit(&mut self, slot: Slot, status: i32) {
        let reply = self.call(slot, Call::ExitGroup { status }).expect("a reply");
        assert!(matches!(reply.body, Body::Die(_)), "{reply:?}");
    }

    /// All terminal output so far.
    pub fn screen(&mut self) -> String {
        let mut all = Vec::new();
        for effect in &self.effects {
            if let Effect::TerminalOutput { bytes, .. } = effect {
                all.extend_from_slice(bytes);
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    pub fn type_keys(&mut self, keys: &[u8]) -> Vec<Effect> {
        self.event(Event::TerminalInput { terminal: TerminalId(1), bytes: keys.to_vec() })
    }

    pub fn attention(&self, effects: &[Effect], slot: Slot) -> bool {
        effects.contains(&Effect::Attention { slot })
    }

    pub fn exited(&self) -> Option<i32> {
        self.effects.iter().find_map(|e| match e {
            Effect::Exited { status, .. } => Some(*status),
            _ => None,
        })
    }
}

pub fn bytes(body: Body) -> Vec<u8> {
    match body {
        Body::Bytes(bytes) => bytes.into_vec(),
        other => panic!("no bytes: {other:?}"),
    }
}

pub fn write(fd: i32, data: &[u8]) -> Call {
    Call::Write { fd, data: ByteBuf::from(data.to_vec()), offset: None }
}

pub fn read(fd: i32, len: u32) -> Call {
    Call::Read { fd, len, offset: None, more: false }
}

pub fn open(name: &str, flags: u32) -> Call {
    let flags = tawaki_abi::fs::OpenFlags::from_bits_truncate(flags);
    Call::Open { dirfd: -100, path: path(name), flags, mode: 0o666 }
}

pub const WRONLY: u32 = 1;
pub const RDWR: u32 = 2;
pub const CREAT: u32 = 0o100;
pub const NONBLOCK: u32 = 0o4000;

/// A tmpfs whose operations wait for a block one time out of three.
pub struct Slow {
    fs: Tmpfs,
    seed: u64,
}

impl Slow {
    fn late(&mut self) -> FsResult<()> {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        if self.seed >> 33 & 3 == 0 { Err(FsError::Pending) } else { Ok(()) }
    }
}

macro_rules! late {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name(&mut self, cx: &Context, $($arg: $type),*) -> FsResult<$out> {
            self.late()?;
            self.fs.$name(cx, $($arg),*)
        })*
    };
}

impl FileSystem for Slow {
    fn kind(&self) -> &'static str {
        "slow"
    }
    fn root(&self) -> Ino {
        self.fs.root()
    }
    fn writable(&self) -> bool {
        true
    }
    fn cacheable(&self) -> bool {
        true
    }
    late! {
        getattr(ino: Ino) -> tawaki_abi::fs::Stat;
        lookup(dir: Ino, name: &[u8]) -> Ino;
        readdir(dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> ();
        readlink(ino: Ino) -> Vec<u8>;
        read(ino: Ino, offset: u64, buf: &mut [u8]) -> usize;
        write(ino: Ino, offset: u64, data: &[u8]) -> usize;
        create(dir: Ino, name: &[u8], node: &NewNode<'_>) -> Ino;
        create_unnamed(node: &NewNode<'_>) -> Ino;
        link(dir: Ino, name: &[u8], ino: Ino) -> ();
        unlink(dir: Ino, name: &[u8], ino: Ino, keep: bool) -> ();
        rmdir(dir: Ino, name: &[u8], ino: Ino, keep: bool) -> ();
        rename(rename: &Rename<'_>) -> ();
        setattr(ino: Ino, set: &SetAttr) -> ();
        fallocate(ino: Ino, offset: u64, len: u64, keep_size: bool) -> ();
        release(ino: Ino) -> ();
        sync() -> ();
    }
}
