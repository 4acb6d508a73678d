//! `tawaki-fuzz`: the processor as an oracle, from the command line.
//!
//! ```text
//! tawaki-fuzz cpu [--seconds N] [--bits 32|64] [--seed S] [--only FAMILY]    random snippets
//! tawaki-fuzz record FILE...                                                 results of asm/*.s
//! ```
//!
//! `cargo xtask fuzz cpu ...` is `cargo run --release -p tawaki-tests --bin tawaki-fuzz -- cpu ...`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs random snippets on the processor and in the engine until they differ.
    Cpu(Cpu),
    /// Writes what the processor does into case files.
    Record {
        /// Files of `tests/asm`.
        files: Vec<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Cpu {
    /// How long to go on.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Word size, 32 or 64; both in turn without it.
    #[arg(long)]
    bits: Option<u32>,
    /// Seed of the first snippet; taken from the clock without it.
    #[arg(long)]
    seed: Option<u64>,
    /// Families to draw from: int bcd lock bmi stack x87 mmx sse sse2 sse3 ssse3 sse4 crypto avx avx2 fma f16c, or
    /// transcendental alone; without it all but that, with templates of strings, branches,
    /// divisions and flags between them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Unmask floating-point exceptions in half of the snippets.
    #[arg(long)]
    unmasked: bool,
    /// Succeed where the processor cannot be asked (another machine, tracing forbidden).
    #[arg(long)]
    optional: bool,
    /// Stop after this many differences.
    #[arg(long, default_value_t = 1)]
    differences: usize,
    /// Compare compiled code: THRESHOLD, or THRESHOLD,BLOCKS of a region (feature `jit`)
    #[arg(long, value_delimiter = ',')]
    jit: Vec<u32>,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    let result = match Options::parse().command {
        Command::Record { files } => tawaki_tests::record::record(&files),
        Command::Cpu(cpu) => run(&cpu),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn run(cpu: &Cpu) -> Result<(), String> {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    use tawaki_cpu::Mode;
    use tawaki_tests::engine::Tier;

    if cpu.optional
        && let Err(error) = tawaki_tests::hardware::Hardware::new()
    {
        println!("no processor to compare with: {error}");
        return Ok(());
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos() as u64);
    let plan = tawaki_tests::fuzz::Plan {
        time: Duration::from_secs(cpu.seconds),
        snippets: u64::MAX,
        modes: match cpu.bits {
            None => vec![Mode::Bits32, Mode::Bits64],
            Some(32) => vec![Mode::Bits32],
            Some(64) => vec![Mode::Bits64],
            Some(other) => return Err(format!("--bits is 32 or 64, not {other}")),
        },
        // Short enough to type again.
        seed: cpu.seed.unwrap_or(clock % 1_000_000_000),
        only: cpu.only.clone(),
        unmasked: cpu.unmasked,
        differences: cpu.differences,
        tier: match cpu.jit.as_slice() {
            [] => None,
            [threshold] => Some(Tier::exact(*threshold, 256)),
            [threshold, blocks, ..] => Some(Tier::exact(*threshold, *blocks as usize)),
        },
    };
    println!("seed {}", plan.seed);
    let report = tawaki_tests::fuzz::run(&plan, |case| println!("{case}"))?;
    println!("{} snippets, {} differences", report.snippets, report.differences.len());
    let mut missing: Vec<_> = report.missing.into_iter().collect();
    missing.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    missing.truncate(60);
    let names: Vec<_> = missing.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if !names.is_empty() {
        println!("not in the engine: {}", names.join(", "));
    }
    match (report.differences.is_empty(), names.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err("the engine lacks instructions".into()),
        _ => Err("the engine differs".into()),
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("the oracle needs x86-64 Linux");
    match Options::parse().command {
        Command::Cpu(Cpu { optional: true, .. }) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
