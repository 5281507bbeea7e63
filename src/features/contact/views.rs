//! What the contact templates see.

use std::sync::Arc;

use serde::Serialize;

use super::form::ContactForm;
use crate::{
    error::{Error, Result},
    features::site_pages::{
        Kind,
        shown::{self, Shown},
    },
    platform::i18n::Message,
    web::{
        cx::Cx,
        form::{Errors, FormView},
        seo::Seo,
    },
};

#[derive(Serialize)]
pub struct Show {
    seo: Seo,
    /// What stands above the form.
    page: Shown,
    form: FormView,
    /// Why what was typed could not be taken, though nothing is wrong with it.
    not_sent: Option<Message>,
    /// The page's own URL, in its language.
    action: String,
    privacy_href: String,
}

impl Show {
    pub async fn load(cx: &Cx, form: &ContactForm) -> Result<Self> {
        let page = shown::page(&cx.app, Kind::Contact, cx.lang).await?;
        Ok(Self {
            seo: page.seo(cx)?.organization(),
            page: Arc::unwrap_or_clone(page),
            form: form.view(),
            not_sent: None,
            action: Kind::Contact.path(cx.lang),
            privacy_href: Kind::Privacy.path(cx.lang),
        })
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }

    /// `seconds` are those until it is worth sending it again.
    #[must_use]
    pub fn not_sent(mut self, error: &Error, seconds: u64) -> Self {
        self.not_sent = Some(match error {
            Error::TooMany(_) => {
                Message::new("contact-page-too-many").arg("count", seconds.div_ceil(60))
            }
            _ => Message::new("contact-page-unavailable"),
        });
        self
    }
}

#[derive(Serialize)]
pub struct Thanks {}
