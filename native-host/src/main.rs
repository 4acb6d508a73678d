//! `tawaki`: runs a Linux program from a disk image on this machine's threads.

use clap::Parser;
use tawaki_native_host::run::{RunArgs, run};

/// Runs a Linux program from a disk image. Prints nothing of its own on standard
/// output; exits with the program's status, 128+N after signal N.
#[derive(Parser)]
#[command(name = "tawaki", version = VERSION)]
struct Cli {
    #[command(flatten)]
    run: RunArgs,
}

/// With the build of the compiler, by which stored code is known.
#[cfg(feature = "jit")]
const VERSION: &str = tawaki_native_host::CODE_VERSION;
#[cfg(not(feature = "jit"))]
const VERSION: &str = env!("CARGO_PKG_VERSION");

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
