//! Work that happens later: promised in a transaction, neither lost nor done twice, whatever dies.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use poem::{Endpoint as _, Request};
use prosektorweb::{
    app::App,
    error::Result,
    platform::{
        db::Tx,
        jobs::{Done, Failure, Job, Kinds, Options, Policy, Priority, Work, Worker},
    },
    sql,
    web::metrics,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, SqliteConnection};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::support::{ADA, TestApp, database::server_url};

/// What a handler of the test does with its run.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Act {
    /// Writes an effect and ends in one transaction.
    Write,
    /// Ends without a transaction.
    End,
    /// Fails until this run.
    FailUntil(i64),
    Die,
    Panic,
    /// Waits until the test lets it go on, then writes.
    Hold(String),
}

type Outcome = std::result::Result<Done, Failure>;

async fn act(act: &Act, name: &str, app: App, work: Work) -> Outcome {
    let mut tx = match act {
        Act::End => return Ok(work.done()),
        Act::FailUntil(run) if work.attempt() < *run => {
            return Err(Failure::Retry(format!("run {}", work.attempt())));
        }
        Act::Die => return Err(Failure::Dead("no use".into())),
        Act::Panic => panic!("poison"),
        Act::Hold(gate) => {
            let (begun, go_on) = gate_of(gate);
            begun.notify_one();
            go_on.notified().await;
            work.begin().await?
        }
        _ => work.begin().await?,
    };
    note(&mut tx, work.id(), name, app.clock.now()).await?;
    work.commit(tx).await
}

async fn note(tx: &mut Tx, job: Uuid, name: &str, now: DateTime<Utc>) -> Result<()> {
    tx.execute(sql!(
        "insert into effects (job_id, name, at) values (?, ?, ?)",
        job,
        name,
        now
    ))
    .await?;
    Ok(())
}

/// Two notifications by a name, for a test and a handler in the same process.
fn gate_of(name: &str) -> (Arc<Notify>, Arc<Notify>) {
    type Gates = Mutex<HashMap<String, (Arc<Notify>, Arc<Notify>)>>;
    static GATES: OnceLock<Gates> = OnceLock::new();
    let gates = GATES.get_or_init(Mutex::default);
    gates
        .lock()
        .unwrap()
        .entry(name.to_owned())
        .or_default()
        .clone()
}

macro_rules! kind {
    ($name:ident, $kind:literal, $policy:expr) => {
        #[derive(Clone, Debug, Serialize, Deserialize)]
        struct $name {
            name: String,
            act: Act,
            key: Option<String>,
        }

        impl $name {
            fn new(name: &str, act: Act) -> Self {
                Self {
                    name: name.into(),
                    act,
                    key: None,
                }
            }
        }

        impl Job for $name {
            type App = App;
            const KIND: &'static str = $kind;
            const POLICY: Policy = $policy;

            fn unique_key(&self) -> Option<String> {
                self.key.clone()
            }

            async fn run(self, app: App, work: Work) -> Outcome {
                act(&self.act, &self.name, app, work).await
            }

            async fn gave_up(&self, tx: &mut Tx, now: DateTime<Utc>, error: &str) -> Result<()> {
                note(tx, Uuid::nil(), &format!("{}: {error}", self.name), now).await
            }
        }
    };
}

const QUICK: Policy = Policy {
    attempts: 3,
    timeout: Duration::from_secs(20),
    ..Policy::DEFAULT
};

kind!(Plain, "test.plain", QUICK);
kind!(
    Soon,
    "test.soon",
    Policy {
        priority: Priority::High,
        ..QUICK
    }
);
kind!(
    Late,
    "test.late",
    Policy {
        priority: Priority::Low,
        ..QUICK
    }
);
kind!(
    Stubborn,
    "test.stubborn",
    Policy {
        attempts: 100,
        ..QUICK
    }
);
kind!(
    Brief,
    "test.brief",
    Policy {
        timeout: Duration::from_millis(50),
        ..QUICK
    }
);

/// One at a time, and it knows how many there were.
#[derive(Serialize, Deserialize)]
struct Narrow;

static NARROW_NOW: AtomicUsize = AtomicUsize::new(0);
static NARROW_MOST: AtomicUsize = AtomicUsize::new(0);

impl Job for Narrow {
    type App = App;
    const KIND: &'static str = "test.narrow";
    const POLICY: Policy = Policy {
        at_once: 2,
        ..QUICK
    };

    async fn run(self, _: App, work: Work) -> Outcome {
        let now = NARROW_NOW.fetch_add(1, Ordering::SeqCst) + 1;
        NARROW_MOST.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        NARROW_NOW.fetch_sub(1, Ordering::SeqCst);
        Ok(work.done())
    }
}

/// What a clock asks for.
#[derive(Default, Serialize, Deserialize)]
struct Daily;

impl Job for Daily {
    type App = App;
    const KIND: &'static str = "test.daily";

    async fn run(self, app: App, work: Work) -> Outcome {
        act(&Act::Write, "daily", app, work).await
    }
}

fn kinds() -> Kinds<App> {
    Kinds::default()
        .with::<Plain>()
        .with::<Soon>()
        .with::<Late>()
        .with::<Stubborn>()
        .with::<Brief>()
        .with::<Narrow>()
}

const OPTIONS: Options = Options {
    at_once: 8,
    lease: Duration::from_secs(30),
    look_every: Duration::from_millis(40),
    grace: Duration::from_secs(10),
};

struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(app: &App, kinds: Kinds<App>, options: Options) -> Self {
        let (stop, stopped) = oneshot::channel();
        let worker = Worker {
            app: app.clone(),
            db: app.db.clone(),
            queue: app.jobs.clone(),
            kinds: Arc::new(kinds),
            metrics: app.metrics.clone(),
            options,
        };
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Self {
            stop: Some(stop),
            task,
        }
    }

    async fn stop(mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.task).await.unwrap();
    }
}

async fn app() -> TestApp {
    let app = TestApp::new().await;
    let create = if app.db.is_embedded() {
        sql!("create table effects (job_id blob not null, name text not null, at text not null)")
    } else {
        sql!(
            "create table effects (job_id binary(16) not null, name varchar(200) not null, at datetime(6) not null)"
        )
    };
    app.execute(create).await;
    app
}

async fn enqueue<J: Job>(app: &App, job: &J) {
    let mut tx = app.db.begin().await.unwrap();
    app.jobs.enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
}

async fn effects(app: &TestApp) -> Vec<String> {
    let rows: Vec<(String,)> = app
        .rows(sql!("select name from effects order by at, name"))
        .await;
    rows.into_iter().map(|(name,)| name).collect()
}

async fn in_state(app: &TestApp, state: &str) -> i64 {
    app.number(sql!("select count(*) from jobs where state = ?", state))
        .await
}

/// Until the one job that fails waits for its next run, after so many.
async fn until_tried(app: &TestApp, runs: i64) {
    let begun = Instant::now();
    let tried = || {
        app.number(sql!(
            "select count(*) from jobs where state = 'delayed' and attempts = ?",
            runs
        ))
    };
    while tried().await != 1 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no {runs} runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until(app: &TestApp, state: &str, count: i64) {
    let begun = Instant::now();
    while in_state(app, state).await != count {
        if begun.elapsed() > Duration::from_secs(30) {
            let rows: Vec<(String, String, i64, Option<String>)> = app
                .rows(sql!("select kind, state, attempts, error from jobs"))
                .await;
            panic!("not {count} {state} but {rows:?}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_job_of_this_process_starts_when_its_transaction_is_committed_and_not_before() {
    let app = app().await;
    let hourly = Options {
        look_every: Duration::from_hours(1),
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), hourly);
    // It has looked at the queue for the first time.
    enqueue(&app, &Plain::new("first", Act::Write)).await;
    until(&app, "done", 1).await;
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &Plain::new("second", Act::Write))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(effects(&app).await, ["first"]);
    tx.commit().await.unwrap();
    let committed = Instant::now();
    until(&app, "done", 2).await;
    assert!(
        committed.elapsed() < Duration::from_secs(20),
        "without waiting for the next look"
    );
    assert_eq!(effects(&app).await, ["first", "second"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_job_that_was_rolled_back_is_not_there() {
    let app = app().await;
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &Plain::new("never", Act::Write))
        .await
        .unwrap();
    drop(tx);
    enqueue(&app, &Plain::new("this", Act::Write)).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 1).await;
    worker.stop().await;
    assert_eq!(effects(&app).await, ["this"]);
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 1);
}

#[tokio::test]
async fn urgent_jobs_come_first_and_then_each_in_its_turn() {
    let app = app().await;
    enqueue(&app, &Late::new("5", Act::Write)).await;
    for name in ["3", "4"] {
        enqueue(&app, &Plain::new(name, Act::Write)).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    for name in ["1", "2"] {
        enqueue(&app, &Soon::new(name, Act::Write)).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let one = Options {
        at_once: 1,
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), one);
    until(&app, "done", 5).await;
    worker.stop().await;
    assert_eq!(effects(&app).await, ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_delayed_job_waits_for_the_databases_clock() {
    let app = app().await;
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue_in(
            &mut tx,
            &Plain::new("later", Act::Write),
            TimeDelta::hours(1),
        )
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let worker = Running::start(&app, kinds(), OPTIONS);
    app.clock.shift(TimeDelta::minutes(59));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(in_state(&app, "delayed").await, 1);
    app.clock.shift(TimeDelta::minutes(2));
    until(&app, "done", 1).await;
    worker.stop().await;
}

#[tokio::test]
async fn two_jobs_with_one_key_never_wait_together() {
    let app = app().await;
    let keyed = |name: &str, act: Act| Plain {
        key: Some("test.plain:1".into()),
        ..Plain::new(name, act)
    };
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &keyed("first", Act::Hold(gate))).await;
    enqueue(&app, &keyed("again", Act::Write)).await;
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 1);
    let one = Options {
        at_once: 1,
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), one);
    begun.notified().await;
    // What has begun may have read what has changed since: another one may wait.
    enqueue(&app, &keyed("second", Act::Write)).await;
    enqueue(&app, &keyed("second again", Act::Write)).await;
    go_on.notify_one();
    until(&app, "done", 2).await;
    worker.stop().await;
    assert_eq!(effects(&app).await.len(), 2);
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 2);
}

#[tokio::test]
async fn a_failed_job_makes_way_for_a_newer_one_with_its_key() {
    let app = app().await;
    let keyed = |name: &str, act: Act| Plain {
        key: Some("test.plain:1".into()),
        ..Plain::new(name, act)
    };
    let gate = Uuid::now_v7().to_string();
    let (begun, _) = gate_of(&gate);
    enqueue(&app, &keyed("held", Act::Hold(gate))).await;
    let short = Options {
        grace: Duration::from_millis(50),
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), short);
    begun.notified().await;
    let mut tx = app.db.begin().await.unwrap();
    let newer = keyed("newer", Act::Write);
    app.jobs
        .enqueue_in(&mut tx, &newer, TimeDelta::minutes(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    worker.stop().await;
    assert_eq!(in_state(&app, "discarded").await, 1);
    assert_eq!(in_state(&app, "delayed").await, 1);
}

#[tokio::test]
async fn a_failing_job_is_tried_again_after_pauses_that_grow() {
    let app = app().await;
    enqueue(&app, &Plain::new("third time", Act::FailUntil(3))).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    for (run, pause) in [(1, 5_i64), (2, 10)] {
        until_tried(&app, run).await;
        let due: Vec<(DateTime<Utc>,)> = app.rows(sql!("select at from jobs")).await;
        let wait = due[0].0 - app.clock.now();
        assert!(
            wait <= TimeDelta::milliseconds(pause * 1250 + 100),
            "{wait} for {pause} s"
        );
        assert!(
            wait > TimeDelta::milliseconds(pause * 750 - 2000),
            "{wait} for {pause} s"
        );
        app.clock.shift(TimeDelta::seconds(pause * 2));
    }
    until(&app, "done", 1).await;
    worker.stop().await;
    assert_eq!(effects(&app).await, ["third time"]);
    assert_eq!(app.number(sql!("select attempts from jobs")).await, 3);
}

#[tokio::test]
async fn a_job_out_of_tries_is_dead_and_says_why_to_whoever_waits_for_it() {
    let app = app().await;
    enqueue(&app, &Plain::new("never", Act::FailUntil(99))).await;
    enqueue(&app, &Plain::new("at once", Act::Die)).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "dead", 1).await;
    for run in 1..=2 {
        until_tried(&app, run).await;
        app.clock.shift(TimeDelta::minutes(1));
    }
    until(&app, "dead", 2).await;
    worker.stop().await;
    let told: Vec<(String, i64, Option<String>)> = app
        .rows(sql!(
            "select state, attempts, error from jobs order by attempts"
        ))
        .await;
    assert_eq!(told[0], ("dead".into(), 1, Some("no use".into())));
    assert_eq!(told[1], ("dead".into(), 3, Some("run 3".into())));
    let mut given_up = effects(&app).await;
    given_up.sort();
    assert_eq!(given_up, ["at once: no use", "never: run 3"]);
}

#[tokio::test]
async fn a_poison_job_harms_no_other() {
    let app = app().await;
    enqueue(&app, &Plain::new("poison", Act::Panic)).await;
    for n in 0..20 {
        enqueue(&app, &Plain::new(&format!("good {n}"), Act::Write)).await;
    }
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 20).await;
    for run in 1..=2 {
        until_tried(&app, run).await;
        app.clock.shift(TimeDelta::minutes(1));
    }
    until(&app, "dead", 1).await;
    worker.stop().await;
    let error: Vec<(String,)> = app
        .rows(sql!("select error from jobs where state = 'dead'"))
        .await;
    assert_eq!(error[0].0, "panicked: poison");
    let metrics = app.metrics.text().unwrap();
    assert!(
        metrics.contains(r#"prosektorweb_job_runs_total{kind="test.plain",outcome="retry"} 2"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"prosektorweb_job_runs_total{kind="test.plain",outcome="dead"} 1"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_job_that_hangs_is_cut() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    enqueue(&app, &Brief::new("hangs", Act::Hold(gate))).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "delayed", 1).await;
    worker.stop().await;
    let error: Vec<(String,)> = app.rows(sql!("select error from jobs")).await;
    assert!(error[0].0.starts_with("took longer"), "{error:?}");
}

#[tokio::test]
async fn what_found_no_place_among_several_kinds_runs_as_soon_as_one_is_free() {
    let app = app().await;
    // Each kind fits by itself, all of them together do not.
    for name in ["one", "two"] {
        enqueue(&app, &Plain::new(name, Act::Write)).await;
        enqueue(&app, &Soon::new(name, Act::Write)).await;
    }
    let hourly = Options {
        at_once: 3,
        look_every: Duration::from_hours(1),
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), hourly);
    until(&app, "done", 4).await;
    worker.stop().await;
}

#[tokio::test]
async fn no_more_of_a_kind_run_at_once_than_it_allows() {
    let app = app().await;
    for _ in 0..12 {
        enqueue(&app, &Narrow).await;
    }
    for n in 0..12 {
        enqueue(&app, &Late::new(&format!("{n}"), Act::Write)).await;
    }
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 24).await;
    worker.stop().await;
    assert_eq!(NARROW_MOST.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_jobs_of_a_worker_that_died_return_when_its_lease_ends() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &Plain::new("once", Act::Hold(gate))).await;
    let dies = Running::start(&app, kinds(), OPTIONS);
    begun.notified().await;
    dies.task.abort();
    let _ = dies.task.await;
    let often = Options {
        lease: Duration::from_millis(600),
        ..OPTIONS
    };
    let lives = Running::start(&app, kinds(), often);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(in_state(&app, "running").await, 1, "the lease still holds");
    app.clock.shift(TimeDelta::seconds(31));
    begun.notified().await;
    go_on.notify_one();
    until(&app, "done", 1).await;
    lives.stop().await;
    assert_eq!(effects(&app).await, ["once"]);
    assert_eq!(app.number(sql!("select attempts from jobs")).await, 2);
}

#[tokio::test]
async fn a_job_that_kills_its_workers_comes_to_an_end() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, _) = gate_of(&gate);
    enqueue(&app, &Plain::new("killer", Act::Hold(gate))).await;
    for _ in 0..3 {
        let dies = Running::start(&app, kinds(), OPTIONS);
        begun.notified().await;
        dies.task.abort();
        let _ = dies.task.await;
        app.clock.shift(TimeDelta::seconds(31));
    }
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "dead", 1).await;
    worker.stop().await;
    assert_eq!(
        effects(&app).await,
        ["killer: its worker died, in run 3 of 3"]
    );
    let metrics = app.metrics.text().unwrap();
    assert!(
        metrics.contains(r#"prosektorweb_job_runs_total{kind="test.plain",outcome="dead"} 1"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn what_a_worker_takes_after_it_was_taken_for_dead_returns_too() {
    let app = app().await;
    // It will not beat again before the test is over.
    let slow = Options {
        lease: Duration::from_mins(10),
        ..OPTIONS
    };
    let taken_for_dead = Running::start(&app, kinds(), slow);
    enqueue(&app, &Plain::new("before", Act::Write)).await;
    until(&app, "done", 1).await;
    app.clock.shift(TimeDelta::minutes(11));
    let other = Running::start(&app, Kinds::default().with::<Soon>(), OPTIONS);
    let begun = Instant::now();
    while app.number(sql!("select count(*) from job_workers")).await != 1
        || begun.elapsed() < Duration::from_millis(200)
    {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    other.stop().await;
    assert_eq!(
        app.number(sql!("select count(*) from job_workers")).await,
        0
    );
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &Plain::new("after", Act::Hold(gate))).await;
    begun.notified().await;
    taken_for_dead.task.abort();
    let _ = taken_for_dead.task.await;
    let lives = Running::start(&app, kinds(), OPTIONS);
    let again = tokio::time::timeout(Duration::from_secs(20), begun.notified());
    assert!(again.await.is_ok(), "it is nobody's for ever");
    go_on.notify_one();
    until(&app, "done", 2).await;
    lives.stop().await;
    let attempts = sql!("select max(attempts) from jobs");
    assert_eq!(app.number(attempts).await, 2, "the run that died counts");
}

#[tokio::test]
async fn what_a_worker_took_without_being_told_so_is_handed_back_by_it() {
    let app = app().await;
    let often = Options {
        lease: Duration::from_millis(600),
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), often);
    enqueue(&app, &Plain::new("first", Act::Write)).await;
    until(&app, "done", 1).await;
    // As a claim leaves it whose commit took effect although nobody heard of it.
    let mut tx = app.db.begin().await.unwrap();
    app.jobs
        .enqueue(&mut tx, &Plain::new("second", Act::Write))
        .await
        .unwrap();
    tx.execute(sql!(
        "update jobs set state = 'running', attempts = 1, worker_id = (select id from job_workers) where state = 'waiting'"
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
    until(&app, "done", 2).await;
    worker.stop().await;
    assert_eq!(effects(&app).await, ["first", "second"]);
    let attempts = sql!("select max(attempts) from jobs");
    assert_eq!(app.number(attempts).await, 1, "it had never begun");
}

#[tokio::test]
async fn a_worker_with_a_short_lease_takes_none_with_a_long_one_for_dead() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &Plain::new("held", Act::Hold(gate))).await;
    let long = Options {
        lease: Duration::from_mins(10),
        ..OPTIONS
    };
    let patient = Running::start(&app, kinds(), long);
    begun.notified().await;
    let short = Options {
        lease: Duration::from_millis(300),
        ..OPTIONS
    };
    let hasty = Running::start(&app, kinds(), short);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let workers = app.number(sql!("select count(*) from job_workers")).await;
    assert_eq!(workers, 2);
    go_on.notify_one();
    until(&app, "done", 1).await;
    hasty.stop().await;
    patient.stop().await;
    assert_eq!(app.number(sql!("select attempts from jobs")).await, 1);
    let leases = app.number(sql!("select count(*) from job_leases")).await;
    assert_eq!(leases, 0, "they go with their workers");
}

#[tokio::test]
async fn a_worker_that_was_taken_for_dead_commits_nothing() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &Plain::new("once", Act::Hold(gate))).await;
    // It will not beat again before the test is over.
    let slow = Running::start(
        &app,
        kinds(),
        Options {
            lease: Duration::from_mins(10),
            ..OPTIONS
        },
    );
    begun.notified().await;
    app.clock.shift(TimeDelta::minutes(11));
    let other = Running::start(&app, kinds(), OPTIONS);
    begun.notified().await;
    // Both run it now, and both go on.
    go_on.notify_waiters();
    until(&app, "done", 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(effects(&app).await, ["once"]);
    other.stop().await;
    slow.task.abort();
}

#[tokio::test]
async fn a_clock_put_back_by_an_hour_loses_nothing_and_runs_nothing_twice() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, go_on) = gate_of(&gate);
    enqueue(&app, &Plain::new("held", Act::Hold(gate))).await;
    let often = Options {
        lease: Duration::from_millis(900),
        ..OPTIONS
    };
    let first = Running::start(&app, kinds(), often);
    begun.notified().await;
    enqueue(&app, &Plain::new("before", Act::Write)).await;
    app.clock.shift(TimeDelta::hours(-1));
    enqueue(&app, &Plain::new("after", Act::Write)).await;
    let second = Running::start(&app, kinds(), often);
    until(&app, "done", 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        in_state(&app, "running").await,
        1,
        "nobody took it from the living"
    );
    // And a worker that dies now is found out although its lease would have ended in an hour.
    first.task.abort();
    let _ = first.task.await;
    begun.notified().await;
    go_on.notify_one();
    until(&app, "done", 3).await;
    second.stop().await;
    let mut names = effects(&app).await;
    names.sort();
    assert_eq!(names, ["after", "before", "held"]);
}

#[tokio::test]
async fn what_still_runs_at_shutdown_is_handed_back_as_if_it_had_not_begun() {
    let app = app().await;
    let gate = Uuid::now_v7().to_string();
    let (begun, _) = gate_of(&gate);
    enqueue(&app, &Plain::new("held", Act::Hold(gate))).await;
    enqueue(&app, &Plain::new("quick", Act::Write)).await;
    let short = Options {
        grace: Duration::from_millis(100),
        ..OPTIONS
    };
    let worker = Running::start(&app, kinds(), short);
    begun.notified().await;
    until(&app, "done", 1).await;
    worker.stop().await;
    let left: Vec<(String, i64)> = app
        .rows(sql!(
            "select state, attempts from jobs where state <> 'done'"
        ))
        .await;
    assert_eq!(left, [("waiting".to_owned(), 0)]);
    assert_eq!(
        app.number(sql!("select count(*) from job_workers")).await,
        0
    );
}

#[tokio::test]
async fn a_clock_asks_once_for_each_due_time_however_many_workers_there_are() {
    let app = app().await;
    // It is noon in Istanbul.
    let daily = || Kinds::default().on::<Daily>("0 9 * * *").unwrap();
    let workers: Vec<Running> = (0..2)
        .map(|_| Running::start(&app, daily(), OPTIONS))
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 0);
    for day in 1..=3 {
        app.clock.shift(TimeDelta::hours(24));
        until(&app, "done", day).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(effects(&app).await.len(), usize::try_from(day).unwrap());
    }
    for worker in workers {
        worker.stop().await;
    }
    // A week in which nobody worked is made up for once.
    app.clock.shift(TimeDelta::days(7));
    let worker = Running::start(&app, daily(), OPTIONS);
    until(&app, "done", 4).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(effects(&app).await.len(), 4);
    worker.stop().await;
    let next: Vec<(DateTime<Utc>,)> = app.rows(sql!("select next_at from job_schedules")).await;
    assert_eq!(next[0].0.to_rfc3339(), "2026-12-05T06:00:00+00:00");
}

#[tokio::test]
async fn a_job_of_another_version_waits_for_one_that_knows_it() {
    let app = app().await;
    enqueue(&app, &Plain::new("new kind", Act::Write)).await;
    enqueue(&app, &Soon::new("old kind", Act::Write)).await;
    let old = Running::start(&app, Kinds::default().with::<Soon>(), OPTIONS);
    until(&app, "done", 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    old.stop().await;
    let left: Vec<(String, i64)> = app
        .rows(sql!(
            "select state, attempts from jobs where kind = 'test.plain'"
        ))
        .await;
    assert_eq!(left, [("waiting".to_owned(), 0)]);
    let new = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 2).await;
    new.stop().await;
}

#[tokio::test]
async fn a_database_that_goes_away_during_work_costs_time_and_nothing_else() {
    let app = app().await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    for n in 0..60 {
        let act = if n % 2 == 0 { Act::Write } else { Act::End };
        enqueue(&app, &Stubborn::new(&format!("{n}"), act)).await;
        if n % 20 == 10 {
            disturb(&app).await;
        }
    }
    let begun = Instant::now();
    while in_state(&app, "done").await < 60 {
        assert!(begun.elapsed() < Duration::from_secs(40));
        // Failures are tried again after pauses.
        app.clock.shift(TimeDelta::seconds(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    worker.stop().await;
    assert_eq!(effects(&app).await.len(), 30);
}

/// `SQLite`: another program holds the file for longer than anybody waits. A server: all its connections are cut.
async fn disturb(app: &TestApp) {
    let Some(server) = server_url() else {
        let mut other = SqliteConnection::connect(&app.database.url).await.unwrap();
        other.execute("begin immediate").await.unwrap();
        tokio::time::sleep(Duration::from_millis(1800)).await;
        other.execute("rollback").await.unwrap();
        return;
    };
    let mut conn = MySqlConnection::connect(&server).await.unwrap();
    let name = app.database.url.rsplit('/').next().unwrap();
    let found: Vec<(i64,)> = sqlx::query_as(
        "select cast(id as signed) from information_schema.processlist where db = ?",
    )
    .bind(name)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (id,) in found {
        let _ = conn.execute(AssertSqlSafe(format!("kill {id}"))).await;
    }
    // The pool's idle connections are dead: the next statement of each says so.
    for _ in 0..40 {
        if app.db.begin().await.is_ok() {
            break;
        }
    }
}

// ---- the page of jobs

#[tokio::test]
async fn an_administrator_sees_the_queue_and_tells_it_what_to_do() {
    let app = app().await;
    enqueue(&app, &Plain::new("dies", Act::Die)).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "dead", 1).await;
    worker.stop().await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/jobs").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("test.plain") && page.text().contains("no use"));
    let (id,): (Uuid,) = app.rows(sql!("select id from jobs")).await[0];
    let job = ada.get(&format!("/jobs/{id}")).await;
    assert!(job.text().contains("Die"), "what the job is about");

    let discard = job.form(&format!("form[action='/jobs/{id}/discard']"));
    assert_eq!(ada.submit(&discard).await.status, 303);
    assert_eq!(in_state(&app, "discarded").await, 1);
    // A second click finds that it has moved on, and says so.
    let again = ada.submit(&discard).await;
    assert_eq!(again.status, 303);
    let told = ada.get(&format!("/jobs/{id}")).await;
    assert!(told.text().contains("moved on"), "{}", told.text());

    let retry = told.form(&format!("form[action='/jobs/{id}/retry']"));
    assert_eq!(ada.submit(&retry).await.status, 303);
    assert_eq!(in_state(&app, "waiting").await, 1);
    assert_eq!(app.number(sql!("select attempts from jobs")).await, 0);
    assert_eq!(app.noted().await.len(), 3, "sign-in, discard, retry");

    app.execute(sql!("update jobs set state = 'delayed'")).await;
    let run = ada
        .get(&format!("/jobs/{id}"))
        .await
        .form(&format!("form[action='/jobs/{id}/run']"));
    assert_eq!(ada.submit(&run).await.status, 303);
    assert_eq!(in_state(&app, "waiting").await, 1);
}

#[tokio::test]
async fn the_page_of_jobs_follows_the_queue_unless_it_is_paused() {
    let app = app().await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/jobs?state=done").await;
    assert!(page.text().contains(r#"hx-trigger="every 5s""#));
    let paused = ada.get("/jobs?state=done&paused=1").await;
    assert!(!paused.text().contains("every 5s"));
    let fragment = ada.htmx_get("/jobs?state=done").await;
    assert_eq!(fragment.status, 200);
    assert!(!fragment.text().contains("<html"));
    assert_eq!(ada.get("/jobs?state=lost").await.status, 400);
    assert_eq!(ada.get("/jobs?after=x").await.status, 400);
}

#[tokio::test]
async fn a_long_list_of_jobs_is_walked_page_by_page() {
    let app = app().await;
    for n in 0..60 {
        enqueue(&app, &Plain::new(&format!("{n}"), Act::End)).await;
    }
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 60).await;
    worker.stop().await;
    let ada = app.sign_in(ADA).await;
    let mut path = "/jobs?state=done".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = ada.get(&path).await;
        let links = page.attrs("#list th a", "href");
        seen.extend(links);
        match page.attrs("a[rel=next]", "href").first() {
            Some(next) => path.clone_from(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 60);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 60);
}

#[tokio::test]
async fn what_a_clock_asks_for_can_be_had_now() {
    let app = app().await;
    let worker = Running::start(&app, prosektorweb::jobs::kinds().unwrap(), OPTIONS);
    let ada = app.sign_in(ADA).await;
    let begun = Instant::now();
    let form = loop {
        let page = ada.get("/jobs").await;
        if page.text().contains("links.sweep") {
            break page.form("form[action='/jobs/schedules']");
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        ada.submit(&form.set("kind", "links.sweep")).await.status,
        303
    );
    until(&app, "done", 1).await;
    worker.stop().await;
    let next: Vec<(DateTime<Utc>,)> = app
        .rows(sql!(
            "select next_at from job_schedules where kind = 'links.sweep'"
        ))
        .await;
    assert_eq!(
        next[0].0.to_rfc3339(),
        "2026-11-25T00:50:00+00:00",
        "and tonight as ever"
    );
    let unknown = ada.post_form("/jobs/schedules", &[("kind", "none")]).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn what_another_version_was_asked_for_by_a_clock_is_not_listed() {
    let app = app().await;
    let daily = Kinds::default().on::<Daily>("0 9 * * *").unwrap();
    let worker = Running::start(&app, daily, OPTIONS);
    let begun = Instant::now();
    while app.number(sql!("select count(*) from job_schedules")).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await;
    let ada = app.sign_in(ADA).await;
    assert!(!ada.get("/jobs").await.text().contains("test.daily"));
    let gone = ada
        .post_form("/jobs/schedules", &[("kind", "test.daily")])
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn jobs_that_ended_long_ago_are_forgotten_and_dead_ones_are_not() {
    let app = app().await;
    enqueue(&app, &Plain::new("done", Act::Write)).await;
    enqueue(&app, &Plain::new("dead", Act::Die)).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "dead", 1).await;
    until(&app, "done", 1).await;
    worker.stop().await;
    app.clock.shift(TimeDelta::days(8));
    let sweeping = Running::start(&app, prosektorweb::jobs::kinds().unwrap(), OPTIONS);
    let begun = Instant::now();
    while app
        .number(sql!(
            "select count(*) from jobs where kind = 'test.plain' and state = 'done'"
        ))
        .await
        > 0
    {
        assert!(begun.elapsed() < Duration::from_secs(20));
        // The first start notes when it is due.
        app.clock.shift(TimeDelta::hours(12));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    sweeping.stop().await;
    assert_eq!(in_state(&app, "dead").await, 1);
}

#[tokio::test]
async fn a_session_that_is_over_is_forgotten_at_night() {
    let app = app().await;
    let _old = app.sign_in(ADA).await;
    let worker = Running::start(&app, prosektorweb::jobs::kinds().unwrap(), OPTIONS);
    let begun = Instant::now();
    while app.number(sql!("select count(*) from sessions")).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        app.clock.shift(TimeDelta::hours(8));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn prometheus_reads_what_became_of_jobs_and_how_many_wait() {
    let app = app().await;
    enqueue(&app, &Plain::new("done", Act::Write)).await;
    let worker = Running::start(&app, kinds(), OPTIONS);
    until(&app, "done", 1).await;
    worker.stop().await;
    for name in ["one", "two"] {
        enqueue(&app, &Plain::new(name, Act::Write)).await;
    }
    app.clock.shift(TimeDelta::minutes(3));
    let endpoint = metrics::endpoint(&app);
    for path in ["/metrics", "/nothing"] {
        let reply = endpoint
            .get_response(Request::builder().uri_str(path).finish())
            .await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    let reply = endpoint
        .get_response(Request::builder().uri_str("/metrics").finish())
        .await;
    assert_eq!(reply.status(), 200);
    let text = reply.into_body().into_string().await.unwrap();
    for line in [
        r#"prosektorweb_job_runs_total{kind="test.plain",outcome="done"} 1"#,
        r#"prosektorweb_job_run_duration_seconds_count{kind="test.plain"} 1"#,
        r#"prosektorweb_jobs{state="waiting"} 2"#,
        "prosektorweb_job_oldest_waiting_seconds 18",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
