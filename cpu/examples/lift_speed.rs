//! Speed of decoding and lifting cold code, over the text of a library given as
//! argument: what starting a large program costs.

use std::time::Instant;

use tawaki_cpu::lift::{Scratch, lift_block_with};
use tawaki_cpu::{GuestMemory, Mode, Perms};

const CODE: u64 = 0x40_0000;

fn main() {
    let path = std::env::args().nth(1).unwrap_or("/lib/x86_64-linux-gnu/libc.so.6".into());
    let file = std::fs::read(&path).expect("a readable file");
    // Roughly the text: from 160 KiB, one MiB, as in Debian's libc.
    let text = &file[0x28000.min(file.len())..0x128000.min(file.len())];
    let memory = GuestMemory::for_tests();
    let pages = (CODE >> 12) as u32..((CODE + text.len() as u64) >> 12) as u32 + 1;
    memory.set_perms(pages, Perms::READ | Perms::EXEC);
    memory.copy_in(CODE, text).expect("mapped");
    let start = Instant::now();
    let (mut blocks, mut instructions, mut ops) = (0u64, 0u64, 0u64);
    let mut at = CODE;
    let mut scratch = Scratch::default();
    while at < CODE + text.len() as u64 - 64 {
        let block = lift_block_with(&mut scratch, &memory, Mode::Bits64, at, 64).expect("mapped").block;
        blocks += 1;
        instructions += block.instructions() as u64;
        ops += block.ops.len() as u64;
        at = block.end;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{blocks} blocks, {instructions} instructions, {ops} operations: {:.0} ns per block, {:.1} M instructions/s, {:.2} operations each",
        seconds * 1e9 / blocks as f64,
        instructions as f64 / seconds / 1e6,
        ops as f64 / instructions as f64
    );
}
