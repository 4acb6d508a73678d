//! Moves of lanes: shuffles, interleaves, blends, inserts and extracts. All but
//! PSHUFB are a constant byte shuffle of two vectors.

use tawaki_cpu::ir::VecOp;

use super::Code;

/// Bytes of a shuffle: 0..15 from the first vector, 16..31 from the second.
type Bytes = [u8; 16];

/// The even lanes of `width` bytes of two vectors.
pub(super) fn even(width: u8) -> Bytes {
    core::array::from_fn(|i| (i as u8 / width) * 2 * width + i as u8 % width)
}

/// The odd lanes.
pub(super) fn odd(width: u8) -> Bytes {
    even(width).map(|byte| byte + width)
}

/// The low halves of two vectors.
pub(super) const LOW_PAIR: Bytes = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
/// The low half of the first vector, the high half of the second.
const LOW_HIGH: Bytes = [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31];

/// Lanes of `width` bytes by number: those of the second vector follow the first's.
fn lanes(width: u8, number: impl Fn(u8) -> u8) -> Bytes {
    core::array::from_fn(|i| {
        let i = i as u8;
        number(i / width) * width + i % width
    })
}

/// Alternates lanes of two vectors, from lane `from` on.
fn interleave(width: u8, from: u8) -> Bytes {
    lanes(width, |i| from + i / 2 + if i & 1 != 0 { 16 / width } else { 0 })
}

/// Sixteen bytes from byte `from` of two vectors in a row.
fn window(from: u8) -> Bytes {
    core::array::from_fn(|i| from + i as u8)
}

/// Lanes of the second vector where `mask` has a bit.
fn blend(width: u8, mask: u8) -> Bytes {
    lanes(width, |i| if mask >> i & 1 != 0 { i + 16 / width } else { i })
}

/// The two-bit field `i` of an immediate.
fn field(imm: u8, i: u8) -> u8 {
    imm >> (2 * i) & 3
}

/// Emits a shuffle.
pub(super) fn emit(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    let imm = c.imm;
    // Of both operands.
    let pair = match op {
        Punpcklbw => interleave(1, 0),
        Punpcklwd => interleave(2, 0),
        Punpckldq => interleave(4, 0),
        Punpcklqdq | Movlhps => LOW_PAIR,
        Punpckhbw => interleave(1, 8),
        Punpckhwd => interleave(2, 4),
        Punpckhdq => interleave(4, 2),
        Punpckhqdq => interleave(8, 1),
        Shufps => lanes(4, |i| field(imm, i) + if i < 2 { 0 } else { 4 }),
        Shufpd => lanes(8, |i| (imm >> i & 1) + 2 * i),
        Pblendw => blend(2, imm),
        Blendps => blend(4, imm & 15),
        Blendpd => blend(8, imm & 3),
        Movss => blend(4, 1),
        Movsd => blend(8, 1),
        Movhlps => lanes(8, |i| if i == 0 { 3 } else { 1 }),
        Pinsrb => lanes(1, |i| if i == imm & 15 { 16 } else { i }),
        Pinsrw => lanes(2, |i| if i == imm & 7 { 8 } else { i }),
        MmxPinsrw => lanes(2, |i| if i == imm & 3 { 8 } else { i }),
        Pinsrd => lanes(4, |i| if i == imm & 3 { 4 } else { i }),
        Pinsrq => lanes(8, |i| if i == imm & 1 { 2 } else { i }),
        _ => return emit_other(c, op),
    };
    c.ab().i8x16_shuffle(pair);
    true
}

fn emit_other(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    let (b, imm) = (c.b, c.imm);
    // Of the second operand alone.
    let single = match op {
        Pshufd => lanes(4, |i| field(imm, i)),
        Pshuflw => lanes(2, |i| if i < 4 { field(imm, i) } else { i }),
        Pshufhw => lanes(2, |i| if i < 4 { i } else { field(imm, i - 4) + 4 }),
        Movddup => lanes(8, |_| 0),
        Movshdup => lanes(4, |i| i | 1),
        Movsldup => lanes(4, |i| i & !1),
        _ => return emit_special(c, op),
    };
    c.get(b).local_get(b).i8x16_shuffle(single);
    true
}

/// `bytes` of the second operand and then zeros.
fn low_bytes(c: &mut Code<'_>, bytes: u32) {
    c.b();
    c.constant(u128::MAX >> (128 - 8 * bytes)).v128_and();
}

fn emit_special(c: &mut Code<'_>, op: VecOp) -> bool {
    use VecOp::*;
    let (a, b, imm) = (c.a, c.b, c.imm);
    match op {
        Mov => {
            c.b();
        }
        Movq => low_bytes(c, 8),
        Movd => low_bytes(c, 4),
        Pshufb => {
            c.ab();
            c.constant(0x8f * (u128::MAX / 255)).v128_and().i8x16_swizzle();
        }
        MmxPshufb => {
            c.ab();
            c.constant(0x87 * (u128::MAX / 255)).v128_and().i8x16_swizzle();
        }
        Pslldq | Psrldq if imm >= 16 => {
            c.zero();
        }
        Pslldq => {
            c.zero();
            c.a().i8x16_shuffle(window(16 - imm));
        }
        Psrldq => {
            c.a();
            c.zero().i8x16_shuffle(window(imm));
        }
        Palignr => match imm {
            0..=16 => {
                c.get(b).local_get(a).i8x16_shuffle(window(imm));
            }
            17..=31 => {
                c.a();
                c.zero().i8x16_shuffle(window(imm - 16));
            }
            _ => {
                c.zero();
            }
        },
        MmxPalignr if imm >= 16 => {
            c.zero();
        }
        MmxPalignr => {
            c.get(b).local_get(a).i8x16_shuffle(LOW_PAIR);
            c.zero().i8x16_shuffle(window(imm));
        }
        MmxPacksswb | MmxPackuswb | MmxPackssdw => {
            c.ab().i8x16_shuffle(LOW_PAIR);
            c.zero();
            match op {
                MmxPacksswb => c.sink.i8x16_narrow_i16x8_s(),
                MmxPackuswb => c.sink.i8x16_narrow_i16x8_u(),
                _ => c.sink.i16x8_narrow_i32x4_s(),
            };
        }
        MmxPunpckhbw => high_of_low(c, interleave(1, 4)),
        MmxPunpckhwd => high_of_low(c, interleave(2, 2)),
        MmxPunpckhdq => high_of_low(c, interleave(4, 1)),
        Insertps => {
            let (to, from) = (imm >> 4 & 3, imm >> 6);
            c.ab().i8x16_shuffle(lanes(4, |i| if i == to { from + 4 } else { i }));
            if imm & 15 != 0 {
                let kept = |i: u32| if imm >> i & 1 == 0 { 0xffff_ffff << (32 * i) } else { 0u128 };
                c.constant((0..4).fold(0, |mask, i| mask | kept(i))).v128_and();
            }
        }
        Pextrb => extract(c, imm & 15, 1),
        Pextrw => extract(c, imm & 7, 2),
        MmxPextrw => extract(c, imm & 3, 2),
        Pextrd => extract(c, imm & 3, 4),
        Pextrq => extract(c, imm & 1, 8),
        _ => return false,
    }
    true
}

/// The low half of a shuffle, then zeros.
fn high_of_low(c: &mut Code<'_>, bytes: Bytes) {
    c.ab().i8x16_shuffle(bytes);
    c.zero().i8x16_shuffle(LOW_HIGH);
}

/// Lane `lane` of the second operand, then zeros.
fn extract(c: &mut Code<'_>, lane: u8, width: u8) {
    c.b();
    c.zero().i8x16_shuffle(core::array::from_fn(
        |i| {
            if (i as u8) < width { lane * width + i as u8 } else { 16 }
        },
    ));
}
