//! What users get by mail from those who look after them.

use chrono::{DateTime, Utc};
use minijinja::context;

use super::model::{Draft, Person};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        links::{self, Kind},
        mails,
    },
    platform::{db::Tx, i18n::Message},
    types::{Email, Id},
    web::{cx::Cx, session::User},
};

/// Makes a link and promises the mail that carries it; links that were sent before are void.
pub async fn invite(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: Id<User>,
    person: &Draft,
) -> Result<()> {
    let link = links::make(app, tx, now, Kind::Invite, id, None).await?;
    let letter = mails::Letter {
        to: &person.email,
        to_name: Some(&person.name),
        lang: person.locale,
        // It is about no company's work, and whoever may read a company's mails need not read this one.
        company_id: None,
        record: Some(("users", id.uuid())),
        template: "users/emails/invitation",
        subject: Message::new("invitation-subject"),
        link: Some(&link),
        view: context! {
            name => person.name.as_str(),
            email => person.email.as_str(),
            company => person.company.as_ref().map(|company| company.name.as_str()),
            expires_at => link.expires_at.to_rfc3339(),
        },
    };
    mails::queue(app, tx, now, letter).await?;
    Ok(())
}

/// To the address that the account had until now.
pub async fn address_changed(
    cx: &Cx,
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &Person,
    new: &Email,
) -> Result<()> {
    let old = Email::parse(&person.email).map_err(Error::internal)?;
    let letter = mails::Letter {
        to: &old,
        to_name: Some(&person.name),
        lang: person.locale.unwrap_or(cx.lang),
        company_id: None,
        record: Some(("users", person.id.uuid())),
        template: "users/emails/address",
        subject: Message::new("mail-address-subject"),
        link: None,
        view: context! { name => person.name.as_str(), email => new.as_str() },
    };
    mails::queue(&cx.app, tx, now, letter).await?;
    Ok(())
}
