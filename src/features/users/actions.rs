//! What is done to users, each in one transaction with its audit row.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    emails,
    form::{Typed, UserForm},
    model::{Draft, Employer, Person, State, erased},
    queries::{self, Row},
};
use crate::{
    app::App,
    cache::BLOG,
    error::{Error, Result},
    features::{
        companies::{
            self,
            form::search_words,
            model::{Field, changes},
            queries::{Column, Filter, Sort},
        },
        links::{self, Kind, Link},
    },
    platform::{
        audit::{self, Actor, Changes},
        db::{Conn, Tx},
        i18n::Message,
    },
    types::{Email, Id, Lang, text},
    web::{
        access::Role,
        cx::Cx,
        extract::form_key,
        form::Errors,
        idempotency, public,
        session::{self, User},
    },
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
        password_hash: Some(password_hash),
        role: user.role,
        company_id: user.company_id,
        locale: None,
    };
    queries::insert(tx, row, now).await?;
    let changes = Changes::new()
        .field("name", None, Some(&user.name))
        .field("email", None, Some(user.email.as_str()))
        .field("role", None, Some(user.role.as_str()));
    note(tx, now, &Actor::default(), "users.create", id, &changes).await?;
    Ok(id)
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

fn row(id: Id<User>, draft: &Draft) -> Row<'_> {
    Row {
        id,
        name: &draft.name,
        email: draft.email.as_str(),
        password_hash: None,
        role: draft.role,
        company_id: draft.company.as_ref().map(|company| company.id),
        locale: Some(draft.locale),
    }
}

// ---- the form

/// What is wrong with a form, and the companies that the typed name may mean.
#[derive(Debug, Default)]
pub struct Refused {
    pub errors: Errors,
    pub candidates: Vec<Employer>,
}

/// The checked values, with the company looked up where there is to be one.
pub async fn checked(
    cx: &Cx,
    form: &UserForm,
    person: Option<&Person>,
) -> Result<std::result::Result<Draft, Refused>> {
    let mut typed = form.check(person.is_none());
    let own = person.filter(|person| cx.user().is_ok_and(|user| user.id == person.id));
    if let (Ok(draft), Some(own)) = (&typed, own)
        && draft.email.as_str() != own.email
    {
        // That takes the current password, and a link in a mail to the new address.
        typed = Err(Errors::one("email", Message::new("error-own-email")));
    }
    let is_client = Role::parse(form.role()) == Ok(Role::Client);
    let employer = if is_client {
        employer(cx, form, person).await?.map(Some)
    } else {
        Ok(None)
    };
    Ok(match (typed, employer) {
        (Ok(typed), Ok(company)) => Ok(draft(typed, company)),
        (Ok(_), Err(refused)) => Err(refused),
        (Err(errors), Ok(company)) => Err(Refused {
            errors,
            candidates: company.into_iter().collect(),
        }),
        (Err(mut errors), Err(refused)) => {
            errors.merge(refused.errors);
            Err(Refused { errors, ..refused })
        }
    })
}

fn draft(typed: Typed, company: Option<Employer>) -> Draft {
    Draft {
        name: typed.name,
        email: typed.email,
        role: typed.role,
        company,
        locale: typed.locale,
    }
}

/// The company that the form means: the chosen one if the typed name may be its own, else the only one that the typed
/// name fits.
async fn employer(
    cx: &Cx,
    form: &UserForm,
    person: Option<&Person>,
) -> Result<std::result::Result<Employer, Refused>> {
    let refused = |key, candidates| {
        Ok(Err(Refused {
            errors: Errors::one("company", Message::new(key)),
            candidates,
        }))
    };
    let Ok(words) = search_words(&form.company) else {
        return refused("error-company-unknown", Vec::new());
    };
    let mut conn = cx.read().await?;
    if let Some(id) = form.chosen() {
        let chosen = chosen(&mut conn, cx, id, person).await?;
        if let Some(chosen) = chosen.filter(|(found, _)| words.iter().all(|word| fits(found, word)))
        {
            return Ok(Ok(chosen.1));
        }
    }
    if words.is_empty() {
        return refused("error-required", Vec::new());
    }
    let mut found = by_name(&mut conn, cx, words).await?;
    let same = |it: &Employer| text::fold(&it.name) == text::fold(form.company.trim());
    let exact: Vec<usize> = (0..found.len()).filter(|at| same(&found[*at])).collect();
    match (found.len(), exact.as_slice()) {
        (0, _) => refused("error-company-unknown", found),
        (1, _) => Ok(Ok(found.swap_remove(0))),
        (_, [at]) => Ok(Ok(found.swap_remove(*at))),
        _ => refused("error-company-several", found),
    }
}

fn fits(words: &[String], typed: &str) -> bool {
    words.iter().any(|word| word.starts_with(typed))
}

/// A live company with the words that find it; or the person's own, wherever it is.
async fn chosen(
    conn: &mut Conn,
    cx: &Cx,
    id: Uuid,
    person: Option<&Person>,
) -> Result<Option<(Vec<String>, Employer)>> {
    if let Some(person) = person.filter(|person| person.company_id == Some(id)) {
        let name = person.company.clone().unwrap_or_default();
        return Ok(Some((text::words(&name), Employer { id, name })));
    }
    match companies::queries::find(conn, cx.scope()?, Id::from_uuid(id)).await {
        Ok(company) => {
            let found = companies::model::search_words(
                &company.name,
                company.tax_id.as_deref(),
                company.email.as_deref(),
            );
            let words = found.into_iter().map(|word| word.word).collect();
            let name = company.name;
            Ok(Some((words, Employer { id, name })))
        }
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// As many as a list to choose from may have.
const MOST: i64 = 20;

async fn by_name(conn: &mut Conn, cx: &Cx, words: Vec<String>) -> Result<Vec<Employer>> {
    let filter = Filter {
        words,
        ..Filter::default()
    };
    let sort = Sort {
        column: Column::Name,
        descending: false,
    };
    let listing = companies::queries::list(conn, cx.scope()?, &filter, sort, None, MOST).await?;
    let employer = |row: companies::model::Listed| Employer {
        id: row.id.uuid(),
        name: row.name,
    };
    Ok(listing.rows.into_iter().map(employer).collect())
}

// ---- inviting

/// Where the new user is shown. A second submission of the same form leads to where the first did.
pub async fn invite(cx: &Cx, key: &str, body: &[u8], draft: &Draft) -> Result<String> {
    let now = cx.app.clock.now();
    let id = cx.app.clock.new_id();
    let location = format!("/users/{id}");
    let mut tx = cx.begin().await?;
    let user = cx.user()?.id;
    let earlier = idempotency::claim(&mut tx, now, user, form_key(key), body, &location).await?;
    if let Some(earlier) = earlier {
        return Ok(earlier);
    }
    queries::insert(&mut tx, row(id, draft), now).await?;
    emails::invite(&cx.app, &mut tx, now, id, draft).await?;
    let noted = changes(&[], &draft.fields());
    note(&mut tx, now, &cx.actor(), "users.create", id, &noted).await?;
    tx.commit().await?;
    Ok(location)
}

/// At most so many invitations of one person in an hour.
const INVITATIONS: i64 = 3;

/// The invitation once more, under a link of its own, if the person has a use for one.
pub async fn invite_again(cx: &Cx, id: Id<User>) -> Result<Outcome> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    if person.state() != State::Invited {
        return Ok(Outcome::Refused(Message::new("error-user-not-invited")));
    }
    let hour_ago = now - TimeDelta::hours(1);
    if links::made_since(&mut tx, id, Kind::Invite, hour_ago).await? >= INVITATIONS {
        return Ok(Outcome::Refused(Message::new("error-user-invited-often")));
    }
    emails::invite(&cx.app, &mut tx, now, id, &as_is(&person)?).await?;
    let none = Changes::new();
    note(&mut tx, now, &cx.actor(), "users.invite", id, &none).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

fn as_is(person: &Person) -> Result<Draft> {
    let company = person.company_id.zip(person.company.clone());
    Ok(Draft {
        name: person.name.clone(),
        email: Email::parse(&person.email).map_err(Error::internal)?,
        role: person.role,
        company: company.map(|(id, name)| Employer { id, name }),
        locale: person.locale.unwrap_or(Lang::Tr),
    })
}

// ---- changing

/// What a change came to.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    Done,
    /// Nothing was changed, and why.
    Refused(Message),
}

fn last_admin() -> Outcome {
    Outcome::Refused(Message::new("error-last-admin"))
}

/// Whether nobody could manage users any more if this person could not.
async fn is_last_admin(tx: &mut Tx, person: &Person) -> Result<bool> {
    Ok(person.is_working_admin() && !queries::another_admin(tx, person.id).await?)
}

/// A new role, company or address ends the person's sessions; a new address makes links void that went to the old one,
/// which is told of it.
pub async fn update(cx: &Cx, id: Id<User>, version: i64, draft: &Draft) -> Result<Outcome> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    if person.is_erased() {
        return Err(Error::NotFound);
    }
    if draft.role != Role::Admin && is_last_admin(&mut tx, &person).await? {
        return Ok(last_admin());
    }
    queries::update(&mut tx, version, row(id, draft), now).await?;
    if person.name != draft.name {
        public::changed(&cx.app, &mut tx, [BLOG]).await?;
    }
    let company_id = draft.company.as_ref().map(|company| company.id);
    let is_moved = person.email != draft.email.as_str();
    if is_moved || (person.role, person.company_id) != (draft.role, company_id) {
        session::end_all(&mut tx, id, None).await?;
    }
    if is_moved {
        for kind in Kind::ALL {
            links::void(&mut tx, id, *kind, now).await?;
        }
        if person.state() == State::Invited {
            let draft = Draft {
                locale: person.locale.unwrap_or(Lang::Tr),
                ..draft.clone()
            };
            emails::invite(&cx.app, &mut tx, now, id, &draft).await?;
        } else {
            emails::address_changed(cx, &mut tx, now, &person, &draft.email).await?;
        }
    }
    // Two companies may have one name.
    let company_of = |id: Option<Uuid>| id.map(|id| id.to_string());
    let noted = changes(&person.fields(), &draft.fields()).field(
        "company_id",
        company_of(person.company_id).as_deref(),
        company_of(company_id).as_deref(),
    );
    note(&mut tx, now, &cx.actor(), "users.update", id, &noted).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// From the next request on, on every instance.
pub async fn deactivate(cx: &Cx, id: Id<User>, version: i64) -> Result<Outcome> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    if is_last_admin(&mut tx, &person).await? {
        return Ok(last_admin());
    }
    if !person.active {
        return Err(Error::Conflict);
    }
    queries::set_active(&mut tx, id, version, false, now).await?;
    session::end_all(&mut tx, id, None).await?;
    for kind in Kind::ALL {
        links::void(&mut tx, id, *kind, now).await?;
    }
    let noted = changes(&ACTIVE, &INACTIVE);
    note(&mut tx, now, &cx.actor(), "users.deactivate", id, &noted).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

const ACTIVE: [Field<'static>; 1] = [("active", Some("true"))];
const INACTIVE: [Field<'static>; 1] = [("active", Some("false"))];

pub async fn reactivate(cx: &Cx, id: Id<User>, version: i64) -> Result<Outcome> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    if person.is_erased() {
        return Ok(Outcome::Refused(Message::new("error-user-erased")));
    }
    if person.active {
        return Err(Error::Conflict);
    }
    queries::set_active(&mut tx, id, version, true, now).await?;
    let noted = changes(&INACTIVE, &ACTIVE);
    note(&mut tx, now, &cx.actor(), "users.reactivate", id, &noted).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Ends one of somebody's sessions, or all; how many.
pub async fn end_sessions(cx: &Cx, id: Id<User>, session: Option<Vec<u8>>) -> Result<u64> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    let ended = match session {
        Some(hash) => queries::end_session(&mut tx, person.id, hash).await?,
        None => session::end_all(&mut tx, person.id, None).await?,
    };
    if ended > 0 {
        let count = ended.to_string();
        let noted = Changes::new().field("ended", None, Some(&count));
        note(&mut tx, now, &cx.actor(), "users.sessions", id, &noted).await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Nothing that names the person stays: in the user's row and what hangs on it, in mails, and in the audit of the
/// account. What was done under it stays.
pub async fn erase(cx: &Cx, id: Id<User>, version: i64) -> Result<Outcome> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let person = queries::find(&mut tx, id).await?;
    if person.active {
        return Ok(Outcome::Refused(Message::new("error-user-active")));
    }
    let (name, email) = erased(id);
    queries::erase(&mut tx, id, version, (&name, &email), now).await?;
    public::changed(&cx.app, &mut tx, [BLOG]).await?;
    erase_from_audit(cx, &mut tx, now, id).await?;
    let none = Changes::new();
    note(&mut tx, now, &cx.actor(), "users.erase", id, &none).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// What entries about somebody's account say of the person.
const PERSONAL: [&str; 2] = ["name", "email"];

async fn erase_from_audit(cx: &Cx, tx: &mut Tx, now: DateTime<Utc>, id: Id<User>) -> Result<()> {
    let actor = cx.actor();
    for entry in queries::noted_about(tx, id).await? {
        let changes = entry.changes();
        let is_there = |name: &&str| {
            let mut kept = changes.iter().filter(|change| !change.erased);
            kept.any(|change| change.field == *name)
        };
        let mut fields: Vec<&str> = PERSONAL.into_iter().filter(is_there).collect();
        // Where an administrator did it, the address is the administrator's.
        let has_address = entry.ip.is_some_and(|ip| ip != audit::ERASED);
        if has_address && entry.actor_id == Some(id.uuid()) {
            fields.push("ip");
        }
        if !fields.is_empty() {
            audit::erase(tx, now, &actor, entry.id, &fields).await?;
        }
    }
    Ok(())
}

// ---- from the command line

/// What became of the wish for an administrator.
#[derive(Debug)]
pub enum AdminLink {
    /// Whoever opens the link chooses the password.
    Made(Link),
    /// Somebody with this address signs in already, in this role.
    SignsInAs(Role),
}

/// An administrator without a password, and the link to choose one. Somebody who has never answered or was deactivated
/// becomes one anew.
pub async fn admin_link(app: &App, email: &Email, name: Option<String>) -> Result<AdminLink> {
    let now = app.clock.now();
    let actor = Actor::default();
    let mut tx = app.db.begin().await?;
    let known = queries::find_by_email(&mut tx, email.as_str()).await?;
    let id = match known {
        Some(person) if person.state() == State::Active => {
            return Ok(AdminLink::SignsInAs(person.role));
        }
        Some(person) => {
            queries::make_admin(&mut tx, person.id, person.version, now).await?;
            session::end_all(&mut tx, person.id, None).await?;
            let is_active = if person.active { "true" } else { "false" };
            let noted = Changes::new()
                .field(
                    "role",
                    Some(person.role.as_str()),
                    Some(Role::Admin.as_str()),
                )
                .field("company", person.company.as_deref(), None)
                .field("active", Some(is_active), Some("true"));
            note(&mut tx, now, &actor, "users.update", person.id, &noted).await?;
            person.id
        }
        None => {
            let draft = Draft {
                name: name.unwrap_or_else(|| {
                    let (local, _) = email.as_str().split_once('@').unwrap_or_default();
                    local.to_owned()
                }),
                email: email.clone(),
                role: Role::Admin,
                company: None,
                locale: Lang::Tr,
            };
            let id = app.clock.new_id();
            queries::insert(&mut tx, row(id, &draft), now).await?;
            let noted = changes(&[], &draft.fields());
            note(&mut tx, now, &actor, "users.create", id, &noted).await?;
            id
        }
    };
    let link = links::make(app, &mut tx, now, Kind::Invite, id, None).await?;
    note(&mut tx, now, &actor, "users.invite", id, &Changes::new()).await?;
    tx.commit().await?;
    Ok(AdminLink::Made(link))
}
