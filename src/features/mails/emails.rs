//! From a letter to a mail: drawn in the reader's language, kept, and its delivery promised.

use chrono::{DateTime, Utc};
use minijinja::{Value, context};
use uuid::Uuid;

use super::{
    jobs::Deliver,
    model::{Mail, State},
    queries,
};
use crate::{
    app::App,
    error::Result,
    features::links::{self, Link},
    platform::{db::Tx, i18n::Message, mail::Mode},
    types::{Email, Id, Lang},
};

/// What somebody is to be told.
pub struct Letter<'a> {
    pub to: &'a Email,
    pub to_name: Option<&'a str>,
    pub lang: Lang,
    /// Whose log shows the mail.
    pub company_id: Option<Uuid>,
    /// `("services", id)`: where a failure is shown.
    pub record: Option<(&'static str, Uuid)>,
    /// `services/emails/reminder`: a `.txt` and an `.html` in `views/`.
    pub template: &'static str,
    pub subject: Message,
    /// The link that works once, whose URL the templates see as `link`.
    pub link: Option<&'a Link>,
    /// What the templates see. Text under `unsubscribe` is the URL by which the reader asks for no more of these.
    pub view: Value,
}

/// Characters that the columns hold.
const SUBJECT_MAX: usize = 400;
const NAME_MAX: usize = 200;

/// Whether mail goes anywhere: by SMTP, or into the development outbox.
#[must_use]
pub fn is_on(app: &App) -> bool {
    app.mailer.mode() != Mode::Off
}

/// Draws the letter, writes it down and promises its delivery, all in the transaction. With mail off it is only
/// written down, so that whoever looks sees what was not sent.
pub async fn queue(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    letter: Letter<'_>,
) -> Result<Id<Mail>> {
    queue_answerable(app, tx, now, letter, None).await
}

/// The same for a letter that is answered to somebody else than its sender.
pub async fn queue_answerable(
    app: &App,
    tx: &mut Tx,
    now: DateTime<Utc>,
    letter: Letter<'_>,
    reply_to: Option<&Email>,
) -> Result<Id<Mail>> {
    let lang = letter.lang;
    let subject = app.translations.message(lang, &letter.subject)?;
    let unsubscribe = letter
        .view
        .get_attr("unsubscribe")
        .ok()
        .and_then(|url| url.as_str().map(str::to_owned));
    let id: Id<Mail> = app.clock.new_id();
    let link = letter
        .link
        .map(|link| links::url_in_mail(app, link.kind, id.uuid()));
    let view = context! {
        link,
        mail => context! {
            subject => subject.as_str(),
            lang => lang.code(),
            base_url => app.config.base_url.as_str().trim_end_matches('/'),
            unsubscribe => unsubscribe.as_deref(),
        },
        ..letter.view
    };
    let draw = |extension: &str| {
        let name = format!("{}.{extension}", letter.template);
        app.templates.render(lang, &name, view.clone())
    };
    let mail = Mail {
        id,
        company_id: letter.company_id,
        record: letter.record.map(|(noun, _)| noun.to_owned()),
        record_id: letter.record.map(|(_, id)| id),
        to_name: letter
            .to_name
            .map(|name| one_line(name, NAME_MAX))
            .filter(|name| !name.is_empty()),
        to_address: letter.to.as_str().to_owned(),
        lang,
        subject: one_line(&subject, SUBJECT_MAX),
        text: draw("txt")?,
        html: draw("html")?,
        unsubscribe,
        state: State::Queued,
        error: None,
        attempts: 0,
        sent_at: None,
        resent_of: None,
        reply_to: reply_to.map(|address| address.as_str().to_owned()),
        created_at: now,
    };
    if let Some(link) = letter.link {
        links::attach(tx, link.id, mail.id.uuid()).await?;
    }
    promise(app, tx, mail).await
}

/// Keeps a mail that was drawn, and promises its delivery if there is any.
pub(super) async fn promise(app: &App, tx: &mut Tx, mut mail: Mail) -> Result<Id<Mail>> {
    let is_on = is_on(app);
    mail.state = if is_on { State::Queued } else { State::Off };
    queries::insert(tx, &mail).await?;
    if is_on {
        let job = Deliver {
            mail_id: mail.id.uuid(),
        };
        app.jobs.enqueue(tx, &job).await?;
    }
    Ok(mail.id)
}

/// What people typed may hold line ends; a subject and a name do not.
fn one_line(text: &str, max: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(max).collect()
}
