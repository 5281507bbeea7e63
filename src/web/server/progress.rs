//! What a connection's socket must know of its requests.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::task::AtomicWaker;

#[derive(Default)]
pub(super) struct Progress {
    pub(super) requests: AtomicUsize,
    pub(super) in_flight: AtomicUsize,
    /// Who waits to read while a request is in flight, and must look at the clock when it is not any more.
    pub(super) reader: AtomicWaker,
}

pub(super) struct Busy(Arc<Progress>);

impl Busy {
    pub(super) fn new(progress: Arc<Progress>) -> Self {
        progress.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(progress)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.reader.wake();
    }
}
