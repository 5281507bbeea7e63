//! All SQL about links to previews.

use chrono::{DateTime, Utc};

use super::model::Preview;
use crate::{
    error::Result,
    features::posts::model::Post,
    platform::db::{Conn, Tx, dialect::insert_or_ignore},
    sql,
    types::Id,
};

pub async fn find(conn: &mut Conn, post: Id<Post>) -> Result<Option<Preview>> {
    conn.fetch_optional(sql!(
        "select post_id, nonce, expires_at from post_previews where post_id = ?",
        post
    ))
    .await
}

/// A post that has links keeps its nonce, so that those that were given away work on; the newest ends then.
pub async fn keep(tx: &mut Tx, preview: &Preview, now: DateTime<Utc>) -> Result<()> {
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into post_previews (post_id, nonce, expires_at, created_at) values (?, ?, ?, ?)
         on conflict (post_id) do update set expires_at = excluded.expires_at",
        "insert into post_previews (post_id, nonce, expires_at, created_at) values (?, ?, ?, ?)
         on duplicate key update expires_at = values(expires_at)",
    );
    tx.execute(
        insert
            .with(preview.post_id)
            .with(preview.nonce.as_slice())
            .with(preview.expires_at)
            .with(now),
    )
    .await?;
    Ok(())
}

/// `false` if there was none.
pub async fn void(tx: &mut Tx, post: Id<Post>) -> Result<bool> {
    let gone = tx
        .execute(sql!("delete from post_previews where post_id = ?", post))
        .await?;
    Ok(gone > 0)
}

/// Those whose last link has ended.
pub async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    tx.execute(sql!("delete from post_previews where expires_at <= ?", now))
        .await
}
