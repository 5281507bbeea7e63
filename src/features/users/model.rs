//! What a user is to those who look after them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    features::companies::model::Field,
    platform::audit::Change,
    types::{Email, Id, Lang, choice, text},
    web::{access::Role, session::User},
};

choice! {
    /// Whether someone can sign in.
    pub enum State {
        Active = "active",
        /// Has not chosen a password yet.
        Invited = "invited",
        Deactivated = "deactivated",
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Person {
    pub id: Id<User>,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub company_id: Option<Uuid>,
    pub company: Option<String>,
    pub company_trashed_at: Option<DateTime<Utc>>,
    pub locale: Option<Lang>,
    pub active: bool,
    pub has_password: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The domain of addresses that stand for erased ones; RFC 2606 keeps it from ever being somebody's.
const ERASED: &str = "@erased.invalid";

impl Person {
    #[must_use]
    pub fn state(&self) -> State {
        match (self.active, self.has_password) {
            (false, _) => State::Deactivated,
            (true, false) => State::Invited,
            (true, true) => State::Active,
        }
    }

    /// Whether this is an administrator who can sign in.
    #[must_use]
    pub fn is_working_admin(&self) -> bool {
        self.role == Role::Admin && self.state() == State::Active
    }

    /// Whether what is known of the person was erased; nothing brings such a user back.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.email.ends_with(ERASED)
    }

    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 4] {
        [
            ("name", Some(&self.name)),
            ("email", Some(&self.email)),
            ("role", Some(self.role.as_str())),
            ("company", self.company.as_deref()),
        ]
    }
}

/// The name and the address that an erased user has.
#[must_use]
pub fn erased(id: Id<User>) -> (String, String) {
    let id = id.uuid().simple().to_string();
    (format!("#{}", &id[24..]), format!("{id}{ERASED}"))
}

/// Checked values on their way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub email: Email,
    pub role: Role,
    pub company: Option<Employer>,
    /// In which the invitation is written, until the person chooses.
    pub locale: Lang,
}

impl Draft {
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 4] {
        [
            ("name", Some(&self.name)),
            ("email", Some(self.email.as_str())),
            ("role", Some(self.role.as_str())),
            ("company", self.company.as_ref().map(|it| it.name.as_str())),
        ]
    }
}

/// The company whose client somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employer {
    pub id: Uuid,
    pub name: String,
}

/// An entry of the audit about somebody's account, as far as it may say something of the person.
#[derive(Debug, sqlx::FromRow)]
pub struct Noted {
    pub id: Uuid,
    pub actor_id: Option<Uuid>,
    changes: String,
    pub ip: Option<String>,
}

impl Noted {
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }
}

/// Somebody in the list, before its page is cut out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: Id<User>,
    pub name: String,
    pub email: String,
    pub created_at: DateTime<Utc>,
}

impl Listed {
    /// Whether each folded word begins a word of the name or the address.
    #[must_use]
    pub fn has(&self, wanted: &[String]) -> bool {
        let words = text::words(&format!("{} {}", self.name, self.email));
        wanted
            .iter()
            .all(|wanted| words.iter().any(|word| word.starts_with(wanted.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_user_has_nothing_of_a_person_and_an_address_that_is_nobodys() {
        let id: Id<User> = Id::from_uuid(Uuid::from_u128(0x0193_4f5c_1a2b));
        let (name, email) = erased(id);
        assert_eq!(name, "#4f5c1a2b");
        assert!(Email::parse(&email).is_ok(), "{email}");
        assert!(email.ends_with(ERASED));
    }
}
