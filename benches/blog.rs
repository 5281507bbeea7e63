//! The blog at 10,000 posts: a post and a list from the cache against a bare poem handler, what drawing a post takes when
//! nothing is kept, and search on either database.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::{
    platform::{
        db::{self, Db},
        embedded,
    },
    sql,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Result,
    fill::Dice,
    home::{Asked, HEADERS, PAGE_TARGET, compare},
    load::Client,
    process::{self, Folder, Server, bench_dir},
    report::{Spread, millis, verdict},
};

const POSTS: usize = 10_000;
/// Words of a post.
const WORDS: u64 = 400;
const RUNS: usize = 7;
/// In each run.
const DRAWN: usize = 40;
const RENDER: Duration = Duration::from_millis(2);
const SEARCH: Duration = Duration::from_millis(20);
/// Searches of each kind in each run, no two the same.
const SEARCHES: usize = 5;

pub async fn run(mysql: Option<&str>) -> Result<()> {
    fs::create_dir_all(bench_dir())?;
    println!("\nblog on SQLite");
    let url = sqlite().await?;
    let folder = Folder::new()?;
    let mut product = Server::counting(&folder, Some(&url))?;
    for (what, path) in [
        ("post page from the cache", post_path(7)),
        ("list page from the cache", "/blog".to_owned()),
    ] {
        let asked = Asked {
            what,
            path,
            headers: HEADERS.into(),
            status: 200,
            target: PAGE_TARGET,
        };
        product = compare(&folder, product, &asked).await?;
    }
    render(&product).await?;
    search(&product).await?;
    drop(product);
    println!("\nblog on MariaDB");
    let Some(server) = mysql else {
        println!("  left out: BENCH_DATABASE_URL names no server");
        return Ok(());
    };
    let url = self::mysql(server).await?;
    let product = Server::counting(&folder, Some(&url))?;
    render(&product).await?;
    search(&product).await
}

/// Each post once: nothing of it was kept. It is drawn, and packed in the one encoding that its reader takes.
async fn render(product: &Server) -> Result<()> {
    const READERS: [(&str, &str); 3] = [
        ("plain bytes", ""),
        ("gzip", "accept-encoding: gzip\r\n"),
        ("brotli", "accept-encoding: br\r\n"),
    ];
    let mut clients = Vec::new();
    for (_, headers) in READERS {
        clients.push(Client::connect(product.address, headers).await?);
    }
    let mut whole: [Vec<f64>; 3] = Default::default();
    let mut cpu: [Vec<f64>; 3] = Default::default();
    let mut numbers = (0..).map(|at: usize| 20 + at * 31);
    for _ in 0..RUNS {
        for (at, client) in clients.iter_mut().enumerate() {
            let (mut drawn, mut on_processors) = (Vec::new(), Duration::ZERO);
            for number in numbers.by_ref().take(DRAWN) {
                let path = post_path(number);
                let (begin, before) = (Instant::now(), product.cpu()?);
                client.get(&path).await?;
                drawn.push(begin.elapsed().as_secs_f64());
                on_processors += product.cpu()?.saturating_sub(before);
            }
            whole[at].push(Spread::of(&mut drawn).median);
            cpu[at].push(on_processors.as_secs_f64() / f64::from(u32::try_from(DRAWN)?));
        }
    }
    println!(
        "\npost pages of which nothing is kept, medians of {RUNS} runs of {DRAWN}, target ≤ {}",
        millis(RENDER.as_secs_f64())
    );
    for (at, (name, _)) in READERS.into_iter().enumerate() {
        tell(name, &mut whole[at], &mut cpu[at], RENDER);
    }
    Ok(())
}

/// A line of medians, in seconds, and what of it was on the product's processors.
fn tell(name: &str, medians: &mut [f64], cpu: &mut [f64], most: Duration) {
    let spread = Spread::of(medians);
    println!(
        "  {name:<34} {} ({}–{}), {} on the processors: {}",
        millis(spread.median),
        millis(spread.min),
        millis(spread.max),
        millis(Spread::of(cpu).median),
        verdict(spread.median <= most.as_secs_f64())
    );
}

async fn search(product: &Server) -> Result<()> {
    let mut client = Client::connect(product.address, "").await?;
    println!(
        "\nsearch among {POSTS} posts, medians of {RUNS} runs of {SEARCHES}, target ≤ {}",
        millis(SEARCH.as_secs_f64())
    );
    let (often, seldom) = (
        |at: usize| word(at % 40),
        |at: usize| word(1_500 + at * 11 % 2_400),
    );
    let kinds: [(&str, &dyn Fn(usize) -> String); 8] = [
        ("a frequent word", &|at| often(at)),
        ("two frequent words", &|at| {
            format!("{} {}", often(at), often(at + 7))
        }),
        ("a rare word", &|at| seldom(at)),
        ("a frequent and a rare word", &|at| {
            format!("{} {}", often(at + 13), seldom(at + 40))
        }),
        ("a beginning of three letters", &|at| {
            often(at).chars().take(3).collect()
        }),
        ("eight beginnings of three letters", &|at| {
            let beginnings = (0..8).map(|n| often(at + n * 17).chars().take(3).collect());
            beginnings.collect::<Vec<String>>().join(" ")
        }),
        ("seven beginnings and a rare word", &|at| {
            let beginnings = (0..7).map(|n| often(at + n * 17).chars().take(3).collect());
            let words = beginnings.chain([seldom(at + 90)]);
            words.collect::<Vec<String>>().join(" ")
        }),
        ("a word that is nowhere", &|at| format!("yokboyle{at}")),
    ];
    let mut medians: [Vec<f64>; 8] = Default::default();
    let mut cpu: [Vec<f64>; 8] = Default::default();
    for run in 0..RUNS {
        for (at, (_, query)) in kinds.iter().enumerate() {
            let mut times = Vec::with_capacity(SEARCHES);
            let before = product.cpu()?;
            for number in run * SEARCHES..(run + 1) * SEARCHES {
                let query = query(number);
                let q: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
                let begin = Instant::now();
                client.get(&format!("/blog/search?q={q}")).await?;
                times.push(begin.elapsed().as_secs_f64());
            }
            let took = product.cpu()?.saturating_sub(before).as_secs_f64();
            medians[at].push(Spread::of(&mut times).median);
            cpu[at].push(took / f64::from(u32::try_from(SEARCHES)?));
        }
    }
    for (at, (name, _)) in kinds.into_iter().enumerate() {
        tell(name, &mut medians[at], &mut cpu[at], SEARCH);
    }
    Ok(())
}

// ---- the posts

fn post_path(number: usize) -> String {
    format!("/blog/post-{}", number % POSTS)
}

/// Word number so of a made-up language: the lower, the more frequent.
fn word(number: usize) -> String {
    const BEGIN: [&str; 16] = [
        "gü", "ka", "de", "si", "yan", "ob", "mer", "tu", "pe", "ço", "iş", "ra", "la", "no", "fe",
        "zi",
    ];
    const END: [&str; 16] = [
        "ven", "lem", "net", "rap", "dol", "kur", "man", "ti", "şak", "bor", "lik", "sun", "vez",
        "cam", "yol", "hal",
    ];
    format!(
        "{}{}{}",
        BEGIN[number % 16],
        END[number / 16 % 16],
        BEGIN[number / 256 % 16]
    )
}

/// Words as a text has them: half of them are among the forty most frequent.
fn text(dice: &mut Dice, words: u64) -> String {
    let mut words = (0..words).map(|_| {
        let most = if dice.number(2) == 0 { 40 } else { 4_000 };
        word(usize::try_from(dice.number(most)).unwrap_or_default())
    });
    let mut text = words.next().unwrap_or_default();
    for (word, at) in words.zip(1..) {
        text.push_str(if at % 60 == 0 {
            ".\n\n## "
        } else if at % 60 == 6 {
            "\n\n"
        } else {
            " "
        });
        text.push_str(&word);
    }
    text
}

fn posts() -> Result<serde_json::Value> {
    let mut dice = Dice(0x5eed);
    let start: DateTime<Utc> = "2025-01-01T05:00:00Z".parse()?;
    let post = |number: usize| {
        let at = start + TimeDelta::minutes(30) * i32::try_from(number).unwrap_or_default();
        let tags = [0; 3].map(|_| word(usize::try_from(dice.number(200)).unwrap_or_default()));
        let category = dice.number(12);
        json!({
            "lang": "en",
            "slug": format!("post-{number}"),
            "title": text(&mut dice, 6),
            "excerpt": text(&mut dice, 20),
            "content": text(&mut dice, WORDS),
            "category": {"name": format!("Category {category}"), "slug": format!("category-{category}")},
            "tags": tags,
            "status": "published",
            "publishedAt": at.to_rfc3339(),
        })
    };
    Ok((0..POSTS).map(post).collect())
}

async fn sqlite() -> Result<String> {
    let file = bench_dir().join(format!("posts-{}.db", recipe()));
    let url = format!("sqlite:{}", file.display());
    if !file.exists() || !is_filled(&url).await {
        fill(&url, Some(&file)).await?;
    }
    Ok(url)
}

async fn mysql(server: &str) -> Result<String> {
    let name = format!("prosektorweb_bench_posts_{}", recipe());
    let server = server.trim_end_matches('/');
    let url = format!("{server}/{name}");
    if is_filled(&url).await {
        return Ok(url);
    }
    process::fresh_database(server, &name).await?;
    fill(&url, None).await?;
    Ok(url)
}

async fn is_filled(url: &str) -> bool {
    let Ok(source) = db::Source::parse(url) else {
        return false;
    };
    let Ok(db) = Db::open(&source).await else {
        return false;
    };
    let found = match db.read().await {
        Ok(mut conn) => conn.number(sql!("select count(*) from posts")).await,
        Err(error) => Err(error),
    };
    db.close().await;
    found.is_ok_and(|found| usize::try_from(found) == Ok(POSTS))
}

/// By the product's own import.
async fn fill(url: &str, file: Option<&Path>) -> Result<()> {
    println!("  importing {POSTS} posts");
    let db = Db::open(&db::Source::parse(url)?).await?;
    db.migrate(file).await?;
    db.close().await;
    // Someone of the cast is there already, so a start does not tell the demo's story on top.
    process::make_user(url)?;
    let folder = Folder::new()?;
    let list = folder.path().join("posts.json");
    fs::write(&list, serde_json::to_vec(&posts()?)?)?;
    let list = list.to_str().ok_or("the folder's name is no text")?;
    let begin = Instant::now();
    process::command(url, &["import", "posts", list, "--author", process::EMAIL])?;
    println!("  {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// What the rows depend on, in eight hexadecimal digits.
fn recipe() -> String {
    let mut hash = Sha256::new();
    hash.update(include_str!("blog.rs"));
    hash.update(include_str!("../src/features/transfer/import.rs"));
    hash.update(include_str!("../src/features/transfer/form.rs"));
    hash.update(include_str!("../src/features/posts/model.rs"));
    for (_, text) in embedded::SQLITE_MIGRATIONS
        .iter()
        .chain(embedded::MYSQL_MIGRATIONS)
    {
        hash.update(text);
    }
    let digest = hash.finalize();
    let begin: [u8; 4] = std::array::from_fn(|at| digest[at]);
    format!("{:08x}", u32::from_be_bytes(begin))
}
