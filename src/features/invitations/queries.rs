//! All SQL about answering an invitation.

use chrono::{DateTime, Utc};

use crate::{
    error::Result,
    platform::db::{Conn, Tx},
    sql,
    types::{Id, Lang},
    web::session::User,
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invited {
    pub name: String,
    pub email: String,
    pub company: Option<String>,
    pub locale: Option<Lang>,
}

/// Somebody who may still choose a first password.
pub async fn find(conn: &mut Conn, id: Id<User>) -> Result<Invited> {
    conn.fetch_one(sql!(
        "select u.name, u.email, c.name as company, u.locale
         from users u left join companies c on c.id = u.company_id
         where u.id = ? and u.active and u.password_hash is null and (u.company_id is null or c.live = 1)",
        id,
    ))
    .await
}

/// Whether there was no password yet.
pub async fn set_password(
    tx: &mut Tx,
    id: Id<User>,
    hash: &str,
    locale: Lang,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = tx
        .execute(sql!(
            "update users set password_hash = ?, locale = ?, version = version + 1, updated_at = ?
             where id = ? and active and password_hash is null",
            hash,
            locale,
            now,
            id,
        ))
        .await?;
    Ok(changed == 1)
}
