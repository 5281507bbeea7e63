//! Where kept pages are: bounded in number and bytes, found by their URL, dropped by their tags.

use std::{
    collections::HashMap,
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use cached::{Expires, ShardedExpiringLruCache, time::Instant};
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use poem::http::HeaderMap;

use super::{
    Kept, Page,
    dates::{Dated, Dates},
    kept::Dress,
    lifetimes::Lifetimes,
};
use crate::{
    cache::PUBLIC_PAGES,
    config::Config,
    error::{Error, Result},
    platform::{
        cache::{Local, Tag, stats::Counts},
        clock::Clock,
        metrics::Metrics,
    },
    web::{encoding::Encoding, security_headers::security_headers, templates::Templates},
};

/// Pages that are kept at once.
const MOST: usize = 512;

/// In bytes, before it is packed; a heavier one is rendered for each reader.
const HEAVIEST: usize = 512 * 1024;

/// In bytes, of all of them in each encoding. Pages that would need more begin anew: that is more than hundreds of common ones take.
const HEAVIEST_TOGETHER: usize = 64 << 20;

/// For so long. What changes them drops them at once; this is for what nobody told.
const KEPT_FOR: Duration = Duration::from_mins(5);

pub struct Pages {
    entries: ShardedExpiringLruCache<String, Entry>,
    changes: Mutex<Changes>,
    /// Of the URLs that are being rendered: the others who ask for one wait for what comes.
    turns: Mutex<HashMap<String, Weak<Turn>>>,
    used: Arc<AtomicUsize>,
    counts: Counts,
    clock: Clock,
    templates: Arc<Templates>,
    dress: Dress,
    /// In seconds of Unix time.
    released_at: i64,
}

/// What this process has heard.
struct Changes {
    /// How many there were: a page that was being rendered meanwhile is not kept.
    count: u64,
    dates: Dates,
}

/// One rendering of a URL. Whoever holds it renders; if they go away, the next one does.
type Turn = tokio::sync::Mutex<Option<Ended>>;

/// What came of it, for those who were waiting.
struct Ended {
    /// As many as there were when it began.
    changes: u64,
    answer: Result<Arc<Kept>>,
}

#[derive(Clone, Copy)]
struct Began {
    /// None for a reader who does not trust what this process has heard.
    changes: Option<u64>,
    /// In seconds of Unix time.
    at: i64,
}

impl Began {
    fn untrusted(clock: &Clock) -> Self {
        Self {
            changes: None,
            at: clock.now().timestamp(),
        }
    }
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

/// Room for a page, given back with it.
#[derive(Debug)]
pub(super) struct Place {
    used: Arc<AtomicUsize>,
    counts: Counts,
    bytes: AtomicUsize,
}

impl Place {
    fn take(used: &Arc<AtomicUsize>, counts: &Counts, bytes: usize) -> Self {
        counts.entries.inc();
        let place = Self {
            used: Arc::clone(used),
            counts: counts.clone(),
            bytes: AtomicUsize::default(),
        };
        place.grow(bytes);
        place
    }

    pub(super) fn grow(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.used.fetch_add(bytes, Ordering::Relaxed);
        self.counts.bytes.inc_by(signed(bytes));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        self.counts.entries.dec();
        self.counts.bytes.dec_by(signed(bytes));
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
            changes: Mutex::new(Changes {
                count: 0,
                dates: Dates::new(clock.now()),
            }),
            turns: Mutex::default(),
            used: Arc::default(),
            counts: Counts::new(PUBLIC_PAGES.name(), metrics),
            dress: Dress {
                headers,
                lifetimes: Lifetimes::new(shape.is_some()),
                shape,
            },
            released_at: released_at(&clock).timestamp(),
            clock,
            templates,
        }
    }

    /// The page at this path and canonical query, and in what it can be sent at once to whoever asks so: no more than a
    /// lookup.
    #[must_use]
    pub fn ready(&self, url: &str, asked: &HeaderMap) -> Option<(Arc<Kept>, Encoding)> {
        let kept = self.find(url)?;
        let encoding = kept.best(asked);
        if !kept.is_ready(encoding) {
            return None;
        }
        self.counts.hit_l1.inc();
        Some((kept, encoding))
    }

    fn find(&self, url: &str) -> Option<Arc<Kept>> {
        let entry = self.entries.get(url)?;
        let is_good = entry.edited_at == self.templates.edited_at()
            && entry.kept.is_good(|| self.clock.now());
        is_good.then_some(entry.kept)
    }

    /// The page that is kept, or else is rendered and then kept. Whoever asks for it meanwhile waits for what comes,
    /// be it a page or an error, unless something has changed before they asked. What fails is not kept, nor is what may
    /// have been made of something that has changed meanwhile. Without trust in what this process remembers it is rendered
    /// for each reader, and not packed.
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
            return self.render(render, Began::untrusted(&self.clock)).await.0;
        }
        let asked = self.changes().count;
        loop {
            if let Some(kept) = self.find(url) {
                self.counts.hit_l1.inc();
                return Ok(kept);
            }
            let turn = self.turn(url);
            let mut ended = turn.lock().await;
            match &*ended {
                Some(ended) if ended.changes >= asked => {
                    self.counts.saved.inc();
                    return ended.answer.clone();
                }
                // It was begun before something changed: one of those who came after that has the next turn.
                Some(_) => {}
                None => return self.lead(url, render, &turn, &mut ended).await,
            }
        }
    }

    /// Renders for all who wait. Whoever comes after them renders anew, unless the page is kept.
    async fn lead<F>(
        &self,
        url: &str,
        render: impl FnOnce() -> F,
        turn: &Arc<Turn>,
        ended: &mut Option<Ended>,
    ) -> Result<Arc<Kept>>
    where
        F: Future<Output = Result<Page>>,
    {
        // Another's may have ended since the first look.
        if let Some(kept) = self.find(url) {
            self.counts.saved.inc();
            return Ok(kept);
        }
        let began = Began {
            changes: Some(self.changes().count),
            at: self.clock.now().timestamp(),
        };
        let rendered = AssertUnwindSafe(self.render(render, began)).catch_unwind();
        let (answer, edited_at) = rendered
            .await
            .unwrap_or_else(|_| (Err(Error::internal("a page panicked")), None));
        if let (Ok(kept), Some(changes)) = (&answer, began.changes) {
            self.keep(url, changes, kept, edited_at);
        }
        self.end_turn(url, turn);
        *ended = began.changes.map(|changes| Ended {
            changes,
            answer: answer.clone(),
        });
        answer
    }

    async fn render<F>(
        &self,
        render: impl FnOnce() -> F,
        began: Began,
    ) -> (Result<Arc<Kept>>, Option<SystemTime>)
    where
        F: Future<Output = Result<Page>>,
    {
        let begun = std::time::Instant::now();
        self.counts.miss.inc();
        let edited_at = self.templates.edited_at();
        let rendered = async {
            let page = render().await?;
            let dated = self.date(&page, edited_at, began);
            Kept::new(page, &self.dress, dated, began.changes.is_some())
        };
        let rendered = rendered.await;
        self.counts.loaded(begun.elapsed());
        if rendered
            .as_ref()
            .is_err_and(|error| error.status().is_server_error())
        {
            self.counts.errors.inc();
        }
        (rendered.map(Arc::new), edited_at)
    }

    /// The newest of all that the page shows, of what was heard of it, and of the release.
    fn date(&self, page: &Page, edited_at: Option<SystemTime>, began: Began) -> Dated {
        let edited_at = edited_at.map(|at| DateTime::<Utc>::from(at).timestamp());
        let newest = [page.changed_at.map(|at| at.timestamp()), edited_at]
            .into_iter()
            .flatten()
            .fold(self.released_at, i64::max);
        let mut changes = self.changes();
        if let Some(at) = page.next_change {
            changes.dates.will_change(&page.tags, at);
        }
        let dated = changes.dates.of(&page.tags, newest, began.at);
        // Whoever may have missed a change knows no date that is older than now.
        match began.changes {
            Some(_) => dated,
            None => Dated {
                last_modified: began.at,
                is_sure: false,
            },
        }
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
        if now.count != changes {
            return;
        }
        if self.used.load(Ordering::Relaxed) + bytes > HEAVIEST_TOGETHER {
            self.begin_anew();
        }
        let place = || Place::take(&self.used, &self.counts, bytes);
        kept.place.get_or_init(place);
        let entry = Entry {
            kept: Arc::clone(kept),
            until: Instant::now() + KEPT_FOR,
            edited_at,
        };
        self.entries.set(url.to_owned(), entry);
    }

    /// What a reader gets of a page: packed now if nobody has wanted it so before.
    pub async fn made_for(&self, kept: &Kept, asked: &HeaderMap) -> Result<Encoding> {
        let encoding = kept.made_for(asked).await?;
        if self.used.load(Ordering::Relaxed) > HEAVIEST_TOGETHER {
            self.begin_anew();
        }
        Ok(encoding)
    }

    fn begin_anew(&self) {
        let gone = self.entries.len();
        self.counts.evictions.inc_by(gone as u64);
        self.entries.clear();
    }

    fn turn(&self, url: &str) -> Arc<Turn> {
        let mut turns = self.turns();
        if let Some(turn) = turns.get(url).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= MOST {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(Turn::default());
        turns.insert(url.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// Nobody joins it from now on.
    fn end_turn(&self, url: &str, turn: &Arc<Turn>) {
        let mut turns = self.turns();
        if turns
            .get(url)
            .is_some_and(|known| Weak::ptr_eq(known, &Arc::downgrade(turn)))
        {
            turns.remove(url);
        }
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<String, Weak<Turn>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
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
        changes.count += 1;
        changes.dates.changed(tags, self.clock.now());
        self.entries.retain(|_, entry| !entry.kept.has_any(tags));
    }

    fn forget_all(&self) {
        let mut changes = self.changes();
        changes.count += 1;
        changes.dates.all_changed(self.clock.now());
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
fn released_at(clock: &Clock) -> DateTime<Utc> {
    std::env::current_exe()
        .and_then(|file| file.metadata()?.modified())
        .map_or_else(|_| clock.now(), DateTime::from)
}
