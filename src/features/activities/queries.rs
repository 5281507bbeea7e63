//! All SQL about activities. A company's are reached through it; the office-wide list shows live companies' only.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::model::{Activity, Draft, Due};
use crate::{
    error::Result,
    features::companies::model::Company,
    platform::db::{Conn, Sql, Tx},
    sql,
    types::Id,
    web::{access::Scope, session::User},
};

const SELECT: &str = "select a.id, a.company_id, c.name as company, a.author_id, u.name as author, a.kind, a.title, a.body, a.due_on, a.done_at, a.version";
const FROM: &str =
    " from activities a join companies c on c.id = a.company_id join users u on u.id = a.author_id";

/// Counted exactly up to here.
pub const FEW: i64 = 1000;

/// Open ones by date, those without one last; then the done ones, the newest first.
pub async fn list_of(conn: &mut Conn, company: Id<Company>, limit: i64) -> Result<Vec<Activity>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM)
        .push(" where a.company_id = ? and a.live = 1")
        .bind(company);
    sql.push(" order by case when a.done_at is null then 0 else 1 end, case when a.due_on is null then 1 else 0 end,
        case when a.done_at is null then a.due_on end, a.done_at desc, a.id desc limit ?");
    sql.bind(limit);
    conn.fetch_all(sql).await
}

pub async fn find(conn: &mut Conn, company: Id<Company>, id: Id<Activity>) -> Result<Activity> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM)
        .push(" where a.id = ? and a.company_id = ? and a.live = 1")
        .bind(id)
        .bind(company);
    conn.fetch_one(sql).await
}

/// Which of the office's activities.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub scope: Scope,
    pub due: Due,
    pub today: NaiveDate,
    /// Only what this person wrote.
    pub author: Option<Id<User>>,
}

pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Activity>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM);
    conditions(&mut sql, filter);
    sql.push(match filter.due {
        Due::Done => " order by a.done_at desc, a.id desc",
        Due::Open => " order by case when a.due_on is null then 1 else 0 end, a.due_on, a.id",
        Due::Overdue | Due::Today | Due::Week => " order by a.due_on, a.id",
    });
    sql.push(" limit ? offset ?").bind(limit).bind(offset);
    conn.fetch_all(sql).await
}

/// Exact up to `FEW`; one more means "more".
pub async fn count(conn: &mut Conn, filter: &Filter) -> Result<i64> {
    let mut sql = sql!(
        "select count(*) from (select 1 as one from activities a join companies c on c.id = a.company_id"
    );
    conditions(&mut sql, filter);
    sql.push(" limit ?) few").bind(FEW + 1);
    conn.number(sql).await
}

fn conditions(sql: &mut Sql, filter: &Filter) {
    sql.push(" where c.live = 1");
    match filter.due {
        Due::Done => sql.push(" and a.live = 1 and a.done_at is not null"),
        _ => sql.push(" and a.is_open = 1"),
    };
    match filter.due {
        Due::Overdue => sql.push(" and a.due_on < ?").bind(filter.today),
        Due::Today => sql.push(" and a.due_on = ?").bind(filter.today),
        Due::Week => sql
            .push(" and a.due_on >= ? and a.due_on <= ?")
            .bind(filter.today)
            .bind(filter.today + Days::new(7)),
        Due::Open | Due::Done => sql,
    };
    if let Some(author) = filter.author {
        sql.push(" and a.author_id = ?").bind(author);
    }
    if let Scope::Company(company) = filter.scope {
        sql.push(" and a.company_id = ?").bind(company);
    }
}

/// A company's next open ones, overdue ones included.
pub async fn coming(conn: &mut Conn, company: Id<Company>, limit: i64) -> Result<Vec<Activity>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM).push(" where a.company_id = ? and a.is_open = 1 and a.due_on is not null order by a.due_on, a.id limit ?");
    sql.bind(company).bind(limit);
    conn.fetch_all(sql).await
}

pub async fn insert(
    tx: &mut Tx,
    id: Id<Activity>,
    company: Id<Company>,
    author: Id<User>,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into activities (id, company_id, author_id, kind, title, body, due_on, done_at, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        company,
        author,
        draft.kind,
        draft.title.as_str(),
        draft.body.clone(),
        draft.due_on,
        draft.done.then_some(now),
        now,
        now,
    ))
    .await?;
    Ok(())
}

pub async fn update(
    tx: &mut Tx,
    activity: &Activity,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    // When it was done is kept when only its words change.
    let done_at = draft.done.then(|| activity.done_at.unwrap_or(now));
    tx.change(sql!(
            "update activities set kind = ?, title = ?, body = ?, due_on = ?, done_at = ?, version = version + 1, updated_at = ?
             where id = ? and version = ? and live = 1",
            draft.kind,
            draft.title.as_str(),
            draft.body.clone(),
            draft.due_on,
            done_at,
            now,
            activity.id,
            version,
        ))
    .await
}

pub async fn trash(tx: &mut Tx, id: Id<Activity>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
            "update activities set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            now,
            now,
            id,
            version,
        ))
    .await
}

/// Whoever wrote the trashed activity.
pub async fn author_of_trashed(
    tx: &mut Tx,
    company: Id<Company>,
    id: Id<Activity>,
) -> Result<Id<User>> {
    let (author,): (Id<User>,) = tx
        .fetch_one(sql!("select author_id from activities where id = ? and company_id = ? and deleted_at is not null", id, company))
        .await?;
    Ok(author)
}

/// Back from the trash; returns its title.
pub async fn restore(
    tx: &mut Tx,
    company: Id<Company>,
    id: Id<Activity>,
    version: i64,
    now: DateTime<Utc>,
) -> Result<String> {
    let (title,): (String,) = tx
        .fetch_one(sql!("select title from activities where id = ? and company_id = ? and deleted_at is not null", id, company))
        .await?;
    tx.change(sql!(
        "update activities set deleted_at = null, version = version + 1, updated_at = ?
             where id = ? and version = ? and deleted_at is not null",
        now,
        id,
        version,
    ))
    .await?;
    Ok(title)
}
