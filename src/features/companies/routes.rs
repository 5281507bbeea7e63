//! URL × verb × permission, then the handlers in that order.

use poem::{Response, handler};

use super::{
    actions,
    form::{CompanyForm, ListQuery, SimilarQuery, StatusForm, VersionForm, cursor, version},
    model::{Company, Draft, Status},
    queries,
    views::{
        ChangeView, CompanyView, Confirm, Edit, Head, History, Index, PageView, Show, SimilarList,
        StatusView, TrashList, csv_head, hidden_changes, status_options,
    },
};
use crate::{
    error::{Error, Result},
    features::{activities, contacts, notes, services},
    platform::{audit, i18n::Message},
    types::{
        Id, TaxId,
        page::{Cursor, Key},
    },
    web::{
        access::Permission::{CompaniesRead, CompaniesTrash, CompaniesWrite},
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
        .at(
            "/companies",
            [get(CompaniesRead, index), post(CompaniesWrite, create)],
        )
        .at("/companies/new", [get(CompaniesWrite, new)])
        .at("/companies/similar", [get(CompaniesWrite, similar)])
        .at("/companies/export", [post(CompaniesRead, export)])
        .at(
            "/companies/{id}",
            [get(CompaniesRead, show), post(CompaniesWrite, update)],
        )
        .at("/companies/{id}/edit", [get(CompaniesWrite, edit)])
        .at("/companies/{id}/status", [post(CompaniesWrite, set_status)])
        .at("/companies/{id}/history", [get(CompaniesRead, history)])
        .at(
            "/companies/{id}/trash",
            [
                get(CompaniesTrash, confirm_trash),
                post(CompaniesTrash, trash),
            ],
        )
        .at("/companies/{id}/restore", [post(CompaniesTrash, restore)])
        .at("/trash", [get(CompaniesTrash, trashed)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let query = query.canonical()?;
    let (filter, sort) = (query.filter()?, query.sort()?);
    let from = query.cursor(sort)?;
    let mut conn = cx.read().await?;
    let listing = queries::list(
        &mut conn,
        cx.scope()?,
        &filter,
        sort,
        from.as_ref(),
        queries::PER_PAGE,
    )
    .await?;
    Ok(
        Render::page("companies/index.html", &Index::new(&query, listing))
            .fragment("companies/_list.html"),
    )
}

#[handler]
async fn create(cx: Cx, submitted: Submitted<CompanyForm>) -> Result<Render> {
    let form = &submitted.form;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            return Ok(form_page(&Edit::new(form, None).errors(errors)).status(UNPROCESSABLE));
        }
    };
    if let Some(earlier) = actions::earlier(&cx, form, &submitted.bytes).await? {
        return Ok(Render::redirect(earlier));
    }
    if let Some(warning) = warning(&cx, form, &draft, None).await? {
        return Ok(warning);
    }
    let location = actions::create(&cx, form, &draft, &submitted.bytes).await?;
    Ok(Render::redirect(location).flash(Flash::good(
        Message::new("flash-companies-created").arg("name", draft.name),
    )))
}

#[handler]
fn new(cx: Cx) -> Render {
    let form = CompanyForm::blank(cx.app.clock.new_uuid());
    form_page(&Edit::new(&form, None))
}

#[handler]
async fn similar(cx: Cx, Query(query): Query<SimilarQuery>) -> Result<Render> {
    let tax_id = TaxId::parse(&query.tax_id).ok();
    let mut conn = cx.read().await?;
    let tax_id = tax_id.as_ref().map(TaxId::as_str);
    let found = queries::similar(
        &mut conn,
        cx.scope()?,
        &query.name,
        tax_id,
        query.exclude.parse().ok(),
    )
    .await?;
    let list = SimilarList {
        similar: found.into_iter().map(Into::into).collect(),
    };
    Ok(Render::page("companies/similar.html", &list).fragment("companies/_similar.html"))
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
        "attachment; filename=\"companies.csv\"",
        head,
        query,
        move |query| {
            let cx = cx.clone();
            async move { csv_chunk(&cx, query).await }
        },
    ))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Company>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = queries::find(&mut conn, cx.scope()?, id).await?;
    let view = Show {
        contacts: contacts::views::first_of(&mut conn, id, 3).await?,
        pinned: notes::views::pinned_of(&mut conn, id).await?,
        coming: activities::views::coming_of(&cx, &mut conn, id).await?,
        changes: audit::latest(&mut conn, Some(id.uuid()), None, hidden_changes(&cx), 5)
            .await?
            .into_iter()
            .map(ChangeView::from)
            .collect(),
        head: Head::load(&mut conn, company, "overview").await?,
    };
    Ok(Render::page("companies/show.html", &view))
}

#[handler]
async fn update(
    cx: Cx,
    PathId(id): PathId<Company>,
    Form(form): Form<CompanyForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let mut conn = cx.read().await?;
    let company = queries::find(&mut conn, cx.scope()?, id).await?;
    drop(conn);
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            return Ok(
                form_page(&Edit::new(&form, Some(&company)).errors(errors)).status(UNPROCESSABLE)
            );
        }
    };
    if let Some(warning) = warning(&cx, &form, &draft, Some(&company)).await? {
        return Ok(warning);
    }
    match actions::update(&cx, id, base, &draft).await {
        Ok(()) => {
            let flash =
                Flash::good(Message::new("flash-companies-updated").arg("name", draft.name));
            Ok(Render::redirect(format!("/companies/{id}")).flash(flash))
        }
        Err(Error::Conflict) => conflict(&cx, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn edit(cx: Cx, PathId(id): PathId<Company>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = queries::find(&mut conn, cx.scope()?, id).await?;
    Ok(form_page(&Edit::new(
        &CompanyForm::of(&company),
        Some(&company),
    )))
}

#[handler]
async fn set_status(
    cx: Cx,
    PathId(id): PathId<Company>,
    Form(form): Form<StatusForm>,
) -> Result<Render> {
    let status = Status::parse(&form.status).map_err(|_| Error::Unprocessable)?;
    actions::set_status(&cx, id, version(&form.version)?, status).await?;
    let mut conn = cx.read().await?;
    let company = queries::find(&mut conn, cx.scope()?, id).await?;
    let flash = Flash::good(Message::new("flash-companies-status").arg("name", &company.name));
    if !cx.hx.fragment {
        return Ok(Render::redirect(format!("/companies/{id}")).flash(flash));
    }
    let view = StatusView {
        status_options: status_options(company.status.as_str()),
        company: company.into(),
    };
    Ok(Render::page("companies/_status.html", &view)
        .fragment("companies/_status.html")
        .flash(flash))
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct After {
    after: String,
}

#[handler]
async fn history(
    cx: Cx,
    PathId(id): PathId<Company>,
    Query(query): Query<After>,
) -> Result<Render> {
    const PER_PAGE: usize = 30;
    let before = cursor(&query.after, true)?;
    let mut conn = cx.read().await?;
    let company = queries::find(&mut conn, cx.scope()?, id).await?;
    let limit = i64::try_from(PER_PAGE + 1).map_err(Error::internal)?;
    let mut entries = audit::latest(
        &mut conn,
        Some(id.uuid()),
        before.as_ref().map(|cursor| cursor.id),
        hidden_changes(&cx),
        limit,
    )
    .await?;
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let position = before.map_or(0, |cursor| cursor.position);
    let mut page = PageView::whole(entries.len());
    page.from += position;
    page.to += position;
    page.total = page.to;
    page.capped = more;
    page.next = entries.last().filter(|_| more).map(|last| {
        let cursor = Cursor {
            key: Key::Time(last.at),
            id: last.id,
            position: page.to,
            backwards: false,
        };
        format!("/companies/{id}/history?after={}", cursor.encode())
    });
    page.prev = (position > 0).then(|| format!("/companies/{id}/history"));
    let changes = entries.into_iter().map(ChangeView::from).collect();
    Ok(Render::page(
        "companies/history.html",
        &History {
            head: Head::load(&mut conn, company, "history").await?,
            changes,
            page,
        },
    ))
}

#[handler]
async fn confirm_trash(cx: Cx, PathId(id): PathId<Company>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company: CompanyView = queries::find(&mut conn, cx.scope()?, id).await?.into();
    Ok(
        Render::page("companies/trash.html", &Confirm { company })
            .fragment("companies/_trash.html"),
    )
}

#[handler]
async fn trash(
    cx: Cx,
    PathId(id): PathId<Company>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let company = actions::trash(&cx, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-companies-trashed").arg("name", company.name))
        .undo(format!("/companies/{id}/restore"), company.version + 1);
    Ok(Render::redirect("/companies").flash(flash))
}

#[handler]
async fn restore(
    cx: Cx,
    PathId(id): PathId<Company>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let company = actions::restore(&cx, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-companies-restored").arg("name", company.name));
    Ok(Render::redirect(format!("/companies/{id}")).flash(flash))
}

#[handler]
async fn trashed(cx: Cx, Query(query): Query<After>) -> Result<Render> {
    let from = cursor(&query.after, true)?;
    let position = from.as_ref().map_or(0, |cursor| cursor.position);
    let mut conn = cx.read().await?;
    let mut rows =
        queries::trashed(&mut conn, cx.scope()?, from.as_ref(), queries::PER_PAGE + 1).await?;
    let per_page = usize::try_from(queries::PER_PAGE).map_err(Error::internal)?;
    let more = rows.len() > per_page;
    rows.truncate(per_page);
    let next = rows.last().filter(|_| more).map(|last| {
        let position = position + u32::try_from(rows.len()).unwrap_or(0);
        let cursor = Cursor {
            key: Key::Time(last.deleted_at),
            id: last.id.uuid(),
            position,
            backwards: false,
        };
        format!("/trash?after={}", cursor.encode())
    });
    let by = audit::actors_of(
        &mut conn,
        "companies.trash",
        rows.iter().map(|row| row.id.uuid()),
    )
    .await?;
    let total = queries::trashed_count(&mut conn, cx.scope()?).await?;
    let rows = rows
        .into_iter()
        .map(|row| {
            let by = by.get(&row.id.uuid()).cloned();
            (row, by)
        })
        .collect();
    let prev = (position > 0).then(|| "/trash".to_owned());
    let services = services::views::TrashList::load(&cx, &mut conn).await?;
    Ok(Render::page(
        "companies/trashed.html",
        &TrashList::new(rows, total, position, (next, prev), services),
    ))
}

// ---- what several of them do

fn form_page(view: &Edit) -> Render {
    let page = if view.is_new() {
        "companies/new.html"
    } else {
        "companies/edit.html"
    };
    Render::page(page, view).fragment("companies/_form.html")
}

/// The form again with the companies that this one may be, unless they were seen and set aside.
async fn warning(
    cx: &Cx,
    form: &CompanyForm,
    draft: &Draft,
    company: Option<&Company>,
) -> Result<Option<Render>> {
    let unchanged =
        company.is_some_and(|company| company.name == draft.name && company.tax_id == draft.tax_id);
    if form.is_confirmed() || unchanged {
        return Ok(None);
    }
    let mut conn = cx.read().await?;
    let id = company.map(|company| company.id);
    let found = queries::similar(
        &mut conn,
        cx.scope()?,
        &draft.name,
        draft.tax_id.as_deref(),
        id,
    )
    .await?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut view = Edit::new(form, company);
    view.similar = found.into_iter().map(Into::into).collect();
    view.must_confirm = true;
    Ok(Some(form_page(&view).status(UNPROCESSABLE)))
}

/// The form as typed, beside what someone else has saved meanwhile.
async fn conflict(cx: &Cx, id: Id<Company>, form: &CompanyForm, draft: &Draft) -> Result<Render> {
    let mut conn = cx.read().await?;
    let theirs = queries::find(&mut conn, cx.scope()?, id).await?;
    let latest = audit::latest(&mut conn, Some(id.uuid()), None, &[], 1)
        .await?
        .pop();
    let view = Edit::new(form, Some(&theirs)).conflict(&theirs, draft, latest);
    Ok(form_page(&view).status(Error::Conflict.status()))
}

/// Rows of one page as CSV lines, and where the next page begins.
async fn csv_chunk(cx: &Cx, query: ListQuery) -> Result<(Vec<u8>, Option<ListQuery>)> {
    const ROWS: i64 = 500;
    let (filter, sort) = (query.filter()?, query.sort()?);
    let from = query.cursor(sort)?;
    let mut conn = cx.read().await?;
    let (rows, next) =
        queries::export(&mut conn, cx.scope()?, &filter, sort, from.as_ref(), ROWS).await?;
    drop(conn);
    let lines = download::rows(rows.iter().map(|company| {
        let mut line: Vec<String> = company
            .fields()
            .into_iter()
            .map(|(_, value)| value.unwrap_or_default().to_owned())
            .collect();
        line.push(company.created_at.to_rfc3339());
        line
    }))
    .map_err(Error::internal)?;
    Ok((
        lines,
        next.map(|cursor| query.with(|query| query.after = cursor.encode())),
    ))
}
