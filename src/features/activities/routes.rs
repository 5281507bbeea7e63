//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    actions,
    form::{ActivityForm, DoneForm, ListQuery},
    model::{Activity, Draft},
    queries,
    views::{Agenda, Edit, Index, MOST},
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
        access::Permission::{ActivitiesRead, ActivitiesWrite, CompaniesRead},
        cx::Cx,
        extract::{Form, PathId, PathIds, Query, Submitted, UNPROCESSABLE},
        form::Errors,
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at(
            "/companies/{id}/activities",
            [get(CompaniesRead, index), post(ActivitiesWrite, create)],
        )
        .at(
            "/companies/{id}/activities/{child}/edit",
            [get(ActivitiesWrite, edit)],
        )
        .at(
            "/companies/{id}/activities/{child}",
            [post(ActivitiesWrite, update)],
        )
        .at(
            "/companies/{id}/activities/{child}/trash",
            [post(ActivitiesWrite, trash)],
        )
        .at(
            "/companies/{id}/activities/{child}/restore",
            [post(ActivitiesWrite, restore)],
        )
        .at(
            "/companies/{id}/activities/{child}/done",
            [post(ActivitiesWrite, done)],
        )
        .at("/activities", [get(ActivitiesRead, agenda)])
}

#[handler]
async fn index(cx: Cx, PathId(company): PathId<Company>) -> Result<Render> {
    panel(&cx, company, &fresh_form(&cx), None, None).await
}

#[handler]
async fn create(
    cx: Cx,
    PathId(company): PathId<Company>,
    submitted: Submitted<ActivityForm>,
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
    changed(&cx, company, "flash-activities-created", &draft.title, id).await
}

#[handler]
async fn edit(cx: Cx, PathIds(company, id): PathIds<Company, Activity>) -> Result<Render> {
    let (head, activity) = load(&cx, company, id).await?;
    if !activity.may_be_changed_by(cx.user()?) {
        return Err(Error::Forbidden);
    }
    Ok(edit_page(&Edit::new(
        head,
        &activity,
        &ActivityForm::of(&activity),
        Errors::default(),
    )))
}

#[handler]
async fn update(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Activity>,
    Form(form): Form<ActivityForm>,
) -> Result<Render> {
    let base = version(&form.version)?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            let (head, activity) = load(&cx, company, id).await?;
            return Ok(edit_page(&Edit::new(head, &activity, &form, errors)).status(UNPROCESSABLE));
        }
    };
    match actions::update(&cx, company, id, base, &draft).await {
        Ok(()) => {
            let flash =
                Flash::good(Message::new("flash-activities-updated").arg("name", draft.title));
            Ok(Render::redirect(format!("/companies/{company}/activities")).flash(flash))
        }
        Err(Error::Conflict) => conflict(&cx, company, id, &form, &draft).await,
        Err(other) => Err(other),
    }
}

#[handler]
async fn trash(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Activity>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let activity = actions::trash(&cx, company, id, form.version()?).await?;
    let flash = Flash::good(Message::new("flash-activities-trashed").arg("name", &activity.title))
        .undo(
            format!("/companies/{company}/activities/{id}/restore"),
            activity.version + 1,
        );
    answer(&cx, company, flash, None).await
}

#[handler]
async fn restore(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Activity>,
    Form(form): Form<VersionForm>,
) -> Result<Render> {
    let name = actions::restore(&cx, company, id, form.version()?).await?;
    changed(&cx, company, "flash-activities-restored", &name, Some(id)).await
}

#[handler]
async fn done(
    cx: Cx,
    PathIds(company, id): PathIds<Company, Activity>,
    Form(form): Form<DoneForm>,
) -> Result<Render> {
    let activity =
        actions::set_done(&cx, company, id, version(&form.version)?, form.is_done()).await?;
    let key = if form.is_done() {
        "flash-activities-done"
    } else {
        "flash-activities-reopened"
    };
    match form.next() {
        Some(next) => Ok(Render::redirect(next)
            .flash(Flash::good(Message::new(key).arg("name", activity.title)))),
        None => changed(&cx, company, key, &activity.title, Some(id)).await,
    }
}

/// The office-wide list.
#[handler]
async fn agenda(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let mut conn = cx.read().await?;
    let agenda = Agenda::load(&cx, &mut conn, &query).await?;
    Ok(Render::page("activities/index.html", &agenda).fragment("activities/_index.html"))
}

// ---- what several of them do

fn fresh_form(cx: &Cx) -> ActivityForm {
    ActivityForm::blank(cx.app.clock.new_uuid())
}

async fn panel(
    cx: &Cx,
    company: Id<Company>,
    form: &ActivityForm,
    errors: Option<Errors>,
    fresh: Option<Id<Activity>>,
) -> Result<Render> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let rows = queries::list_of(&mut conn, company.id, MOST).await?;
    let head = Head::load(&mut conn, company, "activities").await?;
    let view = Index::new(
        cx,
        head,
        rows,
        form,
        errors,
        fresh,
        cx.user()?.may(ActivitiesWrite),
    );
    Ok(Render::page("activities/company.html", &view).fragment("activities/_list.html"))
}

async fn changed(
    cx: &Cx,
    company: Id<Company>,
    key: &'static str,
    name: &str,
    fresh: Option<Id<Activity>>,
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
    fresh: Option<Id<Activity>>,
) -> Result<Render> {
    let page = format!("/companies/{company}/activities");
    changed_in_place(cx, page, flash, async || {
        panel(cx, company, &fresh_form(cx), None, fresh).await
    })
    .await
}

async fn load(cx: &Cx, company: Id<Company>, id: Id<Activity>) -> Result<(Head, Activity)> {
    let mut conn = cx.read().await?;
    let company = companies::queries::find(&mut conn, cx.scope()?, company).await?;
    let activity = queries::find(&mut conn, company.id, id).await?;
    Ok((
        Head::load(&mut conn, company, "activities").await?,
        activity,
    ))
}

fn edit_page(view: &Edit) -> Render {
    Render::page("activities/edit.html", view).fragment("activities/_form.html")
}

async fn conflict(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Activity>,
    form: &ActivityForm,
    draft: &Draft,
) -> Result<Render> {
    let (head, theirs) = load(cx, company, id).await?;
    let mut conn = cx.read().await?;
    let (by, at) = audit::last_change(&mut conn, "activities", id.uuid()).await?;
    let view = Edit::new(head, &theirs, form, Errors::default()).conflict(&theirs, draft, by, at);
    Ok(edit_page(&view).status(Error::Conflict.status()))
}
