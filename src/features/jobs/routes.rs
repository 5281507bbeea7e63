//! URL × verb × permission, then the handlers in that order.

use poem::{handler, web::Data};

use super::{
    actions,
    form::{ListQuery, ScheduleForm},
    model::{Command, Job},
    queries,
    views::{Index, Show},
};
use crate::{
    app::App,
    error::Result,
    platform::{
        i18n::Message,
        jobs::{Kinds, State},
    },
    types::Id,
    web::{
        access::Permission::JobsManage,
        cx::Cx,
        extract::{Form, PathId, Query},
        render::{Flash, Render},
        router::{Table, get, post},
    },
};

/// Every kind of job that the product knows, which is told above the features.
pub type Known = fn() -> Result<Kinds<App>>;

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
async fn index(
    cx: Cx,
    Query(query): Query<ListQuery>,
    Data(known): Data<&Known>,
) -> Result<Render> {
    let (state, cursor) = (query.state()?, query.cursor()?);
    let mut conn = cx.read().await?;
    let rows = queries::list(&mut conn, state, cursor.as_ref(), queries::PER_PAGE + 1).await?;
    let mut counts = Vec::new();
    for state in State::ALL {
        counts.push((*state, queries::count(&mut conn, *state).await?));
    }
    let mut schedules = queries::schedules(&mut conn).await?;
    let kinds = known()?;
    schedules.retain(|schedule| kinds.is_scheduled(&schedule.kind));
    let view = Index::new(&query, rows, &counts, schedules)?;
    Ok(Render::page("jobs/index.html", &view).fragment("jobs/_list.html"))
}

#[handler]
async fn hasten(
    cx: Cx,
    Form(form): Form<ScheduleForm>,
    Data(known): Data<&Known>,
) -> Result<Render> {
    actions::hasten(&cx, &known()?, &form.kind).await?;
    let flash = Flash::good(Message::new("flash-jobs-hastened").arg("kind", &form.kind));
    Ok(Render::redirect("/jobs?state=waiting").flash(flash))
}

#[handler]
async fn show(cx: Cx, PathId(id): PathId<Job>) -> Result<Render> {
    let job = queries::find(&mut cx.read().await?, id).await?;
    Ok(Render::page("jobs/show.html", &Show::from(job)))
}

#[handler]
async fn discard(cx: Cx, PathId(id): PathId<Job>, Data(known): Data<&Known>) -> Result<Render> {
    commanded(&cx, id, (Command::Discard, *known), "flash-jobs-discarded").await
}

#[handler]
async fn retry(cx: Cx, PathId(id): PathId<Job>, Data(known): Data<&Known>) -> Result<Render> {
    commanded(&cx, id, (Command::Retry, *known), "flash-jobs-retried").await
}

#[handler]
async fn run(cx: Cx, PathId(id): PathId<Job>, Data(known): Data<&Known>) -> Result<Render> {
    commanded(&cx, id, (Command::Run, *known), "flash-jobs-run").await
}

// ---- what several of them do

/// Back to the job as it is now.
async fn commanded(
    cx: &Cx,
    id: Id<Job>,
    (command, known): (Command, Known),
    said: &'static str,
) -> Result<Render> {
    let flash = if actions::command(cx, &known()?, id, command).await? {
        Flash::good(Message::new(said))
    } else {
        Flash::info(Message::new("flash-jobs-moved-on"))
    };
    Ok(Render::redirect(format!("/jobs/{id}")).flash(flash))
}
