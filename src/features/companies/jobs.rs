//! What has been in the trash for long is deleted for good.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{actions, queries};
use crate::{
    app::App,
    error::Result,
    features::services,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
};

/// Every night: subscriptions first, then companies with all that they consist of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Purge {}

/// What the trash keeps, as its page says.
const KEPT: TimeDelta = TimeDelta::days(30);

/// As many are looked up at a time; each is deleted in a transaction of its own.
const BATCH: i64 = 100;

impl Job for Purge {
    type App = App;
    const KIND: &'static str = "companies.purge";
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
        let before = app.clock.now() - KEPT;
        purge_services(&app, before).await?;
        purge_companies(&app, before).await?;
        Ok(work.done())
    }
}

async fn purge_services(app: &App, before: DateTime<Utc>) -> Result<()> {
    loop {
        let mut conn = app.db.read().await?;
        let found = services::queries::purgeable(&mut conn, before, BATCH).await?;
        drop(conn);
        if found.is_empty() {
            return Ok(());
        }
        for (id, company) in found {
            services::purge(app, id, company, before).await?;
        }
    }
}

async fn purge_companies(app: &App, before: DateTime<Utc>) -> Result<()> {
    loop {
        let mut conn = app.db.read().await?;
        let found = queries::purgeable(&mut conn, before, BATCH).await?;
        drop(conn);
        if found.is_empty() {
            return Ok(());
        }
        for id in found {
            actions::purge(app, id, before).await?;
        }
    }
}
