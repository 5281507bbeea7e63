//! What is done to posts later: their words follow their tags, and what has been in the trash for long is deleted for good.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actions,
    change::{Change, Hand, drawing},
    queries,
};
use crate::{
    app::App,
    error::Result,
    features::{imports, previews},
    platform::{
        audit::Actor,
        jobs::{Done, Failure, Job, Policy, Priority, Work},
        markdown,
    },
    types::Id,
};

/// Makes the words of some posts anew, after one of their tags has another name or is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reword {
    pub posts: Vec<Uuid>,
}

impl Reword {
    /// As many posts are one job and one transaction.
    const POSTS: usize = 50;

    /// Within the change that it follows from.
    pub async fn promise(hand: &mut Hand<'_>, posts: &[Uuid]) -> Result<()> {
        for some in posts.chunks(Self::POSTS) {
            let posts = some.to_vec();
            hand.app.jobs.enqueue(hand.tx, &Self { posts }).await?;
        }
        Ok(())
    }
}

impl Job for Reword {
    type App = App;

    const KIND: &'static str = "posts.reword";

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let mut change = Change::by(&app, Actor::default()).await?;
        for post in self.posts {
            actions::reword(&mut change.hand(), Id::from_uuid(post)).await?;
        }
        change.commit().await?;
        Ok(work.done())
    }
}

/// Every hour: the stored HTML of posts that other rules have cleaned, such as an earlier release's, is drawn anew.
/// Until then each reader's page cleans it again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Redraw {}

impl Job for Redraw {
    type App = App;

    const KIND: &'static str = "posts.redraw";
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
        let (options, rules) = (drawing(&app), drawing(&app).rules());
        loop {
            let mut conn = app.db.read().await?;
            let posts = queries::outdated(&mut conn, &rules, Self::AT_ONCE).await?;
            drop(conn);
            if posts.is_empty() {
                return Ok(work.done());
            }
            let mut change = Change::by(&app, Actor::default()).await?;
            let mut is_seen = false;
            for post in &posts {
                let html = markdown::render(&post.body, &options)
                    .ok()
                    .map(|drawn| drawn.html);
                is_seen |= html != post.body_html;
                queries::redraw(&mut change.tx, post, html.as_deref(), &rules).await?;
            }
            if is_seen {
                change.commit().await?;
            } else {
                change.commit_unseen().await?;
            }
        }
    }
}

impl Redraw {
    /// In one transaction, which is SQLite's only one.
    const AT_ONCE: i64 = 10;
}

/// Every night: trashed posts, what was typed and never saved, links to previews that show nothing any more,
/// and files of posts that were sent the day before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Purge {}

/// What the trash keeps, as its page says.
const KEPT: TimeDelta = TimeDelta::days(30);

/// As many are looked up at a time.
const BATCH: i64 = 100;

impl Job for Purge {
    type App = App;

    const KIND: &'static str = "posts.purge";
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
        purge_posts(&app, now - KEPT).await?;
        purge_unsaved(&app, now - KEPT).await?;
        previews::purge(&app, now).await?;
        imports::purge(&app, now).await?;
        Ok(work.done())
    }
}

/// Each in a transaction of its own.
async fn purge_posts(app: &App, before: DateTime<Utc>) -> Result<()> {
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

async fn purge_unsaved(app: &App, before: DateTime<Utc>) -> Result<()> {
    loop {
        let mut tx = app.db.begin().await?;
        let found = queries::forgotten(&mut tx, before, BATCH).await?;
        if found.is_empty() {
            return Ok(());
        }
        for one in found {
            queries::forget_old_unsaved(&mut tx, one, before).await?;
        }
        tx.commit().await?;
    }
}
