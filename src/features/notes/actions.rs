//! What the office does to notes, each in one transaction with its audit row.

use super::{
    form::NoteForm,
    model::{Draft, Note},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        self,
        model::{Company, changes},
    },
    platform::audit::{self, Changes},
    types::Id,
    web::{cx::Cx, extract::form_key, idempotency},
};

/// The new note's id; `None` for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &NoteForm,
    draft: &Draft,
    body: &[u8],
) -> Result<Option<Id<Note>>> {
    let now = cx.app.clock.now();
    let id: Id<Note> = cx.app.clock.new_id();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let location = format!("/companies/{company}/notes");
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
        "notes.create",
        id,
        company,
        &changes(&[], &draft.fields()),
    )
    .await?;
    tx.commit().await?;
    Ok(Some(id))
}

pub async fn update(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    version: i64,
    draft: &Draft,
) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let note = queries::find(&mut tx, company, id).await?;
    queries::update(&mut tx, &note, version, draft, now).await?;
    let changes = changes(&note.draft().fields(), &draft.fields());
    record(cx, &mut tx, now, "notes.update", id, company, &changes).await?;
    tx.commit().await
}

/// Returns it as it was.
pub async fn trash(cx: &Cx, company: Id<Company>, id: Id<Note>, version: i64) -> Result<Note> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let note = queries::find(&mut tx, company, id).await?;
    queries::trash(&mut tx, id, version, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "notes.trash",
        id,
        company,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(note)
}

/// Returns the text that is said of it.
pub async fn restore(cx: &Cx, company: Id<Company>, id: Id<Note>, version: i64) -> Result<String> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let name = queries::restore(&mut tx, company, id, version, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "notes.restore",
        id,
        company,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(name)
}

pub async fn set_pinned(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    version: i64,
    pinned: bool,
) -> Result<Note> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    companies::queries::find(&mut tx, cx.scope()?, company).await?;
    let note = queries::find(&mut tx, company, id).await?;
    let draft = Draft {
        pinned,
        ..note.draft()
    };
    queries::update(&mut tx, &note, version, &draft, now).await?;
    record(
        cx,
        &mut tx,
        now,
        "notes.pin",
        id,
        company,
        &changes(&note.draft().fields(), &draft.fields()),
    )
    .await?;
    tx.commit().await?;
    Ok(note)
}

async fn record(
    cx: &Cx,
    tx: &mut crate::platform::db::Tx,
    now: chrono::DateTime<chrono::Utc>,
    action: &'static str,
    id: Id<Note>,
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
