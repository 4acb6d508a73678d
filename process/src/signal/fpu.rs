//! Floating-point state as signal frames hold it: the 512-byte FXSAVE image and
//! the 112-byte FSAVE header before it in 32-bit frames (Intel SDM vol. 1, 10.5.1;
//! `struct _fpstate_32` in `asm/sigcontext.h`; `convert_from_fxsr` in Linux).

use tawaki_cpu::helper::fxsave::{MXCSR_MASK, fxsave_image, load_fxsave_image};
use tawaki_cpu::helper::x87_env::{SAVE32, fsave_image, load_fsave_image};
use tawaki_cpu::helper::xsave::{XSAVE_BASE, load_xsave_image, xcr0, xsave_image, xsave_size};
use tawaki_cpu::state::{Segment, USER_DS};
use tawaki_cpu::x87::X87State;
use tawaki_cpu::{CpuState, Mode};

/// Bytes of an FXSAVE image.
pub const FXSAVE: usize = 512;
/// Bytes of the FSAVE header of a 32-bit frame.
pub const FSAVE: usize = 112;

/// The FXSAVE image of `cpu`, in the form with 64-bit pointers for a 64-bit program.
pub fn fxsave(cpu: &CpuState) -> [u8; FXSAVE] {
    fxsave_image(cpu, cpu.mode == Mode::Bits64)
}

/// Loads an FXSAVE image. Reserved bits of MXCSR are ignored.
pub fn fxrstor(cpu: &mut CpuState, mut image: [u8; FXSAVE]) {
    let [a, b, c, d] = [image[24], image[25], image[26], image[27]];
    image[24..28].copy_from_slice(&(u32::from_le_bytes([a, b, c, d]) & MXCSR_MASK).to_le_bytes());
    load_fxsave_image(cpu, &image, cpu.mode == Mode::Bits64);
}

/// `_fpx_sw_bytes` in bytes the processor leaves alone, and the word behind the image
/// (`FP_XSTATE_MAGIC1` and `2`): a frame with more than the FXSAVE image.
const SOFTWARE: usize = 464;
const MAGIC1: u32 = 0x4650_5853;
const MAGIC2: u32 = 0x4650_5845;

/// Whether frames have the registers that FXSAVE does not know (`UC_FP_XSTATE`).
pub fn extended() -> bool {
    xsave_size() > XSAVE_BASE
}

/// Bytes of [`area`].
pub fn area_size() -> usize {
    if extended() { xsave_size() + size_of_val(&MAGIC2) } else { FXSAVE }
}

/// What a frame holds of the floating-point state, at a multiple of 64: the FXSAVE image,
/// or the XSAVE image and a magic word.
pub fn area(cpu: &CpuState) -> Vec<u8> {
    if !extended() {
        return fxsave(cpu).to_vec();
    }
    let wide = cpu.mode == Mode::Bits64;
    let mut out = xsave_image(cpu, wide);
    let size = out.len() as u32;
    out.extend(MAGIC2.to_le_bytes());
    let whole = out.len() + if wide { 0 } else { FSAVE };
    let words = [MAGIC1, whole as u32, xcr0() as u32, (xcr0() >> 32) as u32, size];
    for (to, word) in out[SOFTWARE..].chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// The XSAVE image as tracers and core files have it (NT_X86_XSTATE): which components there can be is where
/// the processor leaves bytes alone. Nothing without [`extended`].
pub fn xstate(cpu: &CpuState) -> Vec<u8> {
    if !extended() {
        return Vec::new();
    }
    let mut out = xsave_image(cpu, cpu.mode == Mode::Bits64);
    out[SOFTWARE..SOFTWARE + 8].copy_from_slice(&xcr0().to_le_bytes());
    out
}

/// Loads such an image; `false` for one that is damaged.
pub fn load_xstate(cpu: &mut CpuState, bytes: &[u8]) -> bool {
    let mut fresh = cpu.clone();
    reset(&mut fresh);
    let good = load_xsave_image(&mut fresh, bytes, xcr0(), cpu.mode == Mode::Bits64);
    if good {
        *cpu = fresh;
    }
    good
}

/// Bytes of the area in a frame that begins with this FXSAVE image.
pub fn area_len(image: &[u8; FXSAVE]) -> usize {
    let [magic, whole, _, _, size] = software(image);
    let fits = size >= XSAVE_BASE as u32 && size <= xsave_size() as u32 && whole > size;
    if extended() && magic == MAGIC1 && fits { size as usize + size_of_val(&MAGIC2) } else { FXSAVE }
}

fn software(image: &[u8]) -> [u32; 5] {
    std::array::from_fn(|i| {
        let mut word = [0; 4];
        word.copy_from_slice(&image[SOFTWARE + 4 * i..][..4]);
        u32::from_le_bytes(word)
    })
}

/// Loads an area of [`area_len`] bytes. Components it does not have are as in a new
/// program; one that is damaged behind its FXSAVE image is only that (`check_xstate_in_sigframe`
/// in Linux). `false` for a header the processor refuses.
pub fn load_area(cpu: &mut CpuState, mut bytes: Vec<u8>) -> bool {
    let Some(image) = bytes.first_chunk::<FXSAVE>().copied() else { return false };
    let end = bytes.len().saturating_sub(size_of_val(&MAGIC2));
    cpu.xmm.fill(0);
    if bytes.len() == FXSAVE || bytes[end..] != MAGIC2.to_le_bytes() {
        fxrstor(cpu, image);
        return true;
    }
    bytes.truncate(end);
    bytes.resize(xsave_size(), 0);
    bytes[26..28].fill(0);
    let [_, _, low, high, _] = software(&image);
    let asked = (u64::from(low) | u64::from(high) << 32) & xcr0();
    reset(cpu);
    load_xsave_image(cpu, &bytes, asked, cpu.mode == Mode::Bits64)
}

/// The FSAVE header of a 32-bit frame.
pub fn fsave(cpu: &CpuState) -> [u8; FSAVE] {
    let mut x87 = cpu.x87.clone();
    // Linux makes the header from an FXSAVE image of the 64-bit form, and fills in
    // the selectors that the program has now.
    let pending = x87.sw & 0x80 != 0;
    x87.last_opcode = 0;
    x87.last_cs = cpu.segment[Segment::Cs as usize];
    x87.last_ds = USER_DS;
    if !pending {
        (x87.last_ip, x87.last_dp) = (0, 0);
    }
    let mut out = [0; FSAVE];
    out[..SAVE32].copy_from_slice(&fsave_image(&x87));
    // `status` repeats the status word; `magic` 0 says that an FXSAVE image follows.
    out[SAVE32..SAVE32 + 2].copy_from_slice(&x87.sw.to_le_bytes());
    out
}

/// Loads the x87 part from an FSAVE header (it wins over the FXSAVE image, as in Linux).
pub fn frstor(cpu: &mut CpuState, image: &[u8; FSAVE]) {
    let mut header = [0; SAVE32];
    header.copy_from_slice(&image[..SAVE32]);
    load_fsave_image(&mut cpu.x87, &header);
}

/// The state a handler starts with, and a program.
pub fn reset(cpu: &mut CpuState) {
    cpu.x87 = X87State::default();
    cpu.xmm.fill(0);
    cpu.mxcsr = 0x1f80;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_cpu::x87::F80;

    fn sample(mode: Mode) -> CpuState {
        let mut cpu = CpuState::new(mode);
        cpu.x87.sw = 0x3000 | 0x41;
        // The tag of a register in use is kept as 0, whatever it holds.
        cpu.x87.tw = 0x0fff;
        cpu.x87.regs[6] = F80 { mantissa: 1 << 63 | 5, sign_exponent: 0xbfff };
        cpu.x87.regs[7] = F80 { mantissa: 1 << 63, sign_exponent: 0x7fff };
        for i in 0..8 {
            cpu.xmm[i] = (i as u128) << 100 | 7;
        }
        cpu.mxcsr = 0x1f81;
        cpu
    }

    #[test]
    fn images_round_trip() {
        for mode in [Mode::Bits32, Mode::Bits64] {
            let cpu = sample(mode);
            let mut other = CpuState::new(mode);
            fxrstor(&mut other, fxsave(&cpu));
            assert_eq!(other.x87.regs, cpu.x87.regs);
            assert_eq!((other.x87.cw, other.x87.sw, other.x87.tw), (cpu.x87.cw, cpu.x87.sw, cpu.x87.tw));
            assert_eq!(other.xmm[..8], cpu.xmm[..8]);
            assert_eq!(other.mxcsr, cpu.mxcsr);
            let mut third = CpuState::new(mode);
            frstor(&mut third, &fsave(&cpu));
            assert_eq!(third.x87.regs, cpu.x87.regs);
            assert_eq!(third.x87.tw, cpu.x87.tw);
        }
    }

    #[test]
    fn header_has_the_processors_tags() {
        // ST(0) in R6 is valid, ST(1) in R7 an infinity: special.
        assert_eq!(fsave(&sample(Mode::Bits32))[8..10], 0x8fffu16.to_le_bytes());
    }

    #[test]
    fn unmasking_by_a_handler_makes_an_exception_pending() {
        let mut cpu = sample(Mode::Bits32);
        let mut image = fsave(&cpu);
        image[0] = 0x40;
        frstor(&mut cpu, &image);
        assert_eq!(cpu.x87.sw & 0x8081, 0x8081);
        let mut image = fxsave(&sample(Mode::Bits64));
        image[0] = 0x40;
        fxrstor(&mut cpu, image);
        assert_eq!(cpu.x87.sw & 0x8081, 0x8081);
    }
}
