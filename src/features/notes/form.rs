//! What is typed into the note form.

use serde::Deserialize;

use super::model::{Draft, Note};
use crate::web::form::{Errors, FormView};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoteForm {
    body: String,
    pinned: String,
    pub version: String,
    pub form_key: String,
}

/// "Pin" or "unpin".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PinForm {
    pub version: String,
    pinned: String,
}

impl PinForm {
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.pinned == "true"
    }
}

impl NoteForm {
    /// An empty form, under the key that will know its second submission.
    #[must_use]
    pub fn blank(key: uuid::Uuid) -> Self {
        Self {
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(note: &Note) -> Self {
        Self {
            body: note.body.clone(),
            pinned: if note.pinned {
                "true".into()
            } else {
                String::new()
            },
            version: note.version.to_string(),
            form_key: String::new(),
        }
    }

    /// The form with one field typed anew; unknown ones are left alone.
    #[must_use]
    pub fn with(mut self, field: &str, value: String) -> Self {
        match field {
            "body" => self.body = value,
            "pinned" => self.pinned = value,
            _ => {}
        }
        self
    }

    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.pinned == "true"
    }

    pub fn check(&self) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        match errors.text("body", &self.body, 1, 10_000) {
            Some(body) => Ok(Draft {
                body,
                pinned: self.is_pinned(),
            }),
            None => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["body", "pinned", "version"],
            [
                ("body", self.body.clone()),
                ("pinned", self.pinned.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}
