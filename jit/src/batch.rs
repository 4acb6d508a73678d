//! From hot blocks to modules: forms regions, adds their hot callees, leaves out what
//! is covered already, and groups them so that a module's code comes and goes together.

use std::collections::{HashMap, HashSet};

use tawaki_cpu::interp::cache::{Cache, NONE};
use tawaki_cpu::ir::{Block, OpCode};
use tawaki_cpu::{GuestMemory, Mode, Perms};

use crate::cache::{CodeCache, Sources};
use crate::engine::Settings;
use crate::region::{BlockSource, Region, form_region};

/// Most regions of one batch, callees included.
const MAX_REGIONS: usize = 40;

/// A callee joins its caller's module when it ran at least one in so many of the
/// executions that make a block hot.
const CALLEE_SHARE: u32 = 6;

/// A block is part of a region when it ran once in so many of those executions; what ran
/// less costs more to compile than to leave for.
const BLOCK_SHARE: u32 = 200;

/// Regions to be compiled into one module.
#[derive(Default)]
pub struct Module {
    /// The regions; function `i` is region `i`.
    pub regions: Vec<Region>,
    /// What they were made from.
    pub sources: Sources,
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

/// Whether a region that has run so many instructions is to be compiled, as one that became hot or as
/// a callee of such a one.
pub type Worth<'a> = &'a dyn Fn(&Region, u64, bool) -> bool;

/// The interpreter's blocks as a region sees them.
struct Source<'a> {
    cache: &'a mut Cache,
    memory: &'a GuestMemory,
    mode: Mode,
    /// Blocks by the block whose indirect jump led to them; made when first asked for.
    jumps: Option<HashMap<u32, Vec<u64>>>,
}

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

    /// How often the block at `rip` ran, about.
    fn heat(&self, rip: u64) -> u64 {
        let threshold = self.cache.threshold();
        self.cache.find(rip).map_or(0, |number| {
            let entry = self.cache.entry(number);
            let begun =
                if entry.expected.get() { 0 } else { threshold.saturating_sub(entry.countdown.get()) };
            u64::from(entry.rounds.get()) * u64::from(threshold) + u64::from(begun)
        })
    }

    /// Instructions of a region that were run, about.
    fn work(&self, region: &Region) -> u64 {
        let run = |block: &Block| self.heat(block.rip).saturating_mul(block.instructions() as u64);
        region.nodes.iter().map(|node| run(&node.block)).fold(0, u64::saturating_add)
    }
}

impl BlockSource for Source<'_> {
    fn block(&mut self, rip: u64) -> Option<Block> {
        let number = self.current(rip)?;
        if self.heat(rip) < u64::from(self.cache.threshold() / BLOCK_SHARE) {
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
            let jumps = self.jumps.get_or_insert_with(|| {
                let mut jumps: HashMap<u32, Vec<u64>> = HashMap::new();
                for entry in cache.entries().iter().filter(|entry| entry.from.get() != NONE) {
                    jumps.entry(entry.from.get()).or_default().push(entry.block.rip);
                }
                jumps
            });
            let mut seen = jumps.get(&number).cloned().unwrap_or_default();
            seen.sort_by_key(|&rip| std::cmp::Reverse(self.heat(rip)));
            all.extend(seen.into_iter().filter(|&rip| rip != last));
        }
        all
    }
}

/// First page of the run of executable pages around `rip`: stands for the object
/// (program or library) that the code belongs to.
fn object(memory: &GuestMemory, rip: u64) -> u32 {
    let mut page = (rip >> 12) as u32;
    while page > 0 && memory.perms(page - 1).contains(Perms::EXEC) {
        page -= 1;
    }
    page
}

/// Forms the regions for `hot` and their callees.
pub fn form(
    cache: &mut Cache,
    memory: &GuestMemory,
    mode: Mode,
    hot: &[u32],
    settings: &Settings,
    code: &CodeCache,
    worth: Worth<'_>,
) -> Formed {
    let mut source = Source { cache, memory, mode, jumps: None };
    let mut formed = Formed::default();
    let mut modules: HashMap<u32, Module> = HashMap::new();
    let mut covered: HashSet<u64> = HashSet::new();
    let mut entries: HashSet<u64> = HashSet::new();
    // Functions begin below their loops: the larger region comes first.
    let mut hot: Vec<u64> = hot.iter().map(|&rip| u64::from(rip)).collect();
    hot.sort_unstable();
    let wanted = u64::from(source.cache.threshold() / CALLEE_SHARE);
    let mut count = 0;
    for rip in hot {
        if covered.contains(&rip) || entries.contains(&rip) {
            continue;
        }
        let mut queue = vec![rip];
        while let Some(entry) = queue.pop() {
            if count >= MAX_REGIONS || !entries.insert(entry) {
                continue;
            }
            if entry != rip && (code.has(entry as u32) || source.heat(entry) < wanted.max(1)) {
                entries.remove(&entry);
                continue;
            }
            let Some(region) = form_region(&mut source, entry, &settings.region) else {
                if entry == rip {
                    formed.failed.push(rip as u32);
                }
                continue;
            };
            if !worth(&region, source.work(&region), entry != rip) {
                entries.remove(&entry);
                if entry == rip {
                    formed.unripe.push(rip as u32);
                }
                continue;
            }
            count += 1;
            covered.extend(region.nodes.iter().map(|node| node.block.rip));
            queue.extend(region.callees());
            let module = modules.entry(object(memory, entry)).or_default();
            for (start, end) in region.ranges() {
                if let Some(number) = source.cache.find(start) {
                    let block = source.cache.entry(number);
                    let len = ((end - start) as usize).min(block.bytes().len());
                    module.sources.add(start as u32, &block.bytes()[..len], block.pages());
                }
            }
            module.regions.push(region);
        }
    }
    formed.modules = modules.into_values().collect();
    formed
}
