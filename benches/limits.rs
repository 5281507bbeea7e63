//! What limits and hashing cost: the limiter's time per request, what the sign-in tells by its time, and pages while more
//! people sign in than can be hashed.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{interval, sleep},
};

use crate::{
    Error, Result,
    load::{Client, hammer},
    process::{EMAIL, Folder, PASSWORD, Server},
    report::{Spread, millis, verdict},
};

const RUNS: usize = 9;
const REQUESTS: usize = 1_500;
/// Quick to draw, so that what is added to it can be seen.
const PAGE: &str = "/help";
/// Counted and never reached, and the answers keep their length while it counts down.
pub const COUNTED: (&str, &str) = ("RATE_LIMIT_SIGNED_IN", "99999/86400");
pub const NOT_SCALED: (&str, &str) = ("RATE_LIMIT_SCALE", "1");

const TRIES: usize = 50;
const AUC: f64 = 0.62;

const RUSH: Duration = Duration::from_secs(10);
const P99: Duration = Duration::from_millis(10);

pub async fn run() -> Result<()> {
    added().await?;
    told_by_time().await?;
    rush().await
}

struct Side {
    name: &'static str,
    server: Server,
    headers: String,
    micros: Vec<f64>,
    cpu: Vec<f64>,
}

impl Side {
    async fn new(name: &'static str, folder: &Folder, settings: &[(&str, &str)]) -> Result<Self> {
        let server = Server::product_with(folder, None, settings)?;
        let client = Client::signed_in(server.address, "").await?;
        let headers = client.cookie_line()?;
        Ok(Self {
            name,
            server,
            headers,
            micros: Vec::new(),
            cpu: Vec::new(),
        })
    }

    async fn measure(&mut self) -> Result<()> {
        let before = self.server.cpu()?;
        let load = hammer(self.server.address, PAGE, &self.headers, 200, 1, REQUESTS).await?;
        let cpu = self.server.cpu()?.saturating_sub(before);
        let requests = f64::from(u32::try_from(REQUESTS + 1)?);
        self.micros.push(load.median.as_secs_f64() * 1e6);
        self.cpu.push(cpu.as_secs_f64() * 1e6 / requests);
        Ok(())
    }
}

/// One page for one person after the other: without a limit, with it in process, and with it in Redis.
async fn added() -> Result<()> {
    println!("\nlimits: {PAGE} over one connection, {REQUESTS} times in each of {RUNS} runs");
    let redis = RedisServer::start().await?;
    let folders = [Folder::new()?, Folder::new()?, Folder::new()?];
    let mut sides = vec![
        Side::new("no limit", &folders[0], &[]).await?,
        Side::new("in process", &folders[1], &[COUNTED, NOT_SCALED]).await?,
    ];
    if let Some(redis) = &redis {
        let settings = [COUNTED, NOT_SCALED, ("REDIS_URL", redis.url.as_str())];
        sides.push(Side::new("in Redis", &folders[2], &settings).await?);
    } else {
        println!("  redis-server is not installed: the limit in Redis is not measured");
    }
    for run in 0..=RUNS {
        for side in &mut sides {
            side.measure().await?;
            if run == 0 {
                // To warm up.
                side.micros.clear();
                side.cpu.clear();
            }
        }
    }
    for side in &sides[1..] {
        let of = |ours: &[f64], theirs: &[f64], by: fn(f64, f64) -> f64| {
            let mut pairs: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| by(*a, *b)).collect();
            Spread::of(&mut pairs)
        };
        println!(
            "  {}: {} µs more until the answer, {} times as long; {} µs more on the processors",
            side.name,
            of(&side.micros, &sides[0].micros, |a, b| a - b),
            of(&side.micros, &sides[0].micros, |a, b| a / b),
            of(&side.cpu, &sides[0].cpu, |a, b| a - b),
        );
    }
    Ok(())
}

/// Whether the time of a refusal tells known addresses from unknown ones.
async fn told_by_time() -> Result<()> {
    let folder = Folder::new()?;
    let server = Server::product(&folder, None)?;
    let mut client = Client::connect(server.address, "").await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..TRIES + 5 {
        // As long as the known one.
        let nobody = format!("no{number:02}@demo.test");
        for (times, email) in [(&mut known, EMAIL), (&mut unknown, nobody.as_str())] {
            let asked = Instant::now();
            let answer = client
                .post("/login", &format!("email={email}&password=wrong"))
                .await?;
            if answer.status != 422 {
                return Err(format!("no refusal: {}", answer.head).into());
            }
            if number >= 5 {
                times.push(asked.elapsed());
            }
        }
    }
    let auc = auc(&known, &unknown);
    let auc = auc.max(1.0 - auc);
    println!(
        "sign-in, known against unknown address, {TRIES} a side: AUC {auc:.2} (at most {AUC}: {})",
        verdict(auc <= AUC)
    );
    Ok(())
}

/// The chance that one of the first takes longer than one of the second.
fn auc(first: &[Duration], second: &[Duration]) -> f64 {
    let mut wins = 0.0;
    let mut pairs = 0.0;
    for one in first {
        for other in second {
            pairs += 1.0;
            wins += match one.cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    wins / pairs
}

/// Pages while sign-ins arrive at twice the rate at which they can be hashed.
async fn rush() -> Result<()> {
    let folder = Folder::new()?;
    let server = Server::product(&folder, None)?;
    let address = server.address;
    let client = Client::signed_in(address, "").await?;
    let headers = client.cookie_line()?;
    let idle = pages(address, &headers, RUSH / 2).await?;

    let begun = Instant::now();
    let mut done = JoinSet::new();
    for _ in 0..4 {
        done.spawn(async move {
            let mut count = 0_u32;
            let mut client = Client::connect(address, "").await?;
            while begun.elapsed() < Duration::from_secs(3) {
                sign_in(&mut client).await?;
                count += 1;
            }
            Ok::<_, Error>(count)
        });
    }
    let mut signed_in = 0;
    while let Some(count) = done.join_next().await {
        signed_in += count??;
    }
    let capacity = f64::from(signed_in) / begun.elapsed().as_secs_f64();

    let rushing = tokio::spawn(async move {
        let mut arrivals = interval(Duration::from_secs_f64(0.5 / capacity));
        let begun = Instant::now();
        let mut answers = JoinSet::new();
        while begun.elapsed() < RUSH {
            arrivals.tick().await;
            answers.spawn(async move {
                let mut client = Client::connect(address, "").await?;
                sign_in(&mut client).await
            });
        }
        let (mut good, mut late) = (0, 0);
        while let Some(status) = answers.join_next().await {
            match status?? {
                303 => good += 1,
                503 => late += 1,
                other => return Err(format!("a sign-in was answered {other}").into()),
            }
        }
        Ok::<_, Error>((good, late))
    });
    sleep(Duration::from_secs(1)).await;
    let busy = pages(
        address,
        &headers,
        RUSH.saturating_sub(Duration::from_secs(2)),
    )
    .await?;
    let (good, late) = rushing.await??;
    let bound = P99.max(idle * 2);
    println!(
        "pages while sign-ins arrive at {:.0}/s, twice what is hashed ({good} got in, {late} were told 503): p99 {}, idle {} (at most {}: {})",
        capacity * 2.0,
        millis(busy.as_secs_f64()),
        millis(idle.as_secs_f64()),
        millis(bound.as_secs_f64()),
        verdict(busy <= bound)
    );
    Ok(())
}

/// The p99 of a page that somebody asks for again and again.
async fn pages(address: SocketAddr, headers: &str, during: Duration) -> Result<Duration> {
    let mut client = Client::connect(address, headers).await?;
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < during {
        let asked = Instant::now();
        client.get(PAGE).await?;
        times.push(asked.elapsed());
        sleep(Duration::from_millis(3)).await;
    }
    times.sort_unstable();
    Ok(times[times.len() * 99 / 100])
}

/// Its status. A late one must say when to come back.
async fn sign_in(client: &mut Client) -> Result<u16> {
    let form = format!("email={EMAIL}&password={PASSWORD}");
    let answer = client.post("/login", &form).await?;
    if answer.status == 503 && answer.header("retry-after").is_none() {
        return Err("a 503 without Retry-After".into());
    }
    Ok(answer.status)
}

pub struct RedisServer {
    child: Child,
    pub url: String,
}

impl RedisServer {
    /// None where it is not installed.
    pub async fn start() -> Result<Option<Self>> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let spawned = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &address.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            return Ok(None);
        };
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Some(Self {
            child,
            url: format!("redis://{address}"),
        }))
    }

    /// It keeps its connections and says nothing more.
    pub fn pause(&self) -> Result<()> {
        let status = Command::new("kill")
            .args(["-STOP", &self.child.id().to_string()])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err("Redis cannot be paused".into())
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
