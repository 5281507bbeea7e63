//! What happens to images in the background: their sizes are made, and what nobody needs goes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actions,
    model::{Image, Refusal, State},
    queries,
};
use crate::{
    app::App,
    cache::{BLOG, MAP, SITE},
    error::{Error, Result},
    platform::{
        blobs,
        db::Tx,
        jobs::{Done, Failure, Job, Policy, Priority, Work},
        pictures::{self, Encoded},
    },
    types::Id,
    web::public,
};

/// Makes all sizes of an image.
#[derive(Debug, Serialize, Deserialize)]
pub struct Encode {
    pub image: Uuid,
}

impl Job for Encode {
    type App = App;
    const KIND: &'static str = "images.encode";
    /// One at once: it takes memory, and all of a core.
    const POLICY: Policy = Policy {
        attempts: 4,
        timeout: Duration::from_mins(2),
        at_once: 1,
        ..Policy::DEFAULT
    };

    fn unique_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.image))
    }

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let id: Id<Image> = Id::from_uuid(self.image);
        let mut conn = app.db.read().await?;
        let bytes = match queries::find(&mut conn, id).await {
            Ok(image) => blobs::read(&mut conn, &image.hash).await?,
            // It was thrown away meanwhile.
            Err(Error::NotFound) => return Ok(work.done()),
            Err(other) => return Err(other.into()),
        };
        drop(conn);
        let made = actions::in_background(move || pictures::read(&bytes)?.variants()).await?;
        let now = app.clock.now();
        let mut tx = work.begin().await?;
        match made {
            Ok(variants) => keep(&mut tx, id, &variants, now).await?,
            Err(reason) => {
                queries::set_state(&mut tx, id, State::Refused, Some(reason), now).await?;
            }
        }
        public::changed(&app, &mut tx, [BLOG, SITE, MAP]).await?;
        work.commit(tx).await
    }

    async fn gave_up(&self, tx: &mut Tx, now: DateTime<Utc>, _error: &str) -> Result<()> {
        let id = Id::from_uuid(self.image);
        queries::set_state(tx, id, State::Refused, Some(Refusal::Broken), now).await
    }
}

async fn keep(tx: &mut Tx, id: Id<Image>, variants: &[Encoded], now: DateTime<Utc>) -> Result<()> {
    for variant in variants {
        actions::keep_variant(tx, id, variant, now).await?;
    }
    queries::set_state(tx, id, State::Ready, None, now).await
}

/// Every night: images that have been in the trash for long, then bytes that nothing refers to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep {}

/// What the trash keeps, as its page says.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Bytes may wait so long for what will refer to them.
const SPARED: TimeDelta = TimeDelta::days(1);

const BATCH: i64 = 100;

impl Job for Sweep {
    type App = App;
    const KIND: &'static str = "images.sweep";
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
        let now = app.clock.now();
        purge_images(&app, now - KEPT).await?;
        remove_orphans(&app, now - SPARED).await?;
        Ok(work.done())
    }
}

async fn purge_images(app: &App, before: DateTime<Utc>) -> Result<()> {
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

async fn remove_orphans(app: &App, before: DateTime<Utc>) -> Result<()> {
    loop {
        let mut conn = app.db.read().await?;
        let found = queries::orphans(&mut conn, before, BATCH).await?;
        drop(conn);
        if found.is_empty() {
            return Ok(());
        }
        // One each, so that nobody waits for the writer.
        for hash in found {
            let mut tx = app.db.begin().await?;
            blobs::remove(&mut tx, &hash, before).await?;
            tx.commit().await?;
        }
    }
}
