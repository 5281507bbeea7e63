//! The invitation: the one mail that a user gets from those who look after them.

use chrono::{DateTime, Utc};
use minijinja::context;

use super::model::Draft;
use crate::{
    app::App,
    error::Result,
    features::{
        links::{self, Kind},
        mails,
    },
    platform::{db::Tx, i18n::Message},
    types::Id,
    web::session::User,
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
