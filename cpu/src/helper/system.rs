//! CPUID, RDTSC, segment loads, BOUND and the wide compare-exchanges.

use super::xsave::{XSAVE_BASE, xcr0, xsave_size};
use crate::flags::{self, ZF};
use crate::ir::Op;
use crate::level::{Level, level};
use crate::mem::Access;
use crate::state::Segment;
use crate::state::slot::{RAX, RBX, RCX, RDX};
use crate::{CpuState, GuestMemory, Trap};

/// Bits of CPUID leaf 1 that are implemented.
pub mod features {
    /// Leaf 1 EDX: FPU, TSC, CX8, SEP-less, CMOV, CLFLUSH, MMX, FXSR, SSE, SSE2.
    pub const EDX: u32 = 1 | 1 << 4 | 1 << 8 | 1 << 15 | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;
    /// Leaf 1 ECX: CX16 (bit 13), MOVBE (22), XSAVE (26) and OSXSAVE (27); `VECTOR_ECX`
    /// adds what the vector code implements.
    pub const ECX: u32 = 1 << 13 | 1 << 22 | 1 << 26 | 1 << 27 | VECTOR_ECX;
    /// SSE3 (bit 0), SSSE3 (9), SSE4.1 (19), SSE4.2 (20), POPCNT (23): what x86-64-v2
    /// asks for. AES (25). `tests/native_vector.rs` compares each with a processor. PCLMULQDQ (1) is
    /// there too, but interpreted: checksums by tables, which programs have for processors without
    /// it, are several times as fast.
    pub const VECTOR_ECX: u32 = 1 | 1 << 9 | 1 << 19 | 1 << 20 | 1 << 23 | 1 << 25;
    /// Leaf 7 EBX: BMI1 (3), BMI2 (8), ADX (19), SHA (29), and fast REP MOVSB and STOSB
    /// (9), which are block copies here.
    pub const LEAF7_EBX: u32 = 1 << 3 | 1 << 8 | 1 << 9 | 1 << 19 | 1 << 29;
    /// Leaf 1 ECX of the level AVX2: FMA (12), AVX (28), F16C (29).
    pub const AVX_ECX: u32 = 1 << 12 | 1 << 28 | 1 << 29;
    /// Leaf 7 EBX of the level AVX2: AVX2 (5).
    pub const AVX_LEAF7_EBX: u32 = 1 << 5;
    /// Leaf 0x8000_0001 EDX: SYSCALL, NX, long mode.
    pub const EXT_EDX: u32 = 1 << 11 | 1 << 20 | 1 << 29;
    /// Leaf 0x8000_0001 ECX: LAHF in 64-bit mode, LZCNT (bit 5).
    pub const EXT_ECX: u32 = 1 | 1 << 5;
}

/// A cache as CPUID leaf 4 describes it. Sizes only steer the C library: below
/// them it copies with plain stores, which are the fast ones here.
struct CacheInfo {
    /// 1 data, 2 instructions, 3 both.
    kind: u32,
    level: u32,
    ways: u32,
    /// Sets of 64-byte lines.
    sets: u32,
}

const CACHES: [CacheInfo; 4] = [
    CacheInfo { kind: 1, level: 1, ways: 8, sets: 64 },
    CacheInfo { kind: 2, level: 1, ways: 8, sets: 64 },
    CacheInfo { kind: 3, level: 2, ways: 16, sets: 1024 },
    CacheInfo { kind: 3, level: 3, ways: 16, sets: 16384 },
];

impl CacheInfo {
    fn leaf(&self) -> [u32; 4] {
        // Bit 8: self-initialising; one thread, one core.
        let eax = self.kind | self.level << 5 | 1 << 8;
        [eax, (self.ways - 1) << 22 | (64 - 1), self.sets - 1, 0]
    }
}

const BRAND: &[u8; 48] = b"Tawaki x86 interpreter\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// CPUID: "GenuineIntel", because programs key optimisations on known vendors
/// and this one has the fewest special cases; family 6.
pub fn cpuid(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    let leaf = state.slots[RAX as usize] as u32;
    let subleaf = state.slots[RCX as usize] as u32;
    let avx = |bits: u32| if level() == Level::Avx2 { bits } else { 0 };
    let [a, b, c, d] = match leaf {
        // Largest leaf, and the vendor in EBX, EDX, ECX.
        0 => [0xd, 0x756e_6547, 0x6c65_746e, 0x4965_6e69],
        // Nehalem (06_1A): the first with SSE4.2, and the C library copies with
        // unaligned loads on it. CLFLUSH line of 64 bytes (8 * 8).
        1 => [0x106a5, 1 << 16 | 8 << 8, features::ECX | avx(features::AVX_ECX), features::EDX],
        // Caches: see leaf 4.
        2 => [0xff01, 0, 0, 0],
        4 => CACHES.get(subleaf as usize).map_or([0; 4], |cache| cache.leaf()),
        7 if subleaf == 0 => [0, features::LEAF7_EBX | avx(features::AVX_LEAF7_EBX), 0, 0],
        // What XSAVE holds, and where it puts the upper halves of the YMM registers.
        0xd if subleaf == 0 => [xcr0() as u32, xsave_size() as u32, xsave_size() as u32, 0],
        0xd if subleaf == 2 => [avx(256), avx(XSAVE_BASE as u32), 0, 0],
        0x8000_0000 => [0x8000_0008, 0, 0, 0],
        0x8000_0001 => [0, 0, features::EXT_ECX, features::EXT_EDX],
        0x8000_0002..=0x8000_0004 => {
            let at = (leaf - 0x8000_0002) as usize * 16;
            let word = |i: usize| {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(&BRAND[at + 4 * i..at + 4 * i + 4]);
                u32::from_le_bytes(bytes)
            };
            [word(0), word(1), word(2), word(3)]
        }
        // L2: 64-byte lines, 8-way, 1 MiB.
        0x8000_0006 => [0, 0, 1024 << 16 | 6 << 12 | 64, 0],
        // 32 physical, 48 linear address bits.
        0x8000_0008 => [48 << 8 | 32, 0, 0, 0],
        _ => [0; 4],
    };
    for (register, value) in [(RAX, a), (RBX, b), (RCX, c), (RDX, d)] {
        state.slots[register as usize] = u64::from(value);
    }
    Ok(())
}

/// RDTSC; with `imm` 1 RDTSCP, which also gives processor 0 in ECX.
pub fn rdtsc(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let now = state.time_stamp();
    state.slots[RAX as usize] = now & 0xffff_ffff;
    state.slots[RDX as usize] = now >> 32;
    if op.imm == 1 {
        state.slots[RCX as usize] = 0;
    }
    Ok(())
}

/// MOV or POP to a segment register: number `imm`, selector in slot a.
pub fn load_segment(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let selector = state.slots[op.a as usize] as u16;
    let segment = match op.imm {
        0 => Segment::Es,
        2 => Segment::Ss,
        3 => Segment::Ds,
        4 => Segment::Fs,
        5 => Segment::Gs,
        _ => return Err(Trap::GeneralProtection),
    };
    if state.load_segment(segment, selector) { Ok(()) } else { Err(Trap::GeneralProtection) }
}

/// BOUND: index in slot a, pair of bounds at address b, width log2 in c.
pub fn bound(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let index = state.slots[op.a as usize];
    let at = state.slots[op.b as usize];
    let (low, high, index) = if op.c == 1 {
        let pair = memory.load32(at)?;
        (i32::from(pair as i16), (pair as i32) >> 16, i32::from(index as i16))
    } else {
        let pair = memory.load64(at)?;
        (pair as i32, (pair >> 32) as i32, index as i32)
    };
    if index < low || index > high { Err(Trap::Bound) } else { Ok(()) }
}

fn pair(state: &CpuState, high: u8, low: u8) -> u64 {
    state.slots[high as usize] << 32 | state.slots[low as usize] & 0xffff_ffff
}

/// CMPXCHG8B: EDX:EAX with the 8 bytes at slot a, ECX:EBX the new value.
pub fn cmpxchg8b(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let expected = pair(state, RDX, RAX);
    let new = pair(state, RCX, RBX);
    let old = memory.atomic_cmpxchg(3, state.slots[op.a as usize], expected, new)?;
    if old == expected {
        flags::update(state, ZF, ZF);
    } else {
        state.slots[RAX as usize] = old & 0xffff_ffff;
        state.slots[RDX as usize] = old >> 32;
        flags::update(state, ZF, 0);
    }
    Ok(())
}

/// CMPXCHG16B: RDX:RAX with the 16 aligned bytes at slot a, RCX:RBX the new value.
pub fn cmpxchg16b(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let wide = |high: u8, low: u8, state: &CpuState| {
        u128::from(state.slots[high as usize]) << 64 | u128::from(state.slots[low as usize])
    };
    let at = state.slots[op.a as usize];
    if at & 15 != 0 {
        return Err(Trap::GeneralProtection);
    }
    memory.check(at, 16, Access::Write)?;
    let expected = wide(RDX, RAX, state);
    let new = wide(RCX, RBX, state);
    let old = memory.atomic_cmpxchg128(at, expected, new)?;
    if old == expected {
        flags::update(state, ZF, ZF);
    } else {
        state.slots[RAX as usize] = old as u64;
        state.slots[RDX as usize] = (old >> 64) as u64;
        flags::update(state, ZF, 0);
    }
    Ok(())
}

/// CRC32 (Castagnoli, reflected), bit by bit: rare enough.
pub fn crc32(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let mut crc = state.slots[op.a as usize] as u32;
    let value = state.slots[op.b as usize];
    for i in 0..1u32 << (op.c & 3) {
        crc ^= (value >> (8 * i)) as u8 as u32;
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 != 0 { 0x82f6_3b78 } else { 0 };
        }
    }
    state.slots[op.d as usize] = u64::from(crc);
    Ok(())
}

/// d = the selector of segment register `imm`.
pub fn read_segment(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let selector = state.segment.get(op.imm as usize).copied().unwrap_or(0);
    state.slots[op.d as usize] = u64::from(selector);
    Ok(())
}

/// A full memory fence.
pub fn fence(_: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    Ok(())
}
