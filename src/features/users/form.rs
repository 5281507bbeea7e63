//! What is typed into the forms about users and the list's filters.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    model::{Person, State},
    queries::Filter,
};
use crate::{
    error::{Error, Result},
    features::companies::form::{choice, cursor, search_words},
    types::{
        Email, Id, Invalid, Lang,
        page::{Cursor, Key},
        text,
    },
    web::{
        access::Role,
        form::{Errors, FormView},
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserForm {
    name: String,
    email: String,
    role: String,
    /// The company's name, as somebody types it.
    pub company: String,
    /// The company that was chosen among several, or that the form came from.
    pub company_id: String,
    locale: String,
    pub version: String,
    pub form_key: String,
}

/// What is right by itself; the company has to be looked up.
#[derive(Debug)]
pub struct Typed {
    pub name: String,
    pub email: Email,
    pub role: Role,
    pub locale: Lang,
}

impl UserForm {
    /// An empty form, under the key that will know its second submission; for a company's client if one is given.
    #[must_use]
    pub fn blank(key: Uuid, company: Option<(Uuid, &str)>) -> Self {
        let (id, name) = company.map_or((String::new(), ""), |(id, name)| (id.to_string(), name));
        Self {
            role: if company.is_some() {
                Role::Client.as_str().into()
            } else {
                String::new()
            },
            company: name.into(),
            company_id: id,
            locale: Lang::Tr.as_str().into(),
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            email: person.email.clone(),
            role: person.role.as_str().into(),
            company: person.company.clone().unwrap_or_default(),
            company_id: person
                .company_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            version: person.version.to_string(),
            ..Self::default()
        }
    }

    pub fn check(&self, is_new: bool) -> std::result::Result<Typed, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 2, 200);
        let email = errors.check("email", required(&self.email, Email::parse));
        let role = errors.check("role", required(&self.role, Role::parse));
        let locale = if is_new {
            errors.check("locale", Lang::parse(&self.locale))
        } else {
            Some(Lang::Tr)
        };
        match (name, email, role, locale) {
            (Some(name), Some(email), Some(role), Some(locale)) if errors.is_empty() => Ok(Typed {
                name,
                email,
                role,
                locale,
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The company that was chosen, if there is one.
    #[must_use]
    pub fn chosen(&self) -> Option<Uuid> {
        self.company_id.parse::<Id<()>>().ok().map(Id::uuid)
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &[
                "name",
                "email",
                "role",
                "company",
                "company_id",
                "locale",
                "version",
            ],
            [
                ("name", self.name.clone()),
                ("email", self.email.clone()),
                ("role", self.role.clone()),
                ("company", self.company.clone()),
                ("company_id", self.company_id.clone()),
                ("locale", self.locale.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}

fn required<T>(
    typed: &str,
    parse: impl FnOnce(&str) -> std::result::Result<T, Invalid>,
) -> std::result::Result<T, Invalid> {
    let line = text::clean_line(typed)?;
    if line.is_empty() {
        return Err(Invalid::Required);
    }
    parse(&line)
}

/// Where an invitation is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewQuery {
    pub company: String,
}

/// One session by its hash, or all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    session: String,
}

impl EndForm {
    /// `None` is all of them.
    pub fn session(&self) -> Result<Option<Vec<u8>>> {
        if self.session.is_empty() {
            return Ok(None);
        }
        let hash = URL_SAFE_NO_PAD.decode(&self.session);
        hash.map(Some)
            .map_err(|_| Error::BadRequest("that is no session".into()))
    }
}

#[must_use]
pub fn session_name(token_hash: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(token_hash)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EraseForm {
    pub version: String,
    confirm: String,
}

impl EraseForm {
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirm == "true"
    }
}

/// The list's whole state, as its URL holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub role: String,
    pub state: String,
    pub company: String,
    pub sort: String,
    pub after: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    Email,
    CreatedAt,
}

impl ListQuery {
    pub fn words(&self) -> Result<Vec<String>> {
        search_words(&self.q)
    }

    pub fn filter(&self) -> Result<Filter> {
        let company = choice(&self.company, "company", |text| {
            text.parse::<Id<()>>().map_err(|_| Invalid::Choice)
        })?;
        Ok(Filter {
            role: choice(&self.role, "role", Role::parse)?,
            state: choice(&self.state, "state", State::parse)?,
            company: company.map(Id::uuid),
        })
    }

    /// The same list, with its choices spelled as they are stored.
    pub fn canonical(mut self) -> Result<Self> {
        let filter = self.filter()?;
        self.role = filter.role.map(Role::as_str).unwrap_or_default().into();
        self.state = filter.state.map(State::as_str).unwrap_or_default().into();
        Ok(self)
    }

    /// The column, and whether it descends.
    pub fn sort(&self) -> Result<(Column, bool)> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        let column = match name {
            "" | "name" => Column::Name,
            "email" => Column::Email,
            "created_at" => Column::CreatedAt,
            _ => return Err(Error::BadRequest("an unknown sort".into())),
        };
        Ok((column, descending))
    }

    /// The last row that is before the page: its key and id.
    pub fn place(&self) -> Result<Option<(Vec<u8>, Uuid)>> {
        Ok(
            cursor(&self.after, false)?.and_then(|cursor| match cursor.key {
                Key::Bytes(key) => Some((key, cursor.id)),
                Key::Time(_) => None,
            }),
        )
    }

    /// The page after a row.
    #[must_use]
    pub fn after(&self, key: &[u8], id: Uuid) -> String {
        let cursor = Cursor {
            key: Key::Bytes(key.to_vec()),
            id,
            position: 0,
            backwards: false,
        };
        self.with(|query| query.after = cursor.encode()).href()
    }

    /// The URL of this list.
    #[must_use]
    pub fn href(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("q", &self.q),
            ("role", &self.role),
            ("state", &self.state),
            ("company", &self.company),
            ("sort", &self.sort),
            ("after", &self.after),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() {
            "/users".into()
        } else {
            format!("/users?{query}")
        }
    }

    /// The same list from its first row, with some of its state changed.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self {
            after: String::new(),
            ..self.clone()
        };
        change(&mut changed);
        changed
    }
}
