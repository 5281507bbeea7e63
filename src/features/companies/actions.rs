//! What the office does to companies, each in one transaction with its audit row.

use chrono::{DateTime, Utc};

use super::{
    change::{Back, BroughtBack, Change},
    form::CompanyForm,
    model::{Company, Draft, Status, changes},
    queries,
};
use crate::{
    app::App,
    error::Result,
    platform::audit::{self, Actor, Changes},
    types::Id,
    web::{cx::Cx, extract::form_key, idempotency},
};

/// The new company's URL; the same URL again for a second submission of the same form.
pub async fn create(cx: &Cx, form: &CompanyForm, draft: &Draft, body: &[u8]) -> Result<String> {
    let id: Id<Company> = cx.app.clock.new_id();
    let location = format!("/companies/{id}");
    let mut change = Change::to(cx, id).await?;
    if let Some(earlier) = change.claim(&form.form_key, body, &location).await? {
        return Ok(earlier);
    }
    queries::insert(&mut change.tx, id, draft, change.now).await?;
    change
        .commit(
            "companies.create",
            id.uuid(),
            &changes(&[], &draft.fields()),
        )
        .await?;
    tracing::info!(company_id = %id, "company_created");
    Ok(location)
}

/// Where an earlier submission of this form led: it must not be warned of the company that it made.
pub async fn earlier(cx: &Cx, form: &CompanyForm, body: &[u8]) -> Result<Option<String>> {
    let mut conn = cx.read().await?;
    idempotency::earlier(&mut conn, cx.user()?.id, form_key(&form.form_key), body).await
}

pub async fn update(cx: &Cx, id: Id<Company>, version: i64, draft: &Draft) -> Result<()> {
    let mut change = Change::to(cx, id).await?;
    let company = queries::find_to_change(&mut change.tx, cx.scope()?, id).await?;
    queries::update(&mut change.tx, &company, version, draft, change.now).await?;
    change
        .commit(
            "companies.update",
            id.uuid(),
            &changes(&company.fields(), &draft.fields()),
        )
        .await
}

pub async fn set_status(cx: &Cx, id: Id<Company>, version: i64, status: Status) -> Result<()> {
    let mut change = Change::to(cx, id).await?;
    let company = queries::find_to_change(&mut change.tx, cx.scope()?, id).await?;
    queries::set_status(&mut change.tx, id, version, status, change.now).await?;
    let changes = Changes::new().field(
        "status",
        Some(company.status.as_str()),
        Some(status.as_str()),
    );
    change.commit("companies.status", id.uuid(), &changes).await
}

/// Returns the company as it was.
pub async fn trash(cx: &Cx, id: Id<Company>, version: i64) -> Result<Company> {
    let mut change = Change::to(cx, id).await?;
    let company = queries::find_to_change(&mut change.tx, cx.scope()?, id).await?;
    queries::trash(&mut change.tx, id, version, change.now).await?;
    change
        .commit("companies.trash", id.uuid(), &Changes::new())
        .await?;
    Ok(company)
}

pub async fn restore(cx: &Cx, id: Id<Company>, version: i64) -> Result<Company> {
    let mut change = Change::to(cx, id).await?;
    let company = queries::restore(&mut change.tx, cx.scope()?, id, version, change.now).await?;
    change
        .commit("companies.restore", id.uuid(), &Changes::new())
        .await?;
    Ok(company)
}

/// What the audit forgets of a company that is deleted for good: how to reach it, and who its people were.
const PERSONAL: [(&str, &[&str]); 2] = [
    ("companies", &["email", "phone", "address"]),
    ("contacts", &["name", "title", "email", "phone"]),
];

/// What the product itself does at night to a company that has been in the trash since before a moment.
pub async fn purge(app: &App, id: Id<Company>, before: DateTime<Utc>) -> Result<()> {
    let now = app.clock.now();
    let (nobody, company) = (Actor::default(), id.uuid());
    let mut tx = app.db.begin().await?;
    let clients = queries::active_clients(&mut tx, id).await?;
    if !queries::purge(&mut tx, id, before, now).await? {
        return Ok(());
    }
    for client in clients {
        let changes = Changes::new().field("active", Some("true"), Some("false"));
        let action = "users.deactivate";
        let client = Some(client);
        audit::record(&mut tx, now, &nobody, action, client, None, &changes).await?;
    }
    let mut erased = 0;
    for (record, fields) in PERSONAL {
        erased += audit::erase_of_company(&mut tx, now, company, record, fields).await?;
    }
    let erased = (erased > 0).then(|| erased.to_string());
    let changes = Changes::new().field("erased_entries", None, erased.as_deref());
    audit::record(
        &mut tx,
        now,
        &nobody,
        "companies.purge",
        Some(company),
        Some(company),
        &changes,
    )
    .await?;
    tx.commit().await?;
    tracing::info!(company_id = %id, "company_purged");
    Ok(())
}

/// Notes that someone took the list away as a file.
pub async fn record_export(cx: &Cx, query: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let changes = Changes::new().field("filter", None, Some(query));
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

/// Makes a field again what it was.
pub async fn bring_back(cx: &Cx, id: Id<Company>, back: &Back<'_>) -> Result<BroughtBack> {
    let company = queries::find(&mut cx.read().await?, cx.scope()?, id).await?;
    if let Some(hindered) = back.hindered(&company.fields(), company.version) {
        return Ok(hindered);
    }
    let form = CompanyForm::of(&company).with(back.field, back.typed());
    match form.check() {
        Ok(draft) => {
            update(cx, id, company.version, &draft).await?;
            Ok(BroughtBack::Done)
        }
        Err(errors) => Ok(BroughtBack::Refused(errors)),
    }
}
