//! What a handler is given with its job, and what it gives back.

use std::future::Future;

use uuid::Uuid;

use super::{Failure, Policy, store};
use crate::{
    error::Result,
    platform::db::{Db, Tx},
};

/// One run of a job.
pub struct Work {
    pub(super) db: Db,
    pub(super) shift_micros: i64,
    pub(super) id: Uuid,
    pub(super) worker_id: Uuid,
    pub(super) attempts: i64,
    pub(super) policy: Policy,
}

/// That a job is done. Only [`Work`] makes one, so that no handler forgets how.
pub struct Done(pub(super) How);

pub(super) enum How {
    /// Said in the handler's own transaction.
    Committed,
    /// The worker still has to say so.
    Untold,
}

impl Work {
    /// The job's id, the same in each of its runs.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// 1 in the first run.
    #[must_use]
    pub fn attempt(&self) -> i64 {
        self.attempts
    }

    /// A failure of this run is the job's end.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.attempts >= self.policy.attempts
    }

    pub fn begin(&self) -> impl Future<Output = Result<Tx>> + '_ {
        self.db.begin()
    }

    /// For a handler that notes a failure: `Lost` if the job is somebody else's by now, else it stays this worker's until
    /// the transaction ends.
    pub async fn hold(&self, tx: &mut Tx) -> std::result::Result<(), Failure> {
        if store::hold(tx, self.worker_id, self.id).await? {
            Ok(())
        } else {
            Err(Failure::Lost)
        }
    }

    /// Commits the handler's effect and the end of the job together: the effect happens exactly once. Nothing is
    /// written if the job is no longer this worker's.
    pub async fn commit(&self, mut tx: Tx) -> std::result::Result<Done, Failure> {
        if !store::finish(&mut tx, self.shift_micros, self.worker_id, self.id).await? {
            return Err(Failure::Lost);
        }
        tx.commit().await?;
        Ok(Done(How::Committed))
    }

    /// For a handler without a transaction of its own: its effect may happen again if the process dies right now.
    #[must_use]
    pub fn done(&self) -> Done {
        Done(How::Untold)
    }
}
