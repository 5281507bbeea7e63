//! Time and randomness come from here, so that tests can move the one and nothing else makes the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
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
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.unix_micros()).unwrap_or_default()
    }

    fn unix_micros(&self) -> i64 {
        let since = machine_time().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
        micros.saturating_add(self.shift_micros())
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
        // Every request has one: no date is made for it.
        let millis = self.unix_micros().div_euclid(1000);
        Id::new_v7_of_millis(u64::try_from(millis).unwrap_or(0), random())
    }

    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        self.new_id::<()>().uuid()
    }
}

/// What the machine takes for the time, also where a test holds the application's clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the system for the time"
)]
pub fn machine_time() -> SystemTime {
    SystemTime::now()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_the_millisecond_that_the_clock_tells() {
        let clock = Clock::default();
        for shift in [
            0,
            999,
            1,
            -1_500,
            86_400_000_000,
            -90_000_000_000_000,
            -1_999,
        ] {
            clock.shift(TimeDelta::microseconds(shift));
            let before = clock.now();
            let (seconds, nanos) = clock.new_uuid().get_timestamp().unwrap().to_unix();
            let at = DateTime::from_timestamp(i64::try_from(seconds).unwrap(), nanos).unwrap();
            let after = clock.now();
            assert!(
                before.timestamp_millis() <= at.timestamp_millis() && at <= after,
                "{at}"
            );
            assert_eq!(before.timestamp_subsec_nanos() % 1000, 0);
            let machine = DateTime::<Utc>::from(machine_time());
            let apart = machine + TimeDelta::microseconds(clock.shift_micros()) - after;
            assert!(apart.num_seconds().abs() < 60, "{apart}");
        }
        // Before 1970 there are no such ids, and no panic.
        clock.shift(TimeDelta::days(-100_000));
        assert!(clock.now().timestamp() < 0);
        assert_eq!(clock.new_uuid().get_timestamp().unwrap().to_unix(), (0, 0));
    }
}
