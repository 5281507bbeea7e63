//! What the contact templates see.

use std::sync::Arc;

use serde::Serialize;

use super::form::ContactForm;
use crate::{
    error::Result,
    features::site_pages::{
        Kind,
        shown::{self, Shown},
    },
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
    /// The page's own URL, in its language.
    action: String,
    privacy_href: String,
}

impl Show {
    pub async fn load(cx: &Cx, form: &ContactForm, errors: Errors) -> Result<Self> {
        let page = shown::page(&cx.app, Kind::Contact, cx.lang).await?;
        Ok(Self {
            seo: page.seo(cx)?.organization(),
            page: Arc::unwrap_or_clone(page),
            form: form.view().errors(errors),
            action: Kind::Contact.path(cx.lang),
            privacy_href: Kind::Privacy.path(cx.lang),
        })
    }
}

#[derive(Serialize)]
pub struct Thanks {}
