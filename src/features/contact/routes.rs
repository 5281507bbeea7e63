//! URL × verb, then the handlers.

use poem::handler;

use super::{
    actions,
    form::{ContactForm, Draft},
    views::{Show, Thanks},
};
use crate::{
    error::{Error, Result},
    platform::limits::Tier,
    types::Lang,
    web::{
        cx::Cx,
        extract::{Form, UNPROCESSABLE},
        public::Page,
        rate_limit::{self, Counting},
        render::{self, Render},
        router::{Table, page, public, public_post},
    },
};

#[must_use]
pub fn routes() -> Table {
    let form = || [public(new).slashed(), public_post(create)];
    Table::default()
        .at("/contact", form())
        .at("/tr/contact", form())
        .at("/contact/thanks", [page(&[], thanks)])
        .at("/tr/contact/thanks", [page(&[], thanks)])
}

#[handler]
async fn new(cx: Cx) -> Result<Render> {
    let view = Show::load(&cx, &ContactForm::default()).await?;
    Ok(form_page(&view))
}

#[handler]
async fn create(cx: Cx, Form(form): Form<ContactForm>) -> Result<Render> {
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let view = Show::load(&cx, &form).await?.errors(errors);
            return Ok(form_page(&view).status(UNPROCESSABLE));
        }
    };
    match take(&cx, &draft).await {
        Ok(()) => Ok(Render::redirect(thanks_path(cx.lang))),
        Err(error) => refused(&cx, &form, error).await,
    }
}

#[handler]
fn thanks(cx: Cx) -> Result<Page> {
    let html = render::public_page(&cx, "contact/thanks.html", &Thanks {})?;
    Ok(Page::new(html).lang(cx.lang))
}

// ---- what several of them do

/// Only what could be kept counts against the limit, so that mending a form costs nothing.
async fn take(cx: &Cx, draft: &Draft) -> Result<()> {
    rate_limit::count(cx, Counting::As(Tier::Contact)).await?;
    actions::receive(cx, draft).await
}

/// What cannot be taken now can be sent again later, so the page comes back with what was typed.
async fn refused(cx: &Cx, form: &ContactForm, error: Error) -> Result<Render> {
    let Some(seconds) = rate_limit::retry_after(&error) else {
        return Err(error);
    };
    match Show::load(cx, form).await {
        Ok(view) => Ok(form_page(&view.not_sent(&error, seconds)).refused(error)),
        Err(_) => Err(error),
    }
}

fn form_page(view: &Show) -> Render {
    Render::page("contact/show.html", view)
}

fn thanks_path(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "/contact/thanks",
        Lang::Tr => "/tr/contact/thanks",
    }
}
