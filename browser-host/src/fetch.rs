//! Byte ranges of the image, fetched by the I/O worker.

use crate::host;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tawaki_blockdev::{ChunkIndex, Delivery, Fetch};

/// Where the event loop leaves what arrived and the device picks it up.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<VecDeque<Delivery>>>);

impl Arrivals {
    /// Leaves one finished request.
    pub fn push(&self, delivery: Delivery) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(delivery);
    }
}

/// The [`Fetch`] of the browser: requests go to the I/O worker by message.
pub struct WorkerFetch(pub Arrivals);

impl Fetch for WorkerFetch {
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize) {
        host::fetch(chunk.0, offset, len);
    }

    fn poll(&mut self) -> Option<Delivery> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
