//! All SQL about preferences.

use chrono::{DateTime, Utc};

use crate::{
    error::Result,
    platform::db::Tx,
    sql,
    types::{Id, Lang},
    web::session::User,
};

pub async fn set_locale(
    tx: &mut Tx,
    user: Id<User>,
    locale: Lang,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "update users set locale = ?, version = version + 1, updated_at = ? where id = ?",
        locale.code(),
        now,
        user
    ))
    .await?;
    Ok(())
}

pub async fn set_theme(
    tx: &mut Tx,
    user: Id<User>,
    theme: &'static str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "update users set theme = ?, version = version + 1, updated_at = ? where id = ?",
        theme,
        now,
        user
    ))
    .await?;
    Ok(())
}
