//! What the company templates see.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    change::RESTORED_FROM,
    form::{CompanyForm, ListQuery},
    model::{Company, DangerClass, Draft, Field, Listed, Source, Status, Why},
    queries::{Listing, Similar, Trashed},
};
use crate::{
    error::Result,
    features::{activities, contacts, notes, services},
    platform::{audit, db::Conn, i18n::Message},
    types::{Id, page::Total},
    web::{
        access::Permission,
        cx::Cx,
        form::{Choice, Errors, FormView, choices},
        render::{Flash, Render},
    },
};

/// "1–25 of 1,000+", and the ways on.
#[derive(Debug, Serialize)]
pub struct PageView {
    pub from: u32,
    pub to: u32,
    pub total: u32,
    pub capped: bool,
    pub prev: Option<String>,
    pub next: Option<String>,
}

impl PageView {
    /// A list that fits its page.
    #[must_use]
    pub fn whole(rows: usize) -> Self {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        Self {
            from: rows.min(1),
            to: rows,
            total: rows,
            capped: false,
            prev: None,
            next: None,
        }
    }
}

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    status_options: Vec<Choice>,
    source_options: Vec<Choice>,
    danger_options: Vec<Choice>,
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
    status: String,
    source: String,
    danger_class: String,
    created: String,
    sort: String,
}

#[derive(Serialize)]
pub struct Chip {
    label_key: &'static str,
    value_key: Option<String>,
    value_text: Option<String>,
    href: String,
}

impl Chip {
    /// A value with a prefix is a key, one without is text.
    #[must_use]
    pub fn new(label_key: &'static str, value: &str, prefix: Option<&str>, href: String) -> Self {
        Self {
            label_key,
            value_key: prefix.map(|prefix| format!("{prefix}{value}")),
            value_text: prefix.is_none().then(|| value.to_owned()),
            href,
        }
    }
}

#[derive(Serialize)]
pub struct SortLink {
    href: String,
    dir: Option<&'static str>,
}

/// A click sorts by the column; a second click turns the order around. `usual` is the column that the URL leaves out.
pub fn sort_link(
    sort: &str,
    column: &'static str,
    usual: &'static str,
    starts_descending: bool,
    href: impl FnOnce(String) -> String,
) -> SortLink {
    let current = if sort.is_empty() { usual } else { sort };
    let (name, descending) = current
        .strip_prefix('-')
        .map_or((current, false), |name| (name, true));
    let is_current = name == column;
    let next_descending = if is_current {
        !descending
    } else {
        starts_descending
    };
    let sort = match (column == usual, next_descending) {
        (true, false) => String::new(),
        (_, true) => format!("-{column}"),
        (_, false) => column.to_owned(),
    };
    SortLink {
        href: href(sort),
        dir: is_current.then_some(if descending { "desc" } else { "asc" }),
    }
}

#[derive(Serialize)]
struct Row {
    id: Id<Company>,
    href: String,
    name: String,
    status: Status,
    danger_class: Option<DangerClass>,
    source: Option<Source>,
    tax_id: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    created_at: String,
    updated_at: String,
}

impl From<Listed> for Row {
    fn from(row: Listed) -> Self {
        Self {
            id: row.id,
            href: format!("/companies/{}", row.id),
            name: row.name,
            status: row.status,
            danger_class: row.danger_class,
            source: row.source,
            tax_id: row.tax_id,
            phone: row.phone,
            email: row.email,
            created_at: row.created_at.to_rfc3339(),
            updated_at: row.updated_at.to_rfc3339(),
        }
    }
}

const PATH: &str = "/companies";

impl Index {
    #[must_use]
    pub fn new(query: &ListQuery, listing: Listing) -> Self {
        let count = u32::try_from(listing.rows.len()).unwrap_or(u32::MAX);
        let is_filtered = !query.chips().is_empty();
        let at = |cursor: Option<crate::types::page::Cursor>| {
            cursor.map(|cursor| query.with(|query| query.after = cursor.encode()).href(PATH))
        };
        Self {
            filter: FilterView {
                q: query.q.clone(),
                status: query.status.clone(),
                source: query.source.clone(),
                danger_class: query.danger_class.clone(),
                created: query.created.clone(),
                sort: query.sort.clone(),
            },
            status_options: choices(
                Status::ALL.iter().map(|value| value.as_str()),
                &query.status,
            ),
            source_options: choices(
                Source::ALL.iter().map(|value| value.as_str()),
                &query.source,
            ),
            danger_options: choices(
                DangerClass::ALL.iter().map(|value| value.as_str()),
                &query.danger_class,
            ),
            chips: query.chips(),
            clear_href: ListQuery {
                sort: query.sort.clone(),
                ..ListQuery::default()
            }
            .href(PATH),
            sorts: ["name", "created_at", "updated_at"]
                .into_iter()
                .map(|column| (column, query.sort_link(column)))
                .collect(),
            empty: (count == 0).then_some(if is_filtered {
                "nothing_matches"
            } else {
                "none"
            }),
            page: PageView {
                from: if count == 0 { 0 } else { listing.position + 1 },
                to: listing.position + count,
                total: listing.total.n,
                capped: listing.total.capped,
                prev: at(listing.previous),
                next: at(listing.next),
            },
            csv_href: query.with(|_| ()).href("/companies/export"),
            rows: listing.rows.into_iter().map(Row::from).collect(),
        }
    }
}

impl ListQuery {
    fn chips(&self) -> Vec<Chip> {
        let mut chips = Vec::new();
        let mut chip = |label_key, value: &str, prefix: Option<&str>, without: Self| {
            if !value.is_empty() {
                chips.push(Chip::new(label_key, value, prefix, without.href(PATH)));
            }
        };
        chip(
            "chip-q",
            self.q.trim(),
            None,
            self.with(|query| query.q.clear()),
        );
        chip(
            "chip-status",
            &self.status,
            Some("company-status-"),
            self.with(|query| query.status.clear()),
        );
        chip(
            "chip-source",
            &self.source,
            Some("company-source-"),
            self.with(|query| query.source.clear()),
        );
        chip(
            "chip-danger-class",
            &self.danger_class,
            Some("danger-class-"),
            self.with(|query| query.danger_class.clear()),
        );
        chip(
            "chip-created",
            &self.created,
            None,
            self.with(|query| query.created.clear()),
        );
        chips
    }

    /// A click sorts by the column; names start at A and dates at the newest; a second click turns the order around.
    fn sort_link(&self, column: &'static str) -> SortLink {
        sort_link(&self.sort, column, "name", column != "name", |sort| {
            self.with(|query| query.sort = sort).href(PATH)
        })
    }
}

// ---- the record

#[derive(Debug, Serialize)]
pub struct CompanyView {
    pub id: Id<Company>,
    pub href: String,
    pub name: String,
    tax_id: Option<String>,
    tax_office: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    nace_code: Option<String>,
    danger_class: Option<DangerClass>,
    source: Option<Source>,
    status: Status,
    version: i64,
    created_at: String,
    updated_at: String,
    trashed_at: Option<String>,
}

impl From<Company> for CompanyView {
    fn from(company: Company) -> Self {
        Self {
            href: format!("/companies/{}", company.id),
            id: company.id,
            name: company.name,
            tax_id: company.tax_id,
            tax_office: company.tax_office,
            email: company.email,
            phone: company.phone,
            address: company.address,
            nace_code: company.nace_code,
            danger_class: company.danger_class,
            source: company.source,
            status: company.status,
            version: company.version,
            created_at: company.created_at.to_rfc3339(),
            updated_at: company.updated_at.to_rfc3339(),
            trashed_at: None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Counts {
    contacts: i64,
    notes: i64,
    activities: i64,
    mails: i64,
    services: i64,
}

/// What `layouts/company.html` needs around each tab.
#[derive(Debug, Serialize)]
pub struct Head {
    pub company: CompanyView,
    counts: Counts,
    tab: &'static str,
    status_options: Vec<Choice>,
}

impl Head {
    pub async fn load(conn: &mut Conn, company: Company, tab: &'static str) -> Result<Self> {
        let (contacts, notes, activities, services, mails) =
            super::queries::counts(conn, company.id).await?;
        Ok(Self {
            status_options: status_options(company.status.as_str()),
            company: company.into(),
            counts: Counts {
                contacts,
                notes,
                activities,
                mails,
                services,
            },
            tab,
        })
    }
}

/// The answer to a change inside a company's page: for htmx the panel as it is now, else back to the panel's page.
pub async fn changed_in_place(
    cx: &Cx,
    page: String,
    flash: Flash,
    panel: impl AsyncFnOnce() -> Result<Render>,
) -> Result<Render> {
    if cx.hx.fragment {
        Ok(panel().await?.flash(flash))
    } else {
        Ok(Render::redirect(page).flash(flash))
    }
}

#[must_use]
pub fn status_options(selected: &str) -> Vec<Choice> {
    choices(Status::ALL.iter().map(|value| value.as_str()), selected)
}

#[derive(Serialize)]
pub struct Show {
    #[serde(flatten)]
    pub head: Head,
    pub contacts: Vec<contacts::views::Row>,
    pub pinned: Vec<notes::views::Row>,
    pub coming: Vec<activities::views::Row>,
    pub changes: Vec<ChangeView>,
}

#[derive(Serialize)]
pub struct StatusView {
    pub company: CompanyView,
    pub status_options: Vec<Choice>,
}

#[derive(Serialize)]
pub struct Confirm {
    pub company: CompanyView,
}

#[derive(Serialize)]
pub struct History {
    #[serde(flatten)]
    pub head: Head,
    pub changes: Vec<ChangeView>,
    pub page: PageView,
}

/// An audit entry as people read it.
#[derive(Serialize)]
pub struct ChangeView {
    at: String,
    actor: Option<String>,
    key: String,
    company: Option<Link>,
    fields: Vec<FieldChange>,
}

#[derive(Debug, Serialize)]
pub struct Link {
    pub id: String,
    pub name: String,
    pub href: String,
}

impl Link {
    #[must_use]
    pub fn to_company(id: Id<Company>, name: String) -> Self {
        Self {
            id: id.to_string(),
            href: format!("{PATH}/{id}"),
            name,
        }
    }
}

/// What a reader may not see of a company's history.
#[must_use]
pub fn hidden_changes(cx: &Cx) -> &'static [&'static str] {
    let may = |permission| cx.user.as_ref().is_some_and(|user| user.may(permission));
    match (may(Permission::ServicesRead), may(Permission::MailsRead)) {
        (true, true) => &[],
        (true, false) => &["mails"],
        (false, true) => &["services"],
        (false, false) => &["services", "mails"],
    }
}

/// By this name templates know how to show a field's value: most names mean the same everywhere, a service's do not.
fn value_name(noun: &str, field: &str) -> String {
    if noun == "service" {
        format!("service_{field}")
    } else {
        field.to_owned()
    }
}

#[derive(Serialize)]
struct FieldChange {
    name: String,
    label_key: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<audit::Entry> for ChangeView {
    fn from(entry: audit::Entry) -> Self {
        let noun = entry.action.split('.').next().unwrap_or_default();
        let prefix = match noun {
            "contacts" => "contact",
            "notes" => "note",
            "activities" => "activity",
            "mails" => "mail",
            "services" => "service",
            "users" => "user",
            _ => "company",
        };
        let mut fields = entry.changes();
        fields.retain(|change| change.field != RESTORED_FROM);
        Self {
            at: entry.at.to_rfc3339(),
            key: format!("audit-{}", entry.action.replace('.', "-")),
            actor: entry.actor,
            company: entry.company_id.zip(entry.company).map(|(id, name)| Link {
                id: id.to_string(),
                href: format!("/companies/{id}"),
                name,
            }),
            fields: fields
                .into_iter()
                .map(|change| FieldChange {
                    label_key: format!("{prefix}-{}", change.field.replace('_', "-")),
                    name: value_name(prefix, &change.field),
                    before: change.before,
                    after: change.after,
                })
                .collect(),
        }
    }
}

// ---- the form

#[derive(Serialize)]
pub struct Edit {
    pub form: FormView,
    company: Option<Link>,
    action: String,
    status_options: Vec<Choice>,
    source_options: Vec<Choice>,
    danger_options: Vec<Choice>,
    pub similar: Vec<SimilarView>,
    pub must_confirm: bool,
    pub conflict: Option<Conflict>,
}

impl Edit {
    /// A form for a new company, or for one that is there.
    #[must_use]
    pub fn new(form: &CompanyForm, company: Option<&Company>) -> Self {
        let view = form.view();
        let action = company.map_or_else(
            || PATH.to_owned(),
            |company| format!("{PATH}/{}", company.id),
        );
        Self {
            status_options: status_options(&view.values["status"]),
            source_options: choices(
                Source::ALL.iter().map(|value| value.as_str()),
                &view.values["source"],
            ),
            danger_options: choices(
                DangerClass::ALL.iter().map(|value| value.as_str()),
                &view.values["danger_class"],
            ),
            company: company.map(|company| Link {
                id: company.id.to_string(),
                name: company.name.clone(),
                href: action.clone(),
            }),
            action,
            form: view,
            similar: Vec::new(),
            must_confirm: false,
            conflict: None,
        }
    }

    #[must_use]
    pub fn is_new(&self) -> bool {
        self.company.is_none()
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
        theirs: &Company,
        mine: &Draft,
        latest: Option<audit::Entry>,
    ) -> Self {
        self.form
            .values
            .insert("version", theirs.version.to_string());
        self.conflict = Some(Conflict {
            by: latest.and_then(|entry| entry.actor),
            at: theirs.updated_at.to_rfc3339(),
            fields: ConflictField::between("company", &theirs.fields(), &mine.fields()),
            edit_href: format!("{PATH}/{}/edit", theirs.id),
        });
        self
    }
}

#[derive(Debug, Serialize)]
pub struct Conflict {
    pub by: Option<String>,
    pub at: String,
    pub fields: Vec<ConflictField>,
    pub edit_href: String,
}

#[derive(Debug, Serialize)]
pub struct ConflictField {
    pub name: String,
    pub label_key: String,
    pub mine: Option<String>,
    pub theirs: Option<String>,
}

impl ConflictField {
    /// The fields in which two versions of a record differ. `noun` begins the keys of their labels.
    #[must_use]
    pub fn between(noun: &str, theirs: &[Field], mine: &[Field]) -> Vec<Self> {
        let differing = theirs
            .iter()
            .zip(mine)
            .filter(|((_, theirs), (_, mine))| theirs != mine);
        differing
            .map(|((name, theirs), (_, mine))| Self {
                name: value_name(noun, name),
                label_key: format!("{noun}-{}", name.replace('_', "-")),
                mine: mine.map(str::to_owned),
                theirs: theirs.map(str::to_owned),
            })
            .collect()
    }
}

#[derive(Serialize)]
pub struct SimilarView {
    name: String,
    href: String,
    tax_id: Option<String>,
    why: Why,
}

impl From<(Similar, Why)> for SimilarView {
    fn from((similar, why): (Similar, Why)) -> Self {
        Self {
            href: format!("{PATH}/{}", similar.id),
            name: similar.name,
            tax_id: similar.tax_id,
            why,
        }
    }
}

#[derive(Serialize)]
pub struct SimilarList {
    pub similar: Vec<SimilarView>,
}

// ---- the trash

#[derive(Serialize)]
pub struct TrashList {
    rows: Vec<TrashedRow>,
    page: PageView,
    services: services::views::TrashList,
}

#[derive(Serialize)]
struct TrashedRow {
    id: Id<Company>,
    name: String,
    trashed_at: String,
    by: Option<String>,
    restore_action: String,
    version: i64,
}

impl TrashList {
    #[must_use]
    pub fn new(
        rows: Vec<(Trashed, Option<String>)>,
        total: Total,
        position: u32,
        (next, prev): (Option<String>, Option<String>),
        services: services::views::TrashList,
    ) -> Self {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Self {
            services,
            page: PageView {
                from: position + count.min(1),
                to: position + count,
                total: total.n,
                capped: total.capped,
                prev,
                next,
            },
            rows: rows
                .into_iter()
                .map(|(row, by)| TrashedRow {
                    id: row.id,
                    name: row.name,
                    trashed_at: row.deleted_at.to_rfc3339(),
                    by,
                    restore_action: format!("{PATH}/{}/restore", row.id),
                    version: row.version,
                })
                .collect(),
        }
    }
}

/// The head line of the exported file, in the reader's language.
pub fn csv_head(cx: &Cx) -> Result<Vec<String>> {
    [
        "name",
        "tax-id",
        "tax-office",
        "email",
        "phone",
        "address",
        "nace-code",
        "danger-class",
        "source",
        "status",
        "created-at",
    ]
    .into_iter()
    .map(|column| {
        let message = Message {
            key: format!("csv-{column}").into(),
            args: std::collections::HashMap::default(),
        };
        cx.app.translations.message(cx.lang, &message)
    })
    .collect()
}
