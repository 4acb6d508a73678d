//! The images of `tests/programs`: what `docs/programs.md` lists, and the part of it that every change is tested with.

use super::{ImageArgs, build_shared};
use std::path::{Path, PathBuf};

/// Packages beside the default ones.
const PACKAGES: &[&str] = &[
    "acl",
    "attr",
    "bsdutils",
    "build-essential",
    "busybox-static",
    "clang",
    "cmake",
    "debhelper",
    "default-jdk-headless",
    "dpkg-dev",
    "dropbear-bin",
    "e2fsprogs",
    "fakeroot",
    "ffmpeg",
    "g++",
    "gdb",
    "golang-go",
    "help2man",
    "htop",
    "inotify-tools",
    "iproute2",
    "libcap2-bin",
    "lsof",
    "lua5.4",
    "luajit",
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
    "python3-cffi",
    "python3-numpy",
    "python3-venv",
    "redis-server",
    "redis-tools",
    "ruby",
    "rustc",
    "socat",
    "strace",
    "stress-ng",
    "sudo",
    "texinfo",
    "tmux",
];

/// Those that are built in the machine.
const SOURCE_PACKAGES: &[&str] = &["cjson", "hello", "tinyxml2"];

/// The image, built when missing: `build/programs-ARCH.ext2`, or what
/// `TAWAKI_PROGRAMS` names.
pub fn programs_image(root: &Path, arch: &str) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("TAWAKI_PROGRAMS") {
        return Ok(path.into());
    }
    let path = root.join(format!("build/programs-{arch}.ext2"));
    if !path.exists() {
        let source = SOURCE_PACKAGES.iter().map(|p| (*p).to_owned()).collect();
        build_shared(root, &ImageArgs { source, ..ImageArgs::new(arch, PACKAGES, 6 << 30, &path) })?;
    }
    Ok(path)
}

/// What the tests that compute need beside the default packages.
const EXACT: &[&str] = &["ffmpeg", "openssl", "python3-numpy", "stress-ng"];

/// Their image, built when missing: `build/exact-ARCH.ext2`.
pub fn exact_image(root: &Path, arch: &str) -> Result<PathBuf, String> {
    let path = root.join(format!("build/exact-{arch}.ext2"));
    if !path.exists() {
        build_shared(root, &ImageArgs::new(arch, EXACT, 2 << 30, &path))?;
    }
    Ok(path)
}
