//! All SQL about jobs, the processes that run them, and the clock that asks for them.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    error::Result,
    platform::db::{
        Conn, Sql, Tx,
        dialect::{self, for_update, skip_locked},
        text_column,
    },
    sql,
    types::choice,
};

choice! {
    /// Where a job is in its life.
    pub enum State {
        Waiting = "waiting",
        Delayed = "delayed",
        Running = "running",
        Done = "done",
        Dead = "dead",
        Discarded = "discarded",
    }
}
text_column!(State);

/// Bytes of an error that are kept.
const ERROR_LIMIT: usize = 2000;

pub(super) struct New {
    pub id: Uuid,
    pub kind: &'static str,
    pub payload: String,
    pub priority: i64,
    pub unique_key: Option<String>,
    pub delay: TimeDelta,
}

fn micros(delay: TimeDelta) -> i64 {
    delay.num_microseconds().unwrap_or(i64::MAX / 4)
}

pub(super) async fn insert(tx: &mut Tx, shift: i64, new: New) -> Result<()> {
    let is_sqlite = tx.is_sqlite();
    let is_delayed = new.delay > TimeDelta::zero();
    let mut sql = sql!(
        "insert into jobs (id, kind, payload, priority, state, unique_key, pending_key, attempts, at, created_at)
         values (?, ?, ?, ?, ?, ?, ?, 0, ",
        new.id,
        new.kind,
        new.payload,
        new.priority,
        if is_delayed { State::Delayed } else { State::Waiting },
        new.unique_key.clone(),
        new.unique_key,
    );
    dialect::now(&mut sql, is_sqlite, shift + micros(new.delay)).push(", ");
    dialect::now(&mut sql, is_sqlite, shift).push(")");
    // One that waits under the same key will see this change too: it has not begun.
    sql.push(if is_sqlite {
        " on conflict (pending_key) do nothing"
    } else {
        " on duplicate key update id = jobs.id"
    });
    tx.execute(sql).await?;
    Ok(())
}

// ---- what a worker does

/// What there is to do, and when there will be.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Look {
    pub now: DateTime<Utc>,
    pub waiting: i64,
    pub next_delayed: Option<DateTime<Utc>>,
    pub next_scheduled: Option<DateTime<Utc>>,
}

/// `kinds` are those that may be taken; `scheduled` those that a clock asks for.
pub(super) async fn look(
    conn: &mut Conn,
    shift: i64,
    kinds: impl Iterator<Item = &'static str>,
    scheduled: impl Iterator<Item = &'static str>,
) -> Result<Look> {
    let is_sqlite = conn.is_sqlite();
    let mut sql = Sql::new("select ");
    dialect::now(&mut sql, is_sqlite, shift).push(
        " as now,
          (select count(*) from (select 1 as one from jobs where state = 'waiting' and kind in (''",
    );
    for kind in kinds {
        sql.push(", ?").bind(kind);
    }
    sql.push(
        ") limit 1) w) as waiting,
          (select min(at) from jobs where state = 'delayed') as next_delayed,
          (select min(next_at) from job_schedules where kind in (''",
    );
    for kind in scheduled {
        sql.push(", ?").bind(kind);
    }
    sql.push(")) as next_scheduled");
    conn.fetch_one(sql).await
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub kind: String,
    pub payload: String,
    pub priority: i64,
    pub unique_key: Option<String>,
    /// Runs, this one included.
    pub attempts: i64,
}

pub(super) struct Found {
    pub claimed: Vec<Claimed>,
    /// There may be more to take.
    pub more: bool,
}

/// Delayed jobs whose time has come wait from now on.
pub(super) async fn promote(tx: &mut Tx, shift: i64) -> Result<()> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!("select id from jobs where state = 'delayed' and at <= ");
    dialect::now(&mut sql, is_sqlite, shift).push(" order by at, id limit 500");
    skip_locked(&mut sql, is_sqlite);
    let due = ids(tx, sql).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut sql = sql!("update jobs set state = 'waiting' where id in (");
    among(&mut sql, &due);
    tx.execute(sql).await?;
    Ok(())
}

/// Takes up to `limit` jobs that wait, and of each kind no more than there is room for. Each kind is looked up by itself:
/// however many wait of a kind that is full, nobody walks past them.
pub(super) async fn claim(
    tx: &mut Tx,
    shift: i64,
    worker: Uuid,
    limit: i64,
    room: &[(&'static str, i64)],
) -> Result<Found> {
    let is_sqlite = tx.is_sqlite();
    let (mut claimed, mut more) = (Vec::new(), false);
    let waiting = waiting_kinds(tx, room).await?;
    for (kind, room) in room.iter().filter(|(kind, _)| waiting.contains(*kind)) {
        let most = limit.min(*room);
        let mut sql = sql!(
            "select id, kind, payload, priority, unique_key, attempts + 1 as attempts from jobs
             where state = 'waiting' and kind = ? order by priority, id limit ?",
            *kind,
            most
        );
        skip_locked(&mut sql, is_sqlite);
        let found: Vec<Claimed> = tx.fetch_all(sql).await?;
        more |= i64::try_from(found.len()).is_ok_and(|found| found == most);
        claimed.extend(found);
    }
    claimed.sort_by_key(|job| (job.priority, job.id));
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    more |= claimed.len() > most;
    claimed.truncate(most);
    if claimed.is_empty() {
        return Ok(Found { claimed, more });
    }
    let mut sql = sql!(
        "update jobs set state = 'running', worker_id = ?, attempts = attempts + 1, pending_key = null, at = ",
        worker
    );
    dialect::now(&mut sql, is_sqlite, shift).push(" where id in (");
    let ids: Vec<Uuid> = claimed.iter().map(|job| job.id).collect();
    among(&mut sql, &ids);
    tx.execute(sql).await?;
    Ok(Found { claimed, more })
}

/// Those of the kinds of which a job waits.
async fn waiting_kinds(conn: &mut Conn, kinds: &[(&'static str, i64)]) -> Result<HashSet<String>> {
    let mut sql = Sql::new("");
    for (at, (kind, _)) in kinds.iter().enumerate() {
        sql.push(if at == 0 { "" } else { " union all " });
        sql.push("select kind from (select kind from jobs where state = 'waiting' and kind = ? limit 1) one")
            .bind(*kind);
    }
    if kinds.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<(String,)> = conn.fetch_all(sql).await?;
    Ok(found.into_iter().map(|(kind,)| kind).collect())
}

/// Whether the job is still this worker's, and stays so until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, worker: Uuid, id: Uuid) -> Result<bool> {
    let mut sql = sql!(
        "select id from jobs where state = 'running' and worker_id = ? and id = ?",
        worker,
        id
    );
    for_update(&mut sql, tx.is_sqlite());
    Ok(ids(tx, sql).await?.len() == 1)
}

/// Whether the job was still this worker's.
pub(super) async fn finish(tx: &mut Tx, shift: i64, worker: Uuid, id: Uuid) -> Result<bool> {
    finish_all(tx, shift, worker, &[id])
        .await
        .map(|count| count == 1)
}

/// How many were still this worker's.
pub(super) async fn finish_all(tx: &mut Tx, shift: i64, worker: Uuid, ids: &[Uuid]) -> Result<u64> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!("update jobs set state = 'done', worker_id = null, error = null, at = ");
    dialect::now(&mut sql, is_sqlite, shift)
        .push(" where state = 'running' and worker_id = ? and id in (")
        .bind(worker);
    among(&mut sql, ids);
    tx.execute(sql).await
}

/// Where a run that did not end well leads.
pub(super) enum Next<'a> {
    /// Again, after a pause.
    Delayed(TimeDelta, &'a str),
    /// Again at once, as if this run had not been.
    Waiting,
    Dead(&'a str),
}

/// Whether the job was still this worker's.
pub(super) async fn fail(
    tx: &mut Tx,
    shift: i64,
    worker: Uuid,
    id: Uuid,
    unique_key: Option<&str>,
    next: Next<'_>,
) -> Result<bool> {
    let is_sqlite = tx.is_sqlite();
    let (mut state, plus, mut error, back) = match next {
        Next::Delayed(pause, error) => (State::Delayed, micros(pause), Some(error), 0),
        Next::Waiting => (State::Waiting, 0, None, 1),
        Next::Dead(error) => (State::Dead, 0, Some(error), 0),
    };
    let mut pending = unique_key.filter(|_| state != State::Dead);
    if let Some(key) = pending {
        let others = tx
            .number(sql!("select count(*) from jobs where pending_key = ?", key))
            .await?;
        if others > 0 {
            // The newer one does the same work, and it has seen more.
            (state, pending, error) = (State::Discarded, None, Some("a newer one took its place"));
        }
    }
    let mut sql = sql!(
        "update jobs set state = ?, worker_id = null, pending_key = ?, attempts = attempts - ?",
        state,
        pending,
        back
    );
    if let Some(error) = error {
        sql.push(", error = ?").bind(cut(error));
    }
    sql.push(", at = ");
    dialect::now(&mut sql, is_sqlite, shift + plus)
        .push(" where state = 'running' and worker_id = ? and id = ?")
        .bind(worker)
        .bind(id);
    Ok(tx.execute(sql).await? == 1)
}

fn cut(error: &str) -> &str {
    &error[..error.floor_char_boundary(ERROR_LIMIT)]
}

/// Ends an `in (`.
fn among(sql: &mut Sql, ids: &[Uuid]) {
    for (at, id) in ids.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(")");
}

async fn ids(tx: &mut Tx, sql: Sql) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = tx.fetch_all(sql).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

// ---- workers and their leases

pub(super) async fn register(
    tx: &mut Tx,
    shift: i64,
    worker: Uuid,
    name: &str,
    lease: TimeDelta,
) -> Result<()> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!(
        "insert into job_workers (id, name, lease_until, created_at) values (?, ?, ",
        worker,
        name
    );
    dialect::now(&mut sql, is_sqlite, shift + micros(lease)).push(", ");
    dialect::now(&mut sql, is_sqlite, shift).push(")");
    tx.execute(sql).await?;
    let mut sql = sql!(
        "insert into job_leases (worker_id, length_micros, created_at) values (?, ?, ",
        worker,
        micros(lease)
    );
    dialect::now(&mut sql, is_sqlite, shift).push(")");
    tx.execute(sql).await?;
    Ok(())
}

/// Whether the lease was still this worker's to prolong.
pub(super) async fn beat(tx: &mut Tx, shift: i64, worker: Uuid, lease: TimeDelta) -> Result<bool> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!("update job_workers set lease_until = ");
    dialect::now(&mut sql, is_sqlite, shift + micros(lease))
        .push(" where id = ?")
        .bind(worker);
    Ok(tx.execute(sql).await? == 1)
}

/// Workers whose lease has ended, locked. Where the database's clock was put back, a lease that ends too far away is
/// cut to its own length, whatever ours is: the living prolong theirs, the dead are found out.
pub(super) async fn dead_workers(tx: &mut Tx, shift: i64) -> Result<Vec<(Uuid, String)>> {
    let is_sqlite = tx.is_sqlite();
    // A worker of an older version tells no length.
    let lengths: Vec<(Uuid, i64)> = tx
        .fetch_all(sql!(
            "select w.id, l.length_micros from job_workers w join job_leases l on l.worker_id = w.id order by w.id"
        ))
        .await?;
    for (worker, length) in lengths {
        let mut sql = sql!("update job_workers set lease_until = ");
        dialect::now(&mut sql, is_sqlite, shift + length)
            .push(" where id = ? and lease_until > ")
            .bind(worker);
        dialect::now(&mut sql, is_sqlite, shift + length.saturating_mul(2));
        tx.execute(sql).await?;
    }
    let mut sql = sql!("select id, name from job_workers where lease_until < ");
    dialect::now(&mut sql, is_sqlite, shift);
    skip_locked(&mut sql, is_sqlite);
    tx.fetch_all(sql).await
}

/// Who is named by running jobs and is no worker any more: one that was taken for dead may take jobs until it notices.
pub(super) async fn strangers(conn: &mut Conn) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = conn
        .fetch_all(sql!(
            "select distinct j.worker_id from jobs j where j.state = 'running' and j.worker_id is not null
                and not exists (select 1 from job_workers w where w.id = j.worker_id)"
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn running_of(conn: &mut Conn, worker: Uuid) -> Result<Vec<Claimed>> {
    conn.fetch_all(sql!(
        "select id, kind, payload, priority, unique_key, attempts from jobs where state = 'running' and worker_id = ?",
        worker
    ))
    .await
}

pub(super) async fn remove_worker(tx: &mut Tx, worker: Uuid) -> Result<()> {
    tx.execute(sql!("delete from job_workers where id = ?", worker))
        .await?;
    Ok(())
}

// ---- the clock

pub(super) async fn now(conn: &mut Conn, shift: i64) -> Result<DateTime<Utc>> {
    let is_sqlite = conn.is_sqlite();
    let mut sql = Sql::new("select ");
    dialect::now(&mut sql, is_sqlite, shift).push(" as now");
    let (now,): (DateTime<Utc>,) = conn.fetch_one(sql).await?;
    Ok(now)
}

/// Notes a schedule, or that its expression is another one now.
pub(super) async fn schedule(
    tx: &mut Tx,
    kind: &'static str,
    cron: &'static str,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<()> {
    let insert = dialect::insert_or_ignore(
        tx.is_sqlite(),
        "insert into job_schedules (kind, cron, next_at, created_at) values (?, ?, ?, ?) on conflict do nothing",
        "insert ignore into job_schedules (kind, cron, next_at, created_at) values (?, ?, ?, ?)",
    );
    tx.execute(insert.with(kind).with(cron).with(next).with(now))
        .await?;
    tx.execute(sql!(
        "update job_schedules set cron = ?, next_at = ? where kind = ? and cron <> ?",
        cron,
        next,
        kind,
        cron,
    ))
    .await?;
    Ok(())
}

pub(super) async fn due_schedules(
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> Result<Vec<(String, DateTime<Utc>)>> {
    conn.fetch_all(sql!(
        "select kind, next_at from job_schedules where next_at <= ?",
        now
    ))
    .await
}

/// Moves a schedule on: `true` for the one who did, however many try.
pub(super) async fn take_due(
    tx: &mut Tx,
    kind: &'static str,
    now: DateTime<Utc>,
    due: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<bool> {
    let moved = tx
        .execute(sql!(
            "update job_schedules set next_at = ?, last_at = ? where kind = ? and next_at <= ?",
            next,
            due,
            kind,
            now,
        ))
        .await?;
    Ok(moved == 1)
}

// ---- what operations ask

/// How many jobs are in each state, the ended ones left out, and how long the one that waits longest has waited.
pub async fn depths(
    conn: &mut Conn,
    shift: i64,
) -> Result<(Vec<(&'static str, i64)>, std::time::Duration)> {
    let counted: Vec<(State, i64)> = conn
        .fetch_all(sql!(
            "select state, count(*) from jobs where state in ('waiting', 'delayed', 'running', 'dead') group by state"
        ))
        .await?;
    let depths = [State::Waiting, State::Delayed, State::Running, State::Dead]
        .into_iter()
        .map(|state| {
            let found = counted.iter().find(|(known, _)| *known == state);
            (state.as_str(), found.map_or(0, |(_, count)| *count))
        })
        .collect();
    let (oldest,): (Option<DateTime<Utc>>,) = conn
        .fetch_one(sql!("select min(at) from jobs where state = 'waiting'"))
        .await?;
    let age = match oldest {
        Some(oldest) => now(conn, shift).await? - oldest,
        None => TimeDelta::zero(),
    };
    Ok((depths, age.to_std().unwrap_or_default()))
}
