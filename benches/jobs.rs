//! The queue of jobs: its throughput against bare transactions on the same database, how soon a job is taken, what
//! idle workers cost, and what pages notice of a queue that runs flat out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use prosektorweb::{
    platform::{
        clock::Clock,
        db::{self, Db, WAIT_OFFLINE},
        jobs::{Done, Failure, Job, Kinds, Options, Policy, Queue, Work, Worker},
        metrics::Metrics,
    },
    sql,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

use crate::{
    Result,
    load::Client,
    process::{self, Folder, Server, make_user},
    report::{Spread, verdict},
};

const RUNS: usize = 7;
const JOBS: usize = 600;
const CLIENTS: usize = 8;
const PICKS: usize = 200;

/// What handlers of the runner are given.
#[derive(Clone)]
struct Bench {
    done: Arc<AtomicUsize>,
    all: Arc<Notify>,
    wanted: Arc<AtomicUsize>,
    began: mpsc::UnboundedSender<Instant>,
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

impl Job for Nothing {
    type App = Bench;
    const KIND: &'static str = "bench.nothing";
    const POLICY: Policy = Policy {
        at_once: 64,
        ..Policy::DEFAULT
    };

    async fn run(self, bench: Bench, work: Work) -> std::result::Result<Done, Failure> {
        if bench.done.fetch_add(1, Ordering::SeqCst) + 1 >= bench.wanted.load(Ordering::SeqCst) {
            bench.all.notify_one();
        }
        Ok(work.done())
    }
}

/// Tells when it began.
#[derive(Serialize, Deserialize)]
struct Tell {}

impl Job for Tell {
    type App = Bench;
    const KIND: &'static str = "bench.tell";

    async fn run(self, bench: Bench, work: Work) -> std::result::Result<Done, Failure> {
        let _ = bench.began.send(Instant::now());
        Ok(work.done())
    }
}

pub async fn run(mysql: Option<&str>) -> Result<()> {
    let folder = Folder::new()?;
    println!("\njobs on SQLite");
    let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
    measure(&url).await?;
    println!("\njobs on MariaDB");
    if let Some(server) = mysql {
        let url = process::fresh_database(server, "prosektorweb_bench_jobs").await?;
        measure(&url).await
    } else {
        println!("  left out: BENCH_DATABASE_URL names no server");
        Ok(())
    }
}

async fn measure(url: &str) -> Result<()> {
    let source = db::Source::parse(url)?;
    let db = Db::open(&source).await?;
    let file = match &source {
        db::Source::Sqlite(path) => Some(path.as_path()),
        db::Source::MySql(_) => None,
    };
    db.migrate(file).await?;
    let mut tx = db.begin().await?;
    tx.execute(if db.is_embedded() {
        sql!("create table bench_rows (id blob not null primary key, text text not null, number integer not null, at text not null)")
    } else {
        sql!("create table bench_rows (id binary(16) not null primary key, text varchar(200) not null, number bigint not null, at datetime(6) not null)")
    })
    .await?;
    tx.commit().await?;
    throughput(&db).await?;
    for (name, shared, target) in [
        ("in the same process", true, 50.0),
        ("from another process", false, 1000.0),
    ] {
        picked_up(&db, name, shared, target).await?;
    }
    db.close().await;
    make_user(url)?;
    idle(url).await?;
    pages(url).await
}

/// A worker in this process, with a queue of its own or the one that jobs come through.
struct Crew {
    bench: Bench,
    began: mpsc::UnboundedReceiver<Instant>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Crew {
    fn start(db: &Db, queue: &Queue) -> Self {
        let (send, began) = mpsc::unbounded_channel();
        let bench = Bench {
            done: Arc::default(),
            all: Arc::default(),
            wanted: Arc::default(),
            began: send,
        };
        let worker = Worker {
            app: bench.clone(),
            db: db.clone(),
            queue: queue.clone(),
            kinds: Arc::new(Kinds::default().with::<Nothing>().with::<Tell>()),
            metrics: Metrics::default(),
            options: Options::default(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Self {
            bench,
            began,
            stop,
            task,
        }
    }

    async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        Ok(self.task.await?)
    }
}

/// Enqueue → run → done of a job that does nothing, against an insert, an update and a delete in a transaction each.
async fn throughput(db: &Db) -> Result<()> {
    let clock = Clock::default();
    let queue = Queue::new(clock.clone());
    let crew = Crew::start(db, &queue);
    let (mut bare, mut jobs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (db, clock) = (db.clone(), clock.clone());
            clients.spawn(async move { bare_rows(&db, &clock, JOBS / CLIENTS).await });
        }
        while let Some(done) = clients.join_next().await {
            done??;
        }
        let bare_rate = rate(begun.elapsed());

        crew.bench.done.store(0, Ordering::SeqCst);
        crew.bench
            .wanted
            .store(JOBS / CLIENTS * CLIENTS, Ordering::SeqCst);
        let begun = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (db, queue) = (db.clone(), queue.clone());
            clients.spawn(async move { enqueue(&db, &queue, JOBS / CLIENTS).await });
        }
        while let Some(done) = clients.join_next().await {
            done??;
        }
        crew.bench.all.notified().await;
        while waiting(db).await? > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let job_rate = rate(begun.elapsed());
        bare.push(bare_rate);
        jobs.push(job_rate);
        ratios.push(job_rate / bare_rate);
    }
    crew.stop().await?;
    let ratio = Spread::of(&mut ratios);
    println!(
        "  jobs / bare insert + update + delete: {ratio} ({CLIENTS} clients)  target ≥ 0.5: {}",
        verdict(ratio.median >= 0.5)
    );
    println!(
        "  jobs a second {}, bare rows a second {}",
        Spread::of(&mut jobs),
        Spread::of(&mut bare)
    );
    Ok(())
}

fn rate(took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let jobs = JOBS as f64;
    jobs / took.as_secs_f64()
}

async fn bare_rows(db: &Db, clock: &Clock, rows: usize) -> Result<()> {
    for _ in 0..rows {
        let (id, now): (Uuid, DateTime<Utc>) = (clock.new_uuid(), clock.now());
        let mut tx = begin(db).await?;
        tx.execute(sql!(
            "insert into bench_rows (id, text, number, at) values (?, 'bench.nothing', 0, ?)",
            id,
            now
        ))
        .await?;
        tx.commit().await?;
        let mut tx = begin(db).await?;
        tx.execute(sql!(
            "update bench_rows set number = 1, at = ? where id = ?",
            now,
            id
        ))
        .await?;
        tx.commit().await?;
        let mut tx = begin(db).await?;
        tx.execute(sql!("delete from bench_rows where id = ?", id))
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn begin(db: &Db) -> Result<db::Tx> {
    let mut tx = db.begin().await?;
    tx.set_wait(WAIT_OFFLINE);
    Ok(tx)
}

async fn enqueue(db: &Db, queue: &Queue, jobs: usize) -> Result<()> {
    for _ in 0..jobs {
        let mut tx = begin(db).await?;
        queue.enqueue(&mut tx, &Nothing {}).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn waiting(db: &Db) -> Result<i64> {
    Ok(db
        .read()
        .await?
        .number(sql!(
            "select count(*) from jobs where state in ('waiting', 'running')"
        ))
        .await?)
}

/// From the commit of a job to its handler's first step, one at a time.
async fn picked_up(db: &Db, name: &str, shared: bool, target: f64) -> Result<()> {
    let clock = Clock::default();
    let queue = Queue::new(clock.clone());
    let theirs = if shared {
        queue.clone()
    } else {
        Queue::new(clock)
    };
    let mut crew = Crew::start(db, &theirs);
    let mut waits = Vec::with_capacity(PICKS);
    let picks = if shared { PICKS } else { PICKS / 4 };
    for _ in 0..picks {
        let mut tx = begin(db).await?;
        queue.enqueue(&mut tx, &Tell {}).await?;
        tx.commit().await?;
        let committed = Instant::now();
        let began = crew.began.recv().await.ok_or("the worker is gone")?;
        waits.push(began.saturating_duration_since(committed).as_secs_f64() * 1000.0);
    }
    crew.stop().await?;
    waits.sort_by(f64::total_cmp);
    let p99 = waits[waits.len() * 99 / 100];
    println!(
        "  picked up {name}: median {:.2} ms, p99 {p99:.2} ms  target ≤ {target:.0} ms: {}",
        waits[waits.len() / 2],
        verdict(p99 <= target)
    );
    Ok(())
}

/// A product that has nothing to do.
async fn idle(url: &str) -> Result<()> {
    const WATCHED: Duration = Duration::from_secs(20);
    let folder = Folder::new()?;
    let server = Server::product_with(&folder, Some(url), &[("JOBS_AT_ONCE", "8")])?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = server.cpu()?;
    tokio::time::sleep(WATCHED).await;
    let share = server.cpu()?.saturating_sub(before).as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    println!(
        "  an idle product with its workers: {share:.2} % of a core  target < 1 %: {}",
        verdict(share < 1.0)
    );
    Ok(())
}

/// What a page takes while jobs that do next to nothing are run as fast as they can be.
async fn pages(url: &str) -> Result<()> {
    let folder = Folder::new()?;
    let server = Server::product_with(&folder, Some(url), &[("JOBS_AT_ONCE", "8")])?;
    let mut client = Client::signed_in(server.address, "").await?;
    let (mut quiet, mut busy, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let db = Db::open(&db::Source::parse(url)?).await?;
    let mut done = 0;
    for _ in 0..RUNS {
        let idle = p99(&mut client).await?;
        let flood = flood(&db);
        while waiting(&db).await? < 50 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = ended(&db).await?;
        let loaded = p99(&mut client).await?;
        flood.abort();
        done += ended(&db).await? - before;
        while waiting(&db).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        quiet.push(idle);
        busy.push(loaded);
        ratios.push(loaded / idle);
    }
    db.close().await;
    println!(
        "  p99 of a page in ms: idle {}, while the queue runs flat out {}, ratio {} ({done} jobs meanwhile)",
        Spread::of(&mut quiet),
        Spread::of(&mut busy),
        Spread::of(&mut ratios)
    );
    Ok(())
}

async fn ended(db: &Db) -> Result<i64> {
    Ok(db
        .read()
        .await?
        .number(sql!("select count(*) from jobs where state = 'done'"))
        .await?)
}

/// Keeps some hundred jobs waiting until it is stopped.
fn flood(db: &Db) -> JoinHandle<()> {
    let db = db.clone();
    tokio::spawn(async move {
        let clock = Clock::default();
        loop {
            let Ok(mut tx) = db.begin().await else {
                continue;
            };
            for _ in 0..50 {
                // What the product itself has, what runs as often at once as there is room, and what finds nothing to do.
                let insert = sql!(
                    "insert into jobs (id, kind, payload, priority, state, attempts, at, created_at) values (?, 'services.renew', ?, 1, 'waiting', 0, ?, ?)",
                    clock.new_uuid(),
                    format!(r#"{{"service_id":"{}"}}"#, clock.new_uuid()),
                    clock.now(),
                    clock.now()
                );
                if tx.execute(insert).await.is_err() {
                    break;
                }
            }
            let _ = tx.commit().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

async fn p99(client: &mut Client) -> Result<f64> {
    const REQUESTS: usize = 1500;
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        client.get("/companies").await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 99 / 100])
}
