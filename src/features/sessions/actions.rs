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
    web::{
        access::Role,
        cx::Cx,
        session::{self, User},
    },
};

/// The one that the password fits.
pub type PasswordHash = String;

/// What a right password leads to.
pub enum Admission {
    In(Id<User>, Role, PasswordHash),
    /// A code has to be right as well.
    Pending(Pending),
}

/// Whom the address and the password let in. Unknown, inactive and wrong are the same, in the same time; too many tries
/// are refused before anything is hashed.
pub async fn authenticate(cx: &Cx, email: &str, password: String) -> Result<Option<Admission>> {
    let counted = attempts::check(cx, email).await?;
    let tried = try_password(cx, email, password).await;
    match &tried {
        Ok(Some(_)) => {}
        Ok(None) => attempts::failed(cx).await?,
        Err(_) => attempts::given_back(cx, counted).await,
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
    let fits = cx
        .app
        .passwords
        .verify(password.clone(), stored.clone())
        .await?;
    let (Some(account), Some(verified)) = (account.filter(|_| fits), stored) else {
        return Ok(None);
    };
    let fresh_hash = if outdated {
        Some(cx.app.passwords.hash(password).await?)
    } else {
        None
    };
    record(cx, &account, verified, fresh_hash).await
}

/// Nobody is let in whose password is another by now, or who was deactivated while it was checked.
async fn record(
    cx: &Cx,
    account: &Account,
    verified: PasswordHash,
    fresh_hash: Option<PasswordHash>,
) -> Result<Option<Admission>> {
    let now = cx.app.clock.now();
    let user = account.id;
    let actor = Actor {
        user_id: Some(user.uuid()),
        ..cx.actor()
    };
    let mut tx = cx.begin().await?;
    if !session::still_admits(&mut tx, user, &verified).await? {
        return Ok(None);
    }
    if let Some(hash) = &fresh_hash {
        queries::replace_password_hash(&mut tx, user, &verified, hash, now).await?;
    }
    let hash = fresh_hash.unwrap_or(verified);
    if account.has_second_factor {
        let pending = second_factor::ask(cx, &mut tx, now, user, &hash).await?;
        tx.commit().await?;
        return Ok(Some(Admission::Pending(pending)));
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
    Ok(Some(Admission::In(user, account.role, hash)))
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
