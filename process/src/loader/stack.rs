//! What a program finds on its stack: arguments, environment and the auxiliary
//! vector (System V ABI, process initialisation; Linux `create_elf_tables`).

use tawaki_abi::Errno;
use tawaki_abi::auxv::AT_NULL;
use tawaki_cpu::Mode;

/// Longest single argument or environment string with its NUL (`MAX_ARG_STRLEN`).
pub const MAX_STRING: usize = 128 * 1024;

/// Room that strings and pointers may always take.
const MIN_TOTAL: u64 = 128 * 1024;
/// Most they may take whatever the stack limit (3/4 of `_STK_LIM`).
const MAX_TOTAL: u64 = 6 * 1024 * 1024;

/// Bytes that arguments and environment may take under a stack limit (execve(2)).
pub fn limit(stack_limit: u64) -> u64 {
    (stack_limit / 4).clamp(MIN_TOTAL, MAX_TOTAL)
}

/// Bytes that these strings take, pointers included. E2BIG for a single one that is too long.
pub fn cost<'a>(strings: impl Iterator<Item = &'a [u8]>, mode: Mode) -> Result<u64, Errno> {
    let pointer = if mode == Mode::Bits64 { 8 } else { 4 };
    let mut total = 0u64;
    for string in strings {
        if string.len() >= MAX_STRING {
            return Err(Errno::E2BIG);
        }
        total += string.len() as u64 + 1 + pointer;
    }
    Ok(total)
}

/// The strings and numbers to lay out.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// Word size.
    pub mode: Mode,
    /// `AT_EXECFN`.
    pub execfn: &'a [u8],
    /// Arguments.
    pub argv: Vec<&'a [u8]>,
    /// Environment.
    pub envp: Vec<&'a [u8]>,
    /// `AT_PLATFORM`.
    pub platform: &'a [u8],
    /// `AT_RANDOM`.
    pub random: [u8; 16],
    /// Entries that need no pointer into the stack.
    pub auxv: Vec<(u64, u64)>,
}

/// Lays it out below `top` (exclusive). Returns the stack pointer and the bytes
/// from there to `top`.
pub fn build(top: u64, contents: &Contents<'_>) -> (u64, Vec<u8>) {
    use tawaki_abi::auxv::{AT_EXECFN, AT_PLATFORM, AT_RANDOM};
    let word = if contents.mode == Mode::Bits64 { 8 } else { 4 };
    // Strings, ascending: argv, envp, execfn, then one zero word at the very top.
    let mut strings: Vec<u8> = Vec::new();
    let mut offsets = Vec::new();
    let all = contents.argv.iter().chain(&contents.envp).chain(std::iter::once(&contents.execfn));
    for string in all {
        offsets.push(strings.len() as u64);
        strings.extend_from_slice(string);
        strings.push(0);
    }
    strings.extend_from_slice(&vec![0; word]);
    let strings_at = top - strings.len() as u64;
    let platform_at = (strings_at & !15) - (contents.platform.len() as u64 + 1).next_multiple_of(16);
    let random_at = platform_at - 16;

    let mut words: Vec<u64> = vec![contents.argv.len() as u64];
    let address = |i: usize| strings_at + offsets[i];
    words.extend((0..contents.argv.len()).map(address));
    words.push(0);
    words.extend((0..contents.envp.len()).map(|i| address(contents.argv.len() + i)));
    words.push(0);
    let pointers =
        [(AT_RANDOM, random_at), (AT_EXECFN, address(offsets.len() - 1)), (AT_PLATFORM, platform_at)];
    for &(tag, value) in contents.auxv.iter().chain(&pointers) {
        words.extend([tag, value]);
    }
    words.extend([AT_NULL, 0]);

    let sp = (random_at - (words.len() * word) as u64) & !15;
    let mut out = Vec::with_capacity((top - sp) as usize);
    for value in words {
        out.extend_from_slice(&value.to_le_bytes()[..word]);
    }
    out.resize((random_at - sp) as usize, 0);
    out.extend_from_slice(&contents.random);
    out.extend_from_slice(contents.platform);
    out.resize((strings_at - sp) as usize, 0);
    out.extend_from_slice(&strings);
    (sp, out)
}

/// Where the auxiliary vector lies in the bytes of [`build`].
pub fn auxv(contents: &Contents<'_>) -> std::ops::Range<usize> {
    let word = if contents.mode == Mode::Bits64 { 8 } else { 4 };
    // Argument count and two null pointers before it; three pointers and the end in it.
    let before = contents.argv.len() + contents.envp.len() + 3;
    let entries = contents.auxv.len() + 4;
    before * word..(before + 2 * entries) * word
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_abi::auxv::{AT_EXECFN, AT_PAGESZ};

    fn check(mode: Mode) {
        let contents = Contents {
            mode,
            execfn: b"/bin/x",
            argv: vec![b"x", b"", b"two"],
            envp: vec![b"A=1"],
            platform: b"i686",
            random: [9; 16],
            auxv: vec![(AT_PAGESZ, 4096)],
        };
        let top = 0x100_0000;
        let (sp, bytes) = build(top, &contents);
        assert_eq!(sp % 16, 0);
        assert_eq!(sp + bytes.len() as u64, top);
        let size = if mode == Mode::Bits64 { 8 } else { 4 };
        let word = |i: usize| {
            let mut w = [0; 8];
            w[..size].copy_from_slice(&bytes[i * size..(i + 1) * size]);
            u64::from_le_bytes(w)
        };
        let string = |addr: u64| {
            let from = (addr - sp) as usize;
            let len = bytes[from..].iter().position(|&b| b == 0).unwrap_or(0);
            &bytes[from..from + len]
        };
        assert_eq!(word(0), 3);
        assert_eq!(string(word(1)), b"x");
        assert_eq!(string(word(2)), b"");
        assert_eq!(string(word(3)), b"two");
        assert_eq!(word(4), 0);
        assert_eq!(string(word(5)), b"A=1");
        assert_eq!(word(6), 0);
        assert_eq!((word(7), word(8)), (AT_PAGESZ, 4096));
        assert_eq!(auxv(&contents).start, 7 * size);
        assert_eq!(auxv(&contents).end, 17 * size);
        assert_eq!((word(15), word(16)), (0, 0));
        assert_eq!(word(11), AT_EXECFN);
        assert_eq!(string(word(12)), b"/bin/x");
    }

    #[test]
    fn both_widths() {
        check(Mode::Bits64);
        check(Mode::Bits32);
    }

    #[test]
    fn limits() {
        assert_eq!(limit(8 << 20), 2 << 20);
        assert_eq!(limit(0), 128 * 1024);
        assert_eq!(limit(u64::MAX), 6 << 20);
        let long = vec![b'x'; MAX_STRING];
        assert_eq!(cost([&long[..]].into_iter(), Mode::Bits64), Err(Errno::E2BIG));
    }
}
