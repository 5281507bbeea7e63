//! Asking for a code and taking it, setting a second factor up and taking it away; each with its audit row.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use poem::Request;

use super::{
    emails::{Event, tell},
    model::{
        self, Factor, Pending, Person, Proof, Rule, SECRET_BYTES, Typed, WAITS, open_setup,
        recovery_codes, recovery_mac, seal_secret, seal_setup,
    },
    queries,
};
use crate::{
    app::App,
    error::{Error, Result},
    features::sessions::attempts,
    platform::{
        audit::{self, Actor, Changes},
        clock::random,
        db::Tx,
    },
    types::{Email, Id, Lang},
    web::{
        access::Role,
        cx::{self, Cx},
        session::{self, User},
    },
};

// ---- the sign-in

/// The password was right: from here on the sign-in waits for a code.
pub async fn ask(
    cx: &Cx,
    tx: &mut Tx,
    now: DateTime<Utc>,
    user: Id<User>,
    password_hash: &str,
) -> Result<Pending> {
    let pending = Pending::new(&cx.app.keys, cx.app.clock.new_id(), password_hash);
    queries::insert_pending(tx, pending.id, user, now + WAITS, now).await?;
    note(cx, tx, now, user, "session.code-asked", &Changes::new()).await?;
    Ok(pending)
}

#[must_use]
pub fn cookie_name(app: &App) -> &'static str {
    if app.config.is_https() {
        "__Host-sign-in"
    } else {
        "sign-in"
    }
}

/// The cookie that holds the sign-in while it waits, or with `None` the one that ends it.
pub fn cookie(app: &App, pending: Option<&Pending>) -> Result<String> {
    let (value, age) = match pending {
        Some(pending) => (
            URL_SAFE_NO_PAD.encode(pending.seal(&app.keys)?),
            WAITS.num_seconds(),
        ),
        None => (String::new(), 0),
    };
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let name = cookie_name(app);
    Ok(format!(
        "{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    ))
}

/// The sign-in that the browser brings, and whose it is. Late, changed, used up and void are the same.
pub async fn waiting(cx: &Cx, request: &Request) -> Result<Option<(Pending, Person)>> {
    let keys = &cx.app.keys;
    let pending = cx::cookie(request, cookie_name(&cx.app))
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .and_then(|sealed| Pending::open(keys, &sealed));
    let Some(pending) = pending else {
        return Ok(None);
    };
    let now = cx.app.clock.now();
    let person = queries::waiting(&mut cx.read().await?, pending.id, now).await?;
    Ok(person
        .filter(|person| pending.fits(keys, person.password_hash.as_deref()))
        .map(|person| (pending, person)))
}

/// How a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    Right,
    Wrong,
    /// No try is left, or somebody else finished this sign-in.
    Over,
}

/// Every code of a sign-in is tried here and nowhere else.
pub async fn try_code(
    cx: &Cx,
    pending: &Pending,
    person: &Person,
    typed: Typed<'_>,
) -> Result<Try> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let hash = person.password_hash.as_deref().unwrap_or_default();
    if !session::still_admits(&mut tx, person.id, hash).await?
        || !queries::take_try(&mut tx, pending.id, now).await?
    {
        return Ok(Try::Over);
    }
    let Some(factor) = queries::factor(&mut tx, person.id).await? else {
        return Ok(Try::Over);
    };
    let proof = spend(&cx.app, &mut tx, now, &factor, typed).await?;
    if let Some(proof) = proof {
        queries::end_pending(&mut tx, pending.id).await?;
        tell(&cx.app, &mut tx, now, cx.lang, person, Event::Used(proof)).await?;
        let how = Changes::new().field("factor", None, Some(proof.as_str()));
        note(cx, &mut tx, now, person.id, "session.login-ok", &how).await?;
    } else {
        let nothing = Changes::new();
        note(cx, &mut tx, now, person.id, "session.code-failed", &nothing).await?;
    }
    tx.commit().await?;
    if let Some(proof) = proof {
        tracing::info!(user_id = %person.id, factor = proof.as_str(), "login_ok");
        Ok(Try::Right)
    } else {
        tracing::info!(user_id = %person.id, ip = ?cx.ip, "login_code_failed");
        Ok(Try::Wrong)
    }
}

/// Takes what was typed, once: of two requests with the same code one is refused.
async fn spend(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    factor: &Factor,
    typed: Typed<'_>,
) -> Result<Option<Proof>> {
    match typed {
        Typed::Code(typed) => {
            let secret = factor.secret(&app.keys)?;
            let Some(step) = model::step_of(&secret, typed, now)? else {
                return Ok(None);
            };
            let is_new = queries::use_step(tx, factor.user_id, step, now).await?;
            Ok(is_new.then_some(Proof::Code))
        }
        Typed::Recovery(typed) => {
            let left = recovery_mac(&app.keys, factor.user_id, typed)
                .and_then(|mac| model::without(&factor.recovery_codes, &mac));
            let Some(left) = left else { return Ok(None) };
            let count = model::count(&left);
            let is_new = queries::replace_recovery_codes(tx, factor, left, now).await?;
            Ok(is_new.then_some(Proof::Recovery(count)))
        }
    }
}

async fn note(
    cx: &Cx,
    tx: &mut Tx,
    now: DateTime<Utc>,
    user: Id<User>,
    action: &'static str,
    changes: &Changes,
) -> Result<()> {
    let actor = Actor {
        user_id: Some(user.uuid()),
        ..cx.actor()
    };
    audit::record(tx, now, &actor, action, Some(user.uuid()), None, changes).await
}

// ---- one's own

/// Whether the password is the one of whoever is signed in. Every change to a second factor asks for it here.
pub async fn is_own_password(cx: &Cx, password: String) -> Result<bool> {
    let person = queries::person(&mut cx.read().await?, cx.user()?.id).await?;
    attempts::verify(cx, person.email.as_str(), password, person.password_hash).await
}

/// A secret that nothing knows yet but the page, and the same sealed for the page's form.
pub fn begin(cx: &Cx) -> Result<([u8; SECRET_BYTES], String)> {
    let secret = random();
    let now = cx.app.clock.now();
    let sealed = seal_setup(&cx.app.keys, &bound(cx)?, &secret, now)?;
    Ok((secret, URL_SAFE_NO_PAD.encode(sealed)))
}

/// The secret that the form brings back, in time and in the session in which it was made.
pub fn begun(cx: &Cx, setup: &str) -> Result<Option<[u8; SECRET_BYTES]>> {
    let bound = bound(cx)?;
    let now = cx.app.clock.now();
    Ok(URL_SAFE_NO_PAD
        .decode(setup)
        .ok()
        .and_then(|sealed| open_setup(&cx.app.keys, &bound, &sealed, now)))
}

fn bound(cx: &Cx) -> Result<Vec<u8>> {
    let session = cx.session_hash.ok_or(Error::SignInRequired)?;
    Ok([cx.user()?.id.uuid().as_bytes(), session.as_slice()].concat())
}

/// Keeps the secret, now that a code has proved that the app has it, and ends all other sessions. The recovery codes,
/// which nobody can show again; `None` for a code that is not right.
pub async fn confirm(
    cx: &Cx,
    secret: &[u8; SECRET_BYTES],
    code: &str,
) -> Result<Option<Vec<String>>> {
    let now = cx.app.clock.now();
    let Some(step) = model::step_of(secret, code, now)? else {
        return Ok(None);
    };
    let keys = &cx.app.keys;
    let mut tx = cx.begin().await?;
    let person = queries::person(&mut tx, cx.user()?.id).await?;
    let (codes, macs) = recovery_codes(keys, person.id);
    let sealed = seal_secret(keys, person.id, secret)?;
    queries::insert(&mut tx, person.id, sealed, step, macs, now).await?;
    session::end_all(&mut tx, person.id, cx.session_hash).await?;
    let nothing = Changes::new();
    note(
        cx,
        &mut tx,
        now,
        person.id,
        "second-factors.create",
        &nothing,
    )
    .await?;
    tell(&cx.app, &mut tx, now, cx.lang, &person, Event::On).await?;
    tx.commit().await?;
    Ok(Some(codes))
}

/// Ten new recovery codes; the old ones are void.
pub async fn renew(cx: &Cx) -> Result<Vec<String>> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::person(&mut tx, cx.user()?.id).await?;
    let factor = queries::factor(&mut tx, person.id).await?;
    let factor = factor.ok_or(Error::Conflict)?;
    let (codes, macs) = recovery_codes(&cx.app.keys, person.id);
    if !queries::replace_recovery_codes(&mut tx, &factor, macs, now).await? {
        return Err(Error::Conflict);
    }
    let nothing = Changes::new();
    note(
        cx,
        &mut tx,
        now,
        person.id,
        "second-factors.codes",
        &nothing,
    )
    .await?;
    tell(&cx.app, &mut tx, now, cx.lang, &person, Event::Codes).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Takes one's own away; whether the code was right, which is no easier to guess here than at the sign-in. `Forbidden`
/// where the role must have one.
pub async fn remove(cx: &Cx, typed: Typed<'_>) -> Result<bool> {
    let email = &cx.user()?.email;
    let counted = attempts::check(cx, email).await?;
    let removed = try_to_remove(cx, typed).await;
    if !matches!(removed, Ok(false)) {
        attempts::given_back(cx, counted).await;
    }
    removed
}

async fn try_to_remove(cx: &Cx, typed: Typed<'_>) -> Result<bool> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::person(&mut tx, cx.user()?.id).await?;
    if queries::is_required(&mut tx, person.role).await? {
        return Err(Error::Forbidden);
    }
    let factor = queries::factor(&mut tx, person.id).await?;
    let factor = factor.ok_or(Error::Conflict)?;
    if spend(&cx.app, &mut tx, now, &factor, typed)
        .await?
        .is_none()
    {
        let nothing = Changes::new();
        note(cx, &mut tx, now, person.id, "session.code-failed", &nothing).await?;
        tx.commit().await?;
        return Ok(false);
    }
    queries::delete(&mut tx, person.id).await?;
    let nothing = Changes::new();
    note(
        cx,
        &mut tx,
        now,
        person.id,
        "second-factors.delete",
        &nothing,
    )
    .await?;
    tell(&cx.app, &mut tx, now, cx.lang, &person, Event::Off).await?;
    tx.commit().await?;
    Ok(true)
}

// ---- other people's

/// Takes somebody's away who has lost it, and ends their sessions. The person's name; `None` if there was nothing to
/// take away. Without a password and a code, so never one's own from a page. `lang` is for people who never chose one.
pub async fn reset(app: &App, actor: &Actor, lang: Lang, user: Id<User>) -> Result<Option<String>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let person = queries::person(&mut tx, user).await?;
    if !queries::delete(&mut tx, user).await? {
        return Ok(None);
    }
    session::end_all(&mut tx, user, None).await?;
    audit::record(
        &mut tx,
        now,
        actor,
        "second-factors.reset",
        Some(user.uuid()),
        None,
        &Changes::new(),
    )
    .await?;
    tell(app, &mut tx, now, lang, &person, Event::Reset).await?;
    tx.commit().await?;
    Ok(Some(person.name))
}

/// As `reset`, for the command line: the way back in for the last administrator. Whether there was one.
pub async fn reset_by_address(app: &App, email: &Email) -> Result<bool> {
    let person = queries::person_at(&mut app.db.read().await?, email.as_str()).await?;
    let person = person.ok_or(Error::NotFound)?;
    let reset = reset(app, &Actor::default(), Lang::Tr, person.id).await?;
    Ok(reset.is_some())
}

/// Keeps which roles must have one. `Conflict` if the rules have changed since the form was drawn.
pub async fn save_rules(cx: &Cx, required: &[Role], version: i64) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let rules = model::all_rules(&queries::rules(&mut tx).await?);
    if model::version(&rules) != version {
        return Err(Error::Conflict);
    }
    let text = |value: bool| Some(if value { "true" } else { "false" });
    let mut changes = Changes::new();
    for rule in &rules {
        let wanted = required.contains(&rule.role);
        if wanted == rule.second_factor {
            continue;
        }
        save_rule(&mut tx, rule, wanted, now).await?;
        changes = changes.field(rule.role.as_str(), text(rule.second_factor), text(wanted));
    }
    if changes.is_empty() {
        return Ok(());
    }
    let actor = cx.actor();
    audit::record(
        &mut tx,
        now,
        &actor,
        "role-rules.update",
        None,
        None,
        &changes,
    )
    .await?;
    tx.commit().await
}

/// Two first rules for one role at once are a conflict like any other.
async fn save_rule(tx: &mut Tx, rule: &Rule, wanted: bool, now: DateTime<Utc>) -> Result<()> {
    match queries::save_rule(tx, rule, wanted, now).await {
        Err(Error::Taken(_)) => Err(Error::Conflict),
        saved => saved,
    }
}
