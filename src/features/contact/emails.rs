//! What the office gets by mail when somebody has written.

use chrono::{DateTime, Utc};
use minijinja::context;

use super::{
    form::Draft,
    queries::{self, Reader},
};
use crate::{
    app::App,
    error::{Error, Result},
    features::{mails, messages::model::ContactMessage},
    platform::{db::Tx, i18n::Message},
    types::{Email, Id, Lang, Phone},
};

/// One mail to each, in the language of whoever gets it, or to `CONTACT_TO` alone. It is answered to whoever wrote.
pub async fn tell_office(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: Id<ContactMessage>,
    draft: &Draft,
) -> Result<()> {
    let readers = match &app.config.contact_to {
        Some(address) => vec![Reader {
            name: String::new(),
            email: address.as_str().to_owned(),
            locale: None,
        }],
        None => queries::office(tx).await?,
    };
    for reader in readers {
        let to = Email::parse(&reader.email).map_err(Error::internal)?;
        let letter = mails::Letter {
            to: &to,
            to_name: Some(&reader.name),
            lang: reader.locale.unwrap_or(Lang::Tr),
            company_id: None,
            record: Some(("messages", id.uuid())),
            template: "contact/emails/received",
            subject: Message::new("contact-mail-subject").arg("name", &draft.name),
            link: None,
            view: context! {
                name => draft.name.as_str(),
                email => draft.email.as_str(),
                phone => draft.phone.as_ref().map(Phone::as_str),
                company => draft.company.as_deref(),
                body => draft.body.as_str(),
                href => format!("/messages/{id}"),
            },
        };
        mails::queue_answerable(app, tx, now, letter, Some(&draft.email)).await?;
    }
    Ok(())
}
