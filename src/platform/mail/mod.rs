//! Mail on its way out: over SMTP, into a folder in development, or nowhere.

mod compose;
mod outbox;
mod server;
mod smtp;

use std::{fmt, path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::smtp::Smtp;
pub use self::{
    outbox::Outbox,
    server::{Login, Root, Server, TIMEOUT, Tls, roots},
};
use crate::{
    error::Result,
    types::{Email, Lang, choice},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Parts>);

struct Parts {
    from: Email,
    host: String,
    way: Way,
}

enum Way {
    Smtp(Box<Smtp>),
    Outbox(Outbox),
    Off,
}

pub struct Settings {
    pub server: Option<Server>,
    pub from: Email,
    /// What Message-IDs end with, and what the server is told who we are.
    pub host: String,
    /// Where mail goes without a server; nowhere if unset.
    pub outbox: Option<PathBuf>,
}

choice! {
    /// Where mail goes.
    pub enum Mode {
        Smtp = "smtp",
        Outbox = "outbox",
        Off = "off",
    }
}

/// One mail to one person.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// The same for each attempt to send the mail, and so is its Message-ID.
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub lang: Lang,
    pub to: &'a Email,
    pub to_name: Option<&'a str>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<&'a Email>,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// Where the reader can ask for no more of these.
    pub unsubscribe: Option<&'a str>,
}

choice! {
    /// What came between us and an answer to the mail.
    pub enum Trouble {
        TimedOut = "timed_out",
        Connection = "connection",
        Tls = "tls",
        /// The server speaks something that is not SMTP, or lacks what is needed.
        Protocol = "protocol",
        /// What was to be sent is no mail.
        Message = "message",
        /// Whatever ran the attempt did not come to its end.
    Interrupted = "interrupted",
        /// An administrator does not want it sent any more.
        Discarded = "discarded",
        Off = "off",
    }
}

/// Why a mail did not go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It may go out later.
    Passing(Cause),
    /// It never will.
    Final(Cause),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server's words, code first. They often hold addresses.
    Reply { code: u16, words: String },
    /// With details for the log, free of addresses.
    Trouble(Trouble, String),
}

impl Cause {
    /// As it is kept with the mail: the server's words, or a `Trouble`.
    #[must_use]
    pub fn kept(&self) -> &str {
        match self {
            Self::Reply { words, .. } => words,
            Self::Trouble(trouble, _) => trouble.as_str(),
        }
    }
}

/// For logs: without the server's words.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { code, .. } => write!(f, "the mail server answered {code}"),
            Self::Trouble(trouble, details) => write!(f, "{trouble}: {details}"),
        }
    }
}

impl Refused {
    #[must_use]
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Passing(cause) | Self::Final(cause) => cause,
        }
    }

    fn passing(trouble: Trouble, details: impl fmt::Display) -> Self {
        Self::Passing(Cause::Trouble(trouble, details.to_string()))
    }

    fn never(details: &str) -> Self {
        Self::Final(Cause::Trouble(Trouble::Message, details.to_owned()))
    }
}

impl Mailer {
    pub fn new(settings: Settings) -> Result<Self> {
        let way = match (settings.server, settings.outbox) {
            (Some(server), _) => Way::Smtp(Box::new(Smtp::new(server, &settings.host)?)),
            (None, Some(folder)) => Way::Outbox(Outbox::new(folder)),
            (None, None) => Way::Off,
        };
        Ok(Self(Arc::new(Parts {
            from: settings.from,
            host: settings.host,
            way,
        })))
    }

    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.0.way {
            Way::Smtp(_) => Mode::Smtp,
            Way::Outbox(_) => Mode::Outbox,
            Way::Off => Mode::Off,
        }
    }

    /// Where mail lies in development.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        match &self.0.way {
            Way::Outbox(outbox) => Some(outbox),
            _ => None,
        }
    }

    /// One attempt, bounded in time; the server's last words if it took the mail.
    pub async fn send(&self, mail: &Envelope<'_>) -> std::result::Result<String, Refused> {
        let message = compose::message(&self.0.from, &self.0.host, mail)?;
        match &self.0.way {
            Way::Smtp(smtp) => smtp.send(&self.0.from, mail.to, &message).await,
            Way::Outbox(outbox) => match outbox.put(mail.id, &message).await {
                Ok(()) => Ok(String::new()),
                Err(error) => Err(Refused::passing(Trouble::Connection, error)),
            },
            Way::Off => Err(Refused::passing(Trouble::Off, "there is no mail server")),
        }
    }
}
