//! Invalidations as rows of the database: written with the change, looked at by every process once a second. What a crash
//! or a Redis that is away has kept from the others, they learn here.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Inner, Outcome, Shared, Tag, millis, request};
use crate::{
    error::Result,
    platform::{
        clock::since_boot,
        db::{Conn, Db, Sql, dialect},
    },
    sql,
};

const EVERY: Duration = Duration::from_secs(1);
/// The writer itself needs less to carry out what it has written.
const RIPE_MICROS: i64 = 500_000;
/// How long a row is there for others after one process has seen it, and what two looks may be apart to see all rows.
const KEPT: Duration = Duration::from_secs(10);
const APART: Duration = Duration::from_secs(9);
/// Rows are deleted in batches, so often.
const CLEAN_EVERY: Duration = Duration::from_secs(5);
const CHUNK: usize = 100;
/// More rows than this that wait for Redis become one that means everything.
const WAITING_MAX: usize = 1000;
/// What has been carried out is remembered for so long.
const REMEMBERED: Duration = Duration::from_mins(1);
/// More than this is everything.
const TAGS_MAX: usize = 16_000;

pub(super) fn join(tags: &[Tag]) -> String {
    let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    tags.join("\n")
}

pub(super) fn split(tags: &str) -> impl Iterator<Item = Tag> {
    tags.lines().map(|tag| Tag::new(tag.to_owned()))
}

// ---- what a transaction does

/// What a transaction makes void; it is carried out once that is committed.
pub struct Invalidation {
    shared: Shared,
    id: Uuid,
    tags: Vec<Tag>,
    wait: bool,
}

impl Invalidation {
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self {
            shared: shared.clone(),
            id: shared.0.clock.new_uuid(),
            tags: Vec::new(),
            wait: false,
        }
    }

    /// `wait`: no other instance may have the old value once the writer is answered.
    pub fn add(&mut self, tags: impl IntoIterator<Item = Tag>, wait: bool) {
        for tag in tags {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
        if join(&self.tags).len() > TAGS_MAX {
            self.tags = vec![Tag::EVERYTHING];
        }
        self.wait |= wait;
    }

    pub(in crate::platform) async fn write(&self, conn: &mut Conn) -> Result<()> {
        let insert = insert(conn.is_sqlite(), self.id, &self.tags);
        conn.execute(insert).await?;
        Ok(())
    }

    /// After the commit, however it went: one that failed may have happened.
    pub(in crate::platform) async fn carry_out(self, is_committed: bool) {
        if !is_committed {
            self.shared.0.invalidate(&self.tags);
            return;
        }
        let begun = Instant::now();
        let doing = async move {
            let Self {
                shared,
                id,
                tags,
                wait,
            } = self;
            shared.carry_out(id, &tags, wait).await
        };
        // By itself, so that it is done even if nobody waits for it any more.
        let done = tokio::spawn(doing.in_current_span()).await;
        let is_unsure = !matches!(done, Ok(Outcome::Everywhere));
        request::note(is_unsure, begun.elapsed());
    }
}

fn insert(is_sqlite: bool, id: Uuid, tags: &[Tag]) -> Sql {
    let mut sql = sql!(
        "insert into cache_invalidations (id, tags, created_at) values (?, ?, ",
        id,
        join(tags)
    );
    dialect::now(&mut sql, is_sqlite, 0).push(")");
    sql
}

// ---- what every process does

/// What this process knows of invalidations.
#[derive(Default)]
pub(super) struct Book {
    /// Those that Redis knows of and that were applied here after that.
    carried: Mutex<HashMap<Uuid, Instant>>,
    /// Rows of the last look, and when each was seen first.
    seen: Mutex<HashMap<Uuid, Instant>>,
    /// Seconds of `since_boot` at the last cleaning.
    cleaned: AtomicU64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    pub(super) fn is_carried(&self, id: Uuid) -> bool {
        locked(&self.carried).contains_key(&id)
    }

    pub(super) fn note_carried(&self, id: Uuid) {
        locked(&self.carried).insert(id, Instant::now());
    }

    /// When the row was seen first, if this is not the first time.
    fn seen(&self, id: Uuid) -> Option<Instant> {
        locked(&self.seen).get(&id).copied()
    }

    fn keep(&self, rows: &[Row]) {
        let now = Instant::now();
        let mut seen = locked(&self.seen);
        let kept = rows
            .iter()
            .map(|row| (row.id, seen.get(&row.id).copied().unwrap_or(now)));
        let kept = kept.collect();
        *seen = kept;
        drop(seen);
        locked(&self.carried).retain(|_, at| at.elapsed() < REMEMBERED);
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    tags: String,
    /// Whoever wrote it would have carried it out by now.
    is_ripe: i64,
}

/// Looks until nobody needs it any more.
pub(super) async fn run(inner: Weak<Inner>, look: Arc<Notify>) {
    let mut is_good = false;
    loop {
        let begun = Instant::now();
        {
            let Some(inner) = inner.upgrade() else { return };
            let looked = self::look(&Shared(inner)).await;
            if let (Err(error), true) = (&looked, is_good) {
                tracing::warn!(%error, "cache_not_looked_after");
            }
            is_good = looked.is_ok();
        }
        tokio::select! {
            () = sleep(EVERY.saturating_sub(begun.elapsed())) => {}
            () = look.notified() => {}
        }
    }
}

/// Applies what this process has not heard of, and sees to it that Redis has.
async fn look(shared: &Shared) -> Result<()> {
    let inner = &*shared.0;
    let doubts = inner.doubts.load(Ordering::Acquire);
    let began = millis(since_boot());
    let rows = rows(&inner.db).await?;
    let last = inner.looked.load(Ordering::Acquire);
    if last > 0 && began.saturating_sub(last) > millis(APART) {
        // Rows may have come and gone.
        inner.local.forget_all();
    }
    let mut owed = Vec::new();
    for row in &rows {
        if inner.book.is_carried(row.id) {
            continue;
        }
        let seen = inner.book.seen(row.id);
        let tags: Vec<Tag> = split(&row.tags).collect();
        if seen.is_none() {
            inner.invalidate(&tags);
        }
        owed.push((row, seen.is_some(), tags));
    }
    inner.book.keep(&rows);
    inner.looked.store(began, Ordering::Release);
    let mut is_settled = true;
    if let Some(redis) = inner.redis.as_ref() {
        let is_open = inner.values().is_some();
        for (row, is_seen, tags) in owed {
            if row.is_ripe == 0 && !is_seen && is_open {
                continue;
            }
            is_settled = shared.carry_out(row.id, &tags, false).await == Outcome::Everywhere;
            if !is_settled {
                break;
            }
        }
        if is_settled && redis.is_up() {
            inner.settled.store(doubts, Ordering::Release);
        }
    }
    clean(inner, &rows).await
}

async fn rows(db: &Db) -> Result<Vec<Row>> {
    let mut conn = db.read().await?;
    let is_sqlite = conn.is_sqlite();
    let mut sql = Sql::new("select id, tags, (created_at <= ");
    dialect::now(&mut sql, is_sqlite, -RIPE_MICROS).push(" or created_at > ");
    // The database's clock was put back.
    dialect::now(&mut sql, is_sqlite, RIPE_MICROS).push(") as is_ripe from cache_invalidations");
    conn.fetch_all(sql).await
}

/// Deletes rows that everybody has seen, or makes one of those that Redis does not come back for.
async fn clean(inner: &Inner, rows: &[Row]) -> Result<()> {
    let now = since_boot().as_secs();
    if now - inner.book.cleaned.load(Ordering::Relaxed) < CLEAN_EVERY.as_secs() {
        return Ok(());
    }
    let is_old = |row: &&Row| {
        let seen = inner.book.seen(row.id);
        seen.is_some_and(|at| at.elapsed() >= KEPT)
    };
    let old: Vec<Uuid> = rows.iter().filter(is_old).map(|row| row.id).collect();
    let (done, waiting): (Vec<Uuid>, Vec<Uuid>) = old
        .into_iter()
        .partition(|id| inner.redis.is_none() || inner.book.is_carried(*id));
    let mut gone: HashSet<Uuid> = done.into_iter().collect();
    let is_too_much = waiting.len() > WAITING_MAX;
    if is_too_much {
        gone.extend(waiting);
    }
    if gone.is_empty() {
        return Ok(());
    }
    inner.book.cleaned.store(now, Ordering::Relaxed);
    let mut tx = inner.db.begin().await?;
    let is_sqlite = tx.is_sqlite();
    if is_too_much {
        let everything = insert(is_sqlite, inner.clock.new_uuid(), &[Tag::EVERYTHING]);
        tx.execute(everything).await?;
    }
    let gone: Vec<Uuid> = gone.into_iter().collect();
    for chunk in gone.chunks(CHUNK) {
        let mut delete = Sql::new("delete from cache_invalidations where id in (''");
        for id in chunk {
            delete.push(", ?").bind(*id);
        }
        delete.push(")");
        tx.execute(delete).await?;
    }
    tx.commit().await
}
