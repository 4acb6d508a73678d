//! Speed of the file systems on this machine: `cargo run --release -p tawaki-vfs
//! --example speed IMAGE` with any ext2 image that has 64 MB free.

use std::time::Instant;
use tawaki_abi::fs::{OpenFlags, Timespec};
use tawaki_blockdev::{MemoryDevice, OverlayDevice};
use tawaki_vfs::{At, Context, Creds, Ext2, MountFlags, Vfs};

fn main() {
    let path = std::env::args().nth(1).expect("an ext2 image");
    let image = std::fs::read(path).expect("readable image");
    let device = OverlayDevice::new(MemoryDevice::from_image(&image), 1 << 30);
    drop(image);
    let creds = Creds::root();
    let cx = Context::new(&creds, Timespec { sec: 1_900_000_000, nsec: 0 });
    let mut ext2 = Ext2::new(Box::new(device), 64 << 20, false);
    ext2.mount(&cx).expect("mount");
    let mut vfs = Vfs::new();
    let root = vfs.mount_root(Box::new(ext2), MountFlags::empty(), "image").expect("root");
    let at = At { root, base: root };

    let megabyte = vec![7u8; 1 << 20];
    let create = OpenFlags::CREAT | OpenFlags::RDWR;
    let big = vfs.open(&cx, &at, b"/big", create, 0o644).expect("open").location;
    let bytes = 32u64 << 20;
    let rate = |name: &str, start: Instant, bytes: u64| {
        let mb = bytes as f64 / 1e6 / start.elapsed().as_secs_f64();
        println!("{name:40} {mb:10.0} MB/s");
    };
    let start = Instant::now();
    for i in 0..bytes >> 20 {
        vfs.write(&cx, big, i << 20, &megabyte).expect("write");
    }
    rate("write 32 MB, new", start, bytes);
    let start = Instant::now();
    for i in 0..bytes >> 20 {
        vfs.write(&cx, big, i << 20, &megabyte).expect("write");
    }
    rate("write 32 MB, over", start, bytes);
    let start = Instant::now();
    vfs.sync(&cx).expect("sync");
    rate("sync", start, bytes);
    let mut buf = vec![0; 1 << 20];
    for size in [4096, 65536, 1 << 20] {
        let start = Instant::now();
        for i in 0..bytes / size {
            vfs.read(&cx, big, i * size, &mut buf[..size as usize]).expect("read");
        }
        rate(&format!("read 32 MB by {size}, cached"), start, bytes);
    }

    let per = |name: &str, start: Instant, n: u64| {
        let ns = start.elapsed().as_nanos() as f64 / n as f64;
        println!("{name:40} {ns:10.0} ns");
    };
    for i in 1..=8 {
        let path = "/d".repeat(i);
        vfs.mkdir(&cx, &at, path.as_bytes(), 0o755).expect("mkdir");
    }
    let n = 200_000;
    let deep = "/d".repeat(8);
    let start = Instant::now();
    for _ in 0..n {
        vfs.lookup(&cx, &at, deep.as_bytes(), true).expect("lookup");
    }
    per("look up one cached component", start, n * 8);
    let start = Instant::now();
    for _ in 0..n {
        assert!(vfs.lookup(&cx, &at, b"/d/d/d/missing", true).is_err());
    }
    per("look up /d/d/d/missing", start, n);
    let start = Instant::now();
    for _ in 0..n {
        vfs.stat(&cx, big).expect("stat");
    }
    per("stat", start, n);
    let start = Instant::now();
    for i in 0..n {
        vfs.write(&cx, big, i * 100, b"a short line of some text\n").expect("write");
    }
    per("write 26 bytes", start, n);
    let files = 5000;
    let start = Instant::now();
    for i in 0..files {
        let path = format!("/d/file{i}");
        let file = vfs.open(&cx, &at, path.as_bytes(), create, 0o644).expect("create");
        vfs.write(&cx, file.location, 0, b"hello").expect("write");
        vfs.close_ref(&cx, file.location);
    }
    per("create a file in a directory of 5000", start, files);
    let start = Instant::now();
    for i in 0..files {
        let path = format!("/d/file{i}");
        vfs.unlink(&cx, &at, path.as_bytes()).expect("unlink");
    }
    per("unlink it", start, files);
    let start = Instant::now();
    vfs.close_ref(&cx, big);
    vfs.unlink(&cx, &at, b"/big").expect("unlink");
    per("unlink 32 MB", start, 1);
}
