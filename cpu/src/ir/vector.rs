//! Vector (MMX, SSE) and x87 operations: the second-level table under
//! [`OpCode::Vector`](super::OpCode::Vector), selected by `Op::e`.
//!
//! A row is the operation and what it computes; the enum, the printer and the
//! interpreter (`crate::interp::vector`) derive from it. Three shapes:
//!
//! | section | operands | row |
//! |---|---|---|
//! | `lanes` | vectors d, a, b; immediate byte imm | `d = f(a, b, imm)` |
//! | `floats` | the same, and MXCSR `m` | `d = f(m, a, b, imm)`, `None` is #XM |
//! | `others` | as the row says | a function of state, memory and operation |
//!
//! For SSE instructions `a` is the destination's old value and `b` the source.
//! Vectors are numbered XMM0..15, then 16 temporaries, then the upper halves of both
//! ([`UPPER`]). A memory operand's address is
//! `slot a + (slot b << c) + imm`, wrapped to 32 bits in i386 programs.

/// First vector temporary.
pub const VECTOR_TEMP: u8 = 16;
/// Set in the number of the upper half of a YMM register, or of a temporary that holds
/// one: an instruction on 256 bits is two operations, with and without it.
pub const UPPER: u8 = 32;

/// Bits of `imm` of the operations whose shape the instruction's table does not fix.
pub mod avx_shape {
    #![allow(missing_docs)]
    /// GATHER: log2 of the scale.
    pub const SCALE: i64 = 3;
    /// Lanes of 64 bits, else 32.
    pub const WIDE_LANES: i64 = 1 << 2;
    /// MASKMOV: 256 bits, else 128.
    pub const WHOLE: i64 = 1 << 3;
    /// GATHER: indices of 64 bits, else 32.
    pub const WIDE_INDEX: i64 = 1 << 4;
    /// GATHER: base and index are added in 32 bits.
    pub const NARROW_ADDRESS: i64 = 1 << 5;
    /// GATHER: first bit of the number of lanes.
    pub const COUNT: u32 = 8;
    /// GATHER: first bit of the slot of the segment base.
    pub const SEGMENT: u32 = 16;
    /// FMA: only the low lane.
    pub const SCALAR: i64 = 1;
    /// FMA: the product's sign is flipped.
    pub const NEGATE: i64 = 1 << 1;
    /// FMA: even lanes subtract the addend.
    pub const SUBTRACT_EVEN: i64 = 1 << 3;
    /// FMA: odd lanes do.
    pub const SUBTRACT_ODD: i64 = 1 << 4;
}

/// Calls a macro with every vector operation.
#[macro_export]
macro_rules! for_each_vec_op {
    ($m:ident) => {
        $m! {
            lanes {
            // Bitwise.
            (Pand, |a, b, _| a & b)
            (Pandn, |a, b, _| !a & b)
            (Por, |a, b, _| a | b)
            (Pxor, |a, b, _| a ^ b)
            // Add and subtract.
            (Paddb, |a, b, _| zip_u8(a, b, |x, y| x + y))
            (Paddw, |a, b, _| zip_u16(a, b, |x, y| x + y))
            (Paddd, |a, b, _| zip_u32(a, b, |x, y| x + y))
            (Paddq, |a, b, _| zip_u64(a, b, |x, y| x + y))
            (Psubb, |a, b, _| zip_u8(a, b, |x, y| x - y))
            (Psubw, |a, b, _| zip_u16(a, b, |x, y| x - y))
            (Psubd, |a, b, _| zip_u32(a, b, |x, y| x - y))
            (Psubq, |a, b, _| zip_u64(a, b, |x, y| x - y))
            (Paddsb, |a, b, _| zip_i8(a, b, |x, y| x.saturating_add(y)))
            (Paddsw, |a, b, _| zip_i16(a, b, |x, y| x.saturating_add(y)))
            (Paddusb, |a, b, _| zip_u8(a, b, |x, y| x.saturating_add(y)))
            (Paddusw, |a, b, _| zip_u16(a, b, |x, y| x.saturating_add(y)))
            (Psubsb, |a, b, _| zip_i8(a, b, |x, y| x.saturating_sub(y)))
            (Psubsw, |a, b, _| zip_i16(a, b, |x, y| x.saturating_sub(y)))
            (Psubusb, |a, b, _| zip_u8(a, b, |x, y| x.saturating_sub(y)))
            (Psubusw, |a, b, _| zip_u16(a, b, |x, y| x.saturating_sub(y)))
            // Multiply.
            (Pmullw, |a, b, _| zip_u16(a, b, |x, y| x * y))
            (Pmulld, |a, b, _| zip_u32(a, b, |x, y| x * y))
            (Pmulhw, |a, b, _| zip_i16(a, b, |x, y| (x.cast::<i32>() * y.cast::<i32>() >> 16).cast()))
            (Pmulhuw, |a, b, _| zip_u16(a, b, |x, y| (x.cast::<u32>() * y.cast::<u32>() >> 16).cast()))
            (Pmulhrsw, |a, b, _| zip_i16(a, b, |x, y| ((x.cast::<i32>() * y.cast::<i32>() >> 14) + Simd::splat(1) >> 1).cast()))
            (Pmuludq, |a, b, _| zip_u64(a, b, |x, y| (x & Simd::splat(0xffff_ffff)) * (y & Simd::splat(0xffff_ffff))))
            (Pmuldq, |a, b, _| zip_i64(a, b, |x, y| (x << 32 >> 32) * (y << 32 >> 32)))
            (Pmaddwd, |a, b, _| zip_i32(a, b, multiply_add_words))
            (Pmaddubsw, |a, b, _| zip_i16(a, b, multiply_add_bytes))
            (Psadbw, |a, b, _| sum_of_differences(a, b))
            (Pavgb, |a, b, _| zip_u8(a, b, |x, y| (x | y) - ((x ^ y) >> 1)))
            (Pavgw, |a, b, _| zip_u16(a, b, |x, y| (x | y) - ((x ^ y) >> 1)))
            // Minimum and maximum.
            (Pminub, |a, b, _| zip_u8(a, b, |x, y| x.simd_min(y)))
            (Pmaxub, |a, b, _| zip_u8(a, b, |x, y| x.simd_max(y)))
            (Pminsb, |a, b, _| zip_i8(a, b, |x, y| x.simd_min(y)))
            (Pmaxsb, |a, b, _| zip_i8(a, b, |x, y| x.simd_max(y)))
            (Pminuw, |a, b, _| zip_u16(a, b, |x, y| x.simd_min(y)))
            (Pmaxuw, |a, b, _| zip_u16(a, b, |x, y| x.simd_max(y)))
            (Pminsw, |a, b, _| zip_i16(a, b, |x, y| x.simd_min(y)))
            (Pmaxsw, |a, b, _| zip_i16(a, b, |x, y| x.simd_max(y)))
            (Pminud, |a, b, _| zip_u32(a, b, |x, y| x.simd_min(y)))
            (Pmaxud, |a, b, _| zip_u32(a, b, |x, y| x.simd_max(y)))
            (Pminsd, |a, b, _| zip_i32(a, b, |x, y| x.simd_min(y)))
            (Pmaxsd, |a, b, _| zip_i32(a, b, |x, y| x.simd_max(y)))
            (Phminposuw, |_, b, _| minimum_position(b))
            // Compare.
            (Pcmpeqb, |a, b, _| zip_i8(a, b, |x, y| x.simd_eq(y).to_simd()))
            (Pcmpeqw, |a, b, _| zip_i16(a, b, |x, y| x.simd_eq(y).to_simd()))
            (Pcmpeqd, |a, b, _| zip_i32(a, b, |x, y| x.simd_eq(y).to_simd()))
            (Pcmpeqq, |a, b, _| zip_i64(a, b, |x, y| x.simd_eq(y).to_simd()))
            (Pcmpgtb, |a, b, _| zip_i8(a, b, |x, y| x.simd_gt(y).to_simd()))
            (Pcmpgtw, |a, b, _| zip_i16(a, b, |x, y| x.simd_gt(y).to_simd()))
            (Pcmpgtd, |a, b, _| zip_i32(a, b, |x, y| x.simd_gt(y).to_simd()))
            (Pcmpgtq, |a, b, _| zip_i64(a, b, |x, y| x.simd_gt(y).to_simd()))
            // Shifts: the count is all 64 low bits of the source.
            (Psllw, |a, b, _| shift(b, 16, |n| map_u16(a, |x| x << Simd::splat(n as u16))).unwrap_or(0))
            (Pslld, |a, b, _| shift(b, 32, |n| map_u32(a, |x| x << Simd::splat(n as u32))).unwrap_or(0))
            (Psllq, |a, b, _| shift(b, 64, |n| map_u64(a, |x| x << Simd::splat(n as u64))).unwrap_or(0))
            (Psrlw, |a, b, _| shift(b, 16, |n| map_u16(a, |x| x >> Simd::splat(n as u16))).unwrap_or(0))
            (Psrld, |a, b, _| shift(b, 32, |n| map_u32(a, |x| x >> Simd::splat(n as u32))).unwrap_or(0))
            (Psrlq, |a, b, _| shift(b, 64, |n| map_u64(a, |x| x >> Simd::splat(n as u64))).unwrap_or(0))
            (Psraw, |a, b, _| map_i16(a, |x| x >> Simd::splat((b as u64).min(15) as i16)))
            (Psrad, |a, b, _| map_i32(a, |x| x >> Simd::splat((b as u64).min(31) as i32)))
            // The same with an immediate count.
            (PsllwI, |a, _, n| if n < 16 { map_u16(a, |x| x << Simd::splat(u16::from(n))) } else { 0 })
            (PslldI, |a, _, n| if n < 32 { map_u32(a, |x| x << Simd::splat(u32::from(n))) } else { 0 })
            (PsllqI, |a, _, n| if n < 64 { map_u64(a, |x| x << Simd::splat(u64::from(n))) } else { 0 })
            (PsrlwI, |a, _, n| if n < 16 { map_u16(a, |x| x >> Simd::splat(u16::from(n))) } else { 0 })
            (PsrldI, |a, _, n| if n < 32 { map_u32(a, |x| x >> Simd::splat(u32::from(n))) } else { 0 })
            (PsrlqI, |a, _, n| if n < 64 { map_u64(a, |x| x >> Simd::splat(u64::from(n))) } else { 0 })
            (PsrawI, |a, _, n| map_i16(a, |x| x >> Simd::splat(i16::from(n.min(15)))))
            (PsradI, |a, _, n| map_i32(a, |x| x >> Simd::splat(i32::from(n.min(31)))))
            (Pslldq, |a, _, n| if n < 16 { a << (u32::from(n) * 8) } else { 0 })
            (Psrldq, |a, _, n| if n < 16 { a >> (u32::from(n) * 8) } else { 0 })
            // Absolute value and sign.
            (Pabsb, |_, b, _| map_i8(b, |x| x.is_negative().select(-x, x)))
            (Pabsw, |_, b, _| map_i16(b, |x| x.is_negative().select(-x, x)))
            (Pabsd, |_, b, _| map_i32(b, |x| x.is_negative().select(-x, x)))
            (Psignb, |a, b, _| zip_i8(a, b, |x, y| y.simd_eq(Simd::splat(0)).select(y, y.is_negative().select(-x, x))))
            (Psignw, |a, b, _| zip_i16(a, b, |x, y| y.simd_eq(Simd::splat(0)).select(y, y.is_negative().select(-x, x))))
            (Psignd, |a, b, _| zip_i32(a, b, |x, y| y.simd_eq(Simd::splat(0)).select(y, y.is_negative().select(-x, x))))
            // Horizontal.
            (Phaddw, |a, b, _| horizontal_i16(a, b, |x, y| x + y))
            (Phaddsw, |a, b, _| horizontal_i16(a, b, |x, y| x.saturating_add(y)))
            (Phsubw, |a, b, _| horizontal_i16(a, b, |x, y| x - y))
            (Phsubsw, |a, b, _| horizontal_i16(a, b, |x, y| x.saturating_sub(y)))
            (Phaddd, |a, b, _| horizontal_i32(a, b, |x, y| x + y))
            (Phsubd, |a, b, _| horizontal_i32(a, b, |x, y| x - y))
            (MmxPhaddw, |a, b, _| horizontal_i16(low_pair(a, b), 0, |x, y| x + y))
            (MmxPhaddsw, |a, b, _| horizontal_i16(low_pair(a, b), 0, |x, y| x.saturating_add(y)))
            (MmxPhsubw, |a, b, _| horizontal_i16(low_pair(a, b), 0, |x, y| x - y))
            (MmxPhsubsw, |a, b, _| horizontal_i16(low_pair(a, b), 0, |x, y| x.saturating_sub(y)))
            (MmxPhaddd, |a, b, _| horizontal_i32(low_pair(a, b), 0, |x, y| x + y))
            (MmxPhsubd, |a, b, _| horizontal_i32(low_pair(a, b), 0, |x, y| x - y))
            (Mpsadbw, |a, b, imm| sliding_differences(a, b, imm))
            // Pack with saturation.
            (Packsswb, |a, b, _| shuffle::pack_words(a, b, -128, 127))
            (Packuswb, |a, b, _| shuffle::pack_words(a, b, 0, 255))
            (Packssdw, |a, b, _| shuffle::pack_dwords(a, b, -0x8000, 0x7fff))
            (Packusdw, |a, b, _| shuffle::pack_dwords(a, b, 0, 0xffff))
            (MmxPacksswb, |a, b, _| shuffle::pack_words(low_pair(a, b), 0, -128, 127))
            (MmxPackuswb, |a, b, _| shuffle::pack_words(low_pair(a, b), 0, 0, 255))
            (MmxPackssdw, |a, b, _| shuffle::pack_dwords(low_pair(a, b), 0, -0x8000, 0x7fff))
            // Interleave. The high 64 bits of a low interleave are MMX's high one.
            (Punpcklbw, |a, b, _| shuffle::interleave_u8(a, b, false))
            (Punpcklwd, |a, b, _| shuffle::interleave_u16(a, b, false))
            (Punpckldq, |a, b, _| shuffle::interleave_u32(a, b, false))
            (Punpcklqdq, |a, b, _| low_pair(a, b))
            (Punpckhbw, |a, b, _| shuffle::interleave_u8(a, b, true))
            (Punpckhwd, |a, b, _| shuffle::interleave_u16(a, b, true))
            (Punpckhdq, |a, b, _| shuffle::interleave_u32(a, b, true))
            (Punpckhqdq, |a, b, _| low_pair(a >> 64, b >> 64))
            (MmxPunpckhbw, |a, b, _| shuffle::interleave_u8(a, b, false) >> 64)
            (MmxPunpckhwd, |a, b, _| shuffle::interleave_u16(a, b, false) >> 64)
            (MmxPunpckhdq, |a, b, _| shuffle::interleave_u32(a, b, false) >> 64)
            // Shuffle.
            (Pshufd, |_, b, imm| shuffle::select_u32(b, b, imm))
            (Pshuflw, |_, b, imm| shuffle::low_words(b, imm))
            (Pshufhw, |_, b, imm| shuffle::high_words(b, imm))
            (Shufps, |a, b, imm| shuffle::select_u32(a, b, imm))
            (Shufpd, |a, b, imm| shuffle::select_u64(a, b, imm))
            (Pshufb, |a, b, _| shuffle::bytes(a, b, 15))
            (MmxPshufb, |a, b, _| shuffle::bytes(a, b, 7))
            (Palignr, |a, b, imm| shuffle::align(a, b, imm))
            (MmxPalignr, |a, b, imm| shuffle::shift_bytes(low_pair(b, a), imm))
            (Pblendw, |a, b, imm| shuffle::blend(a, b, imm, 16))
            (Blendps, |a, b, imm| shuffle::blend(a, b, imm & 15, 32))
            (Blendpd, |a, b, imm| shuffle::blend(a, b, imm & 3, 64))
            (Insertps, |a, b, imm| shuffle::insert_single(a, b, imm))
            // Moves between halves and lanes.
            (Mov, |_, b, _| b)
            (Movss, |a, b, _| a & !0xffff_ffff | b & 0xffff_ffff)
            (Movsd, |a, b, _| a >> 64 << 64 | b & LOW)
            (Movq, |_, b, _| b & LOW)
            (Movd, |_, b, _| b & 0xffff_ffff)
            (Movhlps, |a, b, _| a >> 64 << 64 | b >> 64)
            (Movlhps, |a, b, _| low_pair(a, b))
            (Movddup, |_, b, _| low_pair(b, b))
            (Movshdup, |_, b, _| shuffle::select_u32(b, b, 0b11_11_01_01))
            (Movsldup, |_, b, _| shuffle::select_u32(b, b, 0b10_10_00_00))
            // Insert a general register's low bits, which `b` holds.
            (Pinsrb, |a, b, imm| shuffle::insert(a, b, imm & 15, 8))
            (Pinsrw, |a, b, imm| shuffle::insert(a, b, imm & 7, 16))
            (MmxPinsrw, |a, b, imm| shuffle::insert(a, b, imm & 3, 16))
            (Pinsrd, |a, b, imm| shuffle::insert(a, b, imm & 3, 32))
            (Pinsrq, |a, b, imm| shuffle::insert(a, b, imm & 1, 64))
            // Extract a lane to the low bits, for a general register.
            (Pextrb, |_, b, imm| b >> (u32::from(imm & 15) * 8) & 0xff)
            (Pextrw, |_, b, imm| b >> (u32::from(imm & 7) * 16) & 0xffff)
            (MmxPextrw, |_, b, imm| b >> (u32::from(imm & 3) * 16) & 0xffff)
            (Pextrd, |_, b, imm| b >> (u32::from(imm & 3) * 32) & 0xffff_ffff)
            (Pextrq, |_, b, imm| b >> (u32::from(imm & 1) * 64) & LOW)
            (Pmovmskb, |_, b, _| u128::from(sign_mask_u8(b)))
            (Movmskps, |_, b, _| sign_mask(b, 32))
            (Movmskpd, |_, b, _| sign_mask(b, 64))
            // Widen.
            (Pmovsxbw, |_, b, _| widen!(i8, 8, i16, b))
            (Pmovsxbd, |_, b, _| widen!(i8, 4, i32, b))
            (Pmovsxbq, |_, b, _| widen!(i8, 2, i64, b))
            (Pmovsxwd, |_, b, _| widen!(i16, 4, i32, b))
            (Pmovsxwq, |_, b, _| widen!(i16, 2, i64, b))
            (Pmovsxdq, |_, b, _| widen!(i32, 2, i64, b))
            (Pmovzxbw, |_, b, _| widen!(u8, 8, u16, b))
            (Pmovzxbd, |_, b, _| widen!(u8, 4, u32, b))
            (Pmovzxbq, |_, b, _| widen!(u8, 2, u64, b))
            (Pmovzxwd, |_, b, _| widen!(u16, 4, u32, b))
            (Pmovzxwq, |_, b, _| widen!(u16, 2, u64, b))
            (Pmovzxdq, |_, b, _| widen!(u32, 2, u64, b))
            // AES, carry-less multiplication, SHA.
            (Aesenc, |a, b, _| crypto::aesenc(a, b))
            (Aesenclast, |a, b, _| crypto::aesenclast(a, b))
            (Aesdec, |a, b, _| crypto::aesdec(a, b))
            (Aesdeclast, |a, b, _| crypto::aesdeclast(a, b))
            (Aesimc, |_, b, _| crypto::aesimc(b))
            (Aeskeygenassist, |_, b, imm| crypto::aeskeygenassist(b, imm))
            (Pclmulqdq, |a, b, imm| crypto::pclmulqdq(a, b, imm))
            (Sha1nexte, |a, b, _| crypto::sha1nexte(a, b))
            (Sha1msg1, |a, b, _| crypto::sha1msg1(a, b))
            (Sha1msg2, |a, b, _| crypto::sha1msg2(a, b))
            (Sha1rnds4, |a, b, imm| crypto::sha1rnds4(a, b, imm))
            (Sha256msg1, |a, b, _| crypto::sha256msg1(a, b))
            (Sha256msg2, |a, b, _| crypto::sha256msg2(a, b))
            // AVX and AVX2: lanes chosen by a vector, and shifts of each lane by its own count.
            (Vpermilps, |a, b, _| shuffle::permute_u32(a, b))
            (Vpermilpd, |a, b, _| shuffle::permute_u64(a, b))
            (Psllvd, |a, b, _| zip_u32(a, b, |x, n| n.simd_lt(Simd::splat(32)).select(x << (n & Simd::splat(31)), Simd::splat(0))))
            (Psllvq, |a, b, _| zip_u64(a, b, |x, n| n.simd_lt(Simd::splat(64)).select(x << (n & Simd::splat(63)), Simd::splat(0))))
            (Psrlvd, |a, b, _| zip_u32(a, b, |x, n| n.simd_lt(Simd::splat(32)).select(x >> (n & Simd::splat(31)), Simd::splat(0))))
            (Psrlvq, |a, b, _| zip_u64(a, b, |x, n| n.simd_lt(Simd::splat(64)).select(x >> (n & Simd::splat(63)), Simd::splat(0))))
            (Psravd, |a, b, _| zip_i32(a, b, |x, n| x >> n.cast::<u32>().simd_min(Simd::splat(31)).cast::<i32>()))
            }
            floats {
            (Addss, |m, a, b, _| float::scalar::<f32>(m, Binary::Add, a, b))
            (Subss, |m, a, b, _| float::scalar::<f32>(m, Binary::Sub, a, b))
            (Mulss, |m, a, b, _| float::scalar::<f32>(m, Binary::Mul, a, b))
            (Divss, |m, a, b, _| float::scalar::<f32>(m, Binary::Div, a, b))
            (Minss, |m, a, b, _| float::scalar::<f32>(m, Binary::Min, a, b))
            (Maxss, |m, a, b, _| float::scalar::<f32>(m, Binary::Max, a, b))
            (Sqrtss, |m, a, b, _| float::sqrt::<f32>(m, false, a, b))
            (Cmpss, |m, a, b, imm| float::compare::<f32>(m, false, a, b, imm & 7))
            (Roundss, |m, a, b, imm| float::round::<f32>(m, false, a, b, imm))
            (Addsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Add, a, b))
            (Subsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Sub, a, b))
            (Mulsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Mul, a, b))
            (Divsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Div, a, b))
            (Minsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Min, a, b))
            (Maxsd, |m, a, b, _| float::scalar::<f64>(m, Binary::Max, a, b))
            (Sqrtsd, |m, a, b, _| float::sqrt::<f64>(m, false, a, b))
            (Cmpsd, |m, a, b, imm| float::compare::<f64>(m, false, a, b, imm & 7))
            (Roundsd, |m, a, b, imm| float::round::<f64>(m, false, a, b, imm))
            (Addps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Add, a, b))
            (Subps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Sub, a, b))
            (Mulps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Mul, a, b))
            (Divps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Div, a, b))
            (Minps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Min, a, b))
            (Maxps, |m, a, b, _| float::packed::<f32, 4>(m, Binary::Max, a, b))
            (Sqrtps, |m, a, b, _| float::sqrt::<f32>(m, true, a, b))
            (Cmpps, |m, a, b, imm| float::compare::<f32>(m, true, a, b, imm & 7))
            (Roundps, |m, a, b, imm| float::round::<f32>(m, true, a, b, imm))
            (Addpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Add, a, b))
            (Subpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Sub, a, b))
            (Mulpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Mul, a, b))
            (Divpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Div, a, b))
            (Minpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Min, a, b))
            (Maxpd, |m, a, b, _| float::packed::<f64, 2>(m, Binary::Max, a, b))
            (Sqrtpd, |m, a, b, _| float::sqrt::<f64>(m, true, a, b))
            (Cmppd, |m, a, b, imm| float::compare::<f64>(m, true, a, b, imm & 7))
            (Roundpd, |m, a, b, imm| float::round::<f64>(m, true, a, b, imm))
            (Addsubps, |m, a, b, _| float::add_sub::<f32>(m, a, b))
            (Haddps, |m, a, b, _| float::horizontal::<f32>(m, Binary::Add, a, b))
            (Hsubps, |m, a, b, _| float::horizontal::<f32>(m, Binary::Sub, a, b))
            (Dpps, |m, a, b, imm| float::dot_product::<f32>(m, a, b, imm))
            (Addsubpd, |m, a, b, _| float::add_sub::<f64>(m, a, b))
            (Haddpd, |m, a, b, _| float::horizontal::<f64>(m, Binary::Add, a, b))
            (Hsubpd, |m, a, b, _| float::horizontal::<f64>(m, Binary::Sub, a, b))
            (Dppd, |m, a, b, imm| float::dot_product::<f64>(m, a, b, imm))
            (Cvtss2sd, |m, a, b, _| convert::widen(m, b as u32).map(|r| a >> 64 << 64 | u128::from(r)))
            (Cvtsd2ss, |m, a, b, _| convert::narrow(m, b as u64).map(|r| a >> 32 << 32 | u128::from(r)))
            (Cvtps2pd, |m, _, b, _| convert::each(m, (32, 64, 2), b, |m, x| convert::widen(m, x as u32)))
            (Cvtpd2ps, |m, _, b, _| convert::each(m, (64, 32, 2), b, |m, x| convert::narrow(m, x).map(u64::from)))
            (Cvtdq2ps, |m, _, b, _| convert::each(m, (32, 32, 4), b, |m, x| convert::from_integer(m, Format::F32, x as i32 as i64)))
            (Cvtdq2pd, |m, _, b, _| convert::each(m, (32, 64, 2), b, |m, x| convert::from_integer(m, Format::F64, x as i32 as i64)))
            (Cvtpi2ps, |m, a, b, _| convert::each(m, (32, 32, 2), b, |m, x| convert::from_integer(m, Format::F32, x as i32 as i64)).map(|r| a >> 64 << 64 | r))
            (Cvtps2dq, |m, _, b, _| convert::each(m, (32, 32, 4), b, |m, x| convert::to_integer::<f32>(m, false, 32, x.into())))
            (Cvttps2dq, |m, _, b, _| convert::each(m, (32, 32, 4), b, |m, x| convert::to_integer::<f32>(m, true, 32, x.into())))
            (Cvtpd2dq, |m, _, b, _| convert::each(m, (64, 32, 2), b, |m, x| convert::to_integer::<f64>(m, false, 32, x.into())))
            (Cvttpd2dq, |m, _, b, _| convert::each(m, (64, 32, 2), b, |m, x| convert::to_integer::<f64>(m, true, 32, x.into())))
            (Cvtps2pi, |m, _, b, _| convert::each(m, (32, 32, 2), b, |m, x| convert::to_integer::<f32>(m, false, 32, x.into())))
            (Cvttps2pi, |m, _, b, _| convert::each(m, (32, 32, 2), b, |m, x| convert::to_integer::<f32>(m, true, 32, x.into())))
            // AVX: comparisons with 32 predicates. F16C.
            (Vcmpss, |m, a, b, imm| float::compare::<f32>(m, false, a, b, imm))
            (Vcmpsd, |m, a, b, imm| float::compare::<f64>(m, false, a, b, imm))
            (Vcmpps, |m, a, b, imm| float::compare::<f32>(m, true, a, b, imm))
            (Vcmppd, |m, a, b, imm| float::compare::<f64>(m, true, a, b, imm))
            (Cvtph2ps, |m, _, b, _| convert::each(m, (16, 32, 4), b, convert::widen_half))
            (Cvtps2ph, |m, _, b, imm| convert::each(m, (32, 16, 4), b, |m, x| convert::narrow_half(m, x, imm)))
            }
            others {
            // Moves between vectors, memory and general registers.
            (Load32, memory::load32, "d = u32 at the address, zero-extended")
            (Load64, memory::load64, "d = u64 at the address, zero-extended")
            (Load128, memory::load128, "d = u128 at the address, zero-extended")
            (Load128A, memory::load128_aligned, "d = u128 at the address; #GP if misaligned")
            (Store32, memory::store32, "u32 at the address = d")
            (Store64, memory::store64, "u64 at the address = d")
            (Store128, memory::store128, "u128 at the address = d")
            (Store128A, memory::store128_aligned, "u128 at the address = d; #GP if misaligned")
            (StoreHigh64, memory::store_high64, "u64 at the address = high half of d")
            (MaskedStore128, memory::masked_store128, "imm bytes at the address = a where the top bit of b is set")
            (FromGpr32, memory::from_gpr32, "d = slot a as u32")
            (FromGpr64, memory::from_gpr64, "d = slot a")
            (ToGpr32, memory::to_gpr32, "slot d = a as u32")
            (ToGpr64, memory::to_gpr64, "slot d = a as u64")
            (PmovmskbGpr, memory::pmovmskb, "slot d = top bits of the bytes of a")
            // MMX registers are index c; using one makes the x87 stack an MMX file.
            (MmxRead, memory::mmx_read, "d = MMX c; #MF if an exception is pending; no change of state")
            (MmxWrite, memory::mmx_write, "MMX c = a; enters MMX state")
            (MmxEnter, memory::mmx_enter, "enters MMX state")
            (Emms, memory::emms, "empties the x87 stack")
            // With a third operand or a result in the flags or general registers.
            (Pblendvb, compare::pblendvb, "d = b where the top bit of the byte of xmm c is set, else a")
            (Blendvps, compare::blendvps, "the same by 32-bit lanes")
            (Blendvpd, compare::blendvpd, "the same by 64-bit lanes")
            (Sha256rnds2, compare::sha256rnds2, "two rounds of SHA-256 on a, b with xmm c")
            (Ptest, compare::ptest, "ZF = (a & b == 0), CF = (!a & b == 0)")
            (Comiss, compare::comiss, "compares a with b: ZF PF CF")
            (Comisd, compare::comisd, "compares a with b: ZF PF CF")
            (Ucomiss, compare::ucomiss, "compares a with b: ZF PF CF")
            (Ucomisd, compare::ucomisd, "compares a with b: ZF PF CF")
            (Pcmpestri, compare::pcmpestri, "string comparison imm of a, b with lengths EAX, EDX (64 bits if d is 1)")
            (Pcmpestrm, compare::pcmpestrm, "the same, mask to XMM0")
            (Pcmpistri, compare::pcmpistri, "string comparison imm of a, b")
            (Pcmpistrm, compare::pcmpistrm, "the same, mask to XMM0")
            (Cvtss2si32, compare::cvtss2si32, "slot d = a as i32")
            (Cvtss2si64, compare::cvtss2si64, "slot d = a as i64")
            (Cvttss2si32, compare::cvttss2si32, "slot d = a as i32")
            (Cvttss2si64, compare::cvttss2si64, "slot d = a as i64")
            (Cvtsd2si32, compare::cvtsd2si32, "slot d = a as i32")
            (Cvtsd2si64, compare::cvtsd2si64, "slot d = a as i64")
            (Cvttsd2si32, compare::cvttsd2si32, "slot d = a as i32")
            (Cvttsd2si64, compare::cvttsd2si64, "slot d = a as i64")
            (Cvtsi2ss32, compare::cvtsi2ss32, "low lane of d = slot b as i32, the rest from a")
            (Cvtsi2ss64, compare::cvtsi2ss64, "low lane of d = slot b as i64, the rest from a")
            (Cvtsi2sd32, compare::cvtsi2sd32, "low lane of d = slot b as i32, the rest from a")
            (Cvtsi2sd64, compare::cvtsi2sd64, "low lane of d = slot b as i64, the rest from a")
            (Rcpss, compare::rcpss, "approximate reciprocal of b, the rest from a")
            (Rcpps, compare::rcpps, "approximate reciprocal of b, the rest from a")
            (Rsqrtss, compare::rsqrtss, "approximate reciprocal of b, the rest from a")
            (Rsqrtps, compare::rsqrtps, "approximate reciprocal of b, the rest from a")
            // AVX, AVX2 and FMA. A vector and its upper half are meant where it says so.
            (BothHalves, avx::both_halves, "#XM if float operation imm[31:16] on a, b, c or its twin on the upper halves raises one; immediates imm[7:0], imm[15:8]")
            (Fma, avx::fma, "d = a * b + c, signs and lanes by imm")
            (TestSigns, avx::test, "PTEST of a, b and the upper halves (if c) in the bits imm chooses: ZF CF")
            (Align32, avx::align32, "#GP unless the address is a multiple of 32")
            (Store256, avx::store256, "32 bytes at the address = d and its upper half")
            (MaskLoad, avx::mask_load, "lanes of d from the address in slot c where a has its sign, else 0; shape imm")
            (MaskStore, avx::mask_store, "lanes of d to the address in slot c where a has its sign; shape imm")
            (Gather, avx::gather, "lanes of d from slot c and the lanes of b where a has its sign; clears a; shape imm")
            (ZeroUpper, avx::zero_upper, "every upper half = 0, every register whole if d")
            (Permute8, avx::permute8, "d = the 32-bit lanes of b that a chooses; whole 256 bits")
            // SSE and x87 state.
            (Ldmxcsr, fxsave::ldmxcsr, "LDMXCSR")
            (Stmxcsr, fxsave::stmxcsr, "STMXCSR")
            (Fxsave, fxsave::fxsave, "FXSAVE")
            (Fxrstor, fxsave::fxrstor, "FXRSTOR")
            // x87, see `crate::helper::x87`.
            (FldM32, x87_memory::fld_m32, "FLD m32")
            (FldM64, x87_memory::fld_m64, "FLD m64")
            (FldM80, x87_memory::fld_m80, "FLD m80")
            (FildM16, x87_memory::fild_m16, "FILD m16")
            (FildM32, x87_memory::fild_m32, "FILD m32")
            (FildM64, x87_memory::fild_m64, "FILD m64")
            (Fbld, x87_memory::fbld, "FBLD")
            (FarithM32, x87_memory::arith_m32, "ST(0) op d= m32")
            (FarithM64, x87_memory::arith_m64, "ST(0) op d= m64")
            (FarithI16, x87_memory::arith_i16, "ST(0) op d= i16")
            (FarithI32, x87_memory::arith_i32, "ST(0) op d= i32")
            (FstM32, x87_memory::fst_m32, "FST m32; d pops")
            (FstM64, x87_memory::fst_m64, "FST m64; d pops")
            (FstM80, x87_memory::fst_m80, "FSTP m80")
            (FistM16, x87_memory::fist_m16, "FIST m16; d pops")
            (FistM32, x87_memory::fist_m32, "FIST m32; d pops")
            (FistM64, x87_memory::fist_m64, "FISTP m64")
            (FisttpM16, x87_memory::fisttp_m16, "FISTTP m16")
            (FisttpM32, x87_memory::fisttp_m32, "FISTTP m32")
            (FisttpM64, x87_memory::fisttp_m64, "FISTTP m64")
            (Fbstp, x87_memory::fbstp, "FBSTP")
            (Fldcw, x87_memory::fldcw, "FLDCW")
            (Fnstcw, x87_memory::fnstcw, "FNSTCW")
            (Fnstsw, x87_memory::fnstsw, "FNSTSW m16")
            (FnstswAx, x87_memory::fnstsw_ax, "slot d = status word")
            (Fnclex, x87_memory::fnclex, "FNCLEX")
            (Fninit, x87_memory::fninit, "FNINIT")
            (Fnstenv, x87_env::fnstenv, "FNSTENV; d: 16-bit form")
            (Fldenv, x87_env::fldenv, "FLDENV; d: 16-bit form")
            (Fnsave, x87_env::fnsave, "FNSAVE; d: 16-bit form")
            (Frstor, x87_env::frstor, "FRSTOR; d: 16-bit form")
            (FpuCode, x87_env::note_code, "last x87 instruction: address imm[47:0], opcode imm[58:48]")
            (FpuData, x87_env::note_data, "last x87 memory operand: the address, segment d")
            (Fwait, x87::fwait, "#MF if an exception is pending")
            (FarithSt, x87::arith_st, "ST(0) or ST(c) op d= the other")
            (FcomSt, x87::com_st, "compares ST(0), ST(c); d: pops")
            (FcomiSt, x87::comi_st, "the same into EFLAGS")
            (FldSt, x87::fld_st, "FLD ST(c)")
            (FstSt, x87::fst_st, "FST ST(c); d pops")
            (Fxch, x87::fxch, "FXCH ST(c)")
            (Fcmov, x87::fcmov, "ST(0) = ST(c) if slot a")
            (Fstack, x87::stack, "FFREE ST(c), FFREEP, FINCSTP, FDECSTP, FNOP, FSTPNCE by d")
            (Fxam, x87::fxam, "FXAM")
            (Fconst, x87::constant, "pushes constant d")
            (Fchs, x87_function::fchs, "FCHS")
            (Fabs, x87_function::fabs, "FABS")
            (Ftst, x87_function::ftst, "FTST")
            (Fsqrt, x87_function::fsqrt, "FSQRT")
            (Frndint, x87_function::frndint, "FRNDINT")
            (F2xm1, x87_function::f2xm1, "F2XM1")
            (Fscale, x87_function::fscale, "FSCALE")
            (Fyl2x, x87_function::fyl2x, "FYL2X")
            (Fyl2xp1, x87_function::fyl2xp1, "FYL2XP1")
            (Fpatan, x87_function::fpatan, "FPATAN")
            (Fprem, x87_function::fprem, "FPREM, FPREM1 if d")
            (Fsin, x87_function::fsin, "FSIN, FCOS if d")
            (Fsincos, x87_function::fsincos, "FSINCOS, FPTAN, FXTRACT by d")
            }
        }
    };
}

macro_rules! declare {
    (
        lanes { $(($lane:ident, |$la:pat_param, $lb:pat_param, $li:pat_param| $lane_body:expr))* }
        floats { $(($float:ident, |$fm:pat_param, $fa:pat_param, $fb:pat_param, $fi:pat_param| $float_body:expr))* }
        others { $(($other:ident, $path:path, $doc:literal))* }
    ) => {
        /// Vector operation codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum VecOp {
            $(#[doc = concat!("d = ", stringify!($lane_body))] $lane,)*
            $(#[doc = concat!("d = ", stringify!($float_body))] $float,)*
            $(#[doc = $doc] $other,)*
        }

        impl VecOp {
            /// Every operation, in order of its number.
            pub const ALL: &[VecOp] = &[$(VecOp::$lane,)* $(VecOp::$float,)* $(VecOp::$other,)*];
            /// Names, in the same order.
            pub const NAMES: &[&'static str] =
                &[$(stringify!($lane),)* $(stringify!($float),)* $(stringify!($other),)*];
        }
    };
}

for_each_vec_op!(declare);

impl VecOp {
    /// The operation with number `e`; there is no other way to make one, so the
    /// lookup does not fail.
    #[inline(always)]
    pub fn from_e(e: u16) -> VecOp {
        VecOp::ALL.get(e as usize).copied().unwrap_or(VecOp::Mov)
    }
}
