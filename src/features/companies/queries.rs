//! All SQL about companies.
//!
//! The list is fast at any size because each question walks one index: with at most one filter the index of that
//! filter in the sort's order; a search the words' index; few rows (`FEW`) are looked up and then sorted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{
    Company, DangerClass, Draft, Listed, Source, Status, Why, core_beginnings, core_name,
    search_words,
};
use crate::{
    error::Result,
    platform::db::{Conn, Sql, Tx},
    sql,
    types::{
        Id,
        page::{Cursor, Key, Total},
        text,
    },
    web::access::Scope,
};

/// Counted exactly up to here; more is `1,000+`. Up to as many rows are also cheap to sort.
const FEW: i64 = 1000;

pub const PER_PAGE: i64 = 25;

const COLUMNS: &str = "c.id, c.name, c.tax_id, c.tax_office, c.email, c.phone, c.address, c.nace_code, c.danger_class,
    c.source, c.status, c.version, c.created_at, c.updated_at";

const EXPORTED: &str = "c.id, c.name, c.tax_id, c.tax_office, c.email, c.phone, c.address, c.nace_code, c.danger_class,
    c.source, c.status, c.version, c.created_at, c.updated_at, c.name_key";

const LISTED: &str = "c.id, c.name, c.name_key, c.status, c.danger_class, c.source, c.tax_id, c.phone, c.email, c.created_at, c.updated_at";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Folded words; each must begin a word of the company.
    pub words: Vec<String>,
    pub status: Option<Status>,
    pub source: Option<Source>,
    pub danger_class: Option<DangerClass>,
    /// Added from the first moment on and before the second.
    pub created: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    CreatedAt,
    UpdatedAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

pub struct Listing {
    pub rows: Vec<Listed>,
    pub total: Total,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
    /// How many rows are before the first one here.
    pub position: u32,
}

pub async fn find(conn: &mut Conn, scope: Scope, id: Id<Company>) -> Result<Company> {
    let mut sql = Sql::new("select ");
    sql.push(COLUMNS)
        .push(" from companies c where c.id = ? and c.live = 1")
        .bind(id);
    within(&mut sql, scope);
    conn.fetch_one(sql).await
}

/// As `find`, but for a change: the row is locked until the transaction ends.
pub async fn find_to_change(tx: &mut Tx, scope: Scope, id: Id<Company>) -> Result<Company> {
    let mut sql = Sql::new("select ");
    sql.push(COLUMNS)
        .push(" from companies c where c.id = ? and c.live = 1")
        .bind(id);
    within(&mut sql, scope);
    crate::platform::db::dialect::for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

fn within(sql: &mut Sql, scope: Scope) {
    if let Scope::Company(id) = scope {
        sql.push(" and c.id = ?").bind(id);
    }
}

// ---- the list

pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Listing> {
    let (total, plan) = plan(conn, scope, filter, sort).await?;
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let mut rows: Vec<Listed> = if total == 0 {
        Vec::new()
    } else {
        conn.fetch_all(page_of(
            LISTED,
            scope,
            filter,
            sort,
            cursor,
            plan,
            limit + 1,
        ))
        .await?
    };
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    if backwards {
        rows.reverse();
    }
    Ok(listing(rows, total, sort, cursor, more))
}

/// A row with all columns, and what a cursor needs of it.
#[derive(sqlx::FromRow)]
struct Exported {
    #[sqlx(flatten)]
    company: Company,
    name_key: Vec<u8>,
}

/// The next rows of the list with all their columns, and where the ones after them begin.
pub async fn export(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Company>, Option<Cursor>)> {
    let (_, plan) = plan(conn, scope, filter, sort).await?;
    let mut rows: Vec<Exported> = conn
        .fetch_all(page_of(
            EXPORTED,
            scope,
            filter,
            sort,
            cursor,
            plan,
            limit + 1,
        ))
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| Cursor {
        key: match sort.column {
            Column::Name => Key::Bytes(row.name_key.clone()),
            Column::CreatedAt => Key::Time(row.company.created_at),
            Column::UpdatedAt => Key::Time(row.company.updated_at),
        },
        id: row.company.id.uuid(),
        position: 0,
        backwards: false,
    });
    Ok((rows.into_iter().map(|row| row.company).collect(), next))
}

fn listing(
    rows: Vec<Listed>,
    total: i64,
    sort: Sort,
    cursor: Option<&Cursor>,
    more: bool,
) -> Listing {
    let length = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let position = match cursor {
        None => 0,
        Some(cursor) if backwards => cursor.position.saturating_sub(length),
        Some(cursor) => cursor.position,
    };
    let at = |row: &Listed, position: u32, backwards: bool| Cursor {
        key: sort_key(row, sort),
        id: row.id.uuid(),
        position,
        backwards,
    };
    let has_previous = if backwards { more } else { cursor.is_some() };
    let has_next = if backwards { true } else { more };
    Listing {
        previous: rows
            .first()
            .filter(|_| has_previous)
            .map(|row| at(row, position, true)),
        next: rows
            .last()
            .filter(|_| has_next)
            .map(|row| at(row, position.saturating_add(length), false)),
        total: Total::of(
            u32::try_from(total).unwrap_or(u32::MAX),
            u32::try_from(FEW).unwrap_or(u32::MAX),
        ),
        position: if has_previous { position } else { 0 },
        rows,
    }
}

fn sort_key(row: &Listed, sort: Sort) -> Key {
    match sort.column {
        Column::Name => Key::Bytes(row.name_key.clone()),
        Column::CreatedAt => Key::Time(row.created_at),
        Column::UpdatedAt => Key::Time(row.updated_at),
    }
}

/// Which way to the rows is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// The index in the sort's order meets enough rows that fit.
    InOrder,
    /// A frequent beginning of a word: the words' index in the sort's order.
    WordInOrder,
    /// Few rows have the word: take them all, then sort.
    FewByWord,
    /// Few rows pass the filters: take them all, then sort.
    FewByFilter,
}

/// The count, up to one more than `FEW`, and with it the plan.
async fn plan(conn: &mut Conn, scope: Scope, filter: &Filter, sort: Sort) -> Result<(i64, Plan)> {
    let Some(word) = filter.driver() else {
        let count = conn.number(count_by_filter(scope, filter)).await?;
        let one_index_serves = filter.facets() == 0
            || (filter.facets() == 1
                && (filter.created.is_none() || sort.column == Column::CreatedAt));
        let plan = if one_index_serves || count > FEW {
            Plan::InOrder
        } else {
            Plan::FewByFilter
        };
        return Ok((count, plan));
    };
    let mut sql =
        sql!("select count(*) from (select distinct w.company_id from company_words w where");
    begins(&mut sql, word);
    sql.push(" limit ?) few").bind(FEW + 1);
    let with_word = conn.number(sql).await?;
    let only_the_word = filter.facets() == 0 && filter.words.len() == 1 && scope == Scope::All;
    if with_word <= FEW {
        let count = if only_the_word {
            with_word
        } else {
            let mut sql = sql!("select count(*) from ");
            few_by_word(&mut sql, word);
            sql.push(" where 1 = 1");
            conditions(&mut sql, scope, filter);
            conn.number(sql).await?
        };
        return Ok((count, Plan::FewByWord));
    }
    let count = if only_the_word {
        with_word
    } else {
        conn.number(count_by_filter(scope, filter)).await?
    };
    let plan = match count {
        count if count <= FEW => Plan::FewByFilter,
        _ if word.chars().count() >= 3 => Plan::WordInOrder,
        _ => Plan::InOrder,
    };
    Ok((count, plan))
}

fn count_by_filter(scope: Scope, filter: &Filter) -> Sql {
    let mut sql = sql!("select count(*) from (select 1 as one from companies c where c.live = 1");
    conditions(&mut sql, scope, filter);
    sql.push(" limit ?) few").bind(FEW + 1);
    sql
}

fn page_of(
    columns: &'static str,
    scope: Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    plan: Plan,
    limit: i64,
) -> Sql {
    let mut sql = Sql::new("select ");
    sql.push(columns).push(" from ");
    let by_word = plan == Plan::WordInOrder;
    match (plan, filter.driver()) {
        (Plan::WordInOrder, Some(word)) => {
            let prefix: String = word.chars().take(3).collect();
            sql.push(
                "company_words w cross join companies c on c.id = w.company_id where w.prefix = ?",
            )
            .bind(prefix);
            sql.push(" and");
            begins(&mut sql, word);
            // A company may have several words that begin so: its first one speaks for it.
            sql.push(" and not exists (select 1 from company_words e where e.company_id = w.company_id and e.word >= ? and e.word < w.word)").bind(word);
            conditions(&mut sql, scope, filter);
        }
        (Plan::FewByWord, Some(word)) => {
            few_by_word(&mut sql, word);
            sql.push(" where 1 = 1");
            conditions(&mut sql, scope, filter);
        }
        (Plan::FewByFilter, _) => {
            sql.push("(select c.id as company_id from companies c where c.live = 1");
            conditions(&mut sql, scope, filter);
            sql.push(" limit ?) few cross join companies c on c.id = few.company_id where 1 = 1")
                .bind(FEW + 1);
        }
        _ => {
            sql.push("companies c where c.live = 1");
            conditions(&mut sql, scope, filter);
        }
    }
    after(&mut sql, sort, cursor, by_word);
    sql.push(" limit ?").bind(limit);
    sql
}

/// The companies with a word that few have; the limit keeps both databases from turning the join around.
fn few_by_word(sql: &mut Sql, word: &str) {
    sql.push("(select distinct w.company_id from company_words w where");
    begins(sql, word);
    sql.push(" limit ?) few cross join companies c on c.id = few.company_id")
        .bind(FEW + 1);
}

/// ` w.word` begins with the word, as a range that an index serves on both databases.
fn begins(sql: &mut Sql, word: &str) {
    sql.push(" w.word >= ? and w.word < ?")
        .bind(word)
        .bind(format!("{word}\u{10ffff}"));
}

fn conditions(sql: &mut Sql, scope: Scope, filter: &Filter) {
    within(sql, scope);
    if let Some(status) = filter.status {
        sql.push(" and c.status = ?").bind(status);
    }
    if let Some(source) = filter.source {
        sql.push(" and c.source = ?").bind(source);
    }
    if let Some(danger_class) = filter.danger_class {
        sql.push(" and c.danger_class = ?").bind(danger_class);
    }
    if let Some((from, to)) = filter.created {
        sql.push(" and c.created_at >= ? and c.created_at < ?")
            .bind(from)
            .bind(to);
    }
    for word in &filter.words {
        sql.push(" and exists (select 1 from company_words x where x.company_id = c.id and x.word >= ? and x.word < ?)");
        sql.bind(word.as_str()).bind(format!("{word}\u{10ffff}"));
    }
}

/// Where the page begins, and the order. `a >= x and (a > x or id > y)` is a range for both databases' indexes, which
/// `(a, id) > (x, y)` is not for `MySQL`'s.
fn after(sql: &mut Sql, sort: Sort, cursor: Option<&Cursor>, by_word: bool) {
    let (key, id) = match (sort.column, by_word) {
        (Column::Name, false) => ("c.name_key", "c.id"),
        (Column::CreatedAt, false) => ("c.created_at", "c.id"),
        (Column::UpdatedAt, false) => ("c.updated_at", "c.id"),
        (Column::Name, true) => ("w.name_key", "w.company_id"),
        (Column::CreatedAt, true) => ("w.created_at", "w.company_id"),
        (Column::UpdatedAt, true) => ("w.updated_at", "w.company_id"),
    };
    let descending = sort.descending != cursor.is_some_and(|cursor| cursor.backwards);
    if let Some(cursor) = cursor {
        let (or_equal, beyond) = if descending {
            (" <= ?", " < ?")
        } else {
            (" >= ?", " > ?")
        };
        let bind = |sql: &mut Sql| match &cursor.key {
            Key::Bytes(bytes) => drop(sql.bind(bytes.as_slice())),
            Key::Time(time) => drop(sql.bind(*time)),
        };
        sql.push(" and ").push(key).push(or_equal);
        bind(sql);
        sql.push(" and (").push(key).push(beyond);
        bind(sql);
        sql.push(" or ")
            .push(id)
            .push(beyond)
            .push(")")
            .bind(cursor.id);
    }
    let direction = if descending { " desc" } else { "" };
    sql.push(" order by ")
        .push(key)
        .push(direction)
        .push(", ")
        .push(id)
        .push(direction);
}

impl Filter {
    /// The longest word is the rarest, as a rule.
    fn driver(&self) -> Option<&str> {
        self.words
            .iter()
            .map(String::as_str)
            .max_by_key(|word| word.len())
    }

    fn facets(&self) -> usize {
        usize::from(self.status.is_some())
            + usize::from(self.source.is_some())
            + usize::from(self.danger_class.is_some())
            + usize::from(self.created.is_some())
    }
}

// ---- similar ones

#[derive(Debug, sqlx::FromRow)]
pub struct Similar {
    pub id: Id<Company>,
    pub name: String,
    pub tax_id: Option<String>,
}

/// Companies that may be the one being typed: the same tax id first, then names that begin alike.
pub async fn similar(
    conn: &mut Conn,
    scope: Scope,
    name: &str,
    tax_id: Option<&str>,
    except: Option<Id<Company>>,
) -> Result<Vec<(Similar, Why)>> {
    const MOST: i64 = 5;
    let select = "select c.id, c.name, c.tax_id from companies c where c.live = 1";
    let mut found: Vec<(Similar, Why)> = Vec::new();
    if let Some(tax_id) = tax_id {
        let mut sql = Sql::new(select);
        sql.push(" and c.tax_id = ?").bind(tax_id);
        within(&mut sql, scope);
        sql.push(" order by c.id limit ?").bind(MOST);
        found.extend(
            conn.fetch_all(sql)
                .await?
                .into_iter()
                .map(|similar| (similar, Why::TaxId)),
        );
    }
    let core = core_name(name);
    let beginnings = core_beginnings(&core);
    if !beginnings.is_empty() {
        let mut sql = Sql::new(select);
        sql.push(" and (c.name_folded in (?")
            .bind(beginnings[0].as_str());
        for beginning in &beginnings[1..] {
            sql.push(", ?").bind(beginning.as_str());
        }
        sql.push(") or (c.name_folded >= ? and c.name_folded < ?))")
            .bind(core.as_str())
            .bind(format!("{core}\u{10ffff}"));
        within(&mut sql, scope);
        sql.push(" order by c.name_folded, c.id limit ?").bind(MOST);
        let by_name: Vec<Similar> = conn.fetch_all(sql).await?;
        let fresh: Vec<_> = by_name
            .into_iter()
            .filter(|new| found.iter().all(|(old, _)| old.id != new.id))
            .collect();
        found.extend(fresh.into_iter().map(|similar| (similar, Why::Name)));
    }
    found.retain(|(similar, _)| Some(similar.id) != except);
    Ok(found)
}

// ---- changes

pub async fn insert(tx: &mut Tx, id: Id<Company>, draft: &Draft, now: DateTime<Utc>) -> Result<()> {
    let name_key = text::sort_key(&draft.name);
    tx.execute(sql!(
        "insert into companies (id, name, name_key, name_folded, tax_id, tax_office, email, phone, address, nace_code,
             danger_class, source, status, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        draft.name.as_str(),
        name_key.as_slice(),
        core_name(&draft.name),
        draft.tax_id.clone(),
        draft.tax_office.clone(),
        draft.email.clone(),
        draft.phone.clone(),
        draft.address.clone(),
        draft.nace_code.clone(),
        draft.danger_class,
        draft.source,
        draft.status,
        now,
        now,
    ))
    .await?;
    insert_words(
        tx,
        id,
        &draft.name,
        draft.tax_id.as_deref(),
        draft.email.as_deref(),
        now,
        now,
    )
    .await
}

/// `Conflict` if the row has moved on from `version`.
pub async fn update(
    tx: &mut Tx,
    company: &Company,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
            "update companies set name = ?, name_key = ?, name_folded = ?, tax_id = ?, tax_office = ?, email = ?, phone = ?,
                 address = ?, nace_code = ?, danger_class = ?, source = ?, status = ?, version = version + 1, updated_at = ?
             where id = ? and version = ? and live = 1",
            draft.name.as_str(),
            text::sort_key(&draft.name),
            core_name(&draft.name),
            draft.tax_id.clone(),
            draft.tax_office.clone(),
            draft.email.clone(),
            draft.phone.clone(),
            draft.address.clone(),
            draft.nace_code.clone(),
            draft.danger_class,
            draft.source,
            draft.status,
            now,
            company.id,
            version,
        ))
    .await?;
    delete_words(tx, company.id).await?;
    insert_words(
        tx,
        company.id,
        &draft.name,
        draft.tax_id.as_deref(),
        draft.email.as_deref(),
        company.created_at,
        now,
    )
    .await
}

pub async fn set_status(
    tx: &mut Tx,
    id: Id<Company>,
    version: i64,
    status: Status,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
            "update companies set status = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            status,
            now,
            id,
            version,
        ))
    .await?;
    tx.execute(sql!(
        "update company_words set updated_at = ? where company_id = ?",
        now,
        id
    ))
    .await?;
    Ok(())
}

/// Into the trash. Its words go, so that no search finds it; its people, notes and activities are hidden by its state.
pub async fn trash(tx: &mut Tx, id: Id<Company>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
            "update companies set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            now,
            now,
            id,
            version,
        ))
    .await?;
    delete_words(tx, id).await
}

/// Out of the trash again.
pub async fn restore(
    tx: &mut Tx,
    scope: Scope,
    id: Id<Company>,
    version: i64,
    now: DateTime<Utc>,
) -> Result<Company> {
    let mut sql = Sql::new("select ");
    sql.push(COLUMNS)
        .push(" from companies c where c.id = ? and c.deleted_at is not null")
        .bind(id);
    within(&mut sql, scope);
    let company: Company = tx.fetch_one(sql).await?;
    tx.change(sql!(
        "update companies set deleted_at = null, version = version + 1, updated_at = ?
             where id = ? and version = ? and deleted_at is not null",
        now,
        id,
        version,
    ))
    .await?;
    insert_words(
        tx,
        id,
        &company.name,
        company.tax_id.as_deref(),
        company.email.as_deref(),
        company.created_at,
        now,
    )
    .await?;
    Ok(company)
}

async fn insert_words(
    tx: &mut Tx,
    id: Id<Company>,
    name: &str,
    tax_id: Option<&str>,
    email: Option<&str>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
) -> Result<()> {
    let name_key = text::sort_key(name);
    let words = search_words(name, tax_id, email);
    if words.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(
        "insert into company_words (company_id, word, prefix, name_key, created_at, updated_at) values ",
    );
    for (at, word) in words.into_iter().enumerate() {
        sql.push(if at == 0 {
            "(?, ?, ?, ?, ?, ?)"
        } else {
            ", (?, ?, ?, ?, ?, ?)"
        });
        sql.bind(id)
            .bind(word.word)
            .bind(word.prefix)
            .bind(name_key.as_slice())
            .bind(created_at)
            .bind(updated_at);
    }
    tx.execute(sql).await?;
    Ok(())
}

async fn delete_words(tx: &mut Tx, id: Id<Company>) -> Result<()> {
    tx.execute(sql!("delete from company_words where company_id = ?", id))
        .await?;
    Ok(())
}

// ---- the trash

#[derive(Debug, sqlx::FromRow)]
pub struct Trashed {
    pub id: Id<Company>,
    pub name: String,
    pub deleted_at: DateTime<Utc>,
    pub version: i64,
}

/// The newest first, and whether there are more. `before` is where the last page ended.
pub async fn trashed(
    conn: &mut Conn,
    scope: Scope,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Trashed>> {
    let mut sql = sql!(
        "select c.id, c.name, c.deleted_at, c.version from companies c where c.deleted_at is not null"
    );
    within(&mut sql, scope);
    if let Some(Cursor {
        key: Key::Time(time),
        id,
        ..
    }) = cursor
    {
        sql.push(" and c.deleted_at <= ? and (c.deleted_at < ? or c.id < ?)")
            .bind(*time)
            .bind(*time)
            .bind(*id);
    }
    sql.push(" order by c.deleted_at desc, c.id desc limit ?")
        .bind(limit);
    conn.fetch_all(sql).await
}

pub async fn trashed_count(conn: &mut Conn, scope: Scope) -> Result<Total> {
    let mut sql = sql!(
        "select count(*) from (select 1 as one from companies c where c.deleted_at is not null"
    );
    within(&mut sql, scope);
    sql.push(" limit ?) few").bind(FEW + 1);
    let count = conn.number(sql).await?;
    Ok(Total::of(
        u32::try_from(count).unwrap_or(u32::MAX),
        u32::try_from(FEW).unwrap_or(u32::MAX),
    ))
}

// ---- figures

/// Live companies by status.
pub async fn count_by_status(conn: &mut Conn, scope: Scope) -> Result<Vec<(Status, i64)>> {
    let mut sql = sql!("select c.status, count(*) from companies c where c.live = 1");
    within(&mut sql, scope);
    sql.push(" group by c.status");
    conn.fetch_all(sql).await
}

/// How many live companies were added in each span, from its first moment on and before its second, in one query.
pub async fn count_created(
    conn: &mut Conn,
    scope: Scope,
    spans: &[(DateTime<Utc>, DateTime<Utc>)],
) -> Result<Vec<i64>> {
    let mut sql = Sql::new("");
    for (at, (from, to)) in (0_i64..).zip(spans) {
        sql.push(if at == 0 {
            "select "
        } else {
            " union all select "
        });
        sql.push("? as span, count(*) as added from companies c where c.live = 1 and c.created_at >= ? and c.created_at < ?");
        sql.bind(at).bind(*from).bind(*to);
        within(&mut sql, scope);
    }
    sql.push(" order by span");
    let counted: Vec<(i64, i64)> = conn.fetch_all(sql).await?;
    Ok(counted.into_iter().map(|(_, added)| added).collect())
}

/// How many contacts, notes and activities a company has.
pub async fn counts(conn: &mut Conn, id: Id<Company>) -> Result<(i64, i64, i64)> {
    let uuid: Uuid = id.uuid();
    conn.fetch_one(sql!(
        "select (select count(*) from contacts where company_id = ? and live = 1),
                (select count(*) from notes where company_id = ? and live = 1),
                (select count(*) from activities where company_id = ? and live = 1)",
        uuid,
        uuid,
        uuid,
    ))
    .await
}
