//! The part of procfs that is about one process or thread.

use super::{Subject, net};
use crate::exit::live_usage;
use crate::file::Object;
use crate::socket::Kind as SocketKind;
use crate::syscall::Schedule;
use crate::task::RLIM_INFINITY;
use std::fmt::Write;
use tawaki_abi::Errno;
use tawaki_abi::fs::{OpenFlags, S_IFDIR, S_IFLNK, S_IFREG};
use tawaki_abi::signal::{SIG_DFL, SIG_IGN, SigSet};

/// What a row is.
#[derive(Clone, Copy)]
pub enum Kind {
    Dir,
    /// A magic link.
    Link,
    Text(fn(Subject) -> Vec<u8>),
}

/// A row: number of its directory's row, name, kind.
pub struct Row {
    pub parent: u8,
    pub name: &'static str,
    pub kind: Kind,
    pub mode: u32,
    /// Made from what the process tells by `Call::Maps`.
    pub needs_maps: bool,
}

const fn dir(parent: u8, name: &'static str, mode: u32) -> Row {
    Row { parent, name, kind: Kind::Dir, mode: S_IFDIR | mode, needs_maps: false }
}
const fn link(name: &'static str) -> Row {
    Row { parent: 0, name, kind: Kind::Link, mode: S_IFLNK | 0o777, needs_maps: false }
}
const fn file(parent: u8, name: &'static str, mode: u32, make: fn(Subject) -> Vec<u8>) -> Row {
    Row { parent, name, kind: Kind::Text(make), mode: S_IFREG | mode, needs_maps: false }
}
const fn maps(name: &'static str, make: fn(Subject) -> Vec<u8>) -> Row {
    Row { parent: 0, name, kind: Kind::Text(make), mode: S_IFREG | 0o444, needs_maps: true }
}

/// All rows; the first is the process's directory.
pub const ROWS: &[Row] = &[
    dir(0, "", 0o555),
    dir(0, "fd", 0o500),
    dir(0, "fdinfo", 0o555),
    dir(0, "task", 0o555),
    dir(0, "net", 0o555), // 4
    link("exe"),
    link("cwd"),
    link("root"),
    file(0, "cmdline", 0o444, |s| s.p.cmdline.clone()),
    file(0, "comm", 0o644, |s| [comm(s), b"\n"].concat()),
    file(0, "environ", 0o400, |s| s.p.environ.clone()),
    maps("maps", |s| s.p.maps.text.clone()),
    Row { mode: S_IFREG | 0o400, ..maps("auxv", |s| s.p.auxv.clone()) },
    maps("smaps", |s| s.p.maps.text.clone()),
    maps("stat", stat),
    maps("statm", |s| {
        let pages = |bytes: u64| bytes / 4096;
        let m = &s.p.maps;
        format!("{} {} 0 0 0 {} 0\n", pages(m.vsize), pages(m.rss), pages(m.vsize)).into_bytes()
    }),
    maps("status", status),
    file(0, "mem", 0o600, |_| Vec::new()),
    file(0, "mounts", 0o444, |s| s.sys.mounts_text.0.clone().into_bytes()),
    file(0, "mountinfo", 0o444, |s| s.sys.mounts_text.1.clone().into_bytes()),
    file(0, "limits", 0o444, limits),
    file(0, "cgroup", 0o444, |_| b"0::/\n".to_vec()),
    file(0, "loginuid", 0o644, |_| b"4294967295".to_vec()),
    file(0, "sessionid", 0o444, |_| b"4294967295".to_vec()),
    file(0, "oom_score", 0o444, |_| b"0\n".to_vec()),
    file(0, "oom_score_adj", 0o644, |s| format!("{}\n", s.p.oom_adj).into_bytes()),
    file(0, "wchan", 0o444, |_| b"0".to_vec()),
    file(0, "uid_map", 0o644, |_| b"         0          0 4294967295\n".to_vec()),
    file(0, "gid_map", 0o644, |_| b"         0          0 4294967295\n".to_vec()),
    file(4, "dev", 0o444, |_| {
        b"Inter-|   Receive                                                |  Transmit\n face |bytes    \
          packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier \
          compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    \
          0    0    0     0       0          0\n"
            .to_vec()
    }),
    file(4, "unix", 0o444, |s| net::unix(s.sys)),
    file(4, "tcp", 0o444, |s| net::inet(s.sys, SocketKind::Stream, false)),
    file(4, "tcp6", 0o444, |s| net::inet(s.sys, SocketKind::Stream, true)),
    file(4, "udp", 0o444, |s| net::inet(s.sys, SocketKind::Datagram, false)),
    file(4, "udp6", 0o444, |s| net::inet(s.sys, SocketKind::Datagram, true)),
    file(4, "raw", 0o444, |_| {
        b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref \
          pointer drops\n"
            .to_vec()
    }),
    file(4, "sockstat", 0o444, |s| net::sockstat(s.sys)),
    file(4, "if_inet6", 0o444, |_| b"00000000000000000000000000000001 01 80 10 80       lo\n".to_vec()),
    file(4, "route", 0o444, |_| {
        b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n".to_vec()
    }),
    file(4, "ipv6_route", 0o444, |_| Vec::new()),
    file(4, "arp", 0o444, |_| {
        b"IP address       HW type     Flags       HW address            Mask     Device\n".to_vec()
    }),
    file(4, "packet", 0o444, |_| b"sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n".to_vec()),
    file(0, "io", 0o400, |_| {
        b"rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\n\
          cancelled_write_bytes: 0\n"
            .to_vec()
    }),
    file(0, "autogroup", 0o644, |_| b"/autogroup-1 nice 0\n".to_vec()),
    file(0, "personality", 0o400, |_| b"00000000\n".to_vec()),
    file(0, "schedstat", 0o444, |s| {
        format!("{} 0 {}\n", live_usage(s.sys, s.p).cpu(), s.p.tasks.len()).into_bytes()
    }),
    file(0, "setgroups", 0o644, |_| b"allow\n".to_vec()),
    file(0, "coredump_filter", 0o644, |_| b"00000033\n".to_vec()),
    file(0, "timerslack_ns", 0o644, |_| b"50000\n".to_vec()),
];

/// The row of a name in a directory.
pub fn child(parent: u8, name: &str, thread: bool) -> Option<u8> {
    if thread && name == "task" {
        return None;
    }
    ROWS.iter().skip(1).position(|row| row.parent == parent && row.name == name).map(|n| n as u8 + 1)
}

/// The number of a row in the process's directory.
pub fn row(name: &str) -> u8 {
    child(0, name, false).unwrap_or(0)
}

fn comm(s: Subject<'_>) -> &[u8] {
    match s.task.or(s.p.tasks.first().copied()) {
        Some(task) => &s.sys.tasks[task].comm,
        None => &s.p.comm,
    }
}

fn state(s: Subject) -> (char, &'static str) {
    if s.p.zombie {
        return ('Z', "zombie");
    }
    if s.p.stopped.is_some() {
        return ('T', "stopped");
    }
    let runs = match s.task {
        Some(task) => s.sys.tasks[task].is_busy(),
        None => s.p.tasks.iter().any(|t| s.sys.tasks[*t].is_busy()),
    };
    if runs { ('R', "running") } else { ('S', "sleeping") }
}

fn stat(s: Subject) -> Vec<u8> {
    let (sys, p) = (s.sys, s.p);
    let ticks = |ns: u64| ns / 10_000_000;
    let tty = sys.sessions.get(&p.sid).and_then(|session| session.tty);
    let tty_nr = tty.map_or(0, crate::fs::devpts::tty_dev);
    let tpgid = tty.and_then(|tty| sys.ttys.get(tty)).map_or(-1, |t| t.pgrp);
    let usage = match s.task {
        Some(task) => tawaki_abi::wire::Rusage {
            utime: sys.tasks[task].utime,
            stime: sys.tasks[task].stime,
            ..p.usage()
        },
        None => live_usage(sys, p),
    };
    let id = s.task.map_or(p.pid, |task| sys.tasks[task].tid);
    let ppid = sys.procs.get(p.parent).filter(|_| p.pid != 1).map_or(0, |parent| parent.pid);
    let mut out = format!("{id} (").into_bytes();
    out.extend_from_slice(comm(s));
    let (caught, ignored) = handled(s);
    let task = s.task.or(p.tasks.first().copied());
    let blocked = task.map_or(0, |t| sys.tasks[t].mask);
    let schedule = schedule(s);
    let _ = writeln!(
        Text(&mut out),
        ") {} {ppid} {} {} {tty_nr} {tpgid} 0 {} 0 {} 0 {} {} {} {} {} {} {} 0 {} {} {} {} \
         0 0 0 0 0 {} {} {} {} 0 0 0 {} 0 {} {} 0 0 0 0 0 0 0 0 0 0 {}",
        state(s).0,
        p.pgid,
        p.sid,
        usage.minflt,
        usage.majflt,
        ticks(usage.utime),
        ticks(usage.stime),
        ticks(p.child_usage.utime),
        ticks(p.child_usage.stime),
        if schedule.priority > 0 { -1 - schedule.priority as i32 } else { 20 + p.nice },
        p.nice,
        p.tasks.len().max(1),
        ticks(p.start_ns),
        p.maps.vsize,
        p.maps.rss / 4096,
        p.limits[5].0,
        p.shared.set & 0x7fff_ffff,
        blocked & 0x7fff_ffff,
        ignored & 0x7fff_ffff,
        caught & 0x7fff_ffff,
        p.exit_signal,
        schedule.priority,
        schedule.policy,
        p.exiting.filter(|_| p.zombie).unwrap_or(0),
    );
    out
}

/// Adapts a byte vector to `fmt::Write`.
struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

/// Caught and ignored signals.
fn handled(s: Subject) -> (SigSet, SigSet) {
    let (mut caught, mut ignored) = (0, 0);
    for (n, action) in s.p.actions.iter().enumerate() {
        match action.handler {
            SIG_DFL => {}
            SIG_IGN => ignored |= 1 << n,
            _ => caught |= 1 << n,
        }
    }
    (caught, ignored)
}

fn status(s: Subject) -> Vec<u8> {
    let (sys, p) = (s.sys, s.p);
    let mut out = b"Name:\t".to_vec();
    out.extend_from_slice(comm(s));
    let (letter, word) = state(s);
    let (caught, ignored) = handled(s);
    let task = s.task.or(p.tasks.first().copied());
    let (pending, blocked) = task.map_or((0, 0), |t| (sys.tasks[t].pending.set, sys.tasks[t].mask));
    let c = task.map_or(&p.cred, |task| sys.cred_of(task));
    let caps = c.caps;
    let groups: String = c.fs.groups.iter().map(|g| format!("{g} ")).collect();
    let id = s.task.map_or(p.pid, |task| sys.tasks[task].tid);
    let ppid = sys.procs.get(p.parent).filter(|_| p.pid != 1).map_or(0, |parent| parent.pid);
    let tracer = task
        .and_then(|task| sys.tasks[task].trace.as_ref())
        .and_then(|trace| sys.procs.get(trace.tracer))
        .map_or(0, |tracer| tracer.pid);
    let kib = |bytes: u64| bytes / 1024;
    let _ = write!(
        Text(&mut out),
        "\nUmask:\t{:04o}\nState:\t{letter} ({word})\nTgid:\t{}\nNgid:\t0\nPid:\t{id}\nPPid:\t{ppid}\n\
         TracerPid:\t{tracer}\nUid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\nFDSize:\t{}\nGroups:\t{groups}\n\
         VmPeak:\t{:8} kB\nVmSize:\t{:8} kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\n\
         VmHWM:\t{:8} kB\nVmRSS:\t{:8} kB\nVmData:\t{:8} kB\nVmStk:\t     132 kB\nVmExe:\t       0 kB\n\
         VmLib:\t       0 kB\nVmSwap:\t       0 kB\nThreads:\t{}\nSigQ:\t{}/1024\n\
         SigPnd:\t{pending:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{blocked:016x}\nSigIgn:\t{ignored:016x}\n\
         SigCgt:\t{caught:016x}\nCapInh:\t{:016x}\nCapPrm:\t{:016x}\nCapEff:\t{:016x}\n\
         CapBnd:\t{:016x}\nCapAmb:\t{:016x}\nNoNewPrivs:\t{}\nSeccomp:\t0\n\
         Cpus_allowed:\t{:x}\nCpus_allowed_list:\t{}\nvoluntary_ctxt_switches:\t{}\n\
         nonvoluntary_ctxt_switches:\t0\n",
        p.umask,
        p.pid,
        c.ruid,
        c.euid,
        c.suid,
        c.fs.uid,
        c.rgid,
        c.egid,
        c.sgid,
        c.fs.gid,
        sys.fdtables.get(p.fds).map_or(0, |t| t.entries.len().next_multiple_of(64)),
        kib(p.maps.vsize),
        kib(p.maps.vsize),
        kib(p.maps.rss),
        kib(p.maps.rss),
        kib(p.maps.vsize),
        p.tasks.len().max(1),
        p.shared.infos.len(),
        p.shared.set,
        caps.inheritable,
        caps.permitted,
        caps.effective,
        caps.bounding,
        caps.ambient,
        p.no_new_privs as u8,
        schedule(s).affinity,
        processors(schedule(s).affinity),
        task.map_or(0, |t| sys.tasks[t].switches),
    );
    out
}

fn schedule(s: Subject) -> Schedule {
    let task = s.task.or(s.p.tasks.first().copied());
    task.map_or(Schedule::new(s.sys.config.cpus), |task| s.sys.tasks[task].schedule)
}

/// A mask as a list: `0-2,5`.
fn processors(mask: u64) -> String {
    let has = |bit: u32| bit < 64 && mask >> bit & 1 != 0;
    let starts = (0..64).filter(|&bit| has(bit) && (bit == 0 || !has(bit - 1)));
    let runs = starts.map(|start| match (start..64).find(|&bit| !has(bit + 1)).unwrap_or(63) {
        end if end == start => start.to_string(),
        end => format!("{start}-{end}"),
    });
    runs.collect::<Vec<_>>().join(",")
}

fn limits(s: Subject) -> Vec<u8> {
    const NAMES: [(&str, &str); 16] = [
        ("Max cpu time", "seconds"),
        ("Max file size", "bytes"),
        ("Max data size", "bytes"),
        ("Max stack size", "bytes"),
        ("Max core file size", "bytes"),
        ("Max resident set", "bytes"),
        ("Max processes", "processes"),
        ("Max open files", "files"),
        ("Max locked memory", "bytes"),
        ("Max address space", "bytes"),
        ("Max file locks", "locks"),
        ("Max pending signals", "signals"),
        ("Max msgqueue size", "bytes"),
        ("Max nice priority", ""),
        ("Max realtime priority", ""),
        ("Max realtime timeout", "us"),
    ];
    let show = |limit: u64| if limit == RLIM_INFINITY { "unlimited".into() } else { limit.to_string() };
    let mut out = format!("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for ((name, unit), (soft, hard)) in NAMES.iter().zip(s.p.limits) {
        let _ = writeln!(out, "{name:<25} {:<20} {:<20} {unit:<10}", show(soft), show(hard));
    }
    out.into_bytes()
}

/// `/proc/PID/fdinfo/N`.
pub fn fdinfo(s: Subject, fd: i32) -> Result<Vec<u8>, Errno> {
    let entry = s.sys.fdtables.get(s.p.fds).and_then(|t| t.get(fd)).ok_or(Errno::ENOENT)?;
    let f = &s.sys.files[entry.file];
    let cloexec = if entry.cloexec { OpenFlags::CLOEXEC.bits() } else { 0 };
    let mut out = format!(
        "pos:\t{}\nflags:\t0{:o}\nmnt_id:\t{}\nino:\t{}\n",
        f.offset,
        f.flags.bits() | cloexec,
        f.loc.map_or(0, |loc| loc.mount.0),
        f.loc.map_or(0, |loc| loc.ino.0),
    );
    match &f.object {
        Object::Event(e) => _ = writeln!(out, "eventfd-count: {:16x}", e.count),
        Object::Signal(set) => _ = writeln!(out, "sigmask:\t{set:016x}"),
        _ => {}
    }
    Ok(out.into_bytes())
}
