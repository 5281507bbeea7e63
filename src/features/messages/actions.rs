//! What the office does with messages, each in one transaction with its audit row, which says nothing of who wrote.

use uuid::Uuid;

use super::{
    emails,
    form::{ReplyForm, href},
    model::{ContactMessage, NewReply, State},
    queries::{self, Filter},
};
use crate::{
    error::Result,
    platform::{
        audit::{self, Changes},
        db::Tx,
    },
    types::Id,
    web::{cx::Cx, extract::form_key, idempotency},
};

pub async fn set_state(cx: &Cx, id: Id<ContactMessage>, version: i64, state: State) -> Result<()> {
    let mut tx = cx.begin().await?;
    let message = queries::find(&mut tx, id).await?;
    queries::set_state(&mut tx, id, version, state, cx.app.clock.now()).await?;
    commit(cx, tx, "messages.state", Some(id), &moved(&message, state)).await
}

/// Writes the answer down and promises the mail; a second submission of the same form does nothing more.
pub async fn reply(
    cx: &Cx,
    id: Id<ContactMessage>,
    version: i64,
    form: &ReplyForm,
    text: &str,
    body: &[u8],
) -> Result<()> {
    let (now, author) = (cx.app.clock.now(), cx.user()?.id);
    let mut tx = cx.begin().await?;
    let message = queries::find(&mut tx, id).await?;
    let key = form_key(&form.form_key);
    let earlier = idempotency::claim(&mut tx, now, author, key, body, &href(id)).await?;
    if earlier.is_some() {
        return Ok(());
    }
    queries::set_state(&mut tx, id, version, State::Answered, now).await?;
    let reply = NewReply {
        id: cx.app.clock.new_id::<()>().uuid(),
        author: author.uuid(),
        body: text,
    };
    queries::add_reply(&mut tx, id, reply, now).await?;
    emails::reply(&cx.app, &mut tx, now, &message, text).await?;
    let changes = moved(&message, State::Answered);
    commit(cx, tx, "messages.reply", Some(id), &changes).await
}

pub async fn erase(cx: &Cx, id: Id<ContactMessage>, version: i64) -> Result<()> {
    let mut tx = cx.begin().await?;
    queries::find(&mut tx, id).await?;
    queries::erase(&mut tx, id, version).await?;
    commit(cx, tx, "messages.erase", Some(id), &Changes::new()).await
}

/// Notes that someone took the list away as a file.
/// What was searched for may be somebody's name, so only that there was a search is noted.
pub async fn record_export(cx: &Cx, filter: &Filter) -> Result<()> {
    let searched = (!filter.words.is_empty()).then_some("true");
    let changes = Changes::new()
        .field("state", None, filter.state.map(State::as_str))
        .field("searched", None, searched);
    commit(cx, cx.begin().await?, "messages.export", None, &changes).await
}

fn moved(message: &ContactMessage, state: State) -> Changes {
    Changes::new().field("state", Some(message.state.as_str()), Some(state.as_str()))
}

async fn commit(
    cx: &Cx,
    mut tx: Tx,
    action: &'static str,
    id: Option<Id<ContactMessage>>,
    changes: &Changes,
) -> Result<()> {
    let id: Option<Uuid> = id.map(Id::uuid);
    let (now, actor) = (cx.app.clock.now(), cx.actor());
    audit::record(&mut tx, now, &actor, action, id, None, changes).await?;
    tx.commit().await
}
