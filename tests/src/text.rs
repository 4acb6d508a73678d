//! States as text: `rax=0x1 flags=cf+zf xmm0=0x... [data+8]=00ff`, one word each.
//!
//! Cases give their inputs so, and what a run changed is written so; comparing two
//! runs is comparing two lines.

use std::fmt::Write as _;

use tawaki_cpu::Mode;
use tawaki_cpu::x87::F80;

use crate::machine::{CODE, DATA, Outcome, READ_ONLY, STACK, State, Stop, WRITABLE, Window};

const GPR: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];
const GPR32: [&str; 8] = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const FLAGS: [(&str, u32); 10] = [
    ("cf", 1),
    ("pf", 4),
    ("af", 0x10),
    ("zf", 0x40),
    ("sf", 0x80),
    ("tf", 0x100),
    ("df", 0x400),
    ("of", 0x800),
    ("ac", 0x4_0000),
    ("id", 0x20_0000),
];
/// The six arithmetic flags.
pub const STATUS: u32 = 0x8d5;
const WINDOWS: [Window; 4] = [CODE, DATA, STACK, READ_ONLY];

/// `cf+zf`, or `none`.
pub fn flag_names(flags: u32) -> String {
    let names: Vec<_> = FLAGS.iter().filter(|(_, bit)| flags & bit != 0).map(|(name, _)| *name).collect();
    if names.is_empty() { "none".into() } else { names.join("+") }
}

/// Reads what [`flag_names`] writes, with the always-set bits.
pub fn parse_flags(text: &str) -> Option<u32> {
    if text == "none" {
        return Some(0x202);
    }
    text.split('+').try_fold(0x202, |sum, name| Some(sum | FLAGS.iter().find(|(known, _)| *known == name)?.1))
}

/// An unsigned number, hexadecimal after `0x`, negative after `-`.
fn parse_number(text: &str) -> Option<u128> {
    if let Some(rest) = text.strip_prefix('-') {
        return parse_number(rest).map(u128::wrapping_neg);
    }
    match text.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A number, or a window name with an offset: `data`, `stack+0x10`, `data.end-4`.
pub fn parse_value(text: &str) -> Option<u128> {
    for window in WINDOWS {
        let Some(rest) = text.strip_prefix(window.name) else { continue };
        let (base, rest) = match rest.strip_prefix(".end") {
            Some(rest) => (window.base + window.size as u64, rest),
            None => (window.base, rest),
        };
        let offset = if rest.is_empty() { 0 } else { parse_number(rest.trim_start_matches('+'))? };
        return Some(u128::from(base).wrapping_add(offset));
    }
    parse_number(text)
}

/// An x87 register: `3fff:8000000000000000` (sign and exponent, significand).
fn parse_f80(text: &str) -> Option<F80> {
    let (head, mantissa) = text.split_once(':')?;
    Some(F80 {
        mantissa: u64::from_str_radix(mantissa, 16).ok()?,
        sign_exponent: u16::from_str_radix(head, 16).ok()?,
    })
}

fn parse_bytes(text: &str) -> Option<Vec<u8>> {
    text.len().is_multiple_of(2).then_some(())?;
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

/// Applies one `name=value` word. `None` if it makes no sense.
pub fn apply(state: &mut State, name: &str, value: &str) -> Option<()> {
    if let Some(place) = name.strip_prefix('[') {
        let address = parse_value(place.strip_suffix(']')?)? as u64;
        return state.memory.write(address, &parse_bytes(value)?).then_some(());
    }
    let index = |prefix: &str| name.strip_prefix(prefix)?.parse::<usize>().ok();
    match name {
        "flags" => state.flags = parse_flags(value)?,
        "mxcsr" => state.mxcsr = parse_number(value)? as u32,
        "cw" => state.fpu.cw = parse_number(value)? as u16,
        "sw" => state.fpu.sw = parse_number(value)? as u16,
        "used" => state.fpu.used = parse_number(value)? as u8,
        "rip" => state.rip = parse_value(value)? as u64,
        _ => {
            if let Some(i) = index("xmm").filter(|i| *i < 16) {
                state.xmm[i] = parse_number(value)?;
            } else if let Some(i) = index("upper").filter(|i| *i < 16) {
                state.upper[i] = parse_number(value)?;
            } else if let Some(i) = index("st").filter(|i| *i < 8) {
                state.fpu.st[i] = parse_f80(value)?;
                state.fpu.used |= 1 << ((usize::from(state.fpu.sw >> 11) + i) & 7);
            } else if let Some(i) = GPR32.iter().position(|known| *known == name) {
                state.gpr[i] = u64::from(parse_value(value)? as u32);
            } else {
                let i = GPR.iter().position(|known| *known == name)?;
                state.gpr[i] = parse_value(value)? as u64;
            }
        }
    }
    Some(())
}

fn place(address: u64) -> String {
    for window in WINDOWS {
        if (window.base..=window.base + window.size as u64).contains(&address) {
            let offset = address - window.base;
            return match offset {
                0 => window.name.into(),
                _ => format!("{}+{offset:#x}", window.name),
            };
        }
    }
    format!("{address:#x}")
}

fn stop_text(stop: Stop) -> Option<String> {
    match stop {
        Stop::Breakpoint => None,
        Stop::Syscall => Some("stop=syscall".into()),
        Stop::Endless => Some("stop=endless".into()),
        Stop::Signal { number, code, address } => {
            let name = match number {
                4 => "sigill",
                5 => "sigtrap",
                7 => "sigbus",
                8 => "sigfpe",
                11 => "sigsegv",
                _ => "signal",
            };
            Some(format!("stop={name}.{code:#x}@{}", place(address)))
        }
    }
}

/// What differs between `before` and `after` (flags in `undefined` apart), and why
/// the run stopped if not at the breakpoint after `end` code bytes.
pub fn changes(before: &State, after: &Outcome, undefined: u32, end: usize) -> String {
    let mut out = String::new();
    let state = &after.state;
    let mut word = |text: std::fmt::Arguments<'_>| {
        if !out.is_empty() {
            out.push(' ');
        }
        let _ = out.write_fmt(text);
    };
    if let Some(stop) = stop_text(after.stop) {
        word(format_args!("{stop}"));
    }
    if state.rip != CODE.base + end as u64 + 1 || after.stop != Stop::Breakpoint {
        word(format_args!("rip={}", place(state.rip)));
    }
    let names: &[&str] = if state.mode == Mode::Bits64 { &GPR } else { &GPR32 };
    for (i, name) in names.iter().enumerate() {
        if state.gpr[i] != before.gpr[i] {
            word(format_args!("{name}={:#x}", state.gpr[i]));
        }
    }
    if (state.flags ^ before.flags) & !undefined != 0 {
        word(format_args!("flags={}", flag_names(state.flags & !undefined)));
    }
    if state.fpu.cw != before.fpu.cw {
        word(format_args!("cw={:#x}", state.fpu.cw));
    }
    if state.fpu.sw != before.fpu.sw {
        word(format_args!("sw={:#x}", state.fpu.sw));
    }
    if state.fpu.used != before.fpu.used {
        word(format_args!("used={:#x}", state.fpu.used));
    }
    // Physical registers: a changed TOP alone changes none of them.
    for i in 0..8 {
        let top = |fpu: &crate::machine::Fpu| usize::from(fpu.sw >> 11 & 7);
        let old = before.fpu.st[(i + 8 - top(&before.fpu)) & 7];
        let new = state.fpu.st[(i + 8 - top(&state.fpu)) & 7];
        if old != new {
            word(format_args!("r{i}={:04x}:{:016x}", new.sign_exponent, new.mantissa));
        }
    }
    let vectors = if state.mode == Mode::Bits64 { 16 } else { 8 };
    for i in 0..vectors {
        if state.xmm[i] != before.xmm[i] {
            word(format_args!("xmm{i}={:#x}", state.xmm[i]));
        }
    }
    for i in 0..vectors {
        if state.upper[i] != before.upper[i] {
            word(format_args!("upper{i}={:#x}", state.upper[i]));
        }
    }
    if state.mxcsr != before.mxcsr {
        word(format_args!("mxcsr={:#x}", state.mxcsr));
    }
    for (i, window) in WRITABLE.iter().enumerate() {
        memory_changes(window, &before.memory.windows[i], &state.memory.windows[i], &mut word);
    }
    out
}

/// Runs of changed bytes, joined over gaps shorter than 8.
fn memory_changes(
    window: &Window,
    before: &[u8],
    after: &[u8],
    word: &mut impl FnMut(std::fmt::Arguments<'_>),
) {
    if before == after {
        return;
    }
    let changed: Vec<usize> = (0..window.size).filter(|i| before[*i] != after[*i]).collect();
    for run in changed.chunk_by(|a, b| b - a < 8) {
        let (first, last) = (run[0], run[run.len() - 1]);
        let bytes: String = after[first..=last].iter().map(|b| format!("{b:02x}")).collect();
        word(format_args!("[{}]={bytes}", place(window.base + first as u64)));
    }
}

/// The words that turn a fresh state (with `code`) into `state`.
pub fn inputs(state: &State, code: &[u8]) -> String {
    let fresh = State::new(state.mode, code);
    let mut registers = state.clone();
    // `changes` names x87 registers physically, inputs by stack position.
    registers.fpu.st = fresh.fpu.st;
    registers.fpu.used = fresh.fpu.used;
    registers.rip += code.len() as u64 + 1;
    let outcome = Outcome { stop: Stop::Breakpoint, state: registers };
    let mut out = changes(&fresh, &outcome, 0, code.len());
    for (i, st) in state.fpu.st.iter().enumerate() {
        if *st != fresh.fpu.st[i] {
            let _ = write!(out, " st{i}={:04x}:{:016x}", st.sign_exponent, st.mantissa);
        }
    }
    let _ = write!(out, " used={:#x}", state.fpu.used);
    if state.fpu.used == 0 && !out.contains("st0") {
        out = out.replace(" used=0x0", "");
    }
    out.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_read_back() {
        let mut state = State::new(Mode::Bits64, &[0x90]);
        state.gpr[3] = 0xffff_ffff_ffff_fff0;
        state.flags = 0x203;
        state.fpu.sw = 0x3000;
        state.fpu.used = 0x41;
        state.fpu.st[2] = F80 { mantissa: 1 << 63, sign_exponent: 0xbfff };
        state.xmm[9] = 7;
        state.upper[3] = 8;
        state.memory.write(DATA.base + 5, &[1, 2, 3]);
        let text = inputs(&state, &[0x90]);
        let mut again = State::new(Mode::Bits64, &[0x90]);
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap();
            apply(&mut again, name, value).unwrap_or_else(|| panic!("{word}"));
        }
        assert_eq!(again, state, "{text}");
    }

    #[test]
    fn values() {
        assert_eq!(parse_value("data.end-4"), Some(0x0200_1ffc));
        assert_eq!(parse_value("data.end+-4"), Some(0x0200_1ffc));
        assert_eq!(parse_value("-1"), Some(u128::MAX));
        assert_eq!(parse_value("stack+0x10"), Some(0x0300_0010));
        assert_eq!(parse_value("x"), None);
    }
}
