//! What the service templates see.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::{
    form::{CycleChoice, ListQuery, ServiceForm},
    model::{Cycle, Draft, Kind, Outcome, Renewal, Service, Status},
    queries::{self, Listing, Reminder, Trashed},
};
use crate::{
    error::Result,
    features::{
        companies::{
            model::Company,
            views::{
                ChangeView, Chip, Conflict, ConflictField, Head, Link, PageView, SortLink,
                sort_link,
            },
        },
        mails,
    },
    platform::{audit, db::Conn, i18n::Message},
    types::{Currency, Id, Money, page::Cursor},
    web::{
        access::Scope,
        cx::Cx,
        form::{Choice, Errors, FormView, choices},
    },
};

pub const PATH: &str = "/services";

/// More subscriptions than this are not a list but a search; no company has them.
const MOST: i64 = 200;

/// Renewals and reminders of one record that its page shows.
const SHOWN: i64 = 24;

#[derive(Debug, Serialize)]
pub struct Row {
    pub id: Id<Service>,
    pub href: String,
    pub name: String,
    pub company: Link,
    #[serde(rename = "type")]
    kind: Kind,
    price: Money,
    cycle: Cycle,
    status: Status,
    starts_on: NaiveDate,
    renews_on: Option<NaiveDate>,
    cancelled_on: Option<NaiveDate>,
    notes: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
    /// A renewal lies ahead.
    renews: bool,
}

impl From<Service> for Row {
    fn from(service: Service) -> Self {
        Self {
            href: format!("{PATH}/{}", service.id),
            company: Link::to_company(service.company_id, service.company.clone()),
            renews: service.status == Status::Active && service.renews_on.is_some(),
            price: service.price(),
            id: service.id,
            name: service.name,
            kind: service.kind,
            cycle: service.cycle,
            status: service.status,
            starts_on: service.starts_on,
            renews_on: service.renews_on,
            cancelled_on: service.cancelled_on,
            notes: service.notes,
            version: service.version,
            created_at: service.created_at.to_rfc3339(),
            updated_at: service.updated_at.to_rfc3339(),
        }
    }
}

#[derive(Serialize)]
pub struct RenewalRow {
    service: String,
    href: String,
    period_start: NaiveDate,
    period_end: NaiveDate,
    price: Money,
    created_at: String,
}

impl From<Renewal> for RenewalRow {
    fn from(renewal: Renewal) -> Self {
        Self {
            href: format!("{PATH}/{}", renewal.service_id),
            price: renewal.price(),
            service: renewal.service,
            period_start: renewal.period_start,
            period_end: renewal.period_end,
            created_at: renewal.created_at.to_rfc3339(),
        }
    }
}

// ---- the list

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    type_options: Vec<Choice>,
    status_options: Vec<Choice>,
    cycle_options: Vec<Choice>,
    currency_options: Vec<Choice>,
    month_options: Vec<MonthOption>,
    chips: Vec<Chip>,
    clear_href: String,
    sorts: BTreeMap<&'static str, SortLink>,
    rows: Vec<Row>,
    page: PageView,
    csv_href: String,
    empty: Option<&'static str>,
}

#[derive(Serialize)]
struct FilterView {
    q: String,
    sort: String,
}

#[derive(Serialize)]
struct MonthOption {
    value: String,
    selected: bool,
}

impl Index {
    #[must_use]
    pub fn new(query: &ListQuery, listing: Listing, today: NaiveDate) -> Self {
        let count = u32::try_from(listing.rows.len()).unwrap_or(u32::MAX);
        let chips = query.chips();
        let at = |cursor: Option<Cursor>| {
            cursor.map(|cursor| query.with(|query| query.after = cursor.encode()).href(PATH))
        };
        let options = |all: Vec<&'static str>, selected: &str| choices(all, selected);
        Self {
            filter: FilterView {
                q: query.q.clone(),
                sort: query.sort.clone(),
            },
            type_options: options(texts(Kind::ALL, Kind::as_str), &query.kind),
            status_options: options(texts(Status::IN_USE, Status::as_str), &query.status),
            cycle_options: options(texts(CycleChoice::ALL, CycleChoice::as_str), &query.cycle),
            currency_options: options(texts(Currency::ALL, Currency::as_str), &query.currency),
            month_options: month_options(&query.renews, today),
            clear_href: ListQuery {
                sort: query.sort.clone(),
                ..ListQuery::default()
            }
            .href(PATH),
            sorts: ["renews_on", "name", "company", "created_at"]
                .into_iter()
                .map(|column| (column, query.sort_link(column)))
                .collect(),
            empty: (count == 0).then_some(if chips.is_empty() {
                "none"
            } else {
                "nothing_matches"
            }),
            chips,
            page: PageView {
                from: if count == 0 { 0 } else { listing.position + 1 },
                to: listing.position + count,
                total: listing.total.n,
                capped: listing.total.capped,
                prev: at(listing.previous),
                next: at(listing.next),
            },
            csv_href: query.with(|_| ()).href("/services/export"),
            rows: listing.rows.into_iter().map(Row::from).collect(),
        }
    }
}

fn texts<T: Copy>(all: &[T], text: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(text).collect()
}

/// The twelve months from this one on, and the one that is chosen if it is another.
fn month_options(selected: &str, today: NaiveDate) -> Vec<MonthOption> {
    let mut months: Vec<String> = coming_months(today)
        .into_iter()
        .map(|first| first.to_string())
        .collect();
    if !selected.is_empty() && !months.iter().any(|month| month == selected) {
        months.insert(0, selected.to_owned());
    }
    months
        .into_iter()
        .map(|value| MonthOption {
            selected: value == selected,
            value,
        })
        .collect()
}

/// The first days of the next twelve months, this one included.
#[must_use]
pub fn coming_months(today: NaiveDate) -> Vec<NaiveDate> {
    use chrono::{Datelike as _, Months};
    let this = today.with_day(1).unwrap_or(today);
    (0..12).map(|ahead| this + Months::new(ahead)).collect()
}

impl ListQuery {
    fn chips(&self) -> Vec<Chip> {
        let set = [
            (
                "chip-q",
                self.q.trim(),
                None,
                self.with(|query| query.q.clear()),
            ),
            (
                "chip-type",
                &self.kind,
                Some("service-type-"),
                self.with(|query| query.kind.clear()),
            ),
            (
                "chip-status",
                &self.status,
                Some("service-status-"),
                self.with(|query| query.status.clear()),
            ),
            (
                "chip-cycle",
                &self.cycle,
                Some("service-cycle-"),
                self.with(|query| query.cycle.clear()),
            ),
            (
                "chip-currency",
                &self.currency,
                None,
                self.with(|query| query.currency.clear()),
            ),
            (
                "chip-renews",
                &self.renews,
                None,
                self.with(|query| query.renews.clear()),
            ),
        ];
        set.into_iter()
            .filter(|(_, value, ..)| !value.is_empty())
            .map(|(label_key, value, prefix, without)| {
                Chip::new(label_key, value, prefix, without.href(PATH))
            })
            .collect()
    }

    /// A click sorts by the column: names start at A, renewals at the next one, the rest at the newest; a second click
    /// turns the order around.
    fn sort_link(&self, column: &'static str) -> SortLink {
        sort_link(
            &self.sort,
            column,
            "renews_on",
            column == "created_at",
            |sort| self.with(|query| query.sort = sort).href(PATH),
        )
    }
}

/// The head line of the exported file, in the reader's language.
pub fn csv_head(cx: &Cx) -> Result<Vec<String>> {
    [
        "service-name",
        "service-company",
        "service-type",
        "service-price",
        "service-currency",
        "service-cycle",
        "service-status",
        "service-starts-on",
        "service-renews-on",
        "service-cancelled-on",
        "service-notes",
    ]
    .into_iter()
    .map(|key| cx.app.translations.message(cx.lang, &Message::new(key)))
    .collect()
}

#[must_use]
pub fn csv_line(service: &Service) -> Vec<String> {
    let day = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    vec![
        service.name.clone(),
        service.company.clone(),
        service.kind.to_string(),
        service.price().plain(),
        service.price().currency.to_string(),
        service.cycle.to_string(),
        service.status.to_string(),
        service.starts_on.to_string(),
        day(service.renews_on),
        day(service.cancelled_on),
        service.notes.clone().unwrap_or_default(),
    ]
}

// ---- of one company

#[derive(Serialize)]
pub struct OfCompany {
    #[serde(flatten)]
    head: Head,
    rows: Vec<Row>,
    renewals: Vec<RenewalRow>,
}

/// A company's subscriptions.
pub async fn rows_of(conn: &mut Conn, scope: Scope, company: Id<Company>) -> Result<Vec<Row>> {
    let services = queries::of_company(conn, scope, company, MOST).await?;
    Ok(services.into_iter().map(Row::from).collect())
}

impl OfCompany {
    pub async fn load(cx: &Cx, conn: &mut Conn, company: Company) -> Result<Self> {
        let (scope, id) = (cx.scope()?, company.id);
        let renewals = queries::renewals(conn, scope, queries::Of::Company(id), SHOWN).await?;
        Ok(Self {
            rows: rows_of(conn, scope, id).await?,
            renewals: renewals.into_iter().map(RenewalRow::from).collect(),
            head: Head::load(conn, company, "services").await?,
        })
    }
}

// ---- the record

#[derive(Serialize)]
pub struct Show {
    service: Row,
    renewals: Vec<RenewalRow>,
    reminders: Vec<ReminderRow>,
    /// Why the next reminder would reach nobody.
    warning: Option<&'static str>,
    recipient: Option<String>,
    mails: Vec<mails::views::Row>,
    changes: Vec<ChangeView>,
}

#[derive(Serialize)]
struct ReminderRow {
    renews_on: NaiveDate,
    step: i64,
    outcome: Outcome,
    at: String,
}

impl From<Reminder> for ReminderRow {
    fn from(reminder: Reminder) -> Self {
        Self {
            renews_on: reminder.renews_on,
            step: reminder.step,
            outcome: reminder.outcome,
            at: reminder.created_at.to_rfc3339(),
        }
    }
}

impl Show {
    pub async fn load(cx: &Cx, conn: &mut Conn, id: Id<Service>) -> Result<Self> {
        let scope = cx.scope()?;
        let service = queries::find(conn, scope, id).await?;
        let recipient = queries::recipient(conn, scope, service.company_id).await?;
        let renewals = queries::renewals(conn, scope, queries::Of::Service(id), SHOWN).await?;
        let reminders = queries::reminders(conn, id, SHOWN).await?;
        let changes = audit::of_record(conn, "services", id.uuid(), 10).await?;
        let mails = mails::of_record(conn, "services", id.uuid(), SHOWN).await?;
        let service = Row::from(service);
        let warning = match &recipient {
            _ if !service.renews => None,
            None => Some("no_address"),
            Some(_) if !mails::is_on(&cx.app) => Some("mail_off"),
            Some(_) => None,
        };
        Ok(Self {
            service,
            renewals: renewals.into_iter().map(RenewalRow::from).collect(),
            reminders: reminders.into_iter().map(ReminderRow::from).collect(),
            warning,
            recipient: recipient.map(|recipient| recipient.email.to_string()),
            mails,
            changes: changes.into_iter().map(ChangeView::from).collect(),
        })
    }
}

#[derive(Serialize)]
pub struct Confirm {
    pub service: Row,
}

// ---- the form

#[derive(Serialize)]
pub struct Edit {
    form: FormView,
    company: Link,
    service: Option<Link>,
    action: String,
    cancel_href: String,
    type_options: Vec<Choice>,
    currency_options: Vec<Choice>,
    cycle_options: Vec<Choice>,
    conflict: Option<Conflict>,
}

impl Edit {
    #[must_use]
    pub fn create(form: &ServiceForm, company: &Company) -> Self {
        let company = Link::to_company(company.id, company.name.clone());
        let href = format!("{}/services", company.href);
        Self::new(form, company, None, href.clone(), href)
    }

    #[must_use]
    pub fn change(form: &ServiceForm, service: &Service) -> Self {
        let href = format!("{PATH}/{}", service.id);
        let link = Link {
            id: service.id.to_string(),
            name: service.name.clone(),
            href: href.clone(),
        };
        let company = Link::to_company(service.company_id, service.company.clone());
        Self::new(form, company, Some(link), href.clone(), href)
    }

    fn new(
        form: &ServiceForm,
        company: Link,
        service: Option<Link>,
        action: String,
        cancel_href: String,
    ) -> Self {
        let view = form.view();
        Self {
            type_options: choices(texts(Kind::ALL, Kind::as_str), &view.values["type"]),
            currency_options: choices(
                texts(Currency::ALL, Currency::as_str),
                &view.values["currency"],
            ),
            cycle_options: choices(texts(Cycle::ALL, Cycle::as_str), &view.values["cycle"]),
            form: view,
            company,
            service,
            action,
            cancel_href,
            conflict: None,
        }
    }

    #[must_use]
    pub fn is_new(&self) -> bool {
        self.service.is_none()
    }

    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }

    /// Someone else saved first: both versions are shown, and saving again takes the newest version as its base.
    #[must_use]
    pub fn conflict(
        mut self,
        theirs: &Service,
        mine: &Draft,
        (by, at): (Option<String>, String),
    ) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        let saved = theirs.draft();
        let (saved_texts, texts) = (saved.texts(), mine.texts());
        self.conflict = Some(Conflict {
            by,
            at,
            fields: ConflictField::between(
                "service",
                &saved.fields(&saved_texts),
                &mine.fields(&texts),
            ),
            edit_href: format!("{PATH}/{}/edit", theirs.id),
        });
        self
    }
}

// ---- the trash

/// The services' part of the trash.
#[derive(Serialize)]
pub struct TrashList {
    rows: Vec<TrashedRow>,
    count: u32,
}

#[derive(Serialize)]
struct TrashedRow {
    name: String,
    company: Link,
    trashed_at: String,
    by: Option<String>,
    restore_action: String,
    version: i64,
}

impl TrashList {
    pub async fn load(cx: &Cx, conn: &mut Conn) -> Result<Self> {
        const ROWS: i64 = 100;
        let scope = cx.scope()?;
        let rows = queries::trashed(conn, scope, ROWS).await?;
        let ids = rows.iter().map(|row| row.id.uuid());
        let by = audit::actors_of(conn, "services.trash", ids).await?;
        let count = queries::trashed_count(conn, scope).await?.n;
        let row = |row: Trashed| TrashedRow {
            by: by.get(&row.id.uuid()).cloned(),
            restore_action: format!("{PATH}/{}/restore", row.id),
            company: Link::to_company(row.company_id, row.company),
            trashed_at: row.deleted_at.to_rfc3339(),
            name: row.name,
            version: row.version,
        };
        Ok(Self {
            rows: rows.into_iter().map(row).collect(),
            count,
        })
    }
}

/// The next renewals for the dashboard, and how far it looks.
pub async fn coming(cx: &Cx, conn: &mut Conn) -> Result<Vec<Row>> {
    const ROWS: i64 = 5;
    let until = cx.app.clock.today() + Days::new(30);
    let rows = queries::coming(conn, cx.scope()?, until, ROWS).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}
