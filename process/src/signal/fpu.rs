//! Floating-point state as signal frames hold it: the 512-byte FXSAVE image and
//! the 112-byte FSAVE header before it in 32-bit frames (Intel SDM vol. 1, 10.5.1;
//! `struct _fpstate_32` in `asm/sigcontext.h`; `convert_from_fxsr` in Linux).

use tawaki_cpu::helper::fxsave::{MXCSR_MASK, fxsave_image, load_fxsave_image};
use tawaki_cpu::helper::x87_env::{SAVE32, fsave_image, load_fsave_image};
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
