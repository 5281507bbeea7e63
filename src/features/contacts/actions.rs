//! What the office does to contacts, each in one transaction with its audit row.

use super::{
    form::ContactForm,
    model::{Contact, Draft},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        change::{Back, BroughtBack, Change},
        model::{Company, changes},
    },
    platform::audit::{self, Changes},
    types::Id,
    web::cx::Cx,
};

/// The new contact's id; `None` for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &ContactForm,
    draft: &Draft,
    body: &[u8],
) -> Result<Option<Id<Contact>>> {
    let mut change = Change::within(cx, company).await?;
    let location = format!("/companies/{company}/contacts");
    if change
        .claim(&form.form_key, body, &location)
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let id = cx.app.clock.new_id();
    if draft.is_primary {
        note_no_primary(cx, &mut change, company).await?;
    }
    queries::insert(&mut change.tx, id, company, draft, change.now).await?;
    change
        .commit("contacts.create", id.uuid(), &changes(&[], &draft.fields()))
        .await?;
    Ok(Some(id))
}

pub async fn update(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Contact>,
    version: i64,
    draft: &Draft,
) -> Result<()> {
    let mut change = Change::within(cx, company).await?;
    let contact = queries::find(&mut change.tx, company, id).await?;
    if draft.is_primary && !contact.is_primary {
        note_no_primary(cx, &mut change, company).await?;
    }
    queries::update(&mut change.tx, &contact, version, draft, change.now).await?;
    change
        .commit(
            "contacts.update",
            id.uuid(),
            &changes(&contact.draft().fields(), &draft.fields()),
        )
        .await
}

/// The new primary contact replaces the old one, whose own history is to tell it.
async fn note_no_primary(cx: &Cx, change: &mut Change<'_>, company: Id<Company>) -> Result<()> {
    let Some(old) = queries::primary(&mut change.tx, company).await? else {
        return Ok(());
    };
    let (actor, within) = (cx.actor(), Some(company.uuid()));
    audit::record(
        &mut change.tx,
        change.now,
        &actor,
        "contacts.update",
        Some(old.uuid()),
        within,
        &Changes::new().field("is_primary", Some("true"), Some("false")),
    )
    .await
}

/// Returns it as it was.
pub async fn trash(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Contact>,
    version: i64,
) -> Result<Contact> {
    let mut change = Change::within(cx, company).await?;
    let contact = queries::find(&mut change.tx, company, id).await?;
    queries::trash(&mut change.tx, id, version, change.now).await?;
    change
        .commit("contacts.trash", id.uuid(), &Changes::new())
        .await?;
    Ok(contact)
}

/// Returns the name that is said of it.
pub async fn restore(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Contact>,
    version: i64,
) -> Result<String> {
    let mut change = Change::within(cx, company).await?;
    let (name, is_replaced) =
        queries::restore(&mut change.tx, company, id, version, change.now).await?;
    let changes = if is_replaced {
        Changes::new().field("is_primary", Some("true"), Some("false"))
    } else {
        Changes::new()
    };
    change
        .commit("contacts.restore", id.uuid(), &changes)
        .await?;
    Ok(name)
}

/// Makes a field again what it was.
pub async fn bring_back(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Contact>,
    back: &Back<'_>,
) -> Result<BroughtBack> {
    let contact = queries::find(&mut cx.read().await?, company, id).await?;
    let draft = contact.draft();
    if let Some(hindered) = back.hindered(&draft.fields(), contact.version) {
        return Ok(hindered);
    }
    match ContactForm::of(&contact)
        .with(back.field, back.typed())
        .check()
    {
        Ok(draft) => {
            update(cx, company, id, contact.version, &draft).await?;
            Ok(BroughtBack::Done)
        }
        Err(errors) => Ok(BroughtBack::Refused(errors)),
    }
}
