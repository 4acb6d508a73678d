#![allow(unsafe_code)] // The fence: reserving and copying the host memory behind a guest.
//! Host memory behind one guest process.

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use tawaki_cpu::GuestMemory;
use tawaki_cpu::mem::ADDRESS_END;

/// Room behind the last guest byte, so that a wide access at the very end of the
/// address space stays inside the mapping.
const GUARD: usize = 1 << 16;

struct Mapping {
    base: NonNull<u8>,
}

// SAFETY: the mapping is only an address range; what may be accessed through it,
// and when, is `GuestMemory`'s business.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `HostMemory::new` with this length; the owner drops
        // it after the `GuestMemory` over it.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), ADDRESS_END as usize + GUARD) };
    }
}

/// A guest's address space: 4 GiB reserved, taken from the system page by page.
pub struct HostMemory {
    guest: Arc<GuestMemory>,
    end: AtomicU64,
    mapping: Arc<Mapping>,
}

impl HostMemory {
    /// Reserves an address space.
    pub fn new() -> Result<Self, String> {
        // SAFETY: a fresh anonymous mapping at an address of the system's choice.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                ADDRESS_END as usize + GUARD,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }
        .map_err(|e| format!("no address space for another process: {e}"))?;
        let base = NonNull::new(base.cast::<u8>()).ok_or("mmap returned null")?;
        // SAFETY: all of it is readable and writable, used by nobody else, and
        // lives as long as `mapping`, which `self` keeps as long as `guest` is
        // handed out (workers hold the `HostMemory`).
        let guest = Arc::new(unsafe { GuestMemory::from_raw(base.as_ptr()) });
        Ok(Self { guest, end: AtomicU64::new(0), mapping: Arc::new(Mapping { base }) })
    }

    /// The guest's view.
    pub fn guest(&self) -> &Arc<GuestMemory> {
        &self.guest
    }

    /// End of the memory handed out so far.
    pub fn end(&self) -> u64 {
        self.end.load(Ordering::SeqCst)
    }

    /// Hands out memory up to `end`; returns the end before.
    pub fn grow_to(&self, end: u64) -> Option<u64> {
        (end <= ADDRESS_END).then(|| self.end.fetch_max(end, Ordering::SeqCst))
    }

    /// Copies guest ranges from another process's memory.
    pub fn copy_from(&self, parent: &HostMemory, ranges: &[Range<u64>]) -> bool {
        for range in ranges {
            if range.start > range.end || range.end > ADDRESS_END {
                return false;
            }
            let len = (range.end - range.start) as usize;
            // SAFETY: both ranges lie inside their mappings, which differ. The
            // parent is parked in its fork; other threads of it may write, which
            // is the guest's own race.
            unsafe {
                let from = parent.mapping.base.as_ptr().add(range.start as usize);
                let to = self.mapping.base.as_ptr().add(range.start as usize);
                std::ptr::copy_nonoverlapping(from, to, len);
            }
        }
        true
    }
}
