//! What a mail is, from its promise to its end.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    platform::db::text_column,
    types::{Id, Lang, choice},
};

choice! {
    pub enum State {
        /// A job delivers it, or tries again.
        Queued = "queued",
        Sent = "sent",
        /// Nothing more is tried by itself.
        Failed = "failed",
        /// It was never tried: mail was off, or its company in the trash.
        Off = "off",
    }
}
text_column!(State, Lang);

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Mail {
    pub id: Id<Mail>,
    pub company_id: Option<Uuid>,
    pub record: Option<String>,
    pub record_id: Option<Uuid>,
    pub to_name: Option<String>,
    pub to_address: String,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub unsubscribe: Option<String>,
    pub state: State,
    /// The mail server's last words, or a `Trouble`.
    pub error: Option<String>,
    pub attempts: i64,
    pub sent_at: Option<DateTime<Utc>>,
    pub resent_of: Option<Uuid>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A mail in a list: without its text.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: Id<Mail>,
    pub company_id: Option<Uuid>,
    pub to_name: Option<String>,
    pub to_address: String,
    pub subject: String,
    pub state: State,
    pub error: Option<String>,
    pub attempts: i64,
    pub sent_at: Option<DateTime<Utc>>,
    pub resent_of: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}
