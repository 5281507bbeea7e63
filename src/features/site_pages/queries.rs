//! All SQL about the pages of the firm.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Kind, Revision, SitePage, Text};
use crate::{
    error::{Error, Result},
    platform::db::{Conn, Tx, dialect},
    sql,
    types::{Id, Lang},
};

pub async fn find(conn: &mut Conn, kind: Kind, lang: Lang) -> Result<Option<SitePage>> {
    conn.fetch_optional(sql!(
        "select id, kind, lang, title, lead, body, meta_title, meta_description, version, updated_at from site_pages
         where kind = ? and lang = ?",
        kind,
        lang
    ))
    .await
}

/// Of each page that was saved.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub kind: Kind,
    pub lang: Lang,
    pub title: String,
    pub updated_at: DateTime<Utc>,
    /// Who saved it last.
    pub author: Option<String>,
}

pub async fn list(conn: &mut Conn) -> Result<Vec<Listed>> {
    conn.fetch_all(sql!(
        "select p.kind, p.lang, p.title, p.updated_at, u.name as author from site_pages p
         left join site_page_revisions r on r.page_id = p.id and r.number = p.version
         left join users u on u.id = r.author_id"
    ))
    .await
}

/// A page's first text; `Conflict` if somebody else has saved one meanwhile.
pub async fn insert(
    tx: &mut Tx,
    id: Id<SitePage>,
    (kind, lang): (Kind, Lang),
    text: &Text,
    now: DateTime<Utc>,
) -> Result<()> {
    let insert = dialect::insert_or_ignore(
        tx.is_sqlite(),
        "insert into site_pages (id, kind, lang, title, lead, body, meta_title, meta_description, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) on conflict do nothing",
        "insert ignore into site_pages (id, kind, lang, title, lead, body, meta_title, meta_description, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
    );
    let inserted = tx
        .execute(
            insert
                .with(id)
                .with(kind)
                .with(lang)
                .with(text.title.as_str())
                .with(text.lead.as_str())
                .with(text.body.as_str())
                .with(text.meta_title.clone())
                .with(text.meta_description.clone())
                .with(now)
                .with(now),
        )
        .await?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

pub async fn update(
    tx: &mut Tx,
    id: Id<SitePage>,
    version: i64,
    text: &Text,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update site_pages set title = ?, lead = ?, body = ?, meta_title = ?, meta_description = ?, version = version + 1,
             updated_at = ? where id = ? and version = ?",
        text.title.as_str(),
        text.lead.as_str(),
        text.body.as_str(),
        text.meta_title.clone(),
        text.meta_description.clone(),
        now,
        id,
        version,
    ))
    .await
}

// ---- revisions

pub async fn insert_revision(
    tx: &mut Tx,
    page: Id<SitePage>,
    number: i64,
    fields: &str,
    author: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into site_page_revisions (page_id, number, fields, author_id, created_at) values (?, ?, ?, ?, ?)",
        page,
        number,
        fields,
        author,
        now,
    ))
    .await?;
    Ok(())
}

/// The newest first.
pub async fn revisions(conn: &mut Conn, page: Id<SitePage>, limit: i64) -> Result<Vec<Revision>> {
    conn.fetch_all(sql!(
        "select r.number, r.fields, u.name as author, r.author_id, r.created_at from site_page_revisions r
         left join users u on u.id = r.author_id where r.page_id = ? order by r.number desc limit ?",
        page,
        limit
    ))
    .await
}

pub async fn revision(conn: &mut Conn, page: Id<SitePage>, number: i64) -> Result<Revision> {
    conn.fetch_one(sql!(
        "select r.number, r.fields, u.name as author, r.author_id, r.created_at from site_page_revisions r
         left join users u on u.id = r.author_id where r.page_id = ? and r.number = ?",
        page,
        number
    ))
    .await
}
