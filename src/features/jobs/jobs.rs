//! The queue cleans up after itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::queries;
use crate::{
    app::App,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
};

/// Forgets jobs that ended long ago, a few at a time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

/// Rows that one transaction removes.
const BATCH: i64 = 1000;

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "jobs.sweep";
    const POLICY: Policy = Policy {
        priority: Priority::Low,
        at_once: 1,
        timeout: Duration::from_mins(10),
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        loop {
            let mut tx = work.begin().await?;
            let swept = queries::sweep(&mut tx, app.jobs.shift_micros(), BATCH).await?;
            if swept < BATCH {
                return work.commit(tx).await;
            }
            tx.commit().await?;
        }
    }
}
