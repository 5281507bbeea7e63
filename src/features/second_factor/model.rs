//! Codes of authenticator apps (RFC 6238), recovery codes, and a sign-in that waits for one.

use chrono::{DateTime, TimeDelta, Utc};
use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Algorithm, Builder, Totp};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    platform::{clock::random, keys::Keys},
    types::{Email, Id, Lang},
    web::{access::Role, session::User},
};

/// What apps call the entry.
pub const ISSUER: &str = "ProSektorWeb";

/// How long a sign-in waits for its code, and how long the page that sets one up may be used.
pub const WAITS: TimeDelta = TimeDelta::minutes(5);
pub const SETUP_WAITS: TimeDelta = TimeDelta::minutes(15);

/// Codes that one sign-in may try.
pub const MOST_TRIES: i64 = 5;

const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
/// Steps before and after this one whose codes are taken: clocks of phones are not exact.
const SKEW: u16 = 1;

/// As long as the hash (RFC 4226, section 4).
pub const SECRET_BYTES: usize = 20;
const MAC_BYTES: usize = 32;

pub const RECOVERY_CODES: usize = 10;
/// Of five bits each: 60 bits, so that a fast hash keeps them well.
const RECOVERY_CHARS: usize = 12;
/// Crockford's base 32: no letter in it is taken for another, nor changed by Turkish capitals.
const RECOVERY_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// SHA-1, six digits, thirty seconds: what every app speaks.
fn totp(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP_SECONDS)
        .with_secret(secret.to_vec())
}

fn built(builder: Builder) -> Result<Totp> {
    builder.build().map_err(Error::internal)
}

/// The time step whose code this is, if it is one of now or of the steps beside it.
pub fn step_of(secret: &[u8], typed: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
    let seconds = u64::try_from(now.timestamp()).map_err(Error::internal)?;
    let step = built(totp(secret))?.check(&digits(typed), seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// A code without the blanks and dashes that people and apps put between its digits, and with digits of other
/// keyboards made plain ones.
fn digits(typed: &str) -> String {
    typed
        .chars()
        .filter(|char| !is_between(*char))
        .map(|char| {
            let zero = match char {
                '\u{660}'..='\u{669}' => 0x660,
                '\u{6f0}'..='\u{6f9}' => 0x6f0,
                '\u{ff10}'..='\u{ff19}' => 0xff10,
                _ => return char,
            };
            char::from_digit(u32::from(char) - zero, 10).unwrap_or(char)
        })
        .collect()
}

fn is_between(char: char) -> bool {
    char.is_whitespace() || matches!(char, '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The address by which an app takes the secret over.
pub fn url(secret: &[u8], email: &Email) -> Result<String> {
    let builder = totp(secret)
        .with_account_name(email.as_str())
        .with_issuer(Some(ISSUER));
    built(builder)?.to_url().map_err(Error::internal)
}

/// The secret as people type it into an app: base 32 in groups of four.
pub fn typable(secret: &[u8]) -> Result<String> {
    let text = built(totp(secret))?.secret().to_base32();
    Ok(grouped(&text))
}

fn grouped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let groups: Vec<String> = chars
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// A QR code as one path in a square of `size` units, the quiet zone included.
#[derive(Debug, serde::Serialize)]
pub struct Qr {
    pub size: usize,
    pub path: String,
}

/// Light modules that every reader needs around the code (ISO/IEC 18004).
const QUIET: usize = 4;

impl Qr {
    pub fn of(text: &str) -> Result<Self> {
        use std::fmt::Write as _;
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
        let width = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run[0] == Color::Dark {
                    let (left, top, long) = (x + QUIET, y + QUIET, run.len());
                    write!(path, "M{left} {top}h{long}v1h-{long}z").map_err(Error::internal)?;
                }
                x += run.len();
            }
        }
        Ok(Self {
            size: width + 2 * QUIET,
            path,
        })
    }
}

/// A secret on its way through the page that sets it up: nothing is kept until a code has proved that it arrived. It
/// is bound to the person and to the session in which it was made.
pub fn seal_setup(
    keys: &Keys,
    bound: &[u8],
    secret: &[u8; SECRET_BYTES],
    now: DateTime<Utc>,
) -> Result<Vec<u8>> {
    let until = (now + SETUP_WAITS).timestamp().to_be_bytes();
    keys.seal("totp-setup", bound, &[&until, secret.as_slice()].concat())
}

#[must_use]
pub fn open_setup(
    keys: &Keys,
    bound: &[u8],
    sealed: &[u8],
    now: DateTime<Utc>,
) -> Option<[u8; SECRET_BYTES]> {
    let plain = keys.open("totp-setup", bound, sealed)?;
    let (until, secret) = plain.split_first_chunk::<8>()?;
    let is_early = now.timestamp() < i64::from_be_bytes(*until);
    secret.try_into().ok().filter(|_| is_early)
}

/// Ten new recovery codes as they are shown, once, and the MACs that are kept of them.
#[must_use]
pub fn recovery_codes(keys: &Keys, user: Id<User>) -> (Vec<String>, Vec<u8>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let macs = codes
        .iter()
        .filter_map(|code| recovery_mac(keys, user, code))
        .flatten()
        .collect();
    (codes, macs)
}

fn recovery_code() -> String {
    let letters: Vec<String> = random::<RECOVERY_CHARS>()
        .chunks(4)
        .map(|group| {
            let letter = |byte: &u8| char::from(RECOVERY_ALPHABET[usize::from(byte & 31)]);
            group.iter().map(letter).collect()
        })
        .collect();
    letters.join("-")
}

/// The MAC under which a typed recovery code is looked for; nothing for what cannot be one.
#[must_use]
pub fn recovery_mac(keys: &Keys, user: Id<User>, typed: &str) -> Option<[u8; MAC_BYTES]> {
    let letters: Option<Vec<u8>> = typed
        .chars()
        .filter(|char| !is_between(*char))
        .map(recovery_letter)
        .collect();
    let letters = letters.filter(|letters| letters.len() == RECOVERY_CHARS)?;
    Some(keys.mac("recovery-codes", &[user.uuid().as_bytes(), &letters]))
}

fn recovery_letter(typed: char) -> Option<u8> {
    let plain = match typed {
        'o' | 'O' => '0',
        'i' | 'I' | 'ı' | 'İ' | 'l' | 'L' => '1',
        other => other.to_ascii_uppercase(),
    };
    let byte = u8::try_from(plain).ok()?;
    RECOVERY_ALPHABET.contains(&byte).then_some(byte)
}

/// The MACs without this one; nothing if it is not among them.
#[must_use]
pub fn without(macs: &[u8], spent: &[u8; MAC_BYTES]) -> Option<Vec<u8>> {
    let (left, found): (Vec<&[u8]>, Vec<&[u8]>) =
        macs.chunks(MAC_BYTES).partition(|mac| mac != spent);
    (!found.is_empty()).then(|| left.concat())
}

#[must_use]
pub fn count(macs: &[u8]) -> usize {
    macs.len() / MAC_BYTES
}

/// What is kept of somebody's second factor.
#[derive(Debug, sqlx::FromRow)]
pub struct Factor {
    pub user_id: Id<User>,
    secret: Vec<u8>,
    pub recovery_codes: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

impl Factor {
    pub fn secret(&self, keys: &Keys) -> Result<Vec<u8>> {
        keys.open("totp", self.user_id.uuid().as_bytes(), &self.secret)
            .ok_or_else(|| Error::internal("a second factor sealed under another SECRET_KEY"))
    }
}

/// Sealed so that it opens for its owner alone.
pub fn seal_secret(keys: &Keys, user: Id<User>, secret: &[u8; SECRET_BYTES]) -> Result<Vec<u8>> {
    keys.seal("totp", user.uuid().as_bytes(), secret)
}

/// What somebody typed to prove who they are.
#[derive(Clone, Copy, Debug)]
pub enum Typed<'a> {
    Code(&'a str),
    Recovery(&'a str),
}

/// Which of the two proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Code,
    /// And how many are left.
    Recovery(usize),
}

impl Proof {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Recovery(_) => "recovery-code",
        }
    }
}

/// Somebody as notices and proofs need them.
#[derive(sqlx::FromRow)]
pub struct Person {
    pub id: Id<User>,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub locale: Option<Lang>,
    pub password_hash: Option<String>,
}

/// A sign-in whose password was right, as its cookie holds it: sealed, and void once the password is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub id: Id<Pending>,
    password: [u8; MAC_BYTES],
    pub next: String,
}

/// Longer ones are not gone back to: a cookie has its bounds.
const NEXT_MAX: usize = 1024;

impl Pending {
    #[must_use]
    pub fn new(keys: &Keys, id: Id<Self>, password_hash: &str) -> Self {
        Self {
            id,
            password: password_mac(keys, password_hash),
            next: String::new(),
        }
    }

    #[must_use]
    pub fn next(mut self, next: Option<&str>) -> Self {
        let next = next.filter(|next| next.len() <= NEXT_MAX);
        next.unwrap_or_default().clone_into(&mut self.next);
        self
    }

    pub fn seal(&self, keys: &Keys) -> Result<Vec<u8>> {
        let id = self.id.uuid();
        let plain = [id.as_bytes(), &self.password[..], self.next.as_bytes()].concat();
        keys.seal("pending-sign-in", b"", &plain)
    }

    #[must_use]
    pub fn open(keys: &Keys, sealed: &[u8]) -> Option<Self> {
        let plain = keys.open("pending-sign-in", b"", sealed)?;
        let (id, rest) = plain.split_first_chunk::<16>()?;
        let (password, next) = rest.split_first_chunk::<MAC_BYTES>()?;
        Some(Self {
            id: Id::from_uuid(Uuid::from_bytes(*id)),
            password: *password,
            next: String::from_utf8(next.to_vec()).ok()?,
        })
    }

    /// Whether the password is still the one that was typed.
    #[must_use]
    pub fn fits(&self, keys: &Keys, password_hash: Option<&str>) -> bool {
        password_hash.is_some_and(|hash| password_mac(keys, hash) == self.password)
    }
}

fn password_mac(keys: &Keys, password_hash: &str) -> [u8; MAC_BYTES] {
    keys.mac("pending-sign-in", &[password_hash.as_bytes()])
}

/// Whether a role has to have a second factor.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Rule {
    pub role: Role,
    pub second_factor: bool,
    pub version: i64,
}

/// One rule for each role, in the order of the roles.
#[must_use]
pub fn all_rules(kept: &[Rule]) -> Vec<Rule> {
    let rule = |role: &Role| {
        let known = kept.iter().find(|rule| rule.role == *role);
        known.cloned().unwrap_or(Rule {
            role: *role,
            second_factor: false,
            version: 0,
        })
    };
    Role::ALL.iter().map(rule).collect()
}

/// Grows with every change to any of them.
#[must_use]
pub fn version(rules: &[Rule]) -> i64 {
    rules.iter().map(|rule| rule.version).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8; SECRET_BYTES] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc_and_one_step_early_or_late_is_taken() {
        // RFC 6238, appendix B, cut to six digits.
        for (seconds, code) in [
            (1_234_567_890, "005924"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let step = seconds / 30;
            for (now, taken) in [
                (0, true),
                (30, true),
                (-30, true),
                (60, false),
                (-60, false),
            ] {
                let found = step_of(SECRET, code, at(seconds + now)).unwrap();
                assert_eq!(found, taken.then_some(step), "{code} {now} seconds away");
            }
        }
    }

    #[test]
    fn a_code_is_known_however_it_is_typed_and_nothing_else_is_one() {
        for typed in [
            "287082",
            " 287 082 ",
            "287-082",
            "2 8 7 0 8 2",
            "٢٨٧٠٨٢",
            "２８７０８２",
            "287\u{a0}082",
        ] {
            assert_eq!(step_of(SECRET, typed, at(59)).unwrap(), Some(1), "{typed}");
        }
        for typed in [
            "",
            "28708",
            "2870820",
            "+87082",
            "28708x",
            "0287082",
            "二八七〇八二",
            "287082\0",
        ] {
            assert_eq!(step_of(SECRET, typed, at(59)).unwrap(), None, "{typed}");
        }
    }

    #[test]
    fn recovery_codes_differ_and_are_known_however_they_are_typed() {
        let keys = Keys::new("one");
        let user = Id::from_uuid(Uuid::from_bytes([7; 16]));
        let (codes, macs) = recovery_codes(&keys, user);
        let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(
            (distinct.len(), count(&macs)),
            (RECOVERY_CODES, RECOVERY_CODES)
        );
        let mac = recovery_mac(&keys, user, &codes[3]).unwrap();
        let left = without(&macs, &mac).unwrap();
        assert_eq!(count(&left), RECOVERY_CODES - 1);
        assert_eq!(without(&left, &mac), None);

        let plain = recovery_mac(&keys, user, "10AB-CD0H-JK1M");
        assert!(plain.is_some());
        for typed in ["10abcd0hjk1m", "ioab cdoh jkım", "İOAB–CDOH–JKLM"] {
            assert_eq!(recovery_mac(&keys, user, typed), plain, "{typed}");
        }
        for typed in [
            "",
            "10AB-CD0H-JK1",
            "10AB-CD0H-JK1MM",
            "10AB-CD0H-JKUM",
            "10AB-CD0H-JKşM",
        ] {
            assert_eq!(recovery_mac(&keys, user, typed), None, "{typed}");
        }
        let other = Id::from_uuid(Uuid::from_bytes([8; 16]));
        assert_ne!(recovery_mac(&keys, other, "10AB-CD0H-JK1M"), plain);
    }

    #[test]
    fn a_setup_opens_in_time_and_for_whom_it_was_made() {
        let keys = Keys::new("one");
        let sealed = seal_setup(&keys, b"ada", SECRET, at(0)).unwrap();
        assert_eq!(open_setup(&keys, b"ada", &sealed, at(899)), Some(*SECRET));
        assert_eq!(open_setup(&keys, b"ada", &sealed, at(900)), None);
        assert_eq!(open_setup(&keys, b"eve", &sealed, at(0)), None);
    }
}
