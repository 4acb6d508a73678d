//! The address space as a whole: clearing it, its image for a fork, its text
//! for `/proc`, and what has to be written back to files.

use super::space::{AddressSpace, Layout, Limits, MappedFile, WriteBack, bytes};
use super::vma::{Kind, PAGES, Pages, Vma, VmaMap, marks};
use crate::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tawaki_abi::Errno;
use tawaki_abi::mm::{PAGE, PROT_EXEC, PROT_READ, PROT_WRITE};
use tawaki_cpu::Perms;

/// What a forked child needs to know of its parent's address space.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpaceImage {
    vmas: VmaMap,
    layout: Layout,
    files: BTreeMap<u32, MappedFile>,
    next_file: u32,
    limits: Limits,
    /// Pages to copy.
    pub used: Vec<Pages>,
}

/// FNV-1a over words: cheap, and only compared within one process.
fn hash(page: &[u8]) -> u64 {
    page.chunks(8).fold(0xcbf2_9ce4_8422_2325, |h, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let mixed = (h ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        mixed ^ (mixed >> 29)
    })
}

impl AddressSpace {
    /// Pages of writable shared file mappings in `pages` that differ from what was read.
    pub fn write_backs(&mut self, pages: Pages) -> Vec<WriteBack> {
        let mut out = Vec::new();
        let areas: Vec<(Pages, u32)> = self
            .vmas
            .overlapping(pages)
            .filter_map(|(p, vma)| match vma.kind {
                Kind::File { file, .. } if vma.shared && vma.may_write => Some((p, file)),
                _ => None,
            })
            .collect();
        let mut page = vec![0; PAGE as usize];
        for (part, key) in areas {
            let Some(Kind::File { page: first, .. }) = self.kind_at(part.start) else { continue };
            let Some(file) = self.files.get_mut(&key) else { continue };
            let Some(handle) = file.handle else { continue };
            for p in part.clone() {
                let index = first + u64::from(p - part.start);
                let offset = index * PAGE;
                if offset >= file.id.size || !self.backing.read(u64::from(p) * PAGE, &mut page) {
                    break;
                }
                let now = hash(&page);
                if file.hashes.insert(index, now) != Some(now) {
                    let size = (file.id.size - offset).min(PAGE) as usize;
                    out.push(WriteBack { handle, offset, data: page[..size].to_vec() });
                }
            }
        }
        out
    }

    /// Notes the present content of a writable shared mapping as the file's.
    pub fn note_loaded(&mut self, pages: Pages) {
        self.write_backs(pages);
    }

    /// Files mapped shared and writable, with their handles.
    pub fn shared_files(&self) -> Vec<(u32, u32)> {
        self.files.iter().filter_map(|(&key, file)| Some((key, file.handle?))).collect()
    }

    /// Notes the present size of a file; returns the areas that show it shared.
    pub fn resize_file(&mut self, key: u32, size: u64) -> Vec<Pages> {
        let Some(file) = self.files.get_mut(&key) else { return Vec::new() };
        let before = std::mem::replace(&mut file.id.size, size);
        let shows = |vma: &Vma| matches!(vma.kind, Kind::File { file, .. } if file == key);
        let areas: Vec<(Pages, Vma)> =
            self.vmas.iter().filter(|(_, v)| shows(v)).map(|(p, v)| (p, v.clone())).collect();
        for (area, vma) in areas.iter().filter(|_| before != size) {
            let Kind::File { page, .. } = vma.kind else { continue };
            self.protect(area.clone(), vma.prot, &vma.kind);
            // What was cut off reads as zero should the file grow again.
            let range = bytes(area);
            let end = size.saturating_sub(page * PAGE).saturating_add(range.start);
            if end < range.end {
                self.memory().set_perms((end.div_ceil(PAGE)) as u32..area.end, Perms::MAPPED);
                self.backing.zero(end.max(range.start)..range.end);
                self.protect(area.clone(), vma.prot, &vma.kind);
            }
        }
        areas.into_iter().map(|(area, _)| area).collect()
    }

    /// Whether there is shared writable memory that a fork would have to share.
    pub fn has_shared_writable(&self) -> bool {
        self.vmas.iter().any(|(_, vma)| vma.shared && vma.may_write && vma.marks & marks::DONTFORK == 0)
    }

    /// Unmaps everything and zeroes what was used. Returns handles to drop.
    pub fn clear(&mut self) -> Vec<u32> {
        let handles = self.reset();
        for run in self.dirty.runs(0..PAGES) {
            self.clean(run.clone());
            self.memory().set_perms(run, Perms::NONE);
        }
        handles
    }

    /// Unmaps everything; used pages stay dirty until they are mapped again.
    pub fn reset(&mut self) -> Vec<u32> {
        // By area: a whole pass over a million pages would cost milliseconds.
        for (area, _) in std::mem::take(&mut self.vmas).iter() {
            self.memory().set_perms(area, Perms::NONE);
        }
        self.layout = Layout::default();
        self.future_marks = 0;
        self.sweep()
    }

    /// For a fork. `sp`: below it the main stack holds nothing of worth.
    pub fn image(&mut self, sp: u64) -> SpaceImage {
        // Compiled code may have used stack below the area without a fault.
        if self.layout.stack_low < self.layout.stack_high {
            self.grow_stack(sp.saturating_sub(256));
        }
        let dead = if u64::from(self.layout.stack_low) * PAGE <= sp
            && sp < u64::from(self.layout.stack_high) * PAGE
        {
            self.layout.stack_low..(sp.saturating_sub(256) / PAGE) as u32
        } else {
            0..0
        };
        let mut vmas = self.vmas.clone();
        let mut used = Vec::new();
        for (area, vma) in self.vmas.iter() {
            if vma.marks & marks::LOCKED != 0 {
                vmas.update(area.clone(), |vma| vma.marks &= !marks::LOCKED);
            }
            if vma.marks & marks::DONTFORK != 0 {
                vmas.carve(area);
                continue;
            }
            if vma.shared && vma.may_write {
                // A copy would not be shared: the child finds such memory inaccessible.
                vmas.update(area, |vma| {
                    *vma = Vma { prot: 0, may_write: false, kind: Kind::Anon, ..vma.clone() };
                });
                continue;
            }
            if vma.marks & marks::WIPEONFORK != 0 {
                continue;
            }
            for run in self.dirty.runs(area) {
                if run.start < dead.end && dead.start < run.end {
                    used.extend((run.start < dead.start).then_some(run.start..dead.start));
                    used.extend((run.end > dead.end).then_some(dead.end..run.end));
                } else {
                    used.push(run);
                }
            }
        }
        used.sort_by_key(|r| r.start);
        used.dedup_by(|next, last| {
            let joined = last.end == next.start;
            if joined {
                last.end = next.end;
            }
            joined
        });
        SpaceImage {
            vmas,
            layout: self.layout.clone(),
            files: self.files.clone(),
            next_file: self.next_file,
            limits: self.limits,
            used,
        }
    }

    /// Becomes a copy of the parent's space: areas, memory, then permissions.
    pub fn adopt(&mut self, host: &mut dyn Host, image: SpaceImage) -> Result<(), Errno> {
        let SpaceImage { vmas, layout, files, next_file, limits, used } = image;
        self.files = files;
        self.next_file = next_file;
        self.limits = limits;
        self.layout = layout;
        self.back_stack(host)?;
        for (area, vma) in vmas.iter() {
            if vma.prot != 0 {
                self.back(host, &area)?;
            } else {
                self.back_reserved(host, &area);
            }
        }
        for run in &used {
            // Inaccessible areas may have content, too.
            self.back(host, run)?;
        }
        let ranges: Vec<_> = used.iter().map(bytes).collect();
        if ranges.iter().any(|range| !self.backing.holds(range)) {
            return Err(Errno::ENOMEM);
        }
        host.copy_from_parent(&ranges).map_err(|_| Errno::ENOMEM)?;
        for run in used {
            self.dirty.insert(run);
        }
        for (area, vma) in vmas.iter() {
            self.protect(area, vma.prot, &vma.kind);
        }
        self.vmas = vmas;
        Ok(())
    }

    /// Pages that may hold data (for statm).
    pub fn resident(&self) -> u64 {
        let runs = self.vmas.iter().flat_map(|(area, _)| self.dirty.runs(area));
        runs.map(|run| u64::from(run.end - run.start)).sum()
    }

    /// Text of `/proc/self/maps` (proc(5)).
    pub fn maps_text(&self) -> Vec<u8> {
        use std::io::Write;
        let mut text = Vec::new();
        for (area, vma) in self.vmas.iter() {
            let range = bytes(&area);
            let bit = |bit: u32, c: char| if vma.prot & bit != 0 { c } else { '-' };
            let (offset, dev, ino, name): (u64, u64, u64, &[u8]) = match &vma.kind {
                Kind::Anon => (0, 0, 0, b""),
                Kind::Heap => (0, 0, 0, b"[heap]"),
                Kind::Stack => (0, 0, 0, b"[stack]"),
                Kind::File { file, page } => match self.files.get(file) {
                    Some(f) => (page * PAGE, f.id.dev, f.id.ino, &f.id.path),
                    None => (page * PAGE, 0, 0, b""),
                },
            };
            let mut line = format!(
                "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {} ",
                range.start,
                range.end,
                bit(PROT_READ, 'r'),
                bit(PROT_WRITE, 'w'),
                bit(PROT_EXEC, 'x'),
                if vma.shared { 's' } else { 'p' },
                offset,
                tawaki_abi::layout64::major(dev),
                tawaki_abi::layout64::minor(dev),
                ino
            );
            if !name.is_empty() {
                while line.len() < 73 {
                    line.push(' ');
                }
            }
            // Writing to a Vec cannot fail.
            let _ = text.write_all(line.as_bytes());
            text.extend(name.iter().flat_map(|&b| if b == b'\n' { b"\\012".to_vec() } else { vec![b] }));
            text.push(b'\n');
        }
        text
    }
}
