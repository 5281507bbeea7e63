//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    actions,
    form::{NoteForm, PinForm},
    model::{Draft, Note},
    queries,
    views::{Edit, Index, MOST, beginning},
};
use crate::{
    error::{Error, Result},
    features::companies::{
        self,
        form::{VersionForm, version},
        model::Company,
        views::{Head, changed_in_place},
    },
    platform::{audit, i18n::Message},
    types::Id,
    web::{
        access::Permission::{CompaniesRead, CompaniesTrash, CompaniesWrite},
        cx::Cx,
        extract::{Form, PathId, PathIds, Submitted, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/companies/{id}/notes",
            [get(CompaniesRead, index), post(CompaniesWrite, create)],
        )
        .at(
            "/companies/{id}/notes/{child}/edit",
            [get(CompaniesWrite, edit)],
        )
        .at(
            "/companies/{id}/notes/{child}",
            [post(CompaniesWrite, update)],
        )
        .at(
            "/companies/{id}/notes/{child}/trash",
            [post(CompaniesTrash, trash)],
        )
        .at(
            "/companies/{id}/notes/{child}/restore",
            [post(CompaniesTrash, restore)],
        )
        .at(
            "/companies/{id}/notes/{child}/pin",
            [post(CompaniesWrite, pin)],
        )
}

#[handler]
async fn index(cx: Cx, PathId(company): PathId<Company>) -> Result<Render> {
    panel(&cx, company, &fresh_form(&cx), None, None).await
}

#[handler]
async fn create(
    cx: Cx,
    PathId(company): PathId<Company>,
    submitted: Submitted<NoteForm>,
) -> Result<Render> {
    let form = &submitted.form;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            return Ok(panel(&cx, company, form, Some(errors), None)
                .await?
                .status(UNPROCESSABLE));
        }
    };
    let id = actions::create(&cx, company, form, &draft, &submitted.bytes).await?;
    changed(
        &cx,
        company,
        "flash-notes-created",
        &beginning(&draft.body),
        id,
    )
    .await
}

#[handler]
async fn edit(cx: Cx, PathIds(company, id): PathIds<Company, Note>) -> Result<Render> {
    let (head, note) = load(&cx, company, id).await?;
    Ok(edit_page(&Edit::new(
        head,
        &note,
        &NoteForm::of(&note),
        Errors::default(),
    )))
}

#[handler]
async fn update(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Note>,
    Form(form): Form<NoteForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let (head, note) = load(&cx, company, id).await?;
            return Ok(edit_page(&Edit::new(head, &note, &form, errors)).status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, company, id, base, &draft).await {
        Ok(()) => {
            let flash = Flash::good(
                Message::new("flash-notes-updated").arg("name", beginning(&draft.body)),
            );
            Ok(Render::redirect(format!("/companies/{company}/notes")).flash(flash))
        }
        Err(Error::Conflict) => conflict(&cx, company, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn trash(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Note>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let note = actions::trash(&cx, company, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-notes-trashed").arg("name", beginning(&note.body)))
        .undo(
            format!("/companies/{company}/notes/{id}/restore"),
            note.version + 1,
        );
    answer(&cx, company, flash, None).await
}

#[handler]
async fn restore(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Note>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let name = actions::restore(&cx, company, id, form.version()?).await?;
    changed(
        &cx,
        company,
        "flash-notes-restored",
        &beginning(&name),
        Some(id),
    )
    .await
}

#[handler]
async fn pin(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Note>,
    Form(form): Form<PinForm>,
) -> Result<Render> {
    let note =
        actions::set_pinned(&cx, company, id, version(&form.version)?, form.is_pinned()).await?;
    changed(
        &cx,
        company,
        "flash-notes-pinned",
        &beginning(&note.body),
        Some(id),
    )
    .await
}

// ---- what several of them do

fn fresh_form(cx: &Cx) -> NoteForm {
    NoteForm::blank(cx.app.clock.new_uuid())
}

async fn panel(
    cx: &Cx,
    company: Id<Company>,
    form: &NoteForm,
    errors: Option<Errors>,
    fresh: Option<Id<Note>>,
) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let notes = queries::list(&mut conn, company.id, MOST).await?;
    let head = Head::load(&mut conn, company, "notes").await?;
    let view = Index::new(
        head,
        notes,
        form,
        errors,
        fresh,
        cx.user()?.may(CompaniesWrite),
    );
    Ok(Render::page("notes/index.html", &view).fragment("notes/_list.html"))
}

async fn changed(
    cx: &Cx,
    company: Id<Company>,
    key: &'static str,
    name: &str,
    fresh: Option<Id<Note>>,
) -> Result<Render> {
    answer(
        cx,
        company,
        Flash::good(Message::new(key).arg("name", name)),
        fresh,
    )
    .await
}

async fn answer(
    cx: &Cx,
    company: Id<Company>,
    flash: Flash,
    fresh: Option<Id<Note>>,
) -> Result<Render> {
    let page = format!("/companies/{company}/notes");
    changed_in_place(cx, page, flash, async || {
        panel(cx, company, &fresh_form(cx), None, fresh).await
    })
    .await
}

async fn load(cx: &Cx, company: Id<Company>, id: Id<Note>) -> Result<(Head, Note)> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let note = queries::find(&mut conn, company.id, id).await?;
    Ok((Head::load(&mut conn, company, "notes").await?, note))
}

fn edit_page(view: &Edit) -> Render {
    Render::page("notes/edit.html", view).fragment("notes/_form.html")
}

async fn conflict(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Note>,
    form: &NoteForm,
    draft: &Draft,
) -> Result<Render> {
    let (head, theirs) = load(cx, company, id).await?;
    let mut conn = cx.read().await?;
    let (by, at) = audit::last_change(&mut conn, "notes", id.uuid()).await?;
    let view = Edit::new(head, &theirs, form, Errors::default()).conflict(&theirs, draft, by, at);
    Ok(edit_page(&view).status(Error::Conflict.status()))
}
