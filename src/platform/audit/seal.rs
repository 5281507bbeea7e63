//! An entry's digests and the proofs over them.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Change;
use crate::{
    error::Result,
    platform::{
        db::Tx,
        keys::{Keys, mac},
    },
};

/// Stands where something personal was.
pub const ERASED: &str = "erased";

/// Bytes of a digest: 128 bits are more than anyone guesses.
const DIGEST: usize = 16;

/// An entry as its row has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Raw {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub record: String,
    pub record_id: Option<Uuid>,
    pub company_id: Option<Uuid>,
    pub changes: String,
    pub ip: Option<String>,
    pub request_id: Option<String>,
}

impl Raw {
    /// Nothing if the text is none that the product writes.
    pub fn changes(&self) -> Option<Vec<Change>> {
        serde_json::from_str(&self.changes).ok()
    }
}

/// A seal before it has its place.
pub struct Begun {
    pub key_id: Vec<u8>,
    pub digests: Vec<u8>,
    pub mac: [u8; 32],
}

/// The newest place of the chain and its proof: whoever has noted one finds out later whether rows were cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub mac: [u8; 32],
}

impl Head {
    /// Before the first seal.
    pub const START: Self = Self {
        seq: 0,
        mac: [0; 32],
    };

    /// The place after this one; a forged one may be the last that there can be.
    pub fn next(self) -> i64 {
        self.seq.saturating_add(1)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.mac.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        write!(f, "{}:{hex}", self.seq)
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const SHAPE: &str = "a head is NUMBER:64 hexadecimal digits";
        let (seq, hex) = text.trim().split_once(':').ok_or(SHAPE)?;
        let seq = seq.parse().map_err(|_| SHAPE)?;
        let digits: Option<Vec<u32>> = hex.chars().map(|digit| digit.to_digit(16)).collect();
        let bytes: Vec<u8> = digits
            .ok_or(SHAPE)?
            .chunks(2)
            .filter_map(|pair| {
                u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).ok()
            })
            .collect();
        let mac = bytes.try_into().map_err(|_| SHAPE)?;
        if hex.len() == 64 {
            Ok(Self { seq, mac })
        } else {
            Err(SHAPE)
        }
    }
}

pub struct Signer {
    digests: [u8; 32],
    chain: [u8; 32],
}

impl Signer {
    pub fn new(keys: &Keys) -> Self {
        Self {
            digests: keys.derive("audit-digests"),
            chain: keys.derive("audit-chain"),
        }
    }

    pub fn of(tx: &Tx) -> Result<Self> {
        let keys = tx.keys()?;
        Ok(Self::new(&keys))
    }

    /// Tells keys apart without telling anything of them.
    pub fn key_id(&self) -> Vec<u8> {
        mac(&self.chain, &[b"key id"])[..8].to_vec()
    }

    pub fn begin(&self, entry: &Raw, changes: &[Change]) -> Begun {
        let digests = self.digests(entry, changes);
        Begun {
            key_id: self.key_id(),
            mac: self.begun(entry.id, &digests),
            digests,
        }
    }

    /// Proves digests that have no place yet.
    pub fn begun(&self, entry: Uuid, digests: &[u8]) -> [u8; 32] {
        mac(&self.chain, &[b"begun", entry.as_bytes(), digests])
    }

    /// Proves digests at their place, after the seal before it.
    pub fn sealed(&self, before: Head, entry: Uuid, digests: &[u8]) -> Head {
        let seq = before.next();
        let parts: [&[u8]; 5] = [
            b"sealed",
            &seq.to_be_bytes(),
            &before.mac,
            entry.as_bytes(),
            digests,
        ];
        Head {
            seq,
            mac: mac(&self.chain, &parts),
        }
    }

    /// One after the other: what the entry is, the address that it came from, and each change. Keyed, so that nobody
    /// finds out by trying what was erased.
    pub fn digests(&self, entry: &Raw, changes: &[Change]) -> Vec<u8> {
        let mut all = self.what(entry, changes).to_vec();
        all.extend(self.ip(entry));
        for change in changes {
            all.extend(self.change(entry.id, change));
        }
        all
    }

    /// The parts of an entry that are not as they were sealed; `erased` are those that are gone on purpose, as they say.
    pub fn compare(&self, entry: &Raw, sealed: &[u8]) -> Compared {
        let mut compared = Compared::default();
        let Some(changes) = entry.changes() else {
            compared.edited.push("changes".into());
            return compared;
        };
        let digests: Vec<&[u8]> = sealed.chunks(DIGEST).collect();
        if digests.len() != changes.len() + 2 {
            compared.edited.push("changes".into());
            return compared;
        }
        if digests[0] != self.what(entry, &changes) {
            compared
                .edited
                .push("time, actor, action, record, company, request or names of fields".into());
        }
        if entry.ip.as_deref() == Some(ERASED) {
            compared.erased.push("ip".into());
        } else if digests[1] != self.ip(entry) {
            compared.edited.push("ip".into());
        }
        for (change, digest) in changes.iter().zip(&digests[2..]) {
            if change.erased && change.before.is_none() && change.after.is_none() {
                compared.erased.push(change.field.clone());
            } else if change.erased || *digest != self.change(entry.id, change) {
                compared.edited.push(change.field.clone());
            }
        }
        compared
    }

    fn what(&self, entry: &Raw, changes: &[Change]) -> [u8; DIGEST] {
        let actor = id(entry.actor_id);
        let record = id(entry.record_id);
        let company = id(entry.company_id);
        let at = entry.at.timestamp_micros().to_be_bytes();
        let request = text(entry.request_id.as_deref());
        let mut parts: Vec<&[u8]> = vec![
            b"what",
            entry.id.as_bytes(),
            &at,
            &actor,
            entry.action.as_bytes(),
            entry.record.as_bytes(),
            &record,
            &company,
            &request,
        ];
        parts.extend(changes.iter().map(|change| change.field.as_bytes()));
        self.digest(&parts)
    }

    fn ip(&self, entry: &Raw) -> [u8; DIGEST] {
        self.digest(&[b"ip", entry.id.as_bytes(), &text(entry.ip.as_deref())])
    }

    fn change(&self, entry: Uuid, change: &Change) -> [u8; DIGEST] {
        self.digest(&[
            b"change",
            entry.as_bytes(),
            change.field.as_bytes(),
            &text(change.before.as_deref()),
            &text(change.after.as_deref()),
        ])
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; DIGEST] {
        let whole = mac(&self.digests, parts);
        std::array::from_fn(|at| whole[at])
    }
}

#[derive(Debug, Default)]
pub struct Compared {
    pub edited: Vec<String>,
    pub erased: Vec<String>,
}

/// Nothing and an empty text are two things.
fn text(value: Option<&str>) -> Vec<u8> {
    value.map_or_else(Vec::new, |value| [b"+", value.as_bytes()].concat())
}

fn id(value: Option<Uuid>) -> Vec<u8> {
    value.map_or_else(Vec::new, |value| value.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = Head {
            seq: 12,
            mac: std::array::from_fn(|at| u8::try_from(at * 7).unwrap()),
        };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in [
            "",
            "12",
            "12:",
            "x:00",
            "12:0g",
            &format!("12:{}", "0".repeat(63)),
        ] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_and_empty_text_have_two_digests() {
        let signer = Signer::new(&Keys::new("one"));
        let change = |before: Option<&str>, after: Option<&str>| Change {
            field: "name".into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            erased: false,
        };
        let digest = |change: &Change| signer.change(Uuid::nil(), change);
        assert_ne!(
            digest(&change(None, Some("x"))),
            digest(&change(Some(""), Some("x")))
        );
        assert_ne!(
            digest(&change(Some("x"), None)),
            digest(&change(None, Some("x")))
        );
    }
}
