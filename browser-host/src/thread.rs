//! How a further thread gets a stack, on a memory whose other threads are running.
//!
//! A new instance over a shared memory starts with the stack pointer of the first
//! one. Before it may call anything, `js/process-worker.js` takes the lock of the
//! boot block, points the stack at the block's own small stack, calls
//! [`thread_create`], and moves to the stack that this has made.
#![allow(unsafe_code)] // Exports need unmangled names; stacks and TLS blocks are raw memory.

use crate::shared::ThreadWords;
use core::sync::atomic::AtomicI32;
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Bytes of a thread's stack, for the emulator's own calls.
const STACK: usize = 512 * 1024;
/// Bytes of the boot stack.
const BOOT_STACK: usize = 32 * 1024;

/// Lock (0 free, 1 taken), then the boot stack.
#[repr(C, align(64))]
pub struct BootBlock {
    lock: AtomicI32,
    unused: [u32; 15],
    stack: [u64; BOOT_STACK / 8],
}

static BOOT: BootBlock = BootBlock { lock: AtomicI32::new(0), unused: [0; 15], stack: [0; BOOT_STACK / 8] };

/// What a thread has for itself.
#[repr(C)]
pub struct ThreadBlock {
    /// Lowest address of the stack.
    stack: *mut u8,
    /// First address behind it: the stack pointer at the start.
    stack_top: *mut u8,
    /// Memory for `__wasm_init_tls`.
    tls: *mut u8,
    tls_size: usize,
    tls_align: usize,
    /// The words shared with the kernel.
    words: *mut ThreadWords,
}

/// The boot block, and behind it the end of its stack.
#[unsafe(no_mangle)]
pub extern "C" fn boot_block() -> *const BootBlock {
    &raw const BOOT
}

/// End of the boot stack.
#[unsafe(no_mangle)]
pub extern "C" fn boot_stack_top() -> *const u8 {
    (&raw const BOOT).wrapping_add(1).cast()
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size.max(1), align.max(16)).unwrap_or(Layout::new::<u128>())
}

/// Makes a thread's stack, TLS block and words; null without memory. On the boot
/// stack, under the boot lock; uses no thread-local data.
#[unsafe(no_mangle)]
pub extern "C" fn thread_create(tls_size: usize, tls_align: usize) -> *mut ThreadBlock {
    // SAFETY: the layouts are not empty.
    let (stack, tls) =
        unsafe { (alloc_zeroed(layout(STACK, 64)), alloc_zeroed(layout(tls_size, tls_align))) };
    if stack.is_null() || tls.is_null() {
        return core::ptr::null_mut();
    }
    let words = Box::into_raw(Box::default());
    let stack_top = stack.wrapping_add(STACK);
    Box::into_raw(Box::new(ThreadBlock { stack, stack_top, tls, tls_size, tls_align, words }))
}

/// Gives it all back. On the boot stack, under the boot lock, when the thread has ended.
///
/// # Safety
/// `block` is from [`thread_create`] and nothing uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_destroy(block: *mut ThreadBlock) {
    // SAFETY: as the caller promises; the layouts are those of the allocations.
    unsafe {
        let block = Box::from_raw(block);
        dealloc(block.stack, layout(STACK, 64));
        dealloc(block.tls, layout(block.tls_size, block.tls_align));
        drop(Box::from_raw(block.words));
    }
}
