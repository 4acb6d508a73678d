//! Seeded random numbers with a taste for edges.

use tawaki_cpu::x87::F80;

/// SplitMix64: small, seedable, good enough to choose operands.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n` (0 if `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits() % n as u64) as usize }
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// An integer near an edge of some width, a small one, or anything.
    pub fn integer(&mut self) -> u64 {
        let width = self.pick(&[8u32, 16, 32, 64]);
        let sign = 1u64 << (width - 1);
        let near = (self.below(5) as u64).wrapping_sub(2);
        match self.below(8) {
            0 => near,
            1 => sign.wrapping_add(near),
            2 => (sign << 1).wrapping_add(near),
            3 => sign.wrapping_neg().wrapping_add(near),
            4 => self.below(70) as u64,
            5 => 1 << self.below(64),
            6 => self.bits() >> self.below(64),
            _ => self.bits(),
        }
    }

    fn double(&mut self) -> u64 {
        let sign = self.bits() & 1 << 63;
        sign | match self.below(10) {
            0 => 0,
            1 => 0x7ff << 52,
            2 => 0x7ff8 << 48,
            3 => 0x7ff << 52 | self.bits() >> 13 | 1,
            4 => self.bits() >> 13,
            5 => 1 + (self.below(2) as u64) * ((1 << 52) - 1),
            6 => (self.below(4096) as f64 / 8.0).to_bits(),
            7 => (0x3ff + self.below(66) as u64) << 52 | self.bits() >> self.pick(&[13, 40, 62]),
            8 => 0x7fe << 52 | self.bits() >> 12,
            _ => self.bits() >> 1,
        }
    }

    fn single(&mut self) -> u32 {
        let sign = (self.bits() as u32) & 1 << 31;
        sign | match self.below(10) {
            0 => 0,
            1 => 0xff << 23,
            2 => 0x1ff << 22,
            3 => 0xff << 23 | (self.bits() as u32) >> 10 | 1,
            4 => (self.bits() as u32) >> 10,
            5 => 1 + (self.below(2) as u32) * ((1 << 23) - 1),
            6 => (self.below(4096) as f32 / 8.0).to_bits(),
            7 => (0x7f + self.below(66) as u32) << 23 | (self.bits() as u32) >> self.pick(&[10, 30]),
            8 => 0xfe << 23 | (self.bits() as u32) >> 9,
            _ => (self.bits() as u32) >> 1,
        }
    }

    /// A vector of singles, doubles or integers.
    pub fn vector(&mut self) -> u128 {
        match self.below(4) {
            0 => u128::from(self.bits()) << 64 | u128::from(self.bits()),
            1 => (0..4).map(|i| u128::from(self.single()) << (32 * i)).sum(),
            2 => u128::from(self.double()) << 64 | u128::from(self.double()),
            _ => u128::from(self.integer()) << 64 | u128::from(self.integer()),
        }
    }

    /// An x87 value of any kind, the unsupported encodings included.
    pub fn extended(&mut self) -> F80 {
        let sign = (self.bits() as u16) & 0x8000;
        let integer = 1 << 63;
        let (exponent, mantissa) = match self.below(12) {
            0 => (0, 0),
            1 => (0x7fff, integer),
            2 => (0x7fff, integer | 3 << 61 | self.bits() >> 2),
            3 => (0x7fff, integer | 1 | self.bits() >> 2),
            4 => (0, self.bits() >> 1),
            5 => (0, integer | self.bits()),
            6 => (self.bits() as u16 & 0x7fff, self.bits() >> 1),
            7 => (0x7ffe, u64::MAX),
            8 => (0x3fff + self.below(70) as u16, integer | self.bits() & u64::MAX << self.below(64)),
            9 => (0x3fff - self.below(20) as u16, integer),
            10 => (0x4000 + self.below(12) as u16, integer | self.bits() << self.pick(&[48, 52, 60])),
            _ => (self.bits() as u16 & 0x7fff, integer | self.bits()),
        };
        F80 { mantissa, sign_exponent: sign | exponent }
    }
}
