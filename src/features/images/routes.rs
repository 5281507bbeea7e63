//! URL × verb × permission, then the handlers in that order.

use poem::{Body, IntoResponse as _, Request, Response, handler, http::StatusCode};

use super::{
    actions,
    form::{ChoiceQuery, ImageForm, ListQuery},
    media,
    model::{Image, Words},
    queries,
    upload::{self, Uploaded},
    views::{Answer, ImageField, Index, Show, TrashPage},
};
use crate::{
    error::{Error, Result},
    features::companies::form::{VersionForm, version},
    platform::i18n::Message,
    types::Id,
    web::{
        access::Permission::{BlogRead, BlogWrite},
        cx::Cx,
        extract::{Form, PathId, Query, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post, public},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/media/:file", [public(media::show)])
        .at(
            "/images",
            [get(BlogRead, index), post(BlogWrite, create).takes_file()],
        )
        .at("/images/choices", [get(BlogRead, choices)])
        .at(
            "/images/{id}",
            [get(BlogRead, show), post(BlogWrite, update)],
        )
        .at(
            "/images/{id}/trash",
            [get(BlogWrite, confirm), post(BlogWrite, trash)],
        )
        .at("/images/{id}/restore", [post(BlogWrite, restore)])
        .at("/images/{id}/encode", [post(BlogWrite, encode)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let view = Index::load(&mut conn, cx.lang, &query, cx.user()?.may(BlogWrite)).await?;
    Ok(Render::page("images/index.html", &view).fragment("images/_list.html"))
}

#[handler]
async fn create(cx: Cx, request: &Request, body: Body) -> Result<Response> {
    let uploaded = upload::receive(&cx, request, body).await?;
    if upload::wants_json(request) {
        return answer(&cx, uploaded).await;
    }
    let is_done = uploaded.refused.is_empty() && uploaded.errors.is_empty();
    let is_described = uploaded.images.iter().all(Image::is_described);
    if is_done && is_described {
        return Ok(uploaded_well(&uploaded.images).into_response());
    }
    let mut conn = cx.read().await?;
    let view = Index::load(&mut conn, cx.lang, &ListQuery::default(), true).await?;
    let view = view.after(&mut conn, cx.lang, uploaded).await?;
    let page = Render::page("images/index.html", &view).status(UNPROCESSABLE);
    Ok(page.into_response())
}

fn uploaded_well(images: &[Image]) -> Render {
    let flash = Flash::good(Message::new("flash-images-uploaded").arg("count", images.len()));
    let to = match images {
        [only] => format!("/images/{}", only.id),
        _ => "/images".to_owned(),
    };
    Render::redirect(to).flash(flash)
}

/// For scripts: what was stored, and what was not in words.
async fn answer(cx: &Cx, uploaded: Uploaded) -> Result<Response> {
    let texts = &cx.app.translations;
    let mut errors = Vec::new();
    for (name, message) in &uploaded.refused {
        errors.push(format!("{name}: {}", texts.message(cx.lang, message)?));
    }
    if uploaded.images.is_empty() && errors.is_empty() {
        errors.push(texts.message(cx.lang, &Message::new("error-image-none"))?);
    }
    let status = if errors.is_empty() {
        StatusCode::CREATED
    } else {
        UNPROCESSABLE
    };
    let mut conn = cx.read().await?;
    let answer = Answer::new(&mut conn, cx.lang, uploaded.images, errors).await?;
    let body = serde_json::to_string(&answer).map_err(Error::internal)?;
    Ok(Response::builder()
        .status(status)
        .content_type("application/json")
        .body(body))
}

/// The pictures that a form offers; a fragment of it.
#[handler]
async fn choices(cx: Cx, Query(query): Query<ChoiceQuery>) -> Result<Render> {
    query.field()?;
    let mut conn = cx.read().await?;
    let field = ImageField::found(&mut conn, cx.lang, &query).await?;
    Ok(Render::page("images/choices.html", &field).fragment("images/_choices.html"))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Image>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let image = queries::find(&mut conn, id).await?;
    let form = ImageForm::of(&image);
    page(&cx, image, &form, Errors::default()).await
}

#[handler]
async fn update(cx: Cx, PathId(id): PathId<Image>, Form(form): Form<ImageForm>) -> Result<Render> {
    let base = version(&form.version)?;
    let words = match form.check() {
        Ok(words) => words,
        Err(errors) => {
            let image = queries::find(&mut cx.read().await?, id).await?;
            return Ok(page(&cx, image, &form, errors).await?.status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, id, base, &words).await {
        Ok(()) => Ok(updated(id, &words)),
        Err(Error::Conflict) => conflict(&cx, id, &form).await,
        Err(other) => Err(other),
    }
}

fn updated(id: Id<Image>, words: &Words) -> Render {
    let message = Message::new("flash-images-updated").arg("name", &words.name);
    Render::redirect(format!("/images/{id}")).flash(Flash::good(message))
}

#[handler]
async fn confirm(cx: Cx, PathId(id): PathId<Image>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let image = queries::find(&mut conn, id).await?;
    let view = TrashPage::load(&mut conn, cx.lang, image).await?;
    Ok(Render::page("images/trash.html", &view).fragment("images/_trash.html"))
}

#[handler]
async fn trash(cx: Cx, PathId(id): PathId<Image>, Form(form): Form<VersionForm>) -> Result<Render> {
    let image = actions::trash(&cx, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-images-trashed").arg("name", &image.name))
        .undo(format!("/images/{id}/restore"), image.version + 1);
    Ok(Render::redirect("/images").flash(flash))
}

#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Image>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let image = actions::restore(&cx, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-images-restored").arg("name", &image.name));
    Ok(Render::redirect(format!("/images/{id}")).flash(flash))
}

#[handler]
async fn encode(cx: Cx, PathId(id): PathId<Image>) -> Result<Render> {
    actions::encode_again(&cx, id).await?;
    let flash = Flash::info(Message::new("flash-images-again"));
    Ok(Render::redirect(format!("/images/{id}")).flash(flash))
}

// ---- what several of them do

async fn page(cx: &Cx, image: Image, form: &ImageForm, errors: Errors) -> Result<Render> {
    let mut conn = cx.read().await?;
    let may_write = cx.user()?.may(BlogWrite);
    let view = Show::load(&mut conn, cx.lang, image, form, errors, may_write).await?;
    Ok(Render::page("images/show.html", &view))
}

async fn conflict(cx: &Cx, id: Id<Image>, form: &ImageForm) -> Result<Render> {
    let mut conn = cx.read().await?;
    let theirs = queries::find(&mut conn, id).await?;
    let view = Show::load(
        &mut conn,
        cx.lang,
        theirs.clone(),
        form,
        Errors::default(),
        true,
    )
    .await?;
    let view = view.conflict(&mut conn, cx.lang, theirs).await?;
    Ok(Render::page("images/show.html", &view).status(Error::Conflict.status()))
}
