//! `cargo xtask image`: a Debian system as an ext2 image, by Debian's own tools.
//!
//! `mmdebstrap` makes the tree from packages, `mke2fs -d` makes the file system
//! from the tree, in which `arrange.rs` puts together what programs read first; both tools work without root too (user namespaces, `fakeroot`).
//! Images are kept by a hash of everything that goes into them.

mod arrange;
mod precompile;
mod programs;
mod sources;

pub use precompile::{PrecompileArgs, code_beside, precompile, precompiled};
pub use programs::{exact_image, programs_image};
pub use sources::hosts as source_hosts;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

use crate::tools;

/// Options of the image builder.
#[derive(Args, Clone, Debug)]
pub struct ImageArgs {
    /// Debian architecture: amd64 or i386
    #[arg(long, default_value = "amd64", value_parser = ["amd64", "i386"])]
    pub arch: String,
    /// Packages beside the default ones
    #[arg(long, value_delimiter = ',')]
    pub include: Vec<String>,
    /// Source packages whose files go into /usr/src/packages
    #[arg(long, value_delimiter = ',')]
    pub source: Vec<String>,
    /// Size of the file system: bytes, or with K, M, G
    #[arg(long, default_value = "2G", value_parser = parse_size)]
    pub size: u64,
    /// The image
    #[arg(short, long)]
    pub output: PathBuf,
}

impl ImageArgs {
    /// An image with further packages, binary ones only.
    pub fn new(arch: &str, include: &[&str], size: u64, output: &Path) -> Self {
        let include = include.iter().map(|p| (*p).to_owned()).collect();
        ImageArgs { arch: arch.into(), include, source: Vec::new(), size, output: output.into() }
    }
}

const SUITE: &str = "bookworm";

/// Changes whenever this file builds something else from the same packages.
const BUILDER: u32 = 2;

/// What the default image has beside Debian's essential packages.
const PACKAGES: &[&str] = &[
    "bc",
    "binutils",
    "bzip2",
    "curl",
    "diffutils",
    "file",
    "findutils",
    "gawk",
    "gcc",
    "git",
    "grep",
    "gzip",
    "hostname",
    "less",
    "libc6-dev",
    "login",
    "make",
    "ncurses-bin",
    "ncurses-term",
    "passwd",
    "perl",
    "procps",
    "python3",
    "sed",
    "sqlite3",
    "tar",
    "util-linux",
    "vim",
    "xz-utils",
    "zstd",
];

/// What dpkg leaves out. Licences stay: an image is something people hand on.
const DPKG: &[&str] = &[
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/locale/*",
    "path-include=/usr/share/locale/locale.alias",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/gdb/*",
    "force-unsafe-io",
];

/// Plain ext2 that our own driver knows in full, with nothing random in it.
const MKE2FS: &[&str] = &[
    "-q",
    "-F",
    "-t",
    "ext2",
    "-b",
    "4096",
    "-I",
    "256",
    "-m",
    "1",
    "-L",
    "tawaki",
    "-O",
    "none,filetype,sparse_super,large_file,ext_attr",
    "-U",
    "7461776b-6900-4000-8000-000000000001",
    "-E",
    "hash_seed=7461776b-6900-4000-8000-000000000002,lazy_itable_init=1",
];

/// Times later than this (2026-06-01) become this one: what an installation
/// writes gets the same times always, what packages bring keeps its own.
const EPOCH: &str = "1780272000";

/// Runs outside the new system with its root directory in $1 and the packages behind it.
const FETCH_SOURCE: &str = "set -eu; dir=\"$1/usr/src/packages\"; shift; mkdir -p \"$dir\"; cd \"$dir\"
    APT_CONFIG=\"$MMDEBSTRAP_APT_CONFIG\" apt-get source -qq --download-only \"$@\"";

const CUSTOMIZE: &str = include_str!("customize.sh");

/// What programs read first.
const HOT: &str = include_str!("hot.txt");

/// What `{arch}` stands for in [`HOT`]: directories of libraries, names of compilers.
const TRIPLETS: [&str; 3] = ["x86_64-linux-gnu", "i386-linux-gnu", "i686-linux-gnu"];

/// The paths of [`HOT`].
fn hot() -> Vec<String> {
    let lines = HOT.lines().filter(|line| line.starts_with('/'));
    lines
        .flat_map(|line| {
            let several = if line.contains("{arch}") { TRIPLETS.len() } else { 1 };
            TRIPLETS[..several].iter().map(move |triplet| line.replace("{arch}", triplet))
        })
        .collect()
}

/// Options of `arrange`.
#[derive(Args, Clone, Debug)]
pub struct ArrangeArgs {
    /// A plain ext2 image (of any origin)
    pub image: PathBuf,
    /// The arranged image
    #[arg(short, long)]
    pub output: PathBuf,
}

/// Puts together what programs read first, in an image that exists already.
pub fn arrange_existing(args: &ArrangeArgs) -> Result<(), String> {
    arrange_checked(&args.image, &args.output)
}

/// Arranges `from` as `to`, which must be another file, and lets e2fsck judge the result.
fn arrange_checked(from: &Path, to: &Path) -> Result<(), String> {
    if to.exists() {
        return Err(format!("{} exists already", to.display()));
    }
    arrange::arrange(from, to, &hot())?;
    let check = Command::new(tools::find("e2fsck").ok_or("no e2fsck")?).arg("-fn").arg(to).output();
    let check = check.map_err(|e| format!("e2fsck does not start: {e}"))?;
    if check.status.success() {
        return Ok(());
    }
    Err(format!("e2fsck finds fault: {}", String::from_utf8_lossy(&check.stdout)))
}

fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| "a number, then nothing, K, M or G".to_owned())?;
    let size = number.checked_mul(1 << shift).ok_or("too large")?;
    // The driver and ext2 without huge files both end far above; the floor is a file system at all.
    if (1 << 20..=1 << 40).contains(&size) { Ok(size) } else { Err("between 1M and 1024G".into()) }
}

/// The image of an architecture that other commands use, built when missing.
pub fn default_image(root: &Path, arch: &str) -> Result<PathBuf, String> {
    let path = root.join(format!("build/debian-{arch}.ext2"));
    if !path.exists() {
        let args = ImageArgs::new(arch, &[], 2 << 30, &path);
        build(root, &args)?;
    }
    Ok(path)
}

/// Letters, digits and what names, versions and architectures are written with.
fn is_package_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.:=".contains(&b))
}

/// Builds the image, or copies it from the cache.
pub fn build(root: &Path, args: &ImageArgs) -> Result<(), String> {
    provide(root, args, |kept, partial| {
        tools::checked(Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(kept).arg(partial))
    })
}

/// [`build`] for an image that is only ever read: it is the one in the cache, under a further name.
fn build_shared(root: &Path, args: &ImageArgs) -> Result<(), String> {
    provide(root, args, |kept, partial| {
        fs::hard_link(kept, partial).map_err(|e| format!("{}: {e}", partial.display()))
    })
}

fn provide(
    root: &Path,
    args: &ImageArgs,
    copy: impl Fn(&Path, &Path) -> Result<(), String>,
) -> Result<(), String> {
    let started = Instant::now();
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    packages.extend(args.include.iter().map(|p| p.trim()).filter(|p| !p.is_empty()));
    packages.sort_unstable();
    packages.dedup();
    let source: Vec<&str> = args.source.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
    if let Some(bad) = packages.iter().chain(&source).find(|p| !is_package_name(p)) {
        return Err(format!("{bad} is no package name"));
    }
    let cache = root.join("build/image-cache");
    let mut sources = sources::debian(SUITE);
    if !source.is_empty() {
        sources = sources::with_source_packages(&sources);
    }
    let mut inputs = Inputs { arch: &args.arch, packages, source, size: args.size, sources };
    let (kept, how) = match inputs.kept(&cache) {
        Err(Failure::SecurityIndex) => {
            // An index that does not match its signed release file is never used; what the
            // main archive offers is signed as well, only older.
            inputs.sources =
                sources::without_security(&inputs.sources).ok_or("the package index is inconsistent")?;
            eprintln!(
                "xtask: WARNING: the security archive's index for {} does not match its signature; \
                 the image is built WITHOUT Debian's security updates",
                args.arch
            );
            inputs.kept(&cache)
        }
        other => other,
    }?;
    if let Some(dir) = args.output.parent().filter(|d| !d.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    // Beside the final name first: others never see half an image.
    let partial = args.output.with_extension("partial");
    let _ = fs::remove_file(&partial);
    copy(&kept, &partial)?;
    fs::rename(&partial, &args.output).map_err(|e| format!("{}: {e}", args.output.display()))?;
    use std::os::unix::fs::MetadataExt;
    let used = fs::metadata(&args.output).map_or(0, |meta| meta.blocks() * 512);
    eprintln!(
        "xtask: {}: {}, {} MiB in use of {}, {how} in {:.1} s",
        args.output.display(),
        args.arch,
        used >> 20,
        args.size >> 20,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Bytes; what is left where a disk ran full.
const FULL: u64 = 64 << 20;

/// Bytes free for this user on the file system of a directory, where `df` says so.
fn free(dir: &Path) -> Option<u64> {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(dir).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().nth(1)?.trim().parse().ok()
}

fn gib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 30)
}

/// Building takes the packages as a system (in the temporary directory), then as an archive, as files and as a file
/// system, two of these at a time.
fn require_space(places: &[PathBuf], needed: u64) -> Result<(), String> {
    match places.iter().find_map(|dir| free(dir).filter(|free| *free < needed).map(|free| (dir, free))) {
        None => Ok(()),
        Some((dir, free)) => Err(format!(
            "building this image needs {} GiB free in {}, where {} MiB are",
            gib(needed),
            dir.display(),
            free >> 20
        )),
    }
}

fn require_tools(arch: &str) -> Result<(), String> {
    let mut needed = vec![("mmdebstrap", "mmdebstrap"), ("mke2fs", "e2fsprogs"), ("tar", "tar")];
    if arch != std::env::consts::ARCH.replace("x86_64", "amd64").as_str() {
        needed.push(("arch-test", "arch-test"));
    }
    if !tools::is_root() {
        needed.extend([("newuidmap", "uidmap"), ("fakeroot", "fakeroot")]);
    }
    if !Path::new("/usr/share/keyrings/debian-archive-keyring.gpg").exists() {
        needed.push(("(keyring)", "debian-archive-keyring"));
    }
    tools::require(&needed)
}

/// Unpacks packages and what they depend on into a new directory, without running
/// or installing anything of them.
pub fn unpack(arch: &str, packages: &[&str], dir: &Path) -> Result<(), String> {
    require_tools(arch)?;
    let work = dir.with_extension("work");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let mut sources = sources::debian(SUITE);
    let result = loop {
        let inputs = Inputs { arch, packages: packages.to_vec(), source: Vec::new(), size: 0, sources };
        match inputs.tree(&work, Tree::Unpacked) {
            Err(Failure::SecurityIndex) => {
                sources = sources::without_security(&inputs.sources)
                    .ok_or("the package index does not match its signature")?;
                let _ = fs::remove_dir_all(work.join("tree"));
            }
            other => break other.map_err(String::from),
        }
    };
    let result = result
        .and_then(|()| fs::rename(work.join("tree"), dir).map_err(|e| format!("{}: {e}", dir.display())));
    let _ = fs::remove_dir_all(&work);
    result
}

/// What mmdebstrap makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// A system, as `tree.tar`.
    Installed,
    /// The packages' files, as the directory `tree`.
    Unpacked,
}

/// Everything that an image depends on.
struct Inputs<'a> {
    arch: &'a str,
    packages: Vec<&'a str>,
    source: Vec<&'a str>,
    size: u64,
    sources: String,
}

/// Why no image came out.
enum Failure {
    /// The security archive's index could not be fetched or verified; the rest could.
    SecurityIndex,
    /// Anything else, as a sentence.
    Other(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure::Other(text)
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::SecurityIndex => "the security archive's index cannot be verified".into(),
            Failure::Other(text) => text,
        }
    }
}

impl Inputs<'_> {
    /// The image in the cache, built now when it is not there, and which of the two.
    fn kept(&self, cache: &Path) -> Result<(PathBuf, &'static str), Failure> {
        let kept = cache.join(format!("{}-{:016x}.ext2", self.arch, self.hash()));
        if kept.exists() {
            return Ok((kept, "from the cache"));
        }
        require_tools(self.arch)?;
        fs::create_dir_all(cache).map_err(|e| format!("{}: {e}", cache.display()))?;
        let places = [cache.to_path_buf(), std::env::temp_dir()];
        require_space(&places, self.size / 2 * 3)?;
        match self.build(&kept) {
            Err(Failure::Other(why)) if places.iter().any(|dir| free(dir).is_some_and(|f| f < FULL)) => {
                let needed = gib(self.size / 2 * 3);
                Err(format!("{why}: the disk is full; an image of this size needs {needed} GiB free").into())
            }
            other => other.map(|()| (kept, "built")),
        }
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (BUILDER, SUITE, self.arch, &self.packages, self.size, &self.sources).hash(&mut hasher);
        (self.dpkg_options(), MKE2FS, EPOCH, CUSTOMIZE, HOT).hash(&mut hasher);
        if !self.source.is_empty() {
            (&self.source, FETCH_SOURCE).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// What dpkg leaves out of this image: gdb needs its own Python modules.
    fn dpkg_options(&self) -> Vec<&'static str> {
        let mut options = DPKG.to_vec();
        if self.packages.contains(&"gdb") {
            options.push("path-include=/usr/share/gdb/python/*");
        }
        options
    }

    fn build(&self, image: &Path) -> Result<(), Failure> {
        let work = image.with_extension("work");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
        let result = self.tree(&work, Tree::Installed).and_then(|()| Ok(self.file_system(&work, image)?));
        let _ = fs::remove_dir_all(&work);
        result
    }

    /// The system as a tar file with stable times and order, or only its packages' files.
    fn tree(&self, work: &Path, kind: Tree) -> Result<(), Failure> {
        let write = |name: &str, text: &str| {
            let path = work.join(name);
            fs::write(&path, text).map(|()| path).map_err(|e| format!("{name}: {e}"))
        };
        let options = write("apt.conf", &sources::fetch_options())?;
        let list = write("debian.sources", &self.sources)?;
        let log = fs::File::create(work.join("log")).map_err(|e| format!("log: {e}"))?;
        let mut command = Command::new("mmdebstrap");
        command
            .args(match kind {
                Tree::Installed => ["--variant=minbase", "--format=tar"],
                Tree::Unpacked => ["--variant=extract", "--format=directory"],
            })
            .arg("--skip=chroot/mount/sys")
            .arg(format!("--mode={}", if tools::is_root() { "root" } else { "unshare" }))
            .arg(format!("--architectures={}", self.arch))
            .arg(format!("--include={}", self.packages.join(",")))
            .arg(format!("--aptopt={}", options.display()))
            .args(self.dpkg_options().iter().map(|option| format!("--dpkgopt={option}")))
            // Some packages (openjdk) link a manual page without looking for its folder.
            .arg("--essential-hook=mkdir -p \"$1/usr/share/man/man1\"")
            .args(
                (!self.source.is_empty()).then(|| {
                    format!("--customize-hook=set -- \"$1\" {}\n{FETCH_SOURCE}", self.source.join(" "))
                }),
            )
            .args((kind == Tree::Installed).then(|| format!("--customize-hook={CUSTOMIZE}")))
            .arg(SUITE)
            .arg(work.join(if kind == Tree::Installed { "tree.tar" } else { "tree" }));
        if !self.sources.is_empty() {
            command.arg(&list);
        }
        eprintln!("xtask: installing {} packages and what they need for {}", self.packages.len(), self.arch);
        let status = command
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .status()
            .map_err(|e| format!("mmdebstrap does not start: {e}"))?;
        if status.success() {
            return Ok(());
        }
        let text = fs::read_to_string(work.join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let failed: Vec<&&str> = lines.iter().filter(|l| l.trim_start().starts_with("Err:")).collect();
        if !failed.is_empty() && failed.iter().all(|l| l.contains("-security")) {
            return Err(Failure::SecurityIndex);
        }
        for line in lines.iter().skip(lines.len().saturating_sub(25)) {
            let words: Vec<&str> =
                line.split(' ').map(|w| if w.contains("://") { "(address)" } else { w }).collect();
            let _ = writeln!(std::io::stderr(), "  {}", words.join(" "));
        }
        Err(format!("mmdebstrap ended with {status}").into())
    }

    /// The tree as an ext2 file system.
    fn file_system(&self, work: &Path, image: &Path) -> Result<(), String> {
        let partial = image.with_extension("partial");
        // What has served is removed at once: a system is large.
        let script = "set -e; mkdir root; tar -xpf tree.tar -C root --numeric-owner --xattrs; rm tree.tar; \
            image=$1; blocks=$2; shift 2; truncate -s $((blocks * 4096)) \"$image\"; \
            mke2fs \"$@\" -d root \"$image\" \"$blocks\"; rm -rf root";
        let mut command = if tools::is_root() { Command::new("sh") } else { Command::new("fakeroot") };
        if !tools::is_root() {
            command.arg("sh");
        }
        let _ = fs::remove_file(&partial);
        tools::checked(
            command
                .args(["-c", script, "sh"])
                .arg(&partial)
                .arg((self.size / 4096).to_string())
                .args(MKE2FS)
                .current_dir(work)
                .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
                .env("SOURCE_DATE_EPOCH", EPOCH)
                .env("E2FSPROGS_FAKE_TIME", EPOCH)
                .stdin(Stdio::null()),
        )?;
        let arranged = image.with_extension("arranged");
        let _ = fs::remove_file(&arranged);
        arrange_checked(&partial, &arranged)?;
        let _ = fs::remove_file(&partial);
        fs::rename(&arranged, image).map_err(|e| format!("{}: {e}", image.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::{free, parse_size, require_space};

    #[test]
    fn too_little_space_is_a_sentence() {
        let here = [std::path::PathBuf::from(".")];
        if free(&here[0]).is_none() {
            return;
        }
        assert_eq!(require_space(&here, 0), Ok(()));
        let error = require_space(&here, 1 << 60).unwrap_err();
        assert!(error.starts_with("building this image needs 1073741824 GiB free in ., where "), "{error}");
    }

    #[test]
    fn sizes() {
        for (text, size) in [
            ("2G", Some(2 << 30)),
            ("512M", Some(512 << 20)),
            ("4096K", Some(4 << 20)),
            ("1048576", Some(1 << 20)),
        ] {
            assert_eq!(parse_size(text).ok(), size, "{text}");
        }
        for text in ["", "G", "-1", "1", "99999999999999999999", "20000000T", "1é"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
