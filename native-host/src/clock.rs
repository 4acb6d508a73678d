//! The clocks of the machine.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

static START: OnceLock<Instant> = OnceLock::new();

/// Nanoseconds since the machine's first look at the clock, plus one second so
/// that no guest sees a monotonic clock at zero.
pub fn monotonic_ns() -> u64 {
    let start = START.get_or_init(Instant::now);
    (start.elapsed() + Duration::from_secs(1)).as_nanos() as u64
}

/// Nanoseconds since the epoch.
pub fn realtime_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
}

/// Processor time of the calling thread, nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
