//! From the start of the process to its first good answer, and the memory that it then takes.

use std::time::Duration;

use crate::{
    Result,
    load::Client,
    process::{Folder, Server},
    report::{Spread, millis, verdict},
};

const RUNS: usize = 11;
const START: f64 = 0.150;
const MEMORY: u64 = 30 * 1024 * 1024;
const REST: Duration = Duration::from_secs(5);
const REQUESTS: usize = 100;

pub async fn run() -> Result<()> {
    println!("\nstart");
    let folder = Folder::new()?;
    let first = Server::product(&folder, None)?;
    println!(
        "  first start, with migrations and demo data: {}",
        millis(first.started_in.as_secs_f64())
    );
    tokio::time::sleep(REST).await;
    told("5 s after that, its pictures made", &first)?;
    drop(first);
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        times.push(Server::product(&folder, None)?.started_in.as_secs_f64() * 1000.0);
    }
    let spread = Spread::of(&mut times);
    println!(
        "  later starts: {spread} ms  target ≤ {} ms: {}",
        START * 1000.0,
        verdict(spread.median <= START * 1000.0)
    );
    let server = Server::product(&folder, None)?;
    tokio::time::sleep(REST).await;
    let idle = told("idle, 5 s after the start", &server)?;
    println!("    target ≤ 30 MB: {}", verdict(idle <= MEMORY));
    let mut client = Client::connect(server.address, "accept-encoding: gzip\r\n").await?;
    for _ in 0..REQUESTS {
        client.get("/").await?;
    }
    told("after 100 requests of the home page", &server)?;
    client.sign_in().await?;
    told("after a sign-in", &server)?;
    for _ in 0..REQUESTS / 2 {
        client.get("/companies").await?;
        client.get("/dashboard").await?;
    }
    told("after 100 requests of the list and the dashboard", &server)?;
    Ok(())
}

fn told(when: &str, server: &Server) -> Result<u64> {
    let rss = server.rss()?;
    #[expect(clippy::cast_precision_loss, reason = "no process takes 2^52 bytes")]
    let megabytes = rss as f64 / 1024.0 / 1024.0;
    println!("  memory {when}: {megabytes:.1} MB");
    Ok(rss)
}
