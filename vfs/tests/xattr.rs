//! Extended attributes on ext2: what e2fsck and debugfs make of what we wrote, and what we
//! make of what debugfs wrote.

mod common;

use common::{NOW, Shared, debugfs, e2fsck, mke2fs, mount, root_creds, tool};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_vfs::{At, Context, Location, MountFlags, Tmpfs, Vfs, XattrFlags};

/// With room for attributes in the inodes, and without.
const SHAPES: [&[&str]; 3] =
    [&["-b", "1024", "-I", "128"], &["-b", "1024", "-I", "256"], &["-b", "4096", "-I", "256"]];

fn file(vfs: &mut Vfs, cx: &Context, name: &str) -> Location {
    let root = vfs.root().unwrap();
    let flags = OpenFlags::CREAT | OpenFlags::RDWR;
    let opened = vfs.open(cx, &At { root, base: root }, name.as_bytes(), flags, 0o644).unwrap();
    vfs.close_ref(cx, opened.location);
    opened.location
}

#[test]
fn e2fsck_finds_what_we_write_clean() {
    for shape in SHAPES {
        let device = Shared::from_image(&mke2fs(4 << 10, shape));
        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let before = vfs.statfs(&cx, vfs.root().unwrap()).unwrap().bfree;
        let at = file(&mut vfs, &cx, "/file");
        let mut set = |name: &str, value: &[u8]| {
            vfs.set_xattr(&cx, at, name.as_bytes(), Some(value), XattrFlags::empty(), true)
        };
        set("user.a", b"small").unwrap();
        set("trusted.empty", b"").unwrap();
        set("security.selinux", b"a context\0").unwrap();
        set("user.large", &[b'x'; 700]).unwrap();
        set("user.odd length", b"12345").unwrap();
        set("user.a", b"another").unwrap();
        assert!(set("user.too large", &[1; 5000]).unwrap_err().is(Errno::ENOSPC));
        vfs.sync(&cx).unwrap();
        let image = device.image();
        let text = debugfs(&image, "ea_get /file user.a");
        assert!(text.contains("another"), "{text}");
        assert!(debugfs(&image, "ea_list /file").contains("user.large (700)"), "{shape:?}");
        vfs.shutdown(&cx).unwrap();
        e2fsck(&device.image(), &format!("{shape:?}: attributes set"));

        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        let names = vfs.xattr_names(&cx, at, true).unwrap();
        assert_eq!(names.iter().filter(|b| **b == 0).count(), 5);
        assert_eq!(vfs.xattr(&cx, at, b"user.odd length", true).unwrap(), b"12345");
        for name in names.split(|b| *b == 0).filter(|name| !name.is_empty()) {
            vfs.set_xattr(&cx, at, name, None, XattrFlags::empty(), true).unwrap();
        }
        assert!(vfs.xattr(&cx, at, b"user.a", true).unwrap_err().is(Errno::ENODATA));
        assert_eq!(vfs.statfs(&cx, vfs.root().unwrap()).unwrap().bfree, before, "the block is free again");
        vfs.shutdown(&cx).unwrap();
        e2fsck(&device.image(), &format!("{shape:?}: attributes removed"));
    }
}

#[test]
fn what_debugfs_wrote_is_read_and_a_shared_block_is_left_alone() {
    for shape in SHAPES {
        let device = Shared::from_image(&mke2fs(4 << 10, shape));
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        let places = ["/one", "/two"].map(|name| file(&mut vfs, &cx, name));
        vfs.shutdown(&cx).unwrap();
        let on_disk = common::TempFile::new("attributes");
        std::fs::write(&on_disk.0, device.image()).unwrap();
        let value = "v".repeat(300);
        let (_, text) =
            tool("debugfs", &["-w", "-R", &format!("ea_set /one user.theirs {value}"), on_disk.path()]);
        assert!(!text.contains("error"), "{text}");
        // The second file shares the first one's block.
        let stat = debugfs(&std::fs::read(&on_disk.0).unwrap(), "stat /one");
        let block: u32 =
            stat.split("File ACL: ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
        assert_ne!(block, 0, "{shape:?}: large values are in a block");
        let command = format!("set_inode_field /two file_acl {block}");
        tool("debugfs", &["-w", "-R", &command, on_disk.path()]);
        let units = if shape[1] == "1024" { 2 } else { 8 };
        tool("debugfs", &["-w", "-R", &format!("set_inode_field /two blocks {units}"), on_disk.path()]);
        let mut image = std::fs::read(&on_disk.0).unwrap();
        let size: usize = shape[1].parse().unwrap();
        let users = block as usize * size + 4;
        image[users..users + 4].copy_from_slice(&2u32.to_le_bytes());
        e2fsck(&image, "shared by hand");

        let device = Shared::from_image(&image);
        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        for at in places {
            assert_eq!(vfs.xattr(&cx, at, b"user.theirs", true).unwrap(), value.as_bytes());
        }
        let big = [b'w'; 400];
        vfs.set_xattr(&cx, places[1], b"user.theirs", Some(&big), XattrFlags::REPLACE, true).unwrap();
        assert_eq!(vfs.xattr(&cx, places[0], b"user.theirs", true).unwrap(), value.as_bytes());
        assert_eq!(vfs.xattr(&cx, places[1], b"user.theirs", true).unwrap(), big);
        vfs.shutdown(&cx).unwrap();
        e2fsck(&device.image(), &format!("{shape:?}: after the two went separate ways"));
    }
}

#[test]
fn memory_for_attributes_is_bounded_however_small_they_are() {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let mut vfs = Vfs::new();
    vfs.mount_root(Box::new(Tmpfs::new(1 << 20, 0o755, NOW)), MountFlags::empty(), "tmpfs").unwrap();
    let at = file(&mut vfs, &cx, "/file");
    let set = |n: u32, vfs: &mut Vfs| {
        vfs.set_xattr(&cx, at, format!("user.{n}").as_bytes(), Some(b""), XattrFlags::empty(), true)
    };
    let refused = (0..100_000).find_map(|n| set(n, &mut vfs).err().map(|error| (n, error)));
    let (count, error) = refused.expect("some time it is enough");
    assert!(error.is(Errno::ENOSPC) && count < 4000, "{count}: {error}");
}

/// A list in the form that programs see: tags and permissions, 7 for whoever is named.
fn list(entries: &[(u16, u16)]) -> Vec<u8> {
    let mut out = 2u32.to_le_bytes().to_vec();
    for &(tag, perm) in entries {
        let id: u32 = if tag == 2 || tag == 8 { 7 } else { u32::MAX };
        out.extend([&tag.to_le_bytes()[..], &perm.to_le_bytes(), &id.to_le_bytes()].concat());
    }
    out
}

#[test]
fn lists_are_on_disk_as_linux_puts_them() {
    for shape in SHAPES {
        let device = Shared::from_image(&mke2fs(4 << 10, shape));
        let creds = root_creds();
        let cx = Context::new(&creds, NOW);
        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        let root = vfs.root().unwrap();
        let default = list(&[(1, 7), (2, 5), (4, 5), (16, 7), (32, 0)]);
        vfs.set_xattr(&cx, root, tawaki_vfs::ACL_DEFAULT, Some(&default), XattrFlags::empty(), true).unwrap();
        let at = file(&mut vfs, &cx, "/file");
        let got = vfs.xattr(&cx, at, tawaki_vfs::ACL_ACCESS, true).unwrap();
        assert_eq!(got, list(&[(1, 6), (2, 5), (4, 5), (16, 4), (32, 0)]));
        assert_eq!(vfs.stat(&cx, at).unwrap().mode, 0o100640);
        vfs.shutdown(&cx).unwrap();
        let image = device.image();
        e2fsck(&image, &format!("{shape:?}: lists"));
        // Of 4 bytes, 8 for whoever is named, behind the version.
        let text = debugfs(&image, "ea_get -r -x /file system.posix_acl_access");
        assert!(
            text.contains(
                "01 00 00 00 01 00 06 00 02 00 05 00 07 00 00 00 04 00 05 00 10 00 04 00 20 00 00 00"
            ),
            "{text}"
        );
        let mut vfs = mount(Box::new(device.clone()), 1 << 20).unwrap();
        assert_eq!(vfs.xattr(&cx, root, tawaki_vfs::ACL_DEFAULT, true).unwrap(), default);
        vfs.set_xattr(&cx, root, tawaki_vfs::ACL_DEFAULT, None, XattrFlags::empty(), true).unwrap();
        vfs.set_xattr(&cx, at, tawaki_vfs::ACL_ACCESS, None, XattrFlags::empty(), true).unwrap();
        assert_eq!(vfs.xattr_names(&cx, at, true).unwrap(), b"");
        vfs.shutdown(&cx).unwrap();
        e2fsck(&device.image(), &format!("{shape:?}: lists removed"));
    }
}
