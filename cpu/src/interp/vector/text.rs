//! PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM vol. 2, 4.1).

use super::lanes::split;

/// What a string comparison leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The index form's ECX.
    pub index: u32,
    /// The mask form's XMM0.
    pub mask: u128,
    /// CF, ZF, SF and OF at their EFLAGS places (AF and PF are 0).
    pub flags: u32,
}

/// A register as characters, the invalid ones past its end included.
struct Text {
    chars: [i32; 16],
    valid: usize,
}

impl Text {
    fn new(v: u128, imm: u8, length: Option<i64>) -> Text {
        let mut chars = [0; 16];
        let bytes: [u8; 16] = split(v);
        let words: [u16; 8] = split(v);
        let count = count(imm);
        for (i, c) in chars[..count].iter_mut().enumerate() {
            *c = match imm & 3 {
                0 => i32::from(bytes[i]),
                1 => i32::from(words[i]),
                2 => i32::from(bytes[i] as i8),
                _ => i32::from(words[i] as i16),
            };
        }
        let valid = match length {
            Some(length) => length.unsigned_abs().min(count as u64) as usize,
            None => chars[..count].iter().position(|&c| c == 0).unwrap_or(count),
        };
        Text { chars, valid }
    }
}

/// Characters in a register.
fn count(imm: u8) -> usize {
    if imm & 1 != 0 { 8 } else { 16 }
}

/// Compares. `lengths` are EAX and EDX (or RAX and RDX) for the explicit forms,
/// `None` for the null-terminated ones.
pub(crate) fn compare_strings(a: u128, b: u128, imm: u8, lengths: Option<(i64, i64)>) -> Found {
    let n = count(imm);
    let (x, y) = (Text::new(a, imm, lengths.map(|l| l.0)), Text::new(b, imm, lengths.map(|l| l.1)));
    let mut result = (0..n).fold(0u32, |bits, j| bits | u32::from(aggregate(&x, &y, imm, n, j)) << j);
    let all = (1u32 << n) - 1;
    let valid = (1u32 << y.valid) - 1;
    match imm >> 4 & 3 {
        1 => result ^= all,
        3 => result ^= valid,
        _ => {}
    }
    let last = imm & 0x40 != 0;
    let index = match result {
        0 => n as u32,
        r if last => 31 - r.leading_zeros(),
        r => r.trailing_zeros(),
    };
    let mask = if last { spread(result, n) } else { u128::from(result) };
    let flags = u32::from(result != 0)
        | u32::from(y.valid < n) << 6
        | u32::from(x.valid < n) << 7
        | (result & 1) << 11;
    Found { index, mask, flags }
}

/// Bit `j` of the intermediate result.
fn aggregate(x: &Text, y: &Text, imm: u8, n: usize, j: usize) -> bool {
    let valid = j < y.valid;
    match imm >> 2 & 3 {
        // Equal any: is character j of y in the set x?
        0 => valid && x.chars[..x.valid].contains(&y.chars[j]),
        // Ranges: x holds pairs of bounds; an odd last bound is ignored.
        1 => {
            let inside = |pair: &[i32]| pair.len() == 2 && (pair[0]..=pair[1]).contains(&y.chars[j]);
            valid && x.chars[..x.valid].chunks(2).any(inside)
        }
        // Equal each: both past the end counts as equal.
        2 => match (j < x.valid, valid) {
            (true, true) => x.chars[j] == y.chars[j],
            (a, b) => a == b,
        },
        // Equal ordered: does x start at j, as far as the register shows?
        _ => (0..n - j).all(|i| i >= x.valid || (i + j < y.valid && x.chars[i] == y.chars[i + j])),
    }
}

/// Bits to whole bytes or words of ones.
fn spread(bits: u32, n: usize) -> u128 {
    let width = 128 / n as u32;
    let lane = u128::MAX >> (128 - width);
    (0..n as u32).filter(|i| bits >> i & 1 != 0).fold(0, |mask, i| mask | lane << (i * width))
}
