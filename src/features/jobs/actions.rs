//! What administrators do to jobs, each in one transaction with its audit row.

use super::{
    model::{Command, Job},
    queries,
};
use crate::{
    app::App,
    error::{Error, Result},
    platform::{
        audit::{self, Changes},
        jobs::{DISCARDED, Kinds, State},
    },
    types::Id,
    web::cx::Cx,
};

/// `false` if the job is in another state by now, or another one took its place.
pub async fn command(cx: &Cx, kinds: &Kinds<App>, id: Id<Job>, command: Command) -> Result<bool> {
    let shift = cx.app.jobs.shift_micros();
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let job = queries::find(&mut tx, id).await?;
    if !command.fits(job.state) {
        return Ok(false);
    }
    match queries::command(&mut tx, shift, &job, command).await {
        Ok(true) => {}
        // One that does the same work waits already.
        Ok(false) | Err(Error::Taken(_)) => return Ok(false),
        Err(other) => return Err(other),
    }
    if command == Command::Discard && job.state != State::Dead {
        // Whoever waits for a dead one knows already.
        let told = (job.kind.as_str(), job.payload.as_str());
        kinds.gave_up(&mut tx, now, told, DISCARDED).await?;
    }
    let after = match command {
        Command::Discard => State::Discarded,
        Command::Retry | Command::Run => State::Waiting,
    };
    let changes = Changes::new().field("kind", None, Some(&job.kind)).field(
        "state",
        Some(job.state.as_str()),
        Some(after.as_str()),
    );
    let action = command.action();
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        action,
        Some(id.uuid()),
        None,
        &changes,
    )
    .await?;
    cx.app.jobs.wake_on_commit(&mut tx);
    tx.commit().await?;
    Ok(true)
}

/// Lets the clock ask for a kind of job now.
pub async fn hasten(cx: &Cx, kinds: &Kinds<App>, kind: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    if !kinds.is_scheduled(kind)
        || !queries::hasten(&mut tx, cx.app.jobs.shift_micros(), kind).await?
    {
        return Err(Error::NotFound);
    }
    let changes = Changes::new().field("kind", None, Some(kind));
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "jobs.hasten",
        None,
        None,
        &changes,
    )
    .await?;
    cx.app.jobs.wake_on_commit(&mut tx);
    tx.commit().await
}
