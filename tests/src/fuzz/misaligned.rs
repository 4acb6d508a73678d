//! Bit 17 of MXCSR, with which AMD's processors allow misaligned operands. Others refuse to set it, and so does
//! the engine, which does not advertise it (MXCSR_MASK of FXSAVE).

use iced_x86::{Decoder, DecoderOptions, Mnemonic, Register};
use tawaki_cpu::Mode;

use super::byte;
use crate::machine::{Outcome, Stop, signal};

const MISALIGNED: u32 = 1 << 17;
/// Where FXRSTOR and XRSTOR find MXCSR (Intel SDM vol. 1, table 10-2).
const IN_IMAGE: u64 = 24;

/// Whether the engine refused to set it: hardware that has it went on.
pub fn refused(engine: &Outcome) -> bool {
    let Outcome { stop, state } = engine;
    if *stop != (Stop::Signal { number: signal::SIGSEGV, code: signal::SI_KERNEL, address: 0 }) {
        return false;
    }
    let code: Vec<u8> = (state.rip..state.rip + 15).map_while(|at| byte(state, at)).collect();
    let bits = if state.mode == Mode::Bits64 { 64 } else { 32 };
    let instruction = Decoder::with_ip(bits, &code, state.rip, DecoderOptions::NONE).decode();
    let offset = match instruction.mnemonic() {
        Mnemonic::Ldmxcsr | Mnemonic::Vldmxcsr => 0,
        Mnemonic::Fxrstor | Mnemonic::Fxrstor64 | Mnemonic::Xrstor | Mnemonic::Xrstor64 => IN_IMAGE,
        _ => return false,
    };
    let register = |register: Register, _, _| {
        // Segments begin at 0 here.
        let whole = register.full_register();
        let value = if whole.is_gpr() { state.gpr[whole.number()] } else { 0 };
        Some(if register.size() == 4 { u64::from(value as u32) } else { value })
    };
    let Some(address) = instruction.virtual_address(0, 0, register) else { return false };
    let bytes = [0, 1, 2, 3].map(|n| byte(state, address.wrapping_add(offset + n)).unwrap_or(0));
    u32::from_le_bytes(bytes) & !0xffff == MISALIGNED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{DATA, State};

    /// What the engine makes of `ldmxcsr [rdx]` with this value there.
    fn stopped(value: u32) -> Outcome {
        let mut state = State::new(Mode::Bits64, &[0x0f, 0xae, 0x12]);
        state.gpr[2] = DATA.base + 8;
        assert!(state.memory.write(DATA.base + 8, &value.to_le_bytes()));
        crate::engine::Emulated::default().run(&state, false)
    }

    #[test]
    fn only_that_bit_alone_is_the_processors_own() {
        assert!(refused(&stopped(0x2_1f80)));
        assert!(!refused(&stopped(0x1f80)));
        assert!(!refused(&stopped(0x6_0000)), "what no processor allows");
    }
}
