//! A fixed sample of random snippets on the processor and in the engine.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::time::Duration;

use tawaki_cpu::Mode;
use tawaki_tests::fuzz::{Plan, run};
use tawaki_tests::hardware::Hardware;

#[test]
fn fixed_seeds_agree() {
    if Hardware::new().is_err() {
        eprintln!("no ptrace here: skipped");
        return;
    }
    let plan = Plan {
        time: Duration::from_secs(20),
        snippets: 30_000,
        modes: vec![Mode::Bits32, Mode::Bits64],
        seed: 1,
        only: Vec::new(),
        unmasked: false,
        differences: 5,
    };
    let report = run(&plan, |case| println!("{case}")).unwrap();
    assert!(report.differences.is_empty(), "{} differences", report.differences.len());
}
