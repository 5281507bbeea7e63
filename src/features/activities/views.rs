//! What the activity templates see.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    form::{ActivityForm, ListQuery},
    model::{Activity, Draft, Due, Kind, State},
    queries,
};
use crate::{
    error::Result,
    features::companies::{
        model::Company,
        views::{Conflict, ConflictField, Head, Link, PageView},
    },
    platform::db::Conn,
    types::Id,
    web::{
        cx::Cx,
        form::{Choice, Errors, FormView, choices},
    },
};

/// The open ones and the latest done ones.
pub const MOST: i64 = 200;

pub const PER_PAGE: i64 = 25;

#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Activity>,
    company: Link,
    kind: Kind,
    title: String,
    body: Option<String>,
    due_on: Option<NaiveDate>,
    due: State,
    done_at: Option<String>,
    author: Option<String>,
    version: i64,
    href: String,
    edit_href: String,
    done_action: String,
    trash_action: String,
    editable: bool,
    fresh: bool,
}

impl Row {
    pub fn new(cx: &Cx, activity: Activity, fresh: Option<Id<Activity>>) -> Self {
        let company = format!("/companies/{}", activity.company_id);
        let action = format!("{company}/activities/{}", activity.id);
        Self {
            due: activity.state(cx.app.clock.today()),
            editable: cx
                .user
                .as_ref()
                .is_some_and(|user| activity.may_be_changed_by(user)),
            fresh: fresh == Some(activity.id),
            id: activity.id,
            kind: activity.kind,
            title: activity.title,
            body: activity.body,
            due_on: activity.due_on,
            done_at: activity.done_at.map(|at| at.to_rfc3339()),
            author: activity.author,
            version: activity.version,
            href: format!("{company}/activities#activity-{}", activity.id),
            edit_href: format!("{action}/edit"),
            done_action: format!("{action}/done"),
            trash_action: format!("{action}/trash"),
            company: Link {
                id: activity.company_id.to_string(),
                name: activity.company,
                href: company,
            },
        }
    }
}

/// The ones that the company's own page shows.
pub async fn coming_of(cx: &Cx, conn: &mut Conn, company: Id<Company>) -> Result<Vec<Row>> {
    Ok(queries::coming(conn, company, 4)
        .await?
        .into_iter()
        .map(|activity| Row::new(cx, activity, None))
        .collect())
}

/// A company's panel: the form to add one, and the list.
#[derive(Serialize)]
pub struct Index {
    #[serde(flatten)]
    head: Head,
    rows: Vec<Row>,
    form: FormView,
    kind_options: Vec<Choice>,
    action: String,
    open: bool,
    editable: bool,
}

impl Index {
    pub fn new(
        cx: &Cx,
        head: Head,
        rows: Vec<Activity>,
        form: &ActivityForm,
        errors: Option<Errors>,
        fresh: Option<Id<Activity>>,
        editable: bool,
    ) -> Self {
        Self {
            action: format!("{}/activities", head.company.href),
            head,
            rows: rows
                .into_iter()
                .map(|activity| Row::new(cx, activity, fresh))
                .collect(),
            open: errors.is_some(),
            form: form.view().errors(errors.unwrap_or_default()),
            kind_options: kind_options(form.kind()),
            editable,
        }
    }
}

fn kind_options(selected: &str) -> Vec<Choice> {
    choices(Kind::ALL.iter().map(|kind| kind.as_str()), selected)
}

#[derive(Serialize)]
pub struct Edit {
    #[serde(flatten)]
    head: Head,
    form: FormView,
    kind_options: Vec<Choice>,
    action: String,
    conflict: Option<Conflict>,
}

impl Edit {
    pub fn new(head: Head, activity: &Activity, form: &ActivityForm, errors: Errors) -> Self {
        Self {
            action: format!("{}/activities/{}", head.company.href, activity.id),
            head,
            form: form.view().errors(errors),
            kind_options: kind_options(form.kind()),
            conflict: None,
        }
    }

    #[must_use]
    pub fn conflict(
        mut self,
        theirs: &Activity,
        mine: &Draft,
        by: Option<String>,
        at: String,
    ) -> Self {
        let saved = theirs.draft();
        self.form
            .values
            .insert("version", theirs.version.to_string());
        let fields = ConflictField::between(
            "activity",
            &saved.fields(&saved.due_text()),
            &mine.fields(&mine.due_text()),
        );
        self.conflict = Some(Conflict {
            by,
            at,
            fields,
            edit_href: format!("{}/edit", self.action),
        });
        self
    }
}

/// The office-wide list.
#[derive(Serialize)]
pub struct Agenda {
    filter: AgendaFilter,
    due_options: Vec<DueOption>,
    rows: Vec<Row>,
    page: PageView,
}

#[derive(Serialize)]
struct AgendaFilter {
    due: Due,
    mine: bool,
}

#[derive(Serialize)]
struct DueOption {
    value: Due,
    selected: bool,
    count: Option<i64>,
}

impl Agenda {
    pub async fn load(cx: &Cx, conn: &mut Conn, query: &ListQuery) -> Result<Self> {
        let due = query.due()?;
        let author = if query.mine() {
            Some(cx.user()?.id)
        } else {
            None
        };
        let filter = queries::Filter {
            scope: cx.scope()?,
            due,
            today: cx.app.clock.today(),
            author,
        };
        let total = queries::count(conn, &filter).await?;
        let shown = total.min(queries::FEW);
        // A page beyond the end is the last one.
        let page = query.page()?.min((shown - 1).max(0) / PER_PAGE);
        let rows = queries::list(conn, &filter, PER_PAGE, page * PER_PAGE).await?;
        let href = |page: i64| {
            let mine = if query.mine() { "&mine=true" } else { "" };
            format!("/activities?due={due}{mine}&page={}", page + 1)
        };
        let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let count = i64::try_from(rows.len()).unwrap_or(0);
        let first = page * PER_PAGE;
        Ok(Self {
            page: PageView {
                from: number(if count == 0 { 0 } else { first + 1 }),
                to: number(first + count),
                total: number(shown),
                capped: total > queries::FEW,
                prev: (page > 0).then(|| href(page - 1)),
                next: (first + count < shown).then(|| href(page + 1)),
            },
            due_options: Due::ALL
                .iter()
                .map(|value| DueOption {
                    value: *value,
                    selected: *value == due,
                    count: (*value == due).then_some(total),
                })
                .collect(),
            filter: AgendaFilter {
                due,
                mine: query.mine(),
            },
            rows: rows
                .into_iter()
                .map(|activity| Row::new(cx, activity, None))
                .collect(),
        })
    }
}
