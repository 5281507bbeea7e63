//! What is done to posts later: their words follow their tags, and what has been in the trash for long is deleted for good.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actions,
    change::{Change, Hand, drawing},
    model::Post,
    queries::{self, Outdated},
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
        let options = drawing(&app);
        let mut conn = app.db.read().await?;
        let outdated = queries::outdated(&mut conn, &options.rules()).await?;
        drop(conn);
        let mut is_seen = false;
        let mut end = Ok(());
        for some in outdated.chunks(Self::AT_ONCE) {
            end = redraw(&app, some, &options, &mut is_seen).await;
            if end.is_err() {
                break;
            }
        }
        // Once for all, also of a run that came to no good end.
        if is_seen {
            Change::by(&app, Actor::default()).await?.commit().await?;
        }
        end?;
        Ok(work.done())
    }
}

impl Redraw {
    /// In one transaction, which is SQLite's only one.
    const AT_ONCE: usize = 10;
}

/// They are drawn before anybody has to wait for the transaction.
async fn redraw(
    app: &App,
    outdated: &[Outdated],
    options: &markdown::Options,
    is_seen: &mut bool,
) -> Result<()> {
    let mut drawn = Vec::new();
    let mut conn = app.db.read().await?;
    for Outdated { id, live } in outdated {
        if let Some(post) = queries::find_any(&mut conn, *id).await? {
            let html = drawn_anew(&post, options);
            drawn.push((post, html, live.is_some()));
        }
    }
    drop(conn);
    let (now, rules) = (app.clock.now(), options.rules());
    let mut seen = false;
    let mut change = Change::by(app, Actor::default()).await?;
    for (post, html, is_live) in &drawn {
        let is_done = queries::redraw(&mut change.tx, post, html.as_deref(), &rules).await?;
        seen |= is_done && *is_live && *html != post.body_html && !post.is_unknown(now);
    }
    change.commit_unseen().await?;
    *is_seen |= seen;
    Ok(())
}

/// A text that is refused by now keeps what was drawn of it before, as clean as the rules are.
fn drawn_anew(post: &Post, options: &markdown::Options) -> Option<String> {
    let refused = match markdown::render(&post.body, options) {
        Ok(drawn) => return Some(drawn.html),
        Err(refused) => refused,
    };
    tracing::warn!(post_id = %post.id, %refused, "post_not_drawn");
    let stored = post.body_html.as_deref()?;
    Some(markdown::clean(stored, options).ok()?.html)
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
