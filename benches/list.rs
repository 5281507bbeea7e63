//! The company list: its time at 100,000 rows against its time at 100, on either database.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use prosektorweb::{
    platform::db::{self, Db, WAIT_OFFLINE},
    sql,
    types::page::{Cursor, Key},
};
use uuid::Uuid;

use crate::{
    Result, fill,
    load::{Client, unescaped},
    process::{Folder, Server, bench_dir},
    report::{Spread, millis, verdict},
};

const FEW: usize = 100;
const MANY: usize = 100_000;
const RUNS: usize = 7;
/// Requests of which a run takes the median.
const REQUESTS: usize = 5;
const RATIO: f64 = 3.0;
const COMBINED: Duration = Duration::from_millis(50);
const SORTS: [&str; 6] = [
    "",
    "-name",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
];

/// What a list page is asked for.
struct Case {
    name: String,
    path: String,
    /// Filters are combined, which has a bound of its own.
    is_combined: bool,
}

pub async fn run(mysql: Option<&str>) -> Result<()> {
    let dir = bench_dir();
    std::fs::create_dir_all(&dir)?;
    println!("\nlist on SQLite");
    let few = fill::sqlite(&dir.join(format!("companies-{FEW}.db")), FEW).await?;
    let many = fill::sqlite(&dir.join(format!("companies-{MANY}.db")), MANY).await?;
    measure(&few, &many).await?;
    println!("\nlist on MariaDB");
    if let Some(server) = mysql {
        let few = fill::mysql(server, FEW).await?;
        let many = fill::mysql(server, MANY).await?;
        measure(&few, &many).await
    } else {
        println!("  left out: BENCH_DATABASE_URL names no server");
        Ok(())
    }
}

/// A server with its one client, who has signed in and goes through the cases.
struct Side {
    server: Server,
    client: Client,
    cases: Vec<Case>,
    _folder: Folder,
}

impl Side {
    async fn start(url: &str, rows: usize) -> Result<Self> {
        let folder = Folder::new()?;
        let server = Server::product(&folder, Some(url))?;
        let mut client = Client::signed_in(server.address, "").await?;
        Ok(Self {
            cases: cases(url, rows, &mut client).await?,
            server,
            client,
            _folder: folder,
        })
    }

    /// The median time of a case.
    async fn time(&mut self, case: usize) -> Result<Duration> {
        let path = &self.cases[case].path;
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let begin = Instant::now();
            // A page that the database does not give in time is an answer too: it takes as long as it takes.
            self.client.get_any(path).await?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        Ok(times[REQUESTS / 2])
    }

    /// How many rows a case's page shows.
    async fn rows(&mut self, case: usize) -> Result<usize> {
        let page = self.client.get_any(&self.cases[case].path).await?.text();
        // The first is the head.
        Ok(page.matches("<tr>").count().saturating_sub(1))
    }
}

async fn measure(few: &str, many: &str) -> Result<()> {
    let mut few = Side::start(few, FEW).await?;
    let mut many = Side::start(many, MANY).await?;
    println!(
        "  {:<52} {:>9} {:>9}  {:<20} rows",
        "", "100", "100,000", "ratio (min–max)"
    );
    let count = few.cases.len();
    let mut ratios = vec![Vec::new(); count];
    let mut times = vec![(Vec::new(), Vec::new()); count];
    let (cpu_few, cpu_many) = (few.server.cpu()?, many.server.cpu()?);
    for _ in 0..RUNS {
        for case in 0..count {
            let (short, long) = (few.time(case).await?, many.time(case).await?);
            ratios[case].push(long.as_secs_f64() / short.as_secs_f64());
            times[case].0.push(short.as_secs_f64());
            times[case].1.push(long.as_secs_f64());
        }
    }
    let requests = f64::from(u32::try_from(RUNS * REQUESTS * count)?);
    let cpu_few = few.server.cpu()?.saturating_sub(cpu_few).as_secs_f64() / requests;
    let cpu_many = many.server.cpu()?.saturating_sub(cpu_many).as_secs_f64() / requests;
    // The first cases are the whole list by each sort: full pages, also of few rows.
    let full_page = Spread::of(&mut times[0].0.clone()).median;
    let (mut missed, mut by_rows) = (0, 0);
    for case in 0..count {
        let ratio = Spread::of(&mut ratios[case]);
        let short = Spread::of(&mut times[case].0);
        let long = Spread::of(&mut times[case].1);
        let fits = if many.cases[case].is_combined {
            long.median <= COMBINED.as_secs_f64()
        } else {
            ratio.median <= RATIO
        };
        let (rows_few, rows_many) = (few.rows(case).await?, many.rows(case).await?);
        // Among few companies a rare word finds one or two, among many a full page, which takes its time to draw.
        let fits_by_rows = rows_few < rows_many && long.median <= RATIO * full_page;
        missed += usize::from(!fits && !fits_by_rows);
        by_rows += usize::from(!fits && fits_by_rows);
        println!(
            "  {:<52} {:>9} {:>9}  {:<20} {rows_few}, {rows_many}  {}",
            many.cases[case].name,
            millis(short.median),
            millis(long.median),
            ratio.to_string(),
            if !fits && fits_by_rows {
                format!("{:.1} × a page of as many rows", long.median / full_page)
            } else {
                verdict(fits).to_owned()
            },
        );
    }
    println!(
        "  processor time of a request: {} at 100 rows, {} at 100,000",
        millis(cpu_few),
        millis(cpu_many)
    );
    println!(
        "  targets: ratio ≤ {RATIO} for one filter or a search, ≤ {} ms for combinations (marked *): {missed} of {count} missed; {by_rows} met against a page of as many rows",
        COMBINED.as_millis(),
    );
    export(&mut many).await
}

#[expect(
    clippy::too_many_lines,
    reason = "a list of what is measured, one line or two each"
)]
async fn cases(url: &str, rows: usize, client: &mut Client) -> Result<Vec<Case>> {
    let db = Db::open(&db::Source::parse(url)?).await?;
    let (tax_id,): (String,) = db
        .read()
        .await?
        .fetch_one(sql!(
            "select tax_id from companies where tax_id is not null order by created_at, id limit 1"
        ))
        .await?;
    let mut cases = Vec::new();
    let mut add = |name: String, query: String, is_combined: bool| {
        cases.push(Case {
            name: if is_combined {
                format!("{name} *")
            } else {
                name
            },
            path: format!("/companies?{query}"),
            is_combined,
        });
    };
    let filters = [
        "",
        "status=customer",
        "status=churned",
        "source=referral",
        "source=other",
        "danger_class=less_dangerous",
        "danger_class=very_dangerous",
        "created=2025-06-01",
    ];
    for filter in filters {
        for sort in SORTS {
            let name = format!(
                "{} by {}",
                if filter.is_empty() { "all" } else { filter },
                sort_name(sort)
            );
            add(name, format!("{filter}&sort={sort}"), false);
        }
    }
    let searches = [
        ("frequent", fill::FREQUENT.to_owned()),
        (
            "frequent, 3 letters",
            fill::FREQUENT.chars().take(3).collect(),
        ),
        ("rare", fill::RARE.to_owned()),
        ("just under 1,000", fill::UNDER_THE_CAP.to_owned()),
        (
            "just under 1,000, 3 letters",
            fill::UNDER_THE_CAP.chars().take(3).collect(),
        ),
        ("at the end of the alphabet", fill::CLUSTERED.to_owned()),
        (
            "at the end, 5 letters",
            fill::CLUSTERED.chars().take(5).collect(),
        ),
        ("shared beginning", fill::SHARED_BEGINNING.to_owned()),
        ("a city", "diyarbakır".to_owned()),
        ("no match", "qqqq".to_owned()),
        ("no match, long", "osgbxyz".to_owned()),
        ("part of a tax id", tax_id.chars().take(3).collect()),
    ];
    for (name, word) in &searches {
        for sort in ["", "-name", "-updated_at"] {
            let name = format!("search {name} ({word}) by {}", sort_name(sort));
            add(name, format!("q={}&sort={sort}", encode(word)), false);
        }
    }
    for query in [
        "status=customer&source=referral",
        "status=churned&source=other",
        "status=customer&danger_class=less_dangerous",
        "status=churned&danger_class=very_dangerous",
        "source=referral&danger_class=less_dangerous",
        "source=other&danger_class=very_dangerous",
        "status=customer&source=referral&danger_class=dangerous",
        "status=churned&source=other&danger_class=very_dangerous",
        "status=customer&created=2025-06-01",
        "status=churned&created=2025-06-01",
        "danger_class=dangerous&created=2025-06-01",
        "source=other&created=2025-06-01",
        "status=churned&source=other&danger_class=very_dangerous&created=2025-06-01",
        "q=osgb&status=customer",
        "q=osgb&status=churned",
        "q=osgb&created=2025-06-01",
        "q=zirvekent&status=customer",
        "q=zirvekent&status=churned",
        "q=zirvekent&source=other",
        "q=zirve&danger_class=very_dangerous&status=churned",
        "q=zir&status=churned",
        "q=zeytinburnu&status=customer",
        "q=kizilagaclik&status=customer",
        "q=diyarbakir&status=churned",
        "q=diyarbakir&created=2025-06-01",
        "q=osgb+ltd",
        "q=osgb+zirve",
        "q=osgb+diyarbakir",
        "q=diyarbakir+yilmaz",
        "q=ziraat+zirvekent",
        "q=osgb+zirvekent+kaya&status=churned",
        "q=osgb+ltd+info&status=customer&source=referral&danger_class=dangerous&created=2025-06-01",
        "q=os",
        "q=z",
    ] {
        for sort in ["", "-updated_at"] {
            add(
                format!("{query} by {}", sort_name(sort)),
                format!("{query}&sort={sort}"),
                true,
            );
        }
    }
    pages(&db, rows, client, &mut cases).await?;
    db.close().await;
    Ok(cases)
}

/// The pages of a list that one walks to, and two in the middle and at the end.
async fn pages(db: &Db, rows: usize, client: &mut Client, cases: &mut Vec<Case>) -> Result<()> {
    for sort in ["", "-updated_at"] {
        for filter in ["", "danger_class=less_dangerous&", "q=osgb&"] {
            let first = format!("/companies?{filter}sort={sort}");
            let next = link(&client.get(&first).await?.text(), "next")?;
            let previous = link(&client.get(&next).await?.text(), "prev")?;
            let middle = with_cursor(&first, &cursor(db, sort, rows / 2).await?);
            let last = with_cursor(&first, &cursor(db, sort, rows - 26).await?);
            let what = format!("{filter}by {}", sort_name(sort));
            for (page, path) in [
                ("next", next),
                ("previous", previous),
                ("middle", middle),
                ("last", last),
            ] {
                cases.push(Case {
                    name: format!("{page} page of {what}"),
                    path,
                    is_combined: false,
                });
            }
        }
    }
    Ok(())
}

/// The place after so many rows.
async fn cursor(db: &Db, sort: &str, before: usize) -> Result<Cursor> {
    let mut conn = db.read().await?;
    // A file that is not in the system's memory yet takes its time.
    conn.set_wait(WAIT_OFFLINE);
    let offset = i64::try_from(before)? - 1;
    let (key, id) = if sort.is_empty() {
        let (key, id): (Vec<u8>, Uuid) = conn
            .fetch_one(sql!(
                "select name_key, id from companies where live = 1 order by name_key, id limit 1 offset ?",
                offset
            ))
            .await?;
        (Key::Bytes(key), id)
    } else {
        let (key, id): (DateTime<Utc>, Uuid) = conn
            .fetch_one(sql!(
                "select updated_at, id from companies where live = 1 order by updated_at desc, id desc limit 1 offset ?",
                offset
            ))
            .await?;
        (Key::Time(key), id)
    };
    Ok(Cursor {
        key,
        id,
        position: u32::try_from(before)?,
        backwards: false,
    })
}

fn with_cursor(path: &str, cursor: &Cursor) -> String {
    format!("{path}&after={}", cursor.encode())
}

/// The address of the link to the next or previous page.
fn link(page: &str, rel: &str) -> Result<String> {
    page.split(&format!("rel=\"{rel}\" href=\""))
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .map(unescaped)
        .ok_or_else(|| format!("no link to the {rel} page").into())
}

fn sort_name(sort: &str) -> &str {
    if sort.is_empty() { "name" } else { sort }
}

fn encode(word: &str) -> String {
    url::form_urlencoded::byte_serialize(word.as_bytes()).collect()
}

/// The whole list as a file: how long, how large, and what it takes of memory.
async fn export(side: &mut Side) -> Result<()> {
    for attempt in ["first", "second"] {
        let before = side.server.rss()?;
        side.server.forget_peak()?;
        let begin = Instant::now();
        let (status, bytes) = side.client.post_and_count("/companies/export").await?;
        let took = begin.elapsed();
        let grown = side.server.peak_rss()?.saturating_sub(before);
        println!(
            "  CSV of all, {attempt}: {status}, {bytes} bytes in {}; memory {} KB at its start, {} KB more at its peak",
            millis(took.as_secs_f64()),
            before / 1024,
            grown / 1024,
        );
    }
    Ok(())
}
