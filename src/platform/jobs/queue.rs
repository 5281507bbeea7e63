//! Where jobs are promised.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Job, store};
use crate::{
    error::{Error, Result},
    platform::{clock::Clock, db::Tx},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    clock: Clock,
    /// Wakes the worker of this process, if it has one.
    pub(super) wake: Arc<Notify>,
}

impl Queue {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            wake: Arc::new(Notify::new()),
        }
    }

    /// Promises the job with the transaction: one statement. A worker of this process takes it when the transaction
    /// has been committed, another process's at its next look.
    pub async fn enqueue<J: Job>(&self, tx: &mut Tx, job: &J) -> Result<()> {
        self.enqueue_in(tx, job, TimeDelta::zero()).await
    }

    /// The same, not before `delay` has passed on the database's clock.
    pub async fn enqueue_in<J: Job>(&self, tx: &mut Tx, job: &J, delay: TimeDelta) -> Result<()> {
        let new = store::New {
            id: self.clock.new_uuid(),
            kind: J::KIND,
            payload: serde_json::to_string(job).map_err(Error::internal)?,
            priority: J::POLICY.priority as i64,
            unique_key: job.unique_key(),
            delay,
        };
        store::insert(tx, self.clock.shift_micros(), new).await?;
        self.wake_on_commit(tx);
        Ok(())
    }

    /// Lets a worker of this process look at the queue once the transaction has been committed.
    pub fn wake_on_commit(&self, tx: &mut Tx) {
        let wake = Arc::clone(&self.wake);
        tx.on_commit(move || wake.notify_one());
    }

    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.clock.new_uuid()
    }

    /// How far a test has moved the database's clock.
    #[must_use]
    pub fn shift_micros(&self) -> i64 {
        self.clock.shift_micros()
    }
}
