//! Taking a message in, in one transaction with the mails that tell the office of it.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::{
    emails,
    form::Draft,
    queries::{self, Sender},
};
use crate::{
    error::{Error, Result},
    platform::audit::{self, Actor, Changes},
    web::cx::Cx,
};

/// As long is a repeat known as one.
const SPAN: TimeDelta = TimeDelta::minutes(10);

/// Keeps a message once, whoever sends it twice, and tells the office of it unless it is spam.
pub async fn receive(cx: &Cx, draft: &Draft) -> Result<()> {
    let now = cx.app.clock.now();
    let digest = digest(cx, draft, now);
    let mut tx = cx.begin().await?;
    let earlier = self::digest(cx, draft, now - SPAN);
    if queries::is_known(&mut tx, &digest, &earlier, now - SPAN).await? {
        return Ok(());
    }
    let id = cx.app.clock.new_id();
    let sender = Sender {
        ip: cx.ip.map(|ip| ip.to_string()),
        user_agent: cx.user_agent.clone(),
        lang: cx.lang,
    };
    match queries::insert(&mut tx, id, &sender, draft, &digest, now).await {
        Ok(()) => {}
        // Sent twice at once.
        Err(Error::Taken(_)) => return Ok(()),
        Err(other) => return Err(other),
    }
    if !draft.is_spam {
        emails::tell_office(&cx.app, &mut tx, now, id, draft).await?;
    }
    // The address is with the message, where it can be erased.
    let actor = Actor {
        ip: None,
        ..cx.actor()
    };
    let (action, record) = ("messages.create", Some(id.uuid()));
    audit::record(&mut tx, now, &actor, action, record, None, &Changes::new()).await?;
    tx.commit().await
}

/// Of what was typed, from where, and in which ten minutes.
fn digest(cx: &Cx, draft: &Draft, at: DateTime<Utc>) -> [u8; 32] {
    let span = at.timestamp().div_euclid(SPAN.num_seconds());
    let ip = cx.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(span.to_be_bytes());
    hash.update([u8::from(draft.is_spam)]);
    for part in [
        ip.as_str(),
        &draft.name,
        draft.email.as_str(),
        draft.phone.as_ref().map_or("", |phone| phone.as_str()),
        draft.company.as_deref().unwrap_or_default(),
        &draft.body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
