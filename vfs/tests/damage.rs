//! Damaged images: no panic, no endless loop, an error that names the damage.

mod common;

use common::{NOW, Shared, mke2fs, mount, root_creds, tree};
use std::time::{Duration, Instant};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_vfs::{At, Context, CorruptKind, Ext2, FsError, Location, RenameFlags, SetAttr, TimeSet, Vfs};

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Reads and stats everything reachable, to a bounded depth.
fn walk(vfs: &mut Vfs, cx: &Context, at: &At, path: &str, depth: u32, budget: &mut u32) {
    if depth == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    let Ok(dir) = vfs.lookup(cx, at, path.as_bytes(), true) else { return };
    let mut names = Vec::new();
    let _ = vfs.readdir(cx, dir, 0, &mut |entry| {
        names.push(entry.name.to_vec());
        names.len() < 200
    });
    let mut buf = vec![0; 20_000];
    for name in names {
        let Ok(name) = String::from_utf8(name) else { continue };
        if name == "." || name == ".." {
            continue;
        }
        let child = format!("{path}/{name}");
        if let Ok(place) = vfs.lookup(cx, at, child.as_bytes(), false) {
            let _ = vfs.readlink(cx, place);
            if let Ok(stat) = vfs.stat(cx, place) {
                let _ = vfs.read(cx, place, 0, &mut buf);
                let _ = vfs.read(cx, place, stat.size / 2, &mut buf);
                let _ = vfs.read(cx, place, stat.size.saturating_sub(10_000), &mut buf);
            }
            let _ = vfs.path_of(cx, at.root, place);
            walk(vfs, cx, at, &child, depth - 1, budget);
        }
    }
}

/// Changes everything it can.
fn change(vfs: &mut Vfs, cx: &Context, at: &At, rng: &mut Rng) {
    let open = |vfs: &mut Vfs, path: &str| -> Option<Location> {
        let flags = OpenFlags::CREAT | OpenFlags::RDWR;
        Some(vfs.open(cx, at, path.as_bytes(), flags, 0o644).ok()?.location)
    };
    let names = ["empty", "etc/small", "etc/deep/er/medium", "sparse", "many/new", "new", "slow"];
    for _ in 0..30 {
        let name = names[rng.below(names.len())];
        let other = names[rng.below(names.len())];
        match rng.below(10) {
            0 => drop(vfs.unlink(cx, at, name.as_bytes())),
            1 => drop(vfs.rename(cx, at, name.as_bytes(), at, other.as_bytes(), RenameFlags::empty())),
            2 => drop(vfs.mkdir(cx, at, format!("{name}-dir").as_bytes(), 0o755)),
            3 => drop(vfs.rename(cx, at, b"etc/deep", at, b"many/deep", RenameFlags::empty())),
            4 => drop(vfs.symlink(cx, &[b'x'; 200], at, format!("{name}-link").as_bytes())),
            5 => drop(vfs.rmdir(cx, at, format!("{other}-dir").as_bytes())),
            n => {
                let Some(file) = open(vfs, name) else { continue };
                let offset = rng.below(1_000_000) as u64;
                match n {
                    6 => drop(vfs.truncate(cx, file, offset, true)),
                    7 => drop(vfs.unlink(cx, at, name.as_bytes())),
                    8 => {
                        let set = SetAttr { mtime: Some(TimeSet::Now), ..SetAttr::default() };
                        let _ = vfs.setattr(cx, file, &set);
                    }
                    _ => drop(vfs.write(cx, file, offset, &[1; 30_000])),
                }
                vfs.close_ref(cx, file);
            }
        }
    }
}

fn fuzz(seed: u64, pristine: &[u8]) {
    let mut rng = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut image = pristine.to_vec();
    // Most metadata of these images is in the first half megabyte.
    let (from, to) = match rng.below(4) {
        0 => (1024, 2048),
        1 => (2048, 64 << 10),
        2 => (0, image.len()),
        _ => (2048, 600 << 10),
    };
    for _ in 0..1 << rng.below(8) {
        let at = from + rng.below(to - from);
        image[at] = match rng.below(4) {
            0 => rng.next() as u8,
            1 => 0,
            2 => 0xff,
            _ => image[at] ^ 1 << rng.below(8),
        };
    }
    if rng.below(4) == 0 {
        // Some pointers that look like pointers.
        for _ in 0..64 {
            let at = (from + rng.below(to - from)) & !3;
            let value = rng.below(image.len() / 1024) as u32;
            image[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
    let start = Instant::now();
    let device = Shared::from_image(&image);
    if let Ok(mut vfs) = mount(Box::new(device), 1 << 20) {
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let root = vfs.root().unwrap();
        let at = At { root, base: root };
        walk(&mut vfs, &cx, &at, "", 5, &mut 50);
        change(&mut vfs, &cx, &at, &mut rng);
        walk(&mut vfs, &cx, &at, "", 5, &mut 50);
        let _ = vfs.shutdown(&cx);
        assert!(vfs.take_messages().len() <= 256);
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "seed {seed} took {took:?}");
}

/// `TAWAKI_FUZZ_SEEDS=from..to` runs other seeds than the usual ones.
fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(range) = std::env::var("TAWAKI_FUZZ_SEEDS") else { return usual };
    let (from, to) = range.split_once("..").expect("from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn random_damage() {
    let (_, small) = tree::image(4096, false, &["-b", "1024", "-I", "128", "-N", "400"]);
    let (_, large) = tree::image(8192, false, &["-b", "4096", "-I", "256", "-g", "512", "-N", "800"]);
    for seed in seeds(0..300) {
        fuzz(seed, if seed % 2 == 0 { &small } else { &large });
    }
}

/// Writes `value` at a byte offset and tells how mounting, or reading the root and
/// `/etc/small`, ends.
fn damaged(image: &[u8], at: usize, value: &[u8]) -> FsError {
    let mut image = image.to_vec();
    image[at..at + value.len()].copy_from_slice(value);
    let mut vfs = match mount(Box::new(Shared::from_image(&image)), 1 << 20) {
        Ok(vfs) => vfs,
        Err(error) => return error,
    };
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let mut buf = [0; 100];
    let mut read = || {
        let file = vfs.lookup(&cx, &at, b"/etc/deep/er/medium", true)?;
        vfs.read(&cx, file, 50_000, &mut buf)
    };
    let error = read().expect_err("damage is noticed");
    assert_eq!(error.errno(), Some(Errno::EIO));
    assert_eq!(vfs.take_messages().len(), 1, "one line in the log");
    error
}

#[test]
fn damage_has_a_name() {
    let (_, image) = tree::image(4096, false, &["-b", "1024", "-I", "128", "-N", "400"]);
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
    // Group 0: descriptor in block 2, then where it says.
    let table = word(2048 + 8) as usize * 1024;
    let inode = |ino: usize| table + (ino - 1) * 128;
    let root_block = word(inode(2) + 40) as usize * 1024;
    // The inode of the file that is read below, found by its size.
    let medium = (11..400).map(inode).find(|&at| word(at + 4) == 100_000).expect("its inode");
    let indirect = word(medium + 40 + 12 * 4) as usize * 1024;
    let cases: [(&str, usize, &[u8], CorruptKind); 11] = [
        ("magic", 1024 + 56, &[0], CorruptKind::Magic),
        ("block size", 1024 + 24, &[9], CorruptKind::Superblock),
        ("blocks per group", 1024 + 32, &[0, 0, 0, 0], CorruptKind::Superblock),
        ("device too small", 1024 + 5, &[0x20], CorruptKind::Truncated),
        ("64bit feature", 1024 + 96, &[0x82], CorruptKind::UnsupportedIncompat),
        ("metadata checksums", 1024 + 101, &[0x04], CorruptKind::UnsupportedRoCompat),
        ("inode table", 2048 + 8, &[0xff; 4], CorruptKind::GroupDescriptor),
        ("root is a file", inode(2) + 1, &[0x81], CorruptKind::RootNotDirectory),
        ("record length", root_block + 4, &[3, 0], CorruptKind::DirectoryEntry),
        ("indirect block", medium + 40 + 12 * 4, &[0xff; 4], CorruptKind::BlockPointer),
        ("pointer to the superblock", indirect + 36 * 4, &[1, 0, 0, 0], CorruptKind::BlockPointer),
    ];
    for (what, at, value, kind) in cases {
        match damaged(&image, at, value) {
            FsError::Corrupt(corrupt) => assert_eq!(corrupt.kind, kind, "{what}: {corrupt}"),
            error => panic!("{what}: {error}"),
        }
    }
}

#[test]
fn a_device_too_small_or_empty_is_no_ext2() {
    for len in [0, 1024, 2048, 3000, 100_000] {
        let error = mount(Box::new(Shared::from_image(&vec![0; len])), 0).err().expect("refused");
        assert!(matches!(error, FsError::Corrupt(c) if c.kind == CorruptKind::Magic), "{len}: {error}");
    }
}

#[test]
fn unknown_read_only_features_mount_read_only() {
    let mut image = mke2fs(2048, &["-b", "1024"]);
    image[1024 + 101] |= 0x04;
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let mut ext2 = Ext2::new(Box::new(Shared::from_image(&image)), 0, true);
    ext2.mount(&cx).expect("read-only mount");
    let mut vfs = Vfs::new();
    let root = vfs.mount_root(Box::new(ext2), Default::default(), "disk").unwrap();
    let at = At { root, base: root };
    assert!(vfs.mkdir(&cx, &at, b"/x", 0o755).is_err_and(|error| error.is(Errno::EROFS)));
}
