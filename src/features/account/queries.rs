//! All SQL about one's own account.

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{Draft, Holder, Person, Place};
use crate::{
    error::{Error, Result},
    platform::db::{Conn, Sql, Tx, dialect::for_update},
    sql,
    types::{Email, Id},
    web::session::{ABSOLUTE, User},
};

/// People who may sign in: active, and not the clients of a company in the trash.
fn people() -> Sql {
    Sql::new(
        "select u.id, u.name, u.email, u.password_hash, u.locale, u.theme, u.version, c.name as company
         from users u left join companies c on c.id = u.company_id
         where u.active and (u.company_id is null or c.live = 1)",
    )
}

pub async fn find(conn: &mut Conn, id: Id<User>) -> Result<Person> {
    let mut sql = people();
    sql.push(" and u.id = ?").bind(id);
    conn.fetch_one(sql).await
}

/// The same, for a transaction that goes on to change it.
pub async fn find_to_change(tx: &mut Tx, id: Id<User>) -> Result<Person> {
    let mut sql = people();
    sql.push(" and u.id = ?").bind(id);
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_one(sql).await
}

pub async fn by_email_to_change(tx: &mut Tx, email: &Email) -> Result<Option<Person>> {
    let mut sql = people();
    sql.push(" and u.email = ?").bind(email.as_str());
    for_update(&mut sql, tx.is_sqlite());
    tx.fetch_optional(sql).await
}

pub async fn holder(conn: &mut Conn, email: &Email) -> Result<Option<Holder>> {
    conn.fetch_optional(sql!(
        "select id, locale from users where email = ?",
        email.as_str()
    ))
    .await
}

pub async fn update(
    tx: &mut Tx,
    id: Id<User>,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update users set name = ?, locale = ?, theme = ?, version = version + 1, updated_at = ? where id = ? and version = ?",
        draft.name.as_str(),
        draft.locale,
        draft.theme,
        now,
        id,
        version,
    ))
    .await
}

pub async fn set_password_hash(
    tx: &mut Tx,
    id: Id<User>,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update users set password_hash = ?, updated_at = ? where id = ?",
        hash,
        now,
        id,
    ))
    .await
}

/// `Taken` if somebody has it by now.
pub async fn set_email(tx: &mut Tx, id: Id<User>, email: &Email, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update users set email = ?, version = version + 1, updated_at = ? where id = ?",
        email.as_str(),
        now,
        id,
    ))
    .await
}

/// The sessions that work, the one used last first.
pub async fn places(
    conn: &mut Conn,
    user: Id<User>,
    now: DateTime<Utc>,
    idle: TimeDelta,
) -> Result<Vec<Place>> {
    conn.fetch_all(sql!(
        "select token_hash, ip, user_agent, created_at, last_seen_at from sessions
         where user_id = ? and created_at > ? and last_seen_at > ? order by last_seen_at desc, created_at desc",
        user,
        now - ABSOLUTE,
        now - idle,
    ))
    .await
}

/// `NotFound` if it is another one's, or has ended.
pub async fn end(tx: &mut Tx, user: Id<User>, token_hash: &[u8]) -> Result<()> {
    let ended = tx
        .execute(sql!(
            "delete from sessions where user_id = ? and token_hash = ?",
            user,
            token_hash
        ))
        .await?;
    if ended == 1 {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
