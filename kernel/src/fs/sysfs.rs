//! `/sys`: the little that programs look at to count processors.

use super::{list, made_up, system};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFREG, Stat, Statfs};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino};

/// Makes the text of a file from the number of processors.
type Make = fn(u32) -> String;

/// A node: its parent's number, name, and text (`None`: a directory). A number is
/// the position plus one.
type Node = (u64, &'static str, Option<Make>);

const NODES: &[Node] = &[
    (1, "", None),
    (1, "devices", None),
    (2, "system", None),
    (3, "cpu", None),
    (4, "online", Some(range)),
    (4, "possible", Some(range)),
    (4, "present", Some(range)),
    (1, "fs", None),
    (8, "cgroup", None),
    (1, "class", None),
    (1, "block", None),
    (1, "kernel", None),
    (12, "mm", None),
    (13, "transparent_hugepage", None),
    (14, "enabled", Some(|_| "always madvise [never]\n".into())),
    (14, "hpage_pmd_size", Some(|_| "2097152\n".into())),
];

fn range(cpus: u32) -> String {
    if cpus > 1 { format!("0-{}\n", cpus - 1) } else { "0\n".into() }
}

/// The file system.
pub struct SysFs;

fn node(ino: Ino) -> FsResult<&'static Node> {
    let index = usize::try_from(ino.0.wrapping_sub(1)).map_err(|_| Errno::ENOENT)?;
    Ok(NODES.get(index).ok_or(Errno::ENOENT)?)
}

fn mode(text: Option<Make>) -> u32 {
    if text.is_some() { S_IFREG | 0o444 } else { S_IFDIR | 0o555 }
}

impl FileSystem for SysFs {
    fn kind(&self) -> &'static str {
        "sysfs"
    }
    fn root(&self) -> Ino {
        Ino(1)
    }
    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat> {
        let &(_, _, text) = node(ino)?;
        let size = if text.is_some() { 4096 } else { 0 };
        Ok(Stat { size, ..made_up(cx, ino, mode(text)) })
    }
    fn lookup(&mut self, _: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        if name == b".." {
            return Ok(Ino(node(dir)?.0));
        }
        let found = NODES.iter().skip(1).position(|(parent, n, _)| *parent == dir.0 && n.as_bytes() == name);
        Ok(Ino(found.ok_or(Errno::ENOENT)? as u64 + 2))
    }
    fn readdir(&mut self, _: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let up = Ino(node(dir)?.0);
        let children = NODES.iter().enumerate().skip(1).filter(|(_, n)| n.0 == dir.0);
        let children = children.map(|(i, n)| (n.1, Ino(i as u64 + 1), mode(n.2)));
        list([(".", dir, S_IFDIR), ("..", up, S_IFDIR)].into_iter().chain(children), cookie, sink);
        Ok(())
    }
    fn read(&mut self, cx: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let text = node(ino)?.2.ok_or(Errno::EISDIR)?(system(cx)?.config.cpus);
        let rest = text.as_bytes().get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn statfs(&mut self, _: &Context) -> FsResult<Statfs> {
        Ok(Statfs { kind: 0x6265_6572, bsize: 4096, namelen: 255, ..Statfs::default() })
    }
}
