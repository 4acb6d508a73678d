//! Costs of a step and of pipe data, natively: `cargo run --release --example speed`.

use serde_bytes::ByteBuf;
use std::time::Instant;
use tawaki_abi::fs::{OpenFlags, Timespec};
use tawaki_abi::wire::{self, Body, Call, IdKind, Reply, Slot};
use tawaki_kernel::*;
use tawaki_vfs::{MountFlags, Tmpfs, Vfs};

struct Bench {
    kernel: Kernel,
    now: u64,
    effects: Vec<Effect>,
}

impl Bench {
    fn event(&mut self, event: Event) {
        self.now += 100;
        self.effects.clear();
        let now = Now { realtime_ns: self.now, monotonic_ns: self.now };
        self.kernel.step(now, event, &mut self.effects);
    }
    fn call(&mut self, slot: Slot, call: Call) -> Option<Reply> {
        self.event(Event::Call { slot, call });
        self.effects.drain(..).find_map(|e| match e {
            Effect::Reply { slot: s, reply } if s == slot => Some(reply),
            _ => None,
        })
    }
}

fn main() {
    let mut vfs = Vfs::new();
    vfs.mount_root(Box::new(Tmpfs::new(1 << 30, 0o755, Timespec::default())), MountFlags::empty(), "root")
        .expect("a root");
    let mut b = Bench { kernel: Kernel::new(Config::default(), vfs), now: 1, effects: Vec::new() };
    b.event(Event::Spawn(SpawnRequest {
        request: RequestId(1),
        path: b"/x".to_vec(),
        argv: vec![],
        env: vec![],
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        groups: vec![],
        stdio: Stdio::Streams,
    }));
    let slot = Slot(0);
    let n: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let start = Instant::now();
    for _ in 0..n {
        b.event(Event::Call { slot, call: Call::GetId { which: IdKind::Ppid } });
    }
    println!("getppid: {:.1} ns", start.elapsed().as_nanos() as f64 / n as f64);
    println!(
        "sizes: Call {}, Reply {}, Effect {}",
        size_of::<Call>(),
        size_of::<Reply>(),
        size_of::<Effect>()
    );
    let Some(Reply { body: Body::Fds(r, w), .. }) = b.call(slot, Call::Pipe { flags: OpenFlags::empty() })
    else {
        return println!("no pipe");
    };
    for size in [4096, 65_536] {
        let total = 2 << 30;
        let message =
            wire::encode(&Call::Write { fd: w, data: ByteBuf::from(vec![1; size]), offset: None }, vec![])
                .expect("encodes");
        let mut out = Vec::new();
        let start = Instant::now();
        for _ in 0..total / size {
            let call: Call = wire::decode(&message).expect("decodes");
            b.call(slot, call);
            let reply = b.call(slot, Call::Read { fd: r, len: 131_072, offset: None, more: false });
            out.clear();
            out = wire::encode(&reply.expect("data"), out).expect("encodes");
        }
        println!(
            "pipe, {size} bytes, with coding: {:.0} MB/s",
            total as f64 / 1e6 / start.elapsed().as_secs_f64()
        );
    }
}
