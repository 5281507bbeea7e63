//! All SQL about posts as writers see them; what readers see is asked for in `features::blog::queries`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::model::{Draft, Post, SlugKind, Status, Word};
use crate::{
    error::Result,
    features::categories::model::Category,
    platform::db::{
        Conn, Sql, Tx,
        dialect::{for_update, insert_or_ignore},
    },
    sql,
    types::{
        Id, Lang,
        page::{Cursor, Key, Total},
        text,
    },
    web::session::User,
};

/// Counted exactly up to here; more is `1,000+`.
const FEW: i64 = 1000;

pub const PER_PAGE: i64 = 25;

/// As many revisions of a post are kept.
const REVISIONS: i64 = 200;

const POST: &str = "select p.id, p.translation_id, p.lang, p.slug, p.title, p.excerpt, p.body, p.body_html, p.html_release, p.cover_id,
    p.cover_alt, p.category_id, p.author_id, p.meta_title, p.meta_description, p.featured, p.status, p.published_at, p.words,
    p.reading_minutes, p.version, p.created_at, p.updated_at from posts p where ";

pub async fn find(conn: &mut Conn, id: Id<Post>) -> Result<Post> {
    let mut sql = Sql::new(POST);
    sql.push("p.id = ? and p.live = 1").bind(id);
    conn.fetch_one(sql).await
}

/// Those of them that are not in the trash, by title.
pub async fn several(conn: &mut Conn, ids: &[Id<Post>]) -> Result<Vec<Post>> {
    let mut sql = Sql::new(POST);
    sql.push("p.live = 1 and p.id in (");
    for (at, id) in ids.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(") order by p.title, p.id");
    conn.fetch_all(sql).await
}

/// As `find_to_change`, the trashed ones too.
pub async fn find_any_to_change(tx: &mut Tx, id: Id<Post>) -> Result<Post> {
    let mut sql = Sql::new(POST);
    sql.push("p.id = ?").bind(id);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

/// As `find`, but for a change: the row is locked until the transaction ends.
pub async fn find_to_change(tx: &mut Tx, id: Id<Post>) -> Result<Post> {
    let mut sql = Sql::new(POST);
    sql.push("p.id = ? and p.live = 1").bind(id);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

pub async fn find_trashed(tx: &mut Tx, id: Id<Post>) -> Result<Post> {
    let mut sql = Sql::new(POST);
    sql.push("p.id = ? and p.deleted_at is not null").bind(id);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

pub async fn find_by_slug(conn: &mut Conn, lang: Lang, slug: &str) -> Result<Option<Post>> {
    let mut sql = Sql::new(POST);
    sql.push("p.lang = ? and p.slug = ? and p.live = 1")
        .bind(lang)
        .bind(slug);
    conn.fetch_optional(sql).await
}

/// The slugs of live posts that begin so.
pub async fn slugs_like(conn: &mut Conn, lang: Lang, slug: &str) -> Result<Vec<String>> {
    let found: Vec<(String,)> = conn
        .fetch_all(sql!(
            "select slug from posts where lang = ? and live = 1 and slug >= ? and slug < ?",
            lang,
            slug,
            format!("{slug}~")
        ))
        .await?;
    Ok(found.into_iter().map(|(slug,)| slug).collect())
}

/// Another language's live post that says the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Translation {
    pub id: Id<Post>,
    pub lang: Lang,
    pub slug: String,
    pub title: String,
    pub status: Status,
    pub published_at: Option<DateTime<Utc>>,
}

pub async fn translations(conn: &mut Conn, group: Uuid) -> Result<Vec<Translation>> {
    conn.fetch_all(sql!(
        "select id, lang, slug, title, status, published_at from posts where translation_id = ? and live = 1 order by lang",
        group
    ))
    .await
}

// ---- the list

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Folded words; each must begin a word of the post.
    pub words: Vec<String>,
    pub status: Option<Status>,
    pub lang: Option<Lang>,
    pub category: Option<Id<Category>>,
    /// Only those that have no translation in this language.
    pub untranslated: Option<Lang>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    UpdatedAt,
    Title,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: Id<Post>,
    pub lang: Lang,
    pub slug: String,
    pub title: String,
    pub title_key: Vec<u8>,
    pub status: Status,
    pub featured: bool,
    pub published_at: Option<DateTime<Utc>>,
    pub category: Option<String>,
    pub author: String,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

pub struct Listing {
    pub rows: Vec<Listed>,
    pub total: Total,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
    /// How many rows are before the first one here.
    pub position: u32,
}

pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Listing> {
    let mut count = sql!("select count(*) from (select 1 as one from posts p where p.live = 1");
    narrow(&mut count, filter, now);
    count.push(" limit ?) few").bind(FEW + 1);
    let total = conn.number(count).await?;
    let mut rows: Vec<Listed> = conn
        .fetch_all(page(filter, sort, cursor, now, limit + 1))
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    if cursor.is_some_and(|cursor| cursor.backwards) {
        rows.reverse();
    }
    if rows.is_empty() && total > 0 && cursor.is_some() {
        // All that was on this page is gone: the list begins anew.
        return Box::pin(list(conn, filter, sort, None, now, limit)).await;
    }
    Ok(listing(rows, total, sort, cursor, more))
}

fn page(
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    now: DateTime<Utc>,
    limit: i64,
) -> Sql {
    let mut sql = sql!(
        "select p.id, p.lang, p.slug, p.title, p.title_key, p.status, p.featured, p.published_at, c.name as category,
             u.name as author, p.version, p.updated_at
         from posts p left join categories c on c.id = p.category_id join users u on u.id = p.author_id where p.live = 1"
    );
    narrow(&mut sql, filter, now);
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let down = sort.descending != backwards;
    if let Some(cursor) = cursor {
        sql.push(match (sort.column, down) {
            (Column::Title, false) => " and p.title_key >= ? and (p.title_key > ? or p.id > ?)",
            (Column::Title, true) => " and p.title_key <= ? and (p.title_key < ? or p.id < ?)",
            (Column::UpdatedAt, false) => {
                " and p.updated_at >= ? and (p.updated_at > ? or p.id > ?)"
            }
            (Column::UpdatedAt, true) => {
                " and p.updated_at <= ? and (p.updated_at < ? or p.id < ?)"
            }
        });
        for _ in 0..2 {
            match &cursor.key {
                Key::Bytes(key) => sql.bind(key.as_slice()),
                Key::Time(time) => sql.bind(*time),
            };
        }
        sql.bind(cursor.id);
    }
    sql.push(match (sort.column, down) {
        (Column::Title, false) => " order by p.title_key, p.id limit ?",
        (Column::Title, true) => " order by p.title_key desc, p.id desc limit ?",
        (Column::UpdatedAt, false) => " order by p.updated_at, p.id limit ?",
        (Column::UpdatedAt, true) => " order by p.updated_at desc, p.id desc limit ?",
    })
    .bind(limit);
    sql
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
        key: match sort.column {
            Column::Title => Key::Bytes(row.title_key.clone()),
            Column::UpdatedAt => Key::Time(row.updated_at),
        },
        id: row.id.uuid(),
        position,
        backwards,
    };
    let has_previous = if backwards { more } else { cursor.is_some() };
    Listing {
        previous: rows
            .first()
            .filter(|_| has_previous)
            .map(|row| at(row, position, true)),
        next: rows
            .last()
            .filter(|_| backwards || more)
            .map(|row| at(row, position.saturating_add(length), false)),
        total: Total::of(
            u32::try_from(total).unwrap_or(u32::MAX),
            u32::try_from(FEW).unwrap_or(u32::MAX),
        ),
        position: if has_previous { position } else { 0 },
        rows,
    }
}

/// A scheduled post whose moment has come is published, whatever its row says.
fn narrow(sql: &mut Sql, filter: &Filter, now: DateTime<Utc>) {
    match filter.status {
        Some(Status::Draft) => drop(sql.push(" and p.status = 'draft'")),
        Some(Status::Scheduled) => {
            sql.push(" and p.status = 'scheduled' and p.published_at > ?")
                .bind(now);
        }
        Some(Status::Published) => {
            sql.push(" and p.status in ('scheduled', 'published') and p.published_at <= ?")
                .bind(now);
        }
        None => {}
    }
    if let Some(lang) = filter.lang {
        sql.push(" and p.lang = ?").bind(lang);
    }
    if let Some(category) = filter.category {
        sql.push(" and p.category_id = ?").bind(category);
    }
    if let Some(lang) = filter.untranslated {
        sql.push(
            " and not exists (select 1 from posts q where q.translation_id = p.translation_id and q.lang = ? and q.live = 1)",
        )
        .bind(lang);
    }
    for word in &filter.words {
        sql.push(
            " and p.id in (select w.post_id from post_words w where w.lang in ('en', 'tr') and w.word >= ? and w.word < ?)",
        )
        .bind(word.as_str())
        .bind(format!("{word}\u{10ffff}"));
    }
}

// ---- changes

/// What of a row is not in the draft.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub id: Id<Post>,
    pub translation_id: Uuid,
    pub author_id: Id<User>,
    pub status: Status,
    pub published_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `Taken` if a live post has the slug, or the language among the translations.
pub async fn insert(tx: &mut Tx, origin: &Origin, draft: &Draft) -> Result<()> {
    tx.execute(sql!(
        "insert into posts (id, translation_id, lang, slug, title, title_key, excerpt, body, body_html, html_release, cover_id,
             cover_alt, category_id, author_id, meta_title, meta_description, featured, status, published_at, words,
             reading_minutes, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        origin.id,
        origin.translation_id,
        draft.lang,
        draft.slug.text(),
        draft.title.as_str(),
        text::sort_key(&draft.title),
        draft.excerpt.as_str(),
        draft.body.as_str(),
        draft.rendered.html.as_str(),
        draft.rendered.rules.as_str(),
        draft.cover_id,
        draft.cover_alt.clone(),
        draft.category_id,
        origin.author_id,
        draft.meta_title.clone(),
        draft.meta_description.clone(),
        draft.featured,
        origin.status,
        origin.published_at,
        count(draft.rendered.words),
        count(draft.rendered.reading_minutes()),
        origin.created_at,
        origin.updated_at,
    ))
    .await?;
    Ok(())
}

/// `Conflict` if the row has moved on from `version`, `Taken` if another live post has the slug.
pub async fn update(
    tx: &mut Tx,
    id: Id<Post>,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update posts set slug = ?, title = ?, title_key = ?, excerpt = ?, body = ?, body_html = ?, html_release = ?, cover_id = ?,
             cover_alt = ?, category_id = ?, meta_title = ?, meta_description = ?, featured = ?, words = ?, reading_minutes = ?,
             version = version + 1, updated_at = ?
         where id = ? and version = ? and live = 1",
        draft.slug.text(),
        draft.title.as_str(),
        text::sort_key(&draft.title),
        draft.excerpt.as_str(),
        draft.body.as_str(),
        draft.rendered.html.as_str(),
        draft.rendered.rules.as_str(),
        draft.cover_id,
        draft.cover_alt.clone(),
        draft.category_id,
        draft.meta_title.clone(),
        draft.meta_description.clone(),
        draft.featured,
        count(draft.rendered.words),
        count(draft.rendered.reading_minutes()),
        now,
        id,
        version,
    ))
    .await
}

pub async fn set_status(
    tx: &mut Tx,
    id: Id<Post>,
    version: i64,
    status: Status,
    published_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update posts set status = ?, published_at = ?, version = version + 1, updated_at = ?
         where id = ? and version = ? and live = 1",
        status,
        published_at,
        now,
        id,
        version,
    ))
    .await?;
    publish_rows(tx, id).await
}

/// `Taken` if the group has a post of this language.
pub async fn set_translation(
    tx: &mut Tx,
    id: Id<Post>,
    version: i64,
    group: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update posts set translation_id = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
        group,
        now,
        id,
        version,
    ))
    .await
}

/// Its words and tags say from when on readers see it, as the row does.
pub async fn publish_rows(tx: &mut Tx, id: Id<Post>) -> Result<()> {
    let words = sql!(
        "update post_words set public_at = (select p.public_at from posts p where p.id = post_words.post_id) where post_id = ?",
        id
    );
    let tags = sql!(
        "update post_tags set public_at = (select p.public_at from posts p where p.id = post_tags.post_id) where post_id = ?",
        id
    );
    tx.execute_both(words, tags).await
}

/// As many rows in one statement.
const ROWS: usize = 100;

/// These words and no others; `publish_rows` comes after.
pub async fn set_words(tx: &mut Tx, id: Id<Post>, lang: Lang, words: &[Word]) -> Result<()> {
    tx.execute(sql!("delete from post_words where post_id = ?", id))
        .await?;
    for some in words.chunks(ROWS) {
        let mut sql =
            sql!("insert into post_words (post_id, word, prefix, weight, lang, public_at) values ");
        for (at, word) in some.iter().enumerate() {
            sql.push(if at == 0 {
                "(?, ?, ?, ?, ?, null)"
            } else {
                ", (?, ?, ?, ?, ?, null)"
            });
            sql.bind(id)
                .bind(word.word.as_str())
                .bind(word.prefix.as_str())
                .bind(word.weight)
                .bind(lang);
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

// ---- the trash

pub async fn trash(tx: &mut Tx, id: Id<Post>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update posts set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
        now,
        now,
        id,
        version,
    ))
    .await?;
    publish_rows(tx, id).await
}

/// `Taken` if a live post has its slug by now.
pub async fn restore(
    tx: &mut Tx,
    post: &Post,
    version: i64,
    group: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update posts set deleted_at = null, slug = ?, translation_id = ?, version = version + 1, updated_at = ?
         where id = ? and version = ? and deleted_at is not null",
        post.slug.as_str(),
        group,
        now,
        post.id,
        version,
    ))
    .await?;
    publish_rows(tx, post.id).await
}

#[derive(Debug, sqlx::FromRow)]
pub struct Trashed {
    pub id: Id<Post>,
    pub lang: Lang,
    pub title: String,
    pub deleted_at: DateTime<Utc>,
    pub version: i64,
}

/// The newest first.
pub async fn trashed(conn: &mut Conn, limit: i64) -> Result<Vec<Trashed>> {
    conn.fetch_all(sql!(
        "select id, lang, title, deleted_at, version from posts where deleted_at is not null
         order by deleted_at desc, id desc limit ?",
        limit
    ))
    .await
}

/// Up to `limit` posts that went to the trash before a moment, the oldest first.
pub async fn purgeable(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Id<Post>>> {
    let found: Vec<(Id<Post>,)> = conn
        .fetch_all(sql!(
            "select id from posts where deleted_at < ? order by deleted_at, id limit ?",
            before,
            limit
        ))
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Deletes one of those for good, with its words, tags and revisions; `false` if it is back or gone by now. What led to
/// it tells that it is gone.
pub async fn purge(tx: &mut Tx, id: Id<Post>, before: DateTime<Utc>) -> Result<bool> {
    let gone = tx
        .execute(sql!(
            "delete from posts where id = ? and deleted_at < ?",
            id,
            before
        ))
        .await?;
    if gone == 0 {
        return Ok(false);
    }
    let drafts = sql!("delete from unsaved_posts where post_id = ?", id);
    let older = sql!("delete from post_drafts where post_id = ?", id);
    let slugs = sql!("update slugs_gone set to_id = null where to_id = ?", id);
    tx.execute_both(drafts, older).await?;
    tx.execute(slugs).await?;
    Ok(true)
}

// ---- revisions and what is not saved yet

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Revision {
    pub number: i64,
    pub title: String,
    pub fields: String,
    pub author: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What the save that made this version left, in place of the oldest one where there are too many.
pub async fn insert_revision(
    tx: &mut Tx,
    id: Uuid,
    post: Id<Post>,
    (title, fields): (&str, &str),
    author: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into post_revisions (id, post_id, number, title, fields, author_id, created_at)
         select ?, p.id, p.version, ?, ?, ?, ? from posts p where p.id = ?",
        id,
        title,
        fields,
        author,
        now,
        post,
    ))
    .await?;
    let oldest: Option<(i64,)> = tx
        .fetch_optional(sql!(
            "select number from post_revisions where post_id = ? order by number desc limit 1 offset ?",
            post,
            REVISIONS
        ))
        .await?;
    if let Some((number,)) = oldest {
        tx.execute(sql!(
            "delete from post_revisions where post_id = ? and number <= ?",
            post,
            number
        ))
        .await?;
    }
    Ok(())
}

/// The newest first.
pub async fn revisions(conn: &mut Conn, post: Id<Post>, limit: i64) -> Result<Vec<Revision>> {
    conn.fetch_all(sql!(
        "select r.number, r.title, r.fields, u.name as author, r.created_at from post_revisions r
         left join users u on u.id = r.author_id where r.post_id = ? order by r.number desc limit ?",
        post,
        limit
    ))
    .await
}

pub async fn revision(conn: &mut Conn, post: Id<Post>, number: i64) -> Result<Revision> {
    conn.fetch_one(sql!(
        "select r.number, r.title, r.fields, u.name as author, r.created_at from post_revisions r
         left join users u on u.id = r.author_id where r.post_id = ? and r.number = ?",
        post,
        number
    ))
    .await
}

/// What somebody typed and has not saved.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Unsaved {
    /// Of the form that it was typed into.
    pub form_key: Uuid,
    pub fields: String,
    /// The version that it was typed over; 0 for a post that is not there yet.
    pub base_version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What somebody has not saved of a post, or of new posts; the newest first. What a form had kept that was saved since is
/// none of it: a late answer may have come after. `post_drafts` is what earlier releases have kept.
pub async fn unsaved(
    conn: &mut Conn,
    user: Id<User>,
    post: Option<Id<Post>>,
) -> Result<Vec<Unsaved>> {
    let mut sql = Sql::new(
        "select d.form_key, d.fields, d.base_version, d.updated_at from (
             select form_key, post_id, fields, base_version, updated_at from unsaved_posts where user_id = ?
             union all
             select post_id, post_id, fields, base_version, updated_at from post_drafts where user_id = ?) d
         where not exists (select 1 from submissions s where s.user_id = ? and s.form_key = d.form_key)",
    );
    sql.bind(user).bind(user).bind(user);
    match post {
        Some(post) => sql
            .push(" and d.post_id = ? and d.base_version > 0")
            .bind(post),
        None => sql.push(" and d.base_version = 0"),
    };
    sql.push(" order by d.updated_at desc");
    conn.fetch_all(sql).await
}

pub async fn keep_unsaved(
    tx: &mut Tx,
    user: Id<User>,
    post: Id<Post>,
    kept: &Unsaved,
) -> Result<()> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into unsaved_posts (user_id, form_key, post_id, fields, base_version, updated_at) values (?, ?, ?, ?, ?, ?)
         on conflict (user_id, form_key) do update set post_id = excluded.post_id, fields = excluded.fields,
             base_version = excluded.base_version, updated_at = excluded.updated_at",
        "insert into unsaved_posts (user_id, form_key, post_id, fields, base_version, updated_at) values (?, ?, ?, ?, ?, ?)
         on duplicate key update post_id = values(post_id), fields = values(fields), base_version = values(base_version),
             updated_at = values(updated_at)",
    );
    tx.execute(
        insert
            .with(user)
            .with(kept.form_key)
            .with(post)
            .with(kept.fields.as_str())
            .with(kept.base_version)
            .with(kept.updated_at),
    )
    .await?;
    Ok(())
}

/// A post whose stored HTML other rules have cleaned.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Outdated {
    pub id: Id<Post>,
    /// `None` in the trash.
    pub live: Option<i64>,
}

/// All of them, trashed ones too. What an index knows, so that none are found at once.
pub async fn outdated(conn: &mut Conn, rules: &str) -> Result<Vec<Outdated>> {
    conn.fetch_all(sql!(
        "select id, live from posts where html_release < ? union all select id, live from posts where html_release > ?",
        rules,
        rules
    ))
    .await
}

/// The trashed one too.
pub async fn find_any(conn: &mut Conn, id: Id<Post>) -> Result<Option<Post>> {
    let mut sql = Sql::new(POST);
    sql.push("p.id = ?").bind(id);
    conn.fetch_optional(sql).await
}

/// What is drawn of a text that stays what it is: no other version of the post. `None` is drawn for each reader. Whether
/// nobody was quicker.
pub async fn redraw(tx: &mut Tx, post: &Post, html: Option<&str>, rules: &str) -> Result<bool> {
    let changed = tx
        .execute(sql!(
            "update posts set body_html = ?, html_release = ? where id = ? and version = ?",
            html.map(str::to_owned),
            rules,
            post.id,
            post.version
        ))
        .await?;
    Ok(changed > 0)
}

/// Up to `limit` unsaved texts that nobody has typed in since a moment, by whose and which form's they are.
pub async fn forgotten(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>> {
    conn.fetch_all(sql!(
        "select user_id, form_key from unsaved_posts where updated_at < ?
         union all select user_id, post_id from post_drafts where updated_at < ? limit ?",
        before,
        before,
        limit
    ))
    .await
}

/// One of those, unless somebody has typed in it since.
pub async fn forget_old_unsaved(
    tx: &mut Tx,
    (user, form_key): (Uuid, Uuid),
    before: DateTime<Utc>,
) -> Result<u64> {
    let older = tx
        .execute(sql!(
            "delete from post_drafts where user_id = ? and post_id = ? and updated_at < ?",
            user,
            form_key,
            before
        ))
        .await?;
    let gone = tx
        .execute(sql!(
            "delete from unsaved_posts where user_id = ? and form_key = ? and updated_at < ?",
            user,
            form_key,
            before
        ))
        .await?;
    Ok(older + gone)
}

pub async fn forget_unsaved(tx: &mut Tx, user: Id<User>, form_key: Uuid) -> Result<()> {
    let kept = sql!(
        "delete from unsaved_posts where user_id = ? and form_key = ?",
        user,
        form_key
    );
    let older = sql!(
        "delete from post_drafts where user_id = ? and post_id = ?",
        user,
        form_key
    );
    tx.execute_both(kept, older).await?;
    Ok(())
}

// ---- slugs

/// Something has this slug no more: it leads to what `to` is reached by, or is gone.
pub async fn leave_slug(
    tx: &mut Tx,
    (kind, lang, slug): (SlugKind, Lang, &str),
    to: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    take_slug(tx, kind, lang, slug).await?;
    tx.execute(sql!(
        "insert into slugs_gone (kind, lang, slug, to_id, created_at) values (?, ?, ?, ?, ?)",
        kind,
        lang,
        slug,
        to,
        now
    ))
    .await?;
    Ok(())
}

/// Something has this slug from now on: it leads nowhere else. Says whether it did.
pub async fn take_slug(tx: &mut Tx, kind: SlugKind, lang: Lang, slug: &str) -> Result<bool> {
    let taken = tx
        .execute(sql!(
            "delete from slugs_gone where kind = ? and lang = ? and slug = ?",
            kind,
            lang,
            slug
        ))
        .await?;
    Ok(taken > 0)
}

/// The record that a slug leads to.
pub async fn led_to(
    tx: &mut Tx,
    (kind, lang, slug): (SlugKind, Lang, &str),
) -> Result<Option<Uuid>> {
    let found: Option<(Option<Uuid>,)> = tx
        .fetch_optional(sql!(
            "select to_id from slugs_gone where kind = ? and lang = ? and slug = ?",
            kind,
            lang,
            slug
        ))
        .await?;
    Ok(found.and_then(|(to,)| to))
}

/// What led to one record leads to another.
pub async fn lead_on(tx: &mut Tx, from: Uuid, to: Uuid) -> Result<()> {
    tx.execute(sql!(
        "update slugs_gone set to_id = ? where to_id = ?",
        to,
        from
    ))
    .await?;
    Ok(())
}

/// What led to a record tells that it is gone.
pub async fn lead_nowhere(tx: &mut Tx, from: Uuid) -> Result<()> {
    tx.execute(sql!(
        "update slugs_gone set to_id = null where to_id = ?",
        from
    ))
    .await?;
    Ok(())
}

// ---- authors

pub async fn has_author(conn: &mut Conn, user: Id<User>) -> Result<bool> {
    let found = conn
        .number(sql!("select count(*) from authors where user_id = ?", user))
        .await?;
    Ok(found > 0)
}

pub async fn author_name(conn: &mut Conn, user: Id<User>) -> Result<String> {
    let (name,): (String,) = conn
        .fetch_one(sql!("select name from users where id = ?", user))
        .await?;
    Ok(name)
}

pub async fn author_slugs_like(conn: &mut Conn, slug: &str) -> Result<Vec<String>> {
    let found: Vec<(String,)> = conn
        .fetch_all(sql!(
            "select slug from authors where slug >= ? and slug < ?",
            slug,
            format!("{slug}~")
        ))
        .await?;
    Ok(found.into_iter().map(|(slug,)| slug).collect())
}

/// Whoever is there already stays as they are.
pub async fn insert_author(
    tx: &mut Tx,
    user: Id<User>,
    slug: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into authors (user_id, slug, created_at, updated_at) values (?, ?, ?, ?) on conflict (user_id) do nothing",
        "insert into authors (user_id, slug, created_at, updated_at) values (?, ?, ?, ?) on duplicate key update user_id = user_id",
    );
    tx.execute(insert.with(user).with(slug).with(now).with(now))
        .await?;
    Ok(())
}

/// Whoever signs in as staff with this address; without one the first administrator who can.
pub async fn staff(conn: &mut Conn, email: Option<&str>) -> Result<Option<Id<User>>> {
    let sql = match email {
        Some(email) => sql!(
            "select id from users where email = ? and role in ('admin', 'office')",
            email
        ),
        None => sql!("select id from users where role = 'admin' and active order by id limit 1"),
    };
    let found: Option<(Id<User>,)> = conn.fetch_optional(sql).await?;
    Ok(found.map(|(id,)| id))
}

// ---- taken away as files

/// The next live posts after one, by id.
pub async fn all(conn: &mut Conn, after: Option<Id<Post>>, limit: i64) -> Result<Vec<Post>> {
    let mut sql = Sql::new(POST);
    sql.push("p.live = 1");
    if let Some(after) = after {
        sql.push(" and p.id > ?").bind(after);
    }
    sql.push(" order by p.id limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// The addresses of the people who wrote some posts.
pub async fn author_emails(
    conn: &mut Conn,
    posts: &[Id<Post>],
) -> Result<HashMap<Id<User>, String>> {
    if posts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = sql!(
        "select distinct u.id, u.email from posts p join users u on u.id = p.author_id where p.id in ("
    );
    for (at, id) in posts.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*id);
    }
    sql.push(")");
    let found: Vec<(Id<User>, String)> = conn.fetch_all(sql).await?;
    Ok(found.into_iter().collect())
}
