//! The head of public pages: what machines read there, and that nothing that somebody wrote can leave its place.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::{Value as View, context, value::Serde};
use poem::handler;
use proptest::prelude::*;
use prosektorweb::{
    error::Result,
    platform::{clock::Clock, i18n::Translations},
    types::Lang,
    web::{
        cx::Cx,
        public::Page,
        render,
        router::{Table, page},
        seo::{Article, Image, Seo},
        templates::Templates,
    },
};
use scraper::{Html, Selector};
use serde_json::Value;

use crate::support::{Reply, TestApp};

const EVIL: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "<!-- <script> -->",
    "\"><img src=x onerror=alert(1)>",
    "' onload='x",
    "</title><b>",
    "{{ 7*7 }} {% raw %}",
    "İstanbul’da ısı 👷‍♀️ \u{2028}\u{2029} ]]>",
    "\\\"\\u003c/script>\n\r\t\0",
];

/// The data block of a page.
fn graph(reply: &Reply) -> Vec<Value> {
    let data: Value =
        serde_json::from_str(&reply.one("script[type='application/ld+json']")).unwrap();
    assert_eq!(data["@context"], "https://schema.org");
    data["@graph"].as_array().unwrap().clone()
}

fn node<'a>(graph: &'a [Value], kind: &str) -> &'a Value {
    let mut found = graph.iter().filter(|node| node["@type"] == kind);
    let node = found.next().unwrap_or_else(|| panic!("{kind}: {graph:?}"));
    assert!(found.next().is_none(), "{kind} is there twice");
    node
}

fn meta(reply: &Reply, name: &str) -> Vec<String> {
    let by = |key: &str| reply.attrs(&format!("meta[{key}='{name}']"), "content");
    [by("name"), by("property")].concat()
}

#[tokio::test]
async fn the_home_page_says_whose_it_is_and_how_to_search_it_in_each_language() {
    let app = TestApp::new().await;
    let base = app.config.base_url.as_str().trim_end_matches('/');
    for (path, lang, locale, prefix) in [("/", "en", "en_US", ""), ("/tr", "tr", "tr_TR", "/tr")] {
        let reply = app.client().get(path).await;
        let url = format!("{base}{path}");
        let title = reply.one("title");
        assert!(
            title.ends_with(" · ProSektorWeb") && title.len() > 30,
            "{title}"
        );
        for (name, expected) in [
            ("og:url", url.as_str()),
            ("og:type", "website"),
            ("og:site_name", "ProSektorWeb"),
            ("og:locale", locale),
            ("twitter:card", "summary"),
            ("robots", "max-image-preview:large"),
        ] {
            assert_eq!(meta(&reply, name), [expected], "{name}");
        }
        assert_eq!(
            format!("{} · ProSektorWeb", meta(&reply, "og:title")[0]),
            title
        );
        assert_eq!(meta(&reply, "description"), meta(&reply, "og:description"));
        assert_eq!(reply.attrs("link[rel=canonical]", "href"), [url.as_str()]);
        for (code, there) in [("en", "/"), ("tr", "/tr"), ("x-default", "/")] {
            let selector = format!("link[rel=alternate][hreflang={code}]");
            assert_eq!(reply.attrs(&selector, "href"), [format!("{base}{there}")]);
        }
        let graph = graph(&reply);
        let firm = node(&graph, "Organization");
        assert_eq!(
            (&firm["@id"], &firm["name"]),
            (
                &format!("{base}/#organization").into(),
                &"ProSektorWeb".into()
            )
        );
        let logo = firm["logo"].as_str().unwrap().strip_prefix(base).unwrap();
        assert_eq!(app.client().get(logo).await.status, 200);
        let site = node(&graph, "WebSite");
        assert_eq!(
            (&site["url"], &site["inLanguage"]),
            (&url.into(), &lang.into())
        );
        assert_eq!(site["publisher"]["@id"], firm["@id"]);
        let action = &site["potentialAction"];
        assert_eq!(action["@type"], "SearchAction");
        assert_eq!(
            action["target"]["urlTemplate"],
            format!("{base}{prefix}/blog/search?q={{search_term_string}}")
        );
    }
}

#[tokio::test]
async fn every_feed_that_a_page_announces_is_there_and_is_what_it_says() {
    let app = TestApp::new().await;
    for (path, prefix) in [("/", "/"), ("/tr", "/tr/")] {
        let reply = app.client().get(path).await;
        let mut found = 0;
        for kind in [
            "application/atom+xml",
            "application/rss+xml",
            "application/feed+json",
        ] {
            let selector = format!("link[rel=alternate][type='{kind}']");
            for href in reply.attrs(&selector, "href") {
                let feed = app.client().get(&href).await;
                assert_eq!(feed.status, 200, "{href}");
                assert!(feed.header("content-type").unwrap().starts_with(kind));
                assert!(
                    href.starts_with(prefix) && !reply.attr(&selector, "title").unwrap().is_empty()
                );
                found += 1;
            }
        }
        assert_eq!(found, 3);
    }
}

// ---- a post

fn noon() -> DateTime<Utc> {
    "2026-11-24T09:00:00.123456Z".parse().unwrap()
}

#[derive(serde::Serialize)]
struct Shown {
    seo: Seo,
}

#[handler]
fn show_post(cx: Cx) -> Result<Page> {
    let seo = Seo::of(&cx, "İlk yardım", "Dolapta  ne\nolmalı?")?
        .alternates([
            (Lang::En, "/blog/first-aid".to_owned()),
            (Lang::Tr, "/tr/blog/ilk-yardim".to_owned()),
        ])
        .image(Image {
            src: "/media/abc.jpg".into(),
            width: 1200,
            height: 630,
            alt: "Bir dolap".into(),
        })
        .article(Article {
            published_at: noon(),
            modified_at: noon() + TimeDelta::days(1),
            author: "Ofis Demir".into(),
            author_path: Some("/tr/blog/author/ofis-demir".into()),
            section: Some("İSG".into()),
            tags: vec!["dolap".into(), "ilk yardım".into()],
        })
        .crumbs([
            ("Ana sayfa", "/tr"),
            ("Blog", "/tr/blog"),
            ("İlk yardım", "/tr/blog/ilk-yardim"),
        ])
        .feeds("İSG".into(), "/tr/blog/category/isg");
    Ok(Page::new(render::public_page(
        &cx,
        "contact/thanks.html",
        &Shown { seo },
    )?)
    .lang(cx.lang))
}

#[handler]
fn show_search(cx: Cx) -> Result<Page> {
    let seo = Seo::of(&cx, "Arama", "Bulunanlar")?.not_indexed();
    Ok(Page::new(render::public_page(
        &cx,
        "contact/thanks.html",
        &Shown { seo },
    )?)
    .lang(cx.lang))
}

fn pages() -> Table {
    Table::default()
        .at("/tr/blog/ilk-yardim", [page(&[], show_post)])
        .at("/tr/blog/search-me", [page(&["q"], show_search)])
}

#[tokio::test]
async fn a_post_tells_all_that_cards_and_search_results_show() {
    let app = TestApp::with_routes(pages()).await;
    let base = app.config.base_url.as_str().trim_end_matches('/');
    let reply = app.client().get("/tr/blog/ilk-yardim?utm_source=x").await;
    let url = format!("{base}/tr/blog/ilk-yardim");
    assert_eq!(reply.attrs("link[rel=canonical]", "href"), [url.as_str()]);
    assert_eq!(
        reply.attrs("link[hreflang=en]", "href"),
        [format!("{base}/blog/first-aid")]
    );
    assert_eq!(
        reply.attrs("link[hreflang=x-default]", "href"),
        [format!("{base}/blog/first-aid")]
    );
    for (name, expected) in [
        ("description", &["Dolapta ne olmalı?"] as &[&str]),
        ("og:type", &["article"]),
        ("og:locale", &["tr_TR"]),
        ("og:locale:alternate", &["en_US"]),
        ("og:image", &[&format!("{base}/media/abc.jpg")]),
        ("og:image:width", &["1200"]),
        ("og:image:height", &["630"]),
        ("og:image:alt", &["Bir dolap"]),
        ("twitter:image:alt", &["Bir dolap"]),
        ("twitter:card", &["summary_large_image"]),
        ("article:published_time", &["2026-11-24T09:00:00Z"]),
        ("article:modified_time", &["2026-11-25T09:00:00Z"]),
        ("article:section", &["İSG"]),
        ("article:tag", &["dolap", "ilk yardım"]),
    ] {
        assert_eq!(meta(&reply, name), expected, "{name}");
    }
    let graph = graph(&reply);
    let post = node(&graph, "BlogPosting");
    for (key, expected) in [
        ("headline", "İlk yardım"),
        ("description", "Dolapta ne olmalı?"),
        ("mainEntityOfPage", &url),
        ("datePublished", "2026-11-24T09:00:00Z"),
        ("dateModified", "2026-11-25T09:00:00Z"),
        ("inLanguage", "tr"),
        ("articleSection", "İSG"),
    ] {
        assert_eq!(post[key], expected, "{key}");
    }
    assert_eq!(
        post["author"]["url"],
        format!("{base}/tr/blog/author/ofis-demir")
    );
    assert_eq!(post["publisher"]["@id"], format!("{base}/#organization"));
    assert_eq!(post["image"]["url"], format!("{base}/media/abc.jpg"));
    assert_eq!(post["keywords"], serde_json::json!(["dolap", "ilk yardım"]));
    let steps = node(&graph, "BreadcrumbList")["itemListElement"]
        .as_array()
        .unwrap();
    let steps: Vec<(i64, &str)> = steps
        .iter()
        .map(|step| {
            (
                step["position"].as_i64().unwrap(),
                step["item"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            (1, &*format!("{base}/tr")),
            (2, &*format!("{base}/tr/blog")),
            (3, &*url)
        ]
    );
    let atom = reply.attrs("link[type='application/atom+xml']", "href");
    assert_eq!(atom, ["/tr/blog/category/isg/feed.xml", "/tr/feed.xml"]);
}

#[tokio::test]
async fn what_was_searched_for_is_shown_by_no_search_engine() {
    let app = TestApp::with_routes(pages()).await;
    let reply = app.client().get("/tr/blog/search-me?q=x").await;
    assert_eq!(meta(&reply, "robots"), ["noindex, follow"]);
    assert!(!reply.has("link[rel=canonical]") && !reply.has("link[hreflang]"));
    assert_eq!(reply.one("title"), "Arama · ProSektorWeb");
}

// ---- nothing leaves its place

static DRAWN: LazyLock<(Templates, Arc<Translations>)> = LazyLock::new(|| {
    let translations = Arc::new(Translations::load().unwrap());
    (
        Templates::load(&translations, &Clock::default()).unwrap(),
        translations,
    )
});

/// The head of a post in which all that somebody can write is `text`, and its data as it was meant.
fn drawn(text: &str) -> (String, Value) {
    let (templates, translations) = &*DRAWN;
    let place = ("https://example.test", Lang::Tr, "/tr/blog/yazi");
    let seo = Seo::at(place, translations, text, text)
        .unwrap()
        .image(Image {
            src: "/media/abc.jpg".into(),
            width: 1,
            height: 1,
            alt: text.into(),
        })
        .article(Article {
            published_at: noon(),
            modified_at: noon(),
            author: text.into(),
            author_path: None,
            section: Some(text.into()),
            tags: vec![text.into()],
        })
        .crumbs([(text, "/tr")])
        .feeds(text.into(), "/tr/blog/category/x");
    let meant = serde_json::to_value(&seo).unwrap()["graph"].clone();
    let view = View::from(Serde(Shown { seo }));
    let head = templates
        .render(Lang::Tr, "components/seo.html", context! { ..view })
        .unwrap();
    (head, meant)
}

fn stays_in_place(text: &str) {
    let (head, meant) = drawn(text);
    let (plain, _) = drawn("x");
    let shape = |head: &str| -> Vec<String> {
        let document = Html::parse_document(&format!(
            "<!DOCTYPE html><html><head>{head}</head><body><p id=\"end\"></p></body></html>"
        ));
        assert_eq!(
            document
                .select(&Selector::parse("body > p#end").unwrap())
                .count(),
            1
        );
        document
            .select(&Selector::parse("*").unwrap())
            .map(|element| {
                let mut names: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
                names.sort_unstable();
                format!("{} {names:?}", element.value().name())
            })
            .collect()
    };
    assert_eq!(shape(&head), shape(&plain), "{head}");
    let document = Html::parse_document(&head);
    let block = Selector::parse("script[type='application/ld+json']").unwrap();
    let data: String = document.select(&block).next().unwrap().text().collect();
    let data: Value = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
    assert_eq!(data["@graph"], meant);
    // Not even a tokenizer that is asked to look for these finds one.
    let block = head
        .split("ld+json\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    assert!(!block.contains(['<', '>', '&', '\'']), "{block}");
    let image = Selector::parse("meta[property='og:image:alt']").unwrap();
    let alt = document
        .select(&image)
        .next()
        .unwrap()
        .attr("content")
        .unwrap();
    let read = |text: &str| {
        text.replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace('\0', "\u{fffd}")
    };
    assert_eq!(read(alt), read(text));
}

#[test]
fn what_would_end_a_block_or_an_attribute_stays_text() {
    for text in EVIL {
        stays_in_place(text);
    }
    stays_in_place(&EVIL.concat());
}

proptest! {
    // A quarter: each text is put in many places.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_its_place(text in "\\PC*|(</script|<!--|<script|-->|]]>|\"|'|&|>|<|\u{2028}|\\\\|[a-zİı👷])*") {
        stays_in_place(&text);
    }
}
