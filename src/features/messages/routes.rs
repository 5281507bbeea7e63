//! URL × verb × permission, then the handlers in that order.

use std::sync::Arc;

use poem::{Response, handler};

use super::{
    actions,
    form::{ListQuery, ReplyForm, StateForm, href},
    model::{ContactMessage, State},
    queries::{self, Filter, Start},
    views::{Confirm, Index, Show, csv_head, csv_line},
};
use crate::{
    error::{Error, Result},
    features::{
        companies::form::{VersionForm, version},
        mails,
    },
    platform::i18n::Message,
    types::Id,
    web::{
        access::Permission::MessagesManage,
        cx::Cx,
        download,
        extract::{Form, PathId, Query, Submitted, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/messages", [get(MessagesManage, index)])
        .at("/messages/export", [post(MessagesManage, export)])
        .at("/messages/{id}", [get(MessagesManage, show)])
        .at(
            "/messages/{id}/erase",
            [
                get(MessagesManage, confirm_erase),
                post(MessagesManage, erase),
            ],
        )
        .at("/messages/{id}/reply", [post(MessagesManage, reply)])
        .at("/messages/{id}/state", [post(MessagesManage, set_state)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let view = Index::load(&mut cx.read().await?, &query).await?;
    Ok(Render::page("messages/index.html", &view).fragment("messages/_list.html"))
}

/// A file of the rows that the list shows, whichever page the reader is on. POST, because taking it away is recorded.
#[handler]
async fn export(cx: Cx, Query(query): Query<ListQuery>) -> Result<Response> {
    let filter = Arc::new(query.filter()?);
    let head = csv_head(&cx)?;
    actions::record_export(&cx, &filter).await?;
    Ok(download::file(
        "attachment; filename=\"messages.csv\"",
        head,
        None,
        move |before| {
            let (cx, filter) = (cx.clone(), Arc::clone(&filter));
            async move { csv_chunk(&cx, &filter, before).await }
        },
    ))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<ContactMessage>) -> Result<Render> {
    let form = ReplyForm::blank(cx.app.clock.new_uuid());
    page(&cx, id, &form, Errors::default()).await
}

#[handler]
async fn confirm_erase(cx: Cx, PathId(id): PathId<ContactMessage>) -> Result<Render> {
    let message = queries::find(&mut cx.read().await?, id).await?;
    Ok(Render::page("messages/erase.html", &Confirm::from(message)))
}

#[handler]
async fn erase(
    cx: Cx,
    PathId(id): PathId<ContactMessage>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    actions::erase(&cx, id, form.version()?).await?;
    Ok(Render::redirect("/messages").flash(Flash::good(Message::new("flash-messages-erased"))))
}

#[handler]
async fn reply(
    cx: Cx,
    PathId(id): PathId<ContactMessage>,
    submitted: Submitted<ReplyForm>,
) -> Result<Render> {
    let form = &submitted.form;
    let base = version(&form.version)?;
    let text = match form.check() {
        Ok(text) => text,
        Err(errors) => return Ok(page(&cx, id, form, errors).await?.status(UNPROCESSABLE)),
    };
    match actions::reply(&cx, id, base, form, &text, &submitted.bytes).await {
        Ok(()) => {
            let said = if mails::is_on(&cx.app) {
                "flash-messages-replied"
            } else {
                "flash-messages-replied-off"
            };
            Ok(Render::redirect(href(id)).flash(Flash::good(Message::new(said))))
        }
        Err(Error::Conflict) => {
            let errors = Errors::one("body", Message::new("error-message-changed"));
            let page = page(&cx, id, form, errors).await?;
            Ok(page.status(Error::Conflict.status()))
        }
        Err(other) => Err(other),
    }
}

#[handler]
async fn set_state(
    cx: Cx,
    PathId(id): PathId<ContactMessage>,
    Form(form): Form<StateForm>,
) -> Result<Render> {
    queries::find(&mut cx.read().await?, id).await?;
    let state = form.state()?;
    actions::set_state(&cx, id, version(&form.version)?, state).await?;
    let said = match state {
        State::Spam => "flash-messages-spam",
        _ => "flash-messages-state",
    };
    Ok(Render::redirect("/messages").flash(Flash::good(Message::new(said))))
}

// ---- what several of them do

async fn page(cx: &Cx, id: Id<ContactMessage>, form: &ReplyForm, errors: Errors) -> Result<Render> {
    let view = Show::load(cx, id, form, errors).await?;
    Ok(Render::page("messages/show.html", &view))
}

/// Some rows as CSV lines, and where the next ones begin.
async fn csv_chunk(
    cx: &Cx,
    filter: &Filter,
    before: Option<Id<ContactMessage>>,
) -> Result<(Vec<u8>, Option<Option<Id<ContactMessage>>>)> {
    const ROWS: i64 = 200;
    let mut conn = cx.read().await?;
    let start = before.map_or(Start::Newest, Start::Before);
    let messages = queries::list(&mut conn, filter, start, ROWS).await?;
    drop(conn);
    let lines: Result<Vec<_>> = messages.iter().map(|one| csv_line(cx, one)).collect();
    let lines = download::rows(lines?).map_err(Error::internal)?;
    let is_full = i64::try_from(messages.len()).is_ok_and(|rows| rows == ROWS);
    let next = messages.last().filter(|_| is_full);
    Ok((lines, next.map(|last| Some(last.id))))
}
