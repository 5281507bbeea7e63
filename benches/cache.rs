//! What a hit costs against moka's, and what a rush for one missing value costs: the cache as the product builds it, in a
//! request, with a lease of Redis where there is one.

use std::{
    future::Future,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use prosektorweb::platform::{
    cache::{Bounds, Cache, Key, Policy, Whose, request},
    clock::Clock,
    db::{Db, Source},
    metrics::Metrics,
    redis::Redis,
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Result,
    cache_shared::Nothing,
    limits::RedisServer,
    process::Folder,
    report::{Spread, verdict},
};

static FIGURES: Policy = Policy::new("bench:figures", 1)
    .fresh_for(Duration::from_hours(1))
    .kept_for(Duration::from_hours(2));

const RUNS: usize = 7;
/// In each run, by all tasks together.
const HITS: usize = 400_000;
const RUSH: usize = 10_000;
const LOAD: Duration = Duration::from_millis(100);

type Value = Vec<u64>;
type Moka = moka::future::Cache<Arc<str>, Arc<Value>>;

pub async fn run() -> Result<()> {
    println!("\ncache: {HITS} hits in each of {RUNS} runs, one after the other with moka's");
    let (folder, server) = (Folder::new()?, RedisServer::start().await?);
    let url = server.as_ref().map(|server| server.url.as_str());
    for tasks in [1, 8] {
        for keys in [1, 10_000] {
            let cache = cache(&folder, url).await?;
            hits(&cache, tasks, keys).await?;
        }
    }
    rush(&folder, url).await
}

async fn cache(folder: &Folder, redis: Option<&str>) -> Result<Cache> {
    let bounds = Bounds {
        entries: 20_000,
        ..Bounds::default()
    };
    let db = Db::open(&Source::Sqlite(folder.path().join("bench.db"))).await?;
    db.migrate(None).await?;
    let redis = redis.map(|url| Redis::open(url, None)).transpose()?;
    let cache = Cache::new(&[&FIGURES], bounds, &Clock::default(), &Metrics::default());
    let cache = cache.on(&db, redis.as_ref(), Arc::new(Nothing));
    // Until the lease is there and stays.
    sleep(Duration::from_secs(2)).await;
    if cache.is_trusted() {
        Ok(cache)
    } else {
        Err("the cache has no lease".into())
    }
}

fn key(number: usize) -> Key {
    Key::new(&FIGURES, Whose::All).part(&number.to_string())
}

fn value() -> Value {
    (0..16).collect()
}

async fn hits(ours: &Cache, tasks: usize, keys: usize) -> Result<()> {
    let moka = moka(keys).await;
    let names: Arc<Vec<Key>> = Arc::new((0..keys).map(key).collect());
    for name in names.iter() {
        ours.get_or_set(name, &FIGURES, async || Ok(value()))
            .await?;
    }
    let words: Arc<Vec<Arc<str>>> = Arc::new(names.iter().map(|key| key.as_str().into()).collect());
    let mut sides: [Vec<f64>; 3] = Default::default();
    for run in 0..=RUNS {
        let times = [
            timed(tasks, |task| {
                let asks = ask_ours(ours.clone(), Arc::clone(&names), task, tasks);
                async { request::scope(request::After::Nothing, asks).await.0 }
            })
            .await?,
            timed(tasks, |task| {
                ask_moka(moka.clone(), Arc::clone(&words), task, tasks)
            })
            .await?,
            timed(tasks, |task| {
                ask_moka_by_ref(moka.clone(), Arc::clone(&words), task, tasks)
            })
            .await?,
        ];
        // The first is to warm up.
        if run > 0 {
            for (side, time) in sides.iter_mut().zip(times) {
                side.push(time);
            }
        }
    }
    let ratio = |other: &[f64]| {
        let mut ratios: Vec<f64> = sides[0].iter().zip(other).map(|(a, b)| a / b).collect();
        Spread::of(&mut ratios)
    };
    let (get_with, by_ref) = (ratio(&sides[1]), ratio(&sides[2]));
    let [ours, theirs, _] = sides.each_ref().map(|side| Spread::of(&mut side.clone()));
    println!(
        "  {tasks} tasks, {keys} keys: {ours} ns a hit, moka get_with {theirs} ns: {get_with} times as long (at most 1.0: {}); {by_ref} times get_with_by_ref",
        verdict(get_with.median <= 1.0)
    );
    Ok(())
}

async fn moka(keys: usize) -> Moka {
    let moka = Moka::builder()
        .max_capacity(20_000)
        .time_to_live(Duration::from_hours(2))
        .build();
    for number in 0..keys {
        moka.insert(key(number).as_str().into(), Arc::new(value()))
            .await;
    }
    moka.run_pending_tasks().await;
    moka
}

/// Nanoseconds a hit.
async fn timed<F: Future<Output = Result<()>> + Send + 'static>(
    tasks: usize,
    work: impl Fn(usize) -> F,
) -> Result<f64> {
    let mut set = JoinSet::new();
    let begun = Instant::now();
    for task in 0..tasks {
        set.spawn(work(task));
    }
    while let Some(done) = set.join_next().await {
        done??;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(HITS)?))
}

/// Which key a task asks for: all of them, in an order that no processor foresees, each task from another place.
fn places(task: usize, tasks: usize, keys: usize) -> impl Iterator<Item = usize> {
    let mut at = task * 7919;
    (0..HITS / tasks).map(move |_| {
        at = at
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (at >> 33) % keys
    })
}

async fn ask_ours(cache: Cache, keys: Arc<Vec<Key>>, task: usize, tasks: usize) -> Result<()> {
    for place in places(task, tasks, keys.len()) {
        black_box(
            cache
                .get_or_set(&keys[place], &FIGURES, async || Ok(value()))
                .await?,
        );
    }
    Ok(())
}

async fn ask_moka(cache: Moka, keys: Arc<Vec<Arc<str>>>, task: usize, tasks: usize) -> Result<()> {
    for place in places(task, tasks, keys.len()) {
        let key = Arc::clone(&keys[place]);
        black_box(cache.get_with(key, async { Arc::new(value()) }).await);
    }
    Ok(())
}

async fn ask_moka_by_ref(
    cache: Moka,
    keys: Arc<Vec<Arc<str>>>,
    task: usize,
    tasks: usize,
) -> Result<()> {
    for place in places(task, tasks, keys.len()) {
        let init = async { Arc::new(value()) };
        black_box(cache.get_with_by_ref(&keys[place], init).await);
    }
    Ok(())
}

/// Thousands who ask for one value that nobody has.
async fn rush(folder: &Folder, redis: Option<&str>) -> Result<()> {
    let mut took = Vec::new();
    let mut loads = Vec::new();
    for _ in 0..RUNS {
        let cache = cache(folder, redis).await?;
        let count = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let mut set = JoinSet::new();
        for _ in 0..RUSH {
            let (cache, count) = (cache.clone(), Arc::clone(&count));
            set.spawn(async move {
                let load = async move || {
                    count.fetch_add(1, Ordering::Relaxed);
                    sleep(LOAD).await;
                    Ok(value())
                };
                cache.get_or_set(&key(0), &FIGURES, load).await
            });
        }
        while let Some(done) = set.join_next().await {
            done??;
        }
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        loads.push(count.load(Ordering::Relaxed));
    }
    let took = Spread::of(&mut took);
    let bar = LOAD.as_secs_f64() * 1200.0 + 10.0;
    println!(
        "  {RUSH} at once for one value that takes {} ms: {took} ms (at most {bar} ms: {}), loads: {loads:?} (one each: {})",
        LOAD.as_millis(),
        verdict(took.median <= bar),
        verdict(loads.iter().all(|loads| *loads == 1))
    );
    Ok(())
}
