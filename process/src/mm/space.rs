//! The address space of a process: mappings, their memory and its permissions.
//!
//! Invariants: a page with any permission in [`GuestMemory`] is backed by host
//! memory; a page not in `dirty` is zero; permissions are those of the areas,
//! except that inaccessible pages without data have none at all (they need not
//! exist), and that pages of large anonymous areas get theirs at the first touch
//! ([`AddressSpace::fault_in`]): so what fork copies and exit zeroes is what was used.

use super::backing::Backing;
use super::bitmap::PageSet;
use super::vma::{Kind, MAX_AREAS, PAGES, Pages, Vma, VmaMap, marks};
use crate::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tawaki_abi::Errno;
use tawaki_abi::mm::{PAGE, PROT_EXEC, PROT_READ, PROT_WRITE};
use tawaki_abi::wire::FileId;
use tawaki_cpu::{GuestMemory, Perms};

/// One page past the highest a program may use: the last 64 KiB stay empty so
/// that address arithmetic at the top cannot wrap.
pub const TOP_PAGE: u32 = PAGES - 16;

/// Anonymous areas of more pages than this are populated by faults.
const LAZY: u32 = 64;
/// Pages populated by one fault, aligned.
const CHUNK: u32 = 16;

/// Free pages that are kept below an area that grows down (Linux: `stack_guard_gap`).
pub const STACK_GAP: u32 = 256;
/// Room of a stack whose limit is raised to none at all.
const STACK_RAISED: u32 = (128 << 20) / PAGE as u32;
/// Where libraries go, pages: each has its own place, so that code decoded or compiled in one
/// process is right in the others. It lies within what every memory starts with.
const LIBRARIES: Pages = 0xc000..0xff00;
/// Distance of such places, and the most pages of a library that gets one.
const LIBRARY_STEP: u32 = 16;
const LIBRARY_MOST: u32 = 0x1000;

/// Where the pieces of a program lie, in pages. See [`crate::loader`] for how it is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Where the search for a free place begins.
    pub mmap_base: u32,
    /// The stack may grow down to here.
    pub stack_low: u32,
    /// End of the stack.
    pub stack_high: u32,
    /// Most pages of the stack and of other areas that grow down (RLIMIT_STACK as it is now).
    pub stack_limit: u32,
    /// Start of the heap, a byte address.
    pub brk_start: u64,
    /// Its end, a byte address.
    pub brk: u64,
    /// Page of the i386 signal return trampolines; 0 without.
    pub trampolines: u32,
    /// Room kept for the heap as long as there is other.
    pub brk_room: u32,
    /// The auxiliary vector as it lies on the stack.
    pub auxv: Vec<u8>,
}

/// How much a process may map, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// RLIMIT_AS.
    pub space: u64,
    /// RLIMIT_DATA: what is private and writable, and no stack.
    pub data: u64,
    /// Its hard limit.
    pub data_most: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { space: u64::MAX, data: u64::MAX, data_most: u64::MAX }
    }
}

impl Limits {
    /// Of limits in bytes, soft and hard.
    pub fn new(space: u64, data: (u64, u64)) -> Self {
        let pages = |bytes: u64| if bytes == u64::MAX { bytes } else { bytes / PAGE };
        Limits { space: pages(space), data: pages(data.0), data_most: pages(data.1) }
    }
}

/// A mapped file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedFile {
    /// What it is.
    pub id: FileId,
    /// The kernel's handle, where one is held (writable shared mappings).
    pub handle: Option<u32>,
    /// The kernel's handle by which private mappings are read anew; other entries may have the same.
    pub keep: Option<u32>,
    /// Hash of each page as it was read or written back last, by page of the
    /// file: what msync compares with. Only for writable shared mappings.
    pub hashes: BTreeMap<u64, u64>,
}

impl MappedFile {
    /// Pages of the file, the last one perhaps partial.
    fn pages(&self) -> u64 {
        self.id.size.div_ceil(PAGE)
    }
}

/// A page of a writable shared mapping that differs from the file.
#[derive(Debug, PartialEq, Eq)]
pub struct WriteBack {
    /// Handle of the file.
    pub handle: u32,
    /// Byte offset in the file.
    pub offset: u64,
    /// What to write.
    pub data: Vec<u8>,
}

/// The address space.
#[derive(Debug)]
pub struct AddressSpace {
    pub(super) backing: Backing,
    pub(super) vmas: VmaMap,
    pub(super) dirty: PageSet,
    /// Placement.
    pub layout: Layout,
    pub(super) files: BTreeMap<u32, MappedFile>,
    pub(super) next_file: u32,
    lowest: u32,
    /// What setrlimit(2) allows.
    pub limits: Limits,
    /// Marks of areas to come: `LOCKED` after mlockall(MCL_FUTURE).
    pub future_marks: u8,
    /// Writable anonymous areas larger than this many pages are populated by
    /// faults; `u32::MAX` for engines that do not check permissions.
    pub lazy: u32,
}

/// Memory reserved without access exists at once below this page; above it the
/// emulator's own heap has to find room. A Java machine of 64 bits has its heap of 1 GiB up to 0xeaa00000.
const RESERVED_END: u32 = 0xec00_0000 / PAGE as u32;

/// Bytes of a range of pages.
pub fn bytes(pages: &Pages) -> std::ops::Range<u64> {
    u64::from(pages.start) * PAGE..u64::from(pages.end) * PAGE
}

fn perms(prot: u32) -> Perms {
    let mut perms = Perms::MAPPED;
    for (bit, perm) in [(PROT_READ, Perms::READ), (PROT_WRITE, Perms::WRITE), (PROT_EXEC, Perms::EXEC)] {
        if prot & bit != 0 {
            perms = perms | perm;
        }
    }
    perms
}

impl AddressSpace {
    /// An empty address space over memory that is all zero.
    pub fn new(host: &dyn Host) -> Self {
        let lowest = host.lowest_address().max(PAGE);
        AddressSpace {
            backing: Backing::new(host.memory(), lowest, host.memory_end()),
            vmas: VmaMap::default(),
            dirty: PageSet::default(),
            layout: Layout::default(),
            files: BTreeMap::new(),
            next_file: 0,
            lowest: lowest.div_ceil(PAGE) as u32,
            limits: Limits::default(),
            future_marks: 0,
            lazy: LAZY,
        }
    }

    /// The memory.
    pub fn memory(&self) -> &Arc<GuestMemory> {
        self.backing.memory()
    }

    /// The mappings.
    pub fn vmas(&self) -> &VmaMap {
        &self.vmas
    }

    /// A mapped file by its key.
    pub fn file(&self, key: u32) -> Option<&MappedFile> {
        self.files.get(&key)
    }

    /// The file shown at a page, and which page of it.
    pub fn shown(&self, page: u32) -> Option<(&MappedFile, u64)> {
        match self.kind_at(page)? {
            Kind::File { file, page } => Some((self.files.get(&file)?, page)),
            _ => None,
        }
    }

    /// The first page programs may use.
    pub fn lowest(&self) -> u32 {
        self.lowest
    }

    // ---- placement

    /// Makes `pages` exist. ENOMEM: no more memory, or they belong to somebody else.
    pub(super) fn back(&mut self, host: &mut dyn Host, pages: &Pages) -> Result<(), Errno> {
        let range = bytes(pages);
        if range.end > self.backing.end() {
            let before = host.grow_to(range.end).map_err(|_| Errno::ENOMEM)?;
            self.backing.grown(before, range.end);
        }
        if self.backing.holds(&range) { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    /// Makes a reservation exist, if it does not end too high: where the host's own
    /// memory grows into the same space, what is only noted here would soon be taken.
    /// False when somebody else has some of it.
    pub(super) fn back_reserved(&mut self, host: &mut dyn Host, pages: &Pages) -> bool {
        let range = bytes(pages);
        pages.end > RESERVED_END
            || self.back(host, pages).is_ok()
            || !self.backing.reserved().iter().any(|r| r.start < range.end && range.start < r.end)
    }

    pub(super) fn avoid(&self) -> Vec<Pages> {
        let page = |addr: u64| (addr / PAGE) as u32;
        self.backing.reserved().iter().map(|r| page(r.start)..page(r.end + PAGE - 1)).collect()
    }

    /// The room of the stack, and the gap below it.
    pub(super) fn stack_kept(&self) -> Pages {
        self.layout.stack_low.saturating_sub(STACK_GAP)..self.layout.stack_high
    }

    fn place_at(&mut self, host: &mut dyn Host, pages: &Pages, accessible: bool) -> bool {
        if accessible { self.back(host, pages).is_ok() } else { self.back_reserved(host, pages) }
    }

    /// Finds room for `count` pages (and backs it, if `accessible`), near `hint` if that is free.
    pub fn place(
        &mut self,
        host: &mut dyn Host,
        count: u32,
        hint: u32,
        accessible: bool,
    ) -> Result<u32, Errno> {
        if let Some(end) = hint.checked_add(count).filter(|&end| end <= TOP_PAGE)
            && hint >= self.lowest.max(16)
            && self.vmas.is_free(hint..end)
            && !self.avoid().iter().any(|r| r.start < end && hint < r.end)
            && self.place_at(host, &(hint..end), accessible)
        {
            return Ok(hint);
        }
        let heap = (self.layout.brk_start / PAGE) as u32;
        let stack = self.stack_kept();
        let room = heap..heap.saturating_add(self.layout.brk_room);
        let kept = [stack, room];
        // Above the base, then below it, then even in the room kept for the heap.
        for (from, kept) in [(self.layout.mmap_base, &kept[..]), (0, &kept[..]), (0, &kept[..1])] {
            loop {
                let reserved = self.avoid();
                let avoid: Vec<Pages> = reserved.iter().chain(kept).cloned().collect();
                let from = from.max(self.lowest);
                let Some(start) = self.vmas.first_fit(count, from..TOP_PAGE, &avoid) else { break };
                if self.place_at(host, &(start..start + count), accessible) {
                    return Ok(start);
                }
                // Either the host took some of it just now (look again), or it has no more.
                if self.avoid().len() == reserved.len() {
                    break;
                }
            }
        }
        Err(Errno::ENOMEM)
    }

    /// Finds room for `count` pages of a file, which is backed. A library goes to the same
    /// place in every process that has it free.
    pub fn place_file(&mut self, host: &mut dyn Host, count: u32, id: &FileId) -> Result<u32, Errno> {
        let name = id.path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let library = name.windows(3).any(|part| part == b".so");
        if library && count <= LIBRARY_MOST {
            let mut mixed = (id.dev.rotate_left(32) ^ id.ino).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^= mixed >> 32;
            let places = (LIBRARIES.end - LIBRARIES.start - count) / LIBRARY_STEP;
            let at = LIBRARIES.start + (mixed % u64::from(places)) as u32 * LIBRARY_STEP;
            let mut avoid = self.avoid();
            let heap = (self.layout.brk_start / PAGE) as u32;
            avoid.push(self.stack_kept());
            avoid.push(heap..heap.saturating_add(self.layout.brk_room));
            let found = [at, LIBRARIES.start]
                .into_iter()
                .find_map(|from| self.vmas.first_fit(count, from..LIBRARIES.end, &avoid));
            if let Some(start) = found
                && self.place_at(host, &(start..start + count), true)
            {
                return Ok(start);
            }
        }
        self.place(host, count, 0, true)
    }

    /// Whether `count` more pages like `vma` stay within the limits and the number of areas.
    pub(super) fn within_limits(&self, count: u32, vma: &Vma) -> Result<(), Errno> {
        let fits = self.vmas.total() + u64::from(count) <= self.limits.space && self.vmas.len() < MAX_AREAS;
        if fits && (!vma.is_data() || self.data_fits(count)) { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    /// Whether `count` more pages of data stay within RLIMIT_DATA. A soft limit of 0 leaves the hard one, as on Linux.
    fn data_fits(&self, count: u32) -> bool {
        let Limits { data, data_most, .. } = self.limits;
        let most = if data == 0 { data_most } else { data };
        most == u64::MAX || self.vmas.data() + u64::from(count) <= most
    }

    // ---- mappings

    /// Maps `pages`, replacing what was there; anonymous memory is zero, a file's
    /// content follows by [`Self::load`]. Returns handles no longer in use.
    pub fn map(&mut self, host: &mut dyn Host, pages: Pages, vma: Vma) -> Result<Vec<u32>, Errno> {
        if pages.is_empty() || pages.start < self.lowest || pages.end > TOP_PAGE {
            return Err(Errno::ENOMEM);
        }
        let replaced: u32 = self.vmas.overlapping(pages.clone()).map(|(p, _)| p.end - p.start).sum();
        self.within_limits((pages.end - pages.start) - replaced, &vma)?;
        self.map_within(host, pages, vma)
    }

    /// The same, when limits have been looked at.
    pub(super) fn map_within(
        &mut self,
        host: &mut dyn Host,
        pages: Pages,
        vma: Vma,
    ) -> Result<Vec<u32>, Errno> {
        if vma.prot != 0 || matches!(vma.kind, Kind::File { .. }) {
            self.back(host, &pages)?;
        } else {
            self.back_reserved(host, &pages);
        }
        self.vmas.carve(pages.clone());
        self.clean(pages.clone());
        let (prot, kind) = (vma.prot, vma.kind.clone());
        self.vmas.insert(pages.clone(), vma);
        self.protect(pages, prot, &kind);
        Ok(self.sweep())
    }

    /// Maps `vma`, a private mapping of a file, over pages that show the same pages of the same file already, as they
    /// were read: as the dynamic loader does, which maps a whole library first and then its segments over that. False,
    /// and nothing done, when they do not.
    pub fn map_same(&mut self, pages: Pages, vma: &Vma) -> bool {
        let Kind::File { file, page } = vma.kind else { return false };
        let shows = |(part, old): (Pages, &Vma)| {
            let at = page + u64::from(part.start - pages.start);
            let same = self.kind_at(part.start) == Some(Kind::File { file, page: at });
            (same && old.marks & marks::AS_READ != 0).then_some(part.end - part.start)
        };
        let parts: Option<u32> = self.vmas.overlapping(pages.clone()).map(shows).sum();
        if vma.shared
            || pages.is_empty()
            || parts != Some(pages.end - pages.start)
            || self.vmas.len() + 2 > MAX_AREAS
        {
            return false;
        }
        let (prot, kind) = (vma.prot, vma.kind.clone());
        self.vmas.insert(pages.clone(), vma.clone());
        self.protect(pages.clone(), prot, &kind);
        self.note_read(pages);
        true
    }

    /// Private mappings of files in `pages` show what was read for them just now.
    pub fn note_read(&mut self, pages: Pages) {
        self.vmas.update(pages, |vma| {
            if !vma.shared && vma.prot & PROT_WRITE == 0 && matches!(vma.kind, Kind::File { .. }) {
                vma.marks |= marks::AS_READ;
            }
        });
    }

    /// Zeroes what may not be zero in `pages`.
    pub(super) fn clean(&mut self, pages: Pages) {
        for run in self.dirty.runs(pages) {
            self.memory().set_perms(run.clone(), Perms::MAPPED);
            self.backing.zero_used(bytes(&run));
            self.dirty.remove(run);
        }
    }

    /// Sets permissions of `pages`, all of one area that shows `kind` from its first page on.
    pub(super) fn protect(&mut self, pages: Pages, prot: u32, kind: &Kind) {
        let mut shown = pages.clone();
        if let Kind::File { file, page } = kind {
            let left = self.files.get(file).map_or(0, |f| f.pages().saturating_sub(*page));
            shown.end = shown.start + left.min(u64::from(pages.end - pages.start)) as u32;
            // Whole pages past the end of the file: SIGBUS.
            self.memory().set_perms(shown.end..pages.end, Perms::BUS);
        }
        let lazy = *kind == Kind::Anon && prot & PROT_WRITE != 0 && pages.end - pages.start > self.lazy;
        if prot == 0 || lazy {
            // Reserved pages may not exist, and others wait for their first touch;
            // those with data keep it.
            self.memory().set_perms(shown.clone(), Perms::NONE);
            for run in self.dirty.runs(shown) {
                self.memory().set_perms(run, perms(prot));
            }
            return;
        }
        if prot & PROT_WRITE != 0 {
            self.dirty.insert(shown.clone());
        }
        self.memory().set_perms(shown, perms(prot));
    }

    /// Copies file content into a mapping made before, whatever its protection.
    pub fn load(&mut self, addr: u64, data: &[u8]) -> bool {
        if data.is_empty() {
            return true;
        }
        let pages = (addr / PAGE) as u32..(addr + data.len() as u64).div_ceil(PAGE) as u32;
        let written = self.backing.write(addr, data);
        if written {
            self.dirty.insert(pages.clone());
            if self.vmas.overlapping(pages.clone()).any(|(_, vma)| vma.marks & marks::AS_READ != 0) {
                self.mark(pages, 0, marks::AS_READ);
            }
        }
        written
    }

    /// Copies from a mapping, whatever its protection.
    pub fn peek(&self, addr: u64, out: &mut [u8]) -> bool {
        self.backing.read(addr, out)
    }

    /// Registers a file for [`Kind::File`].
    pub fn add_file(&mut self, file: MappedFile) -> u32 {
        let same = |f: &MappedFile| f.handle.is_none() && file.handle.is_none() && f.id == file.id;
        if let Some((&key, known)) = self.files.iter_mut().find(|(_, f)| same(f)) {
            known.keep = known.keep.or(file.keep);
            return key;
        }
        let key = self.next_file;
        self.next_file = self.next_file.wrapping_add(1);
        self.files.insert(key, file);
        key
    }

    /// Forgets files no area shows; returns their handles.
    pub(super) fn sweep(&mut self) -> Vec<u32> {
        let vmas = &self.vmas;
        if self.files.is_empty() {
            return Vec::new();
        }
        let used: std::collections::BTreeSet<u32> = vmas
            .iter()
            .filter_map(|(_, vma)| if let Kind::File { file, .. } = vma.kind { Some(file) } else { None })
            .collect();
        let mut handles = Vec::new();
        self.files.retain(|key, file| {
            if !used.contains(key) {
                handles.extend(file.handle.into_iter().chain(file.keep));
            }
            used.contains(key)
        });
        handles.retain(|&handle| !self.keeps(handle));
        handles
    }

    /// Whether a mapped file is read anew by this handle.
    pub fn keeps(&self, handle: u32) -> bool {
        self.files.values().any(|file| file.keep == Some(handle))
    }

    /// munmap. Returns handles no longer in use.
    pub fn unmap(&mut self, pages: Pages) -> Vec<u32> {
        self.vmas.carve(pages.clone());
        self.memory().set_perms(pages, Perms::NONE);
        self.sweep()
    }

    /// mprotect over `pages`, which must all be mapped.
    pub fn mprotect(&mut self, host: &mut dyn Host, pages: Pages, prot: u32) -> Result<(), Errno> {
        let areas: Vec<(Pages, Vma)> =
            self.vmas.overlapping(pages.clone()).map(|(p, v)| (p, v.clone())).collect();
        if prot & PROT_WRITE != 0 && areas.iter().any(|(_, vma)| !vma.may_write) {
            return Err(Errno::EACCES);
        }
        if prot & PROT_WRITE != 0 && areas.iter().any(|(part, vma)| self.doubled(part, vma)) {
            return Err(Errno::EACCES);
        }
        if self.vmas.len() + 2 > MAX_AREAS {
            return Err(Errno::ENOMEM);
        }
        let hole = self.vmas.first_hole(pages.clone());
        for (part, vma) in areas {
            if hole.is_some_and(|hole| part.start > hole) {
                break;
            }
            if prot != 0 {
                self.back(host, &part)?;
            }
            let becomes = Vma { prot, ..vma.clone() };
            if becomes.is_data() && !vma.is_data() && !self.data_fits(part.end - part.start) {
                return Err(Errno::ENOMEM);
            }
            let kind = self.kind_at(part.start).unwrap_or(vma.kind);
            self.vmas.update(part.clone(), |vma| {
                vma.prot = prot;
                if prot & PROT_WRITE != 0 {
                    vma.marks &= !marks::AS_READ;
                }
            });
            self.protect(part, prot, &kind);
        }
        if hole.is_some() { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// Whether a part of an area shows a file shared that another area shows, too.
    fn doubled(&self, part: &Pages, vma: &Vma) -> bool {
        let Some(Kind::File { file, page }) = self.kind_at(part.start) else { return false };
        let Some(f) = self.files.get(&file).filter(|_| vma.shared) else { return false };
        self.shows_too(part, &f.id, page..page + u64::from(part.end - part.start))
    }

    /// What the area at `page` shows from that page on.
    pub(super) fn kind_at(&self, page: u32) -> Option<Kind> {
        let (area, vma) = self.vmas.find(page)?;
        Some(match vma.kind.clone() {
            Kind::File { file, page: first } => {
                Kind::File { file, page: first + u64::from(page - area.start) }
            }
            kind => kind,
        })
    }

    /// madvise(MADV_DONTNEED): anonymous private pages read as zero afterwards, those of
    /// a file as the file. Returns what has to be read from files.
    pub fn discard(&mut self, pages: Pages) -> Vec<Pages> {
        let private = self.vmas.overlapping(pages).filter(|(_, vma)| !vma.shared);
        let parts: Vec<(Pages, bool)> =
            private.map(|(p, vma)| (p, matches!(vma.kind, Kind::File { .. }))).collect();
        let mut unread = Vec::new();
        for (part, is_file) in parts {
            if is_file {
                unread.push(part);
                continue;
            }
            self.wipe(part);
        }
        unread
    }

    /// Makes pages read as zero.
    pub fn wipe(&mut self, pages: Pages) {
        for run in self.dirty.runs(pages) {
            // The pages stay marked: they may be written without notice.
            self.backing.zero_used(bytes(&run));
        }
    }

    /// Sets and clears bits of [`marks`] in `pages`.
    pub fn mark(&mut self, pages: Pages, set: u8, clear: u8) {
        self.vmas.update(pages, |vma| vma.marks = vma.marks & !clear | set);
    }

    /// Whether another area than `area` shows pages `shown` of the same file shared and
    /// writable: two writers would have to be one memory.
    pub fn shows_too(&self, area: &Pages, id: &FileId, shown: std::ops::Range<u64>) -> bool {
        self.vmas.iter().any(|(pages, vma)| {
            let Kind::File { file, page } = vma.kind else { return false };
            let end = page + u64::from(pages.end - pages.start);
            let same = |f: &MappedFile| (f.id.dev, f.id.ino) == (id.dev, id.ino);
            vma.shared
                && vma.prot & PROT_WRITE != 0
                && !(pages.start < area.end && area.start < pages.end)
                && page < shown.end
                && shown.start < end
                && self.files.get(&file).is_some_and(same)
        })
    }

    /// brk(2): the new end of the heap, or the old one if it cannot be.
    pub fn set_brk(&mut self, host: &mut dyn Host, brk: u64) -> u64 {
        let old = self.layout.brk;
        if brk < self.layout.brk_start || brk > u64::from(TOP_PAGE) * PAGE {
            return old;
        }
        let (from, to) = (old.div_ceil(PAGE) as u32, brk.div_ceil(PAGE) as u32);
        if to > from {
            let more = from..to;
            let stack = self.stack_kept();
            if !self.vmas.is_free(more.clone()) || (stack.start < more.end && more.start < stack.end) {
                return old;
            }
            let vma = Vma {
                end: 0,
                prot: PROT_READ | PROT_WRITE,
                shared: false,
                may_write: true,
                marks: self.future_marks,
                kind: Kind::Heap,
            };
            if self.map(host, more, vma).is_err() {
                return old;
            }
        } else if to < from {
            self.unmap(to..from);
        }
        self.layout.brk = brk;
        brk
    }

    /// After a fault at `addr`: populates a large area's pages around it, or lets
    /// the stack grow. `true`: try again.
    pub fn fault_in(&mut self, addr: u64) -> bool {
        let Ok(page) = u32::try_from(addr / PAGE) else { return false };
        let Some((area, vma)) = self.vmas.find(page) else {
            return self.grow_stack(addr) || self.grow_down(page);
        };
        if vma.prot == 0 || vma.kind != Kind::Anon || self.memory().perms(page) != Perms::NONE {
            return false;
        }
        let prot = vma.prot;
        let first = page - page % CHUNK;
        for page in first.max(area.start)..(first + CHUNK).min(area.end) {
            if self.memory().perms(page) == Perms::NONE {
                self.protect(page..page + 1, prot, &Kind::Anon);
            }
        }
        true
    }

    /// Extends the stack down to `addr` if that is within its room. `true`: try again.
    pub(super) fn grow_stack(&mut self, addr: u64) -> bool {
        let page = (addr / PAGE) as u32;
        let layout = &self.layout;
        if page < layout.stack_low
            || page >= layout.stack_high
            || layout.stack_high - page > layout.stack_limit
        {
            return false;
        }
        // Only the hole just below the stack's area, as VM_GROWSDOWN does.
        let Some((area, vma)) = self.vmas.overlapping(page..self.layout.stack_high).next() else {
            return false;
        };
        if vma.kind != Kind::Stack || area.start <= page {
            return false;
        }
        let vma = vma.clone();
        // Some more at once: deep recursion faults less often.
        let low = layout.stack_low.max(layout.stack_high.saturating_sub(layout.stack_limit));
        let from = page.saturating_sub(15).max(low);
        let from = if self.vmas.is_free(from..area.start) { from } else { page };
        let more = from..area.start;
        if !self.backing.holds(&bytes(&more)) || self.within_limits(more.end - more.start, &vma).is_err() {
            return false;
        }
        self.clean(more.clone());
        let (prot, kind) = (vma.prot, vma.kind.clone());
        self.vmas.insert(more.clone(), vma);
        self.protect(more, prot, &kind);
        true
    }

    /// Extends an area of MAP_GROWSDOWN down to `page`, unless another mapping is
    /// nearer than the guard gap (mmap(2)).
    fn grow_down(&mut self, page: u32) -> bool {
        let Some((area, vma)) = self.vmas.overlapping(page..TOP_PAGE).next() else { return false };
        let below = page.saturating_sub(STACK_GAP)..area.start;
        if vma.marks & marks::GROWS == 0
            || area.end - page > self.layout.stack_limit
            || page < self.lowest
            || !self.vmas.is_free(below)
        {
            return false;
        }
        let (vma, more) = (vma.clone(), page..area.start);
        if !self.backing.holds(&bytes(&more)) || self.within_limits(more.end - more.start, &vma).is_err() {
            return false;
        }
        self.clean(more.clone());
        let (prot, kind) = (vma.prot, vma.kind.clone());
        self.vmas.insert(more.clone(), vma);
        self.protect(more, prot, &kind);
        true
    }

    /// setrlimit of RLIMIT_STACK to so many pages. When that is more than the stack has room for, it gets what is free
    /// below it: as much as Linux keeps free at least ([`STACK_RAISED`]), more only where the limit says how much.
    pub fn set_stack_limit(&mut self, host: &mut dyn Host, pages: u32) {
        self.layout.stack_limit = pages;
        let Layout { stack_low, stack_high, .. } = self.layout;
        let wanted = if pages >= TOP_PAGE { STACK_RAISED } else { pages };
        let taken = self.vmas.iter().map(|(area, _)| area.end).take_while(|&end| end <= stack_low).last();
        // A heap below keeps its room, too.
        let heap = (self.layout.brk_start / PAGE) as u32;
        let heap =
            if heap < stack_low { heap.saturating_add(self.layout.brk_room).min(stack_low) } else { 0 };
        let free = taken.unwrap_or(0).max(heap).max(self.lowest).saturating_add(STACK_GAP);
        let low = stack_high.saturating_sub(wanted).max(free);
        if low < stack_low && self.back(host, &(low..stack_low)).is_ok() {
            self.layout.stack_low = low;
        }
    }

    /// Makes the whole room of the stack exist, so that it can grow without the host.
    pub fn back_stack(&mut self, host: &mut dyn Host) -> Result<(), Errno> {
        let room = self.layout.stack_low..self.layout.stack_high;
        self.back(host, &room)
    }
}
