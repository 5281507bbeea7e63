//! Keys for each purpose, derived from `SECRET_KEY`: what one of them leaks says nothing of another.

use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::clock::random;
use crate::error::{Error, Result};

const NONCE: usize = 12;

#[derive(Clone)]
pub struct Keys(Hkdf<Sha256>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(Hkdf::new(Some(b"prosektorweb"), secret.as_bytes()))
    }

    /// 32 bytes that are this purpose's alone (HKDF with SHA-256, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &'static str) -> [u8; 32] {
        let mut key = [0; 32];
        // It fails only for more than 8,160 bytes.
        let derived = self.0.expand(purpose.as_bytes(), &mut key);
        debug_assert!(derived.is_ok());
        key
    }

    /// HMAC-SHA256 of the parts under the purpose's key. Each part is preceded by its length, so that no two lists of
    /// parts are the same message.
    #[must_use]
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.derive(purpose), parts)
    }

    /// Whether this is what `mac` says. The time that it takes tells nothing of where they differ.
    #[must_use]
    pub fn is_mac(&self, purpose: &'static str, parts: &[&[u8]], told: &[u8]) -> bool {
        hasher(&self.derive(purpose), parts)
            .verify_slice(told)
            .is_ok()
    }

    /// Encrypts (ChaCha20-Poly1305, RFC 8439) under a fresh nonce, which comes first. What it is bound to, for example
    /// its row's id, must be the same when it is opened.
    pub fn seal(&self, purpose: &'static str, bound_to: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random();
        let payload = Payload {
            msg: plain,
            aad: bound_to,
        };
        let sealed = self
            .cipher(purpose)
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::internal("a secret that cannot be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed, or nothing if it was sealed under another key, bound to something else, or changed.
    #[must_use]
    pub fn open(&self, purpose: &'static str, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: bound_to,
        };
        self.cipher(purpose).decrypt(&(*nonce).into(), payload).ok()
    }

    fn cipher(&self, purpose: &'static str) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.derive(purpose).into())
    }
}

/// HMAC-SHA256 of parts, each preceded by its length in eight bytes.
#[must_use]
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    hasher(key, parts).finalize().into_bytes().into()
}

fn hasher(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key shorter than the hash's block is filled up with zeros (RFC 2104).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_and_each_secret_has_keys_of_its_own() {
        let (one, other) = (Keys::new("one"), Keys::new("other"));
        assert_eq!(one.derive("links"), Keys::new("one").derive("links"));
        assert_ne!(one.derive("links"), one.derive("audit"));
        assert_ne!(one.derive("links"), other.derive("links"));
        let mac = one.mac("a", &[b"ab", b"c"]);
        assert_ne!(mac, one.mac("a", &[b"a", b"bc"]));
        assert!(one.is_mac("a", &[b"ab", b"c"], &mac));
        assert!(!one.is_mac("a", &[b"a", b"bc"], &mac));
        assert!(!one.is_mac("a", &[b"ab", b"c"], &mac[..31]));
        assert!(!other.is_mac("a", &[b"ab", b"c"], &mac));
    }

    #[test]
    fn what_is_sealed_opens_only_unchanged_under_its_key_and_where_it_belongs() {
        let keys = Keys::new("one");
        let sealed = keys.seal("totp", b"ada", b"secret").unwrap();
        assert_eq!(keys.open("totp", b"ada", &sealed).unwrap(), b"secret");
        assert_ne!(sealed, keys.seal("totp", b"ada", b"secret").unwrap());
        assert_eq!(keys.open("totp", b"eve", &sealed), None);
        assert_eq!(keys.open("other", b"ada", &sealed), None);
        assert_eq!(Keys::new("two").open("totp", b"ada", &sealed), None);
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(keys.open("totp", b"ada", &changed), None);
        assert_eq!(keys.open("totp", b"ada", b"short"), None);
    }
}
