//! Byte ranges of the images, fetched by the I/O worker.

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
pub struct WorkerFetch {
    /// Which image, as the page numbers them; 0 is the root.
    pub disk: u32,
    /// Where its ranges arrive.
    pub arrivals: Arrivals,
}

impl Fetch for WorkerFetch {
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize) {
        host::fetch(self.disk, chunk.0, offset, len);
    }

    fn poll(&mut self) -> Option<Delivery> {
        self.arrivals.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
