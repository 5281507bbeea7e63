//! All SQL about second factors, the sign-ins that wait for one, and the roles that must have one.

use chrono::{DateTime, Utc};

use super::model::{Factor, MOST_TRIES, Pending, Person, Rule};
use crate::{
    error::Result,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
    web::{access::Role, session::User},
};

pub async fn person(conn: &mut Conn, id: Id<User>) -> Result<Person> {
    conn.fetch_one(sql!(
        "select id, name, email, role, locale, password_hash from users where id = ?",
        id
    ))
    .await
}

pub async fn person_at(conn: &mut Conn, email: &str) -> Result<Option<Person>> {
    conn.fetch_optional(sql!(
        "select id, name, email, role, locale, password_hash from users where email = ?",
        email
    ))
    .await
}

pub async fn factor(conn: &mut Conn, user: Id<User>) -> Result<Option<Factor>> {
    conn.fetch_optional(sql!(
        "select user_id, secret, recovery_codes, created_at from second_factors where user_id = ?",
        user
    ))
    .await
}

/// `Taken` if there is one already.
pub async fn insert(
    tx: &mut Tx,
    user: Id<User>,
    secret: Vec<u8>,
    step: i64,
    recovery_codes: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into second_factors (user_id, secret, last_step, recovery_codes, created_at, updated_at) values (?, ?, ?, ?, ?, ?)",
        user,
        secret,
        step,
        recovery_codes,
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// Whether the step was newer than the last one used: of two requests with one code, one is told so.
pub async fn use_step(tx: &mut Tx, user: Id<User>, step: i64, now: DateTime<Utc>) -> Result<bool> {
    let used = tx
        .execute(sql!(
            "update second_factors set last_step = ?, updated_at = ? where user_id = ? and last_step < ?",
            step,
            now,
            user,
            step,
        ))
        .await?;
    Ok(used == 1)
}

/// Puts other recovery codes in the place of those that were read; not if they are others by now.
pub async fn replace_recovery_codes(
    tx: &mut Tx,
    factor: &Factor,
    codes: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let replaced = tx
        .execute(sql!(
            "update second_factors set recovery_codes = ?, updated_at = ? where user_id = ? and recovery_codes = ?",
            codes,
            now,
            factor.user_id,
            factor.recovery_codes.clone(),
        ))
        .await?;
    Ok(replaced == 1)
}

/// Whether there was one.
pub async fn delete(tx: &mut Tx, user: Id<User>) -> Result<bool> {
    let deleted = tx
        .execute(sql!("delete from second_factors where user_id = ?", user))
        .await?;
    Ok(deleted == 1)
}

// ---- sign-ins that wait

pub async fn insert_pending(
    tx: &mut Tx,
    id: Id<Pending>,
    user: Id<User>,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into pending_sign_ins (id, user_id, tries, expires_at, created_at, updated_at) values (?, ?, 0, ?, ?, ?)",
        id,
        user,
        expires_at,
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// Whose sign-in it is, if it may still try a code: of someone who may sign in at all.
pub async fn waiting(
    conn: &mut Conn,
    id: Id<Pending>,
    now: DateTime<Utc>,
) -> Result<Option<Person>> {
    conn.fetch_optional(sql!(
        "select u.id, u.name, u.email, u.role, u.locale, u.password_hash
         from pending_sign_ins p join users u on u.id = p.user_id left join companies c on c.id = u.company_id
         where p.id = ? and p.expires_at > ? and p.tries < ? and u.active and (u.company_id is null or c.live = 1)",
        id,
        now,
        MOST_TRIES,
    ))
    .await
}

/// Counts a try; whether there was one left.
pub async fn take_try(tx: &mut Tx, id: Id<Pending>, now: DateTime<Utc>) -> Result<bool> {
    let taken = tx
        .execute(sql!(
            "update pending_sign_ins set tries = tries + 1, updated_at = ? where id = ? and expires_at > ? and tries < ?",
            now,
            id,
            now,
            MOST_TRIES,
        ))
        .await?;
    Ok(taken == 1)
}

pub async fn end_pending(tx: &mut Tx, id: Id<Pending>) -> Result<()> {
    tx.execute(sql!("delete from pending_sign_ins where id = ?", id))
        .await?;
    Ok(())
}

/// Forgets those that are too late.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute(sql!(
        "delete from pending_sign_ins where expires_at < ?",
        before
    ))
    .await
}

// ---- roles

pub async fn rules(conn: &mut Conn) -> Result<Vec<Rule>> {
    conn.fetch_all(sql!("select role, second_factor, version from role_rules"))
        .await
}

pub async fn is_required(conn: &mut Conn, role: Role) -> Result<bool> {
    let rules = conn
        .number(sql!(
            "select count(*) from role_rules where role = ? and second_factor",
            role
        ))
        .await?;
    Ok(rules > 0)
}

/// `Conflict`, or `Taken` for a first one, if somebody was quicker.
pub async fn save_rule(
    tx: &mut Tx,
    rule: &Rule,
    second_factor: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    if rule.version > 0 {
        return tx
            .change(sql!(
                "update role_rules set second_factor = ?, version = version + 1, updated_at = ? where role = ? and version = ?",
                second_factor,
                now,
                rule.role,
                rule.version,
            ))
            .await;
    }
    tx.execute(sql!(
        "insert into role_rules (role, second_factor, version, created_at, updated_at) values (?, ?, 1, ?, ?)",
        rule.role,
        second_factor,
        now,
        now,
    ))
    .await?;
    Ok(())
}

/// How many active people of each role have no second factor.
pub async fn without_factor(conn: &mut Conn) -> Result<Vec<(Role, i64)>> {
    conn.fetch_all(sql!(
        "select u.role, count(*) from users u left join second_factors f on f.user_id = u.id
         where u.active and f.user_id is null group by u.role"
    ))
    .await
}
