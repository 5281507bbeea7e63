//! URL × verb × permission, then the handlers in that order.

use poem::handler;

use super::{
    actions,
    form::{ListQuery, ScheduleForm},
    model::{Command, Job},
    queries,
    views::{Index, Show},
};
use crate::{
    error::Result,
    platform::{i18n::Message, jobs::State},
    types::Id,
    web::{
        access::Permission::JobsManage,
        cx::Cx,
        extract::{Form, PathId, Query},
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default()
        .at("/jobs", [get(JobsManage, index)])
        .at("/jobs/schedules", [post(JobsManage, hasten)])
        .at("/jobs/{id}", [get(JobsManage, show)])
        .at("/jobs/{id}/discard", [post(JobsManage, discard)])
        .at("/jobs/{id}/retry", [post(JobsManage, retry)])
        .at("/jobs/{id}/run", [post(JobsManage, run)])
}

#[handler]
async fn index(cx: Cx, Query(query): Query<ListQuery>) -> Result<Render> {
    let (state, cursor) = (query.state()?, query.cursor()?);
    let mut conn = cx.read().await?;
    let rows = queries::list(&mut conn, state, cursor.as_ref(), queries::PER_PAGE + 1).await?;
    let mut counts = Vec::new();
    for state in State::ALL {
        counts.push((*state, queries::count(&mut conn, *state).await?));
    }
    let schedules = queries::schedules(&mut conn).await?;
    let view = Index::new(&query, rows, &counts, schedules)?;
    Ok(Render::page("jobs/index.html", &view).fragment("jobs/_list.html"))
}

#[handler]
async fn hasten(cx: Cx, Form(form): Form<ScheduleForm>) -> Result<Render> {
    actions::hasten(&cx, &form.kind).await?;
    let flash = Flash::good(Message::new("flash-jobs-hastened").arg("kind", &form.kind));
    Ok(Render::redirect("/jobs?state=waiting").flash(flash))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Job>) -> Result<Render> {
    let job = queries::find(&mut cx.read().await?, id).await?;
    Ok(Render::page("jobs/show.html", &Show::from(job)))
}

#[handler]
async fn discard(cx: Cx, PathId(id): PathId<Job>) -> Result<Render> {
    commanded(&cx, id, Command::Discard, "flash-jobs-discarded").await
}

#[handler]
async fn retry(cx: Cx, PathId(id): PathId<Job>) -> Result<Render> {
    commanded(&cx, id, Command::Retry, "flash-jobs-retried").await
}

#[handler]
async fn run(cx: Cx, PathId(id): PathId<Job>) -> Result<Render> {
    commanded(&cx, id, Command::Run, "flash-jobs-run").await
}

// ---- what several of them do

/// Back to the job as it is now.
async fn commanded(cx: &Cx, id: Id<Job>, command: Command, said: &'static str) -> Result<Render> {
    let flash = if actions::command(cx, id, command).await? {
        Flash::good(Message::new(said))
    } else {
        Flash::info(Message::new("flash-jobs-moved-on"))
    };
    Ok(Render::redirect(format!("/jobs/{id}")).flash(flash))
}
