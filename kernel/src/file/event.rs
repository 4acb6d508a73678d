//! eventfd(2) and timerfd_create(2).

use super::epoll::Edges;
use crate::timer::Clockwork;

/// An eventfd's counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Eventfd {
    pub count: u64,
    pub semaphore: bool,
    pub edges: Edges,
}

/// The largest count an eventfd holds.
pub const EVENTFD_MAX: u64 = u64::MAX - 1;

impl Eventfd {
    /// Takes the value that a read gives; `None` when it has to wait.
    pub fn take(&mut self) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        self.edges.output += 1;
        let value = if self.semaphore { 1 } else { self.count };
        self.count -= value;
        Some(value)
    }
}

/// A timerfd.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timerfd {
    pub clock: u32,
    pub work: Clockwork,
    pub expirations: u64,
    pub activity: u64,
}
