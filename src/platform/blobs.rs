//! Bytes that were uploaded, kept in the database under their SHA-256: every instance, backup and restore has them.

use std::{fmt, io, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};
use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, Result},
    platform::db::{Arg, Conn, Db, Tx, dialect::insert_or_ignore},
    sql,
};

/// Bytes of a blob.
pub const LARGEST: usize = 10 * 1024 * 1024;

/// Bytes in one row.
pub const CHUNK: usize = 256 * 1024;

/// The SHA-256 of a blob's bytes; its text is 64 hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct BlobHash(Vec<u8>);

impl BlobHash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).to_vec())
    }

    /// Exactly as it is written, so that a blob has one URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let pairs = text.as_bytes().chunks_exact(2);
        let bytes = pairs.map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?));
        bytes.collect::<Option<Vec<u8>>>().map(Self)
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<BlobHash> for Arg {
    fn from(hash: BlobHash) -> Self {
        Self::Bytes(hash.0)
    }
}

impl From<&BlobHash> for Arg {
    fn from(hash: &BlobHash) -> Self {
        Self::Bytes(hash.0.clone())
    }
}

/// Stores the bytes once, whoever brings them how often. From here on the sweep leaves them alone for a day, in which the
/// transaction refers to them. `TooLarge` beyond `LARGEST`, `Unprocessable` if there are none.
pub async fn put(tx: &mut Tx, now: DateTime<Utc>, bytes: &[u8]) -> Result<BlobHash> {
    if bytes.is_empty() {
        return Err(Error::Unprocessable);
    }
    if bytes.len() > LARGEST {
        return Err(Error::TooLarge);
    }
    let hash = BlobHash::of(bytes);
    let size = i64::try_from(bytes.len()).map_err(Error::internal)?;
    if is_kept(tx, now, &hash).await? {
        return Ok(hash);
    }
    let insert = insert_or_ignore(
        tx.is_sqlite(),
        "insert into blobs (hash, size, created_at, kept_at) values (?, ?, ?, ?) on conflict do nothing",
        "insert ignore into blobs (hash, size, created_at, kept_at) values (?, ?, ?, ?)",
    );
    let inserted = tx
        .execute(insert.with(&hash).with(size).with(now).with(now))
        .await?;
    if inserted == 0 {
        // Somebody else was a moment earlier.
        is_kept(tx, now, &hash).await?;
        return Ok(hash);
    }
    for (n, chunk) in (0_i64..).zip(bytes.chunks(CHUNK)) {
        tx.execute(sql!(
            "insert into blob_chunks (hash, n, bytes) values (?, ?, ?)",
            &hash,
            n,
            chunk
        ))
        .await?;
    }
    Ok(hash)
}

async fn is_kept(tx: &mut Tx, now: DateTime<Utc>, hash: &BlobHash) -> Result<bool> {
    let kept = sql!("update blobs set kept_at = ? where hash = ?", now, hash);
    Ok(tx.execute(kept).await? == 1)
}

/// Removes a blob that nobody has stored since `before`; whether it did. What a row still refers to, the database keeps.
pub async fn remove(tx: &mut Tx, hash: &BlobHash, before: DateTime<Utc>) -> Result<bool> {
    let removed = sql!(
        "delete from blobs where hash = ? and kept_at < ?",
        hash,
        before
    );
    Ok(tx.execute(removed).await? == 1)
}

pub async fn chunk(conn: &mut Conn, hash: &BlobHash, n: i64) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> = conn
        .fetch_optional(sql!(
            "select bytes from blob_chunks where hash = ? and n = ?",
            hash,
            n
        ))
        .await?;
    Ok(found.map(|(bytes,)| bytes))
}

/// All of it in memory. `NotFound` if there is no such blob.
pub async fn read(conn: &mut Conn, hash: &BlobHash) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for n in 0.. {
        match chunk(conn, hash, n).await? {
            Some(more) => bytes.extend(more),
            None => break,
        }
    }
    if bytes.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(bytes)
}

/// `first`, then the rest as the reader takes it: each chunk has a connection for as long as it is fetched.
pub fn stream(
    db: Db,
    hash: BlobHash,
    first: Vec<u8>,
    size: usize,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send {
    let source = Arc::new((db, hash));
    let begin = (0_i64, 0_usize, Some(first));
    stream::try_unfold(begin, move |(n, sent, ready)| {
        let source = Arc::clone(&source);
        async move {
            if sent >= size {
                return Ok(None);
            }
            let bytes = match ready {
                Some(bytes) => bytes,
                None => fetched(&source.0, &source.1, n).await.map_err(|error| {
                    tracing::warn!(%error, "blob_cut_off");
                    io::Error::other(error)
                })?,
            };
            let sent = sent + bytes.len();
            Ok(Some((bytes, (n + 1, sent, None))))
        }
    })
}

async fn fetched(db: &Db, hash: &BlobHash, n: i64) -> Result<Vec<u8>> {
    let mut conn = db.read().await?;
    chunk(&mut conn, hash, n).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written_and_in_no_other_way() {
        let hash = BlobHash::of(b"abc");
        let text = hash.to_string();
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(BlobHash::parse(&text), Some(hash));
        for other in [
            text.to_uppercase(),
            text[1..].to_owned(),
            format!("{text}0"),
            text.replace('b', "g"),
            "ş".repeat(32),
        ] {
            assert_eq!(BlobHash::parse(&other), None, "{other}");
        }
    }
}
