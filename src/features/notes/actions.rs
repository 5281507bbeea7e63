//! What the office does to notes, each in one transaction with its audit row.

use super::{
    form::NoteForm,
    model::{Draft, Note},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        change::{Back, BroughtBack, Change},
        model::{Company, changes},
    },
    platform::audit::Changes,
    types::Id,
    web::cx::Cx,
};

/// The new note's id; `None` for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &NoteForm,
    draft: &Draft,
    body: &[u8],
) -> Result<Option<Id<Note>>> {
    let mut change = Change::within(cx, company).await?;
    let location = format!("/companies/{company}/notes");
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
        .commit("notes.create", id.uuid(), &changes(&[], &draft.fields()))
        .await?;
    Ok(Some(id))
}

pub async fn update(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    version: i64,
    draft: &Draft,
) -> Result<()> {
    let mut change = Change::within(cx, company).await?;
    let note = queries::find(&mut change.tx, company, id).await?;
    queries::update(&mut change.tx, &note, version, draft, change.now).await?;
    change
        .commit(
            "notes.update",
            id.uuid(),
            &changes(&note.draft().fields(), &draft.fields()),
        )
        .await
}

/// Returns it as it was.
pub async fn trash(cx: &Cx, company: Id<Company>, id: Id<Note>, version: i64) -> Result<Note> {
    let mut change = Change::within(cx, company).await?;
    let note = queries::find(&mut change.tx, company, id).await?;
    queries::trash(&mut change.tx, id, version, change.now).await?;
    change
        .commit("notes.trash", id.uuid(), &Changes::new())
        .await?;
    Ok(note)
}

/// Returns the text that is said of it.
pub async fn restore(cx: &Cx, company: Id<Company>, id: Id<Note>, version: i64) -> Result<String> {
    let mut change = Change::within(cx, company).await?;
    let name = queries::restore(&mut change.tx, company, id, version, change.now).await?;
    change
        .commit("notes.restore", id.uuid(), &Changes::new())
        .await?;
    Ok(name)
}

pub async fn set_pinned(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    version: i64,
    pinned: bool,
) -> Result<Note> {
    let mut change = Change::within(cx, company).await?;
    let note = queries::find(&mut change.tx, company, id).await?;
    let draft = Draft {
        pinned,
        ..note.draft()
    };
    queries::update(&mut change.tx, &note, version, &draft, change.now).await?;
    change
        .commit(
            "notes.pin",
            id.uuid(),
            &changes(&note.draft().fields(), &draft.fields()),
        )
        .await?;
    Ok(note)
}

/// Makes a field again what it was.
pub async fn bring_back(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    back: &Back<'_>,
) -> Result<BroughtBack> {
    let note = queries::find(&mut cx.read().await?, company, id).await?;
    let draft = note.draft();
    if let Some(hindered) = back.hindered(&draft.fields(), note.version) {
        return Ok(hindered);
    }
    match NoteForm::of(&note).with(back.field, back.typed()).check() {
        Ok(draft) => {
            update(cx, company, id, note.version, &draft).await?;
            Ok(BroughtBack::Done)
        }
        Err(errors) => Ok(BroughtBack::Refused(errors)),
    }
}
