//! Fetching and decoding guest instructions (`iced-x86`).

use iced_x86::{Decoder, DecoderError, DecoderOptions, Instruction};

use crate::mem::PAGE_SIZE;
use crate::{Fault, GuestMemory, Mode};

/// Longest x86 instruction in bytes.
pub const MAX_LENGTH: usize = 15;

/// Why no instruction came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes could not be fetched.
    Fault(Fault),
    /// Not an instruction: #UD, with the bytes seen.
    Invalid([u8; MAX_LENGTH], u8),
}

/// The number `iced-x86` wants for a mode.
pub fn bitness(mode: Mode) -> u32 {
    match mode {
        Mode::Bits32 => 32,
        Mode::Bits64 => 64,
    }
}

/// A window of instruction bytes, refilled page by page.
#[derive(Debug)]
pub struct Fetcher<'m> {
    memory: &'m GuestMemory,
    mode: Mode,
    /// Address of `bytes[0]`.
    start: u64,
    bytes: &'m mut Vec<u8>,
    second: Option<(u32, u32)>,
}

/// Bytes fetched at once: a block of ordinary code is seldom longer.
const WINDOW: u64 = 256;

impl<'m> Fetcher<'m> {
    /// A fetcher that has read nothing yet, with a buffer to read into.
    pub fn new(memory: &'m GuestMemory, mode: Mode, bytes: &'m mut Vec<u8>) -> Self {
        bytes.clear();
        Self { memory, mode, start: 0, bytes, second: None }
    }

    /// Decodes the instruction at `rip`. Bytes of the page after it are touched
    /// only when the instruction reaches into it.
    pub fn decode(&mut self, rip: u64) -> Result<Instruction, DecodeError> {
        let offset = rip.wrapping_sub(self.start);
        let page_left = PAGE_SIZE - (rip & (PAGE_SIZE - 1));
        if self.bytes.is_empty() || offset + MAX_LENGTH as u64 > self.bytes.len() as u64 {
            self.fill(rip, page_left.min(WINDOW))?;
        }
        let offset = (rip - self.start) as usize;
        let bytes = self.bytes.get(offset..).unwrap_or_default();
        let options = DecoderOptions::NONE;
        let mut decoder = Decoder::with_ip(bitness(self.mode), bytes, rip, options);
        let instruction = decoder.decode();
        match decoder.last_error() {
            DecoderError::None => Ok(instruction),
            // The instruction runs over the end of its page.
            DecoderError::NoMoreBytes if bytes.len() < MAX_LENGTH => self.decode_across(rip),
            _ => Err(self.invalid(bytes)),
        }
    }

    /// The page after the first that an instruction reached into, and its
    /// generation from before its bytes were read.
    pub fn second_page(&self) -> Option<(u32, u32)> {
        self.second
    }

    fn invalid(&self, bytes: &[u8]) -> DecodeError {
        let mut copy = [0; MAX_LENGTH];
        let len = bytes.len().min(MAX_LENGTH);
        copy[..len].copy_from_slice(&bytes[..len]);
        DecodeError::Invalid(copy, len as u8)
    }

    fn fill(&mut self, rip: u64, len: u64) -> Result<(), DecodeError> {
        self.start = rip;
        self.bytes.resize(len as usize, 0);
        if let Err(partial) = self.memory.fetch(rip, self.bytes) {
            self.bytes.truncate(partial.done as usize);
            if partial.done == 0 {
                return Err(DecodeError::Fault(partial.fault));
            }
        }
        Ok(())
    }

    fn decode_across(&mut self, rip: u64) -> Result<Instruction, DecodeError> {
        let next = (rip / PAGE_SIZE + 1) as u32;
        self.second = Some((next, self.memory.mark_code(next)));
        let mut bytes = [0; MAX_LENGTH];
        let (available, fault) = match self.memory.fetch(rip, &mut bytes) {
            Ok(()) => (MAX_LENGTH, None),
            Err(partial) => (partial.done as usize, Some(partial.fault)),
        };
        let bytes = &bytes[..available];
        let mut decoder = Decoder::with_ip(bitness(self.mode), bytes, rip, DecoderOptions::NONE);
        let instruction = decoder.decode();
        match (decoder.last_error(), fault) {
            (DecoderError::None, _) => Ok(instruction),
            (DecoderError::NoMoreBytes, Some(fault)) => Err(DecodeError::Fault(fault)),
            _ => Err(self.invalid(bytes)),
        }
    }
}
