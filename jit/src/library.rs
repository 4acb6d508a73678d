//! Compiled code as it passes from engine to engine: what tells whether it fits, and
//! where a host keeps what its engines have made.
//!
//! A module is position independent but for the guest addresses in it, so any engine of
//! the same [`Form`] may install it where the same bytes stand at the same addresses.
//! Recipes come from our own engines only; still nothing is entered before its bytes
//! were compared with memory.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use rustc_hash::FxHashMap;
use tawaki_cpu::GuestMemory;

use crate::batch::own;
use crate::cache::{Limits, Source, Sources};
use crate::emit::Module;
use crate::layout::{Layout, NO_RIP, Options};
use crate::region::Region;

/// What the host calls a module that more than one engine may install.
pub type Id = u32;

/// What a module was compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    layout: Layout,
    options: Options,
}

impl Form {
    /// Only checked code depends on where the permissions are, and only that of programs with one thread on marks.
    pub fn new(layout: &Layout, options: &Options) -> Self {
        let perms = if options.checked { layout.perms } else { 0 };
        let marks = if options.alone { options.marks } else { [0; 3] };
        Form { layout: Layout { perms, ..*layout }, options: Options { marks, ..*options } }
    }

    #[cfg(test)]
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    fn words(&self) -> [u32; FORM_WORDS] {
        let Layout { bits64, shared, memory_min, memory_max, perms } = self.layout;
        let Options { checked, alone, marks, exact_float, helpers_only, mend_nans, mmx_locals: _ } =
            self.options;
        let bits = [bits64, shared, checked, exact_float, helpers_only, mend_nans, alone];
        let bits = bits.iter().enumerate().map(|(i, &bit)| u32::from(bit) << i).sum();
        [bits, memory_min, memory_max, perms, marks[0], marks[1], marks[2]]
    }
}

const FORM_WORDS: usize = 7;

/// Bytes of code compared before a whole recipe is looked at.
const PROBE: usize = 8;

/// A way into a module and the first bytes of code there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Probe {
    rip: u32,
    len: u8,
    bytes: [u8; PROBE],
}

impl Probe {
    fn fits(&self, memory: &GuestMemory) -> bool {
        let mut now = [0; PROBE];
        let len = usize::from(self.len).min(PROBE);
        memory.fetch(u64::from(self.rip), &mut now[..len]).is_ok() && now[..len] == self.bytes[..len]
    }
}

/// All that another engine must know of a module to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Guest addresses of its functions; [`NO_RIP`]: not to be entered.
    pub entries: Box<[u32]>,
    /// Addresses of all its blocks, each once.
    pub blocks: Box<[u32]>,
    /// Those of regions that have everything they lead to.
    pub whole: Box<[u32]>,
    /// The guest code it was compiled from, disjoint, by address.
    pub sources: Box<[Source]>,
    /// Bytes of wasm.
    pub size: u32,
}

/// The part of a recipe by which a module is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    form: [u32; FORM_WORDS],
    probes: Box<[Probe]>,
    size: u32,
    /// Of the whole recipe: equal modules are kept once.
    fingerprint: u64,
}

impl Recipe {
    /// That of a module made of these regions.
    pub fn new(module: &Module, regions: &[Region], whole: Vec<u32>, sources: &Sources) -> Self {
        let mut blocks: Vec<u32> =
            regions.iter().flat_map(|r| own(r).map(|node| node.block.rip as u32)).collect();
        blocks.sort_unstable();
        blocks.dedup();
        Recipe {
            // Those of the regions, then perhaps further ways in.
            entries: module.functions.iter().map(|f| f.entry as u32).collect(),
            blocks: blocks.into(),
            whole: whole.into(),
            sources: sources.ranges().into(),
            size: module.wasm.len() as u32,
        }
    }

    /// Its offer.
    pub fn offer(&self, form: &Form) -> Offer {
        let probe = |&rip: &u32| {
            let at = self.sources.partition_point(|source| source.addr <= rip).checked_sub(1)?;
            let Source { addr, bytes } = &self.sources[at];
            let code = bytes.get((rip - addr) as usize..)?;
            let len = code.len().min(PROBE);
            let mut bytes = [0; PROBE];
            bytes[..len].copy_from_slice(&code[..len]);
            (len > 0).then_some(Probe { rip, len: len as u8, bytes })
        };
        let probes = self.entries.iter().filter(|&&rip| rip != NO_RIP).filter_map(probe).collect();
        let mut hasher = DefaultHasher::new();
        (form, &self.entries, &self.blocks, self.size).hash(&mut hasher);
        self.sources.iter().for_each(|source| (source.addr, &source.bytes).hash(&mut hasher));
        Offer { form: form.words(), probes, size: self.size, fingerprint: hasher.finish() }
    }
}

/// Writes words and bytes; [`Reader`] is its counterpart.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }
    fn words(&mut self, words: &[u32]) {
        self.word(words.len() as u32);
        words.iter().for_each(|&word| self.word(word));
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
    fn word(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.word()?;
        self.take(len as usize)
    }
    fn words(&mut self) -> Option<Box<[u32]>> {
        let len = self.word()? as usize;
        let bytes = self.take(len.checked_mul(4)?)?;
        Some(
            bytes
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                .collect(),
        )
    }
}

impl Recipe {
    /// As bytes, for hosts whose engines share no memory.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.word(self.size);
        out.words(&self.entries);
        out.words(&self.blocks);
        out.words(&self.whole);
        out.word(self.sources.len() as u32);
        for source in &self.sources {
            out.word(source.addr);
            out.bytes(&source.bytes);
        }
        out.0
    }

    /// From [`Self::encode`].
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let (size, entries, blocks, whole) = (from.word()?, from.words()?, from.words()?, from.words()?);
        let count = from.word()?;
        let mut sources = Vec::new();
        for _ in 0..count {
            sources.push(Source { addr: from.word()?, bytes: from.bytes()?.into() });
        }
        Some(Recipe { entries, blocks, whole, sources: sources.into(), size })
    }
}

impl Offer {
    /// Whether the module is of this form and the same code begins at all its entries.
    pub fn fits(&self, memory: &GuestMemory, form: &Form) -> bool {
        // Programs begin alike, at the same addresses: whoever fetches a recipe should not do so
        // for another one's.
        self.form == form.words() && self.probes.iter().all(|probe| probe.fits(memory))
    }

    /// Where the module can be entered.
    pub fn ways(&self) -> impl Iterator<Item = u32> {
        self.probes.iter().map(|probe| probe.rip)
    }

    /// Equal for equal modules.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// As bytes, for hosts whose engines share no memory.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.form.iter().for_each(|&word| out.word(word));
        out.word(self.size);
        out.word(self.fingerprint as u32);
        out.word((self.fingerprint >> 32) as u32);
        out.word(self.probes.len() as u32);
        for probe in &self.probes {
            out.word(probe.rip);
            out.bytes(&probe.bytes[..usize::from(probe.len).min(PROBE)]);
        }
        out.0
    }

    /// From [`Self::encode`].
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let mut form = [0; FORM_WORDS];
        for word in &mut form {
            *word = from.word()?;
        }
        let (size, low, high) = (from.word()?, from.word()?, from.word()?);
        let mut probes = Vec::new();
        for _ in 0..from.word()? {
            let (rip, code) = (from.word()?, from.bytes()?);
            let mut bytes = [0; PROBE];
            bytes.get_mut(..code.len())?.copy_from_slice(code);
            probes.push(Probe { rip, len: code.len() as u8, bytes });
        }
        let fingerprint = u64::from(high) << 32 | u64::from(low);
        Some(Offer { form, probes: probes.into(), size, fingerprint })
    }
}

struct Item<T> {
    offer: Offer,
    handle: T,
    /// Position in the order of additions.
    added: u64,
    used: u64,
}

struct Shelves<T> {
    items: FxHashMap<Id, Item<T>>,
    by_entry: FxHashMap<u32, Vec<Id>>,
    limits: Limits,
    bytes: usize,
    /// Counts additions.
    clock: u64,
    /// Counts uses.
    ticks: u64,
}

/// The modules that the engines of a host have made, with `T` to install each by.
pub struct Library<T>(Mutex<Shelves<T>>);

impl<T: Clone> Library<T> {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        Library(Mutex::new(Shelves {
            items: FxHashMap::default(),
            by_entry: FxHashMap::default(),
            limits,
            bytes: 0,
            clock: 0,
            ticks: 0,
        }))
    }

    fn with<R>(&self, f: impl FnOnce(&mut Shelves<T>) -> R) -> R {
        // What a panic of another engine left is whole: no step in between can fail.
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// Adds a module; `false` if there is an equal one. The ones used longest ago make room.
    pub fn add(&self, id: Id, offer: Offer, handle: T) -> bool {
        self.with(|shelves| {
            if shelves.items.contains_key(&id) || shelves.has_equal(&offer) {
                return false;
            }
            let size = offer.size as usize;
            while !shelves.items.is_empty()
                && (shelves.items.len() >= shelves.limits.modules
                    || shelves.bytes + size > shelves.limits.bytes)
            {
                let Some(coldest) = shelves.items.iter().min_by_key(|(_, item)| item.used).map(|(&id, _)| id)
                else {
                    break;
                };
                shelves.remove(coldest);
            }
            shelves.clock += 1;
            shelves.ticks += 1;
            shelves.bytes += size;
            for probe in &offer.probes {
                let ids = shelves.by_entry.entry(probe.rip).or_default();
                if ids.last() != Some(&id) {
                    ids.push(id);
                }
            }
            let (added, used) = (shelves.clock, shelves.ticks);
            shelves.items.insert(id, Item { offer, handle, added, used });
            true
        })
    }

    /// Forgets a module.
    pub fn forget(&self, id: Id) {
        self.with(|shelves| shelves.remove(id));
    }

    /// Modules kept.
    pub fn len(&self) -> usize {
        self.with(|shelves| shelves.items.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ways into modules added after `since`, and what to ask with the next time.
    pub fn news(&self, since: u64) -> (Vec<u32>, u64) {
        self.with(|shelves| {
            let mut entries = Vec::new();
            if shelves.clock != since {
                for item in shelves.items.values().filter(|item| item.added > since) {
                    entries.extend(item.offer.probes.iter().map(|probe| probe.rip));
                }
            }
            (entries, shelves.clock)
        })
    }

    /// Modules of this form that can be entered at `rip`, where the same code begins at all their entries;
    /// newest first.
    pub fn find(&self, memory: &GuestMemory, rip: u32, form: &Form) -> Vec<Id> {
        self.with(|shelves| {
            let Some(ids) = shelves.by_entry.get(&rip) else { return Vec::new() };
            let fits = |id: &&Id| shelves.items.get(id).is_some_and(|item| item.offer.fits(memory, form));
            ids.iter().rev().filter(fits).copied().collect()
        })
    }

    /// What a module is installed by. It counts as used.
    pub fn take(&self, id: Id) -> Option<T> {
        self.with(|shelves| {
            shelves.ticks += 1;
            let now = shelves.ticks;
            let item = shelves.items.get_mut(&id)?;
            item.used = now;
            Some(item.handle.clone())
        })
    }
}

impl<T> Shelves<T> {
    fn has_equal(&self, offer: &Offer) -> bool {
        let Some(probe) = offer.probes.first() else { return false };
        let Some(ids) = self.by_entry.get(&probe.rip) else { return false };
        let equal = |item: &Item<T>| item.offer.fingerprint == offer.fingerprint;
        ids.iter().any(|id| self.items.get(id).is_some_and(equal))
    }

    fn remove(&mut self, id: Id) {
        let Some(item) = self.items.remove(&id) else { return };
        self.bytes -= item.offer.size as usize;
        for probe in &item.offer.probes {
            if let Some(ids) = self.by_entry.get_mut(&probe.rip) {
                ids.retain(|&other| other != id);
                if ids.is_empty() {
                    self.by_entry.remove(&probe.rip);
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use tawaki_cpu::{Mode, Perms};

    pub(crate) fn form(perms: u32, checked: bool) -> Form {
        let layout = Layout { bits64: true, shared: true, memory_min: 1, memory_max: 2, perms };
        assert_eq!(layout.mode(), Mode::Bits64);
        Form::new(&layout, &Options { checked, ..Options::default() })
    }

    pub(crate) fn recipe(addr: u32, code: &[u8]) -> Recipe {
        Recipe {
            entries: [addr, NO_RIP, addr + 3].into(),
            whole: [addr].into(),
            blocks: [addr, addr + 3].into(),
            sources: [Source { addr, bytes: code.into() }].into(),
            size: 40,
        }
    }

    pub(crate) fn memory(code: &[u8]) -> GuestMemory {
        let memory = GuestMemory::for_tests();
        memory.set_perms(1..3, Perms::READ | Perms::WRITE | Perms::EXEC);
        memory.write_bytes(0x1000, code).expect("mapped");
        memory
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let recipe = recipe(0x1000, &[1, 2, 3, 4]);
        assert_eq!(Recipe::decode(&recipe.encode()), Some(recipe.clone()));
        let offer = recipe.offer(&form(7, true));
        assert_eq!(offer.probes.len(), 2);
        let bytes = offer.encode();
        assert_eq!(Offer::decode(&bytes), Some(offer));
        for cut in 0..bytes.len() {
            assert_eq!(Offer::decode(&bytes[..cut]), None);
        }
    }

    /// The engine counts how far pages reach from its own marks: with those of another program, code would take
    /// pages for allowed that are not.
    #[test]
    fn code_with_other_marks_is_other_code() {
        let library = Library::new(Limits::default());
        let with = |alone: bool, marks: [u32; 3]| {
            Form::new(&form(7, true).layout(), &Options { checked: true, alone, marks, ..Options::default() })
        };
        let code = [1, 2, 3, 4, 5];
        let offer = recipe(0x1000, &code).offer(&with(true, [0x1000, 0x5000, 0x9000]));
        assert_eq!(Offer::decode(&offer.encode()), Some(offer.clone()));
        assert!(library.add(1, offer, ()));
        let memory = memory(&code);
        assert_eq!(library.find(&memory, 0x1000, &with(true, [0x1000, 0x5000, 0x9000])), [1]);
        for marks in [[0x2000, 0x5000, 0x9000], [0x1000, 0x6000, 0x9000], [0x1000, 0x5000, 0xa000]] {
            assert!(library.find(&memory, 0x1000, &with(true, marks)).is_empty());
        }
        assert!(library.find(&memory, 0x1000, &with(false, [0x1000, 0x5000, 0x9000])).is_empty());
    }

    #[test]
    fn code_is_found_by_address_bytes_and_form() {
        let library = Library::new(Limits::default());
        let code = [1, 2, 3, 4, 5];
        let offer = recipe(0x1000, &code).offer(&form(7, false));
        assert!(library.add(1, offer.clone(), "one"));
        assert!(!library.add(2, offer, "the same"));
        let memory = memory(&code);
        assert_eq!(library.find(&memory, 0x1000, &form(8, false)), [1]);
        assert_eq!(library.find(&memory, 0x1003, &form(8, false)), [1]);
        assert!(library.find(&memory, 0x1001, &form(8, false)).is_empty());
        assert!(library.find(&memory, 0x1000, &form(7, true)).is_empty());
        memory.write_bytes(0x1004, &[9]).expect("mapped");
        assert!(library.find(&memory, 0x1000, &form(7, false)).is_empty());
        assert_eq!(library.take(1), Some("one"));
    }

    #[test]
    fn news_come_once_and_limits_hold() {
        let library = Library::new(Limits { modules: 2, bytes: 1000 });
        let form = form(0, false);
        let (entries, since) = library.news(0);
        assert!(entries.is_empty());
        for id in 0..2 {
            assert!(library.add(id, recipe(0x1000 + 16 * id, &[1, 2, 3, 4]).offer(&form), ()));
        }
        let (mut entries, since) = library.news(since);
        entries.sort_unstable();
        assert_eq!(entries, [0x1000, 0x1003, 0x1010, 0x1013]);
        assert!(library.take(0).is_some());
        assert!(library.add(2, recipe(0x2000, &[1, 2, 3, 4]).offer(&form), ()));
        assert_eq!(library.news(since).0.len(), 2);
        assert_eq!((library.len(), library.take(1)), (2, None));
    }
}
