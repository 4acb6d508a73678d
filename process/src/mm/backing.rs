//! Privileged access to guest memory, below a limit of memory known to exist.
//!
//! Pages touched here must have some permission ([`tawaki_cpu::Perms::MAPPED`] will do).

use std::ops::Range;
use std::sync::Arc;
use tawaki_cpu::GuestMemory;

/// Guest memory and how much of it exists.
#[derive(Clone, Debug)]
pub struct Backing {
    memory: Arc<GuestMemory>,
    /// Guest addresses below this, and from `lowest` on, are memory.
    end: u64,
    lowest: u64,
    /// Ranges below `end` that belong to somebody else.
    reserved: Vec<Range<u64>>,
}

impl Backing {
    /// `end` must come from the host (`Host::memory_end`, `Host::grow_to`): below
    /// it every page from `lowest` on is host memory.
    pub fn new(memory: Arc<GuestMemory>, lowest: u64, end: u64) -> Self {
        Backing { memory, end, lowest, reserved: Vec::new() }
    }

    /// The memory itself.
    pub fn memory(&self) -> &Arc<GuestMemory> {
        &self.memory
    }

    /// First address that does not exist.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// After the host has grown it from `before` to `end`: what lies between the
    /// end known so far and `before` was taken by somebody else.
    pub fn grown(&mut self, before: u64, end: u64) {
        if before > self.end {
            self.reserved.push(self.end..before);
        }
        self.end = self.end.max(end);
    }

    /// Ranges that belong to somebody else.
    pub fn reserved(&self) -> &[Range<u64>] {
        &self.reserved
    }

    /// Whether all of `range` is this process's memory.
    pub fn holds(&self, range: &Range<u64>) -> bool {
        self.lowest <= range.start
            && range.start <= range.end
            && range.end <= self.end
            && !self.reserved.iter().any(|r| r.start < range.end && range.start < r.end)
    }

    /// Zeroes `range`; `false` (and nothing done) when it is not all memory.
    pub fn zero(&self, range: Range<u64>) -> bool {
        if !self.holds(&range) {
            return false;
        }
        self.memory.zero_range(range).is_ok()
    }

    /// The same for whole pages, of which those that are zero already are left untouched.
    pub fn zero_used(&self, range: Range<u64>) -> bool {
        self.holds(&range) && self.memory.zero_used(range).is_ok()
    }

    /// Copies `bytes` to `addr`; `false` when that is not all memory.
    pub fn write(&self, addr: u64, bytes: &[u8]) -> bool {
        let Some(end) = addr.checked_add(bytes.len() as u64) else { return false };
        if !self.holds(&(addr..end)) {
            return false;
        }
        self.memory.copy_in(addr, bytes).is_ok()
    }

    /// Copies from `addr`; `false` when that is not all memory.
    pub fn read(&self, addr: u64, out: &mut [u8]) -> bool {
        let Some(end) = addr.checked_add(out.len() as u64) else { return false };
        if !self.holds(&(addr..end)) {
            return false;
        }
        self.memory.copy_from(addr, out).is_ok()
    }
}
