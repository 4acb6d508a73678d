//! The image that every subject of the benchmark runs: Debian with a few more
//! packages, and in `/bench` the programs, inputs and workloads.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::workloads::Workload;
use crate::image::{self, ImageArgs};
use crate::tools;

/// Packages beside the default image's.
const PACKAGES: &[&str] = &["lua5.4", "nodejs", "openssl"];

/// Programs made by this machine's compiler, static, so that every subject runs
/// the same bytes: (program, source, word sizes, options).
const PROGRAMS: &[(&str, &str, &[&str], &[&str])] = &[
    ("integer", "integer.c", &["amd64", "i386"], &[]),
    ("memory", "memory.c", &["amd64", "i386"], &[]),
    ("system", "system.c", &["amd64", "i386"], &[]),
    ("float-sse", "float.c", &["amd64", "i386"], &["-msse2", "-mfpmath=sse"]),
    ("float-x87", "float.c", &["i386"], &["-mfpmath=387"]),
];

/// Makes `/bench` in the mounted copy: `$1` image, `$2` directory with what goes in.
const FILL: &str = "set -e; mount -o loop \"$1\" /mnt; mkdir /mnt/bench; cp -r \"$2\"/. /mnt/bench/; \
    mount -t tmpfs tmpfs /mnt/tmp; mount --bind /dev /mnt/dev; mount -t proc proc /mnt/proc; \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/tmp chroot /mnt /bin/bash /bench/inputs.sh; \
    umount /mnt/proc /mnt/dev /mnt/tmp; chown -R 0:0 /mnt/bench; umount /mnt";

/// The image for one word size, built when anything that goes into it has changed.
pub fn image(root: &Path, arch: &str, workloads: &[Workload]) -> Result<PathBuf, String> {
    if !tools::is_root() {
        return Err("the benchmark needs root: native execution is a chroot of the image's files".into());
    }
    let dir = root.join("build/bench");
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let base = dir.join(format!("base-{arch}.ext2"));
    if !base.exists() {
        image::build(root, &ImageArgs::new(arch, PACKAGES, 2 << 30, &base))?;
    }
    let out = dir.join(format!("bench-{arch}.ext2"));
    let stamp = dir.join(format!("bench-{arch}.stamp"));
    let hash = format!("{:016x}", inputs(root, &base, workloads)?);
    if out.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == hash) {
        image::precompiled(root, &out)?;
        return Ok(out);
    }
    eprintln!("bench: making {}", out.display());
    let content = dir.join(format!("content-{arch}"));
    let _ = fs::remove_dir_all(&content);
    fs::create_dir_all(content.join("jobs")).map_err(|e| format!("{}: {e}", content.display()))?;
    programs(root, arch, &content)?;
    for file in ["session.sh", "inputs.sh"] {
        fs::copy(root.join("bench").join(file), content.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    for workload in workloads.iter().filter(|w| w.runs_on(arch)) {
        fs::write(content.join("jobs").join(&workload.name), workload.script())
            .map_err(|e| format!("{}: {e}", workload.name))?;
    }
    let partial = out.with_extension("partial");
    tools::checked(Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(&base).arg(&partial))?;
    tools::checked(
        Command::new("unshare").args(["--mount", "sh", "-c", FILL, "sh"]).arg(&partial).arg(&content),
    )?;
    fs::rename(&partial, &out).map_err(|e| format!("{}: {e}", out.display()))?;
    fs::write(&stamp, hash).map_err(|e| format!("{}: {e}", stamp.display()))?;
    image::precompiled(root, &out)?;
    Ok(out)
}

/// A hash of everything that goes into the image.
fn inputs(root: &Path, base: &Path, workloads: &[Workload]) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    let meta = fs::metadata(base).map_err(|e| format!("{}: {e}", base.display()))?;
    meta.modified().ok().hash(&mut hasher);
    (FILL, PROGRAMS).hash(&mut hasher);
    for file in PROGRAMS.iter().map(|p| p.1).chain(["session.sh", "inputs.sh"]) {
        fs::read(root.join("bench").join(file)).map_err(|e| format!("{file}: {e}"))?.hash(&mut hasher);
    }
    for workload in workloads {
        (&workload.name, &workload.arch, workload.script()).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn programs(root: &Path, arch: &str, out: &Path) -> Result<(), String> {
    let width = if arch == "i386" { "-m32" } else { "-m64" };
    for (name, source, _, options) in PROGRAMS.iter().filter(|p| p.2.contains(&arch)) {
        tools::checked(
            Command::new("gcc")
                .args([width, "-O2", "-static", "-Wall"])
                .args(*options)
                .arg("-o")
                .arg(out.join(name))
                .arg(root.join("bench").join(source))
                .arg("-lm"),
        )
        .map_err(|e| format!("{e} (for i386 the package gcc-multilib is needed)"))?;
    }
    Ok(())
}
