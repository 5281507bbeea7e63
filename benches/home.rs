//! The public home page, and that it has not changed, against a bare poem handler and a bare hyper server that send the
//! same status, headers and bytes.

use std::{convert::Infallible, fs, net::Ipv4Addr, path::Path};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use poem::{
    Route, get, handler,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    web::Data,
};
use tokio::net::TcpListener;

use crate::{
    Result,
    load::{Answer, Client, Load, hammer},
    process::{Folder, Server},
    report::{Spread, verdict},
};

/// Many and short, because the machine's speed changes within seconds, and what is compared has to have the same: half as many
/// have given 0.87 and 0.93 for what has not changed.
const RUNS: usize = 151;
const CONNECTIONS: usize = 8;
const REQUESTS_EACH: usize = 750;
pub const PAGE_TARGET: f64 = 0.8;
const UNCHANGED_TARGET: f64 = 0.9;
/// As a browser asks.
pub const HEADERS: &str = "accept-encoding: gzip, br\r\naccept: text/html\r\n";
/// From one answer to the next.
const VARIES: [&str; 2] = ["date:", "x-request-id:"];
/// hyper makes these itself.
const MADE_BY_HYPER: [&str; 3] = ["date", "content-length", "connection"];

/// One of the three servers, and what its runs took.
struct Side {
    name: &'static str,
    server: Server,
    per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
    latest: Option<Load>,
}

impl Side {
    fn new(name: &'static str, server: Server) -> Self {
        Self {
            name,
            server,
            per_second: Vec::new(),
            cpu_micros: Vec::new(),
            latest: None,
        }
    }

    async fn measure(&mut self, asked: &Asked) -> Result<()> {
        let before = self.server.cpu()?;
        let load = asked.hammer(&self.server, REQUESTS_EACH).await?;
        let requests = f64::from(u32::try_from(CONNECTIONS * (REQUESTS_EACH + 1))?);
        let cpu = self.server.cpu()?.saturating_sub(before);
        self.cpu_micros.push(cpu.as_secs_f64() * 1e6 / requests);
        self.per_second.push(load.per_second);
        self.latest = Some(load);
        Ok(())
    }
}

/// What all sides are asked, and how each has to answer.
pub struct Asked {
    pub what: &'static str,
    pub path: String,
    pub headers: String,
    pub status: u16,
    pub target: f64,
}

impl Asked {
    /// Status, headers and bytes are the product's, but for the moment.
    async fn same(&self, server: &Server, expected: &Answer) -> Result<()> {
        let mut client = Client::connect(server.address, &self.headers).await?;
        let answer = client.get_any(&self.path).await?;
        let facts = |answer: &Answer| {
            let mut lines: Vec<String> = answer.head.lines().map(str::to_lowercase).collect();
            lines.retain(|line| !VARIES.iter().any(|name| line.starts_with(name)));
            lines.sort();
            lines
        };
        if facts(&answer) == facts(expected) && answer.body == expected.body {
            return Ok(());
        }
        Err(format!("not the same answer: {} and {}", answer.head, expected.head).into())
    }

    async fn hammer(&self, server: &Server, requests_each: usize) -> Result<Load> {
        let (headers, address) = (&self.headers, server.address);
        hammer(
            address,
            &self.path,
            headers,
            self.status,
            CONNECTIONS,
            requests_each,
        )
        .await
    }
}

pub async fn run() -> Result<()> {
    let folder = Folder::new()?;
    let product = Server::counting(&folder, None)?;
    let mut browser = Client::connect(product.address, HEADERS).await?;
    let etag = browser.get("/").await?;
    let etag = etag.header("etag").ok_or("a page without an ETag")?;
    let page = Asked {
        what: "home page",
        path: "/".into(),
        headers: HEADERS.into(),
        status: 200,
        target: PAGE_TARGET,
    };
    let unchanged = Asked {
        what: "home page that has not changed",
        path: "/".into(),
        headers: format!("{HEADERS}if-none-match: {etag}\r\n"),
        status: 304,
        target: UNCHANGED_TARGET,
    };
    let product = compare(&folder, product, &page).await?;
    compare(&folder, product, &unchanged).await?;
    Ok(())
}

/// The product's process goes on, the bare ones end.
pub async fn compare(folder: &Folder, product: Server, asked: &Asked) -> Result<Server> {
    let mut client = Client::connect(product.address, &asked.headers).await?;
    let answer = client.get_any(&asked.path).await?;
    let same = folder.path().join("answer");
    fs::write(
        &same,
        [answer.head.as_bytes(), b"\r\n\r\n", &answer.body].concat(),
    )?;
    println!(
        "\n{}, log on, {} and {} bytes over {CONNECTIONS} connections",
        asked.what,
        answer.status,
        answer.body.len()
    );
    let mut sides = vec![
        Side::new("product", product),
        Side::new("bare poem", Server::bare(folder, "poem", &same)?),
        Side::new("bare hyper", Server::bare(folder, "hyper", &same)?),
    ];
    for side in &sides {
        asked.same(&side.server, &answer).await?;
        asked.hammer(&side.server, REQUESTS_EACH).await?;
    }
    for _ in 0..RUNS {
        for side in &mut sides {
            side.measure(asked).await?;
        }
    }
    tell(&mut sides, asked.target);
    Ok(sides.swap_remove(0).server)
}

fn tell(sides: &mut [Side], target: f64) {
    if let [product, bares @ ..] = &*sides {
        for (at, bare) in bares.iter().enumerate() {
            let mut throughput = ratios(&product.per_second, &bare.per_second);
            let throughput = Spread::of(&mut throughput);
            let mut cpu = ratios(&bare.cpu_micros, &product.cpu_micros);
            let cpu = Spread::of(&mut cpu);
            let told = if at == 0 {
                format!(
                    "  target ≥ {target}: {}",
                    verdict(throughput.median >= target)
                )
            } else {
                String::new()
            };
            println!(
                "  product / {}: {throughput} of its requests a second{told}; by processor time {cpu}",
                bare.name
            );
        }
    }
    for side in sides {
        let per_second = Spread::of(&mut side.per_second).median;
        let cpu = Spread::of(&mut side.cpu_micros);
        let (median, p99) = side.latest.as_ref().map_or((0, 0), |load| {
            (load.median.as_micros(), load.p99.as_micros())
        });
        println!(
            "  {:<10} {per_second:>8.0} requests a second, median {median} µs, p99 {p99} µs, processor {cpu} µs a request",
            side.name
        );
    }
}

fn ratios(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter()
        .zip(under)
        .map(|(over, under)| over / under)
        .collect()
}

/// An answer as it was taken from the product.
#[derive(Clone)]
struct Canned {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Canned {
    fn read(file: &Path) -> Result<Self> {
        let bytes = Bytes::from(fs::read(file)?);
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .ok_or("the answer has no head")?;
        let head = std::str::from_utf8(&bytes[..end])?;
        let mut headers = HeaderMap::new();
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").ok_or("a header without a value")?;
            if !MADE_BY_HYPER.contains(&name) {
                headers.append(
                    HeaderName::from_bytes(name.as_bytes())?,
                    HeaderValue::from_str(value)?,
                );
            }
        }
        Ok(Self {
            status: head.get(9..12).ok_or("no status")?.parse()?,
            headers,
            body: bytes.slice(end + 4..),
        })
    }
}

/// What this program does when it is started as a bare server: `serve poem PORT FILE`.
pub async fn serve(args: &[String]) -> Result<()> {
    let [kind, port, file] = args else {
        return Err("serve takes a kind, a port and a file".into());
    };
    let canned = Canned::read(Path::new(file))?;
    let address = (Ipv4Addr::LOCALHOST, port.parse::<u16>()?);
    if kind == "poem" {
        use poem::EndpointExt as _;
        let route = Route::new()
            .at("/", get(send_canned))
            .at("/*", get(send_canned))
            .data(canned);
        let listener = poem::listener::TcpListener::bind(address);
        Ok(poem::Server::new(listener).run(route).await?)
    } else {
        serve_hyper(TcpListener::bind(address).await?, canned).await
    }
}

#[handler]
fn send_canned(canned: Data<&Canned>) -> poem::Response {
    let mut response = poem::Response::builder()
        .status(canned.status)
        .body(canned.body.clone());
    *response.headers_mut() = canned.headers.clone();
    response
}

async fn serve_hyper(listener: TcpListener, canned: Canned) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let canned = canned.clone();
        tokio::spawn(async move {
            let service = service_fn(|_| {
                let mut response = hyper::Response::new(Full::new(canned.body.clone()));
                *response.status_mut() = canned.status;
                *response.headers_mut() = canned.headers.clone();
                async { Ok::<_, Infallible>(response) }
            });
            // The client hangs up when it is done.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
