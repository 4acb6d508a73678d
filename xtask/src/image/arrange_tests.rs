use super::*;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

fn checked(command: &mut Command) -> String {
    let output = command.output().expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A directory that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tawaki-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        Scratch(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every path with its kind, mode and size or target, and the sums of the files. Counts of links are e2fsck's matter.
fn listing(dir: &Path) -> Vec<String> {
    let script =
        "find . -type d -printf '%p %m\\n' -o -printf '%p %y %m %s %l\\n' | grep -v '^./lost+found' | sort
        find . -type f | sort | xargs -d '\\n' cksum";
    checked(Command::new("sh").args(["-c", script]).current_dir(dir)).lines().map(Into::into).collect()
}

#[test]
fn an_arranged_image_holds_the_same_and_passes_fsck() {
    let scratch = Scratch::new("arrange");
    let tree = scratch.0.join("tree");
    for directory in ["usr/bin", "usr/lib/deep/er", "etc", "many"] {
        fs::create_dir_all(tree.join(directory)).expect("a directory");
    }
    // Direct, indirect and doubly indirect blocks; a hole; many names in one directory.
    let pattern = |len: usize, seed: usize| {
        (0..len).map(|i| ((i * 31 + i / 4096 * 7 + seed) % 251) as u8).collect::<Vec<_>>()
    };
    for (path, len) in
        [("usr/bin/tool", 40_000), ("usr/lib/deep/er/big", 6_000_000), ("etc/small", 10), ("etc/empty", 0)]
    {
        fs::write(tree.join(path), pattern(len, path.len())).expect("a file");
    }
    let hole = File::create(tree.join("etc/hole")).expect("a file");
    hole.set_len(9_000_000).expect("a length");
    hole.write_all_at(b"end", 8_999_000).expect("the end");
    for i in 0..600 {
        fs::write(tree.join(format!("many/a-name-of-some-length-{i}")), pattern(i * 13, i)).expect("a file");
    }
    symlink("usr/bin", tree.join("bin")).expect("a link");
    symlink("/usr/lib/deep/er/".to_owned() + &"./".repeat(60) + "big", tree.join("long")).expect("a link");
    symlink("loop", tree.join("loop")).expect("a link");
    fs::hard_link(tree.join("usr/bin/tool"), tree.join("etc/tool-too")).expect("a hard link");

    let (from, to) = (scratch.0.join("from.ext2"), scratch.0.join("to.ext2"));
    let mut make = Command::new(tools::find("mke2fs").expect("e2fsprogs"));
    checked(
        make.args(["-q", "-F", "-t", "ext2", "-b", "4096", "-g", "2048", "-N", "4096", "-O"])
            .args(["none,filetype,sparse_super,large_file,ext_attr", "-d"])
            .arg(&tree)
            .arg(&from)
            .arg("8192"),
    );
    arrange(&from, &to, &["/bin/tool", "/long", "/loop", "/etc/none", "/etc/small/x"].map(String::from))
        .expect("arranged");
    checked(Command::new(tools::find("e2fsck").expect("e2fsprogs")).arg("-fn").arg(&to));
    let back = scratch.0.join("back");
    fs::create_dir(&back).expect("a directory");
    let debugfs = tools::find("debugfs").expect("e2fsprogs");
    checked(Command::new(&debugfs).args(["-R", &format!("rdump / {}", back.display())]).arg(&to));
    let (before, after) = (listing(&tree), listing(&back));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }

    // What is listed lies together, in order: blocks and inodes.
    let image = Image::open(&to).expect("opens");
    let inode = |path: &str| {
        let mut order = Order::default();
        follow(&image, path, &mut HashMap::new(), &mut order).expect("found");
        *order.listed.last().expect("something")
    };
    let (tool, big) = (inode("/bin/tool"), inode("/long"));
    // A link of 140 characters has a block of its own.
    let names = image.entries(ROOT).expect("entries");
    let (_, link) = names.iter().find(|(name, _)| name == b"long").expect("the link");
    assert!(tool < big && big < inode("/etc/small"), "inodes in the order of the list");
    let blocks: Vec<u32> = [tool, *link, big]
        .iter()
        .flat_map(|i| image.blocks_of(*i).expect("blocks"))
        .map(|(block, _)| block)
        .collect();
    let mut movable: Vec<u32> = image
        .used
        .iter()
        .flat_map(|i| image.blocks_of(*i).expect("blocks"))
        .map(|(block, _)| block)
        .collect();
    movable.sort_unstable();
    let at = movable.binary_search(&blocks[0]).expect("is one of them");
    assert_eq!(movable[at..at + blocks.len()], blocks, "one after the other");
}

#[test]
fn what_is_not_understood_is_refused() {
    let scratch = Scratch::new("arrange-refuses");
    let path = scratch.0.join("image");
    fs::write(&path, vec![0; 1 << 20]).expect("a file");
    assert!(arrange(&path, &scratch.0.join("to"), &[]).is_err_and(|e| e.contains("no ext2 file system")));
    let mke2fs = tools::find("mke2fs").expect("e2fsprogs");
    checked(Command::new(mke2fs).args(["-q", "-F", "-t", "ext4", "-b", "4096"]).arg(&path).arg("4096"));
    assert!(arrange(&path, &scratch.0.join("to"), &[]).is_err_and(|e| e.contains("features")));
}
