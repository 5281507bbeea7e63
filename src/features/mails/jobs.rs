//! The delivery of one mail: again after what passes, never again after the server's last word.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    model::{Mail, State},
    queries,
};
use crate::{
    app::App,
    error::Result,
    features::links,
    platform::{
        db::Tx,
        jobs::{DISCARDED, Done, Failure, Job, Policy, Work},
        mail::{Cause, Envelope, Refused, Trouble},
    },
    types::{Email, Id},
};

#[derive(Serialize, Deserialize)]
pub struct Deliver {
    pub mail_id: Uuid,
}

impl Job for Deliver {
    type App = App;

    const KIND: &'static str = "mails.deliver";
    const POLICY: Policy = Policy {
        attempts: 12,
        // The mailer bounds its part by itself; the rest is for a database that takes its time, before and after.
        timeout: Duration::from_secs(30),
        at_once: 4,
        first_pause: Duration::from_secs(30),
        last_pause: Duration::from_hours(4),
        ..Policy::DEFAULT
    };

    async fn run(self, app: App, work: Work) -> std::result::Result<Done, Failure> {
        let mut conn = app.db.read().await?;
        let Some(mail) = queries::any(&mut conn, Id::from_uuid(self.mail_id)).await? else {
            return Ok(work.done());
        };
        if mail.state == State::Sent {
            return Ok(work.done());
        }
        let may_go = queries::may_go(&mut conn, &mail).await?;
        let texts = [mail.text.as_str(), mail.html.as_str()];
        let filled = links::fill(&app, &mut conn, self.mail_id, texts, app.clock.now()).await?;
        // A mail server may take its time; the connection is for others meanwhile.
        drop(conn);
        match filled {
            Some([text, html]) if may_go && super::is_on(&app) => {
                deliver(&app, &work, &Mail { text, html, ..mail }).await
            }
            _ => put_aside(&app, &work, &mail).await,
        }
    }

    /// What the server said is with the mail already; where it said nothing, the worker died or was cut, or somebody
    /// discarded the job.
    async fn gave_up(&self, tx: &mut Tx, now: DateTime<Utc>, error: &str) -> Result<()> {
        let id = Id::from_uuid(self.mail_id);
        let trouble = if error == DISCARDED {
            Trouble::Discarded
        } else {
            Trouble::Interrupted
        };
        queries::failed(tx, id, trouble.as_str(), now).await
    }
}

/// `off`, not `queued`: nothing will send it by itself any more, not even when its company comes back from the trash,
/// where old news would surprise the reader. Whoever still wants it sent has the log.
async fn put_aside(app: &App, work: &Work, mail: &Mail) -> std::result::Result<Done, Failure> {
    let mut tx = work.begin().await?;
    queries::not_tried(&mut tx, mail.id, app.clock.now()).await?;
    work.commit(tx).await
}

async fn deliver(app: &App, work: &Work, mail: &Mail) -> std::result::Result<Done, Failure> {
    let mail_id = mail.id;
    let answer = send(app, mail).await;
    let attempts = mail.attempts + 1;
    let mut tx = work.begin().await?;
    // Who was taken for dead has nothing to say of a mail that somebody else delivers or has given up.
    work.hold(&mut tx).await?;
    match answer {
        Ok(_) => {
            queries::sent(&mut tx, mail.id, attempts, app.clock.now()).await?;
            let done = work.commit(tx).await?;
            tracing::info!(%mail_id, attempts, "mail_sent");
            Ok(done)
        }
        Err(refused) => {
            let cause = refused.cause();
            queries::refused(&mut tx, mail.id, attempts, cause.kept(), app.clock.now()).await?;
            tx.commit().await?;
            let error = cause.to_string();
            let is_final = matches!(refused, Refused::Final(_));
            tracing::warn!(%mail_id, attempts, error, is_final, "mail_failed");
            Err(if is_final {
                Failure::Dead(error)
            } else {
                Failure::Retry(error)
            })
        }
    }
}

async fn send(app: &App, mail: &Mail) -> std::result::Result<String, Refused> {
    let to = Email::parse(&mail.to_address).map_err(|_| {
        Refused::Final(Cause::Trouble(
            Trouble::Message,
            "its address is none".into(),
        ))
    })?;
    let reply_to = mail
        .reply_to
        .as_deref()
        .and_then(|address| Email::parse(address).ok());
    let envelope = Envelope {
        id: mail.id.uuid(),
        at: mail.created_at,
        lang: mail.lang,
        to: &to,
        to_name: mail.to_name.as_deref(),
        reply_to: reply_to.as_ref(),
        subject: &mail.subject,
        text: &mail.text,
        html: &mail.html,
        unsubscribe: mail.unsubscribe.as_deref(),
    };
    app.mailer.send(&envelope).await
}
