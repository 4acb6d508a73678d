//! A fixed sample of random snippets on the processor and in the engine.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::time::Duration;

use tawaki_cpu::Mode;
use tawaki_tests::fuzz::{Plan, run};
use tawaki_tests::hardware::Hardware;

#[test]
fn fixed_seeds_agree() {
    agree(None, 30_000);
}

#[cfg(feature = "jit")]
#[test]
fn fixed_seeds_agree_compiled() {
    for (threshold, blocks, snippets) in [(1, 1, 1500), (2, 8, 1500), (3, 256, 3000)] {
        agree(Some(tawaki_tests::engine::Tier::exact(threshold, blocks)), snippets);
    }
}

fn agree(tier: Option<tawaki_tests::engine::Tier>, snippets: u64) {
    if Hardware::new().is_err() {
        eprintln!("no ptrace here: skipped");
        return;
    }
    let plan = Plan {
        time: Duration::from_secs(20),
        snippets,
        modes: vec![Mode::Bits32, Mode::Bits64],
        seed: 1,
        only: Vec::new(),
        unmasked: false,
        differences: 5,
        tier,
    };
    let report = run(&plan, |case| println!("{case}")).unwrap();
    assert!(report.differences.is_empty(), "{} differences", report.differences.len());
}
