//! All SQL about files of posts on their way in.

use chrono::{DateTime, Utc};

use super::model::Waiting;
use crate::{
    error::Result,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
    web::session::User,
};

pub async fn find(conn: &mut Conn, user: Id<User>) -> Result<Option<Waiting>> {
    conn.fetch_optional(sql!(
        "select id, name, lang, items, report, done_at from post_imports where user_id = ?",
        user
    ))
    .await
}

/// In place of the one that the person sent before.
pub async fn keep(
    tx: &mut Tx,
    user: Id<User>,
    waiting: &Waiting,
    now: DateTime<Utc>,
) -> Result<()> {
    forget(tx, user).await?;
    tx.execute(sql!(
        "insert into post_imports (user_id, id, name, lang, items, report, done_at, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        user,
        waiting.id,
        waiting.name.as_str(),
        waiting.lang,
        waiting.items.as_str(),
        waiting.report.as_str(),
        waiting.done_at,
        now
    ))
    .await?;
    Ok(())
}

pub async fn forget(tx: &mut Tx, user: Id<User>) -> Result<()> {
    tx.execute(sql!("delete from post_imports where user_id = ?", user))
        .await?;
    Ok(())
}

/// Those that were sent before a moment.
pub async fn purge(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute(sql!(
        "delete from post_imports where created_at < ?",
        before
    ))
    .await
}
