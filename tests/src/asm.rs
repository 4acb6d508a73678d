//! The recorded cases: `asm/*.s`, one instruction family a file.
//!
//! A file is assembler (Intel syntax) with everything else in comments:
//!
//! ```text
//! #case shl8_past_width 32 64
//! #in eax=0x80|0x81 ecx=0x10 flags=cf
//!         shl     al, cl
//! #code64 d2e0
//! #out64 rax=0x0 flags=pf+zf undef=af+of
//! #out64 rax=0x0 flags=pf+zf undef=af+of
//! ```
//!
//! `#in` words are as in [`crate::text`]; `a|b` makes a run of every combination,
//! the last word varying fastest. `#code` and `#out` are written by
//! `tawaki-fuzz record FILE` from what the processor did, and reviewed. `#known WHY`
//! marks a case the engine is known to fail; it then fails when it passes. `#manual WHY`
//! marks one whose results were written by hand from the manual.
//! The window names of [`crate::machine`] are symbols with the windows' addresses.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tawaki_cpu::Mode;

use crate::machine::{CODE, DATA, Outcome, READ_ONLY, STACK, State};
use crate::text;
use crate::undefined;

/// One case in one file.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Name, unique in its file.
    pub name: String,
    /// Comment lines before the case, kept when the file is rewritten.
    pub preamble: Vec<String>,
    /// Why the engine fails it, if it is known to.
    pub known: Option<String>,
    /// Why its results are the manual's, and the processor here is not asked.
    pub manual: Option<String>,
    /// `name=value|value` words.
    pub inputs: Vec<String>,
    /// The `#in` lines as written.
    pub input_lines: Vec<String>,
    /// Assembler lines.
    pub source: Vec<String>,
    /// What is recorded for each word size.
    pub recorded: Vec<Recorded>,
}

/// A case's code and results for one word size.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Word size.
    pub mode: Mode,
    /// Assembled code.
    pub code: Vec<u8>,
    /// One line per run.
    pub outs: Vec<String>,
}

/// The files of `tests/asm`.
pub fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("asm");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "s")).collect();
    files.sort();
    files
}

/// `64` or `32`.
pub fn mode_name(mode: Mode) -> &'static str {
    if mode == Mode::Bits64 { "64" } else { "32" }
}

/// Reads a family file. Errors name the line.
pub fn parse(contents: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut preamble = Vec::new();
    for (number, line) in contents.lines().enumerate() {
        let bad = |what: &str| format!("line {}: {what}: {line}", number + 1);
        if let Some(rest) = line.strip_prefix("#case ") {
            let mut words = rest.split_whitespace();
            let name = words.next().ok_or_else(|| bad("no name"))?.to_string();
            let modes: Vec<&str> = words.collect();
            let modes = if modes.is_empty() { vec!["32", "64"] } else { modes };
            let recorded = modes.into_iter().map(|bits| {
                let mode = match bits {
                    "32" => Mode::Bits32,
                    "64" => Mode::Bits64,
                    _ => return Err(bad("word size is 32 or 64")),
                };
                Ok(Recorded { mode, code: Vec::new(), outs: Vec::new() })
            });
            let recorded = recorded.collect::<Result<_, _>>()?;
            let preamble = std::mem::take(&mut preamble);
            cases.push(Case { name, preamble, recorded, ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            preamble.push(line.to_string());
            continue;
        };
        if let Some(rest) = line.strip_prefix("#in ") {
            case.input_lines.push(line.to_string());
            case.inputs.extend(rest.split_whitespace().map(str::to_string));
        } else if let Some(rest) = line.strip_prefix("#known ") {
            case.known = Some(rest.to_string());
        } else if let Some(rest) = line.strip_prefix("#manual ") {
            case.manual = Some(rest.to_string());
        } else if let Some((mode, rest)) = tagged(line, "#code") {
            let bytes: Option<Vec<u8>> = (0..rest.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(rest.get(i..i + 2)?, 16).ok())
                .collect();
            let bytes = bytes.ok_or_else(|| bad("not hexadecimal"))?;
            if let Some(r) = case.recorded.iter_mut().find(|r| r.mode == mode) {
                r.code = bytes;
            }
        } else if let Some((mode, rest)) = tagged(line, "#out") {
            if let Some(r) = case.recorded.iter_mut().find(|r| r.mode == mode) {
                r.outs.push(rest.to_string());
            }
        } else if line.starts_with('#') || line.trim().is_empty() {
            preamble.push(line.to_string());
        } else if preamble.iter().any(|l| !l.trim().is_empty()) {
            return Err(bad("comments go before #case"));
        } else {
            case.source.push(line.to_string());
        }
    }
    Ok(cases)
}

fn tagged<'a>(line: &'a str, tag: &str) -> Option<(Mode, &'a str)> {
    let rest = line.strip_prefix(tag)?;
    let (bits, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match bits {
        "32" => Some((Mode::Bits32, rest)),
        "64" => Some((Mode::Bits64, rest)),
        _ => None,
    }
}

/// Writes a family file.
pub fn print(cases: &[Case]) -> String {
    let mut out = String::new();
    for case in cases {
        for line in &case.preamble {
            let _ = writeln!(out, "{line}");
        }
        let modes: Vec<_> = case.recorded.iter().map(|r| mode_name(r.mode)).collect();
        let _ = writeln!(out, "#case {} {}", case.name, modes.join(" "));
        if let Some(why) = &case.known {
            let _ = writeln!(out, "#known {why}");
        }
        if let Some(why) = &case.manual {
            let _ = writeln!(out, "#manual {why}");
        }
        for line in case.input_lines.iter().chain(&case.source) {
            let _ = writeln!(out, "{line}");
        }
        for recorded in &case.recorded {
            let bits = mode_name(recorded.mode);
            let hex: String = recorded.code.iter().map(|b| format!("{b:02x}")).collect();
            let _ = writeln!(out, "#code{bits} {hex}");
            for line in &recorded.outs {
                let _ = writeln!(out, "#out{bits} {line}");
            }
        }
    }
    out
}

impl Case {
    /// The initial states, one per combination of input values.
    pub fn states(&self, recorded: &Recorded) -> Result<Vec<State>, String> {
        let mut states = vec![State::new(recorded.mode, &recorded.code)];
        for word in &self.inputs {
            let (name, values) =
                word.split_once('=').ok_or_else(|| format!("{}: no value: {word}", self.name))?;
            let mut next = Vec::new();
            for state in &states {
                for value in values.split('|') {
                    let mut state = state.clone();
                    text::apply(&mut state, name, value)
                        .ok_or_else(|| format!("{}: cannot set {name}={value}", self.name))?;
                    next.push(state);
                }
            }
            states = next;
        }
        Ok(states)
    }

    /// Assembles the source with binutils.
    pub fn assemble(&self, mode: Mode) -> Result<Vec<u8>, String> {
        assemble(&self.source.join("\n"), mode).map_err(|e| format!("{}: {e}", self.name))
    }
}

/// Assembles Intel-syntax `source` for the code window with binutils `as` and `ld`.
pub fn assemble(source: &str, mode: Mode) -> Result<Vec<u8>, String> {
    let folder = std::env::temp_dir().join(format!("tawaki-asm-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let (input, object, output) = (folder.join("case.s"), folder.join("case.o"), folder.join("case.bin"));
    let mut text = String::from(".intel_syntax noprefix\n");
    for window in [CODE, DATA, STACK, READ_ONLY] {
        let _ = writeln!(text, ".set {}, {:#x}", window.name, window.base);
    }
    let _ = writeln!(text, ".globl _start\n_start:\n{source}");
    std::fs::write(&input, text).map_err(|e| e.to_string())?;
    let long = mode == Mode::Bits64;
    let run = |command: &mut Command| -> Result<(), String> {
        let done = command.output().map_err(|e| e.to_string())?;
        let errors = String::from_utf8_lossy(&done.stderr);
        if done.status.success() { Ok(()) } else { Err(errors.into_owned()) }
    };
    run(Command::new("as").arg(if long { "--64" } else { "--32" }).args([
        "-o".as_ref(),
        object.as_os_str(),
        input.as_os_str(),
    ]))?;
    run(Command::new("ld")
        .args(["-m", if long { "elf_x86_64" } else { "elf_i386" }])
        .args(["--oformat", "binary", "-Ttext", &format!("{:#x}", CODE.base)])
        .args(["-o".as_ref(), output.as_os_str(), object.as_os_str()]))?;
    let bytes = std::fs::read(&output).map_err(|e| e.to_string());
    let _ = std::fs::remove_dir_all(folder);
    bytes
}

/// The `#out` line of a run: what changed, and which flags are left out of it.
pub fn out_line(initial: &State, outcome: &Outcome, code: &[u8]) -> Result<String, String> {
    let stop = match outcome.stop {
        crate::machine::Stop::Breakpoint => outcome.state.rip - 1,
        _ => outcome.state.rip,
    };
    let undefined = undefined::undefined_at(code, initial.mode, stop)
        .map_err(|at| format!("instruction at {at:#x} reads an undefined flag"))?;
    Ok(line_with(initial, outcome, code, undefined))
}

/// The same with a given set of undefined flags.
pub fn line_with(initial: &State, outcome: &Outcome, code: &[u8], undefined: u32) -> String {
    let mut line = text::changes(initial, outcome, undefined, code.len());
    if undefined != 0 {
        let _ = write!(line, " undef={}", text::flag_names(undefined));
    }
    if line.is_empty() { "-".into() } else { line.trim().into() }
}

/// The flags that an `#out` line calls undefined.
pub fn undefined_in(line: &str) -> u32 {
    line.split_whitespace()
        .find_map(|word| word.strip_prefix("undef="))
        .and_then(text::parse_flags)
        .map_or(0, |flags| flags & text::STATUS)
}

/// Compares an outcome with its recorded line; the error shows both.
pub fn check(initial: &State, outcome: &Outcome, code: &[u8], line: &str) -> Result<(), String> {
    let undefined = undefined_in(line);
    let got = line_with(initial, outcome, code, undefined);
    if got == line {
        return Ok(());
    }
    let inputs = text::inputs(initial, code);
    Err(format!("  in   {inputs}\n  want {line}\n  got  {got}"))
}
