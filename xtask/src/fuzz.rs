//! `cargo xtask fuzz`: random testing, by the program `tawaki-fuzz` of the tests crate.

use std::path::Path;
use std::process::Command;

/// What to test, and the options of `tawaki-fuzz`.
#[derive(clap::Args, Clone, Debug)]
pub struct FuzzArgs {
    /// `cpu` and its options; `cpu --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<String>,
}

/// Builds and runs `tawaki-fuzz`; its exit status.
pub fn run(root: &Path, args: &FuzzArgs) -> Result<i32, String> {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "-p", "tawaki-tests", "--bin", "tawaki-fuzz", "--"])
        .args(&args.arguments)
        .current_dir(root)
        // The surrounding `cargo run` speaks of its own package there.
        .env_remove("CARGO_MANIFEST_DIR")
        .status()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    Ok(status.code().unwrap_or(125))
}
