//! Cached pages while Redis is dead, against the same without Redis configured.

use tokio::time::{Duration, sleep};

use crate::{
    Result,
    limits::{COUNTED, NOT_SCALED, RedisServer},
    load::{Client, hammer},
    process::{Folder, Server},
    report::{Spread, millis, verdict},
};

const RUNS: usize = 9;
const CONNECTIONS: usize = 4;
const REQUESTS_EACH: usize = 1_000;
/// Of the p99 without Redis configured.
const RATIO: f64 = 1.2;
/// A page for everybody, and one whose figures are cached.
const PAGES: [&str; 2] = ["/", "/dashboard"];
/// Counted, the second in Redis where there is one, and never reached.
const SETTINGS: [(&str, &str); 3] = [NOT_SCALED, ("RATE_LIMIT_PUBLIC", "99999/1"), COUNTED];

struct Side {
    name: &'static str,
    server: Server,
    headers: String,
    /// Seconds, of each run, by page.
    p99: [Vec<f64>; 2],
}

impl Side {
    async fn new(name: &'static str, folder: &Folder, redis: Option<&RedisServer>) -> Result<Self> {
        let mut settings = SETTINGS.to_vec();
        settings.extend(redis.map(|redis| ("REDIS_URL", redis.url.as_str())));
        let server = Server::product_with(folder, None, &settings)?;
        let headers = Client::signed_in(server.address, "").await?.cookie_line()?;
        for page in PAGES {
            hammer(server.address, page, &headers, 200, 1, 20).await?;
        }
        Ok(Self {
            name,
            server,
            headers,
            p99: [Vec::new(), Vec::new()],
        })
    }

    /// A change by the form, which makes the figures void once more.
    async fn write(&self) -> Result<()> {
        let mut client = Client::connect(self.server.address, &self.headers).await?;
        let answer = client.post("/companies", "name=Firma&status=lead").await?;
        if answer.status != 303 {
            return Err(format!("no company: {}", answer.head).into());
        }
        // What is said once of it would make the next page longer than the others.
        client.get("/companies").await.map(drop)
    }

    async fn measure(&mut self) -> Result<()> {
        for (page, p99) in PAGES.into_iter().zip(&mut self.p99) {
            let (address, headers) = (self.server.address, &self.headers);
            let measure =
                async || hammer(address, page, headers, 200, CONNECTIONS, REQUESTS_EACH).await;
            // It says how long ago something was: when that turns, it is measured anew.
            let load = match measure().await {
                Ok(load) => load,
                Err(_) => measure().await?,
            };
            p99.push(load.p99.as_secs_f64());
        }
        Ok(())
    }
}

pub async fn run() -> Result<()> {
    let (Some(killed), Some(paused)) = (RedisServer::start().await?, RedisServer::start().await?)
    else {
        println!("\nredis-dead: redis-server is not installed");
        return Ok(());
    };
    let folders = [Folder::new()?, Folder::new()?, Folder::new()?];
    let mut sides = [
        Side::new("not configured", &folders[0], None).await?,
        Side::new("killed", &folders[1], Some(&killed)).await?,
        Side::new("paused", &folders[2], Some(&paused)).await?,
    ];
    drop(killed);
    paused.pause()?;
    // The first requests find it out.
    for side in &mut sides {
        side.measure().await?;
        side.p99.iter_mut().for_each(Vec::clear);
    }
    // Noted in the database until Redis is back, for as long as the runs take.
    for side in &sides {
        side.write().await?;
    }
    sleep(Duration::from_secs(2)).await;
    for _ in 0..RUNS {
        for side in &mut sides {
            side.measure().await?;
        }
    }
    println!(
        "\nredis-dead: p99 over {CONNECTIONS} connections, {REQUESTS_EACH} requests each, {RUNS} runs"
    );
    let [without, dead @ ..] = &mut sides;
    for (at, page) in PAGES.into_iter().enumerate() {
        let base = Spread::of(&mut without.p99[at].clone());
        println!("  {page}: {} without Redis configured", millis(base.median));
        for side in &mut *dead {
            let pairs = side.p99[at].iter().zip(&without.p99[at]);
            let ratio = Spread::of(&mut pairs.map(|(dead, base)| dead / base).collect::<Vec<_>>());
            println!(
                "    Redis {}: {ratio} times (at most {RATIO}: {})",
                side.name,
                verdict(ratio.median <= RATIO)
            );
        }
    }
    Ok(())
}
