//! What is done with a file of posts: looked through, brought in, forgotten; and all posts taken away as one.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    form::{self, Sent},
    model::{MOST, Report, Told, Waiting},
    queries,
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        posts::{change::Change, model::Post},
        transfer::{self, Entry, Import, Item},
    },
    platform::{audit::Changes, telemetry},
    types::{Id, Lang},
    web::{cx::Cx, form::Errors, upload::Upload},
};

/// Beside the requests: a large file takes a while to go through.
pub async fn read(upload: Upload) -> Result<std::result::Result<Sent, Errors>> {
    telemetry::spawn_blocking(move || form::check(upload))
        .await
        .map_err(Error::internal)
}

/// Keeps the file and what would become of its posts. None of them is written.
pub async fn look_through(cx: &Cx, sent: Sent) -> Result<()> {
    let report = report(cx, sent.entries, sent.lang, true).await?;
    let waiting = Waiting {
        id: cx.app.clock.new_uuid(),
        name: sent.name,
        lang: sent.lang,
        items: sent.text,
        report,
        done_at: None,
    };
    keep(cx, &waiting).await
}

/// Brings in what can be. A file that was brought in already is left alone; another one than was meant is a `Conflict`.
pub async fn run(cx: &Cx, id: Uuid) -> Result<()> {
    let user = cx.user()?.id;
    let found = queries::find(&mut cx.read().await?, user).await?;
    let waiting = found.ok_or(Error::NotFound)?;
    if waiting.id != id {
        return Err(Error::Conflict);
    }
    if waiting.done_at.is_some() {
        return Ok(());
    }
    let entries = transfer::from_json(&waiting.items, MOST).map_err(Error::internal)?;
    let entries = entries.unwrap_or_default();
    let done = Waiting {
        report: report(cx, entries, waiting.lang, false).await?,
        items: String::new(),
        done_at: Some(cx.app.clock.now()),
        ..waiting
    };
    keep(cx, &done).await
}

async fn keep(cx: &Cx, waiting: &Waiting) -> Result<()> {
    let (user, now) = (cx.user()?.id, cx.app.clock.now());
    let mut tx = cx.begin().await?;
    queries::keep(&mut tx, user, waiting, now).await?;
    tx.commit().await
}

async fn report(cx: &Cx, entries: Vec<Entry>, lang: Lang, dry_run: bool) -> Result<String> {
    let import = Import {
        lang: Some(lang),
        author: cx.user()?.id,
        dry_run,
    };
    let rows = transfer::import_by(&cx.app, cx.actor(), entries, &import).await?;
    let rows = rows.into_iter().map(Told::from).collect();
    serde_json::to_string(&Report { rows }).map_err(Error::internal)
}

pub async fn forget(cx: &Cx) -> Result<()> {
    let user = cx.user()?.id;
    let mut tx = cx.begin().await?;
    queries::forget(&mut tx, user).await?;
    tx.commit().await
}

pub async fn record_export(cx: &Cx) -> Result<()> {
    let mut change = Change::of(cx).await?;
    let mut hand = change.hand();
    hand.note("posts.export", Uuid::nil(), &Changes::new())
        .await?;
    change.commit_unseen().await
}

/// Where a file that is being sent has got to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    after: Option<Id<Post>>,
    has_begun: bool,
}

/// The next part of a JSON array of all posts, and where the one after it begins.
pub async fn export_part(app: &App, place: Place) -> Result<(Vec<u8>, Option<Place>)> {
    let (items, last) = transfer::items_after(app, place.after).await?;
    let one = |item: &Item| serde_json::to_string_pretty(item).map_err(Error::internal);
    let items: Vec<String> = items.iter().map(one).collect::<Result<_>>()?;
    let mut text = if place.has_begun { "" } else { "[" }.to_owned();
    for (at, item) in items.iter().enumerate() {
        let is_first = at == 0 && !place.has_begun;
        text.push_str(if is_first { "\n" } else { ",\n" });
        text.push_str(item);
    }
    if last.is_none() {
        text.push_str("\n]\n");
    }
    let next = last.map(|last| Place {
        after: Some(last),
        has_begun: true,
    });
    Ok((text.into_bytes(), next))
}

/// What the product itself does at night to files of yesterday.
pub async fn purge(app: &App, now: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    queries::purge(&mut tx, now - TimeDelta::days(1)).await?;
    tx.commit().await
}
