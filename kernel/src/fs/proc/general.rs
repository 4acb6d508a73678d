//! The part of procfs that is about the whole machine.

use crate::syscall::{RELEASE, VERSION};
use crate::system::{PID_MAX, System};
use std::fmt::Write;
use tawaki_abi::fs::{S_IFDIR, S_IFLNK, S_IFREG};

/// What a row is.
#[derive(Clone, Copy)]
pub enum Kind {
    Dir,
    Link,
    Text(fn(&System) -> Vec<u8>),
}

/// A row: number of its directory's row, name, kind.
pub struct Row {
    pub parent: u8,
    pub name: &'static str,
    pub kind: Kind,
    /// May be written by the superuser.
    pub writable: bool,
}

impl Row {
    pub fn mode(&self) -> u32 {
        match self.kind {
            Kind::Dir => S_IFDIR | 0o555,
            Kind::Link => S_IFLNK | 0o777,
            Kind::Text(_) if self.writable => S_IFREG | 0o644,
            Kind::Text(_) => S_IFREG | 0o444,
        }
    }
}

const fn dir(parent: u8, name: &'static str) -> Row {
    Row { parent, name, kind: Kind::Dir, writable: false }
}
const fn link(parent: u8, name: &'static str) -> Row {
    Row { parent, name, kind: Kind::Link, writable: false }
}
const fn file(parent: u8, name: &'static str, make: fn(&System) -> Vec<u8>) -> Row {
    Row { parent, name, kind: Kind::Text(make), writable: false }
}
const fn knob(parent: u8, name: &'static str, make: fn(&System) -> Vec<u8>) -> Row {
    Row { parent, name, kind: Kind::Text(make), writable: true }
}

/// All rows; a row's number is its position, the first is the root.
pub const ROWS: &[Row] = &[
    dir(0, ""),
    dir(0, "sys"),     // 1
    dir(1, "kernel"),  // 2
    dir(1, "vm"),      // 3
    dir(1, "fs"),      // 4
    dir(2, "random"),  // 5
    dir(1, "net"),     // 6
    dir(6, "core"),    // 7
    dir(6, "ipv4"),    // 8
    dir(4, "inotify"), // 9
    dir(6, "unix"),    // 10
    dir(4, "epoll"),   // 11
    knob(7, "somaxconn", |_| line(b"4096")),
    knob(7, "rmem_max", |_| line(b"212992")),
    knob(7, "wmem_max", |_| line(b"212992")),
    knob(8, "ip_local_port_range", |_| line(b"32768\t60999")),
    knob(8, "ip_forward", |_| line(b"0")),
    knob(8, "tcp_rmem", |_| line(b"4096\t131072\t6291456")),
    knob(8, "tcp_wmem", |_| line(b"4096\t16384\t4194304")),
    knob(8, "tcp_fin_timeout", |_| line(b"60")),
    knob(8, "tcp_keepalive_time", |_| line(b"7200")),
    knob(8, "tcp_syncookies", |_| line(b"1")),
    knob(8, "tcp_max_syn_backlog", |_| line(b"4096")),
    knob(8, "ping_group_range", |_| line(b"1\t0")),
    knob(8, "ip_unprivileged_port_start", |_| line(b"1024")),
    knob(9, "max_user_watches", |_| line(crate::file::inotify::MAX_WATCHES.to_string().as_bytes())),
    knob(9, "max_user_instances", |_| line(b"1024")),
    knob(9, "max_queued_events", |_| line(crate::file::inotify::MAX_EVENTS.to_string().as_bytes())),
    knob(10, "max_dgram_qlen", |_| line(b"512")),
    knob(11, "max_user_watches", |_| line(crate::file::epoll::MAX_ITEMS.to_string().as_bytes())),
    link(0, "self"),
    link(0, "thread-self"),
    link(0, "mounts"),
    link(0, "net"),
    file(0, "tawaki", |_| Vec::new()),
    file(0, "cpuinfo", cpuinfo),
    file(0, "meminfo", meminfo),
    file(0, "stat", stat),
    file(0, "uptime", |sys| {
        let seconds = sys.uptime() as f64 / 1e9;
        format!("{seconds:.2} {:.2}\n", seconds * sys.config.cpus as f64 / 2.0).into_bytes()
    }),
    file(0, "loadavg", |sys| {
        let [a, b, c] = sys.loads.map(|load| format!("{}.{:02}", load >> 16, ((load & 0xffff) * 100) >> 16));
        format!("{a} {b} {c} {}/{} {}\n", running(sys), sys.tasks.len() + 1, sys.last_pid).into_bytes()
    }),
    file(0, "version", |_| format!("Linux version {RELEASE} (tawaki) (rustc) {VERSION}\n").into_bytes()),
    file(0, "filesystems", |_| {
        b"nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tdevpts\n\text2\n".to_vec()
    }),
    file(0, "cmdline", |_| b"root=/dev/vda\n".to_vec()),
    file(0, "partitions", |_| b"major minor  #blocks  name\n\n".to_vec()),
    file(0, "devices", |_| {
        b"Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n  7 loop\n".to_vec()
    }),
    file(0, "modules", |_| Vec::new()),
    file(0, "swaps", |_| b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n".to_vec()),
    file(0, "vmstat", |sys| format!("nr_free_pages {}\npgfault 0\n", sys.free_memory() / 4096).into_bytes()),
    file(0, "diskstats", |_| Vec::new()),
    file(0, "interrupts", |_| b"           CPU0\n".to_vec()),
    knob(4, "dir-notify-enable", |sys| line(if sys.notes.enabled { b"1" } else { b"0" })),
    knob(4, "lease-break-time", |sys| line(sys.leases.break_seconds.to_string().as_bytes())),
    knob(2, "hostname", |sys| line(&sys.hostname)),
    knob(2, "domainname", |sys| line(&sys.domainname)),
    file(2, "osrelease", |_| line(RELEASE.as_bytes())),
    file(2, "ostype", |_| line(b"Linux")),
    file(2, "version", |_| line(VERSION.as_bytes())),
    file(2, "pid_max", |_| line(PID_MAX.to_string().as_bytes())),
    file(2, "threads-max", |sys| line(sys.config.max_processes.to_string().as_bytes())),
    file(2, "ngroups_max", |_| line(b"65536")),
    file(2, "cap_last_cap", |_| line(b"40")),
    knob(2, "core_pattern", |_| line(b"core")),
    knob(2, "randomize_va_space", |_| line(b"0")),
    knob(2, "yama_ptrace_scope", |_| line(b"0")),
    file(5, "boot_id", |sys| line(uuid(sys.boot_ns ^ 0x7a6b).as_bytes())),
    file(5, "uuid", |sys| line(uuid(sys.now.monotonic_ns.wrapping_mul(0x9e37_79b9_7f4a_7c15)).as_bytes())),
    file(5, "entropy_avail", |_| line(b"256")),
    file(5, "poolsize", |_| line(b"256")),
    knob(3, "overcommit_memory", |_| line(b"1")),
    knob(3, "max_map_count", |_| line(b"65530")),
    knob(3, "mmap_min_addr", |_| line(b"65536")),
    knob(3, "swappiness", |_| line(b"60")),
    knob(3, "overcommit_ratio", |_| line(b"50")),
    knob(3, "dirty_ratio", |_| line(b"20")),
    knob(2, "panic", |_| line(b"0")),
    knob(2, "printk", |_| line(b"4\t4\t1\t7")),
    knob(2, "dmesg_restrict", |_| line(b"1")),
    knob(2, "perf_event_paranoid", |_| line(b"4")),
    knob(2, "unprivileged_userns_clone", |_| line(b"0")),
    knob(2, "shmmax", |_| line(b"18446744073692774399")),
    knob(2, "sem", |_| line(b"32000\t1024000000\t500\t32000")),
    knob(4, "protected_hardlinks", |_| line(b"0")),
    knob(4, "protected_symlinks", |_| line(b"0")),
    knob(4, "suid_dumpable", |_| line(b"0")),
    knob(4, "aio-max-nr", |_| line(b"0")),
    file(4, "file-max", |_| line(crate::system::MAX_FILES.to_string().as_bytes())),
    file(4, "file-nr", |sys| format!("{}\t0\t{}\n", sys.files.len(), crate::system::MAX_FILES).into_bytes()),
    file(4, "nr_open", |_| line(crate::task::NR_OPEN.to_string().as_bytes())),
    file(4, "pipe-max-size", |_| line(crate::file::pipe::MAX_CAPACITY.to_string().as_bytes())),
];

/// The row of a name in a directory.
pub fn child(parent: u8, name: &str) -> Option<u8> {
    ROWS.iter().skip(1).position(|row| row.parent == parent && row.name == name).map(|n| n as u8 + 1)
}

fn line(text: &[u8]) -> Vec<u8> {
    [text, b"\n"].concat()
}

/// Something that looks like an identifier and differs.
fn uuid(seed: u64) -> String {
    let a = seed.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(29);
    let b = a.wrapping_mul(0xca5a_8263_9512_1157) ^ seed;
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 48 & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

pub fn running(sys: &System) -> usize {
    sys.tasks.iter().filter(|(_, t)| t.is_busy()).count()
}

/// One entry per processor: what `lscpu`, `nproc` and language runtimes read.
fn cpuinfo(sys: &System) -> Vec<u8> {
    let mut out = String::new();
    for n in 0..sys.config.cpus {
        let _ = write!(
            out,
            "processor\t: {n}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 15\n\
             model name\t: Tawaki virtual processor\nstepping\t: 1\ncpu MHz\t\t: 1000.000\n\
             cache size\t: 4096 KB\nphysical id\t: 0\nsiblings\t: {0}\ncore id\t\t: {n}\n\
             cpu cores\t: {0}\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 13\nwp\t\t: yes\n\
             flags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall nx lm pni ssse3 cx16 sse4_1 \
             sse4_2 popcnt lahf_lm\nbogomips\t: 2000.00\nclflush size\t: 64\n\
             cache_alignment\t: 64\naddress sizes\t: 32 bits physical, 32 bits virtual\n\n",
            sys.config.cpus,
        );
    }
    out.into_bytes()
}

fn meminfo(sys: &System) -> Vec<u8> {
    let kib = |bytes: u64| bytes / 1024;
    let (total, free) = (kib(sys.config.memory), kib(sys.free_memory()));
    let mut out = String::new();
    for (name, value) in [
        ("MemTotal", total),
        ("MemFree", free),
        ("MemAvailable", free),
        ("Buffers", 0),
        ("Cached", 0),
        ("SwapCached", 0),
        ("Active", total - free),
        ("Inactive", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", 0),
        ("Writeback", 0),
        ("AnonPages", total - free),
        ("Mapped", 0),
        ("Shmem", 0),
        ("Slab", 0),
        ("SReclaimable", 0),
        ("CommitLimit", total),
        ("Committed_AS", total - free),
    ] {
        let _ = writeln!(out, "{:<16}{value:>8} kB", format!("{name}:"));
    }
    out.into_bytes()
}

fn stat(sys: &System) -> Vec<u8> {
    let ticks = |ns: u64| ns / 10_000_000;
    let usages = || sys.procs.iter().map(|(_, p)| crate::exit::live_usage(sys, p));
    let busy: u64 = usages().map(|usage| usage.cpu()).sum();
    let system = ticks(usages().map(|usage| usage.stime).sum());
    let all = sys.uptime().saturating_mul(sys.config.cpus as u64);
    let mut out = String::new();
    let user = ticks(busy).saturating_sub(system);
    let idle = ticks(all.saturating_sub(busy));
    let _ = writeln!(out, "cpu  {user} 0 {system} {idle} 0 0 0 0 0 0");
    let cpus = sys.config.cpus.max(1) as u64;
    for n in 0..cpus {
        let _ = writeln!(out, "cpu{n} {} 0 {} {} 0 0 0 0 0 0", user / cpus, system / cpus, idle / cpus);
    }
    let boot = sys.now.realtime_ns.saturating_sub(sys.uptime()) / 1_000_000_000;
    let _ = write!(
        out,
        "intr 0\nctxt {}\nbtime {boot}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n",
        sys.calls,
        sys.forks,
        running(sys).max(1)
    );
    out.into_bytes()
}

/// A row's number has seven bits of an inode number.
const _: () = assert!(ROWS.len() <= 128);
