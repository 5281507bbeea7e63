//! Work that happens later: promised in a transaction, done once it is committed, whatever dies in between.
//!
//! What it promises:
//! - A job is a row of the application's database: it commits or rolls back with the change that asked for it.
//! - A job runs until it is done or given up, at least once. A handler that ends with [`Work::commit`] writes its effect
//!   and the end of the job in one transaction, so that the effect happens exactly once.
//! - A worker whose lease has ended is dead: its jobs return to the queue, and what it still tries to commit is refused.
//! - Leases and due times are compared on the database's clock; no process's own clock matters.

mod queue;
mod registry;
mod schedule;
pub mod store;
mod work;
mod worker;

use std::{future::Future, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    queue::Queue,
    registry::Kinds,
    store::State,
    work::{Done, Work},
    worker::{Options, Worker},
};
use crate::{
    error::{Error, Result},
    platform::db::Tx,
};

/// A kind of job: its values are what is stored in the queue.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What handlers are given: the application.
    type App: Clone + Send + Sync + 'static;

    /// `noun.verb`, at most 64 characters. Stored with the job, so it stays for as long as such jobs may wait.
    const KIND: &'static str;
    const POLICY: Policy = Policy::DEFAULT;

    /// While a job with this key waits, another one is not added. At most 190 characters; begin it with the kind.
    fn unique_key(&self) -> Option<String> {
        None
    }

    fn run(
        self,
        app: Self::App,
        work: Work,
    ) -> impl Future<Output = std::result::Result<Done, Failure>> + Send;

    /// The job is dead, or an administrator has discarded it, then `error` is [`DISCARDED`]: told in the transaction that
    /// says so, for whoever shows the outcome.
    fn gave_up(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
        error: &str,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (tx, now, error);
        async { Ok(()) }
    }
}

/// Why a job that an administrator took out of the queue was given up.
pub const DISCARDED: &str = "discarded";

/// How a kind of job is treated.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub priority: Priority,
    /// Runs that a job gets before it is dead; a run that ended with its worker counts.
    pub attempts: i64,
    /// A run that takes longer is cut.
    pub timeout: Duration,
    /// How many of this kind one process runs at once.
    pub at_once: usize,
    /// The pause after the first failure; it doubles with each, up to `last_pause`, give or take a quarter.
    pub first_pause: Duration,
    pub last_pause: Duration,
}

impl Policy {
    pub const DEFAULT: Self = Self {
        priority: Priority::Normal,
        attempts: 10,
        timeout: Duration::from_mins(1),
        at_once: 8,
        first_pause: Duration::from_secs(5),
        last_pause: Duration::from_hours(1),
    };

    /// The pause before the next run, after so many. `dice` is between 0 and 1.
    fn pause(&self, attempts: i64, dice: f64) -> Duration {
        let doubled =
            u32::try_from(attempts.clamp(1, 30) - 1).map_or(1.0, |n| 2_f64.powi(n.cast_signed()));
        let pause = (self.first_pause.as_secs_f64() * doubled).min(self.last_pause.as_secs_f64());
        Duration::from_secs_f64(pause * (0.75 + dice / 2.0))
    }
}

/// Jobs that wait are taken by this, and then in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    High = 0,
    Normal = 1,
    Low = 2,
}

/// Why a run did not end well.
#[derive(Debug)]
pub enum Failure {
    /// It may go well later.
    Retry(String),
    /// It never will.
    Dead(String),
    /// The worker's lease had ended before the job did; someone else has it now.
    Lost,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Retry(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_last_give_or_take_a_quarter() {
        let policy = Policy::DEFAULT;
        assert_eq!(policy.pause(1, 0.5), Duration::from_secs(5));
        assert_eq!(policy.pause(4, 0.5), Duration::from_secs(40));
        assert_eq!(policy.pause(4, 0.0), Duration::from_secs(30));
        assert_eq!(policy.pause(4, 1.0), Duration::from_secs(50));
        assert_eq!(policy.pause(60, 0.5), Duration::from_hours(1));
        assert_eq!(policy.pause(i64::MAX, 0.5), Duration::from_hours(1));
    }
}
