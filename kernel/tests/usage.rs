//! How much processor time processes are said to have used.

mod driver;
use driver::Script;
use tawaki_abi::wire::{Body, Call};
use tawaki_kernel::Stdio;

/// Programs repeat their calls in patterns; those that are measured must not follow them.
#[test]
fn system_time_of_calls_in_a_pattern() {
    const WAY: u64 = 500;
    for (period, heavy) in [(8, 0), (8, 3), (8, 7), (4, 1), (16, 0), (24, 5), (1, 0)] {
        let mut s = Script::new();
        let a = s.spawn(Stdio::Streams);
        let usage = |s: &mut Script| match s.full(a, Call::Getrusage { who: 0 }).1 {
            Body::Rusage(usage) => usage,
            body => panic!("{body:?}"),
        };
        let (before, start) = (usage(&mut s), s.now);
        let mut real = 0;
        for i in 0..60_000 {
            s.ok(a, Call::Umask { mask: 0o022 });
            let cost = if i % period == heavy { 80_000 } else { 1_000 };
            if s.kernel.is_measured() {
                s.kernel.took(s.now + cost);
            }
            // The way back, and something of its own.
            s.now += cost + WAY + 2_000;
            real += cost + WAY;
        }
        let after = usage(&mut s);
        let (system, all) =
            (after.stime - before.stime, after.utime - before.utime + after.stime - before.stime);
        assert_eq!(all, s.now - start, "period {period}");
        let off = system.abs_diff(real) * 100 / real;
        assert!(off < 20, "period {period}, call {heavy}: {system} ns told, {real} ns used");
    }
}
