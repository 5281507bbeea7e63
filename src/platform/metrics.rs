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
        Self(Arc::new(Parts {
            registry,
            runs,
            durations,
            depth,
            oldest,
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

    /// The `OpenMetrics` text.
    pub fn text(&self) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).map_err(Error::internal)?;
        Ok(text)
    }
}
