#![allow(unsafe_code)] // Part of the fence of guest memory: host atomics on guest bytes.
//! LOCK-prefixed operations: host atomics on guest memory, with a fallback for
//! operands that no host atomic can reach.

use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed,
    Ordering::Release, Ordering::SeqCst,
};

use super::{Fault, GuestMemory};

/// An atomic read-modify-write function, for LOCK-prefixed instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtomicFn {
    /// old + value
    Add,
    /// old & value
    And,
    /// old | value
    Or,
    /// old ^ value
    Xor,
    /// value
    Xchg,
    /// -old
    Neg,
}

impl AtomicFn {
    fn apply(self, old: u64, value: u64) -> u64 {
        match self {
            AtomicFn::Add => old.wrapping_add(value),
            AtomicFn::And => old & value,
            AtomicFn::Or => old | value,
            AtomicFn::Xor => old ^ value,
            AtomicFn::Xchg => value,
            AtomicFn::Neg => old.wrapping_neg(),
        }
    }
}

/// Holds the lock under which LOCK operations that cross an 8-byte line run.
struct SplitLock<'a>(&'a AtomicBool);

impl<'a> SplitLock<'a> {
    fn take(lock: &'a AtomicBool) -> Self {
        while lock.compare_exchange_weak(false, true, Acquire, Relaxed).is_err() {
            std::hint::spin_loop();
        }
        Self(lock)
    }
}

impl Drop for SplitLock<'_> {
    fn drop(&mut self) {
        self.0.store(false, Release);
    }
}

/// All ones in the low `bytes` bytes.
fn width_mask(bytes: u32) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}

impl GuestMemory {
    /// Atomically replaces the `1 << log2` bytes at `addr` by `function(old, value)`;
    /// returns the old value, zero-extended. Any alignment.
    pub fn atomic_rmw(&self, log2: u8, addr: u64, function: AtomicFn, value: u64) -> Result<u64, Fault> {
        self.atomic_update(log2, addr, |old| Some(function.apply(old, value)))
    }

    /// Atomic compare and exchange of `1 << log2` bytes. Returns the old value;
    /// the exchange took place if it equals `expected` (both cut to the width).
    pub fn atomic_cmpxchg(&self, log2: u8, addr: u64, expected: u64, new: u64) -> Result<u64, Fault> {
        let mask = width_mask(1 << (log2 & 3));
        self.atomic_update(log2, addr, |old| (old == expected & mask).then_some(new))
    }

    fn atomic_update(
        &self,
        log2: u8,
        addr: u64,
        mut update: impl FnMut(u64) -> Option<u64>,
    ) -> Result<u64, Fault> {
        let bytes = 1u32 << (log2 & 3);
        if self.writable(addr, bytes).is_none() {
            self.check_write(addr, u64::from(bytes))?;
        }
        let low = addr as u32;
        macro_rules! aligned {
            ($atomic:ty, $ty:ty) => {{
                // SAFETY: checked writable and naturally aligned (wasm bias and
                // native base are page-aligned).
                let cell = unsafe { <$atomic>::from_ptr(self.ptr(low).cast()) };
                let mut old = cell.load(Relaxed);
                loop {
                    match update(u64::from(old)) {
                        None => {
                            // A failed CMPXCHG still writes: keep its ordering.
                            std::sync::atomic::fence(SeqCst);
                            return Ok(u64::from(old));
                        }
                        Some(new) => match cell.compare_exchange(old, new as $ty, SeqCst, SeqCst) {
                            Ok(_) => return Ok(u64::from(old)),
                            Err(seen) => old = seen,
                        },
                    }
                }
            }};
        }
        if low & (bytes - 1) == 0 {
            match bytes {
                1 => aligned!(AtomicU8, u8),
                2 => aligned!(AtomicU16, u16),
                4 => aligned!(AtomicU32, u32),
                _ => aligned!(AtomicU64, u64),
            }
        }
        let mask = width_mask(bytes);
        if (low & 7) + bytes <= 8 {
            // Misaligned within one 8-byte word: exchange the word.
            let shift = (low & 7) * 8;
            // SAFETY: the aligned word lies in the same page, checked writable.
            let cell = unsafe { AtomicU64::from_ptr(self.ptr(low & !7).cast()) };
            let mut word = cell.load(Relaxed);
            loop {
                let old = (word >> shift) & mask;
                let Some(new) = update(old) else { return Ok(old) };
                let next = (word & !(mask << shift)) | ((new & mask) << shift);
                match cell.compare_exchange(word, next, SeqCst, SeqCst) {
                    Ok(_) => return Ok(old),
                    Err(seen) => word = seen,
                }
            }
        }
        // Across words: atomic among operations that take this lock.
        let _lock = SplitLock::take(&self.shared.split_lock);
        let mut buffer = [0; 8];
        self.copy_out(low, &mut buffer[..bytes as usize]);
        let old = u64::from_le_bytes(buffer);
        if let Some(new) = update(old) {
            self.copy_over(low, &new.to_le_bytes()[..bytes as usize]);
        }
        Ok(old)
    }

    /// CMPXCHG16B: compare and exchange of 16 bytes, atomic among such operations
    /// (wasm has no 16-byte atomics). The caller checks alignment.
    pub fn atomic_cmpxchg128(&self, addr: u64, expected: u128, new: u128) -> Result<u128, Fault> {
        self.check_write(addr, 16)?;
        let _lock = SplitLock::take(&self.shared.split_lock);
        let old = self.load128(addr)?;
        if old == expected {
            self.store128(addr, new)?;
        }
        std::sync::atomic::fence(SeqCst);
        Ok(old)
    }
}
