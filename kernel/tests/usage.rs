//! How much processor time processes are said to have used.

mod driver;
use driver::Script;
use tawaki_abi::wire::{Body, Call, TIMED_EVERY};
use tawaki_kernel::Stdio;

/// The program's own time is as its worker tells it, the rest is the system's: the way to the kernel and back,
/// its work, and calls that the process answers by itself.
#[test]
fn system_time_of_calls_in_a_pattern() {
    for (way, own, period) in [(500, 2_000, 8), (20_000, 100, 1), (5_000, 40_000, 3), (1_000, 1_000_000, 5)] {
        let mut s = Script::new();
        let a = s.spawn(Stdio::Streams);
        let usage = |s: &mut Script| match s.full(a, Call::Getrusage { who: 0 }).1 {
            Body::Rusage(usage) => usage,
            body => panic!("{body:?}"),
        };
        let (before, start) = (usage(&mut s), s.now);
        let (mut real, mut dice, mut user) = (0, 1u64, 0);
        for i in 0..60_000 {
            let call = Call::Umask { mask: 0o022 };
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let timed = (dice >> 33).is_multiple_of(TIMED_EVERY);
            s.ok(a, if timed { Call::Timed { user, call: Box::new(call) } } else { call });
            // The kernel's work, the way back, something of its own, and the way there.
            let cost = if i % period == 0 { 80_000 } else { 1_000 };
            s.now += cost + way + own;
            user = own;
            real += cost + way;
        }
        let after = usage(&mut s);
        let (system, all) =
            (after.stime - before.stime, after.utime - before.utime + after.stime - before.stime);
        assert_eq!(all, s.now - start, "period {period}");
        let off = system.abs_diff(real) * 100 / real;
        assert!(off < 10, "way {way}, own {own}: {system} ns told, {real} ns used");
    }
}

/// A worker says what it likes: no more than the time that has passed is anybody's.
#[test]
fn a_worker_that_tells_nonsense() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let timed = |user, call| Call::Timed { user, call: Box::new(call) };
    let start = s.now;
    for user in [0, u64::MAX, 1, 0] {
        s.ok(a, timed(user, Call::Umask { mask: 0 }));
        s.now += 1_000_000_000;
    }
    // One inside another is no call.
    let nested = timed(0, timed(0, Call::Umask { mask: 0 }));
    assert_eq!(s.call(a, nested).unwrap().result, Err(tawaki_abi::Errno::EINVAL));
    let Body::Rusage(usage) = s.full(a, Call::Getrusage { who: 0 }).1 else { panic!() };
    assert_eq!(usage.utime + usage.stime, s.now - start);
}
