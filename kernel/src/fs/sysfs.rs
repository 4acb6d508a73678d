//! `/sys`: what programs look at to count processors and find interfaces.

use super::{list, made_up, system};
use crate::system::System;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFREG, Stat, Statfs};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino};

/// Makes the text of a file; in the directory of a processor or loop device, with its
/// number.
type Make = fn(&System, u32) -> String;

/// A node: its parent's number, name, and text (`None`: a directory). A number is
/// the position plus one.
type Node = (u64, &'static str, Option<Make>);

/// Number of `/sys/devices/system/cpu`.
const CPU: u64 = 4;
/// Number of `/sys/block`.
const BLOCK: u64 = 11;
/// Number of `/sys/dev/block`.
const DEV_BLOCK: u64 = 40;
/// Loop devices follow after this many processors.
const LOOPS: u64 = 0x1000;
/// Bits of an inode number below the processor's number plus one.
const SHIFT: u32 = 16;

const NODES: &[Node] = &[
    (1, "", None),
    (1, "devices", None),
    (2, "system", None),
    (3, "cpu", None),
    (4, "online", Some(|s, _| range(s.config.cpus))),
    (4, "possible", Some(|s, _| range(s.config.cpus))),
    (4, "present", Some(|s, _| range(s.config.cpus))),
    (1, "fs", None),
    (8, "cgroup", None),
    (1, "class", None),
    (1, "block", None),
    (1, "kernel", None),
    (12, "mm", None),
    (13, "transparent_hugepage", None),
    (14, "enabled", Some(|_, _| "always madvise [never]\n".into())),
    (14, "hpage_pmd_size", Some(|_, _| "2097152\n".into())),
    (4, "offline", Some(|_, _| "\n".into())),
    (4, "kernel_max", Some(|_, _| "63\n".into())),
    (3, "node", None), // 19
    (19, "online", Some(|_, _| "0\n".into())),
    (19, "possible", Some(|_, _| "0\n".into())),
    (19, "node0", None), // 22
    (22, "cpulist", Some(|s, _| range(s.config.cpus))),
    (22, "cpumap", Some(|s, _| format!("{:x}\n", mask(s.config.cpus)))),
    (10, "net", None), // 25
    (25, "lo", None),  // 26
    (26, "address", Some(|_, _| "00:00:00:00:00:00\n".into())),
    (26, "mtu", Some(|_, _| "65536\n".into())),
    (26, "flags", Some(|_, _| "0x9\n".into())),
    (26, "ifindex", Some(|_, _| "1\n".into())),
    (26, "type", Some(|_, _| "772\n".into())),
    (26, "operstate", Some(|_, _| "unknown\n".into())),
    (26, "tx_queue_len", Some(|_, _| "1000\n".into())),
    (10, "block", None),
    (10, "tty", None),
    (1, "bus", None),
    (1, "module", None),
    (1, "power", None),
    (1, "dev", None), // 39
    (39, "block", None),
];

/// Below `/sys/devices/system/cpu/cpuN`: the first is the directory itself.
const PER_CPU: &[Node] = &[
    (1, "", None),
    (1, "topology", None),
    (2, "core_id", Some(|_, cpu| format!("{cpu}\n"))),
    (2, "physical_package_id", Some(|_, _| "0\n".into())),
    (2, "thread_siblings", Some(|_, cpu| format!("{:x}\n", 1u64 << cpu.min(63)))),
    (2, "thread_siblings_list", Some(|_, cpu| format!("{cpu}\n"))),
    (2, "core_cpus", Some(|_, cpu| format!("{:x}\n", 1u64 << cpu.min(63)))),
    (2, "core_cpus_list", Some(|_, cpu| format!("{cpu}\n"))),
    (2, "core_siblings", Some(|s, _| format!("{:x}\n", mask(s.config.cpus)))),
    (2, "core_siblings_list", Some(|s, _| range(s.config.cpus))),
    (2, "package_cpus", Some(|s, _| format!("{:x}\n", mask(s.config.cpus)))),
    (2, "package_cpus_list", Some(|s, _| range(s.config.cpus))),
    (1, "online", Some(|_, _| "1\n".into())),
];

/// Below `/sys/block/loopN`, as long as it has a file.
const PER_LOOP: &[Node] = &[
    (1, "", None),
    (1, "dev", Some(|_, n| format!("7:{n}\n"))),
    (1, "size", Some(|s, n| about(s, n, |l| format!("{}", l.size / 512)))),
    (1, "ro", Some(|s, n| about(s, n, |l| format!("{}", l.config.flags & 1)))),
    (1, "removable", Some(|_, _| "0\n".into())),
    (1, "loop", None), // 6
    (6, "backing_file", Some(|s, n| about(s, n, |l| String::from_utf8_lossy(&l.path).into_owned()))),
    (6, "offset", Some(|s, n| about(s, n, |l| format!("{}", l.config.offset)))),
    (6, "sizelimit", Some(|s, n| about(s, n, |l| format!("{}", l.config.size_limit)))),
    (6, "autoclear", Some(|s, n| about(s, n, |l| format!("{}", l.config.flags >> 2 & 1)))),
    (6, "partscan", Some(|_, _| "0\n".into())),
    (6, "dio", Some(|_, _| "0\n".into())),
    (1, "queue", None), // 13
    (13, "logical_block_size", Some(|_, _| "512\n".into())),
    (13, "rotational", Some(|_, _| "0\n".into())),
];

/// A line about a loop device.
fn about(sys: &System, n: u32, text: fn(&crate::system::LoopState) -> String) -> String {
    sys.loops.iter().find(|l| l.number == n).map_or_else(String::new, |l| text(l) + "\n")
}

fn range(cpus: u32) -> String {
    if cpus > 1 { format!("0-{}\n", cpus - 1) } else { "0\n".into() }
}

fn mask(cpus: u32) -> u64 {
    u64::MAX >> (64 - cpus.clamp(1, 64))
}

/// The file system.
pub struct SysFs;

/// The row of an inode, and the processor it is about (0 outside).
fn node(ino: Ino) -> FsResult<(&'static Node, u32)> {
    let part = ino.0 >> SHIFT;
    let table = table(part);
    let row = usize::try_from((ino.0 & ((1 << SHIFT) - 1)).wrapping_sub(1)).map_err(|_| Errno::ENOENT)?;
    Ok((
        table.get(row).ok_or(Errno::ENOENT)?,
        part.checked_sub(LOOPS).unwrap_or(part.saturating_sub(1)) as u32,
    ))
}

fn table(part: u64) -> &'static [Node] {
    match part {
        0 => NODES,
        LOOPS.. => PER_LOOP,
        _ => PER_CPU,
    }
}

/// The inode of row number `row` in the same part as `ino`.
fn sibling(ino: Ino, row: u64) -> Ino {
    Ino(ino.0 >> SHIFT << SHIFT | row)
}

/// The directory of a processor.
fn cpu_ino(cpu: u32) -> Ino {
    Ino((u64::from(cpu) + 1) << SHIFT | 1)
}

fn parent(ino: Ino) -> FsResult<Ino> {
    let part = ino.0 >> SHIFT;
    let top = part != 0 && ino.0 & ((1 << SHIFT) - 1) == 1;
    let above = if part >= LOOPS { BLOCK } else { CPU };
    Ok(if top { Ino(above) } else { sibling(ino, node(ino)?.0.0) })
}

fn mode(text: Option<Make>) -> u32 {
    if text.is_some() { S_IFREG | 0o444 } else { S_IFDIR | 0o555 }
}

/// The rows of a directory: name, inode, mode.
fn children(ino: Ino, sys: &System) -> Vec<(String, Ino, u32)> {
    let table = table(ino.0 >> SHIFT);
    let row = ino.0 & ((1 << SHIFT) - 1);
    let rows = table.iter().enumerate().skip(1).filter(|(_, n)| n.0 == row);
    let mut out: Vec<_> =
        rows.map(|(i, n)| (n.1.to_owned(), sibling(ino, i as u64 + 1), mode(n.2))).collect();
    if ino.0 == CPU {
        out.extend((0..sys.config.cpus).map(|n| (format!("cpu{n}"), cpu_ino(n), mode(None))));
    }
    if ino.0 == BLOCK || ino.0 == DEV_BLOCK {
        let name = |n: u32| if ino.0 == BLOCK { format!("loop{n}") } else { format!("7:{n}") };
        let ino = |n: u32| Ino((u64::from(n) + LOOPS) << SHIFT | 1);
        out.extend(sys.loops.iter().map(|l| (name(l.number), ino(l.number), mode(None))));
    }
    out
}

impl FileSystem for SysFs {
    fn kind(&self) -> &'static str {
        "sysfs"
    }
    fn root(&self) -> Ino {
        Ino(1)
    }
    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat> {
        let (&(_, _, text), _) = node(ino)?;
        let size = if text.is_some() { 4096 } else { 0 };
        Ok(Stat { size, ..made_up(cx, ino, mode(text)) })
    }
    fn lookup(&mut self, cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        if name == b".." {
            return parent(dir);
        }
        let all = children(dir, system(cx)?);
        let found = all.into_iter().find(|(n, ..)| n.as_bytes() == name);
        Ok(found.ok_or(Errno::ENOENT)?.1)
    }
    fn readdir(&mut self, cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let fixed = [(".".to_owned(), dir, S_IFDIR), ("..".to_owned(), parent(dir)?, S_IFDIR)];
        list(fixed.into_iter().chain(children(dir, system(cx)?)), cookie, sink);
        Ok(())
    }
    fn read(&mut self, cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let (node, cpu) = node(ino)?;
        let text = node.2.ok_or(Errno::EISDIR)?(system(cx)?, cpu);
        let rest = text.as_bytes().get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn statfs(&mut self, _: &Context) -> FsResult<Statfs> {
        Ok(Statfs { kind: 0x6265_6572, bsize: 4096, namelen: 255, ..Statfs::default() })
    }
}
