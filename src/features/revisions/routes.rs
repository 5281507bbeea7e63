//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    form::{CompareQuery, ListQuery, RestoreForm, RestoreQuery},
    views::{Compare, Index, Restore},
};
use crate::{
    error::{Error, Result},
    features::{
        categories::actions::Saved,
        posts::{actions, model::Post, queries as posts},
    },
    platform::i18n::Message,
    types::Id,
    web::{
        access::Permission::{BlogRead, BlogWrite},
        cx::Cx,
        extract::{Form, PathId, Query, UNPROCESSABLE},
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/posts/{id}/revisions", [get(BlogRead, index)])
        .at("/posts/{id}/revisions/compare", [get(BlogRead, compare)])
        .at(
            "/posts/{id}/revisions/restore",
            [get(BlogWrite, confirm_restore), post(BlogWrite, restore)],
        )
}

#[handler]
async fn index(cx: Cx, PathId(id): PathId<Post>, Query(query): Query<ListQuery>) -> Result<Render> {
    let page = query.page()?;
    let mut conn = cx.read().await?;
    let post = posts::find(&mut conn, id).await?;
    let view = Index::load(&mut conn, &post, page).await?;
    Ok(Render::page("revisions/index.html", &view).fragment("revisions/_list.html"))
}

#[handler]
async fn compare(
    cx: Cx,
    PathId(id): PathId<Post>,
    Query(query): Query<CompareQuery>,
) -> Result<Render> {
    let (from, to) = (query.from()?, query.to()?);
    let mut conn = cx.read().await?;
    let post = posts::find(&mut conn, id).await?;
    let view = Compare::load(&mut conn, &post, from, to).await?;
    Ok(Render::page("revisions/compare.html", &view))
}

#[handler]
async fn confirm_restore(
    cx: Cx,
    PathId(id): PathId<Post>,
    Query(query): Query<RestoreQuery>,
) -> Result<Render> {
    let view = restore_view(&cx, id, query.number()?).await?;
    Ok(Render::page("revisions/restore.html", &view))
}

/// A change of its own: what came after the revision stays in the list.
#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Post>,
    Form(form): Form<RestoreForm>,
) -> Result<Render> {
    posts::find(&mut cx.read().await?, id).await?;
    let (number, version) = (form.number()?, form.version()?);
    match actions::restore_revision(&cx, id, version, number).await {
        Ok(Saved::Done(kept)) => {
            let message = Message::new("flash-revision-restored")
                .arg("number", number)
                .arg("kept", kept);
            let to = format!("/posts/{id}/revisions");
            Ok(Render::redirect(to).flash(Flash::good(message)))
        }
        Ok(Saved::Refused(errors)) => {
            let view = restore_view(&cx, id, Some(number)).await?.errors(errors);
            Ok(Render::page("revisions/restore.html", &view).status(UNPROCESSABLE))
        }
        Err(Error::Conflict) => {
            let view = restore_view(&cx, id, Some(number)).await?.moved_on();
            let page = Render::page("revisions/restore.html", &view);
            Ok(page.status(Error::Conflict.status()))
        }
        Err(other) => Err(other),
    }
}

// ---- what several of them do

async fn restore_view(cx: &Cx, id: Id<Post>, number: Option<i64>) -> Result<Restore> {
    let mut conn = cx.read().await?;
    let post = posts::find(&mut conn, id).await?;
    Restore::load(&mut conn, &post, number).await
}
