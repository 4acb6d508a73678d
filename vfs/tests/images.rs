//! Images made by mke2fs from a host directory: everything reads as it was, in
//! every shape; and what we write, debugfs reads.

mod common;

use common::{NOW, Shared, debugfs, e2fsck, mount, root_creds, tool, tree, until_done};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_blockdev::{ChunkIndex, ChunkedDevice, Delivery, Fetch, OverlayDevice};
use tawaki_vfs::{At, Context, FileKind, FsError, Vfs};

/// Path -> what it is, contents at some places included.
type Tree = BTreeMap<String, String>;

const PLACES: [u64; 6] = [0, 4000, 262_100, 900_000, 80_000_000, 3 << 30];

fn describe(mode: u32, links: u64, size: u64, link: Option<Vec<u8>>, parts: &[Vec<u8>]) -> String {
    let sum: u64 = parts.iter().flatten().fold(0, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let kind = FileKind::from_mode(mode);
    let links = if kind == Some(FileKind::Directory) { 0 } else { links };
    let size = if kind == Some(FileKind::Directory) { 0 } else { size };
    format!("{mode:o} {links} {size} {link:?} {sum:x}")
}

fn host_tree(dir: &Path, prefix: &str, out: &mut Tree) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let meta = fs::symlink_metadata(entry.path()).unwrap();
        let mut parts = Vec::new();
        if meta.is_file() {
            let file = fs::File::open(entry.path()).unwrap();
            for place in PLACES {
                let mut buf = vec![0; 70_000];
                let n = file.read_at(&mut buf, place).unwrap();
                buf.truncate(n);
                parts.push(buf);
            }
        }
        let link = fs::read_link(entry.path()).ok();
        let link = link.map(|link| link.to_string_lossy().into_owned().into_bytes());
        out.insert(name.clone(), describe(meta.mode(), meta.nlink(), meta.size(), link, &parts));
        if meta.is_dir() {
            host_tree(&entry.path(), &name, out);
        }
    }
}

fn our_tree(vfs: &mut Vfs, cx: &Context, at: &At, path: &str, out: &mut Tree) {
    let mut names = Vec::new();
    let dir = until_done(|| vfs.lookup(cx, at, path.as_bytes(), true)).unwrap();
    until_done(|| {
        names.clear();
        vfs.readdir(cx, dir, 0, &mut |entry| {
            names.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.kind));
            true
        })
    })
    .unwrap();
    for (name, kind) in names {
        if [".", "..", "lost+found"].contains(&name.as_str()) {
            continue;
        }
        let name = format!("{}/{name}", path.trim_end_matches('/'));
        let place = until_done(|| vfs.lookup(cx, at, name.as_bytes(), false)).unwrap();
        let stat = until_done(|| vfs.stat(cx, place)).unwrap();
        assert_eq!(u32::from(kind), stat.mode >> 12, "{name}");
        let mut parts = Vec::new();
        if FileKind::from_mode(stat.mode) == Some(FileKind::Regular) {
            for offset in PLACES {
                let mut buf = vec![0; 70_000];
                let n = until_done(|| vfs.read(cx, place, offset, &mut buf)).unwrap();
                buf.truncate(n);
                parts.push(buf);
            }
        }
        let link = until_done(|| vfs.readlink(cx, place)).ok();
        let text = describe(stat.mode, u64::from(stat.nlink), stat.size, link, &parts);
        out.insert(name.clone(), text);
        if FileKind::from_mode(stat.mode) == Some(FileKind::Directory) {
            our_tree(vfs, cx, at, &name, out);
        }
    }
}

const SHAPES: [(u32, &[&str]); 5] = [
    (32 << 10, &["-b", "1024", "-I", "128"]),
    (32 << 10, &["-b", "1024", "-I", "256", "-O", "dir_index"]),
    (32 << 10, &["-b", "2048", "-g", "4096"]),
    (32 << 10, &["-b", "4096", "-O", "^dir_index,^resize_inode,^filetype"]),
    (64 << 10, &["-b", "4096", "-O", "^sparse_super,^resize_inode", "-g", "1024"]),
];

#[test]
fn reads_what_mke2fs_wrote() {
    for (kib, options) in SHAPES {
        let (dir, image) = tree::image(kib, true, options);
        let mut expected = Tree::new();
        host_tree(&dir.0, "", &mut expected);
        let mut vfs = mount(Box::new(Shared::from_image(&image)), 4 << 20).unwrap();
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let root = vfs.root().unwrap();
        let mut got = Tree::new();
        // Without a type in the entries there is nothing to compare `kind` with.
        if !options.contains(&"^dir_index,^resize_inode,^filetype") {
            our_tree(&mut vfs, &cx, &At { root, base: root }, "/", &mut got);
            assert_eq!(got, expected, "{options:?}");
        }
        // Changing directories that mke2fs (and e2fsck -D) may have indexed.
        let at = At { root, base: root };
        for i in 0..300 {
            let name = format!("/many/a-file-with-a-longish-name-{}", i * 2);
            vfs.unlink(&cx, &at, name.as_bytes()).unwrap();
            let name = format!("/many/another-{i}");
            let flags = OpenFlags::CREAT | OpenFlags::WRONLY;
            let file = vfs.open(&cx, &at, name.as_bytes(), flags, 0o600).unwrap();
            vfs.write(&cx, file.location, 0, name.as_bytes()).unwrap();
            vfs.close_ref(&cx, file.location);
        }
        vfs.shutdown(&cx).unwrap();
    }
}

#[test]
fn indexed_directories_are_read_and_changed() {
    let (_, image) = tree::image(32 << 10, true, &["-b", "1024", "-O", "dir_index"]);
    let file = common::TempFile::new("indexed");
    fs::write(&file.0, &image).unwrap();
    let (status, text) = tool("e2fsck", &["-f", "-y", "-D", file.path()]);
    assert!(status <= 1, "{text}");
    let device = Shared::from_image(&fs::read(&file.0).unwrap());
    assert!(debugfs(&device.image(), "htree_dump /many").contains("Root node"), "has an index");
    let mut vfs = mount(Box::new(device.clone()), 4 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    for i in 0..600 {
        let name = format!("/many/a-file-with-a-longish-name-{i}");
        vfs.lookup(&cx, &at, name.as_bytes(), true).unwrap();
    }
    for i in 0..600 {
        let name = format!("/many/fresh-{i}");
        vfs.mkdir(&cx, &at, name.as_bytes(), 0o755).unwrap();
        let name = format!("/many/a-file-with-a-longish-name-{i}");
        vfs.unlink(&cx, &at, name.as_bytes()).unwrap();
    }
    vfs.shutdown(&cx).unwrap();
    e2fsck(&device.image(), "after changing an indexed directory");
}

#[test]
fn extended_attributes_are_freed_with_their_files() {
    let (_, image) = tree::image(8 << 10, false, &["-b", "1024", "-I", "128"]);
    let file = common::TempFile::new("attributes");
    fs::write(&file.0, &image).unwrap();
    for name in ["etc/small", "fast", "many"] {
        let (_, text) = tool("debugfs", &["-w", "-R", &format!("ea_set {name} user.x value"), file.path()]);
        assert!(!text.contains("error"), "{text}");
    }
    let device = Shared::from_image(&fs::read(&file.0).unwrap());
    e2fsck(&device.image(), "with attributes");
    let mut vfs = mount(Box::new(device.clone()), 4 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let link = vfs.lookup(&cx, &at, b"/fast", false).unwrap();
    assert_eq!(vfs.readlink(&cx, link).unwrap(), b"etc/small");
    for name in ["/fast", "/etc/small", "/second"] {
        vfs.unlink(&cx, &at, name.as_bytes()).unwrap();
    }
    vfs.shutdown(&cx).unwrap();
    e2fsck(&device.image(), "after unlinking files with attributes");
}

#[test]
fn debugfs_reads_what_we_wrote() {
    let (_, image) = tree::image(32 << 10, false, &["-b", "1024"]);
    let device = Shared::from_image(&image);
    let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let data = tree::pattern(5_000_000, 9);
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = vfs.open(&cx, &at, b"/ours", flags, 0o640).unwrap().location;
    assert_eq!(vfs.write(&cx, file, 0, &data).unwrap(), data.len());
    vfs.mknod(&cx, &at, b"/null", tawaki_abi::fs::S_IFCHR | 0o666, 0x103).unwrap();
    vfs.mknod(&cx, &at, b"/wide", tawaki_abi::fs::S_IFBLK | 0o660, 0x0010_3a07).unwrap();
    vfs.close_ref(&cx, file);
    vfs.shutdown(&cx).unwrap();
    let image = device.image();
    e2fsck(&image, "after writing");
    let out = common::TempFile::new("dump");
    debugfs(&image, &format!("dump /ours {}", out.path()));
    assert!(fs::read(&out.0).unwrap() == data, "contents differ");
    let stat = debugfs(&image, "stat /ours");
    assert!(stat.contains("Mode:  0640") && stat.contains("Size: 5000000"), "{stat}");
    assert!(stat.contains("mtime: 0x6b49d200:00000014"), "{stat}");
    assert!(debugfs(&image, "stat /null").contains("major/minor number: 01:03"));
    assert!(debugfs(&image, "stat /wide").contains("major/minor number: 58:263"));
}

#[test]
fn a_full_disk_is_enospc_and_stays_consistent() {
    let image = common::mke2fs(2048, &["-b", "1024", "-N", "64", "-m", "10"]);
    let device = Shared::from_image(&image);
    let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
    let creds = root_creds();
    let user = tawaki_vfs::Creds { uid: 1, gid: 1, ..Default::default() };
    let (cx, user) = (Context::new(&creds, NOW), Context::new(&user, NOW));
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let enospc = |error: FsError| assert!(error.is(Errno::ENOSPC), "{error}");
    // Inodes run out.
    let mut made = 0;
    let error = loop {
        match vfs.mkdir(&cx, &at, format!("/d{made}").as_bytes(), 0o777) {
            Ok(_) => made += 1,
            Err(error) => break error,
        }
    };
    enospc(error);
    assert!(made > 30);
    vfs.rmdir(&cx, &at, b"/d0").unwrap();
    vfs.rmdir(&cx, &at, b"/d1").unwrap();
    vfs.rmdir(&cx, &at, b"/d2").unwrap();
    // A user is stopped by the reserve, the superuser fills the rest.
    let file = vfs.open(&cx, &at, b"/file", flags, 0o666).unwrap().location;
    let data = vec![1; 4 << 20];
    let n = vfs.write(&user, file, 0, &data).unwrap();
    let statfs = vfs.statfs(&cx, root).unwrap();
    assert_eq!(statfs.bavail, 0);
    assert!(statfs.bfree > 100, "{statfs:?}");
    enospc(vfs.write(&user, file, n as u64, &data).unwrap_err());
    let more = vfs.write(&cx, file, n as u64, &data).unwrap();
    assert!(more > 100 << 10);
    assert_eq!(vfs.statfs(&cx, root).unwrap().bfree, 0);
    enospc(vfs.mkdir(&cx, &at, b"/d0", 0o755).unwrap_err());
    enospc(vfs.symlink(&cx, &[b'x'; 500], &at, b"/link").unwrap_err());
    vfs.symlink(&cx, b"short", &at, b"/link").unwrap();
    // Overwriting needs no room.
    assert_eq!(vfs.write(&user, file, 0, &data[..100_000]).unwrap(), 100_000);
    vfs.truncate(&cx, file, 10, false).unwrap();
    vfs.mkdir(&cx, &at, b"/d0", 0o755).unwrap();
    vfs.close_ref(&cx, file);
    vfs.shutdown(&cx).unwrap();
    e2fsck(&device.image(), "after a full disk");
}

#[test]
fn link_counts_are_limited() {
    let device = Shared::from_image(&common::mke2fs(8192, &["-b", "1024"]));
    let mut vfs = mount(Box::new(device.clone()), 4 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = vfs.open(&cx, &at, b"/file", flags, 0o666).unwrap().location;
    vfs.close_ref(&cx, file);
    // Short directories, so that adding a name stays quick.
    let error = 'full: loop {
        for dir in 0.. {
            vfs.mkdir(&cx, &at, format!("/{dir}").as_bytes(), 0o755).unwrap();
            for name in 0..500 {
                let path = format!("/{dir}/{name}");
                if let Err(error) = vfs.link(&cx, file, &at, path.as_bytes()) {
                    break 'full error;
                }
            }
        }
    };
    assert!(error.is(Errno::EMLINK), "{error}");
    assert_eq!(vfs.stat(&cx, file).unwrap().nlink, 32000);
    vfs.shutdown(&cx).unwrap();
    e2fsck(&device.image(), "after 32000 links");
}

/// Answers requests in reverse order, some time later.
struct SlowFetch {
    image: Vec<u8>,
    waiting: Vec<(ChunkIndex, u64, usize)>,
    patience: u32,
}

impl Fetch for SlowFetch {
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize) {
        self.waiting.push((chunk, offset, len));
    }
    fn poll(&mut self) -> Option<Delivery> {
        self.patience += 1;
        if !self.patience.is_multiple_of(3) {
            return None;
        }
        let (chunk, offset, len) = self.waiting.pop()?;
        let data = Ok(self.image[offset as usize..][..len].to_vec());
        Some(Delivery { chunk, data })
    }
}

#[test]
fn works_over_a_slow_network() {
    let (dir, image) = tree::image(32 << 10, true, &["-b", "4096"]);
    let mut expected = Tree::new();
    host_tree(&dir.0, "", &mut expected);
    let len = image.len() as u64;
    let fetch = SlowFetch { image, waiting: Vec::new(), patience: 0 };
    let device = OverlayDevice::new(ChunkedDevice::new(fetch, len, 0), 8 << 20);
    let mut vfs = mount(Box::new(device), 2 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let mut got = Tree::new();
    our_tree(&mut vfs, &cx, &at, "/", &mut got);
    assert_eq!(got, expected);
    until_done(|| vfs.rename(&cx, &at, b"/many", &at, b"/etc/many", Default::default())).unwrap();
    until_done(|| vfs.unlink(&cx, &at, b"/large")).unwrap();
    until_done(|| vfs.shutdown(&cx)).unwrap();
    let counters = vfs.device_counters();
    assert!(counters.bytes_fetched > 1 << 20 && counters.requests > 10, "{counters:?}");
}
