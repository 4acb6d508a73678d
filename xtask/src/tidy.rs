//! House rules that a machine can check: who may depend on whom, where `unsafe`
//! lives, how long a file is, and that nothing tells where it was written.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::guest::Tally;
use crate::image;

/// Crate, and all of ours that it may name (architecture, section 1).
const MAY_USE: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("cpu", &[]),
    ("jit", &["cpu"]),
    ("process", &["abi", "cpu"]),
    ("blockdev", &[]),
    ("vfs", &["abi", "blockdev"]),
    ("kernel", &["abi", "vfs", "blockdev"]),
    ("native-host", &["abi", "cpu", "jit", "process", "kernel", "vfs", "blockdev"]),
    ("browser-host", &["abi", "cpu", "jit", "process", "kernel", "vfs", "blockdev"]),
    ("tests", &["abi", "cpu", "jit", "process", "kernel", "vfs", "blockdev", "native-host"]),
];

/// Libraries that belong to one side: name, the crates that may have them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("web-sys", &["browser-host"]),
    ("js-sys", &["browser-host"]),
    ("wasm-bindgen", &["browser-host"]),
    ("wasmtime", &["native-host"]),
    ("iced-x86", &["cpu", "tests"]),
    ("goblin", &["process", "xtask"]),
];

/// Lines of a Rust file; tables may have more.
const MAX_LINES: usize = 800;

/// Files that may be longer, and why.
const LONG: &[(&str, usize, &str)] =
    &[("cpu/src/interp/exec.rs", 1000, "one arm for each operation of the IR")];

/// Names of the standard library that wasm workers do not have.
const HOSTLESS: &[&str] = &["abi", "cpu", "jit", "process", "blockdev", "vfs", "kernel"];
const HOST_ONLY: &[&str] = &["std::time::", "std::fs::", "std::thread::", "std::net::", "std::process::"];

/// Checks all rules.
pub fn check(root: &Path) -> Result<Tally, String> {
    let files = tracked(root)?;
    let rules: [(&str, Vec<String>); 5] = [
        ("dependencies", dependencies(root)),
        ("unsafe code", over_rust(root, &files, unsafe_fence)),
        ("file length", over_rust(root, &files, length)),
        ("host-free crates", over_rust(root, &files, host_free)),
        ("traces of a machine", traces(root, &files)),
    ];
    let mut tally = Tally::default();
    for (name, faults) in rules {
        if faults.is_empty() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            eprintln!("FAIL  {name}\n  {}", faults.join("\n  "));
        }
    }
    Ok(tally)
}

fn tracked(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("git does not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn dependencies(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, allowed) in MAY_USE {
        let path = root.join(name).join("Cargo.toml");
        let parsed = fs::read_to_string(&path).ok().and_then(|text| text.parse::<toml::Table>().ok());
        let Some(manifest) = parsed else {
            faults.push(format!("{name}/Cargo.toml cannot be read"));
            continue;
        };
        let section = |table: &toml::Table| -> Vec<String> {
            let names = table.get("dependencies").and_then(|d| d.as_table());
            names.into_iter().flat_map(|d| d.keys().cloned()).collect()
        };
        let mut names = section(&manifest);
        let targets = manifest.get("target").and_then(|t| t.as_table());
        names.extend(
            targets.into_iter().flat_map(|t| t.values()).filter_map(|t| t.as_table()).flat_map(section),
        );
        for used in names {
            if let Some(ours) = used.strip_prefix("tawaki-").filter(|ours| !allowed.contains(ours)) {
                faults.push(format!("{name} must not use {ours}"));
            }
            let only = ONLY_IN.iter().find(|(library, _)| *library == used);
            if only.is_some_and(|(_, homes)| !homes.contains(name)) {
                faults.push(format!("{name} must not use {used}"));
            }
        }
    }
    faults
}

fn over_rust(root: &Path, files: &[String], rule: fn(&str, &str, &mut Vec<String>)) -> Vec<String> {
    let mut faults = Vec::new();
    for name in files.iter().filter(|name| name.ends_with(".rs")) {
        if let Ok(text) = fs::read_to_string(root.join(name)) {
            rule(name, &text, &mut faults);
        }
    }
    faults
}

/// A file with `unsafe` says so at its top, and each use says why it is sound.
fn unsafe_fence(name: &str, text: &str, faults: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    let fenced = text.contains("#![allow(unsafe_code)]");
    let openings = ["unsafe {", "unsafe impl", "unsafe extern", "unsafe fn"];
    for (at, line) in lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        // A string that speaks of unsafe code, as here, is none.
        if !openings.iter().any(|o| code.contains(o) && !code.contains(&format!("\"{o}"))) {
            continue;
        }
        if !fenced {
            faults.push(format!("{name}:{}: unsafe code outside a fence file", at + 1));
        }
        let declared = code.contains("unsafe fn") || code.contains("unsafe extern");
        let near = &lines[at.saturating_sub(8)..=at];
        if !declared && !near.iter().any(|l| l.contains("SAFETY")) {
            faults.push(format!("{name}:{}: no SAFETY comment", at + 1));
        }
    }
}

fn length(name: &str, text: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    let generated = name.contains("/hardware/") || name.contains("/golden/");
    let limit = LONG.iter().find(|long| long.0 == name).map_or(MAX_LINES, |long| long.1);
    if lines > limit && !generated {
        faults.push(format!("{name}: {lines} lines, more than {limit}"));
    }
}

fn host_free(name: &str, text: &str, faults: &mut Vec<String>) {
    let Some((_, path)) = name.split_once('/').filter(|(krate, _)| HOSTLESS.contains(krate)) else { return };
    // Tests and examples run on the build machine; so do backends behind a target condition.
    if !path.starts_with("src/") || text.contains("#![cfg(not(target_family = \"wasm\"))]") {
        return;
    }
    let body = text.split("#[cfg(test)]").next().unwrap_or(text);
    for (at, line) in body.lines().enumerate() {
        // A duration is a number; only clocks are the host's.
        let code = line.split("//").next().unwrap_or("").replace("std::time::Duration", "");
        if let Some(found) = HOST_ONLY.iter().find(|api| code.contains(*api)) {
            faults.push(format!("{name}:{}: {found} does not exist in a worker", at + 1));
        }
    }
}

/// Neither this checkout's path nor the package mirror may stand in a file.
fn traces(root: &Path, files: &[String]) -> Vec<String> {
    let mut words = image::source_hosts();
    words.push(root.display().to_string());
    words.retain(|word| word.len() > 4);
    let mut faults = Vec::new();
    for name in files {
        let Ok(text) = fs::read_to_string(root.join(name)) else { continue };
        if words.iter().any(|word| text.contains(word.as_str())) {
            // The word itself is not repeated: a log is read by others too.
            faults.push(format!("{name} names a path or an address of this machine"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rule: fn(&str, &str, &mut Vec<String>), name: &str, text: &str) -> usize {
        let mut faults = Vec::new();
        rule(name, text, &mut faults);
        faults.len()
    }

    #[test]
    fn unsafe_needs_fence_and_reason() {
        let block = concat!("let x = uns", "afe { f() };\n");
        assert_eq!(faults(unsafe_fence, "a.rs", block), 2);
        assert_eq!(
            faults(unsafe_fence, "a.rs", &format!("#![allow(unsafe_code)]\n// SAFETY: fine\n{block}")),
            0
        );
        assert_eq!(faults(unsafe_fence, "a.rs", "// unsafe { in a comment }\n"), 0);
    }

    #[test]
    fn host_free_looks_at_sources_only() {
        let text = "use std::fs::File;\n";
        assert_eq!(faults(host_free, "vfs/src/a.rs", text), 1);
        assert_eq!(faults(host_free, "vfs/tests/a.rs", text), 0);
        assert_eq!(faults(host_free, "native-host/src/a.rs", text), 0);
        assert_eq!(faults(host_free, "vfs/src/a.rs", &format!("#[cfg(test)]\n{text}")), 0);
    }

    #[test]
    fn long_files() {
        assert_eq!(faults(length, "a.rs", &"\n".repeat(801)), 1);
        assert_eq!(faults(length, "a.rs", &"\n".repeat(800)), 0);
    }
}
