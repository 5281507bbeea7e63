//! What the user templates see.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::{
    form::{Column, ListQuery, UserForm, session_name},
    model::{Draft, Employer, Listed, Person, State},
    queries,
};
use crate::{
    error::Result,
    features::{
        account::{self, Place, device},
        companies::views::{
            ChangeView, Chip, Conflict, ConflictField, PageView, SortLink, sort_link,
        },
        mails, second_factor,
    },
    platform::{audit, db::Conn, i18n::Message, mail::Mode},
    types::{Id, Lang, text},
    web::{
        access::Role,
        cx::Cx,
        form::{Choice, Errors, FormView, choices},
        session::User,
    },
};

const PER_PAGE: usize = 25;

/// A user in the list and on the page of their own.
#[derive(Debug, Serialize)]
pub struct PersonView {
    id: Id<User>,
    href: String,
    name: String,
    email: String,
    role: Role,
    company: Option<CompanyLink>,
    state: State,
    is_erased: bool,
    locale: Option<Lang>,
    version: i64,
    created_at: String,
}

#[derive(Debug, Serialize)]
struct CompanyLink {
    name: String,
    href: String,
    trashed: bool,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            href: format!("/users/{}", person.id),
            state: person.state(),
            is_erased: person.is_erased(),
            company: person
                .company_id
                .zip(person.company)
                .map(|(id, name)| CompanyLink {
                    name,
                    href: format!("/companies/{id}"),
                    trashed: person.company_trashed_at.is_some(),
                }),
            name: person.name,
            email: person.email,
            role: person.role,
            locale: person.locale,
            version: person.version,
            created_at: person.created_at.to_rfc3339(),
        }
    }
}

// ---- the list

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    role_options: Vec<Choice>,
    state_options: Vec<Choice>,
    chips: Vec<Chip>,
    clear_href: String,
    new_href: String,
    sorts: BTreeMap<&'static str, SortLink>,
    rows: Vec<PersonView>,
    page: PageView,
    empty: bool,
}

#[derive(Serialize)]
struct FilterView {
    q: String,
    company: String,
    sort: String,
}

impl Index {
    /// Names are searched and sorted here, not by the database: the order and the folding are Turkish, and those who
    /// sign in are few.
    pub async fn load(conn: &mut Conn, query: &ListQuery) -> Result<Self> {
        let filter = query.filter()?;
        let place = query.place()?;
        let (column, descending) = query.sort()?;
        let company = match filter.company {
            Some(id) => Some(queries::company_name(conn, id).await?),
            None => None,
        };
        let words = query.words()?;
        let mut all = queries::list(conn, &filter).await?;
        all.retain(|listed| listed.has(&words));
        let sorted = sorted(&all, column, descending);
        let begin = place.map_or(0, |place| {
            let is_before = |row: &(Vec<u8>, Uuid)| {
                if descending {
                    *row >= place
                } else {
                    *row <= place
                }
            };
            sorted.partition_point(is_before)
        });
        let end = sorted.len().min(begin + PER_PAGE);
        let ids: Vec<Id<User>> = sorted[begin..end]
            .iter()
            .map(|(_, id)| Id::from_uuid(*id))
            .collect();
        let rows = queries::among(conn, &ids).await?;
        let after = |at: usize| query.after(&sorted[at].0, sorted[at].1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let page = PageView {
            from: count(begin) + u32::from(end > begin),
            to: count(end),
            total: count(sorted.len()),
            capped: false,
            prev: (begin > 0).then(|| match begin.checked_sub(PER_PAGE + 1) {
                Some(last) => after(last),
                None => query.with(|_| ()).href(),
            }),
            next: (end < sorted.len()).then(|| after(end - 1)),
        };
        Ok(Self::new(query, company.as_deref(), rows, page))
    }

    fn new(query: &ListQuery, company: Option<&str>, rows: Vec<Person>, page: PageView) -> Self {
        let sort = |column: &'static str| {
            let href = |sort| query.with(|query| query.sort = sort).href();
            sort_link(&query.sort, column, "name", column == "created_at", href)
        };
        Self {
            filter: FilterView {
                q: query.q.clone(),
                company: query.company.clone(),
                sort: query.sort.clone(),
            },
            role_options: choices(Role::ALL.iter().map(|role| role.as_str()), &query.role),
            state_options: choices(State::ALL.iter().map(|state| state.as_str()), &query.state),
            chips: chips(query, company),
            clear_href: ListQuery {
                sort: query.sort.clone(),
                ..ListQuery::default()
            }
            .href(),
            new_href: if query.company.is_empty() {
                "/users/new".into()
            } else {
                format!("/users/new?company={}", query.company)
            },
            sorts: ["name", "email", "created_at"]
                .map(|column| (column, sort(column)))
                .into(),
            empty: rows.is_empty(),
            rows: rows.into_iter().map(PersonView::from).collect(),
            page,
        }
    }
}

/// Key and id of each row, in the order of the sort.
fn sorted(all: &[Listed], column: Column, descending: bool) -> Vec<(Vec<u8>, Uuid)> {
    let key = |listed: &Listed| match column {
        Column::Name => text::sort_key(&listed.name),
        Column::Email => listed.email.as_bytes().to_vec(),
        Column::CreatedAt => listed.created_at.timestamp_micros().to_be_bytes().to_vec(),
    };
    let mut rows: Vec<(Vec<u8>, Uuid)> = all.iter().map(|it| (key(it), it.id.uuid())).collect();
    rows.sort_unstable();
    if descending {
        rows.reverse();
    }
    rows
}

fn chips(query: &ListQuery, company: Option<&str>) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut chip = |label_key, value: &str, prefix: Option<&str>, without: ListQuery| {
        if !value.is_empty() {
            chips.push(Chip::new(label_key, value, prefix, without.href()));
        }
    };
    chip(
        "chip-q",
        query.q.trim(),
        None,
        query.with(|query| query.q.clear()),
    );
    chip(
        "chip-role",
        &query.role,
        Some("role-"),
        query.with(|query| query.role.clear()),
    );
    chip(
        "chip-state",
        &query.state,
        Some("user-state-"),
        query.with(|query| query.state.clear()),
    );
    chip(
        "chip-company",
        company.unwrap_or_default(),
        None,
        query.with(|query| query.company.clear()),
    );
    chips
}

// ---- one user

#[derive(Serialize)]
pub struct Show {
    user: PersonView,
    sessions: Vec<SessionRow>,
    mails: Vec<mails::views::Row>,
    changes: Vec<ChangeView>,
    audit_href: String,
    mode: Mode,
    /// Why what was asked for was not done.
    problem: Option<Message>,
    factor: second_factor::views::Admin,
    /// The form that erases what is known of the person.
    form: FormView,
}

#[derive(Debug, Serialize)]
struct SessionRow {
    name: String,
    device: Option<String>,
    user_agent: Option<String>,
    ip: Option<String>,
    created_at: String,
    last_seen_at: String,
    is_current: bool,
}

impl SessionRow {
    fn new(session: Place, current: Option<[u8; 32]>) -> Self {
        Self {
            name: session_name(&session.token_hash),
            device: session.user_agent.as_deref().and_then(device),
            user_agent: session.user_agent,
            ip: session.ip,
            created_at: session.created_at.to_rfc3339(),
            last_seen_at: session.last_seen_at.to_rfc3339(),
            is_current: current.is_some_and(|hash| session.token_hash == hash),
        }
    }
}

/// Of each kind, as many as the page shows.
const SESSIONS: usize = 50;
const MAILS: i64 = 5;
const CHANGES: i64 = 10;

impl Show {
    pub async fn load(cx: &Cx, id: Id<User>, problem: Option<Message>) -> Result<Self> {
        let mut conn = cx.read().await?;
        let person = queries::find(&mut conn, id).await?;
        let sessions = account::queries::places(
            &mut conn,
            id,
            cx.app.clock.now(),
            cx.app.config.session_idle,
        )
        .await?;
        let changes = audit::of_record(&mut conn, "users", id.uuid(), CHANGES).await?;
        Ok(Self {
            mails: mails::of_record(&mut conn, "users", id.uuid(), MAILS).await?,
            user: person.into(),
            sessions: sessions
                .into_iter()
                .take(SESSIONS)
                .map(|session| SessionRow::new(session, cx.session_hash))
                .collect(),
            changes: changes.into_iter().map(ChangeView::from).collect(),
            audit_href: format!("/audit?actor={id}"),
            mode: cx.app.mailer.mode(),
            problem,
            factor: second_factor::views::Admin::of(&mut conn, cx, id).await?,
            form: FormView::new(&["confirm"], []),
        })
    }

    #[must_use]
    pub fn erase_errors(mut self, errors: Errors) -> Self {
        self.form = self.form.errors(errors);
        self
    }
}

// ---- the form

#[derive(Serialize)]
pub struct Edit {
    form: FormView,
    user: Option<PersonView>,
    action: String,
    role_options: Vec<Choice>,
    locale_options: Vec<Choice>,
    candidates: Vec<Candidate>,
    cancel_href: String,
    conflict: Option<Conflict>,
    mode: Mode,
    /// The reader's own account, whose address is changed elsewhere.
    is_own: bool,
}

#[derive(Debug, Serialize)]
struct Candidate {
    value: String,
    label: String,
}

impl Edit {
    /// A form for a new user, or for one that is there.
    pub fn new(
        cx: &Cx,
        form: &UserForm,
        person: Option<Person>,
        candidates: Vec<Employer>,
        errors: Errors,
    ) -> Self {
        let view = form.view().errors(errors);
        let action = person
            .as_ref()
            .map_or_else(|| "/users".to_owned(), |it| format!("/users/{}", it.id));
        Self {
            role_options: choices(Role::ALL.iter().map(|role| role.as_str()), form.role()),
            locale_options: choices(
                Lang::ALL.iter().map(|lang| lang.code()),
                &view.values["locale"],
            ),
            candidates: candidates
                .into_iter()
                .map(|company| Candidate {
                    value: company.id.to_string(),
                    label: company.name,
                })
                .collect(),
            form: view,
            is_own: person
                .as_ref()
                .is_some_and(|person| cx.user().is_ok_and(|user| user.id == person.id)),
            user: person.map(PersonView::from),
            cancel_href: action.clone(),
            action,
            conflict: None,
            mode: cx.app.mailer.mode(),
        }
    }

    /// Someone else saved first: both versions are shown, and saving again takes the newest version as its base.
    #[must_use]
    pub fn conflict(mut self, theirs: &Person, mine: &Draft, by: Option<String>) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        self.conflict = Some(Conflict {
            by,
            at: theirs.updated_at.to_rfc3339(),
            fields: ConflictField::between("user", &theirs.fields(), &mine.fields()),
            edit_href: format!("{}/edit", self.action),
        });
        self
    }
}
