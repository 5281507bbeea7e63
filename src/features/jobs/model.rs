//! What a job and a schedule are, as they are shown.

use chrono::{DateTime, Utc};

use crate::{platform::jobs::State, types::Id};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    pub id: Id<Job>,
    pub kind: String,
    pub state: State,
    /// When it entered the state; of a delayed one, when it is due.
    pub at: DateTime<Utc>,
    pub attempts: i64,
    pub error: Option<String>,
    pub payload: String,
    pub worker: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Schedule {
    pub kind: String,
    pub cron: String,
    pub next_at: DateTime<Utc>,
    pub last_at: Option<DateTime<Utc>>,
}

/// What an administrator does to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A dead or discarded one waits again, as if it had never run.
    Retry,
    /// One that waits, or is dead, is not to run any more.
    Discard,
    /// A delayed one waits no longer for its time.
    Run,
}

impl Command {
    /// The states that it can be done in.
    #[must_use]
    pub fn fits(self, state: State) -> bool {
        match self {
            Self::Retry => matches!(state, State::Dead | State::Discarded),
            Self::Discard => matches!(state, State::Waiting | State::Delayed | State::Dead),
            Self::Run => state == State::Delayed,
        }
    }

    /// As the audit names it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Retry => "jobs.retry",
            Self::Discard => "jobs.discard",
            Self::Run => "jobs.run",
        }
    }
}
