//! All SQL about notes. Each is reached through its company, which the scope has let through.

use chrono::{DateTime, Utc};

use super::model::{Draft, Note};
use crate::{
    error::Result,
    features::companies::model::Company,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
    web::session::User,
};

/// Pinned ones first, then the newest.
pub async fn list(conn: &mut Conn, company: Id<Company>, limit: i64) -> Result<Vec<Note>> {
    conn.fetch_all(sql!(
        "select n.id, n.body, n.pinned, u.name as author, n.version, n.created_at from notes n join users u on u.id = n.author_id
         where n.company_id = ? and n.live = 1 order by n.pinned desc, n.id desc limit ?",
        company,
        limit,
    ))
    .await
}

pub async fn find(conn: &mut Conn, company: Id<Company>, id: Id<Note>) -> Result<Note> {
    conn.fetch_one(sql!(
        "select n.id, n.body, n.pinned, u.name as author, n.version, n.created_at from notes n join users u on u.id = n.author_id
         where n.id = ? and n.company_id = ? and n.live = 1",
        id,
        company,
    ))
    .await
}

pub async fn insert(
    tx: &mut Tx,
    id: Id<Note>,
    company: Id<Company>,
    author: Id<User>,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into notes (id, company_id, author_id, body, pinned, version, created_at, updated_at) values (?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        company,
        author,
        draft.body.as_str(),
        draft.pinned,
        now,
        now,
    ))
    .await?;
    Ok(())
}

pub async fn update(
    tx: &mut Tx,
    note: &Note,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
            "update notes set body = ?, pinned = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            draft.body.as_str(),
            draft.pinned,
            now,
            note.id,
            version,
        ))
    .await
}

pub async fn trash(tx: &mut Tx, id: Id<Note>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
            "update notes set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            now,
            now,
            id,
            version,
        ))
    .await
}

/// Back from the trash; returns its text.
pub async fn restore(
    tx: &mut Tx,
    company: Id<Company>,
    id: Id<Note>,
    version: i64,
    now: DateTime<Utc>,
) -> Result<String> {
    let (body,): (String,) = tx
        .fetch_one(sql!(
            "select body from notes where id = ? and company_id = ? and deleted_at is not null",
            id,
            company
        ))
        .await?;
    tx.change(sql!(
            "update notes set deleted_at = null, version = version + 1, updated_at = ? where id = ? and version = ? and deleted_at is not null",
            now,
            id,
            version,
        ))
    .await?;
    Ok(body)
}
