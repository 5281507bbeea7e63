//! Password hashes: argon2id, off the async threads and on few enough of them that pages stay quick.

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::{i18n::Message, telemetry};
use crate::{
    error::{Error, Result},
    types::text,
};

/// OWASP's row for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// In characters. Longer ones are refused unhashed: nobody types them, and hashing them would be work for an attacker to
/// order.
pub const MAX_LENGTH: usize = 1024;

/// Of the least length that OWASP's ASVS 5.0 (6.2.1) asks for, in characters.
pub const MIN_LENGTH: usize = 8;

/// As many characters are judged: what is longer is no easier to guess.
const JUDGED: usize = 64;

/// How long a sign-in may queue for a hashing thread.
const WAIT: Duration = Duration::from_secs(5);

/// Sign-ins that may queue: as many as have a chance within `WAIT`. The next is told at once to come back.
const QUEUE: usize = 128;

#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// The hash of no one's password, so that an unknown address costs as much time as a wrong password.
    decoy: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            slots: Arc::new(Semaphore::new((threads / 2).max(1))),
            queue: Arc::new(Semaphore::new(QUEUE)),
            decoy: hash_now("nobody's password")?.into(),
        })
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move || hash_now(&password)).await
    }

    /// Whether the password fits. Without a stored hash it takes the same time and says no.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        if password.chars().count() > MAX_LENGTH {
            return Ok(false);
        }
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.decoy.to_string());
        self.run(move || {
            let parsed = PasswordHash::new(&hash).map_err(Error::internal)?;
            Ok(hasher()?
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
                && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| Error::unavailable("too many sign-ins at once"))?;
        let slot = tokio::time::timeout(WAIT, Arc::clone(&self.slots).acquire_owned())
            .await
            .map_err(|_| Error::unavailable("too many sign-ins at once"))?
            .map_err(Error::internal)?;
        drop(place);
        telemetry::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .map_err(Error::internal)?
    }
}

/// Whether a password may be chosen. It is refused if it is short, absurdly long, or among the first that somebody would
/// try who knows these words: the person's name and address, the firm's name. `zxcvbn` guesses as attackers do.
pub fn check(password: &str, known: &[&str]) -> Result<(), Message> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Err(Message::new("error-too-short").arg("min", MIN_LENGTH));
    }
    if length > MAX_LENGTH {
        return Err(Message::new("error-too-long").arg("max", MAX_LENGTH));
    }
    let folded: Vec<String> = known.iter().map(|text| text::fold(text)).collect();
    let joined: Vec<String> = folded
        .iter()
        .map(|text| text.split_whitespace().collect())
        .collect();
    let words: Vec<&str> = folded
        .iter()
        .chain(&joined)
        .flat_map(|text| text.split(|char: char| !char.is_alphanumeric()))
        .filter(|word| word.chars().count() > 2)
        .chain(["prosektorweb", "prosektor"])
        .collect();
    let judged: String = password.chars().take(JUDGED).collect();
    let is_known = folded.contains(&text::fold(password.trim()));
    if is_known || zxcvbn::zxcvbn(&judged, &words).score() < zxcvbn::Score::Two {
        return Err(Message::new("error-password-common"));
    }
    Ok(())
}

/// Whether a stored hash was made with weaker settings than today's.
#[must_use]
pub fn is_outdated(stored: &str) -> bool {
    !stored.starts_with(&format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"
    ))
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes on the calling thread; for the seed and the command line.
pub fn hash_now(password: &str) -> Result<String> {
    hasher()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only_and_every_character_counts() {
        let passwords = Passwords::new().unwrap();
        let long = "ş".repeat(64);
        let hash = passwords.hash(long.clone()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .verify(long.clone(), Some(hash.clone()))
                .await
                .unwrap()
        );
        let mut other = long;
        other.pop();
        other.push('s');
        assert!(!passwords.verify(other, Some(hash.clone())).await.unwrap());
        assert_ne!(hash, passwords.hash("ş".repeat(64)).await.unwrap());
        assert!(!is_outdated(&hash));
        assert!(is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA"));
    }

    #[tokio::test]
    async fn whoever_comes_when_the_queue_is_full_is_told_so_at_once() {
        let passwords = Passwords::new().unwrap();
        let slots = Arc::clone(&passwords.slots);
        let all = u32::try_from(slots.available_permits()).unwrap();
        let _busy = slots.acquire_many(all).await.unwrap();
        let queued: Vec<_> = (0..QUEUE)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify("x".into(), None).await })
            })
            .collect();
        while passwords.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify("x".into(), None);
        let refused = tokio::time::timeout(Duration::from_secs(1), refused).await;
        assert!(matches!(refused, Ok(Err(Error::Unavailable(_)))));
        for task in queued {
            task.abort();
        }
    }

    #[test]
    fn short_absurd_and_common_passwords_are_refused_and_long_and_odd_ones_taken() {
        let person = ["Ada Yıldız", "ada@acme.example"];
        let refused = |password: &str| check(password, &person).err().map(|reason| reason.key);
        for common in [
            "password123",
            "12345678",
            "qwertyuiop",
            "ProSektorWeb1",
            "adayildiz1",
            "ada@acme.example",
            "ADA YILDIZ ",
        ] {
            assert_eq!(
                refused(common).as_deref(),
                Some("error-password-common"),
                "{common}"
            );
        }
        for short in ["", "kısa", "1234567"] {
            assert_eq!(
                refused(short).as_deref(),
                Some("error-too-short"),
                "{short}"
            );
        }
        assert_eq!(
            refused(&"uzun ".repeat(300)).as_deref(),
            Some("error-too-long")
        );
        let long = "kırlangıç uçar ".repeat(68);
        assert!(long.len() > MAX_LENGTH, "characters count, not bytes");
        assert_eq!(refused(&long), None);
        for good in [
            "mavi kapı 7 fincan",
            "🦔🌋🥁🧭🪁🧲🛶🪐",
            "kırlangıç uçar ",
            "bir varmış bir yokmuş, evvel zaman içinde kalbur saman içinde deve tellal iken",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[tokio::test]
    async fn without_a_stored_hash_no_password_fits() {
        let passwords = Passwords::new().unwrap();
        assert!(
            !passwords
                .verify("nobody's password".into(), None)
                .await
                .unwrap()
        );
    }
}
