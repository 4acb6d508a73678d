//! Compiled code as a file, which lies beside an image and is fetched range by range.
//!
//! Little-endian words of 32 bits:
//!
//! - [`MAGIC`], the build's name (16 hexadecimal digits), the number of modules, the length of the index in bytes;
//! - the index: for each module where its recipe begins in the file, the lengths of recipe and module, and
//!   where its offer begins and how long it is; the number of ways into modules, and each of them,
//!   by address, with the number of its module; the offers, each padded to a multiple of 4;
//! - for each module its recipe, then the module.
//!
//! A browser's JavaScript fetches it (`browser-host/js/code.js`). Nothing in it is believed: a module is
//! validated by the browser, can do to its process what the process could do itself, and is
//! entered only where memory holds the guest code that its recipe names.

use std::sync::Arc;

use tawaki_cpu::GuestMemory;

use crate::library::{Form, Id, Offer};
use crate::profile::Stored;

/// The first eight bytes.
pub const MAGIC: &[u8; 8] = b"TAWAKI\0\x02";

/// Names the compiler: of its sources and those of the crate cpu.
pub const BUILD: &str = env!("TAWAKI_JIT_BUILD");

/// The package's version and [`BUILD`].
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ", code ", env!("TAWAKI_JIT_BUILD"));

/// Bytes of the header, of a module's entry in the index, and of a way into one.
const HEADER: usize = 8 + 16 + 8;
const ENTRY: usize = 20;
const WAY: usize = 8;

/// The file.
pub fn encode(modules: &[Stored]) -> Vec<u8> {
    let padded = |len: usize| len.next_multiple_of(4);
    let ways_of = |stored: &Stored| Offer::decode(&stored.offer).map_or(Vec::new(), |o| o.ways().collect());
    let numbered = modules.iter().enumerate();
    let mut ways: Vec<(u32, usize)> =
        numbered.flat_map(|(n, stored)| ways_of(stored).into_iter().map(move |rip| (rip, n))).collect();
    ways.sort_unstable();
    ways.dedup();
    let offers: usize = modules.iter().map(|m| padded(m.offer.len())).sum();
    let index = modules.len() * ENTRY + 4 + ways.len() * WAY + offers;
    let mut offer_at = HEADER + index - offers;
    let mut at = HEADER + index;
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(BUILD.as_bytes());
    let word = |out: &mut Vec<u8>, value: usize| out.extend_from_slice(&(value as u32).to_le_bytes());
    word(&mut out, modules.len());
    word(&mut out, index);
    for module in modules {
        for value in [at, module.recipe.len(), module.wasm.len(), offer_at, module.offer.len()] {
            word(&mut out, value);
        }
        at += module.recipe.len() + module.wasm.len();
        offer_at += padded(module.offer.len());
    }
    word(&mut out, ways.len());
    for (rip, module) in ways {
        word(&mut out, rip as usize);
        word(&mut out, module);
    }
    for module in modules {
        out.extend_from_slice(&module.offer);
        out.resize(padded(out.len()), 0);
    }
    for module in modules {
        out.extend_from_slice(&module.recipe);
        out.extend_from_slice(&module.wasm);
    }
    out
}

/// Header and index of such a file.
pub struct Index {
    bytes: Box<[u8]>,
    ways: usize,
    first: Id,
    rips: Arc<[u32]>,
}

impl Index {
    /// Reads the beginning of a file, whose modules have the numbers from `first` on. Nothing if it is not of this build
    /// or not whole.
    pub fn read(bytes: Box<[u8]>, first: Id) -> Option<Self> {
        if bytes.get(..8)? != MAGIC || bytes.get(8..24)? != BUILD.as_bytes() {
            return None;
        }
        let mut index = Index { bytes, ways: 0, first, rips: Arc::new([]) };
        let ways_at = HEADER.checked_add(index.word(24)?.checked_mul(ENTRY)?)?;
        let count = index.word(ways_at)?;
        index.ways = ways_at + 4;
        index.bytes.get(index.ways..index.ways.checked_add(count.checked_mul(WAY)?)?)?;
        let rips: Vec<u32> = (0..count).map(|n| index.way(n).0).collect();
        if !rips.is_sorted() {
            return None;
        }
        index.rips = rips.into();
        Some(index)
    }

    fn word(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    }

    /// Address and module number.
    fn way(&self, n: usize) -> (u32, usize) {
        let at = self.ways + n * WAY;
        (self.word(at).unwrap_or(0) as u32, self.word(at + 4).unwrap_or(usize::MAX))
    }

    /// The addresses of all ways into modules, in order.
    pub fn rips(&self) -> Arc<[u32]> {
        self.rips.clone()
    }

    fn offer(&self, module: usize) -> Option<Offer> {
        let entry = HEADER.checked_add(module.checked_mul(ENTRY)?)?;
        let (at, len) = (self.word(entry + 12)?, self.word(entry + 16)?);
        Offer::decode(self.bytes.get(at..at.checked_add(len)?)?)
    }

    /// Modules of this form that can be entered at `rip`, where the same code begins at all their entries.
    pub fn find(&self, memory: &GuestMemory, rip: u32, form: &Form) -> Vec<Id> {
        let first = self.rips.partition_point(|&way| way < rip);
        let here = self.rips[first..].iter().take_while(|&&way| way == rip).count();
        let modules = (first..first + here).rev().map(|n| self.way(n).1);
        let fitting = modules.filter(|&n| self.offer(n).is_some_and(|offer| offer.fits(memory, form)));
        fitting.map(|n| self.first.wrapping_add(n as u32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Layout, Options};
    use crate::library::tests::{form, memory, recipe};

    fn stored(n: u8, addr: u32, code: &[u8]) -> Stored {
        let recipe = recipe(addr, code);
        let offer = recipe.offer(&form(0, false)).encode();
        Stored { offer, recipe: recipe.encode(), wasm: vec![n + 20; 9], entries: [addr].into() }
    }

    #[test]
    fn what_the_index_names_stands_there() {
        let code = [1, 2, 3, 4, 5, 6];
        let modules = [stored(0, 0x1010, &code), stored(1, 0x1000, &code), stored(2, 0x1010, &code[..5])];
        let file = encode(&modules);
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize;
        assert_eq!(word(24), 3);
        for (n, module) in modules.iter().enumerate() {
            let [place, recipe, wasm, at, offer] = [0, 4, 8, 12, 16].map(|w| word(HEADER + n * ENTRY + w));
            assert_eq!(file[at..at + offer], module.offer);
            assert_eq!(file[place..place + recipe], module.recipe);
            assert_eq!(file[place + recipe..place + recipe + wasm], module.wasm);
        }
        let end = HEADER + word(28);
        let index = Index::read(file[..end].into(), 100).expect("an index");
        assert_eq!(*index.rips(), [0x1000, 0x1003, 0x1010, 0x1010, 0x1013, 0x1013]);
        let memory = memory(&code);
        memory.write_bytes(0x1010, &code).expect("mapped");
        assert_eq!(index.find(&memory, 0x1003, &form(0, false)), [101]);
        assert_eq!(index.find(&memory, 0x1010, &form(0, false)), [102, 100]);
        assert!(index.find(&memory, 0x1001, &form(0, false)).is_empty());
        let other = Form::new(&Layout { bits64: false, ..form(0, false).layout() }, &Options::default());
        assert!(index.find(&memory, 0x1010, &other).is_empty());
        memory.write_bytes(0x1010, &[9]).expect("mapped");
        assert!(index.find(&memory, 0x1013, &form(0, false)).is_empty());
    }

    #[test]
    fn no_index_is_believed_that_is_cut_off_or_changed() {
        let code = [1, 2, 3, 4, 5, 6];
        let file = encode(&[stored(0, 0x1000, &code), stored(1, 0x1000, &code)]);
        let end = HEADER + u32::from_le_bytes(file[28..32].try_into().expect("4 bytes")) as usize;
        let memory = memory(&code);
        let try_it = |bytes: &[u8]| {
            if let Some(index) = Index::read(bytes.into(), 0) {
                for rip in [0, 0x1000, 0x1003, u32::MAX] {
                    let _ = index.find(&memory, rip, &form(0, false));
                }
            }
        };
        for cut in 0..end {
            try_it(&file[..cut]);
        }
        for at in 0..end {
            for value in [0, 0x80, 0xff] {
                let mut bytes = file[..end].to_vec();
                bytes[at] = value;
                try_it(&bytes);
            }
        }
    }
}
