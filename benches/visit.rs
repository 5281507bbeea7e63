//! What a browser loads: the page and everything that it names, at the first visit and at later ones.

use std::collections::BTreeSet;

use crate::{
    Result,
    load::{Answer, Client, unescaped},
    process::{Folder, Server},
    report::verdict,
};

const BYTES: usize = 60 * 1024;
const REQUESTS: usize = 6;
/// Of a post, pictures left out.
const POST_BYTES: usize = 40 * 1024;
const POST: &str = "/blog/backups-that-were-restored";

/// A browser: a connection and what it keeps.
struct Browser {
    client: Client,
    kept: BTreeSet<String>,
}

#[derive(Default)]
struct Visit {
    requests: usize,
    html: usize,
    other: usize,
}

pub async fn run() -> Result<()> {
    println!("\nfirst visit, compressed");
    let folder = Folder::new()?;
    let server = Server::product(&folder, None)?;
    let mut browser = Browser::new(&server).await?;
    told("home page", &browser.open("/").await?, Some(BYTES));
    told("home page again", &browser.open("/").await?, None);
    let mut browser = Browser::new(&server).await?;
    told("list of posts", &browser.open("/blog").await?, Some(BYTES));
    let mut browser = Browser::new(&server).await?;
    told("post", &browser.open(POST).await?, Some(POST_BYTES));
    let mut browser = Browser::new(&server).await?;
    told("sign-in page", &browser.open("/login").await?, Some(BYTES));
    browser.client.sign_in().await?;
    // The office's own files come with its first page.
    told(
        "dashboard after it",
        &browser.open("/dashboard").await?,
        Some(BYTES),
    );
    told("dashboard again", &browser.open("/dashboard").await?, None);
    told(
        "companies after it",
        &browser.open("/companies").await?,
        None,
    );
    let mut browser = Browser::new(&server).await?;
    browser.client.sign_in().await?;
    told(
        "dashboard as the first page",
        &browser.open("/dashboard").await?,
        Some(BYTES),
    );
    Ok(())
}

/// A first visit has a bound; later ones bring only HTML.
fn told(what: &str, visit: &Visit, bound: Option<usize>) {
    let bytes = visit.html + visit.other;
    let (target, fits) = match bound {
        Some(bound) => (
            format!("≤ {} KB in ≤ {REQUESTS} requests", bound / 1024),
            bytes <= bound && visit.requests <= REQUESTS,
        ),
        None => ("only HTML".to_owned(), visit.other == 0),
    };
    println!(
        "  {what:<28} {:>6} bytes in {} requests ({} of HTML, {} of the rest)  target {target}: {}",
        bytes,
        visit.requests,
        visit.html,
        visit.other,
        verdict(fits)
    );
}

impl Browser {
    async fn new(server: &Server) -> Result<Self> {
        Ok(Self {
            client: Client::connect(server.address, "accept-encoding: br, gzip\r\n").await?,
            kept: BTreeSet::new(),
        })
    }

    async fn open(&mut self, path: &str) -> Result<Visit> {
        let page = self.client.get(path).await?;
        let mut visit = Visit {
            requests: 1,
            html: page.body.len(),
            other: 0,
        };
        let mut wanted = named(&unpacked(&page)?, &["href=\"", "src=\""]);
        while let Some(file) = wanted.pop_first() {
            if !self.kept.insert(file.clone()) {
                continue;
            }
            let answer = self.client.get(&file).await?;
            if !answer
                .header("cache-control")
                .is_some_and(|value| value.contains("immutable"))
            {
                return Err(format!("{file} may not be kept: {}", answer.head).into());
            }
            visit.requests += 1;
            visit.other += answer.body.len();
            if file.contains(".css") {
                // Packed by brotli, which only the build has: ask for it plain.
                let plain = self.plain(&file).await?;
                wanted.append(&mut named(&plain, &["url(\"", "url('", "url("]));
            }
        }
        Ok(visit)
    }

    async fn plain(&mut self, file: &str) -> Result<String> {
        let address = self.client.address()?;
        let mut client = Client::connect(address, "").await?;
        Ok(client.get(file).await?.text())
    }
}

/// The files that a text names after one of these beginnings, without the part after `#`.
fn named(text: &str, beginnings: &[&str]) -> BTreeSet<String> {
    beginnings
        .iter()
        .flat_map(|beginning| text.split(beginning).skip(1))
        .filter_map(|rest| rest.split(['"', '\'', ')']).next())
        .map(unescaped)
        .filter(|url| url.starts_with("/assets/"))
        .filter_map(|url| url.split('#').next().map(str::to_owned))
        .collect()
}

fn unpacked(answer: &Answer) -> Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    match answer.header("content-encoding") {
        Some("br") => {
            brotli::Decompressor::new(answer.body.as_slice(), 4096).read_to_string(&mut text)?;
        }
        Some("gzip") => {
            flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text)?;
        }
        Some(other) => return Err(format!("a page packed with {other}").into()),
        None => text = answer.text(),
    }
    Ok(text)
}
