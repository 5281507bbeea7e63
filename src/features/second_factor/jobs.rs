//! Sign-ins that waited too long for their code are forgotten.

use serde::{Deserialize, Serialize};

use super::queries;
use crate::{
    app::App,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
};

/// Every night.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "second_factor.sweep";
    const POLICY: Policy = Policy {
        priority: Priority::Low,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let mut tx = work.begin().await?;
        queries::sweep(&mut tx, app.clock.now()).await?;
        work.commit(tx).await
    }
}
