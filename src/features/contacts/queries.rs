//! All SQL about contacts. Each is reached through its company, which the scope has let through.

use chrono::{DateTime, Utc};

use super::model::{Contact, Draft};
use crate::{
    error::Result,
    features::companies::model::Company,
    platform::db::{Conn, Tx},
    sql,
    types::Id,
};

/// The primary one first, then by age.
pub async fn list(conn: &mut Conn, company: Id<Company>, limit: i64) -> Result<Vec<Contact>> {
    conn.fetch_all(sql!(
        "select id, company_id, name, title, phone, email, is_primary, version from contacts
         where company_id = ? and live = 1 order by is_primary desc, id limit ?",
        company,
        limit,
    ))
    .await
}

pub async fn find(conn: &mut Conn, company: Id<Company>, id: Id<Contact>) -> Result<Contact> {
    conn.fetch_one(sql!(
        "select id, company_id, name, title, phone, email, is_primary, version from contacts
         where id = ? and company_id = ? and live = 1",
        id,
        company,
    ))
    .await
}

pub async fn insert(
    tx: &mut Tx,
    id: Id<Contact>,
    company: Id<Company>,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    if draft.is_primary {
        no_primary(tx, company, now).await?;
    }
    tx.execute(sql!(
        "insert into contacts (id, company_id, name, title, phone, email, is_primary, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        company,
        draft.name.as_str(),
        draft.title.clone(),
        draft.phone.clone(),
        draft.email.clone(),
        draft.is_primary,
        now,
        now,
    ))
    .await?;
    Ok(())
}

pub async fn update(
    tx: &mut Tx,
    contact: &Contact,
    version: i64,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<()> {
    if draft.is_primary && !contact.is_primary {
        no_primary(tx, contact.company_id, now).await?;
    }
    tx.change(sql!(
            "update contacts set name = ?, title = ?, phone = ?, email = ?, is_primary = ?, version = version + 1, updated_at = ?
             where id = ? and version = ? and live = 1",
            draft.name.as_str(),
            draft.title.clone(),
            draft.phone.clone(),
            draft.email.clone(),
            draft.is_primary,
            now,
            contact.id,
            version,
        ))
    .await
}

pub async fn primary(conn: &mut Conn, company: Id<Company>) -> Result<Option<Id<Contact>>> {
    let found: Option<(Id<Contact>,)> = conn
        .fetch_optional(sql!(
            "select id from contacts where company_id = ? and is_primary and live = 1",
            company
        ))
        .await?;
    Ok(found.map(|(id,)| id))
}

/// The new primary contact replaces the old one.
async fn no_primary(tx: &mut Tx, company: Id<Company>, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "update contacts set is_primary = ?, version = version + 1, updated_at = ? where company_id = ? and is_primary and live = 1",
        false,
        now,
        company,
    ))
    .await?;
    Ok(())
}

pub async fn trash(tx: &mut Tx, id: Id<Contact>, version: i64, now: DateTime<Utc>) -> Result<()> {
    tx.change(sql!(
            "update contacts set deleted_at = ?, version = version + 1, updated_at = ? where id = ? and version = ? and live = 1",
            now,
            now,
            id,
            version,
        ))
    .await
}

/// Back from the trash: its name, and whether it is no longer primary because somebody else is by now.
pub async fn restore(
    tx: &mut Tx,
    company: Id<Company>,
    id: Id<Contact>,
    version: i64,
    now: DateTime<Utc>,
) -> Result<(String, bool)> {
    let (name, was_primary): (String, bool) = tx
        .fetch_one(sql!(
            "select name, is_primary from contacts where id = ? and company_id = ? and deleted_at is not null",
            id,
            company
        ))
        .await?;
    let primaries = tx
        .number(sql!(
            "select count(*) from contacts where company_id = ? and is_primary and live = 1",
            company
        ))
        .await?;
    let is_replaced = was_primary && primaries > 0;
    if is_replaced {
        tx.execute(sql!(
            "update contacts set is_primary = ? where id = ?",
            false,
            id
        ))
        .await?;
    }
    tx.change(sql!(
        "update contacts set deleted_at = null, version = version + 1, updated_at = ?
             where id = ? and version = ? and deleted_at is not null",
        now,
        id,
        version,
    ))
    .await?;
    Ok((name, is_replaced))
}
