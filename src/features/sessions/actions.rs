//! Checking a password, and writing down how it went.

use super::queries;
use crate::{
    error::Result,
    platform::{
        audit::{self, Actor, Changes},
        passwords,
    },
    types::{Email, Id},
    web::{access::Role, cx::Cx, session::User},
};

/// The user whose address and password these are. Unknown, inactive and wrong are the same, in the same time.
pub async fn authenticate(
    cx: &Cx,
    email: &str,
    password: String,
) -> Result<Option<(Id<User>, Role)>> {
    let email = Email::parse(email.trim()).ok();
    let account = match &email {
        Some(email) => queries::find(&mut cx.read().await?, email.as_str()).await?,
        None => None,
    };
    let stored = account
        .as_ref()
        .and_then(|account| account.password_hash.clone());
    let outdated = stored.as_deref().is_some_and(passwords::is_outdated);
    let fits = cx.app.passwords.verify(password.clone(), stored).await?;
    let fitting = account
        .map(|account| (account.id, account.role))
        .filter(|_| fits);
    let user = fitting.map(|(id, _)| id);
    let fresh_hash = match user {
        Some(_) if outdated => Some(cx.app.passwords.hash(password).await?),
        _ => None,
    };
    record(cx, user, fresh_hash).await?;
    Ok(fitting)
}

/// One transaction in both cases, so that failing takes as long as succeeding.
async fn record(cx: &Cx, user: Option<Id<User>>, fresh_hash: Option<String>) -> Result<()> {
    let now = cx.app.clock.now();
    let actor = Actor {
        user_id: user.map(Id::uuid),
        ..cx.actor()
    };
    let action = if user.is_some() {
        "session.login-ok"
    } else {
        "session.login-failed"
    };
    let mut tx = cx.begin().await?;
    if let (Some(user), Some(hash)) = (user, fresh_hash) {
        queries::set_password_hash(&mut tx, user, &hash, now).await?;
    }
    audit::record(
        &mut tx,
        now,
        &actor,
        action,
        user.map(Id::uuid),
        None,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    if let Some(user) = user {
        tracing::info!(user_id = %user, "login_ok");
    } else {
        tracing::info!(ip = ?cx.ip, "login_failed");
    }
    Ok(())
}

pub async fn record_sign_out(cx: &Cx) -> Result<()> {
    let now = cx.app.clock.now();
    let actor = cx.actor();
    let mut tx = cx.begin().await?;
    audit::record(
        &mut tx,
        now,
        &actor,
        "session.logout",
        actor.user_id,
        None,
        &Changes::new(),
    )
    .await?;
    tx.commit().await
}
