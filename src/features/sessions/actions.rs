//! Checking a password, and writing down how it went.

use super::{
    attempts,
    queries::{self, Account},
};
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

/// Whom the address and the password let in. Unknown, inactive and wrong are the same, in the same time; too many tries
/// are refused before anything is hashed.
pub async fn authenticate(cx: &Cx, email: &str, password: String) -> Result<Option<Admission>> {
    attempts::check(cx, email).await?;
    let tried = try_password(cx, email, password).await;
    match &tried {
        Ok(Some(_)) => {}
        Ok(None) => attempts::failed(cx).await?,
        Err(_) => attempts::given_back(cx, email).await,
    }
    tried
}

async fn try_password(cx: &Cx, email: &str, password: String) -> Result<Option<Admission>> {
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
    let Some(account) = account.filter(|_| fits) else {
        return Ok(None);
    };
    let fresh_hash = if outdated {
        Some(cx.app.passwords.hash(password).await?)
    } else {
        None
    };
    record(cx, account, fresh_hash).await.map(Some)
}

async fn record(cx: &Cx, account: Account, fresh_hash: Option<String>) -> Result<Admission> {
    let now = cx.app.clock.now();
    let user = account.id;
    let actor = Actor {
        user_id: Some(user.uuid()),
        ..cx.actor()
    };
    let mut tx = cx.begin().await?;
    if let Some(hash) = &fresh_hash {
        queries::set_password_hash(&mut tx, user, hash, now).await?;
    }
    if account.has_second_factor {
        let hash = fresh_hash.or(account.password_hash).unwrap_or_default();
        let pending = second_factor::ask(cx, &mut tx, now, user, &hash).await?;
        tx.commit().await?;
        return Ok(Admission::Pending(pending));
    }
    audit::record(
        &mut tx,
        now,
        &actor,
        "session.login-ok",
        Some(user.uuid()),
        None,
        &Changes::new(),
    )
    .await?;
    tx.commit().await?;
    tracing::info!(user_id = %user, "login_ok");
    Ok(Admission::In(user, account.role))
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
