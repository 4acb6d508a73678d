//! What is hot and waits to be compiled.
//!
//! Blocks report themselves one by one, but a module costs a browser so much that
//! they are collected for some milliseconds and compiled together.

use rustc_hash::FxHashMap;

/// When and how much to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// How often a block begins before it is hot.
    pub hot: u32,
    /// Guest instructions between the first hot block of a batch and its compilation.
    pub wait: u64,
    /// Hot blocks that end the wait at once.
    pub full: usize,
    /// How often a block begins before code that another engine has compiled for it is
    /// installed: that costs about as much as so many executions.
    pub adopt: u32,
    /// The same for code that was compiled beforehand: it is fetched while the program goes on.
    pub adopt_stored: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { hot: 4_000, wait: 400_000, full: 32, adopt: 500, adopt_stored: 100 }
    }
}

/// Most addresses remembered as not worth another try.
const MAX_FAILED: usize = 1 << 16;

/// Hot blocks of one worker.
#[derive(Debug, Default)]
pub struct Heat {
    waiting: Vec<u32>,
    /// Value of `icount` at which the batch is compiled.
    due: u64,
    /// The code epoch at which compiling an address failed.
    failed: FxHashMap<u32, u32>,
}

impl Heat {
    /// A block is hot.
    pub fn add(&mut self, rip: u32, icount: u64, thresholds: &Thresholds) {
        if self.waiting.is_empty() {
            self.due = icount.saturating_add(thresholds.wait);
        }
        if !self.waiting.contains(&rip) {
            self.waiting.push(rip);
        }
        if self.waiting.len() == thresholds.full {
            self.due = icount;
        }
    }

    /// When the batch is to be compiled, as a value of `icount`; never while there is none.
    pub fn due(&self) -> u64 {
        if self.waiting.is_empty() { u64::MAX } else { self.due }
    }

    /// The batch. The next begins empty.
    pub fn take(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.waiting)
    }

    /// Compiling this address failed: it stays with the interpreter until some code
    /// changes.
    pub fn mark_failed(&mut self, rip: u32, epoch: u32) {
        if self.failed.len() < MAX_FAILED {
            self.failed.insert(rip, epoch);
        }
    }

    /// Whether it did, at this code epoch.
    pub fn has_failed(&self, rip: u32, epoch: u32) -> bool {
        self.failed.get(&rip) == Some(&epoch)
    }

    /// A new program: other code stands at the addresses.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.failed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_due_after_its_wait_or_when_full() {
        let thresholds = Thresholds { hot: 1, wait: 100, full: 3, adopt: 1, adopt_stored: 1 };
        let mut heat = Heat::default();
        assert_eq!(heat.due(), u64::MAX);
        heat.add(1, 50, &thresholds);
        heat.add(2, 60, &thresholds);
        heat.add(2, 61, &thresholds);
        assert_eq!(heat.due(), 150);
        heat.add(3, 70, &thresholds);
        assert_eq!(heat.due(), 70);
        assert_eq!(heat.take(), [1, 2, 3]);
        assert_eq!(heat.due(), u64::MAX);
    }
}
