//! A process that runs jobs: takes them from the queue, a few at a time, and says how each went.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use tokio::{sync::watch, task::JoinSet, time};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    Done, Failure, Kinds, Policy, Queue, Work,
    store::{self, Claimed, Next},
    work::How,
};
use crate::{
    error::{Error, Result},
    platform::{
        db::{Db, Tx},
        metrics::Metrics,
    },
};

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Jobs of all kinds that run at once.
    pub at_once: usize,
    /// A worker that is silent for so long is dead.
    pub lease: Duration,
    /// How often the queue is looked at for what other processes have added.
    pub look_every: Duration,
    /// What running jobs get at shutdown; the rest is handed back.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            at_once: 8,
            lease: Duration::from_secs(30),
            look_every: Duration::from_millis(500),
            grace: Duration::from_secs(20),
        }
    }
}

/// The pause after the database could not be asked.
const AWAY: Duration = Duration::from_secs(1);

pub struct Worker<A> {
    pub app: A,
    pub db: Db,
    pub queue: Queue,
    pub kinds: Arc<Kinds<A>>,
    pub metrics: Metrics,
    pub options: Options,
}

/// A run that has ended, however it did.
struct Ended {
    job: Claimed,
    policy: Policy,
    outcome: std::result::Result<Done, Failure>,
    took: Duration,
}

/// What runs under one registration.
struct Crew {
    id: Uuid,
    running: JoinSet<Ended>,
    by_kind: HashMap<&'static str, usize>,
    /// The jobs that run, and those that have ended and are not said yet.
    held: HashSet<Uuid>,
    /// Not said to the database yet.
    ended: Vec<Ended>,
    /// Jobs were left where they are because as many as may run did: there is room when one of these ends.
    left_some: bool,
}

/// Why a crew stopped taking jobs.
enum Stop {
    Told,
    /// The lease was lost: somebody else has its jobs now.
    Lost,
}

impl<A: Clone + Send + Sync + 'static> Worker<A> {
    /// Runs jobs until told to stop; a lost lease or a database that is away ends nothing.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        let worker = Arc::new(self);
        loop {
            let id = tokio::select! {
                id = worker.sign_on() => id,
                () = &mut stop => return,
            };
            let (lost, mut losing) = watch::channel(false);
            // Dropped with the worker: one that is gone must not go on beating.
            let mut heart = JoinSet::new();
            heart.spawn(Arc::clone(&worker).beat(id, lost));
            let mut crew = Crew {
                id,
                running: JoinSet::new(),
                by_kind: HashMap::new(),
                held: HashSet::new(),
                ended: Vec::new(),
                left_some: false,
            };
            let why = tokio::select! {
                why = worker.take_jobs(&mut crew, &mut losing) => why,
                () = &mut stop => Stop::Told,
            };
            match why {
                Stop::Told => {
                    worker.wind_up(&mut crew).await;
                    heart.shutdown().await;
                    return;
                }
                Stop::Lost => {
                    tracing::error!(worker_id = %id, "worker_lost_its_lease");
                    crew.running.shutdown().await;
                    heart.shutdown().await;
                }
            }
        }
    }

    /// Registers, and notes the schedules; tries until the database is there.
    async fn sign_on(&self) -> Uuid {
        let mut told = false;
        loop {
            // Another one for each try: where the answer was lost, the one before may be registered.
            let id = self.queue.new_id();
            match self.try_sign_on(id).await {
                Ok(()) => {
                    tracing::info!(worker_id = %id, "worker_started");
                    return id;
                }
                Err(error) if !told => {
                    tracing::warn!(%error, "worker_waits_for_the_database");
                    told = true;
                }
                Err(_) => {}
            }
            time::sleep(AWAY).await;
        }
    }

    async fn try_sign_on(&self, id: Uuid) -> Result<()> {
        let name = format!("{}:{}", host(), std::process::id());
        let mut tx = self.db.begin().await?;
        store::register(&mut tx, self.shift(), id, &name, self.lease()).await?;
        let now = store::now(&mut tx, self.shift()).await?;
        for scheduled in &self.kinds.scheduled {
            let next = scheduled.schedule.after(now)?;
            store::schedule(&mut tx, scheduled.kind, scheduled.schedule.text, now, next).await?;
        }
        tx.commit().await
    }

    // ---- staying alive, and finding out who is not

    async fn beat(self: Arc<Self>, id: Uuid, lost: watch::Sender<bool>) {
        let every = self.heartbeat();
        loop {
            let pause = match self.prolong(id).await {
                Ok(true) => every,
                Ok(false) => {
                    let _ = lost.send(true);
                    return;
                }
                // As long as nobody else can say that we are dead, we are not; but there may be others who can.
                Err(error) => {
                    tracing::warn!(%error, "worker_lease_not_prolonged");
                    every.min(AWAY)
                }
            };
            if let Err(error) = self.reap().await {
                tracing::warn!(%error, "dead_workers_not_looked_for");
            }
            time::sleep(pause).await;
        }
    }

    async fn prolong(&self, id: Uuid) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let ours = store::beat(&mut tx, self.shift(), id, self.lease()).await?;
        tx.commit().await?;
        Ok(ours)
    }

    /// Returns the jobs of workers whose lease has ended.
    async fn reap(&self) -> Result<()> {
        let mut given_up = Vec::new();
        let mut tx = self.db.begin().await?;
        for (dead, name) in store::dead_workers(&mut tx, self.shift()).await? {
            let jobs = self.take_back(&mut tx, dead, &mut given_up).await?;
            tracing::warn!(worker_id = %dead, name, jobs, "worker_died");
            store::remove_worker(&mut tx, dead).await?;
        }
        for dead in store::strangers(&mut tx).await? {
            let jobs = self.take_back(&mut tx, dead, &mut given_up).await?;
            tracing::warn!(worker_id = %dead, jobs, "dead_worker_took_jobs");
        }
        self.queue.wake_on_commit(&mut tx);
        tx.commit().await?;
        for (job, error) in given_up {
            let (kind, attempt) = (job.kind.as_str(), job.attempts);
            tracing::error!(kind, job_id = %job.id, attempt, error, "job_dead");
            self.metrics.job_died(kind);
        }
        Ok(())
    }

    /// Returns a dead worker's jobs, or gives them up; how many there were.
    async fn take_back(
        &self,
        tx: &mut Tx,
        dead: Uuid,
        given_up: &mut Vec<(Claimed, String)>,
    ) -> Result<usize> {
        let jobs = store::running_of(tx, dead).await?;
        let count = jobs.len();
        for job in jobs {
            let policy = self.policy(&job.kind);
            if job.attempts < policy.attempts {
                // At once, but the run counts: a job that kills its workers must come to an end.
                let next = Next::Delayed(TimeDelta::zero(), "its worker died");
                let key = job.unique_key.as_deref();
                store::fail(tx, self.shift(), dead, job.id, key, next).await?;
                continue;
            }
            let error = format!(
                "its worker died, in run {} of {}",
                job.attempts, policy.attempts
            );
            if self.give_up(tx, dead, &job, &error).await? {
                given_up.push((job, error));
            }
        }
        Ok(count)
    }

    // ---- taking and running

    async fn take_jobs(&self, crew: &mut Crew, losing: &mut watch::Receiver<bool>) -> Stop {
        let mut look_at = Instant::now();
        let mut check_at = Instant::now() + self.heartbeat();
        let mut is_away = false;
        loop {
            if !crew.ended.is_empty() && self.settle(crew).await.is_err() {
                time::sleep(Duration::from_millis(100)).await;
            }
            if Instant::now() >= check_at {
                let checked = self.hand_back_strays(crew).await;
                check_at = Instant::now() + checked.map_or(AWAY, |()| self.heartbeat());
            }
            let free = self.options.at_once.saturating_sub(crew.running.len());
            if free > 0 && crew.ended.len() <= self.options.at_once && Instant::now() >= look_at {
                let looked = self.look(crew, free).await;
                look_at = Instant::now();
                match looked {
                    Ok(pause) => {
                        look_at += pause;
                        is_away = false;
                    }
                    Err(error) => {
                        if !is_away {
                            tracing::warn!(%error, "queue_not_looked_at");
                        }
                        is_away = true;
                        look_at += AWAY;
                        // What it took may be ours although nobody told us.
                        check_at = Instant::now();
                    }
                }
            }
            tokio::select! {
                () = self.queue.wake.notified() => look_at = Instant::now(),
                Some(ended) = crew.running.join_next(), if !crew.running.is_empty() => {
                    crew.note(ended);
                    while let Some(ended) = crew.running.try_join_next() {
                        crew.note(ended);
                    }
                    if crew.left_some {
                        look_at = Instant::now();
                    }
                }
                () = time::sleep_until(look_at.into()), if free > 0 => {}
                () = time::sleep_until(check_at.into()) => {}
                _ = losing.wait_for(|lost| *lost) => return Stop::Lost,
            }
        }
    }

    /// Takes what there is to do, and tells how long there will be nothing else.
    async fn look(&self, crew: &mut Crew, free: usize) -> Result<Duration> {
        let room = crew.room(&self.kinds);
        let kinds = room.iter().map(|(kind, _)| *kind);
        let scheduled = self.kinds.scheduled.iter().map(|one| one.kind);
        let mut conn = self.db.read().await?;
        let look = store::look(&mut conn, self.shift(), kinds, scheduled).await?;
        let is_due =
            |at: Option<chrono::DateTime<chrono::Utc>>| at.is_some_and(|at| at <= look.now);
        if is_due(look.next_scheduled) {
            let due = store::due_schedules(&mut conn, look.now).await?;
            drop(conn);
            self.ask(&due, look.now).await?;
            return Ok(Duration::ZERO);
        }
        drop(conn);
        crew.left_some = room.len() < self.kinds.all().count();
        if look.waiting > 0 || is_due(look.next_delayed) {
            let limit = i64::try_from(free).map_err(Error::internal)?;
            let mut tx = self.db.begin().await?;
            if is_due(look.next_delayed) {
                store::promote(&mut tx, self.shift()).await?;
            }
            let found = store::claim(&mut tx, self.shift(), crew.id, limit, &room).await?;
            tx.commit().await?;
            crew.left_some |= found.more;
            for job in found.claimed {
                self.start(crew, job);
            }
            if found.more {
                // For the first slot that is free.
                return Ok(Duration::ZERO);
            }
        }
        let until = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.and_then(|at| (at - look.now).to_std().ok())
                .filter(|wait| !wait.is_zero())
        };
        let every = self.options.look_every.mul_f64(0.75 + dice() / 2.0);
        Ok([until(look.next_delayed), until(look.next_scheduled)]
            .into_iter()
            .flatten()
            .fold(every, Duration::min))
    }

    /// Adds the jobs whose time has come by the clock. Whoever moves the schedule on adds the job with it.
    async fn ask(
        &self,
        due: &[(String, chrono::DateTime<chrono::Utc>)],
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<()> {
        for scheduled in &self.kinds.scheduled {
            let Some((_, at)) = due.iter().find(|(kind, _)| kind == scheduled.kind) else {
                continue;
            };
            let next = scheduled.schedule.after(now)?;
            let mut tx = self.db.begin().await?;
            if store::take_due(&mut tx, scheduled.kind, now, *at, next).await? {
                (scheduled.enqueue)(&self.queue, &mut tx).await?;
                tx.commit().await?;
                tracing::info!(kind = scheduled.kind, due = %at, "job_asked_for");
            }
        }
        Ok(())
    }

    /// Hands back what is this worker's in the queue and nowhere else: the answer to a claim may be lost after it took
    /// effect, and may take effect after nobody waits for it.
    async fn hand_back_strays(&self, crew: &Crew) -> Result<()> {
        let running = store::running_of(&mut self.db.read().await?, crew.id).await?;
        let is_stray = |job: &&Claimed| !crew.held.contains(&job.id);
        if !running.iter().any(|job| is_stray(&job)) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for job in running.iter().filter(is_stray) {
            let key = job.unique_key.as_deref();
            store::fail(&mut tx, self.shift(), crew.id, job.id, key, Next::Waiting).await?;
            tracing::warn!(kind = job.kind, job_id = %job.id, "job_handed_back");
        }
        self.queue.wake_on_commit(&mut tx);
        tx.commit().await
    }

    fn start(&self, crew: &mut Crew, job: Claimed) {
        // Only known kinds are asked for.
        let Some(kind) = self.kinds.get(&job.kind) else {
            return;
        };
        crew.held.insert(job.id);
        let work = Work {
            db: self.db.clone(),
            shift_micros: self.shift(),
            id: job.id,
            worker_id: crew.id,
            attempts: job.attempts,
            policy: kind.policy,
        };
        *crew.by_kind.entry(kind.name).or_default() += 1;
        let (policy, app, run) = (kind.policy, self.app.clone(), kind.run);
        let span = tracing::info_span!("job", kind = kind.name, job_id = %job.id);
        let ran = async move {
            let begun = Instant::now();
            let running =
                AssertUnwindSafe(async { run(app, work, &job.payload).await }).catch_unwind();
            let outcome = match time::timeout(policy.timeout, running).await {
                Ok(Ok(outcome)) => outcome,
                // The panic hook has logged it.
                Ok(Err(panic)) => Err(Failure::Retry(format!("panicked: {}", panic_text(&panic)))),
                Err(_) => Err(Failure::Retry(format!(
                    "took longer than {} s",
                    policy.timeout.as_secs()
                ))),
            };
            Ended {
                job,
                policy,
                outcome,
                took: begun.elapsed(),
            }
        };
        crew.running.spawn(ran.instrument(span));
    }

    // ---- saying how it went

    /// Says how runs ended; what could not be said stays for the next time.
    async fn settle(&self, crew: &mut Crew) -> Result<()> {
        let untold: Vec<Uuid> = crew
            .ended
            .iter()
            .filter(|ended| matches!(ended.outcome, Ok(Done(How::Untold))))
            .map(|ended| ended.job.id)
            .collect();
        let is_work_left =
            !untold.is_empty() || crew.ended.iter().any(|ended| ended.outcome.is_err());
        if is_work_left {
            let said = self.say(crew, &untold).await;
            if let Err(error) = &said {
                tracing::warn!(%error, runs = crew.ended.len(), "runs_not_settled_yet");
            }
            said?;
        }
        for ended in crew.ended.drain(..) {
            crew.held.remove(&ended.job.id);
            self.log(&ended);
        }
        Ok(())
    }

    async fn say(&self, crew: &Crew, untold: &[Uuid]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !untold.is_empty() {
            store::finish_all(&mut tx, self.shift(), crew.id, untold).await?;
        }
        for ended in &crew.ended {
            let (job, policy) = (&ended.job, &ended.policy);
            match &ended.outcome {
                Ok(_) | Err(Failure::Lost) => {}
                Err(Failure::Retry(error)) if job.attempts < policy.attempts => {
                    let pause = TimeDelta::from_std(policy.pause(job.attempts, dice()))
                        .map_err(Error::internal)?;
                    let next = Next::Delayed(pause, error);
                    let key = job.unique_key.as_deref();
                    store::fail(&mut tx, self.shift(), crew.id, job.id, key, next).await?;
                }
                Err(Failure::Retry(error) | Failure::Dead(error)) => {
                    self.give_up(&mut tx, crew.id, job, error).await?;
                }
            }
        }
        tx.commit().await
    }

    /// Whether the job was still this worker's.
    async fn give_up(&self, tx: &mut Tx, worker: Uuid, job: &Claimed, error: &str) -> Result<bool> {
        let key = job.unique_key.as_deref();
        let next = Next::Dead(error);
        if !store::fail(tx, self.shift(), worker, job.id, key, next).await? {
            return Ok(false);
        }
        let now = store::now(tx, self.shift()).await?;
        let told = (job.kind.as_str(), job.payload.as_str());
        self.kinds.gave_up(tx, now, told, error).await?;
        Ok(true)
    }

    fn log(&self, ended: &Ended) {
        let Ended { job, took, .. } = ended;
        let (kind, job_id, attempt) = (job.kind.as_str(), job.id, job.attempts);
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let outcome = match &ended.outcome {
            Ok(_) => {
                tracing::info!(kind, %job_id, attempt, duration_ms, "job_done");
                "done"
            }
            Err(Failure::Lost) => {
                tracing::warn!(kind, %job_id, attempt, duration_ms, "job_lost");
                "lost"
            }
            Err(Failure::Retry(error)) if attempt < ended.policy.attempts => {
                tracing::warn!(kind, %job_id, attempt, duration_ms, error, "job_failed");
                "retry"
            }
            Err(Failure::Retry(error) | Failure::Dead(error)) => {
                tracing::error!(kind, %job_id, attempt, duration_ms, error, "job_dead");
                "dead"
            }
        };
        self.metrics.job_ran(kind, outcome, *took);
    }

    // ---- stopping

    /// Gives what runs some time, hands back the rest, and signs off.
    async fn wind_up(&self, crew: &mut Crew) {
        let deadline = time::Instant::now() + self.options.grace;
        while let Ok(Some(ended)) = time::timeout_at(deadline, crew.running.join_next()).await {
            crew.note(ended);
            if self.settle(crew).await.is_err() {
                time::sleep(Duration::from_millis(100)).await;
            }
        }
        // Cut while they may still be between two statements: what they have not committed is not there.
        crew.running.shutdown().await;
        let _ = self.settle(crew).await;
        match self.sign_off(crew.id).await {
            Ok(jobs) => tracing::info!(worker_id = %crew.id, handed_back = jobs, "worker_stopped"),
            // Its lease will end, and its jobs return then.
            Err(error) => tracing::warn!(worker_id = %crew.id, %error, "worker_not_signed_off"),
        }
    }

    async fn sign_off(&self, id: Uuid) -> Result<usize> {
        let mut tx = self.db.begin().await?;
        let jobs = store::running_of(&mut tx, id).await?;
        for job in &jobs {
            let key = job.unique_key.as_deref();
            store::fail(&mut tx, self.shift(), id, job.id, key, Next::Waiting).await?;
        }
        store::remove_worker(&mut tx, id).await?;
        tx.commit().await?;
        Ok(jobs.len())
    }

    fn shift(&self) -> i64 {
        self.queue.shift_micros()
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.options.lease).unwrap_or(TimeDelta::MAX)
    }

    fn heartbeat(&self) -> Duration {
        self.options.lease / 3
    }

    fn policy(&self, kind: &str) -> Policy {
        self.kinds
            .get(kind)
            .map_or(Policy::DEFAULT, |kind| kind.policy)
    }
}

impl Crew {
    fn note(&mut self, ended: std::result::Result<Ended, tokio::task::JoinError>) {
        match ended {
            Ok(ended) => {
                if let Some(count) = self.by_kind.get_mut(ended.job.kind.as_str()) {
                    *count = count.saturating_sub(1);
                }
                self.ended.push(ended);
            }
            // Panics are caught inside, so this is a task that was aborted: its job returns with the lease.
            Err(error) => tracing::error!(%error, "job_task_failed"),
        }
    }

    /// The kinds of which more may run here now, and how many.
    fn room<A: 'static>(&self, kinds: &Kinds<A>) -> Vec<(&'static str, i64)> {
        kinds
            .all()
            .filter_map(|kind| {
                let running = self.by_kind.get(kind.name).copied().unwrap_or_default();
                let room = kind.policy.at_once.saturating_sub(running);
                let room = i64::try_from(room).unwrap_or(i64::MAX);
                (room > 0).then_some((kind.name, room))
            })
            .collect()
    }
}

fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// From 0 to 1.
fn dice() -> f64 {
    rand::random()
}

/// The machine's name, for people who look for a worker.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(
        |_| "unknown".into(),
        |name| name.trim().chars().take(80).collect(),
    )
}
