//! What the office does to activities, each in one transaction with its audit row.

use super::{
    form::ActivityForm,
    model::{Activity, Draft},
    queries,
};
use crate::{
    error::{Error, Result},
    features::companies::{
        self,
        model::{Company, changes},
    },
    platform::audit::{self, Changes},
    types::Id,
    web::{access::Permission, cx::Cx, extract::form_key, idempotency},
};

/// The new activity's id; `None` for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &ActivityForm,
    draft: &Draft,
    body: &[u8],
) -> Result<Option<Id<Activity>>> {
    let now = cx.app.clock.now();
    let id: Id<Activity> = cx.app.clock.new_id();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let location = format!("/companies/{company}/activities");
    if idempotency::claim(
        &mut tx,
        now,
        cx.user()?.id,
        form_key(&form.form_key),
        body,
        &location,
    )
    .await?
    .is_some()
    {
        return Ok(None);
    }
    queries::insert(&mut tx, id, company, cx.user()?.id, draft, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "activities.create",
        id,
        company,
        &changes(&[], &draft.fields(&draft.due_text())),
    )
    .await?;
    tx.commit().await?;
    Ok(Some(id))
}

pub async fn update(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
    draft: &Draft,
) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let activity = queries::find(&mut tx, company, id).await?;
    may_change(cx, &activity)?;
    queries::update(&mut tx, &activity, version, draft, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "activities.update",
        id,
        company,
        &changed(&activity.draft(), draft),
    )
    .await?;
    tx.commit().await
}

/// Returns it as it was.
pub async fn trash(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
) -> Result<Activity> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let activity = queries::find(&mut tx, company, id).await?;
    may_change(cx, &activity)?;
    queries::trash(&mut tx, id, version, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "activities.trash",
        id,
        company,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(activity)
}

/// Returns the title that is said of it.
pub async fn restore(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
) -> Result<String> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let author = queries::author_of_trashed(&mut tx, company, id).await?;
    if author != cx.user()?.id && !cx.user()?.may(Permission::CompaniesWrite) {
        return Err(Error::Forbidden);
    }
    let name = queries::restore(&mut tx, company, id, version, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "activities.restore",
        id,
        company,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(name)
}

pub async fn set_done(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
    done: bool,
) -> Result<Activity> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let activity = queries::find(&mut tx, company, id).await?;
    may_change(cx, &activity)?;
    let draft = Draft {
        done,
        ..activity.draft()
    };
    queries::update(&mut tx, &activity, version, &draft, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "activities.done",
        id,
        company,
        &changed(&activity.draft(), &draft),
    )
    .await?;
    tx.commit().await?;
    Ok(activity)
}

fn may_change(cx: &Cx, activity: &Activity) -> Result<()> {
    if activity.may_be_changed_by(cx.user()?) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

fn changed(before: &Draft, after: &Draft) -> Changes {
    changes(
        &before.fields(&before.due_text()),
        &after.fields(&after.due_text()),
    )
}

async fn record(
    cx: &Cx,
    tx: &mut crate::platform::db::Tx,
    now: chrono::DateTime<chrono::Utc>,
    action: &'static str,
    id: Id<Activity>,
    company: Id<Company>,
    changes: &Changes,
) -> Result<()> {
    audit::record(
        tx,
        now,
        &cx.actor(),
        action,
        Some(id.uuid()),
        Some(company.uuid()),
        changes,
    )
    .await
}
