//! Pages for everybody: declared once, kept as ready bytes, and sent so that any HTTP cache may hold them.
//!
//! A handler answers with a [`Page`]; its URL is in the route table by [`router::page`](super::router::page). All headers
//! are made here. The handler is asked without headers, cookies and unknown query parameters, so that nothing of a
//! visitor can get into what everybody is sent.

mod conditions;
mod dates;
mod keeping;
mod kept;
mod lifetimes;
mod purge;
mod store;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use poem::{IntoResponse, Response, http::StatusCode};
use serde::{Deserialize, Serialize};

pub(super) use self::keeping::{Keeping, for_poem};
pub use self::{
    kept::Kept,
    purge::{Purge, changed, purged},
    store::Pages,
};
use crate::types::Lang;

/// What a public URL answers, the same for everybody.
#[derive(Clone, Debug)]
pub struct Page {
    status: StatusCode,
    /// The path that it leads to.
    location: Option<String>,
    kind: Kind,
    body: Bytes,
    lang: Option<Lang>,
    changed_at: Option<DateTime<Utc>>,
    next_change: Option<DateTime<Utc>>,
    tags: Vec<Tag>,
    is_kept: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Html,
    Text,
    Xml,
    Atom,
    Rss,
    Json,
}

impl Kind {
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            // JSON is in UTF-8 by itself.
            Self::Json => "application/feed+json",
        }
    }
}

impl Page {
    /// A page in HTML.
    #[must_use]
    pub fn new(html: impl Into<Bytes>) -> Self {
        Self::of(Kind::Html, html)
    }

    #[must_use]
    pub fn of(kind: Kind, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            location: None,
            kind,
            body: body.into(),
            lang: None,
            changed_at: None,
            next_change: None,
            tags: Vec::new(),
            is_kept: true,
        }
    }

    /// Under another path of ours from now on. Browsers may remember that for an hour.
    #[must_use]
    pub fn moved(to: impl Into<String>) -> Self {
        let to = to.into();
        Self {
            status: StatusCode::MOVED_PERMANENTLY,
            body: format!("{to}\n").into(),
            location: Some(to),
            ..Self::of(Kind::Text, Bytes::new())
        }
    }

    /// Was here and is no more. Caches hold it as they hold a page, because bringing it back is told to them as an edit is.
    #[must_use]
    pub fn gone(html: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::GONE,
            ..Self::new(html)
        }
    }

    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// When the newest of all that the page shows was changed. The release is always among it.
    #[must_use]
    pub fn changed_at(mut self, at: DateTime<Utc>) -> Self {
        self.changed_at = self.changed_at.max(Some(at));
        self
    }

    /// When the page will change by itself, such as a post's day: nothing keeps it for longer.
    #[must_use]
    pub fn next_change(mut self, at: DateTime<Utc>) -> Self {
        self.next_change = Some(self.next_change.map_or(at, |known| known.min(at)));
        self
    }

    /// Made anew for each reader here, though other caches may hold it: of URLs that people make up there is no end, and
    /// each would take the place of a page that many read.
    #[must_use]
    pub fn unkept(mut self) -> Self {
        self.is_kept = false;
        self
    }

    /// What it is made of: a change of any of these drops the page here and in outer caches.
    #[must_use]
    pub fn tags<T: Into<Tag>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }
}

/// The handler's answer waits in the response for the middleware to make headers and bytes of it.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        Response::builder().extension(self).finish()
    }
}

/// A name under which pages are dropped: `blog:post:tr:first-aid`. Small letters, digits and `:._-`, at most 200 of them;
/// anything else becomes `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag(String);

const TAG_MAX: usize = 200;

impl Tag {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str>> From<T> for Tag {
    fn from(text: T) -> Self {
        let plain = |char: char| match char {
            'a'..='z' | '0'..='9' | ':' | '.' | '_' | '-' => char,
            _ => '-',
        };
        Self(text.as_ref().chars().take(TAG_MAX).map(plain).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_never_breaks_a_header() {
        for (text, tag) in [
            ("blog:post:tr:ilk-yardim", "blog:post:tr:ilk-yardim"),
            ("a b,c\r\nx: y", "a-b-c--x:-y"),
            ("şÜ", "--"),
        ] {
            assert_eq!(Tag::from(text).as_str(), tag);
        }
        assert_eq!(Tag::from("x".repeat(300)).as_str().len(), TAG_MAX);
    }
}
