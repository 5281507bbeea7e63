//! Walks the chain from its beginning and names every row that is not as it was sealed.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    seal::{Head, Raw, Signer},
    sealer,
};
use crate::{
    error::{Error, Result},
    platform::{
        db::{Conn, Db, WAIT_OFFLINE},
        keys::Keys,
    },
    sql,
};

const BATCH: i64 = 500;
/// More than this is one catastrophe, not a list.
const MOST: usize = 50;
/// An entry may wait this long for its seal.
const MAY_WAIT: TimeDelta = TimeDelta::minutes(1);

/// What is wrong, and with which row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Edited {
        seq: i64,
        entry: Uuid,
        parts: String,
    },
    Missing {
        seq: i64,
        entry: Option<Uuid>,
    },
    /// The seal is not the one that belongs here, though the entry is as it was.
    Reordered {
        seq: i64,
        entry: Uuid,
    },
    /// The product did not write it.
    Inserted {
        entry: Uuid,
    },
    CutOff {
        seq: i64,
    },
    /// Fields say that they were erased, and nobody wrote down to have done it.
    Erased {
        seq: i64,
        entry: Uuid,
        parts: String,
    },
    OtherKey {
        first: i64,
        last: i64,
    },
    Unsealed {
        entry: Uuid,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { seq, entry, parts } => {
                write!(f, "edited: {parts} of entry {entry}, row {seq}")
            }
            Self::Missing {
                seq,
                entry: Some(entry),
            } => write!(f, "missing: entry {entry}, row {seq}"),
            Self::Missing { seq, entry: None } => write!(f, "missing: row {seq}, entry and seal"),
            Self::Reordered { seq, entry } => {
                write!(
                    f,
                    "reordered: entry {entry} stands at row {seq}, where it was not sealed, or its seal was changed"
                )
            }
            Self::Inserted { entry } => write!(
                f,
                "inserted: entry {entry}, which the product did not write"
            ),
            Self::CutOff { seq } => write!(
                f,
                "cut off: the chain does not hold the given head at row {seq}"
            ),
            Self::Erased { seq, entry, parts } => {
                write!(
                    f,
                    "edited: {parts} of entry {entry}, row {seq}, without an entry that tells who erased it"
                )
            }
            Self::OtherKey { first, last } => {
                write!(
                    f,
                    "sealed under another SECRET_KEY: rows {first} to {last} can be verified with that key alone"
                )
            }
            Self::Unsealed { entry } => {
                write!(
                    f,
                    "not sealed: entry {entry} has waited for more than a minute; does the product run?"
                )
            }
        }
    }
}

#[derive(Debug, Default)]
pub struct Report {
    pub head: Option<Head>,
    /// Entries that wait for their seal, as new ones do.
    pub waiting: i64,
    pub findings: Vec<Finding>,
}

#[derive(sqlx::FromRow)]
struct Sealed {
    seq: i64,
    entry_id: Uuid,
    key_id: Vec<u8>,
    digests: Vec<u8>,
    mac: Vec<u8>,
    id: Option<Uuid>,
    at: Option<DateTime<Utc>>,
    actor_id: Option<Uuid>,
    action: Option<String>,
    record: Option<String>,
    record_id: Option<Uuid>,
    company_id: Option<Uuid>,
    changes: Option<String>,
    ip: Option<String>,
    request_id: Option<String>,
}

impl Sealed {
    /// The entry, if it is there.
    fn entry(&self) -> Option<Raw> {
        Some(Raw {
            id: self.id?,
            at: self.at?,
            actor_id: self.actor_id,
            action: self.action.clone()?,
            record: self.record.clone()?,
            record_id: self.record_id,
            company_id: self.company_id,
            changes: self.changes.clone()?,
            ip: self.ip.clone(),
            request_id: self.request_id.clone(),
        })
    }
}

/// Reads all of it with little memory. `noted` is a head from the log or the page, of whatever time.
pub async fn verify(
    db: &Db,
    keys: &Keys,
    now: DateTime<Utc>,
    noted: Option<Head>,
) -> Result<Report> {
    let mut conn = db.read().await?;
    conn.set_wait(WAIT_OFFLINE);
    let mut walk = Walk {
        signer: Signer::new(keys),
        conn,
        report: Report::default(),
        other_key: None,
    };
    walk.chain().await?;
    if walk.report.head.is_some() {
        walk.strangers().await?;
    }
    walk.waiting(now).await?;
    if let Some(noted) = noted {
        walk.holds(noted).await?;
    }
    Ok(walk.report)
}

struct Walk {
    signer: Signer,
    conn: Conn,
    report: Report,
    /// The run of rows under another key that is being walked through.
    other_key: Option<(i64, i64)>,
}

impl Walk {
    fn find(&mut self, finding: Finding) {
        if self.report.findings.len() < MOST {
            self.report.findings.push(finding);
        }
    }

    async fn chain(&mut self) -> Result<()> {
        // In this order, because the sealer goes on meanwhile: the head is never behind the last seal.
        let last = self
            .conn
            .number(sql!("select coalesce(max(seq), 0) from audit_seals"))
            .await?;
        self.report.head = sealer::head(&mut self.conn).await?;
        let head = self.report.head.unwrap_or(Head {
            seq: 0,
            mac: [0; 32],
        });
        if last > head.seq {
            self.find(Finding::CutOff { seq: last });
        }
        let mut before = Head {
            seq: 0,
            mac: [0; 32],
        };
        loop {
            let rows: Vec<Sealed> = self
                .conn
                .fetch_all(sql!(
                    "select s.seq, s.entry_id, s.key_id, s.digests, s.mac, e.id, e.at, e.actor_id, e.action, e.record,
                            e.record_id, e.company_id, e.changes, e.ip, e.request_id
                     from audit_seals s left join audit_entries e on e.id = s.entry_id
                     where s.seq > ? and s.seq <= ? order by s.seq limit ?",
                    before.seq,
                    head.seq.max(last),
                    BATCH
                ))
                .await?;
            let Some(end) = rows.last().map(|row| row.seq) else {
                break;
            };
            for row in &rows {
                before = self.row(before, row).await?;
            }
            if end >= head.seq.max(last) || self.report.findings.len() >= MOST {
                break;
            }
        }
        self.same_key();
        for seq in (before.seq + 1..=head.seq).take(MOST) {
            self.find(Finding::Missing { seq, entry: None });
        }
        if before.seq == head.seq && before.mac != head.mac {
            self.find(Finding::CutOff { seq: head.seq });
        }
        Ok(())
    }

    /// One row after the one before. What follows a bad row is held against what the row says of itself, so that each
    /// is named for its own sake.
    async fn row(&mut self, before: Head, row: &Sealed) -> Result<Head> {
        let (seq, entry_id) = (row.seq, row.entry_id);
        for gone in (before.seq + 1..seq).take(MOST) {
            self.find(Finding::Missing {
                seq: gone,
                entry: None,
            });
        }
        let here = sealer::of_row((seq, row.mac.clone()));
        if row.key_id != self.signer.key_id() {
            let (first, _) = self.other_key.unwrap_or((seq, seq));
            self.other_key = Some((first, seq));
            return Ok(here);
        }
        self.same_key();
        let Some(entry) = row.entry() else {
            self.find(Finding::Missing {
                seq,
                entry: Some(entry_id),
            });
            return Ok(here);
        };
        let compared = self.signer.compare(&entry, &row.digests);
        let follows = before.seq + 1 == seq;
        if !compared.edited.is_empty() {
            let parts = compared.edited.join(", ");
            self.find(Finding::Edited {
                seq,
                entry: entry_id,
                parts,
            });
        } else if follows && self.signer.sealed(before, entry_id, &row.digests) != here {
            self.find(Finding::Reordered {
                seq,
                entry: entry_id,
            });
        }
        let told = if compared.erased.is_empty() {
            Vec::new()
        } else {
            self.erasures(entry_id).await?
        };
        let untold: Vec<String> = compared
            .erased
            .into_iter()
            .filter(|part| !told.contains(part))
            .collect();
        if !untold.is_empty() {
            self.find(Finding::Erased {
                seq,
                entry: entry_id,
                parts: untold.join(", "),
            });
        }
        Ok(here)
    }

    /// A run of rows under another key has ended.
    fn same_key(&mut self) {
        if let Some((first, last)) = self.other_key.take() {
            self.find(Finding::OtherKey { first, last });
        }
    }

    /// The fields of an entry that genuine entries say to have erased.
    async fn erasures(&mut self, entry: Uuid) -> Result<Vec<String>> {
        let rows: Vec<Sealed> = self
            .conn
            .fetch_all(sql!(
                "select coalesce(s.seq, 0) as seq, s.entry_id, s.key_id, s.digests, s.mac, e.id, e.at, e.actor_id,
                        e.action, e.record, e.record_id, e.company_id, e.changes, e.ip, e.request_id
                 from audit_entries e join audit_seals s on s.entry_id = e.id
                 where e.record = 'audit' and e.record_id = ? and e.action = 'audit.erase'",
                entry
            ))
            .await?;
        let mut told = Vec::new();
        for row in rows {
            let Some(entry) = row.entry() else { continue };
            // Digests are keyed: those that fit were made by the product.
            if self.signer.compare(&entry, &row.digests).edited.is_empty() {
                let changes = entry.changes().unwrap_or_default();
                told.extend(changes.into_iter().map(|change| change.field));
            }
        }
        Ok(told)
    }

    /// Entries that no seal was written with.
    async fn strangers(&mut self) -> Result<()> {
        let found: Vec<(Uuid,)> = self
            .conn
            .fetch_all(sql!(
                "select e.id from audit_entries e left join audit_seals s on s.entry_id = e.id
                 where s.entry_id is null order by e.id limit ?",
                i64::try_from(MOST).map_err(Error::internal)?
            ))
            .await?;
        for (entry,) in found {
            self.find(Finding::Inserted { entry });
        }
        Ok(())
    }

    async fn waiting(&mut self, now: DateTime<Utc>) -> Result<()> {
        self.report.waiting = self
            .conn
            .number(sql!("select count(*) from audit_seals where seq is null"))
            .await?;
        let late: Vec<(Uuid,)> = self
            .conn
            .fetch_all(sql!(
                "select e.id from audit_seals s join audit_entries e on e.id = s.entry_id
                 where s.seq is null and e.at < ? limit ?",
                now - MAY_WAIT,
                i64::try_from(MOST).map_err(Error::internal)?
            ))
            .await?;
        for (entry,) in late {
            self.find(Finding::Unsealed { entry });
        }
        Ok(())
    }

    async fn holds(&mut self, noted: Head) -> Result<()> {
        let found: Option<(i64, Vec<u8>)> = self
            .conn
            .fetch_optional(sql!(
                "select seq, mac from audit_seals where seq = ?",
                noted.seq
            ))
            .await?;
        let is_there = noted.seq == 0 || found.map(sealer::of_row) == Some(noted);
        if !is_there {
            self.find(Finding::CutOff { seq: noted.seq });
        }
        Ok(())
    }
}
