//! What every test stands on: a product with a database of its own, and people who use it.

pub mod client;
pub mod database;
pub mod outer_cache;
pub mod proxy;
pub mod records;
pub mod redis;
pub mod smtp;
pub mod source;
pub mod varnish;
pub mod writer;
pub mod xml;

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use prosektorweb::{
    app::App,
    config::Config,
    jobs,
    platform::{
        clock::Clock,
        db::{Record, Sql},
        jobs::{Options, Worker},
    },
    routes, seed, sql,
    web::{front::Front, router::Table},
};
use tempfile::TempDir;
use uuid::Uuid;

pub use self::client::{Client, Form, Reply};
use self::database::Database;

/// When every test begins: a Tuesday noon in Istanbul.
pub const NOON: &str = "2026-11-24T09:00:00Z";

pub const ADA: &str = "ada@demo.test";
pub const OFIS: &str = "ofis@demo.test";
pub const ESRA: &str = "esra@demo.test";
pub const CEM: &str = "cem@demo.test";
pub const MALLORY: &str = "mallory@demo.test";

/// The log of a test that runs on one thread.
#[derive(Clone, Default)]
pub struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    /// Takes every line from this level on until the guard is dropped.
    pub fn begin(&self, level: tracing::Level) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A clock that begins at `NOON` and goes on from there.
pub fn clock() -> Clock {
    let clock = Clock::default();
    let noon: DateTime<Utc> = NOON.parse().unwrap();
    clock.shift(noon - clock.now());
    clock
}

pub fn config(variables: &[(&str, &str)]) -> Config {
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::from_variables(&variables).expect("the test's configuration is right")
}

/// The product in this process, over a database that nobody else sees and that is gone after the test.
pub struct TestApp {
    pub app: App,
    front: Front,
    pub database: Database,
    /// `DATA_DIR`, for what is kept beside the database.
    pub folder: TempDir,
}

impl TestApp {
    /// With the demo cast and its companies.
    pub async fn new() -> Self {
        Self::configured(&[], Table::default()).await
    }

    /// With variables of its own.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        Self::configured(variables, Table::default()).await
    }

    /// With URLs that only this test has.
    pub async fn with_routes(extra: Table) -> Self {
        Self::configured(&[], extra).await
    }

    /// With both.
    pub async fn configured(variables: &[(&str, &str)], extra: Table) -> Self {
        let database = Database::seeded().await;
        let folder = TempDir::with_prefix("prosektorweb-").unwrap();
        let data_dir = folder.path().to_str().unwrap();
        let mut all = vec![
            ("DATABASE_URL", database.url.as_str()),
            ("DATA_DIR", data_dir),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            // Tests are quick. The ones about limits set their own.
            ("RATE_LIMIT_SCALE", "1000000"),
        ];
        all.extend(variables);
        let app = App::build(config(&all), clock()).await.unwrap();
        app.state.set_ready();
        let front = routes::table().merge(extra).into_front(&app);
        Self {
            app,
            front,
            database,
            folder,
        }
    }

    /// Somebody's browser, not signed in.
    pub fn client(&self) -> Client {
        Client::new(self.front.clone())
    }

    pub async fn sign_in(&self, email: &str) -> Client {
        let client = self.client();
        client.sign_in(email, seed::PASSWORD).await;
        client
    }

    /// Runs jobs until none waits, runs or is due. What waits for a later time stays: move the clock to it.
    pub async fn run_jobs(&self) {
        let worker = Worker {
            app: self.app.clone(),
            db: self.app.db.clone(),
            queue: self.app.jobs.clone(),
            kinds: Arc::new(jobs::kinds().unwrap()),
            metrics: self.app.metrics.clone(),
            options: Options {
                look_every: Duration::from_millis(20),
                grace: Duration::from_secs(5),
                ..Options::default()
            },
        };
        let idle = async {
            // One look more than needed: a job that has just been taken may add another.
            let mut quiet = 0;
            while quiet < 2 {
                tokio::time::sleep(Duration::from_millis(30)).await;
                let left = self.jobs_left().await;
                quiet = if left == 0 { quiet + 1 } else { 0 };
            }
        };
        let bounded = tokio::time::timeout(Duration::from_secs(30), idle);
        let stop = async {
            assert!(bounded.await.is_ok(), "jobs are left after 30 seconds");
        };
        Box::pin(worker.run(stop)).await;
    }

    async fn jobs_left(&self) -> i64 {
        self.number(sql!(
            "select count(*) from jobs where state in ('waiting', 'running') or (state = 'delayed' and at <= ?)",
            self.app.clock.now()
        ))
        .await
    }

    /// One number out of the database.
    pub async fn number(&self, sql: Sql) -> i64 {
        self.app.db.read().await.unwrap().number(sql).await.unwrap()
    }

    pub async fn rows<T: Record>(&self, sql: Sql) -> Vec<T> {
        let mut conn = self.app.db.read().await.unwrap();
        conn.fetch_all(sql).await.unwrap()
    }

    pub async fn execute(&self, sql: Sql) -> u64 {
        let mut tx = self.app.db.begin().await.unwrap();
        let changed = tx.execute(sql).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// The id of a company, trashed or not, whose name begins so.
    pub async fn company(&self, name: &str) -> Uuid {
        let like = format!("{name}%");
        let found: Vec<(Uuid,)> = self
            .rows(sql!("select id from companies where name like ?", like))
            .await;
        assert_eq!(found.len(), 1, "{name}");
        found[0].0
    }

    /// Id and version of a child of the company, the oldest one first.
    pub async fn children(&self, table: &str, company: Uuid) -> Vec<(Uuid, i64)> {
        let select = match table {
            "contacts" => "select id, version from contacts where company_id = ? order by id",
            "notes" => "select id, version from notes where company_id = ? order by id",
            "activities" => "select id, version from activities where company_id = ? order by id",
            "services" => "select id, version from services where company_id = ? order by id",
            other => panic!("{other} are no children"),
        };
        self.rows(Sql::new(select).with(company)).await
    }

    pub async fn version(&self, company: Uuid) -> i64 {
        self.number(sql!("select version from companies where id = ?", company))
            .await
    }

    /// Every row of every table but the sessions, whose `last_seen_at` moves with any request.
    pub async fn database_text(&self) -> String {
        let mut text = String::new();
        macro_rules! dump {
            ($($select:literal as $row:ty;)+) => {$(
                for row in self.rows::<$row>(sql!($select)).await {
                    text.push_str(&format!("{row:?}\n"));
                }
            )+};
        }
        dump! {
            "select id, name, tax_id, status, version, deleted_at, updated_at from companies order by id"
                as (Uuid, String, Option<String>, String, i64, Option<DateTime<Utc>>, DateTime<Utc>);
            "select company_id, word, updated_at from company_words order by company_id, word"
                as (Uuid, String, DateTime<Utc>);
            "select id, name, email, password_hash, role, locale, theme, active, version, updated_at from users order by id"
                as (Uuid, String, String, Option<String>, String, Option<String>, String, bool, i64, DateTime<Utc>);
            "select id, name, is_primary, version, deleted_at, updated_at from contacts order by id"
                as (Uuid, String, bool, i64, Option<DateTime<Utc>>, DateTime<Utc>);
            "select id, body, pinned, version, deleted_at, updated_at from notes order by id"
                as (Uuid, String, bool, i64, Option<DateTime<Utc>>, DateTime<Utc>);
            "select id, title, done_at, version, deleted_at, updated_at from activities order by id"
                as (Uuid, String, Option<DateTime<Utc>>, i64, Option<DateTime<Utc>>, DateTime<Utc>);
            "select id, name, price_minor, renews_on, status, version, deleted_at, updated_at from services order by id"
                as (Uuid, String, i64, Option<NaiveDate>, String, i64, Option<DateTime<Utc>>, DateTime<Utc>);
            "select service_id, period_start, period_end from renewals order by service_id, period_start"
                as (Uuid, NaiveDate, NaiveDate);
            "select service_id, renews_on, step, outcome from reminders order by service_id, renews_on, step"
                as (Uuid, NaiveDate, i64, String);
            "select id, action, changes from audit_entries order by id" as (Uuid, String, String);
            "select form_key, location from submissions order by form_key" as (Uuid, String);
            "select user_id, secret, last_step, recovery_codes from second_factors order by user_id"
                as (Uuid, Vec<u8>, i64, Vec<u8>);
            "select role, second_factor, version from role_rules order by role" as (String, bool, i64);
            "select id, user_id, tries from pending_sign_ins order by id" as (Uuid, Uuid, i64);
            "select token_hash, data from sessions order by token_hash" as (Vec<u8>, String);
        }
        text
    }

    /// What was noted in the audit since the test began, oldest first.
    pub async fn noted(&self) -> Vec<String> {
        let begin: DateTime<Utc> = NOON.parse().unwrap();
        let rows: Vec<(String,)> = self
            .rows(sql!(
                "select action from audit_entries where at > ? order by id",
                begin
            ))
            .await;
        rows.into_iter().map(|(action,)| action).collect()
    }
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
