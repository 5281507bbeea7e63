//! Every URL there is, by the route table, asked for in ways that no page of ours asks.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use poem::http::Method;
use prosektorweb::{routes, web::access::Access};
use uuid::Uuid;

use crate::{
    pages::has_security_headers,
    support::{
        ADA, CEM, Client, ESRA, OFIS, Reply, TestApp, database::difference, records::Records,
    },
};

const HTTPS: &[(&str, &str)] = &[("BASE_URL", "https://office.example")];

/// Every URL that can be read, with records in it, and whether any cache may hold it.
async fn readable(app: &TestApp) -> Vec<(String, bool)> {
    let records = Records::of(app, app.company("Acme").await).await;
    let entry = app
        .rows::<(Uuid,)>(prosektorweb::sql!(
            "select id from audit_entries order by id limit 1"
        ))
        .await;
    let lines = routes::table().lines().into_iter();
    let found: Vec<(String, bool)> = lines
        .filter(|line| line.method == Method::GET)
        .map(|line| {
            let path = line
                .path
                .replace("/audit/{id}", &format!("/audit/{}", entry[0].0));
            (records.fill(&path), line.access == Access::Public)
        })
        .collect();
    assert!(found.len() > 50, "{found:?}");
    found
}

async fn cast(app: &TestApp) -> Vec<Client> {
    let mut cast = vec![app.client()];
    for email in [ADA, OFIS, ESRA, CEM] {
        cast.push(app.sign_in(email).await);
    }
    cast
}

#[tokio::test]
async fn reading_any_url_as_anybody_changes_no_row_of_any_table() {
    let app = TestApp::new().await;
    let urls = readable(&app).await;
    let cast = cast(&app).await;
    let before = app.database.dump().await;
    assert!(before.len() > 20 && before["sessions"].len() == 4);
    for (url, _) in &urls {
        for client in &cast {
            for method in ["GET", "HEAD", "OPTIONS"] {
                client.call(method, url).send().await;
                client.call(method, url).htmx().send().await;
            }
        }
    }
    assert_eq!(difference(&before, &app.database.dump().await), [""; 0]);
}

#[tokio::test]
async fn every_url_answers_everybody_with_the_security_headers() {
    let app = TestApp::with(HTTPS).await;
    let cast = cast(&app).await;
    let urls = readable(&app).await;
    for (url, _) in &urls {
        for client in &cast {
            for (method, fragment) in [
                ("GET", false),
                ("GET", true),
                ("HEAD", false),
                ("DELETE", false),
                ("TRACE", false),
                ("OPTIONS", true),
            ] {
                let mut call = client.call(method, url);
                if fragment {
                    call = call.htmx();
                }
                let reply = call.send().await;
                let what = format!("{method} {url}: {}", reply.status);
                assert_eq!(
                    reply.header("strict-transport-security"),
                    Some("max-age=63072000; includeSubDomains"),
                    "{what}"
                );
                // A mail's own HTML has a policy of its own, and a link's page tells nobody of itself.
                let is_own = url.ends_with("/html") && reply.status == 200;
                let is_secret = reply.header("referrer-policy") == Some("no-referrer");
                if !is_own && !is_secret {
                    has_security_headers(&reply, &what);
                }
                for name in ["server", "x-powered-by", "access-control-allow-origin"] {
                    assert_eq!(reply.header(name), None, "{name} of {what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_mails_own_html_can_do_nothing_and_is_framed_by_nobody() {
    let app = TestApp::new().await;
    let records = Records::of(&app, app.company("Acme").await).await;
    let ofis = app.sign_in(OFIS).await;
    let reply = ofis
        .get(&records.fill("/companies/{id}/mails/{child}/html"))
        .await;
    assert_eq!(reply.status, 200);
    let policy = reply.header("content-security-policy").unwrap();
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for directive in [
        "sandbox",
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("script-src"), "{policy}");
    assert_eq!(reply.header("x-frame-options"), Some("DENY"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

/// What a browser without htmx shows for the URL is a page, whatever asked for it before.
#[tokio::test]
async fn whatever_url_stands_in_the_address_bar_shows_a_whole_page() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let is_html = |reply: &Reply| {
        reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    };
    let mut pages = 0;
    for (url, _) in readable(&app).await {
        let plain = ada.get(&url).await;
        if !is_html(&plain) || url.ends_with("/html") {
            continue;
        }
        pages += 1;
        let restored = ada
            .call("GET", &url)
            .header("hx-request", "true")
            .header("hx-history-restore-request", "true");
        let boosted = ada
            .call("GET", &url)
            .header("hx-request", "true")
            .header("hx-boosted", "true");
        let whole = ada
            .call("GET", &url)
            .header("hx-request", "true")
            .header("hx-request-type", "full");
        for reply in [
            plain,
            restored.send().await,
            boosted.send().await,
            whole.send().await,
        ] {
            if reply.header("hx-redirect").is_some() {
                continue;
            }
            assert!(reply.is_page(), "{url}: a naked fragment");
            assert_eq!((reply.count("h1"), reply.count("main")), (1, 1), "{url}");
            assert!(reply.header("content-security-policy").is_some(), "{url}");
        }
    }
    assert!(pages > 40, "{pages}");
}

#[tokio::test]
async fn head_is_get_without_a_body_at_every_url() {
    let app = TestApp::new().await;
    for client in cast(&app).await {
        for (url, _) in readable(&app).await {
            let ask = async |method: &str| {
                let call = client.call(method, &url).header("x-request-id", "same");
                call.send().await
            };
            let (head, get) = (ask("HEAD").await, ask("GET").await);
            assert_eq!(head.status, get.status, "{url}");
            let names = |reply: &Reply| -> BTreeSet<String> {
                reply.headers.keys().map(ToString::to_string).collect()
            };
            assert_eq!(names(&head), names(&get), "{url}");
        }
    }
}

const UNKEYED: &[(&str, &str)] = &[
    ("x-forwarded-host", "evil.test"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-scheme", "gopher"),
    ("x-forwarded-port", "6666"),
    ("x-forwarded-prefix", "/evil.test"),
    ("x-forwarded-for", "203.0.113.66"),
    ("x-forwarded-server", "evil.test"),
    ("forwarded", "for=203.0.113.66;host=evil.test;proto=gopher"),
    ("x-host", "evil.test"),
    ("x-original-url", "/evil.test"),
    ("x-rewrite-url", "/evil.test"),
    ("x-http-method", "DELETE"),
    ("x-http-method-override", "DELETE"),
    ("x-method-override", "PUT"),
    ("host", "evil.test"),
    ("referer", "https://evil.test/"),
    ("origin", "https://evil.test"),
    ("access-control-request-method", "POST"),
    ("content-type", "application/json"),
    ("content-length", "9"),
    ("x-wap-profile", "https://evil.test/a.xml"),
];

#[tokio::test]
async fn no_header_that_caches_leave_out_of_their_key_changes_an_answer() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let nobody = app.client();
    for (url, is_public) in readable(&app).await {
        for client in [&nobody, &ada] {
            let plain = client
                .call("GET", &url)
                .header("x-request-id", "same")
                .send()
                .await;
            for (name, value) in UNKEYED {
                let call = client.call("GET", &url).header("x-request-id", "same");
                let reply = call.header(name, value).send().await;
                let what = format!("{url} with {name}");
                assert_eq!(reply.status, plain.status, "{what}");
                assert!(
                    !String::from_utf8_lossy(&reply.body).contains("evil.test"),
                    "{what}"
                );
                for (header, told) in &reply.headers {
                    let told = told.to_str().unwrap();
                    let is_safe = !told.contains("evil.test") && !told.contains("gopher");
                    assert!(is_safe, "{header}: {told} of {what}");
                    assert!(!header.as_str().starts_with("access-control-"), "{what}");
                }
                if is_public {
                    assert_eq!(reply.body, plain.body, "{what}");
                    assert_eq!(reply.header("etag"), plain.header("etag"), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_public_page_is_the_same_whatever_stands_in_its_query_or_body() {
    let app = TestApp::new().await;
    let nobody = app.client();
    for path in ["/", "/tr", "/robots.txt", "/sitemap-1.xml", "/tr/feed.xml"] {
        let plain = nobody.get(path).await;
        let fat = nobody
            .call("GET", path)
            .form(&[("lang", "tr"), ("q", "evil.test")]);
        for reply in [
            nobody
                .get(&format!("{path}?utm_source=evil.test&b=1&a=2"))
                .await,
            nobody
                .get(&format!(
                    "{path}?a=2&b=1&_method=DELETE&lang=tr&format=json"
                ))
                .await,
            nobody
                .get(&format!("{path}?callback=evil.test&__proto__=1"))
                .await,
            fat.send().await,
        ] {
            assert_eq!((reply.status, &reply.body), (200, &plain.body), "{path}");
            assert_eq!(reply.header("etag"), plain.header("etag"), "{path}");
        }
        let overridden = nobody
            .call("POST", &format!("{path}?_method=GET"))
            .form(&[]);
        assert_eq!(overridden.send().await.status, 405, "{path}");
    }
}

// ---- parameters

const VALUES: [&str; 19] = [
    "'",
    "name; drop table companies",
    "-1",
    "1e9",
    "99999999999999999999",
    "0x10",
    "NaN",
    "(select 1)",
    "1' or '1'='1",
    "name desc, (select password_hash from users)",
    "%00",
    "%ff%fe",
    "%c0%af",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%7b%7b7*7%7d%7d",
    "%0d%0aSet-Cookie:%20a=b",
    "true",
    "",
    "%F0%9F%92%A9",
];

/// The names in the links and forms of a page that lead back to it, and some that there might be.
fn parameters(page: &Reply, path: &str) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = [
        "sort", "order", "limit", "page", "cursor", "q", "id", "next",
    ]
    .map(str::to_owned)
    .into();
    names.extend(page.attrs("form[method=get] [name]", "name"));
    for link in page.attrs("a[href], [hx-get]", "href") {
        let query = link
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix('?'));
        let pairs = query.map(|query| url::form_urlencoded::parse(query.as_bytes()).into_owned());
        names.extend(pairs.into_iter().flatten().map(|(name, _)| name));
    }
    names
}

#[tokio::test]
async fn no_value_of_any_parameter_breaks_a_page_or_becomes_sql() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let urls = readable(&app).await;
    let mut before = app.database.dump().await;
    let mut asked = 0;
    for (url, _) in urls {
        let plain = ada.get(&url).await;
        let names = if plain.body.is_ascii() || std::str::from_utf8(&plain.body).is_ok() {
            parameters(&plain, &url)
        } else {
            BTreeSet::new()
        };
        for name in names {
            for value in VALUES {
                let begun = Instant::now();
                let sent = value.replace(' ', "%20");
                let reply = ada.get(&format!("{url}?{name}={sent}")).await;
                let what = format!("{url}?{name}={value}: {}", reply.status);
                assert!(reply.status < 500, "{what}");
                assert!(begun.elapsed() < Duration::from_secs(3), "{what}");
                let text = String::from_utf8_lossy(&reply.body);
                assert!(
                    !text.contains("$argon2") && !text.contains("root:x:"),
                    "{what}"
                );
                assert_eq!(reply.header("set-cookie"), None, "{what}");
                asked += 1;
            }
            let twice = ada
                .get(&format!("{url}?{name}=a&{name}=b&{name}[]=c"))
                .await;
            assert!(twice.status < 500, "{url}: {name} twice: {}", twice.status);
        }
    }
    assert!(asked > 5_000, "{asked}");
    let mut after = app.database.dump().await;
    // On a busy machine it takes minutes, and whoever is there for one is noted as seen.
    for rows in [&mut before, &mut after].map(|dump| dump.get_mut("sessions").unwrap()) {
        rows[0].remove("last_seen_at");
    }
    assert_eq!(difference(&before, &after), [""; 0]);
}

#[tokio::test]
async fn a_path_that_climbs_or_names_a_template_is_missing() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    for path in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/%252e%252e%252fCargo.toml",
        "/assets/....//Cargo.toml",
        "/assets/..%5c..%5cCargo.toml",
        "/assets/app.css%00.html",
        "/outbox/..%2f..%2fvar",
        "/outbox/..%2f..%2fvar/html",
        "/dashboard%00",
        "/dashboard/..;/users",
        "/companies/%2e%2e/users",
        "/views/errors/show.html",
        "/errors/show.html",
        "/companies/_list.html",
        "/companies/{{7*7}}",
        "//dashboard",
        "/DASHBOARD",
        "/dashboard/",
    ] {
        let Ok(_) = path.parse::<poem::http::Uri>() else {
            continue;
        };
        let reply = ada.get(path).await;
        assert!(
            [404, 400].contains(&reply.status),
            "{path}: {}",
            reply.status
        );
        let text = String::from_utf8_lossy(&reply.body);
        for secret in ["[package]", "root:x:", "{% extends", "{% macro"] {
            assert!(!text.contains(secret), "{path}");
        }
    }
}

#[tokio::test]
async fn no_search_takes_longer_for_what_is_typed_into_it() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let usual = {
        let begun = Instant::now();
        ada.get("/companies?q=osgb").await;
        begun.elapsed()
    };
    for typed in [
        "a".repeat(4_000),
        "a%20".repeat(1_500),
        "%25".repeat(1_500),
        "_".repeat(4_000),
        "(a+)+".repeat(500) + "!",
        "%C4%B0".repeat(1_000),
        "a%CC%87".repeat(1_000),
        "%22*".repeat(1_000),
    ] {
        for path in [
            "/companies?q",
            "/companies/similar?name",
            "/services?q",
            "/users?q",
            "/audit?q",
        ] {
            let begun = Instant::now();
            let reply = ada.get(&format!("{path}={typed}")).await;
            let took = begun.elapsed();
            assert!(reply.status < 500, "{path}: {}", reply.status);
            let most = (usual * 20).max(Duration::from_millis(500));
            assert!(took < most, "{path}={typed:.20}: {took:?}");
        }
    }
}

#[tokio::test]
async fn the_neighbours_of_an_id_are_as_missing_as_any_other() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let known = app.company("Acme").await;
    for step in 1..=20_u128 {
        for near in [known.as_u128() + step, known.as_u128() - step] {
            let near = Uuid::from_u128(near);
            assert_eq!(ada.get(&format!("/companies/{near}")).await.status, 404);
        }
    }
    let fresh: BTreeSet<u128> = (0..1_000)
        .map(|_| app.clock.new_uuid().as_u128() & 0xffff_ffff_ffff_ffff)
        .collect();
    let fresh: Vec<u128> = fresh.into_iter().collect();
    assert_eq!(fresh.len(), 1_000);
    let nearest = fresh.windows(2).map(|pair| pair[1] - pair[0]).min();
    assert!(nearest.unwrap() > 1 << 20, "one id tells the next");
}

#[tokio::test]
async fn a_public_page_is_found_with_a_slash_behind_it_and_nothing_else_is() {
    let app = TestApp::new().await;
    let reader = app.client();
    let kept = app.pages.len();
    for (asked, to) in [
        ("/tr/", "/tr"),
        ("/blog/", "/blog"),
        ("/contact/", "/contact"),
        ("/tr/blog/", "/tr/blog"),
        ("/tr/about/", "/tr/about"),
        ("/tr/contact/thanks/", "/tr/contact/thanks"),
        ("/blog/seo-without-tricks/", "/blog/seo-without-tricks"),
        ("/tr/blog/category/x/", "/tr/blog/category/x"),
        ("/blog/?page=2&utm_source=x", "/blog?page=2"),
        ("/blog/search/?q=a%20b", "/blog/search?q=a+b"),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = reader.call(method, asked).send().await;
            assert_eq!((reply.status, reply.location()), (301, to), "{asked}");
            let control = reply.header("cache-control").unwrap();
            assert!(control.starts_with("public"), "{asked}: {control}");
            assert_eq!(reply.header("set-cookie"), None);
        }
    }
    assert_eq!(app.pages.len(), kept, "there is no end of such URLs");
    for asked in [
        "//",
        "/tr//",
        "/blog//",
        "//blog/",
        "//evil.test/",
        "/evil.test/",
        "/blog/%2f/",
        "/blog/a%2fb/",
        "/tr/blog/x/y/",
        "/healthz/",
        "/assets/app.css/",
        "/media/x.jpg/",
        "/preview/x/",
    ] {
        let reply = reader.get(asked).await;
        assert_eq!(reply.status, 404, "{asked}");
    }
    for private in ["/companies/", "/login/", "/dashboard/"] {
        let reply = reader.get(private).await;
        assert_ne!(reply.status, 301, "{private}");
    }
    assert_eq!(reader.get("/").await.status, 200);
    assert_eq!(reader.post_form("/contact/", &[]).await.status, 405);
}
