//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    actions,
    form::ContactForm,
    model::{Contact, Draft},
    queries,
    views::{Edit, Index, MOST},
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
            "/companies/{id}/contacts",
            [get(CompaniesRead, index), post(CompaniesWrite, create)],
        )
        .at(
            "/companies/{id}/contacts/{child}/edit",
            [get(CompaniesWrite, edit)],
        )
        .at(
            "/companies/{id}/contacts/{child}",
            [post(CompaniesWrite, update)],
        )
        .at(
            "/companies/{id}/contacts/{child}/trash",
            [post(CompaniesTrash, trash)],
        )
        .at(
            "/companies/{id}/contacts/{child}/restore",
            [post(CompaniesTrash, restore)],
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
    submitted: Submitted<ContactForm>,
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
    changed(&cx, company, "flash-contacts-created", &draft.name, id).await
}

#[handler]
async fn edit(cx: Cx, PathIds(company, id): PathIds<Company, Contact>) -> Result<Render> {
    let (head, contact) = load(&cx, company, id).await?;
    Ok(edit_page(&Edit::new(
        head,
        &contact,
        &ContactForm::of(&contact),
        Errors::default(),
    )))
}

#[handler]
async fn update(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Contact>,
    Form(form): Form<ContactForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let (head, contact) = load(&cx, company, id).await?;
            return Ok(edit_page(&Edit::new(head, &contact, &form, errors)).status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, company, id, base, &draft).await {
        Ok(()) => {
            let flash = Flash::good(Message::new("flash-contacts-updated").arg("name", draft.name));
            Ok(Render::redirect(format!("/companies/{company}/contacts")).flash(flash))
        }
        Err(Error::Conflict) => conflict(&cx, company, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn trash(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Contact>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let contact = actions::trash(&cx, company, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-contacts-trashed").arg("name", &contact.name))
        .undo(
            format!("/companies/{company}/contacts/{id}/restore"),
            contact.version + 1,
        );
    answer(&cx, company, flash, None).await
}

#[handler]
async fn restore(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Contact>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let name = actions::restore(&cx, company, id, form.version()?).await?;
    changed(&cx, company, "flash-contacts-restored", &name, Some(id)).await
}

// ---- what several of them do

fn fresh_form(cx: &Cx) -> ContactForm {
    ContactForm::blank(cx.app.clock.new_uuid())
}

async fn panel(
    cx: &Cx,
    company: Id<Company>,
    form: &ContactForm,
    errors: Option<Errors>,
    fresh: Option<Id<Contact>>,
) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let contacts = queries::list(&mut conn, company.id, MOST).await?;
    let head = Head::load(&mut conn, company, "contacts").await?;
    let view = Index::new(
        head,
        contacts,
        form,
        errors,
        fresh,
        cx.user()?.may(CompaniesWrite),
    );
    Ok(Render::page("contacts/index.html", &view).fragment("contacts/_list.html"))
}

async fn changed(
    cx: &Cx,
    company: Id<Company>,
    key: &'static str,
    name: &str,
    fresh: Option<Id<Contact>>,
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
    fresh: Option<Id<Contact>>,
) -> Result<Render> {
    let page = format!("/companies/{company}/contacts");
    changed_in_place(cx, page, flash, async || {
        panel(cx, company, &fresh_form(cx), None, fresh).await
    })
    .await
}

async fn load(cx: &Cx, company: Id<Company>, id: Id<Contact>) -> Result<(Head, Contact)> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let contact = queries::find(&mut conn, company.id, id).await?;
    Ok((Head::load(&mut conn, company, "contacts").await?, contact))
}

fn edit_page(view: &Edit) -> Render {
    Render::page("contacts/edit.html", view).fragment("contacts/_form.html")
}

async fn conflict(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Contact>,
    form: &ContactForm,
    draft: &Draft,
) -> Result<Render> {
    let (head, theirs) = load(cx, company, id).await?;
    let mut conn = cx.read().await?;
    let (by, at) = audit::last_change(&mut conn, "contacts", id.uuid()).await?;
    let view = Edit::new(head, &theirs, form, Errors::default()).conflict(&theirs, draft, by, at);
    Ok(edit_page(&view).status(Error::Conflict.status()))
}
