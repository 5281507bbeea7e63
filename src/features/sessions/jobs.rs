//! Sessions that nobody can use any more are forgotten, and what was typed in them.

use serde::{Deserialize, Serialize};

use super::queries;
use crate::{
    app::App,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
    web::{
        kept,
        session::{ABSOLUTE, KEPT},
    },
};

/// Every quarter of an hour.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "sessions.sweep";
    const POLICY: Policy = Policy {
        priority: Priority::Low,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let mut tx = work.begin().await?;
        let now = app.clock.now();
        queries::sweep(&mut tx, now - ABSOLUTE - KEPT).await?;
        kept::sweep(&mut tx, now).await?;
        work.commit(tx).await
    }
}
