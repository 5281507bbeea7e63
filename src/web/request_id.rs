//! The name of a request in the log, the audit and on error pages.

use std::{fmt, sync::Arc};

use poem::{
    Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use uuid::fmt::Hyphenated;

use super::cx::Head;
use crate::app::App;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Given by a trusted proxy, or made here: the audit and the log must not say what a stranger likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Name);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// Of hyphens and hexadecimal digits, in place: most requests then take no memory for it.
    Made([u8; Hyphenated::LENGTH]),
    Given(Arc<str>),
}

impl RequestId {
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::nobody)
    }

    /// On pages that are made for everybody.
    pub(super) fn nobody() -> Self {
        Self(Name::Given("-".into()))
    }

    pub(super) fn new(app: &App, head: Head<'_>) -> Self {
        if let Some(given) = given(app, head) {
            return Self(Name::Given(given.into()));
        }
        let mut made = [0; Hyphenated::LENGTH];
        let id = app.clock.new_uuid();
        id.hyphenated().encode_lower(&mut made);
        Self(Name::Made(made))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Made(text) => str::from_utf8(text).unwrap_or_default(),
            Name::Given(text) => text,
        }
    }

    /// Says it on the answer, but for one that a client brought and a cache would repeat to others.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let is_shared = |value: &HeaderValue| value.as_bytes().starts_with(b"public");
        let is_given = matches!(self.0, Name::Given(_));
        if is_given && headers.get(header::CACHE_CONTROL).is_some_and(is_shared) {
            headers.remove(REQUEST_ID);
        } else if let Ok(value) = HeaderValue::from_str(self.as_str()) {
            headers.insert(REQUEST_ID, value);
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The header's value if it is short and plain enough to be in a log line and a page.
fn given<'a>(app: &App, head: Head<'a>) -> Option<&'a str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let given = head.headers.get(&REQUEST_ID)?.to_str().ok()?;
    Some(given)
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(is_plain))
        .filter(|_| head.is_proxied(app))
}
