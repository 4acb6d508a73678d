//! Damaged images end to end: a clear sentence at boot, or Linux's own error for
//! the damaged file while everything else goes on.

#![cfg(target_arch = "x86_64")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tawaki_tests::guest::{image_from, run};

const LIMIT: Duration = Duration::from_secs(20);

/// Reads files and folders given as arguments and says what came of it.
const READER: &str = r#"
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;
        char b[5000];
        if (stat(argv[i], &st) < 0) {
            printf("%s: stat %s\n", argv[i], strerrorname_np(errno));
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            DIR *d = opendir(argv[i]);
            int n = 0;
            errno = 0;
            while (d && readdir(d))
                n++;
            printf("%s: %s\n", argv[i], errno ? strerrorname_np(errno) : n > 2 ? "entries" : "nothing");
        } else {
            int fd = open(argv[i], O_RDONLY);
            ssize_t n, total = 0;
            while ((n = read(fd, b, sizeof b)) > 0)
                total += n;
            printf("%s: %s\n", argv[i], n < 0 ? strerrorname_np(errno) : total == st.st_size ? "whole" : "short");
        }
    }
    return 0;
}
"#;

/// A small image with a program, a text and a folder; `None` without tools.
fn build(work: &Path) -> Option<PathBuf> {
    let _ = std::fs::remove_dir_all(work);
    let root = work.join("root");
    for folder in ["bin", "dev", "proc", "tmp", "folder"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(work.join("reader.c"), READER).unwrap();
    let compiled = Command::new("gcc")
        .args(["-O1", "-static", "-w", "-o"])
        .args([root.join("bin/reader"), work.join("reader.c")])
        .status();
    if !compiled.is_ok_and(|s| s.success()) {
        eprintln!("no gcc: skipped");
        return None;
    }
    std::fs::write(root.join("text"), "text ".repeat(20_000)).unwrap();
    std::fs::write(root.join("fine"), "fine").unwrap();
    std::fs::write(root.join("folder/inside"), "x").unwrap();
    let image = work.join("good.ext2");
    image_from(&root, &image, 16).unwrap();
    Some(image)
}

/// Changes an image with `debugfs -w`.
fn debugfs(image: &Path, command: &str) {
    let done = Command::new("debugfs")
        .args(["-w", "-R", command])
        .arg(image)
        .env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn damage_has_a_name() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
    let Some(good) = build(&work) else { return };
    let bytes = std::fs::read(&good).unwrap();

    // What cannot be booted says why; the word must be in the sentence.
    type Damage = fn(&mut Vec<u8>);
    let hopeless: [(&str, Damage, &str); 5] = [
        ("empty", |b| b.clear(), "ext2"),
        ("short", |b| b.truncate(1500), "ext2"),
        ("zero superblock", |b| b[1024..2048].fill(0), "ext2"),
        ("absurd block size", |b| b[1024 + 24] = 200, "superblock"),
        ("half of it", |b| b.truncate(b.len() / 2), "shorter"),
    ];
    for (name, damage, word) in hopeless {
        let mut bad = bytes.clone();
        damage(&mut bad);
        let image = work.join("bad.ext2");
        std::fs::write(&image, bad).unwrap();
        match run(&image, &["/bin/reader", "/fine"], LIMIT) {
            Err(sentence) => assert!(sentence.contains(word), "{name}: {sentence}"),
            Ok(ended) => panic!("{name} boots: {}", String::from_utf8_lossy(&ended.out)),
        }
    }
    assert!(run(Path::new("/no/such/image"), &["/bin/reader"], LIMIT).is_err());

    // Damage inside: an error for that file, nothing for the others.
    let inside: [(&str, &str, &str); 5] = [
        ("block outside the disk", "sif /text block[2] 99999999", "/text: EIO\n/fine: whole\n"),
        ("indirect block outside", "sif /text block[IND] 99999999", "/text: EIO\n/fine: whole\n"),
        ("folder's block outside", "sif /folder block[0] 99999999", "/folder: EIO\n/fine: whole\n"),
        ("inode without a type", "sif /text mode 0", "/text: stat EIO\n/fine: whole\n"),
        ("cleared inode", "clri /text", "/text: stat EIO\n/fine: whole\n"),
    ];
    for (name, command, want) in inside {
        let image = work.join("bad.ext2");
        std::fs::write(&image, &bytes).unwrap();
        debugfs(&image, command);
        let target = want.split(':').next().unwrap();
        let ended =
            run(&image, &["/bin/reader", target, "/fine"], LIMIT).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(String::from_utf8_lossy(&ended.out), want, "{name}: {:?}", ended.log);
    }

    // A program that is damaged itself.
    std::fs::write(work.join("bad.ext2"), &bytes).unwrap();
    debugfs(&work.join("bad.ext2"), "sif /bin/reader block[0] 99999999");
    let refused = run(&work.join("bad.ext2"), &["/bin/reader", "/fine"], LIMIT);
    assert!(refused.is_err() || refused.is_ok_and(|e| e.status != 0));
}
