//! URL × verb × permission, then the handlers in that order.

use poem::{Response, handler};

use super::{
    actions::{self, Restored},
    form::{ListQuery, RestoreForm},
    model::Entry,
    queries,
    views::{Index, Show, csv_head, csv_rows},
};
use crate::{
    error::{Error, Result},
    platform::{audit, i18n::Message},
    web::{
        access::Permission::AuditManage,
        cx::Cx,
        download,
        extract::{Form, PathId, Query, UNPROCESSABLE},
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/audit", [get(AuditManage, index)])
        .at("/audit/export", [post(AuditManage, export)])
        .at("/audit/{id}", [get(AuditManage, show)])
        .at("/audit/{id}/restore", [post(AuditManage, restore)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let (filter, cursor) = (query.filter()?, query.cursor()?);
    let mut conn = cx.read().await?;
    let before = cursor.as_ref().map(|cursor| cursor.id);
    let found = queries::list(&mut conn, &filter, before, queries::PER_PAGE).await?;
    let rows = queries::entries(&mut conn, &found.ids).await?;
    let people = queries::people(&mut conn, filter.actor).await?;
    let company = match filter.company {
        Some(company) => queries::company_name(&mut conn, company).await?,
        None => None,
    };
    let head = audit::head(&mut conn).await?;
    let view = Index::new(&cx, &query, (rows, found.next), people, company, head)?;
    Ok(Render::page("audit/index.html", &view).fragment("audit/_list.html"))
}

/// A file of exactly the entries that the list shows, a line for each field. POST, because taking it away is recorded.
#[handler]
async fn export(cx: Cx, Query(query): Query<ListQuery>) -> Result<Response> {
    query.filter()?;
    let query = query.with(|_| ());
    let head = csv_head(&cx)?;
    actions::record_export(&cx, &query.href("")).await?;
    Ok(download::file(
        "attachment; filename=\"audit.csv\"",
        head,
        (query, None),
        move |(query, before)| {
            let cx = cx.clone();
            async move { csv_chunk(&cx, query, before).await }
        },
    ))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Entry>) -> Result<Render> {
    let entry = queries::find(&mut cx.read().await?, id).await?;
    Ok(page(&Show::new(&cx, &entry)))
}

#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Entry>,
    Form(form): Form<RestoreForm>,
) -> Result<Render> {
    let entry = queries::find(&mut cx.read().await?, id).await?;
    let done = actions::restore(&cx, &entry, &form.field, form.seen()?).await?;
    let view = Show::new(&cx, &entry);
    Ok(match done {
        Restored::Done => {
            let to = entry.href().unwrap_or_else(|| format!("/audit/{id}"));
            Render::redirect(to).flash(Flash::good(Message::new("flash-audit-restored")))
        }
        Restored::Differs { current, version } => {
            page(&view.differs(&form.field, current, version)).status(Error::Conflict.status())
        }
        Restored::Refused(errors) => page(&view.refused(&cx, &entry, errors)).status(UNPROCESSABLE),
        Restored::Lost(lost) => page(&view.lost(lost)).status(UNPROCESSABLE),
    })
}

// ---- what several of them do

fn page(view: &Show) -> Render {
    Render::page("audit/show.html", view)
}

/// Where the next part of the file begins.
type Next = (ListQuery, Option<uuid::Uuid>);

async fn csv_chunk(
    cx: &Cx,
    query: ListQuery,
    before: Option<uuid::Uuid>,
) -> Result<(Vec<u8>, Option<Next>)> {
    const ENTRIES: i64 = 500;
    let filter = query.filter()?;
    let mut conn = cx.read().await?;
    let found = queries::list(&mut conn, &filter, before, ENTRIES).await?;
    let entries = queries::entries(&mut conn, &found.ids).await?;
    drop(conn);
    let erased = cx
        .app
        .translations
        .message(cx.lang, &Message::new("audit-erased"))?;
    let lines = download::rows(csv_rows(&entries, &erased)).map_err(Error::internal)?;
    Ok((lines, found.next.map(|next| (query, Some(next)))))
}
