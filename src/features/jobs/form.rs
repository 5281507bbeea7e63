//! What is typed, or clicked, on the page of jobs.

use serde::Deserialize;

use crate::{
    error::{Error, Result},
    features::companies::form::cursor,
    platform::jobs::State,
    types::page::Cursor,
};

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub state: String,
    pub after: String,
    pub paused: String,
}

impl ListQuery {
    /// Dead ones first of all: they call for action.
    pub fn state(&self) -> Result<State> {
        if self.state.is_empty() {
            return Ok(State::Dead);
        }
        State::parse(&self.state).map_err(|_| Error::BadRequest("an unknown state".into()))
    }

    pub fn cursor(&self) -> Result<Option<Cursor>> {
        cursor(&self.after, true)
    }

    /// Whether the page stands still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        !self.paused.is_empty()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScheduleForm {
    pub kind: String,
}
