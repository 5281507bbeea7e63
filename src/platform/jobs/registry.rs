//! The kinds of jobs that there are: each has a handler, some are asked for by a clock.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::{Done, Failure, Job, Policy, Queue, Work, schedule::Schedule};
use crate::{error::Result, platform::db::Tx};

type Run<A> = fn(A, Work, &str) -> BoxFuture<'static, std::result::Result<Done, Failure>>;
type GaveUp = for<'a> fn(&'a mut Tx, DateTime<Utc>, &'a str, &'a str) -> BoxFuture<'a, Result<()>>;
type Enqueue = for<'a> fn(&'a Queue, &'a mut Tx) -> BoxFuture<'a, Result<()>>;

pub(super) struct Kind<A> {
    pub name: &'static str,
    pub policy: Policy,
    pub run: Run<A>,
    pub gave_up: GaveUp,
}

pub(super) struct Scheduled {
    pub kind: &'static str,
    pub schedule: Schedule,
    pub enqueue: Enqueue,
}

/// All kinds, by name.
pub struct Kinds<A> {
    kinds: BTreeMap<&'static str, Kind<A>>,
    pub(super) scheduled: Vec<Scheduled>,
}

impl<A: 'static> Default for Kinds<A> {
    fn default() -> Self {
        Self {
            kinds: BTreeMap::new(),
            scheduled: Vec::new(),
        }
    }
}

impl<A: 'static> Kinds<A> {
    #[must_use]
    pub fn with<J: Job<App = A>>(mut self) -> Self {
        let kind = Kind {
            name: J::KIND,
            policy: J::POLICY,
            run: run::<J>,
            gave_up: gave_up::<J>,
        };
        self.kinds.insert(J::KIND, kind);
        self
    }

    /// A kind that a clock in Istanbul asks for, by a cron expression of five fields. Once for each due time, and once
    /// for all that were missed while no worker ran.
    pub fn on<J: Job<App = A> + Default>(mut self, cron: &'static str) -> Result<Self> {
        self.scheduled.push(Scheduled {
            kind: J::KIND,
            schedule: Schedule::parse(cron)?,
            enqueue: |queue, tx| async move { queue.enqueue(tx, &J::default()).await }.boxed(),
        });
        Ok(self.with::<J>())
    }

    /// Tells whoever waits for the job that it will not be done, in the transaction that says so.
    pub async fn gave_up(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
        (kind, payload): (&str, &str),
        error: &str,
    ) -> Result<()> {
        match self.get(kind) {
            Some(kind) => (kind.gave_up)(tx, now, payload, error).await,
            None => Ok(()),
        }
    }

    /// Whether a clock asks for this kind.
    #[must_use]
    pub fn is_scheduled(&self, name: &str) -> bool {
        self.scheduled.iter().any(|one| one.kind == name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Kind<A>> {
        self.kinds.values()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Kind<A>> {
        self.kinds.get(name)
    }
}

fn run<J: Job>(
    app: J::App,
    work: Work,
    payload: &str,
) -> BoxFuture<'static, std::result::Result<Done, Failure>> {
    match serde_json::from_str::<J>(payload) {
        Ok(job) => async move { job.run(app, work).await }.boxed(),
        Err(error) => {
            let failure = Failure::Dead(format!("its payload cannot be read: {error}"));
            async { Err(failure) }.boxed()
        }
    }
}

fn gave_up<'a, J: Job>(
    tx: &'a mut Tx,
    now: DateTime<Utc>,
    payload: &'a str,
    error: &'a str,
) -> BoxFuture<'a, Result<()>> {
    async move {
        match serde_json::from_str::<J>(payload) {
            Ok(job) => job.gave_up(tx, now, error).await,
            // Nobody could have waited for it.
            Err(_) => Ok(()),
        }
    }
    .boxed()
}
