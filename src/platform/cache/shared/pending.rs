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
use uuid::Uuid;

use super::{
    Inner, Outcome, Shared, Standing, Tag, millis,
    request::{self, Told},
};
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
/// Longer than any value lives in Redis.
const ANCIENT_MICROS: i64 = 25 * 3_600_000_000;
/// How long a row is there for others after one process has seen it, and what two looks may be apart to see all rows.
const KEPT: Duration = Duration::from_secs(10);
const APART: Duration = Duration::from_secs(9);
/// Rows are deleted in batches, so often.
const CLEAN_EVERY: Duration = Duration::from_secs(5);
/// The row that says that some process here has Redis, and how often it is written anew.
const REDIS_IS_USED: Uuid = Uuid::from_u128(1);
const SAY_EVERY: Duration = Duration::from_hours(1);
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
    pub(in crate::platform) async fn carry_out(self, is_committed: bool) -> Carried {
        let begun = Instant::now();
        let Self {
            shared,
            id,
            tags,
            wait,
        } = self;
        if !is_committed {
            // Nobody is told of what may not have happened. If it did, all learn of it from its row.
            shared.0.doubt();
            shared.0.invalidate(&tags);
            return Carried(Told {
                is_unsure: shared.has_others(),
                ..Told::default()
            });
        }
        let outcome = shared.carry_out(id, &tags, wait).await;
        let waited = begun.elapsed();
        shared.0.counts.waited.observe(waited.as_secs_f64());
        Carried(Told {
            is_change: wait && shared.has_others(),
            is_unsure: outcome != Outcome::Everywhere,
            waited,
        })
    }
}

/// What the writer's request is told of it.
pub(in crate::platform) struct Carried(Told);

impl Carried {
    /// In the task of the request.
    pub(in crate::platform) fn note(&self) {
        request::note(self.0);
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
    /// And when this process last said that it has Redis.
    said: AtomicU64,
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
    /// No value in Redis is older.
    is_ancient: i64,
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
    let is_followed = inner.line.is_followed();
    let began = millis(since_boot());
    let (marks, rows): (Vec<Row>, Vec<Row>) = rows(&inner.db)
        .await?
        .into_iter()
        .partition(|row| row.id == REDIS_IS_USED);
    let (last, read) = (inner.looked.load(Ordering::Acquire), millis(since_boot()));
    if last > 0 && read.saturating_sub(last) > millis(APART) {
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
            is_settled = shared.catch_up(redis, row.id, &tags).await;
            if !is_settled {
                break;
            }
        }
        // Whoever follows the line has seen that Redis is no older copy.
        if is_settled && is_followed && redis.is_up() {
            inner.settled.store(doubts, Ordering::Release);
        }
    }
    inner.counts.see(
        shared.standing(since_boot()) == Standing::Trusted,
        is_followed,
    );
    if inner.redis.is_some() {
        say_that_redis_is_used(inner).await?;
    }
    // Whoever has stopped using it says so no more, and by then no value in it is older than what would be deleted.
    let is_redis_used = marks.iter().any(|mark| mark.is_ancient == 0);
    clean(inner, &rows, is_redis_used).await
}

async fn rows(db: &Db) -> Result<Vec<Row>> {
    let mut conn = db.read().await?;
    let is_sqlite = conn.is_sqlite();
    let mut sql = Sql::new("select id, tags, (created_at <= ");
    dialect::now(&mut sql, is_sqlite, -RIPE_MICROS).push(" or created_at > ");
    // The database's clock was put back.
    dialect::now(&mut sql, is_sqlite, RIPE_MICROS).push(") as is_ripe, (created_at <= ");
    dialect::now(&mut sql, is_sqlite, -ANCIENT_MICROS)
        .push(") as is_ancient from cache_invalidations");
    conn.fetch_all(sql).await
}

/// For processes without it, which may not delete what Redis has not been told of.
async fn say_that_redis_is_used(inner: &Inner) -> Result<()> {
    let now = since_boot().as_secs();
    let said = inner.book.said.load(Ordering::Relaxed);
    if said > 0 && now - said < SAY_EVERY.as_secs() {
        return Ok(());
    }
    let mut tx = inner.db.begin().await?;
    let is_sqlite = tx.is_sqlite();
    tx.execute(sql!(
        "delete from cache_invalidations where id = ?",
        REDIS_IS_USED
    ))
    .await?;
    tx.execute(insert(is_sqlite, REDIS_IS_USED, &[])).await?;
    tx.commit().await?;
    inner.book.said.store(now, Ordering::Relaxed);
    Ok(())
}

/// Deletes rows that everybody has seen, or makes one of those that Redis does not come back for.
async fn clean(inner: &Inner, rows: &[Row], is_redis_used: bool) -> Result<()> {
    let now = since_boot().as_secs();
    if now - inner.book.cleaned.load(Ordering::Relaxed) < CLEAN_EVERY.as_secs() {
        return Ok(());
    }
    let is_old = |row: &&Row| {
        let seen = inner.book.seen(row.id);
        seen.is_some_and(|at| at.elapsed() >= KEPT)
    };
    let is_done = |row: &&Row| match &inner.redis {
        Some(_) => inner.book.is_carried(row.id),
        None => !is_redis_used || row.is_ancient != 0,
    };
    let (done, waiting): (Vec<&Row>, Vec<&Row>) = rows.iter().filter(is_old).partition(is_done);
    let done = done.into_iter().map(|row| row.id);
    let waiting: Vec<Uuid> = waiting.into_iter().map(|row| row.id).collect();
    let mut gone: HashSet<Uuid> = done.collect();
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
