//! Development commands of the workspace; the contract is section 7 of
//! `docs/architecture.md`.

mod bench;
mod image;
mod run;
mod tools;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Tawaki's development commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build a Debian image
    Image(image::ImageArgs),
    /// Run one program, connected to this terminal or these streams
    Run(run::RunArgs),
    /// Measure against native execution
    Bench(bench::BenchArgs),
}

/// The workspace: cargo says where, and where it was built does otherwise.
fn workspace() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

fn main() {
    let root = workspace();
    let result = match Cli::parse().command {
        Task::Image(args) => image::build(&root, &args).map(|()| 0),
        Task::Run(args) => run::run(&root, &args),
        Task::Bench(args) => bench::run(&root, &args).map(|()| 0),
    };
    let status = result.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        125
    });
    std::process::exit(status);
}
