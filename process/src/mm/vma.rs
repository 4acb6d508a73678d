//! The map of a process's mappings, by page number. Pure bookkeeping: no memory
//! is touched here.
//!
//! Invariants: areas are not empty, do not overlap, and end at or below
//! [`PAGES`]. Neighbours that could be one area are one.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use tawaki_abi::mm::PROT_WRITE;

/// Pages in the address space.
pub const PAGES: u32 = 1 << 20;

/// Most areas of one process (`vm.max_map_count`).
pub const MAX_AREAS: usize = 65530;

/// A range of page numbers.
pub type Pages = Range<u32>;

/// What an area shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Anonymous memory.
    Anon,
    /// The `brk` heap.
    Heap,
    /// The main stack.
    Stack,
    /// A file, from page `page` of it. `file` is a key of the space's file table.
    File {
        /// Key of the file.
        file: u32,
        /// First page of the file shown.
        page: u64,
    },
}

/// What madvise(2), mlock(2) and MAP_GROWSDOWN ask of an area, as bits.
pub mod marks {
    /// mlock(2): counted for RLIMIT_MEMLOCK.
    pub const LOCKED: u8 = 1;
    /// MADV_DONTFORK: the child of a fork does not have it.
    pub const DONTFORK: u8 = 2;
    /// MADV_WIPEONFORK: the child finds it zeroed.
    pub const WIPEONFORK: u8 = 4;
    /// MAP_GROWSDOWN: an access below extends it.
    pub const GROWS: u8 = 8;
    /// Shows its file as it was mapped: private, read, and never writable since.
    pub const AS_READ: u8 = 16;
}

/// One area; its first page is the key in the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vma {
    /// Page after the last.
    pub end: u32,
    /// `PROT_*` bits (read 1, write 2, exec 4).
    pub prot: u32,
    /// `MAP_SHARED`.
    pub shared: bool,
    /// Whether `PROT_WRITE` may be given later (a shared mapping of a file opened read-only may not).
    pub may_write: bool,
    /// Bits of [`marks`].
    pub marks: u8,
    /// What it shows.
    pub kind: Kind,
}

impl Vma {
    /// Whether it counts for RLIMIT_DATA: private, writable, and no stack.
    pub fn is_data(&self) -> bool {
        let stack = self.kind == Kind::Stack || self.marks & marks::GROWS != 0;
        self.prot & PROT_WRITE != 0 && !self.shared && !stack
    }

    /// The part of this area (which starts at `start`) from page `at` on.
    fn tail(&self, start: u32, at: u32) -> Vma {
        let mut tail = self.clone();
        if let Kind::File { page, .. } = &mut tail.kind {
            *page += u64::from(at - start);
        }
        tail
    }

    /// Whether an area `next` that starts at this one's end is its continuation.
    fn continues(&self, start: u32, next: &Vma) -> bool {
        self.prot == next.prot
            && self.shared == next.shared
            && self.may_write == next.may_write
            && self.marks == next.marks
            && match (&self.kind, &next.kind) {
                (Kind::File { file, page }, Kind::File { file: other, page: next_page }) => {
                    file == other && page + u64::from(self.end - start) == *next_page
                }
                (a, b) => a == b,
            }
    }
}

/// All areas of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmaMap {
    areas: BTreeMap<u32, Vma>,
}

impl VmaMap {
    /// Number of areas.
    pub fn len(&self) -> usize {
        self.areas.len()
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// All areas, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Pages, &Vma)> {
        self.areas.iter().map(|(&start, vma)| (start..vma.end, vma))
    }

    /// The area that holds `page`.
    pub fn find(&self, page: u32) -> Option<(Pages, &Vma)> {
        let (&start, vma) = self.areas.range(..=page).next_back()?;
        (page < vma.end).then_some((start..vma.end, vma))
    }

    /// Areas that overlap `pages`, clipped to it.
    pub fn overlapping(&self, pages: Pages) -> impl Iterator<Item = (Pages, &Vma)> {
        let from = self.find(pages.start).map_or(pages.start, |(area, _)| area.start);
        let end = pages.end.max(from);
        self.areas.range(from..end).filter_map(move |(&start, vma)| {
            let clipped = start.max(pages.start)..vma.end.min(pages.end);
            (!clipped.is_empty()).then_some((clipped, vma))
        })
    }

    /// Whether no page of `pages` is mapped.
    pub fn is_free(&self, pages: Pages) -> bool {
        self.overlapping(pages).next().is_none()
    }

    /// The first page of `pages` that is not mapped.
    pub fn first_hole(&self, pages: Pages) -> Option<u32> {
        let mut at = pages.start;
        for (area, _) in self.overlapping(pages.clone()) {
            if area.start > at {
                break;
            }
            at = area.end;
        }
        (at < pages.end).then_some(at)
    }

    /// Pages that mlock(2) holds.
    pub fn locked(&self) -> u64 {
        let locked = self.areas.iter().filter(|(_, vma)| vma.marks & marks::LOCKED != 0);
        locked.map(|(&start, vma)| u64::from(vma.end - start)).sum()
    }

    /// Pages mapped in all.
    pub fn total(&self) -> u64 {
        self.areas.iter().map(|(&start, vma)| u64::from(vma.end - start)).sum()
    }

    /// Pages of data ([`Vma::is_data`]).
    pub fn data(&self) -> u64 {
        let data = self.areas.iter().filter(|(_, vma)| vma.is_data());
        data.map(|(&start, vma)| u64::from(vma.end - start)).sum()
    }

    /// The lowest start of `count` free pages within `within` that also avoid
    /// `avoid` (in any order).
    pub fn first_fit(&self, count: u32, within: Pages, avoid: &[Pages]) -> Option<u32> {
        let mut at = within.start;
        loop {
            let end = at.checked_add(count).filter(|&end| end <= within.end)?;
            // The highest area that reaches into the window: no start before its
            // end can do. Likewise the ranges to avoid.
            let area = self.areas.range(..end).next_back().map(|(_, vma)| vma.end).filter(|&e| e > at);
            let other = avoid.iter().filter(|r| r.start < end && at < r.end).map(|r| r.end).max();
            match area.max(other) {
                Some(next) => at = next,
                None => return Some(at),
            }
        }
    }

    /// Makes `page` a boundary between areas.
    fn split(&mut self, page: u32) {
        let Some((area, vma)) = self.find(page) else { return };
        if area.start == page {
            return;
        }
        let tail = vma.tail(area.start, page);
        if let Some(head) = self.areas.get_mut(&area.start) {
            head.end = page;
        }
        self.areas.insert(page, tail);
    }

    /// Unmaps `pages`; returns what was there.
    pub fn carve(&mut self, pages: Pages) -> Vec<(Pages, Vma)> {
        if pages.is_empty() {
            return Vec::new();
        }
        self.split(pages.start);
        self.split(pages.end);
        let starts: Vec<u32> = self.areas.range(pages).map(|(&start, _)| start).collect();
        starts
            .into_iter()
            .filter_map(|start| self.areas.remove(&start).map(|vma| (start..vma.end, vma)))
            .collect()
    }

    /// Maps `pages`, replacing what was there. `vma.end` is set from `pages`.
    pub fn insert(&mut self, pages: Pages, mut vma: Vma) -> Vec<(Pages, Vma)> {
        if pages.is_empty() || pages.end > PAGES {
            return Vec::new();
        }
        let old = self.carve(pages.clone());
        vma.end = pages.end;
        self.areas.insert(pages.start, vma);
        self.merge(pages.end);
        self.merge(pages.start);
        old
    }

    /// Applies `change` to every area within `pages`.
    pub fn update(&mut self, pages: Pages, change: impl Fn(&mut Vma)) {
        if pages.is_empty() {
            return;
        }
        self.split(pages.start);
        self.split(pages.end);
        let starts: Vec<u32> = self
            .areas
            .range_mut(pages.clone())
            .map(|(&start, vma)| {
                change(vma);
                start
            })
            .collect();
        self.merge(pages.end);
        for start in starts.into_iter().rev() {
            self.merge(start);
        }
    }

    /// Joins the areas before and after the boundary `page` if they are one.
    fn merge(&mut self, page: u32) {
        let Some((&start, before)) = self.areas.range(..page).next_back() else { return };
        if before.end != page {
            return;
        }
        let Some(after) = self.areas.get(&page) else { return };
        if before.continues(start, after) {
            let end = after.end;
            self.areas.remove(&page);
            if let Some(before) = self.areas.get_mut(&start) {
                before.end = end;
            }
        }
    }
}
