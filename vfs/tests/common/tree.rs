//! A directory tree of all sorts, for images made by `mke2fs -d`.

use super::{TempFile, mke2fs};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};

/// Bytes that differ everywhere.
pub fn pattern(len: usize, seed: u32) -> Vec<u8> {
    let mut x = seed | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Makes the tree; `big` adds files with two and three levels of indirection.
pub fn make(big: bool) -> TempFile {
    let temp = TempFile::new("tree");
    let dir = &temp.0;
    fs::create_dir_all(dir.join("etc/deep/er")).unwrap();
    fs::create_dir_all(dir.join("many")).unwrap();
    fs::write(dir.join("empty"), "").unwrap();
    fs::write(dir.join("etc/small"), "hello\n").unwrap();
    fs::write(dir.join("etc/deep/er/medium"), pattern(100_000, 1)).unwrap();
    fs::set_permissions(dir.join("etc/small"), fs::Permissions::from_mode(0o4750)).unwrap();
    fs::hard_link(dir.join("etc/small"), dir.join("second")).unwrap();
    symlink("etc/small", dir.join("fast")).unwrap();
    symlink("./".repeat(100) + "etc/small", dir.join("slow")).unwrap();
    symlink("nowhere", dir.join("dangling")).unwrap();
    for i in 0..if big { 600 } else { 60 } {
        fs::write(dir.join(format!("many/a-file-with-a-longish-name-{i}")), i.to_string()).unwrap();
    }
    let sparse = File::create(dir.join("sparse")).unwrap();
    sparse.write_all_at(&pattern(5000, 2), 0).unwrap();
    sparse.write_all_at(&pattern(5000, 3), 900_000).unwrap();
    if big {
        sparse.write_all_at(&pattern(5000, 4), 80_000_000).unwrap();
        sparse.write_all_at(&pattern(50, 5), 3 << 30).unwrap();
        fs::write(dir.join("large"), pattern(3_000_000, 6)).unwrap();
    }
    temp
}

/// An image that holds the tree.
pub fn image(kib: u32, big: bool, options: &[&str]) -> (TempFile, Vec<u8>) {
    let tree = make(big);
    let mut args = vec!["-d", tree.path()];
    args.extend_from_slice(options);
    let image = mke2fs(kib, &args);
    (tree, image)
}
