//! Which of two operands a fault names when both cannot be read. CMPS has two, and in which order it reads them is
//! the processor's own: one of AMD's reads bytes from the source first, and words and more from the destination.

use iced_x86::{Decoder, DecoderOptions, Mnemonic, Register};
use tawaki_cpu::Mode;

use crate::machine::{Outcome, Stop};

/// Whether hardware stopped at CMPS because of its destination, where the engine names the source: then what the
/// engine left, as if it had read the destination first.
pub fn destination_first(hardware: &Outcome, engine: &Outcome) -> Option<Outcome> {
    let (Stop::Signal { address: there, .. }, Stop::Signal { address: here, .. }) =
        (&hardware.stop, &engine.stop)
    else {
        return None;
    };
    let state = &engine.state;
    let code: Vec<u8> = (state.rip..state.rip + 15).map_while(|at| super::byte(state, at)).collect();
    let bits = if state.mode == Mode::Bits64 { 64 } else { 32 };
    let instruction = Decoder::with_ip(bits, &code, state.rip, DecoderOptions::NONE).decode();
    let size = match instruction.mnemonic() {
        Mnemonic::Cmpsb => 1,
        Mnemonic::Cmpsw => 2,
        Mnemonic::Cmpsd => 4,
        Mnemonic::Cmpsq => 8,
        _ => return None,
    };
    let register = |register: Register, _, _| {
        // Segments begin at 0 here.
        let whole = register.full_register();
        let value = if whole.is_gpr() { state.gpr[whole.number()] } else { 0 };
        Some(value & u64::MAX >> (64 - 8 * register.size().min(8)))
    };
    // An operand that reaches into the next page may fault there.
    let names = |operand, address: u64| {
        let first = instruction.virtual_address(operand, 0, register)?;
        (address.wrapping_sub(first) < size).then_some(())
    };
    names(0, *here)?;
    names(1, *there)?;
    Some(Outcome { stop: hardware.stop, state: state.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::State;

    const SOURCE: u64 = 0x1000;
    const DESTINATION: u64 = 0x2fff;

    fn stopped(code: &[u8]) -> Outcome {
        let mut state = State::new(Mode::Bits64, code);
        (state.gpr[1], state.gpr[6], state.gpr[7]) = (5, SOURCE, DESTINATION);
        crate::engine::Emulated::default().run(&state, false)
    }

    fn named(engine: &Outcome, at: u64) -> Outcome {
        let Stop::Signal { number, code, .. } = engine.stop else { panic!("{:?}", engine.stop) };
        Outcome { stop: Stop::Signal { number, code, address: at }, state: engine.state.clone() }
    }

    #[test]
    fn both_operands_of_cmps_may_be_named_and_nothing_else() {
        let engine = stopped(&[0xf3, 0x66, 0xa7]); // repe cmpsw
        for at in [DESTINATION, DESTINATION + 1] {
            let hardware = named(&engine, at);
            assert_eq!(destination_first(&hardware, &engine), Some(hardware));
        }
        for at in [DESTINATION - 1, DESTINATION + 2, SOURCE, 0] {
            assert_eq!(destination_first(&named(&engine, at), &engine), None);
        }
        // MOVS reads before it writes.
        let engine = stopped(&[0xf3, 0x66, 0xa5]);
        assert_eq!(destination_first(&named(&engine, DESTINATION), &engine), None);
    }
}
