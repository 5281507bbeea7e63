//! What the office does to activities, each in one transaction with its audit row.

use super::{
    form::ActivityForm,
    model::{Activity, Draft},
    queries,
};
use crate::{
    error::{Error, Result},
    features::companies::{
        change::{Back, BroughtBack, Change},
        model::{Company, changes},
    },
    platform::audit::Changes,
    types::Id,
    web::{access::Permission, cx::Cx},
};

/// The new activity's id; `None` for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &ActivityForm,
    draft: &Draft,
    body: &[u8],
) -> Result<Option<Id<Activity>>> {
    let mut change = Change::within(cx, company).await?;
    let location = format!("/companies/{company}/activities");
    if change
        .claim(&form.form_key, body, &location)
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let id = cx.app.clock.new_id();
    queries::insert(
        &mut change.tx,
        id,
        company,
        cx.user()?.id,
        draft,
        change.now,
    )
    .await?;
    change
        .commit(
            "activities.create",
            id.uuid(),
            &changes(&[], &draft.fields(&draft.due_text())),
        )
        .await?;
    Ok(Some(id))
}

pub async fn update(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
    draft: &Draft,
) -> Result<()> {
    let mut change = Change::within(cx, company).await?;
    let activity = queries::find(&mut change.tx, company, id).await?;
    may_change(cx, &activity)?;
    queries::update(&mut change.tx, &activity, version, draft, change.now).await?;
    change
        .commit(
            "activities.update",
            id.uuid(),
            &changed(&activity.draft(), draft),
        )
        .await
}

/// Returns it as it was.
pub async fn trash(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
) -> Result<Activity> {
    let mut change = Change::within(cx, company).await?;
    let activity = queries::find(&mut change.tx, company, id).await?;
    may_change(cx, &activity)?;
    queries::trash(&mut change.tx, id, version, change.now).await?;
    change
        .commit("activities.trash", id.uuid(), &Changes::new())
        .await?;
    Ok(activity)
}

/// Returns the title that is said of it.
pub async fn restore(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
) -> Result<String> {
    let mut change = Change::within(cx, company).await?;
    let author = queries::author_of_trashed(&mut change.tx, company, id).await?;
    if author != cx.user()?.id && !cx.user()?.may(Permission::CompaniesWrite) {
        return Err(Error::Forbidden);
    }
    let name = queries::restore(&mut change.tx, company, id, version, change.now).await?;
    change
        .commit("activities.restore", id.uuid(), &Changes::new())
        .await?;
    Ok(name)
}

pub async fn set_done(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
    done: bool,
) -> Result<Activity> {
    let mut change = Change::within(cx, company).await?;
    let activity = queries::find(&mut change.tx, company, id).await?;
    may_change(cx, &activity)?;
    let draft = Draft {
        done,
        ..activity.draft()
    };
    queries::update(&mut change.tx, &activity, version, &draft, change.now).await?;
    change
        .commit(
            "activities.done",
            id.uuid(),
            &changed(&activity.draft(), &draft),
        )
        .await?;
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

/// Makes a field again what it was.
pub async fn bring_back(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    back: &Back<'_>,
) -> Result<BroughtBack> {
    let activity = queries::find(&mut cx.read().await?, company, id).await?;
    let draft = activity.draft();
    let due = draft.due_text();
    if let Some(hindered) = back.hindered(&draft.fields(&due), activity.version) {
        return Ok(hindered);
    }
    match ActivityForm::of(&activity)
        .with(back.field, back.typed())
        .check()
    {
        Ok(draft) => {
            update(cx, company, id, activity.version, &draft).await?;
            Ok(BroughtBack::Done)
        }
        Err(errors) => Ok(BroughtBack::Refused(errors)),
    }
}
