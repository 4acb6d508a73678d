#![allow(unsafe_code)] // The fence: reserving and copying the host memory behind a guest.
//! Host memory behind one guest process.

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use tawaki_cpu::GuestMemory;
use tawaki_cpu::mem::{ADDRESS_END, PAGES, WASM_BIAS};

/// Inaccessible room behind the last guest byte. Compiled code sees the mapping as a wasm
/// memory that begins at guest address [`WASM_BIAS`]; there, guest page zero comes
/// last, and behind it the guard that wasmtime asks for.
const GUARD: usize = WASM_BIAS as usize + WASM_GUARD;

/// Bytes behind its memory that wasmtime may touch and that trap.
pub const WASM_GUARD: usize = 1 << 16;

/// Lowest guest address for programs, as in browsers. Below it lie, from
/// [`WASM_BIAS`] on, the table of permissions and the areas of threads.
pub const LOWEST: u64 = 0x40_0000;

/// What one thread keeps in the low region for compiled code to see, bytes.
pub const AREA: usize = 0x2_4000;

/// Guest address of the first thread's area.
const AREAS: u64 = WASM_BIAS as u64 + PAGES as u64;

/// Threads of a process that can run compiled code.
const MAX_AREAS: u32 = ((LOWEST - AREAS) / AREA as u64) as u32;

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
    /// One bit for each area in use.
    areas: AtomicU64,
}

/// A thread's area of a memory's low region, its own until dropped.
pub struct Area {
    memory: Arc<HostMemory>,
    number: u32,
}

impl Area {
    /// The wasm address of the area.
    pub fn linear(&self) -> u32 {
        (AREAS - u64::from(WASM_BIAS)) as u32 + self.number * AREA as u32
    }

    /// Its first byte; [`AREA`] bytes, zero at the start, used by nobody else.
    pub fn as_ptr(&self) -> *mut u8 {
        self.memory.linear_base().wrapping_add(self.linear() as usize)
    }

    /// The memory.
    pub fn memory(&self) -> &Arc<HostMemory> {
        &self.memory
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        // SAFETY: the area is ours, and inside the mapping.
        unsafe { std::ptr::write_bytes(self.as_ptr(), 0, AREA) };
        self.memory.areas.fetch_and(!(1 << self.number), Ordering::SeqCst);
    }
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
        let mapping = Arc::new(Mapping { base });
        // SAFETY: the tail of the fresh mapping, which nothing has touched.
        unsafe { mprotect(base.as_ptr().add(ADDRESS_END as usize).cast(), GUARD, MprotectFlags::empty()) }
            .map_err(|e| format!("no guard behind an address space: {e}"))?;
        // SAFETY: zeroed bytes of the low region, which no program gets. The reference
        // lives in `guest`, which goes before the mapping.
        let perms = unsafe { &*base.as_ptr().add(WASM_BIAS as usize).cast::<[AtomicU8; PAGES]>() };
        // SAFETY: all of it is readable and writable, used by nobody else, and
        // lives as long as `mapping`, which `self` keeps as long as `guest` is
        // handed out (workers hold the `HostMemory`).
        let guest = Arc::new(unsafe { GuestMemory::with_perms(base.as_ptr(), perms) });
        Ok(Self { guest, end: AtomicU64::new(0), mapping, areas: AtomicU64::new(0) })
    }

    /// Where wasm address 0 lies. 4 GiB less [`WASM_BIAS`] from there on are memory,
    /// the rest of 4 GiB and [`WASM_GUARD`] bytes behind it trap.
    pub fn linear_base(&self) -> *mut u8 {
        self.mapping.base.as_ptr().wrapping_add(WASM_BIAS as usize)
    }

    /// An area for the calling thread; `None` when there are too many threads.
    pub fn take_area(self: &Arc<Self>) -> Option<Area> {
        let mut taken = self.areas.load(Ordering::SeqCst);
        loop {
            let number = (!taken).trailing_zeros();
            if number >= MAX_AREAS.min(64) {
                return None;
            }
            match self.areas.compare_exchange(taken, taken | 1 << number, Ordering::SeqCst, Ordering::SeqCst)
            {
                Ok(_) => return Some(Area { memory: self.clone(), number }),
                Err(now) => taken = now,
            }
        }
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
