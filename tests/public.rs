//! Pages that any HTTP cache may hold: what is kept of them, what their headers say, and that nobody is in them.

use std::{
    io::Read as _,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use flate2::read::GzDecoder;
use poem::{Endpoint, IntoResponse as _, Request, Response, http::HeaderMap, session::Session};
use prosektorweb::{
    sql,
    web::{
        cx::Cx,
        public::{self, Kind, Page},
        router::{Table, page, public as open, signed_get},
        server::{self, Limits},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::{
    Client, OFIS, Reply, TestApp,
    outer_cache::{Behaviour, OuterCache},
    varnish::Varnish,
};

/// A post that says how often it was rendered, and with what it was asked.
#[derive(Clone, Default)]
struct Post {
    renders: Arc<AtomicU32>,
    text: Arc<Mutex<String>>,
    changed_at: Option<DateTime<Utc>>,
    next_change: Arc<Mutex<Option<DateTime<Utc>>>>,
    /// How long rendering takes.
    takes: Duration,
}

impl Post {
    fn renders(&self) -> u32 {
        self.renders.load(Ordering::SeqCst)
    }

    fn say(&self, text: &str) {
        *self.text.lock().unwrap() = text.into();
    }

    fn table(&self) -> Table {
        Table::default()
            .at("/probe", [page(&["tag", "page"], self.clone())])
            .at("/probe/:slug", [page(&[], self.clone())])
            .at("/tr/probe/:slug", [page(&[], self.clone())])
    }
}

impl Endpoint for Post {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.renders.fetch_add(1, Ordering::SeqCst);
        let cx = Cx::of(&request)?;
        let slug = request.raw_path_param("slug").unwrap_or("list").to_owned();
        if slug.starts_with("no-") {
            return Err(prosektorweb::error::Error::NotFound.into());
        }
        let text = self.text.lock().unwrap().clone();
        tokio::time::sleep(self.takes).await;
        let html = format!(
            "<!DOCTYPE html><title>{slug}</title><p>{text}</p><pre>{:?} {:?} {:?} {:?} {:?} {:?} {}</pre>{}",
            request.headers(),
            request.uri(),
            request.method(),
            cx.ip,
            cx.user_agent,
            cx.hx,
            cx.request_id,
            "<p>Tekrar eden bir cümle.</p>".repeat(100)
        );
        let mut page = Page::new(html)
            .lang(cx.lang)
            .tags(["blog:", &format!("blog:post:{slug}")]);
        if let Some(at) = self.changed_at {
            page = page.changed_at(at);
        }
        if let Some(at) = *self.next_change.lock().unwrap() {
            page = page.next_change(at);
        }
        Ok(page.into_response())
    }
}

const PURGED: [(&str, &str); 2] = [
    ("CACHE_PURGE_TOKEN", "canary-token"),
    ("CACHE_PURGE_SHAPE", "cloudflare"),
];

async fn purged_app(outer: &OuterCache, shape: &'static str, post: &Post) -> TestApp {
    let url = outer.url();
    let mut variables = PURGED.to_vec();
    variables.extend([
        ("CACHE_PURGE_URL", url.as_str()),
        ("CACHE_PURGE_SHAPE", shape),
    ]);
    TestApp::configured(&variables, post.table()).await
}

async fn change(app: &TestApp, tags: &[&str]) {
    let mut tx = app.db.begin().await.unwrap();
    public::changed(app, &mut tx, tags).await.unwrap();
    tx.commit().await.unwrap();
}

async fn packed(client: &Client, path: &str, encoding: &str) -> Reply {
    let call = client.call("GET", path);
    call.header("accept-encoding", encoding).send().await
}

fn unpacked(reply: &Reply) -> Vec<u8> {
    let mut plain = Vec::new();
    match reply.header("content-encoding") {
        None => plain.clone_from(&reply.body),
        Some("gzip") => drop(
            GzDecoder::new(reply.body.as_slice())
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        Some("br") => drop(
            brotli::Decompressor::new(reply.body.as_slice(), 4096)
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        Some(other) => panic!("{other}"),
    }
    plain
}

/// The headers but for what differs from request to request.
fn lasting(reply: &Reply) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = reply
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    headers
}

// ---- headers

#[tokio::test]
async fn a_public_page_has_exactly_the_headers_that_caches_need() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    for path in ["/", "/tr", "/probe", "/tr/probe/ilk"] {
        let lang = if path.starts_with("/tr") { "tr" } else { "en" };
        // The first answer was just rendered, the second one was kept: nobody can tell.
        let replies = [
            packed(&app.client(), path, "gzip, br").await,
            packed(&app.client(), path, "gzip, br").await,
        ];
        assert_eq!(lasting(&replies[0]), lasting(&replies[1]), "{path}");
        for reply in replies {
            for (name, value) in [
                ("cache-control", "public, max-age=0, s-maxage=60"),
                (
                    "cdn-cache-control",
                    "max-age=60, stale-while-revalidate=30, stale-if-error=86400",
                ),
                ("vary", "Accept-Encoding"),
                ("content-language", lang),
                ("content-type", "text/html; charset=utf-8"),
                ("content-encoding", "br"),
            ] {
                assert_eq!(reply.all(name), [value], "{name} of {path}");
            }
            for name in [
                "set-cookie",
                "cache-tag",
                "xkey",
                "expires",
                "pragma",
                "accept-ranges",
            ] {
                assert_eq!(reply.header(name), None, "{name} of {path}");
            }
            let etag = reply.header("etag").unwrap();
            assert!(etag.starts_with('"') && etag.len() == 22, "{etag}");
        }
    }
}

#[tokio::test]
async fn every_kind_of_file_says_what_it_is() {
    for (kind, expected) in [
        (Kind::Html, "text/html; charset=utf-8"),
        (Kind::Text, "text/plain; charset=utf-8"),
        (Kind::Xml, "application/xml; charset=utf-8"),
        (Kind::Atom, "application/atom+xml; charset=utf-8"),
        (Kind::Rss, "application/rss+xml; charset=utf-8"),
        (Kind::Json, "application/feed+json"),
    ] {
        let file = poem::endpoint::make_sync(move |_| Page::of(kind, "<x/>"));
        let app = TestApp::with_routes(Table::default().at("/file.xml", [page(&[], file)])).await;
        let reply = app.client().get("/file.xml").await;
        assert_eq!(reply.header("content-type"), Some(expected));
        assert_eq!(reply.header("content-language"), None);
        assert_eq!(reply.text(), "<x/>");
        assert!(reply.header("etag").is_some() && reply.header("last-modified").is_some());
    }
}

#[tokio::test]
async fn each_encoding_has_its_own_etag_and_the_same_bytes_the_same_one() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let mut etags = Vec::new();
    for encoding in ["identity", "gzip", "br"] {
        let reply = packed(&nobody, "/probe/a", encoding).await;
        assert_eq!(
            reply.header("content-encoding").unwrap_or("identity"),
            encoding
        );
        assert_eq!(unpacked(&reply), nobody.get("/probe/a").await.body);
        etags.push(reply.header("etag").unwrap().to_owned());
    }
    assert!(etags[0] != etags[1] && etags[1] != etags[2] && etags[0] != etags[2]);
    // Another instance, and the same page rendered again.
    let other = TestApp::with_routes(Post::default().table()).await;
    let again = packed(&other.client(), "/probe/a", "br").await;
    assert_eq!(again.header("etag"), Some(etags[2].as_str()));
    change(&app, &["blog:"]).await;
    let again = packed(&nobody, "/probe/a", "br").await;
    assert_eq!(
        (post.renders(), again.header("etag")),
        (2, Some(etags[2].as_str()))
    );
}

#[tokio::test]
async fn a_page_is_packed_once_in_each_encoding_that_somebody_takes() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let bytes = || {
        let families = app.cache.stats().families;
        let pages = families
            .into_iter()
            .find(|family| family.name == "public:pages");
        pages.unwrap().bytes
    };
    nobody.get("/probe/a").await;
    let plain = bytes();
    for (encoding, places) in [("br", 2), ("gzip", 3)] {
        let before = bytes();
        let all = (0..8).map(|_| packed(&nobody, "/probe/a", encoding));
        let replies = futures_util::future::join_all(all).await;
        let after = bytes();
        // About as heavy as its bytes and headers, and not eight times that.
        assert!(after > before && after < places * plain, "{encoding}");
        for reply in replies {
            assert_eq!(reply.header("content-encoding"), Some(encoding));
            assert_eq!(unpacked(&reply), nobody.get("/probe/a").await.body);
        }
        packed(&nobody, "/probe/a", encoding).await;
        assert_eq!(bytes(), after);
    }
    assert_eq!(post.renders(), 1);
    change(&app, &["blog:"]).await;
    assert_eq!(bytes(), 0);
}

#[tokio::test]
async fn odd_wishes_for_an_encoding_get_something_that_can_be_read() {
    let app = TestApp::with_routes(Post::default().table()).await;
    let nobody = app.client();
    let plain = nobody.get("/probe/a").await;
    for (wish, expected) in [
        ("br;q=0, gzip;q=0", None),
        ("br;q=0, gzip;q=0.5", Some("gzip")),
        ("identity;q=0", None),
        ("identity;q=0, *", Some("br")),
        ("*", Some("br")),
        ("*;q=0", None),
        ("gzip;q=1.0, br;q=0.9", Some("gzip")),
        ("br;q=banana", None),
        (", ,;;q=,", None),
        ("zstd, deflate", None),
        ("x", None),
    ] {
        let reply = packed(&nobody, "/probe/a", wish).await;
        assert_eq!(reply.header("content-encoding"), expected, "{wish}");
        assert_eq!(unpacked(&reply), plain.body, "{wish}");
    }
    assert_eq!(plain.header("content-encoding"), None);
    // A short file is not worth packing.
    let robots = packed(&nobody, "/robots.txt", "br, gzip").await;
    assert_eq!(robots.header("content-encoding"), None);
}

#[tokio::test]
async fn last_modified_is_the_newest_of_content_and_release_and_never_to_come() {
    let released_at = std::env::current_exe().unwrap().metadata().unwrap();
    let released_at = DateTime::<Utc>::from(released_at.modified().unwrap());
    let day = TimeDelta::days(1);
    for (changed_at, newest) in [
        (None, "release"),
        (Some(released_at - day), "release"),
        (Some(crate::support::NOON.parse().unwrap()), "content"),
        (Some(released_at + day * 3650), "now"),
    ] {
        let post = Post {
            changed_at,
            ..Post::default()
        };
        let app = TestApp::with_routes(post.table()).await;
        let reply = app.client().get("/probe/a").await;
        let told = httpdate::parse_http_date(reply.header("last-modified").unwrap()).unwrap();
        let told = DateTime::<Utc>::from(told);
        let now = app.clock.now();
        assert!(told <= now, "{told} is to come");
        match newest {
            // Templates in `views/` are part of it.
            "release" => assert!(told.timestamp() >= released_at.timestamp().min(now.timestamp())),
            "content" => assert!(Some(told) >= changed_at, "{told}"),
            _ => assert!(now - told < TimeDelta::seconds(5), "{told}"),
        }
    }
}

// ---- what the client has already

#[tokio::test]
async fn a_page_that_is_known_is_answered_by_304_without_a_byte_and_with_the_same_headers() {
    let app = TestApp::with_routes(Post::default().table()).await;
    // Dates of the first seconds tell nothing.
    app.clock.shift(TimeDelta::seconds(10));
    let nobody = app.client();
    for encoding in ["identity", "gzip", "br"] {
        let whole = packed(&nobody, "/probe/a", encoding).await;
        let etag = whole.header("etag").unwrap().to_owned();
        let modified = whole.header("last-modified").unwrap().to_owned();
        for (name, value, status) in [
            ("if-none-match", etag.clone(), 304),
            ("if-none-match", format!("\"x\", W/{etag}"), 304),
            ("if-none-match", "*".into(), 304),
            ("if-none-match", "\"x\"".into(), 200),
            ("if-modified-since", modified.clone(), 304),
            (
                "if-modified-since",
                "Sun, 06 Nov 1994 08:49:37 GMT".into(),
                200,
            ),
            ("if-modified-since", "garbage".into(), 200),
        ] {
            let call = nobody
                .call("GET", "/probe/a")
                .header("accept-encoding", encoding);
            let reply = call.header(name, &value).send().await;
            assert_eq!(reply.status, status, "{name}: {value}");
            if status == 304 {
                assert_eq!(reply.body, b"");
                let mut expected = lasting(&whole);
                expected.retain(|(name, _)| {
                    !["content-type", "content-encoding"].contains(&name.as_str())
                });
                assert_eq!(lasting(&reply), expected);
            } else {
                assert_eq!(reply.body, whole.body);
            }
        }
        // The tag decides, whatever the date says.
        let call = nobody
            .call("GET", "/probe/a")
            .header("accept-encoding", encoding);
        let both = call
            .header("if-none-match", "\"x\"")
            .header("if-modified-since", &modified);
        assert_eq!(both.send().await.status, 200);
    }
}

#[tokio::test]
async fn a_date_tells_a_page_from_what_it_was_whatever_was_taken_away_or_renamed() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let since = async |date: &str| {
        let call = nobody.call("GET", "/probe/a");
        call.header("if-modified-since", date).send().await
    };
    let date = |reply: &Reply| reply.header("last-modified").unwrap().to_owned();
    let mut dates: Vec<String> = Vec::new();
    // Nothing on the page tells when it changed.
    for (round, seconds) in [0, 1, 2, 10, 0, 0, 5].into_iter().enumerate() {
        post.say(&format!("round {round}"));
        change(&app, &["blog:"]).await;
        // Even within the second.
        for pause in [0, seconds] {
            app.clock.shift(TimeDelta::seconds(pause));
            for old in &dates {
                let reply = since(old).await;
                assert_eq!(reply.status, 200, "{old} in round {round}");
                assert!(reply.text().contains(&format!("round {round}")));
            }
        }
        dates.push(date(&nobody.get("/probe/a").await));
    }
    // Once it stands for a while its date is known.
    app.clock.shift(TimeDelta::seconds(10));
    change(&app, &["site:page"]).await;
    change(&app, &["blog:post:a"]).await;
    app.clock.shift(TimeDelta::seconds(10));
    let whole = nobody.get("/probe/a").await;
    assert_eq!(since(&date(&whole)).await.status, 304);
    // What falls on others leaves it alone.
    change(&app, &["site:page"]).await;
    assert_eq!(since(&date(&whole)).await.status, 304);
    assert_eq!(date(&nobody.get("/probe/a").await), date(&whole));
    // What changes by itself is new as well.
    *post.next_change.lock().unwrap() = Some(app.clock.now() + TimeDelta::seconds(60));
    change(&app, &["blog:post:a"]).await;
    app.clock.shift(TimeDelta::seconds(30));
    let before = nobody.get("/probe/a").await;
    assert_eq!(since(&date(&before)).await.status, 304);
    *post.next_change.lock().unwrap() = None;
    post.say("by itself");
    app.clock.shift(TimeDelta::seconds(40));
    assert_eq!(since(&date(&before)).await.status, 200);
}

/// What comes over the wire for one request.
async fn wire(address: SocketAddr, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("{request}\r\nhost: x\r\nconnection: close\r\nx-request-id: same\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).unwrap();
    let lines = head.lines().filter(|line| !line.starts_with("date:"));
    (lines.collect::<Vec<_>>().join("\n"), body)
}

/// The product on a port of its own, until the task is aborted.
async fn served(app: &TestApp) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let front = prosektorweb::routes::table().into_front(app);
    let limits = Limits::default();
    let serving = server::serve(listener, front, limits, false, std::future::pending());
    (address, tokio::spawn(serving))
}

#[tokio::test]
async fn over_the_wire_a_kept_page_is_counted_by_the_peer_and_behind_a_proxy_by_what_it_says() {
    for (proxies, is_believed) in [("127.0.0.1", true), ("10.0.0.1", false)] {
        let limits = [("RATE_LIMIT_SCALE", "1"), ("RATE_LIMIT_PUBLIC", "3/60")];
        let app = TestApp::with(&[&limits[..], &[("TRUSTED_PROXIES", proxies)]].concat()).await;
        let (address, serving) = served(&app).await;
        let mut statuses = Vec::new();
        for client in [
            "192.0.2.1",
            "192.0.2.1",
            "192.0.2.1",
            "192.0.2.1",
            "192.0.2.2",
        ] {
            let asked = format!("GET / HTTP/1.1\r\nx-forwarded-for: {client}");
            let (head, _) = wire(address, &asked).await;
            // What a proxy names a request by is told to no cache, and what a stranger does to nobody.
            let is_private = head.contains("cache-control: private");
            let is_repeated = head.contains("x-request-id: same");
            assert_eq!(is_repeated, is_private && is_believed, "{head}");
            statuses.push(head[9..12].to_owned());
        }
        let last = if is_believed { "200" } else { "429" };
        assert_eq!(statuses, ["200", "200", "200", "429", last]);
        assert_eq!(app.pages.len(), 1);
        serving.abort();
    }
}

#[tokio::test]
async fn over_the_wire_head_is_get_without_its_body_and_a_range_is_the_whole() {
    let app = TestApp::new().await;
    let (address, serving) = served(&app).await;
    for path in ["/", "/tr", "/robots.txt", "/?utm_source=x", "/tr/feed.json"] {
        let (head, body) = wire(address, &format!("GET {path} HTTP/1.1")).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(
            head.contains(&format!("\ncontent-length: {}\n", body.len())),
            "{head}"
        );
        let (same, nothing) = wire(address, &format!("HEAD {path} HTTP/1.1")).await;
        assert_eq!((same, nothing), (head.clone(), Vec::new()), "{path}");
        let range = "range: bytes=0-9\r\nif-range: \"x\"";
        assert_eq!(
            wire(address, &format!("GET {path} HTTP/1.1\r\n{range}")).await,
            (head.clone(), body.clone())
        );
        let etag = head
            .lines()
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap();
        for method in ["GET", "HEAD"] {
            let asked = format!("{method} {path} HTTP/1.1\r\nif-none-match: {etag}");
            let (head, body) = wire(address, &asked).await;
            assert!(head.starts_with("HTTP/1.1 304"), "{head}");
            assert!(
                !head.contains("\ncontent-length: ") || head.contains("\ncontent-length: 0\n"),
                "{head}"
            );
            assert_eq!(body, b"", "{method} {path}");
        }
        // A body that a GET brings is nobody's.
        let fat = wire(
            address,
            &format!("GET {path} HTTP/1.1\r\ncontent-length: 5\r\nx-method-override: DELETE"),
        )
        .await;
        assert_eq!(fat.1, body);
    }
    serving.abort();
}

// ---- what is elsewhere, and what is no more

/// A URL that leads elsewhere, or to nothing any more, until it is there again.
#[derive(Clone, Default)]
struct Left {
    renders: Arc<AtomicU32>,
    is_back: Arc<Mutex<bool>>,
    next_change: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl Left {
    fn table(&self) -> Table {
        Table::default()
            .at("/probe/:slug", [page(&[], self.clone())])
            .at("/tr/probe/:slug", [page(&[], self.clone())])
    }
}

impl Endpoint for Left {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.renders.fetch_add(1, Ordering::SeqCst);
        let cx = Cx::of(&request)?;
        let slug = request.raw_path_param("slug").unwrap();
        let page = match slug {
            _ if *self.is_back.lock().unwrap() => Page::new("<!DOCTYPE html><p>back</p>"),
            "moved" => Page::moved("/probe/here?page=2"),
            "away" => Page::moved("//evil.test/"),
            "nowhere" => Page::moved("/a\r\nset-cookie: x=y"),
            _ => Page::gone(
                "<!DOCTYPE html><title>gone</title>".to_owned() + &"<p>no</p>".repeat(200),
            ),
        };
        let mut page = page.lang(cx.lang).tags(["blog:post"]);
        if let Some(at) = *self.next_change.lock().unwrap() {
            page = page.next_change(at);
        }
        Ok(page.into_response())
    }
}

#[tokio::test]
async fn what_has_moved_leads_on_for_an_hour_and_what_is_gone_says_so_without_a_cookie() {
    let left = Left::default();
    let app = TestApp::with_routes(left.table()).await;
    for (path, status, cache_control, location) in [
        (
            "/probe/moved",
            301,
            "public, max-age=3600",
            Some("/probe/here?page=2"),
        ),
        (
            "/tr/probe/moved",
            301,
            "public, max-age=3600",
            Some("/probe/here?page=2"),
        ),
        ("/probe/gone", 410, "public, max-age=0, s-maxage=60", None),
    ] {
        let first = packed(&app.client(), path, "br").await;
        let kept = packed(&app.client(), path, "br").await;
        assert_eq!((lasting(&first), &first.body), (lasting(&kept), &kept.body));
        assert_eq!(
            (kept.status, kept.header("location")),
            (status, location),
            "{path}"
        );
        assert_eq!(kept.all("cache-control"), [cache_control], "{path}");
        assert_eq!(
            kept.all("content-language"),
            [if path.starts_with("/tr") { "tr" } else { "en" }]
        );
        for name in ["set-cookie", "etag", "last-modified", "refresh"] {
            assert_eq!(kept.header(name), None, "{name} of {path}");
        }
        assert!(kept.header("content-security-policy").is_some(), "{path}");
        assert!(unpacked(&kept).len() < 4_096 && !kept.body.is_empty());
        let client = app.client();
        let head = client
            .call("HEAD", path)
            .header("accept-encoding", "br")
            .send()
            .await;
        assert_eq!(
            (head.status, lasting(&head)),
            (status, lasting(&kept)),
            "{path}"
        );
    }
    assert_eq!(left.renders.load(Ordering::SeqCst), 3);
    assert_eq!(
        app.client()
            .get("/probe/gone")
            .await
            .header("content-encoding"),
        None
    );
}

#[tokio::test]
async fn what_is_not_there_is_never_unchanged() {
    let app = TestApp::with_routes(Left::default().table()).await;
    for (path, status) in [("/probe/moved", 301), ("/probe/gone", 410)] {
        for (name, value) in [
            ("if-none-match", "*"),
            ("if-none-match", "\"x\""),
            ("if-modified-since", "Sun, 06 Nov 2094 08:49:37 GMT"),
        ] {
            for _ in 0..2 {
                let client = app.client();
                let reply = client.call("GET", path).header(name, value).send().await;
                assert_eq!(reply.status, status, "{name}: {value}");
                assert!(!reply.body.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn what_comes_back_is_there_at_once_and_no_redirect_outlives_its_time() {
    let left = Left::default();
    let app = TestApp::with_routes(left.table()).await;
    let nobody = app.client();
    let due = app.clock.now() + TimeDelta::seconds(600);
    *left.next_change.lock().unwrap() = Some(due);
    for (path, status) in [("/probe/moved", 301), ("/probe/gone", 410)] {
        let reply = nobody.get(path).await;
        assert_eq!(reply.status, status);
        let told = reply.header("cache-control").unwrap();
        let name = if status == 301 { "max-age" } else { "s-maxage" };
        assert!((1..=600).contains(&seconds(told, name)), "{told}");
        let cdn = reply.header("cdn-cache-control").unwrap();
        assert!(
            seconds(cdn, "max-age") + seconds(cdn, "stale-if-error") <= 600,
            "{cdn}"
        );
    }
    *left.is_back.lock().unwrap() = true;
    assert_eq!(nobody.get("/probe/moved").await.status, 301);
    change(&app, &["blog:"]).await;
    for path in ["/probe/moved", "/probe/gone"] {
        assert!(nobody.get(path).await.text().contains("back"), "{path}");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_but_to_a_path_of_ours() {
    let app = TestApp::with_routes(Left::default().table()).await;
    for path in ["/probe/away", "/probe/nowhere"] {
        let reply = app.client().get(path).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (500, None),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    }
    assert!(app.pages.is_empty());
}

// ---- nobody is in them

#[tokio::test]
async fn what_a_visitor_sends_neither_shows_nor_makes_another_copy() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let ofis = app.sign_in(OFIS).await;
    ofis.set_cookie("lang", "tr");
    ofis.set_cookie("theme", "dark");
    // The first one who comes is the one with the most to tell.
    let first = ofis
        .call("GET", "/probe/a?utm_source=canary&kept=canary")
        .htmx()
        .header("user-agent", "canary")
        .header("accept-language", "tr")
        .header("x-request-id", "canary")
        .header("x-forwarded-host", "canary.test")
        .header("x-forwarded-for", "192.0.2.99")
        .header("x-original-url", "/canary")
        .header("host", "canary.test")
        .header("authorization", "Bearer canary")
        .header("origin", "https://canary.test")
        .send()
        .await;
    assert_eq!(first.status, 200);
    assert!(first.is_page());
    assert!(!first.text().contains("canary"), "{}", first.text());
    assert!(
        first.text().contains("{} /probe/a GET None None"),
        "{}",
        first.text()
    );
    assert_eq!(first.all("set-cookie"), [""; 0]);
    assert_eq!(first.header("access-control-allow-origin"), None);
    for path in ["/probe/a", "/probe/a?x=1", "/"] {
        let client = app.client();
        let call = client
            .call("GET", path)
            .header("x-request-id", "canary")
            .send()
            .await;
        assert_eq!(
            call.header("x-request-id"),
            None,
            "a cache would repeat it to others"
        );
    }
    assert_eq!(
        app.client()
            .get("/probe/a")
            .await
            .header("x-request-id")
            .unwrap()
            .len(),
        36
    );
    let kept = app.pages.len();
    for (name, value) in [
        ("cookie", "lang=tr; session=x"),
        ("hx-request", "true"),
        ("hx-boosted", "true"),
        ("hx-history-restore-request", "true"),
        ("hx-target", "panel"),
        ("host", "evil.test"),
        ("accept", "application/json"),
        ("accept-language", "tr"),
        ("x-http-method-override", "DELETE"),
        ("x-forwarded-scheme", "http"),
        ("range", "bytes=0-3"),
    ] {
        for path in [
            "/probe/a",
            "/probe/a?fbclid=1&utm_campaign=x",
            "/probe/a?a=b&a=c",
            "/probe/a?",
        ] {
            let reply = app
                .client()
                .call("GET", path)
                .header(name, value)
                .send()
                .await;
            assert_eq!(
                (reply.status, &reply.body),
                (200, &first.body),
                "{name} {path}"
            );
            assert_eq!(reply.header("etag"), first.header("etag"));
        }
    }
    assert_eq!((post.renders(), app.pages.len()), (1, kept));
}

#[tokio::test]
async fn known_parameters_make_a_page_and_the_handler_sees_no_others() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let plain = nobody.get("/probe").await;
    let second = nobody.get("/probe?page=2").await;
    assert_ne!(plain.body, second.body);
    assert!(second.text().contains("/probe?page=2 "));
    for same in [
        "/probe?page=2&page=3",
        "/probe?x=1&page=2&y",
        "/probe?p%61ge=2&utm_id=page",
    ] {
        assert_eq!(nobody.get(same).await.body, second.body, "{same}");
    }
    let both = nobody.get("/probe?page=2&tag=a").await;
    assert_eq!(nobody.get("/probe?tag=a&page=2").await.body, both.body);
    assert_eq!(post.renders(), 3);
}

#[tokio::test]
async fn urls_that_are_not_there_are_not_kept_and_no_flood_of_those_that_are_grows_the_store() {
    let post = Post::default();
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    nobody.get("/probe/a").await;
    let kept = app.pages.len();
    for number in 0..200 {
        for path in [
            format!("/no-page-{number}"),
            format!("/probe/no-{number}"),
            format!("/probe/%61{number}"),
            format!("/probe/a;{number}.css"),
            format!("/probe/a/{number}"),
            format!("/BLOG/{number}"),
        ] {
            let reply = nobody.get(&path).await;
            assert_eq!(reply.status, 404, "{path}");
            assert_eq!(reply.header("cache-control"), Some("private, no-store"));
            assert_eq!(reply.header("etag"), None);
        }
    }
    assert_eq!(app.pages.len(), kept);
    // Of what people search for there is no end either.
    for number in 0..20 {
        let found = nobody.get(&format!("/blog/search?q=word{number}")).await;
        assert_eq!(found.status, 200);
        assert!(found.header("cache-control").unwrap().starts_with("public"));
    }
    assert_eq!(app.pages.len(), kept);
    for number in 0..2_000 {
        assert_eq!(
            nobody.get(&format!("/probe?page={number}")).await.status,
            200
        );
    }
    assert!(app.pages.len() <= 1_000, "{}", app.pages.len());
}

#[tokio::test]
async fn a_page_that_would_take_too_much_memory_is_sent_and_not_kept() {
    let heavy = || poem::endpoint::make_sync(|_| Page::new("x".repeat(600_000)));
    let app = TestApp::with_routes(Table::default().at("/heavy", [page(&[], heavy())])).await;
    for _ in 0..2 {
        let reply = packed(&app.client(), "/heavy", "br").await;
        assert_eq!(unpacked(&reply).len(), 600_000);
    }
    assert!(app.pages.is_empty());
}

#[tokio::test]
async fn a_public_page_from_a_url_that_looks_up_a_session_is_refused() {
    let shown = || poem::endpoint::make_sync(|_| Page::new("<!DOCTYPE html><p>canary</p>"));
    let reader = poem::endpoint::make_sync(|request: Request| {
        let name: String = request
            .extensions()
            .get::<Session>()
            .and_then(|session| session.get("user"))
            .unwrap_or_else(|| "nobody".to_owned());
        Page::new(format!("<!DOCTYPE html><p>{name}</p>"))
    });
    let table = Table::default()
        .at("/account/shown", [signed_get(shown())])
        .at("/shown", [open(shown())])
        .at("/reader", [page(&[], reader)]);
    let app = TestApp::with_routes(table).await;
    let ofis = app.sign_in(OFIS).await;
    for path in ["/account/shown", "/shown"] {
        let reply = ofis.get(path).await;
        assert_eq!(reply.status, 500, "{path}");
        assert_eq!(reply.header("cache-control"), Some("private, no-store"));
        assert!(!reply.text().contains("canary"));
    }
    // Where it is allowed there is no session to read.
    assert!(ofis.get("/reader").await.text().contains("<p>nobody</p>"));
}

// ---- changes

#[tokio::test]
async fn an_edited_page_is_seen_by_the_next_reader_and_others_stay() {
    let post = Post::default();
    post.say("old");
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    for path in ["/probe/a", "/probe/b", "/"] {
        nobody.get(path).await;
    }
    let old = nobody.get("/probe/a").await;
    post.say("new");
    assert_eq!(nobody.get("/probe/a").await.body, old.body);
    // Nothing is dropped by a transaction that does not commit.
    let mut tx = app.db.begin().await.unwrap();
    public::changed(&app, &mut tx, ["blog:post:a"])
        .await
        .unwrap();
    drop(tx);
    assert_eq!(nobody.get("/probe/a").await.body, old.body);
    change(&app, &["blog:post:a"]).await;
    let new = nobody.get("/probe/a").await;
    assert!(new.text().contains("<p>new</p>"));
    assert_ne!(new.header("etag"), old.header("etag"));
    let call = nobody
        .call("GET", "/probe/a")
        .header("if-none-match", old.header("etag").unwrap());
    assert_eq!(call.send().await.status, 200);
    assert!(nobody.get("/probe/b").await.text().contains("<p>old</p>"));
    assert_eq!(post.renders(), 3);
    change(&app, &["blog:"]).await;
    assert!(nobody.get("/probe/b").await.text().contains("<p>new</p>"));
    // There is no outer cache that would have to be told.
    assert_eq!(
        app.number(sql!(
            "select count(*) from jobs where kind = 'public.purge'"
        ))
        .await,
        0
    );
}

#[tokio::test]
async fn what_was_rendered_while_it_changed_is_not_kept() {
    let post = Post {
        takes: Duration::from_millis(300),
        ..Post::default()
    };
    post.say("old");
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let edit = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        post.say("new");
        change(&app, &["blog:post:a"]).await;
    };
    let (early, ()) = tokio::join!(nobody.get("/probe/a"), edit);
    assert!(early.text().contains("<p>old</p>"));
    assert!(nobody.get("/probe/a").await.text().contains("<p>new</p>"));
}

#[tokio::test]
async fn however_many_ask_for_a_page_that_is_not_kept_it_is_rendered_once() {
    let post = Post {
        takes: Duration::from_millis(200),
        ..Post::default()
    };
    post.say("old");
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    // One who goes away causes no more than the next one's.
    let gone = tokio::time::timeout(Duration::from_millis(50), nobody.get("/probe/a")).await;
    assert!(gone.is_err());
    let asked = (0..50).map(|_| nobody.get("/probe/a"));
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = std::time::Instant::now();
        nobody.get("/probe/b").await;
        assert!(
            begun.elapsed() < Duration::from_millis(350),
            "nobody waits for another page"
        );
        // Whoever comes after a change does not get what was begun before it.
        post.say("new");
        change(&app, &["blog:post:a"]).await;
        assert!(nobody.get("/probe/a").await.text().contains("<p>new</p>"));
    };
    let (replies, ()) = tokio::join!(futures_util::future::join_all(asked), other);
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(
        post.renders(),
        4,
        "who went away, fifty, the other page, after the change"
    );
}

/// A page that takes a while and then fails, or is made for each reader.
#[derive(Clone, Default)]
struct Slow {
    renders: Arc<AtomicU32>,
}

impl Endpoint for Slow {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.renders.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        match request.raw_path_param("slug") {
            Some("unkept") => Ok(Page::new("<!DOCTYPE html><p>for each</p>")
                .unkept()
                .into_response()),
            Some("missing") => Err(prosektorweb::error::Error::NotFound.into()),
            Some("panics") => panic!("on purpose"),
            _ => Err(prosektorweb::error::Error::unavailable("the database is away").into()),
        }
    }
}

#[tokio::test]
async fn whoever_waits_for_a_page_that_fails_or_is_not_kept_gets_what_came_and_the_next_one_asks_anew()
 {
    let slow = Slow::default();
    let table = Table::default().at("/slow/:slug", [page(&[], slow.clone())]);
    let app = TestApp::with_routes(table).await;
    let nobody = app.client();
    for (slug, status) in [
        ("fails", 503),
        ("missing", 404),
        ("unkept", 200),
        ("panics", 500),
    ] {
        let path = format!("/slow/{slug}");
        slow.renders.store(0, Ordering::SeqCst);
        for round in 1..=2 {
            let asked = (0..30).map(|_| nobody.get(&path));
            for reply in futures_util::future::join_all(asked).await {
                assert_eq!(reply.status, status, "{slug}");
            }
            assert_eq!(slow.renders.load(Ordering::SeqCst), round, "{slug}");
        }
    }
    // Whoever asks after a change is not answered by what was begun before it.
    slow.renders.store(0, Ordering::SeqCst);
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        change(&app, &["blog:"]).await;
        let asked = (0..10).map(|_| nobody.get("/slow/fails"));
        futures_util::future::join_all(asked).await
    };
    let early = futures_util::future::join_all((0..10).map(|_| nobody.get("/slow/fails")));
    tokio::join!(early, later);
    assert_eq!(slow.renders.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_an_administrator_purges_of_the_blog_is_rendered_anew_and_told_to_the_outer_cache() {
    let outer = OuterCache::start().await;
    outer.behave(Behaviour::Answer(200, "Purged 2 objects".into()));
    let app = purged_app(&outer, "varnish", &Post::default()).await;
    let ada = app.sign_in(crate::support::ADA).await;
    for (purged, path, others, told) in [
        ("blog:list:", "/tr/blog", "/tr/about", "blog:list"),
        (
            "blog:list:public:tr:all:1",
            "/tr/blog",
            "/tr/about",
            "blog:list",
        ),
        ("blog:", "/tr/blog", "/tr/about", "blog:"),
        ("site:page:", "/tr/about", "/tr/blog", "site:page"),
        (
            "public:pages:",
            "/tr/about",
            "/robots.txt",
            "blog: site: sitemap:",
        ),
    ] {
        for path in [path, others] {
            assert_eq!(app.client().get(path).await.status, 200);
            assert!(app.pages.ready(path, &HeaderMap::new()).is_some(), "{path}");
        }
        let before = outer.orders().len();
        let reply = ada.post_form("/cache/purge", &[("tag", purged)]).await;
        assert_eq!(reply.status, 303, "{purged}");
        assert!(
            app.pages.ready(path, &HeaderMap::new()).is_none(),
            "{purged}"
        );
        assert_eq!(
            app.pages.ready(others, &HeaderMap::new()).is_some(),
            purged != "public:pages:",
            "{purged}"
        );
        app.run_jobs().await;
        let orders = outer.orders();
        assert_eq!(orders.len(), before + 1, "{purged}");
        assert_eq!(orders[before].header("xkey-purge"), Some(told), "{purged}");
    }
    // No page shows any of these.
    let before = outer.orders().len();
    ada.post_form("/cache/purge", &[("tag", "dashboard:stats:")])
        .await;
    app.run_jobs().await;
    assert_eq!(outer.orders().len(), before);
}

#[tokio::test]
async fn pages_are_counted_like_every_family_and_can_be_purged() {
    let post = Post::default();
    post.say("old");
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    for path in ["/probe/a", "/probe/a", "/probe/b"] {
        nobody.get(path).await;
    }
    let stats = || {
        let families = app.cache.stats().families;
        let pages = families
            .into_iter()
            .find(|family| family.name == "public:pages");
        pages.unwrap()
    };
    let counted = stats();
    assert_eq!((counted.hit_l1, counted.miss, counted.entries), (1, 2, 2));
    assert!(counted.bytes > 1000 && !counted.load.is_zero());
    post.say("new");
    let ada = app.sign_in(crate::support::ADA).await;
    let purged = ada
        .post_form("/cache/purge", &[("tag", "public:pages:")])
        .await;
    assert_eq!(purged.status, 303);
    assert_eq!((stats().entries, stats().bytes), (0, 0));
    assert!(nobody.get("/probe/a").await.text().contains("<p>new</p>"));
}

fn seconds(header: &str, name: &str) -> i64 {
    let mut part = header.split(',').map(str::trim);
    let value = part.find_map(|part| part.strip_prefix(name));
    value.unwrap().strip_prefix('=').unwrap().parse().unwrap()
}

#[tokio::test]
async fn no_lifetime_reaches_past_the_next_change_and_the_page_changes_on_time() {
    let post = Post::default();
    post.say("before");
    let app = TestApp::with_routes(post.table()).await;
    let nobody = app.client();
    let due = app.clock.now() + TimeDelta::seconds(3600);
    *post.next_change.lock().unwrap() = Some(due);
    for wait in [0, 1800, 1765, 20, 5] {
        app.clock.shift(TimeDelta::seconds(wait));
        let reply = nobody.get("/probe/a").await;
        let left = (due - app.clock.now()).num_seconds();
        let etag = reply.header("etag").unwrap();
        let known = nobody
            .call("GET", "/probe/a")
            .header("if-none-match", etag)
            .send()
            .await;
        assert_eq!(known.status, 304);
        for reply in [&reply, &known] {
            let shared = seconds(reply.header("cache-control").unwrap(), "s-maxage");
            let cdn = reply.header("cdn-cache-control").unwrap();
            let fresh = seconds(cdn, "max-age");
            assert_eq!(shared, fresh);
            assert_eq!(fresh, (left + 1).min(60).min(fresh.max(left)), "{left}");
            for stale in ["stale-while-revalidate", "stale-if-error"] {
                assert!(fresh + seconds(cdn, stale) <= left + 1, "{left}: {cdn}");
            }
        }
    }
    assert_eq!(post.renders(), 1);
    post.say("after");
    *post.next_change.lock().unwrap() = None;
    app.clock.shift(TimeDelta::seconds(11));
    let reply = nobody.get("/probe/a").await;
    assert!(reply.text().contains("<p>after</p>"));
    assert_eq!(
        reply.header("cache-control"),
        Some("public, max-age=0, s-maxage=60")
    );
}

// ---- the outer cache

#[tokio::test]
async fn an_outer_cache_is_told_of_tags_and_may_hold_pages_for_longer() {
    let outer = OuterCache::start().await;
    for (shape, header, expected) in [
        ("cloudflare", "cache-tag", "blog:,blog:post:,blog:post:a"),
        ("varnish", "xkey", "blog: blog:post: blog:post:a"),
    ] {
        let app = purged_app(&outer, shape, &Post::default()).await;
        let reply = app.client().get("/probe/a").await;
        assert_eq!(reply.header(header), Some(expected));
        assert_eq!(
            reply.header("cache-control"),
            Some("public, max-age=0, s-maxage=3600")
        );
        // A page that is made of nothing that changes has no tags.
        assert_eq!(app.client().get("/robots.txt").await.header(header), None);
    }
}

#[tokio::test]
async fn a_change_is_told_to_cloudflare_in_batches_of_thirty_after_the_commit() {
    let outer = OuterCache::start().await;
    let app = purged_app(&outer, "cloudflare", &Post::default()).await;
    let mut tx = app.db.begin().await.unwrap();
    public::changed(&app, &mut tx, ["blog:never"])
        .await
        .unwrap();
    drop(tx);
    let tags: Vec<String> = (0..70).map(|n| format!("blog:post:{n:02}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    change(&app, &tags).await;
    // The same change again, before the first was told: one job does for both.
    change(&app, &tags).await;
    change(&app, &[]).await;
    app.run_jobs().await;
    let orders = outer.orders();
    assert_eq!(orders.len(), 3);
    let mut told = Vec::new();
    for order in &orders {
        assert!(
            order.head.starts_with("POST /zones/z/purge_cache HTTP/1.1"),
            "{}",
            order.head
        );
        assert_eq!(order.header("authorization"), Some("Bearer canary-token"));
        assert_eq!(order.header("content-type"), Some("application/json"));
        let body: serde_json::Value = serde_json::from_str(&order.body).unwrap();
        let batch = body["tags"].as_array().unwrap();
        assert!(batch.len() <= 30);
        told.extend(batch.iter().map(|tag| tag.as_str().unwrap().to_owned()));
    }
    assert_eq!(told, tags);
}

#[tokio::test]
async fn a_change_is_told_to_varnish_by_its_keys() {
    let outer = OuterCache::start().await;
    outer.behave(Behaviour::Answer(200, "Purged 2 objects".into()));
    let app = purged_app(&outer, "varnish", &Post::default()).await;
    change(&app, &["blog:post:b", "blog:list:tr", "blog:post:b"]).await;
    app.run_jobs().await;
    let orders = outer.orders();
    assert_eq!(orders.len(), 1);
    assert!(
        orders[0]
            .head
            .starts_with("PURGE /zones/z/purge_cache HTTP/1.1")
    );
    assert_eq!(
        orders[0].header("xkey-purge"),
        Some("blog:list:tr blog:post:b")
    );
}

#[tokio::test]
async fn an_outer_cache_that_is_wrong_slow_or_dead_is_told_again_until_it_has_heard() {
    let mut outer = OuterCache::start().await;
    let app = purged_app(&outer, "cloudflare", &Post::default()).await;
    let waiting = async || {
        let rows: Vec<(String, i64, Option<String>)> = app
            .rows(sql!(
                "select state, attempts, error from jobs where kind = 'public.purge'"
            ))
            .await;
        assert_eq!(rows.len(), 1);
        rows[0].clone()
    };
    change(&app, &["blog:post:a"]).await;
    let refused = r#"{"success":false,"errors":[{"message":"canary-answer"}]}"#;
    let faults = [
        (Some(Behaviour::Answer(403, refused.into())), "answered 403"),
        (Some(Behaviour::Answer(200, refused.into())), "did not say"),
        (Some(Behaviour::Answer(200, "<html>".into())), "did not say"),
        (Some(Behaviour::Answer(302, String::new())), "answered 302"),
        (Some(Behaviour::HangUp), "broke"),
        (Some(Behaviour::Endless), "did not say"),
        (
            Some(Behaviour::Late(Duration::from_secs(15))),
            "took too long",
        ),
        (None, "cannot be reached"),
    ];
    let address = outer.address;
    let mut attempts = 0;
    for (behaviour, told) in faults {
        match behaviour {
            Some(behaviour) => outer.behave(behaviour),
            // Its port is closed.
            None => drop(std::mem::replace(&mut outer, OuterCache::start().await)),
        }
        app.run_jobs().await;
        attempts += 1;
        let (state, ran, error) = waiting().await;
        assert_eq!((state.as_str(), ran), ("delayed", attempts), "{told}");
        let error = error.unwrap();
        assert!(error.contains(told), "{told}: {error}");
        assert!(
            !error.contains("canary") && !error.contains("127.0.0.1"),
            "{error}"
        );
        app.clock.shift(TimeDelta::hours(2));
    }
    let back = OuterCache::at(address).await;
    app.run_jobs().await;
    assert_eq!(waiting().await.0, "done");
    assert_eq!(back.orders().len(), 1);
}

/// One of each kind of public page.
const PAGES: [&str; 24] = [
    "/",
    "/tr",
    "/robots.txt",
    "/llms.txt",
    "/feed.xml",
    "/tr/rss.xml",
    "/feed.json",
    "/blog/category/hosting/feed.xml",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/tr/about",
    "/privacy",
    "/tr/terms",
    "/cookies",
    "/contact/thanks",
    "/blog",
    "/blog?page=2",
    "/blog/seo-without-tricks",
    "/blog/category/hosting",
    "/blog/tag/seo",
    "/blog/author/ofis-demir",
    "/tr/blog",
    "/tr/blog/hilesiz-seo",
    "/probe/a",
];

/// And what is answered by a status of its own.
const LED_OR_GONE: [(&str, &str); 4] = [
    ("/blog/category/old-hosting", "301"),
    ("/blog/category/old-hosting/feed.xml", "301"),
    ("/blog/category/given-up", "410"),
    ("/tr/blog/", "301"),
];

async fn rename_and_drop(app: &TestApp) {
    let now = app.clock.now();
    let (category,): (uuid::Uuid,) = app
        .rows(sql!(
            "select id from categories where lang = 'en' and slug = 'hosting'"
        ))
        .await[0];
    for (slug, to) in [("old-hosting", Some(category)), ("given-up", None)] {
        app.execute(sql!(
            "insert into slugs_gone (kind, lang, slug, to_id, created_at) values ('category', 'en', ?, ?, ?)",
            slug,
            to,
            now
        ))
        .await;
    }
}

/// On a hit Varnish names two transactions: this one and the one that fetched.
fn is_hit(head: &str) -> bool {
    let line = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("x-varnish: ")
            .map(str::to_owned)
    });
    line.unwrap().contains(' ')
}

#[tokio::test]
async fn behind_varnish_everything_public_is_a_hit_until_it_is_purged_and_nothing_private_is() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let product = listener.local_addr().unwrap();
    let Some(varnish) = Varnish::start(product) else {
        return;
    };
    let post = Post::default();
    post.say("old");
    let url = format!("http://{}/", varnish.address);
    let variables = [
        ("CACHE_PURGE_URL", url.as_str()),
        ("CACHE_PURGE_SHAPE", "varnish"),
    ];
    let app = TestApp::configured(&variables, post.table()).await;
    let front = prosektorweb::routes::table()
        .merge(post.table())
        .into_front(&app);
    let limits = Limits::default();
    let serving = server::serve(listener, front, limits, false, std::future::pending());
    let serving = tokio::spawn(serving);
    let ofis = app.sign_in(OFIS).await;
    let name = prosektorweb::web::session::cookie_name(&app.config);
    let cookie = format!("cookie: {name}={}", ofis.cookie(name).unwrap());
    rename_and_drop(&app).await;
    let ask = async |path: &str, headers: &str| {
        wire(varnish.address, &format!("GET {path} HTTP/1.1{headers}")).await
    };
    for (path, status) in LED_OR_GONE {
        for hit in [false, true] {
            let (head, _) = ask(path, "").await;
            let is_told = head.starts_with(&format!("HTTP/1.1 {status}"));
            assert!(is_told && is_hit(&head) == hit, "{path}: {head}");
        }
    }
    for path in PAGES {
        assert!(!is_hit(&ask(path, "").await.0), "{path}");
    }
    for path in PAGES {
        for headers in [
            "",
            &format!("\r\n{cookie}"),
            "\r\nhx-request: true",
            "\r\naccept-language: tr",
            "\r\nuser-agent: x",
        ] {
            let (head, _) = ask(path, headers).await;
            assert!(
                head.starts_with("HTTP/1.1 200") && is_hit(&head),
                "{path}: {head}"
            );
        }
        let (head, _) = ask(path, "").await;
        // Varnish makes it weak, and spells it so, where it unpacks.
        let etag = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("etag: "));
        let etag = &etag.unwrap_or_else(|| panic!("{head}"))["etag: ".len()..];
        let (head, _) = ask(path, &format!("\r\nif-none-match: {etag}")).await;
        assert!(head.starts_with("HTTP/1.1 304"), "{head}");
    }
    assert_eq!(post.renders(), 1);
    for _ in 0..2 {
        let (head, body) = ask("/dashboard", &format!("\r\n{cookie}")).await;
        assert!(head.starts_with("HTTP/1.1 200") && !is_hit(&head), "{head}");
        assert!(String::from_utf8_lossy(&body).contains("Ofis"));
        let (head, _) = ask("/dashboard", "").await;
        assert!(head.starts_with("HTTP/1.1 303") && !is_hit(&head), "{head}");
    }
    post.say("new");
    change(&app, &["blog:post:a"]).await;
    app.run_jobs().await;
    let (head, body) = ask("/probe/a", "").await;
    assert!(!is_hit(&head));
    assert!(String::from_utf8_lossy(&body).contains("<p>new</p>"));
    assert!(is_hit(&ask("/", "").await.0));
    // What the office writes is read behind the cache as soon as the job is done, and nothing else is fetched again.
    let post: (uuid::Uuid,) = app
        .rows(sql!("select id from posts where slug = 'hilesiz-seo'"))
        .await[0];
    let form = ofis
        .get(&format!("/posts/{}/edit", post.0))
        .await
        .form("#editor");
    let saved = ofis.submit(&form.set("title", "Yeni sözler")).await;
    assert_eq!(saved.status, 303);
    let about = ofis.get("/site-pages/about-tr").await.form("#editor");
    assert_eq!(
        ofis.submit(&about.set("title", "Bambaşka")).await.status,
        303
    );
    app.run_jobs().await;
    for (path, words) in [
        ("/tr/blog/hilesiz-seo", "Yeni sözler"),
        ("/tr/blog", "Yeni sözler"),
        ("/tr/about", "Bambaşka"),
    ] {
        let (head, body) = ask(path, "").await;
        assert!(!is_hit(&head), "{path}");
        assert!(String::from_utf8_lossy(&body).contains(words), "{path}");
        assert!(is_hit(&ask(path, "").await.0), "{path}");
    }
    assert!(is_hit(&ask("/robots.txt", "").await.0));
    serving.abort();
}
