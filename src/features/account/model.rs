//! Whose account it is, and from where somebody is signed in to it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    features::companies::model::Field,
    platform::keys::Keys,
    types::{Id, Lang},
    web::session::User,
};

/// Someone who may sign in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Person {
    pub id: Id<User>,
    pub name: String,
    pub email: String,
    pub password_hash: Option<String>,
    pub locale: Option<Lang>,
    pub theme: String,
    pub version: i64,
    /// The name of a client's company.
    pub company: Option<String>,
}

impl Person {
    /// What whoever knows this person would try first.
    #[must_use]
    pub fn known_words(&self) -> Vec<&str> {
        [self.name.as_str(), self.email.as_str()]
            .into_iter()
            .chain(self.company.as_deref())
            .collect()
    }

    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 3] {
        [
            ("name", Some(&self.name)),
            ("locale", self.locale.map(Lang::code)),
            ("theme", Some(&self.theme)),
        ]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub locale: Lang,
    pub theme: &'static str,
}

impl Draft {
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 3] {
        [
            ("name", Some(&self.name)),
            ("locale", Some(self.locale.code())),
            ("theme", Some(self.theme)),
        ]
    }
}

/// Whoever has an address, active or not.
#[derive(Debug, sqlx::FromRow)]
pub struct Holder {
    pub id: Id<User>,
    pub locale: Option<Lang>,
}

/// One browser in which somebody is signed in.
#[derive(Debug, sqlx::FromRow)]
pub struct Place {
    pub token_hash: Vec<u8>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

impl Place {
    /// Names the session in a page. Neither the token nor its hash can be told from it.
    #[must_use]
    pub fn id(&self, keys: &Keys) -> Uuid {
        let mac = keys.mac("sessions.name", &[&self.token_hash]);
        Uuid::from_bytes(std::array::from_fn(|at| mac[at]))
    }
}

/// Browsers by what their names contain. Most claim to be others as well, so the order decides.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// `Firefox · Windows`; nothing for what is not one of the well-known ones.
#[must_use]
pub fn device(user_agent: &str) -> Option<String> {
    let of = |known: &[(&str, &'static str)]| {
        let mut known = known.iter();
        known
            .find(|(part, _)| user_agent.contains(part))
            .map(|(_, name)| *name)
    };
    let parts: Vec<&str> = [of(&BROWSERS), of(&SYSTEMS)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_browsers_are_called_by_their_names() {
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                Some("Firefox · Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                Some("Edge · Windows"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                Some("Chrome · Android"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                Some("Samsung Internet · Android"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                Some("Safari · iPhone"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                Some("Chrome · iPhone"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                Some("Safari · macOS"),
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                Some("Chrome · ChromeOS"),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/123.0",
                Some("Opera · Linux"),
            ),
            ("something on Linux", Some("Linux")),
            ("curl/8.5.0", None),
            ("", None),
            ("<script>alert(1)</script>", None),
        ] {
            assert_eq!(device(user_agent).as_deref(), name, "{user_agent}");
        }
    }

    #[test]
    fn the_name_of_a_session_is_its_own_and_tells_nothing_of_the_token() {
        let place = |hash: [u8; 32]| Place {
            token_hash: hash.to_vec(),
            ip: None,
            user_agent: None,
            created_at: DateTime::UNIX_EPOCH,
            last_seen_at: DateTime::UNIX_EPOCH,
        };
        let keys = Keys::new("one");
        let id = place([7; 32]).id(&keys);
        assert_eq!(id, place([7; 32]).id(&keys));
        assert_ne!(id, place([8; 32]).id(&keys));
        assert_ne!(id, place([7; 32]).id(&Keys::new("two")));
        assert_ne!(id.as_bytes(), &[7; 16]);
    }
}
