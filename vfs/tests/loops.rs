//! Loop devices: an image in a file of another image, of a tmpfs, and one in the
//! other; damaged images; files that have no room.

mod common;

use common::{NOW, Shared, e2fsck, mke2fs, mount, root_creds};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_vfs::{At, Context, FsError, FsResult, Location, LoopConfig, MountFlags, Served, Tmpfs, Vfs};

fn plain(flags: u32) -> LoopConfig {
    LoopConfig { offset: 0, size_limit: 0, flags, name: [0; 64] }
}

/// Runs an operation as the kernel does, until it is not pending.
fn run<T>(vfs: &mut Vfs, cx: &Context, mut op: impl FnMut(&mut Vfs) -> FsResult<T>) -> FsResult<T> {
    for _ in 0..100_000 {
        match op(vfs) {
            Err(FsError::Pending) => {
                vfs.serve_loops(cx);
            }
            result => return result,
        }
    }
    panic!("never ends");
}

fn put(vfs: &mut Vfs, cx: &Context, at: &At, path: &str, data: &[u8]) -> FsResult<Location> {
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = run(vfs, cx, |vfs| vfs.open(cx, at, path.as_bytes(), flags, 0o644))?.location;
    let mut done = 0;
    while done < data.len() {
        match run(vfs, cx, |vfs| vfs.write(cx, file, done as u64, &data[done..])) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) => {
                vfs.close_ref(cx, file);
                return Err(error);
            }
        }
    }
    vfs.close_ref(cx, file);
    if done < data.len() { Err(Errno::ENOSPC.into()) } else { Ok(file) }
}

fn get(vfs: &mut Vfs, cx: &Context, at: &At, path: &str) -> Vec<u8> {
    let file = run(vfs, cx, |vfs| vfs.lookup(cx, at, path.as_bytes(), true)).unwrap();
    let size = run(vfs, cx, |vfs| vfs.stat(cx, file)).unwrap().size as usize;
    let (mut data, mut done) = (vec![0; size], 0);
    while done < size {
        done += run(vfs, cx, |vfs| vfs.read(cx, file, done as u64, &mut data[done..])).unwrap();
    }
    data
}

/// A machine on a fresh ext2 image, with `/img` holding `image` and `/mnt`.
fn machine(image: &[u8]) -> (Shared<tawaki_blockdev::MemoryDevice>, Vfs, At) {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let disk = Shared::from_image(&mke2fs(48 << 10, &[]));
    let mut vfs = mount(Box::new(disk.clone()), 4 << 20).unwrap();
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    vfs.mkdir(&cx, &at, b"/mnt", 0o755).unwrap();
    put(&mut vfs, &cx, &at, "/img", image).unwrap();
    (disk, vfs, at)
}

fn attach(vfs: &mut Vfs, cx: &Context, at: &At, n: usize, path: &str, flags: u32) -> FsResult<()> {
    let file = run(vfs, cx, |vfs| vfs.lookup(cx, at, path.as_bytes(), true))?;
    vfs.loop_attach(cx, n, file, plain(flags))
}

fn mount_loop(vfs: &mut Vfs, cx: &Context, at: &At, n: usize, path: &str, flags: MountFlags) -> FsResult<()> {
    let over = run(vfs, cx, |vfs| vfs.lookup(cx, at, path.as_bytes(), true))?;
    run(vfs, cx, |vfs| vfs.loop_mount(cx, n, over, flags, "/dev/loop")).map(drop)
}

fn unmount(vfs: &mut Vfs, cx: &Context, at: &At, path: &str) -> FsResult<()> {
    let over = run(vfs, cx, |vfs| vfs.lookup(cx, at, path.as_bytes(), true))?;
    run(vfs, cx, |vfs| vfs.unmount(cx, over))
}

#[test]
fn written_through_the_file() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    for options in [&["-b", "1024"][..], &["-b", "4096"]] {
        let (disk, mut vfs, at) = machine(&mke2fs(8 << 10, options));
        attach(&mut vfs, &cx, &at, 0, "/img", LoopConfig::AUTOCLEAR).unwrap();
        assert_eq!(vfs.loop_free(), Some(1));
        assert!(attach(&mut vfs, &cx, &at, 0, "/img", 0).unwrap_err().is(Errno::EBUSY));
        mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::empty()).unwrap();
        let data: Vec<u8> = (0..3_000_000u32).map(|i| (i / 5) as u8).collect();
        put(&mut vfs, &cx, &at, "/mnt/big", &data).unwrap();
        for i in 0..200 {
            put(&mut vfs, &cx, &at, &format!("/mnt/file{i}"), format!("{i}").as_bytes()).unwrap();
        }
        for i in 0..200 {
            if i % 3 > 0 {
                let name = format!("/mnt/file{i}");
                run(&mut vfs, &cx, |vfs| vfs.unlink(&cx, &at, name.as_bytes())).unwrap();
            }
        }
        // More than there is room for, and then room again.
        let full = put(&mut vfs, &cx, &at, "/mnt/full", &vec![7; 8 << 20]).unwrap_err();
        assert!(full.is(Errno::ENOSPC), "{full:?}");
        run(&mut vfs, &cx, |vfs| vfs.unlink(&cx, &at, b"/mnt/full")).unwrap();
        unmount(&mut vfs, &cx, &at, "/mnt").unwrap();
        assert_eq!(vfs.loop_free(), Some(0));
        e2fsck(&get(&mut vfs, &cx, &at, "/img"), "the image in the file");

        // Again, read-only: what was written is there, and nothing changes.
        let before = get(&mut vfs, &cx, &at, "/img");
        attach(&mut vfs, &cx, &at, 3, "/img", LoopConfig::READ_ONLY).unwrap();
        let error = mount_loop(&mut vfs, &cx, &at, 3, "/mnt", MountFlags::empty()).unwrap_err();
        assert!(error.is(Errno::EACCES), "{error:?}");
        mount_loop(&mut vfs, &cx, &at, 3, "/mnt", MountFlags::RDONLY).unwrap();
        assert!(get(&mut vfs, &cx, &at, "/mnt/big") == data);
        assert_eq!(get(&mut vfs, &cx, &at, "/mnt/file198"), b"198");
        let error = put(&mut vfs, &cx, &at, "/mnt/new", b"x").unwrap_err();
        assert!(error.is(Errno::EROFS), "{error:?}");
        unmount(&mut vfs, &cx, &at, "/mnt").unwrap();
        vfs.loop_detach(&cx, 3).unwrap();
        assert!(before == get(&mut vfs, &cx, &at, "/img"));
        run(&mut vfs, &cx, |vfs| vfs.shutdown(&cx)).unwrap();
        e2fsck(&disk.image(), "the disk");
        assert_eq!(vfs.in_use(), 0);
    }
}

#[test]
fn an_image_in_an_image_at_the_end_of_the_machine() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let inner = mke2fs(2 << 10, &[]);
    let (disk, mut vfs, at) = machine(&mke2fs(8 << 10, &[]));
    attach(&mut vfs, &cx, &at, 0, "/img", 0).unwrap();
    mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::empty()).unwrap();
    put(&mut vfs, &cx, &at, "/mnt/inner", &inner).unwrap();
    run(&mut vfs, &cx, |vfs| vfs.mkdir(&cx, &at, b"/mnt/in", 0o755)).unwrap();
    attach(&mut vfs, &cx, &at, 1, "/mnt/inner", 0).unwrap();
    mount_loop(&mut vfs, &cx, &at, 1, "/mnt/in", MountFlags::empty()).unwrap();
    put(&mut vfs, &cx, &at, "/mnt/in/deep", &vec![5; 300_000]).unwrap();
    assert!(unmount(&mut vfs, &cx, &at, "/mnt").unwrap_err().is(Errno::EBUSY));
    // Nobody unmounts: the machine ends.
    vfs.shutdown(&cx).unwrap();
    drop(vfs);
    let image = disk.image();
    e2fsck(&image, "the disk");
    let mut vfs = mount(Box::new(Shared::from_image(&image)), 4 << 20).unwrap();
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    e2fsck(&get(&mut vfs, &cx, &at, "/img"), "the image");
    attach(&mut vfs, &cx, &at, 0, "/img", 0).unwrap();
    mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::RDONLY).unwrap();
    e2fsck(&get(&mut vfs, &cx, &at, "/mnt/inner"), "the image in the image");
}

#[test]
fn damaged_images_are_errors() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let good = mke2fs(4 << 10, &[]);
    let mut seed = 12345u32;
    for round in 0..60 {
        let mut image = good.clone();
        for _ in 0..20 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Superblock, descriptors, bitmaps, inode table.
            let place = 1024 + (seed >> 8) as usize % (64 << 10);
            image[place] = (seed >> 3) as u8;
        }
        if round % 7 == 0 {
            image.truncate(1 << 20);
        }
        let (_, mut vfs, at) = machine(&image);
        attach(&mut vfs, &cx, &at, 0, "/img", LoopConfig::AUTOCLEAR).unwrap();
        match mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::empty()) {
            Ok(()) => {
                for i in 0..20 {
                    let _ = put(&mut vfs, &cx, &at, &format!("/mnt/f{i}"), &[1; 5000]);
                    let _ = run(&mut vfs, &cx, |vfs| vfs.mkdir(&cx, &at, b"/mnt/d", 0o755));
                }
                unmount(&mut vfs, &cx, &at, "/mnt").unwrap();
            }
            Err(error) => assert!(
                matches!(error.errno(), Some(Errno::EINVAL | Errno::EUCLEAN | Errno::EIO)),
                "{error:?}"
            ),
        }
    }
    // What is no image at all, and nothing.
    let (_, mut vfs, at) = machine(b"hello");
    attach(&mut vfs, &cx, &at, 0, "/img", 0).unwrap();
    assert!(mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::empty()).unwrap_err().is(Errno::EINVAL));
    assert!(mount_loop(&mut vfs, &cx, &at, 1, "/mnt", MountFlags::empty()).unwrap_err().is(Errno::EIO));
    assert!(attach(&mut vfs, &cx, &at, 2, "/mnt", 0).unwrap_err().is(Errno::EINVAL));
}

#[test]
fn a_file_without_room_and_one_that_was_cut() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let image = mke2fs(4 << 10, &["-b", "1024"]);
    let mut vfs = Vfs::new();
    // A tmpfs that holds the image's metadata, but not what it may grow to.
    let root = vfs.mount_root(Box::new(Tmpfs::new(1 << 20, 0o755, NOW)), MountFlags::empty(), "t").unwrap();
    let at = At { root, base: root };
    vfs.mkdir(&cx, &at, b"/mnt", 0o755).unwrap();
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = vfs.open(&cx, &at, b"/img", flags, 0o644).unwrap().location;
    vfs.truncate(&cx, file, image.len() as u64, false).unwrap();
    for (i, block) in image.chunks(4096).enumerate() {
        if block.iter().any(|b| *b != 0) {
            vfs.write(&cx, file, i as u64 * 4096, block).unwrap();
        }
    }
    vfs.loop_attach(&cx, 0, file, plain(0)).unwrap();
    mount_loop(&mut vfs, &cx, &at, 0, "/mnt", MountFlags::empty()).unwrap();
    put(&mut vfs, &cx, &at, "/mnt/a", &vec![1; 100_000]).unwrap();
    let place = vfs.lookup(&cx, &at, b"/mnt", true).unwrap();
    run(&mut vfs, &cx, |vfs| vfs.sync_at(&cx, place)).unwrap();
    let result = put(&mut vfs, &cx, &at, "/mnt/b", &vec![2; 2 << 20]);
    let synced = run(&mut vfs, &cx, |vfs| vfs.sync_at(&cx, place));
    assert!(result.is_err() || synced.is_err(), "two megabytes went into one");
    assert_eq!(get(&mut vfs, &cx, &at, "/mnt/a"), vec![1; 100_000]);
    // With room again, everything gets there.
    run(&mut vfs, &cx, |vfs| vfs.unlink(&cx, &at, b"/mnt/b")).unwrap();
    vfs.truncate(&cx, file, 0, false).unwrap();
    let text = run(&mut vfs, &cx, |vfs| vfs.lookup(&cx, &at, b"/mnt/nothing", true));
    assert!(
        matches!(text, Err(FsError::Errno(Errno::ENOENT) | FsError::Io(_) | FsError::Corrupt(_))),
        "{text:?}"
    );
    assert_ne!(vfs.serve_loops(&cx), Served::Waiting);
    unmount(&mut vfs, &cx, &at, "/mnt").unwrap();
}
