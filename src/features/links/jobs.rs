//! Links that work no more are forgotten.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::queries;
use crate::{
    app::App,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
};

/// Every night. A day is left for whoever counts how many were made in the last hour.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "links.sweep";
    const POLICY: Policy = Policy {
        priority: Priority::Low,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let mut tx = work.begin().await?;
        queries::sweep(&mut tx, app.clock.now() - TimeDelta::days(1)).await?;
        work.commit(tx).await
    }
}
