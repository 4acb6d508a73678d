//! Compiled code, found again by the guest address it was compiled for.
//!
//! Code is installed in modules, the unit that browsers compile; each holds the
//! functions of several regions. A module remembers the bytes it was compiled from
//! and the generations of their pages, and is entered only after these have been
//! compared since the memory's code epoch last moved. One whose code is not in
//! memory now is kept for a while: the next process of the same worker may map the
//! same libraries again.

use rustc_hash::FxHashMap;
use tawaki_cpu::{GuestMemory, Perms};

use crate::layout::NO_RIP;
use crate::library::Id;

/// Limits of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most modules.
    pub modules: usize,
    /// Most bytes of wasm in all.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { modules: 2000, bytes: 64 << 20 }
    }
}

/// With so many modules for the same address, one whose code is not in memory goes: a
/// program that writes code over and over would otherwise collect them.
const MAX_VARIANTS: usize = 4;

/// A generation that no page has.
const UNKNOWN: u32 = u32::MAX;

/// Guest code that a module was compiled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Guest address.
    pub addr: u32,
    /// What stood there.
    pub bytes: Box<[u8]>,
}

/// What a module was compiled from: ranges of code and the pages they lie on.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Ranges, disjoint once [`Self::finish`]ed.
    ranges: Vec<Source>,
    /// Page numbers with their generations when the bytes were read.
    pages: Vec<(u32, u32)>,
}

impl Sources {
    /// Of a module that was compiled elsewhere: not compared with memory yet. The ranges
    /// are disjoint.
    pub fn unknown(ranges: Box<[Source]>) -> Self {
        let last =
            |source: &Source| source.addr.saturating_add((source.bytes.len() as u32).saturating_sub(1)) >> 12;
        let mut pages: Vec<_> = ranges
            .iter()
            .flat_map(|source| (source.addr >> 12..=last(source)).map(|page| (page, UNKNOWN)))
            .collect();
        pages.dedup();
        Sources { ranges: ranges.into_vec(), pages }
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Source] {
        &self.ranges
    }

    /// Adds the code of one block.
    pub fn add(&mut self, addr: u32, bytes: &[u8], pages: [(u32, u32); 2]) {
        self.ranges.push(Source { addr, bytes: bytes.into() });
        self.pages.extend(pages);
    }

    /// Joins what touches or overlaps. `false` when the parts contradict each other:
    /// code was changed while they were read.
    pub fn finish(&mut self) -> bool {
        self.pages.sort_unstable();
        self.pages.dedup();
        // One page at two generations.
        if self.pages.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return false;
        }
        self.ranges.sort_unstable_by_key(|source| (source.addr, source.bytes.len()));
        let mut joined: Vec<(u32, Vec<u8>)> = Vec::new();
        for source in self.ranges.drain(..) {
            if let Some((start, bytes)) = joined.last_mut()
                && source.addr as usize <= *start as usize + bytes.len()
            {
                let at = (source.addr - *start) as usize;
                let common = (bytes.len() - at).min(source.bytes.len());
                if bytes[at..at + common] != source.bytes[..common] {
                    return false;
                }
                bytes.extend_from_slice(&source.bytes[common..]);
                continue;
            }
            joined.push((source.addr, source.bytes.into_vec()));
        }
        self.ranges = joined.into_iter().map(|(addr, bytes)| Source { addr, bytes: bytes.into() }).collect();
        true
    }

    /// Whether the same code stands in memory now; remembers the generations if so.
    pub fn matches(&mut self, memory: &GuestMemory) -> bool {
        if self.pages.iter().all(|&(page, generation)| memory.generation(page) == generation) {
            return true;
        }
        // Nothing may be noted as code that only lies where this code once was.
        if self.pages.iter().any(|&(page, _)| !memory.perms(page).contains(Perms::EXEC)) {
            return false;
        }
        let pages: Vec<_> = self.pages.iter().map(|&(page, _)| (page, memory.mark_code(page))).collect();
        let mut now = Vec::new();
        let same = self.ranges.iter().all(|source| {
            now.resize(source.bytes.len(), 0);
            memory.fetch(u64::from(source.addr), &mut now).is_ok() && *now == *source.bytes
        });
        if same {
            self.pages = pages;
        }
        same
    }

    /// Bytes of guest code.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|source| source.bytes.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    fn distrust(&mut self) {
        self.pages.iter_mut().for_each(|page| page.1 = UNKNOWN);
    }
}

/// Table slots of a module, to be given back to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableRange {
    /// First slot.
    pub first: u32,
    /// How many.
    pub count: u32,
}

#[derive(Debug)]
struct Module {
    table: TableRange,
    /// What other engines know it by.
    id: Option<Id>,
    /// The process that used it last, by [`CodeCache::processes`].
    user: u64,
    entries: Box<[u32]>,
    /// Addresses of all blocks, entries or not, each once.
    blocks: Box<[u32]>,
    whole: Box<[u32]>,
    sources: Sources,
    size: usize,
    /// The code epoch of the last comparison, and how it went.
    checked: Option<u32>,
    good: bool,
    used: u64,
}

/// The code of one worker.
#[derive(Debug, Default)]
pub struct CodeCache {
    modules: Vec<Option<Module>>,
    /// Guest address to (module, function); the newest last.
    by_entry: FxHashMap<u32, Vec<(u32, u32)>>,
    /// In how many modules the block at an address is.
    covered: FxHashMap<u32, u32>,
    /// In how many regions that have everything they lead to.
    whole: FxHashMap<u32, u32>,
    limits: Limits,
    bytes: usize,
    live: usize,
    clock: u64,
    /// Processes so far.
    processes: u64,
    /// Shared modules that the present process has begun to use.
    begun: Vec<Id>,
}

/// What is added to a [`CodeCache`].
#[derive(Debug)]
pub struct Addition {
    /// Function `i` was compiled for guest address `entries[i]` ([`NO_RIP`]: is not to be entered).
    pub entries: Box<[u32]>,
    /// All the blocks in it, each once.
    pub blocks: Box<[u32]>,
    /// Those of regions that have everything they lead to.
    pub whole: Box<[u32]>,
    /// Table index of the first function.
    pub first: u32,
    /// What it was compiled from.
    pub sources: Sources,
    /// Bytes of wasm.
    pub size: usize,
    /// What other engines know it by.
    pub id: Option<Id>,
}

impl CodeCache {
    /// An empty cache.
    pub fn new(limits: Limits) -> Self {
        CodeCache { limits, ..Default::default() }
    }

    /// Modules kept.
    pub fn modules(&self) -> usize {
        self.live
    }

    /// Bytes of wasm kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is code for `rip`, in memory now or not.
    pub fn has(&self, rip: u32) -> bool {
        self.by_entry.contains_key(&rip)
    }

    /// Whether the block at `rip` is part of some region.
    pub fn covers(&self, rip: u32) -> bool {
        self.covered.contains_key(&rip)
    }

    /// Whether the block at `rip` is part of a region that has everything it leads to.
    pub fn has_whole(&self, rip: u32) -> bool {
        self.whole.contains_key(&rip)
    }

    /// The table slot of code for `rip` that is right as of now.
    pub fn find(&mut self, memory: &GuestMemory, rip: u32) -> Option<u32> {
        let variants = self.by_entry.get(&rip)?;
        self.clock += 1;
        for &(number, function) in variants.iter().rev() {
            let Some(Some(module)) = self.modules.get_mut(number as usize) else { continue };
            let epoch = memory.code_epoch();
            if module.checked != Some(epoch) {
                module.good = module.sources.matches(memory);
                module.checked = Some(epoch);
            }
            if module.good {
                module.used = self.clock;
                if module.user != self.processes {
                    module.user = self.processes;
                    self.begun.extend(module.id);
                }
                return Some(module.table.first + function);
            }
        }
        None
    }

    /// Whether the module that other engines know by this is here.
    pub fn holds(&self, id: Id) -> bool {
        self.modules.iter().flatten().any(|module| module.id == Some(id))
    }

    /// Shared modules that the present process has begun to use since the last call.
    pub fn begun(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.begun)
    }

    /// Adds a module. What has to go for it is added to `dropped`.
    pub fn insert(&mut self, addition: Addition, dropped: &mut Vec<TableRange>) {
        let Addition { entries, blocks, whole, first, sources, size, id } = addition;
        for entry in entries.iter().filter(|&&entry| entry != NO_RIP) {
            let Some(variants) = self.by_entry.get(entry).filter(|v| v.len() >= MAX_VARIANTS) else {
                continue;
            };
            let outdated = variants.iter().map(|&(number, _)| number).find(|&number| {
                self.modules.get(number as usize).and_then(Option::as_ref).is_some_and(|m| !m.good)
            });
            if let Some(outdated) = outdated {
                self.remove(outdated, dropped);
            }
        }
        while self.live > 0 && (self.live >= self.limits.modules || self.bytes + size > self.limits.bytes) {
            let used = |m: &Option<Module>| m.as_ref().map(|m| m.used);
            let coldest =
                (0..self.modules.len()).filter_map(|i| used(&self.modules[i]).map(|used| (used, i))).min();
            let Some((_, coldest)) = coldest else { break };
            self.remove(coldest as u32, dropped);
        }
        self.clock += 1;
        let table = TableRange { first, count: entries.len() as u32 };
        let (used, user) = (self.clock, self.processes);
        let module = Module {
            table,
            id,
            user,
            entries,
            blocks,
            whole,
            sources,
            size,
            checked: None,
            good: false,
            used,
        };
        let number = match self.modules.iter().position(Option::is_none) {
            Some(free) => free,
            None => {
                self.modules.push(None);
                self.modules.len() - 1
            }
        };
        for (function, &entry) in module.entries.iter().enumerate().filter(|(_, e)| **e != NO_RIP) {
            let variants = self.by_entry.entry(entry).or_default();
            // The first of a module's functions for an address is the direct one.
            if variants.last().is_none_or(|&(n, _)| n != number as u32) {
                variants.push((number as u32, function as u32));
            }
        }
        for (blocks, counts) in [(&module.blocks, &mut self.covered), (&module.whole, &mut self.whole)] {
            blocks.iter().for_each(|&block| *counts.entry(block).or_default() += 1);
        }
        self.bytes += size;
        self.live += 1;
        self.modules[number] = Some(module);
    }

    fn remove(&mut self, number: u32, dropped: &mut Vec<TableRange>) {
        let Some(module) = self.modules.get_mut(number as usize).and_then(Option::take) else { return };
        for entry in &module.entries {
            if let Some(variants) = self.by_entry.get_mut(entry) {
                variants.retain(|&(n, _)| n != number);
                if variants.is_empty() {
                    self.by_entry.remove(entry);
                }
            }
        }
        for (blocks, counts) in [(&module.blocks, &mut self.covered), (&module.whole, &mut self.whole)] {
            for block in blocks {
                if let Some(count) = counts.get_mut(block) {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(block);
                    }
                }
            }
        }
        self.bytes -= module.size;
        self.live -= 1;
        dropped.push(module.table);
    }

    /// Drops the module that other engines know by this.
    pub fn forget(&mut self, id: Id, dropped: &mut Vec<TableRange>) {
        if let Some(number) = self.modules.iter().position(|m| m.as_ref().is_some_and(|m| m.id == Some(id))) {
            self.remove(number as u32, dropped);
        }
    }

    /// Drops everything.
    pub fn clear(&mut self, dropped: &mut Vec<TableRange>) {
        for number in 0..self.modules.len() {
            self.remove(number as u32, dropped);
        }
        self.modules.clear();
    }

    /// The memory may be another process's from now on: nothing is entered before
    /// its bytes have been compared again.
    pub fn distrust(&mut self) {
        self.processes += 1;
        self.begun.clear();
        for module in self.modules.iter_mut().flatten() {
            module.sources.distrust();
            module.checked = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: u32 = 0x1000;

    fn memory() -> GuestMemory {
        let memory = GuestMemory::for_tests();
        memory.set_perms(1..3, Perms::READ | Perms::WRITE | Perms::EXEC);
        memory
    }

    fn sources(memory: &GuestMemory) -> Sources {
        let mut sources = Sources::default();
        for addr in [CODE, CODE + 2] {
            let page = addr >> 12;
            let generation = memory.mark_code(page);
            let mut bytes = [0; 4];
            memory.fetch(u64::from(addr), &mut bytes).expect("mapped");
            sources.add(addr, &bytes, [(page, generation); 2]);
        }
        assert!(sources.finish());
        sources
    }

    fn add(
        cache: &mut CodeCache,
        memory: &GuestMemory,
        entry: u32,
        first: u32,
        size: usize,
    ) -> Vec<TableRange> {
        let (entries, blocks) = ([entry].into(), [CODE].into());
        let addition = Addition {
            entries,
            blocks,
            whole: [].into(),
            first,
            sources: sources(memory),
            size,
            id: Some(first),
        };
        let mut dropped = Vec::new();
        cache.insert(addition, &mut dropped);
        dropped
    }

    #[test]
    fn changed_code_is_not_entered_and_restored_code_is() {
        let memory = memory();
        let mut cache = CodeCache::new(Limits::default());
        let dropped = add(&mut cache, &memory, CODE, 7, 10);
        assert_eq!(cache.find(&memory, CODE), Some(7));
        memory.store8(u64::from(CODE) + 5, 1).expect("writable");
        assert_eq!(cache.find(&memory, CODE), None);
        memory.store8(u64::from(CODE) + 5, 0).expect("writable");
        assert_eq!(cache.find(&memory, CODE), Some(7));
        // Behind the code on its page: only a comparison.
        memory.store8(u64::from(CODE) + 6, 1).expect("writable");
        assert_eq!(cache.find(&memory, CODE), Some(7));
        assert!(dropped.is_empty());
    }

    #[test]
    fn limits_hold_and_the_coldest_goes() {
        let memory = memory();
        let mut cache = CodeCache::new(Limits { modules: 2, bytes: 100 });
        for (entry, first) in [(CODE, 1), (CODE + 1, 2)] {
            add(&mut cache, &memory, entry, first, 10);
        }
        assert_eq!(cache.find(&memory, CODE), Some(1));
        let dropped = add(&mut cache, &memory, CODE + 2, 3, 10);
        assert_eq!(dropped, [TableRange { first: 2, count: 1 }]);
        assert_eq!(cache.find(&memory, CODE + 1), None);
        let mut dropped = add(&mut cache, &memory, CODE + 3, 4, 95);
        assert_eq!(dropped.len(), 2);
        assert_eq!((cache.modules(), cache.bytes()), (1, 95));
        assert!(cache.covers(CODE));
        cache.clear(&mut dropped);
        assert!(!cache.covers(CODE));
        assert_eq!((cache.modules(), cache.bytes()), (0, 0));
    }

    #[test]
    fn code_from_elsewhere_is_compared_first_and_can_be_forgotten() {
        let memory = memory();
        let mut cache = CodeCache::new(Limits::default());
        let ranges: Box<[Source]> = sources(&memory).ranges().into();
        let mut same = Sources::unknown(ranges.clone());
        assert!(same.matches(&memory));
        memory.store8(u64::from(CODE) + 5, 1).expect("writable");
        assert!(!Sources::unknown(ranges).matches(&memory));
        add(&mut cache, &memory, CODE, 7, 10);
        cache.distrust();
        assert_eq!(cache.find(&memory, CODE), Some(7));
        assert_eq!((cache.begun(), cache.begun()), (vec![7], vec![]));
        assert!(cache.holds(7));
        let mut dropped = Vec::new();
        cache.forget(7, &mut dropped);
        assert_eq!((cache.holds(7), dropped.len()), (false, 1));
    }

    #[test]
    fn code_that_changed_while_it_was_collected_is_refused() {
        let mut sources = Sources::default();
        sources.add(0x1000, &[1, 2], [(1, 5); 2]);
        sources.add(0x1002, &[3], [(1, 6); 2]);
        assert!(!sources.finish());
    }

    #[test]
    fn contradicting_parts_are_refused() {
        let mut sources = Sources::default();
        sources.add(16, &[1, 2, 3], [(0, 0); 2]);
        sources.add(18, &[4], [(0, 0); 2]);
        assert!(!sources.finish());
    }
}
