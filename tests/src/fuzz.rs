//! Random testing of the CPU engine against the processor.
//!
//! Snippets are drawn from the instruction tables of `iced-x86` ([`codes`]), run on
//! both, and a difference is shrunk to a case for `asm/*.s` ([`shrink`]). A seed and
//! a number name a snippet for good.

pub mod codes;
pub mod generate;
mod misaligned;
mod order;
pub mod random;
mod shrink;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use iced_x86::{Decoder, DecoderOptions};
use tawaki_cpu::Mode;
use tawaki_cpu::x87::F80;

use crate::asm;
use crate::engine::{Emulated, Tier};
use crate::hardware::Hardware;
use crate::machine::{CODE, Outcome, READ_ONLY, State, Stop, WRITABLE, read_only_byte, signal};
use crate::undefined::undefined_after;
use generate::{Generator, Snippet};
use random::Random;

/// Instructions of a difference that are followed one by one. Loops of snippets are shorter or endless.
const LONGEST_PATH: usize = 20_000;

/// So many snippets of one word size come one after the other: an engine drops all code when it changes, and
/// code of the snippet before is to be there still.
const SAME_SIZE: u64 = 16;

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Stop after this long.
    pub time: Duration,
    /// Stop after this many snippets.
    pub snippets: u64,
    /// Word sizes, some snippets of each in turn.
    pub modes: Vec<Mode>,
    /// First seed; snippet n has seed + n.
    pub seed: u64,
    /// Families to draw from; all when empty.
    pub only: Vec<String>,
    /// Unmask floating-point exceptions in half of the snippets.
    pub unmasked: bool,
    /// Stop after this many differences.
    pub differences: usize,
    /// Compare compiled code instead of the interpreter.
    pub tier: Option<Tier>,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Report {
    /// Snippets run.
    pub snippets: u64,
    /// Differences, each a ready case with both results.
    pub differences: Vec<String>,
    /// Instructions the engine does not know, and how often they came.
    pub missing: BTreeMap<String, u64>,
}

/// Both sides of the comparison.
pub struct Pair {
    hardware: Hardware,
    engine: Emulated,
    tolerant: bool,
}

/// F2XM1 of more than 1 and FYL2XP1 of more than 1 - sqrt(1/2) have no defined result
/// (Intel SDM vol. 2).
fn outside_domain(state: &State, code: &[u8]) -> bool {
    let exponent = i32::from(state.fpu.st[0].sign_exponent & 0x7fff) - 0x3fff;
    match code {
        [0xd9, 0xf0, ..] => exponent >= 0 && state.fpu.st[0].mantissa != 1 << 63 || exponent > 0,
        [0xd9, 0xf9, ..] => exponent >= -2,
        _ => false,
    }
}

/// What is in memory there.
fn byte(state: &State, address: u64) -> Option<u8> {
    let mut windows = WRITABLE.iter().zip(&state.memory.windows);
    let found = windows
        .find_map(|(window, bytes)| bytes.get(usize::try_from(address.checked_sub(window.base)?).ok()?));
    let fixed = || address.checked_sub(READ_ONLY.base).filter(|at| *at < READ_ONLY.size as u64);
    found.copied().or_else(|| fixed().map(|at| read_only_byte(at as usize)))
}

/// Equal but for one unit in the last place of x87 registers, and for C1, which
/// then says something else about the rounding.
fn nearly(hardware: &Outcome, engine: &Outcome) -> bool {
    const C1: u16 = 0x200;
    let ordinal = |f: F80| {
        let size = i128::from(f.sign_exponent & 0x7fff) << 63 | i128::from(f.mantissa & !(1 << 63));
        if f.sign_exponent >> 15 != 0 { -size } else { size }
    };
    let mut engine = engine.clone();
    for (ours, theirs) in engine.state.fpu.st.iter_mut().zip(&hardware.state.fpu.st) {
        if (ordinal(*ours) - ordinal(*theirs)).abs() <= 1 {
            *ours = *theirs;
        }
    }
    let sw = &mut engine.state.fpu.sw;
    *sw = *sw & !C1 | hardware.state.fpu.sw & C1;
    engine == *hardware
}

/// How the two can differ.
#[allow(clippy::large_enum_variant)] // One at a time, never stored.
enum Verdict {
    Same,
    /// Not comparable: an undefined flag is read, or hardware did not end.
    Moot,
    Different {
        hardware: Outcome,
        engine: Outcome,
    },
    Missing(String),
}

impl Pair {
    /// Starts both.
    pub fn new(tier: Option<Tier>) -> std::io::Result<Self> {
        let engine = match tier {
            None => Emulated::default(),
            #[cfg(feature = "jit")]
            Some(tier) => Emulated::compiled(tier),
            #[cfg(not(feature = "jit"))]
            Some(_) => return Err(std::io::Error::other("built without the feature jit")),
        };
        Ok(Self { hardware: Hardware::new()?, engine, tolerant: false })
    }

    fn compare(&mut self, state: &State, code: &[u8], step: bool) -> Result<Verdict, String> {
        let hardware = self.hardware.run(state).map_err(|e| e.to_string())?;
        // Bit 17 of MXCSR (misaligned operands allowed) is AMD's own.
        let moot = self.tolerant && outside_domain(state, code);
        if moot || hardware.stop == Stop::Endless || hardware.state.mxcsr > 0xffff {
            return Ok(Verdict::Moot);
        }
        let Ok(line) = asm::out_line(state, &hardware, code) else { return Ok(Verdict::Moot) };
        let engine = self.engine.run(state, step);
        if asm::check(state, &engine, code, &line).is_ok() || (self.tolerant && nearly(&hardware, &engine)) {
            return Ok(Verdict::Same);
        }
        let unknown = matches!(engine.stop, Stop::Signal { number: signal::SIGILL, .. });
        if unknown && engine.stop != hardware.stop {
            let at = engine.state.rip.wrapping_sub(CODE.base) as usize;
            let bytes = code.get(at..).unwrap_or_default();
            return Ok(Verdict::Missing(disassemble(bytes, state.mode, engine.state.rip)));
        }
        if engine.stop != hardware.stop && misaligned::refused(&engine) {
            return Ok(Verdict::Moot);
        }
        if let Some(other) = order::destination_first(&hardware, &engine)
            && asm::check(state, &other, code, &line).is_ok()
        {
            return Ok(Verdict::Same);
        }
        match self.undefined_on_the_way(state)? {
            None => Ok(Verdict::Moot),
            Some(more) => {
                let undefined = asm::undefined_in(&line) | more;
                let same = |outcome| asm::line_with(state, outcome, code, undefined);
                if more != 0 && same(&hardware) == same(&engine) {
                    return Ok(Verdict::Same);
                }
                Ok(Verdict::Different { hardware, engine })
            }
        }
    }

    /// Flags that the instructions really executed leave undefined, wherever returns to made-up addresses
    /// and changed code lead; `None` if one of them read such a flag.
    fn undefined_on_the_way(&mut self, state: &State) -> Result<Option<u32>, String> {
        let path = self.hardware.path(state, LONGEST_PATH).map_err(|e| e.to_string())?;
        Ok(path.map_or(Some(0), |path| undefined_after(&path).ok()))
    }
}

/// The first instruction of `bytes` as text.
pub fn disassemble(bytes: &[u8], mode: Mode, at: u64) -> String {
    use iced_x86::Formatter;
    let bits = if mode == Mode::Bits64 { 64 } else { 32 };
    let instruction = Decoder::with_ip(bits, bytes, at, DecoderOptions::NONE).decode();
    let mut text = String::new();
    iced_x86::IntelFormatter::new().format(&instruction, &mut text);
    text
}

/// The snippet of a seed.
fn snippet(plan: &Plan, seed: u64, mode: Mode, families: &[codes::Family]) -> Snippet {
    let mut random = Random::new(seed);
    // Neighbouring seeds start far apart.
    let mut random = Random::new(random.bits() ^ seed);
    let length = if plan.only == [codes::TRANSCENDENTAL] { 1 } else { 1 + random.below(12) };
    let templates = plan.only.is_empty();
    Generator::snippet(&mut random, mode, families, templates, plan.unmasked, length)
}

/// Runs the plan, printing each difference when it is found.
pub fn run(plan: &Plan, mut found: impl FnMut(&str)) -> Result<Report, String> {
    let mut pair = Pair::new(plan.tier).map_err(|e| format!("cannot start: {e}"))?;
    let transcendental = plan.only == [codes::TRANSCENDENTAL];
    pair.tolerant = transcendental;
    let families: Vec<_> = plan.modes.iter().map(|m| codes::families(*m, &plan.only)).collect();
    let mut report = Report::default();
    let start = Instant::now();
    while report.snippets < plan.snippets && start.elapsed() < plan.time {
        let seed = plan.seed.wrapping_add(report.snippets);
        let which = (seed / SAME_SIZE % plan.modes.len() as u64) as usize;
        let made = snippet(plan, seed, plan.modes[which], &families[which]);
        report.snippets += 1;
        let step = seed & 2 != 0;
        match pair.compare(&made.state, &made.code(), step)? {
            Verdict::Same | Verdict::Moot => {}
            Verdict::Missing(text) => {
                let name = text.split(' ').next().unwrap_or_default().to_string();
                *report.missing.entry(name).or_default() += 1;
            }
            Verdict::Different { .. } => {
                let case = shrink::case(&mut pair, made, seed, step)?;
                found(&case);
                report.differences.push(case);
                if report.differences.len() >= plan.differences {
                    break;
                }
            }
        }
    }
    Ok(report)
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn undefined_flags_are_followed_where_returns_and_changed_code_lead() {
        let Ok(mut pair) = Pair::new(None) else { return };
        // The flags that it leaves undefined for the processor; `None` if it reads one.
        let mut undefined = |source: &str| {
            let code = asm::assemble(source, Mode::Bits32).expect("it assembles");
            let mut state = State::new(Mode::Bits32, &code);
            state.gpr[1] = 0x0405;
            pair.undefined_on_the_way(&state).expect("it runs")
        };
        // CF, ZF and OF are defined.
        let start = "bextr eax, ebx, ecx; push offset 1f; ret; add eax, 1; 1:";
        assert_eq!(undefined(start), Some(0x94));
        assert_eq!(undefined(&format!("{start} lahf")), None);
        assert_eq!(undefined(&format!("{start} pushfd")), None);
        assert_eq!(undefined(&format!("{start} jz 2f; 2: setc al")), Some(0x94));
        assert_eq!(undefined("push offset 1f; ret; bextr eax, ebx, ecx; 1: pushfd; popfd"), Some(0));
        let changed = "bextr eax, ebx, ecx; mov byte ptr [1f], 0x9f; jmp 1f; 1: nop";
        assert_eq!(undefined(changed), None, "a NOP that has become LAHF");
        // TF: nothing can be said about a snippet that steps by itself.
        assert_eq!(undefined("bextr eax, ebx, ecx; push 0x302; popfd; nop; nop"), Some(0));
    }
}
