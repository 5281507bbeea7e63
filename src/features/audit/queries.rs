//! All SQL of the audit's page. Ids are in the order of time, so that a date is a range of ids.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::model::Entry;
use crate::{
    error::Result,
    platform::db::{Conn, Sql, dialect},
    sql,
    types::{Id, text},
    web::session::User,
};

pub const PER_PAGE: i64 = 25;

/// What no index answers is looked for among so many entries at a time: a page costs the same at a million of them.
const WINDOW: i64 = 5000;

/// A request whose id we made writes its entries within this time of the one in the id.
const LONGEST_REQUEST: TimeDelta = TimeDelta::minutes(10);

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub actor: Option<Uuid>,
    pub record: Option<String>,
    pub action: Option<String>,
    pub record_id: Option<Uuid>,
    pub company: Option<Uuid>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub request: Option<String>,
    pub ip: Option<String>,
}

/// Entries, newest first, and where to go on: after the last one, or after the window that was looked through.
pub struct Found {
    pub ids: Vec<Uuid>,
    pub next: Option<Uuid>,
}

/// The first id of a moment.
fn first_id(at: DateTime<Utc>) -> Uuid {
    Id::<()>::new_v7(at, [0; 10]).uuid()
}

/// When the request of this id began, if the id is one that the product made.
fn begun(request: &str) -> Option<DateTime<Utc>> {
    let id: Uuid = request.parse().ok()?;
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

impl Filter {
    /// The newest entries before `before` that the best index leads to, oldest ids cut by the dates. `begun` is when the
    /// request began that is looked for.
    fn window(
        &self,
        is_sqlite: bool,
        begun: Option<DateTime<Utc>>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Sql {
        let mut sql = sql!(
            "select e.id, e.actor_id, e.action, e.record, e.record_id, e.company_id, e.ip, e.request_id from audit_entries e"
        );
        if let (Some(record), Some(id)) = (&self.record, self.record_id) {
            dialect::force_index(&mut sql, is_sqlite, " force index (audit_entries_record)");
            sql.push(" where e.record = ? and e.record_id = ?")
                .bind(record.as_str())
                .bind(id);
        } else if let Some(company) = self.company {
            dialect::force_index(
                &mut sql,
                is_sqlite,
                " force index (audit_entries_company_id)",
            );
            sql.push(" where e.company_id = ?").bind(company);
        } else if let Some(actor) = self.actor {
            dialect::force_index(&mut sql, is_sqlite, " force index (audit_entries_actor_id)");
            sql.push(" where e.actor_id = ?").bind(actor);
        } else {
            dialect::force_index(&mut sql, is_sqlite, " force index (primary)");
            sql.push(" where 1 = 1");
        }
        let until = [self.until, begun.map(|at| at + LONGEST_REQUEST)];
        if let Some(until) = until.into_iter().flatten().min() {
            sql.push(" and e.id < ?").bind(first_id(until));
        }
        if let Some(from) = [self.from, begun].into_iter().flatten().max() {
            sql.push(" and e.id >= ?").bind(first_id(from));
        }
        if let Some(before) = before {
            sql.push(" and e.id < ?").bind(before);
        }
        sql.push(" order by e.id desc limit ?").bind(limit);
        sql
    }

    /// What the index of the window leaves open. All of it may be asked again: it is true of every row there.
    fn rest(&self, sql: &mut Sql) -> bool {
        let mut any = false;
        let mut on = |text: &'static str, arg: Option<crate::platform::db::Arg>| {
            if let Some(arg) = arg {
                sql.push(text).bind(arg);
                any = true;
            }
        };
        let has_record = self.record.is_some() && self.record_id.is_some();
        on(
            " and w.record = ?",
            self.record.clone().filter(|_| !has_record).map(Into::into),
        );
        on(
            " and w.record_id = ?",
            self.record_id.filter(|_| !has_record).map(Into::into),
        );
        on(
            " and w.company_id = ?",
            self.company.filter(|_| has_record).map(Into::into),
        );
        let by_other = has_record || self.company.is_some();
        on(
            " and w.actor_id = ?",
            self.actor.filter(|_| by_other).map(Into::into),
        );
        on(" and w.action = ?", self.action.clone().map(Into::into));
        on(
            " and w.request_id = ?",
            self.request.clone().map(Into::into),
        );
        on(" and w.ip = ?", self.ip.clone().map(Into::into));
        any
    }
}

pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Found> {
    // A trusted proxy makes ids of its own, whose time may be another.
    if let Some(begun) = filter.request.as_deref().and_then(begun) {
        let found = look(conn, filter, Some(begun), before, limit).await?;
        if !found.ids.is_empty() {
            return Ok(found);
        }
    }
    look(conn, filter, None, before, limit).await
}

async fn look(
    conn: &mut Conn,
    filter: &Filter,
    begun: Option<DateTime<Utc>>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Found> {
    let is_sqlite = conn.is_sqlite();
    let mut rest = sql!("");
    let is_open = filter.rest(&mut rest);
    let window = |limit| filter.window(is_sqlite, begun, before, limit);
    let mut sql = sql!("select w.id from (");
    sql.append(window(if is_open { WINDOW } else { limit + 1 }))
        .push(") w where 1 = 1")
        .append(rest)
        .push(" order by w.id desc limit ?")
        .bind(limit + 1);
    let mut ids: Vec<Uuid> = conn
        .fetch_all::<(Uuid,)>(sql)
        .await?
        .into_iter()
        .map(|(id,)| id)
        .collect();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    if ids.len() > wanted {
        ids.truncate(wanted);
        let next = ids.last().copied();
        return Ok(Found { ids, next });
    }
    let mut next = None;
    if is_open {
        let mut sql = sql!("select count(*), min(w.id) from (");
        sql.append(window(WINDOW)).push(") w");
        let (looked, oldest): (i64, Option<Uuid>) = conn.fetch_one(sql).await?;
        next = oldest.filter(|_| looked == WINDOW);
    }
    Ok(Found { ids, next })
}

const SELECT: &str = "select e.id, e.at, e.actor_id, u.name as actor, e.action, e.record, e.record_id, e.company_id,
       c.name as company, c.live as company_live, e.changes, e.ip, e.request_id, s.entry_id is not null as is_begun,
       s.seq, s.sealed_at
    from audit_entries e left join users u on u.id = e.actor_id left join companies c on c.id = e.company_id
    left join audit_seals s on s.entry_id = e.id where ";

/// The whole entries, newest first.
pub async fn entries(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<Entry>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push("e.id in (");
    for (at, id) in ids.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(") order by e.id desc");
    conn.fetch_all(sql).await
}

pub async fn find(conn: &mut Conn, id: Id<Entry>) -> Result<Entry> {
    let mut sql = Sql::new(SELECT);
    sql.push("e.id = ?").bind(id);
    conn.fetch_one(sql).await
}

/// Whom the page can be narrowed to, among them who it is narrowed to now.
pub async fn people(conn: &mut Conn, chosen: Option<Uuid>) -> Result<Vec<(Id<User>, String)>> {
    let mut people: Vec<(Id<User>, String)> = conn
        .fetch_all(sql!(
            "select id, name from users order by case when id = ? then 0 else 1 end, name, id limit 500",
            chosen
        ))
        .await?;
    people.sort_by_key(|(id, name)| (text::sort_key(name), id.uuid()));
    Ok(people)
}

pub async fn company_name(conn: &mut Conn, id: Uuid) -> Result<Option<String>> {
    let found: Option<(String,)> = conn
        .fetch_optional(sql!("select name from companies where id = ?", id))
        .await?;
    Ok(found.map(|(name,)| name))
}
