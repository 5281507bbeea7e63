//! What crawlers are told: the map of all that is public and of nothing else, robots.txt and llms.txt.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use poem::http::{HeaderMap, Method};
use prosektorweb::{
    features::{
        posts::{actions, form::PostForm},
        sitemap::model::{PAGES, PART},
    },
    routes, sql,
    types::Lang,
    web::{access::Access, seo::in_lang},
};
use uuid::Uuid;

use crate::support::{
    Client, OFIS, TestApp,
    writer::{Writer, done, turkish},
    xml::Node,
};

/// A URL of the map: when it changed, and where it is in which language.
#[derive(Clone, Debug, Default)]
struct Told {
    changed_at: Option<DateTime<Utc>>,
    alternates: BTreeMap<String, String>,
}

/// The paths of the parts.
async fn parts(client: &Client, base: &str) -> Vec<String> {
    let index = Node::parse(client.get("/sitemap.xml").await.text());
    assert_eq!(index.name, "sitemapindex");
    assert_eq!(
        index.attribute("xmlns"),
        "http://www.sitemaps.org/schemas/sitemap/0.9"
    );
    let locs = index.all("sitemap").into_iter().map(|part| {
        for at in part.texts("lastmod") {
            DateTime::parse_from_rfc3339(at).unwrap();
        }
        let loc = part.one("loc").text.strip_prefix(base).unwrap();
        assert!(loc.starts_with("/sitemap-"), "{loc}");
        loc.to_owned()
    });
    locs.collect()
}

/// All that the map tells, by path.
async fn map(app: &TestApp) -> BTreeMap<String, Told> {
    let base = app.config.base_url.as_str().trim_end_matches('/');
    let client = app.client();
    let mut told = BTreeMap::new();
    for part in parts(&client, base).await {
        let reply = client.get(&part).await;
        assert_eq!(reply.status, 200, "{part}");
        let set = Node::parse(reply.text());
        assert_eq!(set.name, "urlset");
        for (prefix, namespace) in [
            ("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9"),
            ("xmlns:xhtml", "http://www.w3.org/1999/xhtml"),
            (
                "xmlns:image",
                "http://www.google.com/schemas/sitemap-image/1.1",
            ),
        ] {
            assert_eq!(set.attribute(prefix), namespace);
        }
        let urls = set.all("url");
        assert!((1..=PART).contains(&i64::try_from(urls.len()).unwrap()));
        for url in urls {
            let path = |text: &str| {
                text.strip_prefix(base)
                    .unwrap_or_else(|| panic!("{text}"))
                    .to_owned()
            };
            let one = Told {
                changed_at: url.texts("lastmod").first().map(|at| at.parse().unwrap()),
                alternates: url
                    .all("xhtml:link")
                    .into_iter()
                    .map(|link| {
                        assert_eq!(link.attribute("rel"), "alternate");
                        (
                            link.attribute("hreflang").to_owned(),
                            path(link.attribute("href")),
                        )
                    })
                    .collect(),
            };
            let earlier = told.insert(path(&url.one("loc").text), one);
            assert!(earlier.is_none(), "twice in the map");
        }
    }
    told
}

#[tokio::test]
async fn the_map_tells_every_public_page_once_with_its_languages_and_its_time() {
    let app = TestApp::new().await;
    let map = map(&app).await;
    for begin in [
        "/blog/category/",
        "/tr/blog/category/",
        "/blog/tag/",
        "/tr/blog/tag/",
        "/blog/author/",
        "/tr/blog/author/",
    ] {
        assert!(map.keys().any(|path| path.starts_with(begin)), "{begin}");
    }
    let public: Vec<(String, String)> = app
        .rows(sql!(
            "select lang, slug from posts where public_at <= ? and deleted_at is null",
            app.clock.now()
        ))
        .await;
    assert!(public.len() > 10);
    for (lang, slug) in &public {
        let path = in_lang(&format!("/blog/{slug}"), Lang::parse(lang).unwrap());
        let told = map.get(&path).unwrap_or_else(|| panic!("{path}"));
        assert!(told.changed_at.unwrap() <= app.clock.now(), "{path}");
    }
    // Whatever names another page is named by it in the same way.
    let mut pairs = 0;
    for (path, told) in &map {
        if told.alternates.is_empty() {
            continue;
        }
        pairs += 1;
        let own = if path == "/tr" || path.starts_with("/tr/") {
            "tr"
        } else {
            "en"
        };
        assert_eq!(&told.alternates[own], path);
        assert_eq!(told.alternates["x-default"], told.alternates["en"]);
        for lang in ["en", "tr"] {
            let other = &map[&told.alternates[lang]];
            assert_eq!(other.alternates, told.alternates, "{path}");
        }
    }
    assert!(pairs > 10);
}

#[tokio::test]
async fn every_url_of_the_map_answers_and_says_that_it_is_this_url() {
    let app = TestApp::new().await;
    let lines = routes::table().lines();
    let is_there = |path: &str| lines.iter().any(|line| line.path == path);
    let base = app.config.base_url.as_str().trim_end_matches('/');
    let client = app.client();
    for path in map(&app).await.into_keys() {
        // Where the product has no blog there is nothing to ask.
        if path.contains("/blog") && !is_there("/blog/:slug") {
            continue;
        }
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(
            reply.attr("link[rel=canonical]", "href"),
            Some(format!("{base}{path}"))
        );
        assert!(!reply.text().contains("noindex"), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_the_product_does_not_have_is_not_in_the_map() {
    let app = TestApp::new().await;
    let lines = routes::table().lines();
    let map = map(&app).await;
    for (path, _) in PAGES {
        let is_there = lines
            .iter()
            .any(|line| line.path == *path && line.method == Method::GET);
        for lang in Lang::ALL {
            assert_eq!(map.contains_key(&in_lang(path, *lang)), is_there, "{path}");
        }
    }
    assert!(map.contains_key("/") && map.contains_key("/tr"));
}

#[tokio::test]
async fn what_nobody_may_read_yet_or_any_more_is_nowhere_until_its_second() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let form = |title: &str| PostForm {
        tags: format!("etiket {title}"),
        ..turkish(title)
    };
    let due = app.clock.now() + TimeDelta::minutes(30);
    writer.schedule(&form("Bekleyen"), due).await;
    writer.draft(&form("Taslak")).await;
    let trashed = writer.publish(&form("Silinen")).await;
    let client = app.client();
    let told = async || {
        let mut text = client.get("/llms.txt").await.text().to_owned();
        for path in map(&app).await.into_keys() {
            text.push_str(&path);
            text.push('\n');
        }
        text
    };
    assert!(told().await.contains("silinen"));
    actions::trash(&writer.cx, trashed, 2).await.unwrap();
    let before = told().await;
    for word in [
        "silinen", "Silinen", "taslak", "Taslak", "bekleyen", "Bekleyen",
    ] {
        assert!(!before.contains(word), "{word}");
    }
    let part = parts(&client, app.config.base_url.as_str().trim_end_matches('/')).await;
    for path in ["/sitemap.xml", "/llms.txt", &part[0]] {
        let reply = client.get(path).await;
        let cdn = reply.header("cdn-cache-control").unwrap();
        let fresh: i64 = cdn
            .strip_prefix("max-age=")
            .unwrap()
            .split(',')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            fresh <= 60 && cdn.contains("stale-if-error=17"),
            "{path}: {cdn}"
        );
    }
    app.clock.shift(due - app.clock.now());
    let after = told().await;
    for word in [
        "/tr/blog/bekleyen",
        "Bekleyen",
        "/tr/blog/tag/etiket-bekleyen",
    ] {
        assert!(after.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_translation_is_told_when_readers_see_both() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let first = writer.publish(&turkish("Asıl")).await;
    let form = PostForm {
        lang: "en".into(),
        translates: first.to_string(),
        ..turkish("Original")
    };
    let second = writer.draft(&form).await;
    assert!(map(&app).await["/tr/blog/asil"].alternates.is_empty());
    done(actions::publish(&writer.cx, second, 1).await.unwrap());
    let told = map(&app).await;
    let both = BTreeMap::from(
        [
            ("en", "/blog/original"),
            ("tr", "/tr/blog/asil"),
            ("x-default", "/blog/original"),
        ]
        .map(|(lang, path)| (lang.to_owned(), path.to_owned())),
    );
    assert_eq!(told["/tr/blog/asil"].alternates, both);
    assert_eq!(told["/blog/original"].alternates, both);
}

#[tokio::test]
async fn a_long_map_has_bounded_parts_that_hold_everything_once_and_are_kept() {
    let app = TestApp::new().await;
    let (author,) = app
        .rows::<(Uuid,)>(sql!("select id from users where email = ?", OFIS))
        .await[0];
    let begin = app.clock.now() - TimeDelta::days(900);
    let mut expected = BTreeSet::new();
    let mut tx = app.db.begin().await.unwrap();
    for number in 0..850_i32 {
        for lang in Lang::ALL {
            // Many at the same moment: the key's second half decides.
            let at = begin + TimeDelta::days(i64::from(number / 300));
            let slug = format!("{}-{number}", "uzun-".repeat(22));
            let group = Uuid::from_u128(u128::from(number.unsigned_abs()) + 1);
            expected.insert(in_lang(&format!("/blog/{slug}"), *lang));
            tx.execute(sql!(
                "insert into posts (id, translation_id, lang, slug, title, title_key, excerpt, body, author_id, featured, status,
                     published_at, words, reading_minutes, version, created_at, updated_at)
                 values (?, ?, ?, ?, 'Uzun', ?, '', 'x', ?, ?, 'published', ?, 1, 1, 1, ?, ?)",
                Uuid::now_v7(),
                group,
                *lang,
                slug,
                b"a".to_vec(),
                author,
                false,
                at,
                at,
                at
            ))
            .await
            .unwrap();
        }
    }
    tx.commit().await.unwrap();
    let map = map(&app).await;
    let found: BTreeSet<String> = map
        .into_keys()
        .filter(|path| path.contains("uzun-"))
        .collect();
    assert_eq!(found, expected);
    let parts = parts(
        &app.client(),
        app.config.base_url.as_str().trim_end_matches('/'),
    )
    .await;
    assert!(parts.len() >= 7, "{parts:?}");
    for part in &parts {
        assert!(
            app.pages.ready(part, &HeaderMap::new()).is_some(),
            "{part} is too heavy"
        );
    }
    let next = format!("/sitemap-{}.xml", parts.len() + 1);
    for missing in [
        next.as_str(),
        "/sitemap-0.xml",
        "/sitemap-01.xml",
        "/sitemap-.xml",
        "/sitemap-1.xmlx",
        "/sitemap-x1.xml",
        "/sitemap-99999999999999999999999.xml",
    ] {
        assert_eq!(app.client().get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn an_edit_is_in_the_map_at_once_and_moves_only_its_own_time() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let one = writer.publish(&turkish("Bir")).await;
    writer.publish(&turkish("İki")).await;
    let before = map(&app).await;
    app.clock.shift(TimeDelta::hours(1));
    let form = PostForm {
        body: "Başka.".into(),
        ..turkish("Bir")
    };
    done(actions::update(&writer.cx, one, 2, &form).await.unwrap());
    let after = map(&app).await;
    assert!(after["/tr/blog/bir"].changed_at > before["/tr/blog/bir"].changed_at);
    assert_eq!(
        after["/tr/blog/iki"].changed_at,
        before["/tr/blog/iki"].changed_at
    );
}

#[tokio::test]
async fn the_map_is_public_and_known_ones_are_304() {
    let app = TestApp::new().await;
    let client = app.client();
    for path in ["/sitemap.xml", "/sitemap-1.xml", "/robots.txt", "/llms.txt"] {
        let reply = client
            .call("GET", path)
            .header("accept-encoding", "br")
            .send()
            .await;
        let kind = if path.ends_with("xml") {
            "application/xml; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        assert_eq!(reply.header("content-type"), Some(kind));
        assert_eq!(reply.header("set-cookie"), None);
        assert!(
            reply
                .header("cache-control")
                .unwrap()
                .starts_with("public, max-age=0")
        );
        let etag = reply.header("etag").unwrap();
        let call = client.call("GET", path).header("accept-encoding", "br");
        assert_eq!(call.header("if-none-match", etag).send().await.status, 304);
    }
}

#[tokio::test]
async fn robots_are_kept_out_of_the_office_and_of_nothing_else() {
    let app = TestApp::new().await;
    let reply = app.client().get("/robots.txt").await;
    let hidden: Vec<&str> = reply
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("Disallow: "))
        .collect();
    assert!(reply.text().starts_with("User-agent: *\n"));
    let base = app.config.base_url.as_str().trim_end_matches('/');
    assert!(
        reply
            .text()
            .ends_with(&format!("\nSitemap: {base}/sitemap.xml\n"))
    );
    let is_hidden = |path: &str| hidden.iter().any(|begin| path.starts_with(begin));
    for line in routes::table().lines() {
        match line.access {
            Access::Public => assert!(!is_hidden(&line.path), "{}", line.path),
            Access::Staff(_) | Access::Client | Access::Signed => {
                assert!(is_hidden(&line.path), "{}", line.path);
            }
            Access::Account => {}
        }
    }
    assert!(is_hidden("/login") && is_hidden("/companies.csv") && !is_hidden("/contact"));
    for path in map(&app).await.keys() {
        assert!(!is_hidden(path), "{path}");
    }
}

#[tokio::test]
async fn the_site_in_short_is_markdown_of_links_with_the_latest_posts() {
    let app = TestApp::new().await;
    let writer = Writer::of(&app, OFIS).await;
    let form = PostForm {
        excerpt: "Kısa\nbir *özet* ".to_owned() + &"uzar gider ".repeat(20),
        ..turkish("Köşeli [başlık](http://evil.test) <b>")
    };
    writer.publish(&form).await;
    let reply = app.client().get("/llms.txt").await;
    let text = reply.text();
    assert!(text.starts_with("# ProSektorWeb\n\n> "), "{text}");
    let base = app.config.base_url.as_str().trim_end_matches('/');
    for section in [
        "## Pages in English",
        "## Latest posts in English",
        "## Türkçe son yazılar",
        "## Türkçe akışlar",
    ] {
        assert!(text.contains(&format!("\n\n{section}\n\n")), "{section}");
    }
    let line = text.lines().find(|line| line.contains("Köşeli")).unwrap();
    let begin = format!(
        "- [Köşeli \\[başlık\\](http://evil.test) \\<b>]({base}/tr/blog/koseli-baslik-http-evil-test-b): Kısa bir \\*özet\\* uzar"
    );
    assert!(line.starts_with(&begin) && line.ends_with('…'), "{line}");
    for line in text.lines().filter(|line| line.starts_with("- ")) {
        assert!(line.contains(&format!("]({base}/")), "{line}");
    }
    assert!(text.contains(&format!("({base}/tr/feed.json)")));
}
