//! Tells builds of the compiler apart: code that one of them has stored is right for engines of the same only.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn sources(dir: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut all = Vec::new();
    // Compiled code shares the layout of the state and the numbers of operations with these.
    for dir in [root.join("src"), root.join("../cpu/src")] {
        println!("cargo::rerun-if-changed={}", dir.display());
        sources(&dir, &mut all);
    }
    all.sort();
    // FNV-1a.
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for path in all {
        for byte in fs::read(path).unwrap_or_default() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env=TAWAKI_JIT_BUILD={hash:016x}");
}
