//! What the audit's templates see.

use serde::Serialize;

use super::{
    form::ListQuery,
    model::{Entry, Lost, Seal},
    queries::PER_PAGE,
};
use crate::{
    error::Result,
    features::companies::{
        change::RESTORED_FROM,
        views::{Chip, PageView},
    },
    platform::{
        audit::{Change, ERASED, Head},
        i18n::Message,
    },
    types::{
        Id,
        page::{Cursor, Key},
    },
    web::{
        cx::Cx,
        form::{Errors, FormView},
        session::User,
    },
};

const PATH: &str = "/audit";

/// A text of ours, if there is one under this key: entries outlive the words for them.
fn words(cx: &Cx, key: String) -> Option<String> {
    let message = Message {
        key: key.into(),
        args: std::collections::HashMap::default(),
    };
    cx.app.translations.message(cx.lang, &message).ok()
}

/// What begins the keys of a record's labels.
fn noun(record: &str) -> &str {
    match record {
        "companies" => "company",
        "contacts" => "contact",
        "notes" => "note",
        "activities" => "activity",
        "mails" => "mail",
        "messages" => "message",
        "services" => "service",
        "posts" => "post",
        "site-pages" => "page",
        "categories" => "category",
        "images" => "image",
        "tags" => "tag",
        other => other,
    }
}

/// A field as the record's own form calls it.
fn label(cx: &Cx, entry: &Entry, field: &str) -> Option<String> {
    words(
        cx,
        format!("{}-{}", noun(&entry.record), field.replace('_', "-")),
    )
}

#[derive(Debug, Serialize)]
pub struct FieldView {
    name: String,
    label: Option<String>,
    before: Option<String>,
    after: Option<String>,
    erased: bool,
    can_restore: bool,
    /// Why it cannot be brought back, where that is worth a word.
    lost: Option<Lost>,
}

impl FieldView {
    fn new(cx: &Cx, entry: &Entry, change: Change) -> Self {
        let restorable = entry.restorable(&change);
        Self {
            label: label(cx, entry, &change.field),
            can_restore: restorable.is_ok() && entry.record_id.is_some(),
            lost: restorable.err().filter(|lost| *lost != Lost::Other),
            name: change.field,
            before: change.before,
            after: change.after,
            erased: change.erased,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Entry>,
    href: String,
    at: String,
    actor: Option<String>,
    actor_href: Option<String>,
    action: String,
    /// The action in words.
    text: Option<String>,
    record_href: Option<String>,
    record_list_href: Option<String>,
    company: Option<String>,
    company_href: Option<String>,
    fields: Vec<FieldView>,
    ip: Option<String>,
    request_id: Option<String>,
    request_href: Option<String>,
    seal: Seal,
    seq: Option<i64>,
    sealed_at: Option<String>,
    restored_from: Option<String>,
}

impl Row {
    fn new(cx: &Cx, entry: &Entry) -> Self {
        let list = |change: &dyn Fn(&mut ListQuery)| ListQuery::default().with(change).href(PATH);
        let mut changes = entry.changes();
        changes.retain(|change| change.field != RESTORED_FROM);
        Self {
            id: entry.id,
            href: format!("{PATH}/{}", entry.id),
            at: entry.at.to_rfc3339(),
            actor: entry.actor.clone(),
            actor_href: entry
                .actor_id
                .map(|id| list(&|query| query.actor = id.to_string())),
            text: words(cx, format!("audit-{}", entry.action.replace('.', "-"))),
            action: entry.action.clone(),
            record_href: entry.href(),
            record_list_href: entry.record_id.map(|id| {
                list(&|query| {
                    query.what.clone_from(&entry.record);
                    query.record = id.to_string();
                })
            }),
            company: entry.company.clone(),
            company_href: entry
                .company_id
                .map(|id| list(&|query| query.company = id.to_string())),
            fields: changes
                .into_iter()
                .map(|change| FieldView::new(cx, entry, change))
                .collect(),
            ip: entry.ip.clone(),
            request_href: entry
                .request_id
                .as_ref()
                .map(|id| list(&|query| query.request.clone_from(id))),
            request_id: entry.request_id.clone(),
            seal: entry.seal(),
            seq: entry.seq,
            sealed_at: entry.sealed_at.map(|at| at.to_rfc3339()),
            restored_from: entry.restored_from().map(|id| format!("{PATH}/{id}")),
        }
    }
}

#[derive(Serialize)]
pub struct Index {
    filter: FilterView,
    people: Vec<Person>,
    chips: Vec<Chip>,
    rows: Vec<Row>,
    page: PageView,
    /// The list goes on further back than was looked.
    looked_back: bool,
    filtered: bool,
    csv_href: String,
    count: Option<i64>,
    head: Option<String>,
}

#[derive(Serialize)]
struct FilterView {
    actor: String,
    what: String,
    record: String,
    company: String,
    from: String,
    to: String,
    request: String,
    ip: String,
}

#[derive(Serialize)]
struct Person {
    id: Id<User>,
    name: String,
    selected: bool,
}

impl Index {
    /// `next` is the last entry that was looked at, if there may be older ones.
    pub fn new(
        cx: &Cx,
        query: &ListQuery,
        (entries, next): (Vec<Entry>, Option<uuid::Uuid>),
        people: Vec<(Id<User>, String)>,
        company: Option<String>,
        head: Option<Head>,
    ) -> Result<Self> {
        let position = query.cursor()?.map_or(0, |cursor| cursor.position);
        let mut page = PageView::whole(entries.len());
        let shown = page.to;
        page.from += position;
        page.to += position;
        page.total = page.to;
        page.capped = next.is_some();
        page.next = next.map(|id| {
            let cursor = Cursor {
                key: Key::Time(cx.app.clock.now()),
                id,
                position: page.to,
                backwards: false,
            };
            query.with(|query| query.after = cursor.encode()).href(PATH)
        });
        page.prev = (!query.after.is_empty()).then(|| query.with(|_| ()).href(PATH));
        let first = query.with(|_| ());
        let filtered = first.pairs().iter().any(|(_, value)| !value.is_empty());
        Ok(Self {
            filter: FilterView {
                actor: query.actor.clone(),
                what: query.what.clone(),
                record: query.record.clone(),
                company: query.company.clone(),
                from: query.from.clone(),
                to: query.to.clone(),
                request: query.request.clone(),
                ip: query.ip.clone(),
            },
            people: people
                .into_iter()
                .map(|(id, name)| Person {
                    selected: query.actor == id.to_string(),
                    id,
                    name,
                })
                .collect(),
            chips: chips(query, company),
            looked_back: page.next.is_some() && i64::from(shown) < PER_PAGE,
            page,
            rows: entries.iter().map(|entry| Row::new(cx, entry)).collect(),
            filtered,
            csv_href: first.href("/audit/export"),
            count: head.map(|head| head.seq),
            head: head.map(|head| head.to_string()),
        })
    }
}

/// What the filter's form has no field for.
fn chips(query: &ListQuery, company: Option<String>) -> Vec<Chip> {
    let mut chips = Vec::new();
    if !query.company.is_empty() {
        let without = query.with(|query| query.company.clear());
        let name = company.unwrap_or_else(|| query.company.clone());
        chips.push(Chip::new("chip-company", &name, None, without.href(PATH)));
    }
    if !query.record.is_empty() {
        let without = query.with(|query| query.record.clear());
        chips.push(Chip::new(
            "chip-record",
            &query.record,
            None,
            without.href(PATH),
        ));
    }
    chips
}

#[derive(Serialize)]
pub struct Show {
    entry: Row,
    restore_action: String,
    conflict: Option<Differs>,
    problem: Option<Problem>,
}

/// The field has changed since: both values, for the reader to decide.
#[derive(Debug, Serialize)]
pub struct Differs {
    field: String,
    label: Option<String>,
    current: Option<String>,
    before: Option<String>,
    version: i64,
}

/// Why nothing was brought back: the rules that the record would break, or that the old value is gone.
#[derive(Debug, Serialize)]
struct Problem {
    rules: Vec<Rule>,
    lost: Option<Lost>,
}

#[derive(Debug, Serialize)]
struct Rule {
    name: &'static str,
    label: Option<String>,
    message: Message,
}

impl Show {
    #[must_use]
    pub fn new(cx: &Cx, entry: &Entry) -> Self {
        let row = Row::new(cx, entry);
        Self {
            restore_action: format!("{}/restore", row.href),
            entry: row,
            conflict: None,
            problem: None,
        }
    }

    #[must_use]
    pub fn differs(mut self, field: &str, current: Option<String>, version: i64) -> Self {
        let shown = self.entry.fields.iter().find(|shown| shown.name == field);
        self.conflict = Some(Differs {
            label: shown.and_then(|shown| shown.label.clone()),
            before: shown.and_then(|shown| shown.before.clone()),
            field: field.to_owned(),
            current,
            version,
        });
        self
    }

    #[must_use]
    pub fn refused(mut self, cx: &Cx, entry: &Entry, errors: Errors) -> Self {
        let errors = FormView::new(&[], []).errors(errors).errors;
        let rules = errors.into_iter().map(|(name, message)| Rule {
            name,
            label: label(cx, entry, name),
            message,
        });
        self.problem = Some(Problem {
            rules: rules.collect(),
            lost: None,
        });
        self
    }

    #[must_use]
    pub fn lost(mut self, lost: Lost) -> Self {
        self.problem = Some(Problem {
            rules: Vec::new(),
            lost: Some(lost),
        });
        self
    }
}

// ---- the file

/// The head line, in the reader's language.
pub fn csv_head(cx: &Cx) -> Result<Vec<String>> {
    [
        "audit-column-at",
        "audit-column-actor",
        "audit-column-action",
        "audit-column-record",
        "audit-column-company",
        "audit-column-field",
        "audit-column-before",
        "audit-column-after",
        "audit-column-ip",
        "audit-column-request",
        "audit-column-seq",
    ]
    .into_iter()
    .map(|key| cx.app.translations.message(cx.lang, &Message::new(key)))
    .collect()
}

/// A line for each field; an entry without fields has one, too. `erased` is the word for what is no longer kept.
#[must_use]
pub fn csv_rows(entries: &[Entry], erased: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for entry in entries {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let side = |change: &Change, value: &Option<String>| {
            if change.erased {
                erased.to_owned()
            } else {
                text(value)
            }
        };
        let line = |field: String, before: String, after: String| {
            vec![
                entry.at.to_rfc3339(),
                text(&entry.actor),
                entry.action.clone(),
                entry.record_id.map(|id| id.to_string()).unwrap_or_default(),
                text(&entry.company),
                field,
                before,
                after,
                match entry.ip.as_deref() {
                    Some(ERASED) => erased.to_owned(),
                    ip => ip.unwrap_or_default().to_owned(),
                },
                text(&entry.request_id),
                entry.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            ]
        };
        let changes = entry.changes();
        if changes.is_empty() {
            lines.push(line(String::new(), String::new(), String::new()));
        }
        for change in changes {
            lines.push(line(
                change.field.clone(),
                side(&change, &change.before),
                side(&change, &change.after),
            ));
        }
    }
    lines
}
