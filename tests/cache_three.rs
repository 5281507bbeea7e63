//! Three instances under load and faults: whatever may hold an old value (memory, Redis, a soft lifetime, a load that
//! fails, a rendered page), nobody who asks after a writer's answer is given it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use poem::http::HeaderMap;
use prosektorweb::{
    error::{Error, Result},
    platform::{
        cache::{Bounds, Cache, Key, Policy, Tag, Whose, request},
        db::Db,
        i18n::Translations,
        metrics::Metrics,
        redis::Redis,
    },
    sql,
    web::{
        encoding::Encoding,
        public::{Page, Pages},
        templates::Templates,
    },
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;

use crate::{
    cache_shared::counters,
    support::{clock, config, database::Database, proxy::Proxy, redis::Server},
};

/// Longer than a lease and than what a new line has to be old.
const SETTLED: Duration = Duration::from_millis(1100);
/// One load in so many fails.
const FAILS: u64 = 10;

/// Old after a moment, given for long.
static COUNTER: Policy = Policy::new("test:counter", 1)
    .fresh_for(Duration::from_millis(200))
    .kept_for(Duration::from_mins(1))
    .shared_for(Duration::from_mins(1))
    .stale_if_error(Duration::from_mins(1))
    .locked();

#[derive(Clone)]
struct Instance {
    db: Db,
    redis: Redis,
    cache: Cache,
    pages: Arc<Pages>,
    loads: Arc<AtomicU64>,
    /// Pages that were asked for, and those of them that were rendered for it.
    asked: Arc<AtomicU64>,
    rendered: Arc<AtomicU64>,
}

impl Instance {
    async fn new(database: &Database, redis: &str) -> Self {
        let config = config(&[("DATABASE_URL", &database.url)]);
        let db = Db::open(&config.database).await.unwrap();
        let redis = Redis::open(redis, None).unwrap();
        let clock = clock();
        let translations = Arc::new(Translations::load().unwrap());
        let templates = Arc::new(Templates::load(&translations, &clock).unwrap());
        let metrics = Metrics::default();
        let pages = Arc::new(Pages::new(&config, clock.clone(), templates, &metrics));
        let cache = Cache::new(&[&COUNTER], Bounds::default(), &clock, &metrics).on(
            &db,
            Some(&redis),
            Arc::clone(&pages) as _,
        );
        Self {
            db,
            redis,
            cache,
            pages,
            loads: Arc::default(),
            asked: Arc::default(),
            rendered: Arc::default(),
        }
    }

    async fn ready(&self) {
        let begun = Instant::now();
        while !(self.redis.is_up() && self.cache.is_trusted()) {
            assert!(begun.elapsed() < Duration::from_secs(8), "not ready");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn value(&self, number: i64) -> Result<i64> {
        let (db, loads) = (self.db.clone(), Arc::clone(&self.loads));
        let load = async move || {
            if loads.fetch_add(1, Ordering::Relaxed) % FAILS == FAILS - 1 {
                return Err(Error::internal("a load that fails on purpose"));
            }
            let mut conn = db.read().await?;
            conn.number(sql!("select value from counters where id = ?", number))
                .await
        };
        let value = self.cache.get_or_set(&key(number), &COUNTER, load).await?;
        Ok(*value)
    }

    /// As a public page shows it.
    async fn page(&self, number: i64) -> Result<i64> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let render = || async {
            self.rendered.fetch_add(1, Ordering::Relaxed);
            let text = self.value(number).await?.to_string();
            Ok(Page::new(text).tags([key(number).as_str()]))
        };
        let is_trusted = self.cache.is_trusted();
        let url = format!("/counters/{number}");
        let kept = self.pages.get_or_render(&url, is_trusted, render).await?;
        let answer = kept.answer(Encoding::Identity, &HeaderMap::new(), || clock().now());
        let text = String::from_utf8_lossy(answer.body());
        text.parse().map_err(Error::internal)
    }

    /// Counts one further; what is the value now, and what its writer was told.
    async fn write(&self, number: i64) -> (Result<i64>, request::Told) {
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
            self.cache.drops(&mut tx, [Tag::from(&key(number))]);
            tx.commit().await?;
            Ok(value)
        })
        .await
    }
}

fn key(number: i64) -> Key {
    Key::new(&COUNTER, Whose::Public).part(&number.to_string())
}

const CASTS: i64 = 24;
const DURING: Duration = Duration::from_secs(8);
/// What may be missed without Redis.
const BEHIND: Duration = Duration::from_secs(2);

/// By counter: each value whose writer was answered, and when.
type Answered = Vec<Mutex<Vec<(i64, Instant)>>>;

/// The newest value that somebody who begins to read now must be given.
fn floor(answered: &Answered, number: usize, before: Instant) -> i64 {
    let answered = answered[number].lock().unwrap();
    let old = answered.iter().filter(|(_, at)| *at <= before);
    old.map(|(value, _)| *value).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_writers_and_readers_on_three_instances_never_see_the_past() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let database = counters(CASTS).await;
    let proxies = [
        Proxy::start(server.address()).await,
        Proxy::start(server.address()).await,
    ];
    let all = [
        Instance::new(&database, &server.url()).await,
        Instance::new(&database, &proxies[0].url()).await,
        Instance::new(&database, &proxies[1].url()).await,
    ];
    for instance in &all {
        instance.ready().await;
    }
    sleep(SETTLED).await;
    let answered: Arc<Answered> = Arc::new((0..CASTS).map(|_| Mutex::default()).collect());
    let reads = Arc::new([AtomicI64::new(0), AtomicI64::new(0), AtomicI64::new(0)]);
    // Those for which nothing was forgiven.
    let strict = Arc::new([AtomicI64::new(0), AtomicI64::new(0)]);
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..200_u64 {
        let place = usize::try_from(task % 3).unwrap();
        let (instance, answered) = (all[place].clone(), Arc::clone(&answered));
        let (reads, strict) = (Arc::clone(&reads), Arc::clone(&strict));
        tasks.spawn(async move {
            let mut random = StdRng::seed_from_u64(task);
            let mut waits = Vec::new();
            while begun.elapsed() < DURING {
                let number = random.random_range(0..CASTS);
                let at = usize::try_from(number).unwrap();
                // The one that is cut off reads only: its own changes the others learn within two seconds.
                if task % 8 == 0 && place != 2 {
                    let (value, told) = instance.write(number).await;
                    // What a slow database has turned away nobody was answered for.
                    if let Ok(value) = value {
                        // A machine that is late may count as a Redis that is away.
                        let late = if told.is_unsure {
                            BEHIND
                        } else {
                            Duration::ZERO
                        };
                        let at_once = Instant::now() + late;
                        strict[0].fetch_add(i64::from(!told.is_unsure), Ordering::Relaxed);
                        answered[at].lock().unwrap().push((value, at_once));
                        waits.push(told.waited);
                    }
                    sleep(Duration::from_millis(random.random_range(20..200))).await;
                } else {
                    let now = Instant::now();
                    let is_away = place == 2 || !instance.redis.is_up();
                    let behind = if is_away { BEHIND } else { Duration::ZERO };
                    let least = floor(&answered, at, now.checked_sub(behind).unwrap());
                    let is_page = random.random_bool(0.5);
                    let read = if is_page {
                        instance.page(number).await
                    } else {
                        instance.value(number).await
                    };
                    let Ok(value) = read else {
                        continue;
                    };
                    let is_bound = is_away || instance.redis.is_up();
                    assert!(
                        value >= least || !is_bound,
                        "{value} instead of {least} on {place} (a page: {is_page}) after {:?}",
                        begun.elapsed()
                    );
                    reads[place].fetch_add(1, Ordering::Relaxed);
                    strict[1].fetch_add(i64::from(!is_away), Ordering::Relaxed);
                    sleep(Duration::from_millis(random.random_range(1..20))).await;
                }
            }
            waits
        });
    }
    sleep(DURING / 8).await;
    proxies[0].stop_streams();
    proxies[1].cut();
    sleep(Duration::from_secs(3)).await;
    proxies[0].let_go();
    sleep(Duration::from_millis(500)).await;
    // What is written there now nobody else hears of but by way of the database.
    proxies[0].cut();
    sleep(Duration::from_millis(1500)).await;
    proxies[0].let_go();
    proxies[1].let_go();
    let mut waits = Vec::new();
    while let Some(done) = tasks.join_next().await {
        waits.extend(done.unwrap());
    }
    waited(waits, &reads, &strict);
    every_way_was_gone(&all);
}

/// What the wait adds to a write; and that most was strict.
fn waited(mut waits: Vec<Duration>, reads: &[AtomicI64; 3], strict: &[AtomicI64; 2]) {
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 100];
    println!(
        "{} writes waited {:?} (median), {:?} (p99), {:?} (most); reads {reads:?}; strict {strict:?}",
        waits.len(),
        at(50),
        at(99),
        at(100)
    );
    // So much of each that the test says something, however late the machine is.
    let of = |count: &AtomicI64| count.load(Ordering::Relaxed);
    let all = i64::try_from(waits.len()).unwrap();
    assert!(of(&strict[0]) > 50 && of(&strict[0]) < all, "writes");
    assert!(of(&strict[1]) > 500, "strict reads");
    assert!(reads.iter().all(|count| of(count) > 300), "reads");
    // A lease and three commands; what is more is the machine's.
    assert!(at(99) < Duration::from_secs(8), "{:?}", at(99));
}

/// Each of the ways to an old value.
fn every_way_was_gone(all: &[Instance]) {
    for instance in all {
        let stats = instance.cache.stats();
        let family = &stats.families[0];
        assert!(
            family.hit_l1 > 0 && family.stale > 0 && family.errors > 0,
            "{family:?}"
        );
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        assert!(of(&instance.rendered) < of(&instance.asked));
    }
    let shared = |instance: &Instance| instance.cache.stats().families[0].hit_l2;
    assert!(all[..2].iter().any(|instance| shared(instance) > 0));
}
