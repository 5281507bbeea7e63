//! What an activity is, and how its date stands against today.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::{
    features::companies::model::{Company, Field},
    platform::db::text_column,
    types::{Id, choice},
    web::{
        access::Permission,
        session::{CurrentUser, User},
    },
};

choice! {
    pub enum Kind {
        Call = "call",
        Email = "email",
        Meeting = "meeting",
        Note = "note",
        Task = "task",
        Reminder = "reminder",
    }
}
text_column!(Kind);

choice! {
    /// Which activities the office-wide list shows.
    pub enum Due {
        Overdue = "overdue",
        Today = "today",
        /// From today to the end of the seventh day after it.
        Week = "week",
        Open = "open",
        Done = "done",
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Activity {
    pub id: Id<Activity>,
    pub company_id: Id<Company>,
    pub company: String,
    pub author_id: Id<User>,
    pub author: Option<String>,
    pub kind: Kind,
    pub title: String,
    pub body: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub done_at: Option<DateTime<Utc>>,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub kind: Kind,
    pub title: String,
    pub body: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub done: bool,
}

/// How the date stands against today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Done,
    Overdue,
    Today,
    Coming,
    /// No date.
    None,
}

impl Activity {
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            kind: self.kind,
            title: self.title.clone(),
            body: self.body.clone(),
            due_on: self.due_on,
            done: self.done_at.is_some(),
        }
    }

    #[must_use]
    pub fn state(&self, today: NaiveDate) -> State {
        match (self.done_at, self.due_on) {
            (Some(_), _) => State::Done,
            (None, None) => State::None,
            (None, Some(due)) if due < today => State::Overdue,
            (None, Some(due)) if due == today => State::Today,
            (None, Some(_)) => State::Coming,
        }
    }

    /// Its author may, and whoever looks after the company.
    #[must_use]
    pub fn may_be_changed_by(&self, user: &CurrentUser) -> bool {
        user.may(Permission::CompaniesWrite)
            || (user.may(Permission::ActivitiesWrite) && user.id == self.author_id)
    }
}

impl Draft {
    /// The date as text lives outside, because a field borrows it.
    #[must_use]
    pub fn fields<'a>(&'a self, due_on: &'a Option<String>) -> [Field<'a>; 5] {
        [
            ("kind", Some(self.kind.as_str())),
            ("title", Some(&self.title)),
            ("body", self.body.as_deref()),
            ("due_on", due_on.as_deref()),
            ("done", Some(if self.done { "true" } else { "false" })),
        ]
    }

    #[must_use]
    pub fn due_text(&self) -> Option<String> {
        self.due_on.map(|date| date.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(due_on: Option<&str>, done: bool) -> Activity {
        Activity {
            id: Id::from_uuid(uuid::Uuid::nil()),
            company_id: Id::from_uuid(uuid::Uuid::nil()),
            company: "Acme".into(),
            author_id: Id::from_uuid(uuid::Uuid::nil()),
            author: None,
            kind: Kind::Call,
            title: "Ara".into(),
            body: None,
            due_on: due_on.map(|date| date.parse().unwrap()),
            done_at: done.then(|| DateTime::from_timestamp(0, 0).unwrap()),
            version: 1,
        }
    }

    #[test]
    fn today_is_not_overdue_and_done_is_done_whatever_the_date() {
        let today = "2026-11-22".parse().unwrap();
        assert_eq!(
            activity(Some("2026-11-21"), false).state(today),
            State::Overdue
        );
        assert_eq!(
            activity(Some("2026-11-22"), false).state(today),
            State::Today
        );
        assert_eq!(
            activity(Some("2026-11-23"), false).state(today),
            State::Coming
        );
        assert_eq!(activity(None, false).state(today), State::None);
        assert_eq!(activity(Some("2020-01-01"), true).state(today), State::Done);
    }
}
