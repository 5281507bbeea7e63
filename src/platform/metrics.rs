//! What operations can count and measure, as Prometheus reads it.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::cache::stats::{Counts, RemoteCounts};
use crate::error::{Error, Result};

/// Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Parts>);

pub struct Parts {
    registry: Registry,
    runs: Family<Run, Counter>,
    durations: Family<Kind, Histogram>,
    depth: Family<InState, Gauge>,
    oldest: Gauge,
    cache: CacheParts,
}

#[derive(Default)]
struct CacheParts {
    answers: Family<Answer, Counter>,
    saved: Family<OfFamily, Counter>,
    evictions: Family<OfFamily, Counter>,
    /// For the page of the cache alone: a histogram cannot be read.
    load_micros: Family<OfFamily, Counter>,
    entries: Family<OfFamily, Gauge>,
    bytes: Family<OfFamily, Gauge>,
    loads: Loads,
    remote: RemoteCounts,
}

/// From 0.1 ms to 26 s.
struct Loads(Family<OfFamily, Histogram>);

impl Default for Loads {
    fn default() -> Self {
        let buckets = || Histogram::new(exponential_buckets(0.0001, 4.0, 10));
        Self(Family::new_with_constructor(buckets))
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfFamily {
    family: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    family: &'static str,
    outcome: &'static str,
}

impl CacheParts {
    fn register(&self, registry: &mut Registry) {
        let parts = [
            (
                "cache_waiters_saved",
                "Callers who got what another had loaded",
                &self.saved,
            ),
            (
                "cache_evictions",
                "Values gone for want of room",
                &self.evictions,
            ),
        ];
        for (name, help, counter) in parts {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "cache_answers",
            "What became of asking the cache: hit_l1, hit_l2, stale, miss, error",
            self.answers.clone(),
        );
        registry.register(
            "cache_entries",
            "Values in this process",
            self.entries.clone(),
        );
        registry.register_with_unit(
            "cache_size",
            "What the values in this process take",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register_with_unit(
            "cache_load_duration",
            "How long loading took",
            Unit::Seconds,
            self.loads.0.clone(),
        );
        self.register_remote(registry);
    }

    fn register_remote(&self, registry: &mut Registry) {
        let remote = &self.remote;
        let troubles = [
            (
                "cache_redis_refused",
                "Commands that Redis refused",
                &remote.refused,
            ),
            (
                "cache_redis_late",
                "Commands that took Redis too long",
                &remote.late,
            ),
            (
                "cache_redis_away",
                "Commands that did not reach Redis",
                &remote.away,
            ),
        ];
        for (name, help, counter) in troubles {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "cache_trusted",
            "1 while the process uses what it remembers without asking",
            remote.trusted.clone(),
        );
        registry.register(
            "cache_on_line",
            "1 while the process hears of changes by way of Redis",
            remote.on_line.clone(),
        );
        registry.register_with_unit(
            "cache_write_wait",
            "How long writers waited until others had heard of their change",
            Unit::Seconds,
            remote.waited.clone(),
        );
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Run {
    kind: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("prosektorweb");
        let runs = Family::<Run, Counter>::default();
        let durations = Family::<Kind, Histogram>::new_with_constructor(|| {
            // 1 ms to 65 s.
            Histogram::new(exponential_buckets(0.001, 4.0, 9))
        });
        let depth = Family::<InState, Gauge>::default();
        let oldest = Gauge::default();
        registry.register("job_runs", "Runs of jobs by kind and outcome", runs.clone());
        registry.register_with_unit(
            "job_run_duration",
            "How long runs of jobs took, by kind",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("jobs", "Jobs in the queue by state", depth.clone());
        registry.register_with_unit(
            "job_oldest_waiting",
            "How long the job that waits longest has been waiting",
            Unit::Seconds,
            oldest.clone(),
        );
        let cache = CacheParts::default();
        cache.register(&mut registry);
        Self(Arc::new(Parts {
            registry,
            runs,
            durations,
            depth,
            oldest,
            cache,
        }))
    }
}

impl Metrics {
    /// A run of a job has ended: `done`, `retry`, `dead` or `lost`.
    pub fn job_ran(&self, kind: &str, outcome: &'static str, took: Duration) {
        let kind = kind.to_owned();
        self.0
            .durations
            .get_or_create(&Kind { kind: kind.clone() })
            .observe(took.as_secs_f64());
        self.0.runs.get_or_create(&Run { kind, outcome }).inc();
    }

    /// A job was given up without a run of ours: the worker that had it died.
    pub fn job_died(&self, kind: &str) {
        let (kind, outcome) = (kind.to_owned(), "dead");
        self.0.runs.get_or_create(&Run { kind, outcome }).inc();
    }

    /// The queue as it is now: how many jobs are in each state, and the age of the one that waits longest.
    pub fn queue(&self, depths: &[(&'static str, i64)], oldest: Duration) {
        for (state, depth) in depths {
            self.0.depth.get_or_create(&InState { state }).set(*depth);
        }
        self.0
            .oldest
            .set(i64::try_from(oldest.as_secs()).unwrap_or(i64::MAX));
    }

    /// The cells of a family of the cache, which are looked up once.
    #[must_use]
    pub fn cache(&self, family: &'static str) -> Counts {
        let cache = &self.0.cache;
        let answers = |outcome| {
            cache
                .answers
                .get_or_create(&Answer { family, outcome })
                .clone()
        };
        let of = OfFamily { family };
        Counts {
            hit_l1: answers("hit_l1"),
            hit_l2: answers("hit_l2"),
            stale: answers("stale"),
            miss: answers("miss"),
            errors: answers("error"),
            saved: cache.saved.get_or_create(&of).clone(),
            evictions: cache.evictions.get_or_create(&of).clone(),
            entries: cache.entries.get_or_create(&of).clone(),
            bytes: cache.bytes.get_or_create(&of).clone(),
            load: cache.loads.0.get_or_create(&of).clone(),
            load_micros: cache.load_micros.get_or_create(&of).clone(),
        }
    }

    /// The cells of what the cache asks Redis.
    #[must_use]
    pub fn cache_remote(&self) -> RemoteCounts {
        self.0.cache.remote.clone()
    }

    /// The `OpenMetrics` text.
    pub fn text(&self) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).map_err(Error::internal)?;
        Ok(text)
    }
}
