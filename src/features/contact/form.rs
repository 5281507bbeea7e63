//! What is typed into the contact form.

use serde::Deserialize;

use crate::{
    platform::i18n::Message,
    types::{Email, Phone, text},
    web::form::{Errors, FormView},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactForm {
    name: String,
    email: String,
    phone: String,
    company: String,
    body: String,
    consent: String,
    /// People do not see this field; programs fill it.
    website: String,
}

/// Checked values on their way into the database.
#[derive(Debug)]
pub struct Draft {
    pub name: String,
    pub email: Email,
    pub phone: Option<Phone>,
    pub company: Option<String>,
    pub body: String,
    pub is_spam: bool,
}

impl Draft {
    /// As the inbox's search compares it.
    #[must_use]
    pub fn folded(&self) -> String {
        let parts = [
            self.name.as_str(),
            self.email.as_str(),
            self.phone.as_ref().map_or("", Phone::as_str),
            self.company.as_deref().unwrap_or_default(),
            self.body.as_str(),
        ];
        text::words(&parts.join(" ")).join(" ")
    }
}

impl ContactForm {
    pub fn check(&self) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        // In the summary at the top each must tell by itself what is missing.
        for (field, typed, missing) in [
            ("name", &self.name, "error-contact-name"),
            ("email", &self.email, "error-contact-email"),
            ("body", &self.body, "error-contact-body"),
        ] {
            if typed.trim().is_empty() {
                errors.add(field, Message::new(missing));
            }
        }
        let name = errors.line("name", &self.name, 2, 200);
        let email = errors.check("email", Email::parse(&self.email));
        let phone = errors.optional("phone", &self.phone, Phone::parse_international);
        let company = errors.optional_line("company", &self.company, 200);
        let body = errors.text("body", &self.body, 10, 5000);
        if self.consent != "true" {
            errors.add("consent", Message::new("error-contact-consent"));
        }
        match (name, email, body) {
            (Some(name), Some(email), Some(body)) if errors.is_empty() => Ok(Draft {
                name,
                email,
                phone,
                company,
                body,
                is_spam: !self.website.is_empty(),
            }),
            _ => Err(errors),
        }
    }

    #[must_use]
    pub fn view(&self) -> FormView {
        FormView::new(
            &["name", "email", "phone", "company", "body", "consent"],
            [
                ("name", self.name.clone()),
                ("email", self.email.clone()),
                ("phone", self.phone.clone()),
                ("company", self.company.clone()),
                ("body", self.body.clone()),
                ("consent", self.consent.clone()),
            ],
        )
    }
}
