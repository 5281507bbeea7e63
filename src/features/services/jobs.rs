//! The daily run: what is due is found and promised, then done one service at a time.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actions::{self, Today},
    queries,
};
use crate::{
    app::App,
    platform::jobs::{Done, Failure, Job, Work},
    types::Id,
    web::access::Scope,
};

/// Every morning: promises a run for each service of which something is due.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Daily {}

/// As many are promised in one transaction.
const BATCH: i64 = 200;

impl Job for Daily {
    type App = App;

    const KIND: &'static str = "services.daily";

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.into())
    }

    async fn run(self, app: App, work: Work) -> Result<Done, Failure> {
        let today = app.clock.today();
        let mut after = None;
        loop {
            // Read outside the transaction: finding what is due takes long, promising it does not. What is promised
            // twice waits once, and a run looks for itself at what is due.
            let mut conn = app.db.read().await?;
            let due = queries::due(&mut conn, Scope::All, today, after, BATCH).await?;
            drop(conn);
            let mut tx = work.begin().await?;
            for (_, id) in &due {
                let renew = Renew {
                    service_id: id.uuid(),
                };
                app.jobs.enqueue(&mut tx, &renew).await?;
            }
            after = due.last().copied();
            if i64::try_from(due.len()).is_ok_and(|found| found < BATCH) {
                return work.commit(tx).await;
            }
            tx.commit().await?;
        }
    }
}

/// Renews one service and reminds of its next renewal, as far as either is due when it runs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Renew {
    pub service_id: Uuid,
}

impl Job for Renew {
    type App = App;

    const KIND: &'static str = "services.renew";

    fn unique_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.service_id))
    }

    async fn run(self, app: App, work: Work) -> Result<Done, Failure> {
        let today = Today {
            date: app.clock.today(),
            now: app.clock.now(),
        };
        let mut tx = work.begin().await?;
        actions::renew(&app, &mut tx, today, Id::from_uuid(self.service_id)).await?;
        work.commit(tx).await
    }
}
