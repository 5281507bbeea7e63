//! Checking a password, and writing down how it went.

use super::queries::{self, Account};
use crate::{
    error::Result,
    features::second_factor::{self, Pending},
    platform::{
        audit::{self, Actor, Changes},
        passwords,
    },
    types::{Email, Id},
    web::{access::Role, cx::Cx, session::User},
};

/// What a right password leads to.
pub enum Admission {
    In(Id<User>, Role),
    /// A code has to be right as well.
    Pending(Pending),
}

/// Whom the address and the password let in. Unknown, inactive and wrong are the same, in the same time.
pub async fn authenticate(cx: &Cx, email: &str, password: String) -> Result<Option<Admission>> {
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
    let fitting = account.filter(|_| fits);
    let fresh_hash = match fitting {
        Some(_) if outdated => Some(cx.app.passwords.hash(password).await?),
        _ => None,
    };
    record(cx, fitting, fresh_hash).await
}

/// One transaction in all cases, so that failing takes as long as succeeding.
async fn record(
    cx: &Cx,
    account: Option<Account>,
    fresh_hash: Option<String>,
) -> Result<Option<Admission>> {
    let now = cx.app.clock.now();
    let user = account.as_ref().map(|account| account.id);
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
    if let (Some(user), Some(hash)) = (user, &fresh_hash) {
        queries::set_password_hash(&mut tx, user, hash, now).await?;
    }
    if let Some(account) = account.as_ref().filter(|account| account.has_second_factor) {
        let hash = fresh_hash.as_deref().or(account.password_hash.as_deref());
        let hash = hash.unwrap_or_default();
        let pending = second_factor::ask(cx, &mut tx, now, account.id, hash).await?;
        tx.commit().await?;
        return Ok(Some(Admission::Pending(pending)));
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
    Ok(account.map(|account| Admission::In(account.id, account.role)))
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
