//! Memory system calls (mmap(2), mprotect(2), mremap(2), brk(2), madvise(2) …).

use crate::mm::space::TOP_PAGE;
use crate::mm::vma::marks;
use crate::mm::{Kind, MappedFile, Pages, Remap, Vma};
use crate::syscall::{Args, advise};
use crate::thread::{SysResult, Thread};
use std::collections::BTreeMap;
use tawaki_abi::Errno;
use tawaki_abi::mm::*;
use tawaki_abi::wire::{Body, Call, FileId, MAX_TRANSFER, MapSource};

/// Bytes from which a mapping is compared with the machine's memory.
const LARGE: u64 = 256 << 20;

/// The pages of `addr..addr+len`, or `None` when that does not lie in the address space.
pub(super) fn pages(addr: u64, len: u64) -> Option<Pages> {
    let end = addr.checked_add(len)?.div_ceil(PAGE);
    let end = u32::try_from(end).ok().filter(|&end| end <= TOP_PAGE)?;
    Some((addr / PAGE) as u32..end)
}

/// Page-aligned `addr` and its pages, EINVAL otherwise.
pub(super) fn aligned(addr: u64, len: u64, outside: Errno) -> Result<Pages, Errno> {
    if !addr.is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    pages(addr, len).ok_or(outside)
}

/// How much of what a mapping will read next the kernel is told of, bytes.
const AHEAD: u64 = 64 << 20;

/// Reads file content into a mapping at `addr`; what lies past the end of the file stays.
pub fn fill_from_file(
    thread: &mut Thread<'_>,
    source: MapSource,
    addr: u64,
    offset: u64,
    len: u64,
) -> Result<(), Errno> {
    let mut done = 0;
    while done < len {
        let piece = (len - done).min(MAX_TRANSFER as u64);
        let left = len - done - piece;
        // Not with every piece: what was asked for is looked through again.
        let ahead = if done.is_multiple_of(AHEAD / 4) { left.min(AHEAD) as u32 } else { 0 };
        let call = Call::MapRead { source, offset: offset + done, len: piece as u32, ahead };
        let Body::Bytes(bytes) = thread.request(&call)?.1 else { return Err(Errno::EIO) };
        let count = bytes.len().min(piece as usize);
        if count == 0 {
            break;
        }
        if !thread.mm().load(addr + done, &bytes[..count]) {
            return Err(Errno::ENOMEM);
        }
        done += count as u64;
    }
    Ok(())
}

impl Thread<'_> {
    /// Drops kernel handles that no mapping needs any more.
    fn drop_handles(&mut self, handles: Vec<u32>) {
        for handle in handles {
            self.call(&Call::MapDrop { handle });
        }
    }

    /// Writes changed pages of writable shared file mappings back.
    pub fn write_back(&mut self, pages: Pages) {
        let changed = self.mm().write_backs(pages);
        for page in changed {
            let call = Call::MapWrite { handle: page.handle, offset: page.offset, data: page.data.into() };
            if let Err(errno) = self.call(&call).result {
                self.log_once(&format!("writing back a shared mapping failed: {errno}"));
            }
        }
    }

    /// Reads what is mapped shared and writable anew, after its file was changed by a call.
    pub fn refresh_shared(&mut self) {
        let files = self.mm().shared_files();
        for (key, handle) in files {
            let Body::Mapped(id) = self.call(&Call::MapStat { handle }).body else { continue };
            let areas = self.mm().resize_file(key, id.size);
            for area in areas {
                read_anew(self, area);
            }
        }
    }

    /// Page of the i386 signal return code, as an address.
    pub fn trampolines(&self) -> Option<u64> {
        let page = self.mm().layout.trampolines;
        (page != 0).then(|| u64::from(page) * PAGE)
    }
}

/// mmap(2) with its offset in pages.
fn map(t: &mut Thread<'_>, a: &Args, offset_pages: u64) -> SysResult {
    let [addr, len, prot, flags, fd, _] = *a;
    let (prot, flags) = (prot as u32 & 7, flags as u32);
    if len == 0 {
        return Err(Errno::EINVAL);
    }
    let fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0;
    if fixed && addr % PAGE != 0 {
        return Err(Errno::EINVAL);
    }
    let shared = match flags & MAP_TYPE {
        MAP_PRIVATE => false,
        MAP_SHARED => true,
        MAP_SHARED_VALIDATE if flags & !0x1f_ffff == 0 => true,
        MAP_SHARED_VALIDATE => return Err(Errno::EOPNOTSUPP),
        _ => return Err(Errno::EINVAL),
    };
    let count = u32::try_from(len.div_ceil(PAGE)).map_err(|_| Errno::ENOMEM)?;
    if count > TOP_PAGE {
        return Err(Errno::ENOMEM);
    }
    offset_pages.checked_add(count.into()).filter(|&p| p < 1 << 51).ok_or(Errno::EOVERFLOW)?;
    let anonymous = flags & MAP_ANONYMOUS != 0;
    let mut marks = t.mm().future_marks;
    if flags & MAP_LOCKED != 0 {
        advise::check_lock(t)?;
        marks |= marks::LOCKED;
    }
    if marks & marks::LOCKED != 0 && !advise::may_lock(t, count.into())? {
        return Err(Errno::EAGAIN);
    }
    if !shared && prot & PROT_WRITE != 0 && flags & MAP_NORESERVE == 0 && len >= LARGE {
        // What could never be there is refused, the rest is granted (proc(5), overcommit_memory 0).
        let Body::Sysinfo(info) = t.request(&Call::Sysinfo)?.1 else { return Err(Errno::EIO) };
        if len > info.totalram {
            return Err(Errno::ENOMEM);
        }
    }
    if flags & MAP_GROWSDOWN != 0 && anonymous {
        marks |= marks::GROWS;
    }
    let mut file = None;
    let mut may_write = true;
    if !anonymous {
        let fd = fd as i32;
        let call = Call::MapFile { fd, prot, shared, keep: !shared };
        let (keep, Body::Mapped(id)) = t.request(&call)? else { return Err(Errno::EIO) };
        let keep = u32::try_from(keep).ok().filter(|&keep| keep != 0);
        if shared && prot & PROT_WRITE == 0 {
            // PROT_WRITE may be given later only if the descriptor allows it.
            let call = Call::MapFile { fd, prot: prot | PROT_WRITE, shared, keep: false };
            may_write = t.request(&call).is_ok();
        }
        file = Some(Mapping { fd, id, keep });
    }
    let keep = file.as_ref().and_then(|file| file.keep);
    let area = Area {
        addr,
        count,
        fixed,
        replace: flags & MAP_FIXED_NOREPLACE == 0,
        prot,
        shared,
        may_write,
        marks,
    };
    let mapped = place_and_map(t, area, file, offset_pages);
    // It failed, or the file was known by another handle.
    if let Some(keep) = keep
        && !t.mm().keeps(keep)
    {
        t.drop_handles(vec![keep]);
    }
    mapped
}

/// A file that is about to be mapped.
struct Mapping {
    fd: i32,
    id: FileId,
    /// Of a private mapping.
    keep: Option<u32>,
}

/// What mmap(2) is asked for.
struct Area {
    addr: u64,
    count: u32,
    fixed: bool,
    /// What is there already.
    replace: bool,
    prot: u32,
    shared: bool,
    may_write: bool,
    marks: u8,
}

fn place_and_map(t: &mut Thread<'_>, area: Area, file: Option<Mapping>, offset_pages: u64) -> SysResult {
    let Area { addr, count, fixed, replace, prot, shared, may_write, marks } = area;
    let start = {
        let (mut mm, host) = t.mm_and_host();
        let hint = u32::try_from(addr.div_ceil(PAGE)).unwrap_or(0);
        if fixed {
            let pages = pages(addr, u64::from(count) * PAGE).ok_or(Errno::ENOMEM)?;
            if pages.start < mm.lowest() {
                return Err(Errno::EPERM);
            }
            if !replace && !mm.vmas().is_free(pages.clone()) {
                return Err(Errno::EEXIST);
            }
            pages.start
        } else if let (0, Some(file)) = (hint, &file) {
            mm.place_file(host, count, &file.id)?
        } else {
            mm.place(host, count, hint, prot != 0 || file.is_some())?
        }
    };
    let area = start..start + count;
    if fixed {
        t.write_back(area.clone());
    }
    match file {
        None => {
            let vma = Vma { end: 0, prot, shared, may_write, marks, kind: Kind::Anon };
            let handles = {
                let (mut mm, host) = t.mm_and_host();
                mm.map(host, area, vma)?
            };
            t.drop_handles(handles);
        }
        Some(file) => {
            let vma = Vma { end: 0, prot, shared, may_write, marks, kind: Kind::Anon };
            map_file(t, area, vma, file, offset_pages)?;
        }
    }
    Ok((u64::from(start) * PAGE) as i64)
}

fn map_file(
    t: &mut Thread<'_>,
    area: Pages,
    vma: Vma,
    file: Mapping,
    offset_pages: u64,
) -> Result<(), Errno> {
    let Mapping { fd, id, keep } = file;
    if !t.mm().shared_files().is_empty() {
        // What is about to be read may have been changed in memory.
        t.write_back(0..crate::mm::vma::PAGES);
    }
    let write_back = vma.shared && vma.may_write;
    let shown = offset_pages..offset_pages + u64::from(area.end - area.start);
    if vma.shared && vma.prot & PROT_WRITE != 0 && t.mm().shows_too(&area, &id, shown) {
        t.log_once("a file mapped shared and writable in two places is not supported");
        return Err(Errno::ENODEV);
    }
    let handle = if write_back { Some(t.value(&Call::MapHold { fd })? as u32) } else { None };
    let mapped = {
        let (mut mm, host) = t.mm_and_host();
        let key = mm.add_file(MappedFile { id, handle, keep, hashes: BTreeMap::new() });
        let vma = Vma { kind: Kind::File { file: key, page: offset_pages }, ..vma };
        if mm.shared_files().is_empty() && mm.map_same(area.clone(), &vma) {
            return Ok(());
        }
        mm.map(host, area.clone(), vma)
    };
    let addr = u64::from(area.start) * PAGE;
    let len = u64::from(area.end - area.start) * PAGE;
    let filled = mapped.and_then(|handles| {
        t.drop_handles(handles);
        fill_from_file(t, MapSource::Fd(fd), addr, offset_pages * PAGE, len)
    });
    match filled {
        Ok(()) => {
            if write_back {
                t.mm().note_loaded(area);
            } else {
                t.mm().note_read(area);
            }
            Ok(())
        }
        Err(errno) => {
            // A device that cannot be read, or a disk error: no half-made mapping.
            let handles = t.mm().unmap(area);
            t.drop_handles(handles);
            Err(errno)
        }
    }
}

/// mmap of x86-64: the offset is in bytes.
pub fn mmap(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if !a[5].is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    map(t, a, a[5] / PAGE)
}

/// mmap2 of i386: the offset is in pages.
pub fn mmap2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    map(t, a, a[5])
}

/// The first mmap of i386: its arguments lie in memory.
pub fn old_mmap(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let words: [u32; 6] = t.load(a[0])?;
    mmap(t, &words.map(u64::from))
}

/// munmap(2).
pub fn munmap(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let area = aligned(a[0], a[1], Errno::EINVAL)?;
    if a[1] == 0 {
        return Err(Errno::EINVAL);
    }
    t.write_back(area.clone());
    let handles = t.mm().unmap(area);
    t.drop_handles(handles);
    Ok(0)
}

/// mprotect(2), pkey_mprotect(2) with the default key.
pub fn mprotect(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let prot = a[2] as u32;
    if prot & !(7 | PROT_GROWSDOWN | PROT_GROWSUP | 8) != 0 {
        return Err(Errno::EINVAL);
    }
    let mut area = aligned(a[0], a[1], Errno::ENOMEM)?;
    if area.is_empty() {
        return Ok(0);
    }
    let (mut mm, host) = t.mm_and_host();
    if prot & PROT_GROWSDOWN != 0
        && let Some((stack, _)) = mm.vmas().find(area.start)
    {
        area.start = stack.start;
    }
    mm.mprotect(host, area, prot & 7)?;
    Ok(0)
}

/// pkey_mprotect(2): only key -1 and 0.
pub fn pkey_mprotect(t: &mut Thread<'_>, a: &Args) -> SysResult {
    match a[3] as i32 {
        -1 | 0 => mprotect(t, a),
        _ => Err(Errno::EINVAL),
    }
}

/// mremap(2).
pub fn mremap(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [old, old_len, new_len, flags, to, _] = *a;
    let flags = flags as u32;
    let (may_move, fixed) = (flags & MREMAP_MAYMOVE != 0, flags & MREMAP_FIXED != 0);
    let keep = flags & MREMAP_DONTUNMAP != 0;
    if flags & !(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) != 0
        || (fixed || keep) && !may_move
        || keep && old_len.div_ceil(PAGE) != new_len.div_ceil(PAGE)
        || old % PAGE != 0
        || (fixed || keep) && to % PAGE != 0
        || new_len == 0
    {
        return Err(Errno::EINVAL);
    }
    let to = match fixed {
        true => Some(pages(to, new_len).ok_or(Errno::EINVAL)?.start),
        false => None,
    };
    let area = pages(old, old_len).ok_or(Errno::EFAULT)?;
    let count = u32::try_from(new_len.div_ceil(PAGE)).map_err(|_| Errno::ENOMEM)?;
    let (shared, locked) = {
        let mm = t.mm();
        let (_, vma) = mm.vmas().find(area.start).ok_or(Errno::EFAULT)?;
        (vma.shared, vma.marks & marks::LOCKED != 0)
    };
    if area.is_empty() {
        if shared {
            t.log_once("a second view of memory (mremap with an old size of 0) is not supported");
        }
        return Err(Errno::EINVAL);
    }
    let more = u64::from(count.saturating_sub(area.end - area.start));
    if locked && more > 0 && !advise::may_lock(t, more)? {
        return Err(Errno::EAGAIN);
    }
    if let Some(to) = to {
        t.write_back(to..to.saturating_add(count));
    }
    t.write_back(area.clone());
    t.mm().mark(area.clone(), 0, marks::AS_READ);
    let done = {
        let (mut mm, host) = t.mm_and_host();
        mm.remap(host, &Remap { old: area, count, may_move, to, keep })?
    };
    t.drop_handles(done.handles);
    for part in done.unread {
        read_anew(t, part);
    }
    Ok((u64::from(done.start) * PAGE) as i64)
}

/// Reads file pages whose descriptor may be closed by now: through the mapping's own
/// reference or, where that is gone, by the name the file had. `false`: it cannot be found.
pub fn read_anew(t: &mut Thread<'_>, area: Pages) -> bool {
    let (at, len) = (u64::from(area.start) * PAGE, u64::from(area.end - area.start) * PAGE);
    let found = {
        let mm = t.mm();
        mm.shown(area.start).map(|(file, page)| (file.handle, file.keep, file.id.clone(), page * PAGE))
    };
    let Some((handle, keep, id, offset)) = found else { return false };
    if let Some(handle) = handle {
        let read = fill_from_file(t, MapSource::Handle(handle), at, offset, len).is_ok();
        t.mm().note_loaded(area);
        return read;
    }
    if let Some(keep) = keep
        && fill_from_file(t, MapSource::Handle(keep), at, offset, len).is_ok()
    {
        return true;
    }
    // Mapped on behalf of a vfork child, which had the handle.
    let open = Call::Open {
        dirfd: tawaki_abi::fs::AT_FDCWD,
        path: id.path.clone(),
        flags: tawaki_abi::fs::OpenFlags::CLOEXEC,
        mode: 0,
    };
    let Ok(fd) = t.call(&open).result else { return false };
    let fd = fd as i32;
    let same = match t.call(&Call::MapFile { fd, prot: PROT_READ, shared: false, keep: false }).body {
        Body::Mapped(now) => (now.dev, now.ino) == (id.dev, id.ino),
        _ => false,
    };
    let read = same && fill_from_file(t, MapSource::Fd(fd), at, offset, len).is_ok();
    t.call(&Call::Close { fd });
    read
}

/// brk(2): the end of the heap after the call, whether it worked or not.
pub fn brk(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (mut mm, host) = t.mm_and_host();
    Ok(mm.set_brk(host, a[0]) as i64)
}

/// msync(2).
pub fn msync(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = a[2] as u32;
    if flags & !(MS_ASYNC | MS_INVALIDATE | MS_SYNC) != 0
        || flags & (MS_ASYNC | MS_SYNC) == MS_ASYNC | MS_SYNC
    {
        return Err(Errno::EINVAL);
    }
    let area = aligned(a[0], a[1], Errno::ENOMEM)?;
    let hole = t.mm().vmas().first_hole(area.clone());
    t.write_back(area);
    if hole.is_some() { Err(Errno::ENOMEM) } else { Ok(0) }
}
