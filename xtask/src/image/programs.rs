//! The image of `tests/programs`: what `docs/programs.md` lists.

use super::{ImageArgs, build};
use std::path::{Path, PathBuf};

/// Packages beside the default ones.
const PACKAGES: &[&str] = &[
    "acl",
    "attr",
    "bsdutils",
    "busybox-static",
    "clang",
    "cmake",
    "dpkg-dev",
    "dropbear-bin",
    "e2fsprogs",
    "ffmpeg",
    "g++",
    "gdb",
    "golang-go",
    "htop",
    "inotify-tools",
    "iproute2",
    "libcap2-bin",
    "lsof",
    "lua5.4",
    "man-db",
    "mc",
    "nano",
    "net-tools",
    "netcat-openbsd",
    "ninja-build",
    "nodejs",
    "openssh-client",
    "openssh-server",
    "openssl",
    "php-cli",
    "psmisc",
    "python3-numpy",
    "redis-server",
    "redis-tools",
    "ruby",
    "rustc",
    "socat",
    "strace",
    "stress-ng",
    "sudo",
    "tmux",
];

/// The image, built when missing: `build/programs-ARCH.ext2`, or what
/// `TAWAKI_PROGRAMS` names.
pub fn programs_image(root: &Path, arch: &str) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("TAWAKI_PROGRAMS") {
        return Ok(path.into());
    }
    let path = root.join(format!("build/programs-{arch}.ext2"));
    if !path.exists() {
        let include = PACKAGES.iter().map(|p| (*p).to_owned()).collect();
        let args = ImageArgs { arch: arch.into(), include, size: 6 << 30, output: path.clone() };
        build(root, &args)?;
    }
    Ok(path)
}
