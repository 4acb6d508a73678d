//! An image's files as a directory of this machine, for counting.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools;

/// Directories that the machine mounts something over.
const MOUNTED: [&str; 5] = ["dev", "proc", "tmp", "run", "sys"];

/// The image's files, extracted when they are older than the image.
fn extracted(root: &Path, image: &Path, arch: &str) -> Result<PathBuf, String> {
    let dir = root.join(format!("build/tree-{arch}"));
    let time = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    let stamp = root.join(format!("build/tree-{arch}.stamp"));
    if time(&stamp).is_some() && time(&stamp) >= time(image) {
        return Ok(dir);
    }
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let debugfs = tools::find("debugfs").ok_or("debugfs is missing (package e2fsprogs)")?;
    tools::checked(
        Command::new(debugfs)
            .arg("-R")
            .arg(format!("rdump / {}", dir.display()))
            .arg(image)
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    fs::write(&stamp, "").map_err(|e| e.to_string())?;
    Ok(dir)
}

/// How many names `find / -xdev` shows in the machine: all that the image has,
/// without those below a mount.
pub fn count_names(root: &Path, image: &Path, arch: &str) -> Result<u64, String> {
    fn walk(dir: &Path) -> std::io::Result<u64> {
        let mut count = 1;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            count += if entry.file_type()?.is_dir() { walk(&entry.path())? } else { 1 };
        }
        Ok(count)
    }
    let dir = extracted(root, image, arch)?;
    let fail = |e: std::io::Error| format!("{}: {e}", dir.display());
    let mut count = 1;
    for entry in fs::read_dir(&dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let mounted = MOUNTED.iter().any(|name| entry.file_name() == *name);
        let deep = !mounted && entry.file_type().map_err(fail)?.is_dir();
        count += if deep { walk(&entry.path()).map_err(fail)? } else { 1 };
    }
    Ok(count)
}
