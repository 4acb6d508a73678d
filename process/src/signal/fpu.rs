//! Floating-point state as signal frames hold it: the 512-byte FXSAVE image and
//! the 112-byte FSAVE header before it in 32-bit frames (Intel SDM vol. 1, 10.5.1;
//! `struct _fpstate_32` in `asm/sigcontext.h`).

use tawaki_cpu::CpuState;
use tawaki_cpu::x87::{F80, X87State};

/// Bytes of an FXSAVE image.
pub const FXSAVE: usize = 512;
/// Bytes of the FSAVE header of a 32-bit frame.
pub const FSAVE: usize = 112;
/// MXCSR bits that may be set.
pub const MXCSR_MASK: u32 = 0xffff;

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    out[at..at + bytes.len()].copy_from_slice(bytes);
}

fn get<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

fn top(x87: &X87State) -> usize {
    usize::from(x87.sw >> 11 & 7)
}

/// The 10 bytes of a register.
fn f80_bytes(value: &F80) -> [u8; 10] {
    let mut out = [0; 10];
    out[..8].copy_from_slice(&value.mantissa.to_le_bytes());
    out[8..].copy_from_slice(&value.sign_exponent.to_le_bytes());
    out
}

fn f80_of(bytes: &[u8], at: usize) -> F80 {
    F80 {
        mantissa: u64::from_le_bytes(get(bytes, at)),
        sign_exponent: u16::from_le_bytes(get(bytes, at + 8)),
    }
}

/// The full tag of a register that is not empty.
fn tag_of(value: &F80) -> u16 {
    let exponent = value.sign_exponent & 0x7fff;
    if exponent == 0 && value.mantissa == 0 {
        1
    } else if exponent == 0 || exponent == 0x7fff || value.mantissa >> 63 == 0 {
        2
    } else {
        0
    }
}

/// The FXSAVE image of `cpu`; `xmms` is 16 in 64-bit code, 8 in 32-bit.
pub fn fxsave(cpu: &CpuState, xmms: usize) -> [u8; FXSAVE] {
    let mut out = [0; FXSAVE];
    let x87 = &cpu.x87;
    put(&mut out, 0, &x87.cw.to_le_bytes());
    put(&mut out, 2, &x87.sw.to_le_bytes());
    let abridged = (0..8).fold(0u8, |bits, i| bits | u8::from(x87.tw >> (2 * i) & 3 != 3) << i);
    out[4] = abridged;
    put(&mut out, 6, &x87.last_opcode.to_le_bytes());
    put(&mut out, 8, &x87.last_ip.to_le_bytes());
    put(&mut out, 16, &x87.last_dp.to_le_bytes());
    put(&mut out, 24, &cpu.mxcsr.to_le_bytes());
    put(&mut out, 28, &MXCSR_MASK.to_le_bytes());
    for i in 0..8 {
        put(&mut out, 32 + 16 * i, &f80_bytes(&x87.regs[(top(x87) + i) & 7]));
    }
    for (i, xmm) in cpu.xmm.iter().take(xmms.min(16)).enumerate() {
        put(&mut out, 160 + 16 * i, &xmm.to_le_bytes());
    }
    out
}

/// Loads an FXSAVE image.
pub fn fxrstor(cpu: &mut CpuState, image: &[u8; FXSAVE], xmms: usize) {
    let x87 = &mut cpu.x87;
    x87.cw = u16::from_le_bytes(get(image, 0));
    x87.sw = u16::from_le_bytes(get(image, 2));
    x87.last_opcode = u16::from_le_bytes(get(image, 6)) & 0x7ff;
    x87.last_ip = u64::from_le_bytes(get(image, 8));
    x87.last_dp = u64::from_le_bytes(get(image, 16));
    let top = top(x87);
    for i in 0..8 {
        x87.regs[(top + i) & 7] = f80_of(image, 32 + 16 * i);
    }
    x87.tw = (0..8).fold(0, |tags, i| {
        let tag = if image[4] >> i & 1 == 0 { 3 } else { tag_of(&x87.regs[i]) };
        tags | tag << (2 * i)
    });
    cpu.mxcsr = u32::from_le_bytes(get(image, 24)) & MXCSR_MASK;
    for i in 0..xmms.min(16) {
        cpu.xmm[i] = u128::from_le_bytes(get(image, 160 + 16 * i));
    }
}

/// The FSAVE header of a 32-bit frame.
pub fn fsave(cpu: &CpuState) -> [u8; FSAVE] {
    let mut out = [0; FSAVE];
    let x87 = &cpu.x87;
    let words = [
        0xffff_0000 | u32::from(x87.cw),
        0xffff_0000 | u32::from(x87.sw),
        0xffff_0000 | u32::from(x87.tw),
        x87.last_ip as u32,
        u32::from(x87.last_opcode) << 16 | 0x23,
        x87.last_dp as u32,
        0xffff_0000 | 0x2b,
    ];
    for (i, word) in words.iter().enumerate() {
        put(&mut out, 4 * i, &word.to_le_bytes());
    }
    for i in 0..8 {
        put(&mut out, 28 + 10 * i, &f80_bytes(&x87.regs[(top(x87) + i) & 7]));
    }
    // `status` repeats the status word; `magic` 0 says that an FXSAVE image follows.
    put(&mut out, 108, &x87.sw.to_le_bytes());
    out
}

/// Loads the x87 part from an FSAVE header (it wins over the FXSAVE image, as in Linux).
pub fn frstor(cpu: &mut CpuState, image: &[u8; FSAVE]) {
    let x87 = &mut cpu.x87;
    x87.cw = u16::from_le_bytes(get(image, 0));
    x87.sw = u16::from_le_bytes(get(image, 4));
    x87.tw = u16::from_le_bytes(get(image, 8));
    let top = top(x87);
    for i in 0..8 {
        x87.regs[(top + i) & 7] = f80_of(image, 28 + 10 * i);
    }
}

/// The state a handler starts with, and a program.
pub fn reset(cpu: &mut CpuState) {
    cpu.x87 = X87State::default();
    cpu.mxcsr = 0x1f80;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_cpu::Mode;

    #[test]
    fn images_round_trip() {
        let mut cpu = CpuState::new(Mode::Bits64);
        cpu.x87.sw = 0x3000 | 0x41;
        cpu.x87.tw = 0x3fff & !(3 << 12) | 3 << 14;
        cpu.x87.regs[6] = F80 { mantissa: 1 << 63 | 5, sign_exponent: 0xbfff };
        for i in 0..16 {
            cpu.xmm[i] = (i as u128) << 100 | 7;
        }
        cpu.mxcsr = 0x1f81;
        let mut other = CpuState::new(Mode::Bits64);
        fxrstor(&mut other, &fxsave(&cpu, 16), 16);
        assert_eq!(other.x87, cpu.x87);
        assert_eq!(other.xmm[..16], cpu.xmm[..16]);
        assert_eq!(other.mxcsr, cpu.mxcsr);
        let mut third = CpuState::new(Mode::Bits32);
        frstor(&mut third, &fsave(&cpu));
        assert_eq!(third.x87, cpu.x87);
    }
}
