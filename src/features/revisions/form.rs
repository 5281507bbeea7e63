//! Which revisions are asked for.

use serde::Deserialize;

use crate::{
    error::{Error, Result},
    features::companies::form::version,
};

/// A page of the list, counted from 1.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub page: String,
}

impl ListQuery {
    pub fn page(&self) -> Result<usize> {
        if self.page.is_empty() {
            return Ok(1);
        }
        let page = self.page.parse::<usize>().ok().filter(|page| *page > 0);
        page.ok_or_else(|| Error::BadRequest("the page is no number".into()))
    }
}

/// Two revisions by their numbers; left out, `to` is the newest and `from` the one before it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CompareQuery {
    pub from: String,
    pub to: String,
}

impl CompareQuery {
    pub fn from(&self) -> Result<Option<i64>> {
        number(&self.from)
    }

    pub fn to(&self) -> Result<Option<i64>> {
        number(&self.to)
    }
}

/// The one to bring back; left out, the one before the newest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RestoreQuery {
    pub number: String,
}

impl RestoreQuery {
    pub fn number(&self) -> Result<Option<i64>> {
        number(&self.number)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RestoreForm {
    number: String,
    version: String,
}

impl RestoreForm {
    /// Of the revision.
    pub fn number(&self) -> Result<i64> {
        number(&self.number)?.ok_or_else(|| Error::BadRequest("no revision is named".into()))
    }

    /// Of the post as it was when the form was made.
    pub fn version(&self) -> Result<i64> {
        version(&self.version)
    }
}

fn number(text: &str) -> Result<Option<i64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().map(Some);
    number.map_err(|_| Error::BadRequest("the revision is no number".into()))
}
