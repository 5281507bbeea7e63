//! URL × verb × permission, then the handlers in that order.

use poem::{Response, handler};

use super::{
    actions::{self, Place},
    form::RunForm,
    queries,
    views::Index,
};
use crate::{
    error::Result,
    platform::i18n::Message,
    web::{
        access::Permission::{BlogPublish, BlogRead},
        cx::Cx,
        download,
        extract::{Form, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
        upload::Upload,
    },
};

const PATH: &str = "/posts/import";

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/posts/export", [post(BlogRead, export)])
        .at(
            "/posts/import",
            [
                get(BlogPublish, index),
                post(BlogPublish, look_through).takes_file(),
            ],
        )
        .at("/posts/import/forget", [post(BlogPublish, forget)])
        .at("/posts/import/run", [post(BlogPublish, run)])
}

/// All posts as a file that can be brought in again. POST, because taking them away is recorded.
#[handler]
async fn export(cx: Cx) -> Result<Response> {
    actions::record_export(&cx).await?;
    let app = cx.app.clone();
    Ok(download::json(
        "attachment; filename=\"posts.json\"",
        Place::default(),
        move |place| {
            let app = app.clone();
            async move { actions::export_part(&app, place).await }
        },
    ))
}

#[handler]
async fn index(cx: Cx) -> Result<Render> {
    page(&cx, cx.lang.code(), Errors::default()).await
}

/// Nothing is written: what would be is told.
#[handler]
async fn look_through(cx: Cx, upload: Upload) -> Result<Render> {
    let lang = upload.fields.get("lang").cloned().unwrap_or_default();
    match actions::read(upload).await? {
        Ok(sent) => {
            actions::look_through(&cx, sent).await?;
            Ok(Render::redirect(PATH))
        }
        Err(errors) => Ok(page(&cx, &lang, errors).await?.status(UNPROCESSABLE)),
    }
}

#[handler]
async fn forget(cx: Cx) -> Result<Render> {
    actions::forget(&cx).await?;
    Ok(Render::redirect(PATH))
}

#[handler]
async fn run(cx: Cx, Form(form): Form<RunForm>) -> Result<Render> {
    actions::run(&cx, form.import()?).await?;
    Ok(Render::redirect(PATH).flash(Flash::good(Message::new("flash-import-done"))))
}

// ---- what several of them do

async fn page(cx: &Cx, lang: &str, errors: Errors) -> Result<Render> {
    let user = cx.user()?.id;
    let waiting = queries::find(&mut cx.read().await?, user).await?;
    Ok(Render::page(
        "imports/index.html",
        &Index::new(lang, waiting, errors)?,
    ))
}
