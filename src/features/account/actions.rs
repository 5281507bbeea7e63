//! What people change of their own account, each in one transaction with its audit row and the mail that tells of it.

use chrono::{DateTime, TimeDelta, Utc};
use poem::session::Session;

use super::{
    emails::Post,
    jobs::Reset,
    model::{Draft, Person},
    queries,
};
use crate::{
    app::App,
    cache::BLOG,
    error::{Error, Result},
    features::{
        companies::model::changes,
        links::{self, Kind, Link},
        sessions::attempts,
    },
    platform::{
        audit::{self, Actor, Changes},
        db::Tx,
    },
    types::{Email, Id, Lang},
    web::{
        cx::Cx,
        public,
        session::{self, User},
    },
};

/// At most so many mails in an hour that lead to a new password; whoever asks more often is told the same.
const RESETS: i64 = 3;
/// And to a new address.
const ADDRESSES: i64 = 5;

const HOUR: TimeDelta = TimeDelta::hours(1);

pub async fn update(cx: &Cx, version: i64, draft: &Draft) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find_to_change(&mut tx, cx.user()?.id).await?;
    queries::update(&mut tx, person.id, version, draft, now).await?;
    if person.name != draft.name {
        public::changed(&cx.app, &mut tx, [BLOG]).await?;
    }
    let changes = changes(&person.fields(), &draft.fields());
    note(
        &mut tx,
        now,
        &cx.actor(),
        "users.update",
        person.id,
        &changes,
    )
    .await?;
    tx.commit().await
}

/// Whether it is the person's password.
pub async fn is_current(cx: &Cx, person: &Person, password: String) -> Result<bool> {
    let stored = person.password_hash.clone();
    attempts::verify(cx, person.email.as_str(), password, stored).await
}

/// All other sessions end, links that were sent before are void, and this browser gets a new token.
pub async fn change_password(
    cx: &Cx,
    session: &Session,
    known: &Person,
    password: String,
) -> Result<()> {
    let hash = cx.app.passwords.hash(password).await?;
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find_to_change(&mut tx, known.id).await?;
    // Somebody was quicker with the password that was asked for.
    if person.password_hash != known.password_hash {
        return Err(Error::Conflict);
    }
    set_password(cx, &mut tx, now, &person, &hash).await?;
    let actor = cx.actor();
    let nothing = Changes::new();
    note(
        &mut tx,
        now,
        &actor,
        "account.password",
        person.id,
        &nothing,
    )
    .await?;
    tx.commit().await?;
    let ip = cx.ip.map(|ip| ip.to_string());
    session::sign_in(session, person.id, hash, ip, cx.user_agent.clone());
    Ok(())
}

/// Promises a mail for whoever has this address, if anybody has.
pub async fn ask_for_reset(cx: &Cx, email: &Email) -> Result<()> {
    let job = Reset::new(cx, email)?;
    let mut tx = cx.begin().await?;
    cx.app.jobs.enqueue(&mut tx, &job).await?;
    tx.commit().await
}

/// The mail with the link, if somebody who may sign in has the address and did not get too many already.
pub async fn send_reset(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    email: &Email,
    lang: Lang,
) -> Result<()> {
    let now = app.clock.now();
    let Some(person) = queries::by_email_to_change(tx, email).await? else {
        return Ok(());
    };
    if links::made_since(tx, person.id, Kind::Reset, now - HOUR).await? >= RESETS {
        tracing::info!(user_id = %person.id, "reset_not_sent");
        return Ok(());
    }
    let link = links::make(app, tx, now, Kind::Reset, person.id, None).await?;
    post(app, tx, now, lang).reset(&person, &link).await?;
    let nothing = Changes::new();
    note(tx, now, actor, "account.reset-asked", person.id, &nothing).await
}

/// The link that works now, and the person whose it is.
pub async fn find_link(cx: &Cx, kind: Kind, token: &str) -> Result<(Link, Person)> {
    let mut conn = cx.read().await?;
    let link = links::find(&mut conn, kind, token, cx.app.clock.now()).await?;
    let person = queries::find(&mut conn, link.user_id).await?;
    Ok((link, person))
}

/// Another password for whoever has the link, which works no more then. All sessions end; nobody is signed in by it,
/// and a second factor is asked for as before.
pub async fn reset_password(cx: &Cx, link: &Link, password: String) -> Result<()> {
    let hash = cx.app.passwords.hash(password).await?;
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find_to_change(&mut tx, link.user_id).await?;
    if !links::spend(&mut tx, link.id, now).await? {
        return Err(Error::NotFound);
    }
    set_password(cx, &mut tx, now, &person, &hash).await?;
    let actor = actor_of(cx, person.id);
    let nothing = Changes::new();
    note(
        &mut tx,
        now,
        &actor,
        "account.password-reset",
        person.id,
        &nothing,
    )
    .await?;
    tx.commit().await
}

/// Sends a link to the new address and a notice to the one of now. An address that somebody has already gets another
/// mail, so that neither answer nor time tells who has an account. `false` if it was asked for too often.
pub async fn ask_for_address(cx: &Cx, id: Id<User>, new: &Email) -> Result<bool> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find_to_change(&mut tx, id).await?;
    if links::made_since(&mut tx, id, Kind::Address, now - HOUR).await? >= ADDRESSES {
        return Ok(false);
    }
    let link = links::make(&cx.app, &mut tx, now, Kind::Address, id, Some(new.as_str())).await?;
    let holder = queries::holder(&mut tx, new).await?;
    let mut post = post(&cx.app, &mut tx, now, cx.lang);
    match holder {
        Some(holder) => post.address_taken(&holder, new).await?,
        None => post.confirm_address(&person, new, &link).await?,
    }
    post.address_asked(&person, new).await?;
    let asked = Changes::new().field("email", None, Some(new.as_str()));
    note(&mut tx, now, &cx.actor(), "account.email-asked", id, &asked).await?;
    tx.commit().await?;
    Ok(true)
}

/// The new address takes effect; all sessions end but the one that confirms it. Whoever reads the mail proves nothing
/// but the address: only its owner, who is signed in, may give the account away to it.
pub async fn confirm_address(cx: &Cx, link: &Link) -> Result<()> {
    if !is_here(cx, link.user_id) {
        return Err(Error::Forbidden);
    }
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find_to_change(&mut tx, link.user_id).await?;
    if !links::spend(&mut tx, link.id, now).await? {
        return Err(Error::NotFound);
    }
    let detail = link.detail.as_deref().unwrap_or_default();
    let new = Email::parse(detail).map_err(Error::internal)?;
    match queries::set_email(&mut tx, person.id, &new, now).await {
        // Somebody else has it by now: the link leads nowhere.
        Err(Error::Taken(_)) => return Err(Error::NotFound),
        done => done?,
    }
    void_links(&mut tx, person.id, now).await?;
    session::end_all(&mut tx, person.id, cx.session_hash).await?;
    post(&cx.app, &mut tx, now, cx.lang)
        .address_changed(&person, &new)
        .await?;
    let changes = Changes::new().field("email", Some(&person.email), Some(new.as_str()));
    let actor = cx.actor();
    note(&mut tx, now, &actor, "account.email", person.id, &changes).await?;
    tx.commit().await
}

/// Whether this browser is signed in as that person.
#[must_use]
pub fn is_here(cx: &Cx, id: Id<User>) -> bool {
    cx.user.as_ref().is_some_and(|user| user.id == id)
}

/// Ends one of the person's own sessions.
pub async fn end_session(cx: &Cx, name: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let user = cx.user()?.id;
    let mut tx = cx.begin().await?;
    let places = queries::places(&mut tx, user, now, cx.app.config.session_idle).await?;
    let place = places
        .iter()
        .find(|place| place.id(&cx.app.keys).to_string() == name)
        .ok_or(Error::NotFound)?;
    queries::end(&mut tx, user, &place.token_hash).await?;
    ended(cx, tx, now, 1).await
}

/// Ends all sessions of the person, but for this browser's if it is to be kept.
pub async fn end_sessions(cx: &Cx, keep: Option<[u8; 32]>) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let count = session::end_all(&mut tx, cx.user()?.id, keep).await?;
    ended(cx, tx, now, count).await
}

async fn ended(cx: &Cx, mut tx: Tx, now: DateTime<Utc>, count: u64) -> Result<()> {
    let changes = Changes::new().field("sessions", None, Some(&count.to_string()));
    let user = cx.user()?.id;
    note(
        &mut tx,
        now,
        &cx.actor(),
        "account.sessions-end",
        user,
        &changes,
    )
    .await?;
    tx.commit().await
}

/// What every new password brings with it, however it was chosen.
async fn set_password(
    cx: &Cx,
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &Person,
    hash: &str,
) -> Result<()> {
    queries::set_password_hash(tx, person.id, hash, now).await?;
    void_links(tx, person.id, now).await?;
    session::end_all(tx, person.id, None).await?;
    tracing::info!(user_id = %person.id, "password_changed");
    post(&cx.app, tx, now, cx.lang)
        .password_changed(person)
        .await
}

/// Whatever was sent before leads nowhere: it may be in the hands of whom the change is to keep out.
async fn void_links(tx: &mut Tx, id: Id<User>, now: DateTime<Utc>) -> Result<()> {
    for kind in Kind::ALL {
        links::void(tx, id, *kind, now).await?;
    }
    Ok(())
}

/// Whoever has somebody's link acts as that person, signed in or not.
fn actor_of(cx: &Cx, id: Id<User>) -> Actor {
    Actor {
        user_id: Some(id.uuid()),
        ..cx.actor()
    }
}

fn post<'a>(app: &'a App, tx: &'a mut Tx, now: DateTime<Utc>, lang: Lang) -> Post<'a> {
    Post { app, tx, now, lang }
}

async fn note(
    tx: &mut Tx,
    now: DateTime<Utc>,
    actor: &Actor,
    action: &'static str,
    id: Id<User>,
    changes: &Changes,
) -> Result<()> {
    audit::record(tx, now, actor, action, Some(id.uuid()), None, changes).await
}
