//! All SQL about users.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Listed, Noted, Person, State};
use crate::{
    error::Result,
    platform::db::{Conn, Sql, Tx, dialect},
    sql,
    types::{Id, Lang},
    web::{access::Role, session::User},
};

const PERSON: &str = "select u.id, u.name, u.email, u.role, u.company_id, c.name as company, c.deleted_at as company_trashed_at,
    u.locale, u.active, (u.password_hash is not null) as has_password, u.version, u.created_at, u.updated_at
    from users u left join companies c on c.id = u.company_id where ";

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub role: Option<Role>,
    pub state: Option<State>,
    pub company: Option<Uuid>,
}

/// Everybody whom the filter lets through, in no order.
pub async fn list(conn: &mut Conn, filter: &Filter) -> Result<Vec<Listed>> {
    let mut sql = sql!("select id, name, email, created_at from users where true");
    if let Some(role) = filter.role {
        sql.push(" and role = ?").bind(role);
    }
    if let Some(company) = filter.company {
        sql.push(" and company_id = ?").bind(company);
    }
    match filter.state {
        Some(State::Active) => drop(sql.push(" and active and password_hash is not null")),
        Some(State::Invited) => drop(sql.push(" and active and password_hash is null")),
        Some(State::Deactivated) => drop(sql.push(" and not active")),
        None => {}
    }
    conn.fetch_all(sql).await
}

/// Those of them that are there, in their order.
pub async fn among(conn: &mut Conn, ids: &[Id<User>]) -> Result<Vec<Person>> {
    let Some((first, rest)) = ids.split_first() else {
        return Ok(Vec::new());
    };
    let mut sql = Sql::new(PERSON);
    sql.push("u.id in (?").bind(*first);
    for id in rest {
        sql.push(", ?").bind(*id);
    }
    sql.push(")");
    let mut people: Vec<Person> = conn.fetch_all(sql).await?;
    people.sort_by_key(|person| ids.iter().position(|id| *id == person.id));
    Ok(people)
}

pub async fn find(conn: &mut Conn, id: Id<User>) -> Result<Person> {
    let mut sql = Sql::new(PERSON);
    sql.push("u.id = ?").bind(id);
    conn.fetch_one(sql).await
}

pub async fn find_by_email(conn: &mut Conn, email: &str) -> Result<Option<Person>> {
    let mut sql = Sql::new(PERSON);
    sql.push("u.email = ?").bind(email);
    conn.fetch_optional(sql).await
}

/// The name of a company, in the trash or not.
pub async fn company_name(conn: &mut Conn, id: Uuid) -> Result<String> {
    let (name,): (String,) = conn
        .fetch_one(sql!("select name from companies where id = ?", id))
        .await?;
    Ok(name)
}

pub struct Row<'a> {
    pub id: Id<User>,
    pub name: &'a str,
    pub email: &'a str,
    pub password_hash: Option<&'a str>,
    pub role: Role,
    pub company_id: Option<Uuid>,
    pub locale: Option<Lang>,
}

/// `Taken` if the address is.
pub async fn insert(tx: &mut Tx, user: Row<'_>, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "insert into users (id, name, email, password_hash, role, company_id, locale, theme, active, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, 'auto', ?, 1, ?, ?)",
        user.id,
        user.name,
        user.email,
        user.password_hash,
        user.role,
        user.company_id,
        user.locale,
        true,
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// `Conflict` if the row has moved on from `version`, `Taken` if the address is.
pub async fn update(tx: &mut Tx, version: i64, user: Row<'_>, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update users set name = ?, email = ?, role = ?, company_id = ?, version = version + 1, updated_at = ?
         where id = ? and version = ?",
        user.name,
        user.email,
        user.role,
        user.company_id,
        now,
        user.id,
        version,
    ))
    .await
}

pub async fn set_active(
    tx: &mut Tx,
    id: Id<User>,
    version: i64,
    active: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update users set active = ?, version = version + 1, updated_at = ? where id = ? and version = ?",
        active,
        now,
        id,
        version,
    ))
    .await
}

/// Nobody knows the person's password from then on: a new one is chosen by a link.
pub async fn make_admin(tx: &mut Tx, id: Id<User>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
        "update users set role = 'admin', company_id = null, password_hash = null, active = ?, version = version + 1,
             updated_at = ? where id = ? and version = ?",
        true,
        now,
        id,
        version,
    ))
    .await
}

/// Locks the administrators who can sign in, and says whether anybody else than this one is among them.
pub async fn another_admin(tx: &mut Tx, id: Id<User>) -> Result<bool> {
    let admins: Vec<(Id<User>,)> = tx
        .fetch_all(sql!(
            "select id from users where role = 'admin' and active and password_hash is not null order by id"
        ))
        .await?;
    let Some(((first,), rest)) = admins.split_first() else {
        return Ok(false);
    };
    // By their ids, so that nobody else's row is locked on the way, and read anew: one of two requests waits here for
    // the other and then sees what it has done.
    let mut sql = sql!("select id, role, active from users where id in (?", *first);
    for (id,) in rest {
        sql.push(", ?").bind(*id);
    }
    sql.push(") order by id");
    dialect::for_update(&mut sql, tx.is_sqlite());
    let locked: Vec<(Id<User>, Role, bool)> = tx.fetch_all(sql).await?;
    Ok(locked
        .iter()
        .any(|(other, role, active)| *other != id && *role == Role::Admin && *active))
}

// ---- sessions

pub async fn end_session(tx: &mut Tx, id: Id<User>, token_hash: Vec<u8>) -> Result<u64> {
    tx.execute(sql!(
        "delete from sessions where user_id = ? and token_hash = ?",
        id,
        token_hash
    ))
    .await
}

// ---- the end

/// Name and address give way to what names nobody, and all that hangs on the row goes. Only of someone who is
/// deactivated.
pub async fn erase(
    tx: &mut Tx,
    id: Id<User>,
    version: i64,
    (name, email): (&str, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update users set name = ?, email = ?, password_hash = null, locale = null, version = version + 1, updated_at = ?
         where id = ? and version = ? and not active",
        name,
        email,
        now,
        id,
        version,
    ))
    .await?;
    for hanging in [
        sql!("delete from links where user_id = ?", id),
        sql!("delete from sessions where user_id = ?", id),
        sql!("delete from pending_sign_ins where user_id = ?", id),
        sql!("delete from second_factors where user_id = ?", id),
        sql!("delete from kept_forms where user_id = ?", id),
    ] {
        tx.execute(hanging).await?;
    }
    tx.execute(sql!(
        "delete from mails where record = 'users' and record_id = ?",
        id
    ))
    .await?;
    Ok(())
}

/// The entries of the audit about somebody's account.
pub async fn noted_about(tx: &mut Tx, id: Id<User>) -> Result<Vec<Noted>> {
    tx.fetch_all(sql!(
        "select id, actor_id, changes, ip from audit_entries
         where record in ('users', 'account', 'session', 'second-factors') and record_id = ? order by id",
        id
    ))
    .await
}
