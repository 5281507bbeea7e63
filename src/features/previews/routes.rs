//! URL × verb × access, then the handlers in that order.

use poem::{handler, http::StatusCode, web::Path};

use super::{
    actions, queries,
    views::{Gone, Links, Show},
};
use crate::{
    error::{Error, Result},
    features::posts::{self, model::Post},
    platform::i18n::Message,
    types::Id,
    web::{
        access::Permission::BlogWrite,
        cx::Cx,
        extract::PathId,
        render::{Flash, Render},
        router::{Table, get, post, public},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/posts/{id}/preview-link",
            [get(BlogWrite, links), post(BlogWrite, make)],
        )
        .at("/posts/{id}/preview-link/void", [post(BlogWrite, void)])
        .at("/preview/:token", [public(show)])
        .at("/tr/preview/:token", [public(show)])
}

#[handler]
async fn links(cx: Cx, PathId(id): PathId<Post>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let post = posts::queries::find(&mut conn, id).await?;
    let preview = queries::find(&mut conn, id).await?;
    let view = Links::new(&cx.app, &post, preview.as_ref());
    Ok(Render::page("previews/links.html", &view))
}

#[handler]
async fn make(cx: Cx, PathId(id): PathId<Post>) -> Result<Render> {
    actions::make(&cx, id).await?;
    Ok(back(id, "flash-preview-made"))
}

#[handler]
async fn void(cx: Cx, PathId(id): PathId<Post>) -> Result<Render> {
    actions::void(&cx, id).await?;
    Ok(back(id, "flash-preview-void"))
}

/// No session is looked up, and no cache keeps the answer.
#[handler]
async fn show(cx: Cx, Path(token): Path<String>) -> Result<Render> {
    let mut conn = cx.read().await?;
    match actions::shown(&cx.app, &mut conn, &token).await {
        Ok((post, until)) => {
            let view = Show::load(&cx, &mut conn, post, until).await?;
            Ok(Render::page("previews/show.html", &view))
        }
        Err(Error::NotFound) => {
            Ok(Render::page("previews/gone.html", &Gone {}).status(StatusCode::NOT_FOUND))
        }
        Err(other) => Err(other),
    }
}

// ---- what several of them do

fn back(id: Id<Post>, key: &'static str) -> Render {
    Render::redirect(format!("/posts/{id}/preview-link")).flash(Flash::good(Message::new(key)))
}
