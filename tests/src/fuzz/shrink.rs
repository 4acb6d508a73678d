//! Makes a difference small and prints it as a case.

use std::fmt::Write as _;

use super::generate::Snippet;
use super::{Pair, Verdict, disassemble};
use crate::asm;
use crate::machine::{CODE, State};
use crate::text;

/// Shrinks `snippet` while hardware and engine still differ; returns it as a case,
/// followed by what both did.
pub fn case(pair: &mut Pair, mut snippet: Snippet, seed: u64, step: bool) -> Result<String, String> {
    let differs = |pair: &mut Pair, candidate: &Snippet| -> bool {
        matches!(pair.compare(&candidate.state, &candidate.code(), step), Ok(Verdict::Different { .. }))
    };
    // Twice, because what the first instructions set up may be needless in the end.
    for _ in 0..2 {
        drop_atoms(&mut snippet, |s| differs(pair, s));
        simplify(&mut snippet, |s| differs(pair, s));
    }
    let mut short = snippet.clone();
    short.atoms.retain(|atom| atom.iter().any(|b| *b != 0x90));
    short.state.set_code(&short.code());
    if differs(pair, &short) {
        snippet = short;
    }
    print(pair, &snippet, seed, step)
}

/// Replaces pieces by NOPs, the last first, so that addresses stay.
fn drop_atoms(snippet: &mut Snippet, mut differs: impl FnMut(&Snippet) -> bool) {
    for i in (0..snippet.atoms.len()).rev() {
        let mut candidate = snippet.clone();
        candidate.atoms[i].fill(0x90);
        candidate.state.set_code(&candidate.code());
        if differs(&candidate) {
            *snippet = candidate;
        }
    }
}

/// Sets parts of the initial state to their plain values.
fn simplify(snippet: &mut Snippet, mut differs: impl FnMut(&Snippet) -> bool) {
    let plain = State::new(snippet.state.mode, &snippet.code());
    let mut attempt = |change: &dyn Fn(&mut State)| {
        let mut candidate = snippet.clone();
        change(&mut candidate.state);
        if candidate.state != snippet.state && differs(&candidate) {
            *snippet = candidate;
            return true;
        }
        false
    };
    attempt(&|s| s.fpu = plain.fpu.clone());
    attempt(&|s| s.xmm = plain.xmm);
    attempt(&|s| s.upper = plain.upper);
    attempt(&|s| s.memory = plain.memory.clone());
    attempt(&|s| s.flags = plain.flags);
    attempt(&|s| s.mxcsr = plain.mxcsr);
    attempt(&|s| s.fpu.cw = plain.fpu.cw);
    attempt(&|s| s.fpu.sw &= 0x3800);
    for i in (0..16).filter(|i| *i != 4) {
        if !attempt(&|s| s.gpr[i] = 0) {
            attempt(&|s| s.gpr[i] &= 0xffff_ffff);
        }
    }
    for i in 0..16 {
        if !attempt(&|s| s.xmm[i] = 0) {
            attempt(&|s| s.xmm[i] &= u128::from(u64::MAX));
            attempt(&|s| s.xmm[i] &= u128::from(u32::MAX));
        }
    }
    for i in 0..16 {
        attempt(&|s| s.upper[i] = 0);
    }
    for i in 0..8 {
        attempt(&|s| s.fpu.st[i] = Default::default());
        attempt(&|s| s.fpu.used &= !(1 << i));
    }
    for window in 1..3 {
        for chunk in (0..plain.memory.windows[window].len()).step_by(64) {
            if !attempt(&|s| s.memory.windows[window][chunk..chunk + 64].fill(0)) {
                for word in (chunk..chunk + 64).step_by(8) {
                    attempt(&|s| s.memory.windows[window][word..word + 8].fill(0));
                }
            }
        }
    }
}

fn print(pair: &mut Pair, snippet: &Snippet, seed: u64, step: bool) -> Result<String, String> {
    let mode = snippet.state.mode;
    let code = snippet.code();
    let mut out = String::new();
    let _ = writeln!(out, "#case seed_{seed} {}", asm::mode_name(mode));
    let inputs = text::inputs(&snippet.state, &code);
    if !inputs.is_empty() {
        let _ = writeln!(out, "#in {inputs}");
    }
    let mut at = CODE.base;
    let bits = if mode == tawaki_cpu::Mode::Bits64 { 64 } else { 32 };
    let mut decoder = iced_x86::Decoder::with_ip(bits, &code, at, iced_x86::DecoderOptions::NONE);
    let mut rest = code.as_slice();
    while decoder.can_decode() {
        let length = decoder.decode().len().max(1);
        let (bytes, next) = rest.split_at(length.min(rest.len()));
        let list: Vec<_> = bytes.iter().map(|b| format!("{b:#04x}")).collect();
        let _ = writeln!(out, "        .byte   {} # {}", list.join(","), disassemble(rest, mode, at));
        at += bytes.len() as u64;
        rest = next;
    }
    if let Verdict::Different { hardware, engine } = pair.compare(&snippet.state, &code, step)? {
        let line = asm::out_line(&snippet.state, &hardware, &code)?;
        let _ = writeln!(out, "# hardware: {line}");
        let undefined = asm::undefined_in(&line);
        let got = text::changes(&snippet.state, &engine, undefined, code.len());
        let _ = writeln!(out, "# engine:   {got}{}", if step { " (stepping)" } else { "" });
    }
    Ok(out)
}
