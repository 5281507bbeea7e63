//! Choosing the first password, in one transaction with its audit row.

use super::queries::{self, Invited};
use crate::{
    error::{Error, Result},
    features::links::{self, Kind, Link},
    platform::{
        audit::{self, Actor, Changes},
        db::Conn,
    },
    types::Lang,
    web::{cx::Cx, session},
};

/// Whom the link invites. Unknown, late, void and spent links are the same.
pub async fn find(conn: &mut Conn, cx: &Cx, token: &str) -> Result<(Link, Invited)> {
    let link = links::find(conn, Kind::Invite, token, cx.app.clock.now()).await?;
    let invited = queries::find(conn, link.user_id).await?;
    Ok((link, invited))
}

/// Of two answers at once, one is told that the link works no more.
pub async fn accept(cx: &Cx, link: &Link, password: String, locale: Lang) -> Result<()> {
    let hash = cx.app.passwords.hash(password).await?;
    let now = cx.app.clock.now();
    let user = link.user_id;
    let mut tx = cx.begin().await?;
    let invited = queries::find(&mut tx, user).await?;
    if !links::spend(&mut tx, link.id, now).await?
        || !queries::set_password(&mut tx, user, &hash, locale, now).await?
    {
        return Err(Error::NotFound);
    }
    links::void(&mut tx, user, Kind::Reset, now).await?;
    session::end_all(&mut tx, user, None).await?;
    let actor = Actor {
        user_id: Some(user.uuid()),
        ..cx.actor()
    };
    let before = invited.locale.map(Lang::code);
    let changes = Changes::new().field("locale", before, Some(locale.code()));
    let id = Some(user.uuid());
    audit::record(&mut tx, now, &actor, "users.accept", id, None, &changes).await?;
    tx.commit().await?;
    tracing::info!(user_id = %user, "invitation_accepted");
    Ok(())
}
