//! The identity of a record: a `UUIDv7` that knows which kind of record it names.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Builder, Uuid};

/// `T` is a marker only: an `Id<Company>` cannot be taken for an `Id<User>`.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

/// The text is not a UUID in hyphenated form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct MalformedId;

impl<T> Id<T> {
    /// RFC 9562 §5.7: sorts by the millisecond of `now`; of the 80 random bits 74 are kept.
    pub fn new_v7(now: DateTime<Utc>, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self::new_v7_of_millis(millis, random)
    }

    /// The same by milliseconds of Unix time.
    pub fn new_v7_of_millis(millis: u64, random: [u8; 10]) -> Self {
        Self::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<T> FromStr for Id<T> {
    type Err = MalformedId;

    /// Only the hyphenated form: `Uuid` also reads bare, braced and URN forms, and one record
    /// should not have four addresses.
    fn from_str(text: &str) -> Result<Self, MalformedId> {
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(MalformedId);
        }
        Uuid::try_parse(text)
            .map(Self::from_uuid)
            .map_err(|_| MalformedId)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

// By hand: the derives would ask the marker for the same traits.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Id, MalformedId};
    use crate::types::golden::Generator;
    use chrono::{DateTime, Utc};

    struct Company;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(millis).unwrap()
    }

    fn random(generator: &mut Generator) -> [u8; 10] {
        std::array::from_fn(|_| u8::try_from(generator.below(256)).unwrap())
    }

    #[test]
    fn a_new_id_is_version_7_and_holds_its_millisecond() {
        // The example of RFC 9562, appendix A.6.
        let id = Id::<Company>::new_v7(
            at(0x017f_22e2_79b0),
            [0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f],
        );
        assert_eq!(id.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    }

    #[test]
    fn a_later_id_sorts_after_an_earlier_one() {
        let mut generator = Generator(7);
        for step in 0..500 {
            let millis = 1_700_000_000_000 + step;
            let before = Id::<Company>::new_v7(at(millis), random(&mut generator));
            let after = Id::<Company>::new_v7(at(millis + 1), random(&mut generator));
            assert!(before.uuid() < after.uuid());
            assert!(before.to_string() < after.to_string());
        }
    }

    #[test]
    fn different_random_bytes_make_different_ids_within_a_millisecond() {
        let mut generator = Generator(8);
        let ids: HashSet<Id<Company>> = (0..1000)
            .map(|_| Id::new_v7(at(1), random(&mut generator)))
            .collect();
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn the_text_form_comes_back_in_either_case() {
        let mut generator = Generator(9);
        for _ in 0..200 {
            let id = Id::<Company>::new_v7(at(1_766_000_000_000), random(&mut generator));
            let text = id.to_string();
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(text.to_ascii_uppercase().parse(), Ok(id));
        }
    }

    #[test]
    fn no_other_form_is_an_id() {
        for text in [
            "",
            "1",
            "017f22e279b07cc398c4dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
            " 017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "017f22e279b0--7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
        ] {
            assert_eq!(text.parse::<Id<Company>>(), Err(MalformedId), "{text:?}");
        }
    }

    #[test]
    fn it_serialises_as_text() {
        let id: Id<Company> = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, r#""017f22e2-79b0-7cc3-98c4-dc0c0c07398f""#);
    }
}
