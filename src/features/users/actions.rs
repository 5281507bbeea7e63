//! Making a user.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::queries::{self, Row};
use crate::{
    app::App,
    error::Result,
    platform::{
        audit::{self, Actor, Changes},
        db::Tx,
    },
    types::{Email, Id},
    web::{access::Role, session::User},
};

pub struct NewUser {
    pub name: String,
    pub email: Email,
    pub password: String,
    pub role: Role,
    pub company_id: Option<Uuid>,
}

pub async fn create(app: &App, user: NewUser) -> Result<Id<User>> {
    let hash = app.passwords.hash(user.password.clone()).await?;
    let mut tx = app.db.begin().await?;
    let id = insert(&mut tx, app, &user, &hash, app.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Inside a transaction, with the password hashed before.
pub async fn insert(
    tx: &mut Tx,
    app: &App,
    user: &NewUser,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Id<User>> {
    let id = app.clock.new_id();
    let row = Row {
        id,
        name: &user.name,
        email: user.email.as_str(),
        password_hash,
        role: user.role,
        company_id: user.company_id,
    };
    queries::insert(tx, row, now).await?;
    let changes = Changes::new()
        .field("name", None, Some(&user.name))
        .field("email", None, Some(user.email.as_str()))
        .field("role", None, Some(user.role.as_str()));
    audit::record(
        tx,
        now,
        &Actor::default(),
        "users.create",
        Some(id.uuid()),
        None,
        &changes,
    )
    .await?;
    Ok(id)
}
