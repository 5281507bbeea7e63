//! What values are called, and what is named to make them void.

use std::{
    borrow::{Borrow, Cow},
    fmt,
    hash::{Hash, Hasher},
    io::Write as _,
};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::policy::{Policy, is_plain};
use crate::types::Lang;

/// Whose data a query may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every company: staff.
    All,
    /// One company: its client, or a job about it.
    Company(Uuid),
}

/// Whose data a value is made of. A key cannot be written without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Every company's.
    All,
    Company(Uuid),
    User(Uuid),
    /// Anyone may see it.
    Public,
}

impl From<Scope> for Whose {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::All => Self::All,
            Scope::Company(id) => Self::Company(id),
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Company(id) => write!(f, "company:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Public => f.write_str("public"),
        }
    }
}

/// The longest key; the name, the longest scope and two digests fit.
const MAX: usize = 168;
/// A part that is longer is replaced by its digest.
const PART_MAX: usize = 64;
/// Of a digest in a key, in hexadecimal digits.
const DIGEST: usize = 32;

/// `entity:what:scope:variant…`, for example `dashboard:stats:all`. On the stack, so that asking allocates nothing.
#[derive(Clone)]
pub struct Key {
    text: [u8; MAX],
    len: u8,
    /// The family's name and the scope: what comes after them gives way to a digest when there is too much.
    fixed: u8,
    family: u8,
}

impl Key {
    #[must_use]
    pub fn new(policy: &Policy, whose: impl Into<Whose>) -> Self {
        let mut text = [0; MAX];
        let mut rest = &mut text[..];
        // A name and a scope always fit.
        let _ = write!(rest, "{}:{}", policy.name(), whose.into());
        let fixed = byte(MAX - rest.len());
        Self {
            text,
            len: fixed,
            fixed,
            family: byte(policy.name().len()),
        }
    }

    #[must_use]
    pub fn lang(self, lang: Lang) -> Self {
        self.part(lang.code())
    }

    /// Something that the value depends on. What is long or odd, as anything that people type, becomes a digest.
    #[must_use]
    pub fn part(mut self, part: &str) -> Self {
        let is_simple = !part.is_empty() && part.len() <= PART_MAX && part.bytes().all(is_plain);
        if is_simple {
            self.push(part.as_bytes());
        } else {
            self.push(&digest(&[part.as_bytes()]));
        }
        self
    }

    fn push(&mut self, part: &[u8]) {
        let len = usize::from(self.len);
        if len + 1 + part.len() > MAX {
            let fixed = usize::from(self.fixed);
            let digest = digest(&[&self.text[fixed..len], b":", part]);
            self.text[fixed..].fill(0);
            self.len = self.fixed;
            return self.push(&digest);
        }
        self.text[len] = b':';
        self.text[len + 1..=len + part.len()].copy_from_slice(part);
        self.len = byte(len + 1 + part.len());
    }

    fn bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is put together of ASCII alone.
        str::from_utf8(self.bytes()).unwrap_or_default()
    }

    pub(super) fn is_of(&self, policy: &Policy) -> bool {
        self.text[..usize::from(self.family)] == *policy.name().as_bytes()
    }
}

fn byte(len: usize) -> u8 {
    u8::try_from(len).unwrap_or(u8::MAX)
}

/// Begins with a sign that no plain part has.
fn digest(parts: &[&[u8]]) -> [u8; DIGEST + 1] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut text = [b'#'; DIGEST + 1];
    let mut rest = &mut text[1..];
    for byte in &hash.finalize()[..DIGEST / 2] {
        let _ = write!(rest, "{byte:02x}");
    }
    text
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What can be made void: a whole key, `entity:what:` (a family), `entity:` (a group), or everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(Cow<'static, str>);

impl Tag {
    pub const EVERYTHING: Self = Self::of("*");

    #[must_use]
    pub const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Key> for Tag {
    fn from(key: &Key) -> Self {
        Self::new(key.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    const POST: Policy = Policy::new("blog:post", 1);

    #[test]
    fn a_key_reads_entity_what_scope_and_variant() {
        let company = Uuid::nil();
        assert_eq!(
            Key::new(&POST, Whose::Public)
                .lang(Lang::Tr)
                .part("a-b")
                .as_str(),
            "blog:post:public:tr:a-b"
        );
        assert_eq!(
            Key::new(&POST, Scope::Company(company)).as_str(),
            format!("blog:post:company:{company}")
        );
    }

    #[test]
    fn two_scopes_never_share_a_key() {
        let id = Uuid::from_u128(7);
        let keys: HashSet<Key> = [
            Whose::All,
            Whose::Company(id),
            Whose::User(id),
            Whose::Public,
            Whose::Company(Uuid::nil()),
        ]
        .map(|whose| Key::new(&POST, whose))
        .into();
        assert_eq!(keys.len(), 5);
        // Nor can a part pretend to be a scope.
        let part = Key::new(&POST, Whose::All).part(&format!("company:{id}"));
        assert!(!part.as_str().contains("company"));
    }

    #[test]
    fn a_key_with_blanks_newlines_or_ten_kilobytes_becomes_a_short_one() {
        let long = "x".repeat(10_240);
        let odd = [
            "",
            " ",
            "a b",
            "a\nb",
            "a\r\nb",
            "ÇÖ",
            "A",
            "#",
            ":",
            "\0",
            &long,
            &long[1..],
        ];
        let keys: HashSet<Key> = odd
            .map(|part| Key::new(&POST, Whose::All).part(part))
            .into();
        assert_eq!(keys.len(), odd.len());
        for key in &keys {
            assert!(
                key.as_str()
                    .bytes()
                    .all(|byte| is_plain(byte) || b":#".contains(&byte)),
                "{key}"
            );
            assert!(key.as_str().len() < 60, "{key}");
        }
    }

    proptest! {
        #[test]
        fn keys_are_bounded_and_differ_where_their_parts_do(
            parts in proptest::collection::vec(any::<String>(), 0..12),
            others in proptest::collection::vec(any::<String>(), 0..12),
        ) {
            let key = |parts: &[String]| {
                let key = Key::new(&POST, Whose::Company(Uuid::max()));
                parts.iter().fold(key, |key, part| key.part(part))
            };
            prop_assert!(key(&parts).as_str().len() <= MAX);
            prop_assert!(key(&parts).as_str().starts_with("blog:post:company:ffffffff-"));
            prop_assert_eq!(key(&parts) == key(&others), parts == others);
        }
    }
}
