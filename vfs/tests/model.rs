//! Seeded random operations, the same on tmpfs, on ext2, and on a directory of the
//! Linux we run on, which is the model: results, error numbers and the final trees
//! must agree, and e2fsck finds nothing.

mod common;

use common::{NOW, Shared, TempFile, e2fsck, mke2fs, mount, root_creds, until_done};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tawaki_abi::fs::OpenFlags;
use tawaki_blockdev::{Faults, FaultyDevice};
use tawaki_vfs::{
    At, Context, Creds, FileKind, FsError, FsResult, Location, MountFlags, RenameFlags, Tmpfs, Vfs,
};

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[derive(Clone, Debug)]
enum Op {
    Mkdir(String),
    Create(String, bool),
    Symlink(String, String),
    Link(String, String),
    Unlink(String),
    Rmdir(String),
    Rename(String, String),
    Write(String, u64, usize, u8),
    Truncate(String, u64),
    Open(usize, String),
    HandleWrite(usize, u64, usize, u8),
    HandleRead(usize, u64, usize),
    Close(usize),
    Stat(String, bool),
    Readlink(String),
    Names(String),
}

const HANDLES: usize = 4;

fn path(rng: &mut Rng) -> String {
    let mut out = String::new();
    for i in 0..1 + rng.below(3) {
        if i > 0 {
            out.push('/');
        }
        match rng.below(24) {
            0 => out.push('.'),
            1 if i > 0 => out.push_str(".."),
            2 => out.push_str(&"long".repeat(10 + rng.below(4) as usize * 10)),
            n => out.push((b'a' + (n % 6) as u8) as char),
        }
    }
    if rng.below(16) == 0 {
        out.push('/');
    }
    out
}

fn op(rng: &mut Rng) -> Op {
    // Mostly small, sometimes across levels of indirection.
    let offset = |rng: &mut Rng| match rng.below(8) {
        0..4 => rng.below(3000),
        4..6 => rng.below(40_000),
        6 => rng.below(500_000),
        _ => rng.below(80_000_000),
    };
    let len = |rng: &mut Rng| match rng.below(4) {
        0 => rng.below(20),
        1 => rng.below(3000),
        2 => rng.below(9000),
        _ => rng.below(60_000),
    } as usize;
    let byte = b'a' + rng.below(26) as u8;
    match rng.below(30) {
        0..3 => Op::Mkdir(path(rng)),
        3..6 => Op::Create(path(rng), rng.below(2) == 0),
        6 => Op::Symlink(path(rng), path(rng)),
        7 | 8 => Op::Link(path(rng), path(rng)),
        9 | 10 => Op::Unlink(path(rng)),
        11 => Op::Rmdir(path(rng)),
        12..16 => Op::Rename(path(rng), path(rng)),
        16..20 => Op::Write(path(rng), offset(rng), len(rng), byte),
        20 => Op::Truncate(path(rng), offset(rng)),
        21 => Op::Open(rng.below(HANDLES as u64) as usize, path(rng)),
        22 => Op::HandleWrite(rng.below(HANDLES as u64) as usize, offset(rng), len(rng), byte),
        23 => Op::HandleRead(rng.below(HANDLES as u64) as usize, offset(rng), len(rng)),
        24 => Op::Close(rng.below(HANDLES as u64) as usize),
        25 | 26 => Op::Stat(path(rng), rng.below(2) == 0),
        27 => Op::Readlink(path(rng)),
        _ => Op::Names(path(rng)),
    }
}

/// What an operation answers: an error number, or some text.
type Answer = Result<String, u16>;

struct Host {
    dir: PathBuf,
    handles: [Option<File>; HANDLES],
}

fn summary(kind: &str, links: u64, size: u64) -> String {
    match kind {
        "dir" => "dir".to_owned(), // link counts and sizes differ between systems
        "lnk" => format!("lnk {size}"),
        _ => format!("reg {links} {size}"),
    }
}

impl Host {
    fn path(&self, path: &str) -> PathBuf {
        // `Path::join` keeps trailing slashes and dots.
        PathBuf::from(format!("{}/{path}", self.dir.display()))
    }

    fn run(&mut self, op: &Op) -> Answer {
        self.try_run(op).map_err(|error| error.raw_os_error().map_or(0, |errno| errno as u16))
    }

    fn try_run(&mut self, op: &Op) -> io::Result<String> {
        let ok = Ok(String::new());
        match op {
            Op::Mkdir(p) => fs::create_dir(self.path(p))?,
            Op::Create(p, exclusive) => {
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .create_new(*exclusive)
                    .truncate(!exclusive)
                    .mode(0o644)
                    .open(self.path(p))?;
            }
            Op::Symlink(target, p) => std::os::unix::fs::symlink(target, self.path(p))?,
            Op::Link(old, new) => fs::hard_link(self.path(old), self.path(new))?,
            Op::Unlink(p) => fs::remove_file(self.path(p))?,
            Op::Rmdir(p) => fs::remove_dir(self.path(p))?,
            Op::Rename(old, new) => fs::rename(self.path(old), self.path(new))?,
            Op::Write(p, offset, len, byte) => {
                let file = OpenOptions::new().write(true).open(self.path(p))?;
                file.write_all_at(&vec![*byte; *len], *offset)?;
            }
            Op::Truncate(p, size) => {
                OpenOptions::new().write(true).open(self.path(p))?.set_len(*size)?;
            }
            Op::Open(slot, p) => {
                let file = OpenOptions::new().read(true).write(true).open(self.path(p))?;
                self.handles[*slot] = Some(file);
            }
            Op::HandleWrite(slot, offset, len, byte) => {
                if let Some(file) = &self.handles[*slot] {
                    file.write_all_at(&vec![*byte; *len], *offset)?;
                }
            }
            Op::HandleRead(slot, offset, len) => {
                if let Some(file) = &self.handles[*slot] {
                    let mut buf = vec![0; *len];
                    let n = file.read_at(&mut buf, *offset)?;
                    return Ok(hash(&buf[..n]));
                }
            }
            Op::Close(slot) => self.handles[*slot] = None,
            Op::Stat(p, follow) => {
                let meta =
                    if *follow { fs::metadata(self.path(p))? } else { fs::symlink_metadata(self.path(p))? };
                let kind = if meta.is_dir() {
                    "dir"
                } else if meta.is_symlink() {
                    "lnk"
                } else {
                    "reg"
                };
                return Ok(summary(kind, meta.nlink(), meta.size()));
            }
            Op::Readlink(p) => {
                let target = fs::read_link(self.path(p))?;
                return Ok(target.to_string_lossy().into_owned());
            }
            Op::Names(p) => {
                let mut names = Vec::new();
                for entry in fs::read_dir(self.path(p))? {
                    names.push(entry?.file_name().to_string_lossy().into_owned());
                }
                names.sort();
                return Ok(names.join(" "));
            }
        }
        ok
    }
}

fn hash(data: &[u8]) -> String {
    let mut h = 0xcbf2_9ce4_8422_2325u64;
    for &byte in data {
        h = (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{} {h:x}", data.len())
}

struct Ours {
    vfs: Vfs,
    creds: Creds,
    root: Location,
    base: Location,
    handles: [Option<Location>; HANDLES],
}

/// Levels above the working directory, so that `..` does not reach the top.
const ABOVE: &str = "r1/r2/r3/r4/r5/work";

impl Ours {
    fn new(mut vfs: Vfs) -> Ours {
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let root = vfs.root().unwrap();
        let at = At { root, base: root };
        let mut path = String::new();
        for part in ABOVE.split('/') {
            path += "/";
            path += part;
            until_done(|| vfs.mkdir(&cx, &at, path.as_bytes(), 0o755)).unwrap();
        }
        let base = vfs.lookup(&cx, &at, path.as_bytes(), true).unwrap();
        Ours { vfs, creds, root, base, handles: [None; HANDLES] }
    }

    fn run(&mut self, op: &Op) -> Answer {
        match until_done(|| self.try_run(op)) {
            Ok(text) => Ok(text),
            Err(FsError::Errno(errno)) => Err(errno.0),
            Err(error) => panic!("{op:?}: {error}"),
        }
    }

    fn try_run(&mut self, op: &Op) -> FsResult<String> {
        let cx = &Context::new(&self.creds, NOW);
        let at = &At { root: self.root, base: self.base };
        let vfs = &mut self.vfs;
        match op {
            Op::Mkdir(p) => {
                vfs.mkdir(cx, at, p.as_bytes(), 0o755)?;
            }
            Op::Create(p, exclusive) => {
                let how = if *exclusive { OpenFlags::EXCL } else { OpenFlags::TRUNC };
                let flags = OpenFlags::CREAT | OpenFlags::WRONLY | how;
                let opened = vfs.open(cx, at, p.as_bytes(), flags, 0o644)?;
                vfs.close_ref(cx, opened.location);
            }
            Op::Symlink(target, p) => {
                vfs.symlink(cx, target.as_bytes(), at, p.as_bytes())?;
            }
            Op::Link(old, new) => {
                let old = vfs.lookup(cx, at, old.as_bytes(), false)?;
                vfs.link(cx, old, at, new.as_bytes())?;
            }
            Op::Unlink(p) => vfs.unlink(cx, at, p.as_bytes())?,
            Op::Rmdir(p) => vfs.rmdir(cx, at, p.as_bytes())?,
            Op::Rename(old, new) => {
                let flags = RenameFlags::empty();
                vfs.rename(cx, at, old.as_bytes(), at, new.as_bytes(), flags)?;
            }
            Op::Write(p, offset, len, byte) => {
                let opened = vfs.open(cx, at, p.as_bytes(), OpenFlags::WRONLY, 0)?;
                let result = vfs.write(cx, opened.location, *offset, &vec![*byte; *len]);
                vfs.close_ref(cx, opened.location);
                assert_eq!(result?, *len);
            }
            Op::Truncate(p, size) => {
                let opened = vfs.open(cx, at, p.as_bytes(), OpenFlags::WRONLY, 0)?;
                let result = vfs.truncate(cx, opened.location, *size, false);
                vfs.close_ref(cx, opened.location);
                result?;
            }
            Op::Open(slot, p) => {
                let opened = vfs.open(cx, at, p.as_bytes(), OpenFlags::RDWR, 0)?;
                if let Some(old) = self.handles[*slot].replace(opened.location) {
                    vfs.close_ref(cx, old);
                }
            }
            Op::HandleWrite(slot, offset, len, byte) => {
                if let Some(file) = self.handles[*slot] {
                    vfs.write(cx, file, *offset, &vec![*byte; *len])?;
                }
            }
            Op::HandleRead(slot, offset, len) => {
                if let Some(file) = self.handles[*slot] {
                    let mut buf = vec![0; *len];
                    let n = vfs.read(cx, file, *offset, &mut buf)?;
                    return Ok(hash(&buf[..n]));
                }
            }
            Op::Close(slot) => {
                if let Some(old) = self.handles[*slot].take() {
                    vfs.close_ref(cx, old);
                }
            }
            Op::Stat(p, follow) => {
                let place = vfs.lookup(cx, at, p.as_bytes(), *follow)?;
                let stat = vfs.stat(cx, place)?;
                let kind = match FileKind::from_mode(stat.mode) {
                    Some(FileKind::Directory) => "dir",
                    Some(FileKind::Symlink) => "lnk",
                    _ => "reg",
                };
                return Ok(summary(kind, u64::from(stat.nlink), stat.size));
            }
            Op::Readlink(p) => {
                let place = vfs.lookup(cx, at, p.as_bytes(), false)?;
                let target = vfs.readlink(cx, place)?;
                return Ok(String::from_utf8_lossy(&target).into_owned());
            }
            Op::Names(p) => {
                let flags = OpenFlags::DIRECTORY;
                let dir = vfs.open(cx, at, p.as_bytes(), flags, 0)?.location;
                let mut names = Vec::new();
                // A few at a time, to exercise the cookies.
                let mut cookie = 0;
                let result = loop {
                    let mut room = 3;
                    let result = vfs.readdir(cx, dir, cookie, &mut |entry| {
                        if room == 0 {
                            return false;
                        }
                        room -= 1;
                        cookie = entry.next;
                        if entry.name != b"." && entry.name != b".." {
                            names.push(String::from_utf8_lossy(entry.name).into_owned());
                        }
                        true
                    });
                    if result.is_err() || room > 0 {
                        break result;
                    }
                };
                vfs.close_ref(cx, dir);
                result?;
                names.sort();
                return Ok(names.join(" "));
            }
        }
        Ok(String::new())
    }

    fn finish(mut self) -> Vec<String> {
        for slot in 0..HANDLES {
            self.run(&Op::Close(slot)).unwrap();
        }
        let cx = Context::new(&self.creds, NOW);
        until_done(|| self.vfs.shutdown(&cx)).unwrap();
        self.vfs.take_messages()
    }
}

/// The host's tree as path -> (kind and size, contents).
fn host_tree(dir: &Path, prefix: &str, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let meta = fs::symlink_metadata(entry.path()).unwrap();
        if meta.is_dir() {
            out.insert(name.clone(), "dir".to_owned());
            host_tree(&entry.path(), &format!("{name}/"), out);
        } else if meta.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            out.insert(name, format!("-> {}", target.display()));
        } else {
            let file = File::open(entry.path()).unwrap();
            // Big files are mostly holes: their ends are enough.
            let mut buf = vec![0; 200_000];
            let n = file.read_at(&mut buf, 0).unwrap();
            let tail = meta.size().saturating_sub(100_000);
            let mut end = vec![0; 100_000];
            let m = file.read_at(&mut end, tail).unwrap();
            let text = format!("{} {} {}", meta.size(), hash(&buf[..n]), hash(&end[..m]));
            out.insert(name, text);
        }
    }
}

fn our_tree(ours: &mut Ours, dir: &str, prefix: &str, out: &mut BTreeMap<String, String>) {
    let names = ours.run(&Op::Names(dir.to_owned())).unwrap();
    for name in names.split(' ').filter(|name| !name.is_empty()) {
        let path = format!("{dir}/{name}");
        let shown = format!("{prefix}{name}");
        let stat = ours.run(&Op::Stat(path.clone(), false)).unwrap();
        if stat == "dir" {
            out.insert(shown.clone(), stat);
            our_tree(ours, &path, &format!("{shown}/"), out);
        } else if stat.starts_with("lnk") {
            let target = ours.run(&Op::Readlink(path)).unwrap();
            out.insert(shown, format!("-> {target}"));
        } else {
            let size: u64 = stat.rsplit(' ').next().unwrap().parse().unwrap();
            ours.run(&Op::Open(0, path)).unwrap();
            let start = ours.run(&Op::HandleRead(0, 0, 200_000)).unwrap();
            let tail = size.saturating_sub(100_000);
            let end = ours.run(&Op::HandleRead(0, tail, 100_000)).unwrap();
            ours.run(&Op::Close(0)).unwrap();
            out.insert(shown, format!("{size} {start} {end}"));
        }
    }
}

fn check(seed: u64, operations: usize, options: &[&str], pending: bool) {
    let temp = TempFile::new("model");
    let dir = temp.0.join(ABOVE);
    fs::create_dir_all(&dir).unwrap();
    let mut host = Host { dir: dir.clone(), handles: Default::default() };
    let image = mke2fs(32 * 1024, options);
    let device = Shared::from_image(&image);
    let faults = Faults { pending_first: pending, ..Faults::default() };
    let faulty = FaultyDevice::new(device.clone(), faults);
    let mut tmpfs = Vfs::new();
    let fs = Box::new(Tmpfs::new(64 << 20, 0o755, NOW));
    tmpfs.mount_root(fs, MountFlags::empty(), "tmpfs").unwrap();
    let mut all = [
        Ours::new(tmpfs),
        // A small cache, so that eviction and write-back happen all the time.
        Ours::new(mount(Box::new(faulty), 600 << 10).unwrap()),
    ];
    let mut rng = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for i in 0..operations {
        let op = op(&mut rng);
        let expected = host.run(&op);
        for (ours, fs) in all.iter_mut().zip(["tmpfs", "ext2"]) {
            let got = ours.run(&op);
            assert_eq!(got, expected, "seed {seed}, operation {i} on {fs}: {op:?}");
        }
    }
    host.handles = Default::default();
    let mut expected = BTreeMap::new();
    host_tree(&dir, "", &mut expected);
    for (mut ours, fs) in all.into_iter().zip(["tmpfs", "ext2"]) {
        let mut got = BTreeMap::new();
        for slot in 0..HANDLES {
            ours.run(&Op::Close(slot)).unwrap();
        }
        our_tree(&mut ours, ".", "", &mut got);
        assert_eq!(got, expected, "seed {seed}, tree on {fs}");
        assert_eq!(ours.finish(), [""; 0]);
    }
    e2fsck(&device.image(), &format!("seed {seed}"));
}

/// `TAWAKI_MODEL_SEEDS=from..to` runs other seeds than the usual ones.
fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(range) = std::env::var("TAWAKI_MODEL_SEEDS") else {
        return usual;
    };
    let (from, to) = range.split_once("..").expect("from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn agrees_with_linux_on_small_blocks() {
    for seed in seeds(1..7) {
        check(seed, 600, &["-b", "1024", "-I", "128"], false);
    }
}

#[test]
fn agrees_with_linux_on_large_blocks() {
    for seed in seeds(100..104) {
        check(seed, 600, &["-b", "4096", "-I", "256"], false);
    }
}

#[test]
fn agrees_with_linux_when_blocks_are_pending() {
    for seed in seeds(200..204) {
        check(seed, 600, &["-b", "1024"], true);
    }
}
