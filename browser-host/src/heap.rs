//! The emulator's heap: dlmalloc over the space below [`LOW_END`] and then
//! over pages appended to the memory.
//!
//! The standard library's allocator on wasm takes everything between the
//! module's static data and the end of the initial memory. Here that space
//! belongs to the guest, so we bring our own source of pages.
#![allow(unsafe_code)] // A global allocator is an unsafe trait by nature.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_atomic_wait32, memory_grow};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Guest address 0x400000, where position-dependent x86-64 programs are linked,
/// is this linear address: the emulator's statics and stack stay below it.
pub const LOW_END: usize = 0x40_0000 - 0x1_0000;

/// Pages are appended in pieces of this size, so that the heap makes few holes in
/// the guest's address space. (Untouched memory costs nothing.)
const CHUNK: usize = 16 << 20;

/// Most pieces that can be remembered: a heap of 4 GiB.
const MAX_CHUNKS: usize = 256;

/// Start and end of the appended pieces, in order. Changed under the heap's lock.
static CHUNKS: [[AtomicUsize; 2]; MAX_CHUNKS] =
    [const { [AtomicUsize::new(0), AtomicUsize::new(0)] }; MAX_CHUNKS];
static CHUNK_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Runs `f` while the allocator can neither append pieces nor do anything else: `f`
/// must not allocate. It gets the pieces so far as linear addresses, in order.
pub fn while_still<R>(f: impl FnOnce(&mut dyn Iterator<Item = core::ops::Range<usize>>) -> R) -> R {
    HEAP.with(|_| {
        let count = CHUNK_COUNT.load(Ordering::Relaxed);
        f(&mut CHUNKS[..count]
            .iter()
            .map(|[from, to]| from.load(Ordering::Relaxed)..to.load(Ordering::Relaxed)))
    })
}

unsafe extern "C" {
    static __heap_base: u8;
}

struct Pages;

static LOW_TAKEN: AtomicBool = AtomicBool::new(false);

// SAFETY: each range handed out is either the one low range, once, or freshly
// appended to the memory; nothing else uses them.
unsafe impl dlmalloc::Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let base = (&raw const __heap_base as usize + 15) & !15;
        if base < LOW_END && size <= LOW_END - base && !LOW_TAKEN.swap(true, Ordering::Relaxed) {
            return (base as *mut u8, LOW_END - base, 0);
        }
        let count = CHUNK_COUNT.load(Ordering::Relaxed);
        let (Some(rounded), Some(chunk)) = (size.checked_next_multiple_of(CHUNK), CHUNKS.get(count)) else {
            return (core::ptr::null_mut(), 0, 0);
        };
        for bytes in [rounded, size.next_multiple_of(0x1_0000)] {
            let page = memory_grow(0, bytes >> 16);
            if page != usize::MAX {
                // The last page of a 4 GiB memory would make the end pointer wrap.
                let usable = if page + (bytes >> 16) == 0x1_0000 { bytes - 16 } else { bytes };
                chunk[0].store(page << 16, Ordering::Relaxed);
                chunk[1].store((page << 16) + usable, Ordering::Relaxed);
                CHUNK_COUNT.store(count + 1, Ordering::Relaxed);
                return ((page << 16) as *mut u8, usable, 0);
            }
        }
        (core::ptr::null_mut(), 0, 0)
    }
    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        core::ptr::null_mut()
    }
    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }
    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }
    fn can_release_part(&self, _: u32) -> bool {
        false
    }
    fn allocates_zeros(&self) -> bool {
        true
    }
    fn page_size(&self) -> usize {
        0x1_0000
    }
}

struct Heap {
    lock: AtomicI32,
    inner: UnsafeCell<dlmalloc::Dlmalloc<Pages>>,
}

// SAFETY: `inner` is only reached through `with`, which holds `lock`.
unsafe impl Sync for Heap {}

impl Heap {
    fn with<R>(&self, f: impl FnOnce(&mut dlmalloc::Dlmalloc<Pages>) -> R) -> R {
        while self.lock.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            // Another thread of the process holds it for well under a
            // microsecond; sleeping lets it run when there is no free core.
            // SAFETY: the address is that of a live atomic of the right size.
            unsafe { memory_atomic_wait32(self.lock.as_ptr(), 1, 50_000) };
        }
        // SAFETY: the lock makes this the only reference.
        let result = f(unsafe { &mut *self.inner.get() });
        self.lock.store(0, Ordering::Release);
        result
    }
}

// SAFETY: forwards to dlmalloc under the lock, with the caller's guarantees.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the trait demands of our caller.
        self.with(|h| unsafe { h.malloc(layout.size(), layout.align()) })
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the trait demands of our caller.
        self.with(|h| unsafe { h.calloc(layout.size(), layout.align()) })
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the trait demands of our caller.
        self.with(|h| unsafe { h.free(ptr, layout.size(), layout.align()) })
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as the trait demands of our caller.
        self.with(|h| unsafe { h.realloc(ptr, layout.size(), layout.align(), new_size) })
    }
}

#[global_allocator]
static HEAP: Heap =
    Heap { lock: AtomicI32::new(0), inner: UnsafeCell::new(dlmalloc::Dlmalloc::new_with_allocator(Pages)) };
