//! Host directories for `--mount`: each becomes an ext2 image of its own, made by
//! `mke2fs -d` in a temporary file, so that the guest sees one kind of disk only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const BLOCK: u64 = 4096;

/// The images of one run; their files go with it.
#[derive(Debug, Default)]
pub struct Mounts {
    /// (image, path in the guest), for [`crate::machine::MachineConfig::disks`].
    pub disks: Vec<(PathBuf, String)>,
}

impl Mounts {
    /// Makes an image for each `HOSTDIR:/path`. The error is a sentence for the user.
    pub fn new(mounts: &[String]) -> Result<Self, String> {
        let mut made = Mounts::default();
        for (index, mount) in mounts.iter().enumerate() {
            let (dir, path) = mount
                .rsplit_once(':')
                .filter(|(_, path)| path.starts_with('/') && path.len() > 1)
                .ok_or_else(|| format!("--mount wants HOSTDIR:/path, not {mount}"))?;
            let image = std::env::temp_dir().join(format!("tawaki-{}-{index}.ext2", std::process::id()));
            made.disks.push((image.clone(), path.to_owned()));
            make(Path::new(dir), &image).map_err(|e| format!("--mount {mount}: {e}"))?;
        }
        Ok(made)
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        for (image, _) in &self.disks {
            // A file in the temporary directory is no reason to fail.
            let _ = fs::remove_file(image);
        }
    }
}

/// (blocks of data, inodes) below a directory.
fn usage(dir: &Path) -> std::io::Result<(u64, u64)> {
    let (mut blocks, mut inodes) = (1, 1);
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        inodes += 1;
        if meta.is_dir() {
            let below = usage(&entry.path())?;
            blocks += below.0 + meta.size() / BLOCK;
            inodes += below.1;
        } else if meta.is_file() {
            blocks += meta.size().div_ceil(BLOCK);
        }
    }
    Ok((blocks, inodes))
}

fn make(dir: &Path, image: &Path) -> Result<(), String> {
    let (blocks, inodes) = usage(dir).map_err(|e| e.to_string())?;
    let inodes = inodes + 64;
    // Room for indirect blocks, bitmaps and directories beside data and inode table.
    let blocks = blocks + blocks / 100 + inodes / 16 + 512;
    let output = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext2", "-b", "4096", "-I", "256", "-m", "0"])
        .args(["-O", "none,filetype,sparse_super,large_file", "-N", &inodes.to_string()])
        .arg("-d")
        .arg(dir)
        .arg(image)
        .arg(blocks.to_string())
        .env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
        .output()
        .map_err(|e| format!("mke2fs (package e2fsprogs): {e}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
