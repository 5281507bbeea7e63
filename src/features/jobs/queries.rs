//! The queue's SQL for the page of jobs; what workers do with it is in `platform::jobs`.

use super::model::{Command, Job, Schedule};
use crate::{
    error::Result,
    platform::{
        db::{Conn, Sql, Tx, dialect},
        jobs::State,
    },
    sql,
    types::{Id, page::Cursor},
};

pub const PER_PAGE: i64 = 25;

/// Counted exactly up to here.
pub const FEW: i64 = 1000;

const COLUMNS: &str = "select j.id, j.kind, j.state, j.at, j.attempts, j.error, j.payload, w.name as worker, j.created_at
    from jobs j left join job_workers w on w.id = j.worker_id where ";

/// What is to come first comes first; of what has ended, the latest.
fn ascends(state: State) -> bool {
    matches!(state, State::Waiting | State::Delayed)
}

pub async fn list(
    conn: &mut Conn,
    state: State,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Job>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push("j.state = ?").bind(state);
    if let Some(Cursor {
        key: crate::types::page::Key::Time(at),
        id,
        ..
    }) = cursor
    {
        sql.push(if ascends(state) {
            " and j.at >= ? and (j.at > ? or j.id > ?)"
        } else {
            " and j.at <= ? and (j.at < ? or j.id < ?)"
        })
        .bind(*at)
        .bind(*at)
        .bind(*id);
    }
    sql.push(if ascends(state) {
        " order by j.at, j.id limit ?"
    } else {
        " order by j.at desc, j.id desc limit ?"
    })
    .bind(limit);
    conn.fetch_all(sql).await
}

pub async fn find(conn: &mut Conn, id: Id<Job>) -> Result<Job> {
    let mut sql = Sql::new(COLUMNS);
    sql.push("j.id = ?").bind(id);
    conn.fetch_one(sql).await
}

/// How many jobs are in a state, up to one more than `FEW`.
pub async fn count(conn: &mut Conn, state: State) -> Result<i64> {
    conn.number(sql!(
        "select count(*) from (select 1 as one from jobs where state = ? limit ?) few",
        state,
        FEW + 1
    ))
    .await
}

pub async fn schedules(conn: &mut Conn) -> Result<Vec<Schedule>> {
    conn.fetch_all(sql!(
        "select kind, cron, next_at, last_at from job_schedules order by next_at, kind"
    ))
    .await
}

/// Whether the job was in a state that the command fits.
pub async fn command(tx: &mut Tx, shift: i64, job: &Job, command: Command) -> Result<bool> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = match command {
        Command::Retry => {
            sql!("update jobs set state = 'waiting', attempts = 0, pending_key = unique_key, at = ")
        }
        Command::Discard => sql!("update jobs set state = 'discarded', pending_key = null, at = "),
        Command::Run => sql!("update jobs set state = 'waiting', at = "),
    };
    dialect::now(&mut sql, is_sqlite, shift)
        .push(" where id = ? and state = ?")
        .bind(job.id)
        .bind(job.state);
    Ok(tx.execute(sql).await? == 1)
}

/// Makes a schedule due at once.
pub async fn hasten(tx: &mut Tx, shift: i64, kind: &str) -> Result<bool> {
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!("update job_schedules set next_at = ");
    dialect::now(&mut sql, is_sqlite, shift)
        .push(" where kind = ?")
        .bind(kind);
    Ok(tx.execute(sql).await? == 1)
}

/// Removes up to `limit` jobs that were done a week ago or discarded a month ago; dead ones stay until someone decides.
pub async fn sweep(tx: &mut Tx, shift: i64, limit: i64) -> Result<i64> {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let is_sqlite = tx.is_sqlite();
    let mut sql = sql!("select id from jobs where (state = 'done' and at < ");
    dialect::now(&mut sql, is_sqlite, shift - 7 * DAY).push(") or (state = 'discarded' and at < ");
    dialect::now(&mut sql, is_sqlite, shift - 30 * DAY)
        .push(") limit ?")
        .bind(limit);
    let old: Vec<(Id<Job>,)> = tx.fetch_all(sql).await?;
    let Some(((first,), rest)) = old.split_first() else {
        return Ok(0);
    };
    let mut sql = sql!("delete from jobs where id in (?", *first);
    for (id,) in rest {
        sql.push(", ?").bind(*id);
    }
    sql.push(")");
    tx.execute(sql).await?;
    i64::try_from(old.len()).map_err(crate::error::Error::internal)
}
