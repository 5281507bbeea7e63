//! Where kept pages are: bounded in number, found by their URL, dropped by their tags.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use cached::{Expires, ShardedExpiringLruCache, time::Instant};
use poem::http::HeaderMap;

use super::{Kept, Page, kept::Dress, lifetimes::Lifetimes};
use crate::{
    config::Config,
    error::{Error, Result},
    platform::{
        cache::{Local, Tag},
        clock::Clock,
        telemetry,
    },
    web::{security_headers::security_headers, templates::Templates},
};

/// Pages that are kept at once.
const MOST: usize = 512;

/// In bytes, in all encodings; a heavier one is packed for each reader.
const HEAVIEST: usize = 512 * 1024;

/// For so long. What changes them drops them at once; this is for what nobody told.
const KEPT_FOR: Duration = Duration::from_mins(5);

pub struct Pages {
    entries: ShardedExpiringLruCache<String, Entry>,
    /// Counts changes: a page that was being rendered meanwhile is not kept.
    changes: AtomicU64,
    clock: Clock,
    templates: Arc<Templates>,
    dress: Arc<Dress>,
}

#[derive(Clone)]
struct Entry {
    kept: Arc<Kept>,
    until: Instant,
    /// Of the templates, in development.
    edited_at: Option<SystemTime>,
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        Instant::now() >= self.until
    }
}

impl Pages {
    #[must_use]
    pub fn new(config: &Config, clock: Clock, templates: Arc<Templates>) -> Self {
        let shape = config.outer_cache.as_ref().map(|outer| outer.shape);
        let mut headers = HeaderMap::new();
        headers.extend(security_headers(config.is_https()));
        Self {
            entries: ShardedExpiringLruCache::new(MOST),
            changes: AtomicU64::new(0),
            dress: Arc::new(Dress {
                headers,
                lifetimes: Lifetimes::new(shape.is_some()),
                shape,
                released_at: released_at(&clock),
            }),
            clock,
            templates,
        }
    }

    /// The page at this path and canonical query, if it is kept: no more than a lookup.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Arc<Kept>> {
        let entry = self.entries.get(url)?;
        let is_good = entry.edited_at == self.templates.edited_at()
            && entry.kept.is_good(|| self.clock.now());
        is_good.then_some(entry.kept)
    }

    /// The page that is kept, or else is rendered, packed and then kept. What fails is not kept, nor is what may have
    /// been made of something that has changed meanwhile. Without trust in what this process remembers it is rendered
    /// in any case.
    pub async fn get_or_render<F>(
        &self,
        url: &str,
        is_trusted: bool,
        render: impl FnOnce() -> F,
    ) -> Result<Arc<Kept>>
    where
        F: Future<Output = Result<Page>>,
    {
        if is_trusted && let Some(kept) = self.get(url) {
            return Ok(kept);
        }
        let changes = self.changes.load(Ordering::SeqCst);
        let edited_at = self.templates.edited_at();
        let page = render().await?;
        let (dress, now) = (Arc::clone(&self.dress), self.clock.now());
        let packed =
            telemetry::spawn_blocking(move || Kept::new(page, &dress, edited_at, now)).await;
        let kept = Arc::new(packed.map_err(Error::internal)??);
        if kept.weight() > HEAVIEST {
            tracing::warn!(url, bytes = kept.weight(), "page_too_heavy_to_keep");
            return Ok(kept);
        }
        let entry = Entry {
            kept: Arc::clone(&kept),
            until: Instant::now() + KEPT_FOR,
            edited_at,
        };
        self.entries.set(url.to_owned(), entry);
        // Asked after storing, so that a change is either seen here or finds the page there.
        if self.changes.load(Ordering::SeqCst) != changes {
            self.entries.remove(url);
        }
        Ok(kept)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Local for Pages {
    fn invalidate(&self, tags: &[Tag]) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.entries.retain(|_, entry| !entry.kept.has_any(tags));
    }

    fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.entries.clear();
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({} kept)", self.entries.len())
    }
}

/// When the program's file was made, which is the same on all instances of an image. A page's newest part may be the
/// template around it.
fn released_at(clock: &Clock) -> SystemTime {
    std::env::current_exe()
        .and_then(|file| file.metadata()?.modified())
        .unwrap_or_else(|_| clock.now().into())
}
