//! What a note is.

use chrono::{DateTime, Utc};

use crate::{features::companies::model::Field, types::Id};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Note {
    pub id: Id<Note>,
    pub body: String,
    pub pinned: bool,
    pub author: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub body: String,
    pub pinned: bool,
}

impl Note {
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            body: self.body.clone(),
            pinned: self.pinned,
        }
    }
}

impl Draft {
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 2] {
        [
            ("body", Some(&self.body)),
            ("pinned", Some(if self.pinned { "true" } else { "false" })),
        ]
    }
}
