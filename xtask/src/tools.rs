//! Programs of the machine that a command needs: installed by a root user,
//! named on one line for everybody else.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where `name` is, in `PATH` or in the system administrator's directories.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into(), "/usr/bin".into()])
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// Whether this process may install packages.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// Makes sure of programs, given as (program, Debian package).
pub fn require(tools: &[(&str, &str)]) -> Result<(), String> {
    let mut missing: Vec<&str> =
        tools.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if !is_root() || find("apt-get").is_none() {
        return Err(format!("these packages are missing; type\n  sudo {line}"));
    }
    eprintln!("xtask: {line}");
    let apt = |args: &str| {
        Command::new("apt-get")
            .args(args.split_whitespace())
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let install = line.trim_start_matches("apt-get ");
    if apt(install) || (apt("update") && apt(install)) { Ok(()) } else { Err(format!("this failed: {line}")) }
}

/// Runs a command and turns a bad end into a sentence.
pub fn checked(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| format!("{name} does not start: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}
