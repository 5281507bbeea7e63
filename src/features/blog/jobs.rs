//! Every minute: outer caches and authors are told of the posts whose moment has come. Readers need nobody to tell them.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{emails, queries};
use crate::{
    app::App,
    cache::{BLOG, MAP},
    platform::jobs::{Done, Failure, Job, Policy, Work},
    web::public,
};

/// Of what has been public for longer, no cache holds an older page, and its author knows.
const NEWS: TimeDelta = TimeDelta::days(30);

/// As many are told of in one transaction.
const BATCH: i64 = 50;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tell {}

impl Job for Tell {
    type App = App;

    const KIND: &'static str = "blog.tell";
    const POLICY: Policy = Policy {
        at_once: 1,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> Result<Done, Failure> {
        let now = app.clock.now();
        loop {
            // Read outside the transaction: nearly always there is nothing to do.
            let mut conn = app.db.read().await?;
            let due = queries::due(&mut conn, now - NEWS, now, BATCH).await?;
            drop(conn);
            if due.is_empty() {
                return Ok(work.done());
            }
            let mut tx = work.begin().await?;
            for post in &due {
                // What another run has told meanwhile is left to that.
                if queries::tell(&mut tx, post, now).await? && post.active {
                    emails::is_public(&app, &mut tx, now, post).await?;
                }
            }
            queries::forget_told(&mut tx, now - NEWS).await?;
            public::changed(&app, &mut tx, [BLOG, MAP]).await?;
            if i64::try_from(due.len()).is_ok_and(|found| found < BATCH) {
                return work.commit(tx).await;
            }
            tx.commit().await?;
        }
    }
}
