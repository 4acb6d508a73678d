//! What a program says and asks about its memory: madvise(2), mincore(2), mlock(2) and kin.

use super::mm::{aligned, pages, read_anew};
use crate::mm::vma::marks;
use crate::mm::{Kind, Pages};
use crate::syscall::Args;
use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::mm::*;
use tawaki_abi::wire::{Body, Call, IdKind};
use tawaki_cpu::Access;

/// RLIMIT_MEMLOCK.
const MEMLOCK: u32 = 8;

/// mlockall(2): what is mapped now, and what will be.
const MCL_CURRENT: u32 = 1;
const MCL_FUTURE: u32 = 2;
const MCL_ONFAULT: u32 = 4;

/// madvise(2).
pub fn madvise(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let area = aligned(a[0], a[1], Errno::ENOMEM)?;
    let advice = a[2] as u32;
    let private_anonymous = |t: &Thread<'_>| {
        t.mm()
            .vmas()
            .overlapping(area.clone())
            .all(|(_, v)| !v.shared && !matches!(v.kind, Kind::File { .. }))
    };
    match advice {
        MADV_DONTNEED | MADV_DONTNEED_LOCKED | MADV_FREE => {
            if advice == MADV_FREE && !private_anonymous(t) {
                return Err(Errno::EINVAL);
            }
            let locked = |t: &Thread<'_>| {
                t.mm().vmas().overlapping(area.clone()).any(|(_, v)| v.marks & marks::LOCKED != 0)
            };
            if advice == MADV_DONTNEED && locked(t) {
                return Err(Errno::EINVAL);
            }
            let unread = t.mm().discard(area.clone());
            for part in unread {
                read_anew(t, part);
            }
        }
        MADV_DONTFORK => t.mm().mark(area.clone(), marks::DONTFORK, 0),
        MADV_DOFORK => t.mm().mark(area.clone(), 0, marks::DONTFORK),
        MADV_WIPEONFORK if !private_anonymous(t) => return Err(Errno::EINVAL),
        MADV_WIPEONFORK => t.mm().mark(area.clone(), marks::WIPEONFORK, 0),
        MADV_KEEPONFORK => t.mm().mark(area.clone(), 0, marks::WIPEONFORK),
        MADV_REMOVE => remove(t, area.clone())?,
        // Hints: normal, random, sequential, willneed, mergeable …, hugepage, dump, cold, pageout, populate.
        0..=3 | 12..=17 | 20..=23 | 25 => {}
        _ => return Err(Errno::EINVAL),
    }
    if t.mm().vmas().first_hole(area).is_some() { Err(Errno::ENOMEM) } else { Ok(0) }
}

/// MADV_REMOVE: what is mapped shared reads as zero, in the file as well.
fn remove(t: &mut Thread<'_>, area: Pages) -> Result<(), Errno> {
    let parts: Vec<_> = t.mm().vmas().overlapping(area).map(|(part, vma)| (part, vma.clone())).collect();
    for (part, vma) in parts {
        let file = matches!(vma.kind, Kind::File { .. });
        if vma.marks & marks::LOCKED != 0 || !file && !vma.shared {
            return Err(Errno::EINVAL);
        }
        if !vma.shared || !vma.may_write {
            return Err(Errno::EACCES);
        }
        if !file {
            t.mm().wipe(part);
            continue;
        }
        let shown = t.mm().shown(part.start).map(|(file, page)| (file.handle, page * PAGE));
        let Some((Some(handle), offset)) = shown else { return Err(Errno::EACCES) };
        // Other mappings of the file are read anew afterwards.
        t.write_back(0..crate::mm::vma::PAGES);
        let len = u64::from(part.end - part.start) * PAGE;
        let done = t.value(&Call::MapPunch { handle, offset, len });
        t.refresh_shared();
        done?;
    }
    Ok(())
}

/// mincore(2): all that is mapped is in memory.
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

/// RLIMIT_MEMLOCK in pages; `None` for the superuser, who has none.
fn lock_limit(t: &mut Thread<'_>) -> Result<Option<u64>, Errno> {
    if t.value(&Call::GetId { which: IdKind::Euid })? == 0 {
        return Ok(None);
    }
    match t.request(&Call::Prlimit { pid: 0, resource: MEMLOCK, new: None })?.1 {
        Body::Rlimit(u64::MAX, _) => Ok(None),
        Body::Rlimit(soft, _) => Ok(Some(soft / PAGE)),
        _ => Err(Errno::EIO),
    }
}

/// EPERM where nothing at all may be locked.
pub fn check_lock(t: &mut Thread<'_>) -> Result<(), Errno> {
    if lock_limit(t)? == Some(0) { Err(Errno::EPERM) } else { Ok(()) }
}

/// Whether `more` pages may be locked.
pub fn may_lock(t: &mut Thread<'_>, more: u64) -> Result<bool, Errno> {
    let limit = lock_limit(t)?;
    Ok(limit.is_none_or(|limit| t.mm().vmas().locked() + more <= limit))
}

/// The pages of mlock's arguments, which need not be aligned.
fn lock_area(a: &Args) -> Result<Pages, Errno> {
    let start = a[0] & !(PAGE - 1);
    let len = a[1].checked_add(a[0] - start).ok_or(Errno::EINVAL)?;
    pages(start, len).ok_or(Errno::ENOMEM)
}

/// mlock(2): nothing is ever swapped out, but it is counted.
pub fn mlock(t: &mut Thread<'_>, a: &Args) -> SysResult {
    check_lock(t)?;
    let area = lock_area(a)?;
    let fresh: u32 = {
        let mm = t.mm();
        let parts = mm.vmas().overlapping(area.clone()).filter(|(_, v)| v.marks & marks::LOCKED == 0);
        parts.map(|(p, _)| p.end - p.start).sum()
    };
    if !may_lock(t, fresh.into())? {
        return Err(Errno::ENOMEM);
    }
    lock_or_not(t, area, marks::LOCKED, 0)
}

/// Marks pages up to the first that is not mapped.
fn lock_or_not(t: &mut Thread<'_>, area: Pages, set: u8, clear: u8) -> SysResult {
    let mut mm = t.mm();
    let hole = mm.vmas().first_hole(area.clone());
    mm.mark(area.start..hole.unwrap_or(area.end), set, clear);
    if hole.is_some() { Err(Errno::ENOMEM) } else { Ok(0) }
}

/// mlock2(2): with MLOCK_ONFAULT, which makes no difference here.
pub fn mlock2(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[2] & !1 != 0 { Err(Errno::EINVAL) } else { mlock(t, a) }
}

/// munlock(2).
pub fn munlock(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let area = lock_area(a)?;
    lock_or_not(t, area, 0, marks::LOCKED)
}

/// mlockall(2).
pub fn mlockall(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let flags = a[0] as u32;
    if flags & !(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0 || flags & (MCL_CURRENT | MCL_FUTURE) == 0 {
        return Err(Errno::EINVAL);
    }
    check_lock(t)?;
    let limit = lock_limit(t)?;
    let mut mm = t.mm();
    if flags & MCL_CURRENT != 0 {
        if limit.is_some_and(|limit| mm.vmas().total() > limit) {
            return Err(Errno::ENOMEM);
        }
        mm.mark(0..crate::mm::vma::PAGES, marks::LOCKED, 0);
    }
    mm.future_marks = if flags & MCL_FUTURE != 0 { marks::LOCKED } else { 0 };
    Ok(0)
}

/// munlockall(2).
pub fn munlockall(t: &mut Thread<'_>, _: &Args) -> SysResult {
    let mut mm = t.mm();
    mm.mark(0..crate::mm::vma::PAGES, 0, marks::LOCKED);
    mm.future_marks = 0;
    Ok(0)
}
