//! What somebody who wrote gets by mail.

use chrono::{DateTime, Utc};
use minijinja::context;

use super::model::ContactMessage;
use crate::{
    app::App,
    error::{Error, Result},
    features::mails,
    platform::{db::Tx, i18n::Message},
    types::Email,
};

/// Comes from the office's own address, so that an answer to it goes there.
pub async fn reply(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    message: &ContactMessage,
    body: &str,
) -> Result<()> {
    let to = Email::parse(&message.email).map_err(Error::internal)?;
    let letter = mails::Letter {
        to: &to,
        to_name: Some(&message.name),
        lang: message.locale,
        company_id: None,
        record: Some(("messages", message.id.uuid())),
        template: "messages/emails/reply",
        subject: Message::new("message-mail-subject"),
        link: None,
        view: context! {
            name => message.name.as_str(),
            body,
            theirs => message.body.as_str(),
            at => message.created_at.to_rfc3339(),
        },
    };
    mails::queue(app, tx, now, letter).await?;
    Ok(())
}
