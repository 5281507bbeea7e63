//! What is typed into the forms of an account.

use serde::Deserialize;

use super::model::{Draft, Person};
use crate::{
    platform::{i18n::Message, passwords},
    types::{Email, Invalid, Lang, text},
    web::{
        cx::THEMES,
        form::{Errors, FormView},
    },
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    name: String,
    locale: String,
    theme: String,
    pub version: String,
}

impl ProfileForm {
    /// `lang` is the one that the person reads now, for someone who never chose one.
    #[must_use]
    pub fn of(person: &Person, lang: Lang) -> Self {
        Self {
            name: person.name.clone(),
            locale: person.locale.unwrap_or(lang).code().into(),
            theme: person.theme.clone(),
            version: person.version.to_string(),
        }
    }

    pub fn check(&self) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 2, 200);
        let locale = errors.check("locale", Lang::parse(&self.locale));
        let theme = THEMES.into_iter().find(|theme| *theme == self.theme);
        let theme = errors.check("theme", theme.ok_or(Invalid::Choice));
        match (name, locale, theme) {
            (Some(name), Some(locale), Some(theme)) => Ok(Draft {
                name,
                locale,
                theme,
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["name", "locale", "theme", "version"],
            [
                ("name", self.name.clone()),
                ("locale", self.locale.clone()),
                ("theme", self.theme.clone()),
                ("version", self.version.clone()),
            ],
        )
    }
}

/// An address alone: of whoever forgot the password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ForgotForm {
    email: String,
}

impl ForgotForm {
    pub fn check(&self) -> Result<Email, Errors> {
        email(&self.email)
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(&["email"], [("email", shown(&self.email))])
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EmailForm {
    email: String,
    pub current_password: String,
}

impl EmailForm {
    pub fn check(&self, person: &Person) -> Result<Email, Errors> {
        let email = email(&self.email)?;
        if email.as_str() == person.email {
            let same = Message::new("error-account-same-email");
            return Err(Errors::one("email", same));
        }
        Ok(email)
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["email", "current_password"],
            [("email", shown(&self.email))],
        )
    }
}

/// A new password, with the current one where that is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    pub current_password: String,
    pub password: String,
}

impl PasswordForm {
    /// Whether the new one may be chosen: asked before anything is hashed.
    pub fn check(&self, person: &Person) -> Result<(), Errors> {
        passwords::check(&self.password, &person.known_words())
            .map_err(|reason| Errors::one("password", reason))
    }

    /// No password is ever sent back.
    #[must_use]
    pub fn view() -> FormView {
        FormView::new(&["current_password", "password"], [])
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    pub session: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EndAllForm {
    pub scope: String,
}

fn email(typed: &str) -> Result<Email, Errors> {
    let mut errors = Errors::default();
    let line = errors.check("email", text::clean_line(typed));
    let parse = |line: String| {
        if line.is_empty() {
            Err(Invalid::Required)
        } else {
            Email::parse(&line)
        }
    };
    line.and_then(|line| errors.check("email", parse(line)))
        .ok_or(errors)
}

/// What was typed, as far as an address can be long.
fn shown(typed: &str) -> String {
    typed.chars().take(254).collect()
}
