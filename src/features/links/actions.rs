//! Making a link, and finding it again by its token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    model::{Kind, Link},
    queries,
};
use crate::{
    app::App,
    error::{Error, Result},
    platform::{
        db::{Conn, Tx},
        keys::Keys,
    },
    types::Id,
    web::session::{User, token_hash},
};

/// 32 bytes in base64url without padding.
const TOKEN_LENGTH: usize = 43;

/// Makes a link; older ones of the kind that the person has are void from then on.
pub async fn make(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: Kind,
    user_id: Id<User>,
    detail: Option<&str>,
) -> Result<Link> {
    queries::void(tx, user_id, kind, now).await?;
    let link = Link {
        id: app.clock.new_id(),
        kind,
        user_id,
        detail: detail.map(str::to_owned),
        expires_at: now + kind.lifetime(),
    };
    queries::insert(tx, &link, token_hash(&token(&app.keys, &link)), now).await?;
    Ok(link)
}

/// The link that works now. Missing, spent, late and void are the same.
pub async fn find(conn: &mut Conn, kind: Kind, token: &str, now: DateTime<Utc>) -> Result<Link> {
    if token.len() != TOKEN_LENGTH {
        return Err(Error::NotFound);
    }
    queries::live(conn, kind, token_hash(token), now).await
}

/// The whole URL with its token: for the command line, which prints it once.
#[must_use]
pub fn url(app: &App, link: &Link) -> String {
    at(app, link.kind, &token(&app.keys, link))
}

/// Stands in a kept mail where the token is when it goes out. No mail holds two links, and nobody who types something
/// knows the id of a mail to come.
fn placeholder(mail: Uuid) -> String {
    format!("LINK-OF-{mail}")
}

/// The URL as a mail's templates get it: with the placeholder.
#[must_use]
pub fn url_in_mail(app: &App, kind: Kind, mail: Uuid) -> String {
    at(app, kind, &placeholder(mail))
}

/// Puts the token where the mail has its placeholder. `None` if the mail's link works no more, so that nobody needs
/// the mail. Other mails are as they are.
pub async fn fill(
    app: &App,
    conn: &mut Conn,
    mail: Uuid,
    texts: [&str; 2],
    now: DateTime<Utc>,
) -> Result<Option<[String; 2]>> {
    let placeholder = placeholder(mail);
    if !texts.iter().any(|text| text.contains(&placeholder)) {
        return Ok(Some(texts.map(str::to_owned)));
    }
    let link = queries::of_mail(conn, mail, now).await?;
    Ok(link.map(|link| {
        let token = token(&app.keys, &link);
        texts.map(|text| text.replace(&placeholder, &token))
    }))
}

/// Under the base URL of the configuration, never a request's host.
fn at(app: &App, kind: Kind, token: &str) -> String {
    let base = app.config.base_url.as_str().trim_end_matches('/');
    format!("{base}{}{token}", kind.path())
}

fn token(keys: &Keys, link: &Link) -> String {
    let id = link.id.uuid();
    URL_SAFE_NO_PAD.encode(keys.mac("links", &[link.kind.as_str().as_bytes(), id.as_bytes()]))
}
