//! Writes into case files what the host processor does.

use std::path::{Path, PathBuf};

use crate::asm;
use crate::hardware::Hardware;

/// Assembles and runs every case of `files` and rewrites them.
pub fn record(files: &[PathBuf]) -> Result<(), String> {
    let mut hardware = Hardware::new().map_err(|e| e.to_string())?;
    for file in files {
        one(&mut hardware, file).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}

fn one(hardware: &mut Hardware, file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| e.to_string())?;
    let mut cases = asm::parse(&text)?;
    for case in cases.iter_mut().filter(|case| case.manual.is_none()) {
        let mut done = case.recorded.clone();
        for recorded in &mut done {
            recorded.code = case.assemble(recorded.mode)?;
            recorded.outs.clear();
            for state in case.states(recorded)? {
                let outcome = hardware.run(&state).map_err(|e| e.to_string())?;
                let line = asm::out_line(&state, &outcome, &recorded.code)
                    .map_err(|e| format!("{}: {e}", case.name))?;
                recorded.outs.push(line);
            }
        }
        case.recorded = done;
    }
    std::fs::write(file, asm::print(&cases)).map_err(|e| e.to_string())
}
