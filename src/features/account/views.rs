//! What the account's templates see.

use serde::Serialize;

use super::{
    form::{EmailForm, ForgotForm, PasswordForm, ProfileForm},
    model::{Draft, Person, Place, device},
};
use crate::{
    features::companies::views::{Conflict, ConflictField},
    platform::keys::Keys,
    web::form::{Errors, FormView},
};

#[derive(Serialize)]
pub struct Profile {
    tab: &'static str,
    form: FormView,
    conflict: Option<Conflict>,
}

impl Profile {
    pub fn new(form: &ProfileForm, errors: Errors) -> Self {
        Self {
            tab: "profile",
            form: form.view().errors(errors),
            conflict: None,
        }
    }

    #[must_use]
    pub fn conflict(
        mut self,
        theirs: &Person,
        mine: &Draft,
        by: Option<String>,
        at: String,
    ) -> Self {
        let version = theirs.version.to_string();
        self.form.values.insert("version", version);
        self.conflict = Some(Conflict {
            by,
            at,
            fields: ConflictField::between("account", &theirs.fields(), &mine.fields()),
            edit_href: "/account".into(),
        });
        self
    }
}

#[derive(Serialize)]
pub struct Address {
    tab: &'static str,
    form: FormView,
    email: String,
    mail_is_on: bool,
}

impl Address {
    pub fn new(person: &Person, form: &EmailForm, errors: Errors, mail_is_on: bool) -> Self {
        Self {
            tab: "email",
            form: form.view().errors(errors),
            email: person.email.clone(),
            mail_is_on,
        }
    }
}

#[derive(Serialize)]
pub struct Password {
    tab: &'static str,
    form: FormView,
    email: String,
}

impl Password {
    pub fn new(person: &Person, errors: Errors) -> Self {
        Self {
            tab: "password",
            form: PasswordForm::view().errors(errors),
            email: person.email.clone(),
        }
    }
}

#[derive(Serialize)]
pub struct Sessions {
    tab: &'static str,
    sessions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    device: Option<String>,
    ip: Option<String>,
    created_at: String,
    last_seen_at: String,
    is_here: bool,
}

impl Sessions {
    pub fn new(places: Vec<Place>, here: Option<[u8; 32]>, keys: &Keys) -> Self {
        let row = |place: Place| Row {
            id: place.id(keys).to_string(),
            device: place.user_agent.as_deref().and_then(device),
            is_here: here.is_some_and(|here| place.token_hash == here),
            ip: place.ip,
            created_at: place.created_at.to_rfc3339(),
            last_seen_at: place.last_seen_at.to_rfc3339(),
        };
        Self {
            tab: "sessions",
            sessions: places.into_iter().map(row).collect(),
        }
    }
}

/// The same for everybody.
#[derive(Serialize)]
pub struct Forgot {
    form: FormView,
    is_sent: bool,
    mail_is_on: bool,
}

impl Forgot {
    pub fn new(form: &ForgotForm, errors: Errors, mail_is_on: bool) -> Self {
        Self {
            form: form.view().errors(errors),
            is_sent: false,
            mail_is_on,
        }
    }

    #[must_use]
    pub fn sent(self, is_sent: bool) -> Self {
        Self { is_sent, ..self }
    }
}

#[derive(Serialize)]
pub struct Reset {
    form: FormView,
    action: String,
    email: String,
}

impl Reset {
    pub fn new(person: &Person, action: &str, errors: Errors) -> Self {
        Self {
            form: PasswordForm::view().errors(errors),
            action: action.into(),
            email: person.email.clone(),
        }
    }
}

#[derive(Serialize)]
pub struct Confirm {
    pub action: String,
    pub old: String,
    pub new: String,
}

/// Instead of a link that is for somebody else.
#[derive(Serialize)]
pub struct NotYours {}

/// Instead of what a link led to while it worked.
#[derive(Serialize)]
pub struct Gone {
    /// Where another one is asked for.
    pub again: &'static str,
}
