//! Waiting on a word: spin for a moment, then sleep.
//!
//! A sleep and its wake cost 5 to 45 µs, a spin that ends in time 0.2 µs; with
//! no free core a spin only delays the one who is waited for. Whether a core is
//! free is known only as far as our own workers go, so each worker also learns
//! (see [`Spinner`]).
#![allow(unsafe_code)] // The wait instruction takes a raw address.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use core::sync::atomic::{AtomicI32, Ordering};

/// How long to spin, in milliseconds.
const SPIN: f64 = 0.03;
/// Turns between looks at the clock, which costs some 50 ns.
const TURNS: u32 = 500;

/// Spins in vain, one after the other, before some waits go without.
const PATIENCE: u32 = 4;
/// Most waits without a spin before the next try, as a power of two.
const LONGEST_REST: u32 = 6;

/// Decides whether a worker's next wait begins with a spin.
///
/// After a few spins in vain it sleeps at once for a while, longer each time, but
/// tries a whole spin again and again. Shorter spins instead would never recover:
/// when both sides sleep, each finds the other too late for a short spin, although
/// two that spin would answer within a microsecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spinner {
    /// Spins in vain since the last one that ended in time.
    vain: u32,
    /// Waits still to go without a spin.
    rest: u32,
}

impl Spinner {
    /// Spins while `word` holds `value`; false when it still did at the end.
    pub fn spin(&mut self, word: &AtomicI32, value: i32) -> bool {
        if self.rest > 0 {
            self.rest -= 1;
            return false;
        }
        let in_time = spin(word, value);
        self.vain = if in_time { 0 } else { self.vain + 1 };
        if let Some(more @ 1..) = self.vain.checked_sub(PATIENCE - 1) {
            self.rest = 1 << more.min(LONGEST_REST);
        }
        in_time
    }
}

/// By the clock, not by turns: code that is compiled anew in mid-run, or another program on the same core,
/// changes how long a turn takes.
fn spin(word: &AtomicI32, value: i32) -> bool {
    let mut start = None;
    loop {
        for _ in 0..TURNS {
            if word.load(Ordering::Acquire) != value {
                return true;
            }
        }
        let now = crate::host::now();
        if now - *start.get_or_insert(now) > SPIN {
            return false;
        }
    }
}

/// Sleeps until someone notifies the word, unless it no longer holds `value`.
/// `nanoseconds` below 0 means for ever.
pub fn sleep(word: &AtomicI32, value: i32, nanoseconds: i64) {
    // SAFETY: the address is that of a live atomic of the right size.
    unsafe { memory_atomic_wait32(word.as_ptr(), value, nanoseconds) };
}

/// Wakes those that sleep on the word.
pub fn notify(word: &AtomicI32) {
    // SAFETY: the address is that of a live atomic of the right size.
    unsafe { memory_atomic_notify(word.as_ptr(), u32::MAX) };
}
