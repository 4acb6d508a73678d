//! `tawaki`: runs a Linux program from a disk image on this machine's threads.

use clap::Parser;
use tawaki_native_host::run::{RunArgs, run};

/// Runs a Linux program from a disk image. Prints nothing of its own on standard
/// output; exits with the program's status, 128+N after signal N.
#[derive(Parser)]
#[command(name = "tawaki", version)]
struct Cli {
    #[command(flatten)]
    run: RunArgs,
}

fn main() {
    let status = match run(&Cli::parse().run) {
        Ok(status) => status,
        Err(message) => {
            eprintln!("tawaki: {message}");
            125
        }
    };
    std::process::exit(status);
}
