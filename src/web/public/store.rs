//! Where kept pages are: bounded in number and bytes, found by their URL, dropped by their tags.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use cached::{Expires, ShardedExpiringLruCache, time::Instant};
use poem::http::HeaderMap;

use super::{Kept, Page, kept::Dress, lifetimes::Lifetimes};
use crate::{
    cache::PUBLIC_PAGES,
    config::Config,
    error::{Error, Result},
    platform::{
        cache::{Local, Tag, stats::Counts},
        clock::Clock,
        metrics::Metrics,
        telemetry,
    },
    web::{security_headers::security_headers, templates::Templates},
};

/// Pages that are kept at once.
const MOST: usize = 512;

/// In bytes, in all encodings; a heavier one is packed for each reader.
const HEAVIEST: usize = 512 * 1024;

/// In bytes, of all of them. Pages that would need more begin anew: that is more than hundreds of common ones take.
const HEAVIEST_TOGETHER: usize = 64 << 20;

/// For so long. What changes them drops them at once; this is for what nobody told.
const KEPT_FOR: Duration = Duration::from_mins(5);

pub struct Pages {
    entries: ShardedExpiringLruCache<String, Entry>,
    /// How many changes there were: a page that was being rendered meanwhile is not kept.
    changes: Mutex<u64>,
    /// Of the URLs that are being rendered: the others who ask for one wait for what comes.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    used: Arc<AtomicUsize>,
    counts: Counts,
    clock: Clock,
    templates: Arc<Templates>,
    dress: Arc<Dress>,
}

#[derive(Clone)]
struct Entry {
    kept: Arc<Kept>,
    _place: Arc<Place>,
    until: Instant,
    /// Of the templates, in development.
    edited_at: Option<SystemTime>,
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// Room for a page, given back whichever way it goes.
struct Place {
    used: Arc<AtomicUsize>,
    counts: Counts,
    bytes: usize,
}

impl Place {
    fn take(used: &Arc<AtomicUsize>, counts: &Counts, bytes: usize) -> Self {
        used.fetch_add(bytes, Ordering::Relaxed);
        counts.entries.inc();
        counts.bytes.inc_by(signed(bytes));
        Self {
            used: Arc::clone(used),
            counts: counts.clone(),
            bytes,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.counts.entries.dec();
        self.counts.bytes.dec_by(signed(self.bytes));
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl Pages {
    #[must_use]
    pub fn new(
        config: &Config,
        clock: Clock,
        templates: Arc<Templates>,
        metrics: &Metrics,
    ) -> Self {
        let shape = config.outer_cache.as_ref().map(|outer| outer.shape);
        let mut headers = HeaderMap::new();
        headers.extend(security_headers(config.is_https(), &config.foreign_images));
        Self {
            entries: ShardedExpiringLruCache::new(MOST),
            changes: Mutex::default(),
            turns: Mutex::default(),
            used: Arc::default(),
            counts: Counts::new(PUBLIC_PAGES.name(), metrics),
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
        let kept = self.find(url)?;
        self.counts.hit_l1.inc();
        Some(kept)
    }

    fn find(&self, url: &str) -> Option<Arc<Kept>> {
        let entry = self.entries.get(url)?;
        let is_good = entry.edited_at == self.templates.edited_at()
            && entry.kept.is_good(|| self.clock.now());
        is_good.then_some(entry.kept)
    }

    /// The page that is kept, or else is rendered, packed and then kept; whoever asks for it meanwhile waits for it. What
    /// fails is not kept, nor is what may have been made of something that has changed meanwhile. Without trust in what
    /// this process remembers it is rendered for each reader, and not packed.
    pub async fn get_or_render<F>(
        &self,
        url: &str,
        is_trusted: bool,
        render: impl FnOnce() -> F,
    ) -> Result<Arc<Kept>>
    where
        F: Future<Output = Result<Page>>,
    {
        if !is_trusted {
            return self.render(render, false).await.map(|(kept, _)| kept);
        }
        if let Some(kept) = self.get(url) {
            return Ok(kept);
        }
        let turn = self.turn(url);
        let turn = turn.lock().await;
        if let Some(kept) = self.find(url) {
            self.counts.saved.inc();
            return Ok(kept);
        }
        let changes = *self.changes();
        let (kept, edited_at) = self.render(render, true).await?;
        self.keep(url, changes, &kept, edited_at);
        drop(turn);
        Ok(kept)
    }

    async fn render<F>(
        &self,
        render: impl FnOnce() -> F,
        is_packed: bool,
    ) -> Result<(Arc<Kept>, Option<SystemTime>)>
    where
        F: Future<Output = Result<Page>>,
    {
        let begun = std::time::Instant::now();
        self.counts.miss.inc();
        let edited_at = self.templates.edited_at();
        let rendered = async {
            let page = render().await?;
            let (dress, now) = (Arc::clone(&self.dress), self.clock.now());
            telemetry::spawn_blocking(move || Kept::new(page, &dress, edited_at, now, is_packed))
                .await
                .map_err(Error::internal)?
        };
        let rendered = rendered.await;
        self.counts.loaded(begun.elapsed());
        if rendered
            .as_ref()
            .is_err_and(|error| error.status().is_server_error())
        {
            self.counts.errors.inc();
        }
        Ok((Arc::new(rendered?), edited_at))
    }

    /// In one step with what makes it void: a page from before a change is there for nobody after it.
    fn keep(&self, url: &str, changes: u64, kept: &Arc<Kept>, edited_at: Option<SystemTime>) {
        if !kept.has_place {
            return;
        }
        let bytes = kept.weight();
        if bytes > HEAVIEST {
            tracing::warn!(url, bytes, "page_too_heavy_to_keep");
            return;
        }
        let now = self.changes();
        if *now != changes {
            return;
        }
        if self.used.load(Ordering::Relaxed) + bytes > HEAVIEST_TOGETHER {
            let gone = self.entries.len();
            self.counts.evictions.inc_by(gone as u64);
            self.entries.clear();
        }
        let entry = Entry {
            kept: Arc::clone(kept),
            _place: Arc::new(Place::take(&self.used, &self.counts, bytes)),
            until: Instant::now() + KEPT_FOR,
            edited_at,
        };
        self.entries.set(url.to_owned(), entry);
    }

    fn turn(&self, url: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(url).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= MOST {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(url.to_owned(), Arc::downgrade(&turn));
        turn
    }

    fn changes(&self) -> MutexGuard<'_, u64> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
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
        let is_every = |tag: &Tag| {
            *tag == Tag::EVERYTHING
                || [PUBLIC_PAGES.group(), &PUBLIC_PAGES.family()].contains(&tag.as_str())
        };
        if tags.iter().any(is_every) {
            return self.forget_all();
        }
        let mut changes = self.changes();
        *changes += 1;
        self.entries.retain(|_, entry| !entry.kept.has_any(tags));
    }

    fn forget_all(&self) {
        let mut changes = self.changes();
        *changes += 1;
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
