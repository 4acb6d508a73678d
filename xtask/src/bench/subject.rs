//! What is measured: native execution, the peers, and Tawaki on its hosts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::peers;
use super::session::{Plan, Sample, Session};
use crate::{run, web};

/// Who runs the workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The processor, in a chroot of the image's files.
    Native,
    /// qemu-user, in the same chroot.
    Qemu,
    /// v86 in Chromium.
    V86,
    /// Tawaki on threads of this machine.
    TawakiNative,
    /// Tawaki in Chromium.
    TawakiChromium,
    /// Tawaki in Firefox.
    TawakiFirefox,
    /// Tawaki in Chromium, the interpreter alone.
    TawakiInterpreter,
}

/// Every kind: name in reports, option and word that ask for it.
pub const KINDS: &[(Kind, &str, &str, &str)] = &[
    (Kind::Native, "native", "peers", "native"),
    (Kind::Qemu, "qemu", "peers", "qemu"),
    (Kind::V86, "v86", "peers", "v86"),
    (Kind::TawakiNative, "tawaki-native", "hosts", "native"),
    (Kind::TawakiChromium, "tawaki-chromium", "hosts", "chromium"),
    (Kind::TawakiFirefox, "tawaki-firefox", "hosts", "firefox"),
    (Kind::TawakiInterpreter, "tawaki-interpreter", "hosts", "interpreter"),
];

impl Kind {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|k| k.0 == self).map_or("", |k| k.1)
    }

    /// Whether it is one of ours.
    pub fn is_tawaki(self) -> bool {
        !matches!(self, Kind::Native | Kind::Qemu | Kind::V86)
    }

    /// Whether it is ready for any word size.
    pub fn runs(self, arch: &str) -> bool {
        self != Kind::V86 || arch == "i386"
    }
}

/// The environment of every session.
const ENV: &[(&str, &str)] = &[
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/tmp/home"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
    ("USER", "root"),
];

const SHELL: [&str; 4] = ["/bin/bash", "--norc", "--noprofile", "/bench/session.sh"];

/// `$1` image, the rest a command in it. Process and mount namespaces of its own:
/// what the session leaves behind ends with it.
const CHROOT: &str = "set -e; image=$1; shift; mount -o loop,ro \"$image\" /mnt; \
    mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp; mount -t tmpfs tmpfs /mnt/run; mount -t proc proc /mnt/proc; \
    mount -t tmpfs tmpfs /mnt/dev; for d in null zero full random urandom tty; do \
    : >/mnt/dev/$d; mount --bind /dev/$d /mnt/dev/$d; done; ln -s /proc/self/fd /mnt/dev/fd; mkdir -m 1777 /mnt/dev/shm; \
    exec \"$@\"";

/// `$1`, `$2` the interpreters for i386 and x86-64, the rest a command. In a user
/// namespace of its own, so that the registration concerns nobody else (Linux 6.7).
/// The masks compare identification, type (executable or shared) and machine.
const QEMU: &str = "set -e; i386=$1; x86_64=$2; shift 2; fs=/proc/sys/fs/binfmt_misc; mount -t binfmt_misc none $fs; \
    printf '%s' ':i386:M::\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x03\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xff\\xfe\\xff\\xff\\xff:'\"$i386\"':F' >$fs/register; \
    printf '%s' ':x86_64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x3e\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xff\\xfe\\xff\\xff\\xff:'\"$x86_64\"':F' >$fs/register; \
    exec \"$@\"";

/// One of them on one image.
pub struct Subject {
    /// Which.
    pub kind: Kind,
    root: PathBuf,
    image: PathBuf,
    /// What sessions need: the native host, qemu's two interpreters, v86's or our files.
    programs: Vec<PathBuf>,
    session: Option<Session>,
    /// v86's first boot: milliseconds to the shell, and bytes served until then.
    pub boot: Option<Value>,
}

impl Subject {
    /// Prepares one; builds what it needs.
    pub fn new(root: &Path, kind: Kind, image: &Path, web: Option<&Path>) -> Result<Subject, String> {
        let programs = match kind {
            Kind::Native => Vec::new(),
            Kind::Qemu => peers::qemu(root)?.to_vec(),
            Kind::V86 => {
                web::node_modules(root)?;
                vec![peers::v86(root)?]
            }
            Kind::TawakiNative => vec![run::native_binary(root)?],
            _ => vec![web.map_or_else(|| web::build(root), |dir| Ok(dir.to_path_buf()))?],
        };
        Ok(Subject { kind, root: root.into(), image: image.into(), programs, session: None, boot: None })
    }

    fn chroot(&self) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net"]);
        command.args(["sh", "-c", CHROOT, "sh"]).arg(&self.image);
        command
    }

    fn enter(command: &mut Command) {
        command.args(["chroot", "/mnt", "/usr/bin/env", "-i", "-C", "/tmp"]);
        command.args(ENV.iter().map(|(name, value)| format!("{name}={value}"))).args(SHELL);
    }

    fn driver(&self, kind: &str, browser: &str, boot: &Value) -> Result<Session, String> {
        let mut command = Command::new("node");
        command.current_dir(&self.root).arg("bench/driver.mjs");
        command.args(["--kind", kind, "--browser", browser, "--boot", &boot.to_string(), "--image"]);
        command.arg(&self.image).arg(if kind == "v86" { "--parts" } else { "--web" }).args(&self.programs);
        Session::start(&mut command, true)
    }

    /// A session that has run nothing yet (native execution and qemu keep theirs: what
    /// they ran before makes nothing faster but the page cache).
    fn session(&mut self) -> Result<&mut Session, String> {
        let soon = Duration::from_secs(60);
        let env: serde_json::Map<String, Value> =
            ENV.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let mut session = match (self.kind, self.session.take()) {
            (Kind::Native | Kind::Qemu, Some(session)) => session,
            (Kind::Native, None) => {
                let mut command = self.chroot();
                Self::enter(&mut command);
                let mut session = Session::start(&mut command, false)?;
                session.wait_line("@ready", soon)?;
                session
            }
            (Kind::Qemu, None) => {
                let mut command = self.chroot();
                command.args(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", QEMU, "sh"]);
                command.args(&self.programs);
                Self::enter(&mut command);
                let mut session = Session::start(&mut command, false)?;
                session.wait_line("@ready", soon)?;
                session
            }
            (Kind::TawakiNative, _) => {
                let mut command = Command::new(&self.programs[0]);
                command.arg("--image").arg(&self.image).args(["--cwd", "/tmp", "--jit", "on"]);
                command
                    .args(ENV.iter().map(|(name, value)| format!("--env={name}={value}")))
                    .arg("--")
                    .args(SHELL);
                let mut session = Session::start(&mut command, false)?;
                session.wait_line("@ready", soon)?;
                session
            }
            (Kind::V86, Some(session)) => session,
            (Kind::V86, None) => {
                let mut session = self.driver("v86", "chromium", &json!({}))?;
                let started = std::time::Instant::now();
                session.open("@ready", Duration::from_secs(300))?;
                let ms = started.elapsed().as_secs_f64() * 1e3;
                let bytes = session.ask("served")?;
                self.boot = Some(json!({ "shell_ms": ms, "bytes_served": bytes }));
                session.wait_line("@saved", soon)?;
                session
            }
            (_, Some(session)) => session,
            (kind, None) => {
                let browser = if kind == Kind::TawakiFirefox { "firefox" } else { "chromium" };
                let jit = if kind == Kind::TawakiInterpreter { "off" } else { "on" };
                let machine = json!({ "jit": jit });
                self.driver("tawaki", browser, &json!({ "machine": machine, "env": env }))?
            }
        };
        if self.driven() {
            session.open("@ready", soon)?;
        }
        Ok(self.session.insert(session))
    }

    /// Whether its sessions are tabs.
    fn driven(&self) -> bool {
        !matches!(self.kind, Kind::Native | Kind::Qemu | Kind::TawakiNative)
    }

    /// Measures a workload once.
    pub fn measure(&mut self, name: &str, limit: Duration) -> Result<Sample, String> {
        let settled = matches!(self.kind, Kind::Native | Kind::Qemu);
        let plan = Plan {
            // What has no JIT that lasts from run to run is warm after one.
            warm_ups: if settled { 1 } else { 4 },
            warm_up_ms: 600.0,
            measured_ms: if settled { 400.0 } else { 300.0 },
            limit,
            counted: self.kind.is_tawaki() && self.driven(),
        };
        let result = self.session().and_then(|session| session.measure(name, plan));
        // A shell that reported a failure can go on; one that does not answer cannot.
        let usable = result.as_ref().err().is_none_or(|message| message.starts_with("status "));
        let driven = self.driven();
        // A tab that does nothing must not go on computing beside the others.
        let kept = match &mut self.session {
            Some(session) if driven => session.tell("close").is_ok(),
            _ => usable && self.kind != Kind::TawakiNative,
        };
        if !kept {
            self.session = None;
        }
        result
    }
}
