//! URL × verb, then the handlers.

use poem::handler;

use super::{
    actions,
    form::ContactForm,
    views::{Show, Thanks},
};
use crate::{
    error::Result,
    platform::limits::Tier,
    types::Lang,
    web::{
        cx::Cx,
        extract::{Form, UNPROCESSABLE},
        form::Errors,
        public::Page,
        rate_limit::{self, Counting},
        render::{self, Render},
        router::{Table, page, public, public_post},
    },
};

#[must_use]
pub fn routes() -> Table {
    let form = || [public(new), public_post(create)];
    Table::default()
        .at("/contact", form())
        .at("/tr/contact", form())
        .at("/contact/thanks", [page(&[], thanks)])
        .at("/tr/contact/thanks", [page(&[], thanks)])
}

#[handler]
async fn new(cx: Cx) -> Result<Render> {
    form_page(&cx, &ContactForm::default(), Errors::default()).await
}

/// Only what could be kept counts against the limit, so that mending a form costs nothing.
#[handler]
async fn create(cx: Cx, Form(form): Form<ContactForm>) -> Result<Render> {
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => return Ok(form_page(&cx, &form, errors).await?.status(UNPROCESSABLE)),
    };
    rate_limit::count(&cx, Counting::As(Tier::Contact)).await?;
    actions::receive(&cx, &draft).await?;
    Ok(Render::redirect(match cx.lang {
        Lang::En => "/contact/thanks",
        Lang::Tr => "/tr/contact/thanks",
    }))
}

#[handler]
fn thanks(cx: Cx) -> Result<Page> {
    let html = render::public_page(&cx, "contact/thanks.html", &Thanks {})?;
    Ok(Page::new(html).lang(cx.lang))
}

async fn form_page(cx: &Cx, form: &ContactForm, errors: Errors) -> Result<Render> {
    let view = Show::load(cx, form, errors).await?;
    Ok(Render::page("contact/show.html", &view))
}
