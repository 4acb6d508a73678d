//! `/sys`: what programs look at to count processors and find interfaces.

use super::{list, made_up, system};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFREG, Stat, Statfs};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino};

/// Makes the text of a file: the number of processors, and in a processor's
/// directory its own number.
type Make = fn(u32, u32) -> String;

/// A node: its parent's number, name, and text (`None`: a directory). A number is
/// the position plus one.
type Node = (u64, &'static str, Option<Make>);

/// Number of `/sys/devices/system/cpu`.
const CPU: u64 = 4;
/// Bits of an inode number below the processor's number plus one.
const SHIFT: u32 = 16;

const NODES: &[Node] = &[
    (1, "", None),
    (1, "devices", None),
    (2, "system", None),
    (3, "cpu", None),
    (4, "online", Some(|cpus, _| range(cpus))),
    (4, "possible", Some(|cpus, _| range(cpus))),
    (4, "present", Some(|cpus, _| range(cpus))),
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
    (22, "cpulist", Some(|cpus, _| range(cpus))),
    (22, "cpumap", Some(|cpus, _| format!("{:x}\n", mask(cpus)))),
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
    (2, "core_siblings", Some(|cpus, _| format!("{:x}\n", mask(cpus)))),
    (2, "core_siblings_list", Some(|cpus, _| range(cpus))),
    (2, "package_cpus", Some(|cpus, _| format!("{:x}\n", mask(cpus)))),
    (2, "package_cpus_list", Some(|cpus, _| range(cpus))),
    (1, "online", Some(|_, _| "1\n".into())),
];

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
    let cpu = ino.0 >> SHIFT;
    let table = if cpu == 0 { NODES } else { PER_CPU };
    let row = usize::try_from((ino.0 & ((1 << SHIFT) - 1)).wrapping_sub(1)).map_err(|_| Errno::ENOENT)?;
    Ok((table.get(row).ok_or(Errno::ENOENT)?, (cpu as u32).saturating_sub(1)))
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
    let root_of_cpu = ino.0 >> SHIFT != 0 && ino.0 & ((1 << SHIFT) - 1) == 1;
    Ok(if root_of_cpu { Ino(CPU) } else { sibling(ino, node(ino)?.0.0) })
}

fn mode(text: Option<Make>) -> u32 {
    if text.is_some() { S_IFREG | 0o444 } else { S_IFDIR | 0o555 }
}

/// The rows of a directory: name, inode, mode.
fn children(ino: Ino, cpus: u32) -> Vec<(String, Ino, u32)> {
    let table = if ino.0 >> SHIFT == 0 { NODES } else { PER_CPU };
    let row = ino.0 & ((1 << SHIFT) - 1);
    let rows = table.iter().enumerate().skip(1).filter(|(_, n)| n.0 == row);
    let mut out: Vec<_> =
        rows.map(|(i, n)| (n.1.to_owned(), sibling(ino, i as u64 + 1), mode(n.2))).collect();
    if ino.0 == CPU {
        out.extend((0..cpus).map(|n| (format!("cpu{n}"), cpu_ino(n), mode(None))));
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
        let all = children(dir, system(cx)?.config.cpus);
        let found = all.into_iter().find(|(n, ..)| n.as_bytes() == name);
        Ok(found.ok_or(Errno::ENOENT)?.1)
    }
    fn readdir(&mut self, cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let fixed = [(".".to_owned(), dir, S_IFDIR), ("..".to_owned(), parent(dir)?, S_IFDIR)];
        list(fixed.into_iter().chain(children(dir, system(cx)?.config.cpus)), cookie, sink);
        Ok(())
    }
    fn read(&mut self, cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let (node, cpu) = node(ino)?;
        let text = node.2.ok_or(Errno::EISDIR)?(system(cx)?.config.cpus, cpu);
        let rest = text.as_bytes().get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn statfs(&mut self, _: &Context) -> FsResult<Statfs> {
        Ok(Statfs { kind: 0x6265_6572, bsize: 4096, namelen: 255, ..Statfs::default() })
    }
}
