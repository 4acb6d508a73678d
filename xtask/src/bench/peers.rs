//! What the peers consist of: qemu-user for native execution of both word
//! sizes, and for v86 Debian's kernel with a small initramfs and a BIOS.
//!
//! Packages are unpacked, never installed: nothing of them runs on this machine
//! but the two qemu binaries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::image;
use crate::tools;

/// Packages unpacked for a peer: architecture, packages.
const QEMU: (&str, &[&str]) = ("amd64", &["qemu-user-static"]);
const V86: (&str, &[&str]) = ("i386", &["linux-image-686", "busybox-static", "seabios"]);

/// Kernel modules on the way to a root on an IDE disk, in an order in which most
/// load at once; `init` tries the list until nothing more loads.
const MODULES: &[&str] = &[
    "crc16",
    "libcrc32c",
    "crc32c_generic",
    "crct10dif_common",
    "crc-t10dif",
    "crc64",
    "crc64-rocksoft",
    "t10-pi",
    "mbcache",
    "jbd2",
    "ext4",
    "scsi_common",
    "scsi_mod",
    "libata",
    "ata_piix",
    "sd_mod",
];

/// Process 1 of the initramfs: mounts the image and becomes the session's shell
/// on the serial line.
const INIT: &str = include_str!("../../../bench/v86-init.sh");

/// Where the unpacked packages of a peer are, unpacked now when they are not there.
fn unpacked(root: &Path, (arch, packages): (&str, &[&str])) -> Result<PathBuf, String> {
    let dir = root.join("build/bench").join(format!("packages-{}", packages[0]));
    if !dir.exists() {
        eprintln!("bench: unpacking {}", packages.join(", "));
        image::unpack(arch, packages, &dir)?;
    }
    Ok(dir)
}

/// The interpreters of qemu-user: for i386, for x86-64.
///
/// The binary that runs x86-64 programs is one itself and would have to run
/// itself: it is a copy that differs in a padding byte of its ELF header
/// (`e_ident[15]`), which the registered mask compares.
pub fn qemu(root: &Path) -> Result<[PathBuf; 2], String> {
    let packages = unpacked(root, QEMU)?;
    let at = |name: &str| packages.join("usr/bin").join(name);
    let marked = root.join("build/bench/qemu");
    fs::create_dir_all(&marked).map_err(|e| format!("{}: {e}", marked.display()))?;
    let copy = |name: &str| {
        let mut bytes = fs::read(at(name)).map_err(|e| format!("{name}: {e}"))?;
        *bytes.get_mut(15).ok_or("qemu is no program")? = 1;
        let to = marked.join(name);
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            return Ok(to);
        }
        // Renamed into place: the old one may be running.
        let partial = marked.join("partial");
        fs::write(&partial, bytes).map_err(|e| format!("{}: {e}", partial.display()))?;
        tools::checked(Command::new("chmod").arg("755").arg(&partial))?;
        fs::rename(&partial, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        Ok::<_, String>(to)
    };
    Ok([copy("qemu-i386-static")?, copy("qemu-x86_64-static")?])
}

/// The directory with what v86 boots: `bios.bin`, `vgabios.bin`, `vmlinuz`, `initrd`.
pub fn v86(root: &Path) -> Result<PathBuf, String> {
    let packages = unpacked(root, V86)?;
    let out = root.join("build/bench/v86");
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let copy = |from: &Path, to: &str| {
        fs::copy(from, out.join(to)).map(drop).map_err(|e| format!("{}: {e}", from.display()))
    };
    copy(&packages.join("usr/share/seabios/bios.bin"), "bios.bin")?;
    copy(&packages.join("usr/share/seabios/vgabios-stdvga.bin"), "vgabios.bin")?;
    let kernel = find(&packages.join("boot"), &|name| name.starts_with("vmlinuz-"))
        .ok_or("the kernel package holds no kernel")?;
    copy(&kernel, "vmlinuz")?;
    let busybox = packages.join("bin/busybox");
    let mut archive = Archive::default();
    for dir in ["bin", "dev", "proc", "modules", "root"] {
        archive.add(dir, 0o040755, 0, &[]);
    }
    // The console that the kernel opens for process 1 (character device 5:1).
    archive.add("dev/console", 0o020600, (5 << 8) | 1, &[]);
    let read = |path: &Path| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    archive.add("bin/busybox", 0o100755, 0, &read(&busybox)?);
    archive.add("init", 0o100755, 0, INIT.as_bytes());
    let modules = packages.join("lib/modules");
    let mut list = String::new();
    for name in MODULES {
        // What a kernel has built in is no module.
        if let Some(path) = find(&modules, &|file| file == format!("{name}.ko")) {
            archive.add(&format!("modules/{name}.ko"), 0o100644, 0, &read(&path)?);
            list += &format!("{name}\n");
        }
    }
    archive.add("modules/list", 0o100644, 0, list.as_bytes());
    fs::write(out.join("initrd"), archive.finish()).map_err(|e| format!("initrd: {e}"))?;
    Ok(out)
}

/// The first file below `dir` whose name fits.
fn find(dir: &Path, fits: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(dir).ok()?.flatten().map(|e| e.path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| {
        if path.is_dir() && !path.is_symlink() {
            return find(&path, fits);
        }
        path.file_name().is_some_and(|name| fits(&name.to_string_lossy())).then_some(path)
    })
}

/// A cpio archive in the "newc" form that Linux unpacks
/// (Documentation/driver-api/early-userspace/buffer-format.rst).
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, device: u32, content: &[u8]) {
        self.entries += 1;
        let links = if mode & 0o040000 != 0 { 2 } else { 1 };
        let fields = [
            self.entries,
            mode,
            0,
            0,
            links,
            0,
            content.len() as u32,
            0,
            0,
            device >> 8,
            device & 0xff,
            name.len() as u32 + 1,
            0,
        ];
        self.bytes.extend(b"070701");
        self.bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
        self.bytes.extend(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, 0, &[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn archive_is_aligned_and_ends() {
        let mut archive = Archive::default();
        archive.add("a", 0o100644, 0, b"hello");
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        // Header of 110 bytes, name with its zero, padding: the content comes at 112.
        assert_eq!(&bytes[..6], b"070701");
        assert_eq!(&bytes[112..117], b"hello");
        assert!(bytes.windows(10).any(|w| w == b"TRAILER!!!"));
    }
}
