//! What looking up who asks costs, against a hit in the cache's memory and the whole of a signed-in page: what keeping
//! sessions and permissions could save.

use std::{
    collections::{BTreeMap, HashMap},
    hint::black_box,
    sync::Arc,
    time::Instant,
};

use poem::session::SessionStorage as _;
use prosektorweb::{
    app::App,
    config::Config,
    error::Error,
    platform::{
        cache::{Bounds, Cache, Key, Policy, Whose},
        clock::Clock,
        db::{Db, Source},
        metrics::Metrics,
    },
    web::session::Storage,
};
use serde_json::Value;
use tokio::time::Duration;

use crate::{
    Result,
    load::{Client, hammer},
    process::{self, Folder, Server},
    report::Spread,
};

static ENTRIES: Policy = Policy::new("bench:sessions", 1)
    .fresh_for(HOUR)
    .kept_for(HOUR);
const HOUR: Duration = Duration::from_hours(1);
const RUNS: usize = 9;
const LOOKUPS: usize = 2_000;
const PAGES: usize = 500;
/// Reads nothing but who asks.
const PAGE: &str = "/help";

pub async fn run(mysql: Option<&str>) -> Result<()> {
    let folder = Folder::new()?;
    println!("\nsessions on SQLite, {LOOKUPS} look-ups in each of {RUNS} runs");
    let url = format!("sqlite:{}", folder.path().join("sessions.db").display());
    measure(&folder, &url).await?;
    println!("\nsessions on MariaDB");
    let Some(server) = mysql else {
        println!("  left out: BENCH_DATABASE_URL names no server");
        return Ok(());
    };
    let url = process::fresh_database(server, "prosektorweb_bench_sessions").await?;
    let db = Db::open(&Source::parse(&url)?).await?;
    db.migrate(None).await?;
    db.close().await;
    process::make_user(&url)?;
    measure(&folder, &url).await
}

async fn measure(folder: &Folder, url: &str) -> Result<()> {
    let server = Server::product(folder, Some(url))?;
    let headers = Client::signed_in(server.address, "").await?.cookie_line()?;
    let token = headers
        .trim_start_matches("cookie: ")
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix("session="))
        .ok_or("no cookie of a session")?
        .trim_end();
    let variables = HashMap::from([("DATABASE_URL".to_owned(), url.to_owned())]);
    let config = Config::from_variables(&variables).map_err(|problems| format!("{problems:?}"))?;
    let storage = Storage::new(&App::build(config, Clock::default()).await?);
    let entries = storage.load_session(token).await.map_err(told)?;
    let entries = entries.ok_or("nobody has signed in")?;
    let cache = Cache::new(
        &[&ENTRIES],
        Bounds::default(),
        &Clock::default(),
        &Metrics::default(),
    );
    let key = Key::new(&ENTRIES, Whose::All).part(token);
    cache
        .get_or_set(&key, &ENTRIES, async || Ok(entries))
        .await?;

    let (mut lookups, mut hits, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let begun = Instant::now();
        for _ in 0..LOOKUPS {
            black_box(storage.load_session(token).await.map_err(told)?);
        }
        let lookup = each(begun, LOOKUPS)?;
        let begun = Instant::now();
        for _ in 0..LOOKUPS {
            let load = async || Err(Error::unavailable("the entries are gone"));
            let kept: Arc<BTreeMap<String, Value>> = cache.get_or_set(&key, &ENTRIES, load).await?;
            // The session layer takes entries of its own.
            black_box(BTreeMap::clone(&kept));
        }
        let hit = each(begun, LOOKUPS)?;
        let load = hammer(server.address, PAGE, &headers, 200, 1, PAGES).await?;
        // The first is to warm up.
        if run > 0 {
            lookups.push(lookup);
            hits.push(hit);
            pages.push(load.median.as_secs_f64() * 1e6);
        }
    }
    let pairs = lookups.iter().zip(&hits).zip(&pages);
    let saved = pairs.map(|((lookup, hit), page)| (lookup - hit) / page * 100.0);
    println!(
        "  a look-up takes {} µs, a hit {} µs, {PAGE} {} µs: a hit would save {} % of it",
        Spread::of(&mut lookups.clone()),
        Spread::of(&mut hits.clone()),
        Spread::of(&mut pages.clone()),
        Spread::of(&mut saved.collect::<Vec<_>>()),
    );
    Ok(())
}

/// Microseconds.
fn each(begun: Instant, times: usize) -> Result<f64> {
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(times)?))
}

fn told(error: poem::Error) -> String {
    error.to_string()
}
