//! The mount table, and file systems of the kernel's own: entries that come and
//! go, magic links, inodes that are nowhere in the tree.

mod common;

use common::{NOW, root_creds};
use tawaki_abi::Errno;
use tawaki_abi::fs::{OpenFlags, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, Stat};
use tawaki_vfs::{
    At, Context, DirEntry, DirSink, FileKind, FileSystem, FsError, FsResult, Ino, Location, MountFlags,
    RenameFlags, ResolveFlags, Tmpfs, Vfs,
};

fn tmpfs() -> Box<Tmpfs> {
    Box::new(Tmpfs::new(1 << 20, 0o755, NOW))
}

fn is<T: std::fmt::Debug>(result: FsResult<T>, errno: Errno) {
    let error = result.expect_err("an error");
    assert!(error.is(errno), "{error:?} instead of {errno:?}");
}

/// A machine with a tmpfs root and directories /mnt, /mnt/in and /d.
fn machine() -> (Vfs, At) {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let mut vfs = Vfs::new();
    let root = vfs.mount_root(tmpfs(), MountFlags::empty(), "root").unwrap();
    let at = At { root, base: root };
    for dir in ["/mnt", "/mnt/in", "/d"] {
        vfs.mkdir(&cx, &at, dir.as_bytes(), 0o755).unwrap();
    }
    (vfs, at)
}

#[test]
fn mounts_cover_and_are_crossed() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    let mnt = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    vfs.mount(&cx, mnt, tmpfs(), MountFlags::NOSUID, "scratch").unwrap();
    is(vfs.lookup(&cx, &at, b"/mnt/in", true), Errno::ENOENT);
    let inside = vfs.mkdir(&cx, &at, b"/mnt/x", 0o755).unwrap();
    assert_eq!(vfs.path_of(&cx, at.root, inside).unwrap(), b"/mnt/x");
    let up = vfs.lookup(&cx, &At { base: inside, ..at }, b"../../d", true).unwrap();
    assert_eq!(up, vfs.lookup(&cx, &at, b"/d", true).unwrap());
    assert_ne!(vfs.stat(&cx, inside).unwrap().dev, vfs.stat(&cx, up).unwrap().dev);

    // Names do not move between mounts, mountpoints do not go away.
    let flags = RenameFlags::empty();
    is(vfs.rename(&cx, &at, b"/d", &at, b"/mnt/d", flags), Errno::EXDEV);
    is(vfs.rename(&cx, &at, b"/mnt", &at, b"/m", flags), Errno::EBUSY);
    is(vfs.rmdir(&cx, &at, b"/mnt"), Errno::EBUSY);
    is(vfs.rmdir(&cx, &at, b"/mnt/."), Errno::EINVAL);

    // A mount over a mount.
    let over = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    vfs.mount(&cx, over, tmpfs(), MountFlags::RDONLY, "lid").unwrap();
    is(vfs.lookup(&cx, &at, b"/mnt/x", true), Errno::ENOENT);
    is(vfs.mkdir(&cx, &at, b"/mnt/y", 0o755), Errno::EROFS);
    is(vfs.unlink(&cx, &at, b"/mnt/y"), Errno::EROFS);
    let listed: Vec<_> = vfs.mounts().into_iter().map(|m| (m.source, m.kind)).collect();
    assert_eq!(
        listed,
        [("root", "tmpfs"), ("scratch", "tmpfs"), ("lid", "tmpfs")].map(|(a, b)| (a.into(), b))
    );
    let below = vfs.lookup(&cx, &at, b"/mnt/..", true).unwrap();
    assert_eq!(below, at.root);

    // Unmounting, in order, when nothing is open.
    let top = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    is(vfs.unmount(&cx, at.root), Errno::EINVAL);
    is(vfs.unmount(&cx, up), Errno::EINVAL);
    vfs.unmount(&cx, top).unwrap();
    let opened = vfs.open(&cx, &at, b"/mnt/x", OpenFlags::DIRECTORY, 0).unwrap();
    let top = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    is(vfs.unmount(&cx, top), Errno::EBUSY);
    vfs.close_ref(&cx, opened.location);
    vfs.unmount(&cx, top).unwrap();
    vfs.lookup(&cx, &at, b"/mnt/in", true).unwrap();
    is(vfs.stat(&cx, inside), Errno::ESTALE);
}

#[test]
fn mount_flags_bind() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    let mnt = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    vfs.mount(&cx, mnt, tmpfs(), MountFlags::NODEV | MountFlags::NOEXEC, "x").unwrap();
    vfs.mknod(&cx, &at, b"/mnt/null", S_IFCHR | 0o666, 0x103).unwrap();
    is(vfs.open(&cx, &at, b"/mnt/null", OpenFlags::RDWR, 0), Errno::EACCES);
    let program = vfs.mknod(&cx, &at, b"/mnt/program", 0o755, 0).unwrap();
    is(vfs.access(&cx, program, tawaki_vfs::Access::EXEC), Errno::EACCES);
    vfs.remount(program, MountFlags::RDONLY).unwrap();
    vfs.access(&cx, program, tawaki_vfs::Access::EXEC).unwrap();
    is(vfs.open(&cx, &at, b"/mnt/program", OpenFlags::RDWR, 0), Errno::EROFS);
    // Devices can be written on a read-only mount.
    vfs.open(&cx, &at, b"/mnt/null", OpenFlags::RDWR, 0).unwrap();
    let statfs = vfs.statfs(&cx, program).unwrap();
    assert_eq!((statfs.flags, statfs.kind), (1, 0x0102_1994));
}

#[test]
fn a_changed_root_is_the_top() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    let jail = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    let jailed = At { root: jail, base: jail };
    assert_eq!(vfs.lookup(&cx, &jailed, b"/../../in/..", true).unwrap(), jail);
    vfs.symlink(&cx, b"/in", &jailed, b"/link").unwrap();
    let inside = vfs.lookup(&cx, &jailed, b"/link", true).unwrap();
    assert_eq!(vfs.path_of(&cx, jail, inside).unwrap(), b"/in");
    assert_eq!(vfs.path_of(&cx, at.root, inside).unwrap(), b"/mnt/in");
    let outside = vfs.lookup(&cx, &at, b"/d", true).unwrap();
    assert_eq!(vfs.path_of(&cx, jail, outside).unwrap(), b"(unreachable)/d");
}

/// What the toy procfs below learns through the context.
struct Table {
    processes: Vec<u32>,
    exe: Location,
    pipe: Location,
}

/// `/PID/{exe,fd0,comm}` and `/self`.
struct Proc;

const ROOT: u64 = 1;
const SELF: u64 = 2;

impl Proc {
    fn table<'c>(&self, cx: &Context<'c>) -> &'c Table {
        cx.extension.downcast_ref().expect("the process table")
    }
}

impl FileSystem for Proc {
    fn kind(&self) -> &'static str {
        "proc"
    }
    fn root(&self) -> Ino {
        Ino(ROOT)
    }
    fn cacheable(&self) -> bool {
        false
    }
    fn getattr(&mut self, _cx: &Context, ino: Ino) -> FsResult<Stat> {
        let mode = match ino.0 {
            ROOT => S_IFDIR | 0o555,
            SELF => S_IFLNK | 0o777,
            n if n % 16 == 0 => S_IFDIR | 0o555,
            n if n % 16 == 3 => 0o100444,
            _ => S_IFLNK | 0o777,
        };
        Ok(Stat { ino: ino.0, mode, nlink: 1, ..Stat::default() })
    }
    fn lookup(&mut self, cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        let text = std::str::from_utf8(name).unwrap_or("");
        let pid = text.parse::<u32>().ok().filter(|pid| self.table(cx).processes.contains(pid));
        match (dir.0, text, pid) {
            (_, "..", _) => Ok(Ino(ROOT)),
            (ROOT, "self", _) => Ok(Ino(SELF)),
            (ROOT, _, Some(pid)) => Ok(Ino(u64::from(pid) * 16)),
            (ROOT, ..) => Err(Errno::ENOENT.into()),
            (dir, "exe", _) => Ok(Ino(dir + 1)),
            (dir, "fd0", _) => Ok(Ino(dir + 2)),
            (dir, "comm", _) => Ok(Ino(dir + 3)),
            _ => Err(Errno::ENOENT.into()),
        }
    }
    fn readdir(&mut self, cx: &Context, _: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        for &pid in self.table(cx).processes.iter().filter(|&&pid| u64::from(pid) >= cookie) {
            let name = pid.to_string();
            let next = u64::from(pid) + 1;
            if !sink(&DirEntry { ino: Ino(u64::from(pid) * 16), next, kind: 4, name: name.as_bytes() }) {
                break;
            }
        }
        Ok(())
    }
    fn readlink(&mut self, cx: &Context, ino: Ino) -> FsResult<Vec<u8>> {
        Ok(match ino.0 {
            SELF => cx.caller.to_string().into_bytes(),
            n if n % 16 == 1 => b"/bin/program (deleted)".to_vec(),
            _ => b"pipe:[7]".to_vec(),
        })
    }
    fn magic_link(&mut self, cx: &Context, ino: Ino) -> FsResult<Option<Location>> {
        Ok(match (ino.0, ino.0 % 16) {
            (SELF, _) => None,
            (_, 1) => Some(self.table(cx).exe),
            _ => Some(self.table(cx).pipe),
        })
    }
    fn read(&mut self, _: &Context, ino: Ino, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let text = format!("process {}\n", ino.0 / 16);
        let rest = text.as_bytes().get(offset as usize..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

/// The kernel's pipes: inodes without names.
struct Pipes;

impl FileSystem for Pipes {
    fn kind(&self) -> &'static str {
        "pipefs"
    }
    fn root(&self) -> Ino {
        Ino(0)
    }
    fn getattr(&mut self, _cx: &Context, ino: Ino) -> FsResult<Stat> {
        Ok(Stat { ino: ino.0, mode: S_IFIFO | 0o600, nlink: 1, ..Stat::default() })
    }
    fn lookup(&mut self, _: &Context, _: Ino, _: &[u8]) -> FsResult<Ino> {
        Err(FsError::Errno(Errno::ENOENT))
    }
    fn readdir(&mut self, _: &Context, _: Ino, _: u64, _: &mut DirSink<'_>) -> FsResult<()> {
        Ok(())
    }
}

#[test]
fn kernel_file_systems() {
    let creds = root_creds();
    let plain = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    let exe = vfs.mknod(&plain, &at, b"/d/program", 0o755, 0).unwrap();
    vfs.open_ref(exe).unwrap();
    vfs.write(&plain, exe, 0, b"code").unwrap();
    vfs.unlink(&plain, &at, b"/d/program").unwrap();
    let pipes = vfs.mount_detached(Box::new(Pipes), "pipefs");
    let pipe = Location { mount: pipes, ino: Ino(7) };
    let mut table = Table { processes: vec![1, 40], exe, pipe };
    let mnt = vfs.lookup(&plain, &at, b"/mnt", true).unwrap();
    let cx = Context { caller: 40, extension: &table, ..plain };
    vfs.mount(&cx, mnt, Box::new(Proc), MountFlags::empty(), "proc").unwrap();

    // Magic links lead where no path leads any more, or never did.
    let found = vfs.lookup(&cx, &at, b"/mnt/self/exe", true).unwrap();
    assert_eq!(found, exe);
    let mut buf = [0; 10];
    let opened = vfs.open(&cx, &at, b"/mnt/40/exe", OpenFlags::empty(), 0).unwrap();
    assert_eq!(vfs.read(&cx, opened.location, 0, &mut buf).unwrap(), 4);
    vfs.close_ref(&cx, opened.location);
    let opened = vfs.open(&cx, &at, b"/mnt/self/fd0", OpenFlags::RDWR, 0).unwrap();
    assert_eq!((opened.location, opened.kind), (pipe, FileKind::Fifo));
    vfs.close_ref(&cx, opened.location);
    let link = vfs.lookup(&cx, &at, b"/mnt/self/fd0", false).unwrap();
    assert_eq!(vfs.readlink(&cx, link).unwrap(), b"pipe:[7]");
    is(vfs.open(&cx, &at, b"/mnt/self/exe", OpenFlags::NOFOLLOW, 0), Errno::ELOOP);
    is(vfs.lookup(&cx, &at, b"/mnt/self/exe/", true), Errno::ENOTDIR);

    // Plain files; their paths; nothing can be created.
    let comm = vfs.open(&cx, &at, b"/mnt/self/comm", OpenFlags::empty(), 0).unwrap().location;
    let n = vfs.read(&cx, comm, 8, &mut buf).unwrap();
    assert_eq!(&buf[..n], b"40\n");
    assert_eq!(vfs.path_of(&cx, at.root, comm).unwrap(), b"/mnt/40/comm");
    vfs.close_ref(&cx, comm);
    let flags = OpenFlags::CREAT | OpenFlags::WRONLY;
    is(vfs.open(&cx, &at, b"/mnt/x", flags, 0o644), Errno::EROFS);

    // What was there a moment ago may be gone, and the other way round.
    vfs.lookup(&cx, &at, b"/mnt/1", true).unwrap();
    is(vfs.lookup(&cx, &at, b"/mnt/2", true), Errno::ENOENT);
    table.processes = vec![2];
    let cx = Context { caller: 2, extension: &table, ..plain };
    is(vfs.lookup(&cx, &at, b"/mnt/1", true), Errno::ENOENT);
    vfs.lookup(&cx, &at, b"/mnt/2", true).unwrap();
    let resolved = vfs.resolve(&cx, &at, b"/mnt/self", ResolveFlags::FOLLOW).unwrap();
    assert_eq!(resolved.node.map(|(place, _)| place.ino), Some(Ino(32)));
    vfs.close_ref(&cx, exe);
}

#[test]
fn a_tree_and_a_file_are_bound() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    for name in ["/a", "/b"] {
        let how = OpenFlags::CREAT | OpenFlags::RDWR;
        let opened = vfs.open(&cx, &at, name.as_bytes(), how, 0o644).unwrap();
        if name == "/a" {
            vfs.write(&cx, opened.location, 0, b"hello").unwrap();
        }
        vfs.close_ref(&cx, opened.location);
    }
    let find = |vfs: &mut Vfs, path: &[u8]| vfs.lookup(&cx, &at, path, true).unwrap();
    let (a, b, d) = (find(&mut vfs, b"/a"), find(&mut vfs, b"/b"), find(&mut vfs, b"/d"));
    is(vfs.bind(&cx, a, d, MountFlags::empty()), Errno::ENOTDIR);
    vfs.bind(&cx, a, b, MountFlags::empty()).unwrap();
    let bound = find(&mut vfs, b"/b");
    assert_eq!(vfs.stat(&cx, bound).unwrap().size, 5);
    // Opening to create finds what is bound; the name below stays.
    let how = OpenFlags::CREAT | OpenFlags::RDWR;
    let opened = vfs.open(&cx, &at, b"/b", how, 0o644).unwrap();
    assert_eq!(opened.stat.size, 5);
    vfs.close_ref(&cx, opened.location);
    is(vfs.unlink(&cx, &at, b"/b"), Errno::EBUSY);
    vfs.unmount(&cx, bound).unwrap();
    let plain = find(&mut vfs, b"/b");
    assert_eq!(vfs.stat(&cx, plain).unwrap().size, 0);
    // A tree is seen twice; one side can be read only.
    let mnt = find(&mut vfs, b"/mnt");
    vfs.bind(&cx, mnt, d, MountFlags::empty()).unwrap();
    vfs.mkdir(&cx, &at, b"/mnt/new", 0o755).unwrap();
    let seen = find(&mut vfs, b"/d/new");
    assert_eq!(vfs.path_of(&cx, at.root, seen).unwrap(), b"/d/new");
    let top = find(&mut vfs, b"/d");
    vfs.remount(top, MountFlags::RDONLY).unwrap();
    is(vfs.mkdir(&cx, &at, b"/d/other", 0o755), Errno::EROFS);
    vfs.mkdir(&cx, &at, b"/mnt/other", 0o755).unwrap();
    vfs.unmount(&cx, top).unwrap();
    is(vfs.lookup(&cx, &at, b"/d/new", true), Errno::ENOENT);
}

#[test]
fn watches_see_names_and_files() {
    use tawaki_vfs::mask;
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let (mut vfs, at) = machine();
    let d = vfs.lookup(&cx, &at, b"/d", true).unwrap();
    vfs.mkdir(&cx, &at, b"/d/before", 0o755).unwrap();
    assert!(vfs.take_changes().is_empty());
    let inode = vfs.inode(d).unwrap();
    vfs.watch(inode);
    vfs.mkdir(&cx, &at, b"/d/x", 0o755).unwrap();
    vfs.rename(&cx, &at, b"/d/x", &at, b"/d/y", RenameFlags::empty()).unwrap();
    vfs.rmdir(&cx, &at, b"/d/y").unwrap();
    let seen: Vec<(u32, Vec<u8>)> = vfs.take_changes().into_iter().map(|c| (c.mask, c.name)).collect();
    let expected = [mask::CREATE, mask::MOVED_FROM, mask::MOVED_TO, mask::DELETE].map(|m| m | mask::ISDIR);
    assert_eq!(seen.iter().map(|(mask, _)| *mask).collect::<Vec<_>>(), expected);
    assert_eq!(seen.iter().map(|(_, name)| name.as_slice()).collect::<Vec<_>>(), [b"x", b"x", b"y", b"y"]);
    vfs.unwatch(inode);
    vfs.mkdir(&cx, &at, b"/d/after", 0o755).unwrap();
    assert!(vfs.take_changes().is_empty());
}
