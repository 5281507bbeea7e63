//! A file of posts on its way in, and what is told of each of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    features::transfer::{Remark, Row},
    types::Lang,
};

/// As many posts of one file are brought in here. The command line takes more.
pub const MOST: usize = 1000;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub id: Uuid,
    /// The file's.
    pub name: String,
    /// Of posts that do not tell theirs.
    pub lang: Lang,
    pub items: String,
    pub report: String,
    pub done_at: Option<DateTime<Utc>>,
}

/// What would become, or became, of each post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub rows: Vec<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub place: String,
    pub name: String,
    /// `created`, `updated`, `unchanged` or `refused`.
    pub outcome: String,
    /// Why it is refused, and what is taken otherwise than it was written.
    pub notes: Vec<Note>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Note {
    Remark(Remark),
    /// English words: what an earlier release has kept.
    Words(String),
}

/// In the order in which they are summed up.
pub const OUTCOMES: [&str; 4] = ["created", "updated", "unchanged", "refused"];

impl From<Row> for Told {
    fn from(row: Row) -> Self {
        let remarks = row.remarks().cloned();
        Self {
            notes: remarks.map(Note::Remark).collect(),
            outcome: row.outcome.name().to_owned(),
            place: row.place,
            name: row.name,
        }
    }
}

impl Report {
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| row.outcome == outcome).count()
    }
}
