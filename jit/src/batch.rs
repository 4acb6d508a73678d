//! From hot blocks to modules: forms regions, adds their hot callees, leaves out what
//! is covered already, and groups them so that a module's code comes and goes together.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};
use tawaki_cpu::interp::cache::{Cache, Entry, NONE};
use tawaki_cpu::ir::{Block, OpCode};
use tawaki_cpu::{GuestMemory, Mode, Perms};

use crate::cache::{CodeCache, Sources};
use crate::emit::switch::{Table, table};
use crate::engine::{Settings, TESTING};
use crate::layout::Limits;
use crate::outline::{Outline, outline};
use crate::region::{BlockSource, End, Node, Region, Target, follow, form_region};

/// Most regions of one batch, callees included.
const MAX_REGIONS: usize = 40;

/// Most operations of such a batch that go into one module.
const MODULE_OPERATIONS: u64 = 60_000;

/// Limits of a region of an object's code that begins inside of what another one has or does not begin a
/// function. Else a large function, such as the loop of an interpreter, would be compiled
/// again and again from another place in it.
const PIECE: Limits = Limits { blocks: 64, ops: 600 };

/// The same for what has become hot inside of another region while the program runs: all that runs
/// with it is wanted, hottest first.
const SEAM: Limits = Limits { blocks: 160, ops: 2500 };

/// When all of that is not worth compiling yet: what leads from one piece of code to the next. Leaving for the
/// interpreter costs more than the few instructions between them, each time.
const STITCH: Limits = Limits { blocks: 16, ops: 160 };

/// Limits of a region that has everything hot that it leads to, which is a loop mostly: cut into pieces it would be
/// left for another piece every few blocks, and each piece would be compiled from several places.
pub const WHOLE: Limits = Limits { blocks: 640, ops: 12_000 };

/// Limits of a region around a jump to many places: the loop of an interpreter. If all of it does not fit, what ran
/// most of it is taken, for the loop can be entered again from what is left out (`emit/hub.rs`).
const HUB: Limits = Limits { blocks: 512, ops: 3600 };

/// Targets of such a jump.
const MANY_PLACES: usize = 32;

/// In place of a piece of another region, if it is at most so many times larger.
const MOST_LARGER: u64 = 4;

/// What is taken into a batch.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    /// Most regions.
    regions: usize,
    /// A callee joins its caller's module when it ran so often.
    callee: u64,
    /// A block is part of a region when it ran so often; what ran less costs more to
    /// compile than to leave for.
    block: u64,
    /// Only functions are whole regions, whatever begins elsewhere is a [`PIECE`].
    functions: bool,
    /// Most operations of a module.
    module: u64,
    /// A region is as large as [`WHOLE`] if nothing is left out then and each of its operations ran so often. It is
    /// waited for until that is worth it.
    whole: Option<u64>,
    /// Where regions end because code begins there.
    stops: Option<&'a FxHashSet<u64>>,
    /// What a region at an address is put in order by, before it is cut into modules.
    order: Option<&'a dyn Fn(u64) -> u32>,
    worth: Worth<'a>,
    /// What seldom runs of a region becomes functions of its own.
    outlines: Option<Outline>,
}

impl<'a> Policy<'a> {
    /// While the program waits; `hot` executions make a block hot.
    pub fn now(hot: u32, worth: Worth<'a>) -> Self {
        let (callee, block) = (u64::from(hot / 6).max(1), u64::from(hot / 200));
        Policy {
            regions: MAX_REGIONS,
            callee,
            block,
            functions: false,
            module: MODULE_OPERATIONS,
            whole: Some(0),
            stops: None,
            order: None,
            worth,
            outlines: None,
        }
    }

    /// For the code of an object as a whole: blocks that ran `least` times with those around them that ran
    /// `block` times, in this order and modules of so many operations; larger regions than usual where each operation
    /// ran `whole` times.
    pub fn stored(
        (least, block): (u64, u64),
        whole: Option<u64>,
        module: u64,
        order: &'a dyn Fn(u64) -> u32,
        worth: Worth<'a>,
    ) -> Self {
        Policy {
            regions: usize::MAX,
            callee: least,
            block,
            functions: true,
            module,
            whole,
            stops: None,
            order: Some(order),
            worth,
            outlines: Some(Outline::STORED),
        }
    }

    /// The same, where regions end at these addresses.
    pub fn ending_at(self, stops: &'a FxHashSet<u64>) -> Self {
        Policy { stops: Some(stops), ..self }
    }
}

/// Regions to be compiled into one module.
#[derive(Default)]
pub struct Module {
    /// The regions; function `i` is region `i`.
    pub regions: Vec<Region>,
    /// What they were made from.
    pub sources: Sources,
    /// Blocks of those that have everything hot that they lead to, though more than a region has usually.
    pub whole: Vec<u32>,
}

/// Outcome of [`form`].
#[derive(Default)]
pub struct Formed {
    /// What to compile.
    pub modules: Vec<Module>,
    /// Addresses that no region could be made for.
    pub failed: Vec<u32>,
    /// Those whose regions have not run enough yet.
    pub unripe: Vec<u32>,
}

/// Whether a region of so many operations that has run so many instructions is to be compiled, as one that
/// became hot or as a callee of such a one.
pub type Worth<'a> = &'a dyn Fn(u64, u64, bool) -> bool;

/// The interpreter's blocks as a region sees them.
struct Source<'a> {
    cache: &'a mut Cache,
    memory: &'a GuestMemory,
    mode: Mode,
    /// Executions that make a block part of a region, unless it is where the region begins.
    least: u64,
    entry: u64,
    jumps: &'a mut Jumps,
    /// The region ends where there is code.
    ends: Option<&'a CodeCache>,
    /// It ends at these addresses, too.
    stops: FxHashSet<u64>,
}

/// Where indirect jumps have led, as of some batches ago: to find it out, all blocks are looked at.
#[derive(Default)]
pub struct Jumps {
    /// Blocks that indirect jumps led to, each with the address of the jump's block, by what the
    /// jumps have in common, hottest first; made when first asked for.
    known: Option<FxHashMap<Jump, Vec<(u64, u64)>>>,
    /// Batches since.
    age: u32,
}

impl Jumps {
    /// For so many batches the same.
    const MAX_AGE: u32 = 16;

    /// Of ways that are known already: from the block of an indirect jump to a block.
    pub fn from_ways(cache: &Cache, ways: Vec<(u64, u64)>) -> Self {
        let mut known: FxHashMap<Jump, Vec<(u64, u64)>> = FxHashMap::default();
        for (from, to) in ways {
            if let Some(number) = cache.find(from) {
                known.entry(Jump::of(cache, number)).or_default().push((from, to));
            }
        }
        sort(cache, &mut known);
        Jumps { known: Some(known), age: 0 }
    }

    /// A batch begins; `exact`: it is not to miss anything.
    fn begin(&mut self, exact: bool) {
        self.age += 1;
        if exact || self.age >= Self::MAX_AGE {
            *self = Jumps::default();
        }
    }
}

/// The hottest first, once for all: a threaded interpreter has as many jumps as targets.
fn sort(cache: &Cache, jumps: &mut FxHashMap<Jump, Vec<(u64, u64)>>) {
    let ran = |rip| cache.find(rip).map_or(0, |n| executions(cache, cache.entry(n)));
    for ways in jumps.values_mut() {
        ways.sort_by_cached_key(|&(_, target)| Reverse(ran(target)));
    }
}

/// Which indirect jumps have the same targets.
#[derive(PartialEq, Eq, Hash)]
enum Jump {
    /// Those of the block at this address.
    Block(u64),
    /// Those through this table.
    Table(Table),
}

impl Jump {
    fn of(cache: &Cache, number: u32) -> Jump {
        let block = &cache.entry(number).block;
        table(block).map_or(Jump::Block(block.rip), Jump::Table)
    }
}

/// Jumps through a table behind the same register are through the same one when they lie so near.
const NEAR: u64 = 1 << 16;

impl Source<'_> {
    /// The entry for `rip` if it has been executed and is right as of now.
    fn current(&mut self, rip: u64) -> Option<u32> {
        let number = self.cache.find(rip)?;
        if self.cache.entry(number).epoch != self.memory.code_epoch() {
            self.cache.refresh(self.memory, self.mode, number).ok()?;
        }
        let entry = self.cache.entry(number);
        // Without bytes to compare it could not be recognised later.
        (!entry.bytes().is_empty() && entry.bytes().len() as u64 == entry.block.end - entry.block.rip)
            .then_some(number)
    }

    /// Whether the block at `rip` is to be part of a region.
    fn belongs(&self, rip: u64) -> bool {
        let elsewhere = || self.stops.contains(&rip) || self.ends.is_some_and(|code| code.has(rip as u32));
        rip == self.entry || self.ran(rip) >= self.least && !elsewhere()
    }

    /// How often the block at `rip` ran, about.
    fn ran(&self, rip: u64) -> u64 {
        self.cache.find(rip).map_or(0, |number| executions(self.cache, self.cache.entry(number)))
    }

    /// Instructions of a block that were interpreted, about, in plain ones that take as long.
    fn interpreted(&self, block: &Block) -> u64 {
        // A countdown that has ended is that of a block with code of its own, which is run instead.
        let compiled = |number| self.cache.entry(number).countdown.get() <= 2;
        match self.cache.find(block.rip) {
            Some(number) if !compiled(number) => {
                let entry = self.cache.entry(number);
                let paid = u64::from(entry.paid.get()) * u64::from(self.cache.threshold());
                executions(self.cache, entry).saturating_sub(paid).saturating_mul(interpreting(block))
            }
            _ => 0,
        }
    }

    /// What the region at `entry` would come to, without copies of callees. Nothing is copied for it: most of
    /// what becomes hot is not worth compiling yet.
    fn estimate(&mut self, entry: u64, limits: &Limits) -> Estimate {
        let mut estimate = Estimate::default();
        let mut queue = BinaryHeap::from([(0, Reverse(0), entry)]);
        let mut queued = FxHashSet::from_iter([entry]);
        while let Some((_, _, rip)) = queue.pop() {
            let Some(number) = self.current(rip).filter(|_| rip >> 32 == 0 && self.belongs(rip)) else {
                continue;
            };
            if estimate.blocks.len() >= limits.blocks || estimate.operations >= limits.ops as u64 {
                estimate.cut = true;
                break;
            }
            let block = &self.cache.entry(number).block;
            estimate.blocks.push(rip);
            estimate.operations += block.ops.len() as u64;
            estimate.work = estimate.work.saturating_add(self.interpreted(block));
            let known = follow(block);
            let indirect = known.is_none();
            let next = known.unwrap_or_else(|| self.targets(rip));
            estimate.hub |= indirect && next.len() >= MANY_PLACES;
            for next in next {
                if queued.insert(next) {
                    queue.push((self.ran(next), Reverse(queued.len()), next));
                }
            }
        }
        estimate
    }
}

/// See [`Source::estimate`].
#[derive(Default)]
struct Estimate {
    blocks: Vec<u64>,
    operations: u64,
    work: u64,
    /// The limits leave something out.
    cut: bool,
    /// There is a jump to [`MANY_PLACES`].
    hub: bool,
}

impl BlockSource for Source<'_> {
    fn heat(&mut self, rip: u64) -> u64 {
        self.ran(rip)
    }

    fn block(&mut self, rip: u64) -> Option<Block> {
        let number = self.current(rip)?;
        if !self.belongs(rip) {
            return None;
        }
        Some(self.cache.entry(number).block.clone())
    }

    fn targets(&mut self, rip: u64) -> Vec<u64> {
        let Some(number) = self.cache.find(rip) else { return Vec::new() };
        let entry = self.cache.entry(number);
        let last = u64::from(entry.target.get());
        let mut all = Vec::new();
        if last != 0 {
            all.push(last);
        }
        if entry.block.ops.last().is_some_and(|op| op.code == OpCode::JmpInd) {
            let cache = &*self.cache;
            let jumps = self.jumps.known.get_or_insert_with(|| {
                let mut jumps: FxHashMap<Jump, Vec<(u64, u64)>> = FxHashMap::default();
                for entry in cache.entries().iter().filter(|entry| entry.from.get() != NONE) {
                    let from = entry.from.get();
                    let way = (cache.entry(from).block.rip, entry.block.rip);
                    jumps.entry(Jump::of(cache, from)).or_default().push(way);
                }
                sort(cache, &mut jumps);
                jumps
            });
            let ways = jumps.get(&Jump::of(cache, number)).map_or(&[][..], |ways| ways);
            let near = ways.iter().filter(|(from, _)| from.abs_diff(rip) < NEAR);
            // Several jumps may have gone to the same place.
            let mut known = FxHashSet::from_iter([last]);
            all.extend(near.map(|&(_, target)| target).filter(|&rip| known.insert(rip)));
        }
        all
    }
}

/// What interpreting a block takes, in plain instructions: SSE, MMX and x87 ones take several times as long,
/// which is the more so the more operations they consist of.
fn interpreting(block: &Block) -> u64 {
    let vectors = block.ops.iter().filter(|op| op.code == OpCode::Vector).count();
    (block.instructions() + 2 * vectors) as u64
}

/// How often a block began, about.
pub fn executions(cache: &Cache, entry: &Entry) -> u64 {
    let threshold = cache.threshold();
    let begun = if entry.expected.get() { 0 } else { threshold.saturating_sub(entry.countdown.get()) };
    u64::from(entry.rounds.get()) * u64::from(threshold) + u64::from(begun)
}

/// Where calls have led, as far as known.
fn called(cache: &Cache) -> FxHashSet<u64> {
    let target = |entry: &Entry| {
        let last = entry.block.ops.last()?;
        match last.code {
            OpCode::Call64 | OpCode::Call32 => Some(last.imm as u64 & 0xffff_ffff),
            OpCode::CallInd64 | OpCode::CallInd32 => Some(u64::from(entry.target.get())),
            // Perhaps a stub of a procedure linkage table; else not a function, at most.
            OpCode::JmpInd => Some(u64::from(entry.target.get())),
            _ => None,
        }
    };
    cache.entries().iter().filter_map(target).collect()
}

/// First page of the run of executable pages around `rip`: stands for the object
/// (program or library) that the code belongs to.
pub fn object(memory: &GuestMemory, rip: u64) -> u32 {
    let mut page = (rip >> 12) as u32;
    while page > 0 && memory.perms(page - 1).contains(Perms::EXEC) {
        page -= 1;
    }
    page
}

/// Nodes of a region that are not copies of other functions'.
pub fn own(region: &Region) -> impl Iterator<Item = &Node> {
    region.nodes.iter().filter(|node| !node.copy)
}

/// Operations of a region. Copies of callees do not count, as what was interpreted of them does not:
/// they are at most about half as many.
pub fn operations(region: &Region) -> u64 {
    own(region).map(|node| node.block.ops.len() as u64).sum()
}

/// Operations of a region, copies included: what compiling it takes.
pub fn emitted(region: &Region) -> u64 {
    region.nodes.iter().map(|node| node.block.ops.len() as u64).sum()
}

/// Where the jumps to many places of a region lead inside of it: there it can be entered.
fn many_places(region: &Region) -> impl Iterator<Item = u64> {
    let jumps = own(region).filter_map(|node| match &node.end {
        End::Indirect { known } if known.len() >= MANY_PLACES => Some(known),
        _ => None,
    });
    jumps.flatten().filter(|(_, target)| matches!(target, Target::Node(_))).map(|&(rip, _)| rip)
}

/// Forms the regions for `hot` and their callees, with what was interpreted so far and how.
pub fn form(
    (cache, memory, mode): (&mut Cache, &GuestMemory, Mode),
    hot: &[u32],
    settings: &Settings,
    code: &CodeCache,
    jumps: &mut Jumps,
    policy: Policy<'_>,
) -> Formed {
    jumps.begin(settings.thresholds.hot <= TESTING);
    let stops = policy.stops.cloned().unwrap_or_default();
    let mut source = Source { cache, memory, mode, least: policy.block, entry: 0, jumps, ends: None, stops };
    let mut formed = Formed::default();
    let mut modules: FxHashMap<(u32, u64), (Module, u64)> = FxHashMap::default();
    let mut covered: FxHashSet<u64> = FxHashSet::default();
    let mut entries: FxHashSet<u64> = FxHashSet::default();
    // Functions begin below their loops: the larger region comes first.
    let mut hot: Vec<u64> = hot.iter().map(|&rip| u64::from(rip)).collect();
    hot.sort_unstable();
    let called = if policy.functions { called(source.cache) } else { FxHashSet::default() };
    let mut chosen: Vec<(Vec<Region>, u64)> = Vec::new();
    let mut rejected: FxHashSet<u64> = FxHashSet::default();
    let mut wholes: FxHashSet<u64> = FxHashSet::default();
    for rip in hot {
        if covered.contains(&rip) || entries.contains(&rip) {
            continue;
        }
        // Much the same region again: forming that of a large function takes milliseconds, and
        // hundreds of its blocks become hot before it is worth compiling.
        if rejected.contains(&rip) {
            formed.unripe.push(rip as u32);
            continue;
        }
        let mut queue = vec![rip];
        while let Some(entry) = queue.pop() {
            if chosen.len() >= policy.regions || !entries.insert(entry) {
                continue;
            }
            let known = || code.has(entry as u32) || source.stops.contains(&entry);
            if entry != rip && (known() || source.ran(entry) < policy.callee) {
                entries.remove(&entry);
                continue;
            }
            (source.least, source.entry) = (policy.block, entry);
            let inside = code.covers(entry as u32) && !code.has(entry as u32);
            // What has all that it leads to is gone back to where it can be entered.
            let mut within = inside && code.has_whole(entry as u32);
            source.ends = within.then_some(code);
            let piece = inside || policy.functions && !called.contains(&entry);
            let mut limits = if !piece {
                settings.region
            } else if policy.functions {
                settings.region.smaller(&PIECE)
            } else {
                settings.region.smaller(&SEAM)
            };
            let callee = entry != rip;
            let mut estimate = source.estimate(entry, &limits);
            let worth = |e: &Estimate| e.blocks.is_empty() || (policy.worth)(e.operations, e.work, callee);
            // So is the loop of an interpreter from what was left out of it.
            if !within && estimate.hub && estimate.blocks.iter().any(|&b| code.has_whole(b as u32)) {
                (within, source.ends) = (true, Some(code));
                estimate = source.estimate(entry, &limits);
            }
            let mut whole = false;
            if policy.whole.is_some() && estimate.cut && estimate.hub && !within && !settings.pieces {
                let mut all = source.estimate(entry, &HUB);
                while all.cut && all.hub {
                    source.least = 2 * source.least.max(1);
                    all = source.estimate(entry, &HUB);
                }
                if all.hub && worth(&all) {
                    (estimate, limits, whole) = (all, WHOLE, true);
                } else {
                    source.least = policy.block;
                }
            }
            if let Some(runs) = policy.whole
                && !whole
                && estimate.cut
                && worth(&estimate)
                && !within
                && !settings.pieces
                && let all = source.estimate(entry, &WHOLE)
                && !all.cut
                && all.work >= runs.saturating_mul(all.operations)
                && (!inside || all.operations <= MOST_LARGER * estimate.operations)
            {
                (estimate, limits, whole) = (all, WHOLE, true);
            }
            if inside && !callee && !policy.functions && !worth(&estimate) {
                let small = source.estimate(entry, &STITCH);
                if worth(&small) {
                    (estimate, limits) = (small, STITCH);
                }
            }
            if !worth(&estimate) {
                entries.remove(&entry);
                if !callee {
                    formed.unripe.push(rip as u32);
                    rejected.extend(estimate.blocks);
                }
                continue;
            }
            let Some(region) = form_region(&mut source, entry, &limits) else {
                if !callee {
                    formed.failed.push(rip as u32);
                }
                continue;
            };
            if whole {
                wholes.insert(entry);
                if estimate.hub {
                    source.stops.extend(many_places(&region));
                }
            }
            covered.extend(own(&region).map(|node| node.block.rip));
            queue.extend(region.callees());
            let parts = match &policy.outlines {
                Some(how) if !estimate.hub => outline(region, how),
                _ => vec![region],
            };
            chosen.push((parts, rip));
        }
    }
    if let Some(order) = policy.order {
        chosen.sort_by_key(|(parts, _)| order(parts[0].entry));
    }
    let mut full = Vec::new();
    for (parts, seed) in chosen {
        let entry = parts[0].entry;
        // Code that may change: as little as possible is lost with what does.
        let writable = memory.perms((entry >> 12) as u32).contains(Perms::WRITE);
        let apart = if writable { seed } else { 0 };
        let (module, size) = modules.entry((object(memory, entry), apart)).or_default();
        let operations: u64 = parts.iter().map(operations).sum();
        if *size > 0 && *size + operations > policy.module {
            full.push(std::mem::take(module));
            *size = 0;
        }
        *size += operations;
        for (start, end) in parts.iter().flat_map(Region::ranges) {
            if let Some(number) = source.cache.find(start) {
                let block = source.cache.entry(number);
                let len = ((end - start) as usize).min(block.bytes().len());
                module.sources.add(start as u32, &block.bytes()[..len], block.pages());
            }
        }
        if wholes.contains(&entry) {
            module.whole.extend(parts.iter().flat_map(own).map(|node| node.block.rip as u32));
        }
        module.regions.extend(parts);
    }
    formed.modules = modules.into_values().map(|(module, _)| module).chain(full).collect();
    formed
}

#[cfg(test)]
mod tests;
