//! All SQL about links.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Kind, Link};
use crate::{
    error::Result,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
    web::session::User,
};

pub async fn insert(
    tx: &mut Tx,
    link: &Link,
    token_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into links (id, kind, user_id, token_hash, detail, expires_at, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?)",
        link.id,
        link.kind,
        link.user_id,
        token_hash,
        link.detail.clone(),
        link.expires_at,
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// Notes which mail carries the link, so that the delivery can fill it in.
pub async fn attach(tx: &mut Tx, link: Id<Link>, mail: Uuid) -> Result<()> {
    tx.execute(sql!(
        "update links set mail_id = ? where id = ?",
        mail,
        link
    ))
    .await?;
    Ok(())
}

/// The link that works now, of someone who is not deactivated.
pub async fn live(
    conn: &mut Conn,
    kind: Kind,
    token_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Link> {
    conn.fetch_one(sql!(
        "select l.id, l.kind, l.user_id, l.detail, l.expires_at from links l join users u on u.id = l.user_id
         where l.token_hash = ? and l.kind = ? and l.used_at is null and l.expires_at > ? and u.active",
        token_hash,
        kind,
        now,
    ))
    .await
}

/// The link that a mail carries, if it still works.
pub async fn of_mail(conn: &mut Conn, mail: Uuid, now: DateTime<Utc>) -> Result<Option<Link>> {
    conn.fetch_optional(sql!(
        "select l.id, l.kind, l.user_id, l.detail, l.expires_at from links l
         where l.mail_id = ? and l.used_at is null and l.expires_at > ?",
        mail,
        now,
    ))
    .await
}

/// Whether the link was still unused: of two requests at once, one is told so.
pub async fn spend(tx: &mut Tx, link: Id<Link>, now: DateTime<Utc>) -> Result<bool> {
    let spent = tx
        .execute(sql!(
            "update links set used_at = ?, updated_at = ? where id = ? and used_at is null and expires_at > ?",
            now,
            now,
            link,
            now,
        ))
        .await?;
    Ok(spent == 1)
}

/// Makes all links of a kind void that somebody has.
pub async fn void(tx: &mut Tx, user: Id<User>, kind: Kind, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "update links set used_at = ?, updated_at = ? where user_id = ? and kind = ? and used_at is null",
        now,
        now,
        user,
        kind,
    ))
    .await?;
    Ok(())
}

/// How many links of a kind were made for somebody since then.
pub async fn made_since(
    conn: &mut Conn,
    user: Id<User>,
    kind: Kind,
    since: DateTime<Utc>,
) -> Result<i64> {
    conn.number(sql!(
        "select count(*) from links where user_id = ? and kind = ? and created_at > ?",
        user,
        kind,
        since,
    ))
    .await
}

/// Forgets links that stopped working before this.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute(sql!("delete from links where expires_at < ?", before))
        .await
}
