//! Taking the list away, and bringing a field back.

use super::model::{Entry, Kind, Lost};
use crate::{
    error::{Error, Result},
    features::{
        activities::actions as activities,
        companies::{
            actions as companies,
            change::{Back, BroughtBack},
        },
        contacts::actions as contacts,
        notes::actions as notes,
        services::actions as services,
    },
    platform::audit::{self, Changes},
    types::Id,
    web::cx::Cx,
};

/// Notes that someone took the list away as a file.
pub async fn record_export(cx: &Cx, query: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let changes = Changes::new().field("filter", None, Some(query));
    let mut tx = cx.begin().await?;
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "audit.export",
        None,
        None,
        &changes,
    )
    .await?;
    tx.commit().await
}

/// How a wish to bring a field back ended.
pub enum Restored {
    Done,
    Differs {
        current: Option<String>,
        version: i64,
    },
    /// The record does not take the value any more.
    Refused(crate::web::form::Errors),
    Lost(Lost),
}

/// Through the record's own form and action, as if somebody had typed the old value: its rules, its version, its entry.
pub async fn restore(cx: &Cx, entry: &Entry, field: &str, seen: Option<i64>) -> Result<Restored> {
    let changes = entry.changes();
    let change = changes
        .iter()
        .find(|change| change.field == field)
        .ok_or(Error::Unprocessable)?;
    let kind = match entry.restorable(change) {
        Ok(kind) => kind,
        Err(lost) => return Ok(Restored::Lost(lost)),
    };
    let back = Back {
        field,
        left: change.after.as_deref(),
        value: change.before.as_deref(),
        seen,
    };
    let record = entry.record_id.ok_or(Error::NotFound)?;
    let company = Id::from_uuid(entry.company_id.ok_or(Error::NotFound)?);
    let cx = &cx.restoring(entry.id.uuid());
    let done = match kind {
        Kind::Company => companies::bring_back(cx, Id::from_uuid(record), &back).await,
        Kind::Contact => contacts::bring_back(cx, company, Id::from_uuid(record), &back).await,
        Kind::Note => notes::bring_back(cx, company, Id::from_uuid(record), &back).await,
        Kind::Activity => activities::bring_back(cx, company, Id::from_uuid(record), &back).await,
        Kind::Service => services::bring_back(cx, Id::from_uuid(record), &back).await,
    };
    Ok(match done? {
        BroughtBack::Done => Restored::Done,
        BroughtBack::Differs { current, version } => Restored::Differs { current, version },
        BroughtBack::Refused(errors) => Restored::Refused(errors),
    })
}
