//! What instances share: a change is seen everywhere once its writer is answered, and Redis may go at any time.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ::redis::{Cmd, aio::MultiplexedConnection, cmd};
use chrono::TimeDelta;
use poem::handler;
use prosektorweb::{
    error::Result,
    platform::{
        cache::{Found, Local, Name, Outcome, Shared, Standing, Tag, Taken, Turn, request},
        clock::{Clock, since_boot},
        db::{Db, Sql, dialect::now},
        redis::{Redis, Trouble},
    },
    sql,
    web::{
        cx::Cx,
        router::{Table, account_get, account_post},
    },
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::{
    TestApp, clock, config,
    database::Database,
    proxy::Proxy,
    redis::{Server, until},
};

const KEY: &str = "test:counter:one";
const TAGS: [&str; 3] = [KEY, "test:counter:", "test:"];
const FAMILY: &str = "test:counter:";
const HOUR: Duration = Duration::from_hours(1);
/// Longer than a lease and than what a new line has to be old.
const SETTLED: Duration = Duration::from_millis(1100);

fn name<'a>(key: &'a str, schema: u32, tags: [&'a str; 3]) -> Name<'a> {
    Name { key, schema, tags }
}

fn now_ms() -> i64 {
    Clock::default().now().timestamp_millis()
}

/// The least that remembers: values with the generation that they were loaded in.
#[derive(Default)]
struct Memory {
    kept: Mutex<HashMap<String, i64>>,
    generation: Mutex<u64>,
    heard: Mutex<Vec<Tag>>,
    forgotten: AtomicUsize,
}

impl Memory {
    fn begin(&self) -> u64 {
        *self.generation.lock().unwrap()
    }

    fn get(&self, key: &str) -> Option<i64> {
        self.kept.lock().unwrap().get(key).copied()
    }

    fn keep(&self, begun: u64, key: &str, value: i64) {
        let generation = self.generation.lock().unwrap();
        if *generation == begun {
            self.kept.lock().unwrap().insert(key.to_owned(), value);
        }
    }

    fn clear(&self) {
        let mut generation = self.generation.lock().unwrap();
        *generation += 1;
        self.kept.lock().unwrap().clear();
    }

    fn times_heard(&self, tag: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|heard| heard.as_str() == tag).count()
    }

    fn has_heard(&self, tag: &str) -> bool {
        self.heard
            .lock()
            .unwrap()
            .contains(&Tag::new(tag.to_owned()))
    }
}

impl Local for Memory {
    fn invalidate(&self, tags: &[Tag]) {
        self.heard.lock().unwrap().extend(tags.iter().cloned());
        let mut generation = self.generation.lock().unwrap();
        *generation += 1;
        let is_gone = |key: &str| tags.iter().any(|tag| key.starts_with(tag.as_str()));
        self.kept.lock().unwrap().retain(|key, _| !is_gone(key));
    }

    fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.clear();
    }
}

#[derive(Clone)]
struct Instance {
    db: Db,
    redis: Option<Redis>,
    memory: Arc<Memory>,
    shared: Shared,
    clock: Clock,
    gates: Arc<Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>>,
}

impl Instance {
    async fn new(database: &Database, url: Option<&str>) -> Self {
        Self::with_roots(database, url, None).await
    }

    async fn with_roots(database: &Database, url: Option<&str>, roots: Option<Vec<u8>>) -> Self {
        Self::at(&database.url, url, roots).await
    }

    async fn at(database: &str, url: Option<&str>, roots: Option<Vec<u8>>) -> Self {
        let source = config(&[("DATABASE_URL", database)]).database;
        let db = Db::open(&source).await.unwrap();
        let redis = url.map(|url| Redis::open(url, roots).unwrap());
        let (clock, memory) = (clock(), Arc::new(Memory::default()));
        let local: Arc<dyn Local> = memory.clone();
        let shared = Shared::open(&db, redis.as_ref(), &clock, local);
        Self {
            db,
            redis,
            memory,
            shared,
            clock,
            gates: Arc::default(),
        }
    }

    fn redis(&self) -> &Redis {
        self.redis.as_ref().unwrap()
    }

    fn standing(&self) -> Standing {
        self.shared.standing(since_boot())
    }

    /// Until the line runs and values in Redis count.
    async fn ready(&self) {
        let begun = Instant::now();
        loop {
            let found = self
                .shared
                .get(name(
                    "test:ready:x",
                    1,
                    ["test:ready:x", "test:ready:", "test:"],
                ))
                .await;
            let is_open = !matches!(found, Found::Missing { taken: None });
            if is_open && self.standing() == Standing::Trusted {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(8), "not ready");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// As the cache in process reads.
    async fn read(&self, number: i64) -> i64 {
        self.try_read(number).await.unwrap()
    }

    async fn try_read(&self, number: i64) -> Result<i64> {
        let key = format!("test:counter:{number}");
        if let Some(value) = self.remembered(&key) {
            return Ok(value);
        }
        // One of those who miss loads, and the others look again.
        let gate = Arc::clone(self.gates.lock().unwrap().entry(number).or_default());
        let _gate = gate.lock().await;
        if let Some(value) = self.remembered(&key) {
            return Ok(value);
        }
        let begun = self.memory.begin();
        let tags = [key.as_str(), FAMILY, "test:"];
        let value = match self.shared.get(name(&key, 1, tags)).await {
            Found::Value { bytes, .. } => i64::from_be_bytes(bytes[..].try_into().unwrap()),
            Found::Missing { taken } => {
                let value = self.load(number).await?;
                if let Some(taken) = taken {
                    let bytes = value.to_be_bytes();
                    self.shared
                        .store(name(&key, 1, tags), &taken, &bytes, now_ms(), HOUR)
                        .await;
                }
                value
            }
        };
        self.memory.keep(begun, &key, value);
        Ok(value)
    }

    fn remembered(&self, key: &str) -> Option<i64> {
        let is_trusted = self.standing() == Standing::Trusted;
        is_trusted.then(|| self.memory.get(key)).flatten()
    }

    async fn load(&self, number: i64) -> Result<i64> {
        let mut conn = self.db.read().await?;
        conn.number(sql!("select value from counters where id = ?", number))
            .await
    }

    /// Counts one further; what is the value now, and what its writer was told.
    async fn write(&self, number: i64) -> (i64, request::Told) {
        let (value, told) = self.try_write(number).await;
        (value.unwrap(), told)
    }

    async fn try_write(&self, number: i64) -> (Result<i64>, request::Told) {
        request::scope(request::After::Nothing, async {
            let mut tx = self.db.begin().await?;
            tx.execute(sql!(
                "update counters set value = value + 1 where id = ?",
                number
            ))
            .await?;
            let value = tx
                .number(sql!("select value from counters where id = ?", number))
                .await?;
            let tag = Tag::new(format!("test:counter:{number}"));
            tx.invalidates(&self.shared, [tag], true);
            tx.commit().await?;
            Ok(value)
        })
        .await
    }

    async fn invalidate(&self, tag: &str) -> (Outcome, Duration) {
        let begun = Instant::now();
        let tags = [Tag::new(tag.to_owned())];
        let outcome = self
            .shared
            .carry_out(self.clock.new_uuid(), &tags, true)
            .await;
        (outcome, begun.elapsed())
    }

    async fn get(&self) -> Found {
        self.shared.get(name(KEY, 1, TAGS)).await
    }

    async fn taken(&self) -> Taken {
        match self.get().await {
            Found::Missing { taken: Some(taken) } => taken,
            other => panic!("{other:?}"),
        }
    }

    async fn put(&self, bytes: &[u8]) {
        let taken = self.taken().await;
        assert!(
            self.shared
                .store(name(KEY, 1, TAGS), &taken, bytes, now_ms(), HOUR)
                .await
        );
    }

    async fn has(&self, expected: &[u8]) -> bool {
        matches!(self.get().await, Found::Value { bytes, .. } if bytes[..] == *expected)
    }

    async fn ask<T: ::redis::FromRedisValue>(&self, command: &Cmd) -> T {
        for _ in 0..5 {
            let asked = self
                .redis()
                .run(async |mut line: MultiplexedConnection| command.query_async(&mut line).await);
            match asked.await {
                Ok(answer) => return answer,
                Err(trouble @ Trouble::Refused(_)) => panic!("{trouble}"),
                // The machine was.
                Err(_) => _ = until(self.redis(), true).await,
            }
        }
        panic!("Redis is away");
    }

    /// How often the server ran each command.
    async fn commands(&self) -> HashMap<String, u64> {
        let mut info = cmd("INFO");
        info.arg("commandstats");
        let text: String = self.ask(&info).await;
        text.lines()
            .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="))
            .map(|(name, rest)| {
                (
                    name.to_owned(),
                    rest.split(',').next().unwrap().parse().unwrap(),
                )
            })
            .collect()
    }
}

/// A database with counters, all at 0.
pub async fn counters(count: i64) -> Database {
    let database = Database::seeded().await;
    let source = config(&[("DATABASE_URL", &database.url)]).database;
    let db = Db::open(&source).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.execute(Sql::new(
        "create table counters (id bigint primary key, value bigint not null)",
    ))
    .await
    .unwrap();
    for number in 0..count {
        tx.execute(sql!(
            "insert into counters (id, value) values (?, 0)",
            number
        ))
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    db.close().await;
    database
}

async fn rows(instance: &Instance) -> i64 {
    let mut conn = instance.db.read().await.unwrap();
    // One without tags only says that somebody has Redis.
    let rows = sql!("select count(*) from cache_invalidations where tags <> ''");
    conn.number(rows).await.unwrap()
}

async fn eventually(
    within: Duration,
    what: &str,
    mut is_so: impl AsyncFnMut() -> bool,
) -> Duration {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < within, "{what}: not within {within:?}");
        sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

async fn ready(database: &Database, server: &Server, count: usize) -> Vec<Instance> {
    let mut instances = Vec::new();
    for _ in 0..count {
        instances.push(Instance::new(database, Some(&server.url())).await);
    }
    for instance in &instances {
        instance.ready().await;
    }
    sleep(SETTLED).await;
    instances
}

// ---- values

#[tokio::test]
async fn a_value_is_there_for_every_instance_and_asking_for_it_is_one_command() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    all[0].put("değer".as_bytes()).await;
    let before = all[1].commands().await;
    assert!(all[1].has("değer".as_bytes()).await);
    let after = all[1].commands().await;
    let more = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    assert_eq!((more("mget"), more("get")), (1, 0));
    let Found::Value { made_at_ms, .. } = all[1].get().await else {
        panic!("it is gone");
    };
    let now = now_ms();
    assert!((now - 10_000..=now).contains(&made_at_ms));
}

#[tokio::test]
async fn what_was_loaded_before_an_invalidation_is_not_stored_after_it() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    for tag in [KEY, "test:counter:", "test:", "*"] {
        let taken = all[0].taken().await;
        all[1].invalidate(tag).await;
        assert!(
            !all[0]
                .shared
                .store(name(KEY, 1, TAGS), &taken, b"old", now_ms(), HOUR)
                .await,
            "{tag}"
        );
        assert!(!all[1].has(b"old").await);
    }
    let taken = all[0].taken().await;
    all[1].invalidate("other:counter:").await;
    assert!(
        all[0]
            .shared
            .store(name(KEY, 1, TAGS), &taken, b"new", now_ms(), HOUR)
            .await
    );
    assert!(all[1].has(b"new").await);
}

#[tokio::test]
async fn a_value_whose_generation_is_gone_does_not_count() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    for tag in [KEY, "test:counter:", "test:", "*"] {
        all[0].put(b"value").await;
        assert!(all[0].has(b"value").await);
        let gone: i64 = all[0].ask(cmd("DEL").arg(format!("psw:1:g:{tag}"))).await;
        assert_eq!(gone, 1);
        // Nor does it come back with the generation that is made now.
        for _ in 0..2 {
            assert!(
                matches!(all[0].get().await, Found::Missing { taken: Some(_) }),
                "{tag}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_key_that_has_a_value_is_made_void_by_lives_longer_than_the_value() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    let lives = async || -> i64 { all[0].ask(cmd("TTL").arg(format!("psw:1:g:{KEY}"))).await };
    all[0].taken().await;
    assert!((60..=180).contains(&lives().await), "{}", lives().await);
    all[0].put(b"value").await;
    assert!(lives().await > 86_400, "{}", lives().await);
}

#[tokio::test]
async fn a_family_of_hundreds_falls_at_once_without_a_scan() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    let keys: Vec<String> = (0..500)
        .map(|number| format!("test:counter:{number}"))
        .collect();
    for key in &keys {
        let tags = [key.as_str(), FAMILY, "test:"];
        let Found::Missing { taken: Some(taken) } = all[0].shared.get(name(key, 1, tags)).await
        else {
            panic!("{key}");
        };
        assert!(
            all[0]
                .shared
                .store(name(key, 1, tags), &taken, b"x", now_ms(), HOUR)
                .await
        );
    }
    all[1].invalidate(FAMILY).await;
    for key in &keys {
        let found = all[0]
            .shared
            .get(name(key, 1, [key, FAMILY, "test:"]))
            .await;
        assert!(matches!(found, Found::Missing { .. }), "{key}");
    }
    let commands = all[0].commands().await;
    for scanning in ["keys", "scan", "sscan", "hscan", "zscan", "randomkey"] {
        assert!(!commands.contains_key(scanning), "{scanning}");
    }
}

#[tokio::test]
async fn two_releases_do_not_read_each_other_s_shapes_and_hear_each_other_s_changes() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    all[0].put(b"first").await;
    let second = || all[0].shared.get(name(KEY, 2, TAGS));
    let Found::Missing { taken: Some(taken) } = second().await else {
        panic!("it read another shape");
    };
    assert!(
        all[0]
            .shared
            .store(name(KEY, 2, TAGS), &taken, b"second", now_ms(), HOUR)
            .await
    );
    assert!(all[0].has(b"first").await);
    all[0].invalidate(KEY).await;
    assert!(!all[0].has(b"first").await);
    assert!(matches!(second().await, Found::Missing { .. }));
}

#[tokio::test]
async fn a_lock_is_one_s_at_a_time_and_released_by_its_owner_alone() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    let long = Duration::from_secs(30);
    let Turn::Ours(lock) = all[0].shared.lock(KEY, long).await else {
        panic!("nobody has it");
    };
    assert!(matches!(all[1].shared.lock(KEY, long).await, Turn::Theirs));
    drop(lock);
    eventually(Duration::from_secs(2), "released", async || {
        matches!(
            all[1].shared.lock(KEY, Duration::from_millis(50)).await,
            Turn::Ours(_)
        )
    })
    .await;

    sleep(Duration::from_millis(100)).await;
    let Turn::Ours(late) = all[0].shared.lock(KEY, Duration::from_millis(50)).await else {
        panic!("it had run out");
    };
    sleep(Duration::from_millis(100)).await;
    let Turn::Ours(_other) = all[1].shared.lock(KEY, long).await else {
        panic!("it had run out");
    };
    drop(late);
    sleep(Duration::from_millis(100)).await;
    assert!(matches!(all[0].shared.lock(KEY, long).await, Turn::Theirs));
    server.kill();
    eventually(Duration::from_secs(2), "away", async || {
        matches!(all[0].shared.lock(KEY, long).await, Turn::Away)
    })
    .await;
}

#[tokio::test]
async fn everything_works_over_tls_with_an_authority_of_one_s_own() {
    let Some(server) = Server::start_with_tls() else {
        return;
    };
    let database = counters(1).await;
    let roots = std::fs::read(server.authority()).unwrap();
    let url = server.tls_url();
    let one = Instance::with_roots(&database, Some(&url), Some(roots.clone())).await;
    let other = Instance::with_roots(&database, Some(&url), Some(roots)).await;
    one.ready().await;
    other.ready().await;
    sleep(SETTLED).await;
    assert_eq!(other.read(0).await, 0);
    let value = surely_written(&one).await;
    assert_eq!(other.read(0).await, value);
}

/// What is written once the process was not late, which looks like a Redis that is away.
async fn surely_written(instance: &Instance) -> i64 {
    for _ in 0..5 {
        let (value, told) = instance.write(0).await;
        if !told.is_unsure {
            return value;
        }
        instance.ready().await;
        sleep(SETTLED).await;
    }
    panic!("each write was unsure");
}

// ---- writers and leases

#[tokio::test]
async fn a_change_is_seen_by_everybody_once_its_writer_is_answered() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 3).await;
    let (mut waits, mut trusted) = (Vec::new(), 0);
    for turn in 0..30 {
        for instance in &all {
            instance.read(0).await;
        }
        let (value, told) = all[turn % 3].write(0).await;
        if told.is_unsure {
            // The machine was late, which looks like a Redis that is away: they hear of it from the database.
            sleep(Duration::from_secs(2)).await;
            for instance in &all {
                instance.ready().await;
            }
            continue;
        }
        waits.push(told.waited);
        for instance in &all {
            trusted += usize::from(instance.standing() == Standing::Trusted);
            assert_eq!(instance.read(0).await, value);
        }
    }
    assert!(waits.len() > 20 && trusted > 60, "{waits:?} {trusted}");
    waits.sort_unstable();
    assert!(
        waits[waits.len() / 2] < Duration::from_millis(400),
        "{waits:?}"
    );
}

#[tokio::test]
async fn one_that_hears_nothing_is_waited_for_until_its_lease_is_over_and_then_no_more() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let proxy = Proxy::start(server.address()).await;
    let writer = Instance::new(&database, Some(&server.url())).await;
    let paused = Instance::new(&database, Some(&proxy.url())).await;
    writer.ready().await;
    paused.ready().await;
    sleep(SETTLED).await;
    assert_eq!(paused.read(0).await, 0);
    proxy.stop_streams();
    let (value, told) = writer.write(0).await;
    assert!(
        told.waited > Duration::from_millis(500),
        "{:?}",
        told.waited
    );
    assert!(
        told.waited < Duration::from_millis(1150),
        "{:?}",
        told.waited
    );
    // Its pool still reaches Redis, which knows better than its memory.
    assert_eq!(paused.standing(), Standing::AskRemote);
    assert_eq!(paused.read(0).await, value);
    for _ in 0..5 {
        let (value, told) = writer.write(0).await;
        assert!(
            told.waited < Duration::from_millis(300),
            "{:?}",
            told.waited
        );
        assert_eq!(paused.read(0).await, value);
    }
    proxy.let_go();
    paused.ready().await;
    sleep(SETTLED).await;
    let (value, told) = writer.write(0).await;
    assert!(
        told.waited < Duration::from_millis(300),
        "{:?}",
        told.waited
    );
    assert_eq!(paused.standing(), Standing::Trusted);
    assert_eq!(paused.read(0).await, value);
}

#[tokio::test]
async fn one_that_ends_in_order_is_waited_for_by_nobody() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    all[1].shared.leave().await;
    let (outcome, took) = all[0].invalidate(FAMILY).await;
    assert_eq!(outcome, Outcome::Everywhere);
    assert!(took < Duration::from_millis(300), "{took:?}");
}

#[tokio::test]
async fn who_may_be_a_moment_behind_is_not_waited_for() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let proxy = Proxy::start(server.address()).await;
    let writer = Instance::new(&database, Some(&server.url())).await;
    let paused = Instance::new(&database, Some(&proxy.url())).await;
    writer.ready().await;
    paused.ready().await;
    sleep(SETTLED).await;
    proxy.stop_streams();
    let begun = Instant::now();
    let tags = [Tag::new(FAMILY)];
    let outcome = writer.shared.carry_out(Uuid::now_v7(), &tags, false).await;
    assert_eq!(outcome, Outcome::Everywhere);
    assert!(begun.elapsed() < Duration::from_millis(200));
}

#[tokio::test]
async fn a_clock_that_moves_changes_nothing() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    for days in [400, -800] {
        all[0].clock.shift(TimeDelta::days(days));
        all[1].read(0).await;
        let value = surely_written(&all[0]).await;
        for instance in &all {
            assert_eq!(instance.read(0).await, value);
            instance.ready().await;
        }
    }
}

#[tokio::test]
async fn a_process_that_was_suspended_trusts_nothing_that_it_remembers() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    let now = since_boot();
    assert_eq!(all[0].shared.standing(now), Standing::Trusted);
    let later = now + Duration::from_secs(1);
    assert_ne!(all[0].shared.standing(later), Standing::Trusted);
}

#[tokio::test]
async fn whoever_is_late_to_look_at_the_database_trusts_nothing_unless_there_is_none() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    let alone = Instance::new(&database, None).await;
    let trusts = |instance: &Instance, later| instance.shared.standing(since_boot() + later);
    let (soon, late) = (Duration::from_millis(500), Duration::from_millis(2500));
    let becomes = async |instance: &Instance, wanted| {
        let begun = Instant::now();
        while trusts(instance, late) != wanted {
            assert!(begun.elapsed() < Duration::from_secs(8), "{wanted:?}");
            sleep(Duration::from_millis(20)).await;
        }
    };
    becomes(&alone, Standing::Doubtful).await;
    assert_eq!(trusts(&alone, soon), Standing::Trusted);
    assert_eq!(trusts(&all[0], late), Standing::Doubtful);
    for instance in [&alone, &all[0]] {
        instance.db.close().await;
    }
    becomes(&alone, Standing::Trusted).await;
    becomes(&all[0], Standing::AskRemote).await;
}

/// On one thread, which stands still as a whole while another instance writes.
#[tokio::test]
async fn whoever_slept_while_another_wrote_reads_the_new_value_first_thing() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 1).await;
    for _ in 0..3 {
        all[0].ready().await;
        all[0].read(0).await;
        let (told, written) = std::sync::mpsc::channel();
        let url = (database.url.clone(), server.url());
        let writer = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let writer = Instance::at(&url.0, Some(&url.1), None).await;
                sleep(SETTLED).await;
                let (value, _) = writer.write(0).await;
                told.send(value).unwrap();
                writer.shared.leave().await;
            });
        });
        // The runtime of this instance does nothing until the writer has been answered.
        let value = written.recv().unwrap();
        assert_eq!(all[0].read(0).await, value);
        writer.join().unwrap();
    }
}

#[tokio::test]
async fn an_idle_instance_costs_a_few_commands_a_second() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    let before: u64 = all[0].commands().await.values().sum();
    sleep(Duration::from_secs(3)).await;
    let after: u64 = all[0].commands().await.values().sum();
    // What scripts call is counted, too.
    println!("{} commands in 3 s", after - before);
    assert!(after - before < 3 * 30, "{}", after - before);
}

#[tokio::test]
async fn a_line_that_was_cut_short_or_lost_makes_everybody_forget() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let proxy = Proxy::start(server.address()).await;
    let writer = Instance::new(&database, Some(&server.url())).await;
    let late = Instance::new(&database, Some(&proxy.url())).await;
    writer.ready().await;
    late.ready().await;
    sleep(SETTLED).await;
    proxy.stop_streams();
    let before = late.memory.forgotten.load(Ordering::SeqCst);
    let tags = [Tag::new("test:")];
    for _ in 0..3 {
        writer.shared.carry_out(Uuid::now_v7(), &tags, false).await;
    }
    let _: i64 = writer
        .ask(cmd("XTRIM").arg("psw:1:inval").arg("MAXLEN").arg(0))
        .await;
    late.memory.keep(late.memory.begin(), "another", 1);
    proxy.let_go();
    let forgotten = async || late.memory.forgotten.load(Ordering::SeqCst);
    eventually(Duration::from_secs(2), "forgotten", async || {
        forgotten().await > before
    })
    .await;
    assert_eq!(late.memory.get("another"), None);
    late.ready().await;
    let before = forgotten().await;

    // Lost whole, as when it was evicted: nobody knows who is on the line, so the writer waits for any lease there is.
    let _: i64 = writer.ask(cmd("DEL").arg("psw:1:line")).await;
    let (outcome, took) = writer.invalidate(FAMILY).await;
    assert_eq!(outcome, Outcome::Everywhere);
    assert!(took > Duration::from_millis(900), "{took:?}");
    assert!(forgotten().await > before);
    sleep(SETTLED).await;
    let (_, took) = writer.invalidate(FAMILY).await;
    assert!(took < Duration::from_millis(800), "{took:?}");
}

// ---- rows of the database

#[tokio::test]
async fn what_a_crash_kept_from_the_others_they_learn_from_the_database() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    all[0].put(b"old").await;
    let taken = all[1].get().await;
    assert!(matches!(taken, Found::Value { .. }));
    // Committed, and then nothing more.
    let mut tx = all[0].db.begin().await.unwrap();
    let mut insert = sql!(
        "insert into cache_invalidations (id, tags, created_at) values (?, ?, ",
        Uuid::now_v7(),
        FAMILY
    );
    now(&mut insert, tx.is_sqlite(), 0).push(")");
    tx.execute(insert).await.unwrap();
    tx.commit().await.unwrap();
    let took = eventually(Duration::from_secs(2), "heard", async || {
        let is_heard = |instance: &Instance| instance.memory.has_heard(FAMILY);
        is_heard(&all[0]) && is_heard(&all[1]) && !all[1].has(b"old").await
    })
    .await;
    println!("learnt from the database after {took:?}");
}

#[tokio::test]
async fn processes_without_redis_learn_from_the_database_and_rows_do_not_stay() {
    let database = counters(1).await;
    let one = Instance::new(&database, None).await;
    let other = Instance::new(&database, None).await;
    assert_eq!(one.standing(), Standing::Trusted);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(other.read(0).await, 0);
    let (value, told) = one.write(0).await;
    assert!(told.waited < Duration::from_millis(200));
    // On one machine nobody else is asked; elsewhere the writer's next request may come to another process.
    assert_eq!(told.is_unsure, !one.db.is_embedded());
    assert_eq!(one.read(0).await, value);
    eventually(Duration::from_secs(2), "read", async || {
        other.read(0).await == value
    })
    .await;
    assert_eq!(rows(&one).await, 1);
    eventually(Duration::from_secs(18), "deleted", async || {
        rows(&one).await == 0
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_away_a_change_makes_its_values_void_twice_at_most() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    server.kill();
    let (_, told) = all[0].write(0).await;
    assert!(told.is_unsure);
    sleep(Duration::from_secs(5)).await;
    for instance in &all {
        let times = instance.memory.times_heard("test:counter:0");
        assert!((1..=2).contains(&times), "{times} times");
    }
    // What Redis was not told is told once it is back.
    server.restart();
    for instance in &all {
        instance.ready().await;
        let times = instance.memory.times_heard("test:counter:0");
        assert!(times <= 4, "{times} times");
    }
}

#[tokio::test]
async fn whoever_has_no_redis_leaves_what_redis_was_not_told_to_those_who_have_it() {
    let database = Database::seeded().await;
    let with = Instance::new(&database, Some("redis://127.0.0.1:1")).await;
    sleep(Duration::from_millis(500)).await;
    let without = Instance::new(&database, None).await;
    let mut tx = with.db.begin().await.unwrap();
    for (tags, age) in [("test:", 0), ("test:ancient:", 26 * 3_600_000_000_i64)] {
        let mut insert = sql!(
            "insert into cache_invalidations (id, tags, created_at) values (?, ?, ",
            Uuid::now_v7(),
            tags
        );
        now(&mut insert, tx.is_sqlite(), -age).push(")");
        tx.execute(insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    eventually(Duration::from_secs(20), "cleaned", async || {
        rows(&without).await == 1
    })
    .await;
    sleep(Duration::from_secs(6)).await;
    let mut conn = with.db.read().await.unwrap();
    let left: (String,) = conn
        .fetch_one(sql!(
            "select tags from cache_invalidations where tags <> ''"
        ))
        .await
        .unwrap();
    assert_eq!(left.0, "test:");
}

#[tokio::test]
async fn a_writer_that_goes_away_while_it_commits_leaves_nothing_old_in_its_own_process() {
    let database = counters(1).await;
    let one = Instance::new(&database, None).await;
    let mut committed = 0;
    for step in 0..60 {
        let before = one.load(0).await.unwrap();
        let heard = one.memory.times_heard("test:counter:0");
        let mut tx = one.db.begin().await.unwrap();
        tx.execute(sql!("update counters set value = value + 1 where id = 0"))
            .await
            .unwrap();
        tx.invalidates(&one.shared, [Tag::new("test:counter:0")], true);
        let commit = tx.commit();
        // Whatever of it has been done by then.
        let _ = tokio::time::timeout(Duration::from_micros(step * step * 20), commit).await;
        sleep(Duration::from_millis(20)).await;
        if one.load(0).await.unwrap() > before {
            committed += 1;
            // Sooner than the next look at the database, mostly.
            eventually(Duration::from_millis(300), "heard", async || {
                one.memory.times_heard("test:counter:0") > heard
            })
            .await;
        }
    }
    println!("{committed} of 60 were committed");
    assert!(committed >= 10);
}

#[tokio::test]
async fn rows_that_redis_does_not_come_back_for_become_one_that_means_everything() {
    let database = Database::seeded().await;
    let one = Instance::new(&database, Some("redis://127.0.0.1:1")).await;
    let mut tx = one.db.begin().await.unwrap();
    for _ in 0..11 {
        let mut insert = Sql::new("insert into cache_invalidations (id, tags, created_at) values ");
        for number in 0..100 {
            insert.push(if number == 0 {
                "(?, 'test:', "
            } else {
                ", (?, 'test:', "
            });
            insert.bind(Uuid::now_v7());
            now(&mut insert, tx.is_sqlite(), 0).push(")");
        }
        tx.execute(insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    eventually(Duration::from_secs(25), "made one", async || {
        rows(&one).await == 1
    })
    .await;
    let mut conn = one.db.read().await.unwrap();
    let left: (String,) = conn
        .fetch_one(sql!(
            "select tags from cache_invalidations where tags <> ''"
        ))
        .await
        .unwrap();
    assert_eq!(left.0, "*");
}

#[tokio::test]
async fn a_commit_that_fails_may_have_happened() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 1).await;
    if !all[0].db.is_embedded() {
        // Only SQLite looks at a rule as late as that.
        return;
    }
    let (failed, told) = request::scope(request::After::Nothing, async {
        let mut tx = all[0].db.begin().await?;
        tx.execute(Sql::new("create table parents (id bigint primary key)"))
            .await?;
        tx.execute(Sql::new(
            "create table children (id bigint references parents (id) deferrable initially deferred)",
        ))
        .await?;
        tx.execute(Sql::new("insert into children (id) values (7)"))
            .await?;
        tx.invalidates(&all[0].shared, [Tag::new(FAMILY)], true);
        tx.commit().await
    })
    .await;
    assert!(failed.is_err());
    assert!(told.is_unsure);
    assert!(all[0].memory.has_heard(FAMILY));
    all[0].ready().await;
}

#[tokio::test]
async fn whoever_has_stopped_using_redis_keeps_no_row_from_being_deleted() {
    let database = Database::seeded().await;
    let without = Instance::new(&database, None).await;
    let mut tx = without.db.begin().await.unwrap();
    // The mark, which was last written anew a day and more ago, and something that Redis was not told.
    for (id, tags, age) in [
        (Uuid::from_u128(1), "", 26 * 3_600_000_000_i64),
        (Uuid::now_v7(), "test:", 0),
    ] {
        let mut insert = sql!(
            "insert into cache_invalidations (id, tags, created_at) values (?, ?, ",
            id,
            tags
        );
        now(&mut insert, tx.is_sqlite(), -age).push(")");
        tx.execute(insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    eventually(Duration::from_secs(25), "cleaned", async || {
        rows(&without).await == 0
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_invalidates_nothing() {
    let database = counters(1).await;
    let one = Instance::new(&database, None).await;
    let mut tx = one.db.begin().await.unwrap();
    tx.invalidates(&one.shared, [Tag::new("test:never:")], true);
    drop(tx);
    let mut tx = one.db.begin().await.unwrap();
    tx.invalidates(&one.shared, [Tag::new("test:")], true);
    tx.invalidates(
        &one.shared,
        [Tag::new("test:"), Tag::new("test:counter:")],
        false,
    );
    tx.commit().await.unwrap();
    let heard = one.memory.heard.lock().unwrap().clone();
    assert_eq!(heard, [Tag::new("test:"), Tag::new("test:counter:")]);
    assert_eq!(rows(&one).await, 1);
}

// ---- Redis in trouble

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// On this thread, and so in all tasks of a test with one.
    fn gather() -> (Self, (tracing::subscriber::DefaultGuard, tracing::Dispatch)) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // With a second one there is no first that decides which events are made at all.
        let other =
            tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
        let guard = tracing::subscriber::set_default(subscriber);
        (lines, (guard, other))
    }

    fn count(&self, event: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(event)).count()
    }
}

/// What a write may cost while Redis is away: twice fifty milliseconds, and what the machine is late.
const LOST: Duration = Duration::from_millis(250);

/// Reads and writes go on, quickly and rightly, with a Redis that gives nothing.
async fn goes_on(instance: &Instance) {
    for turn in 0..10 {
        let begun = Instant::now();
        let (value, told) = instance.write(0).await;
        assert!(told.waited < LOST, "{turn}: {:?}", told.waited);
        assert!(told.is_unsure);
        assert_eq!(instance.read(0).await, value);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_redis_that_is_killed_costs_moments_and_one_line_and_heals_by_itself() {
    let (lines, _guard) = Lines::gather();
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    all[0].read(0).await;
    all[1].read(0).await;
    server.kill();
    goes_on(&all[0]).await;
    let value = all[0].read(0).await;
    eventually(Duration::from_secs(2), "read", async || {
        all[1].read(0).await == value
    })
    .await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        all[1].standing(),
        Standing::Trusted,
        "by looking at the database"
    );
    server.restart();
    for instance in &all {
        until(instance.redis(), true).await;
        instance.ready().await;
    }
    sleep(SETTLED).await;
    let (value, told) = all[1].write(0).await;
    assert!(!told.is_unsure && told.waited < LOST, "{told:?}");
    assert_eq!(all[0].read(0).await, value);
    // A moment in which the machine is late has lines of its own, and as many for its end.
    for (down, up) in [
        ("redis_down", "redis_up"),
        ("cache_line_down", "cache_line_up"),
    ] {
        let (down, up) = (lines.count(down), lines.count(up));
        assert!(
            (2..=6).contains(&down),
            "{down} times down: one for each instance"
        );
        assert_eq!(up, down + 2, "and one for each end of it");
    }
    assert_eq!(lines.count("ERROR"), 0);
}

#[tokio::test]
async fn a_redis_that_hangs_and_comes_back_with_old_values_gives_none_of_them_away() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    // In Redis, not in this instance's memory.
    assert_eq!(all[1].read(0).await, 0);
    server.hold();
    goes_on(&all[0]).await;
    let value = all[0].read(0).await;
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(all[1].read(0).await, value);
    server.let_go();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        for instance in &all {
            // Whatever was remembered: what Redis gives now must not be what it had.
            instance.memory.clear();
            assert_eq!(instance.read(0).await, value);
        }
        sleep(Duration::from_millis(5)).await;
    }
    for instance in &all {
        instance.ready().await;
    }
    sleep(SETTLED).await;
    let (value, told) = all[1].write(0).await;
    assert!(!told.is_unsure, "{told:?}");
    assert_eq!(all[0].read(0).await, value);
}

#[tokio::test]
async fn a_full_redis_gives_no_old_value_and_no_error() {
    let (lines, _guard) = Lines::gather();
    let Some(server) = Server::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    all[0].read(0).await;
    // Less than what it has in it already.
    let _: String = all[0]
        .ask(cmd("CONFIG").arg(&["SET", "maxmemory", "1mb"]))
        .await;
    sleep(SETTLED * 2).await;
    // They go by the database meanwhile, and use what they remember.
    let mut trusted = 0;
    for _ in 0..150 {
        for instance in &all {
            trusted += usize::from(instance.standing() == Standing::Trusted);
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert!(trusted > 270, "{trusted} of 300");
    for instance in &all {
        instance.read(0).await;
        assert!(instance.remembered("test:counter:0").is_some());
        assert!(!instance.shared.is_on_line());
    }
    assert_eq!(lines.count("cache_line_down"), 2, "one for each instance");
    let (value, told) = all[0].write(0).await;
    assert!(told.is_unsure && told.waited < LOST, "{told:?}");
    assert_eq!(lines.count("cache_not_told"), 1);
    eventually(Duration::from_secs(2), "learnt", async || {
        all[1].read(0).await == value
    })
    .await;
    for instance in &all {
        instance.memory.clear();
        assert_eq!(instance.read(0).await, value);
        assert!(instance.redis().is_up());
    }
    let _: String = all[0]
        .ask(cmd("CONFIG").arg(&["SET", "maxmemory", "0"]))
        .await;
    for instance in &all {
        instance.ready().await;
    }
    sleep(SETTLED).await;
    let (value, told) = all[1].write(0).await;
    assert!(!told.is_unsure, "{told:?}");
    assert_eq!(all[0].read(0).await, value);
}

#[tokio::test]
async fn one_that_redis_keeps_off_the_line_uses_what_it_remembers_and_says_so_once() {
    let (lines, _guard) = Lines::gather();
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let writer = Instance::new(&database, Some(&server.url())).await;
    writer.ready().await;
    let rules = "on >word ~* &* +@all";
    for (name, rule) in [("unread", "-xread"), ("unscripted", "-@scripting")] {
        let mut acl = cmd("ACL");
        acl.arg("SETUSER").arg(name);
        for rule in rules.split(' ').chain([rule]) {
            acl.arg(rule);
        }
        let _: String = writer.ask(&acl).await;
        let before = lines.count("cache_line_down");
        let ups = lines.count("cache_line_up");
        let url = format!("redis://{name}:word@{}", server.address());
        let kept_off = Instance::new(&database, Some(&url)).await;
        sleep(Duration::from_secs(7)).await;
        assert_eq!(lines.count("cache_line_down"), before + 1, "{name}");
        assert_eq!(lines.count("cache_line_up"), ups, "{name}");
        kept_off.read(0).await;
        assert_eq!(kept_off.standing(), Standing::Trusted, "{name}");
        assert!(kept_off.remembered("test:counter:0").is_some(), "{name}");
        // It learns from the database.
        let (value, _) = writer.write(0).await;
        eventually(Duration::from_secs(2), "learnt", async || {
            kept_off.read(0).await == value
        })
        .await;
        kept_off.shared.leave().await;
    }
}

/// As a server that was restored, or a replica that has taken over.
async fn comes_back_older(server: &mut Server, all: &[Instance]) {
    all[0].put(b"old").await;
    let _: String = all[0].ask(&cmd("SAVE")).await;
    for _ in 0..3 {
        all[0].invalidate(FAMILY).await;
    }
    server.kill();
    // The instances look for the line less and less often.
    sleep(Duration::from_secs(3)).await;
    server.restart();
}

#[tokio::test]
async fn a_redis_restored_from_an_older_copy_gives_none_of_its_old_values() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    for is_written_first in [false, true] {
        let forgotten = all[1].memory.forgotten.load(Ordering::SeqCst);
        comes_back_older(&mut server, &all).await;
        until(all[0].redis(), true).await;
        if is_written_first {
            // So many that their numbers pass those that were lost.
            for _ in 0..6 {
                let tags = [Tag::new("test:other:")];
                all[0].shared.carry_out(Uuid::now_v7(), &tags, false).await;
            }
        }
        for instance in &all {
            until(instance.redis(), true).await;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(3) {
                assert!(!instance.has(b"old").await, "{is_written_first}");
                sleep(Duration::from_millis(5)).await;
            }
            instance.ready().await;
        }
        assert!(all[1].memory.forgotten.load(Ordering::SeqCst) > forgotten);
        sleep(SETTLED).await;
    }
}

#[tokio::test]
async fn a_redis_restored_twice_from_one_copy_gives_none_of_its_old_values() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 2).await;
    comes_back_older(&mut server, &all).await;
    for round in 0..2 {
        for instance in &all {
            until(instance.redis(), true).await;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(2) {
                assert!(!instance.has(b"old").await, "{round}");
                sleep(Duration::from_millis(5)).await;
            }
            instance.ready().await;
        }
        // It has nothing of what happened since, the epoch that began then included.
        server.kill();
        sleep(Duration::from_secs(3)).await;
        server.restart();
    }
    for instance in &all {
        until(instance.redis(), true).await;
        instance.ready().await;
        assert!(!instance.has(b"old").await);
    }
}

#[tokio::test]
async fn whatever_else_lies_under_the_keys_of_the_line_and_of_generations_goes() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let all = ready(&database, &server, 2).await;
    let generation = format!("psw:1:g:{FAMILY}");
    for key in ["psw:1:line", "psw:1:inval", "psw:1:g:*", &generation] {
        for command in ["LPUSH", "SET"] {
            let mut lay = cmd("EVAL");
            lay.arg("redis.call('DEL', KEYS[1]) redis.call(ARGV[1], KEYS[1], 'x')");
            let _: ::redis::Value = all[0].ask(lay.arg(1).arg(key).arg(command)).await;
            let (value, _) = all[0].write(0).await;
            assert_eq!(all[0].read(0).await, value, "{key} {command}");
            eventually(Duration::from_secs(2), "read", async || {
                all[1].read(0).await == value
            })
            .await;
            for instance in &all {
                instance.ready().await;
                assert!(instance.redis().is_up());
            }
            sleep(SETTLED).await;
            all[0].invalidate(KEY).await;
            all[0].put(b"value").await;
            assert!(all[1].has(b"value").await, "{key} {command}");
            assert!(
                all.iter().all(|instance| instance.shared.is_on_line()),
                "{key} {command}"
            );
        }
    }
}

#[tokio::test]
async fn noise_in_the_middle_of_a_connection_is_as_good_as_none_and_heals() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let proxy = Proxy::start(server.address()).await;
    let one = Instance::new(&database, Some(&proxy.url())).await;
    one.ready().await;
    one.read(0).await;
    proxy.garble();
    for _ in 0..20 {
        let (value, _) = one.write(0).await;
        assert_eq!(one.read(0).await, value);
        sleep(Duration::from_millis(20)).await;
    }
    until(one.redis(), false).await;
    proxy.let_go();
    until(one.redis(), true).await;
    one.ready().await;
    sleep(SETTLED).await;
    let value = surely_written(&one).await;
    assert_eq!(one.read(0).await, value);
}

#[tokio::test]
async fn numbers_that_somebody_else_used_again_are_not_taken_for_the_ones_that_were_seen() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let proxy = Proxy::start(server.address()).await;
    let all = [Instance::new(&database, Some(&proxy.url())).await];
    all[0].ready().await;
    sleep(SETTLED).await;
    comes_back_older(&mut server, &all).await;
    proxy.cut();
    // One that knows nothing of what was lost, and is first.
    let other = Instance::new(&database, Some(&server.url())).await;
    until(other.redis(), true).await;
    for _ in 0..6 {
        let tags = [Tag::new("test:other:")];
        other.shared.carry_out(Uuid::now_v7(), &tags, false).await;
    }
    let forgotten = all[0].memory.forgotten.load(Ordering::SeqCst);
    proxy.let_go();
    all[0].ready().await;
    assert!(all[0].memory.forgotten.load(Ordering::SeqCst) > forgotten);
    other.ready().await;
    assert!(!all[0].has(b"old").await && !other.has(b"old").await);
}

#[tokio::test]
async fn deployments_in_databases_of_their_own_share_a_redis_and_nothing_in_it() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let (database, another) = (Database::seeded().await, Database::seeded().await);
    let one = Instance::new(&database, Some(&server.url())).await;
    let other = Instance::new(&another, Some(&format!("{}/1", server.url()))).await;
    one.ready().await;
    other.ready().await;
    sleep(SETTLED).await;
    one.put(b"value").await;
    assert!(!other.has(b"value").await);
    let (outcome, _) = other.invalidate(FAMILY).await;
    assert_eq!(outcome, Outcome::Everywhere);
    assert!(one.has(b"value").await && !one.memory.has_heard(FAMILY));
}

#[tokio::test]
async fn a_server_that_answers_noise_is_as_good_as_none() {
    let database = counters(1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let mut random = StdRng::seed_from_u64(5);
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut noise = vec![0; 4096];
            random.fill(&mut noise[..]);
            let _ = stream.write_all(&noise).await;
        }
    });
    let instance = Instance::new(&database, Some(&url)).await;
    sleep(Duration::from_millis(500)).await;
    goes_on(&instance).await;
    assert!(!instance.redis().is_up());
}

#[tokio::test]
async fn one_that_is_cut_off_is_at_most_two_seconds_behind() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(1).await;
    let proxy = Proxy::start(server.address()).await;
    let writer = Instance::new(&database, Some(&server.url())).await;
    let cut = Instance::new(&database, Some(&proxy.url())).await;
    writer.ready().await;
    cut.ready().await;
    sleep(SETTLED).await;
    proxy.cut();
    cut.read(0).await;
    sleep(SETTLED).await;
    cut.read(0).await;
    assert_eq!(
        cut.standing(),
        Standing::Trusted,
        "by looking at the database"
    );
    for _ in 0..3 {
        let (value, _) = writer.write(0).await;
        let took = eventually(Duration::from_secs(2), "read", async || {
            cut.read(0).await == value
        })
        .await;
        println!("{took:?} behind");
    }
    // And the other way: what it writes itself, the others learn.
    let (value, told) = cut.write(0).await;
    assert!(told.is_unsure);
    assert_eq!(cut.read(0).await, value);
    eventually(Duration::from_secs(2), "read", async || {
        writer.read(0).await == value
    })
    .await;
}

// ---- the writer's own next request

#[handler]
async fn change(cx: Cx) -> Result<String> {
    let mut tx = cx.app.db.begin().await?;
    cx.app.cache.drops(&mut tx, [Tag::new("dashboard:")]);
    tx.commit().await?;
    Ok("changed".into())
}

#[handler]
fn look() -> String {
    (request::after() == request::After::UnsureChange).to_string()
}

fn table() -> Table {
    Table::default().at("/login/fresh", [account_get(look), account_post(change)])
}

#[tokio::test]
async fn a_writer_reads_around_the_caches_for_a_moment_if_others_may_not_have_heard() {
    let app = TestApp::configured(&[("REDIS_URL", "redis://127.0.0.1:1")], table()).await;
    let client = app.client();
    assert_eq!(client.get("/login/fresh").await.text(), "false");
    let reply = client.post_form("/login/fresh", &[]).await;
    assert_eq!(reply.status, 200);
    let cookies = reply.headers.get_all("set-cookie");
    let mut cookies = cookies.iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.find(|cookie| cookie.starts_with("fresh=")).unwrap();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
            && cookie.contains("Max-Age=4")
    );
    assert_eq!(client.get("/login/fresh").await.text(), "true");
    // Nobody else, and not for long.
    assert_eq!(app.client().get("/login/fresh").await.text(), "false");
    app.clock.shift(TimeDelta::seconds(5));
    assert_eq!(client.get("/login/fresh").await.text(), "false");

    // On one machine there are no others.
    let app = TestApp::configured(&[], table()).await;
    let reply = app.client().post_form("/login/fresh", &[]).await;
    let is_told = reply
        .header("set-cookie")
        .is_some_and(|cookie| cookie.contains("fresh="));
    assert_eq!(is_told, !app.db.is_embedded());
}

#[tokio::test]
async fn what_runs_in_the_background_ends_with_the_product() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = Database::seeded().await;
    let all = ready(&database, &server, 1).await;
    let watching = Instance::new(&database, Some(&server.url())).await;
    watching.ready().await;
    let on_line = async || {
        let found: HashMap<Vec<u8>, Vec<u8>> = watching.ask(cmd("HGETALL").arg("psw:1:line")).await;
        found
    };
    let before = on_line().await;
    assert_eq!(before.len(), 4);
    drop(all);
    sleep(Duration::from_millis(700)).await;
    // Whoever is gone says nothing more.
    let (first, second) = (on_line().await, {
        sleep(Duration::from_millis(700)).await;
        on_line().await
    });
    let silent = first
        .iter()
        .filter(|(name, beat)| name.len() == 32 && second[*name] == **beat);
    assert_eq!(silent.count(), 1);
}
