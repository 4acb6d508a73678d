//! `cargo xtask precompile`: code for an image, compiled before anybody boots it.
//!
//! The native host runs a script on the image, counts what runs, and compiles that for browsers into
//! `IMAGE.code` (`jit/src/profile.rs`, `jit/src/store.rs`). Libraries have addresses of their own that
//! come from their inodes, so the file is for this very image.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

use crate::run::native_binary;

/// Options of `precompile`.
#[derive(Args, Clone, Debug)]
pub struct PrecompileArgs {
    /// The image, which is not changed
    pub image: PathBuf,
    /// What runs on it: a bash script (default: what many people run, about a minute and a half)
    #[arg(long)]
    pub script: Option<PathBuf>,
    /// The file (default: the image's name with .code behind it)
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// What is run by default.
const TRAIN: &str = include_str!("train.sh");

/// Where the name of the build stands in the file.
const BUILD: std::ops::Range<usize> = 8..24;

/// Where browsers look for an image's code.
pub fn code_beside(image: &Path) -> PathBuf {
    let mut name = image.as_os_str().to_owned();
    name.push(".code");
    name.into()
}

/// Runs the script and writes the file.
pub fn precompile(root: &Path, args: &PrecompileArgs) -> Result<(), String> {
    let script = match &args.script {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => TRAIN.to_owned(),
    };
    let output = args.output.clone().unwrap_or_else(|| code_beside(&args.image));
    run(&native_binary(root)?, &args.image, &script, &output)
}

fn run(tawaki: &Path, image: &Path, script: &str, output: &Path) -> Result<(), String> {
    let started = Instant::now();
    eprintln!("precompile: running programs on {} to see what is worth compiling", image.display());
    let mut command = Command::new(tawaki);
    command.arg("--image").arg(image).arg("--precompile").arg(output);
    // What the programs print and whether they succeed does not matter here.
    let status = command.args(["--", "/bin/bash", "-c", script]).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = status.stdin(Stdio::null()).spawn().map_err(|e| format!("{}: {e}", tawaki.display()))?;
    let done = child.wait_with_output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&done.stderr);
    let summary = said.lines().filter_map(|line| line.strip_prefix("tawaki: ")).next_back();
    match summary {
        Some(summary) if output.exists() && done.status.code() != Some(125) => {
            eprintln!("precompile: {summary}, {:.0} s", started.elapsed().as_secs_f64());
            Ok(())
        }
        _ => Err(format!("no code was written: {}", said.lines().next_back().unwrap_or("nothing was said"))),
    }
}

/// The code of an image made by the present build, written if there is none or an older one.
pub fn precompiled(root: &Path, image: &Path) -> Result<PathBuf, String> {
    let (tawaki, output) = (native_binary(root)?, code_beside(image));
    let version = Command::new(&tawaki).arg("--version").output().map_err(|e| e.to_string())?;
    let version = String::from_utf8_lossy(&version.stdout);
    let build = version.trim().rsplit(' ').next().unwrap_or_default().as_bytes();
    let mut header = [0; BUILD.end];
    let read = File::open(&output).and_then(|mut file| file.read_exact(&mut header));
    if read.is_err() || header[BUILD] != *build {
        run(&tawaki, image, TRAIN, &output)?;
    }
    Ok(output)
}
