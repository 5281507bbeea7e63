//! What a tag is.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::types::{Id, Lang};

/// As many tags may be on one post.
pub const MOST: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Tag {
    pub id: Id<Tag>,
    pub lang: Lang,
    pub slug: String,
    pub name: String,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}
