//! URL × verb × permission, then the handlers in that order.

use poem::{Response, handler};

use super::{
    actions,
    form::{ListQuery, Saved, ServiceForm},
    model::{Draft, Service},
    queries,
    views::{Confirm, Edit, Index, OfCompany, Show, csv_head, csv_line},
};
use crate::{
    error::{Error, Result},
    features::companies::{
        self,
        form::{VersionForm, version},
        model::Company,
    },
    platform::{audit, i18n::Message},
    types::Id,
    web::{
        access::Permission::{ServicesRead, ServicesTrash, ServicesWrite},
        cx::Cx,
        download,
        extract::{Form, PathId, Query, Submitted, UNPROCESSABLE},
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/services", [get(ServicesRead, index)])
        .at("/services/export", [post(ServicesRead, export)])
        .at(
            "/companies/{id}/services",
            [get(ServicesRead, of_company), post(ServicesWrite, create)],
        )
        .at("/companies/{id}/services/new", [get(ServicesWrite, new)])
        .at(
            "/services/{id}",
            [get(ServicesRead, show), post(ServicesWrite, update)],
        )
        .at("/services/{id}/edit", [get(ServicesWrite, edit)])
        .at("/services/{id}/cancel", [post(ServicesWrite, cancel)])
        .at("/services/{id}/resume", [post(ServicesWrite, resume)])
        .at(
            "/services/{id}/trash",
            [
                get(ServicesTrash, confirm_trash),
                post(ServicesTrash, trash),
            ],
        )
        .at("/services/{id}/restore", [post(ServicesTrash, restore)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let query = query.canonical()?;
    let (filter, sort) = (query.filter()?, query.sort()?);
    let from = query.cursor(sort)?;
    let mut conn = cx.read().await?;
    let scope = cx.scope()?;
    let limit = queries::PER_PAGE;
    let listing = queries::list(&mut conn, scope, &filter, sort, from.as_ref(), limit).await?;
    let view = Index::new(&query, listing, cx.app.clock.today());
    Ok(Render::page("services/index.html", &view).fragment("services/_list.html"))
}

/// A file of exactly the rows that the list shows, in its order. POST, because taking it away is recorded.
#[handler]
async fn export(cx: Cx, Query(query): Query<ListQuery>) -> Result<Response> {
    query.sort()?;
    // All of it, whichever page the reader is on.
    let query = query.canonical()?.with(|_| ());
    let head = csv_head(&cx)?;
    let noted = query.with(|query| query.q = audit::masked(&query.q));
    actions::record_export(&cx, &noted.href("")).await?;
    Ok(download::file(
        "attachment; filename=\"services.csv\"",
        head,
        query,
        move |query| {
            let cx = cx.clone();
            async move { csv_chunk(&cx, query).await }
        },
    ))
}

#[handler]
async fn of_company(cx: Cx, PathId(id): PathId<Company>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, id).await?;
    let view = OfCompany::load(&cx, &mut conn, company).await?;
    Ok(Render::page("services/company.html", &view).fragment("services/_company.html"))
}

#[handler]
async fn create(
    cx: Cx,
    PathId(id): PathId<Company>,
    submitted: Submitted<ServiceForm>,
) -> Result<Render> {
    let form = &submitted.form;
    let company = company(&cx, id).await?;
    let draft = match form.check(cx.lang, cx.app.clock.today(), None) {
        Ok(draft) => draft,
        Err(errors) => {
            let view = Edit::create(form, &company).errors(errors);
            return Ok(form_page(&view).status(UNPROCESSABLE));
        }
    };
    let location = actions::create(&cx, id, form, &draft, &submitted.bytes).await?;
    Ok(Render::redirect(location).flash(flash("flash-services-created", &draft.name)))
}

#[handler]
async fn new(cx: Cx, PathId(id): PathId<Company>) -> Result<Render> {
    let form = ServiceForm::blank(cx.app.clock.new_uuid(), cx.app.clock.today());
    Ok(form_page(&Edit::create(&form, &company(&cx, id).await?)))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Service>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let view = Show::load(&cx, &mut conn, id).await?;
    Ok(Render::page("services/show.html", &view))
}

#[handler]
async fn update(
    cx: Cx,
    PathId(id): PathId<Service>,
    Form(form): Form<ServiceForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let mut conn = cx.read().await?;
    let service = queries::find(&mut conn, cx.scope()?, id).await?;
    let saved = Saved {
        service: &service,
        // A renewal that is made from here on moves the version on.
        renewed_until: queries::renewed_until(&mut conn, id).await?,
    };
    drop(conn);
    let draft = match form.check(cx.lang, cx.app.clock.today(), Some(saved)) {
        Ok(draft) => draft,
        Err(errors) => {
            let view = Edit::change(&form, &service).errors(errors);
            return Ok(form_page(&view).status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, id, base, &draft).await {
        Ok(()) => Ok(back(id, flash("flash-services-updated", &draft.name))),
        Err(Error::Conflict) => conflict(&cx, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn edit(cx: Cx, PathId(id): PathId<Service>) -> Result<Render> {
    let service = service(&cx, id).await?;
    let form = ServiceForm::of(&service, cx.lang);
    Ok(form_page(&Edit::change(&form, &service)))
}

#[handler]
async fn cancel(
    cx: Cx,
    PathId(id): PathId<Service>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let service = actions::cancel(&cx, id, form.version()?).await?;
    let flash = flash("flash-services-cancelled", &service.name)
        .undo(format!("/services/{id}/resume"), service.version + 1);
    Ok(back(id, flash))
}

#[handler]
async fn resume(
    cx: Cx,
    PathId(id): PathId<Service>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let service = actions::resume(&cx, id, form.version()?).await?;
    Ok(back(id, flash("flash-services-resumed", &service.name)))
}

#[handler]
async fn confirm_trash(cx: Cx, PathId(id): PathId<Service>) -> Result<Render> {
    let service = service(&cx, id).await?.into();
    Ok(Render::page("services/trash.html", &Confirm { service }).fragment("services/_trash.html"))
}

#[handler]
async fn trash(
    cx: Cx,
    PathId(id): PathId<Service>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let service = actions::trash(&cx, id, form.version()?).await?;
    let flash = flash("flash-services-trashed", &service.name)
        .undo(format!("/services/{id}/restore"), service.version + 1);
    Ok(Render::redirect("/services").flash(flash))
}

#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Service>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let service = actions::restore(&cx, id, form.version()?).await?;
    Ok(back(id, flash("flash-services-restored", &service.name)))
}

// ---- what several of them do

fn flash(key: &'static str, name: &str) -> Flash {
    Flash::good(Message::new(key).arg("name", name))
}

fn back(id: Id<Service>, flash: Flash) -> Render {
    Render::redirect(format!("/services/{id}")).flash(flash)
}

async fn company(cx: &Cx, id: Id<Company>) -> Result<Company> {
    let mut conn = cx.read().await?;
    companies::queries::find(&mut conn, cx.scope()?, id).await
}

async fn service(cx: &Cx, id: Id<Service>) -> Result<Service> {
    let mut conn = cx.read().await?;
    queries::find(&mut conn, cx.scope()?, id).await
}

fn form_page(view: &Edit) -> Render {
    let page = if view.is_new() {
        "services/new.html"
    } else {
        "services/edit.html"
    };
    Render::page(page, view).fragment("services/_form.html")
}

/// The form as typed, beside what someone else has saved meanwhile.
async fn conflict(cx: &Cx, id: Id<Service>, form: &ServiceForm, draft: &Draft) -> Result<Render> {
    let theirs = service(cx, id).await?;
    let mut conn = cx.read().await?;
    let last = audit::last_change(&mut conn, "services", id.uuid()).await?;
    let view = Edit::change(form, &theirs).conflict(&theirs, draft, last);
    Ok(form_page(&view).status(Error::Conflict.status()))
}

/// Rows of one page as CSV lines, and where the next page begins.
async fn csv_chunk(cx: &Cx, query: ListQuery) -> Result<(Vec<u8>, Option<ListQuery>)> {
    const ROWS: i64 = 500;
    let (filter, sort) = (query.filter()?, query.sort()?);
    let from = query.cursor(sort)?;
    let mut conn = cx.read().await?;
    let scope = cx.scope()?;
    let (rows, next) =
        queries::export(&mut conn, scope, &filter, sort, from.as_ref(), ROWS).await?;
    drop(conn);
    let lines = download::rows(rows.iter().map(csv_line)).map_err(Error::internal)?;
    let next = next.map(|cursor| query.with(|query| query.after = cursor.encode()));
    Ok((lines, next))
}
