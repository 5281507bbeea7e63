//! What the shared part of the cache costs: a value out of Redis against a bare `GET`, and what a writer waits for others.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use prosektorweb::platform::{
    cache::{Bounds, Cache, Key, Local, Policy, Shared, Tag, Whose},
    clock::Clock,
    db::{Db, Source},
    metrics::Metrics,
    redis::Redis,
};
use redis::{aio::MultiplexedConnection, cmd};
use tokio::time::sleep;

use crate::{
    Result,
    limits::RedisServer,
    process::Folder,
    report::{Spread, millis, verdict},
};

static VALUES: Policy = Policy::new("bench:values", 1)
    .fresh_for(HOUR)
    .kept_for(HOUR)
    .shared_for(HOUR);
const HOUR: Duration = Duration::from_hours(1);
const RUNS: usize = 9;
const READS: usize = 4_000;
const WRITES: usize = 600;
/// Of a hit against a bare `GET` and decoding.
const RATIO: f64 = 1.3;

/// As large as a page's figures.
type Value = Vec<(String, i64)>;

/// Remembers nothing that would have to hear of changes.
pub struct Nothing;

impl Local for Nothing {
    fn invalidate(&self, _: &[Tag]) {}

    fn forget_all(&self) {}
}

#[derive(Clone)]
struct Instance {
    redis: Redis,
    shared: Shared,
    cache: Cache,
}

impl Instance {
    async fn new(folder: &Folder, url: &str) -> Result<Self> {
        let db = Db::open(&Source::Sqlite(folder.path().join("bench.db"))).await?;
        db.migrate(None).await?;
        let redis = Redis::open(url, None)?;
        let clock = Clock::default();
        let shared = Shared::open(&db, Some(&redis), &clock, Arc::new(Nothing));
        let cache = Cache::new(&[&VALUES], Bounds::default(), &clock, &Metrics::default());
        Ok(Self {
            cache: cache.sharing(Arc::new(shared.clone())),
            redis,
            shared,
        })
    }
}

pub async fn run() -> Result<()> {
    let Some(server) = RedisServer::start().await? else {
        println!("\ncache-shared: redis-server is not installed");
        return Ok(());
    };
    let folder = Folder::new()?;
    let mut instances = vec![Instance::new(&folder, &server.url).await?];
    hits(&instances[0]).await?;
    println!("what a writer waits for others, {WRITES} changes one after the other:");
    for count in 1..=3 {
        while instances.len() < count {
            instances.push(Instance::new(&folder, &server.url).await?);
        }
        waits(&instances).await;
    }
    Ok(())
}

async fn hits(instance: &Instance) -> Result<()> {
    // The first on a new line makes everything void.
    sleep(Duration::from_secs(2)).await;
    let bytes = rmp_serde::to_vec(&value())?;
    let set = instance.redis.run(async |mut line: MultiplexedConnection| {
        cmd("SET")
            .arg("bare")
            .arg(&bytes)
            .query_async::<()>(&mut line)
            .await
    });
    set.await?;
    let load = async || Ok(value());
    instance.cache.get_or_set(&key(), &VALUES, load).await?;
    // Stored once it is answered.
    sleep(Duration::from_millis(200)).await;
    let mut ratios = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        // On the threads that requests are answered on, where the connection's own task is too.
        let bare = tokio::spawn(timed(instance.clone(), Read::Bare)).await?;
        let hit = tokio::spawn(timed(instance.clone(), Read::Hit)).await?;
        // The first run warms up.
        if run > 0 {
            let reads = f64::from(u32::try_from(READS)?);
            ratios.push(hit / bare);
            ours.push(hit / reads * 1e6);
            theirs.push(bare / reads * 1e6);
        }
    }
    let ratio = Spread::of(&mut ratios);
    println!(
        "\ncache-shared: a hit in Redis takes {} µs, a bare GET and decoding {} µs: {ratio} times (at most {RATIO}: {})",
        Spread::of(&mut ours),
        Spread::of(&mut theirs),
        verdict(ratio.median <= RATIO)
    );
    Ok(())
}

#[derive(Clone, Copy)]
enum Read {
    Bare,
    Hit,
}

/// Seconds of all reads. What a busy machine is late for does not count: Redis is away for a moment then.
async fn timed(instance: Instance, read: Read) -> f64 {
    let mut took = Duration::ZERO;
    let mut done = 0;
    while done < READS {
        let begun = Instant::now();
        let read = match read {
            Read::Bare => bare(&instance).await,
            Read::Hit => hit(&instance).await,
        };
        if read.is_ok() {
            took += begun.elapsed();
            done += 1;
        } else {
            sleep(Duration::from_millis(100)).await;
        }
    }
    took.as_secs_f64()
}

async fn bare(instance: &Instance) -> Result<()> {
    let asked = instance.redis.run(async |mut line: MultiplexedConnection| {
        cmd("GET")
            .arg("bare")
            .query_async::<Vec<u8>>(&mut line)
            .await
    });
    let value: Value = rmp_serde::from_slice(&asked.await?)?;
    std::hint::black_box(value);
    Ok(())
}

/// The whole of it: a key that this process has forgotten, out of Redis and remembered again.
async fn hit(instance: &Instance) -> Result<()> {
    let key = key();
    instance.cache.invalidate(&key);
    let load = async || Err(prosektorweb::error::Error::unavailable("the value is gone"));
    let value: Arc<Value> = instance.cache.get_or_set(&key, &VALUES, load).await?;
    std::hint::black_box(value);
    Ok(())
}

fn key() -> Key {
    Key::new(&VALUES, Whose::All)
}

fn value() -> Value {
    (0..20)
        .map(|number| (format!("figure {number}"), number))
        .collect()
}

async fn waits(instances: &[Instance]) {
    // Until everybody is on the line, and whoever writes knows it.
    sleep(Duration::from_secs(2)).await;
    let clock = Clock::default();
    let mut times = Vec::new();
    for _ in 0..WRITES {
        let tags = [Tag::new("bench:")];
        let begun = Instant::now();
        instances[0]
            .shared
            .carry_out(clock.new_uuid(), &tags, true)
            .await;
        times.push(begun.elapsed());
        sleep(Duration::from_millis(1)).await;
    }
    times.sort_unstable();
    let at = |part: usize| millis(times[(times.len() - 1) * part / 100].as_secs_f64());
    let count = instances.len();
    println!(
        "  {count} on the line: {} (median), {} (p99), {} (most)",
        at(50),
        at(99),
        at(100)
    );
}
