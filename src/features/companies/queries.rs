//! All SQL about companies.
//!
//! The list is fast at any size because each question is answered within one index, and rows are looked up only for
//! the page: every index of the list ends with all that the filters ask about. With at most one filter it is the index
//! that begins with it, in the sort's order; a search goes through the words' indexes.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{
    Company, DangerClass, Draft, Listed, PREFIX, Source, Status, Why, core_beginnings, core_name,
    search_words,
};
use crate::{
    error::{Error, Result},
    platform::db::{
        Arg, Conn, Record, Sql, Tx,
        dialect::{for_update, force_index},
    },
    sql,
    types::{
        Id, date,
        page::{Cursor, Key, Total},
        text,
    },
    web::access::Scope,
};

/// Counted exactly up to here; more is `1,000+`.
const FEW: i64 = 1000;

/// As many entries of a word are sooner sorted than met in another order.
const SORTABLE: i64 = 20_000;

/// As many are sorted in less time than it takes to find out whether another order meets them soon.
const SOON_SORTED: i64 = 2_000;

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
    /// Added in the month that begins on this day, in Istanbul.
    pub created: Option<NaiveDate>,
}

/// Of all the filters' columns.
const FACETS: &str = " force index (companies_facets)";

impl Filter {
    /// How many filters are set, words apart.
    fn facets(&self) -> usize {
        [
            self.status.is_some(),
            self.source.is_some(),
            self.danger_class.is_some(),
            self.created.is_some(),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    /// The index that has the rows of the one filter that is set, or all, in the order of a sort.
    fn index(&self, column: Column) -> &'static str {
        let [by_name, by_created, by_updated] = if self.status.is_some() {
            [
                " force index (companies_status_name)",
                " force index (companies_status_created)",
                " force index (companies_status_updated)",
            ]
        } else if self.source.is_some() {
            [
                " force index (companies_source_name)",
                " force index (companies_source_created)",
                " force index (companies_source_updated)",
            ]
        } else if self.danger_class.is_some() {
            [
                " force index (companies_danger_name)",
                " force index (companies_danger_created)",
                " force index (companies_danger_updated)",
            ]
        } else if self.created.is_some() {
            [
                " force index (companies_month_name)",
                " force index (companies_month_created)",
                " force index (companies_month_updated)",
            ]
        } else {
            [
                " force index (companies_name)",
                " force index (companies_created)",
                " force index (companies_updated)",
            ]
        };
        match column {
            Column::Name => by_name,
            Column::CreatedAt => by_created,
            Column::UpdatedAt => by_updated,
        }
    }
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
    for_update(&mut sql, tx.is_sqlite());
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
    let (total, way) = way(conn, scope, filter).await?;
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let mut rows: Vec<Listed> = if total == 0 {
        Vec::new()
    } else {
        let page = Page {
            scope,
            filter,
            sort,
            cursor,
            limit: limit + 1,
            is_sqlite: conn.is_sqlite(),
        };
        page.rows(conn, LISTED, way, total).await?
    };
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    if backwards {
        rows.reverse();
    }
    if rows.is_empty() && total > 0 && cursor.is_some() {
        // All that was on this page is gone: the list begins anew.
        return Box::pin(list(conn, scope, filter, sort, None, limit)).await;
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
    let (total, way) = way(conn, scope, filter).await?;
    let page = Page {
        scope,
        filter,
        sort,
        cursor,
        limit: limit + 1,
        is_sqlite: conn.is_sqlite(),
    };
    let mut rows: Vec<Exported> = page.rows(conn, EXPORTED, way, total).await?;
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

/// Through which index the rows of a page are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way<'a> {
    /// The companies in the sort's order.
    Companies,
    /// The few companies of several filters, then sorted.
    Few,
    /// The words with the same first three letters in the sort's order, for some way: many companies have this word.
    Near(&'a str),
    /// All entries of this word, then sorted.
    Word(&'a str),
    /// The same, each company once.
    Distinct(&'a str),
}

/// The count, up to one more than `FEW`, and with it the way.
async fn way<'a>(conn: &mut Conn, scope: Scope, filter: &'a Filter) -> Result<(i64, Way<'a>)> {
    if filter.words.is_empty() {
        let count = companies_of(conn, scope, filter, FEW).await?;
        let few = filter.facets() > 1 && count <= FEW;
        return Ok((count, if few { Way::Few } else { Way::Companies }));
    }
    if filter.facets() > 1 {
        let without_words = Filter {
            words: Vec::new(),
            ..filter.clone()
        };
        if companies_of(conn, scope, &without_words, SOON_SORTED).await? <= SOON_SORTED {
            return Ok((companies_of(conn, scope, filter, FEW).await?, Way::Few));
        }
    }
    let Some((word, entries)) = rarest(conn, filter).await? else {
        return Err(Error::internal("a search without words"));
    };
    let mut sql = sql!("select count(*) from (select distinct w.company_id from company_words w");
    force_index(
        &mut sql,
        conn.is_sqlite(),
        " force index (company_words_word)",
    );
    sql.push(" where");
    begins(&mut sql, word);
    conditions(&mut sql, WORDS, scope, filter, Some(word));
    sql.push(" limit ?) few").bind(FEW + 1);
    let count = conn.number(sql).await?;
    let way = if count <= FEW {
        Way::Word(word)
    } else if word.chars().count() >= PREFIX {
        if entries_of(conn, word, SOON_SORTED).await? <= SOON_SORTED {
            Way::Word(word)
        } else {
            Way::Near(word)
        }
    } else if entries <= SORTABLE {
        Way::Word(word)
    } else {
        Way::Companies
    };
    Ok((count, way))
}

/// The searched word with the fewest entries, and how many they are, up to one more than `SORTABLE`. A single word is
/// not counted where the number would change nothing.
async fn rarest<'a>(conn: &mut Conn, filter: &'a Filter) -> Result<Option<(&'a str, i64)>> {
    if let [word] = filter.words.as_slice()
        && word.chars().count() >= PREFIX
    {
        return Ok(Some((word, SORTABLE)));
    }
    let mut rarest = None;
    for word in &filter.words {
        let entries = entries_of(conn, word, SORTABLE).await?;
        if rarest.is_none_or(|(_, fewest)| entries < fewest) {
            rarest = Some((word.as_str(), entries));
        }
    }
    Ok(rarest)
}

/// The companies of a filter, up to one more than `cap`.
async fn companies_of(conn: &mut Conn, scope: Scope, filter: &Filter, cap: i64) -> Result<i64> {
    let mut sql = sql!("select count(*) from (select 1 as one from companies c");
    let hint = match scope {
        // By its id.
        Scope::Company(_) => "",
        Scope::All if filter.facets() > 1 || filter.status.is_some() => FACETS,
        Scope::All => filter.index(Column::CreatedAt),
    };
    force_index(&mut sql, conn.is_sqlite(), hint);
    sql.push(" where c.live = 1");
    conditions(&mut sql, COMPANIES, scope, filter, None);
    sql.push(" limit ?) few").bind(cap + 1);
    conn.number(sql).await
}

/// The entries of a word, up to one more than `cap`.
async fn entries_of(conn: &mut Conn, word: &str, cap: i64) -> Result<i64> {
    let mut sql = sql!("select count(*) from (select 1 as one from company_words w");
    force_index(
        &mut sql,
        conn.is_sqlite(),
        " force index (company_words_word)",
    );
    sql.push(" where");
    begins(&mut sql, word);
    sql.push(" limit ?) few").bind(cap + 1);
    conn.number(sql).await
}

/// Where the list's rows are found. The tables both have the columns of the filters and the sorts.
#[derive(Clone, Copy)]
struct Place {
    /// With a point.
    alias: &'static str,
    id: &'static str,
}

const COMPANIES: Place = Place {
    alias: "c.",
    id: "c.id",
};

const WORDS: Place = Place {
    alias: "w.",
    id: "w.company_id",
};

/// The first entries of a word, of which some may be the same company's.
const ENTRY: Place = Place {
    alias: "e.",
    id: "e.id",
};

/// What was found in one of them.
const FOUND: Place = Place {
    alias: "page.",
    id: "page.id",
};

/// So many entries are taken for each company of a page. Few companies have more words that begin alike, and telling
/// companies apart among all entries takes longer than finding them.
const ENTRIES: i64 = 2;

/// A page of the list, and one row more if there is one.
struct Page<'a> {
    scope: Scope,
    filter: &'a Filter,
    sort: Sort,
    cursor: Option<&'a Cursor>,
    limit: i64,
    is_sqlite: bool,
}

impl Page<'_> {
    /// By the shortest way, and by longer ones while the page is not full though there may be more.
    async fn rows<T: Record>(
        &self,
        conn: &mut Conn,
        columns: &'static str,
        mut way: Way<'_>,
        total: i64,
    ) -> Result<Vec<T>> {
        loop {
            let rows: Vec<T> = conn.fetch_all(self.query(columns, way)).await?;
            let found = i64::try_from(rows.len()).map_err(Error::internal)?;
            let is_full = found == self.limit || (found == total && total <= FEW);
            way = match way {
                Way::Near(word)
                    if !is_full && conn.number(self.near_count(word)).await? > self.near() =>
                {
                    Way::Word(word)
                }
                Way::Near(word) | Way::Word(word)
                    if !is_full
                        && conn.number(self.entries_count(way)).await? == self.limit * ENTRIES =>
                {
                    Way::Distinct(word)
                }
                _ => return Ok(rows),
            };
        }
    }

    /// The ids are found within an index, and then the rows by them.
    fn query(&self, columns: &'static str, way: Way) -> Sql {
        let mut sql = Sql::new("select ");
        sql.push(columns).push(" from (select ");
        let takes_entries = matches!(way, Way::Near(_) | Way::Word(_));
        if takes_entries {
            sql.push("distinct e.id, e.")
                .push(self.key())
                .push(" from (select ");
        } else if matches!(way, Way::Distinct(_)) {
            sql.push("distinct ");
        }
        self.entries(&mut sql, way);
        if takes_entries {
            sql.push(" limit ?) e").bind(self.limit * ENTRIES);
            self.order(&mut sql, ENTRY);
        }
        sql.push(" limit ?) page cross join companies c on c.id = page.id")
            .bind(self.limit);
        self.order(&mut sql, FOUND);
        sql
    }

    /// What the way leads over, in the sort's order: ids and sort keys.
    fn entries(&self, sql: &mut Sql, way: Way) {
        let (place, word) = match way {
            Way::Companies | Way::Few => (COMPANIES, None),
            Way::Near(word) | Way::Word(word) | Way::Distinct(word) => (WORDS, Some(word)),
        };
        sql.push(place.id).push(" as id, ").push(place.alias);
        sql.push(self.key()).push(" from ");
        match way {
            Way::Companies | Way::Few => {
                sql.push("companies c");
                let hint = match way {
                    Way::Few => FACETS,
                    _ if self.filter.facets() > 1 || self.scope != Scope::All => "",
                    _ => self.filter.index(self.sort.column),
                };
                force_index(sql, self.is_sqlite, hint);
                sql.push(" where c.live = 1");
                self.after(sql, place);
            }
            Way::Near(word) => {
                sql.push("(select w.company_id, w.word, w.status, w.source, w.danger_class, w.created_month, w.")
                    .push(self.key())
                    .push(" from company_words w");
                self.near_to(sql, word);
                self.order(sql, place);
                sql.push(" limit ?) w where").bind(self.near());
                begins(sql, word);
            }
            Way::Word(word) | Way::Distinct(word) => {
                sql.push("company_words w");
                force_index(sql, self.is_sqlite, " force index (company_words_word)");
                sql.push(" where");
                begins(sql, word);
                self.after(sql, place);
            }
        }
        conditions(sql, place, self.scope, self.filter, word);
        self.order(sql, place);
    }

    /// Up to as many as a page takes.
    fn entries_count(&self, way: Way) -> Sql {
        let mut sql = Sql::new("select count(*) from (select ");
        self.entries(&mut sql, way);
        sql.push(" limit ?) e").bind(self.limit * ENTRIES);
        sql
    }

    /// Up to one more than `near`.
    fn near_count(&self, word: &str) -> Sql {
        let mut sql = sql!("select count(*) from (select 1 as one from company_words w");
        self.near_to(&mut sql, word);
        sql.push(" limit ?) few").bind(self.near() + 1);
        sql
    }

    /// So many entries are met in the sort's order before sorting the word's own is the shorter way: a page is full by
    /// then if one of forty entries with the same first letters is wanted.
    fn near(&self) -> i64 {
        self.limit * 40
    }

    fn near_to(&self, sql: &mut Sql, word: &str) {
        let prefix: String = word.chars().take(PREFIX).collect();
        let hint = match self.sort.column {
            Column::Name => " force index (company_words_name)",
            Column::CreatedAt => " force index (company_words_created)",
            Column::UpdatedAt => " force index (company_words_updated)",
        };
        force_index(sql, self.is_sqlite, hint);
        sql.push(" where w.prefix = ?").bind(prefix);
        self.after(sql, WORDS);
    }

    fn key(&self) -> &'static str {
        match self.sort.column {
            Column::Name => "name_key",
            Column::CreatedAt => "created_at",
            Column::UpdatedAt => "updated_at",
        }
    }

    fn descends(&self) -> bool {
        self.sort.descending != self.cursor.is_some_and(|cursor| cursor.backwards)
    }

    fn order(&self, sql: &mut Sql, place: Place) {
        let direction = if self.descends() { " desc" } else { "" };
        sql.push(" order by ")
            .push(place.alias)
            .push(self.key())
            .push(direction);
        sql.push(", ").push(place.id).push(direction);
    }

    /// Where the page begins. `a >= x and (a > x or id > y)` is a range for both databases' indexes, which
    /// `(a, id) > (x, y)` is not for `MySQL`'s.
    fn after(&self, sql: &mut Sql, place: Place) {
        let Some(cursor) = self.cursor else { return };
        let (or_equal, beyond) = if self.descends() {
            (" <= ?", " < ?")
        } else {
            (" >= ?", " > ?")
        };
        let bind = |sql: &mut Sql| match &cursor.key {
            Key::Bytes(bytes) => drop(sql.bind(bytes.as_slice())),
            Key::Time(time) => drop(sql.bind(*time)),
        };
        sql.push(" and ")
            .push(place.alias)
            .push(self.key())
            .push(or_equal);
        bind(sql);
        sql.push(" and (")
            .push(place.alias)
            .push(self.key())
            .push(beyond);
        bind(sql);
        sql.push(" or ").push(place.id).push(beyond).push(")");
        sql.bind(cursor.id);
    }
}

/// ` w.word` begins with the word, as a range that an index serves on both databases.
fn begins(sql: &mut Sql, word: &str) {
    sql.push(" w.word >= ? and w.word < ?")
        .bind(word)
        .bind(format!("{word}\u{10ffff}"));
}

/// All that is asked for, but for the word that led here.
fn conditions(sql: &mut Sql, place: Place, scope: Scope, filter: &Filter, led: Option<&str>) {
    if let Scope::Company(id) = scope {
        sql.push(" and ").push(place.id).push(" = ?").bind(id);
    }
    let mut is = |column, arg: Option<Arg>| {
        if let Some(arg) = arg {
            sql.push(" and ")
                .push(place.alias)
                .push(column)
                .push(" = ?")
                .bind(arg);
        }
    };
    is("status", filter.status.map(Arg::from));
    is("source", filter.source.map(Arg::from));
    is("danger_class", filter.danger_class.map(Arg::from));
    is("created_month", filter.created.map(Arg::from));
    for word in filter
        .words
        .iter()
        .filter(|word| led != Some(word.as_str()))
    {
        // `exists` would make MariaDB collect all companies that have the word before it looks for the first.
        sql.push(" and (select 1 from company_words x where x.company_id = ")
            .push(place.id)
            .push(" and x.word >= ? and x.word < ? limit 1) = 1");
        sql.bind(word.as_str()).bind(format!("{word}\u{10ffff}"));
    }
}

/// The first day of the month in which a moment falls, in Istanbul.
fn month_of(at: DateTime<Utc>) -> NaiveDate {
    let day = date::istanbul_date(at);
    day.with_day(1).unwrap_or(day)
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
             danger_class, source, status, version, created_at, created_month, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
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
        month_of(now),
        now,
    ))
    .await?;
    insert_words(tx, &Searched::of(id, draft, now, now)).await
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
    let searched = Searched::of(company.id, draft, company.created_at, now);
    insert_words(tx, &searched).await
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
        "update company_words set status = ?, updated_at = ? where company_id = ?",
        status,
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
        .bind(id)
        .push(KEPT);
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
    let searched = Searched {
        id,
        name: &company.name,
        tax_id: company.tax_id.as_deref(),
        email: company.email.as_deref(),
        status: company.status,
        source: company.source,
        danger_class: company.danger_class,
        created_at: company.created_at,
        updated_at: now,
    };
    insert_words(tx, &searched).await?;
    Ok(company)
}

/// What a company is found by, and what its words' rows repeat of it.
struct Searched<'a> {
    id: Id<Company>,
    name: &'a str,
    tax_id: Option<&'a str>,
    email: Option<&'a str>,
    status: Status,
    source: Option<Source>,
    danger_class: Option<DangerClass>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl<'a> Searched<'a> {
    fn of(
        id: Id<Company>,
        draft: &'a Draft,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            name: &draft.name,
            tax_id: draft.tax_id.as_deref(),
            email: draft.email.as_deref(),
            status: draft.status,
            source: draft.source,
            danger_class: draft.danger_class,
            created_at,
            updated_at,
        }
    }
}

async fn insert_words(tx: &mut Tx, company: &Searched<'_>) -> Result<()> {
    let name_key = text::sort_key(company.name);
    let words = search_words(company.name, company.tax_id, company.email);
    if words.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(
        "insert into company_words (company_id, word, prefix, status, source, danger_class, name_key,
             created_at, created_month, updated_at) values ",
    );
    for (at, word) in words.into_iter().enumerate() {
        sql.push(if at == 0 {
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        } else {
            ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        });
        sql.bind(company.id)
            .bind(word.word)
            .bind(word.prefix)
            .bind(company.status)
            .bind(company.source)
            .bind(company.danger_class)
            .bind(name_key.as_slice())
            .bind(company.created_at)
            .bind(month_of(company.created_at))
            .bind(company.updated_at);
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

/// What was deleted for good is in no trash.
const KEPT: &str = " and not exists (select 1 from purged_companies p where p.company_id = c.id)";

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
    sql.push(KEPT);
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
    sql.push(KEPT);
    within(&mut sql, scope);
    sql.push(" limit ?) few").bind(FEW + 1);
    let count = conn.number(sql).await?;
    Ok(Total::of(
        u32::try_from(count).unwrap_or(u32::MAX),
        u32::try_from(FEW).unwrap_or(u32::MAX),
    ))
}

// ---- deleting for good

/// Up to `limit` companies that went to the trash before a moment and are still there, the oldest first. What an issued
/// invoice, a payment or an accepted proposal hangs on is to be left out here.
pub async fn purgeable(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Id<Company>>> {
    let mut sql = sql!(
        "select c.id from companies c where c.deleted_at < ?",
        before
    );
    sql.push(KEPT)
        .push(" order by c.deleted_at, c.id limit ?")
        .bind(limit);
    let ids: Vec<(Id<Company>,)> = conn.fetch_all(sql).await?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Those of a company's people who can sign in.
pub async fn active_clients(tx: &mut Tx, id: Id<Company>) -> Result<Vec<Uuid>> {
    let found: Vec<(Uuid,)> = tx
        .fetch_all(sql!(
            "select id from users where company_id = ? and active order by id",
            id
        ))
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Deletes all that one of those consists of. The row stays, without what it said, because the audit names it; its
/// people can sign in no more. `false` if it is back or empty by now.
pub async fn purge(
    tx: &mut Tx,
    id: Id<Company>,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut sql = sql!(
        "select c.id from companies c where c.id = ? and c.deleted_at < ?",
        id,
        before
    );
    sql.push(KEPT);
    for_update(&mut sql, tx.is_sqlite());
    if tx.fetch_optional::<(Uuid,)>(sql).await?.is_none() {
        return Ok(false);
    }
    for delete in [
        sql!(
            "delete from reminders where service_id in (select id from services where company_id = ?)",
            id
        ),
        sql!("delete from renewals where company_id = ?", id),
        sql!("delete from services where company_id = ?", id),
        sql!("delete from mails where company_id = ?", id),
        sql!("delete from activities where company_id = ?", id),
        sql!("delete from notes where company_id = ?", id),
        sql!("delete from contacts where company_id = ?", id),
        sql!(
            "delete from sessions where user_id in (select id from users where company_id = ?)",
            id
        ),
    ] {
        tx.execute(delete).await?;
    }
    delete_words(tx, id).await?;
    tx.execute(sql!(
        "update users set active = ?, version = version + 1, updated_at = ? where company_id = ? and active",
        false,
        now,
        id,
    ))
    .await?;
    // Neutral, unlike anybody else's, and found by nothing.
    let name = id.to_string();
    tx.execute(sql!(
        "update companies set name = ?, name_key = ?, name_folded = ?, tax_id = null, tax_office = null, email = null,
             phone = null, address = null, nace_code = null, version = version + 1, updated_at = ? where id = ?",
        name.as_str(),
        text::sort_key(&name),
        text::fold(&name),
        now,
        id,
    ))
    .await?;
    tx.execute(sql!(
        "insert into purged_companies (company_id, purged_at) values (?, ?)",
        id,
        now
    ))
    .await?;
    Ok(true)
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

/// How many contacts, notes, activities, services and mails a company has.
pub async fn counts(conn: &mut Conn, id: Id<Company>) -> Result<(i64, i64, i64, i64, i64)> {
    let uuid: Uuid = id.uuid();
    conn.fetch_one(sql!(
        "select (select count(*) from contacts where company_id = ? and live = 1),
                (select count(*) from notes where company_id = ? and live = 1),
                (select count(*) from activities where company_id = ? and live = 1),
                (select count(*) from services where company_id = ? and live = 1),
                (select count(*) from mails where company_id = ?)",
        uuid,
        uuid,
        uuid,
        uuid,
        uuid,
    ))
    .await
}
