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
    task::JoinHandle,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    Inner, Outcome, Shared, Standing, Tag, millis,
    request::{self, Told},
};
use crate::{
    error::{Error, Result},
    platform::{
        clock::since_boot,
        db::{Conn, Db, Sql, dialect},
    },
    sql,
};

const EVERY: Duration = Duration::from_secs(1);
/// While a row is not ripe.
const SOON: Duration = Duration::from_millis(500);
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
    /// Rows of the last look.
    seen: Mutex<HashMap<Uuid, Sight>>,
    /// Seconds of `since_boot` at the last cleaning.
    cleaned: AtomicU64,
    /// And when this process last said that it has Redis.
    said: AtomicU64,
}

/// What this process has seen of a row.
#[derive(Clone, Copy)]
struct Sight {
    first: Instant,
    /// Its writer is not expected to carry it out any more.
    is_due: bool,
    /// What is in Redis counted then.
    counted: bool,
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

    /// If this is not the first time that the row is seen.
    fn seen(&self, id: Uuid) -> Option<Sight> {
        locked(&self.seen).get(&id).copied()
    }

    fn keep(&self, rows: &[Row], counted: bool) {
        let now = Instant::now();
        let mut seen = locked(&self.seen);
        let kept = rows.iter().map(|row| {
            let before = seen.get(&row.id);
            let sight = Sight {
                first: before.map_or(now, |sight| sight.first),
                is_due: before.is_some() || row.is_ripe != 0,
                counted: before.map_or(counted, |sight| sight.counted),
            };
            (row.id, sight)
        });
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

/// Looks until nobody needs it any more. What follows a look is done beside the next ones: it may wait for Redis and for the
/// database's writer, and nobody may miss a change for that long.
pub(super) async fn run(inner: Weak<Inner>, look: Arc<Notify>) {
    let mut health = Health::default();
    let (mut telling, mut cleaning) = (Beside::default(), Beside::default());
    loop {
        let begun = Instant::now();
        let mut pause = EVERY;
        {
            let Some(inner) = inner.upgrade() else { return };
            let shared = Shared(inner);
            let looked = self::look(&shared).await;
            let is_failing = looked.is_err();
            shared
                .0
                .is_looking_vain
                .store(is_failing, Ordering::Release);
            health.note(looked.as_ref().err());
            if let Ok(seen) = looked {
                let seen = Arc::new(seen);
                if shared.0.redis.is_some() && seen.owed.iter().any(|owed| !owed.is_due) {
                    pause = SOON;
                }
                let (of, rows) = (shared.clone(), Arc::clone(&seen));
                telling
                    .begin(async move {
                        tell(&of, &rows).await;
                        Ok(())
                    })
                    .await;
                cleaning
                    .begin(async move { clean_up(&shared, &seen).await })
                    .await;
            }
        }
        tokio::select! {
            () = sleep(pause.saturating_sub(begun.elapsed())) => {}
            () = look.notified() => {}
        }
    }
}

/// One line in the log when something begins to fail.
#[derive(Default)]
struct Health {
    is_good: bool,
}

impl Health {
    fn note(&mut self, error: Option<&Error>) {
        if let (Some(error), true) = (error, self.is_good) {
            tracing::warn!(%error, "cache_not_looked_after");
        }
        self.is_good = error.is_none();
    }
}

/// Work that is done once at a time: what begins while it is under way is left out.
#[derive(Default)]
struct Beside {
    task: Option<JoinHandle<Result<()>>>,
    health: Health,
}

impl Beside {
    async fn begin(&mut self, work: impl Future<Output = Result<()>> + Send + 'static) {
        if self.task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Some(task) = self.task.take()
            && let Ok(done) = task.await
        {
            self.health.note(done.as_ref().err());
        }
        self.task = Some(tokio::spawn(work));
    }
}

/// What a look has found, and what was known before it.
struct Seen {
    doubts: u64,
    is_followed: bool,
    /// The rows that say that some process has Redis.
    marks: Vec<Row>,
    rows: Vec<Row>,
    owed: Vec<Owed>,
}

/// A row that Redis may not know of.
struct Owed {
    row: usize,
    is_due: bool,
}

/// Applies what this process has not heard of, once more when its writer should have told Redis and has not: until then
/// somebody here could take the old value out of it again.
async fn look(shared: &Shared) -> Result<Seen> {
    let inner = &*shared.0;
    let mut doubts = inner.doubts.load(Ordering::Acquire);
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
    let mut void: Vec<Tag> = Vec::new();
    let mut is_due_now = false;
    let counted = inner.counts_values();
    for (at, row) in rows.iter().enumerate() {
        if inner.book.is_carried(row.id) {
            continue;
        }
        let before = inner.book.seen(row.id);
        let is_due = before.is_some() || row.is_ripe != 0;
        let becomes_due = before.is_none_or(|sight| !sight.is_due) && is_due;
        let has_counted = counted || before.is_some_and(|sight| sight.counted);
        if before.is_none() || (becomes_due && has_counted) {
            void.extend(split(&row.tags));
        }
        is_due_now |= becomes_due;
        owed.push(Owed { row: at, is_due });
    }
    if is_due_now && inner.redis.is_some() {
        // What is in Redis does not count until it knows of these. That is among what the look has found.
        inner.doubt();
        doubts += 1;
    }
    if !void.is_empty() {
        inner.invalidate(&void);
    }
    inner.book.keep(&rows, counted);
    inner.looked.store(began, Ordering::Release);
    inner.counts.see(
        shared.standing(since_boot()) == Standing::Trusted,
        is_followed,
    );
    Ok(Seen {
        doubts,
        is_followed,
        marks,
        rows,
        owed,
    })
}

/// Sees to it that Redis has heard of all that was found.
async fn tell(shared: &Shared, seen: &Seen) {
    let inner = &*shared.0;
    let Some(redis) = inner.redis.as_ref() else {
        return;
    };
    let is_open = inner.values().is_some();
    for owed in &seen.owed {
        let row = &seen.rows[owed.row];
        if (!owed.is_due && is_open) || inner.book.is_carried(row.id) {
            continue;
        }
        let tags: Vec<Tag> = split(&row.tags).collect();
        if !shared.catch_up(redis, row.id, &tags).await {
            return;
        }
    }
    // Whoever follows the line has seen that Redis is no older copy.
    if seen.is_followed && redis.is_up() {
        inner.settled.store(seen.doubts, Ordering::Release);
    }
}

/// Takes away what everybody has seen.
async fn clean_up(shared: &Shared, seen: &Seen) -> Result<()> {
    let inner = &*shared.0;
    if inner.redis.is_some() {
        say_that_redis_is_used(inner).await?;
    }
    // Whoever has stopped using it says so no more, and by then no value in it is older than what would be deleted.
    let is_redis_used = seen.marks.iter().any(|mark| mark.is_ancient == 0);
    clean(inner, &seen.rows, is_redis_used).await
}

async fn rows(db: &Db) -> Result<Vec<Row>> {
    let mut conn = db.read_aside().await?;
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
        seen.is_some_and(|sight| sight.first.elapsed() >= KEPT)
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
