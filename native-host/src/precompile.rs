//! `tawaki --precompile FILE`: what the program and its children ran, compiled for browsers.

use std::io::{IsTerminal, Write};
use std::path::Path;

use tawaki_jit::{Layout, Options, Profile, store};

use crate::memory::HostMemory;

/// Compiles the profile into a file. Returns a sentence on what is in it.
pub fn precompile(profile: &Profile, least: u64, path: &Path) -> Result<String, String> {
    let memory = HostMemory::new()?;
    // As browsers on x86 hosts run programs that do not handle faults themselves.
    let options = Options { checked: false, mend_nans: false, ..Options::default() };
    let shown = std::io::stderr().is_terminal();
    let modules = profile.compile(
        memory.guest(),
        least,
        &|mode| Layout::browser(mode, 0),
        &options,
        &mut |done, all| {
            if shown {
                eprint!("\rtawaki: compiled {done} of {all} programs and libraries");
                let _ = std::io::stderr().flush();
            }
        },
    );
    if shown {
        eprintln!();
    }
    let file = store::encode(&modules);
    // Whole or not at all.
    let partial = path.with_extension("partial");
    let failed = |e: std::io::Error| format!("cannot write {}: {e}", path.display());
    std::fs::write(&partial, &file).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)?;
    let functions: usize = modules.iter().map(|module| module.entries.len()).sum();
    Ok(format!(
        "{functions} ways into {} modules, {:.1} MB, of {} blocks seen",
        modules.len(),
        file.len() as f64 / 1e6,
        profile.blocks()
    ))
}
