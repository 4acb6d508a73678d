//! Lazy arithmetic flags.
//!
//! A flag-setting operation stores its operands, its result and a *kind* in the
//! four `FLAG_*` slots; the six status flags are computed from them on demand.
//! Operand values may carry garbage above their width.

use crate::state::{CpuState, slot};

/// Carry.
pub const CF: u32 = 1;
/// Always one.
pub const ONE: u32 = 2;
/// Parity of the low byte.
pub const PF: u32 = 4;
/// Carry out of bit 3.
pub const AF: u32 = 0x10;
/// Zero.
pub const ZF: u32 = 0x40;
/// Sign.
pub const SF: u32 = 0x80;
/// Trap (single step).
pub const TF: u32 = 0x100;
/// Interrupts enabled; user code always sees it set.
pub const IF: u32 = 0x200;
/// Direction.
pub const DF: u32 = 0x400;
/// Signed overflow.
pub const OF: u32 = 0x800;
/// Alignment check.
pub const AC: u32 = 0x4_0000;
/// CPUID available (freely changeable).
pub const ID: u32 = 0x20_0000;
/// The six flags arithmetic sets.
pub const STATUS: u32 = CF | PF | AF | ZF | SF | OF;
/// User-changeable flags kept outside the lazy state and DF.
pub const OTHER: u32 = TF | AC | ID;
/// Not a flag of the processor: kept beside TF and AC while DS, ES, FS or GS of 32-bit
/// code is null, so that an access through it raises #GP. Every program starts with null FS and
/// GS: accesses through these have an operation before them that looks
/// ([`crate::ir::OpCode::NeedSegment`]); code with a null DS or ES is executed apart.
pub const NULL_SEGMENT: [u32; 6] = [1 << 28, 0, 0, 1 << 29, 1 << 30, 1 << 31];
/// Any of [`NULL_SEGMENT`].
pub const NULL_SEGMENTS: u32 = 0xf << 28;
/// Not a flag of the processor either: debug registers watch what the thread does, and engines return after each
/// instruction ([`crate::watch`]).
pub const WATCHED: u32 = 1 << 27;
/// What is kept beside the flags whatever a program loads into them.
pub const KEPT: u32 = NULL_SEGMENTS | WATCHED;
/// While one of these is set, instructions are executed one at a time and looked at.
pub const APART: u32 = TF | AC | NULL_SEGMENT[0] | NULL_SEGMENT[3] | WATCHED;

/// Kinds, in `FLAG_KIND`: the family in bits 2.., log2 of the width in bytes in
/// bits 1..0. `BITS` (0, the reset value) means `FLAG_R` holds the status flags.
pub mod kind {
    /// `FLAG_R` is the six flags themselves.
    pub const BITS: u64 = 0;
    /// r = a + b (+ carry).
    pub const ADD: u64 = 4;
    /// r = a - b (- borrow).
    pub const SUB: u64 = 8;
    /// r of AND, OR, XOR: CF = OF = AF = 0.
    pub const LOGIC: u64 = 12;
    /// r = x + 1; a is the carry before.
    pub const INC: u64 = 16;
    /// r = x - 1; a is the carry before.
    pub const DEC: u64 = 20;
    /// r = a << b, b in 1..width.
    pub const SHL: u64 = 24;
    /// r = a >> b unsigned.
    pub const SHR: u64 = 28;
    /// r = a >> b signed.
    pub const SAR: u64 = 32;
}

#[derive(Clone, Copy)]
struct Lazy {
    family: u64,
    width: u32,
    a: u64,
    b: u64,
    r: u64,
}

const MSB: u64 = 1 << 63;

impl Lazy {
    /// Loads with a and r moved so that their sign is bit 63 (b too, unless a count).
    #[inline(always)]
    fn of(state: &CpuState) -> Self {
        let kind = state.slots[slot::FLAG_KIND as usize];
        Self {
            family: kind & !3,
            width: 8 << (kind & 3),
            a: state.slots[slot::FLAG_A as usize],
            b: state.slots[slot::FLAG_B as usize],
            r: state.slots[slot::FLAG_R as usize],
        }
    }

    #[inline(always)]
    fn top(self, x: u64) -> u64 {
        x << (64 - self.width)
    }

    #[inline(always)]
    fn zf(self) -> bool {
        if self.family == kind::BITS { self.r as u32 & ZF != 0 } else { self.top(self.r) == 0 }
    }

    #[inline(always)]
    fn sf(self) -> bool {
        if self.family == kind::BITS { self.r as u32 & SF != 0 } else { self.top(self.r) & MSB != 0 }
    }

    #[inline(always)]
    fn pf(self) -> bool {
        if self.family == kind::BITS { self.r as u32 & PF != 0 } else { (self.r as u8).count_ones() & 1 == 0 }
    }

    #[inline(always)]
    fn cf(self) -> bool {
        let (a, b, r) = (self.a, self.b, self.r);
        match self.family {
            kind::ADD => self.top((a & b) | ((a | b) & !r)) & MSB != 0,
            kind::SUB => self.top((!a & b) | ((!a | b) & r)) & MSB != 0,
            kind::LOGIC => false,
            kind::INC | kind::DEC => a & 1 != 0,
            // The last bit shifted out: bit (width - count), nothing past the width.
            kind::SHL => b <= u64::from(self.width) && (a >> (u64::from(self.width) - b)) & 1 != 0,
            kind::SHR => (self.top(a) >> (64 - self.width)) >> (b - 1) & 1 != 0,
            kind::SAR => (((self.top(a) as i64) >> (64 - self.width)) >> (b - 1)) & 1 != 0,
            _ => r as u32 & CF != 0,
        }
    }

    #[inline(always)]
    fn of_flag(self) -> bool {
        let (a, b, r) = (self.a, self.b, self.r);
        match self.family {
            kind::ADD => self.top((a ^ r) & (b ^ r)) & MSB != 0,
            kind::SUB => self.top((a ^ b) & (a ^ r)) & MSB != 0,
            kind::LOGIC | kind::SAR => false,
            kind::INC => self.top(r) == MSB,
            kind::DEC => self.top(r) == MSB - (1 << (64 - self.width)),
            kind::SHL => (self.top(r) & MSB != 0) != self.cf(),
            kind::SHR => self.top(a) & MSB != 0 && b == 1,
            _ => r as u32 & OF != 0,
        }
    }

    fn af(self) -> bool {
        match self.family {
            kind::ADD | kind::SUB => (self.a ^ self.b ^ self.r) & 0x10 != 0,
            kind::INC => self.r & 0xf == 0,
            kind::DEC => self.r & 0xf == 0xf,
            kind::BITS => self.r as u32 & AF != 0,
            _ => false,
        }
    }

    fn bits(self) -> u32 {
        if self.family == kind::BITS {
            return self.r as u32 & STATUS;
        }
        let bit = |on: bool, mask: u32| if on { mask } else { 0 };
        bit(self.cf(), CF)
            | bit(self.pf(), PF)
            | bit(self.af(), AF)
            | bit(self.zf(), ZF)
            | bit(self.sf(), SF)
            | bit(self.of_flag(), OF)
    }
}

/// The six status flags of a lazy state given by its parts.
pub fn bits_of(kind: u64, a: u64, b: u64, r: u64) -> u32 {
    Lazy { family: kind & !3, width: 8 << (kind & 3), a, b, r }.bits()
}

/// The six status flags.
pub fn status_bits(state: &CpuState) -> u32 {
    Lazy::of(state).bits()
}

/// The six status flags of a lazy state that is not in a [`CpuState`].
pub fn status_of(a: u64, b: u64, r: u64, kind: u64) -> u32 {
    Lazy { family: kind & !3, width: 8 << (kind & 3), a, b, r }.bits()
}

/// Sets all six status flags from `bits`.
pub fn set_status(state: &mut CpuState, bits: u32) {
    state.slots[slot::FLAG_KIND as usize] = kind::BITS;
    state.slots[slot::FLAG_R as usize] = u64::from(bits & STATUS);
}

/// Replaces the flags in `mask` by those in `bits`, keeping the rest.
pub fn update(state: &mut CpuState, mask: u32, bits: u32) {
    let old = status_bits(state);
    set_status(state, (old & !mask) | (bits & mask));
}

/// The carry flag alone.
#[inline(always)]
pub fn carry(state: &CpuState) -> bool {
    Lazy::of(state).cf()
}

/// Whether condition `cc` (0..=15, in x86 encoding order) holds.
#[inline(always)]
pub fn condition(state: &CpuState, cc: u8) -> bool {
    let lazy = Lazy::of(state);
    let base = match cc >> 1 {
        0 => lazy.of_flag(),
        1 => lazy.cf(),
        2 => lazy.zf(),
        3 => lazy.cf() || lazy.zf(),
        4 => lazy.sf(),
        5 => lazy.pf(),
        6 => lazy.sf() != lazy.of_flag(),
        _ => lazy.zf() || lazy.sf() != lazy.of_flag(),
    };
    base != (cc & 1 != 0)
}

/// Condition codes by name, in encoding order.
pub mod cc {
    #![allow(missing_docs)]
    pub const O: u8 = 0;
    pub const B: u8 = 2;
    pub const AE: u8 = 3;
    pub const E: u8 = 4;
    pub const NE: u8 = 5;
    pub const BE: u8 = 6;
    pub const A: u8 = 7;
    pub const S: u8 = 8;
    pub const NS: u8 = 9;
    pub const P: u8 = 10;
    pub const NP: u8 = 11;
    pub const L: u8 = 12;
    pub const GE: u8 = 13;
    pub const LE: u8 = 14;
    pub const G: u8 = 15;
}
