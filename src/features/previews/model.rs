//! What such a link is made of: the post, until when, and the proof that we gave it away.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    features::posts::model::Post,
    platform::keys::Keys,
    types::{Id, Lang},
};

const PURPOSE: &str = "post-previews";

/// Another one makes all links of a post void.
pub const NONCE: usize = 16;

/// Id, seconds of Unix time, HMAC-SHA256.
const BYTES: usize = 16 + 8 + 32;

#[must_use]
pub fn lifetime() -> TimeDelta {
    TimeDelta::days(7)
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Preview {
    pub post_id: Id<Post>,
    pub nonce: Vec<u8>,
    /// Whole seconds.
    pub expires_at: DateTime<Utc>,
}

impl Preview {
    /// The newest link's.
    #[must_use]
    pub fn token(&self, keys: &Keys) -> String {
        let id = self.post_id.uuid();
        let until = self.expires_at.timestamp().to_be_bytes();
        let mac = keys.mac(PURPOSE, &[id.as_bytes(), &self.nonce, &until]);
        URL_SAFE_NO_PAD.encode([id.as_bytes().as_slice(), &until, &mac].concat())
    }
}

/// Where the frame around the post has its language.
#[must_use]
pub fn path(lang: Lang, token: &str) -> String {
    match lang {
        Lang::En => format!("/preview/{token}"),
        Lang::Tr => format!("/tr/preview/{token}"),
    }
}

/// A token that was read, and is not proven yet.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub post_id: Id<Post>,
    until: [u8; 8],
    mac: [u8; 32],
}

impl Claim {
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let bytes: [u8; BYTES] = bytes.try_into().ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (until, mac) = rest.split_first_chunk::<8>()?;
        Some(Self {
            post_id: Id::from_uuid(uuid::Uuid::from_bytes(*id)),
            until: *until,
            mac: mac.try_into().ok()?,
        })
    }

    /// Compared before anything is told apart, so that a guess takes as long whatever is there.
    #[must_use]
    pub fn is_good(&self, keys: &Keys, nonce: Option<&[u8]>, now: DateTime<Utc>) -> bool {
        let id = self.post_id.uuid();
        let parts = [id.as_bytes(), nonce.unwrap_or(&[0; NONCE]), &self.until];
        let is_ours = keys.is_mac(PURPOSE, &parts, &self.mac);
        is_ours && nonce.is_some() && now.timestamp() < i64::from_be_bytes(self.until)
    }

    /// When it ends, for one that is good.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(i64::from_be_bytes(self.until), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::secret_urls::is_secret;

    fn preview() -> Preview {
        Preview {
            post_id: Id::from_uuid(uuid::Uuid::from_u128(7)),
            nonce: vec![3; NONCE],
            expires_at: DateTime::UNIX_EPOCH + lifetime(),
        }
    }

    #[test]
    fn a_link_works_until_its_second_under_its_key_and_nonce_alone() {
        let (keys, preview) = (Keys::new("one"), preview());
        let claim = Claim::read(&preview.token(&keys)).unwrap();
        assert_eq!(claim.post_id, preview.post_id);
        assert_eq!(claim.expires_at(), Some(preview.expires_at));
        let nonce = Some(preview.nonce.as_slice());
        let last = preview.expires_at - TimeDelta::seconds(1);
        assert!(claim.is_good(&keys, nonce, last));
        assert!(!claim.is_good(&keys, nonce, preview.expires_at));
        assert!(!claim.is_good(&Keys::new("two"), nonce, last));
        assert!(!claim.is_good(&keys, Some(&[4; NONCE]), last));
        assert!(!claim.is_good(&keys, None, last));
    }

    #[test]
    fn nothing_in_a_token_can_be_changed() {
        let (keys, preview) = (Keys::new("one"), preview());
        let bytes = URL_SAFE_NO_PAD.decode(preview.token(&keys)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let claim = Claim::read(&URL_SAFE_NO_PAD.encode(changed)).unwrap();
            assert!(!claim.is_good(&keys, Some(&preview.nonce), DateTime::UNIX_EPOCH));
        }
        for strange in ["", "a", "no-such-token", &"A".repeat(74), &"A".repeat(4000)] {
            assert!(Claim::read(strange).is_none(), "{strange}");
        }
    }

    #[test]
    fn a_row_that_is_missing_is_no_nonce_of_zeros() {
        let keys = Keys::new("one");
        let zeros = Preview {
            nonce: vec![0; NONCE],
            ..preview()
        };
        let claim = Claim::read(&zeros.token(&keys)).unwrap();
        assert!(!claim.is_good(&keys, None, DateTime::UNIX_EPOCH));
    }

    #[test]
    fn no_log_holds_the_token() {
        for lang in Lang::ALL {
            assert!(is_secret(&path(*lang, "token")));
        }
    }
}
