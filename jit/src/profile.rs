//! Code compiled before it is needed: what programs ran in a training run becomes modules that any
//! engine of the same make may take over, as those of another engine.
//!
//! The blocks that an interpreter has decoded and counted are collected by the object (program or
//! library) that they belong to, over all processes. At the end each object's regions are formed with all
//! that is known of it, not piece by piece as a program runs.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};
use tawaki_cpu::interp::cache::{Cache, NONE, UNKNOWN};
use tawaki_cpu::ir::OpCode;
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::mem::PAGE_SIZE;
use tawaki_cpu::{GuestMemory, Mode, Perms};

use crate::batch::{self, Jumps, Policy, executions, object};
use crate::cache::CodeCache;
use crate::engine::Settings;
use crate::layout::{Layout, Limits, Options};
use crate::library::{Form, Recipe};
use crate::region::branch_target;

/// Most blocks of an object that are looked at, well below what a cache of blocks holds.
const MOST_BLOCKS: usize = 100_000;

/// A countdown that no training run brings to its end.
pub const COUNTING: u32 = 1 << 30;

/// Larger regions (1,000 blocks, 16,000 operations: the whole loop of Python's interpreter) keep a browser's optimising
/// compiler busy for seconds, and two cores with it. So only loops that ran most are whole, see [`RAN_MOST`], and of
/// the loop of an interpreter what ran most of it.
const REGION: Limits = Limits { blocks: 100, ops: 1000 };

/// In a region of the size of [`batch::WHOLE`], each operation has run so often.
const RAN_MOST: u64 = 5_000;

/// They are for blocks that ran so many times as often as is enough for a region otherwise.
const WAYS: u64 = 10;

/// Of what is entered in the middle of a region, because the interpreter had to run something in between.
const WAY_IN: Limits = Limits { blocks: 24, ops: 250 };

/// A block joins a region when it ran one in so many of what makes a block worth compiling.
const SHARE: u64 = 3;

/// Most operations of a module. One is fetched, compared and installed as a whole; calls inside of it take a third of the
/// time of others.
const MODULE: u64 = 30_000;

/// A program or library, as a process sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    bits64: bool,
    /// First page of its run of executable pages.
    page: u32,
    /// Of what stands on that page.
    hash: u64,
}

/// A block that was executed.
#[derive(Clone, Debug, Default)]
struct Seen {
    bytes: Box<[u8]>,
    runs: u64,
    /// Where its indirect jump or call went last, or 0.
    target: u32,
    /// Blocks whose indirect jumps came here.
    from: BTreeSet<u32>,
    /// How many programs ran it.
    programs: u32,
}

/// What was executed, over any number of processes.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    objects: BTreeMap<Object, BTreeMap<u32, Seen>>,
}

/// A module and what engines must know of it, as bytes.
#[derive(Clone, Debug)]
pub struct Stored {
    /// An [`Offer`](crate::library::Offer).
    pub offer: Vec<u8>,
    /// A [`Recipe`].
    pub recipe: Vec<u8>,
    /// The module.
    pub wasm: Vec<u8>,
    /// Where its functions are entered.
    pub entries: Box<[u32]>,
}

impl Profile {
    /// Adds what the program that is in `memory` has run.
    pub fn add(&mut self, memory: &GuestMemory, mode: Mode, cache: &Cache) {
        let mut objects: FxHashMap<u64, Option<Object>> = FxHashMap::default();
        let mut identify = |rip: u64| {
            *objects.entry(rip >> 12).or_insert_with(|| {
                // What a program writes is compiled as it runs.
                if memory.perms((rip >> 12) as u32).contains(Perms::WRITE) {
                    return None;
                }
                let page = object(memory, rip);
                let mut bytes = vec![0; PAGE_SIZE as usize];
                memory.fetch(u64::from(page) * PAGE_SIZE, &mut bytes).ok()?;
                let mut hasher = DefaultHasher::new();
                bytes.hash(&mut hasher);
                Some(Object { bits64: mode == Mode::Bits64, page, hash: hasher.finish() })
            })
        };
        for entry in cache.entries() {
            let (rip, runs) = (entry.block.rip, executions(cache, entry));
            let whole = !entry.bytes().is_empty() && entry.bytes().len() as u64 == entry.block.end - rip;
            if entry.epoch == UNKNOWN || rip >> 32 != 0 || runs == 0 || !whole {
                continue;
            }
            let Some(object) = identify(rip) else { continue };
            let seen = self.objects.entry(object).or_default().entry(rip as u32).or_default();
            if *seen.bytes != *entry.bytes() {
                // At first, or after the program has changed it: the last counts.
                *seen = Seen { bytes: entry.bytes().into(), ..Seen::default() };
            }
            seen.runs += runs;
            seen.programs += 1;
            if entry.target.get() != 0 {
                seen.target = entry.target.get();
            }
            if entry.from.get() != NONE {
                seen.from.insert(cache.entry(entry.from.get()).block.rip as u32);
            }
        }
    }

    /// Adds what another profile has.
    pub fn merge(&mut self, other: Profile) {
        for (object, blocks) in other.objects {
            let ours = self.objects.entry(object).or_default();
            for (rip, theirs) in blocks {
                let seen = ours.entry(rip).or_default();
                if seen.bytes != theirs.bytes {
                    if theirs.runs > seen.runs {
                        *seen = theirs;
                    }
                    continue;
                }
                seen.runs += theirs.runs;
                seen.programs += theirs.programs;
                seen.target = if theirs.target != 0 { theirs.target } else { seen.target };
                seen.from.extend(theirs.from);
            }
        }
    }

    /// Blocks seen.
    pub fn blocks(&self) -> usize {
        self.objects.values().map(BTreeMap::len).sum()
    }

    /// Modules for blocks that ran `least` times in all. `memory` is empty, and holds one object
    /// after the other; `layout` gives the layout of an engine that is to use them. `progress` is told
    /// how many objects are done, and of how many.
    pub fn compile(
        &self,
        memory: &GuestMemory,
        least: u64,
        layout: &dyn Fn(Mode) -> Layout,
        options: &Options,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Vec<Stored> {
        let mut all = Vec::new();
        for (done, (object, blocks)) in self.objects.iter().enumerate() {
            progress(done, self.objects.len());
            if blocks.values().any(|seen| seen.runs >= least) {
                let mode = if object.bits64 { Mode::Bits64 } else { Mode::Bits32 };
                let pages = place(memory, blocks);
                compile_object(memory, mode, blocks, least, (&layout(mode), options), &mut all);
                memory.set_perms(pages, Perms::NONE);
            }
        }
        progress(self.objects.len(), self.objects.len());
        all
    }
}

/// Puts the code where it stood. Returns its pages.
fn place(memory: &GuestMemory, blocks: &BTreeMap<u32, Seen>) -> std::ops::Range<u32> {
    let first = blocks.keys().next().map_or(0, |rip| rip >> 12);
    let end = blocks.iter().map(|(rip, seen)| (rip.saturating_add(seen.bytes.len() as u32) >> 12) + 1);
    let pages = first..end.max().unwrap_or(first);
    memory.set_perms(pages.clone(), Perms::READ | Perms::WRITE);
    for (&rip, seen) in blocks {
        // Mapped just now.
        let _ = memory.write_bytes(u64::from(rip), &seen.bytes);
    }
    memory.set_perms(pages.clone(), Perms::READ | Perms::EXEC);
    pages
}

fn compile_object(
    memory: &GuestMemory,
    mode: Mode,
    blocks: &BTreeMap<u32, Seen>,
    least: u64,
    (layout, options): (&Layout, &Options),
    all: &mut Vec<Stored>,
) {
    let mut cache = Cache::default();
    cache.set_mode(mode);
    cache.set_threshold(COUNTING);
    let mut ways = Vec::new();
    let floor = nth_hottest(blocks, MOST_BLOCKS).max(least / SHARE);
    for (&rip, seen) in blocks.iter().filter(|(_, seen)| seen.runs >= floor) {
        let Ok(number) = cache.lookup(memory, mode, u64::from(rip)) else { continue };
        let entry = cache.entry(number);
        entry.target.set(seen.target);
        entry.countdown.set(COUNTING - seen.runs.min(u64::from(COUNTING / 2)) as u32);
        ways.extend(seen.from.iter().map(|&from| (u64::from(from), u64::from(rip))));
    }
    let mut jumps = Jumps::from_ways(&cache, ways);
    let mut hot: Vec<u32> =
        blocks.iter().filter(|(_, seen)| seen.runs >= least).map(|(&rip, _)| rip).collect();
    let worth = |operations: u64, run: u64, _: bool| run >= least.saturating_mul(operations) / 8;
    let code = CodeCache::default();
    let mut entries: FxHashSet<u64> = FxHashSet::default();
    // What many programs run comes first, so that a program that starts takes over few modules.
    let order = |rip: u64| u32::MAX - blocks.get(&(rip as u32)).map_or(0, |seen| seen.programs | 1).ilog2();
    for (limits, more, whole) in [(REGION, 1, Some(RAN_MOST)), (WAY_IN, WAYS, None)] {
        let settings = Settings { region: limits, ..Settings::default() };
        let policy = Policy::stored((least * more, least / SHARE), whole, MODULE, &order, &worth);
        // What leads into a region ends where that can be entered.
        let policy = policy.ending_at(&entries);
        let formed = batch::form((&mut cache, memory, mode), &hot, &settings, &code, &mut jumps, policy);
        let first = all.len();
        emit(formed, layout, options, all);
        let begun = all[first..].iter().flat_map(|module| module.entries.iter());
        entries.extend(begun.map(|&rip| u64::from(rip)));
        let ways = ways_in(&cache, blocks);
        let runs = |rip: &u32| blocks.get(rip).map_or(0, |seen| seen.runs);
        hot.retain(|rip| {
            ways.contains(rip) && !entries.contains(&u64::from(*rip)) && runs(rip) >= WAYS * least
        });
    }
}

/// How often the block ran that comes at this place of the hottest.
fn nth_hottest(blocks: &BTreeMap<u32, Seen>, place: usize) -> u64 {
    let mut runs: Vec<u64> = blocks.values().map(|seen| seen.runs).collect();
    runs.sort_unstable_by(|a, b| b.cmp(a));
    runs.get(place).map_or(0, |runs| runs + 1)
}

/// Where the interpreter finds itself when it has run what is not compiled: behind calls, at the
/// targets of indirect jumps, and at the heads of loops.
fn ways_in(cache: &Cache, blocks: &BTreeMap<u32, Seen>) -> BTreeSet<u32> {
    use OpCode::{Call32, Call64, CallInd32, CallInd64, Jmp};
    let mut ways = BTreeSet::new();
    for entry in cache.entries() {
        let block = &entry.block;
        let Some(op) = block.ops.last() else { continue };
        match op.code {
            Call32 | Call64 => {
                ways.insert((op.imm as u64 >> 32) as u32);
                ways.insert(op.imm as u32);
            }
            CallInd32 | CallInd64 => {
                ways.insert(op.imm as u32);
            }
            Jmp if op.imm as u64 <= block.rip => {
                ways.insert(op.imm as u32);
            }
            _ if op.code.info().uses & uses::END != 0 && branch_target(op) <= block.rip => {
                ways.insert(branch_target(op) as u32);
            }
            _ => {}
        }
    }
    ways.extend(blocks.iter().filter(|(_, seen)| !seen.from.is_empty()).map(|(&rip, _)| rip));
    ways
}

fn emit(formed: batch::Formed, layout: &Layout, options: &Options, all: &mut Vec<Stored>) {
    for batch::Module { regions, mut sources, whole } in formed.modules {
        if !sources.finish() {
            continue;
        }
        let Ok(module) = crate::emit::compile(&regions, layout, options) else { continue };
        let recipe = Recipe::new(&module, &regions, whole, &sources);
        all.push(Stored {
            offer: recipe.offer(&Form::new(layout, options)).encode(),
            recipe: recipe.encode(),
            entries: recipe.entries,
            wasm: module.wasm,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Library, Offer};

    const CODE: u64 = 0x1000;
    /// `mov ecx, 1000; again: add eax, ecx; dec ecx; jnz again; jmp [rdi]`, and where that goes: `nop; jmp again`.
    const BYTES: [u8; 16] =
        [0xb9, 0xe8, 3, 0, 0, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, 0xff, 0x27, 0x90, 0xeb, 0xf5];

    fn memory(bytes: &[u8]) -> GuestMemory {
        let memory = GuestMemory::for_tests();
        memory.set_perms(1..2, Perms::READ | Perms::WRITE);
        memory.write_bytes(CODE, bytes).expect("mapped");
        memory.set_perms(1..2, Perms::READ | Perms::EXEC);
        memory
    }

    /// What a process that ran the loop so often leaves.
    fn profile(memory: &GuestMemory, runs: u32) -> Profile {
        let mut cache = Cache::default();
        cache.set_mode(Mode::Bits64);
        cache.set_threshold(COUNTING);
        let [jump, target] = [CODE + 5, CODE + 13].map(|rip| {
            let number = cache.lookup(memory, Mode::Bits64, rip).expect("code");
            cache.entry(number).countdown.set(COUNTING - runs);
            number
        });
        // The block of the indirect jump is the one behind the loop.
        let last = cache.lookup(memory, Mode::Bits64, CODE + 11).expect("code");
        cache.entry(last).countdown.set(COUNTING - runs);
        cache.entry(target).from.set(last);
        assert_ne!(jump, last);
        let mut profile = Profile::default();
        profile.add(memory, Mode::Bits64, &cache);
        profile
    }

    fn compile(profile: &Profile, least: u64) -> Vec<Stored> {
        let options = Options { checked: false, ..Options::default() };
        let layout = |mode| Layout::browser(mode, 0);
        profile.compile(&GuestMemory::for_tests(), least, &layout, &options, &mut |_, _| {})
    }

    #[test]
    fn what_ran_enough_in_all_is_compiled_for_engines_that_find_the_same_code() {
        let memory = memory(&BYTES);
        let mut all = profile(&memory, 60);
        assert!(compile(&all, 100).is_empty());
        all.merge(profile(&memory, 60));
        let modules = compile(&all, 100);
        let [module] = &modules[..] else { panic!("{} modules", modules.len()) };
        wasmparser::Validator::new().validate_all(&module.wasm).expect("a module");
        let recipe = Recipe::decode(&module.recipe).expect("a recipe");
        assert!(recipe.entries.contains(&(CODE as u32 + 5)), "{:x?}", recipe.entries);
        assert!(recipe.blocks.contains(&(CODE as u32 + 13)), "{:x?}", recipe.blocks);
        let library = Library::new(crate::cache::Limits::default());
        library.add(7, Offer::decode(&module.offer).expect("an offer"), ());
        let form =
            Form::new(&Layout::browser(Mode::Bits64, 99), &Options { checked: false, ..Options::default() });
        assert_eq!(library.find(&memory, CODE as u32 + 5, &form), [7]);
        memory.set_perms(1..2, Perms::READ | Perms::WRITE | Perms::EXEC);
        memory.store8(CODE + 5, 0x29).expect("writable");
        assert!(library.find(&memory, CODE as u32 + 5, &form).is_empty());
    }

    #[test]
    fn what_programs_write_and_what_differs_stays_apart() {
        let memory = memory(&BYTES);
        let mut all = profile(&memory, 60);
        let mut other = BYTES;
        other[6] = 0xc1;
        all.merge(profile(&self::memory(&other), 60));
        assert_eq!(all.objects.len(), 2, "another program at the same address");
        assert!(compile(&all, 100).is_empty());
        memory.set_perms(1..2, Perms::READ | Perms::WRITE | Perms::EXEC);
        assert_eq!(profile(&memory, 60).blocks(), 0);
    }
}
