//! What the office does to companies, each in one transaction with its audit row.

use super::{
    form::CompanyForm,
    model::{Company, Draft, Status, changes},
    queries,
};
use crate::{
    error::Result,
    platform::audit,
    types::Id,
    web::{cx::Cx, extract::form_key, idempotency},
};

/// Whatever changes companies changes the figures made of them.
pub fn forget_figures(cx: &Cx) {
    cx.app.cache.invalidate_prefix("dashboard:");
}

/// The new company's URL; the same URL again for a second submission of the same form.
pub async fn create(cx: &Cx, form: &CompanyForm, draft: &Draft, body: &[u8]) -> Result<String> {
    let now = cx.app.clock.now();
    let id: Id<Company> = cx.app.clock.new_id();
    let location = format!("/companies/{id}");
    let mut tx = cx.begin().await?;
    let earlier = idempotency::claim(
        &mut tx,
        now,
        cx.user()?.id,
        form_key(&form.form_key),
        body,
        &location,
    )
    .await?;
    if let Some(earlier) = earlier {
        return Ok(earlier);
    }
    queries::insert(&mut tx, id, draft, now).await?;
    let changes = changes(&[], &draft.fields());
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.create",
        Some(id.uuid()),
        Some(id.uuid()),
        &changes,
    )
    .await?;
    tx.commit().await?;
    forget_figures(cx);
    tracing::info!(company_id = %id, "company_created");
    Ok(location)
}

pub async fn update(cx: &Cx, id: Id<Company>, version: i64, draft: &Draft) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let company = queries::find_to_change(&mut tx, cx.scope()?, id).await?;
    queries::update(&mut tx, &company, version, draft, now).await?;
    let changes = changes(&company.fields(), &draft.fields());
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.update",
        Some(id.uuid()),
        Some(id.uuid()),
        &changes,
    )
    .await?;
    tx.commit().await?;
    forget_figures(cx);
    Ok(())
}

pub async fn set_status(cx: &Cx, id: Id<Company>, version: i64, status: Status) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let company = queries::find_to_change(&mut tx, cx.scope()?, id).await?;
    queries::set_status(&mut tx, id, version, status, now).await?;
    let changes = audit::Changes::new().field(
        "status",
        Some(company.status.as_str()),
        Some(status.as_str()),
    );
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.status",
        Some(id.uuid()),
        Some(id.uuid()),
        &changes,
    )
    .await?;
    tx.commit().await?;
    forget_figures(cx);
    Ok(())
}

/// Returns the company as it was.
pub async fn trash(cx: &Cx, id: Id<Company>, version: i64) -> Result<Company> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let company = queries::find_to_change(&mut tx, cx.scope()?, id).await?;
    queries::trash(&mut tx, id, version, now).await?;
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.trash",
        Some(id.uuid()),
        Some(id.uuid()),
        &audit::Changes::new(),
    )
    .await?;
    tx.commit().await?;
    forget_figures(cx);
    Ok(company)
}

pub async fn restore(cx: &Cx, id: Id<Company>, version: i64) -> Result<Company> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    let company = queries::restore(&mut tx, cx.scope()?, id, version, now).await?;
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.restore",
        Some(id.uuid()),
        Some(id.uuid()),
        &audit::Changes::new(),
    )
    .await?;
    tx.commit().await?;
    forget_figures(cx);
    Ok(company)
}

/// Notes that someone took the list away as a file.
pub async fn record_export(cx: &Cx, query: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let changes = audit::Changes::new().field("filter", None, Some(query));
    let mut tx = cx.begin().await?;
    audit::record(
        &mut tx,
        now,
        &cx.actor(),
        "companies.export",
        None,
        None,
        &changes,
    )
    .await?;
    tx.commit().await
}
