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
mod compiled {
    use super::*;
    use tawaki_tests::engine::Tier;

    fn check(tier: Tier) {
        agrees(&format!("{tier:?}"), Emulated::compiled(tier), false);
    }

    #[test]
    fn by_helpers() {
        check(Tier { helpers_only: true, ..Tier::exact(1, 8) });
    }

    #[test]
    fn single_blocks() {
        check(Tier::exact(1, 1));
    }

    #[test]
    fn regions() {
        check(Tier::exact(2, 8));
        check(Tier::exact(2, 256));
    }

    /// Without the exception flags of MXCSR: like the interpreter but for these.
    #[test]
    fn fast_floats() {
        let (mut engine, mut interpreter) =
            (Emulated::compiled(Tier { exact_float: false, ..Tier::exact(1, 256) }), Emulated::default());
        for file in asm::files() {
            let cases = asm::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
            for (case, recorded) in cases.iter().flat_map(|c| c.recorded.iter().map(move |r| (c, r))) {
                for state in case.states(recorded).unwrap() {
                    let [mut ours, mut theirs] = [engine.run(&state, false), interpreter.run(&state, false)];
                    ours.state.mxcsr &= !0x3f;
                    theirs.state.mxcsr &= !0x3f;
                    assert_eq!(ours, theirs, "{}: {}", file.display(), case.name);
                }
            }
        }
    }
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
        if let (None, Some(first)) = (&case.manual, failed.first()) {
            let _ = writeln!(report, "{family}: {}: {first}", case.name);
        }
    }
    assert!(report.is_empty(), "{report}");
}
