//! `cargo xtask run`: one program on a host of one's choice, with nothing of
//! ours on standard output and the program's own exit status.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::image;

/// Where a machine can run.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Threads of this machine
    Native,
    /// Headless Chromium
    Chromium,
    /// Headless Firefox
    Firefox,
}

impl Host {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Host::Native => "native",
            Host::Chromium => "chromium",
            Host::Firefox => "firefox",
        }
    }
}

/// Options of a run.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Host
    #[arg(long, value_enum, default_value = "native")]
    pub host: Host,
    /// Disk image (the default Debian image, built when missing)
    #[arg(long)]
    pub image: Option<PathBuf>,
    /// Host directory made visible, read-only: HOSTDIR:/path
    #[arg(long)]
    pub mount: Vec<String>,
    /// Environment variable NAME=VALUE
    #[arg(long)]
    pub env: Vec<String>,
    /// Working directory
    #[arg(long)]
    pub cwd: Option<String>,
    /// User and group, numbers
    #[arg(long)]
    pub user: Option<String>,
    /// Seconds until the program is killed (status 124)
    #[arg(long)]
    pub timeout: Option<f64>,
    /// Figures of the run, JSON
    #[arg(long)]
    pub stats: Option<PathBuf>,
    /// Write changes to the image
    #[arg(long)]
    pub write: bool,
    /// Print system calls to standard error
    #[arg(long)]
    pub strace: bool,
    /// Print the machine's log to standard error
    #[arg(long)]
    pub log: bool,
    /// Compile hot code: on, off; natively also checked, helpers
    #[arg(long)]
    pub jit: Option<String>,
    /// The processor: base, or avx2 (x86-64-v3)
    #[arg(long)]
    pub cpu: Option<String>,
    /// Program and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}

impl RunArgs {
    /// The same options for the program that runs the machine.
    fn forwarded(&self, image: &Path) -> Vec<String> {
        let mut args = vec!["--image".to_owned(), image.display().to_string()];
        let mut option = |name: &str, value: String| args.extend([name.to_owned(), value]);
        self.mount.iter().for_each(|v| option("--mount", v.clone()));
        self.env.iter().for_each(|v| option("--env", v.clone()));
        self.cwd.iter().for_each(|v| option("--cwd", v.clone()));
        self.user.iter().for_each(|v| option("--user", v.clone()));
        self.timeout.iter().for_each(|v| option("--timeout", v.to_string()));
        self.stats.iter().for_each(|v| option("--stats", v.display().to_string()));
        self.jit.iter().for_each(|v| option("--jit", v.clone()));
        self.cpu.iter().for_each(|v| option("--cpu", v.clone()));
        let flags = [(self.write, "--write"), (self.strace, "--strace"), (self.log, "--log")];
        args.extend(flags.iter().filter(|f| f.0).map(|f| f.1.to_owned()));
        args.push("--".to_owned());
        args.extend(self.command.iter().cloned());
        args
    }
}

/// Builds the native host and says where it is.
pub fn native_binary(root: &Path) -> Result<PathBuf, String> {
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--quiet", "--release", "--package", "tawaki-native-host", "--bin", "tawaki"])
        // The surrounding `cargo run` names its own package in the environment.
        .env_remove("CARGO_MANIFEST_DIR")
        .stdout(Stdio::null())
        .status()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    if !status.success() {
        return Err("the native host does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/tawaki"))
}

/// Runs the program; on success this process becomes it.
pub fn run(root: &Path, args: &RunArgs) -> Result<i32, String> {
    let image = match &args.image {
        Some(image) => image.clone(),
        None => image::default_image(root, "amd64")?,
    };
    let mut command = match args.host {
        Host::Native => Command::new(native_binary(root)?),
        browser => {
            let mut node = Command::new("node");
            let package = if browser == Host::Firefox {
                ("firefox-esr", "firefox-esr")
            } else {
                ("chromium", "chromium")
            };
            crate::tools::require(&[("node", "nodejs"), package])?;
            crate::web::build(root)?;
            node.arg(root.join("tests/browser/run.mjs")).args(["--browser", browser.name()]);
            node
        }
    };
    command.args(args.forwarded(&image));
    let error = command.exec();
    Err(format!("{} does not start: {error}", command.get_program().to_string_lossy()))
}
