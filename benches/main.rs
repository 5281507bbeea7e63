//! What the product takes of time and memory, as ratios measured within one run: `cargo bench --bench ratios -- list`.
//!
//! Sections: audit, blog, cache, cache-shared, home, jobs, limits, list, redis-dead, sessions, start, visit; all of them if none is named. Audit, blog, jobs, list and sessions run on
//! `MariaDB` too when `BENCH_DATABASE_URL` names a server on which databases can be made: `mysql://user:password@host:3306`.

mod audit;
mod blog;
mod cache;
mod cache_shared;
mod fill;
mod home;
mod jobs;
mod limits;
mod list;
mod load;
mod process;
mod redis_dead;
mod report;
mod sessions;
mod start;
mod visit;

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// The product's, so that the bare servers have it too.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

const SECTIONS: [&str; 12] = [
    "audit",
    "blog",
    "cache",
    "cache-shared",
    "home",
    "jobs",
    "limits",
    "list",
    "redis-dead",
    "sessions",
    "start",
    "visit",
];

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let done = match args.first().map(String::as_str) {
        Some("serve") => home::serve(&args[1..]).await,
        _ => run(&args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ratios: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the product's own settings come from config.rs; this is the runner's"
)]
async fn run(args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| !SECTIONS.contains(&arg.as_str())) {
        return Err(format!("{unknown} is none of the sections {}", SECTIONS.join(", ")).into());
    }
    let wanted = |section: &str| args.is_empty() || args.iter().any(|arg| arg == section);
    if wanted("home") {
        home::run().await?;
    }
    let mysql = std::env::var("BENCH_DATABASE_URL").ok();
    if wanted("audit") {
        audit::run(mysql.as_deref()).await?;
    }
    if wanted("blog") {
        blog::run(mysql.as_deref()).await?;
    }
    if wanted("cache") {
        cache::run().await?;
    }
    if wanted("cache-shared") {
        cache_shared::run().await?;
    }
    if wanted("jobs") {
        jobs::run(mysql.as_deref()).await?;
    }
    if wanted("limits") {
        limits::run().await?;
    }
    if wanted("list") {
        list::run(mysql.as_deref()).await?;
    }
    if wanted("redis-dead") {
        redis_dead::run().await?;
    }
    if wanted("sessions") {
        sessions::run(mysql.as_deref()).await?;
    }
    if wanted("start") {
        start::run().await?;
    }
    if wanted("visit") {
        visit::run().await?;
    }
    Ok(())
}
