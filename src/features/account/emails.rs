//! What is told to somebody about the own account, in the language of whoever reads it.

use chrono::{DateTime, Utc};
use minijinja::{Value, context};

use super::model::{Holder, Person};
use crate::{
    app::App,
    error::{Error, Result},
    features::{
        links::Link,
        mails::{self, Letter},
    },
    platform::{db::Tx, i18n::Message},
    types::{Email, Lang},
};

/// A mail in the making: the transaction that it belongs to, and when.
pub struct Post<'a> {
    pub app: &'a App,
    pub tx: &'a mut Tx,
    pub now: DateTime<Utc>,
    /// For people who never chose one.
    pub lang: Lang,
}

impl Post<'_> {
    /// The way to another password.
    pub async fn reset(&mut self, person: &Person, link: &Link) -> Result<()> {
        let to = address(&person.email)?;
        let subject = Message::new("mail-reset-subject");
        let view = context! { name => person.name.as_str() };
        let letter = self.letter(person, &to, "account/emails/reset", subject, view);
        let link = Some(link);
        self.send(Letter { link, ..letter }).await
    }

    pub async fn password_changed(&mut self, person: &Person) -> Result<()> {
        let to = address(&person.email)?;
        let subject = Message::new("mail-password-subject");
        let view = context! { name => person.name.as_str(), at => self.now.to_rfc3339() };
        let letter = self.letter(person, &to, "account/emails/password", subject, view);
        self.send(letter).await
    }

    /// To the new address, which whoever reads it there makes the account's own.
    pub async fn confirm_address(
        &mut self,
        person: &Person,
        new: &Email,
        link: &Link,
    ) -> Result<()> {
        let subject = Message::new("mail-confirm-subject");
        let view = context! { name => person.name.as_str() };
        let letter = self.letter(person, new, "account/emails/confirm", subject, view);
        let link = Some(link);
        self.send(Letter { link, ..letter }).await
    }

    /// To an address that is somebody's already: nothing of who asked is told.
    pub async fn address_taken(&mut self, holder: &Holder, taken: &Email) -> Result<()> {
        let letter = Letter {
            to: taken,
            to_name: None,
            lang: holder.locale.unwrap_or(self.lang),
            company_id: None,
            record: Some(("users", holder.id.uuid())),
            template: "account/emails/taken",
            subject: Message::new("mail-taken-subject"),
            link: None,
            view: context! {},
        };
        self.send(letter).await
    }

    /// To the address that the account has now.
    pub async fn address_asked(&mut self, person: &Person, new: &Email) -> Result<()> {
        let to = address(&person.email)?;
        let subject = Message::new("mail-asked-subject");
        let view = context! { name => person.name.as_str(), email => new.as_str() };
        let letter = self.letter(person, &to, "account/emails/asked", subject, view);
        self.send(letter).await
    }

    /// To the address that was the account's until now.
    pub async fn address_changed(&mut self, person: &Person, new: &Email) -> Result<()> {
        let to = address(&person.email)?;
        let subject = Message::new("mail-address-subject");
        let view = context! { name => person.name.as_str(), email => new.as_str() };
        let letter = self.letter(person, &to, "account/emails/address", subject, view);
        self.send(letter).await
    }

    fn letter<'a>(
        &self,
        person: &'a Person,
        to: &'a Email,
        template: &'static str,
        subject: Message,
        view: Value,
    ) -> Letter<'a> {
        Letter {
            to,
            to_name: Some(&person.name),
            lang: person.locale.unwrap_or(self.lang),
            // The person's own affair: no company's log shows it.
            company_id: None,
            record: Some(("users", person.id.uuid())),
            template,
            subject,
            link: None,
            view,
        }
    }

    async fn send(&mut self, letter: Letter<'_>) -> Result<()> {
        mails::queue(self.app, self.tx, self.now, letter).await?;
        Ok(())
    }
}

fn address(stored: &str) -> Result<Email> {
    Email::parse(stored).map_err(Error::internal)
}
