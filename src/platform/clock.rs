//! Time and randomness come from here, so that tests can move the one and nothing else makes the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

use crate::types::{Id, date};

#[derive(Clone, Debug, Default)]
pub struct Clock {
    shift_micros: Arc<AtomicI64>,
}

impl Clock {
    /// Cut to the microseconds that both databases keep.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system for the time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let shift = TimeDelta::microseconds(self.shift_micros.load(Ordering::Relaxed));
        (Utc::now() + shift).trunc_subsecs(6)
    }

    /// The same in milliseconds of Unix time, where no date is wanted: every request has an id.
    fn unix_millis(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
        let millis = micros.saturating_add(self.shift_micros()).div_euclid(1000);
        u64::try_from(millis).unwrap_or(0)
    }

    /// The date in Istanbul, which is what people here call today.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        date::istanbul_date(self.now())
    }

    /// Moves this clock and all its clones.
    pub fn shift(&self, by: TimeDelta) {
        self.shift_micros
            .fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }

    /// How far the clock has been moved.
    #[must_use]
    pub fn shift_micros(&self) -> i64 {
        self.shift_micros.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn new_id<T>(&self) -> Id<T> {
        Id::new_v7_of_millis(self.unix_millis(), random())
    }

    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        self.new_id::<()>().uuid()
    }
}

/// How long the machine has been up, suspended or not. It goes on whatever happens to the time of day.
#[must_use]
pub fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::try_from(time).unwrap_or_default()
}

/// Bytes from the thread's cryptographic generator, which the system seeds.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    use rand::Rng as _;
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
