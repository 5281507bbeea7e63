//! What every answer has in common: headers, errors with a way on, languages, caching, and that reading changes nothing.

use std::{
    collections::{BTreeSet, VecDeque},
    io::Read as _,
};

use flate2::read::GzDecoder;
use poem::{Endpoint, Request, Response};
use prosektorweb::{
    error::{Error, Spent},
    platform::embedded::ASSETS,
    sql,
    web::{
        access::Permission,
        router::{Table, get},
    },
};

use crate::support::{ADA, CEM, Client, ESRA, OFIS, Reply, TestApp, database::difference};

type Fail = fn() -> Error;

/// A page that always fails in its own way.
struct Failing(Fail);

impl Endpoint for Failing {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        Err((self.0)().into())
    }
}

const FAILURES: &[(u16, Fail)] = &[
    (400, || Error::BadRequest("canary".into())),
    (403, || Error::Forbidden),
    (404, || Error::NotFound),
    (405, || Error::MethodNotAllowed("POST".into())),
    (409, || Error::Conflict),
    (409, || Error::Taken("canary".into())),
    (413, || Error::TooLarge),
    (415, || Error::UnsupportedMediaType),
    (422, || Error::Unprocessable),
    (429, || {
        Error::TooMany(Spent {
            limit: "canaries",
            max: 1,
            window: 60,
            retry_after: 42,
        })
    }),
    (500, || Error::internal("canary at src/canary.rs")),
    (503, || Error::unavailable("canary://user:canary@host")),
];

fn failing() -> Table {
    let rows = FAILURES.iter().enumerate();
    rows.fold(Table::default(), |table, (place, (_, error))| {
        let path = format!("/dashboard/failing-{place}");
        table.at(&path, [get(Permission::DashboardRead, Failing(*error))])
    })
}

// ---- headers

pub fn has_security_headers(reply: &Reply, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name} of {what}");
    }
    assert!(reply.header("permissions-policy").is_some(), "{what}");
    assert!(!reply.header("x-request-id").unwrap().is_empty(), "{what}");
    let policy = reply.header("content-security-policy").unwrap();
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive} of {what}");
    }
    assert!(!policy.contains("unsafe"), "{what}");
    for name in ["server", "x-powered-by"] {
        assert_eq!(reply.header(name), None, "{name} of {what}");
    }
}

#[tokio::test]
async fn every_kind_of_answer_has_the_security_headers() {
    let app = TestApp::with_routes(failing()).await;
    let nobody = app.client();
    let ofis = app.sign_in(OFIS).await;
    let cem = app.sign_in(CEM).await;
    let etag = nobody.get("/").await.header("etag").unwrap().to_owned();
    let known = nobody.call("GET", "/").header("if-none-match", &etag);
    let stylesheet = nobody
        .get("/")
        .await
        .attr("link[rel=stylesheet]", "href")
        .unwrap();
    let huge = "a".repeat(2_100_000);
    let replies = [
        (200, nobody.get("/").await),
        (200, nobody.get("/robots.txt").await),
        (200, nobody.get("/login").await),
        (200, nobody.get("/healthz").await),
        (200, nobody.get("/readyz").await),
        (200, nobody.get(&stylesheet).await),
        (200, ofis.get("/dashboard").await),
        (200, ofis.htmx_get("/companies").await),
        (200, ofis.post_form("/companies/export", &[]).await),
        (303, nobody.get("/dashboard").await),
        (303, ofis.post_form("/preferences", &[]).await),
        (304, known.send().await),
        (401, nobody.htmx_get("/dashboard").await),
        (
            403,
            nobody
                .call("POST", "/login")
                .header("origin", "null")
                .send()
                .await,
        ),
        (404, nobody.get("/nowhere").await),
        (404, nobody.get("/assets/nothing.css").await),
        (404, cem.get("/dashboard").await),
        (405, ofis.call("DELETE", "/companies").send().await),
        (405, nobody.call("POST", "/").send().await),
        (405, nobody.call("TRACE", "/").send().await),
        (413, ofis.post_form("/companies", &[("name", &huge)]).await),
        (422, nobody.post_form("/login", &[]).await),
        (500, ofis.get("/dashboard/failing-10").await),
        (503, ofis.htmx_get("/dashboard/failing-11").await),
    ];
    for (at, (status, reply)) in replies.iter().enumerate() {
        assert_eq!(reply.status, *status, "{at}");
        has_security_headers(reply, &format!("{at}: {status}"));
    }
}

#[tokio::test]
async fn a_trusted_proxys_request_id_is_taken_over_if_it_is_plain_and_any_other_is_made() {
    let app = TestApp::new().await;
    let ask_from = async |peer: &str, id: &str| {
        let nobody = app.client().from(peer);
        let reply = nobody
            .call("GET", "/nowhere")
            .header("x-request-id", id)
            .send()
            .await;
        let answered = reply.header("x-request-id").unwrap().to_owned();
        assert!(reply.text().contains(&answered));
        answered
    };
    let ask = async |id: &str| ask_from("127.0.0.1", id).await;
    for plain in ["a", "0198c-42_b.7", &"x".repeat(64)] {
        assert_eq!(ask(plain).await, plain);
    }
    for odd in ["", "a b", "<b>", "{\"a\":1}", "a;b", &"x".repeat(65)] {
        let made = ask(odd).await;
        assert!(made != odd && made.len() == 36, "{odd}: {made}");
    }
    let made = ask_from("203.0.113.9", "chosen").await;
    assert_eq!(made.len(), 36, "only a trusted proxy may name a request");
    let nobody = app.client();
    let first = nobody.get("/").await;
    let second = nobody.get("/").await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn head_has_the_status_and_the_headers_of_get() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for path in [
        "/",
        "/tr",
        "/robots.txt",
        "/dashboard",
        "/companies",
        "/nowhere",
        "/companies/new",
    ] {
        let head = ofis
            .call("HEAD", path)
            .header("x-request-id", "same")
            .send()
            .await;
        let get = ofis
            .call("GET", path)
            .header("x-request-id", "same")
            .send()
            .await;
        assert_eq!(
            (head.status, head.headers),
            (get.status, get.headers),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_signed_in_is_kept_by_no_cache() {
    let app = TestApp::with_routes(failing()).await;
    let ofis = app.sign_in(OFIS).await;
    for path in [
        "/dashboard",
        "/companies",
        "/companies/new",
        "/trash",
        "/help",
        "/login",
        "/logout",
        "/companies/nothing",
        "/dashboard/failing-10",
        "/dashboard/app.css",
        "/dashboard;x.css",
        "/companies/export.css",
        "/dashboard%2f..",
    ] {
        for reply in [
            ofis.get(path).await,
            ofis.htmx_get(path).await,
            app.client().get(path).await,
        ] {
            assert_eq!(
                reply.header("cache-control"),
                Some("private, no-store"),
                "{path}"
            );
            assert_eq!(reply.header("etag"), None, "{path}");
        }
    }
    for path in [
        "/dashboard/app.css",
        "/dashboard;x.css",
        "/companies/export.css",
        "/dashboard%2f..",
        "/companies.css",
    ] {
        assert_eq!(ofis.get(path).await.status, 404, "{path}");
    }
}

// ---- errors

#[tokio::test]
async fn every_error_is_a_page_and_a_fragment_with_the_request_id_and_a_way_on() {
    let app = TestApp::with_routes(failing()).await;
    for language in ["en", "tr"] {
        let ofis = app.sign_in(OFIS).await;
        ofis.post_form("/preferences", &[("locale", language)])
            .await;
        let mut titles = BTreeSet::new();
        for (place, (status, _)) in FAILURES.iter().enumerate() {
            let path = format!("/dashboard/failing-{place}");
            let page = ofis.get(&path).await;
            assert_eq!(page.status, *status);
            assert!(page.is_page());
            assert_eq!(page.attr("html", "lang").as_deref(), Some(language));
            titles.insert(page.one("h1"));
            assert!(page.has("main a[href]"), "{status} leads nowhere");

            let fragment = ofis.htmx_get(&path).await;
            assert_eq!(fragment.status, *status);
            assert!(!fragment.is_page());
            assert_eq!(fragment.header("hx-retarget"), Some("#problem"));
            assert_eq!(fragment.header("hx-reswap"), Some("innerHTML"));
            assert!(fragment.has("a[href]"), "{status} leads nowhere");

            for reply in [page, fragment] {
                let id = reply.header("x-request-id").unwrap();
                assert!(reply.text().contains(id), "{status}");
                assert!(!reply.text().contains("canary"), "{status} tells its cause");
                assert_eq!(
                    reply.header("content-type"),
                    Some("text/html; charset=utf-8")
                );
                let waits = [429, 503].contains(status);
                let seconds = reply
                    .header("retry-after")
                    .map(|text| text.parse::<u32>().unwrap());
                assert_eq!(
                    seconds.is_some_and(|seconds| seconds >= 1),
                    waits,
                    "{status}"
                );
                assert_eq!(reply.header("allow"), (*status == 405).then_some("POST"));
                if *status == 405 {
                    assert!(reply.text().contains("POST"));
                }
            }
        }
        assert_eq!(
            titles.len(),
            11,
            "each status has its own words: {titles:?}"
        );
    }
}

#[tokio::test]
async fn an_error_that_passes_offers_to_try_again() {
    let app = TestApp::with_routes(failing()).await;
    let ofis = app.sign_in(OFIS).await;
    for place in [9, 10, 11] {
        let path = format!("/dashboard/failing-{place}");
        assert!(
            ofis.get(&path).await.has(&format!("main a[href='{path}']")),
            "{path}"
        );
    }
}

// ---- public pages

const PUBLIC: [&str; 10] = [
    "/",
    "/tr",
    "/robots.txt",
    "/sitemap.xml",
    "/llms.txt",
    "/feed.xml",
    "/tr/rss.xml",
    "/tr/feed.json",
    "/contact/thanks",
    "/tr/contact/thanks",
];

#[tokio::test]
async fn public_pages_are_the_same_for_everybody_and_set_no_cookie() {
    let app = TestApp::new().await;
    let nobody = app.client();
    let ofis = app.sign_in(OFIS).await;
    ofis.set_cookie("lang", "tr");
    ofis.set_cookie("theme", "dark");
    for path in PUBLIC {
        let plain = nobody.get(path).await;
        assert_eq!(plain.status, 200);
        let variants = [
            ofis.get(path).await,
            ofis.htmx_get(path).await,
            nobody
                .call("GET", path)
                .header("accept-language", "tr")
                .send()
                .await,
            nobody
                .call("GET", path)
                .header("x-forwarded-host", "evil.test")
                .send()
                .await,
            nobody
                .call("GET", path)
                .header("host", "evil.test")
                .send()
                .await,
            nobody.get(&format!("{path}?utm_source=x")).await,
        ];
        for reply in variants {
            assert_eq!(reply.status, 200, "{path}");
            assert_eq!(reply.body, plain.body, "{path}");
            assert_eq!(reply.all("set-cookie"), [""; 0], "{path}");
            assert_eq!(reply.header("etag"), plain.header("etag"), "{path}");
        }
        assert!(
            plain
                .header("cache-control")
                .unwrap()
                .starts_with("public, max-age=0, s-maxage=")
        );
        assert!(!plain.text().contains("evil.test"));
    }
    let logged = nobody.get("/nowhere").await;
    assert_eq!(logged.all("set-cookie"), [""; 0]);
}

#[tokio::test]
async fn the_url_of_a_public_page_decides_its_language_and_each_names_the_other() {
    let app = TestApp::new().await;
    let base = app.config.base_url.as_str().trim_end_matches('/');
    for (path, language, other) in [("/", "en", "/tr"), ("/tr", "tr", "/")] {
        let page = app.client().get(path).await;
        assert_eq!(page.attr("html", "lang").as_deref(), Some(language));
        assert_eq!(page.header("content-language"), Some(language));
        assert!(page.has(&format!("nav a[href='{other}'][hreflang]")));
        let alternates = page.attrs("link[rel=alternate]", "href");
        for url in [format!("{base}/"), format!("{base}/tr")] {
            assert!(alternates.contains(&url), "{url}: {alternates:?}");
        }
        assert_eq!(
            page.attr("link[rel=canonical]", "href"),
            Some(format!("{base}{path}"))
        );
        assert!(page.has("a[href='/login']"));
        // Data about the page is no script.
        assert_eq!(page.count("script:not([type='application/ld+json'])"), 0);
    }
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

#[tokio::test]
async fn a_public_page_that_is_known_already_is_not_sent_again() {
    let app = TestApp::new().await;
    let nobody = app.client();
    let ask = async |encoding: &str, etag: &str| {
        let call = nobody.call("GET", "/").header("accept-encoding", encoding);
        call.header("if-none-match", etag).send().await
    };
    let plain = nobody.get("/").await;
    let packed = ask("gzip", "\"other\"").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(unpacked(&packed), plain.body);
    let (of_plain, of_packed) = (
        plain.header("etag").unwrap(),
        packed.header("etag").unwrap(),
    );
    assert!(
        of_plain.starts_with('"') && of_packed.starts_with('"'),
        "strong ones"
    );
    assert_ne!(of_plain, of_packed, "one for each encoding");
    for (encoding, etag, status) in [
        ("", of_plain.to_owned(), 304),
        ("gzip", of_packed.to_owned(), 304),
        ("gzip", format!("\"a\", W/{of_packed}"), 304),
        ("", "*".to_owned(), 304),
        ("gzip", of_plain.to_owned(), 200),
        ("", of_packed.to_owned(), 200),
        ("", "\"\"".to_owned(), 200),
        ("gzip;q=0", of_plain.to_owned(), 304),
    ] {
        let reply = ask(encoding, &etag).await;
        assert_eq!(reply.status, status, "{encoding} {etag}");
        assert_eq!(reply.header("vary"), Some("Accept-Encoding"));
        if status == 304 {
            assert!(reply.body.is_empty());
            assert_eq!(reply.header("content-encoding"), None);
            assert!(reply.header("etag").is_some() && reply.header("cache-control").is_some());
        }
    }
}

#[tokio::test]
async fn a_signed_in_page_is_packed_when_the_browser_can_unpack_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let plain = ofis
        .call("GET", "/help")
        .header("x-request-id", "same")
        .send()
        .await;
    let packed = ofis
        .call("GET", "/help")
        .header("x-request-id", "same")
        .header("accept-encoding", "gzip, br")
        .send()
        .await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < plain.body.len());
    assert_eq!(unpacked(&packed), plain.body);
    assert!(packed.all("vary").join(",").contains("Accept-Encoding"));
}

#[tokio::test]
async fn files_keep_for_ever_under_a_name_that_changes_with_them() {
    let app = TestApp::new().await;
    let nobody = app.client();
    let ofis = app.sign_in(OFIS).await;
    let mut wanted = BTreeSet::new();
    for page in [
        nobody.get("/").await,
        nobody.get("/tr").await,
        ofis.get("/dashboard").await,
    ] {
        for (selector, attribute) in [
            ("link[rel=stylesheet], link[rel=icon]", "href"),
            ("script", "src"),
            ("img", "src"),
            ("use", "href"),
        ] {
            wanted.extend(
                page.attrs(selector, attribute)
                    .into_iter()
                    .map(|url| url.split('#').next().unwrap().to_owned()),
            );
        }
    }
    for name in ["app.css", "app.js", "htmx.js", "icons.svg"] {
        let url = prosektorweb::web::assets::url(name).unwrap();
        assert!(wanted.contains(&url), "no page uses {url}");
    }
    for asset in ASSETS {
        wanted.insert(format!("/assets/{}", asset.file));
    }
    for url in wanted {
        let plain = nobody.get(&url).await;
        assert_eq!(plain.status, 200, "{url}");
        assert_eq!(
            plain.header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(plain.all("set-cookie"), [""; 0]);
        for accepted in ["br", "gzip", "gzip, br", "br;q=0, gzip", "identity"] {
            let reply = nobody
                .call("GET", &url)
                .header("accept-encoding", accepted)
                .send()
                .await;
            assert_eq!(unpacked(&reply), plain.body, "{url} as {accepted}");
            assert_eq!(reply.header("content-type"), plain.header("content-type"));
            if let Some(encoding) = reply.header("content-encoding") {
                assert!(
                    accepted.contains(encoding) && !accepted.contains(&format!("{encoding};q=0"))
                );
                assert!(reply.body.len() < plain.body.len());
                assert_eq!(reply.header("vary"), Some("Accept-Encoding"));
            }
        }
    }
    for url in [
        "/assets/app.css",
        "/assets/",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e%2fCargo.toml",
        "/assets/app-000000000000.css",
    ] {
        assert_eq!(nobody.get(url).await.status, 404, "{url}");
    }
}

// ---- what people type

const EVIL: [&str; 4] = [
    "{{1234*8765}} {%raw%} ${1234*8765}",
    "\"><img src=x onerror=alert(1)>",
    "'--></script><script>alert(1)</script>",
    "javascript:alert(1)//<svg onload=alert(1)>",
];

/// Nothing that was typed has become an element, an attribute or a computed value.
fn is_harmless(reply: &Reply, what: &str) {
    for selector in [
        "img[src=x]",
        "[onerror]",
        "[onload]",
        "svg[onload]",
        "script:not([src], [type='application/ld+json'])",
        "a[href^='javascript']",
    ] {
        assert!(!reply.has(selector), "{selector} in {what}");
    }
    let product = (1234 * 8765).to_string();
    assert!(!reply.text().contains(&product), "{what} has calculated");
}

#[tokio::test]
async fn names_are_text_on_every_page() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for evil in EVIL {
        let form = ofis.get("/companies/new").await.form("#company-form form");
        let form = form
            .set("name", evil)
            .set("tax_office", evil)
            .set("address", evil)
            .set("confirm", "true");
        let reply = ofis.submit(&form).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let path = reply.location().to_owned();
        let shown = ofis.follow(&reply).await;
        assert_eq!(shown.one("h1"), evil);
        is_harmless(&shown, "the message");

        let children = [
            ("contacts", "name", ["title", "form_key"]),
            ("notes", "body", ["pinned", "form_key"]),
            ("activities", "title", ["body", "form_key"]),
        ];
        for (place, field, more) in children {
            let fields = [
                (field, evil),
                (more[0], evil),
                (more[1], evil),
                ("kind", "task"),
                ("due_on", "2026-11-25"),
            ];
            let reply = ofis.htmx_post(&format!("{path}/{place}"), &fields).await;
            assert_eq!(reply.status, 200, "{place}");
            is_harmless(&reply, place);
            assert!(
                reply
                    .one("#panel")
                    .contains(evil.split_whitespace().next().unwrap()),
                "{place}"
            );
        }
        let mut pages: Vec<String> = [
            "",
            "/contacts",
            "/notes",
            "/activities",
            "/history",
            "/edit",
            "/trash",
        ]
        .iter()
        .map(|tab| format!("{path}{tab}"))
        .collect();
        let query: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        pages.extend([
            "/dashboard".into(),
            "/companies?sort=-created_at".into(),
            format!("/companies?q={query}"),
            format!("/companies/similar?name={query}"),
            "/activities?due=week".into(),
            "/activities?due=open".into(),
            format!("/login?next=/{query}"),
            format!("/nowhere/{query}"),
        ]);
        for page in &pages {
            is_harmless(&ofis.get(page).await, page);
            is_harmless(&ofis.htmx_get(page).await, page);
        }
        let edit = ofis
            .get(&format!("{path}/edit"))
            .await
            .form("#company-form form");
        assert_eq!(edit.value("name"), Some(evil));
        assert_eq!(edit.value("address"), Some(evil));
        let wrong = ofis
            .submit(&edit.clone().set("phone", evil).set("status", evil))
            .await;
        assert_eq!(wrong.status, 422);
        is_harmless(&wrong, "the form with its errors");
        let stale = ofis
            .submit(&edit.set("version", "99").set("name", &format!("x{evil}")))
            .await;
        assert_eq!(stale.status, 409);
        is_harmless(&stale, "the conflict");

        let confirm = ofis
            .get(&format!("{path}/trash"))
            .await
            .form(".confirm form");
        let reply = ofis.submit(&confirm).await;
        is_harmless(&ofis.follow(&reply).await, "the message with undo");
        is_harmless(&ofis.get("/trash").await, "the trash");
        let login = app
            .client()
            .post_form("/login", &[("email", evil), ("next", evil)])
            .await;
        is_harmless(&login, "the sign-in form");
    }
}

// ---- preferences

#[tokio::test]
async fn the_language_is_the_users_then_the_cookies_then_the_browsers_then_english() {
    let app = TestApp::new().await;
    let language = |page: Reply| page.attr("html", "lang").unwrap();
    let nobody = app.client();
    assert_eq!(language(nobody.get("/login").await), "en");
    let asked = nobody
        .call("GET", "/login")
        .header("accept-language", "tr-TR,en;q=0.5");
    assert_eq!(language(asked.send().await), "tr");
    let reply = nobody
        .post_form("/preferences", &[("locale", "tr"), ("next", "/login")])
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/login"));
    assert_eq!(
        reply.all("set-cookie"),
        ["lang=tr; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"]
    );
    let asked = nobody.call("GET", "/login").header("accept-language", "en");
    assert_eq!(language(asked.send().await), "tr");

    let ofis = app.sign_in(OFIS).await;
    let reply = ofis
        .post_form(
            "/preferences",
            &[("locale", "tr"), ("next", "/companies?q=a")],
        )
        .await;
    assert_eq!((reply.status, reply.location()), (303, "/companies?q=a"));
    assert_eq!(reply.all("set-cookie"), [""; 0], "it is kept with the user");
    ofis.set_cookie("lang", "en");
    let page = ofis
        .call("GET", "/dashboard")
        .header("accept-language", "en")
        .send()
        .await;
    assert_eq!(language(page), "tr");
    assert_eq!(
        language(app.sign_in(OFIS).await.get("/dashboard").await),
        "tr",
        "in every browser"
    );
    assert_eq!(
        language(app.sign_in(ADA).await.get("/dashboard").await),
        "en",
        "nobody else's"
    );
}

#[tokio::test]
async fn the_theme_is_kept_and_switched_by_a_button() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for theme in ["light", "dark", "auto"] {
        let button = ofis
            .get("/dashboard")
            .await
            .attr("button[name=theme]", "value");
        assert_eq!(button.as_deref(), Some(theme), "the next one is offered");
        ofis.post_form("/preferences", &[("theme", theme)]).await;
        assert_eq!(
            ofis.get("/dashboard")
                .await
                .attr("html", "data-theme")
                .as_deref(),
            Some(theme)
        );
    }
    for fields in [[("theme", "pink")], [("locale", "de")]] {
        assert_eq!(ofis.post_form("/preferences", &fields).await.status, 422);
        assert_eq!(
            app.client().post_form("/preferences", &fields).await.status,
            422
        );
    }
    let over_https = TestApp::with(&[("BASE_URL", "https://office.example")]).await;
    let reply = over_https
        .client()
        .post_form("/preferences", &[("theme", "dark")])
        .await;
    assert!(
        reply
            .header("set-cookie")
            .unwrap()
            .ends_with("; SameSite=Lax; Secure")
    );
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    let contact = app.children("contacts", acme).await[0].0;
    let note = app.children("notes", acme).await[0].0;
    let activity = app.children("activities", acme).await[0].0;
    let mut paths: Vec<String> = [
        "/dashboard",
        "/companies",
        "/companies/new",
        "/activities",
        "/trash",
        "/help",
    ]
    .map(str::to_owned)
    .to_vec();
    for tab in [
        "",
        "/edit",
        "/contacts",
        "/notes",
        "/activities",
        "/history",
        "/trash",
    ] {
        paths.push(format!("/companies/{acme}{tab}"));
    }
    paths.push(format!("/companies/{acme}/contacts/{contact}/edit"));
    paths.push(format!("/companies/{acme}/notes/{note}/edit"));
    paths.push(format!("/companies/{acme}/activities/{activity}/edit"));
    let mut titles = [BTreeSet::new(), BTreeSet::new()];
    for (place, language) in ["en", "tr"].iter().enumerate() {
        ada.post_form("/preferences", &[("locale", language)]).await;
        for path in &paths {
            let page = ada.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert_eq!(page.attr("html", "lang").as_deref(), Some(*language));
            assert_eq!(page.count("h1"), 1, "{path}");
            assert_eq!(page.count("main"), 1, "{path}");
            assert!(page.has("a.skip[href='#main']"), "{path}");
            titles[place].insert(page.one("title"));
            is_well_formed(&page, path);
        }
    }
    assert!(titles[0].len() > 10, "{:?}", titles[0]);
    assert!(titles[0].is_disjoint(&titles[1]) || titles[0].intersection(&titles[1]).count() < 3);
}

/// Ids are unique, labels have their field, references their target, buttons a name.
fn is_well_formed(page: &Reply, path: &str) {
    let ids = page.attrs("[id]", "id");
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "{path}: an id is there twice");
    for (selector, attribute) in [
        ("label[for]", "for"),
        ("[aria-labelledby]", "aria-labelledby"),
        ("[aria-describedby]", "aria-describedby"),
        ("[form]", "form"),
    ] {
        for value in page.attrs(selector, attribute) {
            for id in value.split_whitespace() {
                assert!(
                    ids.iter().any(|known| known == id),
                    "{path}: {attribute}={id} leads nowhere"
                );
            }
        }
    }
    for id in page.attrs("input:not([type=hidden]), select, textarea", "id") {
        let labelled =
            page.has(&format!("label[for='{id}']")) || page.has(&format!("#{id}[aria-label]"));
        assert!(labelled, "{path}: the field {id} has no label");
    }
    let names = page.texts("button:not([aria-label]), a:not([aria-label])");
    assert!(
        names.iter().all(|name| !name.is_empty()),
        "{path}: a button or link without a name"
    );
}

// ---- reading changes nothing

async fn crawl(client: &Client, start: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut open = VecDeque::from([start.to_owned()]);
    while let Some(path) = open.pop_front() {
        let page = client.get(&path).await;
        assert!([200, 303].contains(&page.status), "{path}: {}", page.status);
        if !page
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
        {
            continue;
        }
        let mut links = page.attrs("a[href^='/']", "href");
        links.extend(page.attrs("[hx-get]", "hx-get"));
        links.extend(page.attrs("form[method=get]", "action"));
        for link in links {
            let link = link.split('#').next().unwrap().to_owned();
            if seen.insert(link.clone()) {
                open.push_back(link);
            }
        }
        assert!(seen.len() < 3000, "the crawl has no end");
    }
    seen
}

#[tokio::test]
async fn following_every_link_finds_no_dead_end_and_changes_nothing() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    // Every company's pages would be the same again: a few are enough.
    app.execute(sql!(
        "update companies set deleted_at = ? where name < 'D' or name > 'E'",
        app.clock.now()
    ))
    .await;
    let before = app.database.dump().await;
    let seen = crawl(&ada, "/dashboard").await;
    assert!(seen.len() > 60, "{}", seen.len());
    for expected in ["/trash", "/help", "/companies/new", "/activities?due=done"] {
        assert!(seen.contains(expected), "{expected} is not linked");
    }
    let changed = difference(&before, &app.database.dump().await);
    assert_eq!(changed, [""; 0]);
}

#[tokio::test]
async fn an_expert_is_led_to_nothing_that_is_refused() {
    let app = TestApp::new().await;
    app.execute(sql!(
        "update companies set deleted_at = ? where name < 'D' or name > 'E'",
        app.clock.now()
    ))
    .await;
    let esra = app.sign_in(ESRA).await;
    let seen = crawl(&esra, "/dashboard").await;
    assert!(seen.len() > 40, "{}", seen.len());
    assert!(!seen.contains("/trash") && !seen.contains("/companies/new"));
}

// ---- for machines

#[tokio::test]
async fn readiness_follows_the_life_of_the_process_and_liveness_does_not() {
    let app = TestApp::new().await;
    let nobody = app.client();
    let ready = nobody.get("/readyz").await;
    assert_eq!((ready.status, ready.text()), (200, "ready\n"));
    app.state.set_draining();
    let draining = nobody.get("/readyz").await;
    assert_eq!((draining.status, draining.text()), (503, "draining\n"));
    assert_eq!(nobody.get("/healthz").await.status, 200);
    for path in ["/readyz", "/healthz"] {
        let reply = nobody.get(path).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(!reply.text().contains(env!("CARGO_PKG_VERSION")));
    }
}
