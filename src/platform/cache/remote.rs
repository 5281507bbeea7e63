//! What the cache asks of whatever several instances share.

use std::{any::Any, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::Tag;

/// Whether what this process remembers may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Trusted,
    /// The others know better: what they have is compared with their generations.
    AskRemote,
    /// Nobody can be asked: good only for when loading fails.
    Doubtful,
    /// Whoever asks now reads around everything that is remembered anywhere.
    Around,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Value {
        bytes: Bytes,
        /// Unix time of whoever made it.
        made_at_ms: i64,
        taken: Taken,
    },
    /// What is loaded now may be stored with what was taken. Nothing was where nobody answers.
    Missing { taken: Option<Taken> },
}

/// The generations of a value as they were before it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken(pub [[u8; 16]; 4]);

/// Whoever holds it loads; it ends when it is dropped.
pub type Guard = Box<dyn Any + Send + Sync>;

/// Whose turn it is to load.
pub enum Turn {
    Ours(Guard),
    Theirs,
    /// Nobody can be asked: everybody loads.
    Away,
}

/// A value's name among instances: its key, the version of its shape, and what makes it void.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    pub key: &'a str,
    pub schema: u32,
    /// The key, its family and its group.
    pub tags: [&'a str; 3],
}

pub trait Remote: Send + Sync {
    /// `up` is the time since the machine's boot. Asked at each hit, and in the task of whoever asks.
    fn standing(&self, up: Duration) -> Standing;

    fn get<'a>(&'a self, name: Name<'a>) -> BoxFuture<'a, Found>;

    /// Whether it is kept: not if something of it was made void since the generations were taken.
    fn store<'a>(
        &'a self,
        name: Name<'a>,
        taken: &'a Taken,
        bytes: &'a [u8],
        made_at_ms: i64,
        ttl: Duration,
    ) -> BoxFuture<'a, bool>;

    fn lock<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Turn>;
}

/// What this process remembers by itself.
pub trait Local: Send + Sync {
    /// After this nothing is used, nor kept, that was loaded before under one of the tags.
    fn invalidate(&self, tags: &[Tag]);
    fn forget_all(&self);
}
