//! What the note templates see.

use serde::Serialize;

use super::{
    form::NoteForm,
    model::{Draft, Note},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        model::Company,
        views::{Conflict, ConflictField, Head},
    },
    platform::db::Conn,
    types::Id,
    web::form::{Errors, FormView},
};

/// The newest; older ones are found by searching.
pub const MOST: i64 = 200;

#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Note>,
    body: String,
    pinned: bool,
    author: Option<String>,
    created_at: String,
    version: i64,
    edit_href: String,
    pin_action: String,
    trash_action: String,
    fresh: bool,
}

impl Row {
    fn new(company: Id<Company>, note: Note, fresh: Option<Id<Note>>) -> Self {
        let href = format!("/companies/{company}/notes/{}", note.id);
        Self {
            fresh: fresh == Some(note.id),
            id: note.id,
            body: note.body,
            pinned: note.pinned,
            author: note.author,
            created_at: note.created_at.to_rfc3339(),
            version: note.version,
            edit_href: format!("{href}/edit"),
            pin_action: format!("{href}/pin"),
            trash_action: format!("{href}/trash"),
        }
    }
}

/// The ones that the company's own page shows.
pub async fn pinned_of(conn: &mut Conn, company: Id<Company>) -> Result<Vec<Row>> {
    let notes = queries::list(conn, company, 3).await?;
    Ok(notes
        .into_iter()
        .filter(|note| note.pinned)
        .map(|note| Row::new(company, note, None))
        .collect())
}

/// How a message names a note: its first words.
#[must_use]
pub fn beginning(body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    if line.chars().count() <= 40 {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(40).collect();
    short.push('…');
    short
}

/// The panel: the form to add one, and the list.
#[derive(Serialize)]
pub struct Index {
    #[serde(flatten)]
    head: Head,
    notes: Vec<Row>,
    form: FormView,
    action: String,
    open: bool,
    editable: bool,
}

impl Index {
    pub fn new(
        head: Head,
        notes: Vec<Note>,
        form: &NoteForm,
        errors: Option<Errors>,
        fresh: Option<Id<Note>>,
        editable: bool,
    ) -> Self {
        let company = head.company.id;
        Self {
            action: format!("{}/notes", head.company.href),
            head,
            notes: notes
                .into_iter()
                .map(|note| Row::new(company, note, fresh))
                .collect(),
            open: errors.is_some(),
            form: form.view().errors(errors.unwrap_or_default()),
            editable,
        }
    }
}

#[derive(Serialize)]
pub struct Edit {
    #[serde(flatten)]
    head: Head,
    form: FormView,
    action: String,
    conflict: Option<Conflict>,
}

impl Edit {
    pub fn new(head: Head, note: &Note, form: &NoteForm, errors: Errors) -> Self {
        Self {
            action: format!("{}/notes/{}", head.company.href, note.id),
            head,
            form: form.view().errors(errors),
            conflict: None,
        }
    }

    #[must_use]
    pub fn conflict(mut self, theirs: &Note, mine: &Draft, by: Option<String>, at: String) -> Self {
        let saved = theirs.draft();
        self.form
            .values
            .insert("version", theirs.version.to_string());
        self.conflict = Some(Conflict {
            by,
            at,
            fields: ConflictField::between("note", &saved.fields(), &mine.fields()),
            edit_href: format!("{}/edit", self.action),
        });
        self
    }
}
