//! Giving links away and taking them back, each in one transaction with its audit row.

use chrono::{DateTime, SubsecRound as _, Utc};

use super::{
    model::{Claim, NONCE, Preview, lifetime},
    queries,
};
use crate::{
    app::App,
    error::{Error, Result},
    features::posts::{self, model::Post},
    platform::{
        audit::{self, Changes},
        clock::random,
        db::{Conn, Tx},
    },
    types::Id,
    web::cx::Cx,
};

/// From now on there is a link that works for a week.
pub async fn make(cx: &Cx, id: Id<Post>) -> Result<()> {
    let now = cx.app.clock.now();
    let mut tx = cx.begin().await?;
    posts::queries::find_to_change(&mut tx, id).await?;
    let preview = Preview {
        post_id: id,
        nonce: random::<NONCE>().to_vec(),
        expires_at: (now + lifetime()).trunc_subsecs(0),
    };
    queries::keep(&mut tx, &preview, now).await?;
    note(cx, &mut tx, "posts.preview", id).await?;
    tx.commit().await
}

/// No link that was given away works any more.
pub async fn void(cx: &Cx, id: Id<Post>) -> Result<()> {
    let mut tx = cx.begin().await?;
    posts::queries::find_to_change(&mut tx, id).await?;
    if queries::void(&mut tx, id).await? {
        note(cx, &mut tx, "posts.preview-void", id).await?;
    }
    tx.commit().await
}

async fn note(cx: &Cx, tx: &mut Tx, action: &'static str, id: Id<Post>) -> Result<()> {
    let (now, record) = (cx.app.clock.now(), Some(id.uuid()));
    audit::record(tx, now, &cx.actor(), action, record, None, &Changes::new()).await
}

/// The post that the link shows, and until when. Invented, late, void and trashed are the same.
pub async fn shown(
    app: &App,
    conn: &mut Conn,
    token: &str,
) -> Result<(Post, Option<DateTime<Utc>>)> {
    let claim = Claim::read(token).ok_or(Error::NotFound)?;
    let preview = queries::find(conn, claim.post_id).await?;
    let nonce = preview.as_ref().map(|preview| preview.nonce.as_slice());
    if !claim.is_good(&app.keys, nonce, app.clock.now()) {
        return Err(Error::NotFound);
    }
    let post = posts::queries::find(conn, claim.post_id).await?;
    Ok((post, claim.expires_at()))
}

/// What the product itself does at night to rows without a link that works.
pub async fn purge(app: &App, now: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    queries::purge(&mut tx, now).await?;
    tx.commit().await
}
