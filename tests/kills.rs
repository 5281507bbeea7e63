//! Workers are killed without a warning, again and again: nothing is lost, and nothing is done twice.
//!
//! Short in every run of the tests. The long proof: `KILLS=100 JOBS=1000 cargo test --test all -- kills --nocapture`.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chrono::Datelike as _;
use prosektorweb::{
    app::App,
    platform::{
        clock::Clock,
        db::{Record, Sql},
    },
    sql,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{
    config,
    database::Database,
    smtp::{Behaviour, Security, SmtpServer},
};

/// How long a worker may be silent: what a killed one had begun returns after this. A machine that is late must not spend a
/// job's attempts on workers that live.
const LEASE: &str = "3";
const PATIENCE: Duration = Duration::from_mins(10);

#[expect(
    clippy::disallowed_methods,
    reason = "the size of the proof, read in this one place"
)]
fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Always the same moments (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

struct Workers {
    url: String,
    smtp: String,
    folder: TempDir,
    children: Vec<Child>,
}

impl Workers {
    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
            .arg("work")
            .env_clear()
            .current_dir(self.folder.path())
            .env("DATA_DIR", self.folder.path())
            .env("DATABASE_URL", &self.url)
            .env("MIGRATE_ON_START", "false")
            .env("JOBS_LEASE_SECONDS", LEASE)
            .env("SMTP_URL", &self.smtp)
            .env("MAIL_FROM", "ofis@prosektor.test")
            .env("LOG_LEVEL", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// SIGKILL for one of them, and another in its place.
    fn kill(&mut self, at: usize) {
        let fresh = self.start();
        let mut old = std::mem::replace(&mut self.children[at], fresh);
        old.kill().unwrap();
        old.wait().unwrap();
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn rows<T: Record>(app: &App, sql: Sql) -> Vec<T> {
    app.db.read().await.unwrap().fetch_all(sql).await.unwrap()
}

async fn count(app: &App, sql: Sql) -> i64 {
    app.db.read().await.unwrap().number(sql).await.unwrap()
}

/// So many services that renew today and whose customer is told so by mail, and the job that finds them.
async fn promise(app: &App, services: usize) {
    let today = app.clock.today();
    let mut tx = app.db.begin().await.unwrap();
    tx.execute(sql!("update services set status = 'cancelled'"))
        .await
        .unwrap();
    // By the machine's date the demo's scheduled posts are public, and a worker would tell their writers at the full minute.
    tx.execute(sql!(
        "update posts set status = 'draft' where status = 'scheduled'"
    ))
    .await
    .unwrap();
    let acme: Vec<(Uuid,)> = tx
        .fetch_all(sql!("select id from companies where name like 'Acme%'"))
        .await
        .unwrap();
    for n in 0..services {
        let id = app.clock.new_uuid();
        tx.execute(sql!(
            "insert into services (id, company_id, name, name_key, words, type, price_minor, currency, cycle,
                 starts_on, renews_on, anchor_day, status, version, created_at, updated_at)
             values (?, ?, ?, ?, ?, 'hosting', 100000, 'TRY', 'yearly', ?, ?, ?, 'active', 1, ?, ?)",
            id,
            acme[0].0,
            format!("Hosting {n}"),
            format!("hosting {n}").into_bytes(),
            " hosting",
            today,
            today,
            i64::from(today.day()),
            app.clock.now(),
            app.clock.now(),
        ))
        .await
        .unwrap();
    }
    tx.execute(sql!(
        "insert into jobs (id, kind, payload, priority, state, attempts, at, created_at)
         values (?, 'services.daily', '{}', 1, 'waiting', 0, ?, ?)",
        app.clock.new_uuid(),
        app.clock.now(),
        app.clock.now(),
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn left(app: &App) -> i64 {
    count(
        app,
        sql!("select count(*) from jobs where state in ('waiting', 'delayed', 'running')"),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_every_promise_is_kept_once() {
    let wanted_kills = number("KILLS");
    let (kills, services) = (wanted_kills.unwrap_or(8), number("JOBS").unwrap_or(120) / 2);
    let database = Database::seeded().await;
    let app = App::build(config(&[("DATABASE_URL", &database.url)]), Clock::default())
        .await
        .unwrap();
    let smtp = SmtpServer::start(Security::Plain).await;
    // As a real one takes its time: so there are moments in which a mail is sent and nobody knows it yet.
    // The more kills there are to be, the longer, or the work would be over before.
    let pause =
        Duration::from_millis(20) + Duration::from_millis(3) * u32::try_from(kills).unwrap();
    smtp.behave(Behaviour::Slow(pause));
    promise(&app, services).await;

    let mut workers = Workers {
        url: database.url.clone(),
        smtp: smtp.url(),
        folder: TempDir::with_prefix("prosektorweb-").unwrap(),
        children: Vec::new(),
    };
    for _ in 0..2 {
        let child = workers.start();
        workers.children.push(child);
    }
    let mut dice = Dice(20_261_122);
    let (begun, mut killed) = (Instant::now(), 0);
    while killed < kills {
        tokio::time::sleep(Duration::from_millis(40 + dice.below(300))).await;
        // Only work that is under way can be disturbed.
        if left(&app).await == 0 {
            break;
        }
        workers.kill(usize::from(dice.below(2) == 1));
        killed += 1;
    }
    while left(&app).await > 0 {
        assert!(
            begun.elapsed() < PATIENCE,
            "{} jobs are left",
            left(&app).await
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(workers);

    let states: BTreeMap<String, i64> = rows::<(String, i64)>(
        &app,
        sql!("select state, count(*) from jobs group by state"),
    )
    .await
    .into_iter()
    .collect();
    let jobs = i64::try_from(2 * services + 1).unwrap();
    let wanted = i64::try_from(services).unwrap();
    let runs = count(&app, sql!("select cast(sum(attempts) as signed) from jobs")).await;
    let delivered = smtp.by_message_id();
    let repeated: usize = delivered.values().map(|times| times - 1).sum();
    println!(
        "{killed} kills in {:.1} s; {jobs} jobs in {runs} runs; {wanted} renewals; {} mails delivered, {repeated} of them again",
        begun.elapsed().as_secs_f64(),
        delivered.len(),
    );
    assert!(killed > 0, "the work was over before anybody was killed");
    if wanted_kills.is_some() {
        assert_eq!(killed, kills, "the work was over before: give it more JOBS");
    }
    assert_eq!(states.keys().collect::<Vec<_>>(), ["done"], "{states:?}");
    // A search for what is due that was killed between two batches begins anew, and asks again for some.
    assert!(states["done"] >= jobs, "{states:?}");

    // Effects of handlers that write in a transaction: exactly once.
    let renewed = sql!(
        "select count(*) from (select r.service_id from renewals r join services s on s.id = r.service_id
             where s.status = 'active' group by r.service_id having count(*) = 1) once"
    );
    assert_eq!(count(&app, renewed).await, wanted);
    let noted = sql!(
        "select count(*) from audit_entries a join services s on s.id = a.record_id
         where a.action = 'services.renew' and s.status = 'active'"
    );
    assert_eq!(count(&app, noted).await, wanted);
    // Mails: at least once, and whatever came twice came under one Message-ID.
    let sent = sql!(
        "select count(*) from mails m join services s on s.id = m.record_id where s.status = 'active' and m.state = 'sent'"
    );
    assert_eq!(count(&app, sent).await, wanted);
    assert_eq!(
        delivered.len(),
        services,
        "each mail has its own Message-ID"
    );
}
