//! Two submissions of one form make one record: the form's key is kept in the transaction of what it made.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::session::User;
use crate::{
    error::{Error, Result},
    platform::db::{Conn, Tx, dialect},
    sql,
    types::Id,
};

/// How long a key is known.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(48);

/// Claims the key for this submission. `Some(location)` if the same form was acted upon before: answer as then.
/// The same key with another content is a `Conflict`.
pub async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    user: Id<User>,
    key: Option<Uuid>,
    body: &[u8],
    location: &str,
) -> Result<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    let digest: [u8; 32] = Sha256::digest(body).into();
    let insert = dialect::insert_or_ignore(
        tx.is_sqlite(),
        "insert into submissions (user_id, form_key, digest, location, created_at) values (?, ?, ?, ?, ?) on conflict do nothing",
        "insert ignore into submissions (user_id, form_key, digest, location, created_at) values (?, ?, ?, ?, ?)",
    );
    let inserted = tx
        .execute(
            insert
                .with(user)
                .with(key)
                .with(digest)
                .with(location)
                .with(now),
        )
        .await?;
    if inserted == 1 {
        tx.execute(sql!(
            "delete from submissions where created_at < ?",
            now - KEPT
        ))
        .await?;
        return Ok(None);
    }
    match earlier(tx, user, Some(key), body).await? {
        Some(location) => Ok(Some(location)),
        None => Err(Error::internal("a form's key was neither new nor known")),
    }
}

/// Whether the form was acted upon.
pub async fn is_known(conn: &mut Conn, user: Id<User>, key: Uuid) -> Result<bool> {
    let known: Option<(i64,)> = conn
        .fetch_optional(sql!(
            "select 1 from submissions where user_id = ? and form_key = ?",
            user,
            key
        ))
        .await?;
    Ok(known.is_some())
}

/// Where the first submission of this form led, if there was one. The same key with another content is a `Conflict`.
pub async fn earlier(
    conn: &mut Conn,
    user: Id<User>,
    key: Option<Uuid>,
    body: &[u8],
) -> Result<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    let known: Option<(Vec<u8>, String)> = conn
        .fetch_optional(sql!(
            "select digest, location from submissions where user_id = ? and form_key = ?",
            user,
            key
        ))
        .await?;
    match known {
        None => Ok(None),
        Some((digest, location)) if digest == Sha256::digest(body)[..] => Ok(Some(location)),
        Some(_) => Err(Error::Conflict),
    }
}
