//! All SQL about the inbox.

use chrono::{DateTime, Utc};

use super::model::{ContactMessage, NewReply, Reply, State};
use crate::{
    error::Result,
    features::mails,
    platform::db::{Conn, Sql, Tx},
    sql,
    types::Id,
};

const SELECT: &str = "select id, name, email, phone, company, body, consented_at, ip, user_agent, locale, state, version, \
                      created_at from contact_messages where ";

/// Which messages are listed: those of a state, or all but spam, and of these what has all the folded words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    pub words: Vec<String>,
}

/// There are hundreds of messages rather than thousands, and old ones go: each is looked into.
fn having(sql: &mut Sql, words: &[String]) {
    for word in words {
        sql.push(
            " and exists (select 1 from contact_searches s where s.message_id = contact_messages.id and instr(s.folded, ?) > 0)",
        )
        .bind(word.as_str());
    }
}

/// Which page of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Newest,
    Before(Id<ContactMessage>),
    /// The page whose oldest message is the next one after this.
    After(Id<ContactMessage>),
}

/// The newest first, and of `After` the nearest: one more than the limit is the newest of them then.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    start: Start,
    limit: i64,
) -> Result<Vec<ContactMessage>> {
    let mut sql = Sql::new(SELECT);
    match filter.state {
        Some(state) => sql.push("state = ?").bind(state),
        None => sql.push("state <> ?").bind(State::Spam),
    };
    having(&mut sql, &filter.words);
    match start {
        Start::Newest => {}
        Start::Before(id) => {
            sql.push(" and id < ?").bind(id);
        }
        Start::After(id) => {
            sql.push(" and id > ?").bind(id);
        }
    }
    let is_after = matches!(start, Start::After(_));
    sql.push(if is_after {
        " order by id limit ?"
    } else {
        " order by id desc limit ?"
    })
    .bind(limit);
    let mut messages: Vec<ContactMessage> = conn.fetch_all(sql).await?;
    if is_after {
        messages.reverse();
    }
    Ok(messages)
}

/// How many have the words, in each state that has any.
pub async fn counts(conn: &mut Conn, words: &[String]) -> Result<Vec<(State, i64)>> {
    let mut sql = sql!("select state, count(*) from contact_messages where 1 = 1");
    having(&mut sql, words);
    sql.push(" group by state");
    conn.fetch_all(sql).await
}

pub async fn find(conn: &mut Conn, id: Id<ContactMessage>) -> Result<ContactMessage> {
    let mut sql = Sql::new(SELECT);
    sql.push("id = ?").bind(id);
    conn.fetch_one(sql).await
}

/// The oldest first.
pub async fn replies(conn: &mut Conn, id: Id<ContactMessage>, limit: i64) -> Result<Vec<Reply>> {
    conn.fetch_all(sql!(
        "select u.name as author, r.body, r.created_at from contact_replies r join users u on u.id = r.author_id
         where r.message_id = ? order by r.id limit ?",
        id,
        limit,
    ))
    .await
}

/// `Conflict` if the row has moved on from `version`.
pub async fn set_state(
    tx: &mut Tx,
    id: Id<ContactMessage>,
    version: i64,
    state: State,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.change(sql!(
        "update contact_messages set state = ?, version = version + 1, updated_at = ? where id = ? and version = ?",
        state,
        now,
        id,
        version,
    ))
    .await
}

pub async fn add_reply(
    tx: &mut Tx,
    id: Id<ContactMessage>,
    reply: NewReply<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(sql!(
        "insert into contact_replies (id, message_id, author_id, body, created_at) values (?, ?, ?, ?, ?)",
        reply.id,
        id,
        reply.author,
        reply.body,
        now,
    ))
    .await?;
    Ok(())
}

/// For good, with its replies and all mails about it.
pub async fn erase(tx: &mut Tx, id: Id<ContactMessage>, version: i64) -> Result<()> {
    tx.change(sql!(
        "delete from contact_messages where id = ? and version = ?",
        id,
        version
    ))
    .await?;
    mails::queries::forget(tx, "messages", id.uuid()).await
}

/// Before when a message is deleted by itself.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    pub spam: DateTime<Utc>,
    pub any: DateTime<Utc>,
}

pub async fn outdated(conn: &mut Conn, past: Past, limit: i64) -> Result<Vec<Id<ContactMessage>>> {
    let found: Vec<(Id<ContactMessage>,)> = conn
        .fetch_all(sql!(
            "select id from contact_messages where (state = ? and updated_at < ?) or created_at < ? order by id limit ?",
            State::Spam,
            past.spam,
            past.any,
            limit,
        ))
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// With its replies and all mails about it, unless somebody has taken it out of the spam meanwhile.
pub async fn delete_outdated(tx: &mut Tx, id: Id<ContactMessage>, past: Past) -> Result<u64> {
    let deleted = tx
        .execute(sql!(
            "delete from contact_messages where id = ? and ((state = ? and updated_at < ?) or created_at < ?)",
            id,
            State::Spam,
            past.spam,
            past.any,
        ))
        .await?;
    if deleted > 0 {
        mails::queries::forget(tx, "messages", id.uuid()).await?;
    }
    Ok(deleted)
}
