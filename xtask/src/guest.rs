//! The guest tests of `tests/pipelines` and `tests/programs`: a shell script each,
//! run on the Debian images by every host, with the output that a real Linux gave.
//!
//! `test.toml` says how, `script.sh` what, `output.txt` (`output.i386.txt` where
//! the word sizes differ) what comes out. `cargo xtask record` writes the outputs
//! by running the scripts natively in a directory with the image's own files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::run::Host;
use crate::{image, run, tools, tree, web};

/// `test.toml`.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What is tested, one line.
    #[serde(rename = "about")]
    _about: String,
    /// Exit status.
    #[serde(default)]
    status: i32,
    /// Seconds on the native host; browsers get three times as many.
    #[serde(default = "default_timeout")]
    timeout: u64,
    /// Whether changes go into a copy of the image that `e2fsck` then checks.
    #[serde(default)]
    write: bool,
    /// With `write`: the copy is made so small that this much is free, MiB.
    free: Option<u64>,
    /// Whether standard error is part of the output.
    #[serde(default)]
    stderr: bool,
    /// `UID:GID`.
    #[serde(default = "default_user")]
    user: String,
    /// Working directory.
    #[serde(default = "default_cwd")]
    cwd: String,
    /// `names`: the number of names in the image instead of a recorded output.
    expect: Option<String>,
    /// Whether the output may be recorded on this machine.
    #[serde(default = "default_record")]
    record: bool,
    /// In `tests/programs`: whether every change is tested with it, on the image of [`Suite::Exact`].
    #[serde(default)]
    every_change: bool,
    /// Known failures: `host` or `host/arch` to the reason. One that passes is an error.
    #[serde(default)]
    known_failure: BTreeMap<String, String>,
}

fn default_timeout() -> u64 {
    60
}
fn default_user() -> String {
    "0:0".into()
}
fn default_cwd() -> String {
    "/root".into()
}
fn default_record() -> bool {
    true
}

struct Case {
    name: String,
    dir: PathBuf,
    settings: Settings,
    script: String,
}

/// What a run of guest tests came to.
#[derive(Default, Debug, Clone, Copy)]
pub struct Tally {
    /// As expected, known failures included.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
}

/// The word sizes, as Debian calls them.
pub const ARCHS: [&str; 2] = ["amd64", "i386"];

/// Which tests, on which image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// What every change is tested with, on the default image.
    Pipelines,
    /// The programs of `docs/programs.md`, on an image that has them.
    Programs,
    /// Those of them that compute and whose every digit counts, on a smaller image.
    Exact,
    /// A week of use in ten minutes, on the default image.
    Soak,
}

impl Suite {
    fn folder(self) -> &'static str {
        match self {
            Suite::Pipelines => "tests/pipelines",
            Suite::Programs | Suite::Exact => "tests/programs",
            Suite::Soak => "tests/soak",
        }
    }

    fn image(self, root: &Path, arch: &str) -> Result<PathBuf, String> {
        match self {
            Suite::Pipelines | Suite::Soak => image::default_image(root, arch),
            Suite::Programs => image::programs_image(root, arch),
            Suite::Exact => image::exact_image(root, arch),
        }
    }
}

fn cases(root: &Path, suite: Suite, only: Option<&str>) -> Result<Vec<Case>, String> {
    let dir = root.join(suite.folder());
    let mut cases = Vec::new();
    for entry in fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?.flatten() {
        let (dir, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let read = |file: &str| fs::read_to_string(dir.join(file)).map_err(|e| format!("{name}/{file}: {e}"));
        let settings: Settings =
            toml::from_str(&read("test.toml")?).map_err(|e| format!("{name}/test.toml: {e}"))?;
        if suite == Suite::Exact && !settings.every_change {
            continue;
        }
        let mut script = read("script.sh")?;
        if settings.stderr {
            script.insert_str(0, "exec 2>&1\n");
        }
        cases.push(Case { name, dir, settings, script });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

/// Runs the guest tests on one host for one word size.
pub fn test(root: &Path, suite: Suite, host: Host, arch: &str, only: Option<&str>) -> Result<Tally, String> {
    let image = suite.image(root, arch)?;
    let program = match host {
        Host::Native => run::native_binary(root)?,
        _ => {
            web::build(root)?;
            PathBuf::from("node")
        }
    };
    let mut tally = Tally::default();
    for case in cases(root, suite, only)? {
        let started = Instant::now();
        let label = format!("{} ({}, {arch})", case.name, host.name());
        let result = case.run(root, host, arch, &image, &program);
        let known = [host.name().to_owned(), format!("{}/{arch}", host.name())]
            .iter()
            .find_map(|key| case.settings.known_failure.get(key).cloned());
        let seconds = started.elapsed().as_secs_f64();
        let good = match (result, known) {
            (Ok(()), None) => {
                eprintln!("ok    {label} {seconds:.1} s");
                true
            }
            (Ok(()), Some(_)) => {
                eprintln!("FAIL  {label}: passes now; remove its known_failure");
                false
            }
            (Err(_), Some(reason)) => {
                eprintln!("known {label} {seconds:.1} s: {reason}");
                true
            }
            (Err(message), None) => {
                eprintln!("FAIL  {label} {seconds:.1} s\n{message}");
                false
            }
        };
        *(if good { &mut tally.passed } else { &mut tally.failed }) += 1;
    }
    Ok(tally)
}

impl Case {
    fn expected(&self, root: &Path, arch: &str, image: &Path) -> Result<String, String> {
        if self.settings.expect.as_deref() == Some("names") {
            return tree::count_names(root, image, arch).map(|n| format!("{n}\n"));
        }
        let special = self.dir.join(format!("output.{arch}.txt"));
        let path = if special.exists() { special } else { self.dir.join("output.txt") };
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn run(&self, root: &Path, host: Host, arch: &str, image: &Path, program: &Path) -> Result<(), String> {
        let expected = self.expected(root, arch, image)?;
        let write = self.settings.write;
        let image = if write {
            let copy = root.join(format!("build/guest-{arch}.ext2"));
            tools::checked(
                Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(image).arg(&copy),
            )?;
            if let Some(free) = self.settings.free {
                shrink(&copy, free)?;
            }
            copy
        } else {
            image.to_path_buf()
        };
        let limit = self.settings.timeout * if host == Host::Native { 1 } else { 3 };
        let mut command = Command::new(program);
        if host != Host::Native {
            command.arg(root.join("tests/browser/run.mjs")).args(["--browser", host.name()]);
        }
        command
            .arg("--image")
            .arg(&image)
            .args(["--user", &self.settings.user, "--cwd", &self.settings.cwd])
            .args(["--timeout", &limit.to_string()]);
        if write {
            command.arg("--write");
        }
        command.args(["--", "/bin/bash", "-c", &self.script]);
        let (status, output, error) = collect(&mut command, Duration::from_secs(limit + 30))?;
        let mut faults = Vec::new();
        if status.code() != Some(self.settings.status) {
            faults.push(format!("status: {status}, expected {}", self.settings.status));
        }
        if output != expected.as_bytes() {
            faults.push(difference(&expected, &String::from_utf8_lossy(&output)));
        }
        if write {
            let check =
                Command::new(tools::find("e2fsck").ok_or("no e2fsck")?).arg("-fn").arg(&image).output();
            let check = check.map_err(|e| format!("e2fsck does not start: {e}"))?;
            if !check.status.success() {
                let text = String::from_utf8_lossy(&check.stdout).into_owned();
                faults.push(format!("e2fsck: {}", text.lines().take(12).collect::<Vec<_>>().join("\n  ")));
            }
        }
        if faults.is_empty() {
            // The copy stays where something is to be looked at.
            if write {
                let _ = fs::remove_file(&image);
            }
            return Ok(());
        }
        if !error.is_empty() {
            let text = String::from_utf8_lossy(&error).into_owned();
            faults.push(format!(
                "standard error:\n  {}",
                text.lines().take(15).collect::<Vec<_>>().join("\n  ")
            ));
        }
        Err(faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))
    }

    /// Runs the script natively on a mounted `image`, which it may change.
    fn record(&self, image: &Path) -> Result<(ExitStatus, Vec<u8>), String> {
        // A namespace of its own: nothing the script kills or mounts is ours.
        // The first shell stays as process 1.
        let enter = "set -e; user=$2; cwd=$3; script=$4; hostname tawaki; mount -o loop \"$1\" /mnt; cd /mnt; \
            mount -t proc proc proc; mount -t tmpfs tmpfs dev; mount -t tmpfs -o mode=1777 tmpfs tmp; \
            for d in null zero full random urandom tty; do : >dev/$d; mount --bind /dev/$d dev/$d; done; \
            mount -t sysfs sysfs sys; mount -t tmpfs tmpfs run; mkdir dev/pts; \
            mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts; ln -s pts/ptmx dev/ptmx; \
            ln -s /proc/self/fd dev/fd; mkdir -m 1777 dev/shm; ip link set lo up || chroot . ip link set lo up; \
            set +e; env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            TERM=xterm-256color LANG=C.UTF-8 USER=root \
            chroot --userspec=\"$user\" . /bin/bash -c 'cd \"$0\"; exec /bin/bash -c \"$1\"' \"$cwd\" \"$script\"; \
            exit $?";
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "sh", "-c", enter, "sh"])
            .arg(image)
            .args([&self.settings.user, &self.settings.cwd, &self.script]);
        let (status, output, error) = collect(&mut command, Duration::from_secs(120))?;
        eprint!("{}", String::from_utf8_lossy(&error));
        Ok((status, output))
    }
}

/// Makes a file system so small that about `free` MiB are left.
fn shrink(image: &Path, free: u64) -> Result<(), String> {
    let resize = || tools::find("resize2fs").ok_or("no resize2fs (package e2fsprogs)").map(Command::new);
    let output = resize()?.args(["-f", "-P"]).arg(image).output().map_err(|e| format!("resize2fs: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let least: u64 = text
        .rsplit(':')
        .next()
        .and_then(|n| n.trim().parse().ok())
        .ok_or_else(|| format!("resize2fs -P says {text:?}"))?;
    let blocks = least + free * 256;
    tools::checked(resize()?.arg("-f").arg(image).arg(blocks.to_string()).stdout(Stdio::null()))
}

/// Writes the expected outputs anew.
pub fn record(root: &Path, suite: Suite, only: Option<&str>) -> Result<(), String> {
    if !tools::is_root() {
        return Err("recording needs root: it runs the tests in a chroot".into());
    }
    for &arch in &ARCHS {
        let image = suite.image(root, arch)?;
        for case in
            cases(root, suite, only)?.iter().filter(|c| c.settings.record && c.settings.expect.is_none())
        {
            let copy = root.join("build/record.ext2");
            tools::checked(
                Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(&image).arg(&copy),
            )?;
            let (status, output) = case.record(&copy)?;
            if status.code() != Some(case.settings.status) {
                eprintln!("{} ({arch}): {status}, expected {}", case.name, case.settings.status);
            }
            let common = case.dir.join("output.txt");
            let same = arch == "amd64" || fs::read(&common).is_ok_and(|text| text == output);
            let special = case.dir.join(format!("output.{arch}.txt"));
            let _ = fs::remove_file(&special);
            let path = if same { common } else { special };
            fs::write(&path, &output).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(())
}

/// Runs a command to its end or the limit; its status, output and errors.
fn collect(command: &mut Command, limit: Duration) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), String> {
    let fail = |e: std::io::Error| format!("{e}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(fail)?;
    let reader = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // A read error ends the output, which the comparison then shows.
            let _ = stream.map(|s| s.take(64 << 20).read_to_end(&mut bytes));
            bytes
        })
    };
    let output = reader(child.stdout.take().map(|s| Box::new(s) as _));
    let error = reader(child.stderr.take().map(|s| Box::new(s) as _));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(fail)? {
            break status;
        }
        if started.elapsed() > limit {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            break child.wait().map_err(fail)?;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Ok((status, output.join().unwrap_or_default(), error.join().unwrap_or_default()))
}

/// The first few lines that differ.
fn difference(expected: &str, got: &str) -> String {
    let (want, have): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let mut text = String::from("output differs:");
    let longest = want.len().max(have.len());
    for at in (0..longest).filter(|&at| want.get(at) != have.get(at)).take(6) {
        let line = |lines: &[&str]| {
            lines.get(at).map_or("(nothing)".into(), |l| l.chars().take(200).collect::<String>())
        };
        text += &format!(
            "\n    line {}: expected {}\n    {:>width$}  got      {}",
            at + 1,
            line(&want),
            "",
            line(&have),
            width = (at + 1).to_string().len() + 5
        );
    }
    text
}
