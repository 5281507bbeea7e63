//! What a message of the contact form is.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    platform::db::text_column,
    types::{Id, Lang, choice},
};

choice! {
    pub enum State {
        New = "new",
        Read = "read",
        /// A reply was promised to whoever wrote.
        Answered = "answered",
        Spam = "spam",
    }
}
text_column!(State);

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ContactMessage {
    pub id: Id<ContactMessage>,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub body: String,
    pub consented_at: DateTime<Utc>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub locale: Lang,
    pub state: State,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reply {
    pub author: String,
    pub body: String,
    pub created_at: DateTime<Utc>,
}

pub struct NewReply<'a> {
    pub id: Uuid,
    pub author: Uuid,
    pub body: &'a str,
}
