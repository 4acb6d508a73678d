//! The recorded cases: in the engine against the record, and, where there is the
//! processor for it, on hardware against the record.

use std::fmt::Write as _;

use tawaki_tests::asm::{self, Case, Recorded};
use tawaki_tests::engine::Emulated;
use tawaki_tests::machine::{Outcome, State};

/// Runs every recorded run of every case through `run`; returns the failures of
/// each case.
fn failures(mut run: impl FnMut(&State) -> Outcome) -> Vec<(String, Case, Vec<String>)> {
    let mut all = Vec::new();
    for file in asm::files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let family = file.file_stem().unwrap().to_string_lossy().into_owned();
        let cases = asm::parse(&text).unwrap_or_else(|e| panic!("{family}: {e}"));
        for case in cases {
            let failed = case.recorded.iter().flat_map(|r| check(&case, r, &mut run)).collect();
            all.push((family.clone(), case, failed));
        }
    }
    all
}

fn check(case: &Case, recorded: &Recorded, run: &mut impl FnMut(&State) -> Outcome) -> Vec<String> {
    let states = case.states(recorded).unwrap();
    let bits = asm::mode_name(recorded.mode);
    assert_eq!(states.len(), recorded.outs.len(), "{}: record it again ({bits})", case.name);
    let runs = states.iter().zip(&recorded.outs);
    runs.filter_map(|(state, line)| {
        let outcome = run(state);
        let wrong = asm::check(state, &outcome, &recorded.code, line).err()?;
        Some(format!("{bits} bits\n{wrong}"))
    })
    .collect()
}

fn agrees(name: &str, mut engine: Emulated, step: bool) {
    let mut report = String::new();
    for (family, case, failed) in failures(|state| engine.run(state, step)) {
        match (&case.known, failed.first()) {
            (None, Some(first)) => {
                let _ = writeln!(report, "{family}: {}: {} runs, {first}", case.name, failed.len());
            }
            (Some(why), None) => {
                let _ = writeln!(report, "{family}: {} passes now: remove #known {why}", case.name);
            }
            _ => {}
        }
    }
    assert!(report.is_empty(), "{name}, step: {step}\n{report}");
}

#[test]
fn engine_does_what_is_recorded() {
    agrees("interpreter", Emulated::default(), false);
    agrees("interpreter", Emulated::default(), true);
}

#[cfg(feature = "jit")]
fn compiled(threshold: u32, blocks: usize, helpers_only: bool) {
    let tier = tawaki_tests::engine::Tier { threshold, blocks, helpers_only };
    agrees(&format!("{tier:?}"), Emulated::compiled(tier), false);
}

#[cfg(feature = "jit")]
#[test]
fn compiled_code_by_helpers_does_what_is_recorded() {
    compiled(1, 8, true);
}

#[cfg(feature = "jit")]
#[test]
fn compiled_single_blocks_do_what_is_recorded() {
    compiled(1, 1, false);
}

#[cfg(feature = "jit")]
#[test]
fn compiled_regions_do_what_is_recorded() {
    compiled(2, 8, false);
    compiled(2, 256, false);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn processor_does_what_is_recorded() {
    let Ok(mut hardware) = tawaki_tests::hardware::Hardware::new() else {
        eprintln!("no ptrace here: skipped");
        return;
    };
    let mut report = String::new();
    for (family, case, failed) in failures(|state| hardware.run(state).unwrap()) {
        if let Some(first) = failed.first() {
            let _ = writeln!(report, "{family}: {}: {first}", case.name);
        }
    }
    assert!(report.is_empty(), "{report}");
}
