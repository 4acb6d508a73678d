//! Waiting on a word: spin for a moment, then sleep.
//!
//! A sleep and its wake cost 5 to 45 µs, a spin that ends in time 0.2 µs; with
//! no free core a spin only delays the one who is waited for. Whether a core is
//! free is known only as far as our own workers go, so each worker also learns:
//! a spin that ends in vain halves the next one, one that ends in time doubles it.
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

/// Turns of a thread's next spin. Each thread has its own in [`Spinner`].
#[derive(Clone, Copy, Debug)]
pub struct Spinner(u32);

impl Default for Spinner {
    fn default() -> Self {
        Spinner(TURNS.load(Ordering::Relaxed))
    }
}

impl Spinner {
    /// Spins while `word` holds `value`; false when it still did at the end.
    pub fn spin(&mut self, word: &AtomicI32, value: i32) -> bool {
        let full = TURNS.load(Ordering::Relaxed);
        let in_time = spin(word, value, self.0);
        self.0 = if in_time { self.0.saturating_mul(2).min(full) } else { (self.0 / 2).max(full / 64) };
        in_time
    }
}

fn spin(word: &AtomicI32, value: i32, turns: u32) -> bool {
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
