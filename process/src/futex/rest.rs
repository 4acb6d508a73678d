//! A long wait is told to the kernel, which would count it as processor time and show the
//! thread as running: it knows only that it has answered the thread's last call.
//!
//! Short ones are not: a lock that is held for a moment must not cost two calls.

use crate::thread::Thread;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tawaki_abi::wire::Call;

/// A wait longer than this is told.
const SHORT_NS: u64 = 2_000_000;
const SHORT: Duration = Duration::from_nanos(SHORT_NS);

/// One wait of one thread.
pub struct Rest {
    began: u64,
    told: bool,
}

impl Rest {
    pub fn new(t: &Thread<'_>) -> Self {
        Self { began: t.host.monotonic_ns(), told: false }
    }

    /// Sleeps until woken, or for `left` (`None`: no limit); it may return early.
    pub fn park(&mut self, t: &mut Thread<'_>, left: Option<Duration>) {
        if self.told {
            t.port.park(left);
        } else if left.is_some_and(|left| left <= SHORT) || t.host.monotonic_ns() < self.began + SHORT_NS {
            t.port.park(Some(left.map_or(SHORT, |left| left.min(SHORT))));
        } else {
            self.told = true;
            t.call(&Call::Rest);
        }
    }

    /// Whether a handler is to run or the thread is gone.
    pub fn interrupted(&mut self, t: &mut Thread<'_>) -> bool {
        if !t.gone() && t.port.attention().load(Ordering::SeqCst) == 0 {
            return false;
        }
        // Asking is a call: the kernel takes the thread for running again.
        self.told = false;
        t.gone() || t.interrupted()
    }

    /// The wait is over.
    pub fn end(self, t: &mut Thread<'_>) {
        if self.told {
            // Any call tells that the thread runs again.
            t.call(&Call::Yield);
        }
    }
}
