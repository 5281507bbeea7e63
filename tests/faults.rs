//! What the product stands on breaks: pages answer for themselves, nothing hangs, and it comes back by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use poem::{Endpoint, Request, Response};
use prosektorweb::{
    app::App,
    platform::{cache::Local, db::Db},
    routes, sql,
    web::{
        access::Permission,
        router::{Table, get},
    },
};
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;

use crate::support::{
    Client, OFIS, Reply, TestApp, clock, config,
    database::{Database, server_url},
};

/// What a page has to say that the database is away.
const PATIENCE: Duration = Duration::from_secs(3);

fn says_that_it_is_unavailable(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 503, "{what}: {}", reply.text());
    let seconds: u32 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds >= 1, "{what}");
    assert!(
        reply.text().contains(reply.header("x-request-id").unwrap()),
        "{what}"
    );
    assert!(
        !reply.text().to_lowercase().contains("sqlite"),
        "{what} tells what it stands on"
    );
}

/// The pages that need no database once somebody has read them.
async fn public_pages_answer(client: &Client) {
    for path in [
        "/",
        "/tr",
        "/tr/about",
        "/blog",
        "/tr/blog/hilesiz-seo",
        "/tr/feed.xml",
        "/sitemap.xml",
        "/robots.txt",
        "/healthz",
    ] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status, 200, "once ready, a page answers for itself");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_still_read() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let Db::Sqlite { writer, .. } = &app.db else {
        return takes_no_writes_on_a_server(&app, &ofis).await;
    };
    // For each, what SQLite says of a file without rights and of a disk without room. A transaction that fails takes
    // its connection with it, so each write finds a broken one.
    for break_it in ["pragma query_only = on", "pragma max_page_count = 1"] {
        let broken = async || {
            let mut conn = writer.acquire().await.unwrap();
            conn.execute(break_it).await.unwrap();
        };
        broken().await;
        // So that the session would be touched, which is no reason to refuse a reader.
        app.clock.shift(chrono::TimeDelta::minutes(2));
        for path in [
            "/dashboard",
            "/companies",
            &format!("/companies/{acme}"),
            "/companies/new",
        ] {
            assert_eq!(ofis.get(path).await.status, 200, "{break_it}: {path}");
        }
        // Longer than what room there may be on pages already in the file.
        let long = "ş".repeat(9_000);
        let notes = format!("/companies/{acme}/notes");
        let fields = [("body", long.as_str())];
        broken().await;
        says_that_it_is_unavailable(&ofis.post_form(&notes, &fields).await, break_it);
        broken().await;
        let fragment = ofis.htmx_post(&notes, &fields).await;
        says_that_it_is_unavailable(&fragment, break_it);
        assert_eq!(fragment.header("hx-retarget"), Some("#problem"));
        assert_eq!(
            ofis.post_form(&notes, &fields).await.status,
            303,
            "it comes back by itself"
        );
    }
    let kept = app
        .number(sql!(
            "select count(*) from notes where company_id = ?",
            acme
        ))
        .await;
    assert_eq!(kept, 3 + 2, "what was refused was not half written");
}

async fn takes_no_writes_on_a_server(app: &TestApp, ofis: &Client) {
    // Another session holds the row: the write gives up, the reads do not wait.
    let acme = app.company("Acme").await;
    let mut tx = app.db.begin().await.unwrap();
    tx.execute(sql!(
        "update companies set tax_office = 'x' where id = ?",
        acme
    ))
    .await
    .unwrap();
    let started = Instant::now();
    let form = ofis
        .get(&format!("/companies/{acme}"))
        .await
        .form("#company-status form");
    says_that_it_is_unavailable(&ofis.submit(&form).await, "a locked row");
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(ofis.get("/companies").await.status, 200);
    drop(tx);
    assert_eq!(ofis.submit(&form).await.status, 303);
}

#[tokio::test]
async fn a_database_that_another_program_has_locked_is_waited_for_and_then_given_up() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let notes = format!("/companies/{acme}/notes");
    if app.db.is_embedded() {
        let mut other = SqliteConnection::connect(&app.database.url).await.unwrap();
        other.execute("begin immediate").await.unwrap();
        let started = Instant::now();
        let reply = ofis.post_form(&notes, &[("body", "Bekleyen not")]).await;
        says_that_it_is_unavailable(&reply, "a locked file");
        assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
        assert_eq!(
            ofis.get("/companies").await.status,
            200,
            "readers do not wait"
        );

        // A short wait is no failure.
        let (reply, ()) =
            tokio::join!(ofis.post_form(&notes, &[("body", "Bekleyen not")]), async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                other.execute("rollback").await.unwrap();
            });
        assert_eq!(reply.status, 303);
        other.close().await.unwrap();
    }
    assert_eq!(
        ofis.post_form(&notes, &[("body", "Sonraki not")])
            .await
            .status,
        303
    );
}

/// A way to the database server that can be cut and mended.
struct Line {
    url: String,
    up: watch::Sender<bool>,
}

impl Line {
    async fn to(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(3306));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        let (up, watched) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut watched = watched.clone();
                if !*watched.borrow() {
                    continue;
                }
                let server = server.clone();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(&server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = watched.wait_for(|up| !up) => {}
                    }
                });
            }
        });
        Self {
            url: url.into(),
            up,
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_said_in_time_and_found_again() {
    let database = Database::seeded().await;
    // SQLite is in this process and cannot be cut off; its file can lose its tables' lock to somebody else.
    if server_url().is_none() {
        return gone_file(database).await;
    }
    let line = Line::to(&database.url).await;
    let app = App::build(config(&[("DATABASE_URL", &line.url)]), clock())
        .await
        .unwrap();
    app.state.set_ready();
    let client = Client::new(routes::table().into_front(&app));
    client.sign_in(OFIS, prosektorweb::seed::PASSWORD).await;
    assert_eq!(client.get("/companies").await.status, 200);
    public_pages_answer(&client).await;
    line.up.send(false).unwrap();
    for path in ["/companies", "/dashboard", "/companies/new"] {
        let started = Instant::now();
        says_that_it_is_unavailable(&client.get(path).await, path);
        assert!(
            started.elapsed() < PATIENCE,
            "{path}: {:?}",
            started.elapsed()
        );
    }
    public_pages_answer(&client).await;
    assert_eq!(client.get("/readyz").await.text(), "ready\ndegraded: db\n");
    line.up.send(true).unwrap();
    comes_back(&client).await;
}

async fn comes_back(client: &Client) {
    let started = Instant::now();
    while client.get("/companies").await.status != 200 {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "it does not come back"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn gone_file(database: Database) {
    let app = App::build(config(&[("DATABASE_URL", &database.url)]), clock())
        .await
        .unwrap();
    app.state.set_ready();
    let client = Client::new(routes::table().into_front(&app));
    client.sign_in(OFIS, prosektorweb::seed::PASSWORD).await;
    public_pages_answer(&client).await;
    // An exclusive lock shuts out readers too.
    let mut other = SqliteConnection::connect(&database.url).await.unwrap();
    let Db::Sqlite { readers, .. } = &app.db else {
        unreachable!("embedded")
    };
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(readers.acquire().await.unwrap());
    }
    other.execute("begin immediate").await.unwrap();
    for path in ["/companies", "/dashboard"] {
        let started = Instant::now();
        says_that_it_is_unavailable(&client.get(path).await, path);
        assert!(
            started.elapsed() < PATIENCE,
            "{path}: {:?}",
            started.elapsed()
        );
    }
    let started = Instant::now();
    let reply = client
        .post_form("/login", &[("email", OFIS), ("password", "x")])
        .await;
    says_that_it_is_unavailable(&reply, "/login");
    assert!(started.elapsed() < PATIENCE);
    public_pages_answer(&client).await;
    assert_eq!(client.get("/readyz").await.text(), "ready\ndegraded: db\n");
    held.clear();
    other.execute("rollback").await.unwrap();
    other.close().await.unwrap();
    comes_back(&client).await;
}

#[tokio::test]
async fn before_the_schema_is_there_nothing_is_ready() {
    let database = Database::empty().await;
    let app = App::build(config(&[("DATABASE_URL", &database.url)]), clock())
        .await
        .unwrap();
    let client = Client::new(routes::table().into_front(&app));
    let starting = client.get("/readyz").await;
    assert_eq!((starting.status, starting.text()), (503, "starting\n"));
    assert_eq!(client.get("/healthz").await.status, 200);
    app.db.migrate(app.config.database_file()).await.unwrap();
    assert_eq!(
        client.get("/readyz").await.status,
        200,
        "it is seen without a restart"
    );
}

/// A page with a mistake in it.
struct Panicking(Arc<AtomicBool>);

impl Endpoint for Panicking {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        assert!(!self.0.load(Ordering::Relaxed), "canary at src/canary.rs");
        Ok(Response::builder().body("well"))
    }
}

#[tokio::test]
async fn a_panic_is_a_page_with_a_request_id_and_the_next_request_is_served() {
    let broken = Arc::new(AtomicBool::new(true));
    let page = Panicking(Arc::clone(&broken));
    let routes = Table::default().at("/dashboard/broken", [get(Permission::DashboardRead, page)]);
    let app = TestApp::with_routes(routes).await;
    let ofis = app.sign_in(OFIS).await;
    for reply in [
        ofis.get("/dashboard/broken").await,
        ofis.htmx_get("/dashboard/broken").await,
    ] {
        assert_eq!(reply.status, 500);
        assert!(reply.text().contains(reply.header("x-request-id").unwrap()));
        assert!(!reply.text().contains("canary"));
        assert!(reply.header("content-security-policy").is_some());
        assert!(reply.has("a[href]"));
    }
    broken.store(false, Ordering::Relaxed);
    assert_eq!(ofis.get("/dashboard/broken").await.text(), "well");
    assert_eq!(ofis.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn two_hundred_requests_that_find_no_connection_are_told_so_in_time_and_served_afterwards() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    public_pages_answer(&ofis).await;
    let mut held = Vec::new();
    while let Ok(Ok(conn)) = tokio::time::timeout(Duration::from_millis(300), app.db.read()).await {
        held.push(conn);
        assert!(held.len() < 100, "the pool has a bound");
    }
    let started = Instant::now();
    let asked = (0..200).map(|_| ofis.get("/companies"));
    for reply in futures_util::future::join_all(asked).await {
        says_that_it_is_unavailable(&reply, "no connection is free");
    }
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    public_pages_answer(&ofis).await;
    drop(held);
    let asked = (0..20).map(|_| ofis.get("/companies"));
    for reply in futures_util::future::join_all(asked).await {
        assert_eq!(reply.status, 200, "it recovers by itself");
    }
}

#[tokio::test]
async fn what_readers_and_machines_get_of_the_blog_needs_no_database_once_it_was_asked_for() {
    let app = TestApp::new().await;
    let client = app.client();
    let paths = [
        "/tr",
        "/about",
        "/contact",
        "/tr/blog",
        "/blog/category/hosting",
        "/tr/blog/hilesiz-seo",
        "/feed.xml",
        "/blog/category/hosting/feed.json",
        "/blog/tag/seo/rss.xml",
        "/sitemap.xml",
        "/sitemap-1.xml",
        "/sitemap-2.xml",
        "/llms.txt",
    ];
    for path in paths {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    let mut held = Vec::new();
    while let Ok(Ok(conn)) = tokio::time::timeout(Duration::from_millis(300), app.db.read()).await {
        held.push(conn);
        assert!(held.len() < 100, "the pool has a bound");
    }
    app.pages.forget_all();
    for path in paths {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    // What has grown old is better than nothing.
    app.clock.shift(chrono::TimeDelta::minutes(10));
    app.pages.forget_all();
    for path in ["/feed.xml", "/sitemap-2.xml", "/llms.txt"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    drop(held);
}

#[tokio::test]
async fn a_clock_that_jumps_breaks_nothing_and_lets_nobody_in_for_longer() {
    let app = TestApp::new().await;
    let acme = app.company("Acme").await;
    let pages = [
        "/dashboard".to_owned(),
        "/companies".into(),
        "/activities".into(),
        format!("/companies/{acme}/history"),
    ];
    // An hour back, the nights of the clock changes that others keep, a leap second, the end of 32 bits, a leap day.
    for moment in [
        "2026-11-24T08:00:00Z",
        "2027-03-28T01:00:00Z",
        "2027-10-31T00:59:59.999Z",
        "2016-12-31T23:59:59.999Z",
        "2038-01-19T03:14:07.500Z",
        "2038-01-19T03:14:08Z",
        "2048-02-29T20:59:59Z",
    ] {
        let ofis = app.sign_in(OFIS).await;
        let moment: chrono::DateTime<chrono::Utc> = moment.parse().unwrap();
        let jump = moment - app.clock.now();
        app.clock.shift(jump);
        let reply = ofis.get("/dashboard").await;
        let is_late = jump > chrono::TimeDelta::minutes(30);
        assert_eq!(reply.status, if is_late { 303 } else { 200 }, "{moment}");
        let ofis = app.sign_in(OFIS).await;
        for page in &pages {
            assert_eq!(ofis.get(page).await.status, 200, "{page} at {moment}");
        }
        let notes = format!("/companies/{acme}/notes");
        let note = ofis.post_form(&notes, &[("body", "Saat")]).await;
        assert_eq!(note.status, 303, "{moment}");
    }
}
