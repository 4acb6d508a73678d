//! What JavaScript gives the module, and the only place that calls it.
#![allow(unsafe_code)] // Imports are foreign functions.

mod import {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        pub fn now() -> f64;
        pub fn log(ptr: *const u8, len: usize);
        pub fn call(ptr: *const u8, len: usize) -> i32;
        pub fn reply_length() -> usize;
        pub fn reply(ptr: *mut u8, len: usize);
        pub fn answer(slot: u32);
    }
}

/// Milliseconds since 1970 as a monotonic clock, equal in all workers.
pub fn now() -> f64 {
    // SAFETY: no memory is involved.
    unsafe { import::now() }
}

/// One line for the developer's console.
pub fn log(line: &str) {
    // SAFETY: the callee reads within the slice only.
    unsafe { import::log(line.as_ptr(), line.len()) }
}

/// Process worker: sends a request. True when spinning for the answer is worth it.
pub fn call(request: &[u8]) -> bool {
    // SAFETY: the callee reads within the slice only.
    unsafe { import::call(request.as_ptr(), request.len()) != 0 }
}

/// Process worker: the length of the answer in the mailbox.
pub fn reply_length() -> usize {
    // SAFETY: no memory is involved.
    unsafe { import::reply_length() }
}

/// Process worker: copies the first bytes of the answer.
pub fn reply(into: &mut [u8]) {
    // SAFETY: the callee writes within the slice only, and any bytes are valid.
    unsafe { import::reply(into.as_mut_ptr(), into.len()) }
}

/// Kernel worker: tells the thread of a slot that its answer is complete.
pub fn answer(slot: u32) {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::answer(slot) }
}
