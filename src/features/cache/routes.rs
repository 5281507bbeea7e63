//! URL × verb × permission, then the handlers.

use poem::{handler, http::StatusCode};

use super::{actions, form::PurgeForm, views::Index};
use crate::{
    error::Result,
    platform::i18n::Message,
    web::{
        access::Permission::CacheManage,
        cx::Cx,
        extract::Form,
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/cache", [get(CacheManage, index)])
        .at("/cache/purge", [post(CacheManage, purge)])
}

#[handler]
fn index(cx: Cx) -> Render {
    page(&cx, &PurgeForm::default(), Errors::default())
}

#[handler]
async fn purge(cx: Cx, Form(form): Form<PurgeForm>) -> Result<Render> {
    let tag = match form.check(&cx) {
        Ok(tag) => tag,
        Err(errors) => {
            return Ok(page(&cx, &form, errors).status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let flash = Flash::good(Message::new("flash-cache-purged").arg("tag", tag.as_str()));
    actions::purge(&cx, tag).await?;
    Ok(Render::redirect("/cache").flash(flash))
}

// ---- what several of them do

fn page(cx: &Cx, form: &PurgeForm, errors: Errors) -> Render {
    Render::page("cache/index.html", &Index::new(cx, form, errors)).fragment("cache/_body.html")
}
