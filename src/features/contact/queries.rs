//! All SQL about taking a message in.

use chrono::{DateTime, Utc};

use super::form::Draft;
use crate::{
    error::Result,
    features::messages::model::{ContactMessage, State},
    platform::db::{Conn, Tx},
    sql,
    types::{Id, Lang},
};

/// Whose browser a message comes from, and in which language its form was.
#[derive(Debug)]
pub struct Sender {
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub lang: Lang,
}

/// Whether the same was sent in these ten minutes, or in the ten before and since `since`.
pub async fn is_known(
    tx: &mut Tx,
    digest: &[u8; 32],
    earlier: &[u8; 32],
    since: DateTime<Utc>,
) -> Result<bool> {
    let known = tx
        .number(sql!(
            "select count(*) from contact_messages where digest = ? or (digest = ? and created_at > ?)",
            *digest,
            *earlier,
            since
        ))
        .await?;
    Ok(known > 0)
}

/// `Taken` if the same is there already.
pub async fn insert(
    tx: &mut Tx,
    id: Id<ContactMessage>,
    sender: &Sender,
    draft: &Draft,
    digest: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<()> {
    let state = if draft.is_spam {
        State::Spam
    } else {
        State::New
    };
    tx.execute(sql!(
        "insert into contact_messages (id, name, email, phone, company, body, consented_at, ip, user_agent, locale, digest,
                                       state, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        draft.name.as_str(),
        draft.email.as_str(),
        draft.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        draft.company.clone(),
        draft.body.as_str(),
        now,
        sender.ip.clone(),
        sender.user_agent.clone(),
        sender.lang,
        *digest,
        state,
        now,
        now,
    ))
    .await?;
    tx.execute(sql!(
        "insert into contact_searches (message_id, folded) values (?, ?)",
        id,
        draft.folded(),
    ))
    .await?;
    Ok(())
}

#[derive(Debug, sqlx::FromRow)]
pub struct Reader {
    pub name: String,
    pub email: String,
    pub locale: Option<Lang>,
}

/// Whoever looks after the messages and can sign in.
pub async fn office(conn: &mut Conn) -> Result<Vec<Reader>> {
    conn.fetch_all(sql!(
        "select name, email, locale from users
         where role in ('admin', 'office') and active and password_hash is not null order by id"
    ))
    .await
}
