//! How long the program itself runs between two of its calls to the kernel, measured at some of them.
//!
//! The kernel knows when it answered and when the next call came. What of that was
//! the program, and what was the way there and back and calls that its process
//! answers by itself, only the worker can tell. Looking at a clock takes time, so
//! it does so for one call in [`TIMED_EVERY`], which stands for the others. The
//! distances are irregular: programs repeat their calls in patterns.

use tawaki_abi::wire::TIMED_EVERY;

/// Calls that the process answers by itself before a measurement is given up: they would all look at the clock.
const MOST_OWN: u32 = 32;

/// What is measured, and when next.
#[derive(Debug)]
pub struct Timing {
    /// Calls to the kernel until the next measurement begins.
    left: u64,
    dice: u32,
    /// It begins when the program goes on.
    due: bool,
    running: Option<Sample>,
}

#[derive(Debug)]
struct Sample {
    /// What the program took so far, nanoseconds.
    user: u64,
    /// Since when it runs, if it does.
    since: Option<u64>,
    own: u32,
}

impl Timing {
    /// For a thread; many short ones must not all measure the same of their calls.
    pub fn new(seed: u64) -> Timing {
        let mut timing = Timing { left: 0, dice: (seed ^ seed >> 32) as u32 | 1, due: false, running: None };
        // Seeds are alike: a few rounds spread them.
        for _ in 0..4 {
            timing.roll();
        }
        // As if it had run before: how far the next is from anywhere, which is the lesser of two numbers.
        let one = timing.roll() % (2 * TIMED_EVERY);
        let other = (one + 1 + timing.roll() % (2 * TIMED_EVERY - 1)) % (2 * TIMED_EVERY);
        timing.left = 1 + one.min(other);
        timing
    }

    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 17;
        self.dice ^= self.dice << 5;
        self.dice.into()
    }

    /// Calls up to the next that is measured, [`TIMED_EVERY`] on average.
    fn distance(&mut self) -> u64 {
        1 + self.roll() % (2 * TIMED_EVERY - 1)
    }

    /// The program has made a system call.
    pub fn stops(&mut self, now: impl FnOnce() -> u64) {
        let Some(sample) = &mut self.running else { return };
        if let Some(since) = sample.since.take() {
            sample.user = sample.user.saturating_add(now().saturating_sub(since));
        }
        sample.own += 1;
        if sample.own > MOST_OWN {
            self.running = None;
        }
    }

    /// The program goes on.
    pub fn goes_on(&mut self, now: impl FnOnce() -> u64) {
        if core::mem::take(&mut self.due) {
            self.running = Some(Sample { user: 0, since: None, own: 0 });
        }
        if let Some(sample) = &mut self.running {
            sample.since = Some(now());
        }
    }

    /// The kernel is called: what the program itself took since its last answer, if that was measured.
    pub fn called(&mut self, now: impl FnOnce() -> u64) -> Option<u64> {
        self.left -= 1;
        // A call before the program went on has nothing of the program before it, and is as good.
        self.due = self.left == 0;
        if self.due {
            self.left = self.distance();
        }
        let sample = self.running.take()?;
        let rest = sample.since.map_or(0, |since| now().saturating_sub(since));
        Some(sample.user.saturating_add(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that calls the kernel `calls` times and runs for 100 ns between: what was measured, by place in
    /// a pattern of `period` calls.
    fn measured(seed: u64, calls: usize, period: usize) -> Vec<u64> {
        let mut timing = Timing::new(seed);
        let (mut now, mut at) = (0, vec![0; period]);
        for i in 0..calls {
            timing.stops(|| now);
            now += 10;
            if let Some(user) = timing.called(|| now) {
                assert_eq!(user, 100);
                at[i % period] += 1;
            }
            now += 20;
            timing.goes_on(|| now);
            now += 100;
        }
        at
    }

    #[test]
    fn one_call_in_so_many_at_any_place_of_a_pattern() {
        for period in [1, 2, 8, 16, 31] {
            let at = measured(7, 400_000, period);
            let want = 400_000 / TIMED_EVERY / period as u64;
            assert!(at.iter().all(|n| n.abs_diff(want) * 5 < want), "{period}: {at:?}, {want} wanted");
        }
        // Short programs, too.
        let short: u64 = (0..10_000).map(|seed| measured(seed * 1000, 20, 1)[0]).sum();
        let want = 10_000 * 19 / TIMED_EVERY;
        assert!(short.abs_diff(want) * 10 < want, "{short}, {want} wanted");
    }

    #[test]
    fn only_the_program_counts() {
        let mut timing = Timing { left: 1, dice: 1, due: false, running: None };
        assert_eq!(timing.called(|| 0), None);
        timing.goes_on(|| 1000);
        // A call of its own process.
        timing.stops(|| 1100);
        timing.goes_on(|| 5000);
        timing.stops(|| 5050);
        timing.left = 9;
        assert_eq!(timing.called(|| 9000), Some(150));
        assert_eq!(timing.called(|| 9000), None);
        // A call that is no system call: the program was at it until now.
        (timing.due, timing.left) = (true, 9);
        timing.goes_on(|| 10_000);
        assert_eq!(timing.called(|| 10_300), Some(300));
        // Very many calls of its own: given up.
        timing.due = true;
        timing.goes_on(|| 0);
        for i in 0..=u64::from(MOST_OWN) {
            timing.stops(|| i);
            timing.goes_on(|| i);
        }
        timing.stops(|| panic!("looks at the clock"));
        assert_eq!(timing.called(|| panic!("looks at the clock")), None);
    }
}
