//! Memory system calls (mmap(2), mprotect(2), mremap(2), brk(2), madvise(2) …).

use crate::mm::space::TOP_PAGE;
use crate::mm::{Kind, MappedFile, Pages, Vma};
use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use std::collections::BTreeMap;
use tawaki_abi::Errno;
use tawaki_abi::mm::*;
use tawaki_abi::wire::{Body, Call, FileId, MAX_TRANSFER, MapSource};
use tawaki_cpu::Access;

/// The pages of `addr..addr+len`, or `None` when that does not lie in the address space.
fn pages(addr: u64, len: u64) -> Option<Pages> {
    let end = addr.checked_add(len)?.div_ceil(PAGE);
    let end = u32::try_from(end).ok().filter(|&end| end <= TOP_PAGE)?;
    Some((addr / PAGE) as u32..end)
}

/// Page-aligned `addr` and its pages, EINVAL otherwise.
fn aligned(addr: u64, len: u64, outside: Errno) -> Result<Pages, Errno> {
    if !addr.is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    pages(addr, len).ok_or(outside)
}

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
        let call = Call::MapRead { source, offset: offset + done, len: piece as u32 };
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
    let mut file = None;
    let mut may_write = true;
    if !anonymous {
        let fd = fd as i32;
        let call = Call::MapFile { fd, prot, shared };
        let Body::Mapped(id) = t.request(&call)?.1 else { return Err(Errno::EIO) };
        if shared && prot & PROT_WRITE == 0 {
            // PROT_WRITE may be given later only if the descriptor allows it.
            let call = Call::MapFile { fd, prot: prot | PROT_WRITE, shared };
            may_write = t.request(&call).is_ok();
        }
        file = Some((fd, id));
    }
    let start = {
        let (mut mm, host) = t.mm_and_host();
        let hint = u32::try_from(addr.div_ceil(PAGE)).unwrap_or(0);
        if fixed {
            let pages = pages(addr, len).ok_or(Errno::ENOMEM)?;
            if pages.start < mm.lowest() {
                return Err(Errno::EPERM);
            }
            if flags & MAP_FIXED_NOREPLACE != 0 && !mm.vmas().is_free(pages.clone()) {
                return Err(Errno::EEXIST);
            }
            pages.start
        } else {
            mm.place(host, count, hint, prot != 0 || !anonymous)?
        }
    };
    let area = start..start + count;
    if fixed {
        t.write_back(area.clone());
    }
    match file {
        None => {
            let vma = Vma { end: 0, prot, shared, may_write, kind: Kind::Anon };
            let handles = {
                let (mut mm, host) = t.mm_and_host();
                mm.map(host, area, vma)?
            };
            t.drop_handles(handles);
        }
        Some((fd, id)) => {
            let vma = Vma { end: 0, prot, shared, may_write, kind: Kind::Anon };
            map_file(t, area, vma, fd, id, offset_pages)?;
        }
    }
    Ok((u64::from(start) * PAGE) as i64)
}

fn map_file(
    t: &mut Thread<'_>,
    area: Pages,
    vma: Vma,
    fd: i32,
    id: FileId,
    offset_pages: u64,
) -> Result<(), Errno> {
    let write_back = vma.shared && vma.may_write;
    let handle = if write_back { Some(t.value(&Call::MapHold { fd })? as u32) } else { None };
    let mapped = {
        let (mut mm, host) = t.mm_and_host();
        let key = mm.add_file(MappedFile { id, handle, hashes: BTreeMap::new() });
        mm.map(host, area.clone(), Vma { kind: Kind::File { file: key, page: offset_pages }, ..vma })
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
    if flags & !(MREMAP_MAYMOVE | MREMAP_FIXED) != 0 || new_len == 0 {
        return Err(Errno::EINVAL);
    }
    if flags & MREMAP_FIXED != 0 && (flags & MREMAP_MAYMOVE == 0 || to % PAGE != 0) {
        return Err(Errno::EINVAL);
    }
    if old_len == 0 {
        // Duplicates a shared mapping, which we do not have.
        return Err(Errno::EINVAL);
    }
    let area = aligned(old, old_len, Errno::EFAULT)?;
    let count = u32::try_from(new_len.div_ceil(PAGE)).map_err(|_| Errno::ENOMEM)?;
    let to =
        if flags & MREMAP_FIXED != 0 { Some(pages(to, new_len).ok_or(Errno::ENOMEM)?.start) } else { None };
    t.write_back(area.clone());
    let (start, handles) = {
        let (mut mm, host) = t.mm_and_host();
        mm.remap(host, area, count, flags & MREMAP_MAYMOVE != 0, to)?
    };
    t.drop_handles(handles);
    Ok((u64::from(start) * PAGE) as i64)
}

/// brk(2): the end of the heap after the call, whether it worked or not.
pub fn brk(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let (mut mm, host) = t.mm_and_host();
    Ok(mm.set_brk(host, a[0]) as i64)
}

/// madvise(2).
pub fn madvise(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let area = aligned(a[0], a[1], Errno::ENOMEM)?;
    let advice = a[2] as u32;
    match advice {
        MADV_DONTNEED | MADV_DONTNEED_LOCKED | MADV_FREE => {
            let mut mm = t.mm();
            let hole = mm.vmas().first_hole(area.clone());
            mm.discard(area);
            if hole.is_some() { Err(Errno::ENOMEM) } else { Ok(0) }
        }
        // Hints: normal, random, sequential, willneed, dontfork …, hugepage, dump, cold, pageout.
        0..=3 | 10..=23 | 25 => {
            if t.mm().vmas().first_hole(area).is_some() {
                return Err(Errno::ENOMEM);
            }
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
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

/// mincore(2): everything mapped is in memory.
pub fn mincore(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let area = aligned(a[0], a[1], Errno::ENOMEM)?;
    if t.mm().vmas().first_hole(area.clone()).is_some() {
        return Err(Errno::ENOMEM);
    }
    let count = u64::from(area.end - area.start);
    if t.reach(a[2], count, Access::Write) < count {
        return Err(Errno::EFAULT);
    }
    t.write_mem(a[2], &vec![1; count as usize])?;
    Ok(0)
}

/// mlock(2), munlock(2), mlock2(2): nothing is ever swapped out.
pub fn mlock(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let start = a[0] & !(PAGE - 1);
    let len = a[1].checked_add(a[0] - start).ok_or(Errno::EINVAL)?;
    let area = pages(start, len).ok_or(Errno::ENOMEM)?;
    if t.mm().vmas().first_hole(area).is_some() { Err(Errno::ENOMEM) } else { Ok(0) }
}

/// mlockall(2), munlockall(2).
pub fn mlockall(_: &mut Thread<'_>, _: &Args) -> SysResult {
    Ok(0)
}

/// process_vm_readv(2) and process_vm_writev(2) on the caller itself are not
/// served; others cannot be.
pub fn process_vm(t: &mut Thread<'_>, _: &Args) -> SysResult {
    let _ = t.width == Width::W32;
    Err(Errno::EPERM)
}
