//! Gives committed entries their places in the chain: one process at a time, within seconds.

use std::{future::Future, pin::pin, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Actor, Changes,
    seal::{Head, Raw, Signer},
};
use crate::{
    error::{Error, Result},
    platform::{
        clock::Clock,
        db::{Conn, Db, Sql, Tx, dialect},
    },
    sql,
};

/// How often unsealed entries are looked for. Many at once cost less than each alone.
const EVERY: Duration = Duration::from_secs(2);
/// How often trouble that lasts is told again.
const TOLD_EVERY: Duration = Duration::from_mins(1);
/// Entries of one transaction.
const BATCH: i64 = 512;
/// Entries of one statement.
const CHUNK: usize = 64;

/// A seal without its place.
#[derive(sqlx::FromRow)]
struct Waiting {
    entry_id: Uuid,
    digests: Vec<u8>,
    mac: Vec<u8>,
}

/// Seals until told to stop, and once more then. A database that is away ends nothing.
pub async fn run(db: Db, clock: Clock, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    let mut told: Option<Instant> = None;
    loop {
        match turn(&db, &clock).await {
            Ok(()) => told = None,
            Err(error) if is_to_be_told(told, Instant::now()) => {
                tracing::warn!(%error, "audit_not_sealed");
                told = Some(Instant::now());
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut stop => {
                let _ = seal(&db, clock.now()).await;
                return;
            }
        }
    }
}

fn is_to_be_told(told: Option<Instant>, now: Instant) -> bool {
    told.is_none_or(|told| now - told >= TOLD_EVERY)
}

/// What one look tells: whether entries wait, and when the head was logged last.
async fn turn(db: &Db, clock: &Clock) -> Result<()> {
    let mut conn = db.read().await?;
    let waiting = conn
        .number(sql!(
            "select count(*) from (select 1 as one from audit_seals where seq is null limit 1) few"
        ))
        .await?;
    let chain: Option<(Option<DateTime<Utc>>,)> = conn
        .fetch_optional(sql!(
            "select logged_at from audit_chain where name = 'audit'"
        ))
        .await?;
    drop(conn);
    if waiting > 0 || chain.is_none() {
        seal(db, clock.now()).await?;
    }
    // A time that is still to come is none of ours.
    let is_due = |at: DateTime<Utc>| {
        let now = clock.now();
        at > now || now - at >= TimeDelta::hours(1)
    };
    if chain.is_none_or(|(logged,)| logged.is_none_or(is_due)) {
        log(db, clock.now()).await?;
    }
    Ok(())
}

/// Seals everything that is committed, unless another process does. How many entries that were.
pub async fn seal(db: &Db, now: DateTime<Utc>) -> Result<i64> {
    let mut conn = db.read().await?;
    let has_head = head(&mut conn).await?.is_some();
    drop(conn);
    if !has_head {
        tracing::error!("audit_chain_had_no_head");
        begin_chain(db, now).await?;
    }
    let mut sealed = 0;
    loop {
        let (found, batch) = seal_batch(db, now).await?;
        sealed += batch;
        if found < BATCH {
            return Ok(sealed);
        }
    }
}

async fn seal_batch(db: &Db, now: DateTime<Utc>) -> Result<(i64, i64)> {
    let mut tx = db.begin().await?;
    let signer = Signer::of(&tx)?;
    let Some(mut head) = locked(&mut tx).await? else {
        return Ok((0, 0));
    };
    let last = last(&mut tx).await?;
    if last.seq > head.seq {
        return Err(Error::internal(
            "the head of the audit's chain is before its last seal: somebody changed one of them",
        ));
    }
    if last.seq < head.seq {
        // The gap tells it for ever; entries that wait without a place would be worse.
        tracing::error!(head = head.seq, last = last.seq, "audit_seals_are_gone");
    }
    // What was begun under another key waits until that key is back: nobody else can tell whether it is the product's.
    let mut waiting: Vec<Waiting> = tx
        .fetch_all(sql!(
            "select entry_id, digests, mac from audit_seals where seq is null and key_id = ? limit ?",
            signer.key_id(),
            BATCH
        ))
        .await?;
    let found = i64::try_from(waiting.len()).map_err(Error::internal)?;
    waiting.sort_by_key(|seal| seal.entry_id);
    let mut placed = Vec::with_capacity(waiting.len());
    for seal in waiting {
        let (entry, digests) = (seal.entry_id, &seal.digests);
        if seal.mac != signer.begun(entry, digests) {
            tracing::error!(entry_id = %entry, "audit_entry_is_not_ours");
            tx.execute(sql!("delete from audit_seals where entry_id = ?", entry))
                .await?;
            continue;
        }
        head = signer.sealed(head, entry, digests);
        placed.push((entry, head));
    }
    for chunk in placed.chunks(CHUNK) {
        // Two texts in all, so that each is prepared once.
        if chunk.len() == CHUNK {
            place(&mut tx, chunk, now).await?;
        } else {
            for one in chunk.chunks(1) {
                place(&mut tx, one, now).await?;
            }
        }
    }
    tx.execute(sql!(
        "update audit_chain set seq = ?, mac = ?, updated_at = ? where name = 'audit'",
        head.seq,
        head.mac,
        now
    ))
    .await?;
    tx.commit().await?;
    Ok((found, i64::try_from(placed.len()).map_err(Error::internal)?))
}

async fn place(tx: &mut Tx, chunk: &[(Uuid, Head)], now: DateTime<Utc>) -> Result<()> {
    let mut sql = Sql::new("update audit_seals");
    // Any other way to the rows would lead past those of open transactions, and wait for them.
    dialect::force_index(&mut sql, tx.is_sqlite(), " force index (primary)");
    sql.push(" set seq = case entry_id");
    for (entry, head) in chunk {
        sql.push(" when ? then ?").bind(*entry).bind(head.seq);
    }
    sql.push(" end, mac = case entry_id");
    for (entry, head) in chunk {
        sql.push(" when ? then ?").bind(*entry).bind(head.mac);
    }
    sql.push(" end, sealed_at = ? where entry_id in (")
        .bind(now);
    for (at, (entry, _)) in chunk.iter().enumerate() {
        sql.push(if at == 0 { "?" } else { ", ?" }).bind(*entry);
    }
    sql.push(")");
    let changed = tx.execute(sql).await?;
    if usize::try_from(changed).ok() == Some(chunk.len()) {
        Ok(())
    } else {
        Err(Error::internal(
            "a seal that is gone or has a place already",
        ))
    }
}

/// The head, locked until the transaction's end; nothing if another process has it.
async fn locked(tx: &mut Tx) -> Result<Option<Head>> {
    let mut sql = sql!("select seq, mac from audit_chain where name = 'audit'");
    let is_sqlite = tx.is_sqlite();
    dialect::skip_locked(&mut sql, is_sqlite);
    Ok(tx.fetch_optional::<(i64, Vec<u8>)>(sql).await?.map(of_row))
}

/// The head as it is; nothing before the first entry was sealed.
pub async fn head(conn: &mut Conn) -> Result<Option<Head>> {
    Ok(conn
        .fetch_optional::<(i64, Vec<u8>)>(sql!(
            "select seq, mac from audit_chain where name = 'audit'"
        ))
        .await?
        .map(of_row))
}

/// A proof that is no longer 32 bytes long is wrong in any case.
pub(super) fn of_row((seq, mac): (i64, Vec<u8>)) -> Head {
    Head {
        seq,
        mac: mac.try_into().unwrap_or([0; 32]),
    }
}

/// The seal with the last place; `START` if none has one.
async fn last(conn: &mut Conn) -> Result<Head> {
    let last = conn
        .fetch_optional::<(i64, Vec<u8>)>(sql!(
            "select seq, mac from audit_seals where seq is not null order by seq desc limit 1"
        ))
        .await?;
    Ok(last.map_or(Head::START, of_row))
}

/// Writes the head, unless there is one: after the seals that are there, so that taking it away gives nothing a place
/// that has none.
pub async fn begin_chain(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    let begin = last(&mut tx).await?;
    let insert = dialect::insert_or_ignore(
        tx.is_sqlite(),
        "insert or ignore into audit_chain (name, seq, mac, created_at, updated_at) values ('audit', ?, ?, ?, ?)",
        "insert ignore into audit_chain (name, seq, mac, created_at, updated_at) values ('audit', ?, ?, ?, ?)",
    );
    tx.execute(insert.with(begin.seq).with(begin.mac).with(now).with(now))
        .await?;
    tx.commit().await
}

/// Gives entries that are older than the chain their seals, and writes down that it did. Only while the chain is made:
/// whatever has no seal later was not written by the product.
pub async fn adopt(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    let (mut after, mut adopted) = (Uuid::nil(), 0_i64);
    loop {
        let old: Vec<Raw> = tx
            .fetch_all(sql!(
                "select e.id, e.at, e.actor_id, e.action, e.record, e.record_id, e.company_id, e.changes, e.ip, e.request_id
                 from audit_entries e left join audit_seals s on s.entry_id = e.id
                 where e.id > ? and s.entry_id is null order by e.id limit ?",
                after,
                BATCH
            ))
            .await?;
        let Some(last) = old.last() else { break };
        after = last.id;
        for entry in &old {
            begin_seal(&mut tx, entry).await?;
            adopted += 1;
        }
    }
    if adopted > 0 {
        let count = adopted.to_string();
        let changes = Changes::new().field("entries", None, Some(&count));
        let nobody = Actor::default();
        super::record(&mut tx, now, &nobody, "audit.adopt", None, None, &changes).await?;
        tracing::warn!(entries = adopted, "audit_entries_adopted");
    }
    tx.commit().await
}

async fn begin_seal(tx: &mut Tx, entry: &Raw) -> Result<()> {
    let changes = entry
        .changes()
        .ok_or_else(|| Error::internal("an entry of the audit that cannot be read"))?;
    let seal = Signer::of(tx)?.begin(entry, &changes);
    tx.execute(sql!(
        "insert into audit_seals (entry_id, key_id, digests, mac) values (?, ?, ?, ?)",
        entry.id,
        seal.key_id,
        seal.digests,
        seal.mac,
    ))
    .await?;
    Ok(())
}

/// Once an hour, by whichever process comes first.
async fn log(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    let Some(head) = locked(&mut tx).await? else {
        return Ok(());
    };
    let ours = tx
        .execute(sql!(
            "update audit_chain set logged_at = ? where name = 'audit' and (logged_at is null or logged_at <= ? or logged_at > ?)",
            now,
            now - TimeDelta::hours(1),
            now,
        ))
        .await?;
    // Rather twice than never.
    if ours == 1 {
        tracing::info!(head = %head, count = head.seq, "audit_head");
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_lasts_is_told_each_minute() {
        let told = Instant::now();
        for (told, after, wanted) in [
            (None, 0, true),
            (Some(told), 0, false),
            (Some(told), 58, false),
            (Some(told), 60, true),
            (Some(told), 3600, true),
        ] {
            let now = told.unwrap_or_else(Instant::now) + Duration::from_secs(after);
            assert_eq!(is_to_be_told(told, now), wanted, "{after}");
        }
    }
}
