//! All SQL about mails. A person reaches one through its company, which the scope has let through; a job by its row.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Listed, Mail, State};
use crate::{
    error::Result,
    features::companies::model::Company,
    platform::db::{Conn, Sql, Tx},
    sql,
    types::Id,
};

const COLUMNS: &str = "id, company_id, record, record_id, to_name, to_address, lang, subject, text, html, unsubscribe, \
                       state, error, attempts, sent_at, resent_of, created_at, \
                       (select r.address from mail_reply_tos r where r.mail_id = mails.id) as reply_to";
const LISTED: &str = "id, company_id, to_name, to_address, subject, state, error, attempts, sent_at, resent_of, created_at";

pub async fn insert(tx: &mut Tx, mail: &Mail) -> Result<()> {
    tx.execute(sql!(
        "insert into mails (id, company_id, record, record_id, to_name, to_address, lang, subject, text, html, unsubscribe,
                            state, attempts, resent_of, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
        mail.id,
        mail.company_id,
        mail.record.clone(),
        mail.record_id,
        mail.to_name.clone(),
        mail.to_address.as_str(),
        mail.lang,
        mail.subject.as_str(),
        mail.text.as_str(),
        mail.html.as_str(),
        mail.unsubscribe.clone(),
        mail.state,
        mail.resent_of,
        mail.created_at,
        mail.created_at,
    ))
    .await?;
    if let Some(address) = &mail.reply_to {
        tx.execute(sql!(
            "insert into mail_reply_tos (mail_id, address) values (?, ?)",
            mail.id,
            address.as_str(),
        ))
        .await?;
    }
    Ok(())
}

/// Every mail about a record that is to be forgotten. What a job still wants to deliver is no longer there for it.
pub async fn forget(tx: &mut Tx, noun: &str, id: Uuid) -> Result<()> {
    tx.execute(sql!(
        "delete from mails where record_id = ? and record = ?",
        id,
        noun
    ))
    .await?;
    Ok(())
}

/// The newest first; `before` is the last one seen.
pub async fn list(
    conn: &mut Conn,
    company: Id<Company>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let mut sql = Sql::new("select ");
    sql.push(LISTED)
        .push(" from mails where company_id = ?")
        .bind(company);
    if let Some(before) = before {
        sql.push(" and id < ?").bind(before);
    }
    sql.push(" order by id desc limit ?").bind(limit);
    conn.fetch_all(sql).await
}

pub async fn count(conn: &mut Conn, company: Id<Company>) -> Result<i64> {
    conn.number(sql!(
        "select count(*) from mails where company_id = ?",
        company
    ))
    .await
}

/// The mails about a record, the newest first.
pub async fn of_record(conn: &mut Conn, noun: &str, id: Uuid, limit: i64) -> Result<Vec<Listed>> {
    let mut sql = Sql::new("select ");
    sql.push(LISTED)
        .push(" from mails where record_id = ? and record = ? order by id desc limit ?")
        .bind(id)
        .bind(noun)
        .bind(limit);
    conn.fetch_all(sql).await
}

pub async fn find(conn: &mut Conn, company: Id<Company>, id: Id<Mail>) -> Result<Mail> {
    let mut sql = Sql::new("select ");
    sql.push(COLUMNS)
        .push(" from mails where id = ? and company_id = ?")
        .bind(id)
        .bind(company);
    conn.fetch_one(sql).await
}

/// For the job that was promised with it, and for the development outbox.
pub async fn any(conn: &mut Conn, id: Id<Mail>) -> Result<Option<Mail>> {
    let mut sql = Sql::new("select ");
    sql.push(COLUMNS).push(" from mails where id = ?").bind(id);
    conn.fetch_optional(sql).await
}

/// Those of the mails that are known, in any order.
pub async fn among(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<Listed>> {
    let Some((first, rest)) = ids.split_first() else {
        return Ok(Vec::new());
    };
    let mut sql = Sql::new("select ");
    sql.push(LISTED)
        .push(" from mails where id in (?")
        .bind(*first);
    for id in rest {
        sql.push(", ?").bind(*id);
    }
    sql.push(")");
    conn.fetch_all(sql).await
}

/// Whether the mail's company is there and not in the trash; a mail without one has nothing to wait for.
pub async fn may_go(conn: &mut Conn, mail: &Mail) -> Result<bool> {
    let Some(company) = mail.company_id else {
        return Ok(true);
    };
    let live = conn
        .number(sql!(
            "select count(*) from companies where id = ? and live = 1",
            company
        ))
        .await?;
    Ok(live == 1)
}

pub async fn sent(tx: &mut Tx, id: Id<Mail>, attempts: i64, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "update mails set state = ?, error = null, attempts = ?, sent_at = ?, updated_at = ? where id = ?",
        State::Sent,
        attempts,
        now,
        now,
        id,
    ))
    .await?;
    Ok(())
}

pub async fn not_tried(tx: &mut Tx, id: Id<Mail>, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "update mails set state = ?, updated_at = ? where id = ?",
        State::Off,
        now,
        id,
    ))
    .await?;
    Ok(())
}

/// Notes what came of an attempt that did not succeed; whether it was the last one, `failed` says.
pub async fn refused(
    tx: &mut Tx,
    id: Id<Mail>,
    attempts: i64,
    error: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "update mails set state = ?, error = ?, attempts = ?, updated_at = ? where id = ? and state <> 'sent'",
        State::Queued,
        error,
        attempts,
        now,
        id,
    ))
    .await?;
    Ok(())
}

/// The end of all attempts. What was noted of the last one stays.
pub async fn failed(tx: &mut Tx, id: Id<Mail>, error: &str, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "update mails set state = ?, error = coalesce(error, ?), updated_at = ? where id = ? and state = ?",
        State::Failed,
        error,
        now,
        id,
        State::Queued,
    ))
    .await?;
    Ok(())
}
