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
    /// Begun under another key, and never given a place.
    Foreign {
        entry: Uuid,
    },
    NoHead,
    /// So many findings that the rest is not told.
    More,
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
            Self::Foreign { entry } => {
                write!(
                    f,
                    "inserted: entry {entry}, unless it was written under another SECRET_KEY; a start with that key gives it its place"
                )
            }
            Self::NoHead => f.write_str("missing: the head of the chain"),
            Self::More => write!(f, "and more: only the first {MOST} are told"),
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
    // The heads first: however much else is wrong, there is room for them.
    if let Some(noted) = noted {
        walk.holds(noted).await?;
    }
    walk.chain().await?;
    walk.strangers().await?;
    walk.waiting(now).await?;
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
        match self.report.findings.len() {
            MOST.. if self.report.findings.last() == Some(&Finding::More) => {}
            MOST.. => self.report.findings.push(Finding::More),
            _ => self.report.findings.push(finding),
        }
    }

    async fn chain(&mut self) -> Result<()> {
        // In this order, because the sealer goes on meanwhile: the head is never behind a last seal that was there before
        // it, nor ahead of one that is there after it.
        let last = self.last().await?;
        self.report.head = sealer::head(&mut self.conn).await?;
        let head = self.report.head.unwrap_or(Head::START);
        if self.report.head.is_none() && self.has_entries().await? {
            self.find(Finding::NoHead);
        }
        // All of it before the walk, which may end early.
        if last > head.seq {
            self.find(Finding::CutOff { seq: last });
        }
        let after = Head {
            seq: self.last().await?,
            ..head
        };
        for seq in (after.next()..=head.seq).take(MOST + 1) {
            self.find(Finding::Missing { seq, entry: None });
        }
        if self.place(head.seq).await?.is_some_and(|it| it != head) {
            self.find(Finding::CutOff { seq: head.seq });
        }
        let mut before = Head::START;
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
            if end >= head.seq.max(last) || self.report.findings.len() > MOST {
                break;
            }
        }
        self.same_key();
        Ok(())
    }

    async fn last(&mut self) -> Result<i64> {
        self.conn
            .number(sql!("select coalesce(max(seq), 0) from audit_seals"))
            .await
    }

    async fn has_entries(&mut self) -> Result<bool> {
        let found = self
            .conn
            .number(sql!(
                "select count(*) from (select 1 as one from audit_entries limit 1) few"
            ))
            .await?;
        Ok(found > 0)
    }

    /// One row after the one before. What follows a bad row is held against what the row says of itself, so that each
    /// is named for its own sake.
    async fn row(&mut self, before: Head, row: &Sealed) -> Result<Head> {
        let (seq, entry_id) = (row.seq, row.entry_id);
        for gone in (before.next()..seq).take(MOST + 1) {
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
        let follows = before.next() == seq;
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
            let is_ours = row.key_id == self.signer.key_id();
            // Digests are keyed: those that fit were made by the product. An entry under another key that has its place
            // is within a run that is named for it.
            if (!is_ours && row.seq > 0)
                || self.signer.compare(&entry, &row.digests).edited.is_empty()
            {
                let changes = entry.changes().unwrap_or_default();
                told.extend(changes.into_iter().map(|change| change.field));
            }
        }
        Ok(told)
    }

    /// Entries that no seal was written with, and seals that the sealer never gave their place.
    async fn strangers(&mut self) -> Result<()> {
        let limit = i64::try_from(MOST + 1).map_err(Error::internal)?;
        let no_seal = sql!(
            "select e.id from audit_entries e left join audit_seals s on s.entry_id = e.id
             where s.entry_id is null order by e.id limit ?",
            limit
        );
        let no_place = sql!(
            "select entry_id from audit_seals where seq <= 0 order by seq limit ?",
            limit
        );
        for inserted in [no_seal, no_place] {
            for (entry,) in self.conn.fetch_all(inserted).await? {
                self.find(Finding::Inserted { entry });
            }
        }
        let other_key = sql!(
            "select entry_id from audit_seals where seq is null and key_id <> ? order by entry_id limit ?",
            self.signer.key_id(),
            limit
        );
        for (entry,) in self.conn.fetch_all(other_key).await? {
            self.find(Finding::Foreign { entry });
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
                 where s.seq is null and s.key_id = ? and e.at < ? limit ?",
                self.signer.key_id(),
                now - MAY_WAIT,
                i64::try_from(MOST + 1).map_err(Error::internal)?
            ))
            .await?;
        for (entry,) in late {
            self.find(Finding::Unsealed { entry });
        }
        Ok(())
    }

    async fn holds(&mut self, noted: Head) -> Result<()> {
        if noted.seq != 0 && self.place(noted.seq).await? != Some(noted) {
            self.find(Finding::CutOff { seq: noted.seq });
        }
        Ok(())
    }

    async fn place(&mut self, seq: i64) -> Result<Option<Head>> {
        let found: Option<(i64, Vec<u8>)> = self
            .conn
            .fetch_optional(sql!("select seq, mac from audit_seals where seq = ?", seq))
            .await?;
        Ok(found.map(sealer::of_row))
    }
}
