//! What the contact templates see.

use serde::Serialize;

use super::{
    form::ContactForm,
    model::{Contact, Draft},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        model::Company,
        views::{Conflict, ConflictField, Head},
    },
    platform::db::Conn,
    types::Id,
    web::form::{Errors, FormView},
};

/// More people than this are not a list but a search; no company has them.
pub const MOST: i64 = 200;

#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Contact>,
    name: String,
    title: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    is_primary: bool,
    version: i64,
    edit_href: String,
    trash_action: String,
    fresh: bool,
}

impl Row {
    fn new(contact: Contact, fresh: Option<Id<Contact>>) -> Self {
        let href = format!("/companies/{}/contacts/{}", contact.company_id, contact.id);
        Self {
            fresh: fresh == Some(contact.id),
            id: contact.id,
            name: contact.name,
            title: contact.title,
            phone: contact.phone,
            email: contact.email,
            is_primary: contact.is_primary,
            version: contact.version,
            edit_href: format!("{href}/edit"),
            trash_action: format!("{href}/trash"),
        }
    }
}

/// The first ones of a company.
pub async fn first_of(conn: &mut Conn, company: Id<Company>, limit: i64) -> Result<Vec<Row>> {
    Ok(queries::list(conn, company, limit)
        .await?
        .into_iter()
        .map(|contact| Row::new(contact, None))
        .collect())
}

/// The panel: the form to add one, and the list.
#[derive(Serialize)]
pub struct Index {
    #[serde(flatten)]
    head: Head,
    contacts: Vec<Row>,
    form: FormView,
    action: String,
    open: bool,
    editable: bool,
}

impl Index {
    pub fn new(
        head: Head,
        contacts: Vec<Contact>,
        form: &ContactForm,
        errors: Option<Errors>,
        fresh: Option<Id<Contact>>,
        editable: bool,
    ) -> Self {
        Self {
            action: format!("{}/contacts", head.company.href),
            head,
            contacts: contacts
                .into_iter()
                .map(|contact| Row::new(contact, fresh))
                .collect(),
            open: errors.is_some(),
            form: form.view().errors(errors.unwrap_or_default()),
            editable,
        }
    }
}

#[derive(Serialize)]
pub struct Edit {
    #[serde(flatten)]
    head: Head,
    form: FormView,
    action: String,
    conflict: Option<Conflict>,
}

impl Edit {
    pub fn new(head: Head, contact: &Contact, form: &ContactForm, errors: Errors) -> Self {
        Self {
            action: format!("{}/contacts/{}", head.company.href, contact.id),
            head,
            form: form.view().errors(errors),
            conflict: None,
        }
    }

    #[must_use]
    pub fn conflict(
        mut self,
        theirs: &Contact,
        mine: &Draft,
        by: Option<String>,
        at: String,
    ) -> Self {
        let saved = theirs.draft();
        self.form
            .values
            .insert("version", theirs.version.to_string());
        self.conflict = Some(Conflict {
            by,
            at,
            fields: ConflictField::between("contact", &saved.fields(), &mine.fields()),
            edit_href: format!("{}/edit", self.action),
        });
        self
    }
}
