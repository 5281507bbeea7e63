//! What was written long ago is deleted for good, as the page about privacy says.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::queries::{self, Past};
use crate::{
    app::App,
    error::Result,
    platform::jobs::{Done, Failure, Job, Policy, Priority, Work},
};

/// Every night.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

/// From when it was marked as spam.
const SPAM_KEPT: TimeDelta = TimeDelta::days(30);
/// Two years from when it was sent, whatever became of it.
const KEPT: TimeDelta = TimeDelta::days(730);

/// As many are one transaction.
const BATCH: i64 = 100;

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "messages.sweep";
    const POLICY: Policy = Policy {
        priority: Priority::Low,
        at_once: 1,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let now = app.clock.now();
        let past = Past {
            spam: now - SPAM_KEPT,
            any: now - KEPT,
        };
        let mut count = 0;
        loop {
            let gone = sweep(&app, past).await?;
            count += gone;
            if gone == 0 {
                break;
            }
        }
        tracing::info!(count, "messages_swept");
        Ok(work.done())
    }
}

async fn sweep(app: &App, past: Past) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let mut gone = 0;
    for id in queries::outdated(&mut tx, past, BATCH).await? {
        gone += queries::delete_outdated(&mut tx, id, past).await?;
    }
    tx.commit().await?;
    Ok(gone)
}
