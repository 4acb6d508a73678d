//! mremap(2): areas that grow, shrink and move.

use super::space::{AddressSpace, TOP_PAGE, bytes};
use super::vma::{Kind, Pages, Vma, marks};
use crate::host::Host;
use tawaki_abi::Errno;
use tawaki_abi::mm::PAGE;
use tawaki_cpu::Perms;

/// What mremap(2) is asked for, in pages.
#[derive(Clone, Debug)]
pub struct Remap {
    /// Pages of one area.
    pub old: Pages,
    /// How many there are to be.
    pub count: u32,
    /// MREMAP_MAYMOVE.
    pub may_move: bool,
    /// MREMAP_FIXED's place.
    pub to: Option<u32>,
    /// MREMAP_DONTUNMAP: the old pages stay, without their content.
    pub keep: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Remapped {
    /// First page.
    pub start: u32,
    /// Handles no mapping needs any more.
    pub handles: Vec<u32>,
    /// Pages that show a file whose content is not there yet.
    pub unread: Vec<Pages>,
}

impl AddressSpace {
    /// mremap(2) of one area's pages.
    pub fn remap(&mut self, host: &mut dyn Host, r: &Remap) -> Result<Remapped, Errno> {
        let old = r.old.clone();
        let (area, vma) = self.vmas.find(old.start).ok_or(Errno::EFAULT)?;
        if area.end < old.end {
            return Err(Errno::EFAULT);
        }
        let (area_end, vma) = (area.end, vma.clone());
        let old_count = old.end - old.start;
        if r.to.is_none() && !r.keep && r.count <= old_count {
            let tail = old.start + r.count..old.end;
            let handles = if tail.is_empty() { Vec::new() } else { self.unmap(tail) };
            return Ok(Remapped { start: old.start, handles, ..Remapped::default() });
        }
        let added = if r.keep { r.count } else { r.count.saturating_sub(old_count) };
        self.within_limits(added, &vma)?;
        let kind = self.kind_at(old.start).unwrap_or(Kind::Anon);
        let kind = if kind == Kind::Heap { Kind::Anon } else { kind };
        let is_file = matches!(kind, Kind::File { .. });
        let moved = Vma { end: 0, kind, ..vma };
        if r.to.is_none() && !r.keep && area_end == old.end {
            let more = old.end..old.start.checked_add(r.count).ok_or(Errno::ENOMEM)?;
            if self.is_clear(host, &more, moved.prot != 0 || is_file) {
                let kind = match &moved.kind {
                    Kind::File { file, page } => {
                        Kind::File { file: *file, page: page + u64::from(old_count) }
                    }
                    kind => kind.clone(),
                };
                let handles = self.map(host, more.clone(), Vma { kind, ..moved })?;
                let unread = if is_file { vec![more] } else { Vec::new() };
                return Ok(Remapped { start: old.start, handles, unread });
            }
        }
        if !r.may_move {
            return Err(Errno::ENOMEM);
        }
        let start = match r.to {
            Some(start) => start,
            None => self.place(host, r.count, 0, moved.prot != 0 || is_file)?,
        };
        let new = start..start.checked_add(r.count).ok_or(Errno::EINVAL)?;
        if new.start < old.end && old.start < new.end {
            return Err(Errno::EINVAL);
        }
        let kept = old.start..old.start + r.count.min(old_count);
        if !self.dirty.runs(kept.clone()).is_empty() {
            // What is inaccessible now may have content all the same.
            self.back(host, &new)?;
        }
        let old_marks = moved.marks & !marks::LOCKED;
        let mut out = Remapped { start, ..Remapped::default() };
        if new.start < self.lowest() || new.end > TOP_PAGE {
            return Err(Errno::ENOMEM);
        }
        // The old pages go, so that only what is added counts.
        out.handles = self.map_within(host, new.clone(), moved)?;
        self.copy_pages(kept, start);
        if is_file && r.count > old_count {
            out.unread.push(start + old_count..new.end);
        }
        if !r.keep {
            out.handles.extend(self.unmap(old));
            return Ok(out);
        }
        self.vmas.update(old.clone(), |vma| vma.marks = old_marks);
        for run in self.dirty.runs(old.clone()) {
            self.backing.zero(bytes(&run));
        }
        if is_file {
            out.unread.push(old);
        }
        Ok(out)
    }

    /// Whether an area may grow into `more`: free, not kept for the stack, nobody else's.
    fn is_clear(&mut self, host: &mut dyn Host, more: &Pages, backed: bool) -> bool {
        let stack = self.stack_kept();
        more.end <= TOP_PAGE
            && self.vmas.is_free(more.clone())
            && !(stack.start < more.end && more.start < stack.end)
            && (!backed || self.back(host, more).is_ok())
            && !self.avoid().iter().any(|r| r.start < more.end && more.start < r.end)
    }

    /// Copies what may not be zero in `from` to the pages from `to` on.
    fn copy_pages(&mut self, from: Pages, to: u32) {
        let mut page = vec![0; PAGE as usize];
        for run in self.dirty.runs(from.clone()) {
            for p in run {
                let at = u64::from(to + (p - from.start)) * PAGE;
                if self.backing.read(u64::from(p) * PAGE, &mut page) {
                    self.fault_in(at);
                    let new = to + (p - from.start)..to + (p - from.start) + 1;
                    if self.memory().perms(new.start) == Perms::NONE {
                        self.memory().set_perms(new, Perms::MAPPED);
                    }
                    self.load(at, &page);
                }
            }
        }
    }
}
