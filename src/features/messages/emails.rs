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

/// An answer to it goes to `CONTACT_TO`, or to the office's own address that it comes from.
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
    let reply_to = app.config.contact_to.as_ref();
    mails::queue_answerable(app, tx, now, letter, reply_to).await?;
    Ok(())
}
