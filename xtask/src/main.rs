//! Development commands of the workspace; the contract is section 7 of
//! `docs/architecture.md`.

mod bench;
mod fuzz;
mod guest;
mod image;
mod run;
mod serve;
mod test;
mod tidy;
mod tools;
mod tree;
mod web;

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
    /// Serve the page: bash on Debian in a tab
    Serve(serve::ServeArgs),
    /// Run every test
    Test(test::TestArgs),
    /// Check the house rules only
    Tidy,
    /// Write the expected outputs of the guest tests, by running them natively in a chroot
    Record {
        /// Tests whose name contains this
        name: Option<String>,
        /// Those of tests/programs
        #[arg(long)]
        programs: bool,
        /// Those of them that every change is tested with, on their own image
        #[arg(long)]
        exact: bool,
    },
    /// Build a Debian image
    Image(image::ImageArgs),
    /// Put together what programs read first, in an image of your own
    Arrange(image::ArrangeArgs),
    /// Compile beforehand what common programs run, into a file beside an image that browsers find there
    Precompile(image::PrecompileArgs),
    /// Run one program, connected to this terminal or these streams
    Run(run::RunArgs),
    /// Measure against native execution
    Bench(bench::BenchArgs),
    /// Compare with this machine's processor on random code: `fuzz cpu [--seconds N] [--bits 32|64] [--seed S]`
    Fuzz(fuzz::FuzzArgs),
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
        Task::Serve(args) => serve::serve(&root, &args).map(|()| 0),
        Task::Test(args) => test::run(&root, &args),
        Task::Tidy => tidy::check(&root).map(|tally| i32::from(tally.failed > 0)),
        Task::Record { name, programs, exact } => {
            let suite = match (programs, exact) {
                (_, true) => guest::Suite::Exact,
                (true, false) => guest::Suite::Programs,
                _ => guest::Suite::Pipelines,
            };
            guest::record(&root, suite, name.as_deref()).map(|()| 0)
        }
        Task::Image(args) => image::build(&root, &args).map(|()| 0),
        Task::Arrange(args) => image::arrange_existing(&args).map(|()| 0),
        Task::Precompile(args) => image::precompile(&root, &args).map(|()| 0),
        Task::Run(args) => run::run(&root, &args),
        Task::Bench(args) => bench::run(&root, &args).map(|()| 0),
        Task::Fuzz(args) => fuzz::run(&root, &args),
    };
    let status = result.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        125
    });
    std::process::exit(status);
}
