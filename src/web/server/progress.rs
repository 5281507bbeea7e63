//! What a connection's socket must know of its requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

pub(super) struct Progress {
    pub(super) requests: AtomicUsize,
    pub(super) in_flight: AtomicUsize,
    born: Instant,
    /// When the last answer was through, in microseconds since `born`.
    answered: AtomicU64,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            requests: AtomicUsize::default(),
            in_flight: AtomicUsize::default(),
            born: Instant::now(),
            answered: AtomicU64::default(),
        }
    }

    /// When the last answer was through, or the connection began.
    pub(super) fn answered_at(&self) -> Instant {
        self.born + Duration::from_micros(self.answered.load(Ordering::Relaxed))
    }

    /// Now: it was handed over, or a slow client has taken the last of it.
    pub(super) fn set_answered(&self) {
        let age = u64::try_from(self.born.elapsed().as_micros());
        let age = age.unwrap_or(u64::MAX);
        self.answered.store(age, Ordering::Relaxed);
    }
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
        self.0.set_answered();
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
