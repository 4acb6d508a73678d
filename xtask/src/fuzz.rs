//! `cargo xtask fuzz`: random testing, by the program `tawaki-fuzz` of the tests crate.

use std::path::Path;
use std::process::Command;

use crate::tools;

/// What to test, and the options of `tawaki-fuzz`.
#[derive(clap::Args, Clone, Debug)]
pub struct FuzzArgs {
    /// `cpu` and its options; `cpu --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<String>,
}

fn command(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command
        .args(["run", "--quiet", "--release", "-p", "tawaki-tests", "--bin", "tawaki-fuzz", "--"])
        .current_dir(root)
        // The surrounding `cargo run` speaks of its own package there.
        .env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Builds and runs `tawaki-fuzz`; its exit status.
pub fn run(root: &Path, args: &FuzzArgs) -> Result<i32, String> {
    let status = command(root).args(&args.arguments).status();
    Ok(status.map_err(|e| format!("cargo does not start: {e}"))?.code().unwrap_or(125))
}

/// Runs random code of both word sizes from a fresh seed, which is printed with the
/// differences on standard error. Where the oracle cannot run there is nothing to do.
pub fn random(root: &Path, seconds: u64) -> Result<(), String> {
    let seconds = seconds.to_string();
    let arguments = ["cpu", "--unmasked", "--optional", "--seconds", &seconds];
    tools::checked(command(root).args(arguments).stdout(std::io::stderr()))
}
