//! AES-NI, PCLMULQDQ and the SHA extensions. Intel SDM vol. 2; FIPS 197 and 180-4.

use super::lanes::{join, split};

/// Multiplication by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1.
const fn double(a: u8) -> u8 {
    a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 }
}

const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    product
}

/// The S-box and its inverse (FIPS 197, 5.1.1): the inverse in the field, then an
/// affine map.
const fn boxes() -> ([u8; 256], [u8; 256]) {
    let (mut forward, mut backward) = ([0; 256], [0; 256]);
    // `p` runs through all elements but 0 as powers of 3, `q` through their inverses.
    let (mut p, mut q) = (1u8, 1u8);
    loop {
        p ^= double(p);
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        if q & 0x80 != 0 {
            q ^= 0x09;
        }
        let s = q ^ q.rotate_left(1) ^ q.rotate_left(2) ^ q.rotate_left(3) ^ q.rotate_left(4) ^ 0x63;
        forward[p as usize] = s;
        backward[s as usize] = p;
        if p == 1 {
            break;
        }
    }
    forward[0] = 0x63;
    backward[0x63] = 0;
    (forward, backward)
}

const BOXES: ([u8; 256], [u8; 256]) = boxes();
static FORWARD: [u8; 256] = BOXES.0;
static BACKWARD: [u8; 256] = BOXES.1;

/// A column of MixColumns for a byte in row 0; the other rows are rotations.
const fn columns(factors: [u8; 4], through: Option<[u8; 256]>) -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let s = match through {
            Some(through) => through[i],
            None => i as u8,
        };
        table[i] = u32::from_le_bytes([
            multiply(s, factors[0]),
            multiply(s, factors[1]),
            multiply(s, factors[2]),
            multiply(s, factors[3]),
        ]);
        i += 1;
    }
    table
}

static ENCRYPT: [u32; 256] = columns([2, 1, 1, 3], Some(BOXES.0));
static DECRYPT: [u32; 256] = columns([14, 9, 13, 11], Some(BOXES.1));
static UNMIX: [u32; 256] = columns([14, 9, 13, 11], None);

/// Each column from one byte of each row, `step` columns further on per row.
#[inline(always)]
fn round(table: &[u32; 256], a: u128, step: usize) -> u128 {
    let bytes: [u8; 16] = split(a);
    join::<[u32; 4]>(core::array::from_fn(|column| {
        (0..4).fold(0, |sum, row| {
            let byte = bytes[4 * ((column + row * step) & 3) + row];
            sum ^ table[usize::from(byte)].rotate_left(8 * row as u32)
        })
    }))
}

/// ShiftRows or its inverse, and substitution.
#[inline(always)]
fn last(table: &[u8; 256], a: u128, step: usize) -> u128 {
    let bytes: [u8; 16] = split(a);
    join::<[u8; 16]>(core::array::from_fn(|i| {
        let (column, row) = (i / 4, i % 4);
        table[usize::from(bytes[4 * ((column + row * step) & 3) + row])]
    }))
}

pub(super) fn aesenc(a: u128, b: u128) -> u128 {
    round(&ENCRYPT, a, 1) ^ b
}

pub(super) fn aesenclast(a: u128, b: u128) -> u128 {
    last(&FORWARD, a, 1) ^ b
}

pub(super) fn aesdec(a: u128, b: u128) -> u128 {
    round(&DECRYPT, a, 3) ^ b
}

pub(super) fn aesdeclast(a: u128, b: u128) -> u128 {
    last(&BACKWARD, a, 3) ^ b
}

pub(super) fn aesimc(b: u128) -> u128 {
    round(&UNMIX, b, 0)
}

pub(super) fn aeskeygenassist(b: u128, imm: u8) -> u128 {
    let words: [u32; 4] = split(b);
    let substitute =
        |word: u32| u32::from_le_bytes(word.to_le_bytes().map(|byte| FORWARD[usize::from(byte)]));
    let (one, three) = (substitute(words[1]), substitute(words[3]));
    let constant = u32::from(imm);
    join([one, one.rotate_right(8) ^ constant, three, three.rotate_right(8) ^ constant])
}

/// PCLMULQDQ: carry-less product of the halves `imm` chooses.
pub(super) fn pclmulqdq(a: u128, b: u128, imm: u8) -> u128 {
    let half = |v: u128, high: bool| if high { v >> 64 } else { v & u128::from(u64::MAX) };
    let (a, b) = (half(a, imm & 1 != 0), half(b, imm & 16 != 0) as u64);
    // Four bits of b at a time.
    let mut multiples = [0; 16];
    for i in 1..16usize {
        multiples[i] = multiples[i >> 1] << 1 ^ if i & 1 != 0 { a } else { 0 };
    }
    (0..16).rev().fold(0, |sum, i| sum << 4 ^ multiples[(b >> (4 * i) & 15) as usize])
}

/// Words, the most significant first, as the SHA instructions name them.
#[inline(always)]
fn words(v: u128) -> [u32; 4] {
    let [a, b, c, d]: [u32; 4] = split(v);
    [d, c, b, a]
}

#[inline(always)]
fn from_words([a, b, c, d]: [u32; 4]) -> u128 {
    join([d, c, b, a])
}

pub(super) fn sha1nexte(a: u128, b: u128) -> u128 {
    let rotated = ((a >> 96) as u32).rotate_left(30);
    let [w, x, y, z] = words(b);
    from_words([w.wrapping_add(rotated), x, y, z])
}

pub(super) fn sha1msg1(a: u128, b: u128) -> u128 {
    let ([w0, w1, w2, w3], [w4, w5, ..]) = (words(a), words(b));
    from_words([w2 ^ w0, w3 ^ w1, w4 ^ w2, w5 ^ w3])
}

pub(super) fn sha1msg2(a: u128, b: u128) -> u128 {
    let ([a0, a1, a2, a3], [_, w13, w14, w15]) = (words(a), words(b));
    let w16 = (a0 ^ w13).rotate_left(1);
    let w17 = (a1 ^ w14).rotate_left(1);
    let w18 = (a2 ^ w15).rotate_left(1);
    let w19 = (a3 ^ w16).rotate_left(1);
    from_words([w16, w17, w18, w19])
}

pub(super) fn sha1rnds4(state: u128, message: u128, imm: u8) -> u128 {
    let [mut a, mut b, mut c, mut d] = words(state);
    let mut e = 0u32;
    const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];
    for w in words(message) {
        let f = match imm & 3 {
            0 => b & c ^ !b & d,
            2 => b & c ^ b & d ^ c & d,
            _ => b ^ c ^ d,
        };
        let next = f
            .wrapping_add(a.rotate_left(5))
            .wrapping_add(w)
            .wrapping_add(e)
            .wrapping_add(K[usize::from(imm & 3)]);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    from_words([a, b, c, d])
}

/// Two rounds: `a` is CDGH, `b` is ABEF, the low half of `message` W + K of each.
pub(super) fn sha256rnds2(a: u128, b: u128, message: u128) -> u128 {
    let ([mut c, mut d, mut g, mut h], [mut a, mut b, mut e, mut f]) = (words(a), words(b));
    for wk in [message as u32, (message >> 32) as u32] {
        let choose = e & f ^ !e & g;
        let majority = a & b ^ a & c ^ b & c;
        let sigma1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let sigma0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let first = choose.wrapping_add(sigma1).wrapping_add(wk).wrapping_add(h);
        let next = first.wrapping_add(majority).wrapping_add(sigma0);
        (a, b, c, d, e, f, g, h) = (next, a, b, c, first.wrapping_add(d), e, f, g);
    }
    let _ = (c, d, g, h);
    from_words([a, b, e, f])
}

fn small_sigma0(w: u32) -> u32 {
    w.rotate_right(7) ^ w.rotate_right(18) ^ w >> 3
}

fn small_sigma1(w: u32) -> u32 {
    w.rotate_right(17) ^ w.rotate_right(19) ^ w >> 10
}

pub(super) fn sha256msg1(a: u128, b: u128) -> u128 {
    let ([w3, w2, w1, w0], w4) = (words(a), b as u32);
    from_words([
        w3.wrapping_add(small_sigma0(w4)),
        w2.wrapping_add(small_sigma0(w3)),
        w1.wrapping_add(small_sigma0(w2)),
        w0.wrapping_add(small_sigma0(w1)),
    ])
}

pub(super) fn sha256msg2(a: u128, b: u128) -> u128 {
    let ([a3, a2, a1, a0], [w15, w14, ..]) = (words(a), words(b));
    let w16 = a0.wrapping_add(small_sigma1(w14));
    let w17 = a1.wrapping_add(small_sigma1(w15));
    let w18 = a2.wrapping_add(small_sigma1(w16));
    let w19 = a3.wrapping_add(small_sigma1(w17));
    from_words([w19, w18, w17, w16])
}
