//! All SQL about users.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    error::Result,
    platform::db::Tx,
    sql,
    types::Id,
    web::{access::Role, session::User},
};

pub struct Row<'a> {
    pub id: Id<User>,
    pub name: &'a str,
    pub email: &'a str,
    pub password_hash: &'a str,
    pub role: Role,
    pub company_id: Option<Uuid>,
}

/// `Taken` if the address is.
pub async fn insert(tx: &mut Tx, user: Row<'_>, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "insert into users (id, name, email, password_hash, role, company_id, theme, active, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, 'auto', ?, 1, ?, ?)",
        user.id,
        user.name,
        user.email,
        user.password_hash,
        user.role,
        user.company_id,
        true,
        now,
        now,
    ))
    .await?;
    Ok(())
}
