//! What the templates of jobs see.

use serde::Serialize;

use super::{
    form::ListQuery,
    model::{Command, Job, Schedule},
    queries::{FEW, PER_PAGE},
};
use crate::{
    error::Result,
    features::companies::views::PageView,
    platform::jobs::State,
    types::{
        Id,
        page::{Cursor, Key, Total},
    },
};

#[derive(Debug, Serialize)]
pub struct Index {
    state: State,
    state_tabs: Vec<Tab>,
    rows: Vec<Row>,
    page: PageView,
    schedules: Vec<ScheduleRow>,
    /// This page, with its place in the list.
    href: String,
    paused: bool,
    pause_href: String,
}

#[derive(Debug, Serialize)]
struct Tab {
    state: State,
    href: String,
    count: u32,
    capped: bool,
    current: bool,
}

#[derive(Debug, Serialize)]
pub struct Row {
    id: Id<Job>,
    href: String,
    kind: String,
    state: State,
    at: String,
    attempts: i64,
    error: Option<String>,
    /// The beginning of the error, for a table.
    headline: Option<String>,
    worker: Option<String>,
    created_at: String,
    can_retry: bool,
    can_discard: bool,
    can_run: bool,
}

impl From<&Job> for Row {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id,
            href: format!("/jobs/{}", job.id),
            kind: job.kind.clone(),
            state: job.state,
            at: job.at.to_rfc3339(),
            attempts: job.attempts,
            headline: job.error.as_deref().map(headline),
            error: job.error.clone(),
            worker: job.worker.clone(),
            created_at: job.created_at.to_rfc3339(),
            can_retry: Command::Retry.fits(job.state),
            can_discard: Command::Discard.fits(job.state),
            can_run: Command::Run.fits(job.state),
        }
    }
}

fn headline(error: &str) -> String {
    const MOST: usize = 120;
    let line = error.lines().next().unwrap_or_default();
    let mut headline: String = line.chars().take(MOST).collect();
    if headline.len() < error.len() {
        headline.push('…');
    }
    headline
}

#[derive(Debug, Serialize)]
struct ScheduleRow {
    kind: String,
    cron: String,
    next_at: String,
    last_at: Option<String>,
}

impl From<Schedule> for ScheduleRow {
    fn from(schedule: Schedule) -> Self {
        Self {
            kind: schedule.kind,
            cron: schedule.cron,
            next_at: schedule.next_at.to_rfc3339(),
            last_at: schedule.last_at.map(|at| at.to_rfc3339()),
        }
    }
}

impl Index {
    /// `rows` may hold one more than a page has: then there is a next one.
    pub fn new(
        query: &ListQuery,
        mut rows: Vec<Job>,
        counts: &[(State, i64)],
        schedules: Vec<Schedule>,
    ) -> Result<Self> {
        let state = query.state()?;
        let position = query.cursor()?.map_or(0, |cursor| cursor.position);
        let per_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
        let more = rows.len() > per_page;
        rows.truncate(per_page);
        let total = |state: State| {
            let found = counts.iter().find(|(known, _)| *known == state);
            let count = found.map_or(0, |(_, count)| *count);
            Total::of(
                u32::try_from(count).unwrap_or(u32::MAX),
                u32::try_from(FEW).unwrap_or(u32::MAX),
            )
        };
        let length = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let next = rows.last().filter(|_| more).map(|last| {
            let cursor = Cursor {
                key: Key::Time(last.at),
                id: last.id.uuid(),
                position: position + length,
                backwards: false,
            };
            href(state, &cursor.encode(), query.is_paused())
        });
        Ok(Self {
            state,
            state_tabs: State::ALL
                .iter()
                .map(|one| {
                    let total = total(*one);
                    Tab {
                        state: *one,
                        href: href(*one, "", query.is_paused()),
                        count: total.n,
                        capped: total.capped,
                        current: *one == state,
                    }
                })
                .collect(),
            page: PageView {
                from: position + u32::from(length > 0),
                to: position + length,
                total: total(state).n.max(position + length),
                capped: total(state).capped,
                prev: (position > 0).then(|| href(state, "", query.is_paused())),
                next,
            },
            rows: rows.iter().map(Row::from).collect(),
            schedules: schedules.into_iter().map(ScheduleRow::from).collect(),
            href: href(state, &query.after, query.is_paused()),
            paused: query.is_paused(),
            pause_href: href(state, &query.after, !query.is_paused()),
        })
    }
}

fn href(state: State, after: &str, paused: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("state", state.as_str());
    if !after.is_empty() {
        query.append_pair("after", after);
    }
    if paused {
        query.append_pair("paused", "1");
    }
    format!("/jobs?{}", query.finish())
}

#[derive(Debug, Serialize)]
pub struct Show {
    job: Row,
    payload: String,
}

impl From<Job> for Show {
    fn from(job: Job) -> Self {
        let pretty = serde_json::from_str::<serde_json::Value>(&job.payload)
            .and_then(|value| serde_json::to_string_pretty(&value));
        Self {
            job: Row::from(&job),
            payload: pretty.unwrap_or(job.payload),
        }
    }
}
