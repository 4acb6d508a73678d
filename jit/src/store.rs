//! Compiled code as a file, which lies beside an image and is fetched range by range.
//!
//! Little-endian words of 32 bits:
//!
//! - [`MAGIC`], the build's name (16 hexadecimal digits), the number of modules, the length of the index in bytes;
//! - the index, for each module: where its recipe begins in the file, lengths of recipe, module and offer, then
//!   the offer, padded to a multiple of 4;
//! - for each module its recipe, then the module.
//!
//! A browser's JavaScript reads it (`browser-host/js/code.js`). Nothing in it is believed: a module is
//! validated by the browser, can do to its process what the process could do itself, and is
//! entered only where memory holds the guest code that its recipe names.

use crate::profile::Stored;

/// The first eight bytes.
pub const MAGIC: &[u8; 8] = b"TAWAKI\0\x01";

/// Names the compiler: of its sources and those of the crate cpu.
pub const BUILD: &str = env!("TAWAKI_JIT_BUILD");

/// The package's version and [`BUILD`].
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ", code ", env!("TAWAKI_JIT_BUILD"));

/// Bytes of the header.
const HEADER: usize = 8 + 16 + 8;

/// The file.
pub fn encode(modules: &[Stored]) -> Vec<u8> {
    let padded = |len: usize| len.next_multiple_of(4);
    let index: usize = modules.iter().map(|m| 16 + padded(m.offer.len())).sum();
    let mut at = HEADER + index;
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(BUILD.as_bytes());
    let word = |out: &mut Vec<u8>, value: usize| out.extend_from_slice(&(value as u32).to_le_bytes());
    word(&mut out, modules.len());
    word(&mut out, index);
    for module in modules {
        for value in [at, module.recipe.len(), module.wasm.len(), module.offer.len()] {
            word(&mut out, value);
        }
        out.extend_from_slice(&module.offer);
        out.resize(padded(out.len()), 0);
        at += module.recipe.len() + module.wasm.len();
    }
    for module in modules {
        out.extend_from_slice(&module.recipe);
        out.extend_from_slice(&module.wasm);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_index_names_stands_there() {
        let module = |n: u8| Stored {
            offer: vec![n; 5 + usize::from(n)],
            recipe: vec![n + 10; 7],
            wasm: vec![n + 20; 9],
            entries: [0].into(),
        };
        let modules = [module(1), module(2)];
        let file = encode(&modules);
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize;
        assert_eq!(&file[..8], MAGIC);
        assert_eq!(&file[8..24], BUILD.as_bytes());
        assert_eq!(word(24), 2);
        let mut at = HEADER;
        for module in &modules {
            let [place, recipe, wasm, offer] = [0, 4, 8, 12].map(|n| word(at + n));
            assert_eq!(file[at + 16..at + 16 + offer], module.offer);
            assert_eq!(file[place..place + recipe], module.recipe);
            assert_eq!(file[place + recipe..place + recipe + wasm], module.wasm);
            at += 16 + offer.next_multiple_of(4);
        }
        assert_eq!(at, HEADER + word(28));
    }
}
