//! All SQL about signing in.

use chrono::{DateTime, Utc};

use crate::{
    error::Result,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
    web::{access::Role, session::User},
};

#[derive(Debug, sqlx::FromRow)]
pub struct Account {
    pub id: Id<User>,
    pub password_hash: Option<String>,
    pub role: Role,
    pub has_second_factor: bool,
}

/// Someone who may sign in: active, and not the client of a company in the trash.
pub async fn find(conn: &mut Conn, email: &str) -> Result<Option<Account>> {
    conn.fetch_optional(sql!(
        "select u.id, u.password_hash, u.role, f.user_id is not null as has_second_factor
         from users u left join companies c on c.id = u.company_id left join second_factors f on f.user_id = u.id
         where u.email = ? and u.active and (u.company_id is null or c.live = 1)",
        email,
    ))
    .await
}

/// Puts a stronger hash of the same password in the place of the one that was checked.
pub async fn replace_password_hash(
    tx: &mut Tx,
    id: Id<User>,
    verified: &str,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "update users set password_hash = ?, updated_at = ? where id = ? and password_hash = ?",
        hash,
        now,
        id,
        verified
    ))
    .await?;
    Ok(())
}

/// The demo cast, for the sign-in page of a development instance.
pub async fn demo_cast(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    conn.fetch_all(sql!(
        "select email, role from users where email like '%@demo.test' order by created_at, email"
    ))
    .await
}

/// Removes the sessions that began before this.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute(sql!("delete from sessions where created_at < ?", before))
        .await
}
