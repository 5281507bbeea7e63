//! Notices to the owner: whatever happens to a second factor, whoever did it, the owner reads of it.

use chrono::{DateTime, Utc};
use minijinja::{Value, value::Serde};

use super::model::{Person, Proof};
use crate::{
    app::App,
    error::{Error, Result},
    features::mails::{self, Letter},
    platform::{db::Tx, i18n::Message},
    types::{Email, Lang},
};

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    On,
    Off,
    /// An administrator took it away.
    Reset,
    /// New recovery codes replaced the old ones.
    Codes,
    Used(Proof),
}

impl Event {
    /// The subject, and the sentence that says it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::On => ("second-factor-subject-on", "second-factor-mail-on"),
            Self::Off => ("second-factor-subject-off", "second-factor-mail-off"),
            Self::Reset => ("second-factor-subject-reset", "second-factor-mail-reset"),
            Self::Codes => ("second-factor-subject-codes", "second-factor-mail-codes"),
            Self::Used(_) => ("second-factor-subject-used", "second-factor-mail-used"),
        }
    }
}

/// In the owner's language, or in `lang` for those who never chose one; an app's code that signs somebody in is no news.
pub async fn tell(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    lang: Lang,
    person: &Person,
    event: Event,
) -> Result<()> {
    let left = match event {
        Event::Used(Proof::Code) => return Ok(()),
        Event::Used(Proof::Recovery(left)) => Some(left),
        _ => None,
    };
    let (subject, text) = event.words();
    let to = Email::parse(&person.email)
        .map_err(|_| Error::internal("a user without an e-mail address"))?;
    let letter = Letter {
        to: &to,
        to_name: Some(&person.name),
        lang: person.locale.unwrap_or(lang),
        // The person's own affair: no company's log shows it.
        company_id: None,
        record: Some(("users", person.id.uuid())),
        template: "second_factor/emails/notice",
        subject: Message::new(subject),
        link: None,
        view: minijinja::context! {
            person => person.name.as_str(),
            what => Value::from(Serde(Message::new(text))),
            at => now.to_rfc3339(),
            left,
        },
    };
    mails::queue(app, tx, now, letter).await?;
    Ok(())
}
