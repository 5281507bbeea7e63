//! What is counted of a family, for operations and for whoever administers.

use std::time::Duration;

use prometheus_client::metrics::{
    counter::Counter,
    gauge::Gauge,
    histogram::{Histogram, exponential_buckets},
};

use crate::platform::{metrics::Metrics, redis::Trouble};

/// The family's own cells of the metrics: counting looks nothing up.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Given out of this process, the stale ones included.
    pub hit_l1: Counter,
    /// Given out of Redis.
    pub hit_l2: Counter,
    /// Given after its time, while it was loaded anew or because that failed.
    pub stale: Counter,
    /// Loaded.
    pub miss: Counter,
    /// Loads that failed.
    pub errors: Counter,
    /// Callers who got what another one had loaded.
    pub saved: Counter,
    /// Gone for want of room.
    pub evictions: Counter,
    pub entries: Gauge,
    pub bytes: Gauge,
    pub load: Histogram,
    /// The same times once more, to be read.
    pub load_micros: Counter,
}

impl Counts {
    #[must_use]
    pub fn new(family: &'static str, metrics: &Metrics) -> Self {
        metrics.cache(family)
    }

    pub fn loaded(&self, took: Duration) {
        self.load.observe(took.as_secs_f64());
        self.load_micros
            .inc_by(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// What becomes of asking Redis, and how the process stands to the others.
#[derive(Clone, Debug)]
pub struct RemoteCounts {
    /// Redis lives and says no, as when its memory is full.
    pub refused: Counter,
    pub late: Counter,
    /// The connection broke, or the breaker is open.
    pub away: Counter,
    /// 1 while what this process remembers is right without asking, and while it hears of changes by way of Redis.
    pub trusted: Gauge,
    pub on_line: Gauge,
    /// Seconds that writers waited until others had heard of their change.
    pub waited: Histogram,
}

impl Default for RemoteCounts {
    fn default() -> Self {
        // From 1 ms to 2 s.
        let waited = Histogram::new(exponential_buckets(0.001, 2.0, 12));
        Self {
            refused: Counter::default(),
            late: Counter::default(),
            away: Counter::default(),
            trusted: Gauge::default(),
            on_line: Gauge::default(),
            waited,
        }
    }
}

impl RemoteCounts {
    /// The answer, counted if it is none.
    pub fn noted<T>(&self, asked: Result<T, Trouble>) -> Result<T, Trouble> {
        match &asked {
            Ok(_) => {}
            Err(Trouble::Refused(_)) => _ = self.refused.inc(),
            Err(Trouble::Late) => _ = self.late.inc(),
            Err(Trouble::Away) => _ = self.away.inc(),
        }
        asked
    }

    pub fn see(&self, is_trusted: bool, is_on_line: bool) {
        self.trusted.set(i64::from(is_trusted));
        self.on_line.set(i64::from(is_on_line));
    }
}

/// A family as it stands, since the process began.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyStats {
    pub name: &'static str,
    pub hit_l1: u64,
    pub hit_l2: u64,
    pub stale: u64,
    pub miss: u64,
    pub errors: u64,
    pub saved: u64,
    pub evictions: u64,
    pub entries: i64,
    pub bytes: i64,
    /// What a load took on average.
    pub load: Duration,
}

impl FamilyStats {
    #[must_use]
    pub fn of(name: &'static str, counts: &Counts) -> Self {
        let micros = counts.load_micros.get();
        Self {
            name,
            hit_l1: counts.hit_l1.get(),
            hit_l2: counts.hit_l2.get(),
            stale: counts.stale.get(),
            miss: counts.miss.get(),
            errors: counts.errors.get(),
            saved: counts.saved.get(),
            evictions: counts.evictions.get(),
            entries: counts.entries.get(),
            bytes: counts.bytes.get(),
            load: Duration::from_micros(micros / counts.miss.get().max(1)),
        }
    }

    /// Of all that was asked for, what did not have to be loaded for it, in percent.
    #[must_use]
    pub fn hit_percent(&self) -> Option<u64> {
        let hits = self.hit_l1 + self.hit_l2 + self.saved;
        (hits * 100).checked_div(hits + self.miss)
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// By name.
    pub families: Vec<FamilyStats>,
    pub entries: usize,
    pub bytes: usize,
    pub bytes_max: usize,
}
