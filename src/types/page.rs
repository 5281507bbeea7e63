//! Walking through a long list: how many there are, and where a page begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::text::SORT_KEY_MAX;
use super::{Lang, number};

/// A count that stops at a cap, because counting a large table to its end is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub n: u32,
    /// There are more than `n`.
    pub capped: bool,
}

impl Total {
    /// `counted` rows were found by a query limited to `cap + 1`.
    pub fn of(counted: u32, cap: u32) -> Self {
        Self {
            n: counted.min(cap),
            capped: counted > cap,
        }
    }

    /// `1,234`, or `10,000+` when there are more.
    pub fn display(self, lang: Lang) -> String {
        let mut text = number::group(self.n.into(), lang);
        if self.capped {
            text.push('+');
        }
        text
    }
}

/// What the list is sorted by, at the row the page starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A sort key of at most [`SORT_KEY_MAX`] bytes.
    Bytes(Vec<u8>),
    /// A moment of 1970 to 9999, to the microsecond as the databases keep it.
    Time(DateTime<Utc>),
}

/// The place between two rows where a page begins: the next page's link holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub key: Key,
    /// The record itself, as several may share a key.
    pub id: Uuid,
    /// How many rows lie before the page, for `51–100 of 1,234`.
    pub position: u32,
    /// The page ends here instead of beginning here.
    pub backwards: bool,
}

/// The text is no cursor of ours: it was cut, edited or invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a page of this list")]
pub struct MalformedCursor;

/// No list of ours is longer; so that adding a page to a position never overflows.
const LAST_POSITION: u32 = 1_000_000_000;

const BACKWARDS: u8 = 1;
const TIME: u8 = 2;
const HEAD: usize = 1 + 4 + 16;
/// Characters of the longest cursor.
const MAX: usize = (HEAD + SORT_KEY_MAX).div_ceil(3) * 4;
/// Later years do not fit the databases' columns.
const LAST_MICROS: i64 = 253_402_300_799_999_999;

impl Cursor {
    /// For a URL: flags, position, id and key in unpadded base64url.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(HEAD + SORT_KEY_MAX);
        let mut flags = 0;
        if self.backwards {
            flags |= BACKWARDS;
        }
        if matches!(self.key, Key::Time(_)) {
            flags |= TIME;
        }
        bytes.push(flags);
        bytes.extend(self.position.to_be_bytes());
        bytes.extend(self.id.as_bytes());
        match &self.key {
            Key::Bytes(key) => bytes.extend(key),
            Key::Time(moment) => bytes.extend(moment.timestamp_micros().to_be_bytes()),
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode(text: &str) -> Result<Self, MalformedCursor> {
        if text.len() > MAX {
            return Err(MalformedCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedCursor)?;
        Self::from_bytes(&bytes).ok_or(MalformedCursor)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[flags], rest) = bytes.split_first_chunk()?;
        let (&position, rest) = rest.split_first_chunk()?;
        let (&id, key) = rest.split_first_chunk()?;
        if flags & !(BACKWARDS | TIME) != 0 || key.len() > SORT_KEY_MAX {
            return None;
        }
        let key = if flags & TIME == 0 {
            Key::Bytes(key.to_vec())
        } else {
            let micros = i64::from_be_bytes(key.try_into().ok()?);
            let in_range = (0..=LAST_MICROS).contains(&micros);
            Key::Time(DateTime::from_timestamp_micros(micros).filter(|_| in_range)?)
        };
        let position = u32::from_be_bytes(position);
        if position > LAST_POSITION {
            return None;
        }
        Some(Self {
            key,
            id: Uuid::from_bytes(id),
            position,
            backwards: flags & BACKWARDS != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Key, LAST_MICROS, LAST_POSITION, MAX, MalformedCursor, Total};
    use crate::types::Lang;
    use crate::types::golden::Generator;
    use crate::types::text::{SORT_KEY_MAX, sort_key};
    use chrono::DateTime;
    use uuid::Uuid;

    fn cursor(generator: &mut Generator) -> Cursor {
        let key = if generator.below(2) == 0 {
            let length = generator.below(SORT_KEY_MAX as u64 + 1);
            Key::Bytes(
                (0..length)
                    .map(|_| u8::try_from(generator.below(256)).unwrap())
                    .collect(),
            )
        } else {
            let micros = generator.below(u64::try_from(LAST_MICROS).unwrap());
            Key::Time(DateTime::from_timestamp_micros(i64::try_from(micros).unwrap()).unwrap())
        };
        Cursor {
            key,
            id: Uuid::from_u64_pair(generator.next(), generator.next()),
            position: u32::try_from(generator.below(u64::from(LAST_POSITION) + 1)).unwrap(),
            backwards: generator.below(2) == 0,
        }
    }

    #[test]
    fn a_cursor_comes_back_from_its_text() {
        let mut generator = Generator(61);
        for _ in 0..2000 {
            let cursor = cursor(&mut generator);
            let text = cursor.encode();
            assert!(text.len() <= MAX);
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
            assert_eq!(Cursor::decode(&text), Ok(cursor));
        }
    }

    #[test]
    fn the_longest_name_makes_a_cursor_that_comes_back() {
        let cursor = Cursor {
            key: Key::Bytes(sort_key(&"Şırnak Ğ".repeat(100))),
            id: Uuid::max(),
            position: LAST_POSITION,
            backwards: true,
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }

    #[test]
    fn a_cut_time_cursor_is_malformed() {
        let cursor = Cursor {
            key: Key::Time(DateTime::UNIX_EPOCH),
            id: Uuid::nil(),
            position: 50,
            backwards: false,
        };
        let text = cursor.encode();
        for length in 0..text.len() {
            assert_eq!(Cursor::decode(&text[..length]), Err(MalformedCursor));
        }
        assert_eq!(Cursor::decode(&format!("{text}A")), Err(MalformedCursor));
    }

    #[test]
    fn whatever_decodes_encodes_to_the_same_text() {
        let mut generator = Generator(62);
        let mut decoded = 0;
        for _ in 0..3000 {
            let mut text = cursor(&mut generator).encode().into_bytes();
            let place = usize::try_from(generator.below(text.len() as u64)).unwrap();
            text[place] = generator.pick(b"AZaz09-_=+/ .\n%");
            let text = String::from_utf8(text).unwrap();
            if let Ok(cursor) = Cursor::decode(&text) {
                assert_eq!(cursor.encode(), text);
                decoded += 1;
            }
        }
        assert!(decoded > 0);
    }

    #[test]
    fn what_is_no_cursor_is_malformed() {
        for text in ["", "1", "abc", "====", "ğüş", "../../etc/passwd", "%00"] {
            assert_eq!(Cursor::decode(text), Err(MalformedCursor), "{text}");
        }
        for length in [MAX, MAX + 1, 100_000] {
            assert_eq!(Cursor::decode(&"_".repeat(length)), Err(MalformedCursor));
            let zeros = Cursor::decode(&"A".repeat(length));
            assert_eq!(zeros.is_ok(), length == MAX, "{length}");
        }
    }

    #[test]
    fn a_moment_that_no_column_holds_is_malformed() {
        for micros in [-1, i64::MIN, LAST_MICROS + 1, i64::MAX] {
            let mut bytes = vec![super::TIME];
            bytes.extend([0; 20]);
            bytes.extend(micros.to_be_bytes());
            assert_eq!(Cursor::from_bytes(&bytes), None, "{micros}");
        }
        let last = DateTime::from_timestamp_micros(LAST_MICROS).unwrap();
        assert_eq!(last.to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
    }

    #[test]
    fn a_total_past_its_cap_says_that_there_are_more() {
        assert_eq!(Total::of(1234, 10_000).display(Lang::Tr), "1.234");
        assert_eq!(Total::of(10_000, 10_000).display(Lang::En), "10,000");
        assert_eq!(Total::of(10_001, 10_000).display(Lang::En), "10,000+");
        assert_eq!(Total::of(0, 10_000).display(Lang::En), "0");
    }
}
