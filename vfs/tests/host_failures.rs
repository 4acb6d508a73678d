//! The host fails: bad reads, a full overlay, power loss. Errors are EIO or
//! ENOSPC, one line each in the log, and what was written before survives.

mod common;

use common::{NOW, Shared, debugfs, e2fsck, mke2fs, mount, root_creds, tree};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_blockdev::{Faults, FaultyDevice, MemoryDevice, OverlayDevice};
use tawaki_vfs::{At, Context};

#[test]
fn a_bad_block_is_eio() {
    let (_, image) = tree::image(4096, false, &["-b", "1024"]);
    let mut faults = Faults::default();
    let blocks = debugfs(&image, "blocks /etc/deep/er/medium");
    let bad = blocks.split_whitespace().filter_map(|word| word.parse::<u64>().ok()).nth(20);
    faults.bad_reads.extend(bad);
    let device = FaultyDevice::new(MemoryDevice::from_image(&image), faults);
    let mut vfs = mount(Box::new(device), 1 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let mut buf = vec![0; 100_000];
    let error = vfs
        .lookup(&cx, &at, b"/etc/deep/er/medium", true)
        .and_then(|file| vfs.read(&cx, file, 0, &mut buf))
        .unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EIO));
    let lines = vfs.take_messages();
    assert!(lines.len() == 1 && lines[0].contains("read error at block"), "{lines:?}");
}

#[test]
fn a_full_overlay_is_enospc() {
    let image = mke2fs(32 << 10, &["-b", "4096"]);
    let device = Shared::new(OverlayDevice::new(MemoryDevice::from_image(&image), 4 << 20));
    let changed = device.clone();
    let mut vfs = mount(Box::new(device), 2 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = vfs.open(&cx, &at, b"/file", flags, 0o644).unwrap().location;
    let data = vec![5; 1 << 20];
    let mut written = 0;
    let error = loop {
        match vfs.write(&cx, file, written, &data) {
            Ok(n) => written += n as u64,
            Err(error) => break error,
        }
        assert!(written < 16 << 20, "memory is not bounded");
    };
    assert_eq!(error.errno(), Some(Errno::ENOSPC));
    assert!(written >= 3 << 20);
    let mut buf = vec![0; 1 << 20];
    assert_eq!(vfs.read(&cx, file, 0, &mut buf).unwrap(), 1 << 20);
    assert!(buf == data, "what was written is still there");
    assert_eq!(vfs.sync_at(&cx, root).unwrap_err().errno(), Some(Errno::ENOSPC));
    // Removing the file makes room: its dirty blocks need not be stored, and what
    // was stored of it is given back.
    vfs.close_ref(&cx, file);
    vfs.unlink(&cx, &at, b"/file").unwrap();
    vfs.sync_at(&cx, root).unwrap();
    assert!(changed.0.lock().unwrap().changed_bytes() < 200 << 10);
    let file = vfs.open(&cx, &at, b"/file", flags, 0o644).unwrap().location;
    assert_eq!(vfs.write(&cx, file, 0, &data).unwrap(), 1 << 20);
    vfs.sync_at(&cx, root).unwrap();
}

/// Each batch ends with a flush: what a device keeps up to the last flush is a
/// whole file system, whatever was written after.
#[test]
fn synced_state_is_whole() {
    let image = mke2fs(8 << 10, &["-b", "1024"]);
    let device = Shared::from_image(&image);
    let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    for i in 0..50 {
        let dir = format!("/dir{i}");
        vfs.mkdir(&cx, &at, dir.as_bytes(), 0o755).unwrap();
        let flags = OpenFlags::CREAT | OpenFlags::RDWR;
        let file = vfs.open(&cx, &at, format!("{dir}/f").as_bytes(), flags, 0o644).unwrap();
        vfs.write(&cx, file.location, 0, &vec![1; 30_000]).unwrap();
        vfs.close_ref(&cx, file.location);
        if i % 3 == 0 {
            vfs.unlink(&cx, &at, format!("{dir}/f").as_bytes()).unwrap();
        }
        if i % 10 == 0 {
            vfs.sync(&cx).unwrap();
            // Not unmounted, so e2fsck looks, but there is nothing to repair.
            e2fsck(&device.image(), "synced");
        }
    }
    // A machine that stopped with an unlinked file still open: the orphan list
    // has it, and the next mount frees it.
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let file = vfs.open(&cx, &at, b"/ghost", flags, 0o644).unwrap().location;
    vfs.write(&cx, file, 0, &vec![1; 300_000]).unwrap();
    vfs.unlink(&cx, &at, b"/ghost").unwrap();
    let free = vfs.statfs(&cx, root).unwrap().bfree;
    vfs.sync(&cx).unwrap();
    drop(vfs);
    let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
    let root = vfs.root().unwrap();
    assert!(vfs.statfs(&cx, root).unwrap().bfree >= free + 290);
    vfs.shutdown(&cx).unwrap();
    e2fsck(&device.image(), "after orphans were freed");
}
