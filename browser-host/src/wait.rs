//! Waiting on a word: spin for a moment, then sleep.
//!
//! A sleep and its wake cost 5 to 45 µs, a spin that ends in time 0.2 µs; with
//! no free core a spin only delays the one who is waited for.
#![allow(unsafe_code)] // The wait instruction takes a raw address.

use core::arch::wasm32::memory_atomic_wait32;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// How long to spin, in microseconds.
const SPIN_MICROSECONDS: f64 = 20.0;

/// Loop turns in that time, measured once per worker.
static TURNS: AtomicU32 = AtomicU32::new(4000);

/// Measures the spin loop.
pub fn calibrate() {
    let word = AtomicI32::new(0);
    let start = crate::host::now();
    let mut turns = 0u32;
    let mut elapsed = 0.0;
    while elapsed < 0.2 && turns < 10_000_000 {
        spin(&word, 0, 10_000);
        turns += 10_000;
        elapsed = crate::host::now() - start;
    }
    let per_microsecond = f64::from(turns) / (elapsed * 1000.0).max(0.001);
    TURNS.store((per_microsecond * SPIN_MICROSECONDS) as u32, Ordering::Relaxed);
}

/// Turns of a full spin.
pub fn turns() -> u32 {
    TURNS.load(Ordering::Relaxed)
}

/// Spins while `word` holds `value`; false when it still did at the end.
pub fn spin(word: &AtomicI32, value: i32, turns: u32) -> bool {
    for _ in 0..turns {
        if word.load(Ordering::Acquire) != value {
            return true;
        }
    }
    false
}

/// Sleeps until someone notifies the word, unless it no longer holds `value`.
/// `nanoseconds` below 0 means for ever.
pub fn sleep(word: &AtomicI32, value: i32, nanoseconds: i64) {
    // SAFETY: the address is that of a live atomic of the right size.
    unsafe { memory_atomic_wait32(word.as_ptr(), value, nanoseconds) };
}
