//! Decoded blocks, found again by their address.
//!
//! An entry keeps its number for as long as its address is cached: when the code
//! behind it changes it is lifted again in place, so links between entries never
//! dangle. What an entry was decoded from is checked by the generations of its
//! pages, and those only when the memory's code epoch moved since the last check.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::decode::MAX_LENGTH;
use crate::ir::{Block, build::MAX_INSTRUCTIONS};
use crate::lift;
use crate::state::Mode;
use crate::{GuestMemory, Trap};

/// Most blocks kept; past this everything is dropped and decoded anew (a block
/// takes about 300 bytes).
const MAX_BLOCKS: usize = 1 << 18;

/// No entry.
pub const NONE: u32 = u32::MAX;

/// A generation and epoch that memory does not reach in practice; if it does,
/// an entry is trusted wrongly only if that happens at its very value. The epoch of
/// entries that the present process has not used.
pub const UNKNOWN: u32 = u32::MAX;

/// One cached block.
#[derive(Debug)]
pub struct Entry {
    /// The code.
    pub block: Block,
    /// Number of guest instructions.
    pub instructions: u32,
    /// Entry at the target of the direct branch, or [`NONE`].
    pub taken: u32,
    /// Entry behind the block, or [`NONE`].
    pub fall: u32,
    /// The memory's code epoch when the entry was last known to be right.
    pub epoch: u32,
    /// How often the block may still begin before the run loop reports it
    /// ([`super::exec::Exit::Hot`]); [`COLD`] is as good as never.
    pub countdown: Cell<u32>,
    /// How often a whole countdown has ended; a second tier counts.
    pub rounds: Cell<u32>,
    /// Of which number of rounds on the second tier looks at it again.
    pub wanted: Cell<u32>,
    /// So many rounds have been a reason to compile it already.
    pub paid: Cell<u32>,
    /// Whether the countdown is short because there is compiled code.
    pub compiled: Cell<bool>,
    /// Whether the countdown that runs is the short one of [`Cache::expect`].
    pub expected: Cell<bool>,
    /// Where the indirect jump or call at the end went last (low half), or 0.
    pub target: Cell<u32>,
    /// The entry whose indirect jump came here last, or [`NONE`].
    pub from: Cell<u32>,
    /// Pages the code lies on with their generations; the second may repeat the first.
    pages: [(u32, u32); 2],
    /// The bytes it was decoded from; none if more than these decided about it.
    bytes: Box<[u8]>,
}

/// A countdown that does not end in practice.
pub const COLD: u32 = u32::MAX;

#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        // Fibonacci hashing; the map takes the high and the low bits.
        self.0 = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

/// Programs like compilers run so many blocks, and more, between looks at the same one.
const FRONT: usize = 16384;

/// The line for `rip` of a table of so many.
#[inline(always)]
fn front_index(rip: u64, lines: usize) -> usize {
    (rip ^ rip >> 14) as usize & lines.wrapping_sub(1)
}

/// What the run loop sees of the cache.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// All entries by number.
    pub entries: &'a [Entry],
    front: &'a [(u64, u32)],
}

impl<'a> Blocks<'a> {
    /// A single entry, not part of any cache.
    pub fn one(entry: &'a Entry) -> Self {
        Blocks { entries: std::slice::from_ref(entry), front: &[(u64::MAX, NONE)] }
    }

    /// Number of the entry for `rip` if it was looked up lately, else [`NONE`].
    #[inline(always)]
    pub fn front(self, rip: u64) -> u32 {
        match self.front.get(front_index(rip, self.front.len())) {
            Some(&(address, number)) if address == rip => number,
            _ => NONE,
        }
    }
}

/// The cache of one thread.
pub struct Cache {
    entries: Vec<Entry>,
    by_address: HashMap<u64, u32, BuildHasherDefault<AddressHasher>>,
    front: Box<[(u64, u32)]>,
    scratch: lift::Scratch,
    mode: Option<Mode>,
    threshold: u32,
    /// Addresses of blocks that have a shorter countdown than others, and which.
    expected: HashMap<u32, u32, BuildHasherDefault<AddressHasher>>,
    /// Addresses, in order, that all have the same short countdown, and which.
    listed: (Arc<[u32]>, u32),
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            by_address: HashMap::default(),
            front: vec![(u64::MAX, NONE); FRONT].into(),
            scratch: lift::Scratch::default(),
            mode: None,
            threshold: COLD,
            expected: HashMap::default(),
            listed: (Arc::new([]), COLD),
        }
    }
}

impl Cache {
    /// Trusts nothing any more: what is kept must match its bytes again before it
    /// runs. `GuestMemory` may be another one from now on.
    pub fn distrust(&mut self) {
        for entry in &mut self.entries {
            entry.epoch = UNKNOWN;
            entry.pages = entry.pages.map(|(page, _)| (page, UNKNOWN));
        }
    }

    /// How often a block begins before it is reported as hot, for blocks decoded
    /// from now on.
    pub fn set_threshold(&mut self, threshold: u32) {
        self.threshold = threshold.max(1);
    }

    /// See [`Self::set_threshold`].
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// A second tier may have code for the block at `rip` at hand: it is reported after
    /// `countdown` executions already.
    pub fn expect(&mut self, rip: u32, countdown: u32) {
        let countdown = countdown.clamp(1, self.threshold);
        self.expected.entry(rip).and_modify(|now| *now = countdown.min(*now)).or_insert(countdown);
        if let Some(number) = self.find(u64::from(rip)) {
            let entry = self.entry(number);
            if entry.countdown.get() > countdown {
                entry.countdown.set(countdown);
                entry.expected.set(true);
            }
        }
    }

    /// As [`Self::expect`] for many addresses, in order, that hold for as long as the cache. Blocks that are
    /// cached already keep their countdown.
    pub fn expect_all(&mut self, rips: Arc<[u32]>, countdown: u32) {
        self.listed = (rips, countdown.clamp(1, self.threshold));
    }

    /// Expects nothing any more.
    pub fn expect_nothing(&mut self) {
        self.expected.clear();
    }

    /// All entries by number.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of the entry for `rip` if there is one, which may be out of date.
    pub fn find(&self, rip: u64) -> Option<u32> {
        let front = self.blocks().front(rip);
        if front == NONE { self.by_address.get(&rip).copied() } else { Some(front) }
    }

    /// As [`Self::find`], for who is going to run the block.
    pub fn find_next(&mut self, rip: u64) -> Option<u32> {
        let number = self.find(rip)?;
        let line = front_index(rip, self.front.len());
        self.front[line] = (rip, number);
        Some(number)
    }

    /// Prepares for code of `mode`; blocks of the other are dropped.
    pub fn set_mode(&mut self, mode: Mode) {
        if self.mode != Some(mode) {
            self.clear();
            self.mode = Some(mode);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_address.clear();
        self.front.fill((u64::MAX, NONE));
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is cached.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry with this number.
    #[inline(always)]
    pub fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    /// The entry with this number.
    #[inline(always)]
    pub fn entry_mut(&mut self, number: u32) -> &mut Entry {
        &mut self.entries[number as usize]
    }

    /// The entry for `rip`, decoding it if need be. Its code is right as of now.
    #[inline(always)]
    pub fn lookup(&mut self, memory: &GuestMemory, mode: Mode, rip: u64) -> Result<u32, Trap> {
        let number = self.blocks().front(rip);
        if let Some(entry) = self.entries.get(number as usize)
            && entry.epoch == memory.code_epoch()
        {
            return Ok(number);
        }
        self.lookup_slow(memory, mode, rip)
    }

    /// The blocks for the run loop.
    #[inline(always)]
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks { entries: &self.entries, front: &self.front }
    }

    #[inline(never)]
    fn lookup_slow(&mut self, memory: &GuestMemory, mode: Mode, rip: u64) -> Result<u32, Trap> {
        let number = match self.by_address.get(&rip) {
            Some(&number) => {
                self.refresh(memory, mode, number)?;
                number
            }
            None => {
                if self.entries.len() >= MAX_BLOCKS {
                    self.clear();
                }
                let entry = decode(&mut self.scratch, memory, mode, rip)?;
                self.begin_countdown(&entry);
                let number = self.entries.len() as u32;
                self.entries.push(entry);
                self.by_address.insert(rip, number);
                number
            }
        };
        let line = front_index(rip, self.front.len());
        self.front[line] = (rip, number);
        Ok(number)
    }

    /// Makes sure that an entry matches the code in memory, decoding it again
    /// where its pages changed.
    #[inline(never)]
    pub fn refresh(&mut self, memory: &GuestMemory, mode: Mode, number: u32) -> Result<(), Trap> {
        let epoch = memory.code_epoch();
        let entry = &mut self.entries[number as usize];
        let changed = entry.pages.iter().any(|&(page, generation)| memory.generation(page) != generation);
        if changed && !entry.revalidate(memory) {
            let taken = entry.taken;
            let old_end = entry.block.ops.last().map(|op| (op.code, op.imm));
            *entry = decode(&mut self.scratch, memory, mode, entry.block.rip)?;
            // The link stays good only where the block still ends the same way.
            if old_end == entry.block.ops.last().map(|op| (op.code, op.imm)) {
                entry.taken = taken;
            }
            self.begin_countdown(self.entry(number));
        }
        self.entries[number as usize].epoch = epoch;
        Ok(())
    }

    fn begin_countdown(&self, entry: &Entry) {
        let rip = entry.block.rip as u32;
        let expected = self.expected.get(&rip).copied();
        let expected =
            expected.or_else(|| self.listed.0.binary_search(&rip).is_ok().then_some(self.listed.1));
        entry.expected.set(expected.is_some());
        entry.countdown.set(expected.unwrap_or(self.threshold));
    }
}

impl Entry {
    /// A block outside the cache.
    pub fn alone(block: Block) -> Self {
        Self::new(block, [(0, 0); 2], 0, Box::default())
    }

    fn new(block: Block, pages: [(u32, u32); 2], epoch: u32, bytes: Box<[u8]>) -> Self {
        let instructions = block.instructions() as u32;
        Entry {
            block,
            instructions,
            taken: NONE,
            fall: NONE,
            epoch,
            countdown: Cell::new(COLD),
            rounds: Cell::new(0),
            wanted: Cell::new(0),
            paid: Cell::new(0),
            compiled: Cell::new(false),
            expected: Cell::new(false),
            target: Cell::new(0),
            from: Cell::new(NONE),
            pages,
            bytes,
        }
    }

    /// The page numbers that the code lies on, with the generations it was read
    /// at; the second may repeat the first.
    pub fn pages(&self) -> [(u32, u32); 2] {
        self.pages
    }

    /// The bytes it was decoded from; none if more than these decided about it
    /// (an instruction cut off by the end of its mapping).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the same bytes stand there still, or again: much cheaper than
    /// decoding them anew when something else on the page was written, or when a
    /// worker runs the same libraries in another process.
    fn revalidate(&mut self, memory: &GuestMemory) -> bool {
        if self.bytes.is_empty() {
            return false;
        }
        let pages = self.pages.map(|(page, _)| (page, memory.mark_code(page)));
        let mut now = [0; MAX_BYTES];
        let Some(now) = now.get_mut(..self.bytes.len()) else { return false };
        if memory.fetch(self.block.rip, now).is_err() || *now != *self.bytes {
            return false;
        }
        self.pages = pages;
        true
    }
}

/// Longest block in bytes.
const MAX_BYTES: usize = MAX_INSTRUCTIONS * MAX_LENGTH;

fn decode(scratch: &mut lift::Scratch, memory: &GuestMemory, mode: Mode, rip: u64) -> Result<Entry, Trap> {
    let epoch = memory.code_epoch();
    let lifted = lift::lift_block_with(scratch, memory, mode, rip, MAX_INSTRUCTIONS)?;
    let lift::Lifted { block, pages, exact } = lifted;
    let mut bytes = vec![0; if exact { block.end.saturating_sub(rip) as usize } else { 0 }];
    // A write by another thread since the bytes were decoded makes them useless.
    let same = |&(page, generation): &(u32, u32)| memory.generation(page) == generation;
    if bytes.len() > MAX_BYTES || memory.fetch(rip, &mut bytes).is_err() || !pages.iter().all(same) {
        bytes.clear();
    }
    Ok(Entry::new(block, pages, epoch, bytes.into()))
}
