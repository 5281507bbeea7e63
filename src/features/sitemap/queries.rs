//! All SQL of the map: each page of it is cut by a key, and each query compares with now by itself.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::After;
use crate::{
    error::Result,
    features::blog::queries::Reader,
    platform::db::{Conn, Sql, dialect::force_index},
    sql,
    types::Lang,
};

/// A post that readers see.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Post {
    pub id: Uuid,
    pub slug: String,
    pub public_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of the translation that readers see, too.
    pub other_slug: Option<String>,
    pub cover_id: Option<Uuid>,
}

/// The oldest first, so that a new post changes the last part alone.
pub async fn posts(
    conn: &mut Conn,
    reader: Reader,
    after: &After,
    limit: i64,
) -> Result<Vec<Post>> {
    let mut sql = sql!(
        "select p.id, p.slug, p.public_at, p.updated_at, p.cover_id, o.slug as other_slug from posts p"
    );
    force_index(&mut sql, conn.is_sqlite(), " force index (posts_public)");
    sql.push(" left join posts o on o.translation_id = p.translation_id and o.lang <> p.lang and o.public_at <= ?")
        .bind(reader.now)
        .push(" where p.lang = ? and p.public_at <= ?")
        .bind(reader.lang)
        .bind(reader.now);
    if let After::Post(at, id) = after {
        sql.push(" and p.public_at >= ? and (p.public_at > ? or p.id > ?)")
            .bind(*at)
            .bind(*at)
            .bind(*id);
    }
    sql.push(" order by p.public_at, p.id limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// A category, a tag or an author with something to read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Shelf {
    pub slug: String,
    /// When its newest post became public.
    pub newest_at: DateTime<Utc>,
    /// Whether there is something to read in the other language, too.
    pub is_other: bool,
}

pub async fn categories(
    conn: &mut Conn,
    reader: Reader,
    after: &After,
    limit: i64,
) -> Result<Vec<Shelf>> {
    let sql = sql!(
        "select slug, newest_at, is_other from (select c.slug, 0 as is_other,
             (select max(p.public_at) from posts p where p.category_id = c.id and p.public_at <= ?) as newest_at
         from categories c where c.lang = ?) shelf",
        reader.now,
        reader.lang
    );
    shelves(conn, sql, after, limit).await
}

pub async fn tags(
    conn: &mut Conn,
    reader: Reader,
    after: &After,
    limit: i64,
) -> Result<Vec<Shelf>> {
    let sql = sql!(
        "select slug, newest_at, is_other from (select t.slug, 0 as is_other,
             (select max(f.public_at) from post_tags f where f.tag_id = t.id and f.public_at <= ?) as newest_at
         from tags t where t.lang = ?) shelf",
        reader.now,
        reader.lang
    );
    shelves(conn, sql, after, limit).await
}

pub async fn authors(
    conn: &mut Conn,
    reader: Reader,
    after: &After,
    limit: i64,
) -> Result<Vec<Shelf>> {
    let sql = sql!(
        "select slug, newest_at, is_other from (select a.slug,
             exists (select 1 from posts o where o.author_id = a.user_id and o.lang <> ? and o.public_at <= ?) as is_other,
             (select max(p.public_at) from posts p where p.author_id = a.user_id and p.lang = ? and p.public_at <= ?) as newest_at
         from authors a) shelf",
        reader.lang,
        reader.now,
        reader.lang,
        reader.now
    );
    shelves(conn, sql, after, limit).await
}

async fn shelves(conn: &mut Conn, mut sql: Sql, after: &After, limit: i64) -> Result<Vec<Shelf>> {
    sql.push(" where newest_at is not null");
    if let After::Slug(slug) = after {
        sql.push(" and slug > ?").bind(slug.as_str());
    }
    sql.push(" order by slug limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// When the newest post of a language became public.
pub async fn newest_at(
    conn: &mut Conn,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let newest: Option<(DateTime<Utc>,)> = conn
        .fetch_optional(sql!(
            "select public_at from posts where lang = ? and public_at <= ? order by public_at desc limit 1",
            lang,
            now
        ))
        .await?;
    Ok(newest.map(|(at,)| at))
}
