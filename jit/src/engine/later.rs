//! Compiling when a process has ended, for the next one.

use tawaki_cpu::interp::cache::{COLD, Entry, UNKNOWN};
use tawaki_cpu::{GuestMemory, Mode};

use super::{CodeHost, INTERPRETED_PS, JitEngine, REGION_NS};
use crate::batch::{self, Policy, operations};
use crate::region::Region;

/// After a process, a region is compiled for the next ones already when interpreting it has taken
/// one in so many of what compiling it will: another core does it, mostly, and programs run again.
const LATER_SHARE: u64 = 5;

/// So much time is spent then however short the process was, microseconds; else up to twice its time.
const LATER_ROOM_US: u64 = 10_000;

/// Blocks that ran so often are looked at then.
const LATER_LEAST: u64 = 48;

impl<H: CodeHost> JitEngine<H> {
    /// What runs a little in each of many processes is not compiled in the end: a new process starts at
    /// nothing. What is compiled stays so.
    pub(super) fn cool(&mut self) {
        let cache = self.interpreter.cache();
        let hot = cache.threshold();
        for entry in cache.entries() {
            let countdown = entry.countdown.get();
            if countdown > 2 && countdown != COLD && !entry.expected.get() {
                entry.countdown.set(hot);
                entry.rounds.set(0);
            }
        }
    }

    /// Compiles what has run enough to be worth it for the next process.
    pub(super) fn compile_later(&mut self, memory: &GuestMemory, mode: Mode) {
        let start = self.host.clock_us();
        self.prepare(memory, mode);
        let ran = start.saturating_sub(self.began);
        let room = ran.saturating_mul(2).max(LATER_ROOM_US).min(self.settings.later_us);
        let cache = self.interpreter.cache();
        let wanted = |entry: &&Entry| {
            let rip = entry.block.rip as u32;
            // Of this process, and not compiled yet.
            entry.block.rip >> 32 == 0
                && entry.epoch != UNKNOWN
                && batch::executions(cache, entry) >= LATER_LEAST
                && !self.code.has(rip)
                && !self.code.covers(rip)
                && !self.heat.has_failed(rip, memory.code_epoch())
        };
        let hot: Vec<u32> =
            cache.entries().iter().filter(wanted).map(|entry| entry.block.rip as u32).collect();
        let op_ns = self.op_ns.max(1);
        let worth = |region: &Region, run: u64, _: bool| {
            let cost = REGION_NS + operations(region).saturating_mul(op_ns);
            run.saturating_mul(INTERPRETED_PS * LATER_SHARE) / 1000 >= cost
        };
        let policy = Policy::later(LATER_LEAST, room.saturating_mul(1000) / op_ns, &worth);
        let layout = self.host.layout(memory, mode);
        let cache = self.interpreter.cache_mut();
        let formed =
            batch::form((cache, memory, mode), &hot, &self.settings, &self.code, &mut self.jumps, policy);
        for batch in formed.modules {
            let functions = batch.regions.len() as u32;
            if let Some(first) = self.install(memory, batch, &layout) {
                self.host.warm(first, functions);
            }
        }
        self.stats.later_us += self.host.clock_us().saturating_sub(start);
    }
}
