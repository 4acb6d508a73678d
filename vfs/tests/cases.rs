//! Every case file on tmpfs and on ext2 in several shapes, plain and with every
//! block pending at its first use; afterwards e2fsck finds nothing.

mod common;

use common::script::Machine;
use common::{NOW, Shared, e2fsck, mke2fs, mount};
use std::fs;
use tawaki_blockdev::{Faults, FaultyDevice};
use tawaki_vfs::{MountFlags, Tmpfs, Vfs};

/// Shapes of ext2: block size, inode size, further options.
const SHAPES: [(&str, &[&str]); 4] = [
    ("1k", &["-b", "1024", "-I", "128"]),
    ("2k", &["-b", "2048", "-I", "256"]),
    ("4k", &["-b", "4096", "-I", "256", "-O", "^dir_index,^resize_inode"]),
    ("rev0", &["-b", "1024", "-r", "0", "-O", "none"]),
];

fn cases() -> Vec<(String, String)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut files: Vec<_> =
        fs::read_dir(dir).expect("cases").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("case"))
    };
    files.into_iter().map(read).collect()
}

/// A line `# only: tmpfs` or `# only: ext2` restricts a case.
fn applies(text: &str, fs: &str) -> bool {
    match text.lines().find_map(|line| line.strip_prefix("# only: ")) {
        Some(only) => only.trim() == fs,
        None => true,
    }
}

#[test]
fn on_tmpfs() {
    for (file, text) in cases() {
        if !applies(&text, "tmpfs") {
            continue;
        }
        let mut vfs = Vfs::new();
        let fs = Box::new(Tmpfs::new(64 << 20, 0o755, NOW));
        vfs.mount_root(fs, MountFlags::empty(), "tmpfs").unwrap();
        let mut machine = Machine::new(vfs);
        machine.run(&file, &text);
        assert_eq!(machine.finish(), [""; 0], "{file}");
    }
}

#[test]
fn on_ext2() {
    for (shape, options) in SHAPES {
        let image = mke2fs(16 * 1024, options);
        for (file, text) in cases() {
            if !applies(&text, "ext2") {
                continue;
            }
            let device = Shared::from_image(&image);
            let mut machine = Machine::new(mount(Box::new(device.clone()), 1 << 20).unwrap());
            machine.run(&file, &text);
            assert_eq!(machine.finish(), [""; 0], "{file}");
            e2fsck(&device.image(), &format!("{file} on {shape}"));
        }
    }
}

#[test]
fn on_ext2_with_every_block_pending_first() {
    let image = mke2fs(16 * 1024, SHAPES[0].1);
    for (file, text) in cases() {
        if !applies(&text, "ext2") {
            continue;
        }
        let faults = Faults { pending_first: true, ..Faults::default() };
        let device = Shared::from_image(&image);
        let faulty = FaultyDevice::new(device.clone(), faults);
        let mut machine = Machine::new(mount(Box::new(faulty), 1 << 20).unwrap());
        machine.run(&file, &text);
        assert_eq!(machine.finish(), [""; 0], "{file}");
        e2fsck(&device.image(), &format!("{file}, pending"));
    }
}
