//! Who did what to which record, field by field, written in the transaction of the change, and sealed soon after it.
//!
//! Each entry has a seal, written with it: digests of its fields under a key of the product, and a proof of them. The
//! sealer gives committed seals their places in one chain, each proof over the one before. Whoever changes the database
//! without knowing `SECRET_KEY` leaves a place that [`verify`] names.

mod seal;
mod sealer;
mod verify;

use std::{collections::HashMap, net::IpAddr};

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::seal::Raw;
pub use self::{
    seal::{ERASED, Head},
    sealer::{adopt, begin_chain, head, run, seal},
    verify::{Finding, Report, verify},
};
use super::{
    clock::random,
    db::{Conn, Tx, dialect},
};
use crate::{
    error::{Error, Result},
    sql,
    types::{Id, TaxId},
};

/// Whoever does something: a person in a request, or the product itself.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    pub user_id: Option<Uuid>,
    pub ip: Option<IpAddr>,
    pub request_id: Option<String>,
}

/// One field before and after; a missing side is a field that was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Both sides were personal and are no longer kept; the seal still has their digest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a field if its two sides differ.
    #[must_use]
    pub fn field(mut self, name: &str, before: Option<&str>, after: Option<&str>) -> Self {
        if before != after {
            let side = |value: Option<&str>| value.map(|value| shown(name, value));
            self.0.push(Change {
                field: name.into(),
                before: side(before),
                after: side(after),
                erased: false,
            });
        }
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A field's value as the audit keeps it: of a person's number only its last two digits.
#[must_use]
pub fn shown(field: &str, value: &str) -> String {
    match TaxId::parse(value) {
        Ok(tax_id) if field == "tax_id" => tax_id.masked(),
        _ => value.to_owned(),
    }
}

/// Typed text without numbers that may be a person's: of each with nine or more digits, the last two alone.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut shown: Vec<char> = text.chars().collect();
    let mut digits: Vec<usize> = Vec::new();
    for at in 0..=shown.len() {
        match shown.get(at) {
            Some(char) if char.is_ascii_digit() => digits.push(at),
            // People write long numbers in groups.
            Some(' ' | '.' | '-') if digits.last().is_some_and(|last| last + 1 == at) => {}
            _ => {
                if digits.len() >= 9 {
                    for hidden in &digits[..digits.len() - 2] {
                        shown[*hidden] = '*';
                    }
                }
                digits.clear();
            }
        }
    }
    shown.into_iter().collect()
}

/// The action is `noun.verb`, for example `companies.update`; the noun is the table of the record.
pub async fn record(
    tx: &mut Tx,
    now: DateTime<Utc>,
    actor: &Actor,
    action: &'static str,
    record_id: Option<Uuid>,
    company_id: Option<Uuid>,
    changes: &Changes,
) -> Result<()> {
    let entry = Raw {
        id: Id::<()>::new_v7(now, random()).uuid(),
        at: now.trunc_subsecs(6),
        actor_id: actor.user_id,
        action: action.into(),
        record: action.split('.').next().unwrap_or(action).into(),
        record_id,
        company_id,
        changes: serde_json::to_string(&changes.0).map_err(Error::internal)?,
        ip: actor.ip.map(|ip| ip.to_string()),
        request_id: actor.request_id.clone(),
    };
    let seal = seal::Signer::of(tx)?.begin(&entry, &changes.0);
    let written = sql!(
        "insert into audit_entries (id, at, actor_id, action, record, record_id, company_id, changes, ip, request_id)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        entry.id,
        entry.at,
        entry.actor_id,
        entry.action,
        entry.record,
        entry.record_id,
        entry.company_id,
        entry.changes,
        entry.ip,
        entry.request_id,
    );
    let sealed = sql!(
        "insert into audit_seals (entry_id, key_id, digests, mac) values (?, ?, ?, ?)",
        entry.id,
        seal.key_id,
        seal.digests,
        seal.mac,
    );
    tx.execute_both(written, sealed).await
}

/// Removes what an entry says of somebody, and writes down that it was done: `ip`, or a field of the changes. Each must be
/// there. The chain stays whole, because it is over digests.
pub async fn erase(
    tx: &mut Tx,
    now: DateTime<Utc>,
    actor: &Actor,
    entry: Uuid,
    fields: &[&str],
) -> Result<()> {
    let mut sql = sql!(
        "select id, at, actor_id, action, record, record_id, company_id, changes, ip, request_id from audit_entries where id = ?",
        entry
    );
    let is_sqlite = tx.is_sqlite();
    dialect::for_update(&mut sql, is_sqlite);
    let mut raw: Raw = tx.fetch_one(sql).await?;
    let mut changes = raw
        .changes()
        .ok_or_else(|| Error::internal("changes that cannot be read"))?;
    let mut erased = Changes::new();
    for name in fields {
        if *name == "ip" && raw.ip.is_some() {
            raw.ip = Some(ERASED.into());
        } else if let Some(change) = changes.iter_mut().find(|change| change.field == *name) {
            (change.before, change.after, change.erased) = (None, None, true);
        } else {
            return Err(Error::NotFound);
        }
        erased = erased.field(name, None, Some(ERASED));
    }
    tx.execute(sql!(
        "update audit_entries set changes = ?, ip = ? where id = ?",
        serde_json::to_string(&changes).map_err(Error::internal)?,
        raw.ip,
        entry,
    ))
    .await?;
    record(
        tx,
        now,
        actor,
        "audit.erase",
        Some(entry),
        raw.company_id,
        &erased,
    )
    .await
}

/// Erases these fields in every entry about a company's records of one table. How many entries had one of them.
pub async fn erase_of_company(
    tx: &mut Tx,
    now: DateTime<Utc>,
    company: Uuid,
    record: &'static str,
    fields: &[&str],
) -> Result<usize> {
    let entries: Vec<(Uuid, String)> = tx
        .fetch_all(sql!(
            "select id, changes from audit_entries where company_id = ? and record = ? order by id",
            company,
            record
        ))
        .await?;
    let mut count = 0;
    for (entry, changes) in entries {
        let changes: Vec<Change> = serde_json::from_str(&changes).map_err(Error::internal)?;
        let personal: Vec<&str> = changes
            .iter()
            .filter(|change| !change.erased && fields.contains(&change.field.as_str()))
            .map(|change| change.field.as_str())
            .collect();
        if !personal.is_empty() {
            erase(tx, now, &Actor::default(), entry, &personal).await?;
            count += 1;
        }
    }
    Ok(count)
}

#[derive(Debug, sqlx::FromRow)]
pub struct Entry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor: Option<String>,
    pub action: String,
    pub company_id: Option<Uuid>,
    pub company: Option<String>,
    changes: String,
}

impl Entry {
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }
}

/// The newest changes to companies and what hangs on them, of live companies only; `company` narrows to one.
/// `before` is the id of the last entry seen; `hidden` are the records whose changes the reader may not see.
pub async fn latest(
    conn: &mut Conn,
    company: Option<Uuid>,
    before: Option<Uuid>,
    hidden: &[&'static str],
    limit: i64,
) -> Result<Vec<Entry>> {
    let mut sql = sql!(
        "select a.id, a.at, u.name as actor, a.action, a.company_id, c.name as company, a.changes
         from audit_entries a join companies c on c.id = a.company_id left join users u on u.id = a.actor_id
         where "
    );
    match company {
        Some(company) => sql.push("a.company_id = ?").bind(company),
        None => sql.push("c.live = 1"),
    };
    if let Some(before) = before {
        sql.push(" and a.id < ?").bind(before);
    }
    for record in hidden {
        sql.push(" and a.record <> ?").bind(*record);
    }
    sql.push(" order by a.id desc limit ?").bind(limit);
    conn.fetch_all(sql).await
}

/// The newest changes to one record.
pub async fn of_record(
    conn: &mut Conn,
    record: &'static str,
    record_id: Uuid,
    limit: i64,
) -> Result<Vec<Entry>> {
    conn.fetch_all(sql!(
        "select a.id, a.at, u.name as actor, a.action, a.company_id, c.name as company, a.changes
         from audit_entries a left join companies c on c.id = a.company_id left join users u on u.id = a.actor_id
         where a.record = ? and a.record_id = ? order by a.id desc limit ?",
        record,
        record_id,
        limit,
    ))
    .await
}

/// Who changed a record last, and when, as RFC 3339.
pub async fn last_change(
    conn: &mut Conn,
    record: &'static str,
    record_id: Uuid,
) -> Result<(Option<String>, String)> {
    let (by, at): (Option<String>, DateTime<Utc>) = conn
        .fetch_one(sql!(
            "select u.name, a.at from audit_entries a left join users u on u.id = a.actor_id
             where a.record = ? and a.record_id = ? order by a.id desc limit 1",
            record,
            record_id,
        ))
        .await?;
    Ok((by, at.to_rfc3339()))
}

/// Who last did this to each of the records.
pub async fn actors_of(
    conn: &mut Conn,
    action: &'static str,
    records: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>> {
    let records: Vec<Uuid> = records.collect();
    let Some((first, rest)) = records.split_first() else {
        return Ok(HashMap::new());
    };
    let mut sql = sql!(
        "select a.record_id, u.name from audit_entries a join users u on u.id = a.actor_id where a.action = ? and a.record = ? and a.record_id in (?"
    );
    sql.bind(action)
        .bind(action.split('.').next().unwrap_or(action))
        .bind(*first);
    for record in rest {
        sql.push(", ?").bind(*record);
    }
    sql.push(") order by a.id");
    Ok(conn
        .fetch_all::<(Uuid, String)>(sql)
        .await?
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_in_typed_text_show_their_last_two_digits() {
        for (typed, shown) in [
            ("10000000146", "*********46"),
            ("Ada 10000000146 x", "Ada *********46 x"),
            ("100 000 001 46", "*** *** *** 46"),
            ("a10000000146b4540536920", "a*********46b********20"),
            ("12345678", "12345678"),
            ("1  23456789", "1  23456789"),
            ("Çağ 2026", "Çağ 2026"),
            ("", ""),
        ] {
            assert_eq!(masked(typed), shown);
        }
    }

    #[test]
    fn only_what_differs_is_noted_and_a_persons_number_is_masked() {
        let changes = Changes::new()
            .field("name", Some("Acme"), Some("Acme"))
            .field("phone", None, Some("+902125550000"))
            .field("tax_id", Some("4540536920"), Some("10000000146"));
        let noted: Vec<_> = changes
            .0
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        assert_eq!(noted, ["phone", "tax_id"]);
        assert_eq!(changes.0[1].before.as_deref(), Some("4540536920"));
        assert_eq!(changes.0[1].after.as_deref(), Some("*********46"));
    }
}
