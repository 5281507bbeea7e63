//! What the office does to contacts, each in one transaction with its audit row.

use super::{
    form::ContactForm,
    model::{Contact, Draft},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        change::Change,
        model::{Company, changes},
    },
    platform::audit::Changes,
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
    queries::update(&mut change.tx, &contact, version, draft, change.now).await?;
    change
        .commit(
            "contacts.update",
            id.uuid(),
            &changes(&contact.draft().fields(), &draft.fields()),
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
    let name = queries::restore(&mut change.tx, company, id, version, change.now).await?;
    change
        .commit("contacts.restore", id.uuid(), &Changes::new())
        .await?;
    Ok(name)
}
