//! Waiting on a word: spin for a moment, then sleep.
//!
//! A sleep and its wake cost 5 to 45 µs, a spin that ends in time 0.2 µs; with
//! no free core a spin only delays the one who is waited for. Whether a core is
//! free is known only as far as our own workers go, so each worker also learns
//! (see [`Spinner`]).
#![allow(unsafe_code)] // The wait instruction takes a raw address.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use core::sync::atomic::{AtomicI32, Ordering};

/// Longest spin, in milliseconds: about what a sleep and its wake cost both sides.
const SPIN: f64 = 0.1;
/// Turns between looks at the clock, which costs some 50 ns.
const TURNS: u32 = 1000;
/// Sleeps that end this soon, in milliseconds, would have been spins in time but for the wake itself.
const SHORT: f64 = 0.15;

/// How many of the last eight waits have to have been short for the next one to begin with a spin.
const ENOUGH: u32 = 4;
/// Most waits without a spin after one that only kept the other side from running, as a power of two.
const LONGEST_REST: u32 = 6;

/// Decides whether a worker's next wait begins with a spin.
///
/// It goes by how long the last waits took, slept or spun. A caller that computes for 60 µs between its calls is waited for with spins,
/// although a sleep's wake would cost as much as it computes; one that computes for a second is not.
/// A spin in vain whose sleep then ends at once says that the other side was waiting for this very core: the
/// next waits sleep, more of them each time.
#[derive(Clone, Copy, Debug)]
pub struct Spinner {
    /// One bit for each of the last eight waits: whether it was short.
    short: u8,
    /// Spins in the other's way since the last one that ended in time.
    in_the_way: u32,
    /// Waits still to go without a spin.
    rest: u32,
}

impl Default for Spinner {
    fn default() -> Self {
        Spinner { short: u8::MAX, in_the_way: 0, rest: 0 }
    }
}

impl Spinner {
    /// Waits until `word` no longer holds `value`: spins, if that is allowed and promising, and then calls
    /// `sleep`, which may return at any time.
    pub fn wait(&mut self, allowed: bool, word: &AtomicI32, value: i32, sleep: impl FnOnce()) {
        if allowed && changes(word, value) {
            return;
        }
        let start = crate::host::now();
        let spins = allowed && self.rest == 0 && self.short.count_ones() >= ENOUGH;
        self.rest = self.rest.saturating_sub(1);
        if spins {
            loop {
                if changes(word, value) {
                    self.short = self.short << 1 | 1;
                    self.in_the_way = 0;
                    return;
                }
                if crate::host::now() - start >= SPIN {
                    break;
                }
            }
        }
        sleep();
        let waited = crate::host::now() - start;
        self.short = self.short << 1 | u8::from(!spins && waited < SHORT);
        if spins && waited < SPIN + SHORT {
            self.in_the_way = (self.in_the_way + 1).min(LONGEST_REST);
            self.rest = 1 << self.in_the_way;
        }
    }
}

/// Looks at the word for about a microsecond.
pub fn changes(word: &AtomicI32, value: i32) -> bool {
    (0..TURNS).any(|_| word.load(Ordering::Acquire) != value)
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
