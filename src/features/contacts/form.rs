//! What is typed into the contact form.

use serde::Deserialize;

use super::model::{Contact, Draft};
use crate::{
    types::{Email, Phone},
    web::form::{Errors, FormView},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactForm {
    name: String,
    title: String,
    phone: String,
    email: String,
    is_primary: String,
    pub version: String,
    pub form_key: String,
}

impl ContactForm {
    /// An empty form, under the key that will know its second submission.
    #[must_use]
    pub fn blank(key: uuid::Uuid) -> Self {
        Self {
            form_key: key.to_string(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(contact: &Contact) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            name: contact.name.clone(),
            title: text(&contact.title),
            phone: text(&contact.phone),
            email: text(&contact.email),
            is_primary: if contact.is_primary {
                "true".into()
            } else {
                String::new()
            },
            version: contact.version.to_string(),
            form_key: String::new(),
        }
    }

    /// The form with one field typed anew; unknown ones are left alone.
    #[must_use]
    pub fn with(mut self, field: &str, value: String) -> Self {
        match field {
            "name" => self.name = value,
            "title" => self.title = value,
            "phone" => self.phone = value,
            "email" => self.email = value,
            "is_primary" => self.is_primary = value,
            _ => {}
        }
        self
    }

    pub fn check(&self) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let name = errors.line("name", &self.name, 2, 200);
        let title = errors.optional_line("title", &self.title, 100);
        let phone = errors
            .optional("phone", &self.phone, Phone::parse_international)
            .map(|phone| phone.as_str().to_owned());
        let email = errors
            .optional("email", &self.email, Email::parse)
            .map(|email| email.as_str().to_owned());
        match name {
            Some(name) if errors.is_empty() => Ok(Draft {
                name,
                title,
                phone,
                email,
                is_primary: self.is_primary == "true",
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["name", "title", "phone", "email", "is_primary", "version"],
            [
                ("name", self.name.clone()),
                ("title", self.title.clone()),
                ("phone", self.phone.clone()),
                ("email", self.email.clone()),
                ("is_primary", self.is_primary.clone()),
                ("version", self.version.clone()),
            ],
        )
        .key(&self.form_key)
    }
}
