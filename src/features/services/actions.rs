//! What the office and the clock do to services, each in one transaction with its audit rows.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    form::{Saved, ServiceForm},
    model::{Draft, Outcome, Service, Status, due_steps, next, next_from},
    queries::{self, Recipient, Standing},
};
use crate::{
    app::App,
    cache::DASHBOARD,
    error::{Error, Result},
    features::{
        companies::{
            change::{Back, BroughtBack, Change},
            model::{Company, changes},
        },
        mails::{self, Letter},
    },
    platform::{
        audit::{self, Actor, Changes},
        db::Tx,
        i18n::Message,
    },
    types::{Id, date},
    web::{access::Scope, cx::Cx},
};

/// The new service's URL; the same URL again for a second submission of the same form.
pub async fn create(
    cx: &Cx,
    company: Id<Company>,
    form: &ServiceForm,
    draft: &Draft,
    body: &[u8],
) -> Result<String> {
    let mut change = Change::within(cx, company).await?.counted();
    let id: Id<Service> = cx.app.clock.new_id();
    let location = format!("/services/{id}");
    if let Some(earlier) = change.claim(&form.form_key, body, &location).await? {
        return Ok(earlier);
    }
    queries::insert(&mut change.tx, id, company, draft, change.now).await?;
    let texts = draft.texts();
    change
        .commit(
            "services.create",
            id.uuid(),
            &changes(&[], &draft.fields(&texts)),
        )
        .await?;
    tracing::info!(service_id = %id, "service_created");
    Ok(location)
}

/// A change to a live service: its company is locked first, as every change to a company's things does it.
async fn change_to(cx: &Cx, id: Id<Service>) -> Result<(Change<'_>, Service)> {
    let company = {
        let mut conn = cx.read().await?;
        queries::company_of(&mut conn, cx.scope()?, id).await?
    };
    let mut change = Change::within(cx, company).await?.counted();
    let service = queries::find_to_change(&mut change.tx, cx.scope()?, id).await?;
    Ok((change, service))
}

pub async fn update(cx: &Cx, id: Id<Service>, version: i64, draft: &Draft) -> Result<()> {
    let (mut change, service) = change_to(cx, id).await?;
    queries::update(&mut change.tx, id, version, draft, change.now).await?;
    let before = service.draft();
    let (before_texts, texts) = (before.texts(), draft.texts());
    let changes = changes(&before.fields(&before_texts), &draft.fields(&texts));
    change.commit("services.update", id.uuid(), &changes).await
}

/// Makes a field again what it was.
pub async fn bring_back(cx: &Cx, id: Id<Service>, back: &Back<'_>) -> Result<BroughtBack> {
    let mut conn = cx.read().await?;
    let service = queries::find(&mut conn, cx.scope()?, id).await?;
    let saved = Saved {
        service: &service,
        renewed_until: queries::renewed_until(&mut conn, id).await?,
    };
    drop(conn);
    let draft = service.draft();
    if let Some(hindered) = back.hindered(&draft.fields(&draft.texts()), service.version) {
        return Ok(hindered);
    }
    let form = ServiceForm::of(&service, cx.lang).with(back.field, back.typed());
    match form.check(cx.lang, cx.app.clock.today(), Some(saved)) {
        Ok(draft) => {
            update(cx, id, service.version, &draft).await?;
            Ok(BroughtBack::Done)
        }
        Err(errors) => Ok(BroughtBack::Refused(errors)),
    }
}

/// From now on it renews nothing. Returns it as it was.
pub async fn cancel(cx: &Cx, id: Id<Service>, version: i64) -> Result<Service> {
    let (change, service) = change_to(cx, id).await?;
    if service.status != Status::Active {
        return Err(Error::Conflict);
    }
    let standing = Standing {
        status: Status::Cancelled,
        cancelled_on: Some(cx.app.clock.today()),
        renews_on: service.renews_on,
    };
    stand(change, &service, version, &standing, "services.cancel").await?;
    Ok(service)
}

/// It goes on from its next renewal: what fell into the time without it is not made up for.
pub async fn resume(cx: &Cx, id: Id<Service>, version: i64) -> Result<Service> {
    let (change, service) = change_to(cx, id).await?;
    if service.status == Status::Active {
        return Err(Error::Conflict);
    }
    let today = cx.app.clock.today();
    let standing = Standing {
        status: Status::Active,
        cancelled_on: None,
        renews_on: service
            .renews_on
            .and_then(|date| next_from(service.anchor_day, date, service.cycle, today)),
    };
    stand(change, &service, version, &standing, "services.resume").await?;
    Ok(service)
}

async fn stand(
    mut change: Change<'_>,
    service: &Service,
    version: i64,
    standing: &Standing,
    action: &'static str,
) -> Result<()> {
    queries::set_standing(&mut change.tx, service.id, version, standing, change.now).await?;
    let text = |date: Option<NaiveDate>| date.map(|date| date.to_string());
    let (renewed_before, renewed_after) = (text(service.renews_on), text(standing.renews_on));
    let changes = Changes::new()
        .field(
            "status",
            Some(service.status.as_str()),
            Some(standing.status.as_str()),
        )
        .field(
            "renews_on",
            renewed_before.as_deref(),
            renewed_after.as_deref(),
        );
    change.commit(action, service.id.uuid(), &changes).await
}

/// Returns it as it was.
pub async fn trash(cx: &Cx, id: Id<Service>, version: i64) -> Result<Service> {
    let (mut change, service) = change_to(cx, id).await?;
    queries::trash(&mut change.tx, id, version, change.now).await?;
    let named = Changes::new().field("name", None, Some(&service.name));
    change.commit("services.trash", id.uuid(), &named).await?;
    Ok(service)
}

pub async fn restore(cx: &Cx, id: Id<Service>, version: i64) -> Result<Service> {
    let company = {
        let mut conn = cx.read().await?;
        queries::company_of_trashed(&mut conn, cx.scope()?, id).await?
    };
    let mut change = Change::within(cx, company).await?.counted();
    queries::restore(&mut change.tx, id, version, change.now).await?;
    let service = queries::find(&mut change.tx, cx.scope()?, id).await?;
    let named = Changes::new().field("name", None, Some(&service.name));
    change.commit("services.restore", id.uuid(), &named).await?;
    Ok(service)
}

/// Notes that someone took the list away as a file.
pub async fn record_export(cx: &Cx, query: &str) -> Result<()> {
    let now = cx.app.clock.now();
    let changes = Changes::new().field("filter", None, Some(query));
    let mut tx = cx.begin().await?;
    let actor = cx.actor();
    audit::record(
        &mut tx,
        now,
        &actor,
        "services.export",
        None,
        None,
        &changes,
    )
    .await?;
    tx.commit().await
}

// ---- what the clock does

/// Deletes a service for good that has been in the trash since before a moment.
pub async fn purge(
    app: &App,
    id: Id<Service>,
    company: Id<Company>,
    before: DateTime<Utc>,
) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(name) = queries::purge(&mut tx, company, id, before).await? else {
        return Ok(());
    };
    audit::record(
        &mut tx,
        now,
        &Actor::default(),
        "services.purge",
        Some(id.uuid()),
        Some(company.uuid()),
        &Changes::new().field("name", Some(&name), None),
    )
    .await?;
    tx.commit().await?;
    tracing::info!(service_id = %id, "service_purged");
    Ok(())
}

/// A moment of the daily run, in Istanbul and for the record.
#[derive(Clone, Copy)]
pub struct Today {
    pub date: NaiveDate,
    pub now: DateTime<Utc>,
}

/// Makes every renewal of the service that is due, and tells what is to be told. A service that is gone, in the trash or
/// cancelled by now is left alone.
pub async fn renew(app: &App, tx: &mut Tx, today: Today, id: Id<Service>) -> Result<()> {
    let company = match queries::company_of(tx, Scope::All, id).await {
        Ok(company) => company,
        Err(Error::NotFound) => return Ok(()),
        Err(other) => return Err(other),
    };
    // In the order in which the office locks them.
    let locked = crate::features::companies::queries::find_to_change(tx, Scope::All, company).await;
    let service = match locked {
        Ok(_) => queries::find_to_change(tx, Scope::All, id).await,
        Err(error) => Err(error),
    };
    let service = match service {
        Ok(service) if service.status == Status::Active => service,
        Ok(_) | Err(Error::NotFound) => return Ok(()),
        Err(other) => return Err(other),
    };
    let Some(renews_on) = service.renews_on else {
        return Ok(());
    };
    let recipient = queries::recipient(tx, Scope::All, company).await?;
    let teller = Teller {
        app,
        today,
        service: &service,
        recipient: recipient.as_ref(),
    };
    let (renewed, current) = teller.renew(tx, renews_on).await?;
    if let Some((last, earlier)) = renewed.split_last() {
        for period in earlier {
            teller.pass(tx, *period).await?;
        }
        teller.remind(tx, *last).await?;
    }
    teller.remind(tx, current).await
}

/// One service on one day.
struct Teller<'a> {
    app: &'a App,
    today: Today,
    service: &'a Service,
    recipient: Option<&'a Recipient>,
}

impl Teller<'_> {
    /// The periods that began up to today, and the day of the next renewal.
    async fn renew(&self, tx: &mut Tx, first: NaiveDate) -> Result<(Vec<NaiveDate>, NaiveDate)> {
        let (service, now) = (self.service, self.today.now);
        let mut renewed = Vec::new();
        let mut start = first;
        while start <= self.today.date {
            let Some(following) = next(service.anchor_day, start, service.cycle) else {
                return Err(Error::internal("a day that no calendar has"));
            };
            let end = following.pred_opt().unwrap_or(start);
            let id = self.app.clock.new_uuid();
            if queries::insert_renewal(tx, id, service, (start, end), now).await? {
                let (from, to) = (start.to_string(), following.to_string());
                let moved = Changes::new()
                    .field("renews_on", Some(&from), Some(&to))
                    .field("price", None, Some(&service.price().to_string()));
                self.note(tx, &moved).await?;
                tracing::info!(service_id = %service.id, "service_renewed");
            }
            renewed.push(start);
            start = following;
        }
        if start != first {
            let standing = Standing {
                status: service.status,
                cancelled_on: service.cancelled_on,
                renews_on: Some(start),
            };
            queries::set_standing(tx, service.id, service.version, &standing, now).await?;
            self.app.cache.drops(tx, [DASHBOARD]);
        }
        Ok((renewed, start))
    }

    async fn note(&self, tx: &mut Tx, changes: &Changes) -> Result<()> {
        audit::record(
            tx,
            self.today.now,
            &Actor::default(),
            "services.renew",
            Some(self.service.id.uuid()),
            Some(self.service.company_id.uuid()),
            changes,
        )
        .await
    }

    /// Of the steps that are due the most urgent one is told, unless it was; the others have passed.
    async fn remind(&self, tx: &mut Tx, renews_on: NaiveDate) -> Result<()> {
        for (step, is_told) in self.due(tx, renews_on).await? {
            let outcome = if is_told {
                self.tell(tx, renews_on, step).await?
            } else {
                (Outcome::Passed, None)
            };
            self.keep(tx, (renews_on, step), outcome).await?;
        }
        Ok(())
    }

    /// A period that another one has overtaken while nobody ran: nothing of it is told.
    async fn pass(&self, tx: &mut Tx, renews_on: NaiveDate) -> Result<()> {
        for (step, _) in self.due(tx, renews_on).await? {
            self.keep(tx, (renews_on, step), (Outcome::Passed, None))
                .await?;
        }
        Ok(())
    }

    async fn due(&self, tx: &mut Tx, renews_on: NaiveDate) -> Result<Vec<(i64, bool)>> {
        let noted = queries::steps_noted(tx, self.service.id, renews_on).await?;
        Ok(due_steps(renews_on, self.today.date, &noted))
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        step: (NaiveDate, i64),
        outcome: (Outcome, Option<uuid::Uuid>),
    ) -> Result<()> {
        let id = self.app.clock.new_uuid();
        queries::insert_reminder(tx, id, self.service.id, step, outcome, self.today.now).await
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        renews_on: NaiveDate,
        step: i64,
    ) -> Result<(Outcome, Option<uuid::Uuid>)> {
        let Some(to) = self.recipient else {
            tracing::warn!(service_id = %self.service.id, step, "reminder_without_an_address");
            return Ok((Outcome::NoAddress, None));
        };
        if !mails::is_on(self.app) {
            return Ok((Outcome::MailOff, None));
        }
        let service = self.service;
        let is_past = renews_on < self.today.date;
        let subject = if is_past {
            Message::new("reminder-subject-past")
        } else if step == 0 {
            Message::new("reminder-subject-today")
        } else {
            Message::new("reminder-subject")
        };
        let letter = Letter {
            to: &to.email,
            to_name: to.name.as_deref(),
            lang: to.lang,
            company_id: Some(service.company_id.uuid()),
            record: Some(("services", service.id.uuid())),
            template: "services/emails/reminder",
            link: None,
            subject: subject
                .arg("name", &service.name)
                .arg("date", date::format_date(renews_on, to.lang)),
            view: minijinja::context! {
                person => to.name.clone(),
                company => service.company.clone(),
                service => service.name.clone(),
                kind => service.kind.as_str(),
                price => service.price().to_string(),
                cycle => service.cycle.as_str(),
                renews_on => renews_on.to_string(),
                days => (renews_on - self.today.date).num_days(),
                is_past => is_past,
                unsubscribe => format!(
                    "mailto:{}?subject=unsubscribe",
                    self.app.config.mail().from.as_str()
                ),
            },
        };
        let mail = mails::queue(self.app, tx, self.today.now, letter).await?;
        Ok((Outcome::Mailed, Some(mail.uuid())))
    }
}
