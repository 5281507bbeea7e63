//! What the mail templates see.

use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{Listed, Mail, State},
    queries,
};
use crate::{
    error::Result,
    features::companies::views::{Head, PageView},
    platform::{
        db::Conn,
        mail::{Mode, Trouble},
    },
    types::{Id, Lang},
};

/// A mail in a list, for the log and for whatever record it is about.
#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Mail>,
    /// Where it is shown; a mail of no company has no such page.
    href: Option<String>,
    to_name: Option<String>,
    to_address: String,
    subject: String,
    state: State,
    error: Option<Reason>,
    attempts: i64,
    is_again: bool,
    created_at: String,
    sent_at: Option<String>,
}

/// Why a mail has not gone out: a trouble of ours has words in both languages, a server has its own.
#[derive(Debug, Serialize)]
struct Reason {
    trouble: Option<Trouble>,
    words: String,
}

impl Reason {
    fn of(error: Option<String>) -> Option<Self> {
        error.map(|words| Self {
            trouble: Trouble::parse(&words).ok(),
            words,
        })
    }
}

impl From<Listed> for Row {
    fn from(mail: Listed) -> Self {
        Self {
            id: mail.id,
            href: mail.company_id.map(|company| href(company, mail.id)),
            to_name: mail.to_name,
            to_address: mail.to_address,
            subject: mail.subject,
            state: mail.state,
            error: Reason::of(mail.error),
            attempts: mail.attempts,
            is_again: mail.resent_of.is_some(),
            created_at: mail.created_at.to_rfc3339(),
            sent_at: mail.sent_at.map(|at| at.to_rfc3339()),
        }
    }
}

fn href(company: Uuid, mail: Id<Mail>) -> String {
    format!("/companies/{company}/mails/{mail}")
}

/// Mails of a record, newest first, for showing at the record.
pub async fn of_record(conn: &mut Conn, noun: &str, id: Uuid, limit: i64) -> Result<Vec<Row>> {
    let mails = queries::of_record(conn, noun, id, limit).await?;
    Ok(mails.into_iter().map(Row::from).collect())
}

/// A company's log.
#[derive(Serialize)]
pub struct Index {
    #[serde(flatten)]
    pub head: Head,
    pub rows: Vec<Row>,
    pub page: PageView,
    pub mode: Mode,
}

#[derive(Serialize)]
pub struct Show {
    #[serde(flatten)]
    pub head: Head,
    pub mail: Whole,
    pub mode: Mode,
    pub form_key: String,
}

/// A mail with its text.
#[derive(Serialize)]
pub struct Whole {
    #[serde(flatten)]
    row: Row,
    lang: Lang,
    text: String,
    html_href: String,
    resend_action: String,
    original_href: Option<String>,
}

impl Whole {
    #[must_use]
    pub fn new(mail: Mail, company: Uuid) -> Self {
        let own = href(company, mail.id);
        Self {
            lang: mail.lang,
            text: mail.text.clone(),
            html_href: format!("{own}/html"),
            resend_action: format!("{own}/resend"),
            original_href: mail
                .resent_of
                .map(|original| href(company, Id::from_uuid(original))),
            row: mail.into(),
        }
    }
}

impl From<Mail> for Row {
    fn from(mail: Mail) -> Self {
        Listed {
            id: mail.id,
            company_id: mail.company_id,
            to_name: mail.to_name,
            to_address: mail.to_address,
            subject: mail.subject,
            state: mail.state,
            error: mail.error,
            attempts: mail.attempts,
            sent_at: mail.sent_at,
            resent_of: mail.resent_of,
            created_at: mail.created_at,
        }
        .into()
    }
}

/// The development outbox.
#[derive(Serialize)]
pub struct Outbox {
    pub files: Vec<File>,
    pub most: usize,
}

/// A file there, with the mail that it is if the database knows it.
#[derive(Serialize)]
pub struct File {
    pub id: Uuid,
    pub href: String,
    pub mail: Option<Row>,
}

#[derive(Serialize)]
pub struct OutboxFile {
    pub file: File,
    pub text: Option<String>,
    pub html_href: Option<String>,
    /// As it would have gone out.
    pub source: String,
}
