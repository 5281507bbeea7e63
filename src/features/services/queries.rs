//! All SQL about services, their renewals and reminders. What belongs to a trashed company is not there.

use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::model::{
    Cycle, Draft, Kind, Outcome, Renewal, STEPS, Service, Status, horizon, searched,
};
use crate::{
    error::Result,
    features::companies::model::Company,
    platform::db::{
        Conn, Sql, Tx,
        dialect::{for_update, insert_or_ignore},
    },
    sql,
    types::{
        Currency, Email, Id, Lang,
        page::{Cursor, Key, Total},
        text,
    },
    web::access::Scope,
};

/// Counted exactly up to here; more is `1,000+`.
const FEW: i64 = 1000;

pub const PER_PAGE: i64 = 25;

const COLUMNS: &str = "select s.id, s.company_id, c.name as company, s.name, s.type, s.price_minor, s.currency, s.cycle, s.starts_on,
    s.renews_on, s.anchor_day, s.status, s.cancelled_on, s.notes, s.version, s.created_at, s.updated_at";

const FROM: &str = " from services s join companies c on c.id = s.company_id";

const LIVE: &str = " where s.live = 1 and c.live = 1";

fn within(sql: &mut Sql, scope: Scope) {
    if let Scope::Company(id) = scope {
        sql.push(" and s.company_id = ?").bind(id);
    }
}

pub async fn find(conn: &mut Conn, scope: Scope, id: Id<Service>) -> Result<Service> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(FROM).push(LIVE).push(" and s.id = ?").bind(id);
    within(&mut sql, scope);
    conn.fetch_one(sql).await
}

/// As `find`, but for a change: the row is locked until the transaction ends.
pub async fn find_to_change(tx: &mut Tx, scope: Scope, id: Id<Service>) -> Result<Service> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(FROM).push(LIVE).push(" and s.id = ?").bind(id);
    within(&mut sql, scope);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

/// The company of a live service, which is locked before the service itself.
pub async fn company_of(conn: &mut Conn, scope: Scope, id: Id<Service>) -> Result<Id<Company>> {
    let mut sql = sql!("select s.company_id");
    sql.push(FROM).push(LIVE).push(" and s.id = ?").bind(id);
    within(&mut sql, scope);
    Ok(conn.fetch_one::<(Id<Company>,)>(sql).await?.0)
}

/// The company of a service in the trash.
pub async fn company_of_trashed(
    conn: &mut Conn,
    scope: Scope,
    id: Id<Service>,
) -> Result<Id<Company>> {
    let mut sql = sql!("select s.company_id");
    sql.push(FROM)
        .push(" where s.deleted_at is not null and c.live = 1 and s.id = ?")
        .bind(id);
    within(&mut sql, scope);
    Ok(conn.fetch_one::<(Id<Company>,)>(sql).await?.0)
}

// ---- the list

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Folded words; each must begin a word of the service's name or be one that the company is found by.
    pub words: Vec<String>,
    pub kind: Option<Kind>,
    pub status: Option<Status>,
    pub cycles: Option<Cycles>,
    pub currency: Option<Currency>,
    /// Renewed within the month that begins on this day.
    pub renews: Option<NaiveDate>,
}

/// One cycle, or both that renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycles {
    One(Cycle),
    Recurring,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    RenewsOn,
    Name,
    Company,
    CreatedAt,
}

impl Column {
    /// Whether its values are moments or days, not the bytes of a name.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::RenewsOn | Self::CreatedAt)
    }

    fn key(self) -> &'static str {
        match self {
            Self::RenewsOn => "s.renews_key",
            Self::Name => "s.name_key",
            Self::Company => "c.name_key",
            Self::CreatedAt => "s.created_at",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

pub struct Listing {
    pub rows: Vec<Service>,
    pub total: Total,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
    /// How many rows are before the first one here.
    pub position: u32,
}

/// A row with what a cursor needs of it.
#[derive(sqlx::FromRow)]
struct Listed {
    #[sqlx(flatten)]
    service: Service,
    name_key: Vec<u8>,
    company_key: Vec<u8>,
    renews_key: NaiveDate,
}

impl Listed {
    fn cursor(&self, sort: Sort, position: u32, backwards: bool) -> Cursor {
        Cursor {
            key: match sort.column {
                Column::RenewsOn => Key::Time(self.renews_key.and_time(NaiveTime::MIN).and_utc()),
                Column::Name => Key::Bytes(self.name_key.clone()),
                Column::Company => Key::Bytes(self.company_key.clone()),
                Column::CreatedAt => Key::Time(self.service.created_at),
            },
            id: self.service.id.uuid(),
            position,
            backwards,
        }
    }
}

pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Listing> {
    let total = count(conn, scope, filter).await?;
    let (mut rows, more) = page(conn, scope, filter, sort, cursor, limit).await?;
    if rows.is_empty() && total.n > 0 && cursor.is_some() {
        // All that was on this page is gone: the list begins anew.
        return Box::pin(list(conn, scope, filter, sort, None, limit)).await;
    }
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    if backwards {
        rows.reverse();
    }
    let length = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let position = match cursor {
        None => 0,
        Some(cursor) if backwards => cursor.position.saturating_sub(length),
        Some(cursor) => cursor.position,
    };
    let has_previous = if backwards { more } else { cursor.is_some() };
    let has_next = backwards || more;
    let first = rows.first().filter(|_| has_previous);
    let last = rows.last().filter(|_| has_next);
    Ok(Listing {
        previous: first.map(|row| row.cursor(sort, position, true)),
        next: last.map(|row| row.cursor(sort, position.saturating_add(length), false)),
        total,
        position: if has_previous { position } else { 0 },
        rows: rows.into_iter().map(|row| row.service).collect(),
    })
}

/// The next rows of the list, and where the ones after them begin.
pub async fn export(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Service>, Option<Cursor>)> {
    let (rows, more) = page(conn, scope, filter, sort, cursor, limit).await?;
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| row.cursor(sort, 0, false));
    Ok((rows.into_iter().map(|row| row.service).collect(), next))
}

async fn count(conn: &mut Conn, scope: Scope, filter: &Filter) -> Result<Total> {
    let mut sql = sql!("select count(*) from (select 1 as one");
    sql.push(FROM);
    conditions(&mut sql, scope, filter);
    sql.push(" limit ?) few").bind(FEW + 1);
    let counted = conn.number(sql).await?;
    Ok(capped(counted))
}

fn capped(counted: i64) -> Total {
    let bound = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Total::of(bound(counted), bound(FEW))
}

/// Up to `limit` rows in the order of the walk, and whether there are more.
async fn page(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Listed>, bool)> {
    let descends = sort.descending != cursor.is_some_and(|cursor| cursor.backwards);
    let mut sql = Sql::new(COLUMNS);
    sql.push(", s.name_key, c.name_key as company_key, s.renews_key")
        .push(FROM);
    conditions(&mut sql, scope, filter);
    if let Some(cursor) = cursor {
        after(&mut sql, sort.column, cursor, descends);
    }
    let direction = if descends { " desc" } else { "" };
    sql.push(" order by ")
        .push(sort.column.key())
        .push(direction)
        .push(", s.id")
        .push(direction)
        .push(" limit ?")
        .bind(limit + 1);
    let mut rows: Vec<Listed> = conn.fetch_all(sql).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    Ok((rows, more))
}

/// Where the page begins, as a range that an index of either database serves.
fn after(sql: &mut Sql, column: Column, cursor: &Cursor, descends: bool) {
    let (or_equal, beyond) = if descends {
        (" <= ?", " < ?")
    } else {
        (" >= ?", " > ?")
    };
    let bind = |sql: &mut Sql| match &cursor.key {
        Key::Bytes(bytes) => drop(sql.bind(bytes.as_slice())),
        Key::Time(time) if column == Column::RenewsOn => drop(sql.bind(time.date_naive())),
        Key::Time(time) => drop(sql.bind(*time)),
    };
    sql.push(" and ").push(column.key()).push(or_equal);
    bind(sql);
    sql.push(" and (").push(column.key()).push(beyond);
    bind(sql);
    sql.push(" or s.id").push(beyond).push(")").bind(cursor.id);
}

fn conditions(sql: &mut Sql, scope: Scope, filter: &Filter) {
    sql.push(LIVE);
    within(sql, scope);
    if let Some(kind) = filter.kind {
        sql.push(" and s.type = ?").bind(kind);
    }
    if let Some(status) = filter.status {
        sql.push(" and s.status = ?").bind(status);
    }
    match filter.cycles {
        Some(Cycles::One(cycle)) => drop(sql.push(" and s.cycle = ?").bind(cycle)),
        Some(Cycles::Recurring) => drop(sql.push(" and s.cycle <> ?").bind(Cycle::Once)),
        None => {}
    }
    if let Some(currency) = filter.currency {
        sql.push(" and s.currency = ?").bind(currency);
    }
    if let Some(first) = filter.renews {
        // What is paid by the month renews in each month from its next renewal on, what is paid by the year in the same
        // month of each year.
        sql.push(" and s.status = ? and s.renews_on < ? and (s.cycle = ? or substr(cast(s.renews_on as char), 6, 2) = ?)")
            .bind(Status::Active)
            .bind(first + Months::new(1))
            .bind(Cycle::Monthly)
            .bind(first.format("%m").to_string());
    }
    for word in &filter.words {
        sql.push(" and (instr(s.words, ?) > 0 or exists (select 1 from company_words w where w.company_id = s.company_id and w.word >= ? and w.word < ?))")
            .bind(format!(" {word}"))
            .bind(word.as_str())
            .bind(format!("{word}\u{10ffff}"));
    }
}

// ---- of one company

/// The ones that renew next first, then those that do not.
pub async fn of_company(
    conn: &mut Conn,
    scope: Scope,
    company: Id<Company>,
    limit: i64,
) -> Result<Vec<Service>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(FROM)
        .push(LIVE)
        .push(" and s.company_id = ?")
        .bind(company);
    within(&mut sql, scope);
    sql.push(" order by s.renews_key, s.id limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// Which renewals: of a company or of one service.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Company(Id<Company>),
    Service(Id<Service>),
}

/// The newest first.
pub async fn renewals(conn: &mut Conn, scope: Scope, of: Of, limit: i64) -> Result<Vec<Renewal>> {
    let mut sql = sql!(
        "select r.service_id, s.name as service, r.period_start, r.period_end, r.price_minor, r.currency, r.created_at
         from renewals r join services s on s.id = r.service_id join companies c on c.id = s.company_id"
    );
    sql.push(LIVE);
    match of {
        Of::Company(id) => sql.push(" and r.company_id = ?").bind(id),
        Of::Service(id) => sql.push(" and r.service_id = ?").bind(id),
    };
    within(&mut sql, scope);
    sql.push(" order by r.period_start desc, r.id desc limit ?")
        .bind(limit);
    conn.fetch_all(sql).await
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reminder {
    pub renews_on: NaiveDate,
    pub step: i64,
    pub outcome: Outcome,
    pub created_at: DateTime<Utc>,
}

/// The newest first. The service was found within the scope.
pub async fn reminders(conn: &mut Conn, id: Id<Service>, limit: i64) -> Result<Vec<Reminder>> {
    conn.fetch_all(sql!(
        "select renews_on, step, outcome, created_at from reminders where service_id = ?
         order by renews_on desc, step limit ?",
        id,
        limit,
    ))
    .await
}

// ---- changes

pub async fn insert(
    tx: &mut Tx,
    id: Id<Service>,
    company: Id<Company>,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into services (id, company_id, name, name_key, words, type, price_minor, currency, cycle, starts_on, renews_on,
             anchor_day, status, notes, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        company,
        draft.name.as_str(),
        text::sort_key(&draft.name),
        searched(&draft.name),
        draft.kind,
        draft.price.minor,
        draft.price.currency,
        draft.cycle,
        draft.starts_on,
        draft.renews_on,
        draft.anchor_day,
        Status::Active,
        draft.notes.clone(),
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// `Conflict` if the row has moved on from `version`.
pub async fn update(
    tx: &mut Tx,
    id: Id<Service>,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update services set name = ?, name_key = ?, words = ?, type = ?, price_minor = ?, currency = ?, cycle = ?, starts_on = ?,
             renews_on = ?, anchor_day = ?, notes = ?, version = version + 1, updated_at = ?
         where id = ? and version = ? and live = 1",
        draft.name.as_str(),
        text::sort_key(&draft.name),
        searched(&draft.name),
        draft.kind,
        draft.price.minor,
        draft.price.currency,
        draft.cycle,
        draft.starts_on,
        draft.renews_on,
        draft.anchor_day,
        draft.notes.clone(),
        now,
        id,
        version,
    ))
    .await
}

/// Where a subscription stands, since when it is cancelled, and when it renews next.
pub struct Standing {
    pub status: Status,
    pub cancelled_on: Option<NaiveDate>,
    pub renews_on: Option<NaiveDate>,
}

pub async fn set_standing(
    tx: &mut Tx,
    id: Id<Service>,
    version: i64,
    standing: &Standing,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update services set status = ?, cancelled_on = ?, renews_on = ?, version = version + 1, updated_at = ?
         where id = ? and version = ? and live = 1",
        standing.status,
        standing.cancelled_on,
        standing.renews_on,
        now,
        id,
        version,
    ))
    .await
}

pub async fn trash(tx: &mut Tx, id: Id<Service>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update services set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
        now,
        now,
        id,
        version,
    ))
    .await
}

/// Out of the trash again; its company was found before.
pub async fn restore(tx: &mut Tx, id: Id<Service>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update services set deleted_at = null, version = version + 1, updated_at = ?
         where id = ? and version = ? and deleted_at is not null",
        now,
        id,
        version,
    ))
    .await
}

// ---- the trash

#[derive(Debug, sqlx::FromRow)]
pub struct Trashed {
    pub id: Id<Service>,
    pub name: String,
    pub company_id: Id<Company>,
    pub company: String,
    pub deleted_at: DateTime<Utc>,
    pub version: i64,
}

/// The newest first; those of a trashed company are in the trash with it.
pub async fn trashed(conn: &mut Conn, scope: Scope, limit: i64) -> Result<Vec<Trashed>> {
    let mut sql =
        sql!("select s.id, s.name, s.company_id, c.name as company, s.deleted_at, s.version");
    sql.push(FROM)
        .push(" where s.deleted_at is not null and c.live = 1");
    within(&mut sql, scope);
    sql.push(" order by s.deleted_at desc, s.id desc limit ?")
        .bind(limit);
    conn.fetch_all(sql).await
}

pub async fn trashed_count(conn: &mut Conn, scope: Scope) -> Result<Total> {
    let mut sql = sql!("select count(*) from (select 1 as one");
    sql.push(FROM)
        .push(" where s.deleted_at is not null and c.live = 1");
    within(&mut sql, scope);
    sql.push(" limit ?) few").bind(FEW + 1);
    Ok(capped(conn.number(sql).await?))
}

/// Up to `limit` services that went to the trash before a moment, the oldest first. What an issued invoice, a payment or
/// an accepted proposal hangs on is to be left out here.
pub async fn purgeable(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Id<Service>, Id<Company>)>> {
    conn.fetch_all(sql!(
        "select s.id, s.company_id from services s where s.deleted_at < ?
         order by s.deleted_at, s.id limit ?",
        before,
        limit,
    ))
    .await
}

/// Deletes one of those for good, with its renewals, reminders and mails; its name, unless it is back or gone by now.
pub async fn purge(
    tx: &mut Tx,
    company: Id<Company>,
    id: Id<Service>,
    before: DateTime<Utc>,
) -> Result<Option<String>> {
    // The company is locked before the service itself, as everybody does it.
    let mut sql = sql!("select id from companies where id = ?", company);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one::<(Uuid,)>(sql).await?;
    let mut sql = sql!(
        "select name from services where id = ? and deleted_at < ?",
        id,
        before
    );
    for_update(&mut sql, tx.is_sqlite());
    let found: Option<(String,)> = tx.fetch_optional(sql).await?;
    let Some((name,)) = found else {
        return Ok(None);
    };
    for delete in [
        sql!("delete from reminders where service_id = ?", id),
        sql!("delete from renewals where service_id = ?", id),
        sql!(
            "delete from mails where record_id = ? and record = 'services'",
            id
        ),
        sql!("delete from services where id = ?", id),
    ] {
        tx.execute(delete).await?;
    }
    Ok(Some(name))
}

// ---- the daily run

/// The next services, by the day of their renewal and then by id, of which something is due: a renewal, or a step of the
/// reminders that is not noted.
pub async fn due(
    conn: &mut Conn,
    scope: Scope,
    today: NaiveDate,
    after: Option<(NaiveDate, Id<Service>)>,
    limit: i64,
) -> Result<Vec<(NaiveDate, Id<Service>)>> {
    let mut sql = sql!("select s.renews_on, s.id");
    sql.push(FROM)
        .push(LIVE)
        .push(" and s.status = ? and s.renews_on <= ? and (s.renews_on <= ?")
        .bind(Status::Active)
        .bind(horizon(today))
        .bind(today);
    for step in STEPS {
        sql.push(" or (s.renews_on <= ? and not exists (select 1 from reminders r where r.service_id = s.id and r.renews_on = s.renews_on and r.step = ?))")
            .bind(today + chrono::TimeDelta::days(step))
            .bind(step);
    }
    sql.push(")");
    within(&mut sql, scope);
    if let Some((renews_on, id)) = after {
        sql.push(" and s.renews_on >= ? and (s.renews_on > ? or s.id > ?)")
            .bind(renews_on)
            .bind(renews_on)
            .bind(id);
    }
    sql.push(" order by s.renews_on, s.id limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// Whether it was made: a period is renewed once.
pub async fn insert_renewal(
    tx: &mut Tx,
    id: Uuid,
    service: &Service,
    (start, end): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> Result<bool> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into renewals (id, service_id, company_id, period_start, period_end, price_minor, currency, created_at)
         values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (service_id, period_start) do nothing",
        "insert ignore into renewals (id, service_id, company_id, period_start, period_end, price_minor, currency, created_at)
         values (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    let price = service.price();
    let made = tx
        .execute(
            insert
                .with(id)
                .with(service.id)
                .with(service.company_id)
                .with(start)
                .with(end)
                .with(price.minor)
                .with(price.currency)
                .with(now),
        )
        .await?;
    Ok(made == 1)
}

pub async fn steps_noted(
    conn: &mut Conn,
    id: Id<Service>,
    renews_on: NaiveDate,
) -> Result<Vec<i64>> {
    let steps: Vec<(i64,)> = conn
        .fetch_all(sql!(
            "select step from reminders where service_id = ? and renews_on = ?",
            id,
            renews_on
        ))
        .await?;
    Ok(steps.into_iter().map(|(step,)| step).collect())
}

/// Notes a step that is not noted yet: each is there once for a renewal.
pub async fn insert_reminder(
    tx: &mut Tx,
    id: Uuid,
    service: Id<Service>,
    (renews_on, step): (NaiveDate, i64),
    (outcome, mail): (Outcome, Option<Uuid>),
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into reminders (id, service_id, renews_on, step, outcome, mail_id, created_at) values (?, ?, ?, ?, ?, ?, ?)",
        id,
        service,
        renews_on,
        step,
        outcome,
        mail,
        now,
    ))
    .await?;
    Ok(())
}

/// The last day that the service was ever renewed up to.
pub async fn renewed_until(conn: &mut Conn, id: Id<Service>) -> Result<Option<NaiveDate>> {
    let (until,): (Option<NaiveDate>,) = conn
        .fetch_one(sql!(
            "select max(period_end) from renewals where service_id = ?",
            id
        ))
        .await?;
    Ok(until)
}

/// Whom a reminder goes to.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub email: Email,
    pub name: Option<String>,
    pub lang: Lang,
}

/// The company's primary contact if there is an address, else the company itself. The language is that of the client
/// with this address, else Turkish.
pub async fn recipient(
    conn: &mut Conn,
    scope: Scope,
    company: Id<Company>,
) -> Result<Option<Recipient>> {
    let mut sql = sql!(
        "select c.email, p.name, p.email from companies c
         left join contacts p on p.company_id = c.id and p.is_primary and p.live = 1 where c.id = ?",
        company,
    );
    if let Scope::Company(id) = scope {
        sql.push(" and c.id = ?").bind(id);
    }
    let found: Option<(Option<String>, Option<String>, Option<String>)> =
        conn.fetch_optional(sql).await?;
    let parsed = |email: Option<String>| email.and_then(|email| Email::parse(&email).ok());
    let reached = found.and_then(|(company, name, person)| match parsed(person) {
        Some(email) => Some((email, name)),
        None => parsed(company).map(|email| (email, None)),
    });
    let Some((email, name)) = reached else {
        return Ok(None);
    };
    let locale: Option<(Option<String>,)> = conn
        .fetch_optional(sql!(
            "select locale from users where email = ? and company_id = ?",
            email.as_str(),
            company
        ))
        .await?;
    let lang = locale
        .and_then(|(locale,)| locale)
        .and_then(|locale| Lang::parse(&locale).ok())
        .unwrap_or(Lang::Tr);
    Ok(Some(Recipient { email, name, lang }))
}

// ---- figures

/// Active subscriptions that are alike in what the figures ask about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Group {
    pub currency: Currency,
    pub cycle: Cycle,
    pub renews_on: NaiveDate,
    pub count: i64,
    pub sum: i64,
}

/// All active ones that renew, by currency, cycle and day.
pub async fn groups(conn: &mut Conn, scope: Scope) -> Result<Vec<Group>> {
    let mut sql = sql!(
        "select s.currency, s.cycle, s.renews_on, count(*) as count, cast(sum(s.price_minor) as signed) as sum"
    );
    sql.push(FROM)
        .push(LIVE)
        .push(" and s.status = ? and s.renews_on is not null")
        .bind(Status::Active);
    within(&mut sql, scope);
    sql.push(" group by s.currency, s.cycle, s.renews_on order by s.renews_on");
    conn.fetch_all(sql).await
}

/// The next renewals up to a day.
pub async fn coming(
    conn: &mut Conn,
    scope: Scope,
    until: NaiveDate,
    limit: i64,
) -> Result<Vec<Service>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(FROM)
        .push(LIVE)
        .push(" and s.status = ? and s.renews_on <= ?")
        .bind(Status::Active)
        .bind(until);
    within(&mut sql, scope);
    sql.push(" order by s.renews_on, s.id limit ?").bind(limit);
    conn.fetch_all(sql).await
}
