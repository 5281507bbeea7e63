//! Demo data: an office, its year, and a small cast that the tests know by name.

use std::{collections::HashMap, path::Path};

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    app::App,
    error::{Error, Result},
    features::{
        activities,
        companies::{
            self,
            model::{Company, DangerClass, Draft, Source, Status, changes},
        },
        contact::{self, form::ContactForm, queries::Sender},
        contacts,
        images::{self, actions::Stored},
        messages::{
            self,
            model::{NewReply, State},
        },
        notes,
        posts::change::Hand,
        services::{
            self,
            model::{Cycle, Outcome},
            queries::Standing,
        },
        transfer, users,
    },
    platform::{
        audit::{self, Actor},
        clock::random,
        db::{Tx, WAIT_OFFLINE},
        embedded, passwords,
    },
    sql,
    types::{Email, Id, Lang, Money, date},
    web::{
        access::{Role, Scope},
        session::User,
    },
};

/// Everybody in the cast has this one.
pub const PASSWORD: &str = "prosektor-demo";

const STORY: &str = include_str!("../seeds/demo.json");
const MESSAGES: &str = include_str!("../seeds/messages.json");

#[derive(Deserialize)]
struct Story {
    users: Vec<Person>,
    companies: Vec<Firm>,
}

#[derive(Deserialize)]
struct Person {
    key: String,
    name: String,
    email: String,
    role: String,
    company: Option<String>,
}

#[derive(Deserialize)]
struct Firm {
    slug: String,
    name: String,
    tax_id: Option<String>,
    tax_office: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    nace_code: Option<String>,
    danger_class: Option<String>,
    source: Option<String>,
    status: String,
    created_days_ago: i64,
    contacts: Vec<Human>,
    notes: Vec<Remark>,
    activities: Vec<Doing>,
    services: Vec<Subscription>,
}

/// `renews_in_days` after today, and so many periods after its start; what is paid once has its start instead.
#[derive(Deserialize)]
struct Subscription {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    price: String,
    currency: String,
    cycle: String,
    renews_in_days: Option<u64>,
    #[serde(default)]
    started_days_ago: u64,
    periods: u32,
    cancelled_days_ago: Option<u64>,
    notes: Option<String>,
}

#[derive(Deserialize)]
struct Human {
    name: String,
    title: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    is_primary: bool,
}

#[derive(Deserialize)]
struct Remark {
    body: String,
    pinned: bool,
    days_ago: i64,
    author: String,
}

#[derive(Deserialize)]
struct Doing {
    kind: String,
    title: String,
    body: Option<String>,
    due_in_days: Option<i64>,
    done_days_ago: Option<i64>,
    author: String,
    days_ago: i64,
}

/// What somebody wrote through the contact form, and what became of it.
#[derive(Deserialize)]
struct Written {
    #[serde(flatten)]
    form: ContactForm,
    lang: Lang,
    state: State,
    hours_ago: i64,
    /// Of the office, an hour later.
    reply: Option<String>,
}

/// Whether the demo cast can sign in here. A database that cannot be asked has to be asked by each page anyway.
pub async fn is_told(app: &App) -> bool {
    let count = async {
        let mut conn = app.db.read().await?;
        conn.number(sql!(
            "select count(*) from users where email like '%@demo.test'"
        ))
        .await
    };
    count.await.is_ok_and(|count| count > 0)
}

/// Fills an empty database; one that holds anybody or anything is left alone. Says whether it did anything.
pub async fn run(app: &App) -> Result<bool> {
    let story: Story = serde_json::from_str(STORY).map_err(Error::internal)?;
    let known = app
        .db
        .read()
        .await?
        .number(sql!(
            "select (select count(*) from users) + (select count(*) from companies)"
        ))
        .await?;
    if known > 0 {
        return Ok(false);
    }
    let mut hashes = HashMap::new();
    for person in &story.users {
        hashes.insert(person.key.as_str(), passwords::hash_now(PASSWORD)?);
    }
    let mut tx = app.db.begin().await?;
    tx.set_wait(WAIT_OFFLINE);
    match tell(&mut tx, app, &story, &hashes).await {
        Ok(()) => tx.commit().await.map(|()| true),
        // Another instance has told it meanwhile.
        Err(Error::Taken(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

async fn tell(tx: &mut Tx, app: &App, story: &Story, hashes: &HashMap<&str, String>) -> Result<()> {
    let now = app.clock.now();
    let begin = now - TimeDelta::days(400);
    let mut authors = HashMap::new();
    for person in story.users.iter().filter(|person| person.company.is_none()) {
        authors.insert(
            person.key.as_str(),
            add_person(tx, app, person, None, &hashes[person.key.as_str()], begin).await?,
        );
    }
    let office = authors
        .get("ofis")
        .copied()
        .ok_or_else(|| Error::internal("the story has no office"))?;
    let mut firms: HashMap<&str, Uuid> = HashMap::new();
    for (at, firm) in (0_i64..).zip(&story.companies) {
        let teller = Teller {
            now,
            at,
            office,
            authors: &authors,
        };
        firms.insert(&firm.slug, teller.firm(tx, firm).await?.uuid());
    }
    for person in &story.users {
        if let Some(slug) = &person.company {
            let company = firms.get(slug.as_str()).copied();
            add_person(
                tx,
                app,
                person,
                company,
                &hashes[person.key.as_str()],
                begin,
            )
            .await?;
        }
    }
    tell_posts(tx, app, office).await
}

/// When a demo post is published, so many days before today.
#[derive(Deserialize)]
struct Told {
    days_ago: i64,
}

/// Each at another hour of its day, those of the future scheduled.
async fn tell_posts(tx: &mut Tx, app: &App, office: Id<User>) -> Result<()> {
    let now = app.clock.now();
    for (at, (path, text)) in (0_i64..).zip(embedded::DEMO_POSTS) {
        let front = text.split("---\n").nth(1).unwrap_or_default();
        let told: Told = serde_saphyr::from_str(front).map_err(Error::internal)?;
        let mut item = transfer::from_markdown(text, Path::new(path))
            .map_err(|why| Error::internal(format!("{path}: {why:?}")))?;
        if item.status.is_none() {
            let minutes = TimeDelta::minutes((at * 53) % 420);
            let moment = now - TimeDelta::days(told.days_ago) - minutes;
            item.status = Some("published".into());
            item.published_at = Some(moment.to_rfc3339());
        }
        let actor = Actor {
            user_id: Some(office.uuid()),
            ..Actor::default()
        };
        let mut is_seen = false;
        let mut hand = Hand {
            app,
            tx,
            // What is still to come was written yesterday.
            now: now - TimeDelta::days(told.days_ago.max(1)),
            actor: &actor,
            is_seen: &mut is_seen,
        };
        transfer::import_within(&mut hand, item, office).await?;
    }
    Ok(())
}

/// A picture of the demo data, drawn for it, and the posts whose cover it is.
struct Cover {
    name: &'static str,
    bytes: &'static [u8],
    alt_en: &'static str,
    alt_tr: &'static str,
    slugs: &'static [&'static str],
}

const COVERS: &[Cover] = &[
    Cover {
        name: "helmet",
        bytes: include_bytes!("../seeds/images/helmet.jpg"),
        alt_en: "A yellow safety helmet",
        alt_tr: "Sarı bir baret",
        slugs: &[
            "near-miss-reports-people-write",
            "yazilan-ramak-kala-bildirimleri",
            "which-safety-records-an-inspector-asks-for",
            "mufettis-hangi-isg-kayitlarini-ister",
        ],
    },
    Cover {
        name: "pages",
        bytes: include_bytes!("../seeds/images/pages.jpg"),
        alt_en: "The same page on a large and on a small screen",
        alt_tr: "Aynı sayfa büyük ve küçük ekranda",
        slugs: &[
            "what-a-small-firms-website-is-for",
            "kucuk-bir-firmanin-web-sitesi-ne-ise-yarar",
            "pages-that-load-on-a-construction-site",
            "santiyede-acilan-sayfalar",
        ],
    },
    Cover {
        name: "backups",
        bytes: include_bytes!("../seeds/images/backups.jpg"),
        alt_en: "Three disks, one above the other",
        alt_tr: "Üst üste üç disk",
        slugs: &["backups-that-were-restored", "geri-donulmus-yedekler"],
    },
    Cover {
        name: "report",
        bytes: include_bytes!("../seeds/images/report.jpg"),
        alt_en: "A chart of five months, the fourth one highest",
        alt_tr: "Beş ayın grafiği, en yükseği dördüncü ay",
        slugs: &[
            "a-monthly-report-clients-read",
            "musterinin-okudugu-aylik-rapor",
        ],
    },
    Cover {
        name: "signpost",
        bytes: include_bytes!("../seeds/images/signpost.jpg"),
        alt_en: "A signpost with two arms",
        alt_tr: "İki kollu bir yön levhası",
        slugs: &["domain-names-and-who-owns-them", "alan-adi-kimin"],
    },
];

/// Gives demo posts their covers; the sizes are made by jobs.
pub async fn tell_covers(app: &App) -> Result<()> {
    for cover in COVERS {
        let words = images::model::Words {
            name: cover.name.into(),
            alt_en: cover.alt_en.into(),
            alt_tr: cover.alt_tr.into(),
        };
        let actor = Actor::default();
        let stored = images::actions::upload_by(app, actor, cover.bytes.to_vec(), words).await?;
        let Stored::Image(image) = stored else {
            return Err(Error::internal("a picture of the demo data was refused"));
        };
        let mut tx = app.db.begin().await?;
        for slug in cover.slugs {
            tx.execute(sql!(
                "update posts set cover_id = ?, cover_alt = case when lang = 'en' then ? else ? end where slug = ? and cover_id is null",
                image.id,
                cover.alt_en,
                cover.alt_tr,
                *slug
            ))
            .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Messages in the inbox, of which nobody is mailed.
pub async fn tell_messages(app: &App) -> Result<()> {
    let mut all: Vec<Written> = serde_json::from_str(MESSAGES).map_err(Error::internal)?;
    // The inbox is in the order of ids.
    all.sort_by_key(|written| -written.hours_ago);
    let mut tx = app.db.begin().await?;
    let (office,): (Uuid,) = tx
        .fetch_one(sql!("select id from users where email = 'ofis@demo.test'"))
        .await?;
    for written in &all {
        tell_message(&mut tx, app.clock.now(), office, written).await?;
    }
    tx.commit().await
}

async fn tell_message(
    tx: &mut Tx,
    now: DateTime<Utc>,
    office: Uuid,
    written: &Written,
) -> Result<()> {
    let at = now - TimeDelta::hours(written.hours_ago);
    let id = Id::new_v7(at, random());
    let draft = written
        .form
        .check()
        .map_err(|why| Error::internal(format!("a message of the demo data: {why:?}")))?;
    let sender = Sender {
        ip: Some("192.0.2.10".into()),
        user_agent: None,
        lang: written.lang,
    };
    contact::queries::insert(tx, id, &sender, &draft, &random(), at).await?;
    if written.state != State::New {
        messages::queries::set_state(tx, id, 1, written.state, at).await?;
    }
    if let Some(body) = &written.reply {
        let later = at + TimeDelta::hours(1);
        let reply = NewReply {
            id: Id::<()>::new_v7(later, random()).uuid(),
            author: office,
            body,
        };
        messages::queries::add_reply(tx, id, reply, later).await?;
    }
    Ok(())
}

async fn add_person(
    tx: &mut Tx,
    app: &App,
    person: &Person,
    company_id: Option<Uuid>,
    hash: &str,
    at: DateTime<Utc>,
) -> Result<Id<User>> {
    let user = users::NewUser {
        name: person.name.clone(),
        email: Email::parse(&person.email).map_err(Error::internal)?,
        password: String::new(),
        role: Role::parse(&person.role).map_err(Error::internal)?,
        company_id,
    };
    users::insert(tx, app, &user, hash, at).await
}

impl Subscription {
    fn draft(&self, today: NaiveDate) -> Result<services::model::Draft> {
        let cycle = Cycle::parse(&self.cycle).map_err(Error::internal)?;
        let renews_on = self.renews_in_days.map(|days| today + Days::new(days));
        let months = match cycle {
            Cycle::Yearly => 12,
            Cycle::Monthly | Cycle::Once => 1,
        };
        let started = today - Days::new(self.started_days_ago);
        let starts_on = renews_on.map_or(started, |date| {
            date - Months::new(self.periods.saturating_mul(months))
        });
        let price = Money::from_plain(&format!("{} {}", self.price, self.currency))
            .ok_or_else(|| Error::internal("the story has an odd price"))?;
        Ok(services::model::Draft {
            name: self.name.clone(),
            kind: services::model::Kind::parse(&self.kind).map_err(Error::internal)?,
            price,
            cycle,
            starts_on,
            anchor_day: renews_on.map_or(starts_on, |date| date).day().into(),
            renews_on,
            notes: self.notes.clone(),
        })
    }
}

/// The periods after the first one that began before the next renewal.
fn past_periods(draft: &services::model::Draft) -> Vec<(NaiveDate, NaiveDate)> {
    let step = |date| services::model::next(draft.anchor_day, date, draft.cycle);
    let mut periods = Vec::new();
    let mut start = step(draft.starts_on);
    while let (Some(begin), Some(until)) = (start, draft.renews_on) {
        let Some(end) = step(begin).filter(|_| begin < until) else {
            break;
        };
        periods.push((begin, end - Days::new(1)));
        start = Some(end);
    }
    periods
}

struct Teller<'a> {
    now: DateTime<Utc>,
    /// The firm's place in the story; moves its hours of the day apart.
    at: i64,
    office: Id<User>,
    authors: &'a HashMap<&'a str, Id<User>>,
}

impl Teller<'_> {
    /// Some hour of the working day that many days ago, never later than now.
    fn ago(&self, days: i64, step: i64) -> DateTime<Utc> {
        let minutes = (self.at * 37 + step * 11) % 480;
        (self.now - TimeDelta::days(days) - TimeDelta::minutes(minutes)).min(self.now)
    }

    fn author(&self, key: &str) -> Id<User> {
        self.authors.get(key).copied().unwrap_or(self.office)
    }

    async fn firm(&self, tx: &mut Tx, firm: &Firm) -> Result<Id<Company>> {
        let created = self.ago(firm.created_days_ago, 0);
        let id: Id<Company> = Id::new_v7(created, random());
        let draft = Draft {
            name: firm.name.clone(),
            tax_id: firm.tax_id.clone(),
            tax_office: firm.tax_office.clone(),
            email: firm.email.clone(),
            phone: firm.phone.clone(),
            address: firm.address.clone(),
            nace_code: firm.nace_code.clone(),
            danger_class: firm
                .danger_class
                .as_deref()
                .map(DangerClass::parse)
                .transpose()
                .map_err(Error::internal)?,
            source: firm
                .source
                .as_deref()
                .map(Source::parse)
                .transpose()
                .map_err(Error::internal)?,
            status: Status::parse(&firm.status).map_err(Error::internal)?,
        };
        companies::queries::insert(tx, id, &draft, created).await?;
        self.noted(
            tx,
            created,
            self.office,
            "companies.create",
            id.uuid(),
            id,
            &changes(&[], &draft.fields()),
        )
        .await?;
        for (human, step) in firm.contacts.iter().zip(1_i64..) {
            self.contact(tx, id, human, created + TimeDelta::minutes(step * 3))
                .await?;
        }
        for (remark, step) in firm.notes.iter().zip(1_i64..) {
            self.note(tx, id, remark, self.ago(remark.days_ago, step))
                .await?;
        }
        for (doing, step) in firm.activities.iter().zip(5_i64..) {
            self.activity(tx, id, doing, step).await?;
        }
        let is_reached = firm.email.is_some() || firm.contacts.iter().any(|it| it.email.is_some());
        for (subscription, step) in firm.services.iter().zip(20_i64..) {
            let at = self.ago(firm.created_days_ago, step).max(created);
            self.service(tx, (id, is_reached), subscription, at).await?;
        }
        Ok(id)
    }

    async fn contact(
        &self,
        tx: &mut Tx,
        company: Id<Company>,
        human: &Human,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let at = at.min(self.now);
        let id = Id::new_v7(at, random());
        let draft = contacts::model::Draft {
            name: human.name.clone(),
            title: human.title.clone(),
            phone: human.phone.clone(),
            email: human.email.clone(),
            is_primary: human.is_primary,
        };
        contacts::queries::insert(tx, id, company, &draft, at).await?;
        self.noted(
            tx,
            at,
            self.office,
            "contacts.create",
            id.uuid(),
            company,
            &changes(&[], &draft.fields()),
        )
        .await
    }

    async fn note(
        &self,
        tx: &mut Tx,
        company: Id<Company>,
        remark: &Remark,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let id = Id::new_v7(at, random());
        let author = self.author(&remark.author);
        let draft = notes::model::Draft {
            body: remark.body.clone(),
            pinned: remark.pinned,
        };
        notes::queries::insert(tx, id, company, author, &draft, at).await?;
        self.noted(
            tx,
            at,
            author,
            "notes.create",
            id.uuid(),
            company,
            &changes(&[], &draft.fields()),
        )
        .await
    }

    async fn activity(
        &self,
        tx: &mut Tx,
        company: Id<Company>,
        doing: &Doing,
        step: i64,
    ) -> Result<()> {
        let created = self.ago(doing.days_ago, step);
        let today = crate::types::date::istanbul_date(self.now);
        let due_on = doing
            .due_in_days
            .and_then(|days| match u64::try_from(days) {
                Ok(ahead) => today.checked_add_days(Days::new(ahead)),
                Err(_) => today.checked_sub_days(Days::new(days.unsigned_abs())),
            });
        let author = self.author(&doing.author);
        let id = Id::new_v7(created, random());
        let draft = activities::model::Draft {
            kind: activities::model::Kind::parse(&doing.kind).map_err(Error::internal)?,
            title: doing.title.clone(),
            body: doing.body.clone(),
            due_on,
            done: doing.done_days_ago.is_some(),
        };
        let done_at = doing
            .done_days_ago
            .map(|days| self.ago(days, step).max(created));
        activities::queries::insert(
            tx,
            id,
            company,
            author,
            &activities::model::Draft {
                done: false,
                ..draft.clone()
            },
            created,
        )
        .await?;
        self.noted(
            tx,
            created,
            author,
            "activities.create",
            id.uuid(),
            company,
            &changes(&[], &draft.fields(&draft.due_text())),
        )
        .await?;
        if let Some(done_at) = done_at {
            tx.execute(sql!(
                "update activities set done_at = ?, updated_at = ? where id = ?",
                done_at,
                done_at,
                id
            ))
            .await?;
        }
        Ok(())
    }

    async fn service(
        &self,
        tx: &mut Tx,
        (company, is_reached): (Id<Company>, bool),
        told: &Subscription,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let today = date::istanbul_date(self.now);
        let draft = told.draft(today)?;
        let id = Id::new_v7(at, random());
        services::queries::insert(tx, id, company, &draft, at).await?;
        let texts = draft.texts();
        let fields = changes(&[], &draft.fields(&texts));
        self.noted(
            tx,
            at,
            self.office,
            "services.create",
            id.uuid(),
            company,
            &fields,
        )
        .await?;
        let service = services::queries::find_to_change(tx, Scope::All, id).await?;
        let ended = told.cancelled_days_ago.map(|days| today - Days::new(days));
        let mut last = None;
        for (start, end) in past_periods(&draft) {
            if ended.is_none_or(|ended| start < ended) && start > today - Days::new(366) {
                let at = self.morning(start);
                let renewal = Id::<()>::new_v7(at, random()).uuid();
                services::queries::insert_renewal(tx, renewal, &service, (start, end), at).await?;
                last = Some(start);
            }
        }
        if let Some(ended) = ended {
            let standing = Standing {
                status: services::model::Status::Cancelled,
                cancelled_on: Some(ended),
                renews_on: draft.renews_on,
            };
            let at = self.morning(ended);
            return services::queries::set_standing(tx, id, 1, &standing, at).await;
        }
        for renews_on in last.into_iter().chain(draft.renews_on) {
            self.reminders(tx, id, is_reached, renews_on).await?;
        }
        Ok(())
    }

    /// The steps whose day has come, each as the daily run of that day would have noted it; but for the latest one of
    /// a renewal to come, which the next run will mail.
    async fn reminders(
        &self,
        tx: &mut Tx,
        id: Id<services::model::Service>,
        is_reached: bool,
        renews_on: NaiveDate,
    ) -> Result<()> {
        let today = date::istanbul_date(self.now);
        let outcome = if is_reached {
            Outcome::Mailed
        } else {
            Outcome::NoAddress
        };
        let due = services::model::due_steps(renews_on, today, &[]);
        let latest = due.iter().map(|(step, _)| *step).min();
        let is_to_come = renews_on >= today;
        for (step, _) in due {
            if is_to_come && latest == Some(step) {
                continue;
            }
            let at = self.morning(renews_on - TimeDelta::days(step));
            let reminder = Id::<()>::new_v7(at, random()).uuid();
            let (key, what) = ((renews_on, step), (outcome, None));
            services::queries::insert_reminder(tx, reminder, id, key, what, at).await?;
        }
        Ok(())
    }

    /// Nine o'clock, when the daily run is.
    fn morning(&self, day: NaiveDate) -> DateTime<Utc> {
        (date::day_start(day) + TimeDelta::hours(9)).min(self.now)
    }

    #[expect(clippy::too_many_arguments, reason = "an audit row has as many parts")]
    async fn noted(
        &self,
        tx: &mut Tx,
        at: DateTime<Utc>,
        actor: Id<User>,
        action: &'static str,
        record: Uuid,
        company: Id<Company>,
        changes: &audit::Changes,
    ) -> Result<()> {
        let actor = Actor {
            user_id: Some(actor.uuid()),
            ..Actor::default()
        };
        audit::record(
            tx,
            at,
            &actor,
            action,
            Some(record),
            Some(company.uuid()),
            changes,
        )
        .await
    }
}
