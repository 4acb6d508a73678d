//! Builds `build/web`: the wasm module, its JavaScript and the page.
//!
//! The module needs shared memory, hence atomics, hence a standard library
//! built with them (`-Z build-std`), in a target directory of its own so that
//! these flags do not disturb the native build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that Chromium, Firefox and Safari have had for some years.
const FEATURES: &str = "-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals,+simd128,+sign-ext,\
                        +nontrapping-fptoint,+multivalue,+reference-types";

/// The memory is imported, so that a page can make it and others can share it;
/// the table is exported, so that compiled guest code can be put into it; the
/// stack comes first, so that its overflow traps at address zero.
const LINK: &[&str] = &[
    "--shared-memory",
    "--import-memory",
    "--initial-memory=50331648",
    "--max-memory=4294967296",
    "--stack-first",
    "-zstack-size=1048576",
    "--export-table",
    "--growable-table",
    "--export=__heap_base",
    "--export=__stack_pointer",
    "--export=__tls_base",
    "--export=__tls_size",
    "--export=__tls_align",
    "--export=__wasm_init_tls",
];

/// Stack and static data must end below the linear address of guest page
/// 0x400000, with some room for the first pages of the heap.
const LOW_LIMIT: u64 = 0x40_0000 - 0x1_0000 - 0x8_0000;

/// Builds everything and returns the directory to serve.
pub fn build(root: &Path) -> Result<PathBuf, String> {
    let out = root.join("build/web");
    let wasm = compile(root)?;
    let bytes = fs::read(&wasm).map_err(|e| format!("{}: {e}", wasm.display()))?;
    match heap_base(&bytes) {
        Some(base) if base < LOW_LIMIT => {}
        Some(base) => {
            return Err(format!(
                "static data and stack end at {base:#x}, above {LOW_LIMIT:#x}: guests need that space"
            ));
        }
        None => return Err(format!("{}: no constant global __heap_base", wasm.display())),
    }
    let npm = node_modules(root)?;
    fs::create_dir_all(out.join("vendor")).map_err(|e| format!("{}: {e}", out.display()))?;
    copy(&wasm, &out.join("tawaki.wasm"))?;
    copy_tree(&root.join("browser-host/js"), &out.join("js"))?;
    copy_tree(&root.join("app"), &out)?;
    for (from, to) in [
        ("@xterm/xterm/lib/xterm.mjs", "xterm.mjs"),
        ("@xterm/xterm/css/xterm.css", "xterm.css"),
        ("@xterm/addon-fit/lib/addon-fit.mjs", "addon-fit.mjs"),
    ] {
        copy(&npm.join(from), &out.join("vendor").join(to))?;
    }
    Ok(out)
}

fn compile(root: &Path) -> Result<PathBuf, String> {
    let mut flags = vec![FEATURES.to_owned()];
    flags.extend(LINK.iter().map(|arg| format!("-Clink-arg={arg}")));
    let target =
        std::env::var_os("TAWAKI_WEB_TARGET_DIR").map_or_else(|| root.join("target/web"), PathBuf::from);
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--quiet", "--package", "tawaki-browser-host", "--lib", "--release"])
        .args(["--target", "wasm32-unknown-unknown", "-Zbuild-std=std,panic_abort"])
        // Unwinding in wasm needs a standard library built for it; a panic ends the worker instead.
        .args(["--config", "profile.release.panic='abort'", "--config", "profile.release.strip='debuginfo'"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_TARGET_DIR", &target)
        // A surrounding cargo names its own toolchain and profile here.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO")
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if !status.success() {
        return Err("the browser module does not build".into());
    }
    Ok(target.join("wasm32-unknown-unknown/release/tawaki_browser_host.wasm"))
}

/// Installs the locked npm packages when they are not there yet.
pub fn node_modules(root: &Path) -> Result<PathBuf, String> {
    let modules = root.join("node_modules");
    let installed = modules.join(".package-lock.json");
    let lock = root.join("package-lock.json");
    let time = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    if time(&installed).is_none() || time(&installed) < time(&lock) {
        crate::tools::require(&[("node", "nodejs"), ("npm", "npm")])?;
        let status = Command::new("npm")
            .current_dir(root)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .stdout(std::process::Stdio::null())
            .status()
            .map_err(|e| format!("npm does not start: {e}"))?;
        if !status.success() {
            return Err("npm ci failed".into());
        }
    }
    Ok(modules)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|e| format!("{}: {e}", from.display()))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("{}: {e}", from.display());
    fs::create_dir_all(to).map_err(fail)?;
    for entry in fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(fail)?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// The value of the exported constant `__heap_base`.
fn heap_base(module: &[u8]) -> Option<u64> {
    let mut at = Reader(module.get(8..)?);
    let (mut globals, mut index) = (Vec::new(), None);
    while !at.0.is_empty() {
        let id = at.byte()?;
        let len = at.leb()? as usize;
        let mut section = Reader(at.take(len)?);
        match id {
            // Globals: type, mutability, `i32.const n`, `end`.
            6 => {
                for _ in 0..section.leb()? {
                    section.take(2)?;
                    let constant = (section.byte()? == 0x41).then(|| section.leb()).flatten()?;
                    globals.push(constant);
                    (section.byte()? == 0x0b).then_some(())?;
                }
            }
            // Exports: name, kind, index.
            7 => {
                for _ in 0..section.leb()? {
                    let len = section.leb()? as usize;
                    let name = section.take(len)?;
                    let (kind, number) = (section.byte()?, section.leb()?);
                    if kind == 3 && name == b"__heap_base" {
                        index = Some(number as usize);
                    }
                }
            }
            _ => {}
        }
    }
    globals.get(index?).copied()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    /// LEB128; the constants read here are positive, so signed and unsigned agree.
    fn leb(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
    }
}
