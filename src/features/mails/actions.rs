//! Sending a mail once more, in one transaction with its audit row.

use super::{emails, model::Mail, queries};
use crate::{
    error::Result,
    features::companies::{change::Change, model::Company},
    platform::audit::Changes,
    types::Id,
    web::cx::Cx,
};

/// The same words to the same address under an id of its own. Where it is to be seen; a second submission of the same
/// form leads to where the first did.
pub async fn resend(
    cx: &Cx,
    company: Id<Company>,
    id: Id<Mail>,
    form_key: &str,
    body: &[u8],
) -> Result<String> {
    let mut change = Change::within(cx, company).await?;
    let mail = queries::find(&mut change.tx, company, id).await?;
    let again = Mail {
        id: cx.app.clock.new_id(),
        resent_of: Some(id.uuid()),
        created_at: change.now,
        ..mail
    };
    let location = format!("/companies/{company}/mails/{}", again.id);
    if let Some(earlier) = change.claim(form_key, body, &location).await? {
        return Ok(earlier);
    }
    let changes = Changes::new().field("subject", None, Some(&again.subject));
    let id = emails::promise(&cx.app, &mut change.tx, again).await?;
    change.commit("mails.resend", id.uuid(), &changes).await?;
    Ok(location)
}
