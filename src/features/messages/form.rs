//! What the inbox's forms and links send.

use serde::Deserialize;

use super::{
    model::{ContactMessage, State},
    queries::Filter,
};
use crate::{
    error::{Error, Result},
    features::companies::form::{choice, cursor, search_words},
    types::{Id, page::Cursor},
    web::form::{Errors, FormView},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub state: String,
    pub q: String,
    pub after: String,
}

impl ListQuery {
    pub fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            state: choice(&self.state, "state", State::parse)?,
            words: search_words(&self.q)?,
        })
    }

    pub fn cursor(&self) -> Result<Option<Cursor>> {
        cursor(&self.after, true)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateForm {
    pub version: String,
    state: String,
}

impl StateForm {
    /// Only a reply makes a message an answered one.
    pub fn state(&self) -> Result<State> {
        State::parse(&self.state)
            .ok()
            .filter(|state| *state != State::Answered)
            .ok_or_else(|| Error::BadRequest("no state that can be chosen".into()))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplyForm {
    pub version: String,
    pub form_key: String,
    body: String,
}

impl ReplyForm {
    #[must_use]
    pub fn blank(key: uuid::Uuid) -> Self {
        Self {
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    pub fn check(&self) -> std::result::Result<String, Errors> {
        let mut errors = Errors::default();
        let body = errors.text("body", &self.body, 1, 5000);
        body.ok_or(errors)
    }

    /// Sending it takes the message as it is now for its base.
    #[must_use]
    pub fn view(&self, message: &ContactMessage) -> FormView {
        FormView::new(
            &["body"],
            [
                ("body", self.body.clone()),
                ("version", message.version.to_string()),
            ],
        )
        .key(&self.form_key)
    }
}

/// Where a message is shown.
#[must_use]
pub fn href(id: Id<ContactMessage>) -> String {
    format!("/messages/{id}")
}
